/* lib/symbol/identity.c - ids of symbol files, and whether they are the
 * module's. */
#include "lib/symbol/identity.h"

#include "lib/base/arena.h"
#include "lib/base/bytes.h"
#include "lib/base/lines.h"
#include "lib/base/reader.h"
#include "lib/base/str.h"
#include "lib/object/elf.h"
#include "lib/symbol/sym.h"

enum {
    FIRST_LINE = 4096,    /* bytes that it may have */
    ELF_MEMORY = 64 << 20 /* bytes for an ELF file's tables */
};

/* MODULE os cpu id name */
static bool read_sym(mdw_bytes bytes, identity *out)
{
    mdw_str line;
    uint64_t at = 0;
    if (!lines_take(bytes_slice(bytes, 0, FIRST_LINE), &at, &line))
        return false;
    text t = text_of(line);
    index_info info = {0};
    if (sym_kind(&t) != SYM_MODULE || !sym_read_module(&t, &info))
        return false;
    out->kind = MDW_SYMFILE_BREAKPAD;
    out->id = info.id;
    return true;
}

static bool read_index(mdw_bytes bytes, identity *out)
{
    if (!str_equal(str_from(bytes_slice(bytes, 0, 8)), STR(INDEX_MAGIC)))
        return false;
    reader whole = reader_at(bytes, 0, 0, false);
    reader r = reader_sub(&whole, INDEX_AT_GUID, 24);
    bytes_copy(out->id.guid, reader_bytes(&r, 16), 0, 16);
    out->id.age = reader_u32(&r);
    out->id.form = reader_u32(&r);
    out->kind = MDW_SYMFILE_INDEX;
    return !r.bad;
}

static void put_build_id(mdw_bytes id, char out[ID_HEX_MAX + 1])
{
    reader r = reader_at(id, 0, 0, false);
    size_t at = 0;
    while (reader_left(&r) && at < ID_HEX_MAX) {
        uint8_t byte = reader_u8(&r);
        out[at++] = "0123456789abcdef"[byte >> 4];
        out[at++] = "0123456789abcdef"[byte & 15];
    }
    out[at] = '\0';
}

static mdw_status read_elf(mdw_bytes bytes, const mdw_allocator *alloc,
                           identity *out)
{
    if (!str_equal(str_from(bytes_slice(bytes, 0, 4)), STR("\177ELF")))
        return MDW_ABSENT;
    arena *store = arena_new(alloc, ELF_MEMORY);
    if (!store)
        return MDW_E_MEMORY;
    elf_file *elf;
    mdw_status status = elf_open(bytes, store, &elf, NULL);
    if (status == MDW_OK) {
        mdw_str link;
        out->kind = MDW_SYMFILE_ELF;
        out->id = elf_debug_id(elf);
        put_build_id(elf_build_id(elf), out->build_id);
        if (elf_debuglink(elf, &link, &out->link_crc) && part_is_safe(link))
            memcpy(out->link, link.data, link.len);
    }
    arena_close(store);
    return status;
}

mdw_status identity_read(mdw_bytes bytes, const mdw_allocator *alloc,
                         identity *out)
{
    *out = (identity){.kind = MDW_SYMFILE_ANY};
    if (read_index(bytes, out) || read_sym(bytes, out))
        return MDW_OK;
    return read_elf(bytes, alloc, out);
}

static bool same_debug_id(const mdw_debug_id *a, const mdw_debug_id *b)
{
    return a->form == b->form && a->age == b->age &&
           !memcmp(a->guid, b->guid, sizeof a->guid);
}

bool identity_fits(const identity *have, const mdw_module *wants)
{
    char build_id[ID_HEX_MAX + 1];
    if (wants->debug_id.form != MDW_DEBUG_ID_NONE)
        return same_debug_id(&have->id, &wants->debug_id);
    return have->build_id[0] && build_id_text(wants, build_id) &&
           !strcmp(build_id, have->build_id);
}

static void put(char out[MISMATCH_SIZE], size_t *len, const char *more)
{
    size_t add = strlen(more); /* the whole is below MISMATCH_SIZE */
    memcpy(out + *len, more, add + 1);
    *len += add;
}

mdw_str mismatch_text(const identity *have, const mdw_module *wants,
                      char out[MISMATCH_SIZE])
{
    char want[ID_HEX_MAX + 1] = "", has[ID_HEX_MAX + 1] = "";
    if (wants->debug_id.form != MDW_DEBUG_ID_NONE) {
        mdw_debug_id_text(&wants->debug_id, MDW_ID_BREAKPAD, want);
        mdw_debug_id_text(&have->id, MDW_ID_BREAKPAD, has);
    } else {
        build_id_text(wants, want);
        memcpy(has, have->build_id, sizeof has);
    }
    size_t len = 0;
    put(out, &len, "wants ");
    put(out, &len, want[0] ? want : "an id");
    put(out, &len, ", has ");
    put(out, &len, has[0] ? has : "none");
    return (mdw_str){out, len};
}
