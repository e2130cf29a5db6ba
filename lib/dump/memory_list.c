/* lib/dump/memory_list.c - MemoryListStream, then Memory64ListStream, under one
 * cursor. */
#include "lib/base/ckd.h"
#include "lib/dump/list.h"

/* MINIDUMP_MEMORY_DESCRIPTOR: uint64 address, uint32 size, uint32 offset. */
static void read_descriptor(const mdw_dump *dump, reader *r, mdw_raw_memory *m)
{
    m->addr = reader_u64(r);
    m->range_size = reader_u32(r);
    m->offset = reader_u32(r);
    m->data =
        field_head(dump, m->offset, m->range_size, &m->damage, MDW_DAMAGE_DATA);
}

/* MINIDUMP_MEMORY_DESCRIPTOR64: uint64 address, uint64 size. The bytes of all
 * ranges lie end to end, so each one's end is where the next begins. */
static void read_descriptor64(const mdw_dump *dump, reader *r,
                              mdw_raw_memory *m, uint64_t *data)
{
    m->is_memory64 = true;
    m->addr = reader_u64(r);
    m->range_size = reader_u64(r);
    m->offset = *data;
    m->data =
        field_head(dump, m->offset, m->range_size, &m->damage, MDW_DAMAGE_DATA);
    if (ckd_add(data, *data, m->range_size))
        *data = UINT64_MAX; /* outside any file */
}

/* The offset of the first range's bytes. */
static uint64_t base_offset(const list *l)
{
    reader r = l->at;
    reader_skip(&r, 8);
    return reader_u64(&r);
}

mdw_status mdw_dump_memory_next(const mdw_dump *dump, mdw_cursor *at,
                                mdw_raw_memory *out, mdw_error *err)
{
    list classic, wide;
    list_open(dump, MDW_STREAM_MEMORY_LIST, &classic, NULL);
    mdw_raw_memory m = MDW_INIT(mdw_raw_memory);
    mdw_cursor next = *at;
    if (at->index < classic.present) {
        next.offset = classic.start + at->index * classic.stride;
        reader r = reader_sub(&classic.at, next.offset, classic.stride);
        read_descriptor(dump, &r, &m);
    } else {
        list_open(dump, MDW_STREAM_MEMORY64_LIST, &wide, NULL);
        uint64_t index = at->index - classic.present;
        if (index >= wide.present)
            return MDW_END;
        if (!index)
            next.data = base_offset(&wide);
        next.offset = wide.start + index * wide.stride;
        reader r = reader_sub(&wide.at, next.offset, wide.stride);
        read_descriptor64(dump, &r, &m, &next.data);
    }
    next.index++;
    mdw_status s = record_write(out, &m, sizeof m);
    if (s)
        return fail(err, s, "mdw_raw_memory");
    *at = next;
    return MDW_OK;
}
