/* lib/emit/breakpad_human.c - minidump_stackwalk's output for people, line by
 * line as scripts that read it expect; "human" is this library's own. */
#include "lib/base/arena.h"
#include "lib/base/str.h"
#include "lib/emit/breakpad.h"
#include "lib/emit/order.h"

static void text(breakpad *b, const char *words)
{
    out_text(&b->out, words);
}

static void hex(breakpad *b, uint64_t value, size_t digits)
{
    text(b, "0x");
    out_hex(&b->out, value, digits);
}

static void say_system(breakpad *b)
{
    const mdw_system *s = &b->view.system;
    const char *os = os_word(s);
    text(b, "Operating system: ");
    if (os)
        text(b, os);
    else
        hex(b, s->platform, 8);
    text(b, "\n");
    if (s->os_recorded.len) {
        text(b, "                  ");
        breakpad_say(b, s->os_recorded);
        text(b, "\n");
    }
    text(b, "CPU: ");
    text(b, cpu_word(s->arch));
    text(b, "\n");
    if (s->cpu_info.len) {
        text(b, "     ");
        breakpad_say(b, s->cpu_info);
        text(b, "\n");
    }
    text(b, "     ");
    out_decimal(&b->out, s->cpu_count, 0);
    text(b, s->cpu_count == 1 ? " CPU\n" : " CPUs\n");
    text(b, "\nGPU: UNKNOWN\n\n");
}

static void say_parameters(breakpad *b)
{
    mdw_exception e = MDW_INIT(mdw_exception);
    if (mdw_state_exception(b->view.state, 0, &e) != MDW_OK || !e.info_count)
        return;
    text(b, "Crash parameters:\n");
    for (uint32_t i = 0; i < e.info_count && i < 15; i++) {
        text(b, "    value: ");
        hex(b, e.info[i], 16);
        text(b, "  description: \n");
    }
}

static void say_crash(breakpad *b)
{
    if (b->crashed) {
        text(b, "Crash reason:  ");
        breakpad_reason(b, breakpad_say);
        text(b, "\nCrash address: ");
        hex(b, breakpad_address(b), 1);
        text(b, "\n");
        say_parameters(b);
    } else {
        text(b, "No crash\n");
    }
    if (b->view.process.assertion.len) {
        text(b, "Assertion: ");
        breakpad_say(b, b->view.process.assertion);
        text(b, "\n");
    }
    text(b, "Process uptime: ");
    if (b->view.process.has_times) {
        out_decimal(&b->out, b->view.process.uptime, 0);
        text(b, " seconds\n");
    } else {
        text(b, "not available\n");
    }
}

static void say_range(breakpad *b, mdw_range range, mdw_str file,
                      mdw_str version)
{
    uint64_t last = range.size ? range.size - 1 : 0;
    hex(b, range.start, 8);
    text(b, " - ");
    hex(b, range.start + last, 8);
    text(b, "  ");
    breakpad_say(b, short_name(file));
    text(b, "  ");
    breakpad_say(b, version.len ? version : STR("???"));
}

static mdw_status symbols_of(const breakpad *b, size_t index)
{
    mdw_module_use use = MDW_INIT(mdw_module_use);
    (void)mdw_report_module(b->view.report, index, &use);
    return use.frames ? use.status[MDW_NEED_NAMES] : (mdw_status)MDW_OK;
}

static bool is_nameless(const mdw_module *m)
{
    return !m->debug_file.len && m->debug_id.form == MDW_DEBUG_ID_NONE;
}

/* Breakpad tells modules apart by debug file and id: what it says of one
 * without either it says of all of them. */
static mdw_status nameless_symbols(const breakpad *b)
{
    size_t count = mdw_state_module_count(b->view.state);
    for (size_t i = 0; i < count; i++) {
        mdw_module m = MDW_INIT(mdw_module);
        mdw_status status = symbols_of(b, i);
        if (status != MDW_OK &&
            mdw_state_module(b->view.state, i, &m) == MDW_OK && is_nameless(&m))
            return status;
    }
    return MDW_OK;
}

/* Said of modules that frames are in, when symbols were looked for. */
static void say_symbols(breakpad *b, mdw_status status, const mdw_module *m)
{
    char id[MDW_ID_TEXT_MAX];
    if (b->view.options.no_symbols || status == MDW_OK)
        return;
    text(b, status < 0 ? "  (WARNING: Corrupt symbols, "
                       : "  (WARNING: No symbols, ");
    breakpad_say(b, short_name(m->debug_file));
    text(b, ", ");
    size_t len = mdw_debug_id_text(&m->debug_id, MDW_ID_BREAKPAD, id);
    out_str(&b->out, (mdw_str){id, len});
    text(b, ")");
}

static mdw_status say_modules(breakpad *b)
{
    uint32_t *order = NULL;
    arena *store = arena_new(NULL, 0);
    if (!store)
        return MDW_E_MEMORY;
    size_t count = order_modules(b->view.state, store, &order);
    mdw_status nameless = nameless_symbols(b);
    text(b, "\nLoaded modules:\n");
    for (size_t i = 0; order && i < count; i++) {
        mdw_module m = MDW_INIT(mdw_module);
        if (mdw_state_module(b->view.state, order[i], &m) != MDW_OK)
            continue;
        say_range(b, m.range, m.code_file, m.version);
        text(b, order[i] ? "" : "  (main)");
        say_symbols(b, is_nameless(&m) ? nameless : symbols_of(b, order[i]),
                    &m);
        text(b, "\n");
    }
    arena_close(store);
    return order ? MDW_OK : MDW_E_MEMORY;
}

/* The requesting thread's frame lines are all. */
static void say_brief(breakpad *b)
{
    size_t number;
    if (breakpad_number(b, b->requesting, &number))
        breakpad_human_stack(b, b->requesting, number);
    else
        text(b, " <no crashing or dump-requesting thread>\n");
}

mdw_status emit_breakpad_human(const mdw_report *report,
                               const mdw_emit_options *options, mdw_sink sink)
{
    breakpad b;
    mdw_status status = MDW_OK;
    breakpad_init(&b, report, options, sink);
    if (options->brief) {
        say_brief(&b);
    } else {
        say_system(&b);
        say_crash(&b);
        breakpad_stacks(&b, breakpad_human_stack);
        status = say_modules(&b);
    }
    mdw_status written = out_flush(&b.out);
    return status == MDW_OK ? written : status;
}
