/* tests/test_lines.c - every way to scan for lines finds the same lines, and
 * looks at no byte outside the text. */
#include <stdlib.h>

#include "lib/base/lines.h"
#include "t.h"

enum { MOST = 700, ROOM = 200 };

static const char *const way_names[LINES_WAYS] = {"best", "scalar", "sse2",
                                                  "avx2", "neon"};

static bool wanted(const uint8_t *text, size_t at)
{
    uint8_t c = text[at];
    return (!at || text[at - 1] == '\n') && c != '\n' &&
           !(c >= '0' && c <= '9') && !(c >= 'a' && c <= 'f');
}

/* What the header says, byte by byte. */
static size_t plainly(const uint8_t *text, size_t len, uint64_t *starts)
{
    size_t n = 0;
    for (size_t i = 0; i < len; i++)
        if (wanted(text, i))
            starts[n++] = i;
    return n;
}

static size_t by(uint32_t way, mdw_bytes text, size_t room, uint64_t *starts)
{
    uint64_t part[ROOM];
    lines l = lines_of(text);
    size_t total = 0, n;
    while ((n = lines_next_by(way, &l, part, room))) {
        CHECK(n <= room && total + n <= MOST);
        memcpy(starts + total, part, n * sizeof *part);
        total += n;
    }
    CHECK_U64(l.at, text.len);
    return total;
}

static uint32_t random_to(uint32_t n)
{
    static uint64_t state = 88172645463325252u;
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (uint32_t)(state >> 33) % n;
}

/* Copied to a block of just this size: a sanitizer sees what is read beyond. */
static void compare(const uint8_t *text, size_t len)
{
    uint64_t want[MOST], got[MOST];
    uint8_t *copy = malloc(len + !len);
    if (!copy)
        abort();
    memcpy(copy, text, len);
    size_t n = plainly(copy, len, want);
    for (uint32_t way = 0; way < LINES_WAYS; way++) {
        if (!lines_can(way))
            continue;
        t_case = way_names[way];
        for (size_t room = LINES_MIN; room <= ROOM; room += ROOM - LINES_MIN) {
            CHECK_U64(by(way, (mdw_bytes){copy, len}, room, got), n);
            CHECK(!memcmp(got, want, n * sizeof *want));
        }
    }
    free(copy);
}

static void test_random(void)
{
    static const char few[] = "\n\n0af9gFIS \r:/`@g";
    uint8_t text[MOST];
    for (size_t len = 0; len < MOST; len++) {
        bool all = len % 3 == 0;
        uint32_t newlines = 1 + random_to(20);
        for (size_t i = 0; i < len; i++)
            text[i] = !random_to(newlines) ? '\n'
                      : all                ? (uint8_t)random_to(256)
                            : (uint8_t)few[random_to(sizeof few - 1)];
        compare(text, len);
    }
}

/* Every byte value at the beginning of a line. */
static void test_bytes(void)
{
    uint8_t text[2 * 256];
    for (size_t i = 0; i < 256; i++) {
        text[2 * i] = (uint8_t)i;
        text[2 * i + 1] = '\n';
    }
    compare(text, sizeof text);
    memset(text, '\n', sizeof text);
    compare(text, sizeof text);
    memset(text, 'X', sizeof text);
    compare(text, sizeof text);
}

static void test_take(void)
{
    static const char text[] = "one\n\ntwo\r\nthree";
    mdw_bytes all = {(const uint8_t *)text, sizeof text - 1};
    static const struct {
        const char *claim, *line;
        uint64_t next;
    } rows[] = {{"a line", "one", 4},
                {"an empty line", "", 5},
                {"CR stays", "two\r", 10},
                {"without a newline", "three", 15}};
    uint64_t at = 0;
    mdw_str line;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        t_case = rows[i].claim;
        CHECK(lines_begin(all, at));
        CHECK(lines_take(all, &at, &line));
        CHECK(line.len == strlen(rows[i].line) &&
              !memcmp(line.data, rows[i].line, line.len));
        CHECK_U64(at, rows[i].next);
    }
    t_case = "the end";
    CHECK(!lines_take(all, &at, &line) && !lines_begin(all, at));
    CHECK(!lines_begin(all, 1));
    CHECK_U64(lines_count(all, 0, 100), 3);
    CHECK_U64(lines_count(all, 4, 5), 1);
}

int main(void)
{
    test_random();
    test_bytes();
    test_take();
    return t_done();
}
