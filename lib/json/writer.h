/* lib/json/writer.h - JSON straight to a sink: no tree, no allocation. */
#ifndef MDW_JSON_WRITER_H
#define MDW_JSON_WRITER_H

#include "lib/json/out.h"

enum { JSON_DEPTH = 64 };

/* Owned by the caller, filled by json_init. Keys come out in the order they
 * are written. What the sink refuses is remembered until json_finish. */
typedef struct json {
    out out;
    bool pretty;
    bool after_key;
    unsigned depth;  /* <= JSON_DEPTH; whoever writes deeper loses brackets */
    uint64_t filled; /* bit d: depth d + 1 has a member already */
} json;

void json_init(json *j, mdw_sink sink, bool pretty);
mdw_status json_finish(json *j); /* ends the text with a newline */

void json_object(json *j);
void json_object_end(json *j);
void json_array(json *j);
void json_array_end(json *j);
void json_key(json *j, const char *key); /* static text, printed as it is */
void json_key_str(json *j, mdw_str key); /* any text */

/* What is not UTF-8 becomes U+FFFD. */
void json_str(json *j, mdw_str text);
void json_text(json *j, const char *text); /* NULL: null */
void json_uint(json *j, uint64_t value);
void json_int(json *j, int64_t value);
/* The shortest text that reads back as the same; null unless finite. */
void json_double(json *j, double value);
void json_bool(json *j, bool value);
void json_null(json *j);
/* "0x..." padded with zeros to `digits`. */
void json_hex(json *j, uint64_t value, unsigned digits);
/* JSON from elsewhere, without its blanks; null when it is none. */
void json_raw(json *j, mdw_str text);

#endif
