/* tests/net_client.c - asks one place for modules, side by side: what tests of
 * servers drive.
 *
 *   net_client MODULE CACHE|- TIMEOUT_MS PLACE NAME=ID...
 *
 * ID is a byte that the whole GUID is made of, or, for ELF modules, a build id
 * of 40 digits. Prints a line for each module, and the milliseconds. A first
 * word "threads" has eight threads ask for the same, who must all be told the
 * same. */
#define _XOPEN_SOURCE 700

#include <pthread.h>
#include <time.h>

#include "symbol_fixture.h"

enum { MAX = 64, THREADS = 8 };

typedef struct wanted {
    mdw_module module;
    mdw_symfile *file;
    mdw_status status;
} wanted;

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1000 + (double)t.tv_nsec / 1e6;
}

static void progress(void *user, const mdw_progress *p)
{
    mdw_progress *last = user;
    if (p->total < p->done || p->bytes < last->bytes)
        abort();
    *last = *p;
}

static wanted read_module(const char *spec)
{
    wanted w = {.status = MDW_AGAIN};
    const char *id = strchr(spec, '=');
    if (!id++)
        exit(2);
    w.module = module_of(spec, (uint8_t)strtoul(id, NULL, 16));
    w.module.debug_file.len = w.module.code_file.len = (size_t)(id - 1 - spec);
    if (strlen(id) == 40) {
        w.module.format = MDW_FORMAT_ELF;
        w.module.code_id = str(id);
        w.module.debug_id = (mdw_debug_id){.form = MDW_DEBUG_ID_NONE};
    }
    return w;
}

static void ask_all(const mdw_provider *p, wanted *w, int count)
{
    for (int open = 1, round = 0; open; round++) {
        open = 0;
        for (int i = 0; i < count; i++) {
            if (w[i].status != MDW_AGAIN)
                continue;
            w[i].status =
                p->locate(p->user, &w[i].module, MDW_NEED_NAMES, &w[i].file);
            open += w[i].status == MDW_AGAIN;
        }
        if (open)
            p->wait(p->user, 1000);
        if (round == 10000)
            exit(3);
    }
}

typedef struct asker {
    pthread_t thread;
    const mdw_provider *provider;
    int count;
    wanted wants[MAX];
} asker;

static void *asking(void *user)
{
    asker *a = user;
    ask_all(a->provider, a->wants, a->count);
    return NULL;
}

/* The others ask at the same time as the first. */
static void ask_together(asker *all, int threads)
{
    for (int i = 1; i < threads; i++) {
        all[i].provider = all->provider;
        all[i].count = all->count;
        memcpy(all[i].wants, all->wants, sizeof all->wants);
    }
    for (int i = 0; i < threads; i++)
        if (pthread_create(&all[i].thread, NULL, asking, &all[i]))
            exit(4);
    for (int i = 0; i < threads; i++)
        pthread_join(all[i].thread, NULL);
    for (int i = 1; i < threads; i++)
        for (int k = 0; k < all->count; k++) {
            if (all[i].wants[k].status != all->wants[k].status ||
                all[i].wants[k].file != all->wants[k].file)
                printf("thread %d was told something else\n", i);
            mdw_symfile_close(all[i].wants[k].file);
        }
}

static void print_all(const mdw_provider *p, wanted *w, int count, char **names)
{
    for (int i = 0; i < count; i++) {
        said s = {.text = ""};
        p->refused(p->user, &w[i].module, MDW_NEED_NAMES, hear, &s);
        printf("%s %s%s\n%s", names[i],
               w[i].status ? mdw_status_name(w[i].status) : "found ",
               w[i].status ? "" : name_in(w[i].file), s.text);
        mdw_symfile_close(w[i].file);
    }
}

int main(int argc, char **argv)
{
    mdw_store *store = NULL;
    mdw_error err = {0};
    mdw_progress last = MDW_INIT(mdw_progress);
    mdw_store_options options = MDW_INIT(mdw_store_options);
    static asker askers[THREADS];
    int threads = argc > 1 && !strcmp(argv[1], "threads") ? THREADS : 1;
    if (threads > 1) {
        argc--;
        argv++;
    }
    int count = argc - 5;
    if (argc < 5 || count > MAX)
        return 2;
    options.net_module = argv[1];
    options.cache = strcmp(argv[2], "-") ? argv[2] : NULL;
    options.timeout_ms = (uint32_t)strtoul(argv[3], NULL, 10);
    options.max_fetch = 1 << 20;
    options.progress = threads > 1 ? NULL : progress;
    options.progress_user = &last;
    if (mdw_store_new(&options, &store, &err) ||
        mdw_store_add(store, argv[4], &err)) {
        printf("%s: %s\n", err.what, mdw_status_name(err.code));
        mdw_store_close(store);
        return 0;
    }
    mdw_provider p = MDW_INIT(mdw_provider);
    mdw_store_provider(store, &p);
    askers->provider = &p;
    askers->count = count;
    for (int i = 0; i < count; i++)
        askers->wants[i] = read_module(argv[i + 5]);
    double start = now();
    ask_together(askers, threads);
    double ms = now() - start;
    print_all(&p, askers->wants, count, argv + 5);
    printf("%.0f ms, %u of %u fetches, %llu bytes\n", ms, last.done, last.total,
           (unsigned long long)last.bytes);
    while (mdw_store_work(store, NULL) != MDW_ABSENT)
        ;
    mdw_store_close(store);
    return 0;
}
