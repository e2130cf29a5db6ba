/* lib/unwind/step_code.c - what the bytes at an exact pc say: a signal
 * handler's way back, or that there is no code and something jumped here. */
#include "lib/unwind/walk.h"

/* Nothing was run here: everything is as the caller left it, who is at sp or in
 * the link register. A call through a null pointer is the usual reason; where
 * else there is no code, a call must prove it. */
static mdw_status nowhere(mdw_walk *w, mdw_row *row)
{
    const arch *a = w->unwinder->arch;
    mdw_place place;
    mdw_status status = place_ask(w, w->frame.pc, MDW_PLACE_EXEC, &place);
    bool null = w->frame.pc < NULL_PAGE;
    if (status != MDW_OK)
        return status;
    if ((!null && place.exec != MDW_ANSWER_NO) ||
        (a->lr != NO_REG && !reg_known(&w->frame.regs, a->lr)))
        return MDW_ABSENT;
    row->flags |= ROW_LEAF | (null ? 0u : (uint32_t)ROW_DOUBTFUL);
    if (a->lr != NO_REG) {
        row->source = MDW_SOURCE_LINK_REG;
        row->cfa = rule_addr(a->sp, 0);
        row_set(row, a->pc, rule_addr(a->lr, 0));
    } else {
        row->source = MDW_SOURCE_LEAF;
        row->cfa = rule_addr(a->sp, a->pointer);
        row_set(row, a->pc, rule_load(MDW_BASE_CFA, -a->pointer));
    }
    return MDW_OK;
}

static mdw_status run(mdw_walk *w, uint32_t choice, mdw_row *row)
{
    (void)choice;
    mdw_status status = trampoline_row(w, row);
    if (status == MDW_ABSENT)
        status = nowhere(w, row);
    return status;
}

/* The same of a frame that no unwind information was found for. */
static mdw_status run_signal(mdw_walk *w, uint32_t choice, mdw_row *row)
{
    (void)choice;
    return trampoline_row(w, row);
}

const step step_signal = {.name = "signal",
                          .trust = MDW_TRUST_CFI,
                          .source = MDW_SOURCE_CODE,
                          .choices = 1,
                          .enough = ENOUGH,
                          .files = true,
                          .keeps = true,
                          .run = run_signal};
const step step_code = {.name = "code",
                        .trust = MDW_TRUST_CFI,
                        .source = MDW_SOURCE_CODE,
                        .choices = 1,
                        .enough = ENOUGH,
                        .context_only = true,
                        .keeps = true,
                        .run = run};
