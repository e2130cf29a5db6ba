/* lib/symbol/elf_none.c - a build without libdwarf has no ELF symbol files. */
#include "lib/base/fail.h"
#include "lib/symbol/elf_build.h"
#include "lib/symbol/elf_code.h"
#include "lib/symbol/elf_rows.h"
#include "lib/symbol/elf_symbols.h"
#include "lib/symbol/elf_units.h"

mdw_status elf_build(mdw_bytes image, mdw_bytes debug,
                     const mdw_index_options *options, index_writer *w,
                     dwarf_counts *counts, mdw_error *err)
{
    (void)image;
    (void)debug;
    (void)options;
    (void)w;
    (void)counts;
    return fail(err, MDW_E_UNSUPPORTED, "dwarf");
}

mdw_status elf_symbol_find(const elf_file *file, mdw_str name, mdw_range *out)
{
    (void)file;
    (void)name;
    (void)out;
    return MDW_ABSENT;
}

mdw_status elf_code_open(const elf_file *file, arena *store, elf_code **out)
{
    (void)file;
    (void)store;
    (void)out;
    return MDW_ABSENT;
}

size_t elf_code_read(void *user, uint64_t rva, void *dst, size_t len)
{
    (void)user;
    (void)rva;
    (void)dst;
    (void)len;
    return 0;
}

mdw_window elf_code_window(void *user, uint64_t rva)
{
    (void)user;
    (void)rva;
    return (mdw_window){0, (mdw_bytes){NULL, 0}};
}

mdw_status elf_rows_open(const elf_file *elf, elf_code *code, arena *store,
                         const mdw_allocator *alloc, mdw_unwind_info **out)
{
    (void)elf;
    (void)code;
    (void)store;
    (void)alloc;
    *out = NULL;
    return MDW_ABSENT;
}

mdw_status elf_units_open(const elf_file *image, bool with_dwarf,
                          const mdw_budget *budget, const mdw_allocator *alloc,
                          elf_units **out, index_info *info, mdw_error *err)
{
    (void)image;
    (void)with_dwarf;
    (void)budget;
    (void)alloc;
    (void)out;
    (void)info;
    return fail(err, MDW_E_UNSUPPORTED, "dwarf");
}

void elf_units_close(elf_units *u)
{
    (void)u;
}

const index_view *elf_units_at(const elf_units *u, uint32_t rva)
{
    (void)u;
    (void)rva;
    return NULL;
}

mdw_status elf_units_read(elf_units *u, uint32_t rva, mdw_error *err)
{
    (void)u;
    (void)rva;
    return fail(err, MDW_E_UNSUPPORTED, "dwarf");
}

bool elf_units_split(const elf_units *u)
{
    (void)u;
    return false;
}
