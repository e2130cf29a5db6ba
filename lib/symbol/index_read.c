/* lib/symbol/index_read.c - opens an index, and hands out its bytes once they
 * are checked. */
#include <xxhash.h>

#include "lib/base/bytes.h"
#include "lib/base/fail.h"
#include "lib/base/leb.h"
#include "lib/base/str.h"
#include "lib/symbol/view.h"

/* By id: the least stride, 0 for an id that is not known. BODY is words of
 * records that vary: its stride is what it is. */
static uint32_t known_stride(uint32_t id)
{
#define X(id, name, stride) [id] = (stride),
    static const uint32_t strides[INDEX_SECTION_COUNT] = {INDEX_SECTIONS(X)};
#undef X
    return id < INDEX_SECTION_COUNT ? strides[id] : 0;
}

static uint64_t hash(mdw_bytes bytes, uint64_t seed)
{
    return XXH3_64bits_withSeed(bytes.data, bytes.len, seed);
}

static bool header_holds(mdw_bytes bytes)
{
    uint64_t want = 0;
    mdw_bytes head = bytes_slice(bytes, 0, INDEX_AT_HASH);
    mdw_bytes rest =
        bytes_slice(bytes, INDEX_HEADER_SIZE, INDEX_START - INDEX_HEADER_SIZE);
    return bytes_uint(bytes, INDEX_AT_HASH, 8, false, &want) &&
           hash(rest, hash(head, 0)) == want;
}

static index_info read_info(mdw_bytes bytes)
{
    reader r = reader_at(bytes, 0, 0, false);
    index_info i = {0};
    reader_skip(&r, INDEX_AT_LEVEL);
    i.level = reader_u32(&r);
    i.has = reader_u32(&r);
    bytes_copy(i.id.guid, reader_bytes(&r, 16), 0, 16);
    i.id.age = reader_u32(&r);
    i.id.form = reader_u32(&r);
    i.arch = reader_u32(&r);
    i.os = reader_u32(&r);
    i.source_size = reader_u64(&r);
    i.source_time = (int64_t)reader_u64(&r);
    bytes_copy(i.source_hash, reader_bytes(&r, 16), 0, 16);
    i.link_base = reader_u64(&r);
    i.image_size = reader_u64(&r);
    return i;
}

/* One entry of the table; false when no writer would have written it. */
static bool read_section(index_view *v, reader *r)
{
    uint32_t id = reader_u32(r), stride = reader_u32(r);
    uint64_t offset = reader_u64(r), size = reader_u64(r);
    uint32_t least = known_stride(id);
    if (!least)
        return true;
    mdw_bytes bytes = bytes_slice(v->bytes, offset, size);
    if (stride < least || stride > INDEX_BLOCK ||
        (id == INDEX_BODY && stride != least) ||
        (least > 1 && (stride % 4 || size % stride)) || offset < INDEX_START ||
        offset % INDEX_ALIGN || bytes.len != size || v->section[id].offset)
        return false;
    v->section[id] = (view_section){table_at(bytes, stride), bytes, offset};
    return true;
}

static bool read_table(index_view *v)
{
    uint64_t count = 0;
    bytes_uint(v->bytes, INDEX_AT_SECTIONS, 4, false, &count);
    if (count > (INDEX_START - INDEX_HEADER_SIZE) / INDEX_ENTRY_SIZE)
        return false;
    reader whole = reader_at(v->bytes, 0, 0, false);
    reader r = reader_sub(&whole, INDEX_HEADER_SIZE, count * INDEX_ENTRY_SIZE);
    while (reader_left(&r))
        if (!read_section(v, &r))
            return false;
    return true;
}

/* CHECKS is the last section, and speaks for all before it. */
static bool read_checks(index_view *v)
{
    const view_section *checks = &v->section[INDEX_CHECKS];
    v->checks = checks->records;
    v->end = checks->offset;
    if (!checks->offset)
        return false;
    for (uint32_t i = 0; i < INDEX_CHECKS; i++) {
        const view_section *s = &v->section[i];
        if (s->offset > v->end || s->bytes.len > v->end - s->offset)
            if (s->offset)
                return false;
    }
    uint64_t blocks = (v->end - INDEX_START + INDEX_BLOCK - 1) / INDEX_BLOCK;
    uint64_t want = 0;
    bytes_uint(v->bytes, INDEX_AT_CHECKS_HASH, 8, false, &want);
    return v->checks.count == blocks && hash(checks->bytes, 0) == want;
}

static mdw_status check_head(mdw_bytes bytes, mdw_error *err)
{
    uint64_t version = 0, size = 0;
    if (!str_equal(str_from(bytes_slice(bytes, 0, 8)), STR(INDEX_MAGIC)))
        return fail(err, MDW_E_FORMAT, "index");
    if (!bytes_uint(bytes, INDEX_AT_VERSION, 4, false, &version) ||
        bytes.len < INDEX_START)
        return fail(err, MDW_E_DAMAGED, "index header");
    if (version != INDEX_VERSION)
        return fail_at(err, MDW_E_UNSUPPORTED, 0, INDEX_AT_VERSION, version,
                       "index version");
    bytes_uint(bytes, INDEX_AT_SIZE, 8, false, &size);
    if (size != bytes.len || !header_holds(bytes))
        return fail_at(err, MDW_E_DAMAGED, 0, INDEX_AT_SIZE, size,
                       "index header");
    return MDW_OK;
}

mdw_status index_open(mdw_bytes bytes, mdw_bytes source, arena *store,
                      index_view **out, mdw_error *err)
{
    mdw_status status = check_head(bytes, err);
    if (status != MDW_OK)
        return status;
    index_view *v = arena_take(store, 1, sizeof *v);
    if (!v)
        return fail(err, MDW_E_MEMORY, "index");
    *v = (index_view){.bytes = bytes, .source = source};
    v->info = read_info(bytes);
    if (v->info.level > MDW_INDEX_FULL || !read_table(v) || !read_checks(v))
        return fail(err, MDW_E_DAMAGED, "index sections");
    if (v->info.level == MDW_INDEX_DIRECTORY &&
        source.len != v->info.source_size)
        return fail_at(err, MDW_E_MISMATCH, 0, INDEX_AT_SOURCE_SIZE, source.len,
                       "index source");
    size_t words = (size_t)v->checks.count / 32 + 1;
    v->trust =
        arena_take(store, 1, sizeof *v->trust + words * sizeof(atomic_uint));
    if (!v->trust)
        return fail(err, MDW_E_MEMORY, "index");
    *out = v;
    return MDW_OK;
}

bool index_damaged(const index_view *v)
{
    return atomic_load_explicit(&v->trust->damaged, memory_order_relaxed);
}

const index_info *index_about(const index_view *v)
{
    return &v->info;
}

void view_damage(const index_view *v)
{
    atomic_store_explicit(&v->trust->damaged, true, memory_order_relaxed);
}

bool view_check(const index_view *v, uint64_t block)
{
    uint64_t at = INDEX_START + block * INDEX_BLOCK, want = 0; /* < 2^47 */
    if (at >= v->end)
        return false;
    uint64_t left = v->end - at;
    mdw_bytes bytes =
        bytes_slice(v->bytes, at, left < INDEX_BLOCK ? left : INDEX_BLOCK);
    bytes_uint(v->checks.bytes, block * 8, 8, false, &want);
    if (hash(bytes, 0) != want) {
        view_damage(v);
        return false;
    }
    atomic_fetch_or_explicit(v->trust->checked + block / 32, 1u << block % 32,
                             memory_order_relaxed);
    return true;
}

static uint32_t after_long(const index_view *v, uint32_t section, uint32_t low,
                           uint32_t high, uint32_t key)
{
    while (low < high) {
        uint32_t mid = low + (high - low) / 2;
        if (view_u32(v, section, mid, 0) <= key)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

uint32_t view_after(const index_view *v, uint32_t section, uint32_t low,
                    uint32_t high, uint32_t key)
{
    const view_section *s = &v->section[section];
    uint32_t count = s->records.count, stride = s->records.stride;
    if (high > count)
        high = count;
    if (low >= high)
        return low;
    uint64_t size = (uint64_t)(high - low) * stride;
    uint64_t at = s->offset + (uint64_t)low * stride;
    if (size > INDEX_BLOCK)
        return after_long(v, section, low, high, key);
    /* At most two blocks. */
    if (!view_trusts_both(v, at, at + size - 1))
        return low;
    return table_after_short(&s->records, low, high, key);
}

uint32_t view_after_paged(const index_view *v, uint32_t section, uint32_t pages,
                          uint32_t key)
{
    uint32_t shift = view_u32(v, pages, 0, 0), count = view_count(v, section);
    if (shift < INDEX_PAGE_SHIFT || shift > INDEX_PAGE_SHIFT_MAX)
        return view_after(v, section, 0, count, key);
    uint32_t page = (key >> shift) + 1; /* <= 2^20 */
    const table *t = view_words(v, pages, page, 2);
    return t ? view_after(v, section, table_u32(t, page, 0),
                          table_u32(t, page + 1, 0), key)
             : view_after(v, section, 0, count, key);
}

mdw_bytes view_bytes(const index_view *v, uint32_t section, uint64_t at,
                     uint64_t len)
{
    const view_section *s = &v->section[section];
    mdw_bytes out = bytes_slice(s->bytes, at, len);
    if (!out.len)
        return (mdw_bytes){NULL, 0};
    uint64_t from = s->offset + at, last = from + out.len - 1;
    uint64_t next = from - from % INDEX_BLOCK + INDEX_BLOCK;
    bool trusted = view_trusts(v, from);
    for (; trusted && next <= last; next += INDEX_BLOCK)
        trusted = view_trusts(v, next);
    return trusted ? out : (mdw_bytes){NULL, 0};
}

/* Of a length that needs more than one byte. */
static mdw_str long_string(const index_view *v, uint64_t at)
{
    reader r = reader_at(view_bytes(v, INDEX_BODY, at, LEB_MAX), 0, 0, false);
    uint64_t len = reader_uleb(&r);
    if (r.bad)
        return (mdw_str){NULL, 0};
    return str_from(view_bytes(v, INDEX_BODY, at + r.pos, len));
}

mdw_str view_string(const index_view *v, uint32_t place)
{
    const view_section *s = &v->section[INDEX_BODY];
    uint64_t len = 0, at = (uint64_t)place * INDEX_BODY_SIZE;
    if (place == MDW_NONE || !bytes_uint(s->bytes, at, 1, false, &len) ||
        !view_trusts(v, s->offset + at))
        return (mdw_str){NULL, 0};
    if (len > 127)
        return long_string(v, at);
    mdw_bytes out = bytes_slice(s->bytes, at + 1, len);
    return view_trusts_both(v, s->offset + at, s->offset + at + out.len)
               ? str_from(out) /* of at most two blocks */
               : (mdw_str){NULL, 0};
}
