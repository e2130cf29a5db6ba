/* arch/arm.c - everything the library knows about 32-bit ARM and Thumb. */
#include "lib/unwind/arch.h"

enum { R0 = 0, R7 = 7, FP = 11, SP = 13, LR = 14, PC = 15, CPSR = 16, COUNT };

/* DWARF numbers: "DWARF for the Arm Architecture", table 1. Context offsets:
 * Breakpad's MDRawContextARM, 368 bytes. r4-r11 preserved: AAPCS32, 6.1.1; r9
 * belongs to the platform, and every system but iOS keeps it. */
#define R(n, saved) [n] = {"r" #n, n, saved, {{4 + 4 * n, 4}}}
static const arch_reg regs[COUNT] = {
    R(0, 0),
    R(1, 0),
    R(2, 0),
    R(3, 0),
    R(4, SAVED_ALL),
    R(5, SAVED_ALL),
    R(6, SAVED_ALL),
    R(7, SAVED_ALL),
    R(8, SAVED_ALL),
    R(9, SAVED_ALL),
    R(10, SAVED_ALL),
    [FP] = {"fp", 11, SAVED_ALL, {{4 + 4 * 11, 4}}},
    R(12, 0),
    [SP] = {"sp", 13, 0, {{4 + 4 * 13, 4}}},
    [LR] = {"lr", 14, 0, {{4 + 4 * 14, 4}}},
    [PC] = {"pc", 15, 0, {{4 + 4 * 15, 4}}},
    [CPSR] = {"cpsr", -1, 0, {{68, 4}}},
};
#undef R

static const arch_alias aliases[] = {
    {"r11", FP}, {"r13", SP}, {"r14", LR}, {"r15", PC}, {NULL, 0}};

/* Linux: sigcontext of asm/sigcontext.h, 20 bytes into the ucontext. */
#define S(n) [n] = 32 + 4 * (n)
static const uint16_t saved[COUNT] = {
    S(0), S(1),  S(2),  S(3),  S(4),  S(5),  S(6),  S(7),       S(8),
    S(9), S(10), S(FP), S(12), S(SP), S(LR), S(PC), [CPSR] = 96};
#undef S

/* mov r7, 173 or 119; svc. EABI's svc has the number 0, OABI's another. A
 * siginfo of 128 bytes lies in front of the ucontext of the newer call. */
enum { SVC_NUMBER = 0x70 };
static const arch_signal signals[] = {
    {{0xAD, 0x70, 0xA0, 0xE3, 0, 0, 0, 0xEF},
     .size = 8,
     .any = SVC_NUMBER,
     .at = 128,
     .has_signo = true},
    {{0x77, 0x70, 0xA0, 0xE3, 0, 0, 0, 0xEF}, .size = 8, .any = SVC_NUMBER},
    {{0xAD, 0x27, 0x00, 0xDF},
     .size = 4,
     .thumb = true,
     .at = 128,
     .has_signo = true},
    {{0x77, 0x27, 0x00, 0xDF}, .size = 4, .thumb = true},
    /* glibc's, for Thumb-2: mov.w */
    {{0x4F, 0xF0, 0xAD, 0x07, 0x00, 0xDF},
     .size = 6,
     .thumb = true,
     .at = 128,
     .has_signo = true},
    {{0x4F, 0xF0, 0x77, 0x07, 0x00, 0xDF}, .size = 6, .thumb = true},
    {.size = 0},
};

static const step *const all[] = {
    &step_code,          &step_rows,       &step_code_files, &step_link_reg,
    &step_frame_ptr_arm, &step_link_guess, &step_scan,       NULL};

static const step *const *steps(uint32_t os)
{
    (void)os;
    return all;
}

const arch arch_arm = {
    .id = MDW_ARCH_ARM,
    .name = "arm",
    .pointer = 4,
    .call_back = 4,
    .call_back_thumb = 2,
    .leaf_keeps_sp = true,
    .pc = PC,
    .sp = SP,
    .fp = FP,
    .lr = LR,
    .fp_thumb = R7,
    .fp_ios = R7,
    .status = CPSR,
    .thumb_bit = 0x20, /* CPSR.T */
    .reg_count = COUNT,
    .regs = regs,
    .aliases = aliases,
    .signals = signals,
    .saved = saved,
    .layout = {{368, 0, 4, 0x40000000}, {368, 0, 4, 0x00000040}},
    .steps = steps,
};
