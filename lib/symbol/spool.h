/* lib/symbol/spool.h - a section while it grows: in memory, or, when there is
 * a folder for that, in a file without a name. */
#ifndef MDW_SYMBOL_SPOOL_H
#define MDW_SYMBOL_SPOOL_H

#include "lib/symbol/list.h"

typedef struct spool_chunk {
    uint8_t *bytes;
    size_t size, used;
} spool_chunk;

typedef struct spool {
    uint64_t size; /* bytes put */
    list chunks;   /* spool_chunk; the last is being filled */
    int file;      /* 0: none yet */
} spool;

/* `temporary` NULL: memory. Failures go to the pool. */
void spool_put(spool *s, pool *p, const char *temporary, const void *data,
               size_t len);
/* The same of the first `len` bytes of a list's block, which is not copied: the
 * list is empty afterwards. */
void spool_adopt(spool *s, pool *p, list *from, size_t len);
typedef bool (*spool_fn)(void *user, const void *data, size_t len);
/* Everything from the front, in parts; false when `each` was or reading
 * failed. */
bool spool_each(spool *s, pool *p, spool_fn each, void *user);
void spool_drop(spool *s, pool *p);

#endif
