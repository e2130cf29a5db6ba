/* lib/symbol/dwarf.c - the DWARF of one file: its sections and its units. */
#include "lib/symbol/dwarf.h"

#include <libdwarf/dwarf.h>

#include "lib/base/fail.h"
#include "lib/base/str.h"
#include "lib/symbol/dwarf_parts.h"

/* Without a budget from the options. Work is held to the size of the input: a
 * unit's line program and each DIE cost less than 64 units a byte. */
enum { WORK_PER_BYTE = 64, WORK_LEAST = 1 << 20, CANCEL_EVERY = 1 << 16 };
#define MEMORY_DEFAULT ((uint64_t)4 << 30)

bool dwarf_spend(dwarf_work *work, uint64_t units)
{
    if (work->stop != MDW_OK)
        return false;
    if (units > work->left) {
        work->stop = MDW_E_LIMIT;
        return false;
    }
    work->left -= units;
    work->since += units;
    if (work->since >= CANCEL_EVERY) {
        work->since = 0;
        if (work->budget.cancelled && work->budget.cancelled(work->budget.user))
            work->stop = MDW_E_CANCELLED;
    }
    return work->stop == MDW_OK;
}

void dwarf_refresh(dwarf *d)
{
    uint64_t work = d->work.budget.work;
    d->work.left =
        work ? work : d->counts.bytes * WORK_PER_BYTE + WORK_LEAST; /* < 2^60 */
    d->work.stop = MDW_OK;
    d->pool.status = MDW_OK;
}

void dwarf_note(dwarf *d, uint64_t *counter, mdw_status code, uint64_t offset,
                const char *what)
{
    ++*counter;
    if (d->counts.first.code == MDW_OK)
        d->counts.first =
            (mdw_error){.code = code, .offset = offset, .what = what};
}

const dwarf_counts *dwarf_count(const dwarf *d)
{
    return &d->counts;
}

uint32_t dwarf_unit_count(const dwarf *d)
{
    return d->unit_count;
}

/* --- sections ---------------------------------------------------------- */

typedef struct wanted {
    const char *name;
    size_t pad; /* 0: it may stay where it is */
    size_t at;  /* in dwarf_sections */
} wanted;

#define SECTION(field, pad)                                                    \
    {                                                                          \
        ".debug_" #field, pad, offsetof(dwarf_sections, field)                 \
    }
static const wanted table_of_sections[] = {
    SECTION(info, DWARF_PAD),
    SECTION(abbrev, DWARF_PAD),
    SECTION(str, DWARF_PAD),
    SECTION(line_str, DWARF_PAD),
    SECTION(str_offsets, DWARF_PAD),
    SECTION(addr, DWARF_PAD),
    SECTION(line, 0),
    SECTION(ranges, 0),
    SECTION(rnglists, 0),
    SECTION(aranges, 0),
};
#undef SECTION

/* A section that cannot be unpacked counts as absent, and is noted; but for
 * lack of memory. */
static mdw_status read_sections(dwarf *d, mdw_error *err)
{
    size_t count = sizeof table_of_sections / sizeof *table_of_sections;
    for (size_t i = 0; i < count; i++) {
        const wanted *w = &table_of_sections[i];
        const elf_section *s = elf_find(d->file, w->name);
        mdw_bytes bytes = {NULL, 0};
        if (!s)
            continue;
        mdw_error why = {.code = MDW_OK};
        mdw_status status = elf_content(d->file, s, d->pool.left, w->pad,
                                        d->store, &bytes, &why);
        if (status == MDW_E_MEMORY || status == MDW_E_LIMIT)
            return fail(err, status, w->name);
        if (status != MDW_OK) {
            dwarf_note(d, &d->counts.damaged, status, 0, w->name);
            continue;
        }
        d->pool.left -= bytes.len < d->pool.left ? bytes.len : d->pool.left;
        d->counts.bytes += bytes.len;
        memcpy((char *)&d->sections + w->at, &bytes, sizeof bytes);
    }
    d->sections.big_endian = d->file->big_endian;
    d->sections.address_size = d->file->is_64 ? 8 : 4;
    return MDW_OK;
}

/* --- units ------------------------------------------------------------- */

/* unit_length, version, [5: unit type, address size], abbrev offset,
 * [2-4: address size], [5: type signature, skeleton id]. False: no more. */
static bool next_unit(const dwarf *d, reader *r, dwarf_unit *out)
{
    *out = (dwarf_unit){.offset = r->pos, .offset_size = 4};
    uint64_t length = reader_u32(r);
    if (length == UINT32_MAX) {
        out->offset_size = 8;
        length = reader_u64(r);
    }
    out->end = r->pos + (length < reader_left(r) ? length : reader_left(r));
    reader in = reader_sub(r, r->pos, length);
    if (r->bad || !length || in.bad)
        return false;
    reader_skip(r, length);
    out->version = reader_u16(&in);
    out->type = DW_UT_compile;
    if (out->version >= 5) {
        out->type = reader_u8(&in);
        out->address_size = reader_u8(&in);
    }
    uint64_t abbrev = reader_uint(&in, out->offset_size);
    if (out->version < 5)
        out->address_size = reader_u8(&in);
    if (out->type == DW_UT_skeleton || out->type == DW_UT_split_compile)
        reader_skip(&in, 8);
    if (out->type == DW_UT_type || out->type == DW_UT_split_type)
        reader_skip(&in, 8 + out->offset_size);
    out->die = out->end - reader_left(&in);
    bool known = out->version >= 2 && out->version <= 5 &&
                 (out->address_size == 4 || out->address_size == 8) &&
                 abbrev < d->sections.abbrev.len && !in.bad;
    if (!known)
        out->type = 0; /* noted when its turn comes */
    return true;
}

static mdw_status read_units(dwarf *d)
{
    list units = list_of(sizeof(dwarf_unit));
    reader r = reader_at(d->sections.info, 0, 0, d->sections.big_endian);
    dwarf_unit unit;
    while (reader_left(&r) && next_unit(d, &r, &unit)) {
        dwarf_unit *at = list_add(&d->pool, &units);
        if (!at || units.count >= UINT32_MAX)
            break;
        *at = unit;
    }
    dwarf_unit *copy = arena_take(d->store, units.count + 1, sizeof *copy);
    if (copy && units.count)
        memcpy(copy, units.items, units.count * sizeof *copy);
    d->units = copy;
    d->unit_count = (uint32_t)units.count;
    list_drop(&d->pool, &units);
    return copy ? d->pool.status : MDW_E_MEMORY;
}

const dwarf_unit *dwarf_unit_at(const dwarf *d, uint64_t offset)
{
    uint32_t low = 0, high = d->unit_count;
    while (low < high) {
        uint32_t mid = low + (high - low) / 2;
        if (d->units[mid].offset <= offset)
            low = mid + 1;
        else
            high = mid;
    }
    const dwarf_unit *unit = low ? &d->units[low - 1] : NULL;
    return unit && unit->type && offset >= unit->die && offset < unit->end
               ? unit
               : NULL;
}

/* --- open -------------------------------------------------------------- */

static bool is_split_file(const elf_file *f)
{
    return !elf_find(f, ".debug_info") && elf_find(f, ".debug_info.dwo");
}

static mdw_status open_all(dwarf *d, mdw_error *err)
{
    mdw_status status = read_sections(d, err);
    if (status != MDW_OK)
        return status;
    if (!d->sections.info.len || !d->sections.abbrev.len)
        return MDW_ABSENT;
    status = read_units(d);
    if (status != MDW_OK)
        return fail(err, status, ".debug_info");
    dwarf_refresh(d);
    return dies_open(&d->sections, &d->work, d->store, &d->dies, err);
}

mdw_status dwarf_open(const elf_file *file, const elf_file *image,
                      const mdw_budget *budget, const mdw_allocator *alloc,
                      dwarf **out, mdw_error *err)
{
    if (is_split_file(file))
        return fail(err, MDW_E_UNSUPPORTED, "split DWARF (.dwo, .dwp)");
    arena *store = arena_new(alloc, 0);
    dwarf *d = store ? arena_take(store, 1, sizeof *d) : NULL;
    if (!d) {
        arena_close(store);
        return fail(err, MDW_E_MEMORY, "DWARF");
    }
    *d = (dwarf){.store = store, .file = file, .image = image ? image : file};
    uint64_t memory =
        budget && budget->memory ? budget->memory : MEMORY_DEFAULT;
    d->pool = (pool){allocator_or_default(alloc), memory, MDW_OK};
    d->work.budget = budget ? *budget : (mdw_budget){.size = 0};
    dwarf_map_begin(&d->map);
    mdw_status status = open_all(d, err);
    if (status == MDW_OK)
        *out = d;
    else
        dwarf_close(d);
    return status;
}

void dwarf_close(dwarf *d)
{
    if (!d)
        return;
    dies_close(d->dies);
    dwarf_map_drop(&d->map, &d->pool);
    arena_close(d->store);
}

/* --- for all of them --------------------------------------------------- */

/* Linkers leave ranges of functions they dropped at 0 or at the end of the
 * address space. */
bool dwarf_code_range(const dwarf *d, mdw_range in, uint32_t *rva,
                      uint32_t *size)
{
    const mdw_range *code = elf_code_at(d->image, in.start);
    uint64_t at = in.start - d->image->image.start;
    if (!in.start || !code || at >= d->image->image.size || at >= UINT32_MAX)
        return false;
    uint64_t left = code->size - (in.start - code->start);
    if (left > UINT32_MAX - at)
        left = UINT32_MAX - at;
    *rva = (uint32_t)at;
    *size = (uint32_t)(in.size < left ? in.size : left);
    return *size > 0;
}

mdw_status dwarf_unit_root(dwarf *d, const dwarf_unit *unit, die *root,
                           unit_base *base)
{
    if (!unit->type)
        return MDW_E_UNSUPPORTED;
    mdw_status status = dies_get(d->dies, unit, unit->die, root);
    if (status != MDW_OK)
        return status;
    uint64_t low = root->has & DIE_LOW ? root->low : 0;
    *base = (unit_base){unit, low, root->addr_base, root->rnglists_base,
                        root->str_offsets_base};
    return MDW_OK;
}
