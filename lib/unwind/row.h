/* lib/unwind/row.h - carrying out an unwind row. It takes what it uses and not
 * a walk, so that it can be called with anything. */
#ifndef MDW_UNWIND_ROW_H
#define MDW_UNWIND_ROW_H

#include "lib/unwind/dwarf_expr.h"

typedef struct row_input {
    const arch *arch;
    const mdw_regs *regs;       /* of the callee */
    const mdw_origins *origins; /* of the callee's registers */
    uint64_t keep;              /* registers that survive unless the row says */
    uint32_t depth;             /* of the callee, for the origins */
    expr_load_fn load;
    void *user;
    bool no_guess;   /* refuse a CFA that rests on a guess */
    bool big_endian; /* of the bytes of DWARF expressions */
    uint64_t bias;   /* where the image is minus where it was linked for */
    uint64_t *ops;   /* NULL, or grows by the operators that ran */
} row_input;

/* The caller's registers; false if pc or sp cannot be recovered, or the row
 * makes no sense for this architecture. `out` is written whole. Anything may
 * stand in the row, as long as the bytes of its expressions can be read. */
bool row_apply(const row_input *in, const mdw_row *row, mdw_regs *out,
               mdw_origins *origins);

/* Of a list of rows, which ends early with what this answers, unless that is
 * MDW_OK. `row` is its own during the call. */
typedef mdw_status (*row_fn)(void *user, mdw_row *row);

static inline bool reg_known(const mdw_regs *regs, uint8_t reg)
{
    return reg < MDW_MAX_REGS && (regs->valid >> reg & 1);
}

static inline mdw_rule rule_addr(uint8_t base, int64_t offset)
{
    return (mdw_rule){.kind = MDW_RULE_ADDR, .base = base, .offset = offset};
}

static inline mdw_rule rule_load(uint8_t base, int64_t offset)
{
    return (mdw_rule){.kind = MDW_RULE_LOAD, .base = base, .offset = offset};
}

static inline mdw_rule rule_kind(uint8_t kind)
{
    return (mdw_rule){.kind = kind, .offset = 0};
}

static inline mdw_rule rule_expr(uint8_t kind, mdw_bytes expr)
{
    return (mdw_rule){.kind = kind,
                      .expr_len = (uint32_t)expr.len, /* <= UINT32_MAX */
                      .expr = expr.data};
}

static inline void row_set(mdw_row *row, uint8_t reg, mdw_rule rule)
{
    row->set |= UINT64_C(1) << reg;
    row->reg[reg] = rule;
}

static inline void row_clear(mdw_row *row)
{
    row->size = sizeof *row;
    row->pc = (mdw_range){0, 0};
    row->flags = row->source = row->args = 0;
    row->set = 0;
    row->cfa = rule_kind(MDW_RULE_DEFAULT);
}

_Static_assert(sizeof(mdw_rule) == 16, "frozen");
#endif
