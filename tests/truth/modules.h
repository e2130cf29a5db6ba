/* tests/truth/modules.h - the loaded ELF files as a ModuleList. */
#ifndef TRUTH_MODULES_H
#define TRUTH_MODULES_H

#include "put.h"

/* Before the crash: the loader's lock may be held during one. */
void modules_find(void);
/* The program itself. */
void modules_program(uint64_t *start, uint64_t *end);
uint32_t modules_put(struct image *out, uint32_t *count);

#endif
