/* lib/object/elf_unpack.c - contents of compressed sections (zlib, zstd, xz),
 * by their libraries, never more than a limit. */
#define ZLIB_CONST

#include "lib/object/elf.h"

#include <elf.h>
#include <lzma.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

#include "lib/base/buffer.h"
#include "lib/base/bytes.h"
#include "lib/base/fail.h"
#include "lib/base/reader.h"
#include "lib/base/str.h"

#ifndef ELFCOMPRESS_ZSTD
#define ELFCOMPRESS_ZSTD 2
#endif

enum {
    XZ_MEMORY = 1 << 26, /* the writers of .gnu_debugdata use xz -6: 9 MiB */
    STEP = 1 << 30,      /* zlib counts in 32 bits */
    /* Of deflate. zstd has no such bound (a block of 4 bytes may mean 128 KiB),
     * so that one is only held to the limit. */
    DEFLATE_RATIO = 1032
};

/* Exactly `out.len` bytes are promised; fewer or more is damage. */
typedef struct room {
    unsigned char *at;
    size_t len;
} room;

static mdw_status unzlib(mdw_bytes in, room out)
{
    reader r = reader_at(in, 0, 0, false);
    z_stream z = {.next_out = out.at};
    if (inflateInit(&z) != Z_OK)
        return MDW_E_MEMORY;
    int code = Z_OK;
    while (code == Z_OK) {
        if (!z.avail_in) {
            size_t left = reader_left(&r);
            mdw_bytes next = reader_bytes(&r, left < STEP ? left : STEP);
            z.next_in = next.data;
            z.avail_in = (uInt)next.len;
        }
        if (!z.avail_out) {
            size_t left = out.len - z.total_out;
            z.avail_out = (uInt)(left < STEP ? left : STEP);
        }
        code = inflate(&z, Z_NO_FLUSH);
    }
    bool whole = code == Z_STREAM_END && z.total_out == out.len;
    inflateEnd(&z);
    return whole ? MDW_OK : code == Z_MEM_ERROR ? MDW_E_MEMORY : MDW_E_DAMAGED;
}

static mdw_status unzstd(mdw_bytes in, room out)
{
    size_t got = ZSTD_decompress(out.at, out.len, in.data, in.len);
    return !ZSTD_isError(got) && got == out.len ? MDW_OK : MDW_E_DAMAGED;
}

/* Elf64_Chdr: uint32 type, uint32 reserved, uint64 size, uint64 alignment;
 * Elf32_Chdr: uint32 type, uint32 size, uint32 alignment.
 * .zdebug: "ZLIB", uint64 size, big-endian whatever the file. */
static bool read_head(const elf_file *f, const elf_section *s, uint32_t *type,
                      uint64_t *size, mdw_bytes *stored)
{
    reader r = reader_at(s->bytes, 0, 0, f->big_endian);
    if (s->flags & SHF_COMPRESSED) {
        *type = reader_u32(&r);
        if (f->is_64)
            reader_skip(&r, 4);
        *size = reader_uint(&r, f->is_64 ? 8 : 4);
        reader_skip(&r, f->is_64 ? 8 : 4);
    } else {
        *type = ELFCOMPRESS_ZLIB;
        if (!str_equal(str_from(reader_bytes(&r, 4)), STR("ZLIB")))
            return false;
        r.big_endian = true;
        *size = reader_u64(&r);
    }
    *stored = reader_bytes(&r, reader_left(&r));
    return !r.bad;
}

static mdw_status unpack(const elf_file *f, const elf_section *s,
                         uint64_t limit, size_t pad, arena *store,
                         mdw_bytes *out)
{
    uint32_t type;
    uint64_t size;
    mdw_bytes stored;
    if (!read_head(f, s, &type, &size, &stored))
        return MDW_E_DAMAGED;
    if (type != ELFCOMPRESS_ZLIB && type != ELFCOMPRESS_ZSTD)
        return MDW_E_UNSUPPORTED;
    if (size > limit || size > SIZE_MAX - pad)
        return MDW_E_LIMIT;
    if (type == ELFCOMPRESS_ZLIB && size / DEFLATE_RATIO > stored.len)
        return MDW_E_DAMAGED;
    room to = {arena_take_raw(store, (size_t)size + pad, 1), (size_t)size};
    if (!to.at)
        return arena_starved(store) ? MDW_E_MEMORY : MDW_E_LIMIT;
    memset(to.at + to.len, 0, pad);
    *out = (mdw_bytes){to.at, to.len};
    return type == ELFCOMPRESS_ZLIB ? unzlib(stored, to) : unzstd(stored, to);
}

mdw_status elf_content(const elf_file *file, const elf_section *section,
                       uint64_t limit, size_t pad, arena *store, mdw_bytes *out,
                       mdw_error *err)
{
    mdw_bytes in = section->bytes;
    if ((section->flags & SHF_COMPRESSED) ||
        str_starts(section->name, STR(".zdebug"))) {
        mdw_status status = unpack(file, section, limit, pad, store, out);
        return status == MDW_OK ? status
                                : fail(err, status, "compressed section");
    }
    if (!pad) {
        *out = in;
        return MDW_OK;
    }
    if (in.len > limit)
        return fail(err, MDW_E_LIMIT, "section");
    unsigned char *copy = arena_take_raw(store, in.len + pad, 1);
    if (!copy)
        return fail(err, MDW_E_MEMORY, "section");
    bytes_copy(copy, in, 0, in.len);
    memset(copy + in.len, 0, pad);
    *out = (mdw_bytes){copy, in.len};
    return MDW_OK;
}

static mdw_status unxz(mdw_bytes in, buffer *out)
{
    lzma_stream xz = LZMA_STREAM_INIT;
    if (lzma_stream_decoder(&xz, XZ_MEMORY, 0) != LZMA_OK)
        return MDW_E_MEMORY;
    xz.next_in = in.data;
    xz.avail_in = in.len;
    mdw_status status = MDW_OK;
    lzma_ret code = LZMA_OK;
    while (status == MDW_OK && code == LZMA_OK) {
        size_t space;
        status = buffer_room(out, STEP, &xz.next_out, &space);
        if (status != MDW_OK)
            break;
        xz.avail_out = space;
        code = lzma_code(&xz, LZMA_RUN);
        status = buffer_filled(out, space - xz.avail_out);
    }
    lzma_end(&xz);
    if (status != MDW_OK)
        return status;
    return code == LZMA_STREAM_END       ? MDW_OK
           : code == LZMA_MEM_ERROR      ? MDW_E_MEMORY
           : code == LZMA_MEMLIMIT_ERROR ? MDW_E_LIMIT
                                         : MDW_E_DAMAGED;
}

mdw_status elf_debugdata(const elf_file *file, uint64_t limit, arena *store,
                         elf_file **out, mdw_error *err)
{
    const elf_section *s = elf_find(file, ".gnu_debugdata");
    if (!s)
        return MDW_ABSENT;
    buffer b = buffer_new(NULL, limit);
    mdw_status status = unxz(s->bytes, &b);
    mdw_bytes got = buffer_bytes(&b);
    unsigned char *copy =
        status == MDW_OK ? arena_take(store, got.len + 1, 1) : NULL;
    if (copy)
        bytes_copy(copy, got, 0, got.len);
    got.data = copy;
    buffer_close(&b);
    if (status == MDW_OK && !copy)
        status = MDW_E_MEMORY;
    if (status != MDW_OK)
        return fail(err, status, ".gnu_debugdata");
    return elf_open(got, store, out, err);
}
