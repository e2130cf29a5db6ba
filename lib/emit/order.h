/* lib/emit/order.h - lists of a dump in the order of their addresses. */
#ifndef MDW_EMIT_ORDER_H
#define MDW_EMIT_ORDER_H

#include "lib/base/arena.h"
#include "mdwalk/state.h"

/* Fills `*out` with the indices of the modules by their start; those that
 * start at one address keep the order of the dump. Returns how many there are.
 * NULL in `*out`: no memory. */
size_t order_modules(const mdw_state *state, arena *store, uint32_t **out);
size_t order_unloaded(const mdw_state *state, arena *store, uint32_t **out);

#endif
