/* tests/cfi_text.h - an unwind row in one line of text. */
/* "cfa=r7+8 3=[c-16] 16=[c-8]": registers by DWARF number, brackets are loads,
 * u undefined, s the same, "expr:" and "load:" with the expression's bytes. */
#ifndef CFI_TEXT_H
#define CFI_TEXT_H

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lib/unwind/arch.h"
#include "lib/unwind/row.h"

enum { ROW_TEXT = 8192 };

static inline void row_say(char *out, const char *format, ...)
{
    size_t used = strlen(out);
    va_list args;
    va_start(args, format);
    vsnprintf(out + used, ROW_TEXT - used, format, args);
    va_end(args);
}

static inline void rule_text(const arch *a, mdw_rule rule, char *out)
{
    bool loads = rule.kind == MDW_RULE_LOAD;
    if (rule.kind == MDW_RULE_UNDEFINED || rule.kind == MDW_RULE_SAME) {
        row_say(out, rule.kind == MDW_RULE_SAME ? "s" : "u");
    } else if (rule.kind == MDW_RULE_ADDR || loads) {
        row_say(out, loads ? "[" : "");
        if (rule.base == MDW_BASE_CFA)
            row_say(out, "c");
        else if (rule.base != MDW_BASE_ZERO)
            row_say(out, "r%d", a->regs[rule.base].dwarf);
        row_say(out, "%+" PRId64 "%s", rule.offset, loads ? "]" : "");
    } else {
        row_say(out, rule.kind == MDW_RULE_EXPR ? "expr:" : "load:");
        for (uint32_t i = 0; i < rule.expr_len; i++)
            row_say(out, "%02x", rule.expr[i]);
    }
}

static inline const char *row_text(const arch *a, const mdw_row *row, char *out)
{
    out[0] = 0;
    row_say(out, "cfa=");
    rule_text(a, row->cfa, out);
    for (uint8_t i = 0; i < a->reg_count; i++)
        if (row->set >> i & 1) {
            row_say(out, " %d=", a->regs[i].dwarf);
            rule_text(a, row->reg[i], out);
        }
    return out;
}

#endif
