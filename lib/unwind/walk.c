/* lib/unwind/walk.c - frame by frame: ask the steps, judge, move on or stop
 * with a reason. */
#include "lib/unwind/walk.h"

#include <string.h>

#include "lib/base/fail.h"
#include "lib/base/options.h"

enum {
    DEFAULT_FRAMES = 1024,
    DEFAULT_SCAN = 40,
    DEFAULT_MAX_SCAN = 16384,
    DEFAULT_WORK = 1 << 26,
    ASK_EVERY = 1 << 16, /* units between two looks at `cancelled` */
    ANSWER_WORK = 8
};

bool work_spend(mdw_walk *w, uint64_t units)
{
    w->work += units;
    if (w->work > w->budget.work) {
        w->stop = MDW_STOP_BUDGET;
        return false;
    }
    if (w->budget.cancelled && w->work - w->asked_at >= ASK_EVERY) {
        w->asked_at = w->work;
        if (w->budget.cancelled(w->budget.user)) {
            w->stop = MDW_STOP_CANCELLED;
            return false;
        }
    }
    return true;
}

static void defaults(mdw_walk *w)
{
    if (!w->options.max_frames)
        w->options.max_frames = DEFAULT_FRAMES;
    if (!w->options.scan_words)
        w->options.scan_words = DEFAULT_SCAN;
    if (!w->options.max_scan)
        w->options.max_scan = DEFAULT_MAX_SCAN;
    if (!w->budget.work)
        w->budget.work = DEFAULT_WORK;
}

mdw_status mdw_walk_new(const mdw_unwinder *unwinder,
                        const mdw_walk_options *options, mdw_walk **out,
                        mdw_error *err)
{
    if (!unwinder || !out)
        return fail(err, MDW_E_ARG, "mdw_walk_new");
    arena *store = arena_new(unwinder->options.alloc, 0);
    mdw_walk *w = store ? arena_take(store, 1, sizeof *w) : NULL;
    if (!w) {
        arena_close(store);
        return fail(err, MDW_E_MEMORY, "walk");
    }
    w->store = store;
    w->unwinder = unwinder;
    mdw_status status = options_read(&w->options, sizeof w->options, options);
    if (status == MDW_OK)
        status = options_read(&w->budget, sizeof w->budget, w->options.budget);
    if (status != MDW_OK) {
        arena_close(store);
        return fail(err, status, "mdw_walk_options");
    }
    defaults(w);
    w->stop = MDW_STOP_NO_CONTEXT;
    *out = w;
    return MDW_OK;
}

void mdw_walk_close(mdw_walk *walk)
{
    if (walk)
        arena_close(walk->store);
}

/* `exact`: nobody has called from pc. */
static void frame_set(mdw_walk *w, const mdw_regs *regs, uint64_t pc,
                      uint32_t trust, uint32_t flags, bool exact)
{
    const arch *a = w->unwinder->arch;
    mdw_frame *f = &w->frame;
    uint64_t callee_sp = f->sp;
    f->size = sizeof *f;
    f->regs = *regs;
    f->regs.value[a->pc] = pc;
    f->pc = pc;
    f->sp = regs->value[a->sp];
    w->stayed = w->depth && f->sp == callee_sp;
    f->flags = flags;
    f->trust = trust;
    f->arch = a->id;
    f->checks = 0;
    bool thumb = flags & MDW_FRAME_THUMB;
    uint8_t back = thumb ? a->call_back_thumb : a->call_back;
    f->lookup = exact || pc < back ? pc : pc - back;
    uint32_t at = image_find(w->unwinder, f->lookup);
    f->image = at == MDW_NONE ? MDW_NONE : w->unwinder->images[at].given;
}

/* The Thumb state of a context is in its status register; bit 0 of pc says it
 * too where a writer has left it there. */
static uint32_t context_flags(const mdw_walk *w)
{
    const arch *a = w->unwinder->arch;
    bool thumb =
        a->thumb_bit && ((reg_known(&w->context, a->status) &&
                          w->context.value[a->status] & a->thumb_bit) ||
                         w->context.value[a->pc] & 1);
    return thumb ? MDW_FRAME_THUMB : 0;
}

/* Without what a pointer to a function carries. */
static uint64_t code_start(const mdw_walk *w, uint64_t pointer)
{
    uint64_t thumb = w->unwinder->arch->thumb_bit ? 1 : 0;
    return code_pointer(w->unwinder, pointer) & ~thumb;
}

mdw_status mdw_walk_begin(mdw_walk *w, const mdw_walk_input *input)
{
    const arch *a = w->unwinder->arch;
    w->stop = MDW_STOP_NO_CONTEXT;
    mdw_status status = options_read(&w->input, sizeof w->input, input);
    if (status != MDW_OK || !input || !w->input.regs)
        return status != MDW_OK ? status : MDW_E_ARG;
    if (w->input.arch && w->input.arch != a->id)
        return MDW_E_UNSUPPORTED;
    w->context = *w->input.regs;
    w->context.valid &= (UINT64_C(1) << a->reg_count) - 1;
    w->context.guessed &= w->context.valid;
    w->input.start = code_start(w, w->input.start);
    w->window = (mdw_window){0};
    w->depth = w->scanned = w->event_count = w->args = w->left_count = 0;
    w->near_base = w->called_base = false;
    w->shadow = w->input.shadow;
    w->work = w->asked_at = 0;
    memset(&w->origins, 0, sizeof w->origins);
    w->origins.size = sizeof w->origins;
    for (uint8_t i = 0; i < a->reg_count; i++)
        if (reg_known(&w->context, i))
            w->origins.kind[i] = MDW_ORIGIN_CONTEXT;
    bool usable =
        reg_known(&w->context, a->pc) && reg_known(&w->context, a->sp);
    w->stop = usable ? MDW_STOP_RUNNING : MDW_STOP_NO_CONTEXT;
    uint32_t flags = usable ? context_flags(w) : 0;
    uint64_t pc = w->context.value[a->pc];
    if (a->thumb_bit)
        pc &= ~UINT64_C(1);
    frame_set(w, &w->context, pc, MDW_TRUST_CONTEXT, flags, true);
    w->frame.source = MDW_SOURCE_CONTEXT;
    w->stack_low = w->frame.sp;
    return MDW_OK;
}

static bool load(void *user, uint64_t addr, unsigned size, uint64_t *value)
{
    return load_uint(user, addr, size, value);
}

/* What is added to the addresses in an image's tables. */
static uint64_t bias_of(const mdw_walk *w)
{
    uint32_t i = image_find(w->unwinder, w->frame.lookup);
    if (i == MDW_NONE)
        return 0;
    const mdw_image *image = &w->unwinder->images[i].image;
    return image->range.start - image->link_base;
}

/* A return address says in bit 0 whether it is Thumb code, an interrupted pc in
 * the status that was saved beside it. */
static bool is_thumb(const arch *a, const candidate *c, uint64_t pc)
{
    bool status = c->flags & MDW_ROW_SIGNAL && reg_known(&c->regs, a->status);
    return a->thumb_bit &&
           (pc & 1 || (status && c->regs.value[a->status] & a->thumb_bit));
}

static bool apply(mdw_walk *w, const step *s, candidate *c)
{
    const mdw_unwinder *u = w->unwinder;
    uint64_t ops = 0;
    row_input in = {.arch = u->arch,
                    .regs = &w->frame.regs,
                    .origins = &w->origins,
                    .keep = s->keeps ? u->saved : 0,
                    .depth = w->depth ? w->depth - 1 : 0,
                    .load = load,
                    .user = w,
                    .no_guess = s->trust >= MDW_TRUST_CFI,
                    .big_endian = u->options.big_endian,
                    .bias = s->source == MDW_SOURCE_CALLER ? bias_of(w) : 0,
                    .ops = &ops};
    bool applied = row_apply(&in, &w->row, &c->regs, &c->origins);
    if (!work_spend(w, ops) || !applied)
        return false;
    if (w->row.flags & ROW_FP_GUESS)
        c->regs.guessed |= c->regs.valid & UINT64_C(1) << frame_pointer(w);
    uint64_t pc = code_pointer(u, c->regs.value[u->arch->pc]);
    c->thumb = is_thumb(u->arch, c, pc);
    c->pc = pc & ~(uint64_t)c->thumb;
    return true;
}

/* Whether the code is looked at once more, with bytes of files. */
static bool asks_files_next(const mdw_walk *w)
{
    const step *const *s = w->unwinder->arch->steps(w->unwinder->options.os);
    while (*s && *s != &step_code_files)
        s++;
    return *s && !w->files;
}

/* Where nothing was run, what a call would have left is no guess if it leads
 * into an image; a function that is known there has more behind it. Files are
 * asked for the bytes first. */
static bool is_likely(mdw_walk *w, const candidate *c)
{
    mdw_place place, here;
    if (!(c->flags & ROW_NOWHERE) || asks_files_next(w) ||
        image_find(w->unwinder, c->pc - 1) == MDW_NONE)
        return false;
    w->awaited |=
        place_ask(w, c->pc - 1, MDW_PLACE_FUNCTION, &place) == MDW_AGAIN ||
        place_ask(w, c->pc, MDW_PLACE_FUNCTION, &here) == MDW_AGAIN;
    if (w->awaited || (here.function.size && here.function.start == c->pc))
        return false; /* a pointer to a function */
    return !place.function.size || mdw_range_has(place.function, c->pc);
}

/* A signal handler returns to its trampoline, which nobody calls from. */
static void doubt(mdw_walk *w, candidate *c)
{
    uint64_t target;
    uint32_t call = call_ask(w, c->pc, c->thumb, &target);
    if (call == MDW_ANSWER_YES || trampoline_at(w, c->pc, c->thumb))
        return;
    if (call == MDW_ANSWER_UNKNOWN && is_likely(w, c))
        c->flags |= ROW_CALLED;
    else
        c->trust = MDW_TRUST_SCAN;
}

/* One answer of one step, applied and judged. MDW_ABSENT: no (more) answer. */
static mdw_status propose(mdw_walk *w, const step *s, uint32_t choice)
{
    candidate *c = &w->tried;
    row_clear(&w->row);
    c->step = s;
    c->choice = choice;
    c->trust = s->trust;
    c->source = c->flags = c->checks = c->grade = 0;
    c->entered = c->base = c->proven = false;
    if (!work_spend(w, ANSWER_WORK))
        return MDW_ABSENT;
    w->files = s->files;
    w->awaited = false;
    mdw_status status = s->run(w, choice, &w->row);
    if (w->awaited)
        return MDW_AGAIN;
    c->source = w->row.source;
    if (w->row.args)
        w->own_args = w->row.args;
    if (status != MDW_OK)
        return status;
    c->flags = w->row.flags;
    if (!apply(w, s, c))
        return MDW_E_RANGE; /* an answer, but not one that can be carried out */
    if (c->trust == MDW_TRUST_CFI && c->source == MDW_SOURCE_SCAN)
        c->trust = MDW_TRUST_CFI_SCAN;
    if (c->flags & ROW_LEAF)
        c->trust = MDW_TRUST_LEAF;
    if (c->flags & ROW_DOUBTFUL)
        doubt(w, c);
    status = judge(w, c);
    return w->awaited ? (mdw_status)MDW_AGAIN : status;
}

/* A frame may be interrupted in the zero page, but nobody calls from there. */
static bool is_null(const candidate *c)
{
    return c->pc < NULL_PAGE && !(c->flags & MDW_ROW_SIGNAL);
}

/* Whether a chain of frame pointers has led here. */
static bool in_chain(const mdw_walk *w, const step *s)
{
    return s->trust == MDW_TRUST_FP && w->frame.trust == MDW_TRUST_FP;
}

/* A null return address is an end mark where unwind information says so of a
 * frame that is no guess, and where a chain of frame pointers leads to it that
 * can have no other layout. */
static bool ends(const mdw_walk *w, const step *s)
{
    return (w->tried.trust >= MDW_TRUST_CFI &&
            w->frame.trust > MDW_TRUST_SCAN) ||
           (in_chain(w, s) && s->choices == 1);
}

/* A frame pointer leads past whoever keeps none. Where the callee's function is
 * known and the call before the proposed pc is not one of it, a nearer one may
 * be: the scan is asked, too. */
static bool is_doubted(const candidate *c)
{
    return c->trust == MDW_TRUST_FP && c->callee_known &&
           MDW_CHECK(c->checks, MDW_CHECK_TARGET) != MDW_ANSWER_YES &&
           MDW_CHECK(c->checks, MDW_CHECK_SHADOW) != MDW_ANSWER_YES;
}

/* Whether the step has nothing better to offer. A direct call of something else
 * may be of a stub that goes to the callee, so that it only loses to one of the
 * callee itself. */
static bool is_enough(const step *s, const candidate *c)
{
    return c->grade >= s->enough &&
           MDW_CHECK(c->checks, MDW_CHECK_TARGET) != MDW_ANSWER_NO;
}

/* Judges one answer: TAKEN, KEPT, REFUSED, or END. */
static uint32_t verdict(mdw_walk *w, const step *s, mdw_status status,
                        uint32_t *why)
{
    candidate *c = &w->tried;
    if (status != MDW_OK)
        return MDW_VERDICT_REFUSED;
    if (is_null(c) && ends(w, s)) {
        *why = MDW_STOP_NULL_PC;
        return MDW_VERDICT_END;
    }
    if (is_null(c))
        return MDW_VERDICT_REFUSED;
    if (judge_refuses(c)) {
        if (MDW_CHECK(c->checks, MDW_CHECK_ADVANCE) == MDW_ANSWER_NO)
            *why = c->regs.value[w->unwinder->arch->sp] == w->frame.sp &&
                           c->pc == w->frame.pc
                       ? MDW_STOP_CYCLE
                       : MDW_STOP_NO_ADVANCE;
        return MDW_VERDICT_REFUSED;
    }
    if (!w->best.step || c->grade > w->best.grade)
        w->best = *c;
    return c->grade >= ENOUGH && !is_doubted(c) ? MDW_VERDICT_TAKEN
                                                : MDW_VERDICT_KEPT;
}

/* MDW_OK: taken. MDW_ABSENT: go on asking. MDW_END, MDW_AGAIN. */
static mdw_status consider(mdw_walk *w, const step *s, uint32_t *why)
{
    bool null = false, kept = false;
    for (uint32_t choice = 0; choice < s->choices; choice++) {
        mdw_status status = propose(w, s, choice);
        bool asked = status == MDW_OK || status < 0;
        uint32_t v = asked               ? verdict(w, s, status, why)
                     : status == MDW_END ? MDW_VERDICT_END
                                         : MDW_VERDICT_ABSENT;
        if (status == MDW_AGAIN || w->stop != MDW_STOP_RUNNING)
            return status == MDW_AGAIN ? status : MDW_ABSENT;
        trace_note(w, &w->tried, status, v);
        if (v == MDW_VERDICT_END)
            return MDW_END;
        if (v == MDW_VERDICT_TAKEN)
            return MDW_OK;
        if (!asked || (v == MDW_VERDICT_KEPT && is_enough(s, &w->tried)))
            break;
        kept |= v == MDW_VERDICT_KEPT;
        null |= status == MDW_OK && is_null(&w->tried) && in_chain(w, s);
    }
    if (!null || kept)
        return MDW_ABSENT;
    *why = MDW_STOP_NULL_PC; /* in one layout, and nothing in the other */
    return MDW_END;
}

/* Remembers what is left behind when the walk goes to another stack. */
static void leave_stack(mdw_walk *w, uint64_t sp)
{
    if (sp > w->frame.sp && (mdw_range_has(w->input.stack, sp) ==
                             mdw_range_has(w->input.stack, w->frame.sp)))
        return;
    if (sp == w->frame.sp || w->left_count == MAX_LEFT)
        return;
    w->left[w->left_count++] =
        (mdw_range){w->stack_low, w->frame.sp - w->stack_low + 1};
    w->stack_low = sp;
}

/* Behind the return address that was just used. Where the shadow stack has
 * others, they belong to frames that were jumped over, or it to another stack:
 * it is looked through once for the one that was used. */
static void shadow_advance(mdw_walk *w, uint64_t used)
{
    enum { JUMPED_OVER = 64 };
    uint64_t size = w->unwinder->arch->pointer, pc;
    for (unsigned i = 0; w->shadow && i < JUMPED_OVER; i++) {
        uint64_t at = w->shadow + i * size;
        if (!load_pointer(w, at, &pc))
            return;
        if (pc == used) {
            w->shadow = at + size;
            return;
        }
    }
}

/* Where a guess has led to code, what that code did with its frame is no better
 * than the guess, unless the very function is called there. */
static uint32_t trust_of(const mdw_walk *w, const candidate *c)
{
    bool guess = w->frame.trust <= MDW_TRUST_CFI_SCAN &&
                 MDW_CHECK(c->checks, MDW_CHECK_TARGET) != MDW_ANSWER_YES;
    bool code = c->step->source == MDW_SOURCE_CODE && c->flags & ROW_DOUBTFUL;
    return code && guess && c->trust > w->frame.trust ? w->frame.trust
                                                      : c->trust;
}

static void advance(mdw_walk *w)
{
    const candidate *c = &w->best;
    uint32_t flags = c->flags & MDW_ROW_SIGNAL ? MDW_FRAME_SIGNAL : 0;
    if (c->thumb)
        flags |= MDW_FRAME_THUMB;
    w->args = w->own_args;
    w->origins = c->origins;
    w->called_base = w->near_base;
    if (!(c->flags & MDW_ROW_SIGNAL))
        shadow_advance(w, c->pc);
    leave_stack(w, c->regs.value[w->unwinder->arch->sp]);
    frame_set(w, &c->regs, c->pc, trust_of(w, c), flags,
              c->entered || flags & MDW_FRAME_SIGNAL);
    w->frame.source = c->source ? c->source : c->step->source;
    w->frame.checks = c->checks;
}

/* What is known of the frame itself before anybody is asked for its caller.
 * MDW_STOP_RUNNING: nothing. */
static mdw_status known_end(mdw_walk *w, uint32_t *stop)
{
    mdw_place place;
    *stop = MDW_STOP_RUNNING;
    mdw_status status =
        place_ask(w, w->frame.lookup, MDW_PLACE_FUNCTION, &place);
    if (status != MDW_OK)
        return status;
    w->near_base = place.flags & MDW_PLACE_BASE_CALLEE;
    if (place.flags & MDW_PLACE_BASE || (w->called_base && !w->near_base))
        *stop = MDW_STOP_BASE;
    else if (w->input.start && place.function.size &&
             place.function.start == w->input.start)
        *stop = MDW_STOP_START;
    else if (w->input.stack.size && !frame_exact(w) &&
             w->frame.sp - w->input.stack.start == w->input.stack.size)
        *stop = MDW_STOP_STACK_END;
    return MDW_OK;
}

/* Beyond the end of what is known a word alone is no frame. */
static bool is_unproven(const mdw_walk *w)
{
    const candidate *c = &w->best;
    return !c->step || (!c->base && c->trust <= MDW_TRUST_SCAN &&
                        MDW_CHECK(c->checks, MDW_CHECK_CALL) != MDW_ANSWER_YES);
}

/* Steps are asked in their order until one answer is good enough; otherwise
 * the best of what was possible is taken, the earlier one of two equals. The
 * cost of a frame is bounded by the steps' `choices` and the scan's budget. */
static mdw_status step_out(mdw_walk *w)
{
    uint32_t why = MDW_STOP_NO_CALLER, scanned = w->scanned, end;
    uint64_t work = w->work, asked_at = w->asked_at;
    mdw_status status = known_end(w, &end);
    if (status == MDW_AGAIN)
        return status;
    if (end != MDW_STOP_RUNNING) {
        w->stop = end;
        return MDW_OK;
    }
    w->best.step = NULL;
    w->fp_untouched = false;
    w->event_count = w->own_args = 0;
    status = MDW_ABSENT;
    const step *const *s = w->unwinder->arch->steps(w->unwinder->options.os);
    for (; *s && status == MDW_ABSENT && w->stop == MDW_STOP_RUNNING; s++)
        if (frame_exact(w) || !(*s)->context_only)
            status = consider(w, *s, &why);
    if (status == MDW_AGAIN) {
        w->scanned = scanned;
        w->work = work;
        w->asked_at = asked_at;
        return status; /* as if nothing had been asked */
    }
    trace_flush(w);
    if (w->stop != MDW_STOP_RUNNING)
        return MDW_OK; /* the budget is spent */
    if (status == MDW_END)
        w->stop = why == MDW_STOP_NULL_PC ? why : MDW_STOP_BOTTOM;
    else if (w->near_base && is_unproven(w))
        w->stop = MDW_STOP_BASE;
    else if (w->best.step)
        advance(w);
    else
        w->stop = why;
    return MDW_OK;
}

mdw_status mdw_walk_next(mdw_walk *w, mdw_frame *frame)
{
    if (w->stop == MDW_STOP_RUNNING && w->depth >= w->options.max_frames)
        w->stop = MDW_STOP_LIMIT;
    if (w->stop == MDW_STOP_RUNNING && w->depth && step_out(w) == MDW_AGAIN)
        return MDW_AGAIN;
    if (w->stop != MDW_STOP_RUNNING)
        return MDW_END;
    w->depth++;
    return record_write(frame, &w->frame, sizeof w->frame);
}

void mdw_walk_origins(const mdw_walk *walk, mdw_origins *out)
{
    (void)record_write(out, &walk->origins, sizeof walk->origins);
}

uint32_t mdw_walk_stop(const mdw_walk *w)
{
    return w->stop;
}

uint64_t mdw_walk_work(const mdw_walk *walk)
{
    return walk->work;
}
