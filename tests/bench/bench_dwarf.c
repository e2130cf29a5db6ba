/* tests/bench/bench_dwarf.c - the first answer out of an ELF file's DWARF, the
 * whole of it, and addr2line on the same file.
 *
 * bench_dwarf FILE ADDRESS...  (hexadecimal, as linked)
 *
 * Medians of 11 runs in processes of their own, milliseconds, warm cache. A
 * first answer is everything from opening the file on: symbols, the unit that
 * has the address, its functions, lines and inlined calls. */
#define _POSIX_C_SOURCE 200809L
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/symbol/dwarf.h"
#include "lib/symbol/elf_symbols.h"
#include "tests/stand_in.h"

enum { RUNS = 11 };

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static mdw_bytes map(const char *path)
{
    struct stat st;
    int fd = open(path, O_RDONLY);
    if (fd < 0 || fstat(fd, &st))
        _exit(2);
    void *at = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    close(fd);
    return (mdw_bytes){at, (size_t)st.st_size};
}

/* `addr` NULL: everything. */
static int ours(const char *path, const uint64_t *addr, bool report)
{
    double start = now();
    arena *store = arena_new(NULL, 0);
    elf_file *f = NULL;
    code_symbols symbols;
    dwarf *d;
    dwarf_put *put;
    index_writer *w = stand_in_new();
    uint32_t unit = 0;
    if (elf_open(map(path), store, &f, NULL) != MDW_OK ||
        code_symbols_read(f, NULL, store, &symbols, NULL) != MDW_OK ||
        dwarf_open(f, NULL, NULL, NULL, &d, NULL) != MDW_OK ||
        dwarf_put_new(d, w, &symbols, &put, NULL) != MDW_OK)
        return 2;
    if (!addr)
        (void)dwarf_put_all(put, NULL);
    else if (dwarf_find_unit(d, *addr - f->image.start, &unit) != MDW_OK ||
             dwarf_put_unit(put, unit, NULL) != MDW_OK)
        return 3;
    (void)dwarf_put_symbols(put, NULL);
    if (addr) {
        stand_in_place places[256];
        stand_in_sort(w);
        size_t n =
            stand_in_lookup(w, (uint32_t)(*addr - f->image.start), places);
        return n ? 0 : 4;
    }
    double ms = now() - start;
    const dwarf_counts *c = dwarf_count(d);
    if (report)
        printf("%-34s %8.1f MB, %llu units, %llu functions, %llu inlined "
               "calls, %llu lines, %.0f MB/s\n",
               "  sections", (double)c->bytes / 1e6,
               (unsigned long long)c->units, (unsigned long long)c->functions,
               (unsigned long long)c->inlines, (unsigned long long)c->lines,
               (double)c->bytes / 1e3 / ms);
    fflush(stdout);
    return 0;
}

static int theirs(const char *path, const char *addr)
{
    int null = open("/dev/null", O_WRONLY);
    dup2(null, 1);
    execlp("addr2line", "addr2line", "-i", "-f", "-e", path, addr,
           (char *)NULL);
    return 127;
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

enum what { FIRST, WHOLE, ADDR2LINE };

static double median(enum what what, const char *path, const char *addr,
                     int *code)
{
    double ms[RUNS];
    for (int i = 0; i < RUNS; i++) {
        fflush(stdout);
        double start = now();
        pid_t child = fork();
        if (!child) {
            uint64_t at = addr ? strtoull(addr, NULL, 16) : 0;
            _exit(what == ADDR2LINE ? theirs(path, addr)
                                    : ours(path, what == FIRST ? &at : NULL,
                                           what == WHOLE && !i));
        }
        int status;
        waitpid(child, &status, 0);
        *code = WEXITSTATUS(status);
        ms[i] = now() - start;
    }
    qsort(ms, RUNS, sizeof *ms, by_size);
    return ms[RUNS / 2];
}

int main(int argc, char **argv)
{
    int code = 0, worst = 0;
    if (argc < 2)
        return 2;
    printf("%s\n", argv[1]);
    for (int i = 2; i < argc; i++) {
        double first = median(FIRST, argv[1], argv[i], &code);
        worst = code ? code : worst;
        double other = median(ADDR2LINE, argv[1], argv[i], &code);
        printf("  first answer at %-16s  %8.2f ms, addr2line %8.2f ms, %.2f "
               "of it\n",
               argv[i], first, other, first / other);
    }
    double whole = median(WHOLE, argv[1], NULL, &code);
    printf("%-34s %8.2f ms\n", "  everything", whole);
    return worst ? worst : code;
}
