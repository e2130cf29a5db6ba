/* lib/insn/edge.c - a few instructions by their encodings; anything else makes
 * the answer unknown. */
#include "lib/insn/edge.h"

#include "lib/base/reader.h"

enum { MOST = 24 /* instructions */, RBP = 5, RSP = 4 };

/* What is known while instructions are read. `sp`: how far it has moved. */
typedef struct state {
    reader r;
    edge *out;
    int64_t sp;
    unsigned pointer; /* bytes */
} state;

enum next { GO_ON, DONE, OTHER };

static bool save(edge *e, uint8_t reg, int64_t at)
{
    if (e->count == EDGE_SAVES)
        return false;
    e->save[e->count++] = (edge_save){reg, at};
    return true;
}

static void returns_at(state *s, int64_t args)
{
    s->out->ret = s->sp;
    s->out->caller_sp = s->sp + s->pointer + args;
    s->out->known = true;
}

/* To the link register, wherever that was loaded from. */
static enum next to_link(state *s, uint8_t lr)
{
    edge *e = s->out;
    e->in_link = e->known = true;
    e->caller_sp = s->sp;
    for (uint8_t i = 0; i < e->count; i++)
        if (e->save[i].reg == lr) {
            e->in_link = false;
            e->ret = e->save[i].at;
        }
    return DONE;
}

/* --- x86: Intel SDM volume 2 --------------------------------------------- */

/* 83 /n ib, 81 /n id with sp or what else ModR/M says. */
static int64_t x86_immediate(reader *r, uint8_t opcode)
{
    return opcode == 0x83 ? (int8_t)reader_u8(r) : (int32_t)reader_u32(r);
}

/* What stands between a system call and its wrapper's return: the result is
 * compared with the largest error, and a branch that is not taken. */
static enum next x86_harmless(reader *r, uint8_t opcode)
{
    switch (opcode) {
    case 0x90: /* NOP */
        return GO_ON;
    case 0x3D: /* CMP eax, imm32 */
        reader_skip(r, 4);
        return GO_ON;
    case 0x77: /* JA rel8 */
        reader_skip(r, 1);
        return GO_ON;
    case 0x0F: /* JA rel32 */
        if (reader_u8(r) != 0x87)
            return OTHER;
        reader_skip(r, 4);
        return GO_ON;
    default:
        return OTHER;
    }
}

static enum next x86_end(state *s)
{
    bool wide = s->pointer == 8;
    uint8_t rex = 0, byte = reader_u8(&s->r);
    if (byte == 0xF2 || byte == 0xF3) { /* BND, REP */
        if (reader_u8(&s->r) != 0xC3)
            return OTHER;
        byte = 0xC3;
    }
    if (wide && (byte & 0xF0) == 0x40) {
        rex = byte;
        byte = reader_u8(&s->r);
    }
    if ((byte & 0xF8) == 0x58) { /* POP r */
        uint8_t reg = (uint8_t)((byte & 7) | (rex & 1) << 3);
        bool kept = save(s->out, reg, s->sp);
        s->sp += s->pointer;
        return kept && reg != RSP ? GO_ON : OTHER;
    }
    if (byte == 0xC9 && !s->out->count) { /* LEAVE */
        s->out->by_fp = true;
        s->sp = s->pointer;
        return save(s->out, RBP, 0) ? GO_ON : OTHER;
    }
    if (byte == 0xC3 || byte == 0xC2) { /* RET, RET imm16 */
        returns_at(s, byte == 0xC2 ? reader_u16(&s->r) : 0);
        return DONE;
    }
    if ((byte == 0x83 || byte == 0x81) && (!wide || rex == 0x48)) {
        if (reader_u8(&s->r) != 0xC4) /* ADD sp */
            return OTHER;
        s->sp += x86_immediate(&s->r, byte);
        return GO_ON;
    }
    return x86_harmless(&s->r, byte);
}

/* --- AArch64: Arm ARM (DDI 0487) C4.1 ------------------------------------ */

static int64_t sign_extend(uint64_t value, unsigned bits)
{
    uint64_t sign = UINT64_C(1) << (bits - 1);
    return (int64_t)((value ^ sign) - sign);
}

enum { A64_SP = 31, A64_LR = 30 };

/* Two registers, or one: where they lie, and how far sp moves after it. */
static enum next a64_load(state *s, int64_t at, int64_t move, unsigned a,
                          unsigned b)
{
    bool kept = save(s->out, (uint8_t)a, s->sp + at);
    if (b != A64_SP)
        kept &= save(s->out, (uint8_t)b, s->sp + at + 8);
    s->sp += move;
    return kept ? GO_ON : OTHER;
}

static enum next a64_end(state *s)
{
    uint32_t word = reader_u32(&s->r);
    unsigned t = word & 31, t2 = word >> 10 & 31, n = word >> 5 & 31;
    int64_t pair = sign_extend(word >> 15 & 0x7F, 7) * 8;
    int64_t one = sign_extend(word >> 12 & 0x1FF, 9);
    if (word == 0xD65F03C0 ||              /* RET */
        (word & 0xFFFFFBFF) == 0xD65F0BFF) /* RETAA, RETAB */
        return to_link(s, A64_LR);
    if ((word & 0xFFFFFFBF) == 0xD50323BF || /* AUTIASP, AUTIBSP */
        word == 0xD503201F)                  /* NOP */
        return GO_ON;
    if (n != A64_SP)
        return OTHER;
    if ((word & 0xFFC00000) == 0xA9400000) /* LDP, offset */
        return a64_load(s, pair, 0, t, t2);
    if ((word & 0xFFC00000) == 0xA8C00000) /* LDP, post-index */
        return a64_load(s, 0, pair, t, t2);
    if ((word & 0xFFC00000) == 0xF9400000) /* LDR, offset */
        return a64_load(s, (int64_t)(word >> 10 & 0xFFF) * 8, 0, t, A64_SP);
    if ((word & 0xFFE00C00) == 0xF8400400) /* LDR, post-index */
        return a64_load(s, 0, one, t, A64_SP);
    if ((word & 0xFF80001F) == 0x9100001F) { /* ADD sp, sp, # */
        s->sp += (int64_t)(word >> 10 & 0xFFF) << (word >> 22 & 1) * 12;
        return GO_ON;
    }
    return OTHER;
}

/* --- ARM and Thumb: Arm ARM (DDI 0406C) A8 ------------------------------- */

enum { ARM_SP = 13, ARM_LR = 14, ARM_PC = 15 };

/* Ascending registers from sp up; pc among them is the return. */
static enum next arm_pop(state *s, uint32_t list)
{
    bool kept = !(list >> ARM_SP & 1);
    for (unsigned reg = 0; reg < ARM_PC; reg++)
        if (list >> reg & 1) {
            kept &= save(s->out, (uint8_t)reg, s->sp);
            s->sp += 4;
        }
    if (!kept || !(list >> ARM_PC & 1))
        return kept ? GO_ON : OTHER;
    returns_at(s, 0);
    return DONE;
}

static enum next thumb_end(state *s)
{
    uint32_t half = reader_u16(&s->r);
    if (half == 0x4770) /* BX lr */
        return to_link(s, ARM_LR);
    if ((half & 0xFE00) == 0xBC00) /* POP */
        return arm_pop(s, (half & 0xFF) | (half >> 8 & 1) << ARM_PC);
    if ((half & 0xFF80) == 0xB000) { /* ADD sp, # */
        s->sp += (int64_t)(half & 0x7F) * 4;
        return GO_ON;
    }
    if (half == 0xE8BD) /* POP.W */
        return arm_pop(s, reader_u16(&s->r));
    return half == 0xBF00 ? GO_ON : OTHER; /* NOP */
}

static enum next arm_end(state *s)
{
    uint32_t word = reader_u32(&s->r);
    if (word == 0xE12FFF1E) /* BX lr */
        return to_link(s, ARM_LR);
    if ((word & 0xFFFF0000) == 0xE8BD0000) /* POP */
        return arm_pop(s, word & 0xFFFF);
    if ((word & 0xFFFF0FFF) == 0xE49D0004) /* POP of one */
        return arm_pop(s, UINT32_C(1) << (word >> 12 & 15));
    if ((word & 0xFFFFFF00) == 0xE28DD000) { /* ADD sp, sp, #, not rotated */
        s->sp += word & 0xFF;
        return GO_ON;
    }
    return word == 0xE320F000 ? GO_ON : OTHER; /* NOP */
}

/* ------------------------------------------------------------------------- */

static enum next next_end(state *s, uint32_t arch, bool thumb)
{
    switch (arch) {
    case MDW_ARCH_X86:
    case MDW_ARCH_X86_64:
        return x86_end(s);
    case MDW_ARCH_ARM64:
        return a64_end(s);
    case MDW_ARCH_ARM:
        return thumb ? thumb_end(s) : arm_end(s);
    default:
        return OTHER;
    }
}

static unsigned pointer_of(uint32_t arch)
{
    return arch == MDW_ARCH_X86 || arch == MDW_ARCH_ARM ? 4 : 8;
}

edge edge_end(uint32_t arch, bool thumb, mdw_bytes code)
{
    edge e = {.known = false};
    state s = {reader_at(code, 0, 0, false), &e, 0, pointer_of(arch)};
    enum next next = GO_ON;
    for (unsigned i = 0; i < MOST && next == GO_ON && !s.r.bad; i++)
        next = next_end(&s, arch, thumb);
    e.known &= !s.r.bad;
    return e;
}
