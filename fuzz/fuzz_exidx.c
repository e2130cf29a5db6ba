/* fuzz/fuzz_exidx.c - whatever lies in .ARM.exidx and .ARM.extab, a row speaks
 * for the address that was asked about, and in an index in order for its whole
 * range alike; it counts from registers alone, and is the same in the other
 * byte order. */
#include <stdlib.h>
#include <string.h>

#include "lib/base/bytes.h"
#include "lib/base/reader.h"
#include "lib/unwind/exidx.h"

#define EXPECT(cond)                                                           \
    do                                                                         \
        if (!(cond))                                                           \
            abort();                                                           \
    while (0)

enum { TAIL = 13, MOST = 64, WORD = 4 };

/* Both tables, one behind the other as linkers lay them. */
typedef struct target {
    uint64_t addr;
    mdw_bytes all;
} target;

static mdw_window window_at(void *user, uint64_t addr)
{
    const target *t = user;
    return addr - t->addr < t->all.len ? (mdw_window){t->addr, t->all}
                                       : (mdw_window){0, {NULL, 0}};
}

static void check_rule(const arch *a, mdw_rule rule)
{
    EXPECT(rule.kind == MDW_RULE_ADDR || rule.kind == MDW_RULE_LOAD);
    EXPECT(rule.base < a->reg_count && rule.base != a->pc);
    /* The longest number, and the most instructions. */
    EXPECT(rule.offset > -(INT64_C(1) << 20) &&
           rule.offset < (INT64_C(1) << 37) * 256);
}

static void check_row(const arch *a, const mdw_row *row, uint64_t addr)
{
    EXPECT(mdw_range_has(row->pc, addr));
    EXPECT(row->pc.start + row->pc.size <= UINT64_C(1) << 32);
    EXPECT(row->flags == MDW_ROW_WHOLE && !row->args);
    EXPECT(row->source == MDW_SOURCE_EXIDX);
    EXPECT(!(row->set >> a->reg_count));
    EXPECT(row->set >> a->pc & 1 && !(row->set >> a->sp & 1));
    check_rule(a, row->cfa);
    for (uint8_t i = 0; i < a->reg_count; i++)
        if (row->set >> i & 1)
            check_rule(a, row->reg[i]);
}

static bool same_row(const mdw_row *a, const mdw_row *b)
{
    bool same = a->pc.start == b->pc.start && a->pc.size == b->pc.size &&
                a->set == b->set && !memcmp(&a->cfa, &b->cfa, sizeof a->cfa);
    for (uint8_t i = 0; i < MDW_MAX_REGS; i++)
        if (a->set >> i & 1)
            same = same && !memcmp(&a->reg[i], &b->reg[i], sizeof a->reg[i]);
    return same;
}

static void check_same(const exidx *x, const mdw_row *row, uint64_t addr)
{
    mdw_row again;
    row_clear(&again);
    EXPECT(exidx_row(x, addr, &again) == MDW_OK);
    EXPECT(same_row(row, &again));
}

static bool in_order(const exidx *x)
{
    for (uint32_t i = 1; i < x->count; i++)
        if (exidx_start(x, i - 1) > exidx_start(x, i))
            return false;
    return true;
}

static void check_at(const exidx *x, const exidx *swapped, bool ordered,
                     uint64_t addr)
{
    mdw_row row, other;
    row_clear(&row);
    row_clear(&other);
    mdw_status status = exidx_row(x, addr, &row);
    EXPECT(exidx_row(swapped, addr, &other) == status);
    if (status != MDW_OK)
        return;
    check_row(arch_find(MDW_ARCH_ARM), &row, addr);
    EXPECT(same_row(&row, &other));
    if (!ordered)
        return;
    check_same(x, &row, row.pc.start);
    check_same(x, &row, row.pc.start + (row.pc.size - 1));
}

typedef struct listing {
    const exidx *index;
    uint64_t next; /* where a row may begin */
    uint32_t count;
} listing;

static mdw_status check_listed(void *user, mdw_row *row)
{
    listing *l = user;
    mdw_row found;
    row_clear(&found);
    EXPECT(row->pc.start >= l->next && row->pc.size);
    EXPECT(exidx_row(l->index, row->pc.start, &found) == MDW_OK);
    EXPECT(same_row(row, &found));
    l->next = row->pc.start + row->pc.size;
    return ++l->count < MOST ? (mdw_status)MDW_OK : MDW_E_LIMIT;
}

/* All rows, ascending, are those that are found. */
static void check_list(const exidx *x, bool ordered)
{
    listing l = {.index = x};
    uint64_t broken = 0;
    mdw_status status = exidx_each_row(x, check_listed, &l, &broken);
    EXPECT(status == (l.count < MOST ? (mdw_status)MDW_OK : MDW_E_LIMIT));
    EXPECT(l.count + broken <= x->count);
    EXPECT(ordered || (!l.count && broken == x->count));
}

/* The same through the front door. */
static void check_info(const mdw_sections *s, uint64_t addr)
{
    mdw_unwind_info *info = NULL;
    mdw_image image = MDW_INIT(mdw_image);
    mdw_row_query query = {.size = sizeof query, .pc = addr};
    mdw_row row;
    image.range = (mdw_range){0, UINT64_MAX};
    EXPECT(mdw_unwind_info_new(s, NULL, &info, NULL) == MDW_OK);
    row_clear(&row);
    if (mdw_unwind_info_rows(info, &image, &query, &row) == MDW_OK)
        check_row(arch_find(MDW_ARCH_ARM), &row, addr);
    query.choice = 1;
    EXPECT(mdw_unwind_info_rows(info, &image, &query, &row) != MDW_OK);
    mdw_unwind_info_close(info);
}

static mdw_sections sections_of(const target *t, size_t index_at, bool big)
{
    mdw_sections s = MDW_INIT(mdw_sections);
    s.arch = MDW_ARCH_ARM;
    s.big_endian = big;
    s.at = window_at;
    s.at_user = (void *)(uintptr_t)t;
    s.section[MDW_SECTION_ARM_EXIDX] = (mdw_section){
        bytes_slice(t->all, index_at, UINT64_MAX), t->addr + index_at};
    return s;
}

static void check_both(const target *t, const target *other, size_t index_at,
                       uint64_t asked)
{
    mdw_sections s = sections_of(t, index_at, false);
    mdw_sections swapped = sections_of(other, index_at, true);
    exidx x, y;
    bool taken = exidx_take(&x, &s);
    EXPECT(exidx_take(&y, &swapped) == taken);
    if (!taken)
        return;
    EXPECT(x.count <= t->all.len / 8 && x.count == y.count);
    bool ordered = in_order(&x);
    check_list(&x, ordered);
    check_at(&x, &y, ordered, asked);
    for (uint32_t i = 0; i < x.count && i < MOST; i++) {
        EXPECT(exidx_start(&x, i) == exidx_start(&y, i));
        check_at(&x, &y, ordered, exidx_start(&x, i));
    }
    check_info(&s, asked & UINT32_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Carved off the end: where the tables lie, an address, where the index begins.
 * The rest is .ARM.extab and .ARM.exidx in words. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < TAIL)
        return 0;
    reader tail = reader_at((mdw_bytes){data + size - TAIL, TAIL}, 0, 0, false);
    size_t len = (size - TAIL) / WORD * WORD;
    target t = {reader_u32(&tail) & ~UINT32_C(3), {data, len}};
    uint64_t asked = reader_u32(&tail) + ((uint64_t)reader_u8(&tail) << 32);
    size_t index_at = reader_u32(&tail) % (len + 1) / WORD * WORD;
    uint8_t *turned = malloc(len + 1);
    EXPECT(turned);
    for (size_t i = 0; i < len; i++)
        turned[i] = data[i ^ (WORD - 1)];
    target other = {t.addr, {turned, len}};
    check_both(&t, &other, index_at, asked);
    free(turned);
    return 0;
}
