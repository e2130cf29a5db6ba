/* lib/symbol/elf_rows.c - the unwind tables of an ELF file. */
#include "lib/symbol/elf_rows.h"

#define UNPACKED_MAX (UINT64_C(256) << 20)

static const struct {
    const char *name;
    uint32_t id; /* enum mdw_section_id */
} wanted[] = {
    {".text", MDW_SECTION_TEXT},
    {".eh_frame", MDW_SECTION_EH_FRAME},
    {".eh_frame_hdr", MDW_SECTION_EH_FRAME_HDR},
    {".debug_frame", MDW_SECTION_DEBUG_FRAME},
    {".got", MDW_SECTION_GOT},
};

/* A table that does not unpack is as good as none: there may be another. */
static void take_sections(const elf_file *elf, arena *store, mdw_sections *out)
{
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        const elf_section *s = elf_find(elf, wanted[i].name);
        mdw_section *section = &out->section[wanted[i].id];
        if (!s)
            continue;
        section->addr = s->addr;
        if (elf_content(elf, s, UNPACKED_MAX, 0, store, &section->data, NULL) !=
            MDW_OK)
            section->data = (mdw_bytes){NULL, 0};
    }
}

mdw_status elf_rows_open(const elf_file *elf, arena *store,
                         const mdw_allocator *alloc, mdw_unwind_info **out)
{
    mdw_sections sections = MDW_INIT(mdw_sections);
    sections.arch = elf->arch;
    sections.big_endian = elf->big_endian;
    take_sections(elf, store, &sections);
    mdw_status status = mdw_unwind_info_new(&sections, alloc, out, NULL);
    return status == MDW_OK || status == MDW_E_MEMORY ? status
                                                      : (mdw_status)MDW_ABSENT;
}
