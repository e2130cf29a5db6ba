/* tools/cmd_send.c - mdwalk send: events on their way to Sentry, again where
 * that may help, and no sooner than the server wants them. */
#define _POSIX_C_SOURCE 200809L

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tools/commands.h"
#include "tools/data.h"

enum { MAX_PAUSE = 60 /* seconds, of our own */ };

typedef struct sender {
    const args *args;
    const char *dsn;
    const mdw_sentry_data *data;
    time_t not_before; /* of a limit that the server told of; 0: none */
} sender;

static time_t now(void)
{
    struct timespec t = {0};
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec;
}

static void pause_for(uint32_t seconds)
{
    struct timespec left = {.tv_sec = (time_t)seconds};
    while (nanosleep(&left, &left) != 0 && errno == EINTR)
        ;
}

/* What the server said, as one line without anything that moves a cursor. */
static void say_text(const mdw_send_answer *a)
{
    if (!a->text_len)
        return;
    (void)fputs(": ", stderr);
    for (size_t i = 0; i < a->text_len; i++) {
        unsigned char c = (unsigned char)a->text[i];
        (void)fputc(c < 0x20 || c >= 0x7F ? ' ' : c, stderr);
    }
}

static void say_refused(const char *file, const mdw_send_answer *a,
                        const mdw_error *err)
{
    (void)fprintf(stderr, "mdwalk: %s: not sent: ", file);
    if (a->http_status == 413)
        (void)fputs("too large for the server (HTTP 413)", stderr);
    else if (a->http_status)
        (void)fprintf(stderr, "HTTP %u", (unsigned)a->http_status);
    else if (err->code == MDW_E_IO && !strcmp(err->what, "transfer"))
        (void)fputs("the connection was cut", stderr);
    else if (err->code == MDW_E_IO)
        (void)fprintf(stderr, "%s: %s", err->what, strerror((int)err->value));
    else
        (void)fprintf(stderr, "%s (%s)", mdw_status_name(err->code),
                      err->what ? err->what : "transfer");
    say_text(a);
    (void)fputs("\n", stderr);
}

/* Waits out what the server asked for. False: too long. */
static bool wait_for_limit(const sender *s, const char *file)
{
    time_t left = s->not_before - now();
    if (!s->not_before || left <= 0)
        return true;
    if (left > (time_t)s->args->max_wait) {
        (void)fprintf(stderr,
                      "mdwalk: %s: not sent: the server takes no more for %lld "
                      "seconds\n",
                      file, (long long)left);
        return false;
    }
    pause_for((uint32_t)left);
    return true;
}

/* 1, 2, 4, ... seconds, or what the server wants. */
static uint32_t pause_before(uint32_t attempt, const mdw_send_answer *a)
{
    uint32_t own = attempt < 6 ? 1u << attempt : MAX_PAUSE;
    return a->retry_after ? a->retry_after
                          : (own < MAX_PAUSE ? own : MAX_PAUSE);
}

static bool post(sender *s, const mdw_sentry *event,
                 const mdw_envelope_options *envelope, const char *file)
{
    mdw_send_options options = MDW_INIT(mdw_send_options);
    mdw_sentry_event about = MDW_INIT(mdw_sentry_event);
    options.dsn = (mdw_str){s->dsn, strlen(s->dsn)};
    (void)mdw_sentry_event_get(event, &about);
    for (uint32_t attempt = 0;; attempt++) {
        mdw_send_answer a = MDW_INIT(mdw_send_answer);
        mdw_error err = {.code = MDW_OK};
        if (!wait_for_limit(s, file))
            return false;
        mdw_status status =
            mdw_sentry_send(event, envelope, &options, &a, &err);
        if (a.limited)
            s->not_before = now() + (time_t)a.limited;
        if (status == MDW_OK) {
            (void)printf("%s: sent as %.*s (HTTP %u)\n", file,
                         (int)about.event_id.len, about.event_id.data,
                         (unsigned)a.http_status);
            return true;
        }
        uint32_t pause = pause_before(attempt, &a);
        if (!a.again || attempt == s->args->retries ||
            pause > s->args->max_wait) {
            say_refused(file, &a, &err);
            return false;
        }
        pause_for(pause);
    }
}

/* STATUS_DONE; STATUS_ISSUES: the server would not have it. */
static int send_one(sender *s, const char *file)
{
    work w;
    args a = *s->args;
    a.file = file;
    if (!work_open(&w, &a))
        return STATUS_FAILED;
    int status = STATUS_FAILED;
    if (work_walk(&w, &a, NULL, NULL)) {
        mdw_sentry_options options = a.sentry;
        mdw_envelope_options envelope = MDW_INIT(mdw_envelope_options);
        mdw_sentry *event = NULL;
        mdw_error err = {.code = MDW_OK};
        options.flags |= MDW_SENTRY_RICH;
        options.data = s->data;
        work_envelope(&w, &a, file, &envelope);
        envelope.dsn = (mdw_str){NULL, 0}; /* the request has the key */
        if (mdw_sentry_new(w.report, &options, &event, &err) != MDW_OK)
            complain(file, &err);
        else
            status =
                post(s, event, &envelope, file) ? STATUS_DONE : STATUS_ISSUES;
        mdw_sentry_close(event);
    }
    symbols_work(&w.symbols);
    work_close(&w);
    return status;
}

int command_send(const args *a)
{
    mdw_sentry_data *data;
    sender s = {.args = a, .dsn = a->dsn ? a->dsn : getenv("SENTRY_DSN")};
    if (!s.dsn || !*s.dsn) {
        (void)fputs("mdwalk: send needs --dsn DSN, or SENTRY_DSN\n", stderr);
        return STATUS_FAILED;
    }
    if (!data_open(a, &data))
        return STATUS_FAILED;
    s.data = data;
    int worst = STATUS_DONE;
    for (int i = 0; i < a->dump_count; i++) {
        int status = send_one(&s, a->dumps[i]);
        worst = status > worst ? status : worst;
    }
    mdw_sentry_data_close(data);
    return finish(worst);
}
