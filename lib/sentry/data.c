/* lib/sentry/data.c - form fields and files of an upload, as the minidump
 * endpoint sorts them. */
#include "lib/sentry/data.h"

#include "lib/base/fail.h"
#include "lib/base/options.h"
#include "lib/base/str.h"

#define DEFAULT_MEMORY (UINT64_C(64) << 20)
enum { MAX_BRACKETS = 7, ID_DIGITS = 32, FIRST_CHUNKS = 16 };

mdw_status mdw_sentry_data_new(const mdw_budget *budget,
                               const mdw_allocator *alloc,
                               mdw_sentry_data **out, mdw_error *err)
{
    mdw_budget own;
    if (!out)
        return fail(err, MDW_E_ARG, "mdw_sentry_data");
    mdw_status status = options_read(&own, sizeof own, budget);
    if (status != MDW_OK)
        return fail(err, status, "mdw_budget");
    arena *store = arena_new(alloc, own.memory ? own.memory : DEFAULT_MEMORY);
    mdw_sentry_data *d = store ? arena_take(store, 1, sizeof *d) : NULL;
    if (d) {
        d->store = store;
        d->fields = node_new(d, MDW_VALUE_OBJECT);
        d->extra = node_new(d, MDW_VALUE_OBJECT);
    }
    if (!d || !d->fields || !d->extra) {
        arena_close(store);
        return fail(err, MDW_E_MEMORY, "mdw_sentry_data");
    }
    *out = d;
    return MDW_OK;
}

void mdw_sentry_data_close(mdw_sentry_data *data)
{
    if (data)
        arena_close(data->store);
}

/* --- nodes -------------------------------------------------------------- */

node *node_new(mdw_sentry_data *d, uint32_t kind)
{
    node *n = arena_take(d->store, 1, sizeof *n);
    if (!n)
        return NULL;
    n->kind = kind;
    n->order = d->order++;
    n->rank = d->text ? d->ranks - n->order : n->order;
    n->text = d->text;
    return n;
}

/* Ranks fall from the end of the text's orders to its start. */
void text_begin(mdw_sentry_data *d, size_t len)
{
    d->text = ++d->texts;
    d->ranks = 2 * d->order + len; /* < 2^64: bytes that were in memory */
}

void text_end(mdw_sentry_data *d)
{
    uint64_t start_and_end = d->ranks + 1;
    if (d->order < start_and_end)
        d->order = start_and_end;
    d->text = 0;
}

void node_add(node *parent, node *child, mdw_str key)
{
    child->key = key;
    child->next = NULL;
    if (parent->last)
        parent->last->next = child;
    else
        parent->first = child;
    parent->last = child;
    parent->count++; /* < 2^32: each takes a byte of input of 1 MiB */
}

node *node_find(const node *n, const char *key)
{
    node *found = NULL;
    for (node *c = n && n->kind == MDW_VALUE_OBJECT ? n->first : NULL; c;
         c = c->next)
        if (str_is(c->key, key))
            found = c;
    return found;
}

/* --- ids ---------------------------------------------------------------- */

static bool is_hex(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') ||
           (c >= 'A' && c <= 'F');
}

/* 32 digits, with or without the dashes of a UUID, in lower case. */
static mdw_str event_id(mdw_sentry_data *d, const node *n)
{
    char id[ID_DIGITS];
    size_t len = 0;
    const char *at = n && n->kind == MDW_VALUE_STRING ? n->string.data : NULL;
    for (size_t i = 0; at && i < n->string.len; i++) {
        if (at[i] == '-')
            continue;
        if (!is_hex(at[i]) || len == ID_DIGITS)
            return STR("");
        id[len++] = (char)(at[i] >= 'A' && at[i] <= 'F' ? at[i] | 0x20 : at[i]);
    }
    return len == ID_DIGITS ? arena_str(d->store, (mdw_str){id, len}) : STR("");
}

static void note_id(mdw_sentry_data *d, const node *n, mdw_str *into)
{
    mdw_str id = event_id(d, n);
    if (!into->len && id.len)
        *into = id;
}

/* --- fields ------------------------------------------------------------- */

/* What is only a part of something else leaves no trace: the new nodes hang
 * below `fields` when they are whole. */
static mdw_status add_json(mdw_sentry_data *d, mdw_str text)
{
    node *n;
    mdw_status status = data_json(d, text, &n);
    if (status != MDW_OK)
        return status;
    if (n->kind != MDW_VALUE_OBJECT)
        return MDW_E_FORMAT;
    note_id(d, node_find(n, "event_id"), &d->id_json);
    for (node *c = n->first, *next; c; c = next) {
        next = c->next;
        node_add(d->fields, c, c->key);
    }
    return MDW_OK;
}

static mdw_status add_chunk(mdw_sentry_data *d, uint64_t number, mdw_str text)
{
    if (d->chunk_count == d->chunk_room) {
        size_t room = d->chunk_room ? d->chunk_room * 2 : FIRST_CHUNKS;
        chunk *more = arena_take(d->store, room, sizeof *more);
        if (!more)
            return MDW_E_MEMORY;
        for (size_t i = 0; i < d->chunk_count; i++)
            more[i] = d->chunks[i];
        d->chunks = more;
        d->chunk_room = room;
    }
    mdw_str copy = arena_str(d->store, text);
    if (!copy.data)
        return MDW_E_MEMORY;
    d->chunks[d->chunk_count++] = (chunk){number, d->order++, copy};
    return MDW_OK;
}

static node *string_node(mdw_sentry_data *d, mdw_str text)
{
    node *n = node_new(d, MDW_VALUE_STRING);
    mdw_str copy = arena_str(d->store, text);
    if (!n || !copy.data)
        return NULL;
    n->string = copy;
    return n;
}

static mdw_status add_string(mdw_sentry_data *d, node *to, mdw_str key,
                             mdw_str value)
{
    node *n = string_node(d, value);
    mdw_str copy = arena_str(d->store, key);
    if (!n || !copy.data)
        return MDW_E_MEMORY;
    node_add(to, n, copy);
    return MDW_OK;
}

/* "[a][b]" -> "a", "b". Returns how many; 0: not of that form. */
static size_t split_brackets(mdw_str text, mdw_str keys[MAX_BRACKETS])
{
    size_t count = 0;
    while (text.len) {
        size_t end = str_find(text, ']');
        if (*text.data != '[' || end == text.len || end == 1 ||
            count == MAX_BRACKETS)
            return 0;
        keys[count++] = str_slice(text, 1, end);
        text = str_slice(text, end + 1, text.len);
    }
    return count;
}

/* sentry[a][b]=value; the root's key is the first. */
static mdw_status add_brackets(mdw_sentry_data *d, const mdw_str *keys,
                               size_t count, mdw_str value)
{
    node *n = string_node(d, value), *root = n;
    mdw_str key = {NULL, 0};
    for (size_t i = count; root && i--;) {
        key = arena_str(d->store, keys[i]);
        if (!key.data)
            return MDW_E_MEMORY;
        if (!i)
            break;
        node *parent = node_new(d, MDW_VALUE_OBJECT);
        if (parent)
            node_add(parent, root, key);
        root = parent;
    }
    if (!root)
        return MDW_E_MEMORY;
    if (count == 1 && str_is(keys[0], "event_id"))
        note_id(d, n, &d->id_brackets);
    node_add(d->fields, root, key);
    return MDW_OK;
}

/* "sentry__12": two underscores and a number, no third underscore. */
static bool is_chunk(mdw_str key, uint64_t *number)
{
    return str_starts(key, STR("sentry__")) &&
           str_decimal(str_slice(key, 8, key.len), number);
}

static mdw_status add_field(mdw_sentry_data *d, mdw_str key, mdw_str value)
{
    mdw_str keys[MAX_BRACKETS];
    uint64_t number;
    if (str_is(key, "sentry") || str_starts(key, STR("sentry___")))
        return add_json(d, value);
    if (is_chunk(key, &number))
        return add_chunk(d, number, value);
    if (str_starts(key, STR("sentry["))) {
        size_t count = split_brackets(str_slice(key, 6, key.len), keys);
        return count ? add_brackets(d, keys, count, value)
                     : (mdw_status)MDW_E_FORMAT;
    }
    return add_string(d, d->extra, key, value);
}

mdw_status mdw_sentry_data_field(mdw_sentry_data *data, mdw_str key,
                                 mdw_str value, mdw_error *err)
{
    if (!data || !key.len || (value.len && !value.data))
        return fail(err, MDW_E_ARG, "form field");
    if (key.len > DATA_MAX_BYTES || value.len > DATA_MAX_BYTES)
        return fail(err, MDW_E_LIMIT, "form field");
    mdw_status status = add_field(data, key, value);
    if (status == MDW_E_MEMORY && !arena_starved(data->store))
        status = MDW_E_LIMIT; /* it was the budget */
    return status == MDW_OK ? MDW_OK : fail(err, status, "form field");
}

/* --- files -------------------------------------------------------------- */

static mdw_status add_event(mdw_sentry_data *d, mdw_bytes bytes)
{
    node *n;
    mdw_status status = data_msgpack(d, &bytes, &n);
    if (status != MDW_OK)
        return status;
    if (n->kind != MDW_VALUE_OBJECT || bytes.len)
        return MDW_E_FORMAT;
    d->event = n;
    d->id_event = event_id(d, node_find(n, "event_id"));
    return MDW_OK;
}

mdw_status mdw_sentry_data_file(mdw_sentry_data *data, mdw_str name,
                                mdw_bytes bytes, mdw_error *err)
{
    mdw_status status = MDW_ABSENT;
    if (!data || (bytes.len && !bytes.data))
        return fail(err, MDW_E_ARG, "attachment");
    bool event = str_is(name, "__sentry-event");
    bool first = str_is(name, "__sentry-breadcrumb1");
    if (!event && !first && !str_is(name, "__sentry-breadcrumb2"))
        return MDW_ABSENT;
    if (bytes.len > DATA_MAX_BYTES)
        return fail(err, MDW_E_LIMIT, "msgpack");
    status = event ? add_event(data, bytes)
                   : data_crumbs(data, bytes, &data->crumbs[!first]);
    if (status == MDW_E_MEMORY && !arena_starved(data->store))
        status = MDW_E_LIMIT;
    return status == MDW_OK ? MDW_OK : fail(err, status, "msgpack");
}
