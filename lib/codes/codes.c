/* lib/codes/codes.c - the tables and the search in them. */
#include "lib/codes/codes.h"

/* The names lie end to end in one object and the rows hold offsets, so that
 * nothing needs relocating and both stay in read-only memory. */
#define CODE(table, value, name) char n##table##value[sizeof name];
struct names {
#include "lib/codes/all.def"
};
#undef CODE

#define CODE(table, value, name) .n##table##value = name,
static const struct names names = {
#include "lib/codes/all.def"
};
#undef CODE

/* `at` has 24 bits: all names together are about 180 KB. */
_Static_assert(sizeof(struct names) < 1u << 24, "names outgrew their offsets");
_Static_assert(CODE_TABLE_COUNT <= 1u << 8, "tables outgrew their number");

#define CODE(table, value, name)                                               \
    {value, CODE_##table, offsetof(struct names, n##table##value)},
static const struct row {
    uint32_t value;
    uint32_t table : 8;
    uint32_t at : 24;
} rows[] = {
#include "lib/codes/all.def"
};
#undef CODE

enum { ROW_COUNT = sizeof rows / sizeof *rows };

/* Index of the first row that does not come before (table, value). */
static size_t row_find(uint32_t table, uint32_t value)
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
    return low;
}

static mdw_str row_name(size_t index)
{
    size_t at = rows[index].at;
    size_t next = index + 1 < ROW_COUNT ? rows[index + 1].at : sizeof names;
    return (mdw_str){(const char *)&names + at, next - at - 1};
}

mdw_str code_name(uint32_t table, uint64_t value)
{
    if (table >= CODE_TABLE_COUNT || value > UINT32_MAX)
        return (mdw_str){"", 0};
    size_t index = row_find(table, (uint32_t)value);
    if (index == ROW_COUNT || rows[index].table != table ||
        rows[index].value != value)
        return (mdw_str){"", 0};
    return row_name(index);
}

size_t code_count(uint32_t table)
{
    if (table >= CODE_TABLE_COUNT)
        return 0;
    return row_find(table + 1, 0) - row_find(table, 0);
}

bool code_at(uint32_t table, size_t index, uint32_t *value, mdw_str *name)
{
    if (index >= code_count(table))
        return false;
    index += row_find(table, 0);
    *value = rows[index].value;
    *name = row_name(index);
    return true;
}
