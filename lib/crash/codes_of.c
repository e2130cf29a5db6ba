/* lib/crash/codes_of.c - the exception in the numbers of its own system. */
#include "lib/crash/parts.h"

#include "lib/codes/codes.h"

static mdw_system_code *add(mdw_crash *c, uint32_t kind)
{
    mdw_system_code *code = &c->codes[c->code_count++];
    *code = MDW_INIT(mdw_system_code);
    code->kind = kind;
    code->number_name = STR("");
    code->code_name = STR("");
    return code;
}

static void windows(const scene *s)
{
    mdw_system_code *code = add(s->crash, MDW_SYSTEM_CODE_WINDOWS);
    code->number = s->e.code;
    code->number_name = code_name(CODE_WINDOWS, s->e.code);
    if (!code->number_name.len)
        code->number_name = code_name(CODE_NTSTATUS, s->e.code);
    if (s->e.code == WIN_FAST_FAIL && parameter_count(&s->e)) {
        code->code = parameter(&s->system, &s->e, 0);
        code->code_name = code_name(CODE_FAST_FAIL, code->code);
    } else if (s->e.code == UINT32_C(0xc0000006) &&
               parameter_count(&s->e) >= 3) {
        code->code = (uint32_t)s->e.info[2];
        code->code_name = code_name(CODE_NTSTATUS, code->code);
    }
}

static void names_of_reason(const scene *s, mdw_system_code *code)
{
    code->number_name = s->crash->reason.name;
    code->code_name = s->crash->reason.detail;
}

static void unix_signal(const scene *s)
{
    mdw_system_code *code = add(s->crash, MDW_SYSTEM_CODE_SIGNAL);
    code->number = s->crash->reason.code;
    code->code = (uint64_t)(int64_t)(int32_t)s->e.flags;
    names_of_reason(s, code);
}

/* Crashpad has the exception as it was delivered for parameters: number,
 * code[0], code[1]. Of an EXC_CRASH the record itself holds what the kernel
 * made it of, if anything, and bits 31 to 24 of code[0] the signal that BSD
 * would have sent. Breakpad has no parameters; its address is code[1]. */
static void mach(const scene *s)
{
    enum { EXC_BAD_ACCESS = 1, EXC_CRASH = 10 };
    mdw_system_code *code = add(s->crash, MDW_SYSTEM_CODE_MACH);
    uint32_t count = parameter_count(&s->e);
    uint64_t delivered = count ? s->e.info[0] : s->e.code;
    uint64_t first = count > 1 ? s->e.info[1] : s->e.flags;
    bool recovered = delivered != s->e.code && s->e.code;
    code->number = recovered ? s->e.code : delivered;
    code->code = recovered ? s->e.flags : first;
    if (count > 2)
        code->subcode = s->e.info[2];
    else if (!count && s->e.code == EXC_BAD_ACCESS)
        code->subcode = s->e.address;
    names_of_reason(s, code);
    uint64_t signal = first >> 24 & 0xFF;
    if (delivered != EXC_CRASH || !signal)
        return;
    code = add(s->crash, MDW_SYSTEM_CODE_SIGNAL);
    code->number = signal;
    code->number_name = code_name(CODE_MACH_SIGNAL, signal);
}

void find_codes(scene *s)
{
    if (is_windows(s))
        windows(s);
    else if (is_linux(s))
        unix_signal(s);
    else if (is_mac(s))
        mach(s);
}
