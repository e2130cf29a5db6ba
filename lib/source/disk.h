/* lib/source/disk.h - what symbols need of a file system beside bytes: what is
 * there, and files that appear whole or not at all. */
#ifndef MDW_SOURCE_DISK_H
#define MDW_SOURCE_DISK_H

#include <stdio.h>

#include "mdwalk/base.h"

enum disk_kind { DISK_NONE, DISK_FILE, DISK_FOLDER };

/* Of a regular file. */
typedef struct disk_about {
    uint32_t kind; /* enum disk_kind */
    uint64_t size;
    int64_t time; /* of its last change, ns since 1970 */
    uint64_t device, inode;
} disk_about;

/* Follows links. Anything but a file or a folder (a fifo would block whoever
 * opens it) is DISK_NONE; `error` is errno then, 0 when it is there. */
disk_about disk_look(const char *path, int *error);
/* ns since 1970, by the clock that files are dated with. */
int64_t disk_now(void);

/* The names in a folder, sorted, without those that begin with '.'; at most
 * `most` of them. `each` returns false to stop. */
typedef bool (*disk_name_fn)(void *user, const char *name);
mdw_status disk_list(const char *folder, size_t most,
                     const mdw_allocator *alloc, disk_name_fn each, void *user);

/* A file on its way. It has a name of its own in the folder until it is kept:
 * whoever writes the same one at the same time makes another. */
typedef struct disk_file {
    int fd; /* -1: none */
    char path[FILENAME_MAX];
} disk_file;

/* Makes the folder, and those above it, when they are missing. MDW_E_IO with
 * errno in `err`. */
mdw_status disk_create(disk_file *f, const char *folder, mdw_error *err);
/* An mdw_sink's; `user` is the disk_file. */
bool disk_write(void *user, const void *data, size_t len);
bool disk_rewind(disk_file *f); /* as if nothing had been written */
/* On the disk, then under its name, which it takes from whatever has it. */
mdw_status disk_keep(disk_file *f, const char *path, mdw_error *err);
void disk_drop(disk_file *f); /* one that was not kept; twice is fine */
void disk_remove(const char *path);
/* Removes what writers that were killed left in the folder: files on their way
 * that nobody has open for writing and that have not changed for an hour. */
void disk_sweep(const char *folder);

#endif
