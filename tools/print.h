/* tools/print.h - lines of "name: value" on standard output. */
#ifndef MDWALK_TOOLS_PRINT_H
#define MDWALK_TOOLS_PRINT_H

#include "mdwalk/dump.h"

/* What is being printed, and how far it is indented. */
typedef struct printer {
    const mdw_dump *dump;
    int depth;
    bool big_endian;
    bool brief; /* no hex dumps */
} printer;

/* Text out of a file; nothing in it reaches the terminal as a command. */
void print_text(mdw_str text);
void print_wide(mdw_utf16 text);

void heading(printer *p, const char *text); /* one line, then deeper */
void record(printer *p, size_t index, uint64_t offset);
void leave(printer *p);

void show_unsigned(const printer *p, const char *name, uint64_t value);
void show_signed(const printer *p, const char *name, int64_t value);
void show_hex(const printer *p, const char *name, uint64_t value);
void show_text(const printer *p, const char *name, mdw_str text);
void show_wide(const printer *p, const char *name, mdw_utf16 text);
void show_range(const printer *p, const char *name, mdw_range range);
void show_word(const printer *p, const char *name, const char *word);
/* A number and what it is called, or the names of its bits. */
void show_constant(const printer *p, const char *name, uint32_t constant,
                   uint64_t value);
/* A number and a name that may be NULL. */
void show_named(const printer *p, const char *name, uint64_t value,
                const char *word);
/* Seconds since 1970; 100 ns since 1601; 100 ns. */
void show_time(const printer *p, const char *name, uint64_t seconds);
void show_filetime(const printer *p, const char *name, uint64_t value);
void show_duration(const printer *p, const char *name, uint64_t value);
/* GUID text order. */
void show_guid(const printer *p, const char *name, const uint8_t guid[16]);
/* Where the bytes lie and how many; the first of them. */
void show_bytes(const printer *p, const char *name, mdw_bytes bytes);
void show_place(const printer *p, const char *name, mdw_bytes bytes);
void show_damage(const printer *p, uint32_t damage);
/* At most `most` bytes in lines of 16. */
void hex_dump(const printer *p, mdw_bytes bytes, size_t most);

#endif
