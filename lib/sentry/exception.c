/* lib/sentry/exception.c - the one exception of an event and its mechanism. */
#include "lib/base/options.h"
#include "lib/sentry/parts.h"

/* --- which one ---------------------------------------------------------- */

/* LLDB has a stream for each thread; those that nothing happened in have no
 * code. */
static bool has_code(const mdw_exception *e)
{
    return e->code && e->code != UINT32_MAX;
}

void choose_exception(mdw_sentry *s)
{
    uint32_t main = mdw_state_main_stack(s->state);
    bool found = false;
    s->exception_index = MDW_NONE;
    for (uint32_t i = 0; i < mdw_state_exception_count(s->state); i++) {
        mdw_exception e = MDW_INIT(mdw_exception);
        (void)mdw_state_exception(s->state, i, &e);
        if (e.nested || e.stack != main || found)
            continue;
        if (s->exception_index == MDW_NONE || has_code(&e))
            s->exception_index = i;
        found = has_code(&e);
    }
    s->crash = mdw_report_crash(
        s->report, s->exception_index == MDW_NONE ? 0 : s->exception_index);
}

/* --- texts -------------------------------------------------------------- */

static mdw_str joined(mdw_sentry *s, const mdw_str *parts, size_t count)
{
    size_t len = 0, at = 0;
    for (size_t i = 0; i < count; i++)
        len += parts[i].len; /* of texts in memory */
    char *text = arena_take(s->store, len + 1, 1);
    if (!text)
        return (mdw_str){NULL, 0};
    for (size_t i = 0; i < count; i++) {
        if (parts[i].len)
            memcpy(text + at, parts[i].data, parts[i].len);
        at += parts[i].len;
    }
    return (mdw_str){text, len};
}

/* The servers name the address that is recorded, whatever it may mean. */
static bool address_to_tell(const mdw_sentry *s, const mdw_reason *r,
                            uint64_t *out)
{
    uint64_t mask = s->system.pointer_size == 4 ? UINT32_MAX : UINT64_MAX;
    *out = is_compat(s) ? r->recorded & mask : r->address;
    return is_compat(s) || r->address_kind != MDW_ADDRESS_NONE;
}

/* "Fatal Error: SIGSEGV / SEGV_MAPERR / 0x45". */
static mdw_status fill_texts(mdw_sentry *s, const mdw_reason *r)
{
    mdw_sentry_exception *e = &s->exception;
    uint64_t address = 0;
    bool told = address_to_tell(s, r, &address);
    mdw_str where = told ? hex_text(s, address) : STR("");
    if (told && !where.data)
        return MDW_E_MEMORY;
    const mdw_str parts[] = {STR("Fatal Error: "), r->text,
                             told ? STR(" / ") : STR(""), where};
    e->value = joined(s, parts, sizeof parts / sizeof *parts);
    if (!e->value.data)
        return MDW_E_MEMORY;
    e->type = is_compat(s) ? str_slice(e->value, parts[0].len, e->value.len)
                           : r->text;
    return MDW_OK;
}

static mdw_status fill_assertion(mdw_sentry *s)
{
    const mdw_str parts[] = {STR("Assertion Error: "), s->process.assertion};
    if (!s->process.assertion.len || is_compat(s))
        return MDW_OK;
    s->exception.value = joined(s, parts, 2);
    return s->exception.value.data ? MDW_OK : (mdw_status)MDW_E_MEMORY;
}

/* --- mechanism ---------------------------------------------------------- */

/* Two's complement: what a signed 64-bit field holds. */
static int64_t as_signed(uint64_t value)
{
    int64_t out;
    memcpy(&out, &value, sizeof out);
    return out;
}

static void fill_signal(mdw_sentry_mechanism *m, const mdw_system_code *code)
{
    m->has_signal = true;
    m->signal = as_signed(code->number);
    m->signal_code = as_signed(code->code);
    m->signal_name = given(code->number_name);
    m->signal_code_name = given(code->code_name);
}

/* Names of <mach/exception_types.h>; a reason may have another in their
 * place. */
static mdw_str mach_name(uint64_t number)
{
    static const char *const names[] = {
        NULL,
        "EXC_BAD_ACCESS",
        "EXC_BAD_INSTRUCTION",
        "EXC_ARITHMETIC",
        "EXC_EMULATION",
        "EXC_SOFTWARE",
        "EXC_BREAKPOINT",
        "EXC_SYSCALL",
        "EXC_MACH_SYSCALL",
        "EXC_RPC_ALERT",
        "EXC_CRASH",
        "EXC_RESOURCE",
        "EXC_GUARD",
        "EXC_CORPSE_NOTIFY",
    };
    return number < sizeof names / sizeof *names ? str_of(names[number])
                                                 : (mdw_str){NULL, 0};
}

static void fill_mach(mdw_sentry_mechanism *m, const mdw_system_code *code,
                      const mdw_exception *e)
{
    m->has_mach = true;
    m->mach_exception = as_signed(code->number);
    m->mach_code = number(code->code);
    if (e->info_count > 2 || code->subcode)
        m->mach_subcode = number(code->subcode);
    m->mach_name = mach_name(code->number);
}

static void fill_meta(mdw_sentry *s)
{
    mdw_sentry_mechanism *m = &s->mechanism;
    mdw_exception e = MDW_INIT(mdw_exception);
    (void)mdw_state_exception(s->state, s->exception_index, &e);
    for (size_t i = 0; i < mdw_crash_code_count(s->crash); i++) {
        mdw_system_code code = MDW_INIT(mdw_system_code);
        (void)mdw_crash_code(s->crash, i, &code);
        if (code.kind == MDW_SYSTEM_CODE_SIGNAL)
            fill_signal(m, &code);
        else if (code.kind == MDW_SYSTEM_CODE_MACH)
            fill_mach(m, &code, &e);
    }
}

mdw_status build_exception(mdw_sentry *s)
{
    mdw_reason r = MDW_INIT(mdw_reason);
    s->mechanism.type = STR("minidump");
    s->mechanism.handled = MDW_TRUTH_FALSE;
    s->mechanism.synthetic = MDW_TRUTH_TRUE;
    s->exception.type = STR("Minidump");
    if (s->crash && s->exception_index != MDW_NONE &&
        mdw_crash_reason(s->crash, &r) == MDW_OK && r.text.len) {
        mdw_status status = fill_texts(s, &r);
        if (status != MDW_OK)
            return status;
        if (!is_compat(s) && !has_flag(s, MDW_SENTRY_NO_META))
            fill_meta(s);
    }
    return fill_assertion(s);
}

mdw_status mdw_sentry_exception_at(const mdw_sentry *sentry, size_t index,
                                   mdw_sentry_exception *out)
{
    return index < sentry->event.exception_count
               ? record_write(out, &sentry->exception, sizeof sentry->exception)
               : (mdw_status)MDW_E_ARG;
}

mdw_status mdw_sentry_mechanism_at(const mdw_sentry *sentry, size_t index,
                                   mdw_sentry_mechanism *out)
{
    return index < sentry->event.exception_count
               ? record_write(out, &sentry->mechanism, sizeof sentry->mechanism)
               : (mdw_status)MDW_E_ARG;
}
