/* lib/symbol/index_rules.c - rows, and rule sets as they lie in RULES. */
#include <string.h>

#include "lib/base/bytes.h"
#include "lib/base/leb.h"
#include "lib/symbol/view.h"
#include "lib/symbol/writer.h"

static bool is_expr(uint8_t kind)
{
    return kind == MDW_RULE_EXPR || kind == MDW_RULE_EXPR_LOAD;
}

/* The longest rule but for its expression: kind, base, number. */
enum { RULE_HEAD = 2 + LEB_MAX };

static bool put_rule(const sym_rule *rule, uint8_t *out, size_t *at)
{
    size_t len = is_expr(rule->kind) ? rule->expr.len : 0;
    if (len > INDEX_RULES_MAX || INDEX_RULES_MAX - *at < RULE_HEAD + 1 + len)
        return false;
    uint8_t *to = out + *at;
    *to++ = rule->kind;
    if (is_expr(rule->kind)) {
        to += leb_put(to, len);
        to += bytes_copy(to, rule->expr, 0, len);
    } else if (rule->kind == MDW_RULE_ADDR || rule->kind == MDW_RULE_LOAD) {
        *to++ = rule->base;
        to += leb_put_signed(to, rule->offset);
    }
    *at = (size_t)(to - out);
    return true;
}

size_t rules_encode(const sym_row *row, uint8_t *out)
{
    uint8_t n = 0;
    for (uint32_t i = 0; i < MDW_MAX_REGS; i++)
        n = (uint8_t)(n + (row->set >> i & 1));
    out[0] = (uint8_t)row->flags;
    out[1] = (uint8_t)row->source;
    out[2] = n;
    size_t at = INDEX_RULES_HEAD;
    if (!put_rule(&row->cfa, out, &at))
        return 0;
    for (uint32_t i = 0; i < MDW_MAX_REGS; i++) {
        if (!(row->set >> i & 1))
            continue;
        out[at++] = (uint8_t)i; /* put_rule leaves room for one byte */
        if (!put_rule(&row->reg[i], out, &at))
            return 0;
    }
    return at;
}

static void read_rule(reader *r, sym_rule *out)
{
    *out = (sym_rule){.kind = reader_u8(r)};
    if (is_expr(out->kind)) {
        out->expr = reader_bytes(r, reader_uleb(r));
    } else if (out->kind == MDW_RULE_ADDR || out->kind == MDW_RULE_LOAD) {
        out->base = reader_u8(r);
        out->offset = reader_sleb(r);
        r->bad |= out->base >= MDW_MAX_REGS && out->base < MDW_BASE_CFA;
    } else {
        r->bad |= out->kind > MDW_RULE_LOAD;
    }
}

bool rules_decode(mdw_bytes bytes, sym_row *row)
{
    reader r = reader_at(bytes, 0, 0, false);
    row->flags = reader_u8(&r);
    row->source = reader_u8(&r);
    uint32_t n = reader_u8(&r), least = 0;
    row->set = 0;
    read_rule(&r, &row->cfa);
    for (uint32_t i = 0; i < n && !r.bad; i++) {
        uint32_t reg = reader_u8(&r);
        if (reg < least || reg >= MDW_MAX_REGS)
            return false;
        read_rule(&r, &row->reg[reg]);
        row->set |= UINT64_C(1) << reg;
        least = reg + 1;
    }
    return !r.bad;
}

mdw_status view_row(const index_view *v, uint32_t layer, uint32_t rva,
                    sym_row *row)
{
    static const struct {
        uint32_t rows, pages;
    } sections[INDEX_ROW_LAYERS] = {{INDEX_ROW, INDEX_ROW_PAGE},
                                    {INDEX_ROW_2, INDEX_ROW_2_PAGE},
                                    {INDEX_ROW_3, INDEX_ROW_3_PAGE}};
    uint32_t rows = sections[layer].rows;
    uint32_t after = view_after_paged(v, rows, sections[layer].pages, rva);
    uint32_t rules = after ? view_u32(v, rows, after - 1, INDEX_ROW_RULES) : 0;
    if (!rules)
        return MDW_ABSENT;
    uint64_t end = after < view_count(v, rows)
                       ? view_u32(v, rows, after, INDEX_ROW_KEY)
                       : UINT64_C(1) << 32;
    row->pc.start = view_u32(v, rows, after - 1, INDEX_ROW_KEY);
    row->pc.size = end - row->pc.start;
    if (rva < row->pc.start || rva >= end ||
        !rules_decode(view_bytes(v, INDEX_RULES, rules, INDEX_RULES_MAX), row))
        view_damage(v);
    return MDW_OK;
}
