/* tests/test_dump_threads.c - threads, their names and times, exceptions. */
#include "dump_cases.h"

static void check_thread(const mdw_raw_thread *t, const synth_thread *want)
{
    CHECK_U64(t->id, want->id);
    CHECK_U64(t->suspend_count, want->suspend_count);
    CHECK_U64(t->priority_class, want->priority_class);
    CHECK_U64(t->priority, want->priority);
    CHECK_U64(t->teb, want->teb);
    CHECK_U64(t->stack_addr, want->stack_addr);
    CHECK_U64(t->stack_size, want->stack_len);
    CHECK(bytes_eq(t->stack, want->stack, want->stack ? want->stack_len : 0));
    CHECK(bytes_eq(t->context, want->context, want->context_len));
    CHECK_U64(t->damage, 0);
    CHECK(!want->context == !t->context_offset);
}

static void check_threads(const mdw_dump *dump, const synth_options *o)
{
    (void)o;
    CHECK_U64(mdw_dump_thread_count(dump), 2);
    CHECK_U64(mdw_dump_thread_ex_count(dump), 2);
    for (size_t i = 0; i < 2; i++) {
        const synth_thread *want = &everything_threads[i];
        mdw_raw_thread t = MDW_INIT(mdw_raw_thread);
        CHECK(mdw_dump_thread(dump, i, &t, NULL) == MDW_OK);
        check_thread(&t, want);
        CHECK(!t.backing.len && !t.backing_addr);
        CHECK(mdw_dump_thread_ex(dump, i, &t, NULL) == MDW_OK);
        check_thread(&t, want);
        CHECK_U64(t.backing_addr, want->backing_addr);
        CHECK(bytes_eq(t.backing, want->backing, want->backing_len));
    }
}

static void check_names(const mdw_dump *dump, const synth_options *o)
{
    (void)o;
    mdw_raw_thread_name n = MDW_INIT(mdw_raw_thread_name);
    CHECK_U64(mdw_dump_thread_name_count(dump), 2);
    CHECK(mdw_dump_thread_name(dump, 0, &n, NULL) == MDW_OK);
    CHECK(n.id == 11 && wide_is(n.name, "main") && !n.damage);
    CHECK(mdw_dump_thread_name(dump, 1, &n, NULL) == MDW_OK);
    CHECK(n.id == 12 && wide_is(n.name, "worker"));
    for (size_t i = 0; i < 2; i++) {
        mdw_raw_thread_info t = MDW_INIT(mdw_raw_thread_info);
        CHECK(mdw_dump_thread_info(dump, i, &t, NULL) == MDW_OK);
        uint64_t first = 100 * (i + 1);
        const uint64_t got[] = {t.id,          t.flags,       t.error,
                                t.exit_status, t.create_time, t.exit_time,
                                t.kernel_time, t.user_time,   t.start_address,
                                t.affinity};
        CHECK_U64(got[0], i + 1);
        for (size_t j = 1; j < sizeof got / sizeof *got; j++)
            CHECK_U64(got[j], first + j - 1);
    }
}

static void check_exceptions(const mdw_dump *dump, const synth_options *o)
{
    (void)o;
    CHECK_U64(mdw_dump_exception_count(dump), 2);
    for (size_t i = 0; i < 2; i++) {
        const synth_exception *want = &everything_exceptions[i];
        mdw_raw_exception e = MDW_INIT(mdw_raw_exception);
        CHECK(mdw_dump_exception(dump, i, &e, NULL) == MDW_OK);
        CHECK_U64(e.thread_id, want->thread_id);
        CHECK_U64(e.code, want->code);
        CHECK_U64(e.flags, want->flags);
        CHECK_U64(e.nested, want->nested);
        CHECK_U64(e.address, want->address);
        CHECK_U64(e.info_count, want->info_count > 15 ? 15 : want->info_count);
        for (size_t j = 0; j < 15; j++)
            CHECK_U64(e.info[j], want->info[j]);
        CHECK(bytes_eq(e.context, want->context, want->context_len));
    }
    mdw_raw_exception e = MDW_INIT(mdw_raw_exception);
    CHECK(mdw_dump_exception(dump, 2, &e, NULL) == MDW_E_ARG);
}

/* One thread and one exception whose references are changed. */
static const struct {
    const char *name;
    size_t field; /* offset in MINIDUMP_THREAD */
    uint32_t value;
    uint32_t damage;
    size_t stack, context; /* bytes left */
} damages[] = {
    {"as it is", 0, 11, 0, 16, 8},
    {"a stack outside", 36, 0xFFFFFF00, MDW_DAMAGE_STACK, 0, 8},
    {"a stack beyond the end keeps its head", 32, 0x1000, MDW_DAMAGE_STACK, 24,
     8},
    {"a stack that is in the memory lists", 36, 0, 0, 0, 8},
    {"a context outside", 44, 0xFFFFFF00, MDW_DAMAGE_CONTEXT, 16, 0},
    {"a context beyond the end", 40, 0x1000, MDW_DAMAGE_CONTEXT, 16, 0},
    {"a context without place", 44, 0, MDW_DAMAGE_CONTEXT, 16, 0},
    {"a context of no size", 40, 0, 0, 16, 0},
};

static void check_damages(bool big_endian)
{
    static const synth_thread row = {.id = 11,
                                     .stack_addr = 0x1000,
                                     .stack = "0123456789abcdef",
                                     .stack_len = 16,
                                     .context = "context",
                                     .context_len = 8};
    for (size_t i = 0; i < sizeof damages / sizeof *damages; i++) {
        t_case = damages[i].name;
        synth *s = synth_new(big_endian);
        synth_thread_list(s, &row, 1);
        mdw_bytes b = synth_finish(s);
        uint8_t *file = malloc(b.len);
        memcpy(file, b.data, b.len);
        uint8_t value[4];
        t_put(value, damages[i].value, 4);
        for (size_t j = 0; j < 4; j++)
            file[608 + 4 + damages[i].field + j] =
                value[big_endian ? 3 - j : j];
        mdw_dump *dump = dump_of((mdw_bytes){file, b.len});
        mdw_raw_thread t = MDW_INIT(mdw_raw_thread);
        CHECK(mdw_dump_thread(dump, 0, &t, NULL) == MDW_OK);
        CHECK_U64(t.id, 11);
        CHECK_U64(t.damage, damages[i].damage);
        CHECK_U64(t.stack.len, damages[i].stack);
        CHECK_U64(t.context.len, damages[i].context);
        mdw_dump_close(dump);
        free(file);
        synth_free(s);
    }
}

static void check_odd(bool big_endian)
{
    synth *s = synth_new(big_endian);
    synth_label last = synth_label_new(s);
    synth_begin(s, 24);
    put32(s, 4);
    put32(s, 1);
    put64(s, 0x100000000); /* a name beyond 4 GiB */
    put32(s, 2);
    put64(s, 0); /* none */
    put32(s, 3);
    put64(s, synth_here(s) + 8 + 12);
    put32(s, 4);
    put_offset(s, last, 8);
    synth_end(s);
    put32(s, 5); /* an odd length */
    put_utf16(s, "abc", 6);
    synth_begin(s, 6);
    put_zeros(s, 167);
    synth_end(s);
    synth_begin(s, 6);
    put32(s, 3);
    put_zeros(s, 156);
    put32(s, 8);
    put32(s, UINT32_MAX);
    synth_end(s);
    synth_begin(s, 8);
    put32(s, 1);
    put32(s, 5);
    put_zeros(s, 44);
    put64(s, 6);
    put32(s, 1);
    put32(s, UINT32_MAX);
    synth_end(s);
    synth_bind(s, last);
    put32(s, 0);
    mdw_dump *dump = dump_of(synth_finish(s));
    mdw_raw_thread_name n = MDW_INIT(mdw_raw_thread_name);
    t_case = "a backing store outside";
    mdw_raw_thread ex = MDW_INIT(mdw_raw_thread);
    CHECK(mdw_dump_thread_ex(dump, 0, &ex, NULL) == MDW_OK);
    CHECK(ex.id == 5 && ex.backing_addr == 6 && !ex.backing.len);
    CHECK_U64(ex.damage, MDW_DAMAGE_BACKING);
    t_case = "a name that lies outside";
    CHECK(mdw_dump_thread_name(dump, 0, &n, NULL) == MDW_OK);
    CHECK(n.id == 1 && !n.name.len && n.damage == MDW_DAMAGE_NAME);
    t_case = "no name";
    CHECK(mdw_dump_thread_name(dump, 1, &n, NULL) == MDW_OK);
    CHECK(n.id == 2 && !n.name.len && !n.damage);
    t_case = "a name with half a unit";
    CHECK(mdw_dump_thread_name(dump, 2, &n, NULL) == MDW_OK);
    CHECK(n.id == 3 && wide_is(n.name, "ab") && !n.damage);
    t_case = "a name of no units in the last four bytes";
    CHECK(mdw_dump_thread_name(dump, 3, &n, NULL) == MDW_OK);
    CHECK(n.id == 4 && !n.name.len && !n.damage);
    t_case = "an exception cut by one byte";
    mdw_raw_exception e = MDW_INIT(mdw_raw_exception);
    mdw_error err = {0};
    CHECK_U64(mdw_dump_exception_count(dump), 2);
    CHECK(mdw_dump_exception(dump, 0, &e, &err) == MDW_E_TRUNCATED);
    CHECK(err.stream == 6 && err.offset > 600);
    t_case = "an exception whose context lies outside";
    CHECK(mdw_dump_exception(dump, 1, &e, NULL) == MDW_OK);
    CHECK(e.thread_id == 3 && !e.context.len);
    CHECK_U64(e.damage, MDW_DAMAGE_CONTEXT);
    mdw_dump_close(dump);
    synth_free(s);
}

int main(void)
{
    each_case(check_threads);
    each_case(check_names);
    each_case(check_exceptions);
    check_damages(false);
    check_damages(true);
    check_odd(false);
    check_odd(true);
    t_case = "a record of an older caller";
    synth *s = synth_everything(&dump_cases[0].options);
    mdw_dump *dump = dump_of(synth_finish(s));
    mdw_raw_thread t = {.size = offsetof(mdw_raw_thread, teb), .teb = 1};
    CHECK(mdw_dump_thread(dump, 0, &t, NULL) == MDW_OK);
    CHECK(t.id == 11 && t.teb == 1);
    CHECK_U64(t.size, offsetof(mdw_raw_thread, teb));
    mdw_dump_close(dump);
    synth_free(s);
    return t_done();
}
