/* tests/test_dump_memory.c - the memory lists under one cursor, and the list of
 * regions. */
#include "dump_cases.h"

static void check_memory(const mdw_dump *dump, const synth_options *o)
{
    (void)o;
    mdw_cursor at = {0};
    mdw_raw_memory m = MDW_INIT(mdw_raw_memory);
    for (size_t i = 0; i < 5; i++) {
        const synth_memory *want =
            i < 2 ? &everything_memory[i] : &everything_memory64[i - 2];
        CHECK(mdw_dump_memory_next(dump, &at, &m, NULL) == MDW_OK);
        CHECK_U64(m.addr, want->addr);
        CHECK_U64(m.range_size, want->len);
        CHECK(bytes_eq(m.data, want->bytes, want->len));
        CHECK(m.is_memory64 == (i >= 2));
        CHECK(m.data.data == mdw_dump_bytes(dump).data + m.offset);
        CHECK_U64(m.damage, 0);
        CHECK_U64(at.index, i + 1);
    }
    CHECK(mdw_dump_memory_next(dump, &at, &m, NULL) == MDW_END);
    CHECK(mdw_dump_memory_next(dump, &at, &m, NULL) == MDW_END);
}

static void check_infos(const mdw_dump *dump, const synth_options *o)
{
    (void)o;
    CHECK_U64(mdw_dump_memory_info_count(dump), 2);
    for (size_t i = 0; i < 2; i++) {
        const synth_memory_info *want = &everything_memory_info[i];
        mdw_raw_memory_info m = MDW_INIT(mdw_raw_memory_info);
        CHECK(mdw_dump_memory_info(dump, i, &m, NULL) == MDW_OK);
        CHECK_U64(m.range.start, want->base);
        CHECK_U64(m.range.size, want->size);
        CHECK_U64(m.allocation_base, want->allocation_base);
        CHECK_U64(m.allocation_protect, want->allocation_protect);
        CHECK_U64(m.state, want->state);
        CHECK_U64(m.protect, want->protect);
        CHECK_U64(m.type, want->type);
    }
}

/* A Memory64List alone, whose bytes are the last of the file: every way of
 * cutting them off. */
static void check_cuts(bool big_endian)
{
    synth *s = synth_new(big_endian);
    synth_memory64_list(s, everything_memory64, 3);
    mdw_bytes b = synth_finish(s);
    size_t total = 0;
    for (size_t i = 0; i < 3; i++)
        total += everything_memory64[i].len;
    t_case = "a cut range keeps its head, those behind it nothing";
    for (size_t left = 0; left <= total; left++) {
        mdw_dump *dump = dump_of((mdw_bytes){b.data, b.len - total + left});
        mdw_cursor at = {0};
        size_t rest = left;
        for (size_t i = 0; i < 3; i++) {
            const synth_memory *want = &everything_memory64[i];
            size_t len = rest < want->len ? rest : want->len;
            mdw_raw_memory m = MDW_INIT(mdw_raw_memory);
            CHECK(mdw_dump_memory_next(dump, &at, &m, NULL) == MDW_OK);
            CHECK(bytes_eq(m.data, want->bytes, len));
            CHECK_U64(m.range_size, want->len);
            CHECK_U64(m.damage, len < want->len ? MDW_DAMAGE_DATA : 0);
            rest -= len;
        }
        mdw_dump_close(dump);
    }
    synth_free(s);
}

/* Ranges of a Memory64List with sizes that cannot be. */
static const struct {
    const char *name;
    uint64_t count, base, sizes[3];
    size_t lens[3]; /* bytes delivered; the file has 64 behind `base` 0 */
} sums[] = {
    {"plain", 3, 0, {16, 16, 32}, {16, 16, 32}},
    {"a size of 2^64 - 1", 3, 0, {UINT64_MAX, 1, 1}, {64, 0, 0}},
    {"sizes whose sum wraps to where it was",
     3,
     0,
     {16, UINT64_MAX - 15, 16},
     {16, 48, 0}},
    {"a base outside", 2, 0x100000000, {16, 16}, {0, 0}},
    {"a base near 2^64", 2, UINT64_MAX - 0x2000, {0x3000, 16}, {0, 0}},
    {"a size of 0", 3, 0, {0, 16, 0}, {0, 16, 0}},
};

static void check_sums(bool big_endian)
{
    for (size_t i = 0; i < sizeof sums / sizeof *sums; i++) {
        t_case = sums[i].name;
        synth *s = synth_new(big_endian);
        synth_begin(s, 9);
        put64(s, sums[i].count);
        put64(s, sums[i].base + synth_here(s) + 8 + 16 * sums[i].count);
        for (size_t j = 0; j < sums[i].count; j++) {
            put64(s, 0x1000 * j);
            put64(s, sums[i].sizes[j]);
        }
        synth_end(s);
        put_zeros(s, 64);
        mdw_dump *dump = dump_of(synth_finish(s));
        mdw_cursor at = {0};
        mdw_raw_memory m = MDW_INIT(mdw_raw_memory);
        for (size_t j = 0; j < sums[i].count; j++) {
            CHECK(mdw_dump_memory_next(dump, &at, &m, NULL) == MDW_OK);
            CHECK_U64(m.addr, 0x1000 * j);
            CHECK_U64(m.range_size, sums[i].sizes[j]);
            CHECK_U64(m.data.len, sums[i].lens[j]);
            CHECK((m.damage != 0) == (m.data.len < m.range_size));
        }
        CHECK(mdw_dump_memory_next(dump, &at, &m, NULL) == MDW_END);
        mdw_dump_close(dump);
        synth_free(s);
    }
}

static void check_counts(bool big_endian)
{
    t_case = "2^64 - 1 ranges promised";
    synth *s = synth_new(big_endian);
    synth_begin(s, 9);
    put64(s, UINT64_MAX);
    put64(s, 0);
    put64(s, 0x1000);
    put64(s, 8);
    synth_end(s);
    synth_begin(s, 5);
    put32(s, UINT32_MAX);
    put64(s, 0x2000);
    put32(s, 16);
    put32(s, 0); /* no place */
    put64(s, 0x3000);
    put32(s, UINT32_MAX);
    put32(s, UINT32_MAX - 1); /* their sum wraps in 32 bits */
    synth_end(s);
    mdw_dump *dump = dump_of(synth_finish(s));
    mdw_cursor at = {0};
    mdw_raw_memory m = MDW_INIT(mdw_raw_memory);
    CHECK(mdw_dump_memory_next(dump, &at, &m, NULL) == MDW_OK);
    CHECK(m.addr == 0x2000 && !m.data.len && m.damage == MDW_DAMAGE_DATA);
    CHECK(mdw_dump_memory_next(dump, &at, &m, NULL) == MDW_OK);
    CHECK(m.addr == 0x3000 && !m.data.len && m.damage == MDW_DAMAGE_DATA);
    CHECK(mdw_dump_memory_next(dump, &at, &m, NULL) == MDW_OK);
    CHECK(m.addr == 0x1000 && m.is_memory64 && !m.data.len);
    CHECK(mdw_dump_memory_next(dump, &at, &m, NULL) == MDW_END);
    mdw_dump_close(dump);
    synth_free(s);
}

int main(void)
{
    each_case(check_memory);
    each_case(check_infos);
    check_cuts(false);
    check_cuts(true);
    check_sums(false);
    check_sums(true);
    check_counts(false);
    check_counts(true);
    return t_done();
}
