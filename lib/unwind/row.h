/* lib/unwind/row.h - carrying out an unwind row. It takes what it uses and not
 * a walk, so that it can be called with anything. */
#ifndef MDW_UNWIND_ROW_H
#define MDW_UNWIND_ROW_H

#include "lib/unwind/arch.h"

/* Pointer-sized load from the target. */
typedef bool (*row_load_fn)(void *user, uint64_t addr, uint64_t *value);

typedef struct row_input {
    const arch *arch;
    const mdw_regs *regs;       /* of the callee */
    const mdw_origins *origins; /* of the callee's registers */
    uint64_t keep;              /* registers that survive unless the row says */
    uint32_t depth;             /* of the callee, for the origins */
    row_load_fn load;
    void *user;
} row_input;

/* The caller's registers; false if pc or sp cannot be recovered, or the row
 * makes no sense for this architecture. `out` is written whole. */
bool row_apply(const row_input *in, const mdw_row *row, mdw_regs *out,
               mdw_origins *origins);

static inline bool reg_known(const mdw_regs *regs, uint8_t reg)
{
    return reg < MDW_MAX_REGS && (regs->valid >> reg & 1);
}

static inline void row_clear(mdw_row *row)
{
    row->size = sizeof *row;
    row->pc = (mdw_range){0, 0};
    row->flags = row->source = row->args = 0;
    row->set = 0;
    row->cfa = (mdw_rule){MDW_RULE_DEFAULT, 0, {0}, 0};
}

static inline mdw_rule rule_addr(uint8_t base, int64_t offset)
{
    return (mdw_rule){MDW_RULE_ADDR, base, {0}, offset};
}

static inline mdw_rule rule_load(uint8_t base, int64_t offset)
{
    return (mdw_rule){MDW_RULE_LOAD, base, {0}, offset};
}

static inline mdw_rule rule_kind(uint8_t kind)
{
    return (mdw_rule){kind, 0, {0}, 0};
}

static inline void row_set(mdw_row *row, uint8_t reg, mdw_rule rule)
{
    row->set |= UINT64_C(1) << reg;
    row->reg[reg] = rule;
}

#endif
