/* tests/test_dump_lists.c - the framings of lists, whole and broken. */
#include "dump_cases.h"

/* The head of a stream, field by field, in 4 bytes each; then `records`
 * records of `record` bytes, each beginning with its number, 1 and up. */
static const struct {
    const char *name;
    uint32_t type;
    uint32_t head[6];
    size_t head_size, record, records;
    size_t junk; /* bytes behind them; negative ones would be `cut` */
    size_t cut;  /* bytes that the stream is shorter */
    mdw_status status;
    uint64_t promised, present;
    uint32_t stride;
} lists[] = {
    {"exact", 3, {2}, 4, 48, 2, 0, 0, 0, 2, 2, 48},
    {"padded", 3, {2, 0xAA}, 8, 48, 2, 0, 0, 0, 2, 2, 48},
    {"junk behind", 3, {2}, 4, 48, 2, 5, 0, 0, 2, 2, 48},
    {"cut in a record", 3, {2}, 4, 48, 2, 0, 1, 0, 2, 1, 48},
    {"2^32 - 1 promised",
     3,
     {UINT32_MAX},
     4,
     48,
     2,
     0,
     0,
     0,
     UINT32_MAX,
     2,
     48},
    {"a count alone", 3, {9}, 4, 48, 0, 0, 0, 0, 9, 0, 48},
    {"less than a count", 3, {9}, 4, 48, 0, 0, 1, MDW_E_TRUNCATED, 0, 0, 0},
    {"no records", 3, {0}, 4, 48, 0, 0, 0, 0, 0, 0, 48},
    {"modules", 4, {2}, 4, 108, 2, 0, 0, 0, 2, 2, 108},
    {"modules, padded", 4, {2, 0}, 8, 108, 2, 0, 0, 0, 2, 2, 108},
    {"memory, padded", 5, {3, 0}, 8, 16, 3, 0, 0, 0, 3, 3, 16},
    {"threads ex", 8, {1}, 4, 64, 1, 0, 0, 0, 1, 1, 64},
    {"thread names", 24, {2}, 4, 12, 2, 0, 0, 0, 2, 2, 12},
    {"handles", 12, {16, 32, 2, 0}, 16, 32, 2, 0, 0, 0, 2, 2, 32},
    {"handles, version 2", 12, {16, 40, 2, 0}, 16, 40, 2, 0, 0, 0, 2, 2, 40},
    {"handles, a shorter header",
     12,
     {12, 32, 1},
     12,
     32,
     1,
     0,
     0,
     0,
     1,
     1,
     32},
    {"unloaded", 14, {12, 24, 2}, 12, 24, 2, 0, 0, 0, 2, 2, 24},
    {"a longer header", 14, {16, 24, 2, 7}, 16, 24, 2, 0, 0, 0, 2, 2, 24},
    {"a header that cannot be", 14, {3, 24, 2}, 12, 24, 2, 0, 0, 0, 2, 2, 24},
    {"a header beyond the end", 14, {999, 24, 2}, 12, 24, 2, 0, 0, 0, 2, 0, 24},
    {"longer records", 14, {12, 30, 2}, 12, 30, 2, 0, 0, 0, 2, 2, 30},
    {"records too short",
     14,
     {12, 23, 2},
     12,
     24,
     2,
     0,
     0,
     MDW_E_RANGE,
     0,
     0,
     0},
    {"records of no size",
     17,
     {12, 0, 2},
     12,
     64,
     2,
     0,
     0,
     MDW_E_RANGE,
     0,
     0,
     0},
    {"records of 2^32 - 1",
     17,
     {12, UINT32_MAX, 2},
     12,
     64,
     2,
     0,
     0,
     0,
     2,
     0,
     UINT32_MAX},
    {"thread information", 17, {12, 64, 2}, 12, 64, 2, 0, 0, 0, 2, 2, 64},
    {"cut in its last record", 17, {12, 64, 2}, 12, 64, 2, 0, 9, 0, 2, 1, 64},
};

static mdw_status get(const mdw_dump *dump, uint32_t type, size_t index,
                      uint64_t *offset)
{
    mdw_raw_thread thread = MDW_INIT(mdw_raw_thread);
    mdw_raw_module module = MDW_INIT(mdw_raw_module);
    mdw_raw_thread_name name = MDW_INIT(mdw_raw_thread_name);
    mdw_raw_handle handle = MDW_INIT(mdw_raw_handle);
    mdw_raw_unloaded unloaded = MDW_INIT(mdw_raw_unloaded);
    mdw_raw_thread_info info = MDW_INIT(mdw_raw_thread_info);
    mdw_status s = MDW_E_UNSUPPORTED;
    if (type == 3)
        s = mdw_dump_thread(dump, index, &thread, NULL);
    else if (type == 8)
        s = mdw_dump_thread_ex(dump, index, &thread, NULL);
    else if (type == 4)
        s = mdw_dump_module(dump, index, &module, NULL);
    else if (type == 24)
        s = mdw_dump_thread_name(dump, index, &name, NULL);
    else if (type == 12)
        s = mdw_dump_handle(dump, index, &handle, NULL);
    else if (type == 14)
        s = mdw_dump_unloaded(dump, index, &unloaded, NULL);
    else if (type == 17)
        s = mdw_dump_thread_info(dump, index, &info, NULL);
    *offset = thread.offset + module.offset + name.offset + handle.offset +
              unloaded.offset + info.offset; /* all but one are 0 */
    return s;
}

static synth *build(size_t i, bool big_endian)
{
    synth *s = synth_new(big_endian);
    synth_begin(s, lists[i].type);
    size_t start = synth_here(s);
    for (size_t j = 0; j < lists[i].head_size / 4; j++)
        put32(s, lists[i].head[j]);
    for (size_t j = 0; j < lists[i].records; j++) {
        put32(s, j + 1);
        put_zeros(s, lists[i].record - 4);
    }
    put_zeros(s, lists[i].junk);
    size_t size = synth_here(s) - start - lists[i].cut;
    synth_end(s);
    synth *t = synth_new(big_endian); /* the same, cut in the directory */
    mdw_bytes b = synth_finish(s);
    synth_entry(t, lists[i].type, (uint32_t)size, (uint32_t)start);
    put_bytes(t, b.data + synth_here(t), b.len - synth_here(t));
    synth_free(s);
    return t;
}

static void check_list(size_t i, bool big_endian)
{
    t_case = lists[i].name;
    synth *s = build(i, big_endian);
    mdw_dump *dump = dump_of(synth_finish(s));
    mdw_list l = MDW_INIT(mdw_list);
    mdw_error err = {0};
    mdw_status status = mdw_dump_list(dump, lists[i].type, &l, &err);
    CHECK_U64((uint64_t)status, (uint64_t)lists[i].status);
    CHECK(!status || err.stream == lists[i].type);
    CHECK_U64(l.promised, lists[i].promised);
    CHECK_U64(l.present, lists[i].present);
    CHECK_U64(l.stride, lists[i].stride);
    for (size_t j = 0; lists[i].type != 5 && j < l.present; j++) {
        uint64_t offset = 0;
        CHECK(get(dump, lists[i].type, j, &offset) == MDW_OK);
        CHECK_U64(offset, 608 + lists[i].head_size + j * lists[i].record);
    }
    uint64_t offset;
    mdw_status past = get(dump, lists[i].type, (size_t)l.present, &offset);
    if (lists[i].type != 5 && !status)
        CHECK(past == (l.present < l.promised ? MDW_E_TRUNCATED : MDW_E_ARG));
    mdw_dump_close(dump);
    synth_free(s);
}

static const struct {
    const char *name;
    uint32_t type;
    uint64_t promised;
    uint32_t stride;
} everything[] = {
    {"ThreadList", 3, 2, 48},    {"ModuleList", 4, 3, 108},
    {"MemoryList", 5, 2, 16},    {"ThreadExList", 8, 2, 64},
    {"Memory64List", 9, 3, 16},  {"FunctionTable", 13, 2, 0},
    {"UnloadedList", 14, 2, 24}, {"MemoryInfoList", 16, 2, 48},
    {"ThreadInfo", 17, 2, 64},   {"ThreadNames", 24, 2, 12},
};

static void check_everything(const mdw_dump *dump, const synth_options *o)
{
    (void)o;
    for (size_t i = 0; i < sizeof everything / sizeof *everything; i++) {
        mdw_list l = MDW_INIT(mdw_list);
        CHECK(mdw_dump_list(dump, everything[i].type, &l, NULL) == MDW_OK);
        CHECK_U64(l.promised, everything[i].promised);
        CHECK_U64(l.present, everything[i].promised);
        CHECK_U64(l.stride, everything[i].stride);
    }
    mdw_list l = MDW_INIT(mdw_list);
    CHECK(mdw_dump_list(dump, 15, &l, NULL) == MDW_E_UNSUPPORTED);
}

static void check_big_counts(bool big_endian)
{
    t_case = "a count of 64 bits";
    synth *s = synth_new(big_endian);
    synth_memory_infos(s, everything_memory_info, 2, 0x100000001);
    mdw_dump *dump = dump_of(synth_finish(s));
    mdw_list l = MDW_INIT(mdw_list);
    CHECK(mdw_dump_list(dump, 16, &l, NULL) == MDW_OK);
    CHECK_U64(l.promised, 0x100000001);
    CHECK_U64(l.present, 2);
    CHECK_U64(mdw_dump_memory_info_count(dump), 2);
    t_case = "a list that is not there";
    CHECK(mdw_dump_list(dump, 3, &l, NULL) == MDW_ABSENT);
    CHECK_U64(mdw_dump_thread_count(dump), 0);
    mdw_raw_thread t = MDW_INIT(mdw_raw_thread);
    CHECK(mdw_dump_thread(dump, 0, &t, NULL) == MDW_ABSENT);
    mdw_dump_close(dump);
    synth_free(s);
}

int main(void)
{
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        check_list(i, false);
        check_list(i, true);
    }
    each_case(check_everything);
    check_big_counts(false);
    check_big_counts(true);
    return t_done();
}
