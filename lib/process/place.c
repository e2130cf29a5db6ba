/* lib/process/place.c - what a walk may ask about code, answered from what the
 * system said of its address space and from the modules. */
#include "lib/process/report.h"

/* Without a word of the system a module may be code or data, and anything
 * outside of modules is taken for data. */
static uint32_t executable(const mdw_state *state, uint64_t addr)
{
    mdw_region region = MDW_INIT(mdw_region);
    if (mdw_state_region_find(state, addr, &region) == MDW_OK)
        return region.flags & MDW_REGION_EXEC ? MDW_ANSWER_YES : MDW_ANSWER_NO;
    return mdw_state_module_find(state, addr) == MDW_NONE ? MDW_ANSWER_NO
                                                          : MDW_ANSWER_UNKNOWN;
}

mdw_status state_place(void *user, uint64_t addr, uint32_t want, mdw_place *out)
{
    const mdw_state *state = user;
    out->flags = want & MDW_PLACE_EXEC;
    out->function = (mdw_range){0, 0};
    out->exec = want & MDW_PLACE_EXEC ? executable(state, addr)
                                      : (uint32_t)MDW_ANSWER_UNKNOWN;
    return MDW_OK;
}
