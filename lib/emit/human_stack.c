/* lib/emit/human_stack.c - a thread and its frames. */
#include "lib/base/str.h"
#include "lib/emit/human.h"
#include "lib/emit/registers.h"

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
        registers_say(&h->out, &f, pointer_digits(&h->view, f.arch));
    human_colour(h, DIM);
    human_text(h, "    Found by: ");
    human_text(h, inlined ? "inlining" : found_by(f.trust));
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
