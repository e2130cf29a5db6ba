/* lib/crash/crash.c - the object that explains one exception. */
#include "mdwalk/crash.h"

#include "lib/base/arena.h"
#include "lib/base/fail.h"
#include "lib/base/options.h"
#include "lib/crash/reason.h"

struct mdw_crash {
    arena *store;
    mdw_reason reason;
};

/* Name and detail are the halves of the text: "SIGSEGV", "SEGV_MAPERR". */
static void split_text(mdw_reason *r)
{
    mdw_str divider = STR(" / ");
    size_t at = 0;
    while (at < r->text.len &&
           !str_starts(str_slice(r->text, at, r->text.len), divider))
        at++;
    r->name = str_slice(r->text, 0, at);
    r->detail = str_slice(r->text, at + divider.len, r->text.len);
}

/* Without an exception there may still be the text of an assertion. */
static void explain_assertion(const mdw_state *state, mdw_reason *r)
{
    mdw_process_info process = MDW_INIT(mdw_process_info);
    r->stack = mdw_state_main_stack(state);
    if (mdw_state_process(state, &process) != MDW_OK || !process.assertion.len)
        return;
    r->kind = MDW_CRASH_ASSERTION;
    r->text = process.assertion; /* the state outlives the crash */
    r->name = r->text;
}

static mdw_status explain_exception(mdw_crash *crash, const mdw_state *state,
                                    const mdw_exception *e)
{
    mdw_system system = MDW_INIT(mdw_system);
    mdw_reason *r = &crash->reason;
    reason words;
    mdw_state_system(state, &system); /* else all unknown */
    reason_of(&system, e, &words);
    address where = address_of(&system, e);
    r->kind = words.kind;
    r->access = words.access;
    r->stack = e->stack;
    r->code = e->code;
    r->flags = e->flags;
    r->address_kind = where.kind;
    r->address = where.shown;
    r->recorded = where.recorded;
    r->text = arena_str(crash->store, (mdw_str){words.text, words.len});
    if (!r->text.data)
        return MDW_E_MEMORY;
    split_text(r);
    return MDW_OK;
}

mdw_status mdw_crash_new(const mdw_state *state, const mdw_crash_input *input,
                         mdw_crash **out, mdw_error *err)
{
    mdw_crash_input use;
    mdw_exception e = MDW_INIT(mdw_exception);
    if (!state || !input || !out)
        return fail(err, MDW_E_ARG, "crash");
    if (options_read(&use, sizeof use, input) != MDW_OK)
        return fail(err, MDW_E_ABI, "mdw_crash_input");
    bool assertion = use.exception == MDW_NONE;
    if (!assertion && mdw_state_exception(state, use.exception, &e) != MDW_OK)
        return fail(err, MDW_E_ARG, "exception index");

    arena *store = arena_new(use.alloc, 0);
    mdw_crash *crash = store ? arena_take(store, 1, sizeof *crash) : NULL;
    mdw_status status = crash ? MDW_OK : MDW_E_MEMORY;
    if (crash) {
        *crash = (mdw_crash){store, MDW_INIT(mdw_reason)};
        if (assertion)
            explain_assertion(state, &crash->reason);
        else
            status = explain_exception(crash, state, &e);
    }
    if (status != MDW_OK) {
        arena_close(store);
        return fail(err, status, "crash");
    }
    *out = crash;
    return MDW_OK;
}

void mdw_crash_close(mdw_crash *crash)
{
    if (crash)
        arena_close(crash->store);
}

mdw_status mdw_crash_reason(const mdw_crash *crash, mdw_reason *out)
{
    return record_write(out, &crash->reason, sizeof crash->reason);
}
