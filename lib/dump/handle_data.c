/* lib/dump/handle_data.c - HandleDataStream and the chains of object
 * information behind its handles. */
#include "lib/dump/list.h"

size_t mdw_dump_handle_count(const mdw_dump *dump)
{
    return list_count(dump, MDW_STREAM_HANDLE_DATA);
}

mdw_status mdw_dump_handle(const mdw_dump *dump, size_t index,
                           mdw_raw_handle *out, mdw_error *err)
{
    reader r;
    mdw_status s = list_record(dump, MDW_STREAM_HANDLE_DATA, index, &r, err);
    if (s)
        return s;
    mdw_raw_handle h = MDW_INIT(mdw_raw_handle);
    h.offset = r.origin;
    h.handle = reader_u64(&r);
    h.type_name =
        field_string(dump, reader_u32(&r), &h.damage, MDW_DAMAGE_TYPE_NAME);
    h.object_name =
        field_string(dump, reader_u32(&r), &h.damage, MDW_DAMAGE_NAME);
    h.attributes = reader_u32(&r);
    h.granted_access = reader_u32(&r);
    h.handle_count = reader_u32(&r);
    h.pointer_count = reader_u32(&r);
    if (reader_left(&r) >= HANDLE_2_SIZE - HANDLE_SIZE)
        h.object_info = reader_u32(&r);
    s = reader_status(&r, "MINIDUMP_HANDLE_DESCRIPTOR", err);
    return s ? s : record_write(out, &h, sizeof h);
}

/* Chains are shorter than the list of information types; without an end, all
 * handles' chains together would take time that grows with the square of the
 * file. */
enum { CHAIN_MAX = 1024 };

/* Where the record at the cursor lies; 0 at the end of the chain. The cursor's
 * offset is that of the next record, and UINT64_MAX after the last. */
static uint64_t chain_at(const mdw_raw_handle *handle, const mdw_cursor *at)
{
    uint64_t offset = at->index ? at->offset : handle->object_info;
    return offset == UINT64_MAX ? 0 : offset;
}

mdw_status mdw_dump_handle_info_next(const mdw_dump *dump,
                                     const mdw_raw_handle *handle,
                                     mdw_cursor *at, mdw_raw_handle_info *out,
                                     mdw_error *err)
{
    uint64_t offset = chain_at(handle, at), index = at->index;
    if (!offset)
        return MDW_END;
    at->index++;
    at->offset = UINT64_MAX; /* whatever goes wrong ends the chain */
    if (index >= CHAIN_MAX || (index && offset == at->data))
        return fail_at(err, MDW_E_RANGE, MDW_STREAM_HANDLE_DATA, offset, index,
                       "MINIDUMP_HANDLE_OBJECT_INFORMATION.NextInfoRva");
    if (!(index & (index - 1)))
        at->data = offset; /* meets itself in a cycle of any length */
    reader r = reader_sub(&dump->file, offset, HANDLE_INFO_SIZE);
    r.stream = MDW_STREAM_HANDLE_DATA;
    mdw_raw_handle_info info = MDW_INIT(mdw_raw_handle_info);
    info.offset = offset;
    uint64_t next = reader_u32(&r);
    info.type = reader_u32(&r);
    uint64_t size = reader_u32(&r);
    mdw_status s = reader_status(&r, "MINIDUMP_HANDLE_OBJECT_INFORMATION", err);
    if (s)
        return s;
    info.data = field_head(dump, offset + HANDLE_INFO_SIZE, size, &info.damage,
                           MDW_DAMAGE_DATA);
    if (next)
        at->offset = next;
    return record_write(out, &info, sizeof info);
}
