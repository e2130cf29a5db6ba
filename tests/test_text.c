/* tests/test_text.c - numbers of a line, read eight digits at once, beside what
 * strtoull says of the same text. */
#include <errno.h>
#include <stdlib.h>

#include "t.h"

#include "lib/base/str.h"
#include "lib/base/text.h"

enum { LONGEST = 24, RUNS = 200000 };

static uint64_t next_random(void)
{
    static uint64_t state = 88172645463325252u;
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

/* What the header says of a number and what is behind it. */
static bool plainly(const char *line, size_t len, int base, uint64_t *value,
                    size_t *after)
{
    char copy[LONGEST + 1] = "";
    memcpy(copy, line, len);
    size_t digits =
        strspn(copy, base == 16 ? "0123456789abcdefABCDEF" : "0123456789");
    bool ends = digits == len || strchr(" \t\r", copy[digits]);
    *after = digits + strspn(copy + digits, " \t\r");
    copy[digits] = '\0';
    errno = 0;
    *value = strtoull(copy, NULL, base);
    return digits && ends && !errno;
}

/* In a block of its own, so that a byte too far is seen. */
static void check(const char *line, size_t len, int base)
{
    char *own = malloc(len ? len : 1);
    uint64_t want = 0, got = 0;
    size_t after = 0;
    if (!own)
        exit(1);
    memcpy(own, line, len);
    text t = text_of((mdw_str){own, len});
    bool ok = base == 16 ? text_hex(&t, UINT64_MAX, &got)
                         : text_decimal(&t, UINT64_MAX, &got);
    CHECK_U64(ok, plainly(line, len, base, &want, &after));
    if (ok) {
        CHECK_U64(got, want);
        CHECK_U64((size_t)(t.at - own), after);
    }
    free(own);
}

static void test_random(void)
{
    static const char bytes[] = "0123456789abcdefABCDEF09090909afaf @`gG/:\r\t";
    char line[LONGEST];
    for (int i = 0; i < RUNS; i++) {
        size_t len = next_random() % (LONGEST + 1);
        uint64_t used = next_random() % 4 ? 10 : sizeof bytes - 1;
        for (size_t k = 0; k < len; k++)
            line[k] = bytes[next_random() % used];
        if (len && next_random() % 4)
            line[next_random() % len] = ' ';
        check(line, len, 16);
        check(line, len, 10);
    }
}

/* Each byte at each place among eight, before a blank and at the end. */
static void test_bytes(void)
{
    for (unsigned c = 0; c < 256; c++)
        for (size_t at = 0; at < 8; at++) {
            char line[] = "1234567f 8";
            line[at] = (char)c;
            if (!c)
                continue; /* which ends the text of the other reading */
            check(line, sizeof line - 1, 16);
            check(line, at + 1, 16);
            check(line, sizeof line - 1, 10);
        }
}

static void test_most(void)
{
    uint64_t v = 7;
    text t = text_of(STR("ffffffffffffffff 1"));
    CHECK(!text_hex(&t, UINT32_MAX, &v));
    CHECK(text_hex(&t, UINT64_MAX, &v));
    CHECK_U64(v, UINT64_MAX);
    t = text_of(STR("10000000000000000 1"));
    CHECK(!text_hex(&t, UINT64_MAX, &v));
    t = text_of(STR("18446744073709551616 1"));
    CHECK(!text_decimal(&t, UINT64_MAX, &v));
    t = text_of(STR("100000000 00000000000000000000000000001"));
    CHECK(!text_hex(&t, UINT32_MAX, &v));
    CHECK(text_hex(&t, UINT64_C(1) << 32, &v));
    CHECK_U64(v, UINT64_C(1) << 32);
    CHECK(text_hex(&t, 1, &v)); /* many zeros lead it */
    CHECK_U64(v, 1);
}

int main(void)
{
    test_random();
    test_bytes();
    test_most();
    return t_done();
}
