/* lib/unwind/realigned.c - functions of 32-bit x86 that align their stack, as
 * every main of GCC's does. They push a copy of the return address where the
 * aligned frame begins, so that the frame pointer's chain goes on:
 * lea 4(%esp), %ecx; and $-16, %esp; push -4(%ecx). The caller's sp is behind
 * the original. */
#include "lib/unwind/walk.h"

enum { LEAST = 16, MOST = 64 /* vectors of AVX-512 */ };

/* A small frame of a recursion looks the same but stays in one image. */
uint64_t beyond_copy(mdw_walk *w, uint64_t slot)
{
    const mdw_unwinder *u = w->unwinder;
    uint64_t size = u->arch->pointer, start = slot + size, copy, original;
    bool gcc = u->arch->id == MDW_ARCH_X86 && u->options.os == MDW_OS_LINUX;
    if (!gcc || !load_pointer(w, slot, &copy) ||
        image_find(u, copy - 1) == image_find(u, w->frame.lookup))
        return 0;
    for (uint64_t align = LEAST; align <= MOST && start % align == 0;
         align *= 2)
        for (uint64_t at = start; at - start < align; at += size)
            if (load_pointer(w, at, &original) && original == copy)
                return at - slot;
    return 0;
}
