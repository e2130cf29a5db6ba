/* lib/sentry/json.c - an event as JSON, from its records to a sink. */
#include "lib/base/fail.h"
#include "lib/json/writer.h"
#include "lib/sentry/parts.h"

/* --- members that may be absent ----------------------------------------- */

static void put_str(json *j, const char *key, mdw_str text)
{
    if (!text.data)
        return;
    json_key(j, key);
    json_str(j, text);
}

static void put_hex(json *j, const char *key, mdw_opt_u64 value)
{
    if (!value.set)
        return;
    json_key(j, key);
    json_hex(j, value.value, 1);
}

static void put_number(json *j, const char *key, mdw_opt_u64 value)
{
    if (!value.set)
        return;
    json_key(j, key);
    json_uint(j, value.value);
}

static void put_int(json *j, const char *key, int64_t value)
{
    json_key(j, key);
    json_int(j, value);
}

static void put_bool(json *j, const char *key, mdw_opt_bool value)
{
    if (value == MDW_TRUTH_ABSENT)
        return;
    json_key(j, key);
    json_bool(j, value == MDW_TRUTH_TRUE);
}

static void open(json *j, const char *key)
{
    json_key(j, key);
    json_object(j);
}

/* --- dynamic values ------------------------------------------------------ */

/* Where the writer is inside a value; its depth is bounded by the writer's
 * own. */
typedef struct level {
    const mdw_value *value;
    uint32_t next;
} level;

static void put_scalar(json *j, const mdw_value *v)
{
    switch (v->kind) {
    case MDW_VALUE_BOOL:
        json_bool(j, v->u.u64);
        break;
    case MDW_VALUE_I64:
        json_int(j, v->u.i64);
        break;
    case MDW_VALUE_U64:
        json_uint(j, v->u.u64);
        break;
    case MDW_VALUE_DOUBLE:
        json_double(j, v->u.number);
        break;
    case MDW_VALUE_STRING:
        json_str(j, v->u.string);
        break;
    default:
        json_null(j);
    }
}

static bool is_container(const mdw_value *v)
{
    return v->kind == MDW_VALUE_ARRAY || v->kind == MDW_VALUE_OBJECT;
}

/* The next thing inside `at`, its key written; NULL: it is at its end. */
static const mdw_value *next_inside(json *j, level *at)
{
    if (at->next == at->value->count)
        return NULL;
    if (at->value->kind == MDW_VALUE_ARRAY)
        return &at->value->u.items[at->next++];
    const mdw_member *m = &at->value->u.members[at->next++];
    json_key_str(j, m->key);
    return &m->value;
}

static void put_value(json *j, const mdw_value *v)
{
    level levels[JSON_DEPTH];
    size_t depth = 0;
    while (v || depth) {
        if (v && is_container(v) && j->depth < JSON_DEPTH) {
            levels[depth++] = (level){v, 0};
            if (v->kind == MDW_VALUE_ARRAY)
                json_array(j);
            else
                json_object(j);
        } else if (v) {
            put_scalar(j, v); /* what is too deep is null */
        } else {
            depth--;
            if (levels[depth].value->kind == MDW_VALUE_ARRAY)
                json_array_end(j);
            else
                json_object_end(j);
        }
        v = depth ? next_inside(j, &levels[depth - 1]) : NULL;
    }
}

static void put_members(json *j, const mdw_value *object)
{
    for (uint32_t i = 0; i < object->count; i++) {
        json_key_str(j, object->u.members[i].key);
        put_value(j, &object->u.members[i].value);
    }
}

/* --- stacks -------------------------------------------------------------- */

static void put_frame(json *j, const mdw_sentry *s, const mdw_sentry_frame *f)
{
    json_object(j);
    put_hex(j, "instruction_addr", f->instruction_addr);
    put_hex(j, "image_addr", f->image_addr);
    put_hex(j, "symbol_addr", f->symbol_addr);
    put_str(j, "package", f->package);
    put_str(j, "function", f->function);
    put_str(j, "raw_function", f->raw_function);
    put_str(j, "symbol", f->symbol);
    put_str(j, "abs_path", f->abs_path);
    put_str(j, "filename", f->filename);
    put_number(j, "lineno", f->lineno);
    put_number(j, "colno", f->colno);
    put_bool(j, "in_app", f->in_app);
    if (has_flag(s, MDW_SENTRY_RICH)) {
        put_str(j, "trust", f->trust);
        open(j, "data");
        put_str(j, "symbolicator_status", f->status);
        json_object_end(j);
    }
    json_object_end(j);
}

static void put_registers(json *j, const mdw_sentry *s, uint32_t stack,
                          uint32_t count)
{
    if (!count)
        return;
    open(j, "registers");
    for (uint32_t i = 0; i < count; i++) {
        mdw_sentry_register r = MDW_INIT(mdw_sentry_register);
        if (mdw_sentry_register_at(s, stack, i, &r) != MDW_OK)
            break;
        json_key_str(j, r.name);
        json_hex(j, r.value, 1);
    }
    json_object_end(j);
}

/* One-based, the first that is not there and the first that is again. */
static void put_omitted(json *j, const mdw_sentry *s, uint32_t cut)
{
    if (!cut || !has_flag(s, MDW_SENTRY_RICH))
        return;
    json_key(j, "frames_omitted");
    json_array(j);
    json_uint(j, 1);
    json_uint(j, (uint64_t)cut + 1);
    json_array_end(j);
}

static void put_stack(json *j, const mdw_sentry *s, uint32_t stack)
{
    mdw_sentry_stack about = MDW_INIT(mdw_sentry_stack);
    if (stack == MDW_NONE || mdw_sentry_stack_at(s, stack, &about) != MDW_OK)
        return;
    open(j, "stacktrace");
    json_key(j, "frames");
    json_array(j);
    for (uint32_t i = 0; i < about.frame_count; i++) {
        mdw_sentry_frame f = MDW_INIT(mdw_sentry_frame);
        if (mdw_sentry_frame_at(s, stack, i, &f) == MDW_OK)
            put_frame(j, s, &f);
    }
    json_array_end(j);
    put_omitted(j, s, about.frames_cut);
    if (says_adjustment(s, &about))
        put_str(j, "instruction_addr_adjustment", about.adjustment_text);
    put_registers(j, s, stack, about.register_count);
    json_object_end(j);
}

/* --- exception and threads ----------------------------------------------- */

static void put_meta(json *j, const mdw_sentry_mechanism *m)
{
    if (!m->has_signal && !m->has_mach && !m->has_errno)
        return;
    open(j, "meta");
    if (m->has_errno) {
        open(j, "errno");
        put_int(j, "number", m->errno_number);
        put_str(j, "name", m->errno_name);
        json_object_end(j);
    }
    if (m->has_mach) {
        open(j, "mach_exception");
        put_int(j, "exception", m->mach_exception);
        put_number(j, "code", m->mach_code);
        put_number(j, "subcode", m->mach_subcode);
        put_str(j, "name", m->mach_name);
        json_object_end(j);
    }
    if (m->has_signal) {
        open(j, "signal");
        put_int(j, "number", m->signal);
        put_int(j, "code", m->signal_code);
        put_str(j, "name", m->signal_name);
        put_str(j, "code_name", m->signal_code_name);
        json_object_end(j);
    }
    json_object_end(j);
}

static void put_exception(json *j, const mdw_sentry *s, uint32_t index)
{
    mdw_sentry_exception e = MDW_INIT(mdw_sentry_exception);
    mdw_sentry_mechanism m = MDW_INIT(mdw_sentry_mechanism);
    (void)mdw_sentry_exception_at(s, index, &e);
    (void)mdw_sentry_mechanism_at(s, index, &m);
    json_object(j);
    put_str(j, "type", e.type);
    put_str(j, "value", e.value);
    put_str(j, "module", e.module);
    put_number(j, "thread_id", e.thread_id);
    open(j, "mechanism");
    put_str(j, "type", m.type);
    put_bool(j, "handled", m.handled);
    put_bool(j, "synthetic", m.synthetic);
    put_meta(j, &m);
    json_object_end(j);
    put_stack(j, s, e.stack);
    json_object_end(j);
}

static void put_thread(json *j, const mdw_sentry *s, uint32_t index)
{
    mdw_sentry_thread t = MDW_INIT(mdw_sentry_thread);
    (void)mdw_sentry_thread_at(s, index, &t);
    json_object(j);
    json_key(j, "id");
    json_uint(j, t.id);
    put_str(j, "name", t.name);
    put_bool(j, "crashed", t.crashed);
    put_bool(j, "current", t.current);
    put_bool(j, "main", t.main);
    put_str(j, "state", t.state);
    put_stack(j, s, t.stack);
    json_object_end(j);
}

/* {"values": [...]} */
static void put_values(json *j, const mdw_sentry *s, const char *key,
                       uint32_t count,
                       void (*put)(json *, const mdw_sentry *, uint32_t))
{
    if (!count)
        return;
    open(j, key);
    json_key(j, "values");
    json_array(j);
    for (uint32_t i = 0; i < count; i++)
        put(j, s, i);
    json_array_end(j);
    json_object_end(j);
}

/* --- the rest ------------------------------------------------------------ */

static void put_image(json *j, const mdw_sentry *s, uint32_t index)
{
    image_room room;
    mdw_sentry_image i = MDW_INIT(mdw_sentry_image);
    (void)mdw_sentry_image_at(s, index, &i);
    mdw_value object = image_object(&i, &room);
    put_value(j, &object);
}

static void put_images(json *j, const mdw_sentry *s, uint32_t count)
{
    open(j, "debug_meta");
    json_key(j, "images");
    json_array(j);
    for (uint32_t i = 0; i < count; i++)
        put_image(j, s, i);
    json_array_end(j);
    put_members(j, &s->debug_meta);
    json_object_end(j);
}

static void put_context(json *j, const char *key, const mdw_value *object)
{
    json_key(j, key);
    put_value(j, object);
}

static void put_contexts(json *j, const mdw_sentry *s)
{
    const mdw_value *rest = mdw_sentry_rest(s);
    open(j, "contexts");
    if (s->has_os)
        put_context(j, "os", &s->os_object);
    if (s->has_device)
        put_context(j, "device", &s->device_object);
    for (uint32_t i = 0; i < rest->count; i++) {
        const mdw_value *contexts = contexts_of(&rest->u.members[i]);
        if (contexts)
            put_members(j, contexts);
    }
    json_object_end(j);
}

static void put_rest(json *j, const mdw_sentry *s)
{
    const mdw_value *rest = mdw_sentry_rest(s);
    for (uint32_t i = 0; i < rest->count; i++) {
        if (contexts_of(&rest->u.members[i]))
            continue;
        json_key_str(j, rest->u.members[i].key);
        put_value(j, &rest->u.members[i].value);
    }
}

/* A client's own stands as it is. */
static void put_sdk(json *j, const mdw_sentry *s, const mdw_sentry_event *e)
{
    open(j, "sdk");
    if (!s->sdk.count) {
        put_str(j, "name", e->sdk_name);
        put_str(j, "version", e->sdk_version);
    }
    put_members(j, &s->sdk);
    json_object_end(j);
}

mdw_status mdw_sentry_json(const mdw_sentry *sentry, bool pretty, mdw_sink sink,
                           mdw_error *err)
{
    json writer, *j = &writer;
    mdw_sentry_event e = MDW_INIT(mdw_sentry_event);
    if (!sentry || !sink.write)
        return fail(err, MDW_E_ARG, "mdw_sentry_json");
    (void)mdw_sentry_event_get(sentry, &e);
    json_init(j, sink, pretty);
    json_object(j);
    put_str(j, "event_id", e.event_id);
    put_str(j, "platform", e.platform);
    put_str(j, "level", e.level);
    put_number(j, "timestamp", e.timestamp);
    put_str(j, "release", e.release);
    put_str(j, "environment", e.environment);
    put_str(j, "dist", e.dist);
    put_str(j, "transaction", e.transaction);
    put_str(j, "server_name", e.server_name);
    put_sdk(j, sentry, &e);
    put_contexts(j, sentry);
    put_values(j, sentry, "exception", e.exception_count, put_exception);
    put_values(j, sentry, "threads", e.thread_count, put_thread);
    put_images(j, sentry, e.image_count);
    put_rest(j, sentry);
    json_object_end(j);
    mdw_status status = json_finish(j);
    return status == MDW_OK ? MDW_OK : fail(err, status, "output");
}
