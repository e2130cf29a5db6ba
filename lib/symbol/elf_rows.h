/* lib/symbol/elf_rows.h - the unwind tables of an ELF file. */
#ifndef MDW_SYMBOL_ELF_ROWS_H
#define MDW_SYMBOL_ELF_ROWS_H

#include "lib/object/elf.h"
#include "lib/symbol/index.h"

/* Borrows the file's bytes, and `store` for what had to be unpacked.
 * MDW_ABSENT: there are none that can be read. */
mdw_status elf_rows_open(const elf_file *elf, arena *store,
                         const mdw_allocator *alloc, mdw_unwind_info **out);
/* All rows of these tables, each in the one that it is of; `base`: of the image
 * as linked. MDW_ABSENT: there are none. MDW_E_LIMIT, MDW_E_CANCELLED,
 * MDW_E_MEMORY. */
mdw_status elf_put_rows(const elf_file *elf, uint64_t base,
                        const mdw_budget *budget, arena *store,
                        const mdw_allocator *alloc, index_writer *w);

#endif
