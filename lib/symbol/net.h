/* lib/symbol/net.h - what the library and its network module agree on. The
 * module is loaded when a server is asked for; the two are built together. */
#ifndef MDW_SYMBOL_NET_H
#define MDW_SYMBOL_NET_H

#include "mdwalk/symbol.h"

enum { NET_VERSION = 2, NET_PATH_SIZE = 4096 };
#define NET_MODULE "libmdwalk-net.so.0"
#define NET_SYMBOL "mdw_net"

typedef struct net net;

typedef struct net_options {
    uint32_t max_fetches, timeout_ms;
    uint64_t max_bytes;       /* of one fetch, unpacked */
    mdw_progress_fn progress; /* or NULL */
    void *progress_user;
    mdw_allocator alloc;
} net_options;

/* One file to fetch; the strings and `user` live until `done`. */
typedef struct net_request {
    const char *url;
    mdw_sink into;
    bool (*again)(void *user); /* forget what came: it comes once more */
    /* Once, inside `turn` or `close`, without a lock. MDW_OK, MDW_ABSENT (404,
     * 410), MDW_E_IO with what the server or the network said in `number`,
     * MDW_E_TRUNCATED, MDW_E_LIMIT, MDW_E_CANCELLED. */
    void (*done)(void *user, mdw_status status, uint64_t number,
                 const char *what);
    void *user;
} net_request;

/* Something to send; everything lives until `post` returns. */
typedef struct net_post {
    const char *url;
    const char *const *headers;
    size_t header_count;
    const mdw_bytes *parts; /* of the body, one behind the other */
    size_t part_count;
    uint32_t timeout_ms; /* without a byte going anywhere */
    bool attached;       /* more than an event: limits of attachments count */
} net_post;

enum { NET_TEXT = 1024 };
typedef struct net_answer {
    uint32_t http_status;          /* 0: none came */
    bool again;                    /* another attempt may end otherwise */
    uint32_t retry_after, limited; /* seconds; 0: not said */
    uint64_t number; /* what the network said, without an answer */
    const char *what;
    size_t text_len;
    char text[NET_TEXT];
} net_answer;

typedef struct net_api {
    uint32_t version;
    /* Under the library's lock: libcurl's beginning is not safe on many
     * threads. */
    mdw_status (*open)(const net_options *options, net **out);
    void (*close)(net *n);
    /* From any thread; does not block. */
    mdw_status (*start)(net *n, const net_request *request);
    /* Moves everything on, until something is done or `ms` have passed
     * (MDW_ABSENT). Many threads may call: one of them moves, others wait. */
    mdw_status (*turn)(net *n, uint32_t ms);
    /* Asks the servers of DEBUGINFOD_URLS, and blocks. The file's path in
     * libdebuginfod's cache; MDW_ABSENT; MDW_E_IO with errno in `number`. */
    mdw_status (*debuginfod)(net *n, const char *build_id, bool executable,
                             char path[NET_PATH_SIZE], uint64_t *number);
    /* Blocks. MDW_OK: taken (2xx); MDW_E_IO; MDW_E_MEMORY. */
    mdw_status (*post)(const net_post *request, net_answer *out);
} net_api;

typedef const net_api *(*net_entry_fn)(uint32_t version);

/* lib/symbol/net_loader.c. `path` NULL: NET_MODULE, as the loader finds it.
 * MDW_E_UNSUPPORTED: there is none that fits. */
mdw_status net_load(const char *path, const net_api **out, mdw_error *err);

#endif
