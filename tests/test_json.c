/* tests/test_json.c - the JSON writer and the checker of foreign JSON. */
#include <math.h>
#include <stdlib.h>

#include "lib/base/str.h"
#include "lib/base/utf8.h"
#include "lib/json/read.h"
#include "lib/json/writer.h"
#include "t.h"

typedef struct text {
    size_t len, limit, calls;
    char data[1 << 16];
} text;

static bool gather(void *user, const void *data, size_t len)
{
    text *t = user;
    t->calls++;
    if (t->len + len > t->limit)
        return false;
    memcpy(t->data + t->len, data, len);
    t->len += len;
    return true;
}

static json *writer(text *t, bool pretty)
{
    static json j;
    t->len = t->calls = 0;
    t->limit = sizeof t->data;
    json_init(&j, (mdw_sink){gather, t}, pretty);
    return &j;
}

static void wrote(json *j, const text *t, const char *want)
{
    CHECK(json_finish(j) == MDW_OK);
    CHECK(t->len && t->data[t->len - 1] == '\n');
    bool same =
        t->len == strlen(want) + 1 && !memcmp(t->data, want, t->len - 1);
    CHECK(same);
    if (!same)
        fprintf(stderr, "got  %.*swant %s\n", (int)t->len, t->data, want);
}

/* --- strings ------------------------------------------------------------ */

#define BAD "\xEF\xBF\xBD"
#define S(literal)                                                             \
    {                                                                          \
        literal, sizeof literal - 1                                            \
    }

static const struct {
    const char *name;
    mdw_str in;
    const char *want;
} strings[] = {
    {"an empty string is two quotes", S(""), "\"\""},
    {"quotes and backslashes are escaped", S("a\"b\\c"), "\"a\\\"b\\\\c\""},
    {"control characters with a letter get it", S("\b\f\n\r\t"),
     "\"\\b\\f\\n\\r\\t\""},
    {"the others are written as numbers", S("\0\x01\x1F"),
     "\"\\u0000\\u0001\\u001f\""},
    {"DEL and a slash stay", S("/\x7F"), "\"/\x7F\""},
    {"characters of two, three and four bytes stay",
     S("\xC3\xA4\xE2\x82\xAC\xF0\x9F\x92\xA5"),
     "\"\xC3\xA4\xE2\x82\xAC\xF0\x9F\x92\xA5\""},
    {"a stray continuation byte is replaced", S("a\x80z"), "\"a" BAD "z\""},
    {"an overlong slash is replaced byte by byte", S("\xC0\xAF"),
     "\"" BAD BAD "\""},
    {"a surrogate is not a character", S("\xED\xA0\x80"),
     "\"" BAD BAD BAD "\""},
    {"nothing lies over U+10FFFF", S("\xF4\x90\x80\x80"),
     "\"" BAD BAD BAD BAD "\""},
    {"a character that is cut is replaced once", S("\xE2\x82"), "\"" BAD "\""},
    {"a quote after a lead byte still ends nothing", S("\xE2\"x"),
     "\"" BAD "\\\"x\""},
};

static void test_strings(void)
{
    static text t;
    for (size_t i = 0; i < sizeof strings / sizeof *strings; i++) {
        t_case = strings[i].name;
        json *j = writer(&t, false);
        json_str(j, strings[i].in);
        wrote(j, &t, strings[i].want);
    }
}

/* --- shape -------------------------------------------------------------- */

/* What becomes of a byte does not depend on where it is. */
static void test_places(void)
{
    enum { LENGTH = 20 };
    static text alone, t;
    char in[LENGTH], want[64];
    for (unsigned c = 0; c < 256; c++) {
        char byte = (char)c;
        t_case = "a byte among others";
        for (size_t at = 0; at < LENGTH; at++) {
            json *j = writer(&alone, false);
            json_str(j, (mdw_str){&byte, 1});
            json_finish(j);
            memset(in, 'a', LENGTH);
            in[at] = byte;
            j = writer(&t, false);
            json_str(j, (mdw_str){in, LENGTH});
            snprintf(want, sizeof want, "\"%.*s%.*s%.*s\"", (int)at,
                     "aaaaaaaaaaaaaaaaaaaa", (int)alone.len - 3, alone.data + 1,
                     (int)(LENGTH - 1 - at), "aaaaaaaaaaaaaaaaaaaa");
            wrote(j, &t, want);
        }
    }
}

static void document(json *j)
{
    json_object(j);
    json_key(j, "array");
    json_array(j);
    json_uint(j, 0);
    json_uint(j, UINT64_MAX);
    json_array(j);
    json_array_end(j);
    json_object(j);
    json_object_end(j);
    json_array_end(j);
    json_key(j, "hex");
    json_hex(j, 0x1f, 8);
    json_key(j, "none");
    json_text(j, NULL);
    json_key(j, "yes");
    json_bool(j, true);
    json_object_end(j);
}

static void test_shape(void)
{
    static text t;
    t_case = "compact has no blanks at all";
    json *j = writer(&t, false);
    document(j);
    wrote(j, &t,
          "{\"array\":[0,18446744073709551615,[],{}],\"hex\":\"0x0000001f\","
          "\"none\":null,\"yes\":true}");
    t_case = "pretty has a line for each member and none for empty ones";
    j = writer(&t, true);
    document(j);
    wrote(j, &t,
          "{\n  \"array\": [\n    0,\n    18446744073709551615,\n    [],\n"
          "    {}\n  ],\n  \"hex\": \"0x0000001f\",\n  \"none\": null,\n"
          "  \"yes\": true\n}");
    t_case = "a hex number wider than its padding is not cut";
    j = writer(&t, false);
    json_hex(j, UINT64_C(0x123456789), 8);
    wrote(j, &t, "\"0x123456789\"");
    t_case = "a key that is any text";
    j = writer(&t, false);
    json_object(j);
    json_key_str(j, (mdw_str){"a\"\n\xFF", 4});
    json_null(j);
    json_object_end(j);
    wrote(j, &t, "{\"a\\\"\\n" BAD "\":null}");
}

static void test_numbers(void)
{
    static text t;
    static const struct {
        int64_t value;
        const char *want;
    } whole[] = {{0, "0"},
                 {-1, "-1"},
                 {INT64_MIN, "-9223372036854775808"},
                 {INT64_MAX, "9223372036854775807"}};
    t_case = "signed numbers";
    for (size_t i = 0; i < sizeof whole / sizeof *whole; i++) {
        json *j = writer(&t, false);
        json_int(j, whole[i].value);
        wrote(j, &t, whole[i].want);
    }
    static const struct {
        double value;
        const char *want;
    } broken[] = {{0.1, "0.1"},
                  {-1.5, "-1.5"},
                  {1e300, "1e+300"},
                  {1521713273.25, "1521713273.25"},
                  {1.0 / 3, "0.3333333333333333"},
                  {5e-324, "4.94065645841247e-324"},
                  {HUGE_VAL, "null"}};
    t_case = "doubles, as short as they can be";
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
        json *j = writer(&t, false);
        json_double(j, broken[i].value);
        wrote(j, &t, broken[i].want);
    }
}

static void test_sink(void)
{
    static text t;
    t_case = "a long string passes through the buffer whole";
    json *j = writer(&t, false);
    static char big[3 * OUT_SIZE];
    memset(big, 'x', sizeof big);
    json_str(j, (mdw_str){big, sizeof big});
    CHECK(json_finish(j) == MDW_OK);
    CHECK_U64(t.len, sizeof big + 3);
    CHECK(t.calls <= 4);

    t_case = "a sink that gave up is not asked again";
    j = writer(&t, false);
    t.limit = OUT_SIZE;
    json_str(j, (mdw_str){big, sizeof big});
    CHECK(json_finish(j) == MDW_E_IO);
    CHECK_U64(t.calls, 2);
    CHECK(json_finish(j) == MDW_E_IO);
    CHECK_U64(t.calls, 2);
}

/* --- foreign JSON ------------------------------------------------------- */

static const struct {
    const char *name;
    mdw_str in;
    const char *want; /* NULL: not JSON */
} foreign[] = {
    {"objects and arrays", S("{\"a\":[1,{\"b\":null}],\"c\":{}}"),
     "{\"a\":[1,{\"b\":null}],\"c\":{}}"},
    {"blanks go, those in strings stay", S(" [ \"a b\\\" c\" ,\r\n\ttrue ] "),
     "[\"a b\\\" c\",true]"},
    {"a backslash before the closing quote", S("[\"\\\\\" , 1]"),
     "[\"\\\\\",1]"},
    {"a bare scalar", S("-0.5e+10"), "-0.5e+10"},
    {"a pair of surrogates", S("\"\\ud83d\\ude00\""), "\"\\ud83d\\ude00\""},
    {"nothing", S(""), NULL},
    {"blanks alone", S(" \n"), NULL},
    {"two values", S("1 2"), NULL},
    {"a value and a bracket", S("[]]"), NULL},
    {"an open array", S("[1"), NULL},
    {"an open string", S("\"abc"), NULL},
    {"a comma before the bracket", S("[1,]"), NULL},
    {"a comma alone", S("[,]"), NULL},
    {"a key without value", S("{\"a\"}"), NULL},
    {"a key that is no string", S("{1:2}"), NULL},
    {"a comma before the brace", S("{\"a\":1,}"), NULL},
    {"brackets that do not match", S("[{]}"), NULL},
    {"a number with a leading zero", S("01"), NULL},
    {"a number with nothing behind its point", S("1."), NULL},
    {"a number with nothing behind its e", S("1e"), NULL},
    {"a sign alone", S("-"), NULL},
    {"a word that is none", S("nul"), NULL},
    {"a control character in a string", S("\"a\nb\""), NULL},
    {"a NUL in a string", S("\"a\0b\""), NULL},
    {"an escape that is none", S("\"\\x\""), NULL},
    {"an escape that is cut", S("\"\\u12\""), NULL},
    {"a high surrogate alone", S("\"\\ud83d\""), NULL},
    {"a low surrogate alone", S("\"\\ude00\""), NULL},
    {"two high surrogates", S("\"\\ud83d\\ud83d\""), NULL},
    {"UTF-8 that is none", S("\"\xC3\""), NULL},
};

static void test_foreign(void)
{
    static text t;
    for (size_t i = 0; i < sizeof foreign / sizeof *foreign; i++) {
        t_case = foreign[i].name;
        CHECK(json_check(foreign[i].in) == (foreign[i].want != NULL));
        json *j = writer(&t, false);
        json_raw(j, foreign[i].in);
        wrote(j, &t, foreign[i].want ? foreign[i].want : "null");
    }
    static char deep[2 * JSON_CHECK_DEPTH + 2];
    t_case = "as deep as allowed";
    memset(deep, '[', JSON_CHECK_DEPTH);
    memset(deep + JSON_CHECK_DEPTH, ']', JSON_CHECK_DEPTH);
    CHECK(json_check((mdw_str){deep, 2 * JSON_CHECK_DEPTH}));
    t_case = "one bracket deeper";
    memset(deep, '[', JSON_CHECK_DEPTH + 1);
    memset(deep + JSON_CHECK_DEPTH + 1, ']', JSON_CHECK_DEPTH + 1);
    CHECK(!json_check((mdw_str){deep, sizeof deep}));
}

/* --- characters --------------------------------------------------------- */

static void test_every_character(void)
{
    t_case = "every code point but the surrogates is a character";
    uint32_t wrong = 0;
    for (uint32_t c = 0; c < 0x110000; c++) {
        char b[4] = {(char)c};
        size_t len = 1;
        if (c >= 0x80) {
            len = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
            for (size_t i = len; --i;)
                b[i] = (char)(0x80 | (c >> 6 * (len - 1 - i) & 0x3F));
            static const int lead[] = {0, 0, 0xC0, 0xE0, 0xF0};
            b[0] = (char)(lead[len] | (int)(c >> 6 * (len - 1)));
        }
        mdw_str rest = {b, len};
        bool valid, surrogate = c >= 0xD800 && c < 0xE000;
        mdw_str one = utf8_next(&rest, &valid);
        wrong += valid == surrogate || (valid && one.len != len);
    }
    CHECK_U64(wrong, 0);
}

/* --- reading ------------------------------------------------------------ */

static json_piece number_of(const char *digits)
{
    json_reader r;
    json_piece piece = {.kind = JSON_END};
    arena *store = arena_new(NULL, 0);
    CHECK(json_read(&r, str_of(digits), store));
    CHECK(json_next(&r, &piece));
    arena_close(store);
    return piece;
}

static void test_read(void)
{
    static char zeros[2048] = "0.";
    t_case = "a number";
    CHECK(number_of("-2.5e-1").kind == JSON_DOUBLE);
    CHECK(number_of("-2.5e-1").u.number == -0.25);
    t_case = "a number of a thousand characters loses no digit";
    memset(zeros + 2, '0', 990);
    strcpy(zeros + 992, "1e991");
    CHECK(number_of(zeros).u.number == 1.0);
    t_case = "a longer one is none: its exponent may be what counts";
    memset(zeros + 2, '0', 1500);
    strcpy(zeros + 1502, "1e1501");
    CHECK(number_of(zeros).kind == JSON_NULL);
}

int main(void)
{
    test_strings();
    test_places();
    test_shape();
    test_numbers();
    test_sink();
    test_foreign();
    test_every_character();
    test_read();
    return t_done();
}
