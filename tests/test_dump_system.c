/* tests/test_dump_system.c - system, process, handles, function tables. */
#include "dump_cases.h"

static void check_system(const mdw_dump *dump, const synth_options *o)
{
    mdw_raw_system s = MDW_INIT(mdw_raw_system);
    CHECK(mdw_dump_system(dump, &s, NULL) == MDW_OK);
    CHECK_U64(s.arch, o->pointer == 4 ? 0 : 9);
    CHECK_U64(s.level, 6);
    CHECK_U64(s.revision, 0x0A05);
    CHECK_U64(s.cpu_count, 4);
    CHECK_U64(s.product_type, 1);
    CHECK(s.major == 10 && s.minor == 1 && s.build == 19045);
    CHECK_U64(s.platform, 0x8201);
    CHECK_U64(s.suite_mask, 0x100);
    CHECK(wide_is(s.csd, "Linux 6.1.0 x86_64") && !s.damage);
    CHECK_U64(s.cpu.len, 24);
    CHECK(!memcmp(s.vendor, "GenuineIntel", 12));
    CHECK_U64(s.x86_version, 0x000306A9);
    CHECK_U64(s.x86_features, 0xBFEBFBFF);
    CHECK_U64(s.amd_features, 7);
    CHECK_U64(s.arm_cpuid, 0x756E6547);
    CHECK_U64(s.arm_hwcaps, 0x49656E69);
    CHECK_U64(s.features[0],
              o->big_endian ? 0x756E654749656E69 : 0x49656E69756E6547);
    mdw_str text;
    mdw_utf16 wide;
    CHECK(mdw_dump_comment(dump, &text, NULL) == MDW_OK);
    CHECK(str_eq(text, "a comment"));
    CHECK(mdw_dump_comment_wide(dump, &wide, NULL) == MDW_OK);
    CHECK(wide_is(wide, "a wide one"));
}

/* The numbers of synth_misc_info in order; those of a later version are 0. */
static void check_misc_numbers(const mdw_raw_misc *m, unsigned version)
{
    const mdw_raw_time_zone *z = &m->time_zone;
    const uint64_t got[] = {
        m->flags,
        m->pid,
        m->create_time,
        m->user_time,
        m->kernel_time,
        m->max_mhz,
        m->current_mhz,
        m->limit_mhz,
        m->max_idle,
        m->current_idle,
        m->integrity_level,
        m->execute_flags,
        m->protected_process,
        m->time_zone_id,
        (uint64_t)z->bias,
        z->standard_date[0],
        z->standard_date[1],
        z->standard_date[2],
        z->standard_date[3],
        z->standard_date[4],
        z->standard_date[5],
        z->standard_date[6],
        z->standard_date[7],
        (uint64_t)z->standard_bias,
        z->daylight_date[0],
        z->daylight_date[1],
        z->daylight_date[2],
        z->daylight_date[3],
        z->daylight_date[4],
        z->daylight_date[5],
        z->daylight_date[6],
        z->daylight_date[7],
        (uint64_t)z->daylight_bias,
        m->xstate_size,
        m->xstate_context_size,
        m->xstate_features,
        m->xstate[0].offset,
        m->xstate[0].size,
    };
    static const size_t counts[] = {0, 5, 10, 33, 33, 38};
    for (size_t i = 0; i < sizeof got / sizeof *got; i++)
        CHECK_U64(got[i], i < counts[version] ? 0x1000 + i : 0);
    CHECK_U64(m->xstate[63].size, version < 5 ? 0 : 0x10A3);
    CHECK_U64(m->cookie, version < 5 ? 0 : 0x10A4);
    CHECK(wide_is(z->standard_name, version < 3 ? "" : "STD"));
    CHECK(wide_is(z->daylight_name, version < 3 ? "" : "DST"));
    CHECK(wide_is(m->build, version < 4 ? "" : "build"));
    CHECK(wide_is(m->debug_build, version < 4 ? "" : "debug"));
}

static const struct {
    const char *name;
    unsigned written;
    uint32_t cut, longer, size_of_info; /* 0: as it is */
    unsigned version;
} miscs[] = {
    {"version 1", 1, 0, 0, 0, 1},
    {"version 2", 2, 0, 0, 0, 2},
    {"version 3", 3, 0, 0, 0, 3},
    {"version 4", 4, 0, 0, 0, 4},
    {"version 5", 5, 0, 0, 0, 5},
    {"a later one", 5, 0, 100, 1468, 5},
    {"one as C has it", 5, 0, 4, 1368, 5},
    {"a cut one is an older one", 5, 1, 0, 0, 4},
    {"its own size is the smaller", 5, 0, 0, 232, 3},
    {"its own size cannot be", 2, 0, 0, 3, 2},
    {"less than the first", 1, 1, 0, 0, 0},
};

static void check_misc(bool big_endian)
{
    for (size_t i = 0; i < sizeof miscs / sizeof *miscs; i++) {
        t_case = miscs[i].name;
        synth *s = synth_new(big_endian), *t = synth_new(big_endian);
        synth_misc_info(t, miscs[i].written);
        mdw_bytes b = synth_finish(t);
        size_t start = synth_here(s);
        synth_begin(s, 15);
        put_bytes(s, b.data + start, b.len - start - miscs[i].cut);
        put_zeros(s, miscs[i].longer);
        synth_end(s);
        b = synth_finish(s);
        uint8_t *file = malloc(b.len);
        memcpy(file, b.data, b.len);
        for (size_t j = 0; miscs[i].size_of_info && j < 4; j++)
            file[start + (big_endian ? 3 - j : j)] =
                (uint8_t)(miscs[i].size_of_info >> 8 * j);
        mdw_dump *dump = dump_of((mdw_bytes){file, b.len});
        mdw_raw_misc m = MDW_INIT(mdw_raw_misc);
        CHECK(mdw_dump_misc(dump, &m, NULL) ==
              (miscs[i].version ? MDW_OK : MDW_E_TRUNCATED));
        CHECK_U64(m.version, miscs[i].version);
        check_misc_numbers(&m, miscs[i].version);
        mdw_dump_close(dump);
        free(file);
        synth_free(s);
        synth_free(t);
    }
}

static void check_memory_numbers(const mdw_dump *dump, const synth_options *o)
{
    (void)o;
    mdw_raw_system_memory m = MDW_INIT(mdw_raw_system_memory);
    CHECK(mdw_dump_system_memory(dump, &m, NULL) == MDW_OK);
    const uint64_t got[] = {
        m.revision,
        m.flags,
        m.timer_resolution,
        m.page_size,
        m.physical_pages,
        m.lowest_page,
        m.highest_page,
        m.allocation_granularity,
        m.min_address,
        m.max_address,
        m.affinity,
        m.processors,
        m.cache_size,
        m.cache_peak,
        m.cache_faults,
        m.cache_min,
        m.cache_max,
        m.cache_transition,
        m.cache_transition_peak,
        m.cache_repurposed,
        m.cache_flags,
        m.available_pages,
        m.committed_pages,
        m.commit_limit,
        m.peak_commitment,
        m.idle_time,
        m.read_bytes,
        m.write_bytes,
        m.other_bytes,
    };
    for (size_t i = 0; i < sizeof got / sizeof *got; i++)
        CHECK_U64(got[i], 0x100 + i);
    for (size_t i = 0; i < MDW_SYSTEM_PERFORMANCE_COUNTERS; i++)
        CHECK_U64(m.counters[i], 0x200 + i);
    CHECK(m.dirty_pages == 0x300 && m.dirty_threshold == 0x301);
    CHECK(m.resident_available == 0x302 && m.shared_committed == 0x303);
}

static void check_vm(const mdw_dump *dump, const synth_options *o)
{
    mdw_raw_vm_counters c = MDW_INIT(mdw_raw_vm_counters);
    CHECK(mdw_dump_vm_counters(dump, &c, NULL) == MDW_OK);
    CHECK_U64(c.revision, o->dense ? 1 : 2);
    CHECK_U64(c.flags, o->dense ? 0 : 0x100);
    const uint64_t first[] = {
        c.page_faults,     c.peak_working_set, c.working_set,
        c.peak_paged_pool, c.paged_pool,       c.peak_nonpaged_pool,
        c.nonpaged_pool,   c.pagefile,         c.peak_pagefile};
    for (size_t i = 0; i < sizeof first / sizeof *first; i++)
        CHECK_U64(first[i], 0x101 + i);
    const uint64_t second[] = {c.peak_virtual,       c.virtual_size,
                               c.private_usage,      c.private_working_set,
                               c.shared_commit,      c.job_shared_commit,
                               c.job_private_commit, c.job_peak_private_commit,
                               c.job_private_limit,  c.job_total_limit};
    for (size_t i = 0; i < sizeof second / sizeof *second; i++)
        if (!o->dense)
            CHECK_U64(second[i], 0x10A + i);
    if (o->dense)
        CHECK_U64(c.private_usage, 0x10A);
}

static void check_handles(const mdw_dump *dump, const synth_options *o)
{
    mdw_raw_handle h = MDW_INIT(mdw_raw_handle);
    mdw_raw_handle_info info = MDW_INIT(mdw_raw_handle_info);
    mdw_cursor at = {0};
    CHECK_U64(mdw_dump_handle_count(dump), 2);
    CHECK(mdw_dump_handle(dump, 0, &h, NULL) == MDW_OK);
    CHECK_U64(h.handle, 0x44);
    CHECK(wide_is(h.type_name, "File") &&
          wide_is(h.object_name, "\\Device\\x"));
    CHECK(h.attributes == 10 && h.granted_access == 11);
    CHECK(h.handle_count == 12 && h.pointer_count == 13);
    if (!o->dense) {
        CHECK(mdw_dump_handle_info_next(dump, &h, &at, &info, NULL) == MDW_OK);
        CHECK(info.type == 1 && bytes_eq(info.data, "one", 3));
        CHECK(mdw_dump_handle_info_next(dump, &h, &at, &info, NULL) == MDW_OK);
        CHECK(info.type == 2 && bytes_eq(info.data, "four", 4));
    }
    CHECK(mdw_dump_handle_info_next(dump, &h, &at, &info, NULL) == MDW_END);
    CHECK(mdw_dump_handle_info_next(dump, &h, &at, &info, NULL) == MDW_END);
    CHECK(mdw_dump_handle(dump, 1, &h, NULL) == MDW_OK);
    CHECK(h.handle == 0x48 && h.attributes == 20 && !h.object_info);
    CHECK(wide_is(h.type_name, "Event") && !h.object_name.len && !h.damage);
    at = (mdw_cursor){0};
    CHECK(mdw_dump_handle_info_next(dump, &h, &at, &info, NULL) == MDW_END);
}

/* Chains of object information: each record's next, by number; 9: none. */
static const struct {
    const char *name;
    uint32_t next[4];
    size_t delivered; /* at most, before the chain is refused */
} chains[] = {
    {"to itself", {0}, 1},
    {"back to the first", {1, 2, 0}, 7},
    {"back to its middle", {1, 2, 3, 1}, 7},
    {"backwards is not back", {3, 9, 1, 2}, 4},
};

static void check_chains(bool big_endian)
{
    for (size_t i = 0; i < sizeof chains / sizeof *chains; i++) {
        t_case = chains[i].name;
        synth *s = synth_new(big_endian);
        synth_label records[4];
        for (size_t j = 0; j < 4; j++)
            records[j] = synth_label_new(s);
        for (size_t j = 0; j < 4; j++) {
            synth_bind(s, records[j]);
            if (chains[i].next[j] == 9)
                put32(s, 0);
            else
                put_offset(s, records[chains[i].next[j]], 4);
            put32(s, j);
            put32(s, 0);
        }
        mdw_dump *dump = dump_of(synth_finish(s));
        mdw_raw_handle h = MDW_INIT(mdw_raw_handle);
        h.object_info = 608;
        mdw_cursor at = {0};
        mdw_raw_handle_info info = MDW_INIT(mdw_raw_handle_info);
        size_t count = 0;
        mdw_status status;
        while (
            !(status = mdw_dump_handle_info_next(dump, &h, &at, &info, NULL)) &&
            count < 2000)
            count++;
        CHECK(count <= chains[i].delivered);
        CHECK(status == (i == 3 ? MDW_END : MDW_E_RANGE));
        CHECK(mdw_dump_handle_info_next(dump, &h, &at, &info, NULL) == MDW_END);
        mdw_dump_close(dump);
        synth_free(s);
    }
}

static void check_long_chain(void)
{
    t_case = "a chain longer than any";
    synth *s = synth_new(false);
    size_t start = synth_here(s);
    for (size_t i = 0; i < 3000; i++) {
        put32(s, start + 12 * (i + 1));
        put32(s, 1);
        put32(s, i == 5 ? UINT32_MAX : 0);
    }
    mdw_bytes file = synth_finish(s);
    mdw_dump *dump = dump_of(file);
    mdw_raw_handle h = MDW_INIT(mdw_raw_handle);
    h.object_info = (uint32_t)start;
    mdw_cursor at = {0};
    mdw_raw_handle_info info = MDW_INIT(mdw_raw_handle_info);
    mdw_status status;
    size_t count = 0;
    while (!(status = mdw_dump_handle_info_next(dump, &h, &at, &info, NULL))) {
        CHECK_U64(info.damage, count == 5 ? MDW_DAMAGE_DATA : 0);
        CHECK_U64(info.data.len, count == 5 ? file.len - start - 72 : 0);
        count++;
    }
    CHECK_U64(count, 1024);
    CHECK(status == MDW_E_RANGE);
    mdw_dump_close(dump);
    synth_free(s);

    t_case = "names of a handle outside the file";
    s = synth_new(false);
    synth_begin(s, 12);
    put_fields(s, "4", 16);
    put_fields(s, "4", 32);
    put32(s, 1);
    put32(s, 0);
    put64(s, 7);
    put32(s, UINT32_MAX);
    put32(s, UINT32_MAX);
    put_zeros(s, 16);
    synth_end(s);
    dump = dump_of(synth_finish(s));
    CHECK(mdw_dump_handle(dump, 0, &h, NULL) == MDW_OK);
    CHECK(h.handle == 7 && !h.type_name.len && !h.object_name.len);
    CHECK_U64(h.damage, MDW_DAMAGE_NAME | MDW_DAMAGE_TYPE_NAME);
    mdw_dump_close(dump);
    synth_free(s);
}

static void check_tables(const mdw_dump *dump, const synth_options *o)
{
    (void)o;
    mdw_cursor at = {0};
    mdw_raw_function_table t = MDW_INIT(mdw_raw_function_table);
    CHECK(mdw_dump_function_table_next(dump, &at, &t, NULL) == MDW_OK);
    CHECK(t.min_address == 0x1000 && t.max_address == 0x2000);
    CHECK(t.base_address == 0x800 && t.entry_count == 2 && t.entry_size == 12);
    CHECK(t.native.len == 20 && t.entries.len == 24 && !t.damage);
    CHECK(mdw_dump_function_table_next(dump, &at, &t, NULL) == MDW_OK);
    CHECK(t.min_address == 0x3000 && t.max_address == 0x4000);
    CHECK(t.base_address == 0x2800 && t.entry_count == 3);
    CHECK(t.native.len == 20 && t.entries.len == 36 && !t.damage);
    /* the last field of the last entry */
    CHECK_U64(t.entries.data[o->big_endian ? 35 : 32], 8);
    CHECK(mdw_dump_function_table_next(dump, &at, &t, NULL) == MDW_END);
}

static void check_broken_system(bool big_endian)
{
    t_case = "a service pack's name outside the file";
    synth *s = synth_new(big_endian);
    synth_begin(s, 7);
    put_fields(s, "222 11 4444", 9);
    put32(s, UINT32_MAX);
    put_zeros(s, 28);
    synth_end(s);
    mdw_dump *dump = dump_of(synth_finish(s));
    mdw_raw_system r = MDW_INIT(mdw_raw_system);
    CHECK(mdw_dump_system(dump, &r, NULL) == MDW_OK);
    CHECK(r.arch == 9 && !r.csd.len && r.damage == MDW_DAMAGE_NAME);
    mdw_dump_close(dump);
    synth_free(s);

    t_case = "function tables past the count are not read";
    static const synth_table tables[] = {{1, 2, 3, 0}, {4, 5, 6, 0}};
    s = synth_new(big_endian);
    synth_function_tables(s, tables, 2);
    mdw_bytes b = synth_finish(s);
    uint8_t *file = malloc(b.len);
    memcpy(file, b.data, b.len);
    file[608 + 16 + (big_endian ? 3 : 0)] = 1;
    dump = dump_of((mdw_bytes){file, b.len});
    mdw_cursor at = {0};
    mdw_raw_function_table t = MDW_INIT(mdw_raw_function_table);
    CHECK(mdw_dump_function_table_next(dump, &at, &t, NULL) == MDW_OK);
    CHECK(mdw_dump_function_table_next(dump, &at, &t, NULL) == MDW_END);
    mdw_list l = MDW_INIT(mdw_list);
    CHECK(mdw_dump_list(dump, 13, &l, NULL) == MDW_OK && l.present == 1);
    mdw_dump_close(dump);
    free(file);
    synth_free(s);
}

static void check_broken_tables(bool big_endian)
{
    t_case = "a function table with more entries than there are bytes";
    synth *s = synth_new(big_endian);
    synth_begin(s, 13);
    put32(s, 24);
    put32(s, 32);
    put32(s, 0);
    put32(s, UINT32_MAX);
    put32(s, UINT32_MAX);
    put32(s, 0);
    put_fields(s, "888", 1);
    put32(s, UINT32_MAX);
    put32(s, UINT32_MAX);
    put_zeros(s, 100);
    synth_end(s);
    mdw_dump *dump = dump_of(synth_finish(s));
    mdw_cursor at = {0};
    mdw_raw_function_table t = MDW_INIT(mdw_raw_function_table);
    CHECK(mdw_dump_function_table_next(dump, &at, &t, NULL) == MDW_OK);
    CHECK(t.entries.len == 100 && t.damage == MDW_DAMAGE_DATA);
    CHECK(mdw_dump_function_table_next(dump, &at, &t, NULL) == MDW_END);
    mdw_list l = MDW_INIT(mdw_list);
    CHECK(mdw_dump_list(dump, 13, &l, NULL) == MDW_OK);
    CHECK(l.promised == UINT32_MAX && l.present == 1);
    mdw_dump_close(dump);
    synth_free(s);

    t_case = "descriptors too short";
    s = synth_new(big_endian);
    synth_begin(s, 13);
    put_fields(s, "444444", 31 - 1);
    synth_end(s);
    dump = dump_of(synth_finish(s));
    at = (mdw_cursor){0};
    CHECK(mdw_dump_function_table_next(dump, &at, &t, NULL) == MDW_E_RANGE);
    CHECK(mdw_dump_function_table_next(dump, &at, &t, NULL) == MDW_END);
    mdw_dump_close(dump);
    synth_free(s);
}

int main(void)
{
    each_case(check_system);
    check_misc(false);
    check_misc(true);
    each_case(check_memory_numbers);
    each_case(check_vm);
    each_case(check_handles);
    check_chains(false);
    check_chains(true);
    check_long_chain();
    each_case(check_tables);
    check_broken_system(false);
    check_broken_system(true);
    check_broken_tables(false);
    check_broken_tables(true);
    return t_done();
}
