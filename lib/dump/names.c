/* lib/dump/names.c - names of types, flags and other constants of a dump. */
#include "mdwalk/dump.h"

/* The first tables have the numbers that the caller knows them by. */
enum {
    TABLE_DUMP_FLAGS = MDW_CONSTANT_DUMP_FLAGS,
    TABLE_PAGE_PROTECT = MDW_CONSTANT_PAGE_PROTECT,
    TABLE_MEMORY_STATE = MDW_CONSTANT_MEMORY_STATE,
    TABLE_MEMORY_TYPE = MDW_CONSTANT_MEMORY_TYPE,
    TABLE_THREAD_INFO_FLAGS = MDW_CONSTANT_THREAD_INFO_FLAGS,
    TABLE_MISC_FLAGS = MDW_CONSTANT_MISC_FLAGS,
    TABLE_HANDLE_INFO_TYPE = MDW_CONSTANT_HANDLE_INFO_TYPE,
    TABLE_VERSION_OS = MDW_CONSTANT_VERSION_OS,
    TABLE_VERSION_TYPE = MDW_CONSTANT_VERSION_TYPE,
    TABLE_PRODUCT_TYPE = MDW_CONSTANT_PRODUCT_TYPE,
    TABLE_SUITE_MASK = MDW_CONSTANT_SUITE_MASK,
    TABLE_MAP_FLAGS = MDW_CONSTANT_MAP_FLAGS,
    TABLE_ASSERTION_TYPE = MDW_CONSTANT_ASSERTION_TYPE,
    TABLE_ANNOTATION_TYPE = MDW_CONSTANT_ANNOTATION_TYPE,
    CONSTANT_COUNT,
    TABLE_STREAM = CONSTANT_COUNT,
    TABLE_PROCESSOR,
    TABLE_PLATFORM,
    TABLE_AUXV,
    TABLE_COUNTER
};

/* The names lie end to end in one object and the rows hold offsets, so that
 * nothing needs relocating and both stay in read-only memory. */
#define NAME(table, value, name) char n##table##value[sizeof name];
struct names {
#include "lib/dump/all.def"
};
#undef NAME

#define NAME(table, value, name) .n##table##value = name,
static const struct names names = {
#include "lib/dump/all.def"
};
#undef NAME

_Static_assert(sizeof(struct names) <= UINT16_MAX, "names outgrew offsets");

#define NAME(table, value, name)                                               \
    {value, TABLE_##table, offsetof(struct names, n##table##value)},
static const struct row {
    uint32_t value;
    uint16_t table, at;
} rows[] = {
#include "lib/dump/all.def"
};
#undef NAME

enum { ROW_COUNT = sizeof rows / sizeof *rows };

static const char *find(uint32_t table, uint64_t value)
{
    size_t low = 0, high = ROW_COUNT;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        const struct row *r = &rows[mid];
        if (r->table < table || (r->table == table && r->value < value))
            low = mid + 1;
        else
            high = mid;
    }
    bool found =
        low < ROW_COUNT && rows[low].table == table && rows[low].value == value;
    return found ? (const char *)&names + rows[low].at : NULL;
}

const char *mdw_constant_name(uint32_t constant, uint64_t value)
{
    return constant < CONSTANT_COUNT ? find(constant, value) : NULL;
}

bool mdw_constant_is_set(uint32_t constant)
{
    static const bool sets[CONSTANT_COUNT] = {
        [MDW_CONSTANT_DUMP_FLAGS] = true,
        [MDW_CONSTANT_PAGE_PROTECT] = true,
        [MDW_CONSTANT_THREAD_INFO_FLAGS] = true,
        [MDW_CONSTANT_MISC_FLAGS] = true,
        [MDW_CONSTANT_SUITE_MASK] = true,
        [MDW_CONSTANT_MAP_FLAGS] = true,
    };
    return constant < CONSTANT_COUNT && sets[constant];
}

const char *mdw_stream_name(uint32_t type)
{
    return find(TABLE_STREAM, type);
}

const char *mdw_processor_name(uint32_t arch)
{
    return find(TABLE_PROCESSOR, arch);
}

const char *mdw_platform_name(uint32_t platform)
{
    return find(TABLE_PLATFORM, platform);
}

const char *mdw_auxv_name(uint64_t type)
{
    return find(TABLE_AUXV, type);
}

const char *mdw_system_counter_name(size_t index)
{
    return find(TABLE_COUNTER, index);
}
