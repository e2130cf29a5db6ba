/* lib/emit/sentry.c - Sentry's event among the formats: strict, as its schema
 * has it, rich, and as Protocol Buffers. */
#include "mdwalk/sentry.h"

#include "lib/base/options.h"
#include "lib/emit/emit.h"

static mdw_status make(const mdw_report *report,
                       const mdw_emit_options *options, bool rich,
                       mdw_sentry **event)
{
    mdw_sentry_options own;
    mdw_status status = options_read(&own, sizeof own, options->sentry);
    if (status != MDW_OK)
        return status;
    own.flags &= ~(uint32_t)MDW_SENTRY_RICH;
    own.flags |= rich ? MDW_SENTRY_RICH : 0;
    if (options->one_stack) {
        own.one_stack = true;
        own.stack = options->stack;
    }
    return mdw_sentry_new(report, &own, event, NULL);
}

static mdw_status emit_event(const mdw_report *report,
                             const mdw_emit_options *options, bool rich,
                             mdw_sink sink)
{
    mdw_sentry *event = NULL;
    mdw_status status = make(report, options, rich, &event);
    if (status == MDW_OK)
        status = mdw_sentry_json(event, options->pretty, sink, NULL);
    mdw_sentry_close(event);
    return status;
}

mdw_status emit_envelope(const mdw_report *report,
                         const mdw_emit_options *options, mdw_sink sink)
{
    mdw_sentry *event = NULL;
    mdw_status status = make(report, options, true, &event);
    if (status == MDW_OK)
        status = mdw_sentry_envelope(event, options->envelope, sink, NULL);
    mdw_sentry_close(event);
    return status;
}

mdw_status emit_sentry(const mdw_report *report,
                       const mdw_emit_options *options, mdw_sink sink)
{
    return emit_event(report, options, false, sink);
}

mdw_status emit_sentry_pb(const mdw_report *report,
                          const mdw_emit_options *options, mdw_sink sink)
{
    mdw_sentry *event = NULL;
    mdw_status status = make(report, options, false, &event);
    if (status == MDW_OK)
        status = mdw_sentry_protobuf(event, sink, NULL);
    mdw_sentry_close(event);
    return status;
}

mdw_status emit_sentry_rich(const mdw_report *report,
                            const mdw_emit_options *options, mdw_sink sink)
{
    return emit_event(report, options, true, sink);
}
