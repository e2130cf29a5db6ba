/* lib/unwind/step_scan.c - words on the stack that could be return addresses.
 */
#include "lib/unwind/walk.h"

/* A frame pointer that was pushed right below its return address lies above it
 * and not further than a large frame. */
enum { MAX_FRAME = 128 * 1024 };

/* Worth proposing: in executable memory, and not known to have no call before
 * it. Of words whose bytes are unknown only the nearest counts, for a later one
 * can't be better. */
static mdw_status promising(mdw_walk *w, uint64_t value)
{
    const mdw_unwinder *u = w->unwinder;
    bool thumb = u->arch->thumb_bit && value & 1;
    uint64_t pc = code_pointer(u, value) & ~(uint64_t)thumb, target;
    if (pc < NULL_PAGE)
        return MDW_ABSENT;
    mdw_place place;
    mdw_status status = place_ask(w, pc - 1, MDW_PLACE_EXEC, &place);
    if (status == MDW_AGAIN)
        return status;
    uint32_t exec = status == MDW_OK ? place.exec : MDW_ANSWER_UNKNOWN;
    bool nowhere = exec != MDW_ANSWER_YES && image_find(u, pc - 1) == MDW_NONE;
    if (exec == MDW_ANSWER_NO || nowhere)
        return MDW_ABSENT;
    uint32_t call = call_ask(w, pc, thumb, &target);
    bool unknown = exec != MDW_ANSWER_YES || call != MDW_ANSWER_YES;
    if (call == MDW_ANSWER_NO || (unknown && w->scan.unknown))
        return MDW_ABSENT;
    if (call != MDW_ANSWER_YES) {
        status = place_ask(w, pc, MDW_PLACE_FUNCTION, &place);
        if (status == MDW_AGAIN)
            return status;
        if (place.function.size && place.function.start == pc)
            return MDW_ABSENT; /* a pointer to a function */
    }
    w->scan.unknown |= unknown;
    return MDW_OK;
}

/* Where the word lies at the callee's sp, no frame was made and fp is the
 * caller's. Else the word below may be its saved value; a register that points
 * above the frame may still be it. */
static void guess_frame_pointer(mdw_walk *w, int64_t found, mdw_row *row)
{
    const arch *a = w->unwinder->arch;
    if (a->lr != NO_REG)
        return; /* the pair's layout is only x86's */
    uint64_t slot = w->frame.sp + (uint64_t)found, saved;
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
    uint64_t window = w->options.scan_words;
    if (w->frame.trust > MDW_TRUST_FP ||
        MDW_CHECK(w->frame.checks, MDW_CHECK_CALL) == MDW_ANSWER_YES)
        window *= 4;
    while (w->scan.next < window) {
        uint64_t value;
        int64_t found = (int64_t)w->scan.next * a->pointer; /* < 2^40 */
        if (w->scanned >= w->options.max_scan || !work_spend(w, 1))
            return MDW_ABSENT;
        /* Of an exhausted stack sp may lie below what is mapped. */
        mdw_status status =
            load_pointer(w, w->frame.sp + (uint64_t)found, &value)
                ? promising(w, value)
                : MDW_ABSENT;
        if (status == MDW_AGAIN)
            return status;
        w->scanned++;
        w->scan.next++;
        if (status != MDW_OK)
            continue;
        row->cfa = rule_addr(a->sp, found + a->pointer);
        row_set(row, a->pc, rule_load(a->sp, found));
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
                        .run = run};
