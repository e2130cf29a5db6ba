/* lib/unwind/stack_win.h - STACK WIN records: what MSVC's PDBs say about frames
 * of 32-bit x86. They are evaluated on the spot, never kept as rows. */
#ifndef MDW_UNWIND_STACK_WIN_H
#define MDW_UNWIND_STACK_WIN_H

#include "lib/unwind/row.h"

enum { STACK_WIN_FPO = 0, STACK_WIN_FRAME_DATA = 4 };

/* One record, as it is written; sizes in bytes. */
typedef struct stack_win {
    uint32_t type; /* STACK_WIN_; others say nothing that is of use */
    uint32_t params, saved, locals;
    bool allocates_base; /* FPO: ebp is saved and used for something else */
    mdw_str program;     /* FRAME_DATA */
} stack_win;

/* The `query->choice`-th answer, as constants: what the record says, and where
 * that can't be, what Breakpad's experience is. Returns MDW_ABSENT, with
 * `row->args` filled, when there are no more; MDW_AGAIN. `image`: taken for
 * code where the query can't ask about places. The caller fills `row->pc`. */
mdw_status stack_win_row(const stack_win *win, const mdw_range *image,
                         const mdw_row_query *query, mdw_row *row);

#endif
