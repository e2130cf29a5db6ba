/* lib/crash/access.c - what is odd about the addresses that the instruction
 * used. */
#include "lib/crash/parts.h"

#define PAGE UINT64_C(0x1000)

static uint32_t reg_index(const scene *s, const char *name)
{
    return name ? mdw_reg_find(s->arch, str_of(name)) : MDW_NONE;
}

static void judge_region(const scene *s, mdw_access *a)
{
    mdw_region r;
    if (region_at(s, a->addr, &r)) {
        a->region = r.range;
        if (!region_allows(&r, a->kind))
            a->flags |= MDW_ACCESS_IS_FORBIDDEN;
        if (region_is_guard(s, &r))
            a->flags |= MDW_ACCESS_IS_GUARD;
        return;
    }
    if (!s->region_count)
        return;
    a->flags |= MDW_ACCESS_IS_UNMAPPED;
    uint64_t addr = data_address(s, a->addr);
    if (region_below(s, addr, &r) && region_is_open(&r) &&
        addr - (r.range.start + r.range.size) < PAGE)
        a->flags |= MDW_ACCESS_IS_PAST_END;
}

/* Below the stack there is its guard, or what would be one. */
static bool in_stack(const scene *s, uint64_t addr)
{
    mdw_range stack = s->stack.range;
    uint64_t guard = 16 * PAGE;
    if (!stack.size)
        return false;
    uint64_t low = stack.start > guard ? stack.start - guard : 0;
    return addr >= low && addr - low < stack.size + (stack.start - low);
}

static void judge(const scene *s, const decode_access *from, mdw_access *a)
{
    if (from->implicit)
        a->flags |= MDW_ACCESS_IS_IMPLICIT;
    if (from->base && from->base_known && !from->base_value)
        a->flags |= MDW_ACCESS_IS_NULL_BASE;
    if (fill_of(s, from->base_value) && from->base_known)
        a->flags |= MDW_ACCESS_IS_FILL;
    if (!from->known) {
        a->flags |= MDW_ACCESS_IS_UNKNOWN;
        return;
    }
    if (is_non_canonical(s, a->addr))
        a->flags |= MDW_ACCESS_IS_NON_CANONICAL;
    if (from->align > 1 && a->addr % from->align)
        a->flags |= MDW_ACCESS_IS_MISALIGNED;
    if (fill_of(s, a->addr))
        a->flags |= MDW_ACCESS_IS_FILL;
    if (in_stack(s, a->addr))
        a->flags |= MDW_ACCESS_IS_STACK;
    judge_region(s, a);
}

void find_accesses(scene *s)
{
    mdw_crash *c = s->crash;
    if (!s->has_insn)
        return;
    for (size_t i = 0; i < s->insn.access_count; i++) {
        const decode_access *from = &s->insn.access[i];
        mdw_access *a = &c->accesses[c->access_count++];
        *a = MDW_INIT(mdw_access);
        a->addr = from->addr;
        a->bytes = from->bytes;
        a->kind = (from->kind & DECODE_READ ? MDW_ACCESS_READ : 0u) |
                  (from->kind & DECODE_WRITE ? MDW_ACCESS_WRITE : 0u);
        a->base = reg_index(s, from->base);
        a->index = reg_index(s, from->index);
        a->scale = from->scale;
        a->displacement = from->displacement;
        judge(s, from, a);
    }
}

/* The one that covers the address; a size that is not known covers a page. */
static bool covers(const scene *s, const mdw_access *a, uint64_t addr)
{
    uint64_t size = a->bytes ? a->bytes : PAGE;
    return !(a->flags & MDW_ACCESS_IS_UNKNOWN) &&
           data_address(s, addr) - data_address(s, a->addr) < size;
}

bool fault_address(const scene *s, uint64_t *addr)
{
    const mdw_reason *r = &s->crash->reason;
    *addr = r->address;
    /* The address of the exception is pc; the data is in the parameters, as an
     * access violation has it. */
    if (is_windows(s) && s->e.code == WIN_STACK_OVERFLOW) {
        *addr = parameter(&s->system, &s->e, 1);
        return parameter_count(&s->e) >= 2;
    }
    return r->address_kind != MDW_ADDRESS_NONE && is_access_reason(s);
}

static void mark_fault(scene *s)
{
    mdw_crash *c = s->crash;
    uint64_t addr;
    if (!fault_address(s, &addr))
        return;
    for (size_t i = 0; i < c->access_count; i++)
        if (covers(s, &c->accesses[i], addr)) {
            c->accesses[i].flags |= MDW_ACCESS_IS_FAULT;
            return;
        }
}

bool accesses_known(const scene *s)
{
    for (size_t i = 0; i < s->crash->access_count; i++)
        if (s->crash->accesses[i].flags & MDW_ACCESS_IS_UNKNOWN ||
            !s->crash->accesses[i].bytes)
            return false;
    return true;
}

const mdw_access *fault_access(const scene *s)
{
    const mdw_crash *c = s->crash;
    for (size_t i = 0; i < c->access_count; i++)
        if (c->accesses[i].flags & MDW_ACCESS_IS_FAULT)
            return &c->accesses[i];
    return NULL;
}

/* A pointer that is null, and what was added to it. An index that is a pointer
 * itself, unscaled, is none: then either of the two may be the base. */
static void null_offset(scene *s)
{
    mdw_reason *r = &s->crash->reason;
    const mdw_access *a = fault_access(s);
    if (!a || !(a->flags & MDW_ACCESS_IS_NULL_BASE) ||
        r->address_kind != MDW_ADDRESS_RECORDED)
        return;
    if (a->index != MDW_NONE && a->scale == 1 && r->address >= 16 * PAGE)
        return;
    r->address_kind = MDW_ADDRESS_NULL_OFFSET;
    r->offset = r->address;
}

void adjust_address(scene *s)
{
    mdw_reason *r = &s->crash->reason;
    if (is_gp_fault(s)) {
        for (size_t i = 0; i < s->crash->access_count; i++) {
            mdw_access *a = &s->crash->accesses[i];
            if (!(a->flags & MDW_ACCESS_IS_NON_CANONICAL))
                continue;
            a->flags |= MDW_ACCESS_IS_FAULT;
            r->address_kind = MDW_ADDRESS_NON_CANONICAL;
            r->address = a->addr;
            return;
        }
        if (s->has_insn && s->insn.flags & DECODE_INDIRECT &&
            s->insn.has_target && is_non_canonical(s, s->insn.target)) {
            r->address_kind = MDW_ADDRESS_NON_CANONICAL;
            r->address = s->insn.target;
            return;
        }
    }
    mark_fault(s);
    null_offset(s);
}
