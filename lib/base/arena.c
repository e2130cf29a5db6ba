#include "lib/base/arena.h"

#include <stdlib.h>
#include <string.h>

enum { ALIGN = 16, BLOCK = 64 * 1024 - 64 };

typedef struct block {
    struct block *next;
    size_t size, used; /* bytes, header included */
} block;

struct arena {
    mdw_allocator alloc;
    uint64_t budget, taken;
    block *blocks;
    bool starved;
};

static void *default_alloc(void *user, size_t size)
{
    (void)user;
    return malloc(size);
}

static void default_free(void *user, void *ptr, size_t size)
{
    (void)user;
    (void)size;
    free(ptr);
}

static size_t align_up(size_t n)
{
    return (n + ALIGN - 1) & ~(size_t)(ALIGN - 1);
}

mdw_allocator allocator_or_default(const mdw_allocator *alloc)
{
    return alloc ? *alloc : (mdw_allocator){default_alloc, default_free, NULL};
}

arena *arena_new(const mdw_allocator *alloc, uint64_t budget)
{
    mdw_allocator use = allocator_or_default(alloc);
    arena *a = use.alloc(use.user, sizeof *a);
    if (a)
        *a = (arena){use, budget, 0, NULL, false};
    return a;
}

static block *block_add(arena *a, size_t need)
{
    size_t head = align_up(sizeof(block));
    if (need > SIZE_MAX - head)
        return NULL;
    size_t size = head + need < BLOCK ? BLOCK : head + need;
    if (a->budget && size > a->budget - a->taken)
        size = head + need; /* the last block may be a tight fit */
    if (a->budget && size > a->budget - a->taken)
        return NULL;
    block *b = a->alloc.alloc(a->alloc.user, size);
    if (!b) {
        a->starved = true;
        return NULL;
    }
    a->taken += size;
    *b = (block){a->blocks, size, head};
    a->blocks = b;
    return b;
}

void *arena_take_raw(arena *a, size_t count, size_t size)
{
    if (size && count > (SIZE_MAX - ALIGN) / size)
        return NULL;
    size_t need = align_up(count * size);
    block *b = a->blocks;
    if (!b || need > b->size - b->used)
        b = block_add(a, need);
    if (!b)
        return NULL;
    void *out = (char *)b + b->used;
    b->used += need;
    return out;
}

void *arena_take(arena *a, size_t count, size_t size)
{
    void *out = arena_take_raw(a, count, size);
    return out ? memset(out, 0, count * size) : NULL;
}

mdw_str arena_str(arena *a, mdw_str text)
{
    char *copy = text.len < SIZE_MAX ? arena_take(a, text.len + 1, 1) : NULL;
    if (!copy)
        return (mdw_str){NULL, 0};
    if (text.len)
        memcpy(copy, text.data, text.len);
    return (mdw_str){copy, text.len};
}

mdw_str arena_utf8(arena *a, mdw_utf16 text)
{
    size_t len = mdw_utf16_to_utf8(text, NULL, 0);
    char *copy = arena_take(a, len + 1, 1); /* len <= 1.5 x text.len */
    if (!copy)
        return (mdw_str){NULL, 0};
    mdw_utf16_to_utf8(text, copy, len);
    return (mdw_str){copy, len};
}

bool arena_starved(const arena *a)
{
    return a->starved;
}

void arena_close(arena *a)
{
    if (!a)
        return;
    mdw_allocator use = a->alloc;
    for (block *b = a->blocks, *next; b; b = next) {
        next = b->next;
        use.free(use.user, b, b->size);
    }
    use.free(use.user, a, sizeof *a);
}
