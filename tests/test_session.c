/* tests/test_session.c - reports with symbols are the same however the files
 * arrive. test_session FOLDER: of the dumps. */
#define _XOPEN_SOURCE 700

#include <dirent.h>

#include "mdwalk/dump.h"
#include "mdwalk/report.h"
#include "mdwalk/source.h"
#include "symbol_fixture.h"

enum { SCHEDULES = 20, MAX_MODULES = 64, TEXT_SIZE = 1 << 20 };

/* --- dumps and their symbols -------------------------------------------- */

typedef struct subject {
    mdw_source *source;
    mdw_dump *dump;
    mdw_state *state;
    char *text[MAX_MODULES]; /* .sym */
    mdw_symfile *file[MAX_MODULES];
    size_t count;
} subject;

static const char *sym_arch(const mdw_state *state)
{
    mdw_system system = MDW_INIT(mdw_system);
    mdw_state_system(state, &system);
    return mdw_arch_name(system.arch);
}

/* Functions of 0x400 bytes without a gap, each with two inlined calls, one in
 * the other, and rows that go up the frame pointers. */
static char *make_sym(const mdw_state *state, size_t index)
{
    mdw_module m = MDW_INIT(mdw_module);
    char id[MDW_ID_TEXT_MAX];
    size_t size = 1 << 20, at = 0;
    char *text = malloc(size);
    if (!text || mdw_state_module(state, index, &m) != MDW_OK)
        abort();
    mdw_debug_id_text(&m.debug_id, MDW_ID_BREAKPAD, id);
    at += (size_t)snprintf(text, size,
                           "MODULE Linux %s %s m\nFILE 0 a.c\nFILE 1 b.h\n"
                           "INLINE_ORIGIN 0 outer%zu\nINLINE_ORIGIN 1 inner\n",
                           sym_arch(state), id[0] ? id : "0", index);
    for (uint64_t rva = 0; rva < m.range.size && size - at > 1000; rva += 0x400)
        at += (size_t)snprintf(text + at, size - at,
                               "FUNC %" PRIx64 " 400 0 f%zu_%" PRIx64 "\n"
                               "INLINE 0 11 0 0 %" PRIx64
                               " 200\nINLINE 1 12 1 1 %" PRIx64 " 100\n%" PRIx64
                               " 400 13 1\n",
                               rva, index, rva, rva, rva, rva);
    if (!strcmp(sym_arch(state), "x86_64"))
        snprintf(text + at, size - at,
                 "STACK CFI INIT 0 %" PRIx64 " .cfa: $rbp 16 + .ra: .cfa -8 + "
                 "^ $rbp: .cfa -16 + ^\n",
                 m.range.size);
    return text;
}

static bool open_subject(subject *s, const char *path, bool with_symbols)
{
    mdw_error err = {0};
    *s = (subject){.source = NULL};
    if (mdw_source_open(path, NULL, &s->source, &err) ||
        mdw_dump_open(mdw_source_bytes(s->source), NULL, &s->dump, &err) ||
        mdw_state_from_dump(s->dump, NULL, &s->state, &err))
        return false;
    s->count = mdw_state_module_count(s->state);
    if (s->count > MAX_MODULES)
        s->count = MAX_MODULES;
    for (size_t i = 0; with_symbols && i < s->count; i++) {
        s->text[i] = make_sym(s->state, i);
        mdw_bytes bytes = {(const uint8_t *)s->text[i], strlen(s->text[i])};
        CHECK(mdw_symfile_open(bytes, NULL, &s->file[i], &err) == MDW_OK);
    }
    return true;
}

static void close_subject(subject *s)
{
    for (size_t i = 0; i < s->count; i++) {
        mdw_symfile_close(s->file[i]);
        free(s->text[i]);
    }
    mdw_state_close(s->state);
    mdw_dump_close(s->dump);
    mdw_source_close(s->source);
}

/* --- a report as text --------------------------------------------------- */

typedef struct page {
    char text[TEXT_SIZE];
    size_t len;
} page;

static void print(page *p, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#include <stdarg.h>

static void print(page *p, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int n = vsnprintf(p->text + p->len, TEXT_SIZE - p->len, format, args);
    va_end(args);
    if (n < 0 || (size_t)n >= TEXT_SIZE - p->len)
        abort();
    p->len += (size_t)n;
}

#define S(s) (int)(s).len, (s).data ? (s).data : ""

static void print_stack(page *p, const mdw_report *r, size_t stack)
{
    print(p, "stack %zu: %u\n", stack, mdw_report_stop(r, stack));
    for (size_t i = 0; i < mdw_report_frame_count(r, stack); i++) {
        mdw_frame f = MDW_INIT(mdw_frame);
        mdw_symbol s = MDW_INIT(mdw_symbol);
        mdw_report_frame(r, stack, i, &f);
        if (mdw_report_symbol(r, stack, i, &s) != MDW_OK)
            s.function = s.file = str("?");
        print(p, "%zu %" PRIx64 " %" PRIx64 " %x %u %u %u %x %" PRIx64, i, f.pc,
              f.sp, f.image, f.trust, f.source, f.flags, f.checks,
              f.regs.valid);
        for (unsigned k = 0; k < MDW_MAX_REGS; k++)
            if (f.regs.valid >> k & 1)
                print(p, " %" PRIx64, f.regs.value[k]);
        print(p, " %.*s %.*s:%u\n", S(s.function), S(s.file), s.line);
    }
}

static bool print_json(void *user, const void *data, size_t len)
{
    print(user, "%.*s", (int)len, (const char *)data);
    return true;
}

static void print_report(page *p, const mdw_report *r)
{
    const mdw_state *state = mdw_report_state(r);
    p->len = 0;
    for (size_t i = 0; i < mdw_state_stack_count(state); i++)
        print_stack(p, r, i);
    for (size_t i = 0; i < mdw_state_module_count(state); i++) {
        mdw_module_use use = MDW_INIT(mdw_module_use);
        mdw_report_module(r, i, &use);
        print(p, "module %zu: %u %d %d %d\n", i, use.frames, use.status[0],
              use.status[1], use.status[2]);
    }
    for (size_t i = 0; i < mdw_report_issue_count(r); i++) {
        mdw_issue issue = MDW_INIT(mdw_issue);
        mdw_report_issue(r, i, &issue);
        print(p, "issue %u %x %" PRIu64 " %d %s %.*s %.*s\n", issue.area,
              issue.index, issue.count, issue.error.code, issue.error.what,
              S(issue.subject), S(issue.detail));
    }
    CHECK(mdw_emit(r, "json", NULL, (mdw_sink){print_json, p}, NULL) == MDW_OK);
}

static void pages_equal(const page *got, const page *want)
{
    if (got->len == want->len && !memcmp(got->text, want->text, got->len))
        return;
    size_t at = 0;
    while (at < got->len && at < want->len && got->text[at] == want->text[at])
        at++;
    while (at && got->text[at - 1] != '\n')
        at--;
    t_failed++;
    fprintf(stderr, "[%s] differs:\n  got  %.160s\n  want %.160s\n", t_case,
            got->text + at, want->text + at);
}

/* --- a provider with moods ---------------------------------------------- */

typedef struct mood {
    const subject *subject;
    uint32_t seed; /* 0: answers at once */
    uint8_t late[MAX_MODULES][MDW_NEED_COUNT];
    bool asked[MAX_MODULES][MDW_NEED_COUNT];
    unsigned again, waits;
    bool steady; /* each takes its own time, and code, which nobody sends for
                    ahead, none */
    unsigned refuse_each; /* every n-th module has another id; 0: none */
} mood;

static uint32_t roll(mood *m)
{
    m->seed = m->seed * 1664525 + 1013904223;
    return m->seed >> 16;
}

static size_t module_index(const subject *s, const mdw_module *module)
{
    for (size_t i = 0; i < s->count; i++) {
        mdw_module m = MDW_INIT(mdw_module);
        mdw_state_module(s->state, i, &m);
        if (m.range.start == module->range.start &&
            m.code_file.data == module->code_file.data)
            return i;
    }
    return MAX_MODULES;
}

static mdw_status moody_locate(void *user, const mdw_module *module,
                               uint32_t need, mdw_symfile **out)
{
    mood *m = user;
    size_t i = module_index(m->subject, module);
    if (i == MAX_MODULES)
        return MDW_ABSENT;
    if (m->seed && !m->asked[i][need]) {
        uint32_t code = need == MDW_NEED_CODE;
        m->asked[i][need] = true;
        m->late[i][need] =
            m->steady ? (uint8_t)(code ? 0 : (m->seed + 3 * i + need) % 5)
                      : (uint8_t)(roll(m) % 5);
    }
    if (m->late[i][need]) {
        m->again++;
        return MDW_AGAIN;
    }
    if (m->refuse_each && i % m->refuse_each == 0)
        return MDW_E_MISMATCH;
    if (need == MDW_NEED_CODE)
        return MDW_ABSENT;
    *out = mdw_symfile_hold(m->subject->file[i]);
    return MDW_OK;
}

/* Some of those on their way come nearer. */
static mdw_status moody_wait(void *user, uint32_t ms)
{
    mood *m = user;
    (void)ms;
    m->waits++;
    for (size_t i = 0; i < MAX_MODULES; i++)
        for (uint32_t need = 0; need < MDW_NEED_COUNT; need++)
            if (m->late[i][need] && (m->steady || roll(m) % 3 == 0))
                m->late[i][need]--;
    return MDW_OK;
}

static void moody_refused(void *user, const mdw_module *module, uint32_t need,
                          mdw_issue_fn each, void *each_user)
{
    mood *m = user;
    size_t i = module_index(m->subject, module);
    mdw_issue issue = MDW_INIT(mdw_issue);
    (void)need;
    if (!m->refuse_each || i % m->refuse_each)
        return;
    issue.error = (mdw_error){.code = MDW_E_MISMATCH, .what = "id"};
    issue.subject = module->debug_file;
    issue.detail = str("wants A, has B");
    each(each_user, &issue);
}

static void run_with(mood *m, const mdw_process_options *base, page *out)
{
    mdw_provider p = MDW_INIT(mdw_provider);
    const mdw_provider *list[] = {&p};
    mdw_process_options options = *base;
    mdw_report *report = NULL;
    mdw_error err = {0};
    p.user = m;
    p.locate = moody_locate;
    p.wait = moody_wait;
    p.refused = moody_refused;
    options.providers = list;
    options.provider_count = 1;
    CHECK(mdw_process(m->subject->state, &options, &report, &err) == MDW_OK);
    if (report)
        print_report(out, report);
    mdw_report_close(report);
}

/* --- the tests ---------------------------------------------------------- */

static page want, got;

static void test_orders(const subject *s, const mdw_process_options *options,
                        unsigned refuse_each)
{
    unsigned again = 0;
    mood calm = {.subject = s, .refuse_each = refuse_each};
    run_with(&calm, options, &want);
    CHECK_U64(calm.again, 0);
    for (uint32_t seed = 1; seed <= SCHEDULES; seed++) {
        mood m = {.subject = s, .seed = seed, .refuse_each = refuse_each};
        run_with(&m, options, &got);
        pages_equal(&got, &want);
        again += m.again;
    }
    CHECK(again > SCHEDULES);
}

/* An embedder's loop: run, and answer the wishes in any order. */
static void test_supply(const subject *s, const mdw_process_options *base)
{
    mood calm = {.subject = s};
    run_with(&calm, base, &want);
    for (uint32_t seed = 1; seed <= 5; seed++) {
        mood m = {.subject = s, .seed = seed};
        mdw_session *session;
        mdw_report *report = NULL;
        mdw_status status;
        CHECK(mdw_session_new(s->state, base, &session, NULL) == MDW_OK);
        while ((status = mdw_session_run(session, NULL)) == MDW_AGAIN) {
            mdw_wish w = MDW_INIT(mdw_wish);
            size_t count = mdw_session_wish_count(session);
            if (!count)
                abort();
            CHECK(mdw_session_wish(session, roll(&m) % count, &w) == MDW_OK);
            mdw_symfile *file = w.module < s->count ? s->file[w.module] : NULL;
            CHECK(mdw_session_supply(session, w.module, w.need, file,
                                     MDW_ABSENT) == MDW_OK);
        }
        CHECK(status == MDW_OK);
        CHECK(mdw_session_finish(session, &report, NULL) == MDW_OK);
        print_report(&got, report);
        pages_equal(&got, &want);
        mdw_report_close(report);
    }
}

static void print_event(void *user, const mdw_trace_event *e)
{
    print(user, "%u.%u %u %u %u %x %u %d %" PRIx64 "\n", e->stack, e->frame,
          e->source, e->choice, e->verdict, e->checks, e->grade, e->status,
          e->pc);
}

/* --explain says the same, too. */
static void test_trace(const subject *s)
{
    static page events, first;
    mdw_walk_options walk = MDW_INIT(mdw_walk_options);
    mdw_process_options options = MDW_INIT(mdw_process_options);
    walk.trace = print_event;
    walk.trace_user = &events;
    options.walk = &walk;
    for (uint32_t seed = 0; seed < 5; seed++) {
        mood m = {.subject = s, .seed = seed};
        events.len = 0;
        run_with(&m, &options, &got);
        if (!seed)
            first = events;
        else
            pages_equal(&events, &first);
    }
    CHECK(first.len > 0);
}

static void test_inlines(const subject *s)
{
    t_case = "inlined calls come first, innermost of all";
    mood calm = {.subject = s};
    mdw_process_options options = MDW_INIT(mdw_process_options);
    run_with(&calm, &options, &want);
    const char *inner = strstr(want.text, " inner b.h:13\n");
    CHECK(inner != NULL);
    const char *next = inner ? strchr(inner, '\n') + 1 : "";
    CHECK(strstr(next, "outer") &&
          strstr(next, "b.h:12\n") < strchr(next, '\n') + 1);
}

static void test_limits(const subject *s)
{
    const uint32_t most[] = {1, 3, 10};
    for (size_t i = 0; i < 3; i++) {
        mdw_process_options options = MDW_INIT(mdw_process_options);
        options.max_frames = most[i];
        test_orders(s, &options, 0);
        CHECK(strstr(want.text, "max_frames") != NULL);
    }
    for (uint64_t work = 10; work <= 1000; work *= 10) {
        mdw_process_options options = MDW_INIT(mdw_process_options);
        mdw_budget budget = MDW_INIT(mdw_budget);
        budget.work = work;
        options.budget = &budget;
        test_orders(s, &options, 0);
    }
}

static bool stop_soon(void *user)
{
    return ++*(unsigned *)user > 3;
}

static void test_cancel(const subject *s)
{
    t_case = "a cancelled run leaves what there is";
    unsigned count = 0;
    mdw_budget budget = MDW_INIT(mdw_budget);
    mdw_process_options options = MDW_INIT(mdw_process_options);
    mood m = {.subject = s, .seed = 7};
    mdw_provider p = {.size = sizeof p,
                      .user = &m,
                      .locate = moody_locate,
                      .wait = moody_wait};
    const mdw_provider *list[] = {&p};
    mdw_session *session;
    mdw_report *report = NULL;
    budget.cancelled = stop_soon;
    budget.user = &count;
    options.budget = &budget;
    options.providers = list;
    options.provider_count = 1;
    CHECK(mdw_session_new(s->state, &options, &session, NULL) == MDW_OK);
    CHECK(mdw_session_run(session, NULL) == MDW_E_CANCELLED);
    CHECK(mdw_session_finish(session, &report, NULL) == MDW_OK);
    CHECK(report && mdw_report_frame_count(report, 0) > 0);
    mdw_report_close(report);
}

static void test_guess(const subject *s)
{
    t_case = "words on the stacks say what to fetch ahead";
    mdw_process_options options = MDW_INIT(mdw_process_options);
    mdw_session *session;
    options.guess = true;
    CHECK(mdw_session_new(s->state, &options, &session, NULL) == MDW_OK);
    size_t count = mdw_session_wish_count(session);
    uint32_t words = MDW_NONE;
    CHECK(count > 0);
    for (size_t i = 0; i < count; i++) {
        mdw_wish w = MDW_INIT(mdw_wish);
        CHECK(mdw_session_wish(session, i, &w) == MDW_OK);
        CHECK(w.words && w.words <= words);
        words = w.words;
    }
    mdw_session_close(session);
}

/* What was sent for ahead comes sooner, and changes nothing. */
static void test_ahead(const subject *s)
{
    t_case = "fetched ahead, the report is the same";
    mdw_process_options options = MDW_INIT(mdw_process_options);
    unsigned waits[2] = {0, 0};
    options.one_stack = true; /* others would ask for its modules sooner */
    mood calm = {.subject = s, .refuse_each = 3};
    run_with(&calm, &options, &want);
    for (uint32_t seed = 1; seed <= SCHEDULES; seed++)
        for (int ahead = 0; ahead < 2; ahead++) {
            mood m = {
                .subject = s, .seed = seed, .steady = true, .refuse_each = 3};
            options.guess = ahead;
            run_with(&m, &options, &got);
            pages_equal(&got, &want);
            waits[ahead] += m.waits;
        }
    CHECK(waits[1] < waits[0]);
}

typedef struct given {
    unsigned asked;
} given;

static unsigned stop_in(const page *p, uint32_t stack)
{
    char head[32];
    unsigned stop = 0;
    snprintf(head, sizeof head, "stack %u: ", stack);
    const char *at = strstr(p->text, head);
    if (!at || sscanf(at + strlen(head), "%u", &stop) != 1)
        abort();
    return stop;
}

static mdw_status given_rows(void *user, const mdw_image *image,
                             const mdw_row_query *query, mdw_row *row)
{
    given *g = user;
    CHECK(query->pc >= image->range.start &&
          query->pc - image->range.start < image->range.size);
    g->asked++;
    row->pc = image->range;
    row->flags = MDW_ROW_BOTTOM;
    return MDW_OK;
}

/* An embedder knows better than a file what lies in the middle of a module. */
static void test_given_image(const subject *s)
{
    t_case = "an image that was given speaks before the module around it";
    mood m = {.subject = s};
    mdw_process_options options = MDW_INIT(mdw_process_options);
    mdw_stack stack = MDW_INIT(mdw_stack);
    given g = {.asked = 0};
    uint32_t main_stack = mdw_state_main_stack(s->state);
    CHECK(mdw_state_stack(s->state, main_stack, &stack) == MDW_OK);
    uint32_t rip = mdw_reg_find(MDW_ARCH_X86_64, str("rip"));
    uint64_t pc = stack.regs.value[rip];
    CHECK(mdw_state_module_find(s->state, pc) != MDW_NONE);
    mdw_image image = MDW_INIT(mdw_image), far = MDW_INIT(mdw_image);
    image.range = (mdw_range){pc - 8, 16};
    image.rows = given_rows;
    image.user = &g;
    far.range = (mdw_range){16, 16};
    const mdw_image *list[] = {&image, &far};
    options.images = list;
    options.image_count = 2;
    options.one_stack = true;
    options.stack = main_stack;
    run_with(&m, &options, &got);
    CHECK(g.asked > 0);
    CHECK(stop_in(&got, main_stack) == MDW_STOP_BOTTOM);
}

static void test_dump(const char *path)
{
    subject s;
    static const mdw_process_options plain = {.size = sizeof plain};
    if (!open_subject(&s, path, true)) {
        close_subject(&s);
        return;
    }
    test_orders(&s, &plain, 0);
    test_orders(&s, &plain, 2);
    CHECK(strstr(want.text, "wants A, has B") != NULL);
    test_supply(&s, &plain);
    test_trace(&s);
    if (strstr(path, "x86_64-O2-threads")) {
        test_inlines(&s);
        test_limits(&s);
        test_cancel(&s);
        test_guess(&s);
        test_ahead(&s);
        test_given_image(&s);
    }
    close_subject(&s);
}

int main(int argc, char **argv)
{
    const char *folder = argc > 1 ? argv[1] : "testdata/dumps";
    DIR *dir = opendir(folder);
    const struct dirent *e;
    unsigned count = 0;
    while (dir && (e = readdir(dir))) {
        static char path[FIXTURE_PATH];
        size_t len = strlen(e->d_name);
        if (len < 4 || strcmp(e->d_name + len - 4, ".dmp"))
            continue;
        snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
        t_case = path;
        test_dump(path);
        count++;
    }
    if (dir)
        closedir(dir);
    CHECK(count > 0);
    return t_done();
}
