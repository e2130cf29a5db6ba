/* lib/state/handles.c - open handles of the process. */
#include "lib/state/parts.h"

void build_handles(mdw_state *s)
{
    mdw_list handles;
    if (!issue_list(s, MDW_STREAM_HANDLE_DATA, &handles))
        return;
    s->process.has_handles = true;
    array_reserve(s, &s->handles, handles.present, sizeof(mdw_handle));
    mdw_raw_handle raw = MDW_INIT(mdw_raw_handle);
    for (size_t i = 0; i < handles.present; i++) {
        mdw_error err = {0};
        mdw_status status = mdw_dump_handle(s->dump, i, &raw, &err);
        if (!issue_ok(s, status, &err, (uint32_t)i))
            continue;
        mdw_handle *h = array_add(s, &s->handles, sizeof *h);
        if (!h)
            return;
        *h = MDW_INIT(mdw_handle);
        h->handle = raw.handle;
        h->type_name = text_wide(s, raw.type_name);
        h->object_name = text_wide(s, raw.object_name);
        h->has_type_name = raw.type_name.data;
        h->has_object_name = raw.object_name.data;
        issue_damage(s, MDW_STREAM_HANDLE_DATA, raw.damage, raw.offset,
                     (uint32_t)i);
    }
}
