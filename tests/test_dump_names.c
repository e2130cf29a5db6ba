/* tests/test_dump_names.c - every row of the tables of names is found, and
 * nothing else. */
#include "mdwalk/dump.h"
#include "t.h"

enum {
    DUMP_FLAGS = MDW_CONSTANT_DUMP_FLAGS,
    PAGE_PROTECT = MDW_CONSTANT_PAGE_PROTECT,
    MEMORY_STATE = MDW_CONSTANT_MEMORY_STATE,
    MEMORY_TYPE = MDW_CONSTANT_MEMORY_TYPE,
    THREAD_INFO_FLAGS = MDW_CONSTANT_THREAD_INFO_FLAGS,
    MISC_FLAGS = MDW_CONSTANT_MISC_FLAGS,
    HANDLE_INFO_TYPE = MDW_CONSTANT_HANDLE_INFO_TYPE,
    VERSION_OS = MDW_CONSTANT_VERSION_OS,
    VERSION_TYPE = MDW_CONSTANT_VERSION_TYPE,
    PRODUCT_TYPE = MDW_CONSTANT_PRODUCT_TYPE,
    SUITE_MASK = MDW_CONSTANT_SUITE_MASK,
    MAP_FLAGS = MDW_CONSTANT_MAP_FLAGS,
    ASSERTION_TYPE = MDW_CONSTANT_ASSERTION_TYPE,
    ANNOTATION_TYPE = MDW_CONSTANT_ANNOTATION_TYPE,
    STREAM,
    PROCESSOR,
    PLATFORM,
    AUXV,
    COUNTER
};

#define NAME(table, value, name) {table, value, name},
static const struct {
    uint32_t table, value;
    const char *name;
} rows[] = {
#include "lib/dump/all.def"
};
#undef NAME
enum { ROWS = sizeof rows / sizeof *rows };

static const char *lookup(uint32_t table, uint64_t value)
{
    switch (table) {
    case STREAM:
        return mdw_stream_name((uint32_t)value);
    case PROCESSOR:
        return mdw_processor_name((uint32_t)value);
    case PLATFORM:
        return mdw_platform_name((uint32_t)value);
    case AUXV:
        return mdw_auxv_name(value);
    case COUNTER:
        return mdw_system_counter_name((size_t)value);
    default:
        return mdw_constant_name(table, value);
    }
}

static void check_rows(void)
{
    for (size_t i = 0; i < ROWS; i++) {
        t_case = rows[i].name;
        const char *got = lookup(rows[i].table, rows[i].value);
        CHECK(got && !strcmp(got, rows[i].name));
        if (i && rows[i - 1].table == rows[i].table)
            CHECK(rows[i - 1].value < rows[i].value);
        else if (i)
            CHECK(rows[i - 1].table < rows[i].table);
        uint32_t table = rows[i].table, value = rows[i].value;
        bool single = !(value & (value - 1));
        CHECK(single || table >= STREAM || !mdw_constant_is_set(table));
        bool next = i + 1 < ROWS && rows[i + 1].table == table &&
                    rows[i + 1].value == value + 1;
        CHECK(next || !lookup(table, (uint64_t)value + 1));
    }
}

static const struct {
    uint32_t table;
    uint64_t value;
    const char *name; /* NULL: none */
} known[] = {
    {STREAM, MDW_STREAM_THREAD_LIST, "ThreadList"},
    {STREAM, MDW_STREAM_LINUX_DSO_DEBUG, "LinuxDsoDebug"},
    {STREAM, MDW_STREAM_MOZ_SOFT_ERRORS, "MozSoftErrors"},
    {STREAM, 0xFFFE, NULL},
    {PROCESSOR, 9, "AMD64"},
    {PROCESSOR, 0x8003, "ARM64_OLD"},
    {PLATFORM, 0x8201, "Linux"},
    {PLATFORM, 2, "Windows NT"},
    {AUXV, 33, "AT_SYSINFO_EHDR"},
    {AUXV, 0x100000003, NULL},
    {COUNTER, 0, "IoReadOperationCount"},
    {COUNTER, MDW_SYSTEM_PERFORMANCE_COUNTERS - 1, "SystemCalls"},
    {COUNTER, MDW_SYSTEM_PERFORMANCE_COUNTERS, NULL},
    {PAGE_PROTECT, 0x40, "PAGE_EXECUTE_READWRITE"},
    {DUMP_FLAGS, 0x800, "MiniDumpWithFullMemoryInfo"},
    {HANDLE_INFO_TYPE, 8, "MiniSemaphoreInformation1"},
    {VERSION_OS, 0x40004, "VOS_NT_WINDOWS32"},
};

int main(void)
{
    check_rows();
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        t_case = known[i].name ? known[i].name : "none";
        const char *got = lookup(known[i].table, known[i].value);
        CHECK(known[i].name ? got && !strcmp(got, known[i].name) : !got);
    }
    t_case = "a table that is none";
    CHECK(!mdw_constant_name(STREAM, 3) && !mdw_constant_is_set(STREAM));
    CHECK(!mdw_constant_name(UINT32_MAX, 0));
    CHECK(mdw_constant_is_set(MDW_CONSTANT_MAP_FLAGS));
    CHECK(!mdw_constant_is_set(MDW_CONSTANT_VERSION_OS));
    return t_done();
}
