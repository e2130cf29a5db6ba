/* tools/work.c - from a file name to a report. */
#include <stdio.h>
#include <string.h>

#include "tools/commands.h"

/* Of the threads that are walked the one with that number, or their count. */
static uint32_t walked_thread(const mdw_state *state, uint32_t number)
{
    size_t count = mdw_state_thread_count(state);
    for (size_t i = 0; i < count; i++) {
        mdw_stack s = MDW_INIT(mdw_stack);
        if (mdw_state_stack(state, i, &s) == MDW_OK && !s.skipped && !number--)
            return (uint32_t)i;
    }
    return (uint32_t)count; /* < 2^32: records of a file */
}

static bool bad_thread(work *w, const args *a)
{
    size_t count = mdw_state_thread_count(w->state);
    w->thread =
        a->walked_thread ? walked_thread(w->state, a->thread) : a->thread;
    if (!a->one_thread || w->thread < count)
        return false;
    (void)fprintf(stderr, "mdwalk: %s: no thread with index %lu among %zu\n",
                  w->in.name, (unsigned long)a->thread, count);
    return true;
}

bool work_open(work *w, const args *a)
{
    *w = (work){.state = NULL};
    mdw_error err = {.code = MDW_OK};
    if (!input_open(&w->in, a->file))
        return false;
    if (mdw_state_from_dump(w->in.dump, NULL, &w->state, &err) != MDW_OK) {
        complain(w->in.name, &err);
        work_close(w);
        return false;
    }
    if (bad_thread(w, a) || !symbols_open(&w->symbols, &a->symbols)) {
        work_close(w);
        return false;
    }
    return true;
}

bool work_walk(work *w, const args *a, mdw_trace_fn trace, void *user)
{
    mdw_walk_options walk = MDW_INIT(mdw_walk_options);
    walk.max_frames = a->max_frames;
    walk.no_scan = a->no_scan;
    walk.trace = trace;
    walk.trace_user = user;
    mdw_process_options options = MDW_INIT(mdw_process_options);
    options.walk = &walk;
    options.one_stack = a->one_thread;
    options.stack = w->thread;
    options.keep_origins = a->explain;
    const mdw_provider *provider = &w->symbols.provider;
    if (w->symbols.store) {
        options.providers = &provider;
        options.provider_count = 1;
    }
    options.no_demangle = a->symbols.no_demangle;
    mdw_report_close(w->report);
    w->report = NULL;
    mdw_error err = {.code = MDW_OK};
    mdw_status status = mdw_process(w->state, &options, &w->report, &err);
    symbols_quiet(&w->symbols);
    if (status == MDW_OK)
        return true;
    complain(w->in.name, &err);
    return false;
}

int work_status(const work *w, const args *a)
{
    bool issues = w->in.damaged || mdw_report_issue_count(w->report);
    return a->fail_on_issues && issues ? STATUS_ISSUES : STATUS_DONE;
}

/* The name without its folder and without the ending of what was unpacked. */
static mdw_str attached_name(const char *file)
{
    static const char *const packed[] = {".gz", ".xz", ".bz2", ".zst"};
    const char *slash = strrchr(file, '/');
    const char *name = slash ? slash + 1 : file;
    size_t len = strlen(name);
    for (size_t i = 0; i < sizeof packed / sizeof *packed; i++) {
        size_t ending = strlen(packed[i]);
        if (len > ending && !strcmp(name + len - ending, packed[i]))
            return (mdw_str){name, len - ending};
    }
    return !strcmp(name, "-") ? (mdw_str){NULL, 0} : (mdw_str){name, len};
}

void work_envelope(const work *w, const args *a, const char *file,
                   mdw_envelope_options *out)
{
    out->attach = a->attach;
    out->dump = mdw_dump_bytes(w->in.dump);
    out->filename = attached_name(file);
    if (a->dsn)
        out->dsn = (mdw_str){a->dsn, strlen(a->dsn)};
}

void work_close(work *w)
{
    mdw_report_close(w->report);
    mdw_state_close(w->state);
    symbols_close(&w->symbols);
    input_close(&w->in);
}
