/* tests/test_stack_win.c - STACK WIN: a record, a stack and registers in, the
 * caller's registers out; and the order of recoveries. */
#include <stdlib.h>

#include "lib/base/str.h"
#include "lib/unwind/arch.h"
#include "lib/unwind/stack_win.h"
#include "t.h"

enum { STACK = 0x1000, WORDS = 64, CODE = 0x400000, CODE_SIZE = 0x100000 };

#define FRAME(params, saved, locals, program)                                  \
    {                                                                          \
        STACK_WIN_FRAME_DATA, params, saved, locals, false,                    \
        {                                                                      \
            program, 0                                                         \
        }                                                                      \
    }
#define FPO(params, saved, locals, allocates)                                  \
    {                                                                          \
        STACK_WIN_FPO, params, saved, locals, allocates,                       \
        {                                                                      \
            NULL, 0                                                            \
        }                                                                      \
    }

/* What MSVC writes most, by the optimizer's mood. */
#define EBP_FRAME "$T0 $ebp = $eip $T0 4 + ^ = $ebp $T0 ^ = $esp $T0 8 + ="
#define ESP_FRAME "$T0 .raSearch = $eip $T0 ^ = $esp $T0 4 + ="

/* With $T0 that makes 32. */
#define FOUR(n) "$a" n " 1 = $b" n " 1 = $c" n " 1 = $d" n " 1 = "
#define TWELVE(n) FOUR(n "1") FOUR(n "2") FOUR(n "3")
#define VARIABLES_31 TWELVE("1") TWELVE("2") FOUR("3") "$x 1 = $y 1 = $z 1 = "

typedef struct row {
    const char *claim;
    stack_win win;
    const char *regs;
    const char *stack; /* words from STACK, hex; N*0 is N zeros, ? a hole */
    const char *want;  /* "eip=... esp=...", or a status */
    uint32_t args, choice, flags;
    bool context, scanned, no_place;
} row;

static const row rows[] = {
    {"a frame with ebp", FRAME(8, 4, 16, EBP_FRAME), "esp=1000 ebp=1010",
     "4*0 1080 400100", "esp=1018 ebp=1080 esi=? edi=? eip=400100", 0, 0, 0,
     false, false, false},
    {"it also says $ebx", FRAME(8, 4, 16, EBP_FRAME " $ebx $T0 4 - ^ ="),
     "esp=1000 ebp=1010", "3*0 77 1080 400100",
     "ebx=77 esp=1018 ebp=1080 esi=? edi=? eip=400100", 0, 0, 0, false, false,
     false},
    {"registers by CodeView number: 20 ebx, 23 esi, 24 edi",
     FRAME(0, 12, 4,
           EBP_FRAME " $20 $T0 8 - ^ = $23 $T0 12 - ^ = $24 $T0 16 "
                     "- ^ ="),
     "esp=1000 ebp=1010", "93 92 91 0 1080 400100",
     "ebx=91 esp=1018 ebp=1080 esi=92 edi=93 eip=400100", 0, 0, 0, false, false,
     false},
    {".raSearch: locals, saved registers and the callee's parameters",
     FRAME(8, 4, 8, ESP_FRAME), "esp=1000 ebp=1080", "4*0 400100",
     "esp=1014 esi=? edi=? eip=400100", 4, 0, 0, false, false, false},
    {"without the callee's parameters", FRAME(8, 4, 8, ESP_FRAME),
     "esp=1000 ebp=1080", "3*0 400100", "esp=1010 esi=? edi=? eip=400100", 0, 0,
     0, false, false, false},
    {".raSearchStart is the same",
     FRAME(8, 4, 8,
           "$T2 $esp .cbLocals + .cbSavedRegs + = $T0 .raSearchStart = $eip "
           "$T0 ^ = $esp $T0 4 + ="),
     "esp=1000 ebp=1080", "3*0 400100", "esp=1010 esi=? edi=? eip=400100", 0, 0,
     0, false, false, false},
    {"a realigned frame is found from ebp",
     FRAME(0, 4, 8,
           "$T1 .raSearch = $T0 $T1 4 - 8 @ = $ebp $T1 4 - ^ = $eip $T1 ^ = "
           "$esp $T1 4 + ="),
     "esp=1000 ebp=1020", "8*0 1080 400100",
     "esp=1028 ebp=1080 esi=? edi=? eip=400100", 4, 0, 0, false, false, false},
    {"a token glued to its '='",
     FRAME(0, 0, 0, "$T0 $ebp =$eip $T0 4 + ^ =$ebp $T0 ^ =$esp $T0 8 + ="),
     "esp=1000 ebp=1000", "1080 400100",
     "esp=1008 ebp=1080 esi=? edi=? eip=400100", 0, 0, 0, false, false, false},
    {"sizes of the record",
     FRAME(16, 8, 4,
           "$eip $ebp ^ = $esp .cbParams .cbSavedRegs + .cbLocals + "
           ".cbCalleeParams + ="),
     "esp=1000 ebp=1000", "400100", "esp=24 esi=? edi=? eip=400100", 8, 0, 0,
     false, false, false},
    {".undef takes a register away", FRAME(0, 0, 0, EBP_FRAME " $ebx .undef ="),
     "esp=1000 ebp=1000 ebx=5", "1080 400100",
     "ebx=? esp=1008 ebp=1080 esi=? edi=? eip=400100", 0, 0, 0, false, false,
     false},
    {"the last frame", FRAME(0, 0, 0, EBP_FRAME), "esp=1000 ebp=1000", "0 0",
     "esp=1008 ebp=0 esi=? edi=? eip=0", 0, 0, MDW_ROW_BOTTOM, false, false,
     false},

    {"FPO", FPO(0, 4, 8, false), "esp=1000 ebp=1080", "3*0 400100",
     "esp=1010 esi=? edi=? eip=400100", 0, 0, 0, false, false, false},
    {"FPO and the callee's parameters", FPO(0, 4, 8, false),
     "esp=1000 ebp=1080", "5*0 400100", "esp=1018 esi=? edi=? eip=400100", 8, 0,
     0, false, false, false},
    {"FPO that saved ebp", FPO(0, 8, 4, true), "esp=1000 ebp=5",
     "1088 2*0 400100", "esp=1010 ebp=1088 esi=? edi=? eip=400100", 0, 0, 0,
     false, false, false},
    {"FPO, a return address left over", FPO(0, 0, 0, false),
     "esp=1000 ebp=1080 eip=400200", "400200 400100",
     "esp=1008 esi=? edi=? eip=400100", 0, 0, 0, true, false, false},
    {"which is recursion where pc isn't exact", FPO(0, 0, 0, false),
     "esp=1000 ebp=1080 eip=400200", "400200 400100",
     "esp=1004 esi=? edi=? eip=400200", 0, 0, 0, false, false, false},

    {"an answer that may be right is the only one", FRAME(0, 0, 0, EBP_FRAME),
     "esp=1000 ebp=1000", "1080 400100", "absent", 0, 1, 0, false, false,
     false},
    {"one that can't is given nevertheless", FRAME(0, 0, 4, ESP_FRAME),
     "esp=1000 ebp=1080", "0 5 6 400100", "esp=1008 esi=? edi=? eip=5", 0, 0, 0,
     false, false, false},
    {"then up to three words of slack", FRAME(0, 0, 4, ESP_FRAME),
     "esp=1000 ebp=1080", "0 5 6 7 400100", "esp=1014 esi=? edi=? eip=400100",
     0, 1, 0, false, false, false},
    {"then a scan from there", FRAME(0, 0, 4, ESP_FRAME), "esp=1000 ebp=1080",
     "0 5 6 7 400100", "esp=1014 esi=? edi=? eip=400100", 0, 2, 0, false, true,
     false},
    {"then no more", FRAME(0, 0, 4, ESP_FRAME), "esp=1000 ebp=1080",
     "0 5 6 7 400100", "absent", 0, 3, 0, false, false, false},
    {"four words are a scan at once", FRAME(0, 0, 4, ESP_FRAME),
     "esp=1000 ebp=1080", "0 5 6 7 8 400100", "esp=1018 esi=? edi=? eip=400100",
     0, 1, 0, false, true, false},
    {"slack does not help a frame with ebp", FRAME(0, 0, 4, EBP_FRAME),
     "esp=1000 ebp=1020", "0 5 400100 5*0 1080 5",
     "esp=100c ebp=1080 esi=? edi=? eip=400100", 0, 1, 0, false, true, false},
    {"a program that fails: a scan from esp", FRAME(0, 0, 4, "$eip $nothing ="),
     "esp=1000 ebp=1080", "5 6 400100", "esp=100c esi=? edi=? eip=400100", 0, 0,
     0, false, true, false},
    {"and nothing more", FRAME(0, 0, 4, "$eip $nothing ="), "esp=1000 ebp=1080",
     "5 6 400100", "absent", 0, 1, 0, false, false, false},
    {"an ebp below what was found is not the caller's",
     FRAME(0, 0, 4, "$eip $nothing ="), "esp=1000 ebp=1004", "5 6 400100",
     "esp=100c ebp=? esi=? edi=? eip=400100", 0, 0, 0, false, true, false},
    {"a program without $esp", FRAME(0, 0, 4, "$eip $ebp ^ ="),
     "esp=1000 ebp=1000", "400100", "esp=1004 ebp=? esi=? edi=? eip=400100", 0,
     0, 0, false, true, false},
    {"a program with a value left over", FRAME(0, 0, 4, EBP_FRAME " 5"),
     "esp=1000 ebp=1000", "1080 400100",
     "esp=1008 ebp=? esi=? edi=? eip=400100", 0, 0, 0, false, true, false},
    {"a record of another type",
     {1, 0, 0, 0, false, {NULL, 0}},
     "esp=1000 ebp=1080",
     "400100",
     "esp=1004 esi=? edi=? eip=400100",
     0,
     0,
     0,
     false,
     true,
     false},
    {"a stack that is not there", FRAME(0, 0, 0, EBP_FRAME),
     "esp=5000 ebp=5000", "0", "absent", 0, 0, 0, false, false, false},
    {"no esp", FRAME(0, 0, 0, EBP_FRAME), "ebp=1000", "1080 400100", "absent",
     0, 0, 0, false, false, false},
    {"no ebp where there is need of it", FRAME(0, 0, 4, EBP_FRAME), "esp=1000",
     "5 400100", "esp=1008 esi=? edi=? eip=400100", 0, 0, 0, false, true,
     false},
    {"no ebp where there is none", FRAME(0, 0, 4, ESP_FRAME), "esp=1000",
     "5 400100", "esp=1008 esi=? edi=? eip=400100", 0, 0, 0, false, false,
     false},
    {"a hole ends a scan", FRAME(0, 0, 4, "$eip $nothing ="),
     "esp=1000 ebp=1080", "5 ? 400100", "absent", 0, 0, 0, false, false, false},

    {"an ebp that points nowhere is looked for among the saved registers",
     FRAME(0, 12, 4, ESP_FRAME), "esp=1000 ebp=5", "0 1 1084 3 400100",
     "esp=1014 ebp=1084 esi=? edi=? eip=400100", 0, 0, 0, false, false, false},
    {"the one nearest to the return address", FRAME(0, 12, 4, ESP_FRAME),
     "esp=1000 ebp=5", "0 1088 1084 1 400100",
     "esp=1014 ebp=1084 esi=? edi=? eip=400100", 0, 0, 0, false, false, false},
    {"one that points down the stack is none", FRAME(0, 12, 4, ESP_FRAME),
     "esp=1000 ebp=5", "0 1088 1 1000 400100",
     "esp=1014 ebp=1088 esi=? edi=? eip=400100", 0, 0, 0, false, false, false},
    {"locals are none", FRAME(0, 4, 12, ESP_FRAME), "esp=1000 ebp=5",
     "0 1088 1084 3 400100", "esp=1014 esi=? edi=? eip=400100", 0, 0, 0, false,
     false, false},

    {"an alignment makes one above it wrong", FRAME(0, 8, 4, ESP_FRAME),
     "esp=1000 ebp=100c", "0 0 1084 5 400100",
     "esp=1014 ebp=1084 esi=? edi=? eip=400100", 0, 1, 0, false, false, false},
    {"a scan too", FRAME(0, 8, 4, ESP_FRAME), "esp=1000 ebp=100c",
     "0 0 1084 5 400100", "esp=1014 ebp=1084 esi=? edi=? eip=400100", 0, 2, 0,
     false, true, false},
    {"nothing points at itself", FRAME(0, 12, 4, ESP_FRAME), "esp=1000 ebp=5",
     "0 1088 1 100c 400100", "esp=1014 ebp=1088 esi=? edi=? eip=400100", 0, 0,
     0, false, false, false},

    {"a scan begins behind the return address that is none",
     FRAME(0, 0, 8, ESP_FRAME), "esp=1000 ebp=1080", "0 400500 5 6 7 8 400100",
     "esp=101c esi=? edi=? eip=400100", 0, 1, 0, false, true, false},
    {"a null return address alone is no end", FRAME(0, 0, 0, EBP_FRAME),
     "esp=1000 ebp=1000", "1080 0", "esp=1008 ebp=1080 esi=? edi=? eip=0", 0, 0,
     0, false, false, false},
    {"FPO with a return address outside of the stack", FPO(0, 0, 0x1000, false),
     "esp=1000 ebp=1080", "400100", "esp=1004 esi=? edi=? eip=400100", 0, 0, 0,
     false, true, false},
    {"FPO, behind one left over there is nothing", FPO(0, 0, 0, false),
     "esp=1000 ebp=1080 eip=400200", "400200 ?",
     "esp=1004 esi=? edi=? eip=400200", 0, 0, 0, true, true, false},
    {"FPO that saved ebp, and the callee's parameters", FPO(0, 8, 4, true),
     "esp=1000 ebp=5", "5 1088 2*0 400100",
     "esp=1014 ebp=1088 esi=? edi=? eip=400100", 4, 0, 0, false, false, false},
    {"FPO that saved ebp outside of the stack", FPO(0, 0, 8, true),
     "esp=1000 ebp=1080", "2*0 400100", "esp=100c ebp=? esi=? edi=? eip=400100",
     0, 0, 0, false, false, false},

    {"$17 is eax", FRAME(0, 0, 0, EBP_FRAME " $17 5 ="), "esp=1000 ebp=1000",
     "1080 400100", "eax=5 esp=1008 ebp=1080 esi=? edi=? eip=400100", 0, 0, 0,
     false, false, false},
    {"$16 and $25 are variables",
     FRAME(0, 0, 0, EBP_FRAME " $16 5 = $25 6 = $ebx $16 $25 + ="),
     "esp=1000 ebp=1000", "1080 400100",
     "ebx=b esp=1008 ebp=1080 esi=? edi=? eip=400100", 0, 0, 0, false, false,
     false},
    {"a size that does not exist", FRAME(0, 0, 0, EBP_FRAME " $ebx .cb ="),
     "esp=1000 ebp=1080", "400100", "esp=1004 esi=? edi=? eip=400100", 0, 0, 0,
     false, true, false},
    {"sizes can't be assigned to", FRAME(0, 0, 0, EBP_FRAME " .cbParams 5 ="),
     "esp=1000 ebp=1080", "400100", "esp=1004 esi=? edi=? eip=400100", 0, 0, 0,
     false, true, false},
    {"a variable loses its value",
     FRAME(0, 0, 0, EBP_FRAME " $A 5 = $B 6 = $A .undef = $ebx $B = $ebx $A ="),
     "esp=1000 ebp=1080", "400100", "esp=1004 esi=? edi=? eip=400100", 0, 0, 0,
     false, true, false},
    {"another one keeps its",
     FRAME(0, 0, 0, EBP_FRAME " $A 5 = $B 6 = $A .undef = $ebx $B ="),
     "esp=1000 ebp=1000", "1080 400100",
     "ebx=6 esp=1008 ebp=1080 esi=? edi=? eip=400100", 0, 0, 0, false, false,
     false},
    {"one that never had any loses nothing",
     FRAME(0, 0, 0, EBP_FRAME " $A .undef ="), "esp=1000 ebp=1000",
     "1080 400100", "esp=1008 ebp=1080 esi=? edi=? eip=400100", 0, 0, 0, false,
     false, false},
    {"32 variables", FRAME(0, 0, 0, VARIABLES_31 EBP_FRAME),
     "esp=1000 ebp=1000", "1080 400100",
     "esp=1008 ebp=1080 esi=? edi=? eip=400100", 0, 0, 0, false, false, false},
    {"33 variables", FRAME(0, 0, 0, VARIABLES_31 "$one 1 = " EBP_FRAME),
     "esp=1000 ebp=1080", "400100", "esp=1004 esi=? edi=? eip=400100", 0, 0, 0,
     false, true, false},
    {"without anyone to ask, code is the image", FRAME(0, 0, 4, ESP_FRAME),
     "esp=1000 ebp=1080", "0 500100 400100", "esp=100c esi=? edi=? eip=400100",
     0, 1, 0, false, false, true},
};

/* --- the target -------------------------------------------------------- */

typedef struct target {
    uint32_t word[WORDS];
    bool there[WORDS];
    mdw_status status; /* of the place function */
} target;

static void put_words(target *t, const char *text)
{
    memset(t->there, 1, sizeof t->there);
    for (size_t i = 0; *text && i < WORDS;) {
        char *end;
        uint32_t value = (uint32_t)strtoul(text, &end, 16);
        if (*end == '*') {
            i += value;
            strtoul(end + 1, &end, 16);
        } else if (*text == '?') {
            t->there[i++] = false;
            end++;
        } else {
            t->word[i++] = value;
        }
        text = end + strspn(end, " ");
    }
}

static size_t read_words(void *user, uint64_t addr, void *dst, size_t len)
{
    const target *t = user;
    uint64_t i = (addr - STACK) / 4;
    if (addr < STACK || addr % 4 || i >= WORDS || !t->there[i] || len != 4)
        return 0;
    t_put(dst, t->word[i], 4);
    return 4;
}

static mdw_status place(void *user, uint64_t addr, uint32_t want,
                        mdw_place *out)
{
    const target *t = user;
    out->flags = want;
    out->exec = addr - CODE < CODE_SIZE ? MDW_ANSWER_YES : MDW_ANSWER_NO;
    return t->status;
}

static mdw_regs registers(const char *text)
{
    mdw_regs regs = {0};
    for (; *text; text += strspn(text, " ")) {
        uint32_t reg = mdw_reg_find(MDW_ARCH_X86, (mdw_str){text, 3});
        char *end;
        regs.valid |= UINT64_C(1) << reg;
        regs.value[reg] = strtoul(text + 4, &end, 16);
        text = end;
    }
    return regs;
}

static void say_row(const mdw_row *r, char *out, size_t size)
{
    size_t used = 0;
    out[0] = 0;
    for (uint8_t i = 0; i < mdw_reg_count(MDW_ARCH_X86); i++) {
        const char *name = mdw_reg_name(MDW_ARCH_X86, i);
        const mdw_rule *rule = &r->reg[i];
        const char *blank = used ? " " : "";
        if (!(r->set >> i & 1))
            continue;
        if (rule->kind == MDW_RULE_UNDEFINED)
            used += (size_t)snprintf(out + used, size - used, "%s%s=?", blank,
                                     name);
        else
            used += (size_t)snprintf(out + used, size - used, "%s%s=%" PRIx64,
                                     blank, name, (uint64_t)rule->offset);
    }
}

static mdw_status ask(const row *r, target *t, mdw_row *out)
{
    const mdw_range image = {CODE, CODE_SIZE};
    mdw_regs regs = registers(r->regs);
    stack_win win = r->win;
    mdw_row_query query = {
        .size = sizeof query,
        .context = r->context,
        .choice = r->choice,
        .args = r->args,
        .regs = &regs,
        .memory = {read_words, NULL, t},
        .place = r->no_place ? NULL : place,
        .place_user = t,
    };
    put_words(t, r->stack);
    win.program = str_of(win.program.data);
    row_clear(out);
    return stack_win_row(&win, &image, &query, out);
}

static void test_rows(void)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const row *r = &rows[i];
        target t = {{0}, {false}, MDW_OK};
        mdw_row got;
        char text[256];
        t_case = r->claim;
        mdw_status status = ask(r, &t, &got);
        if (status == MDW_OK)
            say_row(&got, text, sizeof text);
        else
            snprintf(text, sizeof text, "%s", mdw_status_name(status));
        if (strcmp(text, r->want) && ++t_failed)
            fprintf(stderr, "[%s]\n  got  %s\n  want %s\n", t_case, text,
                    r->want);
        CHECK_U64(got.args, r->win.params);
        if (status != MDW_OK)
            continue;
        uint8_t sp = arch_find(MDW_ARCH_X86)->sp;
        CHECK_U64(got.flags, r->flags);
        CHECK_U64(got.source,
                  r->scanned ? MDW_SOURCE_SCAN : MDW_SOURCE_STACK_WIN);
        CHECK(got.cfa.base == MDW_BASE_ZERO);
        CHECK(got.cfa.offset == got.reg[sp].offset);
    }
}

/* Every recovery asks about places first. */
static void test_again(void)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const row *r = &rows[i];
        target t = {{0}, {false}, MDW_AGAIN};
        mdw_row got;
        t_case = r->claim;
        mdw_status status = ask(r, &t, &got);
        if (r->choice && !r->no_place && strcmp(r->want, "absent"))
            CHECK(status == MDW_AGAIN);
    }
}

int main(void)
{
    test_rows();
    test_again();
    return t_done();
}
