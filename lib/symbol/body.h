/* lib/symbol/body.h - what a full index says of one function, all of it in one
 * place of BODY. */
#ifndef MDW_SYMBOL_BODY_H
#define MDW_SYMBOL_BODY_H

#include "lib/symbol/view.h"

typedef struct call {
    uint32_t name;       /* string, or origin's number */
    uint32_t file, line; /* where it was called */
} call;

/* What is at one address: innermost call first. */
typedef struct detail {
    uint32_t file, line;
    uint32_t start; /* rva of the line */
    uint32_t count;
    call calls[INDEX_DEPTH];
} detail;

/* Not by mdw_range_has, whose ranges never wrap: these are as a file says. */
static inline bool lies_in(uint32_t rva, uint32_t start, uint32_t bytes)
{
    return rva >= start && rva - start < bytes;
}

/* Fills `out` from FUNCTION record `at` and its body. False: the function ends
 * before `rva`, or nothing can be believed. */
bool body_covers(const index_view *view, uint32_t at, uint32_t rva,
                 index_function *out);
/* Adds to `d` the line at `rva` and the inlined calls around it. */
void body_detail(const index_view *view, const index_function *function,
                 uint32_t rva, detail *d);

#endif
