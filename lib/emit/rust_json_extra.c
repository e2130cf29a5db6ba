/* lib/emit/rust_json_extra.c - the top-level object "mdwalk": annotations,
 * exceptions with their parameters, issues, and how each stack ended. */
#include "lib/emit/rust_json.h"

#include "lib/emit/rust_crash.h"

/* Bytes shown of an annotation that is no text. */
enum { VALUE_BYTES = 256 };

static void put_bytes(json *j, const char *key, mdw_bytes bytes)
{
    char text[2 * VALUE_BYTES];
    size_t len = 0;
    const uint8_t *at = bytes.data;
    for (size_t i = 0; i < bytes.len && i < VALUE_BYTES; i++) {
        text[len++] = "0123456789abcdef"[at[i] >> 4];
        text[len++] = "0123456789abcdef"[at[i] & 15];
    }
    member_str(j, key, (mdw_str){text, len});
}

static void put_annotations(json *j, const view *v)
{
    json_key(j, "annotations");
    json_array(j);
    size_t count = mdw_state_annotation_count(v->state);
    for (size_t i = 0; i < count; i++) {
        mdw_annotation a = MDW_INIT(mdw_annotation);
        if (mdw_state_annotation(v->state, i, &a) != MDW_OK)
            continue;
        bool binary = !a.text.len && a.bytes.len;
        json_object(j);
        if (binary)
            put_bytes(j, "bytes", a.bytes);
        member_str(j, "key", a.key);
        member_text(j, "kind", annotation_word(a.kind));
        member_index(j, "module", a.module);
        member_uint(j, "size", a.bytes.len);
        member_uint(j, "type", a.type);
        json_key(j, "value");
        if (binary)
            json_null(j);
        else
            json_str(j, a.text);
        json_object_end(j);
    }
    json_array_end(j);
}

static void put_exception(json *j, const view *v, size_t index,
                          const mdw_exception *e)
{
    mdw_reason reason = MDW_INIT(mdw_reason);
    const mdw_crash *crash = mdw_report_crash(v->report, index);
    if (crash)
        (void)mdw_crash_reason(crash, &reason);
    json_object(j);
    member_addr(j, v, "address", e->address);
    json_key(j, "code");
    json_hex(j, e->code, 8);
    json_key(j, "flags");
    json_hex(j, e->flags, 8);
    member_uint(j, "nested", e->nested);
    json_key(j, "parameters");
    json_array(j);
    for (uint32_t i = 0; i < e->info_count && i < 15; i++)
        json_hex(j, e->info[i], 16);
    json_array_end(j);
    member_uint(j, "thread_id", e->thread_id);
    member_index(j, "threads_index", e->thread);
    member_str(j, "type", reason.text);
    json_object_end(j);
}

static void put_exceptions(json *j, const view *v)
{
    json_key(j, "exceptions");
    json_array(j);
    size_t count = mdw_state_exception_count(v->state);
    for (size_t i = 0; i < count; i++) {
        mdw_exception e = MDW_INIT(mdw_exception);
        if (mdw_state_exception(v->state, i, &e) == MDW_OK)
            put_exception(j, v, i, &e);
    }
    json_array_end(j);
}

static const char *area_word(uint32_t area)
{
    static const char *const words[] = {
        [MDW_AREA_DUMP] = "dump",     [MDW_AREA_SYMBOL] = "symbol",
        [MDW_AREA_WALK] = "walk",     [MDW_AREA_CRASH] = "crash",
        [MDW_AREA_OUTPUT] = "output",
    };
    return area < sizeof words / sizeof *words ? words[area] : "unknown";
}

static void put_issues(json *j, const view *v)
{
    json_key(j, "issues");
    json_array(j);
    size_t count = mdw_report_issue_count(v->report);
    for (size_t i = 0; i < count; i++) {
        mdw_issue issue = MDW_INIT(mdw_issue);
        if (mdw_report_issue(v->report, i, &issue) != MDW_OK)
            continue;
        json_object(j);
        member_text(j, "area", area_word(issue.area));
        member_text(j, "code", mdw_status_name(issue.error.code));
        member_uint(j, "count", issue.count);
        member_str(j, "detail", issue.detail);
        member_index(j, "index", issue.index);
        member_uint(j, "offset", issue.error.offset);
        member_uint(j, "stream", issue.error.stream);
        member_str(j, "subject", issue.subject);
        member_uint(j, "value", issue.error.value);
        member_text(j, "what", issue.error.what);
        json_object_end(j);
    }
    json_array_end(j);
}

/* Threads' own frames are in "threads". */
static void put_stacks(json *j, const view *v)
{
    json_key(j, "stacks");
    json_array(j);
    size_t count = mdw_state_stack_count(v->state);
    for (uint32_t i = 0; i < count; i++) {
        mdw_stack s = MDW_INIT(mdw_stack);
        if (!view_shows(v, i) || mdw_state_stack(v->state, i, &s) != MDW_OK)
            continue;
        bool failed = s.context_status != MDW_OK;
        json_object(j);
        member_text(j, "context", mdw_status_name(s.context_status));
        member_text(j, "cpu_arch", cpu_word(s.arch));
        if (s.kind != MDW_STACK_THREAD)
            put_frames(j, v, i, !failed);
        member_text(j, "kind", stack_word(s.kind));
        member_bool(j, "skipped", s.skipped);
        member_text(j, "stop", stop_word(mdw_report_stop(v->report, i)));
        member_index(j, "threads_index", s.thread);
        json_object_end(j);
    }
    json_array_end(j);
}

void put_extra(json *j, const view *v)
{
    json_key(j, "mdwalk");
    json_object(j);
    put_annotations(j, v);
    member_str(j, "command_line", v->process.command_line);
    member_str(j, "comment", v->process.comment);
    put_findings(j, v);
    put_exceptions(j, v);
    put_issues(j, v);
    put_stacks(j, v);
    json_object_end(j);
}
