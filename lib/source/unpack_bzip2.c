/* lib/source/unpack_bzip2.c - one stream of a bzip2 file, by libbzip2. */
#include "lib/source/unpack.h"

#include <bzlib.h>

#include "lib/base/reader.h"

static void *take(void *user, int count, int size)
{
    /* Constants of the library and at most 900,000. */
    return block_take(user, (size_t)count, (size_t)size);
}

static void give(void *user, void *block)
{
    block_give(user, block);
}

static mdw_status status_of(int code)
{
    switch (code) {
    case BZ_OK:
    case BZ_STREAM_END:
        return MDW_OK;
    case BZ_MEM_ERROR:
        return MDW_E_MEMORY;
    default:
        return MDW_E_DAMAGED;
    }
}

static mdw_status step(bz_stream *bz, reader *in, buffer *out, bool *ended)
{
    if (!bz->avail_in) {
        size_t left = reader_left(in);
        mdw_bytes next =
            reader_bytes(in, left < UNPACK_STEP ? left : UNPACK_STEP);
        bz->next_in = (char *)next.data; /* only read from */
        bz->avail_in = (unsigned)next.len;
    }
    unsigned char *at;
    size_t room;
    mdw_status status = buffer_room(out, UNPACK_STEP, &at, &room);
    if (status != MDW_OK)
        return status;
    bz->next_out = (char *)at;
    bz->avail_out = (unsigned)room;
    int code = BZ2_bzDecompress(bz);
    *ended = code == BZ_STREAM_END;
    status = buffer_filled(out, room - bz->avail_out);
    if (status != MDW_OK)
        return status;
    /* It would have filled the room if it could. */
    if (code == BZ_OK && bz->avail_out && !bz->avail_in && !reader_left(in))
        return MDW_E_TRUNCATED;
    return status_of(code);
}

mdw_status unpack_bzip2(mdw_bytes in, buffer *out, size_t *used)
{
    reader r = reader_at(in, 0, 0, false);
    bz_stream bz = {.bzalloc = take, .bzfree = give, .opaque = &out->alloc};
    mdw_status status = status_of(BZ2_bzDecompressInit(&bz, 0, 0));
    if (status != MDW_OK)
        return status;
    for (bool ended = false; status == MDW_OK && !ended;)
        status = step(&bz, &r, out, &ended);
    *used = r.pos - bz.avail_in;
    BZ2_bzDecompressEnd(&bz);
    return status;
}
