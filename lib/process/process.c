/* lib/process/process.c - walks every stack of a state, side by side
 * while symbol files are on their way, and puts them into a report in order. */
#include <string.h>

#include "lib/base/bytes.h"
#include "lib/base/fail.h"
#include "lib/base/options.h"
#include "lib/base/reader.h"
#include "lib/process/session.h"

enum {
    DEFAULT_FRAMES = 1 << 18,
    DEFAULT_WORK = 1 << 26,
    DEFAULT_MEMORY = 256 << 20,
    GUESS_BYTES = 64 << 10 /* of each stack */
};

void session_issue(session *s, uint32_t area, uint32_t index, mdw_status code,
                   const char *what)
{
    mdw_issue issue = MDW_INIT(mdw_issue);
    issue.area = area;
    issue.index = index;
    issue.count = 1;
    issue.error = (mdw_error){.code = code, .what = what};
    issue.subject = issue.detail = (mdw_str){"", 0};
    report_issue(s->report, &issue);
}

/* --- building ----------------------------------------------------------- */

static mdw_status take_options(session *s, const mdw_process_options *options)
{
    mdw_process_options *o = &s->options;
    mdw_status status = options_read(o, sizeof *o, options);
    if (status == MDW_OK)
        status =
            options_read(&s->walk_options, sizeof s->walk_options, o->walk);
    if (status == MDW_OK)
        status = options_read(&s->budget, sizeof s->budget, o->budget);
    if (status == MDW_OK)
        status = options_read(&s->walk_budget, sizeof s->walk_budget,
                              s->walk_options.budget);
    if (status != MDW_OK)
        return status;
    s->frames_left = o->max_frames ? o->max_frames : DEFAULT_FRAMES;
    s->work_left = s->budget.work ? s->budget.work : DEFAULT_WORK;
    mdw_budget *w = &s->walk_budget;
    if (!w->work || w->work > s->work_left)
        w->work = s->work_left;
    if (!w->cancelled) {
        w->cancelled = s->budget.cancelled;
        w->user = s->budget.user;
    }
    w->size = sizeof *w;
    s->walk_options.size = sizeof s->walk_options;
    s->walk_options.budget = w;
    /* Events come in the order of the stacks only when these do. */
    s->slot_count = s->walk_options.trace ? 1 : SLOTS;
    return MDW_OK;
}

static mdw_status take_modules(session *s)
{
    mdw_report *r = s->report;
    s->module_count = r->module_count = mdw_state_module_count(r->state);
    s->modules = arena_take(s->scratch, s->module_count, sizeof *s->modules);
    r->uses = arena_take(r->store, s->module_count, sizeof *r->uses);
    if (!s->modules || !r->uses)
        return MDW_E_MEMORY;
    for (size_t i = 0; i < s->module_count; i++) {
        session_module *m = &s->modules[i];
        m->session = s;
        m->index = (uint32_t)i;
        m->code_asked = MDW_NONE;
        m->module.size = sizeof m->module;
        (void)mdw_state_module(r->state, i, &m->module);
        r->uses[i].size = sizeof r->uses[i];
        for (uint32_t need = 0; need < MDW_NEED_COUNT; need++)
            m->need[need].status = r->uses[i].status[need] = MDW_END;
    }
    return MDW_OK;
}

static mdw_status take_providers(session *s)
{
    const mdw_process_options *o = &s->options;
    size_t count = o->provider_count;
    s->providers = arena_take(s->scratch, count, sizeof *s->providers);
    s->awaited = arena_take(s->scratch, count, sizeof *s->awaited);
    if (!s->providers || !s->awaited)
        return MDW_E_MEMORY;
    if (count && !o->providers)
        return MDW_E_ARG;
    for (size_t i = 0; i < count; i++) {
        mdw_status status = options_read(
            &s->providers[i], sizeof s->providers[i], o->providers[i]);
        if (status != MDW_OK)
            return status;
    }
    return MDW_OK;
}

static mdw_status take_stacks(session *s)
{
    mdw_report *r = s->report;
    const mdw_process_options *o = &s->options;
    size_t count = r->stack_count = mdw_state_stack_count(r->state);
    uint32_t first = mdw_state_main_stack(r->state);
    r->stacks = arena_take(r->store, count, sizeof *r->stacks);
    s->runs = arena_take(s->scratch, count, sizeof *s->runs);
    s->order = arena_take(s->scratch, count, sizeof *s->order);
    if (!r->stacks || !s->runs || !s->order)
        return MDW_E_MEMORY;
    if (o->one_stack && o->stack >= count)
        return MDW_E_ARG;
    for (size_t i = 0; i < count; i++)
        r->stacks[i].stop = MDW_STOP_NO_CONTEXT;
    if (o->one_stack || first < count)
        s->order[s->order_count++] = o->one_stack ? o->stack : first;
    for (uint32_t i = 0; i < count && !o->one_stack; i++)
        if (i != first)
            s->order[s->order_count++] = i;
    for (size_t i = 0; i < SLOTS; i++)
        s->slots[i].stack = MDW_NONE;
    s->first_cut = MDW_NONE;
    return MDW_OK;
}

/* --- guessing ----------------------------------------------------------- */

static void guess_stack(session *s, uint32_t index)
{
    mdw_stack stack = MDW_INIT(mdw_stack);
    if (mdw_state_stack(s->report->state, index, &stack) != MDW_OK ||
        !stack.has_regs || stack.skipped || !arch_find(stack.arch))
        return;
    const arch *a = arch_find(stack.arch);
    mdw_memory memory = mdw_state_memory(s->report->state);
    uint64_t sp = stack.regs.value[a->sp];
    mdw_window w = memory.window(memory.user, sp);
    mdw_bytes words = bytes_slice(w.bytes, sp - w.addr, GUESS_BYTES);
    reader r = reader_at(words, 0, 0, s->system.big_endian);
    while (reader_left(&r) >= a->pointer) {
        uint32_t module = mdw_state_module_find(s->report->state,
                                                reader_uint(&r, a->pointer));
        if (module < s->module_count)
            s->modules[module].words++;
    }
}

static mdw_status take_system(session *s)
{
    const mdw_state *state = s->report->state;
    mdw_process_info process = MDW_INIT(mdw_process_info);
    s->system.size = sizeof s->system;
    mdw_status status = mdw_state_system(state, &s->system);
    if (status == MDW_OK)
        status = mdw_state_process(state, &process);
    uint64_t thumb = s->system.arch == MDW_ARCH_ARM;
    s->entry = process.entry & ~thumb;
    return status;
}

static mdw_status session_build(session *s)
{
    mdw_report *r = s->report;
    r->issues = arena_take(r->store, MAX_ISSUES, sizeof *r->issues);
    mdw_status status = r->issues ? take_system(s) : (mdw_status)MDW_E_MEMORY;
    if (status == MDW_OK)
        status = take_modules(s);
    if (status == MDW_OK)
        status = take_providers(s);
    if (status == MDW_OK)
        status = given_images_take(s);
    if (status == MDW_OK)
        status = take_stacks(s);
    for (size_t i = 0;
         status == MDW_OK && s->options.guess && i < s->order_count; i++)
        guess_stack(s, s->order[i]);
    return status;
}

mdw_status mdw_session_new(const mdw_state *state,
                           const mdw_process_options *options,
                           mdw_session **out, mdw_error *err)
{
    session taken = {.report = NULL};
    if (!state || !out)
        return fail(err, MDW_E_ARG, "mdw_session_new");
    mdw_status status = take_options(&taken, options);
    if (status != MDW_OK)
        return fail(err, status, "mdw_process_options");
    uint64_t memory =
        taken.budget.memory ? taken.budget.memory : DEFAULT_MEMORY;
    arena *scratch = arena_new(taken.options.alloc, memory);
    arena *store = arena_new(taken.options.alloc, memory);
    session *s = scratch ? arena_take(scratch, 1, sizeof *s) : NULL;
    mdw_report *r = store ? arena_take(store, 1, sizeof *r) : NULL;
    if (!s || !r) {
        arena_close(scratch);
        arena_close(store);
        return fail(err, MDW_E_MEMORY, "session");
    }
    *s = taken;
    s->walk_options.budget = &s->walk_budget;
    s->scratch = scratch;
    s->report = r;
    r->store = store;
    r->state = state;
    status = session_build(s);
    if (status != MDW_OK) {
        mdw_session_close(s);
        return fail(err, status, "mdw_session_new");
    }
    *out = s;
    return MDW_OK;
}

/* --- running ------------------------------------------------------------ */

/* Each stack that is under way; `moved`: one came to its end. */
static mdw_status move_all(session *s, bool *moved)
{
    for (size_t i = 0; i < s->slot_count; i++) {
        if (s->slots[i].stack == MDW_NONE)
            continue;
        mdw_status status = stack_move(s, &s->slots[i]);
        if (status != MDW_OK && status != MDW_AGAIN)
            return status;
        *moved |= status == MDW_OK;
    }
    return MDW_OK;
}

/* The next stack, in the first free slot. */
static mdw_status begin_next(session *s, bool *moved)
{
    slot *at = s->slots;
    while (at < s->slots + s->slot_count && at->stack != MDW_NONE)
        at++;
    if (at == s->slots + s->slot_count || s->begun == s->order_count)
        return MDW_OK;
    *moved = true;
    at->position = (uint32_t)s->begun;
    mdw_status status = stack_begin(s, at, s->order[s->begun++]);
    if (status != MDW_OK || at->stack == MDW_NONE)
        return status;
    status = stack_move(s, at);
    return status == MDW_AGAIN ? (mdw_status)MDW_OK : status;
}

/* Those that are next in order and have all their names. */
static mdw_status commit_ready(session *s, bool *moved)
{
    while (s->committed < s->order_count) {
        uint32_t stack = s->order[s->committed];
        if (s->runs[stack].phase != STACK_WALKED)
            return MDW_OK;
        mdw_status status = stack_commit(s, stack, false);
        if (status != MDW_OK)
            return status == MDW_AGAIN ? (mdw_status)MDW_OK : status;
        s->committed++;
        *moved = true;
    }
    return MDW_OK;
}

static mdw_status run_crashes(session *s)
{
    mdw_status status;
    while ((status = crashes_analyse(s, false)) == MDW_AGAIN) {
        status = needs_wait(s);
        if (status != MDW_OK)
            return status;
    }
    return status;
}

static mdw_status run(session *s)
{
    const mdw_budget *b = &s->budget;
    while (s->committed < s->order_count) {
        bool moved = false;
        if (b->cancelled && b->cancelled(b->user))
            return MDW_E_CANCELLED;
        mdw_status status = move_all(s, &moved);
        if (status == MDW_OK)
            status = begin_next(s, &moved);
        if (status == MDW_OK)
            status = commit_ready(s, &moved);
        if (status == MDW_OK && !moved)
            status = needs_wait(s);
        if (status != MDW_OK)
            return status;
    }
    return run_crashes(s);
}

mdw_status mdw_session_run(mdw_session *s, mdw_error *err)
{
    if (!s)
        return fail(err, MDW_E_ARG, "mdw_session_run");
    if (!s->started && s->options.guess)
        needs_guess(s);
    s->started = true;
    mdw_status status = run(s);
    return status < 0 ? fail(err, status, "mdw_session_run") : status;
}

/* --- ending ------------------------------------------------------------- */

/* Stacks under way are taken as far as they came. */
static mdw_status commit_rest(session *s)
{
    for (size_t i = 0; i < SLOTS; i++)
        if (s->slots[i].stack != MDW_NONE) {
            mdw_status status = stack_end(s, &s->slots[i], MDW_STOP_CANCELLED);
            if (status != MDW_OK)
                return status;
        }
    for (; s->committed < s->order_count; s->committed++) {
        uint32_t stack = s->order[s->committed];
        if (s->runs[stack].phase != STACK_WALKED)
            continue;
        mdw_status status = stack_commit(s, stack, true);
        if (status != MDW_OK)
            return status;
    }
    return MDW_OK;
}

mdw_status mdw_session_finish(mdw_session *s, mdw_report **out, mdw_error *err)
{
    if (!s || !out) {
        mdw_session_close(s);
        return fail(err, MDW_E_ARG, "mdw_session_finish");
    }
    mdw_status status = commit_rest(s);
    if (status == MDW_OK)
        status = crashes_analyse(s, true);
    if (status == MDW_OK) {
        code_note_uses(s);
        needs_tell(s);
        *out = s->report;
        s->report = NULL;
    }
    mdw_session_close(s);
    return status == MDW_OK ? status : fail(err, status, "mdw_session_finish");
}

void mdw_session_close(mdw_session *s)
{
    if (!s)
        return;
    for (size_t i = 0; i < SLOTS; i++)
        for (size_t a = 0; a < ARCHES; a++)
            mdw_walk_close(s->slots[i].walks[a]);
    for (size_t a = 0; a < s->unwinder_count; a++)
        mdw_unwinder_close(s->unwinders[a].unwinder);
    needs_drop(s);
    mdw_report_close(s->report);
    arena_close(s->scratch);
}

mdw_status mdw_process(const mdw_state *state,
                       const mdw_process_options *options, mdw_report **out,
                       mdw_error *err)
{
    mdw_session *s;
    if (!out)
        return fail(err, MDW_E_ARG, "mdw_process");
    mdw_status status = mdw_session_new(state, options, &s, err);
    if (status != MDW_OK)
        return status;
    s->no_files = true; /* nobody else could bring one */
    status = mdw_session_run(s, err);
    if (status < 0) {
        mdw_session_close(s);
        return status;
    }
    return mdw_session_finish(s, out, err);
}
