/* lib/unwind/row_cache.c - addresses in sets of four, and behind them rule
 * sets, each stored once. Rule sets are written once and never change; the
 * entry of an address counts its writes, so that a reader who meets a writer
 * sees it and decodes for himself. */
#include "lib/unwind/row_cache.h"

#include <stdatomic.h>

#include "lib/base/range.h"

enum {
    SETS = 256, /* 2^SET_BITS */
    SET_BITS = 8,
    WAYS = 4,
    UNITS = 2048,  /* of rule sets; all together fit one block of an arena */
    KNOWN = 512,   /* places to remember where a rule set is */
    PROBES = 8,    /* places one rule set may be remembered at */
    WHOLE_HEAD = 2 /* units before the registers' rules */
};

/* Odd `writes`: somebody is at it. Words of 32 bits are atomic everywhere. */
typedef struct entry {
    atomic_uint writes, rules; /* rules: index of a head */
    atomic_uint pc_low, pc_high;
    atomic_uint back, size; /* of the row: how far before pc it starts */
} entry;

/* A rule set: a head, the CFA's rule, and one for each register of `set`. */
typedef union unit {
    struct {
        uint64_t set;
        uint32_t flags, source;
    } head;
    mdw_rule rule;
} unit;

struct row_cache {
    entry entries[SETS * WAYS];
    atomic_uint known[KNOWN]; /* index of a head; 0: free */
    atomic_uint used;         /* units; the first is not */
    unit *units;
};

row_cache *row_cache_new(arena *store)
{
    row_cache *c = arena_take(store, 1, sizeof *c);
    unit *units = arena_take_raw(store, UNITS, sizeof *units);
    if (!c || !units)
        return NULL;
    c->units = units;
    atomic_init(&c->used, 1);
    return c;
}

static uint64_t mix(uint64_t h, uint64_t v)
{
    h = (h ^ v) * UINT64_C(0x9E3779B97F4A7C15);
    return h ^ h >> 29;
}

static entry *set_of(row_cache *c, uint64_t hash)
{
    return &c->entries[(hash >> (64 - SET_BITS)) * WAYS];
}

static unsigned get(const atomic_uint *word)
{
    return atomic_load_explicit(word, memory_order_acquire);
}

static void put(atomic_uint *word, uint64_t value)
{
    atomic_store_explicit(word, (unsigned)(value & UINT32_MAX),
                          memory_order_release);
}

/* --- rule sets ---------------------------------------------------------- */

static bool is_expr(const mdw_rule *r)
{
    return r->kind == MDW_RULE_EXPR || r->kind == MDW_RULE_EXPR_LOAD;
}

static bool same_rule(const mdw_rule *a, const mdw_rule *b)
{
    if (a->kind != b->kind)
        return false;
    return is_expr(a) ? a->expr == b->expr && a->expr_len == b->expr_len
                      : a->base == b->base && a->offset == b->offset;
}

static bool same_set(const unit *u, const mdw_row *row)
{
    if (u->head.set != row->set || u->head.flags != row->flags ||
        u->head.source != row->source || !same_rule(&u[1].rule, &row->cfa))
        return false;
    u += WHOLE_HEAD;
    for (uint64_t left = row->set; left; left &= left - 1)
        if (!same_rule(&(u++)->rule, &row->reg[__builtin_ctzll(left)]))
            return false;
    return true;
}

static uint64_t hash_rule(uint64_t h, const mdw_rule *r)
{
    h = mix(h, (uint64_t)r->kind << 8 | r->base);
    return mix(h, is_expr(r) ? r->expr_len : (uint64_t)r->offset);
}

static uint64_t hash_set(const mdw_row *row)
{
    uint64_t h = mix(row->set, (uint64_t)row->flags << 32 | row->source);
    h = hash_rule(h, &row->cfa);
    for (uint64_t left = row->set; left; left &= left - 1)
        h = hash_rule(h, &row->reg[__builtin_ctzll(left)]);
    return h;
}

/* 0: there is no more room. */
static unsigned new_set(row_cache *c, const mdw_row *row)
{
    unsigned count = WHOLE_HEAD + (unsigned)__builtin_popcountll(row->set);
    if (atomic_load_explicit(&c->used, memory_order_relaxed) > UNITS - count)
        return 0;
    unsigned at =
        atomic_fetch_add_explicit(&c->used, count, memory_order_relaxed);
    if (at > UNITS - count)
        return 0;
    unit *u = &c->units[at];
    u->head.set = row->set;
    u->head.flags = row->flags;
    u->head.source = row->source;
    u[1].rule = row->cfa;
    u += WHOLE_HEAD;
    for (uint64_t left = row->set; left; left &= left - 1)
        (u++)->rule = row->reg[__builtin_ctzll(left)];
    return at;
}

/* Two threads that come with the same set at the same time store it twice,
 * which costs room alone. */
static unsigned set_for(row_cache *c, const mdw_row *row)
{
    uint64_t hash = hash_set(row);
    for (unsigned i = 0; i < PROBES; i++) {
        atomic_uint *place = &c->known[(hash + i) % KNOWN];
        unsigned at = get(place), none = 0;
        if (at && same_set(&c->units[at], row))
            return at;
        if (at)
            continue;
        at = new_set(c, row);
        if (at)
            (void)atomic_compare_exchange_strong_explicit(
                place, &none, at, memory_order_release, memory_order_relaxed);
        return at;
    }
    return 0;
}

/* --- addresses ---------------------------------------------------------- */

static void fill(const row_cache *c, unsigned rules, mdw_row *row)
{
    const unit *u = &c->units[rules];
    row->set = u->head.set;
    row->flags = u->head.flags;
    row->source = u->head.source;
    row->cfa = u[1].rule;
    u += WHOLE_HEAD;
    for (uint64_t left = row->set; left; left &= left - 1)
        row->reg[__builtin_ctzll(left)] = (u++)->rule;
}

/* Each word is read behind the one before it, so a writer's first store is
 * seen in `writes` by whoever has seen one of the others. */
bool row_cache_get(const row_cache *c, uint64_t pc, mdw_row *row)
{
    const entry *e = set_of((row_cache *)(uintptr_t)c, mix(0, pc));
    for (unsigned i = 0; i < WAYS; i++, e++) {
        unsigned writes = get(&e->writes);
        if (!writes || writes & 1 || get(&e->pc_low) != (unsigned)pc ||
            get(&e->pc_high) != (unsigned)(pc >> 32))
            continue;
        uint64_t back = get(&e->back), size = get(&e->size);
        unsigned rules = get(&e->rules);
        if (get(&e->writes) != writes)
            continue;
        row->pc = (mdw_range){pc - back, size};
        fill(c, rules, row);
        return true;
    }
    return false;
}

void row_cache_put(row_cache *c, uint64_t pc, const mdw_row *row)
{
    uint64_t hash = mix(0, pc), back = pc - row->pc.start;
    if (!mdw_range_has(row->pc, pc) || row->pc.size > UINT32_MAX)
        return;
    entry *e = set_of(c, hash);
    unsigned way = 0;
    while (way < WAYS && get(&e[way].writes))
        way++;
    e += way < WAYS ? way : hash % WAYS;
    unsigned rules = set_for(c, row);
    unsigned writes = atomic_load_explicit(&e->writes, memory_order_relaxed);
    if (!rules || writes & 1 ||
        !atomic_compare_exchange_strong_explicit(
            &e->writes, &writes, writes + 1, memory_order_acquire,
            memory_order_relaxed))
        return;
    put(&e->pc_low, pc);
    put(&e->pc_high, pc >> 32);
    put(&e->back, back);
    put(&e->size, row->pc.size);
    put(&e->rules, rules);
    put(&e->writes, writes + 2u);
}
