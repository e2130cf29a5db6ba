/* lib/unwind/postfix.h - Breakpad's postfix notation: the expressions of STACK
 * CFI, the programs of STACK WIN. */
#ifndef MDW_UNWIND_POSTFIX_H
#define MDW_UNWIND_POSTFIX_H

#include "lib/unwind/arch.h"
#include "lib/unwind/dwarf_expr.h"

enum { POSTFIX_SLOTS = 64, POSTFIX_TOKENS = 1000 };

/* Whom a program asks. Names come as they are written. */
typedef struct postfix_host {
    unsigned pointer; /* bytes: arithmetic wraps there */
    bool (*get)(void *user, mdw_str name, uint64_t *value);
    /* NULL: '=' has no place here. `value` NULL: the name loses its value. */
    bool (*set)(void *user, mdw_str name, const uint64_t *value);
    expr_load_fn load;
    void *user;
} postfix_host;

/* Runs until nothing but the value is left, or, where `out` is NULL, nothing
 * at all. False: a name without value, a failed load, a division by zero,
 * operands that are missing or left over, or the limits above. */
bool postfix_run(const postfix_host *host, mdw_str program, uint64_t *out,
                 uint64_t *ops);

/* The value of a STACK CFI expression over the callee's registers: with '$' or
 * without it, and `.cfa`, which the CFA's own rule has not. */
bool postfix_expr(const expr_input *in, mdw_str program, uint64_t *out,
                  uint64_t *ops);

#endif
