/* lib/symbol/memory.c - the unwind tables of an image that lies in the dump
 * itself: the vDSO, every image of a full dump, pages that Crashpad took. */
#include "lib/symbol/memory.h"

#include "lib/base/arena.h"
#include "lib/base/bytes.h"
#include "lib/object/elf_memory.h"
#include "lib/symbol/symfile.h"

/* What is read of the target, and where. Addresses of tables are as linked. */
typedef struct lair {
    mdw_memory memory;
    mdw_range range;
    uint64_t bias; /* as loaded minus as linked */
} lair;

/* The window around a target address, cut to the image. */
static mdw_window window_in(const lair *l, uint64_t addr)
{
    mdw_window none = {0, {NULL, 0}};
    if (!mdw_range_has(l->range, addr))
        return none;
    mdw_window w = l->memory.window(l->memory.user, addr);
    uint64_t before = w.addr < l->range.start ? l->range.start - w.addr : 0;
    w.addr += before;
    uint64_t room = l->range.size - (w.addr - l->range.start);
    w.bytes = bytes_slice(w.bytes, before, room);
    return addr - w.addr < w.bytes.len ? w : none;
}

static mdw_bytes bytes_at(void *user, uint64_t addr)
{
    mdw_window w = window_in(user, addr);
    return bytes_slice(w.bytes, addr - w.addr, UINT64_MAX);
}

static mdw_window linked_at(void *user, uint64_t addr)
{
    const lair *l = user;
    mdw_window w = window_in(l, addr + l->bias);
    w.addr -= l->bias;
    return w;
}

static mdw_section section_of(lair *l, mdw_range linked)
{
    mdw_bytes from = bytes_at(l, linked.start + l->bias);
    return (mdw_section){bytes_slice(from, 0, linked.size), linked.start};
}

static void take_tables(lair *l, const elf_image *image, mdw_sections *out)
{
    mdw_section arm = section_of(l, image->arm_index);
    out->arch = image->arch;
    out->big_endian = image->big_endian;
    out->at = linked_at;
    out->at_user = l;
    out->section[MDW_SECTION_EH_FRAME_HDR] = section_of(l, image->frame_hdr);
    if (arm.data.len == image->arm_index.size) /* see MDW_SECTION_ARM_EXIDX */
        out->section[MDW_SECTION_ARM_EXIDX] = arm;
    out->section[MDW_SECTION_GOT].addr = image->got;
}

static mdw_status open_into(arena *store, const mdw_memory *memory,
                            mdw_range range, const mdw_allocator *alloc,
                            mdw_symfile **out)
{
    elf_image image;
    mdw_sections sections = MDW_INIT(mdw_sections);
    mdw_unwind_info *unwind = NULL;
    lair *l = arena_take(store, 1, sizeof *l);
    if (!l)
        return MDW_E_MEMORY;
    *l = (lair){*memory, range, 0};
    mdw_status status = elf_image_read(bytes_at, l, range.start, &image);
    if (status != MDW_OK || !(image.frame_hdr.size || image.arm_index.size))
        return MDW_ABSENT;
    l->bias = range.start - image.link_base;
    take_tables(l, &image, &sections);
    status = mdw_unwind_info_new(&sections, alloc, &unwind, NULL);
    if (status == MDW_OK)
        status = symfile_of_rows(store, unwind, image.link_base, out);
    if (status != MDW_OK)
        mdw_unwind_info_close(unwind);
    return status == MDW_OK || status == MDW_E_MEMORY ? status
                                                      : (mdw_status)MDW_ABSENT;
}

mdw_status memory_symfile(const mdw_memory *memory, mdw_range range,
                          const mdw_allocator *alloc, mdw_symfile **out)
{
    if (!memory->window || !range.size)
        return MDW_ABSENT;
    arena *store = arena_new(alloc, 0);
    mdw_status status = store ? open_into(store, memory, range, alloc, out)
                              : (mdw_status)MDW_E_MEMORY;
    if (status != MDW_OK)
        arena_close(store);
    return status;
}
