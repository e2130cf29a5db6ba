/* lib/emit/registers.c - Breakpad's words and columns below a frame. */
#include "lib/emit/registers.h"

#include "lib/base/str.h"

enum { LAST_COLUMN = 80 };

/* Breakpad's words after "Found by: ". */
static const struct {
    uint32_t trust;
    const char *words;
} trusts[] = {
    {MDW_TRUST_CONTEXT, "given as instruction pointer in context"},
    {MDW_TRUST_PREWALKED, "recovered by external stack walker"},
    {MDW_TRUST_CFI, "call frame info"},
    {MDW_TRUST_LEAF, "simulating a return from leaf function"},
    {MDW_TRUST_FP, "previous frame's frame pointer"},
    {MDW_TRUST_CFI_SCAN, "call frame info with scanning"},
    {MDW_TRUST_SCAN, "stack scanning"},
};

const char *found_by(uint32_t trust)
{
    for (size_t i = 0; i < sizeof trusts / sizeof *trusts; i++)
        if (trusts[i].trust == trust)
            return trusts[i].words;
    return "unknown";
}

/* In the order that people know; the architecture's own where it is that. */
static const struct {
    uint32_t arch;
    const char *names;
} orders[] = {
    {MDW_ARCH_X86, "eip esp ebp ebx esi edi eax ecx edx eflags"},
    {MDW_ARCH_X86_64, "rax rdx rcx rbx rsi rdi rbp rsp r8 r9 r10 r11 r12 r13 "
                      "r14 r15 rip"},
    {MDW_ARCH_ARM, "r0 r1 r2 r3 r4 r5 r6 r7 r8 r9 r10 r12 fp sp lr pc"},
    {MDW_ARCH_ARM64, "x0 x1 x2 x3 x4 x5 x6 x7 x8 x9 x10 x11 x12 x13 x14 x15 "
                     "x16 x17 x18 x19 x20 x21 x22 x23 x24 x25 x26 x27 x28 fp "
                     "lr sp pc"},
};

static mdw_str order_of(uint32_t arch)
{
    for (size_t i = 0; i < sizeof orders / sizeof *orders; i++)
        if (orders[i].arch == arch)
            return str_of(orders[i].names);
    return STR("");
}

/* " %5s = 0x%08x", as many in a line as end before column 80. */
static void say_register(out *o, unsigned *column, unsigned digits,
                         mdw_str name, uint64_t value)
{
    unsigned width = 1 + 5 + 3 + 2 + digits;
    if (*column + width >= LAST_COLUMN) {
        out_char(o, '\n');
        *column = 0;
    }
    if (!*column) {
        out_char(o, ' ');
        *column = 1;
    }
    out_repeat(o, ' ', name.len < 5 ? 6 - name.len : 1);
    out_str(o, name);
    out_text(o, " = 0x");
    out_hex(o, value, digits);
    *column += width;
}

void registers_say(out *o, const mdw_frame *frame, unsigned digits)
{
    unsigned column = 0;
    mdw_str names = order_of(frame->arch), name;
    while (str_word(&names, &name)) {
        uint32_t reg = mdw_reg_find(frame->arch, name);
        if (reg >= MDW_MAX_REGS || !(frame->regs.valid >> reg & 1))
            continue;
        if (str_is(name, "eflags"))
            name = STR("efl");
        say_register(o, &column, digits, name, frame->regs.value[reg]);
    }
    if (!column)
        say_register(o, &column, digits, STR("pc"), frame->pc);
    out_char(o, '\n');
}
