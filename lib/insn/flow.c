/* lib/insn/flow.c - finds a way through the code of a function and carries out
 * what is on it. Each instruction is passed once, so that the work is bounded
 * by the bytes. */
#include "lib/insn/flow.h"

#include <string.h>

#include "lib/base/bytes.h"
#include "lib/insn/flow_parts.h"

enum {
    FARTHEST = 1 << 28, /* bytes, from where places are counted */
    WAITING = 48,       /* ways that have not been taken yet */
    ARM_FP = 11,
    THUMB_FP = 7
};

flow_place flow_moved(flow_place from, int64_t by)
{
    bool far = by > FARTHEST || by < -FARTHEST;
    int64_t at = from.at + (far ? 0 : by);
    if (from.from == FLOW_NOWHERE || far || at > FARTHEST || at < -FARTHEST)
        return (flow_place){0, FLOW_NOWHERE};
    return (flow_place){(int32_t)at, from.from};
}

bool flow_same(flow_place a, flow_place b)
{
    return a.from != FLOW_NOWHERE && a.from == b.from && a.at == b.at;
}

static uint16_t bit(uint8_t reg)
{
    return (uint16_t)(1u << reg);
}

/* A register that a function preserves has its caller's value until it was
 * stored, so the first place counts. */
void flow_store(flow_state *s, uint8_t reg, flow_place to)
{
    if (to.from == FLOW_NOWHERE || reg >= FLOW_REGS || s->saved >> reg & 1)
        return;
    *(s->to_return ? &s->written : &s->saved) |= bit(reg);
    s->save[reg] = to;
}

/* What has been written on the way to a return is what the register had at
 * first, as whatever lies below where sp was. */
static bool is_own(const flow_state *s, uint8_t reg, flow_place from)
{
    return (from.from == FLOW_ENTRY && from.at < 0) ||
           (s->written >> reg & 1 && flow_same(s->save[reg], from));
}

/* On the way to a return the last place counts. */
void flow_load(flow_state *s, uint8_t reg, flow_place from)
{
    if (from.from == FLOW_NOWHERE || reg >= FLOW_REGS)
        return;
    bool same = s->saved >> reg & 1 && flow_same(s->save[reg], from);
    if (s->to_return ? is_own(s, reg, from) : same) {
        s->saved &= (uint16_t)~bit(reg);
    } else if (s->to_return) {
        s->saved |= bit(reg);
        s->written &= (uint16_t)~bit(reg);
        s->save[reg] = from;
    }
}

void flow_transfer(flow_state *s, bool load, uint8_t reg, flow_place at)
{
    bool had = s->to_return || s->saved >> reg & 1;
    if (load)
        flow_load(s, reg, at);
    else if (!(reg == FLOW_LINK && s->link_lost))
        flow_store(s, reg, at);
    if (load && reg == FLOW_LINK)
        s->link_lost = !had || s->saved >> reg & 1;
}

void flow_forget(flow_state *s, uint8_t reg)
{
    if (s->copy_reg == reg)
        s->copy_reg = FLOW_NO_REG;
    if (s->number_reg == reg)
        s->number_reg = FLOW_NO_REG;
}

/* --- the way ------------------------------------------------------------- */

typedef struct way {
    uint32_t at;
    bool doubtful; /* only if nothing else leads on */
    flow_state state;
} way;

typedef struct walker {
    const flow_code *code;
    uint32_t end; /* MDW_NONE: a return */
    bool called;  /* by the call that ends there */
    uint32_t steps;
    uint8_t passed[FLOW_BYTES / 8];
    way waiting[WAITING];
    unsigned count;
    bool jumped; /* to somewhere unknown, as it was in `cases` */
    flow_state cases;
    bool returned; /* behind calls, as it was in `found` */
    bool doubted;  /* there are several ways, and they differ */
    flow_state found;
} walker;

/* What waits is written before it is read: not touched here, for it is large.
 */
static void start(walker *w, const flow_code *code, uint32_t end, bool called)
{
    size_t len = code->bytes.len < FLOW_BYTES ? code->bytes.len : FLOW_BYTES;
    w->code = code;
    w->end = end;
    w->called = called;
    w->steps = 0;
    w->count = 0;
    w->jumped = w->returned = w->doubted = false;
    memset(w->passed, 0, (len + 7) / 8);
}

static bool is_new(const walker *w, uint64_t at)
{
    return at < w->code->bytes.len && at < FLOW_BYTES &&
           !(w->passed[at / 8] >> at % 8 & 1);
}

static void wait_at(walker *w, uint64_t at, bool doubtful, const flow_state *s)
{
    for (unsigned i = 0; i < w->count; i++)
        if (w->waiting[i].at == at && !w->waiting[i].doubtful)
            return;
    if (is_new(w, at) && w->count < WAITING)
        w->waiting[w->count++] = (way){(uint32_t)at, doubtful, *s};
}

static void take_out(walker *w, unsigned i, uint32_t *at, flow_state *s)
{
    *at = w->waiting[i].at;
    *s = w->waiting[i].state;
    w->waiting[i] = w->waiting[--w->count];
}

/* The first in the code, as it was written. */
static bool next_way(walker *w, uint32_t *at, flow_state *s)
{
    unsigned best = WAITING;
    for (unsigned i = 0; i < w->count; i++) {
        const way *a = &w->waiting[i], *b = &w->waiting[best];
        if (best == WAITING || a->doubtful < b->doubtful ||
            (a->doubtful == b->doubtful && a->at < b->at))
            best = i;
    }
    if (best == WAITING)
        return false;
    take_out(w, best, at, s);
    return true;
}

/* Where another way comes in, that one counts: what led here in a straight line
 * may be a call that never returns. */
static void meet(walker *w, uint32_t at, flow_state *s)
{
    uint32_t same;
    for (unsigned i = 0; i < w->count; i++)
        if (w->waiting[i].at == at && !w->waiting[i].doubtful) {
            take_out(w, i, &same, s);
            return;
        }
}

static flow_step carry_out(walker *w, uint32_t at, flow_state *s)
{
    mdw_bytes rest = bytes_slice(w->code->bytes, at, SIZE_MAX);
    w->steps++;
    switch (w->code->arch) {
    case MDW_ARCH_X86:
    case MDW_ARCH_X86_64:
        return flow_x86(s, w->code, rest);
    case MDW_ARCH_ARM:
        return flow_arm(s, w->code, rest);
    case MDW_ARCH_ARM64:
        return flow_arm64(s, rest);
    default:
        return (flow_step){0};
    }
}

/* The cases of a switch lie behind its jump, one behind the end of the other.
 * Where the frame is taken down, the jump is one to another function. */
static void behind_end(walker *w, const flow_step *step, uint32_t at,
                       const flow_state *s)
{
    flow_place here = {0, FLOW_ENTRY};
    bool leaves = s->to_return && !flow_same(s->sp, here);
    if (step->next == FLOW_ANYWHERE && !leaves) {
        w->jumped = true;
        w->cases = *s;
    }
    if (w->jumped)
        wait_at(w, (uint64_t)at + step->size, true, &w->cases);
}

/* A return behind a call that never comes back is another one's: of several all
 * must agree. */
static bool returns(walker *w, const flow_state *s)
{
    if (!s->called)
        return true;
    if (!w->returned)
        w->found = *s;
    else if (!flow_same(w->found.sp, s->sp))
        w->doubted = true;
    w->returned = true;
    return false;
}

/* Whether the way is at its end, behind an instruction. */
static bool arrived(walker *w, const flow_step *step, uint32_t at,
                    flow_state *s)
{
    s->called |= step->next == FLOW_CALL;
    if (w->end == MDW_NONE)
        return step->next == FLOW_RETURN && returns(w, s);
    return w->called && step->next == FLOW_CALL && at + step->size == w->end;
}

/* Whether the way that was begun with `s` at `at` leads to the end. */
static bool follow(walker *w, uint32_t at, flow_state *s)
{
    for (;;) {
        meet(w, at, s);
        if (at == w->end && !w->called)
            return true;
        flow_step step = {0};
        if (is_new(w, at)) {
            w->passed[at / 8] |= (uint8_t)(1u << at % 8);
            step = carry_out(w, at, s);
        }
        if (!step.size || step.next == FLOW_LOST)
            return false;
        if (arrived(w, &step, at, s))
            return true;
        if (step.next == FLOW_BRANCH || step.next == FLOW_JUMP)
            wait_at(w, at + (uint64_t)step.target, false, s);
        if (step.next > FLOW_BRANCH) {
            behind_end(w, &step, at, s);
            return false;
        }
        at += step.size;
    }
}

static bool find(walker *w, uint32_t at, flow_state *s)
{
    do {
        if (follow(w, at, s))
            return true;
    } while (next_way(w, &at, s));
    if (w->returned)
        *s = w->found;
    return w->returned && !w->doubted;
}

/* --- the frame ----------------------------------------------------------- */

static unsigned pointer_of(uint32_t arch)
{
    return arch == MDW_ARCH_X86 || arch == MDW_ARCH_ARM ? 4 : 8;
}

static uint8_t first_of(uint32_t arch)
{
    return arch == MDW_ARCH_ARM64 ? FLOW_A64_FIRST : 0;
}

static bool has_link(uint32_t arch)
{
    return arch == MDW_ARCH_ARM || arch == MDW_ARCH_ARM64;
}

static void give_saves(const flow_state *s, uint8_t first, flow_place base,
                       edge *e)
{
    for (unsigned reg = 0; reg < FLOW_REGS; reg++) {
        const flow_place *p = &s->save[reg];
        bool gone = p->from == s->sp.from && p->at < s->sp.at;
        if (s->saved >> reg & 1 && p->from == base.from &&
            (s->to_return || !gone) && e->count < EDGE_SAVES)
            e->save[e->count++] =
                (edge_save){(uint8_t)(reg + first), p->at - base.at};
    }
}

/* The return address in the link register, or where that was saved. */
static void give_link(const flow_state *s, flow_place base, edge *e)
{
    bool saved = s->saved >> FLOW_LINK & 1;
    const flow_place *p = &s->save[FLOW_LINK];
    e->in_link = !saved;
    e->known = saved ? p->from == base.from : !s->link_lost;
    if (saved)
        e->ret = p->at - base.at;
}

edge flow_from_start(const flow_code *code, size_t at, bool called)
{
    edge e = {.known = false};
    walker w;
    flow_state s = {.sp = {0, FLOW_ENTRY},
                    .copy_reg = FLOW_NO_REG,
                    .number_reg = FLOW_NO_REG,
                    .fp_reg = code->thumb ? THUMB_FP : ARM_FP};
    start(&w, code, (uint32_t)at, called);
    bool found = at <= FLOW_BYTES && find(&w, 0, &s);
    e.steps = w.steps;
    if (!found)
        return e;
    int64_t pointer = (int64_t)pointer_of(code->arch);
    e.by_fp = s.sp.from != FLOW_ENTRY && s.fp.from == FLOW_ENTRY;
    if (s.sp.from == FLOW_NOWHERE)
        e.by_fp = true;
    e.plain = !s.busy;
    flow_place base = e.by_fp ? s.fp : s.sp;
    e.stored = base.from == FLOW_ALIGNED;
    e.known =
        base.from == FLOW_ENTRY || (e.stored && s.caller.from == FLOW_ALIGNED);
    give_saves(&s, first_of(code->arch), base, &e);
    if (e.stored) {
        e.caller_sp = s.caller.at - base.at;
    } else if (has_link(code->arch)) {
        e.caller_sp = -base.at;
        if (e.known)
            give_link(&s, base, &e);
    } else {
        e.ret = -base.at;
        e.caller_sp = e.ret + pointer;
    }
    return e;
}

edge flow_to_return(const flow_code *code, size_t at)
{
    edge e = {.known = false};
    walker w;
    flow_state s = {.sp = {0, FLOW_ENTRY},
                    .fp = {0, FLOW_FRAME},
                    .to_return = true,
                    .copy_reg = FLOW_NO_REG,
                    .number_reg = FLOW_NO_REG,
                    .fp_reg = code->thumb ? THUMB_FP : ARM_FP};
    start(&w, code, MDW_NONE, false);
    bool found = at <= FLOW_BYTES && find(&w, (uint32_t)at, &s);
    e.steps = w.steps;
    if (!found || s.sp.from == FLOW_NOWHERE)
        return e;
    e.stored = s.sp.from == FLOW_LOADED;
    flow_place base = {0, e.stored ? s.caller.from : s.sp.from};
    e.by_fp = base.from == FLOW_FRAME;
    e.known = e.by_fp || base.from == FLOW_ENTRY;
    give_saves(&s, first_of(code->arch), base, &e);
    if (e.stored) {
        e.known &= s.sp.at == -(int64_t)pointer_of(code->arch);
        e.caller_sp = s.caller.at;
        return e;
    }
    e.caller_sp = s.sp.at;
    if (has_link(code->arch)) {
        give_link(&s, base, &e);
    } else {
        e.ret = s.sp.at;
        e.caller_sp += (int64_t)pointer_of(code->arch);
    }
    return e;
}
