/* arch/x86_64.c - everything the library knows about x86-64. */
#include "lib/unwind/arch.h"

enum {
    RAX,
    RDX,
    RCX,
    RBX,
    RSI,
    RDI,
    RBP,
    RSP,
    R8,
    R9,
    R10,
    R11,
    R12,
    R13,
    R14,
    R15,
    RIP,
    COUNT
};

/* DWARF numbers: System V ABI, AMD64 supplement, figure 3.36. Context offsets:
 * winnt.h, CONTEXT for _AMD64_, 1232 bytes. Preserved registers: the same ABI,
 * and Microsoft's "x64 calling convention". */
static const arch_reg regs[COUNT] = {
    [RAX] = {"rax", 0, 0, {{0x78, 8}}},
    [RDX] = {"rdx", 1, 0, {{0x88, 8}}},
    [RCX] = {"rcx", 2, 0, {{0x80, 8}}},
    [RBX] = {"rbx", 3, SAVED_ALL, {{0x90, 8}}},
    [RSI] = {"rsi", 4, SAVED_WIN, {{0xA8, 8}}},
    [RDI] = {"rdi", 5, SAVED_WIN, {{0xB0, 8}}},
    [RBP] = {"rbp", 6, SAVED_ALL, {{0xA0, 8}}},
    [RSP] = {"rsp", 7, 0, {{0x98, 8}}},
    [R8] = {"r8", 8, 0, {{0xB8, 8}}},
    [R9] = {"r9", 9, 0, {{0xC0, 8}}},
    [R10] = {"r10", 10, 0, {{0xC8, 8}}},
    [R11] = {"r11", 11, 0, {{0xD0, 8}}},
    [R12] = {"r12", 12, SAVED_ALL, {{0xD8, 8}}},
    [R13] = {"r13", 13, SAVED_ALL, {{0xE0, 8}}},
    [R14] = {"r14", 14, SAVED_ALL, {{0xE8, 8}}},
    [R15] = {"r15", 15, SAVED_ALL, {{0xF0, 8}}},
    [RIP] = {"rip", 16, 0, {{0xF8, 8}}},
};

/* Intel SDM volume 2, table 2-2 and REX. */
static const uint8_t code_regs[] = {RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI,
                                    R8,  R9,  R10, R11, R12, R13, R14, R15};

/* Linux: sigcontext_64 of asm/sigcontext.h, 40 bytes into the ucontext. */
static const uint16_t saved[COUNT] = {
    [R8] = 40,   [R9] = 48,   [R10] = 56,  [R11] = 64,  [R12] = 72,
    [R13] = 80,  [R14] = 88,  [R15] = 96,  [RDI] = 104, [RSI] = 112,
    [RBP] = 120, [RBX] = 128, [RDX] = 136, [RAX] = 144, [RCX] = 152,
    [RSP] = 160, [RIP] = 168};

static const arch_signal signals[] = {
    /* mov rax, 15; syscall */
    {{0x48, 0xC7, 0xC0, 0x0F, 0, 0, 0, 0x0F, 0x05}, .size = 9},
    {.size = 0},
};

static const arch_alias aliases[] = {{NULL, 0}};

/* On Windows rbp is no frame pointer: UNWIND_INFO may place it anywhere up to
 * 240 bytes into the frame, so without unwind data only a scan is left. */
static const step *const windows[] = {&step_code, &step_rows, &step_leaf,
                                      &step_scan, NULL};
static const step *const others[] = {&step_code,       &step_rows,
                                     &step_code_files, &step_frame_ptr,
                                     &step_scan,       NULL};

static const step *const *steps(uint32_t os)
{
    return os == MDW_OS_WINDOWS ? windows : others;
}

const arch arch_x86_64 = {
    .id = MDW_ARCH_X86_64,
    .name = "x86_64",
    .pointer = 8,
    .call_back = 1,
    .call_align = 16, /* System V ABI 3.2.2; Microsoft's "stack usage" */
    .pc = RIP,
    .sp = RSP,
    .fp = RBP,
    .lr = NO_REG,
    .fp_thumb = NO_REG,
    .status = NO_REG,
    .reg_count = COUNT,
    .regs = regs,
    .aliases = aliases,
    .code_regs = code_regs,
    .signals = signals,
    .saved = saved,
    .layout = {{1232, 48, 4, 0x00100000}},
    .steps = steps,
};
