/* lib/symbol/cache.h - the folder in which indexes and downloads outlive the
 * process. Any of its files may be cut, old, foreign or gone at any moment.
 *
 *   HEX.index  an index (index.h)
 *   HEX.file   a download, as it came
 *   HEX.miss   empty: a server said that it has no such file, when this was
 *              last changed */
#ifndef MDW_SYMBOL_CACHE_H
#define MDW_SYMBOL_CACHE_H

#include "lib/source/disk.h"
#include "lib/symbol/path.h"
#include "mdwalk/source.h"
#include "mdwalk/symbol.h"

enum cache_kind { CACHE_INDEX, CACHE_FILE, CACHE_MISS };

/* XXH3-128 of INDEX_VERSION, the module's identity and the place of the source
 * as the file's name: nothing out of a dump is ever part of a path. False when
 * the folder's name is too long. */
bool cache_path(const char *folder, uint32_t kind, const mdw_module *module,
                mdw_str place, path *out);

/* What an index must have been made of. */
typedef struct cache_source {
    uint64_t size; /* of the bytes that were indexed */
    int64_t time;  /* ns since 1970 */
} cache_source;

/* The index at `file`, mapped. MDW_ABSENT: none, or one of another version or
 * another source. */
mdw_status cache_open(const char *file, cache_source source,
                      const mdw_allocator *alloc, mdw_source **out);
/* Writes it so that it appears whole. */
mdw_status cache_write(const char *folder, const char *file, mdw_bytes bytes,
                       mdw_error *err);
/* Whether a miss was noted in the last `seconds`. */
bool cache_missed(const char *file, uint32_t seconds);

#endif
