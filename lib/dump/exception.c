/* lib/dump/exception.c - ExceptionStream, of which there may be several. */
#include "lib/dump/dump.h"

size_t mdw_dump_exception_count(const mdw_dump *dump)
{
    return dump->exception_count;
}

/* MINIDUMP_EXCEPTION_STREAM: thread, then MINIDUMP_EXCEPTION (152 bytes), then
 * the context's location. */
mdw_status mdw_dump_exception(const mdw_dump *dump, size_t index,
                              mdw_raw_exception *out, mdw_error *err)
{
    if (index >= dump->exception_count)
        return dump->exception_count
                   ? fail_at(err, MDW_E_ARG, MDW_STREAM_EXCEPTION, 0, index,
                             "MINIDUMP_EXCEPTION_STREAM")
                   : MDW_ABSENT;
    reader r = stream_reader(dump, &dump->exceptions[index]);
    mdw_raw_exception e = MDW_INIT(mdw_raw_exception);
    e.offset = r.origin;
    e.thread_id = reader_u32(&r);
    reader_skip(&r, 4); /* alignment */
    e.code = reader_u32(&r);
    e.flags = reader_u32(&r);
    e.nested = reader_u64(&r);
    e.address = reader_u64(&r);
    uint32_t count = reader_u32(&r);
    e.info_count = count < EXCEPTION_INFO_MAX ? count : EXCEPTION_INFO_MAX;
    reader_skip(&r, 4); /* alignment */
    for (size_t i = 0; i < EXCEPTION_INFO_MAX; i++)
        e.info[i] = reader_u64(&r);
    e.context = field_location(dump, &r, &e.damage, MDW_DAMAGE_CONTEXT,
                               &e.context_offset);
    mdw_status s = reader_status(&r, "MINIDUMP_EXCEPTION_STREAM", err);
    return s ? s : record_write(out, &e, sizeof e);
}
