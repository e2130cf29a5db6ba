/* tests/test_row.c - carrying out unwind rows, sensible and otherwise. */
#include "lib/unwind/postfix.h"
#include "lib/unwind/row.h"
#include "walk_fixture.h"

typedef struct row_case {
    const char *claim;
    uint32_t arch;
    const char *regs;
    const char *guessed; /* names of registers that are */
    const char *rows;    /* one row, as the fixture reads it */
    const char *want;    /* "name=value:origin..."; "no" */
    bool no_guess;
} row_case;

static const row_case cases[] = {
    {"the CFA is sp where the row does not say", MDW_ARCH_X86_64,
     "rip=1 rsp=1000", "", "cfa=rsp+10 rip=[cfa-8]",
     "rsp=1010:computed7 rip=a1008:loaded7@1008"},
    {"a row may say what sp is", MDW_ARCH_X86_64, "rip=1 rsp=1000 rbp=2000", "",
     "cfa=rbp+10 rip=[cfa-8] rsp=rbp+8",
     "rbp=2000:kept3 rsp=2008:computed7 rip=a2008:loaded7@2008"},
    {"and load it", MDW_ARCH_X86_64, "rip=1 rsp=1000", "",
     "cfa=rsp+0 rip=[rsp+8] rsp=[rsp+0]",
     "rsp=a1000:loaded7@1000 rip=a1008:loaded7@1008"},
    {"the CFA may be loaded", MDW_ARCH_X86_64, "rip=1 rsp=1000", "",
     "cfa=[rsp+8] rip=[cfa+0]",
     "rsp=a1008:loaded7@1008 "
     "rip=141008:loaded7@a1008"},
    {"the CFA may be a constant", MDW_ARCH_X86_64, "rip=1 rsp=1000", "",
     "cfa=zero+3000 rip=zero+4000", "rsp=3000:computed7 rip=4000:computed7"},
    {"a CFA of itself", MDW_ARCH_X86_64, "rip=1 rsp=1000", "",
     "cfa=cfa+0 rip=zero+1", "no"},
    {"a CFA loaded through itself", MDW_ARCH_X86_64, "rip=1 rsp=1000", "",
     "cfa=[cfa+0] rip=zero+1", "no"},
    {"a CFA that is the same", MDW_ARCH_X86_64, "rip=1 rsp=1000", "",
     "cfa=same rip=zero+1", "no"},
    {"an undefined CFA", MDW_ARCH_X86_64, "rip=1 rsp=1000", "",
     "cfa=undef rip=zero+1", "no"},
    {"no CFA at all", MDW_ARCH_X86_64, "rip=1 rsp=1000", "", "rip=zero+1",
     "no"},
    {"a CFA of an unknown register", MDW_ARCH_X86_64, "rip=1 rsp=1000", "",
     "cfa=rbp+10 rip=[cfa-8]", "no"},
    {"a return address of an unknown register", MDW_ARCH_X86_64,
     "rip=1 rsp=1000", "", "cfa=rsp+10 rip=rbx+0", "no"},
    {"no return address", MDW_ARCH_X86_64, "rip=1 rsp=1000", "", "cfa=rsp+10",
     "no"},
    {"a return address out of memory that nobody has", MDW_ARCH_X86_64,
     "rip=1 rsp=1000", "", "cfa=rsp+10 rip=[zero+dead]", "no"},
    {"another register out of it is just lost", MDW_ARCH_X86_64,
     "rip=1 rsp=1000 rbx=5", "", "cfa=rsp+10 rip=zero+1 rbx=[zero+dead]",
     "rsp=1010:computed7 rip=1:computed7"},
    {"sp out of it is not", MDW_ARCH_X86_64, "rip=1 rsp=1000", "",
     "cfa=rsp+10 rip=zero+1 rsp=[zero+dead]", "no"},
    {"registers are kept by convention, and others lost", MDW_ARCH_X86_64,
     "rip=1 rsp=1000 rbx=5 rcx=6", "", "cfa=rsp+10 rip=zero+1",
     "rbx=5:kept3 rsp=1010:computed7 rip=1:computed7"},
    {"unless the row says otherwise", MDW_ARCH_X86_64,
     "rip=1 rsp=1000 rbx=5 rcx=6", "",
     "cfa=rsp+10 rip=zero+1 rbx=undef rcx=same",
     "rcx=6:same7 rsp=1010:computed7 rip=1:computed7"},
    {"a rule that says nothing is no rule", MDW_ARCH_X86_64,
     "rip=1 rsp=1000 rbx=5", "",
     "cfa=rsp+10 rip=zero+1 rbx=default rsp=default",
     "rbx=5:kept3 rsp=1010:computed7 rip=1:computed7"},
    {"rules see the callee's registers", MDW_ARCH_X86_64,
     "rip=1 rsp=1000 rbx=5 rbp=6", "",
     "cfa=rsp+10 rip=zero+1 rbx=rbp+0 rbp=rbx+0",
     "rbx=6:computed7 rbp=5:computed7 rsp=1010:computed7 rip=1:computed7"},
    {"x86: sums have 32 bits", MDW_ARCH_X86, "eip=1 esp=fffffff8", "",
     "cfa=esp+10 eip=[cfa-20]",
     "esp=8:computed7 eip=10009ffe8:loaded7@ffffffe8"},
    {"x86_64: sums have 64", MDW_ARCH_X86_64, "rip=1 rsp=fffffffffffffff8", "",
     "cfa=rsp+10 rip=zero-1", "rsp=8:computed7 rip=ffffffffffffffff:computed7"},
    {"arm64: what a row does not say about pc is lr", MDW_ARCH_ARM64,
     "pc=1 sp=1000 lr=5", "", "cfa=sp+0", "sp=1000:computed7 pc=5:same7"},
    {"arm64: or what it says lr was", MDW_ARCH_ARM64, "pc=1 sp=1000 lr=5", "",
     "cfa=sp+10 lr=[cfa-8]",
     "lr=a1008:loaded7@1008 sp=1010:computed7 pc=a1008:loaded7@1008"},
    {"arm64: which may be lost", MDW_ARCH_ARM64, "pc=1 sp=1000 lr=5", "",
     "cfa=sp+10 lr=[zero+dead]", "no"},
    {"arm64: or what it says about pc", MDW_ARCH_ARM64, "pc=1 sp=1000 lr=5", "",
     "cfa=sp+10 lr=[cfa-8] pc=zero+9",
     "lr=a1008:loaded7@1008 sp=1010:computed7 pc=9:computed7"},
    {"arm64: a pc that says nothing is lr", MDW_ARCH_ARM64, "pc=1 sp=1000 lr=5",
     "", "cfa=sp+10 pc=default", "sp=1010:computed7 pc=5:same7"},
    {"arm64: no lr", MDW_ARCH_ARM64, "pc=1 sp=1000", "", "cfa=sp+10", "no"},
    {"arm64: sp is a bound", MDW_ARCH_ARM64, "pc=1 sp=1000 lr=5", "",
     "cfa=sp+10 bound", "sp=1010~:guessed7 pc=5:same7"},
    {"what is kept of a guess is a guess", MDW_ARCH_ARM64,
     "pc=1 sp=1000 lr=5 x19=6", "x19", "cfa=sp+0",
     "x19=6~:kept3 sp=1000:computed7 pc=5:same7"},
    {"what is the same as a guess, and what is counted from it", MDW_ARCH_ARM64,
     "pc=1 sp=1000 lr=5 x19=6 fp=2000", "x19 sp",
     "cfa=fp+10 x19=same x20=x19+1 x21=sp+4 sp=same",
     "x19=6~:same7 x20=7~:computed7 x21=1004~:computed7 fp=2000:kept3 "
     "sp=1000~:same7 pc=5:same7"},
};

#define X64 MDW_ARCH_X86_64, "rip=1 rsp=1000", ""
static const row_case expressions[] = {
    {"a CFA by expression", X64, "cfa={\x77\x10} rip=[cfa-8]",
     "rsp=1010:computed7 rip=a1008:loaded7@1008"},
    {"a CFA that lies where one says", X64, "cfa=[{\x77\x08}] rip=[cfa+0]",
     "rsp=a1008:loaded7@1008 rip=141008:loaded7@a1008"},
    {"one about a register begins with the CFA", X64,
     "cfa=rsp+10 rip=[{\x23\x08}] rbx={\x31\x22}",
     "rbx=1011:computed7 rsp=1010:computed7 rip=a1018:loaded7@1018"},
    {"the CFA's own begins with nothing", X64, "cfa={\x23\x08} rip=zero+1",
     "no"},
    {"an empty one is the CFA", X64, "cfa=rsp+10 rip=zero+1 rbx={}",
     "rbx=1010:computed7 rsp=1010:computed7 rip=1:computed7"},
    {"an empty CFA", X64, "cfa={} rip=zero+1", "no"},
    {"one that fails loses its register", X64,
     "cfa=rsp+10 rip=zero+1 rbx={\x22}", "rsp=1010:computed7 rip=1:computed7"},
    {"one that reads what nobody has, too", X64,
     "cfa=rsp+10 rip=zero+1 rbx={\x0a\xad\xde\x06} rcx=[{\x0a\xad\xde}]",
     "rsp=1010:computed7 rip=1:computed7"},
    {"the return address must not fail", X64, "cfa=rsp+10 rip={\x22}", "no"},
    {"loads have the size that is asked for", X64,
     "cfa=rsp+10 rip={\x06} rbx={\x94\x02}",
     "rbx=1010:computed7 rsp=1010:computed7 rip=a1010:computed7"},
    {"x86: expressions have 32 bits", MDW_ARCH_X86, "eip=1 esp=fffffff8", "",
     "cfa={\x74\x10} eip=[cfa-20]",
     "esp=8:computed7 eip=10009ffe8:loaded7@ffffffe8"},
    {"postfix", X64, "postfix cfa={$rsp 16 +} rip=[{.cfa 8 -}] rbx={.cfa ^}",
     "rbx=a1010:computed7 rsp=1010:computed7 rip=a1008:loaded7@1008"},
    {"postfix: the CFA's own rule has no .cfa", X64,
     "postfix cfa={.cfa 8 +} rip=zero+1", "no"},
    {"postfix: an empty one is no value", X64,
     "postfix cfa=rsp+10 rip=zero+1 rbx={}",
     "rsp=1010:computed7 rip=1:computed7"},
    {"postfix is no DWARF", X64, "cfa={rsp 16 +} rip=zero+1", "no"},
    {"and the other way round", X64, "postfix cfa={\x77\x10} rip=zero+1", "no"},
    {"what an expression counts from a guess, and what lies there",
     MDW_ARCH_ARM64, "pc=1 sp=1000 lr=5 x19=6", "x19",
     "cfa=sp+0 x20={\x83\x01} x21=[{\x83\x01}] x22={\x84\x01}",
     "x19=6~:kept3 x20=7~:computed7 x21=a0007:loaded7@7 sp=1000:computed7 "
     "pc=5:same7"},
    {"postfix: the same", MDW_ARCH_ARM64, "pc=1 sp=1000 lr=5 x19=6", "x19",
     "postfix cfa=sp+0 x20={x19 1 +} x21={sp 1 +}",
     "x19=6~:kept3 x20=7~:computed7 x21=1001:computed7 sp=1000:computed7 "
     "pc=5:same7"},
};

#define GUESS MDW_ARCH_ARM64, "pc=1 sp=1000 lr=5 x19=6", "x19"
static const row_case guesses[] = {
    {"a CFA of a guess", GUESS, "cfa=x19+0", "no", true},
    {"one that lies there", GUESS, "cfa=[x19+0]", "no", true},
    {"one by expression", GUESS, "cfa={\x83\x01}", "no", true},
    {"one by expression that lies there", GUESS, "cfa=[{\x83\x01}]", "no",
     true},
    {"one by postfix", GUESS, "postfix cfa={x19 1 +}", "no", true},
    {"another register may be one", GUESS, "cfa={\x8f\x10} x20=x19+1",
     "x19=6~:kept3 x20=7~:computed7 sp=1010:computed7 pc=5:same7", true},
    {"where guesses are no matter", GUESS, "cfa=x19+10",
     "x19=6~:kept3 sp=16:computed7 pc=5:same7"},
};

/* Memory holds at every address A0000 + the address, and nothing at DEAD. */
static bool load(void *user, uint64_t addr, unsigned size, uint64_t *value)
{
    CHECK(size && size <= 8);
    *value = UINT64_C(0xA0000) + addr;
    if (size < 4)
        *value &= (UINT64_C(1) << 8 * size) - 1;
    return addr != 0xDEAD && ++*(unsigned *)user;
}

static void apply(const row_case *c, const mdw_row *row, char *got, size_t size)
{
    static const char *const origins[] = {
        "none", "context", "kept", "same", "computed", "loaded", "guessed"};
    mdw_regs regs = regs_of(c->arch, c->regs), out;
    mdw_origins before, after;
    memset(&before, 0, sizeof before);
    for (unsigned i = 0; i < MDW_MAX_REGS; i++)
        before.frame[i] = 3;
    for (const char *at = c->guessed; *at; skip_spaces(&at))
        regs.guessed |= UINT64_C(1) << reg_name(c->arch, &at);
    uint64_t saved = 0;
    const arch *a = arch_find(c->arch);
    for (uint8_t i = 0; i < a->reg_count; i++)
        if (a->regs[i].saved & SAVED_SYSV)
            saved |= UINT64_C(1) << i;
    unsigned loads = 0;
    row_input in = {.arch = a,
                    .regs = &regs,
                    .origins = &before,
                    .keep = saved,
                    .depth = 7,
                    .load = load,
                    .user = &loads,
                    .no_guess = c->no_guess};
    bool done = row_apply(&in, row, &out, &after);
    got[0] = 0;
    for (uint8_t i = 0; done && i < a->reg_count; i++) {
        if (!(out.valid >> i & 1))
            continue;
        say(got, size, "%s%s=%" PRIx64 "%s:%s%u", *got ? " " : "",
            mdw_reg_name(c->arch, i), out.value[i],
            out.guessed >> i & 1 ? "~" : "", origins[after.kind[i]],
            after.frame[i]);
        if (after.kind[i] == MDW_ORIGIN_LOADED)
            say(got, size, "@%" PRIx64, after.addr[i]);
    }
    if (!done)
        say(got, size, "no");
}

static void test_cases(const row_case *c, size_t count)
{
    for (; count; count--, c++) {
        char got[1024];
        mdw_row row;
        memset(&row, 0xAA, sizeof row); /* what `set` leaves out is not read */
        row_clear(&row);
        t_case = c->claim;
        parse_row(c->arch, c->rows, &row);
        apply(c, &row, got, sizeof got);
        text_is(got, c->want);
    }
}

/* What the walker adds to an expression, and what it takes from it. */
static void test_expression_input(void)
{
    static const uint8_t addr[] = {0x03, 1, 0, 0, 0, 0, 0, 0, 2};
    const arch *a = arch_find(MDW_ARCH_X86_64);
    mdw_regs regs = regs_of(MDW_ARCH_X86_64, "rip=1 rsp=1000"), out;
    mdw_origins before, origins;
    mdw_row row;
    unsigned loads = 0;
    uint64_t ops = 5;
    memset(&before, 0, sizeof before);
    row_clear(&row);
    row.cfa = rule_expr(MDW_RULE_EXPR, (mdw_bytes){addr, sizeof addr});
    row_set(&row, a->pc, rule_expr(MDW_RULE_EXPR, (mdw_bytes){NULL, 0}));
    row_input in = {.arch = a,
                    .regs = &regs,
                    .origins = &before,
                    .load = load,
                    .user = &loads,
                    .bias = 0x5000,
                    .ops = &ops};
    t_case = "an address is moved with its image";
    CHECK(row_apply(&in, &row, &out, &origins));
    CHECK_U64(out.value[a->sp], UINT64_C(0x0200000000000001) + 0x5000);
    t_case = "each operator counts";
    CHECK_U64(ops, 6);
    t_case = "the order of its bytes is the target's";
    in.big_endian = true;
    CHECK(row_apply(&in, &row, &out, &origins));
    CHECK_U64(out.value[a->sp], UINT64_C(0x0100000000000002) + 0x5000);
    t_case = "bytes that are promised and not there";
    row.cfa = rule_addr(a->sp, 8);
    row.reg[a->pc].expr_len = 1;
    row.flags = MDW_ROW_POSTFIX;
    CHECK(!row_apply(&in, &row, &out, &origins));
}

/* Whatever bytes a rule has, an expression's are there. */
static void mend_rule(mdw_rule *rule, const uint8_t *pool, size_t size)
{
    if (rule->kind != MDW_RULE_EXPR && rule->kind != MDW_RULE_EXPR_LOAD)
        return;
    rule->expr = pool + rule->base % size;
    rule->expr_len %= (uint32_t)(size - rule->base % size + 1);
}

/* Any bytes are a row; what comes out names only registers that exist. */
static void test_any_row(void)
{
    static const uint32_t archs[] = {MDW_ARCH_X86, MDW_ARCH_X86_64,
                                     MDW_ARCH_ARM, MDW_ARCH_ARM64};
    uint32_t seed = 1;
    unsigned carried_out = 0, by_expression = 0, loads = 0;
    t_case = "any bytes are a row";
    for (unsigned n = 0; n < 20000; n++) {
        mdw_row row;
        mdw_regs regs = {.valid = UINT64_MAX}, out;
        mdw_origins origins, before;
        memset(&before, 0, sizeof before);
        uint8_t pool[16];
        for (size_t i = 0; i < sizeof row; i++) {
            seed = seed * 1664525 + 1013904223;
            ((unsigned char *)&row)[i] = (unsigned char)(seed >> 24);
            pool[i % sizeof pool] = (uint8_t)(seed >> 16);
        }
        row.cfa.kind = (uint8_t)(n % 9); /* else nearly none gets far */
        if (n & 16)
            row.cfa.base = 4;
        mend_rule(&row.cfa, pool, sizeof pool);
        for (size_t i = 0; i < MDW_MAX_REGS; i++) {
            row.reg[i].kind = (uint8_t)(row.reg[i].kind % (n & 32 ? 9 : 255));
            mend_rule(&row.reg[i], pool, sizeof pool);
        }
        const arch *a = arch_find(archs[n % 4]);
        uint64_t keep = seed & ((UINT64_C(1) << a->reg_count) - 1);
        uint64_t ops = 0;
        row_input in = {.arch = a,
                        .regs = &regs,
                        .origins = &before,
                        .keep = keep,
                        .load = load,
                        .user = &loads,
                        .ops = &ops};
        bool done = row_apply(&in, &row, &out, &origins);
        CHECK(ops <= (MDW_MAX_REGS + 1) * (uint64_t)(POSTFIX_TOKENS + 1));
        by_expression += done && row.cfa.kind >= MDW_RULE_EXPR;
        if (!done)
            continue;
        carried_out++;
        CHECK(!(out.valid >> a->reg_count));
        CHECK(!(out.guessed & ~out.valid));
        CHECK(out.valid >> a->pc & 1 && out.valid >> a->sp & 1);
    }
    CHECK(carried_out > 100);
    CHECK(by_expression > 20);
    CHECK(loads > 100);
}

static void test_deep(void)
{
    t_case = "the number of a frame that does not fit";
    const arch *a = arch_find(MDW_ARCH_X86_64);
    mdw_regs regs = regs_of(MDW_ARCH_X86_64, "rip=1 rsp=1000"), out;
    mdw_origins before, origins;
    mdw_row row;
    unsigned loads = 0;
    memset(&before, 0, sizeof before);
    row_clear(&row);
    parse_row(MDW_ARCH_X86_64, "cfa=rsp+10 rip=zero+1", &row);
    row_input in = {.arch = a,
                    .regs = &regs,
                    .origins = &before,
                    .depth = 65536,
                    .load = load,
                    .user = &loads};
    CHECK(row_apply(&in, &row, &out, &origins));
    CHECK_U64(origins.frame[a->pc], UINT16_MAX);
}

int main(void)
{
    test_cases(cases, sizeof cases / sizeof *cases);
    test_cases(expressions, sizeof expressions / sizeof *expressions);
    test_cases(guesses, sizeof guesses / sizeof *guesses);
    test_expression_input();
    test_any_row();
    test_deep();
    return t_done();
}
