/* lib/symbol/index_find.c - answers for one address, from sections or, for a
 * directory, from the text they point to. */
#include "lib/base/bytes.h"
#include "lib/base/lines.h"
#include "lib/base/str.h"
#include "lib/symbol/body.h"
#include "lib/symbol/sym.h"
#include "lib/symbol/view.h"
#include "lib/symbol/writer.h"

static bool full(const index_view *v)
{
    return v->info.level == MDW_INDEX_FULL;
}

/* The record that the directory says begins at `at`. When another is there,
 * the source is not the one that was indexed. */
static bool record_at(const index_view *v, uint64_t at, uint32_t kind, text *t,
                      uint64_t *next)
{
    if (sym_record_at(v->source, at, kind, t, next))
        return true;
    view_damage(v);
    return false;
}

static uint32_t function_flags(bool shared)
{
    return shared ? MDW_SYMBOL_SHARED : 0u;
}

/* FUNC at `text`, which must end where the piece does. */
static void function_from_text(const index_view *v, uint32_t at, uint64_t end,
                               index_function *out)
{
    text t;
    sym_function f;
    uint64_t from = view_u32(v, INDEX_FUNCTION_TEXT, at, INDEX_PIECE_TEXT);
    uint32_t start = 0, bytes = 0;
    if (!record_at(v, from, SYM_FUNC, &t, &out->text))
        return;
    if (!sym_read_function(&t, false, &f) ||
        sym_place(f.range, &start, &bytes) ||
        start > view_u32(v, INDEX_FUNCTION_TEXT, at, INDEX_PIECE_KEY) ||
        (uint64_t)start + bytes != end) {
        view_damage(v);
        return;
    }
    out->start = start;
    out->bytes = bytes;
    out->args = f.args;
    out->flags = function_flags(f.shared);
    out->name = f.name;
}

/* False: the function ends before `rva`, or nothing can be believed. */
static bool covers(const index_view *v, uint32_t at, uint32_t rva,
                   index_function *out)
{
    out->at = at;
    if (full(v))
        return body_covers(v, at, rva, out);
    uint32_t start = view_u32(v, INDEX_FUNCTION_TEXT, at, INDEX_PIECE_KEY);
    uint32_t bytes = view_u32(v, INDEX_FUNCTION_TEXT, at, INDEX_PIECE_BYTES);
    if (!lies_in(rva, start, bytes))
        return false;
    function_from_text(v, at, (uint64_t)start + bytes, out);
    return true;
}

static mdw_status find_public(const index_view *v, uint32_t rva, uint32_t after,
                              index_function *out)
{
    uint32_t n = view_after(v, INDEX_PUBLIC_RVA, 0,
                            view_count(v, INDEX_PUBLIC_RVA), rva);
    if (!n)
        return MDW_ABSENT;
    uint32_t start = view_u32(v, INDEX_PUBLIC_RVA, n - 1, 0);
    if (after && view_u32(v, view_functions(v), after - 1, 0) > start)
        return MDW_ABSENT;
    uint32_t name = view_u32(v, INDEX_PUBLIC, n - 1, INDEX_PUBLIC_NAME);
    *out = (index_function){
        .at = n - 1,
        .start = start,
        .args = view_u32(v, INDEX_PUBLIC, n - 1, INDEX_PUBLIC_ARGS),
        .flags = MDW_SYMBOL_NEAREST,
    };
    text t;
    sym_function f;
    if (full(v))
        out->name = view_string(v, name);
    else if (record_at(v, name, SYM_PUBLIC, &t, &out->text) &&
             sym_read_function(&t, true, &f) && f.range.rva == start)
        out->name = f.name;
    else
        view_damage(v);
    return MDW_OK;
}

mdw_status index_find(const index_view *v, uint32_t rva, index_function *out)
{
    uint32_t after =
        view_after_paged(v, view_functions(v), INDEX_FUNCTION_PAGE, rva);
    *out = (index_function){0};
    mdw_status status = MDW_OK;
    if (!after || !covers(v, after - 1, rva, out))
        status = find_public(v, rva, after, out);
    return index_damaged(v) ? MDW_E_DAMAGED : status;
}

/* --- lines and inlined calls ------------------------------------------- */

/* `file` is a string, or a number in the text. */
static mdw_str file_name(const index_view *v, uint32_t file)
{
    text t;
    uint64_t next;
    uint32_t n, at;
    mdw_str name = {NULL, 0};
    if (full(v))
        return view_string(v, file);
    at = file < view_count(v, INDEX_FILE_NAME)
             ? view_u32(v, INDEX_FILE_NAME, file, 0)
             : MDW_NONE;
    if (at != MDW_NONE && record_at(v, at, SYM_FILE, &t, &next) &&
        (!sym_read_file(&t, &n, &name) || n != file))
        view_damage(v);
    return name;
}

static bool origin_at(const index_view *v, uint32_t number, uint32_t *file,
                      mdw_str *name)
{
    text t;
    uint64_t next;
    uint32_t n;
    uint32_t at = number < view_count(v, INDEX_ORIGIN)
                      ? view_u32(v, INDEX_ORIGIN, number, 0)
                      : MDW_NONE;
    if (at == MDW_NONE || !record_at(v, at, SYM_ORIGIN, &t, &next))
        return false;
    if (sym_read_origin(&t, &n, file, name) && n == number)
        return true;
    view_damage(v);
    return false;
}

static mdw_str call_name(const index_view *v, uint32_t name)
{
    uint32_t file;
    mdw_str out = {NULL, 0};
    if (full(v))
        return view_string(v, name);
    origin_at(v, name, &file, &out);
    return out;
}

static uint32_t origin_file(const void *user, uint32_t number)
{
    uint32_t file = MDW_NONE;
    mdw_str name;
    return origin_at(user, number, &file, &name) ? file : MDW_NONE;
}

/* The nearest to be found at an address, of those seen so far. */
typedef struct best {
    sym_range range;
    uint32_t a, b, c; /* what came with it */
} best;

/* Whether `rva` is in `range`, and that owns it rather than `b` does. */
static bool better(const best *b, sym_range range, uint32_t rva)
{
    if (rva < range.rva || rva - range.rva >= range.bytes)
        return false;
    return !b->range.bytes || range.rva < b->range.rva ||
           (range.rva == b->range.rva && range.bytes < b->range.bytes);
}

static void see_call(const sym_inline *in, uint32_t rva, best *b)
{
    text ranges = in->ranges;
    for (sym_range r; sym_next_range(&ranges, &r);)
        if (better(b, r, rva))
            *b = (best){r, in->origin, in->call_file, in->call_line};
}

/* Ends of ranges out of a text: one beyond 32 bits is as good as the last. */
static uint64_t end_of(sym_range r)
{
    return r.bytes > UINT32_MAX - r.rva ? UINT32_MAX : r.rva + r.bytes;
}

/* Where the piece of `line` that covers `rva` begins: behind the lines that own
 * what both cover. `ended` is the highest end of a line before `rva`: mostly
 * nothing overlaps, and then it is no higher than the line's own start. */
static uint32_t line_start(const index_view *v, const index_function *f,
                           uint32_t rva, sym_range line, uint64_t ended)
{
    uint64_t start = line.rva;
    sym_cursor c;
    sym_item item;
    sym_cursor_at(&c, v->source, f->text, origin_file, v);
    while (ended > start && sym_next(&c, &item)) {
        sym_range r = item.line.range;
        if (!item.is_inline && r.rva <= line.rva && end_of(r) <= rva &&
            end_of(r) > start)
            start = end_of(r);
    }
    return (uint32_t)start; /* <= rva */
}

static void detail_from_text(const index_view *v, const index_function *f,
                             uint32_t rva, detail *d)
{
    best line = {.a = MDW_NONE}, calls[INDEX_DEPTH];
    uint32_t depths = 0; /* of `calls` that are filled */
    uint64_t ended = 0;
    sym_cursor c;
    sym_item item;
    sym_cursor_at(&c, v->source, f->text, origin_file, v);
    c.only_at = true;
    c.rva = rva;
    while (sym_next(&c, &item)) {
        if (!item.is_inline) {
            sym_range r = item.line.range;
            if (better(&line, r, rva))
                line = (best){r, item.line.file, item.line.line, 0};
            else if (r.rva < rva && end_of(r) <= rva && end_of(r) > ended)
                ended = end_of(r);
            continue;
        }
        for (; depths <= item.call.depth; depths++)
            calls[depths] = (best){.a = MDW_NONE};
        see_call(&item.call, rva, &calls[item.call.depth]);
    }
    d->file = line.a;
    d->line = line.b;
    if (line.range.bytes)
        d->start = line_start(v, f, rva, line.range, ended);
    for (d->count = 0; d->count < depths && calls[d->count].range.bytes;)
        d->count++;
    for (uint32_t i = 0; i < d->count; i++) {
        const best *b = &calls[d->count - 1 - i];
        d->calls[i] =
            (call){b->a, b->b == SYM_FILE_OLD ? c.first_file : b->b, b->c};
    }
}

/* Everything is read before anything is told: what a damaged block says must
 * not get out. */
static mdw_status tell(const index_view *v, const index_function *f,
                       const detail *d, index_place_fn each, void *user)
{
    index_place places[INDEX_DEPTH + 1];
    uint32_t file = d->file, line = d->line;
    uint32_t start = d->line ? d->start : f->start;
    for (uint32_t i = 0; i <= d->count; i++) {
        index_place *p = &places[i];
        *p = (index_place){.line = line, .start = start};
        p->file = file_name(v, file);
        if (i == d->count) {
            p->name = f->name;
            p->flags = f->flags;
            break;
        }
        p->name = call_name(v, d->calls[i].name);
        p->flags = MDW_SYMBOL_INLINE;
        file = d->calls[i].file;
        line = d->calls[i].line;
    }
    if (index_damaged(v))
        return MDW_E_DAMAGED;
    for (uint32_t i = 0; i <= d->count; i++)
        if (!each(user, &places[i]))
            break;
    return MDW_OK;
}

mdw_status index_detail(const index_view *v, const index_function *f,
                        uint32_t rva, index_place_fn each, void *user)
{
    detail d;
    d.file = MDW_NONE;
    d.line = d.count = d.start = 0;
    if (f->bytes && full(v))
        body_detail(v, f, rva, &d);
    else if (f->bytes)
        detail_from_text(v, f, rva, &d);
    return tell(v, f, &d, each, user);
}

/* --- unwinding --------------------------------------------------------- */

static mdw_status row_from_text(const index_view *v, uint32_t rva, sym_row *row)
{
    uint32_t after = view_after_paged(v, INDEX_CFI, INDEX_CFI_PAGE, rva);
    if (!after)
        return MDW_ABSENT;
    uint32_t start = view_u32(v, INDEX_CFI, after - 1, INDEX_PIECE_KEY);
    uint32_t bytes = view_u32(v, INDEX_CFI, after - 1, INDEX_PIECE_BYTES);
    uint32_t at = view_u32(v, INDEX_CFI, after - 1, INDEX_PIECE_TEXT);
    if (!lies_in(rva, start, bytes))
        return MDW_ABSENT;
    mdw_status status = sym_row_at(v->source, at, (mdw_range){start, bytes},
                                   rva, v->info.arch, row);
    if (status == MDW_E_DAMAGED)
        view_damage(v);
    return status;
}

mdw_status index_row(const index_view *v, uint32_t layer, uint32_t rva,
                     sym_row *row)
{
    mdw_status status = MDW_ABSENT;
    if (full(v))
        status = view_row(v, layer, rva, row);
    else if (!layer)
        status = row_from_text(v, rva, row);
    return index_damaged(v) ? MDW_E_DAMAGED : status;
}

static mdw_str win_program(const index_view *v, uint32_t records, uint32_t at)
{
    text t;
    uint64_t next;
    index_win win;
    uint32_t program = view_u32(v, records, at, INDEX_WIN_PROGRAM);
    if (full(v) || program == MDW_NONE)
        return view_string(v, program);
    if (record_at(v, program, SYM_WIN, &t, &next) && sym_read_win(&t, &win) &&
        win.range.start == view_u32(v, records, at, INDEX_WIN_START))
        return win.program;
    view_damage(v);
    return (mdw_str){NULL, 0};
}

static void fill_win(const index_view *v, uint32_t records, uint32_t at,
                     index_win *out)
{
    uint32_t flags = view_u32(v, records, at, INDEX_WIN_FLAGS);
    out->prologue = view_u32(v, records, at, INDEX_WIN_PROLOGUE);
    out->epilogue = view_u32(v, records, at, INDEX_WIN_EPILOGUE);
    out->params = view_u32(v, records, at, INDEX_WIN_PARAMS);
    out->saved = view_u32(v, records, at, INDEX_WIN_SAVED);
    out->locals = view_u32(v, records, at, INDEX_WIN_LOCALS);
    out->max_stack = view_u32(v, records, at, INDEX_WIN_MAX_STACK);
    out->type = flags & 7;
    out->allocates_base = flags & 8;
    out->program = win_program(v, records, at);
}

/* The innermost record of one kind around `rva`. */
static bool win_in(const index_view *v, uint32_t rvas, uint32_t records,
                   uint32_t rva, index_win *out)
{
    uint32_t at = view_after(v, rvas, 0, view_count(v, rvas), rva) - 1;
    for (uint32_t i = 0; i < INDEX_NEST && at < view_count(v, records); i++) {
        uint32_t start = view_u32(v, rvas, at, 0);
        uint32_t bytes = view_u32(v, records, at, INDEX_WIN_BYTES);
        if (lies_in(rva, start, bytes)) {
            *out = (index_win){.range = {start, bytes}};
            fill_win(v, records, at, out);
            return true;
        }
        uint32_t parent = view_u32(v, records, at, INDEX_WIN_PARENT);
        if (parent >= at)
            break;
        at = parent;
    }
    return false;
}

mdw_status index_win_at(const index_view *v, uint32_t rva, index_win *out)
{
    bool found = win_in(v, INDEX_WIN_RVA, INDEX_WIN, rva, out) ||
                 win_in(v, INDEX_FPO_RVA, INDEX_FPO, rva, out);
    if (index_damaged(v))
        return MDW_E_DAMAGED;
    return found ? MDW_OK : MDW_ABSENT;
}

mdw_status index_counter_at(const index_view *v, uint32_t n, index_counter *out)
{
    if (n >= view_count(v, INDEX_COUNTER))
        return MDW_END;
    uint64_t low = view_u32(v, INDEX_COUNTER, n, INDEX_COUNTER_FIRST);
    uint64_t high = view_u32(v, INDEX_COUNTER, n, INDEX_COUNTER_FIRST + 4);
    out->kind = view_u32(v, INDEX_COUNTER, n, INDEX_COUNTER_KIND);
    out->first = high << 32 | low;
    low = view_u32(v, INDEX_COUNTER, n, INDEX_COUNTER_N);
    high = view_u32(v, INDEX_COUNTER, n, INDEX_COUNTER_N + 4);
    out->count = high << 32 | low;
    return index_damaged(v) ? MDW_E_DAMAGED : MDW_OK;
}
