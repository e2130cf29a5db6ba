/* tests/test_sentry.c - Sentry's records: threads, stacks, frames, images,
 * exception, as an embedder reads them. */
#include "sentry_of.h"

/* --- stacks and frames --------------------------------------------------- */

typedef struct want_frame {
    uint64_t addr; /* 0: absent */
    const char *function, *package, *trust, *status;
} want_frame;

#define APP "/bin/app"
#define OK "symbolicated"
#define NONE "missing"

/* Oldest first, so that the crash comes last. */
static const want_frame usual[] = {
    {0x401450, NULL, APP, "fp", NONE},
    {0x501010, NULL, "/lib/lib.so", "fp", NONE},
    {0x401350, NULL, APP, "fp", NONE},
    {0x401250, "caller", APP, "fp", OK},
    {0x401150, "outer()", APP, "context", OK},
    {0, "middle()", APP, "context", OK},
    {0, "inner()", APP, "context", OK},
};

static const want_frame adjusted[] = {
    {0x40144F, NULL, APP, "fp", NONE},
    {0x50100F, NULL, "/lib/lib.so", "fp", NONE},
    {0x40134F, NULL, APP, "fp", NONE},
    {0x40124F, "caller", APP, "fp", OK},
    {0x401150, "outer()", APP, "context", OK},
    {0, "middle()", APP, "context", OK},
    {0, "inner()", APP, "context", OK},
};

static const want_frame final[] = {
    {0x401450, NULL, APP, "fp", OK},
    {0x501010, NULL, "/lib/lib.so", "fp", OK},
    {0x401350, NULL, APP, "fp", OK},
    {0x401250, "caller", APP, "fp", OK},
    {0x401150, "outer()", APP, "context", OK},
    {0x401150, "middle()", APP, "context", OK},
    {0x401150, "inner()", APP, "context", OK},
};

static const struct {
    const char *claim;
    uint32_t flags, inlines, max_frames, skip;
    const want_frame *frames;
    uint32_t first, count; /* of `frames` */
    uint32_t cut, registers;
    const char *adjustment;
} stacks[] = {
    {"oldest first, raw return addresses, inlined calls without any", 0, 0, 0,
     0, usual, 0, 7, 0, 17, "all_but_first"},
    {"adjusted addresses lie in the call", MDW_SENTRY_ADJUSTED, 0, 0, 0,
     adjusted, 0, 7, 0, 17, "none"},
    {"the outermost are cut", 0, 0, 5, 0, usual, 2, 5, 2, 17, "all_but_first"},
    {"exactly as many as there are", 0, 0, 7, 0, usual, 0, 7, 0, 17,
     "all_but_first"},
    {"what is inlined stays with its function", 0, 0, 3, 0, usual, 4, 3, 4, 17,
     "all_but_first"},
    {"unless it alone is too much", 0, 0, 2, 0, usual, 5, 2, 5, 17,
     "all_but_first"},
    {"innermost frames left out, with their inlined calls and registers", 0, 0,
     0, 1, usual, 0, 4, 0, 0, "all"},
    {"left out and cut", 0, 0, 2, 2, usual, 1, 2, 1, 0, "all"},
    {"left out and adjusted", MDW_SENTRY_ADJUSTED, 0, 0, 1, adjusted, 0, 4, 0,
     0, "none"},
    {"more left out than there is", 0, 0, 0, 9, usual, 0, 0, 0, 0, NULL},
    {"physical frames alone", 0, MDW_SENTRY_INLINE_NONE, 0, 0, usual, 0, 5, 0,
     17, "all_but_first"},
    {"physical frames alone, cut", 0, MDW_SENTRY_INLINE_NONE, 2, 0, usual, 3, 2,
     3, 17, "all_but_first"},
    {"physical frames alone, left out", 0, MDW_SENTRY_INLINE_NONE, 0, 2, usual,
     0, 3, 0, 0, "all"},
    {"inlined calls with addresses, all of it final", MDW_SENTRY_RICH,
     MDW_SENTRY_INLINE_FINAL, 0, 0, final, 0, 7, 0, 17, "all_but_first"},
};

static void check_frame(const mdw_sentry *s, uint32_t stack, uint32_t index,
                        const want_frame *want)
{
    mdw_sentry_frame f = MDW_INIT(mdw_sentry_frame);
    CHECK(mdw_sentry_frame_at(s, stack, index, &f) == MDW_OK);
    CHECK_U64(f.instruction_addr.value, want->addr);
    CHECK(f.instruction_addr.set == (want->addr != 0));
    CHECK(says(f.function, want->function));
    CHECK(says(f.package, want->package));
    CHECK(says(f.trust, want->trust));
    CHECK(says(f.status, want->status));
    CHECK_U64(f.image_addr.value,
              strcmp(want->package, APP) ? SENTRY_LIB : SENTRY_APP);
    CHECK_U64(f.image, strcmp(want->package, APP) ? 1 : 0);
}

static void test_stacks(void)
{
    made m = sentry_make(&(process){.crashed = 100});
    for (size_t i = 0; i < sizeof stacks / sizeof *stacks; i++) {
        mdw_sentry_options o = MDW_INIT(mdw_sentry_options);
        mdw_sentry_exception e = MDW_INIT(mdw_sentry_exception);
        mdw_sentry_stack about = MDW_INIT(mdw_sentry_stack);
        t_case = stacks[i].claim;
        o.flags = stacks[i].flags;
        o.inlines = stacks[i].inlines;
        o.max_frames = stacks[i].max_frames;
        o.skip = stacks[i].skip;
        mdw_sentry *s = event_of(&m, &o);
        CHECK(mdw_sentry_exception_at(s, 0, &e) == MDW_OK);
        CHECK(mdw_sentry_stack_at(s, e.stack, &about) == MDW_OK);
        CHECK_U64(about.frame_count, stacks[i].count);
        CHECK_U64(about.frames_cut, stacks[i].cut);
        CHECK_U64(about.register_count, stacks[i].registers);
        CHECK(says(about.adjustment_text, stacks[i].adjustment));
        CHECK_U64(about.report_stack, 1);
        for (uint32_t n = 0; n < stacks[i].count; n++)
            check_frame(s, e.stack, n, &stacks[i].frames[stacks[i].first + n]);
        mdw_sentry_frame past = MDW_INIT(mdw_sentry_frame);
        CHECK(mdw_sentry_frame_at(s, e.stack, about.frame_count, &past) ==
              MDW_E_ARG);
        mdw_sentry_close(s);
    }
    sentry_drop(&m);
}

static mdw_sentry_frame frame_named(const mdw_sentry *s, const char *name)
{
    for (uint32_t stack = 0; stack < 8; stack++)
        for (uint32_t i = 0; i < 8; i++) {
            mdw_sentry_frame f = MDW_INIT(mdw_sentry_frame);
            if (mdw_sentry_frame_at(s, stack, i, &f) == MDW_OK &&
                f.function.data && f.function.len == strlen(name) &&
                !memcmp(f.function.data, name, f.function.len))
                return f;
        }
    t_check(0, "a frame of this name", __FILE__, __LINE__);
    return (mdw_sentry_frame){0};
}

static void test_symbols(void)
{
    made m = sentry_make(&(process){.crashed = 100});
    mdw_sentry *s = event_of(&m, NULL);
    t_case = "a physical frame has its symbol's address";
    mdw_sentry_frame f = frame_named(s, "outer()");
    CHECK_U64(f.symbol_addr.value, SENTRY_APP + 0x1100);
    CHECK(says(f.symbol, "_Z5outerv"));
    CHECK(says(f.abs_path, "/src/outer.c"));
    CHECK(says(f.filename, "outer.c"));
    CHECK_U64(f.lineno.value, 9);
    CHECK_U64(f.colno.value, 4);
    CHECK(!f.is_inline && f.in_app == MDW_TRUTH_ABSENT);
    CHECK(says(f.raw_function, NULL));
    t_case = "an inlined call has none, and no line that is 0";
    f = frame_named(s, "middle()");
    CHECK(f.is_inline && !f.symbol_addr.set && !f.lineno.set && !f.colno.set);
    CHECK(says(f.symbol, NULL));
    t_case = "a backslash is no separator";
    CHECK(says(f.filename, "C:\\src\\middle.h"));
    t_case = "a name that is no linkage name stands alone";
    CHECK(says(frame_named(s, "caller").symbol, NULL));
    mdw_sentry_close(s);
    mdw_sentry_options o = MDW_INIT(mdw_sentry_options);
    o.flags = MDW_SENTRY_NO_FRAME_ADDRS;
    s = event_of(&m, &o);
    f = frame_named(s, "outer()");
    t_case = "addresses of image and symbol are left out on demand";
    CHECK(!f.image_addr.set && !f.symbol_addr.set && f.instruction_addr.set);
    mdw_sentry_close(s);
    sentry_drop(&m);
}

/* --- registers ----------------------------------------------------------- */

static void test_registers(void)
{
    made m = sentry_make(&(process){.crashed = 100});
    mdw_sentry *s = event_of(&m, NULL);
    mdw_sentry_exception e = MDW_INIT(mdw_sentry_exception);
    mdw_sentry_register r = MDW_INIT(mdw_sentry_register);
    mdw_sentry_exception_at(s, 0, &e);
    t_case = "registers have Sentry's names and the context's values";
    CHECK(mdw_sentry_register_at(s, e.stack, 0, &r) == MDW_OK);
    CHECK(says(r.name, "rax"));
    CHECK_U64(r.value, 0);
    CHECK(mdw_sentry_register_at(s, e.stack, 6, &r) == MDW_OK);
    CHECK(says(r.name, "rbp"));
    CHECK_U64(r.value, SENTRY_STACK + 16);
    CHECK(mdw_sentry_register_at(s, e.stack, 16, &r) == MDW_OK);
    CHECK(says(r.name, "rip"));
    CHECK_U64(r.value, 0x401150);
    CHECK(mdw_sentry_register_at(s, e.stack, 17, &r) == MDW_E_ARG);
    mdw_sentry_close(s);
    sentry_drop(&m);
}

/* --- threads ------------------------------------------------------------- */

static mdw_sentry_thread thread_at(const mdw_sentry *s, size_t index)
{
    mdw_sentry_thread t = MDW_INIT(mdw_sentry_thread);
    CHECK(mdw_sentry_thread_at(s, index, &t) == MDW_OK);
    return t;
}

static uint32_t frames_of(const mdw_sentry *s, uint32_t stack)
{
    mdw_sentry_stack about = MDW_INIT(mdw_sentry_stack);
    return mdw_sentry_stack_at(s, stack, &about) == MDW_OK ? about.frame_count
                                                           : MDW_NONE;
}

static void test_threads(void)
{
    made m = sentry_make(&(process){.crashed = 100});
    mdw_sentry *s = event_of(&m, NULL);
    mdw_sentry_event e = MDW_INIT(mdw_sentry_event);
    CHECK(mdw_sentry_event_get(s, &e) == MDW_OK);
    t_case = "all threads, in the order of the dump";
    CHECK_U64(e.thread_count, 4);
    CHECK_U64(thread_at(s, 0).id, 200);
    CHECK_U64(thread_at(s, 1).id, 100);
    t_case = "the crashed one is marked, and its stack is the exception's";
    CHECK_U64(thread_at(s, 1).crashed, MDW_TRUTH_TRUE);
    CHECK_U64(thread_at(s, 1).current, MDW_TRUTH_ABSENT);
    CHECK_U64(thread_at(s, 1).stack, MDW_NONE);
    t_case = "the others are not marked, and have theirs";
    CHECK_U64(thread_at(s, 0).crashed, MDW_TRUTH_ABSENT);
    CHECK_U64(frames_of(s, thread_at(s, 0).stack), 1);
    t_case = "a thread without a context has a stack of no frames";
    CHECK_U64(frames_of(s, thread_at(s, 3).stack), 0);
    t_case = "names; an empty one is none";
    CHECK(says(thread_at(s, 1).name, "main"));
    CHECK(says(thread_at(s, 0).name, NULL));
    CHECK(says(thread_at(s, 2).name, NULL));
    mdw_sentry_thread past = MDW_INIT(mdw_sentry_thread);
    CHECK(mdw_sentry_thread_at(s, 4, &past) == MDW_E_ARG);
    mdw_sentry_close(s);

    t_case = "one stack alone";
    mdw_sentry_options o = MDW_INIT(mdw_sentry_options);
    o.one_stack = true;
    o.stack = 2;
    s = event_of(&m, &o);
    CHECK(mdw_sentry_event_get(s, &e) == MDW_OK);
    CHECK_U64(e.thread_count, 1);
    CHECK_U64(thread_at(s, 0).id, 300);
    CHECK_U64(e.exception_count, 1);
    mdw_sentry_close(s);
    sentry_drop(&m);
}

static void test_requested(void)
{
    made m = sentry_make(&(process){.requesting = 200});
    mdw_sentry *s = event_of(&m, NULL);
    mdw_sentry_event e = MDW_INIT(mdw_sentry_event);
    mdw_sentry_exception x = MDW_INIT(mdw_sentry_exception);
    CHECK(mdw_sentry_event_get(s, &e) == MDW_OK);
    CHECK(mdw_sentry_exception_at(s, 0, &x) == MDW_OK);
    t_case = "without an exception the requesting thread is current";
    CHECK_U64(thread_at(s, 0).current, MDW_TRUTH_TRUE);
    CHECK_U64(thread_at(s, 0).crashed, MDW_TRUTH_ABSENT);
    CHECK_U64(x.thread_id.value, 200);
    CHECK_U64(frames_of(s, x.stack), 1);
    t_case = "and there is no reason";
    CHECK(says(x.type, "Minidump"));
    CHECK(says(x.value, NULL));
    CHECK(says(e.level, "info"));
    CHECK(says(e.sdk_name, "minidump.breakpad"));
    t_case = "the thread that wrote the dump has no frames";
    CHECK_U64(thread_at(s, 2).id, 300);
    CHECK_U64(frames_of(s, thread_at(s, 2).stack), 0);
    mdw_sentry_close(s);
    sentry_drop(&m);

    t_case = "an assertion is the value";
    m = sentry_make(&(process){.requesting = 200, .assertion = true});
    s = event_of(&m, NULL);
    CHECK(mdw_sentry_exception_at(s, 0, &x) == MDW_OK);
    CHECK(says(x.type, "Minidump"));
    CHECK(says(x.value, "Assertion Error: Invalid parameter passed to library "
                        "function x > 0 in function f, in file a.c at line 7"));
    mdw_sentry_close(s);
    sentry_drop(&m);
}

static void test_stray(void)
{
    made m = sentry_make(&(process){.crashed = 999});
    mdw_sentry *s = event_of(&m, NULL);
    mdw_sentry_exception e = MDW_INIT(mdw_sentry_exception);
    CHECK(mdw_sentry_exception_at(s, 0, &e) == MDW_OK);
    t_case = "a crash of a thread that is in no list keeps its stack";
    CHECK_U64(e.thread_id.value, 999);
    CHECK_U64(frames_of(s, e.stack), 7);
    for (uint32_t i = 0; i < 4; i++)
        CHECK_U64(thread_at(s, i).crashed, MDW_TRUTH_ABSENT);
    mdw_sentry_close(s);
    mdw_sentry_options o = MDW_INIT(mdw_sentry_options);
    o.flags = MDW_SENTRY_COMPAT;
    s = event_of(&m, &o);
    CHECK(mdw_sentry_exception_at(s, 0, &e) == MDW_OK);
    t_case = "which the servers would not";
    CHECK_U64(e.stack, MDW_NONE);
    CHECK(!e.thread_id.set);
    mdw_sentry_close(s);
    sentry_drop(&m);
}

static void test_client(void)
{
    made m = sentry_make(&(process){.crashed = 100, .client = true});
    mdw_sentry *s = event_of(&m, NULL);
    mdw_sentry_thread t = thread_at(s, 0);
    mdw_sentry_stack about = MDW_INIT(mdw_sentry_stack);
    mdw_sentry_frame f = MDW_INIT(mdw_sentry_frame);
    t_case = "what the client walked stands in for our walk";
    CHECK(mdw_sentry_stack_at(s, t.stack, &about) == MDW_OK);
    CHECK_U64(about.frame_count, 2);
    CHECK(mdw_sentry_frame_at(s, t.stack, 1, &f) == MDW_OK);
    CHECK_U64(f.instruction_addr.value, 0x401777);
    CHECK(says(f.function, "client()"));
    CHECK(says(f.trust, "prewalked"));
    CHECK(says(f.status, "symbolicated"));
    t_case = "outside of all modules there is no package";
    CHECK(mdw_sentry_frame_at(s, t.stack, 0, &f) == MDW_OK);
    CHECK(says(f.package, NULL));
    CHECK(says(f.status, "unknown_image"));
    CHECK_U64(f.image, MDW_NONE);
    t_case = "with the registers of the thread";
    CHECK_U64(about.register_count, 17);
    mdw_sentry_close(s);
    sentry_drop(&m);
}

/* --- images -------------------------------------------------------------- */

static const synth_module odd_modules[] = {
    {.base = 0x900000,
     .size = 0x1000,
     .name = "/old.so",
     .cv = {.signature = "RSDS",
            .id = {0x10, 0x21, 0x32, 0x43, 0x54, 0x65, 0x76, 0x87, 0x98, 0xA9,
                   0xBA, 0xCB, 0xDC, 0xED, 0xFE, 0x0F},
            .age = 0,
            .file = "/old.so"}},
    {.base = SENTRY_APP, .size = 0x2000, .name = "/bin/app"},
    {.base = 0xA00000, .size = 0x2000, .name = "/no/id/no/frame"},
    {.base = 0x600000,
     .size = 0,
     .name = "/no/size",
     .cv = {.signature = "BpEL", .id = {1}, .id_len = 20}},
    {.base = 0x700000,
     .size = 0x3000,
     .name = "/lower",
     .cv = {.signature = "BpEL", .id = {2}, .id_len = 20}},
    {.base = 0x702000,
     .size = 0x1000,
     .name = "/upper",
     .cv = {.signature = "BpEL", .id = {3}, .id_len = 20}},
    {.base = 0x800000,
     .size = 0x1000,
     .name = "/zeros",
     .cv = {.signature = "BpEL", .id_len = 20}},
};

static const struct {
    const char *claim;
    const synth_module *modules;
    size_t count;
    uint32_t index, images;
    uint64_t addr, size;
    const char *type, *code_file, *code_id, *debug_file, *debug_id;
} images[] = {
    {"sorted by address, an ELF debug id is its build id turned", usual_modules,
     2, 0, 2, SENTRY_APP, 0x2000, "elf", APP,
     "f1c3bcc0279865fe3058404b2831d9e64135386c", APP,
     "c0bcc3f1-9827-fe65-3058-404b2831d9e6"},
    {"a short build id is padded", usual_modules, 2, 1, 2, SENTRY_LIB, 0x2000,
     "elf", "/lib/lib.so", "0102030405060708", "/lib/lib.so",
     "04030201-0605-0807-0000-000000000000"},
    {"without ids only what has frames is listed", odd_modules, 7, 0, 4,
     SENTRY_APP, 0x2000, "elf", APP, NULL, NULL, NULL},
    {"what overlaps is cut, and what has no size is left out", odd_modules, 7,
     1, 4, 0x700000, 0x2000, "elf", "/lower",
     "0200000000000000000000000000000000000000", "/lower",
     "00000002-0000-0000-0000-000000000000"},
    {"an id of zeros is none, an old ELF's code id made up", odd_modules, 7, 3,
     4, 0x900000, 0x1000, "elf", "/old.so", NULL, "/old.so",
     "10213243-5465-7687-98a9-bacbdcedfe0f"},
};

static void test_images(void)
{
    for (size_t i = 0; i < sizeof images / sizeof *images; i++) {
        t_case = images[i].claim;
        made m = sentry_make(&(process){.crashed = 100,
                                        .no_symbols = true,
                                        .modules = images[i].modules,
                                        .module_count = images[i].count});
        mdw_sentry *s = event_of(&m, NULL);
        mdw_sentry_event e = MDW_INIT(mdw_sentry_event);
        mdw_sentry_image image = MDW_INIT(mdw_sentry_image);
        mdw_sentry_event_get(s, &e);
        CHECK_U64(e.image_count, images[i].images);
        CHECK(mdw_sentry_image_at(s, e.image_count, &image) == MDW_E_ARG);
        CHECK(mdw_sentry_image_at(s, images[i].index, &image) == MDW_OK);
        CHECK_U64(image.image_addr, images[i].addr);
        CHECK_U64(image.image_size.value, images[i].size);
        CHECK(says(image.type, images[i].type));
        CHECK(says(image.code_file, images[i].code_file));
        CHECK(says(image.code_id, images[i].code_id));
        CHECK(says(image.debug_file, images[i].debug_file));
        CHECK(says(image.debug_id, images[i].debug_id));
        CHECK(says(image.arch, "x86_64"));
        CHECK(!image.image_vmaddr.set);
        mdw_sentry_close(s);
        sentry_drop(&m);
    }
}

int main(void)
{
    test_stacks();
    test_symbols();
    test_registers();
    test_threads();
    test_requested();
    test_stray();
    test_client();
    test_images();
    return t_done();
}
