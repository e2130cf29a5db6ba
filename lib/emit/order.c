/* lib/emit/order.c - a heap sort of modules: in place, and never slow, whatever
 * the dump says. */
#include "lib/emit/order.h"

typedef struct place {
    uint64_t start;
    uint32_t index;
} place;

static bool after(const place *a, const place *b)
{
    return a->start > b->start || (a->start == b->start && a->index > b->index);
}

static void sift(place *heap, size_t at, size_t count)
{
    for (size_t child; (child = 2 * at + 1) < count; at = child) {
        if (child + 1 < count && after(&heap[child + 1], &heap[child]))
            child++;
        if (!after(&heap[child], &heap[at]))
            return;
        place swap = heap[at];
        heap[at] = heap[child];
        heap[child] = swap;
    }
}

static void sort(place *places, size_t count)
{
    for (size_t i = count / 2; i--;)
        sift(places, i, count);
    for (size_t i = count; i-- > 1;) {
        place swap = places[0];
        places[0] = places[i];
        places[i] = swap;
        sift(places, 0, i);
    }
}

static uint64_t module_start(const mdw_state *state, size_t index)
{
    mdw_module m = MDW_INIT(mdw_module);
    (void)mdw_state_module(state, index, &m);
    return m.range.start;
}

static uint64_t unloaded_start(const mdw_state *state, size_t index)
{
    mdw_unloaded u = MDW_INIT(mdw_unloaded);
    (void)mdw_state_unloaded(state, index, &u);
    return u.range.start;
}

static size_t order(const mdw_state *state, size_t count,
                    uint64_t (*start)(const mdw_state *state, size_t index),
                    arena *store, uint32_t **out)
{
    place *places = arena_take(store, count, sizeof *places);
    uint32_t *indices = arena_take(store, count, sizeof *indices);
    *out = NULL;
    if (!places || !indices)
        return count;
    for (size_t i = 0; i < count; i++) /* < 2^32: records of a file */
        places[i] = (place){start(state, i), (uint32_t)i};
    sort(places, count);
    for (size_t i = 0; i < count; i++)
        indices[i] = places[i].index;
    *out = indices;
    return count;
}

size_t order_modules(const mdw_state *state, arena *store, uint32_t **out)
{
    return order(state, mdw_state_module_count(state), module_start, store,
                 out);
}

size_t order_unloaded(const mdw_state *state, arena *store, uint32_t **out)
{
    return order(state, mdw_state_unloaded_count(state), unloaded_start, store,
                 out);
}
