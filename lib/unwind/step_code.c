/* lib/unwind/step_code.c - what the bytes at an exact pc say: a signal
 * handler's way back, the first or last instructions of a function, or that
 * there is no code and something jumped here. */
#include "lib/insn/edge.h"
#include "lib/insn/flow.h"
#include "lib/unwind/walk.h"

/* Nothing was run here: everything is as the caller left it, who is at sp or in
 * the link register. A call through a null pointer is the usual reason; where
 * else there is no code, a call must prove it; where the bytes before it are
 * unknown, an image will do. */
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
    row->flags |=
        ROW_LEAF | (uint32_t)(null ? ROW_CALLED : ROW_DOUBTFUL | ROW_NOWHERE);
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

/* What a function need not preserve has another value by now. */
static void saved_registers(const mdw_walk *w, const edge *e, uint8_t base,
                            mdw_row *row)
{
    const mdw_unwinder *u = w->unwinder;
    for (uint8_t i = 0; i < e->count; i++) {
        uint8_t reg = register_of(u->arch, e->save[i].reg);
        if (u->saved >> reg & 1 || row->flags & ROW_LEAF)
            row_set(row, reg, rule_load(base, e->save[i].at));
    }
}

static mdw_status edge_row(const mdw_walk *w, const edge *e, uint32_t flags,
                           mdw_row *row)
{
    const arch *a = w->unwinder->arch;
    uint8_t base = a->sp;
    if (e->by_fp)
        base = frame_thumb(w) ? a->fp_thumb : a->fp;
    if (!e->known || (e->in_link && !reg_known(&w->frame.regs, a->lr)))
        return MDW_ABSENT;
    row->flags |= flags;
    row->cfa = e->stored ? rule_load(base, e->caller_sp)
                         : rule_addr(base, e->caller_sp);
    saved_registers(w, e, base, row);
    if (e->in_link)
        row_set(row, a->pc, rule_addr(a->lr, 0));
    else if (e->stored)
        row_set(row, a->pc, rule_load(MDW_BASE_CFA, -a->pointer));
    else
        row_set(row, a->pc, rule_load(base, e->ret));
    return MDW_OK;
}

/* Code of the function at this frame. */
typedef struct function_code {
    uint8_t bytes[FLOW_BYTES];
    bool whole; /* from its start on */
    size_t at;  /* where pc is */
    flow_code flow;
} function_code;

enum { RETURN = 1024 /* bytes in which a return is looked for */ };

/* From its start to its end; else from pc on, and no further than its end. */
static mdw_status load_function(mdw_walk *w, function_code *f)
{
    const mdw_unwinder *u = w->unwinder;
    uint64_t pc = w->frame.pc;
    mdw_place place;
    mdw_status status =
        place_ask(w, w->frame.lookup, MDW_PLACE_FUNCTION, &place);
    mdw_range *in = &place.function;
    uint64_t at = pc - in->start, left = in->size ? in->size - at : RETURN;
    uint64_t size = in->size < FLOW_BYTES ? in->size : FLOW_BYTES, got = 0;
    if (status != MDW_OK)
        return status;
    if (in->size && at <= size)
        got = load_code(w, in->start, f->bytes, (size_t)size);
    f->whole = in->size && at <= got;
    f->at = f->whole ? (size_t)at : 0;
    if (!f->whole)
        got = load_code(w, pc, f->bytes, left < RETURN ? (size_t)left : RETURN);
    bool pops = u->arch->id == MDW_ARCH_X86 && u->options.os == MDW_OS_WINDOWS;
    f->flow =
        (flow_code){u->arch->id, pops, frame_thumb(w), {f->bytes, (size_t)got}};
    return MDW_OK;
}

/* Of a function that no table describes: how it has laid its frame out, or how
 * it takes it down again. Which way was taken is not known, so a call has to be
 * there, too. */
static mdw_status flows(mdw_walk *w, uint32_t choice, mdw_row *row)
{
    function_code f;
    mdw_status status = load_function(w, &f);
    if (status != MDW_OK)
        return status;
    edge e = {.known = false};
    if (f.whole && !choice)
        e = flow_from_start(&f.flow, f.at, !frame_exact(w));
    uint64_t steps = e.steps;
    if (!e.known && (!choice || f.whole))
        e = flow_to_return(&f.flow, f.at);
    if (!work_spend(w, steps + e.steps))
        return MDW_ABSENT;
    return edge_row(w, &e, ROW_DOUBTFUL, row);
}

enum { EDGE = 64 /* bytes that are looked at */ };

/* In the last instructions of a function, or in the first, where it is known
 * where it begins: what has run then only made the frame. */
static mdw_status edges(mdw_walk *w, uint32_t flags, mdw_row *row)
{
    uint8_t code[EDGE];
    uint32_t id = w->unwinder->arch->id;
    size_t len = load_code(w, w->frame.pc, code, sizeof code);
    edge e = edge_end(id, frame_thumb(w), (mdw_bytes){code, len});
    if (e.known)
        return edge_row(w, &e, ROW_LEAF | flags, row);
    function_code f;
    mdw_status status = load_function(w, &f);
    if (status != MDW_OK || !f.whole)
        return status != MDW_OK ? status : MDW_ABSENT;
    e = flow_from_start(&f.flow, f.at, false);
    e.known &= e.plain;
    if (!work_spend(w, e.steps))
        return MDW_ABSENT;
    return edge_row(w, &e, ROW_LEAF, row);
}

static mdw_status run(mdw_walk *w, uint32_t choice, mdw_row *row)
{
    (void)choice;
    mdw_status status = trampoline_row(w, row);
    if (status == MDW_ABSENT)
        status = nowhere(w, row);
    return status == MDW_ABSENT ? edges(w, 0, row) : status;
}

/* The same of a frame that no unwind information was found for. */
static mdw_status run_files(mdw_walk *w, uint32_t choice, mdw_row *row)
{
    mdw_status status = choice ? MDW_ABSENT : trampoline_row(w, row);
    bool exact = !choice && frame_exact(w);
    if (status == MDW_ABSENT && exact)
        status = nowhere(w, row);
    if (status == MDW_ABSENT && exact) /* a return needs no call to prove it */
        status = edges(w, rows_answered(w) ? 0 : ROW_CALLED, row);
    return status == MDW_ABSENT ? flows(w, choice, row) : status;
}

const step step_code_files = {.name = "code?",
                              .trust = MDW_TRUST_CFI,
                              .source = MDW_SOURCE_CODE,
                              .choices = 2,
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
