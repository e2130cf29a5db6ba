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
    row->cfa = rule_addr(fp, 2 * p);
    row_set(row, fp, rule_load(MDW_BASE_CFA, -2 * p));
    row_set(row, a->pc, rule_load(MDW_BASE_CFA, -p));
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
 * caller's chain alone: the record is of a frame further out. */
static mdw_status ask_untouched(mdw_walk *w)
{
    mdw_place place;
    uint8_t code[MAX_FUNCTION];
    mdw_status status =
        place_ask(w, w->frame.lookup, MDW_PLACE_FUNCTION, &place);
    uint64_t len = w->frame.pc - place.function.start;
    if (status != MDW_OK || !place.function.size || len > sizeof code)
        return status;
    w->fp_untouched =
        load_code(w, place.function.start, code, (size_t)len) == len &&
        !link_sets_frame(w->unwinder->arch->id, frame_thumb(w),
                         (mdw_bytes){code, (size_t)len});
    return MDW_OK;
}

/* ARM code has two layouts: clang's is the pair above, GCC's has r11 at the
 * return address with the caller's r11 below. Thumb has clang's with r7; GCC's
 * r7 in Thumb code is no chain, which the judgement finds out. */
static mdw_status run_arm(mdw_walk *w, uint32_t choice, mdw_row *row)
{
    const arch *a = w->unwinder->arch;
    uint8_t fp = frame_pointer(w);
    mdw_status status = start(w, fp);
    if (status == MDW_OK)
        status = ask_untouched(w);
    if (status != MDW_OK || w->fp_untouched)
        return status != MDW_OK ? status : MDW_ABSENT;
    if (choice == 0) {
        pair(w, fp, row);
        return MDW_OK;
    }
    if (fp != a->fp)
        return MDW_ABSENT;
    if (!plausible(w, w->frame.regs.value[fp] - 4))
        row->flags |= ROW_DOUBTFUL;
    row->cfa = rule_addr(fp, 4);
    row_set(row, a->pc, rule_load(fp, 0));
    row_set(row, fp, rule_load(fp, -4));
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
                                 .choices = 2,
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
