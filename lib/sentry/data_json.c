/* lib/sentry/data_json.c - JSON out of a form field. */
#include "lib/json/read.h"
#include "lib/sentry/data.h"

static uint32_t kind_of(enum json_piece_kind kind)
{
    static const uint8_t kinds[] = {
        [JSON_OBJECT] = MDW_VALUE_OBJECT, [JSON_ARRAY] = MDW_VALUE_ARRAY,
        [JSON_STRING] = MDW_VALUE_STRING, [JSON_UINT] = MDW_VALUE_U64,
        [JSON_INT] = MDW_VALUE_I64,       [JSON_DOUBLE] = MDW_VALUE_DOUBLE,
        [JSON_BOOL] = MDW_VALUE_BOOL,     [JSON_NULL] = MDW_VALUE_NULL,
    };
    return kinds[kind];
}

static node *make(mdw_sentry_data *d, const json_piece *piece)
{
    node *n = node_new(d, kind_of(piece->kind));
    if (!n)
        return NULL;
    n->string = piece->text;
    switch (piece->kind) {
    case JSON_INT:
        n->u.i64 = piece->u.i64;
        break;
    case JSON_DOUBLE:
        n->u.number = piece->u.number;
        break;
    default:
        n->u.u64 = piece->u.u64;
    }
    return n;
}

static mdw_status build(mdw_sentry_data *d, json_reader *r, node **out)
{
    node *open[DATA_DEPTH] = {NULL};
    unsigned depth = 0;
    mdw_str key = {NULL, 0};
    json_piece piece;
    while (json_next(r, &piece)) {
        if (piece.kind == JSON_END)
            return MDW_OK;
        if (piece.kind == JSON_KEY) {
            key = piece.text;
            continue;
        }
        if (piece.kind == JSON_OBJECT_END || piece.kind == JSON_ARRAY_END) {
            depth--;
            continue;
        }
        node *n = make(d, &piece);
        if (!n)
            break;
        if (depth && open[depth - 1])
            node_add(open[depth - 1], n, key);
        else
            *out = n;
        if (piece.kind != JSON_OBJECT && piece.kind != JSON_ARRAY)
            continue;
        if (depth == DATA_DEPTH)
            return MDW_E_LIMIT;
        open[depth++] = n;
    }
    return MDW_E_MEMORY;
}

mdw_status data_json(mdw_sentry_data *d, mdw_str text, node **out)
{
    json_reader r;
    *out = NULL;
    if (!json_read(&r, text, d->store))
        return MDW_E_FORMAT;
    text_begin(d, text.len);
    mdw_status status = build(d, &r, out);
    text_end(d);
    return status;
}
