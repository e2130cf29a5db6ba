/* tests/dump_cases.h - what the tests of the dump reader share: the forms that
 * a complete dump comes in, and comparing texts. */
#ifndef DUMP_CASES_H
#define DUMP_CASES_H

#include <stdlib.h>

#include "mdwalk/dump.h"
#include "synth/streams.h"
#include "t.h"

typedef struct dump_case {
    const char *name;
    synth_options options;
} dump_case;

static const dump_case dump_cases[] = {
    {"little-endian, 64 bits", {false, false, false, 8, false}},
    {"little-endian, 64 bits, the other forms", {false, true, true, 8, false}},
    {"little-endian, 32 bits", {false, false, false, 4, false}},
    {"big-endian, 64 bits", {true, false, false, 8, false}},
    {"big-endian, 64 bits, the other forms", {true, true, true, 8, false}},
    {"big-endian, 32 bits, the other forms", {true, true, true, 4, false}},
};

/* Opens what must open; on failure the test ends here. */
static inline mdw_dump *dump_of(mdw_bytes bytes)
{
    mdw_dump *dump = NULL;
    if (mdw_dump_open(bytes, NULL, &dump, NULL)) {
        fprintf(stderr, "[%s] cannot be opened\n", t_case);
        exit(1);
    }
    return dump;
}

static inline void each_case(void (*check)(const mdw_dump *dump,
                                           const synth_options *options))
{
    for (size_t i = 0; i < sizeof dump_cases / sizeof *dump_cases; i++) {
        t_case = dump_cases[i].name;
        synth *s = synth_everything(&dump_cases[i].options);
        mdw_dump *dump = dump_of(synth_finish(s));
        check(dump, &dump_cases[i].options);
        mdw_dump_close(dump);
        synth_free(s);
    }
}

static inline bool wide_is(mdw_utf16 text, const char *want)
{
    char utf8[256];
    size_t len = mdw_utf16_to_utf8(text, utf8, sizeof utf8);
    return len == strlen(want) && len <= sizeof utf8 &&
           !memcmp(utf8, want, len);
}

static inline bool str_eq(mdw_str text, const char *want)
{
    return text.len == strlen(want) &&
           (!text.len || !memcmp(text.data, want, text.len));
}

static inline bool bytes_eq(mdw_bytes bytes, const void *want, size_t len)
{
    return bytes.len == len && (!len || !memcmp(bytes.data, want, len));
}

#endif
