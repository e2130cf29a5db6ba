/* tools/dump_memory.c - memory lists and what is known of the address space. */
#include "tools/dump.h"

/* The cursor walks over both lists; each stream shows its own part. */
static void show_memory(printer *p, bool wide)
{
    mdw_cursor at = {0, 0, 0};
    for (size_t i = 0;;) {
        mdw_raw_memory m = MDW_INIT(mdw_raw_memory);
        mdw_error err = {.code = MDW_OK};
        mdw_status status = mdw_dump_memory_next(p->dump, &at, &m, &err);
        if (status == MDW_END || !readable(p, status, &err))
            return;
        if (m.is_memory64 != wide)
            continue;
        record(p, i++, m.offset);
        show_range(p, "range", (mdw_range){m.addr, m.range_size});
        show_bytes(p, "data", m.data);
        show_damage(p, m.damage);
        leave(p);
    }
}

void dump_memory32(printer *p)
{
    show_list(p, MDW_STREAM_MEMORY_LIST);
    show_memory(p, false);
}

void dump_memory64(printer *p)
{
    show_list(p, MDW_STREAM_MEMORY64_LIST);
    show_memory(p, true);
}

void dump_memory_infos(printer *p)
{
    show_list(p, MDW_STREAM_MEMORY_INFO_LIST);
    size_t count = mdw_dump_memory_info_count(p->dump);
    for (size_t i = 0; i < count; i++) {
        mdw_raw_memory_info m = MDW_INIT(mdw_raw_memory_info);
        mdw_error err = {.code = MDW_OK};
        mdw_status status = mdw_dump_memory_info(p->dump, i, &m, &err);
        record(p, i, m.offset);
        if (readable(p, status, &err)) {
            show_range(p, "range", m.range);
            show_hex(p, "allocation base", m.allocation_base);
            show_constant(p, "allocation protection", MDW_CONSTANT_PAGE_PROTECT,
                          m.allocation_protect);
            show_constant(p, "state", MDW_CONSTANT_MEMORY_STATE, m.state);
            show_constant(p, "protection", MDW_CONSTANT_PAGE_PROTECT,
                          m.protect);
            show_constant(p, "type", MDW_CONSTANT_MEMORY_TYPE, m.type);
        }
        leave(p);
    }
}
