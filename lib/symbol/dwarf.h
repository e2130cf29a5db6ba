/* lib/symbol/dwarf.h - DWARF 2 to 5 of one file into an index: which unit an
 * address is in, and one unit or all of them. */
#ifndef MDW_SYMBOL_DWARF_H
#define MDW_SYMBOL_DWARF_H

#include "lib/object/elf.h"
#include "lib/symbol/index.h"

typedef struct dwarf dwarf;

/* What was read and what was not. */
typedef struct dwarf_counts {
    uint64_t units, functions, inlines, lines;
    uint64_t bytes;   /* of the sections, unpacked */
    uint64_t damaged; /* units that broke off; what came before is kept */
    uint64_t split;   /* units that are in a .dwo or .dwp: lines only */
    uint64_t outside; /* ranges that are not in the image's code */
    mdw_error first;  /* about the first of these */
} dwarf_counts;

/* `file` has the DWARF; addresses are relative to `image`, the executable
 * (NULL: `file` is it). Both must outlive the result, which belongs to one
 * thread. MDW_ABSENT: no DWARF. MDW_E_UNSUPPORTED: the file is itself a .dwo or
 * .dwp. MDW_E_LIMIT: the sections are larger than the budget's memory. */
mdw_status dwarf_open(const elf_file *file, const elf_file *image,
                      const mdw_budget *budget, const mdw_allocator *alloc,
                      dwarf **out, mdw_error *err);
void dwarf_close(dwarf *d); /* NULL is fine */

uint32_t dwarf_unit_count(const dwarf *d);
/* Whether units are in a .dwo or .dwp; for their functions there are only the
 * symbols. */
bool dwarf_has_split(dwarf *d);

/* --- which units ------------------------------------------------------- */

struct code_symbols;

/* Ascending. */
typedef struct unit_set {
    const uint32_t *units;
    uint32_t count;
    bool all; /* every unit; `units` is not set */
} unit_set;

/* Finds out which units have code where: by .debug_aranges, and for units that
 * it leaves out by their own ranges, else by their lines. A symbol that more
 * than one of them has a part of binds these together there. */
mdw_status dwarf_map_read(dwarf *d, const struct code_symbols *symbols,
                          mdw_error *err);
/* The units to be put so that the index answers at `rva` as one with all of
 * them would; after dwarf_map_read. */
unit_set dwarf_units_at(const dwarf *d, uint32_t rva);
/* The same for ascending addresses; `near` starts at 0. */
unit_set dwarf_units_next(const dwarf *d, uint32_t rva, size_t *near);
/* Whether what was put of the units `have` answers where `wanted` speak. */
bool unit_set_answers(unit_set have, unit_set wanted);

/* --- into an index ----------------------------------------------------- */

/* Everything one writer gets from one file: strings and file numbers are shared
 * by its units. */
typedef struct dwarf_put dwarf_put;
/* `symbols` name what has lines but no DIE (assembler); may be empty. */
mdw_status dwarf_put_new(dwarf *d, index_writer *writer,
                         const struct code_symbols *symbols, dwarf_put **out,
                         mdw_error *err);
/* MDW_E_LIMIT, MDW_E_CANCELLED, MDW_E_MEMORY; a damaged unit is counted. */
mdw_status dwarf_put_unit(dwarf_put *p, uint32_t unit, mdw_error *err);
mdw_status dwarf_put_all(dwarf_put *p, mdw_error *err);
/* Symbols where no function was put. Only after the units. `of` NULL: all of
 * them; else those for which these units alone speak, or none if there are
 * none. */
mdw_status dwarf_put_symbols(dwarf_put *p, const unit_set *of, mdw_error *err);
void dwarf_put_close(dwarf_put *p); /* NULL is fine; the writer stays open */

const dwarf_counts *dwarf_count(const dwarf *d);
/* Work is counted anew, for the next units. */
void dwarf_refresh(dwarf *d);

#endif
