/* lib/json/writer.c - commas, indentation and escapes. */
#include "lib/json/writer.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/str.h"
#include "lib/base/utf8.h"
#include "lib/json/check.h"

enum { INDENT = 2 };

void json_init(json *j, mdw_sink sink, bool pretty)
{
    out_init(&j->out, sink);
    j->pretty = pretty;
    j->after_key = false;
    j->depth = 0;
    j->filled = 0;
}

mdw_status json_finish(json *j)
{
    out_char(&j->out, '\n');
    return out_flush(&j->out);
}

static void new_line(json *j)
{
    if (!j->pretty)
        return;
    out_char(&j->out, '\n');
    out_repeat(&j->out, ' ', (size_t)INDENT * j->depth);
}

/* What stands before a member of an object or array. */
static void before(json *j)
{
    if (j->after_key) {
        j->after_key = false;
        return;
    }
    if (!j->depth)
        return;
    uint64_t bit = UINT64_C(1) << (j->depth - 1);
    if (j->filled & bit)
        out_char(&j->out, ',');
    j->filled |= bit;
    new_line(j);
}

static void open(json *j, char bracket)
{
    before(j);
    if (j->depth == JSON_DEPTH)
        return;
    out_char(&j->out, bracket);
    j->filled &= ~(UINT64_C(1) << j->depth);
    j->depth++;
}

static void shut(json *j, char bracket)
{
    if (!j->depth)
        return;
    j->depth--;
    if (j->filled >> j->depth & 1)
        new_line(j);
    out_char(&j->out, bracket);
}

void json_object(json *j)
{
    open(j, '{');
}

void json_object_end(json *j)
{
    shut(j, '}');
}

void json_array(json *j)
{
    open(j, '[');
}

void json_array_end(json *j)
{
    shut(j, ']');
}

void json_key(json *j, const char *key)
{
    before(j);
    out_char(&j->out, '"');
    out_text(&j->out, key);
    out_text(&j->out, j->pretty ? "\": " : "\":");
    j->after_key = true;
}

static void escape(out *o, char c)
{
    static const char named[] = "\"\"\\\\\bb\ff\nn\rr\tt";
    for (size_t i = 0; i + 1 < sizeof named; i += 2)
        if (named[i] == c) {
            out_char(o, '\\');
            out_char(o, named[i + 1]);
            return;
        }
    out_text(o, "\\u");
    out_hex(o, (unsigned char)c, 4);
}

static bool plain(char c)
{
    return (unsigned char)c >= 0x20 && (unsigned char)c < 0x80 && c != '"' &&
           c != '\\';
}

/* The same of eight: a byte that is none borrows from its own top bit. */
static bool plain_eight(const char *at)
{
    const uint64_t each = UINT64_C(0x0101010101010101);
    uint64_t w;
    memcpy(&w, at, sizeof w);
    uint64_t quote = w ^ each * '"', slash = w ^ each * '\\';
    uint64_t found = w | (w - each * 0x20) | (quote - each) | (slash - each);
    return !(found & each * 0x80);
}

/* Writes what needs no look at single characters, which is nearly all. */
static mdw_str after_plain(out *o, mdw_str text)
{
    enum { WORD = 8 };
    const char *at = text.data;
    size_t len = 0;
    while (text.len - len >= WORD && plain_eight(at + len))
        len += WORD;
    while (len < text.len && plain(at[len]))
        len++;
    out_str(o, str_slice(text, 0, len));
    return str_slice(text, len, text.len);
}

static void quoted(json *j, mdw_str text)
{
    out_char(&j->out, '"');
    text = after_plain(&j->out, text);
    while (text.len) {
        bool valid;
        mdw_str one = utf8_next(&text, &valid);
        if (!valid)
            out_text(&j->out, "\xEF\xBF\xBD");
        else if (one.len > 1)
            out_str(&j->out, one);
        else
            escape(&j->out, *one.data);
        text = after_plain(&j->out, text);
    }
    out_char(&j->out, '"');
}

void json_key_str(json *j, mdw_str key)
{
    before(j);
    quoted(j, key);
    out_text(&j->out, j->pretty ? ": " : ":");
    j->after_key = true;
}

void json_str(json *j, mdw_str text)
{
    before(j);
    quoted(j, text);
}

void json_text(json *j, const char *text)
{
    if (text)
        json_str(j, (mdw_str){text, strlen(text)});
    else
        json_null(j);
}

void json_uint(json *j, uint64_t value)
{
    before(j);
    out_decimal(&j->out, value, 0);
}

void json_int(json *j, int64_t value)
{
    before(j);
    if (value < 0)
        out_char(&j->out, '-');
    out_decimal(&j->out, value < 0 ? 0 - (uint64_t)value : (uint64_t)value, 0);
}

/* A locale's decimal separator is what neither JSON nor C would write. */
static void with_point(out *o, const char *text)
{
    for (bool said = false; *text; text++) {
        bool usual = strchr("0123456789+-e", *text) != NULL;
        if (usual || !said)
            out_char(o, (char)(usual ? *text : '.'));
        said = !usual;
    }
}

void json_double(json *j, double value)
{
    enum { ENOUGH = 17, ROOM = 64 }; /* digits that tell all doubles apart */
    char text[ROOM];
    if (!isfinite(value)) {
        json_null(j);
        return;
    }
    for (int digits = 15; digits <= ENOUGH; digits++) {
        (void)snprintf(text, sizeof text, "%.*g", digits, value);
        if (strtod(text, NULL) == value)
            break;
    }
    before(j);
    with_point(&j->out, text);
}

void json_bool(json *j, bool value)
{
    before(j);
    out_text(&j->out, value ? "true" : "false");
}

void json_null(json *j)
{
    before(j);
    out_text(&j->out, "null");
}

void json_hex(json *j, uint64_t value, unsigned digits)
{
    before(j);
    out_text(&j->out, "\"0x");
    out_hex(&j->out, value, digits);
    out_char(&j->out, '"');
}

void json_raw(json *j, mdw_str text)
{
    if (!json_check(text)) {
        json_null(j);
        return;
    }
    before(j);
    bool quoted = false, escaped = false;
    for (const char *at = text.data, *end = at + text.len; at < end; at++) {
        if (!quoted && strchr(" \t\r\n", *at))
            continue;
        out_char(&j->out, *at);
        if (*at == '"' && !escaped)
            quoted = !quoted;
        escaped = quoted && *at == '\\' && !escaped;
    }
}
