/* lib/base/utf16.c - UTF-16 as files have it, to UTF-8 as callers want it. */
#include "lib/base/reader.h"

enum { REPLACEMENT = 0xFFFD };

static uint32_t next_char(reader *r)
{
    uint32_t unit = reader_u16(r);
    if (unit < 0xD800 || unit > 0xDFFF)
        return unit;
    if (unit > 0xDBFF)
        return REPLACEMENT;
    reader ahead = *r;
    uint32_t low = reader_u16(&ahead);
    if (ahead.bad || low < 0xDC00 || low > 0xDFFF)
        return REPLACEMENT;
    *r = ahead;
    return 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
}

static size_t encode(uint32_t c, char out[4])
{
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    size_t len = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    for (size_t i = len; --i; c >>= 6)
        out[i] = (char)(0x80 | (c & 0x3F));
    static const unsigned char lead[] = {0, 0, 0xC0, 0xE0, 0xF0};
    out[0] = (char)(lead[len] | c);
    return len;
}

/* Most names are ASCII from end to end: copies characters until one is not, or
 * until `dst` is full; NULL only counts. Returns how many. */
static size_t ascii_run(mdw_utf16 in, char *dst, size_t room)
{
    size_t low = in.big_endian ? 1 : 0, count = 0;
    for (; 2 * count + 1 < in.len && count < room; count++) {
        uint8_t c = in.data[2 * count + low];
        if (c >= 0x80 || in.data[2 * count + 1 - low])
            break;
        if (dst)
            dst[count] = (char)c;
    }
    return count;
}

size_t mdw_utf16_to_utf8(mdw_utf16 in, char *dst, size_t cap)
{
    size_t total = cap ? ascii_run(in, dst, cap) : ascii_run(in, NULL, in.len);
    reader r = reader_at((mdw_bytes){in.data, in.len & ~(size_t)1}, 0, 0,
                         in.big_endian);
    reader_skip(&r, 2 * total); /* not past the end: they were just read */
    bool full = total > cap;
    while (reader_left(&r)) {
        char text[4];
        size_t len = encode(next_char(&r), text);
        full = full || len > cap - total; /* total <= cap while not full */
        if (!full)
            memcpy(dst + total, text, len);
        total += len;
    }
    return total;
}
