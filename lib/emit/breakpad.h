/* lib/emit/breakpad.h - the files of the "breakpad" emitters: what programs
 * that read minidump_stackwalk's output expect, to the column. */
#ifndef MDW_EMIT_BREAKPAD_H
#define MDW_EMIT_BREAKPAD_H

#include "lib/emit/emit.h"

typedef struct breakpad {
    out out;
    view view;
    bool crashed;        /* there is an exception */
    uint32_t requesting; /* stack of the thread to show first, or MDW_NONE */
    mdw_reason reason;
} breakpad;

/* The reason in Breakpad's words, piece by piece. */
typedef void (*breakpad_put_fn)(breakpad *b, mdw_str text);
void breakpad_reason(breakpad *b, breakpad_put_fn put);
/* As wide as the target's pointers. */
uint64_t breakpad_address(const breakpad *b);

void breakpad_init(breakpad *b, const mdw_report *report,
                   const mdw_emit_options *options, mdw_sink sink);
/* Calls `say` for each stack that is shown, the requesting thread's first.
 * `number` counts the threads that were walked, as Breakpad does: the dump
 * writer's own is none of them. */
typedef void (*breakpad_stack_fn)(breakpad *b, uint32_t stack, size_t number);
void breakpad_stacks(breakpad *b, breakpad_stack_fn say);
/* False: none is known. */
bool breakpad_number(const breakpad *b, uint32_t stack, size_t *number);

/* What a frame line says. */
typedef struct breakpad_place {
    mdw_str module; /* empty: in none */
    mdw_str function, file;
    uint32_t line;
    uint64_t offset; /* of the return address: in the line, else in the
                        function, else in the module, else from 0 */
} breakpad_place;
void breakpad_place_of(const breakpad *b, uint32_t stack, size_t index,
                       const mdw_frame *frame, breakpad_place *place);

/* A thread with its frames, for "breakpad-human". */
void breakpad_human_stack(breakpad *b, uint32_t stack, size_t number);
/* Text out of the dump as a terminal may have it. */
void breakpad_say(breakpad *b, mdw_str text);

#endif
