/* fuzz/fuzz_call.c - whatever the bytes, the calls before an address are few,
 * ordered, inside what was given and the same without the bytes before them. */
#include <stdlib.h>

#include "lib/insn/call.h"

#define EXPECT(cond)                                                           \
    do                                                                         \
        if (!(cond))                                                           \
            abort();                                                           \
    while (0)

typedef struct question {
    uint32_t arch;
    bool thumb, big_endian;
    uint64_t addr;
} question;

static size_t ask(const question *q, mdw_bytes before, call_site *out)
{
    return call_before(q->arch, q->thumb, q->big_endian, before, q->addr, out);
}

static void check_site(const question *q, mdw_bytes before, const call_site *s)
{
    EXPECT(s->size && s->size <= CALL_BEFORE && s->size <= before.len);
    EXPECT(s->direct || (!s->target && !s->exchanges));
    EXPECT(!s->exchanges || q->arch == MDW_ARCH_ARM);
    if (q->arch == MDW_ARCH_X86 || q->arch == MDW_ARCH_ARM)
        EXPECT(s->target <= UINT32_MAX);
    /* Its own bytes are enough to find it. */
    call_site again[CALL_SITES];
    mdw_bytes own = {before.data + before.len - s->size, s->size};
    size_t n = ask(q, own, again);
    EXPECT(n && again[n - 1].size == s->size);
    EXPECT(again[n - 1].target == s->target);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The question is carved off the end: 8 bytes of address, 1 of the rest. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 9)
        return 0;
    uint8_t kind = data[size - 1];
    question q = {kind & 7u, kind & 8, kind & 16, 0};
    for (size_t i = 2; i <= 9; i++)
        q.addr = q.addr << 8 | data[size - i];
    if (q.arch == MDW_ARCH_ARM || q.arch == MDW_ARCH_X86)
        q.addr &= UINT32_MAX;
    mdw_bytes before = {data, size - 9};
    call_site sites[CALL_SITES];
    size_t n = ask(&q, before, sites);
    EXPECT(n <= CALL_SITES);
    for (size_t i = 0; i < n; i++) {
        check_site(&q, before, &sites[i]);
        EXPECT(!i || sites[i - 1].size < sites[i].size);
    }
    size_t need = call_need(q.arch);
    if (need && need < before.len) {
        mdw_bytes known = {before.data + before.len - need, need};
        EXPECT((ask(&q, known, sites) > 0) == (n > 0));
    }
    return 0;
}
