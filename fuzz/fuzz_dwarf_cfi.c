/* fuzz/fuzz_dwarf_cfi.c - whatever the sections, a row speaks for the address
 * that was asked about, names what the architecture has, and its expressions
 * lie in the input. */
#include <stdlib.h>
#include <string.h>

#include "lib/unwind/dwarf_cfi.h"
#include "lib/unwind/dwarf_expr.h"

#define EXPECT(cond)                                                           \
    do                                                                         \
        if (!(cond))                                                           \
            abort();                                                           \
    while (0)

enum { TAIL = 24, MOST = 64 };
static const uint64_t frame_at = 0x10000, header_at = 0x8000, code_at = 0x1000;

typedef struct target {
    mdw_bytes all;
    const arch *arch;
    mdw_regs regs;
} target;

/* Linked addresses run on through the input from the frame's on. */
static mdw_window window_at(void *user, uint64_t addr)
{
    const target *t = user;
    return addr - frame_at < t->all.len ? (mdw_window){frame_at, t->all}
                                        : (mdw_window){0, {NULL, 0}};
}

static bool load(void *user, uint64_t addr, unsigned size, uint64_t *value)
{
    (void)user;
    EXPECT(size && size <= 8);
    *value = addr * UINT64_C(0x9E3779B97F4A7C15) >> (64 - 8 * size);
    return addr % 5;
}

static void check_rule(const target *t, mdw_rule rule, bool is_cfa)
{
    const arch *a = t->arch;
    uint64_t out, ops = 0, cfa = 0x7000;
    EXPECT(rule.kind > MDW_RULE_DEFAULT && rule.kind <= MDW_RULE_EXPR_LOAD);
    if (rule.kind == MDW_RULE_ADDR || rule.kind == MDW_RULE_LOAD)
        EXPECT(rule.base < a->reg_count ||
               (rule.base == MDW_BASE_CFA && !is_cfa));
    if (rule.kind != MDW_RULE_EXPR && rule.kind != MDW_RULE_EXPR_LOAD)
        return;
    if (rule.expr_len)
        EXPECT(rule.expr >= t->all.data &&
               rule.expr_len <= (size_t)(t->all.data + t->all.len - rule.expr));
    expr_input in = {a,    &t->regs, is_cfa ? NULL : &cfa, 0x5000, false,
                     load, NULL};
    mdw_bytes code = {rule.expr, rule.expr_len};
    bool done = dwarf_expr(&in, code, &out, &ops);
    EXPECT(ops <= EXPR_OPS);
    EXPECT(a->pointer == 8 || out <= UINT32_MAX);
    EXPECT(done || !out);
}

static void check_row(const target *t, const mdw_row *row, uint64_t addr)
{
    EXPECT(mdw_range_has(row->pc, addr));
    EXPECT(row->pc.start + (row->pc.size - 1) >= row->pc.start);
    EXPECT(!(row->set >> t->arch->reg_count));
    EXPECT(!(row->flags & ~(uint32_t)MDW_ROW_SIGNAL));
    EXPECT(row->source == MDW_SOURCE_DWARF);
    check_rule(t, row->cfa, true);
    for (uint8_t i = 0; i < t->arch->reg_count; i++)
        if (row->set >> i & 1)
            check_rule(t, row->reg[i], false);
}

static bool same_row(const mdw_row *a, const mdw_row *b, uint8_t regs)
{
    bool same = a->pc.start == b->pc.start && a->pc.size == b->pc.size &&
                a->set == b->set && a->flags == b->flags &&
                !memcmp(&a->cfa, &b->cfa, sizeof a->cfa);
    for (uint8_t i = 0; i < regs; i++)
        if (a->set >> i & 1)
            same = same && !memcmp(&a->reg[i], &b->reg[i], sizeof a->reg[i]);
    return same;
}

/* The whole of a row's range has that row. */
static void check_at(const target *t, const dwarf_cfi *cfi, uint64_t addr)
{
    dwarf_fde fde;
    mdw_row row, again;
    row_clear(&row);
    row_clear(&again);
    if (dwarf_fde_find(cfi, addr, &fde) != MDW_OK)
        return;
    EXPECT(mdw_range_has(fde.pc, addr));
    if (dwarf_run(cfi, &fde, addr, &row) != MDW_OK)
        return;
    check_row(t, &row, addr);
    EXPECT(mdw_range_has(fde.pc, row.pc.start));
    EXPECT(row.pc.size <= fde.pc.size);
    EXPECT(dwarf_run(cfi, &fde, row.pc.start, &again) == MDW_OK);
    EXPECT(same_row(&row, &again, t->arch->reg_count));
    uint64_t last = row.pc.start + (row.pc.size - 1);
    EXPECT(dwarf_run(cfi, &fde, last, &again) == MDW_OK);
    EXPECT(same_row(&row, &again, t->arch->reg_count));
}

/* --- all of a table ----------------------------------------------------- */

typedef struct listed {
    const target *t;
    const dwarf_cfi *cfi;
    uint64_t last; /* address of the row before */
    size_t count;
} listed;

/* In order, without overlaps, and what is found there, unless a header lies
 * about where its entries start. */
static mdw_status check_listed(void *user, mdw_row *row)
{
    listed *l = user;
    mdw_row again;
    EXPECT(row->pc.size && (!l->count || row->pc.start > l->last));
    uint64_t last = row->pc.start + (row->pc.size - 1);
    EXPECT(last >= row->pc.start);
    l->last = last;
    check_row(l->t, row, row->pc.start);
    row_clear(&again);
    uint64_t asked = l->count++ % 2 ? last : row->pc.start;
    if (!l->cfi->search.width) {
        EXPECT(dwarf_row(l->cfi, asked, &again) == MDW_OK);
        again.pc = row->pc;
        EXPECT(same_row(row, &again, l->t->arch->reg_count));
    }
    return l->count < MOST ? MDW_OK : MDW_E_CANCELLED;
}

static void check_all(const target *t, const dwarf_cfi *cfi)
{
    listed l = {.t = t, .cfi = cfi};
    uint64_t broken = 0;
    mdw_status status = dwarf_each_row(cfi, check_listed, &l, &broken);
    EXPECT(status == MDW_OK || status == MDW_E_LIMIT ||
           (status == MDW_E_CANCELLED && l.count == MOST));
}

static void check_table(const target *t, dwarf_cfi *cfi, mdw_section header,
                        const uint64_t *asked)
{
    arena *store = arena_new(NULL, 0);
    bool searched = cfi->eh && dwarf_take_header(cfi, header);
    if (searched)
        EXPECT(cfi->search.count <= header.data.len);
    else
        (void)dwarf_index(cfi, store);
    EXPECT(cfi->index_count <= cfi->bytes.len / 9);
    for (size_t i = 0; i < 2; i++)
        check_at(t, cfi, asked[i]);
    for (size_t i = 0; i < cfi->index_count && i < MOST; i++) {
        dwarf_fde fde;
        EXPECT(!i || cfi->index[i - 1].start <= cfi->index[i].start);
        EXPECT(dwarf_fde_read(cfi, cfi->index[i].offset, &fde) == MDW_OK);
        EXPECT(fde.pc.start == cfi->index[i].start && fde.pc.size);
        check_at(t, cfi, fde.pc.start);
        check_at(t, cfi, fde.pc.start + fde.pc.size / 2);
        check_at(t, cfi, fde.pc.start + (fde.pc.size - 1));
    }
    check_all(t, cfi);
    arena_close(store);
}

/* The same through the front door. */
static void check_info(const target *t, const mdw_sections *s, uint64_t addr)
{
    mdw_unwind_info *info = NULL;
    mdw_image image = MDW_INIT(mdw_image);
    mdw_row_query query = {.size = sizeof query, .pc = addr};
    mdw_row row;
    mdw_status last = MDW_OK;
    image.range = (mdw_range){0, UINT64_MAX};
    mdw_status status = mdw_unwind_info_new(s, NULL, &info, NULL);
    EXPECT(status == MDW_OK || status == MDW_ABSENT);
    for (; status == MDW_OK && query.choice < 4; query.choice++) {
        row_clear(&row);
        mdw_status got = mdw_unwind_info_rows(info, &image, &query, &row);
        EXPECT(got <= MDW_ABSENT && got != MDW_END);
        EXPECT(last == MDW_OK || got != MDW_OK);
        if (got == MDW_OK)
            check_row(t, &row, addr);
        last = got;
    }
    mdw_unwind_info_close(info);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Carved off the end: two addresses, sizes of the header and of .eh_frame, what
 * kind of machine. The rest is header, .eh_frame, .debug_frame. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < TAIL)
        return 0;
    reader tail = reader_at((mdw_bytes){data + size - TAIL, TAIL}, 0, 0, false);
    uint64_t asked[2] = {reader_u64(&tail), code_at + reader_u16(&tail)};
    size_t header_len = reader_u16(&tail), eh_len = reader_u32(&tail);
    uint8_t kind = reader_u8(&tail);
    target t = {{data, size - TAIL}, arch_find(1 + (kind & 3)), {0}};
    t.regs.valid = UINT64_MAX >> (kind >> 2);
    for (size_t i = 0; i < MDW_MAX_REGS; i++)
        t.regs.value[i] = 0x1000 * i;
    header_len %= t.all.len + 1;
    eh_len %= t.all.len - header_len + 1;
    size_t debug_len = t.all.len - header_len - eh_len;
    mdw_sections s = MDW_INIT(mdw_sections);
    s.arch = t.arch->id;
    s.big_endian = kind & 64;
    s.at = window_at;
    s.at_user = &t;
    s.section[MDW_SECTION_EH_FRAME_HDR] =
        (mdw_section){{data, header_len}, header_at};
    s.section[MDW_SECTION_EH_FRAME] =
        (mdw_section){{data + header_len, eh_len}, frame_at + header_len};
    s.section[MDW_SECTION_DEBUG_FRAME] =
        (mdw_section){{data + header_len + eh_len, debug_len}, 0};
    s.section[MDW_SECTION_TEXT].addr = code_at;
    s.section[MDW_SECTION_GOT].addr = kind & 128 ? 0x4000 : 0;
    for (int i = 0; i < 3; i++) { /* with the header, without it, the other */
        uint32_t id = i < 2 ? MDW_SECTION_EH_FRAME : MDW_SECTION_DEBUG_FRAME;
        mdw_section none = {{NULL, 0}, 0};
        dwarf_cfi cfi = {.arch = t.arch,
                         .big_endian = s.big_endian,
                         .eh = i < 2,
                         .bytes = s.section[id].data,
                         .addr = s.section[id].addr,
                         .at = window_at,
                         .at_user = &t};
        cfi.bases.text = code_at;
        cfi.bases.has_text = true;
        check_table(&t, &cfi, i ? none : s.section[MDW_SECTION_EH_FRAME_HDR],
                    asked);
    }
    check_info(&t, &s, asked[1]);
    return 0;
}
