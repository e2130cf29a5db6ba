/* lib/source/unpack_zstd.c - the frames of a zstd file, by libzstd. Its stable
 * interface has no allocation hooks: the decoder itself (about 160 KiB and the
 * frame's window) comes from malloc. */
#include "lib/source/unpack.h"

#include <zstd.h>
#include <zstd_errors.h>

/* RFC 8878 3.1.1: magic and descriptor come first. 3.1.1.2: block header. */
enum { MAGIC_SIZE = 4, FIRST_HINT = 5, BLOCK_HEADER = 3 };

static mdw_status status_of(size_t result)
{
    switch (ZSTD_getErrorCode(result)) {
    case ZSTD_error_no_error:
        return MDW_OK;
    case ZSTD_error_memory_allocation:
        return MDW_E_MEMORY;
    case ZSTD_error_frameParameter_windowTooLarge:
        return MDW_E_LIMIT;
    case ZSTD_error_version_unsupported:
    case ZSTD_error_frameParameter_unsupported:
    case ZSTD_error_dictionary_wrong: /* packed with one we do not have */
        return MDW_E_UNSUPPORTED;
    case ZSTD_error_prefix_unknown:
        return MDW_E_FORMAT;
    default:
        return MDW_E_DAMAGED;
    }
}

/* What a call gave before it met damage is lost with it. So a call gets no more
 * input than the decoder asked for in the one before: a header or a block of
 * 128 KiB at most, and not the header of the next block, which it also asks
 * for. */
static size_t give(size_t hint, size_t left)
{
    size_t wanted = hint > BLOCK_HEADER ? hint - BLOCK_HEADER : hint;
    return wanted < left ? wanted : left;
}

static mdw_status step(ZSTD_DCtx *zstd, ZSTD_inBuffer *in, size_t present,
                       buffer *out, size_t *hint)
{
    unsigned char *at;
    size_t room;
    mdw_status status = buffer_room(out, UNPACK_STEP, &at, &room);
    if (status != MDW_OK)
        return status;
    ZSTD_outBuffer to = {at, room, 0};
    in->size = in->pos + give(*hint, present - in->pos);
    *hint = ZSTD_decompressStream(zstd, &to, in);
    status = buffer_filled(out, to.pos);
    if (status == MDW_OK)
        status = status_of(*hint);
    /* It would have filled the room if it could. */
    if (status == MDW_OK && *hint && to.pos < to.size && in->pos == present)
        status = MDW_E_TRUNCATED;
    return status;
}

/* All frames in a row by one decoder: making one takes as long as unpacking
 * some KiB, and a frame may be as short as 8 bytes. */
static mdw_status run(ZSTD_DCtx *zstd, mdw_bytes in, buffer *out, size_t *used)
{
    ZSTD_inBuffer from = {in.data, 0, 0};
    mdw_status status = status_of(
        ZSTD_DCtx_setParameter(zstd, ZSTD_d_windowLogMax, UNPACK_WINDOW_LOG));
    size_t whole = 0; /* of `in`, the frames that are complete */
    for (size_t hint = FIRST_HINT;
         status == MDW_OK && in.len - whole >= MAGIC_SIZE;) {
        status = step(zstd, &from, in.len, out, &hint);
        if (status == MDW_OK && !hint) {
            whole = from.pos;
            hint = FIRST_HINT;
        }
    }
    /* What follows whole frames and is none is the caller's to judge. */
    bool other = status == MDW_E_FORMAT && whole;
    *used = other ? whole : from.pos;
    return other ? MDW_OK : status;
}

mdw_status unpack_zstd(mdw_bytes in, buffer *out, size_t *used)
{
    ZSTD_DCtx *zstd = ZSTD_createDCtx();
    if (!zstd)
        return MDW_E_MEMORY;
    mdw_status status = run(zstd, in, out, used);
    ZSTD_freeDCtx(zstd);
    return status;
}
