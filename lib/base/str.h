/* lib/base/str.h - text slices: comparing, splitting, numbers. The counterpart
 * of reader for text streams; nothing here reads outside its slice. */
#ifndef MDW_BASE_STR_H
#define MDW_BASE_STR_H

#include <string.h>

#include "mdwalk/base.h"

#define STR(literal) ((mdw_str){"" literal, sizeof(literal) - 1})

static inline mdw_str str_of(const char *text)
{
    return (mdw_str){text, text ? strlen(text) : 0};
}

static inline mdw_str str_from(mdw_bytes bytes)
{
    return (mdw_str){(const char *)bytes.data, bytes.len};
}

static inline bool str_equal(mdw_str a, mdw_str b)
{
    if (a.len != b.len || !a.data || !b.data)
        return a.len == b.len && !a.len;
    return !memcmp(a.data, b.data, a.len);
}

static inline bool str_is(mdw_str a, const char *text)
{
    return str_equal(a, str_of(text));
}

/* ASCII letters of either case are the same. */
bool str_equal_nocase(mdw_str a, mdw_str b);
/* The slice [from, to) cut to what is there. */
mdw_str str_slice(mdw_str s, size_t from, size_t to);
bool str_starts(mdw_str s, mdw_str prefix);
bool str_ends(mdw_str s, mdw_str suffix);
/* Index of the first (last) `c`, or s.len. */
size_t str_find(mdw_str s, char c);
size_t str_find_last(mdw_str s, char c);
/* Without blanks, tabs and CR at both ends. */
mdw_str str_trim(mdw_str s);
/* Takes what is before the first `separator` off the front of `rest`, the
 * separator too. False when `rest` is empty. */
bool str_split(mdw_str *rest, char separator, mdw_str *out);
/* The next run of non-blank characters. False when there is none. */
bool str_word(mdw_str *rest, mdw_str *out);
/* The whole of `s` as a number. False when it is none, or over 64 bits. */
bool str_hex(mdw_str s, uint64_t *out);
bool str_decimal(mdw_str s, uint64_t *out);
/* What follows the last '/' or '\\'. */
mdw_str str_base_name(mdw_str path);

#endif
