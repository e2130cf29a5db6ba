/* lib/unwind/row_cache.h - rows that were decoded before, by address. */
#ifndef MDW_UNWIND_ROW_CACHE_H
#define MDW_UNWIND_ROW_CACHE_H

#include "lib/base/arena.h"
#include "mdwalk/unwind.h"

/* Of fixed size, taken once: about 28 KiB, and up to 32 KiB of rule sets as
 * they come. Any number of threads may get and put at the same time; an answer
 * is what was put for that address or none, so that it changes no result, only
 * how long it takes. */
typedef struct row_cache row_cache;

row_cache *row_cache_new(arena *store); /* NULL: no memory */
/* Fills everything but `size` and `args`. `pc` and the row's range count from
 * wherever the owner says. */
bool row_cache_get(const row_cache *cache, uint64_t pc, mdw_row *row);
/* The bytes of the row's expressions outlive the cache. */
void row_cache_put(row_cache *cache, uint64_t pc, const mdw_row *row);

#endif
