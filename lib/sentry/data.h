/* lib/sentry/data.h - what clients say of an event beside the dump, gathered as
 * nodes and folded into one value at the end. */
#ifndef MDW_SENTRY_DATA_H
#define MDW_SENTRY_DATA_H

#include "lib/base/arena.h"
#include "lib/base/buffer.h"
#include "mdwalk/sentry.h"

/* Deepest value, which still fits into an event as deep as JSON_DEPTH; Relay's
 * limit of one event, which holds for every field and file too. */
enum { DATA_DEPTH = 56, DATA_MAX_BYTES = 1 << 20 };

/* A value that is still growing. Objects may hold a key many times: what
 * becomes of that is decided when all is there (data_fold). */
typedef struct node node;
struct node {
    mdw_str key;
    uint64_t order; /* of arrival, over all nodes */
    uint64_t rank;  /* of those with one key the lowest comes first */
    uint32_t text;  /* the field or file it stood in; 0: by itself */
    uint32_t kind;  /* enum mdw_value_kind */
    uint32_t count; /* of an array or object */
    union {
        int64_t i64;
        uint64_t u64;
        double number;
    } u;
    mdw_str string;
    node *next, *first, *last; /* siblings; children */
};

/* sentry__N */
typedef struct chunk {
    uint64_t number, order;
    mdw_str text;
} chunk;

struct mdw_sentry_data {
    arena *store;
    mdw_allocator alloc;
    uint64_t order; /* of the next node */
    uint64_t ranks; /* inside a text: what rank and order add up to */
    uint32_t text, texts;
    node *fields; /* object: form fields */
    node *extra;  /* object: other form fields */
    node *event;  /* of __sentry-event; NULL: none */
    node *crumbs[2];
    chunk *chunks;
    size_t chunk_count, chunk_room;
    mdw_str id_event, id_json, id_brackets; /* 32 digits, or empty */
};

node *node_new(mdw_sentry_data *d, uint32_t kind); /* NULL: no memory */
/* Between them a key that comes twice means what it says last. `len`: bytes,
 * of which every node takes one at least. */
void text_begin(mdw_sentry_data *d, size_t len);
void text_end(mdw_sentry_data *d);
void node_add(node *parent, node *child, mdw_str key);
/* The last child of that key; NULL: none, or `n` is no object. */
node *node_find(const node *n, const char *key);

/* MDW_E_FORMAT: not JSON, or far too deep; MDW_E_LIMIT: too deep. */
mdw_status data_json(mdw_sentry_data *d, mdw_str text, node **out);
/* One value off the front. MDW_E_TRUNCATED, MDW_E_FORMAT, MDW_E_LIMIT. */
mdw_status data_msgpack(mdw_sentry_data *d, mdw_bytes *rest, node **out);
/* MDW_E_FORMAT, or as data_msgpack; `*out` is an array of objects. */
mdw_status data_crumbs(mdw_sentry_data *d, mdw_bytes bytes, node **out);
/* The two files of a ring as one list. NULL: no memory. */
node *data_crumb_list(mdw_sentry_data *d);

/* Everything that was said, as one object in `store`; an object without members
 * when that is nothing. `id`: the event's, or empty. */
mdw_status data_fold(const mdw_sentry_data *d, arena *store, mdw_value *out,
                     mdw_str *id);

#endif
