/* lib/symbol/file_open.h - one symbol file: from its bytes, through the index
 * in the cache or a new one, to what answers. */
#ifndef MDW_SYMBOL_FILE_OPEN_H
#define MDW_SYMBOL_FILE_OPEN_H

#include "lib/symbol/files.h"
#include "lib/symbol/symfile.h"

typedef struct open_options {
    const char *cache;
    bool no_cache; /* nothing is read from there */
    const mdw_budget *build;
    const mdw_allocator *alloc; /* outlives every file */
} open_options;

/* What became of it. The bytes belong to `file` and go with its last
 * reference; nothing else has to be given back. */
typedef struct opened_file {
    mdw_status status;
    mdw_symfile *file;       /* with MDW_OK */
    uint32_t kind;           /* enum mdw_symfile_kind */
    uint64_t bytes;          /* mapped and held */
    int64_t time;            /* of the source */
    mdw_bytes source, built; /* `built` empty: nothing new to write down */
    bool by_unit;            /* a whole index is still to be made */
    mdw_error trouble;       /* code 0: none; also beside MDW_OK */
    char detail[MISMATCH_SIZE];
    char index_path[PATH_SIZE]; /* in the cache; "": none */
} opened_file;

void file_open(const file_want *want, int64_t time, const open_options *options,
               opened_file *out);
/* From memory, which it takes. */
void file_take(const file_want *want, buffer *bytes,
               const open_options *options, opened_file *out);

bool file_damaged(const mdw_symfile *file);
uint32_t file_level(const mdw_symfile *file); /* enum mdw_index_level */

mdw_status file_write_index(const opened_file *opened,
                            const open_options *options, mdw_error *err);
/* Indexes everything, and puts that in the place of the directory. */
mdw_status file_write_full(const opened_file *opened,
                           const open_options *options, mdw_error *err);

#endif
