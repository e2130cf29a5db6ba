/* lib/insn/link.h - what the code of a function has done, up to where it
 * stopped, to the registers that lead to its caller. ARM, Thumb, AArch64. */
#ifndef MDW_INSN_LINK_H
#define MDW_INSN_LINK_H

#include "mdwalk/base.h"

typedef struct link_use {
    bool known;    /* false: the bytes can't be a straight way to here */
    bool lr_lost;  /* a call or a load has replaced the link register */
    bool lr_saved; /* it was stored */
    bool sp_moved;
    bool popped;   /* a frame was made and is gone again */
    bool fp_moved; /* the frame pointer was set up, or loaded */
} link_use;

/* `code` begins at the function and ends before the instruction that has not
 * been carried out. Branches are ignored; a return in between makes the answer
 * unknown. */
link_use link_trace(uint32_t arch, bool thumb, mdw_bytes code);

/* Whether nothing has the return address any more. */
static inline bool link_is_gone(const link_use *use)
{
    return use->known && use->lr_lost && !use->lr_saved;
}

/* Whether there is a return in `code`, wherever it begins. */
bool link_returns(uint32_t arch, bool thumb, mdw_bytes code);

/* Whether the frame pointer is set up in `code`. */
bool link_sets_frame(uint32_t arch, bool thumb, mdw_bytes code);

#endif
