/* tests/bench/walk.h - what the files of bench_walk share. */
#ifndef BENCH_WALK_H
#define BENCH_WALK_H

#include <time.h>

#include "mdwalk/unwind.h"

enum {
    FRAMES = 200,  /* of a walk */
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

/* One piece of target memory as mdw_memory has it. */
typedef struct piece {
    uint64_t addr;
    mdw_bytes bytes;
} piece;
mdw_window piece_window(void *user, uint64_t addr);
size_t piece_read(void *user, uint64_t addr, void *dst, size_t len);

/* Walks through calls that stand in `path`, by its .eh_frame with and without
 * .eh_frame_hdr or by its .debug_frame, and by a .sym that says the same. */
void bench_tables(const char *path);

#endif
