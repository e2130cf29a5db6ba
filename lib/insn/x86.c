/* lib/insn/x86.c - Intel SDM volume 2, chapter 2 and appendix A. */
#include "lib/insn/x86.h"

#include "lib/base/reader.h"

enum { LONGEST = 15 };

/* What follows an opcode. */
enum {
    M = 1 << 0, /* ModR/M */
    B = 1 << 1, /* a byte */
    W = 1 << 2, /* two bytes */
    Z = 1 << 3, /* four bytes, or two of narrow operands */
    V = 1 << 4, /* as wide as the operands */
    O = 1 << 5, /* an address */
    T = 1 << 6, /* four bytes in 64-bit code, else like Z: branches */
    X = 1 << 7  /* no instruction, or one that is read elsewhere */
};

/* 00-3F are eight times the same. */
static const uint8_t arithmetic[8] = {M, M, M, M, B, Z, 0, 0};

static const uint8_t one[0xC0] = {
    /* 40 */ 0,     0,     0,     0,     0, 0, 0,     0,
    /* 48 */ 0,     0,     0,     0,     0, 0, 0,     0,
    /* 50 */ 0,     0,     0,     0,     0, 0, 0,     0,
    /* 58 */ 0,     0,     0,     0,     0, 0, 0,     0,
    /* 60 */ 0,     0,     M,     M,     X, X, X,     X,
    /* 68 */ Z,     M | Z, B,     M | B, 0, 0, 0,     0,
    /* 70 */ B,     B,     B,     B,     B, B, B,     B,
    /* 78 */ B,     B,     B,     B,     B, B, B,     B,
    /* 80 */ M | B, M | Z, M | B, M | B, M, M, M,     M,
    /* 88 */ M,     M,     M,     M,     M, M, M,     M,
    /* 90 */ 0,     0,     0,     0,     0, 0, 0,     0,
    /* 98 */ 0,     0,     Z | W, 0,     0, 0, 0,     0,
    /* A0 */ O,     O,     O,     O,     0, 0, 0,     0,
    /* A8 */ B,     Z,     0,     0,     0, 0, 0,     0,
    /* B0 */ B,     B,     B,     B,     B, B, B,     B,
    /* B8 */ V,     V,     V,     V,     V, V, V,     V,
    /* C0 */ M | B, M | B, W,     0,     M, M, M | B, M | Z,
    /* C8 */ W | B, 0,     W,     0,     0, B, 0,     0,
    /* D0 */ M,     M,     M,     M,     B, B, 0,     0,
    /* D8 */ M,     M,     M,     M,     M, M, M,     M,
    /* E0 */ B,     B,     B,     B,     B, B, B,     B,
    /* E8 */ T,     T,     Z | W, B,     0, 0, 0,     0,
    /* F0 */ X,     0,     X,     X,     0, 0, M,     M,
    /* F8 */ 0,     0,     0,     0,     0, 0, M,     M,
};

/* 0F: rows of sixteen that are all the same, but for the bits below. */
static const uint8_t two[16] = {M, M, M, 0, M, M, M, M, T, M, M, M, M, M, M, M};
static const struct {
    uint8_t opcode, what;
} two_others[] = {
    {0x04, X},     {0x05, 0},     {0x06, 0},     {0x07, 0},     {0x08, 0},
    {0x09, 0},     {0x0A, X},     {0x0B, 0},     {0x0C, X},     {0x0E, 0},
    {0x0F, M | B}, {0x24, X},     {0x25, X},     {0x26, X},     {0x27, X},
    {0x36, X},     {0x38, X},     {0x39, X},     {0x3A, X},     {0x3B, X},
    {0x3C, X},     {0x3D, X},     {0x3E, X},     {0x3F, X},     {0x70, M | B},
    {0x71, M | B}, {0x72, M | B}, {0x73, M | B}, {0x77, 0},     {0x7A, X},
    {0x7B, X},     {0xA0, 0},     {0xA1, 0},     {0xA2, 0},     {0xA4, M | B},
    {0xA6, X},     {0xA7, X},     {0xA8, 0},     {0xA9, 0},     {0xAA, 0},
    {0xAC, M | B}, {0xBA, M | B}, {0xC2, M | B}, {0xC4, M | B}, {0xC5, M | B},
    {0xC6, M | B}, {0xC8, 0},     {0xC9, 0},     {0xCA, 0},     {0xCB, 0},
    {0xCC, 0},     {0xCD, 0},     {0xCE, 0},     {0xCF, 0},
};

/* What only 32-bit code has. */
static bool only_narrow(uint8_t opcode)
{
    static const uint8_t gone[] = {0x60, 0x61, 0x62, 0x82, 0x9A, 0xC4,
                                   0xC5, 0xCE, 0xD4, 0xD5, 0xD6, 0xEA};
    for (size_t i = 0; i < sizeof gone; i++)
        if (opcode == gone[i])
            return true;
    return opcode < 0x40 && (opcode & 7) > 5;
}

static uint32_t follows(uint8_t map, uint8_t opcode, bool wide)
{
    if (map == X86_0F38)
        return M;
    if (map == X86_0F3A)
        return M | B;
    if (map == X86_ONE && wide && only_narrow(opcode))
        return X;
    if (map == X86_ONE)
        return opcode < 0x40 ? arithmetic[opcode & 7] : one[opcode - 0x40];
    for (size_t i = 0; i < sizeof two_others / sizeof *two_others; i++)
        if (two_others[i].opcode == opcode)
            return two_others[i].what;
    return two[opcode >> 4];
}

/* What is known of an instruction before its opcode. */
typedef struct prefixes {
    bool wide; /* the code */
    bool short_address;
    uint8_t rex;
} prefixes;

/* Returns the first byte that is none of them. */
static uint8_t read_prefixes(reader *r, prefixes *p, x86_instruction *out)
{
    uint8_t byte = reader_u8(r);
    for (; x86_is_prefix(byte); byte = reader_u8(r)) {
        out->narrow |= byte == 0x66;
        p->short_address |= byte == 0x67;
    }
    if (p->wide && (byte & 0xF0) == 0x40) {
        p->rex = byte;
        out->wide = byte >> 3 & 1;
        out->extended = byte & 1;
        byte = reader_u8(r);
    }
    out->narrow &= !out->wide;
    return byte;
}

/* VEX of two and three bytes, EVEX; `map` is what they say it is. Their forms
 * of BOUND, LES and LDS, which 32-bit code has, name no register. */
static bool is_vector(const reader *r, uint8_t byte, bool wide)
{
    reader ahead = *r;
    bool escape = byte == 0xC4 || byte == 0xC5 || byte == 0x62;
    return escape && (wide || reader_u8(&ahead) >= 0xC0);
}

static uint8_t vector_map(uint8_t said)
{
    return said == 2 ? X86_0F38 : said == 3 ? X86_0F3A : X86_0F;
}

static uint8_t read_vector(reader *r, uint8_t byte, uint8_t *map)
{
    uint8_t said = reader_u8(r);
    *map = X86_0F;
    if (byte == 0xC4)
        *map = vector_map(said & 0x1F);
    if (byte == 0x62)
        *map = vector_map(said & 7);
    reader_skip(r, byte == 0xC5 ? 0 : byte == 0xC4 ? 1 : 2);
    return reader_u8(r);
}

static int64_t read_signed(reader *r, unsigned size)
{
    uint64_t value = reader_uint(r, size);
    uint64_t sign = UINT64_C(1) << (8 * size - 1);
    return (int64_t)((value ^ sign) - sign);
}

static void read_disp(reader *r, unsigned size, x86_instruction *out)
{
    if (size)
        out->disp = (int32_t)read_signed(r, size);
}

/* Addresses of 16 bits have no register that matters here. */
static void read_short_memory(reader *r, uint8_t mod, uint8_t rm,
                              x86_instruction *out)
{
    bool far = mod == 2 || (mod == 0 && rm == 6);
    read_disp(r, far ? 2 : mod, out);
}

static void read_memory(reader *r, const prefixes *p, uint8_t mod, uint8_t rm,
                        x86_instruction *out)
{
    uint8_t base = rm, index = 4;
    if (rm == 4) {
        uint8_t sib = reader_u8(r);
        base = sib & 7;
        index = (uint8_t)((sib >> 3 & 7) | (p->rex >> 1 & 1) << 3);
    }
    bool none = mod == 0 && base == 5; /* or rip */
    read_disp(r, none || mod == 2 ? 4 : mod, out);
    if (!none && index == 4)
        out->base = (uint8_t)(base | (p->rex & 1) << 3);
}

static void read_rm(reader *r, const prefixes *p, x86_instruction *out)
{
    uint8_t byte = reader_u8(r), mod = byte >> 6, rm = byte & 7;
    out->has_rm = true;
    out->reg = (uint8_t)((byte >> 3 & 7) | (p->rex >> 2 & 1) << 3);
    out->memory = mod != 3;
    if (!out->memory)
        out->rm = (uint8_t)(rm | (p->rex & 1) << 3);
    else if (p->short_address && !p->wide)
        read_short_memory(r, mod, rm, out);
    else
        read_memory(r, p, mod, rm, out);
}

static void read_immediate(reader *r, const prefixes *p, uint32_t what,
                           x86_instruction *out)
{
    unsigned z = out->narrow ? 2 : 4, address = p->wide ? 8 : 4;
    if (p->short_address)
        address /= 2;
    if (what & Z)
        out->immediate = read_signed(r, z);
    if (what & T)
        out->immediate = read_signed(r, p->wide ? 4 : z);
    if (what & V)
        out->immediate = read_signed(r, out->wide ? 8 : z);
    if (what & W)
        out->immediate = reader_u16(r);
    if (what & B)
        out->immediate = read_signed(r, 1);
    if (what & O)
        reader_skip(r, address);
}

/* TEST alone of F6 and F7 has an immediate. */
static uint32_t test_group(const x86_instruction *i)
{
    if (i->map != X86_ONE || (i->opcode & 0xFE) != 0xF6 || (i->reg & 7) > 1)
        return 0;
    return i->opcode == 0xF6 ? B : Z;
}

bool x86_read(mdw_bytes code, bool wide, x86_instruction *out)
{
    reader r = reader_at(code, 0, 0, false);
    prefixes p = {wide, false, 0};
    *out = (x86_instruction){.rm = X86_NONE, .base = X86_NONE, .reg = X86_NONE};
    uint8_t byte = read_prefixes(&r, &p, out), map = X86_ONE;
    bool vector = !p.rex && is_vector(&r, byte, wide);
    if (vector) {
        byte = read_vector(&r, byte, &map);
    } else if (byte == 0x0F) {
        map = X86_0F;
        byte = reader_u8(&r);
        if (byte == 0x38 || byte == 0x3A) {
            map = byte == 0x38 ? X86_0F38 : X86_0F3A;
            byte = reader_u8(&r);
        }
    }
    uint32_t what = follows(map, byte, wide);
    out->map = vector ? X86_VECTOR : map;
    out->opcode = byte;
    if (what & M)
        read_rm(&r, &p, out);
    read_immediate(&r, &p, what | test_group(out), out);
    out->size = (uint8_t)r.pos;
    return !r.bad && !(what & X) && r.pos <= LONGEST;
}
