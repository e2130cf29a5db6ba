/* lib/state/modules.c - the loaded modules, in the order of their list. */
#include "lib/state/parts.h"

static bool add(mdw_state *s, size_t index, const mdw_raw_module *raw)
{
    mdw_module *m = array_add(s, &s->modules, sizeof *m);
    if (!m)
        return false;
    *m = MDW_INIT(mdw_module);
    m->range = raw->range;
    m->raw = (uint32_t)index; /* counts of classic lists are 32-bit */
    m->timestamp = raw->timestamp;
    m->code_file = text_wide(s, raw->name);
    m->debug_file = m->code_id = m->version = STR("");
    issue_damage(s, MDW_STREAM_MODULE_LIST, raw->damage, raw->offset,
                 (uint32_t)index);
    module_identify(s, raw, m);
    return true;
}

/* An address mask must not cut what the dump itself calls code. */
static void widen_mask(mdw_state *s)
{
    uint64_t mask = s->system.code_mask;
    if (!mask)
        return;
    for (size_t i = 0; i < s->modules.count; i++) {
        mdw_range r = module_at(s, i)->range;
        uint64_t last = r.start + r.size - (r.size ? 1 : 0);
        while (last & ~mask && mask != UINT64_MAX)
            mask = mask << 1 | 1;
    }
    s->system.code_mask = mask;
}

void build_modules(mdw_state *s)
{
    mdw_list modules;
    if (!issue_list(s, MDW_STREAM_MODULE_LIST, &modules))
        return;
    array_reserve(s, &s->modules, modules.present, sizeof(mdw_module));
    mdw_raw_module raw = MDW_INIT(mdw_raw_module);
    for (size_t i = 0; i < modules.present; i++) {
        mdw_error err = {0};
        mdw_status status = mdw_dump_module(s->dump, i, &raw, &err);
        if (issue_ok(s, status, &err, (uint32_t)i) && !add(s, i, &raw))
            break;
    }
    build_owned(s);
    widen_mask(s);
}
