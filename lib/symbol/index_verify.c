/* lib/symbol/index_verify.c - the whole of an index, and of what it was made
 * of, against what was written down. */
#include <string.h>
#include <xxhash.h>

#include "lib/base/fail.h"
#include "lib/symbol/view.h"

static bool is_zero(const uint8_t hash[16])
{
    static const uint8_t zero[16] = {0};
    return !memcmp(hash, zero, sizeof zero);
}

mdw_status index_verify(const index_view *v, mdw_bytes source, mdw_error *err)
{
    const index_info *info = &v->info;
    for (uint64_t block = 0; block < v->checks.count; block++)
        if (!view_check(v, block))
            return fail_at(err, MDW_E_DAMAGED, 0,
                           INDEX_START + block * INDEX_BLOCK, block,
                           "index block");
    if (!source.len || is_zero(info->source_hash))
        return MDW_ABSENT;
    XXH128_canonical_t hash;
    XXH128_canonicalFromHash(&hash, XXH3_128bits(source.data, source.len));
    if (source.len == info->source_size &&
        !memcmp(hash.digest, info->source_hash, sizeof hash.digest))
        return MDW_OK;
    return fail(err, MDW_E_MISMATCH, "source");
}
