/* lib/symbol/symfile.h - what the store asks of an open symbol file. */
#ifndef MDW_SYMBOL_SYMFILE_H
#define MDW_SYMBOL_SYMFILE_H

#include "mdwalk/symbol.h"

/* As mdw_symfile_open, without names where those need an index that is not
 * given: an ELF file's rows, code and symbols cost next to nothing. */
mdw_status symfile_open_bare(mdw_bytes bytes,
                             const mdw_symfile_options *options,
                             mdw_symfile **out, mdw_error *err);
/* How many hold it; another thread may have changed that already. */
uint32_t symfile_references(const mdw_symfile *file);

#endif
