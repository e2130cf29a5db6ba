/* lib/object/elf_memory.c - ELF header, program headers and PT_DYNAMIC of an
 * image in target memory. */
#include "lib/object/elf_memory.h"

#include <elf.h>

#include "lib/base/bytes.h"
#include "lib/base/range.h"
#include "lib/base/reader.h"

enum { PAGE = 4096, DYNAMIC_MAX = 1024 /* entries; real ones have 40 */ };

uint32_t elf_arch(unsigned machine)
{
    static const struct {
        uint16_t machine, arch;
    } table[] = {
        {EM_SPARC, MDW_ARCH_SPARC},   {EM_386, MDW_ARCH_X86},
        {EM_MIPS, MDW_ARCH_MIPS},     {EM_PPC, MDW_ARCH_PPC},
        {EM_PPC64, MDW_ARCH_PPC64},   {EM_ARM, MDW_ARCH_ARM},
        {EM_X86_64, MDW_ARCH_X86_64}, {EM_AARCH64, MDW_ARCH_ARM64},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (table[i].machine == machine)
            return table[i].arch;
    return MDW_ARCH_UNKNOWN;
}

/* Of the ELF header: where the program headers are. */
typedef struct headers {
    uint64_t offset; /* in the file, and so in the image */
    uint16_t count, stride;
    bool is_64;
} headers;

/* ElfN_Ehdr, 52 or 64 bytes. */
static bool read_header(mdw_bytes bytes, headers *h, elf_image *out)
{
    reader r = reader_at(bytes, 0, 0, false);
    bool magic = reader_u32(&r) == 0x464C457F; /* "\x7F" "ELF" */
    uint8_t width = reader_u8(&r), order = reader_u8(&r);
    h->is_64 = width == ELFCLASS64;
    out->big_endian = r.big_endian = order == ELFDATA2MSB;
    reader_skip(&r, 10 + 2); /* rest of e_ident, e_type */
    out->arch = elf_arch(reader_u16(&r));
    reader_skip(&r, h->is_64 ? 4 + 8 : 4 + 4); /* e_version, e_entry */
    h->offset = reader_uint(&r, h->is_64 ? 8 : 4);
    /* e_shoff, e_flags, e_ehsize */
    reader_skip(&r, h->is_64 ? 8 + 4 + 2 : 4 + 4 + 2);
    h->stride = reader_u16(&r);
    h->count = reader_u16(&r);
    return !r.bad && magic && (h->is_64 || width == ELFCLASS32) &&
           (order == ELFDATA2LSB || order == ELFDATA2MSB) &&
           h->stride >= (h->is_64 ? 56 : 32);
}

typedef struct segment {
    uint32_t type;
    mdw_range range; /* as linked */
} segment;

/* ElfN_Phdr, 32 or 56 bytes; in the longer one p_flags stands second. */
static bool read_segment(mdw_bytes all, const headers *h, bool big_endian,
                         uint32_t i, segment *out)
{
    mdw_bytes one = bytes_slice(all, (uint64_t)i * h->stride, h->stride);
    reader r = reader_at(one, 0, 0, big_endian);
    unsigned word = h->is_64 ? 8 : 4;
    out->type = reader_u32(&r);
    reader_skip(&r, h->is_64 ? 4 + 8 : 4); /* p_flags, p_offset */
    uint64_t addr = reader_uint(&r, word);
    reader_skip(&r, word); /* p_paddr */
    reader_skip(&r, word); /* p_filesz */
    out->range = range_make(addr, reader_uint(&r, word));
    return !r.bad;
}

/* Dynamic linkers of some CPUs write the address as loaded into the entry. */
static uint64_t find_got(mdw_bytes dynamic, bool is_64, bool big_endian,
                         uint64_t bias, uint64_t base)
{
    reader r = reader_at(dynamic, 0, 0, big_endian);
    unsigned word = is_64 ? 8 : 4;
    for (int i = 0; i < DYNAMIC_MAX && reader_left(&r); i++) {
        uint64_t tag = reader_uint(&r, word), value = reader_uint(&r, word);
        if (tag == DT_NULL)
            break;
        if (tag == DT_PLTGOT && !r.bad)
            return value >= base ? value - bias : value;
    }
    return 0;
}

mdw_status elf_image_read(elf_at_fn at, void *user, uint64_t base,
                          elf_image *out)
{
    headers h;
    segment s, dynamic = {0};
    bool loaded = false;
    *out = (elf_image){0};
    if (!read_header(at(user, base), &h, out))
        return MDW_ABSENT;
    mdw_bytes all = at(user, base + h.offset);
    for (uint32_t i = 0; i < h.count; i++) {
        if (!read_segment(all, &h, out->big_endian, i, &s))
            break; /* cut off: those before it are good */
        if (s.type == PT_LOAD && (!loaded || s.range.start < out->link_base)) {
            out->link_base = s.range.start;
            loaded = true;
        } else if (s.type == PT_GNU_EH_FRAME)
            out->frame_hdr = s.range;
        else if (s.type == PT_ARM_EXIDX && out->arch == MDW_ARCH_ARM)
            out->arm_index = s.range;
        else if (s.type == PT_DYNAMIC)
            dynamic = s;
    }
    out->link_base -= out->link_base % PAGE;
    if (!loaded)
        return MDW_ABSENT;
    uint64_t bias = base - out->link_base;
    if (dynamic.range.size)
        out->got = find_got(bytes_slice(at(user, dynamic.range.start + bias), 0,
                                        dynamic.range.size),
                            h.is_64, out->big_endian, bias, base);
    return MDW_OK;
}
