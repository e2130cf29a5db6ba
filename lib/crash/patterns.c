/* lib/crash/patterns.c - the bytes that allocators and debuggers fill memory
 * with. */
#include "lib/crash/parts.h"

#define BYTES(b) (UINT64_C(0x0101010101010101) * (b))
#define WORDS(w) (UINT64_C(0x0000000100000001) * (w))

/* From the documentation and the headers of each. An offset of up to 32 KiB may
 * have been added or taken: a member of what the pointer points to. */
static const fill fills[] = {
    {BYTES(0xDD), FILL_FREED, "the Microsoft debug heap, freed"},
    {BYTES(0xFE), FILL_FREED, "a Windows heap under a debugger, freed"},
    {WORDS(0xFEEEFEEE), FILL_FREED, "HeapFree, freed"},
    {BYTES(0xE5), FILL_FREED, "Mozilla's allocator, freed"},
    {BYTES(0x5A), FILL_FREED, "jemalloc, freed"},
    {BYTES(0x55), FILL_FREED, "MallocScribble, freed"},
    {BYTES(0xEF), FILL_FREED, "PartitionAlloc, freed"},
    {WORDS(0xDEADBEEF), FILL_FREED, "a poison of its own, freed"},
    {WORDS(0xDEADF00D), FILL_FREED, "a poison of its own, freed"},
    {BYTES(0xCD), FILL_UNINITIALISED, "the Microsoft debug heap, unwritten"},
    {BYTES(0xCC), FILL_UNINITIALISED, "a Microsoft debug stack, unwritten"},
    {WORDS(0xBAADF00D), FILL_UNINITIALISED, "LocalAlloc, unwritten"},
    {BYTES(0xA5), FILL_UNINITIALISED, "jemalloc, unwritten"},
    {BYTES(0xE4), FILL_UNINITIALISED, "Mozilla's allocator, unwritten"},
    {BYTES(0xAA), FILL_UNINITIALISED, "MallocScribble, unwritten"},
    {BYTES(0xFD), FILL_GUARD, "the Microsoft debug heap, around a block"},
    {BYTES(0xAB), FILL_GUARD, "HeapAlloc, behind a block"},
    {WORDS(0x0DEFACED), FILL_HIDDEN, "Breakpad, sanitising a stack"},
};

const fill *fill_of(const scene *s, uint64_t value)
{
    uint64_t mask = s->pointer == 8 ? UINT64_MAX : UINT32_MAX;
    for (size_t i = 0; i < sizeof fills / sizeof *fills; i++) {
        uint64_t pattern = fills[i].pattern & mask;
        uint64_t off = (value - pattern) & mask;
        if (off < 0x8000 || ((0 - off) & mask) < 0x8000)
            return &fills[i];
    }
    return NULL;
}

/* Bytes that mark freed memory in one allocator or another, by which a register
 * full of one speaks against a broken bit. */
bool is_poison(uint64_t value, unsigned pointer)
{
    static const uint8_t bytes[] = {0x2B, 0x2D, 0x2F, 0x49, 0x4B, 0x4D,
                                    0x4F, 0x6B, 0x8B, 0x9B, 0x9F, 0xA5,
                                    0xBB, 0xCC, 0xCD, 0xCE, 0xDB, 0xE5};
    uint64_t mask = pointer == 8 ? UINT64_MAX : UINT32_MAX;
    for (size_t i = 0; i < sizeof bytes; i++)
        if (value == (BYTES(bytes[i]) & mask))
            return true;
    return false;
}
