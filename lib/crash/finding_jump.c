/* lib/crash/finding_jump.c - execution that went to where no code is. */
#include "lib/crash/parts.h"

static uint64_t code_address(const scene *s, uint64_t addr)
{
    return s->arch == MDW_ARCH_ARM ? addr & ~UINT64_C(1) : addr;
}

/* Whether it was the instruction itself that could not be read. */
static bool is_fetch(const scene *s)
{
    const mdw_reason *r = &s->crash->reason;
    mdw_region region;
    if (!s->has_pc || !is_access_reason(s))
        return false;
    if (r->access == MDW_ACCESS_EXEC)
        return true;
    if (r->address_kind == MDW_ADDRESS_RECORDED && !is_gp_fault(s) &&
        code_address(s, r->address) == s->pc)
        return true;
    /* Breakpad and Crashpad have nothing to read there, either. */
    return !s->has_insn && s->region_count && !region_at(s, s->pc, &region);
}

/* The operand that held the address: a register, or memory. */
static void say_call(scene *s, reason *text)
{
    if (!s->has_call)
        return;
    say(text, STR(": `"));
    say(text, str_of(s->call.text));
    say(text, STR("` at "));
    say_hex(text, s->call.addr, 1);
    say(text, STR(" went there"));
}

static void add_pointer(scene *s, kept_finding *f)
{
    if (!s->has_call)
        return;
    for (size_t i = 0; i < s->call.reg_count; i++)
        evidence_register(s, f, s->call.regs[i]);
    const decode_access *a = &s->call.access[0];
    if (s->call.access_count && a->known && !a->implicit)
        evidence_memory(s, f, a->addr, s->pc);
}

static void wild(scene *s, uint64_t to, uint32_t confidence)
{
    reason text = {.len = 0};
    say(&text, to ? STR("went to ") : STR("went through a null pointer to "));
    say_hex(&text, to, 1);
    say(&text, STR(", where no code is"));
    say_call(s, &text);
    kept_finding *f = finding_add(s, MDW_FINDING_WILD_JUMP, confidence, &text);
    evidence_memory(s, f, to, 0);
    add_pointer(s, f);
}

static void not_executable(scene *s, const mdw_region *region)
{
    reason text = {.len = 0};
    say(&text, STR("went to "));
    say_hex(&text, s->pc, 1);
    say(&text, mdw_range_has(s->stack.range, s->pc)
                   ? STR(" in the stack")
                   : STR(" in memory that is not executable"));
    say_call(s, &text);
    kept_finding *f = finding_add(s, MDW_FINDING_NOT_EXECUTABLE, 950000, &text);
    evidence_region(s, f, region->range);
    add_pointer(s, f);
}

/* A return or an indirect jump to what no pointer can be faults before it
 * leaves. */
static bool refused_target(scene *s)
{
    const mdw_reason *r = &s->crash->reason;
    if (r->address_kind != MDW_ADDRESS_NON_CANONICAL || !s->has_insn ||
        fault_access(s) || !s->insn.has_target || r->address != s->insn.target)
        return false;
    wild(s, s->insn.target, 930000);
    return true;
}

bool find_wild_jump(scene *s)
{
    mdw_region region;
    if (refused_target(s))
        return true;
    if (!is_fetch(s))
        return false;
    if (region_at(s, s->pc, &region)) {
        if (region.flags & MDW_REGION_EXEC)
            return false;
        not_executable(s, &region);
        return true;
    }
    region = MDW_INIT(mdw_region);
    region.range = s->stack.range;
    if (!s->region_count && mdw_range_has(region.range, s->pc)) {
        not_executable(s, &region);
        return true;
    }
    if (!s->region_count && mdw_state_module_find(s->state, s->pc) != MDW_NONE)
        return false;
    wild(s, s->pc, s->region_count || s->pc < 0x10000 ? 960000 : 700000);
    return true;
}
