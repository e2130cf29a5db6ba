/* lib/unwind/trampoline.c - the code that signal handlers return to, known by
 * its bytes, and the registers that the kernel saved on the stack. */
#include "lib/base/reader.h"
#include "lib/unwind/walk.h"

enum {
    SEARCH = 2048, /* places in which a signal frame is looked for */
    FRAME_ALIGN = 16,
    SIGNALS = 64
};

static bool bytes_match(const arch_signal *s, mdw_bytes bytes)
{
    reader r = reader_at(bytes, 0, 0, false);
    for (size_t i = 0; i < s->size; i++)
        if (reader_u8(&r) != s->code[i] && !(s->any >> i & 1))
            return false;
    return !r.bad;
}

const arch_signal *trampoline_at(mdw_walk *w, uint64_t pc, bool thumb)
{
    const arch *a = w->unwinder->arch;
    uint8_t raw[sizeof a->signals->code];
    uint32_t os = w->unwinder->options.os;
    if (!a->signals || os == MDW_OS_WINDOWS || os == MDW_OS_MACOS ||
        os == MDW_OS_IOS)
        return NULL;
    mdw_bytes bytes = {raw, load_code(w, pc, raw, sizeof raw)};
    for (const arch_signal *s = a->signals; s->size; s++)
        if (s->thumb == thumb && bytes_match(s, bytes))
            return s;
    return NULL;
}

/* Where the registers would be: `saved` counts from there. */
static bool context_at(mdw_walk *w, const arch_signal *s, uint64_t sp,
                       uint64_t *at)
{
    *at = sp + s->at;
    if (s->pointer && !load_pointer(w, *at, at))
        return false;
    *at -= s->less;
    return true;
}

static bool saved_reg(mdw_walk *w, uint64_t at, uint8_t reg, uint64_t *value)
{
    return load_pointer(w, at + w->unwinder->arch->saved[reg], value);
}

/* What lies there could be the registers of a program: its stack can be read,
 * and it was in code, or had just jumped to null. */
mdw_status trampoline_plausible(mdw_walk *w, const arch_signal *s, uint64_t sp,
                                bool *yes)
{
    const arch *a = w->unwinder->arch;
    uint64_t at, signo, saved_sp, pc, word;
    *yes = false;
    if (!context_at(w, s, sp, &at) || !saved_reg(w, at, a->sp, &saved_sp) ||
        !saved_reg(w, at, a->pc, &pc) || !load_pointer(w, saved_sp, &word) ||
        (s->has_signo &&
         (!load_uint(w, sp, 4, &signo) || signo - 1 >= SIGNALS)))
        return MDW_OK;
    mdw_place place;
    mdw_status status = place_ask(w, pc, MDW_PLACE_EXEC, &place);
    *yes = pc < NULL_PAGE || place.exec == MDW_ANSWER_YES ||
           (place.exec == MDW_ANSWER_UNKNOWN &&
            image_find(w->unwinder, pc) != MDW_NONE);
    return status;
}

/* AArch64's kernel links the signal frame into the chain of frame pointers: fp
 * and lr of what was interrupted lie there once more. */
static bool is_linked(mdw_walk *w, uint64_t at)
{
    const arch *a = w->unwinder->arch;
    uint64_t fp, lr, saved_fp, saved_lr, record = w->frame.regs.value[a->fp];
    return load_pointer(w, record, &fp) &&
           load_pointer(w, record + a->pointer, &lr) &&
           saved_reg(w, at, a->fp, &saved_fp) &&
           saved_reg(w, at, a->lr, &saved_lr) && fp == saved_fp &&
           lr == saved_lr;
}

/* Where sp is only a bound, the frame is the first that can be one. */
static mdw_status find_frame(mdw_walk *w, const arch_signal *s, uint64_t *sp)
{
    const arch *a = w->unwinder->arch;
    bool linked = a->lr != NO_REG && reg_known(&w->frame.regs, a->fp);
    *sp = w->frame.sp;
    if (!(w->frame.regs.guessed >> a->sp & 1))
        return MDW_OK;
    *sp += (0 - *sp) % FRAME_ALIGN;
    for (unsigned i = 0; i < SEARCH; i++, *sp += FRAME_ALIGN) {
        bool yes;
        if (!work_spend(w, 1))
            return MDW_ABSENT;
        if (linked && !is_linked(w, *sp + s->at))
            continue;
        mdw_status status = trampoline_plausible(w, s, *sp, &yes);
        if (status != MDW_OK || yes)
            return status;
    }
    return MDW_ABSENT;
}

/* The registers that the kernel saved are the caller's. */
static void signal_row(const arch *a, uint64_t at, mdw_row *row)
{
    row->flags |= MDW_ROW_SIGNAL;
    row->cfa = rule_addr(MDW_BASE_ZERO, (int64_t)at);
    for (uint8_t i = 0; i < a->reg_count; i++)
        if (a->saved[i])
            row_set(row, i, rule_load(MDW_BASE_CFA, a->saved[i]));
}

mdw_status linked_row(mdw_walk *w, mdw_row *row)
{
    const arch *a = w->unwinder->arch;
    uint64_t record = w->frame.regs.value[a->fp];
    for (const arch_signal *s = a->signals; s && s->size; s++) {
        uint64_t sp = record - s->record;
        bool yes;
        if (!s->record || sp > record || sp < w->frame.sp ||
            !is_linked(w, sp + s->at))
            continue;
        mdw_status status = trampoline_plausible(w, s, sp, &yes);
        if (status != MDW_OK)
            return status;
        if (yes) {
            signal_row(a, sp + s->at, row);
            return MDW_OK;
        }
    }
    return MDW_ABSENT;
}

mdw_status trampoline_row(mdw_walk *w, mdw_row *row)
{
    const arch *a = w->unwinder->arch;
    const arch_signal *s = trampoline_at(w, w->frame.pc, frame_thumb(w));
    uint64_t sp, at;
    if (!s)
        return MDW_ABSENT;
    mdw_status status = find_frame(w, s, &sp);
    if (status != MDW_OK)
        return status;
    if (!context_at(w, s, sp, &at))
        return MDW_ABSENT;
    signal_row(a, at, row);
    return MDW_OK;
}
