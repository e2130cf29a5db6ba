/* lib/symbol/identity.h - what a symbol file says it belongs to. */
#ifndef MDW_SYMBOL_IDENTITY_H
#define MDW_SYMBOL_IDENTITY_H

#include "lib/symbol/path.h"
#include "mdwalk/symbol.h"

typedef struct identity {
    uint32_t kind; /* enum mdw_symfile_kind */
    mdw_debug_id id;
    char build_id[ID_HEX_MAX + 1]; /* of ELF, in hex; "": none */
    char link[PART_MAX + 1];       /* of ELF: .gnu_debuglink; "": none */
    uint32_t link_crc;             /* CRC-32 of that file */
} identity;

/* Reads the first line of a .sym, the header of an index, the notes of an ELF
 * file, and no more. MDW_ABSENT: none of these. */
mdw_status identity_read(mdw_bytes bytes, const mdw_allocator *alloc,
                         identity *out);
/* The debug ids are equal; where the module has none, the build ids. */
bool identity_fits(const identity *have, const mdw_module *wants);

enum { MISMATCH_SIZE = 2 * ID_HEX_MAX + 32 };
/* "wants X, has Y". */
mdw_str mismatch_text(const identity *have, const mdw_module *wants,
                      char out[MISMATCH_SIZE]);

#endif
