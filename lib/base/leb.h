/* lib/base/leb.h - numbers of variable length (DWARF 5, 7.6), read through
 * reader and written into a small array. */
#ifndef MDW_BASE_LEB_H
#define MDW_BASE_LEB_H

#include "lib/base/reader.h"

enum { LEB_MAX = 10 }; /* bytes of 64 bits */

/* Bits above 64 are dropped; a number of more than 10 bytes is bad. */
static inline uint64_t reader_uleb(reader *r)
{
    uint64_t v = 0;
    for (unsigned shift = 0; shift < 7 * LEB_MAX; shift += 7) {
        uint8_t b = reader_u8(r);
        v |= (uint64_t)(b & 127) << shift;
        if (!(b & 128))
            return v;
    }
    r->bad = true;
    return 0;
}

static inline int64_t reader_sleb(reader *r)
{
    uint64_t v = 0;
    for (unsigned shift = 0; shift < 7 * LEB_MAX; shift += 7) {
        uint8_t b = reader_u8(r);
        v |= (uint64_t)(b & 127) << shift;
        if (b & 128)
            continue;
        if (b & 64 && shift + 7 < 64)
            v |= UINT64_MAX << (shift + 7);
        return (int64_t)v;
    }
    r->bad = true;
    return 0;
}

static inline size_t leb_put(uint8_t out[LEB_MAX], uint64_t v)
{
    size_t n = 0;
    for (; v > 127; v >>= 7)
        out[n++] = (uint8_t)(v | 128);
    out[n++] = (uint8_t)v;
    return n;
}

static inline size_t leb_put_signed(uint8_t out[LEB_MAX], int64_t value)
{
    size_t n = 0;
    uint64_t v = (uint64_t)value, sign = value < 0 ? UINT64_MAX : 0;
    while ((v >> 6) != (sign >> 6)) {
        out[n++] = (uint8_t)(v | 128);
        v = v >> 7 | (sign & ~(UINT64_MAX >> 7));
    }
    out[n++] = (uint8_t)(v & 127);
    return n;
}

#endif
