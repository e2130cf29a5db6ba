/* tests/stand_in.h - an index writer that keeps what it is given and answers
 * from it, slowly and plainly, in place of lib/symbol/index_write.c. */
#ifndef STAND_IN_H
#define STAND_IN_H

#include <stdlib.h>
#include <string.h>

#include "lib/symbol/index.h"

typedef struct kept_function {
    index_function f;
    uint32_t name;
    size_t order;
    index_line *lines;
    index_inline *inlines;
    size_t line_count, inline_count;
} kept_function;

struct index_writer {
    kept_function *functions;
    size_t count, room;
    char *strings; /* uint32 length, bytes */
    size_t len, size;
    uint32_t files[1 << 12];
};

static uint32_t stand_in_checks; /* of what a builder promised and broke */

static void *copied(const void *from, size_t count, size_t size)
{
    void *to = malloc(count * size + 1);
    if (count)
        memcpy(to, from, count * size);
    return to;
}

uint32_t index_put_string(index_writer *w, mdw_str text)
{
    uint32_t at = (uint32_t)w->len, len = (uint32_t)text.len;
    while (w->size - w->len < text.len + sizeof len) {
        w->size = w->size ? w->size * 2 : 65536;
        w->strings = realloc(w->strings, w->size);
    }
    memcpy(w->strings + at, &len, sizeof len);
    if (len)
        memcpy(w->strings + at + sizeof len, text.data, len);
    w->len += len + sizeof len;
    return at;
}

void index_put_file(index_writer *w, uint32_t number, uint32_t string)
{
    if (number < sizeof w->files / sizeof *w->files)
        w->files[number] = string;
}

void index_put_function(index_writer *w, const index_function *function,
                        uint32_t name, const index_line *lines,
                        size_t line_count, const index_inline *inlines,
                        size_t inline_count)
{
    if (w->count == w->room) {
        w->room = w->room ? w->room * 2 : 1024;
        w->functions = realloc(w->functions, w->room * sizeof *w->functions);
    }
    for (size_t i = 0; i < line_count; i++)
        stand_in_checks +=
            lines[i].rva - function->start >= function->bytes ||
            lines[i].bytes > function->bytes - (lines[i].rva - function->start);
    for (size_t i = 0; i < inline_count; i++)
        stand_in_checks += inlines[i].rva - function->start >= function->bytes;
    stand_in_checks += !function->bytes;
    w->functions[w->count] =
        (kept_function){*function,
                        name,
                        w->count,
                        copied(lines, line_count, sizeof *lines),
                        copied(inlines, inline_count, sizeof *inlines),
                        line_count,
                        inline_count};
    w->count++;
}

static inline index_writer *stand_in_new(void)
{
    return calloc(1, sizeof(index_writer));
}

static inline void stand_in_close(index_writer *w)
{
    for (size_t i = 0; i < w->count; i++) {
        free(w->functions[i].lines);
        free(w->functions[i].inlines);
    }
    free(w->functions);
    free(w->strings);
    free(w);
}

static inline mdw_str stand_in_string(const index_writer *w, uint32_t at)
{
    uint32_t len;
    if (at > w->len || w->len - at < sizeof len)
        return (mdw_str){"", 0};
    memcpy(&len, w->strings + at, sizeof len);
    return (mdw_str){w->strings + at + sizeof len, len};
}

static inline mdw_str stand_in_file(const index_writer *w, uint32_t number)
{
    if (number >= sizeof w->files / sizeof *w->files)
        return (mdw_str){"", 0};
    return stand_in_string(w, w->files[number]);
}

static int stand_in_order(const void *a, const void *b)
{
    const kept_function *x = a, *y = b;
    if (x->f.start != y->f.start)
        return x->f.start < y->f.start ? -1 : 1;
    if (x->f.bytes != y->f.bytes)
        return x->f.bytes < y->f.bytes ? -1 : 1;
    return (x->order > y->order) - (x->order < y->order);
}

/* Before the first stand_in_at. */
static inline void stand_in_sort(index_writer *w)
{
    if (w->count)
        qsort(w->functions, w->count, sizeof *w->functions, stand_in_order);
}

static inline const kept_function *stand_in_at(const index_writer *w,
                                               uint32_t rva)
{
    for (size_t i = 0; i < w->count; i++)
        if (rva - w->functions[i].f.start < w->functions[i].f.bytes)
            return &w->functions[i];
    return NULL;
}

/* Innermost first; the strings of `out` are as many as returned. */
typedef struct stand_in_place {
    mdw_str name, file;
    uint32_t line;
} stand_in_place;

static inline size_t stand_in_lookup(const index_writer *w, uint32_t rva,
                                     stand_in_place out[256])
{
    const kept_function *k = stand_in_at(w, rva);
    const index_inline *chain[256];
    size_t depth = 0;
    if (!k)
        return 0;
    for (bool more = true; more && depth < 255; depth += more) {
        more = false;
        for (size_t i = 0; i < k->inline_count && !more; i++)
            if (k->inlines[i].depth == depth &&
                rva - k->inlines[i].rva < k->inlines[i].bytes) {
                chain[depth] = &k->inlines[i];
                more = true;
            }
    }
    stand_in_place at = {{"", 0}, {"", 0}, 0};
    for (size_t i = 0; i < k->line_count; i++)
        if (rva - k->lines[i].rva < k->lines[i].bytes) {
            at.file = stand_in_file(w, k->lines[i].file);
            at.line = k->lines[i].line;
            break;
        }
    size_t n = 0;
    for (size_t i = depth; i--;) {
        at.name = stand_in_string(w, chain[i]->name);
        out[n++] = at;
        at.file = stand_in_file(w, chain[i]->call_file);
        at.line = chain[i]->call_line;
    }
    at.name = stand_in_string(w, k->name);
    out[n++] = at;
    return n;
}

#endif
