/* tests/test_row_cache.c - rows that were decoded before: what was put and
 * nothing else, room that ends, many threads, and owners that don't decode
 * twice. */
#include <pthread.h>
#include <stdlib.h>

#include "cfi_bytes.h"
#include "lib/unwind/row.h"
#include "lib/unwind/row_cache.h"
#include "mdwalk/symbol.h"
#include "mdwalk/unwind.h"
#include "t.h"

static const uint8_t words[64];

/* Rows that differ from each other by `number`. */
static mdw_row row_of(uint64_t pc, uint32_t number)
{
    mdw_row row;
    row_clear(&row);
    row.pc = (mdw_range){pc - pc % 8, 8};
    row.flags = number % 3 ? 0 : MDW_ROW_SIGNAL;
    row.source = MDW_SOURCE_DWARF;
    row.cfa = rule_addr(7, 8 + number);
    row_set(&row, 16, rule_load(MDW_BASE_CFA, -8));
    if (number % 2)
        row_set(&row, 3, rule_load(MDW_BASE_CFA, -16 - (int64_t)number));
    if (number % 5 == 1)
        row_set(&row, MDW_MAX_REGS - 1, rule_kind(MDW_RULE_SAME));
    if (number % 7 == 1)
        row_set(&row, 6,
                rule_expr(MDW_RULE_EXPR,
                          (mdw_bytes){words + number % 32, number % 32}));
    return row;
}

static bool same_rule(mdw_rule a, mdw_rule b)
{
    if (a.kind == MDW_RULE_EXPR)
        return b.kind == a.kind && a.expr == b.expr && a.expr_len == b.expr_len;
    return a.kind == b.kind && a.base == b.base && a.offset == b.offset;
}

static bool same_row(const mdw_row *a, const mdw_row *b)
{
    bool same = a->pc.start == b->pc.start && a->pc.size == b->pc.size &&
                a->set == b->set && a->flags == b->flags &&
                a->source == b->source && same_rule(a->cfa, b->cfa);
    for (unsigned i = 0; i < MDW_MAX_REGS; i++)
        if (a->set >> i & 1)
            same = same && same_rule(a->reg[i], b->reg[i]);
    return same;
}

/* Whether it is there; what is there is what was put. */
static bool there(const row_cache *c, uint64_t pc, uint32_t number)
{
    mdw_row want = row_of(pc, number), got;
    row_clear(&got);
    if (!row_cache_get(c, pc, &got))
        return false;
    CHECK(same_row(&want, &got));
    return true;
}

static void test_put(void)
{
    arena *store = arena_new(NULL, 0);
    row_cache *c = row_cache_new(store);
    t_case = "nothing is there at first";
    CHECK(!there(c, 0, 0));
    CHECK(!there(c, 0x1001, 0));
    static const uint64_t pcs[] = {
        0,         0x1001, 0x1002, 0x1008, 1u << 31, UINT64_C(1) << 40 | 0x1001,
        UINT64_MAX};
    enum { PCS = sizeof pcs / sizeof *pcs };
    t_case = "each address has its own row";
    for (uint32_t i = 0; i < PCS; i++) {
        mdw_row row = row_of(pcs[i], i + 1);
        row_cache_put(c, pcs[i], &row);
    }
    for (uint32_t i = 0; i < PCS; i++)
        CHECK(there(c, pcs[i], i + 1));
    CHECK(!there(c, 0x1003, 1));
    CHECK(!there(c, UINT64_C(1) << 41 | 0x1001, 1));
    t_case = "args are another's";
    mdw_row row = row_of(0x1001, 2);
    row.args = 12;
    CHECK(row_cache_get(c, 0x1001, &row) && row.args == 12);
    t_case = "a row that says nothing about the address is not kept";
    row_cache_put(c, 0x9000, &row);
    CHECK(!there(c, 0x9000, 0));
    t_case = "nor one of more than 4 GiB";
    row.pc = (mdw_range){0xA000, UINT64_C(1) << 33};
    row_cache_put(c, 0xA000, &row);
    CHECK(!there(c, 0xA000, 0));
    arena_close(store);
}

/* Of `count` addresses with `kinds` different rule sets. */
static uint32_t kept(uint32_t count, uint32_t kinds)
{
    arena *store = arena_new(NULL, 0);
    row_cache *c = row_cache_new(store);
    uint32_t found = 0;
    for (uint32_t i = 0; i < count; i++) {
        mdw_row row = row_of(0x40000 + i * 5, i % kinds);
        row_cache_put(c, 0x40000 + i * 5, &row);
        CHECK(there(c, 0x40000 + i * 5, i % kinds) || kinds > 500);
    }
    for (uint32_t i = 0; i < count; i++)
        found += there(c, 0x40000 + i * 5, i % kinds);
    arena_close(store);
    return found;
}

static void test_room(void)
{
    t_case = "few rule sets for many addresses: each is stored once";
    CHECK(kept(500, 7) > 450);
    uint32_t found = kept(100000, 7);
    CHECK(found > 900 && found <= 1024);
    t_case = "more rule sets than there is room for";
    found = kept(100000, 20000);
    CHECK(found > 0 && found <= 1024);
}

enum { THREADS = 4, TURNS = 40000 };

static void *hammer(void *user)
{
    row_cache *c = user;
    uint64_t state = (uintptr_t)&state, wrong = 0;
    for (int i = 0; i < TURNS; i++) {
        state = state * UINT64_C(6364136223846793005) + 1442695040888963407;
        uint64_t pc = 0x1000 + (state >> 33) % 3000;
        mdw_row want = row_of(pc, (uint32_t)(pc / 8 % 400)), got;
        row_clear(&got);
        if (row_cache_get(c, pc, &got))
            wrong += !same_row(&want, &got);
        else
            row_cache_put(c, pc, &want);
    }
    return (void *)(uintptr_t)wrong;
}

static void test_threads(void)
{
    t_case = "threads never see half a row";
    arena *store = arena_new(NULL, 0);
    row_cache *c = row_cache_new(store);
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++)
        CHECK(!pthread_create(&threads[i], NULL, hammer, c));
    for (int i = 0; i < THREADS; i++) {
        void *wrong = NULL;
        CHECK(!pthread_join(threads[i], &wrong));
        CHECK(!wrong);
    }
    arena_close(store);
}

/* The CFA's offset that `image` says at `pc`. */
static int64_t ask(const mdw_image *image, uint64_t pc)
{
    mdw_row row;
    mdw_row_query query = {.size = sizeof query, .pc = pc};
    row_clear(&row);
    mdw_status status = image->rows(image->user, image, &query, &row);
    return status == MDW_OK && row.cfa.kind == MDW_RULE_ADDR ? row.cfa.offset
                                                             : -1;
}

/* Whoever decodes twice sees that the table has changed under him. */
static void test_tables(void)
{
    bytes b = {{0}, 0};
    mdw_unwind_info *info = NULL;
    mdw_sections s = MDW_INIT(mdw_sections);
    mdw_image image = MDW_INIT(mdw_image);
    size_t cie = put_entry(&b, true, false, true, 0, CIE);
    (void)put_entry(&b, true, false, false, cie, FDE "41 0e10");
    s.arch = MDW_ARCH_X86_64;
    s.section[MDW_SECTION_EH_FRAME] = (mdw_section){{b.data, b.len}, FRAME};
    CHECK(mdw_unwind_info_new(&s, NULL, &info, NULL) == MDW_OK);
    image.range = (mdw_range){0x500000, 0x10000};
    image.rows = mdw_unwind_info_rows;
    image.user = info;
    t_case = "a row of .eh_frame is decoded once";
    CHECK(ask(&image, 0x501000) == 8);
    CHECK(ask(&image, 0x501080) == 16);
    b.data[b.len - 1] = 24;
    CHECK(ask(&image, 0x501080) == 16);
    CHECK(ask(&image, 0x501000) == 8);
    t_case = "for its address, wherever the image is";
    image.range.start = 0x900000;
    CHECK(ask(&image, 0x901080) == 16);
    CHECK(ask(&image, 0x901081) == 24);
    mdw_unwind_info_close(info);
}

static void test_sym(void)
{
    char text[] = "MODULE Linux x86_64 000000000000000000000000000000000 a\n"
                  "STACK CFI INIT 1000 100 .cfa: $rsp 8 + .ra: .cfa 8 - ^\n"
                  "STACK CFI 1001 .cfa: $rsp 16 +\n";
    mdw_symfile_options o = MDW_INIT(mdw_symfile_options);
    mdw_symfile *file = NULL;
    mdw_image image = MDW_INIT(mdw_image);
    mdw_bytes source = {(const uint8_t *)text, sizeof text - 1};
    CHECK(mdw_symfile_open(source, &o, &file, NULL) == MDW_OK);
    image.range = (mdw_range){0x500000, 0x10000};
    mdw_symfile_image(file, &image);
    t_case = "a row of a .sym is folded once";
    CHECK(ask(&image, 0x501000) == 8);
    CHECK(ask(&image, 0x501080) == 16);
    memcpy(strstr(text, "16"), "24", 2);
    CHECK(ask(&image, 0x501080) == 16);
    CHECK(ask(&image, 0x501081) == 24);
    mdw_symfile_close(file);
}

int main(void)
{
    test_put();
    test_room();
    test_threads();
    test_tables();
    test_sym();
    return t_done();
}
