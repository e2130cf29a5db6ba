/* lib/crash/regions.c - what the address space says about an address. */
#include "lib/crash/parts.h"

#define PAGE UINT64_C(0x1000)

/* A guard is small, closed, and lies at something that is open; none is longer
 * than this. */
#define GUARD_MAX (UINT64_C(2) << 14)

static bool region_get(const scene *s, size_t index, mdw_region *out)
{
    *out = MDW_INIT(mdw_region);
    return index < s->region_count &&
           mdw_state_region(s->state, index, out) == MDW_OK;
}

/* Index of the first region that starts above `addr`: they ascend. */
static size_t after(const scene *s, uint64_t addr)
{
    size_t low = 0, high = s->region_count;
    mdw_region r;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (region_get(s, mid, &r) && r.range.start <= addr)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

static bool is_mapped(const mdw_region *r)
{
    return !(r->flags & MDW_REGION_FREE) && r->range.size;
}

bool region_at(const scene *s, uint64_t addr, mdw_region *out)
{
    size_t i = after(s, data_address(s, addr));
    return i && region_get(s, i - 1, out) && is_mapped(out) &&
           mdw_range_has(out->range, data_address(s, addr));
}

bool region_above(const scene *s, uint64_t addr, mdw_region *out)
{
    for (size_t i = after(s, addr); region_get(s, i, out); i++)
        if (is_mapped(out))
            return true;
    return false;
}

bool region_below(const scene *s, uint64_t addr, mdw_region *out)
{
    for (size_t i = after(s, addr); i-- > 0;)
        if (region_get(s, i, out) && is_mapped(out) &&
            !mdw_range_has(out->range, addr))
            return true;
    return false;
}

bool region_is_open(const mdw_region *r)
{
    return r->flags & (MDW_REGION_READ | MDW_REGION_WRITE | MDW_REGION_EXEC);
}

bool region_allows(const mdw_region *r, uint32_t kind)
{
    if (!kind)
        return region_is_open(r);
    return !((kind & MDW_ACCESS_READ && !(r->flags & MDW_REGION_READ)) ||
             (kind & MDW_ACCESS_WRITE && !(r->flags & MDW_REGION_WRITE)) ||
             (kind & MDW_ACCESS_EXEC && !(r->flags & MDW_REGION_EXEC)));
}

bool region_is_guard(const scene *s, const mdw_region *r)
{
    mdw_region next;
    if (r->flags & MDW_REGION_GUARD)
        return true;
    if (region_is_open(r) || r->range.size > GUARD_MAX)
        return false;
    uint64_t end = r->range.start + r->range.size; /* may be 0 */
    if (region_above(s, r->range.start, &next) && next.range.start == end &&
        region_is_open(&next))
        return true;
    return r->range.start && region_at(s, r->range.start - 1, &next) &&
           region_is_open(&next);
}

uint64_t region_distance(const scene *s, uint64_t addr)
{
    uint64_t best = UINT64_MAX;
    mdw_region r;
    if (region_at(s, addr, &r) && region_is_open(&r))
        return 0;
    if (region_above(s, addr, &r) && region_is_open(&r))
        best = r.range.start - addr;
    if (region_below(s, addr, &r) && region_is_open(&r)) {
        uint64_t past = addr - (r.range.start + r.range.size);
        best = past < best ? past : best;
    }
    return best;
}
