/* lib/json/out.h - text on its way to a sink: gathered in a buffer of the
 * owner's, numbers spelled without stdio or locale. */
#ifndef MDW_JSON_OUT_H
#define MDW_JSON_OUT_H

#include "mdwalk/base.h"

enum { OUT_SIZE = 4096 };

/* Sticky: once the sink has given up nothing is written any more. */
typedef struct out {
    mdw_sink sink;
    mdw_status status;
    size_t len;
    char buffer[OUT_SIZE];
} out;

void out_init(out *o, mdw_sink sink);
void out_str(out *o, mdw_str text);
void out_text(out *o, const char *text);
void out_char(out *o, char c);
void out_repeat(out *o, char c, size_t count);
/* Padded with blanks on the left to `width`. */
void out_decimal(out *o, uint64_t value, size_t width);
/* Lower-case digits without "0x", padded with zeros to `width`. */
void out_hex(out *o, uint64_t value, size_t width);
mdw_status out_flush(out *o); /* MDW_E_IO if the sink gave up, ever */

#endif
