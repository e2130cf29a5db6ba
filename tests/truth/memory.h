/* tests/truth/memory.h - which of our own memory goes into the dump. */
#ifndef TRUTH_MEMORY_H
#define TRUTH_MEMORY_H

#include <stdint.h>

enum { MEMORY_RANGES = 512 };

struct memory_range {
    uintptr_t start;
    uintptr_t end;
    uint32_t rva; /* filled by the writer */
};

/* The text of /proc/self/maps, and the ranges chosen with its help. */
struct memory {
    char *maps;
    uint32_t maps_size;
    struct memory_range ranges[MEMORY_RANGES];
    uint32_t count;
};

void memory_reserve(struct memory *m);
void memory_read_maps(struct memory *m);

/* The readable mapping around an address: 1, or 0 when there is none. */
int memory_mapping(const struct memory *m, uintptr_t address,
                   struct memory_range *found);

/* before + after bytes around an address, cut where its mapping ends. */
void memory_add_around(struct memory *m, uintptr_t address, uintptr_t before,
                       uintptr_t after);
void memory_add(struct memory *m, uintptr_t start, uintptr_t end);
/* What is readable of a module, and all of [stack]. */
void memory_add_program(struct memory *m, uintptr_t start, uintptr_t end);
/* Of every readable mapping without code all, or both ends. */
void memory_add_data(struct memory *m);

/* Sorts, and merges what overlaps or touches. */
void memory_merge(struct memory *m);
const struct memory_range *memory_find(const struct memory *m,
                                       uintptr_t address);

#endif
