/* lib/state/state.c - the object: built once from a dump, then only read. */
#include "mdwalk/state.h"

#include "lib/base/fail.h"
#include "lib/base/options.h"
#include "lib/state/parts.h"

#define DEFAULT_MEMORY (UINT64_C(256) << 20)
enum { MAX_ISSUES = 256 };

/* Later parts look into earlier ones. */
static void (*const parts[])(mdw_state *) = {
    build_system,      build_memory,  build_regions,      build_modules,
    build_unloaded,    build_threads, build_exceptions,   build_wow64,
    build_clients,     build_shadow,  build_stack_ranges, build_process,
    build_annotations, build_handles, build_records,
};

static mdw_state *begin(arena *store, const mdw_dump *dump)
{
    mdw_state *s = arena_take(store, 1, sizeof *s);
    if (!s)
        return NULL;
    s->store = store;
    s->dump = dump;
    s->main_stack = MDW_NONE;
    s->process = MDW_INIT(mdw_process_info);
    mdw_process_info *p = &s->process;
    p->command_line = p->comment = p->assertion = p->soft_errors =
        p->boot_args = p->lsb_id = p->lsb_release = p->lsb_codename =
            p->lsb_description = STR("");
    s->threads_ex = !mdw_dump_thread_count(dump);
    array_reserve(s, &s->issues, MAX_ISSUES, sizeof(mdw_issue));
    return s;
}

mdw_status mdw_state_from_dump(const mdw_dump *dump,
                               const mdw_state_options *options,
                               mdw_state **out, mdw_error *err)
{
    mdw_state_options use;
    mdw_status status = options_read(&use, sizeof use, options);
    if (status)
        return fail(err, status, "mdw_state_options");
    if (!dump || !out)
        return fail(err, MDW_E_ARG, "mdw_state_from_dump");
    uint64_t budget = use.max_memory ? use.max_memory : DEFAULT_MEMORY;
    arena *store = arena_new(use.alloc, budget);
    if (!store)
        return fail(err, MDW_E_MEMORY, "mdw_state");
    mdw_state *s = begin(store, dump);
    if (s)
        for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
            parts[i](s);
    if (!s || arena_starved(store)) {
        status = arena_starved(store) ? MDW_E_MEMORY : MDW_E_LIMIT;
        arena_close(store);
        return fail(err, status, "mdw_state");
    }
    issue_finish(s);
    *out = s;
    return MDW_OK;
}

void mdw_state_close(mdw_state *state)
{
    if (state)
        arena_close(state->store);
}

/* One accessor pair for every kind of record. */
#define RECORDS(name, list, type)                                              \
    size_t mdw_state_##name##_count(const mdw_state *state)                    \
    {                                                                          \
        return state->list.count;                                              \
    }                                                                          \
    mdw_status mdw_state_##name(const mdw_state *state, size_t index,          \
                                type *out)                                     \
    {                                                                          \
        return array_get(&state->list, index, sizeof(type), out);              \
    }

RECORDS(issue, issues, mdw_issue)
RECORDS(module, modules, mdw_module)
RECORDS(unloaded, unloaded, mdw_unloaded)
RECORDS(thread, threads, mdw_thread)
RECORDS(stack, stacks, mdw_stack)
RECORDS(exception, exceptions, mdw_exception)
RECORDS(region, regions, mdw_region)
RECORDS(annotation, annotations, mdw_annotation)
RECORDS(handle, handles, mdw_handle)
RECORDS(limit, limits, mdw_limit)
RECORDS(mac_crash, mac_crashes, mdw_mac_crash)

size_t mdw_state_crashpad_count(const mdw_state *state)
{
    return state->crashpads.count;
}

uint32_t mdw_state_crashpad_module(const mdw_state *state, size_t index)
{
    const uint32_t *modules = state->crashpads.items;
    return index < state->crashpads.count ? modules[index] : MDW_NONE;
}

mdw_status mdw_state_system(const mdw_state *state, mdw_system *out)
{
    return record_write(out, &state->system, sizeof state->system);
}

mdw_status mdw_state_process(const mdw_state *state, mdw_process_info *out)
{
    return record_write(out, &state->process, sizeof state->process);
}

uint32_t mdw_state_main_stack(const mdw_state *state)
{
    return state->main_stack;
}
