/* lib/symbol/dwarf_parts.h - what the readers of DWARF tell each other. */
#ifndef MDW_SYMBOL_DWARF_PARTS_H
#define MDW_SYMBOL_DWARF_PARTS_H

#include "lib/base/reader.h"
#include "lib/symbol/dwarf.h"
#include "lib/symbol/elf_symbols.h"
#include "lib/symbol/list.h"

enum {
    DWARF_PAD = 64,         /* zeros behind what libdwarf reads */
    DWARF_DEPTH_MAX = 256,  /* of DIEs and of inlined calls */
    DWARF_ORIGINS_MAX = 16, /* DW_AT_abstract_origin in a row */
    DWARF_NAME_MAX = 65535
};

/* Contents, unpacked. The first six are copies, for libdwarf. */
typedef struct dwarf_sections {
    mdw_bytes info, abbrev, str, line_str, str_offsets, addr;
    mdw_bytes line, ranges, rnglists, aranges;
    bool big_endian;
    uint8_t address_size;
} dwarf_sections;

/* The header of a unit in .debug_info. */
typedef struct dwarf_unit {
    uint64_t offset, die, end; /* in the section */
    uint16_t version;
    uint8_t address_size, offset_size, type; /* DW_UT_ */
} dwarf_unit;

/* What the first DIE of a unit adds to it. */
typedef struct unit_base {
    const dwarf_unit *unit;
    uint64_t low, addr_base, rnglists_base, str_offsets_base;
} unit_base;

/* --- work (dwarf.c) ---------------------------------------------------- */

/* Counted, so that a file whose parts refer to each other in many ways cannot
 * cost more than its size. */
typedef struct dwarf_work {
    uint64_t left, since; /* units; since `cancelled` was asked */
    mdw_budget budget;
    mdw_status stop; /* MDW_OK: go on */
} dwarf_work;

bool dwarf_spend(dwarf_work *work, uint64_t units);

/* --- DIEs (dwarf_die.c) ------------------------------------------------ */

enum die_has {
    DIE_LOW = 1 << 0,
    DIE_HIGH = 1 << 1,
    DIE_HIGH_IS_SIZE = 1 << 2,
    DIE_RANGES = 1 << 3,
    DIE_RANGES_IS_INDEX = 1 << 4,
    DIE_LINES = 1 << 5,
    DIE_SPLIT = 1 << 6, /* DW_AT_dwo_name, DW_AT_GNU_dwo_name */
    DIE_DECLARATION = 1 << 7,
    DIE_ABSTRACT = 1 << 8 /* DW_AT_inline: only to be referred to */
};

/* The attributes that matter here; 0 and empty where there are none. Text is
 * borrowed from the sections. */
typedef struct die {
    uint64_t offset;
    uint32_t tag, depth; /* 0: the unit's own */
    uint32_t has;
    uint32_t language;
    uint64_t low, high, ranges;
    uint64_t origin; /* DW_AT_abstract_origin, else DW_AT_specification */
    uint64_t call_file, call_line;
    uint64_t lines; /* offset in .debug_line */
    uint64_t addr_base, rnglists_base, str_offsets_base;
    mdw_str name, linkage, comp_dir;
} die;

typedef struct dies dies;
/* MDW_OK: and its children. MDW_ABSENT: without them. Negative: no more. */
typedef mdw_status (*die_fn)(void *user, const die *d);

mdw_status dies_open(const dwarf_sections *sections, dwarf_work *work,
                     arena *store, dies **out, mdw_error *err);
void dies_close(dies *d);
/* One DIE of `unit`. MDW_E_DAMAGED: nothing there. */
mdw_status dies_get(dies *d, const dwarf_unit *unit, uint64_t offset, die *out);
/* The unit's DIE and those below, outer before inner, as far as their tags
 * matter here. MDW_E_DAMAGED: broke off; what could be read was handed out. */
mdw_status dies_walk(dies *d, const dwarf_unit *unit, die_fn each, void *user);

/* --- line programs (dwarf_line.c) -------------------------------------- */

typedef struct line_file {
    mdw_str name;
    uint64_t dir;
} line_file;

typedef struct line_head {
    reader code; /* the program */
    uint16_t version;
    uint8_t address_size, offset_size;
    uint8_t step, ops, range, opcode_base; /* minimum_instruction_length, ... */
    int8_t line_base;
    mdw_bytes lengths; /* standard_opcode_lengths */
    const mdw_str *dirs;
    const line_file *files;
    size_t dir_count, file_count;
    mdw_str comp_dir;
} line_head;

typedef struct line_row {
    uint64_t addr;
    uint32_t line, file;
    bool end; /* `addr` is the first byte after the sequence */
} line_row;

/* False: no more rows are wanted. */
typedef bool (*line_fn)(void *user, const line_row *row);

mdw_status line_open(const dwarf_sections *sections, const unit_base *base,
                     uint64_t offset, mdw_str comp_dir, arena *store,
                     line_head *out);
/* Rows in the order of the program. MDW_E_DAMAGED: broke off. */
mdw_status line_run(const line_head *head, dwarf_work *work, line_fn each,
                    void *user);
/* "dir/name" as the compiler was called with them; empty: no such file. */
mdw_str line_path(const line_head *head, uint64_t file, arena *store);

/* --- ranges (dwarf_ranges.c) ------------------------------------------- */

/* As linked; false: no more are wanted. */
typedef bool (*range_fn)(void *user, mdw_range range);

/* The ranges of a DIE, from its low and high or its list. MDW_ABSENT: none.
 * MDW_E_DAMAGED: the list breaks off. */
mdw_status die_ranges(const dwarf_sections *sections, const unit_base *base,
                      const die *d, dwarf_work *work, range_fn each,
                      void *user);
/* .debug_aranges: ranges with the offset of their unit; one of no bytes for a
 * set that has none. Broken sets are left out. */
typedef bool (*arange_fn)(void *user, mdw_range range, uint64_t unit);
void aranges_read(const dwarf_sections *sections, dwarf_work *work,
                  arange_fn each, void *user);

/* --- which units (dwarf_map.c) ----------------------------------------- */

/* Regions of the image that do not overlap, and the units that speak for each.
 */
typedef struct dwarf_map {
    list regions, sets; /* region, uint32_t: units, ascending */
    bool all;           /* too much in one another: all or nothing */
} dwarf_map;

void dwarf_map_begin(dwarf_map *m);
void dwarf_map_drop(dwarf_map *m, pool *p);

/* --- the object (dwarf.c) ---------------------------------------------- */

struct dwarf {
    arena *store;
    pool pool;
    const elf_file *file, *image;
    dwarf_sections sections;
    const dwarf_unit *units;
    uint32_t unit_count;
    dies *dies;
    dwarf_work work;
    dwarf_counts counts;
    dwarf_map map;
};

/* The unit whose DIEs are around `offset`; NULL: none. */
const dwarf_unit *dwarf_unit_at(const dwarf *d, uint64_t offset);
/* Cut to the image; false: nothing of it is code. */
bool dwarf_code_range(const dwarf *d, mdw_range in, uint32_t *rva,
                      uint32_t *size);
/* What the first DIE of a unit says; not valid where it is split. */
mdw_status dwarf_unit_root(dwarf *d, const dwarf_unit *unit, die *root,
                           unit_base *base);
void dwarf_note(dwarf *d, uint64_t *counter, mdw_status code, uint64_t offset,
                const char *what);

/* --- names and files of a writer (dwarf_names.c) ----------------------- */

typedef struct names names;
mdw_status names_new(dwarf *d, index_writer *writer, arena *store, names **out);
void names_close(names *n); /* NULL is fine */
/* DIE offsets and file numbers of the last unit are forgotten. */
mdw_status names_unit(names *n, const line_head *lines);
/* The string of a text; the same text gives the same string for a while. */
uint32_t names_string(names *n, mdw_str text);
typedef struct function_name {
    uint32_t string; /* MDW_NONE: none */
    bool linked;     /* the linkage name, not the source's */
} function_name;
/* The name of a function's DIE, by what it refers to if it has none itself;
 * `scope` is that of `d` itself. */
function_name names_function(names *n, const die *d, mdw_str scope);
/* For what refers to `d` later. */
void names_declare(names *n, const die *d, mdw_str scope);
/* The number in the index of a file of the unit; MDW_NONE. */
uint32_t names_file(names *n, uint64_t file);

#endif
