/* lib/dump/dump.h - what the files of this room share: the open dump, its
 * streams, and the fields that many records have. */
#ifndef MDW_DUMP_DUMP_H
#define MDW_DUMP_DUMP_H

#include "lib/base/arena.h"
#include "lib/base/fail.h"
#include "lib/base/options.h"
#include "lib/base/reader.h"
#include "lib/dump/layout.h"
#include "mdwalk/dump.h"

struct mdw_dump {
    arena *store;
    reader file; /* all of it */
    mdw_header header;
    size_t stream_count;
    mdw_stream *known; /* one for each decoded type; size 0: absent */
    mdw_stream *exceptions;
    size_t exception_count;
};

/* A reader over what the file holds of the first stream of `type`. */
mdw_status stream_open(const mdw_dump *dump, uint32_t type, reader *out,
                       mdw_error *err);
reader stream_reader(const mdw_dump *dump, const mdw_stream *stream);
/* 4 or 8 by the CPU in SystemInfo; 0 where that says nothing. */
uint32_t pointer_size(const mdw_dump *dump);

/* Fields. Each sets `flag` in `damage` where what is promised is not there. */

/* MINIDUMP_STRING: uint32 byte length without terminator, UTF-16 code units.
 * Offset 0 is no string. */
mdw_utf16 field_string(const mdw_dump *dump, uint64_t offset, uint32_t *damage,
                       uint32_t flag);
/* uint32 byte length and bytes: Crashpad's strings and byte arrays. */
mdw_bytes field_counted(const mdw_dump *dump, uint64_t offset, uint32_t *damage,
                        uint32_t flag);
/* MINIDUMP_LOCATION_DESCRIPTOR, read from `r`: uint32 size, uint32 offset. All
 * of it or nothing. */
mdw_bytes field_location(const mdw_dump *dump, reader *r, uint32_t *damage,
                         uint32_t flag, uint64_t *offset);
/* What lies inside the file of `size` bytes at `offset`. */
mdw_bytes field_head(const mdw_dump *dump, uint64_t offset, uint64_t size,
                     uint32_t *damage, uint32_t flag);
/* A fixed field of `size` bytes, or less where less is left: UTF-16 up to its
 * NUL. */
mdw_utf16 field_utf16(reader *r, uint64_t size);
/* 16 bytes to GUID text order. */
void field_guid(reader *r, uint8_t out[16]);

#endif
