/* lib/crash/win_error.c - GetLastError in words. */
#include "lib/codes/codes.h"
#include "lib/crash/reason.h"

_Static_assert(MDW_WIN_ERROR_MAX >= REASON_TEXT_MAX, "a reason fits");

/* Codes with a severity and a facility in bits 27:16 carry a Windows error in
 * their low half. */
static void say_code(reason *r, uint32_t code)
{
    say(r, code_name(CODE_WINERROR, code));
    if (!r->len)
        say(r, code_name(CODE_NTSTATUS, code));
    if (r->len)
        return;
    mdw_str facility = code_name(CODE_FACILITY, code >> 16 & 0xfff);
    mdw_str error = code_name(CODE_WINERROR, code & 0xffff);
    if (code >> 28 && facility.len && error.len) {
        say(r, facility);
        say(r, STR(" / "));
        say(r, error);
    } else {
        say(r, STR("unknown "));
        say_hex(r, code, 8);
    }
}

size_t mdw_win_error_text(uint32_t code, char text[MDW_WIN_ERROR_MAX])
{
    reason r = {.len = 0};
    say_code(&r, code);
    size_t len = r.len < MDW_WIN_ERROR_MAX ? r.len : MDW_WIN_ERROR_MAX - 1;
    memcpy(text, r.text, len);
    text[len] = 0;
    return len;
}
