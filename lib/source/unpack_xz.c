/* lib/source/unpack_xz.c - one stream of an xz file, by liblzma. */
#include "lib/source/unpack.h"

#include <lzma.h>

static void *take(void *user, size_t count, size_t size)
{
    return block_take(user, count, size);
}

static void give(void *user, void *block)
{
    block_give(user, block);
}

static mdw_status status_of(lzma_ret code)
{
    switch (code) {
    case LZMA_OK:
    case LZMA_STREAM_END:
        return MDW_OK;
    case LZMA_MEM_ERROR:
        return MDW_E_MEMORY;
    case LZMA_MEMLIMIT_ERROR:
        return MDW_E_LIMIT;
    case LZMA_OPTIONS_ERROR: /* filters or flags of a newer format */
        return MDW_E_UNSUPPORTED;
    case LZMA_BUF_ERROR: /* nothing could be done: there was room, so no input
                          */
        return MDW_E_TRUNCATED;
    default:
        return MDW_E_DAMAGED;
    }
}

static mdw_status step(lzma_stream *lzma, buffer *out, bool *ended)
{
    size_t room;
    mdw_status status = buffer_room(out, UNPACK_STEP, &lzma->next_out, &room);
    if (status != MDW_OK)
        return status;
    lzma->avail_out = room;
    lzma_ret code = lzma_code(lzma, LZMA_RUN);
    *ended = code == LZMA_STREAM_END;
    status = buffer_filled(out, room - lzma->avail_out);
    return status == MDW_OK ? status_of(code) : status;
}

mdw_status unpack_xz(mdw_bytes in, buffer *out, size_t *used)
{
    lzma_allocator hooks = {take, give, &out->alloc};
    lzma_stream lzma = LZMA_STREAM_INIT;
    lzma.allocator = &hooks;
    lzma.next_in = in.data;
    lzma.avail_in = in.len;
    mdw_status status = status_of(lzma_stream_decoder(&lzma, UNPACK_MEMORY, 0));
    for (bool ended = false; status == MDW_OK && !ended;)
        status = step(&lzma, out, &ended);
    *used = in.len - lzma.avail_in;
    lzma_end(&lzma);
    return status;
}
