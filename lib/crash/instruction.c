/* lib/crash/instruction.c - the instruction that did not finish, or the call
 * that went to where no code is. */
#include "lib/crash/parts.h"

#include "lib/insn/call.h"

/* May be fewer at the end of what is known. */
static size_t code_bytes(const scene *s, uint64_t addr, uint8_t *bytes,
                         size_t size)
{
    return s->code.read ? s->code.read(s->code.user, addr, bytes, size) : 0;
}

static void keep(scene *s, const decoded *d, const uint8_t *bytes,
                 uint32_t flags)
{
    static const struct {
        uint32_t from, to;
    } map[] = {{DECODE_CALL, MDW_INSTRUCTION_CALL},
               {DECODE_JUMP, MDW_INSTRUCTION_JUMP},
               {DECODE_RETURN, MDW_INSTRUCTION_RETURN},
               {DECODE_DIVIDE, MDW_INSTRUCTION_DIVIDE},
               {DECODE_PRIVILEGED, MDW_INSTRUCTION_PRIVILEGED},
               {DECODE_TRAP, MDW_INSTRUCTION_TRAP},
               {DECODE_INDIRECT, MDW_INSTRUCTION_INDIRECT},
               {DECODE_CONDITIONAL, MDW_INSTRUCTION_CONDITIONAL}};
    mdw_crash *c = s->crash;
    mdw_instruction *i = &c->instruction;
    for (size_t n = 0; n < sizeof map / sizeof *map; n++)
        if (d->flags & map[n].from)
            flags |= map[n].to;
    memcpy(c->bytes, bytes, sizeof c->bytes);
    i->size = sizeof *i;
    i->addr = d->addr;
    i->bytes = (mdw_bytes){c->bytes, d->size};
    i->text = arena_str(c->store, str_of(d->text));
    i->flags = flags;
    i->has_target = d->has_target;
    i->target = d->target;
    c->has_instruction = i->text.data != NULL;
    c->starved |= !i->text.data;
}

/* Where a call that came to `pc` would return: the link register, or what it
 * pushed. */
static bool return_address(scene *s, uint64_t *addr)
{
    if (is_x86(s))
        return s->has_sp && scene_load(s, s->sp, s->pointer, addr);
    if (!scene_reg(s, "lr", addr))
        return false;
    if (s->arch == MDW_ARCH_ARM64 && s->system.code_mask)
        *addr &= s->system.code_mask;
    return true;
}

/* The registers are still as the call found them, but for sp, the link
 * register, and what it pushed. */
static bool call_goes_here(const scene *s, const decoded *call)
{
    return call->flags & DECODE_CALL && call->has_target &&
           (call->target & ~UINT64_C(1)) == (s->pc & ~UINT64_C(1));
}

static bool decode_call(scene *s, const decoder *d, uint64_t from,
                        const call_site *sites, size_t count)
{
    decode_target target = {scene_reg, scene_load, s};
    for (size_t i = 0; i < count; i++) {
        uint8_t bytes[DECODE_BYTES] = {0};
        size_t size = sites[i].size;
        uint64_t at = from - size;
        if (code_bytes(s, at, bytes, size) == size &&
            decode(d, (mdw_bytes){bytes, size}, at, &target, &s->call) &&
            call_goes_here(s, &s->call)) {
            keep(s, &s->call, bytes, MDW_INSTRUCTION_GUESSED);
            return true;
        }
    }
    return false;
}

/* The decoder is not loaded for nothing. */
static void find_call(scene *s)
{
    uint8_t before[CALL_BEFORE];
    call_site sites[CALL_SITES];
    uint64_t from;
    decoder d;
    if (!return_address(s, &from))
        return;
    bool thumb = s->arch == MDW_ARCH_ARM && from & 1;
    from &= s->arch == MDW_ARCH_ARM ? ~UINT64_C(1) : UINT64_MAX;
    size_t need = call_need(s->arch);
    if (!need || need > sizeof before || from < need ||
        code_bytes(s, from - need, before, need) != need)
        return;
    size_t count = call_before(s->arch, thumb, false, (mdw_bytes){before, need},
                               from, sites);
    if (count && decoder_open(&d, s->crash->store, s->arch, thumb)) {
        s->has_call = decode_call(s, &d, from, sites, count);
        decoder_close(&d);
    }
}

/* Execution was refused here: the bytes say nothing, and what called them does.
 * They are decoded all the same, as the field does. */
static bool is_data(const scene *s)
{
    const mdw_reason *r = &s->crash->reason;
    mdw_region region;
    return is_access_reason(s) && !is_gp_fault(s) &&
           (r->access == MDW_ACCESS_EXEC ||
            (r->address_kind == MDW_ADDRESS_RECORDED &&
             (r->address & ~UINT64_C(1)) == (s->pc & ~UINT64_C(1)))) &&
           region_at(s, s->pc, &region) && !(region.flags & MDW_REGION_EXEC);
}

void find_instruction(scene *s)
{
    uint8_t bytes[DECODE_BYTES] = {0};
    decode_target target = {scene_reg, scene_load, s};
    decoder d;
    if (!s->has_pc)
        return;
    size_t size = code_bytes(s, s->pc, bytes, sizeof bytes);
    if (!size || is_data(s))
        find_call(s);
    if (!size)
        return;
    if (decoder_open(&d, s->crash->store, s->arch, s->thumb))
        s->has_insn =
            decode(&d, (mdw_bytes){bytes, size}, s->pc, &target, &s->insn);
    decoder_close(&d);
    if (s->has_insn)
        keep(s, &s->insn, bytes, 0);
}
