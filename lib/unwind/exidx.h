/* lib/unwind/exidx.h - the exception tables of 32-bit ARM: .ARM.exidx and what
 * it points to, .ARM.extab. Source: "Exception Handling ABI for the Arm
 * Architecture" (IHI 0038). Every address here is as linked. */
#ifndef MDW_UNWIND_EXIDX_H
#define MDW_UNWIND_EXIDX_H

#include "lib/unwind/row.h"

/* An index as it lies. Its entries ascend, and each speaks for the addresses up
 * to the next one; who has cut it must not hand it in. */
typedef struct exidx {
    mdw_bytes bytes;
    uint64_t addr; /* of bytes */
    uint32_t count;
    bool big_endian;
    mdw_window_fn at; /* of .ARM.extab; NULL: there is none */
    void *at_user;
} exidx;

/* False if no entry says how to unwind: a program without any tables has the
 * one of its first code. */
bool exidx_take(exidx *x, const mdw_sections *sections);
/* Where entry i begins to speak. */
uint64_t exidx_start(const exidx *x, uint32_t i);
/* The row at `addr`, as linked. It holds at calls: prologues and epilogues are
 * not told. MDW_ABSENT: nobody speaks for it, or to say that it can't be
 * unwound; linkers say that, too, of code that came without tables. */
mdw_status exidx_row(const exidx *x, uint64_t addr, mdw_row *row);
/* Every row, ascending, with the addresses at which exidx_row answers with it;
 * `broken` grows by the entries that can't be read, which of an index out of
 * order are all. */
mdw_status exidx_each_row(const exidx *x, row_fn each, void *user,
                          uint64_t *broken);

#endif
