/* lib/crash/crash.c - the object that explains one exception. */
#include "mdwalk/crash.h"

#include "lib/base/fail.h"
#include "lib/base/options.h"
#include "lib/crash/parts.h"

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

static mdw_status explain_exception(mdw_crash *crash, const mdw_system *system,
                                    const mdw_exception *e)
{
    mdw_reason *r = &crash->reason;
    reason words;
    reason_of(system, e, &words);
    address where = address_of(system, e);
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

/* From facts to findings; what comes first is used by what follows. */
static void analyse(scene *s)
{
    scene_open(s);
    find_codes(s);
    find_instruction(s);
    find_accesses(s);
    adjust_address(s);
    find_messages(s);
    find_cxx_exception(s);
    if (s->crash->reason.kind != MDW_CRASH_REQUEST) {
        find_causes(s);
        find_bit_flips(s);
        find_inconsistencies(s);
    }
    sort_findings(s->crash);
}

static mdw_status explain(mdw_crash *crash, const mdw_state *state,
                          const mdw_crash_input *in)
{
    scene s = {.crash = crash,
               .state = state,
               .in = in,
               .system = MDW_INIT(mdw_system),
               .e = MDW_INIT(mdw_exception)};
    (void)mdw_state_system(state, &s.system); /* else all unknown */
    if (in->exception == MDW_NONE) {
        explain_assertion(state, &crash->reason);
        scene_open(&s);
        find_messages(&s);
        return MDW_OK;
    }
    if (mdw_state_exception(state, in->exception, &s.e) != MDW_OK)
        return MDW_E_ARG;
    mdw_status status = explain_exception(crash, &s.system, &s.e);
    /* From here on a signal has the number that most CPUs give it. */
    if (is_linux(&s))
        s.e.code = generic_signal(&s.system, s.e.code);
    if (status == MDW_OK)
        analyse(&s);
    return status == MDW_OK && crash->starved ? MDW_E_MEMORY : status;
}

mdw_status mdw_crash_new(const mdw_state *state, const mdw_crash_input *input,
                         mdw_crash **out, mdw_error *err)
{
    mdw_crash_input use;
    if (!state || !input || !out)
        return fail(err, MDW_E_ARG, "crash");
    if (options_read(&use, sizeof use, input) != MDW_OK)
        return fail(err, MDW_E_ABI, "mdw_crash_input");
    arena *store = arena_new(use.alloc, 0);
    mdw_crash *crash = store ? arena_take(store, 1, sizeof *crash) : NULL;
    mdw_status status = MDW_E_MEMORY;
    if (crash) {
        crash->store = store;
        crash->reason = MDW_INIT(mdw_reason);
        status = explain(crash, state, &use);
    }
    if (status != MDW_OK) {
        arena_close(store);
        return fail(err, status,
                    status == MDW_E_ARG ? "exception index" : "crash");
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

size_t mdw_crash_code_count(const mdw_crash *crash)
{
    return crash->code_count;
}

mdw_status mdw_crash_code(const mdw_crash *crash, size_t index,
                          mdw_system_code *out)
{
    return index < crash->code_count
               ? record_write(out, &crash->codes[index], sizeof crash->codes[0])
               : MDW_E_ARG;
}

size_t mdw_crash_message_count(const mdw_crash *crash)
{
    return crash->message_count;
}

mdw_status mdw_crash_message(const mdw_crash *crash, size_t index,
                             mdw_message *out)
{
    return index < crash->message_count
               ? record_write(out, &crash->messages[index],
                              sizeof crash->messages[0])
               : MDW_E_ARG;
}

mdw_status mdw_crash_instruction(const mdw_crash *crash, mdw_instruction *out)
{
    return crash->has_instruction ? record_write(out, &crash->instruction,
                                                 sizeof crash->instruction)
                                  : MDW_ABSENT;
}

size_t mdw_crash_access_count(const mdw_crash *crash)
{
    return crash->access_count;
}

mdw_status mdw_crash_access(const mdw_crash *crash, size_t index,
                            mdw_access *out)
{
    return index < crash->access_count
               ? record_write(out, &crash->accesses[index],
                              sizeof crash->accesses[0])
               : MDW_E_ARG;
}

size_t mdw_crash_finding_count(const mdw_crash *crash)
{
    return crash->finding_count;
}

mdw_status mdw_crash_finding(const mdw_crash *crash, size_t index,
                             mdw_finding *out)
{
    return index < crash->finding_count
               ? record_write(out, &crash->findings[index].finding,
                              sizeof crash->findings[0].finding)
               : MDW_E_ARG;
}

mdw_status mdw_crash_evidence(const mdw_crash *crash, size_t finding,
                              size_t index, mdw_evidence *out)
{
    if (finding >= crash->finding_count ||
        index >= crash->findings[finding].count)
        return MDW_E_ARG;
    return record_write(out, &crash->findings[finding].evidence[index],
                        sizeof crash->findings[finding].evidence[0]);
}
