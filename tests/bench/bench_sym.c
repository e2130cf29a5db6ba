/* tests/bench/bench_sym.c - what a large .sym costs, beside `wc -l` and `cat`
 * of the same file in the same run. Page cache warm, medians of 11.
 *
 *   bench_sym FILE DUMP [MDWALK]   all of it, as a table
 *   bench_sym report DUMP FILE CACHE [work]
 *                                  one process: every frame of DUMP with its
 *                                  name, as JSON to nowhere; CACHE may be ""
 *
 * FILE and DUMP are as make_sym writes them. ms is from posix_spawn to the end
 * of the process, CPU its own time: what else runs on the machine makes the
 * first longer and, by way of the caches, the second a little. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/symbol/index.h"
#include "mdwalk/mdwalk.h"

extern char **environ;

enum { RUNS = 11, FRAMES = 200, TOUCHED = 2000, LOOKUPS = 2000000 };

static double now_by(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec * 1e-6; /* ms */
}

static double now(void)
{
    return now_by(CLOCK_MONOTONIC);
}

_Noreturn static void die(const char *what)
{
    perror(what);
    exit(1);
}

static void must(mdw_status status, const mdw_error *err)
{
    if (status == MDW_OK)
        return;
    fprintf(stderr, "%s: %s\n", mdw_status_name(status),
            err->what ? err->what : "");
    exit(1);
}

static mdw_bytes map(const char *path)
{
    struct stat st;
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0 || fstat(file, &st))
        die(path);
    size_t len = (size_t)st.st_size;
    void *at = mmap(NULL, len, PROT_READ, MAP_PRIVATE, file, 0);
    if (at == MAP_FAILED)
        die(path);
    close(file);
    return (mdw_bytes){at, len};
}

/* --- one process ------------------------------------------------------- */

/* kB of Anonymous: in smaps_rollup. */
static long anonymous(void)
{
    char line[256];
    long kb = -1;
    FILE *f = fopen("/proc/self/smaps_rollup", "r");
    while (f && fgets(line, sizeof line, f))
        sscanf(line, "Anonymous: %ld", &kb);
    if (f)
        fclose(f);
    return kb;
}

static double synced; /* ms inside fsync */

/* Takes the place of libc's, so that its time can be told apart. */
int fsync(int file)
{
    double from = now();
    int result = (int)syscall(SYS_fsync, file);
    synced += now() - from;
    return result;
}

static bool nowhere(void *user, const void *data, size_t len)
{
    size_t *all = user;
    (void)data;
    *all += len;
    return true;
}

static mdw_store *open_store(const char *symbols, const char *cache)
{
    mdw_store_options o = MDW_INIT(mdw_store_options);
    mdw_error err = {.what = NULL};
    mdw_store *store = NULL;
    o.cache = *cache ? cache : NULL;
    must(mdw_store_new(&o, &store, &err), &err);
    must(mdw_store_add(store, symbols, &err), &err);
    return store;
}

static mdw_state *open_state(const char *dump)
{
    mdw_error err = {.what = NULL};
    mdw_source *source = NULL;
    mdw_dump *opened = NULL;
    mdw_state *state = NULL;
    must(mdw_source_open(dump, NULL, &source, &err), &err);
    must(mdw_dump_open(mdw_source_bytes(source), NULL, &opened, &err), &err);
    must(mdw_state_from_dump(opened, NULL, &state, &err), &err);
    return state;
}

static unsigned named_frames(const mdw_report *report)
{
    unsigned n = 0;
    size_t stacks = mdw_state_stack_count(mdw_report_state(report));
    for (size_t s = 0; s < stacks; s++)
        for (size_t f = 0; f < mdw_report_frame_count(report, s); f++) {
            mdw_frame frame = MDW_INIT(mdw_frame);
            mdw_report_frame(report, s, f, &frame);
            n += !(frame.flags & MDW_FRAME_INLINE) &&
                 mdw_report_function(report, s, f).len;
        }
    return n;
}

/* Prints kB, ms of fsync and the frames that have a name. */
static int one_process(char **argv)
{
    mdw_store *store = open_store(argv[3], argv[4]);
    mdw_provider provider = MDW_INIT(mdw_provider);
    mdw_store_provider(store, &provider);
    const mdw_provider *const providers[] = {&provider};
    mdw_process_options o = MDW_INIT(mdw_process_options);
    mdw_report *report = NULL;
    mdw_error err = {.what = NULL};
    size_t printed = 0;
    o.providers = providers;
    o.provider_count = 1;
    must(mdw_process(open_state(argv[2]), &o, &report, &err), &err);
    must(mdw_emit(report, "json", NULL, (mdw_sink){nowhere, &printed}, &err),
         &err);
    while (argv[5] && mdw_store_work(store, &err) == MDW_OK)
        ;
    printf("%ld %f %u\n", getenv("BENCH_MEMORY") ? anonymous() : 0, synced,
           named_frames(report));
    return 0;
}

/* --- the table --------------------------------------------------------- */

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *v)
{
    qsort(v, RUNS, sizeof *v, by_value);
    return v[RUNS / 2];
}

typedef struct result {
    double ms, cpu, sync;
    long kb;
    unsigned frames;
} result;

static double ms_of(struct timeval t)
{
    return (double)t.tv_sec * 1e3 + (double)t.tv_usec * 1e-3;
}

/* One run of a command, its output read by us or thrown away. */
static result run_once(char *const *command, bool ours)
{
    result r = {0, 0, 0, 0, FRAMES};
    int ends[2], status;
    char text[128] = "";
    struct rusage used;
    pid_t child;
    posix_spawn_file_actions_t to;
    if (pipe2(ends, O_CLOEXEC) || posix_spawn_file_actions_init(&to))
        die("pipe");
    if (ours)
        posix_spawn_file_actions_adddup2(&to, ends[1], 1);
    else
        posix_spawn_file_actions_addopen(&to, 1, "/dev/null", O_WRONLY, 0);
    double from = now();
    if (posix_spawnp(&child, command[0], &to, NULL, command, environ) ||
        wait4(child, &status, 0, &used) < 0)
        die(command[0]);
    r.ms = now() - from;
    r.cpu = ms_of(used.ru_utime) + ms_of(used.ru_stime);
    posix_spawn_file_actions_destroy(&to);
    close(ends[1]);
    if (ours && read(ends[0], text, sizeof text - 1) > 0)
        sscanf(text, "%ld %lf %u", &r.kb, &r.sync, &r.frames);
    close(ends[0]);
    if (!WIFEXITED(status) || WEXITSTATUS(status) || r.frames != FRAMES)
        fprintf(stderr, "%s failed: %u frames\n", command[0], r.frames);
    return r;
}

typedef struct task {
    const char *what;
    char *const *command;
    bool ours;
    const char *forget; /* a cache to empty before each run */
    double ms[RUNS], cpu[RUNS], sync[RUNS];
} task;

static void empty(const char *folder)
{
    char command[4200];
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    if (system(command))
        die(folder);
}

/* In turns, so that whatever else the machine does hits all of them alike. */
static void run(task *tasks, size_t count)
{
    for (int i = 0; i < RUNS; i++)
        for (task *t = tasks; t < tasks + count; t++) {
            if (t->forget)
                empty(t->forget);
            result r = run_once(t->command, t->ours);
            t->ms[i] = r.ms - r.sync;
            t->cpu[i] = r.cpu;
            t->sync[i] = r.sync;
        }
}

static void print(task *tasks, size_t count)
{
    double wc = median(tasks->ms), wc_cpu = median(tasks->cpu);
    setenv("BENCH_MEMORY", "1", 1); /* which takes milliseconds itself */
    puts("                              ms  x wc -l   CPU ms  x wc -l    MiB");
    for (task *t = tasks; t < tasks + count; t++) {
        double ms = median(t->ms), cpu = median(t->cpu), sync = median(t->sync);
        if (t->forget)
            empty(t->forget);
        result r = run_once(t->command, t->ours);
        printf("%-24s %8.2f %8.2f %8.2f %8.2f", t->what, ms, ms / wc, cpu,
               cpu / wc_cpu);
        if (t->ours)
            printf(" %6.2f", (double)r.kb / 1024);
        if (sync > 0)
            printf("  and fsync %.2f ms", sync);
        putchar('\n');
    }
    unsetenv("BENCH_MEMORY");
}

/* --- lookups ----------------------------------------------------------- */

static uint64_t random_next(void)
{
    static uint64_t state = 88172645463325252u;
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

static uint64_t sum_of_all; /* so that nothing is optimised away */

typedef struct sums {
    uint64_t text, places;
} sums;

static bool count(void *user, const mdw_symbol *s)
{
    sums *n = user;
    n->text += s->function.len + s->file.len + s->line;
    n->places++;
    return true;
}

typedef struct job {
    const mdw_symfile *file;
    const uint32_t *rvas;
    size_t count, rounds;
    sums sums;
    double cpu; /* ms */
} job;

static void *look_up(void *user)
{
    job *j = user;
    double from = now_by(CLOCK_THREAD_CPUTIME_ID);
    for (size_t r = 0; r < j->rounds; r++)
        for (size_t i = 0; i < j->count; i++)
            mdw_symfile_lookup(j->file, j->rvas[i], count, &j->sums);
    j->cpu = now_by(CLOCK_THREAD_CPUTIME_ID) - from;
    return NULL;
}

typedef struct rates {
    double wall, cpu, places; /* M/s by the clock and of one core; a lookup */
} rates;

static rates rate_once(const mdw_symfile *f, const uint32_t *rvas, size_t n,
                       size_t total, int threads)
{
    enum { MOST = 8 };
    pthread_t thread[MOST];
    job jobs[MOST];
    rates r = {0, 0, 0};
    size_t rounds = total / n / (size_t)threads + 1;
    double from = now(), all = (double)(rounds * n * (size_t)threads);
    for (int t = 0; t < threads; t++) {
        jobs[t] = (job){f, rvas, n, rounds, {0, 0}, 0};
        if (pthread_create(&thread[t], NULL, look_up, &jobs[t]))
            die("thread");
    }
    for (int t = 0; t < threads; t++) {
        pthread_join(thread[t], NULL);
        sum_of_all += jobs[t].sums.text;
        r.cpu += jobs[t].cpu;
        r.places += (double)jobs[t].sums.places / all;
    }
    r.wall = all / (now() - from) / 1e3;
    r.cpu = all / r.cpu / 1e3;
    return r;
}

static void rate(const mdw_symfile *f, const char *what, const uint32_t *rvas,
                 size_t n, size_t total)
{
    static const int threads[] = {1, 8};
    for (size_t k = 0; k < 2; k++) {
        double wall[RUNS], cpu[RUNS], places = 0;
        for (int i = 0; i < RUNS; i++) {
            rates r = rate_once(f, rvas, n, total, threads[k]);
            wall[i] = r.wall;
            cpu[i] = r.cpu;
            places = r.places;
        }
        printf("%-28s %8d %8.2f %8.2f %8.2f\n", what, threads[k], median(wall),
               median(cpu), places);
    }
}

static mdw_symfile *open_symbols(mdw_bytes source, mdw_bytes index)
{
    mdw_symfile_options o = MDW_INIT(mdw_symfile_options);
    mdw_error err = {.what = NULL};
    mdw_symfile *f = NULL;
    o.index = index;
    must(mdw_symfile_open(source, &o, &f, &err), &err);
    return f;
}

static int up(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static void lookups(const mdw_symfile *f, const char *level, size_t n)
{
    char what[64];
    uint32_t *rvas = calloc(n, sizeof *rvas);
    uint64_t size = index_about(symfile_index(f))->image_size;
    if (!rvas)
        die("memory");
    for (size_t i = 0; i < n; i++)
        rvas[i] = (uint32_t)(random_next() % size);
    snprintf(what, sizeof what, "%s, %d functions touched", level, TOUCHED);
    rate(f, what, rvas, n < TOUCHED ? n : TOUCHED, n);
    snprintf(what, sizeof what, "%s, random", level);
    rate(f, what, rvas, n, n);
    qsort(rvas, n, sizeof *rvas, up);
    snprintf(what, sizeof what, "%s, ascending", level);
    rate(f, what, rvas, n, n);
    free(rvas);
}

/* --- preparing --------------------------------------------------------- */

static bool to_file(void *user, const void *data, size_t len)
{
    return fwrite(data, 1, len, user) == len;
}

static mdw_bytes write_index(mdw_bytes source, const char *path, uint32_t level)
{
    mdw_index_options o = MDW_INIT(mdw_index_options);
    mdw_error err = {.what = NULL};
    mdw_budget budget = MDW_INIT(mdw_budget);
    budget.memory = UINT64_C(8) << 30;
    o.level = level;
    o.budget = &budget;
    FILE *f = fopen(path, "wb");
    if (!f || setvbuf(f, NULL, _IOFBF, 2 << 20)) /* as `mdwalk symbols index` */
        die(path);
    double from = now();
    must(mdw_index_build(source, &o, (mdw_sink){to_file, f}, &err), &err);
    if (fclose(f))
        die(path);
    mdw_bytes index = map(path);
    printf("%s index: %.0f ms, %.1f MB\n", level ? "full" : "directory",
           now() - from, (double)index.len * 1e-6);
    return index;
}

/* A file that is asked for often is indexed whole: into the cache. */
static void fill_cache(const char *dump, const char *symbols, const char *cache)
{
    mdw_store *store = open_store(symbols, cache);
    mdw_state *state = open_state(dump);
    mdw_provider p = MDW_INIT(mdw_provider);
    mdw_module module = MDW_INIT(mdw_module);
    mdw_error err = {.what = NULL};
    mdw_store_provider(store, &p);
    must(mdw_state_module(state, 0, &module), &err);
    for (int i = 0; i < 40; i++) {
        mdw_symfile *file = NULL;
        must(p.locate(p.user, &module, MDW_NEED_NAMES, &file), &err);
        mdw_symfile_close(file);
        mdw_store_work(store, NULL);
    }
    mdw_store_close(store);
    mdw_state_close(state);
}

static void processes(char **argv, const char *directory, const char *full,
                      const char *fresh)
{
    char *file = argv[1], *dump = argv[2], *tool = argv[3];
#define REPORT(cache, ...)                                                     \
    ((char *[]){argv[0], "report", dump, file, (char *)(cache), __VA_ARGS__})
#define TOOL(...)                                                              \
    ((char *[]){tool, "-f", "json", __VA_ARGS__, dump, file, NULL})
    task tasks[] = {
        {.what = "wc -l", (char *[]){"wc", "-l", file, NULL}},
        {.what = "cat", (char *[]){"cat", file, NULL}},
        {"cold, no cache", REPORT("", NULL), .ours = true},
        {"cold, writing the cache", REPORT(fresh, "work", NULL), .ours = true,
         fresh},
        {"warm, directory", REPORT(directory, NULL), .ours = true},
        {"warm, full", REPORT(full, NULL), .ours = true},
        {.what = "mdwalk, no cache", TOOL("--no-cache")},
        {.what = "mdwalk, warm, directory", TOOL("--cache", (char *)directory)},
        {.what = "mdwalk, warm, full", TOOL("--cache", (char *)full)},
    };
    size_t n = sizeof tasks / sizeof *tasks - (tool ? 0 : 3);
    run(tasks, n);
    print(tasks, n);
}

int main(int argc, char **argv)
{
    if (argc == 5 + 1 && !strcmp(argv[1], "report"))
        return one_process(argv);
    if (argc == 5 && !strcmp(argv[1], "report"))
        return one_process(argv);
    if (argc < 3)
        return 2;
    setvbuf(stdout, NULL, _IOLBF, 0);
    char directory[4096], full[4096], fresh[4096];
    snprintf(directory, sizeof directory, "%s.directory", argv[1]);
    snprintf(full, sizeof full, "%s.full", argv[1]);
    mdw_bytes source = map(argv[1]);
    mdw_bytes small = write_index(source, directory, MDW_INDEX_DIRECTORY);
    mdw_bytes whole = write_index(source, full, MDW_INDEX_FULL);
    puts("lookups                       threads      M/s M/s core   places");
    lookups(open_symbols(whole, (mdw_bytes){NULL, 0}), "full", LOOKUPS);
    lookups(open_symbols(source, small), "directory", LOOKUPS / 100);
    snprintf(directory, sizeof directory, "%s.cache1", argv[1]);
    snprintf(full, sizeof full, "%s.cache2", argv[1]);
    snprintf(fresh, sizeof fresh, "%s.cache3", argv[1]);
    char *const caching[] = {argv[0],   "report", argv[2], argv[1],
                             directory, "work",   NULL};
    run_once(caching, true);
    fill_cache(argv[2], argv[1], full);
    processes(argv, directory, full, fresh);
    return sum_of_all == 1;
}
