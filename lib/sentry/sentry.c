/* lib/sentry/sentry.c - the object: built once from a report, then only read.
 */
#include "lib/base/fail.h"
#include "lib/base/options.h"
#include "lib/sentry/parts.h"

#define DEFAULT_MEMORY (UINT64_C(256) << 20)
enum { DEFAULT_FRAMES = 250 }; /* Relay keeps no more */

static bool is_level(mdw_str level)
{
    static const char *const levels[] = {"debug", "info", "warning", "error",
                                         "fatal"};
    for (size_t i = 0; i < sizeof levels / sizeof *levels; i++)
        if (str_is(level, levels[i]))
            return true;
    return false;
}

static mdw_status check_options(const mdw_sentry_options *o, size_t stacks,
                                mdw_error *err)
{
    enum { ID_DIGITS = 32 };
    uint64_t half;
    if (o->event_id.len &&
        (o->event_id.len != ID_DIGITS ||
         !str_hex(str_slice(o->event_id, 0, ID_DIGITS / 2), &half) ||
         !str_hex(str_slice(o->event_id, ID_DIGITS / 2, ID_DIGITS), &half)))
        return fail(err, MDW_E_ARG, "event_id");
    if (o->level.len && !is_level(o->level))
        return fail(err, MDW_E_ARG, "level");
    if (o->inlines > MDW_SENTRY_INLINE_NONE ||
        (o->inlines == MDW_SENTRY_INLINE_FINAL &&
         !(o->flags & MDW_SENTRY_RICH)))
        return fail(err, MDW_E_ARG, "inlines");
    if (o->one_stack && o->stack >= stacks)
        return fail(err, MDW_E_ARG, "stack");
    return MDW_OK;
}

static void build_event(mdw_sentry *s)
{
    mdw_sentry_event *e = &s->event;
    e->platform = STR("native");
    e->level = s->options.level;
    if (!e->level.len && is_level(data_level(s)))
        e->level = data_level(s);
    if (!e->level.len)
        e->level = s->exception_index != MDW_NONE ? STR("fatal") : STR("info");
    if (s->process.dump_time)
        e->timestamp = number(s->process.dump_time);
    e->sdk_name = s->process.has_crashpad   ? STR("minidump.crashpad")
                  : s->process.has_breakpad ? STR("minidump.breakpad")
                                            : STR("minidump.unknown");
    e->sdk_version = STR("0.0.0");
    e->exception_count = 1;
    data_event(s);
}

/* The caller's texts need not live as long as the event. */
static bool keep_texts(mdw_sentry *s)
{
    mdw_sentry_options *o = &s->options;
    if (o->level.len)
        o->level = arena_str(s->store, o->level);
    return o->level.data || !o->level.len;
}

static mdw_status build(mdw_sentry *s)
{
    static mdw_status (*const parts[])(mdw_sentry *) = {
        build_images,   build_stacks, build_exception,
        build_contexts, build_rest,   build_event_id,
    };
    if (!keep_texts(s) || build_data(s) != MDW_OK)
        return MDW_E_MEMORY;
    choose_exception(s);
    build_event(s);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        mdw_status status = parts[i](s);
        if (status != MDW_OK)
            return status;
    }
    return MDW_OK;
}

static mdw_sentry *begin(arena *store, const mdw_report *report,
                         const mdw_sentry_options *options)
{
    mdw_sentry *s = arena_take(store, 1, sizeof *s);
    if (!s)
        return NULL;
    s->store = store;
    s->report = report;
    s->state = mdw_report_state(report);
    s->options = *options;
    if (!s->options.max_frames)
        s->options.max_frames = DEFAULT_FRAMES;
    s->system = MDW_INIT(mdw_system);
    s->process = MDW_INIT(mdw_process_info);
    (void)mdw_state_system(s->state, &s->system);
    (void)mdw_state_process(s->state, &s->process);
    s->event = MDW_INIT(mdw_sentry_event);
    s->exception = MDW_INIT(mdw_sentry_exception);
    s->mechanism = MDW_INIT(mdw_sentry_mechanism);
    s->os = MDW_INIT(mdw_sentry_os);
    s->device = MDW_INIT(mdw_sentry_device);
    return s;
}

mdw_status mdw_sentry_new(const mdw_report *report,
                          const mdw_sentry_options *options, mdw_sentry **out,
                          mdw_error *err)
{
    mdw_sentry_options o;
    mdw_budget budget;
    if (!report || !out)
        return fail(err, MDW_E_ARG, "mdw_sentry_new");
    mdw_status status = options_read(&o, sizeof o, options);
    if (status == MDW_OK)
        status = options_read(&budget, sizeof budget, o.budget);
    if (status != MDW_OK)
        return fail(err, status, "mdw_sentry_options");
    status =
        check_options(&o, mdw_state_stack_count(mdw_report_state(report)), err);
    if (status != MDW_OK)
        return status;
    arena *store =
        arena_new(o.alloc, budget.memory ? budget.memory : DEFAULT_MEMORY);
    mdw_sentry *s = store ? begin(store, report, &o) : NULL;
    status = s ? build(s) : (mdw_status)MDW_E_MEMORY;
    if (status != MDW_OK) {
        if (store && !arena_starved(store))
            status = MDW_E_LIMIT; /* it was the budget */
        arena_close(store);
        return fail(err, status, "mdw_sentry");
    }
    *out = s;
    return MDW_OK;
}

void mdw_sentry_close(mdw_sentry *sentry)
{
    if (sentry)
        arena_close(sentry->store);
}

mdw_status mdw_sentry_event_get(const mdw_sentry *sentry, mdw_sentry_event *out)
{
    return record_write(out, &sentry->event, sizeof sentry->event);
}

const mdw_value *mdw_sentry_rest(const mdw_sentry *sentry)
{
    return &sentry->rest;
}
