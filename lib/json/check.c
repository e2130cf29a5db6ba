/* lib/json/check.c - RFC 8259 as a machine with a bit for each open bracket
 * instead of recursion: hostile nesting costs nothing. */
#include "lib/json/check.h"

#include <string.h>

#include "lib/base/str.h"
#include "lib/base/utf8.h"

/* What may come next. */
enum expect {
    VALUE,
    VALUE_OR_CLOSE, /* right after '[' */
    KEY,
    KEY_OR_CLOSE, /* right after '{' */
    COMMA_OR_CLOSE,
    NOTHING
};

typedef struct checker {
    mdw_str rest;
    enum expect expect;
    unsigned depth;
    uint64_t objects; /* bit d: the bracket at depth d + 1 is a '{' */
} checker;

static char peek(mdw_str s)
{
    return (char)(s.len ? *s.data : 0);
}

static bool take(mdw_str *s, char c)
{
    if (!s->len || *s->data != c)
        return false;
    *s = str_slice(*s, 1, s->len);
    return true;
}

static void skip_blanks(mdw_str *s)
{
    while (take(s, ' ') || take(s, '\t') || take(s, '\r') || take(s, '\n'))
        ;
}

static bool take_digits(mdw_str *s)
{
    size_t before = s->len;
    while (peek(*s) >= '0' && peek(*s) <= '9')
        *s = str_slice(*s, 1, s->len);
    return s->len < before;
}

static bool take_number(mdw_str *s)
{
    take(s, '-');
    if (!take(s, '0') && !take_digits(s))
        return false;
    if (take(s, '.') && !take_digits(s))
        return false;
    if (take(s, 'e') || take(s, 'E')) {
        if (!take(s, '+'))
            take(s, '-');
        return take_digits(s);
    }
    return true;
}

static bool take_unit(mdw_str *s, uint64_t *unit)
{
    mdw_str digits = str_slice(*s, 0, 4);
    *s = str_slice(*s, 4, s->len);
    bool plain = true;
    for (mdw_str left = digits; left.len; left = str_slice(left, 1, left.len))
        plain = plain && strchr("0123456789abcdefABCDEF", *left.data);
    return plain && digits.len == 4 && str_hex(digits, unit);
}

/* After "\u". A high surrogate must be followed by the escape of a low one. */
static bool take_unicode(mdw_str *s)
{
    uint64_t unit;
    if (!take_unit(s, &unit))
        return false;
    if (unit < 0xD800 || unit > 0xDFFF)
        return true;
    return unit < 0xDC00 && take(s, '\\') && take(s, 'u') &&
           take_unit(s, &unit) && unit >= 0xDC00 && unit <= 0xDFFF;
}

static bool take_string(mdw_str *s)
{
    if (!take(s, '"'))
        return false;
    while (s->len) {
        bool valid;
        mdw_str one = utf8_next(s, &valid);
        char c = *one.data;
        if (!valid || (one.len == 1 && (unsigned char)c < 0x20))
            return false;
        if (c == '"')
            return true;
        if (c != '\\')
            continue;
        char kind = peek(*s);
        *s = str_slice(*s, 1, s->len);
        if (kind == 'u' ? !take_unicode(s)
                        : !kind || !strchr("\"\\/bfnrt", kind))
            return false;
    }
    return false;
}

static bool take_word(mdw_str *s, mdw_str word)
{
    if (!str_starts(*s, word))
        return false;
    *s = str_slice(*s, word.len, s->len);
    return true;
}

static bool take_scalar(mdw_str *s)
{
    char c = peek(*s);
    if (c == '"')
        return take_string(s);
    if (c == '-' || (c >= '0' && c <= '9'))
        return take_number(s);
    return take_word(s, STR("true")) || take_word(s, STR("false")) ||
           take_word(s, STR("null"));
}

static bool in_object(const checker *c)
{
    return c->depth && c->objects >> (c->depth - 1) & 1;
}

static void value_done(checker *c)
{
    c->expect = c->depth ? COMMA_OR_CLOSE : NOTHING;
}

static bool value(checker *c)
{
    bool object = peek(c->rest) == '{';
    if (!object && peek(c->rest) != '[') {
        value_done(c);
        return take_scalar(&c->rest);
    }
    if (c->depth == JSON_CHECK_DEPTH)
        return false;
    uint64_t bit = UINT64_C(1) << c->depth++;
    c->objects = object ? c->objects | bit : c->objects & ~bit;
    c->rest = str_slice(c->rest, 1, c->rest.len);
    c->expect = object ? KEY_OR_CLOSE : VALUE_OR_CLOSE;
    return true;
}

static bool close_bracket(checker *c)
{
    if (!take(&c->rest, in_object(c) ? '}' : ']'))
        return false;
    c->depth--;
    value_done(c);
    return true;
}

static bool key(checker *c)
{
    if (!take_string(&c->rest))
        return false;
    skip_blanks(&c->rest);
    c->expect = VALUE;
    return take(&c->rest, ':');
}

static bool advance(checker *c)
{
    switch (c->expect) {
    case VALUE_OR_CLOSE:
        return close_bracket(c) || value(c);
    case VALUE:
        return value(c);
    case KEY_OR_CLOSE:
        return close_bracket(c) || key(c);
    case KEY:
        return key(c);
    case COMMA_OR_CLOSE:
        if (close_bracket(c))
            return true;
        c->expect = in_object(c) ? KEY : VALUE;
        return take(&c->rest, ',');
    case NOTHING:
        break;
    }
    return false;
}

bool json_check(mdw_str text)
{
    checker c = {text, VALUE, 0, 0};
    for (;;) {
        skip_blanks(&c.rest);
        if (c.expect == NOTHING)
            return !c.rest.len;
        if (!advance(&c))
            return false;
    }
}
