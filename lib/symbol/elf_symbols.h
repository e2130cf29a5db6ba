/* lib/symbol/elf_symbols.h - the functions that symbol tables name. */
#ifndef MDW_SYMBOL_ELF_SYMBOLS_H
#define MDW_SYMBOL_ELF_SYMBOLS_H

#include "lib/object/elf.h"

/* Ascending, without overlaps, one name for an address. */
typedef struct code_symbol {
    mdw_str name;
    uint32_t rva, size;
    uint32_t flags; /* enum mdw_symbol_flag */
} code_symbol;

typedef struct code_symbols {
    const code_symbol *items;
    size_t count;
} code_symbols;

/* From .symtab, .dynsym and .gnu_debugdata of `file` and of `debug` (NULL:
 * none). Rvas are relative to `file`'s image. A broken table counts as absent;
 * MDW_E_MEMORY. */
mdw_status code_symbols_read(const elf_file *file, const elf_file *debug,
                             arena *store, code_symbols *out, mdw_error *err);
/* Whether `file` has any; .gnu_debugdata counts unread. */
bool code_symbols_any(const elf_file *file);
/* Where `name` lies, data included, relative to the image. MDW_ABSENT. */
mdw_status elf_symbol_find(const elf_file *file, mdw_str name, mdw_range *out);
/* Index of the first symbol that ends after `rva`. */
size_t code_symbols_from(const code_symbols *symbols, uint32_t rva);

#endif
