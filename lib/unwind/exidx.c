/* lib/unwind/exidx.c - from an entry of the index to the row that its
 * instructions come to. */
#include "lib/unwind/exidx.h"

#include "lib/base/bytes.h"
#include "lib/base/ckd.h"
#include "lib/base/table.h"

enum {
    ENTRY = 8, /* bytes: where it starts, and what it says */
    WORD = 4,
    CANT_UNWIND = 1,
    SP = 13,
    LR = 14,
    PC = 15
};

/* A word whose top bit says that the rest is no place. */
static const uint64_t compact = UINT64_C(1) << 31;

/* What is being carried out: instructions, and where vsp has come to, counted
 * from what a register was when the frame made its call. */
typedef struct program {
    mdw_bytes words;
    uint32_t at, end; /* bytes of words, from each one's top byte down */
    bool big_endian;
    bool bad;
    bool loaded; /* vsp came from memory: nothing can be counted from it */
    uint8_t base;
    int64_t offset;
    mdw_row *row;
} program;

/* --- the index ---------------------------------------------------------- */

static uint64_t word_at(const exidx *x, uint64_t at)
{
    uint64_t word = 0;
    (void)bytes_uint(x->bytes, at, WORD, x->big_endian, &word);
    return word;
}

bool exidx_take(exidx *x, const mdw_sections *s)
{
    mdw_section section = s->section[MDW_SECTION_ARM_EXIDX];
    size_t count = section.data.len / ENTRY;
    *x = (exidx){.bytes = section.data,
                 .addr = section.addr,
                 .count = (uint32_t)(count < UINT32_MAX ? count : UINT32_MAX),
                 .big_endian = s->big_endian,
                 .at = s->at,
                 .at_user = s->at_user};
    uint32_t i = 0;
    while (i < x->count &&
           word_at(x, i * (uint64_t)ENTRY + WORD) == CANT_UNWIND)
        i++;
    return s->arch == MDW_ARCH_ARM && i < x->count;
}

/* R_ARM_PREL31: 31 bits with a sign, counted from where they stand. */
static uint64_t prel31(uint64_t word, uint64_t here)
{
    const uint64_t sign = UINT64_C(1) << 30;
    return (here + ((word & (compact - 1)) ^ sign) - sign) & UINT32_MAX;
}

/* Bit 0 says Thumb where the reference was to a function. */
uint64_t exidx_start(const exidx *x, uint32_t i)
{
    uint64_t at = (uint64_t)i * ENTRY;
    return prel31(word_at(x, at), x->addr + at) & ~UINT64_C(1);
}

/* How many entries begin at or before `addr`. */
static uint32_t entries_until(const exidx *x, uint64_t addr)
{
    uint32_t low = 0, high = x->count;
    while (low < high) {
        uint32_t mid = low + (high - low) / 2;
        if (exidx_start(x, mid) <= addr)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

/* --- instructions ------------------------------------------------------- */

static uint8_t next(program *p)
{
    uint32_t i = p->at++;
    uint64_t byte = 0;
    if (!p->big_endian)
        i ^= WORD - 1;
    if (p->at > p->end || !bytes_uint(p->words, i, 1, false, &byte))
        p->bad = true;
    return (uint8_t)byte;
}

static bool move(program *p, int64_t by)
{
    return !p->loaded && !ckd_add(&p->offset, p->offset, by);
}

/* Registers of `mask`, the lowest at vsp. With sp among them vsp is what was
 * loaded. */
static bool pop(program *p, uint32_t mask)
{
    if (p->loaded)
        return false;
    for (uint32_t reg = 0; reg <= PC; reg++) {
        if (!(mask >> reg & 1))
            continue;
        mdw_rule rule = rule_load(p->base, p->offset);
        if (reg == SP)
            p->row->cfa = rule;
        else
            row_set(p->row, (uint8_t)reg, rule);
        if (!move(p, WORD))
            return false;
    }
    p->loaded = mask >> SP & 1;
    return true;
}

/* What was popped is in memory, and no place can be counted from there. */
static bool take_base(program *p, uint8_t reg)
{
    bool plain = reg != SP && reg != PC && !p->loaded;
    if (!plain || p->row->set >> reg & 1)
        return false;
    p->base = reg;
    p->offset = 0;
    return true;
}

/* 10110010 uleb128: vsp + 0x204 + 4 * number. */
static bool move_far(program *p)
{
    uint64_t number = 0;
    uint8_t byte = 128;
    for (unsigned shift = 0; byte & 128; shift += 7) {
        byte = next(p);
        if (shift > 28 || p->bad)
            return false;
        number |= (uint64_t)(byte & 127) << shift;
    }
    return move(p, 0x204 + (int64_t)(number * WORD));
}

/* `count` doublewords of registers that no caller's frame is found by. */
static bool pop_wide(program *p, unsigned count, unsigned pad)
{
    return move(p, INT64_C(8) * count + pad);
}

/* 1011xxxx. FSTMFDX, of VFP's first versions, stores a word more. */
static bool run_b(program *p, uint8_t op)
{
    uint8_t more;
    switch (op) {
    case 0xB1:
        more = next(p);
        return more && more < 16 && pop(p, more);
    case 0xB2:
        return move_far(p);
    case 0xB3:
        return pop_wide(p, (next(p) & 15u) + 1, WORD);
    case 0xB4: /* the authentication code of the return address */
        return move(p, WORD);
    case 0xB5: /* vsp here was its modifier */
        return true;
    default:
        return op & 8 && pop_wide(p, (op & 7u) + 1, WORD);
    }
}

static unsigned ones(unsigned bits)
{
    return (unsigned)__builtin_popcount(bits);
}

/* 11xxxxxx: VFP's and Intel's Wireless MMX registers. */
static bool run_c(program *p, uint8_t op)
{
    uint8_t more;
    if (op <= 0xC5 || (op & 0xF8) == 0xD0)
        return pop_wide(p, (op & 7u) + 1, 0);
    switch (op) {
    case 0xC6:
    case 0xC8:
    case 0xC9:
        return pop_wide(p, (next(p) & 15u) + 1, 0);
    case 0xC7:
        more = next(p);
        return more && more < 16 && move(p, (int64_t)ones(more) * WORD);
    default:
        return false;
    }
}

/* 1000iiii iiiiiiii: r4 to r15. */
static bool run_mask(program *p, uint8_t op)
{
    uint32_t mask = (op & 15u) << 12;
    return pop(p, mask | (uint32_t)next(p) << 4);
}

/* 1010lnnn: r4 to r4 + nnn, and lr where l. */
static bool run_span(program *p, uint8_t op)
{
    uint32_t mask = (UINT32_C(2) << (4 + (op & 7))) - (1 << 4);
    return pop(p, mask | (op & 8 ? UINT32_C(1) << LR : 0));
}

/* False for what is spare, and for what a row has no words for. */
static bool run_one(program *p, uint8_t op)
{
    switch (op >> 4) {
    case 8:
        return run_mask(p, op);
    case 9:
        return take_base(p, op & 15);
    case 10:
        return run_span(p, op);
    case 11:
        return run_b(p, op);
    case 12:
    case 13:
    case 14:
    case 15:
        return run_c(p, op);
    default: {
        int64_t by = (op & 63) * WORD + WORD;
        return move(p, op & 64 ? -by : by);
    }
    }
}

/* 10000000 00000000: refused, like MDW_ABSENT. */
static bool refuses(const program *p)
{
    program look = *p;
    return next(&look) == 0x80 && next(&look) == 0 && !look.bad;
}

enum { FINISH = 0xB0 };

static mdw_status run(program *p)
{
    row_clear(p->row);
    p->base = SP;
    while (p->at < p->end && !p->bad) {
        if (refuses(p))
            return MDW_ABSENT;
        uint8_t op = next(p);
        if (op == FINISH)
            break;
        if (!run_one(p, op) && !p->bad)
            return MDW_E_UNSUPPORTED;
    }
    if (p->bad)
        return MDW_E_TRUNCATED;
    if (!p->loaded)
        p->row->cfa = rule_addr(p->base, p->offset);
    if (!(p->row->set >> PC & 1))
        row_set(p->row, PC,
                p->row->set >> LR & 1 ? p->row->reg[LR] : rule_addr(LR, 0));
    return MDW_OK;
}

/* --- where they are ----------------------------------------------------- */

/* A word of the compact model, with what follows it: in the first form three
 * instructions; in the other two a number of words, and two more. */
static mdw_status in_compact(program *p, uint64_t word)
{
    enum { SHORT = 0x80, LONG_16 = 0x81, LONG_32 = 0x82 };
    uint32_t kind = (uint32_t)(word >> 24), more = word >> 16 & 0xFF;
    if (kind != SHORT && kind != LONG_16 && kind != LONG_32)
        return MDW_E_UNSUPPORTED;
    p->at = kind == SHORT ? 1 : 2;
    p->end = kind == SHORT ? WORD : WORD + more * WORD;
    return run(p);
}

/* Behind a personality routine of a language stands its own data. Those of GCC
 * and LLVM (C++, Rust, Ada, Go, C with cleanups) all begin with a number of
 * words in the top byte, and instructions from the next one on. */
static mdw_status in_generic(program *p)
{
    uint64_t word;
    p->words = bytes_slice(p->words, WORD, UINT64_MAX);
    if (!bytes_uint(p->words, 0, WORD, p->big_endian, &word))
        return MDW_E_TRUNCATED;
    p->at = 1;
    p->end = WORD + (uint32_t)(word >> 24) * WORD;
    return run(p);
}

static mdw_status in_extab(const exidx *x, uint64_t addr, program *p)
{
    uint64_t word;
    if (!x->at)
        return MDW_ABSENT;
    if (addr % WORD)
        return MDW_E_FORMAT;
    mdw_window w = x->at(x->at_user, addr);
    p->words = bytes_slice(w.bytes, addr - w.addr, UINT64_MAX);
    if (!bytes_uint(p->words, 0, WORD, x->big_endian, &word))
        return MDW_E_TRUNCATED;
    return word & compact ? in_compact(p, word) : in_generic(p);
}

static mdw_status entry_row(const exidx *x, uint32_t i, mdw_row *row)
{
    uint64_t at = (uint64_t)i * ENTRY, word = word_at(x, at + WORD);
    program p = {.words = bytes_slice(x->bytes, at + WORD, WORD),
                 .big_endian = x->big_endian,
                 .row = row};
    if (word == CANT_UNWIND)
        return MDW_ABSENT;
    if (!(word & compact))
        return in_extab(x, prel31(word, x->addr + at + WORD), &p);
    /* In the index itself there is room for the first form alone. */
    return word >> 24 == 0x80 ? in_compact(&p, word)
                              : (mdw_status)MDW_E_UNSUPPORTED;
}

/* Entry i; `end`: where the next one begins. */
static mdw_status row_between(const exidx *x, uint32_t i, uint64_t end,
                              mdw_row *row)
{
    uint64_t start = exidx_start(x, i);
    mdw_status status = entry_row(x, i, row);
    row->pc = (mdw_range){start, end - start};
    row->flags = MDW_ROW_WHOLE;
    row->source = MDW_SOURCE_EXIDX;
    return status;
}

static uint64_t end_of(const exidx *x, uint32_t i)
{
    return i + 1 < x->count ? exidx_start(x, i + 1) : UINT64_C(1) << 32;
}

mdw_status exidx_row(const exidx *x, uint64_t addr, mdw_row *row)
{
    uint32_t until = entries_until(x, addr);
    if (!until || addr > UINT32_MAX)
        return MDW_ABSENT;
    return row_between(x, until - 1, end_of(x, until - 1), row);
}

static bool in_order(const exidx *x)
{
    for (uint32_t i = 0; i < x->count; i++)
        if (exidx_start(x, i) > end_of(x, i))
            return false;
    return true;
}

mdw_status exidx_each_row(const exidx *x, row_fn each, void *user,
                          uint64_t *broken)
{
    mdw_status status = MDW_OK;
    if (!in_order(x)) {
        *broken += x->count;
        return MDW_OK;
    }
    for (uint32_t i = 0; i < x->count && status == MDW_OK; i++) {
        mdw_row row;
        row_clear(&row);
        if (exidx_start(x, i) == end_of(x, i))
            continue;
        mdw_status got = row_between(x, i, end_of(x, i), &row);
        if (got == MDW_OK)
            status = each(user, &row);
        *broken += got < 0;
    }
    return status;
}
