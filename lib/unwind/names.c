/* lib/unwind/names.c - registers by name and number. */
#include "lib/base/str.h"
#include "lib/unwind/arch.h"

uint32_t mdw_reg_count(uint32_t id)
{
    const arch *a = arch_find(id);
    return a ? a->reg_count : 0;
}

const char *mdw_reg_name(uint32_t id, uint32_t reg)
{
    const arch *a = arch_find(id);
    return a && reg < a->reg_count ? a->regs[reg].name : NULL;
}

uint32_t mdw_reg_find(uint32_t id, mdw_str name)
{
    const arch *a = arch_find(id);
    for (uint32_t i = 0; a && i < a->reg_count; i++)
        if (str_is(name, a->regs[i].name))
            return i;
    for (const arch_alias *alias = a ? a->aliases : NULL; alias && alias->name;
         alias++)
        if (str_is(name, alias->name))
            return alias->reg;
    return MDW_NONE;
}
