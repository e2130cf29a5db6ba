/* lib/state/shadow.c - where the processor's own stack of return addresses was.
 */
#include "lib/base/reader.h"
#include "lib/state/parts.h"

/* winnt.h: CONTEXT for _AMD64_, its ContextFlags, and CONTEXT_XSTATE; the
 * CONTEXT_EX behind it has three pairs of int32 offset, counted from itself,
 * and uint32 size: All, Legacy, XState. */
enum {
    CONTEXT_SIZE = 1232,
    FLAGS_OFFSET = 48,
    XSTATE_FLAG = 0x40,
    XSTATE_PAIR = 16
};

/* Intel SDM volume 1, 13.4: behind 512 bytes of legacy state, which are not
 * here, the header of 64: uint64 of what is there, uint64 of how it lies. */
enum { LEGACY = 512, HEADER = 64, FIRST = 2, CET_USER = 11 };
#define COMPACTED (UINT64_C(1) << 63)

/* Of CET's state from the header on: uint64 IA32_U_CET, uint64 SSP. */
static uint64_t place_of(const mdw_raw_misc *misc, uint64_t lies)
{
    uint64_t at = HEADER;
    if (!(lies & COMPACTED))
        return (uint64_t)misc->xstate[CET_USER].offset - LEGACY; /* may wrap */
    for (unsigned i = FIRST; i < CET_USER; i++)
        if (lies >> i & 1)
            at += misc->xstate[i].size; /* < 2^36 */
    return at;
}

static uint64_t shadow_of(const mdw_raw_misc *misc, mdw_bytes context,
                          bool big_endian)
{
    reader all = reader_at(context, 0, 0, big_endian);
    reader r = reader_sub(&all, FLAGS_OFFSET, 4);
    if (!(reader_u32(&r) & XSTATE_FLAG))
        return 0;
    r = reader_sub(&all, CONTEXT_SIZE + XSTATE_PAIR, 8);
    uint64_t at = CONTEXT_SIZE + reader_u32(&r);
    uint32_t size = reader_u32(&r);
    reader state = reader_sub(&all, at, size);
    uint64_t there = reader_u64(&state), lies = reader_u64(&state);
    if (!(there >> CET_USER & 1))
        return 0;
    r = reader_sub(&all, at + place_of(misc, lies), 16);
    reader_skip(&r, 8); /* IA32_U_CET */
    uint64_t pointer = reader_u64(&r);
    return state.bad || r.bad ? 0 : pointer;
}

void build_shadow(mdw_state *s)
{
    mdw_raw_misc misc = MDW_INIT(mdw_raw_misc);
    if (mdw_dump_misc(s->dump, &misc, NULL) != MDW_OK)
        return;
    for (size_t i = 0; i < s->stacks.count; i++) {
        mdw_stack *stack = stack_at(s, i);
        if (stack->arch == MDW_ARCH_X86_64 && stack->has_regs)
            stack->shadow = shadow_of(&misc, stack->context, s->big_endian);
    }
}
