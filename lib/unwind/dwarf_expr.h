/* lib/unwind/dwarf_expr.h - runs the DWARF expressions of call frame
 * information. */
#ifndef MDW_UNWIND_DWARF_EXPR_H
#define MDW_UNWIND_DWARF_EXPR_H

#include "lib/unwind/arch.h"

/* `size` bytes (1 to 8) at `addr` of the target, as an unsigned number. */
typedef bool (*expr_load_fn)(void *user, uint64_t addr, unsigned size,
                             uint64_t *value);

enum { EXPR_SLOTS = 64, EXPR_OPS = 1000 };

typedef struct expr_input {
    const arch *arch;
    const mdw_regs *regs; /* of the callee */
    const uint64_t *cfa;  /* on the stack at first; NULL: the CFA's own rule */
    uint64_t bias;        /* added to addresses as linked */
    bool big_endian;      /* of the expression's bytes */
    expr_load_fn load;
    void *user;
    uint64_t *used; /* NULL, or grows by bit i: regs->value[i] was read */
} expr_input;

/* False: an unknown register, a load that failed, an operator that has no
 * place here, or the limits above. `ops`, where given, grows by the operators
 * that ran. */
bool dwarf_expr(const expr_input *in, mdw_bytes code, uint64_t *out,
                uint64_t *ops);

#endif
