/* tests/test_state_system.c - the system, the process and its texts, and what
 * limits and damage do. */
#include "state_of.h"

typedef struct row {
    const char *name;
    synth_system system;
    uint32_t arch, os, pointer;
    const char *version, *build, *cpu;
} row;

static const row rows[] = {
    {"Windows on x86",
     {.arch = CPU_X86,
      .level = 6,
      .revision = 0x0D08,
      .cpu_count = 1,
      .major = 5,
      .minor = 1,
      .build = 2600,
      .platform = OS_NT,
      .csd = "Service Pack 2",
      .cpu = {0x756E6547, 0x49656E69, 0x6C65746E}},
     MDW_ARCH_X86,
     MDW_OS_WINDOWS,
     4,
     "5.1.2600",
     "Service Pack 2",
     "GenuineIntel family 6 model 13 stepping 8"},
    {"a vendor that is short",
     {.arch = CPU_X86, .platform = OS_NT, .cpu = {0x41}},
     MDW_ARCH_X86,
     MDW_OS_WINDOWS,
     4,
     "0.0.0",
     "",
     "A family 0 model 0 stepping 0"},
    {"x86-64 has no vendor that could be trusted",
     {.arch = CPU_AMD64,
      .level = 23,
      .revision = 0x3100,
      .platform = OS_NT,
      .major = 10,
      .build = 19042,
      .cpu = {0x756E6547}},
     MDW_ARCH_X86_64,
     MDW_OS_WINDOWS,
     8,
     "10.0.19042",
     "",
     "family 23 model 49 stepping 0"},
    {"Windows CE",
     {.arch = CPU_ARM, .platform = 3, .level = 7},
     MDW_ARCH_ARM,
     MDW_OS_WINDOWS,
     4,
     "0.0.0",
     "",
     "ARMv7"},
    {"Linux keeps its version in uname's words",
     {.arch = CPU_AMD64,
      .platform = OS_LINUX,
      .csd = "Linux 3.13.0-53-generic #89-Ubuntu SMP Wed May 20 x86_64"},
     MDW_ARCH_X86_64,
     MDW_OS_LINUX,
     8,
     "3.13.0-53-generic",
     "#89-Ubuntu SMP Wed May 20",
     "family 0 model 0 stepping 0"},
    {"uname -o adds a word of its own",
     {.arch = CPU_ARM64,
      .platform = OS_ANDROID,
      .csd = "Linux 4.4.1 #1 SMP aarch64 GNU/Linux"},
     MDW_ARCH_ARM64,
     MDW_OS_ANDROID,
     8,
     "4.4.1",
     "#1 SMP",
     ""},
    {"a Linux release alone",
     {.arch = CPU_AMD64, .platform = OS_LINUX, .csd = "Linux 6.1.0"},
     MDW_ARCH_X86_64,
     MDW_OS_LINUX,
     8,
     "6.1.0",
     "",
     "family 0 model 0 stepping 0"},
    {"other words are left alone",
     {.arch = CPU_AMD64, .platform = OS_LINUX, .csd = "Plan 9"},
     MDW_ARCH_X86_64,
     MDW_OS_LINUX,
     8,
     "0.0.0",
     "Plan 9",
     "family 0 model 0 stepping 0"},
    {"Linux with a version",
     {.arch = CPU_AMD64,
      .platform = OS_LINUX,
      .major = 5,
      .minor = 10,
      .build = 28,
      .csd = "-1rodete2-amd64 #1 SMP Debian x86_64"},
     MDW_ARCH_X86_64,
     MDW_OS_LINUX,
     8,
     "5.10.28",
     "-1rodete2-amd64 #1 SMP Debian x86_64",
     "family 0 model 0 stepping 0"},
    {"Linux with a version and uname's words",
     {.arch = CPU_AMD64,
      .platform = OS_LINUX,
      .major = 5,
      .csd = "Linux 5.10 #1 x86_64"},
     MDW_ARCH_X86_64,
     MDW_OS_LINUX,
     8,
     "5.0.0",
     "Linux 5.10 #1 x86_64",
     "family 0 model 0 stepping 0"},
    {"macOS",
     {.arch = CPU_ARM64,
      .platform = OS_MAC,
      .major = 11,
      .minor = 6,
      .build = 7,
      .csd = "20G630"},
     MDW_ARCH_ARM64,
     MDW_OS_MACOS,
     8,
     "11.6.7",
     "20G630",
     ""},
    {"iOS",
     {.arch = CPU_ARM64, .platform = 0x8102, .major = 16},
     MDW_ARCH_ARM64,
     MDW_OS_IOS,
     8,
     "16.0.0",
     "",
     ""},
    {"Fuchsia",
     {.arch = 0x8003, .platform = 0x8206},
     MDW_ARCH_ARM64,
     MDW_OS_FUCHSIA,
     8,
     "0.0.0",
     "",
     ""},
    {"a Krait",
     {.arch = CPU_ARM,
      .level = 7,
      .platform = OS_ANDROID,
      .cpu = {0x510006F2, 0x7B0D7}},
     MDW_ARCH_ARM,
     MDW_OS_ANDROID,
     4,
     "0.0.0",
     "",
     "ARMv7 Qualcomm Krait features: swp,half,thumb,fastmult,vfpv2,edsp,neon,"
     "vfpv3,tls,vfpv4,idiva,idivt"},
    {"an ARM that nobody knows",
     {.arch = CPU_ARM,
      .level = 8,
      .platform = OS_LINUX,
      .cpu = {0x7F00123F, 0}},
     MDW_ARCH_ARM,
     MDW_OS_LINUX,
     4,
     "0.0.0",
     "",
     "ARMv8 vendor(0x7f) part(0x7f001230)"},
    {"a CPU that is only recognised",
     {.arch = 0x8006, .platform = OS_LINUX},
     MDW_ARCH_RISCV64,
     MDW_OS_LINUX,
     8,
     "0.0.0",
     "",
     ""},
    {"nothing is known",
     {.arch = 0xFFFF, .platform = 0x7777},
     MDW_ARCH_UNKNOWN,
     MDW_OS_UNKNOWN,
     8,
     "0.0.0",
     "",
     ""},
};

static void check_systems(void)
{
    for (size_t i = 0; i < 2 * (sizeof rows / sizeof *rows); i++) {
        const row *r = &rows[i / 2];
        t_case = r->name;
        synth *s = synth_new(i & 1);
        synth_system_info(s, &r->system);
        opened o = state_of(s);
        mdw_system y = MDW_INIT(mdw_system);
        CHECK(mdw_state_system(o.state, &y) == MDW_OK);
        CHECK_U64(y.arch, r->arch);
        CHECK_U64(y.os, r->os);
        CHECK_U64(y.pointer_size, r->pointer);
        CHECK_U64(y.processor, r->system.arch);
        CHECK_U64(y.platform, r->system.platform);
        CHECK(y.big_endian == (i & 1));
        CHECK(text_is(y.os_version, r->version));
        CHECK(text_is(y.os_build, r->build));
        CHECK((i & 1) || text_is(y.cpu_info, r->cpu)); /* vendors turn */
        state_done(&o);
    }
}

static void check_mask(void)
{
    static const uint8_t id[16] = {1};
    static const struct {
        const char *name;
        uint16_t processor;
        uint64_t mask, base, want;
    } masks[] = {
        {"Crashpad says which bits are no address", CPU_ARM64,
         0xFFFFFF8000000000, 0x100000000, 0x7FFFFFFFFF},
        {"never narrower than the modules", CPU_ARM64, 0xFFFFFF8000000000,
         0x7FFF00000000, 0x7FFFFFFFFFFF},
        {"a module may end where the mask does", CPU_ARM64, 0xFFFFFF8000000000,
         0x7FFFFFF000, 0x7FFFFFFFFF},
        {"other CPUs have none", CPU_AMD64, 0xFFFFFF8000000000, 0x100000000, 0},
        {"zero says nothing", CPU_ARM64, 0, 0x100000000, 0},
    };
    for (size_t i = 0; i < sizeof masks / sizeof *masks; i++) {
        t_case = masks[i].name;
        synth_module m = {.base = masks[i].base, .size = 0x1000};
        synth *s = synth_new(false);
        put_system(s, masks[i].processor, OS_MAC);
        synth_module_list(s, &m, 1);
        synth_crashpad(s, id, id, masks[i].mask, NULL, 0, NULL, 0);
        opened o = state_of(s);
        mdw_system y = MDW_INIT(mdw_system);
        mdw_state_system(o.state, &y);
        CHECK_U64(y.code_mask, masks[i].want);
        state_done(&o);
    }
}

static void put_misc(synth *s, uint32_t flags, uint32_t pid, uint32_t created)
{
    synth_begin(s, MDW_STREAM_MISC_INFO);
    put32(s, 24);
    put32(s, flags);
    put32(s, pid);
    put32(s, created);
    put32(s, 3);
    put32(s, 4);
    synth_end(s);
}

static mdw_process_info process_of(const mdw_state *s)
{
    mdw_process_info p = MDW_INIT(mdw_process_info);
    CHECK(mdw_state_process(s, &p) == MDW_OK);
    return p;
}

static void check_times(void)
{
    t_case = "times and pid only where their flags say so";
    synth *s = synth_new(false);
    put_misc(s, 3, 42, UINT32_MAX);
    opened o = state_of(s);
    mdw_process_info p = process_of(o.state);
    CHECK(p.has_pid && p.has_times);
    CHECK_U64(p.pid, 42);
    CHECK_U64(p.uptime, 0); /* created after the dump: never negative */
    CHECK_U64(p.user_time, 3);
    CHECK_U64(p.kernel_time, 4);
    uint32_t now = p.dump_time;
    state_done(&o);
    s = synth_new(false);
    put_misc(s, 2, 42, now - 7);
    opened other = state_of(s);
    p = process_of(other.state);
    CHECK(!p.has_pid && p.has_times);
    CHECK_U64(p.uptime, 7);
    state_done(&other);
    s = synth_new(false);
    put_misc(s, 1, 42, 1);
    synth_text(s, MDW_STREAM_LINUX_PROC_STATUS, "Pid:\t7\n", 7);
    opened third = state_of(s);
    p = process_of(third.state);
    CHECK_U64(p.pid, 42); /* and not that of status */
    CHECK(!p.has_times && !p.create_time);
    state_done(&third);
}

static void put_text(synth *s, uint32_t type, const char *text)
{
    synth_text(s, type, text, strlen(text));
}

static void check_linux_texts(void)
{
    static const char line[] = "crash\0--now\0\xC3";
    synth *s = synth_new(false);
    put_system(s, CPU_AMD64, OS_LINUX);
    put_text(s, MDW_STREAM_LINUX_PROC_STATUS, "Name:\tcrash\nPid:\t1304\n");
    put_text(s, MDW_STREAM_LINUX_CPU_INFO,
             "processor : 0\nmicrocode\t: 0x2b\nprocessor : 1\n"
             "microcode\t: 0x2c\n");
    put_text(s, MDW_STREAM_LINUX_LSB_RELEASE,
             "DISTRIB_ID=Ubuntu\nVERSION_ID=\"16.04\"\n"
             "DISTRIB_CODENAME=xenial\nPRETTY_NAME=\"Ubuntu 16.04.3 LTS\"\n");
    synth_text(s, MDW_STREAM_LINUX_CMD_LINE, line, sizeof line - 1);
    opened o = state_of(s);
    mdw_process_info p = process_of(o.state);
    mdw_system y = MDW_INIT(mdw_system);
    mdw_state_system(o.state, &y);
    t_case = "pid comes from status where MiscInfo has none";
    CHECK(p.has_pid);
    CHECK_U64(p.pid, 1304);
    t_case = "microcode of the first CPU";
    CHECK(text_is(y.cpu_microcode, "0x2b"));
    t_case = "lsb-release and os-release";
    CHECK(p.has_lsb);
    CHECK(text_is(p.lsb_id, "Ubuntu"));
    CHECK(text_is(p.lsb_release, "16.04"));
    CHECK(text_is(p.lsb_codename, "xenial"));
    CHECK(text_is(p.lsb_description, "Ubuntu 16.04.3 LTS"));
    t_case = "arguments are joined by blanks and made UTF-8";
    CHECK(text_is(p.command_line, "crash --now \xEF\xBF\xBD"));
    state_done(&o);
}

static void check_entry(void)
{
    static const uint64_t pairs[][2] = {{3, 0x400040}, {9, 0x401001}, {0, 0}};
    synth *s = synth_new(false);
    put_system(s, CPU_AMD64, OS_LINUX);
    synth_auxv(s, 8, pairs, 3);
    opened o = state_of(s);
    t_case = "the program's first instruction";
    CHECK_U64(process_of(o.state).entry, 0x401001);
    state_done(&o);
}

static void check_assertions(void)
{
    static const struct {
        const char *expression, *function, *file;
        uint32_t line, type;
        const char *want;
    } asserts[] = {
        {"i < n", "at", "a.c", 7, 1,
         "Invalid parameter passed to library function i < n in function at, "
         "in file a.c at line 7"},
        {"", "", "", 0, 2, "Pure virtual function called"},
        {"", "f", "", 0, 0x1F,
         "Unknown assertion type 0x0000001f in function f"},
    };
    for (size_t i = 0; i < sizeof asserts / sizeof *asserts; i++) {
        t_case = asserts[i].want;
        synth *s = synth_new(false);
        synth_assertion(s, asserts[i].expression, asserts[i].function,
                        asserts[i].file, asserts[i].line, asserts[i].type);
        opened o = state_of(s);
        CHECK(text_is(process_of(o.state).assertion, asserts[i].want));
        state_done(&o);
    }
}

static void check_comments(void)
{
    t_case = "CommentA comes before CommentW";
    synth *s = synth_new(false);
    synth_comment(s, true, "wide");
    opened o = state_of(s);
    CHECK(text_is(process_of(o.state).comment, "wide"));
    state_done(&o);
    s = synth_new(false);
    synth_comment(s, true, "wide");
    synth_comment(s, false, "nar\xFFow");
    opened other = state_of(s);
    CHECK(text_is(process_of(other.state).comment, "nar\xEF\xBF\xBDow"));
    state_done(&other);
}

static void check_annotations(void)
{
    static const uint8_t id[16] = {1};
    static const synth_annotation process[] = {{"ver", "1.0", 0}};
    static const synth_annotation list[] = {{NULL, "a\xFE", 0}};
    static const synth_annotation objects[] = {{"text", "yes", 1},
                                               {"own", "raw", 0x8001}};
    static const synth_module module = {.base = 0x1000, .size = 0x1000};
    static const synth_annotations modules[] = {
        {.module = 0,
         .list = list,
         .list_count = 1,
         .objects = objects,
         .object_count = 2},
        {.module = 7, .list = list, .list_count = 1}};
    static const struct {
        uint32_t kind, module;
        const char *key, *text;
    } want[] = {
        {MDW_ANNOTATION_PROCESS, MDW_NONE, "ver", "1.0"},
        {MDW_ANNOTATION_LIST, 0, "", "a\xEF\xBF\xBD"},
        {MDW_ANNOTATION_OBJECT, 0, "text", "yes"},
        {MDW_ANNOTATION_OBJECT, 0, "own", ""},
        {MDW_ANNOTATION_LIST, MDW_NONE, "", "a\xEF\xBF\xBD"},
    };
    t_case = "annotations, with text where they are text";
    synth *s = synth_new(false);
    synth_module_list(s, &module, 1);
    synth_crashpad(s, id, id, 0, process, 1, modules, 2);
    opened o = state_of(s);
    CHECK_U64(mdw_state_annotation_count(o.state), sizeof want / sizeof *want);
    for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
        mdw_annotation a = MDW_INIT(mdw_annotation);
        CHECK(mdw_state_annotation(o.state, i, &a) == MDW_OK);
        CHECK_U64(a.kind, want[i].kind);
        CHECK_U64(a.module, want[i].module);
        CHECK(text_is(a.key, want[i].key));
        CHECK(text_is(a.text, want[i].text));
    }
    state_done(&o);
}

static void check_records(void)
{
    t_case = "handles, limits and macOS crash notes";
    static const synth_handle handles[] = {{.handle = 4, .type = "File"},
                                           {.handle = 8, .name = "n"}};
    static const synth_crash crash[] = {
        {.version = 5,
         .thread = 1,
         .dialog_mode = 2,
         .abort_cause = 3,
         .texts = {"/usr/lib/libc", "oops", "", "bt", "\xFF"}}};
    static const char limits[] =
        "Limit                     Soft Limit           Hard Limit           "
        "Units     \n"
        "Max open files            1024                 4096                 "
        "files     \n";
    synth *s = synth_new(false);
    synth_handles(s, 1, handles, 2);
    synth_mac_crash(s, crash, 1);
    synth_mac_bootargs(s, "-v");
    put_text(s, MDW_STREAM_MOZ_LINUX_LIMITS, limits);
    put_text(s, MDW_STREAM_MOZ_SOFT_ERRORS, "[\"x\"]");
    opened o = state_of(s);
    mdw_process_info p = process_of(o.state);
    CHECK(p.has_handles && p.has_limits && p.has_mac_crash);
    CHECK(text_is(p.boot_args, "-v"));
    CHECK(text_is(p.soft_errors, "[\"x\"]"));
    mdw_handle h = MDW_INIT(mdw_handle);
    CHECK(mdw_state_handle(o.state, 0, &h) == MDW_OK);
    CHECK_U64(h.handle, 4);
    CHECK(h.has_type_name && !h.has_object_name);
    CHECK(text_is(h.type_name, "File") && text_is(h.object_name, ""));
    CHECK(mdw_state_handle(o.state, 1, &h) == MDW_OK && h.has_object_name);
    mdw_limit l = MDW_INIT(mdw_limit);
    CHECK_U64(mdw_state_limit_count(o.state), 1);
    CHECK(mdw_state_limit(o.state, 0, &l) == MDW_OK);
    CHECK(text_is(l.name, "Max open files") && text_is(l.hard, "4096"));
    mdw_mac_crash m = MDW_INIT(mdw_mac_crash);
    CHECK_U64(mdw_state_mac_crash_count(o.state), 1);
    CHECK(mdw_state_mac_crash(o.state, 0, &m) == MDW_OK);
    CHECK_U64(m.abort_cause, 3);
    CHECK(text_is(m.message, "oops") && text_is(m.message2, "\xEF\xBF\xBD"));
    state_done(&o);
}

/* 300 threads with a context outside the file each, and one more issue. */
static synth *many_issues(void)
{
    synth *s = synth_new(false);
    put_system(s, CPU_AMD64, OS_LINUX);
    synth_begin(s, MDW_STREAM_THREAD_LIST);
    put32(s, 300);
    for (uint32_t i = 0; i < 300; i++) {
        put32(s, i);
        put_zeros(s, 36);
        put32(s, 1232);
        put32(s, 0xFFFFF000);
    }
    synth_end(s);
    return s;
}

static void check_issue_cap(void)
{
    opened o = state_of(many_issues());
    t_case = "issues are capped and the last one counts the rest";
    CHECK_U64(mdw_state_issue_count(o.state), 256);
    uint64_t total = 0, before = 0;
    for (size_t i = 0; i < 256; i++) {
        mdw_issue issue = MDW_INIT(mdw_issue);
        CHECK(mdw_state_issue(o.state, i, &issue) == MDW_OK);
        total += issue.count;
        t_case = "issues are in file order";
        CHECK(i == 255 || issue.error.offset >= before);
        before = issue.error.offset;
    }
    t_case = "no issue is lost";
    CHECK_U64(total, 300);
    state_done(&o);
}

static void check_order(void)
{
    t_case = "issues are in file order, not in that of the building";
    synth *s = synth_new(false);
    put_system(s, CPU_AMD64, OS_LINUX);
    synth_begin(s, MDW_STREAM_THREAD_LIST);
    put32(s, 1);
    put_zeros(s, 40);
    put32(s, 1232);
    put32(s, 0xFFFFF000);
    synth_end(s);
    put_text(s, MDW_STREAM_LINUX_MAPS, "bad\n");
    opened o = state_of(s);
    mdw_issue issue = MDW_INIT(mdw_issue);
    CHECK_U64(mdw_state_issue_count(o.state), 2);
    CHECK(mdw_state_issue(o.state, 0, &issue) == MDW_OK);
    CHECK_U64(issue.error.stream, MDW_STREAM_THREAD_LIST);
    state_done(&o);
}

static void check_merge(void)
{
    t_case = "equal issues are one";
    static const char maps[] = "bad\nworse\nworst\n";
    synth *s = synth_new(false);
    put_system(s, CPU_AMD64, OS_LINUX);
    put_text(s, MDW_STREAM_LINUX_MAPS, maps);
    static const synth_thread t = {.id = 1};
    synth_thread_list(s, &t, 1);
    opened o = state_of(s);
    CHECK_U64(mdw_state_issue_count(o.state), 1);
    mdw_issue issue = MDW_INIT(mdw_issue);
    CHECK(mdw_state_issue(o.state, 0, &issue) == MDW_OK);
    CHECK_U64(issue.count, 3);
    CHECK_U64(issue.area, MDW_AREA_DUMP);
    CHECK_U64(issue.error.stream, MDW_STREAM_LINUX_MAPS);
    state_done(&o);
}

static void check_budget(void)
{
    static const synth_options everything = {.pointer = 8};
    t_case = "a small budget cuts lists and says so";
    mdw_state_options options = MDW_INIT(mdw_state_options);
    options.max_memory = 130 * 1024;
    opened o = state_with(many_issues(), &options);
    size_t threads = mdw_state_thread_count(o.state);
    CHECK(threads > 0 && threads < 300);
    CHECK(mdw_state_stack_count(o.state) >= threads);
    state_done(&o);
    for (uint64_t budget = 1024; budget < 256 * 1024; budget += 3001) {
        t_case = "no budget makes the building fail once there is an object";
        synth *s = synth_everything(&everything);
        mdw_dump *dump;
        mdw_state *state = NULL;
        CHECK(mdw_dump_open(synth_finish(s), NULL, &dump, NULL) == MDW_OK);
        options.max_memory = budget;
        mdw_status status = mdw_state_from_dump(dump, &options, &state, NULL);
        CHECK(status == (state ? MDW_OK : MDW_E_LIMIT));
        CHECK(budget < 4096 || state);
        mdw_state_close(state);
        mdw_dump_close(dump);
        synth_free(s);
    }
}

typedef struct failing {
    size_t calls, fail_at, live;
} failing;

static void *failing_alloc(void *user, size_t size)
{
    failing *f = user;
    if (f->calls++ == f->fail_at)
        return NULL;
    f->live++;
    return malloc(size);
}

static void failing_free(void *user, void *ptr, size_t size)
{
    failing *f = user;
    f->live--;
    (void)size;
    free(ptr);
}

static void fail_each(synth *s)
{
    mdw_dump *dump;
    CHECK(mdw_dump_open(synth_finish(s), NULL, &dump, NULL) == MDW_OK);
    for (size_t n = 0; n < 50; n++) {
        failing f = {.fail_at = n};
        mdw_allocator alloc = {failing_alloc, failing_free, &f};
        mdw_state_options options = MDW_INIT(mdw_state_options);
        options.alloc = &alloc;
        mdw_state *state = NULL;
        mdw_error err = {0};
        mdw_status status = mdw_state_from_dump(dump, &options, &state, &err);
        CHECK(status == (f.calls > n ? MDW_E_MEMORY : MDW_OK));
        CHECK(status == err.code);
        mdw_state_close(state);
        CHECK_U64(f.live, 0);
        if (status == MDW_OK)
            break;
        CHECK(n < 49);
    }
    mdw_dump_close(dump);
    synth_free(s);
}

static void check_allocator(void)
{
    static const synth_options everything = {.pointer = 8};
    t_case = "the n-th allocation fails: cleanly, and nothing leaks";
    fail_each(synth_everything(&everything));
    fail_each(many_issues()); /* more than a block */
}

static void check_arguments(void)
{
    t_case = "wrong arguments";
    mdw_state *state = NULL;
    CHECK(mdw_state_from_dump(NULL, NULL, &state, NULL) == MDW_E_ARG);
    mdw_state_close(NULL);
    opened o = state_of(synth_new(false));
    mdw_module m = MDW_INIT(mdw_module);
    CHECK(mdw_state_module(o.state, 0, &m) == MDW_E_ARG);
    m.size = 4;
    mdw_system y = {.size = 4};
    CHECK(mdw_state_system(o.state, &y) == MDW_E_ABI);
    mdw_region r = MDW_INIT(mdw_region);
    CHECK(mdw_state_region_find(o.state, 0, &r) == MDW_ABSENT);
    CHECK(mdw_state_client_frame_count(o.state, 9) == 0);
    state_done(&o);
}

int main(void)
{
    check_systems();
    check_mask();
    check_times();
    check_linux_texts();
    check_entry();
    check_assertions();
    check_comments();
    check_annotations();
    check_records();
    check_issue_cap();
    check_order();
    check_merge();
    check_budget();
    check_allocator();
    check_arguments();
    return t_done();
}
