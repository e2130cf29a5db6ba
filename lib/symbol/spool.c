/* lib/symbol/spool.c - sections in memory or in unlinked files. */
#define _POSIX_C_SOURCE 200809L

#include "lib/symbol/spool.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FIRST_CHUNK = 4096, CHUNK = 256 * 1024 };

#define NAME "/mdwalk-XXXXXX"

static bool file_open(spool *s, pool *p, const char *folder)
{
    size_t len = strlen(folder), size = len + sizeof NAME;
    char *path = pool_take(p, size, 1);
    if (!path)
        return false;
    memcpy(path, folder, len + 1);
    memcpy(path + len, NAME, sizeof NAME);
    int file = mkstemp(path);
    if (file >= 0)
        unlink(path);
    pool_give(p, path, size, 1);
    if (file < 0)
        pool_fail(p, MDW_E_IO);
    s->file = file < 0 ? 0 : file;
    return file >= 0;
}

static void flush(spool *s, pool *p, const char *folder, spool_chunk *c)
{
    if (!s->file && !file_open(s, p, folder))
        return;
    for (size_t done = 0; done < c->used;) {
        ssize_t n = write(s->file, c->bytes + done, c->used - done);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            pool_fail(p, MDW_E_IO);
            return;
        }
        done += (size_t)n;
    }
    c->used = 0;
}

static spool_chunk *chunk_last(const spool *s)
{
    return s->chunks.count
               ? (spool_chunk *)s->chunks.items + (s->chunks.count - 1)
               : NULL;
}

/* The chunk with room; NULL: the pool says why not. */
static spool_chunk *chunk_next(spool *s, pool *p, const char *folder)
{
    spool_chunk *last = chunk_last(s);
    if (last && last->size == CHUNK && folder) {
        flush(s, p, folder, last);
        return p->status == MDW_OK ? last : NULL;
    }
    size_t size = !last                ? FIRST_CHUNK
                  : last->size < CHUNK ? last->size * 2
                                       : CHUNK;
    if (!s->chunks.size)
        s->chunks = list_of(sizeof *last);
    uint8_t *bytes = pool_take(p, size, 1);
    spool_chunk *c = bytes ? list_add(p, &s->chunks) : NULL;
    if (c)
        *c = (spool_chunk){bytes, size, 0};
    else
        pool_give(p, bytes, size, 1);
    return c;
}

void spool_put(spool *s, pool *p, const char *folder, const void *data,
               size_t len)
{
    const uint8_t *from = data;
    spool_chunk *c = chunk_last(s);
    while (len) {
        if (!c || c->used == c->size)
            c = chunk_next(s, p, folder);
        if (!c)
            return;
        size_t room = c->size - c->used, part = len < room ? len : room;
        memcpy(c->bytes + c->used, from, part);
        c->used += part;
        s->size += part;
        from += part;
        len -= part;
    }
}

void spool_adopt(spool *s, pool *p, list *from, size_t len)
{
    if (!s->chunks.size)
        s->chunks = list_of(sizeof(spool_chunk));
    spool_chunk *c = len ? list_add(p, &s->chunks) : NULL;
    if (!c) {
        list_drop(p, from);
        return;
    }
    *c = (spool_chunk){from->items, from->room * from->size, len};
    s->size += len;
    *from = list_of(from->size);
}

/* With a file, all chunks but the last were filled before it was made, and lie
 * in front of it. */
static bool each_of_file(spool *s, pool *p, spool_fn each, void *user)
{
    uint8_t *bytes = pool_take(p, CHUNK, 1);
    bool ok = bytes && lseek(s->file, 0, SEEK_SET) == 0;
    while (ok) {
        ssize_t n = read(s->file, bytes, CHUNK);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            ok = n == 0;
            break;
        }
        ok = each(user, bytes, (size_t)n);
    }
    pool_give(p, bytes, CHUNK, 1);
    return ok;
}

bool spool_each(spool *s, pool *p, spool_fn each, void *user)
{
    const spool_chunk *c = s->chunks.items;
    for (size_t i = 0; i < s->chunks.count; i++) {
        if (i + 1 == s->chunks.count && s->file &&
            !each_of_file(s, p, each, user))
            return false;
        if (c[i].used && !each(user, c[i].bytes, c[i].used))
            return false;
    }
    return true;
}

void spool_drop(spool *s, pool *p)
{
    const spool_chunk *c = s->chunks.items;
    for (size_t i = 0; i < s->chunks.count; i++)
        pool_give(p, c[i].bytes, c[i].size, 1);
    if (s->chunks.size)
        list_drop(p, &s->chunks);
    if (s->file)
        close(s->file);
    *s = (spool){0};
}
