/* lib/process/stacks.c - one stack: walked in a slot, put aside while files are
 * on their way, named, and given its place in the report. */
#include <string.h>

#include "lib/process/session.h"

/* --- landing ------------------------------------------------------------ */

static session_module *module_at(session *s, uint64_t addr)
{
    uint32_t index = mdw_state_module_find(s->report->state, addr);
    return index < s->module_count ? &s->modules[index] : NULL;
}

static bool has_landed(const slot *at, uint32_t module)
{
    return at->landed[module / 64] >> module % 64 & 1;
}

/* Its files are sent for; the walk waits for the rows when it needs them. */
static void land(session *s, slot *at, const mdw_frame *f)
{
    session_module *m = module_at(s, f->lookup);
    if (!m || has_landed(at, m->index))
        return;
    at->landed[m->index / 64] |= UINT64_C(1) << m->index % 64;
    (void)need_ask(m, MDW_NEED_ROWS);
    (void)need_ask(m, MDW_NEED_NAMES);
}

/* --- what a walk asks --------------------------------------------------- */

static mdw_status module_rows(void *user, const mdw_image *image,
                              const mdw_row_query *query, mdw_row *row)
{
    session_module *m = user;
    const mdw_image *given = given_image_at(m->session, query->pc);
    (void)image;
    if (given)
        return given->rows ? given->rows(given->user, given, query, row)
                           : (mdw_status)MDW_ABSENT;
    for (;;) {
        mdw_status status = need_ask(m, MDW_NEED_ROWS);
        if (status != MDW_OK)
            return status == MDW_AGAIN ? status : (mdw_status)MDW_ABSENT;
        if (!m->rows.rows)
            return MDW_ABSENT;
        status = m->rows.rows(m->rows.user, &m->rows, query, row);
        if (status == MDW_E_DAMAGED && need_renew(m, MDW_NEED_ROWS))
            continue;
        if (status < m->rows_error)
            m->rows_error = status;
        return status;
    }
}

/* What the kernel starts is outermost, whatever it is called. It ends in a call
 * that does not return: glibc's and musl's _start have 26 to 56 bytes. */
enum { ENTRY_CODE = 64 };

/* Functions are known of modules that the walk was in: what a candidate merely
 * points to is no reason to fetch anything. */
static mdw_status place(void *user, uint64_t addr, uint32_t want,
                        mdw_place *out)
{
    session *s = user;
    if (want & MDW_PLACE_CODE && code_ready(s, addr) == MDW_AGAIN)
        return MDW_AGAIN;
    mdw_status status =
        state_place((void *)(uintptr_t)s->report->state, addr, want, out);
    session_module *m = want & MDW_PLACE_FUNCTION ? module_at(s, addr) : NULL;
    if (status != MDW_OK || !m)
        return status;
    status = has_landed(s->current, m->index) ? function_at(m, addr, out)
                                              : (mdw_status)MDW_ABSENT;
    if (status == MDW_AGAIN)
        return status;
    if (status != MDW_OK && s->entry && addr - s->entry < ENTRY_CODE) {
        out->flags |= MDW_PLACE_FUNCTION | MDW_PLACE_BASE;
        out->function = (mdw_range){s->entry, ENTRY_CODE};
    }
    return MDW_OK;
}

/* --- walks -------------------------------------------------------------- */

static mdw_status images_make(session *s)
{
    const mdw_process_options *o = &s->options;
    size_t count = s->module_count + o->image_count;
    mdw_image *images = arena_take(s->scratch, s->module_count, sizeof *images);
    s->images = arena_take(s->scratch, count, sizeof(const mdw_image *));
    if (!images || !s->images)
        return MDW_E_MEMORY;
    for (size_t i = 0; i < s->module_count; i++) {
        images[i] = MDW_INIT(mdw_image);
        images[i].range = s->modules[i].module.owned;
        images[i].name = s->modules[i].module.code_file;
        images[i].rows = module_rows;
        images[i].user = &s->modules[i];
        s->images[i] = &images[i];
    }
    for (size_t i = 0; i < o->image_count; i++)
        s->images[s->module_count + i] = o->images[i];
    s->image_count = count;
    return MDW_OK;
}

static mdw_status unwinder_for(session *s, uint32_t id, size_t *at)
{
    for (*at = 0; *at < s->unwinder_count; ++*at)
        if (s->unwinders[*at].arch == id)
            return MDW_OK;
    if (!arch_find(id) || s->unwinder_count == ARCHES)
        return MDW_E_UNSUPPORTED;
    if (!s->images) {
        mdw_status status = images_make(s);
        if (status != MDW_OK)
            return status;
    }
    mdw_unwinder_options options = MDW_INIT(mdw_unwinder_options);
    options.arch = id;
    options.os = s->system.os;
    options.code_mask = s->system.code_mask;
    options.big_endian = s->system.big_endian;
    options.place = place;
    options.place_user = s;
    options.alloc = s->options.alloc;
    s->unwinders[*at].arch = id;
    mdw_status status = mdw_unwinder_new(&options, s->images, s->image_count,
                                         &s->unwinders[*at].unwinder, NULL);
    s->unwinder_count += status == MDW_OK;
    return status;
}

/* MDW_E_UNSUPPORTED: an architecture that is not unwound. */
static mdw_status walk_for(session *s, slot *at, uint32_t id)
{
    size_t i;
    mdw_status status = unwinder_for(s, id, &i);
    if (status == MDW_OK && !at->walks[i])
        status = mdw_walk_new(s->unwinders[i].unwinder, &s->walk_options,
                              &at->walks[i], NULL);
    at->walk = status == MDW_OK ? at->walks[i] : NULL;
    return status;
}

/* --- frames ------------------------------------------------------------- */

static bool registers_kept(const session *s, const slot *at)
{
    return s->options.keep == MDW_KEEP_ALL_REGS ||
           (s->options.keep == MDW_KEEP_FIRST_REGS && !at->count);
}

static mdw_status keep_registers(session *s, const mdw_regs *regs,
                                 kept_frame *kept)
{
    size_t known = (size_t)__builtin_popcountll(regs->valid), at = 0;
    uint64_t *values = arena_take(s->report->store, known, sizeof *values);
    if (!values)
        return MDW_E_MEMORY;
    for (unsigned i = 0; i < MDW_MAX_REGS; i++)
        if (regs->valid >> i & 1)
            values[at++] = regs->value[i];
    kept->valid = regs->valid;
    kept->guessed = regs->guessed;
    kept->values = values;
    return MDW_OK;
}

static mdw_status keep_origins(session *s, const mdw_walk *walk,
                               kept_frame *kept)
{
    mdw_origins *origins = arena_take(s->report->store, 1, sizeof *origins);
    if (!origins)
        return MDW_E_MEMORY;
    origins->size = sizeof *origins;
    mdw_walk_origins(walk, origins);
    kept->origins = origins;
    return MDW_OK;
}

static mdw_status frame_keep(session *s, slot *at, const mdw_frame *f,
                             uint64_t work)
{
    if (at->count == at->room) {
        size_t room = at->room ? at->room * 2 : 64;
        raw_frame *more = arena_take(s->scratch, room, sizeof *more);
        if (!more)
            return MDW_E_MEMORY;
        if (at->count)
            memcpy(more, at->frames, at->count * sizeof *more);
        at->frames = more;
        at->room = room;
    }
    kept_frame kept = {.pc = f->pc,
                       .lookup = f->lookup,
                       .sp = f->sp,
                       .image = f->image,
                       .checks = f->checks,
                       .flags = (uint16_t)f->flags,
                       .source = (uint16_t)f->source,
                       .trust = (uint8_t)f->trust,
                       .arch = (uint8_t)f->arch,
                       .client = (uint32_t)at->count};
    mdw_status status = MDW_OK;
    if (registers_kept(s, at) && f->regs.valid)
        status = keep_registers(s, &f->regs, &kept);
    if (status == MDW_OK && kept.values && s->options.keep_origins)
        status = keep_origins(s, at->walk, &kept);
    at->frames[at->count++] = (raw_frame){kept, work};
    return status;
}

static mdw_status client_stack(session *s, slot *at, const mdw_stack *stack)
{
    const mdw_state *state = s->report->state;
    const arch *a = arch_find(stack->arch);
    size_t count = mdw_state_client_frame_count(state, at->stack);
    for (size_t i = 0; i < count && at->count <= s->frames_left; i++) {
        mdw_client_frame client = MDW_INIT(mdw_client_frame);
        if (mdw_state_client_frame(state, at->stack, i, &client) != MDW_OK)
            continue;
        mdw_frame f = MDW_INIT(mdw_frame);
        uint64_t back = i && a ? a->call_back : 0;
        f.pc = client.address;
        f.lookup = f.pc < back ? f.pc : f.pc - back;
        f.image = mdw_state_module_find(state, f.lookup);
        f.trust = MDW_TRUST_PREWALKED;
        f.source = MDW_SOURCE_PREWALKED;
        f.arch = stack->arch;
        land(s, at, &f);
        mdw_status status = frame_keep(s, at, &f, 0);
        if (status != MDW_OK)
            return status;
        at->frames[at->count - 1].frame.client = (uint32_t)i;
    }
    return stack_end(s, at, MDW_STOP_BOTTOM);
}

/* --- walking ------------------------------------------------------------ */

static mdw_status walk_begin(session *s, slot *at, const mdw_stack *stack)
{
    mdw_status status = stack->has_regs ? walk_for(s, at, stack->arch)
                                        : (mdw_status)MDW_E_UNSUPPORTED;
    if (status == MDW_E_UNSUPPORTED)
        return stack_end(s, at, MDW_STOP_NO_CONTEXT);
    if (status != MDW_OK)
        return status;
    if (!s->work_left) /* cut() would leave nothing of it either */
        return stack_end(s, at, MDW_STOP_BUDGET);
    mdw_walk_input input = MDW_INIT(mdw_walk_input);
    input.regs = &stack->regs;
    input.memory = mdw_state_memory(s->report->state);
    input.code = session_code(s);
    input.stack = stack->range;
    input.start = stack->start;
    input.shadow = stack->shadow;
    input.arch = stack->arch;
    input.stack_index = at->stack;
    return mdw_walk_begin(at->walk, &input);
}

mdw_status stack_begin(session *s, slot *at, uint32_t stack)
{
    mdw_stack about = MDW_INIT(mdw_stack);
    size_t words = s->module_count / 64 + 1;
    if (!at->landed)
        at->landed = arena_take(s->scratch, words, sizeof *at->landed);
    if (!at->landed)
        return MDW_E_MEMORY;
    memset(at->landed, 0, words * sizeof *at->landed);
    at->stack = stack;
    at->count = 0;
    at->walk = NULL;
    s->runs[stack].phase = STACK_WALKING;
    if (mdw_state_stack(s->report->state, stack, &about) != MDW_OK ||
        about.skipped)
        return stack_end(s, at, MDW_STOP_NO_CONTEXT);
    return about.kind == MDW_STACK_CLIENT ? client_stack(s, at, &about)
                                          : walk_begin(s, at, &about);
}

mdw_status stack_move(session *s, slot *at)
{
    mdw_frame frame = MDW_INIT(mdw_frame);
    mdw_status status = MDW_OK;
    s->current = at;
    while (status == MDW_OK) {
        status = mdw_walk_next(at->walk, &frame);
        if (status != MDW_OK)
            break;
        if (at->count >= s->frames_left) /* one more than will be kept */
            return frame_keep(s, at, &frame, mdw_walk_work(at->walk)) == MDW_OK
                       ? stack_end(s, at, MDW_STOP_LIMIT)
                       : (mdw_status)MDW_E_MEMORY;
        land(s, at, &frame);
        status = frame_keep(s, at, &frame, mdw_walk_work(at->walk));
    }
    if (status != MDW_END)
        return status;
    uint32_t stop = mdw_walk_stop(at->walk);
    status = stack_end(s, at, stop);
    return stop == MDW_STOP_CANCELLED ? (mdw_status)MDW_E_CANCELLED : status;
}

mdw_status stack_end(session *s, slot *at, uint32_t stop)
{
    stack_run *run = &s->runs[at->stack];
    raw_frame *frames = arena_take(s->scratch, at->count, sizeof *frames);
    if (!frames)
        return MDW_E_MEMORY;
    if (at->count)
        memcpy(frames, at->frames, at->count * sizeof *frames);
    run->frames = frames;
    run->count = at->count;
    run->stop = stop;
    run->work = at->walk ? mdw_walk_work(at->walk) : 0;
    run->phase = STACK_WALKED;
    at->stack = MDW_NONE;
    return MDW_OK;
}

/* --- into the report ---------------------------------------------------- */

/* What is left of the limits, in the order of the stacks: the cut does not
 * depend on which walk was done first. */
static void cut(session *s, stack_run *run)
{
    size_t count = run->count;
    if (run->work > s->work_left) {
        for (count = 0; s->work_left && count < run->count; count++)
            if (run->frames[count].work > s->work_left)
                break;
        run->stop = MDW_STOP_BUDGET;
    }
    if (count > s->frames_left) {
        count = s->frames_left;
        run->stop = MDW_STOP_LIMIT;
    }
    bool is_cut = run->work > s->work_left || count < run->count;
    if (is_cut && s->committed < s->first_cut)
        s->first_cut = (uint32_t)s->committed;
    run->count = count;
}

static mdw_status group_of(session *s, const kept_frame *f, bool now,
                           const symbol_group **out)
{
    *out = NULL;
    if (f->image >= s->module_count)
        return MDW_OK;
    session_module *m = &s->modules[f->image];
    mdw_status status = symbols_at(m, f->lookup - m->module.range.start, out);
    if (status == MDW_OK)
        return status;
    *out = NULL;
    return status == MDW_AGAIN && now ? (mdw_status)MDW_OK : status;
}

/* The report says what became of each need, so none may still be on its way:
 * a walk that was cut short has not waited for the rows of its last frame. */
static bool rows_awaited(session *s, const kept_frame *f)
{
    return f->image < s->module_count && f->source != MDW_SOURCE_PREWALKED &&
           need_ask(&s->modules[f->image], MDW_NEED_ROWS) == MDW_AGAIN;
}

static mdw_status count_frames(session *s, const stack_run *run, bool now,
                               size_t *count)
{
    const symbol_group *g;
    bool awaited = false;
    *count = 0; /* at most MAX_SYMBOLS for each: < 2^40 */
    for (size_t i = 0; i < run->count; i++) {
        mdw_status status = group_of(s, &run->frames[i].frame, now, &g);
        if (status < 0)
            return status;
        awaited |= status == MDW_AGAIN; /* those behind it are sent for too */
        awaited |= !now && rows_awaited(s, &run->frames[i].frame);
        *count += g && g->count ? g->count : 1;
    }
    return awaited ? MDW_AGAIN : MDW_OK;
}

static kept_frame *put_frame(kept_frame *out, const kept_frame *f,
                             const symbol_group *g)
{
    uint32_t count = g ? g->count : 0;
    for (uint32_t i = 0; i + 1 < count; i++) {
        *out = *f;
        out->flags |= MDW_FRAME_INLINE;
        out->symbol = &g->symbols[i];
        out++;
    }
    *out = *f;
    out->symbol = count ? &g->symbols[count - 1] : NULL;
    return out + 1;
}

static void note_use(session *s, const kept_frame *f, bool asked_rows)
{
    if (f->image >= s->module_count)
        return;
    const session_module *m = &s->modules[f->image];
    mdw_module_use *use = &s->report->uses[f->image];
    use->frames++;
    use->status[MDW_NEED_NAMES] = m->need[MDW_NEED_NAMES].status;
    if (asked_rows)
        use->status[MDW_NEED_ROWS] = m->need[MDW_NEED_ROWS].status;
}

static void note_limits(session *s, uint32_t stack, uint32_t stop)
{
    if (stop == MDW_STOP_LIMIT)
        session_issue(s, MDW_AREA_WALK, stack, MDW_E_LIMIT, "max_frames");
    if (stop == MDW_STOP_BUDGET)
        session_issue(s, MDW_AREA_WALK, stack, MDW_E_LIMIT, "budget.work");
}

mdw_status stack_commit(session *s, uint32_t stack, bool now)
{
    stack_run *run = &s->runs[stack];
    kept_stack *kept = &s->report->stacks[stack];
    size_t count;
    cut(s, run);
    mdw_status status = count_frames(s, run, now, &count);
    if (status != MDW_OK)
        return status;
    kept_frame *frames = arena_take(s->report->store, count, sizeof *frames);
    kept_frame *at = frames;
    if (!frames)
        return MDW_E_MEMORY;
    for (size_t i = 0; i < run->count; i++) {
        const kept_frame *f = &run->frames[i].frame;
        const symbol_group *g;
        status = group_of(s, f, now, &g);
        if (status != MDW_OK)
            return status;
        at = put_frame(at, f, g);
        note_use(s, f, f->source != MDW_SOURCE_PREWALKED);
    }
    kept->frames = frames;
    kept->count = count;
    kept->stop = run->stop;
    note_limits(s, stack, run->stop);
    s->frames_left -= (uint32_t)run->count;
    s->work_left -= run->work < s->work_left ? run->work : s->work_left;
    run->phase = STACK_DONE;
    return MDW_OK;
}
