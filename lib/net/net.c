/* lib/net/net.c - many transfers at once, on one libcurl multi handle that one
 * thread at a time moves on. */
#define _POSIX_C_SOURCE 200809L

#include "lib/net/net.h"

#include <curl/curl.h>
#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <time.h>

#include "lib/base/buffer.h"

enum {
    ATTEMPTS = 3,
    FIRST_PAUSE =
        100, /* ms before the second; four times that before a third */
    MAX_CONNECT = 10000, /* ms */
    MAX_REDIRECTS = 5,
    NAP = 20 /* ms, when there is nothing to move */
};

typedef struct transfer transfer;
struct transfer {
    transfer *next;
    net *net;
    net_request request;
    CURL *easy;
    uint32_t attempt;
    int64_t not_before; /* net_now */
    uint64_t bytes;     /* of this attempt, unpacked */
    bool over_limit, refused;
};

struct net {
    net_options options;
    pthread_mutex_t lock;
    pthread_cond_t moved;
    bool moving;     /* a thread is inside libcurl */
    uint64_t rounds; /* of those that something was done in */
    transfer *queue, **queue_end;
    uint32_t done, total;
    uint64_t bytes; /* that came in */
    /* of whoever moves */
    CURLM *multi;
    transfer *running;
    uint32_t running_count;
    const char *last_url;
    bool news; /* for progress */
};

int64_t net_now(void)
{
    struct timespec t = {0};
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

void net_tell(net *n, const char *subject, uint64_t more)
{
    mdw_progress p = MDW_INIT(mdw_progress);
    if (!n->options.progress)
        return;
    pthread_mutex_lock(&n->lock);
    p.done = n->done;
    p.total = n->total;
    p.bytes = n->bytes + more;
    pthread_mutex_unlock(&n->lock);
    p.subject = (mdw_str){subject, strlen(subject)};
    n->options.progress(n->options.progress_user, &p);
}

/* --- one transfer ------------------------------------------------------- */

static size_t take(char *data, size_t one, size_t count, void *user)
{
    transfer *t = user;
    size_t len = one * count; /* libcurl: one is 1 */
    if (len > t->net->options.max_bytes - t->bytes) {
        t->over_limit = true;
        return 0;
    }
    t->bytes += len;
    pthread_mutex_lock(&t->net->lock);
    t->net->bytes += len;
    pthread_mutex_unlock(&t->net->lock);
    t->net->last_url = t->request.url;
    t->net->news = true;
    t->refused = !t->request.into.write(t->request.into.user, data, len);
    return t->refused ? 0 : len;
}

static bool set_up(transfer *t)
{
    const net_options *o = &t->net->options;
    long timeout = (long)o->timeout_ms;
    long seconds = timeout < 1000 ? 1 : timeout / 1000;
    CURL *e = t->easy;
    return curl_easy_setopt(e, CURLOPT_URL, t->request.url) == CURLE_OK &&
           !curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "http,https") &&
           !curl_easy_setopt(e, CURLOPT_REDIR_PROTOCOLS_STR, "http,https") &&
           !curl_easy_setopt(e, CURLOPT_FOLLOWLOCATION, 1L) &&
           !curl_easy_setopt(e, CURLOPT_MAXREDIRS, (long)MAX_REDIRECTS) &&
           !curl_easy_setopt(e, CURLOPT_FAILONERROR, 1L) &&
           !curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L) &&
           !curl_easy_setopt(e, CURLOPT_ACCEPT_ENCODING, "") &&
           !curl_easy_setopt(e, CURLOPT_USERAGENT, "mdwalk") &&
           !curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT_MS,
                             timeout < MAX_CONNECT ? timeout : MAX_CONNECT) &&
           !curl_easy_setopt(e, CURLOPT_LOW_SPEED_LIMIT, 1L) &&
           !curl_easy_setopt(e, CURLOPT_LOW_SPEED_TIME, seconds) &&
           !curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, take) &&
           !curl_easy_setopt(e, CURLOPT_WRITEDATA, t) &&
           !curl_easy_setopt(e, CURLOPT_PRIVATE, t);
}

/* What came of one attempt. */
typedef struct outcome {
    mdw_status status;
    uint64_t number;
    const char *what;
    bool worth_another;
} outcome;

static outcome http_outcome(long http)
{
    outcome o = {MDW_E_IO, (uint64_t)http, "HTTP status", false};
    if (http == 404 || http == 410)
        o.status = MDW_ABSENT;
    o.worth_another = http == 429 || http >= 500;
    return o;
}

static outcome judge(const transfer *t, CURLcode code)
{
    long http = 0, os = 0;
    curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &http);
    curl_easy_getinfo(t->easy, CURLINFO_OS_ERRNO, &os);
    if (t->over_limit)
        return (outcome){MDW_E_LIMIT, t->bytes, "max_fetch", false};
    if (t->refused)
        return (outcome){MDW_E_IO, 0, "write", false};
    switch (code) {
    case CURLE_OK:
        return (outcome){MDW_OK, 0, NULL, false};
    case CURLE_HTTP_RETURNED_ERROR:
        return http_outcome(http);
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_CONNECT:
        return (outcome){MDW_E_IO, (uint64_t)os, "connect", true};
    case CURLE_OPERATION_TIMEDOUT:
        return (outcome){MDW_E_IO, ETIMEDOUT, "timeout", false};
    case CURLE_PARTIAL_FILE:
        return (outcome){MDW_E_TRUNCATED, t->bytes, "answer", true};
    case CURLE_BAD_CONTENT_ENCODING:
        return (outcome){MDW_E_DAMAGED, t->bytes, "answer", true};
    case CURLE_OUT_OF_MEMORY:
        return (outcome){MDW_E_MEMORY, 0, "transfer", false};
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR:
    case CURLE_GOT_NOTHING:
        return (outcome){MDW_E_IO, (uint64_t)code, "transfer", true};
    default:
        return (outcome){MDW_E_IO, (uint64_t)code, "transfer", false};
    }
}

/* --- the queue: with the lock ------------------------------------------- */

static void enqueue(net *n, transfer *t)
{
    t->next = NULL;
    *n->queue_end = t;
    n->queue_end = &t->next;
}

/* The first that may begin; NULL: none. */
static transfer *dequeue(net *n, int64_t now)
{
    for (transfer **at = &n->queue; *at; at = &(*at)->next) {
        transfer *t = *at;
        if (t->not_before > now)
            continue;
        *at = t->next;
        if (n->queue_end == &t->next)
            n->queue_end = at;
        return t;
    }
    return NULL;
}

/* When the next of those that pause may begin, at most `until`. */
static int64_t next_start(net *n, int64_t until)
{
    pthread_mutex_lock(&n->lock);
    for (const transfer *t = n->queue; t; t = t->next)
        if (t->not_before < until)
            until = t->not_before;
    pthread_mutex_unlock(&n->lock);
    return until;
}

/* --- moving: one thread ------------------------------------------------- */

static void transfer_end(transfer *t, const outcome *o)
{
    net *n = t->net;
    if (t->easy)
        curl_easy_cleanup(t->easy);
    pthread_mutex_lock(&n->lock);
    n->done++;
    pthread_mutex_unlock(&n->lock);
    n->news = true;
    n->last_url = NULL; /* it is the request's, and goes with `done` */
    t->request.done(t->request.user, o->status, o->number, o->what);
    block_give(&n->options.alloc, t);
}

/* False: it is over already. */
static bool begin(net *n, transfer *t)
{
    static const outcome none = {MDW_E_MEMORY, 0, "transfer", false};
    t->bytes = 0;
    t->over_limit = t->refused = false;
    if (!t->easy)
        t->easy = curl_easy_init();
    if (!t->easy || !set_up(t) ||
        curl_multi_add_handle(n->multi, t->easy) != CURLM_OK) {
        transfer_end(t, &none);
        return false;
    }
    t->next = n->running;
    n->running = t;
    n->running_count++;
    return true;
}

static bool begin_some(net *n)
{
    bool over = false;
    while (n->running_count < n->options.max_fetches) {
        pthread_mutex_lock(&n->lock);
        transfer *t = dequeue(n, net_now());
        pthread_mutex_unlock(&n->lock);
        if (!t)
            break;
        over |= !begin(n, t);
    }
    return over;
}

static void stop_running(net *n, transfer *t)
{
    transfer **at = &n->running;
    while (*at != t)
        at = &(*at)->next;
    *at = t->next;
    n->running_count--;
    curl_multi_remove_handle(n->multi, t->easy);
}

/* False: it goes on with another attempt. */
static bool end_or_repeat(net *n, transfer *t, CURLcode code)
{
    outcome o = judge(t, code);
    stop_running(n, t);
    if (!o.worth_another || ++t->attempt == ATTEMPTS ||
        !t->request.again(t->request.user)) {
        transfer_end(t, &o);
        return true;
    }
    t->not_before = net_now() + (FIRST_PAUSE << 2 * (t->attempt - 1));
    pthread_mutex_lock(&n->lock);
    enqueue(n, t);
    pthread_mutex_unlock(&n->lock);
    return false;
}

static bool collect(net *n)
{
    int left;
    bool over = false;
    const CURLMsg *m;
    while ((m = curl_multi_info_read(n->multi, &left))) {
        char *t = NULL;
        CURLcode code = m->data.result;
        if (m->msg == CURLMSG_DONE &&
            !curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &t) && t)
            over |= end_or_repeat(n, (transfer *)(void *)t, code);
    }
    return over;
}

static void tell(net *n)
{
    if (n->news)
        net_tell(n, n->last_url ? n->last_url : "", 0);
    n->news = false;
}

static bool move(net *n, uint32_t ms)
{
    int64_t until = net_now() + ms;
    for (;;) {
        int running = 0;
        bool over = begin_some(n);
        if (curl_multi_perform(n->multi, &running) != CURLM_OK)
            return true; /* nothing to wait for: whoever asks again sees */
        over |= collect(n);
        tell(n);
        int64_t now = net_now(), next = next_start(n, until);
        if (over || now >= until)
            return over;
        bool free_slot = n->running_count < n->options.max_fetches;
        int64_t pause = (free_slot ? next : until) - now;
        if (!n->running_count && pause > NAP)
            pause = NAP;
        if (pause > 0)
            (void)curl_multi_poll(n->multi, NULL, 0, (int)pause, NULL);
    }
}

/* --- the interface ------------------------------------------------------ */

/* Whoever moves says when something was done. */
static bool wait_for_mover(net *n, uint32_t ms)
{
    struct timespec until;
    uint64_t rounds = n->rounds;
    int error = 0;
    (void)clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += (time_t)(ms / 1000);
    until.tv_nsec += (long)(ms % 1000) * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_nsec -= 1000000000;
        until.tv_sec++;
    }
    while (n->moving && n->rounds == rounds && !error)
        error = pthread_cond_timedwait(&n->moved, &n->lock, &until);
    return n->rounds != rounds;
}

static mdw_status net_turn(net *n, uint32_t ms)
{
    pthread_mutex_lock(&n->lock);
    bool over, mine = !n->moving;
    if (!mine) {
        over = wait_for_mover(n, ms);
        pthread_mutex_unlock(&n->lock);
        return over ? MDW_OK : MDW_ABSENT;
    }
    n->moving = true;
    pthread_mutex_unlock(&n->lock);
    over = move(n, ms);
    pthread_mutex_lock(&n->lock);
    n->moving = false;
    n->rounds += over;
    pthread_cond_broadcast(&n->moved);
    pthread_mutex_unlock(&n->lock);
    return over ? MDW_OK : MDW_ABSENT;
}

static mdw_status net_start(net *n, const net_request *request)
{
    transfer *t = block_take(&n->options.alloc, 1, sizeof *t);
    if (!t)
        return MDW_E_MEMORY;
    *t = (transfer){.net = n, .request = *request};
    pthread_mutex_lock(&n->lock);
    enqueue(n, t);
    n->total++;
    pthread_mutex_unlock(&n->lock);
    (void)curl_multi_wakeup(n->multi);
    return MDW_OK;
}

static mdw_status net_debuginfod(net *n, const char *build_id, bool executable,
                                 char path[NET_PATH_SIZE], uint64_t *number)
{
    uint64_t bytes = 0;
    pthread_mutex_lock(&n->lock);
    n->total++;
    pthread_mutex_unlock(&n->lock);
    mdw_status status = debuginfod_find(n, &n->options, build_id, executable,
                                        path, &bytes, number);
    pthread_mutex_lock(&n->lock);
    n->done++;
    n->bytes += bytes;
    pthread_mutex_unlock(&n->lock);
    net_tell(n, build_id, 0);
    return status;
}

static void net_close(net *n)
{
    static const outcome cancelled = {MDW_E_CANCELLED, 0, "transfer", false};
    while (n->running) {
        transfer *t = n->running;
        stop_running(n, t);
        transfer_end(t, &cancelled);
    }
    while (n->queue) {
        transfer *t = n->queue;
        n->queue = t->next;
        transfer_end(t, &cancelled);
    }
    curl_multi_cleanup(n->multi);
    curl_global_cleanup();
    pthread_cond_destroy(&n->moved);
    pthread_mutex_destroy(&n->lock);
    mdw_allocator alloc = n->options.alloc;
    block_give(&alloc, n);
}

/* The clock of the condition is the one that wait_for_mover reads. */
static bool locks_new(net *n)
{
    pthread_condattr_t attributes;
    if (pthread_condattr_init(&attributes) != 0)
        return false;
    bool made = pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC) == 0 &&
                pthread_cond_init(&n->moved, &attributes) == 0;
    pthread_condattr_destroy(&attributes);
    if (made && pthread_mutex_init(&n->lock, NULL) != 0) {
        pthread_cond_destroy(&n->moved);
        made = false;
    }
    return made;
}

static mdw_status net_open(const net_options *options, net **out)
{
    net *n = block_take(&options->alloc, 1, sizeof *n);
    if (!n)
        return MDW_E_MEMORY;
    *n = (net){.options = *options};
    n->queue_end = &n->queue;
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        block_give(&options->alloc, n);
        return MDW_E_UNSUPPORTED;
    }
    n->multi = curl_multi_init();
    if (!n->multi || !locks_new(n)) {
        curl_multi_cleanup(n->multi);
        curl_global_cleanup();
        block_give(&options->alloc, n);
        return MDW_E_MEMORY;
    }
    curl_multi_setopt(n->multi, CURLMOPT_MAXCONNECTS,
                      (long)options->max_fetches);
    *out = n;
    return MDW_OK;
}

const net_api *mdw_net(uint32_t version)
{
    static const net_api api = {.version = NET_VERSION,
                                .open = net_open,
                                .close = net_close,
                                .start = net_start,
                                .turn = net_turn,
                                .debuginfod = net_debuginfod,
                                .post = net_send};
    return version == NET_VERSION ? &api : NULL;
}
