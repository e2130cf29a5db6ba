/* tests/packing.h - compressed test data, made by the libraries that unpack
 * it. Every function returns the packed size and fills `out`, whose `cap` is
 * enough for data that does not compress; 0 is a failure. A format without its
 * library in this build packs to nothing. */
#ifndef PACKING_H
#define PACKING_H

#include <stdint.h>
#include <string.h>

#ifdef HAVE_ZLIB
#include <zlib.h>
#endif
#ifdef HAVE_LZMA
#include <lzma.h>
#endif
#ifdef HAVE_BZIP2
#include <bzlib.h>
#endif
#ifdef HAVE_ZSTD
#include <zstd.h>
#endif

static inline size_t pack_gzip(uint8_t *out, size_t cap, const uint8_t *in,
                               size_t len)
{
#ifdef HAVE_ZLIB
    z_stream z;
    memset(&z, 0, sizeof z);
    if (deflateInit2(&z, 1, Z_DEFLATED, MAX_WBITS + 16, 8,
                     Z_DEFAULT_STRATEGY) != Z_OK)
        return 0;
    z.next_in = (Bytef *)(uintptr_t)in;
    z.avail_in = (uInt)len;
    z.next_out = out;
    z.avail_out = (uInt)cap;
    int code = deflate(&z, Z_FINISH);
    deflateEnd(&z);
    return code == Z_STREAM_END ? cap - z.avail_out : 0;
#else
    return (void)out, (void)cap, (void)in, (void)len, 0;
#endif
}

static inline size_t pack_xz(uint8_t *out, size_t cap, const uint8_t *in,
                             size_t len)
{
#ifdef HAVE_LZMA
    lzma_stream lzma = LZMA_STREAM_INIT;
    if (lzma_easy_encoder(&lzma, 0, LZMA_CHECK_CRC32) != LZMA_OK)
        return 0;
    lzma.next_in = in;
    lzma.avail_in = len;
    lzma.next_out = out;
    lzma.avail_out = cap;
    lzma_ret code = lzma_code(&lzma, LZMA_FINISH);
    lzma_end(&lzma);
    return code == LZMA_STREAM_END ? cap - lzma.avail_out : 0;
#else
    return (void)out, (void)cap, (void)in, (void)len, 0;
#endif
}

static inline size_t pack_bzip2(uint8_t *out, size_t cap, const uint8_t *in,
                                size_t len)
{
#ifdef HAVE_BZIP2
    unsigned count = (unsigned)cap;
    int code = BZ2_bzBuffToBuffCompress(
        (char *)out, &count, (char *)(uintptr_t)in, (unsigned)len, 1, 0, 0);
    return code == BZ_OK ? count : 0;
#else
    return (void)out, (void)cap, (void)in, (void)len, 0;
#endif
}

static inline size_t pack_zstd(uint8_t *out, size_t cap, const uint8_t *in,
                               size_t len)
{
#ifdef HAVE_ZSTD
    ZSTD_CCtx *zstd = ZSTD_createCCtx();
    ZSTD_CCtx_setParameter(zstd, ZSTD_c_compressionLevel, 1);
    ZSTD_CCtx_setParameter(zstd, ZSTD_c_checksumFlag, 1);
    size_t count = ZSTD_compress2(zstd, out, cap, in, len);
    ZSTD_freeCCtx(zstd);
    return ZSTD_isError(count) ? 0 : count;
#else
    return (void)out, (void)cap, (void)in, (void)len, 0;
#endif
}

#endif
