/* lib/json/read.h - JSON from elsewhere, piece by piece and without recursion.
 */
#ifndef MDW_JSON_READ_H
#define MDW_JSON_READ_H

#include "lib/base/arena.h"
#include "lib/json/check.h"

enum json_piece_kind {
    JSON_END, /* of the text */
    JSON_OBJECT,
    JSON_OBJECT_END,
    JSON_ARRAY,
    JSON_ARRAY_END,
    JSON_KEY,
    JSON_STRING,
    JSON_UINT,
    JSON_INT, /* negative */
    JSON_DOUBLE,
    JSON_BOOL,
    JSON_NULL
};

typedef struct json_piece {
    enum json_piece_kind kind;
    mdw_str text; /* KEY, STRING: without escapes, in the arena */
    union {
        uint64_t u64; /* BOOL: 0 or 1 */
        int64_t i64;
        double number;
    } u;
} json_piece;

typedef struct json_reader {
    mdw_str rest;
    arena *store;
    uint64_t objects; /* as in check.c */
    unsigned depth;
    bool value_next; /* behind a key */
} json_reader;

/* False: not what json_check wants of JSON; then nothing may be read. */
bool json_read(json_reader *r, mdw_str text, arena *store);
/* False: no memory. The pieces nest as the text does, at most
 * JSON_CHECK_DEPTH deep. */
bool json_next(json_reader *r, json_piece *out);

#endif
