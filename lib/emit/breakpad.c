/* lib/emit/breakpad.c - minidump_stackwalk's output for machines: a record a
 * line, fields between bars. */
#include "lib/emit/breakpad.h"

#include "lib/base/arena.h"
#include "lib/base/str.h"
#include "lib/emit/order.h"

/* What separates fields and records is left out of them. */
static void field(breakpad *b, mdw_str text)
{
    const char *at = text.data;
    for (size_t i = 0; i < text.len; i++)
        if (at[i] != '|' && at[i] != '\n' && at[i] != '\r')
            out_char(&b->out, at[i]);
}

static void bar(breakpad *b)
{
    out_char(&b->out, '|');
}

static void number(breakpad *b, uint64_t value)
{
    out_decimal(&b->out, value, 0);
}

static void hex(breakpad *b, uint64_t value, size_t digits)
{
    out_text(&b->out, "0x");
    out_hex(&b->out, value, digits);
}

static void put_system(breakpad *b)
{
    const mdw_system *s = &b->view.system;
    const char *os = os_word(s);
    out_text(&b->out, "OS|");
    if (os)
        out_text(&b->out, os);
    else
        hex(b, s->platform, 8);
    bar(b);
    field(b, s->os_recorded);
    out_text(&b->out, "\nCPU|");
    out_text(&b->out, cpu_word(s->arch));
    bar(b);
    field(b, s->cpu_info);
    bar(b);
    number(b, s->cpu_count);
    out_text(&b->out, "\nGPU|||\n");
}

static void put_crash(breakpad *b)
{
    size_t thread;
    out_text(&b->out, "Crash|");
    if (b->crashed) {
        breakpad_reason(b, field);
        bar(b);
        hex(b, breakpad_address(b), 1);
    } else {
        field(b, b->view.process.assertion.len ? b->view.process.assertion
                                               : STR("No crash"));
        bar(b);
    }
    bar(b);
    if (breakpad_number(b, b->requesting, &thread))
        number(b, thread);
    out_char(&b->out, '\n');
}

static void put_module(breakpad *b, const mdw_module *m, bool main)
{
    char id[MDW_ID_TEXT_MAX];
    size_t len = mdw_debug_id_text(&m->debug_id, MDW_ID_BREAKPAD, id);
    uint64_t last = m->range.size ? m->range.size - 1 : 0;
    out_text(&b->out, "Module|");
    field(b, short_name(m->code_file));
    bar(b);
    field(b, m->version);
    bar(b);
    field(b, short_name(m->debug_file));
    bar(b);
    field(b, (mdw_str){id, len});
    bar(b);
    hex(b, m->range.start, 8);
    bar(b);
    hex(b, m->range.start + last, 8);
    out_text(&b->out, main ? "|1\n" : "|0\n");
}

static mdw_status put_modules(breakpad *b)
{
    uint32_t *order = NULL;
    arena *store = arena_new(NULL, 0);
    if (!store)
        return MDW_E_MEMORY;
    size_t count = order_modules(b->view.state, store, &order);
    for (size_t i = 0; order && i < count; i++) {
        mdw_module m = MDW_INIT(mdw_module);
        if (mdw_state_module(b->view.state, order[i], &m) == MDW_OK)
            put_module(b, &m, !order[i]);
    }
    arena_close(store);
    return order ? MDW_OK : MDW_E_MEMORY;
}

static void put_frame(breakpad *b, uint32_t stack, size_t thread, size_t index)
{
    mdw_frame f = MDW_INIT(mdw_frame);
    breakpad_place p;
    if (mdw_report_frame(b->view.report, stack, index, &f) != MDW_OK)
        return;
    breakpad_place_of(b, stack, index, &f, &p);
    number(b, thread);
    bar(b);
    number(b, index);
    bar(b);
    field(b, p.module);
    bar(b);
    field(b, p.function);
    bar(b);
    field(b, p.file);
    bar(b);
    if (p.file.len)
        number(b, p.line);
    bar(b);
    hex(b, p.offset, 1);
    out_char(&b->out, '\n');
}

static void put_stack(breakpad *b, uint32_t stack, size_t thread)
{
    size_t count = mdw_report_frame_count(b->view.report, stack);
    for (size_t i = 0; i < count; i++)
        put_frame(b, stack, thread, i);
}

mdw_status emit_breakpad(const mdw_report *report,
                         const mdw_emit_options *options, mdw_sink sink)
{
    breakpad b;
    breakpad_init(&b, report, options, sink);
    put_system(&b);
    put_crash(&b);
    mdw_status status = put_modules(&b);
    out_char(&b.out, '\n');
    breakpad_stacks(&b, put_stack);
    mdw_status written = out_flush(&b.out);
    return status == MDW_OK ? written : status;
}
