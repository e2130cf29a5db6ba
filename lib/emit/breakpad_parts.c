/* lib/emit/breakpad_parts.c - what Breakpad's two formats agree on: who
 * crashed, the order of the threads, and where a frame is. */
#include "lib/base/str.h"
#include "lib/emit/breakpad.h"

/* The signals whose code Breakpad shows, and how it joins the two. */
static const struct {
    const char *name, *joint;
} signals[] = {
    {"SIGBUS", " / "},
    {"SIGFPE", " / "},
    {"SIGILL", " / "},
    {"SIGSEGV", " /"},
};

static void put_signal(breakpad *b, breakpad_put_fn put)
{
    char number[10] = "0x";
    put(b, b->reason.name);
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
        if (!str_is(b->reason.name, signals[i].name))
            continue;
        put(b, str_of(signals[i].joint));
        if (b->reason.detail.len) {
            put(b, b->reason.detail);
            return;
        }
        for (unsigned d = 0; d < 8; d++)
            number[2 + d] =
                "0123456789abcdef"[b->reason.flags >> (28 - 4 * d) & 15];
        put(b, (mdw_str){number, sizeof number});
    }
}

void breakpad_reason(breakpad *b, breakpad_put_fn put)
{
    mdw_system_code code = MDW_INIT(mdw_system_code);
    const mdw_crash *crash = mdw_report_crash(b->view.report, 0);
    if (crash)
        (void)mdw_crash_code(crash, 0, &code);
    if (code.kind == MDW_SYSTEM_CODE_SIGNAL)
        put_signal(b, put);
    else if (str_starts(b->reason.detail, STR("FAST_FAIL_")))
        put(b, b->reason.detail);
    else
        put(b, b->reason.text);
}

uint64_t breakpad_address(const breakpad *b)
{
    return b->view.digits == 8 ? (uint32_t)b->reason.recorded
                               : b->reason.recorded;
}

/* The thread's own stack stands for a stack that is only a part of it. */
static uint32_t requesting(const view *v)
{
    mdw_stack s = MDW_INIT(mdw_stack);
    if (mdw_state_stack(v->state, v->main_stack, &s) != MDW_OK)
        return MDW_NONE;
    return s.thread;
}

void breakpad_init(breakpad *b, const mdw_report *report,
                   const mdw_emit_options *options, mdw_sink sink)
{
    const mdw_crash *crash = mdw_report_crash(report, 0);
    out_init(&b->out, sink);
    view_init(&b->view, report, options);
    b->crashed = mdw_state_exception_count(b->view.state) != 0;
    b->requesting = requesting(&b->view);
    b->reason = MDW_INIT(mdw_reason);
    if (crash)
        (void)mdw_crash_reason(crash, &b->reason);
}

static bool is_thread(const breakpad *b, size_t stack)
{
    mdw_stack s = MDW_INIT(mdw_stack);
    return mdw_state_stack(b->view.state, stack, &s) == MDW_OK && !s.skipped;
}

bool breakpad_number(const breakpad *b, uint32_t stack, size_t *number)
{
    size_t count = mdw_state_thread_count(b->view.state);
    *number = 0;
    for (size_t i = 0; i < count && i < stack; i++)
        *number += is_thread(b, i);
    return stack < count && is_thread(b, stack);
}

void breakpad_stacks(breakpad *b, breakpad_stack_fn say)
{
    size_t count = mdw_state_thread_count(b->view.state), number = 0;
    uint32_t first = b->requesting;
    bool has_first = breakpad_number(b, first, &number);
    if (has_first && view_shows(&b->view, first))
        say(b, first, number);
    number = 0;
    for (size_t i = 0; i < count; i++) {
        if (!is_thread(b, i))
            continue;
        if (i != first && view_shows(&b->view, (uint32_t)i))
            say(b, (uint32_t)i, number);
        number++;
    }
}

void breakpad_place_of(const breakpad *b, uint32_t stack, size_t index,
                       const mdw_frame *frame, breakpad_place *place)
{
    mdw_module module;
    mdw_symbol s = MDW_INIT(mdw_symbol);
    *place = (breakpad_place){.offset = frame->pc};
    if (!view_module(&b->view, frame, &module))
        return;
    uint64_t rva = frame->pc - module.range.start;
    place->module = short_name(module.code_file);
    place->offset = rva;
    if (mdw_report_symbol(b->view.report, stack, index, &s) != MDW_OK ||
        !s.function.len)
        return;
    place->function = s.function;
    place->file = s.file;
    place->line = s.line;
    place->offset = rva - (s.line_start ? s.line_start : s.range.start);
    if (frame->flags & MDW_FRAME_INLINE) /* counted from inside of the call */
        place->offset -= frame->pc - frame->lookup;
}
