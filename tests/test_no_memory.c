/* tests/test_no_memory.c - symbols with an allocator that fails for the n-th
 * time, for each n: no crash, no leak, no wrong name.
 * test_no_memory FOLDER: of the dumps. */
#define _XOPEN_SOURCE 700

#include "mdwalk/dump.h"
#include "mdwalk/report.h"
#include "mdwalk/source.h"
#include "symbol_fixture.h"

#define A "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA0"
#define B "abababababababababababababababababababab"
#define B_REST "ababababababababababababababababababab"

enum { MOST = 5000 };

typedef struct failing {
    long blocks, left; /* left: allocations that still succeed */
    bool failed;
} failing;

static void *failing_alloc(void *user, size_t size)
{
    failing *f = user;
    if (f->left-- <= 0) {
        f->failed = true;
        return NULL;
    }
    f->blocks++;
    return malloc(size);
}

static void failing_free(void *user, void *block, size_t size)
{
    failing *f = user;
    (void)size;
    f->blocks--;
    free(block);
}

/* One use of the library, with the allocator in `f`; false: it had to give up.
 */
typedef struct task {
    const char *name;
    bool (*run)(const mdw_allocator *alloc, void *user);
    void *user;
} task;

static void run_task(const task *t)
{
    t_case = t->name;
    for (long n = 0;; n++) {
        failing f = {0, n, false};
        mdw_allocator alloc = {failing_alloc, failing_free, &f};
        bool done = t->run(&alloc, t->user);
        CHECK_U64((uint64_t)f.blocks, 0);
        if (!f.failed) {
            CHECK(done);
            CHECK(n > 1);
            return;
        }
        if (n == MOST) {
            t_check(0, "it comes to an end", __FILE__, __LINE__);
            return;
        }
    }
}

/* --- indexes and files -------------------------------------------------- */

static const char rich[] =
    "MODULE Linux x86_64 " A " x.so\nINFO CODE_ID " B "\nFILE 0 a.c\n"
    "FILE 7 b.h\nINLINE_ORIGIN 0 outer\nINLINE_ORIGIN 1 inner\n"
    "FUNC 100 100 0 f\nINLINE 0 1 0 0 100 80\nINLINE 1 2 7 1 110 10 140 10\n"
    "100 80 5 7\n180 80 6 0\nFUNC 300 10 0 g\n300 10 1 0\nPUBLIC 400 0 h\n"
    "STACK CFI INIT 100 100 .cfa: $rsp 8 + .ra: .cfa 8 - ^\n"
    "STACK CFI 101 .cfa: $rsp 16 + $rbp: .cfa 16 - ^\n"
    "STACK WIN 4 100 100 0 0 0 0 0 0 1 $T0 .raSearch = $eip $T0 ^ =\n"
    "nonsense\n";

static bool grow(void *user, const void *data, size_t len)
{
    mdw_bytes *b = user;
    uint8_t *more = realloc((void *)(uintptr_t)b->data, b->len + len);
    if (!more)
        return false;
    memcpy(more + b->len, data, len);
    *b = (mdw_bytes){more, b->len + len};
    return true;
}

static void check_answers(const mdw_symfile *file)
{
    mdw_range r;
    text_is(name_in(file), "f");
    CHECK(mdw_symfile_find(file, str("g"), &r) == MDW_OK && r.start == 0x300);
}

static bool build(const mdw_allocator *alloc, void *user)
{
    const uint32_t *level = user;
    mdw_bytes source = {(const uint8_t *)rich, sizeof rich - 1};
    mdw_bytes index = {NULL, 0};
    mdw_index_options options = MDW_INIT(mdw_index_options);
    mdw_symfile_options o = MDW_INIT(mdw_symfile_options);
    mdw_symfile *file = NULL;
    options.level = *level;
    options.alloc = o.alloc = alloc;
    mdw_status status =
        mdw_index_build(source, &options, (mdw_sink){grow, &index}, NULL);
    CHECK(status == MDW_OK || status == MDW_E_MEMORY);
    if (status == MDW_OK) {
        o.index = index;
        status = mdw_symfile_open(source, &o, &file, NULL);
        CHECK(status == MDW_OK || status == MDW_E_MEMORY);
    }
    if (status == MDW_OK)
        check_answers(file);
    mdw_symfile_close(file);
    free((void *)(uintptr_t)index.data);
    return status == MDW_OK;
}

static bool open_text(const mdw_allocator *alloc, void *user)
{
    mdw_bytes source = {(const uint8_t *)rich, sizeof rich - 1};
    mdw_symfile_options o = MDW_INIT(mdw_symfile_options);
    mdw_symfile *file = NULL;
    (void)user;
    o.alloc = alloc;
    o.place = str("here");
    mdw_status status = mdw_symfile_open(source, &o, &file, NULL);
    CHECK(status == MDW_OK || status == MDW_E_MEMORY);
    if (status == MDW_OK)
        check_answers(file);
    mdw_symfile_close(file);
    return status == MDW_OK;
}

/* --- a store ------------------------------------------------------------ */

typedef struct shelf {
    fixture f;
    bool cache, warm, elf;
} shelf;

static mdw_module wanted(bool elf)
{
    mdw_module m = module_of("x.so", 0xAA);
    if (elf) {
        m.format = MDW_FORMAT_ELF;
        m.code_file = m.debug_file = str("/usr/bin/x");
        m.code_id = str(B);
        m.debug_id = (mdw_debug_id){.form = MDW_DEBUG_ID_NONE};
    }
    return m;
}

static bool use_store(mdw_store *store, bool elf)
{
    mdw_module m = wanted(elf);
    mdw_provider p = MDW_INIT(mdw_provider);
    bool all = true;
    mdw_store_provider(store, &p);
    for (uint32_t need = 0; need < MDW_NEED_COUNT; need++) {
        mdw_symfile *file = NULL;
        mdw_status status = ask(&p, &m, need, &file);
        said s = {.text = ""};
        CHECK((status == MDW_OK) == (file != NULL));
        all &= status == MDW_OK || status == MDW_ABSENT;
        if (file && !elf)
            text_is(name_in(file), "f");
        p.refused(p.user, &m, need, hear, &s);
        mdw_symfile_close(file);
    }
    mdw_status status;
    while ((status = mdw_store_work(store, NULL)) != MDW_ABSENT)
        all &= status == MDW_OK;
    return all;
}

static bool keep_store(const mdw_allocator *alloc, void *user)
{
    shelf *s = user;
    mdw_store_options options = MDW_INIT(mdw_store_options);
    mdw_store *store = NULL;
    char cache[FIXTURE_PATH];
    snprintf(cache, sizeof cache, "%s/cache", s->f.root);
    if (!s->warm)
        nftw(cache, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    options.cache = s->cache ? cache : NULL;
    options.alloc = alloc;
    mdw_status status = mdw_store_new(&options, &store, NULL);
    if (status == MDW_OK)
        status = mdw_store_add(store, in(&s->f, "s"), NULL);
    CHECK(status == MDW_OK || status == MDW_E_MEMORY);
    bool all = status == MDW_OK && use_store(store, s->elf);
    mdw_store_close(store);
    return all;
}

static void test_stores(void)
{
    static const char *const names[] = {"a store", "a store with a cache",
                                        "a store with a warm cache"};
    for (int i = 0; i < 6; i++) {
        int kind = i % 3;
        shelf s = {fixture_new(), kind > 0, kind > 1, i > 2};
        put_text(&s.f, "s/x.so/" A "/x.so.sym", rich);
        put_elf(&s.f, "s/.build-id/ab/" B_REST, 0xAB, NULL, 0);
        put_elf(&s.f, "s/usr/bin/x", 0xAB, "x.dbg", 0);
        put_elf(&s.f, "s/usr/bin/x.dbg", 0xAB, NULL, 0);
        run_task(&(task){names[kind], keep_store, &s});
        fixture_drop(&s.f);
    }
}

/* --- a session ---------------------------------------------------------- */

typedef struct scene {
    const mdw_state *state;
    mdw_symfile *file;
    unsigned asked;
} scene;

static mdw_status locate(void *user, const mdw_module *module, uint32_t need,
                         mdw_symfile **out)
{
    scene *s = user;
    (void)module;
    (void)need;
    if (s->asked++ % 3 == 1)
        return MDW_AGAIN;
    *out = mdw_symfile_hold(s->file);
    return MDW_OK;
}

static mdw_status wait_for(void *user, uint32_t ms)
{
    (void)user;
    (void)ms;
    return MDW_OK;
}

static bool skip(void *user, const void *data, size_t len)
{
    (void)data;
    *(size_t *)user += len;
    return true;
}

static bool walk(const mdw_allocator *alloc, void *user)
{
    scene *s = user;
    mdw_provider p = {
        .size = sizeof p, .user = s, .locate = locate, .wait = wait_for};
    const mdw_provider *list[] = {&p};
    mdw_process_options options = MDW_INIT(mdw_process_options);
    mdw_report *report = NULL;
    size_t written = 0;
    s->asked = 0;
    options.alloc = alloc;
    options.providers = list;
    options.provider_count = 1;
    options.guess = true;
    mdw_status status = mdw_process(s->state, &options, &report, NULL);
    CHECK(status == MDW_OK || status == MDW_E_MEMORY);
    if (report)
        CHECK(mdw_emit(report, "json", NULL, (mdw_sink){skip, &written},
                       NULL) == MDW_OK);
    mdw_report_close(report);
    return status == MDW_OK;
}

static void test_session(const char *folder, const char *name)
{
    char path[FIXTURE_PATH];
    mdw_source *source = NULL;
    mdw_dump *dump = NULL;
    mdw_state *state = NULL;
    scene s = {.file = NULL};
    snprintf(path, sizeof path, "%s/%s", folder, name);
    if (mdw_source_open(path, NULL, &source, NULL) ||
        mdw_dump_open(mdw_source_bytes(source), NULL, &dump, NULL) ||
        mdw_state_from_dump(dump, NULL, &state, NULL))
        abort();
    mdw_bytes bytes = {(const uint8_t *)rich, sizeof rich - 1};
    CHECK(mdw_symfile_open(bytes, NULL, &s.file, NULL) == MDW_OK);
    s.state = state;
    run_task(&(task){name, walk, &s});
    mdw_symfile_close(s.file);
    mdw_state_close(state);
    mdw_dump_close(dump);
    mdw_source_close(source);
}

int main(int argc, char **argv)
{
    const char *folder = argc > 1 ? argv[1] : "testdata/dumps";
    static uint32_t levels[] = {MDW_INDEX_DIRECTORY, MDW_INDEX_FULL};
    run_task(&(task){"a directory", build, &levels[0]});
    run_task(&(task){"a full index", build, &levels[1]});
    run_task(&(task){"a text file", open_text, NULL});
    test_stores();
    test_session(folder, "x86_64-O2-threads.dmp");
    test_session(folder, "i386-O2-sigalt.dmp");
    return t_done();
}
