/* lib/symbol/index_finish.c - sorts what was put, lays the sections out,
 * hashes them and writes the file from front to back. */
#include <string.h>
#include <xxhash.h>

#include "lib/base/fail.h"
#include "lib/symbol/writer.h"

static void put_le(uint8_t *at, uint64_t v, size_t size)
{
    for (size_t i = 0; i < size; i++)
        at[i] = (uint8_t)(v >> 8 * i);
}

/* Millions of words: one store each. */
static inline void put_word(uint8_t *at, uint32_t v)
{
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    v = __builtin_bswap32(v);
#endif
    memcpy(at, &v, sizeof v);
}

static void put32(index_writer *w, uint32_t section, uint32_t v)
{
    uint8_t bytes[4];
    put_word(bytes, v);
    writer_put(w, section, bytes, sizeof bytes);
}

void index_put_words(index_writer *w, uint32_t section, const uint32_t *words,
                     size_t count)
{
    enum { PART = 64 };
    uint8_t bytes[4 * PART];
    while (count) {
        size_t n = count < PART ? count : PART;
        for (size_t i = 0; i < n; i++)
            put_word(bytes + 4 * i, words[i]);
        writer_put(w, section, bytes, 4 * n);
        words += n;
        count -= n;
    }
}

void index_put_pieces(index_writer *w, uint32_t section, list *pieces)
{
    const piece *from = pieces->items;
    uint8_t *to = pieces->items; /* a record is no longer than a piece */
    if (!from)
        return;
    for (size_t i = 0; i < pieces->count; i++, to += INDEX_CFI_SIZE) {
        piece p = from[i];
        put_word(to + INDEX_PIECE_KEY, p.rva);
        put_word(to + INDEX_PIECE_BYTES, p.bytes);
        put_word(to + INDEX_PIECE_TEXT, (uint32_t)p.number);
    }
    spool_adopt(&w->section[section], &w->pool, pieces,
                pieces->count * INDEX_CFI_SIZE);
}

void index_put_pages(index_writer *w, uint32_t section, const piece *pieces,
                     size_t count, uint64_t end)
{
    uint32_t shift = INDEX_PAGE_SHIFT;
    if (end > UINT32_MAX) /* of an image that claims more than has rvas */
        end = UINT64_C(1) << 32;
    while (shift < INDEX_PAGE_SHIFT_MAX && end >> shift > 2 * count)
        shift++;
    if (!count)
        return;
    put32(w, section, shift);
    size_t i = 0;
    for (uint64_t page = 0; page << shift < end + (UINT64_C(1) << shift);
         page++) {
        while (i < count && pieces[i].rva < page << shift)
            i++;
        put32(w, section, (uint32_t)i);
    }
}

static void put_functions(index_writer *w)
{
    uint64_t ignored;
    size_t gone = piece_sweep(&w->pool, &w->pieces, &ignored);
    index_put_counter(w, INDEX_COVERED, gone, UINT64_MAX);
    const piece *at = w->pieces.items;
    for (size_t i = 0; i < w->pieces.count; i++) {
        put32(w, INDEX_FUNCTION, at[i].rva);
        put32(w, INDEX_FUNCTION, (uint32_t)at[i].number);
    }
    index_put_pages(w, INDEX_FUNCTION_PAGE, at, w->pieces.count,
                    w->info.image_size);
}

static void put_publics(index_writer *w)
{
    piece_sort(&w->pool, &w->publics);
    const piece *at = w->publics.items;
    for (size_t i = 0; i < w->publics.count; i++) {
        put32(w, INDEX_PUBLIC_RVA, at[i].rva);
        put32(w, INDEX_PUBLIC, (uint32_t)at[i].number);
        put32(w, INDEX_PUBLIC, (uint32_t)(at[i].number >> 32));
    }
}

/* Leaves in `sorting` one piece for each record, gaps included. */
static void lay_rows(index_writer *w, const list *rows)
{
    const piece *at = rows->items;
    uint64_t end = 0;
    uint32_t last = 0; /* no rules before the first */
    w->sorting.count = 0;
    for (size_t i = 0; i <= rows->count; i++) {
        bool over = i == rows->count, gap = over || at[i].rva != end;
        piece *p = NULL;
        if (gap && last && end <= UINT32_MAX &&
            (p = list_add(&w->pool, &w->sorting)))
            *p = (piece){(uint32_t)end, 0, 0};
        if (gap)
            last = 0;
        if (over)
            break;
        if (at[i].number != last && (p = list_add(&w->pool, &w->sorting)))
            *p = at[i];
        last = (uint32_t)at[i].number;
        end = (uint64_t)at[i].rva + at[i].bytes;
    }
}

static void put_rows(index_writer *w, list *rows, uint32_t section,
                     uint32_t pages)
{
    uint64_t ignored;
    size_t gone = piece_sweep(&w->pool, rows, &ignored);
    index_put_counter(w, INDEX_COVERED, gone, UINT64_MAX);
    lay_rows(w, rows);
    const piece *at = w->sorting.items;
    for (size_t i = 0; i < w->sorting.count; i++) {
        put32(w, section, at[i].rva);
        put32(w, section, (uint32_t)at[i].number);
    }
    index_put_pages(w, pages, at, w->sorting.count, w->info.image_size);
}

static void put_counters(index_writer *w)
{
    for (uint32_t kind = 0; kind < INDEX_COUNTER_KINDS; kind++) {
        uint8_t record[INDEX_COUNTER_SIZE] = {0};
        if (!w->count[kind])
            continue;
        put_le(record + INDEX_COUNTER_KIND, kind, 4);
        put_le(record + INDEX_COUNTER_FIRST, w->first[kind], 8);
        put_le(record + INDEX_COUNTER_N, w->count[kind], 8);
        writer_put(w, INDEX_COUNTER, record, sizeof record);
    }
}

/* --- the file ---------------------------------------------------------- */

/* Takes the bytes behind INDEX_START, block by block or as they come. */
typedef struct stream {
    index_writer *writer;
    mdw_sink sink; /* write NULL: only hash */
    uint64_t at;   /* bytes so far */
    uint8_t block[INDEX_BLOCK];
} stream;

static void hash_block(stream *s, const uint8_t *block, size_t len)
{
    uint8_t hash[8];
    put_le(hash, XXH3_64bits(block, len), sizeof hash);
    writer_put(s->writer, INDEX_CHECKS, hash, sizeof hash);
}

static bool stream_put(void *user, const void *data, size_t len)
{
    stream *s = user;
    const uint8_t *from = data;
    if (s->sink.write) {
        s->at += len;
        return s->sink.write(s->sink.user, data, len);
    }
    while (len) {
        size_t used = s->at % INDEX_BLOCK, room = INDEX_BLOCK - used;
        size_t part = len < room ? len : room;
        bool whole = part == INDEX_BLOCK;
        if (!whole)
            memcpy(s->block + used, from, part);
        if (part == room)
            hash_block(s, whole ? from : s->block, INDEX_BLOCK);
        s->at += part;
        from += part;
        len -= part;
    }
    return true;
}

static bool pad(stream *s)
{
    static const uint8_t zero[INDEX_ALIGN];
    size_t over = s->at % INDEX_ALIGN;
    return !over || stream_put(s, zero, INDEX_ALIGN - over);
}

/* Every section but CHECKS; its place to `offsets`. */
static bool stream_sections(stream *s, uint64_t *offsets)
{
    index_writer *w = s->writer;
    for (uint32_t id = 0; id < INDEX_CHECKS; id++) {
        if (!w->section[id].size)
            continue;
        if (!pad(s))
            return false;
        offsets[id] = INDEX_START + s->at;
        if (!spool_each(&w->section[id], &w->pool, stream_put, s))
            return false;
    }
    return pad(s);
}

static void put_entry(uint8_t *at, uint32_t id, uint32_t stride,
                      uint64_t offset, uint64_t bytes)
{
    put_le(at + INDEX_ENTRY_ID, id, 4);
    put_le(at + INDEX_ENTRY_STRIDE, stride, 4);
    put_le(at + INDEX_ENTRY_OFFSET, offset, 8);
    put_le(at + INDEX_ENTRY_BYTES, bytes, 8);
}

static uint32_t put_table(const index_writer *w, const uint64_t *offsets,
                          uint8_t *head)
{
    uint32_t n = 0;
#define X(id, name, stride)                                                    \
    if (offsets[id])                                                           \
        put_entry(head + INDEX_HEADER_SIZE + (size_t)INDEX_ENTRY_SIZE * n++,   \
                  id, stride, offsets[id], w->section[id].size);
    INDEX_SECTIONS(X)
#undef X
    return n;
}

static bool append(void *user, const void *data, size_t len)
{
    uint8_t **to = user;
    memcpy(*to, data, len);
    *to += len;
    return true;
}

static uint64_t hash_checks(index_writer *w)
{
    spool *checks = &w->section[INDEX_CHECKS];
    size_t size = (size_t)checks->size; /* 8 bytes for 4 KiB of index */
    uint8_t *all = pool_take(&w->pool, size, 1), *to = all;
    if (!all)
        return 0;
    if (!spool_each(checks, &w->pool, append, &to))
        pool_fail(&w->pool, MDW_E_IO);
    uint64_t hash = XXH3_64bits(all, size);
    pool_give(&w->pool, all, size, 1);
    return hash;
}

static void make_head(index_writer *w, const uint64_t *offsets, uint8_t *head)
{
    const index_info *i = &w->info;
    memset(head, 0, INDEX_START);
    static const char magic[8] = INDEX_MAGIC; /* no NUL */
    memcpy(head + INDEX_AT_MAGIC, magic, sizeof magic);
    put_le(head + INDEX_AT_VERSION, INDEX_VERSION, 4);
    put_le(head + INDEX_AT_SECTIONS, put_table(w, offsets, head), 4);
    put_le(head + INDEX_AT_SIZE,
           offsets[INDEX_CHECKS] + w->section[INDEX_CHECKS].size, 8);
    put_le(head + INDEX_AT_LEVEL, i->level, 4);
    put_le(head + INDEX_AT_HAS, i->has, 4);
    memcpy(head + INDEX_AT_GUID, i->id.guid, sizeof i->id.guid);
    put_le(head + INDEX_AT_AGE, i->id.age, 4);
    put_le(head + INDEX_AT_FORM, i->id.form, 4);
    put_le(head + INDEX_AT_ARCH, i->arch, 4);
    put_le(head + INDEX_AT_OS, i->os, 4);
    put_le(head + INDEX_AT_SOURCE_SIZE, i->source_size, 8);
    put_le(head + INDEX_AT_SOURCE_TIME, (uint64_t)i->source_time, 8);
    memcpy(head + INDEX_AT_SOURCE_HASH, i->source_hash, sizeof i->source_hash);
    put_le(head + INDEX_AT_LINK_BASE, i->link_base, 8);
    put_le(head + INDEX_AT_IMAGE_SIZE, i->image_size, 8);
    put_le(head + INDEX_AT_CHECKS_HASH, hash_checks(w), 8);
    uint64_t seed = XXH3_64bits(head, INDEX_AT_HASH);
    put_le(head + INDEX_AT_HASH,
           XXH3_64bits_withSeed(head + INDEX_HEADER_SIZE,
                                INDEX_START - INDEX_HEADER_SIZE, seed),
           8);
}

/* Once to hash, once to write. */
static bool write_file(index_writer *w, stream *s, mdw_sink out)
{
    uint8_t head[INDEX_START];
    uint64_t offsets[INDEX_SECTION_COUNT] = {0};
    *s = (stream){.writer = w};
    if (!stream_sections(s, offsets))
        return false;
    if (s->at % INDEX_BLOCK)
        hash_block(s, s->block, s->at % INDEX_BLOCK);
    offsets[INDEX_CHECKS] = INDEX_START + s->at;
    make_head(w, offsets, head);
    if (w->pool.status != MDW_OK || !out.write(out.user, head, sizeof head))
        return false;
    s->sink = out;
    s->at = 0;
    return stream_sections(s, offsets) &&
           spool_each(&w->section[INDEX_CHECKS], &w->pool, stream_put, s);
}

static void put_sections(index_writer *w)
{
    if (w->info.level == MDW_INDEX_FULL) {
        put_functions(w);
        put_rows(w, &w->rows[0], INDEX_ROW, INDEX_ROW_PAGE);
        put_rows(w, &w->rows[1], INDEX_ROW_2, INDEX_ROW_2_PAGE);
        put_rows(w, &w->rows[2], INDEX_ROW_3, INDEX_ROW_3_PAGE);
    }
    put_publics(w);
    writer_put_wins(w, true, INDEX_WIN_RVA, INDEX_WIN);
    writer_put_wins(w, false, INDEX_FPO_RVA, INDEX_FPO);
    put_counters(w);
}

mdw_status index_finish(index_writer *w, mdw_sink out, mdw_error *err)
{
    put_sections(w);
    stream *s = pool_take(&w->pool, 1, sizeof *s);
    if (s && !write_file(w, s, out))
        pool_fail(&w->pool, MDW_E_IO);
    pool_give(&w->pool, s, 1, sizeof *s);
    mdw_status status = w->pool.status;
    index_writer_close(w);
    return status == MDW_OK ? status : fail(err, status, "index");
}
