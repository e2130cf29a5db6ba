/* lib/state/wow64.c - the 32-bit half of a 64-bit dump of a 32-bit process. */
#include "lib/state/parts.h"

/* TEB64.TlsSlots is at 0x1480; slot 1 holds a block of wow64.dll with the x86
 * CONTEXT behind a uint32. */
enum { TLS_SLOT_1 = 0x1488, CONTEXT_AT = 4, CONTEXT_SIZE = 716 };

static bool is_wow64(const mdw_state *s)
{
    if (s->system.arch != MDW_ARCH_X86_64)
        return false;
    for (size_t i = 0; i < s->modules.count; i++)
        if (str_equal_nocase(str_base_name(module_at(s, i)->code_file),
                             STR("wow64.dll")))
            return true;
    return false;
}

void build_wow64(mdw_state *s)
{
    if (!is_wow64(s))
        return;
    for (size_t i = 0; i < s->threads.count; i++) {
        uint64_t teb = thread_at(s, i)->teb, block;
        if (!teb || !memory_uint(s, teb + TLS_SLOT_1, 8, &block) || !block)
            continue;
        mdw_bytes context = memory_bytes(s, block + CONTEXT_AT, CONTEXT_SIZE);
        mdw_stack x86 = MDW_INIT(mdw_stack);
        context_read(s, context, &x86);
        if (x86.context_status || x86.arch != MDW_ARCH_X86)
            continue;
        mdw_stack *stack = stack_add(s, MDW_STACK_WOW64, (uint32_t)i);
        if (!stack)
            return;
        stack->skipped = stack_at(s, i)->skipped;
        stack->arch = x86.arch;
        stack->has_regs = true;
        stack->context_status = MDW_OK;
        stack->context = context;
        stack->regs = x86.regs;
        stack->start = stack_at(s, i)->start;
    }
}
