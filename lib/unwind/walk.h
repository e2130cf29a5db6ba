/* lib/unwind/walk.h - what the files of this room share. */
#ifndef MDW_UNWIND_WALK_H
#define MDW_UNWIND_WALK_H

#include "lib/base/arena.h"
#include "lib/insn/link.h"
#include "lib/unwind/arch.h"
#include "lib/unwind/row.h"
#include "lib/unwind/step.h"

/* An image and the addresses that are left to it after overlaps. */
typedef struct placed_image {
    mdw_range owned;
    uint32_t given; /* place in the caller's list */
    mdw_image image;
} placed_image;

struct mdw_unwinder {
    arena *store;
    mdw_unwinder_options options;
    const arch *arch;
    uint64_t code_mask;         /* 0: pointers carry no tag bits */
    uint64_t saved;             /* registers that this system's ABI preserves */
    const placed_image *images; /* by address, no two overlapping */
    size_t image_count;
};

/* How far the scan of this frame has come. */
typedef struct scan_state {
    uint32_t next;
    bool unknown; /* a word with unknown bytes was proposed */
} scan_state;

/* A proposed caller, applied and judged. */
typedef struct candidate {
    const step *step;
    uint32_t source, choice, flags, place;
    uint32_t checks, grade, trust;
    bool thumb;
    bool base;         /* pc lies in an outermost function */
    bool callee_known; /* its function is */
    bool proven;       /* by its bytes */
    uint64_t target;   /* of the call before pc, if it is direct; or 0 */
    bool entered;      /* pc is the first byte of a trampoline */
    uint64_t pc;       /* without tag bits and Thumb bit */
    mdw_regs regs;
    mdw_origins origins;
} candidate;

enum { MAX_EVENTS = 24, MAX_LEFT = 8 };

struct mdw_walk {
    arena *store;
    const mdw_unwinder *unwinder;
    mdw_walk_options options;
    mdw_budget budget;
    mdw_walk_input input;
    mdw_regs context;
    mdw_window window; /* of input.memory, where the last load was */
    mdw_frame frame;   /* the callee while stepping */
    mdw_origins origins;
    uint32_t args;            /* row.args of the frame that `frame` called */
    uint32_t own_args;        /* of `frame` itself, while stepping */
    uint32_t depth;           /* frames delivered */
    uint32_t stop;            /* enum mdw_stop_id */
    uint32_t scanned;         /* words, in the whole walk */
    uint64_t work, asked_at;  /* units spent; when `cancelled` was last asked */
    bool stayed;              /* `frame` has the sp of its own callee */
    bool files;               /* of files, too, are the bytes of code */
    bool awaited;             /* some are on their way: nothing is decided */
    bool fp_untouched;        /* by `frame`: its callers' chain goes on */
    bool near_base;           /* what calls `frame` is outermost */
    bool called_base;         /* what `frame` called said so of `frame` */
    mdw_range left[MAX_LEFT]; /* parts of stacks that were left by a jump */
    uint32_t left_count;
    uint64_t stack_low; /* sp of the first frame on the present stack */
    uint64_t shadow;    /* where the next return address lies; 0: unknown */
    mdw_row row;        /* only what `set` names is ever written or read */
    scan_state scan;
    candidate tried, best;
    mdw_trace_event events[MAX_EVENTS]; /* of this frame, until decided */
    mdw_row event_rows[MAX_EVENTS];
    uint32_t event_count;
};

/* lib/unwind/unwinder.c: index in `images`, or MDW_NONE. */
uint32_t image_find(const mdw_unwinder *u, uint64_t addr);
/* Without pointer authentication and other tag bits. */
uint64_t code_pointer(const mdw_unwinder *u, uint64_t value);

/* lib/unwind/target.c: the target's memory and what is known of its code. */
bool load_uint(mdw_walk *w, uint64_t addr, unsigned size, uint64_t *value);
bool load_pointer(mdw_walk *w, uint64_t addr, uint64_t *value);
/* Bytes of code; of files as well while w->files. While those are on their way
 * nothing is read and w->awaited is set, for the answer to be MDW_AGAIN. */
size_t load_code(mdw_walk *w, uint64_t addr, void *dst, size_t len);
/* MDW_OK, or MDW_AGAIN. Who knows nothing has said so in `out`. */
mdw_status place_ask(const mdw_walk *w, uint64_t addr, uint32_t want,
                     mdw_place *out);
/* Is there a call that ends at `pc`? `target`: where a direct one goes, else 0.
 */
uint32_t call_ask(mdw_walk *w, uint64_t pc, bool thumb, uint64_t *target);

/* What the code between two addresses has done, in the state of this frame. */
link_use link_between(mdw_walk *w, uint64_t from, uint64_t to);

/* lib/unwind/step_frame_ptr.c: the register that this code would use. */
uint8_t frame_pointer(const mdw_walk *w);

/* lib/unwind/realigned.c: how much further the caller's sp is than behind the
 * return address in `slot`. */
uint64_t beyond_copy(mdw_walk *w, uint64_t slot);

/* lib/unwind/trampoline.c: what lies at `pc`, or NULL. */
const arch_signal *trampoline_at(mdw_walk *w, uint64_t pc, bool thumb);
/* Whether the kernel could have saved registers there. MDW_OK, or MDW_AGAIN. */
mdw_status trampoline_plausible(mdw_walk *w, const arch_signal *s, uint64_t sp,
                                bool *yes);
/* MDW_OK with the row of a signal frame, MDW_ABSENT, MDW_AGAIN. */
mdw_status trampoline_row(mdw_walk *w, mdw_row *row);
/* The same of a signal frame that the frame pointer's record belongs to. */
mdw_status linked_row(mdw_walk *w, mdw_row *row);

/* lib/unwind/judge.c */
mdw_status judge(mdw_walk *w, candidate *c);
bool judge_refuses(const candidate *c);
/* Grades: nobody else is asked; the scan looks no further. */
enum { ENOUGH = MDW_TRUST_CFI, PROVEN_SCAN = MDW_TRUST_SCAN + 24 };

/* lib/unwind/trace.c */
void trace_note(mdw_walk *w, const candidate *c, mdw_status status,
                uint32_t verdict);
void trace_flush(mdw_walk *w);

enum { NULL_PAGE = 4096 };

/* Flags of rows inside this room: worth no more than a scanned word unless a
 * call is proven; of a function that has done nothing yet; with a frame pointer
 * that is a guess; of what only a call can have led to.
 */
enum {
    ROW_DOUBTFUL = 1 << 16,
    ROW_LEAF = 1 << 17,
    ROW_FP_GUESS = 1 << 18,
    ROW_CALLED = 1 << 19,
    ROW_NOWHERE = 1 << 20
};

static inline bool frame_exact(const mdw_walk *w)
{
    return w->frame.pc == w->frame.lookup;
}

/* Whether unwind information has had an answer for this frame. */
static inline bool rows_answered(const mdw_walk *w)
{
    return w->best.step && w->best.trust >= MDW_TRUST_CFI;
}

static inline bool frame_thumb(const mdw_walk *w)
{
    return w->frame.flags & MDW_FRAME_THUMB;
}

/* False once the budget is spent or the caller has cancelled. */
bool work_spend(mdw_walk *w, uint64_t units);

#endif
