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
/* The unit that has code at `rva`: by .debug_aranges, else by what the units
 * say themselves. MDW_ABSENT: none. */
mdw_status dwarf_find_unit(dwarf *d, uint64_t rva, uint32_t *unit);

/* Everything one writer gets from one file: strings and file numbers are shared
 * by its units. */
typedef struct dwarf_put dwarf_put;
/* `symbols` name what has lines but no DIE (assembler); may be empty. */
struct code_symbols;
mdw_status dwarf_put_new(dwarf *d, index_writer *writer,
                         const struct code_symbols *symbols, dwarf_put **out,
                         mdw_error *err);
/* MDW_E_LIMIT, MDW_E_CANCELLED, MDW_E_MEMORY; a damaged unit is counted. */
mdw_status dwarf_put_unit(dwarf_put *p, uint32_t unit, mdw_error *err);
mdw_status dwarf_put_all(dwarf_put *p, mdw_error *err);
/* Symbols where no function was put. Only after the units. */
mdw_status dwarf_put_symbols(dwarf_put *p, mdw_error *err);
void dwarf_put_close(dwarf_put *p); /* NULL is fine; the writer stays open */

const dwarf_counts *dwarf_count(const dwarf *d);

#endif
