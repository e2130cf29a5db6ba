/* fuzz/fuzz_row.c - whatever the row, the registers and the memory, carrying it
 * out gives pc and sp, values as wide as the machine, an origin for each of
 * them, what plain rules say, and the same answer twice. */
#include <stdlib.h>
#include <string.h>

#include "lib/base/leb.h"
#include "lib/base/reader.h"
#include "lib/unwind/postfix.h"
#include "lib/unwind/row.h"

#define EXPECT(cond)                                                           \
    do                                                                         \
        if (!(cond))                                                           \
            abort();                                                           \
    while (0)

enum {
    DEPTH = 7,      /* of the callee */
    KINDS = 10,     /* of rules, also ones that don't exist */
    RULE_OPS = 1001 /* EXPR_OPS, POSTFIX_TOKENS and one */
};

typedef struct target {
    const arch *arch;
    mdw_regs regs;
    mdw_origins origins;
    row_input in;
    mdw_row row;
    uint64_t loads, ops;
} target;

static uint64_t cut(const target *t, uint64_t v)
{
    return t->arch->pointer == 4 ? v & UINT32_MAX : v;
}

/* Every fifth address can't be read. */
static bool word_at(uint64_t addr, unsigned size, uint64_t *value)
{
    *value = addr * UINT64_C(0x9E3779B97F4A7C15) >> (64 - 8 * size);
    return addr % 5;
}

static bool load(void *user, uint64_t addr, unsigned size, uint64_t *value)
{
    target *t = user;
    t->loads++;
    EXPECT(size && size <= 8 && size <= t->arch->pointer);
    EXPECT(cut(t, addr) == addr);
    return word_at(addr, size, value);
}

/* --- what is read from the input ---------------------------------------- */

static mdw_rule take_rule(reader *r)
{
    mdw_rule rule = {.kind = reader_u8(r) % KINDS, .base = reader_u8(r)};
    if (rule.kind != MDW_RULE_EXPR && rule.kind != MDW_RULE_EXPR_LOAD) {
        rule.offset = reader_sleb(r);
        return rule;
    }
    mdw_bytes expr = reader_bytes(r, rule.base);
    rule.expr = expr.data;
    rule.expr_len = expr.data ? (uint32_t)expr.len : rule.base;
    return rule;
}

/* Two bits of `which` say where a register points. */
static void take_regs(target *t, reader *r)
{
    t->regs.valid = reader_u64(r);
    t->regs.guessed = reader_u64(r) & t->regs.valid;
    uint64_t which = reader_u64(r), seed = reader_u64(r);
    for (unsigned i = 0; i < MDW_MAX_REGS; i++) {
        static const uint64_t from[] = {0, 0x7FFF0000, UINT32_MAX - 64,
                                        UINT64_MAX - 64};
        uint64_t at = from[which >> i % 31 * 2 & 3] + (seed >> i % 8 * 8) % 97;
        t->regs.value[i] = cut(t, at);
        t->origins.kind[i] = t->regs.valid >> i & 1 ? MDW_ORIGIN_CONTEXT : 0;
        t->origins.frame[i] = (uint16_t)(i % DEPTH);
    }
    t->regs.valid &= (UINT64_C(1) << t->arch->reg_count) - 1;
    t->regs.guessed &= t->regs.valid;
}

static void take_row(target *t, reader *r)
{
    row_clear(&t->row);
    t->row.flags = reader_u8(r);
    t->row.source = reader_u8(r);
    t->row.set = reader_u64(r);
    t->row.cfa = take_rule(r);
    for (unsigned i = 0; i < MDW_MAX_REGS; i++)
        if (t->row.set >> i & 1)
            t->row.reg[i] = take_rule(r);
}

/* --- what must hold ----------------------------------------------------- */

/* False: it can't be said so simply, or not at all. */
static bool plain(const target *t, mdw_rule rule, const uint64_t *cfa,
                  uint64_t *out)
{
    uint64_t base = 0;
    if (rule.kind != MDW_RULE_ADDR && rule.kind != MDW_RULE_LOAD)
        return false;
    if (rule.base == MDW_BASE_CFA && cfa)
        base = *cfa;
    else if (rule.base != MDW_BASE_ZERO && !reg_known(&t->regs, rule.base))
        return false;
    else if (rule.base != MDW_BASE_ZERO)
        base = t->regs.value[rule.base];
    *out = cut(t, base + (uint64_t)rule.offset);
    return rule.kind == MDW_RULE_ADDR || word_at(*out, t->arch->pointer, out);
}

static void check_plain(const target *t, const mdw_regs *out)
{
    uint64_t cfa, want;
    if (!plain(t, t->row.cfa, NULL, &cfa))
        return;
    for (uint8_t i = 0; i < t->arch->reg_count; i++) {
        bool said = t->row.set >> i & 1;
        if (said && plain(t, t->row.reg[i], &cfa, &want))
            EXPECT(reg_known(out, i) && out->value[i] == want);
        if (said && t->row.reg[i].kind == MDW_RULE_UNDEFINED)
            EXPECT(!reg_known(out, i));
        if (said && t->row.reg[i].kind == MDW_RULE_SAME)
            EXPECT(reg_known(out, i) == reg_known(&t->regs, i) &&
                   (!reg_known(out, i) || out->value[i] == t->regs.value[i]));
    }
    if (!(t->row.set >> t->arch->sp & 1))
        EXPECT(out->value[t->arch->sp] == cfa);
}

static void check_out(const target *t, const mdw_regs *out,
                      const mdw_origins *origins)
{
    const arch *a = t->arch;
    EXPECT(reg_known(out, a->pc) && reg_known(out, a->sp));
    EXPECT(!(out->valid >> a->reg_count) && !(out->guessed & ~out->valid));
    for (uint8_t i = 0; i < MDW_MAX_REGS; i++) {
        bool known = reg_known(out, i);
        EXPECT(known == (origins->kind[i] != MDW_ORIGIN_NONE));
        EXPECT(origins->kind[i] <= MDW_ORIGIN_GUESSED);
        EXPECT(origins->frame[i] <= DEPTH);
        EXPECT(cut(t, out->value[i]) == out->value[i]);
        EXPECT(known || !out->value[i]);
    }
    if (t->row.flags & MDW_ROW_SP_BOUND)
        EXPECT(out->guessed >> a->sp & 1);
    if (t->in.no_guess && t->row.cfa.kind == MDW_RULE_ADDR)
        EXPECT(t->row.cfa.base >= MDW_MAX_REGS ||
               !(t->regs.guessed >> t->row.cfa.base & 1));
    check_plain(t, out);
}

static bool carry_out(target *t, mdw_regs *out, mdw_origins *origins)
{
    t->loads = t->ops = 0;
    memset(out, 0xA5, sizeof *out); /* whoever writes less is found out */
    memset(origins, 0xA5, sizeof *origins);
    bool done = row_apply(&t->in, &t->row, out, origins);
    uint64_t rules = t->arch->reg_count + UINT64_C(1);
    EXPECT(t->ops <= rules * RULE_OPS && t->loads <= rules + t->ops);
    return done;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What kind of machine, registers, the row; what is missing reads as zero. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    reader r = reader_at((mdw_bytes){data, size}, 0, 0, false);
    static target t;
    mdw_regs out[2];
    mdw_origins origins[2];
    memset(&t, 0, sizeof t);
    uint8_t kind = reader_u8(&r);
    t.arch = arch_find(1 + (kind & 3));
    t.in = (row_input){.arch = t.arch,
                       .regs = &t.regs,
                       .origins = &t.origins,
                       .keep = reader_u64(&r),
                       .depth = DEPTH,
                       .load = load,
                       .user = &t,
                       .no_guess = kind & 4,
                       .big_endian = kind & 8,
                       .bias = kind & 16 ? 0x5000 : 0,
                       .ops = &t.ops};
    take_regs(&t, &r);
    take_row(&t, &r);
    bool done = carry_out(&t, &out[0], &origins[0]);
    uint64_t ops = t.ops, loads = t.loads;
    EXPECT(carry_out(&t, &out[1], &origins[1]) == done);
    EXPECT(t.ops == ops && t.loads == loads);
    EXPECT(!memcmp(&out[0], &out[1], sizeof out[0]));
    EXPECT(!memcmp(&origins[0], &origins[1], sizeof origins[0]));
    if (done)
        check_out(&t, &out[0], &origins[0]);
    return 0;
}

_Static_assert((int)RULE_OPS > (int)EXPR_OPS, "operators of one rule");
_Static_assert((int)RULE_OPS > (int)POSTFIX_TOKENS, "operators of one rule");
