/* lib/object/elf_memory.h - an ELF image where it was loaded: what its program
 * headers say. For images that no file is at hand of; sections are not loaded.
 */
#ifndef MDW_OBJECT_ELF_MEMORY_H
#define MDW_OBJECT_ELF_MEMORY_H

#include "mdwalk/base.h"

/* The bytes from `addr` on that lie in one piece; empty: none. */
typedef mdw_bytes (*elf_at_fn)(void *user, uint64_t addr);

typedef struct elf_image {
    uint64_t link_base;  /* what the base of the image was linked for */
    mdw_range frame_hdr; /* PT_GNU_EH_FRAME, as linked; size 0: none */
    mdw_range arm_index; /* PT_ARM_EXIDX, as linked; size 0: none */
    uint64_t got;        /* DT_PLTGOT, as linked; 0: not told */
    uint32_t arch;       /* enum mdw_arch_id */
    bool big_endian;
} elf_image;

/* `base` is where the image begins. MDW_ABSENT: there is no ELF header with
 * its program headers. */
mdw_status elf_image_read(elf_at_fn at, void *user, uint64_t base,
                          elf_image *out);

uint32_t elf_arch(unsigned machine); /* of e_machine: enum mdw_arch_id */

#endif
