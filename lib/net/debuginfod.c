/* lib/net/debuginfod.c - debuginfod through libdebuginfod, which reads its
 * variables itself and keeps what it fetches in a cache of its own. */
#define _POSIX_C_SOURCE 200809L

#include <elfutils/debuginfod.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/net/net.h"

/* One question, as its progress function sees it. */
typedef struct watch {
    net *net;
    const net_options *options;
    const char *id;
    int64_t moved_at; /* when something last came in */
    long bytes, most;
    bool too_large;
} watch;

/* Anything but 0 ends the transfer. `most` is 0 while nothing is known. */
static int progress(debuginfod_client *client, long have, long most)
{
    watch *w = debuginfod_get_user_data(client);
    const net_options *o = w->options;
    int64_t now = net_now();
    if (have != w->bytes) {
        w->bytes = have;
        w->moved_at = now;
    }
    if (have > w->most)
        w->most = have;
    (void)most;
    net_tell(w->net, w->id, (uint64_t)w->most);
    w->too_large = have > 0 && (uint64_t)have > o->max_bytes;
    return w->too_large || now - w->moved_at > (int64_t)o->timeout_ms;
}

/* The library would hand out the path in memory of its own; the descriptor
 * knows it as well. */
static mdw_status path_of(int fd, char path[NET_PATH_SIZE])
{
    char link[64];
    (void)snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t len = readlink(link, path, NET_PATH_SIZE - 1);
    if (len <= 0)
        return MDW_E_IO;
    path[len] = '\0';
    return MDW_OK;
}

/* ENOSYS: no server is named. */
static mdw_status status_of(int fd, const watch *w, uint64_t *number)
{
    *number = (uint64_t)-fd;
    if (w->too_large)
        return MDW_E_LIMIT;
    return fd == -ENOENT || fd == -ENOSYS ? (mdw_status)MDW_ABSENT
                                          : (mdw_status)MDW_E_IO;
}

mdw_status debuginfod_find(net *n, const net_options *options,
                           const char *build_id, bool executable,
                           char path[NET_PATH_SIZE], uint64_t *bytes,
                           uint64_t *number)
{
    watch w = {
        .net = n, .options = options, .id = build_id, .moved_at = net_now()};
    debuginfod_client *client = debuginfod_begin();
    if (!client)
        return MDW_E_MEMORY;
    debuginfod_set_user_data(client, &w);
    debuginfod_set_progressfn(client, progress);
    const unsigned char *id = (const unsigned char *)build_id;
    int fd = executable ? debuginfod_find_executable(client, id, 0, NULL)
                        : debuginfod_find_debuginfo(client, id, 0, NULL);
    mdw_status status = fd >= 0 ? path_of(fd, path) : status_of(fd, &w, number);
    if (fd >= 0)
        (void)close(fd);
    *bytes = (uint64_t)w.most;
    debuginfod_end(client);
    return status;
}
