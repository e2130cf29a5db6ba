/* fuzz/fuzz_index.c - an index by an enemy who knows how to hash: every answer
 * comes, is made of the file's own bytes, and in bounded time.
 *
 * The input is an index, or what one is made of: level, has, number of
 * sections, for each of them id and size (2 bytes), their contents, and what is
 * left is the source of a directory. */
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "lib/base/str.h"
#include "lib/symbol/index.h"

#define EXPECT(cond)                                                           \
    do                                                                         \
        if (!(cond))                                                           \
            abort();                                                           \
    while (0)

enum { ASKED = 32 };

static uint64_t get(const uint8_t *at, size_t size)
{
    uint64_t v = 0;
    for (size_t i = size; i--;)
        v = v << 8 | at[i];
    return v;
}

static void put(uint8_t *at, uint64_t v, size_t size)
{
    for (size_t i = 0; i < size; i++)
        at[i] = (uint8_t)(v >> 8 * i);
}

/* Makes the hashes hold, so that what they guard is reached. */
static void make_valid(uint8_t *b, size_t len)
{
    memcpy(b, INDEX_MAGIC, 8);
    put(b + INDEX_AT_VERSION, INDEX_VERSION, 4);
    put(b + INDEX_AT_SIZE, len, 8);
    uint64_t n = get(b + INDEX_AT_SECTIONS, 4);
    for (uint64_t i = 0; i < n && i < 64; i++) {
        const uint8_t *e = b + INDEX_HEADER_SIZE + INDEX_ENTRY_SIZE * i;
        uint64_t at = get(e + INDEX_ENTRY_OFFSET, 8);
        uint64_t size = get(e + INDEX_ENTRY_BYTES, 8);
        if (get(e, 4) != INDEX_CHECKS || at < INDEX_START || at > len ||
            size > len - at)
            continue;
        for (uint64_t k = 0; k < size / 8; k++) {
            uint64_t from = INDEX_START + k * INDEX_BLOCK;
            uint64_t left = from < at ? at - from : 0;
            put(b + at + 8 * k,
                XXH3_64bits(b + (left ? from : 0),
                            left < INDEX_BLOCK ? left : INDEX_BLOCK),
                8);
        }
        put(b + INDEX_AT_CHECKS_HASH, XXH3_64bits(b + at, size), 8);
    }
    uint64_t seed = XXH3_64bits(b, INDEX_AT_HASH);
    put(b + INDEX_AT_HASH,
        XXH3_64bits_withSeed(b + INDEX_HEADER_SIZE,
                             INDEX_START - INDEX_HEADER_SIZE, seed),
        8);
}

/* --- the short form ----------------------------------------------------- */

static uint32_t stride_of(uint32_t id)
{
    static const uint8_t strides[INDEX_SECTION_COUNT] = {
#define X(id, name, stride) [id] = (stride),
        INDEX_SECTIONS(X)
#undef X
    };
    return id < INDEX_SECTION_COUNT ? strides[id] : 0;
}

enum { SECTIONS = 24, HEAD = 3, ENTRY = 3 };

/* Where each section goes: known before any is written. */
static size_t lay_out(const uint8_t *entries, size_t count, size_t at[SECTIONS])
{
    size_t end = INDEX_START;
    for (size_t i = 0; i < count; i++) {
        at[i] = end;
        end += get(entries + ENTRY * i + 1, 2);
        end = (end + INDEX_ALIGN - 1) & ~(size_t)(INDEX_ALIGN - 1);
    }
    return end;
}

static void put_entry(uint8_t *b, size_t i, uint32_t id, uint64_t at,
                      uint64_t size)
{
    uint8_t *e = b + INDEX_HEADER_SIZE + INDEX_ENTRY_SIZE * i;
    put(e + INDEX_ENTRY_ID, id, 4);
    put(e + INDEX_ENTRY_STRIDE, stride_of(id), 4);
    put(e + INDEX_ENTRY_OFFSET, at, 8);
    put(e + INDEX_ENTRY_BYTES, size, 8);
}

/* Hashes are for make_valid. */
static uint8_t *expand(mdw_bytes in, mdw_bytes *source, size_t *len)
{
    size_t count = in.len > HEAD ? in.data[2] % (SECTIONS + 1) : 0;
    if (in.len < HEAD + ENTRY * count)
        count = 0;
    const uint8_t *entries = in.data + HEAD;
    size_t at[SECTIONS], end = lay_out(entries, count, at);
    size_t checks = (end - INDEX_START + INDEX_BLOCK - 1) / INDEX_BLOCK * 8;
    size_t from = in.len < HEAD ? in.len : HEAD + ENTRY * count;
    *len = end + checks;
    uint8_t *b = calloc(1, *len);
    EXPECT(b);
    for (size_t i = 0; i < count; i++) {
        size_t size = get(entries + ENTRY * i + 1, 2);
        size_t have = in.len - from < size ? in.len - from : size;
        memcpy(b + at[i], in.data + from, have);
        put_entry(b, i, entries[ENTRY * i], at[i], size);
        from += have;
    }
    put_entry(b, count, INDEX_CHECKS, end, checks);
    put(b + INDEX_AT_SECTIONS, count + 1, 4);
    put(b + INDEX_AT_LEVEL, in.len ? in.data[0] & 1 : 0, 4);
    put(b + INDEX_AT_HAS, in.len > 1 ? in.data[1] : 0, 4);
    put(b + INDEX_AT_SOURCE_SIZE, in.len - from, 8);
    *source = (mdw_bytes){in.data + from, in.len - from};
    return b;
}

/* --- asking ------------------------------------------------------------- */

static mdw_bytes parts[2]; /* where a name may lie */

static void inside(mdw_str s)
{
    const uint8_t *at = (const uint8_t *)s.data;
    bool ok = !s.len;
    for (int i = 0; i < 2 && !ok; i++)
        ok = at >= parts[i].data && s.len <= parts[i].len &&
             at - parts[i].data <= (ptrdiff_t)(parts[i].len - s.len);
    EXPECT(ok);
}

static void see_row(const sym_row *row, uint32_t rva)
{
    EXPECT(mdw_range_has(row->pc, rva));
    inside(str_from(row->cfa.expr));
    for (uint32_t i = 0; i < MDW_MAX_REGS; i++)
        if (row->set >> i & 1)
            inside(str_from(row->reg[i].expr));
}

static bool place(void *user, const index_place *p)
{
    size_t *count = user;
    EXPECT(++*count <= INDEX_DEPTH + 1);
    inside(p->name);
    inside(p->file);
    return true;
}

static void ask(const index_view *v, uint32_t rva)
{
    index_function f;
    sym_row row;
    index_win win;
    index_counter counter;
    size_t count = 0;
    mdw_status status = index_find(v, rva, &f);
    if (status == MDW_OK)
        EXPECT(f.start <= rva && (!f.bytes || rva - f.start < f.bytes));
    if (status == MDW_OK)
        status = index_detail(v, &f, rva, place, &count);
    EXPECT(status == MDW_OK || status == MDW_ABSENT || status == MDW_E_DAMAGED);
    EXPECT((status == MDW_OK) == (count > 0));
    for (uint32_t layer = 0; layer < INDEX_ROW_LAYERS; layer++)
        if (index_row(v, layer, rva, &row) == MDW_OK)
            see_row(&row, rva);
    if (index_win_at(v, rva, &win) == MDW_OK) {
        EXPECT(mdw_range_has(win.range, rva));
        inside(win.program);
    }
    for (uint32_t i = 0; i < 4; i++)
        index_counter_at(v, i, &counter);
}

/* A name that was found is found where it was. */
static void ask_name(const index_view *v, uint32_t rva)
{
    index_function f;
    mdw_range r;
    if (index_find(v, rva, &f) != MDW_OK || index_damaged(v) || !f.name.len)
        return;
    mdw_status status = index_find_name(v, f.name, &r);
    EXPECT(status == MDW_OK || status == MDW_ABSENT || status == MDW_E_DAMAGED);
    if (status == MDW_OK)
        EXPECT(r.start <= UINT32_MAX && r.size <= UINT32_MAX);
}

static void ask_all(const index_view *v, mdw_bytes input)
{
    for (uint32_t i = 0; i < ASKED; i++) {
        uint32_t rva = i;
        if (input.len >= 4u * i + 4)
            rva = (uint32_t)get(input.data + input.len - 4 * i - 4, 4) %
                  (i % 2 ? 0x4000 : UINT32_MAX);
        ask(v, rva);
        if (i < 4)
            ask_name(v, rva);
    }
}

/* What no writer writes is refused: the same section twice, half a record. */
static bool has_bad_entry(mdw_bytes in)
{
    size_t count = in.len > HEAD ? in.data[2] % (SECTIONS + 1) : 0;
    uint64_t seen = 0;
    if (in.len < HEAD + ENTRY * count)
        return false;
    for (size_t i = 0; i < count; i++) {
        const uint8_t *e = in.data + HEAD + ENTRY * i;
        uint32_t stride = stride_of(e[0]);
        uint64_t bit = stride ? UINT64_C(1) << e[0] : 0;
        if (seen & bit || e[0] == INDEX_CHECKS ||
            (stride && get(e + 1, 2) % stride))
            return true;
        seen |= bit;
    }
    return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    index_view *v;
    arena *store = arena_new(NULL, 0);
    mdw_bytes input = {data, size}, source = {NULL, 0};
    size_t len = size;
    bool raw = size >= INDEX_START && !memcmp(data, INDEX_MAGIC, 8);
    uint8_t *copy = raw ? malloc(size) : expand(input, &source, &len);
    EXPECT(copy && store);
    if (raw) {
        memcpy(copy, data, size);
        /* A directory's text: as long as it says, from the same bytes. */
        uint64_t want = get(copy + INDEX_AT_SOURCE_SIZE, 8);
        source = (mdw_bytes){copy, want <= size ? (size_t)want : 0};
    }
    make_valid(copy, len);
    mdw_bytes in = {copy, len};
    parts[0] = in;
    parts[1] = source;
    mdw_status status = index_open(in, source, store, &v, NULL);
    EXPECT(raw || status == MDW_OK || has_bad_entry(input));
    if (status == MDW_OK)
        ask_all(v, input);
    arena_close(store);
    free(copy);
    return 0;
}
