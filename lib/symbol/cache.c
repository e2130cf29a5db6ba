/* lib/symbol/cache.c - names of cache files, and whether one is still good. */
#include "lib/symbol/cache.h"

#include <xxhash.h>

#include "lib/base/reader.h"
#include "lib/base/str.h"
#include "lib/symbol/index.h"

/* What is hashed: fixed fields, then two texts, each after its length. */
typedef struct key {
    uint8_t bytes[3 * PATH_SIZE];
    size_t len;
} key;

static void key_number(key *k, uint64_t value, unsigned size)
{
    for (unsigned i = 0; i < size; i++)
        k->bytes[k->len++] = (uint8_t)(value >> 8 * i);
}

/* A text over the limit is cut and told by its length: still the same for the
 * same text, and a clash is caught by the identity in the header. */
static void key_text(key *k, mdw_str s)
{
    size_t len = s.len < PATH_SIZE ? s.len : PATH_SIZE;
    key_number(k, s.len, 8);
    if (len)
        memcpy(k->bytes + k->len, s.data, len);
    k->len += len;
}

static void key_id(key *k, const mdw_debug_id *id)
{
    memcpy(k->bytes + k->len, id->guid, sizeof id->guid);
    k->len += sizeof id->guid;
    key_number(k, id->age, 4);
    key_number(k, id->form, 4);
}

bool cache_path(const char *folder, uint32_t kind, const mdw_module *module,
                mdw_str place, path *out)
{
    static const char endings[][8] = {".index", ".file", ".miss"};
    key k = {.len = 0};
    key_number(&k, INDEX_VERSION, 4);
    key_id(&k, &module->debug_id);
    key_text(&k, module->code_id);
    key_text(&k, place);
    XXH128_hash_t hash = XXH3_128bits(k.bytes, k.len);
    XXH128_canonical_t raw;
    XXH128_canonicalFromHash(&raw, hash);
    char hex[2 * sizeof raw.digest + 1];
    for (size_t i = 0; i < sizeof raw.digest; i++) {
        hex[2 * i] = "0123456789abcdef"[raw.digest[i] >> 4];
        hex[2 * i + 1] = "0123456789abcdef"[raw.digest[i] & 15];
    }
    hex[sizeof hex - 1] = '\0';
    path_begin(out, str_of(folder));
    path_part(out, str_of(hex), endings[kind]);
    return !out->bad;
}

/* Only whether it could be the one: what it says is checked by index_open. */
static bool made_of(mdw_bytes index, cache_source source)
{
    reader whole = reader_at(index, 0, 0, false);
    reader r = reader_sub(&whole, INDEX_AT_SOURCE_SIZE, 16);
    uint64_t size = reader_u64(&r);
    int64_t time = (int64_t)reader_u64(&r);
    r = reader_sub(&whole, INDEX_AT_VERSION, 4);
    return reader_u32(&r) == INDEX_VERSION && !r.bad && size == source.size &&
           time == source.time;
}

mdw_status cache_open(const char *file, cache_source source,
                      const mdw_allocator *alloc, mdw_source **out)
{
    mdw_source_options options = MDW_INIT(mdw_source_options);
    options.no_unpack = true;
    options.alloc = alloc;
    mdw_source *opened;
    if (disk_look(file, NULL).kind != DISK_FILE ||
        mdw_source_open(file, &options, &opened, NULL) != MDW_OK)
        return MDW_ABSENT;
    if (!made_of(mdw_source_bytes(opened), source)) {
        mdw_source_close(opened);
        return MDW_ABSENT;
    }
    *out = opened;
    return MDW_OK;
}

mdw_status cache_write(const char *folder, const char *file, mdw_bytes bytes,
                       mdw_error *err)
{
    disk_file f;
    mdw_status status = disk_create(&f, folder, err);
    if (status != MDW_OK)
        return status;
    if (bytes.len && !disk_write(&f, bytes.data, bytes.len)) {
        disk_drop(&f);
        if (err)
            *err = (mdw_error){.code = MDW_E_IO, .what = "write"};
        return MDW_E_IO;
    }
    return disk_keep(&f, file, err);
}

bool cache_missed(const char *file, uint32_t seconds)
{
    disk_about about = disk_look(file, NULL);
    int64_t age = disk_now() - about.time;
    return about.kind == DISK_FILE && age >= 0 &&
           age < (int64_t)seconds * INT64_C(1000000000);
}
