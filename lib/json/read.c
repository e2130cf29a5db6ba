/* lib/json/read.c - the pieces of a text that check.c has passed: so no piece
 * can be wrong here, only memory can be missing. */
#include "lib/json/read.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/str.h"

bool json_read(json_reader *r, mdw_str text, arena *store)
{
    *r = (json_reader){.rest = text, .store = store};
    return json_check(text);
}

static void skip(json_reader *r, size_t len)
{
    r->rest = str_slice(r->rest, len, r->rest.len);
}

static char peek(const json_reader *r)
{
    return (char)(r->rest.len ? *r->rest.data : 0);
}

static void skip_between(json_reader *r)
{
    while (peek(r) && strchr(" \t\r\n,:", peek(r)))
        skip(r, 1);
}

/* --- strings ------------------------------------------------------------ */

static uint32_t unit(json_reader *r)
{
    uint64_t value = 0;
    (void)str_hex(str_slice(r->rest, 0, 4), &value);
    skip(r, 4);
    return (uint32_t)value;
}

static size_t put_utf8(char *to, uint32_t c)
{
    static const unsigned char leads[] = {0, 0, 0xC0, 0xE0, 0xF0};
    size_t len = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    if (c < 0x80) {
        to[0] = (char)c;
        return 1;
    }
    for (size_t i = len; --i; c >>= 6)
        to[i] = (char)(0x80 | (c & 0x3F));
    to[0] = (char)(leads[len] | c);
    return len;
}

/* Behind "\u". */
static size_t put_unicode(json_reader *r, char *to)
{
    uint32_t c = unit(r);
    if (c >= 0xD800 && c <= 0xDBFF) {
        skip(r, 2);
        c = 0x10000 + ((c - 0xD800) << 10) + (unit(r) - 0xDC00);
    }
    return put_utf8(to, c);
}

static size_t put_escape(json_reader *r, char *to)
{
    static const char from[] = "bfnrt", into[] = "\b\f\n\r\t";
    char kind = peek(r);
    skip(r, 1);
    if (kind == 'u')
        return put_unicode(r, to);
    const char *at = strchr(from, kind);
    *to = (char)(at ? into[at - from] : kind);
    return 1;
}

/* Its length with escapes, which is at least that without them. */
static size_t string_room(mdw_str text)
{
    size_t len = 0;
    bool escaped = false;
    for (const char *at = text.data; len < text.len; len++) {
        if (at[len] == '"' && !escaped)
            break;
        escaped = at[len] == '\\' && !escaped;
    }
    return len;
}

static bool read_string(json_reader *r, mdw_str *out)
{
    skip(r, 1);
    char *text = arena_take_raw(r->store, string_room(r->rest) + 1, 1);
    size_t len = 0;
    if (!text)
        return false;
    for (char c; (c = peek(r)) != '"'; len++) {
        skip(r, 1);
        if (c == '\\')
            len += put_escape(r, text + len) - 1;
        else
            text[len] = c;
    }
    skip(r, 1);
    text[len] = '\0';
    *out = (mdw_str){text, len};
    return true;
}

/* --- numbers ------------------------------------------------------------ */

/* strtod wants the point of the locale, whatever that is. A number of more than
 * a thousand characters is none that anybody meant: infinite. */
static double read_double(mdw_str text)
{
    enum { ROOM = 1200, LONGEST = 1000 };
    char copy[ROOM], point[16];
    size_t len = 0;
    if (text.len > LONGEST)
        return (double)INFINITY;
    (void)snprintf(point, sizeof point, "%.1f", 0.5);
    point[strlen(point) - 1] = '\0';
    const char *at = text.data;
    for (size_t i = 0; i < text.len; i++)
        if (at[i] == '.')
            for (const char *p = point + 1; *p; p++)
                copy[len++] = *p;
        else
            copy[len++] = at[i];
    copy[len] = '\0';
    return strtod(copy, NULL);
}

static bool whole(mdw_str digits, uint64_t most, uint64_t *value)
{
    return str_decimal(digits, value) && *value <= most;
}

static void read_number(json_reader *r, json_piece *out)
{
    mdw_str text = r->rest;
    size_t len = 0;
    const char *at = text.data;
    while (len < text.len && strchr("+-0123456789.eE", at[len]))
        len++;
    text = str_slice(text, 0, len);
    skip(r, len);
    uint64_t value;
    if (whole(text, UINT64_MAX, &value)) {
        out->kind = JSON_UINT;
        out->u.u64 = value;
    } else if (*at == '-' &&
               whole(str_slice(text, 1, len), (uint64_t)INT64_MAX, &value)) {
        out->kind = JSON_INT;
        out->u.i64 = -(int64_t)value;
    } else {
        out->kind = JSON_DOUBLE;
        out->u.number = read_double(text);
        if (!isfinite(out->u.number))
            out->kind = JSON_NULL;
    }
}

/* --- pieces ------------------------------------------------------------- */

static void enter(json_reader *r, json_piece *out, bool object)
{
    uint64_t bit = UINT64_C(1) << r->depth++; /* < 64: checked */
    r->objects = object ? r->objects | bit : r->objects & ~bit;
    out->kind = object ? JSON_OBJECT : JSON_ARRAY;
    skip(r, 1);
}

static void leave(json_reader *r, json_piece *out, enum json_piece_kind kind)
{
    r->depth--;
    out->kind = kind;
    skip(r, 1);
}

static bool in_object(const json_reader *r)
{
    return r->depth && r->objects >> (r->depth - 1) & 1;
}

static void read_word(json_reader *r, json_piece *out, char first)
{
    out->kind = first == 'n' ? JSON_NULL : JSON_BOOL;
    out->u.u64 = first == 't';
    skip(r, first == 'f' ? 5 : 4);
}

bool json_next(json_reader *r, json_piece *out)
{
    *out = (json_piece){.kind = JSON_END};
    skip_between(r);
    char first = peek(r);
    bool key = in_object(r) && !r->value_next;
    r->value_next = key && first == '"';
    switch (first) {
    case '\0':
        return true;
    case '{':
    case '[':
        enter(r, out, first == '{');
        return true;
    case '}':
        leave(r, out, JSON_OBJECT_END);
        return true;
    case ']':
        leave(r, out, JSON_ARRAY_END);
        return true;
    case '"':
        out->kind = key ? JSON_KEY : JSON_STRING;
        return read_string(r, &out->text);
    case 't':
    case 'f':
    case 'n':
        read_word(r, out, first);
        return true;
    default:
        read_number(r, out);
        return true;
    }
}
