/* lib/state/issues.c - what was wrong and did not stop us: merged, capped, in
 * file order. */
#include "lib/state/parts.h"

static const struct damage {
    uint32_t stream, flag;
    const char *what;
} damages[] = {
    {MDW_STREAM_THREAD_LIST, MDW_DAMAGE_STACK, "MINIDUMP_THREAD.Stack"},
    {MDW_STREAM_THREAD_LIST, MDW_DAMAGE_CONTEXT,
     "MINIDUMP_THREAD.ThreadContext"},
    {MDW_STREAM_THREAD_EX_LIST, MDW_DAMAGE_STACK, "MINIDUMP_THREAD_EX.Stack"},
    {MDW_STREAM_THREAD_EX_LIST, MDW_DAMAGE_CONTEXT,
     "MINIDUMP_THREAD_EX.ThreadContext"},
    {MDW_STREAM_THREAD_EX_LIST, MDW_DAMAGE_BACKING,
     "MINIDUMP_THREAD_EX.BackingStore"},
    {MDW_STREAM_THREAD_NAMES, MDW_DAMAGE_NAME,
     "MINIDUMP_THREAD_NAME.RvaOfThreadName"},
    {MDW_STREAM_MODULE_LIST, MDW_DAMAGE_NAME, "MINIDUMP_MODULE.ModuleNameRva"},
    {MDW_STREAM_MODULE_LIST, MDW_DAMAGE_CV, "MINIDUMP_MODULE.CvRecord"},
    {MDW_STREAM_MODULE_LIST, MDW_DAMAGE_MISC, "MINIDUMP_MODULE.MiscRecord"},
    {MDW_STREAM_UNLOADED_MODULE_LIST, MDW_DAMAGE_NAME,
     "MINIDUMP_UNLOADED_MODULE.ModuleNameRva"},
    {MDW_STREAM_MEMORY_LIST, MDW_DAMAGE_DATA,
     "MINIDUMP_MEMORY_DESCRIPTOR.Memory"},
    {MDW_STREAM_MEMORY64_LIST, MDW_DAMAGE_DATA,
     "MINIDUMP_MEMORY_DESCRIPTOR64.DataSize"},
    {MDW_STREAM_EXCEPTION, MDW_DAMAGE_CONTEXT,
     "MINIDUMP_EXCEPTION_STREAM.ThreadContext"},
    {MDW_STREAM_SYSTEM_INFO, MDW_DAMAGE_NAME,
     "MINIDUMP_SYSTEM_INFO.CSDVersionRva"},
    {MDW_STREAM_HANDLE_DATA, MDW_DAMAGE_NAME,
     "MINIDUMP_HANDLE_DESCRIPTOR.ObjectNameRva"},
    {MDW_STREAM_HANDLE_DATA, MDW_DAMAGE_TYPE_NAME,
     "MINIDUMP_HANDLE_DESCRIPTOR.TypeNameRva"},
    {MDW_STREAM_HANDLE_DATA, MDW_DAMAGE_DATA,
     "MINIDUMP_HANDLE_DESCRIPTOR_2.ObjectInfoRva"},
    {MDW_STREAM_CRASHPAD_INFO, MDW_DAMAGE_NAME, "MinidumpAnnotation.name"},
    {MDW_STREAM_CRASHPAD_INFO, MDW_DAMAGE_DATA, "MinidumpAnnotation.value"},
    {MDW_STREAM_SENTRY_STACKS, MDW_DAMAGE_NAME, "client frame's symbol"},
};

static bool same(const mdw_issue *a, const mdw_error *err, uint32_t index)
{
    const char *x = a->error.what, *y = err->what;
    return a->error.code == err->code && a->error.stream == err->stream &&
           a->index == index && (x == y || str_equal(str_of(x), str_of(y)));
}

/* So that who shows an issue needs no table of streams. */
static mdw_str stream_word(uint32_t stream)
{
    const char *name = stream ? mdw_stream_name(stream) : NULL;
    return name ? str_of(name) : STR("");
}

void issue_add(mdw_state *s, const mdw_error *err, uint32_t index)
{
    mdw_issue *issues = s->issues.items;
    for (size_t i = 0; i < s->issues.count; i++)
        if (same(&issues[i], err, index)) {
            issues[i].count++;
            return;
        }
    if (s->issues.count == s->issues.room) { /* reserved at the start */
        s->issues_lost++;
        return;
    }
    mdw_issue issue = MDW_INIT(mdw_issue);
    issue.area = MDW_AREA_DUMP;
    issue.index = index;
    issue.count = 1;
    issue.error = *err;
    issue.subject = stream_word(err->stream);
    issue.detail = STR("");
    issues[s->issues.count++] = issue;
}

void issue_at(mdw_state *s, mdw_status code, uint32_t stream, uint64_t offset,
              uint64_t value, const char *what, uint32_t index)
{
    mdw_error err = {code, stream, offset, value, what};
    issue_add(s, &err, index);
}

void issue_damage(mdw_state *s, uint32_t stream, uint32_t damage,
                  uint64_t offset, uint32_t index)
{
    if (!damage)
        return;
    for (size_t i = 0; i < sizeof damages / sizeof *damages; i++)
        if (damages[i].stream == stream && damage & damages[i].flag)
            issue_at(s, MDW_E_RANGE, stream, offset, 0, damages[i].what, index);
}

bool issue_ok(mdw_state *s, mdw_status status, const mdw_error *err,
              uint32_t index)
{
    if (status < 0)
        issue_add(s, err, index);
    return status == MDW_OK;
}

bool issue_list(mdw_state *s, uint32_t stream, mdw_list *out)
{
    *out = MDW_INIT(mdw_list);
    mdw_error err = {0};
    if (!issue_ok(s, mdw_dump_list(s->dump, stream, out, &err), &err, MDW_NONE))
        return false;
    if (out->promised > out->present)
        issue_at(s, MDW_E_TRUNCATED, stream, out->offset, out->promised,
                 "list is cut short", MDW_NONE);
    return true;
}

void issue_finish(mdw_state *s)
{
    mdw_issue *issues = s->issues.items;
    for (size_t i = 1; i < s->issues.count; i++) {
        mdw_issue moved = issues[i];
        size_t at = i;
        for (; at && issues[at - 1].error.offset > moved.error.offset; at--)
            issues[at] = issues[at - 1];
        issues[at] = moved;
    }
    if (!s->issues_lost || !s->issues.count)
        return;
    s->issues_lost++; /* the one whose place this takes */
    mdw_issue *last = &issues[s->issues.count - 1];
    *last = MDW_INIT(mdw_issue);
    last->area = MDW_AREA_DUMP;
    last->index = MDW_NONE;
    last->count = s->issues_lost;
    last->error = (mdw_error){MDW_E_LIMIT, 0, 0, s->issues.room, "more issues"};
    last->subject = last->detail = STR("");
}
