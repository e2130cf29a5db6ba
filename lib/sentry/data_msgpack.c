/* lib/sentry/data_msgpack.c - MessagePack, bounded: what a count promises must
 * be there, and nesting costs no stack. */
#include <math.h>

#include "lib/base/bytes.h"
#include "lib/base/reader.h"
#include "lib/base/str.h"
#include "lib/sentry/data.h"

/* A container that waits for more. */
typedef struct level {
    node *node;
    uint64_t left; /* values; of a map, keys too */
    mdw_str key;
    bool has_key;
} level;

/* What a first byte announces. */
enum form {
    FORM_BAD,
    FORM_NIL,
    FORM_BOOL,
    FORM_UINT,
    FORM_INT,
    FORM_FLOAT,
    FORM_STRING,
    FORM_BINARY,
    FORM_EXTENSION,
    FORM_ARRAY,
    FORM_MAP
};

/* The MessagePack specification, "Formats", 0xc0 to 0xdf: the form, and how
 * many bytes of number follow; fixext's size stands in `fixed`. */
static const struct {
    uint8_t form, bytes, fixed;
} forms[32] = {
    {FORM_NIL, 0, 0},        {FORM_BAD, 0, 0},       {FORM_BOOL, 0, 0},
    {FORM_BOOL, 0, 1},       {FORM_BINARY, 1, 0},    {FORM_BINARY, 2, 0},
    {FORM_BINARY, 4, 0},     {FORM_EXTENSION, 1, 0}, {FORM_EXTENSION, 2, 0},
    {FORM_EXTENSION, 4, 0},  {FORM_FLOAT, 4, 0},     {FORM_FLOAT, 8, 0},
    {FORM_UINT, 1, 0},       {FORM_UINT, 2, 0},      {FORM_UINT, 4, 0},
    {FORM_UINT, 8, 0},       {FORM_INT, 1, 0},       {FORM_INT, 2, 0},
    {FORM_INT, 4, 0},        {FORM_INT, 8, 0},       {FORM_EXTENSION, 0, 1},
    {FORM_EXTENSION, 0, 2},  {FORM_EXTENSION, 0, 4}, {FORM_EXTENSION, 0, 8},
    {FORM_EXTENSION, 0, 16}, {FORM_STRING, 1, 0},    {FORM_STRING, 2, 0},
    {FORM_STRING, 4, 0},     {FORM_ARRAY, 2, 0},     {FORM_ARRAY, 4, 0},
    {FORM_MAP, 2, 0},        {FORM_MAP, 4, 0},
};

/* `*value`: the number itself, or a length or count. */
static enum form read_form(reader *r, uint64_t *value, unsigned *bytes)
{
    uint8_t first = reader_u8(r);
    *bytes = 0;
    *value = first & 0x1F;
    if (first < 0x80) {
        *value = first;
        return FORM_UINT;
    }
    if (first < 0x90) {
        *value = first & 0x0F;
        return FORM_MAP;
    }
    if (first < 0xA0) {
        *value = first & 0x0F;
        return FORM_ARRAY;
    }
    if (first < 0xC0)
        return FORM_STRING;
    if (first >= 0xE0) {
        *value = first;
        *bytes = 1;
        return FORM_INT;
    }
    unsigned at = first & 0x1F;
    *bytes = forms[at].bytes;
    *value = *bytes ? reader_uint(r, *bytes) : forms[at].fixed;
    return (enum form)forms[at].form;
}

static double from_bits(uint64_t bits, unsigned bytes)
{
    union {
        uint64_t u64;
        double number;
    } wide = {bits};
    union {
        uint32_t u32;
        float number;
    } narrow = {(uint32_t)bits};
    return bytes == 4 ? (double)narrow.number : wide.number;
}

static int64_t signed_of(uint64_t value, unsigned bytes)
{
    unsigned unused = 64 - 8 * bytes;
    uint64_t high = value << unused, sign = UINT64_C(1) << 63;
    uint64_t filled = high & sign ? ~(~high >> unused) : high >> unused;
    return filled & sign ? -(int64_t)~filled - 1 : (int64_t)filled;
}

static void set_double(node *n, double value)
{
    n->kind = isfinite(value) ? MDW_VALUE_DOUBLE : MDW_VALUE_NULL;
    n->u.number = value;
}

/* Type -1 is a time in seconds, in three layouts. */
static void read_extension(reader *r, uint64_t len, node *n)
{
    uint8_t type = reader_u8(r);
    uint64_t high = 0, low = 0;
    if (type != 0xFF || (len != 4 && len != 8 && len != 12)) {
        reader_skip(r, len);
        return;
    }
    if (len == 12)
        high = reader_uint(r, 4);
    low = reader_uint(r, len == 4 ? 4 : 8);
    if (len == 4)
        set_double(n, (double)low);
    else if (len == 8)
        set_double(n, (double)(low & ((UINT64_C(1) << 34) - 1)) +
                          (double)(low >> 34) / 1e9);
    else
        set_double(n, (double)signed_of(low, 8) + (double)high / 1e9);
}

static mdw_status read_text(mdw_sentry_data *d, reader *r, uint64_t len,
                            node *n)
{
    mdw_bytes bytes = reader_bytes(r, len);
    if (r->bad)
        return MDW_E_TRUNCATED;
    n->string = arena_str(d->store, str_from(bytes));
    return n->string.data ? MDW_OK : (mdw_status)MDW_E_MEMORY;
}

static mdw_status read_one(mdw_sentry_data *d, reader *r, node *n,
                           uint64_t *children)
{
    uint64_t value;
    unsigned bytes;
    *children = 0;
    switch (read_form(r, &value, &bytes)) {
    case FORM_BAD:
        return r->bad ? MDW_E_TRUNCATED : (mdw_status)MDW_E_FORMAT;
    case FORM_NIL:
        break;
    case FORM_BOOL:
        n->kind = MDW_VALUE_BOOL;
        n->u.u64 = value;
        break;
    case FORM_UINT:
        n->kind = MDW_VALUE_U64;
        n->u.u64 = value;
        break;
    case FORM_INT:
        n->kind = MDW_VALUE_I64;
        n->u.i64 = signed_of(value, bytes);
        break;
    case FORM_FLOAT:
        set_double(n, from_bits(value, bytes));
        break;
    case FORM_STRING:
        n->kind = MDW_VALUE_STRING;
        return read_text(d, r, value, n);
    case FORM_BINARY:
        reader_skip(r, value); /* JSON has no word for it: null */
        break;
    case FORM_EXTENSION:
        read_extension(r, value, n);
        break;
    case FORM_ARRAY:
        n->kind = MDW_VALUE_ARRAY;
        *children = value;
        break;
    case FORM_MAP:
        n->kind = MDW_VALUE_OBJECT;
        *children = 2 * value; /* < 2^33 */
        break;
    }
    if (r->bad || *children > reader_left(r)) /* each has a byte at least */
        return MDW_E_TRUNCATED;
    return MDW_OK;
}

/* Puts a value where it belongs, or keeps it as the key of the next. */
static mdw_status place(level *at, node *n)
{
    if (at->node->kind == MDW_VALUE_ARRAY) {
        node_add(at->node, n, (mdw_str){NULL, 0});
    } else if (at->has_key) {
        node_add(at->node, n, at->key);
        at->has_key = false;
    } else if (n->kind != MDW_VALUE_STRING) {
        return MDW_E_FORMAT; /* events have no other keys */
    } else {
        at->key = n->string;
        at->has_key = true;
    }
    at->left--;
    return MDW_OK;
}

static mdw_status build(mdw_sentry_data *d, reader *r, node **out)
{
    level levels[DATA_DEPTH];
    unsigned depth = 0;
    do {
        uint64_t children;
        node *n = node_new(d, MDW_VALUE_NULL);
        if (!n)
            return MDW_E_MEMORY;
        mdw_status status = read_one(d, r, n, &children);
        if (status == MDW_OK && depth)
            status = place(&levels[depth - 1], n);
        if (status != MDW_OK)
            return status;
        if (!*out)
            *out = n;
        if (children) {
            if (depth == DATA_DEPTH)
                return MDW_E_LIMIT;
            levels[depth++] = (level){.node = n, .left = children};
        }
        while (depth && !levels[depth - 1].left)
            depth--;
    } while (depth);
    return MDW_OK;
}

mdw_status data_msgpack(mdw_sentry_data *d, mdw_bytes *rest, node **out)
{
    reader r = reader_at(*rest, 0, 0, true);
    *out = NULL;
    text_begin(d, rest->len);
    mdw_status status = build(d, &r, out);
    text_end(d);
    if (status == MDW_OK)
        *rest = bytes_slice(r.bytes, r.pos, r.bytes.len - r.pos);
    return status;
}
