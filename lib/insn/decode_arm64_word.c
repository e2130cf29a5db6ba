/* lib/insn/decode_arm64_word.c - the AArch64 instructions that came after
 * capstone 4: ARMv8.1 atomics, ARMv8.3 pointer authentication, UDF. Arm ARM,
 * C4.1 and the encodings of C6.2. */
#include "lib/insn/decode_parts.h"

enum { FP = 29, LR = 30, SP = 31 };

static const char names[32][4] = {
    "x0",  "x1",  "x2",  "x3",  "x4",  "x5",  "x6",  "x7",  "x8",  "x9",  "x10",
    "x11", "x12", "x13", "x14", "x15", "x16", "x17", "x18", "x19", "x20", "x21",
    "x22", "x23", "x24", "x25", "x26", "x27", "x28", "fp",  "lr",  "sp"};

enum shape { ATOMIC, PAIR, LOAD, RETURN, JUMP, CALL, UNDEFINED };

static const struct {
    uint32_t mask, value;
    uint8_t shape;
    char name[10];
} words[] = {
    {0xFFFF0000, 0x00000000, UNDEFINED, "udf"},
    {0xFFFFFBFF, 0xD65F0BFF, RETURN, "retaa"}, /* and RETAB */
    {0xFFFFFC1F, 0xD61F081F, JUMP, "braaz"},
    {0xFFFFFC1F, 0xD61F0C1F, JUMP, "brabz"},
    {0xFFFFFC1F, 0xD63F081F, CALL, "blraaz"},
    {0xFFFFFC1F, 0xD63F0C1F, CALL, "blrabz"},
    {0xFFFFFC00, 0xD71F0800, JUMP, "braa"},
    {0xFFFFFC00, 0xD71F0C00, JUMP, "brab"},
    {0xFFFFFC00, 0xD73F0800, CALL, "blraa"},
    {0xFFFFFC00, 0xD73F0C00, CALL, "blrab"},
    {0xFFA00400, 0xF8200400, LOAD, "ldraa"},
    {0xFFA00400, 0xF8A00400, LOAD, "ldrab"},
    {0x3FA07C00, 0x08A07C00, ATOMIC, "cas"},
    {0xBFA07C00, 0x08207C00, PAIR, "casp"},
    {0x3F20FC00, 0x3820C000, LOAD, "ldapr"}, /* before LDADD's kin */
    {0x3F20FC00, 0x38208000, ATOMIC, "swp"},
    {0x3F20FC00, 0x38200000, ATOMIC, "ldadd"},
    {0x3F20FC00, 0x38201000, ATOMIC, "ldclr"},
    {0x3F20FC00, 0x38202000, ATOMIC, "ldeor"},
    {0x3F20FC00, 0x38203000, ATOMIC, "ldset"},
    {0x3F20FC00, 0x38204000, ATOMIC, "ldsmax"},
    {0x3F20FC00, 0x38205000, ATOMIC, "ldsmin"},
    {0x3F20FC00, 0x38206000, ATOMIC, "ldumax"},
    {0x3F20FC00, 0x38207000, ATOMIC, "ldumin"},
};

static void access_at(decoded *out, const decode_target *target, unsigned reg,
                      uint32_t kind, unsigned bytes)
{
    decode_access *a = add_access(out);
    if (!a)
        return;
    a->kind = kind;
    a->bytes = bytes;
    a->align = bytes;
    a->base = names[reg];
    a->base_known = a->known = read_reg(target, a->base, &a->base_value);
    a->addr = a->base_value;
    add_reg(out, a->base);
}

static void go(decoded *out, const decode_target *target, unsigned reg)
{
    uint64_t value;
    out->flags |= DECODE_INDIRECT;
    add_reg(out, names[reg]);
    if (reg < SP && read_reg(target, names[reg], &value))
        set_target(out, value, true);
}

/* LDRAA has a signed offset of words; LDAPR none. */
static void load(decoded *out, const decode_target *target, uint32_t word,
                 const char *name)
{
    unsigned base = word >> 5 & 31;
    bool signs = name[3] == 'a';
    access_at(out, target, base, DECODE_READ, signs ? 8 : 1u << (word >> 30));
    if (!signs || !out->access_count)
        return;
    uint64_t offset = (word >> 12 & 0x1FF) | (word >> 22 & 1) << 9;
    out->access[0].align = 0;
    out->access[0].displacement = (int64_t)(sign_extend(offset, 10) * 8);
    out->access[0].addr += sign_extend(offset, 10) * 8;
}

static void operands_text(char *text, uint32_t word, enum shape shape)
{
    static const char digits[] = "0123456789abcdef";
    const char *reg = names[word >> 5 & 31];
    size_t at = 0;
    if (shape == RETURN)
        reg = "";
    if (shape == ATOMIC || shape == PAIR || shape == LOAD)
        text[at++] = '[';
    if (shape == UNDEFINED) {
        text[at++] = '#';
        text[at++] = '0';
        text[at++] = 'x';
        for (int i = 12; i >= 0; i -= 4)
            text[at++] = digits[word >> i & 15];
    } else {
        for (; *reg; reg++)
            text[at++] = *reg;
    }
    if (text[0] == '[')
        text[at++] = ']';
    text[at] = '\0';
}

static void act(decoded *out, const decode_target *target, uint32_t word,
                enum shape shape, const char *name)
{
    unsigned reg = word >> 5 & 31;
    switch (shape) {
    case ATOMIC:
        access_at(out, target, reg, DECODE_READ | DECODE_WRITE,
                  1u << (word >> 30));
        break;
    case PAIR:
        access_at(out, target, reg, DECODE_READ | DECODE_WRITE,
                  8u << (word >> 30 & 1));
        break;
    case LOAD:
        load(out, target, word, name);
        break;
    case RETURN:
        out->flags |= DECODE_RETURN;
        go(out, target, LR);
        break;
    case JUMP:
        out->flags |= DECODE_JUMP;
        go(out, target, reg);
        break;
    case CALL:
        out->flags |= DECODE_CALL;
        go(out, target, reg);
        break;
    case UNDEFINED:
        out->flags |= DECODE_TRAP;
        break;
    }
}

bool decode_arm64_word(uint32_t word, uint64_t addr,
                       const decode_target *target, decoded *out)
{
    char operands[16] = "";
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        /* A and R, bits 23 and 22, are orderings of the atomics. */
        if ((word & words[i].mask) != words[i].value)
            continue;
        out->addr = addr;
        out->size = 4;
        operands_text(operands, word, (enum shape)words[i].shape);
        set_text(out, words[i].name, operands);
        act(out, target, word, (enum shape)words[i].shape, words[i].name);
        return true;
    }
    return false;
}
