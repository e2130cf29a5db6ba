/* lib/symbol/index_write.c - takes what a builder finds. */
#include <xxhash.h>

#include "lib/base/arena.h"
#include "lib/base/buffer.h"
#include "lib/base/bytes.h"
#include "lib/base/fail.h"
#include "lib/base/leb.h"
#include "lib/base/options.h"
#include "lib/base/str.h"
#include "lib/base/text.h"
#include "lib/base/utf8.h"
#include "lib/symbol/writer.h"

#define DEFAULT_MEMORY (UINT64_C(256) << 20)

mdw_status index_writer_new(const mdw_index_options *options,
                            index_writer **out, mdw_error *err)
{
    mdw_budget budget;
    mdw_status status = options_read(&budget, sizeof budget, options->budget);
    if (status != MDW_OK)
        return fail(err, status, "mdw_budget");
    mdw_allocator alloc = allocator_or_default(options->alloc);
    index_writer *w = block_take(&alloc, 1, sizeof *w);
    if (!w)
        return fail(err, MDW_E_MEMORY, "index");
    *w = (index_writer){
        .pool = {alloc, budget.memory ? budget.memory : DEFAULT_MEMORY, MDW_OK},
        .temporary = options->temporary,
        .info = {.level = options->level},
        .pieces = list_of(sizeof(piece)),
        .publics = list_of(sizeof(piece)),
        .wins = list_of(sizeof(writer_win)),
        .files = list_of(sizeof(uint32_t)),
        .sorting = list_of(sizeof(piece)),
        .nested = list_of(5 * sizeof(uint32_t)),
        .order = list_of(sizeof(uint32_t)),
        .body = list_of(sizeof(uint32_t)),
    };
    for (uint32_t i = 0; i < INDEX_ROW_LAYERS; i++)
        w->rows[i] = list_of(sizeof(piece));
    *out = w;
    return MDW_OK;
}

void index_writer_close(index_writer *w)
{
    if (!w)
        return;
    pool *p = &w->pool;
    list *const lists[] = {&w->pieces,  &w->publics, &w->rows[0], &w->rows[1],
                           &w->rows[2], &w->wins,    &w->files,   &w->sorting,
                           &w->nested,  &w->order,   &w->body};
    for (size_t i = 0; i < sizeof lists / sizeof(list *); i++)
        list_drop(p, lists[i]);
    for (uint32_t i = 0; i < INDEX_SECTION_COUNT; i++)
        spool_drop(&w->section[i], p);
    pool_give(p, w->strings, WRITER_MEMO, sizeof *w->strings);
    pool_give(p, w->rules, WRITER_MEMO, sizeof *w->rules);
    mdw_allocator alloc = w->pool.alloc;
    block_give(&alloc, w);
}

index_info *index_writer_info(index_writer *w)
{
    return &w->info;
}

pool *index_writer_pool(index_writer *w)
{
    return &w->pool;
}

void writer_put(index_writer *w, uint32_t section, const void *data, size_t len)
{
    spool_put(&w->section[section], &w->pool, w->temporary, data, len);
}

static writer_memo *memo_of(index_writer *w, writer_memo **memo)
{
    if (*memo)
        return *memo;
    *memo = pool_take(&w->pool, WRITER_MEMO, sizeof **memo);
    if (*memo)
        memset(*memo, 0, WRITER_MEMO * sizeof **memo);
    return *memo;
}

/* Where it is remembered, or may be. */
static writer_memo *memo_place(writer_memo *all, XXH128_hash_t hash)
{
    for (uint32_t i = 0; i < WRITER_PROBES; i++) {
        writer_memo *m = &all[(hash.low64 + i) % WRITER_MEMO];
        if (!m->at || (m->low == hash.low64 && m->high == hash.high64))
            return m;
    }
    return &all[hash.low64 % WRITER_MEMO];
}

static const uint8_t zeros[INDEX_BODY_SIZE];

uint32_t writer_share(index_writer *w, writer_memo **memo, uint32_t section,
                      mdw_bytes head, mdw_bytes bytes)
{
    writer_memo *all = memo_of(w, memo);
    XXH128_hash_t hash = XXH3_128bits(bytes.data, bytes.len);
    if (!all)
        return 0;
    writer_memo *m = memo_place(all, hash);
    if (m->at && m->low == hash.low64 && m->high == hash.high64)
        return m->at;
    size_t unit = section == INDEX_BODY ? INDEX_BODY_SIZE : 1;
    if (!w->section[section].size) /* place 0 stands for nothing */
        writer_put(w, section, zeros, unit);
    uint64_t at = w->section[section].size / unit;
    if (at >= MDW_NONE) {
        pool_fail(&w->pool, MDW_E_LIMIT);
        return 0;
    }
    writer_put(w, section, head.data, head.len);
    writer_put(w, section, bytes.data, bytes.len);
    writer_put(w, section, zeros,
               (unit - w->section[section].size % unit) % unit);
    *m = (writer_memo){hash.low64, hash.high64, (uint32_t)at};
    return (uint32_t)at;
}

static uint32_t put_clean(index_writer *w, mdw_str name)
{
    uint8_t head[LEB_MAX];
    mdw_bytes len = {head, leb_put(head, name.len)};
    return writer_share(w, &w->strings, INDEX_BODY, len, bytes_of(name));
}

uint32_t index_put_string(index_writer *w, mdw_str name)
{
    if (!name.len)
        name.data = "";
    if (text_ascii(name) || utf8_span(name) == name.len)
        return put_clean(w, name);
    arena *store = arena_new(&w->pool.alloc, 0);
    mdw_str clean = store ? utf8_clean(store, name) : (mdw_str){NULL, 0};
    if (!clean.data)
        pool_fail(&w->pool, MDW_E_MEMORY);
    uint32_t at = clean.data ? put_clean(w, clean) : 0;
    arena_close(store);
    return at;
}

void index_put_file(index_writer *w, uint32_t number, uint32_t string)
{
    list *l = &w->files;
    if (number >= l->count) {
        size_t more = number - l->count + (size_t)1;
        if (!list_grow(&w->pool, l, more))
            return;
        memset((uint32_t *)l->items + l->count, 0xFF, more * l->size);
        l->count += more;
    }
    ((uint32_t *)l->items)[number] = string;
}

static void see_end(index_writer *w, uint64_t end)
{
    if (end > w->info.image_size)
        w->info.image_size = end;
}

void index_put_function(index_writer *w, const index_function *f, uint32_t name,
                        const index_line *lines, size_t line_count,
                        const index_inline *inlines, size_t inline_count)
{
    uint64_t at = w->section[INDEX_BODY].size / INDEX_BODY_SIZE;
    if (at >= UINT32_MAX)
        pool_fail(&w->pool, MDW_E_LIMIT);
    w->body.count = 0;
    uint32_t count = writer_put_lines(w, f, lines, line_count);
    uint32_t calls = writer_put_inlines(w, f, inlines, inline_count);
    piece *p = list_add(&w->pool, &w->pieces);
    if (!p || w->pool.status != MDW_OK)
        return;
    *p = (piece){f->start, f->bytes, at};
    const uint32_t head[] = {f->start, f->bytes, f->args, f->flags,
                             name,     count,    calls};
    index_put_words(w, INDEX_BODY, head, INDEX_BODY_HEAD);
    index_put_words(w, INDEX_BODY, w->body.items, w->body.count);
    see_end(w, (uint64_t)f->start + f->bytes);
    w->info.has |= MDW_HAS_FUNCTIONS | (count ? MDW_HAS_LINES : 0u) |
                   (calls ? MDW_HAS_INLINES : 0u);
}

void index_put_public(index_writer *w, uint32_t rva, uint32_t name,
                      uint32_t args)
{
    piece *p = list_add(&w->pool, &w->publics);
    if (!p)
        return;
    *p = (piece){rva, 0, (uint64_t)args << 32 | name};
    see_end(w, (uint64_t)rva + 1);
    w->info.has |= MDW_HAS_FUNCTIONS;
}

void index_put_row(index_writer *w, uint32_t layer, const sym_row *row)
{
    uint8_t bytes[INDEX_RULES_MAX];
    size_t len = rules_encode(row, bytes);
    if (!len) {
        index_put_counter(w, INDEX_RULE, 1, UINT64_MAX);
        return;
    }
    uint32_t at = writer_share(w, &w->rules, INDEX_RULES, (mdw_bytes){0},
                               (mdw_bytes){bytes, len});
    piece *p = row->pc.size ? list_add(&w->pool, &w->rows[layer]) : NULL;
    if (!p)
        return;
    *p = (piece){(uint32_t)row->pc.start, (uint32_t)row->pc.size, at};
    see_end(w, row->pc.start + row->pc.size);
    w->info.has |= MDW_HAS_ROWS;
}

void index_put_win(index_writer *w, const index_win *win, uint32_t program)
{
    writer_win *to = list_add(&w->pool, &w->wins);
    if (!to)
        return;
    *to = (writer_win){*win, program, MDW_NONE, (uint32_t)win->range.start};
    see_end(w, win->range.start + win->range.size);
    w->info.has |= MDW_HAS_ROWS;
}

void index_put_counter(index_writer *w, uint32_t kind, uint64_t count,
                       uint64_t first)
{
    if (!count)
        return;
    if (!w->count[kind] || first < w->first[kind])
        w->first[kind] = first;
    w->count[kind] += count;
}
