/* tests/test_no_alloc.c - from mdw_walk_begin to the end of a walk nobody takes
 * memory, whoever tells the rows and whether he was asked before.
 *
 * test_no_alloc ELF_FILE...
 *
 * A marker before and after each walk is a system call that strace shows. */
#define _DEFAULT_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "count_allocs.h"
#include "t.h"
#include "walk_program.h"

static void *volatile somewhere; /* so that no call is optimised away */

/* Sanitizers bring a malloc of their own, which can't be stood before. */
static bool counts(void)
{
    count_allocs = 0;
    somewhere = malloc(8);
    somewhere = realloc(somewhere, 1 << 20);
    free(somewhere);
    somewhere = calloc(1, 8);
    free(somewhere);
    somewhere = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    munmap(somewhere, 4096);
    somewhere = sbrk(0);
    return count_allocs == 5;
}

static void hear(void *user, const mdw_trace_event *event)
{
    size_t *heard = user;
    *heard += event->frame < PROGRAM_FRAMES;
}

static void walk_once(ready *r)
{
    mdw_frame frame = MDW_INIT(mdw_frame);
    mdw_origins origins = MDW_INIT(mdw_origins);
    size_t frames = 0;
    (void)access("a walk begins", F_OK);
    count_allocs = 0;
    CHECK(mdw_walk_begin(r->walk, &r->input) == MDW_OK);
    while (mdw_walk_next(r->walk, &frame) == MDW_OK) {
        mdw_walk_origins(r->walk, &origins);
        frames++;
    }
    int taken = count_allocs;
    (void)access("a walk ends", F_OK);
    CHECK_U64((uint64_t)taken, 0);
    CHECK_U64(frames, PROGRAM_FRAMES);
}

static void walk_by(program *p, const row_source *source)
{
    mdw_image image = MDW_INIT(mdw_image);
    mdw_walk_options options = MDW_INIT(mdw_walk_options);
    size_t heard = 0;
    ready r;
    void *held;
    if (!source->open(p, &image, &held))
        return;
    t_case = source->name;
    options.trace = hear;
    options.trace_user = &heard;
    ready_make(p, &image, &options, &r);
    for (int i = 0; i < 3; i++)
        walk_once(&r);
    CHECK(heard >= 3 * PROGRAM_FRAMES);
    printf("%s: 3 walks\n", source->name);
    ready_close(&r);
    source->close(held);
}

int main(int argc, char **argv)
{
    if (!counts())
        return 77;
    for (int i = 1; i < argc; i++) {
        program p;
        if (!program_open(&p, argv[i])) {
            fprintf(stderr, "%s: no x86-64 file\n", argv[i]);
            return 77;
        }
        for (size_t k = 0; k < ROW_SOURCES; k++)
            walk_by(&p, &row_sources[k]);
        program_close(&p);
    }
    return t_done();
}
