/* lib/insn/flow.h - what the code of a function does to its frame, followed
 * instruction by instruction: x86, x86-64, ARM and Thumb, AArch64. */
#ifndef MDW_INSN_FLOW_H
#define MDW_INSN_FLOW_H

#include "lib/insn/edge.h"

typedef struct flow_code {
    uint32_t arch;
    bool callee_pops; /* what is called may take its arguments off the stack */
    bool thumb;       /* of ARM */
    mdw_bytes bytes;
} flow_code;

enum { FLOW_BYTES = 8192 /* no more than these are followed */ };

/* `code` begins with a function; the instruction at `at` has not been carried
 * out. `called`: what is there will be returned to. Known where some way leads
 * there and all that moved sp is understood. */
edge flow_from_start(const flow_code *code, size_t at, bool called);

/* The instruction at `at` is the next one. Known where some way leads to a
 * return, and the like. The caller's sp is what it was before what the return
 * itself takes off, which is how tables count. */
edge flow_to_return(const flow_code *code, size_t at);

#endif
