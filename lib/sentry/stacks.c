/* lib/sentry/stacks.c - threads and stacks: who has which, which frames of it,
 * and the registers. */
#include "lib/base/options.h"
#include "lib/sentry/parts.h"

/* --- which frames ------------------------------------------------------- */

static mdw_frame frame_of(const mdw_sentry *s, uint32_t stack, size_t index)
{
    mdw_frame f = MDW_INIT(mdw_frame);
    (void)mdw_report_frame(s->report, stack, index, &f);
    return f;
}

static bool is_inline(const mdw_sentry *s, uint32_t stack, size_t index)
{
    return frame_of(s, stack, index).flags & MDW_FRAME_INLINE;
}

/* Where the frames begin when the innermost physical ones are left out. */
static uint32_t after_skipped(const mdw_sentry *s, uint32_t stack,
                              uint32_t count)
{
    uint32_t at = 0;
    for (uint32_t left = s->options.skip; left && at < count; at++)
        left -= !is_inline(s, stack, at);
    return at;
}

/* How many of the `count` from `first` on may stay. Inlined calls do not stay
 * without the function they are in, unless that alone is over the limit. */
static uint32_t before_cut(const mdw_sentry *s, const kept_stack *k,
                           uint32_t count)
{
    uint32_t most = s->options.max_frames;
    if (count <= most)
        return count;
    uint32_t at = most;
    while (at && is_inline(s, k->report_stack, k->first + at - 1))
        at--;
    return at ? at : most;
}

/* The frames that are no inlined calls, one after the other. */
static mdw_status keep_physical(mdw_sentry *s, kept_stack *k, uint32_t all)
{
    uint32_t *frames = arena_take(s->store, k->count, sizeof *frames);
    if (!frames)
        return MDW_E_MEMORY;
    uint32_t kept = 0, left = 0;
    for (uint32_t i = k->first; i < all; i++) {
        if (is_inline(s, k->report_stack, i))
            continue;
        if (kept < s->options.max_frames)
            frames[kept++] = i;
        else
            left++;
    }
    k->physical = frames;
    k->count = kept;
    k->cut = left;
    return MDW_OK;
}

static uint32_t adjustment_of(const mdw_sentry *s, const kept_stack *k)
{
    if (!k->count)
        return MDW_ADJUSTMENT_AUTO;
    if (has_flag(s, MDW_SENTRY_ADJUSTED))
        return MDW_ADJUSTMENT_NONE;
    return k->first ? MDW_ADJUSTMENT_ALL : MDW_ADJUSTMENT_ALL_BUT_FIRST;
}

static mdw_status keep_stack(mdw_sentry *s, uint32_t frames, uint32_t registers,
                             uint32_t *out)
{
    *out = s->event.stack_count++;
    kept_stack *k = &s->stacks[*out];
    *k = (kept_stack){.report_stack = frames, .register_stack = registers};
    size_t all = mdw_report_frame_count(s->report, frames); /* < 2^32 */
    k->first = after_skipped(s, frames, (uint32_t)all);
    uint32_t left = (uint32_t)all - k->first;
    k->count = before_cut(s, k, left);
    k->cut = left - k->count;
    if (s->options.inlines == MDW_SENTRY_INLINE_NONE) {
        k->count = left;
        mdw_status status = keep_physical(s, k, (uint32_t)all);
        if (status != MDW_OK)
            return status;
    }
    k->adjustment = adjustment_of(s, k);
    return MDW_OK;
}

/* --- threads ------------------------------------------------------------ */

/* What the client walked itself stands in for our walk of its thread. */
static mdw_status find_client_stacks(mdw_sentry *s, uint32_t **out)
{
    size_t threads = mdw_state_thread_count(s->state);
    size_t stacks = mdw_state_stack_count(s->state);
    uint32_t *of = arena_take(s->store, threads, sizeof *of);
    if (!of)
        return MDW_E_MEMORY;
    for (uint32_t i = 0; i < threads; i++)
        of[i] = i;
    for (size_t i = threads; i < stacks; i++) {
        mdw_stack stack = MDW_INIT(mdw_stack);
        if (mdw_state_stack(s->state, i, &stack) == MDW_OK &&
            stack.kind == MDW_STACK_CLIENT && stack.thread < threads &&
            mdw_report_frame_count(s->report, i))
            of[stack.thread] = (uint32_t)i;
    }
    *out = of;
    return MDW_OK;
}

static bool shows(const mdw_sentry *s, uint32_t stack)
{
    return !s->options.one_stack || s->options.stack == stack;
}

/* A thread's own stack, or the one that its client walked. */
static bool shows_thread(const mdw_sentry *s, uint32_t thread, uint32_t frames)
{
    return shows(s, thread) || shows(s, frames);
}

/* The thread to look at, or MDW_NONE. A stack of an exception has none. */
static uint32_t requesting_thread(const mdw_sentry *s)
{
    mdw_stack stack = MDW_INIT(mdw_stack);
    uint32_t main = mdw_state_main_stack(s->state);
    if (main == MDW_NONE || mdw_state_stack(s->state, main, &stack) != MDW_OK)
        return MDW_NONE;
    return stack.thread;
}

/* The stack of an exception whose thread is not in the list. The servers have
 * none for it. */
static mdw_status keep_stray(mdw_sentry *s)
{
    uint32_t main = mdw_state_main_stack(s->state);
    mdw_exception e = MDW_INIT(mdw_exception);
    if (s->exception_index == MDW_NONE || main == MDW_NONE || is_compat(s) ||
        !shows(s, main) ||
        mdw_state_exception(s->state, s->exception_index, &e) != MDW_OK)
        return MDW_OK;
    s->exception.thread_id = number(e.thread_id);
    return keep_stack(s, main, main, &s->exception.stack);
}

static mdw_status keep_thread(mdw_sentry *s, uint32_t index, uint32_t frames,
                              bool requesting)
{
    mdw_thread t = MDW_INIT(mdw_thread);
    kept_thread *k = &s->threads[s->event.thread_count++];
    *k = (kept_thread){.thread = index, .stack = MDW_NONE};
    if (!requesting)
        return keep_stack(s, frames, index, &k->stack);
    k->crashed = s->exception_index != MDW_NONE;
    k->current = !k->crashed;
    (void)mdw_state_thread(s->state, index, &t);
    s->exception.thread_id = number(t.id);
    return keep_stack(s, frames, index, &s->exception.stack);
}

mdw_status build_stacks(mdw_sentry *s)
{
    uint32_t *frames;
    size_t count = mdw_state_thread_count(s->state);
    uint32_t requesting = requesting_thread(s);
    mdw_status status = find_client_stacks(s, &frames);
    s->threads = arena_take(s->store, count, sizeof *s->threads);
    s->stacks = arena_take(s->store, count + 1, sizeof *s->stacks);
    s->exception.stack = MDW_NONE;
    if (!s->threads || !s->stacks)
        return MDW_E_MEMORY;
    if (status == MDW_OK && requesting == MDW_NONE)
        status = keep_stray(s);
    for (uint32_t i = 0; i < count && status == MDW_OK; i++)
        if (shows_thread(s, i, frames[i]))
            status = keep_thread(s, i, frames[i], i == requesting);
    return status;
}

mdw_status mdw_sentry_thread_at(const mdw_sentry *sentry, size_t index,
                                mdw_sentry_thread *out)
{
    if (index >= sentry->event.thread_count)
        return MDW_E_ARG;
    const kept_thread *k = &sentry->threads[index];
    mdw_thread t = MDW_INIT(mdw_thread);
    mdw_sentry_thread own = MDW_INIT(mdw_sentry_thread);
    (void)mdw_state_thread(sentry->state, k->thread, &t);
    own.id = t.id;
    own.name = given(t.name);
    own.crashed = k->crashed ? MDW_TRUTH_TRUE : MDW_TRUTH_ABSENT;
    own.current = k->current ? MDW_TRUTH_TRUE : MDW_TRUTH_ABSENT;
    own.stack = k->stack;
    return record_write(out, &own, sizeof own);
}

/* --- registers ---------------------------------------------------------- */

/* Sentry has no flags but those of x86, and no cpsr. */
static bool is_told(uint32_t arch, uint32_t reg)
{
    const char *name = mdw_reg_name(arch, reg);
    return name && strcmp(name, "cpsr") != 0;
}

/* The context of the innermost frame, unless that was left out. */
static bool register_frame(const mdw_sentry *s, const kept_stack *k,
                           mdw_frame *f)
{
    *f = MDW_INIT(mdw_frame);
    return !k->first &&
           mdw_report_frame(s->report, k->register_stack, 0, f) == MDW_OK &&
           f->trust == MDW_TRUST_CONTEXT;
}

/* The number of the `index`-th register, or how many there are in `*count`. */
static uint32_t nth_register(const mdw_frame *f, size_t index, uint32_t *count)
{
    uint32_t all = mdw_reg_count(f->arch), told = 0;
    for (uint32_t reg = 0; reg < all && reg < MDW_MAX_REGS; reg++)
        if (f->regs.valid >> reg & 1 && is_told(f->arch, reg))
            if (told++ == index)
                return reg;
    *count = told;
    return MDW_NONE;
}

static const mdw_str adjustments[] = {
    [MDW_ADJUSTMENT_AUTO] = {NULL, 0},
    [MDW_ADJUSTMENT_ALL_BUT_FIRST] = {"all_but_first", 13},
    [MDW_ADJUSTMENT_ALL] = {"all", 3},
    [MDW_ADJUSTMENT_NONE] = {"none", 4},
};

mdw_status mdw_sentry_stack_at(const mdw_sentry *sentry, size_t index,
                               mdw_sentry_stack *out)
{
    if (index >= sentry->event.stack_count)
        return MDW_E_ARG;
    const kept_stack *k = &sentry->stacks[index];
    mdw_frame f;
    mdw_sentry_stack own = MDW_INIT(mdw_sentry_stack);
    own.report_stack = k->report_stack;
    own.adjustment = k->adjustment;
    own.adjustment_text = adjustments[k->adjustment];
    own.frame_count = k->count;
    own.frames_cut = k->cut;
    if (register_frame(sentry, k, &f))
        (void)nth_register(&f, SIZE_MAX, &own.register_count);
    return record_write(out, &own, sizeof own);
}

mdw_status mdw_sentry_register_at(const mdw_sentry *sentry, size_t stack,
                                  size_t index, mdw_sentry_register *out)
{
    mdw_frame f;
    uint32_t count;
    mdw_sentry_register own = MDW_INIT(mdw_sentry_register);
    if (stack >= sentry->event.stack_count ||
        !register_frame(sentry, &sentry->stacks[stack], &f))
        return MDW_E_ARG;
    uint32_t reg = nth_register(&f, index, &count);
    if (reg == MDW_NONE)
        return MDW_E_ARG;
    own.name = str_of(mdw_reg_name(f.arch, reg));
    own.value = f.regs.value[reg];
    return record_write(out, &own, sizeof own);
}

bool stack_frame(const mdw_sentry *s, const kept_stack *stack, size_t index,
                 mdw_frame *frame, uint32_t *report_frame)
{
    *frame = MDW_INIT(mdw_frame);
    if (index >= stack->count)
        return false;
    uint32_t at = stack->count - 1 - (uint32_t)index;
    *report_frame = stack->physical ? stack->physical[at] : stack->first + at;
    return mdw_report_frame(s->report, stack->report_stack, *report_frame,
                            frame) == MDW_OK;
}
