/* tests/visit.h - calls every function of mdwalk/dump.h over every record. */
#ifndef VISIT_H
#define VISIT_H

#include "mdwalk/dump.h"

/* NULL, or what was wrong first: a slice outside the input, a count that does
 * not hold, an iteration without an end, an undeclared status. */
const char *visit_dump(const mdw_dump *dump);
/* Also how many records were read, and how many could not be. */
typedef struct visit_counts {
    uint64_t records, errors;
} visit_counts;
const char *visit_dump_counted(const mdw_dump *dump, visit_counts *counts);

#endif
