/* lib/sentry/protobuf.c - an event as sentry_protos.relay.v1.Event, from its
 * records to a sink. Fields come in the order of their numbers. */
#include <relay_event.pb-c.h>

#include "lib/base/fail.h"
#include "lib/sentry/parts.h"
#include "lib/sentry/pb.h"

/* A part of the event by its index. */
typedef struct part {
    const mdw_sentry *sentry;
    uint32_t index;
} part;

/* --- fields that may be absent ------------------------------------------- */

static void put_hex(pb *w, const char *field, mdw_opt_u64 value)
{
    char room[HEX_ROOM];
    if (value.set)
        pb_str(w, field, hex_spell(value.value, room));
}

static void put_number(pb *w, const char *field, mdw_opt_u64 value)
{
    if (value.set)
        pb_uint(w, field, value.value);
}

/* As google.protobuf.Value. */
static void put_number_value(pb *w, const char *field, mdw_opt_u64 value)
{
    mdw_value v = value_u64(value.value);
    if (value.set)
        pb_message(w, field, pb_put_value, &v);
}

static void put_truth(pb *w, const char *field, mdw_opt_bool value)
{
    if (value != MDW_TRUTH_ABSENT)
        pb_bool(w, field, value == MDW_TRUTH_TRUE);
}

/* --- stacks -------------------------------------------------------------- */

static void put_frame(pb *w, const void *what)
{
    const mdw_sentry_frame *f = what;
    pb_str(w, "abs_path", f->abs_path);
    put_number(w, "colno", f->colno);
    pb_str(w, "filename", f->filename);
    pb_str(w, "function", f->function);
    put_hex(w, "image_addr", f->image_addr);
    put_truth(w, "in_app", f->in_app);
    put_hex(w, "instruction_addr", f->instruction_addr);
    put_number(w, "lineno", f->lineno);
    pb_str(w, "package", f->package);
    pb_str(w, "raw_function", f->raw_function);
    pb_str(w, "symbol", f->symbol);
    put_hex(w, "symbol_addr", f->symbol_addr);
}

static void put_registers(pb *w, const part *p, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        char room[HEX_ROOM];
        mdw_sentry_register r = MDW_INIT(mdw_sentry_register);
        if (mdw_sentry_register_at(p->sentry, p->index, i, &r) != MDW_OK)
            break;
        pb_text_entry(w, "registers", r.name, hex_spell(r.value, room));
    }
}

static void put_stacktrace(pb *w, const void *what)
{
    const part *p = what;
    mdw_sentry_stack about = MDW_INIT(mdw_sentry_stack);
    (void)mdw_sentry_stack_at(p->sentry, p->index, &about);
    for (uint32_t i = 0; i < about.frame_count; i++) {
        mdw_sentry_frame f = MDW_INIT(mdw_sentry_frame);
        if (mdw_sentry_frame_at(p->sentry, p->index, i, &f) == MDW_OK)
            pb_message(w, "frames", put_frame, &f);
    }
    if (says_adjustment(p->sentry, &about))
        pb_str(w, "instruction_addr_adjustment", about.adjustment_text);
    put_registers(w, p, about.register_count);
}

static void put_stack(pb *w, const mdw_sentry *s, uint32_t stack)
{
    if (stack != MDW_NONE)
        pb_message(w, "stacktrace", put_stacktrace, &(part){s, stack});
}

/* --- exception and threads ----------------------------------------------- */

static void put_errno(pb *w, const void *what)
{
    const mdw_sentry_mechanism *m = what;
    pb_str(w, "name", m->errno_name);
    pb_int(w, "number", m->errno_number);
}

static void put_mach(pb *w, const void *what)
{
    const mdw_sentry_mechanism *m = what;
    put_number(w, "code", m->mach_code);
    pb_int(w, "exception", m->mach_exception);
    pb_str(w, "name", m->mach_name);
    put_number(w, "subcode", m->mach_subcode);
}

static void put_signal(pb *w, const void *what)
{
    const mdw_sentry_mechanism *m = what;
    pb_int(w, "code", m->signal_code);
    pb_str(w, "code_name", m->signal_code_name);
    pb_str(w, "name", m->signal_name);
    pb_int(w, "number", m->signal);
}

static void put_meta(pb *w, const void *what)
{
    const mdw_sentry_mechanism *m = what;
    if (m->has_errno)
        pb_message(w, "errno", put_errno, m);
    if (m->has_mach)
        pb_message(w, "mach_exception", put_mach, m);
    if (m->has_signal)
        pb_message(w, "signal", put_signal, m);
}

static void put_mechanism(pb *w, const void *what)
{
    const mdw_sentry_mechanism *m = what;
    put_truth(w, "handled", m->handled);
    if (m->has_errno || m->has_mach || m->has_signal)
        pb_message(w, "meta", put_meta, m);
    put_truth(w, "synthetic", m->synthetic);
    pb_str(w, "type", m->type);
}

static void put_exception(pb *w, const void *what)
{
    const part *p = what;
    mdw_sentry_exception e = MDW_INIT(mdw_sentry_exception);
    mdw_sentry_mechanism m = MDW_INIT(mdw_sentry_mechanism);
    (void)mdw_sentry_exception_at(p->sentry, p->index, &e);
    (void)mdw_sentry_mechanism_at(p->sentry, p->index, &m);
    pb_message(w, "mechanism", put_mechanism, &m);
    pb_str(w, "module", e.module);
    put_stack(w, p->sentry, e.stack);
    put_number_value(w, "thread_id", e.thread_id);
    pb_str(w, "type", e.type);
    pb_str(w, "value", e.value);
}

static void put_thread(pb *w, const void *what)
{
    const part *p = what;
    mdw_sentry_thread t = MDW_INIT(mdw_sentry_thread);
    (void)mdw_sentry_thread_at(p->sentry, p->index, &t);
    put_truth(w, "crashed", t.crashed);
    put_truth(w, "current", t.current);
    put_number_value(w, "id", number(t.id));
    put_truth(w, "main", t.main);
    pb_str(w, "name", t.name);
    put_stack(w, p->sentry, t.stack);
    pb_str(w, "state", t.state);
}

static void put_exceptions(pb *w, const void *what)
{
    const mdw_sentry *s = what;
    for (uint32_t i = 0; i < s->event.exception_count; i++)
        pb_message(w, "values", put_exception, &(part){s, i});
}

static void put_threads(pb *w, const void *what)
{
    const mdw_sentry *s = what;
    for (uint32_t i = 0; i < s->event.thread_count; i++)
        pb_message(w, "values", put_thread, &(part){s, i});
}

/* --- the rest ------------------------------------------------------------ */

static void put_debug_meta(pb *w, const void *what)
{
    const mdw_sentry *s = what;
    for (uint32_t i = 0; i < s->event.image_count; i++) {
        image_room room;
        mdw_sentry_image image = MDW_INIT(mdw_sentry_image);
        (void)mdw_sentry_image_at(s, i, &image);
        mdw_value object = image_object(&image, &room);
        pb_message(w, "images", pb_put_value, &object);
    }
    pb_put_object(w, &s->debug_meta);
}

static void put_contexts(pb *w, const mdw_sentry *s)
{
    const mdw_value *rest = mdw_sentry_rest(s);
    if (s->has_os)
        pb_value_entry(w, "contexts", STR("os"), &s->os_object);
    if (s->has_device)
        pb_value_entry(w, "contexts", STR("device"), &s->device_object);
    for (uint32_t i = 0; i < rest->count; i++) {
        const mdw_value *more = contexts_of(&rest->u.members[i]);
        for (uint32_t c = 0; more && c < more->count; c++)
            pb_value_entry(w, "contexts", more->u.members[c].key,
                           &more->u.members[c].value);
    }
}

/* A client's own stands as it is. */
static void put_sdk(pb *w, const void *what)
{
    const mdw_sentry *s = what;
    if (!s->sdk.count) {
        pb_str(w, "name", s->event.sdk_name);
        pb_str(w, "version", s->event.sdk_version);
    }
    pb_put_object(w, &s->sdk);
}

static void put_event(pb *w, const mdw_sentry *s)
{
    const mdw_sentry_event *e = &s->event;
    put_contexts(w, s);
    pb_message(w, "debug_meta", put_debug_meta, s);
    pb_str(w, "dist", e->dist);
    pb_str(w, "environment", e->environment);
    pb_str(w, "event_id", e->event_id);
    if (e->exception_count)
        pb_message(w, "exception", put_exceptions, s);
    pb_str(w, "level", e->level);
    pb_str(w, "platform", e->platform);
    pb_str(w, "release", e->release);
    pb_message(w, "sdk", put_sdk, s);
    pb_str(w, "server_name", e->server_name);
    if (e->thread_count)
        pb_message(w, "threads", put_threads, s);
    put_number_value(w, "timestamp", e->timestamp);
    pb_str(w, "transaction", e->transaction);
    for (uint32_t i = 0; i < s->rest.count; i++)
        if (!contexts_of(&s->rest.u.members[i]))
            pb_put_member(w, &s->rest.u.members[i]);
}

mdw_status mdw_sentry_protobuf(const mdw_sentry *sentry, mdw_sink sink,
                               mdw_error *err)
{
    pb writer;
    if (!sentry || !sink.write)
        return fail(err, MDW_E_ARG, "mdw_sentry_protobuf");
    pb_init(&writer, sink, &sentry_protos__relay__v1__event__descriptor);
    put_event(&writer, sentry);
    mdw_status status = pb_finish(&writer);
    return status == MDW_OK ? MDW_OK : fail(err, status, "output");
}
