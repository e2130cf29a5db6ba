/* tests/test_walk_info.c - walks by unwind tables and expressions, and rows
 * whose return address was searched for. */
#include "walk_fixture.h"

#define X64 .arch = MDW_ARCH_X86_64, .os = MDW_OS_LINUX
#define X86 .arch = MDW_ARCH_X86, .os = MDW_OS_WINDOWS
#define A64 .arch = MDW_ARCH_ARM64, .os = MDW_OS_LINUX

typedef struct row {
    const char *claim;
    world w;
    const char *want;
} row;

static const row expressions[] = {
    {"DWARF expressions",
     {X64, .regs = "rip=400010 rsp=+0", .stack = "0 400100 0 0",
      .code = "400100*", .show = "rbx",
      .rows = "400010+1: cfa={\x77\x10} rip=[{\x38\x1c}] rbx={\x77\x18}"},
     "400010@+0 context rbx=?; 400100@+10 cfi! rbx=+18:computed0; no caller"},
    {"postfix",
     {X64, .regs = "rip=400010 rsp=+0", .stack = "0 400100 0 0",
      .code = "400100*", .show = "rbx",
      .rows = "400010+1: postfix cfa={$rsp 16 +} rip={.cfa 8 - ^} "
              "rbx=[{.cfa 8 -}]"},
     "400010@+0 context rbx=?; 400100@+10 cfi! rbx=400100:loaded0@+8; no "
     "caller"},
    {"an expression for a lost return address is no end",
     {X64, .regs = "rip=400010 rsp=+0", .stack = "400100", .code = "400100*",
      .rows = "400010+1: cfa={\x77\x08} rip={\x06\x06}"},
     "400010@+0 context; 400100@+8 scan!; no caller"},
    {"an expression's bytes are in the target's order",
     {A64, .big_endian = true, .regs = "pc=400010 sp=+0", .stack = "0",
      .rows = "400010+1: cfa={\x8f\x10\x0a\x01\x10\x22} pc=zero+500100"},
     "400010@+0 context; 500100@+120 cfi; no caller"},
    {"an expression for the CFA that asks for a bound is refused",
     {A64, .regs = "pc=400010 sp=+0 lr=400100", .stack = "0 0 400200",
      .code = "400100* 400200*", .show = "x19",
      .rows = "400010+1: cfa=sp+10 bound x19={.cfa 8 +} postfix;"
              "4000fc+1: cfa={sp 8 +} postfix pc=[{sp}]",
      .options.no_scan = true},
     "400010@+0 context x19=?; 400100@+10~ cfi! x19=+18:computed0; no caller"},
};

/* SCAN is 10, in hexadecimal a. */
#define SEARCHED "400010+1: cfa=zero+700008 eip=zero+400100 source=a"
static const row searches[] = {
    {"what was searched for and has a call",
     {X86, .regs = "eip=400010 esp=+0", .stack = "0 400100", .code = "400100*",
      .rows = SEARCHED},
     "400010@+0 context; 400100@+8 cfi-scan!; no caller"},
    {"what may have one",
     {X86, .regs = "eip=400010 esp=+0", .stack = "0 500100",
      .rows = "400010+1: cfa=zero+700008 eip=zero+500100 source=a"},
     "400010@+0 context; 500100@+8 cfi-scan; no caller"},
    {"what has none is refused",
     {X86, .regs = "eip=400010 esp=+0", .stack = "0 400100", .rows = SEARCHED},
     "400010@+0 context; no caller"},
    {"a call that is known beats it",
     {X86, .regs = "eip=400010 esp=+0 ebp=+8", .stack = "0 400100 0 400200",
      .code = "400100* 400200*", .rows = SEARCHED},
     "400010@+0 context; 400200@+10 fp!; bottom"},
    {"another row of the image too",
     {X86, .regs = "eip=400010 esp=+0", .stack = "0 400100 400200",
      .code = "400100* 400200*",
      .rows = SEARCHED "; 400010+1: cfa=esp+c eip=[cfa-4]"},
     "400010@+0 context; 400200@+c cfi!; no caller"},
    {"a null that was searched for is no end",
     {X86, .regs = "eip=400010 esp=+0", .stack = "0 400100", .code = "400100*",
      .rows = "400010+1: cfa=zero+700008 eip=zero+0 source=a"},
     "400010@+0 context; 400100@+8 scan!; no caller"},
    {"one that unwind information names is",
     {X86, .regs = "eip=400010 esp=+0", .stack = "0 400100", .code = "400100*",
      .rows = "400010+1: cfa=zero+700008 eip=zero+0"},
     "400010@+0 context; null pc"},
};

/* An expression without end costs its operators each time, and the walk goes
 * on. */
static void test_work(void)
{
    static target t;
    world w = {X64, .regs = "rip=400010 rsp=+0", .stack = "400100",
               .code = "400100*",
               .rows = "400010+1: cfa={\x2f\xfd\xff} rip=zero+1;"
                       "400010+1: cfa={\x2f\xfd\xff} rip=zero+1"};
    t_case = "operators are work";
    walk_through(&t, &w);
    text_is(t.text, "400010@+0 context; 400100@+8 scan!; no caller");
    CHECK(t.work >= 2000 && t.work < 3000);
    t_case = "that a budget ends";
    mdw_budget budget = MDW_INIT(mdw_budget);
    budget.work = 1500;
    w.options.budget = &budget;
    walk_through(&t, &w);
    text_is(t.text, "400010@+0 context; budget");
}

/* Linked at 1000, so that 1000 is CODE. CIE: version 1, "zR", code alignment 1,
 * data alignment -8, return column 16; absolute pointers; CFA rsp + 8, return
 * address at CFA - 8. */
static const uint8_t frame[] = {
    /* at 0 */ 0x14, 0, 0, 0, 0, 0, 0, 0, 1, 'z', 'R', 0, 1, 0x78, 16, 1, 0,
    0x0C, 7, 8, 0x90, 1, 0, 0,
    /* at 18, [1000, 1100): push rbp; from 1001 CFA rsp + 16, rbp at CFA - 16 */
    0x1C, 0, 0, 0, 0x1C, 0, 0, 0, 0, 0x10, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0,
    0, 0, 0, 0x41, 0x0E, 16, 0x86, 2, 0, 0,
    /* at 38, [1100, 1200): the CFA lies at 2000 */
    0x24, 0, 0, 0, 0x3C, 0, 0, 0, 0, 0x11, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0,
    0, 0, 0, 0x0F, 10, 0x03, 0, 0x20, 0, 0, 0, 0, 0, 0, 0x06, 0, 0, 0,
    /* at 60, [1200, 1300): the return address is undefined */
    0x1C, 0, 0, 0, 0x64, 0, 0, 0, 0, 0x12, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0,
    0, 0, 0, 0x07, 16, 0, 0, 0, 0, 0};

static mdw_unwind_info *info_of(mdw_bytes bytes)
{
    mdw_sections s = MDW_INIT(mdw_sections);
    mdw_unwind_info *info = NULL;
    s.arch = MDW_ARCH_X86_64;
    s.section[MDW_SECTION_EH_FRAME] = (mdw_section){bytes, 0x10000};
    CHECK(mdw_unwind_info_new(&s, NULL, &info, NULL) == MDW_OK);
    return info;
}

static void walk_image(target *t, const world *w, const mdw_image *image)
{
    target_init(t, w);
    mdw_unwinder_options options = MDW_INIT(mdw_unwinder_options);
    options.arch = w->arch;
    options.os = w->os;
    mdw_unwinder *unwinder = NULL;
    mdw_walk *walk = NULL;
    CHECK(mdw_unwinder_new(&options, &image, 1, &unwinder, NULL) == MDW_OK);
    CHECK(mdw_walk_new(unwinder, &w->options, &walk, NULL) == MDW_OK);
    mdw_walk_input in = input_for(t);
    CHECK(mdw_walk_begin(walk, &in) == MDW_OK);
    step_through(t, walk);
    mdw_walk_close(walk);
    mdw_unwinder_close(unwinder);
}

static void test_tables(void)
{
    static target t;
    world w = {X64,
               .regs = "rip=400010 rsp=+0 rbp=5 rbx=6",
               .show = "rbp rbx",
               .stack = "7 400180 0 0 400220",
               .code = "400180* 400220* 401000=2800700000000000",
               .options = MDW_INIT(mdw_walk_options)};
    mdw_image image = MDW_INIT(mdw_image);
    mdw_unwind_info *info = info_of((mdw_bytes){frame, sizeof frame});
    image.range = (mdw_range){CODE, CODE_SIZE};
    image.link_base = 0x1000;
    image.rows = mdw_unwind_info_rows;
    image.user = info;
    t_case = "an image that was moved";
    walk_image(&t, &w, &image);
    text_is(t.text, "400010@+0 context rbp=5:context0 rbx=6:context0; "
                    "400180@+10 cfi! rbp=7:loaded0@+0 rbx=6:kept0; "
                    "400220@+28 cfi! rbp=7:kept0 rbx=6:kept0; bottom");
    CHECK_U64(t.frames[1].source, MDW_SOURCE_DWARF);
    t_case = "where it was linked for";
    image.range.start = image.link_base;
    w.regs = "rip=1010 rsp=+0";
    w.show = NULL;
    w.stack = "7 1220";
    walk_image(&t, &w, &image);
    text_is(t.text, "1010@+0 context; 1220@+10 cfi; bottom");
    mdw_unwind_info_close(info);
}

#define TABLE(rows)                                                            \
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)                    \
    check_walk(rows[i].claim, &rows[i].w, rows[i].want)

int main(void)
{
    TABLE(expressions);
    TABLE(searches);
    test_work();
    test_tables();
    return t_done();
}
