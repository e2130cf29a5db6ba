/* arch/arm64.c - everything the library knows about AArch64. */
#include "lib/unwind/arch.h"

enum { FP = 29, LR = 30, SP = 31, PC = 32, CPSR = 33, COUNT };

/* DWARF numbers: "DWARF for the Arm 64-bit Architecture", table 4.1. Context
 * offsets: winnt.h, ARM64_NT_CONTEXT, 912 bytes; second column: Breakpad's
 * MDRawContextARM64_Old, 796 bytes. x19-x28 preserved: AAPCS64, 6.1.1; x18
 * belongs to the platform. */
#define X(n, saved) [n] = {"x" #n, n, saved, {{8 + 8 * n, 8}, {8 + 8 * n, 8}}}
static const arch_reg regs[COUNT] = {
    X(0, 0),
    X(1, 0),
    X(2, 0),
    X(3, 0),
    X(4, 0),
    X(5, 0),
    X(6, 0),
    X(7, 0),
    X(8, 0),
    X(9, 0),
    X(10, 0),
    X(11, 0),
    X(12, 0),
    X(13, 0),
    X(14, 0),
    X(15, 0),
    X(16, 0),
    X(17, 0),
    X(18, 0),
    X(19, SAVED_ALL),
    X(20, SAVED_ALL),
    X(21, SAVED_ALL),
    X(22, SAVED_ALL),
    X(23, SAVED_ALL),
    X(24, SAVED_ALL),
    X(25, SAVED_ALL),
    X(26, SAVED_ALL),
    X(27, SAVED_ALL),
    X(28, SAVED_ALL),
    [FP] = {"fp", 29, SAVED_ALL, {{240, 8}, {240, 8}}},
    [LR] = {"lr", 30, 0, {{248, 8}, {248, 8}}},
    [SP] = {"sp", 31, 0, {{256, 8}, {256, 8}}},
    [PC] = {"pc", 32, 0, {{264, 8}, {264, 8}}},
    [CPSR] = {"cpsr", -1, 0, {{4, 4}, {272, 4}}},
};
#undef X

static const arch_alias aliases[] = {{"x29", FP}, {"x30", LR}, {NULL, 0}};

/* Linux: sigcontext of asm/sigcontext.h, 176 bytes into the ucontext. */
#define S(n) [n] = 184 + 8 * (n)
static const uint16_t saved[COUNT] = {
    S(0),  S(1),  S(2),  S(3),  S(4),  S(5),  S(6),   S(7),  S(8),
    S(9),  S(10), S(11), S(12), S(13), S(14), S(15),  S(16), S(17),
    S(18), S(19), S(20), S(21), S(22), S(23), S(24),  S(25), S(26),
    S(27), S(28), S(FP), S(LR), S(SP), S(PC), S(CPSR)};
#undef S

static const arch_signal signals[] = {
    /* mov x8, 139; svc 0. A siginfo of 128 bytes lies at sp. The record is
     * behind struct rt_sigframe (arch/arm64/kernel/signal.c, get_sigframe),
     * whose ucontext ends in 4096 bytes; further where those are too few. */
    {{0x68, 0x11, 0x80, 0xD2, 0x01, 0, 0, 0xD4},
     .size = 8,
     .at = 128,
     .record = 4688,
     .has_signo = true},
    {.size = 0},
};

static const step *const all[] = {&step_code,
                                  &step_rows,
                                  &step_code_files,
                                  &step_link_reg,
                                  &step_frame_ptr_arm64,
                                  &step_link_guess,
                                  &step_scan,
                                  NULL};

static const step *const *steps(uint32_t os)
{
    (void)os;
    return all;
}

/* Pointer authentication fills the bits above the address space. Windows signs
 * nothing; Android and iOS use 39 bits as a rule, Linux 48, macOS 47. */
static uint64_t code_mask(uint32_t os)
{
    switch (os) {
    case MDW_OS_WINDOWS:
        return 0;
    case MDW_OS_ANDROID:
    case MDW_OS_IOS:
        return (UINT64_C(1) << 39) - 1;
    case MDW_OS_MACOS:
        return (UINT64_C(1) << 47) - 1;
    default:
        return (UINT64_C(1) << 48) - 1;
    }
}

const arch arch_arm64 = {
    .id = MDW_ARCH_ARM64,
    .name = "arm64",
    .pointer = 8,
    .call_back = 4,
    .leaf_keeps_sp = true,
    .return_inside = true,
    .pc = PC,
    .sp = SP,
    .fp = FP,
    .lr = LR,
    .fp_thumb = NO_REG,
    .status = NO_REG,
    .reg_count = COUNT,
    .regs = regs,
    .aliases = aliases,
    .signals = signals,
    .saved = saved,
    .layout = {{912, 0, 4, 0x00400000}, {796, 0, 8, 0x80000000}},
    .code_mask = code_mask,
    .steps = steps,
};
