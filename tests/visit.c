/* tests/visit.c - every function of mdwalk/dump.h, every record, every slice.
 */
#include "visit.h"

struct visit {
    const mdw_dump *dump;
    mdw_bytes all;
    visit_counts counts;
    const char *bad;
    uint64_t sum; /* of bytes looked at, so that looking is not left out */
};

static void expect(struct visit *v, bool ok, const char *what)
{
    if (!ok && !v->bad)
        v->bad = what;
}

static void slice(struct visit *v, const void *data, size_t len,
                  const char *what)
{
    if (!len)
        return;
    uintptr_t start = (uintptr_t)v->all.data, at = (uintptr_t)data;
    bool inside =
        at >= start && len <= v->all.len && at - start <= v->all.len - len;
    expect(v, inside, what);
    if (!inside)
        return;
    const uint8_t *bytes = data;
    for (size_t i = 0; i < len; i += len / 16 + 1)
        v->sum += bytes[i];
    v->sum += bytes[len - 1];
}

static void bytes(struct visit *v, mdw_bytes b, const char *what)
{
    slice(v, b.data, b.len, what);
}

static void text(struct visit *v, mdw_str s, const char *what)
{
    slice(v, s.data, s.len, what);
}

static void wide(struct visit *v, mdw_utf16 s, const char *what)
{
    slice(v, s.data, s.len, what);
    expect(v, s.len % 2 == 0, what);
    v->sum += mdw_utf16_to_utf8(s, NULL, 0);
}

/* A record can be read, or is missing for one of the reasons there are. */
static bool good(struct visit *v, mdw_status s, const char *what)
{
    bool known = s == MDW_OK || s == MDW_ABSENT || s == MDW_END ||
                 s == MDW_E_TRUNCATED || s == MDW_E_RANGE ||
                 s == MDW_E_FORMAT || s == MDW_E_UNSUPPORTED;
    expect(v, known, what);
    v->counts.records += s == MDW_OK;
    v->counts.errors += s < 0;
    return s == MDW_OK;
}

/* Past the last record there is none. */
static void past(struct visit *v, mdw_status s, const char *what)
{
    expect(v, s == MDW_ABSENT || s < 0, what);
}

static void visit_lists(struct visit *v)
{
    static const struct {
        uint32_t type;
        size_t (*count)(const mdw_dump *dump);
    } lists[] = {
        {MDW_STREAM_THREAD_LIST, mdw_dump_thread_count},
        {MDW_STREAM_MODULE_LIST, mdw_dump_module_count},
        {MDW_STREAM_MEMORY_LIST, NULL},
        {MDW_STREAM_THREAD_EX_LIST, mdw_dump_thread_ex_count},
        {MDW_STREAM_MEMORY64_LIST, NULL},
        {MDW_STREAM_HANDLE_DATA, mdw_dump_handle_count},
        {MDW_STREAM_FUNCTION_TABLE, NULL},
        {MDW_STREAM_UNLOADED_MODULE_LIST, mdw_dump_unloaded_count},
        {MDW_STREAM_MEMORY_INFO_LIST, mdw_dump_memory_info_count},
        {MDW_STREAM_THREAD_INFO_LIST, mdw_dump_thread_info_count},
        {MDW_STREAM_THREAD_NAMES, mdw_dump_thread_name_count},
    };
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        mdw_list l = MDW_INIT(mdw_list);
        mdw_status s = mdw_dump_list(v->dump, lists[i].type, &l, NULL);
        bool ok = good(v, s, "list");
        size_t count = lists[i].count ? lists[i].count(v->dump) : l.present;
        expect(v, count == (ok ? l.present : 0), "list: count");
        expect(v, l.present <= l.promised, "list: present");
        if (ok && l.present && l.stride)
            expect(v,
                   l.offset <= v->all.len &&
                       l.present <= (v->all.len - l.offset) / l.stride,
                   "list: outside the file");
    }
    mdw_list l = MDW_INIT(mdw_list);
    expect(v, mdw_dump_list(v->dump, 0xFFFF, &l, NULL) == MDW_E_UNSUPPORTED,
           "list of an unknown type");
}

static void visit_streams(struct visit *v)
{
    mdw_header h = MDW_INIT(mdw_header);
    expect(v, mdw_dump_header(v->dump, &h) == MDW_OK, "header");
    size_t count = mdw_dump_stream_count(v->dump);
    expect(v, count <= h.stream_count, "stream count");
    mdw_stream s = MDW_INIT(mdw_stream);
    for (size_t i = 0; i < count; i++) {
        expect(v, mdw_dump_stream_at(v->dump, i, &s, NULL) == MDW_OK, "stream");
        bytes(v, s.data, "stream");
        expect(v, s.data.len <= s.promised, "stream: longer than promised");
        mdw_stream_name(s.type);
        if (i >= 64) /* what follows takes the time of all streams */
            continue;
        mdw_stream first = MDW_INIT(mdw_stream);
        mdw_status found = mdw_dump_stream(v->dump, s.type, &first, NULL);
        expect(v, found == (first.promised ? MDW_OK : MDW_ABSENT), "primary");
        expect(v, !s.promised || found == MDW_OK, "primary stream not found");
        expect(v, first.data.len || !s.data.len, "primary stream is empty");
    }
    past(v, mdw_dump_stream_at(v->dump, count, &s, NULL), "past the streams");
}

static void visit_thread(struct visit *v, mdw_raw_thread *t)
{
    bytes(v, t->stack, "thread: stack");
    bytes(v, t->context, "thread: context");
    bytes(v, t->backing, "thread: backing store");
    expect(v, t->stack.len <= t->stack_size, "thread: stack too long");
}

static void visit_threads(struct visit *v)
{
    size_t i, count = mdw_dump_thread_count(v->dump);
    mdw_raw_thread t = MDW_INIT(mdw_raw_thread);
    for (i = 0; i < count; i++)
        if (good(v, mdw_dump_thread(v->dump, i, &t, NULL), "thread"))
            visit_thread(v, &t);
    past(v, mdw_dump_thread(v->dump, i, &t, NULL), "past the threads");
    count = mdw_dump_thread_ex_count(v->dump);
    for (i = 0; i < count; i++)
        if (good(v, mdw_dump_thread_ex(v->dump, i, &t, NULL), "thread ex"))
            visit_thread(v, &t);
    past(v, mdw_dump_thread_ex(v->dump, i, &t, NULL), "past the threads ex");
    count = mdw_dump_thread_name_count(v->dump);
    mdw_raw_thread_name n = MDW_INIT(mdw_raw_thread_name);
    for (i = 0; i < count; i++)
        if (good(v, mdw_dump_thread_name(v->dump, i, &n, NULL), "name"))
            wide(v, n.name, "thread name");
    past(v, mdw_dump_thread_name(v->dump, i, &n, NULL), "past the names");
    count = mdw_dump_thread_info_count(v->dump);
    mdw_raw_thread_info info = MDW_INIT(mdw_raw_thread_info);
    for (i = 0; i < count; i++)
        good(v, mdw_dump_thread_info(v->dump, i, &info, NULL), "thread info");
    past(v, mdw_dump_thread_info(v->dump, i, &info, NULL), "past the infos");
}

static void visit_range(struct visit *v, mdw_range r)
{
    expect(v, !r.start || r.size <= 0 - r.start, "a range wraps");
}

static void visit_module(struct visit *v, const mdw_raw_module *m)
{
    wide(v, m->name, "module: name");
    bytes(v, m->version, "module: version");
    bytes(v, m->cv, "module: cv");
    bytes(v, m->misc, "module: misc");
    visit_range(v, m->range);
    mdw_raw_version version = MDW_INIT(mdw_raw_version);
    good(v, mdw_dump_version(v->dump, m->version, &version), "version");
    mdw_raw_cv cv = MDW_INIT(mdw_raw_cv);
    if (!good(v, mdw_dump_cv(v->dump, m->cv, &cv), "cv"))
        return;
    text(v, cv.file, "cv: file");
    bytes(v, cv.build_id, "cv: build id");
    expect(v, cv.kind <= MDW_CV_NB11, "cv: kind");
}

static void visit_modules(struct visit *v)
{
    size_t i, count = mdw_dump_module_count(v->dump);
    mdw_raw_module m = MDW_INIT(mdw_raw_module);
    for (i = 0; i < count; i++)
        if (good(v, mdw_dump_module(v->dump, i, &m, NULL), "module"))
            visit_module(v, &m);
    past(v, mdw_dump_module(v->dump, i, &m, NULL), "past the modules");
    count = mdw_dump_unloaded_count(v->dump);
    mdw_raw_unloaded u = MDW_INIT(mdw_raw_unloaded);
    for (i = 0; i < count; i++) {
        if (!good(v, mdw_dump_unloaded(v->dump, i, &u, NULL), "unloaded"))
            continue;
        wide(v, u.name, "unloaded: name");
        visit_range(v, u.range);
    }
    past(v, mdw_dump_unloaded(v->dump, i, &u, NULL), "past the unloaded");
}

/* Whether to go on with a cursor: to the end, and not for ever. */
static bool more(struct visit *v, mdw_status s, uint64_t *steps,
                 const char *what)
{
    good(v, s, what);
    expect(v, ++*steps <= v->all.len + 2, what);
    return s != MDW_END && *steps <= v->all.len + 2;
}

static void visit_memory(struct visit *v)
{
    mdw_cursor at = {0};
    mdw_raw_memory m = MDW_INIT(mdw_raw_memory);
    uint64_t steps = 0;
    mdw_status s;
    while (more(v, s = mdw_dump_memory_next(v->dump, &at, &m, NULL), &steps,
                "memory")) {
        if (s)
            continue;
        bytes(v, m.data, "memory: data");
        expect(v, m.data.len <= m.range_size, "memory: too long");
        expect(v, (m.data.len < m.range_size) == (m.damage != 0),
               "memory: damage");
        if (m.data.len)
            expect(v, m.data.data == v->all.data + m.offset, "memory: offset");
    }
    size_t i, count = mdw_dump_memory_info_count(v->dump);
    mdw_raw_memory_info info = MDW_INIT(mdw_raw_memory_info);
    for (i = 0; i < count; i++)
        if (good(v, mdw_dump_memory_info(v->dump, i, &info, NULL), "info"))
            visit_range(v, info.range);
    past(v, mdw_dump_memory_info(v->dump, i, &info, NULL), "past the infos");
}

static void visit_exceptions(struct visit *v)
{
    size_t i, count = mdw_dump_exception_count(v->dump);
    mdw_raw_exception e = MDW_INIT(mdw_raw_exception);
    for (i = 0; i < count; i++) {
        if (!good(v, mdw_dump_exception(v->dump, i, &e, NULL), "exception"))
            continue;
        bytes(v, e.context, "exception: context");
        expect(v, e.info_count <= 15, "exception: info count");
    }
    past(v, mdw_dump_exception(v->dump, i, &e, NULL), "past the exceptions");
}

static void visit_system(struct visit *v)
{
    mdw_raw_system s = MDW_INIT(mdw_raw_system);
    if (good(v, mdw_dump_system(v->dump, &s, NULL), "system")) {
        wide(v, s.csd, "system: csd");
        bytes(v, s.cpu, "system: cpu");
        mdw_processor_name(s.arch);
        mdw_platform_name(s.platform);
    }
    mdw_raw_misc m = MDW_INIT(mdw_raw_misc);
    if (good(v, mdw_dump_misc(v->dump, &m, NULL), "misc")) {
        wide(v, m.time_zone.standard_name, "misc: standard name");
        wide(v, m.time_zone.daylight_name, "misc: daylight name");
        wide(v, m.build, "misc: build");
        wide(v, m.debug_build, "misc: debug build");
        expect(v, m.version >= 1 && m.version <= 5, "misc: version");
    }
    mdw_str comment;
    mdw_utf16 comment_wide;
    if (good(v, mdw_dump_comment(v->dump, &comment, NULL), "comment"))
        text(v, comment, "comment");
    if (good(v, mdw_dump_comment_wide(v->dump, &comment_wide, NULL), "comment"))
        wide(v, comment_wide, "wide comment");
    mdw_raw_system_memory memory = MDW_INIT(mdw_raw_system_memory);
    good(v, mdw_dump_system_memory(v->dump, &memory, NULL), "system memory");
    mdw_raw_vm_counters counters = MDW_INIT(mdw_raw_vm_counters);
    good(v, mdw_dump_vm_counters(v->dump, &counters, NULL), "vm counters");
}

static void visit_handle(struct visit *v, const mdw_raw_handle *h)
{
    wide(v, h->type_name, "handle: type");
    wide(v, h->object_name, "handle: name");
    mdw_cursor at = {0};
    mdw_raw_handle_info info = MDW_INIT(mdw_raw_handle_info);
    mdw_status s;
    uint64_t steps = 0;
    while ((s = mdw_dump_handle_info_next(v->dump, h, &at, &info, NULL)) !=
               MDW_END &&
           steps++ < 2000)
        if (good(v, s, "handle info"))
            bytes(v, info.data, "handle info: data");
    expect(v, steps < 2000, "handle info: no end");
}

static void visit_handles(struct visit *v)
{
    size_t i, count = mdw_dump_handle_count(v->dump);
    mdw_raw_handle h = MDW_INIT(mdw_raw_handle);
    for (i = 0; i < count; i++)
        if (good(v, mdw_dump_handle(v->dump, i, &h, NULL), "handle"))
            visit_handle(v, &h);
    past(v, mdw_dump_handle(v->dump, i, &h, NULL), "past the handles");
    mdw_cursor at = {0};
    mdw_raw_function_table t = MDW_INIT(mdw_raw_function_table);
    mdw_list list = MDW_INIT(mdw_list);
    mdw_dump_list(v->dump, MDW_STREAM_FUNCTION_TABLE, &list, NULL);
    uint64_t steps = 0, read = 0;
    mdw_status s;
    while (more(v, s = mdw_dump_function_table_next(v->dump, &at, &t, NULL),
                &steps, "function table")) {
        if (s)
            continue;
        read++;
        bytes(v, t.native, "function table: native");
        bytes(v, t.entries, "function table: entries");
    }
    expect(v, read == list.present, "function table: count");
}

static void visit_lines(struct visit *v)
{
    static const uint32_t pairs[] = {MDW_STREAM_LINUX_CPU_INFO,
                                     MDW_STREAM_LINUX_PROC_STATUS,
                                     MDW_STREAM_LINUX_LSB_RELEASE};
    static const uint32_t texts[] = {MDW_STREAM_LINUX_CMD_LINE,
                                     MDW_STREAM_LINUX_ENVIRON};
    mdw_status s;
    for (size_t i = 0; i < 3; i++) {
        mdw_cursor at = {0};
        mdw_raw_pair p = MDW_INIT(mdw_raw_pair);
        uint64_t steps = 0;
        while (more(v, s = mdw_dump_pair_next(v->dump, pairs[i], &at, &p, NULL),
                    &steps, "pair"))
            if (!s) {
                text(v, p.key, "pair: key");
                text(v, p.value, "pair: value");
            }
    }
    for (size_t i = 0; i < 2; i++) {
        mdw_cursor at = {0};
        mdw_str t;
        uint64_t steps = 0;
        while (more(v, s = mdw_dump_text_next(v->dump, texts[i], &at, &t, NULL),
                    &steps, "text"))
            text(v, t, "text");
    }
}

static void visit_maps(struct visit *v)
{
    mdw_cursor at = {0};
    mdw_raw_map m = MDW_INIT(mdw_raw_map);
    uint64_t steps = 0;
    mdw_status s;
    while (
        more(v, s = mdw_dump_map_next(v->dump, &at, &m, NULL), &steps, "map")) {
        expect(v, !s || s == MDW_E_FORMAT, "map: status");
        if (s)
            continue;
        text(v, m.path, "map: path");
        visit_range(v, m.range);
    }
    at = (mdw_cursor){0};
    steps = 0;
    mdw_raw_limit l = MDW_INIT(mdw_raw_limit);
    while (more(v, s = mdw_dump_limit_next(v->dump, &at, &l, NULL), &steps,
                "limit")) {
        text(v, l.name, "limit: name");
        text(v, l.soft, "limit: soft");
        text(v, l.hard, "limit: hard");
        text(v, l.unit, "limit: unit");
    }
}

static void visit_loader(struct visit *v)
{
    for (uint32_t pointer = 0; pointer <= 8; pointer += 4) {
        mdw_cursor at = {0};
        mdw_raw_auxv a = MDW_INIT(mdw_raw_auxv);
        uint64_t steps = 0;
        while (more(v, mdw_dump_auxv_next(v->dump, pointer, &at, &a, NULL),
                    &steps, "auxv"))
            expect(v, a.type != 0, "auxv: AT_NULL");
    }
    mdw_raw_dso_debug d = MDW_INIT(mdw_raw_dso_debug);
    if (!good(v, mdw_dump_dso_debug(v->dump, &d, NULL), "dso debug"))
        return;
    bytes(v, d.dynamic_section, "dso debug: dynamic section");
    mdw_raw_link_map m = MDW_INIT(mdw_raw_link_map);
    for (size_t i = 0; i < d.count; i++) {
        if (!good(v, mdw_dump_link_map(v->dump, &d, i, &m, NULL), "link map"))
            break;
        wide(v, m.name, "link map: name");
    }
    past(v, mdw_dump_link_map(v->dump, &d, d.count, &m, NULL), "past the maps");
}

static void visit_breakpad(struct visit *v)
{
    mdw_raw_breakpad b = MDW_INIT(mdw_raw_breakpad);
    good(v, mdw_dump_breakpad(v->dump, &b, NULL), "breakpad");
    mdw_raw_assertion a = MDW_INIT(mdw_raw_assertion);
    if (good(v, mdw_dump_assertion(v->dump, &a, NULL), "assertion")) {
        wide(v, a.expression, "assertion: expression");
        wide(v, a.function, "assertion: function");
        wide(v, a.file, "assertion: file");
    }
}

static void visit_crashpad(struct visit *v)
{
    mdw_raw_crashpad c = MDW_INIT(mdw_raw_crashpad);
    good(v, mdw_dump_crashpad(v->dump, &c, NULL), "crashpad");
    mdw_cursor at = {0};
    for (size_t i = 0; i < c.module_count && i < 64; i++) {
        uint32_t module;
        good(v, mdw_dump_crashpad_module(v->dump, i, &module, NULL),
             "crashpad module");
    }
    mdw_raw_annotation a = MDW_INIT(mdw_raw_annotation);
    uint64_t steps = 0;
    mdw_status s;
    while (more(v, s = mdw_dump_annotation_next(v->dump, &at, &a, NULL), &steps,
                "annotation")) {
        if (s)
            continue;
        text(v, a.key, "annotation: key");
        bytes(v, a.value, "annotation: value");
        expect(v, a.kind <= MDW_ANNOTATION_OBJECT, "annotation: kind");
    }
}

static void visit_mozilla(struct visit *v)
{
    size_t i, count = mdw_dump_mac_crash_count(v->dump);
    mdw_raw_mac_crash m = MDW_INIT(mdw_raw_mac_crash);
    for (i = 0; i < count; i++) {
        if (!good(v, mdw_dump_mac_crash(v->dump, i, &m, NULL), "mac crash"))
            continue;
        text(v, m.module, "mac crash: module");
        text(v, m.message, "mac crash: message");
        text(v, m.signature, "mac crash: signature");
        text(v, m.backtrace, "mac crash: backtrace");
        text(v, m.message2, "mac crash: second message");
    }
    past(v, mdw_dump_mac_crash(v->dump, i, &m, NULL), "past the mac crashes");
    mdw_utf16 args;
    mdw_str errors;
    if (good(v, mdw_dump_mac_bootargs(v->dump, &args, NULL), "bootargs"))
        wide(v, args, "bootargs");
    if (good(v, mdw_dump_soft_errors(v->dump, &errors, NULL), "soft errors"))
        text(v, errors, "soft errors");
}

static void visit_client_stacks(struct visit *v)
{
    size_t i, count = mdw_dump_client_stack_count(v->dump);
    mdw_raw_client_stack c = MDW_INIT(mdw_raw_client_stack);
    mdw_raw_client_frame f = MDW_INIT(mdw_raw_client_frame);
    size_t total = 0;
    for (i = 0; i < count; i++) {
        if (!good(v, mdw_dump_client_stack(v->dump, i, &c, NULL), "stack"))
            continue;
        size_t end = (size_t)c.first_frame + c.frame_count;
        expect(v, c.frame_count <= v->all.len / 16, "client stack: frames");
        if (c.frame_count && end > total)
            total = end;
    }
    past(v, mdw_dump_client_stack(v->dump, i, &c, NULL), "past the stacks");
    for (i = 0; i < total; i++)
        if (good(v, mdw_dump_client_frame(v->dump, i, &f, NULL), "frame"))
            text(v, f.symbol, "client frame: symbol");
}

const char *visit_dump_counted(const mdw_dump *dump, visit_counts *counts)
{
    struct visit v = {.dump = dump, .all = mdw_dump_bytes(dump)};
    static void (*const parts[])(struct visit *) = {
        visit_streams,  visit_lists,      visit_threads,       visit_modules,
        visit_memory,   visit_exceptions, visit_system,        visit_handles,
        visit_lines,    visit_maps,       visit_loader,        visit_breakpad,
        visit_crashpad, visit_mozilla,    visit_client_stacks,
    };
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        parts[i](&v);
    static volatile uint64_t sum;
    sum = v.sum;
    (void)sum;
    *counts = v.counts;
    return v.bad;
}

const char *visit_dump(const mdw_dump *dump)
{
    visit_counts counts;
    return visit_dump_counted(dump, &counts);
}
