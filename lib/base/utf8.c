/* lib/base/utf8.c - which bytes are UTF-8, and a copy where all of them are. */
#include "lib/base/utf8.h"

#include <string.h>

#include "lib/base/str.h"

#define REPLACEMENT STR("\xEF\xBF\xBD") /* U+FFFD */

/* Second bytes allowed after a lead byte: "The Unicode Standard", table 3-7,
 * well-formed UTF-8. */
typedef struct lead {
    unsigned char from, to; /* lead bytes */
    unsigned char low, high;
    unsigned char len;
} lead;

static const lead leads[] = {
    {0xC2, 0xDF, 0x80, 0xBF, 2}, {0xE0, 0xE0, 0xA0, 0xBF, 3},
    {0xE1, 0xEC, 0x80, 0xBF, 3}, {0xED, 0xED, 0x80, 0x9F, 3},
    {0xEE, 0xEF, 0x80, 0xBF, 3}, {0xF0, 0xF0, 0x90, 0xBF, 4},
    {0xF1, 0xF3, 0x80, 0xBF, 4}, {0xF4, 0xF4, 0x80, 0x8F, 4},
};

/* Bytes of the character that `s` starts with, or, with `*good` false, of the
 * part that cannot become one. `s` is not empty. */
static size_t character(mdw_str s, bool *good)
{
    unsigned char first = (unsigned char)s.data[0];
    *good = first < 0x80;
    for (size_t i = 0; i < sizeof leads / sizeof *leads; i++) {
        const lead *l = &leads[i];
        if (first < l->from || first > l->to)
            continue;
        size_t len = 1;
        while (len < l->len && len < s.len) {
            unsigned char next = (unsigned char)s.data[len];
            if (next < (len == 1 ? l->low : 0x80) ||
                next > (len == 1 ? l->high : 0xBF))
                break;
            len++;
        }
        *good = len == l->len;
        return len;
    }
    return 1;
}

mdw_str utf8_next(mdw_str *rest, bool *valid)
{
    mdw_str out = str_slice(*rest, 0, character(*rest, valid));
    *rest = str_slice(*rest, out.len, rest->len);
    return out;
}

size_t utf8_span(mdw_str text)
{
    size_t at = 0;
    while (at < text.len) {
        bool good = (unsigned char)text.data[at] < 0x80;
        size_t len = 1;
        if (!good)
            len = character(str_slice(text, at, text.len), &good);
        if (!good)
            break;
        at += len;
    }
    return at;
}

/* Length of the clean text; written to `dst` unless that is NULL. */
static size_t clean(mdw_str text, char *dst)
{
    size_t total = 0;
    while (text.len) {
        size_t good = utf8_span(text), bad = 0;
        if (dst && good)
            memcpy(dst + total, text.data, good);
        total += good;
        if (good < text.len) {
            bool ignored;
            bad = character(str_slice(text, good, text.len), &ignored);
            if (dst)
                memcpy(dst + total, REPLACEMENT.data, REPLACEMENT.len);
            total += REPLACEMENT.len; /* at most 3 x text.len in all */
        }
        text = str_slice(text, good + bad, text.len);
    }
    return total;
}

mdw_str utf8_clean(arena *a, mdw_str text)
{
    if (utf8_span(text) == text.len)
        return arena_str(a, text);
    if (text.len > (SIZE_MAX - 1) / REPLACEMENT.len)
        return (mdw_str){NULL, 0};
    size_t len = clean(text, NULL);
    char *copy = arena_take(a, len + 1, 1);
    if (!copy)
        return (mdw_str){NULL, 0};
    clean(text, copy);
    return (mdw_str){copy, len};
}
