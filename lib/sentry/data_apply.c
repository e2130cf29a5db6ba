/* lib/sentry/data_apply.c - what clients said, put into the event: where both
 * say something of exception, threads, images and time the dump is right; of
 * everything else the client. */
#include <stdlib.h>
#include <string.h>

#include "lib/sentry/data.h"
#include "lib/sentry/parts.h"

mdw_status build_data(mdw_sentry *s)
{
    s->data = s->sdk = s->debug_meta = value_object(NULL, 0);
    s->data_id = STR("");
    return s->options.data
               ? data_fold(s->options.data, s->store, &s->data, &s->data_id)
               : MDW_OK;
}

static const mdw_value *get(const mdw_value *object, mdw_str key)
{
    if (object->kind != MDW_VALUE_OBJECT)
        return NULL;
    for (uint32_t i = 0; i < object->count; i++)
        if (str_equal(object->u.members[i].key, key))
            return &object->u.members[i].value;
    return NULL;
}

static mdw_str text_of(const mdw_value *object, const char *key)
{
    const mdw_value *v = get(object, str_of(key));
    return v && v->kind == MDW_VALUE_STRING ? v->u.string : (mdw_str){NULL, 0};
}

/* --- the event's own members -------------------------------------------- */

mdw_str data_level(const mdw_sentry *s)
{
    return text_of(&s->data, "level");
}

void data_event(mdw_sentry *s)
{
    mdw_sentry_event *e = &s->event;
    e->release = text_of(&s->data, "release");
    e->environment = text_of(&s->data, "environment");
    e->dist = text_of(&s->data, "dist");
    e->transaction = text_of(&s->data, "transaction");
    e->server_name = text_of(&s->data, "server_name");
    const mdw_value *sdk = get(&s->data, STR("sdk"));
    if (!sdk || sdk->kind != MDW_VALUE_OBJECT)
        return;
    s->sdk = *sdk;
    e->sdk_name = text_of(sdk, "name");
    e->sdk_version = text_of(sdk, "version");
}

/* --- contexts ----------------------------------------------------------- */

/* A field of a record that the data may set; one of both is NULL. */
typedef struct field {
    const char *key;
    mdw_str *text;
    mdw_opt_u64 *number;
} field;

/* The data's value becomes the field, or, where it is of another kind, stays a
 * member of its own and the field is absent. */
static bool set_field(const field *f, const mdw_value *v)
{
    bool fits =
        f->text ? v->kind == MDW_VALUE_STRING : v->kind == MDW_VALUE_U64;
    if (f->text)
        *f->text = fits ? v->u.string : (mdw_str){NULL, 0};
    else
        *f->number = (mdw_opt_u64){fits ? v->u.u64 : 0, fits};
    return fits;
}

/* Members that no field holds, but for `type`, which is always ours. */
static mdw_status merge_context(mdw_sentry *s, const char *name,
                                const field *fields, size_t count, bool *has,
                                mdw_value *more)
{
    const mdw_value *contexts = get(&s->data, STR("contexts"));
    const mdw_value *theirs = contexts ? get(contexts, str_of(name)) : NULL;
    if (!theirs || theirs->kind != MDW_VALUE_OBJECT)
        return MDW_OK;
    mdw_member *left = arena_take(s->store, theirs->count, sizeof *left);
    uint32_t n = 0;
    if (!left)
        return MDW_E_MEMORY;
    for (uint32_t i = 0; i < theirs->count; i++) {
        const mdw_member *m = &theirs->u.members[i];
        bool taken = str_is(m->key, "type") || m->value.kind == MDW_VALUE_NULL;
        for (size_t f = 0; !taken && f < count; f++)
            taken = str_is(m->key, fields[f].key) &&
                    set_field(&fields[f], &m->value);
        if (!taken)
            left[n++] = *m;
    }
    *has = true;
    *more = value_object(left, n);
    return MDW_OK;
}

mdw_status data_contexts(mdw_sentry *s)
{
    mdw_sentry_os *o = &s->os;
    mdw_sentry_device *d = &s->device;
    const field os[] = {
        {"name", &o->name, NULL},
        {"version", &o->version, NULL},
        {"build", &o->build, NULL},
        {"kernel_version", &o->kernel_version, NULL},
        {"raw_description", &o->raw_description, NULL},
    };
    const field device[] = {
        {"arch", &d->arch, NULL},
        {"model", &d->model, NULL},
        {"cpu_description", &d->cpu_description, NULL},
        {"processor_count", NULL, &d->processor_count},
        {"memory_size", NULL, &d->memory_size},
        {"free_memory", NULL, &d->free_memory},
    };
    mdw_value os_more = value_object(NULL, 0), device_more = os_more;
    mdw_status status = merge_context(s, "os", os, sizeof os / sizeof *os,
                                      &s->has_os, &os_more);
    if (status == MDW_OK)
        status =
            merge_context(s, "device", device, sizeof device / sizeof *device,
                          &s->has_device, &device_more);
    return status == MDW_OK ? build_objects(s, &os_more, &device_more) : status;
}

static int by_key(const void *a, const void *b)
{
    const mdw_member *x = a, *y = b;
    size_t len = x->key.len < y->key.len ? x->key.len : y->key.len;
    int diff = len ? memcmp(x->key.data, y->key.data, len) : 0;
    return diff ? diff : (x->key.len > y->key.len) - (x->key.len < y->key.len);
}

/* The data's contexts that are no record and say something, by key. */
static mdw_member *their_contexts(mdw_sentry *s, uint32_t *count)
{
    const mdw_value *contexts = get(&s->data, STR("contexts"));
    bool has = contexts && contexts->kind == MDW_VALUE_OBJECT;
    mdw_member *all =
        arena_take(s->store, has ? contexts->count : 0, sizeof *all);
    *count = 0;
    for (uint32_t i = 0; all && has && i < contexts->count; i++) {
        const mdw_member *m = &contexts->u.members[i];
        if (m->value.kind != MDW_VALUE_NULL && !str_is(m->key, "os") &&
            !str_is(m->key, "device"))
            all[(*count)++] = *m;
    }
    if (all)
        qsort(all, *count, sizeof *all, by_key);
    return all;
}

/* The data's, then ours that it has not. */
static mdw_status all_contexts(mdw_sentry *s, const mdw_member *own,
                               uint32_t count, mdw_value *out)
{
    uint32_t theirs, n = 0;
    const mdw_member *known = their_contexts(s, &theirs);
    mdw_member *all = arena_take(s->store, (size_t)theirs + count, sizeof *all);
    if (!known || !all)
        return MDW_E_MEMORY;
    for (; n < theirs; n++)
        all[n] = known[n];
    for (uint32_t i = 0; i < count; i++)
        if (!bsearch(&own[i], known, theirs, sizeof *known, by_key))
            all[n++] = own[i];
    *out = value_object(all, n);
    return MDW_OK;
}

/* --- everything else ---------------------------------------------------- */

/* The schema's properties of an event that have no record; another name is
 * nothing that an event can have. */
static const char *const passed[] = {
    "breadcrumbs",      "culprit",  "errors", "extra",
    "fingerprint",      "logentry", "logger", "modules",
    "received",         "request",  "tags",   "time_spent",
    "transaction_info", "type",     "user",   "version",
};

static bool passes(mdw_str key)
{
    for (size_t i = 0; i < sizeof passed / sizeof *passed; i++)
        if (str_is(key, passed[i]))
            return true;
    return false;
}

/* debug_meta keeps what is not its images. */
static mdw_status keep_debug_meta(mdw_sentry *s)
{
    const mdw_value *meta = get(&s->data, STR("debug_meta"));
    if (!meta || meta->kind != MDW_VALUE_OBJECT)
        return MDW_OK;
    mdw_member *kept = arena_take(s->store, meta->count, sizeof *kept);
    uint32_t n = 0;
    if (!kept)
        return MDW_E_MEMORY;
    for (uint32_t i = 0; i < meta->count; i++)
        if (!str_is(meta->u.members[i].key, "images"))
            kept[n++] = meta->u.members[i];
    s->debug_meta = value_object(kept, n);
    return MDW_OK;
}

mdw_status data_rest(mdw_sentry *s, const mdw_member *own, uint32_t count)
{
    mdw_member *rest =
        arena_take(s->store, (size_t)s->data.count + 1, sizeof *rest);
    uint32_t n = 1;
    if (!rest)
        return MDW_E_MEMORY;
    rest[0].key = STR("contexts");
    mdw_status status = all_contexts(s, own, count, &rest[0].value);
    for (uint32_t i = 0; i < s->data.count; i++) {
        const mdw_member *m = &s->data.u.members[i];
        if (m->value.kind != MDW_VALUE_NULL && passes(m->key))
            rest[n++] = *m;
    }
    s->rest = value_object(rest, n);
    return status == MDW_OK ? keep_debug_meta(s) : status;
}
