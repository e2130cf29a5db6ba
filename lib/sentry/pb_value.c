/* lib/sentry/pb_value.c - google.protobuf.Value, Struct and ListValue, and the
 * entries of maps. One function calls the next, no deeper than PB_DEPTH. */
#include <math.h>

#include "lib/base/str.h"
#include "lib/sentry/pb.h"

/* Messages below a Value that lead to the next one. */
enum { LIST_LEVELS = 2, STRUCT_LEVELS = 3 };

static uint64_t magnitude(int64_t value)
{
    return value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
}

mdw_str pb_text_of(const mdw_value *value, char room[PB_TEXT])
{
    size_t at = PB_TEXT;
    bool negative = value->kind == MDW_VALUE_I64 && value->u.i64 < 0;
    if (value->kind == MDW_VALUE_STRING)
        return value->u.string.data ? value->u.string : STR("");
    if (value->kind == MDW_VALUE_BOOL)
        return value->u.u64 ? STR("true") : STR("false");
    if (value->kind != MDW_VALUE_I64 && value->kind != MDW_VALUE_U64)
        return (mdw_str){NULL, 0};
    uint64_t left =
        value->kind == MDW_VALUE_I64 ? magnitude(value->u.i64) : value->u.u64;
    do {
        room[--at] = (char)('0' + left % 10);
        left /= 10;
    } while (left);
    if (negative)
        room[--at] = '-'; /* of at most 19 digits */
    return (mdw_str){room + at, PB_TEXT - at};
}

/* Whether a double holds the number: 53 bits without the zeros behind them. */
static bool is_exact(uint64_t number)
{
    while (number && !(number & 1))
        number >>= 1;
    return !(number >> 53);
}

static void put_whole(pb *w, const mdw_value *v)
{
    char room[PB_TEXT];
    bool is_signed = v->kind == MDW_VALUE_I64;
    if (!is_exact(is_signed ? magnitude(v->u.i64) : v->u.u64))
        pb_str(w, "string_value", pb_text_of(v, room));
    else
        pb_double(w, "number_value",
                  is_signed ? (double)v->u.i64 : (double)v->u.u64);
}

/* A pb_put of mdw_value, an array. */
static void put_list(pb *w, const void *what)
{
    const mdw_value *v = what;
    for (uint32_t i = 0; i < v->count; i++)
        pb_message(w, "values", pb_put_value, &v->u.items[i]);
}

/* A pb_put of mdw_value, an object. */
static void put_struct(pb *w, const void *what)
{
    const mdw_value *v = what;
    for (uint32_t i = 0; i < v->count; i++)
        pb_value_entry(w, "fields", v->u.members[i].key,
                       &v->u.members[i].value);
}

void pb_put_value(pb *w, const void *value)
{
    const mdw_value *v = value;
    unsigned left = PB_DEPTH - w->depth;
    if (v->kind == MDW_VALUE_BOOL)
        pb_bool(w, "bool_value", v->u.u64);
    else if (v->kind == MDW_VALUE_I64 || v->kind == MDW_VALUE_U64)
        put_whole(w, v);
    else if (v->kind == MDW_VALUE_DOUBLE && isfinite(v->u.number))
        pb_double(w, "number_value", v->u.number);
    else if (v->kind == MDW_VALUE_STRING)
        pb_str(w, "string_value", pb_text_of(v, NULL));
    else if (v->kind == MDW_VALUE_OBJECT && left >= STRUCT_LEVELS)
        pb_message(w, "struct_value", put_struct, v);
    else if (v->kind == MDW_VALUE_ARRAY && left >= LIST_LEVELS)
        pb_message(w, "list_value", put_list, v);
    else
        pb_null(w, "null_value");
}

/* --- maps ----------------------------------------------------------------- */

typedef struct entry {
    mdw_str key, text;
    const mdw_value *value; /* NULL: the text */
} entry;

/* A pb_put of entry. */
static void put_entry(pb *w, const void *what)
{
    const entry *e = what;
    pb_text(w, "key", e->key);
    if (e->value)
        pb_message(w, "value", pb_put_value, e->value);
    else
        pb_text(w, "value", e->text);
}

void pb_value_entry(pb *w, const char *field, mdw_str key,
                    const mdw_value *value)
{
    pb_message(w, field, put_entry, &(entry){.key = key, .value = value});
}

void pb_text_entry(pb *w, const char *field, mdw_str key, mdw_str text)
{
    pb_message(w, field, put_entry, &(entry){.key = key, .text = text});
}
