/* lib/dump/thread_names.c - ThreadNamesStream. */
#include "lib/dump/list.h"

size_t mdw_dump_thread_name_count(const mdw_dump *dump)
{
    return list_count(dump, MDW_STREAM_THREAD_NAMES);
}

/* MINIDUMP_THREAD_NAME: the one record whose name has a 64-bit offset, and
 * that at 4. */
mdw_status mdw_dump_thread_name(const mdw_dump *dump, size_t index,
                                mdw_raw_thread_name *out, mdw_error *err)
{
    reader r;
    mdw_status s = list_record(dump, MDW_STREAM_THREAD_NAMES, index, &r, err);
    if (s)
        return s;
    mdw_raw_thread_name n = MDW_INIT(mdw_raw_thread_name);
    n.offset = r.origin;
    n.id = reader_u32(&r);
    n.name = field_string(dump, reader_u64(&r), &n.damage, MDW_DAMAGE_NAME);
    s = reader_status(&r, "MINIDUMP_THREAD_NAME", err);
    return s ? s : record_write(out, &n, sizeof n);
}
