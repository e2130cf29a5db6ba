/* lib/symbol/place.h - where symbol files are looked for: one kind of place a
 * file, each a provider of its own. */
#ifndef MDW_SYMBOL_PLACE_H
#define MDW_SYMBOL_PLACE_H

#include "lib/symbol/files.h"
#include "lib/symbol/net.h"

/* What the places of a store share; outlives them. */
typedef struct place_home {
    files *files;
    const mdw_allocator *alloc;
    const char *cache; /* folder; NULL: none */
    uint32_t absent_seconds;
    uint32_t timeout_ms;
    uint64_t max_fetch;
    const net_api *net; /* NULL until a server is added */
    net *fetcher;
} place_home;

typedef struct place place;

typedef struct place_kind {
    const char *name;
    mdw_status (*locate)(place *p, const mdw_module *module, uint32_t need,
                         const notes *n, mdw_symfile **out);
    mdw_status (*wait)(place *p, uint32_t ms); /* NULL: never says AGAIN */
    void (*close)(place *p);
} place_kind;

/* The head of each kind's own record. Many threads may ask at once. */
struct place {
    const place_kind *kind;
    place_home *home;
    char *root; /* NUL-terminated */
};

/* A record of `size` bytes with its head and a copy of `root`; NULL: no
 * memory. */
place *place_new(place_home *home, const place_kind *kind, size_t size,
                 const char *root);
void place_free(place *p); /* the record and its root */
void place_close(place *p);
void place_provider(const place *p, mdw_provider *out);

/* <root>/<debug file>/<ID>/<debug file without .pdb>.sym */
place *place_breakpad(place_home *home, const char *root);
/* Executables and debug files by build id, by the module's path under `root`,
 * and by the debug link of what is found there. */
place *place_buildid(place_home *home, const char *root);
/* A file, or the files of a folder, by what they say they are. */
place *place_flat(place_home *home, const char *file_or_folder);

enum server_layout { SERVER_BREAKPAD, SERVER_DEBUGINFOD };
place *place_server(place_home *home, const char *address, uint32_t layout);
/* Whatever DEBUGINFOD_URLS names, through libdebuginfod and its own cache. */
place *place_debuginfod(place_home *home);

/* The file at `file`, known by that name. */
mdw_status place_get(place *p, const char *file, const mdw_module *module,
                     uint32_t need, const notes *n, mdw_symfile **out);
/* For names an executable's symbols are second to its debug file, wherever that
 * is, and for rows so is .ARM.exidx alone. */
typedef struct better {
    uint32_t need;
    mdw_symfile *second;
} better;
/* True: nothing is better, `file` is the caller's; false: it is kept. */
bool better_take(better *b, mdw_symfile *file);
/* MDW_OK with the second best, else `status`. */
mdw_status better_end(better *b, mdw_symfile **out, mdw_status status);
/* MDW_OK once there is one, before that the first failure. */
mdw_status worse(mdw_status before, mdw_status now);

#endif
