/* lib/crash/reason_macos.c - Mach exceptions of macOS and iOS in words. */
#include "lib/crash/reason.h"

#include "lib/codes/codes.h"

/* The record: code is the Mach exception and flags are the low half of
 * code[0], of EXC_RESOURCE and EXC_GUARD the high half. Crashpad's parameters
 * are the exception as the handler got it, code[0] and code[1]; Breakpad has
 * none. */
enum {
    EXC_BAD_ACCESS = 1,
    EXC_BAD_INSTRUCTION = 2,
    EXC_ARITHMETIC = 3,
    EXC_SOFTWARE = 5,
    EXC_BREAKPOINT = 6,
    EXC_CRASH = 10,
    EXC_RESOURCE = 11,
    EXC_GUARD = 12,
    SIMULATED = 0x43507378,            /* Crashpad's dump without a crash */
    UNCAUGHT_NS_EXCEPTION = 0x43506e78 /* Crashpad's */
};

enum { NO_TABLE = CODE_TABLE_COUNT }; /* has no names */

enum cpu { CPU_ARM, CPU_PPC, CPU_X86, CPU_COUNT };

static uint32_t cpu_of(uint32_t arch)
{
    static const struct {
        uint32_t arch, cpu;
    } cpus[] = {
        {MDW_ARCH_ARM, CPU_ARM}, {MDW_ARCH_ARM64, CPU_ARM},
        {MDW_ARCH_PPC, CPU_PPC}, {MDW_ARCH_PPC64, CPU_PPC},
        {MDW_ARCH_X86, CPU_X86}, {MDW_ARCH_X86_64, CPU_X86},
    };
    for (size_t i = 0; i < sizeof cpus / sizeof *cpus; i++)
        if (cpus[i].arch == arch)
            return cpus[i].cpu;
    return CPU_COUNT;
}

/* Where the names of an exception's code[0] are: for all CPUs, then for one. */
static const struct {
    uint32_t exception;
    uint32_t all;
    uint32_t by_cpu[CPU_COUNT];
} details[] = {
    {EXC_BAD_ACCESS,
     CODE_MACH_ACCESS,
     {CODE_MACH_ACCESS_ARM, CODE_MACH_ACCESS_PPC, CODE_MACH_ACCESS_X86}},
    {EXC_BAD_INSTRUCTION,
     NO_TABLE,
     {CODE_MACH_INSTRUCTION_ARM, CODE_MACH_INSTRUCTION_PPC,
      CODE_MACH_INSTRUCTION_X86}},
    {EXC_ARITHMETIC,
     NO_TABLE,
     {CODE_MACH_ARITHMETIC_ARM, CODE_MACH_ARITHMETIC_PPC,
      CODE_MACH_ARITHMETIC_X86}},
    {EXC_BREAKPOINT,
     NO_TABLE,
     {CODE_MACH_BREAKPOINT_ARM, CODE_MACH_BREAKPOINT_PPC,
      CODE_MACH_BREAKPOINT_X86}},
    {EXC_SOFTWARE, CODE_MACH_SOFTWARE, {NO_TABLE, NO_TABLE, NO_TABLE}},
};

static mdw_str detail_name(uint32_t exception, uint32_t arch, uint32_t code)
{
    uint32_t cpu = cpu_of(arch);
    for (size_t i = 0; i < sizeof details / sizeof *details; i++) {
        if (details[i].exception != exception)
            continue;
        mdw_str name = code_name(details[i].all, code);
        if (!name.len && cpu < CPU_COUNT)
            name = code_name(details[i].by_cpu[cpu], code);
        return name;
    }
    return (mdw_str){"", 0};
}

/* A number packed into code[0] or code[1]. */
typedef struct part {
    char label[26];
    char unit[4];
    uint8_t word; /* index of the code */
    uint8_t shift, bits;
} part;

/* What code[0] and code[1] say, by the type in their bits 63:61. */
typedef struct packed_codes {
    uint32_t exception;
    uint32_t type;
    uint32_t flavors;
    part parts[3];
} packed_codes;

/* XNU osfmk/kern/exc_resource.h and osfmk/kern/exc_guard.h. */
static const packed_codes packings[] = {
    {EXC_RESOURCE,
     1,
     CODE_RESOURCE_CPU,
     {{" interval: ", "s", 0, 7, 25},
      {" CPU limit: ", "%", 0, 0, 7},
      {" CPU consumed: ", "%", 1, 0, 7}}},
    {EXC_RESOURCE,
     2,
     CODE_RESOURCE_WAKEUPS,
     {{" interval: ", "s", 0, 20, 20},
      {" wakeups permitted: ", "", 0, 0, 12},
      {" wakeups observed: ", "", 1, 0, 12}}},
    {EXC_RESOURCE,
     3,
     CODE_RESOURCE_MEMORY,
     {{" high watermark limit: ", "MiB", 0, 0, 13}}},
    {EXC_RESOURCE,
     4,
     CODE_RESOURCE_IO,
     {{" interval: ", "s", 0, 15, 17},
      {" I/O limit: ", "MiB", 0, 0, 15},
      {" I/O observed: ", "MiB", 1, 0, 15}}},
    {EXC_RESOURCE,
     5,
     CODE_RESOURCE_THREADS,
     {{" high watermark limit: ", "", 0, 0, 15}}},
    {EXC_GUARD,
     1,
     CODE_GUARD_MACH_PORT,
     {{" port name: ", "", 0, 0, 32}, {" guard identifier: ", "", 1, 0, 64}}},
    {EXC_GUARD,
     2,
     CODE_GUARD_FD,
     {{" file descriptor: ", "", 0, 0, 32},
      {" guard identifier: ", "", 1, 0, 64}}},
    {EXC_GUARD,
     3,
     NO_TABLE,
     {{"namespace: ", "", 0, 0, 32}, {" guard identifier: ", "", 1, 0, 64}}},
    {EXC_GUARD,
     4,
     CODE_GUARD_VN,
     {{" pid: ", "", 0, 0, 32}, {" guard identifier: ", "", 1, 0, 64}}},
    {EXC_GUARD, 5, CODE_GUARD_MEMORY, {{" offset: ", "", 1, 0, 64}}},
    {EXC_GUARD, 6, CODE_GUARD_SYSCALL, {{" syscall number: ", "", 1, 0, 64}}},
};

static const packed_codes *packing_of(uint32_t exception, uint32_t type)
{
    for (size_t i = 0; i < sizeof packings / sizeof *packings; i++)
        if (packings[i].exception == exception && packings[i].type == type)
            return &packings[i];
    return NULL;
}

static void say_parts(reason *r, const part *parts, size_t count,
                      const uint64_t codes[2])
{
    for (size_t i = 0; i < count && parts[i].bits; i++) {
        uint64_t value = codes[parts[i].word] >> parts[i].shift;
        if (parts[i].bits < 64)
            value &= (UINT64_C(1) << parts[i].bits) - 1;
        say(r, str_of(parts[i].label));
        say_decimal(r, value);
        say(r, str_of(parts[i].unit));
    }
}

/* code[0] and code[1]; false where the parameters are not this exception's.
 * Then only the high half of code[0] is left, in the flags. */
static bool codes_of(const mdw_exception *e, uint64_t codes[2])
{
    bool have = parameter_count(e) >= 3 && e->info[0] == e->code;
    codes[0] = have ? e->info[1] : (uint64_t)e->flags << 32;
    codes[1] = have ? e->info[2] : 0;
    return have;
}

/* EXC_RESOURCE and EXC_GUARD pack everything into 64-bit codes: the type in
 * bits 63:61 and a flavor in 60:58 or 60:32. */
static void say_packed(const mdw_exception *e, reason *r)
{
    uint64_t codes[2];
    bool have = codes_of(e, codes);
    bool resource = e->code == EXC_RESOURCE;
    uint32_t type = e->flags >> 29;
    mdw_str name = code_name(resource ? CODE_RESOURCE : CODE_GUARD, type);
    say(r, STR(" / "));
    say_name(r, name, e->flags);
    const packed_codes *p = packing_of(e->code, type);
    if (!name.len || !p)
        return;

    uint64_t flavor =
        resource ? codes[0] >> 58 & 0x7 : codes[0] >> 32 & 0x1fffffff;
    mdw_str flavor_name = code_name(p->flavors, flavor);
    if (!have && !flavor_name.len)
        return;
    say(r, STR(" / "));
    say(r, flavor_name);
    if (p->flavors != NO_TABLE && !flavor_name.len) {
        say_hex(r, codes[0], 16);
        say(r, STR(" / "));
        say_hex(r, codes[1], 16);
    } else if (have) {
        say_parts(r, p->parts, sizeof p->parts / sizeof *p->parts, codes);
    }
}

/* EXC_CRASH is how a process ends; its code[0] is signal << 24 | original
 * exception << 20 | original code. Crashpad records the original, 0 where a
 * signal was sent: an abort is exception 0 with the rest in the parameters. */
static bool is_crash(const mdw_exception *e)
{
    bool sent =
        e->code == 0 && parameter_count(e) >= 2 && e->info[0] == EXC_CRASH;
    return sent || e->code == EXC_CRASH;
}

static void say_crash(const mdw_exception *e, reason *r)
{
    bool have = parameter_count(e) >= 2 && e->info[0] == EXC_CRASH;
    uint64_t code = have ? e->info[1] : e->flags;
    say(r, STR("EXC_CRASH / "));
    say_name(r, code_name(CODE_MACH_SIGNAL, code >> 24 & 0xff), code);
}

void reason_macos(const mdw_system *system, const mdw_exception *e, reason *out)
{
    if (is_crash(e)) {
        say_crash(e, out);
        return;
    }
    if (e->code == 0 || e->code == SIMULATED)
        out->kind = MDW_CRASH_REQUEST;
    mdw_str name = code_name(CODE_MACH, e->code);
    if (e->code == SIMULATED) {
        say(out, STR("Simulated Exception"));
    } else if (e->code == UNCAUGHT_NS_EXCEPTION) {
        say(out, STR("Uncaught NSException"));
    } else if (!name.len) {
        say_unknown(out, e);
    } else {
        say(out, name);
        if (e->code == EXC_RESOURCE || e->code == EXC_GUARD) {
            say_packed(e, out);
            return;
        }
        say(out, STR(" / "));
        say_name(out, detail_name(e->code, system->arch, e->flags), e->flags);
    }
}
