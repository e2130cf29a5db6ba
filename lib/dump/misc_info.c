/* lib/dump/misc_info.c - MiscInfoStream, versions 1 to 5. */
#include "lib/dump/dump.h"

static const uint16_t sizes[] = {MISC_SIZE, MISC_2_SIZE, MISC_3_SIZE,
                                 MISC_4_SIZE, MISC_5_SIZE};

/* The newest version whose bytes are all there. */
static uint32_t version_of(uint64_t size)
{
    uint32_t version = 0;
    while (version < sizeof sizes / sizeof *sizes && sizes[version] <= size)
        version++;
    return version;
}

static void read_date(reader *r, uint16_t date[8])
{
    for (size_t i = 0; i < 8; i++)
        date[i] = reader_u16(r);
}

/* TIME_ZONE_INFORMATION: names are 32 UTF-16 units. */
static void read_zone(reader *r, mdw_raw_time_zone *z)
{
    z->bias = (int32_t)reader_u32(r);
    z->standard_name = field_utf16(r, 64);
    read_date(r, z->standard_date);
    z->standard_bias = (int32_t)reader_u32(r);
    z->daylight_name = field_utf16(r, 64);
    read_date(r, z->daylight_date);
    z->daylight_bias = (int32_t)reader_u32(r);
}

static void read_1(reader *r, mdw_raw_misc *m)
{
    m->size_of_info = reader_u32(r);
    m->flags = reader_u32(r);
    m->pid = reader_u32(r);
    m->create_time = reader_u32(r);
    m->user_time = reader_u32(r);
    m->kernel_time = reader_u32(r);
}

static void read_2(reader *r, mdw_raw_misc *m)
{
    m->max_mhz = reader_u32(r);
    m->current_mhz = reader_u32(r);
    m->limit_mhz = reader_u32(r);
    m->max_idle = reader_u32(r);
    m->current_idle = reader_u32(r);
}

static void read_3(reader *r, mdw_raw_misc *m)
{
    m->integrity_level = reader_u32(r);
    m->execute_flags = reader_u32(r);
    m->protected_process = reader_u32(r);
    m->time_zone_id = reader_u32(r);
    read_zone(r, &m->time_zone);
}

/* BuildString, 260 UTF-16 units; DbgBldStr, 40. */
static void read_4(reader *r, mdw_raw_misc *m)
{
    m->build = field_utf16(r, 520);
    m->debug_build = field_utf16(r, 80);
}

/* XSTATE_CONFIG_FEATURE_MSC_INFO, ProcessCookie. */
static void read_5(reader *r, mdw_raw_misc *m)
{
    m->xstate_size = reader_u32(r);
    m->xstate_context_size = reader_u32(r);
    m->xstate_features = reader_u64(r);
    for (size_t i = 0; i < 64; i++) {
        m->xstate[i].offset = reader_u32(r);
        m->xstate[i].size = reader_u32(r);
    }
    m->cookie = reader_u32(r);
}

static void (*const parts[])(reader *, mdw_raw_misc *) = {
    read_1, read_2, read_3, read_4, read_5};

mdw_status mdw_dump_misc(const mdw_dump *dump, mdw_raw_misc *out,
                         mdw_error *err)
{
    reader r;
    mdw_status s = stream_open(dump, MDW_STREAM_MISC_INFO, &r, err);
    if (s)
        return s;
    mdw_raw_misc m = MDW_INIT(mdw_raw_misc);
    m.offset = r.origin;
    reader head = r;
    uint64_t size = reader_u32(&head);
    if (size < MISC_SIZE || size > r.bytes.len)
        size = r.bytes.len;
    m.version = version_of(size);
    if (!m.version)
        return fail_at(err, MDW_E_TRUNCATED, MDW_STREAM_MISC_INFO, m.offset,
                       size, "MINIDUMP_MISC_INFO");
    for (size_t i = 0; i < m.version; i++)
        parts[i](&r, &m);
    return record_write(out, &m, sizeof m);
}
