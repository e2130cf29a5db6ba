/* lib/state/parts.h - the room's own: what a state consists of and how its
 * files build it, one after the other. */
#ifndef MDW_STATE_PARTS_H
#define MDW_STATE_PARTS_H

#include "lib/base/arena.h"
#include "lib/base/str.h"
#include "mdwalk/dump.h"
#include "mdwalk/state.h"

/* Records of one kind. Grows by doubling; what it leaves behind is at most as
 * large as itself. */
typedef struct array {
    void *items;
    size_t count, room;
} array;

/* What the dump holds of the target's memory: `size` bytes at `addr` lie at
 * `offset` of the file. */
typedef struct piece {
    uint64_t addr, size, offset;
} piece;

typedef struct owner {
    mdw_range range;
    uint32_t module;
    bool cut; /* something else owns a part of the module */
} owner;

/* Which record speaks of an id. */
typedef struct id_entry {
    uint32_t id, index;
} id_entry;

struct mdw_state {
    arena *store;
    const mdw_dump *dump;
    uint64_t issues_lost;
    bool big_endian;
    bool threads_ex; /* ThreadExList stands in for ThreadList */
    bool text_full;  /* no room for text is left */
    mdw_system system;
    mdw_process_info process;
    array issues;        /* mdw_issue */
    array modules;       /* mdw_module */
    array owners;        /* owner, ascending */
    array unloaded;      /* mdw_unloaded */
    array threads;       /* mdw_thread */
    array thread_ids;    /* id_entry of threads, ascending */
    array descriptors;   /* mdw_range: a thread's stack as its record has it */
    array stacks;        /* mdw_stack */
    array exceptions;    /* mdw_exception */
    array pieces;        /* piece, ascending, apart from each other */
    array regions;       /* mdw_region, ascending, apart from each other */
    array annotations;   /* mdw_annotation */
    array crashpads;     /* uint32_t: module, or MDW_NONE */
    array handles;       /* mdw_handle */
    array limits;        /* mdw_limit */
    array mac_crashes;   /* mdw_mac_crash */
    array client_texts;  /* mdw_client_frame of all stacks */
    array client_stacks; /* mdw_range: which of them */
    bool regions_are_maps;
    uint32_t main_stack;
};

/* --- array.c */

/* Room for `count` records, or for as many as can be had. */
void array_reserve(mdw_state *s, array *a, uint64_t count, size_t size);
/* A zeroed record at the end; NULL, and an issue, when out of room. */
void *array_add(mdw_state *s, array *a, size_t size);
/* Out through a sized record: MDW_E_ARG where there is no such index. */
mdw_status array_get(const array *a, size_t index, size_t size, void *out);
/* Sorts unless it is sorted. */
void array_sort(array *a, size_t size,
                int (*order)(const void *, const void *));

/* Entries by id, then by index. */
int id_order(const void *a, const void *b);
/* The first entry of `id`, the last one, or NULL. */
const id_entry *id_first(const array *ids, uint32_t id);
const id_entry *id_last(const array *ids, uint32_t id);

/* --- issues.c */

void issue_add(mdw_state *s, const mdw_error *err, uint32_t index);
void issue_at(mdw_state *s, mdw_status code, uint32_t stream, uint64_t offset,
              uint64_t value, const char *what, uint32_t index);
/* One for each bit of `damage` (enum mdw_damage_flag) of a record. */
void issue_damage(mdw_state *s, uint32_t stream, uint32_t damage,
                  uint64_t offset, uint32_t index);
/* True when the stream is there; one that is cut short is an issue. */
bool issue_list(mdw_state *s, uint32_t stream, mdw_list *out);
/* True on MDW_OK; a failure becomes an issue. */
bool issue_ok(mdw_state *s, mdw_status status, const mdw_error *err,
              uint32_t index);
/* In file order, and the last one says how many more there were. */
void issue_finish(mdw_state *s);

/* --- text.c: never NULL, always NUL-terminated, always UTF-8 */

mdw_str text_wide(mdw_state *s, mdw_utf16 raw);
mdw_str text_narrow(mdw_state *s, mdw_str raw);

/* A text put together from parts; what does not fit is left out. */
enum { PHRASE_MAX = 2048 };
typedef struct phrase {
    char text[PHRASE_MAX];
    size_t len;
} phrase;
void phrase_add(phrase *p, mdw_str text);
void phrase_decimal(phrase *p, uint64_t value);
void phrase_hex(phrase *p, uint64_t value, int digits, bool upper);
mdw_str phrase_str(const phrase *p);

/* --- the parts, in the order in which they are built */

void build_system(mdw_state *s);
void build_memory(mdw_state *s);
void build_regions(mdw_state *s);
void build_modules(mdw_state *s);
void build_unloaded(mdw_state *s);
void build_threads(mdw_state *s);
void build_exceptions(mdw_state *s);
void build_wow64(mdw_state *s);
void build_clients(mdw_state *s);
void build_shadow(mdw_state *s);
void build_stack_ranges(mdw_state *s); /* and the main stack */
void build_process(mdw_state *s);
void build_annotations(mdw_state *s);
void build_handles(mdw_state *s);
void build_records(mdw_state *s);

/* --- what they need of each other */

/* system.c: MDW_ARCH_UNKNOWN where not known. */
uint32_t arch_of_processor(uint32_t processor);
uint32_t pointer_of_arch(uint32_t arch);
/* cpu_arm.c */
void describe_arm(const mdw_raw_system *raw, phrase *out);

/* contexts.c: fills context, arch, regs and context_status. */
void context_read(const mdw_state *s, mdw_bytes bytes, mdw_stack *out);
/* The CPU that a context must belong to, or MDW_ARCH_UNKNOWN. */
uint32_t context_arch(mdw_bytes bytes, bool big_endian);
/* An issue where a context is there and cannot be used. */
void context_issue(mdw_state *s, const mdw_stack *stack, uint32_t stream,
                   uint64_t offset, uint32_t index);

/* memory.c */
size_t memory_read(const mdw_state *s, uint64_t addr, void *dst, size_t len);
mdw_window memory_window(const mdw_state *s, uint64_t addr);
/* An integer of the target. */
bool memory_uint(const mdw_state *s, uint64_t addr, unsigned size,
                 uint64_t *out);
/* `len` bytes as they lie in the file, or copied where they do not lie in one
 * piece; empty if they are not all there. */
mdw_bytes memory_bytes(mdw_state *s, uint64_t addr, size_t len);

/* regions.c: index of the first region that ends after `addr`, or count. */
size_t region_after(const mdw_state *s, uint64_t addr);

/* module_ids.c: everything of `m` that identifies it. */
void module_identify(mdw_state *s, const mdw_raw_module *raw, mdw_module *m);
/* "45D35F6C2d000": timestamp and size. */
mdw_str module_pe_id(mdw_state *s, uint32_t timestamp, uint64_t size);
/* module_owned.c */
void build_owned(mdw_state *s);

/* threads.c */
size_t raw_thread_count(const mdw_state *s);
mdw_status raw_thread(const mdw_state *s, size_t index, mdw_raw_thread *out,
                      mdw_error *err);
uint32_t thread_by_id(const mdw_state *s, uint32_t id); /* or MDW_NONE */
mdw_stack *stack_add(mdw_state *s, uint32_t kind, uint32_t thread);
/* thread_details.c: names, thread information and last errors */
void build_thread_details(mdw_state *s);

/* Ranges sorted by start lose their heads to those before them. How many bytes
 * at the head of `r` are taken, where `before` is the last range that kept
 * anything: it may have lost its own head and so start behind `r`, and then
 * what lies between is taken as well. */
static inline uint64_t head_taken(mdw_range before, mdw_range r)
{
    if (r.start < before.start)
        return before.start - r.start + before.size; /* before's end fits */
    if (mdw_range_has(before, r.start))
        return before.size - (r.start - before.start);
    return 0;
}

static inline mdw_module *module_at(const mdw_state *s, size_t i)
{
    return (mdw_module *)s->modules.items + i;
}

static inline mdw_thread *thread_at(const mdw_state *s, size_t i)
{
    return (mdw_thread *)s->threads.items + i;
}

static inline mdw_stack *stack_at(const mdw_state *s, size_t i)
{
    return (mdw_stack *)s->stacks.items + i;
}

static inline mdw_region *region_at(const mdw_state *s, size_t i)
{
    return (mdw_region *)s->regions.items + i;
}

#endif
