/* lib/symbol/files.h - symbol files of the disk and of servers, each opened,
 * checked and indexed once, by one, for all threads of a store. */
#ifndef MDW_SYMBOL_FILES_H
#define MDW_SYMBOL_FILES_H

#include "lib/base/buffer.h"
#include "lib/symbol/cache.h"
#include "lib/symbol/identity.h"

typedef struct files files;

typedef struct files_options {
    const char *cache; /* folder; NULL: nothing is written */
    uint64_t max_idle; /* bytes mapped or held without a user */
    const mdw_budget *build;
    const mdw_allocator *alloc;
} files_options;

/* Borrows what `options` points to. */
mdw_status files_new(const files_options *options, files **out);
/* Files that are still held elsewhere live on. */
void files_close(files *f);

/* Whoever hears of what was refused. `each` NULL: nobody. */
typedef struct notes {
    mdw_issue_fn each;
    void *user;
} notes;
void note(const notes *n, mdw_status code, uint64_t number, const char *what,
          mdw_str subject, mdw_str detail);

typedef struct file_want {
    const char *path; /* NULL: only a download that is held in memory */
    mdw_str place;    /* what it is known by: the path, or an address */
    const mdw_module *module;
    uint32_t need; /* enum mdw_need_id */
    bool vouched;  /* the caller has seen that it is the module's */
} file_want;

/* MDW_OK with a reference for the caller, MDW_ABSENT when it is not there or
 * does not have what is needed, MDW_END for a download that is not held any
 * more, MDW_E_MISMATCH, or what else is wrong. Blocks while the file is being
 * indexed. */
mdw_status files_get(files *f, const file_want *want, const notes *n,
                     mdw_symfile **out);
/* Takes the bytes of a download that has no file. */
mdw_status files_put(files *f, const file_want *want, buffer *bytes);

/* One job that can wait; MDW_ABSENT: none. */
mdw_status files_work(files *f, mdw_error *err);

#endif
