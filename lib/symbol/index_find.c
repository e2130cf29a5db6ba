/* lib/symbol/index_find.c - answers for one address, from sections or, for a
 * directory, from the text they point to. */
#include "lib/base/bytes.h"
#include "lib/base/lines.h"
#include "lib/base/str.h"
#include "lib/symbol/sym.h"
#include "lib/symbol/view.h"
#include "lib/symbol/writer.h"

enum {
    NAME_SOON = 128, /* bytes: most names are shorter */
    NEAR = 16        /* lines: most guesses are nearer */
};

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

/* Not by mdw_range_has, whose ranges never wrap: these are as a file says. */
static bool lies_in(uint32_t rva, uint32_t start, uint32_t bytes)
{
    return rva >= start && rva - start < bytes;
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

/* Whether `f` is so small that its body lies in one block or two, and those
 * are to be trusted: most are, and then no word has to be asked for again. */
static bool body_is_checked(const index_view *v, const index_function *f)
{
    enum { MOST = INDEX_BLOCK / INDEX_BODY_SIZE };
    if (f->lines >= MOST || f->calls >= MOST)
        return false;
    uint32_t words =
        f->lines * (1 + INDEX_LINE_WORDS) + f->calls * (1 + INDEX_INLINE_WORDS);
    const table *t = &v->section[INDEX_BODY].records;
    return words <= MOST && t->stride == INDEX_BODY_SIZE &&
           view_words(v, INDEX_BODY, f->body, words + !words);
}

static uint32_t body_word(const index_view *v, const index_function *f,
                          uint32_t at)
{
    return f->checked ? table_u32(&v->section[INDEX_BODY].records, at, 0)
                      : view_u32(v, INDEX_BODY, at, 0);
}

/* How many of the `count` keys from `low` on are <= `rva`. */
static uint32_t body_after(const index_view *v, const index_function *f,
                           uint64_t low, uint32_t count, uint32_t rva)
{
    uint64_t high = low + count;
    if (high > view_count(v, INDEX_BODY))
        return 0;
    uint32_t from = (uint32_t)low, to = (uint32_t)high;
    return (f->checked ? table_after_short(&v->section[INDEX_BODY].records,
                                           from, to, rva)
                       : view_after(v, INDEX_BODY, from, to, rva)) -
           from;
}

/* Which of the lines it will be, by where in `f` it is: lines are spread evenly
 * enough for that to be near. */
static uint32_t guess(const index_function *f, uint32_t rva)
{
    return (uint32_t)((uint64_t)(rva - f->start) * f->lines / f->bytes);
}

/* body_after of the lines, first of those around the guess. */
static uint32_t line_after(const index_view *v, const index_function *f,
                           uint32_t rva)
{
    uint32_t g = guess(f, rva), from = g > NEAR ? g - NEAR : 0, to = g + NEAR;
    const table *t = &v->section[INDEX_BODY].records;
    if (!f->checked || f->lines <= 2 * NEAR || g >= f->lines)
        return body_after(v, f, f->body, f->lines, rva);
    if (to > f->lines)
        to = f->lines;
    if (from && table_u32(t, f->body + from, 0) > rva) {
        to = from;
        from = 0;
    } else if (to < f->lines && table_u32(t, f->body + to, 0) <= rva) {
        from = to;
        to = f->lines;
    }
    return table_after_short(t, f->body + from, f->body + to, rva) - f->body;
}

/* What is searched next is asked for before the name is read: a processor that
 * waits for each in turn does little else. */
static void fetch(const index_view *v, const index_function *f, uint32_t rva,
                  uint32_t name)
{
    enum { WORD = INDEX_BODY_SIZE, LINE = INDEX_LINE_WORDS * WORD, BEFORE = 3 };
    mdw_bytes body = v->section[INDEX_BODY].bytes;
    uint64_t keys = f->body, g = guess(f, rva), near = g > NEAR ? g - NEAR : 0;
    uint64_t calls = keys + f->lines, records = calls + f->calls;
    bytes_soon(body, (keys + near) * WORD, (uint64_t)2 * NEAR * WORD);
    bytes_soon(body, calls * WORD, f->calls * (uint64_t)WORD);
    records = records * WORD + (g > BEFORE ? g - BEFORE : 0) * LINE;
    bytes_soon(body, records, (uint64_t)(2 * BEFORE + 1) * LINE);
    if (name != MDW_NONE)
        bytes_soon(v->section[INDEX_STRINGS].bytes, name, NAME_SOON);
}

/* False: the function ends before `rva`, or nothing can be believed. */
static bool covers_body(const index_view *v, uint32_t at, uint32_t rva,
                        index_function *out)
{
    uint32_t head = view_u32(v, INDEX_FUNCTION, at, INDEX_FUNCTION_BODY);
    const table *t = view_words(v, INDEX_BODY, head, INDEX_BODY_HEAD);
    if (!t)
        return false;
    out->start = table_u32(t, head + INDEX_BODY_START, 0);
    out->bytes = table_u32(t, head + INDEX_BODY_BYTES, 0);
    if (!lies_in(rva, out->start, out->bytes))
        return false;
    uint32_t name = table_u32(t, head + INDEX_BODY_NAME, 0);
    out->body = head + INDEX_BODY_HEAD; /* view_words: it is there */
    out->lines = table_u32(t, head + INDEX_BODY_LINES, 0);
    out->calls = table_u32(t, head + INDEX_BODY_INLINES, 0);
    out->checked = body_is_checked(v, out);
    fetch(v, out, rva, name);
    out->args = table_u32(t, head + INDEX_BODY_ARGS, 0);
    out->flags = table_u32(t, head + INDEX_BODY_FLAGS, 0);
    out->name = view_string(v, name);
    return true;
}

/* The same. */
static bool covers(const index_view *v, uint32_t at, uint32_t rva,
                   index_function *out)
{
    out->at = at;
    if (full(v))
        return covers_body(v, at, rva, out);
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

typedef struct call {
    uint32_t name;       /* string, or origin's number */
    uint32_t file, line; /* where it was called */
} call;

/* What is at one address: innermost call first. */
typedef struct detail {
    uint32_t file, line;
    uint32_t start; /* rva of the line */
    uint32_t count;
    call calls[INDEX_DEPTH];
} detail;

/* Where the name of file `number` lies: string, or text. */
static uint32_t file_place(const index_view *v, uint32_t number)
{
    return number < view_count(v, INDEX_FILE_NAME)
               ? view_u32(v, INDEX_FILE_NAME, number, 0)
               : MDW_NONE;
}

static mdw_str file_name(const index_view *v, uint32_t number, uint32_t at)
{
    text t;
    uint64_t next;
    uint32_t n;
    mdw_str name = {NULL, 0};
    if (at == MDW_NONE)
        return name;
    if (full(v))
        return view_string(v, at);
    if (record_at(v, at, SYM_FILE, &t, &next) &&
        (!sym_read_file(&t, &n, &name) || n != number))
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

static void calls_from_body(const index_view *v, const index_function *f,
                            uint32_t rva, detail *d)
{
    uint64_t keys = (uint64_t)f->body + f->lines;
    uint64_t records = keys + f->calls + (uint64_t)INDEX_LINE_WORDS * f->lines;
    uint32_t at = body_after(v, f, keys, f->calls, rva) - 1;
    for (uint32_t i = 0; i < INDEX_DEPTH && at < f->calls; i++) {
        uint64_t record = records + (uint64_t)INDEX_INLINE_WORDS * at;
        if (record + INDEX_INLINE_WORDS > view_count(v, INDEX_BODY))
            return;
        uint32_t r = (uint32_t)record;
        if (lies_in(rva, body_word(v, f, (uint32_t)keys + at),
                    body_word(v, f, r + INDEX_INLINE_BYTES)))
            d->calls[d->count++] =
                (call){body_word(v, f, r + INDEX_INLINE_NAME),
                       body_word(v, f, r + INDEX_INLINE_CALL_FILE),
                       body_word(v, f, r + INDEX_INLINE_CALL_LINE)};
        uint32_t parent = body_word(v, f, r + INDEX_INLINE_PARENT);
        if (parent >= at) /* MDW_NONE too */
            break;
        at = parent;
    }
}

static void detail_from_body(const index_view *v, const index_function *f,
                             uint32_t rva, detail *d)
{
    uint32_t after = line_after(v, f, rva);
    uint64_t record = (uint64_t)f->body + f->lines + f->calls +
                      (uint64_t)INDEX_LINE_WORDS * (after - 1);
    if (after && record + INDEX_LINE_WORDS <= view_count(v, INDEX_BODY)) {
        uint32_t r = (uint32_t)record;
        d->start = body_word(v, f, f->body + after - 1);
        d->line = body_word(v, f, r + INDEX_LINE_LINE);
        d->file = body_word(v, f, r + INDEX_LINE_FILE);
    }
    if (f->calls)
        calls_from_body(v, f, rva, d);
}

/* A place before its names are read. */
typedef struct spot {
    uint32_t name, file, file_at, line;
} spot;

static void find_spots(const index_view *v, const detail *d, spot *spots)
{
    uint32_t file = d->file, line = d->line;
    mdw_bytes strings = v->section[INDEX_STRINGS].bytes;
    for (uint32_t i = 0; i <= d->count; i++) {
        const call *c = i < d->count ? &d->calls[i] : NULL;
        spots[i] =
            (spot){c ? c->name : MDW_NONE, file, file_place(v, file), line};
        bytes_soon(strings, spots[i].name, NAME_SOON);
        bytes_soon(strings, spots[i].file_at, NAME_SOON);
        file = c ? c->file : MDW_NONE;
        line = c ? c->line : 0;
    }
}

/* Everything is read before anything is told: what a damaged block says must
 * not get out. */
static mdw_status tell(const index_view *v, const index_function *f,
                       const detail *d, index_place_fn each, void *user)
{
    spot spots[INDEX_DEPTH + 1];
    index_place places[INDEX_DEPTH + 1];
    find_spots(v, d, spots);
    for (uint32_t i = 0; i <= d->count; i++) {
        bool inlined = i < d->count;
        places[i] = (index_place){
            .name = inlined ? call_name(v, spots[i].name) : f->name,
            .file = file_name(v, spots[i].file, spots[i].file_at),
            .line = spots[i].line,
            .start = d->line ? d->start : f->start,
            .flags = inlined ? MDW_SYMBOL_INLINE : f->flags,
        };
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
        detail_from_body(v, f, rva, &d);
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
