/* lib/symbol/symfile.h - what the store asks of an open symbol file. */
#ifndef MDW_SYMBOL_SYMFILE_H
#define MDW_SYMBOL_SYMFILE_H

#include "lib/base/arena.h"
#include "mdwalk/symbol.h"

/* How many hold it; another thread may have changed that already. */
uint32_t symfile_references(const mdw_symfile *file);
/* An ELF file of which there may be a debug file that serves `need` better: it
 * has no DWARF, or no rows but those that hold at calls alone. */
bool symfile_second_best(const mdw_symfile *file, uint32_t need);

/* Rows and nothing else, as they lie in target memory. Takes `store` and
 * `unwind` if it succeeds. */
mdw_status symfile_of_rows(arena *store, mdw_unwind_info *unwind,
                           uint64_t link_base, mdw_symfile **out);

#endif
