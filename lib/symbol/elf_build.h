/* lib/symbol/elf_build.h - an ELF file, and its debug file, as an index. */
#ifndef MDW_SYMBOL_ELF_BUILD_H
#define MDW_SYMBOL_ELF_BUILD_H

#include "lib/symbol/dwarf.h"
#include "lib/symbol/elf_symbols.h"
#include "lib/symbol/index.h"

/* All of `image`, with the DWARF and the symbols of `debug` (empty: there is
 * none) before its own; at FULL level. The writer stays open. `counts` (may be
 * NULL) says what was left out, split DWARF among it. MDW_E_LIMIT,
 * MDW_E_CANCELLED, MDW_E_MEMORY, MDW_E_FORMAT; MDW_E_UNSUPPORTED: the file is
 * a .dwo or .dwp. */
mdw_status elf_build(mdw_bytes image, mdw_bytes debug,
                     const mdw_index_options *options, index_writer *w,
                     dwarf_counts *counts, mdw_error *err);
/* What an index of `image`, a file of `size` bytes, says about it; adds to
 * `info->has`. */
void elf_describe(const elf_file *image, uint64_t size, index_info *info);
void elf_put_symbols(const code_symbols *symbols, index_writer *w);

#endif
