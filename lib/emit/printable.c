/* lib/emit/printable.c - text out of a dump, for a terminal. */
#include "lib/base/utf8.h"
#include "lib/emit/emit.h"

/* C0, DEL, and C1, which is C2 80 to C2 9F in UTF-8. */
static bool moves_cursor(mdw_str one)
{
    const char *at = one.data;
    unsigned char first = (unsigned char)at[0];
    if (one.len == 1)
        return first < 0x20 || first == 0x7F;
    return one.len == 2 && first == 0xC2 && (unsigned char)at[1] < 0xA0;
}

void out_printable(out *o, mdw_str text)
{
    while (text.len) {
        bool valid;
        mdw_str one = utf8_next(&text, &valid);
        if (!valid || moves_cursor(one))
            out_text(o, "\xEF\xBF\xBD");
        else
            out_str(o, one);
    }
}
