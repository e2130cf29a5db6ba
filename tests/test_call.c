/* tests/test_call.c - a call is found where it ends, with its target. The table
 * says what we mean; capstone, asked about every suffix of biased random bytes
 * and of whole libraries, says what we forgot. */
#include <capstone/capstone.h>
#include <stdlib.h>

#include "lib/insn/call.h"
#include "t.h"

typedef struct machine {
    const char *name;
    uint32_t arch;
    bool thumb;
    cs_arch cs_arch;
    cs_mode cs_mode;
    const char *library; /* a real one, when it is here */
} machine;

enum { X86, X64, A32, T32, A64, MACHINES };

static const machine machines[MACHINES] = {
    {"x86", MDW_ARCH_X86, false, CS_ARCH_X86, CS_MODE_32,
     "/usr/i686-linux-gnu/lib/libc.so.6"},
    {"x86_64", MDW_ARCH_X86_64, false, CS_ARCH_X86, CS_MODE_64,
     "/usr/lib/x86_64-linux-gnu/libc.so.6"},
    {"arm", MDW_ARCH_ARM, false, CS_ARCH_ARM, CS_MODE_ARM,
     "/usr/arm-linux-gnueabi/lib/libc.so.6"},
    {"thumb", MDW_ARCH_ARM, true, CS_ARCH_ARM, CS_MODE_THUMB,
     "/usr/arm-linux-gnueabihf/lib/libc.so.6"},
    {"arm64", MDW_ARCH_ARM64, false, CS_ARCH_ARM64, CS_MODE_ARM,
     "/usr/aarch64-linux-gnu/lib/libc.so.6"},
};

typedef struct row {
    const char *claim;
    int machine;
    const char *code; /* hex, ends at `addr` */
    uint64_t addr;
    unsigned size; /* of the longest call; 0: there is none */
    uint64_t target;
    char kind; /* d direct, x direct and exchanging, i indirect */
} row;

static const row rows[] = {
    {"call rel32", X64, "e8fbffffff", 0x1000, 5, 0xFFB, 'd'},
    {"call rel32 wraps at 2^64", X64, "e800000080", 0x1000, 5,
     0xFFFFFFFF80001000, 'd'},
    {"call rel32 wraps at 2^32", X86, "e800f0ffff", 0xFF0, 5, 0xFFFFFFF0, 'd'},
    {"call rel32 forward over 2^32", X86, "e820000000", 0xFFFFFFF0, 5, 0x10,
     'd'},
    {"call rax", X64, "90ffd0", 0x1000, 2, 0, 'i'},
    {"call r11", X64, "9041ffd3", 0x1000, 3, 0, 'i'},
    {"call [rax]", X64, "90ff10", 0x1000, 2, 0, 'i'},
    {"call [rax+10h]", X64, "90ff5010", 0x1000, 3, 0, 'i'},
    {"call [rax+1000h]", X64, "90ff9000100000", 0x1000, 6, 0, 'i'},
    {"call [rip+10h]", X64, "90ff1510000000", 0x1000, 6, 0, 'i'},
    {"call [rsp]", X64, "90ff1424", 0x1000, 3, 0, 'i'},
    {"call [rdi+rsi*8+8]", X64, "90ff54f708", 0x1000, 4, 0, 'i'},
    {"call [rsi*8+12345678h]", X64, "90ff14f578563412", 0x1000, 7, 0, 'i'},
    {"call [r12+78h]", X64, "9041ff942478000000", 0x1000, 8, 0, 'i'},
    {"call fs:[10h]", X64, "9064ff142510000000", 0x1000, 8, 0, 'i'},
    {"call gs:[10h]", X86, "9065ff1510000000", 0x1000, 7, 0, 'i'},
    {"addr32 call", X64, "9067e800000000", 0x1000, 6, 0x1000, 'd'},
    {"data16 data16 rex.W call", X64, "906666 48e800000000", 0x1000, 8, 0x1000,
     'd'},
    {"bnd call", X64, "90f2e800000000", 0x1000, 6, 0x1000, 'd'},
    {"notrack call rax", X64, "903effd0", 0x1000, 3, 0, 'i'},
    {"call 33h:12345678h", X86, "909a785634123300", 0x1000, 7, 0x12345678, 'd'},
    {"no far call in 64-bit code", X64, "909a785634123300", 0x1000, 0, 0, 0},
    {"no REX in 32-bit code", X86, "9041ffd3", 0x1000, 2, 0, 'i'},
    {"call rel16", X86, "9066e80000", 0x1000, 0, 0, 0},
    {"jmp rel32", X64, "90e900000000", 0x1000, 0, 0, 0},
    {"jmp rax", X64, "9090ffe0", 0x1000, 0, 0, 0},
    {"push rax", X64, "9090fff0", 0x1000, 0, 0, 0},
    {"far call [rax]", X64, "9090ff18", 0x1000, 0, 0, 0},
    {"syscall", X64, "90900f05", 0x1000, 0, 0, 0},
    {"sysenter", X86, "90900f34", 0x1000, 0, 0, 0},
    {"int 80h", X86, "9090cd80", 0x1000, 0, 0, 0},
    {"a call that ends one byte early", X64, "e80000000090", 0x1000, 0, 0, 0},
    {"half a call", X64, "e8000000", 0x1000, 0, 0, 0},
    {"prefixes alone", X64, "666666", 0x1000, 0, 0, 0},
    {"one byte", X64, "d0", 0x1000, 0, 0, 0},
    {"nothing", X64, "", 0x1000, 0, 0, 0},

    {"bl +8", A32, "000000eb", 0x1004, 4, 0x1008, 'd'},
    {"bl -4 words", A32, "fcffffeb", 0x1004, 4, 0xFF8, 'd'},
    {"bl wraps at 2^32", A32, "000080eb", 0x1004, 4, 0xFE001008, 'd'},
    {"blne", A32, "0000001b", 0x1004, 4, 0x1008, 'd'},
    {"blx label", A32, "000000fa", 0x1004, 4, 0x1008, 'x'},
    {"blx label, H", A32, "000000fb", 0x1004, 4, 0x100A, 'x'},
    {"blx r3", A32, "33ff2fe1", 0x1004, 4, 0, 'i'},
    {"mov lr, pc; bx r3", A32, "0fe0a0e113ff2fe1", 0x1008, 8, 0, 'i'},
    {"mov lr, pc; mov pc, r3", A32, "0fe0a0e103f0a0e1", 0x1008, 8, 0, 'i'},
    {"mov lr, pc; ldr pc, [r3, #8]", A32, "0fe0a0e108f093e5", 0x1008, 8, 0,
     'i'},
    {"mov lr, pc; ldr pc, [r3, r2]", A32, "0fe0a0e102f093e7", 0x1008, 8, 0,
     'i'},
    {"movne lr, pc; bxne r3", A32, "0fe0a01113ff2f11", 0x1008, 8, 0, 'i'},
    {"movne lr, pc; bx r3", A32, "0fe0a01113ff2fe1", 0x1008, 0, 0, 0},
    {"mov lr, pc; ldrb", A32, "0fe0a0e108f0d3e5", 0x1008, 0, 0, 0},
    {"mov lr, pc; a media instruction", A32, "0fe0a0e110f093e6", 0x1008, 0, 0,
     0},
    {"bx r3 alone", A32, "13ff2fe1", 0x1004, 0, 0, 0},
    {"b", A32, "000000ea", 0x1004, 0, 0, 0},
    {"not at a word", A32, "000000eb", 0x1006, 0, 0, 0},

    {"bl +4", T32, "00f000f8", 0x1004, 4, 0x1004, 'd'},
    {"bl -4", T32, "fff7fcff", 0x1004, 4, 0xFFC, 'd'},
    {"bl +C00000h: J1 and J2 are inverted", T32, "00f000d0", 0x1004, 4,
     0xC01004, 'd'},
    {"bl -1000000h: but not with S", T32, "00f400d0", 0x1004, 4, 0xFF001004,
     'd'},
    {"bl wraps at 2^32", T32, "00f000d0", 0xFFFFFFF0, 4, 0xBFFFF0, 'd'},
    {"blx label", T32, "00f002e8", 0x1004, 4, 0x1008, 'x'},
    {"blx label from half a word", T32, "00f002e8", 0x1006, 4, 0x1008, 'x'},
    {"blx r3", T32, "9847", 0x1002, 2, 0, 'i'},
    {"blx lr", T32, "f047", 0x1002, 2, 0, 'i'},
    {"bx r3", T32, "1847", 0x1002, 0, 0, 0},
    {"b.w", T32, "00f000b8", 0x1004, 0, 0, 0},
    {"blx label with its low bit", T32, "00f003e8", 0x1004, 0, 0, 0},
    {"an odd address", T32, "9847", 0x1003, 0, 0, 0},

    {"bl +4", A64, "01000094", 0x1004, 4, 0x1004, 'd'},
    {"bl back over 0", A64, "00000096", 0x1004, 4, 0xFFFFFFFFF8001000, 'd'},
    {"blr x8", A64, "00013fd6", 0x1004, 4, 0, 'i'},
    {"blraaz x8", A64, "1f093fd6", 0x1004, 4, 0, 'i'},
    {"blrabz x8", A64, "1f0d3fd6", 0x1004, 4, 0, 'i'},
    {"blraa x8, x9", A64, "09093fd7", 0x1004, 4, 0, 'i'},
    {"blrab x8, sp", A64, "1f0d3fd7", 0x1004, 4, 0, 'i'},
    {"br x8", A64, "00011fd6", 0x1004, 0, 0, 0},
    {"ret", A64, "c0035fd6", 0x1004, 0, 0, 0},
    {"b", A64, "01000014", 0x1004, 0, 0, 0},
    {"half an instruction", A64, "0094", 0x1004, 0, 0, 0},
    {"not at a word", A64, "01000094", 0x1006, 0, 0, 0},
};

static size_t from_hex(const char *hex, uint8_t *out)
{
    size_t n = 0;
    for (unsigned byte; sscanf(hex, " %2x", &byte) == 1; n++) {
        out[n] = (uint8_t)byte;
        hex += 2 + (*hex == ' ');
    }
    return n;
}

static void check_row(const row *r)
{
    const machine *m = &machines[r->machine];
    char name[80];
    snprintf(name, sizeof name, "%s: %s", m->name, r->claim);
    t_case = name;
    uint8_t code[16];
    call_site sites[CALL_SITES];
    size_t len = from_hex(r->code, code);
    size_t n = call_before(m->arch, m->thumb, false, (mdw_bytes){code, len},
                           r->addr, sites);
    CHECK((n > 0) == (r->size > 0));
    if (!n)
        return;
    const call_site *s = &sites[n - 1];
    CHECK_U64(s->size, r->size);
    CHECK(m->cs_arch == CS_ARCH_X86 || s->size <= call_need(m->arch));
    CHECK_U64(s->target, r->target);
    CHECK(s->direct == (r->kind != 'i'));
    CHECK(s->exchanges == (r->kind == 'x'));
}

static void test_edges(void)
{
    static const uint8_t big[] = {0xEB, 0, 0, 0};
    static const uint8_t both[] = {0x00, 0xF0, 0x98, 0x47};
    static const uint8_t many[] = {0x3E, 0x3E, 0x3E, 0x3E, 0x3E, 0xFF, 0xD0};
    call_site sites[CALL_SITES];
    t_case = "big-endian code";
    CHECK_U64(call_before(MDW_ARCH_ARM, false, true, (mdw_bytes){big, 4},
                          0x1004, sites),
              1);
    CHECK_U64(sites[0].target, 0x1008);
    CHECK_U64(call_before(MDW_ARCH_ARM, false, false, (mdw_bytes){big, 4},
                          0x1004, sites),
              0);
    t_case = "blx r3 may be half of something else";
    CHECK_U64(call_before(MDW_ARCH_ARM, true, false, (mdw_bytes){both, 4},
                          0x1004, sites),
              1);
    t_case = "more calls than are wanted, shortest first";
    size_t n = call_before(MDW_ARCH_X86_64, false, false,
                           (mdw_bytes){many, sizeof many}, 0x1000, sites);
    CHECK_U64(n, CALL_SITES);
    for (size_t i = 0; i < n; i++)
        CHECK_U64(sites[i].size, i + 2);
    t_case = "another architecture";
    CHECK_U64(call_need(MDW_ARCH_MIPS), 0);
    CHECK_U64(call_before(MDW_ARCH_MIPS, false, false, (mdw_bytes){big, 4},
                          0x1004, sites),
              0);
}

/* The oracle. */

typedef struct oracle {
    const machine *m;
    csh handle;
    cs_insn *insn;
    uint64_t calls; /* seen */
} oracle;

static bool is_call(const machine *m, unsigned id)
{
    switch (m->cs_arch) {
    case CS_ARCH_X86:
        return id == X86_INS_CALL || id == X86_INS_LCALL;
    case CS_ARCH_ARM:
        return id == ARM_INS_BL || id == ARM_INS_BLX;
    default:
        return id == ARM64_INS_BL || id == ARM64_INS_BLR;
    }
}

static const call_site *of_size(const call_site *sites, size_t n, size_t size)
{
    for (size_t i = 0; i < n; i++)
        if (sites[i].size == size)
            return &sites[i];
    return NULL;
}

typedef struct prefixes {
    size_t count; /* bytes */
    bool operand, address, lock, wide;
    bool odd; /* a REX that is not the last of them */
} prefixes;

static prefixes prefixes_of(const machine *m, const uint8_t *code, size_t size)
{
    static const uint8_t legacy[] = {0x26, 0x2E, 0x36, 0x3E, 0x64, 0x65,
                                     0x66, 0x67, 0xF0, 0xF2, 0xF3};
    prefixes p = {0};
    bool rex = false;
    for (; p.count < size; p.count++) {
        uint8_t byte = code[p.count];
        bool is_rex = m->arch == MDW_ARCH_X86_64 && (byte & 0xF0) == 0x40;
        if (!is_rex && !memchr(legacy, byte, sizeof legacy))
            return p;
        p.odd |= rex;
        rex |= is_rex;
        p.wide = is_rex && byte & 8;
        p.operand |= byte == 0x66;
        p.address |= byte == 0x67;
        p.lock |= byte == 0xF0;
    }
    return p;
}

/* Calls of capstone's that we leave out. No compiler makes far ones through
 * memory, 16-bit addresses in 32-bit code or a REX that does not count, being
 * followed by another prefix; 66 E8 has two readings; LOCK is an invalid opcode
 * here and capstone lets it pass beside F2. */
static bool left_out(const machine *m, const uint8_t *code, size_t size)
{
    if (m->cs_arch != CS_ARCH_X86)
        return false;
    prefixes p = prefixes_of(m, code, size);
    uint8_t opcode = code[p.count], modrm = code[p.count + 1];
    bool memory = opcode == 0xFF && modrm < 0xC0;
    if (p.odd || p.lock || (memory && (modrm & 0x38) == 0x18))
        return true;
    if (m->arch == MDW_ARCH_X86)
        return p.operand || (p.address && memory);
    return p.operand && !p.wide && opcode == 0xE8;
}

/* capstone 4.0.2 takes the address size prefix before REX.W E8 for an operand
 * size prefix. */
static bool misread(const machine *m, const uint8_t *code, size_t size)
{
    prefixes p = prefixes_of(m, code, size);
    return m->arch == MDW_ARCH_X86_64 && p.address && p.wide &&
           code[p.count] == 0xE8;
}

static void complain(const oracle *o, const char *what, const uint8_t *code,
                     size_t size)
{
    static int shown;
    t_failed++;
    if (shown++ > 40)
        return;
    fprintf(stderr, "%s: %s:", o->m->name, what);
    for (size_t i = 0; i < size; i++)
        fprintf(stderr, " %02x", code[i]);
    fprintf(stderr, "  %s %s\n", o->insn->mnemonic, o->insn->op_str);
}

/* The operand of a direct call; false for registers and memory. */
static bool direct_target(const char *operand, uint64_t *out)
{
    const char *colon = strchr(operand, ':');
    const char *at = colon && !strchr(operand, '[') ? colon + 1 : operand;
    while (*at == '#' || *at == ' ')
        at++;
    char *end;
    *out = strtoull(at, &end, 0);
    return end != at && !*end;
}

static void compare_site(oracle *o, const uint8_t *code, size_t size,
                         uint64_t addr, const call_site *s)
{
    const uint8_t *at = code;
    size_t left = size;
    uint64_t start = addr - size, target = 0;
    bool call = cs_disasm_iter(o->handle, &at, &left, &start, o->insn) &&
                o->insn->size == size && is_call(o->m, o->insn->id);
    o->calls += call;
    if ((!call && !s) || misread(o->m, code, size))
        return;
    if (call && !s && left_out(o->m, code, size))
        return;
    if (!call || !s) {
        complain(o, call ? "missed" : "no call", code, size);
        return;
    }
    bool direct = direct_target(o->insn->op_str, &target);
    if (direct != s->direct || target != s->target)
        complain(o, "target", code, size);
}

static void compare(oracle *o, const uint8_t *code, size_t len, uint64_t addr)
{
    call_site sites[CALL_SITES];
    size_t step = o->m->cs_arch == CS_ARCH_X86 ? 1 : o->m->thumb ? 2 : 4;
    size_t longest = step == 1 ? CALL_BEFORE : 4;
    size_t n = call_before(o->m->arch, o->m->thumb, false,
                           (mdw_bytes){code, len}, addr, sites);
    size_t need = call_need(o->m->arch);
    if (need < len) {
        call_site few[CALL_SITES];
        mdw_bytes known = {code + len - need, need};
        size_t m =
            call_before(o->m->arch, o->m->thumb, false, known, addr, few);
        CHECK((m > 0) == (n > 0)); /* call_need bytes decide */
    }
    for (size_t size = step == 1 ? 2 : step; size <= longest; size += step)
        if (n < CALL_SITES || size <= sites[n - 1].size)
            compare_site(o, code + len - size, size, addr,
                         of_size(sites, n, size));
}

static uint64_t random_bits(void)
{
    static uint64_t x = 1; /* xorshift64* */
    x ^= x >> 12;
    x ^= x << 25;
    x ^= x >> 27;
    return x * UINT64_C(2685821657736338717);
}

/* Opcodes, prefixes and ModR/M bytes of calls and their neighbours. */
static void random_x86(uint8_t *code, size_t len)
{
    static const uint8_t likely[] = {
        0xE8, 0xFF, 0xFF, 0x9A, 0xE9, 0x66, 0x67, 0xF2, 0xF3, 0x3E, 0x64,
        0x48, 0x41, 0xD0, 0x10, 0x14, 0x15, 0x50, 0x54, 0x90, 0x94, 0x25};
    uint64_t bits = random_bits();
    for (size_t i = 0; i < len; i++) {
        uint64_t one = random_bits();
        code[i] =
            bits >> i & 1 ? (uint8_t)one : likely[(one >> 8) % sizeof likely];
    }
}

/* Encodings with their free bits random and at most one of them all wrong. */
static void random_arm(const machine *m, uint8_t *code)
{
    static const uint32_t a32[][2] = {{0x0F000000, 0x0B000000},
                                      {0xFE000000, 0xFA000000},
                                      {0x0FFFFFF0, 0x012FFF30}};
    static const uint32_t t32[][2] = {{0xD000F800, 0xD000F000},
                                      {0xD001F800, 0xC000F000},
                                      {0xFF870000, 0x47800000}};
    static const uint32_t a64[][2] = {{0xFC000000, 0x94000000},
                                      {0xFFFFFC1F, 0xD63F0000},
                                      {0xFFFFFC1F, 0xD63F0000}};
    const uint32_t(*table)[2] = m->thumb                    ? t32
                                : m->arch == MDW_ARCH_ARM64 ? a64
                                                            : a32;
    uint64_t bits = random_bits();
    const uint32_t *like = table[(bits >> 40) % 3];
    uint32_t word = ((uint32_t)bits & ~like[0]) | like[1];
    if (bits >> 63)
        word ^= UINT32_C(1) << (bits >> 50 & 31);
    t_put(code, word, 4);
}

static void test_random(oracle *o, unsigned count)
{
    uint8_t code[CALL_BEFORE];
    bool x86 = o->m->cs_arch == CS_ARCH_X86;
    for (unsigned i = 0; i < count; i++) {
        if (x86)
            random_x86(code, sizeof code);
        else
            random_arm(o->m, code);
        uint64_t addr = 0x10000000 + (random_bits() & 0xFFFFFC);
        compare(o, code, x86 ? sizeof code : 4, addr);
    }
    CHECK(o->calls > count / 20);
    fprintf(stderr, "%s: %" PRIu64 " calls in %u random strings\n", o->m->name,
            o->calls, count);
}

/* .text of an ELF file, from its section headers. */
static uint64_t get(const uint8_t *at, size_t size)
{
    uint64_t v = 0;
    while (size--)
        v = v << 8 | at[size];
    return v;
}

static mdw_bytes text_of(const uint8_t *elf, size_t len)
{
    bool wide = elf[4] == 2;
    size_t word = wide ? 8 : 4, entry = wide ? 64 : 40;
    uint64_t table = get(elf + (wide ? 40 : 32), word);
    const uint8_t *head = elf + (wide ? 58 : 46);
    uint64_t count = get(head + 2, 2), names = get(head + 4, 2);
    if (table > len || count * entry > len - table)
        return (mdw_bytes){NULL, 0};
    size_t offset = wide ? 24 : 16;
    uint64_t strings = get(elf + table + names * entry + offset, word);
    for (uint64_t i = 0; i < count; i++) {
        const uint8_t *h = elf + table + i * entry;
        uint64_t at = get(h + offset, word),
                 size = get(h + offset + word, word);
        if (!strcmp((const char *)elf + strings + get(h, 4), ".text"))
            return (mdw_bytes){elf + at, (size_t)size};
    }
    return (mdw_bytes){NULL, 0};
}

static uint8_t *slurp(const char *path, size_t *len)
{
    FILE *f = fopen(path, "rb");
    if (!f)
        return NULL;
    fseek(f, 0, SEEK_END);
    *len = (size_t)ftell(f);
    rewind(f);
    uint8_t *out = malloc(*len);
    if (fread(out, 1, *len, f) != *len)
        *len = 0;
    fclose(f);
    return out;
}

/* Straight through the code; what cannot be decoded is stepped over. Every call
 * is found; where an instruction that is none ends, x86 can look like a call
 * by accident and the others cannot. */
static void walk_text(oracle *o, mdw_bytes text)
{
    const uint64_t base = 0x400000;
    uint64_t addr = base, found = 0, wrong = 0, total = 0;
    size_t step = o->m->cs_arch == CS_ARCH_X86 ? 1 : o->m->thumb ? 2 : 4;
    const uint8_t *at = text.data;
    size_t left = text.len;
    while (left) {
        if (!cs_disasm_iter(o->handle, &at, &left, &addr, o->insn)) {
            if (left <= step)
                break;
            at += step, left -= step, addr += step;
            continue;
        }
        size_t done = (size_t)(addr - base), size = o->insn->size;
        if (done < CALL_BEFORE)
            continue;
        bool call = is_call(o->m, o->insn->id);
        call_site sites[CALL_SITES];
        mdw_bytes before = {text.data + done - CALL_BEFORE, CALL_BEFORE};
        size_t n =
            call_before(o->m->arch, o->m->thumb, false, before, addr, sites);
        const call_site *s = of_size(sites, n, size);
        total++;
        found += call;
        wrong += !call && n;
        if (call || s)
            compare_site(o, text.data + done - size, size, addr, s);
    }
    CHECK(found > 1000);
    fprintf(stderr,
            "%s: %s: %" PRIu64 " calls found, %" PRIu64 " of %" PRIu64
            " other instructions look like one\n",
            o->m->name, o->m->library, found, wrong, total - found);
}

static void test_library(oracle *o)
{
    size_t len = 0;
    uint8_t *elf = slurp(o->m->library, &len);
    mdw_bytes text = {NULL, 0};
    if (elf && len > 64)
        text = text_of(elf, len);
    if (text.len)
        walk_text(o, text);
    else
        fprintf(stderr, "SKIPPED: %s: no %s on this machine\n", o->m->name,
                o->m->library);
    free(elf);
}

int main(void)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        check_row(&rows[i]);
    test_edges();
    for (size_t i = 0; i < MACHINES; i++) {
        oracle o = {.m = &machines[i]};
        t_case = o.m->name;
        CHECK_U64(cs_open(o.m->cs_arch, o.m->cs_mode, &o.handle), CS_ERR_OK);
        o.insn = cs_malloc(o.handle);
        test_random(&o, o.m->cs_arch == CS_ARCH_X86 ? 100000 : 500000);
        test_library(&o);
        cs_free(o.insn, 1);
        cs_close(&o.handle);
    }
    return t_done();
}
