/* lib/symbol/sym_cursor.c - the lines and inlined calls behind a FUNC line. */
#include "lib/base/lines.h"
#include "lib/symbol/sym.h"

void sym_count(sym_counts *c, uint32_t kind, uint64_t n, uint64_t offset)
{
    if (!c || !n)
        return;
    if (!c->count[kind] || offset < c->first[kind])
        c->first[kind] = offset;
    c->count[kind] += n;
}

void sym_cursor_at(sym_cursor *c, mdw_bytes source, uint64_t at,
                   sym_origin_file_fn origin_file, const void *user)
{
    c->source = source;
    c->at = c->line = at;
    c->counts = NULL;
    c->origin_file = origin_file;
    c->user = user;
    c->first_file = MDW_NONE;
    c->has_first = c->only_at = false;
    c->rva = 0;
    for (uint32_t i = 0; i < INDEX_DEPTH; i++)
        c->depth_file[i] = MDW_NONE;
}

/* An INLINE in the old form was called from the file of the origin one level
 * out, that is of the last such record before it; at the outermost level from
 * the function's own file, which only its line records tell. */
static void old_form(sym_cursor *c, sym_inline *call)
{
    if (call->call_file != SYM_FILE_OLD)
        return;
    if (call->depth)
        call->call_file = c->depth_file[call->depth - 1];
    c->depth_file[call->depth] = c->origin_file(c->user, call->origin);
}

static bool take_inline(sym_cursor *c, text *t, sym_item *out)
{
    out->is_inline = true;
    uint32_t bad = 0;
    if (!sym_read_inline(t, &out->call))
        bad = INDEX_BAD_LINE;
    else if (out->call.depth >= INDEX_DEPTH)
        bad = INDEX_DEEP;
    if (bad) {
        sym_count(c->counts, bad, 1, c->line);
        return false;
    }
    old_form(c, &out->call);
    return true;
}

/* Most lines are not the one that is looked for: half of what they say is
 * passed over, and all but the address where they are behind it. */
static bool read_line(const sym_cursor *c, text *t, sym_line *out)
{
    bool only_at = c->only_at && c->has_first;
    *out = (sym_line){{0, 0}, MDW_NONE, MDW_NONE};
    if (!text_hex(t, UINT64_MAX, &out->range.rva))
        return false;
    if (only_at && out->range.rva > c->rva)
        return true;
    if (!text_hex(t, UINT64_MAX, &out->range.bytes))
        return false;
    bool covers =
        c->rva >= out->range.rva && c->rva - out->range.rva < out->range.bytes;
    return (only_at && !covers) || sym_read_line_rest(t, out);
}

static bool take_line(sym_cursor *c, text *t, sym_item *out)
{
    out->is_inline = false;
    if (!read_line(c, t, &out->line)) {
        sym_count(c->counts, INDEX_BAD_LINE, 1, c->line);
        return false;
    }
    if (!c->has_first)
        c->first_file = out->line.file;
    c->has_first = true;
    return true;
}

bool sym_next(sym_cursor *c, sym_item *out)
{
    mdw_str line;
    for (c->line = c->at; lines_take(c->source, &c->at, &line);
         c->line = c->at) {
        text t = text_of(line);
        switch (sym_kind(&t)) {
        case SYM_LINE:
            if (take_line(c, &t, out))
                return true;
            break;
        case SYM_INLINE:
            if (take_inline(c, &t, out))
                return true;
            break;
        case SYM_FUNC:
        case SYM_PUBLIC:
        case SYM_WIN:
        case SYM_INIT:
        case SYM_DELTA:
            c->at = c->line;
            return false;
        default: /* counted by the scan of the whole file */
            break;
        }
    }
    return false;
}
