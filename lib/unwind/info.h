/* lib/unwind/info.h - all rows of an image's unwind tables, for an index. */
#ifndef MDW_UNWIND_INFO_H
#define MDW_UNWIND_INFO_H

#include "lib/unwind/dwarf_cfi.h"

enum { UNWIND_TABLES = 3 }; /* that an image may have */

/* How many it has, in the order in which they are asked. */
uint32_t unwind_info_tables(const mdw_unwind_info *info);
/* Whether all that it has is .ARM.exidx. */
bool unwind_info_at_calls(const mdw_unwind_info *info);
/* Every row of one of them, as linked: where it says something, it is what
 * mdw_unwind_info_rows would take from this table. As dwarf_each_row. */
mdw_status unwind_info_each(const mdw_unwind_info *info, uint32_t table,
                            row_fn each, void *user, uint64_t *broken);

#endif
