/* lib/unwind/postfix.c - Breakpad's postfix notation: the expressions of STACK
 * CFI, the programs of STACK WIN. */
#include "lib/unwind/postfix.h"

#include "lib/base/str.h"

/* A name stays one until it is used, since '=' wants the name. */
typedef struct slot {
    mdw_str name; /* empty: a value */
    uint64_t value;
} slot;

typedef struct machine {
    const postfix_host *host;
    uint32_t depth;
    slot slots[POSTFIX_SLOTS];
} machine;

static uint64_t wrap(unsigned pointer, uint64_t v)
{
    return pointer == 4 ? v & UINT32_MAX : v;
}

/* Decimal, perhaps negative. */
static bool literal(mdw_str token, uint64_t *out)
{
    bool negative = str_starts(token, STR("-"));
    if (!str_decimal(str_slice(token, negative, token.len), out))
        return false;
    if (negative)
        *out = 0 - *out;
    return true;
}

/* The operator that a token is, or 0. */
static char operator_of(mdw_str token)
{
    static const char known[] = "+-*/%@^=";
    for (const char *c = known; *c; c++)
        if (str_equal(token, (mdw_str){c, 1}))
            return *c;
    return 0;
}

/* "=$eip": a token glued to the '=' before it (MSVC 2010 with /LTCG). */
static bool next_token(mdw_str *rest, mdw_str *out)
{
    mdw_str before = *rest;
    if (!str_word(rest, out))
        return false;
    if (out->len > 1 && str_starts(*out, STR("="))) {
        size_t at = (size_t)(out->data - before.data);
        *out = str_slice(before, at, at + 1);
        *rest = str_slice(before, at + 1, before.len);
    }
    return true;
}

static bool push(machine *m, mdw_str name, uint64_t value)
{
    if (m->depth == POSTFIX_SLOTS)
        return false;
    m->slots[m->depth++] = (slot){name, wrap(m->host->pointer, value)};
    return true;
}

static bool pop(machine *m, uint64_t *out)
{
    if (!m->depth)
        return false;
    const slot *s = &m->slots[--m->depth];
    *out = s->value;
    if (!s->name.len)
        return true;
    if (!m->host->get(m->host->user, s->name, out))
        return false;
    *out = wrap(m->host->pointer, *out);
    return true;
}

/* NAME VALUE = */
static bool assign(machine *m)
{
    uint64_t value = 0;
    if (!m->host->set || m->depth < 2)
        return false;
    bool undefined = str_is(m->slots[m->depth - 1].name, ".undef");
    if (undefined)
        m->depth--;
    else if (!pop(m, &value))
        return false;
    mdw_str name = m->slots[--m->depth].name;
    return name.len &&
           m->host->set(m->host->user, name, undefined ? NULL : &value);
}

static bool load(machine *m)
{
    uint64_t addr, value = 0;
    const postfix_host *h = m->host;
    return pop(m, &addr) && h->load(h->user, addr, h->pointer, &value) &&
           push(m, STR(""), value);
}

static bool compute(char op, uint64_t a, uint64_t b, uint64_t *out)
{
    switch (op) {
    case '+':
        *out = a + b;
        return true;
    case '-':
        *out = a - b;
        return true;
    case '*':
        *out = a * b;
        return true;
    case '/':
        *out = b ? a / b : 0;
        return b;
    case '%':
        *out = b ? a % b : 0;
        return b;
    case '@': /* aligns down, to a power of two */
        *out = a & ~(b - 1);
        return b && !(b & (b - 1));
    default:
        return false;
    }
}

static bool run_token(machine *m, mdw_str token)
{
    uint64_t a, b, value;
    char op = operator_of(token);
    if (op == '=')
        return assign(m);
    if (op == '^')
        return load(m);
    if (op)
        return pop(m, &b) && pop(m, &a) && compute(op, a, b, &value) &&
               push(m, STR(""), value);
    if (literal(token, &value))
        return push(m, STR(""), value);
    return push(m, token, 0);
}

bool postfix_run(const postfix_host *host, mdw_str program, uint64_t *out,
                 uint64_t *ops)
{
    machine m; /* slots are read only where they were written */
    mdw_str token;
    uint64_t count = 0;
    bool good = true;
    m.host = host;
    m.depth = 0;
    while (good && next_token(&program, &token))
        good = ++count <= POSTFIX_TOKENS && run_token(&m, token);
    if (ops)
        *ops += count;
    if (!good || !out)
        return good && !m.depth;
    return m.depth == 1 && pop(&m, out);
}

/* --- STACK CFI --------------------------------------------------------- */

static mdw_str bare(mdw_str name)
{
    return str_slice(name, str_starts(name, STR("$")), name.len);
}

static bool cfi_get(void *user, mdw_str name, uint64_t *value)
{
    const expr_input *in = user;
    if (str_is(name, ".cfa")) {
        *value = in->cfa ? *in->cfa : 0;
        return in->cfa;
    }
    uint32_t reg = mdw_reg_find(in->arch->id, bare(name));
    if (reg == MDW_NONE || !(in->regs->valid >> reg & 1))
        return false;
    if (in->used)
        *in->used |= UINT64_C(1) << reg;
    *value = in->regs->value[reg];
    return true;
}

static bool cfi_load(void *user, uint64_t addr, unsigned size, uint64_t *value)
{
    const expr_input *in = user;
    return in->load(in->user, addr, size, value);
}

bool postfix_expr(const expr_input *in, mdw_str program, uint64_t *out,
                  uint64_t *ops)
{
    expr_input copy = *in;
    postfix_host host = {in->arch->pointer, cfi_get, NULL, cfi_load, &copy};
    return postfix_run(&host, program, out, ops);
}
