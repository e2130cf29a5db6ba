/* tests/test_store.c - symbol files kept between dumps: opened once, indexed
 * once, written down only where that was allowed. */
#define _DEFAULT_SOURCE /* flock */
#define _XOPEN_SOURCE 700

#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <time.h>
#include <utime.h>

#include "symbol_fixture.h"

#define A "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA0"
#define SYM "s/x.so/" A "/x.so.sym"

typedef struct opened {
    fixture f;
    mdw_store *store;
    mdw_provider provider;
    mdw_module module;
} opened;

static void open_store(opened *o, const mdw_store_options *options)
{
    mdw_error err = {0};
    CHECK(mdw_store_new(options, &o->store, &err) == MDW_OK);
    CHECK(mdw_store_add(o->store, in(&o->f, "s"), &err) == MDW_OK);
    o->provider = MDW_INIT(mdw_provider);
    mdw_store_provider(o->store, &o->provider);
}

/* A store over one file, with a cache when `cache`. */
static opened begin(bool cache)
{
    opened o = {.f = fixture_new(), .module = module_of("x.so", 0xAA)};
    mdw_store_options options = MDW_INIT(mdw_store_options);
    put_text(&o.f, SYM, sym_text(0xAA, "f"));
    char folder[FIXTURE_PATH];
    snprintf(folder, sizeof folder, "%s/cache/deep", o.f.root);
    options.cache = cache ? folder : NULL;
    open_store(&o, &options);
    return o;
}

static void again(opened *o)
{
    mdw_store_options options = MDW_INIT(mdw_store_options);
    char folder[FIXTURE_PATH];
    snprintf(folder, sizeof folder, "%s/cache/deep", o->f.root);
    options.cache = folder;
    mdw_store_close(o->store);
    open_store(o, &options);
}

static void end(opened *o)
{
    mdw_store_close(o->store);
    fixture_drop(&o->f);
}

static unsigned work_all(const opened *o)
{
    unsigned jobs = 0;
    mdw_status status;
    while ((status = mdw_store_work(o->store, NULL)) != MDW_ABSENT)
        jobs += status == MDW_OK;
    return jobs;
}

/* How many files with this ending are in the folder, and the last one's path.
 */
static unsigned files_in(opened *o, const char *folder, const char *ending,
                         char last[FIXTURE_PATH])
{
    unsigned count = 0;
    DIR *dir = opendir(in(&o->f, folder));
    const struct dirent *e;
    while (dir && (e = readdir(dir))) {
        size_t len = strlen(e->d_name), tail = strlen(ending);
        if (len < tail || strcmp(e->d_name + len - tail, ending) ||
            !strcmp(e->d_name, ".") || !strcmp(e->d_name, ".."))
            continue;
        snprintf(last, FIXTURE_PATH, "%s/%s/%s", o->f.root, folder, e->d_name);
        count++;
    }
    if (dir)
        closedir(dir);
    return count;
}

/* --- the cache ---------------------------------------------------------- */

static void test_nothing_written(void)
{
    char last[FIXTURE_PATH];
    t_case = "without a cache nothing is written";
    opened o = begin(false);
    text_is(found(&o.provider, &o.module), "f");
    CHECK_U64(work_all(&o), 0);
    CHECK_U64(files_in(&o, ".", "", last), 1); /* s */
    CHECK_U64(files_in(&o, "s", "", last), 1);
    CHECK_U64(files_in(&o, "s/x.so/" A, "", last), 1);
    end(&o);
}

static void test_written(void)
{
    char last[FIXTURE_PATH];
    t_case = "an index is written down by work, and not before";
    opened o = begin(true);
    text_is(found(&o.provider, &o.module), "f");
    CHECK_U64(files_in(&o, "cache/deep", "", last), 0);
    CHECK_U64(work_all(&o), 1);
    CHECK_U64(files_in(&o, "cache/deep", ".index", last), 1);
    CHECK_U64(files_in(&o, "cache/deep", "", last), 1);
    CHECK_U64(strlen(strrchr(last, '/')), 1 + 32 + 6);
    t_case = "once";
    text_is(found(&o.provider, &o.module), "f");
    CHECK_U64(work_all(&o), 0);
    t_case = "another process uses it";
    again(&o);
    text_is(found(&o.provider, &o.module), "f");
    CHECK_U64(work_all(&o), 0);
    t_case = "a file that is asked for often is indexed whole";
    struct stat before, after;
    stat(last, &before);
    for (int i = 0; i < 20; i++)
        text_is(found(&o.provider, &o.module), "f");
    CHECK_U64(work_all(&o), 1);
    stat(last, &after);
    CHECK(before.st_ino != after.st_ino);
    again(&o);
    text_is(found(&o.provider, &o.module), "f");
    end(&o);
}

/* Writes another time of change, and the content again when `text`. */
static void touch(opened *o, const char *name, time_t when)
{
    struct utimbuf times = {when, when};
    CHECK(utime(in(&o->f, name), &times) == 0);
}

static void test_source_changed(void)
{
    t_case = "a file that changed is indexed again";
    opened o = begin(true);
    touch(&o, SYM, 1000);
    text_is(found(&o.provider, &o.module), "f");
    CHECK_U64(work_all(&o), 1);
    put_text(&o.f, SYM, sym_text(0xAA, "g"));
    touch(&o, SYM, 2000);
    text_is(found(&o.provider, &o.module), "g");
    CHECK_U64(work_all(&o), 1);
    t_case = "also between processes";
    put_text(&o.f, SYM, sym_text(0xAA, "another"));
    touch(&o, SYM, 2000); /* only the size tells */
    again(&o);
    text_is(found(&o.provider, &o.module), "another");
    CHECK_U64(work_all(&o), 1);
    put_text(&o.f, SYM, sym_text(0xAA, "the_rest"));
    touch(&o, SYM, 2000);
    touch(&o, SYM, 3000); /* only the time tells */
    again(&o);
    text_is(found(&o.provider, &o.module), "the_rest");
    CHECK_U64(work_all(&o), 1);
    t_case = "one that went is absent";
    remove(in(&o.f, SYM));
    text_is(found(&o.provider, &o.module), "(absent)");
    end(&o);
}

/* Byte `at` of the file becomes another. */
static void flip(const char *path, size_t at)
{
    FILE *file = fopen(path, "r+b");
    int c;
    if (!file || fseek(file, (long)at, SEEK_SET) || (c = fgetc(file)) == EOF ||
        fseek(file, (long)at, SEEK_SET))
        abort();
    fputc(c ^ 0x55, file);
    fclose(file);
}

static void test_damaged_index(void)
{
    char last[FIXTURE_PATH];
    opened o = begin(true);
    t_case = "a byte of the index is damaged";
    text_is(found(&o.provider, &o.module), "f");
    CHECK_U64(work_all(&o), 1);
    CHECK_U64(files_in(&o, "cache/deep", ".index", last), 1);
    size_t len;
    text_of_file(last, &len);
    for (size_t at = 0; at < len; at += at < 128 ? 1 : 61) {
        flip(last, at);
        again(&o);
        mdw_symfile *file;
        CHECK(ask(&o.provider, &o.module, MDW_NEED_NAMES, &file) == MDW_OK);
        char name[256] = "";
        mdw_status status = mdw_symfile_lookup(file, 0x180, take_name, name);
        if (status == MDW_E_DAMAGED) { /* seen when it was touched: once more */
            CHECK(!name[0]);
            mdw_symfile_close(file);
            CHECK(ask(&o.provider, &o.module, MDW_NEED_NAMES, &file) == MDW_OK);
            status = mdw_symfile_lookup(file, 0x180, take_name, name);
        }
        CHECK(status == MDW_OK);
        text_is(name, "f");
        mdw_symfile_close(file);
        if (!work_all(&o)) /* it was not read: put it right again */
            flip(last, at);
    }
    t_case = "a cut index is made anew";
    for (size_t cut = 0; cut < len; cut += cut < 256 ? 17 : 1999) {
        CHECK(truncate(last, (off_t)cut) == 0);
        again(&o);
        text_is(found(&o.provider, &o.module), "f");
        CHECK_U64(work_all(&o), 1);
    }
    t_case = "another file in its place is not believed";
    put_text(&o.f, last + strlen(o.f.root) + 1, sym_text(0xAA, "wrong"));
    again(&o);
    text_is(found(&o.provider, &o.module), "f");
    CHECK_U64(work_all(&o), 1);
    end(&o);
}

/* --- a thousand damaged bytes ------------------------------------------- */

enum { FUNCTIONS = 300, PLACES = 1000 };

/* Functions with a line, an inlined call and a row, on many blocks. */
static char *many_functions(void)
{
    static char text[FUNCTIONS * 400];
    char *at = text;
    at += sprintf(at, "MODULE Linux x86_64 " A " x.so\nFILE 0 a.c\nFILE 1 b.h\n"
                      "INLINE_ORIGIN 0 called()\n");
    for (int i = 0; i < FUNCTIONS; i++)
        at += sprintf(at,
                      "FUNC %x 100 0 function_%d(int, const char *)\n"
                      "INLINE 0 %d 0 0 %x 10\n%x 80 %d 1\n%x 80 %d 0\n",
                      0x100 * (i + 1), i, i + 7, 0x100 * (i + 1),
                      0x100 * (i + 1), i + 1, 0x100 * (i + 1) + 0x80, i + 2);
    for (int i = 0; i < FUNCTIONS; i++)
        at += sprintf(
            at, "STACK CFI INIT %x 100 .cfa: $rsp %d + .ra: .cfa -8 + ^\n",
            0x100 * (i + 1), 8 * (i + 1));
    return text;
}

static bool take_place(void *user, const mdw_symbol *s)
{
    char *text = user;
    size_t len = strlen(text);
    snprintf(text + len, 256 - len, "%.*s %.*s:%u;", (int)s->function.len,
             s->function.data, (int)s->file.len, s->file.data,
             (unsigned)s->line);
    return true;
}

/* Name, line, inlined call and row of many functions, up to the first that is
 * damaged. Whatever is answered must be right. */
static mdw_status all_right(const mdw_symfile *file)
{
    mdw_image image = MDW_INIT(mdw_image);
    image.range = (mdw_range){0, UINT32_MAX};
    mdw_symfile_image(file, &image);
    for (int i = 0; i < FUNCTIONS; i += 3) {
        char got[256] = "", want[256];
        mdw_row_query q = MDW_INIT(mdw_row_query);
        mdw_row row = MDW_INIT(mdw_row);
        q.pc = 0x100 * (uint64_t)(i + 1) + 8;
        mdw_status status = mdw_symfile_lookup(file, q.pc, take_place, got);
        if (status == MDW_OK) {
            snprintf(want, sizeof want,
                     "called() b.h:%d;function_%d(int, const char *) a.c:%d;",
                     i + 1, i, i + 7);
            text_is(got, want);
            status = image.rows ? image.rows(image.user, &image, &q, &row)
                                : MDW_ABSENT;
        }
        if (status != MDW_OK)
            return status;
        CHECK(row.cfa.offset == 8 * (i + 1));
    }
    return MDW_OK;
}

/* With byte `at` of the cached index changed, all answers are right, of a new
 * index when that byte was read. Whether it was. */
static bool rebuilt(opened *o, const char *index, const char *good, size_t len,
                    size_t at)
{
    mdw_symfile *file;
    put_bytes(&o->f, index, good, len);
    flip(in(&o->f, index), at);
    again(o);
    CHECK(ask(&o->provider, &o->module, MDW_NEED_NAMES, &file) == MDW_OK);
    mdw_status status = all_right(file);
    mdw_symfile_close(file);
    if (status == MDW_E_DAMAGED) {
        CHECK(ask(&o->provider, &o->module, MDW_NEED_NAMES, &file) == MDW_OK);
        CHECK(all_right(file) == MDW_OK);
        mdw_symfile_close(file);
        return true;
    }
    CHECK(status == MDW_OK);
    return false;
}

static void flip_cached(opened *o, const char *index)
{
    enum { START = 4096, HEAD = 128 };
    static char good[1 << 20];
    size_t len;
    uint32_t random = 1;
    memcpy(good, text_of_file(in(&o->f, index), &len), sizeof good);
    for (size_t at = 0; at < HEAD; at++)
        CHECK(!rebuilt(o, index, good, len, at)); /* when it was opened */
    unsigned read = 0;
    for (unsigned tries = 0; tries < 4 * PLACES && read < PLACES; tries++) {
        random = random * 1664525 + 1013904223;
        size_t at = START + (random >> 8) % (len - START);
        read += rebuilt(o, index, good, len, at);
    }
    CHECK_U64(read, PLACES);
}

static void test_places(void)
{
    char last[FIXTURE_PATH];
    opened o = begin(true);
    put_text(&o.f, SYM, many_functions());
    t_case = "a thousand bytes of a directory";
    mdw_symfile *file;
    CHECK(ask(&o.provider, &o.module, MDW_NEED_NAMES, &file) == MDW_OK);
    CHECK(all_right(file) == MDW_OK);
    mdw_symfile_close(file);
    CHECK_U64(work_all(&o), 1);
    CHECK_U64(files_in(&o, "cache/deep", ".index", last), 1);
    const char *index = last + strlen(o.f.root) + 1;
    flip_cached(&o, index);
    t_case = "a thousand bytes of a full index";
    again(&o);
    for (int i = 0; i < 40; i++) {
        CHECK(ask(&o.provider, &o.module, MDW_NEED_NAMES, &file) == MDW_OK);
        mdw_symfile_close(file);
    }
    CHECK(work_all(&o) >= 1);
    flip_cached(&o, index);
    end(&o);
}

static void test_no_room(void)
{
    t_case = "a cache that cannot be written to costs nothing but time";
    opened o = {.f = fixture_new(), .module = module_of("x.so", 0xAA)};
    mdw_store_options options = MDW_INIT(mdw_store_options);
    char folder[FIXTURE_PATH];
    put_text(&o.f, SYM, sym_text(0xAA, "f"));
    snprintf(folder, sizeof folder, "%s/" SYM "/cache", o.f.root);
    options.cache = folder;
    open_store(&o, &options);
    text_is(found(&o.provider, &o.module), "f");
    mdw_error err = {0};
    CHECK(mdw_store_work(o.store, &err) == MDW_E_IO);
    CHECK_U64(err.value, 20); /* ENOTDIR */
    CHECK(mdw_store_work(o.store, &err) == MDW_ABSENT);
    end(&o);
}

static void test_two_writers(void)
{
    char last[FIXTURE_PATH];
    t_case = "many processes write one index at the same time";
    opened o = begin(true);
    for (int i = 0; i < 6; i++)
        if (!fork()) {
            again(&o);
            bool good = !strcmp(found(&o.provider, &o.module), "f");
            _exit(good && work_all(&o) <= 1 ? 0 : 1);
        }
    for (int i = 0, status; i < 6; i++) {
        wait(&status);
        CHECK(WIFEXITED(status) && !WEXITSTATUS(status));
    }
    CHECK_U64(files_in(&o, "cache/deep", "", last), 1);
    again(&o);
    text_is(found(&o.provider, &o.module), "f");
    CHECK_U64(work_all(&o), 0);
    end(&o);
}

/* What is left of a writer that was killed: old, and nobody has it locked. */
static void test_sweep(void)
{
    enum { HOUR = 3600 };
    static const char *const names[] = {".new-killed", ".new-lately",
                                        ".new-locked", ".new-another",
                                        ".new-folder", "old.index"};
    char last[FIXTURE_PATH], name[64];
    opened o = begin(true);
    time_t now = time(NULL);
    t_case = "what killed writers left is removed, once something is written";
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(name, sizeof name, "cache/deep/%s", names[i]);
        if (i == 4)
            mkdir(in(&o.f, name), 0777);
        else
            put_text(&o.f, name, "half of it");
        touch(&o, name, i == 1 ? now - HOUR / 2 : now - 2 * HOUR);
    }
    int locked = open(in(&o.f, "cache/deep/.new-locked"), O_RDWR);
    CHECK(locked >= 0 && flock(locked, LOCK_EX) == 0);
    CHECK_U64(work_all(&o), 0);
    CHECK_U64(files_in(&o, "cache/deep", "killed", last), 1);
    text_is(found(&o.provider, &o.module), "f");
    CHECK_U64(work_all(&o), 1);
    CHECK_U64(files_in(&o, "cache/deep", "killed", last), 0);
    CHECK_U64(files_in(&o, "cache/deep", "lately", last), 1);
    CHECK_U64(files_in(&o, "cache/deep", "locked", last), 1);
    CHECK_U64(files_in(&o, "cache/deep", "another", last), 1);
    CHECK_U64(files_in(&o, "cache/deep", "folder", last), 1);
    CHECK_U64(files_in(&o, "cache/deep", ".index", last), 2);
    close(locked);
    end(&o);
}

/* --- many threads ------------------------------------------------------- */

enum { THREADS = 8, ROUNDS = 200 };

typedef struct worker {
    const opened *o;
    mdw_symfile *file;
    unsigned good;
} worker;

static void *work_thread(void *user)
{
    worker *w = user;
    const mdw_provider *p = &w->o->provider;
    for (int i = 0; i < ROUNDS; i++) {
        mdw_symfile *file = NULL;
        char name[256] = "";
        if (p->locate(p->user, &w->o->module, MDW_NEED_NAMES, &file) != MDW_OK)
            continue;
        mdw_symfile_lookup(file, 0x180, take_name, name);
        w->good += !strcmp(name, "f");
        mdw_symfile_close(w->file);
        w->file = file;
        if (i % 50 == 0)
            mdw_store_work(w->o->store, NULL);
    }
    return NULL;
}

static void test_threads(void)
{
    t_case = "a file wanted by many threads is one object";
    opened o = begin(true);
    pthread_t thread[THREADS];
    worker w[THREADS] = {{NULL}};
    for (int i = 0; i < THREADS; i++) {
        w[i].o = &o;
        pthread_create(&thread[i], NULL, work_thread, &w[i]);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(thread[i], NULL);
        CHECK_U64(w[i].good, ROUNDS);
        CHECK(w[i].file == w[0].file);
    }
    for (int i = 0; i < THREADS; i++)
        mdw_symfile_close(w[i].file);
    end(&o);
}

/* --- memory ------------------------------------------------------------- */

typedef struct counted {
    atomic_long blocks, left; /* left: allocations that still succeed */
} counted;

static void *counted_alloc(void *user, size_t size)
{
    counted *c = user;
    if (atomic_fetch_sub(&c->left, 1) <= 0)
        return NULL;
    atomic_fetch_add(&c->blocks, 1);
    return malloc(size);
}

static void counted_free(void *user, void *block, size_t size)
{
    counted *c = user;
    (void)size;
    atomic_fetch_sub(&c->blocks, 1);
    free(block);
}

static void test_idle(void)
{
    t_case = "what nobody uses is dropped, what is in use is not";
    opened o = {.f = fixture_new(), .module = module_of("x.so", 0xAA)};
    counted c = {0, 1 << 30};
    mdw_allocator alloc = {counted_alloc, counted_free, &c};
    mdw_store_options options = MDW_INIT(mdw_store_options);
    put_text(&o.f, SYM, sym_text(0xAA, "f"));
    put_text(&o.f, "s/y.sym", sym_text(0xBB, "g"));
    options.alloc = &alloc;
    options.max_idle = 1;
    open_store(&o, &options);
    mdw_symfile *held, *other;
    mdw_module y = module_of("y", 0xBB);
    CHECK(ask(&o.provider, &y, MDW_NEED_NAMES, &other) == MDW_OK);
    mdw_symfile_close(other);
    long before = c.blocks;
    CHECK(ask(&o.provider, &o.module, MDW_NEED_NAMES, &held) == MDW_OK);
    CHECK(c.blocks <= before); /* y went when x came */
    CHECK(ask(&o.provider, &o.module, MDW_NEED_NAMES, &other) == MDW_OK);
    CHECK(held == other);
    mdw_symfile_close(other);
    t_case = "a file outlives its store";
    mdw_store_close(o.store);
    text_is(name_in(held), "f");
    mdw_symfile_close(held);
    CHECK_U64((uint64_t)c.blocks, 0);
    fixture_drop(&o.f);
}

static void test_no_memory(void)
{
    t_case = "without memory there is no wrong answer and no leak";
    opened o = {.f = fixture_new(), .module = module_of("x.so", 0xAA)};
    unsigned good = 0;
    put_text(&o.f, SYM, sym_text(0xAA, "f"));
    for (long n = 0; n < 400 && good < 3; n++) {
        counted c = {0, n};
        mdw_allocator alloc = {counted_alloc, counted_free, &c};
        mdw_store_options options = MDW_INIT(mdw_store_options);
        mdw_symfile *file = NULL;
        char name[256] = "";
        options.alloc = &alloc;
        o.store = NULL;
        if (mdw_store_new(&options, &o.store, NULL) == MDW_OK &&
            mdw_store_add(o.store, in(&o.f, "s"), NULL) == MDW_OK) {
            mdw_provider p = MDW_INIT(mdw_provider);
            mdw_store_provider(o.store, &p);
            mdw_status status = ask(&p, &o.module, MDW_NEED_NAMES, &file);
            CHECK((status == MDW_OK) == (file != NULL));
            if (file)
                mdw_symfile_lookup(file, 0x180, take_name, name);
            CHECK(!name[0] || !strcmp(name, "f"));
            good += !strcmp(name, "f");
        }
        mdw_symfile_close(file);
        mdw_store_close(o.store);
        CHECK_U64((uint64_t)c.blocks, 0);
    }
    CHECK_U64(good, 3);
    fixture_drop(&o.f);
}

int main(void)
{
    test_nothing_written();
    test_written();
    test_source_changed();
    test_damaged_index();
    test_places();
    test_no_room();
    test_two_writers();
    test_sweep();
    test_threads();
    test_idle();
    test_no_memory();
    return t_done();
}
