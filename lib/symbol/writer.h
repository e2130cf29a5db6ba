/* lib/symbol/writer.h - an index while it is being built. */
#ifndef MDW_SYMBOL_WRITER_H
#define MDW_SYMBOL_WRITER_H

#include "lib/symbol/index.h"
#include "lib/symbol/list.h"
#include "lib/symbol/spool.h"

enum {
    WRITER_MEMO = 1 << 14, /* strings, and rule sets, that are shared */
    WRITER_PROBES = 8      /* places that one of them may be remembered at */
};

/* XXH3-128 of something put before, and where it lies. */
typedef struct writer_memo {
    uint64_t low, high;
    uint32_t at; /* 0: nothing */
} writer_memo;

typedef struct writer_win {
    index_win win; /* range below 4 GiB; program unused */
    uint32_t program, parent, start;
} writer_win;

struct index_writer {
    pool pool;
    const char *temporary;
    index_info info;
    spool section[INDEX_SECTION_COUNT];
    list pieces;                 /* of functions: number is the place in BODY */
    list publics;                /* piece: bytes 0, number args << 32 | name */
    list rows[INDEX_ROW_LAYERS]; /* piece: number is the offset in RULES */
    list wins;                   /* writer_win */
    list files;                  /* uint32_t by number */
    uint64_t count[INDEX_COUNTER_KINDS], first[INDEX_COUNTER_KINDS];
    writer_memo *strings, *rules;
    /* Of one function. */
    list sorting, nested, order; /* piece, nest, uint32_t */
    list body;                   /* uint32_t: its words */
};

void writer_put(index_writer *w, uint32_t section, const void *data,
                size_t len);
/* Where the bytes lie in their section, for equal ones the same place. */
uint32_t writer_share(index_writer *w, writer_memo **memo, uint32_t section,
                      mdw_bytes head, mdw_bytes bytes);
/* One function's lines, and its inlined calls: into `body`. How many there are.
 */
uint32_t writer_put_lines(index_writer *w, const index_function *f,
                          const index_line *lines, size_t count);
uint32_t writer_put_inlines(index_writer *w, const index_function *f,
                            const index_inline *inlines, size_t count);
void writer_put_wins(index_writer *w, bool frame_data, uint32_t rvas,
                     uint32_t into);

/* --- rule sets --------------------------------------------------------- */

/* Bytes written to `out`, INDEX_RULES_MAX of them there; 0: too long. */
size_t rules_encode(const sym_row *row, uint8_t *out);
/* Fills all but pc. False: not a rule set. */
bool rules_decode(mdw_bytes bytes, sym_row *row);

#endif
