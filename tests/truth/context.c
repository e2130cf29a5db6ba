/* tests/truth/context.c - a ucontext as a minidump's CPU context. */
#define _GNU_SOURCE
#include "context.h"

#include <string.h>

#if defined __x86_64__

uint16_t context_architecture(enum context_layout layout)
{
    (void)layout;
    return 9;
}

uint64_t context_pc(const ucontext_t *uc)
{
    return (uint64_t)uc->uc_mcontext.gregs[REG_RIP];
}

uint64_t context_sp(const ucontext_t *uc)
{
    return (uint64_t)uc->uc_mcontext.gregs[REG_RSP];
}

uint64_t context_code(uint64_t address)
{
    return address;
}

/* rax at 120 and so on: the context's order. */
static const int in_order[] = {REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP,
                               REG_RBP, REG_RSI, REG_RDI, REG_R8,  REG_R9,
                               REG_R10, REG_R11, REG_R12, REG_R13, REG_R14,
                               REG_R15, REG_RIP};

/* CONTEXT_AMD64 with control, integer, segment and floating point parts. */
struct context context_put(struct image *out, const ucontext_t *uc,
                           enum context_layout layout)
{
    struct context c = {put_space(out, 1232), 1232};
    const greg_t *g = uc->uc_mcontext.gregs;
    uint64_t segments = (uint64_t)g[REG_CSGSFS];
    (void)layout;
    set32(out, c.rva + 48, 0x10000f);
    set16(out, c.rva + 56, segments);
    set16(out, c.rva + 64, segments >> 16);
    set16(out, c.rva + 62, segments >> 32);
    set16(out, c.rva + 66, segments >> 48);
    set32(out, c.rva + 68, (uint64_t)g[REG_EFL]);
    for (uint32_t i = 0; i < sizeof in_order / sizeof in_order[0]; i++)
        set64(out, c.rva + 120 + 8 * i, (uint64_t)g[in_order[i]]);
    if (uc->uc_mcontext.fpregs != NULL) {
        set32(out, c.rva + 52, uc->uc_mcontext.fpregs->mxcsr);
        set_bytes(out, c.rva + 256, uc->uc_mcontext.fpregs, 416);
    }
    return c;
}

#elif defined __i386__

uint16_t context_architecture(enum context_layout layout)
{
    (void)layout;
    return 0;
}

uint64_t context_pc(const ucontext_t *uc)
{
    return (uint32_t)uc->uc_mcontext.gregs[REG_EIP];
}

uint64_t context_sp(const ucontext_t *uc)
{
    return (uint32_t)uc->uc_mcontext.gregs[REG_ESP];
}

uint64_t context_code(uint64_t address)
{
    return address;
}

static const int in_order[] = {
    REG_GS,  REG_FS,  REG_ES,  REG_DS,  REG_EDI, REG_ESI, REG_EBX, REG_EDX,
    REG_ECX, REG_EAX, REG_EBP, REG_EIP, REG_CS,  REG_EFL, REG_ESP, REG_SS};

/* CONTEXT_I386: gs at 140 and so on; the FSAVE image at 28. */
struct context context_put(struct image *out, const ucontext_t *uc,
                           enum context_layout layout)
{
    struct context c = {put_space(out, 716), 716};
    (void)layout;
    set32(out, c.rva, 0x1000f);
    for (uint32_t i = 0; i < sizeof in_order / sizeof in_order[0]; i++)
        set32(out, c.rva + 140 + 4 * i,
              (uint32_t)uc->uc_mcontext.gregs[in_order[i]]);
    if (uc->uc_mcontext.fpregs != NULL)
        set_bytes(out, c.rva + 28, uc->uc_mcontext.fpregs, 108);
    return c;
}

#elif defined __arm__

uint16_t context_architecture(enum context_layout layout)
{
    (void)layout;
    return 5;
}

uint64_t context_pc(const ucontext_t *uc)
{
    return uc->uc_mcontext.arm_pc;
}

uint64_t context_sp(const ucontext_t *uc)
{
    return uc->uc_mcontext.arm_sp;
}

uint64_t context_code(uint64_t address)
{
    return address & ~1ull;
}

/* r0 to pc are 16 words in a row in both. uc_regspace starts with
   {VFP_MAGIC, size, d0-d31, fpscr} when the kernel saved them. */
struct context context_put(struct image *out, const ucontext_t *uc,
                           enum context_layout layout)
{
    struct context c = {put_space(out, 368), 368};
    const unsigned long *vfp = uc->uc_regspace;
    (void)layout;
    set32(out, c.rva, 0x40000002);
    set_bytes(out, c.rva + 4, &uc->uc_mcontext.arm_r0, 64);
    set32(out, c.rva + 68, uc->uc_mcontext.arm_cpsr);
    if (vfp[0] == 0x56465001) {
        set32(out, c.rva, 0x40000006);
        set_bytes(out, c.rva + 80, vfp + 2, 256);
        set32(out, c.rva + 72, vfp[66]);
    }
    return c;
}

#elif defined __aarch64__

uint16_t context_architecture(enum context_layout layout)
{
    return layout == CONTEXT_OLD ? 0x8003 : 12;
}

uint64_t context_pc(const ucontext_t *uc)
{
    return uc->uc_mcontext.pc;
}

uint64_t context_sp(const ucontext_t *uc)
{
    return uc->uc_mcontext.sp;
}

uint64_t context_code(uint64_t address)
{
    return address;
}

/* The first record of the reserved area: FPSIMD_MAGIC, size, fpsr, fpcr,
   v0-v31. */
struct vectors {
    uint32_t magic, size, fpsr, fpcr;
    uint8_t v[512];
};

static struct context put_new(struct image *out, const mcontext_t *m,
                              const struct vectors *f)
{
    struct context c = {put_space(out, 912), 912};
    set32(out, c.rva, 0x400007);
    set32(out, c.rva + 4, m->pstate);
    set_bytes(out, c.rva + 8, m->regs, 31 * 8);
    set64(out, c.rva + 256, m->sp);
    set64(out, c.rva + 264, m->pc);
    set_bytes(out, c.rva + 272, f->v, sizeof f->v);
    set32(out, c.rva + 784, f->fpcr);
    set32(out, c.rva + 788, f->fpsr);
    return c;
}

/* Breakpad's first layout: 64-bit flags, packed. */
static struct context put_old(struct image *out, const mcontext_t *m,
                              const struct vectors *f)
{
    struct context c = {put_space(out, 796), 796};
    set64(out, c.rva, 0x80000006);
    set_bytes(out, c.rva + 8, m->regs, 31 * 8);
    set64(out, c.rva + 256, m->sp);
    set64(out, c.rva + 264, m->pc);
    set32(out, c.rva + 272, m->pstate);
    set32(out, c.rva + 276, f->fpsr);
    set32(out, c.rva + 280, f->fpcr);
    set_bytes(out, c.rva + 284, f->v, sizeof f->v);
    return c;
}

struct context context_put(struct image *out, const ucontext_t *uc,
                           enum context_layout layout)
{
    const mcontext_t *m = &uc->uc_mcontext;
    struct vectors f = {0};
    memcpy(&f, m->__reserved, sizeof f);
    if (f.magic != 0x46508001)
        memset(&f, 0, sizeof f);
    return layout == CONTEXT_OLD ? put_old(out, m, &f) : put_new(out, m, &f);
}

#else
#error "no context for this CPU"
#endif
