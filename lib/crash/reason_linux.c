/* lib/crash/reason_linux.c - signals of Linux and Android in words. */
#include "lib/crash/reason.h"

#include "lib/codes/codes.h"

/* Which si_code means what depends on the signal. Numbers are generic ones. */
static const struct {
    uint32_t signal;
    uint32_t table;
} kinds[] = {
    {4, CODE_SIGILL}, {5, CODE_SIGTRAP},  {7, CODE_SIGBUS},
    {8, CODE_SIGFPE}, {11, CODE_SIGSEGV}, {31, CODE_SIGSYS},
};

static bool is_mips(const mdw_system *system)
{
    return system->arch == MDW_ARCH_MIPS || system->arch == MDW_ARCH_MIPS64;
}

/* MIPS has IRIX' numbers, SPARC those of SunOS. The request for a dump is
 * Breakpad's, not the kernel's, and the same everywhere. */
static uint32_t signal_table(const mdw_system *system, uint32_t code)
{
    if (code == UINT32_MAX)
        return CODE_SIGNAL;
    if (is_mips(system))
        return CODE_SIGNAL_MIPS;
    return system->arch == MDW_ARCH_SPARC ? CODE_SIGNAL_SPARC : CODE_SIGNAL;
}

uint32_t generic_signal(const mdw_system *system, uint32_t code)
{
    uint32_t table = signal_table(system, code), value;
    if (table == CODE_SIGNAL)
        return code;
    mdw_str name = code_name(table, code), other;
    for (size_t i = 0; code_at(CODE_SIGNAL, i, &value, &other); i++)
        if (str_equal(name, other))
            return value;
    return 0;
}

static mdw_str si_code_name(const mdw_system *system, mdw_str signal,
                            const mdw_exception *e)
{
    mdw_str name = {"", 0};
    uint32_t generic = generic_signal(system, e->code);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (kinds[i].signal == generic)
            name = code_name(kinds[i].table, e->flags);
    if (str_is(signal, "SIGEMT"))
        name = code_name(CODE_SIGEMT, e->flags);
    if (!name.len && is_mips(system))
        name = code_name(CODE_SI_CODE_MIPS, e->flags);
    return name.len ? name : code_name(CODE_SI_CODE, e->flags);
}

/* The exception code is the signal and the flags are its si_code; older
 * Breakpad clients leave them 0, which is also SI_USER. */
void reason_linux(const mdw_system *system, const mdw_exception *e, reason *out)
{
    mdw_str signal = code_name(signal_table(system, e->code), e->code);
    /* -1: Breakpad's and Crashpad's dumps without a signal. */
    if (e->code == 0 || e->code == UINT32_MAX)
        out->kind = MDW_CRASH_REQUEST;
    if (!signal.len) {
        say_unknown(out, e);
        return;
    }
    say(out, signal);
    if (!e->flags)
        return;
    say(out, STR(" / "));
    say_name(out, si_code_name(system, signal, e), e->flags);
}
