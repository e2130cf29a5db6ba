/* lib/emit/human.h - the files of the "human" emitter. */
#ifndef MDW_EMIT_HUMAN_H
#define MDW_EMIT_HUMAN_H

#include "lib/emit/emit.h"

typedef struct human {
    out out;
    view view;
} human;

enum colour { PLAIN, BOLD, DIM, RED, CYAN };
/* Nothing unless colour was asked for. */
void human_colour(human *h, enum colour colour);

void human_str(human *h, mdw_str text);      /* out of the dump */
void human_text(human *h, const char *text); /* our own words */
void human_number(human *h, uint64_t value);
void human_hex(human *h, uint64_t value, unsigned digits); /* with "0x" */

void human_head(human *h);
void human_stack(human *h, uint32_t stack);
/* Modules, unloaded modules, annotations, issues. MDW_E_MEMORY. */
mdw_status human_lists(human *h);

#endif
