/* lib/insn/flow_arm.c - Arm ARM (DDI 0406C) A5, A32 encodings, and what T32 has
 * in common with them. */
#include "lib/insn/flow_arm.h"

#include "lib/base/reader.h"

/* r4 to r11 are a function's to preserve: AAPCS32, 6.1.1. */
enum { FIRST_KEPT = 4, LAST_KEPT = 11, ALWAYS = 14, NEVER = 15 };

static bool is_kept(unsigned reg)
{
    return reg >= FIRST_KEPT && reg <= LAST_KEPT;
}

static flow_place *pointer(flow_state *s, unsigned reg)
{
    return reg == ARM_SP ? &s->sp : reg == s->fp_reg ? &s->fp : NULL;
}

static flow_place value(flow_state *s, unsigned reg)
{
    flow_place *p = pointer(s, reg);
    if (!p && reg == s->copy_reg)
        p = &s->copy;
    return p ? *p : (flow_place){0, FLOW_NOWHERE};
}

void arm_set(flow_state *s, unsigned reg, flow_place to)
{
    flow_place *p = pointer(s, reg);
    if (p)
        *p = to;
    if (reg == ARM_LR)
        s->link_lost = true;
    flow_forget(s, (uint8_t)reg);
    if (!p && to.from != FLOW_NOWHERE) {
        s->copy = to;
        s->copy_reg = (uint8_t)reg;
    }
}

void arm_clobber(flow_state *s, unsigned reg)
{
    arm_set(s, reg, (flow_place){0, FLOW_NOWHERE});
}

void arm_set_number(flow_state *s, unsigned reg, uint32_t number)
{
    arm_clobber(s, reg);
    s->number = (int32_t)number;
    s->number_reg = (uint8_t)reg;
}

void arm_add(flow_state *s, unsigned reg, unsigned from, int64_t by)
{
    arm_set(s, reg, flow_moved(value(s, from), by));
}

void arm_add_register(flow_state *s, unsigned reg, unsigned from, unsigned by,
                      bool minus)
{
    flow_place sum = {0, FLOW_NOWHERE};
    if (by == s->number_reg)
        sum = flow_moved(value(s, from),
                         minus ? flow_negated(s->number) : s->number);
    else if (from == s->number_reg && !minus)
        sum = flow_moved(value(s, by), s->number);
    arm_set(s, reg, sum);
}

void arm_move(flow_state *s, unsigned reg, unsigned from)
{
    arm_set(s, reg, value(s, from));
}

void arm_move_top(flow_state *s, unsigned reg, uint32_t half)
{
    uint32_t low = (uint32_t)s->number & 0xFFFF;
    if (s->number_reg == reg)
        arm_set_number(s, reg, half << 16 | low);
    else
        arm_clobber(s, reg);
}

/* --- loads and stores ---------------------------------------------------- */

void arm_write_back(flow_state *s, const arm_access *a)
{
    if (a->before || a->after)
        arm_add(s, a->base, a->base, a->offset);
}

static void transfer(flow_state *s, flow_step *step, bool load, unsigned reg,
                     flow_place at)
{
    if (load && reg == ARM_PC) {
        step->next = at.from == FLOW_NOWHERE ? FLOW_ANYWHERE : FLOW_RETURN;
        flow_transfer(s, true, ARM_LR, at);
    } else if (is_kept(reg) || reg == ARM_LR) {
        if (load && reg != ARM_LR)
            arm_clobber(s, reg);
        else if (load)
            flow_forget(s, ARM_LR);
        flow_transfer(s, load, (uint8_t)reg, at);
    } else if (load) {
        arm_clobber(s, reg);
    }
}

void arm_transfer(flow_state *s, flow_step *step, bool load, unsigned reg,
                  unsigned count, const arm_access *a)
{
    flow_place at = value(s, a->base);
    if (!a->after)
        at = flow_moved(at, a->offset);
    arm_write_back(s, a);
    for (unsigned i = 0; i < count; i++)
        transfer(s, step, load, reg + i, flow_moved(at, 4 * (int64_t)i));
}

void arm_multiple(flow_state *s, flow_step *step, uint32_t word, bool down)
{
    unsigned count = 0;
    for (unsigned reg = 0; reg <= ARM_PC; reg++)
        count += word >> reg & 1;
    int64_t length = down ? -4 * (int64_t)count : 4 * (int64_t)count;
    arm_access a = {flow_field(word, 16, 4), length, word >> 21 & 1, false};
    bool load = word >> 20 & 1;
    flow_place at = value(s, a.base);
    if (down)
        at = flow_moved(at, length);
    arm_write_back(s, &a);
    for (unsigned reg = 0; reg <= ARM_PC; reg++)
        if (word >> reg & 1) {
            transfer(s, step, load, reg, at);
            at = flow_moved(at, 4);
        }
}

/* VLDM, VSTM, VPUSH, VPOP, LDC, STC; a move to registers. */
void arm_coprocessor(flow_state *s, flow_step *step, uint32_t word)
{
    arm_access a = {.base = flow_field(word, 16, 4)};
    bool up = word >> 23 & 1, to_core = word >> 20 & 1;
    unsigned first = flow_field(word, 12, 4);
    if (flow_is(word, 0x0FE00000, 0x0C400000)) { /* MRRC, MCRR */
        if (to_core) {
            arm_clobber(s, first);
            arm_clobber(s, flow_field(word, 16, 4));
        }
    } else if (flow_is(word, 0x0E000000, 0x0C000000)) {
        a.offset = 4 * (int64_t)flow_field(word, 0, 8) * (up ? 1 : -1);
        a.before = word >> 21 & 1;
        arm_write_back(s, &a);
    } else if (flow_is(word, 0x0F100010, 0x0E100010)) { /* MRC */
        if (first != ARM_PC)
            arm_clobber(s, first);
    }
    (void)step;
}

/* --- branches ------------------------------------------------------------ */

void arm_called(flow_state *s, flow_step *step)
{
    step->next = FLOW_CALL;
    s->link_lost = true;
    s->number_reg = FLOW_NO_REG;
    if (!is_kept(s->copy_reg))
        s->copy_reg = FLOW_NO_REG;
}

void arm_branch_to(flow_state *s, flow_step *step, unsigned reg, bool call)
{
    if (call)
        arm_called(s, step);
    else
        step->next = reg == ARM_LR ? FLOW_RETURN : FLOW_ANYWHERE;
}

void arm_perhaps(const flow_state *before, flow_state *after, flow_step *step)
{
    bool moved =
        after->sp.from != before->sp.from || after->sp.at != before->sp.at;
    bool framed =
        after->fp.from != before->fp.from || after->fp.at != before->fp.at;
    bool lost = after->link_lost || before->link_lost;
    if (step->next == FLOW_JUMP) {
        step->next = FLOW_BRANCH;
    } else if (step->next > FLOW_JUMP) {
        step->next = FLOW_ON;
        framed = moved = false;
        lost = before->link_lost;
    }
    *after = *before;
    after->busy = true;
    after->link_lost = lost;
    after->number_reg = after->copy_reg = FLOW_NO_REG;
    if (framed)
        after->fp = (flow_place){0, FLOW_NOWHERE};
    if (moved)
        step->next = FLOW_LOST;
}

/* --- A32 ----------------------------------------------------------------- */

/* A5.2.4: eight bits, rotated. */
static uint32_t rotated(uint32_t word)
{
    unsigned by = 2 * flow_field(word, 8, 4);
    uint32_t byte = word & 0xFF;
    return by ? byte >> by | byte << (32 - by) : byte;
}

enum {
    OP_SUB = 2,
    OP_ADD = 4,
    OP_TST = 8,
    OP_CMN = 11,
    OP_MOV = 13,
    OP_MVN = 15
};

static void to_pc(flow_state *s, flow_step *step, uint32_t word)
{
    if (flow_is(word, 0x0FFF0FFF, 0x01A0000E)) /* MOV pc, lr */
        arm_branch_to(s, step, ARM_LR, false);
    else
        step->next = FLOW_ANYWHERE;
}

static void data_immediate(flow_state *s, flow_step *step, uint32_t word)
{
    unsigned op = flow_field(word, 21, 4), to = flow_field(word, 12, 4);
    unsigned from = flow_field(word, 16, 4);
    uint32_t number = rotated(word), half = (from << 12) | (word & 0xFFF);
    if (flow_is(word, 0x01F00000, 0x01000000)) { /* MOVW */
        arm_set_number(s, to, half);
    } else if (flow_is(word, 0x01F00000, 0x01400000)) { /* MOVT */
        arm_move_top(s, to, half);
    } else if (op >= OP_TST && op <= OP_CMN) { /* TST and the like, MSR */
        return;
    } else if (to == ARM_PC) {
        to_pc(s, step, word);
    } else if (op == OP_ADD || op == OP_SUB) {
        arm_add(s, to, from, op == OP_ADD ? number : -(int64_t)number);
    } else if (op == OP_MOV || op == OP_MVN) {
        arm_set_number(s, to, op == OP_MOV ? number : ~number);
    } else {
        arm_clobber(s, to);
    }
}

static void data_register(flow_state *s, flow_step *step, uint32_t word)
{
    unsigned op = flow_field(word, 21, 4), to = flow_field(word, 12, 4);
    unsigned from = flow_field(word, 16, 4), other = word & 15;
    bool shifted = word & 0xFF0;
    if (flow_is(word, 0x0FFFFFD0, 0x012FFF10)) { /* BX, BLX */
        arm_branch_to(s, step, other, word & 0x20);
    } else if (op >= OP_TST && op <= OP_CMN) { /* CLZ, MRS write `to` */
        if (!(word >> 20 & 1) && to != ARM_PC)
            arm_clobber(s, to);
    } else if (to == ARM_PC) {
        to_pc(s, step, word);
    } else if (op == OP_MOV && !shifted) {
        arm_move(s, to, other);
    } else if ((op == OP_ADD || op == OP_SUB) && !shifted) {
        arm_add_register(s, to, from, other, op == OP_SUB);
    } else {
        arm_clobber(s, to);
    }
}

/* Multiplications; what lies between them and the loads of half words. */
static void multiply(flow_state *s, uint32_t word)
{
    arm_clobber(s, flow_field(word, word >> 24 & 1 ? 12 : 16, 4));
    if (flow_is(word, 0x01800000, 0x00800000)) /* to two registers */
        arm_clobber(s, flow_field(word, 12, 4));
}

/* P, U and W, of which P alone is no writing back. */
static arm_access access_of(uint32_t word, int64_t offset)
{
    bool first = word >> 24 & 1, up = word >> 23 & 1, back = word >> 21 & 1;
    return (arm_access){flow_field(word, 16, 4), up ? offset : -offset,
                        first && back, !first};
}

/* LDRH, LDRSB, LDRSH, LDRD and their stores. */
static void halfword(flow_state *s, flow_step *step, uint32_t word)
{
    bool immediate = word >> 22 & 1, load = word >> 20 & 1;
    unsigned to = flow_field(word, 12, 4), kind = flow_field(word, 5, 2);
    int64_t low = flow_field(word, 8, 4) << 4 | (word & 15);
    arm_access a = access_of(word, low);
    bool pair = !load && kind >= 2;
    if (!immediate && (a.before || a.after)) {
        arm_clobber(s, a.base);
    } else if (pair && immediate) {
        arm_transfer(s, step, kind == 2, to, 2, &a);
        return;
    } else if (immediate) {
        arm_write_back(s, &a);
    }
    if (load || (pair && kind == 2))
        arm_clobber(s, to);
    if (pair && kind == 2 && to < ARM_PC)
        arm_clobber(s, to + 1);
}

static void single(flow_state *s, flow_step *step, uint32_t word)
{
    bool by_register = word >> 25 & 1, byte = word >> 22 & 1;
    bool load = word >> 20 & 1;
    unsigned to = flow_field(word, 12, 4);
    arm_access a = access_of(word, word & 0xFFF);
    if (by_register || byte) {
        if (by_register && (a.before || a.after))
            arm_clobber(s, a.base);
        else if (!by_register)
            arm_write_back(s, &a);
        if (load && to == ARM_PC)
            step->next = FLOW_ANYWHERE;
        else if (load)
            arm_clobber(s, to);
        return;
    }
    arm_transfer(s, step, load, to, 1, &a);
}

static void media(flow_state *s, flow_step *step, uint32_t word)
{
    if (flow_is(word, 0x0FF000F0, 0x07F000F0)) /* UDF */
        step->next = FLOW_STOP;
    else
        arm_clobber(
            s, flow_field(word, flow_is(word, 0x01800000, 0x01000000) ? 16 : 12,
                          4));
}

/* A5.7: BLX to Thumb; loads of vectors may move their base. */
static void unconditional(flow_state *s, flow_step *step, uint32_t word)
{
    bool vectors = flow_is(word, 0x0F100000, 0x04000000);
    if (flow_is(word, 0x0E000000, 0x0A000000))
        arm_called(s, step);
    else if (vectors && (word & 15) != ARM_PC)
        arm_clobber(s, flow_field(word, 16, 4));
    else if (flow_is(word, 0x0E000000, 0x08000000)) /* RFE, SRS */
        step->next = FLOW_LOST;
}

static void branch(flow_state *s, flow_step *step, uint32_t word)
{
    step->target = flow_signed(word & 0xFFFFFF, 24) * 4 + 8;
    if (word >> 24 & 1)
        arm_called(s, step);
    else
        step->next = FLOW_JUMP;
}

static void carry_out(flow_state *s, flow_step *step, uint32_t word)
{
    bool extra = (word & 0x90) == 0x90;
    switch (flow_field(word, 25, 3)) {
    case 0:
        if (extra && !(word & 0x60))
            multiply(s, word);
        else if (extra)
            halfword(s, step, word);
        else
            data_register(s, step, word);
        break;
    case 1:
        data_immediate(s, step, word);
        break;
    case 2:
        single(s, step, word);
        break;
    case 3:
        if (word & 0x10)
            media(s, step, word);
        else
            single(s, step, word);
        break;
    case 4: /* IA and DB; no compiler uses the others */
        if (word & 0x00400000 || flow_field(word, 23, 2) % 3 == 0)
            step->next = FLOW_LOST;
        else
            arm_multiple(s, step, word, word >> 24 & 1);
        break;
    case 5:
        branch(s, step, word);
        break;
    default:
        arm_coprocessor(s, step, word);
    }
}

/* What prologues are made of. */
static bool makes_frame(uint32_t word)
{
    return word == 0xE320F000 || word == 0xE1A00000 || /* NOP */
           flow_is(word, 0xFFFF0000, 0xE92D0000) ||    /* PUSH */
           flow_is(word, 0xFFDF0000, 0xE50D0000) ||    /* STR at sp */
           flow_is(word, 0xFFFF0000, 0xE58D0000) ||
           flow_is(word, 0xFFFFF000, 0xE24DD000) || /* SUB sp, sp, # */
           flow_is(word, 0xFFFFF000, 0xE28DB000) || /* ADD r11, sp, # */
           flow_is(word, 0xFFFFFFFF, 0xE1A0B00D) || /* MOV r11, sp */
           flow_is(word, 0xFFBF0E00, 0xED2D0A00);   /* VPUSH */
}

flow_step flow_arm(flow_state *s, const flow_code *code, mdw_bytes bytes)
{
    if (code->thumb)
        return flow_thumb(s, bytes);
    reader r = reader_at(bytes, 0, 0, false);
    uint32_t word = reader_u32(&r);
    flow_step step = {.size = r.bad ? 0 : 4};
    unsigned condition = word >> 28;
    flow_state before;
    s->busy |= !makes_frame(word);
    if (r.bad)
        return step;
    if (condition == NEVER) {
        unconditional(s, &step, word);
        return step;
    }
    if (condition != ALWAYS)
        before = *s;
    carry_out(s, &step, word);
    if (condition != ALWAYS)
        arm_perhaps(&before, s, &step);
    return step;
}
