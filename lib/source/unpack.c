/* lib/source/unpack.c - which codec a file wants, and one member after the
 * other through it. */
#include "lib/source/unpack.h"

#include "lib/base/fail.h"
#include "lib/base/reader.h"

enum { MAGIC_SIZE = 6 };

typedef struct codec {
    uint64_t mask, magic; /* of the first MAGIC_SIZE bytes, big-endian */
    const char *name;
    unpack_fn *run; /* NULL: not in this build */
} codec;

static const codec codecs[] = {
    /* RFC 1952 2.3.1: ID1, ID2, CM = deflate */
    {0xFFFFFF000000, 0x1F8B08000000, "gzip", unpack_gzip},
    /* The .xz file format 2.1.1.1 */
    {0xFFFFFFFFFFFF, 0xFD377A585A00, "xz", unpack_xz},
    /* "BZh" and the block size, '1' to '9' */
    {0xFFFFFFF00000, 0x425A68300000, "bzip2", unpack_bzip2},
    /* RFC 8878 3.1.1, and 3.1.2: pzstd starts with a skippable frame */
    {0xFFFFFFFF0000, 0x28B52FFD0000, "zstd", unpack_zstd},
    {0xF0FFFFFF0000, 0x502A4D180000, "zstd", unpack_zstd},
};

/* The codec for what is left in `r`; a file that is too short to tell apart
 * from its magic is read as if zeros followed. */
static const codec *codec_find(reader r)
{
    size_t present = reader_left(&r);
    if (!present)
        return NULL;
    if (present > MAGIC_SIZE)
        present = MAGIC_SIZE;
    uint64_t start = reader_uint(&r, (unsigned)present)
                     << 8 * (MAGIC_SIZE - present);
    for (size_t i = 0; i < sizeof codecs / sizeof *codecs; i++)
        if ((start & codecs[i].mask) == codecs[i].magic)
            return &codecs[i];
    return NULL;
}

/* xz allows zeros between streams, and tapes pad any file with them. */
static void skip_padding(reader *r)
{
    for (reader next = *r; reader_left(&next) && !reader_u8(&next);)
        *r = next;
}

static mdw_status unpack_member(const codec *c, reader *r, buffer *out)
{
    size_t used = 0;
    reader rest = *r;
    mdw_status status =
        c->run(reader_bytes(&rest, reader_left(&rest)), out, &used);
    reader_skip(r, used);
    return status;
}

mdw_status unpack(mdw_bytes in, buffer *out, mdw_error *damage, mdw_error *err)
{
    reader r = reader_at(in, 0, 0, true);
    const codec *c = codec_find(r), *next = c;
    if (!c)
        return MDW_ABSENT;
    if (!c->run)
        return fail(err, MDW_E_UNSUPPORTED, c->name);
    mdw_status status = MDW_OK;
    while (status == MDW_OK && next && next->run == c->run) {
        status = unpack_member(c, &r, out);
        if (status == MDW_OK)
            skip_padding(&r);
        next = codec_find(r);
    }
    if (status == MDW_OK && !reader_left(&r))
        return MDW_OK;
    if (status == MDW_OK)
        status = MDW_E_FORMAT; /* something else follows */
    if (status == MDW_E_MEMORY || status == MDW_E_LIMIT || !out->len)
        return fail_at(err, status, 0, r.pos, 0, c->name);
    fail_at(damage, status, 0, r.pos, 0, c->name);
    return MDW_OK;
}
