/* lib/base/buffer.h - one run of bytes that grows with what really comes in,
 * and single blocks for libraries that bring their own allocation hooks. What
 * an arena is not for: things given back before their object is closed. */
#ifndef MDW_BASE_BUFFER_H
#define MDW_BASE_BUFFER_H

#include "mdwalk/base.h"

typedef struct buffer {
    mdw_allocator alloc;
    uint64_t limit; /* bytes it may hold */
    unsigned char *data;
    size_t len, size; /* bytes filled and allocated */
} buffer;

/* `alloc` NULL: malloc. Takes nothing yet. */
buffer buffer_new(const mdw_allocator *alloc, uint64_t limit);
/* Takes `size` bytes at once, when nothing was taken yet and the limit allows
 * it: for who knows how much will come. MDW_E_MEMORY. */
mdw_status buffer_reserve(buffer *b, size_t size);
/* At least one writable byte behind what is filled, and at most `most` of
 * them: to `*at` and `*count`. Grows by doubling. One byte over the limit can
 * be had, so that a producer which ends exactly at the limit can say so;
 * MDW_E_LIMIT once that byte is filled. MDW_E_MEMORY. */
mdw_status buffer_room(buffer *b, size_t most, unsigned char **at,
                       size_t *count);
/* `count` bytes of the last room were filled. MDW_E_LIMIT when that is too
 * many; they are then not kept. */
mdw_status buffer_filled(buffer *b, size_t count);
/* What is written to it is appended; false: as buffer_filled, or no memory. */
mdw_sink buffer_sink(buffer *b);
mdw_bytes buffer_bytes(const buffer *b);
void buffer_close(buffer *b); /* empty, usable again */

/* A block that knows its size; alignment 16, not zeroed. */
void *block_take(const mdw_allocator *alloc, size_t count, size_t size);
void block_give(const mdw_allocator *alloc, void *block); /* NULL is fine */

#endif
