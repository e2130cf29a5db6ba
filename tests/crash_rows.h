/* tests/crash_rows.h - crashes of four CPUs and three systems, each a row: what
 * the context, the memory and the address space held. */
#ifndef CRASH_ROWS_H
#define CRASH_ROWS_H

#include "state_of.h"

enum { WIN = OS_NT, MAC = OS_MAC, LNX = OS_LINUX };
enum { X86 = CPU_X86, X64 = CPU_AMD64, ARM = CPU_ARM, A64 = CPU_ARM64 };

/* `regs`: "rax=10 rip=400000"; `memory`: "400000=8910 7000=3412", bytes in
 * hex; `regions`: "400000+1000rx 7000+1000rw", g: guard, none: closed.
 * `want` is the test's own. */
typedef struct row {
    const char *claim;
    uint32_t cpu, os, code, flags;
    uint64_t address;
    uint32_t info_count;
    uint64_t info[3];
    const char *regs, *memory, *regions, *want;
} row;

#define AV 0xc0000005
#define SEGV(code, address)                                                    \
    11, code, address, 0,                                                      \
    {                                                                          \
        0                                                                      \
    }
#define READ_AV(address)                                                       \
    AV, 0, 0x400000, 2,                                                        \
    {                                                                          \
        0, address                                                             \
    }
#define WRITE_AV(address)                                                      \
    AV, 0, 0x400000, 2,                                                        \
    {                                                                          \
        1, address                                                             \
    }
#define EXEC_AV(address)                                                       \
    AV, 0, 0x400000, 2,                                                        \
    {                                                                          \
        8, address                                                             \
    }
#define STACK " 7000+1000rw"
#define CODE "400000+1000rx"

static inline size_t offset_of(uint32_t cpu, const char *name, size_t *size)
{
    static const struct {
        uint32_t cpu;
        const char *name;
        size_t offset;
    } places[] = {{X64, "rax", 0x78}, {X64, "rcx", 0x80}, {X64, "rbx", 0x90},
                  {X64, "rsp", 0x98}, {X64, "rip", 0xF8}, {X86, "eax", 176},
                  {X86, "esp", 196},  {X86, "eip", 184},  {ARM, "r0", 4},
                  {ARM, "r1", 8},     {ARM, "sp", 56},    {ARM, "lr", 60},
                  {ARM, "pc", 64},    {ARM, "cpsr", 68},  {A64, "x1", 16},
                  {A64, "lr", 248},   {A64, "sp", 256},   {A64, "pc", 264}};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        if (places[i].cpu == cpu && !strcmp(places[i].name, name)) {
            *size = cpu == X64 || cpu == A64 ? 8 : 4;
            return places[i].offset;
        }
    fprintf(stderr, "no register %s\n", name);
    exit(1);
}

static inline size_t make_context(const row *r, uint8_t *context)
{
    static const struct {
        uint32_t cpu, flags, offset;
        size_t size;
    } layouts[] = {{X86, 0x1003F, 0, 716},
                   {X64, 0x10001F, 48, 1232},
                   {ARM, 0x40000006, 0, 368},
                   {A64, 0x400007, 0, 912}};
    size_t len = 0;
    for (size_t i = 0; i < 4; i++)
        if (layouts[i].cpu == r->cpu) {
            len = layouts[i].size;
            memset(context, 0, len);
            t_put(context + layouts[i].offset, layouts[i].flags, 4);
        }
    char name[8];
    uint64_t value;
    int used;
    for (const char *p = r->regs;
         sscanf(p, " %7[a-z0-9]=%" SCNx64 "%n", name, &value, &used) == 2;
         p += used) {
        size_t size, at = offset_of(r->cpu, name, &size);
        t_put(context + at, value, size);
    }
    return len;
}

enum { MAX_MEMORY = 4, MAX_REGION = 4 };

static inline void put_memory(synth *s, const row *r)
{
    static uint8_t bytes[MAX_MEMORY][64]; /* they outlive the call */
    synth_memory list[MAX_MEMORY];
    char hex[128];
    uint64_t addr;
    int used;
    size_t count = 0;
    for (const char *p = r->memory;
         count < MAX_MEMORY &&
         sscanf(p, " %" SCNx64 "=%127[0-9a-f]%n", &addr, hex, &used) == 2;
         p += used) {
        size_t len = 0;
        for (unsigned v; sscanf(hex + 2 * len, "%2x", &v) == 1; len++)
            bytes[count][len] = (uint8_t)v;
        list[count] = (synth_memory){addr, bytes[count], len};
        count++;
    }
    synth_memory_list(s, list, count);
}

static inline void put_regions(synth *s, const row *r)
{
    synth_memory_info list[MAX_REGION];
    uint64_t base, size;
    char access[4];
    int used;
    size_t count = 0;
    for (const char *p = r->regions;
         count < MAX_REGION && sscanf(p, " %" SCNx64 "+%" SCNx64 "%3[-rwx]%n",
                                      &base, &size, access, &used) == 3;
         p += used) {
        /* PAGE_EXECUTE_READ, PAGE_READWRITE, PAGE_NOACCESS */
        uint32_t protect = !strcmp(access, "rx")   ? 0x20
                           : !strcmp(access, "rw") ? 4
                                                   : 1;
        list[count++] =
            (synth_memory_info){base, base, size, protect, 0x1000, protect, 0};
    }
    /* They come in order. */
    for (size_t i = 1; i < count; i++)
        for (size_t j = i; j && list[j - 1].base > list[j].base; j--) {
            synth_memory_info t = list[j];
            list[j] = list[j - 1];
            list[j - 1] = t;
        }
    synth_memory_infos(s, list, count, count);
}

static inline opened open_row(const row *r)
{
    static uint8_t context[1232];
    size_t len = make_context(r, context);
    synth_exception e = {.thread_id = 1,
                         .code = r->code,
                         .flags = r->flags,
                         .address = r->address,
                         .info_count = r->info_count,
                         .context = context,
                         .context_len = len};
    memcpy(e.info, r->info, sizeof r->info);
    synth_thread thread = {.id = 1, .context = context, .context_len = len};
    synth *s = synth_new(false);
    put_system(s, (uint16_t)r->cpu, r->os);
    synth_thread_list(s, &thread, 1);
    synth_exceptions(s, &e);
    put_memory(s, r);
    put_regions(s, r);
    return state_of(s);
}

#endif
