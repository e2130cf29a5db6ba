/* tools/dump_system.c - the machine, the process, comments, counters. */
#include <stdio.h>

#include "tools/dump.h"

static mdw_str bounded(const char *text, size_t most)
{
    size_t len = 0;
    while (len < most && text[len])
        len++;
    return (mdw_str){text, len};
}

void dump_system(printer *p)
{
    mdw_raw_system s = MDW_INIT(mdw_raw_system);
    mdw_error err = {.code = MDW_OK};
    if (!readable(p, mdw_dump_system(p->dump, &s, &err), &err))
        return;
    show_named(p, "processor", s.arch, mdw_processor_name(s.arch));
    show_unsigned(p, "processor level", s.level);
    show_hex(p, "processor revision", s.revision);
    show_unsigned(p, "processors", s.cpu_count);
    show_constant(p, "product type", MDW_CONSTANT_PRODUCT_TYPE, s.product_type);
    show_unsigned(p, "major version", s.major);
    show_unsigned(p, "minor version", s.minor);
    show_unsigned(p, "build", s.build);
    show_named(p, "platform", s.platform, mdw_platform_name(s.platform));
    show_constant(p, "suite mask", MDW_CONSTANT_SUITE_MASK, s.suite_mask);
    show_wide(p, "service pack", s.csd);
    show_bytes(p, "cpu", s.cpu);
    heading(p, "cpu, read as x86");
    show_text(p, "vendor", bounded(s.vendor, sizeof s.vendor));
    show_hex(p, "version", s.x86_version);
    show_hex(p, "features", s.x86_features);
    show_hex(p, "AMD features", s.amd_features);
    leave(p);
    heading(p, "cpu, read as ARM");
    show_hex(p, "cpuid", s.arm_cpuid);
    show_hex(p, "hwcaps", s.arm_hwcaps);
    leave(p);
    heading(p, "cpu, read as any other");
    show_hex(p, "features", s.features[0]);
    show_hex(p, "more features", s.features[1]);
    leave(p);
    show_damage(p, s.damage);
}

/* SYSTEMTIME: year, month, day of week, day, hour, minute, second, ms. */
static void show_date(const printer *p, const char *name,
                      const uint16_t date[8])
{
    char text[96];
    int len = snprintf(text, sizeof text,
                       "year %u, month %u, weekday %u, day %u, "
                       "%02u:%02u:%02u.%03u",
                       date[0], date[1], date[2], date[3], date[4], date[5],
                       date[6], date[7]);
    show_word(p, name, len > 0 ? text : "?");
}

static void show_time_zone(printer *p, const mdw_raw_time_zone *z)
{
    heading(p, "time zone");
    show_signed(p, "bias in minutes", z->bias);
    show_wide(p, "standard name", z->standard_name);
    show_date(p, "standard date", z->standard_date);
    show_signed(p, "standard bias", z->standard_bias);
    show_wide(p, "daylight name", z->daylight_name);
    show_date(p, "daylight date", z->daylight_date);
    show_signed(p, "daylight bias", z->daylight_bias);
    leave(p);
}

static void show_xstate(printer *p, const mdw_raw_misc *m)
{
    heading(p, "xstate");
    show_unsigned(p, "size of info", m->xstate_size);
    show_unsigned(p, "context size", m->xstate_context_size);
    show_hex(p, "features", m->xstate_features);
    for (unsigned i = 0; i < 64; i++) {
        if (!(m->xstate_features >> i & 1))
            continue;
        char text[64];
        int len = snprintf(text, sizeof text, "offset %lu, size %lu",
                           (unsigned long)m->xstate[i].offset,
                           (unsigned long)m->xstate[i].size);
        show_named(p, "feature", i, len > 0 ? text : "?");
    }
    leave(p);
}

void dump_misc(printer *p)
{
    mdw_raw_misc m = MDW_INIT(mdw_raw_misc);
    mdw_error err = {.code = MDW_OK};
    if (!readable(p, mdw_dump_misc(p->dump, &m, &err), &err))
        return;
    show_unsigned(p, "version", m.version);
    show_unsigned(p, "size of info", m.size_of_info);
    show_constant(p, "flags", MDW_CONSTANT_MISC_FLAGS, m.flags);
    show_unsigned(p, "process id", m.pid);
    show_time(p, "create time", m.create_time);
    show_unsigned(p, "user time", m.user_time);
    show_unsigned(p, "kernel time", m.kernel_time);
    if (m.version < 2)
        return;
    show_unsigned(p, "max MHz", m.max_mhz);
    show_unsigned(p, "current MHz", m.current_mhz);
    show_unsigned(p, "MHz limit", m.limit_mhz);
    show_unsigned(p, "max idle state", m.max_idle);
    show_unsigned(p, "current idle state", m.current_idle);
    if (m.version < 3)
        return;
    show_hex(p, "integrity level", m.integrity_level);
    show_hex(p, "execute flags", m.execute_flags);
    show_unsigned(p, "protected process", m.protected_process);
    show_unsigned(p, "time zone id", m.time_zone_id);
    show_time_zone(p, &m.time_zone);
    if (m.version < 4)
        return;
    show_wide(p, "build", m.build);
    show_wide(p, "debug build", m.debug_build);
    if (m.version < 5)
        return;
    show_xstate(p, &m);
    show_hex(p, "cookie", m.cookie);
}

void dump_comment(printer *p)
{
    mdw_str text;
    mdw_error err = {.code = MDW_OK};
    if (readable(p, mdw_dump_comment(p->dump, &text, &err), &err))
        show_text(p, "comment", text);
}

void dump_comment_wide(printer *p)
{
    mdw_utf16 text;
    mdw_error err = {.code = MDW_OK};
    if (readable(p, mdw_dump_comment_wide(p->dump, &text, &err), &err))
        show_wide(p, "comment", text);
}

static void show_basic(printer *p, const mdw_raw_system_memory *s)
{
    show_unsigned(p, "timer resolution", s->timer_resolution);
    show_unsigned(p, "page size", s->page_size);
    show_unsigned(p, "physical pages", s->physical_pages);
    show_hex(p, "lowest page", s->lowest_page);
    show_hex(p, "highest page", s->highest_page);
    show_unsigned(p, "allocation granularity", s->allocation_granularity);
    show_hex(p, "lowest address", s->min_address);
    show_hex(p, "highest address", s->max_address);
    show_hex(p, "affinity", s->affinity);
    show_unsigned(p, "processors", s->processors);
}

static void show_cache(printer *p, const mdw_raw_system_memory *s)
{
    show_unsigned(p, "cache bytes", s->cache_size);
    show_unsigned(p, "cache peak", s->cache_peak);
    show_unsigned(p, "cache faults", s->cache_faults);
    show_unsigned(p, "cache minimum", s->cache_min);
    show_unsigned(p, "cache maximum", s->cache_max);
    show_unsigned(p, "cache in transition", s->cache_transition);
    show_unsigned(p, "cache in transition, peak", s->cache_transition_peak);
    show_unsigned(p, "cache repurposed", s->cache_repurposed);
    show_hex(p, "cache flags", s->cache_flags);
}

void dump_system_memory(printer *p)
{
    mdw_raw_system_memory s = MDW_INIT(mdw_raw_system_memory);
    mdw_error err = {.code = MDW_OK};
    if (!readable(p, mdw_dump_system_memory(p->dump, &s, &err), &err))
        return;
    show_unsigned(p, "revision", s.revision);
    show_hex(p, "flags", s.flags);
    show_basic(p, &s);
    show_cache(p, &s);
    show_unsigned(p, "available pages", s.available_pages);
    show_unsigned(p, "committed pages", s.committed_pages);
    show_unsigned(p, "commit limit", s.commit_limit);
    show_unsigned(p, "peak commitment", s.peak_commitment);
    show_duration(p, "idle time", s.idle_time);
    show_unsigned(p, "bytes read", s.read_bytes);
    show_unsigned(p, "bytes written", s.write_bytes);
    show_unsigned(p, "other bytes", s.other_bytes);
    heading(p, "counters");
    for (size_t i = 0; i < MDW_SYSTEM_PERFORMANCE_COUNTERS; i++) {
        const char *name = mdw_system_counter_name(i);
        show_unsigned(p, name ? name : "?", s.counters[i]);
    }
    leave(p);
    show_unsigned(p, "dirty pages", s.dirty_pages);
    show_unsigned(p, "dirty threshold", s.dirty_threshold);
    show_signed(p, "resident available pages", s.resident_available);
    show_unsigned(p, "shared committed pages", s.shared_committed);
}

void dump_vm_counters(printer *p)
{
    mdw_raw_vm_counters v = MDW_INIT(mdw_raw_vm_counters);
    mdw_error err = {.code = MDW_OK};
    if (!readable(p, mdw_dump_vm_counters(p->dump, &v, &err), &err))
        return;
    show_unsigned(p, "revision", v.revision);
    show_unsigned(p, "page faults", v.page_faults);
    show_unsigned(p, "working set, peak", v.peak_working_set);
    show_unsigned(p, "working set", v.working_set);
    show_unsigned(p, "paged pool, peak", v.peak_paged_pool);
    show_unsigned(p, "paged pool", v.paged_pool);
    show_unsigned(p, "nonpaged pool, peak", v.peak_nonpaged_pool);
    show_unsigned(p, "nonpaged pool", v.nonpaged_pool);
    show_unsigned(p, "page file", v.pagefile);
    show_unsigned(p, "page file, peak", v.peak_pagefile);
    show_unsigned(p, "private usage", v.private_usage);
    if (v.revision < 2)
        return;
    show_hex(p, "flags", v.flags);
    show_unsigned(p, "virtual size, peak", v.peak_virtual);
    show_unsigned(p, "virtual size", v.virtual_size);
    show_unsigned(p, "private working set", v.private_working_set);
    show_unsigned(p, "shared commit", v.shared_commit);
    show_unsigned(p, "job shared commit", v.job_shared_commit);
    show_unsigned(p, "job private commit", v.job_private_commit);
    show_unsigned(p, "job private commit, peak", v.job_peak_private_commit);
    show_unsigned(p, "job private commit limit", v.job_private_limit);
    show_unsigned(p, "job total commit limit", v.job_total_limit);
}
