/* lib/state/array.c - records of one kind, in the state's arena. */
#include <stdlib.h>

#include "lib/base/options.h"
#include "lib/state/parts.h"

enum { FIRST_ROOM = 16 };

static void *item(const array *a, size_t index, size_t size)
{
    return (char *)a->items + index * size; /* room x size was allocated */
}

static bool take_room(mdw_state *s, array *a, size_t room, size_t size)
{
    void *items = arena_take(s->store, room, size);
    if (!items)
        return false;
    if (a->count)
        memcpy(items, a->items, a->count * size);
    a->items = items;
    a->room = room;
    return true;
}

void array_reserve(mdw_state *s, array *a, uint64_t count, size_t size)
{
    size_t room = count > SIZE_MAX ? SIZE_MAX : (size_t)count;
    while (room > a->room && !take_room(s, a, room, size))
        room /= 2;
}

void *array_add(mdw_state *s, array *a, size_t size)
{
    if (a->count == a->room) {
        size_t room = a->room ? a->room * 2 : FIRST_ROOM; /* < SIZE_MAX */
        if (!take_room(s, a, room, size)) {
            issue_at(s, MDW_E_LIMIT, 0, 0, a->count, "max_memory", MDW_NONE);
            return NULL;
        }
    }
    return item(a, a->count++, size);
}

mdw_status array_get(const array *a, size_t index, size_t size, void *out)
{
    if (index >= a->count)
        return MDW_E_ARG;
    return record_write(out, item(a, index, size), size);
}

void array_sort(array *a, size_t size, int (*order)(const void *, const void *))
{
    for (size_t i = 1; i < a->count; i++)
        if (order(item(a, i - 1, size), item(a, i, size)) > 0) {
            qsort(a->items, a->count, size, order);
            return;
        }
}

int id_order(const void *a, const void *b)
{
    const id_entry *x = a, *y = b;
    if (x->id != y->id)
        return x->id < y->id ? -1 : 1;
    return x->index < y->index ? -1 : x->index > y->index;
}

/* How many entries have an id below `id`. */
static size_t below(const array *ids, uint64_t id)
{
    const id_entry *entries = ids->items;
    size_t low = 0, high = ids->count;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (entries[mid].id < id)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

const id_entry *id_first(const array *ids, uint32_t id)
{
    size_t at = below(ids, id);
    if (at == ids->count)
        return NULL;
    const id_entry *e = (const id_entry *)ids->items + at;
    return e->id == id ? e : NULL;
}

const id_entry *id_last(const array *ids, uint32_t id)
{
    size_t after = below(ids, (uint64_t)id + 1);
    if (!after)
        return NULL;
    const id_entry *e = (const id_entry *)ids->items + after - 1;
    return e->id == id ? e : NULL;
}
