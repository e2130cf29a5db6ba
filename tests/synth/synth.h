/* tests/synth/synth.h - builds dumps for tests, byte by byte, on both byte
 * orders. Offsets and sizes are written as labels and filled in at the end. It
 * follows the format's description and shares nothing with the parser. */
#ifndef SYNTH_H
#define SYNTH_H

#include "mdwalk/base.h"

typedef struct synth synth;
typedef size_t synth_label;

synth *synth_new(bool big_endian);
void synth_free(synth *s);
/* Fills in labels, header and directory. The bytes belong to `s`. */
mdw_bytes synth_finish(synth *s);

/* Classic lists get 4 bytes of padding behind their count. */
void synth_pad_lists(synth *s, bool on);
bool synth_padded(const synth *s);
bool synth_big_endian(const synth *s);
void synth_flags(synth *s, uint64_t flags); /* MINIDUMP_HEADER.Flags */

/* What is written between them is the stream. The end puts queued strings and
 * blobs behind it. At most SYNTH_STREAMS. */
enum { SYNTH_STREAMS = 48 };
void synth_begin(synth *s, uint32_t type);
void synth_end(synth *s);
/* A directory entry alone, whatever it says. */
void synth_entry(synth *s, uint32_t type, uint32_t size, uint32_t offset);

size_t synth_here(const synth *s);
void put8(synth *s, uint64_t value);
void put16(synth *s, uint64_t value);
void put32(synth *s, uint64_t value);
void put64(synth *s, uint64_t value);
void put_uint(synth *s, uint64_t value, size_t size);
void put_bytes(synth *s, const void *bytes, size_t len);
void put_zeros(synth *s, size_t len);
void put_align(synth *s, size_t to);
/* UTF-16 of `text` in `size` bytes, the rest zero; 0: as long as it is. */
void put_utf16(synth *s, const char *text, size_t size);
/* 16 bytes given in GUID text order. */
void put_guid(synth *s, const uint8_t guid[16]);
/* One value for each digit of `widths`, that many bytes wide: `first`,
 * first + 1, ... Blanks in `widths` are for reading. */
void put_fields(synth *s, const char *widths, uint64_t first);

synth_label synth_label_new(synth *s);
void synth_bind(synth *s, synth_label label); /* to here */
void put_offset(synth *s, synth_label label, size_t size);
/* MINIDUMP_LOCATION_DESCRIPTOR of what lies between two labels. */
void put_location(synth *s, synth_label from, synth_label to);

/* The queue. Each writes a reference now and the thing itself at the end of the
 * stream. NULL: zeros. */
void put_string_ref(synth *s, const char *text, size_t size); /* UTF-16 */
void put_counted_ref(synth *s, const void *bytes, size_t len);
void put_blob_ref(synth *s, const void *bytes, size_t len); /* a location */
void synth_flush(synth *s);                                 /* the queue, now */

#endif
