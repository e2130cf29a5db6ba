/* lib/base/text.h - the fields of one line, from left to right. What str.h is
 * for text that is read once, this is for millions of lines: inline, and
 * without looking at a byte twice. Blanks are space, tab and CR. */
#ifndef MDW_BASE_TEXT_H
#define MDW_BASE_TEXT_H

#include <string.h>

#include "mdwalk/base.h"

typedef struct text {
    const char *at, *end;
} text;

static inline text text_of(mdw_str line)
{
    const char *at = line.len ? line.data : "";
    return (text){at, at + line.len};
}

/* From `at` to the end of everything: for a look at how a line begins. */
static inline text text_from(mdw_bytes all, uint64_t at)
{
    const char *data = all.len ? (const char *)all.data : "";
    return (text){data + (at < all.len ? (size_t)at : all.len), data + all.len};
}

static inline bool text_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static inline void text_blanks(text *t)
{
    while (t->at < t->end && text_blank(*t->at))
        t->at++;
}

/* Only blanks are left. */
static inline bool text_done(text *t)
{
    text_blanks(t);
    return t->at == t->end;
}

/* The first byte; 0 when nothing is left. */
static inline char text_first(const text *t)
{
    return (char)(t->at < t->end ? *t->at : '\0');
}

/* Goes over `word` and the blanks behind it; false, and nothing moved, when
 * something else is there. */
static inline bool text_word(text *t, const char *word, size_t len)
{
    if ((size_t)(t->end - t->at) < len || memcmp(t->at, word, len) != 0 ||
        (t->at + len < t->end && !text_blank(t->at[len])))
        return false;
    t->at += len;
    text_blanks(t);
    return true;
}
#define TEXT_WORD(t, literal) text_word((t), "" literal, sizeof(literal) - 1)

static inline bool text_starts(const text *t, const char *with, size_t len)
{
    return (size_t)(t->end - t->at) >= len && !memcmp(t->at, with, len);
}
#define TEXT_STARTS(t, literal)                                                \
    text_starts((t), "" literal, sizeof(literal) - 1)

/* The next run of other bytes than blanks; empty at the end. */
static inline mdw_str text_token(text *t)
{
    text_blanks(t);
    const char *from = t->at;
    while (t->at < t->end && !text_blank(*t->at))
        t->at++;
    return (mdw_str){from, (size_t)(t->at - from)};
}

/* What is left, without blanks before it and CRs behind it. */
static inline mdw_str text_rest(text *t)
{
    text_blanks(t);
    const char *from = t->at, *end = t->end;
    while (end > from && end[-1] == '\r')
        end--;
    t->at = t->end;
    return (mdw_str){from, (size_t)(end - from)};
}

static inline unsigned text_digit(char c)
{
    unsigned d = (unsigned)(unsigned char)c - '0';
    if (d <= 9)
        return d;
    d = ((unsigned)(unsigned char)c | 32) - 'a';
    return d <= 5 ? d + 10 : 16;
}

/* One number and the blanks behind it. False when it is none, does not end at
 * a blank or the end, or exceeds `most`. */
static inline bool text_hex(text *t, uint64_t most, uint64_t *out)
{
    const char *at = t->at;
    uint64_t v = 0;
    unsigned d;
    for (; at < t->end && (d = text_digit(*at)) < 16; at++) {
        if (v >> 60)
            return false;
        v = v << 4 | d;
    }
    if (at == t->at || (at < t->end && !text_blank(*at)) || v > most)
        return false;
    t->at = at;
    text_blanks(t);
    *out = v;
    return true;
}

static inline bool text_decimal(text *t, uint64_t most, uint64_t *out)
{
    const char *at = t->at;
    uint64_t v = 0;
    unsigned d;
    for (; at < t->end && (d = text_digit(*at)) < 10; at++) {
        if (v > (UINT64_MAX - d) / 10)
            return false;
        v = v * 10 + d;
    }
    if (at == t->at || (at < t->end && !text_blank(*at)) || v > most)
        return false;
    t->at = at;
    text_blanks(t);
    *out = v;
    return true;
}

/* Whether no byte is over 127: then it is UTF-8, without a closer look. */
static inline bool text_ascii(mdw_str s)
{
    enum { WORD = 8, STEP = 32 };
    uint64_t all = 0, part[STEP / WORD];
    size_t i = 0;
    for (; s.len - i >= STEP; i += STEP) {
        memcpy(part, s.data + i, STEP);
        all |= part[0] | part[1] | part[2] | part[3];
    }
    for (; s.len - i >= WORD; i += WORD) {
        memcpy(part, s.data + i, WORD);
        all |= part[0];
    }
    if (i < s.len && s.len >= WORD) { /* some of them once more */
        memcpy(part, s.data + s.len - WORD, WORD);
        return !((all | part[0]) & UINT64_C(0x8080808080808080));
    }
    for (; i < s.len; i++)
        all |= (uint64_t)(unsigned char)s.data[i];
    return !(all & UINT64_C(0x8080808080808080));
}

#endif
