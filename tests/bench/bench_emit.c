/* tests/bench/bench_emit.c - what each format costs once the report is there.
 *
 * usage: bench_emit DUMP... */
#define _DEFAULT_SOURCE /* clock_gettime */

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "mdwalk/dump.h"
#include "mdwalk/report.h"
#include "mdwalk/source.h"

enum { RUNS = 301 };

static bool nowhere(void *user, const void *data, size_t len)
{
    (void)data;
    *(size_t *)user += len;
    return true;
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static int by_time(const void *a, const void *b)
{
    const double *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

static void bench(const mdw_report *report, const char *format)
{
    static double us[RUNS];
    size_t bytes = 0;
    for (size_t i = 0; i < RUNS; i++) {
        bytes = 0;
        double start = now();
        if (mdw_emit(report, format, NULL, (mdw_sink){nowhere, &bytes}, NULL))
            return;
        us[i] = now() - start;
    }
    qsort(us, RUNS, sizeof *us, by_time);
    printf("  %-15s %8.1f us, least %8.1f, %8zu bytes\n", format, us[RUNS / 2],
           us[0], bytes);
}

static bool run(const char *file)
{
    mdw_source *source = NULL;
    mdw_dump *dump = NULL;
    mdw_state *state = NULL;
    mdw_report *report = NULL;
    bool done = !mdw_source_open(file, NULL, &source, NULL) &&
                !mdw_dump_open(mdw_source_bytes(source), NULL, &dump, NULL) &&
                !mdw_state_from_dump(dump, NULL, &state, NULL) &&
                !mdw_process(state, NULL, &report, NULL);
    size_t frames = 0;
    for (size_t i = 0; done && i < mdw_state_stack_count(state); i++)
        frames += mdw_report_frame_count(report, i);
    printf("%s: %zu frames\n", file, frames);
    for (size_t i = 0; done && mdw_format_name(i); i++)
        bench(report, mdw_format_name(i));
    mdw_report_close(report);
    mdw_state_close(state);
    mdw_dump_close(dump);
    mdw_source_close(source);
    return done;
}

int main(int count, char **words)
{
    bool done = count > 1;
    for (int i = 1; i < count; i++)
        done = run(words[i]) && done;
    return !done;
}
