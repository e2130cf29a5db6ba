/* tests/threads.c - many threads look up in one mapped index and through one
 * store, under ThreadSanitizer: `threads` in the tests. The index was just
 * mapped, so that they race for the first touch of every block. */
#define _XOPEN_SOURCE 700

#include <fcntl.h>
#include <pthread.h>
#include <sys/mman.h>

#include "symbol_fixture.h"

enum { THREADS = 8, FUNCTIONS = 2000, ROUNDS = 3, STEP = 0x100 };

#define ID "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA0"
#define SYM "s/x.so/" ID "/x.so.sym"

static char text[1 << 20];

static void make_text(void)
{
    char *at = text;
    at += sprintf(at, "MODULE Linux x86_64 " ID " x.so\nFILE 0 a.c\n"
                      "INLINE_ORIGIN 0 called()\n");
    for (int i = 0; i < FUNCTIONS; i++)
        at += sprintf(at,
                      "FUNC %x %x 0 function_%d\nINLINE 0 %d 0 0 %x 10\n"
                      "%x %x %d 0\n",
                      STEP * (i + 1), STEP, i, i + 7, STEP * (i + 1),
                      STEP * (i + 1), STEP, i + 1);
    for (int i = 0; i < FUNCTIONS; i++)
        at += sprintf(at,
                      "STACK CFI INIT %x %x .cfa: $rsp %d + .ra: .cfa -8 + ^\n",
                      STEP * (i + 1), STEP, 8 * (i % 30 + 1));
}

typedef struct answer {
    char names[256];
} answer;

static bool take(void *user, const mdw_symbol *s)
{
    answer *a = user;
    size_t len = strlen(a->names);
    snprintf(a->names + len, sizeof a->names - len, "%.*s %.*s:%u;",
             (int)s->function.len, s->function.data, (int)s->file.len,
             s->file.data, (unsigned)s->line);
    return true;
}

/* Whether the names, lines and the row of function `i` are right. */
static bool right(const mdw_symfile *file, int i)
{
    answer a = {""};
    char want[256];
    mdw_image image = MDW_INIT(mdw_image);
    mdw_row_query q = MDW_INIT(mdw_row_query);
    mdw_row row = MDW_INIT(mdw_row);
    q.pc = STEP * (uint64_t)(i + 1) + 8;
    image.range = (mdw_range){0, UINT32_MAX};
    mdw_symfile_image(file, &image);
    snprintf(want, sizeof want, "called() a.c:%d;function_%d a.c:%d;", i + 1, i,
             i + 7);
    return mdw_symfile_lookup(file, q.pc, take, &a) == MDW_OK &&
           !strcmp(a.names, want) && image.rows &&
           image.rows(image.user, &image, &q, &row) == MDW_OK &&
           row.cfa.offset == 8 * (i % 30 + 1);
}

typedef struct worker {
    pthread_barrier_t *start;
    const mdw_symfile *file;      /* one for all, or */
    const mdw_provider *provider; /* asked each time */
    mdw_store *store;
    mdw_module module;
    int number, wrong;
} worker;

static bool ask_and_look(worker *w, int i)
{
    mdw_symfile *file;
    if (w->file)
        return right(w->file, i);
    if (ask(w->provider, &w->module, MDW_NEED_NAMES, &file) != MDW_OK)
        return false;
    bool good = right(file, i);
    mdw_symfile_close(file);
    if (i % 500 == 0)
        mdw_store_work(w->store, NULL);
    return good;
}

static void *work(void *user)
{
    worker *w = user;
    pthread_barrier_wait(w->start);
    for (int r = 0; r < ROUNDS; r++)
        for (int k = 0; k < FUNCTIONS; k++) {
            int i = (k * 7 + w->number * r * 13) % FUNCTIONS;
            w->wrong += !ask_and_look(w, i);
        }
    return NULL;
}

static void run(worker one)
{
    pthread_barrier_t start;
    pthread_t thread[THREADS];
    worker w[THREADS];
    pthread_barrier_init(&start, NULL, THREADS);
    for (int i = 0; i < THREADS; i++) {
        w[i] = one;
        w[i].start = &start;
        w[i].number = i;
        if (pthread_create(&thread[i], NULL, work, &w[i]))
            abort();
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(thread[i], NULL);
        CHECK_U64((uint64_t)w[i].wrong, 0);
    }
    pthread_barrier_destroy(&start);
}

static bool to_file(void *user, const void *data, size_t len)
{
    return fwrite(data, 1, len, user) == len;
}

static mdw_bytes build(fixture *f, uint32_t level)
{
    mdw_index_options o = MDW_INIT(mdw_index_options);
    mdw_bytes source = {(const uint8_t *)text, strlen(text)};
    o.level = level;
    FILE *out = fopen(in(f, "index"), "wb");
    if (!out ||
        mdw_index_build(source, &o, (mdw_sink){to_file, out}, NULL) != MDW_OK)
        abort();
    size_t len = (size_t)ftell(out);
    if (fclose(out))
        abort();
    int file = open(in(f, "index"), O_RDONLY);
    void *at = mmap(NULL, len, PROT_READ, MAP_PRIVATE, file, 0);
    if (file < 0 || at == MAP_FAILED)
        abort();
    close(file);
    return (mdw_bytes){at, len};
}

static void test_index(fixture *f, uint32_t level)
{
    mdw_symfile_options o = MDW_INIT(mdw_symfile_options);
    mdw_bytes index = build(f, level);
    mdw_bytes source = {(const uint8_t *)text, strlen(text)};
    mdw_symfile *file = NULL;
    t_case = level ? "one full index" : "one directory";
    o.index = index;
    CHECK(mdw_symfile_open(level ? index : source, &o, &file, NULL) == MDW_OK);
    worker w = {.file = file};
    if (file)
        run(w);
    mdw_symfile_close(file);
    munmap((void *)index.data, index.len);
}

static void test_store(fixture *f)
{
    mdw_store_options o = MDW_INIT(mdw_store_options);
    mdw_provider p = MDW_INIT(mdw_provider);
    char cache[FIXTURE_PATH];
    worker w = {.module = module_of("x.so", 0xAA)};
    t_case = "one store";
    put_text(f, SYM, text);
    snprintf(cache, sizeof cache, "%s/cache", f->root);
    o.cache = cache;
    CHECK(mdw_store_new(&o, &w.store, NULL) == MDW_OK);
    CHECK(mdw_store_add(w.store, in(f, "s"), NULL) == MDW_OK);
    mdw_store_provider(w.store, &p);
    w.provider = &p;
    run(w);
    mdw_store_close(w.store);
}

int main(void)
{
    fixture f = fixture_new();
    make_text();
    test_index(&f, MDW_INDEX_DIRECTORY);
    test_index(&f, MDW_INDEX_FULL);
    test_store(&f);
    fixture_drop(&f);
    return t_done();
}
