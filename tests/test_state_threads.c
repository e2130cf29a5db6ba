/* tests/test_state_threads.c - threads, their stacks, and what else can be
 * walked. */
#include "state_of.h"

static mdw_thread thread_of(const mdw_state *s, size_t index)
{
    mdw_thread t = MDW_INIT(mdw_thread);
    CHECK(mdw_state_thread(s, index, &t) == MDW_OK);
    return t;
}

static mdw_stack stack_of(const mdw_state *s, size_t index)
{
    mdw_stack k = MDW_INIT(mdw_stack);
    CHECK(mdw_state_stack(s, index, &k) == MDW_OK);
    return k;
}

static void check_names(void)
{
    static const synth_thread threads[] = {{.id = 5}, {.id = 3}, {.id = 9}};
    static const synth_name names[] = {
        {3, "worker"}, {5, "first"}, {77, "nobody"}, {5, "main"}};
    synth *s = synth_new(false);
    put_system(s, CPU_AMD64, OS_NT);
    synth_thread_list(s, threads, 3);
    synth_thread_names(s, names, 4);
    opened o = state_of(s);
    t_case = "the last name of an id counts";
    CHECK(text_is(thread_of(o.state, 0).name, "main"));
    t_case = "names are found by id";
    CHECK(text_is(thread_of(o.state, 1).name, "worker"));
    CHECK(thread_of(o.state, 1).has_name);
    t_case = "a thread without a name has none";
    CHECK(text_is(thread_of(o.state, 2).name, ""));
    CHECK(!thread_of(o.state, 2).has_name);
    state_done(&o);
}

static void check_bad_name(void)
{
    t_case = "a bad name costs only itself, an empty one is one";
    static const synth_thread threads[] = {{.id = 5}, {.id = 3}, {.id = 6}};
    synth *s = synth_new(false);
    synth_thread_list(s, threads, 3);
    synth_begin(s, MDW_STREAM_THREAD_NAMES);
    put32(s, 3);
    put32(s, 5);
    put64(s, 0xFFFFFF00);
    put32(s, 3);
    put_string_ref(s, "good", 8);
    put32(s, 6);
    put_string_ref(s, "", 8);
    synth_end(s);
    opened o = state_of(s);
    CHECK(!thread_of(o.state, 0).has_name);
    CHECK(text_is(thread_of(o.state, 1).name, "good"));
    CHECK(thread_of(o.state, 2).has_name);
    CHECK(text_is(thread_of(o.state, 2).name, ""));
    CHECK_U64(
        issues_of(o.state, MDW_E_RANGE, "MINIDUMP_THREAD_NAME.RvaOfThreadName"),
        1);
    state_done(&o);
}

static void check_infos(void)
{
    t_case = "thread information is found by id";
    static const synth_thread threads[] = {{.id = 2}, {.id = 8}, {.id = 1}};
    synth *s = synth_new(false);
    synth_thread_list(s, threads, 3);
    synth_thread_infos(s, 2, 64);
    opened o = state_of(s);
    mdw_thread t = thread_of(o.state, 0);
    CHECK(t.has_info);
    CHECK_U64(t.info_flags, 200);
    CHECK_U64(t.exit_status, 202);
    CHECK_U64(t.create_time, 203);
    CHECK_U64(t.user_time, 206);
    CHECK_U64(t.start, 207);
    CHECK_U64(t.affinity, 208);
    CHECK_U64(stack_of(o.state, 0).start, 207);
    CHECK(!thread_of(o.state, 1).has_info);
    CHECK_U64(stack_of(o.state, 1).start, 0);
    CHECK_U64(thread_of(o.state, 2).start, 107);
    state_done(&o);
}

/* TEBs of both widths, and what becomes of them. */
static void check_teb(void)
{
    static const struct {
        const char *name;
        uint16_t processor;
        uint32_t platform;
        bool has;
        uint32_t error;
        uint64_t sp;
        mdw_range range;
    } rows[] = {
        {"64 bits", CPU_AMD64, OS_NT, true, 0x57, 0x20800, {0x20000, 0x1000}},
        {"32 bits", CPU_X86, OS_NT, true, 0x57, 0x20800, {0x20000, 0x1000}},
        {"only Windows has a TEB",
         CPU_AMD64,
         OS_MAC,
         false,
         0,
         0x20800,
         {0, 0}},
        {"a stack that overflowed reaches down to sp",
         CPU_AMD64,
         OS_NT,
         true,
         0x57,
         0x1FFF0,
         {0x1FFF0, 0x1010}},
        {"sp far below is on another stack",
         CPU_AMD64,
         OS_NT,
         true,
         0x57,
         0x8000,
         {0, 0}},
        {"sp elsewhere is on another stack",
         CPU_AMD64,
         OS_NT,
         true,
         0x57,
         0x90000,
         {0, 0}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        t_case = rows[i].name;
        bool wide = rows[i].processor == CPU_AMD64;
        size_t pointer = wide ? 8 : 4;
        uint8_t teb[0x80] = {0}, context[1232];
        t_put(teb + pointer, 0x21000, pointer);
        t_put(teb + 2 * pointer, 0x20000, pointer);
        t_put(teb + 13 * pointer, 0x57, 4);
        if (wide)
            amd64_context(context, rows[i].sp, 0x1000);
        else
            x86_context(context, rows[i].sp, 0x1000);
        synth_thread t = {.id = 1,
                          .teb = 0x7000,
                          .context = context,
                          .context_len = wide ? 1232 : 716};
        synth_memory m = {0x7000, teb, sizeof teb};
        synth *s = synth_new(false);
        put_system(s, rows[i].processor, rows[i].platform);
        synth_thread_list(s, &t, 1);
        synth_memory_list(s, &m, 1);
        opened o = state_of(s);
        mdw_thread have = thread_of(o.state, 0);
        CHECK(have.has_last_error == rows[i].has);
        CHECK_U64(have.last_error, rows[i].error);
        mdw_range range = stack_of(o.state, 0).range;
        CHECK_U64(range.start, rows[i].range.start);
        CHECK_U64(range.size, rows[i].range.size);
        state_done(&o);
    }
}

static void check_ranges(void)
{
    enum { COMMIT = 0x1000, RESERVE = 0x2000 };
    static const struct {
        const char *name;
        uint64_t sp;
        mdw_range range;
    } rows[] = {
        {"the region that holds sp", 0x11800, {0x11000, 0x2000}},
        {"sp in a guard page: up to what can be written",
         0x10800,
         {0x10000, 0x3000}},
        {"the captured memory that holds sp", 0x50002, {0x50000, 8}},
        {"else what the thread's record says", 0x90000, {0x60000, 0x4000}},
    };
    static const synth_memory_info infos[] = {
        {0x10000, 0, 0x1000, 0, COMMIT, 0x104, 0},
        {0x11000, 0, 0x2000, 0, COMMIT, 4, 0},
        {0x13000, 0, 0x1000, 0, COMMIT, 4, 0}};
    static const synth_memory memory[] = {{0x50000, "captured", 8}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        t_case = rows[i].name;
        uint8_t context[1232];
        amd64_context(context, rows[i].sp, 0x1000);
        synth_thread t = {.id = 1,
                          .context = context,
                          .context_len = 1232,
                          .stack_addr = 0x60000,
                          .stack_len = 0x4000};
        synth *s = synth_new(false);
        put_system(s, CPU_AMD64, OS_NT);
        synth_thread_list(s, &t, 1);
        synth_memory_infos(s, infos, 3, 3);
        synth_memory_list(s, memory, 1);
        opened o = state_of(s);
        mdw_range range = stack_of(o.state, 0).range;
        CHECK_U64(range.start, rows[i].range.start);
        CHECK_U64(range.size, rows[i].range.size);
        state_done(&o);
    }
}

static void check_ex_list(void)
{
    t_case = "ThreadExList stands in for ThreadList";
    uint8_t context[1232];
    amd64_context(context, 0x2000, 0x1000);
    synth_thread t = {.id = 4,
                      .context = context,
                      .context_len = 1232,
                      .stack_addr = 0x2000,
                      .stack = "stack",
                      .stack_len = 5};
    synth *s = synth_new(false);
    put_system(s, CPU_AMD64, OS_NT);
    synth_thread_ex_list(s, &t, 1);
    opened o = state_of(s);
    CHECK_U64(mdw_state_thread_count(o.state), 1);
    CHECK_U64(thread_of(o.state, 0).id, 4);
    CHECK(stack_of(o.state, 0).has_regs);
    CHECK_U64(stack_of(o.state, 0).range.size, 5);
    CHECK_U64(issues_of(o.state, MDW_E_TRUNCATED, "no MINIDUMP_THREAD_LIST"),
              0);
    state_done(&o);
}

static void check_no_threads(void)
{
    t_case = "no thread list is an issue and no failure";
    synth *s = synth_new(false);
    put_system(s, CPU_AMD64, OS_NT);
    opened o = state_of(s);
    CHECK_U64(mdw_state_thread_count(o.state), 0);
    CHECK_U64(mdw_state_main_stack(o.state), MDW_NONE);
    CHECK_U64(issues_of(o.state, MDW_E_TRUNCATED, "no MINIDUMP_THREAD_LIST"),
              1);
    state_done(&o);
}

static void check_writer(void)
{
    static const struct {
        const char *name;
        uint32_t validity, writer, requesting, exception, main;
        bool skipped[2];
    } rows[] = {
        {"the writer's thread is skipped", 3, 2, 1, 0, 0, {false, true}},
        {"not if the record is not valid", 2, 2, 1, 0, 0, {false, false}},
        {"not if it asked for the dump", 3, 2, 2, 0, 1, {false, false}},
        {"not if it crashed", 1, 2, 0, 2, 1, {false, false}},
        {"the exception's thread comes before the requesting one",
         3,
         9,
         1,
         2,
         1,
         {false, false}},
        {"nobody asked", 1, 2, 1, 0, MDW_NONE, {false, true}},
    };
    static const synth_thread threads[] = {{.id = 1}, {.id = 2}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        t_case = rows[i].name;
        synth *s = synth_new(false);
        put_system(s, CPU_AMD64, OS_NT);
        synth_thread_list(s, threads, 2);
        synth_breakpad(s, rows[i].validity, rows[i].writer, rows[i].requesting);
        synth_exception e = {.thread_id = rows[i].exception, .code = 11};
        if (rows[i].exception)
            synth_exceptions(s, &e);
        opened o = state_of(s);
        CHECK_U64(mdw_state_main_stack(o.state), rows[i].main);
        for (size_t k = 0; k < 2; k++)
            CHECK(stack_of(o.state, k).skipped == rows[i].skipped[k]);
        state_done(&o);
    }
}

/* TEB64 with a block in TLS slot 1. */
static void check_wow64(void)
{
    static const struct {
        const char *name;
        const char *module;
        uint16_t processor;
        uint64_t block;
        size_t stacks;
    } rows[] = {
        {"a 64-bit dump of a 32-bit process has two stacks",
         "C:\\Windows\\System32\\WOW64.dll", CPU_AMD64, 0x9000, 2},
        {"not without wow64.dll", "C:\\notwow64.dll", CPU_AMD64, 0x9000, 1},
        {"not in a 32-bit dump", "C:\\wow64.dll", CPU_X86, 0x9000, 1},
        {"not without a block", "C:\\wow64.dll", CPU_AMD64, 0, 1},
        {"not if the block was not captured", "C:\\wow64.dll", CPU_AMD64,
         0x19000, 1},
    };
    static uint8_t teb[0x2100];
    uint8_t block[4 + 716], context[1232];
    amd64_context(context, 0x500, 0x1000);
    x86_context(block + 4, 0x30800, 0x401000);
    t_put(teb + 0x2004, 0x31000, 4); /* TEB32: StackBase, StackLimit */
    t_put(teb + 0x2008, 0x30000, 4);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        t_case = rows[i].name;
        t_put(teb + 0x1488, rows[i].block, 8);
        synth_memory memory[] = {{0x10000, teb, sizeof teb},
                                 {0x9064, block + 100, sizeof block - 100},
                                 {0x9000, block, 100}};
        synth_thread t = {
            .id = 1, .teb = 0x10000, .context = context, .context_len = 1232};
        synth_module m = {
            .base = 0x1000, .size = 0x1000, .name = rows[i].module};
        synth *s = synth_new(false);
        put_system(s, rows[i].processor, OS_NT);
        synth_thread_list(s, &t, 1);
        synth_module_list(s, &m, 1);
        synth_memory_list(s, memory, 3);
        opened o = state_of(s);
        CHECK_U64(mdw_state_stack_count(o.state), rows[i].stacks);
        if (rows[i].stacks == 2) {
            mdw_stack k = stack_of(o.state, 1);
            CHECK_U64(k.kind, MDW_STACK_WOW64);
            CHECK_U64(k.thread, 0);
            CHECK_U64(k.arch, MDW_ARCH_X86);
            CHECK_U64(k.regs.value[mdw_reg_find(k.arch, (mdw_str){"eip", 3})],
                      0x401000);
            CHECK_U64(k.context.len, 716);
            CHECK_U64(k.range.start, 0x30000);
            CHECK_U64(k.range.size, 0x1000);
        }
        state_done(&o);
    }
}

static void check_clients(void)
{
    t_case = "client stacks are stacks of their own";
    static const synth_thread threads[] = {{.id = 1}, {.id = 2}};
    static const synth_frame frames[] = {{0x1234, "main"}, {0x99, "b\xFF"}};
    static const synth_frame other[] = {{0x77, ""}};
    static const synth_client_stack stacks[] = {{2, frames, 2}, {8, other, 1}};
    synth *s = synth_new(false);
    put_system(s, CPU_AMD64, OS_NT);
    synth_thread_list(s, threads, 2);
    synth_client_stacks(s, stacks, 2);
    opened o = state_of(s);
    CHECK_U64(mdw_state_stack_count(o.state), 4);
    mdw_stack k = stack_of(o.state, 2);
    CHECK_U64(k.kind, MDW_STACK_CLIENT);
    CHECK_U64(k.thread, 1);
    CHECK(!k.has_regs && k.context_status == MDW_ABSENT);
    CHECK_U64(stack_of(o.state, 3).thread, MDW_NONE);
    CHECK_U64(mdw_state_client_frame_count(o.state, 2), 2);
    CHECK_U64(mdw_state_client_frame_count(o.state, 0), 0);
    mdw_client_frame f = MDW_INIT(mdw_client_frame);
    CHECK(mdw_state_client_frame(o.state, 2, 1, &f) == MDW_OK);
    CHECK_U64(f.address, 0x99);
    CHECK(text_is(f.symbol, "b\xEF\xBF\xBD"));
    CHECK(mdw_state_client_frame(o.state, 2, 2, &f) == MDW_E_ARG);
    CHECK(mdw_state_client_frame(o.state, 3, 0, &f) == MDW_OK);
    CHECK_U64(f.address, 0x77);
    CHECK(text_is(f.symbol, ""));
    state_done(&o);
}

int main(void)
{
    check_names();
    check_bad_name();
    check_infos();
    check_teb();
    check_ranges();
    check_ex_list();
    check_no_threads();
    check_writer();
    check_wow64();
    check_clients();
    return t_done();
}
