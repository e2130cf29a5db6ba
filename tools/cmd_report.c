/* tools/cmd_report.c - mdwalk report: the crash, the stacks, the modules. */
#define _POSIX_C_SOURCE 200809L

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/commands.h"
#include "tools/data.h"

static bool to_stdout(void *user, const void *data, size_t len)
{
    (void)user;
    return fwrite(data, 1, len, stdout) == len;
}

static bool wants_colour(const args *a)
{
    if (a->colour != COLOUR_AUTO)
        return a->colour == COLOUR_ALWAYS;
    const char *term = getenv("TERM"), *no_colour = getenv("NO_COLOR");
    return isatty(STDOUT_FILENO) && (!no_colour || !*no_colour) && term &&
           strcmp(term, "dumb") != 0;
}

static void fill(const work *w, const args *a, mdw_emit_options *o)
{
    uint32_t main = mdw_state_main_stack(w->state);
    o->pretty = a->pretty;
    o->brief = a->brief;
    o->colour = wants_colour(a);
    o->one_stack = a->one_thread;
    o->stack = w->thread;
    if (a->main_only && main != MDW_NONE) {
        o->one_stack = true;
        o->stack = main;
    }
    o->no_symbols = !a->symbols.path_count;
    o->stack_contents = a->stack_contents;
    o->code_pointers = a->code_pointers;
}

static bool to_file(void *user, const void *data, size_t len)
{
    return fwrite(data, 1, len, user) == len;
}

/* The second output of --cyborg. */
static bool write_json(const work *w, const args *a,
                       const mdw_emit_options *options)
{
    FILE *file = fopen(a->json_output, "w");
    bool done = file && mdw_emit(w->report, "json", options,
                                 (mdw_sink){to_file, file}, NULL) == MDW_OK;
    if (file && fclose(file))
        done = false;
    if (!done)
        (void)fprintf(stderr, "mdwalk: %s: %s\n", a->json_output,
                      strerror(errno));
    return done;
}

int command_report(const args *a)
{
    work w;
    mdw_sentry_options sentry = a->sentry;
    mdw_sentry_data *data;
    if (!data_open(a, &data))
        return STATUS_FAILED;
    sentry.data = data;
    if (!work_open(&w, a)) {
        mdw_sentry_data_close(data);
        return STATUS_FAILED;
    }
    int status = STATUS_FAILED;
    if (work_walk(&w, a, NULL, NULL)) {
        mdw_emit_options options = MDW_INIT(mdw_emit_options);
        fill(&w, a, &options);
        options.sentry = &sentry;
        mdw_envelope_options envelope = MDW_INIT(mdw_envelope_options);
        work_envelope(&w, a, a->file, &envelope);
        options.envelope = &envelope;
        mdw_error err = {.code = MDW_OK};
        status = work_status(&w, a);
        mdw_status done = mdw_emit(w.report, a->format, &options,
                                   (mdw_sink){to_stdout, NULL}, &err);
        if (done == MDW_E_UNSUPPORTED)
            (void)fprintf(stderr, "mdwalk: --format %s: built without %s\n",
                          a->format, err.what);
        else if (done != MDW_OK && done != MDW_E_IO)
            complain(w.in.name, &err);
        if (done != MDW_OK || (a->json_output && !write_json(&w, a, &options)))
            status = STATUS_FAILED;
    }
    status = finish(status);
    symbols_work(&w.symbols);
    mdw_sentry_data_close(data);
    work_close(&w);
    return status;
}
