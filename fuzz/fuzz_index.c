/* fuzz/fuzz_index.c - an index by an enemy who knows how to hash: every answer
 * comes, is made of the file's own bytes, and in bounded time. */
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

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
    status = index_row(v, rva, &row);
    if (status == MDW_OK)
        EXPECT(mdw_range_has(row.pc, rva));
    if (index_win_at(v, rva, &win) == MDW_OK) {
        EXPECT(mdw_range_has(win.range, rva));
        inside(win.program);
    }
    for (uint32_t i = 0; i < 4; i++)
        index_counter_at(v, i, &counter);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    index_view *v;
    arena *store = arena_new(NULL, 0);
    uint8_t *copy = malloc(size + !size);
    EXPECT(copy && store);
    memcpy(copy, data, size);
    if (size >= INDEX_START)
        make_valid(copy, size);
    mdw_bytes in = {copy, size};
    /* A directory's text: as long as it says, from the same bytes. */
    uint64_t want =
        size >= INDEX_START ? get(copy + INDEX_AT_SOURCE_SIZE, 8) : 0;
    mdw_bytes source = {copy, want <= size ? (size_t)want : 0};
    parts[0] = in;
    parts[1] = source;
    if (index_open(in, source, store, &v, NULL) == MDW_OK)
        for (uint32_t i = 0; i < ASKED; i++)
            ask(v, size >= 4u * i + 4
                       ? (uint32_t)get(copy + size - 4 * i - 4, 4) %
                             (i % 2 ? 0x4000 : UINT32_MAX)
                       : i);
    arena_close(store);
    free(copy);
    return 0;
}
