/* lib/state/contexts.c - which CPU a context is of, and its registers.
 *
 * The flags word of a context names its CPU by one bit. Windows puts bits of
 * its own beside it (CONTEXT_EXCEPTION_ACTIVE and others) that are the CPU
 * bits of SPARC, ARM, PPC and RISC-V, so the size and the dump's own CPU are
 * asked first and then for the one bit that is expected. */
#include "lib/base/reader.h"
#include "lib/state/parts.h"
#include "lib/unwind/arch.h"

/* Recognised by name and left alone: Breakpad's minidump_cpu_*.h. */
typedef struct foreign {
    uint32_t arch;
    arch_layout layout;
} foreign;

static const foreign foreigners[] = {
    {MDW_ARCH_MIPS, {600, 0, 4, 0x00040000}},
    {MDW_ARCH_MIPS64, {600, 0, 4, 0x00080000}},
    {MDW_ARCH_PPC, {1004, 0, 4, 0x20000000}},
    {MDW_ARCH_PPC64, {1160, 0, 8, 0x01000000}},
    {MDW_ARCH_SPARC, {584, 0, 4, 0x10000000}},
    {MDW_ARCH_RISCV32, {268, 0, 4, 0x00800000}},
    {MDW_ARCH_RISCV64, {528, 0, 4, 0x08000000}},
};

/* winnt.h, CONTEXT for _ARM_, 416 bytes: its registers lie where Breakpad's
 * have them. */
static const arch_layout arm_windows = {416, 0, 4, 0x00200000};

typedef struct match {
    const arch *arch;
    size_t layout;
} match;

static bool has_flag(const arch_layout *l, mdw_bytes bytes, bool big_endian)
{
    reader r = reader_at(bytes, 0, 0, big_endian);
    reader_skip(&r, l->flags_offset);
    return reader_uint(&r, l->flags_size) & l->flag;
}

/* How much of a context must be there. */
enum how {
    EXACT,  /* all of it, and nothing behind */
    LONGER, /* all of it */
    HEAD    /* the registers; LLDB's AMD64 contexts end after 720 bytes */
};

static bool of_size(const arch_layout *l, mdw_bytes bytes, bool exact)
{
    return l->size && (exact ? bytes.len == l->size : bytes.len >= l->size);
}

/* Which column of the register table a layout uses: two that differ in their
 * flag alone share one. */
static size_t column(const arch *a, size_t layout)
{
    return a->regs[a->pc].place[layout].size ? layout : 0;
}

/* Bytes up to the end of the last register. */
static uint32_t head_size(const arch *a, size_t layout)
{
    uint32_t size = 0;
    for (size_t i = 0; i < a->reg_count; i++) {
        arch_place place = a->regs[i].place[column(a, layout)];
        uint32_t end = (uint32_t)place.offset + place.size;
        if (place.size && end > size)
            size = end;
    }
    return size;
}

static match match_arch(const arch *a, mdw_bytes bytes, enum how how,
                        bool big_endian)
{
    for (size_t i = 0; i < ARCH_LAYOUTS; i++) {
        const arch_layout *l = &a->layout[i];
        bool fits = how == HEAD ? l->size && bytes.len >= head_size(a, i)
                                : of_size(l, bytes, how == EXACT);
        if (fits && has_flag(l, bytes, big_endian))
            return (match){a, i};
    }
    if (a->id == MDW_ARCH_ARM && of_size(&arm_windows, bytes, how == EXACT) &&
        has_flag(&arm_windows, bytes, big_endian))
        return (match){a, 0};
    return (match){NULL, 0};
}

/* AMD64 contexts have XSAVE data behind them and LLDB pads old ARM64 ones, so
 * a longer one will do; of several that fit it is the largest. */
static match match_longest(mdw_bytes bytes, bool big_endian)
{
    match best = {NULL, 0};
    for (const arch *const *a = arch_table; *a; a++) {
        match m = match_arch(*a, bytes, LONGER, big_endian);
        if (m.arch && (!best.arch || m.arch->layout[m.layout].size >
                                         best.arch->layout[best.layout].size))
            best = m;
    }
    return best;
}

/* `own`: the CPU that SystemInfo names. x86 contexts are also found in dumps
 * of 64-bit systems, and ARM64 comes in an old form under either id. */
static match find(mdw_bytes bytes, uint32_t own, bool big_endian)
{
    match m = {NULL, 0};
    const arch *a = arch_find(own);
    if (a)
        m = match_arch(a, bytes, EXACT, big_endian);
    for (const arch *const *other = arch_table; *other && !m.arch; other++)
        m = match_arch(*other, bytes, EXACT, big_endian);
    if (!m.arch && a)
        m = match_arch(a, bytes, LONGER, big_endian);
    if (!m.arch && a)
        m = match_arch(a, bytes, HEAD, big_endian);
    if (!m.arch && !own)
        m = match_longest(bytes, big_endian);
    return m;
}

static const foreign *find_foreign(mdw_bytes bytes, uint32_t own,
                                   bool big_endian)
{
    for (size_t i = 0; i < sizeof foreigners / sizeof *foreigners; i++) {
        const foreign *f = &foreigners[i];
        if (own ? f->arch == own
                : of_size(&f->layout, bytes, true) &&
                      has_flag(&f->layout, bytes, big_endian))
            return f;
    }
    return NULL;
}

uint32_t context_arch(mdw_bytes bytes, bool big_endian)
{
    match m = find(bytes, MDW_ARCH_UNKNOWN, big_endian);
    if (m.arch)
        return m.arch->id;
    const foreign *f = find_foreign(bytes, MDW_ARCH_UNKNOWN, big_endian);
    return f ? f->arch : MDW_ARCH_UNKNOWN;
}

static void read_registers(match m, mdw_bytes bytes, bool big_endian,
                           mdw_regs *regs)
{
    size_t from = column(m.arch, m.layout);
    for (uint32_t i = 0; i < m.arch->reg_count && i < MDW_MAX_REGS; i++) {
        arch_place place = m.arch->regs[i].place[from];
        if (!place.size)
            continue;
        reader r = reader_at(bytes, 0, 0, big_endian);
        reader_skip(&r, place.offset);
        uint64_t value = reader_uint(&r, place.size);
        if (r.bad)
            continue;
        regs->value[i] = value;
        regs->valid |= UINT64_C(1) << i;
    }
}

static mdw_status why_not(mdw_bytes bytes, uint32_t own)
{
    const arch *a = arch_find(own);
    return a && bytes.len < head_size(a, 0) ? MDW_E_TRUNCATED : MDW_E_FORMAT;
}

void context_read(const mdw_state *s, mdw_bytes bytes, mdw_stack *out)
{
    uint32_t own = s->system.arch;
    out->context = bytes;
    out->arch = own;
    out->has_regs = false;
    out->regs = (mdw_regs){0};
    out->context_status = MDW_ABSENT;
    if (!bytes.len)
        return;
    const foreign *f = find_foreign(bytes, own, s->big_endian);
    if (f) {
        out->arch = f->arch;
        out->context_status =
            bytes.len < f->layout.size ? MDW_E_TRUNCATED : MDW_E_UNSUPPORTED;
        return;
    }
    match m = find(bytes, own, s->big_endian);
    if (!m.arch) {
        out->context_status = why_not(bytes, own);
        return;
    }
    out->arch = m.arch->id;
    out->has_regs = true;
    out->context_status = MDW_OK;
    read_registers(m, bytes, s->big_endian, &out->regs);
}

void context_issue(mdw_state *s, const mdw_stack *stack, uint32_t stream,
                   uint64_t offset, uint32_t index)
{
    if (stack->context_status < 0)
        issue_at(s, stack->context_status, stream, offset, stack->context.len,
                 "CONTEXT",
                 stack->context_status == MDW_E_UNSUPPORTED ? MDW_NONE : index);
}
