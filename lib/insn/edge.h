/* lib/insn/edge.h - the first and the last instructions of a function, where
 * its frame is half made or half gone. */
#ifndef MDW_INSN_EDGE_H
#define MDW_INSN_EDGE_H

#include "mdwalk/base.h"

enum { EDGE_SAVES = 16 };

typedef struct edge_save {
    uint8_t reg;
    int64_t at;
} edge_save;

/* How the caller's registers lie, counted from sp, or from the frame pointer
 * where `by_fp`. Registers have the numbers of the instructions. */
typedef struct edge {
    bool known;
    bool by_fp;
    bool in_link;      /* the return address is in the link register */
    bool stored;       /* `caller_sp` is where it was stored, and the return
                        * address lies right below what it points to */
    bool plain;        /* nothing was run but what makes a frame */
    int64_t ret;       /* where it lies, if not */
    int64_t caller_sp; /* what the caller's sp is */
    uint32_t steps;    /* instructions that were followed */
    uint8_t count;
    edge_save save[EDGE_SAVES];
} edge;

/* `code` begins with the next instruction. Known where nothing but the end of a
 * function comes: pops, and a return. */
edge edge_end(uint32_t arch, bool thumb, mdw_bytes code);

#endif
