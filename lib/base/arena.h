/* lib/base/arena.h - every object owns one arena and everything it hands out
 * lives there, so closing an object is one call and leaks need no hunting. With
 * buffer.h the only code that calls an allocator. */
#ifndef MDW_BASE_ARENA_H
#define MDW_BASE_ARENA_H

#include "mdwalk/base.h"

typedef struct arena arena;

/* What to call when the options say `alloc`: malloc for NULL. */
mdw_allocator allocator_or_default(const mdw_allocator *alloc);

/* `alloc` NULL: malloc. `budget` caps what the arena may ever take; 0: none. */
arena *arena_new(const mdw_allocator *alloc, uint64_t budget);
/* Zeroed, aligned to 16, NULL when out of memory or budget. */
void *arena_take(arena *a, size_t count, size_t size);
/* Not zeroed, for what is filled at once. */
void *arena_take_raw(arena *a, size_t count, size_t size);
/* A NUL-terminated copy; {NULL, 0} when out of memory or budget. */
mdw_str arena_str(arena *a, mdw_str text);
/* UTF-8 of `text`, NUL-terminated; empty when out of memory or budget. */
mdw_str arena_utf8(arena *a, mdw_utf16 text);
/* Whether the allocator itself ever said no, which is not what the budget is
 * for. */
bool arena_starved(const arena *a);
void arena_close(arena *a); /* NULL is fine */

#endif
