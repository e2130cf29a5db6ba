/* arch/x86.c - everything the library knows about 32-bit x86. */
#include "lib/unwind/arch.h"

enum { EAX, ECX, EDX, EBX, ESP, EBP, ESI, EDI, EIP, EFLAGS, COUNT };

/* DWARF numbers: System V ABI, Intel386 supplement, figure 2.18. Context
 * offsets: winnt.h, CONTEXT for _X86_, 716 bytes. Preserved registers: both
 * ABIs keep ebx, esi, edi and ebp. */
static const arch_reg regs[COUNT] = {
    [EAX] = {"eax", 0, 0, {{176, 4}}},
    [ECX] = {"ecx", 1, 0, {{172, 4}}},
    [EDX] = {"edx", 2, 0, {{168, 4}}},
    [EBX] = {"ebx", 3, SAVED_ALL, {{164, 4}}},
    [ESP] = {"esp", 4, 0, {{196, 4}}},
    [EBP] = {"ebp", 5, SAVED_ALL, {{180, 4}}},
    [ESI] = {"esi", 6, SAVED_ALL, {{160, 4}}},
    [EDI] = {"edi", 7, SAVED_ALL, {{156, 4}}},
    [EIP] = {"eip", 8, 0, {{184, 4}}},
    [EFLAGS] = {"eflags", 9, 0, {{192, 4}}},
};

static const arch_alias aliases[] = {{NULL, 0}};

static const step *const all[] = {&step_rows, &step_frame_ptr, &step_scan,
                                  NULL};

static const step *const *steps(uint32_t os)
{
    (void)os;
    return all;
}

const arch arch_x86 = {
    .id = MDW_ARCH_X86,
    .name = "x86",
    .pointer = 4,
    .call_back = 1,
    .pc = EIP,
    .sp = ESP,
    .fp = EBP,
    .lr = NO_REG,
    .fp_thumb = NO_REG,
    .status = NO_REG,
    .reg_count = COUNT,
    .regs = regs,
    .aliases = aliases,
    .layout = {{716, 0, 4, 0x00010000}},
    .steps = steps,
};
