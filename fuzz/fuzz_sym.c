/* fuzz/fuzz_sym.c - whatever a .sym says, both levels of its index answer
 * within the input, and the same. The last bytes are the addresses asked. */
#include <stdlib.h>
#include <string.h>

#include "lib/base/text.h"
#include "lib/symbol/index.h"

#define EXPECT(cond)                                                           \
    do                                                                         \
        if (!(cond))                                                           \
            abort();                                                           \
    while (0)

#define LIMIT (UINT64_C(64) << 20)

enum { ASKED = 16, PLACES = INDEX_DEPTH + 1 };

typedef struct bytes {
    uint8_t *data;
    size_t len, size;
} bytes;

typedef struct answer {
    mdw_status status, row_status;
    index_function f;
    index_place place[PLACES];
    size_t count;
    sym_row row;
} answer;

static size_t live;

static void *counted_alloc(void *user, size_t size)
{
    (void)user;
    live += size;
    EXPECT(live <= LIMIT + (1 << 20));
    return malloc(size);
}

static void counted_free(void *user, void *at, size_t size)
{
    (void)user;
    live -= size;
    free(at);
}

static const mdw_allocator alloc = {counted_alloc, counted_free, NULL};

static bool append(void *user, const void *data, size_t len)
{
    bytes *b = user;
    if (b->size - b->len < len) {
        b->size = 2 * b->size + len;
        b->data = realloc(b->data, b->size);
        EXPECT(b->data);
    }
    memcpy(b->data + b->len, data, len);
    b->len += len;
    return true;
}

static bool keep(void *user, const index_place *p)
{
    answer *a = user;
    EXPECT(a->count < PLACES);
    a->place[a->count++] = *p;
    return true;
}

static void inside(mdw_str s, mdw_bytes all)
{
    if (!s.len)
        return;
    const uint8_t *at = (const uint8_t *)s.data;
    EXPECT(at >= all.data && s.len <= all.len &&
           at - all.data <= (ptrdiff_t)(all.len - s.len));
}

static void ask(const index_view *v, mdw_bytes all, uint32_t rva, answer *a)
{
    a->count = 0;
    a->status = index_find(v, rva, &a->f);
    EXPECT(a->status == MDW_OK || a->status == MDW_ABSENT);
    if (a->status == MDW_OK) {
        EXPECT(a->f.bytes ? rva - a->f.start < a->f.bytes : a->f.start <= rva);
        EXPECT(index_detail(v, &a->f, rva, keep, a) == MDW_OK && a->count);
    }
    for (size_t i = 0; i < a->count; i++) {
        inside(a->place[i].name, all);
        inside(a->place[i].file, all);
        EXPECT(!(a->place[i].flags & MDW_SYMBOL_INLINE) == (i + 1 == a->count));
    }
    a->row_status = index_row(v, 0, rva, &a->row);
    EXPECT(a->row_status == MDW_OK || a->row_status == MDW_ABSENT);
    if (a->row_status == MDW_OK)
        EXPECT(mdw_range_has(a->row.pc, rva));
}

static void same_str(mdw_str a, mdw_str b)
{
    if (text_ascii(a)) /* else cleaned in one of them */
        EXPECT(a.len == b.len && (!a.len || !memcmp(a.data, b.data, a.len)));
}

static void same_rule(const sym_rule *a, const sym_rule *b)
{
    EXPECT(a->kind == b->kind && a->base == b->base && a->offset == b->offset &&
           a->expr.len == b->expr.len);
}

static void same_function(const answer *a, const answer *b)
{
    EXPECT(a->status == b->status);
    if (a->status == MDW_OK)
        EXPECT(a->f.start == b->f.start && a->f.bytes == b->f.bytes &&
               a->f.args == b->f.args);
}

static void same_places(const answer *a, const answer *b)
{
    EXPECT(a->count == b->count);
    for (size_t i = 0; i < a->count; i++) {
        same_str(a->place[i].name, b->place[i].name);
        same_str(a->place[i].file, b->place[i].file);
        EXPECT(a->place[i].line == b->place[i].line &&
               a->place[i].flags == b->place[i].flags);
    }
}

static void same_row(const answer *a, const answer *b)
{
    EXPECT(a->row_status == b->row_status);
    if (a->row_status != MDW_OK)
        return;
    EXPECT(a->row.set == b->row.set);
    same_rule(&a->row.cfa, &b->row.cfa);
    for (uint32_t i = 0; i < MDW_MAX_REGS; i++)
        if (a->row.set >> i & 1)
            same_rule(&a->row.reg[i], &b->row.reg[i]);
}

static void same(const answer *a, const answer *b)
{
    same_function(a, b);
    same_places(a, b);
    same_row(a, b);
}

static index_view *open_level(mdw_bytes in, uint32_t level, bytes *out,
                              arena *store)
{
    mdw_index_options o = MDW_INIT(mdw_index_options);
    mdw_budget budget = MDW_INIT(mdw_budget);
    index_view *v = NULL;
    budget.memory = LIMIT;
    o.level = level;
    o.budget = &budget;
    o.alloc = &alloc;
    mdw_status status = mdw_index_build(in, &o, (mdw_sink){append, out}, NULL);
    EXPECT(!live);
    EXPECT(status == MDW_OK || status == MDW_E_FORMAT ||
           status == MDW_E_UNSUPPORTED || status == MDW_E_LIMIT);
    if (status == MDW_OK)
        EXPECT(index_open((mdw_bytes){out->data, out->len}, in, store, &v,
                          NULL) == MDW_OK);
    return v;
}

/* What was left out of a full index is in the directory's text still. */
static bool left_out(const index_view *v)
{
    index_counter c;
    for (uint32_t i = 0; index_counter_at(v, i, &c) == MDW_OK; i++)
        if (c.kind == INDEX_DEEP || c.kind == INDEX_RULE)
            return true;
    return false;
}

static void compare(mdw_bytes in, const index_view *d, mdw_bytes d_bytes,
                    const index_view *f, mdw_bytes f_bytes)
{
    bool from_text = index_about(d)->level == MDW_INDEX_DIRECTORY,
         less = left_out(f);
    for (size_t i = 0; i < ASKED && 4 * i + 4 <= in.len; i++) {
        static answer a, b;
        uint32_t rva;
        index_win win;
        memcpy(&rva, in.data + in.len - 4 * i - 4, sizeof rva);
        if (i % 2)
            rva %= 0x400; /* where small files have something */
        ask(d, from_text ? in : d_bytes, rva, &a);
        ask(f, f_bytes, rva, &b);
        if (!less)
            same(&a, &b);
        EXPECT(index_win_at(d, rva, &win) == index_win_at(f, rva, &win));
    }
    EXPECT(!index_damaged(d) && !index_damaged(f));
}

/* --- damage ------------------------------------------------------------- */

/* Of a damaged index: it may say nothing, but nothing that is not so. */
static void true_or_silent(const index_view *v, uint32_t rva,
                           const answer *want)
{
    static answer a;
    a.count = 0;
    a.status = index_find(v, rva, &a.f);
    EXPECT((a.status == MDW_E_DAMAGED) == index_damaged(v));
    if (a.status != MDW_E_DAMAGED)
        same_function(&a, want);
    if (a.status != MDW_OK)
        return;
    if (index_detail(v, &a.f, rva, keep, &a) == MDW_OK)
        same_places(&a, want);
    else
        EXPECT(!a.count && index_damaged(v));
    a.row_status = index_row(v, 0, rva, &a.row);
    if (a.row_status != MDW_E_DAMAGED)
        same_row(&a, want);
    else
        EXPECT(index_damaged(v));
}

/* One byte of the index is another, wherever the input says. */
static void damage(mdw_bytes in, const index_view *good, const bytes *index)
{
    mdw_bytes all = {index->data, index->len};
    arena *store = arena_new(NULL, 0);
    index_view *v;
    uint32_t at, rva;
    uint8_t *copy = malloc(index->len);
    EXPECT(copy && store);
    memcpy(&at, in.data + in.len - 8, sizeof at);
    memcpy(copy, index->data, index->len);
    copy[at % index->len] ^= (uint8_t)(1 + (at >> 24) % 255);
    if (index_open((mdw_bytes){copy, index->len}, in, store, &v, NULL) ==
        MDW_OK)
        for (size_t i = 0; i < ASKED && 4 * i + 4 <= in.len; i++) {
            static answer want;
            memcpy(&rva, in.data + in.len - 4 * i - 4, sizeof rva);
            rva %= 0x400;
            ask(good,
                index_about(good)->level == MDW_INDEX_DIRECTORY ? in : all, rva,
                &want);
            true_or_silent(v, rva, &want);
        }
    arena_close(store);
    free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    mdw_bytes in = {data, size};
    bytes d = {NULL, 0, 0}, f = {NULL, 0, 0};
    arena *store = arena_new(NULL, 0);
    index_view *directory = open_level(in, MDW_INDEX_DIRECTORY, &d, store);
    index_view *full = open_level(in, MDW_INDEX_FULL, &f, store);
    if (directory && full)
        compare(in, directory, (mdw_bytes){d.data, d.len}, full,
                (mdw_bytes){f.data, f.len});
    if (directory && size >= 8)
        damage(in, directory, &d);
    if (full && size >= 8)
        damage(in, full, &f);
    arena_close(store);
    free(d.data);
    free(f.data);
    return 0;
}
