/* lib/symbol/dwarf_map.c - which units speak for which addresses, so that one
 * answer costs the units it comes from. */
#include <libdwarf/dwarf.h>
#include <stdlib.h>

#include "lib/base/fail.h"
#include "lib/base/range.h"
#include "lib/symbol/dwarf_parts.h"
#include "lib/symbol/dwarf_rows.h"

enum {
    TOGETHER_MAX = 16, /* units at one address: folded code has some */
    WORK_SPAN = 16
};

typedef struct span {
    uint32_t start, end; /* relative to the image */
    uint32_t unit;
} span;

typedef struct region {
    uint32_t start, end;
    uint32_t first, count; /* in the sets */
} region;

void dwarf_map_begin(dwarf_map *m)
{
    m->regions = list_of(sizeof(region));
    m->sets = list_of(sizeof(uint32_t));
    m->all = false;
}

void dwarf_map_drop(dwarf_map *m, pool *p)
{
    list_drop(p, &m->regions);
    list_drop(p, &m->sets);
}

/* --- what the units say ------------------------------------------------ */

typedef struct collector {
    dwarf *d;
    list spans;
    bool *listed; /* by unit: .debug_aranges has it */
    uint32_t unit;
    bool any;
} collector;

static bool add_span(void *user, mdw_range range)
{
    collector *c = user;
    uint32_t rva, size;
    if (!dwarf_code_range(c->d, range, &rva, &size))
        return true;
    c->any = true;
    span *s = list_add(&c->d->pool, &c->spans);
    if (s)
        *s = (span){rva, rva + size, c->unit};
    return s != NULL;
}

static bool add_arange(void *user, mdw_range range, uint64_t unit)
{
    collector *c = user;
    uint32_t low = 0, high = c->d->unit_count;
    while (low < high) {
        uint32_t mid = low + (high - low) / 2;
        if (c->d->units[mid].offset < unit)
            low = mid + 1;
        else
            high = mid;
    }
    if (low == c->d->unit_count || c->d->units[low].offset != unit)
        return true;
    c->unit = low;
    c->any = false;
    bool more = add_span(c, range);
    if (c->any || !range.size) /* data alone: nothing more to be asked */
        c->listed[low] = true;
    return more;
}

/* A unit that names no range may have lines all the same. */
static mdw_status add_lines(collector *c, const die *root,
                            const unit_base *base)
{
    dwarf *d = c->d;
    arena *store = arena_new(&d->pool.alloc, d->pool.left);
    if (!store)
        return MDW_E_MEMORY;
    dwarf_rows rows = dwarf_rows_of(d);
    mdw_status status = dwarf_rows_read(&rows, root, base, store);
    const sequence *s = rows.sequences.items;
    for (size_t i = 0; status == MDW_OK && i < rows.sequences.count; i++)
        if (!add_span(c, (mdw_range){d->image->image.start + s[i].start,
                                     s[i].end - s[i].start}))
            break;
    dwarf_rows_close(&rows);
    arena_close(store);
    return status;
}

static mdw_status add_unit(collector *c, uint32_t unit)
{
    dwarf *d = c->d;
    const dwarf_unit *u = &d->units[unit];
    die root;
    unit_base base;
    c->unit = unit;
    c->any = false;
    if (u->type == DW_UT_type || u->type == DW_UT_split_type ||
        dwarf_unit_root(d, u, &root, &base) != MDW_OK)
        return d->work.stop;
    (void)die_ranges(&d->sections, &base, &root, &d->work, add_span, c);
    if (!c->any && root.tag != DW_TAG_partial_unit && root.has & DIE_LINES)
        return add_lines(c, &root, &base);
    return d->work.stop;
}

static mdw_status collect(collector *c)
{
    dwarf *d = c->d;
    mdw_status status = MDW_OK;
    dwarf_counts counts = d->counts; /* noted when the unit's turn comes */
    aranges_read(&d->sections, &d->work, add_arange, c);
    for (uint32_t i = 0; i < d->unit_count && status == MDW_OK; i++)
        if (!c->listed[i])
            status = add_unit(c, i);
    d->counts = counts;
    if (status == MDW_OK)
        status = d->work.stop;
    return status == MDW_OK ? d->pool.status : status;
}

static int by_start(const void *a, const void *b)
{
    const span *x = a, *y = b;
    if (x->start != y->start)
        return x->start < y->start ? -1 : 1;
    return (x->unit > y->unit) - (x->unit < y->unit);
}

/* --- regions ----------------------------------------------------------- */

/* Some units, ascending. */
typedef struct together {
    uint32_t unit[TOGETHER_MAX];
    uint32_t end[TOGETHER_MAX]; /* up to where each is there */
    uint32_t count;
} together;

/* False: too many. */
static bool join(together *t, uint32_t unit, uint32_t end)
{
    uint32_t at = 0;
    while (at < t->count && t->unit[at] < unit)
        at++;
    if (at < t->count && t->unit[at] == unit) {
        if (t->end[at] < end)
            t->end[at] = end;
        return true;
    }
    if (t->count == TOGETHER_MAX)
        return false;
    for (uint32_t i = t->count++; i > at; i--) {
        t->unit[i] = t->unit[i - 1];
        t->end[i] = t->end[i - 1];
    }
    t->unit[at] = unit;
    t->end[at] = end;
    return true;
}

static const uint32_t *set_of(const dwarf_map *m, const region *r)
{
    const uint32_t *units = m->sets.items;
    return units + r->first;
}

static bool is_set(const dwarf_map *m, const region *r, const together *t)
{
    return r->count == t->count &&
           !memcmp(set_of(m, r), t->unit, t->count * sizeof *t->unit);
}

static void emit(dwarf *d, uint32_t start, uint32_t end, const together *t)
{
    dwarf_map *m = &d->map;
    region *last = m->regions.items;
    last = m->regions.count ? last + m->regions.count - 1 : NULL;
    bool same = last && is_set(m, last, t);
    if (same && last->end == start) {
        last->end = end;
        return;
    }
    region r = {start, end, (uint32_t)m->sets.count, t->count};
    if (same)
        r.first = last->first;
    for (uint32_t i = 0; !same && i < t->count; i++) {
        uint32_t *unit = list_add(&d->pool, &m->sets);
        if (!unit)
            return;
        *unit = t->unit[i];
    }
    region *to = list_add(&d->pool, &m->regions);
    if (to)
        *to = r;
}

static void leave(together *t, uint32_t at)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < t->count; i++)
        if (t->end[i] > at) {
            t->unit[kept] = t->unit[i];
            t->end[kept++] = t->end[i];
        }
    t->count = kept;
}

/* Regions from `from` up to `to`, as the units that are there end. */
static void advance(dwarf *d, together *t, uint32_t from, uint32_t to)
{
    while (t->count && from < to) {
        uint32_t end = to;
        for (uint32_t i = 0; i < t->count; i++)
            if (t->end[i] < end)
                end = t->end[i];
        emit(d, from, end, t);
        leave(t, end);
        from = end;
    }
}

static void make_regions(dwarf *d, const list *spans)
{
    const span *s = spans->items;
    together now = {.count = 0};
    uint32_t at = 0;
    for (size_t i = 0; i < spans->count && !d->map.all; i++) {
        advance(d, &now, at, s[i].start);
        at = s[i].start;
        if (!join(&now, s[i].unit, s[i].end) ||
            !dwarf_spend(&d->work, WORK_SPAN))
            d->map.all = true;
    }
    advance(d, &now, at, UINT32_MAX);
}

/* --- symbols ----------------------------------------------------------- */

/* The regions of a map before its symbols, and how far they are taken over. */
typedef struct cutter {
    dwarf *d;
    dwarf_map old;
    size_t at;
    uint32_t from; /* in the region at hand */
} cutter;

static const region *region_at(const cutter *c)
{
    const region *r = c->old.regions.items;
    return c->at < c->old.regions.count ? &r[c->at] : NULL;
}

static void take_set(const cutter *c, const region *r, together *t, bool *all)
{
    const uint32_t *units = set_of(&c->old, r);
    for (uint32_t i = 0; i < r->count; i++)
        *all = !join(t, units[i], UINT32_MAX) || *all;
}

/* What lies before `to`, as it was. */
static void take_until(cutter *c, uint32_t to)
{
    for (const region *r; (r = region_at(c)) && r->start < to;) {
        together t = {.count = 0};
        bool all = false;
        uint32_t from = c->from > r->start ? c->from : r->start;
        uint32_t end = r->end < to ? r->end : to;
        take_set(c, r, &t, &all);
        if (from < end)
            emit(c->d, from, end, &t);
        if (r->end > to)
            return;
        c->at++;
    }
}

/* What a symbol has of them becomes one region. */
static void bind(cutter *c, uint32_t start, uint32_t end)
{
    together t = {.count = 0};
    take_until(c, start);
    for (const region *r; (r = region_at(c)) && r->start < end;) {
        take_set(c, r, &t, &c->d->map.all);
        if (r->end > end)
            break;
        c->at++;
    }
    c->from = end;
    emit(c->d, start, end, &t);
}

static bool binds(const cutter *c, size_t at, uint32_t start, uint32_t end)
{
    const region *r = c->old.regions.items;
    if (at == c->old.regions.count || r[at].start >= end)
        return false;
    return r[at].start > start || r[at].end < end;
}

static void bind_symbols(dwarf *d, const code_symbols *symbols)
{
    cutter c = {.d = d, .old = d->map};
    dwarf_map_begin(&d->map);
    size_t near = 0;
    const region *r = c.old.regions.items;
    for (size_t i = 0; i < symbols->count; i++) {
        const code_symbol *s = &symbols->items[i];
        uint32_t end = s->rva + s->size;
        while (near < c.old.regions.count && r[near].end <= s->rva)
            near++;
        if (binds(&c, near, s->rva, end))
            bind(&c, s->rva, end);
        if (!dwarf_spend(&d->work, 1))
            break;
    }
    take_until(&c, UINT32_MAX);
    d->map.all = d->map.all || c.old.all;
    dwarf_map_drop(&c.old, &d->pool);
}

/* --- the map ----------------------------------------------------------- */

mdw_status dwarf_map_read(dwarf *d, const code_symbols *symbols, mdw_error *err)
{
    collector c = {.d = d, .spans = list_of(sizeof(span))};
    c.listed = pool_take(&d->pool, d->unit_count, sizeof *c.listed);
    if (!c.listed && d->unit_count)
        return fail(err, d->pool.status, "DWARF units");
    if (d->unit_count)
        memset(c.listed, 0, d->unit_count * sizeof *c.listed);
    mdw_status status = collect(&c);
    if (c.spans.count)
        qsort(c.spans.items, c.spans.count, sizeof(span), by_start);
    make_regions(d, &c.spans);
    bind_symbols(d, symbols);
    list_drop(&d->pool, &c.spans);
    pool_give(&d->pool, c.listed, d->unit_count, sizeof *c.listed);
    if (status == MDW_OK)
        status = d->work.stop != MDW_OK ? d->work.stop : d->pool.status;
    return status == MDW_OK ? status : fail(err, status, "DWARF units");
}

static unit_set units_of(const dwarf_map *m, size_t at, uint32_t rva)
{
    const region *r = m->regions.items;
    if (m->all)
        return (unit_set){.all = true};
    if (at == m->regions.count || r[at].start > rva)
        return (unit_set){.units = NULL};
    return (unit_set){set_of(m, &r[at]), r[at].count, false};
}

unit_set dwarf_units_next(const dwarf *d, uint32_t rva, size_t *near)
{
    const region *r = d->map.regions.items;
    while (*near < d->map.regions.count && r[*near].end <= rva)
        ++*near;
    return units_of(&d->map, *near, rva);
}

unit_set dwarf_units_at(const dwarf *d, uint32_t rva)
{
    const region *r = d->map.regions.items;
    size_t low = 0, high = d->map.regions.count;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (r[mid].end <= rva)
            low = mid + 1;
        else
            high = mid;
    }
    return units_of(&d->map, low, rva);
}

/* Without units there are the symbols that no unit has a part of. */
bool unit_set_answers(unit_set have, unit_set wanted)
{
    uint32_t at = 0;
    if (have.all || wanted.all)
        return have.all;
    if (!have.count || !wanted.count)
        return have.count == wanted.count;
    for (uint32_t i = 0; i < wanted.count; i++) {
        while (at < have.count && have.units[at] < wanted.units[i])
            at++;
        if (at == have.count || have.units[at] != wanted.units[i])
            return false;
    }
    return true;
}

bool dwarf_has_split(dwarf *d)
{
    bool old = d->sections.addr.len > 0; /* before version 5: Fission */
    for (uint32_t i = 0; i < d->unit_count; i++) {
        const dwarf_unit *u = &d->units[i];
        die root;
        unit_base base;
        if (u->type == DW_UT_skeleton)
            return true;
        if (old && u->version < 5 &&
            dwarf_unit_root(d, u, &root, &base) == MDW_OK &&
            root.has & DIE_SPLIT)
            return true;
    }
    return false;
}
