/* lib/insn/decode_x86.c - operands and hidden accesses of x86 and x86-64.
 * Intel SDM volume 2. */
#include <string.h>

#include "lib/insn/decode_parts.h"

enum family {
    RAX,
    RCX,
    RDX,
    RBX,
    RSP,
    RBP,
    RSI,
    RDI,
    R8,
    R9,
    R10,
    R11,
    R12,
    R13,
    R14,
    R15,
    RIP,
    FAMILIES
};

static const char names[FAMILIES][2][4] = {
    {"eax", "rax"}, {"ecx", "rcx"}, {"edx", "rdx"}, {"ebx", "rbx"},
    {"esp", "rsp"}, {"ebp", "rbp"}, {"esi", "rsi"}, {"edi", "rdi"},
    {"", "r8"},     {"", "r9"},     {"", "r10"},    {"", "r11"},
    {"", "r12"},    {"", "r13"},    {"", "r14"},    {"", "r15"},
    {"eip", "rip"}};

static const struct {
    uint16_t id;
    uint8_t family, shift, bits;
} parts[] = {
#define WIDE(F, q, e, w)                                                       \
    {X86_REG_##q, F, 0, 64}, {X86_REG_##e, F, 0, 32},                          \
    {                                                                          \
        X86_REG_##w, F, 0, 16                                                  \
    }
#define BYTES(F, l, h)                                                         \
    {X86_REG_##l, F, 0, 8},                                                    \
    {                                                                          \
        X86_REG_##h, F, 8, 8                                                   \
    }
#define NEW(n)                                                                 \
    {X86_REG_R##n, R##n, 0, 64}, {X86_REG_R##n##D, R##n, 0, 32},               \
        {X86_REG_R##n##W, R##n, 0, 16},                                        \
    {                                                                          \
        X86_REG_R##n##B, R##n, 0, 8                                            \
    }
    WIDE(RAX, RAX, EAX, AX),
    WIDE(RCX, RCX, ECX, CX),
    WIDE(RDX, RDX, EDX, DX),
    WIDE(RBX, RBX, EBX, BX),
    WIDE(RSP, RSP, ESP, SP),
    WIDE(RBP, RBP, EBP, BP),
    WIDE(RSI, RSI, ESI, SI),
    WIDE(RDI, RDI, EDI, DI),
    WIDE(RIP, RIP, EIP, IP),
    BYTES(RAX, AL, AH),
    BYTES(RCX, CL, CH),
    BYTES(RDX, DL, DH),
    BYTES(RBX, BL, BH),
    {X86_REG_SPL, RSP, 0, 8},
    {X86_REG_BPL, RBP, 0, 8},
    {X86_REG_SIL, RSI, 0, 8},
    {X86_REG_DIL, RDI, 0, 8},
    NEW(8),
    NEW(9),
    NEW(10),
    NEW(11),
    NEW(12),
    NEW(13),
    NEW(14),
    NEW(15),
#undef WIDE
#undef BYTES
#undef NEW
};

static bool is_64(const decoding *g)
{
    return g->d->arch == MDW_ARCH_X86_64;
}

static unsigned pointer_size(const decoding *g)
{
    return is_64(g) ? 8 : 4;
}

static uint64_t low_bits(uint64_t value, unsigned bits)
{
    return bits >= 64 ? value : value & ((UINT64_C(1) << bits) - 1);
}

/* The whole register that `id` is a part of, or NULL. */
static const char *reg_name(const decoding *g, unsigned id)
{
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (parts[i].id == id)
            return names[parts[i].family][is_64(g)];
    return NULL;
}

static bool reg_value(const decoding *g, unsigned id, uint64_t *value)
{
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        if (parts[i].id != id)
            continue;
        if (parts[i].family == RIP) {
            *value = g->insn->address + g->insn->size;
            return true;
        }
        if (!read_reg(g->target, names[parts[i].family][is_64(g)], value))
            return false;
        *value = low_bits(*value >> parts[i].shift, parts[i].bits);
        return true;
    }
    return false;
}

/* Only FS and GS have a base of their own in user mode. */
static bool segment_base(const decoding *g, unsigned segment, uint64_t *base)
{
    *base = 0;
    if (segment == X86_REG_FS)
        return read_reg(g->target, "fs_base", base);
    if (segment == X86_REG_GS)
        return read_reg(g->target, "gs_base", base);
    return true;
}

static bool memory_address(const decoding *g, const x86_op_mem *m,
                           decode_access *a)
{
    uint64_t base = 0, index = 0, segment = 0;
    bool known = segment_base(g, m->segment, &segment);
    if (m->base != X86_REG_INVALID) {
        a->base = reg_name(g, m->base);
        a->base_known = reg_value(g, m->base, &base);
        known &= a->base_known;
    }
    if (m->index != X86_REG_INVALID && m->index != X86_REG_EIZ &&
        m->index != X86_REG_RIZ) {
        a->index = reg_name(g, m->index);
        known &= reg_value(g, m->index, &index);
    }
    a->base_value = base;
    a->scale = (uint32_t)m->scale;
    a->displacement = m->disp;
    uint64_t offset = base + index * (uint64_t)m->scale + (uint64_t)m->disp;
    unsigned width = g->insn->detail->x86.addr_size * 8u;
    a->addr = segment + low_bits(offset, width ? width : 64);
    if (!is_64(g))
        a->addr &= UINT32_MAX;
    return known;
}

/* Operands that look like memory and are none: an address alone, hints. */
static bool touches_memory(unsigned id)
{
    static const uint16_t none[] = {
        X86_INS_LEA,         X86_INS_NOP,        X86_INS_PREFETCH,
        X86_INS_PREFETCHNTA, X86_INS_PREFETCHT0, X86_INS_PREFETCHT1,
        X86_INS_PREFETCHT2,  X86_INS_PREFETCHW,  X86_INS_INVLPG};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        if (none[i] == id)
            return false;
    return true;
}

/* The first operand is written and nothing else: capstone 4 calls many of these
 * reads. */
static bool is_move(const char *name)
{
    static const char moves[][12] = {
        "mov",       "vmov",     "pextr",     "vpextr",   "extractps",
        "vextract",  "vmaskmov", "vpmaskmov", "vcvtps2p", "vpmov",
        "vcompress", "vpcompre", "vscatter",  "vpscatter"};
    for (size_t i = 0; i < sizeof moves / sizeof *moves; i++)
        if (starts(name, moves[i]))
            return true;
    return false;
}

static bool is_x87_store(const char *name)
{
    return starts(name, "fst") || starts(name, "fist") ||
           starts(name, "fnst") || starts(name, "fbstp") ||
           starts(name, "fnsave");
}

static uint32_t access_kind(const decoding *g, unsigned index)
{
    uint8_t access = g->insn->detail->x86.operands[index].access;
    uint32_t kind = 0;
    if (is_move(g->name))
        return index ? DECODE_READ : DECODE_WRITE;
    if (g->name[0] == 'f' && g->name[1] != 'x')
        return is_x87_store(g->name) ? DECODE_WRITE : DECODE_READ;
    if (g->insn->id == X86_INS_TEST)
        return DECODE_READ;
    if (starts(g->name, "cmpxchg"))
        return DECODE_READ | DECODE_WRITE;
    if (access & CS_AC_READ)
        kind |= DECODE_READ;
    if (access & CS_AC_WRITE)
        kind |= DECODE_WRITE;
    return kind;
}

/* Capstone's sizes of what is no operand but a block are made up. */
static uint32_t access_size(const decoding *g, const cs_x86_op *op)
{
    if (starts(g->name, "fxsave") || starts(g->name, "fxrstor"))
        return 512;
    return starts(g->name, "xsave") || starts(g->name, "xrstor") ? 0 : op->size;
}

/* Legacy SSE wants 16-byte operands aligned, but for these; VEX does not, but
 * for the moves that say so. */
static uint32_t alignment(const decoding *g, const cs_x86_op *op)
{
    static const char free_ones[][8] = {"movup", "movdqu", "lddqu", "pcmpes",
                                        "pcmpis"};
    static const char bound[][8] = {"vmovap", "vmovdqa", "vmovnt"};
    if (op->size < 16)
        return 0;
    if (!strcmp(g->name, "cmpxchg16b"))
        return 16;
    for (size_t i = 0; i < sizeof bound / sizeof *bound; i++)
        if (starts(g->name, bound[i]))
            return op->size;
    if (op->size != 16 || g->name[0] == 'v')
        return 0;
    for (size_t i = 0; i < sizeof free_ones / sizeof *free_ones; i++)
        if (starts(g->name, free_ones[i]))
            return 0;
    return 16;
}

/* BT and its kin reach beyond their operand when the bit is in a register. */
static void move_by_bit(const decoding *g, decode_access *a)
{
    const cs_x86 *x = &g->insn->detail->x86;
    unsigned id = g->insn->id;
    bool bit = id == X86_INS_BT || id == X86_INS_BTC || id == X86_INS_BTR ||
               id == X86_INS_BTS;
    uint64_t offset;
    if (!bit || x->op_count != 2 || x->operands[1].type != X86_OP_REG)
        return;
    unsigned bits = x->operands[1].size * 8u;
    if (!bits || !reg_value(g, x->operands[1].reg, &offset)) {
        a->known = false;
        return;
    }
    uint64_t magnitude = sign_extend(offset, bits);
    bool down = magnitude >> 63;
    uint64_t unit = (down ? ~magnitude : magnitude) / bits;
    a->addr += (down ? ~unit : unit) * (bits / 8);
}

static void explicit_accesses(decoding *g)
{
    const cs_x86 *x = &g->insn->detail->x86;
    if (!touches_memory(g->insn->id))
        return;
    for (unsigned i = 0; i < x->op_count && i < 8; i++) {
        const cs_x86_op *op = &x->operands[i];
        decode_access *a = op->type == X86_OP_MEM ? add_access(g->out) : NULL;
        if (!a)
            continue;
        a->kind = access_kind(g, i);
        a->bytes = access_size(g, op);
        a->align = alignment(g, op);
        a->known = memory_address(g, &op->mem, a);
        move_by_bit(g, a);
        add_reg(g->out, op->mem.base == X86_REG_RIP ? NULL : a->base);
        add_reg(g->out, a->index);
    }
}

/* What goes over the stack without an operand that says so; `words` of the
 * operand's size at sp, or before it. */
static const struct {
    uint16_t id;
    uint8_t kind, words;
} stack_uses[] = {
    {X86_INS_PUSH, DECODE_WRITE, 1},   {X86_INS_PUSHF, DECODE_WRITE, 1},
    {X86_INS_PUSHFD, DECODE_WRITE, 1}, {X86_INS_PUSHFQ, DECODE_WRITE, 1},
    {X86_INS_PUSHAL, DECODE_WRITE, 8}, {X86_INS_PUSHAW, DECODE_WRITE, 8},
    {X86_INS_CALL, DECODE_WRITE, 1},   {X86_INS_LCALL, DECODE_WRITE, 2},
    {X86_INS_ENTER, DECODE_WRITE, 1},  {X86_INS_POP, DECODE_READ, 1},
    {X86_INS_POPF, DECODE_READ, 1},    {X86_INS_POPFD, DECODE_READ, 1},
    {X86_INS_POPFQ, DECODE_READ, 1},   {X86_INS_POPAL, DECODE_READ, 8},
    {X86_INS_POPAW, DECODE_READ, 8},   {X86_INS_RET, DECODE_READ, 1},
    {X86_INS_RETF, DECODE_READ, 2},    {X86_INS_RETFQ, DECODE_READ, 2},
    {X86_INS_IRET, DECODE_READ, 3},    {X86_INS_IRETD, DECODE_READ, 3},
    {X86_INS_IRETQ, DECODE_READ, 5},   {X86_INS_LEAVE, DECODE_READ, 1},
};

static void stack_access(decoding *g)
{
    unsigned word = pointer_size(g);
    unsigned id = g->insn->id;
    if (g->insn->detail->x86.prefix[2] == 0x66 || id == X86_INS_PUSHAW ||
        id == X86_INS_POPAW)
        word = 2;
    for (size_t i = 0; i < sizeof stack_uses / sizeof *stack_uses; i++) {
        if (stack_uses[i].id != id)
            continue;
        unsigned bytes = word * stack_uses[i].words;
        enum family reg = id == X86_INS_LEAVE ? RBP : RSP;
        decode_access *a = add_access(g->out);
        if (!a)
            return;
        a->implicit = true;
        a->kind = stack_uses[i].kind;
        a->bytes = bytes;
        a->base = names[reg][is_64(g)];
        a->base_known = a->known = read_reg(g->target, a->base, &a->base_value);
        a->displacement = a->kind == DECODE_WRITE ? -(int64_t)bytes : 0;
        a->addr = a->base_value + (uint64_t)a->displacement;
        if (!is_64(g))
            a->addr &= UINT32_MAX;
        return;
    }
}

/* A repeated string instruction with nothing left to do does nothing. */
static bool repeats_nothing(const decoding *g)
{
    uint8_t prefix = g->insn->detail->x86.prefix[0];
    uint64_t count;
    static const char strings[][5] = {"movs", "cmps", "stos", "lods",
                                      "scas", "ins",  "outs"};
    if ((prefix != X86_PREFIX_REP && prefix != X86_PREFIX_REPNE) ||
        !read_reg(g->target, names[RCX][is_64(g)], &count) || count)
        return false;
    for (size_t i = 0; i < sizeof strings / sizeof *strings; i++)
        if (starts(g->name, strings[i]) && g->name[0] != 'i')
            return true;
    return false;
}

static void branch_operand(decoding *g, const cs_x86_op *op)
{
    uint64_t value;
    if (op->type == X86_OP_IMM) {
        value = (uint64_t)op->imm;
        set_target(g->out, is_64(g) ? value : value & UINT32_MAX, false);
        return;
    }
    g->out->flags |= DECODE_INDIRECT;
    if (op->type == X86_OP_REG) {
        add_reg(g->out, reg_name(g, op->reg));
        if (reg_value(g, op->reg, &value))
            set_target(g->out, value, true);
    } else if (op->type == X86_OP_MEM && g->out->access_count) {
        const decode_access *a = &g->out->access[0];
        if (a->known &&
            read_memory(g->target, a->addr, pointer_size(g), &value))
            set_target(g->out, value, true);
    }
}

static void return_target(decoding *g)
{
    uint64_t sp, value;
    g->out->flags |= DECODE_RETURN | DECODE_INDIRECT;
    if (read_reg(g->target, names[RSP][is_64(g)], &sp) &&
        read_memory(g->target, sp, pointer_size(g), &value))
        set_target(g->out, value, true);
}

static void branch(decoding *g)
{
    const cs_x86 *x = &g->insn->detail->x86;
    unsigned id = g->insn->id;
    bool calls = id == X86_INS_CALL || id == X86_INS_LCALL;
    bool jumps = id == X86_INS_JMP || id == X86_INS_LJMP;
    if (id == X86_INS_RET || starts(g->name, "retf") ||
        starts(g->name, "iret")) {
        return_target(g);
        return;
    }
    bool maybe = (g->name[0] == 'j' || starts(g->name, "loop")) && !jumps;
    if (!calls && !jumps && !maybe)
        return;
    g->out->flags |= calls ? DECODE_CALL : DECODE_JUMP;
    if (maybe)
        g->out->flags |= DECODE_CONDITIONAL;
    if (x->op_count == 1)
        branch_operand(g, &x->operands[0]);
}

static bool is_one_of(const char *name, const char *const *list)
{
    for (; *list; list++)
        if (!strcmp(name, *list))
            return true;
    return false;
}

/* Control and debug registers are for the kernel. */
static bool moves_system_register(const cs_x86 *x)
{
    for (unsigned i = 0; i < x->op_count && i < 8; i++) {
        unsigned reg =
            x->operands[i].type == X86_OP_REG ? x->operands[i].reg : 0;
        if ((reg >= X86_REG_CR0 && reg <= X86_REG_CR15) ||
            (reg >= X86_REG_DR0 && reg <= X86_REG_DR15))
            return true;
    }
    return false;
}

static void divisor(decoding *g)
{
    const cs_x86_op *op = &g->insn->detail->x86.operands[0];
    decoded *out = g->out;
    if (op->type == X86_OP_REG)
        out->has_divisor = reg_value(g, op->reg, &out->divisor);
    else if (op->type == X86_OP_MEM && out->access_count)
        out->has_divisor =
            out->access[0].known && read_memory(g->target, out->access[0].addr,
                                                op->size, &out->divisor);
}

static void classify(decoding *g)
{
    static const char *const traps[] = {"int3", "int1", "int", "into", "ud2",
                                        "ud2b", "ud0",  "ud1", NULL};
    static const char *const privileged[] = {
        "cli",     "clts",    "hlt",     "in",       "insb",    "insd",
        "insw",    "invd",    "invept",  "invlpg",   "invvpid", "iret",
        "iretd",   "iretq",   "lgdt",    "lidt",     "lldt",    "lmsw",
        "ltr",     "mwait",   "monitor", "out",      "outsb",   "outsd",
        "outsw",   "rdmsr",   "rdpmc",   "rdtsc",    "rdtscp",  "sti",
        "swapgs",  "sysexit", "sysret",  "vmcall",   "vmclear", "vmlaunch",
        "vmptrld", "vmptrst", "vmread",  "vmresume", "vmwrite", "vmxoff",
        "vmxon",   "wbinvd",  "wrmsr",   "xsetbv",   "int",     "into",
        NULL};
    if (is_one_of(g->name, traps))
        g->out->flags |= DECODE_TRAP;
    if (is_one_of(g->name, privileged) ||
        moves_system_register(&g->insn->detail->x86))
        g->out->flags |= DECODE_PRIVILEGED;
    if (g->insn->id == X86_INS_DIV || g->insn->id == X86_INS_IDIV) {
        g->out->flags |= DECODE_DIVIDE;
        divisor(g);
    }
}

void decode_x86(decoding *g)
{
    if (!repeats_nothing(g))
        explicit_accesses(g);
    branch(g);
    stack_access(g);
    classify(g);
}
