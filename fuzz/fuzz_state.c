/* fuzz/fuzz_state.c - whatever the dump, its state is in order: texts are
 * UTF-8, indices point somewhere, what must not overlap does not, and the two
 * ways into the memory agree. The budget is carved off the end. */
#include <stdlib.h>
#include <string.h>

#include "lib/base/utf8.h"
#include "mdwalk/dump.h"
#include "mdwalk/state.h"

#define EXPECT(cond)                                                           \
    do                                                                         \
        if (!(cond))                                                           \
            abort();                                                           \
    while (0)

static void expect_text(mdw_str text)
{
    EXPECT(text.data && !text.data[text.len]);
    EXPECT(utf8_span(text) == text.len);
}

static void expect_index(uint32_t index, size_t count)
{
    EXPECT(index == MDW_NONE || index < count);
}

/* `r` does not begin before `end`, and does not wrap. Returns its end. */
static uint64_t expect_after(uint64_t end, mdw_range r)
{
    EXPECT(r.start >= end && r.size);
    EXPECT(r.start + r.size >= r.start || r.start + r.size == 0);
    return r.start + (r.size - 1);
}

static void check_system(const mdw_state *s)
{
    mdw_system y = MDW_INIT(mdw_system);
    EXPECT(mdw_state_system(s, &y) == MDW_OK);
    expect_text(y.os_version);
    expect_text(y.os_build);
    expect_text(y.cpu_info);
    expect_text(y.cpu_microcode);
    EXPECT(y.pointer_size == 4 || y.pointer_size == 8);
    mdw_process_info p = MDW_INIT(mdw_process_info);
    EXPECT(mdw_state_process(s, &p) == MDW_OK);
    const mdw_str texts[] = {p.command_line, p.comment,      p.assertion,
                             p.soft_errors,  p.boot_args,    p.lsb_id,
                             p.lsb_release,  p.lsb_codename, p.lsb_description};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        expect_text(texts[i]);
}

static void check_modules(const mdw_state *s)
{
    for (size_t i = 0; i < mdw_state_module_count(s); i++) {
        mdw_module m = MDW_INIT(mdw_module);
        EXPECT(mdw_state_module(s, i, &m) == MDW_OK);
        expect_text(m.code_file);
        expect_text(m.debug_file);
        expect_text(m.code_id);
        expect_text(m.version);
        if (!m.owned.size)
            continue;
        uint64_t last = m.owned.start + (m.owned.size - 1);
        EXPECT(last >= m.owned.start);
        EXPECT(mdw_state_module_find(s, m.owned.start) == i);
        EXPECT(mdw_state_module_find(s, last) == i);
    }
    for (size_t i = 0; i < mdw_state_unloaded_count(s); i++) {
        mdw_unloaded u = MDW_INIT(mdw_unloaded);
        EXPECT(mdw_state_unloaded(s, i, &u) == MDW_OK);
        expect_text(u.code_file);
        expect_text(u.code_id);
    }
}

static void check_memory(const mdw_state *s, uint64_t addr)
{
    mdw_memory m = mdw_state_memory(s);
    mdw_window w = m.window(m.user, addr);
    uint8_t bytes[64];
    size_t got = m.read(m.user, addr, bytes, sizeof bytes);
    EXPECT(got <= sizeof bytes);
    EXPECT(!got == !w.bytes.len);
    if (!got)
        return;
    uint64_t at = addr - w.addr;
    EXPECT(at < w.bytes.len);
    size_t shared = w.bytes.len - at < got ? (size_t)(w.bytes.len - at) : got;
    EXPECT(!memcmp(bytes, w.bytes.data + at, shared));
}

static void check_stacks(const mdw_state *s)
{
    size_t threads = mdw_state_thread_count(s);
    size_t stacks = mdw_state_stack_count(s);
    EXPECT(stacks >= threads);
    expect_index(mdw_state_main_stack(s), stacks);
    for (size_t i = 0; i < threads; i++) {
        mdw_thread t = MDW_INIT(mdw_thread);
        EXPECT(mdw_state_thread(s, i, &t) == MDW_OK);
        expect_text(t.name);
    }
    for (size_t i = 0; i < stacks; i++) {
        mdw_stack k = MDW_INIT(mdw_stack);
        EXPECT(mdw_state_stack(s, i, &k) == MDW_OK);
        EXPECT(i >= threads || (k.kind == MDW_STACK_THREAD && k.thread == i));
        EXPECT(i < threads || k.kind != MDW_STACK_THREAD);
        expect_index(k.thread, threads);
        EXPECT(k.has_regs == (k.context_status == MDW_OK));
        EXPECT(k.has_regs || !k.regs.valid);
        EXPECT(!k.range.size ||
               k.range.start + (k.range.size - 1) >= k.range.start);
        check_memory(s, k.range.start);
        size_t frames = mdw_state_client_frame_count(s, i);
        EXPECT(!frames || k.kind == MDW_STACK_CLIENT);
        for (size_t n = 0; n < frames && n < 64; n++) {
            mdw_client_frame f = MDW_INIT(mdw_client_frame);
            EXPECT(mdw_state_client_frame(s, i, n, &f) == MDW_OK);
            expect_text(f.symbol);
        }
    }
}

static void check_exceptions(const mdw_state *s)
{
    for (size_t i = 0; i < mdw_state_exception_count(s); i++) {
        mdw_exception e = MDW_INIT(mdw_exception);
        EXPECT(mdw_state_exception(s, i, &e) == MDW_OK);
        expect_index(e.thread, mdw_state_thread_count(s));
        expect_index(e.stack, mdw_state_stack_count(s));
        EXPECT(e.info_count <= 15 && e.nested <= 16);
        check_memory(s, e.address);
    }
}

static void check_regions(const mdw_state *s)
{
    uint64_t last = 0;
    for (size_t i = 0; i < mdw_state_region_count(s); i++) {
        mdw_region r = MDW_INIT(mdw_region), found = MDW_INIT(mdw_region);
        EXPECT(mdw_state_region(s, i, &r) == MDW_OK);
        EXPECT(!i || r.range.start > last);
        last = expect_after(last, r.range);
        expect_text(r.name);
        EXPECT(mdw_state_region_find(s, last, &found) == MDW_OK);
        EXPECT(found.range.start == r.range.start);
    }
}

static void check_rest(const mdw_state *s)
{
    for (size_t i = 0; i < mdw_state_annotation_count(s); i++) {
        mdw_annotation a = MDW_INIT(mdw_annotation);
        EXPECT(mdw_state_annotation(s, i, &a) == MDW_OK);
        expect_text(a.key);
        expect_text(a.text);
        expect_index(a.module, mdw_state_module_count(s));
    }
    for (size_t i = 0; i < mdw_state_handle_count(s); i++) {
        mdw_handle h = MDW_INIT(mdw_handle);
        EXPECT(mdw_state_handle(s, i, &h) == MDW_OK);
        expect_text(h.type_name);
        expect_text(h.object_name);
    }
    for (size_t i = 0; i < mdw_state_limit_count(s); i++) {
        mdw_limit l = MDW_INIT(mdw_limit);
        EXPECT(mdw_state_limit(s, i, &l) == MDW_OK);
        expect_text(l.name);
        expect_text(l.unit);
    }
    for (size_t i = 0; i < mdw_state_mac_crash_count(s); i++) {
        mdw_mac_crash m = MDW_INIT(mdw_mac_crash);
        EXPECT(mdw_state_mac_crash(s, i, &m) == MDW_OK);
        expect_text(m.message);
        expect_text(m.message2);
    }
    EXPECT(mdw_state_issue_count(s) <= 256);
    for (size_t i = 0; i < mdw_state_issue_count(s); i++) {
        mdw_issue issue = MDW_INIT(mdw_issue);
        EXPECT(mdw_state_issue(s, i, &issue) == MDW_OK);
        EXPECT(issue.error.code < 0 && issue.error.what && issue.count);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!size)
        return 0;
    mdw_dump *dump;
    if (mdw_dump_open((mdw_bytes){data, size - 1}, NULL, &dump, NULL))
        return 0;
    mdw_state_options options = MDW_INIT(mdw_state_options);
    /* 16 KiB to 4 MiB, or as much as by default. */
    unsigned shift = data[size - 1] % 10u;
    options.max_memory = shift == 9 ? 0 : UINT64_C(16384) << shift;
    mdw_state *state;
    mdw_status status = mdw_state_from_dump(dump, &options, &state, NULL);
    EXPECT(status == MDW_OK || status == MDW_E_LIMIT);
    if (status == MDW_OK) {
        check_system(state);
        check_modules(state);
        check_stacks(state);
        check_exceptions(state);
        check_regions(state);
        check_rest(state);
        mdw_state_close(state);
    }
    mdw_dump_close(dump);
    return 0;
}
