/* tools/dump_linux.c - Breakpad's streams. */
#include <stdio.h>

#include "tools/dump.h"

void dump_breakpad(printer *p)
{
    mdw_raw_breakpad b = MDW_INIT(mdw_raw_breakpad);
    mdw_error err = {.code = MDW_OK};
    if (!readable(p, mdw_dump_breakpad(p->dump, &b, &err), &err))
        return;
    show_hex(p, "validity", b.validity);
    if (b.validity & 1)
        show_unsigned(p, "dump thread", b.dump_thread);
    if (b.validity & 2)
        show_unsigned(p, "requesting thread", b.requesting_thread);
}

void dump_assertion(printer *p)
{
    mdw_raw_assertion a = MDW_INIT(mdw_raw_assertion);
    mdw_error err = {.code = MDW_OK};
    if (!readable(p, mdw_dump_assertion(p->dump, &a, &err), &err))
        return;
    show_wide(p, "expression", a.expression);
    show_wide(p, "function", a.function);
    show_wide(p, "file", a.file);
    show_unsigned(p, "line", a.line);
    show_constant(p, "type", MDW_CONSTANT_ASSERTION_TYPE, a.type);
}

static void show_pairs(printer *p, uint32_t type)
{
    mdw_cursor at = {0, 0, 0};
    for (;;) {
        mdw_raw_pair pair = MDW_INIT(mdw_raw_pair);
        mdw_error err = {.code = MDW_OK};
        mdw_status status = mdw_dump_pair_next(p->dump, type, &at, &pair, &err);
        if (status == MDW_END || !readable(p, status, &err))
            return;
        (void)printf("%*s", 2 * p->depth, "");
        print_text(pair.key);
        (void)fputs(pair.key.len ? ": " : "", stdout);
        print_text(pair.value);
        (void)putchar('\n');
    }
}

void dump_cpu_info(printer *p)
{
    show_pairs(p, MDW_STREAM_LINUX_CPU_INFO);
}

void dump_proc_status(printer *p)
{
    show_pairs(p, MDW_STREAM_LINUX_PROC_STATUS);
}

void dump_lsb_release(printer *p)
{
    show_pairs(p, MDW_STREAM_LINUX_LSB_RELEASE);
}

static void show_texts(printer *p, uint32_t type)
{
    mdw_cursor at = {0, 0, 0};
    for (;;) {
        mdw_str text;
        mdw_error err = {.code = MDW_OK};
        mdw_status status = mdw_dump_text_next(p->dump, type, &at, &text, &err);
        if (status == MDW_END || !readable(p, status, &err))
            return;
        (void)printf("%*s", 2 * p->depth, "");
        print_text(text);
        (void)putchar('\n');
    }
}

void dump_command_line(printer *p)
{
    show_texts(p, MDW_STREAM_LINUX_CMD_LINE);
}

void dump_environ(printer *p)
{
    show_texts(p, MDW_STREAM_LINUX_ENVIRON);
}

void dump_auxv(printer *p)
{
    mdw_cursor at = {0, 0, 0};
    for (;;) {
        mdw_raw_auxv a = MDW_INIT(mdw_raw_auxv);
        mdw_error err = {.code = MDW_OK};
        mdw_status status = mdw_dump_auxv_next(p->dump, 0, &at, &a, &err);
        if (status == MDW_END || !readable(p, status, &err))
            return;
        const char *name = mdw_auxv_name(a.type);
        char number[32];
        (void)snprintf(number, sizeof number, "%llu",
                       (unsigned long long)a.type);
        show_hex(p, name ? name : number, a.value);
    }
}

static void show_map(printer *p, const mdw_raw_map *m)
{
    show_range(p, "range", m->range);
    show_constant(p, "flags", MDW_CONSTANT_MAP_FLAGS, m->flags);
    show_hex(p, "file offset", m->file_offset);
    show_hex(p, "device, major", m->device >> 32);
    show_hex(p, "device, minor", m->device & UINT32_MAX);
    show_unsigned(p, "inode", m->inode);
    show_text(p, "path", m->path);
}

void dump_maps(printer *p)
{
    mdw_cursor at = {0, 0, 0};
    for (size_t i = 0;; i++) {
        mdw_raw_map m = MDW_INIT(mdw_raw_map);
        mdw_error err = {.code = MDW_OK};
        mdw_status status = mdw_dump_map_next(p->dump, &at, &m, &err);
        if (status == MDW_END)
            return;
        if (readable(p, status, &err)) {
            record(p, i, m.offset);
            show_map(p, &m);
            leave(p);
        } else if (status != MDW_E_FORMAT) {
            return;
        }
    }
}

void dump_dso_debug(printer *p)
{
    mdw_raw_dso_debug d = MDW_INIT(mdw_raw_dso_debug);
    mdw_error err = {.code = MDW_OK};
    if (!readable(p, mdw_dump_dso_debug(p->dump, &d, &err), &err))
        return;
    show_unsigned(p, "version", d.version);
    show_hex(p, "link maps", d.maps_offset);
    show_unsigned(p, "link map count", d.count);
    show_hex(p, "brk", d.brk);
    show_hex(p, "load base", d.load_base);
    show_hex(p, "dynamic", d.dynamic);
    show_unsigned(p, "pointer size", d.pointer);
    show_word(p, "layout", d.is_packed ? "packed" : "natural");
    show_bytes(p, "dynamic section", d.dynamic_section);
    for (size_t i = 0; i < d.count; i++) {
        mdw_raw_link_map m = MDW_INIT(mdw_raw_link_map);
        mdw_status status = mdw_dump_link_map(p->dump, &d, i, &m, &err);
        if (!readable(p, status, &err))
            return;
        record(p, i, m.offset);
        show_hex(p, "address", m.addr);
        show_wide(p, "name", m.name);
        show_hex(p, "dynamic", m.dynamic);
        show_damage(p, m.damage);
        leave(p);
    }
}
