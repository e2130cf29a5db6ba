/* lib/base/table.h - arrays of fixed records, searched where they lie. Beside
 * reader the only code that turns input bytes into integers: reader for what
 * is read once, table for what is looked up a million times. Little-endian;
 * an index past the end reads as zero. */
#ifndef MDW_BASE_TABLE_H
#define MDW_BASE_TABLE_H

#include "mdwalk/base.h"

typedef struct table {
    mdw_bytes bytes;
    uint32_t stride; /* at least 4 */
    uint32_t count;
} table;

static inline table table_at(mdw_bytes bytes, uint32_t stride)
{
    size_t count = stride < 4 ? 0 : bytes.len / stride;
    return (table){bytes, stride,
                   count > UINT32_MAX ? UINT32_MAX : (uint32_t)count};
}

/* The word at `p`; compilers make one load of this. */
static inline uint32_t table_word(const uint8_t *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 |
           (uint32_t)p[3] << 24;
}

/* `offset` is a constant of the record's layout and below its size. */
static inline uint32_t table_u32(const table *t, uint32_t index,
                                 uint32_t offset)
{
    if (index >= t->count || offset > t->stride - 4)
        return 0;
    return table_word(t->bytes.data + (size_t)index * t->stride + offset);
}

/* `size` bytes (at most 8) at `at` of `bytes`; false if they are not there. */
static inline bool bytes_uint(mdw_bytes bytes, uint64_t at, unsigned size,
                              bool big_endian, uint64_t *out)
{
    if (at > bytes.len || bytes.len - at < size)
        return false;
    const uint8_t *p = bytes.data + at;
    uint64_t v = 0;
    for (unsigned i = 0; i < size; i++)
        v = v << 8 | p[big_endian ? i : size - 1 - i];
    *out = v;
    return true;
}

/* How many of `left` records (at least one) start with a key <= `key`. */
static inline __attribute__((always_inline)) uint32_t table_short_run(
    const uint8_t *p, uint32_t left, size_t stride, uint32_t key)
{
    uint32_t n = 0;
    while (left > 1) {
        uint32_t half = left / 2;
        uint32_t over = table_word(p + (n + half - 1) * stride) > key;
        n += half & (over - 1);
        left -= half;
    }
    return n + (table_word(p + n * stride) <= key);
}

/* The same as table_after, without a branch that depends on the records: for
 * short runs, where a wrong guess costs more than a look. */
static inline uint32_t table_after_short(const table *t, uint32_t low,
                                         uint32_t high, uint32_t key)
{
    if (high > t->count)
        high = t->count;
    if (low >= high)
        return low;
    const uint8_t *p = t->bytes.data + (size_t)low * t->stride;
    uint32_t left = high - low;
    switch (t->stride) { /* a known one needs no product */
    case 4:
        return low + table_short_run(p, left, 4, key);
    case 8:
        return low + table_short_run(p, left, 8, key);
    case 12:
        return low + table_short_run(p, left, 12, key);
    default:
        return low + table_short_run(p, left, t->stride, key);
    }
}

/* How many of the records [low, high) start with a key <= `key`, plus low: the
 * index after the last such record. Records ascend by their first uint32. */
static inline uint32_t table_after(const table *t, uint32_t low, uint32_t high,
                                   uint32_t key)
{
    while (low < high) {
        uint32_t mid = low + (high - low) / 2;
        if (table_u32(t, mid, 0) <= key)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

#endif
