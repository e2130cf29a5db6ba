/* lib/crash/reason.h - the room's own: an exception in words, from the facts
 * alone. */
#ifndef MDW_CRASH_REASON_H
#define MDW_CRASH_REASON_H

#include "lib/base/str.h"
#include "mdwalk/crash.h"

/* The longest text is a guarded port's: two names of 37 bytes, two labels,
 * numbers of 10 and 20 digits. What does not fit is left out. */
enum { REASON_TEXT_MAX = 256 };

typedef struct reason {
    char text[REASON_TEXT_MAX];
    size_t len;
    uint32_t kind;   /* enum mdw_crash_kind */
    uint32_t access; /* enum mdw_access_kind */
} reason;

/* `system` needs os, arch and pointer_size. */
void reason_of(const mdw_system *system, const mdw_exception *e, reason *out);

/* One per family of systems; they get an empty text and MDW_CRASH_FAULT. */
void reason_windows(const mdw_system *system, const mdw_exception *e,
                    reason *out);
void reason_linux(const mdw_system *system, const mdw_exception *e,
                  reason *out);
void reason_macos(const mdw_system *system, const mdw_exception *e,
                  reason *out);
/* The number that the signal `code` has on most CPUs; 0: none of theirs. */
uint32_t generic_signal(const mdw_system *system, uint32_t code);
void reason_other(const mdw_system *system, const mdw_exception *e,
                  reason *out);

/* Which address the exception is about. */
typedef struct address {
    uint32_t kind;     /* enum mdw_address_kind */
    uint64_t shown;    /* in the target's width, without tags */
    uint64_t recorded; /* as it lies in the record */
} address;

address address_of(const mdw_system *system, const mdw_exception *e);

/* Parameter `index` in the target's width, since 32-bit ones are recorded
 * sign-extended; 0 where there is none. */
uint64_t parameter(const mdw_system *system, const mdw_exception *e,
                   uint32_t index);
/* How many parameters can be read. */
uint32_t parameter_count(const mdw_exception *e);
uint64_t cut_to_width(const mdw_system *system, uint64_t value);

/* Appending to the text. */
void say(reason *r, mdw_str text);
void say_hex(reason *r, uint64_t value, int digits); /* at least so many */
void say_decimal(reason *r, uint64_t value);
/* A name, or where that is empty the number: "SEGV_MAPERR", "0x00000007". */
void say_name(reason *r, mdw_str name, uint64_t value);
/* "unknown 0x%08x / 0x%08x" */
void say_unknown(reason *r, const mdw_exception *e);

#endif
