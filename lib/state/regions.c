/* lib/state/regions.c - what the system said of its address space. */
#include "lib/state/parts.h"

/* winnt.h, PAGE_*: what a page may be used for. */
static const struct {
    uint8_t protect, flags;
} protections[] = {
    {0x02, MDW_REGION_READ},
    {0x04, MDW_REGION_READ | MDW_REGION_WRITE},
    {0x08, MDW_REGION_READ | MDW_REGION_WRITE},
    {0x10, MDW_REGION_EXEC},
    {0x20, MDW_REGION_READ | MDW_REGION_EXEC},
    {0x40, MDW_REGION_READ | MDW_REGION_WRITE | MDW_REGION_EXEC},
    {0x80, MDW_REGION_READ | MDW_REGION_WRITE | MDW_REGION_EXEC},
};
enum { PAGE_GUARD = 0x100, MEM_RESERVE = 0x2000, MEM_FREE = 0x10000 };

/* A guard page traps whatever its protection would allow. */
static uint32_t flags_of_info(const mdw_raw_memory_info *info)
{
    if (info->state & MEM_FREE)
        return MDW_REGION_FREE;
    if (info->state & MEM_RESERVE)
        return MDW_REGION_RESERVED;
    if (info->protect & PAGE_GUARD)
        return MDW_REGION_GUARD;
    for (size_t i = 0; i < sizeof protections / sizeof *protections; i++)
        if (info->protect & protections[i].protect)
            return protections[i].flags;
    return 0;
}

static uint32_t flags_of_map(const mdw_raw_map *map)
{
    uint32_t flags = 0;
    if (map->flags & MDW_MAP_READ)
        flags |= MDW_REGION_READ;
    if (map->flags & MDW_MAP_WRITE)
        flags |= MDW_REGION_WRITE;
    if (map->flags & MDW_MAP_EXEC)
        flags |= MDW_REGION_EXEC;
    return flags;
}

static bool add(mdw_state *s, mdw_range range, uint32_t flags, mdw_str name)
{
    if (!range.size)
        return true;
    mdw_region *r = array_add(s, &s->regions, sizeof *r);
    if (!r)
        return false;
    *r = MDW_INIT(mdw_region);
    r->range = range;
    r->flags = flags;
    r->name = name;
    return true;
}

static void add_infos(mdw_state *s)
{
    mdw_list infos;
    if (!issue_list(s, MDW_STREAM_MEMORY_INFO_LIST, &infos))
        return;
    array_reserve(s, &s->regions, infos.present, sizeof(mdw_region));
    mdw_raw_memory_info info = MDW_INIT(mdw_raw_memory_info);
    for (size_t i = 0; i < infos.present; i++) {
        mdw_error err = {0};
        mdw_status status = mdw_dump_memory_info(s->dump, i, &info, &err);
        if (issue_ok(s, status, &err, MDW_NONE) &&
            !add(s, info.range, flags_of_info(&info), STR("")))
            return;
    }
}

/* Whether there are regions already decides what the lines are needed for;
 * their number is a fact of its own. */
static void add_maps(mdw_state *s)
{
    mdw_stream stream = MDW_INIT(mdw_stream);
    mdw_error err = {0};
    mdw_status status =
        mdw_dump_stream(s->dump, MDW_STREAM_LINUX_MAPS, &stream, &err);
    if (!issue_ok(s, status, &err, MDW_NONE))
        return;
    s->process.has_maps = true;
    s->regions_are_maps = !s->regions.count;
    mdw_cursor at = {0};
    mdw_raw_map map = MDW_INIT(mdw_raw_map);
    while ((status = mdw_dump_map_next(s->dump, &at, &map, &err)) != MDW_END) {
        if (status != MDW_OK)
            issue_add(s, &err, MDW_NONE);
        if (status != MDW_OK && status != MDW_E_FORMAT)
            return;
        s->process.map_count++; /* also of a line that says nothing */
        if (status == MDW_OK && s->regions_are_maps &&
            !add(s, map.range, flags_of_map(&map), text_narrow(s, map.path)))
            return;
    }
}

static int by_start(const void *a, const void *b)
{
    const mdw_region *x = a, *y = b;
    if (x->range.start != y->range.start)
        return x->range.start < y->range.start ? -1 : 1;
    return x->range.size > y->range.size ? -1 : x->range.size < y->range.size;
}

void build_regions(mdw_state *s)
{
    add_infos(s);
    add_maps(s);
    array_sort(&s->regions, sizeof(mdw_region), by_start);
    size_t kept = 0;
    for (size_t i = 0; i < s->regions.count; i++) {
        mdw_region r = *region_at(s, i);
        uint64_t head =
            kept ? head_taken(region_at(s, kept - 1)->range, r.range) : 0;
        if (head >= r.range.size)
            continue;
        r.range = (mdw_range){r.range.start + head, r.range.size - head};
        *region_at(s, kept++) = r;
    }
    s->regions.count = kept;
}

size_t region_after(const mdw_state *s, uint64_t addr)
{
    size_t low = 0, high = s->regions.count;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        mdw_range r = region_at(s, mid)->range;
        if (r.start <= addr && addr - r.start >= r.size)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

mdw_status mdw_state_region_find(const mdw_state *state, uint64_t addr,
                                 mdw_region *out)
{
    size_t i = region_after(state, addr);
    if (i == state->regions.count ||
        !mdw_range_has(region_at(state, i)->range, addr))
        return MDW_ABSENT;
    return mdw_state_region(state, i, out);
}
