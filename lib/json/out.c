/* lib/json/out.c - the buffer between an emitter and its sink. */
#include "lib/json/out.h"

#include <string.h>

enum { DIGITS = 20 }; /* of 2^64 - 1 in decimal */

void out_init(out *o, mdw_sink sink)
{
    o->sink = sink;
    o->status = MDW_OK;
    o->len = 0;
}

mdw_status out_flush(out *o)
{
    if (o->status == MDW_OK && o->len &&
        !o->sink.write(o->sink.user, o->buffer, o->len))
        o->status = MDW_E_IO;
    o->len = 0;
    return o->status;
}

void out_char(out *o, char c)
{
    if (o->len == OUT_SIZE)
        out_flush(o);
    o->buffer[o->len++] = c;
}

void out_str(out *o, mdw_str text)
{
    const char *at = text.data;
    size_t left = text.len;
    while (left) {
        if (o->len == OUT_SIZE)
            out_flush(o);
        size_t room = OUT_SIZE - o->len;
        size_t part = left < room ? left : room;
        memcpy(o->buffer + o->len, at, part);
        o->len += part;
        at += part;
        left -= part;
    }
}

void out_text(out *o, const char *text)
{
    out_str(o, (mdw_str){text, strlen(text)});
}

void out_repeat(out *o, char c, size_t count)
{
    while (count--)
        out_char(o, c);
}

static void digits(out *o, uint64_t value, uint64_t base, size_t width,
                   char pad)
{
    char text[DIGITS];
    size_t at = DIGITS;
    do {
        text[--at] = "0123456789abcdef"[value % base];
        value /= base;
    } while (value);
    size_t len = DIGITS - at;
    if (len < width)
        out_repeat(o, pad, width - len);
    out_str(o, (mdw_str){text + at, len});
}

void out_decimal(out *o, uint64_t value, size_t width)
{
    digits(o, value, 10, width, ' ');
}

void out_hex(out *o, uint64_t value, size_t width)
{
    digits(o, value, 16, width, '0');
}
