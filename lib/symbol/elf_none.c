/* lib/symbol/elf_none.c - a build without libdwarf has no ELF symbol files. */
#include "lib/base/fail.h"
#include "lib/symbol/elf_build.h"
#include "lib/symbol/elf_rows.h"

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

mdw_status elf_rows_open(mdw_bytes bytes, arena *store,
                         const mdw_allocator *alloc, mdw_unwind_info **out)
{
    (void)bytes;
    (void)store;
    (void)alloc;
    *out = NULL;
    return MDW_ABSENT;
}
