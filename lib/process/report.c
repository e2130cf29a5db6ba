/* lib/process/report.c - reading a report. */
#include "lib/process/report.h"

#include <string.h>

#include "lib/base/options.h"
#include "lib/base/str.h"

static bool same_issue(const mdw_issue *a, const mdw_issue *b)
{
    const char *x = a->error.what ? a->error.what : "";
    const char *y = b->error.what ? b->error.what : "";
    return a->area == b->area && a->index == b->index &&
           a->error.code == b->error.code && !strcmp(x, y) &&
           str_equal(a->subject, b->subject) && str_equal(a->detail, b->detail);
}

void report_issue(mdw_report *r, const mdw_issue *issue)
{
    for (size_t i = 0; i < r->issue_count; i++)
        if (same_issue(&r->issues[i], issue)) {
            r->issues[i].count += issue->count;
            return;
        }
    if (r->issue_count == MAX_ISSUES)
        return;
    mdw_issue *mine = &r->issues[r->issue_count++];
    *mine = *issue;
    mine->subject = arena_str(r->store, issue->subject);
    mine->detail = arena_str(r->store, issue->detail);
}

void mdw_report_close(mdw_report *report)
{
    if (!report)
        return;
    for (size_t i = 0; i < report->crash_count; i++)
        mdw_crash_close(report->crashes[i]);
    arena_close(report->store);
}

static const kept_frame *frame_at(const mdw_report *report, size_t stack,
                                  size_t index)
{
    if (stack >= report->stack_count || index >= report->stacks[stack].count)
        return NULL;
    return &report->stacks[stack].frames[index];
}

size_t mdw_report_frame_count(const mdw_report *report, size_t stack)
{
    return stack < report->stack_count ? report->stacks[stack].count : 0;
}

mdw_status mdw_report_frame(const mdw_report *report, size_t stack,
                            size_t index, mdw_frame *frame)
{
    const kept_frame *kept = frame_at(report, stack, index);
    if (!kept)
        return MDW_E_ARG;
    mdw_frame f = {.size = sizeof f,
                   .pc = kept->pc,
                   .lookup = kept->lookup,
                   .sp = kept->sp,
                   .image = kept->image,
                   .trust = kept->trust,
                   .source = kept->source,
                   .flags = kept->flags,
                   .arch = kept->arch,
                   .checks = kept->checks};
    f.regs.valid = kept->valid;
    f.regs.guessed = kept->guessed;
    size_t at = 0;
    for (unsigned i = 0; i < MDW_MAX_REGS; i++)
        if (kept->valid >> i & 1)
            f.regs.value[i] = kept->values[at++];
    return record_write(frame, &f, sizeof f);
}

mdw_status mdw_report_origins(const mdw_report *report, size_t stack,
                              size_t index, mdw_origins *out)
{
    const kept_frame *kept = frame_at(report, stack, index);
    if (!kept)
        return MDW_E_ARG;
    return kept->origins
               ? record_write(out, kept->origins, sizeof *kept->origins)
               : (mdw_status)MDW_ABSENT;
}

mdw_status mdw_report_symbol(const mdw_report *report, size_t stack,
                             size_t index, mdw_symbol *out)
{
    mdw_client_frame client = MDW_INIT(mdw_client_frame);
    const kept_frame *kept = frame_at(report, stack, index);
    if (!kept)
        return MDW_E_ARG;
    if (kept->symbol)
        return record_write(out, kept->symbol, sizeof *kept->symbol);
    if (kept->source != MDW_SOURCE_PREWALKED ||
        mdw_state_client_frame(report->state, stack, kept->client, &client) !=
            MDW_OK ||
        !client.symbol.len)
        return MDW_ABSENT;
    mdw_symbol s = MDW_INIT(mdw_symbol);
    s.function = client.symbol;
    s.raw = s.file = (mdw_str){"", 0};
    return record_write(out, &s, sizeof s);
}

mdw_str mdw_report_function(const mdw_report *report, size_t stack,
                            size_t index)
{
    mdw_symbol s = MDW_INIT(mdw_symbol);
    return mdw_report_symbol(report, stack, index, &s) == MDW_OK
               ? s.function
               : (mdw_str){"", 0};
}

mdw_status mdw_report_module(const mdw_report *report, size_t module,
                             mdw_module_use *out)
{
    return module < report->module_count
               ? record_write(out, &report->uses[module],
                              sizeof report->uses[module])
               : (mdw_status)MDW_E_ARG;
}

uint32_t mdw_report_stop(const mdw_report *report, size_t stack)
{
    return stack < report->stack_count ? report->stacks[stack].stop
                                       : (uint32_t)MDW_STOP_NO_CONTEXT;
}

const mdw_crash *mdw_report_crash(const mdw_report *report, size_t exception)
{
    return exception < report->crash_count ? report->crashes[exception] : NULL;
}

size_t mdw_report_issue_count(const mdw_report *report)
{
    return mdw_state_issue_count(report->state) + report->issue_count;
}

mdw_status mdw_report_issue(const mdw_report *report, size_t index,
                            mdw_issue *out)
{
    size_t before = mdw_state_issue_count(report->state);
    if (index < before)
        return mdw_state_issue(report->state, index, out);
    if (index - before >= report->issue_count)
        return MDW_E_ARG;
    return record_write(out, &report->issues[index - before],
                        sizeof report->issues[0]);
}

const mdw_state *mdw_report_state(const mdw_report *report)
{
    return report->state;
}
