/* lib/emit/rust_crash.c - "crash_info" of rust-minidump's schema, and beside it
 * "mdwalk_crash": what the schema has no place for. */
#include "lib/emit/rust_crash.h"

#include "lib/base/str.h"
#include "mdwalk/crash.h"

static const char *const kinds[] = {NULL, "read", "write", "readwrite"};

static const char *access_word(uint32_t kind)
{
    return kind < sizeof kinds / sizeof *kinds ? kinds[kind] : NULL;
}

/* By enum mdw_inconsistency_id. */
static const char *const inconsistencies[] = {
    NULL,
    "int_div_by_zero_not_possible",
    "priv_instruction_crash_without_priv_instruction",
    "non_canonical_address_falsely_reported",
    "crashing_access_not_found_in_memory_accesses",
    "access_violation_when_access_allowed"};

/* The call that led to where no code is isn't the instruction of the schema. */
static bool instruction_of(const mdw_crash *crash, mdw_instruction *i)
{
    *i = MDW_INIT(mdw_instruction);
    return crash && mdw_crash_instruction(crash, i) == MDW_OK &&
           !(i->flags & MDW_INSTRUCTION_GUESSED);
}

/* An operand with a null base is a null pointer to the schema, also where the
 * sum is no address: there the index is the pointer. */
static bool null_base(const mdw_crash *crash, uint64_t address)
{
    for (size_t i = 0; i < mdw_crash_access_count(crash); i++) {
        mdw_access a = MDW_INIT(mdw_access);
        if (mdw_crash_access(crash, i, &a) == MDW_OK &&
            a.flags & MDW_ACCESS_IS_NULL_BASE && a.addr == address)
            return true;
    }
    return false;
}

static void put_adjusted(json *j, const view *v, const mdw_crash *crash,
                         const mdw_reason *r)
{
    bool adjusted = r->address_kind == MDW_ADDRESS_NON_CANONICAL ||
                    r->address_kind == MDW_ADDRESS_NULL_OFFSET;
    if (!adjusted) {
        member_null(j, "adjusted_address");
        return;
    }
    bool null = r->address_kind == MDW_ADDRESS_NULL_OFFSET ||
                null_base(crash, r->address);
    json_key(j, "adjusted_address");
    json_object(j);
    if (!null)
        member_addr(j, v, "address", r->address);
    member_text(j, "kind", null ? "null-pointer" : "non-canonical");
    if (null)
        member_addr(j, v, "offset", r->address);
    json_object_end(j);
}

static void put_access(json *j, const view *v, const mdw_access *a)
{
    json_object(j);
    if (access_word(a->kind))
        member_text(j, "access_type", access_word(a->kind));
    member_addr(j, v, "address", a->addr);
    if (a->flags & MDW_ACCESS_IS_GUARD)
        member_bool(j, "is_likely_guard_page", true);
    member_known(j, "size", a->bytes, a->bytes);
    json_object_end(j);
}

/* Null where one of them could not be told. */
static void put_accesses(json *j, const view *v, const mdw_crash *crash)
{
    mdw_instruction instruction;
    size_t count = crash ? mdw_crash_access_count(crash) : 0;
    bool known = instruction_of(crash, &instruction);
    mdw_access a = MDW_INIT(mdw_access);
    for (size_t i = 0; i < count; i++)
        if (mdw_crash_access(crash, i, &a) != MDW_OK ||
            a.flags & MDW_ACCESS_IS_UNKNOWN)
            known = false;
    if (!known) {
        member_null(j, "memory_accesses");
        return;
    }
    json_key(j, "memory_accesses");
    json_array(j);
    for (size_t i = 0; i < count; i++)
        if (mdw_crash_access(crash, i, &a) == MDW_OK)
            put_access(j, v, &a);
    json_array_end(j);
}

static void put_pc_update(json *j, const view *v, const mdw_crash *crash)
{
    mdw_instruction i;
    mdw_region r = MDW_INIT(mdw_region);
    if (!instruction_of(crash, &i) || !i.has_target ||
        !(i.flags & MDW_INSTRUCTION_INDIRECT)) {
        member_null(j, "instruction_pointer_update");
        return;
    }
    json_key(j, "instruction_pointer_update");
    json_object(j);
    member_addr(j, v, "address", i.target);
    if (mdw_state_region_find(v->state, i.target, &r) == MDW_OK &&
        r.flags & MDW_REGION_GUARD)
        member_bool(j, "is_likely_guard_page", true);
    json_object_end(j);
}

/* Parts per million as a number: 0.6625. */
static void put_confidence(json *j, uint32_t millionths)
{
    char text[8] = {'0', '.'};
    if (millionths >= 1000000) {
        json_raw(j, STR("1.0"));
        return;
    }
    for (size_t i = 7; i > 1; i--) {
        text[i] = (char)('0' + millionths % 10);
        millionths /= 10;
    }
    json_raw(j, (mdw_str){text, sizeof text});
}

static void put_flip(json *j, const view *v, const mdw_evidence *e)
{
    json_object(j);
    member_addr(j, v, "address", e->value);
    json_key(j, "confidence");
    put_confidence(j, e->confidence);
    json_key(j, "details");
    json_object(j);
    member_bool(j, "is_null", e->flags & MDW_FLIP_IS_NULL);
    member_uint(j, "nearby_registers", e->nearby_registers);
    member_bool(j, "poison_registers", e->poison_registers);
    member_bool(j, "was_low", e->flags & MDW_FLIP_WAS_LOW);
    member_bool(j, "was_non_canonical", e->flags & MDW_FLIP_WAS_NON_CANONICAL);
    json_object_end(j);
    member_text(j, "source_register", mdw_reg_name(v->system.arch, e->index));
    json_object_end(j);
}

static void put_flips(json *j, const view *v, const mdw_crash *crash)
{
    size_t count = crash ? mdw_crash_finding_count(crash) : 0;
    for (size_t i = 0; i < count; i++) {
        mdw_finding f = MDW_INIT(mdw_finding);
        if (mdw_crash_finding(crash, i, &f) != MDW_OK ||
            f.id != MDW_FINDING_BIT_FLIP)
            continue;
        json_key(j, "possible_bit_flips");
        json_array(j);
        for (size_t n = 0; n < f.evidence_count; n++) {
            mdw_evidence e = MDW_INIT(mdw_evidence);
            if (mdw_crash_evidence(crash, i, n, &e) == MDW_OK &&
                e.kind == MDW_EVIDENCE_FLIP)
                put_flip(j, v, &e);
        }
        json_array_end(j);
        return;
    }
    member_null(j, "possible_bit_flips");
}

static void put_inconsistencies(json *j, const mdw_crash *crash, bool exception)
{
    size_t count = crash ? mdw_crash_finding_count(crash) : 0;
    if (!exception) {
        member_null(j, "crash_inconsistencies");
        return;
    }
    json_key(j, "crash_inconsistencies");
    json_array(j);
    for (size_t i = 0; i < count; i++) {
        mdw_finding f = MDW_INIT(mdw_finding);
        if (mdw_crash_finding(crash, i, &f) == MDW_OK &&
            f.id == MDW_FINDING_INCONSISTENT &&
            f.detail < sizeof inconsistencies / sizeof *inconsistencies)
            json_text(j, inconsistencies[f.detail]);
    }
    json_array_end(j);
}

/* What the record itself has; adjusted ones stand beside it. */
static void put_address(json *j, const view *v, const mdw_reason *r)
{
    uint64_t address = r->address;
    if (r->address_kind == MDW_ADDRESS_NON_CANONICAL)
        address = r->recorded;
    if (r->address_kind != MDW_ADDRESS_NONE)
        member_addr(j, v, "address", address);
    else
        member_null(j, "address");
}

void put_crash_info(json *j, const view *v)
{
    mdw_reason r = MDW_INIT(mdw_reason);
    mdw_instruction instruction;
    const mdw_crash *crash = mdw_report_crash(v->report, 0);
    bool known = crash && mdw_crash_reason(crash, &r) == MDW_OK;
    mdw_stack stack = MDW_INIT(mdw_stack);
    stack.thread = MDW_NONE;
    if (v->main_stack != MDW_NONE)
        (void)mdw_state_stack(v->state, v->main_stack, &stack);

    json_key(j, "crash_info");
    json_object(j);
    put_address(j, v, &r);
    put_adjusted(j, v, crash, &r);
    member_str(j, "assertion", v->process.assertion);
    put_inconsistencies(j, crash, mdw_state_exception_count(v->state) != 0);
    member_index(j, "crashing_thread", stack.thread);
    member_str(j, "instruction",
               instruction_of(crash, &instruction) ? instruction.text
                                                   : STR(""));
    put_pc_update(j, v, crash);
    put_accesses(j, v, crash);
    put_flips(j, v, crash);
    member_str(j, "type", known ? r.text : STR(""));
    json_object_end(j);
}

static void put_evidence(json *j, const view *v, const mdw_evidence *e)
{
    static const char *const words[] = {
        "register", "memory", "access", "region", "frame", "fill", "flip"};
    bool reg = e->kind == MDW_EVIDENCE_REGISTER ||
               e->kind == MDW_EVIDENCE_FILL || e->kind == MDW_EVIDENCE_FLIP;
    bool at = e->kind == MDW_EVIDENCE_MEMORY ||
              e->kind == MDW_EVIDENCE_ACCESS || e->kind == MDW_EVIDENCE_FRAME ||
              e->kind == MDW_EVIDENCE_FLIP;
    json_object(j);
    if (at)
        member_addr(j, v, "address", e->addr);
    if (!reg)
        member_index(j, "index", e->index);
    if (e->kind < sizeof words / sizeof *words)
        member_text(j, "kind", words[e->kind]);
    if (reg)
        member_text(j, "register", mdw_reg_name(v->system.arch, e->index));
    if (e->range.size) {
        member_addr(j, v, "start", e->range.start);
        member_addr(j, v, "size", e->range.size);
    }
    if (reg || e->kind == MDW_EVIDENCE_MEMORY)
        member_addr(j, v, "value", e->value);
    json_object_end(j);
}

static void put_finding(json *j, const view *v, const mdw_crash *crash,
                        size_t index)
{
    mdw_finding f = MDW_INIT(mdw_finding);
    if (mdw_crash_finding(crash, index, &f) != MDW_OK)
        return;
    json_object(j);
    json_key(j, "confidence");
    put_confidence(j, f.confidence);
    json_key(j, "evidence");
    json_array(j);
    /* A bit flip's are in possible_bit_flips. */
    for (size_t i = 0; i < f.evidence_count && f.id != MDW_FINDING_BIT_FLIP;
         i++) {
        mdw_evidence e = MDW_INIT(mdw_evidence);
        if (mdw_crash_evidence(crash, index, i, &e) == MDW_OK)
            put_evidence(j, v, &e);
    }
    json_array_end(j);
    member_str(j, "name", f.name);
    member_str(j, "sentence", f.sentence);
    json_object_end(j);
}

static void put_messages(json *j, const mdw_crash *crash)
{
    static const char *const words[] = {"assertion",  "abort",
                                        "crash_info", "cxx_type",
                                        "cxx_what",   "ns_exception"};
    json_key(j, "messages");
    json_array(j);
    for (size_t i = 0; i < mdw_crash_message_count(crash); i++) {
        mdw_message m = MDW_INIT(mdw_message);
        if (mdw_crash_message(crash, i, &m) != MDW_OK)
            continue;
        json_object(j);
        member_text(j, "kind",
                    m.kind < sizeof words / sizeof *words ? words[m.kind]
                                                          : NULL);
        member_index(j, "module", m.module);
        member_str(j, "text", m.text);
        json_object_end(j);
    }
    json_array_end(j);
}

void put_findings(json *j, const view *v)
{
    const mdw_crash *crash = mdw_report_crash(v->report, 0);
    mdw_instruction i = MDW_INIT(mdw_instruction);
    if (!crash) {
        member_null(j, "crash");
        return;
    }
    json_key(j, "crash");
    json_object(j);
    bool guessed = mdw_crash_instruction(crash, &i) == MDW_OK &&
                   i.flags & MDW_INSTRUCTION_GUESSED;
    member_str(j, "called_by", guessed ? i.text : STR(""));
    json_key(j, "findings");
    json_array(j);
    for (size_t n = 0; n < mdw_crash_finding_count(crash); n++)
        put_finding(j, v, crash, n);
    json_array_end(j);
    put_messages(j, crash);
    json_object_end(j);
}
