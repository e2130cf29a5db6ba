/* lib/sentry/data_crumbs.c - breadcrumbs in two files that a client fills in
 * turn: which is the newer, and how many of both are kept. */
#include "lib/base/str.h"
#include "lib/sentry/data.h"

mdw_status data_crumbs(mdw_sentry_data *d, mdw_bytes bytes, node **out)
{
    node *list = node_new(d, MDW_VALUE_ARRAY);
    if (!list)
        return MDW_E_MEMORY;
    while (bytes.len) {
        node *n;
        mdw_status status = data_msgpack(d, &bytes, &n);
        if (status != MDW_OK)
            return status;
        if (n->kind != MDW_VALUE_OBJECT)
            return MDW_E_FORMAT;
        node_add(list, n, (mdw_str){NULL, 0});
    }
    *out = list;
    return MDW_OK;
}

/* --- times -------------------------------------------------------------- */

static bool digits(mdw_str *text, size_t count, uint64_t *value)
{
    mdw_str part = str_slice(*text, 0, count);
    *text = str_slice(*text, count, text->len);
    return part.len == count && str_decimal(part, value);
}

static bool sign(mdw_str *text, const char *any_of)
{
    char c = (char)(text->len ? *text->data : 0);
    for (const char *at = any_of; c && *at; at++)
        if (c == *at) {
            *text = str_slice(*text, 1, text->len);
            return true;
        }
    return false;
}

/* Days since 1970-01-01 of the proleptic Gregorian calendar, for years from
 * 1 on: whole eras of 400 years, counted from March. */
static int64_t days(uint64_t year, uint64_t month, uint64_t day)
{
    uint64_t y = month > 2 ? year : year - 1;
    uint64_t m = month > 2 ? month - 3 : month + 9;
    uint64_t of_year = (153 * m + 2) / 5 + day - 1;
    return (int64_t)(365 * y + y / 4 - y / 100 + y / 400 + of_year) - 719468;
}

/* "Z", "+01:30", or nothing, which is UTC. */
static int64_t zone_seconds(mdw_str text)
{
    bool west = text.len && *text.data == '-';
    uint64_t hours = 0, minutes = 0;
    if (!sign(&text, "+-") || !digits(&text, 2, &hours))
        return 0;
    (void)sign(&text, ":");
    (void)digits(&text, 2, &minutes);
    int64_t seconds = (int64_t)(hours * 3600 + minutes * 60);
    return west ? -seconds : seconds;
}

/* RFC 3339. */
static bool time_of_text(mdw_str text, double *out)
{
    uint64_t year, month, day, hour, minute, second, fraction = 0;
    double scale = 1;
    if (!digits(&text, 4, &year) || !sign(&text, "-") ||
        !digits(&text, 2, &month) || !sign(&text, "-") ||
        !digits(&text, 2, &day) || !sign(&text, "Tt ") ||
        !digits(&text, 2, &hour) || !sign(&text, ":") ||
        !digits(&text, 2, &minute) || !sign(&text, ":") ||
        !digits(&text, 2, &second) || !year || !month || month > 12)
        return false;
    bool point = sign(&text, ".");
    for (uint64_t digit; point && digits(&text, 1, &digit);) {
        if (scale >= 1e9)
            continue; /* finer than anybody's clock */
        fraction = fraction * 10 + digit;
        scale *= 10;
    }
    *out = (double)(days(year, month, day) * 86400 + (int64_t)(hour * 3600) +
                    (int64_t)(minute * 60 + second) - zone_seconds(text)) +
           (double)fraction / scale;
    return true;
}

static bool time_of(const node *n, double *out)
{
    switch (n ? n->kind : (uint32_t)MDW_VALUE_NULL) {
    case MDW_VALUE_U64:
        *out = (double)n->u.u64;
        return true;
    case MDW_VALUE_I64:
        *out = (double)n->u.i64;
        return true;
    case MDW_VALUE_DOUBLE:
        *out = n->u.number;
        return true;
    case MDW_VALUE_STRING:
        return time_of_text(n->string, out);
    default:
        return false;
    }
}

/* Of the last crumb that has one. */
static bool last_time(const node *list, double *out)
{
    bool found = false;
    for (const node *c = list ? list->first : NULL; c; c = c->next)
        found |= time_of(node_find(c, "timestamp"), out);
    return found;
}

/* --- one list ----------------------------------------------------------- */

/* Without one sorts before everything. */
static bool first_is_newer(const node *first, const node *second)
{
    double a = 0, b = 0;
    bool has_a = last_time(first, &a), has_b = last_time(second, &b);
    return has_a && (!has_b || a > b);
}

/* A copy of the node alone: siblings differ from list to list. */
static bool append(mdw_sentry_data *d, node *to, const node *from,
                   uint64_t *skip)
{
    for (const node *c = from ? from->first : NULL; c; c = c->next) {
        if (*skip) {
            --*skip;
            continue;
        }
        node *copy = node_new(d, c->kind);
        if (!copy)
            return false;
        uint64_t order = copy->order;
        *copy = *c;
        copy->order = order;
        node_add(to, copy, (mdw_str){NULL, 0});
    }
    return true;
}

node *data_crumb_list(mdw_sentry_data *d)
{
    const node *old = d->crumbs[0], *new = d->crumbs[1];
    if (first_is_newer(old, new)) {
        old = d->crumbs[1];
        new = d->crumbs[0];
    }
    uint64_t a = old ? old->count : 0, b = new ? new->count : 0;
    uint64_t skip = a < b ? a : b; /* the last max(a, b) of a + b stay */
    node *out = node_new(d, MDW_VALUE_ARRAY);
    return out && append(d, out, old, &skip) && append(d, out, new, &skip)
               ? out
               : NULL;
}
