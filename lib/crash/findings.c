/* lib/crash/findings.c - writing findings and their evidence down. */
#include "lib/crash/parts.h"

/* Stable names, by enum mdw_finding_id. */
static const char names[][20] = {
    [MDW_FINDING_NULL] = "null-dereference",
    [MDW_FINDING_STACK_OVERFLOW] = "stack-overflow",
    [MDW_FINDING_RECURSION] = "recursion",
    [MDW_FINDING_GUARD_PAGE] = "guard-page",
    [MDW_FINDING_USE_AFTER_FREE] = "use-after-free",
    [MDW_FINDING_WILD_JUMP] = "wild-jump",
    [MDW_FINDING_NOT_EXECUTABLE] = "not-executable",
    [MDW_FINDING_BIT_FLIP] = "bit-flip",
    [MDW_FINDING_DIVIDE_BY_ZERO] = "divide-by-zero",
    [MDW_FINDING_ILLEGAL] = "illegal-instruction",
    [MDW_FINDING_STACK_SMASHED] = "stack-smashed",
    [MDW_FINDING_INCONSISTENT] = "inconsistent",
    [MDW_FINDING_UNINITIALISED] = "uninitialised",
    [MDW_FINDING_NON_CANONICAL] = "non-canonical",
    [MDW_FINDING_MISALIGNED] = "misaligned",
    [MDW_FINDING_HEAP_OVERRUN] = "heap-overrun",
    [MDW_FINDING_TRAP] = "trap",
    [MDW_FINDING_FORBIDDEN] = "forbidden-access",
    [MDW_FINDING_WILD_POINTER] = "wild-pointer",
    [MDW_FINDING_HIDDEN] = "hidden-value",
};

kept_finding *finding_add(scene *s, uint32_t id, uint32_t confidence,
                          const reason *sentence)
{
    mdw_crash *c = s->crash;
    if (c->finding_count == MAX_FINDINGS)
        return NULL;
    kept_finding *f = &c->findings[c->finding_count];
    *f = (kept_finding){.finding = MDW_INIT(mdw_finding)};
    f->finding.id = id;
    f->finding.confidence = confidence;
    f->finding.name = str_of(names[id]);
    f->finding.sentence =
        arena_str(c->store, (mdw_str){sentence->text, sentence->len});
    if (!f->finding.sentence.data) {
        c->starved = true;
        return NULL;
    }
    c->finding_count++;
    return f;
}

static bool make_room(scene *s, kept_finding *f)
{
    if (f->count < f->room)
        return true;
    size_t room = f->room ? f->room * 2 : 4;
    mdw_evidence *more = arena_take(s->crash->store, room, sizeof *more);
    if (!more) {
        s->crash->starved = true;
        return false;
    }
    if (f->count)
        memcpy(more, f->evidence, f->count * sizeof *more);
    f->evidence = more;
    f->room = room;
    return true;
}

void evidence_add(scene *s, kept_finding *f, const mdw_evidence *e)
{
    if (!f || !make_room(s, f))
        return;
    f->evidence[f->count++] = *e;
    f->finding.evidence_count = (uint32_t)f->count;
}

static mdw_evidence evidence_of(uint32_t kind)
{
    mdw_evidence e = MDW_INIT(mdw_evidence);
    e.kind = kind;
    e.index = MDW_NONE;
    return e;
}

void evidence_register(scene *s, kept_finding *f, const char *name)
{
    mdw_evidence e = evidence_of(MDW_EVIDENCE_REGISTER);
    if (!name || !scene_reg(s, name, &e.value))
        return;
    e.index = mdw_reg_find(s->arch, str_of(name));
    evidence_add(s, f, &e);
}

void evidence_memory(scene *s, kept_finding *f, uint64_t addr, uint64_t value)
{
    mdw_evidence e = evidence_of(MDW_EVIDENCE_MEMORY);
    e.addr = addr;
    e.value = value;
    evidence_add(s, f, &e);
}

void evidence_access(scene *s, kept_finding *f, const mdw_access *a)
{
    mdw_evidence e = evidence_of(MDW_EVIDENCE_ACCESS);
    if (!a)
        return;
    e.index = (uint32_t)(a - s->crash->accesses);
    e.addr = a->addr;
    evidence_add(s, f, &e);
    const char *base = mdw_reg_name(s->arch, a->base);
    const char *index = mdw_reg_name(s->arch, a->index);
    evidence_register(s, f, base);
    evidence_register(s, f, index);
}

void evidence_region(scene *s, kept_finding *f, mdw_range range)
{
    mdw_evidence e = evidence_of(MDW_EVIDENCE_REGION);
    e.range = range;
    if (range.size)
        evidence_add(s, f, &e);
}

void say_access(const scene *s, reason *r, const mdw_access *a)
{
    uint32_t kind = a ? a->kind : s->crash->reason.access;
    if (kind == (MDW_ACCESS_READ | MDW_ACCESS_WRITE))
        say(r, STR("changes"));
    else if (kind == MDW_ACCESS_WRITE)
        say(r, STR("writes"));
    else if (kind == MDW_ACCESS_READ)
        say(r, STR("reads"));
    else
        say(r, STR("accesses"));
    if (a && a->bytes) {
        say(r, STR(" "));
        say_decimal(r, a->bytes);
        say(r, a->bytes == 1 ? STR(" byte") : STR(" bytes"));
    }
}

void say_register(scene *s, reason *r, uint32_t reg)
{
    const char *name = mdw_reg_name(s->arch, reg);
    if (!name)
        return;
    say(r, STR(" ("));
    say(r, str_of(name));
    say(r, STR(")"));
}

/* What explains most first; equals stay as they were found. */
void sort_findings(mdw_crash *crash)
{
    for (size_t i = 1; i < crash->finding_count; i++) {
        kept_finding f = crash->findings[i];
        size_t at = i;
        for (; at && crash->findings[at - 1].finding.confidence <
                         f.finding.confidence;
             at--)
            crash->findings[at] = crash->findings[at - 1];
        crash->findings[at] = f;
    }
}
