/* tests/truth/modules.c - the loaded ELF files as a ModuleList. */
#define _GNU_SOURCE
#include "modules.h"

#include <elf.h>
#include <link.h>
#include <string.h>
#include <unistd.h>

enum { MODULES = 16, NAME = 256, BUILD_ID = 20, PAGE = 4096 };

struct module {
    uint64_t start;
    uint64_t end;
    char name[NAME];
    uint8_t id[BUILD_ID];
    uint32_t id_size;
};

static struct module modules[MODULES];
static uint32_t count;

static size_t align4(size_t n)
{
    return (n + 3) & ~(size_t)3;
}

static void find_id(struct module *m, const char *note, size_t size)
{
    const size_t head = sizeof(ElfW(Nhdr));
    while (size >= head) {
        ElfW(Nhdr) h;
        memcpy(&h, note, head);
        size_t name = align4(h.n_namesz), whole = head + name;
        if (h.n_type == NT_GNU_BUILD_ID && h.n_namesz == 4 &&
            memcmp(note + head, "GNU", 4) == 0 && h.n_descsz <= BUILD_ID) {
            m->id_size = h.n_descsz;
            memcpy(m->id, note + whole, h.n_descsz);
        }
        whole += align4(h.n_descsz);
        if (whole > size)
            return;
        note += whole;
        size -= whole;
    }
}

static void name(struct module *m, const char *given)
{
    if (count == 0) {
        ssize_t n = readlink("/proc/self/exe", m->name, NAME - 1);
        m->name[n < 0 ? 0 : n] = '\0';
    } else if (given == NULL || *given == '\0') {
        strcpy(m->name, "linux-gate.so");
    } else {
        strncpy(m->name, given, NAME - 1);
    }
}

static int add(struct dl_phdr_info *info, size_t size, void *unused)
{
    struct module *m = &modules[count];
    (void)size;
    (void)unused;
    if (count == MODULES)
        return 1;
    m->start = UINT64_MAX;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *p = &info->dlpi_phdr[i];
        uint64_t start = (uintptr_t)info->dlpi_addr + p->p_vaddr;
        if (p->p_type == PT_NOTE)
            find_id(m, (const char *)(uintptr_t)start, p->p_memsz);
        if (p->p_type != PT_LOAD)
            continue;
        if (start < m->start)
            m->start = start;
        if (start + p->p_memsz > m->end)
            m->end = start + p->p_memsz;
    }
    m->start &= ~(uint64_t)(PAGE - 1);
    m->end = (m->end + PAGE - 1) & ~(uint64_t)(PAGE - 1);
    name(m, info->dlpi_name);
    count++;
    return 0;
}

void modules_find(void)
{
    dl_iterate_phdr(add, NULL);
}

void modules_program(uint64_t *start, uint64_t *end)
{
    *start = modules[0].start;
    *end = modules[0].end;
}

/* CodeView record "BpEL" and the build id's bytes. */
static uint32_t put_id(struct image *out, const struct module *m)
{
    uint32_t at = put_space(out, 4 + m->id_size);
    set32(out, at, 0x4270454c);
    set_bytes(out, at + 4, m->id, m->id_size);
    return at;
}

uint32_t modules_put(struct image *out, uint32_t *n)
{
    uint32_t at = put_space(out, 4 + 108 * count);
    set32(out, at, count);
    for (uint32_t i = 0; i < count; i++) {
        const struct module *m = &modules[i];
        uint32_t entry = at + 4 + 108 * i;
        set64(out, entry, m->start);
        set32(out, entry + 8, m->end - m->start);
        set32(out, entry + 20, put_string(out, m->name));
        if (m->id_size > 0) {
            set32(out, entry + 76, 4 + m->id_size);
            set32(out, entry + 80, put_id(out, m));
        }
    }
    *n = count;
    return at;
}
