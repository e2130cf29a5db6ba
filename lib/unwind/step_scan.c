/* lib/unwind/step_scan.c - words on the stack that could be return addresses.
 */
#include "lib/unwind/walk.h"

/* A frame pointer that was pushed right below its return address lies above it
 * and not further than a large frame. */
enum { MAX_FRAME = 128 * 1024 };

/* The way back of a signal handler with a signal frame behind it: MDW_OK. The
 * address alone lies on the stack of whoever has installed a handler. */
static mdw_status signal_frame(mdw_walk *w, uint64_t pc, bool thumb,
                               uint64_t sp)
{
    const arch_signal *s = trampoline_at(w, pc, thumb);
    bool yes;
    if (!s)
        return MDW_ABSENT;
    mdw_status status = trampoline_plausible(w, s, sp, &yes);
    return status != MDW_OK || yes ? status : (mdw_status)MDW_ABSENT;
}

enum { PAGE = 4096 };

/* Whether pc - 1 is code: NO also where nobody knows and no image is. */
static mdw_status is_code(const mdw_walk *w, uint64_t pc, uint32_t *exec)
{
    mdw_place place;
    mdw_status status = place_ask(w, pc - 1, MDW_PLACE_EXEC, &place);
    *exec = place.exec;
    if (*exec == MDW_ANSWER_UNKNOWN &&
        image_find(w->unwinder, pc - 1) == MDW_NONE)
        *exec = MDW_ANSWER_NO;
    return status;
}

/* A word that no call proves. Of those only the nearest counts, for a later one
 * can't be better; none counts that the ABI wouldn't have put there. */
static mdw_status unproven(mdw_walk *w, uint64_t pc, uint64_t slot)
{
    const arch *a = w->unwinder->arch;
    mdw_place place;
    if (w->scan.unknown ||
        (a->call_align && (slot + a->pointer) % a->call_align))
        return MDW_ABSENT;
    mdw_status status = place_ask(w, pc, MDW_PLACE_FUNCTION, &place);
    if (status != MDW_OK)
        return status;
    if (place.function.size && place.function.start == pc)
        return MDW_ABSENT; /* a pointer to a function */
    w->scan.unknown = true;
    return MDW_OK;
}

/* Worth proposing: in executable memory, and not known to have no call before
 * it. `slot` is where the word lies. */
static mdw_status promising(mdw_walk *w, uint64_t value, uint64_t slot)
{
    const mdw_unwinder *u = w->unwinder;
    bool thumb = u->arch->thumb_bit && value & 1;
    uint64_t pc = code_pointer(u, value) & ~(uint64_t)thumb, target;
    uint64_t next; /* on the shadow stack */
    uint32_t exec;
    if (pc < NULL_PAGE)
        return MDW_ABSENT;
    mdw_status status = is_code(w, pc, &exec);
    if (status != MDW_OK || (exec == MDW_ANSWER_NO && pc % PAGE))
        return status != MDW_OK ? status : MDW_ABSENT;
    uint32_t call = exec == MDW_ANSWER_NO ? (uint32_t)MDW_ANSWER_NO
                                          : call_ask(w, pc, thumb, &target);
    if (call == MDW_ANSWER_YES && exec == MDW_ANSWER_YES)
        return MDW_OK;
    if (call != MDW_ANSWER_YES)
        status = signal_frame(w, pc, thumb, slot + u->arch->pointer);
    if (call != MDW_ANSWER_YES && status != MDW_ABSENT)
        return status;
    if (call != MDW_ANSWER_NO && w->shadow &&
        load_pointer(w, w->shadow, &next) && next == pc)
        return MDW_OK;
    return call == MDW_ANSWER_NO ? (mdw_status)MDW_ABSENT
                                 : unproven(w, pc, slot);
}

/* The frame pointer's step, asked before, has found a caller behind a call in a
 * record further out: whose frame the word belongs to has left fp alone. */
static bool in_chain(const mdw_walk *w, uint64_t slot)
{
    const candidate *c = &w->best;
    return c->step && c->trust == MDW_TRUST_FP &&
           MDW_CHECK(c->checks, MDW_CHECK_CALL) == MDW_ANSWER_YES &&
           w->frame.regs.value[frame_pointer(w)] > slot;
}

/* Where the word lies at the callee's sp, no frame was made and fp is the
 * caller's. Else the word below may be its saved value; a register that points
 * above the frame may still be it. Both are guesses. */
static void guess_frame_pointer(mdw_walk *w, int64_t found, mdw_row *row)
{
    const arch *a = w->unwinder->arch;
    uint64_t slot = w->frame.sp + (uint64_t)found, saved;
    if (w->fp_untouched || in_chain(w, slot)) {
        row_set(row, frame_pointer(w), rule_kind(MDW_RULE_SAME));
        return;
    }
    if (a->lr != NO_REG)
        return; /* the pair's layout is only x86's */
    row->flags |= ROW_FP_GUESS;
    if (found && load_pointer(w, slot - a->pointer, &saved) && saved > slot &&
        saved - slot <= MAX_FRAME)
        row_set(row, a->fp, rule_load(a->sp, found - a->pointer));
    else if (reg_known(&w->frame.regs, a->fp) &&
             w->frame.regs.value[a->fp] > slot &&
             w->frame.regs.value[a->fp] - slot <= MAX_FRAME)
        row_set(row, a->fp, rule_kind(MDW_RULE_SAME));
}

/* The window is four times larger after a frame that was not itself a guess;
 * the walk has a budget for all its windows, so that no stack costs more than a
 * constant. */
static mdw_status run(mdw_walk *w, uint32_t choice, mdw_row *row)
{
    const arch *a = w->unwinder->arch;
    if (w->options.no_scan || !reg_known(&w->frame.regs, a->sp))
        return MDW_ABSENT;
    if (!choice)
        w->scan = (scan_state){0, false};
    /* Return addresses lie at multiples of their size, and none below sp, where
     * SysV's x86-64 leaves have their red zone. */
    int64_t skew = (int64_t)((0 - w->frame.sp) % a->pointer);
    uint64_t window = w->options.scan_words;
    if (w->frame.trust > MDW_TRUST_FP ||
        MDW_CHECK(w->frame.checks, MDW_CHECK_CALL) == MDW_ANSWER_YES)
        window *= 4;
    while (w->scan.next < window) {
        uint64_t value;
        int64_t found = skew + (int64_t)w->scan.next * a->pointer; /* < 2^40 */
        if (w->scanned >= w->options.max_scan || !work_spend(w, 1))
            return MDW_ABSENT;
        /* Of an exhausted stack sp may lie below what is mapped. */
        uint64_t slot = w->frame.sp + (uint64_t)found;
        mdw_status status = load_pointer(w, slot, &value)
                                ? promising(w, value, slot)
                                : MDW_ABSENT;
        if (status == MDW_AGAIN || w->awaited)
            return MDW_AGAIN;
        w->scanned++;
        w->scan.next++;
        if (status != MDW_OK)
            continue;
        row->cfa = rule_addr(a->sp, found + a->pointer +
                                        (int64_t)beyond_copy(w, slot));
        row_set(row, a->pc, rule_load(a->sp, found));
        if (a->return_inside)
            row->flags |= MDW_ROW_SP_BOUND;
        guess_frame_pointer(w, found, row);
        return MDW_OK;
    }
    return MDW_ABSENT;
}

const step step_scan = {.name = "scan",
                        .trust = MDW_TRUST_SCAN,
                        .source = MDW_SOURCE_SCAN,
                        .choices = 4,
                        .enough = PROVEN_SCAN,
                        .files = true,
                        .run = run};
