/* tests/test_postfix.c - Breakpad's postfix notation: each operator, each way
 * to fail, names with and without '$', the limits. */
#include <stdlib.h>

#include "lib/base/str.h"
#include "lib/unwind/postfix.h"
#include "t.h"

enum { FAILS = 1 };

/* rsp (esp, sp) is 0x1000, rbp (ebp, fp) 0x1100, lr 0x2000, rip 0x3000; nothing
 * else is known. .cfa is 0x1200. The byte at address a is a & 0xFF, from
 * 0x1000 to 0x1FFF. */
typedef struct row {
    const char *claim;
    const char *expr;
    uint64_t want;
    int fails;
    uint32_t arch; /* 0: x86_64 */
    bool is_cfa;   /* the CFA's own rule */
} row;

static const row rows[] = {
    {"a number", "16", 16, 0, 0, false},
    {"numbers are decimal", "0x10", 0, FAILS, 0, false},
    {"a negative number", "-16", UINT64_MAX - 15, 0, 0, false},
    {"and in 32 bits", "-16", UINT32_MAX - 15, 0, MDW_ARCH_X86, false},
    {"the largest number", "18446744073709551615", UINT64_MAX, 0, 0, false},
    {"a number of 65 bits", "18446744073709551616", 0, FAILS, 0, false},
    {"a register with $", "$rsp", 0x1000, 0, 0, false},
    {"a register without", "rsp", 0x1000, 0, 0, false},
    {"two $", "$$rsp", 0, FAILS, 0, false},
    {"ARM64 by number", "x29", 0x1100, 0, MDW_ARCH_ARM64, false},
    {"ARM64 by name", "lr", 0x2000, 0, MDW_ARCH_ARM64, false},
    {"ARM by number", "r13", 0x1000, 0, MDW_ARCH_ARM, false},
    {"an unknown register", "$rbx", 0, FAILS, 0, false},
    {"a register that does not exist", "$r99", 0, FAILS, 0, false},
    {"another CPU's register", "$esp", 0, FAILS, 0, false},
    {".cfa", ".cfa", 0x1200, 0, 0, false},
    {".cfa in its own rule", ".cfa 8 +", 0, FAILS, 0, true},
    {".ra is no value", ".ra", 0, FAILS, 0, false},
    {".undef is no value", ".undef", 0, FAILS, 0, false},
    {"plus", "$rsp 8 +", 0x1008, 0, 0, true},
    {"plus a negative number", "$rsp -8 +", 0xFF8, 0, 0, true},
    {"plus wraps", "-1 2 +", 1, 0, 0, false},
    {"plus wraps at 32 bits", "4294967295 2 +", 1, 0, MDW_ARCH_X86, false},
    {"minus", ".cfa 8 -", 0x11F8, 0, 0, false},
    {"minus is not a sign", "3 5 -", UINT64_MAX - 1, 0, 0, false},
    {"times", "6 7 *", 42, 0, 0, false},
    {"times wraps", "4294967296 4294967296 *", 0, 0, 0, false},
    {"divided", "43 6 /", 7, 0, 0, false},
    {"divided by 0", "43 0 /", 0, FAILS, 0, false},
    {"remainder", "43 6 %", 1, 0, 0, false},
    {"remainder by 0", "43 0 %", 0, FAILS, 0, false},
    {"aligned", "4127 16 @", 4112, 0, 0, false},
    {"aligned to 1", "4127 1 @", 4127, 0, 0, false},
    {"aligned to 0", "4127 0 @", 0, FAILS, 0, false},
    {"aligned to 12", "4127 12 @", 0, FAILS, 0, false},
    {"a load", "$rsp ^", 0x0706050403020100, 0, 0, false},
    {"a load of 32 bits", "$esp 4 + ^", 0x07060504, 0, MDW_ARCH_X86, false},
    {"a load of a load", "$rsp ^ ^", 0, FAILS, 0, false},
    {"a load outside of memory", "16 ^", 0, FAILS, 0, false},
    {"what Breakpad writes for a saved register", ".cfa -16 + ^",
     0xF7F6F5F4F3F2F1F0, 0, 0, false},
    {"blanks of all kinds", "  $rsp\t 8 \r+ ", 0x1008, 0, 0, false},
    {"nothing", "", 0, FAILS, 0, false},
    {"blanks", "  ", 0, FAILS, 0, false},
    {"two values", "1 2", 0, FAILS, 0, false},
    {"an operand short", "1 +", 0, FAILS, 0, false},
    {"no operand", "^", 0, FAILS, 0, false},
    {"no assignment in an expression", "$rsp 8 =", 0, FAILS, 0, false},
    {"an operator that does not exist", "8 8 &", 0, FAILS, 0, false},
    {"a glued operator", "8 8+", 0, FAILS, 0, false},
};

static bool load(void *user, uint64_t addr, unsigned size, uint64_t *value)
{
    (void)user;
    *value = 0;
    for (unsigned i = 0; i < size; i++)
        *value |= ((addr + i) & 0xFF) << 8 * i;
    return addr >= 0x1000 && addr - 0x1000 < 0x1000;
}

static void know(mdw_regs *regs, uint8_t reg, uint64_t value)
{
    if (reg >= MDW_MAX_REGS)
        return;
    regs->valid |= UINT64_C(1) << reg;
    regs->value[reg] = value;
}

static void test_exprs(void)
{
    const uint64_t cfa = 0x1200;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const row *r = &rows[i];
        const arch *a = arch_find(r->arch ? r->arch : MDW_ARCH_X86_64);
        mdw_regs regs = {0};
        uint64_t got = 0;
        know(&regs, a->sp, 0x1000);
        know(&regs, a->fp, 0x1100);
        know(&regs, a->lr, 0x2000);
        know(&regs, a->pc, 0x3000);
        expr_input in = {a,    &regs, r->is_cfa ? NULL : &cfa, 0, false,
                         load, NULL};
        t_case = r->claim;
        CHECK(postfix_expr(&in, str_of(r->expr), &got, NULL) == !r->fails);
        if (!r->fails)
            CHECK_U64(got, r->want);
    }
}

/* --- programs ---------------------------------------------------------- */

/* Variables are a ... z; 'u' is never known. */
typedef struct letters {
    uint64_t value[26];
    uint32_t known;
} letters;

static bool get(void *user, mdw_str name, uint64_t *value)
{
    letters *l = user;
    unsigned i = (unsigned)(name.data[0] - 'a');
    if (name.len != 1 || i > 25 || !(l->known >> i & 1))
        return false;
    *value = l->value[i];
    return true;
}

static bool set(void *user, mdw_str name, const uint64_t *value)
{
    letters *l = user;
    unsigned i = (unsigned)(name.data[0] - 'a');
    if (name.len != 1 || i > 25)
        return false;
    l->known &= ~(1u << i);
    if (!value)
        return true;
    l->known |= 1u << i;
    l->value[i] = *value;
    return true;
}

static const struct {
    const char *claim;
    const char *program;
    uint64_t a; /* afterwards */
    int fails;
} programs[] = {
    {"nothing to do", "", 0, 0},
    {"an assignment", "a 5 =", 5, 0},
    {"an assignment of a name's value", "b 5 = a b =", 5, 0},
    {"names are looked up when they are used", "b 5 = a b 1 + = b 7 =", 6, 0},
    {"an unknown name", "a u =", 0, FAILS},
    {"a name loses its value", "a 5 = a .undef = b a =", 5, FAILS},
    {".undef is nothing to compute with", "a .undef 1 + =", 0, FAILS},
    {"a lone '=' is one", "b 5 = a b =", 5, 0},
    {"a glued token", "b 5 =a b =", 5, 0},
    {"glued tokens", "b 5 =c b =a c =", 5, 0},
    {"an assignment to a number", "5 5 =", 0, FAILS},
    {"an assignment to a value", "a 1 + 5 =", 0, FAILS},
    {"an assignment of nothing", "a =", 0, FAILS},
    {"a value left over", "a 5 = 6", 5, FAILS},
    {"the host refuses a name, and nothing is left", "a 5 = abc 5 = a 6 =", 5,
     FAILS},
    {"an unknown name among operands", "a u 1 + =", 0, FAILS},
    {"an assignment from nothing, then to something", "= a 5 =", 0, FAILS},
    {"the host refuses a name", "abc 5 =", 0, FAILS},
    {"what went before a failure stays", "a 5 = b u =", 5, FAILS},
};

static void test_programs(void)
{
    for (size_t i = 0; i < sizeof programs / sizeof *programs; i++) {
        letters l = {{0}, 0};
        postfix_host host = {8, get, set, load, &l};
        t_case = programs[i].claim;
        bool done = postfix_run(&host, str_of(programs[i].program), NULL, NULL);
        CHECK(done == !programs[i].fails);
        CHECK_U64(l.value[0], programs[i].a);
    }
}

static bool load_any(void *user, uint64_t addr, unsigned size, uint64_t *value)
{
    (void)user;
    (void)addr;
    *value = 7;
    return size == 8;
}

static void fill(char *text, size_t tokens, const char *token)
{
    text[0] = 0;
    for (size_t i = 0; i < tokens; i++)
        memcpy(text + 2 * i, token, 3);
}

static void test_limits(void)
{
    char text[2 * POSTFIX_TOKENS + 8];
    letters l = {{0}, 1};
    postfix_host host = {8, get, set, load, &l};
    uint64_t got, ops = 0;
    t_case = "64 slots";
    fill(text, POSTFIX_SLOTS, "1 ");
    fill(text + 2 * POSTFIX_SLOTS, POSTFIX_SLOTS - 1, "+ ");
    CHECK(postfix_run(&host, str_of(text), &got, &ops));
    CHECK_U64(got, POSTFIX_SLOTS);
    CHECK_U64(ops, 2 * POSTFIX_SLOTS - 1);
    t_case = "65 slots";
    fill(text, POSTFIX_SLOTS + 1, "1 ");
    fill(text + 2 * POSTFIX_SLOTS + 2, POSTFIX_SLOTS, "+ ");
    CHECK(!postfix_run(&host, str_of(text), &got, NULL));
    t_case = "1,000 tokens run";
    l.value[0] = 1;
    text[0] = 0;
    strcat(text, "a ^ ");
    for (size_t i = 2; i < POSTFIX_TOKENS; i++)
        strcat(text, i % 2 ? "+ " : "1 ");
    ops = 0;
    host.load = load_any;
    CHECK(postfix_run(&host, str_of(text), &got, &ops));
    CHECK_U64(ops, POSTFIX_TOKENS);
    CHECK_U64(got, 7 + (POSTFIX_TOKENS - 2) / 2);
    t_case = "1,001 tokens do not";
    strcat(text, "^ ");
    CHECK(!postfix_run(&host, str_of(text), &got, NULL));
    t_case = "what a host answers is cut to 32 bits";
    host.pointer = 4;
    l.value[0] = UINT64_C(0x500000001);
    CHECK(postfix_run(&host, str_of("a"), &got, NULL));
    CHECK_U64(got, 1);
}

int main(void)
{
    test_exprs();
    test_programs();
    test_limits();
    return t_done();
}
