/* lib/emit/human_stack.c - a thread and its frames. */
#include "lib/base/str.h"
#include "lib/emit/human.h"

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

static const char *trust_words(uint32_t trust)
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
static void say_register(human *h, unsigned *column, unsigned digits,
                         mdw_str name, uint64_t value)
{
    unsigned width = 1 + 5 + 3 + 2 + digits;
    if (*column + width >= LAST_COLUMN) {
        human_text(h, "\n");
        *column = 0;
    }
    if (!*column) {
        human_text(h, " ");
        *column = 1;
    }
    out_repeat(&h->out, ' ', name.len < 5 ? 6 - name.len : 1);
    human_str(h, name);
    human_text(h, " = ");
    human_hex(h, value, digits);
    *column += width;
}

static void say_registers(human *h, const mdw_frame *f)
{
    unsigned column = 0, digits = pointer_digits(&h->view, f->arch);
    mdw_str names = order_of(f->arch), name;
    while (str_word(&names, &name)) {
        uint32_t reg = mdw_reg_find(f->arch, name);
        if (reg >= MDW_MAX_REGS || !(f->regs.valid >> reg & 1))
            continue;
        if (str_is(name, "eflags"))
            name = STR("efl");
        say_register(h, &column, digits, name, f->regs.value[reg]);
    }
    if (!column)
        say_register(h, &column, digits, STR("pc"), f->pc);
    human_text(h, "\n");
}

static void say_unloaded(human *h, uint64_t addr)
{
    unloaded_hit hits[UNLOADED_HITS];
    size_t count = view_unloaded(&h->view, addr, hits);
    for (size_t i = 0; i < count; i++) {
        human_text(h, i ? ", " : " (unloaded ");
        human_str(h, hits[i].name);
        human_text(h, " + ");
        human_hex(h, hits[i].offset, 1);
    }
    if (count)
        human_text(h, ")");
}

/* An inlined call has no address of its own; what the client walked has its
 * name alone. */
static void say_line(human *h, const mdw_symbol *s, uint64_t rva,
                     uint32_t flags)
{
    if (!(flags & MDW_FRAME_INLINE) && s->range.start + s->range.size) {
        human_text(h, " + ");
        human_hex(h, rva - s->range.start, 1);
    }
    if (!s->file.len)
        return;
    human_text(h, " [");
    human_str(h, short_name(s->file));
    human_text(h, " : ");
    human_number(h, s->line);
    human_text(h, "]");
}

/* Offsets are the return address's here, not those of the call. */
static void say_place(human *h, const mdw_frame *f, const mdw_symbol *s)
{
    mdw_module module;
    if (!view_module(&h->view, f, &module)) {
        human_str(h, s->function);
        human_text(h, s->function.len ? " at " : "");
        human_hex(h, f->pc, 1);
        say_unloaded(h, f->lookup);
        return;
    }
    human_colour(h, CYAN);
    human_str(h, short_name(module.code_file));
    human_colour(h, PLAIN);
    if (s->function.len) {
        human_text(h, "!");
        human_str(h, s->function);
        say_line(h, s, f->pc - module.range.start, f->flags);
        return;
    }
    human_text(h, " + ");
    human_hex(h, f->pc - module.range.start, 1);
}

static void say_frame(human *h, uint32_t stack, size_t index)
{
    mdw_frame f = MDW_INIT(mdw_frame);
    if (mdw_report_frame(h->view.report, stack, index, &f) != MDW_OK)
        return;
    out_decimal(&h->out, index, 2);
    human_text(h, "  ");
    mdw_symbol s = MDW_INIT(mdw_symbol);
    (void)mdw_report_symbol(h->view.report, stack, index, &s);
    bool inlined = f.flags & MDW_FRAME_INLINE;
    say_place(h, &f, &s);
    human_text(h, "\n");
    if (!inlined)
        say_registers(h, &f);
    human_colour(h, DIM);
    human_text(h, "    Found by: ");
    human_text(h, inlined ? "inlining" : trust_words(f.trust));
    human_colour(h, PLAIN);
    human_text(h, "\n");
}

static const char *kind_words(const mdw_stack *s)
{
    switch (s->kind) {
    case MDW_STACK_WOW64:
        return " (32-bit)";
    case MDW_STACK_CLIENT:
        return " (walked by the client)";
    default:
        return "";
    }
}

/* What is known of the main stack: did it crash, or ask for the dump? */
static const char *role_words(human *h, uint32_t stack)
{
    mdw_reason reason = MDW_INIT(mdw_reason);
    const mdw_crash *crash = mdw_report_crash(h->view.report, 0);
    if (stack != h->view.main_stack)
        return "";
    if (crash)
        (void)mdw_crash_reason(crash, &reason);
    return reason.kind == MDW_CRASH_FAULT || reason.kind == MDW_CRASH_ASSERTION
               ? " (crashed)"
               : " (requested dump, did not crash)";
}

/* The thread of an exception's own stack is in no list: only its id is
 * known. */
static void say_lost_thread(human *h, uint32_t stack)
{
    size_t count = mdw_state_exception_count(h->view.state);
    human_text(h, "Thread not in the list");
    human_text(h, role_words(h, stack));
    for (size_t i = 0; i < count; i++) {
        mdw_exception e = MDW_INIT(mdw_exception);
        if (mdw_state_exception(h->view.state, i, &e) != MDW_OK ||
            e.stack != stack)
            continue;
        human_text(h, " - id ");
        human_number(h, e.thread_id);
        return;
    }
}

static void say_heading(human *h, uint32_t stack, const mdw_stack *s)
{
    human_text(h, "\n");
    human_colour(h, BOLD);
    mdw_thread t = MDW_INIT(mdw_thread);
    if (mdw_state_thread(h->view.state, s->thread, &t) == MDW_OK) {
        human_text(h, "Thread ");
        human_number(h, s->thread);
        human_text(h, role_words(h, stack));
        human_text(h, kind_words(s));
        human_text(h, " - id ");
        human_number(h, t.id);
        if (t.name.len) {
            human_text(h, ", ");
            human_str(h, t.name);
        }
    } else {
        say_lost_thread(h, stack);
    }
    human_colour(h, PLAIN);
    human_text(h, "\n");
}

static void say_end(human *h, uint32_t stack, const mdw_stack *s)
{
    human_colour(h, DIM);
    human_text(h, "    (end: ");
    human_text(h, stop_sentence(mdw_report_stop(h->view.report, stack)));
    if (s->kind != MDW_STACK_CLIENT && s->context_status != MDW_OK) {
        human_text(h, ", context ");
        human_text(h, mdw_status_name(s->context_status));
    }
    human_text(h, ")");
    human_colour(h, PLAIN);
    human_text(h, "\n");
}

void human_stack(human *h, uint32_t stack)
{
    mdw_stack s = MDW_INIT(mdw_stack);
    if (mdw_state_stack(h->view.state, stack, &s) != MDW_OK)
        return;
    say_heading(h, stack, &s);
    size_t count = mdw_report_frame_count(h->view.report, stack);
    for (size_t i = 0; i < count; i++)
        say_frame(h, stack, i);
    if (!count)
        human_text(h, " <no frames>\n");
    say_end(h, stack, &s);
}
