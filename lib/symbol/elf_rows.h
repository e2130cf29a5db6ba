/* lib/symbol/elf_rows.h - the unwind tables of an ELF file. */
#ifndef MDW_SYMBOL_ELF_ROWS_H
#define MDW_SYMBOL_ELF_ROWS_H

#include "lib/object/elf.h"
#include "mdwalk/unwind.h"

/* Borrows the file's bytes, and `store` for what had to be unpacked.
 * MDW_ABSENT: there are none that can be read. */
mdw_status elf_rows_open(const elf_file *elf, arena *store,
                         const mdw_allocator *alloc, mdw_unwind_info **out);

#endif
