/* lib/crash/reason.c - which system's words, and how a text grows. */
#include "lib/crash/reason.h"

static const struct {
    uint32_t os;
    void (*words)(const mdw_system *system, const mdw_exception *e,
                  reason *out);
} systems[] = {
    {MDW_OS_WINDOWS, reason_windows}, {MDW_OS_LINUX, reason_linux},
    {MDW_OS_ANDROID, reason_linux},   {MDW_OS_MACOS, reason_macos},
    {MDW_OS_IOS, reason_macos},
};

void reason_of(const mdw_system *system, const mdw_exception *e, reason *out)
{
    *out = (reason){.kind = MDW_CRASH_FAULT};
    for (size_t i = 0; i < sizeof systems / sizeof *systems; i++)
        if (systems[i].os == system->os) {
            systems[i].words(system, e, out);
            return;
        }
    reason_other(system, e, out);
}

uint64_t cut_to_width(const mdw_system *system, uint64_t value)
{
    return system->pointer_size == 4 ? (uint32_t)value : value;
}

uint32_t parameter_count(const mdw_exception *e)
{
    uint32_t most = sizeof e->info / sizeof *e->info;
    return e->info_count < most ? e->info_count : most;
}

uint64_t parameter(const mdw_system *system, const mdw_exception *e,
                   uint32_t index)
{
    if (index >= parameter_count(e))
        return 0;
    return cut_to_width(system, e->info[index]);
}

void say(reason *r, mdw_str text)
{
    size_t room = sizeof r->text - r->len;
    size_t len = text.len < room ? text.len : room;
    if (len)
        memcpy(r->text + r->len, text.data, len);
    r->len += len;
}

static void say_number(reason *r, uint64_t value, unsigned base, int digits)
{
    char text[20]; /* 2^64 has 20 decimal digits */
    size_t at = sizeof text;
    do {
        text[--at] = "0123456789abcdef"[value % base];
        value /= base;
        digits--;
    } while (at && (value || digits > 0));
    say(r, (mdw_str){text + at, sizeof text - at});
}

void say_hex(reason *r, uint64_t value, int digits)
{
    say(r, STR("0x"));
    say_number(r, value, 16, digits);
}

void say_decimal(reason *r, uint64_t value)
{
    say_number(r, value, 10, 1);
}

void say_name(reason *r, mdw_str name, uint64_t value)
{
    if (name.len)
        say(r, name);
    else
        say_hex(r, value, 8);
}

void say_unknown(reason *r, const mdw_exception *e)
{
    say(r, STR("unknown "));
    say_hex(r, e->code, 8);
    say(r, STR(" / "));
    say_hex(r, e->flags, 8);
}
