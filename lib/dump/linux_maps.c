/* lib/dump/linux_maps.c - LinuxMaps: lines of /proc/PID/maps. */
#include "lib/base/range.h"
#include "lib/dump/text.h"

static const mdw_str deleted = {" (deleted)", 10};

static bool read_range(mdw_str *rest, mdw_range *out)
{
    mdw_str word, first;
    uint64_t start, end;
    if (!str_word(rest, &word) || !str_split(&word, '-', &first) ||
        !str_hex(first, &start) || !str_hex(word, &end) || end < start)
        return false;
    *out = range_make(start, end - start);
    return true;
}

/* "r-xp": a letter that is set, in its place. */
static bool read_flags(mdw_str *rest, uint32_t *out)
{
    static const struct {
        char letter, other;
        uint32_t flag;
    } places[] = {
        {'r', '-', MDW_MAP_READ},
        {'w', '-', MDW_MAP_WRITE},
        {'x', '-', MDW_MAP_EXEC},
        {'s', 'p', MDW_MAP_SHARED},
    };
    mdw_str word;
    if (!str_word(rest, &word) || word.len < 4)
        return false;
    for (size_t i = 0; i < 4; i++) {
        mdw_str letter = str_slice(word, i, i + 1);
        if (!str_find(letter, places[i].letter))
            *out |= places[i].flag;
        else if (str_find(letter, places[i].other))
            return false;
    }
    return true;
}

static bool read_device(mdw_str *rest, uint64_t *out)
{
    mdw_str word, first;
    uint64_t high, low;
    if (!str_word(rest, &word) || !str_split(&word, ':', &first) ||
        !str_hex(first, &high) || !str_hex(word, &low) || high > UINT32_MAX ||
        low > UINT32_MAX)
        return false;
    *out = high << 32 | low;
    return true;
}

/* "start-end perms offset major:minor inode path"; a path may hold blanks. */
static bool read_line(mdw_str line, mdw_raw_map *m)
{
    mdw_str rest = line, offset, inode;
    if (!read_range(&rest, &m->range) || !read_flags(&rest, &m->flags) ||
        !str_word(&rest, &offset) || !str_hex(offset, &m->file_offset) ||
        !read_device(&rest, &m->device) || !str_word(&rest, &inode) ||
        !str_decimal(inode, &m->inode))
        return false;
    m->path = skip_blanks(rest);
    if (str_ends(m->path, deleted)) {
        m->path = str_slice(m->path, 0, m->path.len - deleted.len);
        m->flags |= MDW_MAP_DELETED;
    }
    return true;
}

mdw_status mdw_dump_map_next(const mdw_dump *dump, mdw_cursor *at,
                             mdw_raw_map *out, mdw_error *err)
{
    reader r;
    mdw_str line;
    mdw_raw_map m = MDW_INIT(mdw_raw_map);
    if (stream_open(dump, MDW_STREAM_LINUX_MAPS, &r, err) ||
        !line_next(&r, at, &line, &m.offset))
        return MDW_END;
    if (!read_line(line, &m))
        return fail_at(err, MDW_E_FORMAT, MDW_STREAM_LINUX_MAPS, m.offset,
                       at->index - 1, "line of /proc/PID/maps");
    return record_write(out, &m, sizeof m);
}
