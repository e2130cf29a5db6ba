/* lib/object/elf_ids.c - what identifies an ELF file and links it to others. */
#include "lib/object/elf.h"

#include <elf.h>

#include "lib/base/bytes.h"
#include "lib/base/reader.h"
#include "lib/base/str.h"

enum { PAGE = 4096 };

/* Elf_Nhdr: uint32 name size, uint32 content size, uint32 type; then name and
 * content, each padded to 4 (a segment of alignment 8 pads to 8, but its notes
 * are of GNU_PROPERTY type, whose sizes fit both). */
static mdw_bytes build_id_in(const elf_file *f, mdw_bytes notes)
{
    reader r = reader_at(notes, 0, 0, f->big_endian);
    while (reader_left(&r) >= 12) {
        uint32_t name_size = reader_u32(&r);
        uint32_t size = reader_u32(&r);
        uint32_t type = reader_u32(&r);
        mdw_str name = str_from(reader_bytes(&r, name_size));
        reader_skip(&r, -name_size & 3);
        mdw_bytes content = reader_bytes(&r, size);
        if (r.bad)
            break;
        if (type == NT_GNU_BUILD_ID && str_equal(name, STR("GNU\0")))
            return content;
        if (reader_left(&r))
            reader_skip(&r, -size & 3);
    }
    return (mdw_bytes){NULL, 0};
}

mdw_bytes elf_build_id(const elf_file *file)
{
    mdw_bytes id = {NULL, 0};
    for (size_t i = 0; i < file->section_count && !id.len; i++)
        if (file->sections[i].type == SHT_NOTE)
            id = build_id_in(file, file->sections[i].bytes);
    for (size_t i = 0; i < file->segment_count && !id.len; i++)
        if (file->segments[i].type == PT_NOTE)
            id = build_id_in(file, file->segments[i].bytes);
    return id;
}

/* The id's head is read as a GUID in the file's byte order: the first three
 * groups change places where that is little. */
static void put_byte(mdw_debug_id *id, bool big_endian, size_t i, uint8_t byte)
{
    static const uint8_t little[8] = {3, 2, 1, 0, 5, 4, 7, 6};
    size_t at = i < 8 && !big_endian ? little[i] : i;
    id->guid[at] ^= byte;
}

mdw_debug_id elf_debug_id(const elf_file *file)
{
    mdw_debug_id id = {.form = MDW_DEBUG_ID_GUID};
    mdw_bytes build = elf_build_id(file);
    reader r = reader_at(build, 0, 0, false);
    if (build.len) {
        for (size_t i = 0; i < sizeof id.guid && reader_left(&r); i++)
            put_byte(&id, file->big_endian, i, reader_u8(&r));
        return id;
    }
    /* Breakpad without a build id: the first page of .text, folded by XOR. */
    const elf_section *text = elf_find(file, ".text");
    if (!text)
        return (mdw_debug_id){.form = MDW_DEBUG_ID_NONE};
    r = reader_at(bytes_slice(text->bytes, 0, PAGE), 0, 0, false);
    while (reader_left(&r) >= sizeof id.guid)
        for (size_t i = 0; i < sizeof id.guid; i++)
            put_byte(&id, file->big_endian, i, reader_u8(&r));
    return id;
}

/* .gnu_debuglink: name, NUL, zeros up to a multiple of 4, uint32 CRC-32. */
bool elf_debuglink(const elf_file *file, mdw_str *name, uint32_t *crc)
{
    const elf_section *s = elf_find(file, ".gnu_debuglink");
    if (!s)
        return false;
    *name = elf_string(s->bytes, 0);
    reader r = reader_at(s->bytes, 0, 0, file->big_endian);
    reader_skip(&r, (name->len + 4) & ~(uint64_t)3);
    *crc = reader_u32(&r);
    return !r.bad && name->len;
}

/* .gnu_debugaltlink: name, NUL, the other file's build id. */
mdw_str elf_altlink(const elf_file *file)
{
    const elf_section *s = elf_find(file, ".gnu_debugaltlink");
    return s ? elf_string(s->bytes, 0) : (mdw_str){NULL, 0};
}
