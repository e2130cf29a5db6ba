/* lib/unwind/dwarf_cfi.h - call frame information: .eh_frame with and without
 * .eh_frame_hdr, .debug_frame. Read from the bytes as they lie; every address
 * here is as linked. */
#ifndef MDW_UNWIND_DWARF_CFI_H
#define MDW_UNWIND_DWARF_CFI_H

#include "lib/base/arena.h"
#include "lib/base/reader.h"
#include "lib/unwind/arch.h"
#include "lib/unwind/row.h"

/* What pointers count from, besides themselves. */
typedef struct dwarf_bases {
    uint64_t text, data, func;
    bool has_text, has_data, has_func;
} dwarf_bases;

/* Where FDE i begins to speak, and where it lies in its section. */
typedef struct dwarf_entry {
    uint64_t start, offset;
} dwarf_entry;

/* The sorted table of .eh_frame_hdr. */
typedef struct dwarf_search {
    mdw_bytes bytes;
    uint64_t addr; /* of bytes */
    uint64_t base; /* added to every value */
    uint64_t count;
    uint8_t width; /* bytes of a value; 0: no table */
    bool is_signed;
    bool relative; /* values count from their own place */
} dwarf_search;

/* One section of entries and a way to find them. */
typedef struct dwarf_cfi {
    const arch *arch;
    bool big_endian;
    bool eh;      /* .eh_frame rather than .debug_frame */
    bool endless; /* the slice goes on behind the section's end */
    mdw_bytes bytes;
    uint64_t addr; /* of bytes */
    dwarf_bases bases;
    mdw_window_fn at;
    void *at_user;
    dwarf_search search;
    const dwarf_entry *index; /* by start; used where there is no search */
    size_t index_count;
} dwarf_cfi;

typedef struct dwarf_cie {
    uint64_t code_align;
    int64_t data_align;
    uint64_t return_column;
    mdw_bytes code;
    uint64_t code_addr;
    uint8_t encoding; /* of pointers in its FDEs, DW_EH_PE_ */
    uint8_t pointer;  /* bytes of DW_EH_PE_absptr */
    uint8_t segment;  /* bytes of a segment selector */
    bool augmented;   /* its FDEs have augmentation data */
    bool signal;
} dwarf_cie;

typedef struct dwarf_fde {
    dwarf_cie cie;
    mdw_range pc;
    mdw_bytes code;
    uint64_t code_addr;
} dwarf_fde;

/* lib/unwind/dwarf_cfi.c */

/* Reads a pointer; `r->origin` is the address of its first byte. False where
 * it has no meaning here (no such base), and the reader may be bad. */
bool dwarf_pointer(const dwarf_cfi *cfi, reader *r, uint8_t encoding,
                   uint8_t pointer, const dwarf_bases *bases, uint64_t *out);
/* Bytes of a pointer; 0 for LEB128 and what does not exist. */
uint8_t dwarf_width(uint8_t encoding, uint8_t pointer);
/* Takes .eh_frame_hdr as the way into `cfi`, and finds the entries through it
 * if `cfi` has no bytes. False if it is of no use. */
bool dwarf_take_header(dwarf_cfi *cfi, mdw_section header);
/* The row at `addr`; MDW_ABSENT: nobody speaks for it. A row always has a
 * rule for the CFA, and its range is as linked. */
mdw_status dwarf_row(const dwarf_cfi *cfi, uint64_t addr, mdw_row *row);
/* Index of the architecture's register with DWARF number `number`, or NO_REG.
 */
uint8_t dwarf_reg(const arch *a, uint64_t number);

/* lib/unwind/dwarf_entries.c */

mdw_status dwarf_fde_read(const dwarf_cfi *cfi, uint64_t offset,
                          dwarf_fde *out);
/* The FDE whose range holds `addr`. */
mdw_status dwarf_fde_find(const dwarf_cfi *cfi, uint64_t addr, dwarf_fde *out);
/* Where FDEs start, by a way to find them: ascending. */
uint64_t dwarf_start_count(const dwarf_cfi *cfi);
uint64_t dwarf_start_at(const dwarf_cfi *cfi, uint64_t i);
/* Finds every FDE once, so that they can be searched. MDW_ABSENT: there are
 * none. */
mdw_status dwarf_index(dwarf_cfi *cfi, arena *store);

/* lib/unwind/dwarf_rows.c */

/* Carries out the instructions up to `addr`, which lies in the FDE. */
mdw_status dwarf_run(const dwarf_cfi *cfi, const dwarf_fde *fde, uint64_t addr,
                     mdw_row *row);
/* All rows of one FDE, ascending; `broken` grows by those that can't be read.
 */
mdw_status dwarf_run_all(const dwarf_cfi *cfi, const dwarf_fde *fde,
                         row_fn each, void *user, uint64_t *broken);

/* lib/unwind/dwarf_all.c */

/* Every row of the table, ascending, with the addresses at which dwarf_row
 * answers with it. In O(bytes of the table): MDW_E_LIMIT when its entries say
 * more than their own bytes could. */
mdw_status dwarf_each_row(const dwarf_cfi *cfi, row_fn each, void *user,
                          uint64_t *broken);

#endif
