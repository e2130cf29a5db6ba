/* lib/object/elf_table.c - symbol tables, by section or by PT_DYNAMIC. */
#include "lib/object/elf.h"

#include <elf.h>

#include "lib/base/bytes.h"
#include "lib/base/reader.h"

/* Elf32_Sym and Elf64_Sym. */
enum { ENTRY_32 = 16, ENTRY_64 = 24 };

static elf_symbols table_of(const elf_file *f, mdw_bytes entries,
                            mdw_bytes strings)
{
    return (elf_symbols){entries, strings,
                         entries.len / (f->is_64 ? ENTRY_64 : ENTRY_32),
                         f->big_endian, f->is_64};
}

/* What the file has of the image from `addr` on. */
static mdw_bytes at_addr(const elf_file *f, uint64_t addr)
{
    for (size_t i = 0; i < f->segment_count; i++) {
        const elf_segment *s = &f->segments[i];
        if (s->type == PT_LOAD && addr - s->addr < s->bytes.len)
            return bytes_slice(s->bytes, addr - s->addr, UINT64_MAX);
    }
    return (mdw_bytes){NULL, 0};
}

/* DT_HASH: uint32 buckets, uint32 chains; there is a chain for each symbol. */
static uint64_t count_by_hash(const elf_file *f, mdw_bytes hash)
{
    reader r = reader_at(hash, 0, 0, f->big_endian);
    reader_skip(&r, 4);
    return reader_u32(&r);
}

/* DT_GNU_HASH: uint32 buckets, first symbol, bloom words, bloom shift; the
 * bloom filter, the buckets, then a uint32 for each symbol from the first on,
 * the lowest bit of the last one of a bucket is set. The last symbol is at the
 * end of the chain that the highest bucket starts. */
static uint64_t count_by_gnu_hash(const elf_file *f, mdw_bytes hash)
{
    reader r = reader_at(hash, 0, 0, f->big_endian);
    uint32_t buckets = reader_u32(&r);
    uint32_t first = reader_u32(&r);
    uint64_t bloom = reader_u32(&r);
    reader_skip(&r, 4 + bloom * (f->is_64 ? 8 : 4));
    uint64_t highest = 0;
    for (uint32_t i = 0; i < buckets && !r.bad; i++) {
        uint32_t bucket = reader_u32(&r);
        highest = bucket > highest ? bucket : highest;
    }
    if (r.bad || highest < first)
        return first;
    reader_skip(&r, (highest - first) * 4);
    uint64_t count = highest;
    for (bool last = false; !last && !r.bad; count++)
        last = reader_u32(&r) & 1;
    return r.bad ? highest : count;
}

/* Elf_Dyn: tag and value, each as wide as an address. */
static bool from_dynamic(const elf_file *f, elf_symbols *out)
{
    const uint8_t width = f->is_64 ? 8 : 4;
    mdw_bytes dynamic = {NULL, 0}, symbols = {NULL, 0}, strings = {NULL, 0};
    for (size_t i = 0; i < f->segment_count && !dynamic.len; i++)
        if (f->segments[i].type == PT_DYNAMIC)
            dynamic = f->segments[i].bytes;
    uint64_t count = 0;
    reader r = reader_at(dynamic, 0, 0, f->big_endian);
    while (reader_left(&r) >= (size_t)2 * width) {
        uint64_t tag = reader_uint(&r, width);
        mdw_bytes at = at_addr(f, reader_uint(&r, width));
        if (tag == DT_NULL)
            break;
        if (tag == DT_SYMTAB)
            symbols = at;
        if (tag == DT_STRTAB)
            strings = at;
        if (tag == DT_HASH)
            count = count_by_hash(f, at);
        if (tag == DT_GNU_HASH && !count)
            count = count_by_gnu_hash(f, at);
    }
    symbols = bytes_slice(symbols, 0, count * (f->is_64 ? ENTRY_64 : ENTRY_32));
    *out = table_of(f, symbols, strings);
    return out->count > 0;
}

bool elf_symbol_table(const elf_file *file, uint32_t type, elf_symbols *out)
{
    for (size_t i = 0; i < file->section_count; i++) {
        const elf_section *s = &file->sections[i];
        if (s->type != type || !s->bytes.len || s->link >= file->section_count)
            continue;
        *out = table_of(file, s->bytes, file->sections[s->link].bytes);
        return true;
    }
    return type == SHT_DYNSYM && from_dynamic(file, out);
}

bool elf_symbol_at(const elf_symbols *table, size_t index, elf_symbol *out)
{
    if (index >= table->count)
        return false;
    size_t size = table->is_64 ? ENTRY_64 : ENTRY_32;
    mdw_bytes entry = bytes_slice(table->entries, index * size, size);
    reader r = reader_at(entry, 0, 0, table->big_endian);
    uint32_t name = reader_u32(&r);
    uint8_t info;
    if (!table->is_64) {
        out->value = reader_u32(&r);
        out->size = reader_u32(&r);
    }
    info = reader_u8(&r);
    reader_skip(&r, 1); /* st_other */
    out->defined = reader_u16(&r) != SHN_UNDEF;
    if (table->is_64) {
        out->value = reader_u64(&r);
        out->size = reader_u64(&r);
    }
    out->type = info & 15;
    out->binding = info >> 4;
    out->name = elf_string(table->strings, name);
    return !r.bad;
}
