/* lib/symbol/view.h - an open index, and the only ways to its bytes: each of
 * them asks whether the block was checked. */
#ifndef MDW_SYMBOL_VIEW_H
#define MDW_SYMBOL_VIEW_H

#include <stdatomic.h>

#include "lib/symbol/index.h"

/* What is found out while reading. Bits only ever turn on, and whoever loses
 * a race checks once more: relaxed order will do. */
typedef struct view_trust {
    atomic_bool damaged;
    atomic_uint checked[]; /* a bit per block */
} view_trust;

typedef struct view_section {
    table records;
    mdw_bytes bytes;
    uint64_t offset; /* in the file */
} view_section;

struct index_view {
    mdw_bytes bytes, source;
    index_info info;
    view_trust *trust;
    table checks;
    uint64_t end; /* of what CHECKS speaks for */
    view_section section[INDEX_SECTION_COUNT];
};

/* Hashes the block unless that was done; false when it is not as written. */
bool view_check(const index_view *v, uint64_t block);
void view_damage(const index_view *v);

/* `offset` is at or above INDEX_START. */
static inline bool view_trusts(const index_view *v, uint64_t offset)
{
    uint64_t block = (offset - INDEX_START) / INDEX_BLOCK;
    unsigned bits = atomic_load_explicit(v->trust->checked + block / 32,
                                         memory_order_relaxed);
    return bits >> block % 32 & 1 || view_check(v, block);
}

/* The same of two offsets, not a block apart. */
static inline bool view_trusts_both(const index_view *v, uint64_t first,
                                    uint64_t last)
{
    return view_trusts(v, first) &&
           ((first ^ last) < INDEX_BLOCK || view_trusts(v, last));
}

/* A field of a record; 0 when it is not there or not to be trusted. Strides
 * are multiples of 4, so no field lies in two blocks. */
static inline uint32_t view_u32(const index_view *v, uint32_t section,
                                uint32_t index, uint32_t field)
{
    const view_section *s = &v->section[section];
    if (index >= s->records.count ||
        !view_trusts(v,
                     s->offset + (uint64_t)index * s->records.stride + field))
        return 0;
    return table_u32(&s->records, index, field);
}

/* A record whose fields are read with table_u32: NULL when it is not there or
 * not to be trusted. No record is longer than a block. */
static inline const table *view_record(const index_view *v, uint32_t section,
                                       uint32_t index)
{
    const view_section *s = &v->section[section];
    uint64_t at = s->offset + (uint64_t)index * s->records.stride;
    if (index >= s->records.count ||
        !view_trusts_both(v, at, at + s->records.stride - 1))
        return NULL;
    return &s->records;
}

/* The same for `count` words of a section of words, at most a block of them. */
static inline const table *view_words(const index_view *v, uint32_t section,
                                      uint64_t first, uint32_t count)
{
    const view_section *s = &v->section[section];
    uint64_t at = s->offset + first * s->records.stride;
    if (first > s->records.count || s->records.count - first < count ||
        !view_trusts_both(v, at, at + (uint64_t)count * s->records.stride - 1))
        return NULL;
    return &s->records;
}

static inline uint32_t view_count(const index_view *v, uint32_t section)
{
    return v->section[section].records.count;
}

/* The section of the functions: in either level their places come first. */
static inline uint32_t view_functions(const index_view *v)
{
    return v->info.level == MDW_INDEX_FULL ? INDEX_FUNCTION
                                           : INDEX_FUNCTION_TEXT;
}

/* table_after over a section; `high` is cut to what is there. */
uint32_t view_after(const index_view *v, uint32_t section, uint32_t low,
                    uint32_t high, uint32_t key);
/* The same over the whole section, narrowed by its page table. */
uint32_t view_after_paged(const index_view *v, uint32_t section, uint32_t pages,
                          uint32_t key);
/* Checked bytes [at, at + len) of a section; empty when they are not there. */
mdw_bytes view_bytes(const index_view *v, uint32_t section, uint64_t at,
                     uint64_t len);
/* The row of FULL; what no writer writes is damage. */
mdw_status view_row(const index_view *v, uint32_t layer, uint32_t rva,
                    sym_row *row);
/* A string of BODY; empty for MDW_NONE. */
mdw_str view_string(const index_view *v, uint32_t at);

#endif
