/* tests/test_state_contexts.c - which CPU a context is of, and its registers.
 */
#include "state_of.h"

typedef struct row {
    const char *name;
    uint16_t processor;
    size_t len;
    size_t flags_at;
    uint64_t flags;
    size_t at; /* 8 bytes of 0x1122334455667788 here */
    mdw_status status;
    uint32_t arch;
    const char *reg;
    uint64_t want;
} row;

#define ALL UINT64_C(0x1122334455667788)
#define LOW UINT64_C(0x55667788)

static const row rows[] = {
    {"x86", CPU_X86, 716, 0, 0x1003F, 184, MDW_OK, MDW_ARCH_X86, "eip", LOW},
    {"AMD64", CPU_AMD64, 1232, 48, 0x10001F, 0xF8, MDW_OK, MDW_ARCH_X86_64,
     "rip", ALL},
    {"AMD64 with XSAVE data behind it", CPU_AMD64, 2700, 48, 0x10005F, 0xF8,
     MDW_OK, MDW_ARCH_X86_64, "rip", ALL},
    {"Windows' own bits are not those of other CPUs", CPU_AMD64, 1232, 48,
     0xD810005F, 0x98, MDW_OK, MDW_ARCH_X86_64, "rsp", ALL},
    {"AMD64 in a dump of an x86 system", CPU_X86, 1232, 48, 0x10001F, 0xF8,
     MDW_OK, MDW_ARCH_X86_64, "rip", ALL},
    {"LLDB's AMD64 context ends after 720 bytes", CPU_AMD64, 720, 48, 0x100007,
     0xF0, MDW_OK, MDW_ARCH_X86_64, "r15", ALL},
    {"x86 in a dump of an AMD64 system", CPU_AMD64, 716, 0, 0x1003F, 196,
     MDW_OK, MDW_ARCH_X86, "esp", LOW},
    {"ARM", CPU_ARM, 368, 0, 0x40000006, 68, MDW_OK, MDW_ARCH_ARM, "cpsr", LOW},
    {"ARM with Breakpad's old flag", CPU_ARM, 368, 0, 0x46, 64, MDW_OK,
     MDW_ARCH_ARM, "pc", LOW},
    {"Windows' own ARM context", CPU_ARM, 416, 0, 0x200007, 64, MDW_OK,
     MDW_ARCH_ARM, "pc", LOW},
    {"the Thumb bit of pc stays", CPU_ARM, 368, 0, 0x40000006, 64, MDW_OK,
     MDW_ARCH_ARM, "pc", LOW},
    {"ARM64", CPU_ARM64, 912, 0, 0x400007, 264, MDW_OK, MDW_ARCH_ARM64, "pc",
     ALL},
    {"ARM64 with Windows' bits", CPU_ARM64, 912, 0, 0xE8400007, 4, MDW_OK,
     MDW_ARCH_ARM64, "cpsr", LOW},
    {"the old ARM64 context under the new id", CPU_ARM64, 796, 0, 0x80000006,
     272, MDW_OK, MDW_ARCH_ARM64, "cpsr", LOW},
    {"LLDB pads it to 800", CPU_ARM64, 800, 0, 0x80000006, 264, MDW_OK,
     MDW_ARCH_ARM64, "pc", ALL},
    {"the old ARM64 context under its own id", 0x8003, 796, 0, 0x80000006, 256,
     MDW_OK, MDW_ARCH_ARM64, "sp", ALL},
    {"an unknown system: the size tells", 0xFFFF, 912, 0, 0x400007, 264, MDW_OK,
     MDW_ARCH_ARM64, "pc", ALL},
    {"an unknown system: AMD64 may be longer", 0xFFFF, 1300, 48, 0x10001F, 0xF8,
     MDW_OK, MDW_ARCH_X86_64, "rip", ALL},
    {"IA32 on Win64", 10, 716, 0, 0x1003F, 184, MDW_OK, MDW_ARCH_X86, "eip",
     LOW},
    {"no context", CPU_AMD64, 0, 0, 0, 0, MDW_ABSENT, MDW_ARCH_X86_64, NULL, 0},
    {"a context without its flag", CPU_AMD64, 1232, 48, 0x1F, 0xF8,
     MDW_E_FORMAT, MDW_ARCH_X86_64, NULL, 0},
    {"a context without its registers", CPU_AMD64, 200, 48, 0x100007, 0x80,
     MDW_E_TRUNCATED, MDW_ARCH_X86_64, NULL, 0},
    {"MIPS", 1, 600, 0, 0x40003, 8, MDW_E_UNSUPPORTED, MDW_ARCH_MIPS, NULL, 0},
    {"MIPS64", 0x8004, 600, 0, 0x80003, 8, MDW_E_UNSUPPORTED, MDW_ARCH_MIPS64,
     NULL, 0},
    {"PPC", 3, 1004, 0, 0x20000003, 8, MDW_E_UNSUPPORTED, MDW_ARCH_PPC, NULL,
     0},
    {"PPC64", 0x8002, 1160, 0, 0x01000003, 8, MDW_E_UNSUPPORTED, MDW_ARCH_PPC64,
     NULL, 0},
    {"SPARC", 0x8001, 584, 0, 0x10000003, 8, MDW_E_UNSUPPORTED, MDW_ARCH_SPARC,
     NULL, 0},
    {"RISC-V, 32 bits", 0x8005, 268, 0, 0x00800003, 8, MDW_E_UNSUPPORTED,
     MDW_ARCH_RISCV32, NULL, 0},
    {"RISC-V, 64 bits", 0x8006, 528, 0, 0x08000003, 8, MDW_E_UNSUPPORTED,
     MDW_ARCH_RISCV64, NULL, 0},
    {"RISC-V of an unknown system", 0xFFFF, 528, 0, 0x08000003, 8,
     MDW_E_UNSUPPORTED, MDW_ARCH_RISCV64, NULL, 0},
    {"half a context of RISC-V", 0x8006, 100, 0, 0x08000003, 8, MDW_E_TRUNCATED,
     MDW_ARCH_RISCV64, NULL, 0},
};

static void put(uint8_t *at, uint64_t value, size_t size, bool big_endian)
{
    for (size_t i = 0; i < size; i++)
        at[big_endian ? size - 1 - i : i] = (uint8_t)(value >> 8 * i);
}

static void check(const row *r, bool big_endian)
{
    uint8_t context[3000]; /* noise: every other flag is there, too */
    memset(context, 0xFF, sizeof context);
    t_case = r->name;
    if (r->len >= r->at + 8)
        put(context + r->at, r->want == LOW ? LOW : ALL, r->want == LOW ? 4 : 8,
            big_endian);
    if (r->len)
        put(context + r->flags_at, r->flags, 4, big_endian);
    if (r->len == 796 || r->len == 800) /* the flags are 64-bit */
        put(context, r->flags, 8, big_endian);
    if (r->arch == MDW_ARCH_PPC64)
        put(context, r->flags, 8, big_endian);
    synth_thread t = {.id = 7, .context = context, .context_len = r->len};
    synth *s = synth_new(big_endian);
    put_system(s, r->processor, OS_LINUX);
    synth_thread_list(s, &t, 1);
    opened o = state_of(s);
    mdw_stack k = MDW_INIT(mdw_stack);
    CHECK(mdw_state_stack(o.state, 0, &k) == MDW_OK);
    CHECK_U64((uint64_t)k.context_status, (uint64_t)r->status);
    CHECK_U64(k.arch, r->arch);
    CHECK_U64(k.context.len, r->len);
    CHECK(k.has_regs == (r->status == MDW_OK));
    CHECK_U64(issues_of(o.state, r->status, "CONTEXT"), r->status < 0);
    if (r->reg) {
        uint32_t reg = mdw_reg_find(k.arch, (mdw_str){r->reg, strlen(r->reg)});
        CHECK(reg != MDW_NONE && k.regs.valid >> reg & 1);
        CHECK_U64(k.regs.value[reg], r->want);
        CHECK_U64(k.regs.guessed, 0);
    } else {
        CHECK_U64(k.regs.valid, 0);
    }
    state_done(&o);
}

static void check_missing_system(void)
{
    t_case = "without SystemInfo the contexts and the streams tell";
    uint8_t context[1232];
    amd64_context(context, 0x1000, 0x2000);
    synth_thread t = {.id = 7, .context = context, .context_len = 1232};
    synth *s = synth_new(false);
    synth_thread_list(s, &t, 1);
    synth_text(s, MDW_STREAM_LINUX_MAPS, "", 1);
    opened o = state_of(s);
    mdw_system y = MDW_INIT(mdw_system);
    CHECK(mdw_state_system(o.state, &y) == MDW_OK);
    CHECK_U64(y.arch, MDW_ARCH_X86_64);
    CHECK_U64(y.os, MDW_OS_LINUX);
    CHECK_U64(y.platform, MDW_NONE);
    CHECK_U64(y.processor, MDW_NONE);
    CHECK_U64(y.pointer_size, 8);
    mdw_stack k = MDW_INIT(mdw_stack);
    CHECK(mdw_state_stack(o.state, 0, &k) == MDW_OK && k.has_regs);
    CHECK_U64(issues_of(o.state, MDW_E_TRUNCATED, "no MINIDUMP_SYSTEM_INFO"),
              1);
    state_done(&o);
}

/* MINIDUMP_MISC_INFO_5 with the features' places: AVX's and CET's. */
static void put_features(synth *s)
{
    enum { XSTATE = 832, AVX = 2, CET = 11 };
    uint8_t misc[1364] = {0};
    t_put(misc, sizeof misc, 4);
    t_put(misc + XSTATE + 16 + 8 * AVX + 4, 256, 4);
    t_put(misc + XSTATE + 16 + 8 * CET, 0x240, 4);
    t_put(misc + XSTATE + 16 + 8 * CET + 4, 16, 4);
    synth_text(s, MDW_STREAM_MISC_INFO, misc, sizeof misc);
}

static void check_shadow(void)
{
    enum { EX = 1232, HEADER = 1296, SIZE = 1800 };
    static const struct {
        const char *claim;
        uint32_t flags;
        uint64_t there, lies;
        size_t at; /* of CET's state, from the header */
        size_t len;
        uint64_t want;
    } shadows[] = {
        {"where MiscInfo says", 0x10005F, 0x800, 0, 64, SIZE, 0x7000},
        {"packed: behind the header", 0x10005F, 0x800, 1ULL << 63 | 0x800, 64,
         SIZE, 0x7000},
        {"packed: behind AVX", 0x10005F, 0x804, 1ULL << 63 | 0x804, 320, SIZE,
         0x7000},
        {"not there", 0x10005F, 0x4, 0, 64, SIZE, 0},
        {"no XSAVE data", 0x10001F, 0x800, 0, 64, SIZE, 0},
        {"cut", 0x10005F, 0x800, 0, 64, HEADER + 70, 0},
    };
    for (size_t i = 0; i < sizeof shadows / sizeof *shadows; i++) {
        uint8_t context[SIZE];
        t_case = shadows[i].claim;
        memset(context, 0xEE, sizeof context);
        t_put(context + 48, shadows[i].flags, 4);
        t_put(context + EX + 16, HEADER - EX, 4);
        t_put(context + EX + 20, SIZE - HEADER, 4);
        t_put(context + HEADER, shadows[i].there, 8);
        t_put(context + HEADER + 8, shadows[i].lies, 8);
        t_put(context + HEADER + shadows[i].at + 8, 0x7000, 8);
        synth_thread t = {
            .id = 7, .context = context, .context_len = shadows[i].len};
        synth *s = synth_new(false);
        put_system(s, CPU_AMD64, OS_LINUX);
        put_features(s);
        synth_thread_list(s, &t, 1);
        opened o = state_of(s);
        mdw_stack k = MDW_INIT(mdw_stack);
        CHECK(mdw_state_stack(o.state, 0, &k) == MDW_OK && k.has_regs);
        CHECK_U64(k.shadow, shadows[i].want);
        state_done(&o);
    }
}

static void check_unsupported(void)
{
    t_case = "a CPU that is not unwound is one issue, however many threads";
    uint8_t context[600] = {0};
    t_put(context, 0x40003, 4);
    synth_thread t[] = {{.id = 1, .context = context, .context_len = 600},
                        {.id = 2, .context = context, .context_len = 600}};
    synth *s = synth_new(false);
    put_system(s, 1, OS_LINUX);
    synth_thread_list(s, t, 2);
    opened o = state_of(s);
    CHECK_U64(mdw_state_issue_count(o.state), 1);
    CHECK_U64(issues_of(o.state, MDW_E_UNSUPPORTED, "CONTEXT"), 2);
    state_done(&o);
}

int main(void)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        check(&rows[i], false);
        check(&rows[i], true);
    }
    check_missing_system();
    check_shadow();
    check_unsupported();
    return t_done();
}
