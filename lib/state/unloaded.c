/* lib/state/unloaded.c - modules that were loaded once, in the order in which
 * they went. */
#include "lib/state/parts.h"

void build_unloaded(mdw_state *s)
{
    mdw_list modules;
    if (!issue_list(s, MDW_STREAM_UNLOADED_MODULE_LIST, &modules))
        return;
    array_reserve(s, &s->unloaded, modules.present, sizeof(mdw_unloaded));
    mdw_raw_unloaded raw = MDW_INIT(mdw_raw_unloaded);
    for (size_t i = 0; i < modules.present; i++) {
        mdw_error err = {0};
        mdw_status status = mdw_dump_unloaded(s->dump, i, &raw, &err);
        if (!issue_ok(s, status, &err, (uint32_t)i))
            continue;
        mdw_unloaded *u = array_add(s, &s->unloaded, sizeof *u);
        if (!u)
            return;
        *u = MDW_INIT(mdw_unloaded);
        u->range = raw.range;
        u->timestamp = raw.timestamp;
        u->code_file = text_wide(s, raw.name);
        u->code_id = module_pe_id(s, raw.timestamp, raw.range.size);
        issue_damage(s, MDW_STREAM_UNLOADED_MODULE_LIST, raw.damage, raw.offset,
                     (uint32_t)i);
    }
}
