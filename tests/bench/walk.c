/* tests/bench/walk.c - frames per second of the walker: frame pointers on
 * x86-64 and the unwind tables of the files named, every check made, the origin
 * of every register asked for. */
/* bench_walk [ELF_FILE...] */
#define _DEFAULT_SOURCE /* clock_gettime */
#include "bench/walk.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    WORDS = 8, /* of a frame: two of them are its links */
    STEP = 64, /* bytes of code for a frame */
    IMAGES = 50
};
static const uint64_t code_at = 0x400000, stack_at = 0x7FFFFF000000;

static uint8_t code[FRAMES * STEP];
static uint64_t stack[(FRAMES + 1) * WORDS];

/* Frame i keeps its links in words 4 and 5 of its own eight; it was called by a
 * five-byte call at the start of its caller's code. */
static void make_stack(void)
{
    for (size_t i = 0; i < FRAMES; i++) {
        code[i * STEP] = 0xE8;
        bool last = i + 1 == FRAMES;
        uint64_t *links = &stack[i * WORDS + 4];
        links[0] = last ? 0 : stack_at + ((i + 1) * WORDS + 4) * 8;
        links[1] = last ? 0 : code_at + (i + 1) * STEP + 5;
    }
}

static mdw_unwinder *make_unwinder(void)
{
    static mdw_image images[IMAGES];
    const mdw_image *list[IMAGES];
    /* The first holds the code; the others are there to be searched. */
    for (size_t i = 0; i < IMAGES; i++) {
        images[i] = MDW_INIT(mdw_image);
        images[i].range.start = code_at + i * 0x100000;
        images[i].range.size = 0x80000;
        list[i] = &images[i];
    }
    mdw_unwinder_options options = MDW_INIT(mdw_unwinder_options);
    options.arch = MDW_ARCH_X86_64;
    options.os = MDW_OS_LINUX;
    mdw_unwinder *unwinder = NULL;
    mdw_error err = {0};
    if (mdw_unwinder_new(&options, list, IMAGES, &unwinder, &err)) {
        fprintf(stderr, "%s\n", err.what);
        exit(2);
    }
    return unwinder;
}

static mdw_regs first_registers(void)
{
    const uint64_t rip = code_at + 1, rsp = stack_at, rbp = stack_at + 4 * 8;
    const struct {
        mdw_str name;
        uint64_t value;
    } known[] = {{{"rip", 3}, rip}, {{"rsp", 3}, rsp}, {{"rbp", 3}, rbp}};
    mdw_regs regs = {0};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        uint32_t r = mdw_reg_find(MDW_ARCH_X86_64, known[i].name);
        regs.valid |= UINT64_C(1) << r;
        regs.value[r] = known[i].value;
    }
    return regs;
}

/* Frames of one walk by frame pointer whose checks all said yes. */
static size_t walk_once(mdw_walk *walk, const mdw_walk_input *input)
{
    mdw_frame frame = MDW_INIT(mdw_frame);
    mdw_origins origins = MDW_INIT(mdw_origins);
    size_t good = 0;
    if (mdw_walk_begin(walk, input))
        return 0;
    while (mdw_walk_next(walk, &frame) == MDW_OK) {
        mdw_walk_origins(walk, &origins);
        good += frame.trust == MDW_TRUST_FP &&
                MDW_CHECK(frame.checks, MDW_CHECK_STACK) == MDW_ANSWER_YES &&
                MDW_CHECK(frame.checks, MDW_CHECK_EXEC) == MDW_ANSWER_YES &&
                MDW_CHECK(frame.checks, MDW_CHECK_CALL) == MDW_ANSWER_YES;
    }
    return good;
}

static void bench_chain(void)
{
    piece words = {stack_at, {(const uint8_t *)stack, sizeof stack}};
    piece bytes = {code_at, {code, sizeof code}};
    make_stack();
    mdw_unwinder *unwinder = make_unwinder();
    mdw_regs regs = first_registers();
    mdw_walk_input input = MDW_INIT(mdw_walk_input);
    input.regs = &regs;
    input.memory = (mdw_memory){piece_read, piece_window, &words};
    input.code = (mdw_memory){piece_read, piece_window, &bytes};
    input.stack = (mdw_range){stack_at, sizeof stack};
    mdw_walk *walk = NULL;
    if (mdw_walk_new(unwinder, NULL, &walk, NULL))
        exit(2);

    size_t good = walk_once(walk, &input);
    if (good != FRAMES - 1)
        fprintf(stderr, "only %zu frames by frame pointer\n", good);
    double best = 1e9, sum = 0;
    for (int s = 0; s < SAMPLES; s++) {
        double start = now();
        for (int i = 0; i < ROUNDS; i++)
            good = walk_once(walk, &input);
        double took = now() - start;
        best = took < best ? took : best;
        sum += took;
    }
    double frames = (double)ROUNDS * FRAMES;
    printf("%d frames a walk, of them %zu by frame pointer, %d images\n",
           FRAMES, good, IMAGES);
    printf("best of %d: %.2f million frames/s, %.0f ns a frame; mean %.0f ns\n",
           SAMPLES, frames / best / 1e6, best / frames * 1e9,
           sum / SAMPLES / frames * 1e9);
    mdw_walk_close(walk);
    mdw_unwinder_close(unwinder);
}

int main(int argc, char **argv)
{
    bench_chain();
    for (int i = 1; i < argc; i++)
        bench_tables(argv[i]);
    return 0;
}
