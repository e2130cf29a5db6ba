/* tests/dwarf_query.c - what the ELF and DWARF readers say about addresses, in
 * the form of `addr2line -a -i -f`.
 *
 * dwarf_query [--unit] [--time] IMAGE [DEBUG] < addresses
 *
 * --unit: as mdw_symfile_read brings them in. --time: milliseconds to standard
 * error. Addresses are hexadecimal, as linked. */
#define _POSIX_C_SOURCE 200809L
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/buffer.h"
#include "lib/symbol/dwarf.h"
#include "lib/symbol/elf_symbols.h"
#include "lib/symbol/index.h"
#include "mdwalk/symbol.h"

typedef struct job {
    elf_file *image, *debug;
    dwarf *d;
    dwarf_put *put;
    code_symbols symbols;
    index_writer *writer;
    buffer built;
    index_view *view;
} job;

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
    if (fd < 0 || fstat(fd, &st) || !st.st_size)
        exit(2);
    void *at = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    close(fd);
    return at == MAP_FAILED ? (mdw_bytes){NULL, 0}
                            : (mdw_bytes){at, (size_t)st.st_size};
}

static void complain(const char *what, const mdw_error *err)
{
    fprintf(stderr, "%s: %d %s at %#llx\n", what, (int)err->code,
            err->what ? err->what : "", (unsigned long long)err->offset);
}

static void read_units(job *j)
{
    mdw_error err = {.code = MDW_OK};
    const elf_file *has = j->debug ? j->debug : j->image;
    mdw_status status = dwarf_open(has, j->image, NULL, NULL, &j->d, &err);
    if (status != MDW_OK) {
        fprintf(stderr, "no DWARF: %d %s\n", (int)status,
                err.what ? err.what : "");
        return;
    }
    if (dwarf_put_new(j->d, j->writer, &j->symbols, &j->put, &err) != MDW_OK)
        exit(2);
    status = dwarf_put_all(j->put, &err);
    if (status != MDW_OK)
        complain("DWARF", &err);
    if (dwarf_put_symbols(j->put, NULL, &err) != MDW_OK)
        complain("symbols", &err);
}

static bool print_place(void *user, const index_place *p)
{
    (void)user;
    printf("%.*s\n%.*s:%u\n", (int)p->name.len, p->name.data, (int)p->file.len,
           p->file.data, p->line);
    return true;
}

static void report(const job *j, uint64_t addr)
{
    uint64_t rva = addr - j->image->image.start;
    index_function f;
    printf("0x%016llx\n", (unsigned long long)addr);
    if (rva > UINT32_MAX || index_find(j->view, (uint32_t)rva, &f) != MDW_OK ||
        index_detail(j->view, &f, (uint32_t)rva, print_place, NULL) != MDW_OK)
        printf("??\n??:0\n");
}

static bool print_symbol(void *user, const mdw_symbol *s)
{
    mdw_str name = s->raw.len ? s->raw : s->function;
    (void)user;
    printf("%.*s\n%.*s:%u\n", (int)name.len, name.data, (int)s->file.len,
           s->file.data, s->line);
    return true;
}

/* Unit by unit, and last address first. */
static int by_unit(mdw_bytes file, const uint64_t *addrs, size_t count)
{
    mdw_symfile_options options = MDW_INIT(mdw_symfile_options);
    mdw_symfile *f = NULL;
    mdw_image image = MDW_INIT(mdw_image);
    options.by_unit = 1;
    if (mdw_symfile_open(file, &options, &f, NULL) != MDW_OK)
        return 2;
    mdw_symfile_image(f, &image);
    for (size_t i = count; i--;)
        if (mdw_symfile_read(f, addrs[i] - image.link_base, NULL) != MDW_OK)
            return 2;
    for (size_t i = 0; i < count; i++) {
        printf("0x%016llx\n", (unsigned long long)addrs[i]);
        if (mdw_symfile_lookup(f, addrs[i] - image.link_base, print_symbol,
                               NULL) != MDW_OK)
            printf("??\n??:0\n");
    }
    mdw_symfile_close(f);
    return 0;
}

static bool keep(void *user, const void *data, size_t len)
{
    buffer *b = user;
    const unsigned char *from = data;
    while (len) {
        unsigned char *to;
        size_t room;
        if (buffer_room(b, len, &to, &room) != MDW_OK)
            return false;
        memcpy(to, from, room);
        if (buffer_filled(b, room) != MDW_OK)
            return false;
        from += room;
        len -= room;
    }
    return true;
}

static void finish(job *j, arena *store)
{
    mdw_error err = {.code = MDW_OK};
    index_writer_info(j->writer)->level = MDW_INDEX_FULL;
    j->built = buffer_new(NULL, SIZE_MAX / 2);
    if (index_finish(j->writer, (mdw_sink){keep, &j->built}, &err) != MDW_OK ||
        index_open(buffer_bytes(&j->built), (mdw_bytes){NULL, 0}, store,
                   &j->view, &err) != MDW_OK) {
        complain("index", &err);
        exit(2);
    }
}

static void print_counts(const job *j, double ms)
{
    const dwarf_counts *c = dwarf_count(j->d);
    fprintf(stderr,
            "%.1f ms, %.1f MB, %llu units, %llu functions, %llu inlines, "
            "%llu lines, %llu damaged, %llu split, %llu outside\n",
            ms, (double)c->bytes / 1e6, (unsigned long long)c->units,
            (unsigned long long)c->functions, (unsigned long long)c->inlines,
            (unsigned long long)c->lines, (unsigned long long)c->damaged,
            (unsigned long long)c->split, (unsigned long long)c->outside);
    if (c->first.code != MDW_OK)
        complain("first", &c->first);
}

int main(int argc, char **argv)
{
    bool unit = false, timed = false;
    int at = 1;
    for (; at < argc && argv[at][0] == '-'; at++) {
        unit |= !strcmp(argv[at], "--unit");
        timed |= !strcmp(argv[at], "--time");
    }
    if (at == argc)
        return 2;
    static uint64_t addrs[1 << 16];
    size_t count = 0;
    unsigned long long addr;
    while (count < 1 << 16 && scanf("%llx", &addr) == 1)
        addrs[count++] = addr;
    mdw_bytes file = map(argv[at]);
    mdw_bytes more = {NULL, 0};
    if (at + 1 < argc)
        more = map(argv[at + 1]);

    if (unit)
        return by_unit(more.len ? more : file, addrs, count);
    double begun = now();
    arena *store = arena_new(NULL, 0);
    job j = {.writer = NULL};
    mdw_error err = {.code = MDW_OK};
    mdw_index_options options = MDW_INIT(mdw_index_options);
    options.level = MDW_INDEX_FULL;
    if (index_writer_new(&options, &j.writer, &err) != MDW_OK)
        return 2;
    if (elf_open(file, store, &j.image, &err) != MDW_OK ||
        (more.len && elf_open(more, store, &j.debug, &err) != MDW_OK)) {
        complain("ELF", &err);
        return 2;
    }
    if (code_symbols_read(j.image, j.debug, store, &j.symbols, &err) != MDW_OK)
        complain("symbols", &err);
    read_units(&j);
    if (!j.d) /* the symbols are then all there is */
        for (size_t i = 0; i < j.symbols.count; i++) {
            const code_symbol *s = &j.symbols.items[i];
            index_function f = {.start = s->rva, .bytes = s->size};
            index_put_function(j.writer, &f,
                               index_put_string(j.writer, s->name), NULL, 0,
                               NULL, 0);
        }
    finish(&j, store);
    if (timed && j.d)
        print_counts(&j, now() - begun);
    for (size_t i = 0; i < count; i++)
        report(&j, addrs[i]);
    dwarf_put_close(j.put);
    dwarf_close(j.d);
    buffer_close(&j.built);
    arena_close(store);
    return 0;
}
