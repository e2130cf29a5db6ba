/* lib/sentry/envelope.c - an event and its dump as one text of items. */
#include "lib/base/fail.h"
#include "lib/base/options.h"
#include "lib/json/writer.h"
#include "lib/sentry/parts.h"

/* Everything that stands before the dump's own bytes, or is all there is. */
static mdw_status put_head(const mdw_sentry *s, const mdw_envelope_options *o,
                           uint64_t event_bytes, mdw_sink sink)
{
    json j;
    json_init(&j, sink, false);
    json_object(&j);
    json_key(&j, "event_id");
    json_str(&j, s->event.event_id);
    if (o->dsn.len) {
        json_key(&j, "dsn");
        json_str(&j, o->dsn);
    }
    json_object_end(&j);
    mdw_status status = json_finish(&j);
    if (status != MDW_OK)
        return status;
    json_init(&j, sink, false);
    json_object(&j);
    json_key(&j, "type");
    json_text(&j, "event");
    json_key(&j, "length");
    json_uint(&j, event_bytes);
    json_key(&j, "content_type");
    json_text(&j, "application/json");
    json_object_end(&j);
    return json_finish(&j);
}

static mdw_status put_attachment(const mdw_envelope_options *o, mdw_sink sink)
{
    json j;
    json_init(&j, sink, false);
    json_object(&j);
    json_key(&j, "type");
    json_text(&j, "attachment");
    json_key(&j, "length");
    json_uint(&j, o->dump.len);
    json_key(&j, "attachment_type");
    json_text(&j, o->attach == MDW_ATTACH_MINIDUMP ? "event.minidump"
                                                   : "event.attachment");
    json_key(&j, "filename");
    json_str(&j, o->filename.len ? o->filename : STR("minidump.dmp"));
    json_key(&j, "content_type");
    json_text(&j, "application/x-dmp");
    json_object_end(&j);
    return json_finish(&j);
}

static bool counted(void *user, const void *data, size_t len)
{
    uint64_t *total = user;
    (void)data;
    *total += len;
    return true;
}

mdw_status envelope_read(const mdw_envelope_options *options,
                         mdw_envelope_options *own)
{
    mdw_status status = options_read(own, sizeof *own, options);
    if (status == MDW_OK &&
        (own->attach > MDW_ATTACH_MINIDUMP || (own->attach && !own->dump.data)))
        status = MDW_E_ARG;
    return status;
}

/* The event is written twice: its length goes before it. */
mdw_status envelope_head(const mdw_sentry *s, const mdw_envelope_options *o,
                         mdw_sink sink)
{
    uint64_t bytes = 0;
    mdw_status status =
        mdw_sentry_json(s, false, (mdw_sink){counted, &bytes}, NULL);
    if (status == MDW_OK)
        status = put_head(s, o, bytes, sink);
    if (status == MDW_OK)
        status = mdw_sentry_json(s, false, sink, NULL);
    if (status == MDW_OK && !sink.write(sink.user, "\n", 1))
        status = MDW_E_IO;
    return status == MDW_OK && o->attach ? put_attachment(o, sink) : status;
}

mdw_status mdw_sentry_envelope(const mdw_sentry *sentry,
                               const mdw_envelope_options *options,
                               mdw_sink sink, mdw_error *err)
{
    mdw_envelope_options o;
    if (!sentry || !sink.write)
        return fail(err, MDW_E_ARG, "mdw_sentry_envelope");
    mdw_status status = envelope_read(options, &o);
    if (status != MDW_OK)
        return fail(err, status, "mdw_envelope_options");
    status = envelope_head(sentry, &o, sink);
    if (status == MDW_OK && o.attach &&
        (!sink.write(sink.user, o.dump.data, o.dump.len) ||
         !sink.write(sink.user, "\n", 1)))
        status = MDW_E_IO;
    return status == MDW_OK ? MDW_OK : fail(err, status, "output");
}
