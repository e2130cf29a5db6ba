/* lib/crash/bitflip.c - addresses that would be good with one bit another way
 * round: a hint at broken memory or a broken CPU. Only on x86-64, where the
 * address space is so large that chance hits are rare. */
#include "lib/crash/parts.h"

/* Below this a value is a number rather than an address. */
#define LOW_MAX UINT64_C(0x2000)
#define NEARBY UINT64_C(0x1000)

typedef struct flips {
    scene *s;
    uint32_t need;       /* enum mdw_access_kind; 0: any */
    unsigned low, high;  /* bits [low, high) */
    bool was_bad;        /* the address was none */
    uint32_t poison;     /* registers full of poison */
    kept_finding *found; /* NULL until the first */
    uint32_t best;
} flips;

static uint32_t nearby_registers(const scene *s, uint64_t value)
{
    uint32_t count = 0;
    if (value <= LOW_MAX)
        return 0;
    for (uint32_t i = 0; i < mdw_reg_count(s->arch) && i < MDW_MAX_REGS; i++) {
        const char *name = mdw_reg_name(s->arch, i);
        if (!(s->stack.regs.valid >> i & 1) ||
            (name && str_ends(str_of(name), STR("flags"))))
            continue;
        uint64_t reg = s->stack.regs.value[i];
        count += (reg > value ? reg - value : value - reg) <= NEARBY;
    }
    return count;
}

static uint32_t poison_registers(const scene *s)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < MDW_MAX_REGS; i++)
        count += s->stack.regs.valid >> i & 1 &&
                 is_poison(s->stack.regs.value[i], s->pointer);
    return count;
}

/* The chance that not one of the hints is right, taken from one. Percent of
 * each: a good address 25, bad before 90, null 50, registers nearby 50 to 65.
 * Poison halves what is left. */
static uint32_t grade(const mdw_evidence *e)
{
    static const uint8_t near[] = {0, 50, 55, 60, 65};
    uint64_t miss = 750000;
    if (e->flags & MDW_FLIP_WAS_NON_CANONICAL)
        miss = miss * 10 / 100;
    if (e->flags & MDW_FLIP_IS_NULL)
        miss = miss * (e->flags & MDW_FLIP_WAS_LOW ? 75 : 50) / 100;
    size_t registers = e->nearby_registers < 4 ? e->nearby_registers : 4;
    miss = miss * (100u - near[registers]) / 100;
    uint64_t hit = 1000000 - miss;
    return (uint32_t)(e->poison_registers ? hit / 2 : hit);
}

/* What the instruction wants to do there counts for the finding alone: the list
 * of candidates is the field's. */
static uint32_t believe(const scene *s, const mdw_evidence *e)
{
    const mdw_access *a = fault_access(s);
    mdw_region r;
    bool good =
        e->flags & MDW_FLIP_IS_NULL ||
        (region_at(s, e->value, &r) && (!a || region_allows(&r, a->kind)));
    uint32_t confidence = good ? e->confidence : e->confidence / 2;
    /* Any small number is one bit away from the lowest mapping. */
    return e->value && e->addr <= LOW_MAX ? confidence / 2 : confidence;
}

static void candidate(flips *f, uint64_t from, uint64_t to, uint32_t reg)
{
    scene *s = f->s;
    mdw_region r;
    if (to && !(region_at(s, to, &r) && region_allows(&r, f->need)))
        return;
    mdw_evidence e = MDW_INIT(mdw_evidence);
    e.kind = MDW_EVIDENCE_FLIP;
    e.index = reg;
    e.addr = from;
    e.value = to;
    e.flags = (f->was_bad ? MDW_FLIP_WAS_NON_CANONICAL : 0u) |
              (to ? 0u : MDW_FLIP_IS_NULL) |
              (!to && from <= LOW_MAX ? MDW_FLIP_WAS_LOW : 0u);
    e.nearby_registers = nearby_registers(s, to);
    e.poison_registers = f->poison;
    e.confidence = grade(&e);
    if (!f->found) {
        reason text = {.len = 0};
        say(&text, STR("one bit away from "));
        say_hex(&text, to, 1);
        if (reg != MDW_NONE)
            say_register(s, &text, reg);
        say(&text, STR(", which would be good: perhaps a hardware error"));
        f->found = finding_add(s, MDW_FINDING_BIT_FLIP, 0, &text);
    }
    evidence_add(s, f->found, &e);
    uint32_t believed = believe(s, &e);
    f->best = believed > f->best ? believed : f->best;
}

/* `size` bytes are accessed there. What is mapped, or all but, is no flip. */
static void try_value(flips *f, uint64_t value, uint32_t reg, uint64_t size)
{
    mdw_region r;
    if (region_at(f->s, value, &r) && region_allows(&r, f->need))
        return;
    if (region_distance(f->s, value) < size)
        return;
    for (unsigned bit = f->low; bit < f->high; bit++)
        candidate(f, value, value ^ UINT64_C(1) << bit, reg);
}

/* By name, so that the order is the one of rust-minidump. */
static void try_registers(flips *f)
{
    const scene *s = f->s;
    const char *last = "";
    for (size_t n = 0; n < s->insn.reg_count; n++) {
        const char *next = NULL;
        for (size_t i = 0; i < s->insn.reg_count; i++)
            if (strcmp(s->insn.regs[i], last) > 0 &&
                (!next || strcmp(s->insn.regs[i], next) < 0))
                next = s->insn.regs[i];
        uint64_t value;
        if (next && scene_reg(f->s, next, &value))
            try_value(f, value, mdw_reg_find(s->arch, str_of(next)), 1);
        last = next ? next : last;
    }
}

/* A program's own fault that is likely needs no broken hardware. That an
 * address is none explains nothing. */
static bool is_explained(const scene *s)
{
    for (size_t i = 0; i < s->crash->finding_count; i++) {
        const mdw_finding *f = &s->crash->findings[i].finding;
        if (f->confidence >= 800000 && f->id != MDW_FINDING_NON_CANONICAL)
            return true;
    }
    return false;
}

void find_bit_flips(scene *s)
{
    const mdw_reason *r = &s->crash->reason;
    const mdw_access *a = is_access_reason(s) ? fault_access(s) : NULL;
    if (s->arch != MDW_ARCH_X86_64 || !s->region_count ||
        r->kind != MDW_CRASH_FAULT || r->address_kind == MDW_ADDRESS_NONE ||
        r->address_kind == MDW_ADDRESS_NULL_OFFSET)
        return;
    bool bad = r->address_kind == MDW_ADDRESS_NON_CANONICAL;
    if (!bad && is_gp_fault(s) && s->e.flags)
        return; /* what was recorded is not an address */
    flips f = {.s = s,
               .need = r->access,
               .low = bad ? 48 : 0,
               .high = bad ? 64 : 48,
               .was_bad = bad,
               .poison = poison_registers(s)};
    try_value(&f, a ? a->addr : r->address, MDW_NONE,
              a && a->bytes ? a->bytes : 1);
    if (s->has_insn)
        try_registers(&f);
    if (f.found)
        f.found->finding.confidence = is_explained(s) ? f.best / 2 : f.best;
}
