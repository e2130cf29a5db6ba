/* lib/symbol/dwarf_names.c - names of functions and files, each put into the
 * index once for all that share it. */
#define XXH_INLINE_ALL
#include "lib/symbol/dwarf_parts.h"

#include <xxhash.h>

#include "lib/base/str.h"

enum { RECENT = 1 << 14, ORIGIN_WORK = 16 };

/* A text that was put, by its hash; 0: none. 128 bits stand for the text. */
typedef struct put_text {
    XXH128_hash_t hash;
    uint32_t value;
    bool used;
} put_text;

typedef struct put_name {
    uint64_t die; /* its offset; 0: none, a header is there */
    function_name name;
} put_name;

/* A hash table that grows; `key` first in its items, 0 is no key. */
typedef struct map {
    void *items;
    size_t count, room, size;
} map;

struct names {
    dwarf *d;
    index_writer *writer;
    put_text *recent; /* RECENT strings, by their hash's low bits */
    map files;        /* put_text: path to number */
    map dies;         /* put_name: of this unit */
    arena *unit;      /* texts of this unit */
    const line_head *lines;
    uint32_t *numbers; /* of the unit's files, plus 1; 0: not asked yet */
};

static put_text *file_slot(const names *n, XXH128_hash_t hash)
{
    put_text *at = n->files.items;
    for (uint64_t i = hash.low64;; i++) {
        put_text *slot = &at[i & (n->files.room - 1)];
        if (!slot->used || XXH128_isEqual(slot->hash, hash))
            return slot;
    }
}

static put_name *die_slot(const names *n, uint64_t offset)
{
    put_name *at = n->dies.items;
    for (uint64_t i = XXH3_64bits(&offset, sizeof offset);; i++) {
        put_name *slot = &at[i & (n->dies.room - 1)];
        if (!slot->die || slot->die == offset)
            return slot;
    }
}

/* Twice the room, zeroed; the old items come back to be put in again. */
static bool map_grow(pool *p, map *m, map *old)
{
    map grown = {NULL, m->count, m->room ? m->room * 2 : 256, m->size};
    grown.items = pool_take(p, grown.room, grown.size);
    if (!grown.items)
        return false;
    memset(grown.items, 0, grown.room * grown.size);
    *old = *m;
    *m = grown;
    return true;
}

static bool files_room(names *n)
{
    map old;
    if (n->files.count * 2 < n->files.room)
        return true;
    if (!map_grow(&n->d->pool, &n->files, &old))
        return false;
    const put_text *from = old.items;
    for (size_t i = 0; i < old.room; i++)
        if (from[i].used)
            *file_slot(n, from[i].hash) = from[i];
    pool_give(&n->d->pool, old.items, old.room, old.size);
    return true;
}

static bool dies_room(names *n)
{
    map old;
    if (n->dies.count * 2 < n->dies.room)
        return true;
    if (!map_grow(&n->d->pool, &n->dies, &old))
        return false;
    const put_name *from = old.items;
    for (size_t i = 0; i < old.room; i++)
        if (from[i].die)
            *die_slot(n, from[i].die) = from[i];
    pool_give(&n->d->pool, old.items, old.room, old.size);
    return true;
}

mdw_status names_new(dwarf *d, index_writer *writer, arena *store, names **out)
{
    names *n = arena_take(store, 1, sizeof *n);
    put_text *recent = arena_take(store, RECENT, sizeof *recent);
    if (!n || !recent)
        return MDW_E_MEMORY;
    *n = (names){.d = d,
                 .writer = writer,
                 .recent = recent,
                 .files = {.size = sizeof(put_text)},
                 .dies = {.size = sizeof(put_name)}};
    *out = n;
    return MDW_OK;
}

void names_close(names *n)
{
    if (!n)
        return;
    arena_close(n->unit);
    pool_give(&n->d->pool, n->files.items, n->files.room, n->files.size);
    pool_give(&n->d->pool, n->dies.items, n->dies.room, n->dies.size);
}

mdw_status names_unit(names *n, const line_head *lines)
{
    arena_close(n->unit);
    n->unit = arena_new(&n->d->pool.alloc, n->d->pool.left);
    n->lines = lines;
    pool_give(&n->d->pool, n->dies.items, n->dies.room, n->dies.size);
    n->dies = (map){.size = sizeof(put_name)};
    n->numbers =
        n->unit ? arena_take(n->unit, lines->file_count + 1, sizeof *n->numbers)
                : NULL;
    return n->numbers ? MDW_OK : MDW_E_MEMORY;
}

uint32_t names_string(names *n, mdw_str text)
{
    XXH128_hash_t hash = XXH3_128bits(text.len ? text.data : "", text.len);
    put_text *at = &n->recent[hash.low64 % RECENT];
    if (!at->used || !XXH128_isEqual(at->hash, hash))
        *at = (put_text){hash, index_put_string(n->writer, text), true};
    return at->value;
}

uint32_t names_file(names *n, uint64_t file)
{
    if (file >= n->lines->file_count)
        return MDW_NONE;
    if (n->numbers[file])
        return n->numbers[file] - 1;
    mdw_str path = line_path(n->lines, file, n->unit);
    n->numbers[file] = 0; /* MDW_NONE plus 1 */
    dwarf_spend(&n->d->work, path.len);
    if (!path.len || !files_room(n))
        return MDW_NONE;
    put_text *slot = file_slot(n, XXH3_128bits(path.data, path.len));
    if (!slot->used) {
        *slot = (put_text){XXH3_128bits(path.data, path.len),
                           (uint32_t)n->files.count++, true};
        index_put_file(n->writer, slot->value,
                       index_put_string(n->writer, path));
    }
    n->numbers[file] = slot->value + 1;
    return slot->value;
}

static mdw_str joined(names *n, mdw_str scope, mdw_str name)
{
    if (!scope.len)
        return name;
    size_t len = scope.len + 2 + name.len;
    char *out = arena_take(n->unit, len, 1);
    if (!out)
        return name;
    memcpy(out, scope.data, scope.len);
    out[scope.len] = out[scope.len + 1] = ':';
    if (name.len)
        memcpy(out + scope.len + 2, name.data, name.len);
    return (mdw_str){out, len};
}

static void remember(names *n, uint64_t offset, function_name name)
{
    if (!dies_room(n))
        return;
    put_name *slot = die_slot(n, offset);
    if (!slot->die)
        n->dies.count++;
    *slot = (put_name){offset, name};
}

static bool known(const names *n, uint64_t offset, function_name *out)
{
    if (!n->dies.room)
        return false;
    const put_name *slot = die_slot(n, offset);
    *out = slot->name;
    return slot->die != 0;
}

void names_declare(names *n, const die *d, mdw_str scope)
{
    if (!scope.len || !d->name.len || d->linkage.len || d->origin)
        return;
    uint32_t string = names_string(n, joined(n, scope, d->name));
    remember(n, d->offset, (function_name){string, false});
}

/* The linkage name if there is any on the way, else the first name. An origin
 * may be in another unit, and in a hostile file refer back. */
static function_name through_origins(names *n, const die *d, mdw_str scope)
{
    mdw_str name = d->name.len ? joined(n, scope, d->name) : d->name;
    mdw_str linkage = d->linkage;
    uint64_t at = d->origin;
    function_name found;
    for (int i = 0; at && !linkage.len && i < DWARF_ORIGINS_MAX; i++) {
        const dwarf_unit *unit = dwarf_unit_at(n->d, at);
        die next;
        if (known(n, at, &found))
            return found;
        if (!unit || dies_get(n->d->dies, unit, at, &next) != MDW_OK ||
            !dwarf_spend(&n->d->work, ORIGIN_WORK))
            break;
        if (!name.len)
            name = next.name;
        linkage = next.linkage;
        at = next.origin;
    }
    if (!linkage.len && !name.len)
        return (function_name){MDW_NONE, false};
    return (function_name){names_string(n, linkage.len ? linkage : name),
                           linkage.len > 0};
}

function_name names_function(names *n, const die *d, mdw_str scope)
{
    function_name name;
    if (d->linkage.len)
        return (function_name){names_string(n, d->linkage), true};
    uint64_t key = d->name.len || !d->origin ? d->offset : d->origin;
    if (known(n, key, &name))
        return name;
    name = through_origins(n, d, scope);
    if (name.string != MDW_NONE)
        remember(n, key, name);
    return name;
}
