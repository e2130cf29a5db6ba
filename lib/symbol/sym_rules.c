/* lib/symbol/sym_rules.c - STACK CFI: rules in postfix become base + offset
 * where that says the same, and rows are folded from INIT and its deltas. */
#include "lib/base/bytes.h"
#include "lib/base/lines.h"
#include "lib/base/str.h"
#include "lib/symbol/sym.h"
#include "lib/unwind/arch.h"

enum { SLOTS = 8 };

/* base + offset, on the way to a rule. */
typedef struct term {
    uint8_t base;
    uint64_t offset;
} term;

static mdw_str without_dollar(mdw_str name)
{
    return str_starts(name, STR("$")) ? str_slice(name, 1, name.len) : name;
}

static bool literal(mdw_str token, uint64_t *out)
{
    bool minus = str_starts(token, STR("-"));
    if (!str_decimal(str_slice(token, minus, token.len), out))
        return false;
    if (minus)
        *out = 0 - *out;
    return true;
}

static bool operand(uint32_t id, mdw_str token, term *out)
{
    *out = (term){MDW_BASE_ZERO, 0};
    if (literal(token, &out->offset))
        return true;
    if (str_is(token, ".cfa")) {
        out->base = MDW_BASE_CFA;
        return true;
    }
    uint32_t reg = mdw_reg_find(id, without_dollar(token));
    out->base = (uint8_t)reg; /* < MDW_MAX_REGS unless MDW_NONE */
    return reg != MDW_NONE;
}

/* False when the sum is no longer one base and an offset. */
static bool add(term *a, const term *b, bool minus)
{
    if (b->base == MDW_BASE_ZERO) {
        a->offset += minus ? 0 - b->offset : b->offset;
        return true;
    }
    if (minus || a->base != MDW_BASE_ZERO)
        return false;
    *a = (term){b->base, a->offset + b->offset};
    return true;
}

/* True with the rule for `expr`, when it is a sum or a load of one. */
static bool simple(uint32_t id, text expr, sym_rule *out)
{
    term slot[SLOTS];
    size_t n = 0;
    bool load = false;
    for (mdw_str token; (token = text_token(&expr)).len;) {
        bool plus = str_is(token, "+"), minus = str_is(token, "-");
        if (load) /* something is done with what was loaded */
            return false;
        if (plus || minus) {
            if (n < 2 || !add(&slot[n - 2], &slot[n - 1], minus))
                return false;
            n--;
        } else if (str_is(token, "^") && n == 1) {
            load = true;
        } else if (n == SLOTS || !operand(id, token, &slot[n++])) {
            return false;
        }
    }
    if (n != 1)
        return false;
    *out = (sym_rule){.kind = load ? MDW_RULE_LOAD : MDW_RULE_ADDR,
                      .base = slot[0].base,
                      .offset = (int64_t)slot[0].offset};
    return true;
}

sym_rule sym_rule_of(uint32_t id, mdw_str expr)
{
    sym_rule rule = {.kind = MDW_RULE_UNDEFINED};
    text t = text_of(expr);
    if (text_done(&t) || str_is(str_trim(expr), ".undef"))
        return rule;
    if (!simple(id, text_of(expr), &rule))
        rule = (sym_rule){.kind = MDW_RULE_EXPR, .expr = bytes_of(expr)};
    return rule;
}

static bool mentions_cfa(const sym_rule *rule)
{
    text t = text_of(str_from(rule->expr));
    if (rule->kind == MDW_RULE_ADDR || rule->kind == MDW_RULE_LOAD)
        return rule->base == MDW_BASE_CFA;
    for (mdw_str token; (token = text_token(&t)).len;)
        if (str_is(token, ".cfa"))
            return true;
    return false;
}

void sym_fold_begin(sym_fold *f, uint32_t id)
{
    const arch *a = arch_find(id);
    f->row.flags = MDW_ROW_POSTFIX;
    f->row.source = MDW_SOURCE_STACK_CFI;
    f->row.set = 0;
    f->row.cfa = f->ra = (sym_rule){.kind = MDW_RULE_DEFAULT};
    f->arch = id;
    f->pc = a ? a->pc : MDW_NONE;
    f->bad = 0;
    f->now = 0;
    for (size_t i = 0; i < SYM_FOLD_SLOTS; i++)
        f->when[i] = 0;
}

/* A delta that stands further down but speaks for an earlier address must not
 * win over a later one. */
static bool newer(sym_fold *f, size_t slot)
{
    if (f->now < f->when[slot])
        return false;
    f->when[slot] = f->now;
    return true;
}

static void set_rule(sym_fold *f, mdw_str name, mdw_str expr)
{
    sym_rule rule = sym_rule_of(f->arch, expr);
    f->bad += !str_trim(expr).len;
    if (str_is(name, ".cfa")) {
        if (newer(f, SYM_FOLD_CFA))
            f->row.cfa = rule;
        return;
    }
    if (str_is(name, ".ra")) {
        if (newer(f, SYM_FOLD_RA))
            f->ra = rule;
        return;
    }
    uint32_t reg = mdw_reg_find(f->arch, without_dollar(name));
    if (reg >= MDW_MAX_REGS || !newer(f, reg))
        return; /* a register that the walker does not carry */
    f->row.reg[reg] = rule;
    f->row.set |= UINT64_C(1) << reg;
}

/* The next "name:" and what lies before it. False: there is none. */
static bool next_name(text *t, mdw_str *before, mdw_str *name)
{
    const char *from = t->at;
    for (mdw_str token; (token = text_token(t)).len;) {
        if (!str_ends(token, STR(":")))
            continue;
        *before = (mdw_str){from, (size_t)(token.data - from)};
        *name = str_slice(token, 0, token.len - 1);
        return true;
    }
    *before = (mdw_str){from, (size_t)(t->at - from)};
    return false;
}

void sym_fold_rules(sym_fold *f, text t)
{
    mdw_str before, name, next;
    bool more = next_name(&t, &before, &name);
    f->bad += str_trim(before).len > 0;
    while (more) {
        more = next_name(&t, &before, &next);
        set_rule(f, name, str_trim(before));
        name = next;
    }
}

/* Writers leave out `.ra` where ARM64's CIE says nothing of it: at the entry of
 * a function it is in x30 still. Where x30 was saved, that is where it is. A
 * row says so by leaving pc to lr. */
static bool link_returns(const sym_fold *f)
{
    const arch *a = f->arch == MDW_ARCH_ARM64 ? arch_find(f->arch) : NULL;
    const sym_rule *cfa = &f->row.cfa;
    if (!a || f->row.set >> a->pc & 1)
        return false;
    bool entry =
        cfa->kind == MDW_RULE_ADDR && cfa->base == a->sp && !cfa->offset;
    return entry || f->row.set >> a->lr & 1;
}

mdw_status sym_fold_end(const sym_fold *f, sym_row *out)
{
    uint8_t cfa = f->row.cfa.kind;
    bool by_link = f->ra.kind == MDW_RULE_DEFAULT;
    if (cfa == MDW_RULE_DEFAULT || cfa == MDW_RULE_UNDEFINED ||
        mentions_cfa(&f->row.cfa) || (by_link && !link_returns(f)) ||
        f->pc >= MDW_MAX_REGS)
        return MDW_ABSENT;
    out->flags = f->row.flags;
    out->source = f->row.source;
    out->cfa = f->row.cfa;
    out->set = f->row.set;
    for (uint32_t i = 0; i < MDW_MAX_REGS; i++)
        if (f->row.set >> i & 1)
            out->reg[i] = f->row.reg[i];
    if (by_link || f->row.set >> f->pc & 1)
        return MDW_OK;
    out->set |= UINT64_C(1) << f->pc;
    out->reg[f->pc] = f->ra;
    return MDW_OK;
}

bool sym_next_delta(mdw_bytes source, uint64_t *at, sym_delta *out,
                    sym_counts *counts)
{
    mdw_str line;
    for (uint64_t next = *at; lines_take(source, &next, &line); *at = next) {
        out->line = *at;
        out->rules = text_of(line);
        uint32_t kind = sym_kind(&out->rules);
        if (kind == SYM_DELTA && text_hex(&out->rules, UINT64_MAX, &out->rva)) {
            *at = next;
            return true;
        }
        if (kind == SYM_DELTA)
            sym_count(counts, INDEX_BAD_LINE, 1, *at);
        else if (kind != SYM_LINE && kind != SYM_BLANK && kind != SYM_BAD)
            return false;
    }
    return false;
}

mdw_status sym_row_at(mdw_bytes source, uint64_t at, mdw_range owned,
                      uint32_t rva, uint32_t id, sym_row *out)
{
    text t;
    sym_range range;
    uint32_t start, bytes;
    if (!sym_record_at(source, at, SYM_INIT, &t, &at) ||
        !sym_read_range(&t, &range) || sym_place(range, &start, &bytes) ||
        start > owned.start ||
        (uint64_t)start + bytes != owned.start + owned.size)
        return MDW_E_DAMAGED;
    sym_fold fold;
    sym_fold_begin(&fold, id);
    fold.now = start;
    sym_fold_rules(&fold, t);
    uint64_t end = owned.start + owned.size; /* <= 2^32 */
    out->pc = owned;
    for (sym_delta d; sym_next_delta(source, &at, &d, NULL);) {
        if (d.rva < start || d.rva >= end)
            continue;
        if (d.rva > rva) {
            end = d.rva; /* later ones above it are of no interest either */
            continue;
        }
        fold.now = d.rva;
        sym_fold_rules(&fold, d.rules);
        if (d.rva > out->pc.start)
            out->pc.start = d.rva;
    }
    out->pc.size = end - out->pc.start;
    return sym_fold_end(&fold, out);
}

static mdw_rule fill_rule(const sym_rule *rule)
{
    mdw_rule out = {.kind = rule->kind, .base = rule->base};
    if (rule->kind == MDW_RULE_EXPR || rule->kind == MDW_RULE_EXPR_LOAD) {
        if (rule->expr.len > UINT32_MAX)
            return (mdw_rule){.kind = MDW_RULE_UNDEFINED};
        out.expr = rule->expr.data;
        out.expr_len = (uint32_t)rule->expr.len;
    } else {
        out.offset = rule->offset;
    }
    return out;
}

void sym_row_fill(const sym_row *from, mdw_row *row)
{
    row->pc = from->pc;
    row->flags = from->flags;
    row->source = from->source;
    row->set = from->set;
    row->cfa = fill_rule(&from->cfa);
    for (uint32_t i = 0; i < MDW_MAX_REGS; i++)
        if (from->set >> i & 1)
            row->reg[i] = fill_rule(&from->reg[i]);
}
