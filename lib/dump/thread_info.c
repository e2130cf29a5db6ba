/* lib/dump/thread_info.c - ThreadInfoListStream. */
#include "lib/dump/list.h"

size_t mdw_dump_thread_info_count(const mdw_dump *dump)
{
    return list_count(dump, MDW_STREAM_THREAD_INFO_LIST);
}

mdw_status mdw_dump_thread_info(const mdw_dump *dump, size_t index,
                                mdw_raw_thread_info *out, mdw_error *err)
{
    reader r;
    mdw_status s =
        list_record(dump, MDW_STREAM_THREAD_INFO_LIST, index, &r, err);
    if (s)
        return s;
    mdw_raw_thread_info t = MDW_INIT(mdw_raw_thread_info);
    t.offset = r.origin;
    t.id = reader_u32(&r);
    t.flags = reader_u32(&r);
    t.error = reader_u32(&r);
    t.exit_status = reader_u32(&r);
    t.create_time = reader_u64(&r);
    t.exit_time = reader_u64(&r);
    t.kernel_time = reader_u64(&r);
    t.user_time = reader_u64(&r);
    t.start_address = reader_u64(&r);
    t.affinity = reader_u64(&r);
    s = reader_status(&r, "MINIDUMP_THREAD_INFO", err);
    return s ? s : record_write(out, &t, sizeof t);
}
