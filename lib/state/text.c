/* lib/state/text.c - names and texts of all kinds, as UTF-8. */
#include "lib/base/utf8.h"
#include "lib/state/parts.h"

/* Bytes taken of one text; more than any path or annotation has. */
enum { TEXT_MAX = 1 << 20 };

static size_t allowed(mdw_state *s, size_t len)
{
    if (len <= TEXT_MAX)
        return len;
    issue_at(s, MDW_E_LIMIT, 0, 0, len, "text", MDW_NONE);
    return TEXT_MAX;
}

/* One text without room ends all of them: asking again and again would cost
 * a pass over each. */
static mdw_str kept(mdw_state *s, mdw_str text)
{
    if (text.data)
        return text;
    s->text_full = true;
    issue_at(s, MDW_E_LIMIT, 0, 0, 0, "max_memory", MDW_NONE);
    return STR("");
}

mdw_str text_wide(mdw_state *s, mdw_utf16 raw)
{
    if (!raw.len || s->text_full)
        return STR("");
    raw.len = allowed(s, raw.len);
    return kept(s, arena_utf8(s->store, raw));
}

mdw_str text_narrow(mdw_state *s, mdw_str raw)
{
    if (!raw.len || s->text_full)
        return STR("");
    return kept(s,
                utf8_clean(s->store, str_slice(raw, 0, allowed(s, raw.len))));
}

void phrase_add(phrase *p, mdw_str text)
{
    if (text.len > PHRASE_MAX - p->len)
        return;
    if (text.len)
        memcpy(p->text + p->len, text.data, text.len);
    p->len += text.len;
}

void phrase_decimal(phrase *p, uint64_t value)
{
    char digits[20]; /* 2^64 has 20 */
    size_t at = sizeof digits;
    do
        digits[--at] = (char)('0' + value % 10);
    while (value /= 10);
    phrase_add(p, (mdw_str){digits + at, sizeof digits - at});
}

void phrase_hex(phrase *p, uint64_t value, int digits, bool upper)
{
    char text[16];
    const char *set = upper ? "0123456789ABCDEF" : "0123456789abcdef";
    int at = 16;
    while (at && (value || digits > 0)) {
        text[--at] = set[value & 15];
        value >>= 4;
        digits--;
    }
    phrase_add(p, (mdw_str){text + at, (size_t)(16 - at)});
}

mdw_str phrase_str(const phrase *p)
{
    return (mdw_str){p->text, p->len};
}
