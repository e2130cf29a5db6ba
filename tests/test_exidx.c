/* tests/test_exidx.c - .ARM.exidx and .ARM.extab, out of instructions written
 * down here. */
#include <stdlib.h>

#include "cfi_text.h"
#include "lib/unwind/exidx.h"
#include "t.h"

enum {
    INDEX = 0x9000,
    EXTAB = 0xA000,
    FUNCTION = 0x1000,
    NEXT = 0x1200,
    PERSONALITY = 0x800,
    SIZE = 2048
};

/* Words in the order of the target; what is asked of `at`. */
typedef struct table {
    uint8_t data[SIZE];
    size_t len;
    uint64_t addr;
    bool big_endian;
} table;

static void put(table *t, uint32_t word)
{
    for (size_t i = 0; i < 4; i++)
        t->data[t->len + i] =
            (uint8_t)(word >> 8 * (t->big_endian ? 3 - i : i));
    t->len += 4;
}

/* R_ARM_PREL31 */
static void put_place(table *t, uint64_t place)
{
    put(t, (uint32_t)(place - (t->addr + t->len)) & 0x7FFFFFFF);
}

/* Exactly as long as it claims, so that a sanitizer sees a byte too many. */
static mdw_bytes exact(const table *t)
{
    uint8_t *copy = malloc(t->len + 1);
    memcpy(copy, t->data, t->len);
    return (mdw_bytes){copy, t->len};
}

static void give(mdw_bytes b)
{
    free((void *)(uintptr_t)b.data);
}

static mdw_window at_extab(void *user, uint64_t addr)
{
    const mdw_bytes *extab = user;
    return addr - EXTAB < extab->len ? (mdw_window){EXTAB, *extab}
                                     : (mdw_window){0, {NULL, 0}};
}

/* --- forms -------------------------------------------------------------- */

enum form { INLINE, SHORT, LONG_16, LONG_32, GENERIC, FORMS };

static size_t from_hex(const char *text, uint8_t *out)
{
    size_t len = 0;
    for (; *text; text++) {
        char pair[3] = {text[0], text[1], 0};
        if (*text == ' ')
            continue;
        out[len++] = (uint8_t)strtoul(pair, NULL, 16);
        text++;
    }
    return len;
}

/* `head` bytes and then the program, filled up with "finish". */
static void put_program(table *t, const uint8_t *head, size_t head_len,
                        const uint8_t *code, size_t len)
{
    uint8_t all[SIZE / 2];
    size_t count = head_len + len;
    memcpy(all, head, head_len);
    memcpy(all + head_len, code, len);
    while (count % 4)
        all[count++] = 0xB0;
    for (size_t i = 0; i < count; i += 4)
        put(t, (uint32_t)all[i] << 24 | (uint32_t)all[i + 1] << 16 |
                   (uint32_t)all[i + 2] << 8 | all[i + 3]);
}

static void put_form(table *t, enum form form, const uint8_t *code, size_t len)
{
    uint8_t more = (uint8_t)(len > 2 ? (len - 2 + 3) / 4 : 0);
    uint8_t generic = (uint8_t)(len > 3 ? (len - 3 + 3) / 4 : 0);
    const uint8_t heads[FORMS][2] = {[INLINE] = {0x80},
                                     [SHORT] = {0x80},
                                     [LONG_16] = {0x81, more},
                                     [LONG_32] = {0x82, more},
                                     [GENERIC] = {generic}};
    bool wide = form == LONG_16 || form == LONG_32;
    if (form == GENERIC)
        put_place(t, PERSONALITY);
    put_program(t, heads[form], wide ? 2 : 1, code, len);
}

/* One function with a program, and one that can't be unwound. */
static mdw_status read_form(enum form form, bool big_endian, const char *hex,
                            mdw_row *row)
{
    table index = {.addr = INDEX, .big_endian = big_endian};
    table extab = {.addr = EXTAB, .big_endian = big_endian};
    uint8_t code[SIZE / 4];
    size_t len = from_hex(hex, code);
    put_place(&index, FUNCTION);
    if (form == INLINE) {
        put_form(&index, form, code, len);
    } else {
        put_place(&index, EXTAB);
        put_form(&extab, form, code, len);
    }
    put_place(&index, NEXT);
    put(&index, 1);
    mdw_bytes extab_bytes = exact(&extab);
    mdw_sections s = MDW_INIT(mdw_sections);
    s.arch = MDW_ARCH_ARM;
    s.big_endian = big_endian;
    s.at = at_extab;
    s.at_user = &extab_bytes;
    s.section[MDW_SECTION_ARM_EXIDX] = (mdw_section){exact(&index), INDEX};
    exidx x;
    CHECK(exidx_take(&x, &s));
    mdw_status status = exidx_row(&x, FUNCTION + 0x10, row);
    give(s.section[MDW_SECTION_ARM_EXIDX].data);
    give(extab_bytes);
    return status;
}

/* --- instructions ------------------------------------------------------- */

typedef struct program {
    const char *claim, *code, *want;
} program;

#define LEAF " 15=r14+0"

static const program programs[] = {
    {"nothing at all", "b0", "cfa=r13+0" LEAF},
    {"vsp + 4", "00", "cfa=r13+4" LEAF},
    {"vsp + 256", "3f", "cfa=r13+256" LEAF},
    {"vsp - 4", "40", "cfa=r13-4" LEAF},
    {"vsp - 256", "7f", "cfa=r13-256" LEAF},
    {"refuse to unwind", "8000", "absent"},
    {"refuse, later", "018000", "absent"},
    {"r4", "8001", "cfa=r13+4 4=[r13+0]" LEAF},
    {"r11", "8080", "cfa=r13+4 11=[r13+0]" LEAF},
    {"r12", "8100", "cfa=r13+4 12=[r13+0]" LEAF},
    {"lr", "8400", "cfa=r13+4 14=[r13+0] 15=[r13+0]"},
    {"pc without lr", "8801", "cfa=r13+8 4=[r13+0] 15=[r13+4]"},
    {"pc and lr", "8c01", "cfa=r13+12 4=[r13+0] 14=[r13+4] 15=[r13+8]"},
    {"sp is what was loaded", "8601",
     "cfa=[r13+4] 4=[r13+0] 14=[r13+8] 15=[r13+8]"},
    {"and nothing is counted from it", "820001", "not supported"},
    {"nor popped", "8200a0", "not supported"},
    {"nor is it replaced", "820097", "not supported"},
    {"nor popped anew", "8200820000", "not supported"},
    {"it may end", "8200b001", "cfa=[r13+0]" LEAF},
    {"vsp = r7", "97", "cfa=r7+0" LEAF},
    {"vsp = r0", "90", "cfa=r0+0" LEAF},
    {"vsp = lr", "9e", "cfa=r14+0" LEAF},
    {"what stood before does not count", "039b45", "cfa=r11-24" LEAF},
    {"what was popped is not where it was", "a097", "cfa=r7+0 4=[r13+0]" LEAF},
    {"what was popped is no base", "a394", "not supported"},
    {"two bases", "97019b01a8",
     "cfa=r11+16 4=[r11+8] 14=[r11+12] "
     "15=[r11+12]"},
    {"a move from sp to sp", "9d", "not supported"},
    {"from pc", "9f", "not supported"},
    {"r4 alone", "a0", "cfa=r13+4 4=[r13+0]" LEAF},
    {"r4 to r6", "a2", "cfa=r13+12 4=[r13+0] 5=[r13+4] 6=[r13+8]" LEAF},
    {"r4 to r11", "a7",
     "cfa=r13+32 4=[r13+0] 5=[r13+4] 6=[r13+8] 7=[r13+12] 8=[r13+16] "
     "9=[r13+20] 10=[r13+24] 11=[r13+28]" LEAF},
    {"r4 and lr", "a8", "cfa=r13+8 4=[r13+0] 14=[r13+4] 15=[r13+4]"},
    {"r4 to r11 and lr", "af",
     "cfa=r13+36 4=[r13+0] 5=[r13+4] 6=[r13+8] 7=[r13+12] 8=[r13+16] "
     "9=[r13+20] 10=[r13+24] 11=[r13+28] 14=[r13+32] 15=[r13+32]"},
    {"nothing behind finish", "b001af", "cfa=r13+0" LEAF},
    {"r0", "b101", "cfa=r13+4 0=[r13+0]" LEAF},
    {"r0 to r3", "b10f",
     "cfa=r13+16 0=[r13+0] 1=[r13+4] 2=[r13+8] 3=[r13+12]" LEAF},
    {"r3 and lr", "b1088400", "cfa=r13+8 3=[r13+0] 14=[r13+4] 15=[r13+4]"},
    {"none of r0 to r3", "b100", "not supported"},
    {"more than r0 to r3", "b110", "not supported"},
    {"vsp + 0x204", "b200", "cfa=r13+516" LEAF},
    {"vsp + 0x204 + 4 * 127", "b27f", "cfa=r13+1024" LEAF},
    {"two bytes of it", "b28001", "cfa=r13+1028" LEAF},
    {"five bytes of it", "b2ffffffff0f", "cfa=r13+17179869696" LEAF},
    {"more is no frame", "b2808080808001", "not supported"},
    {"D0, FSTMFDX", "b300", "cfa=r13+12" LEAF},
    {"D8 to D11, FSTMFDX", "b383a8",
     "cfa=r13+44 4=[r13+36] 14=[r13+40] 15=[r13+40]"},
    {"D0 to D15, FSTMFDX", "b30f", "cfa=r13+132" LEAF},
    {"an authentication code", "b48400", "cfa=r13+8 14=[r13+4] 15=[r13+4]"},
    {"vsp as its modifier", "b5b4a8",
     "cfa=r13+12 4=[r13+4] 14=[r13+8] 15=[r13+8]"},
    {"spare b6", "b6", "not supported"},
    {"spare b7", "b7", "not supported"},
    {"D8, FSTMFDX", "b8", "cfa=r13+12" LEAF},
    {"D8 to D15, FSTMFDX", "bf", "cfa=r13+68" LEAF},
    {"wR10", "c0", "cfa=r13+8" LEAF},
    {"wR10 to wR15", "c5", "cfa=r13+48" LEAF},
    {"wR0 to wR3", "c603", "cfa=r13+32" LEAF},
    {"wCGR0 and wCGR3", "c709", "cfa=r13+8" LEAF},
    {"none of wCGR", "c700", "not supported"},
    {"more than wCGR", "c710", "not supported"},
    {"D16 to D17", "c801", "cfa=r13+16" LEAF},
    {"D8 to D9", "c981a8", "cfa=r13+24 4=[r13+16] 14=[r13+20] 15=[r13+20]"},
    {"spare ca", "ca", "not supported"},
    {"spare cf", "cf", "not supported"},
    {"D8", "d0", "cfa=r13+8" LEAF},
    {"D8 to D15", "d7", "cfa=r13+64" LEAF},
    {"spare d8", "d8", "not supported"},
    {"spare ff", "ff", "not supported"},
    {"a frame of a real function", "01d3b201a8",
     "cfa=r13+568 4=[r13+560] 14=[r13+564] 15=[r13+564]"},
};

static void check_program(const program *p, enum form form, bool big_endian)
{
    char text[ROW_TEXT];
    mdw_row row;
    memset(&row, 0xEE, sizeof row);
    mdw_status status = read_form(form, big_endian, p->code, &row);
    const char *got = status == MDW_OK
                          ? row_text(arch_find(MDW_ARCH_ARM), &row, text)
                          : mdw_status_name(status);
    bool same = strcmp(got, p->want) == 0;
    CHECK(same);
    if (!same)
        fprintf(stderr, "    form %d: %s\n", (int)form, got);
    if (status != MDW_OK)
        return;
    CHECK_U64(row.pc.start, FUNCTION);
    CHECK_U64(row.pc.size, NEXT - FUNCTION);
    CHECK_U64(row.flags, MDW_ROW_WHOLE);
    CHECK_U64(row.source, MDW_SOURCE_EXIDX);
    CHECK_U64(row.args, 0);
}

static void test_programs(void)
{
    for (size_t i = 0; i < sizeof programs / sizeof *programs; i++)
        for (unsigned form = 0; form < FORMS; form++) {
            size_t len = 0;
            for (const char *c = programs[i].code; *c; c++)
                len += *c != ' ';
            t_case = programs[i].claim;
            if (len > 6 && (form == INLINE || form == SHORT))
                continue; /* three bytes are all there is */
            check_program(&programs[i], (enum form)form, false);
            check_program(&programs[i], (enum form)form, true);
        }
}

/* --- the index ---------------------------------------------------------- */

/* Entries with a frame of their own: 4 * (i + 1). */
static exidx index_of(table *t, const uint64_t *starts, size_t count)
{
    exidx x = {.addr = INDEX};
    mdw_sections s = MDW_INIT(mdw_sections);
    *t = (table){.addr = INDEX};
    for (size_t i = 0; i < count; i++) {
        put_place(t, starts[i]);
        put(t, UINT32_C(0x80B0B0B0) - (UINT32_C(0xB0) - (uint32_t)i) * 0x10000);
    }
    s.arch = MDW_ARCH_ARM;
    s.section[MDW_SECTION_ARM_EXIDX] =
        (mdw_section){{t->data, t->len}, t->addr};
    CHECK(exidx_take(&x, &s));
    return x;
}

static void check_place(const exidx *x, uint64_t addr, int64_t frame,
                        uint64_t start, uint64_t size)
{
    mdw_row row;
    row_clear(&row);
    mdw_status status = exidx_row(x, addr, &row);
    CHECK(status == (frame ? MDW_OK : MDW_ABSENT));
    if (status != MDW_OK || !frame)
        return;
    CHECK_U64((uint64_t)row.cfa.offset, (uint64_t)frame);
    CHECK_U64(row.pc.start, start);
    CHECK_U64(row.pc.size, size);
}

static void test_search(void)
{
    static const uint64_t starts[] = {0x1000, 0x1100, 0x1100, 0x1201, 0x8000};
    const uint64_t end = UINT64_C(1) << 32;
    table t;
    exidx x = index_of(&t, starts, 5);
    t_case = "each entry speaks up to the next one";
    check_place(&x, 0xFFF, 0, 0, 0);
    check_place(&x, 0x1000, 4, 0x1000, 0x100);
    check_place(&x, 0x10FF, 4, 0x1000, 0x100);
    check_place(&x, 0x1100, 12, 0x1100, 0x100);
    t_case = "bit 0 is no part of an address";
    check_place(&x, 0x1200, 16, 0x1200, 0x6E00);
    CHECK_U64(exidx_start(&x, 3), 0x1200);
    t_case = "the last one speaks for all that follows";
    check_place(&x, 0x8000, 20, 0x8000, end - 0x8000);
    check_place(&x, UINT32_MAX, 20, 0x8000, end - 0x8000);
    check_place(&x, end, 0, 0, 0);
    check_place(&x, end + 0x1000, 0, 0, 0);
    t_case = "an entry that is cut is none";
    x.bytes.len -= 4;
    x.count = 0;
    check_place(&x, 0x1000, 0, 0, 0);
    t_case = "code behind the index, and addresses that wrap";
    static const uint64_t high[] = {0xFFFFF000, 0xFFFFFF00};
    x = index_of(&t, high, 2);
    check_place(&x, 0xFFFFF010, 4, 0xFFFFF000, 0xF00);
    check_place(&x, 0xFFFFFF10, 8, 0xFFFFFF00, 0x100);
}

/* Whatever the order, a row speaks for what was asked about. */
static void test_disorder(void)
{
    static const uint64_t starts[] = {0x5000, 0x1000, 0x3000, 0x2000, 0x4000};
    table t;
    exidx x = index_of(&t, starts, 5);
    t_case = "an index out of order";
    for (uint64_t addr = 0x800; addr < 0x6000; addr += 0x80) {
        mdw_row row;
        mdw_status status = exidx_row(&x, addr, &row);
        CHECK(status == MDW_ABSENT ||
              (status == MDW_OK && mdw_range_has(row.pc, addr)));
    }
}

static void test_take(void)
{
    table t = {.addr = INDEX};
    mdw_sections s = MDW_INIT(mdw_sections);
    mdw_section *section = &s.section[MDW_SECTION_ARM_EXIDX];
    exidx x;
    s.arch = MDW_ARCH_ARM;
    t_case = "no index";
    CHECK(!exidx_take(&x, &s));
    t_case = "half an entry";
    put_place(&t, FUNCTION);
    *section = (mdw_section){{t.data, t.len}, INDEX};
    CHECK(!exidx_take(&x, &s));
    t_case = "entries that only say that there is nothing";
    put(&t, 1);
    put_place(&t, NEXT);
    put(&t, 1);
    section->data.len = t.len;
    CHECK(!exidx_take(&x, &s));
    t_case = "one that says more";
    put_place(&t, NEXT + 0x100);
    put(&t, 0x80B0B0B0);
    section->data.len = t.len;
    CHECK(exidx_take(&x, &s));
    CHECK_U64(x.count, 3);
    t_case = "another machine's";
    s.arch = MDW_ARCH_ARM64;
    CHECK(!exidx_take(&x, &s));
}

/* --- damage ------------------------------------------------------------- */

/* What an entry's second word and the words in .ARM.extab come to. */
static mdw_status ask(uint32_t word, const uint32_t *words, size_t count)
{
    table index = {.addr = INDEX}, extab = {.addr = EXTAB};
    mdw_sections s = MDW_INIT(mdw_sections);
    mdw_row row;
    exidx x;
    put_place(&index, FUNCTION);
    if (word)
        put(&index, word);
    else
        put_place(&index, EXTAB);
    for (size_t i = 0; i < count; i++)
        put(&extab, words[i]);
    mdw_bytes extab_bytes = exact(&extab);
    s.arch = MDW_ARCH_ARM;
    s.at = at_extab;
    s.at_user = &extab_bytes;
    s.section[MDW_SECTION_ARM_EXIDX] = (mdw_section){exact(&index), INDEX};
    CHECK(exidx_take(&x, &s));
    mdw_status status = exidx_row(&x, FUNCTION, &row);
    give(s.section[MDW_SECTION_ARM_EXIDX].data);
    give(extab_bytes);
    return status;
}

static void test_damage(void)
{
    static const struct {
        const char *claim;
        uint32_t word; /* 0: it points to the others */
        uint32_t count, words[4];
        mdw_status want;
    } cases[] = {
        {"a second form in the index", 0x8101B0B0, 0, {0}, MDW_E_UNSUPPORTED},
        {"a routine that nobody knows", 0x8301B0B0, 0, {0}, MDW_E_UNSUPPORTED},
        {"bits that are 0", 0x90B0B0B0, 0, {0}, MDW_E_UNSUPPORTED},
        {"the same in .ARM.extab", 0, 1, {0x8F00B0B0}, MDW_E_UNSUPPORTED},
        {"a place between words",
         EXTAB + 2 - (INDEX + 4),
         1,
         {0x80B0B0B0},
         MDW_E_FORMAT},
        {"a place that nobody has",
         EXTAB + 64 - (INDEX + 4),
         1,
         {0x80B0B0B0},
         MDW_E_TRUNCATED},
        {"nothing there", 0, 0, {0}, MDW_E_TRUNCATED},
        {"words that are not there",
         0,
         2,
         {0x8102A8A8, 0xA8A8A8A8},
         MDW_E_TRUNCATED},
        {"they are not needed after finish", 0, 1, {0x8102A8B0}, MDW_OK},
        {"a routine without data", 0, 1, {0x00000100}, MDW_E_TRUNCATED},
        {"with less than it says",
         0,
         3,
         {0x100, 0x02A8A8A8, 0xA8A8A8A8},
         MDW_E_TRUNCATED},
        {"with what it says", 0, 3, {0x100, 0x01A8A8A8, 0xA8A8A8A8}, MDW_OK},
        {"half an instruction", 0x80A8A8B1, 0, {0}, MDW_E_TRUNCATED},
        {"half a pop", 0x80A8A884, 0, {0}, MDW_E_TRUNCATED},
        {"half a refusal", 0x80A8A880, 0, {0}, MDW_E_TRUNCATED},
        {"half a number", 0x80B28080, 0, {0}, MDW_E_TRUNCATED},
        {"half of D0", 0x80A8A8B3, 0, {0}, MDW_E_TRUNCATED},
        {"half of D1", 0x80A8A8C9, 0, {0}, MDW_E_TRUNCATED},
        {"half of wCGR", 0x80A8A8C7, 0, {0}, MDW_E_TRUNCATED},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        t_case = cases[i].claim;
        mdw_status got = ask(cases[i].word, cases[i].words, cases[i].count);
        CHECK_U64((uint64_t)(int64_t)got, (uint64_t)(int64_t)cases[i].want);
    }
}

/* 255 words more, and as long as that. */
static void test_longest(void)
{
    table index = {.addr = INDEX}, extab = {.addr = EXTAB};
    mdw_bytes bytes = {extab.data, 0};
    exidx x = {.addr = INDEX, .count = 1, .at = at_extab, .at_user = &bytes};
    mdw_row row;
    put_place(&index, FUNCTION);
    put_place(&index, EXTAB);
    put(&extab, 0x81FF3F3F);
    for (int i = 0; i < 255; i++)
        put(&extab, 0x3F3F3F3F);
    x.bytes = (mdw_bytes){index.data, index.len};
    bytes.len = extab.len;
    t_case = "the longest program";
    CHECK(exidx_row(&x, FUNCTION, &row) == MDW_OK);
    CHECK_U64((uint64_t)row.cfa.offset, UINT64_C(256) * (2 + 4 * 255));
    t_case = "without what it points to";
    x.at = NULL;
    CHECK(exidx_row(&x, FUNCTION, &row) == MDW_ABSENT);
}

int main(void)
{
    test_programs();
    test_search();
    test_disorder();
    test_take();
    test_damage();
    test_longest();
    return t_done();
}
