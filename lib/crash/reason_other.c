/* lib/crash/reason_other.c - Fuchsia, and systems whose codes nobody knows. */
#include "lib/crash/reason.h"

#include "lib/codes/codes.h"

void reason_other(const mdw_system *system, const mdw_exception *e, reason *out)
{
    if (!e->code)
        out->kind = MDW_CRASH_REQUEST;
    if (system->os == MDW_OS_FUCHSIA)
        say(out, code_name(CODE_FUCHSIA, e->code));
    if (!out->len)
        say_unknown(out, e);
}
