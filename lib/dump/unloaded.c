/* lib/dump/unloaded.c - UnloadedModuleListStream. */
#include "lib/base/range.h"
#include "lib/dump/list.h"

size_t mdw_dump_unloaded_count(const mdw_dump *dump)
{
    return list_count(dump, MDW_STREAM_UNLOADED_MODULE_LIST);
}

mdw_status mdw_dump_unloaded(const mdw_dump *dump, size_t index,
                             mdw_raw_unloaded *out, mdw_error *err)
{
    reader r;
    mdw_status s =
        list_record(dump, MDW_STREAM_UNLOADED_MODULE_LIST, index, &r, err);
    if (s)
        return s;
    mdw_raw_unloaded m = MDW_INIT(mdw_raw_unloaded);
    m.offset = r.origin;
    uint64_t base = reader_u64(&r);
    m.range = range_make(base, reader_u32(&r));
    m.checksum = reader_u32(&r);
    m.timestamp = reader_u32(&r);
    m.name = field_string(dump, reader_u32(&r), &m.damage, MDW_DAMAGE_NAME);
    s = reader_status(&r, "MINIDUMP_UNLOADED_MODULE", err);
    return s ? s : record_write(out, &m, sizeof m);
}
