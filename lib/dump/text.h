/* lib/dump/text.h - lines of the text streams. */
#ifndef MDW_DUMP_TEXT_H
#define MDW_DUMP_TEXT_H

#include "lib/base/str.h"
#include "lib/dump/dump.h"

/* The next line that is not blank, without blanks and NULs at its ends, which
 * is where some writers pad. `offset` is that of the line in the file. False
 * at the end. */
bool line_next(const reader *at, mdw_cursor *cursor, mdw_str *line,
               uint64_t *offset);
/* What is left of the text at the cursor. */
mdw_str text_rest(const reader *at, const mdw_cursor *cursor);
/* `rest` without blanks at its front. */
mdw_str skip_blanks(mdw_str rest);

#endif
