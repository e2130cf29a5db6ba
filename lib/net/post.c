/* lib/net/post.c - sends one body and reads what the server thinks of it. */
#include <curl/curl.h>
#include <errno.h>
#include <string.h>
#include <strings.h>

#include "lib/net/net.h"

enum { MAX_CONNECT = 10000 /* ms */ };

/* Where the body's reader is. */
typedef struct body {
    const net_post *request;
    size_t part, offset;
    net_answer *answer;
} body;

static size_t give(char *to, size_t one, size_t count, void *user)
{
    body *b = user;
    size_t room = one * count, filled = 0; /* libcurl: one is 1 */
    while (filled < room && b->part < b->request->part_count) {
        mdw_bytes part = b->request->parts[b->part];
        size_t left = part.len - b->offset;
        size_t len = left < room - filled ? left : room - filled;
        const uint8_t *from = part.data;
        if (len)
            memcpy(to + filled, from + b->offset, len);
        filled += len;
        b->offset += len;
        if (b->offset == part.len) {
            b->part++;
            b->offset = 0;
        }
    }
    return filled;
}

/* To the beginning, which is all that libcurl asks for when it starts over. */
static int rewind_body(void *user, curl_off_t offset, int origin)
{
    body *b = user;
    if (offset || origin != SEEK_SET)
        return CURL_SEEKFUNC_CANTSEEK;
    b->part = b->offset = 0;
    return CURL_SEEKFUNC_OK;
}

static size_t take(char *data, size_t one, size_t count, void *user)
{
    net_answer *a = ((body *)user)->answer;
    size_t len = one * count, room = NET_TEXT - 1 - a->text_len;
    size_t kept = len < room ? len : room;
    if (kept)
        memcpy(a->text + a->text_len, data, kept);
    a->text_len += kept;
    a->text[a->text_len] = '\0';
    return len; /* the rest is not wanted, and no fault */
}

/* --- limits ------------------------------------------------------------- */

/* One of the words between `start` and `end`. */
static bool names(const char *start, const char *end, const char *word)
{
    size_t len = strlen(word);
    while (start < end) {
        const char *stop = memchr(start, ';', (size_t)(end - start));
        size_t have = (size_t)((stop ? stop : end) - start);
        if (have == len && !strncasecmp(start, word, len))
            return true;
        start += have + 1;
    }
    return false;
}

/* "60:error;attachment:organization:reason": the seconds, if that is about
 * what was sent. No category: all of them. */
static uint32_t limit_of(const char *at, const char *end, bool attached)
{
    uint64_t seconds = 0;
    while (at < end && *at == ' ')
        at++;
    for (; at < end && *at >= '0' && *at <= '9'; at++)
        if (seconds < UINT32_MAX)
            seconds = seconds * 10 + (uint64_t)(*at - '0');
    if (seconds > UINT32_MAX)
        seconds = UINT32_MAX;
    if (at == end || *at++ != ':')
        return 0;
    const char *stop = memchr(at, ':', (size_t)(end - at));
    if (!stop)
        stop = end;
    bool ours = stop == at || names(at, stop, "error") ||
                names(at, stop, "default") ||
                (attached && names(at, stop, "attachment"));
    return ours ? (uint32_t)seconds : 0;
}

static size_t see_header(char *data, size_t one, size_t count, void *user)
{
    static const char name[] = "x-sentry-rate-limits:";
    body *b = user;
    size_t len = one * count;
    if (len < sizeof name - 1 || strncasecmp(data, name, sizeof name - 1) != 0)
        return len;
    const char *at = data + sizeof name - 1, *end = data + len;
    while (at < end) {
        const char *stop = memchr(at, ',', (size_t)(end - at));
        if (!stop)
            stop = end;
        uint32_t limit = limit_of(at, stop, b->request->attached);
        if (limit > b->answer->limited)
            b->answer->limited = limit;
        at = stop + 1;
    }
    return len;
}

/* --- one attempt -------------------------------------------------------- */

static struct curl_slist *headers_of(const net_post *request)
{
    /* Without an Expect header the body goes at once. */
    struct curl_slist *list = curl_slist_append(NULL, "Expect:");
    for (size_t i = 0; list && i < request->header_count; i++) {
        struct curl_slist *more = curl_slist_append(list, request->headers[i]);
        if (!more) {
            curl_slist_free_all(list);
            return NULL;
        }
        list = more;
    }
    return list;
}

static bool set_up(CURL *e, body *b, struct curl_slist *headers)
{
    const net_post *r = b->request;
    long timeout = (long)r->timeout_ms;
    long seconds = timeout < 1000 ? 1 : timeout / 1000;
    curl_off_t len = 0;
    for (size_t i = 0; i < r->part_count; i++)
        len += (curl_off_t)r->parts[i].len;
    return curl_easy_setopt(e, CURLOPT_URL, r->url) == CURLE_OK &&
           !curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "http,https") &&
           !curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L) &&
           !curl_easy_setopt(e, CURLOPT_USERAGENT, "mdwalk") &&
           !curl_easy_setopt(e, CURLOPT_POST, 1L) &&
           !curl_easy_setopt(e, CURLOPT_POSTFIELDSIZE_LARGE, len) &&
           !curl_easy_setopt(e, CURLOPT_HTTPHEADER, headers) &&
           !curl_easy_setopt(e, CURLOPT_READFUNCTION, give) &&
           !curl_easy_setopt(e, CURLOPT_READDATA, b) &&
           !curl_easy_setopt(e, CURLOPT_SEEKFUNCTION, rewind_body) &&
           !curl_easy_setopt(e, CURLOPT_SEEKDATA, b) &&
           !curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, take) &&
           !curl_easy_setopt(e, CURLOPT_WRITEDATA, b) &&
           !curl_easy_setopt(e, CURLOPT_HEADERFUNCTION, see_header) &&
           !curl_easy_setopt(e, CURLOPT_HEADERDATA, b) &&
           !curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT_MS,
                             timeout < MAX_CONNECT ? timeout : MAX_CONNECT) &&
           !curl_easy_setopt(e, CURLOPT_LOW_SPEED_LIMIT, 1L) &&
           !curl_easy_setopt(e, CURLOPT_LOW_SPEED_TIME, seconds);
}

static mdw_status without_answer(CURL *e, CURLcode code, net_answer *out)
{
    long os = 0;
    curl_easy_getinfo(e, CURLINFO_OS_ERRNO, &os);
    out->http_status = 0;
    out->again = true;
    out->what = "transfer";
    out->number = (uint64_t)code;
    if (code == CURLE_COULDNT_CONNECT || code == CURLE_COULDNT_RESOLVE_HOST) {
        out->what = "connect";
        out->number = (uint64_t)os;
    } else if (code == CURLE_OPERATION_TIMEDOUT) {
        out->what = "timeout";
        out->number = ETIMEDOUT;
    } else if (code == CURLE_OUT_OF_MEMORY) {
        return MDW_E_MEMORY;
    } else if (code == CURLE_URL_MALFORMAT ||
               code == CURLE_PEER_FAILED_VERIFICATION) {
        out->again = false;
    }
    return MDW_E_IO;
}

static mdw_status judge(CURL *e, CURLcode code, net_answer *out)
{
    long http = 0;
    curl_off_t after = 0;
    if (code != CURLE_OK)
        return without_answer(e, code, out);
    curl_easy_getinfo(e, CURLINFO_RESPONSE_CODE, &http);
    curl_easy_getinfo(e, CURLINFO_RETRY_AFTER, &after);
    out->http_status = (uint32_t)http;
    out->retry_after = after < 0            ? 0
                       : after > UINT32_MAX ? UINT32_MAX
                                            : (uint32_t)after;
    out->again = http == 429 || http == 408 || http >= 500;
    out->what = "HTTP status";
    out->number = (uint64_t)http;
    return http >= 200 && http < 300 ? MDW_OK : (mdw_status)MDW_E_IO;
}

mdw_status net_send(const net_post *request, net_answer *out)
{
    body b = {.request = request, .answer = out};
    mdw_status status = MDW_E_MEMORY;
    *out = (net_answer){.http_status = 0};
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        return MDW_E_MEMORY;
    CURL *e = curl_easy_init();
    struct curl_slist *headers = headers_of(request);
    if (e && headers && set_up(e, &b, headers))
        status = judge(e, curl_easy_perform(e), out);
    curl_slist_free_all(headers);
    curl_easy_cleanup(e);
    curl_global_cleanup();
    return status;
}
