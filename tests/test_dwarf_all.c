/* tests/test_dwarf_all.c - every row of a table, once: at each address the one
 * that dwarf_row finds there, however entries lie. */
#include "cfi_bytes.h"

enum { LOW = 0xF00, HIGH = 0x2100, HEADER = 0x20000, ROWS = 128 };

typedef struct rows {
    mdw_row row[ROWS];
    size_t count, stop_at; /* answers MDW_E_CANCELLED to that one */
} rows;

static mdw_status keep(void *user, mdw_row *row)
{
    rows *r = user;
    if (r->count == ROWS || (r->stop_at && r->count == r->stop_at))
        return MDW_E_CANCELLED;
    r->row[r->count++] = *row;
    return MDW_OK;
}

/* An FDE: where it starts, its bytes, and its instructions. */
typedef struct part {
    uint64_t start, size;
    const char *code;
} part;

static size_t put_part(bytes *b, size_t cie, const part *p)
{
    char body[256] = "";
    bytes numbers = {{0}, 0};
    put(&numbers, p->start, 8);
    put(&numbers, p->size, 8);
    for (size_t j = 0; j < numbers.len; j++)
        snprintf(body + 2 * j, 3, "%02x", numbers.data[j]);
    strcat(body, "00");
    strcat(body, p->code);
    return put_entry(b, true, false, false, cie, body);
}

/* --- against the one that finds ----------------------------------------- */

enum { PARTS = 6 };

typedef struct shape {
    const char *claim;
    part parts[PARTS];
    uint64_t broken; /* at least */
} shape;

/* 4x: forward x; 0e n: CFA offset n; 0a, 0b: remember, restore; 0c f8 07 0: a
 * CFA from a register that there is not; 3f: no instruction. */
static const shape shapes[] = {
    {"one row", {{0x1000, 0x100, ""}}, 0},
    {"some rows", {{0x1000, 0x100, "41 0e10 42 0a 0e18 50 0b"}}, 0},
    {"side by side", {{0x1000, 0x10, "41 0e10"}, {0x1010, 0x10, "42 0e20"}}, 0},
    {"a hole between", {{0x1000, 8, "41 0e10"}, {0x1100, 8, "42 0e20"}}, 0},
    {"one inside another",
     {{0x1000, 0x100, "41 0e10 60 0e18 7f 0e20"}, {0x1018, 0x10, "44 0e40"}},
     0},
    {"one inside one inside another",
     {{0x1000, 0x100, "41 0e10 7f 0e18"},
      {0x1010, 0x80, "50 0e28 70 0e30"},
      {0x1020, 0x10, "44 0e40"}},
     0},
    {"the end of another lies inside",
     {{0x1000, 0x40, "41 0e10 7f 0e18"}, {0x1020, 0x80, "44 0e40 7f 0e48"}},
     0},
    {"two with one start", {{0x1000, 0x40, "41 0e10"}, {0x1000, 0x20, ""}}, 0},
    {"one of no size before it",
     {{0x1000, 0, ""}, {0x1000, 0x20, "410e10"}},
     0},
    {"a location behind the end", {{0x1000, 4, "41 0e10 48 0e18"}}, 0},
    {"to the last address", {{UINT64_MAX - 7, 8, "41 0e10"}}, 0},
    {"rows at one place", {{0x1000, 8, "41 0e10 40 0e18 40 0e20"}}, 0},
    {"it breaks off", {{0x1000, 0x20, "41 0e10 42 3f 42 0e18"}}, 1},
    {"broken from its first instruction", {{0x1000, 0x20, "3f"}}, 1},
    {"a row in between makes no sense",
     {{0x1000, 0x20, "41 0e10 42 0cf80700 42 0c0720"}},
     1},
    {"a broken one inside another",
     {{0x1000, 0x100, "41 0e10"}, {0x1020, 0x10, "3f"}},
     1},
};

static bool same_rules(const mdw_row *a, const mdw_row *b)
{
    bool same = a->set == b->set && a->flags == b->flags &&
                a->source == b->source &&
                !memcmp(&a->cfa, &b->cfa, sizeof a->cfa);
    for (uint32_t i = 0; i < MDW_MAX_REGS; i++)
        if (a->set >> i & 1)
            same = same && !memcmp(&a->reg[i], &b->reg[i], sizeof a->reg[i]);
    return same;
}

static const mdw_row *row_at(const rows *r, uint64_t addr)
{
    const mdw_row *found = NULL;
    for (size_t i = 0; i < r->count; i++)
        if (mdw_range_has(r->row[i].pc, addr)) {
            CHECK(!found);
            found = &r->row[i];
        }
    return found;
}

static void compare_at(const dwarf_cfi *cfi, const rows *r, uint64_t addr)
{
    mdw_row want;
    row_clear(&want);
    bool known = dwarf_row(cfi, addr, &want) == MDW_OK;
    const mdw_row *got = row_at(r, addr);
    CHECK(known == (got != NULL));
    if (known && got) {
        CHECK(same_rules(&want, got));
        CHECK(got->pc.start >= want.pc.start &&
              got->pc.start - want.pc.start + got->pc.size <= want.pc.size);
    }
}

static void compare(const dwarf_cfi *cfi, uint64_t broken)
{
    rows r = {.count = 0};
    uint64_t found = 0;
    CHECK(dwarf_each_row(cfi, keep, &r, &found) == MDW_OK);
    CHECK(found >= broken && (broken || !found));
    for (size_t i = 1; i < r.count; i++)
        CHECK(r.row[i - 1].pc.start < r.row[i].pc.start);
    for (uint64_t addr = LOW; addr < HIGH; addr++)
        compare_at(cfi, &r, addr);
    for (uint64_t back = 1; back < 16; back++)
        compare_at(cfi, &r, 0 - back);
}

static size_t put_parts(bytes *frame, const shape *s, size_t at[PARTS])
{
    size_t cie = put_entry(frame, true, false, true, 0, CIE), n = 0;
    for (; n < PARTS && s->parts[n].code; n++)
        at[n] = put_part(frame, cie, &s->parts[n]);
    return n;
}

static dwarf_cfi cfi_of(const bytes *frame)
{
    return (dwarf_cfi){.arch = arch_find(MDW_ARCH_X86_64),
                       .eh = true,
                       .addr = FRAME,
                       .bytes = exact(frame)};
}

static void test_shapes(void)
{
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        bytes frame = {{0}, 0};
        size_t at[PARTS];
        t_case = shapes[i].claim;
        put_parts(&frame, &shapes[i], at);
        dwarf_cfi cfi = cfi_of(&frame);
        arena *store = arena_new(NULL, 0);
        CHECK(dwarf_index(&cfi, store) == MDW_OK);
        compare(&cfi, shapes[i].broken);
        arena_close(store);
        give(cfi.bytes);
    }
}

static void put_header(bytes *b, const shape *s, const size_t *at,
                       const size_t *order, size_t count)
{
    put_hex(b, "01 1b 03 3b"); /* pcrel sdata4, udata4, datarel sdata4 */
    put(b, (uint64_t)FRAME - HEADER - 4, 4);
    put(b, count, 4);
    for (size_t i = 0; i < count; i++) {
        put(b, s->parts[order[i]].start - HEADER, 4);
        put(b, FRAME + at[order[i]] - HEADER, 4);
    }
}

/* The table is believed where it is in order, and never followed back. */
static void test_a_header_decides(void)
{
    static const shape s = {
        "",
        {{0x1000, 0x40, "41 0e10"}, {0x1020, 8, ""}, {0x1100, 4, "41 0e20"}},
        0};
    static const struct {
        const char *claim;
        size_t order[PARTS], count;
        bool sorted;
    } tables[] = {
        {"a header with all", {0, 1, 2}, 3, true},
        {"a header that leaves one out", {0, 2}, 2, true},
        {"a header out of order", {2, 0, 1}, 3, false},
        {"a header that goes back and forth", {0, 2, 0, 1, 2}, 5, false},
    };
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        bytes frame = {{0}, 0}, head = {{0}, 0};
        size_t at[PARTS];
        t_case = tables[i].claim;
        put_parts(&frame, &s, at);
        put_header(&head, &s, at, tables[i].order, tables[i].count);
        dwarf_cfi cfi = cfi_of(&frame);
        mdw_section section = {exact(&head), HEADER};
        CHECK(dwarf_take_header(&cfi, section));
        rows r = {.count = 0};
        uint64_t broken = 0;
        if (tables[i].sorted)
            compare(&cfi, 0);
        CHECK(dwarf_each_row(&cfi, keep, &r, &broken) == MDW_OK);
        for (size_t k = 1; k < r.count; k++)
            CHECK(r.row[k - 1].pc.start + r.row[k - 1].pc.size <=
                  r.row[k].pc.start);
        give(section.data);
        give(cfi.bytes);
    }
}

/* --- ends --------------------------------------------------------------- */

static void test_whoever_takes_rows_may_stop(void)
{
    bytes frame = {{0}, 0};
    size_t at[PARTS];
    rows r = {.stop_at = 2};
    uint64_t broken = 0;
    t_case = "enough of them";
    put_parts(&frame, &shapes[1], at);
    dwarf_cfi cfi = cfi_of(&frame);
    arena *store = arena_new(NULL, 0);
    CHECK(dwarf_index(&cfi, store) == MDW_OK);
    CHECK(dwarf_each_row(&cfi, keep, &r, &broken) == MDW_E_CANCELLED);
    CHECK_U64(r.count, 2);
    arena_close(store);
    give(cfi.bytes);
}

static mdw_status count(void *user, mdw_row *row)
{
    (void)row;
    ++*(size_t *)user;
    return MDW_OK;
}

/* Half of the section are a CIE's instructions, the other half FDEs that have
 * them run each. */
static void test_entries_that_say_more_than_there_is(void)
{
    bytes frame = {{0}, 0};
    char body[2 * SIZE] = CIE;
    size_t seen = 0;
    uint64_t broken = 0;
    t_case = "one CIE's instructions, again and again";
    for (size_t i = 0; i < SIZE / 2; i++)
        strcat(body, "00");
    size_t cie = put_entry(&frame, true, false, true, 0, body);
    const part p = {0x1000, 1, ""};
    part each = p;
    size_t fdes = 0;
    for (; frame.len + 64 < SIZE; fdes++, each.start++)
        put_part(&frame, cie, &each);
    dwarf_cfi cfi = cfi_of(&frame);
    arena *store = arena_new(NULL, 0);
    CHECK(dwarf_index(&cfi, store) == MDW_OK);
    CHECK(dwarf_each_row(&cfi, count, &seen, &broken) == MDW_E_LIMIT);
    CHECK(seen > 4 && seen < fdes);
    arena_close(store);
    give(cfi.bytes);
}

int main(void)
{
    test_shapes();
    test_a_header_decides();
    test_whoever_takes_rows_may_stop();
    test_entries_that_say_more_than_there_is();
    return t_done();
}
