/* lib/base/utf8.h - 8-bit text of unknown origin made valid UTF-8, so that
 * nobody who prints it has to ask. */
#ifndef MDW_BASE_UTF8_H
#define MDW_BASE_UTF8_H

#include "lib/base/arena.h"
#include "mdwalk/base.h"

/* Takes the first character off `rest`, which must not be empty, and returns
 * its bytes; with `*valid` false, those of a part that cannot become one. */
mdw_str utf8_next(mdw_str *rest, bool *valid);
/* Length of the longest valid beginning. */
size_t utf8_span(mdw_str text);
/* A NUL-terminated copy in which U+FFFD stands for every maximal part that is
 * no UTF-8; {NULL, 0} when out of memory or budget. */
mdw_str utf8_clean(arena *a, mdw_str text);

#endif
