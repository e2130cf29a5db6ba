/* tools/print.c - the spelling of values, the same in every stream. */
#define _POSIX_C_SOURCE 200809L

#include "tools/print.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { ROW = 16, FIRST_BYTES = 16 };

/* Bytes of the character at `text`, 0 if it is none that may be printed: C0,
 * DEL and C1 (C2 80 to C2 9F) would be commands to a terminal. */
static size_t printable(mdw_str text)
{
    unsigned char lead = (unsigned char)text.data[0];
    if (lead < 0x80)
        return lead >= 0x20 && lead != 0x7F;
    size_t len = lead < 0xC2 || lead > 0xF4 ? 0
                 : lead < 0xE0              ? 2
                 : lead < 0xF0              ? 3
                                            : 4;
    if (len > text.len)
        return 0;
    for (size_t i = 1; i < len; i++)
        if (((unsigned char)text.data[i] & 0xC0) != 0x80)
            return 0;
    return lead == 0xC2 && (unsigned char)text.data[1] < 0xA0 ? 0 : len;
}

void print_text(mdw_str text)
{
    while (text.len) {
        size_t len = printable(text);
        if (len)
            (void)fwrite(text.data, 1, len, stdout);
        else
            (void)printf("\\x%02x", (unsigned char)text.data[0]);
        text.data += len ? len : 1;
        text.len -= len ? len : 1;
    }
}

void print_wide(mdw_utf16 text)
{
    char part[256];
    while (text.len) {
        /* 80 units are at most 240 bytes; a pair stays together */
        mdw_utf16 front = text;
        if (front.len > 160) {
            front.len = 160;
            uint8_t high = text.data[text.big_endian ? 158 : 159];
            if (high >= 0xD8 && high < 0xDC)
                front.len = 158;
        }
        size_t len = mdw_utf16_to_utf8(front, part, sizeof part);
        print_text((mdw_str){part, len < sizeof part ? len : sizeof part});
        text.data += front.len;
        text.len -= front.len;
    }
}

static void indent(const printer *p)
{
    (void)printf("%*s", 2 * p->depth, "");
}

static void name_of(const printer *p, const char *name)
{
    indent(p);
    (void)printf("%s: ", name);
}

void heading(printer *p, const char *text)
{
    indent(p);
    (void)printf("%s\n", text);
    p->depth++;
}

void record(printer *p, size_t index, uint64_t offset)
{
    indent(p);
    (void)printf("[%zu] at 0x%" PRIx64 "\n", index, offset);
    p->depth++;
}

void leave(printer *p)
{
    p->depth--;
}

void show_unsigned(const printer *p, const char *name, uint64_t value)
{
    name_of(p, name);
    (void)printf("%" PRIu64 "\n", value);
}

void show_signed(const printer *p, const char *name, int64_t value)
{
    name_of(p, name);
    (void)printf("%" PRId64 "\n", value);
}

void show_hex(const printer *p, const char *name, uint64_t value)
{
    name_of(p, name);
    (void)printf("0x%" PRIx64 "\n", value);
}

void show_text(const printer *p, const char *name, mdw_str text)
{
    name_of(p, name);
    (void)putchar('"');
    print_text(text);
    (void)puts("\"");
}

void show_wide(const printer *p, const char *name, mdw_utf16 text)
{
    name_of(p, name);
    (void)putchar('"');
    print_wide(text);
    (void)puts("\"");
}

void show_range(const printer *p, const char *name, mdw_range range)
{
    name_of(p, name);
    (void)printf("0x%" PRIx64 ", 0x%" PRIx64 " bytes\n", range.start,
                 range.size);
}

void show_word(const printer *p, const char *name, const char *word)
{
    name_of(p, name);
    (void)puts(word);
}

void show_named(const printer *p, const char *name, uint64_t value,
                const char *word)
{
    name_of(p, name);
    (void)printf("0x%" PRIx64 " %s\n", value, word ? word : "(unknown)");
}

static void print_bits(uint32_t constant, uint64_t value)
{
    bool first = true;
    for (unsigned bit = 0; bit < 64; bit++) {
        uint64_t flag = UINT64_C(1) << bit;
        if (!(value & flag))
            continue;
        const char *word = mdw_constant_name(constant, flag);
        (void)fputs(first ? " " : " | ", stdout);
        if (word)
            (void)fputs(word, stdout);
        else
            (void)printf("0x%" PRIx64, flag);
        first = false;
    }
    (void)putchar('\n');
}

void show_constant(const printer *p, const char *name, uint32_t constant,
                   uint64_t value)
{
    if (!mdw_constant_is_set(constant)) {
        show_named(p, name, value, mdw_constant_name(constant, value));
        return;
    }
    name_of(p, name);
    (void)printf("0x%" PRIx64, value);
    print_bits(constant, value);
}

static void print_utc(uint64_t seconds)
{
    char text[64];
    time_t at = (time_t)seconds;
    struct tm parts;
    if (gmtime_r(&at, &parts) &&
        strftime(text, sizeof text, " (%Y-%m-%d %H:%M:%S UTC)", &parts))
        (void)fputs(text, stdout);
    (void)putchar('\n');
}

void show_time(const printer *p, const char *name, uint64_t seconds)
{
    name_of(p, name);
    (void)printf("%" PRIu64, seconds);
    print_utc(seconds);
}

void show_filetime(const printer *p, const char *name, uint64_t value)
{
    const uint64_t to_1970 = UINT64_C(11644473600); /* seconds */
    uint64_t seconds = value / 10000000;
    name_of(p, name);
    (void)printf("%" PRIu64, value);
    if (seconds > to_1970)
        print_utc(seconds - to_1970);
    else
        (void)putchar('\n');
}

void show_duration(const printer *p, const char *name, uint64_t value)
{
    name_of(p, name);
    (void)printf("%" PRIu64 " (%" PRIu64 ".%07" PRIu64 " s)\n", value,
                 value / 10000000, value % 10000000);
}

void show_guid(const printer *p, const char *name, const uint8_t guid[16])
{
    name_of(p, name);
    for (int i = 0; i < 16; i++)
        (void)printf(i == 4 || i == 6 || i == 8 || i == 10 ? "-%02x" : "%02x",
                     guid[i]);
    (void)putchar('\n');
}

static void print_place(const printer *p, mdw_bytes bytes)
{
    mdw_bytes all = mdw_dump_bytes(p->dump);
    (void)printf("%zu bytes", bytes.len);
    if (bytes.len)
        (void)printf(" at 0x%zx", (size_t)(bytes.data - all.data));
}

void show_place(const printer *p, const char *name, mdw_bytes bytes)
{
    name_of(p, name);
    print_place(p, bytes);
    (void)putchar('\n');
}

void show_bytes(const printer *p, const char *name, mdw_bytes bytes)
{
    name_of(p, name);
    print_place(p, bytes);
    for (size_t i = 0; i < bytes.len && i < FIRST_BYTES; i++)
        (void)printf(i ? " %02x" : ": %02x", bytes.data[i]);
    (void)puts(bytes.len > FIRST_BYTES ? " ..." : "");
}

void show_damage(const printer *p, uint32_t damage)
{
    static const char *const names[] = {
        "name", "CodeView record", "misc record",  "stack", "context",
        "data", "type name",       "backing store"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (damage >> i & 1)
            show_word(p, "outside the file", names[i]);
}

static void hex_row(const printer *p, mdw_bytes bytes, size_t at)
{
    size_t len = bytes.len - at < ROW ? bytes.len - at : ROW;
    indent(p);
    (void)printf("%08zx ", at);
    for (size_t i = 0; i < ROW; i++) {
        if (i < len)
            (void)printf(" %02x", bytes.data[at + i]);
        else
            (void)fputs("   ", stdout);
    }
    (void)fputs("  ", stdout);
    for (size_t i = 0; i < len; i++) {
        uint8_t c = bytes.data[at + i];
        (void)putchar(c >= 0x20 && c < 0x7F ? c : '.');
    }
    (void)putchar('\n');
}

void hex_dump(const printer *p, mdw_bytes bytes, size_t most)
{
    mdw_bytes shown = bytes;
    if (shown.len > most)
        shown.len = most;
    for (size_t at = 0; at < shown.len; at += ROW)
        hex_row(p, shown, at);
    if (shown.len < bytes.len) {
        indent(p);
        (void)printf("and %zu bytes more\n", bytes.len - shown.len);
    }
}
