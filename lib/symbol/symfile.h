/* lib/symbol/symfile.h - what the store asks of an open symbol file. */
#ifndef MDW_SYMBOL_SYMFILE_H
#define MDW_SYMBOL_SYMFILE_H

#include "mdwalk/symbol.h"

/* How many hold it; another thread may have changed that already. */
uint32_t symfile_references(const mdw_symfile *file);
/* An ELF file without DWARF: there may be a debug file of it. */
bool symfile_second_best(const mdw_symfile *file);

#endif
