/* lib/crash/finding_stack.c - a stack that ran out, and the recursion that used
 * it up. */
#include "lib/crash/parts.h"

/* A frame's first write may be this far from its stack pointer. */
#define REACH UINT64_C(0x100000)

enum { MAX_PERIOD = 16, INNERMOST = 8, LEAST_FRAMES = 32 };

static uint64_t apart(uint64_t a, uint64_t b)
{
    return a > b ? a - b : b - a;
}

/* A mapping that frames lie in. */
static bool holds_stack(const scene *s, const mdw_region *r)
{
    const mdw_crash_input *in = s->in;
    if (str_starts(r->name, STR("[stack")))
        return true;
    if (s->stack.range.size &&
        mdw_range_has(r->range, s->stack.range.start + s->stack.range.size - 1))
        return true;
    return in->sps && in->frame_count > 1 &&
           mdw_range_has(r->range, in->sps[in->frame_count - 1]);
}

static bool below_stack(const scene *s, uint64_t addr, mdw_region *stack)
{
    mdw_region at;
    *stack = MDW_INIT(mdw_region);
    if (s->region_count) {
        if (region_at(s, addr, &at) && region_is_open(&at) &&
            !(at.flags & MDW_REGION_GUARD))
            return false;
        while (region_above(s, addr, stack)) {
            if (region_is_open(stack))
                return stack->range.start - addr < REACH &&
                       holds_stack(s, stack);
            addr = stack->range.start;
        }
        return false;
    }
    stack->range = s->stack.range;
    return stack->range.size && addr < stack->range.start &&
           stack->range.start - addr < REACH &&
           s->sp < stack->range.start + 0x1000;
}

static uint32_t confidence_of(scene *s, mdw_region *stack)
{
    const mdw_reason *r = &s->crash->reason;
    *stack = MDW_INIT(mdw_region);
    stack->range = s->stack.range;
    if (is_windows(s) && s->e.code == WIN_STACK_OVERFLOW)
        return 1000000;
    if (!s->has_sp || !is_access_reason(s) ||
        r->address_kind != MDW_ADDRESS_RECORDED)
        return 0;
    uint64_t addr = data_address(s, r->address);
    if (apart(addr, s->sp) >= REACH || !below_stack(s, addr, stack))
        return 0;
    return s->region_count ? 960000 : 800000;
}

bool find_stack_overflow(scene *s)
{
    mdw_region stack;
    reason text = {.len = 0};
    uint32_t confidence = confidence_of(s, &stack);
    if (!confidence)
        return false;
    say(&text, STR("the stack is used up: sp is "));
    say_hex(&text, s->sp, 1);
    if (stack.range.size) {
        say(&text, STR(", it ends at "));
        say_hex(&text, stack.range.start, 1);
    }
    kept_finding *f =
        finding_add(s, MDW_FINDING_STACK_OVERFLOW, confidence, &text);
    evidence_region(s, f, stack.range);
    evidence_access(s, f, fault_access(s));
    evidence_register(s, f,
                      s->arch == MDW_ARCH_X86_64 ? "rsp"
                      : s->arch == MDW_ARCH_X86  ? "esp"
                                                 : "sp");
    return true;
}

/* How many frames from `from` on repeat with this period. */
static size_t repeated(const uint64_t *pcs, size_t count, size_t from,
                       size_t period)
{
    size_t i = from;
    while (i + period < count && pcs[i] == pcs[i + period])
        i++;
    return i > from ? i - from + period : 0;
}

void find_recursion(scene *s)
{
    const mdw_crash_input *in = s->in;
    size_t best = 0, from = 0, period = 0;
    reason text = {.len = 0};
    for (size_t i = 0; in->pcs && i < INNERMOST && i < in->frame_count; i++)
        for (size_t p = 1; p <= MAX_PERIOD; p++) {
            size_t n = repeated(in->pcs, in->frame_count, i, p);
            if (n > best && n >= 3 * p) {
                best = n;
                from = i;
                period = p;
            }
        }
    if (best < LEAST_FRAMES)
        return;
    say(&text, STR("the same "));
    say_decimal(&text, period);
    say(&text, period == 1 ? STR(" call") : STR(" calls"));
    say(&text, STR(" again and again over "));
    say_decimal(&text, best);
    say(&text, STR(" frames"));
    kept_finding *f =
        finding_add(s, MDW_FINDING_RECURSION,
                    s->crash->finding_count ? 900000 : 400000, &text);
    for (size_t i = from; i < from + period; i++) {
        mdw_evidence e = MDW_INIT(mdw_evidence);
        e.kind = MDW_EVIDENCE_FRAME;
        e.index = (uint32_t)i;
        e.addr = in->pcs[i];
        evidence_add(s, f, &e);
    }
}
