/* lib/sentry/dsn.c - a DSN, taken apart and put together anew. */
#include "lib/sentry/dsn.h"

#include <string.h>

#include "lib/base/str.h"

#define CLIENT "mdwalk/0.1.0"

/* What may stand in a URL as it is, and nothing that a header could end with.
 */
static bool is_plain(mdw_str text)
{
    static const char marks[] = "-._~:/[]%";
    const char *at = text.data;
    for (size_t i = 0; i < text.len; i++) {
        char c = at[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                      (c >= '0' && c <= '9');
        if (!letter && (!c || !strchr(marks, c)))
            return false;
    }
    return text.len != 0;
}

typedef struct text {
    char *at;
    size_t len;
    bool full;
} text;

static void add(text *t, mdw_str part)
{
    if (part.len >= DSN_TEXT - t->len) {
        t->full = true;
        return;
    }
    memcpy(t->at + t->len, part.data, part.len);
    t->len += part.len;
    t->at[t->len] = '\0';
}

bool dsn_read(mdw_str whole, dsn *out)
{
    text url = {.at = out->url}, auth = {.at = out->auth};
    mdw_str rest = whole, scheme = STR("https://");
    if (str_starts(rest, STR("http://")))
        scheme = STR("http://");
    if (!str_starts(rest, scheme))
        return false;
    rest = str_slice(rest, scheme.len, rest.len);
    size_t end = str_find(rest, '@');
    mdw_str key = str_slice(rest, 0, end);
    key = str_slice(key, 0, str_find(key, ':')); /* the secret is not used */
    rest = str_slice(rest, end + 1, rest.len);
    while (str_ends(rest, STR("/")))
        rest = str_slice(rest, 0, rest.len - 1);
    size_t slash = str_find_last(rest, '/');
    mdw_str project = str_slice(rest, slash + 1, rest.len);
    mdw_str place = str_slice(rest, 0, slash);
    if (end == whole.len || !is_plain(key) || !is_plain(place) ||
        !is_plain(project))
        return false;
    add(&url, scheme);
    add(&url, place);
    add(&url, STR("/api/"));
    add(&url, project);
    add(&url, STR("/envelope/"));
    add(&auth, STR("X-Sentry-Auth: Sentry sentry_version=7, sentry_client="));
    add(&auth, STR(CLIENT ", sentry_key="));
    add(&auth, key);
    return !url.full && !auth.full;
}
