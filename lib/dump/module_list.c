/* lib/dump/module_list.c - ModuleListStream and its version records. */
#include "lib/base/range.h"
#include "lib/dump/list.h"

size_t mdw_dump_module_count(const mdw_dump *dump)
{
    return list_count(dump, MDW_STREAM_MODULE_LIST);
}

mdw_status mdw_dump_module(const mdw_dump *dump, size_t index,
                           mdw_raw_module *out, mdw_error *err)
{
    reader r;
    mdw_status s = list_record(dump, MDW_STREAM_MODULE_LIST, index, &r, err);
    if (s)
        return s;
    mdw_raw_module m = MDW_INIT(mdw_raw_module);
    m.offset = r.origin;
    uint64_t base = reader_u64(&r);
    m.range = range_make(base, reader_u32(&r));
    m.checksum = reader_u32(&r);
    m.timestamp = reader_u32(&r);
    m.name = field_string(dump, reader_u32(&r), &m.damage, MDW_DAMAGE_NAME);
    m.version = reader_bytes(&r, VERSION_SIZE);
    m.cv = field_location(dump, &r, &m.damage, MDW_DAMAGE_CV, &m.cv_offset);
    m.misc = field_location(dump, &r, &m.damage, MDW_DAMAGE_MISC, NULL);
    reader_skip(&r, 16); /* Reserved0, Reserved1 */
    s = reader_status(&r, "MINIDUMP_MODULE", err);
    return s ? s : record_write(out, &m, sizeof m);
}

/* VS_FIXEDFILEINFO, 52 bytes; writers without one leave zeros. */
mdw_status mdw_dump_version(const mdw_dump *dump, mdw_bytes version,
                            mdw_raw_version *out)
{
    static const uint32_t signature = 0xFEEF04BD;
    reader r =
        reader_at(version, 0, MDW_STREAM_MODULE_LIST, dump->file.big_endian);
    if (reader_u32(&r) != signature)
        return MDW_ABSENT;
    mdw_raw_version v = MDW_INIT(mdw_raw_version);
    v.struct_version = reader_u32(&r);
    v.file_hi = reader_u32(&r);
    v.file_lo = reader_u32(&r);
    v.product_hi = reader_u32(&r);
    v.product_lo = reader_u32(&r);
    v.flags_mask = reader_u32(&r);
    v.flags = reader_u32(&r);
    v.os = reader_u32(&r);
    v.type = reader_u32(&r);
    v.subtype = reader_u32(&r);
    v.date_hi = reader_u32(&r);
    v.date_lo = reader_u32(&r);
    return r.bad ? MDW_E_TRUNCATED : record_write(out, &v, sizeof v);
}
