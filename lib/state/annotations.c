/* lib/state/annotations.c - what the program told Crashpad about itself. */
#include "lib/state/parts.h"

/* Modules may share one dictionary, so the file's size is no bound. */
enum { MAX_ANNOTATIONS = 1 << 16, TYPE_STRING = 1 };

/* Index in our list of the module with index `raw` in the dump's, from which
 * unreadable ones are missing. */
static uint32_t module_of_raw(const mdw_state *s, uint32_t raw)
{
    size_t low = 0, high = s->modules.count;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (module_at(s, mid)->raw < raw)
            low = mid + 1;
        else
            high = mid;
    }
    bool found = low < s->modules.count && module_at(s, low)->raw == raw;
    return found ? (uint32_t)low : MDW_NONE;
}

static bool add(mdw_state *s, const mdw_raw_annotation *raw)
{
    mdw_annotation *a = array_add(s, &s->annotations, sizeof *a);
    if (!a)
        return false;
    bool text = raw->kind != MDW_ANNOTATION_OBJECT || raw->type == TYPE_STRING;
    *a = MDW_INIT(mdw_annotation);
    a->kind = raw->kind;
    a->type = raw->type;
    a->module = module_of_raw(s, raw->module);
    a->key = text_narrow(s, raw->key);
    a->text = text ? text_narrow(s, str_from(raw->value)) : STR("");
    a->bytes = raw->value;
    issue_damage(s, MDW_STREAM_CRASHPAD_INFO, raw->damage, raw->offset,
                 a->module);
    return true;
}

/* Counted by the records that lie in the file. */
static void build_crashpads(mdw_state *s)
{
    mdw_raw_crashpad info = MDW_INIT(mdw_raw_crashpad);
    if (mdw_dump_crashpad(s->dump, &info, NULL) != MDW_OK)
        return;
    s->process.has_crashpad = true;
    s->process.crashpad_version = info.version;
    array_reserve(s, &s->crashpads, info.module_count, sizeof(uint32_t));
    for (size_t i = 0; i < info.module_count; i++) {
        uint32_t raw;
        uint32_t *out = array_add(s, &s->crashpads, sizeof *out);
        if (!out)
            return;
        *out = MDW_NONE;
        if (mdw_dump_crashpad_module(s->dump, i, &raw, NULL) == MDW_OK)
            *out = module_of_raw(s, raw);
    }
}

void build_annotations(mdw_state *s)
{
    build_crashpads(s);
    mdw_cursor at = {0};
    mdw_raw_annotation raw = MDW_INIT(mdw_raw_annotation);
    for (size_t i = 0; i < MAX_ANNOTATIONS; i++) {
        mdw_error err = {0};
        mdw_status status = mdw_dump_annotation_next(s->dump, &at, &raw, &err);
        if (!issue_ok(s, status, &err, MDW_NONE) || !add(s, &raw))
            return;
    }
    issue_at(s, MDW_E_LIMIT, MDW_STREAM_CRASHPAD_INFO, at.offset,
             MAX_ANNOTATIONS, "annotations", MDW_NONE);
}
