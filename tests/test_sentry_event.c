/* tests/test_sentry_event.c - exception, mechanism, contexts and ids of an
 * event, what cannot be, and its JSON. */
#include <stdlib.h>

#include "lib/json/check.h"
#include "sentry_of.h"

/* --- exception and mechanism --------------------------------------------- */

static const struct {
    const char *claim;
    process p;
    uint32_t flags;
    const char *type, *value;
    const char *signal, *signal_code, *mach; /* names; NULL: no such meta */
    uint64_t number, code;                   /* of the signal, else of mach */
    uint64_t subcode;
    bool has_subcode;
} exceptions[] = {
    {"the address is in the value alone",
     {.crashed = 100},
     0,
     "SIGSEGV / SEGV_MAPERR",
     "Fatal Error: SIGSEGV / SEGV_MAPERR / 0x45",
     "SIGSEGV",
     "SEGV_MAPERR",
     NULL,
     11,
     1,
     0,
     false},
    {"as the servers have it",
     {.crashed = 100},
     MDW_SENTRY_COMPAT,
     "SIGSEGV / SEGV_MAPERR / 0x45",
     "Fatal Error: SIGSEGV / SEGV_MAPERR / 0x45",
     NULL,
     NULL,
     NULL,
     0,
     0,
     0,
     false},
    {"without meta",
     {.crashed = 100},
     MDW_SENTRY_NO_META,
     "SIGSEGV / SEGV_MAPERR",
     "Fatal Error: SIGSEGV / SEGV_MAPERR / 0x45",
     NULL,
     NULL,
     NULL,
     0,
     0,
     0,
     false},
    {"a signal that was sent has no address, and a negative code",
     {.crashed = 100, .code = 6, .flags = 0xFFFFFFFA},
     0,
     "SIGABRT / SI_TKILL",
     "Fatal Error: SIGABRT / SI_TKILL",
     "SIGABRT",
     "SI_TKILL",
     NULL,
     6,
     (uint64_t)-6,
     0,
     false},
    {"the servers tell what is recorded",
     {.crashed = 100, .code = 6, .flags = 0xFFFFFFFA},
     MDW_SENTRY_COMPAT,
     "SIGABRT / SI_TKILL / 0x45",
     "Fatal Error: SIGABRT / SI_TKILL / 0x45",
     NULL,
     NULL,
     NULL,
     0,
     0,
     0,
     false},
    {"Breakpad on macOS has no parameters, but an address",
     {.crashed = 100, .code = 1, .flags = 1, .platform = OS_MAC},
     0,
     "EXC_BAD_ACCESS / KERN_INVALID_ADDRESS",
     "Fatal Error: EXC_BAD_ACCESS / KERN_INVALID_ADDRESS / 0x45",
     NULL,
     NULL,
     "EXC_BAD_ACCESS",
     1,
     1,
     0x45,
     true},
    {"other exceptions have no subcode there",
     {.crashed = 100, .code = 6, .flags = 2, .platform = OS_MAC},
     0,
     "EXC_BREAKPOINT / EXC_I386_BPT",
     "Fatal Error: EXC_BREAKPOINT / EXC_I386_BPT / 0x45",
     NULL,
     NULL,
     "EXC_BREAKPOINT",
     6,
     2,
     0,
     false},
    {"Crashpad delivers code and subcode",
     {.crashed = 100,
      .code = 1,
      .flags = 2,
      .platform = OS_MAC,
      .info_count = 3,
      .info = {1, 0x100000002, 0x77}},
     0,
     "EXC_BAD_ACCESS / KERN_PROTECTION_FAILURE",
     "Fatal Error: EXC_BAD_ACCESS / KERN_PROTECTION_FAILURE / 0x45",
     NULL,
     NULL,
     "EXC_BAD_ACCESS",
     1,
     0x100000002,
     0x77,
     true},
    {"a recovered EXC_CRASH has the signal in its code",
     {.crashed = 100,
      .code = 1,
      .flags = 1,
      .platform = OS_MAC,
      .info_count = 3,
      .info = {10, 0xB100001, 1}},
     0,
     "EXC_BAD_ACCESS / KERN_INVALID_ADDRESS",
     "Fatal Error: EXC_BAD_ACCESS / KERN_INVALID_ADDRESS / 0x45",
     "SIGSEGV",
     NULL,
     "EXC_BAD_ACCESS",
     1,
     1,
     1,
     true},
    {"an EXC_CRASH that nothing was recovered of",
     {.crashed = 100,
      .code = 10,
      .platform = OS_MAC,
      .info_count = 3,
      .info = {10, 0xB000000, 0}},
     0,
     "EXC_CRASH / SIGSEGV",
     "Fatal Error: EXC_CRASH / SIGSEGV / 0x45",
     "SIGSEGV",
     NULL,
     "EXC_CRASH",
     10,
     0xB000000,
     0,
     true},
    {"nothing of Windows fits",
     {.crashed = 100, .code = 0xC0000094, .platform = OS_NT},
     0,
     "EXCEPTION_INT_DIVIDE_BY_ZERO",
     "Fatal Error: EXCEPTION_INT_DIVIDE_BY_ZERO / 0x45",
     NULL,
     NULL,
     NULL,
     0,
     0,
     0,
     false},
};

static void check_mechanism(const mdw_sentry *s, size_t row)
{
    mdw_sentry_mechanism m = MDW_INIT(mdw_sentry_mechanism);
    CHECK(mdw_sentry_mechanism_at(s, 0, &m) == MDW_OK);
    CHECK(says(m.type, "minidump"));
    CHECK_U64(m.handled, MDW_TRUTH_FALSE);
    CHECK_U64(m.synthetic, MDW_TRUTH_TRUE);
    CHECK(!m.has_errno);
    CHECK(m.has_signal == (exceptions[row].signal != NULL));
    CHECK(says(m.signal_name, exceptions[row].signal));
    CHECK(says(m.signal_code_name, exceptions[row].signal_code));
    CHECK(m.has_mach == (exceptions[row].mach != NULL));
    CHECK(says(m.mach_name, exceptions[row].mach));
    if (m.has_mach) {
        CHECK_U64((uint64_t)m.mach_exception, exceptions[row].number);
        CHECK_U64(m.mach_code.value, exceptions[row].code);
        CHECK(m.mach_subcode.set == exceptions[row].has_subcode);
        CHECK_U64(m.mach_subcode.value, exceptions[row].subcode);
        if (m.has_signal)
            CHECK_U64((uint64_t)m.signal, 11);
    } else if (m.has_signal) {
        CHECK_U64((uint64_t)m.signal, exceptions[row].number);
        CHECK_U64((uint64_t)m.signal_code, exceptions[row].code);
    }
}

static void test_exceptions(void)
{
    for (size_t i = 0; i < sizeof exceptions / sizeof *exceptions; i++) {
        t_case = exceptions[i].claim;
        made m = sentry_make(&exceptions[i].p);
        mdw_sentry_options o = MDW_INIT(mdw_sentry_options);
        mdw_sentry_exception e = MDW_INIT(mdw_sentry_exception);
        o.flags = exceptions[i].flags;
        mdw_sentry *s = event_of(&m, &o);
        CHECK(mdw_sentry_exception_at(s, 0, &e) == MDW_OK);
        CHECK(mdw_sentry_exception_at(s, 1, &e) == MDW_E_ARG);
        CHECK(says(e.type, exceptions[i].type));
        CHECK(says(e.value, exceptions[i].value));
        CHECK_U64(e.thread_id.value, 100);
        check_mechanism(s, i);
        mdw_sentry_close(s);
        sentry_drop(&m);
    }
}

/* --- system -------------------------------------------------------------- */

static const struct {
    const char *claim;
    uint32_t platform, major;
    const char *csd;
    const char *name, *version, *build, *kernel, *raw;
} systems[] = {
    {"Linux' version is the kernel's", OS_LINUX, 0,
     "Linux 4.9.60-x #1 SMP Mon x86_64", "Linux", "4.9.60-x", "#1 SMP Mon",
     NULL, NULL},
    {"a service pack is the build, without blanks", OS_NT, 10,
     " Service Pack 1 ", "Windows", "10.0.0", "Service Pack 1", NULL, NULL},
    {"an empty one is none", OS_NT, 10, "", "Windows", "10.0.0", NULL, NULL,
     NULL},
    {"macOS", OS_MAC, 10, "16G29", "macOS", "10.0.0", "16G29", NULL, NULL},
    {"iOS", 0x8102, 9, "13A", "iOS", "9.0.0", "13A", NULL, NULL},
    {"Android's kernel is not its version", OS_ANDROID, 0,
     "Linux 3.18.0 #2 aarch64", "Android", NULL, "#2", "3.18.0", NULL},
    {"Android's own version", OS_ANDROID, 13, "build", "Android", "13.0.0",
     "build", NULL, NULL},
    {"Solaris, which has no unwinder", 0x8202, 5, "x", "Solaris", "5.0.0", "x",
     NULL, NULL},
    {"a name that nobody knows is none", 0x9999, 1, "", NULL, "1.0.0", NULL,
     NULL, NULL},
};

static void test_systems(void)
{
    for (size_t i = 0; i < sizeof systems / sizeof *systems; i++) {
        t_case = systems[i].claim;
        made m = sentry_make(&(process){.crashed = 100,
                                        .platform = systems[i].platform,
                                        .major = systems[i].major,
                                        .csd = systems[i].csd});
        mdw_sentry *s = event_of(&m, NULL);
        mdw_sentry_os o = MDW_INIT(mdw_sentry_os);
        mdw_sentry_device d = MDW_INIT(mdw_sentry_device);
        CHECK(mdw_sentry_os_get(s, &o) == MDW_OK);
        CHECK(says(o.name, systems[i].name));
        CHECK(says(o.version, systems[i].version));
        CHECK(says(o.build, systems[i].build));
        CHECK(says(o.kernel_version, systems[i].kernel));
        CHECK(says(o.raw_description, systems[i].raw));
        CHECK(mdw_sentry_device_get(s, &d) == MDW_OK);
        CHECK(says(d.arch, "x86_64"));
        CHECK_U64(d.processor_count.value, 2);
        mdw_sentry_close(s);
        sentry_drop(&m);
    }
}

/* --- Crashpad ------------------------------------------------------------ */

static const synth_module crashpad_modules[] = {
    {.base = 0x400000, .size = 0x1000, .name = "/bin/app"},
    {.base = 0x500000, .size = 0x1000, .name = "/lib/os"},
    {.base = 0x600000, .size = 0x1000, .name = "/a/same.so"},
    {.base = 0x700000, .size = 0x1000, .name = "/b/same.so"},
    {.base = 0x800000, .size = 0x1000, .name = "/lib/silent.so"},
};

static void put_crashpad(synth *s)
{
    static const uint8_t id[16];
    static const synth_annotation simple[] = {
        {"z", "1", 0}, {"a", "old", 0}, {"a", "new", 0}};
    static const synth_annotation list[] = {{NULL, "one", 0}, {NULL, "two", 0}};
    static const synth_annotation pairs[] = {{"key", "v", 0}, {"type", "x", 0}};
    static const synth_annotation objects[] = {
        {"text", "t", 1}, {"bytes", "b", 0x8000}, {"key", "object", 1}};
    static const synth_annotation first[] = {{"who", "a", 0}};
    static const synth_annotation last[] = {{"who", "b", 0}};
    static const synth_annotations modules[] = {
        {.module = 0, list, pairs, objects, 2, 2, 3},
        {.module = 1, .simple = first, .simple_count = 1},
        {.module = 2, .simple = first, .simple_count = 1},
        {.module = 3, .simple = last, .simple_count = 1},
        {.module = 4},
        {.module = 99, .simple = first, .simple_count = 1},
    };
    synth_crashpad(s, id, id, 0, simple, 3, modules, 6);
}

typedef struct text {
    size_t len, limit;
    char data[SENTRY_LIMIT];
} text;

static bool gather(void *user, const void *data, size_t len)
{
    text *t = user;
    if (t->len + len > t->limit)
        return false;
    memcpy(t->data + t->len, data, len);
    t->len += len;
    t->data[t->len] = 0;
    return true;
}

static const char *json_of(const made *m, const mdw_sentry_options *options)
{
    static text t;
    t.len = 0;
    t.limit = sizeof t.data - 1;
    mdw_sentry *s = event_of(m, options);
    CHECK(mdw_sentry_json(s, false, (mdw_sink){gather, &t}, NULL) == MDW_OK);
    CHECK(json_check((mdw_str){t.data, t.len}));
    mdw_sentry_close(s);
    return t.data;
}

static bool has(const char *data, const char *want)
{
    if (strstr(data, want))
        return true;
    fprintf(stderr, "[%s] wanted: %s\n", t_case, want);
    return false;
}

static void test_crashpad(void)
{
    made m = sentry_make(&(process){.crashed = 100,
                                    .modules = crashpad_modules,
                                    .module_count = 5,
                                    .more = put_crashpad});
    mdw_sentry_options o = MDW_INIT(mdw_sentry_options);
    o.flags = MDW_SENTRY_NO_FINDINGS;
    const char *data = json_of(&m, &o);
    t_case = "annotations are contexts, of two with one key the last";
    CHECK(has(data, "\"crashpad\":{\"a\":\"new\",\"z\":\"1\"},"
                    "\"app\":{\"type\":\"crashpad\",\"key\":\"object\","
                    "\"text\":\"t\",\"annotations\":[\"one\",\"two\"]},"
                    "\"module os\":{\"type\":\"crashpad\",\"who\":\"a\"},"
                    "\"same.so\":{\"type\":\"crashpad\",\"who\":\"b\"},"
                    "\"silent.so\":{\"type\":\"crashpad\"}},\"exception\""));
    t_case = "a module called os takes nobody's place";
    CHECK(has(data, "\"os\":{\"type\":\"os\","));
    CHECK(has(data, "\"sdk\":{\"name\":\"minidump.crashpad\","));
    t_case = "modules that Crashpad speaks of";
    CHECK_U64(mdw_state_crashpad_count(m.o.state), 6);
    CHECK_U64(mdw_state_crashpad_module(m.o.state, 4), 4);
    CHECK_U64(mdw_state_crashpad_module(m.o.state, 5), MDW_NONE);
    CHECK_U64(mdw_state_crashpad_module(m.o.state, 6), MDW_NONE);
    sentry_drop(&m);
}

/* --- ids, levels, errors ------------------------------------------------- */

static void id_of(const made *m, const mdw_sentry_options *o, char out[33])
{
    mdw_sentry_event e = MDW_INIT(mdw_sentry_event);
    mdw_sentry *s = event_of(m, o);
    mdw_sentry_event_get(s, &e);
    CHECK_U64(e.event_id.len, 32);
    memcpy(out, e.event_id.data, 32);
    out[32] = 0;
    mdw_sentry_close(s);
}

static void test_ids(void)
{
    char one[33], two[33];
    made m = sentry_make(&(process){.crashed = 100});
    made bare = sentry_make(&(process){.crashed = 100, .no_symbols = true});
    made other = sentry_make(&(process){.crashed = 200});
    t_case = "one dump has one id, whatever symbols there are";
    id_of(&m, NULL, one);
    id_of(&bare, NULL, two);
    CHECK(!strcmp(one, two));
    CHECK(strspn(one, "0123456789abcdef") == 32);
    CHECK(one[12] == '8' && strchr("89ab", one[16]));
    t_case = "another dump has another";
    id_of(&other, NULL, two);
    CHECK(strcmp(one, two) != 0);
    t_case = "an id of one's own, in lower case";
    mdw_sentry_options o = MDW_INIT(mdw_sentry_options);
    o.event_id = sentry_str("00112233445566778899AABBCCDDEEFF");
    id_of(&m, &o, one);
    CHECK(!strcmp(one, "00112233445566778899aabbccddeeff"));
    sentry_drop(&m);
    sentry_drop(&bare);
    sentry_drop(&other);
}

static const struct {
    const char *claim, *id, *level;
    uint32_t inlines, flags;
    bool one_stack;
    const char *what;
} refused[] = {
    {"an id that is too short", "0011", "", 0, 0, false, "event_id"},
    {"an id with dashes", "00112233-4455-6677-8899-aabbccdd", "", 0, 0, false,
     "event_id"},
    {"a level that is none", "", "bad", 0, 0, false, "level"},
    {"final inlined calls that nothing marks", "", "", MDW_SENTRY_INLINE_FINAL,
     0, false, "inlines"},
    {"no way to treat inlined calls", "", "", 3, MDW_SENTRY_RICH, false,
     "inlines"},
    {"a stack that is not there", "", "", 0, 0, true, "stack"},
};

static void test_refused(void)
{
    made m = sentry_make(&(process){.crashed = 100});
    mdw_sentry *s = NULL;
    mdw_error err;
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        mdw_sentry_options o = MDW_INIT(mdw_sentry_options);
        t_case = refused[i].claim;
        o.event_id = sentry_str(refused[i].id);
        o.level = sentry_str(refused[i].level);
        o.inlines = refused[i].inlines;
        o.flags = refused[i].flags;
        o.one_stack = refused[i].one_stack;
        o.stack = 99;
        CHECK(mdw_sentry_new(m.report, &o, &s, &err) == MDW_E_ARG);
        CHECK(!strcmp(err.what, refused[i].what));
        CHECK(!s);
    }
    t_case = "options without a size";
    mdw_sentry_options o = {0};
    CHECK(mdw_sentry_new(m.report, &o, &s, &err) == MDW_E_ABI);
    t_case = "a level of one's own";
    o = MDW_INIT(mdw_sentry_options);
    o.level = sentry_str("warning");
    CHECK(has(json_of(&m, &o), "\"level\":\"warning\""));
    sentry_drop(&m);
}

/* --- memory -------------------------------------------------------------- */

typedef struct purse {
    size_t left, held;
} purse;

static void *pay(void *user, size_t size)
{
    purse *p = user;
    void *block = p->left ? malloc(size) : NULL;
    p->left -= p->left ? 1 : 0;
    p->held += block ? 1 : 0;
    return block;
}

static void refund(void *user, void *block, size_t size)
{
    purse *p = user;
    (void)size;
    p->held--;
    free(block);
}

static void put_many(synth *s)
{
    static char names[400][8];
    static synth_annotation simple[400];
    static char value[512];
    static const uint8_t id[16];
    memset(value, 'v', sizeof value - 1);
    for (size_t i = 0; i < 400; i++) {
        snprintf(names[i], sizeof names[i], "k%zu", i);
        simple[i] = (synth_annotation){names[i], value, 0};
    }
    const synth_annotations modules[] = {
        {.module = 0, .simple = simple, .simple_count = 400}};
    synth_crashpad(s, id, id, 0, simple, 400, modules, 1);
}

static void test_memory(void)
{
    made m = sentry_make(&(process){.crashed = 100, .more = put_many});
    bool done = false;
    for (size_t n = 0; !done && n < 64; n++) {
        purse p = {.left = n};
        mdw_allocator alloc = {pay, refund, &p};
        mdw_sentry_options o = MDW_INIT(mdw_sentry_options);
        mdw_sentry *s = NULL;
        t_case = "no memory is no event, and nothing is left over";
        o.alloc = &alloc;
        mdw_status status = mdw_sentry_new(m.report, &o, &s, NULL);
        CHECK(status == MDW_OK || (status == MDW_E_MEMORY && !s));
        done = status == MDW_OK;
        CHECK(!done || n > 1);
        mdw_sentry_close(s);
        CHECK_U64(p.held, 0);
    }
    CHECK(done);
    t_case = "nor is a budget that is used up";
    mdw_budget budget = MDW_INIT(mdw_budget);
    mdw_sentry_options o = MDW_INIT(mdw_sentry_options);
    mdw_sentry *s = NULL;
    budget.memory = 4096;
    o.budget = &budget;
    CHECK(mdw_sentry_new(m.report, &o, &s, NULL) == MDW_E_LIMIT);
    t_case = "writing takes no memory";
    purse p = {.left = 64};
    mdw_allocator alloc = {pay, refund, &p};
    static text t;
    o = MDW_INIT(mdw_sentry_options);
    o.alloc = &alloc;
    CHECK(mdw_sentry_new(m.report, &o, &s, NULL) == MDW_OK);
    p.left = 0;
    t.limit = sizeof t.data - 1;
    size_t held = p.held;
    CHECK(mdw_sentry_json(s, true, (mdw_sink){gather, &t}, NULL) == MDW_OK);
    CHECK_U64(p.held, held);
    mdw_sentry_close(s);
    mdw_sentry_close(NULL);
    sentry_drop(&m);
}

/* --- JSON ---------------------------------------------------------------- */

static void test_json(void)
{
    made m = sentry_make(&(process){.crashed = 100});
    mdw_sentry_options o = MDW_INIT(mdw_sentry_options);
    const char *data = json_of(&m, &o);
    t_case = "the head";
    CHECK(has(data, ",\"platform\":\"native\",\"level\":\"fatal\","
                    "\"timestamp\":1593835520,\"sdk\":"
                    "{\"name\":\"minidump.unknown\",\"version\":\"0.0.0\"},"
                    "\"contexts\":{\"os\":{\"type\":\"os\","));
    t_case = "the exception and its mechanism";
    CHECK(has(data, "\"exception\":{\"values\":[{\"type\":\"SIGSEGV / "
                    "SEGV_MAPERR\",\"value\":\"Fatal Error: SIGSEGV / "
                    "SEGV_MAPERR / 0x45\",\"thread_id\":100,\"mechanism\":"
                    "{\"type\":\"minidump\",\"handled\":false,\"synthetic\":"
                    "true,\"meta\":{\"signal\":{\"number\":11,\"code\":1,"
                    "\"name\":\"SIGSEGV\",\"code_name\":\"SEGV_MAPERR\"}}},"
                    "\"stacktrace\":{\"frames\":["));
    t_case = "the crash comes last, an inlined call without an address";
    CHECK(has(data, "{\"image_addr\":\"0x400000\",\"package\":\"/bin/app\","
                    "\"function\":\"inner()\",\"abs_path\":\"/src/inner.h\","
                    "\"filename\":\"inner.h\",\"lineno\":3}],"
                    "\"instruction_addr_adjustment\":\"all_but_first\","
                    "\"registers\":{\"rax\":\"0x0\","));
    t_case = "the crashed thread";
    CHECK(has(data, "{\"id\":100,\"name\":\"main\",\"crashed\":true},"));
    t_case = "images";
    CHECK(has(data,
              "\"debug_meta\":{\"images\":[{\"type\":\"elf\",\"code_file\""
              ":\"/bin/app\",\"code_id\":\"f1c3bcc0279865fe3058404b2831d9"
              "e64135386c\",\"debug_file\":\"/bin/app\",\"debug_id\":"
              "\"c0bcc3f1-9827-fe65-3058-404b2831d9e6\",\"arch\":"
              "\"x86_64\",\"image_addr\":\"0x400000\",\"image_size\":8192"
              "},"));
    t_case = "strict JSON has no word of what the schema does not know";
    CHECK(!strstr(data, "trust") && !strstr(data, "symbolicator"));
    CHECK(!strstr(data, "frames_omitted"));

    o.flags = MDW_SENTRY_RICH;
    o.max_frames = 5;
    data = json_of(&m, &o);
    t_case = "rich JSON has";
    CHECK(has(data, "\"trust\":\"context\",\"data\":"
                    "{\"symbolicator_status\":\"symbolicated\"}}],"));
    t_case = "frames that were cut, from the first to the first that is there";
    CHECK(has(data, "}],\"frames_omitted\":[1,3],"));
    t_case = "the servers leave the usual adjustment out";
    o.flags = MDW_SENTRY_COMPAT;
    CHECK(!strstr(json_of(&m, &o), "adjustment"));
    sentry_drop(&m);
}

static void test_sink(void)
{
    made m = sentry_make(&(process){.crashed = 100});
    static text t;
    mdw_sentry *s = event_of(&m, NULL);
    mdw_error err;
    t_case = "a sink that gives up";
    t.limit = 100;
    CHECK(mdw_sentry_json(s, false, (mdw_sink){gather, &t}, &err) == MDW_E_IO);
    CHECK(err.code == MDW_E_IO);
    t_case = "no sink";
    CHECK(mdw_sentry_json(s, false, (mdw_sink){NULL, NULL}, &err) == MDW_E_ARG);
    mdw_sentry_close(s);
    sentry_drop(&m);
}

int main(void)
{
    test_exceptions();
    test_systems();
    test_crashpad();
    test_ids();
    test_refused();
    test_memory();
    test_json();
    test_sink();
    return t_done();
}
