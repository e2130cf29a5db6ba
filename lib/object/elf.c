/* lib/object/elf.c - opening an ELF file, by libelf: headers, sections,
 * segments. libelf finds the tables; contents are sliced here. */
#include "lib/object/elf.h"

#include <libelf.h>

#include <gelf.h>
#include <stdlib.h>

#include "lib/base/bytes.h"
#include "lib/base/fail.h"
#include "lib/base/range.h"
#include "lib/base/str.h"
#include "lib/object/elf_memory.h"

enum { PAGE = 4096 };

mdw_str elf_string(mdw_bytes table, uint64_t offset)
{
    mdw_str s = str_from(bytes_slice(table, offset, ELF_NAME_MAX));
    return str_slice(s, 0, str_find(s, 0));
}

static mdw_status read_sections(elf_file *f, Elf *elf)
{
    size_t count, names = 0;
    if (elf_getshdrnum(elf, &count) || !count)
        return MDW_OK;
    elf_section *s = arena_take(f->store, count, sizeof *s);
    uint32_t *name_at = arena_take(f->store, count, sizeof *name_at);
    if (!s || !name_at)
        return MDW_E_MEMORY;
    for (size_t i = 0; i < count; i++) {
        GElf_Shdr h;
        Elf_Scn *scn = elf_getscn(elf, i);
        if (!scn || !gelf_getshdr(scn, &h))
            continue;
        s[i] = (elf_section){.flags = h.sh_flags,
                             .addr = h.sh_addr,
                             .size = h.sh_size,
                             .type = h.sh_type,
                             .link = h.sh_link};
        if (h.sh_type != SHT_NOBITS && h.sh_type != SHT_NULL)
            s[i].bytes = bytes_slice(f->bytes, h.sh_offset, h.sh_size);
        name_at[i] = h.sh_name;
    }
    if (elf_getshdrstrndx(elf, &names) || names >= count)
        names = 0; /* SHT_NULL: all names read as empty */
    for (size_t i = 0; i < count; i++)
        s[i].name = elf_string(s[names].bytes, name_at[i]);
    f->sections = s;
    f->section_count = count;
    return MDW_OK;
}

static mdw_status read_segments(elf_file *f, Elf *elf)
{
    size_t count;
    if (elf_getphdrnum(elf, &count) || !count)
        return MDW_OK;
    /* PN_XNUM aside the header counts in 16 bits; each takes 32 bytes. */
    if (count > f->bytes.len / 32)
        return MDW_OK;
    elf_segment *s = arena_take(f->store, count, sizeof *s);
    if (!s)
        return MDW_E_MEMORY;
    for (size_t i = 0; i < count; i++) {
        GElf_Phdr h;
        if (!gelf_getphdr(elf, (int)i, &h))
            continue;
        s[f->segment_count++] =
            (elf_segment){bytes_slice(f->bytes, h.p_offset, h.p_filesz),
                          h.p_vaddr, h.p_memsz, h.p_type, h.p_flags};
    }
    f->segments = s;
    return MDW_OK;
}

static void image_add(elf_file *f, mdw_range r)
{
    if (!r.size)
        return;
    uint64_t last = r.start + (r.size - 1);
    uint64_t old_last = f->image.start + (f->image.size - 1);
    if (f->image.size && f->image.start < r.start)
        r.start = f->image.start;
    if (f->image.size && old_last > last)
        last = old_last;
    uint64_t size = last - r.start + 1;
    f->image = (mdw_range){r.start, size ? size : UINT64_MAX};
}

/* The loader maps the first segment from the page its address is in; dumps have
 * that page as the module's base. */
static void find_image(elf_file *f)
{
    for (size_t i = 0; i < f->segment_count; i++)
        if (f->segments[i].type == PT_LOAD)
            image_add(f, range_make(f->segments[i].addr, f->segments[i].size));
    if (!f->image.size)
        for (size_t i = 0; i < f->section_count; i++)
            if (f->sections[i].flags & SHF_ALLOC)
                image_add(f,
                          range_make(f->sections[i].addr, f->sections[i].size));
    uint64_t into = f->image.start % PAGE;
    f->image = range_make(f->image.start - into, f->image.size + into);
}

static int by_start(const void *a, const void *b)
{
    const mdw_range *x = a, *y = b;
    return (x->start > y->start) - (x->start < y->start);
}

static mdw_status find_code(elf_file *f)
{
    mdw_range *code =
        arena_take(f->store, f->section_count + f->segment_count, sizeof *code);
    if (!code)
        return MDW_E_MEMORY;
    size_t n = 0;
    for (size_t i = 0; i < f->section_count; i++) {
        const elf_section *s = &f->sections[i];
        uint64_t need = SHF_ALLOC | SHF_EXECINSTR;
        if ((s->flags & need) == need && s->size)
            code[n++] = range_make(s->addr, s->size);
    }
    for (size_t i = 0; !f->section_count && i < f->segment_count; i++) {
        const elf_segment *s = &f->segments[i];
        if (s->type == PT_LOAD && (s->flags & PF_X) && s->size)
            code[n++] = range_make(s->addr, s->size);
    }
    if (n)
        qsort(code, n, sizeof *code, by_start);
    size_t kept = 0;
    for (size_t i = 0; i < n; i++) { /* so that a search finds the one */
        mdw_range *before = kept ? &code[kept - 1] : NULL;
        if (before && code[i].start - before->start < before->size) {
            uint64_t into = code[i].start - before->start;
            if (before->size - into < code[i].size)
                before->size = into + code[i].size;
        } else {
            code[kept++] = code[i];
        }
    }
    f->code = code;
    f->code_count = kept;
    return MDW_OK;
}

static mdw_status read_all(elf_file *f, Elf *elf, mdw_error *err)
{
    GElf_Ehdr h;
    if (elf_kind(elf) != ELF_K_ELF || !gelf_getehdr(elf, &h))
        return fail(err, MDW_E_FORMAT, "ELF header");
    if (h.e_type == ET_REL)
        return fail(err, MDW_E_UNSUPPORTED, "relocatable ELF");
    f->is_64 = gelf_getclass(elf) == ELFCLASS64;
    f->big_endian = h.e_ident[EI_DATA] == ELFDATA2MSB;
    f->arch = elf_arch(h.e_machine);
    mdw_status status = read_sections(f, elf);
    if (status == MDW_OK)
        status = read_segments(f, elf);
    if (status == MDW_OK) {
        find_image(f);
        status = find_code(f);
    }
    return status == MDW_OK ? status : fail(err, status, "ELF headers");
}

mdw_status elf_open(mdw_bytes bytes, arena *store, elf_file **out,
                    mdw_error *err)
{
    elf_file *f = arena_take(store, 1, sizeof *f);
    if (!f)
        return fail(err, MDW_E_MEMORY, "ELF file");
    *f = (elf_file){.bytes = bytes, .store = store};
    if (bytes.len < EI_NIDENT || elf_version(EV_CURRENT) == EV_NONE)
        return fail(err, MDW_E_FORMAT, "ELF header");
    /* libelf has no const; it only reads what it opens this way. */
    Elf *elf = elf_memory((char *)(uintptr_t)bytes.data, bytes.len);
    if (!elf)
        return fail(err, MDW_E_FORMAT, "ELF header");
    mdw_status status = read_all(f, elf, err);
    elf_end(elf);
    if (status == MDW_OK)
        *out = f;
    return status;
}

static bool named(mdw_str have, const char *name)
{
    if (str_is(have, name))
        return true;
    return str_starts(str_of(name), STR(".debug")) &&
           str_starts(have, STR(".zdebug")) &&
           str_equal(str_slice(have, 2, have.len),
                     str_slice(str_of(name), 1, SIZE_MAX));
}

const elf_section *elf_find(const elf_file *file, const char *name)
{
    for (size_t i = 0; i < file->section_count; i++)
        if (file->sections[i].bytes.len && named(file->sections[i].name, name))
            return &file->sections[i];
    return NULL;
}

const mdw_range *elf_code_at(const elf_file *file, uint64_t addr)
{
    size_t low = 0, high = file->code_count;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (file->code[mid].start <= addr)
            low = mid + 1;
        else
            high = mid;
    }
    const mdw_range *at = low ? &file->code[low - 1] : NULL;
    return at && mdw_range_has(*at, addr) ? at : NULL;
}
