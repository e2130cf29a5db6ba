/* tests/synth/streams.h - a builder for each stream. Rows say what the records
 * hold; fields that nobody looks at one by one are numbered through. */
#ifndef SYNTH_STREAMS_H
#define SYNTH_STREAMS_H

#include "synth.h"

/* threads.c */
typedef struct synth_thread {
    uint32_t id, suspend_count, priority_class, priority;
    uint64_t teb, stack_addr;
    const void
        *stack; /* NULL: only `stack_len` is recorded, as full dumps do */
    size_t stack_len;
    const void *context;
    size_t context_len;
    uint64_t backing_addr; /* ThreadEx */
    const void *backing;
    size_t backing_len;
} synth_thread;
void synth_thread_list(synth *s, const synth_thread *rows, size_t count);
void synth_thread_ex_list(synth *s, const synth_thread *rows, size_t count);
typedef struct synth_name {
    uint32_t id;
    const char *name;
} synth_name;
void synth_thread_names(synth *s, const synth_name *rows, size_t count);
/* Ids 1, 2, ...; the other fields of record i count from 100 * (i + 1). */
void synth_thread_infos(synth *s, size_t count, size_t record_size);
typedef struct synth_exception {
    uint32_t thread_id, code, flags;
    uint64_t nested, address;
    uint32_t info_count;
    uint64_t info[15];
    const void *context;
    size_t context_len;
} synth_exception;
void synth_exceptions(synth *s, const synth_exception *row); /* one stream */

/* modules.c */
typedef struct synth_cv {
    const char *signature; /* NULL: no record; "RSDS", "NB10", "BpEL", ... */
    uint8_t id[20];        /* RSDS: 16 bytes in GUID text order */
    size_t id_len;         /* BpEL */
    uint32_t timestamp, age;
    const char *file;
} synth_cv;
typedef struct synth_module {
    uint64_t base;
    uint32_t size, checksum, timestamp;
    const char *name;
    bool version; /* VS_FIXEDFILEINFO, fields counting from 0x50 */
    synth_cv cv;
    const void *misc;
    size_t misc_len;
} synth_module;
void synth_module_list(synth *s, const synth_module *rows, size_t count);
void synth_unloaded_list(synth *s, const synth_module *rows, size_t count);

/* memory.c */
typedef struct synth_memory {
    uint64_t addr;
    const void *bytes;
    size_t len;
} synth_memory;
void synth_memory_list(synth *s, const synth_memory *rows, size_t count);
void synth_memory64_list(synth *s, const synth_memory *rows, size_t count);
typedef struct synth_memory_info {
    uint64_t base, allocation_base, size;
    uint32_t allocation_protect, state, protect, type;
} synth_memory_info;
void synth_memory_infos(synth *s, const synth_memory_info *rows, size_t count,
                        uint64_t promised);

/* system.c */
typedef struct synth_system {
    uint16_t arch, level, revision;
    uint8_t cpu_count, product_type;
    uint32_t major, minor, build, platform;
    const char *csd;
    uint16_t suite_mask;
    uint32_t cpu[6];
} synth_system;
void synth_system_info(synth *s, const synth_system *row);
/* Numbers count from 0x1000, one for each field; texts are "STD", "DST",
 * "build", "debug". */
void synth_misc_info(synth *s, unsigned version);
void synth_comment(synth *s, bool wide, const char *text);
void synth_system_memory(synth *s);                  /* counting from 0x100 */
void synth_vm_counters(synth *s, unsigned revision); /* the same */
typedef struct synth_handle {
    uint64_t handle;
    const char *type, *name;
    const void *info[2]; /* two records of object information; v2 alone */
    size_t info_len[2];
} synth_handle;
/* Attributes, access and counts of record i count from 10 * (i + 1). */
void synth_handles(synth *s, unsigned version, const synth_handle *rows,
                   size_t count);
typedef struct synth_table {
    uint64_t min, max, base;
    uint32_t entries; /* of 12 bytes, each all of its number */
} synth_table;
void synth_function_tables(synth *s, const synth_table *rows, size_t count);

/* linux.c */
void synth_breakpad(synth *s, uint32_t validity, uint32_t dump_thread,
                    uint32_t requesting_thread);
void synth_assertion(synth *s, const char *expression, const char *function,
                     const char *file, uint32_t line, uint32_t type);
void synth_text(synth *s, uint32_t type, const void *text, size_t len);
/* `pairs` of type and value, AT_NULL included. */
void synth_auxv(synth *s, size_t pointer, const uint64_t (*pairs)[2],
                size_t count);
typedef struct synth_map {
    uint64_t addr;
    const char *name;
    uint64_t dynamic;
} synth_map;
void synth_dso_debug(synth *s, size_t pointer, bool dense,
                     const synth_map *rows, size_t count);

/* vendor.c */
typedef struct synth_annotation {
    const char *key, *value;
    uint16_t type; /* objects */
} synth_annotation;
typedef struct synth_annotations {
    uint32_t module;
    const synth_annotation *list, *simple, *objects;
    size_t list_count, simple_count, object_count;
} synth_annotations;
void synth_crashpad(synth *s, const uint8_t report[16],
                    const uint8_t client[16], uint64_t mask,
                    const synth_annotation *simple, size_t simple_count,
                    const synth_annotations *modules, size_t module_count);
typedef struct synth_crash {
    uint64_t version, thread, dialog_mode, abort_cause;
    const char *texts[5];
} synth_crash;
void synth_mac_crash(synth *s, const synth_crash *rows, size_t count);
void synth_mac_bootargs(synth *s, const char *text);
typedef struct synth_frame {
    uint64_t address;
    const char *symbol;
} synth_frame;
typedef struct synth_client_stack {
    uint32_t thread_id;
    const synth_frame *frames;
    size_t count;
} synth_client_stack;
void synth_client_stacks(synth *s, const synth_client_stack *rows,
                         size_t count);

/* everything.c: every stream there is, with the values that the tests know.
 * `dense`: the second of the two forms a stream comes in, where it has two. */
typedef struct synth_options {
    bool big_endian, padded, dense;
    size_t pointer; /* 4 or 8 */
    bool once;      /* no type twice: other readers refuse that */
} synth_options;
synth *synth_everything(const synth_options *options);
extern const synth_thread everything_threads[2];
extern const synth_module everything_modules[3];
extern const synth_module everything_unloaded[2];
extern const synth_memory everything_memory[2], everything_memory64[3];
extern const synth_memory_info everything_memory_info[2];
extern const synth_exception everything_exceptions[2];
extern const uint8_t everything_guid[2][16];

#endif
