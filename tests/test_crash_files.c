/* tests/test_crash_files.c - what a crash needs of files: the same report
 * however late they come in, and none of it where they never do. */
#include "mdwalk/crash.h"

#include "mdwalk/report.h"
#include "mdwalk/symbol.h"
#include "state_of.h"

enum { LIBC = 0x500000, MESSAGE = 0x510000, SYMBOL = 0x600 };

static const char sym[] =
    "MODULE Linux x86_64 000000000000000000000000000000000 "
    "libc.so.6\nPUBLIC 600 0 __abort_msg\n";

/* An abort in a libc whose data the dump has. */
static synth *make_dump(void)
{
    static uint8_t context[1232], pointer[8], text[64] = {64}, stack[64];
    static const char name[] = "/lib/libc.so.6";
    synth_module module = {.base = LIBC, .size = 0x10000, .name = name};
    amd64_context(context, 0x7000, LIBC + 0x100);
    t_put(pointer, MESSAGE, 8);
    memcpy(text + 4, "it did not hold\n", 17);
    synth_memory memory[] = {{0x7000, stack, sizeof stack},
                             {LIBC + SYMBOL, pointer, 8},
                             {MESSAGE, text, sizeof text}};
    synth_thread thread = {.id = 1, .context = context, .context_len = 1232};
    synth_exception e = {.thread_id = 1,
                         .code = 6,
                         .flags = 0xfffffffa,
                         .context = context,
                         .context_len = 1232};
    synth *s = synth_new(false);
    put_system(s, CPU_AMD64, OS_LINUX);
    synth_module_list(s, &module, 1);
    synth_thread_list(s, &thread, 1);
    synth_exceptions(s, &e);
    synth_memory_list(s, memory, 3);
    return s;
}

typedef struct supply {
    mdw_symfile *names;
    unsigned late, code_late; /* how often MDW_AGAIN comes first */
} supply;

static mdw_status locate(void *user, const mdw_module *module, uint32_t need,
                         mdw_symfile **out)
{
    supply *s = user;
    unsigned *late = need == MDW_NEED_CODE ? &s->code_late : &s->late;
    (void)module;
    if (need == MDW_NEED_ROWS)
        return MDW_ABSENT;
    if (*late) {
        --*late;
        return MDW_AGAIN;
    }
    if (need == MDW_NEED_CODE)
        return MDW_ABSENT;
    *out = mdw_symfile_hold(s->names);
    return MDW_OK;
}

static mdw_status wait_for(void *user, uint32_t ms)
{
    (void)user;
    (void)ms;
    return MDW_OK;
}

typedef struct text {
    size_t len;
    char data[1 << 15];
} text;

static bool gather(void *user, const void *data, size_t len)
{
    text *t = user;
    if (len >= sizeof t->data - t->len)
        return false;
    memcpy(t->data + t->len, data, len);
    t->len += len;
    t->data[t->len] = '\0';
    return true;
}

/* Without `wait` whoever runs the session hears that a file is awaited, and
 * runs it `runs` times at most. */
static void report(const mdw_state *state, supply s, bool wait, unsigned runs,
                   text *out)
{
    mdw_provider p = {.size = sizeof p,
                      .user = &s,
                      .locate = locate,
                      .wait = wait ? wait_for : NULL};
    const mdw_provider *list[] = {&p};
    mdw_process_options options = MDW_INIT(mdw_process_options);
    mdw_session *run = NULL;
    mdw_report *made = NULL;
    mdw_status status = MDW_AGAIN;
    options.providers = list;
    options.provider_count = 1;
    out->len = 0;
    CHECK(mdw_session_new(state, &options, &run, NULL) == MDW_OK);
    while (status == MDW_AGAIN && runs--)
        status = mdw_session_run(run, NULL);
    CHECK(status == MDW_OK || !runs || !wait);
    CHECK(mdw_session_finish(run, &made, NULL) == MDW_OK);
    CHECK(mdw_emit(made, "json", NULL, (mdw_sink){gather, out}, NULL) ==
          MDW_OK);
    mdw_report_close(made);
}

int main(void)
{
    static const struct {
        const char *claim;
        unsigned late, code_late;
        bool wait;
    } rows[] = {{"names are late", 3, 0, true},
                {"the executable is late", 0, 4, true},
                {"both are", 2, 5, true},
                {"nobody can wait", 0, 0, false},
                {"nobody can wait, and both are late", 3, 2, false}};
    static const char want[] =
        "{\"kind\":\"abort\",\"module\":0,\"text\":\"it did not hold\"}";
    static text first, other;
    opened o = state_of(make_dump());
    supply s = {.late = 0};
    t_case = "files that are there";
    CHECK(mdw_symfile_open((mdw_bytes){(const uint8_t *)sym, sizeof sym - 1},
                           NULL, &s.names, NULL) == MDW_OK);
    report(o.state, s, true, 1, &first);
    CHECK(strstr(first.data, want) != NULL);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        t_case = rows[i].claim;
        s.late = rows[i].late;
        s.code_late = rows[i].code_late;
        report(o.state, s, rows[i].wait, 100, &other);
        CHECK(first.len == other.len && !strcmp(first.data, other.data));
    }
    t_case = "ended while a file was awaited";
    s.late = s.code_late = 100;
    report(o.state, s, false, 1, &other);
    CHECK(strstr(other.data, "\"messages\":[]") != NULL);
    mdw_symfile_close(s.names);
    state_done(&o);
    return t_done();
}
