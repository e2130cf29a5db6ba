/* lib/dump/thread_list.c - ThreadListStream and ThreadExListStream. */
#include "lib/dump/list.h"

/* MINIDUMP_MEMORY_DESCRIPTOR of a stack. Offset 0 is what full dumps have: the
 * bytes are in the memory lists. A cut stack keeps its head, where the newest
 * frames are. */
static mdw_bytes read_stack(const mdw_dump *dump, reader *r, uint64_t *addr,
                            uint64_t *size, uint32_t *damage, uint32_t flag)
{
    *addr = reader_u64(r);
    uint64_t len = reader_u32(r);
    uint64_t offset = reader_u32(r);
    if (size)
        *size = len;
    if (!offset)
        return (mdw_bytes){NULL, 0};
    return field_head(dump, offset, len, damage, flag);
}

static mdw_status read_thread(const mdw_dump *dump, uint32_t type, size_t index,
                              mdw_raw_thread *out, mdw_error *err)
{
    reader r;
    mdw_status s = list_record(dump, type, index, &r, err);
    if (s)
        return s;
    mdw_raw_thread t = MDW_INIT(mdw_raw_thread);
    t.offset = r.origin;
    t.id = reader_u32(&r);
    t.suspend_count = reader_u32(&r);
    t.priority_class = reader_u32(&r);
    t.priority = reader_u32(&r);
    t.teb = reader_u64(&r);
    t.stack = read_stack(dump, &r, &t.stack_addr, &t.stack_size, &t.damage,
                         MDW_DAMAGE_STACK);
    t.context = field_location(dump, &r, &t.damage, MDW_DAMAGE_CONTEXT,
                               &t.context_offset);
    if (type == MDW_STREAM_THREAD_EX_LIST)
        t.backing = read_stack(dump, &r, &t.backing_addr, NULL, &t.damage,
                               MDW_DAMAGE_BACKING);
    s = reader_status(&r, "MINIDUMP_THREAD", err);
    return s ? s : record_write(out, &t, sizeof t);
}

size_t mdw_dump_thread_count(const mdw_dump *dump)
{
    return list_count(dump, MDW_STREAM_THREAD_LIST);
}

mdw_status mdw_dump_thread(const mdw_dump *dump, size_t index,
                           mdw_raw_thread *out, mdw_error *err)
{
    return read_thread(dump, MDW_STREAM_THREAD_LIST, index, out, err);
}

size_t mdw_dump_thread_ex_count(const mdw_dump *dump)
{
    return list_count(dump, MDW_STREAM_THREAD_EX_LIST);
}

mdw_status mdw_dump_thread_ex(const mdw_dump *dump, size_t index,
                              mdw_raw_thread *out, mdw_error *err)
{
    return read_thread(dump, MDW_STREAM_THREAD_EX_LIST, index, out, err);
}
