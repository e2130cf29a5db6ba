/* tests/test_unwinder.c - images and who owns an address, options of other
 * versions, memory that runs out, walks that begin again. */
#include "walk_fixture.h"

#define X64 .arch = MDW_ARCH_X86_64, .os = MDW_OS_LINUX
enum { NO = 99, MAX_IMAGES = 4 };

typedef struct overlap {
    const char *claim;
    struct {
        uint64_t start, size;
    } images[MAX_IMAGES];
    struct {
        uint64_t pc;
        unsigned image;
    } asked[6];
} overlap;

static const overlap overlaps[] = {
    {"one image",
     {{0x1000, 0x1000}},
     {{0xFFF, NO}, {0x1000, 0}, {0x1FFF, 0}, {0x2000, NO}}},
    {"in any order",
     {{0x3000, 0x1000}, {0x1000, 0x1000}},
     {{0x3000, 0}, {0x1000, 1}, {0x2FFF, NO}}},
    {"the lower start owns what two share",
     {{0x1800, 0x1000}, {0x1000, 0x1000}},
     {{0x1800, 1}, {0x1FFF, 1}, {0x2000, 0}, {0x27FF, 0}, {0x2800, NO}}},
    {"one inside another owns nothing",
     {{0x1000, 0x1000}, {0x1400, 0x100}},
     {{0x1400, 0}, {0x14FF, 0}, {0x1500, 0}}},
    {"of two with one start the first counts",
     {{0x1000, 0x1000}, {0x1000, 0x800}},
     {{0x1000, 0}, {0x1FFF, 0}}},
    {"also if the second is longer",
     {{0x1000, 0x800}, {0x1000, 0x1000}},
     {{0x1000, 0}, {0x17FF, 0}, {0x1800, 1}, {0x1FFF, 1}, {0x2000, NO}}},
    {"three in a row",
     {{0x1000, 0x1000}, {0x1800, 0x1000}, {0x1C00, 0x2000}},
     {{0x1C00, 0}, {0x2000, 1}, {0x27FF, 1}, {0x2800, 2}, {0x3BFF, 2}}},
    {"an empty image owns nothing",
     {{0x1000, 0}, {0x1000, 0x1000}},
     {{0x1000, 1}}},
    {"an image may reach to 2^64",
     {{UINT64_C(0xFFFFFFFFFFFFF000), 0x1000}, {0x1000, 0x1000}},
     {{UINT64_C(0xFFFFFFFFFFFFFFFE), 0}, {0x1000, 1}, {0x2000, NO}}},
    {"others inside that own nothing",
     {{UINT64_C(0xFFFFFFFFFFFF0000), 0x10000},
      {UINT64_C(0xFFFFFFFFFFFFF000), 0x1000}},
     {{UINT64_C(0xFFFFFFFFFFFFF000), 0}}},
    {"a size that leads over 2^64 is cut there",
     {{UINT64_C(0xFFFFFFFFFFFFF000), 0x9000}, {0x1000, 0x1000}},
     {{UINT64_C(0xFFFFFFFFFFFFFFFE), 0}, {0x1000, 1}, {0x2000, NO}}},
    {"and what lies in it belongs to it",
     {{UINT64_C(0xFFFFFFFFFFFFF000), 0x9000},
      {UINT64_C(0xFFFFFFFFFFFFF800), 0x100}},
     {{UINT64_C(0xFFFFFFFFFFFFF800), 0}}},
    {"the whole address space",
     {{0, UINT64_MAX}, {0x1000, 0x1000}},
     {{1, 0}, {0x1000, 0}, {UINT64_C(0xFFFFFFFFFFFFFFFE), 0}}},
    {"no image", {{0, 0}}, {{0x1000, NO}}},
};

/* The image of a context's pc. */
static uint32_t image_at(const mdw_unwinder *unwinder, uint64_t pc)
{
    mdw_walk *walk = NULL;
    mdw_regs regs = regs_of(MDW_ARCH_X86_64, "rip=0 rsp=1000");
    regs.value[mdw_reg_find(MDW_ARCH_X86_64, (mdw_str){"rip", 3})] = pc;
    mdw_walk_input in = MDW_INIT(mdw_walk_input);
    mdw_frame frame = MDW_INIT(mdw_frame);
    in.regs = &regs;
    CHECK(mdw_walk_new(unwinder, NULL, &walk, NULL) == MDW_OK);
    CHECK(mdw_walk_begin(walk, &in) == MDW_OK);
    CHECK(mdw_walk_next(walk, &frame) == MDW_OK);
    CHECK_U64(frame.pc, pc);
    mdw_walk_close(walk);
    return frame.image;
}

static void test_overlaps(void)
{
    for (size_t i = 0; i < sizeof overlaps / sizeof *overlaps; i++) {
        const overlap *o = &overlaps[i];
        mdw_image images[MAX_IMAGES];
        const mdw_image *list[MAX_IMAGES];
        size_t count = 0;
        t_case = o->claim;
        for (; count < MAX_IMAGES &&
               (o->images[count].start || o->images[count].size);
             count++) {
            images[count] = MDW_INIT(mdw_image);
            images[count].range =
                (mdw_range){o->images[count].start, o->images[count].size};
            list[count] = &images[count];
        }
        mdw_unwinder_options options = MDW_INIT(mdw_unwinder_options);
        options.arch = MDW_ARCH_X86_64;
        mdw_unwinder *u = NULL;
        CHECK(mdw_unwinder_new(&options, list, count, &u, NULL) == MDW_OK);
        for (size_t k = 0; k < 6 && o->asked[k].pc; k++)
            CHECK_U64(image_at(u, o->asked[k].pc),
                      o->asked[k].image == NO ? MDW_NONE : o->asked[k].image);
        mdw_unwinder_close(u);
    }
}

/* An image above the mask makes room in it. */
static void test_mask(void)
{
    static const struct {
        const char *claim;
        uint64_t start, size, mask, lr, pc;
    } cases[] = {
        {"48 bits", 0x400000, 0x1000, 0, UINT64_C(0xFF00000000400100),
         0x400100},
        {"an image up to 2^48 needs no more", (UINT64_C(1) << 48) - 0x1000,
         0x1000, 0, UINT64_C(0x1FFFFFFFFF100), UINT64_C(0xFFFFFFFFF100)},
        {"one more byte needs one more bit", (UINT64_C(1) << 48) - 0x1000,
         0x1001, 0, UINT64_C(0x3FFFFFFFFF100), UINT64_C(0x1FFFFFFFFF100)},
        {"the highest", UINT64_C(0xFFFFFFFFFFFFF000), 0x1000, 0,
         UINT64_C(0xFFFFFFFFFFFFF100), UINT64_C(0xFFFFFFFFFFFFF100)},
        {"a mask that is given, too", 0x400000, 0x1000, 0xFFFF,
         UINT64_C(0xFF00000000400100), 0x400100},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        t_case = cases[i].claim;
        mdw_image image = MDW_INIT(mdw_image);
        image.range = (mdw_range){cases[i].start, cases[i].size};
        const mdw_image *list[] = {&image};
        mdw_unwinder_options options = MDW_INIT(mdw_unwinder_options);
        options.arch = MDW_ARCH_ARM64;
        options.os = MDW_OS_LINUX;
        options.code_mask = cases[i].mask;
        mdw_unwinder *u = NULL;
        mdw_walk *walk = NULL;
        CHECK(mdw_unwinder_new(&options, list, 1, &u, NULL) == MDW_OK);
        CHECK(mdw_walk_new(u, NULL, &walk, NULL) == MDW_OK);
        mdw_regs regs = regs_of(MDW_ARCH_ARM64, "pc=10 sp=1000 lr=0");
        regs.value[mdw_reg_find(MDW_ARCH_ARM64, (mdw_str){"lr", 2})] =
            cases[i].lr;
        mdw_walk_input in = MDW_INIT(mdw_walk_input);
        in.regs = &regs;
        mdw_frame frame = MDW_INIT(mdw_frame);
        CHECK(mdw_walk_begin(walk, &in) == MDW_OK);
        CHECK(mdw_walk_next(walk, &frame) == MDW_OK);
        mdw_status status = mdw_walk_next(walk, &frame);
        CHECK_U64(status == MDW_OK ? frame.pc : 0,
                  (cases[i].pc - 1) - cases[i].start < cases[i].size
                      ? cases[i].pc
                      : 0);
        mdw_walk_close(walk);
        mdw_unwinder_close(u);
    }
}

static void test_start_routine(void)
{
    static target t;
    static const fact functions[] = {{0x400080, 0x80, 0, MDW_PLACE_FUNCTION},
                                     {0}};
    world w = {.arch = MDW_ARCH_ARM,
               .os = MDW_OS_LINUX,
               .regs = "pc=400010 sp=+0 fp=+8",
               .start = 0x400081,
               .stack = "0 0 +18 4000a1 0 0 0 400200",
               .code = "400200* 4000a0t*",
               .facts = functions};
    t_case = "a start routine of Thumb code has bit 0 set";
    walk_through(&t, &w);
    text_is(t.text, "400010@+0 context; 4000a0t@+10 fp!; start");
}

/* Options and inputs of other versions of the header. */
static void test_abi(void)
{
    struct {
        mdw_unwinder_options known;
        uint64_t later;
    } newer = {.known = {.size = sizeof newer, .arch = MDW_ARCH_X86_64}};
    mdw_unwinder *u = NULL;
    mdw_walk *walk = NULL;
    mdw_error err = {0};
    t_case = "a newer caller that wants nothing new";
    CHECK(mdw_unwinder_new(&newer.known, NULL, 0, &u, &err) == MDW_OK);
    mdw_unwinder_close(u);
    t_case = "a newer caller that does";
    newer.later = 1;
    u = NULL;
    CHECK(mdw_unwinder_new(&newer.known, NULL, 0, &u, &err) == MDW_E_ABI);
    CHECK(err.code == MDW_E_ABI && err.what && !u);
    t_case = "an older caller";
    newer.known.size = offsetof(mdw_unwinder_options, os);
    newer.known.alloc =
        (const mdw_allocator *)(uintptr_t)1; /* not to be read */
    CHECK(mdw_unwinder_new(&newer.known, NULL, 0, &u, NULL) == MDW_OK);
    t_case = "no size";
    mdw_walk_options none = {0};
    mdw_walk_input in = MDW_INIT(mdw_walk_input);
    CHECK(mdw_walk_new(u, &none, &walk, NULL) == MDW_E_ABI);
    none.size = sizeof none;
    mdw_budget budget = {0};
    none.budget = &budget;
    CHECK(mdw_walk_new(u, &none, &walk, &err) == MDW_E_ABI);
    CHECK(!walk && err.code == MDW_E_ABI);
    t_case = "an image without a size";
    mdw_image image = {0};
    const mdw_image *list[] = {&image};
    mdw_unwinder *none_made = NULL;
    mdw_unwinder_options options = MDW_INIT(mdw_unwinder_options);
    options.arch = MDW_ARCH_X86;
    CHECK(mdw_unwinder_new(&options, list, 1, &none_made, NULL) == MDW_E_ABI);
    t_case = "nonsense";
    CHECK(mdw_unwinder_new(NULL, NULL, 0, &none_made, NULL) == MDW_E_ARG);
    CHECK(mdw_unwinder_new(&options, NULL, 1, &none_made, NULL) == MDW_E_ARG);
    CHECK(mdw_unwinder_new(&options, NULL, 0, NULL, NULL) == MDW_E_ARG);
    CHECK(mdw_walk_new(NULL, NULL, &walk, NULL) == MDW_E_ARG);
    options.arch = MDW_ARCH_MIPS;
    CHECK(mdw_unwinder_new(&options, NULL, 0, &none_made, &err) ==
          MDW_E_UNSUPPORTED);
    CHECK(err.code == MDW_E_UNSUPPORTED && !none_made);
    t_case = "a walk that did not begin has no frames";
    CHECK(mdw_walk_new(u, NULL, &walk, NULL) == MDW_OK);
    mdw_frame frame = MDW_INIT(mdw_frame);
    CHECK(mdw_walk_next(walk, &frame) == MDW_END);
    CHECK_U64(mdw_walk_stop(walk), MDW_STOP_NO_CONTEXT);
    CHECK(mdw_walk_begin(walk, NULL) == MDW_E_ARG);
    CHECK(mdw_walk_begin(walk, &in) == MDW_E_ARG);
    mdw_regs regs = regs_of(MDW_ARCH_X86_64, "rip=1 rsp=1000");
    in.regs = &regs;
    in.arch = MDW_ARCH_ARM64;
    CHECK(mdw_walk_begin(walk, &in) == MDW_E_UNSUPPORTED);
    CHECK(mdw_walk_next(walk, &frame) == MDW_END);
    t_case = "nor does one that failed to begin again";
    in.arch = 0;
    CHECK(mdw_walk_begin(walk, &in) == MDW_OK);
    in.size = 0;
    CHECK(mdw_walk_begin(walk, &in) == MDW_E_ABI);
    CHECK(mdw_walk_next(walk, &frame) == MDW_END);
    CHECK_U64(mdw_walk_stop(walk), MDW_STOP_NO_CONTEXT);
    t_case = "an older caller's frame";
    in.size = sizeof in;
    CHECK(mdw_walk_begin(walk, &in) == MDW_OK);
    frame.size = offsetof(mdw_frame, sp);
    frame.sp = 77;
    CHECK(mdw_walk_next(walk, &frame) == MDW_OK);
    CHECK_U64(frame.pc, 1);
    CHECK_U64(frame.sp, 77);
    CHECK_U64(frame.size, offsetof(mdw_frame, sp));
    t_case = "registers beyond the table are not known";
    regs.valid |= UINT64_MAX << 17;
    regs.guessed = UINT64_MAX;
    frame.size = sizeof frame;
    CHECK(mdw_walk_begin(walk, &in) == MDW_OK);
    CHECK(mdw_walk_next(walk, &frame) == MDW_OK);
    CHECK_U64(frame.regs.valid, UINT64_C(1) << 16 | 1u << 7);
    CHECK_U64(frame.regs.guessed, frame.regs.valid);
    mdw_walk_close(walk);
    mdw_unwinder_close(u);
    mdw_walk_close(NULL);
    mdw_unwinder_close(NULL);
}

typedef struct counter {
    size_t live, calls, fail_at; /* the call that fails, from 1 */
} counter;

static void *counted_alloc(void *user, size_t size)
{
    counter *c = user;
    if (++c->calls == c->fail_at)
        return NULL;
    c->live += size;
    return malloc(size);
}

static void counted_free(void *user, void *at, size_t size)
{
    ((counter *)user)->live -= size;
    free(at);
}

/* Unwinder and walk of a small world; false when either cannot be had. */
static bool walk_with(counter *c, target *t)
{
    mdw_allocator alloc = {counted_alloc, counted_free, c};
    mdw_image image = MDW_INIT(mdw_image);
    image.range = (mdw_range){CODE, CODE_SIZE};
    const mdw_image *list[] = {&image};
    mdw_unwinder_options options = MDW_INIT(mdw_unwinder_options);
    options.arch = MDW_ARCH_X86_64;
    options.os = MDW_OS_LINUX;
    options.alloc = &alloc;
    mdw_unwinder *u = NULL;
    mdw_walk *walk = NULL;
    mdw_error err = {0};
    mdw_status status = mdw_unwinder_new(&options, list, 1, &u, &err);
    if (status == MDW_OK)
        status = mdw_walk_new(u, NULL, &walk, &err);
    CHECK_U64((uint64_t)status, (uint64_t)err.code);
    CHECK(status == MDW_OK || status == MDW_E_MEMORY);
    CHECK((status == MDW_OK) == (walk != NULL));
    if (walk) {
        size_t calls = c->calls;
        mdw_walk_input in = input_for(t);
        CHECK(mdw_walk_begin(walk, &in) == MDW_OK);
        step_through(t, walk);
        t_case = "a walk allocates nothing";
        CHECK_U64(c->calls, calls);
    }
    mdw_walk_close(walk);
    mdw_unwinder_close(u);
    CHECK_U64(c->live, 0);
    return status == MDW_OK;
}

static void test_memory(void)
{
    static target t;
    world w = {X64, .regs = "rip=400010 rsp=+0 rbp=+8",
               .stack = "0 +20 400100 0 0 400200 400300",
               .code = "400100* 400200* 400300*"};
    counter c = {0};
    target_init(&t, &w);
    CHECK(walk_with(&c, &t));
    text_is(t.text, "400010@+0 context; 400100@+18 fp!; 400200@+30 fp!; "
                    "bottom");
    size_t calls = c.calls;
    CHECK(calls >= 4);
    t_case = "the n-th allocation fails";
    for (size_t n = 1; n <= calls; n++) {
        c = (counter){.fail_at = n};
        target_init(&t, &w);
        CHECK(!walk_with(&c, &t));
    }
}

static void test_again(void)
{
    static target t, other;
    world w = {X64,
               .regs = "rip=400010 rsp=+0 rbp=+8 rbx=5",
               .show = "rbx",
               .stack = "0 +20 400100 0 0 400200",
               .code = "400100* 400200*",
               .options.max_scan = 200,
               .rows = "400010+1: cfa=rsp+18 rip=[cfa-8] rbp=[cfa-10]"};
    world v = {X64, .regs = "rip=400020 rsp=+0", .stack = "0*9 400100",
               .code = "400100*", .show = "rbx"};
    mdw_walk *walk = NULL;
    target_init(&t, &w);
    target_init(&other, &v);
    mdw_unwinder *u = unwinder_for(&t, NULL);
    mdw_walk_options options = MDW_INIT(mdw_walk_options);
    options.max_scan = 200;
    CHECK(mdw_walk_new(u, &options, &walk, NULL) == MDW_OK);
    t_case = "a walk that begins again is as good as new";
    const char *want = "400010@+0 context rbx=5:context0; "
                       "400100@+18 cfi! rbx=5:kept0; "
                       "400200@+30 fp! rbx=?; bottom";
    uint64_t work = 0;
    for (int i = 0; i < 3; i++) {
        mdw_walk_input in = input_for(i == 1 ? &other : &t);
        target *now = i == 1 ? &other : &t;
        now->text[0] = 0;
        CHECK(mdw_walk_begin(walk, &in) == MDW_OK);
        CHECK_U64(mdw_walk_work(walk), 0);
        step_through(now, walk);
        CHECK(i != 2 || now->work == work);
        work = i == 0 ? now->work : work;
        text_is(now->text, i != 1 ? want
                                  : "400020@+0 context rbx=?; 400100@+50 scan! "
                                    "rbx=?; no caller");
    }
    mdw_walk_close(walk);
    mdw_unwinder_close(u);
}

static void test_names(void)
{
    static const struct {
        uint32_t arch;
        const char *name, *alias;
        uint32_t reg;
    } cases[] = {
        {MDW_ARCH_ARM, "fp", "r11", 11},    {MDW_ARCH_ARM, "pc", "r15", 15},
        {MDW_ARCH_ARM64, "lr", "x30", 30},  {MDW_ARCH_ARM64, "x7", NULL, 7},
        {MDW_ARCH_X86_64, "rip", NULL, 16}, {MDW_ARCH_X86, "esp", NULL, 4}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *name = cases[i].name, *alias = cases[i].alias;
        t_case = name;
        text_is(mdw_reg_name(cases[i].arch, cases[i].reg), name);
        CHECK_U64(mdw_reg_find(cases[i].arch, (mdw_str){name, strlen(name)}),
                  cases[i].reg);
        if (alias)
            CHECK_U64(
                mdw_reg_find(cases[i].arch, (mdw_str){alias, strlen(alias)}),
                cases[i].reg);
    }
    t_case = "what does not exist";
    CHECK(mdw_reg_find(MDW_ARCH_X86, (mdw_str){"rax", 3}) == MDW_NONE);
    CHECK(mdw_reg_find(MDW_ARCH_ARM64, (mdw_str){"x", 1}) == MDW_NONE);
    CHECK(mdw_reg_find(MDW_ARCH_MIPS, (mdw_str){"pc", 2}) == MDW_NONE);
    CHECK(!mdw_reg_name(MDW_ARCH_X86, 10) && !mdw_reg_name(99, 0));
    CHECK_U64(mdw_reg_count(MDW_ARCH_ARM64), 34);
    CHECK_U64(mdw_reg_count(MDW_ARCH_PPC), 0);
}

int main(void)
{
    test_overlaps();
    test_mask();
    test_start_routine();
    test_abi();
    test_memory();
    test_again();
    test_names();
    return t_done();
}
