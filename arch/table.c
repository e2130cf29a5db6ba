/* arch/table.c - which architectures there are. */
#include "lib/unwind/arch.h"

extern const arch arch_x86, arch_x86_64, arch_arm, arch_arm64;

const arch *const arch_table[] = {&arch_x86, &arch_x86_64, &arch_arm,
                                  &arch_arm64, NULL};

const arch *arch_find(uint32_t id)
{
    for (const arch *const *a = arch_table; *a; a++)
        if ((*a)->id == id)
            return *a;
    return NULL;
}
