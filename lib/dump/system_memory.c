/* lib/dump/system_memory.c - SystemMemoryInfoStream. */
#include "lib/dump/dump.h"

/* MINIDUMP_SYSTEM_BASIC_INFORMATION, 52 bytes. */
static void read_basic(reader *r, mdw_raw_system_memory *m)
{
    m->timer_resolution = reader_u32(r);
    m->page_size = reader_u32(r);
    m->physical_pages = reader_u32(r);
    m->lowest_page = reader_u32(r);
    m->highest_page = reader_u32(r);
    m->allocation_granularity = reader_u32(r);
    m->min_address = reader_u64(r);
    m->max_address = reader_u64(r);
    m->affinity = reader_u64(r);
    m->processors = reader_u32(r);
}

/* MINIDUMP_SYSTEM_FILECACHE_INFORMATION, 60 bytes. */
static void read_cache(reader *r, mdw_raw_system_memory *m)
{
    m->cache_size = reader_u64(r);
    m->cache_peak = reader_u64(r);
    m->cache_faults = reader_u32(r);
    m->cache_min = reader_u64(r);
    m->cache_max = reader_u64(r);
    m->cache_transition = reader_u64(r);
    m->cache_transition_peak = reader_u64(r);
    m->cache_repurposed = reader_u32(r);
    m->cache_flags = reader_u32(r);
}

/* MINIDUMP_SYSTEM_BASIC_PERFORMANCE_INFORMATION, 32 bytes, and
 * MINIDUMP_SYSTEM_PERFORMANCE_INFORMATION, 344. */
static void read_performance(reader *r, mdw_raw_system_memory *m)
{
    m->available_pages = reader_u64(r);
    m->committed_pages = reader_u64(r);
    m->commit_limit = reader_u64(r);
    m->peak_commitment = reader_u64(r);
    m->idle_time = reader_u64(r);
    m->read_bytes = reader_u64(r);
    m->write_bytes = reader_u64(r);
    m->other_bytes = reader_u64(r);
    for (size_t i = 0; i < MDW_SYSTEM_PERFORMANCE_COUNTERS; i++)
        m->counters[i] = reader_u32(r);
    m->dirty_pages = reader_u64(r);
    m->dirty_threshold = reader_u64(r);
    m->resident_available = (int64_t)reader_u64(r);
    m->shared_committed = reader_u64(r);
}

mdw_status mdw_dump_system_memory(const mdw_dump *dump,
                                  mdw_raw_system_memory *out, mdw_error *err)
{
    reader r;
    mdw_status s = stream_open(dump, MDW_STREAM_SYSTEM_MEMORY_INFO, &r, err);
    if (s)
        return s;
    mdw_raw_system_memory m = MDW_INIT(mdw_raw_system_memory);
    m.offset = r.origin;
    m.revision = reader_u16(&r);
    m.flags = reader_u16(&r);
    read_basic(&r, &m);
    read_cache(&r, &m);
    read_performance(&r, &m);
    s = reader_status(&r, "MINIDUMP_SYSTEM_MEMORY_INFO_1", err);
    return s ? s : record_write(out, &m, sizeof m);
}
