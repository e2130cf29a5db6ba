/* tests/truth/context.h - a ucontext as a minidump's CPU context. */
#ifndef TRUTH_CONTEXT_H
#define TRUTH_CONTEXT_H

#include <stdint.h>
#include <ucontext.h>

#include "put.h"

/* ARM64 has two layouts in the wild; the others have one. */
enum context_layout { CONTEXT_NEW, CONTEXT_OLD };

struct context {
    uint32_t rva;
    uint32_t size;
};

uint16_t context_architecture(enum context_layout layout);
uint64_t context_pc(const ucontext_t *uc);
uint64_t context_sp(const ucontext_t *uc);
/* The address of the instruction that an address names: on ARM bit 0 says
   Thumb and belongs to no address. */
uint64_t context_code(uint64_t address);
struct context context_put(struct image *out, const ucontext_t *uc,
                           enum context_layout layout);

#endif
