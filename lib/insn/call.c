/* lib/insn/call.c - the encodings of call instructions, read backwards from the
 * address they return to. */
#include "lib/insn/call.h"

#include "lib/base/reader.h"
#include "lib/insn/x86.h"

/* The last `size` bytes of `before`; bad when there are fewer. */
static reader last(mdw_bytes before, size_t size, bool big_endian)
{
    reader r = reader_at(before, 0, 0, big_endian);
    return reader_sub(&r, (uint64_t)before.len - size, size); /* may wrap */
}

static uint64_t sign_extend(uint64_t value, unsigned bits)
{
    uint64_t sign = UINT64_C(1) << (bits - 1);
    return (value ^ sign) - sign;
}

/* x86: Intel SDM volume 2, chapters 2.1 and 2.2 and CALL. */

enum { X86_LONGEST = CALL_BEFORE, X86_SHORTEST = 2 };

typedef struct x86_call {
    uint8_t opcode;
    uint8_t immediate; /* bytes */
    bool direct, relative;
    bool long_mode; /* valid in 64-bit mode */
} x86_call;

/* CALL m16:32 (FF /3) is left out: no compiler makes one, and what it pushes is
 * not one word. */
static const x86_call x86_calls[] = {
    {0xE8, 4, true, true, true},   /* CALL rel32 */
    {0xFF, 0, false, false, true}, /* CALL r/m32, CALL r/m64: FF /2 */
    {0x9A, 6, true, false, false}, /* CALL ptr16:32 */
};

/* Prefixes that leave a call what it is: segments (also NOTRACK, 3E),
 * REPNE (BND), REP, and the address size that linkers pad `call *x(%rip)` with
 * when they turn it into `call x`. The operand size prefix pads calls to
 * __tls_get_addr in 64-bit code; in 32-bit code it would cut eip to 16 bits.
 * LOCK makes it no instruction. */
static bool x86_is_padding(uint8_t byte, bool long_mode)
{
    return x86_is_prefix(byte) && byte != 0xF0 && (byte != 0x66 || long_mode);
}

/* ModR/M, SIB and displacement (tables 2-2 and 2-3) of FF /2. False when it is
 * another instruction, and where addresses have 16 bits in 32-bit code, which
 * no compiler makes. */
static bool x86_skip_operand(reader *r, bool short_addresses)
{
    uint8_t modrm = reader_u8(r);
    unsigned mod = modrm >> 6, rm = modrm & 7;
    if ((modrm >> 3 & 7) != 2)
        return false;
    if (mod == 3)
        return true;
    if (short_addresses)
        return false;
    unsigned base = rm == 4 ? reader_u8(r) & 7u : rm;
    if (mod == 1)
        reader_skip(r, 1);
    if (mod == 2 || (mod == 0 && base == 5))
        reader_skip(r, 4);
    return true;
}

static const x86_call *x86_find(uint8_t opcode, bool long_mode)
{
    for (size_t i = 0; i < sizeof x86_calls / sizeof *x86_calls; i++)
        if (x86_calls[i].opcode == opcode &&
            (x86_calls[i].long_mode || !long_mode))
            return &x86_calls[i];
    return NULL;
}

/* Whether the whole of `r` is one call. */
static bool x86_site(reader r, bool long_mode, uint64_t addr, call_site *out)
{
    size_t size = reader_left(&r);
    bool short_addresses = false, short_operand = false;
    uint8_t byte = reader_u8(&r);
    for (; x86_is_padding(byte, long_mode); byte = reader_u8(&r)) {
        short_addresses |= byte == 0x67 && !long_mode;
        short_operand |= byte == 0x66;
    }
    if (long_mode && (byte & 0xF0) == 0x40) { /* REX */
        short_operand &= !(byte & 8);         /* W overrides the prefix */
        byte = reader_u8(&r);
    }
    const x86_call *call = x86_find(byte, long_mode);
    if (!call)
        return false;
    /* Intel reads a rel32, AMD a rel16. */
    if (call->direct && short_operand)
        return false;
    if (!call->direct && !x86_skip_operand(&r, short_addresses))
        return false;
    uint64_t value = reader_uint(&r, call->immediate) & UINT32_MAX;
    if (r.bad || reader_left(&r))
        return false;
    uint64_t target = call->relative ? addr + sign_extend(value, 32) : value;
    *out = (call_site){.target = long_mode ? target : target & UINT32_MAX,
                       .size = (uint8_t)size,
                       .direct = call->direct};
    return true;
}

static size_t x86_before(mdw_bytes before, bool long_mode, uint64_t addr,
                         call_site *out)
{
    size_t count = 0;
    size_t longest = before.len < X86_LONGEST ? before.len : X86_LONGEST;
    for (size_t n = X86_SHORTEST; n <= longest && count < CALL_SITES; n++)
        count += x86_site(last(before, n, false), long_mode, addr, &out[count]);
    return count;
}

/* ARM and ARM64: words under a mask. */

enum operand {
    REGISTER,
    IMM24,    /* A32 BL: words from the address of the call + 8 */
    IMM24_H,  /* A32 BLX: the same and a halfword more for H, bit 24 */
    IMM24_T1, /* T32 BL: halfwords from the address of the call + 4 */
    IMM24_T2, /* T32 BLX: the same from that address cut to words */
    IMM26     /* A64 BL: words from the address of the call */
};

typedef struct encoding {
    uint32_t mask, value;
    uint8_t operand;
} encoding;

/* Arm ARM (DDI 0406C) A8.8.25, A8.8.26; bits 28 to 31 are the condition. */
static const encoding a32[] = {
    {0x0F000000, 0x0B000000, IMM24},    /* BL, A1 */
    {0x0FFFFFF0, 0x012FFF30, REGISTER}, /* BLX (register), A1 */
};

/* In place of a condition they have 1111. */
static const encoding a32_always[] = {
    {0xFE000000, 0xFA000000, IMM24_H}, /* BLX (immediate), A2 */
};

/* What follows MOV LR, PC in code for ARMv4, which has no BLX: A8.8.27,
 * A8.8.104, A8.8.63, A8.8.66. */
static const encoding a32_jumps[] = {
    {0x0FFFFFF0, 0x012FFF10, REGISTER}, /* BX, A1 */
    {0x0FFFFFF0, 0x01A0F000, REGISTER}, /* MOV PC, Rm, A1 */
    {0x0E50F000, 0x0410F000, REGISTER}, /* LDR PC (immediate, literal), A1 */
    {0x0E50F010, 0x0610F000, REGISTER}, /* LDR PC (register), A1 */
};

static const encoding a32_mov_lr_pc = {0x0FFFFFFF, 0x01A0E00F, REGISTER};

static const encoding t16[] = {
    {0xFF87, 0x4780, REGISTER}, /* BLX (register), T1 */
};

/* The first halfword above the second. Before Thumb-2 these were two
 * instructions with J1 = J2 = 1; the bits are the same. */
static const encoding t32[] = {
    {0xF800D000, 0xF000D000, IMM24_T1}, /* BL, T1 */
    {0xF800D001, 0xF000C000, IMM24_T2}, /* BLX (immediate), T2 */
};

/* Arm ARM (DDI 0487) C6.2: BL, BLR, BLRA. */
static const encoding a64[] = {
    {0xFC000000, 0x94000000, IMM26},    /* BL */
    {0xFFFFFC1F, 0xD63F0000, REGISTER}, /* BLR */
    {0xFFFFFC1F, 0xD63F081F, REGISTER}, /* BLRAAZ */
    {0xFFFFFC1F, 0xD63F0C1F, REGISTER}, /* BLRABZ */
    {0xFFFFFC00, 0xD73F0800, REGISTER}, /* BLRAA */
    {0xFFFFFC00, 0xD73F0C00, REGISTER}, /* BLRAB */
};

#define ROWS(table) (table), sizeof(table) / sizeof *(table)

static const encoding *encoding_find(const encoding *rows, size_t count,
                                     uint32_t word)
{
    for (size_t i = 0; i < count; i++)
        if ((word & rows[i].mask) == rows[i].value)
            return &rows[i];
    return NULL;
}

/* S, I1, I2, imm10, imm11, in halfwords. I1 and I2 are J1 and J2, inverted
 * where S is 0. */
static uint64_t thumb_immediate(uint32_t word)
{
    uint64_t s = word >> 26 & 1, j1 = word >> 13 & 1, j2 = word >> 11 & 1;
    uint64_t i1 = ~(j1 ^ s) & 1, i2 = ~(j2 ^ s) & 1;
    uint64_t imm10 = word >> 16 & 0x3FF, imm11 = word & 0x7FF;
    return sign_extend(s << 23 | i1 << 22 | i2 << 21 | imm10 << 11 | imm11, 24);
}

/* The instruction starts at addr - 4. */
static uint64_t target_of(uint32_t word, uint8_t operand, uint64_t addr)
{
    uint64_t words = sign_extend(word & 0xFFFFFF, 24) * 4;
    switch (operand) {
    case IMM24:
        return (addr + 4 + words) & UINT32_MAX;
    case IMM24_H:
        return (addr + 4 + words + (word >> 23 & 2)) & UINT32_MAX;
    case IMM24_T1:
        return (addr + thumb_immediate(word) * 2) & UINT32_MAX;
    case IMM24_T2:
        return ((addr & ~UINT64_C(3)) + thumb_immediate(word) * 2) & UINT32_MAX;
    case IMM26:
        return addr - 4 + sign_extend(word & 0x3FFFFFF, 26) * 4;
    default:
        return 0;
    }
}

static size_t site_of(const encoding *e, uint32_t word, uint64_t addr,
                      uint8_t size, call_site *out)
{
    if (!e)
        return 0;
    *out = (call_site){
        .target = target_of(word, e->operand, addr),
        .size = size,
        .direct = e->operand != REGISTER,
        .exchanges = e->operand == IMM24_H || e->operand == IMM24_T2,
    };
    return 1;
}

static size_t arm64_before(mdw_bytes before, uint64_t addr, call_site *out)
{
    reader r = last(before, 4, false);
    uint32_t word = reader_u32(&r);
    if (r.bad || addr % 4)
        return 0;
    return site_of(encoding_find(ROWS(a64), word), word, addr, 4, out);
}

static size_t arm_before(mdw_bytes before, bool big_endian, uint64_t addr,
                         call_site *out)
{
    reader r = last(before, 4, big_endian), pair = last(before, 8, big_endian);
    uint32_t word = reader_u32(&r), cond = word >> 28;
    if (r.bad || addr % 4)
        return 0;
    const encoding *e = cond == 15 ? encoding_find(ROWS(a32_always), word)
                                   : encoding_find(ROWS(a32), word);
    if (e)
        return site_of(e, word, addr, 4, out);
    /* PC reads as 8 more than the address of MOV LR, PC: as `addr`. */
    uint32_t mov = reader_u32(&pair);
    if (pair.bad || cond == 15 || mov >> 28 != cond ||
        !encoding_find(&a32_mov_lr_pc, 1, mov))
        return 0;
    return site_of(encoding_find(ROWS(a32_jumps), word), word, addr, 8, out);
}

/* A halfword alone can be the second of a longer instruction: both are given.
 */
static size_t thumb_before(mdw_bytes before, bool big_endian, uint64_t addr,
                           call_site *out)
{
    reader r = last(before, 2, big_endian), pair = last(before, 4, big_endian);
    uint32_t half = reader_u16(&r), first = reader_u16(&pair);
    if (r.bad || addr % 2)
        return 0;
    size_t count = site_of(encoding_find(ROWS(t16), half), half, addr, 2, out);
    uint32_t word = first << 16 | half;
    if (pair.bad)
        return count;
    return count +
           site_of(encoding_find(ROWS(t32), word), word, addr, 4, &out[count]);
}

size_t call_need(uint32_t arch)
{
    switch (arch) {
    case MDW_ARCH_X86:
    case MDW_ARCH_X86_64:
        return 7; /* ModR/M, SIB and disp32; prefixes only add to a call */
    case MDW_ARCH_ARM:
        return 8; /* MOV LR, PC and a jump; Thumb alone would need 4 */
    case MDW_ARCH_ARM64:
        return 4;
    default:
        return 0;
    }
}

size_t call_before(uint32_t arch, bool thumb, bool big_endian, mdw_bytes before,
                   uint64_t addr, call_site out[CALL_SITES])
{
    switch (arch) {
    case MDW_ARCH_X86:
        return x86_before(before, false, addr, out);
    case MDW_ARCH_X86_64:
        return x86_before(before, true, addr, out);
    case MDW_ARCH_ARM:
        return thumb ? thumb_before(before, big_endian, addr, out)
                     : arm_before(before, big_endian, addr, out);
    case MDW_ARCH_ARM64:
        return arm64_before(before, addr, out);
    default:
        return 0;
    }
}
