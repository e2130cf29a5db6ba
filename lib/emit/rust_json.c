/* lib/emit/rust_json.c - rust-minidump's JSON schema, as far as there are
 * answers: a field nobody looked at is null. */
#include "lib/emit/rust_json.h"

#include "lib/base/str.h"
#include "lib/emit/rust_crash.h"

void member_str(json *j, const char *key, mdw_str text)
{
    json_key(j, key);
    if (text.len)
        json_str(j, text);
    else
        json_null(j);
}

void member_text(json *j, const char *key, const char *text)
{
    json_key(j, key);
    json_text(j, text);
}

void member_uint(json *j, const char *key, uint64_t value)
{
    json_key(j, key);
    json_uint(j, value);
}

void member_bool(json *j, const char *key, bool value)
{
    json_key(j, key);
    json_bool(j, value);
}

void member_null(json *j, const char *key)
{
    json_key(j, key);
    json_null(j);
}

void member_known(json *j, const char *key, bool known, uint64_t value)
{
    if (known)
        member_uint(j, key, value);
    else
        member_null(j, key);
}

void member_index(json *j, const char *key, uint32_t index)
{
    member_known(j, key, index != MDW_NONE, index);
}

void member_addr(json *j, const view *v, const char *key, uint64_t addr)
{
    json_key(j, key);
    json_hex(j, addr, v->digits);
}

/* The schema's strings that are empty rather than null. */
static void put_maybe_empty(json *j, const char *key, mdw_str text)
{
    json_key(j, key);
    json_str(j, text);
}

static void put_handles(json *j, const view *v)
{
    if (!v->process.has_handles) {
        member_null(j, "handles");
        return;
    }
    json_key(j, "handles");
    json_array(j);
    size_t count = mdw_state_handle_count(v->state);
    for (size_t i = 0; i < count; i++) {
        mdw_handle h = MDW_INIT(mdw_handle);
        if (mdw_state_handle(v->state, i, &h) != MDW_OK)
            continue;
        json_object(j);
        member_uint(j, "handle", h.handle);
        member_str(j, "object_name", h.object_name);
        member_str(j, "type_name", h.type_name);
        json_object_end(j);
    }
    json_array_end(j);
}

static void put_lsb_release(json *j, const view *v)
{
    const mdw_process_info *p = &v->process;
    if (!p->has_lsb) {
        member_null(j, "lsb_release");
        return;
    }
    json_key(j, "lsb_release");
    json_object(j);
    put_maybe_empty(j, "codename", p->lsb_codename);
    put_maybe_empty(j, "description", p->lsb_description);
    put_maybe_empty(j, "id", p->lsb_id);
    put_maybe_empty(j, "release", p->lsb_release);
    json_object_end(j);
}

/* The schema has code ids in lower case. None is longer than a build id, and
 * those are 20 bytes; what is longer than 128 stays as it is. */
static void put_code_id(json *j, mdw_str id)
{
    char text[256];
    const char *at = id.data;
    if (id.len <= sizeof text) {
        for (size_t i = 0; i < id.len; i++)
            text[i] = (char)(at[i] >= 'A' && at[i] <= 'Z' ? at[i] + 32 : at[i]);
        at = text;
    }
    put_maybe_empty(j, "code_id", (mdw_str){at, id.len});
}

/* Fields that a record of this version does not have are absent, as null. */
static void put_mac_record(json *j, const view *v, const mdw_mac_crash *m)
{
    json_object(j);
    if (m->version >= 5)
        member_addr(j, v, "abort_cause", m->abort_cause);
    else
        member_null(j, "abort_cause");
    member_str(j, "backtrace", m->backtrace);
    if (m->version >= 4)
        member_addr(j, v, "dialog_mode", m->dialog_mode);
    else
        member_null(j, "dialog_mode");
    member_str(j, "message", m->message);
    member_str(j, "message2", m->message2);
    member_str(j, "module", m->module);
    member_str(j, "signature_string", m->signature);
    if (m->version >= 4)
        member_addr(j, v, "thread", m->thread);
    else
        member_null(j, "thread");
    json_object_end(j);
}

static void put_mac_crash_info(json *j, const view *v)
{
    if (!v->process.has_mac_crash) {
        member_null(j, "mac_crash_info");
        return;
    }
    size_t count = mdw_state_mac_crash_count(v->state);
    json_key(j, "mac_crash_info");
    json_object(j);
    member_uint(j, "num_records", count);
    json_key(j, "records");
    json_array(j);
    for (size_t i = 0; i < count; i++) {
        mdw_mac_crash m = MDW_INIT(mdw_mac_crash);
        if (mdw_state_mac_crash(v->state, i, &m) == MDW_OK)
            put_mac_record(j, v, &m);
    }
    json_array_end(j);
    json_object_end(j);
}

/* 33 zeros stand for "no debug id". */
static void put_debug_id(json *j, const mdw_debug_id *id)
{
    char text[MDW_ID_TEXT_MAX];
    json_key(j, "debug_id");
    if (mdw_debug_id_text(id, MDW_ID_BREAKPAD, text))
        json_text(j, text);
    else
        json_text(j, "000000000000000000000000000000000");
}

/* Where it can be had again; a path of this machine is nothing to others. */
static void put_symbol_url(json *j, mdw_str place)
{
    if (str_starts(place, STR("http://")) || str_starts(place, STR("https://")))
        member_str(j, "symbol_url", place);
    else
        member_null(j, "symbol_url");
}

static void put_module(json *j, const view *v, const mdw_module *m,
                       size_t index)
{
    mdw_module_use use = MDW_INIT(mdw_module_use);
    (void)mdw_report_module(v->report, index, &use);
    mdw_status names = use.status[MDW_NEED_NAMES];
    bool corrupt = names == MDW_E_DAMAGED || names == MDW_E_FORMAT;
    json_object(j);
    member_addr(j, v, "base_addr", m->range.start);
    member_null(j, "cert_subject");
    put_code_id(j, m->code_id);
    member_bool(j, "corrupt_symbols", corrupt);
    put_maybe_empty(j, "debug_file", str_base_name(m->debug_file));
    put_debug_id(j, &m->debug_id);
    member_addr(j, v, "end_addr", m->range.start + m->range.size);
    put_maybe_empty(j, "filename", str_base_name(m->code_file));
    member_bool(j, "loaded_symbols",
                use.frames && (names == MDW_OK || corrupt));
    member_bool(j, "missing_symbols", names == MDW_ABSENT);
    put_symbol_url(j, use.place);
    member_str(j, "version", m->version);
    json_object_end(j);
}

static void put_modules(json *j, const view *v)
{
    json_key(j, "modules");
    json_array(j);
    size_t count = mdw_state_module_count(v->state);
    for (size_t i = 0; i < count; i++) {
        mdw_module m = MDW_INIT(mdw_module);
        if (mdw_state_module(v->state, i, &m) == MDW_OK)
            put_module(j, v, &m, i);
    }
    json_array_end(j);
    member_bool(j, "modules_contains_cert_info", false);
}

static void put_unloaded_modules(json *j, const view *v)
{
    json_key(j, "unloaded_modules");
    json_array(j);
    size_t count = mdw_state_unloaded_count(v->state);
    for (size_t i = 0; i < count; i++) {
        mdw_unloaded u = MDW_INIT(mdw_unloaded);
        if (mdw_state_unloaded(v->state, i, &u) != MDW_OK)
            continue;
        json_object(j);
        member_addr(j, v, "base_addr", u.range.start);
        member_null(j, "cert_subject");
        put_code_id(j, u.code_id);
        member_addr(j, v, "end_addr", u.range.start + u.range.size);
        put_maybe_empty(j, "filename", u.code_file);
        json_object_end(j);
    }
    json_array_end(j);
}

/* A limit is a number or a word such as "unlimited". */
static void put_limit(json *j, const char *key, mdw_str text)
{
    uint64_t value;
    if (str_decimal(text, &value))
        member_uint(j, key, value);
    else
        member_str(j, key, text);
}

static void put_proc_limits(json *j, const view *v)
{
    if (!v->process.has_limits) {
        member_null(j, "proc_limits");
        return;
    }
    json_key(j, "proc_limits");
    json_object(j);
    json_key(j, "limits");
    json_array(j);
    size_t count = mdw_state_limit_count(v->state);
    for (size_t i = 0; i < count; i++) {
        mdw_limit l = MDW_INIT(mdw_limit);
        if (mdw_state_limit(v->state, i, &l) != MDW_OK)
            continue;
        json_object(j);
        put_limit(j, "hard", l.hard);
        member_str(j, "name", l.name);
        put_limit(j, "soft", l.soft);
        member_str(j, "unit", l.unit);
        json_object_end(j);
    }
    json_array_end(j);
    json_object_end(j);
}

/* Version and build are one text, as both tools print them; they are short and
 * what does not fit is cut. */
static void put_os_version(json *j, const mdw_system *s)
{
    char text[512];
    size_t len = 0;
    mdw_str parts[] = {
        s->os_version,
        s->os_version.len && s->os_build.len ? STR(" ") : STR(""), s->os_build};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        mdw_str part = str_slice(parts[i], 0, sizeof text - len);
        if (part.len)
            memcpy(text + len, part.data, part.len);
        len += part.len;
    }
    member_str(j, "os_ver", (mdw_str){text, len});
}

static void put_system_info(json *j, const view *v)
{
    const mdw_system *s = &v->system;
    json_key(j, "system_info");
    json_object(j);
    member_text(j, "cpu_arch", cpu_word(s->arch));
    member_uint(j, "cpu_count", s->cpu_count);
    member_str(j, "cpu_info", s->cpu_info);
    member_str(j, "cpu_microcode_version", s->cpu_microcode);
    const char *os = os_word(s);
    if (!os && s->platform != MDW_NONE) {
        json_key(j, "os");
        json_hex(j, s->platform, 8);
    } else {
        member_text(j, "os", os);
    }
    put_os_version(j, s);
    json_object_end(j);
}

/* The members whose names lie between "handles" and "modules". */
static void put_lists(json *j, const view *v)
{
    put_handles(j, v);
    member_known(j, "linux_memory_map_count", v->process.has_maps,
                 v->process.map_count);
    put_lsb_release(j, v);
    member_str(j, "mac_boot_args", v->process.boot_args);
    put_mac_crash_info(j, v);
    member_known(j, "main_module", mdw_state_module_count(v->state), 0);
    put_extra(j, v);
    put_modules(j, v);
}

mdw_status emit_rust_json(const mdw_report *report,
                          const mdw_emit_options *options, mdw_sink sink)
{
    view v;
    json writer, *j = &writer;
    view_init(&v, report, options);
    json_init(j, sink, options->pretty);
    json_object(j);
    put_crash_info(j, &v);
    put_crashing_thread(j, &v);
    put_lists(j, &v);
    member_known(j, "pid", v.process.has_pid, v.process.pid);
    put_proc_limits(j, &v);
    member_known(j, "process_uptime", v.process.has_times, v.process.uptime);
    json_key(j, "soft_errors");
    json_raw(j, v.process.soft_errors);
    member_text(j, "status", "OK");
    put_system_info(j, &v);
    member_uint(j, "thread_count", mdw_state_thread_count(v.state));
    put_threads(j, &v);
    put_unloaded_modules(j, &v);
    json_object_end(j);
    return json_finish(j);
}
