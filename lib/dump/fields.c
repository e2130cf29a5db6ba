/* lib/dump/fields.c - the fields that many records have: strings, locations,
 * GUIDs. */
#include "lib/dump/dump.h"

mdw_bytes field_counted(const mdw_dump *dump, uint64_t offset, uint32_t *damage,
                        uint32_t flag)
{
    mdw_bytes none = {NULL, 0};
    if (!offset)
        return none;
    reader r = reader_sub(&dump->file, offset, 4);
    uint32_t len = reader_u32(&r);
    reader text = reader_sub(&dump->file, r.bad ? 0 : offset + 4, len);
    if (!r.bad && !text.bad)
        return text.bytes;
    *damage |= flag;
    return none;
}

mdw_utf16 field_string(const mdw_dump *dump, uint64_t offset, uint32_t *damage,
                       uint32_t flag)
{
    mdw_bytes b = field_counted(dump, offset, damage, flag);
    return (mdw_utf16){b.data, b.len & ~(size_t)1, dump->file.big_endian};
}

mdw_bytes field_location(const mdw_dump *dump, reader *r, uint32_t *damage,
                         uint32_t flag, uint64_t *offset)
{
    uint64_t size = reader_u32(r);
    uint64_t at = reader_u32(r);
    if (offset)
        *offset = at;
    if (!size)
        return (mdw_bytes){NULL, 0};
    reader sub = reader_sub(&dump->file, at, size);
    if (!sub.bad && at)
        return sub.bytes;
    *damage |= flag;
    return (mdw_bytes){NULL, 0};
}

mdw_bytes field_head(const mdw_dump *dump, uint64_t offset, uint64_t size,
                     uint32_t *damage, uint32_t flag)
{
    uint64_t len = dump->file.bytes.len;
    uint64_t left = offset < len ? len - offset : 0;
    if (size > left || (!offset && size))
        *damage |= flag;
    if (!offset || !left)
        return (mdw_bytes){NULL, 0};
    return reader_sub(&dump->file, offset, size < left ? size : left).bytes;
}

mdw_utf16 field_utf16(reader *r, uint64_t size)
{
    uint64_t left = reader_left(r);
    mdw_bytes all = reader_bytes(r, size < left ? size : left);
    reader text = reader_at(all, 0, 0, r->big_endian);
    size_t len = 0;
    while (reader_left(&text) >= 2 && reader_u16(&text))
        len = text.pos;
    return (mdw_utf16){all.data, len, r->big_endian};
}

void field_guid(reader *r, uint8_t out[16])
{
    static const unsigned parts[] = {4, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        uint64_t value = reader_uint(r, parts[i]);
        for (unsigned left = parts[i]; left--;)
            *out++ = (uint8_t)(value >> 8 * left);
    }
}
