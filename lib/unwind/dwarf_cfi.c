/* lib/unwind/dwarf_cfi.c - encoded pointers, .eh_frame_hdr, and the row at an
 * address. */
#include "lib/unwind/dwarf_cfi.h"

#include "lib/base/bytes.h"
#include "lib/base/leb.h"
#include "lib/base/table.h"

/* DW_EH_PE_: Linux Standard Base, Core, 10.5.1. */
enum {
    PE_ABSPTR = 0x00,
    PE_ULEB128 = 0x01,
    PE_UDATA2 = 0x02,
    PE_UDATA4 = 0x03,
    PE_UDATA8 = 0x04,
    PE_SIGNED = 0x08,
    PE_SLEB128 = 0x09,
    PE_FORMAT = 0x0F,
    PE_PCREL = 0x10,
    PE_TEXTREL = 0x20,
    PE_DATAREL = 0x30,
    PE_FUNCREL = 0x40,
    PE_ALIGNED = 0x50,
    PE_RELATION = 0x70,
    PE_INDIRECT = 0x80,
    PE_OMIT = 0xFF
};

static uint64_t wrap(const dwarf_cfi *cfi, uint64_t v)
{
    return cfi->arch->pointer == 4 ? v & UINT32_MAX : v;
}

static uint64_t sign_extend(uint64_t v, uint8_t width)
{
    uint64_t sign = UINT64_C(1) << (8 * width - 1);
    return (v ^ sign) - sign;
}

uint8_t dwarf_width(uint8_t encoding, uint8_t pointer)
{
    switch (encoding & PE_FORMAT) {
    case PE_ABSPTR:
    case PE_SIGNED:
        return pointer;
    case PE_UDATA2:
    case PE_UDATA2 | PE_SIGNED:
        return 2;
    case PE_UDATA4:
    case PE_UDATA4 | PE_SIGNED:
        return 4;
    case PE_UDATA8:
    case PE_UDATA8 | PE_SIGNED:
        return 8;
    default:
        return 0;
    }
}

/* The value before anything is added to it. */
static bool raw_value(reader *r, uint8_t encoding, uint8_t pointer,
                      uint64_t *out)
{
    uint8_t format = encoding & PE_FORMAT;
    uint8_t width = dwarf_width(encoding, pointer);
    if (format == PE_ULEB128)
        *out = reader_uleb(r);
    else if (format == PE_SLEB128)
        *out = (uint64_t)reader_sleb(r);
    else if (width)
        *out = reader_uint(r, width);
    else
        return false;
    if (width && format & PE_SIGNED)
        *out = sign_extend(*out, width);
    return !r->bad;
}

static bool base_of(const dwarf_bases *bases, uint8_t encoding, uint64_t here,
                    uint64_t *out)
{
    switch (encoding & PE_RELATION) {
    case 0:
    case PE_ALIGNED:
        *out = 0;
        return true;
    case PE_PCREL:
        *out = here;
        return true;
    case PE_TEXTREL:
        *out = bases->text;
        return bases->has_text;
    case PE_DATAREL:
        *out = bases->data;
        return bases->has_data;
    case PE_FUNCREL:
        *out = bases->func;
        return bases->has_func;
    default:
        return false;
    }
}

bool dwarf_pointer(const dwarf_cfi *cfi, reader *r, uint8_t encoding,
                   uint8_t pointer, const dwarf_bases *bases, uint64_t *out)
{
    uint64_t here = r->origin + r->pos, value, base;
    if (encoding == PE_OMIT)
        return false;
    if ((encoding & PE_RELATION) == PE_ALIGNED)
        reader_skip(r, (0 - here) & (pointer - 1u));
    if (!raw_value(r, encoding, pointer, &value) ||
        !base_of(bases, encoding, here, &base))
        return false;
    *out = wrap(cfi, base + value);
    if (!(encoding & PE_INDIRECT))
        return true;
    if (!cfi->at)
        return false;
    mdw_window w = cfi->at(cfi->at_user, *out);
    return bytes_uint(w.bytes, *out - w.addr, cfi->arch->pointer,
                      cfi->big_endian, out);
}

/* A table can be searched if its values have one width and need no loads. */
static dwarf_search search_of(const dwarf_cfi *cfi, const reader *r,
                              uint8_t encoding, uint64_t count,
                              const dwarf_bases *bases)
{
    dwarf_search s = {.addr = r->origin + r->pos};
    uint8_t relation = encoding & PE_RELATION;
    uint8_t width = dwarf_width(encoding, cfi->arch->pointer);
    if (encoding & PE_INDIRECT || !width || relation == PE_ALIGNED ||
        !base_of(bases, encoding, 0, &s.base))
        return s;
    s.bytes = bytes_slice(r->bytes, r->pos, UINT64_MAX);
    uint64_t present = s.bytes.len / (UINT64_C(2) * width);
    s.count = count < present ? count : present;
    s.is_signed = encoding & PE_SIGNED;
    s.relative = relation == PE_PCREL;
    s.width = s.count ? width : 0;
    return s;
}

static void find_entries(dwarf_cfi *cfi, uint64_t addr)
{
    if (!cfi->at)
        return;
    mdw_window w = cfi->at(cfi->at_user, addr);
    cfi->bytes = bytes_slice(w.bytes, addr - w.addr, UINT64_MAX);
    cfi->addr = addr;
    cfi->endless = true;
}

/* uint8 version 1, encodings of the pointer to .eh_frame, of the count and of
 * the table; then these. */
bool dwarf_take_header(dwarf_cfi *cfi, mdw_section header)
{
    reader r = reader_at(header.data, header.addr, 0, cfi->big_endian);
    dwarf_bases bases = {.data = header.addr, .has_data = true};
    uint8_t pointer = cfi->arch->pointer;
    uint8_t version = reader_u8(&r), frame_encoding = reader_u8(&r);
    uint8_t count_encoding = reader_u8(&r), table_encoding = reader_u8(&r);
    uint64_t frame = 0, count = 0;
    if (r.bad || version != 1)
        return false;
    bool named =
        dwarf_pointer(cfi, &r, frame_encoding, pointer, &bases, &frame);
    if (named && !cfi->bytes.len)
        find_entries(cfi, frame);
    if (!named || table_encoding == PE_OMIT ||
        !dwarf_pointer(cfi, &r, count_encoding, pointer, &bases, &count))
        return false;
    cfi->search = search_of(cfi, &r, table_encoding, count, &bases);
    return cfi->search.width;
}

uint8_t dwarf_reg(const arch *a, uint64_t number)
{
    if (number < a->reg_count && (uint64_t)a->regs[number].dwarf == number)
        return (uint8_t)number;
    for (uint8_t i = 0; i < a->reg_count; i++)
        if (a->regs[i].dwarf >= 0 && (uint64_t)a->regs[i].dwarf == number)
            return i;
    return NO_REG;
}

mdw_status dwarf_row(const dwarf_cfi *cfi, uint64_t addr, mdw_row *row)
{
    dwarf_fde fde;
    mdw_status status = dwarf_fde_find(cfi, addr, &fde);
    return status == MDW_OK ? dwarf_run(cfi, &fde, addr, row) : status;
}
