/* lib/process/report.h - what the files of this room share. */
#ifndef MDW_PROCESS_REPORT_H
#define MDW_PROCESS_REPORT_H

#include "lib/base/arena.h"
#include "mdwalk/report.h"

/* A frame at rest: the registers that are known, packed. */
typedef struct kept_frame {
    uint64_t pc, lookup, sp;
    uint64_t valid, guessed;    /* as in mdw_regs */
    const uint64_t *values;     /* one for each bit of `valid` */
    const mdw_origins *origins; /* NULL: not kept */
    const mdw_symbol *symbol;   /* NULL: none */
    uint32_t image, checks;
    uint16_t flags, source;
    uint8_t trust, arch;
    uint32_t client; /* PREWALKED: index among the client's frames */
} kept_frame;

typedef struct kept_stack {
    const kept_frame *frames;
    size_t count;
    uint32_t stop; /* enum mdw_stop_id */
} kept_stack;

enum { MAX_ISSUES = 256 };

struct mdw_report {
    arena *store;
    const mdw_state *state;
    kept_stack *stacks;
    size_t stack_count;
    mdw_crash **crashes;
    size_t crash_count;
    mdw_issue *issues;
    size_t issue_count;
    mdw_module_use *uses;
    size_t module_count;
};

/* Merges equal ones; the strings are copied. */
void report_issue(mdw_report *r, const mdw_issue *issue);

/* lib/process/place.c: an mdw_place_fn whose user is the mdw_state. */
mdw_status state_place(void *user, uint64_t addr, uint32_t want,
                       mdw_place *out);

#endif
