/* lib/unwind/row.c - carries out unwind rows. Every step ends here, so the
 * arithmetic exists once. */
#include "lib/unwind/row.h"

#include <string.h>

#include "lib/base/str.h"
#include "lib/unwind/postfix.h"

typedef struct value {
    uint64_t value, addr;
    uint64_t used; /* bit i: it was counted from the callee's register i */
    uint8_t origin;
    bool guessed;
} value;

/* Target arithmetic wraps on purpose, here and nowhere else. */
static uint64_t wrap(const arch *a, uint64_t v)
{
    return a->pointer == 4 ? v & UINT32_MAX : v;
}

static bool base_value(const row_input *in, uint8_t base, const uint64_t *cfa,
                       uint64_t *out)
{
    if (base == MDW_BASE_ZERO) {
        *out = 0;
        return true;
    }
    if (base == MDW_BASE_CFA) {
        *out = cfa ? *cfa : 0;
        return cfa != NULL;
    }
    bool known = base < in->arch->reg_count && reg_known(in->regs, base);
    *out = known ? in->regs->value[base] : 0;
    return known;
}

static bool sum(const row_input *in, const mdw_rule *rule, const uint64_t *cfa,
                uint64_t *used, uint64_t *out)
{
    uint64_t base;
    if (!base_value(in, rule->base, cfa, &base))
        return false;
    if (rule->base < in->arch->reg_count)
        *used = UINT64_C(1) << rule->base;
    *out = wrap(in->arch, base + (uint64_t)rule->offset);
    return true;
}

static bool expression(const row_input *in, const mdw_rule *rule, bool postfix,
                       const uint64_t *cfa, uint64_t *used, uint64_t *out)
{
    expr_input e = {.arch = in->arch,
                    .regs = in->regs,
                    .cfa = cfa,
                    .bias = in->bias,
                    .big_endian = in->big_endian,
                    .load = in->load,
                    .user = in->user,
                    .used = used};
    mdw_bytes code = {rule->expr, rule->expr_len};
    if (!code.data && code.len)
        return false;
    return postfix ? postfix_expr(&e, str_from(code), out, in->ops)
                   : dwarf_expr(&e, code, out, in->ops);
}

static bool rule_value(const row_input *in, const mdw_row *row,
                       const mdw_rule *rule, uint8_t reg, const uint64_t *cfa,
                       value *out)
{
    bool postfix = row->flags & MDW_ROW_POSTFIX;
    uint64_t *to = &out->value;
    switch (rule->kind) {
    case MDW_RULE_SAME:
        out->origin = MDW_ORIGIN_SAME;
        out->used = reg < in->arch->reg_count ? UINT64_C(1) << reg : 0;
        return base_value(in, reg, cfa, &out->value);
    case MDW_RULE_LOAD:
    case MDW_RULE_EXPR_LOAD:
        to = &out->addr;
        break;
    case MDW_RULE_ADDR:
    case MDW_RULE_EXPR:
        break;
    default:
        return false; /* undefined, or nothing this library knows */
    }
    bool plain = rule->kind == MDW_RULE_ADDR || rule->kind == MDW_RULE_LOAD;
    bool loads = to == &out->addr;
    out->origin = loads ? MDW_ORIGIN_LOADED : MDW_ORIGIN_COMPUTED;
    bool done = plain ? sum(in, rule, cfa, &out->used, to)
                      : expression(in, rule, postfix, cfa, &out->used, to);
    return done && (!loads || in->load(in->user, out->addr, in->arch->pointer,
                                       &out->value));
}

/* What lies in memory is evidence, wherever that place came from. */
static bool is_guessed(const row_input *in, const value *v)
{
    return v->origin != MDW_ORIGIN_LOADED && v->used & in->regs->guessed;
}

static void take(mdw_regs *out, mdw_origins *origins, uint32_t depth,
                 uint8_t reg, const value *v)
{
    out->valid |= UINT64_C(1) << reg;
    out->value[reg] = v->value;
    out->guessed |= (uint64_t)v->guessed << reg;
    origins->kind[reg] = v->origin;
    origins->frame[reg] = (uint16_t)(depth > UINT16_MAX ? UINT16_MAX : depth);
    origins->addr[reg] = v->addr;
}

static void keep(const row_input *in, uint64_t regs, mdw_regs *out,
                 mdw_origins *origins)
{
    out->valid = regs;
    out->guessed = in->regs->guessed & regs;
    for (uint8_t i = 0; i < in->arch->reg_count; i++)
        if (regs >> i & 1) {
            out->value[i] = in->regs->value[i];
            origins->kind[i] = MDW_ORIGIN_KEPT;
            origins->frame[i] = in->origins->frame[i];
            origins->addr[i] = in->origins->addr[i];
        }
}

static uint64_t said(const arch *a, const mdw_row *row)
{
    uint64_t regs = 0;
    for (uint8_t i = 0; i < a->reg_count; i++)
        if (row->set >> i & 1 && row->reg[i].kind != MDW_RULE_DEFAULT)
            regs |= UINT64_C(1) << i;
    return regs;
}

/* Of a row that says nothing about pc: what lr was before the call that this
 * frame came from. At the entry of a function that is lr itself. */
static void return_by_link(const row_input *in, bool lr_said, mdw_regs *out,
                           mdw_origins *origins)
{
    const arch *a = in->arch;
    if (!lr_said && reg_known(in->regs, a->lr)) {
        value v = {.value = in->regs->value[a->lr], .origin = MDW_ORIGIN_SAME};
        take(out, origins, in->depth, a->pc, &v);
    } else if (reg_known(out, a->lr)) {
        value v = {.value = out->value[a->lr],
                   .addr = origins->addr[a->lr],
                   .origin = origins->kind[a->lr]};
        take(out, origins, in->depth, a->pc, &v);
    }
}

bool row_apply(const row_input *in, const mdw_row *row, mdw_regs *out,
               mdw_origins *origins)
{
    const arch *a = in->arch;
    value cfa = {0};
    uint64_t set = said(a, row);
    memset(out, 0, sizeof *out);
    memset(origins, 0, sizeof *origins);
    origins->size = sizeof *origins;
    if (!rule_value(in, row, &row->cfa, NO_REG, NULL, &cfa) ||
        (in->no_guess && cfa.used & in->regs->guessed))
        return false; /* a CFA must rest on evidence, or say SP_BOUND */
    keep(in, in->keep & ~set & in->regs->valid, out, origins);
    for (uint8_t i = 0; i < a->reg_count; i++) {
        value v = {0};
        if (!(set >> i & 1) ||
            !rule_value(in, row, &row->reg[i], i, &cfa.value, &v))
            continue;
        v.guessed = is_guessed(in, &v);
        take(out, origins, in->depth, i, &v);
    }
    if (!(set >> a->sp & 1))
        take(out, origins, in->depth, a->sp, &cfa); /* the usual case */
    if (!(set >> a->pc & 1))
        return_by_link(in, a->lr != NO_REG && (set >> a->lr & 1), out, origins);
    if (row->flags & MDW_ROW_SP_BOUND) {
        out->guessed |= UINT64_C(1) << a->sp;
        origins->kind[a->sp] = MDW_ORIGIN_GUESSED;
    }
    return reg_known(out, a->pc) && reg_known(out, a->sp);
}
