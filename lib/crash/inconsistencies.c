/* lib/crash/inconsistencies.c - a reason that the instruction can't have: the
 * dump is wrong, or the CPU is. */
#include "lib/crash/parts.h"

static void add(scene *s, uint32_t id, mdw_str sentence)
{
    reason text = {.len = 0};
    say(&text, sentence);
    kept_finding *f = finding_add(s, MDW_FINDING_INCONSISTENT, 450000, &text);
    if (!f)
        return;
    f->finding.detail = id;
    evidence_memory(s, f, s->insn.addr, 0);
    for (size_t i = 0; i < s->crash->access_count; i++)
        evidence_access(s, f, &s->crash->accesses[i]);
}

/* What else raises a general-protection fault: privilege, alignment, and
 * segments, which traps go through. */
static bool may_protect(const scene *s)
{
    if (s->insn.flags & (DECODE_PRIVILEGED | DECODE_TRAP))
        return true;
    for (size_t i = 0; i < s->insn.access_count; i++)
        if (s->insn.access[i].align > 1)
            return true;
    return false;
}

static void protection_fault(scene *s)
{
    bool sure = s->arch == MDW_ARCH_X86_64 && (is_windows(s) || s->e.flags);
    if (is_gp_fault(s) && sure && accesses_known(s) && !may_protect(s) &&
        s->crash->reason.address_kind != MDW_ADDRESS_NON_CANONICAL)
        add(s, MDW_INCONSISTENCY_NON_CANONICAL,
            STR("the reason wants an address that no pointer can be, and the "
                "instruction uses none"));
}

/* Reasons that come with the address and say that it was not accessible. */
static bool names_address(const scene *s)
{
    const mdw_reason *r = &s->crash->reason;
    if (r->address_kind == MDW_ADDRESS_NONE || is_gp_fault(s))
        return false;
    if (is_windows(s))
        return (s->e.code == WIN_ACCESS_VIOLATION && r->access) ||
               s->e.code == WIN_STACK_OVERFLOW;
    if (is_linux(s)) /* SEGV_MAPERR, SEGV_ACCERR */
        return s->e.code == SIGNAL_SEGV && (s->e.flags == 1 || s->e.flags == 2);
    /* KERN_INVALID_ADDRESS, KERN_PROTECTION_FAILURE */
    return is_mac(s) && s->e.code == MACH_BAD_ACCESS &&
           (s->e.flags == 1 || s->e.flags == 2);
}

static void access_fault(scene *s)
{
    const mdw_reason *r = &s->crash->reason;
    mdw_region region;
    uint64_t addr;
    if (!names_address(s) || !fault_address(s, &addr) || !accesses_known(s))
        return;
    /* It was the instruction that could not be read, all of it or its end. */
    if (r->access == MDW_ACCESS_EXEC || addr - s->pc < DECODE_BYTES)
        return;
    const mdw_access *a = fault_access(s);
    if (!a) {
        add(s, MDW_INCONSISTENCY_ACCESS_NOT_FOUND,
            STR("the instruction does not access the address of the reason"));
        return;
    }
    uint32_t kind = r->access ? r->access : a->kind;
    /* The guard that a stack ran into is gone from then on. */
    if (is_access_reason(s) && region_at(s, addr, &region) &&
        !(region.flags & MDW_REGION_GUARD) && region_allows(&region, kind))
        add(s, MDW_INCONSISTENCY_ACCESS_ALLOWED,
            STR("memory permits what the reason says it refused"));
}

void find_inconsistencies(scene *s)
{
    if (!s->has_insn)
        return;
    if (is_int_divide(s) && is_x86(s) && !(s->insn.flags & DECODE_DIVIDE))
        add(s, MDW_INCONSISTENCY_INT_DIVIDE,
            STR("the reason is a division, and the instruction is none"));
    if (is_windows(s) && s->e.code == WIN_PRIVILEGED &&
        !(s->insn.flags & DECODE_PRIVILEGED))
        add(s, MDW_INCONSISTENCY_PRIVILEGED,
            STR("the reason is a privileged instruction, and this is none"));
    protection_fault(s);
    access_fault(s);
}
