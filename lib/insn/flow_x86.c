/* lib/insn/flow_x86.c - Intel SDM volume 2. */
#include "lib/insn/flow_parts.h"
#include "lib/insn/x86.h"

enum { BX = 3, SP = 4, BP = 5, R8 = 8, R12 = 12 };

static const flow_place unknown = {0, FLOW_NOWHERE};

typedef struct x86_state {
    flow_state *s;
    const x86_instruction *i;
    int32_t word; /* bytes of a register */
    bool callee_pops;
} x86_state;

/* Operands as wide as an address. */
static bool is_whole(const x86_state *x)
{
    return x->word == 8 ? x->i->wide : !x->i->narrow;
}

/* --- places -------------------------------------------------------------- */

static flow_place value(const x86_state *x, uint8_t reg)
{
    if (reg == SP)
        return x->s->sp;
    if (reg == BP)
        return x->s->fp;
    return reg == x->s->copy_reg ? x->s->copy : unknown;
}

/* Of registers that serve any purpose one copy is kept in mind. */
static void set(x86_state *x, uint8_t reg, flow_place to)
{
    if (reg == SP) {
        x->s->sp = to;
    } else if (reg == BP) {
        x->s->fp = to;
    } else {
        flow_forget(x->s, reg);
        if (to.from != FLOW_NOWHERE) {
            x->s->copy_reg = reg;
            x->s->copy = to;
        }
    }
}

static flow_place address(const x86_state *x)
{
    return x->i->base == X86_NONE
               ? unknown
               : flow_moved(value(x, x->i->base), x->i->disp);
}

static void move_sp(x86_state *x, int64_t by)
{
    x->s->sp = flow_moved(x->s->sp, by);
}

/* A register that points behind the return address has the caller's sp: it is
 * stored where the stack is then aligned. */
static void store(x86_state *x, uint8_t reg, flow_place to)
{
    const flow_state *s = x->s;
    flow_place caller = {x->word, FLOW_ENTRY};
    if (reg == s->copy_reg && flow_same(s->copy, caller))
        x->s->caller = to;
    flow_store(x->s, reg, to);
}

/* Where the stack was aligned the caller's sp is brought back in a register
 * that need not be preserved. */
static void load(x86_state *x, uint8_t reg, flow_place from)
{
    bool kept = reg == BX || (reg >= BP && reg < R8) || reg >= R12;
    flow_forget(x->s, reg);
    flow_load(x->s, reg, from);
    if (reg == BP)
        x->s->fp = unknown;
    if (reg == SP)
        x->s->sp = unknown;
    if (x->s->to_return && !kept && reg != SP) {
        x->s->copy_reg = reg;
        x->s->copy = (flow_place){0, FLOW_LOADED};
        x->s->caller = from;
    }
}

/* --- instructions -------------------------------------------------------- */

static void push(x86_state *x, uint8_t reg)
{
    move_sp(x, -x->word);
    store(x, reg, x->s->sp);
}

static void pop(x86_state *x, uint8_t reg)
{
    flow_place from = x->s->sp;
    move_sp(x, x->word);
    load(x, reg, from);
}

static void leave(x86_state *x)
{
    x->s->sp = x->s->fp;
    pop(x, BP);
}

/* 81 and 83: ADD, SUB and AND of a register. */
static void add_immediate(x86_state *x)
{
    uint8_t kind = x->i->reg & 7, reg = x->i->rm;
    int64_t by = x->i->immediate;
    if (kind == 7) /* CMP */
        return;
    if (is_whole(x) && (kind == 0 || kind == 5))
        set(x, reg,
            flow_moved(value(x, reg), kind == 0 ? by : flow_negated(by)));
    else if (is_whole(x) && kind == 4 && reg == SP && !x->s->to_return &&
             x->s->sp.from != FLOW_ALIGNED)
        x->s->sp = (flow_place){0, FLOW_ALIGNED};
    else
        set(x, reg, unknown);
}

/* 88-8B and 8D: MOV and LEA. */
static void move(x86_state *x)
{
    const x86_instruction *i = x->i;
    bool whole = is_whole(x) && i->opcode & 1;
    if (i->opcode == 0x8D) {
        set(x, i->reg, whole && i->memory ? address(x) : unknown);
    } else if (i->memory && i->opcode == 0x89 && whole) {
        store(x, i->reg, address(x));
    } else if (i->memory && i->opcode == 0x8B && whole) {
        load(x, i->reg, address(x));
    } else if (!i->memory && whole) {
        bool to_rm = i->opcode == 0x89;
        set(x, to_rm ? i->rm : i->reg, value(x, to_rm ? i->reg : i->rm));
    } else if (i->opcode & 2) {
        set(x, i->reg, unknown);
    } else if (!i->memory) {
        set(x, i->rm, unknown);
    }
}

/* A loop that touches each page of a new frame ends where sp is what a copy
 * says. */
static void compare(x86_state *x)
{
    uint8_t other = x->i->rm == SP ? x->i->reg : x->i->rm;
    if (!x->i->memory && (x->i->rm == SP || x->i->reg == SP) &&
        other == x->s->copy_reg)
        x->s->sp = x->s->copy;
}

/* 00-3F: two operands. */
static void two_operands(x86_state *x)
{
    const x86_instruction *i = x->i;
    uint8_t kind = i->opcode >> 3, form = i->opcode & 7;
    if (kind == 7) { /* CMP */
        compare(x);
        return;
    }
    if (form > 3)
        return; /* the accumulator */
    uint8_t to = form & 2 ? i->reg : i->rm, by = form & 2 ? i->rm : i->reg;
    if (to == X86_NONE)
        return;
    bool known = is_whole(x) && form & 1 && by == x->s->number_reg &&
                 by != X86_NONE && (kind == 0 || kind == 5);
    int64_t number = kind == 0 ? x->s->number : flow_negated(x->s->number);
    set(x, to, known ? flow_moved(value(x, to), number) : unknown);
}

static void call(x86_state *x, flow_step *step)
{
    step->next = FLOW_CALL;
    x->s->copy_reg = x->s->number_reg = FLOW_NO_REG;
    if (x->i->opcode == 0xE8 && x->i->immediate == 0)
        move_sp(x, -x->word); /* the usual way to get at eip */
    else if (x->callee_pops)
        x->s->sp = unknown;
}

/* FF: INC, DEC, CALL, JMP, PUSH. */
static void group5(x86_state *x, flow_step *step)
{
    uint8_t kind = x->i->reg & 7;
    if (kind == 2 || kind == 3)
        call(x, step);
    else if (kind == 4 || kind == 5)
        step->next = FLOW_ANYWHERE;
    else if (kind == 6)
        move_sp(x, -x->word);
    else if (!x->i->memory)
        set(x, x->i->rm, unknown);
}

static void branch(const x86_instruction *i, enum flow_next next,
                   flow_step *step)
{
    step->next = next;
    step->target = i->size + i->immediate;
}

/* 40-7F. */
static void one_middle(x86_state *x, flow_step *step)
{
    uint8_t opcode = x->i->opcode, reg = opcode & 7;
    if (opcode < 0x50)
        set(x, reg, unknown); /* INC, DEC */
    else if (opcode >= 0x70)
        branch(x->i, FLOW_BRANCH, step);
    else if (opcode == 0x68 || opcode == 0x6A)
        move_sp(x, -x->word);
    else if (opcode == 0x60 || opcode == 0x61)
        step->next = FLOW_LOST; /* PUSHA, POPA */
    else if (x->i->has_rm && opcode != 0x62)
        set(x, x->i->reg, unknown); /* IMUL, MOVSXD */
}

/* B8-BF: MOV of a number. */
static void move_number(x86_state *x, uint8_t reg)
{
    set(x, reg, unknown);
    x->s->number_reg = reg;
    x->s->number = x->i->immediate;
    if (!x->i->wide)
        x->s->number &= UINT32_MAX;
}

/* Where it goes on. */
static void goes_on(x86_state *x, flow_step *step)
{
    const x86_instruction *i = x->i;
    switch (i->opcode) {
    case 0xC2:
    case 0xC3:
    case 0xCA:
    case 0xCB:
        step->next = FLOW_RETURN;
        break;
    case 0xC8:
        step->next = FLOW_LOST; /* ENTER */
        break;
    case 0xCC:
    case 0xF4:
    case 0xCF: /* INT3, HLT, IRET */
        step->next = FLOW_STOP;
        break;
    case 0xE0:
    case 0xE1:
    case 0xE2:
    case 0xE3:
        branch(i, FLOW_BRANCH, step);
        break;
    case 0xE8:
        call(x, step);
        break;
    case 0xE9:
    case 0xEB:
        branch(i, FLOW_JUMP, step);
        break;
    case 0xFF:
        group5(x, step);
        break;
    default:
        break;
    }
}

/* 80-C9, F6, F7: what changes a register. */
static void one_high(x86_state *x)
{
    const x86_instruction *i = x->i;
    switch (i->opcode) {
    case 0x80:
    case 0x81:
    case 0x82:
    case 0x83:
        if (!i->memory)
            add_immediate(x);
        break;
    case 0x87:
        set(x, i->reg, unknown);
        if (!i->memory)
            set(x, i->rm, unknown);
        break;
    case 0x88:
    case 0x89:
    case 0x8A:
    case 0x8B:
    case 0x8D:
        move(x);
        break;
    case 0x8F:
        move_sp(x, x->word);
        break;
    case 0x94:
        x->s->sp = unknown; /* XCHG eax, esp */
        break;
    case 0x95:
        x->s->fp = unknown;
        break;
    case 0x9C:
    case 0x9D: /* PUSHF, POPF */
        move_sp(x, i->opcode == 0x9C ? -x->word : x->word);
        break;
    case 0xC0:
    case 0xC1:
    case 0xD0:
    case 0xD1:
    case 0xD2:
    case 0xD3:
    case 0xC6:
    case 0xC7:
    case 0xF6:
    case 0xF7:
        if (!i->memory && i->opcode & 1)
            set(x, i->rm, unknown);
        break;
    case 0xC9:
        leave(x);
        break;
    default:
        break;
    }
}

static void one_byte(x86_state *x, flow_step *step)
{
    uint8_t opcode = x->i->opcode;
    uint8_t reg = (uint8_t)((opcode & 7) | (x->i->extended ? 8 : 0));
    if (opcode < 0x40)
        two_operands(x);
    else if ((opcode & 0xF8) == 0x50 && x->i->narrow)
        step->next = FLOW_LOST;
    else if ((opcode & 0xF8) == 0x50)
        push(x, reg);
    else if ((opcode & 0xF8) == 0x58)
        pop(x, reg);
    else if (opcode < 0x80)
        one_middle(x, step);
    else if ((opcode & 0xF8) == 0xB8)
        move_number(x, reg);
    else {
        one_high(x);
        goes_on(x, step);
    }
}

/* 0F: only branches matter, what never comes back, and writes. */
static void two_bytes(x86_state *x, flow_step *step)
{
    uint8_t opcode = x->i->opcode;
    if ((opcode & 0xF0) == 0x80)
        branch(x->i, FLOW_BRANCH, step);
    else if (opcode == 0x0B || opcode == 0xB9 || opcode == 0xFF)
        step->next = FLOW_STOP; /* UD2, UD1, UD0 */
    else if (opcode == 0xA0 || opcode == 0xA8)
        move_sp(x, -x->word); /* PUSH fs, gs */
    else if (opcode == 0xA1 || opcode == 0xA9)
        move_sp(x, x->word);
    else if ((opcode & 0xF0) == 0x40 || opcode == 0xAF ||
             (opcode & 0xF6) == 0xB6)
        set(x, x->i->reg, unknown); /* CMOV, IMUL, MOVZX, MOVSX */
}

/* What prologues are made of: PUSH, MOV bp, sp, SUB sp, ENDBR. */
static bool makes_frame(const x86_state *x)
{
    const x86_instruction *i = x->i;
    bool to_bp = (i->opcode == 0x89 && i->reg == SP && i->rm == BP) ||
                 (i->opcode == 0x8B && i->reg == BP && i->rm == SP);
    bool from_sp = (i->opcode == 0x81 || i->opcode == 0x83) && i->rm == SP &&
                   (i->reg & 7) == 5;
    if (i->map == X86_0F)
        return i->opcode == 0x1E && !i->memory && i->reg == 7;
    return i->map == X86_ONE && !i->narrow &&
           ((i->opcode & 0xF8) == 0x50 || to_bp || from_sp);
}

flow_step flow_x86(flow_state *s, const flow_code *code, mdw_bytes bytes)
{
    bool wide = code->arch == MDW_ARCH_X86_64;
    flow_step step = {.size = 0};
    x86_instruction i;
    if (!x86_read(bytes, wide, &i))
        return step;
    step.size = i.size;
    x86_state x = {s, &i, wide ? 8 : 4, code->callee_pops};
    s->busy |= !makes_frame(&x);
    if (i.map == X86_ONE && !i.opcode && i.memory && !i.base && !i.reg)
        step.next = FLOW_STOP; /* ADD [ax], al: zeros, and no code */
    if (i.map == X86_ONE)
        one_byte(&x, &step);
    else if (i.map == X86_0F)
        two_bytes(&x, &step);
    return step;
}
