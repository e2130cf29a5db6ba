/* lib/unwind/step_code.c - what the bytes at an exact pc say: a signal
 * handler's way back, the first or last instructions of a function, or that
 * there is no code and something jumped here. */
#include "lib/insn/edge.h"
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

/* Registers as instructions number them. */
static uint8_t register_of(const arch *a, uint8_t reg)
{
    return a->code_regs ? a->code_regs[reg] : reg;
}

static mdw_status edge_row(const mdw_walk *w, const edge *e, mdw_row *row)
{
    const arch *a = w->unwinder->arch;
    uint8_t base = e->by_fp ? a->fp : a->sp;
    if (!e->known || (e->in_link && !reg_known(&w->frame.regs, a->lr)))
        return MDW_ABSENT;
    row->flags |= ROW_LEAF;
    row->cfa = rule_addr(base, e->caller_sp);
    for (uint8_t i = 0; i < e->count; i++)
        row_set(row, register_of(a, e->save[i].reg),
                rule_load(base, e->save[i].at));
    row_set(row, a->pc,
            e->in_link ? rule_addr(a->lr, 0) : rule_load(base, e->ret));
    return MDW_OK;
}

enum { EDGE = 64 /* bytes that are looked at */ };

/* In the last instructions of a function, or in the first, where it is known
 * where it begins: what has run then only made the frame. */
static mdw_status edges(mdw_walk *w, mdw_row *row)
{
    uint8_t code[EDGE];
    uint32_t id = w->unwinder->arch->id;
    uint64_t pc = w->frame.pc;
    mdw_place place;
    size_t len = load_code(w, pc, code, sizeof code);
    edge e = edge_end(id, frame_thumb(w), (mdw_bytes){code, len});
    if (e.known)
        return edge_row(w, &e, row);
    mdw_status status = place_ask(w, pc, MDW_PLACE_FUNCTION, &place);
    uint64_t start = place.function.start;
    if (status != MDW_OK || !mdw_range_has(place.function, pc) ||
        pc - start > sizeof code)
        return status != MDW_OK ? status : MDW_ABSENT;
    len = (size_t)(pc - start);
    if (load_code(w, start, code, len) != len)
        return MDW_ABSENT;
    e = edge_start(id, (mdw_bytes){code, len});
    return edge_row(w, &e, row);
}

static mdw_status run(mdw_walk *w, uint32_t choice, mdw_row *row)
{
    (void)choice;
    mdw_status status = trampoline_row(w, row);
    if (status == MDW_ABSENT)
        status = nowhere(w, row);
    return status == MDW_ABSENT ? edges(w, row) : status;
}

/* The same of a frame that no unwind information was found for. */
static mdw_status run_files(mdw_walk *w, uint32_t choice, mdw_row *row)
{
    (void)choice;
    mdw_status status = trampoline_row(w, row);
    return status == MDW_ABSENT && frame_exact(w) ? edges(w, row) : status;
}

const step step_code_files = {.name = "code?",
                              .trust = MDW_TRUST_CFI,
                              .source = MDW_SOURCE_CODE,
                              .choices = 1,
                              .enough = ENOUGH,
                              .files = true,
                              .keeps = true,
                              .run = run_files};
const step step_code = {.name = "code",
                        .trust = MDW_TRUST_CFI,
                        .source = MDW_SOURCE_CODE,
                        .choices = 1,
                        .enough = ENOUGH,
                        .context_only = true,
                        .keeps = true,
                        .run = run};
