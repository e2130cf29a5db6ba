/* tests/bench/bench_dwarf.c - the first answer out of an ELF file's DWARF, the
 * whole of it, and addr2line on the same file.
 *
 * bench_dwarf [--limit TIMES] FILE [ADDRESS...]  (hexadecimal, as linked)
 *
 * Medians of 11 runs in processes of their own, milliseconds, warm cache. A
 * first answer is everything from opening the file on: symbols, the units that
 * the address needs, their functions, lines and inlined calls. Without
 * addresses three functions are asked for. --limit: exit 1 when a first answer
 * takes more than TIMES what addr2line takes. */
#define _POSIX_C_SOURCE 200809L
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/symbol/dwarf.h"
#include "lib/symbol/elf_build.h"
#include "mdwalk/symbol.h"

enum { RUNS = 11, ASKED = 3 };

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

static bool any(void *user, const mdw_symbol *symbol)
{
    (void)symbol;
    *(bool *)user = true;
    return true;
}

static int first_answer(const char *path, uint64_t addr)
{
    mdw_symfile_options options = MDW_INIT(mdw_symfile_options);
    mdw_image image = MDW_INIT(mdw_image);
    mdw_symfile *f = NULL;
    bool found = false;
    options.by_unit = 1;
    if (mdw_symfile_open(map(path), &options, &f, NULL) != MDW_OK)
        return 2;
    mdw_symfile_image(f, &image);
    uint64_t rva = addr - image.link_base;
    if (mdw_symfile_read(f, rva, NULL) != MDW_OK ||
        mdw_symfile_lookup(f, rva, any, &found) != MDW_OK)
        return 3;
    return found ? 0 : 4;
}

static bool drop(void *user, const void *data, size_t len)
{
    (void)data;
    *(uint64_t *)user += len;
    return true;
}

static int everything(const char *path, bool report)
{
    double start = now();
    mdw_index_options o = MDW_INIT(mdw_index_options);
    dwarf_counts c = {0};
    uint64_t size = 0;
    index_writer *w = NULL;
    o.level = MDW_INDEX_FULL;
    if (index_writer_new(&o, &w, NULL) != MDW_OK ||
        elf_build(map(path), (mdw_bytes){NULL, 0}, &o, w, &c, NULL) != MDW_OK ||
        index_finish(w, (mdw_sink){drop, &size}, NULL) != MDW_OK)
        return 2;
    double ms = now() - start;
    if (report)
        printf("%-34s %8.1f MB, %llu units, %llu functions, %llu inlined "
               "calls, %llu lines; index %.1f MB; %.0f MB/s\n",
               "  sections", (double)c.bytes / 1e6, (unsigned long long)c.units,
               (unsigned long long)c.functions, (unsigned long long)c.inlines,
               (unsigned long long)c.lines, (double)size / 1e6,
               (double)c.bytes / 1e3 / ms);
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
            _exit(what == ADDR2LINE ? theirs(path, addr)
                  : what == FIRST ? first_answer(path, strtoull(addr, NULL, 16))
                                  : everything(path, !i));
        }
        int status;
        waitpid(child, &status, 0);
        *code = WEXITSTATUS(status);
        ms[i] = now() - start;
    }
    qsort(ms, RUNS, sizeof *ms, by_size);
    return ms[RUNS / 2];
}

/* A function at each quarter of the symbols. */
static int choose(const char *path, char text[ASKED][20], char **out)
{
    arena *store = arena_new(NULL, 0);
    elf_file *f = NULL;
    code_symbols symbols = {NULL, 0};
    if (elf_open(map(path), store, &f, NULL) != MDW_OK ||
        code_symbols_read(f, NULL, store, &symbols, NULL) != MDW_OK ||
        !symbols.count)
        return 0;
    for (size_t i = 0; i < ASKED; i++) {
        const code_symbol *s = &symbols.items[symbols.count * (i + 1) / 4];
        (void)snprintf(text[i], sizeof text[i], "%" PRIx64,
                       f->image.start + s->rva);
        out[i] = text[i];
    }
    arena_close(store);
    return ASKED;
}

int main(int argc, char **argv)
{
    int code = 0, worst = 0, at = 1;
    double limit = 0;
    char text[ASKED][20], *chosen[ASKED];
    if (argc > 2 && !strcmp(argv[1], "--limit")) {
        limit = strtod(argv[2], NULL);
        at = 3;
    }
    if (at >= argc)
        return 2;
    const char *path = argv[at];
    char **addr = argv + at + 1;
    int count = argc - at - 1;
    if (!count) {
        count = choose(path, text, chosen);
        addr = chosen;
    }
    printf("%s\n", path);
    for (int i = 0; i < count; i++) {
        double first = median(FIRST, path, addr[i], &code);
        worst = code ? code : worst;
        double other = median(ADDR2LINE, path, addr[i], &code);
        if (code == 127)
            return 77; /* there is none */
        printf("  first answer at %-16s  %8.2f ms, addr2line %8.2f ms, %.2f "
               "of it\n",
               addr[i], first, other, first / other);
        if (limit > 0 && first > limit * other)
            worst = 1;
    }
    double whole = median(WHOLE, path, NULL, &code);
    printf("%-34s %8.2f ms\n", "  everything", whole);
    return worst ? worst : code;
}
