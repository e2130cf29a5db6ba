/* lib/crash/reason_windows.c - Windows exception codes in words. */
#include "lib/crash/reason.h"

#include "lib/codes/codes.h"

#define ACCESS_VIOLATION UINT32_C(0xc0000005)
#define IN_PAGE_ERROR UINT32_C(0xc0000006)
#define STACK_BUFFER_OVERRUN UINT32_C(0xc0000409)
#define SIMULATED UINT32_C(0x0517a7ed) /* Crashpad's dump without a crash */

/* Codes that get a sentence instead of their name. */
static const struct {
    uint32_t code;
    char text[24];
} sentences[] = {
    {SIMULATED, "Simulated Exception"},
    {0xe0000008, "Out of Memory"},
    {0xe06d7363, "Unhandled C++ Exception"},
};

/* ExceptionInformation[0] of access violations and in-page errors. */
static const struct {
    uint32_t value;
    uint32_t access;
} accesses[] = {
    {0, MDW_ACCESS_READ},
    {1, MDW_ACCESS_WRITE},
    {8, MDW_ACCESS_EXEC},
};

static uint32_t access_of(const mdw_system *system, const mdw_exception *e)
{
    if (!parameter_count(e))
        return MDW_ACCESS_UNKNOWN;
    uint64_t value = parameter(system, e, 0);
    for (size_t i = 0; i < sizeof accesses / sizeof *accesses; i++)
        if (accesses[i].value == value)
            return accesses[i].access;
    return MDW_ACCESS_UNKNOWN;
}

/* HRESULT and customer codes carry a facility in bits 27:16 and a Windows
 * error below it: 0xc06d007e is Visual C++'s "module not found". */
static bool say_facility(reason *r, uint32_t code)
{
    mdw_str facility = code_name(CODE_FACILITY, code >> 16 & 0xfff);
    mdw_str error = code_name(CODE_WINERROR, code & 0xffff);
    if (!(code >> 28) || !facility.len || !error.len)
        return false;
    say(r, facility);
    say(r, STR(" / "));
    say(r, error);
    return true;
}

/* Windows errors come before NTSTATUS, because programs raise small numbers of
 * their own and mean those; 0xc0000000 and up is in one table only. */
static void say_code(reason *r, uint32_t code)
{
    static const uint8_t order[] = {CODE_WINDOWS, CODE_WINERROR, CODE_NTSTATUS};
    for (size_t i = 0; i < sizeof sentences / sizeof *sentences; i++)
        if (sentences[i].code == code) {
            say(r, str_of(sentences[i].text));
            return;
        }
    for (size_t i = 0; i < sizeof order; i++) {
        say(r, code_name(order[i], code));
        if (r->len)
            return;
    }
    if (say_facility(r, code))
        return;
    say(r, code_name(CODE_WINDOWS_EXTRA, code));
    if (r->len)
        return;
    say(r, STR("unknown "));
    say_hex(r, code, 8);
}

static void say_access_violation(const mdw_system *system,
                                 const mdw_exception *e, reason *r)
{
    r->access = access_of(system, e);
    say(r, STR("EXCEPTION_ACCESS_VIOLATION"));
    if (r->access) {
        say(r, STR("_"));
        say(r, code_name(CODE_ACCESS, parameter(system, e, 0)));
    }
}

/* ExceptionInformation[2] is the NTSTATUS of the read that failed. */
static void say_in_page_error(const mdw_system *system, const mdw_exception *e,
                              reason *r)
{
    r->access = access_of(system, e);
    say(r, STR("EXCEPTION_IN_PAGE_ERROR"));
    if (!r->access || parameter_count(e) < 3)
        return;
    uint32_t status = (uint32_t)e->info[2]; /* sign-extended in 64 bits */
    say(r, STR("_"));
    say(r, code_name(CODE_IN_PAGE, parameter(system, e, 0)));
    say(r, STR(" / "));
    say_name(r, code_name(CODE_NTSTATUS, status), status);
}

static void say_fast_fail(const mdw_system *system, const mdw_exception *e,
                          reason *r)
{
    uint64_t why = parameter(system, e, 0);
    say(r, STR("EXCEPTION_STACK_BUFFER_OVERRUN / "));
    say_name(r, code_name(CODE_FAST_FAIL, why), why);
}

void reason_windows(const mdw_system *system, const mdw_exception *e,
                    reason *out)
{
    /* Breakpad's dumps on demand have code 0, some 0x80000003; the latter is
     * also what a failed check raises, so it stays a crash. */
    if (e->code == 0 || e->code == SIMULATED)
        out->kind = MDW_CRASH_REQUEST;
    if (e->code == ACCESS_VIOLATION)
        say_access_violation(system, e, out);
    else if (e->code == IN_PAGE_ERROR)
        say_in_page_error(system, e, out);
    else if (e->code == STACK_BUFFER_OVERRUN && parameter_count(e))
        say_fast_fail(system, e, out);
    else
        say_code(out, e->code);
}
