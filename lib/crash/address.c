/* lib/crash/address.c - which address an exception is about. */
#include "lib/crash/reason.h"

#define ACCESS_VIOLATION UINT32_C(0xc0000005)
#define IN_PAGE_ERROR UINT32_C(0xc0000006)

/* Linux signals and si_codes; asm-generic/siginfo.h. */
enum { SIGNAL_SEGV = 11, SEGV_MTEAERR = 8, SEGV_MTESERR = 9 };

/* XNU osfmk/mach/arm/exception.h */
enum {
    MACH_BAD_ACCESS = 1,
    MACH_MTE_TAGCHECK = 0x106,
    MACH_MTE_CANONICAL = 0x107
};

/* The kernel fills si_addr for these signals; for others it is the sender's
 * pid and uid that lie there. A negative si_code says "sent", too. */
static bool signal_has_address(const mdw_system *system, const mdw_exception *e)
{
    static const uint8_t faults[] = {4, 5, 7, 8, SIGNAL_SEGV};
    uint32_t signal = generic_signal(system, e->code);
    if (e->flags >> 31)
        return false;
    for (size_t i = 0; i < sizeof faults; i++)
        if (faults[i] == signal)
            return true;
    return e->code == UINT32_MAX; /* a request: its pc */
}

/* A general-protection fault names no address: Breakpad records 0, Crashpad
 * the pc. EXC_I386_GPFLT is 13. */
static bool mach_has_address(const mdw_system *system, const mdw_exception *e)
{
    bool x86 = system->arch == MDW_ARCH_X86 || system->arch == MDW_ARCH_X86_64;
    return !(x86 && e->code == 1 && e->flags == 13);
}

/* A memory-tag fault reports the pointer with its tag in bits 59:56. */
static bool is_tag_fault(const mdw_system *system, const mdw_exception *e)
{
    if (system->os == MDW_OS_MACOS || system->os == MDW_OS_IOS)
        return system->arch == MDW_ARCH_ARM64 && e->code == MACH_BAD_ACCESS &&
               (e->flags == MACH_MTE_TAGCHECK ||
                e->flags == MACH_MTE_CANONICAL);
    return e->code == SIGNAL_SEGV &&
           (e->flags == SEGV_MTEAERR || e->flags == SEGV_MTESERR);
}

address address_of(const mdw_system *system, const mdw_exception *e)
{
    uint64_t recorded = e->address;
    bool has = true, tagged = false;
    if (system->os == MDW_OS_WINDOWS) {
        bool data = e->code == ACCESS_VIOLATION || e->code == IN_PAGE_ERROR;
        if (data && parameter_count(e) >= 2)
            recorded = e->info[1];
    } else if (system->os == MDW_OS_LINUX || system->os == MDW_OS_ANDROID) {
        has = signal_has_address(system, e);
        tagged = is_tag_fault(system, e);
    } else if (system->os == MDW_OS_MACOS || system->os == MDW_OS_IOS) {
        has = mach_has_address(system, e);
        tagged = is_tag_fault(system, e);
    }
    uint64_t mask = tagged ? ~(UINT64_C(0xf) << 56) : UINT64_MAX;
    return (address){has ? MDW_ADDRESS_RECORDED : MDW_ADDRESS_NONE,
                     cut_to_width(system, recorded & mask), recorded};
}
