/* lib/symbol/dwarf_rows.c - a unit's rows in order of address. Sequences may
 * come in any order, and those of functions the linker dropped lie nowhere. */
#include "lib/symbol/dwarf_rows.h"

#include <stdlib.h>

#include "lib/base/range.h"

typedef struct row {
    uint32_t rva, line, file;
    uint32_t order; /* in its sequence: of rows at one address the last counts
                     */
} row;

typedef struct reading {
    dwarf_rows *to;
    sequence now;
    bool open, wanted, sorted;
    uint32_t last;
} reading;

dwarf_rows dwarf_rows_of(dwarf *d)
{
    return (dwarf_rows){.d = d,
                        .rows = list_of(sizeof(row)),
                        .sequences = list_of(sizeof(sequence))};
}

void dwarf_rows_close(dwarf_rows *r)
{
    list_drop(&r->d->pool, &r->rows);
    list_drop(&r->d->pool, &r->sequences);
}

static row *row_at(const dwarf_rows *r, size_t index)
{
    return (row *)r->rows.items + index;
}

static int by_rva(const void *a, const void *b)
{
    const row *x = a, *y = b;
    if (x->rva != y->rva)
        return x->rva < y->rva ? -1 : 1;
    return (x->order > y->order) - (x->order < y->order);
}

static void begin(reading *g, uint64_t addr)
{
    uint32_t rva, size;
    g->open = true;
    g->sorted = true;
    g->wanted = dwarf_code_range(g->to->d, range_make(addr, 1), &rva, &size);
    if (!g->wanted)
        return;
    g->now = (sequence){.start = rva,
                        .first = g->to->rows.count,
                        .order = g->to->sequences.count};
    g->last = rva;
}

static void finish(reading *g, uint32_t end)
{
    dwarf_rows *r = g->to;
    g->open = false;
    if (!g->wanted)
        return;
    g->now.count = r->rows.count - g->now.first;
    g->now.end = end;
    if (!g->sorted)
        qsort(row_at(r, g->now.first), g->now.count, sizeof(row), by_rva);
    g->now.start = row_at(r, g->now.first)->rva;
    if (g->now.end <= g->now.start) {
        r->rows.count = g->now.first;
        return;
    }
    sequence *at = list_add(&r->d->pool, &r->sequences);
    if (at)
        *at = g->now;
}

static bool take_row(void *user, const line_row *in)
{
    reading *g = user;
    dwarf_rows *r = g->to;
    if (!g->open)
        begin(g, in->addr);
    uint64_t rva = in->addr - r->d->image->image.start;
    bool above = rva > UINT32_MAX;
    if (in->end) {
        finish(g, above ? g->last : (uint32_t)rva);
        return true;
    }
    if (!g->wanted || above)
        return true;
    row *at = list_add(&r->d->pool, &r->rows);
    if (!at)
        return false;
    *at = (row){(uint32_t)rva, in->line <= INT32_MAX ? in->line : 0, in->file,
                (uint32_t)(r->rows.count - g->now.first)};
    g->sorted = g->sorted && at->rva >= g->last;
    g->last = at->rva;
    return true;
}

static int by_start(const void *a, const void *b)
{
    const sequence *x = a, *y = b;
    if (x->start != y->start)
        return x->start < y->start ? -1 : 1;
    return (x->order > y->order) - (x->order < y->order);
}

/* Each address belongs to the sequence that starts first. */
static void separate(dwarf_rows *r)
{
    sequence *at = r->sequences.items;
    size_t count = r->sequences.count, kept = 0;
    if (count)
        qsort(at, count, sizeof *at, by_start);
    for (size_t i = 0; i < count; i++) {
        sequence s = at[i];
        if (kept && s.start < at[kept - 1].end)
            s.start = at[kept - 1].end;
        if (s.start < s.end)
            at[kept++] = s;
    }
    r->sequences.count = kept;
}

mdw_status dwarf_rows_read(dwarf_rows *r, const die *root,
                           const unit_base *base, arena *store)
{
    dwarf *d = r->d;
    r->rows.count = r->sequences.count = 0;
    r->head = (line_head){.version = 0};
    if (!(root->has & DIE_LINES))
        return MDW_OK;
    mdw_status status = line_open(&d->sections, base, root->lines,
                                  root->comp_dir, store, &r->head);
    reading g = {.to = r};
    if (status == MDW_OK)
        status = line_run(&r->head, &d->work, take_row, &g);
    if (g.open && r->rows.count && d->pool.status == MDW_OK)
        finish(&g, g.last);
    if (d->work.stop != MDW_OK)
        return d->work.stop;
    separate(r);
    if (status == MDW_E_DAMAGED || status == MDW_E_UNSUPPORTED) {
        dwarf_note(d, &d->counts.damaged, status, root->lines, ".debug_line");
        status = MDW_OK;
    }
    return status == MDW_OK ? d->pool.status : status;
}

static size_t sequence_from(const dwarf_rows *r, uint32_t rva)
{
    const sequence *at = r->sequences.items;
    size_t low = 0, high = r->sequences.count;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (at[mid].end <= rva)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

/* The last row at or before `rva`, which is in the sequence or before it. */
static size_t row_from(const dwarf_rows *r, const sequence *s, uint32_t rva)
{
    size_t low = s->first, high = s->first + s->count;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (row_at(r, mid)->rva <= rva)
            low = mid + 1;
        else
            high = mid;
    }
    return low > s->first ? low - 1 : low;
}

static void add_line(pool *p, list *lines, index_line line)
{
    index_line *last = lines->items;
    if (last && lines->count) {
        last += lines->count - 1;
        bool same = last->line == line.line && last->file == line.file;
        if (same && last->rva + (uint64_t)last->bytes == line.rva) {
            last->bytes += line.bytes;
            return;
        }
    }
    index_line *at = list_add(p, lines);
    if (at)
        *at = line;
}

static void sequence_lines(const dwarf_rows *r, const sequence *s, names *n,
                           uint32_t start, uint32_t end, list *lines)
{
    if (start < s->start)
        start = s->start;
    if (end > s->end)
        end = s->end;
    size_t stop = s->first + s->count;
    for (size_t i = row_from(r, s, start); i < stop; i++) {
        const row *at = row_at(r, i);
        if (at->rva >= end)
            break;
        uint32_t from = at->rva > start ? at->rva : start;
        uint32_t to = i + 1 < stop && at[1].rva < end ? at[1].rva : end;
        if (to > from)
            add_line(&r->d->pool, lines,
                     (index_line){from, to - from, at->line,
                                  names_file(n, at->file)});
    }
}

void dwarf_rows_lines(const dwarf_rows *r, names *n, uint32_t start,
                      uint32_t size, list *lines)
{
    uint32_t end = size > UINT32_MAX - start ? UINT32_MAX : start + size;
    const sequence *at = r->sequences.items;
    size_t before = lines->count;
    for (size_t i = sequence_from(r, start);
         i < r->sequences.count && at[i].start < end; i++)
        sequence_lines(r, &at[i], n, start, end, lines);
    r->d->counts.lines += lines->count - before;
}
