/* tests/truth/memory.c - which of our own memory goes into the dump. */
#define _GNU_SOURCE
#include "memory.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { MAPS_ROOM = 64 * 1024, DATA_MAX = 255 * 1024, DATA_PART = 64 * 1024 };

struct line {
    struct memory_range range;
    int readable;
    int executable;
    const char *path;
    size_t path_size;
};

void memory_reserve(struct memory *m)
{
    m->maps = mmap(NULL, MAPS_ROOM, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (m->maps == MAP_FAILED)
        _exit(4);
}

void memory_read_maps(struct memory *m)
{
    int fd = open("/proc/self/maps", O_RDONLY);
    ssize_t n = 1;
    m->maps_size = 0;
    while (fd >= 0 && n > 0 && m->maps_size < MAPS_ROOM - 1) {
        n = read(fd, m->maps + m->maps_size, MAPS_ROOM - 1 - m->maps_size);
        if (n > 0)
            m->maps_size += (uint32_t)n;
    }
    close(fd);
}

/* "start-end perms offset device inode [path]"; NULL after the last line. */
static const char *next_line(const char *at, struct line *out)
{
    char *rest;
    if (*at == '\0')
        return NULL;
    const char *end = strchrnul(at, '\n');
    out->range.start = strtoul(at, &rest, 16);
    out->range.end = strtoul(rest + 1, &rest, 16);
    out->readable = rest[1] == 'r';
    out->executable = rest[3] == 'x';
    const char *path = rest + 1;
    for (int field = 0; field < 4; field++) {
        path += strcspn(path, " \n");
        path += strspn(path, " ");
    }
    out->path = path;
    out->path_size = path < end ? (size_t)(end - path) : 0;
    return *end == '\n' ? end + 1 : end;
}

int memory_mapping(const struct memory *m, uintptr_t address,
                   struct memory_range *found)
{
    struct line l;
    const char *at = m->maps;
    while ((at = next_line(at, &l)) != NULL) {
        if (l.readable && address >= l.range.start && address < l.range.end) {
            *found = l.range;
            return 1;
        }
    }
    return 0;
}

void memory_add(struct memory *m, uintptr_t start, uintptr_t end)
{
    if (start >= end)
        return;
    if (m->count == MEMORY_RANGES)
        _exit(4);
    m->ranges[m->count++] = (struct memory_range){.start = start, .end = end};
}

void memory_add_around(struct memory *m, uintptr_t address, uintptr_t before,
                       uintptr_t after)
{
    struct memory_range map;
    if (!memory_mapping(m, address, &map))
        return;
    if (before > address - map.start)
        before = address - map.start;
    if (after > map.end - address)
        after = map.end - address;
    memory_add(m, address - before, address + after);
}

static int is_stack(const struct line *l)
{
    static const char name[] = "[stack]";
    return l->path_size == sizeof name - 1 &&
           memcmp(l->path, name, sizeof name - 1) == 0;
}

void memory_add_program(struct memory *m, uintptr_t start, uintptr_t end)
{
    struct line l;
    const char *at = m->maps;
    while ((at = next_line(at, &l)) != NULL) {
        if (!l.readable)
            continue;
        if (is_stack(&l))
            memory_add(m, l.range.start, l.range.end);
        /* The heap's mapping may go on where the bss ends. */
        if (l.range.start < start)
            l.range.start = start;
        if (l.range.end > end)
            l.range.end = end;
        memory_add(m, l.range.start, l.range.end);
    }
}

/* The kernel's own pages have names in brackets and are not all readable. What
   was mapped last lies at an end of a large one: neighbours are merged. */
void memory_add_data(struct memory *m)
{
    struct line l;
    const char *at = m->maps;
    while ((at = next_line(at, &l)) != NULL) {
        int kernel = l.path_size > 2 && memcmp(l.path, "[v", 2) == 0;
        if (!l.readable || l.executable || kernel)
            continue;
        if (l.range.end - l.range.start <= DATA_MAX) {
            memory_add(m, l.range.start, l.range.end);
            continue;
        }
        memory_add(m, l.range.start, l.range.start + DATA_PART);
        memory_add(m, l.range.end - DATA_PART, l.range.end);
    }
}

static int by_start(const void *a, const void *b)
{
    const struct memory_range *x = a, *y = b;
    return (x->start > y->start) - (x->start < y->start);
}

void memory_merge(struct memory *m)
{
    uint32_t kept = 0;
    if (m->count == 0)
        return;
    qsort(m->ranges, m->count, sizeof m->ranges[0], by_start);
    for (uint32_t i = 1; i < m->count; i++) {
        struct memory_range *last = &m->ranges[kept];
        if (m->ranges[i].start > last->end)
            m->ranges[++kept] = m->ranges[i];
        else if (m->ranges[i].end > last->end)
            last->end = m->ranges[i].end;
    }
    m->count = kept + 1;
}

const struct memory_range *memory_find(const struct memory *m,
                                       uintptr_t address)
{
    for (uint32_t i = 0; i < m->count; i++)
        if (address >= m->ranges[i].start && address < m->ranges[i].end)
            return &m->ranges[i];
    return NULL;
}
