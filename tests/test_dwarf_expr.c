/* tests/test_dwarf_expr.c - DWARF expressions: each operator, each way to fail,
 * and the limits. */
#include <stdlib.h>

#include "lib/unwind/dwarf_expr.h"
#include "t.h"

enum { FAILS = 1 };

/* Registers: every one holds 0x1000 + 0x10 * its DWARF number, but the last
 * but one of each CPU is unknown. Memory: the byte at address a is a & 0xFF,
 * from 0x1000 to 0x1FFF. */
typedef struct row {
    const char *claim;
    const char *code; /* hex */
    uint64_t want;
    int fails;
    uint32_t arch; /* 0: x86_64 */
} row;

static const row rows[] = {
    {"a literal", "30", 0, 0, 0},
    {"the highest literal", "4f", 31, 0, 0},
    {"const1u", "08ff", 0xFF, 0, 0},
    {"const1s is signed", "09ff", UINT64_MAX, 0, 0},
    {"const2u", "0a0180", 0x8001, 0, 0},
    {"const2s is signed", "0b0080", UINT64_MAX - 0x7FFF, 0, 0},
    {"const4u", "0c01000080", 0x80000001, 0, 0},
    {"const4s is signed", "0d00000080", UINT64_MAX - 0x7FFFFFFF, 0, 0},
    {"const8u", "0e0102030405060708", 0x0807060504030201, 0, 0},
    {"const8s", "0fffffffffffffffff", UINT64_MAX, 0, 0},
    {"constu", "10e58e26", 624485, 0, 0},
    {"consts", "119bf159", UINT64_MAX - 624484, 0, 0},
    {"values are as wide as an address", "0d000000801f", 0x80000000, 0,
     MDW_ARCH_X86},
    {"an address moves with the image", "030001000000000000", 0x5100, 0, 0},
    {"an address of 32 bits", "0300010000", 0x5100, 0, MDW_ARCH_X86},
    {"breg", "7708", 0x1078, 0, 0},
    {"breg with a negative offset", "777f", 0x106F, 0, 0},
    {"the last breg", "8f00", 0x11F0, 0, MDW_ARCH_ARM64},
    {"bregx", "920e08", 0x10E8, 0, 0},
    {"reg is the register's value", "53", 0x1030, 0, 0},
    {"regx", "9003", 0x1030, 0, 0},
    {"the return column", "8000", 0x1100, 0, 0},
    {"registers by DWARF number: x86's 4 is esp", "7400", 0x1040, 0,
     MDW_ARCH_X86},
    {"an unknown register", "7f00", 0, FAILS, 0},
    {"a register that does not exist", "9300", 0, FAILS, 0},
    {"AArch64's RA_SIGN_STATE", "922200", 0, FAILS, MDW_ARCH_ARM64},
    {"deref", "770006", 0x7776757473727170, 0, 0},
    {"deref is as wide as an address", "770006", 0x73727170, 0, MDW_ARCH_X86},
    {"deref_size 1", "77009401", 0x70, 0, 0},
    {"deref_size 2", "77009402", 0x7170, 0, 0},
    {"deref_size 0", "77009400", 0, FAILS, 0},
    {"deref_size over an address", "77009408", 0, FAILS, MDW_ARCH_X86},
    {"deref of nothing", "3006", 0, FAILS, 0},
    {"dup",
     "3112"
     "22",
     2, 0, 0},
    {"drop", "313213", 1, 0, 0},
    {"over", "31321422", 3, 0, 0},
    {"over under one entry", "3114", 0, FAILS, 0},
    {"pick 2", "31323315021c", 2, 0, 0},
    {"pick too deep", "31150122", 0, FAILS, 0},
    {"swap", "3132161c", 1, 0, 0},
    /* 1 2 3 becomes 3 1 2: 3 << (1 << 2). */
    {"rot",
     "31323317"
     "2424",
     48, 0, 0},
    {"abs", "09fb19", 5, 0, 0},
    {"abs of a positive number", "3519", 5, 0, 0},
    {"and", "3c361a", 4, 0, 0},
    {"or", "3c3621", 14, 0, 0},
    {"xor", "3c3627", 10, 0, 0},
    {"not", "3020", UINT64_MAX, 0, 0},
    {"neg", "311f", UINT64_MAX, 0, 0},
    {"plus wraps", "0fffffffffffffffff3122", 0, 0, 0},
    {"plus wraps at 32 bits", "0cffffffff3122", 0, 0, MDW_ARCH_X86},
    {"minus", "35331c", 2, 0, 0},
    {"mul", "35331e", 15, 0, 0},
    {"div is signed", "09fa321b", UINT64_MAX - 2, 0, 0},
    {"div by -1 does not trap", "0f000000000000008009ff1b", UINT64_C(1) << 63,
     0, 0},
    {"div by -1 at 32 bits", "0c0000008009ff1b", 0x80000000, 0, MDW_ARCH_X86},
    {"div by 0", "35301b", 0, FAILS, 0},
    {"mod is unsigned", "09ff321d", 1, 0, 0},
    {"mod by 0", "35301d", 0, FAILS, 0},
    {"plus_uconst", "352310", 21, 0, 0},
    {"plus_uconst on nothing", "2310", 0, FAILS, 0},
    {"shl", "313424", 16, 0, 0},
    {"shl by all bits", "31084024", 0, 0, 0},
    {"shr", "09ff083c25", 15, 0, 0},
    {"shr by all bits", "09ff084025", 0, 0, 0},
    {"shra keeps the sign", "09f03226", UINT64_MAX - 3, 0, 0},
    {"shra by 0", "09f03026", UINT64_MAX - 15, 0, 0},
    {"shra by more than all bits", "09f008ff26", UINT64_MAX, 0, 0},
    {"shra of a 32-bit number", "0c000000803126", 0xC0000000, 0, MDW_ARCH_X86},
    {"eq", "313129", 1, 0, 0},
    {"ne", "31312e", 0, 0, 0},
    {"ge is signed", "3009ff2a", 1, 0, 0},
    {"gt is signed", "09ff302b", 0, 0, 0},
    {"le is signed", "09ff302c", 1, 0, 0},
    {"lt is signed", "09ff302d", 1, 0, 0},
    {"ge of equals", "31312a", 1, 0, 0},
    {"gt of equals", "31312b", 0, 0, 0},
    {"le of equals", "31312c", 1, 0, 0},
    {"lt of equals", "31312d", 0, 0, 0},
    {"minus seven by minus one", "09f909ff1b", 7, 0, 0},
    {"shra by all bits of a positive number", "3108401a082026", 0, 0,
     MDW_ARCH_X86},
    {"lt is signed at 32 bits", "0cffffffff302d", 1, 0, MDW_ARCH_X86},
    {"skip", "2f01003132", 2, 0, 0},
    {"skip to the end", "312f0000", 1, 0, 0},
    {"skip behind the end", "312f0100", 0, FAILS, 0},
    {"skip before the start", "312ff0ff", 0, FAILS, 0},
    {"half a skip", "312f00", 0, FAILS, 0},
    {"bra taken", "3531280100ff", 5, 0, 0},
    {"bra not taken", "35302801003123", 0, FAILS, 0},
    /* 5, then: less one, dup, back while it isn't 0. */
    {"a loop that ends",
     "35"
     "311c12"
     "28faff",
     0, 0, 0},
    {"a loop that does not", "2ffdff", 0, FAILS, 0},
    {"nop", "963196", 1, 0, 0},
    {"no operators at all", "", 0, FAILS, 0},
    {"nothing left", "3113", 0, FAILS, 0},
    {"drop of nothing", "1331", 0, FAILS, 0},
    {"half a constant", "0c0102", 0, FAILS, 0},
    {"a LEB128 without end", "10808080", 0, FAILS, 0},
    {"call_frame_cfa", "9c", 0, FAILS, 0},
    {"fbreg", "9100", 0, FAILS, 0},
    {"push_object_address", "97", 0, FAILS, 0},
    {"call2", "980000", 0, FAILS, 0},
    {"piece", "9308", 0, FAILS, 0},
    {"stack_value", "319f", 0, FAILS, 0},
    {"an operator that does not exist", "31ff", 0, FAILS, 0},
    {"x86-64's PLT, first half: rip & 15 < 11", "770880003f1a3b2a332422",
     0x1078, 0, 0},
};

static size_t from_hex(const char *text, uint8_t *out)
{
    size_t n = 0;
    for (; text[0] && text[1]; text += 2) {
        char pair[3] = {text[0], text[1], 0};
        out[n++] = (uint8_t)strtoul(pair, NULL, 16);
    }
    return n;
}

static bool load(void *user, uint64_t addr, unsigned size, uint64_t *value)
{
    (void)user;
    *value = 0;
    for (unsigned i = 0; i < size; i++)
        *value |= ((addr + i) & 0xFF) << 8 * i;
    return addr >= 0x1000 && addr - 0x1000 < 0x1000;
}

static mdw_regs registers(const arch *a)
{
    mdw_regs regs = {0};
    for (uint8_t i = 0; i < a->reg_count; i++)
        if (a->regs[i].dwarf >= 0) {
            regs.valid |= UINT64_C(1) << i;
            regs.value[i] = 0x1000 + 0x10 * (uint64_t)a->regs[i].dwarf;
        }
    if (a->id == MDW_ARCH_X86_64)
        regs.valid &= ~(UINT64_C(1) << 15);
    return regs;
}

static bool run(uint32_t id, const uint8_t *code, size_t len,
                const uint64_t *cfa, uint64_t *out, uint64_t *ops)
{
    const arch *a = arch_find(id);
    mdw_regs regs = registers(a);
    expr_input in = {a, &regs, cfa, 0x5000, false, load, NULL};
    /* A copy of its own, so that a sanitizer sees a byte too many. */
    uint8_t *copy = malloc(len ? len : 1);
    if (len)
        memcpy(copy, code, len);
    bool done = dwarf_expr(&in, (mdw_bytes){copy, len}, out, ops);
    free(copy);
    return done;
}

static void test_rows(void)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const row *r = &rows[i];
        uint8_t code[64];
        uint64_t got;
        size_t len = from_hex(r->code, code);
        t_case = r->claim;
        uint32_t id = r->arch ? r->arch : MDW_ARCH_X86_64;
        CHECK(run(id, code, len, NULL, &got, NULL) == !r->fails);
        CHECK_U64(got, r->want);
    }
}

static void test_cfa(void)
{
    const uint64_t cfa = 0x7000;
    uint64_t got;
    t_case = "a register's expression begins with the CFA";
    CHECK(
        run(MDW_ARCH_X86_64, (const uint8_t[]){0x23, 8}, 2, &cfa, &got, NULL));
    CHECK_U64(got, 0x7008);
    t_case = "and may be empty";
    CHECK(run(MDW_ARCH_X86_64, NULL, 0, &cfa, &got, NULL));
    CHECK_U64(got, 0x7000);
}

static void test_limits(void)
{
    uint8_t code[EXPR_OPS + 1];
    uint64_t got, ops = 0;
    memset(code, 0x31, sizeof code);
    t_case = "64 entries fit";
    CHECK(run(MDW_ARCH_X86_64, code, EXPR_SLOTS, NULL, &got, NULL));
    t_case = "65 do not";
    CHECK(!run(MDW_ARCH_X86_64, code, EXPR_SLOTS + 1, NULL, &got, NULL));
    memset(code + 1, 0x96, sizeof code - 1);
    t_case = "1,000 operators run, and are counted";
    CHECK(run(MDW_ARCH_X86_64, code, EXPR_OPS, NULL, &got, &ops));
    CHECK_U64(ops, EXPR_OPS);
    t_case = "1,001 do not";
    CHECK(!run(MDW_ARCH_X86_64, code, EXPR_OPS + 1, NULL, &got, &ops));
    CHECK_U64(ops, 2 * EXPR_OPS);
}

int main(void)
{
    test_rows();
    test_cfa();
    test_limits();
    return t_done();
}
