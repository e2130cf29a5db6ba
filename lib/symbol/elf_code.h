/* lib/symbol/elf_code.h - what an ELF file has in memory before anybody writes
 * there, by address. */
#ifndef MDW_SYMBOL_ELF_CODE_H
#define MDW_SYMBOL_ELF_CODE_H

#include "lib/object/elf.h"
#include "mdwalk/unwind.h"

typedef struct elf_code elf_code;

/* The segments that are not writable; borrows the file's bytes. MDW_ABSENT: the
 * file has no code, as debug files have none. */
mdw_status elf_code_open(const elf_file *file, arena *store, elf_code **out);
/* An mdw_read_fn by rva; `user` is an elf_code. */
size_t elf_code_read(void *user, uint64_t rva, void *dst, size_t len);
mdw_window elf_code_window(void *user, uint64_t rva);

#endif
