/* lib/symbol/memory.h - an image out of target memory as a symbol file. */
#ifndef MDW_SYMBOL_MEMORY_H
#define MDW_SYMBOL_MEMORY_H

#include "mdwalk/symbol.h"

/* The ELF image that `memory` has in `range`, with MDW_HAS_ROWS. What of its
 * tables was not captured is absent, not damaged. Windows of `memory` last as
 * long as the file. MDW_ABSENT: no such image, or none with a table. */
mdw_status memory_symfile(const mdw_memory *memory, mdw_range range,
                          const mdw_allocator *alloc, mdw_symfile **out);

#endif
