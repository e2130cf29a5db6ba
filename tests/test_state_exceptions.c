/* tests/test_state_exceptions.c - exceptions, the records they point to, and
 * whose stack they are shown with. */
#include "state_of.h"

static mdw_exception exception_of(const mdw_state *s, size_t index)
{
    mdw_exception e = MDW_INIT(mdw_exception);
    CHECK(mdw_state_exception(s, index, &e) == MDW_OK);
    return e;
}

static mdw_stack stack_of(const mdw_state *s, size_t index)
{
    mdw_stack k = MDW_INIT(mdw_stack);
    CHECK(mdw_state_stack(s, index, &k) == MDW_OK);
    return k;
}

static uint64_t rip_of(const mdw_state *s, size_t stack)
{
    mdw_stack k = stack_of(s, stack);
    return k.regs.value[mdw_reg_find(k.arch, (mdw_str){"rip", 3})];
}

static void check_context(void)
{
    t_case = "the context of an exception comes before the thread's own";
    uint8_t own[1232], fault[1232], bad[1232] = {0};
    amd64_context(own, 0x1000, 0xAAAA);
    amd64_context(fault, 0x1100, 0xBBBB);
    synth_thread threads[] = {{.id = 1, .context = own, .context_len = 1232},
                              {.id = 2, .context = own, .context_len = 1232},
                              {.id = 3, .context = own, .context_len = 1232},
                              {.id = 4, .context = own, .context_len = 1232}};
    synth_exception exceptions[] = {
        {.thread_id = 2, .code = 0, .context = fault, .context_len = 1232},
        {.thread_id = 3, .code = 11, .context = bad, .context_len = 1232},
        {.thread_id = 1, .code = 19},
        {.thread_id = 2, .code = 5, .context = own, .context_len = 1232}};
    synth *s = synth_new(false);
    put_system(s, CPU_AMD64, OS_LINUX);
    synth_thread_list(s, threads, 4);
    for (size_t i = 0; i < 4; i++)
        synth_exceptions(s, &exceptions[i]);
    opened o = state_of(s);
    CHECK_U64(mdw_state_exception_count(o.state), 4);
    CHECK_U64(rip_of(o.state, 1), 0xBBBB);
    CHECK_U64(exception_of(o.state, 0).stack, 1);
    CHECK_U64(exception_of(o.state, 0).thread, 1);
    t_case = "a bad context leaves the thread's own";
    CHECK_U64(rip_of(o.state, 2), 0xAAAA);
    CHECK(stack_of(o.state, 2).context_status == MDW_OK);
    CHECK_U64(issues_of(o.state, MDW_E_FORMAT, "CONTEXT"), 1);
    t_case = "of several exceptions the first that is one is shown";
    CHECK_U64(mdw_state_main_stack(o.state), 2);
    t_case = "stacks stay as many as threads";
    CHECK_U64(mdw_state_stack_count(o.state), 4);
    state_done(&o);
}

static void check_unlisted(void)
{
    t_case = "an exception whose thread is not listed has a stack of its own";
    uint8_t fault[1232];
    amd64_context(fault, 0x1100, 0xBBBB);
    synth_thread t = {.id = 1};
    synth_memory m = {0x1000, fault, 0x200};
    synth_exception e = {
        .thread_id = 9, .code = 11, .context = fault, .context_len = 1232};
    synth *s = synth_new(false);
    put_system(s, CPU_AMD64, OS_LINUX);
    synth_thread_list(s, &t, 1);
    synth_exceptions(s, &e);
    synth_memory_list(s, &m, 1);
    opened o = state_of(s);
    CHECK_U64(mdw_state_stack_count(o.state), 2);
    mdw_stack k = stack_of(o.state, 1);
    CHECK_U64(k.kind, MDW_STACK_EXCEPTION);
    CHECK_U64(k.thread, MDW_NONE);
    CHECK_U64(k.range.size, 0x200);
    CHECK_U64(rip_of(o.state, 1), 0xBBBB);
    CHECK_U64(exception_of(o.state, 0).thread, MDW_NONE);
    CHECK_U64(exception_of(o.state, 0).stack, 1);
    CHECK_U64(mdw_state_main_stack(o.state), 1);
    CHECK_U64(
        issues_of(o.state, MDW_E_RANGE, "MINIDUMP_EXCEPTION_STREAM.ThreadId"),
        1);
    state_done(&o);
}

/* EXCEPTION_RECORD of the target, with two parameters. */
static void put_record(uint8_t *at, size_t pointer, uint32_t code,
                       uint64_t nested)
{
    t_put(at, code, 4);
    t_put(at + 4, 1, 4);
    t_put(at + 8, nested, pointer);
    t_put(at + 8 + pointer, 0x77000 + code, pointer);
    t_put(at + 8 + 2 * pointer, 2, 4);
    uint8_t *info = at + (pointer == 8 ? 32 : 20);
    t_put(info, 0x11, pointer);
    t_put(info + pointer, 0x22, pointer);
}

static void check_nested(void)
{
    static const struct {
        const char *name;
        uint16_t processor;
        uint32_t platform;
        uint64_t first;
        uint64_t next[3]; /* of the records at 0x1000, 0x1100, 0x1200 */
        size_t count;
        uint64_t issues;
    } rows[] = {
        {"a chain of three",
         CPU_AMD64,
         OS_NT,
         0x1000,
         {0x1200, 0, 0x1100},
         4,
         0},
        {"a chain of a 32-bit process",
         CPU_X86,
         OS_NT,
         0x1000,
         {0x1100, 0x1200, 0},
         4,
         0},
        {"no chain", CPU_AMD64, OS_NT, 0, {0, 0, 0}, 1, 0},
        {"only Windows has chains",
         CPU_AMD64,
         OS_LINUX,
         0x1000,
         {0, 0, 0},
         1,
         0},
        {"a record that was not captured ends it",
         CPU_AMD64,
         OS_NT,
         0x1000,
         {0x99000, 0, 0},
         2,
         0},
        {"a record that points to itself ends it",
         CPU_AMD64,
         OS_NT,
         0x1000,
         {0x1000, 0, 0},
         2,
         1},
        {"a circle ends",
         CPU_AMD64,
         OS_NT,
         0x1000,
         {0x1100, 0x1200, 0x1000},
         4,
         1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        t_case = rows[i].name;
        uint8_t memory[0x300] = {0};
        size_t pointer = rows[i].processor == CPU_AMD64 ? 8 : 4;
        for (size_t k = 0; k < 3; k++)
            put_record(memory + 0x100 * k, pointer, (uint32_t)(k + 1),
                       rows[i].next[k]);
        synth_memory m = {0x1000, memory, sizeof memory};
        synth_thread t = {.id = 1};
        synth_exception e = {.thread_id = 1,
                             .code = 0xC0000005,
                             .nested = rows[i].first,
                             .address = 0x55,
                             .info_count = 1,
                             .info = {0x99}};
        synth *s = synth_new(false);
        put_system(s, rows[i].processor, rows[i].platform);
        synth_thread_list(s, &t, 1);
        synth_memory_list(s, &m, 1);
        synth_exceptions(s, &e);
        opened o = state_of(s);
        CHECK_U64(mdw_state_exception_count(o.state), rows[i].count);
        CHECK_U64(exception_of(o.state, 0).code, 0xC0000005);
        CHECK_U64(exception_of(o.state, 0).nested, 0);
        CHECK_U64(exception_of(o.state, 0).info[0], 0x99);
        if (rows[i].count > 1) {
            mdw_exception n = exception_of(o.state, 1);
            CHECK_U64(n.code, 1);
            CHECK_U64(n.nested, 1);
            CHECK_U64(n.stack, 0);
            CHECK_U64(n.address, 0x77001);
            CHECK_U64(n.info_count, 2);
            CHECK_U64(n.info[1], 0x22);
            CHECK_U64(n.info[2], 0);
        }
        CHECK_U64(issues_of(o.state, MDW_E_RANGE, "EXCEPTION_RECORD chain"),
                  rows[i].issues);
        state_done(&o);
    }
}

/* The parameters behind the count need not be there beyond it. */
static void check_short_record(void)
{
    t_case = "a record at the end of what was captured";
    uint8_t memory[48] = {0};
    put_record(memory, 8, 1, 0);
    synth_memory m = {0x1000, memory, sizeof memory};
    synth_exception e = {.thread_id = 1, .nested = 0x1000};
    synth *s = synth_new(false);
    put_system(s, CPU_AMD64, OS_NT);
    synth_memory_list(s, &m, 1);
    synth_exceptions(s, &e);
    opened o = state_of(s);
    CHECK_U64(mdw_state_exception_count(o.state), 2);
    CHECK_U64(exception_of(o.state, 1).info[1], 0x22);
    state_done(&o);
}

static void check_deep(void)
{
    t_case = "a long chain ends after 16";
    uint8_t memory[0x2000] = {0};
    for (size_t k = 0; k < 0x20; k++)
        put_record(memory + 0x100 * k, 8, (uint32_t)k,
                   0x1000 + 0x100 * (k + 1));
    synth_memory m = {0x1000, memory, sizeof memory};
    synth_exception e = {.thread_id = 1, .nested = 0x1000};
    synth *s = synth_new(false);
    put_system(s, CPU_AMD64, OS_NT);
    synth_memory_list(s, &m, 1);
    synth_exceptions(s, &e);
    opened o = state_of(s);
    CHECK_U64(mdw_state_exception_count(o.state), 17);
    CHECK_U64(issues_of(o.state, MDW_E_RANGE, "EXCEPTION_RECORD chain"), 1);
    state_done(&o);
}

int main(void)
{
    check_context();
    check_unlisted();
    check_nested();
    check_short_record();
    check_deep();
    return t_done();
}
