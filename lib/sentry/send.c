/* lib/sentry/send.c - one attempt to bring an envelope to its project. */
#include <string.h>

#include "lib/base/buffer.h"
#include "lib/base/fail.h"
#include "lib/base/options.h"
#include "lib/sentry/dsn.h"
#include "lib/sentry/parts.h"
#include "lib/symbol/net.h"

enum { DEFAULT_TIMEOUT = 30000 };
#define MAX_EVENT (UINT64_C(256) << 20)

static void tell(const net_answer *answer, mdw_send_answer *out)
{
    mdw_send_answer a = MDW_INIT(mdw_send_answer);
    a.http_status = answer->http_status;
    a.again = answer->again;
    a.retry_after = answer->retry_after;
    a.limited = answer->limited;
    a.text_len = answer->text_len < sizeof a.text - 1 ? answer->text_len
                                                      : sizeof a.text - 1;
    memcpy(a.text, answer->text, a.text_len);
    (void)record_write(out, &a, sizeof a);
}

static mdw_status post(const dsn *to, const mdw_send_options *o,
                       const mdw_bytes *parts, size_t count,
                       mdw_send_answer *out, mdw_error *err)
{
    const net_api *api = NULL;
    static const char *const type =
        "Content-Type: application/x-sentry-envelope";
    const char *headers[] = {type, to->auth};
    net_post request = {
        .url = to->url,
        .headers = headers,
        .header_count = 2,
        .parts = parts,
        .part_count = count,
        .timeout_ms = o->timeout_ms ? o->timeout_ms : DEFAULT_TIMEOUT,
        .attached = count > 1,
    };
    net_answer answer = {.http_status = 0};
    mdw_status status = net_load(o->net_module, &api, err);
    if (status != MDW_OK)
        return status;
    status = api->post(&request, &answer);
    tell(&answer, out);
    if (status == MDW_OK)
        return MDW_OK;
    (void)fail(err, status, answer.what ? answer.what : "transfer");
    if (err)
        err->value = answer.number;
    return status;
}

mdw_status mdw_sentry_send(const mdw_sentry *sentry,
                           const mdw_envelope_options *envelope,
                           const mdw_send_options *options,
                           mdw_send_answer *out, mdw_error *err)
{
    static const uint8_t newline[] = {'\n'};
    mdw_envelope_options e;
    mdw_send_options o;
    dsn to;
    if (!sentry || !out || options_read(&o, sizeof o, options) != MDW_OK ||
        envelope_read(envelope, &e) != MDW_OK)
        return fail(err, MDW_E_ARG, "mdw_sentry_send");
    if (!dsn_read(o.dsn, &to))
        return fail(err, MDW_E_ARG, "DSN");
    buffer head = buffer_new(sentry->options.alloc, MAX_EVENT);
    mdw_status status = envelope_head(sentry, &e, buffer_sink(&head));
    if (status != MDW_OK) {
        buffer_close(&head);
        return fail(err, MDW_E_MEMORY, "envelope");
    }
    const mdw_bytes parts[] = {
        buffer_bytes(&head), e.dump, {newline, sizeof newline}};
    status = post(&to, &o, parts, e.attach ? 3 : 1, out, err);
    buffer_close(&head);
    return status;
}
