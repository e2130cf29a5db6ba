/* lib/dump/list.c - the three framings of lists, in one place. */
#include "lib/dump/list.h"

/* Classic lists: uint32 count, then records; some writers put 4 bytes of
 * padding after the count, and the directory's size tells. Sized lists: uint32
 * size of the header, uint32 size of a record, count. Memory64List: uint64
 * count, uint64 offset of the data. */
static const struct kind {
    uint32_t type;
    bool sized;
    uint8_t count_at, count_size;
    uint8_t header;  /* bytes before the first record */
    uint16_t record; /* bytes; the least of them in sized lists */
    const char *what;
} kinds[] = {
    {MDW_STREAM_THREAD_LIST, false, 0, 4, 4, THREAD_SIZE,
     "MINIDUMP_THREAD_LIST"},
    {MDW_STREAM_MODULE_LIST, false, 0, 4, 4, MODULE_SIZE,
     "MINIDUMP_MODULE_LIST"},
    {MDW_STREAM_MEMORY_LIST, false, 0, 4, 4, MEMORY_SIZE,
     "MINIDUMP_MEMORY_LIST"},
    {MDW_STREAM_THREAD_EX_LIST, false, 0, 4, 4, THREAD_EX_SIZE,
     "MINIDUMP_THREAD_EX_LIST"},
    {MDW_STREAM_MEMORY64_LIST, false, 0, 8, MEMORY64_HEADER, MEMORY64_SIZE,
     "MINIDUMP_MEMORY64_LIST"},
    {MDW_STREAM_HANDLE_DATA, true, 8, 4, HANDLE_HEADER, HANDLE_SIZE,
     "MINIDUMP_HANDLE_DATA_STREAM"},
    {MDW_STREAM_UNLOADED_MODULE_LIST, true, 8, 4, UNLOADED_HEADER,
     UNLOADED_SIZE, "MINIDUMP_UNLOADED_MODULE_LIST"},
    {MDW_STREAM_MEMORY_INFO_LIST, true, 8, 8, MEMORY_INFO_HEADER,
     MEMORY_INFO_SIZE, "MINIDUMP_MEMORY_INFO_LIST"},
    {MDW_STREAM_THREAD_INFO_LIST, true, 8, 4, THREAD_INFO_HEADER,
     THREAD_INFO_SIZE, "MINIDUMP_THREAD_INFO_LIST"},
    {MDW_STREAM_THREAD_NAMES, false, 0, 4, 4, THREAD_NAME_SIZE,
     "MINIDUMP_THREAD_NAME_LIST"},
};
enum { PADDING = 4 };

static const struct kind *kind_of(uint32_t type)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (kinds[i].type == type)
            return &kinds[i];
    return NULL;
}

/* Where the records begin and how far apart they are; the stride 0 where the
 * sizes in the stream cannot be. */
static void framing(const struct kind *k, uint64_t size, list *l)
{
    l->start = k->header;
    l->stride = k->record;
    reader r = l->at;
    if (k->sized) {
        uint64_t header = reader_u32(&r);
        l->stride = reader_u32(&r);
        if (header >= (uint64_t)k->count_at + k->count_size)
            l->start = header;
        if (l->stride < k->record)
            l->stride = 0;
    } else if (k->count_size == 4) {
        uint64_t padded = k->header + PADDING + l->promised * k->record;
        if (size == padded) /* < 2^39 */
            l->start += PADDING;
    }
}

mdw_status list_open(const mdw_dump *dump, uint32_t type, list *out,
                     mdw_error *err)
{
    *out = (list){0};
    const struct kind *k = kind_of(type);
    if (!k)
        return fail_at(err, MDW_E_UNSUPPORTED, type, 0, type, "list");
    mdw_stream s = MDW_INIT(mdw_stream);
    mdw_status status = mdw_dump_stream(dump, type, &s, err);
    if (status)
        return status;
    out->at = stream_reader(dump, &s);
    reader r = out->at;
    reader_skip(&r, k->count_at);
    out->promised = reader_uint(&r, k->count_size);
    if (r.bad)
        return reader_status(&r, k->what, err);
    framing(k, s.promised, out);
    if (!out->stride)
        return fail_at(err, MDW_E_RANGE, type, s.offset + 4, 0, k->what);
    uint64_t len = s.data.len;
    uint64_t room = out->start < len ? (len - out->start) / out->stride : 0;
    out->present = out->promised < room ? out->promised : room;
    return MDW_OK;
}

mdw_status list_record(const mdw_dump *dump, uint32_t type, uint64_t index,
                       reader *out, mdw_error *err)
{
    list l;
    mdw_status s = list_open(dump, type, &l, err);
    if (s)
        return s;
    if (index >= l.present)
        return fail_at(err, index < l.promised ? MDW_E_TRUNCATED : MDW_E_ARG,
                       type, l.at.origin, index, kind_of(type)->what);
    /* below the stream's length, because index < present */
    *out = reader_sub(&l.at, l.start + index * l.stride, l.stride);
    return MDW_OK;
}

size_t list_count(const mdw_dump *dump, uint32_t type)
{
    list l;
    /* present records lie in memory, so their count is a size_t */
    return list_open(dump, type, &l, NULL) ? 0 : (size_t)l.present;
}

mdw_status mdw_dump_list(const mdw_dump *dump, uint32_t type, mdw_list *out,
                         mdw_error *err)
{
    list l;
    mdw_status s = type == MDW_STREAM_FUNCTION_TABLE
                       ? function_table_list(dump, &l, err)
                       : list_open(dump, type, &l, err);
    if (s)
        return s;
    mdw_list record = MDW_INIT(mdw_list);
    record.promised = l.promised;
    record.present = l.present;
    record.stride = l.stride;
    record.offset = l.at.origin + l.start;
    return record_write(out, &record, sizeof record);
}
