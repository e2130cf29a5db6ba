/* tests/bench/walk.h - what the files of bench_walk share. */
#ifndef BENCH_WALK_H
#define BENCH_WALK_H

#include <time.h>

#include "walk_program.h"

enum {
    FRAMES = PROGRAM_FRAMES,
    ROUNDS = 2000, /* walks in one sample */
    SAMPLES = 9
};

/* Of this process alone: other work on the machine does not count. */
static inline double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Walks through the program in `path` by each source of rows. */
void bench_tables(const char *path);

#endif
