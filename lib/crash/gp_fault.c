/* lib/crash/gp_fault.c - general-protection faults, which name no address. */
#include "lib/crash/parts.h"

/* x86-64: bits 63 to 47 of a pointer are equal. AArch64 reports the address
 * whatever it is. */
bool is_non_canonical(const scene *s, uint64_t addr)
{
    return s->arch == MDW_ARCH_X86_64 &&
           addr - (UINT64_C(1) << 47) < 0 - (UINT64_C(1) << 48);
}

/* Windows reports a read of the last byte; macOS code 13 at 0 or at pc; Linux
 * SI_KERNEL at 0. Breakpad once wrote no si_code at all, so 0 is taken for it
 * where the instruction agrees. 32 bits have no address that could not be one:
 * there 0 and the last byte may be meant. */
bool is_gp_fault(const scene *s)
{
    const mdw_reason *r = &s->crash->reason;
    bool wide = s->arch == MDW_ARCH_X86_64;
    if (!is_x86(s))
        return false;
    if (is_windows(s))
        return wide && s->e.code == WIN_ACCESS_VIOLATION &&
               r->access == MDW_ACCESS_READ && r->recorded == UINT64_MAX;
    if (is_linux(s))
        return (s->e.code == SIGNAL_SEGV || s->e.code == SIGNAL_BUS) &&
               (s->e.flags == SI_KERNEL || (wide && !s->e.flags)) &&
               !r->recorded;
    return is_mac(s) && s->e.code == MACH_BAD_ACCESS &&
           s->e.flags == MACH_GPFLT;
}
