/* lib/unwind/unwinder.c - what walks of one process share: the architecture and
 * the images by address. */
#include <stdlib.h>
#include <string.h>

#include "lib/base/fail.h"
#include "lib/base/options.h"
#include "lib/base/range.h"
#include "lib/unwind/walk.h"

uint32_t image_find(const mdw_unwinder *u, uint64_t addr)
{
    size_t low = 0, high = u->image_count;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (u->images[mid].owned.start <= addr)
            low = mid + 1;
        else
            high = mid;
    }
    return low && mdw_range_has(u->images[low - 1].owned, addr)
               ? (uint32_t)(low - 1)
               : MDW_NONE;
}

uint64_t code_pointer(const mdw_unwinder *u, uint64_t value)
{
    return u->code_mask ? value & u->code_mask : value;
}

static int by_start(const void *left, const void *right)
{
    const placed_image *a = left, *b = right;
    if (a->owned.start != b->owned.start)
        return a->owned.start < b->owned.start ? -1 : 1;
    return a->given < b->given ? -1 : a->given > b->given;
}

/* The lower start owns what two images share. Those that own nothing are left
 * out; returns how many remain. */
static size_t cut_overlaps(placed_image *images, size_t count)
{
    uint64_t covered = 0; /* first address nobody owns yet */
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        mdw_range r = images[i].owned;
        uint64_t skip = r.start < covered ? covered - r.start : 0;
        if (skip >= r.size)
            continue;
        images[kept] = images[i];
        images[kept].owned = (mdw_range){r.start + skip, r.size - skip};
        covered = r.start + r.size;
        kept++;
        if (!covered) /* up to 2^64 */
            break;
    }
    return kept;
}

/* No narrower than the highest image, so that no address of the process is
 * ever cut. */
static uint64_t mask_for(const mdw_unwinder *u, const arch *a)
{
    uint64_t mask = u->options.code_mask;
    if (!mask && a->code_mask)
        mask = a->code_mask(u->options.os);
    for (size_t i = 0; mask && i < u->image_count; i++) {
        mdw_range r = u->images[i].owned;
        while (r.size && (r.start + (r.size - 1)) & ~mask && mask << 1 > mask)
            mask = mask << 1 | 1;
    }
    return mask;
}

static mdw_status place_images(mdw_unwinder *u, const mdw_image *const *images,
                               size_t count)
{
    placed_image *placed = arena_take(u->store, count, sizeof *placed);
    if (!placed)
        return MDW_E_MEMORY;
    for (size_t i = 0; i < count; i++) {
        mdw_status status =
            options_read(&placed[i].image, sizeof placed[i].image, images[i]);
        if (status != MDW_OK)
            return status;
        mdw_range r = placed[i].image.range;
        placed[i].owned = range_make(r.start, r.size);
        placed[i].given = (uint32_t)i;
    }
    qsort(placed, count, sizeof *placed, by_start);
    u->images = placed;
    u->image_count = cut_overlaps(placed, count);
    return MDW_OK;
}

mdw_status mdw_unwinder_new(const mdw_unwinder_options *options,
                            const mdw_image *const *images, size_t count,
                            mdw_unwinder **out, mdw_error *err)
{
    mdw_unwinder_options use;
    if (!options || !out || (count && !images) || count >= MDW_NONE)
        return fail(err, MDW_E_ARG, "mdw_unwinder_new");
    mdw_status status = options_read(&use, sizeof use, options);
    if (status != MDW_OK)
        return fail(err, status, "mdw_unwinder_options");
    const arch *a = arch_find(use.arch);
    if (!a)
        return fail(err, MDW_E_UNSUPPORTED, "architecture");
    arena *store = arena_new(use.alloc, 0);
    mdw_unwinder *u = store ? arena_take(store, 1, sizeof *u) : NULL;
    if (!u) {
        arena_close(store);
        return fail(err, MDW_E_MEMORY, "unwinder");
    }
    *u = (mdw_unwinder){.store = store, .options = use, .arch = a};
    status = place_images(u, images, count);
    if (status != MDW_OK) {
        arena_close(store);
        return fail(err, status, "mdw_image");
    }
    u->code_mask = mask_for(u, a);
    uint8_t abi = use.os == MDW_OS_WINDOWS ? SAVED_WIN : SAVED_SYSV;
    for (uint8_t i = 0; i < a->reg_count; i++)
        if (a->regs[i].saved & abi)
            u->saved |= UINT64_C(1) << i;
    *out = u;
    return MDW_OK;
}

void mdw_unwinder_close(mdw_unwinder *unwinder)
{
    if (unwinder)
        arena_close(unwinder->store);
}
