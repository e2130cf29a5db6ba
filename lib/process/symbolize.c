/* lib/process/symbolize.c - names of addresses, each asked for once, copied
 * into the report and shared there. */
#include <string.h>

#include "lib/base/options.h"
#include "lib/base/str.h"
#include "lib/process/outermost.h"
#include "lib/process/session.h"

enum { FIRST_ROOM = 256, MAX_TRIES = 64 };

/* FNV-1a, 64 bits. */
static uint64_t mix(uint64_t hash, uint64_t byte)
{
    return (hash ^ byte) * UINT64_C(0x100000001B3);
}
#define MIX_START UINT64_C(0xCBF29CE484222325)

static uint64_t hash_text(mdw_str text)
{
    uint64_t hash = MIX_START;
    const char *at = text.data;
    for (size_t i = 0; i < text.len; i++)
        hash = mix(hash, (unsigned char)at[i]);
    return hash;
}

static uint64_t hash_place(uint32_t module, uint64_t rva)
{
    uint64_t hash = mix(MIX_START, module);
    hash = mix(hash, rva);
    return hash ^ hash >> 29;
}

/* --- texts: each once --------------------------------------------------- */

static bool texts_grow(session *s)
{
    symbol_table *t = &s->symbols;
    size_t room = t->text_room ? t->text_room * 2 : FIRST_ROOM;
    mdw_str *texts = arena_take(s->scratch, room, sizeof *texts);
    if (!texts)
        return false;
    for (size_t i = 0; i < t->text_room; i++) {
        size_t at = hash_text(t->texts[i]) & (room - 1);
        if (!t->texts[i].data)
            continue;
        while (texts[at].data)
            at = (at + 1) & (room - 1);
        texts[at] = t->texts[i];
    }
    t->texts = texts;
    t->text_room = room;
    return true;
}

/* The report's own copy. Names that are made to collide are copied again
 * rather than searched for. */
static mdw_str text_keep(session *s, mdw_str text)
{
    symbol_table *t = &s->symbols;
    if (!text.len)
        return (mdw_str){"", 0};
    if (t->text_count * 2 >= t->text_room && !texts_grow(s))
        t->failed = true;
    if (t->failed)
        return (mdw_str){"", 0};
    size_t at = hash_text(text) & (t->text_room - 1);
    size_t tries = 0;
    while (t->texts[at].data && tries++ < MAX_TRIES) {
        if (str_equal(t->texts[at], text))
            return t->texts[at];
        at = (at + 1) & (t->text_room - 1);
    }
    mdw_str copy = arena_str(s->report->store, text);
    if (!copy.data) {
        t->failed = true;
        return (mdw_str){"", 0};
    }
    if (!t->texts[at].data) {
        t->texts[at] = copy;
        t->text_count++;
    }
    return copy;
}

/* --- groups ------------------------------------------------------------- */

static symbol_group *group_slot(symbol_group *groups, size_t room,
                                uint32_t module, uint64_t rva)
{
    size_t at = hash_place(module, rva) & (room - 1);
    while (groups[at].module != MDW_NONE &&
           (groups[at].module != module || groups[at].rva != rva))
        at = (at + 1) & (room - 1);
    return &groups[at];
}

static bool groups_grow(session *s)
{
    symbol_table *t = &s->symbols;
    size_t room = t->group_room ? t->group_room * 2 : FIRST_ROOM;
    symbol_group *groups = arena_take(s->scratch, room, sizeof *groups);
    if (!groups)
        return false;
    for (size_t i = 0; i < room; i++)
        groups[i].module = MDW_NONE;
    for (size_t i = 0; i < t->group_room; i++) {
        const symbol_group *g = &t->groups[i];
        if (g->module != MDW_NONE)
            *group_slot(groups, room, g->module, g->rva) = *g;
    }
    t->groups = groups;
    t->group_room = room;
    return true;
}

/* --- asking ------------------------------------------------------------- */

static bool collect(void *user, const mdw_symbol *symbol)
{
    session *s = user;
    symbol_table *t = &s->symbols;
    mdw_symbol *out = &t->found[t->found_count];
    if (options_read(out, sizeof *out, symbol) != MDW_OK)
        return true;
    out->size = sizeof *out;
    if (s->options.no_demangle && out->raw.len) {
        out->function = out->raw;
        out->raw.len = 0;
    }
    out->function = text_keep(s, out->function);
    out->raw = text_keep(s, out->raw);
    out->file = text_keep(s, out->file);
    return ++t->found_count < MAX_SYMBOLS && !t->failed;
}

/* From one file, of which the units at `rva` are read first. */
static mdw_status look_into(session_module *m, mdw_symfile *file, uint64_t rva,
                            mdw_symbol_fn each, void *user)
{
    mdw_status status = mdw_symfile_read(file, rva, NULL);
    if (status == MDW_E_MEMORY)
        m->session->symbols.failed = true;
    if (status < 0 && (!m->names_error || status < m->names_error))
        m->names_error = status;
    status = mdw_symfile_lookup(file, rva, each, user);
    return status == MDW_AGAIN ? (mdw_status)MDW_ABSENT : status;
}

/* An executable has symbols that its debug file may lack. It was asked for when
 * the walk came by. */
static mdw_status look_beside(session_module *m, uint64_t rva,
                              mdw_symbol_fn each, void *user)
{
    const need_state *rows = &m->need[MDW_NEED_ROWS];
    if (rows->status != MDW_OK || rows->file == m->need[MDW_NEED_NAMES].file)
        return MDW_ABSENT;
    mdw_status status = look_into(m, rows->file, rva, each, user);
    return status < 0 ? (mdw_status)MDW_ABSENT : status;
}

/* From the file, once more when that turns out to be damaged. */
static mdw_status look_up(session_module *m, uint64_t rva, mdw_symbol_fn each,
                          void *user)
{
    for (;;) {
        mdw_status status = need_ask(m, MDW_NEED_NAMES);
        if (status != MDW_OK)
            return status;
        status = look_into(m, m->need[MDW_NEED_NAMES].file, rva, each, user);
        if (status == MDW_ABSENT)
            return look_beside(m, rva, each, user);
        if (status != MDW_E_DAMAGED || !need_renew(m, MDW_NEED_NAMES))
            return status;
        m->session->symbols.found_count = 0;
    }
}

/* The providers' own symbolicators come first, in their order. */
static mdw_status ask(session_module *m, uint64_t rva, mdw_symbol_fn each,
                      void *user)
{
    session *s = m->session;
    for (size_t i = 0; i < s->options.provider_count; i++) {
        const mdw_provider *p = &s->providers[i];
        if (!p->lookup)
            continue;
        mdw_status status = p->lookup(p->user, &m->module, rva, each, user);
        if (status == MDW_AGAIN)
            s->awaited[i] = true;
        if (status == MDW_OK || status == MDW_AGAIN)
            return status;
        s->symbols.found_count = 0;
    }
    return look_up(m, rva, each, user);
}

mdw_status symbols_at(session_module *m, uint64_t rva, const symbol_group **out)
{
    session *s = m->session;
    symbol_table *t = &s->symbols;
    if (t->group_count * 2 >= t->group_room && !groups_grow(s))
        return MDW_E_MEMORY;
    symbol_group *g = group_slot(t->groups, t->group_room, m->index, rva);
    *out = g;
    if (g->module != MDW_NONE)
        return MDW_OK;
    t->found_count = 0;
    mdw_status status = ask(m, rva, collect, s);
    if (t->failed)
        return MDW_E_MEMORY;
    if (status == MDW_AGAIN)
        return status;
    uint32_t count = status == MDW_OK ? t->found_count : 0;
    mdw_symbol *symbols = NULL;
    if (count) {
        symbols = arena_take(s->report->store, count, sizeof *symbols);
        if (!symbols)
            return MDW_E_MEMORY;
        memcpy(symbols, t->found, count * sizeof *symbols);
    }
    *g = (symbol_group){rva, m->index, count, symbols};
    t->group_count++;
    return MDW_OK;
}

/* A public symbol reaches to the next one; code this near to it is its own. */
enum { NEAR = 128 };

mdw_status function_at(session_module *m, uint64_t addr, mdw_place *out)
{
    const symbol_group *g;
    uint64_t rva = addr - m->module.range.start;
    mdw_status status = symbols_at(m, rva, &g);
    if (status != MDW_OK)
        return status;
    const mdw_symbol *f = g->count ? &g->symbols[g->count - 1] : NULL;
    bool nearest = f && (!f->range.size || f->flags & MDW_SYMBOL_NEAREST);
    if (!f || (nearest && rva - f->range.start >= NEAR))
        return MDW_ABSENT;
    uint32_t flag = outermost_flag(m->session->system.os, m->module.code_file,
                                   f->raw.len ? f->raw : f->function);
    if (nearest && !flag)
        return MDW_ABSENT;
    out->flags |= MDW_PLACE_FUNCTION | flag;
    if (!nearest)
        out->function =
            (mdw_range){m->module.range.start + f->range.start, f->range.size};
    return MDW_OK;
}
