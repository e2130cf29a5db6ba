/* lib/base/bytes.h - pieces of the input, and copies out of them. */
#ifndef MDW_BASE_BYTES_H
#define MDW_BASE_BYTES_H

#include <string.h>

#include "mdwalk/base.h"

/* [at, at + len) of `bytes`, cut to what is there. */
static inline mdw_bytes bytes_slice(mdw_bytes bytes, uint64_t at, uint64_t len)
{
    if (at >= bytes.len)
        return (mdw_bytes){NULL, 0};
    size_t left = bytes.len - (size_t)at;
    return (mdw_bytes){bytes.data + at, len < left ? (size_t)len : left};
}

/* The bytes of a text. */
static inline mdw_bytes bytes_of(mdw_str text)
{
    return (mdw_bytes){(const uint8_t *)text.data, text.len};
}

/* Copies [at, at + len) as far as it is there; returns how many. */
static inline size_t bytes_copy(void *dst, mdw_bytes bytes, uint64_t at,
                                size_t len)
{
    mdw_bytes part = bytes_slice(bytes, at, len);
    if (part.data && part.len)
        memcpy(dst, part.data, part.len);
    return part.len;
}

/* Asks for [at, at + len) to be brought near, up to 1 KiB of it, for a read
 * that comes soon. Whether that happens changes no result. */
static inline void bytes_soon(mdw_bytes bytes, uint64_t at, uint64_t len)
{
    enum { LINE = 64, MOST = 1024 };
    mdw_bytes part = bytes_slice(bytes, at, len < MOST ? len : MOST);
    for (size_t i = 0; i < part.len; i += LINE)
        __builtin_prefetch(part.data + i);
}

#endif
