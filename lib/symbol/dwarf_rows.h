/* lib/symbol/dwarf_rows.h - the rows of a unit's line program, searchable. */
#ifndef MDW_SYMBOL_DWARF_ROWS_H
#define MDW_SYMBOL_DWARF_ROWS_H

#include "lib/symbol/dwarf_parts.h"

/* [start, end) of the image and its rows. */
typedef struct sequence {
    uint32_t start, end;
    size_t first, count;
    size_t order;
} sequence;

typedef struct dwarf_rows {
    dwarf *d;
    list rows, sequences; /* sequences ascend without overlaps */
    line_head head;
} dwarf_rows;

dwarf_rows dwarf_rows_of(dwarf *d);
/* Runs the unit's program; what was there before is forgotten. Without a
 * program, or with a broken one, there are fewer rows. */
mdw_status dwarf_rows_read(dwarf_rows *r, const die *root,
                           const unit_base *base, arena *store);
/* Appends what lies in [start, start + size) to `lines`. */
void dwarf_rows_lines(const dwarf_rows *r, names *n, uint32_t start,
                      uint32_t size, list *lines);
void dwarf_rows_close(dwarf_rows *r);

#endif
