/* lib/unwind/dwarf_entries.c - CIEs and FDEs, and the FDE for an address. */
#include <stdlib.h>

#include "lib/base/leb.h"
#include "lib/base/range.h"
#include "lib/base/table.h"
#include "lib/unwind/dwarf_cfi.h"

/* The head of a CIE or FDE: uint32 length, or 0xFFFFFFFF and uint64; then a
 * word that is 0 (.eh_frame) or all ones (.debug_frame) in a CIE, and in an
 * FDE says where its CIE is. */
typedef struct entry {
    reader body;
    uint64_t cie, next; /* offsets */
    bool is_cie, is_end;
} entry;

static reader section_at(const dwarf_cfi *cfi, uint64_t offset)
{
    reader r = reader_at(cfi->bytes, cfi->addr, 0, cfi->big_endian);
    reader_skip(&r, offset);
    return r;
}

static mdw_status entry_read(const dwarf_cfi *cfi, uint64_t offset, entry *out)
{
    reader r = section_at(cfi, offset);
    uint64_t len = reader_u32(&r);
    uint8_t width = 4;
    if (len == UINT32_MAX) {
        len = reader_u64(&r);
        width = 8;
    }
    *out = (entry){.next = r.pos, .is_end = !len};
    if (out->is_end)
        return r.bad ? MDW_E_TRUNCATED : MDW_OK;
    uint64_t id_at = r.pos;
    out->body = reader_sub(&r, r.pos, len);
    out->next = id_at + len; /* not used where it wraps: body is bad then */
    uint64_t id = reader_uint(&out->body, width);
    if (r.bad || out->body.bad)
        return MDW_E_TRUNCATED;
    uint64_t ones = width == 4 ? UINT32_MAX : UINT64_MAX;
    out->is_cie = cfi->eh ? !id : id == ones;
    out->cie = cfi->eh ? id_at - id : id;
    bool forward = cfi->eh && id > id_at;
    return forward ? MDW_E_FORMAT : MDW_OK;
}

/* Letters after 'z' may be unknown: the length steps over them. Without it an
 * unknown letter leaves no way to the instructions. */
static mdw_status augmentation(const dwarf_cfi *cfi, mdw_bytes letters,
                               reader *r, dwarf_cie *cie)
{
    uint64_t ignored;
    dwarf_bases none = {0};
    reader letter = reader_at(letters, 0, 0, false);
    for (uint8_t c = reader_u8(&letter); c; c = reader_u8(&letter)) {
        if (c == 'R')
            cie->encoding = reader_u8(r);
        else if (c == 'L')
            reader_skip(r, 1);
        else if (c == 'P')
            (void)dwarf_pointer(cfi, r, reader_u8(r) & 0x7F, cie->pointer,
                                &none, &ignored);
        else if (c == 'S')
            cie->signal = true;
        else if (c != 'B' && c != 'G') /* AArch64: key B, tagged frames */
            return MDW_E_UNSUPPORTED;
    }
    return MDW_OK;
}

/* Real ones have up to six letters. The bound keeps the cost of a CIE fixed:
 * it is read again for every row. */
enum { LETTERS_MAX = 63 };

static mdw_bytes until_zero(reader *r)
{
    reader from = *r;
    size_t len = 0;
    while (reader_u8(r))
        if (++len > LETTERS_MAX)
            r->bad = true;
    return reader_bytes(&from, r->bad ? 0 : len);
}

static mdw_status cie_rest(const dwarf_cfi *cfi, mdw_bytes letters,
                           uint8_t version, reader *r, dwarf_cie *cie)
{
    reader letter = reader_at(letters, 0, 0, false);
    uint16_t first = (uint16_t)(reader_u8(&letter) << 8);
    first |= reader_u8(&letter);
    if (first == ('e' << 8 | 'h')) { /* GCC 2: a pointer to EH data */
        reader_skip(r, cie->pointer);
        letters = reader_bytes(&letter, reader_left(&letter));
    }
    cie->code_align = reader_uleb(r);
    cie->data_align = reader_sleb(r);
    cie->return_column = version == 1 ? reader_u8(r) : reader_uleb(r);
    cie->augmented = first >> 8 == 'z';
    if (!cie->augmented)
        return augmentation(cfi, letters, r, cie);
    uint64_t len = reader_uleb(r);
    reader data = reader_sub(r, r->pos, len);
    reader_skip(r, len);
    letter = reader_at(letters, 0, 0, false);
    reader_skip(&letter, 1);
    letters = reader_bytes(&letter, reader_left(&letter));
    (void)augmentation(cfi, letters, &data, cie);
    return data.bad ? MDW_E_FORMAT : MDW_OK;
}

/* uint8 version (1, 3 or 4), a string, in version 4 the sizes of addresses and
 * segment selectors; then cie_rest, then instructions. */
static mdw_status cie_read(const dwarf_cfi *cfi, uint64_t offset,
                           dwarf_cie *cie)
{
    entry e;
    mdw_status status = entry_read(cfi, offset, &e);
    if (status != MDW_OK)
        return status;
    if (e.is_end || !e.is_cie)
        return MDW_E_FORMAT;
    reader *r = &e.body;
    *cie = (dwarf_cie){.pointer = cfi->arch->pointer};
    uint8_t version = reader_u8(r);
    mdw_bytes letters = until_zero(r);
    if (version == 4) {
        cie->pointer = reader_u8(r);
        cie->segment = reader_u8(r);
    }
    bool known = version == 1 || version == 3 || version == 4;
    if (!known || (cie->pointer != 4 && cie->pointer != 8))
        return r->bad ? MDW_E_TRUNCATED : MDW_E_UNSUPPORTED;
    status = cie_rest(cfi, letters, version, r, cie);
    cie->code_addr = r->origin + r->pos;
    cie->code = reader_bytes(r, reader_left(r));
    return r->bad ? MDW_E_TRUNCATED : status;
}

/* Of the CIE's fields only those before `code` are needed. */
static mdw_status fde_rest(const dwarf_cfi *cfi, reader *r, dwarf_fde *fde)
{
    const dwarf_cie *cie = &fde->cie;
    uint64_t start, size;
    dwarf_bases none = {0};
    reader_skip(r, cie->segment);
    if (!dwarf_pointer(cfi, r, cie->encoding, cie->pointer, &cfi->bases,
                       &start))
        return r->bad ? MDW_E_TRUNCATED : MDW_E_UNSUPPORTED;
    /* A length is no pointer: only the format of the encoding counts. */
    if (!dwarf_pointer(cfi, r, cie->encoding & 0x0F & ~8u, cie->pointer, &none,
                       &size))
        return MDW_E_TRUNCATED;
    fde->pc = range_make(start, size);
    if (cie->augmented)
        reader_skip(r, reader_uleb(r));
    fde->code_addr = r->origin + r->pos;
    fde->code = reader_bytes(r, reader_left(r));
    return r->bad ? MDW_E_TRUNCATED : MDW_OK;
}

mdw_status dwarf_fde_read(const dwarf_cfi *cfi, uint64_t offset, dwarf_fde *out)
{
    entry e;
    mdw_status status = entry_read(cfi, offset, &e);
    if (status == MDW_OK && (e.is_end || e.is_cie))
        status = MDW_E_FORMAT;
    if (status == MDW_OK)
        status = cie_read(cfi, e.cie, &out->cie);
    return status == MDW_OK ? fde_rest(cfi, &e.body, out) : status;
}

/* --- search ------------------------------------------------------------ */

static uint64_t search_value(const dwarf_cfi *cfi, uint64_t at)
{
    const dwarf_search *s = &cfi->search;
    uint64_t value = 0;
    (void)bytes_uint(s->bytes, at, s->width, cfi->big_endian, &value);
    if (s->is_signed && s->width < 8) {
        uint64_t sign = UINT64_C(1) << (8 * s->width - 1);
        value = (value ^ sign) - sign;
    }
    value += s->relative ? s->addr + at : s->base;
    return cfi->arch->pointer == 4 ? value & UINT32_MAX : value;
}

static dwarf_entry entry_at(const dwarf_cfi *cfi, uint64_t i)
{
    const dwarf_search *s = &cfi->search;
    if (!s->width)
        return cfi->index[i];
    uint64_t at = i * 2 * s->width;
    return (dwarf_entry){search_value(cfi, at),
                         search_value(cfi, at + s->width) - cfi->addr};
}

uint64_t dwarf_start_at(const dwarf_cfi *cfi, uint64_t i)
{
    const dwarf_search *s = &cfi->search;
    return s->width ? search_value(cfi, i * 2 * s->width) : cfi->index[i].start;
}

uint64_t dwarf_start_count(const dwarf_cfi *cfi)
{
    return cfi->search.width ? cfi->search.count : cfi->index_count;
}

/* Entries without size may share a start with one that has some, and ranges
 * may nest. */
enum { LOOK_BACK = 4 };

mdw_status dwarf_fde_find(const dwarf_cfi *cfi, uint64_t addr, dwarf_fde *out)
{
    uint64_t low = 0, high = dwarf_start_count(cfi);
    mdw_status problem = MDW_ABSENT;
    while (low < high) {
        uint64_t mid = low + (high - low) / 2;
        if (dwarf_start_at(cfi, mid) <= addr)
            low = mid + 1;
        else
            high = mid;
    }
    for (int i = 0; i < LOOK_BACK && low; i++) {
        mdw_status status =
            dwarf_fde_read(cfi, entry_at(cfi, --low).offset, out);
        if (status != MDW_OK && problem == MDW_ABSENT)
            problem = status;
        if (status == MDW_OK && mdw_range_has(out->pc, addr))
            return MDW_OK;
    }
    return problem;
}

/* --- index ------------------------------------------------------------- */

static int by_start(const void *left, const void *right)
{
    const dwarf_entry *a = left, *b = right;
    if (a->start != b->start)
        return a->start < b->start ? -1 : 1;
    return a->offset < b->offset ? -1 : a->offset > b->offset;
}

/* FDEs of one CIE lie together, so its head is kept. */
typedef struct known_cie {
    uint64_t offset;
    bool is_known;
    mdw_status status;
    dwarf_cie cie;
} known_cie;

static bool fde_start(const dwarf_cfi *cfi, entry *e, known_cie *known,
                      uint64_t *start)
{
    dwarf_fde fde;
    if (!known->is_known || known->offset != e->cie) {
        known->offset = e->cie;
        known->is_known = true;
        known->status = cie_read(cfi, e->cie, &known->cie);
    }
    if (known->status != MDW_OK)
        return false;
    fde.cie = known->cie;
    if (fde_rest(cfi, &e->body, &fde) != MDW_OK || !fde.pc.size)
        return false;
    *start = fde.pc.start;
    return true;
}

/* Entries that can't be read are stepped over. `out` NULL: only counts. */
static size_t each_fde(const dwarf_cfi *cfi, dwarf_entry *out)
{
    entry e;
    known_cie known = {0};
    size_t count = 0;
    uint64_t start;
    for (uint64_t offset = 0; offset < cfi->bytes.len; offset = e.next) {
        mdw_status status = entry_read(cfi, offset, &e);
        if (status == MDW_E_TRUNCATED || (e.is_end && cfi->endless))
            break;
        if (status != MDW_OK || e.is_end || e.is_cie ||
            !fde_start(cfi, &e, &known, &start))
            continue;
        if (out)
            out[count] = (dwarf_entry){start, offset};
        count++;
    }
    return count;
}

mdw_status dwarf_index(dwarf_cfi *cfi, arena *store)
{
    size_t count = each_fde(cfi, NULL);
    if (!count)
        return MDW_ABSENT;
    dwarf_entry *index = arena_take(store, count, sizeof *index);
    if (!index)
        return MDW_E_MEMORY;
    (void)each_fde(cfi, index);
    for (size_t i = 1; i < count; i++)
        if (by_start(&index[i - 1], &index[i]) > 0) {
            qsort(index, count, sizeof *index, by_start);
            break;
        }
    cfi->index = index;
    cfi->index_count = count;
    return MDW_OK;
}
