/* lib/crash/reason_linux.c - signals of Linux and Android in words. */
#include "lib/crash/reason.h"

#include "lib/codes/codes.h"

/* Which si_code means what depends on the signal. */
static const struct {
    uint32_t signal;
    uint32_t table;
} kinds[] = {
    {4, CODE_SIGILL}, {5, CODE_SIGTRAP},  {7, CODE_SIGBUS},
    {8, CODE_SIGFPE}, {11, CODE_SIGSEGV}, {31, CODE_SIGSYS},
};

static mdw_str si_code_name(uint32_t signal, uint32_t si_code)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (kinds[i].signal == signal) {
            mdw_str name = code_name(kinds[i].table, si_code);
            if (name.len)
                return name;
        }
    return code_name(CODE_SI_CODE, si_code);
}

/* The exception code is the signal and the flags are its si_code; older
 * Breakpad clients leave them 0, which is also SI_USER. */
void reason_linux(const mdw_system *system, const mdw_exception *e, reason *out)
{
    (void)system;
    mdw_str signal = code_name(CODE_SIGNAL, e->code);
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
    say_name(out, si_code_name(e->code, e->flags), e->flags);
}
