/* lib/unwind/dwarf_expr.c - runs the DWARF expressions of call frame
 * information. */
#include "lib/unwind/dwarf_expr.h"

#include "lib/base/leb.h"
#include "lib/unwind/dwarf_cfi.h"

/* DW_OP_: DWARF 5, 7.7.1. What needs a compilation unit, an object or a frame
 * base (call, fbreg, addrx, types) can't be in call frame information (6.4.2);
 * call_frame_cfa there would ask for itself. */
enum {
    OP_ADDR = 0x03,
    OP_DEREF = 0x06,
    OP_CONST1U = 0x08,
    OP_CONST1S = 0x09,
    OP_CONST2U = 0x0A,
    OP_CONST2S = 0x0B,
    OP_CONST4U = 0x0C,
    OP_CONST4S = 0x0D,
    OP_CONST8U = 0x0E,
    OP_CONST8S = 0x0F,
    OP_CONSTU = 0x10,
    OP_CONSTS = 0x11,
    OP_DUP = 0x12,
    OP_DROP = 0x13,
    OP_OVER = 0x14,
    OP_PICK = 0x15,
    OP_SWAP = 0x16,
    OP_ROT = 0x17,
    OP_ABS = 0x19,
    OP_AND = 0x1A,
    OP_DIV = 0x1B,
    OP_MINUS = 0x1C,
    OP_MOD = 0x1D,
    OP_MUL = 0x1E,
    OP_NEG = 0x1F,
    OP_NOT = 0x20,
    OP_OR = 0x21,
    OP_PLUS = 0x22,
    OP_PLUS_UCONST = 0x23,
    OP_SHL = 0x24,
    OP_SHR = 0x25,
    OP_SHRA = 0x26,
    OP_XOR = 0x27,
    OP_BRA = 0x28,
    OP_EQ = 0x29,
    OP_GE = 0x2A,
    OP_GT = 0x2B,
    OP_LE = 0x2C,
    OP_LT = 0x2D,
    OP_NE = 0x2E,
    OP_SKIP = 0x2F,
    OP_LIT0 = 0x30,
    OP_REG0 = 0x50,
    OP_BREG0 = 0x70,
    OP_BREG31 = 0x8F,
    OP_REGX = 0x90,
    OP_BREGX = 0x92,
    OP_DEREF_SIZE = 0x94,
    OP_NOP = 0x96
};

typedef struct machine {
    const expr_input *in;
    reader r;
    uint32_t depth;
    bool bad;
    uint64_t slot[EXPR_SLOTS];
} machine;

static unsigned bits(const machine *m)
{
    return 8u * m->in->arch->pointer;
}

/* Every slot is as wide as an address of the target. */
static void push(machine *m, uint64_t v)
{
    if (m->depth == EXPR_SLOTS) {
        m->bad = true;
        return;
    }
    m->slot[m->depth++] = bits(m) == 32 ? v & UINT32_MAX : v;
}

static uint64_t pop(machine *m)
{
    if (!m->depth) {
        m->bad = true;
        return 0;
    }
    return m->slot[--m->depth];
}

/* The entry `n` below the top. */
static uint64_t peek(machine *m, uint64_t n)
{
    if (n >= m->depth) {
        m->bad = true;
        return 0;
    }
    return m->slot[m->depth - 1 - n];
}

/* `width` bits, 1 to 64. */
static uint64_t extend(uint64_t v, unsigned width)
{
    uint64_t sign = UINT64_C(1) << ((width - 1) & 63);
    return (v ^ sign) - sign;
}

static int64_t as_signed(const machine *m, uint64_t v)
{
    return (int64_t)extend(v, bits(m));
}

static uint64_t divide(machine *m, uint64_t a, uint64_t b)
{
    int64_t left = as_signed(m, a), right = as_signed(m, b);
    if (!right) {
        m->bad = true;
        return 0;
    }
    return right == -1 ? 0 - a : (uint64_t)(left / right);
}

static uint64_t modulo(machine *m, uint64_t a, uint64_t b)
{
    if (!b)
        m->bad = true;
    return b ? a % b : 0;
}

static uint64_t shift_right(machine *m, uint64_t a, uint64_t by)
{
    uint64_t v = extend(a, bits(m)), fill = v >> 63 ? UINT64_MAX : 0;
    if (by >= bits(m))
        return fill;
    return by ? v >> by | fill << (64 - by) : v;
}

static uint64_t binary(machine *m, uint8_t op, uint64_t a, uint64_t b)
{
    switch (op) {
    case OP_AND:
        return a & b;
    case OP_DIV:
        return divide(m, a, b);
    case OP_MINUS:
        return a - b;
    case OP_MOD:
        return modulo(m, a, b);
    case OP_MUL:
        return a * b;
    case OP_OR:
        return a | b;
    case OP_PLUS:
        return a + b;
    case OP_SHL:
        return b < bits(m) ? a << b : 0;
    case OP_SHR:
        return b < bits(m) ? a >> b : 0;
    case OP_SHRA:
        return shift_right(m, a, b);
    case OP_XOR:
        return a ^ b;
    case OP_EQ:
        return a == b;
    case OP_NE:
        return a != b;
    case OP_GE:
        return as_signed(m, a) >= as_signed(m, b);
    case OP_GT:
        return as_signed(m, a) > as_signed(m, b);
    case OP_LE:
        return as_signed(m, a) <= as_signed(m, b);
    case OP_LT:
        return as_signed(m, a) < as_signed(m, b);
    default:
        m->bad = true;
        return 0;
    }
}

static void load(machine *m, unsigned size)
{
    uint64_t v = 0, addr = pop(m);
    if (m->bad || !size || size > m->in->arch->pointer ||
        !m->in->load(m->in->user, addr, size, &v))
        m->bad = true;
    push(m, v);
}

static uint64_t reg_value(machine *m, uint64_t number)
{
    uint8_t reg = dwarf_reg(m->in->arch, number);
    if (reg >= MDW_MAX_REGS || !(m->in->regs->valid >> reg & 1)) {
        m->bad = true;
        return 0;
    }
    if (m->in->used)
        *m->in->used |= UINT64_C(1) << reg;
    return m->in->regs->value[reg];
}

/* Forwards and backwards, inside the expression; its end is inside. */
static void jump(machine *m, uint64_t by)
{
    uint64_t to = m->r.pos + extend(by, 16);
    if (m->r.bad)
        return;
    m->r = reader_at(m->r.bytes, 0, 0, m->r.big_endian);
    reader_skip(&m->r, to);
}

static void constant(machine *m, uint8_t op)
{
    unsigned size = 1u << ((op - OP_CONST1U) / 2);
    uint64_t v = reader_uint(&m->r, size);
    push(m, (op - OP_CONST1U) % 2 ? extend(v, 8 * size) : v);
}

static void rotate(machine *m)
{
    uint64_t a = pop(m), b = pop(m), c = pop(m);
    push(m, a);
    push(m, c);
    push(m, b);
}

static void swap(machine *m)
{
    uint64_t a = pop(m), b = pop(m);
    push(m, a);
    push(m, b);
}

static void absolute(machine *m)
{
    uint64_t a = pop(m);
    push(m, as_signed(m, a) < 0 ? 0 - a : a);
}

static void branch(machine *m)
{
    uint64_t by = reader_u16(&m->r);
    if (pop(m))
        jump(m, by);
}

/* Operators with operands of their own or other than two entries. */
static bool special(machine *m, uint8_t op)
{
    reader *r = &m->r;
    uint64_t n;
    switch (op) {
    case OP_ADDR:
        push(m, reader_uint(r, m->in->arch->pointer) + m->in->bias);
        return true;
    case OP_DEREF:
        load(m, m->in->arch->pointer);
        return true;
    case OP_DEREF_SIZE:
        load(m, reader_u8(r));
        return true;
    case OP_CONSTU:
        push(m, reader_uleb(r));
        return true;
    case OP_CONSTS:
        push(m, (uint64_t)reader_sleb(r));
        return true;
    case OP_DUP:
        push(m, peek(m, 0));
        return true;
    case OP_DROP:
        (void)pop(m);
        return true;
    case OP_OVER:
        push(m, peek(m, 1));
        return true;
    case OP_PICK:
        push(m, peek(m, reader_u8(r)));
        return true;
    case OP_SWAP:
        swap(m);
        return true;
    case OP_ROT:
        rotate(m);
        return true;
    case OP_ABS:
        absolute(m);
        return true;
    case OP_NEG:
        push(m, 0 - pop(m));
        return true;
    case OP_NOT:
        push(m, ~pop(m));
        return true;
    case OP_PLUS_UCONST:
        n = reader_uleb(r);
        push(m, pop(m) + n);
        return true;
    case OP_BRA:
        branch(m);
        return true;
    case OP_SKIP:
        jump(m, reader_u16(r));
        return true;
    case OP_REGX: /* compilers of DWARF 2 meant the register's value */
        push(m, reg_value(m, reader_uleb(r)));
        return true;
    case OP_BREGX:
        n = reader_uleb(r);
        push(m, reg_value(m, n) + (uint64_t)reader_sleb(r));
        return true;
    case OP_NOP:
        return true;
    default:
        return false;
    }
}

static void run_op(machine *m, uint8_t op)
{
    if (op >= OP_LIT0 && op < OP_REG0)
        push(m, (uint64_t)op - OP_LIT0);
    else if (op >= OP_REG0 && op < OP_BREG0)
        push(m, reg_value(m, (uint64_t)op - OP_REG0));
    else if (op >= OP_BREG0 && op <= OP_BREG31)
        push(m, reg_value(m, (uint64_t)op - OP_BREG0) +
                    (uint64_t)reader_sleb(&m->r));
    else if (op >= OP_CONST1U && op <= OP_CONST8S)
        constant(m, op);
    else if (!special(m, op)) {
        uint64_t b = pop(m), a = pop(m);
        push(m, binary(m, op, a, b));
    }
}

bool dwarf_expr(const expr_input *in, mdw_bytes code, uint64_t *out,
                uint64_t *ops)
{
    machine m; /* slots are read only where they were written */
    uint32_t left = EXPR_OPS;
    m.in = in;
    m.r = reader_at(code, 0, 0, in->big_endian);
    m.depth = 0;
    m.bad = false;
    if (in->cfa)
        push(&m, *in->cfa);
    while (!m.bad && reader_left(&m.r) && left) {
        run_op(&m, reader_u8(&m.r));
        left--;
    }
    if (ops)
        *ops += EXPR_OPS - left;
    bool done = !m.bad && !m.r.bad && !reader_left(&m.r) && m.depth;
    *out = done ? pop(&m) : 0;
    return done;
}
