/* mdwalk/symbol.h - names, lines and unwind rows from symbol files, and the
 * interface through which an embedder supplies them. */
#ifndef MDWALK_SYMBOL_H
#define MDWALK_SYMBOL_H

#include "mdwalk/base.h"
#include "mdwalk/module.h"
#include "mdwalk/unwind.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A symbol file, debug file or executable, read through its index. Immutable
 * and counted: share it between dumps, threads and caches at will. */
typedef struct mdw_symfile mdw_symfile;

enum mdw_symfile_kind {
    MDW_SYMFILE_ANY, /* look at the first bytes */
    MDW_SYMFILE_BREAKPAD,
    MDW_SYMFILE_ELF,
    MDW_SYMFILE_PE,
    MDW_SYMFILE_MACHO,
    MDW_SYMFILE_PDB,
    MDW_SYMFILE_INDEX /* a built index alone; its source is not needed */
};

/* What a file has. */
enum mdw_symfile_has {
    MDW_HAS_ROWS = 1 << 0,
    MDW_HAS_FUNCTIONS = 1 << 1,
    MDW_HAS_LINES = 1 << 2,
    MDW_HAS_INLINES = 1 << 3,
    MDW_HAS_CODE = 1 << 4, /* the image's own bytes */
    MDW_HAS_SPLIT = 1 << 5 /* units whose functions are in .dwo or .dwp files,
                              which are not read: known by their symbols */
};

typedef struct mdw_symfile_options {
    size_t size;
    uint32_t kind;
    uint32_t arch;           /* picks the slice of a universal file; 0: first */
    const mdw_module *wants; /* identity to insist on (MDW_E_MISMATCH); NULL */
    mdw_bytes index;         /* a built index of `bytes`; len 0: make one */
    const mdw_budget *budget;
    const mdw_allocator *alloc;
    /* Called once, by whoever closes the last reference: `bytes` and `index`
     * are needed no more. Not called when the open fails. NULL: nobody waits.
     */
    void (*release)(void *user);
    void *release_user;
    /* An ELF file without `index` has its symbols alone; with this not 0, its
     * DWARF too, which is read unit by unit, by mdw_symfile_read. `alloc` must
     * then serve every thread that calls that. */
    uint32_t by_unit;
    mdw_str place; /* where it is from, for mdw_symfile_about; copied */
} mdw_symfile_options;

/* Borrows `bytes` and `index` until the last reference is closed. */
MDW_API mdw_status mdw_symfile_open(mdw_bytes bytes,
                                    const mdw_symfile_options *options,
                                    mdw_symfile **out, mdw_error *err);
/* One more reference to the same object. */
MDW_API mdw_symfile *mdw_symfile_hold(const mdw_symfile *file);
MDW_API void mdw_symfile_close(mdw_symfile *file);
MDW_API uint32_t mdw_symfile_has(const mdw_symfile *file);
/* Of a file opened `by_unit`: reads what an answer at `rva` needs, unless that
 * was done. Any thread may call it, and look up meanwhile. MDW_OK, also for
 * other files. MDW_E_MEMORY, MDW_E_CANCELLED: nothing was read. Another
 * negative status, the same whenever asked: the DWARF cannot be read, and
 * symbols answer there. */
MDW_API mdw_status mdw_symfile_read(mdw_symfile *file, uint64_t rva,
                                    mdw_error *err);

typedef struct mdw_symfile_facts {
    size_t size;
    uint32_t kind;  /* enum mdw_symfile_kind; ANY: what the dump itself has */
    uint32_t level; /* enum mdw_index_level of its index */
    uint32_t arch;  /* enum mdw_arch_id */
    mdw_debug_id debug_id;
    uint64_t source_size;    /* of what the index was made of */
    int64_t source_time;     /* ns since 1970; 0: not told */
    uint8_t source_hash[16]; /* XXH3-128, canonical; with has_hash */
    bool has_hash;           /* full indexes have it */
    bool has_index;          /* else: an ELF file as it lies */
    mdw_str place;           /* of the options; lives as long as the file */
} mdw_symfile_facts;
MDW_API mdw_status mdw_symfile_about(const mdw_symfile *file,
                                     mdw_symfile_facts *out);
/* Hashes all of the index, and `source` when it is given. MDW_E_DAMAGED: the
 * index; MDW_E_MISMATCH: another source. MDW_ABSENT: the index is whole, but
 * there is no source or no note of its hash. */
MDW_API mdw_status mdw_symfile_verify(const mdw_symfile *file, mdw_bytes source,
                                      mdw_error *err);

/* Fills rows, user and link_base of `image`; the file must outlive it. */
MDW_API void mdw_symfile_image(const mdw_symfile *file, mdw_image *image);
/* The image's bytes by rva, as linked and not relocated, from segments that are
 * not writable; ELF alone. Without MDW_HAS_CODE `read` is NULL. */
MDW_API mdw_memory mdw_symfile_code(const mdw_symfile *file);

enum mdw_symbol_flag {
    MDW_SYMBOL_INLINE = 1 << 0,  /* an inlined call, not a frame of its own */
    MDW_SYMBOL_NEAREST = 1 << 1, /* the next public symbol below, not a range */
    MDW_SYMBOL_SHARED = 1 << 2   /* other names have this address too */
};

typedef struct mdw_symbol {
    size_t size;
    mdw_str function; /* for people: demangled where that is possible */
    mdw_str raw;      /* the linkage name, if it differs */
    mdw_range range;  /* of the function, relative to the image */
    mdw_str file;     /* empty: unknown */
    uint32_t line;    /* 1-based; 0: unknown */
    uint32_t column;  /* 1-based; 0: unknown */
    uint32_t args;    /* bytes of stack arguments; 0: unknown */
    uint32_t flags;   /* enum mdw_symbol_flag */
    uint64_t
        line_start; /* where the code of the innermost line begins, relative
                       to the image; without a line the function's start */
} mdw_symbol;

/* Calls `each` for the innermost inlined call at `rva` first, outward, and for
 * the function that really has a frame last, until it returns false. Strings
 * live during the call. MDW_ABSENT: nothing covers `rva`. MDW_AGAIN: call
 * mdw_symfile_read first. */
typedef bool (*mdw_symbol_fn)(void *user, const mdw_symbol *symbol);
MDW_API mdw_status mdw_symfile_lookup(const mdw_symfile *file, uint64_t rva,
                                      mdw_symbol_fn each, void *user);
/* Where the symbol `name` lies, exactly as the file spells it, relative to the
 * image; size 0: not said. Data are known to ELF files alone. Of several the
 * one that comes first. Costs a look at every name. MDW_ABSENT: none; `out` is
 * then all zero. */
MDW_API mdw_status mdw_symfile_find(const mdw_symfile *file, mdw_str name,
                                    mdw_range *out);

/* --- building an index ------------------------------------------------- */

enum mdw_index_level {
    MDW_INDEX_DIRECTORY, /* where each function lies in the source's text */
    MDW_INDEX_FULL       /* everything; the source is not needed any more */
};

typedef struct mdw_index_options {
    size_t size;
    uint32_t level;
    const char *temporary; /* folder for what exceeds the budget; NULL: none */
    const mdw_budget *budget;
    const mdw_allocator *alloc;
    int64_t source_time; /* of the source, ns since 1970, to note in the index;
                            0: not told */
} mdw_index_options;

/* Beside mdw_symfile_read the only way into libdwarf, so that a worker can have
 * it done in another process. */
MDW_API mdw_status mdw_index_build(mdw_bytes source,
                                   const mdw_index_options *options,
                                   mdw_sink out, mdw_error *err);

/* --- providers --------------------------------------------------------- */

/* What a file of a module is wanted for. One file may serve several needs; each
 * need goes through the providers on its own, and a file is taken for a need
 * only if it has what the need asks. */
enum mdw_need_id {
    MDW_NEED_ROWS,  /* executable, .sym, debug file */
    MDW_NEED_NAMES, /* .sym, debug file, dSYM, PDB, else the executable */
    MDW_NEED_CODE,  /* the executable */
    MDW_NEED_COUNT
};

/* `issue` lives during the call. */
typedef void (*mdw_issue_fn)(void *user, const mdw_issue *issue);

/* An embedder's source of symbols. Any function may be NULL: not offered. The
 * providers of a list are asked in order; MDW_ABSENT moves to the next, a
 * negative status is noted against the module and then treated as absent. One
 * session calls its providers from the thread that runs it; sessions on other
 * threads may call the same provider at the same time. */
typedef struct mdw_provider {
    size_t size;
    const char *name; /* for reports and traces */
    void *user;
    /* MDW_OK with a reference that the library closes, MDW_ABSENT, or
     * MDW_AGAIN: on its way, ask again after `wait`. Whoever answers MDW_AGAIN
     * must not block here. */
    mdw_status (*locate)(void *user, const mdw_module *module, uint32_t need,
                         mdw_symfile **out);
    /* Blocks until an answer that was MDW_AGAIN may be another, or `ms` have
     * passed (MDW_ABSENT). NULL: mdw_session_run returns MDW_AGAIN instead. */
    mdw_status (*wait)(void *user, uint32_t ms);
    /* For embedders with a symbolicator of their own. MDW_AGAIN as above. */
    mdw_status (*lookup)(void *user, const mdw_module *module, uint64_t rva,
                         mdw_symbol_fn each, void *each_user);
    /* What was refused when `locate` was last asked this: a file with another
     * id, a damaged one, a server that did not answer; `subject` names it and
     * `detail` says both ids. Strings live during the call. Asked once, after
     * an answer other than MDW_AGAIN. */
    void (*refused)(void *user, const mdw_module *module, uint32_t need,
                    mdw_issue_fn each, void *each_user);
} mdw_provider;

/* Symbol files kept between dumps: located, fetched side by side, indexed
 * once, least recently used dropped first. Every function may run on many
 * threads at once; a file wanted by many is fetched and built by one. */
typedef struct mdw_store mdw_store;

/* What is being fetched, for a line on a terminal. */
typedef struct mdw_progress {
    size_t size;
    mdw_str subject; /* the address that moved last, or a build id */
    uint32_t done;   /* fetches that are over */
    uint32_t total;  /* fetches asked for */
    uint64_t bytes;  /* that came in, of all fetches */
} mdw_progress;
typedef void (*mdw_progress_fn)(void *user, const mdw_progress *progress);

typedef struct mdw_store_options {
    size_t size;
    const char *cache;          /* folder; NULL: nothing is ever written */
    uint64_t max_idle;          /* mapped bytes kept without a user; 0: 8 GiB */
    uint32_t max_fetches;       /* side by side; 0: 16 */
    uint32_t timeout_ms;        /* without a byte coming in; 0: 30000 */
    uint32_t absent_seconds;    /* how long "not there" is kept; 0: 3600 */
    const mdw_budget *build;    /* for one index */
    const mdw_allocator *alloc; /* must serve many threads at once */
    uint64_t max_fetch;         /* bytes of one fetch, unpacked; 0: 8 GiB */
    mdw_progress_fn progress;   /* called inside `wait`; NULL: nobody looks */
    void *progress_user;
    const char *net_module; /* file to load for servers; NULL:
                               libmdwalk-net.so.0, as the loader finds it */
} mdw_store_options;

MDW_API mdw_status mdw_store_new(const mdw_store_options *options,
                                 mdw_store **out, mdw_error *err);
/* Asked in the order of adding: a file, a folder, "https://...", "debuginfod".
 */
MDW_API mdw_status mdw_store_add(mdw_store *store, const char *place,
                                 mdw_error *err);
MDW_API void mdw_store_provider(const mdw_store *store, mdw_provider *out);
/* One job that can wait: writing an index down, building a full one for a file
 * that is asked for often, dropping the old. MDW_ABSENT: none. For a thread of
 * the embedder's own; the library starts none. */
MDW_API mdw_status mdw_store_work(const mdw_store *store, mdw_error *err);
MDW_API void mdw_store_close(mdw_store *store);

#ifdef __cplusplus
}
#endif
#endif
