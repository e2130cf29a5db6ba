/* lib/dump/mozilla.c - Mozilla's streams: macOS crash information, boot
 * arguments, the dump writer's own errors. */
#include "lib/base/str.h"
#include "lib/dump/dump.h"

/* MozMacosCrashInfo: uint32 type, uint32 count, uint32 size of a record's fixed
 * part, then 20 locations. */
static mdw_status open_records(const mdw_dump *dump, reader *out,
                               uint64_t *count, uint64_t *fixed, mdw_error *err)
{
    mdw_status s = stream_open(dump, MDW_STREAM_MOZ_MACOS_CRASH_INFO, out, err);
    if (s)
        return s;
    reader_skip(out, 4); /* type */
    *count = reader_u32(out);
    *fixed = reader_u32(out);
    uint64_t room = reader_left(out) / LOCATION_SIZE;
    if (room > MAC_CRASH_MAX)
        room = MAC_CRASH_MAX;
    if (*count > room)
        *count = room;
    return reader_status(out, "MozMacosCrashInfo", err);
}

size_t mdw_dump_mac_crash_count(const mdw_dump *dump)
{
    reader r;
    uint64_t count = 0, fixed;
    return open_records(dump, &r, &count, &fixed, NULL) ? 0 : (size_t)count;
}

/* Version 4 added two fields, version 5 one. */
static void read_fixed(reader *r, mdw_raw_mac_crash *m)
{
    reader_skip(r, 8); /* stream type */
    m->version = reader_u64(r);
    if (m->version >= 4) {
        m->thread = reader_u64(r);
        m->dialog_mode = reader_u64(r);
    }
    if (m->version >= 5)
        m->abort_cause = reader_u64(r);
}

mdw_status mdw_dump_mac_crash(const mdw_dump *dump, size_t index,
                              mdw_raw_mac_crash *out, mdw_error *err)
{
    reader r;
    uint64_t count, fixed;
    uint32_t damage = 0;
    mdw_raw_mac_crash m = MDW_INIT(mdw_raw_mac_crash);
    mdw_status s = open_records(dump, &r, &count, &fixed, err);
    if (s)
        return s;
    if (index >= count)
        return fail_at(err, MDW_E_ARG, r.stream, r.origin, index,
                       "MozMacosCrashInfo");
    reader_skip(&r, index * LOCATION_SIZE); /* index < 20 */
    mdw_bytes bytes = field_location(dump, &r, &damage, 1, &m.offset);
    reader record = reader_at(bytes, m.offset, r.stream, r.big_endian);
    reader head = reader_sub(&record, 0, fixed);
    read_fixed(&head, &m);
    s = reader_status(&head, "MozMacosCrashInfoRecord", err);
    if (s)
        return s;
    reader_skip(&record, fixed);
    mdw_str rest = str_from(reader_bytes(&record, reader_left(&record)));
    mdw_str *const texts[] = {&m.module, &m.message, &m.signature, &m.backtrace,
                              &m.message2};
    for (size_t i = 0; i < sizeof texts / sizeof(mdw_str *); i++)
        if (!str_split(&rest, '\0', texts[i]))
            break;
    return record_write(out, &m, sizeof m);
}

/* MozMacosBootargs: uint32 type, uint64 offset of a string. */
mdw_status mdw_dump_mac_bootargs(const mdw_dump *dump, mdw_utf16 *out,
                                 mdw_error *err)
{
    reader r;
    mdw_status s = stream_open(dump, MDW_STREAM_MOZ_MACOS_BOOTARGS, &r, err);
    if (s)
        return s;
    uint32_t damage = 0;
    reader_skip(&r, 4); /* type */
    mdw_utf16 text = field_string(dump, reader_u64(&r), &damage, 1);
    r.bad = r.bad || damage;
    s = reader_status(&r, "MozMacosBootargs", err);
    if (!s)
        *out = text;
    return s;
}

mdw_status mdw_dump_soft_errors(const mdw_dump *dump, mdw_str *out,
                                mdw_error *err)
{
    reader r;
    mdw_status s = stream_open(dump, MDW_STREAM_MOZ_SOFT_ERRORS, &r, err);
    if (!s)
        *out = str_from(r.bytes);
    return s;
}
