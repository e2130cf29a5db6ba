/* lib/process/report.c - reading a report. */
#include "lib/process/report.h"

#include "lib/base/options.h"

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

mdw_str mdw_report_function(const mdw_report *report, size_t stack,
                            size_t index)
{
    mdw_client_frame client = MDW_INIT(mdw_client_frame);
    const kept_frame *kept = frame_at(report, stack, index);
    if (!kept || kept->source != MDW_SOURCE_PREWALKED ||
        mdw_state_client_frame(report->state, stack, index, &client) != MDW_OK)
        return (mdw_str){"", 0};
    return client.symbol;
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
