/* tools/cmd_unwind.c - mdwalk unwind: what is known of each frame, and with
 * --explain everything that was asked on the way. */
#include <inttypes.h>
#include <stdio.h>

#include "tools/commands.h"
#include "tools/names.h"
#include "tools/print.h"

static void print_checks(uint32_t checks)
{
    const char *name;
    for (uint32_t i = 0; (name = check_name(i)); i++) {
        uint32_t answer = MDW_CHECK(checks, i);
        if (answer != MDW_ANSWER_NOT_ASKED)
            (void)printf(" %s=%s", name, answer_name(answer));
    }
}

static int digits(uint32_t arch)
{
    return arch == MDW_ARCH_X86 || arch == MDW_ARCH_ARM ? 8 : 16;
}

static void print_module(const mdw_state *state, uint32_t image, uint64_t pc)
{
    mdw_module m = MDW_INIT(mdw_module);
    if (mdw_state_module(state, image, &m) != MDW_OK)
        return;
    mdw_str name = m.code_file;
    for (size_t i = name.len; i--;)
        if (name.data[i] == '/' || name.data[i] == '\\') {
            name = (mdw_str){name.data + i + 1, name.len - i - 1};
            break;
        }
    (void)fputs("  ", stdout);
    print_text(name);
    (void)printf(" + 0x%" PRIx64, pc - m.range.start);
}

static void print_frame(const work *w, uint32_t stack, size_t index)
{
    mdw_frame f = MDW_INIT(mdw_frame);
    if (mdw_report_frame(w->report, stack, index, &f) != MDW_OK)
        return;
    (void)printf("%3zu  pc 0x%0*" PRIx64 "  sp 0x%0*" PRIx64, index,
                 digits(f.arch), f.pc, digits(f.arch), f.sp);
    print_module(w->state, f.image, f.pc);
    if (f.image == MDW_NONE)
        (void)fputs("  in no module", stdout);
    (void)printf("\n     trust %s, source %s", trust_name(f.trust),
                 source_name(f.source));
    print_checks(f.checks);
    if (f.flags & MDW_FRAME_SIGNAL)
        (void)fputs(" signal", stdout);
    if (f.flags & MDW_FRAME_THUMB)
        (void)fputs(" thumb", stdout);
    (void)putchar('\n');
}

/* Where a register came from. "guessed" is what convention or heuristics say,
 * not evidence. */
static void print_origin(const mdw_frame *f, const mdw_origins *o, uint32_t reg)
{
    const char *name = origin_name(o->kind[reg]);
    if (o->kind[reg] == MDW_ORIGIN_LOADED)
        (void)printf("  %s 0x%0*" PRIx64, name, digits(f->arch), o->addr[reg]);
    else
        (void)printf("  %s", name);
    if (f->regs.guessed >> reg & 1 && o->kind[reg] != MDW_ORIGIN_GUESSED)
        (void)fputs(", guessed", stdout);
}

static void print_registers(const work *w, uint32_t stack, size_t index)
{
    mdw_frame f = MDW_INIT(mdw_frame);
    mdw_origins o = MDW_INIT(mdw_origins);
    if (mdw_report_frame(w->report, stack, index, &f) != MDW_OK ||
        mdw_report_origins(w->report, stack, index, &o) != MDW_OK)
        return;
    uint32_t count = mdw_reg_count(f.arch);
    for (uint32_t i = 0; i < count && i < MDW_MAX_REGS; i++) {
        if (!(f.regs.valid >> i & 1))
            continue;
        (void)printf("       %5s = 0x%0*" PRIx64, mdw_reg_name(f.arch, i),
                     digits(f.arch), f.regs.value[i]);
        print_origin(&f, &o, i);
        (void)putchar('\n');
    }
}

/* --- rows ---------------------------------------------------------------- */

static void print_base(uint32_t arch, uint8_t base)
{
    const char *name = mdw_reg_name(arch, base);
    if (base == MDW_BASE_CFA)
        (void)fputs("cfa", stdout);
    else if (base != MDW_BASE_ZERO)
        (void)fputs(name ? name : "?", stdout);
}

static void print_offset(uint8_t base, int64_t offset)
{
    uint64_t size = offset < 0 ? 0 - (uint64_t)offset : (uint64_t)offset;
    if (base == MDW_BASE_ZERO)
        (void)printf("0x%" PRIx64, (uint64_t)offset);
    else if (offset)
        (void)printf(" %c %" PRIu64, offset < 0 ? '-' : '+', size);
}

/* Breakpad's text as it is, DWARF's bytes in hexadecimal. */
static void print_expr(const mdw_rule *rule, bool postfix)
{
    (void)putchar('{');
    if (postfix)
        print_text((mdw_str){(const char *)rule->expr, rule->expr_len});
    for (uint32_t i = 0; i < rule->expr_len && !postfix; i++)
        (void)printf("%02x", rule->expr[i]);
    (void)putchar('}');
}

static void print_rule(uint32_t arch, const char *name, const mdw_rule *rule,
                       bool postfix)
{
    (void)printf("  %s = ", name);
    switch (rule->kind) {
    case MDW_RULE_UNDEFINED:
        (void)fputs("lost", stdout);
        return;
    case MDW_RULE_SAME:
        (void)fputs("same", stdout);
        return;
    case MDW_RULE_ADDR:
        print_base(arch, rule->base);
        print_offset(rule->base, rule->offset);
        return;
    case MDW_RULE_LOAD:
        (void)putchar('[');
        print_base(arch, rule->base);
        print_offset(rule->base, rule->offset);
        (void)putchar(']');
        return;
    case MDW_RULE_EXPR:
        print_expr(rule, postfix);
        return;
    case MDW_RULE_EXPR_LOAD:
        (void)putchar('[');
        print_expr(rule, postfix);
        (void)putchar(']');
        return;
    default:
        (void)fputs("by convention", stdout);
    }
}

static void print_row(uint32_t arch, const mdw_row *row)
{
    bool postfix = row->flags & MDW_ROW_POSTFIX;
    (void)fputs("        row:", stdout);
    print_rule(arch, "cfa", &row->cfa, postfix);
    for (uint32_t i = 0; i < MDW_MAX_REGS; i++) {
        const char *name = mdw_reg_name(arch, i);
        if (name && row->set >> i & 1)
            print_rule(arch, name, &row->reg[i], postfix);
    }
    (void)putchar('\n');
}

/* --- the trace ----------------------------------------------------------- */

/* The walk is done once for its frames and once more for its events, which
 * name frames by number; both are the same, since nothing but the dump goes
 * in. */
typedef struct tracer {
    const work *frames;
    uint32_t stack, frame;
    bool begun;
} tracer;

static uint32_t arch_of(const tracer *t, const mdw_trace_event *e)
{
    mdw_stack s = MDW_INIT(mdw_stack);
    (void)mdw_state_stack(t->frames->state, e->stack, &s);
    return s.arch;
}

static void print_stack_heading(const mdw_state *state, uint32_t stack)
{
    mdw_stack s = MDW_INIT(mdw_stack);
    mdw_thread t = MDW_INIT(mdw_thread);
    (void)mdw_state_stack(state, stack, &s);
    (void)printf("Stack %lu, %s", (unsigned long)stack,
                 stack_kind_name(s.kind));
    if (mdw_state_thread(state, s.thread, &t) == MDW_OK)
        (void)printf(" %lu, id %lu", (unsigned long)s.thread,
                     (unsigned long)t.id);
    (void)printf(", %s", mdw_arch_name(s.arch));
    if (stack == mdw_state_main_stack(state))
        (void)fputs(", main", stdout);
    (void)putchar('\n');
}

/* The checks that no other can make good; where none of them says no, the
 * return address itself is at fault. */
static void print_refusal(const mdw_trace_event *e)
{
    static const uint32_t decisive[] = {MDW_CHECK_ADVANCE, MDW_CHECK_STACK,
                                        MDW_CHECK_EXEC, MDW_CHECK_CALL};
    const char *separator = "\n        refused: ";
    for (size_t i = 0; i < sizeof decisive / sizeof *decisive; i++) {
        if (MDW_CHECK(e->checks, decisive[i]) != MDW_ANSWER_NO)
            continue;
        (void)printf("%s%s=no", separator, check_name(decisive[i]));
        separator = ", ";
    }
    if (*separator == '\n' && e->status == MDW_OK)
        (void)printf("%spc is no code address", separator);
}

static void on_event(void *user, const mdw_trace_event *e)
{
    tracer *t = user;
    if (!t->begun || t->stack != e->stack) {
        (void)fputs(t->begun ? "\n" : "", stdout);
        print_stack_heading(t->frames->state, e->stack);
        t->frame = MDW_NONE;
    }
    if (t->frame != e->frame) {
        print_frame(t->frames, e->stack, e->frame);
        print_registers(t->frames, e->stack, e->frame);
    }
    t->begun = true;
    t->stack = e->stack;
    t->frame = e->frame;
    (void)printf("     asked %s", source_name(e->source));
    if (e->choice)
        (void)printf(", answer %lu", (unsigned long)e->choice + 1);
    (void)printf(": %s", verdict_name(e->verdict));
    if (e->status < 0)
        (void)printf(", %s", mdw_status_name(e->status));
    if (e->status == MDW_OK) {
        (void)printf(", grade %lu\n        pc 0x%" PRIx64 " sp 0x%" PRIx64,
                     (unsigned long)e->grade, e->pc, e->sp);
        print_checks(e->checks);
    }
    if (e->verdict == MDW_VERDICT_REFUSED)
        print_refusal(e);
    (void)putchar('\n');
    if (e->row)
        print_row(arch_of(t, e), e->row);
}

static bool shows(const args *a, const work *w, uint32_t stack)
{
    mdw_stack s = MDW_INIT(mdw_stack);
    return mdw_state_stack(w->state, stack, &s) == MDW_OK && !s.skipped &&
           (!a->one_thread || a->thread == stack);
}

static void print_stacks(const args *a, const work *w)
{
    size_t count = mdw_state_stack_count(w->state);
    for (uint32_t i = 0; i < count; i++) {
        if (!shows(a, w, i))
            continue;
        (void)putchar('\n');
        print_stack_heading(w->state, i);
        size_t frames = mdw_report_frame_count(w->report, i);
        for (size_t f = 0; f < frames; f++)
            print_frame(w, i, f);
        (void)printf("     end: %s\n",
                     stop_name(mdw_report_stop(w->report, i)));
    }
}

static bool explain(const args *a, work *w)
{
    work again = *w; /* shares everything but the report */
    again.report = NULL;
    tracer t = {w, 0, MDW_NONE, false};
    bool done = work_walk(&again, a, on_event, &t);
    mdw_report_close(again.report);
    if (done)
        (void)fputs("\nFrames\n", stdout);
    return done;
}

int command_unwind(const args *a)
{
    work w;
    if (!work_open(&w, a))
        return STATUS_FAILED;
    int status = STATUS_FAILED;
    if (work_walk(&w, a, NULL, NULL) && (!a->explain || explain(a, &w))) {
        print_stacks(a, &w);
        status = work_status(&w, a);
    }
    status = finish(status);
    work_close(&w);
    return status;
}
