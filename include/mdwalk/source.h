/* mdwalk/source.h - the bytes of a file: mapped, read, or unpacked. The only
 * part of the library that opens anything by name. */
#ifndef MDWALK_SOURCE_H
#define MDWALK_SOURCE_H

#include "mdwalk/base.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct mdw_source mdw_source;

typedef struct mdw_source_options {
    size_t size;
    uint64_t max_bytes; /* read or unpacked into memory; 0: 2 GiB. What is
                           mapped or borrowed is not limited. */
    bool copy;          /* read, do not map: nobody can then cut it short */
    bool no_unpack;     /* gzip, xz, bzip2 and zstd stay as they are */
    const mdw_allocator *alloc;
} mdw_source_options;

/* NULL `path`: standard input, from where it stands. Fifos and devices are
 * read to their end. One layer of packing is removed; of a packed file that is
 * cut or damaged, what came out before that is kept: see mdw_source_damage.
 * MDW_E_LIMIT, MDW_E_IO, MDW_E_UNSUPPORTED with the format in `what`. */
MDW_API mdw_status mdw_source_open(const char *path,
                                   const mdw_source_options *options,
                                   mdw_source **out, mdw_error *err);
/* Unpacks what is packed and borrows what is not. */
MDW_API mdw_status mdw_source_from(mdw_bytes bytes,
                                   const mdw_source_options *options,
                                   mdw_source **out, mdw_error *err);
MDW_API mdw_bytes mdw_source_bytes(const mdw_source *source);
/* MDW_OK when the packed file was cut (MDW_E_TRUNCATED), damaged
 * (MDW_E_DAMAGED) or followed by something else (MDW_E_FORMAT) and `out` says
 * where, in the packed file; MDW_ABSENT when there is nothing to say. */
MDW_API mdw_status mdw_source_damage(const mdw_source *source, mdw_error *out);
MDW_API void mdw_source_close(mdw_source *source);

#ifdef __cplusplus
}
#endif
#endif
