/* lib/state/records.c - Mozilla's streams of records: limits of the process
 * and macOS crash notes. */
#include "lib/state/parts.h"

static bool has_stream(mdw_state *s, uint32_t type)
{
    mdw_stream stream = MDW_INIT(mdw_stream);
    return mdw_dump_stream(s->dump, type, &stream, NULL) == MDW_OK;
}

static void read_limits(mdw_state *s)
{
    s->process.has_limits = has_stream(s, MDW_STREAM_MOZ_LINUX_LIMITS);
    mdw_cursor at = {0};
    mdw_raw_limit raw = MDW_INIT(mdw_raw_limit);
    mdw_error err = {0};
    mdw_status status;
    while ((status = mdw_dump_limit_next(s->dump, &at, &raw, &err)) == MDW_OK) {
        mdw_limit *l = array_add(s, &s->limits, sizeof *l);
        if (!l)
            return;
        *l = MDW_INIT(mdw_limit);
        l->name = text_narrow(s, raw.name);
        l->soft = text_narrow(s, raw.soft);
        l->hard = text_narrow(s, raw.hard);
        l->unit = text_narrow(s, raw.unit);
    }
    issue_ok(s, status, &err, MDW_NONE);
}

static void read_mac_crashes(mdw_state *s)
{
    s->process.has_mac_crash = has_stream(s, MDW_STREAM_MOZ_MACOS_CRASH_INFO);
    size_t count = mdw_dump_mac_crash_count(s->dump);
    mdw_raw_mac_crash raw = MDW_INIT(mdw_raw_mac_crash);
    for (size_t i = 0; i < count; i++) {
        mdw_error err = {0};
        mdw_status status = mdw_dump_mac_crash(s->dump, i, &raw, &err);
        if (!issue_ok(s, status, &err, (uint32_t)i))
            continue;
        mdw_mac_crash *m = array_add(s, &s->mac_crashes, sizeof *m);
        if (!m)
            return;
        *m = MDW_INIT(mdw_mac_crash);
        m->version = raw.version;
        m->thread = raw.thread;
        m->dialog_mode = raw.dialog_mode;
        m->abort_cause = raw.abort_cause;
        m->module = text_narrow(s, raw.module);
        m->message = text_narrow(s, raw.message);
        m->signature = text_narrow(s, raw.signature);
        m->backtrace = text_narrow(s, raw.backtrace);
        m->message2 = text_narrow(s, raw.message2);
    }
}

void build_records(mdw_state *s)
{
    read_limits(s);
    read_mac_crashes(s);
}
