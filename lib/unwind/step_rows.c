/* lib/unwind/step_rows.c - whatever the image's own row function knows. */
#include "lib/unwind/walk.h"

static uint8_t kind_of(const mdw_row *row, uint8_t reg)
{
    return reg < MDW_MAX_REGS && row->set >> reg & 1 ? row->reg[reg].kind
                                                     : MDW_RULE_DEFAULT;
}

/* Of the two names that a return address can have on a link-register machine
 * pc counts. */
static bool return_lost(const arch *a, const mdw_row *row)
{
    uint8_t pc = kind_of(row, a->pc);
    return pc == MDW_RULE_UNDEFINED ||
           (pc == MDW_RULE_DEFAULT &&
            kind_of(row, a->lr) == MDW_RULE_UNDEFINED);
}

/* A place counted from a register, or from a CFA that is. */
static bool place_of(const mdw_walk *w, const mdw_row *row,
                     const mdw_rule *rule, uint64_t *addr)
{
    const mdw_rule *cfa = &row->cfa;
    bool by_cfa = rule->base == MDW_BASE_CFA;
    uint8_t base = by_cfa ? cfa->base : rule->base;
    if (!reg_known(&w->frame.regs, base) ||
        (by_cfa && cfa->kind != MDW_RULE_ADDR))
        return false;
    *addr = w->frame.regs.value[base] + (uint64_t)rule->offset +
            (by_cfa ? (uint64_t)cfa->offset : 0);
    return true;
}

/* The word that a row takes for the return address; false: it lies nowhere. */
static bool saved_return(mdw_walk *w, const mdw_row *row, uint64_t *value)
{
    uint8_t pc = w->unwinder->arch->pc;
    uint64_t addr;
    return kind_of(row, pc) == MDW_RULE_LOAD &&
           place_of(w, row, &row->reg[pc], &addr) &&
           load_pointer(w, addr, value);
}

/* Whether lr has what this function was called with: a call ends there, in
 * other code. */
static bool from_call(mdw_walk *w, const mdw_range *function)
{
    const arch *a = w->unwinder->arch;
    uint64_t lr = code_pointer(w->unwinder, w->frame.regs.value[a->lr]), target;
    bool thumb = a->thumb_bit && lr & 1;
    lr &= ~(uint64_t)thumb;
    return reg_known(&w->frame.regs, a->lr) &&
           !mdw_range_has(*function, lr - 1) &&
           call_ask(w, lr, thumb, &target) == MDW_ANSWER_YES;
}

/* A row for a whole function holds where the frame is made. Before that lr is
 * not in it, or what the row takes for it is something else. */
static bool frame_is_made(mdw_walk *w, const mdw_row *row)
{
    const arch *a = w->unwinder->arch;
    uint64_t saved, lr;
    mdw_place place;
    w->awaited |=
        place_ask(w, w->frame.pc, MDW_PLACE_FUNCTION, &place) == MDW_AGAIN;
    if (!place.function.size)
        return true;
    link_use use = link_between(w, place.function.start, w->frame.pc);
    if (a->lr == NO_REG || !use.known || !saved_return(w, row, &saved))
        return true; /* as far as anybody knows */
    if (!use.lr_saved || use.popped)
        return false;
    lr = w->frame.regs.value[a->lr];
    return use.lr_lost || saved == lr || !from_call(w, &place.function);
}

/* Whether a row has the link register for the return address. */
static bool by_link(const arch *a, const mdw_row *row)
{
    uint8_t pc = kind_of(row, a->pc), lr = kind_of(row, a->lr);
    if (a->lr == NO_REG)
        return false;
    if (pc == MDW_RULE_ADDR)
        return row->reg[a->pc].base == a->lr && !row->reg[a->pc].offset;
    return pc == MDW_RULE_DEFAULT &&
           (lr == MDW_RULE_DEFAULT || lr == MDW_RULE_SAME);
}

/* Whether lr has something else by now: compilers write no row for a function
 * that never returns and so keeps nothing. What it called has come back to it,
 * or the link register was lost on the way here. */
static bool link_is_stale(mdw_walk *w)
{
    const arch *a = w->unwinder->arch;
    uint64_t lr = code_pointer(w->unwinder, w->frame.regs.value[a->lr]), target;
    bool thumb = a->thumb_bit && lr & 1;
    mdw_place place;
    w->awaited |=
        place_ask(w, w->frame.pc, MDW_PLACE_FUNCTION, &place) == MDW_AGAIN;
    if (!place.function.size || !reg_known(&w->frame.regs, a->lr))
        return false;
    lr &= ~(uint64_t)thumb;
    if (mdw_range_has(place.function, lr - 1) &&
        call_ask(w, lr, thumb, &target) == MDW_ANSWER_YES && target &&
        target != place.function.start)
        return true;
    link_use use = link_between(w, place.function.start, w->frame.pc);
    return link_is_gone(&use);
}

static mdw_status run(mdw_walk *w, uint32_t choice, mdw_row *row)
{
    const mdw_unwinder *u = w->unwinder;
    uint32_t i = image_find(u, w->frame.lookup);
    if (i == MDW_NONE || !u->images[i].image.rows)
        return MDW_ABSENT;
    const mdw_image *image = &u->images[i].image;
    mdw_row_query query = {
        .size = sizeof query,
        .pc = w->frame.lookup,
        .context = frame_exact(w),
        .choice = choice,
        .args = w->args,
        .regs = &w->frame.regs,
        .memory = w->input.memory,
        .code = w->input.code.read ? w->input.code : w->input.memory,
        .place = u->options.place,
        .place_user = u->options.place_user,
    };
    mdw_status status = image->rows(image->user, image, &query, row);
    if (status > 0)
        return status == MDW_AGAIN ? status : MDW_ABSENT;
    if (status < 0)
        return status;
    if (row->set >> u->arch->reg_count)
        return MDW_E_RANGE; /* registers that this CPU doesn't have */
    if (return_lost(u->arch, row) || row->flags & MDW_ROW_BOTTOM)
        return MDW_END;
    if (!frame_exact(w))
        return MDW_OK;
    bool whole = row->flags & MDW_ROW_WHOLE, link = by_link(u->arch, row);
    w->files = whole || link; /* it needs proof */
    if (link && link_is_stale(w))
        return MDW_ABSENT;
    w->files = whole;
    if (!whole)
        return MDW_OK;
    return frame_is_made(w, row) ? MDW_OK : MDW_ABSENT;
}

const step step_rows = {.name = "rows",
                        .trust = MDW_TRUST_CFI,
                        .source = MDW_SOURCE_CALLER,
                        .choices = 4,
                        .enough = ENOUGH,
                        .keeps = true,
                        .run = run};
