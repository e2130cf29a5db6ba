/* tests/cfi_file.h - the unwind sections of an ELF file, by libelf. */
#ifndef CFI_FILE_H
#define CFI_FILE_H

#include <fcntl.h>
#include <gelf.h>
#include <libelf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/unwind/row.h"

static inline uint32_t cfi_arch(unsigned machine)
{
    switch (machine) {
    case EM_386:
        return MDW_ARCH_X86;
    case EM_X86_64:
        return MDW_ARCH_X86_64;
    case EM_ARM:
        return MDW_ARCH_ARM;
    case EM_AARCH64:
        return MDW_ARCH_ARM64;
    default:
        return MDW_ARCH_UNKNOWN;
    }
}

static inline void cfi_section(mdw_sections *s, const char *name, Elf_Scn *scn,
                               const GElf_Shdr *head)
{
    static const struct {
        const char *name;
        uint32_t id;
    } wanted[] = {
        {".text", MDW_SECTION_TEXT},
        {".eh_frame", MDW_SECTION_EH_FRAME},
        {".eh_frame_hdr", MDW_SECTION_EH_FRAME_HDR},
        {".debug_frame", MDW_SECTION_DEBUG_FRAME},
        {".got", MDW_SECTION_GOT},
        {".ARM.exidx", MDW_SECTION_ARM_EXIDX},
    };
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
        if (!strcmp(name, wanted[i].name) && head->sh_type != SHT_NOBITS) {
            Elf_Data *data = elf_rawdata(scn, NULL);
            size_t size = data && data->d_buf ? data->d_size : 0;
            s->section[wanted[i].id] =
                (mdw_section){{size ? data->d_buf : NULL, size}, head->sh_addr};
        }
}

/* The segment that an address, as linked, is in. */
static inline mdw_window cfi_at(void *user, uint64_t addr)
{
    Elf *elf = user;
    size_t count = 0, size;
    const char *file = elf_rawfile(elf, &size);
    GElf_Phdr h;
    elf_getphdrnum(elf, &count);
    for (size_t i = 0; i < count; i++)
        if (gelf_getphdr(elf, (int)i, &h) && h.p_type == PT_LOAD &&
            addr - h.p_vaddr < h.p_filesz && h.p_offset <= size &&
            h.p_filesz <= size - h.p_offset)
            return (mdw_window){
                h.p_vaddr, {(const uint8_t *)file + h.p_offset, h.p_filesz}};
    return (mdw_window){0, {NULL, 0}};
}

/* The file stays mapped until the program ends, which it does with status 2
 * when there is no such file. */
static inline Elf *cfi_elf(const char *path)
{
    static Elf *elf; /* never closed, but not lost either */
    elf_version(EV_CURRENT);
    elf = elf_begin(open(path, O_RDONLY), ELF_C_READ_MMAP, NULL);
    return elf;
}

static inline mdw_sections cfi_open(const char *path)
{
    Elf *elf = cfi_elf(path);
    mdw_sections s = MDW_INIT(mdw_sections);
    GElf_Ehdr head;
    GElf_Shdr section;
    size_t names;
    if (!elf || !gelf_getehdr(elf, &head) || elf_getshdrstrndx(elf, &names)) {
        fprintf(stderr, "%s: not ELF\n", path);
        exit(2);
    }
    s.arch = cfi_arch(head.e_machine);
    s.big_endian = head.e_ident[EI_DATA] == ELFDATA2MSB;
    s.at = cfi_at;
    s.at_user = elf;
    for (Elf_Scn *scn = NULL; (scn = elf_nextscn(elf, scn));)
        if (gelf_getshdr(scn, &section))
            cfi_section(&s, elf_strptr(elf, names, section.sh_name), scn,
                        &section);
    return s;
}

static inline void cfi_drop(mdw_sections *s, uint32_t id)
{
    s->section[id].data = (mdw_bytes){NULL, 0};
}

#endif
