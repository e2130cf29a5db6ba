/* lib/base/buffer.c - growing buffers and single blocks. */
#include "lib/base/buffer.h"

#include <string.h>

#include "lib/base/arena.h"

enum { FIRST_SIZE = 64 * 1024, HEAD_SIZE = 16 };

buffer buffer_new(const mdw_allocator *alloc, uint64_t limit)
{
    return (buffer){.alloc = allocator_or_default(alloc), .limit = limit};
}

/* The limit and its one byte more, as far as memory can be addressed. */
static size_t size_most(const buffer *b)
{
    return b->limit < SIZE_MAX / 2 ? (size_t)b->limit + 1 : SIZE_MAX / 2;
}

static mdw_status grow(buffer *b)
{
    size_t most = size_most(b);
    if (b->size >= most)
        return MDW_E_LIMIT;
    size_t size = b->size ? b->size * 2 : FIRST_SIZE; /* < SIZE_MAX */
    if (size > most)
        size = most;
    unsigned char *data = b->alloc.alloc(b->alloc.user, size);
    if (!data)
        return MDW_E_MEMORY;
    if (b->len)
        memcpy(data, b->data, b->len);
    if (b->data)
        b->alloc.free(b->alloc.user, b->data, b->size);
    b->data = data;
    b->size = size;
    return MDW_OK;
}

mdw_status buffer_reserve(buffer *b, size_t size)
{
    if (b->size || !size || size > size_most(b))
        return MDW_OK;
    b->data = b->alloc.alloc(b->alloc.user, size);
    b->size = b->data ? size : 0;
    return b->data ? (mdw_status)MDW_OK : MDW_E_MEMORY;
}

mdw_status buffer_room(buffer *b, size_t most, unsigned char **at,
                       size_t *count)
{
    if (b->len == b->size) {
        mdw_status status = grow(b);
        if (status != MDW_OK)
            return status;
    }
    size_t room = b->size - b->len;
    *at = b->data + b->len;
    *count = room < most ? room : most;
    return MDW_OK;
}

mdw_status buffer_filled(buffer *b, size_t count)
{
    if (count > b->limit - b->len) /* len <= limit always */
        return MDW_E_LIMIT;
    b->len += count;
    return MDW_OK;
}

static bool append(void *user, const void *data, size_t len)
{
    buffer *b = user;
    const unsigned char *from = data;
    while (len) {
        unsigned char *at;
        size_t room;
        if (buffer_room(b, len, &at, &room) != MDW_OK)
            return false;
        memcpy(at, from, room);
        if (buffer_filled(b, room) != MDW_OK)
            return false;
        from += room;
        len -= room;
    }
    return true;
}

mdw_sink buffer_sink(buffer *b)
{
    return (mdw_sink){append, b};
}

mdw_bytes buffer_bytes(const buffer *b)
{
    return (mdw_bytes){b->data, b->len};
}

void buffer_close(buffer *b)
{
    if (b->data)
        b->alloc.free(b->alloc.user, b->data, b->size);
    b->data = NULL;
    b->len = b->size = 0;
}

void *block_take(const mdw_allocator *alloc, size_t count, size_t size)
{
    if (size && count > (SIZE_MAX - HEAD_SIZE) / size)
        return NULL;
    size_t whole = HEAD_SIZE + count * size;
    unsigned char *head = alloc->alloc(alloc->user, whole);
    if (!head)
        return NULL;
    memcpy(head, &whole, sizeof whole);
    return head + HEAD_SIZE;
}

void block_give(const mdw_allocator *alloc, void *block)
{
    if (!block)
        return;
    unsigned char *head = (unsigned char *)block - HEAD_SIZE;
    size_t whole;
    memcpy(&whole, head, sizeof whole);
    alloc->free(alloc->user, head, whole);
}
