/* lib/object/elf.h - what an ELF file has and where: sections, segments,
 * identities. What the sections say is other rooms' business. */
#ifndef MDW_OBJECT_ELF_H
#define MDW_OBJECT_ELF_H

#include "lib/base/arena.h"
#include "mdwalk/module.h"

typedef struct elf_section {
    mdw_str name;
    mdw_bytes bytes; /* as in the file; empty for NOBITS and outside of it */
    uint64_t flags;  /* SHF_ */
    uint64_t addr, size;
    uint32_t type; /* SHT_ */
    uint32_t link; /* index of a section */
} elf_section;

typedef struct elf_segment {
    mdw_bytes bytes; /* as in the file, cut to what is there */
    uint64_t addr;   /* as linked */
    uint64_t size;   /* in memory */
    uint32_t type;   /* PT_ */
    uint32_t flags;  /* PF_ */
} elf_segment;

typedef struct elf_file {
    mdw_bytes bytes;
    arena *store;
    const elf_section *sections;
    const elf_segment *segments;
    const mdw_range *code; /* executable sections, else segments; ascending */
    size_t section_count, segment_count, code_count;
    mdw_range image; /* as linked; starts where the loader's base is */
    uint32_t arch;   /* enum mdw_arch_id */
    bool big_endian;
    bool is_64;
} elf_file;

enum {
    ELF_NAME_MAX = 4096 /* of a symbol or a section; longer ones are cut */
};

/* Borrows `bytes`; all else is in `store`. MDW_E_FORMAT: not ELF.
 * MDW_E_UNSUPPORTED: relocatable. */
mdw_status elf_open(mdw_bytes bytes, arena *store, elf_file **out,
                    mdw_error *err);
/* The first of this name that has bytes in the file; NULL: none. Finds the
 * old form of a compressed section, ".zdebug_x" for ".debug_x", too. */
const elf_section *elf_find(const elf_file *file, const char *name);
/* The executable section (segment) that `addr`, as linked, is in; NULL: none.
 */
const mdw_range *elf_code_at(const elf_file *file, uint64_t addr);

/* A string of a table, without its NUL; empty outside of the table. */
mdw_str elf_string(mdw_bytes table, uint64_t offset);

/* --- contents ---------------------------------------------------------- */

/* The section's content: `section->bytes`, or what they unpack to
 * (SHF_COMPRESSED with zlib or zstd, .zdebug), which is then in `store`.
 * `limit`: most bytes that may come out. `pad` zeros follow the content, which
 * then always is a copy. MDW_E_LIMIT, MDW_E_DAMAGED, MDW_E_MEMORY,
 * MDW_E_UNSUPPORTED. */
mdw_status elf_content(const elf_file *file, const elf_section *section,
                       uint64_t limit, size_t pad, arena *store, mdw_bytes *out,
                       mdw_error *err);
/* The small ELF file inside .gnu_debugdata (xz), which has a .symtab.
 * MDW_ABSENT: none. */
mdw_status elf_debugdata(const elf_file *file, uint64_t limit, arena *store,
                         elf_file **out, mdw_error *err);

/* --- identity ---------------------------------------------------------- */

/* NT_GNU_BUILD_ID, from the sections or the segments; empty: none. */
mdw_bytes elf_build_id(const elf_file *file);
/* From the build id, else as Breakpad does from the first page of .text. */
mdw_debug_id elf_debug_id(const elf_file *file);
/* .gnu_debuglink: the file's name and the CRC-32 of its content; false: none.
 */
bool elf_debuglink(const elf_file *file, mdw_str *name, uint32_t *crc);
/* .gnu_debugaltlink (dwz): where strings and types shared with other files
 * are; empty: none. */
mdw_str elf_altlink(const elf_file *file);

/* --- symbols ----------------------------------------------------------- */

typedef struct elf_symbol {
    mdw_str name;
    uint64_t value, size;
    uint8_t type, binding; /* STT_, STB_ */
    bool defined;
} elf_symbol;

/* A table of symbols: from its section, or, without sections, from
 * PT_DYNAMIC. */
typedef struct elf_symbols {
    mdw_bytes entries, strings;
    size_t count;
    bool big_endian, is_64;
} elf_symbols;

/* `type` SHT_SYMTAB or SHT_DYNSYM. False: there is none. */
bool elf_symbol_table(const elf_file *file, uint32_t type, elf_symbols *out);
bool elf_symbol_at(const elf_symbols *table, size_t index, elf_symbol *out);

#endif
