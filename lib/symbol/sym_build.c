/* lib/symbol/sym_build.c - a directory of a .sym file, or all it says, as an
 * index. */
#include <xxhash.h>

#include "lib/base/fail.h"
#include "lib/base/lines.h"
#include "lib/base/options.h"
#include "lib/symbol/sym.h"

/* --- a directory ------------------------------------------------------- */

static void see_end(index_info *info, const list *pieces)
{
    const piece *last = pieces->items;
    if (!pieces->count)
        return;
    last += pieces->count - 1; /* ends ascend as starts do */
    uint64_t end = (uint64_t)last->rva + last->bytes;
    if (end > info->image_size)
        info->image_size = end;
}

static void sweep(sym_directory *d, list *pieces)
{
    uint64_t first = 0;
    size_t gone = piece_sweep(d->pool, pieces, &first);
    sym_count(&d->counts, INDEX_COVERED, gone, first);
}

static void put_numbers(index_writer *w, const list *numbers, uint32_t section)
{
    const uint64_t *at = numbers->items;
    for (size_t i = 0; i < numbers->count; i++) {
        const uint32_t word[] = {at[i] ? (uint32_t)(at[i] - 1) : MDW_NONE};
        index_put_words(w, section, word, 1);
    }
}

/* False: it was counted as what it is. */
static bool win_at(sym_directory *d, uint64_t at, index_win *win)
{
    text t;
    uint64_t next;
    uint32_t rva, bytes, why = INDEX_BAD_LINE;
    if (sym_record_at(d->source, at, SYM_WIN, &t, &next) &&
        sym_read_win(&t, win))
        why = sym_place((sym_range){win->range.start, win->range.size}, &rva,
                        &bytes);
    if (why) {
        sym_count(&d->counts, why, 1, at);
        return false;
    }
    win->range = (mdw_range){rva, bytes};
    return true;
}

/* `full`: programs as strings. */
static void put_wins(sym_directory *d, index_writer *w, bool is_full)
{
    const uint64_t *at = d->wins.items;
    for (size_t i = 0; i < d->wins.count; i++) {
        index_win win;
        if (!win_at(d, at[i], &win))
            continue;
        uint32_t program = !win.program.len ? MDW_NONE
                           : is_full        ? index_put_string(w, win.program)
                                            : (uint32_t)at[i];
        index_put_win(w, &win, program);
    }
}

static void put_counts(sym_directory *d, index_writer *w)
{
    for (uint32_t i = 0; i < INDEX_COUNTER_KINDS; i++)
        index_put_counter(w, i, d->counts.count[i], d->counts.first[i]);
}

void sym_put_directory(sym_directory *d, index_writer *w)
{
    index_info *info = index_writer_info(w);
    sweep(d, &d->functions);
    sweep(d, &d->inits);
    see_end(info, &d->functions);
    see_end(info, &d->inits);
    index_put_pages(w, INDEX_FUNCTION_PAGE, d->functions.items,
                    d->functions.count, info->image_size);
    index_put_pages(w, INDEX_CFI_PAGE, d->inits.items, d->inits.count,
                    info->image_size);
    /* Texts are below 4 GiB: sym_build sees to that. */
    index_put_pieces(w, INDEX_FUNCTION_TEXT, &d->functions);
    index_put_pieces(w, INDEX_CFI, &d->inits);
    put_numbers(w, &d->files, INDEX_FILE_NAME);
    put_numbers(w, &d->origins, INDEX_ORIGIN);
    const piece *p = d->publics.items;
    for (size_t i = 0; i < d->publics.count; i++)
        index_put_public(w, p[i].rva, (uint32_t)p[i].number, p[i].bytes);
    put_wins(d, w, false);
    put_counts(d, w);
    info->has |= d->info.has;
}

/* --- everything -------------------------------------------------------- */

typedef struct origin {
    uint32_t string, file;
} origin;

typedef struct full_build {
    sym_directory *d;
    index_writer *w;
    list origins; /* origin, by number */
    list lines, inlines;
    list deltas; /* piece: number is the offset */
} full_build;

static void put_files(full_build *b)
{
    const uint64_t *at = b->d->files.items;
    for (size_t i = 0; i < b->d->files.count; i++) {
        text t;
        uint64_t next;
        uint32_t number;
        mdw_str name;
        if (at[i] &&
            sym_record_at(b->d->source, at[i] - 1, SYM_FILE, &t, &next) &&
            sym_read_file(&t, &number, &name))
            index_put_file(b->w, number, index_put_string(b->w, name));
    }
}

static void put_origins(full_build *b)
{
    const uint64_t *at = b->d->origins.items;
    for (size_t i = 0; i < b->d->origins.count; i++) {
        text t;
        uint64_t next;
        uint32_t number;
        mdw_str name;
        origin *o = list_add(b->d->pool, &b->origins);
        if (!o)
            return;
        *o = (origin){MDW_NONE, MDW_NONE};
        if (at[i] &&
            sym_record_at(b->d->source, at[i] - 1, SYM_ORIGIN, &t, &next) &&
            sym_read_origin(&t, &number, &o->file, &name))
            o->string = index_put_string(b->w, name);
    }
}

static origin origin_of(const full_build *b, uint32_t number)
{
    if (number >= b->origins.count)
        return (origin){MDW_NONE, MDW_NONE};
    return ((const origin *)b->origins.items)[number];
}

static uint32_t origin_file(const void *user, uint32_t number)
{
    return origin_of(user, number).file;
}

static void add_line(full_build *b, const sym_line *l, uint64_t at)
{
    uint32_t rva, bytes, why = sym_place(l->range, &rva, &bytes);
    sym_count(&b->d->counts, why, why != 0, at);
    index_line *to = why ? NULL : list_add(b->d->pool, &b->lines);
    if (to)
        *to = (index_line){rva, bytes, l->line, l->file};
}

static void add_inline(full_build *b, const sym_inline *in, uint64_t at)
{
    text ranges = in->ranges;
    for (sym_range r; sym_next_range(&ranges, &r);) {
        uint32_t rva, bytes, why = sym_place(r, &rva, &bytes);
        sym_count(&b->d->counts, why, why != 0, at);
        index_inline *to = why ? NULL : list_add(b->d->pool, &b->inlines);
        if (to)
            *to = (index_inline){
                rva,           bytes,         origin_of(b, in->origin).string,
                in->call_file, in->call_line, in->depth};
    }
}

/* What follows the FUNC line that ends at `at`. */
static void read_function(full_build *b, uint64_t at)
{
    sym_cursor c;
    sym_item item;
    b->lines.count = b->inlines.count = 0;
    sym_cursor_at(&c, b->d->source, at, origin_file, b);
    c.counts = &b->d->counts;
    while (sym_next(&c, &item))
        if (item.is_inline)
            add_inline(b, &item.call, c.line);
        else
            add_line(b, &item.line, c.line);
    index_inline *in = b->inlines.items;
    for (size_t i = 0; i < b->inlines.count; i++)
        if (in[i].call_file == SYM_FILE_OLD)
            in[i].call_file = c.first_file;
}

static void put_function(full_build *b, uint64_t at)
{
    text t;
    sym_function f;
    index_function to = {0};
    if (!sym_record_at(b->d->source, at, SYM_FUNC, &t, &at) ||
        !sym_read_function(&t, false, &f) ||
        sym_place(f.range, &to.start, &to.bytes))
        return;
    to.args = f.args;
    to.flags = f.shared ? MDW_SYMBOL_SHARED : 0u;
    read_function(b, at);
    index_put_function(b->w, &to, index_put_string(b->w, f.name),
                       b->lines.items, b->lines.count, b->inlines.items,
                       b->inlines.count);
}

static void put_publics(full_build *b)
{
    const piece *p = b->d->publics.items;
    for (size_t i = 0; i < b->d->publics.count; i++) {
        text t;
        uint64_t next;
        sym_function f;
        if (sym_record_at(b->d->source, p[i].number, SYM_PUBLIC, &t, &next) &&
            sym_read_function(&t, true, &f))
            index_put_public(b->w, p[i].rva, index_put_string(b->w, f.name),
                             p[i].bytes);
    }
}

static void add_delta(full_build *b, uint64_t rva, uint64_t at)
{
    piece *p = list_add(b->d->pool, &b->deltas);
    if (p)
        *p = (piece){(uint32_t)rva, 0, at};
}

/* All deltas in [start, end), in order of their addresses. */
static void gather_deltas(full_build *b, uint64_t at, uint64_t start,
                          uint64_t end)
{
    uint64_t outside = 0, from = at;
    b->deltas.count = 0;
    for (sym_delta delta;
         sym_next_delta(b->d->source, &at, &delta, &b->d->counts);)
        if (delta.rva >= start && delta.rva < end)
            add_delta(b, delta.rva, delta.line);
        else
            outside++;
    sym_count(&b->d->counts, INDEX_ORPHAN, outside, from);
    const piece *orphan = b->d->orphans.items;
    size_t low = 0, high = b->d->orphans.count;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (orphan[mid].rva < start)
            low = mid + 1;
        else
            high = mid;
    }
    for (; low < b->d->orphans.count && orphan[low].rva < end; low++)
        add_delta(b, orphan[low].rva, orphan[low].number);
    piece_sort(b->d->pool, &b->deltas);
}

/* The rules as they stand, for what [from, to) and the piece share. */
static void put_row(full_build *b, const sym_fold *fold, const piece *owned,
                    uint64_t from, uint64_t to)
{
    sym_row row;
    if (from < owned->rva)
        from = owned->rva;
    if (from >= to || sym_fold_end(fold, &row) != MDW_OK)
        return;
    row.pc = (mdw_range){from, to - from};
    index_put_row(b->w, 0, &row);
}

static void put_rows(full_build *b, const piece *owned)
{
    text t;
    sym_range range;
    uint32_t start, bytes;
    uint64_t at = owned->number;
    sym_fold fold;
    if (!sym_record_at(b->d->source, at, SYM_INIT, &t, &at) ||
        !sym_read_range(&t, &range) || sym_place(range, &start, &bytes))
        return;
    uint64_t end = (uint64_t)start + bytes, from = start;
    sym_fold_begin(&fold, b->d->info.arch);
    sym_fold_rules(&fold, t);
    gather_deltas(b, at, start, end);
    const piece *deltas = b->deltas.items;
    for (size_t i = 0; i < b->deltas.count; i++) {
        if (deltas[i].rva > from)
            put_row(b, &fold, owned, from, deltas[i].rva);
        from = deltas[i].rva;
        uint64_t next;
        if (sym_record_at(b->d->source, deltas[i].number, SYM_DELTA, &t,
                          &next) &&
            text_hex(&t, UINT64_MAX, &next))
            sym_fold_rules(&fold, t);
    }
    put_row(b, &fold, owned, from, end);
    sym_count(&b->d->counts, INDEX_RULE, fold.bad, owned->number);
}

/* Asked between functions and between rows, every so often. */
static bool goes_on(const sym_directory *d, const mdw_budget *budget, size_t i)
{
    enum { OFTEN = 256 };
    if (i % OFTEN == 0 && budget && budget->cancelled &&
        budget->cancelled(budget->user))
        pool_fail(d->pool, MDW_E_CANCELLED);
    return d->pool->status == MDW_OK;
}

void sym_put_full(sym_directory *d, const mdw_budget *budget, index_writer *w)
{
    full_build b = {
        .d = d,
        .w = w,
        .origins = list_of(sizeof(origin)),
        .lines = list_of(sizeof(index_line)),
        .inlines = list_of(sizeof(index_inline)),
        .deltas = list_of(sizeof(piece)),
    };
    put_files(&b);
    put_origins(&b);
    sweep(d, &d->functions);
    const piece *p = d->functions.items;
    for (size_t i = 0; i < d->functions.count && goes_on(d, budget, i); i++)
        put_function(&b, p[i].number);
    put_publics(&b);
    sweep(d, &d->inits);
    piece_sort(d->pool, &d->orphans);
    p = d->inits.items;
    for (size_t i = 0; i < d->inits.count && goes_on(d, budget, i); i++)
        put_rows(&b, &p[i]);
    put_wins(d, w, true);
    put_counts(d, w);
    list *const lists[] = {&b.origins, &b.lines, &b.inlines, &b.deltas};
    for (size_t i = 0; i < sizeof lists / sizeof(list *); i++)
        list_drop(d->pool, lists[i]);
}

/* --- either ------------------------------------------------------------ */

static void hash_source(mdw_bytes source, index_info *info)
{
    XXH128_canonical_t hash;
    XXH128_canonicalFromHash(&hash, XXH3_128bits(source.data, source.len));
    memcpy(info->source_hash, hash.digest, sizeof info->source_hash);
}

mdw_status sym_build(mdw_bytes source, const mdw_index_options *options,
                     index_writer *w, mdw_error *err)
{
    mdw_budget budget;
    mdw_status status = options_read(&budget, sizeof budget, options->budget);
    if (status != MDW_OK)
        return fail(err, status, "mdw_budget");
    sym_directory d;
    status = sym_scan(source, index_writer_pool(w), &budget, &d);
    index_info *info = index_writer_info(w);
    uint32_t level = options->level;
    *info = d.info;
    info->has = 0;
    info->source_size = source.len;
    if (source.len >= UINT32_MAX || d.orphans.count)
        level = MDW_INDEX_FULL;
    info->level = level;
    if (status == MDW_OK && level == MDW_INDEX_FULL) {
        hash_source(source, info);
        sym_put_full(&d, &budget, w);
    } else if (status == MDW_OK) {
        sym_put_directory(&d, w);
    }
    sym_directory_drop(&d);
    status = index_writer_pool(w)->status;
    return status == MDW_OK ? status : fail(err, status, "symbol file");
}
