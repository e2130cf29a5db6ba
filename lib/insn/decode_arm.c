/* lib/insn/decode_arm.c - operands and hidden accesses of ARM and Thumb. What
 * an instruction does to memory is told by its name: capstone 4's access flags
 * are wrong for many. Arm ARM, F5 to F7. */
#include <string.h>

#include "lib/insn/decode_parts.h"

enum { FP = 11, SP = 13, LR = 14, PC = 15 };

static const char names[16][4] = {"r0",  "r1", "r2", "r3", "r4",  "r5",
                                  "r6",  "r7", "r8", "r9", "r10", "fp",
                                  "r12", "sp", "lr", "pc"};

/* 0 to 15, or -1. */
static int number(unsigned id)
{
    switch (id) {
    case ARM_REG_SP:
        return SP;
    case ARM_REG_LR:
        return LR;
    case ARM_REG_PC:
        return PC;
    default:
        return id >= ARM_REG_R0 && id <= ARM_REG_R12 ? (int)(id - ARM_REG_R0)
                                                     : -1;
    }
}

static const char *reg_name(unsigned id)
{
    int n = number(id);
    return n < 0 ? NULL : names[n];
}

/* pc reads as the address of the instruction and two more of its kind. */
static bool reg_value(const decoding *g, unsigned id, uint64_t *value)
{
    int n = number(id);
    if (n == PC) {
        *value = (g->insn->address + (g->d->thumb ? 4 : 8)) & UINT32_MAX;
        return true;
    }
    return n >= 0 && read_reg(g->target, names[n], value);
}

static unsigned reg_bytes(unsigned id)
{
    if (id >= ARM_REG_D0 && id <= ARM_REG_D31)
        return 8;
    return id >= ARM_REG_Q0 && id <= ARM_REG_Q15 ? 16 : 4;
}

static const cs_arm *detail(const decoding *g)
{
    return &g->insn->detail->arm;
}

static unsigned op_reg(const decoding *g, unsigned index)
{
    return (unsigned)detail(g)->operands[index].reg;
}

static bool ends(const char *text, const char *suffix)
{
    size_t len = strlen(text), n = strlen(suffix);
    return len >= n && !strcmp(text + (len - n), suffix);
}

/* 0: not a load or a store. */
static uint32_t kind_of(const char *name)
{
    if (name[0] == 'v')
        name++;
    if (starts(name, "ld") || starts(name, "pop") || starts(name, "tb"))
        return DECODE_READ;
    if (starts(name, "st") || starts(name, "push"))
        return DECODE_WRITE;
    return !strcmp(name, "swp") || !strcmp(name, "swpb")
               ? DECODE_READ | DECODE_WRITE
               : 0;
}

/* ldr, ldrsbt, strexd, stlh: the last letter that is no `t` tells. */
static unsigned bytes_of_name(const char *name)
{
    size_t len = strlen(name);
    if (len > 4 && name[len - 1] == 't')
        len--;
    switch (name[len - 1]) {
    case 'b':
        return 1;
    case 'h':
        return 2;
    case 'd':
        return 8;
    default:
        return 4;
    }
}

static unsigned bytes_of_list(const decoding *g, unsigned from)
{
    unsigned sum = 0;
    for (unsigned i = from; i < detail(g)->op_count && i < 36; i++)
        if (detail(g)->operands[i].type == ARM_OP_REG)
            sum += reg_bytes(op_reg(g, i));
    return sum;
}

/* VLD1 to VST4: whole registers in front of the address; a lane's size is in
 * the element type. */
static unsigned bytes_of_structure(const decoding *g)
{
    unsigned sum = 0;
    for (unsigned i = 0; i < detail(g)->op_count && i < 36; i++) {
        const cs_arm_op *op = &detail(g)->operands[i];
        if (op->type != ARM_OP_REG)
            break;
        sum += op->vector_index >= 0 ? (unsigned)detail(g)->vector_size / 8
                                     : reg_bytes(op_reg(g, i));
    }
    return sum;
}

static unsigned bytes_of(const decoding *g)
{
    const char *name = g->name;
    if (!strcmp(name, "vldr") || !strcmp(name, "vstr"))
        return reg_bytes(op_reg(g, 0));
    if (name[0] == 'v')
        return bytes_of_structure(g);
    if (!strcmp(name, "tbb"))
        return 1;
    return !strcmp(name, "tbh") ? 2 : bytes_of_name(name);
}

static uint32_t alignment(const decoding *g, unsigned bytes)
{
    const char *name = g->name;
    if (strstr(name, "ex") || starts(name, "lda") || starts(name, "stl"))
        return bytes;
    if (!strcmp(name, "vldr") || !strcmp(name, "vstr"))
        return 4;
    return bytes_of_name(name) == 8 && name[0] != 'v' ? 4 : 0;
}

static bool index_value(const decoding *g, const cs_arm_op *op,
                        decode_access *a, uint64_t *offset)
{
    uint64_t value;
    unsigned shift = op->shift.type == ARM_SFT_LSL ? op->shift.value & 31 : 0;
    a->index = reg_name(op->mem.index);
    if (op->shift.type != ARM_SFT_INVALID && op->shift.type != ARM_SFT_LSL)
        return false; /* no compiler makes one */
    if (!reg_value(g, op->mem.index, &value))
        return false;
    a->scale = UINT32_C(1) << shift;
    value <<= shift;
    *offset += op->subtracted ? 0 - value : value;
    return true;
}

static void operand_access(decoding *g, const cs_arm_op *op, uint32_t kind)
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
    /* Literals lie from pc cut to words; tables right at it. */
    if (op->mem.base == ARM_REG_PC && op->mem.index == ARM_REG_INVALID)
        a->base_value &= ~UINT64_C(3);
    a->displacement = op->mem.disp;
    if (op->mem.index != ARM_REG_INVALID)
        a->known &= index_value(g, op, a, &offset);
    a->addr = (a->base_value + offset + (uint64_t)a->displacement) & UINT32_MAX;
    add_reg(g->out, op->mem.base == ARM_REG_PC ? NULL : a->base);
    add_reg(g->out, a->index);
}

/* LDM, STM, VLDM, VSTM, PUSH, POP: a block below or above a base. */
static void block_access(decoding *g, uint32_t kind)
{
    const char *name = g->name;
    bool stack = ends(name, "push") || ends(name, "pop");
    const cs_arm *arm = detail(g);
    decode_access *a = add_access(g->out);
    if (!a)
        return;
    unsigned base =
        stack ? (unsigned)ARM_REG_SP : (unsigned)arm->operands[0].reg;
    a->implicit = stack;
    a->kind = kind;
    a->bytes = bytes_of_list(g, stack ? 0 : 1);
    a->align = 4;
    a->base = reg_name(base);
    a->base_known = a->known = reg_value(g, base, &a->base_value);
    if (ends(name, "db") || ends(name, "push"))
        a->displacement = -(int64_t)a->bytes;
    else if (ends(name, "da"))
        a->displacement = 4 - (int64_t)a->bytes;
    else if (ends(name, "ib"))
        a->displacement = 4;
    a->addr = (a->base_value + (uint64_t)a->displacement) & UINT32_MAX;
    if (!stack)
        add_reg(g->out, a->base);
}

static bool is_block(const char *name)
{
    if (name[0] == 'v')
        name++;
    return starts(name, "ldm") || starts(name, "stm") ||
           !strcmp(name, "push") || !strcmp(name, "pop");
}

static void accesses(decoding *g)
{
    uint32_t kind = kind_of(g->name);
    if (!kind)
        return;
    if (is_block(g->name)) {
        block_access(g, kind);
        return;
    }
    for (unsigned i = 0; i < detail(g)->op_count && i < 36; i++)
        if (detail(g)->operands[i].type == ARM_OP_MEM)
            operand_access(g, &detail(g)->operands[i], kind);
}

static void go(decoding *g, uint64_t target, bool indirect)
{
    set_target(g->out, target & UINT32_MAX & ~UINT64_C(1), indirect);
}

static bool loads_pc(const decoding *g)
{
    const cs_arm *arm = detail(g);
    for (unsigned i = 0; i < arm->op_count && i < 36; i++)
        if (arm->operands[i].type == ARM_OP_REG && op_reg(g, i) == ARM_REG_PC)
            return true;
    return false;
}

/* pc is the last register of a list, since they go by number. */
static void load_of_pc(decoding *g)
{
    const decode_access *a = &g->out->access[0];
    uint64_t value;
    bool sp = a->base && !strcmp(a->base, "sp");
    g->out->flags |= (sp ? DECODE_RETURN : DECODE_JUMP) | DECODE_INDIRECT;
    uint64_t at = a->addr + (is_block(g->name) ? a->bytes - 4u : 0);
    if (a->known && read_memory(g->target, at & UINT32_MAX, 4, &value))
        go(g, value, true);
}

static void table_branch(decoding *g)
{
    const decode_access *a = &g->out->access[0];
    uint64_t value;
    g->out->flags |= DECODE_JUMP | DECODE_INDIRECT;
    if (a->known && read_memory(g->target, a->addr, a->bytes, &value))
        go(g, g->insn->address + 4 + 2 * value, true);
}

static void register_branch(decoding *g, unsigned reg)
{
    uint64_t value;
    g->out->flags |= DECODE_INDIRECT;
    if (reg == ARM_REG_LR && !(g->out->flags & DECODE_CALL))
        g->out->flags |= DECODE_RETURN;
    else if (!(g->out->flags & DECODE_CALL))
        g->out->flags |= DECODE_JUMP;
    add_reg(g->out, reg_name(reg));
    if (reg_value(g, reg, &value))
        go(g, value, true);
}

static bool is_branch(const char *name)
{
    static const char list[][4] = {"b", "bl", "blx", "bx", "bxj"};
    for (size_t i = 0; i < sizeof list / sizeof *list; i++)
        if (!strcmp(name, list[i]))
            return true;
    return !strcmp(name, "cbz") || !strcmp(name, "cbnz");
}

static void branch(decoding *g)
{
    const cs_arm *arm = detail(g);
    const char *name = g->name;
    if (arm->cc != ARM_CC_AL && arm->cc != ARM_CC_INVALID)
        g->out->flags |= DECODE_CONDITIONAL;
    if (name[0] == 'c' && is_branch(name))
        g->out->flags |= DECODE_CONDITIONAL;
    if (is_branch(name) && arm->op_count) {
        const cs_arm_op *op = &arm->operands[arm->op_count - 1];
        if (starts(name, "bl"))
            g->out->flags |= DECODE_CALL;
        if (op->type == ARM_OP_REG) {
            register_branch(g, (unsigned)op->reg);
        } else if (op->type == ARM_OP_IMM) {
            if (!starts(name, "bl"))
                g->out->flags |= DECODE_JUMP;
            go(g, (uint32_t)op->imm, false);
        }
    } else if (starts(name, "tb") && g->out->access_count) {
        table_branch(g);
    } else if (kind_of(name) == DECODE_READ && g->out->access_count &&
               loads_pc(g)) {
        load_of_pc(g);
    } else if (!strcmp(name, "mov") && arm->op_count == 2 &&
               arm->operands[0].reg == ARM_REG_PC &&
               arm->operands[1].type == ARM_OP_REG) {
        register_branch(g, op_reg(g, 1));
    }
}

static void classify(decoding *g)
{
    static const char traps[][5] = {"bkpt", "udf", "trap", "hlt"};
    static const char privileged[][4] = {"cps", "rfe", "srs", "smc", "hvc"};
    for (size_t i = 0; i < sizeof traps / sizeof *traps; i++)
        if (!strcmp(g->name, traps[i]))
            g->out->flags |= DECODE_TRAP;
    for (size_t i = 0; i < sizeof privileged / sizeof *privileged; i++)
        if (starts(g->name, privileged[i]) || !strcmp(g->name, "eret"))
            g->out->flags |= DECODE_PRIVILEGED;
    if (!strcmp(g->name, "sdiv") || !strcmp(g->name, "udiv")) {
        g->out->flags |= DECODE_DIVIDE;
        if (detail(g)->op_count == 3)
            g->out->has_divisor = reg_value(g, op_reg(g, 2), &g->out->divisor);
    }
}

void decode_arm(decoding *g)
{
    accesses(g);
    branch(g);
    classify(g);
}
