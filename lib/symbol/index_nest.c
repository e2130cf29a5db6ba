/* lib/symbol/index_nest.c - one function's lines and inlined calls, and STACK
 * WIN, put in the order that readers count on. */
#include "lib/symbol/writer.h"

static void put32(uint8_t *at, uint32_t v)
{
    for (unsigned i = 0; i < 4; i++)
        at[i] = (uint8_t)(v >> 8 * i);
}

static void put_words(index_writer *w, uint32_t section, const uint32_t *words,
                      size_t count)
{
    uint8_t bytes[INDEX_WIN_SIZE];
    for (size_t i = 0; i < count; i++) /* <= 11 */
        put32(bytes + 4 * i, words[i]);
    writer_put(w, section, bytes, 4 * count);
}

static void list_put(index_writer *w, list *l, const uint32_t *words,
                     size_t count)
{
    for (size_t i = 0; i < count; i++) {
        uint32_t *to = list_add(&w->pool, l);
        if (to)
            *to = words[i];
    }
}

static uint64_t end_of(const index_function *f)
{
    return (uint64_t)f->start + f->bytes;
}

static bool touches(const index_function *f, uint32_t rva, uint32_t bytes)
{
    return rva < end_of(f) && (uint64_t)rva + bytes > f->start;
}

static bool sorting_add(index_writer *w, uint32_t rva, uint32_t bytes,
                        uint64_t number)
{
    piece *p = list_add(&w->pool, &w->sorting);
    if (p)
        *p = (piece){rva, bytes, number};
    return p;
}

/* Files are put before what refers to them. */
static uint32_t file_string(const index_writer *w, uint32_t number)
{
    const uint32_t *strings = w->files.items;
    return number < w->files.count ? strings[number] : MDW_NONE;
}

static void put_line(index_writer *w, uint64_t rva, uint32_t line,
                     uint32_t file)
{
    const uint32_t words[] = {(uint32_t)rva, line, file_string(w, file)};
    list_put(w, &w->body, words, INDEX_LINE_WORDS);
}

uint32_t writer_put_lines(index_writer *w, const index_function *f,
                          const index_line *lines, size_t count)
{
    size_t before = w->body.count;
    w->sorting.count = 0;
    for (size_t i = 0; i < count; i++)
        if (touches(f, lines[i].rva, lines[i].bytes) &&
            !sorting_add(w, lines[i].rva, lines[i].bytes, i))
            return 0;
    uint64_t ignored;
    piece_sweep(&w->pool, &w->sorting, &ignored);
    const piece *at = w->sorting.items;
    uint64_t end = 0; /* of the last */
    for (size_t i = 0; i < w->sorting.count; i++) {
        const index_line *l = &lines[at[i].number];
        if (i && at[i].rva != end)
            put_line(w, end, 0, MDW_NONE);
        put_line(w, at[i].rva, l->line, l->file);
        end = (uint64_t)at[i].rva + at[i].bytes;
    }
    if (w->sorting.count && end < end_of(f))
        put_line(w, end, 0, MDW_NONE);
    return (uint32_t)((w->body.count - before) / INDEX_LINE_WORDS);
}

/* A piece of an inlined call, clipped to its parent's. */
typedef struct nest {
    uint32_t rva, bytes;
    uint32_t number; /* of the index_inline */
    uint32_t depth, parent;
} nest;

static bool nested_add(index_writer *w, nest n, size_t most)
{
    if (w->nested.count >= most) {
        index_put_counter(w, INDEX_DEEP, 1, UINT64_MAX);
        return false;
    }
    nest *to = list_add(&w->pool, &w->nested);
    if (to)
        *to = n;
    return to;
}

/* What the pieces of one depth and the parents [low, high) have in common. */
static bool clip(index_writer *w, uint32_t depth, size_t low, size_t high,
                 size_t most)
{
    for (size_t i = 0; i < w->sorting.count && low < high;) {
        const piece *p = (const piece *)w->sorting.items + i;
        const nest *n = (const nest *)w->nested.items + low;
        uint64_t p_end = (uint64_t)p->rva + p->bytes;
        uint64_t n_end = (uint64_t)n->rva + n->bytes;
        uint64_t start = p->rva > n->rva ? p->rva : n->rva;
        uint64_t end = p_end < n_end ? p_end : n_end;
        nest part = {(uint32_t)start, (uint32_t)(end - start),
                     (uint32_t)p->number, depth, (uint32_t)low};
        if (start < end && !nested_add(w, part, most))
            return false;
        if (p_end <= n_end)
            i++;
        if (n_end <= p_end)
            low++;
    }
    return true;
}

/* Fills `nested`: first the function itself, then depth by depth. */
static void nest_all(index_writer *w, const index_function *f,
                     const index_inline *inlines, size_t count)
{
    size_t most = 4 * count + 64; /* bounds what n calls over n others cost */
    size_t low = 0, high = 1;
    w->nested.count = 0;
    if (!nested_add(w, (nest){f->start, f->bytes, 0, 0, 0}, most))
        return;
    for (uint32_t depth = 0; low < high && depth < INDEX_DEPTH; depth++) {
        w->sorting.count = 0;
        for (size_t i = 0; i < count; i++)
            if (inlines[i].depth == depth &&
                !sorting_add(w, inlines[i].rva, inlines[i].bytes, i))
                return;
        uint64_t ignored;
        piece_sweep(&w->pool, &w->sorting, &ignored);
        if (w->pool.status != MDW_OK || !clip(w, depth + 1, low, high, most))
            return;
        low = high;
        high = w->nested.count;
    }
}

static void put_inline(index_writer *w, const nest *n, const index_inline *from,
                       uint32_t parent)
{
    const uint32_t words[] = {n->rva,          n->bytes,
                              from->name,      file_string(w, from->call_file),
                              from->call_line, parent};
    list_put(w, &w->body, words, INDEX_INLINE_WORDS);
}

uint32_t writer_put_inlines(index_writer *w, const index_function *f,
                            const index_inline *inlines, size_t count)
{
    size_t before = w->body.count;
    if (!count)
        return 0;
    nest_all(w, f, inlines, count);
    const nest *nested = w->nested.items;
    w->sorting.count = w->order.count = 0;
    for (size_t i = 1; i < w->nested.count; i++) /* by rva, outer first */
        if (!sorting_add(w, nested[i].rva, nested[i].depth, i))
            return 0;
    piece_sort(&w->pool, &w->sorting);
    if (w->pool.status != MDW_OK ||
        !list_grow(&w->pool, &w->order, w->nested.count))
        return 0;
    uint32_t *place = w->order.items; /* among the function's calls */
    const piece *at = w->sorting.items;
    place[0] = MDW_NONE;
    for (size_t i = 0; i < w->sorting.count; i++)
        place[at[i].number] = (uint32_t)i;
    for (size_t i = 0; i < w->sorting.count; i++) {
        const nest *n = &nested[at[i].number];
        put_inline(w, n, &inlines[n->number], place[n->parent]);
    }
    return (uint32_t)((w->body.count - before) / INDEX_INLINE_WORDS);
}

static uint64_t win_end(const writer_win *w)
{
    return w->win.range.start + w->win.range.size;
}

static void put_win(index_writer *w, const writer_win *from, uint32_t rvas,
                    uint32_t into)
{
    const index_win *n = &from->win;
    const uint32_t rva[] = {(uint32_t)n->range.start};
    const uint32_t words[] = {
        (uint32_t)n->range.size,
        n->prologue,
        n->epilogue,
        n->params,
        n->saved,
        n->locals,
        n->max_stack,
        from->program,
        n->type | (n->allocates_base ? 8u : 0u),
        from->parent,
        from->start,
    };
    put_words(w, rvas, rva, 1);
    put_words(w, into, words, 11);
}

/* Cuts the open records that end inside `next` where it begins, closes those
 * that end before it, and returns how many are left open. */
static uint32_t close_wins(writer_win *wins, const uint32_t *open, uint32_t n,
                           const writer_win *next)
{
    while (n) {
        writer_win *top = &wins[open[n - 1]];
        if (win_end(top) >= win_end(next))
            break;
        if (win_end(top) > next->win.range.start)
            top->win.range.size = next->win.range.start - top->win.range.start;
        n--;
    }
    return n;
}

/* Sets the parents; leaves in w->sorting what is kept, in its order. */
static void nest_wins(index_writer *w)
{
    uint32_t open[INDEX_NEST], place[INDEX_NEST], n = 0;
    writer_win *wins = w->wins.items;
    piece *at = w->sorting.items;
    size_t kept = 0;
    for (size_t i = 0; i < w->sorting.count; i++) {
        writer_win *next = &wins[at[i].number];
        n = close_wins(wins, open, n, next);
        const writer_win *top = n ? &wins[open[n - 1]] : NULL;
        bool same = top && top->win.range.start == next->win.range.start &&
                    top->win.range.size == next->win.range.size;
        if (same || n == INDEX_NEST) {
            index_put_counter(w, same ? INDEX_COVERED : INDEX_DEEP, 1,
                              UINT64_MAX);
            continue;
        }
        next->parent = n ? place[n - 1] : MDW_NONE;
        place[n] = (uint32_t)kept;
        open[n++] = (uint32_t)at[i].number;
        at[kept++] = at[i];
    }
    w->sorting.count = kept;
}

void writer_put_wins(index_writer *w, bool frame_data, uint32_t rvas,
                     uint32_t into)
{
    const writer_win *wins = w->wins.items;
    w->sorting.count = 0;
    for (size_t i = 0; i < w->wins.count; i++) {
        const index_win *n = &wins[i].win;
        if ((n->type == 4) == frame_data && /* the longer one first */
            !sorting_add(w, (uint32_t)n->range.start,
                         UINT32_MAX - (uint32_t)n->range.size, i))
            return;
    }
    piece_sort(&w->pool, &w->sorting);
    if (w->pool.status != MDW_OK)
        return;
    nest_wins(w);
    const piece *at = w->sorting.items;
    for (size_t i = 0; i < w->sorting.count; i++)
        put_win(w, &wins[at[i].number], rvas, into);
}
