/* lib/sentry/data_fold.c - everything that was said, folded into one object: of
 * fields that say the same twice the first stands, nulls are filled, objects
 * are merged. */
#include <stdlib.h>
#include <string.h>

#include "lib/base/str.h"
#include "lib/sentry/data.h"

static int by_order(const void *a, const void *b)
{
    const node *const *x = a, *const *y = b;
    return ((*x)->order > (*y)->order) - ((*x)->order < (*y)->order);
}

static int by_key(const void *a, const void *b)
{
    const node *const *x = a, *const *y = b;
    mdw_str s = (*x)->key, t = (*y)->key;
    size_t len = s.len < t.len ? s.len : t.len;
    int diff = len ? memcmp(s.data, t.data, len) : 0;
    if (!diff)
        diff = (s.len > t.len) - (s.len < t.len);
    if (!diff)
        diff = ((*x)->rank > (*y)->rank) - ((*x)->rank < (*y)->rank);
    return diff;
}

static bool same_key(const node *a, const node *b)
{
    return a->key.len == b->key.len &&
           (!a->key.len || str_equal(a->key, b->key));
}

static node **children(const node *n, arena *store)
{
    node **list = arena_take(store, n->count, sizeof(node *));
    size_t at = 0;
    for (node *c = n->first; list && c && at < n->count; c = c->next)
        list[at++] = c;
    return list;
}

/* A copy that may be changed: the fold leaves the data as it is. */
static bool own(node **into, arena *store)
{
    node *copy = arena_take(store, 1, sizeof *copy);
    if (!copy)
        return false;
    *copy = **into;
    copy->first = copy->last = NULL;
    copy->count = 0;
    *into = copy;
    return true;
}

static bool take_children(node *to, const node *from, arena *store)
{
    for (const node *c = from->first; c; c = c->next) {
        node *copy = arena_take(store, 1, sizeof *copy);
        if (!copy)
            return false;
        *copy = *c;
        node_add(to, copy, c->key);
    }
    return true;
}

/* `out` with what `next` adds to it, or NULL. `*grown`: it is ours already. */
static node *add(node *out, node *next, bool *grown, arena *store)
{
    if (out->kind == MDW_VALUE_NULL) {
        *grown = false;
        return next;
    }
    if (out->kind != MDW_VALUE_OBJECT || next->kind != MDW_VALUE_OBJECT)
        return out;
    const node *before = out;
    if (!*grown && (!own(&out, store) || !take_children(out, before, store)))
        return NULL;
    *grown = true;
    return take_children(out, next, store) ? out : NULL;
}

/* The run of nodes with the key of `list[0]` as one node. Of those that stood
 * in one text the first by rank, which is the last there, is all. */
static node *merge(node **list, size_t count, arena *store)
{
    node *out = list[0];
    bool grown = false;
    for (size_t i = 1; out && i < count; i++)
        if (!list[i]->text || list[i]->text != list[i - 1]->text)
            out = add(out, list[i], &grown, store);
    return out;
}

/* Sorts, merges equal keys, and sorts back. Returns how many are left; in
 * `*failed` whether memory was missing. */
static size_t settle(node **list, size_t count, arena *store, bool *failed)
{
    size_t kept = 0;
    qsort(list, count, sizeof(node *), by_key);
    for (size_t i = 0, end; i < count; i = end) {
        for (end = i + 1; end < count && same_key(list[i], list[end]);)
            end++;
        list[kept] = merge(list + i, end - i, store);
        *failed |= !list[kept++];
        if (*failed)
            return 0;
    }
    qsort(list, kept, sizeof(node *), by_order);
    return kept;
}

static mdw_value scalar(const node *n)
{
    mdw_value v = {.kind = n->kind};
    switch (n->kind) {
    case MDW_VALUE_I64:
        v.u.i64 = n->u.i64;
        break;
    case MDW_VALUE_DOUBLE:
        v.u.number = n->u.number;
        break;
    case MDW_VALUE_STRING:
        v.u.string = n->string;
        break;
    default:
        v.u.u64 = n->u.u64;
    }
    return v;
}

/* A container whose children wait for their values. */
typedef struct level {
    node **list;
    size_t count, next;
    mdw_value *items;    /* of an array */
    mdw_member *members; /* of an object */
} level;

static bool open_level(level *at, const node *n, arena *store, mdw_value *value)
{
    bool failed = false, object = n->kind == MDW_VALUE_OBJECT;
    *at = (level){.list = children(n, store), .count = n->count};
    if (!at->list)
        return false;
    if (object)
        at->count = settle(at->list, at->count, store, &failed);
    if (failed)
        return false;
    *value = (mdw_value){.kind = n->kind, .count = (uint32_t)at->count};
    if (object) {
        at->members = arena_take(store, at->count, sizeof *at->members);
        value->u.members = at->members;
    } else {
        at->items = arena_take(store, at->count, sizeof *at->items);
        value->u.items = at->items;
    }
    return object ? at->members != NULL : at->items != NULL;
}

/* `n` as a value. Merging keeps depth: no deeper than DATA_DEPTH and what the
 * brackets and the root add. */
static bool convert(const node *n, arena *store, mdw_value *out)
{
    enum { LEVELS = DATA_DEPTH + 8 }; /* brackets, crumbs and the root */
    level levels[LEVELS];
    size_t depth = 0;
    if (!open_level(&levels[depth++], n, store, out))
        return false;
    while (depth) {
        level *at = &levels[depth - 1];
        if (at->next == at->count) {
            depth--;
            continue;
        }
        if (!at->items && !at->members)
            return false; /* open_level has seen to it */
        const node *c = at->list[at->next];
        mdw_value *to =
            at->items ? &at->items[at->next] : &at->members[at->next].value;
        if (at->members)
            at->members[at->next].key = c->key.data ? c->key : STR("");
        at->next++;
        if (c->kind != MDW_VALUE_ARRAY && c->kind != MDW_VALUE_OBJECT)
            *to = scalar(c);
        else if (depth == LEVELS)
            *to = (mdw_value){.kind = MDW_VALUE_NULL};
        else if (!open_level(&levels[depth++], c, store, to))
            return false;
    }
    return true;
}

/* --- the parts ---------------------------------------------------------- */

static int by_number(const void *a, const void *b)
{
    const chunk *x = a, *y = b;
    if (x->number != y->number)
        return x->number > y->number ? 1 : -1;
    return (x->order > y->order) - (x->order < y->order);
}

/* The chunks in the order of their numbers; of equal ones the last. */
static mdw_status join_chunks(mdw_sentry_data *d, node **out)
{
    arena *store = d->store;
    size_t count = d->chunk_count, len = 0, at = 0;
    chunk *sorted = arena_take(store, count, sizeof *sorted);
    *out = NULL;
    if (!sorted)
        return MDW_E_MEMORY;
    for (size_t i = 0; i < count; i++)
        sorted[i] = d->chunks[i];
    qsort(sorted, count, sizeof *sorted, by_number);
    for (size_t i = 0; i < count; i++) {
        if (i + 1 < count && sorted[i].number == sorted[i + 1].number)
            sorted[i].text.len = 0;
        len += sorted[i].text.len; /* all of them are in memory */
    }
    if (!count || len > DATA_MAX_BYTES)
        return MDW_OK;
    char *text = arena_take_raw(store, len + 1, 1);
    if (!text)
        return MDW_E_MEMORY;
    for (size_t i = 0; i < count; i++) {
        if (sorted[i].text.len)
            memcpy(text + at, sorted[i].text.data, sorted[i].text.len);
        at += sorted[i].text.len;
    }
    mdw_status status = data_json(d, (mdw_str){text, len}, out);
    if (status == MDW_E_FORMAT || (*out && (*out)->kind != MDW_VALUE_OBJECT))
        *out = NULL; /* as the endpoint does: what is no JSON is ignored */
    return status == MDW_E_MEMORY ? status : (mdw_status)MDW_OK;
}

/* Chunks come after all other fields, other fields' texts last. */
static mdw_status from_fields(mdw_sentry_data *d, node *root)
{
    node *chunks;
    mdw_status status = join_chunks(d, &chunks);
    if (status != MDW_OK)
        return status;
    if (!take_children(root, d->fields, d->store) ||
        (chunks && !take_children(root, chunks, d->store)))
        return MDW_E_MEMORY;
    if (!d->extra->count)
        return MDW_OK;
    node *extra = node_new(d, MDW_VALUE_OBJECT);
    if (!extra || !take_children(extra, d->extra, d->store))
        return MDW_E_MEMORY;
    node_add(root, extra, STR("extra"));
    return MDW_OK;
}

/* Crumbs of files replace those of the event. */
static mdw_status from_files(mdw_sentry_data *d, node *root)
{
    node *list = NULL;
    bool crumbs = d->crumbs[0] || d->crumbs[1];
    for (const node *c = d->event ? d->event->first : NULL; c; c = c->next) {
        node *copy = node_new(d, c->kind);
        if (!copy)
            return MDW_E_MEMORY;
        if (crumbs && str_is(c->key, "breadcrumbs"))
            continue;
        *copy = *c;
        node_add(root, copy, c->key);
    }
    if (!crumbs)
        return MDW_OK;
    list = data_crumb_list(d);
    node *holder = node_new(d, MDW_VALUE_OBJECT);
    if (!list || !holder)
        return MDW_E_MEMORY;
    node_add(holder, list, STR("values"));
    node_add(root, holder, STR("breadcrumbs"));
    return MDW_OK;
}

mdw_status data_fold(const mdw_sentry_data *d, arena *store, mdw_value *out,
                     mdw_str *id)
{
    mdw_sentry_data own_data = *d; /* its new nodes are ours */
    own_data.store = store;
    bool files = d->event || d->crumbs[0] || d->crumbs[1];
    node *root = node_new(&own_data, MDW_VALUE_OBJECT);
    if (!root)
        return MDW_E_MEMORY;
    mdw_status status =
        files ? from_files(&own_data, root) : from_fields(&own_data, root);
    if (status != MDW_OK)
        return status;
    *id = d->id_event;
    if (!files)
        *id = d->id_json.len ? d->id_json : d->id_brackets;
    return convert(root, store, out) ? MDW_OK : (mdw_status)MDW_E_MEMORY;
}
