/* lib/insn/flow_thumb.c - Arm ARM (DDI 0406C) A6, T32 encodings. */
#include "lib/base/reader.h"
#include "lib/insn/flow_arm.h"

enum { LOADS = 1 << 20 /* of LDM */ };
enum { LONGEST_TABLE = 512 /* bytes, which is all that TBB can pass over */ };

/* --- sixteen bits -------------------------------------------------------- */

/* Shifts, ADD, SUB, MOV and CMP of low registers. */
static void low_arithmetic(flow_state *s, uint32_t half)
{
    unsigned wide_to = flow_field(half, 8, 3), to = half & 7;
    int64_t byte = half & 0xFF, three = flow_field(half, 6, 3);
    switch (half >> 11) {
    case 4: /* MOV */
        arm_set_number(s, wide_to, half & 0xFF);
        break;
    case 5: /* CMP */
        break;
    case 6:
    case 7:
        arm_add(s, wide_to, wide_to, half >> 11 & 1 ? -byte : byte);
        break;
    case 3: /* ADD, SUB, of a register or of three bits */
        if (half & 0x400)
            arm_add(s, to, flow_field(half, 3, 3),
                    half & 0x200 ? -three : three);
        else
            arm_add_register(s, to, flow_field(half, 3, 3),
                             flow_field(half, 6, 3), half & 0x200);
        break;
    default:
        arm_clobber(s, to);
    }
}

/* 010000, and ADD, CMP, MOV, BX of all registers. */
static void any_register(flow_state *s, flow_step *step, uint32_t half)
{
    unsigned from = flow_field(half, 3, 4);
    unsigned to = (half & 7) | (half >> 4 & 8);
    unsigned op = flow_field(half, 6, 4);
    if (half < 0x4400) {
        if (op != 8 && op != 10 && op != 11) /* TST, CMP, CMN */
            arm_clobber(s, half & 7);
    } else if (half >= 0x4700) {
        arm_branch_to(s, step, from, half & 0x80);
    } else if (half >= 0x4600) {
        if (to == ARM_PC)
            arm_branch_to(s, step, from, false);
        else
            arm_move(s, to, from);
    } else if (half < 0x4500) {
        if (to == ARM_PC)
            step->next = FLOW_ANYWHERE;
        else
            arm_add_register(s, to, to, from, false);
    }
}

static void load_store(flow_state *s, flow_step *step, uint32_t half)
{
    unsigned to = half & 7;
    bool load = half >> 11 & 1;
    arm_access a = {.base = flow_field(half, 3, 3)};
    if (half >> 12 == 9) { /* at sp */
        a = (arm_access){.base = ARM_SP, .offset = 4 * (int64_t)(half & 0xFF)};
        arm_transfer(s, step, load, flow_field(half, 8, 3), 1, &a);
    } else if (half >> 12 == 6) {
        a.offset = 4 * (int64_t)flow_field(half, 6, 5);
        arm_transfer(s, step, load, to, 1, &a);
    } else if (half >> 12 == 5 ? half >= 0x5600 : load) {
        arm_clobber(s, to);
    }
}

static void pop_or_push(flow_state *s, flow_step *step, uint32_t half)
{
    bool load = half >> 11 & 1;
    uint32_t list = half & 0xFF;
    if (half & 0x100)
        list |= UINT32_C(1) << (load ? ARM_PC : ARM_LR);
    uint32_t word = list | (load ? LOADS : 0) | 1u << 21 | ARM_SP << 16;
    arm_multiple(s, step, word, !load);
}

/* How many instructions the mask of IT speaks of. */
static uint8_t conditional(uint32_t mask)
{
    uint8_t count = 4;
    for (; !(mask & 1); mask >>= 1)
        count--;
    return count;
}

static void miscellaneous(flow_state *s, flow_step *step, uint32_t half)
{
    int64_t by = (int64_t)(half & 0x7F) * 4;
    if ((half & 0xFF00) == 0xB000) {
        arm_add(s, ARM_SP, ARM_SP, half & 0x80 ? -by : by);
    } else if ((half & 0xF600) == 0xB400) {
        pop_or_push(s, step, half);
    } else if ((half & 0xF500) == 0xB100) { /* CBZ, CBNZ */
        step->next = FLOW_BRANCH;
        step->target = (int64_t)(flow_field(half, 9, 1) << 6 |
                                 flow_field(half, 3, 5) << 1) +
                       4;
    } else if ((half & 0xFF00) == 0xBF00 && half & 15) {
        s->conditional = conditional(half & 15);
    } else if ((half & 0xFF00) == 0xB200 || (half & 0xFF00) == 0xBA00) {
        arm_clobber(s, half & 7); /* SXTH and the like, REV */
    }
}

static void multiple(flow_state *s, flow_step *step, uint32_t half)
{
    bool load = half >> 11 & 1;
    unsigned base = flow_field(half, 8, 3);
    bool back = !load || !(half >> base & 1);
    uint32_t word =
        (half & 0xFF) | (load ? LOADS : 0) | (uint32_t)back << 21 | base << 16;
    arm_multiple(s, step, word, false);
}

static void branch16(flow_state *s, flow_step *step, uint32_t half)
{
    unsigned condition = flow_field(half, 8, 4);
    (void)s;
    if (half >= 0xE000) {
        step->next = FLOW_JUMP;
        step->target = flow_signed(half & 0x7FF, 11) * 2 + 4;
    } else if (condition == 14) { /* UDF */
        step->next = FLOW_STOP;
    } else if (condition < 14) {
        step->next = FLOW_BRANCH;
        step->target = flow_signed(half & 0xFF, 8) * 2 + 4;
    }
}

static void carry_out16(flow_state *s, flow_step *step, uint32_t half)
{
    if (half < 0x4000)
        low_arithmetic(s, half);
    else if (half < 0x4800)
        any_register(s, step, half);
    else if (half < 0x5000 || (half & 0xF800) == 0xA000) /* LDR, ADR from pc */
        arm_clobber(s, flow_field(half, 8, 3));
    else if (half < 0xA000)
        load_store(s, step, half);
    else if (half < 0xB000)
        arm_add(s, flow_field(half, 8, 3), ARM_SP, (int64_t)(half & 0xFF) * 4);
    else if (half < 0xC000)
        miscellaneous(s, step, half);
    else if (half < 0xD000)
        multiple(s, step, half);
    else
        branch16(s, step, half);
}

/* --- thirty-two bits ----------------------------------------------------- */

static uint32_t twelve_bits(uint32_t word)
{
    return flow_field(word, 26, 1) << 11 | flow_field(word, 12, 3) << 8 |
           (word & 0xFF);
}

/* A6.3.2: eight bits, repeated or rotated. */
static uint32_t expanded(uint32_t word)
{
    uint32_t bits = twelve_bits(word), byte = bits & 0xFF;
    unsigned by = bits >> 7;
    uint32_t one = (bits & 0x7F) | 0x80;
    if (bits >> 10)
        return one >> by | one << (32 - by);
    switch (bits >> 8) {
    case 0:
        return byte;
    case 1:
        return byte << 16 | byte;
    case 2:
        return byte << 24 | byte << 8;
    default:
        return byte << 24 | byte << 16 | byte << 8 | byte;
    }
}

enum { OP_ORR = 2, OP_ORN = 3, OP_ADD = 8, OP_SUB = 13 };

static void data_immediate(flow_state *s, uint32_t word)
{
    unsigned op = flow_field(word, 21, 4), to = flow_field(word, 8, 4);
    unsigned from = flow_field(word, 16, 4);
    uint32_t number = expanded(word);
    if (to == ARM_PC) /* compares */
        return;
    if (op == OP_ADD || op == OP_SUB)
        arm_add(s, to, from, op == OP_ADD ? number : -(int64_t)number);
    else if (from == ARM_PC && (op == OP_ORR || op == OP_ORN)) /* MOV, MVN */
        arm_set_number(s, to, op == OP_ORR ? number : ~number);
    else
        arm_clobber(s, to);
}

static void plain_immediate(flow_state *s, uint32_t word)
{
    unsigned to = flow_field(word, 8, 4), from = flow_field(word, 16, 4);
    uint32_t twelve = twelve_bits(word), half = from << 12 | twelve;
    switch (flow_field(word, 20, 5)) {
    case 0: /* ADDW */
        arm_add(s, to, from, twelve);
        break;
    case 10: /* SUBW */
        arm_add(s, to, from, -(int64_t)twelve);
        break;
    case 4: /* MOVW */
        arm_set_number(s, to, half);
        break;
    case 12: /* MOVT */
        arm_move_top(s, to, half);
        break;
    default:
        arm_clobber(s, to);
    }
}

static void data_register(flow_state *s, uint32_t word)
{
    unsigned op = flow_field(word, 21, 4), to = flow_field(word, 8, 4);
    unsigned from = flow_field(word, 16, 4);
    bool shifted = word & 0x70F0;
    if (to == ARM_PC)
        return;
    if (op == OP_ORR && from == ARM_PC && !shifted)
        arm_move(s, to, word & 15);
    else if ((op == OP_ADD || op == OP_SUB) && !shifted)
        arm_add_register(s, to, from, word & 15, op == OP_SUB);
    else
        arm_clobber(s, to);
}

/* B.W, BL, BLX and what shares their place. */
static void branch32(flow_state *s, flow_step *step, uint32_t word)
{
    uint64_t sign = flow_field(word, 26, 1), low = word & 0x7FF;
    uint64_t j1 = flow_field(word, 13, 1), j2 = flow_field(word, 11, 1);
    if (word >> 14 & 1) {
        arm_called(s, step);
    } else if (word >> 12 & 1) {
        uint64_t at = sign << 23 | (uint64_t)(j1 == sign) << 22 |
                      (uint64_t)(j2 == sign) << 21 |
                      (uint64_t)flow_field(word, 16, 10) << 11 | low;
        step->next = FLOW_JUMP;
        step->target = flow_signed(at, 24) * 2 + 4;
    } else if (flow_field(word, 22, 4) < 14) {
        uint64_t at = sign << 19 | j2 << 18 | j1 << 17 |
                      (uint64_t)flow_field(word, 16, 6) << 11 | low;
        step->next = FLOW_BRANCH;
        step->target = flow_signed(at, 20) * 2 + 4;
    } else if (flow_is(word, 0xFFF0F000, 0xF7F0A000)) { /* UDF */
        step->next = FLOW_STOP;
    } else if (flow_is(word, 0xFFE0F000, 0xF3E08000)) { /* MRS */
        arm_clobber(s, flow_field(word, 8, 4));
    }
}

/* TBB, TBH: the table lies in the code, and the cases behind it: the first that
 * it leads to ends it. */
static void table_branch(flow_step *step, uint32_t word, mdw_bytes bytes)
{
    reader r = reader_at(bytes, 0, 0, false);
    bool halves = word & 0x10;
    uint32_t end = UINT32_MAX, used = 0;
    reader_skip(&r, 4);
    while (used < end && used < LONGEST_TABLE) {
        uint32_t entry = halves ? reader_u16(&r) : reader_u8(&r);
        if (r.bad || !entry)
            break;
        used += halves ? 2 : 1;
        end = 2 * entry < end ? 2 * entry : end;
    }
    step->next = r.bad || used != end ? FLOW_STOP : FLOW_ANYWHERE;
    if (step->next == FLOW_ANYWHERE)
        step->size = (uint16_t)(4 + end);
}

/* LDRD, STRD; exclusive ones; TBB, TBH. */
static void pair(flow_state *s, flow_step *step, uint32_t word, mdw_bytes bytes)
{
    bool first = word >> 24 & 1, up = word >> 23 & 1, back = word >> 21 & 1;
    bool load = word >> 20 & 1;
    unsigned to = flow_field(word, 12, 4), second = flow_field(word, 8, 4);
    int64_t by = 4 * (int64_t)(word & 0xFF);
    arm_access a = {flow_field(word, 16, 4), up ? by : -by, first && back,
                    !first};
    if (flow_is(word, 0xFFF0FFE0, 0xE8D0F000)) {
        table_branch(step, word, bytes);
    } else if (first || back) {
        arm_access next = {a.base, a.offset + 4, false, false};
        if (a.before || a.after) {
            arm_write_back(s, &a);
            next.offset = a.after ? 4 - a.offset : 4;
        }
        arm_access at = {a.base, next.offset - 4, false, false};
        arm_transfer(s, step, load, to, 1, &at);
        arm_transfer(s, step, load, second, 1, &next);
    } else if (load) { /* LDREX */
        arm_clobber(s, to);
        if (second != ARM_PC)
            arm_clobber(s, second);
    } else { /* STREX: in one place or the other */
        arm_clobber(s, up ? word & 15 : second);
    }
}

static void single(flow_state *s, flow_step *step, uint32_t word)
{
    unsigned to = flow_field(word, 12, 4), base = flow_field(word, 16, 4);
    bool load = word >> 20 & 1, full = word >> 23 & 1;
    bool is_word = flow_field(word, 21, 2) == 2;
    arm_access a = {.base = base, .offset = word & 0xFFF};
    if (!full && base != ARM_PC) {
        int64_t by = word & 0xFF;
        if (!(word & 0x800)) { /* by a register */
            a.base = ARM_PC;   /* which is nowhere */
        } else {
            a.offset = word & 0x200 ? by : -by;
            a.before = (word & 0x500) == 0x500;
            a.after = (word & 0x500) == 0x100;
        }
    }
    if (is_word) {
        arm_transfer(s, step, load, to, 1, &a);
        return;
    }
    arm_write_back(s, &a);
    if (load && to != ARM_PC) /* PLD */
        arm_clobber(s, to);
}

/* 111110: loads and stores, and data of registers. */
static void upper(flow_state *s, flow_step *step, uint32_t word)
{
    if (flow_is(word, 0xFE000000, 0xFA000000)) {
        arm_clobber(s, flow_field(word, 8, 4));
        if (flow_is(word, 0xFF800000, 0xFB800000) && /* to two registers */
            flow_field(word, 12, 4) != ARM_PC)
            arm_clobber(s, flow_field(word, 12, 4));
    } else if (flow_is(word, 0xFF100000, 0xF9000000)) { /* vectors */
        if ((word & 15) != ARM_PC)
            arm_clobber(s, flow_field(word, 16, 4));
    } else {
        single(s, step, word);
    }
}

static void carry_out32(flow_state *s, flow_step *step, uint32_t word,
                        mdw_bytes bytes)
{
    bool system = flow_field(word, 23, 2) % 3 == 0; /* RFE, SRS */
    if (flow_is(word, 0xFE400000, 0xE8000000)) {
        if (system)
            step->next = FLOW_LOST;
        else
            arm_multiple(s, step, word, word >> 24 & 1);
    } else if (flow_is(word, 0xFE400000, 0xE8400000)) {
        pair(s, step, word, bytes);
    } else if (flow_is(word, 0xFE000000, 0xEA000000)) {
        data_register(s, word);
    } else if (flow_is(word, 0xEC000000, 0xEC000000)) {
        arm_coprocessor(s, step, word);
    } else if (flow_is(word, 0xF8008000, 0xF0008000)) {
        branch32(s, step, word);
    } else if (flow_is(word, 0xFA008000, 0xF0000000)) {
        data_immediate(s, word);
    } else if (flow_is(word, 0xFA008000, 0xF2000000)) {
        plain_immediate(s, word);
    } else {
        upper(s, step, word);
    }
}

/* ------------------------------------------------------------------------- */

/* What prologues are made of. */
static bool makes_frame(uint32_t half, uint32_t word)
{
    return half == 0xBF00 ||                        /* NOP */
           (half & 0xFE00) == 0xB400 ||             /* PUSH */
           (half & 0xFF80) == 0xB080 ||             /* SUB sp, # */
           (half & 0xFF00) == 0xAF00 ||             /* ADD r7, sp, # */
           half == 0x466F ||                        /* MOV r7, sp */
           (half & 0xF800) == 0x9000 ||             /* STR at sp */
           half == 0xE92D ||                        /* PUSH.W */
           flow_is(word, 0xFFFF0F00, 0xF84D0D00) || /* STR [sp, # ]! */
           flow_is(word, 0xFFFF0000, 0xF8CD0000) || /* STR.W at sp */
           flow_is(word, 0xFBFF8F00, 0xF1AD0D00) || /* SUB.W sp, sp, # */
           flow_is(word, 0xFBFF8F00, 0xF2AD0D00) || /* SUBW */
           flow_is(word, 0xFFBF0E00, 0xED2D0A00);   /* VPUSH */
}

flow_step flow_thumb(flow_state *s, mdw_bytes bytes)
{
    reader r = reader_at(bytes, 0, 0, false);
    uint32_t half = reader_u16(&r), word = 0;
    bool wide = half >= 0xE800;
    if (wide)
        word = half << 16 | reader_u16(&r);
    flow_step step = {.size = r.bad ? 0 : wide ? 4 : 2};
    flow_state before;
    bool perhaps = s->conditional;
    if (r.bad)
        return step;
    s->busy |= !makes_frame(half, word);
    if (perhaps) {
        s->conditional--;
        before = *s;
    }
    if (wide)
        carry_out32(s, &step, word, bytes);
    else
        carry_out16(s, &step, half);
    if (perhaps)
        arm_perhaps(&before, s, &step);
    return step;
}
