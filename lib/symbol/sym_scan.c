/* lib/symbol/sym_scan.c - the one pass over a .sym file: where each record
 * lies. Line records are stepped over by the newline scan itself, INLINE and
 * STACK CFI deltas after a look at their first word. */
#include "lib/base/lines.h"
#include "lib/base/str.h"
#include "lib/symbol/sym.h"

enum { BATCH = 512 }; /* what it points to is still in the cache */

typedef struct scan {
    sym_directory *d;
    bool has_module;
    bool in_rows; /* behind a STACK CFI INIT and its deltas */
} scan;

static void add_piece(sym_directory *d, list *l, uint32_t rva, uint32_t bytes,
                      uint64_t at)
{
    piece *p = list_add(d->pool, l);
    if (p)
        *p = (piece){rva, bytes, at};
}

static void add_range(sym_directory *d, list *l, sym_range range, uint64_t at)
{
    uint32_t rva, bytes, why = sym_place(range, &rva, &bytes);
    if (why)
        sym_count(&d->counts, why, 1, at);
    else
        add_piece(d, l, rva, bytes, at);
}

/* A symbol at 0 is what a stripper left of one. */
static void add_public(sym_directory *d, const sym_function *f, uint64_t at)
{
    uint64_t rva = f->range.rva;
    if (!rva || rva > UINT32_MAX)
        sym_count(&d->counts, rva ? INDEX_ABOVE : INDEX_EMPTY, 1, at);
    else
        add_piece(d, &d->publics, (uint32_t)rva, f->args, at);
}

/* Numbers count from 0 without gaps in every file seen: a table by number
 * must not outgrow the file. */
static void add_number(sym_directory *d, list *l, uint32_t number, uint64_t at)
{
    uint64_t most = d->source.len / 8;
    if (number >= (most > 65536 ? most : 65536)) {
        sym_count(&d->counts, INDEX_NUMBER, 1, at);
        return;
    }
    if (number >= l->count) {
        size_t more = number - l->count + (size_t)1;
        if (!list_grow(d->pool, l, more))
            return;
        memset((uint64_t *)l->items + l->count, 0, more * l->size);
        l->count += more;
    }
    ((uint64_t *)l->items)[number] = at + 1; /* the last one counts */
}

/* Eleven numbers, which are read when the record is put. */
static void add_win(sym_directory *d, uint64_t at)
{
    uint64_t *to = list_add(d->pool, &d->wins);
    if (to)
        *to = at;
}

/* Records that are read here and now; false: not well-formed. */
static bool take(scan *s, uint32_t kind, text *t, uint64_t at)
{
    sym_directory *d = s->d;
    sym_function f;
    sym_range range;
    mdw_str name;
    uint32_t number, file;
    switch (kind) {
    case SYM_FUNC:
        if (!sym_read_function(t, false, &f))
            return false;
        add_range(d, &d->functions, f.range, at);
        return true;
    case SYM_PUBLIC:
        if (!sym_read_function(t, true, &f))
            return false;
        add_public(d, &f, at);
        return true;
    case SYM_INIT:
        if (!sym_read_range(t, &range))
            return false;
        add_range(d, &d->inits, range, at);
        return true;
    case SYM_DELTA: /* of no INIT */
        if (!text_hex(t, UINT32_MAX, &range.rva))
            return false;
        add_piece(d, &d->orphans, (uint32_t)range.rva, 0, at);
        return true;
    case SYM_FILE:
        if (!sym_read_file(t, &number, &name))
            return false;
        add_number(d, &d->files, number, at);
        return true;
    case SYM_ORIGIN:
        if (!sym_read_origin(t, &number, &file, &name))
            return false;
        add_number(d, &d->origins, number, at);
        return true;
    case SYM_WIN:
        add_win(d, at);
        return true;
    case SYM_MODULE:
        if (s->has_module)
            return true;
        s->has_module = sym_read_module(t, &d->info);
        return s->has_module;
    default:
        return kind != SYM_BAD;
    }
}

/* Of a line that begins with STACK CFI; false: to be read with care. */
static bool take_cfi(scan *s, text *t, uint64_t at)
{
    sym_range range;
    if (!TEXT_STARTS(t, "I")) /* a delta begins with an address */
        return s->in_rows && text_digit(text_first(t)) < 16;
    if (!TEXT_WORD(t, "INIT") || !sym_read_range(t, &range))
        return false;
    add_range(s->d, &s->d->inits, range, at);
    s->in_rows = true;
    return true;
}

/* The records that there are most of, without a search for the end of the line:
 * no number is read across one. False: to be read with care. */
static bool taken_at_once(scan *s, uint64_t at)
{
    sym_directory *d = s->d;
    sym_function f;
    text t = text_from(d->source, at);
    if (TEXT_WORD(&t, "INLINE")) {
        d->info.has |= MDW_HAS_INLINES;
        s->in_rows = false;
        return true;
    }
    if (TEXT_WORD(&t, "FUNC")) {
        if (!sym_read_place(&t, false, &f))
            return false;
        add_range(d, &d->functions, f.range, at);
        s->in_rows = false;
        return true;
    }
    return TEXT_STARTS(&t, "STACK CFI ") && TEXT_WORD(&t, "STACK") &&
           TEXT_WORD(&t, "CFI") && take_cfi(s, &t, at);
}

static void see_line(scan *s, uint64_t at)
{
    sym_directory *d = s->d;
    if (taken_at_once(s, at))
        return;
    text t = text_from(d->source, at);
    uint32_t kind = sym_kind(&t);
    bool delta = kind == SYM_DELTA && s->in_rows;
    if (kind == SYM_LINE || kind == SYM_BLANK || delta)
        return;
    if (kind != SYM_BAD)
        s->in_rows = kind == SYM_INIT;
    if (kind == SYM_INFO)
        return;
    mdw_str line;
    uint64_t next = at;
    lines_take(d->source, &next, &line);
    t = text_of(line);
    if (!take(s, sym_kind(&t), &t, at))
        sym_count(&d->counts, INDEX_BAD_LINE, 1, at);
}

static uint32_t has(const sym_directory *d)
{
    uint32_t out = d->info.has;
    if (d->functions.count || d->publics.count)
        out |= MDW_HAS_FUNCTIONS;
    if (d->functions.count && d->files.count)
        out |= MDW_HAS_LINES;
    if (d->inits.count)
        out |= MDW_HAS_ROWS;
    return out;
}

/* Room that a large file will need, so that little is copied: untouched pages
 * cost nothing. */
static void reserve(sym_directory *d)
{
    enum { BYTES_A_FUNCTION = 512 };
    size_t count = d->source.len / BYTES_A_FUNCTION;
    list *const lists[] = {&d->functions, &d->inits};
    for (size_t i = 0; i < 2; i++)
        if (count > BYTES_A_FUNCTION &&
            count < d->pool->left / (8 * sizeof(piece)))
            list_grow(d->pool, lists[i], count);
}

mdw_status sym_scan(mdw_bytes source, pool *p, const mdw_budget *budget,
                    sym_directory *out)
{
    *out = (sym_directory){
        .pool = p,
        .source = source,
        .functions = list_of(sizeof(piece)),
        .publics = list_of(sizeof(piece)),
        .inits = list_of(sizeof(piece)),
        .orphans = list_of(sizeof(piece)),
        .wins = list_of(sizeof(uint64_t)),
        .files = list_of(sizeof(uint64_t)),
        .origins = list_of(sizeof(uint64_t)),
    };
    reserve(out);
    uint64_t *starts = pool_take(p, BATCH, sizeof *starts);
    scan s = {.d = out};
    lines l = lines_of(source);
    while (p->status == MDW_OK) {
        size_t n = lines_next(&l, starts, BATCH);
        for (size_t i = 0; i < n; i++)
            see_line(&s, starts[i]);
        if (!n)
            break;
        if (budget && budget->cancelled && budget->cancelled(budget->user))
            pool_fail(p, MDW_E_CANCELLED);
    }
    pool_give(p, starts, BATCH, sizeof *starts);
    out->info.has = has(out);
    return p->status;
}

void sym_directory_drop(sym_directory *d)
{
    list *const lists[] = {&d->functions, &d->publics, &d->inits,  &d->orphans,
                           &d->wins,      &d->files,   &d->origins};
    for (size_t i = 0; i < sizeof lists / sizeof(list *); i++)
        list_drop(d->pool, lists[i]);
}

/* One of the first lines is a record. */
bool sym_is(mdw_bytes source)
{
    enum { LINES = 8 };
    uint64_t at = 0;
    mdw_str line;
    for (int i = 0; i < LINES && lines_take(source, &at, &line); i++) {
        text t = text_of(line);
        uint32_t kind = sym_kind(&t);
        if (kind != SYM_LINE && kind != SYM_BLANK && kind != SYM_BAD)
            return true;
    }
    return false;
}
