/* lib/crash/causes.c - what an address, an instruction and a reason say
 * together. Confidence is in parts per million; below 500,000 a finding is a
 * hint and no more. */
#include "lib/crash/parts.h"

#define PAGE UINT64_C(0x1000)

/* No system maps the first 64 KiB by default. */
#define NULL_MAX (16 * PAGE)

static void null_pointer(scene *s)
{
    const mdw_reason *r = &s->crash->reason;
    const mdw_access *a = fault_access(s);
    bool proven = r->address_kind == MDW_ADDRESS_NULL_OFFSET;
    reason text = {.len = 0};
    mdw_region region;
    if (!proven && region_at(s, r->address, &region))
        return;
    /* The address is not the instruction's: emulators and signal handlers lose
     * it. */
    if (!a && s->crash->access_count && accesses_known(s))
        return;
    if (!proven &&
        (r->address_kind != MDW_ADDRESS_RECORDED || !is_access_reason(s) ||
         r->address >= NULL_MAX || (!a && is_gp_fault(s) && s->e.flags)))
        return;
    say_access(s, &text, a);
    say(&text, STR(" at a null pointer"));
    if (proven && a)
        say_register(s, &text, a->base);
    if (r->address) {
        say(&text, STR(" plus "));
        say_hex(&text, r->address, 1);
    }
    uint32_t confidence = proven ? 950000 : r->address < PAGE ? 800000 : 600000;
    evidence_access(s, finding_add(s, MDW_FINDING_NULL, confidence, &text), a);
}

static const struct {
    uint32_t id;
    const char *text;
} by_fill[] = {
    [FILL_FREED] = {MDW_FINDING_USE_AFTER_FREE,
                    " through memory that was freed: "},
    [FILL_UNINITIALISED] = {MDW_FINDING_UNINITIALISED,
                            " through memory that was never written: "},
    [FILL_GUARD] = {MDW_FINDING_HEAP_OVERRUN,
                    " through what lies around a block: "},
    [FILL_HIDDEN] = {MDW_FINDING_HIDDEN,
                     " through what the dump's writer has hidden: "},
};

/* `jump`: it is where execution went, rather than what was accessed. */
static bool fill_value(scene *s, const mdw_access *a, uint32_t reg,
                       uint64_t value, bool jump)
{
    const fill *found = fill_of(s, value);
    reason text = {.len = 0};
    mdw_evidence e = MDW_INIT(mdw_evidence);
    if (!found)
        return false;
    if (jump)
        say(&text, STR("goes on"));
    else
        say_access(s, &text, a);
    say(&text, str_of(by_fill[found->kind].text));
    if (reg != MDW_NONE) {
        say(&text, str_of(mdw_reg_name(s->arch, reg)));
        say(&text, STR(" is "));
    }
    say_hex(&text, value, 1);
    say(&text, STR(" ("));
    say(&text, str_of(found->who));
    say(&text, STR(")"));
    kept_finding *f =
        finding_add(s, by_fill[found->kind].id,
                    reg == MDW_NONE && !jump ? 700000 : 850000, &text);
    e.kind = MDW_EVIDENCE_FILL;
    e.index = reg;
    e.value = found->pattern;
    evidence_add(s, f, &e);
    evidence_access(s, f, a);
    return true;
}

static void filled_memory(scene *s)
{
    const mdw_access *a = fault_access(s);
    const mdw_reason *r = &s->crash->reason;
    if (!is_access_reason(s) || r->address_kind == MDW_ADDRESS_NONE)
        return;
    for (size_t i = 0; !a && i < s->crash->access_count; i++)
        if (s->crash->accesses[i].flags & MDW_ACCESS_IS_FILL)
            a = &s->crash->accesses[i];
    uint32_t regs[] = {a ? a->base : MDW_NONE, a ? a->index : MDW_NONE};
    for (size_t i = 0; i < 2; i++) {
        const char *name = mdw_reg_name(s->arch, regs[i]);
        uint64_t value;
        if (name && scene_reg(s, name, &value) &&
            fill_value(s, a, regs[i], value, false))
            return;
    }
    if (r->address != UINT64_MAX)
        fill_value(s, a, MDW_NONE, r->address, false);
}

/* A function pointer out of such memory. */
static void filled_target(scene *s)
{
    bool refused = s->crash->reason.address_kind == MDW_ADDRESS_NON_CANONICAL;
    fill_value(s, NULL, MDW_NONE, refused ? s->insn.target : s->pc, true);
}

/* A pointer made of printable characters was overwritten with text. */
static void say_letters(const scene *s, reason *text, uint64_t value)
{
    char letters[8];
    for (size_t i = 0; i < s->pointer; i++) {
        letters[i] = (char)(value >> 8 * i & 0xFF);
        if (letters[i] < ' ' || letters[i] > '~')
            return;
    }
    say(text, STR(", the text \""));
    say(text, (mdw_str){letters, s->pointer});
    say(text, STR("\""));
}

static void non_canonical(scene *s)
{
    const mdw_reason *r = &s->crash->reason;
    const mdw_access *a = fault_access(s);
    reason text = {.len = 0};
    if (r->address_kind != MDW_ADDRESS_NON_CANONICAL)
        return;
    if (a)
        say_access(s, &text, a);
    else
        say(&text, STR("goes on"));
    say(&text, STR(" at "));
    say_hex(&text, r->address, 1);
    say(&text, STR(", which no pointer can be"));
    say_letters(s, &text, r->address);
    kept_finding *f = finding_add(s, MDW_FINDING_NON_CANONICAL, 820000, &text);
    evidence_access(s, f, a);
    for (size_t i = 0; !a && i < s->insn.reg_count; i++)
        evidence_register(s, f, s->insn.regs[i]);
}

static void protected_memory(scene *s)
{
    const mdw_reason *r = &s->crash->reason;
    const mdw_access *a = fault_access(s);
    uint32_t kind = r->access ? r->access : a ? a->kind : 0;
    reason text = {.len = 0};
    mdw_region region;
    if (!is_access_reason(s) || r->address_kind == MDW_ADDRESS_NONE ||
        !region_at(s, r->address, &region) || region_allows(&region, kind))
        return;
    bool guard = region_is_guard(s, &region);
    say_access(s, &text, a);
    say(&text, guard ? STR(" in a guard page at ") : STR(" at "));
    say_hex(&text, r->address, 1);
    if (!guard)
        say(&text, region_is_open(&region)
                       ? STR(", where memory does not permit it")
                       : STR(", in memory that is closed"));
    kept_finding *f =
        finding_add(s, guard ? MDW_FINDING_GUARD_PAGE : MDW_FINDING_FORBIDDEN,
                    840000, &text);
    evidence_region(s, f, region.range);
    evidence_access(s, f, a);
}

/* A page of a file that is shorter by now, or on a disk or a network that
 * failed: BUS_ADRERR, KERN_MEMORY_ERROR. */
static void unbacked(scene *s)
{
    const mdw_reason *r = &s->crash->reason;
    bool said =
        (is_linux(s) && s->e.code == SIGNAL_BUS && s->e.flags == 2) ||
        (is_mac(s) && s->e.code == MACH_BAD_ACCESS && s->e.flags == 10) ||
        (is_windows(s) && s->e.code == WIN_IN_PAGE_ERROR);
    const mdw_access *a = fault_access(s);
    mdw_region region;
    reason text = {.len = 0};
    if (!said || r->address_kind != MDW_ADDRESS_RECORDED ||
        !region_at(s, r->address, &region) || !region_is_open(&region))
        return;
    say_access(s, &text, a);
    say(&text, STR(" at "));
    say_hex(&text, r->address, 1);
    say(&text, STR(", which is mapped, but what is behind it could not be "
                   "read: a file that became shorter, a disk, a network"));
    kept_finding *f = finding_add(s, MDW_FINDING_FORBIDDEN, 860000, &text);
    evidence_region(s, f, region.range);
    evidence_access(s, f, a);
}

/* What is left: an address that nothing else explains. */
static void wild_pointer(scene *s)
{
    const mdw_reason *r = &s->crash->reason;
    const mdw_access *a = fault_access(s);
    reason text = {.len = 0};
    mdw_region region;
    if (!is_access_reason(s) || r->address_kind != MDW_ADDRESS_RECORDED ||
        is_gp_fault(s) || r->address < NULL_MAX || s->crash->finding_count ||
        region_at(s, r->address, &region))
        return;
    say_access(s, &text, a);
    say(&text, STR(" at "));
    say_hex(&text, r->address, 1);
    say_letters(s, &text, r->address);
    if (a && a->flags & MDW_ACCESS_IS_PAST_END)
        say(&text, STR(", just behind a mapping"));
    else
        say(&text, s->region_count ? STR(", where nothing is mapped")
                                   : STR(", which is not accessible"));
    evidence_access(s, finding_add(s, MDW_FINDING_WILD_POINTER, 600000, &text),
                    a);
}

static void misaligned(scene *s)
{
    bool said = (is_linux(s) && s->e.code == SIGNAL_BUS && s->e.flags == 1) ||
                (is_windows(s) && s->e.code == UINT32_C(0x80000002));
    bool possible = is_gp_fault(s) &&
                    s->crash->reason.address_kind != MDW_ADDRESS_NON_CANONICAL;
    for (size_t i = 0; (said || possible) && i < s->crash->access_count; i++) {
        const mdw_access *a = &s->crash->accesses[i];
        reason text = {.len = 0};
        if (!(a->flags & MDW_ACCESS_IS_MISALIGNED))
            continue;
        say_access(s, &text, a);
        say(&text, STR(" at "));
        say_hex(&text, a->addr, 1);
        say(&text, STR(", which is not aligned as the instruction demands"));
        evidence_access(
            s, finding_add(s, MDW_FINDING_MISALIGNED, 900000, &text), a);
        return;
    }
}

/* The same reason stands for a quotient that does not fit. */
static void divided(scene *s)
{
    reason text = {.len = 0};
    bool divides = s->has_insn && s->insn.flags & DECODE_DIVIDE;
    bool old = is_linux(s) && s->e.code == SIGNAL_FPE && !s->e.flags;
    if (!is_int_divide(s) && !(old && divides))
        return;
    bool overflow = divides && s->insn.has_divisor && s->insn.divisor;
    if (overflow) {
        say(&text, STR("divides by "));
        say_hex(&text, s->insn.divisor, 1);
        say(&text, STR(", and the quotient does not fit"));
    } else {
        say(&text, STR("divides by zero"));
    }
    uint32_t confidence = divides && s->insn.has_divisor ? 990000 : 900000;
    kept_finding *f =
        finding_add(s, MDW_FINDING_DIVIDE_BY_ZERO, confidence, &text);
    if (s->crash->access_count) {
        const mdw_access *a = &s->crash->accesses[0];
        evidence_access(s, f, a);
        if (divides && s->insn.has_divisor)
            evidence_memory(s, f, a->addr, s->insn.divisor);
    }
}

static bool is_illegal(const scene *s)
{
    if (is_windows(s))
        return s->e.code == WIN_ILLEGAL;
    if (is_linux(s))
        return s->e.code == SIGNAL_ILL;
    return is_mac(s) && s->e.code == MACH_BAD_INSTRUCTION;
}

/* Only what was read: the same bytes that a decoder saw, or none. */
static void say_bytes(const scene *s, reason *text)
{
    uint8_t bytes[8];
    size_t size = s->code.read && s->has_pc
                      ? s->code.read(s->code.user, s->pc, bytes, sizeof bytes)
                      : 0;
    if (s->has_insn && s->insn.size < size)
        size = s->insn.size;
    for (size_t i = 0; i < size; i++) {
        reason one = {.len = 0};
        say_hex(&one, bytes[i], 2);
        say(text, i ? STR(" ") : STR(": "));
        say(text, str_slice((mdw_str){one.text, one.len}, 2, one.len));
    }
}

static void illegal(scene *s)
{
    reason text = {.len = 0};
    if (!is_illegal(s))
        return;
    bool trap = s->has_insn && s->insn.flags & DECODE_TRAP;
    if (trap) {
        say(&text, STR("stopped itself with "));
        say(&text, str_of(s->insn.text));
    } else {
        say(&text, STR("an instruction that this CPU refuses"));
    }
    say_bytes(s, &text);
    kept_finding *f =
        finding_add(s, trap ? MDW_FINDING_TRAP : MDW_FINDING_ILLEGAL,
                    trap ? 900000 : 850000, &text);
    if (s->has_pc)
        evidence_memory(s, f, s->pc, 0);
}

/* x86 raises a general-protection fault for these; Windows says which. */
static void privileged(scene *s)
{
    reason text = {.len = 0};
    bool said = is_windows(s) && s->e.code == WIN_PRIVILEGED;
    if (!s->has_insn || !(s->insn.flags & DECODE_PRIVILEGED) ||
        !(said || (is_gp_fault(s) &&
                   s->crash->reason.address_kind != MDW_ADDRESS_NON_CANONICAL)))
        return;
    say(&text, STR("an instruction for the system alone, "));
    say(&text, str_of(s->insn.text));
    say_bytes(s, &text);
    evidence_memory(s, finding_add(s, MDW_FINDING_ILLEGAL, 900000, &text),
                    s->pc, 0);
}

/* SI_TKILL: raise(), or another thread or process. An abort is said already. */
static void sent(scene *s)
{
    reason text = {.len = 0};
    if (!is_linux(s) || s->e.flags != (uint32_t)SI_TKILL ||
        s->e.code == SIGNAL_ABORT || !s->crash->reason.name.len)
        return;
    say(&text, s->crash->reason.name);
    say(&text, STR(" was sent by a call; no instruction raised it"));
    kept_finding *f = finding_add(s, MDW_FINDING_TRAP, 700000, &text);
    if (s->has_pc)
        evidence_memory(s, f, s->pc, 0);
}

static void stopped_itself(scene *s)
{
    reason text = {.len = 0};
    bool aborted = (is_linux(s) && s->e.code == SIGNAL_ABORT) ||
                   (is_mac(s) && str_is(s->crash->reason.detail, "SIGABRT"));
    bool trapped = (is_linux(s) && s->e.code == SIGNAL_TRAP) ||
                   (is_mac(s) && s->e.code == 6) || /* EXC_BREAKPOINT */
                   (is_windows(s) && (s->e.code == UINT32_C(0x80000003) ||
                                      s->e.code == WIN_FAST_FAIL));
    if (s->crash->reason.kind != MDW_CRASH_FAULT || (!aborted && !trapped))
        return;
    say(&text, STR("the program stopped itself"));
    if (trapped && s->has_insn && s->insn.flags & DECODE_TRAP) {
        say(&text, STR(" with "));
        say(&text, str_of(s->insn.text));
    }
    if (aborted)
        say(&text, STR(" with an abort"));
    kept_finding *f =
        finding_add(s, MDW_FINDING_TRAP, aborted ? 900000 : 800000, &text);
    if (s->has_pc)
        evidence_memory(s, f, s->pc, 0);
}

/* FAST_FAIL_LEGACY_GS_VIOLATION and FAST_FAIL_STACK_COOKIE_CHECK_FAILURE. */
static void smashed(scene *s)
{
    bool cookie = is_windows(s) && s->e.code == WIN_FAST_FAIL &&
                  parameter_count(&s->e) &&
                  (s->e.info[0] == 0 || s->e.info[0] == 2);
    for (size_t i = 0; i < s->crash->message_count; i++) {
        mdw_str text = s->crash->messages[i].text;
        for (size_t at = 0; at < text.len && !cookie; at++)
            cookie = str_starts(str_slice(text, at, text.len),
                                STR("stack smashing detected"));
    }
    reason text = {.len = 0};
    if (!cookie)
        return;
    say(&text, STR("a stack cookie was overwritten"));
    kept_finding *f = finding_add(s, MDW_FINDING_STACK_SMASHED, 980000, &text);
    if (s->has_pc)
        evidence_memory(s, f, s->pc, 0);
}

void find_causes(scene *s)
{
    divided(s);
    illegal(s);
    privileged(s);
    stopped_itself(s);
    sent(s);
    smashed(s);
    misaligned(s);
    if (find_wild_jump(s)) {
        filled_target(s);
        return;
    }
    bool stack = find_stack_overflow(s);
    find_recursion(s);
    if (stack)
        return;
    null_pointer(s);
    filled_memory(s);
    non_canonical(s);
    protected_memory(s);
    unbacked(s);
    wild_pointer(s);
}
