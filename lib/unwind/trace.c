/* lib/unwind/trace.c - what was asked and why it was refused. Events wait until
 * the frame is decided: a step that ends in MDW_AGAIN leaves none. */
#include "lib/unwind/walk.h"

void trace_note(mdw_walk *w, const candidate *c, mdw_status status,
                uint32_t verdict)
{
    if (!w->options.trace || w->event_count == MAX_EVENTS)
        return;
    const arch *a = w->unwinder->arch;
    bool applied = status == MDW_OK;
    uint32_t at = w->event_count++;
    bool answered = applied || status < 0;
    if (answered)
        w->event_rows[at] = w->row;
    w->events[at] = (mdw_trace_event){
        .size = sizeof(mdw_trace_event),
        .stack = w->input.stack_index,
        .frame = w->depth - 1,
        .source = c->source ? c->source : c->step->source,
        .choice = c->choice,
        .verdict = verdict,
        .checks = applied ? c->checks : 0,
        .grade = applied ? c->grade : 0,
        .status = status,
        .pc = applied ? c->pc : 0,
        .sp = applied ? c->regs.value[a->sp] : 0,
        .row = answered ? &w->event_rows[at] : NULL,
        .note = c->step->name,
    };
}

void trace_flush(mdw_walk *w)
{
    for (uint32_t i = 0; i < w->event_count; i++)
        w->options.trace(w->options.trace_user, &w->events[i]);
    w->event_count = 0;
}
