/* lib/dump/linux_text.c - text streams: lines of keys and values, NUL-separated
 * text, resource limits. */
#include "lib/dump/text.h"

mdw_str text_rest(const reader *at, const mdw_cursor *cursor)
{
    mdw_str text = str_from(at->bytes);
    size_t from = cursor->offset < text.len ? (size_t)cursor->offset : text.len;
    return str_slice(text, from, text.len);
}

mdw_str skip_blanks(mdw_str rest)
{
    mdw_str left = rest, word;
    if (!str_word(&left, &word))
        return left;
    return str_slice(rest, rest.len - left.len - word.len, rest.len);
}

static mdw_str strip(mdw_str line)
{
    while (str_starts(line, STR("\0")))
        line = str_slice(line, 1, line.len);
    while (str_ends(line, STR("\0")))
        line = str_slice(line, 0, line.len - 1);
    return str_trim(line);
}

bool line_next(const reader *at, mdw_cursor *cursor, mdw_str *line,
               uint64_t *offset)
{
    mdw_str rest = text_rest(at, cursor), next;
    size_t start = at->bytes.len - rest.len;
    bool found = false;
    while (!found && str_split(&rest, '\n', &next)) {
        *line = strip(next);
        found = line->len > 0;
        *offset = at->origin + start;
        start = at->bytes.len - rest.len;
    }
    cursor->offset = start;
    cursor->index += found;
    return found;
}

static mdw_str unquote(mdw_str s)
{
    static const char *const quotes[] = {"\"", "'"};
    for (size_t i = 0; i < 2; i++)
        if (s.len > 1 && str_starts(s, str_of(quotes[i])) &&
            str_ends(s, str_of(quotes[i])))
            return str_slice(s, 1, s.len - 1);
    return s;
}

static const struct {
    uint32_t type;
    char separator;
    bool quoted;
} pair_streams[] = {
    {MDW_STREAM_LINUX_CPU_INFO, ':', false},
    {MDW_STREAM_LINUX_PROC_STATUS, ':', false},
    {MDW_STREAM_LINUX_LSB_RELEASE, '=', true},
};

static mdw_raw_pair split_pair(mdw_str line, char separator, bool quoted)
{
    mdw_raw_pair p = MDW_INIT(mdw_raw_pair);
    size_t at = str_find(line, separator);
    if (at < line.len)
        p.key = str_trim(str_slice(line, 0, at));
    p.value =
        str_trim(at < line.len ? str_slice(line, at + 1, line.len) : line);
    if (quoted)
        p.value = unquote(p.value);
    return p;
}

mdw_status mdw_dump_pair_next(const mdw_dump *dump, uint32_t type,
                              mdw_cursor *at, mdw_raw_pair *out, mdw_error *err)
{
    size_t kind = 0, kinds = sizeof pair_streams / sizeof *pair_streams;
    while (kind < kinds && pair_streams[kind].type != type)
        kind++;
    if (kind == kinds)
        return fail_at(err, MDW_E_UNSUPPORTED, type, 0, type, "pairs");
    reader r;
    mdw_str line;
    uint64_t offset;
    if (stream_open(dump, type, &r, err) || !line_next(&r, at, &line, &offset))
        return MDW_END;
    mdw_raw_pair p = split_pair(line, pair_streams[kind].separator,
                                pair_streams[kind].quoted);
    p.offset = offset;
    return record_write(out, &p, sizeof p);
}

mdw_status mdw_dump_text_next(const mdw_dump *dump, uint32_t type,
                              mdw_cursor *at, mdw_str *out, mdw_error *err)
{
    if (type != MDW_STREAM_LINUX_CMD_LINE && type != MDW_STREAM_LINUX_ENVIRON)
        return fail_at(err, MDW_E_UNSUPPORTED, type, 0, type, "text");
    reader r;
    if (stream_open(dump, type, &r, err))
        return MDW_END;
    mdw_str rest = text_rest(&r, at);
    if (!str_split(&rest, '\0', out))
        return MDW_END;
    at->index++;
    at->offset = r.bytes.len - rest.len;
    return MDW_OK;
}

static bool is_limit(mdw_str word)
{
    uint64_t digit;
    return str_is(word, "unlimited") ||
           str_decimal(str_slice(word, 0, 1), &digit);
}

/* "Max open files   1024   4096   files": the name is what comes before the
 * first number. Writers differ in how wide the columns are. */
static void split_limit(mdw_str line, mdw_raw_limit *l)
{
    mdw_str rest = line, word = {NULL, 0};
    while (str_word(&rest, &word) && !is_limit(word))
        continue;
    l->soft = word;
    l->name = str_trim(str_slice(line, 0, line.len - rest.len - word.len));
    str_word(&rest, &l->hard);
    l->unit = str_trim(rest);
}

mdw_status mdw_dump_limit_next(const mdw_dump *dump, mdw_cursor *at,
                               mdw_raw_limit *out, mdw_error *err)
{
    reader r;
    mdw_raw_limit l = MDW_INIT(mdw_raw_limit);
    mdw_str line;
    if (stream_open(dump, MDW_STREAM_MOZ_LINUX_LIMITS, &r, err))
        return MDW_END;
    bool first = !at->index;
    bool found = line_next(&r, at, &line, &l.offset);
    if (found && first && str_starts(line, STR("Limit")))
        found = line_next(&r, at, &line, &l.offset);
    if (!found)
        return MDW_END;
    split_limit(line, &l);
    return record_write(out, &l, sizeof l);
}
