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

/* Eight bytes as one number, the first lowest; more than 7 must be left. */
static inline uint64_t text_eight(const char *at)
{
    uint64_t w;
    memcpy(&w, at, sizeof w);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    w = __builtin_bswap64(w);
#endif
    return w;
}

/* `c` in each byte. */
static inline uint64_t text_each(uint64_t c)
{
    return c * UINT64_C(0x0101010101010101);
}

/* Bit 7 of each byte of `w`, all below 128: whether it is in [low, high]. */
static inline uint64_t text_within(uint64_t w, uint64_t low, uint64_t high)
{
    return (w + text_each(128 - low)) & ~(w + text_each(127 - high));
}

/* How many bytes of `w` are decimal or, with `hex`, hex digits, before the
 * first that is none. */
static inline __attribute__((always_inline)) unsigned text_digits(uint64_t w,
                                                                  bool hex)
{
    uint64_t low = w & text_each(127);
    uint64_t digit = text_within(low, '0', '9');
    if (hex)
        digit |= text_within(low | text_each(32), 'a', 'f');
    uint64_t other = ~(digit & ~w) & text_each(128);
    return other ? (unsigned)__builtin_ctzll(other) / 8 : 8;
}

/* What the first `n` < 8 digits of `w` say: moved up, so that zeros lead. */
static inline __attribute__((always_inline)) uint64_t text_value(uint64_t w,
                                                                 unsigned n,
                                                                 bool hex)
{
    uint64_t base = hex ? 16 : 10;
    w = n ? w << (64 - 8 * n) : 0;
    w = (w & text_each(15)) + 9 * (hex ? w >> 6 & text_each(1) : 0);
    w = (w * base + (w >> 8)) & UINT64_C(0x00FF00FF00FF00FF);
    w = (w * base * base + (w >> 16)) & UINT64_C(0x0000FFFF0000FFFF);
    return (w * base * base * base * base + (w >> 32)) & UINT32_MAX;
}

/* Digit by digit; false: more than 64 bits. */
static inline bool text_number_slow(text *t, bool hex, uint64_t *out)
{
    uint64_t v = 0, base = hex ? 16 : 10;
    unsigned d;
    for (; t->at < t->end && (d = text_digit(*t->at)) < base; t->at++) {
        if (v > (UINT64_MAX - d) / base)
            return false;
        v = v * base + d;
    }
    *out = v;
    return true;
}

static inline __attribute__((always_inline)) bool text_number(text *t, bool hex,
                                                              uint64_t most,
                                                              uint64_t *out)
{
    text after = *t;
    uint64_t w = t->end - t->at < 8 ? text_each('0') : text_eight(t->at);
    unsigned n = text_digits(w, hex);
    uint64_t v = n < 8 ? text_value(w, n, hex) : 0;
    if (n < 8)
        after.at += n;
    else if (!text_number_slow(&after, hex, &v))
        return false;
    if (after.at == t->at || (after.at < t->end && !text_blank(*after.at)) ||
        v > most)
        return false;
    text_blanks(&after);
    *t = after;
    *out = v;
    return true;
}

/* One number and the blanks behind it. False when it is none, does not end at
 * a blank or the end, or exceeds `most`. */
static inline bool text_hex(text *t, uint64_t most, uint64_t *out)
{
    return text_number(t, true, most, out);
}

static inline bool text_decimal(text *t, uint64_t most, uint64_t *out)
{
    return text_number(t, false, most, out);
}

/* Whether no byte is over 127: then it is UTF-8, without a closer look. */
static inline bool text_ascii(mdw_str s)
{
    enum { WORD = 8, STEP = 2 * WORD };
    uint64_t all = 0;
    size_t i = 0;
    if (s.len < WORD) {
        for (; i < s.len; i++)
            all |= (uint64_t)(unsigned char)s.data[i];
        return all < 128;
    }
    for (; s.len - i > STEP; i += STEP)
        all |= text_eight(s.data + i) | text_eight(s.data + i + WORD);
    if (s.len - i > WORD)
        all |= text_eight(s.data + i);
    all |= text_eight(s.data + s.len - WORD); /* some of them once more */
    return !(all & text_each(128));
}

#endif
