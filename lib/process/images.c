/* lib/process/images.c - images that the embedder gave, which speak before
 * modules that they overlap. The unwinder gives an address to the lower of two
 * images; what lies inside a module is therefore asked of its module. */
#include <stdlib.h>

#include "lib/base/options.h"
#include "lib/base/range.h"
#include "lib/process/session.h"

static int by_start(const void *left, const void *right)
{
    const mdw_image *a = left, *b = right;
    return a->range.start < b->range.start ? -1
                                           : a->range.start > b->range.start;
}

/* One that begins inside another is the unwinder's to sort out, not ours. */
static size_t without_overlaps(mdw_image *images, size_t count)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        mdw_range before = kept ? images[kept - 1].range : (mdw_range){0, 0};
        mdw_range r = range_make(images[i].range.start, images[i].range.size);
        if (!r.size || mdw_range_has(before, r.start))
            continue;
        images[kept] = images[i];
        images[kept++].range = r;
    }
    return kept;
}

mdw_status given_images_take(session *s)
{
    const mdw_process_options *o = &s->options;
    mdw_image *given = arena_take(s->scratch, o->image_count, sizeof *given);
    if (!given)
        return MDW_E_MEMORY;
    if (o->image_count && !o->images)
        return MDW_E_ARG;
    for (size_t i = 0; i < o->image_count; i++) {
        mdw_status status =
            options_read(&given[i], sizeof *given, o->images[i]);
        if (status != MDW_OK)
            return status;
    }
    if (o->image_count)
        qsort(given, o->image_count, sizeof *given, by_start);
    s->given_count = without_overlaps(given, o->image_count);
    s->given = given;
    return MDW_OK;
}

const mdw_image *given_image_at(const session *s, uint64_t addr)
{
    size_t low = 0, high = s->given_count;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (s->given[mid].range.start <= addr)
            low = mid + 1;
        else
            high = mid;
    }
    return low && mdw_range_has(s->given[low - 1].range, addr)
               ? &s->given[low - 1]
               : NULL;
}
