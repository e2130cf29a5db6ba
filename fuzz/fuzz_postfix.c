/* fuzz/fuzz_postfix.c - whatever the text, values are as wide as the machine,
 * work is bounded, and the same question has the same answer. */
#include <stdlib.h>

#include "lib/base/reader.h"
#include "lib/base/str.h"
#include "lib/unwind/postfix.h"

#define EXPECT(cond)                                                           \
    do                                                                         \
        if (!(cond))                                                           \
            abort();                                                           \
    while (0)

enum { TAIL = 9, VARIABLES = 8 };

/* Variables by the last letter of their names. */
typedef struct target {
    mdw_str text;
    unsigned pointer;
    uint64_t value[VARIABLES];
    uint8_t known;
    uint64_t loads, sets;
} target;

static void inside(const target *t, mdw_str name)
{
    EXPECT(name.len && name.data >= t->text.data);
    EXPECT(name.len <= (size_t)(t->text.data + t->text.len - name.data));
}

static bool get(void *user, mdw_str name, uint64_t *value)
{
    target *t = user;
    inside(t, name);
    unsigned i = (unsigned char)name.data[name.len - 1] % VARIABLES;
    *value = t->value[i];
    return t->known >> i & 1;
}

static bool set(void *user, mdw_str name, const uint64_t *value)
{
    target *t = user;
    inside(t, name);
    unsigned i = (unsigned char)name.data[name.len - 1] % VARIABLES;
    t->sets++;
    t->known &= (uint8_t) ~(1u << i);
    if (!value)
        return true;
    EXPECT(t->pointer == 8 || *value <= UINT32_MAX);
    t->known |= (uint8_t)(1u << i);
    t->value[i] = *value;
    return true;
}

static bool load(void *user, uint64_t addr, unsigned size, uint64_t *value)
{
    target *t = user;
    t->loads++;
    EXPECT(size == t->pointer && (size == 8 || addr <= UINT32_MAX));
    *value = addr * UINT64_C(0x9E3779B97F4A7C15) >> (64 - 8 * size);
    return addr % 7;
}

static void check_program(mdw_str text, const uint64_t *seed, unsigned pointer,
                          bool is_expr)
{
    uint64_t out[2] = {0, 0}, ops[2] = {0, 0};
    bool done[2];
    target t[2];
    for (int i = 0; i < 2; i++) {
        t[i] = (target){text, pointer, {seed[0], seed[0] / 3, 8, 0}, 0, 0, 0};
        t[i].known = (uint8_t)seed[1];
        postfix_host host = {pointer, get, is_expr ? NULL : set, load, &t[i]};
        done[i] = postfix_run(&host, text, is_expr ? &out[i] : NULL, &ops[i]);
        EXPECT(ops[i] <= POSTFIX_TOKENS + 1);
        EXPECT(t[i].loads + t[i].sets <= ops[i]);
        EXPECT(pointer == 8 || !done[i] || out[i] <= UINT32_MAX);
    }
    EXPECT(done[0] == done[1] && ops[0] == ops[1]);
    EXPECT(!done[0] || out[0] == out[1]);
    EXPECT(t[0].known == t[1].known && t[0].loads == t[1].loads);
}

static void check_expr(mdw_str text, const uint64_t *seed, uint32_t id)
{
    const arch *a = arch_find(id);
    mdw_regs regs = {.valid = seed[1]};
    uint64_t out, cfa = seed[0];
    target t = {.text = text, .pointer = a->pointer};
    for (size_t i = 0; i < MDW_MAX_REGS; i++)
        regs.value[i] = seed[0] + i;
    expr_input in = {a, &regs, seed[1] & 1 ? &cfa : NULL, 0, false, load, &t};
    if (postfix_expr(&in, text, &out, NULL))
        EXPECT(a->pointer == 8 || out <= UINT32_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Carved off the end: a number, and a byte of which values are known. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < TAIL)
        return 0;
    reader tail = reader_at((mdw_bytes){data + size - TAIL, TAIL}, 0, 0, false);
    uint64_t seed[2] = {0, 0};
    seed[0] = reader_u64(&tail);
    seed[1] = reader_u8(&tail) * UINT64_C(0x0101010101010101);
    mdw_str text = {(const char *)data, size - TAIL};
    for (unsigned pointer = 4; pointer <= 8; pointer += 4) {
        check_program(text, seed, pointer, true);
        check_program(text, seed, pointer, false);
    }
    for (uint32_t id = MDW_ARCH_X86; id <= MDW_ARCH_ARM64; id++)
        check_expr(text, seed, id);
    return 0;
}
