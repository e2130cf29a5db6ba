/* lib/state/stacks.c - where each stack begins and ends. */
#include "lib/base/range.h"
#include "lib/state/parts.h"
#include "lib/unwind/arch.h"

/* NT_TIB behind the exception list: StackBase, the end, then StackLimit, the
 * start of what is committed. WoW64 keeps the 32-bit TEB two pages behind the
 * other one. */
enum { WOW64_TEB = 0x2000 };

/* sp of a stack that has overflowed lies below the limit, in the guard pages
 * or just past them. */
enum { OVERFLOW_ROOM = 0x10000 };

static bool stack_pointer(const mdw_stack *stack, uint64_t *sp)
{
    const arch *a = arch_find(stack->arch);
    if (!a || !stack->has_regs || !(stack->regs.valid >> a->sp & 1))
        return false;
    *sp = stack->regs.value[a->sp];
    return true;
}

/* [limit, base), with sp inside; false if sp is not near. */
static bool around(uint64_t limit, uint64_t base, uint64_t sp, mdw_range *out)
{
    if (limit >= base || sp > base ||
        (sp < limit && limit - sp > OVERFLOW_ROOM))
        return false;
    uint64_t start = sp < limit ? sp : limit;
    *out = (mdw_range){start, base - start};
    return true;
}

static bool by_teb(const mdw_state *s, const mdw_stack *stack, uint64_t sp,
                   mdw_range *out)
{
    if (s->system.os != MDW_OS_WINDOWS || stack->thread == MDW_NONE)
        return false;
    uint64_t teb = thread_at(s, stack->thread)->teb, limit, base;
    unsigned pointer = s->system.pointer_size;
    if (stack->kind == MDW_STACK_WOW64) {
        teb = teb ? teb + WOW64_TEB : 0;
        pointer = 4;
    }
    return teb && memory_uint(s, teb + pointer, pointer, &base) &&
           memory_uint(s, teb + 2 * (uint64_t)pointer, pointer, &limit) &&
           around(limit, base, sp, out);
}

/* The region that holds sp and, where that cannot be written because the stack
 * has overflowed, those behind it up to the first that can. */
static bool by_region(const mdw_state *s, uint64_t sp, mdw_range *out)
{
    enum { MOST = 8 };
    size_t i = region_after(s, sp);
    if (i == s->regions.count || !mdw_range_has(region_at(s, i)->range, sp) ||
        region_at(s, i)->flags & MDW_REGION_FREE)
        return false;
    *out = region_at(s, i)->range;
    for (size_t n = 1; n < MOST && i + n < s->regions.count; n++) {
        const mdw_region *before = region_at(s, i + n - 1);
        const mdw_region *next = region_at(s, i + n);
        if (before->flags & MDW_REGION_WRITE || next->flags & MDW_REGION_FREE ||
            next->range.start - before->range.start != before->range.size)
            break;
        out->size += next->range.size;
    }
    return true;
}

static bool by_memory(const mdw_state *s, uint64_t sp, mdw_range *out)
{
    mdw_window w = memory_window(s, sp);
    *out = (mdw_range){w.addr, w.bytes.len};
    return w.bytes.len > 0;
}

static void find_range(const mdw_state *s, mdw_stack *stack)
{
    uint64_t sp;
    if (!stack_pointer(stack, &sp))
        return;
    if (by_teb(s, stack, sp, &stack->range) ||
        by_region(s, sp, &stack->range) || by_memory(s, sp, &stack->range))
        return;
    const mdw_range *descriptors = s->descriptors.items;
    stack->range = stack->kind == MDW_STACK_THREAD
                       ? range_make(descriptors[stack->thread].start,
                                    descriptors[stack->thread].size)
                       : (mdw_range){0, 0};
}

void build_stack_ranges(mdw_state *s)
{
    for (size_t i = 0; i < s->stacks.count; i++)
        if (stack_at(s, i)->kind != MDW_STACK_CLIENT)
            find_range(s, stack_at(s, i));
}
