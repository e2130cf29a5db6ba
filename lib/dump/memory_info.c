/* lib/dump/memory_info.c - MemoryInfoListStream. */
#include "lib/base/range.h"
#include "lib/dump/list.h"

size_t mdw_dump_memory_info_count(const mdw_dump *dump)
{
    return list_count(dump, MDW_STREAM_MEMORY_INFO_LIST);
}

mdw_status mdw_dump_memory_info(const mdw_dump *dump, size_t index,
                                mdw_raw_memory_info *out, mdw_error *err)
{
    reader r;
    mdw_status s =
        list_record(dump, MDW_STREAM_MEMORY_INFO_LIST, index, &r, err);
    if (s)
        return s;
    mdw_raw_memory_info m = MDW_INIT(mdw_raw_memory_info);
    m.offset = r.origin;
    uint64_t base = reader_u64(&r);
    m.allocation_base = reader_u64(&r);
    m.allocation_protect = reader_u32(&r);
    reader_skip(&r, 4); /* alignment */
    m.range = range_make(base, reader_u64(&r));
    m.state = reader_u32(&r);
    m.protect = reader_u32(&r);
    m.type = reader_u32(&r);
    reader_skip(&r, 4); /* alignment */
    s = reader_status(&r, "MINIDUMP_MEMORY_INFO", err);
    return s ? s : record_write(out, &m, sizeof m);
}
