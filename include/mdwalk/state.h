/* mdwalk/state.h - the process at the moment it was captured, decoded and
 * free of any file format.
 *
 * A state is immutable once built: every function but from_dump and close may
 * run on many threads at once. Strings are UTF-8, NUL-terminated beyond their
 * length, and live as long as the state. */
#ifndef MDWALK_STATE_H
#define MDWALK_STATE_H

#include "mdwalk/base.h"
#include "mdwalk/module.h"
#include "mdwalk/unwind.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct mdw_state mdw_state;
typedef struct mdw_dump mdw_dump; /* mdwalk/dump.h */

typedef struct mdw_state_options {
    size_t size;
    uint64_t max_memory; /* arena budget in bytes; 0: 256 MiB */
    const mdw_allocator *alloc;
} mdw_state_options;

/* Fails for lack of memory or a wrong argument alone; a damaged stream becomes
 * an issue and its data stays absent. `dump` must outlive the state. */
MDW_API mdw_status mdw_state_from_dump(const mdw_dump *dump,
                                       const mdw_state_options *options,
                                       mdw_state **out, mdw_error *err);
MDW_API void mdw_state_close(mdw_state *state); /* NULL is fine */

/* What was wrong with the input but did not stop us, in file order. At most
 * 256; equal ones are merged and counted. */
MDW_API size_t mdw_state_issue_count(const mdw_state *state);
MDW_API mdw_status mdw_state_issue(const mdw_state *state, size_t index,
                                   mdw_issue *out);

/* --- system and process ------------------------------------------------ */

typedef struct mdw_system {
    size_t size;
    uint32_t arch; /* enum mdw_arch_id; without SystemInfo: by the contexts */
    uint32_t os;   /* enum mdw_os_id */
    uint32_t platform;     /* as recorded; MDW_NONE: no SystemInfo */
    uint32_t processor;    /* PROCESSOR_ARCHITECTURE as recorded, or MDW_NONE */
    mdw_str os_version;    /* "5.1.2600", "4.9.60-linuxkit" */
    mdw_str os_build;      /* "Service Pack 2", "#1 SMP ..."; may be empty */
    mdw_str cpu_info;      /* "GenuineIntel family 6 model 13 stepping 8" */
    mdw_str cpu_microcode; /* "0x2b"; may be empty */
    uint32_t cpu_count;
    uint32_t pointer_size; /* bytes */
    bool big_endian;
    uint64_t code_mask;     /* kept bits of a code pointer; 0: all */
    mdw_str os_recorded;    /* version numbers and service pack as the dump has
                               them: "0.0.0 Linux 4.9.60 #1 SMP ... x86_64" */
    bool version_is_kernel; /* os_version and os_build are out of uname */
} mdw_system;
MDW_API mdw_status mdw_state_system(const mdw_state *state, mdw_system *out);

typedef struct mdw_process_info {
    size_t size;
    bool has_pid, has_times;
    uint32_t pid;
    uint32_t dump_time;   /* seconds since 1970 */
    uint32_t create_time; /* the same; with has_times */
    uint32_t uptime;      /* seconds, never negative; with has_times */
    uint32_t user_time, kernel_time; /* seconds; with has_times */
    mdw_str command_line; /* arguments joined by blanks; may be empty */
    mdw_str comment;      /* CommentA, else CommentW */
    mdw_str assertion;    /* the sentence that Breakpad makes of it */
    mdw_str soft_errors;  /* MozSoftErrors: JSON, not checked */
    mdw_str boot_args;    /* Mozilla's macOS stream */
    bool has_maps;
    uint32_t map_count; /* lines of LinuxMaps, malformed ones included */
    bool has_lsb;
    mdw_str lsb_id, lsb_release, lsb_codename, lsb_description;
    bool has_mac_crash, has_limits, has_handles;
    bool has_breakpad;         /* BreakpadInfo is there */
    bool has_crashpad;         /* CrashpadInfo is there */
    uint32_t crashpad_version; /* of that; 0 where it is none */
    uint64_t entry; /* AT_ENTRY of LinuxAuxv: the program's first instruction,
                       with the Thumb bit; 0: unknown */
} mdw_process_info;
MDW_API mdw_status mdw_state_process(const mdw_state *state,
                                     mdw_process_info *out);

/* --- modules ----------------------------------------------------------- */

/* In the order of the list; 0 is by habit the program. What overlaps owns only
 * what is left to it (mdw_module.owned) and is an issue. */
MDW_API size_t mdw_state_module_count(const mdw_state *state);
MDW_API mdw_status mdw_state_module(const mdw_state *state, size_t index,
                                    mdw_module *out);
/* The module that owns `addr`, or MDW_NONE. */
MDW_API uint32_t mdw_state_module_find(const mdw_state *state, uint64_t addr);

typedef struct mdw_unloaded {
    size_t size;
    mdw_range range;
    uint32_t timestamp;
    mdw_str code_file;
    mdw_str code_id;
} mdw_unloaded;
MDW_API size_t mdw_state_unloaded_count(const mdw_state *state);
MDW_API mdw_status mdw_state_unloaded(const mdw_state *state, size_t index,
                                      mdw_unloaded *out);

/* --- threads and stacks ------------------------------------------------- */

typedef struct mdw_thread {
    size_t size;
    uint32_t id;
    mdw_str name; /* may be empty although it was recorded: has_name */
    uint64_t teb;
    uint64_t start;      /* start routine; 0: unknown */
    uint32_t last_error; /* GetLastError */
    bool has_last_error;
    bool has_info; /* the fields below: ThreadInfoList */
    uint32_t info_flags;
    uint32_t exit_status;
    uint64_t create_time, exit_time; /* 100 ns since 1601 */
    uint64_t kernel_time, user_time; /* 100 ns */
    uint64_t affinity;
    uint32_t suspend_count, priority_class, priority;
    bool has_name;
} mdw_thread;
MDW_API size_t mdw_state_thread_count(const mdw_state *state);
MDW_API mdw_status mdw_state_thread(const mdw_state *state, size_t index,
                                    mdw_thread *out);

enum mdw_stack_id {
    MDW_STACK_THREAD,    /* one for each thread: stack i is thread i's */
    MDW_STACK_WOW64,     /* the 32-bit half of a 64-bit dumper's thread */
    MDW_STACK_EXCEPTION, /* of an exception whose thread is not in the list */
    MDW_STACK_CLIENT     /* already walked by the client, no registers */
};

/* What can be walked. First as many as there are threads, in their order; the
 * other kinds follow. A thread may have several. */
typedef struct mdw_stack {
    size_t size;
    uint32_t kind;   /* enum mdw_stack_id */
    uint32_t thread; /* index, or MDW_NONE */
    uint32_t arch;   /* of the context; also one that is only recognised */
    bool skipped;    /* the dump writer's own: never walked */
    bool has_regs;
    mdw_status context_status; /* MDW_OK, MDW_ABSENT, or why there are none:
                                  MDW_E_UNSUPPORTED, MDW_E_TRUNCATED, ... */
    mdw_bytes context;         /* as it lies in the file */
    mdw_regs regs;             /* where an exception has a context: that one */
    mdw_range range;           /* TEB, maps or the region that holds sp */
    uint64_t start;            /* start routine; 0: unknown */
    uint32_t client;           /* CLIENT: index of the client's stack */
    uint64_t shadow; /* CET's shadow stack pointer at pc; 0: unknown */
} mdw_stack;
MDW_API size_t mdw_state_stack_count(const mdw_state *state);
MDW_API mdw_status mdw_state_stack(const mdw_state *state, size_t index,
                                   mdw_stack *out);
/* The stack to show first: crashed, else requesting; or MDW_NONE. */
MDW_API uint32_t mdw_state_main_stack(const mdw_state *state);

/* Frames of a CLIENT stack, innermost first, as the client wrote them. */
typedef struct mdw_client_frame {
    size_t size;
    uint64_t address;
    mdw_str symbol; /* may be empty */
} mdw_client_frame;
MDW_API size_t mdw_state_client_frame_count(const mdw_state *state,
                                            size_t stack);
MDW_API mdw_status mdw_state_client_frame(const mdw_state *state, size_t stack,
                                          size_t index, mdw_client_frame *out);

/* --- exceptions: the facts; crash.h explains them ---------------------- */

typedef struct mdw_exception {
    size_t size;
    uint32_t thread_id;
    uint32_t thread; /* index, or MDW_NONE */
    uint32_t stack;  /* index, or MDW_NONE */
    uint32_t nested; /* depth: 0 is a stream, n the n-th record it points to */
    uint32_t code;
    uint32_t flags;
    uint32_t info_count;
    uint64_t info[15];
    uint64_t address; /* as recorded */
} mdw_exception;
/* Exception streams in file order, each followed by its nested records. */
MDW_API size_t mdw_state_exception_count(const mdw_state *state);
MDW_API mdw_status mdw_state_exception(const mdw_state *state, size_t index,
                                       mdw_exception *out);

/* --- memory ------------------------------------------------------------ */

/* What the dump holds of the target's memory, and nothing else: MemoryList,
 * Memory64List, thread stacks, as one address space; reads cross adjacent
 * regions. Where regions overlap the one with the lower start wins, then the
 * earlier in the file. Borrows `state`; safe on many threads. */
MDW_API mdw_memory mdw_state_memory(const mdw_state *state);

enum mdw_region_flag {
    MDW_REGION_READ = 1 << 0,
    MDW_REGION_WRITE = 1 << 1,
    MDW_REGION_EXEC = 1 << 2,
    MDW_REGION_GUARD = 1 << 3,
    MDW_REGION_FREE = 1 << 4,
    MDW_REGION_RESERVED = 1 << 5
};
/* What the system says of its address space: MemoryInfoList, else LinuxMaps;
 * ascending, overlaps cut. */
typedef struct mdw_region {
    size_t size;
    mdw_range range;
    uint32_t flags; /* enum mdw_region_flag */
    mdw_str name;   /* of a map; may be empty */
} mdw_region;
MDW_API size_t mdw_state_region_count(const mdw_state *state);
MDW_API mdw_status mdw_state_region(const mdw_state *state, size_t index,
                                    mdw_region *out);
/* MDW_ABSENT: nothing is known of `addr`. */
MDW_API mdw_status mdw_state_region_find(const mdw_state *state, uint64_t addr,
                                         mdw_region *out);

/* --- the rest ---------------------------------------------------------- */

typedef struct mdw_annotation {
    size_t size;
    uint32_t kind;   /* enum mdw_annotation_kind of dump.h */
    uint32_t module; /* index in the module list, or MDW_NONE */
    uint32_t type;
    mdw_str key;
    mdw_str text;    /* UTF-8, replaced where it was not; "" for bytes */
    mdw_bytes bytes; /* as they lie in the file */
} mdw_annotation;
MDW_API size_t mdw_state_annotation_count(const mdw_state *state);
MDW_API mdw_status mdw_state_annotation(const mdw_state *state, size_t index,
                                        mdw_annotation *out);
/* Modules that CrashpadInfo has a record of, with annotations or without, in
 * its order; MDW_NONE where it names none that there is. */
MDW_API size_t mdw_state_crashpad_count(const mdw_state *state);
MDW_API uint32_t mdw_state_crashpad_module(const mdw_state *state,
                                           size_t index);

typedef struct mdw_handle {
    size_t size;
    uint64_t handle;
    mdw_str type_name, object_name;
    bool has_type_name, has_object_name; /* recorded, be it empty */
} mdw_handle;
MDW_API size_t mdw_state_handle_count(const mdw_state *state);
MDW_API mdw_status mdw_state_handle(const mdw_state *state, size_t index,
                                    mdw_handle *out);

typedef struct mdw_limit {
    size_t size;
    mdw_str name, soft, hard, unit;
} mdw_limit;
MDW_API size_t mdw_state_limit_count(const mdw_state *state);
MDW_API mdw_status mdw_state_limit(const mdw_state *state, size_t index,
                                   mdw_limit *out);

/* Mozilla's macOS crash records. */
typedef struct mdw_mac_crash {
    size_t size;
    uint64_t version;
    uint64_t thread, dialog_mode, abort_cause; /* by version; else 0 */
    mdw_str module, message, signature, backtrace, message2;
} mdw_mac_crash;
MDW_API size_t mdw_state_mac_crash_count(const mdw_state *state);
MDW_API mdw_status mdw_state_mac_crash(const mdw_state *state, size_t index,
                                       mdw_mac_crash *out);

#ifdef __cplusplus
}
#endif
#endif
