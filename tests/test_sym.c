/* tests/test_sym.c - what the two levels of an index answer from small .sym
 * texts: every record, its leniencies, and what is counted. */
#include <stdlib.h>

#include "lib/symbol/index.h"
#include "t.h"

enum { TEXT_MAX = 1024 };

#define MODULE "MODULE Linux x86_64 5A9832E5287241C1838ED98914E9B7FF1 a.so\n"

typedef struct bytes {
    uint8_t *data;
    size_t len;
} bytes;

static bool append(void *user, const void *data, size_t len)
{
    bytes *b = user;
    uint8_t *all = realloc(b->data, b->len + len + 1);
    if (!all)
        return false;
    memcpy(all + b->len, data, len);
    b->data = all;
    b->len += len;
    return true;
}

static mdw_bytes text_bytes(const char *text)
{
    return (mdw_bytes){(const uint8_t *)text, strlen(text)};
}

static bytes build(const char *text, uint32_t level)
{
    mdw_index_options o = MDW_INIT(mdw_index_options);
    bytes b = {NULL, 0};
    mdw_error err = {.code = MDW_OK};
    o.level = level;
    CHECK_U64((uint64_t)mdw_index_build(text_bytes(text), &o,
                                        (mdw_sink){append, &b}, &err),
              MDW_OK);
    return b;
}

/* "name|file|line;" for each place, innermost first. */
static bool print(void *user, const mdw_symbol *s)
{
    char *out = user;
    size_t len = strlen(out);
    snprintf(out + len, TEXT_MAX - len, "%.*s|%.*s|%u;", (int)s->function.len,
             s->function.data, (int)s->file.len, s->file.data,
             (unsigned)s->line);
    return true;
}

static mdw_symfile *open_level(const char *text, const bytes *index,
                               uint32_t level)
{
    mdw_symfile_options o = MDW_INIT(mdw_symfile_options);
    mdw_symfile *f = NULL;
    mdw_bytes built = {index->data, index->len};
    mdw_status status;
    if (level == MDW_INDEX_FULL) {
        status = mdw_symfile_open(built, &o, &f, NULL);
    } else {
        o.index = built;
        status = mdw_symfile_open(text_bytes(text), &o, &f, NULL);
    }
    CHECK_U64((uint64_t)status, MDW_OK);
    return f;
}

typedef struct lookup {
    const char *claim, *text;
    uint64_t rva;
    const char *want; /* "": absent */
} lookup;

#define FILES "FILE 0 a.c\nFILE 1 b c.h\nFILE 2 c.h\n"
#define ORIGINS "INLINE_ORIGIN 0 one\nINLINE_ORIGIN 1 two(int)\n"

static const lookup lookups[] = {
    {"a function and its line", FILES "FUNC 10 20 0 f\n10 8 7 0\n", 0x17,
     "f|a.c|7;"},
    {"behind the line, inside the function", FILES "FUNC 10 20 0 f\n10 8 7 0\n",
     0x18, "f||0;"},
    {"behind the function", "FUNC 10 20 0 f\n", 0x30, ""},
    {"the last address of a function", "FUNC 10 20 0 f\n", 0x2f, "f||0;"},
    {"names with spaces", FILES "FUNC m 10 20 0 f (g h)\n10 8 7 1\n", 0x10,
     "f (g h)|b c.h|7;"},
    {"an empty name", "FUNC 10 20 0\n", 0x10, "||0;"},
    {"CR LF, CR CR LF, no last newline",
     "FILE 0 a.c\r\nFUNC 10 20 0 f\r\r\n10 8 7 0\r", 0x10, "f|a.c|7;"},
    {"tabs", "FILE\t0\ta.c\nFUNC\t10\t 20\t0\tf\n10\t8\t7\t0\n", 0x10,
     "f|a.c|7;"},
    {"upper-case hex", "FILE 0 a\nFUNC FF0 FF 0 f\nFF0 F 7 0\n", 0xff1,
     "f|a|7;"},
    {"line 0", FILES "FUNC 10 20 0 f\n10 8 0 0\n", 0x10, "f|a.c|0;"},
    {"a negative line costs itself",
     FILES "FUNC 10 20 0 f\n10 8 -7 0\n18 8 9 0\n", 0x18, "f|a.c|9;"},
    {"a file that is not there", "FUNC 10 20 0 f\n10 8 7 5\n", 0x10, "f||7;"},
    {"files may come last", "FUNC 10 20 0 f\n10 8 7 0\nFILE 0 a.c\n", 0x10,
     "f|a.c|7;"},
    {"functions out of order", "FUNC 50 10 0 g\nFUNC 10 20 0 f\n", 0x50,
     "g||0;"},
    {"of two that overlap, the earlier", "FUNC 20 20 0 g\nFUNC 10 20 0 f\n",
     0x2f, "f||0;"},
    {"the rest is the later one's", "FUNC 20 20 0 g\nFUNC 10 20 0 f\n", 0x30,
     "g||0;"},
    {"of two at one place, the first", "FUNC 10 20 0 g\nFUNC 10 20 0 f\n", 0x10,
     "g||0;"},
    {"an empty function is none", "FUNC 10 0 0 f\nPUBLIC 8 0 p\n", 0x10,
     "p||0;"},
    {"lines out of order", FILES "FUNC 10 20 0 f\n20 8 9 0\n10 8 7 0\n", 0x11,
     "f|a.c|7;"},
    {"of two lines that overlap, the earlier",
     FILES "FUNC 10 20 0 f\n14 8 9 0\n10 8 7 0\n", 0x15, "f|a.c|7;"},
    {"a bad FUNC takes its lines along",
     FILES "FUNC 10 20 0 f\nFUNC zz 1 0 g\n10 8 7 0\n", 0x10, "f||0;"},
    {"an unknown record costs itself",
     FILES "FUNC 10 20 0 f\nWHAT 1\n10 8 7 0\n", 0x10, "f|a.c|7;"},
    {"a file between the lines",
     "FUNC 10 20 0 f\n10 8 7 0\nFILE 0 a.c\n18 8 9 0\n", 0x18, "f|a.c|9;"},
    {"the nearest public symbol", "PUBLIC 10 0 p\nPUBLIC m 20 0 q r\n", 0x100,
     "q r||0;"},
    {"not over a function", "PUBLIC 10 0 p\nFUNC 20 10 0 f\n", 0x30, ""},
    {"but over its own start", "PUBLIC 20 0 p\nFUNC 20 10 0 f\n", 0x30,
     "p||0;"},
    {"no public symbol at 0", "PUBLIC 0 0 p\n", 0x10, ""},
    {"inlined calls",
     FILES ORIGINS "FUNC 10 20 0 f\nINLINE 0 5 0 0 12 8\nINLINE 1 6 1 1 14 4\n"
                   "10 20 7 2\n",
     0x14, "two(int)|c.h|7;one|b c.h|6;f|a.c|5;"},
    {"outside the inner one",
     FILES ORIGINS "FUNC 10 20 0 f\nINLINE 0 5 0 0 12 8\nINLINE 1 6 1 1 14 4\n"
                   "10 20 7 2\n",
     0x18, "one|c.h|7;f|a.c|5;"},
    {"several ranges",
     FILES ORIGINS "FUNC 10 20 0 f\nINLINE 0 5 0 0 12 2 20 4\n10 20 7 2\n",
     0x23, "one|c.h|7;f|a.c|5;"},
    {"a call over two pieces of the one around it",
     FILES ORIGINS "FUNC 10 20 0 f\nINLINE 0 5 0 0 12 4 16 4\n"
                   "INLINE 1 6 1 1 14 4\n10 20 7 2\n",
     0x17, "two(int)|c.h|7;one|b c.h|6;f|a.c|5;"},
    {"a deeper call without the one around it does not count",
     FILES ORIGINS "FUNC 10 20 0 f\nINLINE 1 5 0 0 12 8\n10 20 7 2\n", 0x14,
     "f|c.h|7;"},
    {"an INLINE in the old form",
     FILES "INLINE_ORIGIN 0 1 one\nINLINE_ORIGIN 1 2 two\nFUNC 10 20 0 f\n"
           "INLINE 0 5 0 12 8\nINLINE 1 6 1 14 4\n10 20 7 0\n",
     0x14, "two|a.c|7;one|b c.h|6;f|a.c|5;"},
    {"a call from an unknown file",
     FILES ORIGINS "FUNC 10 20 0 f\nINLINE 0 5 -1 0 12 8\n10 20 7 2\n", 0x14,
     "one|c.h|7;f||5;"},
    {"an INLINE before any FUNC",
     FILES ORIGINS "INLINE 0 5 0 0 12 8\nFUNC 10 20 0 f\n10 20 7 2\n", 0x14,
     "f|c.h|7;"},
    {"half a range spoils an INLINE",
     FILES ORIGINS "FUNC 10 20 0 f\nINLINE 0 5 0 0 12\n10 20 7 2\n", 0x12,
     "f|c.h|7;"},
    {"a name that is no UTF-8",
     "FUNC 10 20 0 a\xFF"
     "b\n",
     0x10,
     "a\xEF\xBF\xBD"
     "b||0;"},
    {"a line that would wrap",
     FILES "FUNC 10 20 0 f\n15 ffffffffffffffff 7 0\n", 0x12, "f||0;"},
    {"beyond 4 GiB", "FUNC 100000010 20 0 f\n", UINT64_C(0x100000010), ""},
    {"cut at 4 GiB", "FUNC fffffff0 20 0 f\n", 0xffffffff, "f||0;"},
};

static void test_lookups(uint32_t level)
{
    for (size_t i = 0; i < sizeof lookups / sizeof *lookups; i++) {
        const lookup *l = &lookups[i];
        char text[TEXT_MAX], got[TEXT_MAX] = "", claim[128];
        snprintf(text, sizeof text, MODULE "%s", l->text);
        snprintf(claim, sizeof claim, "%s: %s", level ? "full" : "directory",
                 l->claim);
        t_case = claim;
        bytes index = build(text, level);
        mdw_symfile *f = open_level(text, &index, level);
        mdw_status status =
            f ? mdw_symfile_lookup(f, l->rva, print, got) : MDW_E_ARG;
        CHECK_U64((uint64_t)status, *l->want ? MDW_OK : MDW_ABSENT);
        CHECK(!strcmp(got, l->want));
        if (strcmp(got, l->want))
            fprintf(stderr, "got %s, want %s\n", got, l->want);
        mdw_symfile_close(f);
        free(index.data);
    }
}

/* --- rows -------------------------------------------------------------- */

typedef struct row_case {
    const char *claim, *text;
    uint32_t rva;
    mdw_status status;
    mdw_rule cfa, pc;
    mdw_range range;
} row_case;

#define INIT "STACK CFI INIT 10 20 .cfa: $rsp 8 + .ra: .cfa -8 + ^\n"
enum { RSP = 7, RBP = 6, CFA = MDW_BASE_CFA };

static const row_case rows[] = {
    {"INIT alone",
     INIT,
     0x10,
     MDW_OK,
     {MDW_RULE_ADDR, RSP, 0, 0, {8}},
     {MDW_RULE_LOAD, CFA, 0, 0, {-8}},
     {0x10, 0x20}},
    {"a delta",
     INIT "STACK CFI 14 .cfa: $rbp 16 +\n",
     0x14,
     MDW_OK,
     {MDW_RULE_ADDR, RBP, 0, 0, {16}},
     {MDW_RULE_LOAD, CFA, 0, 0, {-8}},
     {0x14, 0x1c}},
    {"a bad line before the delta",
     INIT "WHAT\n\nSTACK CFI zz\nSTACK CFI 14 .cfa: $rbp 16 +\n",
     0x14,
     MDW_OK,
     {MDW_RULE_ADDR, RBP, 0, 0, {16}},
     {MDW_RULE_LOAD, CFA, 0, 0, {-8}},
     {0x14, 0x1c}},
    {"before the delta",
     INIT "STACK CFI 14 .cfa: $rbp 16 +\n",
     0x13,
     MDW_OK,
     {MDW_RULE_ADDR, RSP, 0, 0, {8}},
     {MDW_RULE_LOAD, CFA, 0, 0, {-8}},
     {0x10, 4}},
    {"deltas out of order",
     INIT "STACK CFI 18 .cfa: $rbp 16 +\nSTACK CFI 14 .cfa: $rsp 32 +\n",
     0x19,
     MDW_OK,
     {MDW_RULE_ADDR, RBP, 0, 0, {16}},
     {MDW_RULE_LOAD, CFA, 0, 0, {-8}},
     {0x18, 0x18}},
    {"outside", INIT, 0x30, MDW_ABSENT, {0}, {0}, {0}},
    {"without .ra",
     "STACK CFI INIT 10 20 .cfa: $rsp 8 +\n",
     0x10,
     MDW_ABSENT,
     {0},
     {0},
     {0}},
    {"a CFA made of itself",
     "STACK CFI INIT 10 20 .cfa: .cfa 8 + .ra: .cfa ^\n",
     0x10,
     MDW_ABSENT,
     {0},
     {0},
     {0}},
    {"minus, without $",
     "STACK CFI INIT 10 20 .cfa: rsp -8 - .ra: .cfa 8 - ^\n",
     0x10,
     MDW_OK,
     {MDW_RULE_ADDR, RSP, 0, 0, {8}},
     {MDW_RULE_LOAD, CFA, 0, 0, {-8}},
     {0x10, 0x20}},
    {"lost return address",
     "STACK CFI INIT 10 20 .cfa: $rsp .ra: .undef\n",
     0x10,
     MDW_OK,
     {MDW_RULE_ADDR, RSP, 0, 0, {0}},
     {.kind = MDW_RULE_UNDEFINED},
     {0x10, 0x20}},
    {"rip overrides .ra",
     "STACK CFI INIT 10 20 .cfa: $rsp 8 + $rip: $rbp .ra: .cfa ^\n",
     0x10,
     MDW_OK,
     {MDW_RULE_ADDR, RSP, 0, 0, {8}},
     {MDW_RULE_ADDR, RBP, 0, 0, {0}},
     {0x10, 0x20}},
    {"a delta that follows no INIT",
     "STACK CFI 14 .cfa: $rbp 16 +\nFUNC 1 1 0 f\n" INIT,
     0x14,
     MDW_OK,
     {MDW_RULE_ADDR, RBP, 0, 0, {16}},
     {MDW_RULE_LOAD, CFA, 0, 0, {-8}},
     {0x14, 0x1c}},
};

static bool same_rule(const mdw_rule *a, const mdw_rule *b)
{
    return a->kind == b->kind && a->base == b->base && a->offset == b->offset;
}

static void check_row(const row_case *c, const mdw_symfile *f)
{
    enum { BASE = 0x400000 };
    mdw_image image = MDW_INIT(mdw_image);
    mdw_row_query q = MDW_INIT(mdw_row_query);
    mdw_row row = MDW_INIT(mdw_row);
    image.range = (mdw_range){BASE, 0x1000};
    mdw_symfile_image(f, &image);
    q.pc = BASE + c->rva;
    CHECK(image.rows != NULL);
    if (!image.rows)
        return;
    uint32_t pc = mdw_reg_find(MDW_ARCH_X86_64, (mdw_str){"rip", 3});
    CHECK_U64((uint64_t)image.rows(image.user, &image, &q, &row),
              (uint64_t)c->status);
    if (c->status == MDW_OK) {
        CHECK(same_rule(&row.cfa, &c->cfa));
        CHECK(row.set >> pc & 1 && same_rule(&row.reg[pc], &c->pc));
        CHECK_U64(row.pc.start, c->range.start + BASE);
        CHECK_U64(row.pc.size, c->range.size);
    }
    q.choice = 1;
    CHECK_U64((uint64_t)image.rows(image.user, &image, &q, &row), MDW_ABSENT);
}

static void test_rows(uint32_t level)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[TEXT_MAX];
        snprintf(text, sizeof text, MODULE "%s", rows[i].text);
        t_case = rows[i].claim;
        bytes index = build(text, level);
        index_view *v = NULL;
        arena *store = arena_new(NULL, 0);
        mdw_bytes b = {index.data, index.len};
        CHECK_U64((uint64_t)index_open(b, text_bytes(text), store, &v, NULL),
                  MDW_OK);
        bool full = v && index_about(v)->level == MDW_INDEX_FULL;
        arena_close(store);
        mdw_symfile *f =
            open_level(text, &index, full ? MDW_INDEX_FULL : level);
        bool nothing = rows[i].status == MDW_ABSENT && full;
        if (f && (mdw_symfile_has(f) & MDW_HAS_ROWS || !nothing))
            check_row(&rows[i], f);
        mdw_symfile_close(f);
        free(index.data);
    }
}

/* What a row says of x30 and of pc: "x30=... pc=...", each a rule; "absent". */
static const struct {
    const char *claim, *rules;
    bool answers, says_lr, says_pc;
} arm64_rows[] = {
    {"ARM64, .ra", ".cfa: sp 0 + .ra: x30", true, false, true},
    {"ARM64, at the entry it is in x30", ".cfa: sp 0 +", true, false, false},
    {"or said to be sp alone", ".cfa: sp", true, false, false},
    {"ARM64, where x30 was saved it lies there",
     ".cfa: x29 16 + x29: .cfa -16 + ^ x30: .cfa -8 + ^", true, true, false},
    {"ARM64, lost behind the entry", ".cfa: sp 32 +", false, false, false},
    {"ARM64, a rule for pc is no .ra", ".cfa: sp 32 + pc: x19", false, false,
     false},
};

static void test_arm64(uint32_t level)
{
    uint32_t lr = mdw_reg_find(MDW_ARCH_ARM64, (mdw_str){"x30", 3});
    uint32_t pc = mdw_reg_find(MDW_ARCH_ARM64, (mdw_str){"pc", 2});
    for (size_t i = 0; i < sizeof arm64_rows / sizeof *arm64_rows; i++) {
        char text[TEXT_MAX];
        snprintf(text, sizeof text,
                 "MODULE Linux arm64 5A9832E5287241C1838ED98914E9B7FF1 a.so\n"
                 "STACK CFI INIT 10 20 .cfa: sp 0 + .ra: x30\n"
                 "STACK CFI INIT 40 20 %s\n",
                 arm64_rows[i].rules);
        t_case = arm64_rows[i].claim;
        bytes index = build(text, level);
        mdw_symfile *f = open_level(text, &index, level);
        mdw_image image = MDW_INIT(mdw_image);
        mdw_row_query q = MDW_INIT(mdw_row_query);
        mdw_row row = MDW_INIT(mdw_row);
        image.range = (mdw_range){0, 0x1000};
        mdw_symfile_image(f, &image);
        q.pc = 0x48;
        mdw_status status = image.rows(image.user, &image, &q, &row);
        CHECK_U64((uint64_t)status,
                  arm64_rows[i].answers ? MDW_OK : MDW_ABSENT);
        if (status == MDW_OK) {
            CHECK((row.set >> lr & 1) == arm64_rows[i].says_lr);
            CHECK((row.set >> pc & 1) == arm64_rows[i].says_pc);
        }
        mdw_symfile_close(f);
        free(index.data);
    }
}

/* --- STACK WIN --------------------------------------------------------- */

static const char win_text[] =
    MODULE "STACK WIN 4 100 50 0 0 8 4 2c 0 1 $eip $esp ^ = $esp $esp 4 + =\n"
           "STACK WIN 0 100 80 0 0 4 0 0 0 0 1\n"
           "STACK WIN 4 110 10 1 2 3 4 5 6 1 $T0 .raSearch =\n"
           "STACK WIN 4 140 20 0 0 c 0 0 0 0 0\n"
           "STACK WIN 4 300 10 0 0\n";

typedef struct win_case {
    const char *claim;
    uint32_t rva;
    uint64_t start, size;
    uint32_t type, params;
    const char *program;
} win_case;

#define OUTER "$eip $esp ^ = $esp $esp 4 + ="

static const win_case wins[] = {
    {"the outer record", 0x100, 0x100, 0x40, 4, 8, OUTER},
    {"the inner one", 0x110, 0x110, 0x10, 4, 3, "$T0 .raSearch ="},
    {"outer again", 0x120, 0x100, 0x40, 4, 8, OUTER},
    {"cut where the next begins", 0x140, 0x140, 0x20, 4, 0xc, ""},
    {"FPO where there is no other", 0x170, 0x100, 0x80, 0, 4, ""},
    {"none", 0x180, 0, 0, 0, 0, ""},
    {"a bad line is none", 0x300, 0, 0, 0, 0, ""},
};

static void test_win(uint32_t level)
{
    bytes index = build(win_text, level);
    index_view *v = NULL;
    arena *store = arena_new(NULL, 0);
    mdw_bytes b = {index.data, index.len};
    CHECK_U64((uint64_t)index_open(b, text_bytes(win_text), store, &v, NULL),
              MDW_OK);
    for (size_t i = 0; v && i < sizeof wins / sizeof *wins; i++) {
        const win_case *c = &wins[i];
        index_win win = {.type = 0};
        t_case = c->claim;
        mdw_status status = index_win_at(v, c->rva, &win);
        CHECK_U64((uint64_t)status, c->size ? MDW_OK : MDW_ABSENT);
        CHECK_U64(win.range.start, c->start);
        CHECK_U64(win.range.size, c->size);
        CHECK_U64(win.type, c->type);
        CHECK_U64(win.params, c->params);
        CHECK(win.program.len == strlen(c->program) &&
              !memcmp(win.program.data ? win.program.data : "", c->program,
                      win.program.len));
        CHECK(win.allocates_base == (c->size == 0x80));
    }
    arena_close(store);
    free(index.data);
}

static size_t read_stack(void *user, uint64_t addr, void *dst, size_t len)
{
    const uint8_t *stack = user;
    if (addr < 0x1000 || addr - 0x1000 > 64 - len || len > 64)
        return 0;
    memcpy(dst, stack + (addr - 0x1000), len);
    return len;
}

/* FPO: the return address lies above parameters, saved registers, locals. */
static void test_win_rows(void)
{
    static const char text[] =
        "MODULE windows x86 5A9832E5287241C1838ED98914E9B7FF1 a.pdb\n"
        "FUNC 100 80 c f\nSTACK WIN 0 100 80 0 0 4 4 8 0 0 0\n";
    uint8_t stack[64] = {0};
    mdw_symfile *f = NULL;
    mdw_regs regs = {0};
    uint32_t esp = mdw_reg_find(MDW_ARCH_X86, (mdw_str){"esp", 3});
    uint32_t eip = mdw_reg_find(MDW_ARCH_X86, (mdw_str){"eip", 3});
    t_put(stack + 12, 0x400888, 4);
    regs.valid = UINT64_C(1) << esp | UINT64_C(1) << eip;
    regs.value[esp] = 0x1000;
    regs.value[eip] = 0x400110;
    t_case = "STACK WIN answers as constants";
    CHECK_U64((uint64_t)mdw_symfile_open(text_bytes(text), NULL, &f, NULL),
              MDW_OK);
    mdw_image image = MDW_INIT(mdw_image);
    mdw_row_query q = MDW_INIT(mdw_row_query);
    mdw_row row = MDW_INIT(mdw_row);
    image.range = (mdw_range){0x400000, 0x1000};
    mdw_symfile_image(f, &image);
    q.pc = regs.value[eip];
    q.regs = &regs;
    q.memory = q.code = (mdw_memory){read_stack, NULL, stack};
    CHECK_U64((uint64_t)image.rows(image.user, &image, &q, &row), MDW_OK);
    CHECK(row.set >> eip & 1 && row.reg[eip].base == MDW_BASE_ZERO);
    CHECK_U64((uint64_t)row.reg[eip].offset, 0x400888);
    CHECK_U64(row.source, MDW_SOURCE_STACK_WIN);
    CHECK_U64(row.pc.start, 0x400100);
    CHECK_U64(row.pc.size, 0x80);
    mdw_symfile_close(f);
}

static void test_expression(uint32_t level)
{
    static const char text[] =
        MODULE "STACK CFI INIT 10 20 .cfa: $rsp 16 @ .ra: .cfa -8 + ^\n";
    t_case = "what is no sum stays postfix";
    bytes index = build(text, level);
    mdw_symfile *f = open_level(text, &index, level);
    mdw_image image = MDW_INIT(mdw_image);
    mdw_row_query q = MDW_INIT(mdw_row_query);
    mdw_row row = MDW_INIT(mdw_row);
    image.range = (mdw_range){0, 0x1000};
    mdw_symfile_image(f, &image);
    q.pc = 0x10;
    CHECK_U64((uint64_t)image.rows(image.user, &image, &q, &row), MDW_OK);
    CHECK_U64(row.cfa.kind, MDW_RULE_EXPR);
    CHECK(row.cfa.expr_len == 9 && !memcmp(row.cfa.expr, "$rsp 16 @", 9));
    CHECK(row.flags & MDW_ROW_POSTFIX && row.source == MDW_SOURCE_STACK_CFI);
    mdw_symfile_close(f);
    free(index.data);
}

/* --- counters, identity ------------------------------------------------ */

static const char bad_text[] = MODULE
    "FUNC zz 1 0 g\nWHAT\n\nINFO CODE_ID 5A9832E5 a.exe\nFUNC 10 0 0 e\n"
    "FUNC 10 20 0 f\nFUNC 18 8 0 h\nFUNC 100000000 1 0 i\nFILE 99999999 x\n"
    "FUNC 50 20 STACK CFI INIT 30 12 8\nSTACK WIN 4 40 x\n";

static void test_counters(uint32_t level)
{
    static const uint64_t want[INDEX_COUNTER_KINDS] = {
        [INDEX_BAD_LINE] = 4, [INDEX_EMPTY] = 1,  [INDEX_COVERED] = 1,
        [INDEX_ABOVE] = 1,    [INDEX_NUMBER] = 1,
    };
    t_case = "what was skipped is counted";
    bytes index = build(bad_text, level);
    index_view *v = NULL;
    arena *store = arena_new(NULL, 0);
    mdw_bytes b = {index.data, index.len};
    CHECK_U64((uint64_t)index_open(b, text_bytes(bad_text), store, &v, NULL),
              MDW_OK);
    uint64_t got[INDEX_COUNTER_KINDS] = {0};
    index_counter c;
    for (uint32_t i = 0; v && index_counter_at(v, i, &c) == MDW_OK; i++) {
        CHECK(c.kind < INDEX_COUNTER_KINDS);
        got[c.kind % INDEX_COUNTER_KINDS] = c.count;
        if (c.kind == INDEX_BAD_LINE)
            CHECK_U64(c.first, sizeof MODULE - 1);
    }
    for (uint32_t i = 0; i < INDEX_COUNTER_KINDS; i++)
        CHECK_U64(got[i], want[i]);
    t_case = "a record in another one's line is none";
    sym_row row;
    CHECK_U64((uint64_t)index_row(v, 0, 0x30, &row), MDW_ABSENT);
    arena_close(store);
    free(index.data);
}

static void test_identity(void)
{
    static const char text[] = MODULE "FUNC 10 20 0 f\n";
    mdw_module wants = MDW_INIT(mdw_module);
    mdw_symfile_options o = MDW_INIT(mdw_symfile_options);
    mdw_symfile *f = NULL;
    const uint8_t guid[16] = {0x5A, 0x98, 0x32, 0xE5, 0x28, 0x72, 0x41, 0xC1,
                              0x83, 0x8E, 0xD9, 0x89, 0x14, 0xE9, 0xB7, 0xFF};
    memcpy(wants.debug_id.guid, guid, sizeof guid);
    wants.debug_id.age = 1;
    wants.debug_id.form = MDW_DEBUG_ID_GUID;
    o.wants = &wants;
    t_case = "the id that is wanted";
    CHECK_U64((uint64_t)mdw_symfile_open(text_bytes(text), &o, &f, NULL),
              MDW_OK);
    mdw_symfile *again = mdw_symfile_hold(f);
    CHECK(again == f);
    mdw_symfile_close(f);
    char got[TEXT_MAX] = "";
    CHECK_U64((uint64_t)mdw_symfile_lookup(again, 0x10, print, got), MDW_OK);
    CHECK(!strcmp(got, "f||0;"));
    CHECK_U64(mdw_symfile_has(again), MDW_HAS_FUNCTIONS);
    mdw_symfile_close(again);
    t_case = "another id is refused";
    wants.debug_id.age = 2;
    CHECK_U64((uint64_t)mdw_symfile_open(text_bytes(text), &o, &f, NULL),
              (uint64_t)MDW_E_MISMATCH);
    t_case = "no symbol file at all";
    CHECK_U64((uint64_t)mdw_symfile_open(text_bytes("hello\n"), NULL, &f, NULL),
              (uint64_t)MDW_E_FORMAT);
}

int main(void)
{
    for (uint32_t level = 0; level <= MDW_INDEX_FULL; level++) {
        test_lookups(level);
        test_rows(level);
        test_arm64(level);
        test_win(level);
        test_expression(level);
        test_counters(level);
    }
    test_win_rows();
    test_identity();
    return t_done();
}
