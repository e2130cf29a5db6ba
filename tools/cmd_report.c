/* tools/cmd_report.c - mdwalk report: the crash, the stacks, the modules. */
#define _POSIX_C_SOURCE 200809L

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/commands.h"

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

int command_report(const args *a)
{
    work w;
    if (!work_open(&w, a))
        return STATUS_FAILED;
    int status = STATUS_FAILED;
    if (work_walk(&w, a, NULL, NULL)) {
        mdw_emit_options options = MDW_INIT(mdw_emit_options);
        options.pretty = a->pretty;
        options.brief = a->brief;
        options.colour = wants_colour(a);
        options.one_stack = a->one_thread;
        options.stack = a->thread;
        mdw_error err = {.code = MDW_OK};
        status = work_status(&w, a);
        mdw_status done = mdw_emit(w.report, a->format, &options,
                                   (mdw_sink){to_stdout, NULL}, &err);
        if (done != MDW_OK && done != MDW_E_IO)
            complain(w.in.name, &err);
        if (done != MDW_OK)
            status = STATUS_FAILED;
    }
    status = finish(status);
    symbols_work(&w.symbols);
    work_close(&w);
    return status;
}
