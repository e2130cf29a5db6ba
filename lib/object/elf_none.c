/* lib/object/elf_none.c - a build without libelf knows no ELF file. */
#include "lib/base/fail.h"
#include "lib/object/elf.h"

mdw_status elf_open(mdw_bytes bytes, arena *store, elf_file **out,
                    mdw_error *err)
{
    (void)bytes;
    (void)store;
    *out = NULL;
    return fail(err, MDW_E_UNSUPPORTED, "dwarf");
}

mdw_bytes elf_build_id(const elf_file *file)
{
    (void)file;
    return (mdw_bytes){NULL, 0};
}

mdw_debug_id elf_debug_id(const elf_file *file)
{
    (void)file;
    return (mdw_debug_id){0};
}

bool elf_debuglink(const elf_file *file, mdw_str *name, uint32_t *crc)
{
    (void)file;
    (void)name;
    (void)crc;
    return false;
}
