/* lib/unwind/step_frame_ptr.c - frame pointer chains, as each compiler lays
 * them out. */
#include "lib/insn/link.h"
#include "lib/unwind/walk.h"

/* A zero ends the chain, but only where the chain itself has led: elsewhere
 * the register may serve any purpose. */
static mdw_status start(const mdw_walk *w, uint8_t fp)
{
    if (!reg_known(&w->frame.regs, fp))
        return MDW_ABSENT;
    if (w->frame.regs.value[fp])
        return MDW_OK;
    return w->frame.trust == MDW_TRUST_FP ? MDW_END : MDW_ABSENT;
}

/* The caller's frame pointer is further out, or zero at the end of the chain.
 * Anything else is a register that serves another purpose: here, or, at the
 * last frame of a chain, in the caller. */
static bool plausible(mdw_walk *w, uint64_t at)
{
    uint64_t saved;
    if (!load_pointer(w, at, &saved))
        return false;
    mdw_range stack = w->input.stack;
    return !saved || (saved > at && (!mdw_range_has(stack, at) ||
                                     saved - stack.start < stack.size));
}

/* [fp] = caller's fp, [fp + pointer] = return address, and the caller's sp
 * behind both. */
static void pair(mdw_walk *w, uint8_t fp, mdw_row *row)
{
    const arch *a = w->unwinder->arch;
    int64_t p = a->pointer;
    if (!plausible(w, w->frame.regs.value[fp]))
        row->flags |= ROW_DOUBTFUL;
    int64_t more =
        (int64_t)beyond_copy(w, w->frame.regs.value[fp] + a->pointer);
    row->cfa = rule_addr(fp, 2 * p + more);
    row_set(row, fp, rule_load(MDW_BASE_CFA, -2 * p - more));
    row_set(row, a->pc, rule_load(MDW_BASE_CFA, -p - more));
}

static mdw_status run(mdw_walk *w, uint32_t choice, mdw_row *row)
{
    (void)choice;
    const arch *a = w->unwinder->arch;
    mdw_status status = start(w, a->fp);
    if (status == MDW_OK)
        pair(w, a->fp, row);
    return status;
}

uint8_t frame_pointer(const mdw_walk *w)
{
    const arch *a = w->unwinder->arch;
    if (frame_thumb(w) && a->fp_thumb != NO_REG)
        return a->fp_thumb;
    return w->unwinder->options.os == MDW_OS_IOS && a->fp_ios ? a->fp_ios
                                                              : a->fp;
}

enum { MAX_FUNCTION = 4096 };

/* A function that has not set the register up, and may not until pc, leaves its
 * caller's chain alone: the record is of a frame further out. It is the next
 * that is known where the function has called without storing the link
 * register, as those do that never return. */
static mdw_status ask_untouched(mdw_walk *w)
{
    mdw_place place;
    uint8_t code[MAX_FUNCTION];
    mdw_status status =
        place_ask(w, w->frame.lookup, MDW_PLACE_FUNCTION, &place);
    uint64_t len = w->frame.pc - place.function.start;
    if (status != MDW_OK || !place.function.size || len > sizeof code ||
        load_code(w, place.function.start, code, (size_t)len) != len)
        return status;
    uint32_t id = w->unwinder->arch->id;
    mdw_bytes bytes = {code, (size_t)len};
    if (link_sets_frame(id, frame_thumb(w), bytes))
        return MDW_OK;
    link_use use = link_trace(id, frame_thumb(w), bytes);
    w->fp_untouched = !link_is_gone(&use);
    return MDW_OK;
}

/* [fp] = return address, with the caller's fp below. */
static void pair_of_gcc(mdw_walk *w, uint8_t fp, mdw_row *row)
{
    if (!plausible(w, w->frame.regs.value[fp] - 4))
        row->flags |= ROW_DOUBTFUL;
    row->cfa = rule_addr(fp, 4);
    row_set(row, w->unwinder->arch->pc, rule_load(fp, 0));
    row_set(row, fp, rule_load(fp, -4));
}

/* The chain of ARM code that this Thumb code has left alone. It leads past what
 * keeps none, so that any unwind information knows better. */
static mdw_status arm_chain(mdw_walk *w, uint32_t choice, mdw_row *row)
{
    uint8_t fp = w->unwinder->arch->fp;
    if (rows_answered(w) || !reg_known(&w->frame.regs, fp) ||
        !w->frame.regs.value[fp] || choice > 1)
        return MDW_ABSENT;
    row->flags |= ROW_DOUBTFUL;
    if (choice == 0)
        pair(w, fp, row);
    else
        pair_of_gcc(w, fp, row);
    return MDW_OK;
}

/* ARM code has two layouts: clang's is the pair above, GCC's has r11 at the
 * return address with the caller's r11 below. Thumb has clang's with r7; GCC's
 * r7 in Thumb code is no chain, which the judgement finds out. Where Thumb code
 * has none, r11 may still lead on through the ARM code that has called it. */
static mdw_status run_arm(mdw_walk *w, uint32_t choice, mdw_row *row)
{
    const arch *a = w->unwinder->arch;
    uint8_t fp = frame_pointer(w);
    bool onward = fp != a->fp && w->unwinder->options.os != MDW_OS_IOS;
    mdw_status status = start(w, fp);
    if (status == MDW_OK)
        status = ask_untouched(w);
    if (w->fp_untouched)
        return MDW_ABSENT;
    if (status == MDW_ABSENT && onward)
        return arm_chain(w, choice, row);
    if (status != MDW_OK)
        return status;
    if (choice == 0)
        pair(w, fp, row);
    else if (fp == a->fp && choice == 1)
        pair_of_gcc(w, fp, row);
    else
        return onward ? arm_chain(w, choice - 1, row) : MDW_ABSENT;
    return MDW_OK;
}

/* [x29] = caller's x29, [x29 + 8] = return address; GCC puts the pair at the
 * bottom of the frame, clang below other saves, so that the caller's sp is only
 * known to be no less than x29 + 16. The kernel's record of what it interrupted
 * looks the same, but nobody called from there; between it and this frame there
 * is a handler without a record. */
static mdw_status run_arm64(mdw_walk *w, uint32_t choice, mdw_row *row)
{
    (void)choice;
    mdw_status status = start(w, w->unwinder->arch->fp);
    if (status == MDW_OK)
        status = ask_untouched(w);
    if (status != MDW_OK || w->fp_untouched)
        return status != MDW_OK ? status : MDW_ABSENT;
    status = linked_row(w, row);
    if (status != MDW_ABSENT)
        return status;
    pair(w, w->unwinder->arch->fp, row);
    row->flags |= MDW_ROW_SP_BOUND;
    return MDW_OK;
}

const step step_frame_ptr = {.name = "fp",
                             .trust = MDW_TRUST_FP,
                             .source = MDW_SOURCE_FRAME_PTR,
                             .choices = 1,
                             .enough = ENOUGH,
                             .files = true,
                             .run = run};
const step step_frame_ptr_arm = {.name = "fp",
                                 .trust = MDW_TRUST_FP,
                                 .source = MDW_SOURCE_FRAME_PTR,
                                 .choices = 3,
                                 .enough = ENOUGH,
                                 .files = true,
                                 .run = run_arm};
const step step_frame_ptr_arm64 = {.name = "fp",
                                   .trust = MDW_TRUST_FP,
                                   .source = MDW_SOURCE_FRAME_PTR,
                                   .choices = 1,
                                   .enough = ENOUGH,
                                   .files = true,
                                   .run = run_arm64};
