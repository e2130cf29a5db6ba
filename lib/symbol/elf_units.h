/* lib/symbol/elf_units.h - an ELF file whose units are indexed when an address
 * first falls into them. */
#ifndef MDW_SYMBOL_ELF_UNITS_H
#define MDW_SYMBOL_ELF_UNITS_H

#include "lib/object/elf.h"
#include "lib/symbol/index.h"

typedef struct elf_units elf_units;

/* Borrows `image`. `info` is filled with what a whole index would say. Without
 * `with_dwarf` the symbols are read at once, and are all there ever is. */
mdw_status elf_units_open(const elf_file *image, bool with_dwarf,
                          const mdw_budget *budget, const mdw_allocator *alloc,
                          elf_units **out, index_info *info, mdw_error *err);
void elf_units_close(elf_units *u); /* NULL is fine */

/* An index that answers at `rva` as the whole one would; NULL: its units were
 * not read yet. On any thread, beside elf_units_read. */
const index_view *elf_units_at(const elf_units *u, uint32_t rva);
/* Reads them unless that was done; on any thread, one after the other.
 * Afterwards elf_units_at has an index, but for MDW_E_MEMORY. Another negative
 * status, then and whenever asked again: it has symbols alone, the DWARF could
 * not be read. */
mdw_status elf_units_read(elf_units *u, uint32_t rva, mdw_error *err);
/* Whether some of them are in other files; false until some were read. */
bool elf_units_split(const elf_units *u);

#endif
