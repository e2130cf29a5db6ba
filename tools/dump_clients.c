/* tools/dump_clients.c - streams of Crashpad and Mozilla. */
#include "tools/dump.h"

static const char *kind_name(uint32_t kind)
{
    static const char *const names[] = {
        [MDW_ANNOTATION_PROCESS] = "simple, of the process",
        [MDW_ANNOTATION_SIMPLE] = "simple",
        [MDW_ANNOTATION_LIST] = "list",
        [MDW_ANNOTATION_OBJECT] = "object",
    };
    return kind < sizeof names / sizeof *names ? names[kind] : NULL;
}

static void show_annotation(printer *p, const mdw_raw_annotation *a)
{
    show_named(p, "kind", a->kind, kind_name(a->kind));
    if (a->module != MDW_NONE)
        show_unsigned(p, "module", a->module);
    if (a->kind != MDW_ANNOTATION_LIST)
        show_text(p, "key", a->key);
    if (a->kind == MDW_ANNOTATION_OBJECT)
        show_constant(p, "type", MDW_CONSTANT_ANNOTATION_TYPE, a->type);
    if (a->kind == MDW_ANNOTATION_OBJECT && a->type != 1)
        show_bytes(p, "value", a->value);
    else
        show_text(p, "value",
                  (mdw_str){(const char *)a->value.data, a->value.len});
    show_damage(p, a->damage);
}

void dump_crashpad(printer *p)
{
    mdw_raw_crashpad c = MDW_INIT(mdw_raw_crashpad);
    mdw_error err = {.code = MDW_OK};
    if (!readable(p, mdw_dump_crashpad(p->dump, &c, &err), &err))
        return;
    show_unsigned(p, "version", c.version);
    show_guid(p, "report id", c.report_id);
    show_guid(p, "client id", c.client_id);
    show_hex(p, "address mask", c.address_mask);
    show_unsigned(p, "modules", c.module_count);
    mdw_cursor at = {0, 0, 0};
    for (size_t i = 0;; i++) {
        mdw_raw_annotation a = MDW_INIT(mdw_raw_annotation);
        mdw_status status = mdw_dump_annotation_next(p->dump, &at, &a, &err);
        if (status == MDW_END || !readable(p, status, &err))
            return;
        record(p, i, a.offset);
        show_annotation(p, &a);
        leave(p);
    }
}

void dump_mac_crash(printer *p)
{
    size_t count = mdw_dump_mac_crash_count(p->dump);
    for (size_t i = 0; i < count; i++) {
        mdw_raw_mac_crash m = MDW_INIT(mdw_raw_mac_crash);
        mdw_error err = {.code = MDW_OK};
        mdw_status status = mdw_dump_mac_crash(p->dump, i, &m, &err);
        record(p, i, m.offset);
        if (readable(p, status, &err)) {
            show_unsigned(p, "version", m.version);
            show_hex(p, "thread", m.thread);
            show_hex(p, "dialog mode", m.dialog_mode);
            show_hex(p, "abort cause", m.abort_cause);
            show_text(p, "module", m.module);
            show_text(p, "message", m.message);
            show_text(p, "signature", m.signature);
            show_text(p, "backtrace", m.backtrace);
            show_text(p, "message2", m.message2);
        }
        leave(p);
    }
}

void dump_mac_bootargs(printer *p)
{
    mdw_utf16 text;
    mdw_error err = {.code = MDW_OK};
    if (readable(p, mdw_dump_mac_bootargs(p->dump, &text, &err), &err))
        show_wide(p, "boot arguments", text);
}

void dump_limits(printer *p)
{
    mdw_cursor at = {0, 0, 0};
    for (size_t i = 0;; i++) {
        mdw_raw_limit l = MDW_INIT(mdw_raw_limit);
        mdw_error err = {.code = MDW_OK};
        mdw_status status = mdw_dump_limit_next(p->dump, &at, &l, &err);
        if (status == MDW_END || !readable(p, status, &err))
            return;
        record(p, i, l.offset);
        show_text(p, "name", l.name);
        show_text(p, "soft", l.soft);
        show_text(p, "hard", l.hard);
        show_text(p, "unit", l.unit);
        leave(p);
    }
}

void dump_soft_errors(printer *p)
{
    mdw_str text;
    mdw_error err = {.code = MDW_OK};
    if (readable(p, mdw_dump_soft_errors(p->dump, &text, &err), &err))
        show_text(p, "JSON", text);
}
