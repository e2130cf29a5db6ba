/* lib/symbol/elf_symbols.c - which of the symbols are functions, how far they
 * reach, and which of several names an address gets. */
#include "lib/symbol/elf_symbols.h"

#include <elf.h>
#include <stdlib.h>

#include "lib/base/fail.h"
#include "lib/base/range.h"
#include "lib/base/str.h"
#include "mdwalk/symbol.h"

/* Unpacked .gnu_debugdata: Fedora's largest are a few MiB. */
#define DEBUGDATA_MAX ((uint64_t)64 << 20)

typedef struct found {
    code_symbol symbol;
    uint64_t end;     /* of its section, relative to the image */
    uint32_t quality; /* lower is better */
} found;

typedef struct collector {
    const elf_file *file;
    found *items;
    size_t count;
} collector;

/* AAELF32 4.5.5, AAELF64 5.5.4: "$a", "$t", "$d", "$x", alone or followed by
 * '.' and anything: they say what the bytes are, not what a function's name is.
 */
static bool is_mapping(const elf_file *f, mdw_str name)
{
    if (f->arch != MDW_ARCH_ARM && f->arch != MDW_ARCH_ARM64)
        return false;
    mdw_str kind = str_slice(name, 0, 2);
    return (str_is(kind, "$a") || str_is(kind, "$t") || str_is(kind, "$d") ||
            str_is(kind, "$x")) &&
           (name.len == 2 || str_is(str_slice(name, 2, 3), "."));
}

static bool is_function(const elf_file *f, const elf_symbol *s)
{
    if (!s->defined || !s->name.len)
        return false;
    if (s->type == STT_FUNC || s->type == STT_GNU_IFUNC)
        return true;
    return s->type == STT_NOTYPE && !is_mapping(f, s->name) &&
           !str_starts(s->name, STR(".L"));
}

/* A function's own name before a label's, the name others link to before
 * private ones, one that says its size before one that does not, and of
 * equals the plainest. */
static uint32_t quality(const elf_symbol *s)
{
    uint32_t binding = s->binding == STB_GLOBAL ? 0
                       : s->binding == STB_WEAK ? 1
                                                : 2;
    uint32_t underscores = 0;
    while (underscores < 15 &&
           str_is(str_slice(s->name, underscores, underscores + 1), "_"))
        underscores++;
    return (uint32_t)(s->type == STT_NOTYPE) << 7 | (uint32_t)!s->size << 6 |
           binding << 4 | underscores;
}

static void collect(collector *c, const elf_symbol *s)
{
    if (!is_function(c->file, s))
        return;
    uint64_t value = s->value;
    if (c->file->arch == MDW_ARCH_ARM)
        value &= ~(uint64_t)1; /* Thumb */
    uint64_t rva = value - c->file->image.start;
    const mdw_range *code = elf_code_at(c->file, value);
    if (!code || rva >= c->file->image.size || rva >= UINT32_MAX)
        return;
    uint64_t left = code->size - (value - code->start);
    if (left > UINT32_MAX - rva)
        left = UINT32_MAX - rva;
    c->items[c->count++] =
        (found){{s->name, (uint32_t)rva,
                 (uint32_t)(s->size < left ? s->size : left), 0},
                rva + left,
                quality(s)};
}

static int by_rva(const void *a, const void *b)
{
    const found *x = a, *y = b;
    if (x->symbol.rva != y->symbol.rva)
        return x->symbol.rva < y->symbol.rva ? -1 : 1;
    if (x->quality != y->quality)
        return x->quality < y->quality ? -1 : 1;
    mdw_str m = x->symbol.name, n = y->symbol.name;
    if (m.len != n.len)
        return m.len < n.len ? -1 : 1;
    return m.len ? memcmp(m.data, n.data, m.len) : 0;
}

/* One name for an address, with the largest size that any of them has. */
static size_t merge_aliases(found *items, size_t count)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        found *last = kept ? &items[kept - 1] : NULL;
        if (!last || last->symbol.rva != items[i].symbol.rva) {
            items[kept++] = items[i];
            continue;
        }
        if (last->symbol.size < items[i].symbol.size)
            last->symbol.size = items[i].symbol.size;
        if (!str_equal(last->symbol.name, items[i].symbol.name))
            last->symbol.flags |= MDW_SYMBOL_SHARED;
    }
    return kept;
}

/* A symbol without a size that lies inside another one is a label there;
 * elsewhere it reaches to the next symbol. A sized one ends where the next
 * sized one starts. */
static size_t cut(const found *items, size_t count, code_symbol *out)
{
    size_t kept = 0;
    uint64_t covered = 0; /* up to here by sized symbols */
    for (size_t i = 0; i < count; i++) {
        code_symbol s = items[i].symbol;
        if (!s.size && s.rva < covered)
            continue;
        uint64_t next = i + 1 < count && items[i + 1].symbol.rva < items[i].end
                            ? items[i + 1].symbol.rva
                            : items[i].end;
        if (!s.size)
            s.size = (uint32_t)(next - s.rva);
        else if (s.rva + (uint64_t)s.size > covered)
            covered = s.rva + (uint64_t)s.size;
        code_symbol *before = kept ? &out[kept - 1] : NULL;
        if (before && before->size > s.rva - before->rva)
            before->size = s.rva - before->rva;
        if (s.size)
            out[kept++] = s;
    }
    return kept;
}

static size_t add_table(collector *c, const elf_file *f, uint32_t type)
{
    elf_symbols table;
    if (!f || !elf_symbol_table(f, type, &table))
        return 0;
    elf_symbol s;
    for (size_t i = 0; c->items && elf_symbol_at(&table, i, &s); i++)
        collect(c, &s);
    return table.count;
}

/* Each function once: the .symtab of the debug file is a superset of the
 * executable's, so that they are looked at in turn. */
static size_t add_tables(collector *c, const elf_file *file,
                         const elf_file *debug, const elf_file *mini)
{
    size_t count = add_table(c, debug, SHT_SYMTAB);
    if (!count)
        count = add_table(c, file, SHT_SYMTAB);
    count += add_table(c, file, SHT_DYNSYM);
    return count + add_table(c, mini, SHT_SYMTAB);
}

mdw_status code_symbols_read(const elf_file *file, const elf_file *debug,
                             arena *store, code_symbols *out, mdw_error *err)
{
    elf_file *mini = NULL;
    if (elf_debugdata(file, DEBUGDATA_MAX, store, &mini, NULL) != MDW_OK)
        mini = NULL;
    collector c = {file, NULL, 0};
    size_t count = add_tables(&c, file, debug, mini);
    *out = (code_symbols){NULL, 0};
    if (!count)
        return MDW_OK;
    arena *scratch = arena_new(NULL, 0);
    c.items = scratch ? arena_take(scratch, count, sizeof *c.items) : NULL;
    code_symbol *items = NULL;
    if (c.items) {
        add_tables(&c, file, debug, mini);
        qsort(c.items, c.count, sizeof *c.items, by_rva);
        c.count = merge_aliases(c.items, c.count);
        items = arena_take(store, c.count, sizeof *items);
    }
    if (items)
        *out = (code_symbols){items, cut(c.items, c.count, items)};
    arena_close(scratch);
    return items ? MDW_OK : fail(err, MDW_E_MEMORY, "symbols");
}

static bool any_in(const elf_file *f, uint32_t type)
{
    elf_symbols table;
    elf_symbol s;
    found room;
    collector c = {f, &room, 0};
    if (!elf_symbol_table(f, type, &table))
        return false;
    for (size_t i = 0; !c.count && elf_symbol_at(&table, i, &s); i++)
        collect(&c, &s);
    return c.count > 0;
}

bool code_symbols_any(const elf_file *file)
{
    return any_in(file, SHT_SYMTAB) || any_in(file, SHT_DYNSYM) ||
           elf_find(file, ".gnu_debugdata");
}

static mdw_status find_in(const elf_file *f, uint32_t type, mdw_str name,
                          mdw_range *out)
{
    elf_symbols table;
    elf_symbol s;
    if (!elf_symbol_table(f, type, &table))
        return MDW_ABSENT;
    for (size_t i = 0; elf_symbol_at(&table, i, &s); i++) {
        bool wanted = s.defined && s.type != STT_TLS && s.type != STT_SECTION &&
                      s.type != STT_FILE && str_equal(s.name, name);
        uint64_t rva = s.value - f->image.start;
        if (!wanted || rva >= f->image.size)
            continue;
        if (f->arch == MDW_ARCH_ARM && s.type == STT_FUNC)
            rva &= ~(uint64_t)1; /* Thumb */
        *out = range_make(rva, s.size);
        return MDW_OK;
    }
    return MDW_ABSENT;
}

mdw_status elf_symbol_find(const elf_file *file, mdw_str name, mdw_range *out)
{
    mdw_status status = find_in(file, SHT_SYMTAB, name, out);
    return status == MDW_OK ? status : find_in(file, SHT_DYNSYM, name, out);
}

size_t code_symbols_from(const code_symbols *symbols, uint32_t rva)
{
    size_t low = 0, high = symbols->count;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        const code_symbol *s = &symbols->items[mid];
        if (s->rva + (uint64_t)s->size <= rva)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}
