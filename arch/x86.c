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

/* Linux: sigcontext of asm/sigcontext.h, 20 bytes into the ucontext; a handler
 * without SA_SIGINFO gets a sigcontext alone, behind the signal's number. */
static const uint16_t saved[COUNT] = {
    [EDI] = 36, [ESI] = 40, [EBP] = 44, [ESP] = 48, [EBX] = 52,
    [EDX] = 56, [ECX] = 60, [EAX] = 64, [EIP] = 76, [EFLAGS] = 84};

static const arch_signal signals[] = {
    /* mov eax, 173; int 0x80 */
    {{0xB8, 0xAD, 0, 0, 0, 0xCD, 0x80},
     .size = 7,
     .at = 8,
     .pointer = true,
     .has_signo = true},
    /* pop eax; mov eax, 119; int 0x80 */
    {{0x58, 0xB8, 0x77, 0, 0, 0, 0xCD, 0x80},
     .size = 8,
     .at = 4,
     .less = 20,
     .has_signo = true},
    {.size = 0},
};

static const arch_alias aliases[] = {{NULL, 0}};

static const step *const all[] = {&step_code,      &step_rows, &step_code_files,
                                  &step_frame_ptr, &step_scan, NULL};

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
    .signals = signals,
    .saved = saved,
    .layout = {{716, 0, 4, 0x00010000}},
    .steps = steps,
};
