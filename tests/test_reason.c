/* tests/test_reason.c - exception records in words. */
#include "lib/crash/reason.h"
#include "t.h"

#define WIN MDW_OS_WINDOWS
#define LNX MDW_OS_LINUX
#define MAC MDW_OS_MACOS
#define X86 MDW_ARCH_X86
#define X64 MDW_ARCH_X86_64
#define A32 MDW_ARCH_ARM
#define A64 MDW_ARCH_ARM64

static const struct {
    const char *claim;
    uint32_t os, arch;
    uint32_t code, flags;
    uint32_t info_count;
    uint64_t info0, info1, info2;
    const char *text;
    uint32_t kind, access;
} rows[] = {
    /* Windows */
    {"read", WIN, X86, 0xc0000005, 0, 2, 0, 0x45, 0,
     "EXCEPTION_ACCESS_VIOLATION_READ", MDW_CRASH_FAULT, MDW_ACCESS_READ},
    {"write, one parameter", WIN, X64, 0xc0000005, 0, 1, 1, 0, 0,
     "EXCEPTION_ACCESS_VIOLATION_WRITE", MDW_CRASH_FAULT, MDW_ACCESS_WRITE},
    {"execute", WIN, A64, 0xc0000005, 0, 2, 8, 0, 0,
     "EXCEPTION_ACCESS_VIOLATION_EXEC", MDW_CRASH_FAULT, MDW_ACCESS_EXEC},
    {"a kind of access that does not exist", WIN, X64, 0xc0000005, 0, 2, 7, 0,
     0, "EXCEPTION_ACCESS_VIOLATION", MDW_CRASH_FAULT, 0},
    {"a 64-bit kind is not cut", WIN, X64, 0xc0000005, 0, 2,
     UINT64_C(0x100000000), 0, 0, "EXCEPTION_ACCESS_VIOLATION", MDW_CRASH_FAULT,
     0},
    {"access violation without parameters", WIN, X64, 0xc0000005, 0, 0, 1, 1, 1,
     "EXCEPTION_ACCESS_VIOLATION", MDW_CRASH_FAULT, 0},
    {"in-page error with its status", WIN, X64, 0xc0000006, 0, 3, 0, 0x10,
     0xc000000e,
     "EXCEPTION_IN_PAGE_ERROR_READ / "
     "STATUS_NO_SUCH_DEVICE",
     MDW_CRASH_FAULT, MDW_ACCESS_READ},
    {"in-page status sign-extended", WIN, X86, 0xc0000006, 0, 3, 8, 0x10,
     UINT64_C(0xffffffffc000009d),
     "EXCEPTION_IN_PAGE_ERROR_EXEC / STATUS_DEVICE_NOT_CONNECTED",
     MDW_CRASH_FAULT, MDW_ACCESS_EXEC},
    {"in-page status unknown", WIN, X64, 0xc0000006, 0, 3, 1, 0x10, 0xcafe,
     "EXCEPTION_IN_PAGE_ERROR_WRITE / 0x0000cafe", MDW_CRASH_FAULT,
     MDW_ACCESS_WRITE},
    {"in-page error without a status", WIN, X64, 0xc0000006, 0, 2, 1, 0x10, 0,
     "EXCEPTION_IN_PAGE_ERROR", MDW_CRASH_FAULT, MDW_ACCESS_WRITE},
    {"fast fail", WIN, X64, 0xc0000409, 1, 1, 10, 0, 0,
     "EXCEPTION_STACK_BUFFER_OVERRUN / FAST_FAIL_GUARD_ICALL_CHECK_FAILURE",
     MDW_CRASH_FAULT, 0},
    {"fast fail unknown", WIN, X64, 0xc0000409, 1, 1, 0xffff, 0, 0,
     "EXCEPTION_STACK_BUFFER_OVERRUN / 0x0000ffff", MDW_CRASH_FAULT, 0},
    {"fast fail without parameters", WIN, X64, 0xc0000409, 1, 0, 0, 0, 0,
     "STATUS_STACK_BUFFER_OVERRUN", MDW_CRASH_FAULT, 0},
    {"C++", WIN, X64, 0xe06d7363, 1, 3, 0x19930520, 0, 0,
     "Unhandled C++ Exception", MDW_CRASH_FAULT, 0},
    {"out of memory", WIN, X64, 0xe0000008, 1, 0, 0, 0, 0, "Out of Memory",
     MDW_CRASH_FAULT, 0},
    {"simulated is a request", WIN, X64, 0x0517a7ed, 0, 0, 0, 0, 0,
     "Simulated Exception", MDW_CRASH_REQUEST, 0},
    {"code 0 is a request", WIN, X64, 0, 0, 0, 0, 0, 0, "ERROR_SUCCESS",
     MDW_CRASH_REQUEST, 0},
    {"a breakpoint is a crash", WIN, X64, 0x80000003, 0, 1, 0, 0, 0,
     "EXCEPTION_BREAKPOINT", MDW_CRASH_FAULT, 0},
    {"a small number is a Windows error", WIN, X64, 5, 0, 0, 0, 0, 0,
     "ERROR_ACCESS_DENIED", MDW_CRASH_FAULT, 0},
    {"a status", WIN, X64, 0xc0000374, 0, 1, 0, 0, 0, "STATUS_HEAP_CORRUPTION",
     MDW_CRASH_FAULT, 0},
    {"managed", WIN, X64, 0xe0434352, 0, 1, 0, 0, 0,
     "MANAGED_EXCEPTION_CODE_V4", MDW_CRASH_FAULT, 0},
    {"delay load by its facility", WIN, X64, 0xc06d007e, 0, 1, 0, 0, 0,
     "FACILITY_VISUALCPP / ERROR_MOD_NOT_FOUND", MDW_CRASH_FAULT, 0},
    {"a facility needs a severity", WIN, X64, 0x006d007e, 0, 1, 0, 0, 0,
     "unknown 0x006d007e", MDW_CRASH_FAULT, 0},
    {"a runtime's code", WIN, X64, 0x406d1388, 0, 1, 0, 0, 0, "MS_VC_EXCEPTION",
     MDW_CRASH_FAULT, 0},
    {"nobody's code", WIN, X64, 0xe1234567, 0, 0, 0, 0, 0, "unknown 0xe1234567",
     MDW_CRASH_FAULT, 0},
    {"more parameters than there can be", WIN, X64, 0xc0000005, 0, UINT32_MAX,
     1, 0, 0, "EXCEPTION_ACCESS_VIOLATION_WRITE", MDW_CRASH_FAULT,
     MDW_ACCESS_WRITE},
    /* Linux, Android */
    {"signal alone", LNX, X64, 11, 0, 0, 0, 0, 0, "SIGSEGV", MDW_CRASH_FAULT,
     0},
    {"signal's own code", LNX, X64, 11, 1, 0, 0, 0, 0, "SIGSEGV / SEGV_MAPERR",
     MDW_CRASH_FAULT, 0},
    {"Android is a Linux", MDW_OS_ANDROID, A64, 11, 9, 0, 0, 0, 0,
     "SIGSEGV / SEGV_MTESERR", MDW_CRASH_FAULT, 0},
    {"shadow stack", LNX, X64, 11, 10, 0, 0, 0, 0, "SIGSEGV / SEGV_CPERR",
     MDW_CRASH_FAULT, 0},
    {"every signal's code", LNX, X64, 6, UINT32_C(0xfffffffa), 0, 0, 0, 0,
     "SIGABRT / SI_TKILL", MDW_CRASH_FAULT, 0},
    {"kernel's code", LNX, X64, 11, 0x80, 0, 0, 0, 0, "SIGSEGV / SI_KERNEL",
     MDW_CRASH_FAULT, 0},
    {"another signal's code", LNX, X64, 15, 1, 0, 0, 0, 0,
     "SIGTERM / 0x00000001", MDW_CRASH_FAULT, 0},
    {"seccomp", LNX, X64, 31, 1, 2, 59, 0xc000003e, 0, "SIGSYS / SYS_SECCOMP",
     MDW_CRASH_FAULT, 0},
    {"illegal operand", LNX, X64, 4, 2, 0, 0, 0, 0, "SIGILL / ILL_ILLOPN",
     MDW_CRASH_FAULT, 0},
    {"Breakpad's request", LNX, X64, UINT32_MAX, 0, 0, 0, 0, 0,
     "DUMP_REQUESTED", MDW_CRASH_REQUEST, 0},
    {"no signal is a request", LNX, X64, 0, 0, 0, 0, 0, 0,
     "unknown 0x00000000 / 0x00000000", MDW_CRASH_REQUEST, 0},
    {"no such signal", LNX, X64, 99, 3, 0, 0, 0, 0,
     "unknown 0x00000063 / 0x00000003", MDW_CRASH_FAULT, 0},
    /* macOS, iOS */
    {"kern_return", MAC, X64, 1, 1, 0, 0, 0, 0,
     "EXC_BAD_ACCESS / KERN_INVALID_ADDRESS", MDW_CRASH_FAULT, 0},
    {"kern_return before the CPU's", MAC, A64, 1, 2, 0, 0, 0, 0,
     "EXC_BAD_ACCESS / KERN_PROTECTION_FAILURE", MDW_CRASH_FAULT, 0},
    {"general protection", MAC, X64, 1, 13, 0, 0, 0, 0,
     "EXC_BAD_ACCESS / EXC_I386_GPFLT", MDW_CRASH_FAULT, 0},
    {"pointer authentication", MDW_OS_IOS, A64, 1, 0x105, 0, 0, 0, 0,
     "EXC_BAD_ACCESS / EXC_ARM_PAC_FAIL", MDW_CRASH_FAULT, 0},
    {"32-bit ARM has the same codes", MDW_OS_IOS, A32, 1, 0x101, 0, 0, 0, 0,
     "EXC_BAD_ACCESS / EXC_ARM_DA_ALIGN", MDW_CRASH_FAULT, 0},
    {"the code is PowerPC's there", MAC, MDW_ARCH_PPC, 1, 0x101, 0, 0, 0, 0,
     "EXC_BAD_ACCESS / EXC_PPC_VM_PROT_READ", MDW_CRASH_FAULT, 0},
    {"another CPU's code", MAC, X64, 1, 0x101, 0, 0, 0, 0,
     "EXC_BAD_ACCESS / 0x00000101", MDW_CRASH_FAULT, 0},
    {"an unknown CPU", MAC, MDW_ARCH_UNKNOWN, 1, 13, 0, 0, 0, 0,
     "EXC_BAD_ACCESS / 0x0000000d", MDW_CRASH_FAULT, 0},
    {"illegal instruction", MAC, X64, 2, 1, 0, 0, 0, 0,
     "EXC_BAD_INSTRUCTION / EXC_I386_INVOP", MDW_CRASH_FAULT, 0},
    {"arithmetic", MAC, A64, 3, 2, 0, 0, 0, 0, "EXC_ARITHMETIC / EXC_ARM_FP_DZ",
     MDW_CRASH_FAULT, 0},
    {"breakpoint", MAC, X86, 6, 2, 0, 0, 0, 0, "EXC_BREAKPOINT / EXC_I386_BPT",
     MDW_CRASH_FAULT, 0},
    {"software", MAC, X64, 5, 0x10002, 0, 0, 0, 0, "EXC_SOFTWARE / SIGABRT",
     MDW_CRASH_FAULT, 0},
    {"no details known", MAC, X64, 7, 0x80, 0, 0, 0, 0,
     "EXC_SYSCALL / 0x00000080", MDW_CRASH_FAULT, 0},
    {"uncaught NSException", MAC, X64, 0x43506e78, 0, 0, 0, 0, 0,
     "Uncaught NSException", MDW_CRASH_FAULT, 0},
    {"Crashpad's request", MAC, X64, 0x43507378, 0, 0, 0, 0, 0,
     "Simulated Exception", MDW_CRASH_REQUEST, 0},
    {"abort as EXC_CRASH", MAC, X64, 0, 0, 3, 10, 0x6000000, 0,
     "EXC_CRASH / SIGABRT", MDW_CRASH_FAULT, 0},
    {"EXC_CRASH without parameters", MAC, X64, 10, 0xb100001, 0, 0, 0, 0,
     "EXC_CRASH / SIGSEGV", MDW_CRASH_FAULT, 0},
    {"EXC_CRASH without a signal", MAC, X64, 10, 0x700080, 0, 0, 0, 0,
     "EXC_CRASH / 0x00700080", MDW_CRASH_FAULT, 0},
    {"nothing is a request", MAC, X64, 0, 0, 0, 0, 0, 0,
     "unknown 0x00000000 / 0x00000000", MDW_CRASH_REQUEST, 0},
    {"corpse", MAC, X64, 13, 0, 0, 0, 0, 0, "EXC_CORPSE_NOTIFY / 0x00000000",
     MDW_CRASH_FAULT, 0},
    /* 60 s, 80 % allowed, 97 % used: more than three bits */
    {"CPU", MAC, A64, 11, 0x28000000, 3, 11, UINT64_C(0x2800000000001e50), 97,
     "EXC_RESOURCE / RESOURCE_TYPE_CPU / FLAVOR_CPU_MONITOR_FATAL "
     "interval: 60s CPU limit: 80% CPU consumed: 97%",
     MDW_CRASH_FAULT, 0},
    {"wakeups", MAC, A64, 11, 0x44000000, 3, 11, UINT64_C(0x4400000012c00096),
     300,
     "EXC_RESOURCE / RESOURCE_TYPE_WAKEUPS / FLAVOR_WAKEUPS_MONITOR "
     "interval: 300s wakeups permitted: 150 wakeups observed: 300",
     MDW_CRASH_FAULT, 0},
    {"memory", MAC, A64, 11, 0x64000000, 3, 11, UINT64_C(0x6400000000000032), 0,
     "EXC_RESOURCE / RESOURCE_TYPE_MEMORY / FLAVOR_HIGH_WATERMARK "
     "high watermark limit: 50MiB",
     MDW_CRASH_FAULT, 0},
    {"writes are MiB", MAC, A64, 11, 0x88000000, 3, 11,
     UINT64_C(0x88000000001e0400), 2048,
     "EXC_RESOURCE / RESOURCE_TYPE_IO / FLAVOR_IO_LOGICAL_WRITES "
     "interval: 60s I/O limit: 1024MiB I/O observed: 2048MiB",
     MDW_CRASH_FAULT, 0},
    {"threads", MAC, A64, 11, 0xa4000000, 3, 11, UINT64_C(0xa400000000000800),
     0,
     "EXC_RESOURCE / RESOURCE_TYPE_THREADS / FLAVOR_THREADS_HIGH_WATERMARK "
     "high watermark limit: 2048",
     MDW_CRASH_FAULT, 0},
    {"a flavor that does not exist", MAC, A64, 11, 0x3c000000, 3, 11,
     UINT64_C(0x3c00000000000001), 2,
     "EXC_RESOURCE / RESOURCE_TYPE_CPU / 0x3c00000000000001 / "
     "0x0000000000000002",
     MDW_CRASH_FAULT, 0},
    {"a type that does not exist", MAC, A64, 11, 0xe0000000, 0, 0, 0, 0,
     "EXC_RESOURCE / 0xe0000000", MDW_CRASH_FAULT, 0},
    {"the flavor is in the flags, too", MAC, A64, 11, 0x24000000, 0, 0, 0, 0,
     "EXC_RESOURCE / RESOURCE_TYPE_CPU / FLAVOR_CPU_MONITOR", MDW_CRASH_FAULT,
     0},
    {"guarded port, all 32 bits of its name", MAC, A64, 12, 0x20000001, 3, 12,
     UINT64_C(0x20000001f0000103), 5,
     "EXC_GUARD / GUARD_TYPE_MACH_PORT / GUARD_EXC_DESTROY port name: "
     "4026532099 guard identifier: 5",
     MDW_CRASH_FAULT, 0},
    {"guarded descriptor", MAC, A64, 12, 0x40000001, 3, 12,
     UINT64_C(0x4000000100000003), UINT64_MAX,
     "EXC_GUARD / GUARD_TYPE_FD / GUARD_EXC_CLOSE file descriptor: 3 "
     "guard identifier: 18446744073709551615",
     MDW_CRASH_FAULT, 0},
    {"user guard", MAC, A64, 12, 0x60000000, 3, 12,
     UINT64_C(0x6000000000000007), 9,
     "EXC_GUARD / GUARD_TYPE_USER / namespace: 7 guard identifier: 9",
     MDW_CRASH_FAULT, 0},
    {"guarded vnode", MAC, A64, 12, 0x80000004, 3, 12,
     UINT64_C(0x8000000400000064), 1,
     "EXC_GUARD / GUARD_TYPE_VN / GUARD_EXC_UNLINK pid: 100 "
     "guard identifier: 1",
     MDW_CRASH_FAULT, 0},
    {"guarded memory", MAC, A64, 12, 0xa0000001, 3, 12,
     UINT64_C(0xa000000100000000), 4096,
     "EXC_GUARD / GUARD_TYPE_VIRT_MEMORY / GUARD_EXC_DEALLOC_GAP offset: 4096",
     MDW_CRASH_FAULT, 0},
    {"refused call", MAC, A64, 12, 0xc0000000, 3, 12,
     UINT64_C(0xc000000000000000), 26,
     "EXC_GUARD / GUARD_TYPE_REJECTED_SC / GUARD_EXC_MACH_TRAP "
     "syscall number: 26",
     MDW_CRASH_FAULT, 0},
    {"no guard", MAC, A64, 12, 0, 0, 0, 0, 0, "EXC_GUARD / GUARD_TYPE_NONE",
     MDW_CRASH_FAULT, 0},
    {"guard without parameters", MAC, A64, 12, 0x40000001, 0, 0, 0, 0,
     "EXC_GUARD / GUARD_TYPE_FD / GUARD_EXC_CLOSE", MDW_CRASH_FAULT, 0},
    {"memory tag", MAC, A64, 1, 0x106, 0, 0, 0, 0,
     "EXC_BAD_ACCESS / EXC_ARM_MTE_TAGCHECK_FAIL", MDW_CRASH_FAULT, 0},
    {"pointer authentication", MDW_OS_IOS, A64, 1, 0x105, 0, 0, 0, 0,
     "EXC_BAD_ACCESS / EXC_ARM_PAC_FAIL", MDW_CRASH_FAULT, 0},
    /* signals have other numbers on some CPUs */
    {"MIPS bus error", LNX, MDW_ARCH_MIPS, 10, 1, 0, 0, 0, 0,
     "SIGBUS / BUS_ADRALN", MDW_CRASH_FAULT, 0},
    {"MIPS seccomp", LNX, MDW_ARCH_MIPS64, 12, 1, 0, 0, 0, 0,
     "SIGSYS / SYS_SECCOMP", MDW_CRASH_FAULT, 0},
    {"MIPS timer", LNX, MDW_ARCH_MIPS, 14, UINT32_C(0xfffffffd), 0, 0, 0, 0,
     "SIGALRM / SI_TIMER", MDW_CRASH_FAULT, 0},
    {"MIPS by thread", LNX, MDW_ARCH_MIPS, 16, UINT32_C(0xfffffffa), 0, 0, 0, 0,
     "SIGUSR1 / SI_TKILL", MDW_CRASH_FAULT, 0},
    {"MIPS has no such signal", LNX, MDW_ARCH_MIPS, 32, 0, 0, 0, 0, 0,
     "unknown 0x00000020 / 0x00000000", MDW_CRASH_FAULT, 0},
    {"a request on MIPS", LNX, MDW_ARCH_MIPS, UINT32_MAX, 0, 0, 0, 0, 0,
     "DUMP_REQUESTED", MDW_CRASH_REQUEST, 0},
    {"SPARC bus error", LNX, MDW_ARCH_SPARC, 10, 2, 0, 0, 0, 0,
     "SIGBUS / BUS_ADRERR", MDW_CRASH_FAULT, 0},
    {"SPARC tag overflow", LNX, MDW_ARCH_SPARC, 7, 1, 0, 0, 0, 0,
     "SIGEMT / EMT_TAGOVF", MDW_CRASH_FAULT, 0},
    {"7 is a bus error elsewhere", LNX, MDW_ARCH_PPC, 7, 1, 0, 0, 0, 0,
     "SIGBUS / BUS_ADRALN", MDW_CRASH_FAULT, 0},
    /* others */
    {"Fuchsia", MDW_OS_FUCHSIA, A64, 0x108, 0, 0, 0, 0, 0,
     "ZX_EXCP_FATAL_PAGE_FAULT", MDW_CRASH_FAULT, 0},
    {"Fuchsia unknown", MDW_OS_FUCHSIA, A64, 0x109, 2, 0, 0, 0, 0,
     "unknown 0x00000109 / 0x00000002", MDW_CRASH_FAULT, 0},
    {"nothing, and no system", MDW_OS_UNKNOWN, X64, 0, 0, 0, 0, 0, 0,
     "unknown 0x00000000 / 0x00000000", MDW_CRASH_REQUEST, 0},
    {"no system", MDW_OS_UNKNOWN, X64, 11, 1, 0, 0, 0, 0,
     "unknown 0x0000000b / 0x00000001", MDW_CRASH_FAULT, 0},
};

static const struct {
    const char *claim;
    uint32_t os, arch;
    uint32_t code, flags;
    uint32_t info_count;
    uint64_t info1, address;
    uint32_t kind;
    uint64_t shown, recorded;
} addresses[] = {
    {"the data of an access violation", WIN, X64, 0xc0000005, 0, 2, 0x45,
     0x401000, MDW_ADDRESS_RECORDED, 0x45, 0x45},
    {"the data of an in-page error", WIN, X64, 0xc0000006, 0, 3, 0x45, 0x401000,
     MDW_ADDRESS_RECORDED, 0x45, 0x45},
    {"sign-extended data", WIN, X86, 0xc0000005, 0, 2,
     UINT64_C(0xffffffff80000045), 0x401000, MDW_ADDRESS_RECORDED, 0x80000045,
     UINT64_C(0xffffffff80000045)},
    {"the pc where one parameter is missing", WIN, X64, 0xc0000005, 0, 1, 0x45,
     0x401000, MDW_ADDRESS_RECORDED, 0x401000, 0x401000},
    {"the pc of other codes", WIN, X64, 0xc0000409, 0, 2, 0x45, 0x401000,
     MDW_ADDRESS_RECORDED, 0x401000, 0x401000},
    {"64-bit data is not cut", WIN, X64, 0xc0000005, 0, 2, UINT64_MAX, 0x401000,
     MDW_ADDRESS_RECORDED, UINT64_MAX, UINT64_MAX},
    {"sign-extended pc", WIN, X86, 0x80000003, 0, 0, 0,
     UINT64_C(0xffffffff80001000), MDW_ADDRESS_RECORDED, 0x80001000,
     UINT64_C(0xffffffff80001000)},
    {"Windows codes mean nothing to Linux", LNX, X64, 0xc0000005, 0, 2, 0x45,
     0x401000, MDW_ADDRESS_NONE, 0x401000, 0x401000},
    {"si_addr", LNX, X64, 11, 1, 0, 0, 0x45, MDW_ADDRESS_RECORDED, 0x45, 0x45},
    {"a sender's pid and uid", LNX, X64, 6, 0, 0, 0, UINT64_C(0x3e8000039be),
     MDW_ADDRESS_NONE, UINT64_C(0x3e8000039be), UINT64_C(0x3e8000039be)},
    {"a fault that was sent", LNX, X64, 11, UINT32_C(0xfffffffa), 0, 0, 0x45,
     MDW_ADDRESS_NONE, 0x45, 0x45},
    {"a tagged pointer", MDW_OS_ANDROID, A64, 11, 9, 0, 0,
     UINT64_C(0x0b00007012345678), MDW_ADDRESS_RECORDED,
     UINT64_C(0x0000007012345678), UINT64_C(0x0b00007012345678)},
    {"a bus error of MIPS", LNX, MDW_ARCH_MIPS64, 10, 1, 0, 0, 0x45,
     MDW_ADDRESS_RECORDED, 0x45, 0x45},
    {"SIGEMT of MIPS has a sender", LNX, MDW_ARCH_MIPS64, 7, 1, 0, 0, 0x45,
     MDW_ADDRESS_NONE, 0x45, 0x45},
    {"a tagged pointer of macOS", MAC, A64, 1, 0x106, 0, 0,
     UINT64_C(0x07000008db020050), MDW_ADDRESS_RECORDED,
     UINT64_C(0x00000008db020050), UINT64_C(0x07000008db020050)},
    {"a request has its pc", LNX, X64, UINT32_MAX, 0, 0, 0, 0x401000,
     MDW_ADDRESS_RECORDED, 0x401000, 0x401000},
    {"Mach data", MAC, X64, 1, 1, 3, 1, UINT64_C(0xffffffff80000042),
     MDW_ADDRESS_RECORDED, UINT64_C(0xffffffff80000042),
     UINT64_C(0xffffffff80000042)},
    {"general protection names none", MAC, X64, 1, 13, 3, 13, 0x401000,
     MDW_ADDRESS_NONE, 0x401000, 0x401000},
    {"13 of another CPU", MAC, A64, 1, 13, 3, 13, 0x401000,
     MDW_ADDRESS_RECORDED, 0x401000, 0x401000},
};

static mdw_system system_of(uint32_t os, uint32_t arch)
{
    mdw_system system = MDW_INIT(mdw_system);
    bool narrow =
        arch == MDW_ARCH_X86 || arch == MDW_ARCH_ARM || arch == MDW_ARCH_PPC;
    system.os = os;
    system.arch = arch;
    system.pointer_size = narrow ? 4 : 8;
    return system;
}

static void check_texts(void)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        mdw_system system = system_of(rows[i].os, rows[i].arch);
        mdw_exception e = MDW_INIT(mdw_exception);
        e.code = rows[i].code;
        e.flags = rows[i].flags;
        e.info_count = rows[i].info_count;
        e.info[0] = rows[i].info0;
        e.info[1] = rows[i].info1;
        e.info[2] = rows[i].info2;
        reason got;
        reason_of(&system, &e, &got);
        t_case = rows[i].claim;
        CHECK(str_is((mdw_str){got.text, got.len}, rows[i].text));
        if (!str_is((mdw_str){got.text, got.len}, rows[i].text))
            fprintf(stderr, "  got %.*s\n", (int)got.len, got.text);
        CHECK_U64(got.kind, rows[i].kind);
        CHECK_U64(got.access, rows[i].access);
    }
}

static void check_addresses(void)
{
    for (size_t i = 0; i < sizeof addresses / sizeof *addresses; i++) {
        mdw_system system = system_of(addresses[i].os, addresses[i].arch);
        mdw_exception e = MDW_INIT(mdw_exception);
        e.code = addresses[i].code;
        e.flags = addresses[i].flags;
        e.info_count = addresses[i].info_count;
        e.info[1] = addresses[i].info1;
        e.address = addresses[i].address;
        address got = address_of(&system, &e);
        t_case = addresses[i].claim;
        CHECK_U64(got.kind, addresses[i].kind);
        CHECK_U64(got.shown, addresses[i].shown);
        CHECK_U64(got.recorded, addresses[i].recorded);
    }
}

/* No record may overrun the text, whatever its numbers. */
static void check_lengths(void)
{
    uint64_t seed = 1;
    t_case = "any record fits";
    for (uint32_t os = 0; os <= MDW_OS_FUCHSIA; os++)
        for (uint32_t i = 0; i < 2000; i++) {
            mdw_system system = system_of(os, i % (MDW_ARCH_RISCV64 + 1));
            mdw_exception e = MDW_INIT(mdw_exception);
            seed = seed * UINT64_C(6364136223846793005) + 1;
            e.code = i & 1 ? (uint32_t)(seed >> 32) : i / 2 % 64;
            e.flags = (uint32_t)(seed >> 20);
            e.info_count = i % 20;
            e.info[0] = e.code;
            e.info[1] = (uint64_t)e.flags << 32 | UINT32_MAX;
            e.info[2] = UINT64_MAX;
            reason got;
            reason_of(&system, &e, &got);
            CHECK(got.len > 0 && got.len < 200);
        }
}

int main(void)
{
    check_texts();
    check_addresses();
    check_lengths();
    return t_done();
}
