/* lib/emit/rust_json_threads.c - threads, frames and registers. */
#include "lib/base/str.h"
#include "lib/emit/rust_json.h"

/* LEAF has no word of its own there: the frame was certain, like "cfi". "non"
 * is what rust-minidump prints for none. */
static const struct {
    uint32_t trust;
    const char *word;
} trusts[] = {
    {MDW_TRUST_CONTEXT, "context"},  {MDW_TRUST_PREWALKED, "prewalked"},
    {MDW_TRUST_CFI, "cfi"},          {MDW_TRUST_LEAF, "cfi"},
    {MDW_TRUST_FP, "frame_pointer"}, {MDW_TRUST_CFI_SCAN, "cfi_scan"},
    {MDW_TRUST_SCAN, "scan"},
};

static const char *trust_word(uint32_t trust)
{
    for (size_t i = 0; i < sizeof trusts / sizeof *trusts; i++)
        if (trusts[i].trust == trust)
            return trusts[i].word;
    return "non";
}

/* The known registers' numbers, in the order of their names. */
static size_t sorted_registers(const mdw_frame *f, uint32_t order[MDW_MAX_REGS])
{
    size_t count = 0;
    uint32_t all = mdw_reg_count(f->arch);
    for (uint32_t reg = 0; reg < all && reg < MDW_MAX_REGS; reg++) {
        if (!(f->regs.valid >> reg & 1))
            continue;
        size_t at = count++;
        const char *name = mdw_reg_name(f->arch, reg);
        for (; at && strcmp(mdw_reg_name(f->arch, order[at - 1]), name) > 0;
             at--)
            order[at] = order[at - 1];
        order[at] = reg;
    }
    return count;
}

static void put_registers(json *j, const view *v, const mdw_frame *f)
{
    uint32_t order[MDW_MAX_REGS];
    size_t count = sorted_registers(f, order);
    json_key(j, "registers");
    json_object(j);
    for (size_t i = 0; i < count; i++) {
        json_key(j, mdw_reg_name(f->arch, order[i]));
        json_hex(j, f->regs.value[order[i]], pointer_digits(v, f->arch));
    }
    json_object_end(j);
}

static void put_unloaded(json *j, const view *v, uint64_t addr)
{
    unloaded_hit hits[UNLOADED_HITS];
    size_t count = view_unloaded(v, addr, hits);
    if (!count) {
        member_null(j, "unloaded_modules");
        return;
    }
    json_key(j, "unloaded_modules");
    json_array(j);
    for (size_t i = 0; i < count;) {
        mdw_str name = hits[i].name;
        json_object(j);
        json_key(j, "module");
        json_str(j, name);
        json_key(j, "offsets");
        json_array(j);
        for (; i < count && str_equal(hits[i].name, name); i++)
            json_hex(j, hits[i].offset, v->digits);
        json_array_end(j);
        json_object_end(j);
    }
    json_array_end(j);
}

static void put_line(json *j, uint32_t line)
{
    if (line)
        member_uint(j, "line", line);
    else
        member_null(j, "line");
}

/* The `count` report frames from `first` on were inlined into this one. */
static void put_inlines(json *j, const view *v, uint32_t stack, size_t first,
                        size_t count)
{
    if (!count) {
        member_null(j, "inlines");
        return;
    }
    json_key(j, "inlines");
    json_array(j);
    for (size_t i = 0; i < count; i++) {
        mdw_symbol s = MDW_INIT(mdw_symbol);
        (void)mdw_report_symbol(v->report, stack, first + i, &s);
        json_object(j);
        member_str(j, "file", s.file);
        member_str(j, "function", s.function);
        put_line(j, s.line);
        json_object_end(j);
    }
    json_array_end(j);
}

typedef struct frame_at {
    uint32_t stack;
    size_t index; /* in the report */
    size_t inlined;
    size_t number; /* of frames that are no inlined calls */
} frame_at;

static void put_names(json *j, const view *v, const mdw_frame *f,
                      const frame_at *at, uint64_t base)
{
    mdw_symbol s = MDW_INIT(mdw_symbol);
    (void)mdw_report_symbol(v->report, at->stack, at->index, &s);
    member_str(j, "file", s.file);
    member_uint(j, "frame", at->number);
    member_str(j, "function", s.function);
    if (s.function.len && f->trust != MDW_TRUST_PREWALKED)
        member_addr(j, v, "function_offset", f->lookup - base - s.range.start);
    else
        member_null(j, "function_offset");
    put_inlines(j, v, at->stack, at->index - at->inlined, at->inlined);
    put_line(j, s.line);
    member_bool(j, "missing_symbols", !s.function.len);
}

static void put_frame(json *j, const view *v, const mdw_frame *f,
                      const frame_at *at, bool registers)
{
    mdw_module module;
    bool inside = view_module(v, f, &module);
    json_object(j);
    put_names(j, v, f, at, inside ? module.range.start : 0);
    if (inside) {
        json_key(j, "module");
        json_str(j, short_name(module.code_file));
        member_addr(j, v, "module_offset", f->lookup - module.range.start);
    } else {
        member_null(j, "module");
        member_null(j, "module_offset");
    }
    member_addr(j, v, "offset", f->lookup);
    if (registers)
        put_registers(j, v, f);
    member_text(j, "trust", trust_word(f->trust));
    if (inside)
        member_null(j, "unloaded_modules");
    else
        put_unloaded(j, v, f->lookup);
    json_object_end(j);
}

static size_t real_count(const view *v, uint32_t stack, size_t count)
{
    size_t inlined = 0;
    for (size_t i = 0; i < count; i++) {
        mdw_frame f = MDW_INIT(mdw_frame);
        (void)mdw_report_frame(v->report, stack, i, &f);
        inlined += f.flags & MDW_FRAME_INLINE ? 1 : 0;
    }
    return count - inlined;
}

void put_frames(json *j, const view *v, uint32_t stack, bool registers)
{
    size_t count = mdw_report_frame_count(v->report, stack);
    frame_at at = {.stack = stack};
    member_uint(j, "frame_count", real_count(v, stack, count));
    json_key(j, "frames");
    json_array(j);
    for (; at.index < count; at.index++) {
        mdw_frame f = MDW_INIT(mdw_frame);
        if (mdw_report_frame(v->report, stack, at.index, &f) != MDW_OK)
            continue;
        if (f.flags & MDW_FRAME_INLINE) {
            at.inlined++;
            continue;
        }
        put_frame(j, v, &f, &at, registers && !at.number);
        at.inlined = 0;
        at.number++;
    }
    json_array_end(j);
}

/* Everything of a thread but its end. */
static void put_thread(json *j, const view *v, uint32_t index, bool registers)
{
    mdw_thread t = MDW_INIT(mdw_thread);
    (void)mdw_state_thread(v->state, index, &t);
    json_object(j);
    put_frames(j, v, index, registers);
    char text[MDW_WIN_ERROR_MAX];
    if (t.has_last_error) {
        (void)mdw_win_error_text(t.last_error, text);
        member_text(j, "last_error_value", text);
    } else {
        member_null(j, "last_error_value");
    }
    member_uint(j, "thread_id", t.id);
    json_key(j, "thread_name");
    if (t.has_name)
        json_str(j, t.name);
    else
        json_null(j);
}

void put_crashing_thread(json *j, const view *v)
{
    mdw_stack stack = MDW_INIT(mdw_stack);
    if (v->main_stack == MDW_NONE ||
        mdw_state_stack(v->state, v->main_stack, &stack) != MDW_OK ||
        stack.thread == MDW_NONE || !view_shows(v, stack.thread) ||
        !mdw_report_frame_count(v->report, stack.thread))
        return;
    json_key(j, "crashing_thread");
    put_thread(j, v, stack.thread, true);
    member_uint(j, "threads_index", stack.thread);
    json_object_end(j);
}

void put_threads(json *j, const view *v)
{
    json_key(j, "threads");
    json_array(j);
    size_t count = mdw_state_thread_count(v->state);
    for (uint32_t i = 0; i < count; i++) {
        if (!view_shows(v, i))
            continue;
        put_thread(j, v, i, false);
        json_object_end(j);
    }
    json_array_end(j);
}
