/* lib/emit/table.c - formats by name. */
#include "lib/base/fail.h"
#include "lib/base/options.h"
#include "lib/base/str.h"
#include "lib/emit/emit.h"

static const struct {
    const char *name;
    mdw_status (*emit)(const mdw_report *report,
                       const mdw_emit_options *options, mdw_sink sink);
} formats[] = {
    {"human", emit_human},       {"json", emit_rust_json},
    {"breakpad", emit_breakpad}, {"breakpad-human", emit_breakpad_human},
    {"sentry", emit_sentry},     {"sentry-rich", emit_sentry_rich},
    {"envelope", emit_envelope}, {"sentry-pb", emit_sentry_pb},
};

enum { FORMATS = sizeof formats / sizeof *formats };

const char *mdw_format_name(size_t index)
{
    return index < FORMATS ? formats[index].name : NULL;
}

mdw_status mdw_emit(const mdw_report *report, const char *format,
                    const mdw_emit_options *options, mdw_sink sink,
                    mdw_error *err)
{
    mdw_emit_options own = MDW_INIT(mdw_emit_options);
    mdw_status status = options_read(&own, sizeof own, options);
    if (status != MDW_OK)
        return fail(err, status, "mdw_emit_options");
    if (!report || !format || !sink.write)
        return fail(err, MDW_E_ARG, "mdw_emit");
    size_t stacks = mdw_state_stack_count(mdw_report_state(report));
    if (own.one_stack && own.stack >= stacks)
        return fail(err, MDW_E_ARG, "stack");
    for (size_t i = 0; i < FORMATS; i++) {
        if (!str_is(str_of(format), formats[i].name))
            continue;
        status = formats[i].emit(report, &own, sink);
        if (status == MDW_E_UNSUPPORTED) /* the one format that needs more */
            return fail(err, status, "protobuf");
        return status == MDW_OK ? MDW_OK : fail(err, status, "output");
    }
    return fail(err, MDW_E_ARG, "format");
}
