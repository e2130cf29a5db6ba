/* lib/source/source.c - opening, mapping and reading; the only code that does.
 */
#define _POSIX_C_SOURCE 200809L

#include "mdwalk/source.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/arena.h"
#include "lib/base/buffer.h"
#include "lib/base/fail.h"
#include "lib/base/options.h"
#include "lib/source/unpack.h"

#define DEFAULT_MAX (UINT64_C(2) << 30) /* bytes */

enum { READ_STEP = 1 << 20 };

struct mdw_source {
    mdw_allocator alloc;
    mdw_bytes bytes;
    void *map; /* NULL: none */
    size_t map_size;
    buffer held;
    mdw_error damage;
};

static mdw_status fail_errno(mdw_error *err, int code, const char *what)
{
    return fail_at(err, MDW_E_IO, 0, 0, (uint64_t)code, what);
}

static void release(mdw_source *s)
{
    if (s->map)
        munmap(s->map, s->map_size);
    s->map = NULL;
    buffer_close(&s->held);
}

/* A descriptor may have been handed down non-blocking: wait, do not spin. */
static ssize_t read_some(int fd, void *at, size_t count)
{
    for (;;) {
        ssize_t got = read(fd, at, count);
        if (got >= 0 || (errno != EINTR && errno != EAGAIN))
            return got;
        struct pollfd wait = {.fd = fd, .events = POLLIN};
        if (errno != EINTR && poll(&wait, 1, -1) < 0 && errno != EINTR)
            return -1;
    }
}

static mdw_status read_all(mdw_source *s, int fd, mdw_error *err)
{
    for (;;) {
        unsigned char *at;
        size_t room;
        mdw_status status = buffer_room(&s->held, READ_STEP, &at, &room);
        ssize_t got = status == MDW_OK ? read_some(fd, at, room) : 0;
        if (got < 0)
            return fail_errno(err, errno, "read");
        if (status == MDW_OK)
            status = buffer_filled(&s->held, (size_t)got);
        if (status != MDW_OK)
            return fail_at(err, status, 0, s->held.len, 0, "file");
        s->bytes = buffer_bytes(&s->held);
        if (!got)
            return MDW_OK;
    }
}

/* False when the file is of a kind that has to be read. Files of /proc say
 * their size is 0 and are read too. */
static bool map_file(mdw_source *s, int fd, const struct stat *about)
{
    if (!S_ISREG(about->st_mode) || about->st_size <= 0 ||
        (uint64_t)about->st_size > SIZE_MAX || lseek(fd, 0, SEEK_CUR) != 0)
        return false;
    size_t size = (size_t)about->st_size;
    void *map = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (map == MAP_FAILED)
        return false;
    s->map = map;
    s->map_size = size;
    s->bytes = (mdw_bytes){map, size};
    return true;
}

static mdw_status load(mdw_source *s, int fd, bool copy, mdw_error *err)
{
    struct stat about;
    if (fstat(fd, &about) != 0)
        return fail_errno(err, errno, "fstat");
    if (!copy && map_file(s, fd, &about))
        return MDW_OK;
    return read_all(s, fd, err);
}

/* Without O_NONBLOCK: a fifo opened before its writer would look empty. */
static mdw_status load_path(mdw_source *s, const char *path, bool copy,
                            mdw_error *err)
{
    int fd;
    do
        fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    while (fd < 0 && errno == EINTR);
    if (fd < 0)
        return fail_errno(err, errno, "open");
    mdw_status status = load(s, fd, copy, err);
    close(fd);
    return status;
}

static mdw_status unpack_layer(mdw_source *s, mdw_error *err)
{
    buffer out = buffer_new(&s->alloc, s->held.limit);
    mdw_status status = unpack(s->bytes, &out, &s->damage, err);
    if (status != MDW_OK) {
        buffer_close(&out);
        return status == MDW_ABSENT ? MDW_OK : status;
    }
    release(s);
    s->held = out;
    s->bytes = buffer_bytes(&out);
    return MDW_OK;
}

static mdw_status source_new(const mdw_source_options *options,
                             mdw_source_options *used, mdw_source **out,
                             mdw_error *err)
{
    mdw_status status = options_read(used, sizeof *used, options);
    if (status != MDW_OK)
        return fail(err, status, "mdw_source_options");
    mdw_allocator alloc = allocator_or_default(used->alloc);
    mdw_source *s = block_take(&alloc, 1, sizeof *s);
    if (!s)
        return fail(err, MDW_E_MEMORY, "source");
    uint64_t max = used->max_bytes ? used->max_bytes : DEFAULT_MAX;
    *s = (mdw_source){.alloc = alloc, .held = buffer_new(&alloc, max)};
    *out = s;
    return MDW_OK;
}

/* The end of both constructors. */
static mdw_status source_done(mdw_source *s, mdw_status status, bool as_is,
                              mdw_source **out, mdw_error *err)
{
    if (status == MDW_OK && !as_is)
        status = unpack_layer(s, err);
    if (status == MDW_OK)
        *out = s;
    else
        mdw_source_close(s);
    return status;
}

mdw_status mdw_source_open(const char *path, const mdw_source_options *options,
                           mdw_source **out, mdw_error *err)
{
    mdw_source_options used;
    mdw_source *s;
    mdw_status status = source_new(options, &used, &s, err);
    if (status != MDW_OK)
        return status;
    if (path)
        status = load_path(s, path, used.copy, err);
    else
        status = load(s, STDIN_FILENO, used.copy, err);
    return source_done(s, status, used.no_unpack, out, err);
}

mdw_status mdw_source_from(mdw_bytes bytes, const mdw_source_options *options,
                           mdw_source **out, mdw_error *err)
{
    mdw_source_options used;
    mdw_source *s;
    mdw_status status = source_new(options, &used, &s, err);
    if (status != MDW_OK)
        return status;
    s->bytes = bytes;
    return source_done(s, MDW_OK, used.no_unpack, out, err);
}

mdw_bytes mdw_source_bytes(const mdw_source *source)
{
    return source->bytes;
}

mdw_status mdw_source_damage(const mdw_source *source, mdw_error *out)
{
    if (source->damage.code == MDW_OK)
        return MDW_ABSENT;
    if (out)
        *out = source->damage;
    return MDW_OK;
}

void mdw_source_close(mdw_source *source)
{
    if (!source)
        return;
    mdw_allocator alloc = source->alloc;
    release(source);
    block_give(&alloc, source);
}
