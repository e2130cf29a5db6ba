/* lib/process/crashes.c - what happened: each exception with its stack, and
 * whatever bytes and symbols of files that takes. */
#include "lib/process/session.h"

/* The stack of the crash as it was walked, for what recurs in it. */
static mdw_status crash_frames(session *s, uint32_t exception,
                               mdw_crash_input *input)
{
    const mdw_report *r = s->report;
    mdw_exception e = MDW_INIT(mdw_exception);
    input->pcs = input->sps = NULL;
    input->frame_count = 0;
    if (exception == MDW_NONE ||
        mdw_state_exception(r->state, exception, &e) != MDW_OK ||
        e.stack >= r->stack_count || !r->stacks[e.stack].count)
        return MDW_OK;
    const kept_stack *kept = &r->stacks[e.stack];
    uint64_t *pcs = arena_take(s->scratch, kept->count, sizeof *pcs);
    uint64_t *sps = arena_take(s->scratch, kept->count, sizeof *sps);
    if (!pcs || !sps)
        return MDW_E_MEMORY;
    size_t real = 0;
    for (size_t i = 0; i < kept->count; i++)
        if (!(kept->frames[i].flags & MDW_FRAME_INLINE)) {
            pcs[real] = kept->frames[i].pc;
            sps[real++] = kept->frames[i].sp;
        }
    input->pcs = pcs;
    input->sps = sps;
    input->frame_count = real;
    return MDW_OK;
}

/* What was left out because it is on its way makes the whole thing be done once
 * more: an answer may not depend on what happened to be there. */
static mdw_status analyse(session *s, uint32_t exception, bool now,
                          mdw_crash **out)
{
    mdw_crash_input input = MDW_INIT(mdw_crash_input);
    input.exception = exception;
    input.code = session_code(s);
    input.find = session_find;
    input.find_user = s;
    input.alloc = s->options.alloc;
    mdw_status status = crash_frames(s, exception, &input);
    if (status != MDW_OK)
        return status;
    s->current = NULL;
    s->code_awaited = false;
    status = mdw_crash_new(s->report->state, &input, out, NULL);
    if (status == MDW_E_MEMORY || now || !s->code_awaited)
        return status == MDW_E_MEMORY ? status : (mdw_status)MDW_OK;
    mdw_crash_close(*out);
    *out = NULL;
    return MDW_AGAIN;
}

/* An assertion alone has no exception, and still says what happened. */
mdw_status crashes_analyse(session *s, bool now)
{
    mdw_report *r = s->report;
    size_t count = mdw_state_exception_count(r->state);
    if (s->options.no_crash)
        return MDW_OK;
    if (!r->crashes)
        r->crashes = arena_take(r->store, count + 1, sizeof(mdw_crash *));
    if (!r->crashes)
        return MDW_E_MEMORY;
    for (; s->crashes_done < (count ? count : 1); s->crashes_done++) {
        size_t i = s->crashes_done;
        mdw_status status =
            analyse(s, count ? (uint32_t)i : MDW_NONE, now, &r->crashes[i]);
        if (status != MDW_OK)
            return status;
        r->crash_count = i + 1;
    }
    return MDW_OK;
}
