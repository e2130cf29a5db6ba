/* lib/emit/human_lists.c - what stands after the threads: modules,
 * annotations, issues. */
#include "lib/base/str.h"
#include "lib/emit/human.h"
#include "lib/emit/order.h"

static void say_module(human *h, mdw_range range, mdw_str file, mdw_str version,
                       bool main)
{
    uint64_t last = range.size ? range.size - 1 : 0;
    human_hex(h, range.start, 8);
    human_text(h, " - ");
    human_hex(h, range.start + last, 8);
    human_text(h, "  ");
    human_colour(h, CYAN);
    human_str(h, str_base_name(file));
    human_colour(h, PLAIN);
    human_text(h, "  ");
    human_str(h, version.len ? version : STR("???"));
    human_text(h, main ? "  (main)\n" : "\n");
}

static void heading(human *h, const char *text)
{
    human_text(h, "\n");
    human_colour(h, BOLD);
    human_text(h, text);
    human_colour(h, PLAIN);
    human_text(h, "\n");
}

static mdw_status say_modules(human *h, arena *store)
{
    uint32_t *order;
    size_t count = order_modules(h->view.state, store, &order);
    if (!order)
        return MDW_E_MEMORY;
    heading(h, "Loaded modules:");
    for (size_t i = 0; i < count; i++) {
        mdw_module m = MDW_INIT(mdw_module);
        if (mdw_state_module(h->view.state, order[i], &m) == MDW_OK)
            say_module(h, m.range, m.code_file, m.version, !order[i]);
    }
    return MDW_OK;
}

static mdw_status say_unloaded(human *h, arena *store)
{
    uint32_t *order;
    size_t count = order_unloaded(h->view.state, store, &order);
    if (!order)
        return MDW_E_MEMORY;
    if (count)
        heading(h, "Unloaded modules:");
    for (size_t i = 0; i < count; i++) {
        mdw_unloaded u = MDW_INIT(mdw_unloaded);
        if (mdw_state_unloaded(h->view.state, order[i], &u) == MDW_OK)
            say_module(h, u.range, u.code_file, STR(""), false);
    }
    return MDW_OK;
}

static void say_annotation(human *h, const mdw_annotation *a)
{
    mdw_module m = MDW_INIT(mdw_module);
    human_text(h, "    ");
    if (mdw_state_module(h->view.state, a->module, &m) == MDW_OK) {
        human_str(h, short_name(m.code_file));
        human_text(h, ": ");
    }
    human_str(h, a->key);
    human_text(h, a->key.len ? " = " : "");
    if (a->text.len || !a->bytes.len) {
        human_str(h, a->text);
    } else {
        human_number(h, a->bytes.len);
        human_text(h, " bytes of type ");
        human_hex(h, a->type, 1);
    }
    human_text(h, "\n");
}

static void say_annotations(human *h)
{
    size_t count = mdw_state_annotation_count(h->view.state);
    if (count)
        heading(h, "Crashpad annotations:");
    for (size_t i = 0; i < count; i++) {
        mdw_annotation a = MDW_INIT(mdw_annotation);
        if (mdw_state_annotation(h->view.state, i, &a) == MDW_OK)
            say_annotation(h, &a);
    }
}

static void say_mac_text(human *h, const char *key, mdw_str text)
{
    if (!text.len)
        return;
    human_text(h, "    ");
    human_text(h, key);
    human_text(h, " = ");
    human_str(h, text);
    human_text(h, "\n");
}

static void say_mac_crashes(human *h)
{
    size_t count = mdw_state_mac_crash_count(h->view.state);
    if (count)
        heading(h, "Crash information of modules:");
    for (size_t i = 0; i < count; i++) {
        mdw_mac_crash m = MDW_INIT(mdw_mac_crash);
        if (mdw_state_mac_crash(h->view.state, i, &m) != MDW_OK)
            continue;
        say_mac_text(h, "module", m.module);
        say_mac_text(h, "message", m.message);
        say_mac_text(h, "message2", m.message2);
        say_mac_text(h, "signature", m.signature);
        say_mac_text(h, "backtrace", m.backtrace);
    }
}

static void say_issue(human *h, const mdw_issue *issue)
{
    const mdw_error *e = &issue->error;
    human_text(h, "    ");
    human_text(h, e->what ? e->what : "something");
    if (issue->index != MDW_NONE) {
        human_text(h, issue->area == MDW_AREA_WALK ? " of stack " : " ");
        human_number(h, issue->index);
    }
    human_text(h, ": ");
    human_text(h, mdw_status_name(e->code));
    if (issue->area == MDW_AREA_DUMP) {
        human_text(h, " (stream ");
        if (issue->subject.len)
            human_str(h, issue->subject);
        else
            human_hex(h, e->stream, 1);
        human_text(h, ", offset ");
        human_hex(h, e->offset, 1);
        human_text(h, ")");
    } else if (issue->subject.len) {
        human_text(h, ", ");
        human_str(h, issue->subject);
    }
    if (issue->detail.len) {
        human_text(h, ", ");
        human_str(h, issue->detail);
    }
    if (issue->count > 1) {
        human_text(h, ", ");
        human_number(h, issue->count);
        human_text(h, " times");
    }
    human_text(h, "\n");
}

static void say_issues(human *h)
{
    size_t count = mdw_report_issue_count(h->view.report);
    if (count)
        heading(h, "Issues:");
    for (size_t i = 0; i < count; i++) {
        mdw_issue issue = MDW_INIT(mdw_issue);
        if (mdw_report_issue(h->view.report, i, &issue) == MDW_OK)
            say_issue(h, &issue);
    }
}

mdw_status human_lists(human *h)
{
    arena *store = arena_new(NULL, 0);
    if (!store)
        return MDW_E_MEMORY;
    mdw_status status = say_modules(h, store);
    if (status == MDW_OK)
        status = say_unloaded(h, store);
    arena_close(store);
    say_annotations(h);
    say_mac_crashes(h);
    say_issues(h);
    return status;
}
