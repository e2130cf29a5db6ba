/* lib/unwind/dwarf_rows.c - carries out call frame instructions. */
#include <string.h>

#include "lib/base/leb.h"
#include "lib/unwind/dwarf_cfi.h"

/* DW_CFA_: DWARF 5, 7.24; LSB Core, 10.6.1.1; "DWARF for the Arm 64-bit
 * Architecture", 4.2. */
enum {
    CFA_NOP = 0x00,
    CFA_SET_LOC = 0x01,
    CFA_ADVANCE_LOC1 = 0x02,
    CFA_ADVANCE_LOC2 = 0x03,
    CFA_ADVANCE_LOC4 = 0x04,
    CFA_OFFSET_EXTENDED = 0x05,
    CFA_RESTORE_EXTENDED = 0x06,
    CFA_UNDEFINED = 0x07,
    CFA_SAME_VALUE = 0x08,
    CFA_REGISTER = 0x09,
    CFA_REMEMBER_STATE = 0x0A,
    CFA_RESTORE_STATE = 0x0B,
    CFA_DEF_CFA = 0x0C,
    CFA_DEF_CFA_REGISTER = 0x0D,
    CFA_DEF_CFA_OFFSET = 0x0E,
    CFA_DEF_CFA_EXPRESSION = 0x0F,
    CFA_EXPRESSION = 0x10,
    CFA_OFFSET_EXTENDED_SF = 0x11,
    CFA_DEF_CFA_SF = 0x12,
    CFA_DEF_CFA_OFFSET_SF = 0x13,
    CFA_VAL_OFFSET = 0x14,
    CFA_VAL_OFFSET_SF = 0x15,
    CFA_VAL_EXPRESSION = 0x16,
    CFA_MIPS_ADVANCE_LOC8 = 0x1D,
    CFA_AARCH64_RA_STATE_PC = 0x2C,
    CFA_GNU_WINDOW_SAVE = 0x2D, /* AArch64: negate_ra_state */
    CFA_GNU_ARGS_SIZE = 0x2E,
    CFA_GNU_NEGATIVE_OFFSET = 0x2F,
    CFA_ADVANCE_LOC = 0x40, /* the operand is in the low six bits */
    CFA_OFFSET = 0x80,
    CFA_RESTORE = 0xC0
};

/* Compilers nest one deep. */
enum { REMEMBER_MAX = 16 };

/* Registers that the architecture has no room for are read and dropped. */
typedef struct columns {
    uint64_t set;
    uint64_t cfa_reg; /* DWARF number */
    int64_t cfa_offset;
    mdw_bytes cfa_expr;
    bool has_cfa, has_expr;
    bool dropped_ra; /* the return column's rule names an unknown register */
    mdw_rule reg[MDW_MAX_REGS];
} columns;

typedef struct machine {
    const dwarf_cfi *cfi;
    const dwarf_cie *cie;
    reader r;
    uint64_t loc;
    dwarf_bases bases;
    columns now, first;
    columns saved[REMEMBER_MAX];
    uint32_t depth;
} machine;

/* Target arithmetic: wraps on purpose. */
static uint64_t scaled(uint64_t factor, int64_t align)
{
    return factor * (uint64_t)align;
}

static void set_rule(machine *m, uint64_t number, mdw_rule rule)
{
    uint8_t reg = dwarf_reg(m->cfi->arch, number);
    if (reg == NO_REG)
        return;
    m->now.set |= UINT64_C(1) << reg;
    m->now.reg[reg] = rule;
    if (number == m->cie->return_column)
        m->now.dropped_ra = false;
}

static void set_load(machine *m, uint64_t number, uint64_t offset)
{
    set_rule(m, number, rule_load(MDW_BASE_CFA, (int64_t)offset));
}

static void set_copy(machine *m, uint64_t number, uint64_t from)
{
    uint8_t reg = dwarf_reg(m->cfi->arch, from);
    set_rule(m, number,
             reg == NO_REG ? rule_kind(MDW_RULE_UNDEFINED) : rule_addr(reg, 0));
    if (reg == NO_REG && number == m->cie->return_column)
        m->now.dropped_ra = true;
}

static void restore(machine *m, uint64_t number)
{
    uint8_t reg = dwarf_reg(m->cfi->arch, number);
    if (reg == NO_REG)
        return;
    uint64_t bit = UINT64_C(1) << reg;
    m->now.set = (m->now.set & ~bit) | (m->first.set & bit);
    m->now.reg[reg] = m->first.reg[reg];
    if (number == m->cie->return_column)
        m->now.dropped_ra = m->first.dropped_ra;
}

static void def_cfa(machine *m, uint64_t reg, int64_t offset)
{
    m->now.cfa_reg = reg;
    m->now.cfa_offset = offset;
    m->now.has_cfa = true;
    m->now.has_expr = false;
}

static mdw_bytes expression(machine *m)
{
    mdw_bytes code = reader_bytes(&m->r, reader_uleb(&m->r));
    if (code.len > UINT32_MAX) /* expr_len is a uint32 */
        m->r.bad = true;
    return code;
}

static void set_expression(machine *m, uint8_t kind)
{
    uint64_t number = reader_uleb(&m->r);
    mdw_bytes code = expression(m);
    set_rule(m, number, rule_expr(kind, code));
}

static mdw_status remember(machine *m)
{
    if (m->depth == REMEMBER_MAX)
        return MDW_E_LIMIT;
    m->saved[m->depth++] = m->now;
    return MDW_OK;
}

static mdw_status recall(machine *m)
{
    if (!m->depth)
        return MDW_E_FORMAT;
    m->now = m->saved[--m->depth];
    return MDW_OK;
}

static mdw_status cfa_op(machine *m, uint8_t op)
{
    reader *r = &m->r;
    int64_t align = m->cie->data_align;
    uint64_t n;
    switch (op) {
    case CFA_DEF_CFA:
        n = reader_uleb(r);
        def_cfa(m, n, (int64_t)reader_uleb(r));
        return MDW_OK;
    case CFA_DEF_CFA_SF:
        n = reader_uleb(r);
        def_cfa(m, n, (int64_t)scaled((uint64_t)reader_sleb(r), align));
        return MDW_OK;
    case CFA_DEF_CFA_REGISTER:
        def_cfa(m, reader_uleb(r), m->now.cfa_offset);
        return MDW_OK;
    case CFA_DEF_CFA_OFFSET:
        m->now.cfa_offset = (int64_t)reader_uleb(r);
        return MDW_OK;
    case CFA_DEF_CFA_OFFSET_SF:
        m->now.cfa_offset = (int64_t)scaled((uint64_t)reader_sleb(r), align);
        return MDW_OK;
    case CFA_DEF_CFA_EXPRESSION:
        m->now.cfa_expr = expression(m);
        m->now.has_cfa = m->now.has_expr = true;
        return MDW_OK;
    default:
        return MDW_E_UNSUPPORTED;
    }
}

static mdw_status register_op(machine *m, uint8_t op)
{
    reader *r = &m->r;
    int64_t align = m->cie->data_align;
    uint64_t n = reader_uleb(r);
    switch (op) {
    case CFA_OFFSET_EXTENDED:
        set_load(m, n, scaled(reader_uleb(r), align));
        return MDW_OK;
    case CFA_OFFSET_EXTENDED_SF:
        set_load(m, n, scaled((uint64_t)reader_sleb(r), align));
        return MDW_OK;
    case CFA_GNU_NEGATIVE_OFFSET:
        set_load(m, n, 0 - scaled(reader_uleb(r), align));
        return MDW_OK;
    case CFA_VAL_OFFSET:
        set_rule(
            m, n,
            rule_addr(MDW_BASE_CFA, (int64_t)scaled(reader_uleb(r), align)));
        return MDW_OK;
    case CFA_VAL_OFFSET_SF:
        set_rule(m, n,
                 rule_addr(MDW_BASE_CFA,
                           (int64_t)scaled((uint64_t)reader_sleb(r), align)));
        return MDW_OK;
    case CFA_REGISTER:
        set_copy(m, n, reader_uleb(r));
        return MDW_OK;
    case CFA_RESTORE_EXTENDED:
        restore(m, n);
        return MDW_OK;
    case CFA_UNDEFINED:
        set_rule(m, n, rule_kind(MDW_RULE_UNDEFINED));
        return MDW_OK;
    case CFA_SAME_VALUE:
        set_rule(m, n, rule_kind(MDW_RULE_SAME));
        return MDW_OK;
    default:
        return MDW_E_UNSUPPORTED;
    }
}

static mdw_status other_op(machine *m, uint8_t op)
{
    switch (op) {
    case CFA_NOP:
        return MDW_OK;
    case CFA_REMEMBER_STATE:
        return remember(m);
    case CFA_RESTORE_STATE:
        return recall(m);
    case CFA_EXPRESSION:
        set_expression(m, MDW_RULE_EXPR_LOAD);
        return MDW_OK;
    case CFA_VAL_EXPRESSION:
        set_expression(m, MDW_RULE_EXPR);
        return MDW_OK;
    case CFA_GNU_ARGS_SIZE:
        /* Bytes that the function has pushed for its callees: for landing
         * pads alone, since the CFA's rule counts them too. */
        (void)reader_uleb(&m->r);
        return MDW_OK;
    case CFA_GNU_WINDOW_SAVE:
    case CFA_AARCH64_RA_STATE_PC:
        /* Whether the return address is signed: its tag bits are cut off
         * whatever this says. SPARC's windows do not exist here. */
        return MDW_OK;
    case CFA_DEF_CFA:
    case CFA_DEF_CFA_SF:
    case CFA_DEF_CFA_REGISTER:
    case CFA_DEF_CFA_OFFSET:
    case CFA_DEF_CFA_OFFSET_SF:
    case CFA_DEF_CFA_EXPRESSION:
        return cfa_op(m, op);
    default:
        return register_op(m, op);
    }
}

/* True if `op` moves the location, to `*to`. */
static bool location_op(machine *m, uint8_t op, uint64_t *to)
{
    reader *r = &m->r;
    uint64_t delta;
    if ((op & 0xC0) == CFA_ADVANCE_LOC)
        delta = op & 0x3F;
    else if (op == CFA_ADVANCE_LOC1)
        delta = reader_u8(r);
    else if (op == CFA_ADVANCE_LOC2)
        delta = reader_u16(r);
    else if (op == CFA_ADVANCE_LOC4)
        delta = reader_u32(r);
    else if (op == CFA_MIPS_ADVANCE_LOC8)
        delta = reader_u64(r);
    else if (op == CFA_SET_LOC) {
        if (!dwarf_pointer(m->cfi, r, m->cie->encoding, m->cie->pointer,
                           &m->bases, to))
            r->bad = true;
        return true;
    } else
        return false;
    *to = m->loc + delta * m->cie->code_align;
    if (m->cfi->arch->pointer == 4)
        *to &= UINT32_MAX;
    return true;
}

static mdw_status run_op(machine *m, uint8_t op)
{
    switch (op & 0xC0) {
    case CFA_OFFSET:
        set_load(m, op & 0x3F, scaled(reader_uleb(&m->r), m->cie->data_align));
        return MDW_OK;
    case CFA_RESTORE:
        restore(m, op & 0x3F);
        return MDW_OK;
    default:
        return other_op(m, op);
    }
}

/* Up to `addr`; `*next` is where the following row begins, if one does, and
 * the reader is behind the instruction that says so. */
static mdw_status run(machine *m, uint64_t addr, uint64_t *next)
{
    while (reader_left(&m->r)) {
        uint8_t op = reader_u8(&m->r);
        mdw_status status = MDW_OK;
        uint64_t to;
        if (!location_op(m, op, &to))
            status = run_op(m, op);
        else if (!m->r.bad && to > addr) {
            *next = to;
            return MDW_OK;
        } else if (!m->r.bad && to < m->loc)
            status = MDW_E_FORMAT; /* rows go upwards */
        else
            m->loc = to;
        if (status != MDW_OK)
            return status;
        if (m->r.bad)
            return MDW_E_TRUNCATED;
    }
    return MDW_OK;
}

/* base + offset, and a load from there, are what most expressions say: those
 * of signal trampolines and realigned stacks. */
static mdw_rule plainer(const arch *a, mdw_rule rule)
{
    enum { BREG0 = 0x70, BREG31 = 0x8F, BREGX = 0x92, DEREF = 0x06 };
    reader r = reader_at((mdw_bytes){rule.expr, rule.expr_len}, 0, 0, false);
    uint8_t op = reader_u8(&r);
    if (op != BREGX && (op < BREG0 || op > BREG31))
        return rule;
    uint64_t number = op == BREGX ? reader_uleb(&r) : (uint64_t)op - BREG0;
    int64_t offset = reader_sleb(&r);
    uint8_t reg = dwarf_reg(a, number);
    bool loads = rule.kind == MDW_RULE_EXPR_LOAD;
    bool plain = !r.bad && !reader_left(&r);
    if (!plain && !loads)
        plain = loads = reader_u8(&r) == DEREF && !r.bad && !reader_left(&r);
    if (!plain || reg == NO_REG)
        return rule;
    return loads ? rule_load(reg, offset) : rule_addr(reg, offset);
}

static bool is_expr(mdw_rule rule)
{
    return rule.kind == MDW_RULE_EXPR || rule.kind == MDW_RULE_EXPR_LOAD;
}

/* Where the return column isn't pc, its rule is pc's too; unset, pc is lr by
 * default. */
static void take_return(const machine *m, mdw_row *row)
{
    const arch *a = m->cfi->arch;
    uint8_t ra = dwarf_reg(a, m->cie->return_column);
    if (ra == a->pc || !(row->set >> ra & 1))
        return;
    mdw_rule rule = row->reg[ra];
    row_set(row, a->pc, rule.kind == MDW_RULE_SAME ? rule_addr(ra, 0) : rule);
}

static mdw_status finish(const machine *m, mdw_row *row)
{
    const arch *a = m->cfi->arch;
    const columns *c = &m->now;
    uint8_t base = dwarf_reg(a, c->cfa_reg);
    if (!c->has_cfa)
        return MDW_E_FORMAT;
    if (c->dropped_ra || dwarf_reg(a, m->cie->return_column) == NO_REG ||
        (!c->has_expr && base == NO_REG))
        return MDW_E_UNSUPPORTED;
    row->cfa = rule_addr(base, c->cfa_offset);
    if (c->has_expr)
        row->cfa = plainer(a, rule_expr(MDW_RULE_EXPR, c->cfa_expr));
    row->set = c->set;
    for (uint8_t i = 0; i < a->reg_count; i++)
        if (c->set >> i & 1)
            row->reg[i] =
                is_expr(c->reg[i]) ? plainer(a, c->reg[i]) : c->reg[i];
    take_return(m, row);
    row->source = MDW_SOURCE_DWARF;
    row->flags = m->cie->signal ? MDW_ROW_SIGNAL : 0;
    return MDW_OK;
}

static reader code_at(const dwarf_cfi *cfi, mdw_bytes code, uint64_t addr)
{
    return reader_at(code, addr, 0, cfi->big_endian);
}

/* The CIE's instructions move nowhere: a location there would be no FDE's. */
static mdw_status begin(machine *m, const dwarf_cfi *cfi, const dwarf_fde *fde)
{
    uint64_t next;
    m->cfi = cfi;
    m->cie = &fde->cie;
    m->bases = cfi->bases;
    m->bases.func = fde->pc.start;
    m->bases.has_func = true;
    m->first.set = m->now.set = 0;
    m->first.dropped_ra = false;
    m->now.cfa_reg = 0;
    m->now.cfa_offset = 0;
    m->now.has_cfa = m->now.has_expr = m->now.dropped_ra = false;
    m->loc = 0;
    m->depth = 0;
    m->r = code_at(cfi, fde->cie.code, fde->cie.code_addr);
    mdw_status status = run(m, UINT64_MAX, &next);
    m->first = m->now;
    m->loc = fde->pc.start;
    m->depth = 0;
    m->r = code_at(cfi, fde->code, fde->code_addr);
    return status;
}

/* The row that holds `addr`; `*next` is where it ends, inside the FDE. */
static mdw_status row_at(machine *m, const dwarf_fde *fde, uint64_t addr,
                         uint64_t *next)
{
    uint64_t end = fde->pc.start + fde->pc.size;
    *next = end;
    mdw_status status = run(m, addr, next);
    if (*next - fde->pc.start > fde->pc.size)
        *next = end;
    return status;
}

mdw_status dwarf_run(const dwarf_cfi *cfi, const dwarf_fde *fde, uint64_t addr,
                     mdw_row *row)
{
    machine m; /* not cleared: only what a mask names is ever read */
    uint64_t next;
    mdw_status status = begin(&m, cfi, fde);
    if (status == MDW_OK)
        status = row_at(&m, fde, addr, &next);
    if (status != MDW_OK)
        return status;
    row->pc = (mdw_range){m.loc, next - m.loc};
    return finish(&m, row);
}

mdw_status dwarf_run_all(const dwarf_cfi *cfi, const dwarf_fde *fde,
                         row_fn each, void *user, uint64_t *broken)
{
    machine m;
    uint64_t next;
    mdw_row row;
    mdw_status status = begin(&m, cfi, fde);
    uint64_t end = fde->pc.start + fde->pc.size;
    for (; status == MDW_OK && m.loc != end; m.loc = next) {
        if (row_at(&m, fde, m.loc, &next) != MDW_OK)
            break;
        row_clear(&row);
        row.pc = (mdw_range){m.loc, next - m.loc};
        if (finish(&m, &row) != MDW_OK)
            ++*broken;
        else if ((status = each(user, &row)) != MDW_OK)
            return status;
    }
    *broken += m.loc != end;
    return MDW_OK;
}
