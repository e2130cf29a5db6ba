/* lib/symbol/list.h - what a builder holds while it builds: arrays that grow,
 * under one budget and with one sticky failure. */
#ifndef MDW_SYMBOL_LIST_H
#define MDW_SYMBOL_LIST_H

#include "mdwalk/base.h"

typedef struct pool {
    mdw_allocator alloc;
    uint64_t left;     /* bytes that may still be taken */
    mdw_status status; /* the first failure: MDW_E_MEMORY, MDW_E_LIMIT, ... */
} pool;

/* A block of the pool, not zeroed; NULL, and status set, when there is none. */
void *pool_take(pool *p, size_t count, size_t size);
void pool_give(pool *p, void *block, size_t count, size_t size);
/* Keeps the first failure. */
void pool_fail(pool *p, mdw_status status);

typedef struct list {
    void *items;
    size_t count, room, size; /* items, and bytes of one */
} list;

static inline list list_of(size_t size)
{
    return (list){.size = size};
}

/* Room for `count` items more behind those that are there; false: status. */
bool list_grow(pool *p, list *l, size_t count);
/* One more item, not zeroed; NULL: status. */
static inline void *list_add(pool *p, list *l)
{
    if (l->count == l->room && !list_grow(p, l, 1))
        return NULL;
    return (char *)l->items + l->count++ * l->size;
}
void list_drop(pool *p, list *l); /* empty, usable again */

/* Of something with a place, {rva, bytes}: by rva, then bytes, then as they
 * were. `number` says what it is. */
typedef struct piece {
    uint32_t rva, bytes;
    uint64_t number;
} piece;

void piece_sort(pool *p, list *pieces);
/* Leaves to each what it owns (index.h, "Overlaps"), in order; returns how many
 * own nothing and are gone, and the number of the first of them. */
size_t piece_sweep(pool *p, list *pieces, uint64_t *first);

#endif
