/* lib/base/reader.h - the only code that turns input bytes into integers.
 *
 * Errors are sticky: a read past the end yields zero and marks the reader, so
 * a parser reads a whole record straight down and asks once, at the end,
 * whether it was all there. Nothing is read outside `bytes`, ever. */
#ifndef MDW_BASE_READER_H
#define MDW_BASE_READER_H

#include <string.h>

#include "mdwalk/base.h"

typedef struct reader {
    mdw_bytes bytes;
    size_t pos;
    uint64_t origin; /* file offset of bytes.data[0] */
    uint32_t stream;
    bool big_endian;
    bool bad;
} reader;

static inline reader reader_at(mdw_bytes bytes, uint64_t origin,
                               uint32_t stream, bool big_endian)
{
    return (reader){bytes, 0, origin, stream, big_endian, false};
}

static inline size_t reader_left(const reader *r)
{
    return r->bad ? 0 : r->bytes.len - r->pos; /* pos <= len always */
}

static inline mdw_bytes reader_bytes(reader *r, uint64_t len)
{
    if (len > reader_left(r)) {
        r->bad = true;
        return (mdw_bytes){NULL, 0};
    }
    const uint8_t *data = r->bytes.data; /* NULL, of no bytes, stays so */
    mdw_bytes out = {data ? data + r->pos : NULL, (size_t)len};
    r->pos += (size_t)len;
    return out;
}

static inline void reader_skip(reader *r, uint64_t len)
{
    (void)reader_bytes(r, len);
}

static inline uint64_t reader_uint(reader *r, unsigned size)
{
    mdw_bytes b = reader_bytes(r, size);
    uint64_t v = 0;
    if (!b.data)
        return 0;
    for (size_t i = 0; i < b.len; i++)
        v = v << 8 | b.data[r->big_endian ? i : b.len - 1 - i];
    return v;
}

static inline uint8_t reader_u8(reader *r)
{
    return (uint8_t)reader_uint(r, 1);
}

static inline uint16_t reader_u16(reader *r)
{
    return (uint16_t)reader_uint(r, 2);
}

static inline uint32_t reader_u32(reader *r)
{
    return (uint32_t)reader_uint(r, 4);
}

static inline uint64_t reader_u64(reader *r)
{
    return reader_uint(r, 8);
}

/* A reader over [off, off + len) of the same bytes: how RVAs are followed. */
static inline reader reader_sub(const reader *r, uint64_t off, uint64_t len)
{
    reader sub = reader_at(r->bytes, r->origin, r->stream, r->big_endian);
    reader_skip(&sub, off);
    uint64_t origin = r->origin + sub.pos;
    bool bad = sub.bad;
    mdw_bytes bytes = reader_bytes(&sub, len);
    sub = reader_at(bytes, origin, r->stream, r->big_endian);
    sub.bad = bad || (bytes.len != len);
    return sub;
}

/* The one place where a failed read becomes an error. */
static inline mdw_status reader_status(const reader *r, const char *what,
                                       mdw_error *err)
{
    if (!r->bad)
        return MDW_OK;
    if (err)
        *err = (mdw_error){.code = MDW_E_TRUNCATED,
                           .stream = r->stream,
                           .offset = r->origin + r->pos,
                           .what = what};
    return MDW_E_TRUNCATED;
}

#endif
