/* tests/bench/walk_tables.c - frames per second by unwind tables. */
#define _DEFAULT_SOURCE /* clock_gettime */
#include "bench/walk.h"

#include <stdio.h>

typedef struct tally {
    size_t frames, by_rows, sure; /* sure: every check said yes */
} tally;

static tally walk_once(ready *r)
{
    tally t = {0, 0, 0};
    mdw_frame frame = MDW_INIT(mdw_frame);
    mdw_origins origins = MDW_INIT(mdw_origins);
    if (mdw_walk_begin(r->walk, &r->input) != MDW_OK)
        return t;
    while (mdw_walk_next(r->walk, &frame) == MDW_OK) {
        mdw_walk_origins(r->walk, &origins);
        uint32_t all = 0;
        for (unsigned id = MDW_CHECK_ADVANCE; id <= MDW_CHECK_FUNCTION; id++)
            all += MDW_CHECK(frame.checks, id) == MDW_ANSWER_YES;
        t.frames++;
        t.by_rows += frame.trust == MDW_TRUST_CFI;
        t.sure += all == MDW_CHECK_FUNCTION + 1;
    }
    return t;
}

static void tell(const char *name, tally t, double first, double again)
{
    double frames = (double)t.frames;
    printf("%-26s first touch %5.0f ns a frame; again %4.0f ns, %.2f million "
           "frames/s; %zu frames, %zu by rows, %zu with every check\n",
           name, first / frames * 1e9, again / frames * 1e9,
           frames / again / 1e6, t.frames, t.by_rows, t.sure);
}

/* A new source for each sample, so that its first walk touches every row for
 * the first time. */
static void measure(program *p, const row_source *from)
{
    double first = 1e9, again = 1e9;
    tally t = {0, 0, 0};
    for (int s = 0; s < SAMPLES; s++) {
        mdw_image image = MDW_INIT(mdw_image);
        void *held;
        ready r;
        if (!from->open(p, &image, &held))
            return;
        ready_make(p, &image, NULL, &r);
        double start = now();
        t = walk_once(&r);
        double took = now() - start;
        first = took < first ? took : first;
        start = now();
        for (int i = 0; i < ROUNDS / SAMPLES; i++)
            t = walk_once(&r);
        took = (now() - start) / (ROUNDS / SAMPLES);
        again = took < again ? took : again;
        ready_close(&r);
        from->close(held);
    }
    tell(from->name, t, first, again);
}

void bench_tables(const char *path)
{
    program p;
    if (!program_open(&p, path)) {
        printf("%s: no x86-64 file with tables and calls\n", path);
        return;
    }
    printf("%s: %zu functions, %zu calls\n", path, p.function_count,
           p.site_count);
    for (size_t i = 0; i < ROW_SOURCES; i++)
        measure(&p, &row_sources[i]);
    program_close(&p);
}
