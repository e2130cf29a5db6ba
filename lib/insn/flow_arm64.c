/* lib/insn/flow_arm64.c - Arm ARM (DDI 0487) C4.1, A64 encodings. */
#include "lib/base/reader.h"
#include "lib/insn/flow_parts.h"

/* x19 to x28 are a function's to preserve: AAPCS64, 6.1.1. */
enum { FIRST_KEPT = 19, FP = 29, LR = 30, SP = 31 };

static flow_place *pointer(flow_state *s, unsigned reg)
{
    return reg == SP ? &s->sp : reg == FP ? &s->fp : NULL;
}

static void set(flow_state *s, unsigned reg, flow_place to)
{
    flow_place *p = pointer(s, reg);
    if (p)
        *p = to;
    if (reg != SP)
        flow_forget(s, (uint8_t)reg);
}

static flow_place value(flow_state *s, unsigned reg)
{
    flow_place *p = pointer(s, reg);
    return p ? *p : (flow_place){0, FLOW_NOWHERE};
}

/* --- branches ------------------------------------------------------------ */

static bool branch(uint32_t word, flow_step *step)
{
    const int64_t near19 = flow_signed(flow_field(word, 5, 19), 19) * 4;
    if (flow_is(word, 0xFF000000, 0x54000000) || /* B.cond, BC.cond */
        flow_is(word, 0x7E000000, 0x34000000)) { /* CBZ, CBNZ */
        step->next = FLOW_BRANCH;
        step->target = near19;
    } else if (flow_is(word, 0x7E000000, 0x36000000)) { /* TBZ, TBNZ */
        step->next = FLOW_BRANCH;
        step->target = flow_signed(flow_field(word, 5, 14), 14) * 4;
    } else if (flow_is(word, 0xFC000000, 0x14000000)) { /* B */
        step->next = FLOW_JUMP;
        step->target = flow_signed(flow_field(word, 0, 26), 26) * 4;
    } else if (flow_is(word, 0xFFFFFC1F, 0xD65F0000) || /* RET */
               flow_is(word, 0xFFFFFBFF, 0xD65F0BFF)) { /* RETAA, RETAB */
        step->next = FLOW_RETURN;
    } else if (flow_is(word, 0xFEFFF000, 0xD61F0000)) { /* BR, BRAA, BRAB */
        step->next = FLOW_ANYWHERE;
    } else if (flow_is(word, 0xFFE0001F, 0xD4200000) || /* BRK */
               flow_is(word, 0xFFFF0000, 0x00000000)) { /* UDF */
        step->next = FLOW_STOP;
    } else {
        return false;
    }
    return true;
}

static bool calls(uint32_t word)
{
    return flow_is(word, 0xFC000000, 0x94000000) || /* BL */
           flow_is(word, 0xFEFFF000, 0xD63F0000);   /* BLR, BLRAA, BLRAB */
}

/* --- arithmetic of sp and fp --------------------------------------------- */

static bool add_immediate(flow_state *s, uint32_t word)
{
    if (!flow_is(word, 0xBF800000, 0x91000000))
        return false;
    int64_t by = (int64_t)flow_field(word, 10, 12)
                 << flow_field(word, 22, 1) * 12;
    set(s, flow_field(word, 0, 5),
        flow_moved(value(s, flow_field(word, 5, 5)),
                   word >> 30 & 1 ? -by : by));
    return true;
}

/* MOVZ, MOVN, MOVK into the register that large frames are taken from. */
static bool move_number(flow_state *s, uint32_t word)
{
    if (!flow_is(word, 0x1F800000, 0x12800000))
        return false;
    uint8_t reg = (uint8_t)flow_field(word, 0, 5);
    unsigned shift = flow_field(word, 21, 2) * 16,
             kind = flow_field(word, 29, 2);
    uint64_t part = (uint64_t)flow_field(word, 5, 16) << shift;
    uint64_t kept = (uint64_t)s->number & ~(UINT64_C(0xFFFF) << shift);
    bool had = s->number_reg == reg;
    set(s, reg, (flow_place){0, FLOW_NOWHERE});
    if (kind == 3 && !had)
        return true;
    uint64_t to = kind == 3 ? kept | part : kind == 0 ? ~part : part;
    s->number = (int64_t)(word >> 31 ? to : to & UINT32_MAX);
    s->number_reg = reg;
    return true;
}

/* ADD, SUB of a register, in the form that takes sp; not shifted. */
static bool add_register(flow_state *s, uint32_t word)
{
    if (!flow_is(word, 0xBFE0FC00, 0x8B206000))
        return false;
    unsigned from = flow_field(word, 5, 5), to = flow_field(word, 0, 5);
    flow_place sum = {0, FLOW_NOWHERE};
    if (flow_field(word, 16, 5) == s->number_reg)
        sum = flow_moved(value(s, from),
                         word >> 30 & 1 ? flow_negated(s->number) : s->number);
    set(s, to, sum);
    return true;
}

/* --- loads and stores ---------------------------------------------------- */

/* An address counted from sp or fp, which may move to it before or after. */
typedef struct access {
    unsigned base;
    int64_t offset;
    bool before, after;
} access;

static flow_place address(flow_state *s, const access *a)
{
    flow_place at = value(s, a->base);
    return a->after ? at : flow_moved(at, a->offset);
}

static void write_back(flow_state *s, const access *a)
{
    if (a->before || a->after)
        set(s, a->base, flow_moved(value(s, a->base), a->offset));
}

static void transfer(flow_state *s, bool load, unsigned reg, flow_place at)
{
    if (reg == SP || reg < FIRST_KEPT) /* 31 is zero here */
        return;
    if (load) {
        flow_forget(s, (uint8_t)reg);
        if (reg == FP)
            s->fp = (flow_place){0, FLOW_NOWHERE};
    }
    flow_transfer(s, load, (uint8_t)(reg - FLOW_A64_FIRST), at);
}

static bool pair(flow_state *s, uint32_t word)
{
    if (!flow_is(word, 0x3A000000, 0x28000000))
        return false;
    bool vector = word >> 26 & 1, load = word >> 22 & 1;
    unsigned opc = flow_field(word, 30, 2), mode = flow_field(word, 23, 2);
    unsigned scale = vector ? 2 + opc : 2 + (opc >> 1);
    access a = {flow_field(word, 5, 5),
                flow_signed(flow_field(word, 15, 7), 7) * (INT64_C(1) << scale),
                mode == 3, mode == 1};
    flow_place at = address(s, &a);
    write_back(s, &a);
    if (vector || opc != 2)
        return true;
    transfer(s, load, flow_field(word, 0, 5), at);
    transfer(s, load, flow_field(word, 10, 5), flow_moved(at, 8));
    return true;
}

static bool single(flow_state *s, uint32_t word)
{
    access a = {.base = flow_field(word, 5, 5)};
    bool vector = word >> 26 & 1;
    if (flow_is(word, 0x3B000000, 0x39000000)) {
        a.offset = (int64_t)flow_field(word, 10, 12) * 8;
    } else if (flow_is(word, 0x3B200000, 0x38000000)) {
        a.offset = flow_signed(flow_field(word, 12, 9), 9);
        a.before = flow_field(word, 10, 2) == 3;
        a.after = flow_field(word, 10, 2) == 1;
    } else {
        return false;
    }
    flow_place at = address(s, &a);
    write_back(s, &a);
    unsigned opc = flow_field(word, 22, 2);
    if (vector || flow_field(word, 30, 2) != 3) {
        if (!vector && opc)
            set(s, flow_field(word, 0, 5), (flow_place){0, FLOW_NOWHERE});
        return true;
    }
    if (opc < 2)
        transfer(s, opc, flow_field(word, 0, 5), at);
    return true;
}

/* What prologues are made of. */
static bool makes_frame(uint32_t word)
{
    return flow_is(word, 0xFFFFF01F, 0xD503201F) || /* NOP, PACIASP, BTI */
           flow_is(word, 0xFF8003FF, 0xD10003FF) || /* SUB sp, sp, # */
           flow_is(word, 0xFF8003FF, 0x910003FD) || /* ADD x29, sp, # */
           flow_is(word, 0x3A4003E0, 0x280003E0) || /* STP at sp */
           flow_is(word, 0x3AC003E0, 0x380003E0);   /* STR, STUR at sp */
}

/* Everything else that writes to a register: by its class alone. */
static void other(flow_state *s, uint32_t word)
{
    unsigned to = flow_field(word, 0, 5);
    bool immediate = flow_is(word, 0x1C000000, 0x10000000);
    bool registers = flow_is(word, 0x0E000000, 0x0A000000);
    bool to_sp = flow_is(word, 0x1F800000, 0x12000000) && /* AND, ORR, EOR, # */
                 flow_field(word, 29, 2) != 3;
    to_sp |= flow_is(word, 0x1FE00000, 0x0B200000) && !(word >> 29 & 1);
    if ((!immediate && !registers) || (to == SP && !to_sp))
        return;
    set(s, to, (flow_place){0, FLOW_NOWHERE});
    if (to == LR)
        s->link_lost = true;
}

flow_step flow_arm64(flow_state *s, mdw_bytes bytes)
{
    reader r = reader_at(bytes, 0, 0, false);
    uint32_t word = reader_u32(&r);
    flow_step step = {.size = r.bad ? 0 : 4};
    s->busy |= !makes_frame(word);
    if (r.bad || branch(word, &step))
        return step;
    if (calls(word)) {
        step.next = FLOW_CALL;
        s->link_lost = true;
        s->number_reg = FLOW_NO_REG;
    } else if (!add_immediate(s, word) && !move_number(s, word) &&
               !add_register(s, word) && !pair(s, word) && !single(s, word)) {
        other(s, word);
    }
    return step;
}
