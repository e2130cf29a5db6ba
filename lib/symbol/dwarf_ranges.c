/* lib/symbol/dwarf_ranges.c - lists of ranges: .debug_ranges (DWARF 3, 4),
 * .debug_rnglists (5), .debug_aranges. */
#include "lib/symbol/dwarf_parts.h"

#include <libdwarf/dwarf.h>

#include "lib/base/leb.h"
#include "lib/base/range.h"

typedef struct range_list {
    const dwarf_sections *sections;
    const unit_base *base;
    dwarf_work *work;
    range_fn each;
    void *user;
    uint64_t start; /* what offset pairs are added to */
    bool found;
} range_list;

static uint64_t highest(const unit_base *base)
{
    unsigned size = base->unit->address_size;
    return size < 8 ? ((uint64_t)1 << 8 * size) - 1 : UINT64_MAX;
}

/* Addresses wrap at their own width. */
static bool give(range_list *l, uint64_t start, uint64_t end)
{
    uint64_t mask = highest(l->base);
    start &= mask;
    end &= mask;
    if (end <= start)
        return true;
    l->found = true;
    return l->each(l->user, range_make(start, end - start));
}

/* Pairs of addresses: 0,0 ends the list, the highest address and another one
 * say what the following are relative to. */
static mdw_status read_pairs(range_list *l, uint64_t offset)
{
    reader r = reader_at(l->sections->ranges, 0, 0, l->sections->big_endian);
    reader_skip(&r, offset);
    unsigned size = l->base->unit->address_size;
    for (bool more = true; more && dwarf_spend(l->work, 1);) {
        uint64_t start = reader_uint(&r, size);
        uint64_t end = reader_uint(&r, size);
        if (r.bad)
            return MDW_E_DAMAGED;
        if (!start && !end)
            break;
        if (start == highest(l->base))
            l->start = end;
        else
            more = give(l, l->start + start, l->start + end);
    }
    return l->work->stop;
}

/* .debug_addr, the unit's part of it. */
static uint64_t indexed_addr(range_list *l, reader *r)
{
    uint64_t index = reader_uleb(r);
    reader a = reader_at(l->sections->addr, 0, 0, l->sections->big_endian);
    unsigned size = l->base->unit->address_size;
    reader_skip(&a, l->base->addr_base);
    if (index >= reader_left(&a) / size) {
        r->bad = true;
        return 0;
    }
    reader_skip(&a, index * size);
    return reader_uint(&a, size);
}

/* One entry of 7.25, table 7.30. False: the list ends. */
static bool read_entry(range_list *l, reader *r, bool *more)
{
    unsigned size = l->base->unit->address_size;
    uint64_t start, end;
    switch (reader_u8(r)) {
    case DW_RLE_base_addressx:
        l->start = indexed_addr(l, r);
        return true;
    case DW_RLE_startx_endx:
        start = indexed_addr(l, r);
        end = indexed_addr(l, r);
        break;
    case DW_RLE_startx_length:
        start = indexed_addr(l, r);
        end = start + reader_uleb(r);
        break;
    case DW_RLE_offset_pair:
        start = l->start + reader_uleb(r);
        end = l->start + reader_uleb(r);
        break;
    case DW_RLE_base_address:
        l->start = reader_uint(r, size);
        return true;
    case DW_RLE_start_end:
        start = reader_uint(r, size);
        end = reader_uint(r, size);
        break;
    case DW_RLE_start_length:
        start = reader_uint(r, size);
        end = start + reader_uleb(r);
        break;
    case DW_RLE_end_of_list:
        return false;
    default:
        r->bad = true;
        return false;
    }
    *more = r->bad || give(l, start, end);
    return true;
}

static mdw_status read_entries(range_list *l, uint64_t offset)
{
    reader r = reader_at(l->sections->rnglists, 0, 0, l->sections->big_endian);
    reader_skip(&r, offset);
    for (bool more = true; more && dwarf_spend(l->work, 1);) {
        bool on = read_entry(l, &r, &more);
        if (r.bad)
            return MDW_E_DAMAGED;
        if (!on)
            break;
    }
    return l->work->stop;
}

/* DW_FORM_rnglistx: the unit's offset table, whose offsets count from its own
 * start. */
static bool offset_of(const range_list *l, uint64_t index, uint64_t *out)
{
    reader r = reader_at(l->sections->rnglists, 0, 0, l->sections->big_endian);
    unsigned size = l->base->unit->offset_size;
    reader_skip(&r, l->base->rnglists_base);
    if (index >= reader_left(&r) / size)
        return false;
    reader_skip(&r, index * size);
    *out = l->base->rnglists_base + reader_uint(&r, size);
    return !r.bad;
}

mdw_status die_ranges(const dwarf_sections *sections, const unit_base *base,
                      const die *d, dwarf_work *work, range_fn each, void *user)
{
    range_list l = {sections, base, work, each, user, base->low, false};
    mdw_status status = MDW_OK;
    if (d->has & DIE_RANGES) {
        uint64_t offset = d->ranges;
        if (base->unit->version < 5)
            status = read_pairs(&l, offset);
        else if (!(d->has & DIE_RANGES_IS_INDEX) ||
                 offset_of(&l, d->ranges, &offset))
            status = read_entries(&l, offset);
        else
            status = MDW_E_DAMAGED;
    } else if (d->has & DIE_LOW && d->has & DIE_HIGH) {
        uint64_t end = d->has & DIE_HIGH_IS_SIZE ? d->low + d->high : d->high;
        (void)give(&l, d->low, end);
    }
    return status != MDW_OK || l.found ? status : MDW_ABSENT;
}

/* A set: unit_length, version 2, offset of its unit, address and segment size,
 * then pairs of address and length from the next multiple of a pair's size on,
 * 0,0 at the end. */
static void read_set(reader *r, unsigned offset_size, dwarf_work *work,
                     arange_fn each, void *user)
{
    uint64_t head = offset_size == 8 ? 12 : 4;
    uint16_t version = reader_u16(r);
    uint64_t unit = reader_uint(r, offset_size);
    uint8_t size = reader_u8(r);
    uint8_t segment = reader_u8(r);
    if (r->bad || version != 2 || segment || (size != 4 && size != 8))
        return;
    const size_t pair = (size_t)2 * size;
    uint64_t past = (head + r->pos) % pair;
    if (past)
        reader_skip(r, pair - past);
    bool any = false;
    while (reader_left(r) >= pair && dwarf_spend(work, 1)) {
        uint64_t start = reader_uint(r, size);
        uint64_t length = reader_uint(r, size);
        if (!start && !length)
            break;
        any = true;
        if (length && !each(user, range_make(start, length), unit))
            break;
    }
    if (!any)
        (void)each(user, (mdw_range){0, 0}, unit);
}

void aranges_read(const dwarf_sections *sections, dwarf_work *work,
                  arange_fn each, void *user)
{
    reader r = reader_at(sections->aranges, 0, 0, sections->big_endian);
    while (reader_left(&r) >= 12 && work->stop == MDW_OK) {
        unsigned offset_size = 4;
        uint64_t length = reader_u32(&r);
        if (length == UINT32_MAX) {
            offset_size = 8;
            length = reader_u64(&r);
        }
        reader set = reader_sub(&r, r.pos, length);
        reader_skip(&r, length);
        if (!set.bad)
            read_set(&set, offset_size, work, each, user);
    }
}
