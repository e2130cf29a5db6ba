/* lib/dump/function_table.c - FunctionTableStream: unwind tables that the
 * program registered while it ran. */
#include "lib/dump/list.h"

/* MINIDUMP_FUNCTION_TABLE_STREAM. */
struct head {
    uint64_t descriptor, native, entry; /* bytes */
    uint64_t count;
    uint64_t start; /* of the first descriptor, in the stream */
};

static mdw_status read_head(const mdw_dump *dump, reader *at, struct head *out,
                            mdw_error *err)
{
    mdw_status s = stream_open(dump, MDW_STREAM_FUNCTION_TABLE, at, err);
    if (s)
        return s;
    reader r = *at;
    uint64_t header = reader_u32(&r);
    out->descriptor = reader_u32(&r);
    out->native = reader_u32(&r);
    out->entry = reader_u32(&r);
    out->count = reader_u32(&r);
    uint64_t pad = reader_u32(&r);
    out->start = (header < r.pos ? r.pos : header) + pad; /* < 2^33 */
    s = reader_status(&r, "MINIDUMP_FUNCTION_TABLE_STREAM", err);
    if (!s && out->descriptor < FUNCTION_TABLE_SIZE)
        return fail_at(err, MDW_E_RANGE, MDW_STREAM_FUNCTION_TABLE,
                       at->origin + 4, out->descriptor,
                       "MINIDUMP_FUNCTION_TABLE_STREAM.SizeOfDescriptor");
    return s;
}

/* What of `size` bytes is left in `r`. */
static mdw_bytes take(reader *r, uint64_t size, uint32_t *damage)
{
    uint64_t left = reader_left(r);
    if (size > left)
        *damage |= MDW_DAMAGE_DATA;
    return reader_bytes(r, size < left ? size : left);
}

/* MINIDUMP_FUNCTION_TABLE_DESCRIPTOR, the native descriptor, the entries and
 * padding. Moves `offset` to the next; UINT64_MAX where there is none. */
static mdw_status read_table(const reader *at, const struct head *h,
                             uint64_t *offset, mdw_raw_function_table *t,
                             mdw_error *err)
{
    uint64_t len = at->bytes.len;
    uint64_t start = *offset < len ? *offset : len;
    reader r = reader_sub(at, start, len - start);
    *offset = UINT64_MAX;
    reader record = reader_sub(&r, 0, h->descriptor);
    t->offset = r.origin;
    t->min_address = reader_u64(&record);
    t->max_address = reader_u64(&record);
    t->base_address = reader_u64(&record);
    t->entry_count = reader_u32(&record);
    uint64_t pad = reader_u32(&record);
    mdw_status s =
        reader_status(&record, "MINIDUMP_FUNCTION_TABLE_DESCRIPTOR", err);
    if (s)
        return s;
    reader_skip(&r, h->descriptor);
    t->entry_size = (uint32_t)h->entry; /* was 32 bits in the file */
    t->native = take(&r, h->native, &t->damage);
    t->entries = take(&r, t->entry_count * h->entry, &t->damage); /* < 2^64 */
    if (pad <= reader_left(&r))
        *offset = start + r.pos + pad;
    return MDW_OK;
}

mdw_status mdw_dump_function_table_next(const mdw_dump *dump, mdw_cursor *at,
                                        mdw_raw_function_table *out,
                                        mdw_error *err)
{
    reader r = {0};
    struct head h = {0};
    mdw_status s = read_head(dump, &r, &h, err);
    bool past = at->index && at->offset >= r.bytes.len;
    if (s == MDW_ABSENT || past || (!s && at->index >= h.count))
        return MDW_END;
    uint64_t offset = at->index++ ? at->offset : h.start;
    at->offset = UINT64_MAX;
    if (s)
        return s;
    mdw_raw_function_table t = MDW_INIT(mdw_raw_function_table);
    s = read_table(&r, &h, &offset, &t, err);
    at->offset = offset;
    return s ? s : record_write(out, &t, sizeof t);
}

mdw_status function_table_list(const mdw_dump *dump, list *out, mdw_error *err)
{
    struct head h = {0};
    *out = (list){0};
    mdw_status s = read_head(dump, &out->at, &h, err);
    if (s)
        return s;
    out->promised = h.count;
    out->start = h.start;
    uint64_t offset = h.start;
    mdw_raw_function_table t = {0};
    while (out->present < h.count && offset < out->at.bytes.len &&
           !read_table(&out->at, &h, &offset, &t, NULL))
        out->present++;
    return MDW_OK;
}
