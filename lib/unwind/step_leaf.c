/* lib/unwind/step_leaf.c - returns out of functions that saved nothing. */
#include "lib/insn/link.h"
#include "lib/unwind/walk.h"

/* x86-64 on Windows: a function without unwind information is a leaf, and its
 * return address lies at sp. Believed only where a call proves it. */
static mdw_status run_stack(mdw_walk *w, uint32_t choice, mdw_row *row)
{
    (void)choice;
    const arch *a = w->unwinder->arch;
    uint64_t value, target;
    if (!load_pointer(w, w->frame.sp, &value) ||
        call_ask(w, value, false, &target) != MDW_ANSWER_YES)
        return MDW_ABSENT;
    row->cfa = rule_addr(a->sp, a->pointer);
    row_set(row, a->pc, rule_load(MDW_BASE_CFA, -a->pointer));
    return MDW_OK;
}

enum { MAX_FUNCTION = 4096 };

/* What the code from where the link register's call went up to pc has done. */
static link_use used(mdw_walk *w, uint64_t lr, bool caller_thumb)
{
    uint64_t target;
    if (call_ask(w, lr, caller_thumb, &target) != MDW_ANSWER_YES || !target)
        return (link_use){.known = false};
    return link_between(w, target, w->frame.pc);
}

/* Whether lr points into the function at pc: then it is left over from a call
 * that has returned. Where functions are unknown, code without a return in
 * between is one function. */
static mdw_status left_over(mdw_walk *w, uint64_t lr, bool thumb, bool *yes)
{
    mdw_place place;
    uint64_t pc = w->frame.pc;
    mdw_status status =
        place_ask(w, w->frame.lookup, MDW_PLACE_FUNCTION, &place);
    if (place.function.size)
        *yes = mdw_range_has(place.function, lr - 1);
    else
        *yes = thumb == frame_thumb(w) &&
               link_between(w, lr < pc ? lr : pc, lr < pc ? pc : lr).known;
    return status;
}

/* A leaf that has moved sp may have pushed what it had to preserve, and changed
 * it since. Frame pointers are the caller's business. */
static void forget_saved(const mdw_walk *w, mdw_row *row)
{
    const arch *a = w->unwinder->arch;
    for (uint8_t i = 0; i < a->reg_count; i++)
        if (w->unwinder->saved >> i & 1 && i != a->fp && i != a->fp_thumb)
            row_set(row, i, rule_kind(MDW_RULE_UNDEFINED));
}

/* Whether there is a return somewhere between lr and pc. */
static bool returns_between(mdw_walk *w, uint64_t lr)
{
    uint8_t code[MAX_FUNCTION];
    uint64_t pc = w->frame.pc, from = lr < pc ? lr : pc;
    uint64_t len = lr < pc ? pc - lr : lr - pc;
    len = len < sizeof code ? len : sizeof code;
    len = load_code(w, from, code, (size_t)len);
    return link_returns(w->unwinder->arch->id, frame_thumb(w),
                        (mdw_bytes){code, (size_t)len});
}

/* Whether lr is known to point into another function: then it was set by the
 * call to this one, for a call of its own would have left it here. Where
 * functions are unknown, a return on the way tells them apart. `use`: what this
 * one has done, if it is known where it begins. */
static mdw_status from_outside(mdw_walk *w, uint64_t lr, link_use *use,
                               bool *yes)
{
    mdw_place place;
    mdw_status status =
        place_ask(w, w->frame.lookup, MDW_PLACE_FUNCTION, &place);
    *yes = false;
    if (status != MDW_OK)
        return status;
    if (place.function.size) {
        *yes = !mdw_range_has(place.function, lr - 1);
        *use = link_between(w, place.function.start, w->frame.pc);
    } else {
        *yes = returns_between(w, lr);
    }
    return MDW_OK;
}

/* Whether the frame pointer's record holds lr: the function has a frame, whose
 * chain knows more. Records have three layouts on ARM, one on AArch64. */
static bool in_record(mdw_walk *w)
{
    const arch *a = w->unwinder->arch;
    uint8_t fp = frame_thumb(w) ? a->fp_thumb : a->fp;
    uint64_t lr = w->frame.regs.value[a->lr], saved;
    if (!reg_known(&w->frame.regs, fp))
        return false;
    for (uint8_t at = 0; at <= a->pointer; at += a->pointer)
        if (load_pointer(w, w->frame.regs.value[fp] + at, &saved) &&
            code_pointer(w->unwinder, saved) == code_pointer(w->unwinder, lr))
            return true;
    return false;
}

/* pc is the caller's lr, and sp at least what it was. */
static void return_to_link(const mdw_walk *w, const link_use *use, mdw_row *row)
{
    const arch *a = w->unwinder->arch;
    row_set(row, a->pc, rule_addr(a->lr, 0));
    row->cfa = rule_addr(a->sp, 0);
    if (!use->known || use->sp_moved)
        forget_saved(w, row);
    if (use->known && use->fp_moved && a->id == MDW_ARCH_ARM &&
        !frame_thumb(w)) {
        row->cfa = rule_addr(a->fp, 4);
        row_set(row, a->fp, rule_load(a->fp, 0));
    } else if (!use->known || use->sp_moved) {
        row->flags |= MDW_ROW_SP_BOUND;
    }
    uint8_t fp = frame_thumb(w) ? a->fp_thumb : a->fp;
    if (use->known && use->fp_moved && row->cfa.base != fp)
        row_set(row, fp, rule_kind(MDW_RULE_UNDEFINED));
}

/* lr holds the return address as long as the function has made no call. GCC's
 * ARM leaves keep the caller's r11 at [r11] and leave lr where it is. */
static mdw_status run_link_reg(mdw_walk *w, uint32_t choice, mdw_row *row)
{
    (void)choice;
    const arch *a = w->unwinder->arch;
    if (!reg_known(&w->frame.regs, a->lr))
        return MDW_ABSENT;
    uint64_t lr = code_pointer(w->unwinder, w->frame.regs.value[a->lr]), target;
    bool thumb = a->thumb_bit && lr & 1, outside = false;
    lr &= ~(uint64_t)thumb;
    if (call_ask(w, lr, thumb, &target) != MDW_ANSWER_YES)
        return MDW_ABSENT;
    link_use use = used(w, lr, thumb);
    bool by_target = use.known;
    if (!by_target) {
        mdw_status status = from_outside(w, lr, &use, &outside);
        if (status != MDW_OK)
            return status;
    }
    if ((use.known && use.lr_lost) ||
        (!by_target && (!outside || in_record(w))))
        return MDW_ABSENT;
    if (use.known && use.fp_moved && use.lr_saved)
        return MDW_ABSENT; /* the frame's record is there: its chain knows */
    return_to_link(w, &use, row);
    return MDW_OK;
}

/* The same without proof: pc was reached through a register, or the bytes are
 * not known. No better than a word found on the stack. */
static mdw_status run_link_guess(mdw_walk *w, uint32_t choice, mdw_row *row)
{
    (void)choice;
    const arch *a = w->unwinder->arch;
    if (w->options.no_scan || !reg_known(&w->frame.regs, a->lr))
        return MDW_ABSENT;
    uint64_t lr = code_pointer(w->unwinder, w->frame.regs.value[a->lr]);
    bool thumb = a->thumb_bit && lr & 1;
    lr &= ~(uint64_t)thumb;
    if (used(w, lr, thumb).known)
        return MDW_ABSENT; /* the proven step has had its say */
    bool old;
    mdw_status status = left_over(w, lr, thumb, &old);
    if (status != MDW_OK || old)
        return status != MDW_OK ? status : MDW_ABSENT;
    row->cfa = rule_addr(a->sp, 0);
    row_set(row, a->pc, rule_addr(a->lr, 0));
    if (w->fp_untouched)
        row_set(row, frame_pointer(w), rule_kind(MDW_RULE_SAME));
    return MDW_OK;
}

const step step_leaf = {.name = "leaf",
                        .trust = MDW_TRUST_LEAF,
                        .source = MDW_SOURCE_LEAF,
                        .choices = 1,
                        .enough = ENOUGH,
                        .files = true,
                        .context_only = true,
                        .keeps = true,
                        .run = run_stack};
const step step_link_reg = {.name = "lr",
                            .trust = MDW_TRUST_LEAF,
                            .source = MDW_SOURCE_LINK_REG,
                            .choices = 1,
                            .enough = ENOUGH,
                            .files = true,
                            .context_only = true,
                            .keeps = true,
                            .run = run_link_reg};
const step step_link_guess = {.name = "lr?",
                              .trust = MDW_TRUST_SCAN,
                              .source = MDW_SOURCE_LINK_REG,
                              .choices = 1,
                              .enough = ENOUGH,
                              .files = true,
                              .context_only = true,
                              .run = run_link_guess};
