/* tests/bench/bench_sym.c - what a large .sym costs, beside `wc -l` and `cat`
 * of the same file in the same run. Page cache warm, medians of 11.
 *
 *   bench_sym FILE                all of it, as a table
 *   bench_sym FILE cold [INDEX]   one process: open, 200 frames; a directory is
 *                                 written to INDEX
 *   bench_sym FILE warm INDEX     one process with a built index */
#define _GNU_SOURCE
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/symbol/index.h"
#include "mdwalk/symbol.h"

enum { RUNS = 11, FRAMES = 200, TOUCHED = 2000 };

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec * 1e-6; /* ms */
}

static void die(const char *what)
{
    perror(what);
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

static uint64_t random_state = 88172645463325252u;

static uint64_t random_next(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static uint64_t bytes_of_names; /* so that nothing is optimised away */

static bool count(void *user, const mdw_symbol *s)
{
    uint64_t *n = user;
    *n += s->function.len + s->file.len + s->line;
    return true;
}

static mdw_symfile *open_symbols(mdw_bytes source, mdw_bytes index,
                                 uint32_t kind)
{
    mdw_symfile_options o = MDW_INIT(mdw_symfile_options);
    mdw_error err = {.what = NULL};
    mdw_symfile *f;
    o.kind = kind;
    o.index = index;
    if (mdw_symfile_open(source, &o, &f, &err) != MDW_OK) {
        fprintf(stderr, "%s: %s\n", mdw_status_name(err.code), err.what);
        exit(1);
    }
    return f;
}

static uint64_t image_size(const mdw_symfile *f)
{
    return index_about(symfile_index(f))->image_size;
}

static void look_up_frames(const mdw_symfile *f)
{
    uint64_t size = image_size(f);
    for (int i = 0; i < FRAMES; i++) {
        uint64_t rva = random_next(&random_state) % size;
        sym_row row;
        mdw_symfile_lookup(f, rva, count, &bytes_of_names);
        index_row(symfile_index(f), (uint32_t)rva, &row);
    }
}

static bool to_file(void *user, const void *data, size_t len)
{
    return fwrite(data, 1, len, user) == len;
}

static void write_index(mdw_bytes source, const char *path, uint32_t level)
{
    mdw_index_options o = MDW_INIT(mdw_index_options);
    mdw_error err = {.what = NULL};
    mdw_budget budget = MDW_INIT(mdw_budget);
    budget.memory = UINT64_C(8) << 30;
    o.level = level;
    o.budget = &budget;
    FILE *f = fopen(path, "wb");
    if (!f)
        die(path);
    if (mdw_index_build(source, &o, (mdw_sink){to_file, f}, &err) != MDW_OK) {
        fprintf(stderr, "%s: %s\n", mdw_status_name(err.code), err.what);
        exit(1);
    }
    if (fclose(f))
        die(path);
}

/* The process whose whole life is measured. Prints kB, and ms of fsync. */
static int one_process(int argc, char **argv)
{
    mdw_bytes source = map(argv[1]), index = {NULL, 0};
    double sync = 0;
    if (argc > 3 && !strcmp(argv[2], "cold")) {
        write_index(source, argv[3], MDW_INDEX_DIRECTORY);
        int file = open(argv[3], O_RDONLY);
        double from = now();
        fsync(file);
        sync = now() - from;
        close(file);
    }
    if (argc > 3)
        index = map(argv[3]);
    mdw_symfile *f = open_symbols(source, index, MDW_SYMFILE_BREAKPAD);
    look_up_frames(f);
    printf("%ld %f\n", getenv("BENCH_MEMORY") ? anonymous() : 0, sync);
    return bytes_of_names == 1;
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
    double ms, sync;
    long kb;
} result;

/* One run of a command with its output thrown away or read. */
static result run_once(char *const *command, bool ours)
{
    result r = {0, 0, 0};
    int ends[2];
    char text[128] = "";
    if (pipe(ends))
        die("pipe");
    double from = now();
    pid_t child = fork();
    if (!child) {
        int null = open("/dev/null", O_WRONLY);
        dup2(ours ? ends[1] : null, 1);
        execvp(command[0], command);
        _exit(127);
    }
    close(ends[1]);
    int status;
    waitpid(child, &status, 0);
    r.ms = now() - from;
    if (ours && read(ends[0], text, sizeof text - 1) > 0)
        sscanf(text, "%ld %lf", &r.kb, &r.sync);
    close(ends[0]);
    if (!WIFEXITED(status) || WEXITSTATUS(status))
        fprintf(stderr, "%s failed\n", command[0]);
    return r;
}

typedef struct task {
    const char *what;
    char *const *command;
    bool ours;
    double ms[RUNS], sync[RUNS];
} task;

/* In turns, so that whatever else the machine does hits all of them alike. */
static void run(task *tasks, size_t count)
{
    for (int i = 0; i < RUNS; i++)
        for (task *t = tasks; t < tasks + count; t++) {
            result r = run_once(t->command, t->ours);
            t->ms[i] = r.ms - r.sync;
            t->sync[i] = r.sync;
        }
    double wc = median(tasks->ms);
    setenv("BENCH_MEMORY", "1", 1); /* which takes milliseconds itself */
    for (task *t = tasks; t < tasks + count; t++) {
        double ms = median(t->ms), sync = median(t->sync);
        printf("%-26s %8.2f ms %5.2f x wc -l", t->what, ms, ms / wc);
        if (t->ours)
            printf(" %7.2f MiB", (double)run_once(t->command, true).kb / 1024);
        if (sync > 0)
            printf("  fsync %.2f ms", sync);
        putchar('\n');
    }
    unsetenv("BENCH_MEMORY");
}

typedef struct job {
    const mdw_symfile *file;
    const uint32_t *rvas;
    size_t count, rounds;
    uint64_t sum;
} job;

static void *look_up(void *user)
{
    job *j = user;
    for (size_t r = 0; r < j->rounds; r++)
        for (size_t i = 0; i < j->count; i++)
            mdw_symfile_lookup(j->file, j->rvas[i], count, &j->sum);
    return NULL;
}

/* Millions of lookups in a second, by `threads`. */
static double rate(const mdw_symfile *f, const uint32_t *rvas, size_t n,
                   size_t total, int threads)
{
    enum { MOST = 8 };
    pthread_t thread[MOST];
    job jobs[MOST];
    double v[RUNS];
    size_t rounds = total / n / (size_t)threads + 1;
    for (int i = 0; i < RUNS; i++) {
        double from = now();
        for (int t = 0; t < threads; t++) {
            jobs[t] = (job){f, rvas, n, rounds, 0};
            if (pthread_create(&thread[t], NULL, look_up, &jobs[t]))
                die("thread");
        }
        for (int t = 0; t < threads; t++) {
            pthread_join(thread[t], NULL);
            bytes_of_names += jobs[t].sum;
        }
        v[i] = (double)(rounds * n * (size_t)threads) / (now() - from) / 1e3;
    }
    return median(v);
}

static int up(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static void lookups(const mdw_symfile *f, const char *level, size_t n)
{
    static const int threads[] = {1, 8};
    uint32_t *rvas = calloc(n, sizeof *rvas);
    uint64_t size = image_size(f);
    if (!rvas)
        die("memory");
    for (size_t i = 0; i < n; i++)
        rvas[i] = (uint32_t)(random_next(&random_state) % size);
    for (int i = 0; i < 2; i++)
        printf("%-9s random, %d threads       %8.2f M/s\n", level, threads[i],
               rate(f, rvas, n, n, threads[i]));
    for (int i = 0; i < 2; i++)
        printf("%-9s %d touched, %d threads %8.2f M/s\n", level, TOUCHED,
               threads[i], rate(f, rvas, TOUCHED, n, threads[i]));
    qsort(rvas, n, sizeof *rvas, up);
    for (int i = 0; i < 2; i++)
        printf("%-9s ascending, %d threads    %8.2f M/s\n", level, threads[i],
               rate(f, rvas, n, n, threads[i]));
    free(rvas);
}

int main(int argc, char **argv)
{
    if (argc < 2)
        return 2;
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (argc > 2)
        return one_process(argc, argv);
    char directory[4096], full[4096];
    snprintf(directory, sizeof directory, "%s.directory", argv[1]);
    snprintf(full, sizeof full, "%s.full", argv[1]);
    char *const wc[] = {"wc", "-l", argv[1], NULL};
    char *const cat[] = {"cat", argv[1], NULL};
    char *const cold[] = {argv[0], argv[1], "cold", NULL};
    char *const caching[] = {argv[0], argv[1], "cold", directory, NULL};
    char *const warm[] = {argv[0], argv[1], "warm", directory, NULL};
    char *const warm_full[] = {argv[0], argv[1], "warm", full, NULL};
    task tasks[] = {
        {"wc -l", wc, false, {0}, {0}},
        {"cat", cat, false, {0}, {0}},
        {"cold, no cache", cold, true, {0}, {0}},
        {"cold, writing the cache", caching, true, {0}, {0}},
        {"warm directory", warm, true, {0}, {0}},
        {"warm full", warm_full, true, {0}, {0}},
    };
    mdw_bytes source = map(argv[1]);
    double from = now();
    write_index(source, full, MDW_INDEX_FULL);
    printf("full index built in %.0f ms\n", now() - from);
    run_once(wc, false);
    run_once(caching, true);
    run(tasks, sizeof tasks / sizeof *tasks);
    lookups(open_symbols(map(full), (mdw_bytes){NULL, 0}, MDW_SYMFILE_INDEX),
            "full", 2000000);
    lookups(open_symbols(source, map(directory), MDW_SYMFILE_BREAKPAD),
            "directory", 20000);
    return bytes_of_names == 1;
}
