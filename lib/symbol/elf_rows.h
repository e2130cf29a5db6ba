/* lib/symbol/elf_rows.h - the unwind tables of an ELF file. */
#ifndef MDW_SYMBOL_ELF_ROWS_H
#define MDW_SYMBOL_ELF_ROWS_H

#include "lib/object/elf.h"
#include "lib/symbol/elf_code.h"
#include "lib/symbol/index.h"

/* Borrows the file's bytes, and `store` for what had to be unpacked. What the
 * tables point to is read from `code`; NULL: from nowhere. MDW_ABSENT: there
 * are none that can be read. */
mdw_status elf_rows_open(const elf_file *elf, elf_code *code, arena *store,
                         const mdw_allocator *alloc, mdw_unwind_info **out);
/* All rows of these tables, one table after the other in layers from `*layer`
 * on, which grows by them; `base`: of the image as linked. MDW_ABSENT: there
 * are none. MDW_E_LIMIT, MDW_E_CANCELLED, MDW_E_MEMORY. */
mdw_status elf_put_rows(const elf_file *elf, uint64_t base, uint32_t *layer,
                        const mdw_budget *budget, arena *store,
                        const mdw_allocator *alloc, index_writer *w);

#endif
