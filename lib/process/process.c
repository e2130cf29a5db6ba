/* lib/process/process.c - the session: walks every stack of a state. */
#include <string.h>

#include "lib/base/ckd.h"
#include "lib/base/fail.h"
#include "lib/base/options.h"
#include "lib/process/report.h"
#include "lib/unwind/arch.h"

enum {
    DEFAULT_FRAMES = 1 << 18,
    DEFAULT_WORK = 1 << 26,
    DEFAULT_MEMORY = 256 << 20,
    ARCHES = 4
};

/* One for each architecture that occurs: WoW64 has two. */
typedef struct arch_walk {
    uint32_t arch;
    mdw_unwinder *unwinder;
} arch_walk;

typedef struct session {
    mdw_report *report;
    mdw_process_options options;
    mdw_walk_options walk_options;
    mdw_budget budget;
    const mdw_budget *walk_budget; /* of one walk, as the caller has it */
    mdw_system system;
    arena *scratch;
    const mdw_image **images;
    size_t image_count;
    arch_walk walks[ARCHES];
    size_t walk_count;
    kept_frame *frames; /* of the stack at work, in scratch */
    size_t frame_count, frame_room;
    uint32_t frames_left;
    uint64_t work_left;
} session;

static void issue_add(session *s, uint32_t stack, mdw_status code,
                      const char *what)
{
    mdw_report *r = s->report;
    if (r->issue_count == MAX_ISSUES)
        return;
    mdw_issue *issue = &r->issues[r->issue_count++];
    *issue = (mdw_issue){.size = sizeof *issue,
                         .area = MDW_AREA_WALK,
                         .index = stack,
                         .count = 1};
    issue->error = (mdw_error){.code = code, .what = what};
}

static mdw_status images_make(session *s)
{
    size_t count = mdw_state_module_count(s->report->state);
    mdw_image *images = arena_take(s->scratch, count, sizeof *images);
    s->images = arena_take(s->scratch, count, sizeof(const mdw_image *));
    if (count && (!images || !s->images))
        return MDW_E_MEMORY;
    for (size_t i = 0; i < count; i++) {
        mdw_module module = MDW_INIT(mdw_module);
        mdw_status status = mdw_state_module(s->report->state, i, &module);
        images[i] = (mdw_image){.size = sizeof *images};
        if (status == MDW_OK) {
            images[i].range = module.owned;
            images[i].name = module.code_file;
        }
        s->images[i] = &images[i];
    }
    s->image_count = count;
    return MDW_OK;
}

/* NULL: an architecture that is not unwound, or no memory (`status` tells). */
static mdw_unwinder *unwinder_for(session *s, uint32_t id, mdw_status *status)
{
    *status = MDW_OK;
    for (size_t i = 0; i < s->walk_count; i++)
        if (s->walks[i].arch == id)
            return s->walks[i].unwinder;
    if (!arch_find(id) || s->walk_count == ARCHES)
        return NULL;
    mdw_unwinder_options options = MDW_INIT(mdw_unwinder_options);
    options.arch = id;
    options.os = s->system.os;
    options.code_mask = s->system.code_mask;
    options.big_endian = s->system.big_endian;
    options.place = state_place;
    options.place_user = (void *)(uintptr_t)s->report->state;
    options.alloc = s->options.alloc;
    arch_walk *a = &s->walks[s->walk_count];
    a->arch = id;
    *status = mdw_unwinder_new(&options, s->images, s->image_count,
                               &a->unwinder, NULL);
    if (*status != MDW_OK)
        return NULL;
    s->walk_count++;
    return a->unwinder;
}

/* A walk of its own for each stack: what is left of the process' work is what
 * this one may spend. */
static mdw_status walk_new(session *s, const mdw_unwinder *unwinder,
                           mdw_walk **out)
{
    mdw_budget budget = MDW_INIT(mdw_budget);
    mdw_status status = options_read(&budget, sizeof budget, s->walk_budget);
    if (status != MDW_OK)
        return status;
    if (!budget.work || budget.work > s->work_left)
        budget.work = s->work_left ? s->work_left : 1;
    if (!budget.cancelled) {
        budget.cancelled = s->budget.cancelled;
        budget.user = s->budget.user;
    }
    s->walk_options.budget = &budget;
    status = mdw_walk_new(unwinder, &s->walk_options, out, NULL);
    s->walk_options.budget = s->walk_budget;
    return status;
}

static bool registers_kept(const session *s)
{
    return s->options.keep == MDW_KEEP_ALL_REGS ||
           (s->options.keep == MDW_KEEP_FIRST_REGS && !s->frame_count);
}

static mdw_status frame_keep(session *s, const mdw_frame *f)
{
    if (s->frame_count == s->frame_room) {
        size_t room = s->frame_room ? s->frame_room * 2 : 64;
        kept_frame *more = arena_take(s->scratch, room, sizeof *more);
        if (!more)
            return MDW_E_MEMORY;
        if (s->frame_count)
            memcpy(more, s->frames, s->frame_count * sizeof *more);
        s->frames = more;
        s->frame_room = room;
    }
    kept_frame kept = {.pc = f->pc,
                       .lookup = f->lookup,
                       .sp = f->sp,
                       .image = f->image,
                       .checks = f->checks,
                       .flags = (uint16_t)f->flags,
                       .source = (uint16_t)f->source,
                       .trust = (uint8_t)f->trust,
                       .arch = (uint8_t)f->arch};
    if (registers_kept(s) && f->regs.valid) {
        size_t known = (size_t)__builtin_popcountll(f->regs.valid), at = 0;
        uint64_t *values = arena_take(s->report->store, known, sizeof *values);
        if (!values)
            return MDW_E_MEMORY;
        for (unsigned i = 0; i < MDW_MAX_REGS; i++)
            if (f->regs.valid >> i & 1)
                values[at++] = f->regs.value[i];
        kept.valid = f->regs.valid;
        kept.guessed = f->regs.guessed;
        kept.values = values;
    }
    s->frames[s->frame_count++] = kept;
    return MDW_OK;
}

static mdw_status frames_store(session *s, size_t stack, uint32_t stop)
{
    kept_stack *kept = &s->report->stacks[stack];
    kept->stop = stop;
    if (!s->frame_count)
        return MDW_OK;
    kept_frame *frames =
        arena_take(s->report->store, s->frame_count, sizeof *frames);
    if (!frames)
        return MDW_E_MEMORY;
    memcpy(frames, s->frames, s->frame_count * sizeof *frames);
    kept->frames = frames;
    kept->count = s->frame_count;
    return MDW_OK;
}

static mdw_status client_stack(session *s, const mdw_stack *stack, size_t index)
{
    const mdw_state *state = s->report->state;
    const arch *a = arch_find(stack->arch);
    size_t count = mdw_state_client_frame_count(state, index);
    for (size_t i = 0; i < count && i < s->frames_left; i++) {
        mdw_client_frame client = MDW_INIT(mdw_client_frame);
        if (mdw_state_client_frame(state, index, i, &client) != MDW_OK)
            continue;
        mdw_frame f = MDW_INIT(mdw_frame);
        uint64_t back = i && a ? a->call_back : 0;
        f.pc = client.address;
        f.lookup = f.pc < back ? f.pc : f.pc - back;
        f.image = mdw_state_module_find(state, f.lookup);
        f.trust = MDW_TRUST_PREWALKED;
        f.source = MDW_SOURCE_PREWALKED;
        f.arch = stack->arch;
        mdw_status status = frame_keep(s, &f);
        if (status != MDW_OK)
            return status;
    }
    return MDW_OK;
}

static void limit_note(session *s, uint32_t index, uint32_t stop)
{
    if (stop == MDW_STOP_LIMIT)
        issue_add(s, index, MDW_E_LIMIT, "max_frames");
    if (stop == MDW_STOP_BUDGET)
        issue_add(s, index, MDW_E_LIMIT, "budget.work");
}

static mdw_status walk_frames(session *s, mdw_walk *walk, uint32_t *stop)
{
    mdw_frame frame = MDW_INIT(mdw_frame);
    while (mdw_walk_next(walk, &frame) == MDW_OK) {
        if (s->frame_count >= s->frames_left) {
            *stop = MDW_STOP_LIMIT;
            return MDW_OK;
        }
        mdw_status status = frame_keep(s, &frame);
        if (status != MDW_OK)
            return status;
    }
    *stop = mdw_walk_stop(walk);
    return *stop == MDW_STOP_CANCELLED ? MDW_E_CANCELLED : MDW_OK;
}

static mdw_status walk_stack(session *s, const mdw_stack *stack, uint32_t index,
                             uint32_t *stop)
{
    mdw_status status;
    *stop = MDW_STOP_NO_CONTEXT;
    if (!stack->has_regs)
        return MDW_OK;
    mdw_unwinder *unwinder = unwinder_for(s, stack->arch, &status);
    mdw_walk *walk = NULL;
    if (unwinder)
        status = walk_new(s, unwinder, &walk);
    if (!walk)
        return status;
    mdw_walk_input input = MDW_INIT(mdw_walk_input);
    input.regs = &stack->regs;
    input.memory = mdw_state_memory(s->report->state);
    input.stack = stack->range;
    input.start = stack->start;
    input.arch = stack->arch;
    input.stack_index = index;
    status = mdw_walk_begin(walk, &input);
    if (status == MDW_OK)
        status = walk_frames(s, walk, stop);
    uint64_t work = mdw_walk_work(walk);
    s->work_left -= work < s->work_left ? work : s->work_left;
    mdw_walk_close(walk);
    limit_note(s, index, *stop);
    return status;
}

static mdw_status do_stack(session *s, uint32_t index)
{
    mdw_stack stack = MDW_INIT(mdw_stack);
    uint32_t stop = MDW_STOP_NO_CONTEXT;
    mdw_status status = mdw_state_stack(s->report->state, index, &stack);
    if (status != MDW_OK || stack.skipped)
        return MDW_OK;
    if (s->budget.cancelled && s->budget.cancelled(s->budget.user))
        return MDW_E_CANCELLED;
    s->frame_count = 0;
    if (stack.kind == MDW_STACK_CLIENT) {
        status = client_stack(s, &stack, index);
        stop = MDW_STOP_BOTTOM;
    } else {
        status = walk_stack(s, &stack, index, &stop);
    }
    if (status == MDW_OK)
        status = frames_store(s, index, stop);
    s->frames_left -= (uint32_t)s->frame_count;
    return status;
}

static mdw_status do_stacks(session *s)
{
    size_t count = s->report->stack_count;
    uint32_t first = mdw_state_main_stack(s->report->state);
    if (s->options.one_stack)
        return s->options.stack < count ? do_stack(s, s->options.stack)
                                        : MDW_E_ARG;
    mdw_status status = first < count ? do_stack(s, first) : MDW_OK;
    for (uint32_t i = 0; i < count && status == MDW_OK; i++)
        if (i != first)
            status = do_stack(s, i);
    return status;
}

/* An assertion alone has no exception, and still says what happened. */
static mdw_status do_crashes(session *s)
{
    mdw_report *r = s->report;
    size_t count = mdw_state_exception_count(r->state);
    mdw_crash_input input = MDW_INIT(mdw_crash_input);
    input.alloc = s->options.alloc;
    r->crashes = arena_take(r->store, count + 1, sizeof(mdw_crash *));
    if (!r->crashes)
        return MDW_E_MEMORY;
    for (size_t i = 0; i < (count ? count : 1); i++) {
        input.exception = count ? (uint32_t)i : MDW_NONE;
        mdw_status status =
            mdw_crash_new(r->state, &input, &r->crashes[i], NULL);
        if (status == MDW_E_MEMORY)
            return status;
        r->crash_count = i + 1;
    }
    return MDW_OK;
}

static mdw_status take_options(session *s, const mdw_process_options *options)
{
    mdw_status status = options_read(&s->options, sizeof s->options, options);
    if (status == MDW_OK)
        status = options_read(&s->walk_options, sizeof s->walk_options,
                              s->options.walk);
    if (status == MDW_OK)
        status = options_read(&s->budget, sizeof s->budget, s->options.budget);
    if (status != MDW_OK)
        return status;
    s->frames_left =
        s->options.max_frames ? s->options.max_frames : DEFAULT_FRAMES;
    s->work_left = s->budget.work ? s->budget.work : DEFAULT_WORK;
    s->walk_budget = s->walk_options.budget;
    return MDW_OK;
}

static mdw_status session_open(session *s, const mdw_state *state)
{
    uint64_t memory = s->budget.memory ? s->budget.memory : DEFAULT_MEMORY;
    s->scratch = arena_new(s->options.alloc, memory);
    arena *store = arena_new(s->options.alloc, memory);
    mdw_report *r = store ? arena_take(store, 1, sizeof *r) : NULL;
    if (!s->scratch || !r) {
        arena_close(store);
        return MDW_E_MEMORY;
    }
    r->store = store;
    r->state = state;
    s->report = r;
    r->stack_count = mdw_state_stack_count(state);
    r->stacks = arena_take(store, r->stack_count, sizeof *r->stacks);
    r->issues = arena_take(store, MAX_ISSUES, sizeof *r->issues);
    s->system.size = sizeof s->system;
    if (!r->stacks || !r->issues)
        return MDW_E_MEMORY;
    for (size_t i = 0; i < r->stack_count; i++)
        r->stacks[i].stop = MDW_STOP_NO_CONTEXT;
    return mdw_state_system(state, &s->system);
}

static void session_close(session *s)
{
    for (size_t i = 0; i < s->walk_count; i++)
        mdw_unwinder_close(s->walks[i].unwinder);
    arena_close(s->scratch);
}

mdw_status mdw_process(const mdw_state *state,
                       const mdw_process_options *options, mdw_report **out,
                       mdw_error *err)
{
    session s = {0};
    if (!state || !out)
        return fail(err, MDW_E_ARG, "mdw_process");
    mdw_status status = take_options(&s, options);
    if (status != MDW_OK)
        return fail(err, status, "mdw_process_options");
    status = session_open(&s, state);
    if (status == MDW_OK)
        status = images_make(&s);
    if (status == MDW_OK)
        status = do_crashes(&s);
    if (status == MDW_OK)
        status = do_stacks(&s);
    session_close(&s);
    if (status != MDW_OK) {
        mdw_report_close(s.report);
        return fail(err, status, "mdw_process");
    }
    *out = s.report;
    return MDW_OK;
}
