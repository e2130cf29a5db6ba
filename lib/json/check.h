/* lib/json/check.h - is this JSON? Asked before somebody else's JSON is made
 * part of ours. */
#ifndef MDW_JSON_CHECK_H
#define MDW_JSON_CHECK_H

#include "mdwalk/base.h"

enum { JSON_CHECK_DEPTH = 64 };

/* One value of RFC 8259, blanks around it: valid UTF-8, no lone surrogates in
 * escapes, nested at most JSON_CHECK_DEPTH deep. */
bool json_check(mdw_str text);

#endif
