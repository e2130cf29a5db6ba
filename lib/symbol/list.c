/* lib/symbol/list.c - growing arrays under a budget, and who owns an address.
 */
#include "lib/symbol/list.h"

#include <string.h>

#include "lib/base/buffer.h"

enum { FIRST_ROOM = 64 };

void pool_fail(pool *p, mdw_status status)
{
    if (p->status == MDW_OK)
        p->status = status;
}

void *pool_take(pool *p, size_t count, size_t size)
{
    if (p->status != MDW_OK)
        return NULL;
    if (size && count > p->left / size) {
        p->status = MDW_E_LIMIT;
        return NULL;
    }
    void *block = block_take(&p->alloc, count, size);
    if (block)
        p->left -= count * size;
    else
        p->status = MDW_E_MEMORY;
    return block;
}

void pool_give(pool *p, void *block, size_t count, size_t size)
{
    if (!block)
        return;
    p->left += count * size;
    block_give(&p->alloc, block);
}

bool list_grow(pool *p, list *l, size_t count)
{
    if (count <= l->room - l->count)
        return true;
    size_t room = l->room ? l->room : FIRST_ROOM;
    while (room - l->count < count && room <= SIZE_MAX / 2)
        room *= 2;
    void *items = pool_take(p, room, l->size);
    if (!items)
        return false;
    if (l->count)
        memcpy(items, l->items, l->count * l->size);
    pool_give(p, l->items, l->room, l->size);
    l->items = items;
    l->room = room;
    return true;
}

void list_drop(pool *p, list *l)
{
    pool_give(p, l->items, l->room, l->size);
    *l = list_of(l->size);
}

static bool after(const piece *a, const piece *b)
{
    return a->rva != b->rva ? a->rva > b->rva : a->bytes > b->bytes;
}

static bool sorted(const piece *at, size_t count)
{
    for (size_t i = 1; i < count; i++)
        if (after(&at[i - 1], &at[i]))
            return false;
    return true;
}

/* Merges runs [low, mid) and [mid, high), each in order, into `to`. */
static void merge(const piece *from, piece *to, size_t low, size_t mid,
                  size_t high)
{
    size_t a = low, b = mid;
    for (size_t i = low; i < high; i++)
        to[i] = a < mid && (b == high || !after(&from[a], &from[b]))
                    ? from[a++]
                    : from[b++];
}

void piece_sort(pool *p, list *pieces)
{
    size_t count = pieces->count;
    piece *from = pieces->items;
    if (sorted(from, count))
        return;
    piece *mine = pool_take(p, count, sizeof *mine), *to = mine;
    if (!mine)
        return;
    for (size_t run = 1; run < count; run *= 2) {
        for (size_t low = 0; low < count; low += 2 * run) {
            size_t mid = count - low < run ? count : low + run;
            size_t high = count - mid < run ? count : mid + run;
            merge(from, to, low, mid, high);
        }
        piece *swap = from;
        from = to;
        to = swap;
    }
    if (from == mine)
        memcpy(pieces->items, mine, count * sizeof *mine);
    pool_give(p, mine, count, sizeof *mine);
}

size_t piece_sweep(pool *p, list *pieces, uint64_t *first)
{
    piece_sort(p, pieces);
    piece *at = pieces->items;
    uint64_t end = 0; /* of all before; <= 2^32 */
    size_t kept = 0, gone = 0;
    for (size_t i = 0; i < pieces->count; i++) {
        uint64_t stop = (uint64_t)at[i].rva + at[i].bytes;
        uint64_t start = at[i].rva > end ? at[i].rva : end;
        if (start >= stop) {
            if (!gone++ || at[i].number < *first)
                *first = at[i].number;
            continue;
        }
        end = stop;
        at[kept++] =
            (piece){(uint32_t)start, (uint32_t)(stop - start), at[i].number};
    }
    pieces->count = kept;
    return gone;
}
