/* lib/base/lines.h - where the lines of a text begin that deserve a look, at
 * the speed of memory. The one place with intrinsics in lib/base.
 *
 * Nine lines in ten of a symbol file are line records, which begin with a
 * digit or a lower-case letter of a hex number. The scan that finds the
 * newlines drops these, and empty lines, while it has the bytes in hand. */
#ifndef MDW_BASE_LINES_H
#define MDW_BASE_LINES_H

#include "mdwalk/base.h"

typedef struct lines {
    mdw_bytes text;
    uint64_t at; /* everything before was scanned */
    bool fresh;  /* a line begins at `at` */
} lines;

enum { LINES_MIN = 64 }; /* least room for starts */

/* Ways to scan that do the same; BEST is the fastest this machine has. */
enum lines_way {
    LINES_BEST,
    LINES_SCALAR,
    LINES_SSE2,
    LINES_AVX2,
    LINES_NEON,
    LINES_WAYS
};

lines lines_of(mdw_bytes text);
/* Offsets of the next up to `room` lines that are not empty and do not begin
 * with one of 0-9 a-f; 0: there are no more. `room` is at least LINES_MIN. */
size_t lines_next(lines *l, uint64_t *starts, size_t room);
bool lines_can(uint32_t way);
size_t lines_next_by(uint32_t way, lines *l, uint64_t *starts, size_t room);

/* The line that begins at `at`, without its newline, and where the next one
 * begins. False at the end of `text`. */
bool lines_take(mdw_bytes text, uint64_t *at, mdw_str *line);
/* Whether a line begins at `at`. */
bool lines_begin(mdw_bytes text, uint64_t at);
/* Newlines in [from, to), cut to what is there. */
uint64_t lines_count(mdw_bytes text, uint64_t from, uint64_t to);

#endif
