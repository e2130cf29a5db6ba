/* tests/test_process.c - what a report may cost, and what it keeps. */
#include <stdlib.h>

#include "mdwalk/dump.h"
#include "mdwalk/report.h"
#include "mdwalk/source.h"
#include "t.h"

static const char *dumps;

typedef struct opened {
    mdw_source *source;
    mdw_dump *dump;
    mdw_state *state;
} opened;

static opened open_dump(const char *name)
{
    char path[512];
    opened o = {NULL, NULL, NULL};
    snprintf(path, sizeof path, "%s/%s", dumps, name);
    CHECK(mdw_source_open(path, NULL, &o.source, NULL) == MDW_OK);
    CHECK(mdw_dump_open(mdw_source_bytes(o.source), NULL, &o.dump, NULL) ==
          MDW_OK);
    CHECK(mdw_state_from_dump(o.dump, NULL, &o.state, NULL) == MDW_OK);
    return o;
}

static void close_dump(opened *o)
{
    mdw_state_close(o->state);
    mdw_dump_close(o->dump);
    mdw_source_close(o->source);
}

static size_t frames(const mdw_report *report, size_t stacks)
{
    size_t all = 0;
    for (size_t i = 0; i < stacks; i++)
        all += mdw_report_frame_count(report, i);
    return all;
}

static bool has_issue(const mdw_report *report, const char *what)
{
    for (size_t i = 0; i < mdw_report_issue_count(report); i++) {
        mdw_issue issue = MDW_INIT(mdw_issue);
        if (mdw_report_issue(report, i, &issue) == MDW_OK &&
            issue.area == MDW_AREA_WALK && !strcmp(issue.error.what, what))
            return issue.error.code == MDW_E_LIMIT;
    }
    return false;
}

static void limits(const opened *o, size_t stacks)
{
    mdw_report *whole = NULL, *cut = NULL;
    CHECK(mdw_process(o->state, NULL, &whole, NULL) == MDW_OK);
    size_t all = frames(whole, stacks);
    CHECK(all > 10);
    mdw_process_options options = MDW_INIT(mdw_process_options);

    t_case = "max_frames is shared out to all stacks, the main one first";
    options.max_frames = 5;
    CHECK(mdw_process(o->state, &options, &cut, NULL) == MDW_OK);
    CHECK_U64(frames(cut, stacks), 5);
    uint32_t first = mdw_state_main_stack(o->state);
    size_t most = mdw_report_frame_count(whole, first);
    CHECK_U64(mdw_report_frame_count(cut, first), most < 5 ? most : 5);
    CHECK(has_issue(cut, "max_frames"));
    mdw_report_close(cut);
    options.max_frames = 0;

    t_case = "work is one budget for all stacks, and what it cuts is an issue";
    mdw_budget budget = MDW_INIT(mdw_budget);
    budget.work = 100;
    options.budget = &budget;
    CHECK(mdw_process(o->state, &options, &cut, NULL) == MDW_OK);
    CHECK(frames(cut, stacks) < all);
    CHECK(has_issue(cut, "budget.work"));
    for (size_t i = 0; i < stacks; i++)
        CHECK(mdw_report_stop(cut, i) != MDW_STOP_RUNNING);
    mdw_report_close(cut);

    t_case = "a budget of memory that is too small is refused";
    budget.work = 0;
    budget.memory = 1024;
    CHECK(mdw_process(o->state, &options, &cut, NULL) == MDW_E_MEMORY);
    mdw_report_close(whole);
}

static void kept(const opened *o, size_t stacks)
{
    static const struct {
        const char *name;
        uint32_t keep;
        bool first, others;
    } cases[] = {
        {"all registers", MDW_KEEP_ALL_REGS, true, true},
        {"those of the first frame", MDW_KEEP_FIRST_REGS, true, false},
        {"none", MDW_KEEP_NO_REGS, false, false},
    };
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        t_case = cases[c].name;
        mdw_process_options options = MDW_INIT(mdw_process_options);
        options.keep = cases[c].keep;
        mdw_report *report = NULL;
        CHECK(mdw_process(o->state, &options, &report, NULL) == MDW_OK);
        for (size_t s = 0; s < stacks; s++)
            for (size_t i = 0; i < mdw_report_frame_count(report, s); i++) {
                mdw_frame f = MDW_INIT(mdw_frame);
                CHECK(mdw_report_frame(report, s, i, &f) == MDW_OK);
                bool has = f.regs.valid != 0;
                CHECK(has == (i ? cases[c].others : cases[c].first));
            }
        mdw_report_close(report);
    }
}

static void one_stack(const opened *o, size_t stacks)
{
    t_case = "one stack alone";
    mdw_process_options options = MDW_INIT(mdw_process_options);
    options.one_stack = true;
    options.stack = 1;
    mdw_report *report = NULL;
    CHECK(mdw_process(o->state, &options, &report, NULL) == MDW_OK);
    CHECK(mdw_report_frame_count(report, 1) > 0);
    CHECK_U64(frames(report, stacks), mdw_report_frame_count(report, 1));
    mdw_report_close(report);
    options.stack = (uint32_t)stacks;
    CHECK(mdw_process(o->state, &options, &report, NULL) == MDW_E_ARG);
}

typedef struct counter {
    size_t left, live;
} counter;

static void *take(void *user, size_t size)
{
    counter *c = user;
    void *p = c->left && c->left-- ? malloc(size) : NULL;
    c->live += p != NULL;
    return p;
}

static void give(void *user, void *p, size_t size)
{
    counter *c = user;
    (void)size;
    c->live -= p != NULL;
    free(p);
}

static void out_of_memory(const opened *o)
{
    t_case = "the n-th allocation fails";
    mdw_status status = MDW_E_MEMORY;
    size_t n = 0;
    for (; n < 1000 && status == MDW_E_MEMORY; n++) {
        counter c = {n, 0};
        mdw_allocator alloc = {take, give, &c};
        mdw_process_options options = MDW_INIT(mdw_process_options);
        options.alloc = &alloc;
        mdw_report *report = NULL;
        status = mdw_process(o->state, &options, &report, NULL);
        CHECK(status == MDW_OK || status == MDW_E_MEMORY);
        if (status == MDW_OK)
            mdw_report_close(report);
        CHECK_U64(c.live, 0);
    }
    CHECK(status == MDW_OK && n > 3);
}

static bool at_once(void *user)
{
    ++*(int *)user;
    return true;
}

static void cancelled(const opened *o)
{
    t_case = "cancelled";
    int asked = 0;
    mdw_budget budget = MDW_INIT(mdw_budget);
    budget.cancelled = at_once;
    budget.user = &asked;
    mdw_process_options options = MDW_INIT(mdw_process_options);
    options.budget = &budget;
    mdw_report *report = NULL;
    CHECK(mdw_process(o->state, &options, &report, NULL) == MDW_E_CANCELLED);
    CHECK(asked == 1 && !report);
}

/* The frames of `stack` in the module at `base`, by their place in it. */
static void last_is(const mdw_report *r, size_t stack, uint64_t pc,
                    uint32_t stop)
{
    mdw_frame f = MDW_INIT(mdw_frame);
    size_t count = mdw_report_frame_count(r, stack);
    CHECK(count > 0 && mdw_report_frame(r, stack, count - 1, &f) == MDW_OK);
    CHECK_U64(f.pc, pc);
    CHECK_U64(mdw_report_stop(r, stack), stop);
}

/* Answers every wish: a symbol file of libc's, and nothing else. */
static mdw_report *with_names(const opened *o, const char *text)
{
    mdw_symfile *file = NULL;
    mdw_session *session = NULL;
    mdw_report *report = NULL;
    mdw_status status;
    mdw_bytes bytes = {(const uint8_t *)text, strlen(text)};
    CHECK(mdw_symfile_open(bytes, NULL, &file, NULL) == MDW_OK);
    CHECK(mdw_session_new(o->state, NULL, &session, NULL) == MDW_OK);
    while ((status = mdw_session_run(session, NULL)) == MDW_AGAIN) {
        mdw_wish w = MDW_INIT(mdw_wish);
        mdw_module m = MDW_INIT(mdw_module);
        CHECK(mdw_session_wish(session, 0, &w) == MDW_OK);
        CHECK(mdw_state_module(o->state, w.module, &m) == MDW_OK);
        bool libc = strstr(m.code_file.data, "libc.so") != NULL;
        CHECK(mdw_session_supply(session, w.module, w.need, libc ? file : NULL,
                                 MDW_ABSENT) == MDW_OK);
    }
    CHECK(status == MDW_OK);
    CHECK(mdw_session_finish(session, &report, NULL) == MDW_OK);
    mdw_symfile_close(file);
    return report;
}

/* 0x27305 and 0x1098ec are the return addresses of Debian 12's libc. */
static void ends(const opened *o)
{
    mdw_report *report = NULL;
    t_case = "the main stack ends in the code that AT_ENTRY names";
    CHECK(mdw_process(o->state, NULL, &report, NULL) == MDW_OK);
    last_is(report, 0, 0x555555556451, MDW_STOP_BASE);
    mdw_report_close(report);
    t_case = "stacks end where names say so";
    report = with_names(o, "MODULE Linux x86_64 0 libc\n"
                           "FUNC 27280 c5 0 __libc_start_main_impl\n"
                           "FUNC 88ef0 400 0 start_thread\n"
                           "FUNC 1098c0 40 0 clone3\n");
    last_is(report, 0, 0x555555556451, MDW_STOP_BASE);
    last_is(report, 1, 0x7ffff7edc8ec, MDW_STOP_BASE);
    mdw_report_close(report);
    t_case = "a word that nobody can check is no frame below them";
    report = with_names(o, "MODULE Linux x86_64 0 libc\n"
                           "FUNC 88ef0 400 0 start_thread\n");
    last_is(report, 1, 0x7ffff7e5c1f5, MDW_STOP_BASE);
    mdw_report_close(report);
}

int main(int argc, char **argv)
{
    if (argc != 2)
        return 2;
    dumps = argv[1];
    opened o = open_dump("x86_64-O2-threads.dmp");
    size_t stacks = mdw_state_stack_count(o.state);
    CHECK_U64(stacks, 5);
    limits(&o, stacks);
    kept(&o, stacks);
    one_stack(&o, stacks);
    out_of_memory(&o);
    cancelled(&o);
    ends(&o);
    close_dump(&o);
    return t_done();
}
