/* lib/unwind/judge.c - the one judgement on a proposed caller, whatever step
 * proposed it. Facts become two-bit answers, answers become a grade; both are
 * in the trace. Nothing here looks further than one frame. */
#include "lib/unwind/walk.h"

/* What an answer adds to the trust of its step. The order is that of the
 * checks; steps of one trust alone have a row of their own before the others'.
 */
static const struct {
    uint8_t check, answer;
    uint8_t from, to; /* the trusts it is for */
    int16_t points;
} grades[] = {
    {MDW_CHECK_CALL, MDW_ANSWER_YES, MDW_TRUST_NONE, MDW_TRUST_SCAN, 24},
    {MDW_CHECK_CALL, MDW_ANSWER_YES, MDW_TRUST_CFI_SCAN, UINT8_MAX, 40},
    /* Only unwind information gets here. */
    {MDW_CHECK_CALL, MDW_ANSWER_NO, MDW_TRUST_NONE, UINT8_MAX, -16},
    /* A scanned call of the very callee beats a frame pointer that leads to
     * where some call ends. */
    {MDW_CHECK_TARGET, MDW_ANSWER_YES, MDW_TRUST_NONE, MDW_TRUST_SCAN, 64},
    {MDW_CHECK_TARGET, MDW_ANSWER_YES, MDW_TRUST_CFI_SCAN, UINT8_MAX, 40},
    {MDW_CHECK_SHADOW, MDW_ANSWER_YES, MDW_TRUST_NONE, UINT8_MAX, 128},
    {MDW_CHECK_SHADOW, MDW_ANSWER_NO, MDW_TRUST_NONE, UINT8_MAX, -64},
};

/* One row for a whole function, where pc is exact and no call proves it. */
enum { GRADE_WHOLE = -12 };

static uint32_t answer(bool yes)
{
    return yes ? MDW_ANSWER_YES : MDW_ANSWER_NO;
}

static void check_set(candidate *c, uint32_t id, uint32_t value)
{
    c->checks = (c->checks & ~(3u << 2 * id)) | value << 2 * id;
}

static bool in_left_stack(const mdw_walk *w, uint64_t sp)
{
    for (uint32_t i = 0; i < w->left_count; i++)
        if (mdw_range_has(w->left[i], sp))
            return true;
    return false;
}

/* sp moves outward. It may stay once in a row on a link-register machine, when
 * a leaf or a function stopped at its entry is left and pc changes. It may go
 * anywhere when a signal frame or a function that switches stacks is left, but
 * never back into a stack that was left before. */
static uint32_t advances(const mdw_walk *w, const candidate *c)
{
    const arch *a = w->unwinder->arch;
    uint64_t sp = c->regs.value[a->sp];
    if (in_left_stack(w, sp))
        return MDW_ANSWER_NO;
    if (sp > w->frame.sp)
        return MDW_ANSWER_YES;
    bool jumps = c->flags & MDW_ROW_SIGNAL || c->place & MDW_PLACE_SWITCH;
    if (jumps && sp != w->frame.sp)
        return answer(w->left_count < MAX_LEFT);
    return answer(a->leaf_keeps_sp && !w->stayed && sp == w->frame.sp &&
                  c->pc != w->frame.pc &&
                  (frame_exact(w) || c->step->trust >= MDW_TRUST_CFI));
}

/* Asked only while the callee itself is on the stack that is known: it may be
 * on a handler's. */
static uint32_t in_stack(const mdw_walk *w, const candidate *c)
{
    mdw_range stack = w->input.stack;
    uint64_t sp = c->regs.value[w->unwinder->arch->sp];
    if (!mdw_range_has(stack, w->frame.sp) || c->flags & MDW_ROW_SIGNAL ||
        c->place & MDW_PLACE_SWITCH)
        return MDW_ANSWER_UNKNOWN;
    return answer(mdw_range_has(stack, sp) || sp - stack.start == stack.size);
}

/* Known only when both the call is direct and the callee's function is. A call
 * through a stub goes elsewhere in good faith, so a NO refuses nobody. */
static uint32_t target_is_callee(const mdw_place *callee, uint64_t target)
{
    if (!target || !callee->function.size)
        return MDW_ANSWER_UNKNOWN;
    return answer(target == callee->function.start);
}

/* What the caller's code is. A trampoline is returned to at its first byte, so
 * that the byte before it says nothing. It is known by its place or, where no
 * call ends there, by its bytes. */
static mdw_status ask_caller(mdw_walk *w, candidate *c, mdw_place *place)
{
    const uint32_t want = MDW_PLACE_EXEC | MDW_PLACE_FUNCTION;
    bool signal = c->flags & MDW_ROW_SIGNAL;
    mdw_status status = place_ask(w, signal ? c->pc : c->pc - 1, want, place);
    if (status != MDW_OK || signal || place->flags & MDW_PLACE_TRAMPOLINE)
        return status;
    uint32_t call = call_ask(w, c->pc, c->thumb, &c->target);
    check_set(c, MDW_CHECK_CALL, call);
    c->proven = call != MDW_ANSWER_YES && trampoline_at(w, c->pc, c->thumb);
    if (!c->proven && mdw_range_has(place->function, c->pc))
        return status;
    mdw_place next;
    status = place_ask(w, c->pc, want, &next);
    c->entered = c->proven || next.flags & MDW_PLACE_TRAMPOLINE;
    if (c->entered) {
        *place = next;
        check_set(c, MDW_CHECK_CALL, MDW_ANSWER_NOT_ASKED);
    }
    return status;
}

/* Everything about the code at the proposed pc, unless the row says that it
 * was interrupted there: then nobody called. */
static mdw_status judge_code(mdw_walk *w, candidate *c, const mdw_place *callee)
{
    mdw_place place;
    mdw_status status = ask_caller(w, c, &place);
    if (status != MDW_OK)
        return status;
    check_set(c, MDW_CHECK_EXEC, place.exec);
    c->base = place.flags & MDW_PLACE_BASE;
    if (place.flags & MDW_PLACE_FUNCTION)
        check_set(c, MDW_CHECK_FUNCTION, answer(place.function.size > 0));
    if (MDW_CHECK(c->checks, MDW_CHECK_CALL) != MDW_ANSWER_NOT_ASKED)
        check_set(c, MDW_CHECK_TARGET, target_is_callee(callee, c->target));
    return MDW_OK;
}

bool judge_refuses(const candidate *c)
{
    if (MDW_CHECK(c->checks, MDW_CHECK_ADVANCE) == MDW_ANSWER_NO ||
        MDW_CHECK(c->checks, MDW_CHECK_STACK) == MDW_ANSWER_NO)
        return true;
    /* A jump to data is a reason to be interrupted. */
    if (MDW_CHECK(c->checks, MDW_CHECK_EXEC) == MDW_ANSWER_NO &&
        !(c->flags & MDW_ROW_SIGNAL))
        return true;
    return c->trust < MDW_TRUST_CFI &&
           MDW_CHECK(c->checks, MDW_CHECK_CALL) == MDW_ANSWER_NO;
}

static int32_t points(const candidate *c, uint32_t check, uint32_t got)
{
    for (size_t i = 0; i < sizeof grades / sizeof *grades; i++)
        if (grades[i].check == check && grades[i].answer == got &&
            c->trust >= grades[i].from && c->trust <= grades[i].to)
            return grades[i].points;
    return 0;
}

/* The way back of a signal handler, known by its bytes, is worth a call; so is
 * having come to where no code is, where there are no bytes that deny it. */
static uint32_t grade(const mdw_walk *w, const candidate *c)
{
    int32_t g = (int32_t)c->trust;
    bool called = MDW_CHECK(c->checks, MDW_CHECK_CALL) == MDW_ANSWER_YES;
    for (uint32_t i = 0; i <= MDW_CHECK_SHADOW; i++)
        g += points(c, i, MDW_CHECK(c->checks, i));
    bool unseen = MDW_CHECK(c->checks, MDW_CHECK_CALL) == MDW_ANSWER_UNKNOWN;
    if (c->proven || (c->flags & ROW_CALLED && unseen))
        g += points(c, MDW_CHECK_CALL, MDW_ANSWER_YES);
    if (c->flags & MDW_ROW_WHOLE && frame_exact(w) && !called)
        g += GRADE_WHOLE;
    return (uint32_t)(g < 0 ? 0 : g);
}

/* The processor keeps return addresses where nothing else writes. What was
 * interrupted was not called, and a handler's way back was put there by the
 * kernel: not asked. */
static uint32_t in_shadow(mdw_walk *w, const candidate *c)
{
    uint64_t pc;
    if (!w->shadow || c->flags & MDW_ROW_SIGNAL || c->entered)
        return MDW_ANSWER_NOT_ASKED;
    return load_pointer(w, w->shadow, &pc) ? answer(pc == c->pc)
                                           : (uint32_t)MDW_ANSWER_UNKNOWN;
}

/* MDW_OK with checks and grade, or MDW_AGAIN. */
mdw_status judge(mdw_walk *w, candidate *c)
{
    c->checks = 0;
    mdw_place callee;
    mdw_status status =
        place_ask(w, w->frame.lookup, MDW_PLACE_FUNCTION, &callee);
    if (status != MDW_OK)
        return status;
    c->place = callee.flags;
    c->callee_known = callee.function.size;
    check_set(c, MDW_CHECK_ADVANCE, advances(w, c));
    check_set(c, MDW_CHECK_STACK, in_stack(w, c));
    status = judge_code(w, c, &callee);
    check_set(c, MDW_CHECK_SHADOW, in_shadow(w, c));
    c->grade = grade(w, c);
    return status;
}
