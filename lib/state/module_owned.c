/* lib/state/module_owned.c - which module an address belongs to, decided once
 * for walking, symbols and reports. */
#include "lib/base/range.h"
#include "lib/state/parts.h"

static bool is_linux(const mdw_state *s)
{
    return s->system.os == MDW_OS_LINUX || s->system.os == MDW_OS_ANDROID;
}

/* Writers on Linux list shared memory and other mappings that are no program.
 * What has a build id is one, whatever its name. */
static bool is_pseudo(const mdw_state *s, const mdw_module *m)
{
    static const char *const heads[] = {"/SYSV", "/dev/", "/memfd:", "[anon"};
    if (!is_linux(s) || m->debug_id.form)
        return false;
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++)
        if (str_starts(m->code_file, str_of(heads[i])))
            return true;
    return false;
}

/* LLDB records the size of a file's headers for the size of the module. Where
 * the recorded end lies inside the first mapping of the very same file, the
 * mappings that follow without a gap are the module's too. */
static mdw_range widened(const mdw_state *s, const mdw_module *m)
{
    enum { MOST_MAPS = 64, PAGE = 4096 };
    mdw_range r = m->range;
    size_t i = region_after(s, r.start);
    if (!is_linux(s) || !s->regions_are_maps || i == s->regions.count)
        return r;
    mdw_range first = region_at(s, i)->range;
    if (first.start != r.start || r.size >= first.size)
        return r;
    mdw_str path = region_at(s, i)->name; /* /usr/lib for /lib: a link */
    if (!str_equal(str_base_name(path), str_base_name(m->code_file)))
        return r;
    uint64_t size = 0; /* of maps end to end: no overflow */
    for (size_t n = 0; n < MOST_MAPS && i + n < s->regions.count; n++) {
        const mdw_region *map = region_at(s, i + n);
        if (map->range.start - r.start != size || !str_equal(map->name, path))
            break;
        size += map->range.size;
    }
    /* What is only rounded up to a page is no other size. */
    return size > r.size && size - r.size >= PAGE ? (mdw_range){r.start, size}
                                                  : r;
}

static int by_start(const void *a, const void *b)
{
    const owner *x = a, *y = b;
    if (x->range.start != y->range.start)
        return x->range.start < y->range.start ? -1 : 1;
    return x->module < y->module ? -1 : x->module > y->module;
}

static void collect(mdw_state *s)
{
    array_reserve(s, &s->owners, s->modules.count, sizeof(owner));
    for (size_t i = 0; i < s->modules.count; i++) {
        mdw_module *m = module_at(s, i);
        m->owned = (mdw_range){m->range.start, 0};
        if (!m->range.size)
            issue_at(s, MDW_E_RANGE, MDW_STREAM_MODULE_LIST, 0, 0,
                     "MINIDUMP_MODULE.SizeOfImage", m->raw);
        if (!m->range.size || is_pseudo(s, m))
            continue;
        owner *o = array_add(s, &s->owners, sizeof *o);
        if (!o)
            return;
        *o = (owner){widened(s, m), (uint32_t)i, false};
    }
}

/* Linux: of two that overlap the lower one is cut, because writers there make
 * modules of mappings and guess where they end. Of two with one start the
 * first in the list has it. */
static void cut_lower(owner *owners, size_t count)
{
    for (size_t i = 0; i + 1 < count; i++) {
        owner *o = &owners[i];
        size_t next = i + 1;
        for (; next < count && owners[next].range.start == o->range.start;
             next++) {
            owners[next].range.size = 0;
            owners[next].cut = true;
        }
        if (next < count) {
            uint64_t room = owners[next].range.start - o->range.start;
            o->cut = o->cut || o->range.size > room;
            if (o->range.size > room)
                o->range.size = room;
        }
        i = next - 1;
    }
}

/* Elsewhere: the one with the lower start wins whole and the other keeps what
 * is behind its end. */
static void cut_upper(owner *owners, size_t count)
{
    mdw_range before = {0, 0};
    for (size_t i = 0; i < count; i++) {
        owner *o = &owners[i];
        uint64_t head = head_taken(before, o->range);
        o->cut = head > 0;
        if (head > o->range.size)
            head = o->range.size;
        o->range = range_make(o->range.start + head, o->range.size - head);
        if (o->range.size)
            before = o->range;
    }
}

void build_owned(mdw_state *s)
{
    collect(s);
    array_sort(&s->owners, sizeof(owner), by_start);
    owner *owners = s->owners.items;
    if (is_linux(s))
        cut_lower(owners, s->owners.count);
    else
        cut_upper(owners, s->owners.count);
    size_t kept = 0;
    for (size_t i = 0; i < s->owners.count; i++) {
        owner o = owners[i];
        mdw_module *m = module_at(s, o.module);
        m->owned = o.range;
        if (o.cut)
            issue_at(s, MDW_E_RANGE, MDW_STREAM_MODULE_LIST, 0, m->range.start,
                     "MINIDUMP_MODULE overlaps another", m->raw);
        if (o.range.size)
            owners[kept++] = o;
    }
    s->owners.count = kept;
}

uint32_t mdw_state_module_find(const mdw_state *state, uint64_t addr)
{
    const owner *owners = state->owners.items;
    size_t low = 0, high = state->owners.count;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (owners[mid].range.start <= addr)
            low = mid + 1;
        else
            high = mid;
    }
    return low && mdw_range_has(owners[low - 1].range, addr)
               ? owners[low - 1].module
               : MDW_NONE;
}
