#include "lib/base/str.h"

static char lower(char c)
{
    return (char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
}

bool str_equal_nocase(mdw_str a, mdw_str b)
{
    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++)
        if (lower(a.data[i]) != lower(b.data[i]))
            return false;
    return true;
}

mdw_str str_slice(mdw_str s, size_t from, size_t to)
{
    if (to > s.len)
        to = s.len;
    if (from > to)
        from = to;
    return (mdw_str){s.data ? s.data + from : NULL, to - from};
}

bool str_starts(mdw_str s, mdw_str prefix)
{
    return s.len >= prefix.len &&
           str_equal(str_slice(s, 0, prefix.len), prefix);
}

bool str_ends(mdw_str s, mdw_str suffix)
{
    return s.len >= suffix.len &&
           str_equal(str_slice(s, s.len - suffix.len, s.len), suffix);
}

size_t str_find(mdw_str s, char c)
{
    const char *at = s.len ? memchr(s.data, c, s.len) : NULL;
    return at ? (size_t)(at - s.data) : s.len;
}

size_t str_find_last(mdw_str s, char c)
{
    for (size_t i = s.len; i--;)
        if (s.data[i] == c)
            return i;
    return s.len;
}

static bool blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

mdw_str str_trim(mdw_str s)
{
    size_t from = 0, to = s.len;
    while (from < to && blank(s.data[from]))
        from++;
    while (to > from && blank(s.data[to - 1]))
        to--;
    return str_slice(s, from, to);
}

bool str_split(mdw_str *rest, char separator, mdw_str *out)
{
    if (!rest->len)
        return false;
    size_t at = str_find(*rest, separator);
    *out = str_slice(*rest, 0, at);
    *rest = str_slice(*rest, at + 1, rest->len);
    return true;
}

bool str_word(mdw_str *rest, mdw_str *out)
{
    size_t from = 0;
    while (from < rest->len && blank(rest->data[from]))
        from++;
    size_t to = from;
    while (to < rest->len && !blank(rest->data[to]))
        to++;
    *out = str_slice(*rest, from, to);
    *rest = str_slice(*rest, to, rest->len);
    return out->len > 0;
}

static int digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return 16;
}

static bool number(mdw_str s, uint64_t base, uint64_t *out)
{
    uint64_t value = 0;
    for (size_t i = 0; i < s.len; i++) {
        uint64_t d = (uint64_t)digit(s.data[i]);
        if (d >= base || value > (UINT64_MAX - d) / base)
            return false;
        value = value * base + d;
    }
    *out = value;
    return s.len > 0;
}

bool str_hex(mdw_str s, uint64_t *out)
{
    return number(s, 16, out);
}

bool str_decimal(mdw_str s, uint64_t *out)
{
    return number(s, 10, out);
}

mdw_str str_base_name(mdw_str path)
{
    for (size_t i = path.len; i--;)
        if (path.data[i] == '/' || path.data[i] == '\\')
            return str_slice(path, i + 1, path.len);
    return path;
}
