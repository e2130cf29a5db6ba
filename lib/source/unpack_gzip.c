/* lib/source/unpack_gzip.c - one member of a gzip file, by zlib. */
#define ZLIB_CONST

#include "lib/source/unpack.h"

#include <zlib.h>

#include "lib/base/reader.h"

enum { WINDOW_GZIP_ONLY = MAX_WBITS + 16 }; /* as inflateInit2 wants it */

static voidpf take(voidpf user, uInt count, uInt size)
{
    return block_take(user, count, size);
}

static void give(voidpf user, voidpf block)
{
    block_give(user, block);
}

static mdw_status status_of(int code)
{
    switch (code) {
    case Z_OK:
    case Z_STREAM_END:
        return MDW_OK;
    case Z_MEM_ERROR:
        return MDW_E_MEMORY;
    case Z_BUF_ERROR: /* nothing could be done: there was room, so no input */
        return MDW_E_TRUNCATED;
    default:
        return MDW_E_DAMAGED;
    }
}

static mdw_status step(z_stream *z, reader *in, buffer *out, bool *ended)
{
    if (!z->avail_in) {
        size_t left = reader_left(in);
        mdw_bytes next =
            reader_bytes(in, left < UNPACK_STEP ? left : UNPACK_STEP);
        z->next_in = next.data;
        z->avail_in = (uInt)next.len;
    }
    size_t room;
    mdw_status status = buffer_room(out, UNPACK_STEP, &z->next_out, &room);
    if (status != MDW_OK)
        return status;
    z->avail_out = (uInt)room;
    int code = inflate(z, Z_NO_FLUSH);
    *ended = code == Z_STREAM_END;
    status = buffer_filled(out, room - z->avail_out);
    return status == MDW_OK ? status_of(code) : status;
}

mdw_status unpack_gzip(mdw_bytes in, buffer *out, size_t *used)
{
    reader r = reader_at(in, 0, 0, false);
    z_stream z = {.zalloc = take, .zfree = give, .opaque = &out->alloc};
    mdw_status status = status_of(inflateInit2(&z, WINDOW_GZIP_ONLY));
    if (status != MDW_OK)
        return status;
    for (bool ended = false; status == MDW_OK && !ended;)
        status = step(&z, &r, out, &ended);
    *used = r.pos - z.avail_in;
    inflateEnd(&z);
    return status;
}
