/* lib/insn/decode_arm64.c - operands of AArch64. Whether an instruction loads
 * or stores is told by its name: capstone 4 calls every store both. Arm ARM,
 * C3, C4.1 and C6. */
#include <string.h>

#include "lib/insn/decode_parts.h"

enum { FP = 29, LR = 30, SP = 31 };

static const char names[32][4] = {
    "x0",  "x1",  "x2",  "x3",  "x4",  "x5",  "x6",  "x7",  "x8",  "x9",  "x10",
    "x11", "x12", "x13", "x14", "x15", "x16", "x17", "x18", "x19", "x20", "x21",
    "x22", "x23", "x24", "x25", "x26", "x27", "x28", "fp",  "lr",  "sp"};

/* 0 to 31, or -1. */
static int number(unsigned id)
{
    switch (id) {
    case ARM64_REG_SP:
    case ARM64_REG_WSP:
        return SP;
    case ARM64_REG_X29:
        return FP;
    case ARM64_REG_X30:
        return LR;
    default:
        if (id >= ARM64_REG_X0 && id <= ARM64_REG_X28)
            return (int)(id - ARM64_REG_X0);
        return id >= ARM64_REG_W0 && id <= ARM64_REG_W30
                   ? (int)(id - ARM64_REG_W0)
                   : -1;
    }
}

static const char *reg_name(unsigned id)
{
    int n = number(id);
    return n < 0 ? NULL : names[n];
}

static bool is_narrow(unsigned id)
{
    return (id >= ARM64_REG_W0 && id <= ARM64_REG_W30) || id == ARM64_REG_WZR ||
           id == ARM64_REG_WSP;
}

static bool reg_value(const decoding *g, unsigned id, uint64_t *value)
{
    *value = 0;
    if (id == ARM64_REG_XZR || id == ARM64_REG_WZR)
        return true;
    if (!read_reg(g->target, reg_name(id), value))
        return false;
    if (is_narrow(id))
        *value &= UINT32_MAX;
    return true;
}

static unsigned reg_bytes(unsigned id)
{
    if (id >= ARM64_REG_B0 && id <= ARM64_REG_B31)
        return 1;
    if (id >= ARM64_REG_H0 && id <= ARM64_REG_H31)
        return 2;
    if (is_narrow(id) || (id >= ARM64_REG_S0 && id <= ARM64_REG_S31))
        return 4;
    return id >= ARM64_REG_Q0 && id <= ARM64_REG_Q31 ? 16 : 8;
}

static const cs_arm64 *detail(const decoding *g)
{
    return &g->insn->detail->arm64;
}

static bool ends(const char *text, const char *suffix)
{
    size_t len = strlen(text), n = strlen(suffix);
    return len >= n && !strcmp(text + (len - n), suffix);
}

static uint32_t kind_of(const char *name)
{
    if (starts(name, "ld"))
        return DECODE_READ;
    return starts(name, "st") ? DECODE_WRITE : 0;
}

static unsigned element_bytes(const cs_arm64_op *op)
{
    switch (op->vas) {
    case ARM64_VAS_8B:
    case ARM64_VAS_16B:
        return 1;
    case ARM64_VAS_4H:
    case ARM64_VAS_8H:
        return 2;
    case ARM64_VAS_2S:
    case ARM64_VAS_4S:
        return 4;
    case ARM64_VAS_1D:
    case ARM64_VAS_2D:
        return 8;
    default:
        break;
    }
    switch (op->vess) {
    case ARM64_VESS_B:
        return 1;
    case ARM64_VESS_H:
        return 2;
    case ARM64_VESS_S:
        return 4;
    default:
        return 8;
    }
}

static unsigned whole_bytes(const cs_arm64_op *op)
{
    switch (op->vas) {
    case ARM64_VAS_8B:
    case ARM64_VAS_4H:
    case ARM64_VAS_2S:
    case ARM64_VAS_1D:
        return 8;
    default:
        return 16;
    }
}

/* LD1 to ST4: all their registers, one lane of each, or one element spread
 * over each. */
static unsigned bytes_of_structure(const decoding *g)
{
    unsigned sum = 0;
    bool spread = ends(g->name, "r");
    for (unsigned i = 0; i < detail(g)->op_count && i < 8; i++) {
        const cs_arm64_op *op = &detail(g)->operands[i];
        if (op->type != ARM64_OP_REG)
            break;
        sum += spread || op->vector_index >= 0 ? element_bytes(op)
                                               : whole_bytes(op);
    }
    return sum;
}

/* Stores that answer in a register have the value behind it. */
static bool has_status(const char *name)
{
    return starts(name, "stx") || starts(name, "stlx");
}

static bool is_pair(const char *name)
{
    return ends(name, "p") || ends(name, "psw");
}

static unsigned bytes_of(const decoding *g)
{
    const char *name = g->name;
    if (name[2] >= '1' && name[2] <= '4')
        return bytes_of_structure(g);
    if (ends(name, "psw"))
        return 8;
    if (ends(name, "sw"))
        return 4;
    if (ends(name, "b"))
        return 1;
    if (ends(name, "h"))
        return 2;
    unsigned one = reg_bytes(detail(g)->operands[has_status(name)].reg);
    return is_pair(name) ? 2 * one : one;
}

/* Exclusive and acquiring accesses demand their own size. */
static uint32_t alignment(const decoding *g, unsigned bytes)
{
    const char *name = g->name + 2;
    bool strict = starts(name, "x") || starts(name, "a") ||
                  starts(name, "lx") || starts(name, "lr") ||
                  starts(name, "la");
    return strict ? bytes : 0;
}

static bool index_value(const decoding *g, const cs_arm64_op *op,
                        decode_access *a, uint64_t *offset)
{
    uint64_t value;
    unsigned shift = op->shift.type == ARM64_SFT_LSL ? op->shift.value & 63 : 0;
    a->index = reg_name(op->mem.index);
    if (!reg_value(g, op->mem.index, &value))
        return false;
    if (op->ext == ARM64_EXT_SXTW)
        value = sign_extend(value, 32);
    a->scale = UINT32_C(1) << (shift & 31);
    *offset += value << shift;
    return true;
}

static void operand_access(decoding *g, const cs_arm64_op *op, uint32_t kind)
{
    decode_access *a = add_access(g->out);
    uint64_t offset = 0;
    if (!a)
        return;
    a->kind = kind;
    a->bytes = bytes_of(g);
    a->align = alignment(g, a->bytes);
    a->base = reg_name(op->mem.base);
    a->base_known = a->known = reg_value(g, op->mem.base, &a->base_value);
    a->displacement = op->mem.disp;
    if (op->mem.index != ARM64_REG_INVALID)
        a->known &= index_value(g, op, a, &offset);
    a->addr = a->base_value + offset + (uint64_t)a->displacement;
    add_reg(g->out, a->base);
    add_reg(g->out, a->index);
}

/* A literal's address is an immediate of capstone's. */
static void literal_access(decoding *g, uint64_t addr)
{
    decode_access *a = add_access(g->out);
    if (!a)
        return;
    a->kind = DECODE_READ;
    a->bytes = bytes_of(g);
    a->known = true;
    a->addr = addr;
}

/* DC ZVA clears a block whose size the context does not tell. */
static void cache_access(decoding *g)
{
    const cs_arm64 *arm = detail(g);
    if (g->insn->id != ARM64_INS_DC || arm->op_count != 2 ||
        !starts(g->insn->op_str, "zva"))
        return;
    decode_access *a = add_access(g->out);
    if (!a)
        return;
    a->kind = DECODE_WRITE;
    a->base = reg_name(arm->operands[1].reg);
    a->base_known = a->known =
        reg_value(g, arm->operands[1].reg, &a->base_value);
    a->addr = a->base_value;
    add_reg(g->out, a->base);
}

static void accesses(decoding *g)
{
    const cs_arm64 *arm = detail(g);
    uint32_t kind = kind_of(g->name);
    cache_access(g);
    if (!kind)
        return;
    for (unsigned i = 0; i < arm->op_count && i < 8; i++)
        if (arm->operands[i].type == ARM64_OP_MEM) {
            operand_access(g, &arm->operands[i], kind);
            return;
        }
    if (arm->op_count == 2 && arm->operands[1].type == ARM64_OP_IMM)
        literal_access(g, (uint64_t)arm->operands[1].imm);
}

static void register_branch(decoding *g, unsigned reg)
{
    uint64_t value;
    g->out->flags |= DECODE_INDIRECT;
    add_reg(g->out, reg_name(reg));
    if (reg_value(g, reg, &value))
        set_target(g->out, value, true);
}

static void branch(decoding *g)
{
    const cs_arm64 *arm = detail(g);
    const cs_arm64_op *last =
        arm->op_count ? &arm->operands[arm->op_count - 1] : NULL;
    switch (g->insn->id) {
    case ARM64_INS_RET:
        g->out->flags |= DECODE_RETURN;
        register_branch(g,
                        last ? (unsigned)last->reg : (unsigned)ARM64_REG_X30);
        return;
    case ARM64_INS_BLR:
    case ARM64_INS_BL:
        g->out->flags |= DECODE_CALL;
        break;
    case ARM64_INS_CBZ:
    case ARM64_INS_CBNZ:
    case ARM64_INS_TBZ:
    case ARM64_INS_TBNZ:
        g->out->flags |= DECODE_CONDITIONAL | DECODE_JUMP;
        break;
    case ARM64_INS_B:
        if (arm->cc != ARM64_CC_INVALID && arm->cc != ARM64_CC_AL)
            g->out->flags |= DECODE_CONDITIONAL;
        g->out->flags |= DECODE_JUMP;
        break;
    case ARM64_INS_BR:
        g->out->flags |= DECODE_JUMP;
        break;
    default:
        return;
    }
    if (last && last->type == ARM64_OP_REG)
        register_branch(g, last->reg);
    else if (last && last->type == ARM64_OP_IMM)
        set_target(g->out, (uint64_t)last->imm, false);
}

static void classify(decoding *g)
{
    switch (g->insn->id) {
    case ARM64_INS_BRK:
        g->out->flags |= DECODE_TRAP;
        break;
    case ARM64_INS_HLT:
        g->out->flags |= DECODE_TRAP | DECODE_PRIVILEGED;
        break;
    case ARM64_INS_HVC:
    case ARM64_INS_SMC:
    case ARM64_INS_ERET:
        g->out->flags |= DECODE_PRIVILEGED;
        break;
    case ARM64_INS_SDIV:
    case ARM64_INS_UDIV:
        g->out->flags |= DECODE_DIVIDE;
        if (detail(g)->op_count == 3)
            g->out->has_divisor =
                reg_value(g, detail(g)->operands[2].reg, &g->out->divisor);
        break;
    default:
        break;
    }
}

void decode_arm64(decoding *g)
{
    accesses(g);
    branch(g);
    classify(g);
}
