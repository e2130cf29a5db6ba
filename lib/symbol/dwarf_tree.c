/* lib/symbol/dwarf_tree.c - the functions of a unit, the calls inlined into
 * them, and their lines, into the index. */
#include <libdwarf/dwarf.h>
#include <stdlib.h>

#include "lib/base/fail.h"
#include "lib/base/str.h"
#include "lib/symbol/dwarf_parts.h"
#include "lib/symbol/dwarf_rows.h"

enum { SCOPE_MAX = 1024 };

/* What is around a DIE. */
typedef struct level {
    mdw_str name;      /* of a scope; empty: none */
    uint32_t function; /* MDW_NONE: none that has code */
    uint32_t calls;    /* inlined ones around it */
} level;

typedef struct function {
    function_name name;
    size_t first, count; /* of its ranges */
} function;

typedef struct code_range {
    uint32_t rva, size;
} code_range;

typedef struct call {
    index_inline what;
    uint32_t function;
    uint32_t range; /* the function's that holds it; MDW_NONE */
    size_t order;
} call;

struct dwarf_put {
    dwarf *d;
    index_writer *writer;
    code_symbols symbols;
    names *names;
    arena *store;
    dwarf_rows rows;
    list functions, ranges, calls; /* of the unit at hand */
    list lines, inlines;           /* of the function at hand */
    list own;                      /* piece: ranges of the unit, ascending */
    list covered;                  /* piece: everything that was put */
    list rest;                     /* index_line: of no function */
    unit_base base;
    level levels[DWARF_DEPTH_MAX];
};

/* --- walking ----------------------------------------------------------- */

static bool add_range(void *user, mdw_range range)
{
    dwarf_put *p = user;
    code_range r;
    if (!dwarf_code_range(p->d, range, &r.rva, &r.size)) {
        ++p->d->counts.outside;
        return true;
    }
    code_range *at = list_add(&p->d->pool, &p->ranges);
    if (at)
        *at = r;
    return at != NULL;
}

/* The names around a DIE, joined; a tower of them is cut. */
static mdw_str scope_of(const dwarf_put *p, const die *d, char out[SCOPE_MAX])
{
    size_t len = 0;
    for (uint32_t i = 0; i < d->depth; i++) {
        mdw_str name = p->levels[i].name;
        if (!name.len || name.len + 2 > SCOPE_MAX - len)
            continue;
        if (len) {
            out[len++] = ':';
            out[len++] = ':';
        }
        if (name.len > SCOPE_MAX - len)
            break;
        memcpy(out + len, name.data, name.len);
        len += name.len;
    }
    return (mdw_str){out, len};
}

static mdw_status enter_scope(const die *d, level *at)
{
    at->name = d->name;
    if (!d->name.len && d->tag == DW_TAG_namespace)
        at->name = STR("(anonymous namespace)");
    return MDW_OK;
}

static bool has_code(const die *d)
{
    return d->has & DIE_RANGES || (d->has & DIE_LOW && d->has & DIE_HIGH);
}

static mdw_status enter_function(dwarf_put *p, const die *d, level *at)
{
    char text[SCOPE_MAX];
    mdw_str scope = scope_of(p, d, text);
    at->function = MDW_NONE;
    at->calls = 0;
    if (!has_code(d)) {
        names_declare(p->names, d, scope);
        return d->has & (DIE_DECLARATION | DIE_ABSTRACT) ? MDW_ABSENT : MDW_OK;
    }
    function f = {{MDW_NONE, false}, p->ranges.count, 0};
    mdw_status status =
        die_ranges(&p->d->sections, &p->base, d, &p->d->work, add_range, p);
    if (status == MDW_E_DAMAGED)
        dwarf_note(p->d, &p->d->counts.damaged, status, d->offset,
                   "DW_AT_ranges");
    f.count = p->ranges.count - f.first;
    if (!f.count)
        return MDW_OK;
    f.name = names_function(p->names, d, scope);
    at->function = (uint32_t)p->functions.count; /* fewer than DIEs */
    function *to = list_add(&p->d->pool, &p->functions);
    if (!to)
        return p->d->pool.status;
    *to = f;
    return MDW_OK;
}

typedef struct call_adder {
    dwarf_put *p;
    call what;
    bool any;
} call_adder;

static bool add_call(void *user, mdw_range range)
{
    call_adder *a = user;
    call c = a->what;
    if (!dwarf_code_range(a->p->d, range, &c.what.rva, &c.what.bytes))
        return true;
    call *at = list_add(&a->p->d->pool, &a->p->calls);
    if (!at)
        return false;
    c.order = a->p->calls.count;
    *at = c;
    a->any = true;
    return true;
}

static mdw_status enter_call(dwarf_put *p, const die *d, level *at)
{
    if (at->function == MDW_NONE)
        return MDW_ABSENT;
    if (!has_code(d))
        return MDW_OK;
    uint32_t name = names_function(p->names, d, STR("")).string;
    if (name == MDW_NONE)
        name = names_string(p->names, STR(""));
    uint32_t line = d->call_line <= INT32_MAX ? (uint32_t)d->call_line : 0;
    call_adder a = {
        p,
        {{0, 0, name, names_file(p->names, d->call_file), line, at->calls},
         at->function,
         MDW_NONE,
         0},
        false};
    mdw_status status =
        die_ranges(&p->d->sections, &p->base, d, &p->d->work, add_call, &a);
    if (status == MDW_E_DAMAGED)
        dwarf_note(p->d, &p->d->counts.damaged, status, d->offset,
                   "DW_AT_ranges");
    if (a.any)
        at->calls++;
    return MDW_OK;
}

static mdw_status enter(void *user, const die *d)
{
    dwarf_put *p = user;
    level *at = &p->levels[d->depth]; /* < DWARF_DEPTH_MAX */
    *at = d->depth ? at[-1] : (level){.function = MDW_NONE};
    at->name = (mdw_str){NULL, 0};
    if (p->d->pool.status != MDW_OK)
        return p->d->pool.status;
    switch (d->tag) {
    case DW_TAG_subprogram:
        return enter_function(p, d, at);
    case DW_TAG_inlined_subroutine:
        return enter_call(p, d, at);
    case DW_TAG_namespace:
    case DW_TAG_module:
    case DW_TAG_class_type:
    case DW_TAG_structure_type:
    case DW_TAG_union_type:
    case DW_TAG_enumeration_type:
    case DW_TAG_interface_type:
        return enter_scope(d, at);
    default:
        return MDW_OK;
    }
}

/* --- putting ----------------------------------------------------------- */

static int range_order(const void *a, const void *b)
{
    const code_range *x = a, *y = b;
    return (x->rva > y->rva) - (x->rva < y->rva);
}

static int call_order(const void *a, const void *b)
{
    const call *x = a, *y = b;
    if (x->range != y->range)
        return x->range < y->range ? -1 : 1;
    return (x->order > y->order) - (x->order < y->order);
}

static uint32_t range_of(const dwarf_put *p, const call *c)
{
    const function *f = (const function *)p->functions.items + c->function;
    const code_range *at = p->ranges.items;
    size_t low = f->first, high = f->first + f->count;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (at[mid].rva <= c->what.rva)
            low = mid + 1;
        else
            high = mid;
    }
    if (low == f->first || c->what.rva - at[low - 1].rva >= at[low - 1].size)
        return MDW_NONE;
    return (uint32_t)(low - 1);
}

/* Each call to the range that holds its start; what is in none is lost. */
static void sort_calls(dwarf_put *p)
{
    function *f = p->functions.items;
    for (size_t i = 0; i < p->functions.count; i++)
        qsort((code_range *)p->ranges.items + f[i].first, f[i].count,
              sizeof(code_range), range_order);
    call *c = p->calls.items;
    for (size_t i = 0; i < p->calls.count; i++) {
        c[i].range = range_of(p, &c[i]);
        if (c[i].range == MDW_NONE)
            ++p->d->counts.outside;
    }
    if (p->calls.count)
        qsort(c, p->calls.count, sizeof *c, call_order);
}

static void put(dwarf_put *p, code_range at, uint32_t name)
{
    p->lines.count = 0;
    dwarf_rows_lines(&p->rows, p->names, at.rva, at.size, &p->lines);
    index_function f = {.start = at.rva, .bytes = at.size};
    index_put_function(p->writer, &f, name, p->lines.items, p->lines.count,
                       p->inlines.items, p->inlines.count);
    p->d->counts.functions++;
    p->d->counts.inlines += p->inlines.count;
    piece *covered = list_add(&p->d->pool, &p->covered);
    if (covered)
        *covered = (piece){at.rva, at.size, p->covered.count};
    piece *own = list_add(&p->d->pool, &p->own);
    if (own)
        *own = (piece){at.rva, at.size, p->own.count};
}

/* Constructors and the like often have no linkage name in DWARF. Their symbol
 * says more than the source's name: arguments, and which of several it is. */
static uint32_t name_at(const dwarf_put *p, function_name name, uint32_t rva)
{
    size_t i = code_symbols_from(&p->symbols, rva);
    const code_symbol *s = i < p->symbols.count ? &p->symbols.items[i] : NULL;
    bool exact = s && s->rva == rva;
    bool mangled = exact && (str_starts(s->name, STR("_Z")) ||
                             str_starts(s->name, STR("_R")));
    bool none = name.string == MDW_NONE;
    if (mangled && !name.linked)
        return names_string(p->names, s->name);
    if (none && s && s->rva <= rva)
        return names_string(p->names, s->name);
    return none ? names_string(p->names, STR("")) : name.string;
}

/* Calls of one range lie together, in order of range. */
static void put_functions(dwarf_put *p)
{
    const function *f = p->functions.items;
    const call *calls = p->calls.items;
    size_t c = 0;
    for (size_t i = 0; i < p->functions.count; i++) {
        for (size_t r = f[i].first; r < f[i].first + f[i].count; r++) {
            code_range at = ((const code_range *)p->ranges.items)[r];
            p->inlines.count = 0;
            for (; c < p->calls.count && calls[c].range == r; c++) {
                index_inline *to = list_add(&p->d->pool, &p->inlines);
                if (to)
                    *to = calls[c].what;
            }
            put(p, at, name_at(p, f[i].name, at.rva));
        }
    }
}

/* How much of [rva, rva + size) comes before the next of `pieces`, which
 * ascend; 0: a piece has `rva`. */
static uint32_t gap_at(const list *pieces, uint32_t rva, uint32_t size)
{
    const piece *at = pieces->items;
    size_t low = 0, high = pieces->count;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (at[mid].rva <= rva)
            low = mid + 1;
        else
            high = mid;
    }
    if (low && rva - at[low - 1].rva < at[low - 1].bytes)
        return 0;
    if (low < pieces->count && at[low].rva - rva < size)
        return at[low].rva - rva;
    return size;
}

/* Assembler has lines and no DIEs, and several units may add to one symbol
 * (.init): the lines wait until the symbols' turn comes. */
static void keep_rest(dwarf_put *p)
{
    uint64_t first;
    piece_sweep(&p->d->pool, &p->own, &first);
    const sequence *s = p->rows.sequences.items;
    for (size_t i = 0; i < p->rows.sequences.count; i++) {
        size_t at = code_symbols_from(&p->symbols, s[i].start);
        for (; at < p->symbols.count && p->symbols.items[at].rva < s[i].end;
             at++) {
            const code_symbol *symbol = &p->symbols.items[at];
            uint32_t start = symbol->rva, size = symbol->size;
            if (start < s[i].start) {
                size -= s[i].start - start;
                start = s[i].start;
            }
            if (size > s[i].end - start)
                size = s[i].end - start;
            size = gap_at(&p->own, start, size);
            if (size)
                dwarf_rows_lines(&p->rows, p->names, start, size, &p->rest);
            if (!dwarf_spend(&p->d->work, 1))
                return;
        }
    }
}

static mdw_status put_root(dwarf_put *p, const die *root, arena *store)
{
    dwarf *d = p->d;
    mdw_status status = dwarf_rows_read(&p->rows, root, &p->base, store);
    if (status == MDW_OK)
        status = names_unit(p->names, &p->rows.head);
    if (status != MDW_OK)
        return status;
    if (root->has & DIE_SPLIT)
        dwarf_note(d, &d->counts.split, MDW_E_UNSUPPORTED, root->offset,
                   "split DWARF (.dwo, .dwp)");
    status = dies_walk(d->dies, p->base.unit, enter, p);
    if (status == MDW_E_DAMAGED)
        dwarf_note(d, &d->counts.damaged, status, root->offset,
                   ".debug_info unit");
    else if (status != MDW_OK)
        return status;
    sort_calls(p);
    put_functions(p);
    keep_rest(p);
    return d->work.stop != MDW_OK ? d->work.stop : d->pool.status;
}

static bool has_functions(const dwarf_unit *unit)
{
    return unit->type != DW_UT_type && unit->type != DW_UT_split_type;
}

mdw_status dwarf_put_unit(dwarf_put *p, uint32_t unit, mdw_error *err)
{
    dwarf *d = p->d;
    if (unit >= d->unit_count)
        return fail(err, MDW_E_ARG, "DWARF unit");
    const dwarf_unit *u = &d->units[unit];
    die root;
    p->functions.count = p->ranges.count = p->calls.count = p->own.count = 0;
    d->counts.units++;
    if (!has_functions(u))
        return MDW_OK;
    mdw_status status = dwarf_unit_root(d, u, &root, &p->base);
    if (status == MDW_E_DAMAGED || status == MDW_E_UNSUPPORTED) {
        dwarf_note(d, &d->counts.damaged, status, u->offset,
                   ".debug_info unit");
        return MDW_OK;
    }
    arena *store =
        status == MDW_OK ? arena_new(&d->pool.alloc, d->pool.left) : NULL;
    if (status == MDW_OK)
        status = store ? put_root(p, &root, store) : MDW_E_MEMORY;
    arena_close(store);
    return status == MDW_OK ? status : fail(err, status, "DWARF unit");
}

mdw_status dwarf_put_all(dwarf_put *p, mdw_error *err)
{
    mdw_status status = MDW_OK;
    for (uint32_t i = 0; status == MDW_OK && i < p->d->unit_count; i++)
        status = dwarf_put_unit(p, i, err);
    return status;
}

static int line_order(const void *a, const void *b)
{
    const index_line *x = a, *y = b;
    return (x->rva > y->rva) - (x->rva < y->rva);
}

/* Lines of `rest` that start in the symbol; the symbols ascend. */
static size_t take_lines(dwarf_put *p, size_t from, uint32_t rva, uint32_t size)
{
    const index_line *rest = p->rest.items;
    p->lines.count = 0;
    while (from < p->rest.count && rest[from].rva < rva)
        from++;
    for (; from < p->rest.count && rest[from].rva - rva < size; from++) {
        index_line *to = list_add(&p->d->pool, &p->lines);
        if (!to)
            break;
        *to = rest[from];
        if (to->bytes > size - (to->rva - rva))
            to->bytes = size - (to->rva - rva);
    }
    return from;
}

mdw_status dwarf_put_symbols(dwarf_put *p, const unit_set *of, mdw_error *err)
{
    uint64_t first;
    piece_sweep(&p->d->pool, &p->covered, &first);
    if (p->rest.count)
        qsort(p->rest.items, p->rest.count, sizeof(index_line), line_order);
    size_t line = 0, near = 0;
    for (size_t i = 0; i < p->symbols.count; i++) {
        const code_symbol *s = &p->symbols.items[i];
        if (of && !unit_set_answers(*of, dwarf_units_next(p->d, s->rva, &near)))
            continue;
        uint32_t size = gap_at(&p->covered, s->rva, s->size);
        index_function f = {.start = s->rva, .bytes = size, .flags = s->flags};
        if (!size)
            continue;
        line = take_lines(p, line, s->rva, size);
        index_put_function(p->writer, &f, names_string(p->names, s->name),
                           p->lines.items, p->lines.count, NULL, 0);
    }
    mdw_status status = p->d->pool.status;
    return status == MDW_OK ? status : fail(err, status, "symbols");
}

mdw_status dwarf_put_new(dwarf *d, index_writer *writer,
                         const code_symbols *symbols, dwarf_put **out,
                         mdw_error *err)
{
    arena *store = arena_new(&d->pool.alloc, 0);
    dwarf_put *p = store ? arena_take(store, 1, sizeof *p) : NULL;
    if (!p) {
        arena_close(store);
        return fail(err, MDW_E_MEMORY, "DWARF");
    }
    *p = (dwarf_put){.d = d,
                     .writer = writer,
                     .store = store,
                     .rows = dwarf_rows_of(d),
                     .functions = list_of(sizeof(function)),
                     .ranges = list_of(sizeof(code_range)),
                     .calls = list_of(sizeof(call)),
                     .lines = list_of(sizeof(index_line)),
                     .inlines = list_of(sizeof(index_inline)),
                     .own = list_of(sizeof(piece)),
                     .covered = list_of(sizeof(piece)),
                     .rest = list_of(sizeof(index_line))};
    if (symbols)
        p->symbols = *symbols;
    if (names_new(d, writer, store, &p->names) != MDW_OK) {
        arena_close(store);
        return fail(err, MDW_E_MEMORY, "DWARF");
    }
    *out = p;
    return MDW_OK;
}

void dwarf_put_close(dwarf_put *p)
{
    if (!p)
        return;
    list *lists[] = {&p->functions, &p->ranges, &p->calls,   &p->lines,
                     &p->inlines,   &p->own,    &p->covered, &p->rest};
    for (size_t i = 0; i < sizeof lists / sizeof(list *); i++)
        list_drop(&p->d->pool, lists[i]);
    dwarf_rows_close(&p->rows);
    names_close(p->names);
    arena_close(p->store);
}
