/* lib/insn/flow_parts.h - what the files of flow.h share. */
#ifndef MDW_INSN_FLOW_PARTS_H
#define MDW_INSN_FLOW_PARTS_H

#include "lib/insn/flow.h"

/* What places are counted from. */
enum {
    FLOW_NOWHERE,
    FLOW_ENTRY,   /* sp at the first instruction that was followed */
    FLOW_ALIGNED, /* what sp became when it was aligned */
    FLOW_FRAME,   /* the frame pointer at the first instruction */
    FLOW_LOADED   /* what was loaded from `caller` */
};

typedef struct flow_place {
    int32_t at;
    uint8_t from; /* FLOW_ */
} flow_place;

/* Registers that may be saved: the 16 of x86-64 and of ARM, or x16 and what
 * follows. */
enum {
    FLOW_REGS = 16,
    FLOW_A64_FIRST = 16,
    FLOW_LINK = 14, /* the link register, of ARM and of AArch64 */
    FLOW_NO_REG = 0xFF
};

typedef struct flow_state {
    flow_place sp, fp;
    flow_place copy;   /* what `copy_reg` points to */
    flow_place caller; /* where the caller's sp was stored */
    int64_t number;    /* in `number_reg` */
    uint8_t copy_reg, number_reg;
    uint8_t fp_reg;      /* of ARM, where Thumb has another one */
    uint8_t conditional; /* instructions to come, of an IT block */
    bool to_return;      /* registers are brought back, not saved */
    bool link_lost;
    bool called; /* something, on the way */
    bool busy;   /* something was done that neither makes a frame nor ends it */
    uint16_t saved;
    uint16_t written; /* to `save`, on the way to the return */
    flow_place save[FLOW_REGS];
} flow_state;

/* What comes after an instruction. */
enum flow_next {
    FLOW_ON,
    FLOW_CALL,     /* on, once it comes back */
    FLOW_BRANCH,   /* to the target, or on */
    FLOW_JUMP,     /* to the target */
    FLOW_ANYWHERE, /* to somewhere unknown */
    FLOW_RETURN,
    FLOW_STOP, /* nothing */
    FLOW_LOST  /* nothing is known any more */
};

typedef struct flow_step {
    uint16_t size; /* of the instruction, and of a table behind it */
    enum flow_next next;
    int64_t target; /* from the instruction */
} flow_step;

/* One instruction, of `bytes` that begin with it. Size 0: there is none. */
flow_step flow_x86(flow_state *s, const flow_code *code, mdw_bytes bytes);
flow_step flow_arm(flow_state *s, const flow_code *code, mdw_bytes bytes);
flow_step flow_arm64(flow_state *s, mdw_bytes bytes);

/* Which is nowhere if it can't be. */
flow_place flow_moved(flow_place from, int64_t by);
bool flow_same(flow_place a, flow_place b);
/* Of one of FLOW_REGS. */
void flow_store(flow_state *s, uint8_t reg, flow_place to);
void flow_load(flow_state *s, uint8_t reg, flow_place from);
/* One or the other, where the return address may be in a register. */
void flow_transfer(flow_state *s, bool load, uint8_t reg, flow_place at);
/* `reg` has another value now. */
void flow_forget(flow_state *s, uint8_t reg);

/* Of encodings. */
static inline int64_t flow_signed(uint64_t value, unsigned bits)
{
    uint64_t sign = UINT64_C(1) << (bits - 1);
    return (int64_t)((value ^ sign) - sign);
}

/* The least number has no opposite; what is as far off is nowhere either. */
static inline int64_t flow_negated(int64_t by)
{
    return by == INT64_MIN ? INT64_MAX : -by;
}

static inline unsigned flow_field(uint32_t word, unsigned at, unsigned bits)
{
    return word >> at & ((1u << bits) - 1);
}

static inline bool flow_is(uint32_t word, uint32_t mask, uint32_t value)
{
    return (word & mask) == value;
}

#endif
