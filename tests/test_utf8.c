/* tests/test_utf8.c - which bytes are UTF-8, and what becomes of the rest. */
#include "lib/base/utf8.h"
#include "mdwalk/base.h"
#include "t.h"

#define BAD "\xEF\xBF\xBD"

static const struct {
    const char *name, *in;
    size_t len;
    const char *out;
} rows[] = {
    {"ASCII", "abc", 3, "abc"},
    {"nothing", "", 0, ""},
    {"two, three and four bytes", "\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80", 9,
     "\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80"},
    {"a lone continuation byte", "a\x80z", 3, "a" BAD "z"},
    {"Latin 1", "\xE9t\xE9", 3, BAD "t" BAD},
    {"cut after two of four bytes is one part", "\xF0\x9F", 2, BAD},
    {"cut before another character", "\xE2\x82z", 3, BAD "z"},
    {"an overlong slash is two", "\xC0\xAF", 2, BAD BAD},
    {"an overlong character of three is three", "\xE0\x80\x80", 3, BAD BAD BAD},
    {"a surrogate is three", "\xED\xA0\x80", 3, BAD BAD BAD},
    {"past the last plane is four", "\xF4\x90\x80\x80", 4, BAD BAD BAD BAD},
    {"bytes that are never used", "\xFE\xFF", 2, BAD BAD},
};

int main(void)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        t_case = rows[i].name;
        arena *a = arena_new(NULL, 0);
        mdw_str out = utf8_clean(a, (mdw_str){rows[i].in, rows[i].len});
        CHECK_U64(out.len, strlen(rows[i].out));
        CHECK(out.data && !strcmp(out.data, rows[i].out));
        CHECK_U64(utf8_span(out), out.len);
        arena_close(a);
    }
    t_case = "out of budget";
    arena *a = arena_new(NULL, 16);
    CHECK(!utf8_clean(a, (mdw_str){"\xFF", 1}).data);
    arena_close(a);
    return t_done();
}
