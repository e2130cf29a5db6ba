/* fuzz/fuzz_flow.c - whatever the code, following it passes each instruction
 * once and says things that fit together; the same bytes give the same answer.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/insn/flow.h"
#include "lib/insn/x86.h"

#define EXPECT(cond)                                                           \
    do                                                                         \
        if (!(cond))                                                           \
            abort();                                                           \
    while (0)

static void check_edge(const flow_code *code, const edge *e)
{
    uint64_t registers = 0;
    EXPECT(e->steps <= code->bytes.len && e->steps <= FLOW_BYTES);
    if (!e->known)
        return;
    bool link = code->arch == MDW_ARCH_ARM || code->arch == MDW_ARCH_ARM64;
    EXPECT(!e->in_link || link);
    EXPECT(!e->stored || !link);
    EXPECT(e->count <= EDGE_SAVES);
    for (uint8_t i = 0; i < e->count; i++) {
        EXPECT(e->save[i].reg < 32 && !(registers >> e->save[i].reg & 1));
        registers |= UINT64_C(1) << e->save[i].reg;
    }
}

static bool same(const edge *a, const edge *b)
{
    return a->known == b->known && a->by_fp == b->by_fp && a->ret == b->ret &&
           a->caller_sp == b->caller_sp && a->count == b->count &&
           a->steps == b->steps;
}

static void check_instructions(mdw_bytes bytes, bool wide)
{
    for (size_t at = 0; at < bytes.len;) {
        x86_instruction i;
        if (!x86_read((mdw_bytes){bytes.data + at, bytes.len - at}, wide, &i))
            return;
        EXPECT(i.size && i.size <= 15 && i.size <= bytes.len - at);
        at += i.size;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The question is carved off the end: 2 bytes of place, 1 of the rest. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint32_t archs[] = {MDW_ARCH_X86, MDW_ARCH_X86_64,
                                     MDW_ARCH_ARM64, MDW_ARCH_ARM};
    if (size < 3)
        return 0;
    uint8_t kind = data[size - 1];
    size_t at = (size_t)(data[size - 2] | data[size - 3] << 8);
    flow_code code = {archs[kind & 3], kind & 8, kind & 16, {data, size - 3}};
    at %= code.bytes.len + 1;
    edge start = flow_from_start(&code, at, kind & 4);
    edge back = flow_to_return(&code, at);
    check_edge(&code, &start);
    check_edge(&code, &back);
    edge again = flow_from_start(&code, at, kind & 4);
    EXPECT(same(&start, &again));
    again = flow_to_return(&code, at);
    EXPECT(same(&back, &again));
    check_instructions(code.bytes, kind & 1);
    return 0;
}
