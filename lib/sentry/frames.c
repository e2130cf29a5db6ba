/* lib/sentry/frames.c - one frame of a stack, made when it is asked for. */
#include "lib/base/options.h"
#include "lib/base/utf8.h"
#include "lib/sentry/parts.h"

enum {
    LONGEST_NAME = 256,  /* characters; Sentry cuts there */
    LONGEST_PATH = 1024, /* bytes; names come again with every frame, and no
                            name may make an event grow with frames times name
                          */
};

/* Symbolicator has no word for a leaf: it was certain, like "cfi". */
static const struct {
    uint32_t trust;
    const char *word;
} trusts[] = {
    {MDW_TRUST_CONTEXT, "context"}, {MDW_TRUST_PREWALKED, "prewalked"},
    {MDW_TRUST_CFI, "cfi"},         {MDW_TRUST_LEAF, "cfi"},
    {MDW_TRUST_FP, "fp"},           {MDW_TRUST_CFI_SCAN, "cfiscan"},
    {MDW_TRUST_SCAN, "scan"},
};

static mdw_str trust_word(uint32_t trust)
{
    for (size_t i = 0; i < sizeof trusts / sizeof *trusts; i++)
        if (trusts[i].trust == trust)
            return str_of(trusts[i].word);
    return (mdw_str){NULL, 0};
}

static mdw_str first_characters(mdw_str text)
{
    mdw_str rest = text;
    bool valid;
    if (text.len <= LONGEST_NAME)
        return text;
    for (size_t i = 0; i < LONGEST_NAME && rest.len; i++)
        (void)utf8_next(&rest, &valid);
    return str_slice(text, 0, text.len - rest.len);
}

/* The end of a path tells more than its beginning. Half a character at the cut
 * is left out. */
static mdw_str end_of_path(mdw_str path)
{
    if (path.len <= LONGEST_PATH)
        return path;
    path = str_slice(path, path.len - LONGEST_PATH, path.len);
    bool valid = false;
    mdw_str rest = path;
    while (rest.len && !valid) {
        path = rest;
        (void)utf8_next(&rest, &valid);
    }
    return path;
}

/* POSIX: a backslash is no separator, as the servers have it. */
static mdw_str file_name(mdw_str path)
{
    size_t at = str_find_last(path, '/');
    return at < path.len ? str_slice(path, at + 1, path.len) : path;
}

/* What Symbolicator says of a frame's symbols. */
static mdw_str status_of(const mdw_sentry *s, const mdw_frame *f, bool named)
{
    mdw_module_use use = MDW_INIT(mdw_module_use);
    if (named || s->options.inlines == MDW_SENTRY_INLINE_FINAL)
        return STR("symbolicated");
    if (f->image >= s->module_count ||
        mdw_report_module(s->report, f->image, &use) != MDW_OK)
        return STR("unknown_image");
    switch (use.status[MDW_NEED_NAMES]) {
    case MDW_OK:
        return STR("missing_symbol");
    case MDW_E_FORMAT:
    case MDW_E_TRUNCATED:
    case MDW_E_RANGE:
    case MDW_E_DAMAGED:
    case MDW_E_UNSUPPORTED:
        return STR("malformed");
    default:
        return STR("missing");
    }
}

static void fill_symbol(const mdw_sentry *s, const mdw_symbol *symbol,
                        mdw_sentry_frame *out)
{
    out->function = given(first_characters(symbol->function));
    if (symbol->raw.len <= LONGEST_PATH)
        out->symbol = given(symbol->raw);
    out->abs_path = given(end_of_path(symbol->file));
    out->filename = given(file_name(out->abs_path));
    if (symbol->line)
        out->lineno = number(symbol->line);
    if (symbol->column && !is_compat(s))
        out->colno = number(symbol->column);
}

static void fill_module(const mdw_sentry *s, const mdw_frame *f,
                        const mdw_symbol *symbol, mdw_sentry_frame *out)
{
    mdw_module m = MDW_INIT(mdw_module);
    if (f->image >= s->module_count ||
        mdw_state_module(s->state, f->image, &m) != MDW_OK)
        return;
    out->image = s->image_of[f->image];
    out->package = given(end_of_path(m.code_file));
    if (is_compat(s) || has_flag(s, MDW_SENTRY_NO_FRAME_ADDRS))
        return;
    out->image_addr = number(m.range.start);
    if (symbol->function.len && symbol->range.size && !out->is_inline)
        out->symbol_addr = number(m.range.start + symbol->range.start);
}

static void fill(const mdw_sentry *s, const kept_stack *k, const mdw_frame *f,
                 mdw_sentry_frame *out)
{
    mdw_symbol symbol = MDW_INIT(mdw_symbol);
    bool named = mdw_report_symbol(s->report, k->report_stack,
                                   out->report_frame, &symbol) == MDW_OK;
    out->is_inline = f->flags & MDW_FRAME_INLINE;
    out->image = MDW_NONE;
    if (!out->is_inline || s->options.inlines == MDW_SENTRY_INLINE_FINAL)
        out->instruction_addr =
            number(has_flag(s, MDW_SENTRY_ADJUSTED) ? f->lookup : f->pc);
    out->trust = trust_word(f->trust);
    out->status = status_of(s, f, named && symbol.function.len);
    if (named)
        fill_symbol(s, &symbol, out);
    fill_module(s, f, &symbol, out);
}

mdw_status mdw_sentry_frame_at(const mdw_sentry *sentry, size_t stack,
                               size_t index, mdw_sentry_frame *out)
{
    mdw_frame f;
    mdw_sentry_frame own = MDW_INIT(mdw_sentry_frame);
    if (stack >= sentry->event.stack_count ||
        !stack_frame(sentry, &sentry->stacks[stack], index, &f,
                     &own.report_frame))
        return MDW_E_ARG;
    fill(sentry, &sentry->stacks[stack], &f, &own);
    return record_write(out, &own, sizeof own);
}
