/* tools/dump_modules.c - modules, function tables, handles. */
#include "tools/dump.h"

static void show_version(printer *p, const mdw_raw_module *m)
{
    mdw_raw_version v = MDW_INIT(mdw_raw_version);
    if (mdw_dump_version(p->dump, m->version, &v) != MDW_OK)
        return;
    heading(p, "VS_FIXEDFILEINFO");
    show_hex(p, "structure version", v.struct_version);
    show_hex(p, "file version, high", v.file_hi);
    show_hex(p, "file version, low", v.file_lo);
    show_hex(p, "product version, high", v.product_hi);
    show_hex(p, "product version, low", v.product_lo);
    show_hex(p, "flags mask", v.flags_mask);
    show_hex(p, "flags", v.flags);
    show_constant(p, "system", MDW_CONSTANT_VERSION_OS, v.os);
    show_constant(p, "type", MDW_CONSTANT_VERSION_TYPE, v.type);
    show_hex(p, "subtype", v.subtype);
    show_hex(p, "date, high", v.date_hi);
    show_hex(p, "date, low", v.date_lo);
    leave(p);
}

static const char *cv_name(uint32_t kind)
{
    static const char *const names[] = {
        [MDW_CV_UNKNOWN] = "unknown", [MDW_CV_PDB70] = "RSDS",
        [MDW_CV_PDB20] = "NB10",      [MDW_CV_ELF] = "BpEL",
        [MDW_CV_NB09] = "NB09",       [MDW_CV_NB11] = "NB11",
    };
    return kind < sizeof names / sizeof *names ? names[kind] : NULL;
}

static void show_cv(printer *p, const mdw_raw_module *m)
{
    mdw_raw_cv cv = MDW_INIT(mdw_raw_cv);
    show_bytes(p, "CodeView record", m->cv);
    if (!m->cv.len || mdw_dump_cv(p->dump, m->cv, &cv) != MDW_OK)
        return;
    p->depth++;
    show_named(p, "signature", cv.signature, cv_name(cv.kind));
    if (cv.kind == MDW_CV_PDB70)
        show_guid(p, "guid", cv.guid);
    if (cv.kind == MDW_CV_PDB20)
        show_time(p, "timestamp", cv.timestamp);
    if (cv.kind == MDW_CV_PDB70 || cv.kind == MDW_CV_PDB20) {
        show_unsigned(p, "age", cv.age);
        show_text(p, "file", cv.file);
    }
    if (cv.kind == MDW_CV_ELF)
        show_bytes(p, "build id", cv.build_id);
    p->depth--;
}

void dump_modules(printer *p)
{
    show_list(p, MDW_STREAM_MODULE_LIST);
    size_t count = mdw_dump_module_count(p->dump);
    for (size_t i = 0; i < count; i++) {
        mdw_raw_module m = MDW_INIT(mdw_raw_module);
        mdw_error err = {.code = MDW_OK};
        mdw_status status = mdw_dump_module(p->dump, i, &m, &err);
        record(p, i, m.offset);
        if (readable(p, status, &err)) {
            show_wide(p, "name", m.name);
            show_range(p, "range", m.range);
            show_hex(p, "checksum", m.checksum);
            show_time(p, "timestamp", m.timestamp);
            show_version(p, &m);
            show_cv(p, &m);
            show_bytes(p, "misc record", m.misc);
            show_damage(p, m.damage);
        }
        leave(p);
    }
}

void dump_unloaded(printer *p)
{
    show_list(p, MDW_STREAM_UNLOADED_MODULE_LIST);
    size_t count = mdw_dump_unloaded_count(p->dump);
    for (size_t i = 0; i < count; i++) {
        mdw_raw_unloaded m = MDW_INIT(mdw_raw_unloaded);
        mdw_error err = {.code = MDW_OK};
        mdw_status status = mdw_dump_unloaded(p->dump, i, &m, &err);
        record(p, i, m.offset);
        if (readable(p, status, &err)) {
            show_wide(p, "name", m.name);
            show_range(p, "range", m.range);
            show_hex(p, "checksum", m.checksum);
            show_time(p, "timestamp", m.timestamp);
            show_damage(p, m.damage);
        }
        leave(p);
    }
}

void dump_function_tables(printer *p)
{
    show_list(p, MDW_STREAM_FUNCTION_TABLE);
    mdw_cursor at = {0, 0, 0};
    for (size_t i = 0;; i++) {
        mdw_raw_function_table t = MDW_INIT(mdw_raw_function_table);
        mdw_error err = {.code = MDW_OK};
        mdw_status status =
            mdw_dump_function_table_next(p->dump, &at, &t, &err);
        if (status == MDW_END || !readable(p, status, &err))
            return;
        record(p, i, t.offset);
        show_hex(p, "first address", t.min_address);
        show_hex(p, "last address", t.max_address);
        show_hex(p, "base address", t.base_address);
        show_unsigned(p, "entries", t.entry_count);
        show_unsigned(p, "entry size", t.entry_size);
        show_bytes(p, "descriptor of the system", t.native);
        show_bytes(p, "entry bytes", t.entries);
        show_damage(p, t.damage);
        leave(p);
    }
}

static void show_handle_infos(printer *p, const mdw_raw_handle *h)
{
    mdw_cursor at = {0, 0, 0};
    for (size_t i = 0;; i++) {
        mdw_raw_handle_info info = MDW_INIT(mdw_raw_handle_info);
        mdw_error err = {.code = MDW_OK};
        mdw_status status =
            mdw_dump_handle_info_next(p->dump, h, &at, &info, &err);
        if (status == MDW_END || status == MDW_ABSENT ||
            !readable(p, status, &err))
            return;
        record(p, i, info.offset);
        show_constant(p, "type", MDW_CONSTANT_HANDLE_INFO_TYPE, info.type);
        show_bytes(p, "data", info.data);
        show_damage(p, info.damage);
        leave(p);
    }
}

void dump_handles(printer *p)
{
    show_list(p, MDW_STREAM_HANDLE_DATA);
    size_t count = mdw_dump_handle_count(p->dump);
    for (size_t i = 0; i < count; i++) {
        mdw_raw_handle h = MDW_INIT(mdw_raw_handle);
        mdw_error err = {.code = MDW_OK};
        mdw_status status = mdw_dump_handle(p->dump, i, &h, &err);
        record(p, i, h.offset);
        if (readable(p, status, &err)) {
            show_hex(p, "handle", h.handle);
            show_wide(p, "type", h.type_name);
            show_wide(p, "object", h.object_name);
            show_hex(p, "attributes", h.attributes);
            show_hex(p, "granted access", h.granted_access);
            show_unsigned(p, "handle count", h.handle_count);
            show_unsigned(p, "pointer count", h.pointer_count);
            show_hex(p, "object information", h.object_info);
            show_damage(p, h.damage);
            show_handle_infos(p, &h);
        }
        leave(p);
    }
}
