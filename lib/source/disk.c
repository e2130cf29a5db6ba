/* lib/source/disk.c - looking at folders, and writing files that appear whole.
 */
#define _DEFAULT_SOURCE /* flock */

#include "lib/source/disk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/buffer.h"
#include "lib/base/fail.h"

#define NS INT64_C(1000000000)

disk_about disk_look(const char *path, int *error)
{
    struct stat s;
    disk_about a = {.kind = DISK_NONE};
    bool there = stat(path, &s) == 0;
    if (error)
        *error = there ? 0 : errno;
    if (!there || (!S_ISREG(s.st_mode) && !S_ISDIR(s.st_mode)))
        return a;
    a.kind = S_ISREG(s.st_mode) ? DISK_FILE : DISK_FOLDER;
    a.size = (uint64_t)s.st_size;
    a.time = (int64_t)s.st_mtim.tv_sec * NS + s.st_mtim.tv_nsec;
    a.device = (uint64_t)s.st_dev;
    a.inode = (uint64_t)s.st_ino;
    return a;
}

int64_t disk_now(void)
{
    struct timespec now = {0};
    (void)clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * NS + now.tv_nsec;
}

typedef struct names {
    buffer text; /* each with its NUL */
    const char **sorted;
    size_t count;
    const mdw_allocator *alloc;
} names;

static mdw_status name_add(names *n, const char *name)
{
    size_t left = strlen(name) + 1;
    while (left) {
        unsigned char *at;
        size_t room;
        mdw_status status = buffer_room(&n->text, left, &at, &room);
        if (status != MDW_OK)
            return status;
        memcpy(at, name, room);
        name += room;
        left -= room;
        status = buffer_filled(&n->text, room);
        if (status != MDW_OK)
            return status;
    }
    n->count++;
    return MDW_OK;
}

static int by_name(const void *left, const void *right)
{
    const char *const *a = left, *const *b = right;
    return strcmp(*a, *b);
}

static mdw_status names_sort(names *n)
{
    n->sorted = block_take(n->alloc, n->count, sizeof *n->sorted);
    if (!n->sorted)
        return MDW_E_MEMORY;
    const char *at = (const char *)buffer_bytes(&n->text).data;
    for (size_t i = 0; i < n->count; i++) {
        n->sorted[i] = at;
        at += strlen(at) + 1;
    }
    qsort(n->sorted, n->count, sizeof *n->sorted, by_name);
    return MDW_OK;
}

mdw_status disk_list(const char *folder, size_t most,
                     const mdw_allocator *alloc, disk_name_fn each, void *user)
{
    DIR *dir = opendir(folder);
    if (!dir)
        return errno == ENOENT || errno == ENOTDIR ? MDW_ABSENT : MDW_E_IO;
    names n = {.text = buffer_new(alloc, UINT64_MAX / 2), .alloc = alloc};
    const struct dirent *entry;
    mdw_status status = MDW_OK;
    while (status == MDW_OK && n.count < most && (entry = readdir(dir)))
        if (entry->d_name[0] != '.')
            status = name_add(&n, entry->d_name);
    (void)closedir(dir);
    if (status == MDW_OK && n.count)
        status = names_sort(&n);
    for (size_t i = 0; status == MDW_OK && i < n.count; i++)
        if (!each(user, n.sorted[i]))
            break;
    block_give(alloc, n.sorted);
    buffer_close(&n.text);
    return status;
}

/* With the folders above it. */
static bool make_folder(const char *folder)
{
    char path[FILENAME_MAX];
    size_t len = strlen(folder);
    if (mkdir(folder, 0777) == 0 || errno == EEXIST)
        return true;
    if (errno != ENOENT || len >= sizeof path)
        return false;
    memcpy(path, folder, len + 1);
    for (size_t i = 1; i < len; i++) {
        if (path[i] != '/')
            continue;
        path[i] = '\0';
        if (mkdir(path, 0777) != 0 && errno != EEXIST)
            return false;
        path[i] = '/';
    }
    return mkdir(folder, 0777) == 0 || errno == EEXIST;
}

static mdw_status io(mdw_error *err, const char *what)
{
    return fail_at(err, MDW_E_IO, 0, 0, (uint64_t)errno, what);
}

#define NEW_PREFIX ".new-"
enum {
    NEW_RANDOM = 6,      /* characters of mkstemp */
    SWEPT_AT_MOST = 4096 /* names of one folder */
};

mdw_status disk_create(disk_file *f, const char *folder, mdw_error *err)
{
    f->fd = -1;
    int len =
        snprintf(f->path, sizeof f->path, "%s/" NEW_PREFIX "XXXXXX", folder);
    if (len < 0 || (size_t)len >= sizeof f->path)
        return fail(err, MDW_E_LIMIT, "path");
    if (!make_folder(folder))
        return io(err, "mkdir");
    f->fd = mkstemp(f->path);
    if (f->fd < 0)
        return io(err, "mkstemp");
    (void)fcntl(f->fd, F_SETFD, FD_CLOEXEC);
    (void)flock(f->fd, LOCK_EX | LOCK_NB); /* for disk_sweep */
    return MDW_OK;
}

bool disk_write(void *user, const void *data, size_t len)
{
    const disk_file *f = user;
    const char *at = data;
    while (len) {
        ssize_t done = write(f->fd, at, len);
        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return false;
        at += done;
        len -= (size_t)done;
    }
    return true;
}

bool disk_rewind(disk_file *f)
{
    return lseek(f->fd, 0, SEEK_SET) == 0 && ftruncate(f->fd, 0) == 0;
}

mdw_status disk_keep(disk_file *f, const char *path, mdw_error *err)
{
    mode_t mode = 0644; /* mkstemp made it for us alone */
    mdw_status status = MDW_OK;
    if (fchmod(f->fd, mode) != 0 || fsync(f->fd) != 0)
        status = io(err, "fsync");
    else if (rename(f->path, path) != 0)
        status = io(err, "rename");
    if (status != MDW_OK) {
        disk_drop(f);
        return status;
    }
    (void)close(f->fd);
    f->fd = -1;
    return MDW_OK;
}

void disk_drop(disk_file *f)
{
    if (f->fd < 0)
        return;
    (void)unlink(f->path);
    (void)close(f->fd);
    f->fd = -1;
}

void disk_remove(const char *path)
{
    (void)unlink(path);
}

static bool is_new(const char *name)
{
    const char prefix[] = NEW_PREFIX;
    return !strncmp(name, prefix, sizeof prefix - 1) &&
           strlen(name) == sizeof prefix - 1 + NEW_RANDOM;
}

/* The lock says that no writer of this machine is left, the age that none of
 * another is, and none that has made the file but not locked it yet. */
static void sweep_one(const char *path, int64_t now)
{
    const int64_t hour = 3600 * NS;
    disk_about about = disk_look(path, NULL);
    if (about.kind != DISK_FILE || about.time > now || now - about.time < hour)
        return;
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return;
    if (flock(fd, LOCK_EX | LOCK_NB) == 0)
        (void)unlink(path);
    (void)close(fd);
}

void disk_sweep(const char *folder)
{
    char path[FILENAME_MAX];
    DIR *dir = opendir(folder);
    const struct dirent *entry;
    int64_t now = disk_now();
    for (int i = 0; dir && i < SWEPT_AT_MOST && (entry = readdir(dir));) {
        if (!is_new(entry->d_name))
            continue;
        int len = snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        if (len > 0 && (size_t)len < sizeof path)
            sweep_one(path, now);
        i++;
    }
    if (dir)
        (void)closedir(dir);
}
