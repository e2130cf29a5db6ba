/* lib/dump/dso_debug.c - LinuxDsoDebug: the dynamic loader's list of objects.
 */
#include "lib/dump/dump.h"

/* Breakpad writes its C structures, with natural alignment; other writers the
 * same fields without gaps. Nothing in the stream says which. */
static const struct layout {
    uint8_t pointer;
    bool dense;
    uint8_t debug, map; /* bytes of the record and of a link map */
} layouts[] = {
    {8, false, 40, 24},
    {8, true, 36, 20},
    {4, false, 24, 12},
};
enum {
    LAYOUT_COUNT = sizeof layouts / sizeof *layouts,
    TRIED = 64 /* link maps, before a layout is chosen */
};

/* Returns the offset of the name. */
static uint64_t read_map(const mdw_dump *dump, reader *r,
                         const struct layout *l, mdw_raw_link_map *m)
{
    m->offset = r->origin;
    m->addr = reader_uint(r, l->pointer);
    uint64_t name = reader_u32(r);
    m->name = field_string(dump, name, &m->damage, MDW_DAMAGE_NAME);
    if (l->pointer == 8 && !l->dense)
        reader_skip(r, 4); /* alignment */
    m->dynamic = reader_uint(r, l->pointer);
    return name;
}

/* The name at `offset` lies inside the file and has its NUL behind it. */
static bool has_name(const mdw_dump *dump, const mdw_raw_link_map *m,
                     uint64_t offset)
{
    if (m->damage || !offset)
        return false;
    reader end = reader_sub(&dump->file, offset + 4 + m->name.len, 2);
    return !reader_u16(&end) && !end.bad;
}

/* How many of the first link maps make sense in this layout. */
static uint64_t score(const mdw_dump *dump, const struct layout *l,
                      uint64_t offset, uint64_t count)
{
    uint64_t good = 0;
    for (uint64_t i = 0; i < count && i < TRIED; i++) {
        reader r = reader_sub(&dump->file, offset + i * l->map, l->map);
        mdw_raw_link_map m = {0};
        uint64_t name = read_map(dump, &r, l, &m);
        if (r.bad)
            break;
        good += has_name(dump, &m, name);
    }
    return good;
}

/* Of those with the CPU's pointer width; of all where that is not known. */
static const struct layout *choose(const mdw_dump *dump, uint64_t offset,
                                   uint64_t count)
{
    uint32_t pointer = pointer_size(dump);
    const struct layout *best = NULL;
    uint64_t most = 0;
    for (size_t i = 0; i < LAYOUT_COUNT; i++) {
        if (pointer && layouts[i].pointer != pointer)
            continue;
        uint64_t good = score(dump, &layouts[i], offset, count);
        if (!best || good > most) {
            best = &layouts[i];
            most = good;
        }
    }
    return best;
}

mdw_status mdw_dump_dso_debug(const mdw_dump *dump, mdw_raw_dso_debug *out,
                              mdw_error *err)
{
    reader r;
    mdw_status s = stream_open(dump, MDW_STREAM_LINUX_DSO_DEBUG, &r, err);
    if (s)
        return s;
    mdw_raw_dso_debug d = MDW_INIT(mdw_raw_dso_debug);
    d.offset = r.origin;
    d.version = reader_u32(&r);
    d.maps_offset = reader_u32(&r);
    d.count = reader_u32(&r);
    const struct layout *l = choose(dump, d.maps_offset, d.count);
    d.pointer = l->pointer;
    d.is_packed = l->dense;
    if (l->pointer == 8 && !l->dense)
        reader_skip(&r, 4); /* alignment */
    d.brk = reader_uint(&r, l->pointer);
    d.load_base = reader_uint(&r, l->pointer);
    d.dynamic = reader_uint(&r, l->pointer);
    d.dynamic_section = reader_bytes(&r, reader_left(&r));
    s = reader_status(&r, "MDRawDebug", err);
    return s ? s : record_write(out, &d, sizeof d);
}

static const struct layout *layout_of(const mdw_raw_dso_debug *debug)
{
    for (size_t i = 0; i < LAYOUT_COUNT; i++)
        if (layouts[i].pointer == debug->pointer &&
            (debug->pointer == 4 || layouts[i].dense == debug->is_packed))
            return &layouts[i];
    return NULL;
}

mdw_status mdw_dump_link_map(const mdw_dump *dump,
                             const mdw_raw_dso_debug *debug, size_t index,
                             mdw_raw_link_map *out, mdw_error *err)
{
    const struct layout *l = layout_of(debug);
    if (!l || index >= debug->count)
        return fail_at(err, MDW_E_ARG, MDW_STREAM_LINUX_DSO_DEBUG,
                       debug->offset, index, "MDRawLinkMap");
    /* < 2^38 */
    uint64_t offset = debug->maps_offset + (uint64_t)index * l->map;
    reader r = reader_sub(&dump->file, offset, l->map);
    r.stream = MDW_STREAM_LINUX_DSO_DEBUG;
    mdw_raw_link_map m = MDW_INIT(mdw_raw_link_map);
    read_map(dump, &r, l, &m);
    mdw_status s = reader_status(&r, "MDRawLinkMap", err);
    return s ? s : record_write(out, &m, sizeof m);
}
