/* lib/source/unpack.h - compressed files: recognised by their first bytes,
 * unpacked one layer deep. */
#ifndef MDW_SOURCE_UNPACK_H
#define MDW_SOURCE_UNPACK_H

#include "lib/base/buffer.h"
#include "mdwalk/base.h"

/* Most of the input or the output a codec is given in one step: some of them
 * count in 32 bits. */
enum { UNPACK_STEP = 1 << 30 };

/* What a codec may need beside its output: the most common writers ask for 64
 * MiB (xz -9) and 128 MiB (zstd --long). */
enum { UNPACK_WINDOW_LOG = 28, UNPACK_MEMORY = 1 << UNPACK_WINDOW_LOG };

/* One member (gzip), stream (xz, bzip2) or row of frames (zstd) at the start of
 * `in`: what came out is in `out` and what went in is counted in `used`,
 * whatever the status. MDW_E_MEMORY, MDW_E_LIMIT, MDW_E_TRUNCATED,
 * MDW_E_DAMAGED, MDW_E_UNSUPPORTED. */
typedef mdw_status unpack_fn(mdw_bytes in, buffer *out, size_t *used);

/* A build without a library still knows the format when it sees it. */
#ifdef HAVE_ZLIB
unpack_fn unpack_gzip;
#else
#define unpack_gzip NULL
#endif
#ifdef HAVE_LZMA
unpack_fn unpack_xz;
#else
#define unpack_xz NULL
#endif
#ifdef HAVE_BZIP2
unpack_fn unpack_bzip2;
#else
#define unpack_bzip2 NULL
#endif
#ifdef HAVE_ZSTD
unpack_fn unpack_zstd;
#else
#define unpack_zstd NULL
#endif

/* MDW_ABSENT when `in` is not compressed. When it is and something came out
 * before it turned out to be cut or damaged: MDW_OK and `damage` filled. */
mdw_status unpack(mdw_bytes in, buffer *out, mdw_error *damage, mdw_error *err);

#endif
