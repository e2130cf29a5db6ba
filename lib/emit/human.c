/* lib/emit/human.c - a report for people, in the order and look that users of
 * minidump_stackwalk know; this file writes what stands before the threads. */
#include "lib/emit/human.h"

#include "lib/base/str.h"
#include "lib/emit/human_crash.h"

void human_colour(human *h, enum colour colour)
{
    static const char *const codes[] = {
        [PLAIN] = "\x1b[0m",  [BOLD] = "\x1b[1m",  [DIM] = "\x1b[2m",
        [RED] = "\x1b[1;31m", [CYAN] = "\x1b[36m",
    };
    if (h->view.options.colour)
        out_text(&h->out, codes[colour]);
}

void human_str(human *h, mdw_str text)
{
    out_printable(&h->out, text);
}

void human_text(human *h, const char *text)
{
    out_text(&h->out, text);
}

void human_number(human *h, uint64_t value)
{
    out_decimal(&h->out, value, 0);
}

void human_hex(human *h, uint64_t value, unsigned digits)
{
    out_text(&h->out, "0x");
    out_hex(&h->out, value, digits);
}

static void say_system(human *h)
{
    const mdw_system *s = &h->view.system;
    const char *os = os_word(s);
    human_text(h, "Operating system: ");
    if (os)
        human_text(h, os);
    else if (s->platform != MDW_NONE)
        human_hex(h, s->platform, 8);
    else
        human_text(h, "unknown");
    if (s->os_version.len || s->os_build.len) {
        human_text(h, "\n                  ");
        human_str(h, s->os_version);
        if (s->os_version.len && s->os_build.len)
            human_text(h, " ");
        human_str(h, s->os_build);
    }
    human_text(h, "\nCPU: ");
    human_text(h, cpu_word(s->arch));
    if (s->cpu_info.len) {
        human_text(h, "\n     ");
        human_str(h, s->cpu_info);
    }
    human_text(h, "\n     ");
    human_number(h, s->cpu_count);
    human_text(h, s->cpu_count == 1 ? " CPU\n\n" : " CPUs\n\n");
}

static void say_parameters(human *h)
{
    mdw_exception e = MDW_INIT(mdw_exception);
    if (mdw_state_exception(h->view.state, 0, &e) != MDW_OK || !e.info_count)
        return;
    human_text(h, "Crash parameters:\n");
    for (uint32_t i = 0; i < e.info_count && i < 15; i++) {
        human_text(h, "    value: ");
        human_hex(h, e.info[i], 16);
        human_text(h, "\n");
    }
}

/* Crashes beside the first: nested records, other threads' exceptions. */
static void say_others(human *h)
{
    size_t count = mdw_state_exception_count(h->view.state);
    for (size_t i = 1; i < count; i++) {
        mdw_exception e = MDW_INIT(mdw_exception);
        mdw_reason reason = MDW_INIT(mdw_reason);
        const mdw_crash *crash = mdw_report_crash(h->view.report, i);
        if (!crash || mdw_crash_reason(crash, &reason) != MDW_OK ||
            mdw_state_exception(h->view.state, i, &e) != MDW_OK)
            continue;
        human_text(h, e.nested ? "Nested exception: " : "Also raised:      ");
        human_str(h, reason.text);
        if (reason.address_kind != MDW_ADDRESS_NONE) {
            human_text(h, " at ");
            human_hex(h, reason.address, 1);
        }
        if (!e.nested) {
            human_text(h, ", thread id ");
            human_number(h, e.thread_id);
        }
        human_text(h, "\n");
    }
}

static void say_reason(human *h, const mdw_reason *r)
{
    if (r->text.len) {
        human_text(h, r->kind == MDW_CRASH_REQUEST ? "Dump reason:   "
                                                   : "Crash reason:  ");
        human_colour(h, RED);
        human_str(h, r->text);
        human_colour(h, PLAIN);
        human_text(h, r->kind == MDW_CRASH_REQUEST
                          ? " (a dump was asked for: no crash)\n"
                          : "\n");
    } else if (!h->view.process.assertion.len) {
        human_text(h, "No crash\n");
    }
    if (r->address_kind != MDW_ADDRESS_NONE) {
        human_text(h, "Crash address: ");
        human_hex(h, r->address, 1);
        human_text(h, "\n");
    }
}

static void say_crash(human *h)
{
    mdw_reason reason = MDW_INIT(mdw_reason);
    const mdw_crash *crash = mdw_report_crash(h->view.report, 0);
    if (crash)
        (void)mdw_crash_reason(crash, &reason);
    say_reason(h, &reason);
    say_parameters(h);
    if (h->view.process.assertion.len) {
        human_text(h, "Assertion: ");
        human_str(h, h->view.process.assertion);
        human_text(h, "\n");
    }
    say_others(h);
    human_findings(h);
}

void human_head(human *h)
{
    const mdw_process_info *p = &h->view.process;
    if (h->view.options.brief) {
        say_crash(h);
        return;
    }
    say_system(h);
    say_crash(h);
    human_text(h, "Process uptime: ");
    if (p->has_times) {
        human_number(h, p->uptime);
        human_text(h, " seconds\n");
    } else {
        human_text(h, "not available\n");
    }
}

static bool wanted(const human *h, uint32_t stack)
{
    mdw_stack s = MDW_INIT(mdw_stack);
    return view_shows(&h->view, stack) &&
           mdw_state_stack(h->view.state, stack, &s) == MDW_OK && !s.skipped;
}

/* The main stack first. */
static void say_stacks(human *h)
{
    uint32_t first = h->view.main_stack;
    size_t count = mdw_state_stack_count(h->view.state);
    if (h->view.options.brief && !h->view.options.one_stack) {
        if (first == MDW_NONE)
            first = 0;
        if (first < count)
            human_stack(h, first);
        return;
    }
    if (first < count && wanted(h, first))
        human_stack(h, first);
    for (uint32_t i = 0; i < count; i++)
        if (i != first && wanted(h, i))
            human_stack(h, i);
}

mdw_status emit_human(const mdw_report *report, const mdw_emit_options *options,
                      mdw_sink sink)
{
    human h;
    out_init(&h.out, sink);
    view_init(&h.view, report, options);
    human_head(&h);
    say_stacks(&h);
    mdw_status status = options->brief ? MDW_OK : human_lists(&h);
    mdw_status written = out_flush(&h.out);
    return status == MDW_OK ? written : status;
}
