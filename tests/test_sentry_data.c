/* tests/test_sentry_data.c - what becomes of form fields and files: the merge,
 * written as the JSON that it is meant to be. */
#include <stdlib.h>

#include "lib/base/str.h"
#include "lib/json/writer.h"
#include "lib/sentry/data.h"
#include "t.h"

typedef struct text {
    size_t len;
    char data[1 << 16];
} text;

static bool gather(void *user, const void *data, size_t len)
{
    text *t = user;
    if (len > sizeof t->data - t->len)
        return false;
    memcpy(t->data + t->len, data, len);
    t->len += len;
    return true;
}

static void put(json *j, const mdw_value *v)
{
    switch (v->kind) {
    case MDW_VALUE_BOOL:
        json_bool(j, v->u.u64);
        return;
    case MDW_VALUE_I64:
        json_int(j, v->u.i64);
        return;
    case MDW_VALUE_U64:
        json_uint(j, v->u.u64);
        return;
    case MDW_VALUE_DOUBLE:
        json_double(j, v->u.number);
        return;
    case MDW_VALUE_STRING:
        json_str(j, v->u.string);
        return;
    case MDW_VALUE_ARRAY:
        json_array(j);
        for (uint32_t i = 0; i < v->count; i++)
            put(j, &v->u.items[i]);
        json_array_end(j);
        return;
    case MDW_VALUE_OBJECT:
        json_object(j);
        for (uint32_t i = 0; i < v->count; i++) {
            json_key_str(j, v->u.members[i].key);
            put(j, &v->u.members[i].value);
        }
        json_object_end(j);
        return;
    default:
        json_null(j);
    }
}

/* The merge as JSON, and the event's id behind a blank. */
static const char *merged(const mdw_sentry_data *d)
{
    static text t;
    static json j;
    mdw_value value;
    mdw_str id;
    arena *store = arena_new(NULL, 0);
    t.len = 0;
    CHECK(data_fold(d, store, &value, &id) == MDW_OK);
    json_init(&j, (mdw_sink){gather, &t}, false);
    put(&j, &value);
    CHECK(json_finish(&j) == MDW_OK);
    t.len--; /* the newline */
    if (id.len) {
        t.data[t.len++] = ' ';
        memcpy(t.data + t.len, id.data, id.len);
        t.len += id.len;
    }
    t.data[t.len] = '\0';
    arena_close(store);
    return t.data;
}

static mdw_sentry_data *open_data(void)
{
    mdw_sentry_data *d = NULL;
    CHECK(mdw_sentry_data_new(NULL, NULL, &d, NULL) == MDW_OK);
    return d;
}

static void is(const mdw_sentry_data *d, const char *want)
{
    const char *got = merged(d);
    bool same = !strcmp(got, want);
    CHECK(same);
    if (!same)
        fprintf(stderr, "got  %s\nwant %s\n", got, want);
}

/* --- fields ------------------------------------------------------------- */

#define ID "0123456789abcdef0123456789abcdef"

/* Keys and values in turn, up to NULL. */
static const struct {
    const char *claim, *fields[14], *want;
} fields[] = {
    {"nothing is an empty object", {NULL}, "{}"},
    {"JSON is the event",
     {"sentry", "{\"release\":\"1\"}"},
     "{\"release\":\"1\"}"},
    {"whole numbers stay whole",
     {"sentry", "{\"a\":18446744073709551615,\"b\":-3,\"c\":1.5,\"d\":1e400,"
                "\"e\":-9223372036854775807}"},
     "{\"a\":18446744073709551615,\"b\":-3,\"c\":1.5,\"d\":null,"
     "\"e\":-9223372036854775807}"},
    {"escapes",
     {"sentry", "{\"\\u00e9\\ud83d\\ude00\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"}"},
     "{\"\xC3\xA9\xF0\x9F\x98\x80\":\"\\\"\\\\/\\b\\f\\n\\r\\t\"}"},
    {"blanks anywhere",
     {"sentry", " { \"a\" : [ 1 , true , null , { } , [ ] ] } "},
     "{\"a\":[1,true,null,{},[]]}"},
    {"a key that comes twice in one text means the last",
     {"sentry", "{\"a\":1,\"b\":2,\"a\":{\"x\":1},\"a\":{\"y\":2}}"},
     "{\"b\":2,\"a\":{\"y\":2}}"},
    {"of two fields the first stands",
     {"sentry", "{\"a\":1}", "sentry___x", "{\"a\":2,\"b\":3}"},
     "{\"a\":1,\"b\":3}"},
    {"objects are merged, deeply",
     {"sentry", "{\"t\":{\"a\":{\"x\":1}}}", "sentry___more",
      "{\"t\":{\"a\":{\"x\":9,\"y\":2},\"b\":3}}"},
     "{\"t\":{\"a\":{\"x\":1,\"y\":2},\"b\":3}}"},
    {"arrays are not",
     {"sentry", "{\"a\":[1]}", "sentry___x", "{\"a\":[2]}"},
     "{\"a\":[1]}"},
    {"nulls are filled, by the first that is none",
     {"sentry", "{\"a\":null,\"o\":null}", "sentry___1",
      "{\"a\":1,\"o\":{\"x\":1}}", "sentry___2", "{\"a\":2,\"o\":{\"y\":2}}"},
     "{\"a\":1,\"o\":{\"x\":1,\"y\":2}}"},
    {"an object does not replace a value, nor a value an object",
     {"sentry", "{\"a\":1,\"b\":{\"x\":1}}", "sentry___1",
      "{\"a\":{\"x\":1},\"b\":2}"},
     "{\"a\":1,\"b\":{\"x\":1}}"},
    {"brackets nest, values are strings",
     {"sentry[release]", "1.0", "sentry[tags][k]", "5", "sentry[tags][l]", "6"},
     "{\"release\":\"1.0\",\"tags\":{\"k\":\"5\",\"l\":\"6\"}}"},
    {"the first writer wins",
     {"sentry[a]", "1", "sentry[a]", "2", "sentry", "{\"a\":3}"},
     "{\"a\":\"1\"}"},
    {"seven keys deep",
     {"sentry[a][b][c][d][e][f][g]", "1"},
     "{\"a\":{\"b\":{\"c\":{\"d\":{\"e\":{\"f\":{\"g\":\"1\"}}}}}}}"},
    {"chunks are joined by number, over holes, after everything else",
     {"sentry__10", "3}", "sentry__1", "{\"a\":1,", "sentry__3",
      "\"b\":2,\"c\":", "sentry[b]", "x"},
     "{\"b\":\"x\",\"a\":1,\"c\":3}"},
    {"a chunk's number may be as large as it likes",
     {"sentry__18446744073709551615", "1}", "sentry__0", "{\"a\":"},
     "{\"a\":1}"},
    {"chunks that are no JSON are ignored",
     {"sentry__1", "{\"a\":", "guid", "x"},
     "{\"extra\":{\"guid\":\"x\"}}"},
    {"anything else is extra, merged in the order of arrival",
     {"prod", "App", "sentry", "{\"extra\":{\"prod\":1,\"a\":2}}", "ver", "2"},
     "{\"extra\":{\"prod\":\"App\",\"a\":2,\"ver\":\"2\"}}"},
    {"an id with dashes",
     {"sentry", "{\"event_id\":\"01234567-89AB-cdef-0123-456789abcdef\"}"},
     "{\"event_id\":\"01234567-89AB-cdef-0123-456789abcdef\"} " ID},
    {"an id in brackets counts where JSON has none",
     {"sentry[event_id]", ID},
     "{\"event_id\":\"" ID "\"} " ID},
    {"JSON's id goes before that in brackets",
     {"sentry[event_id]", "ffffffffffffffffffffffffffffffff", "sentry",
      "{\"event_id\":\"" ID "\"}"},
     "{\"event_id\":\"ffffffffffffffffffffffffffffffff\"} " ID},
    {"no id out of chunks",
     {"sentry__1", "{\"event_id\":\"" ID "\"}"},
     "{\"event_id\":\"" ID "\"}"},
    {"what is no id",
     {"sentry", "{\"event_id\":\"" ID "0\"}"},
     "{\"event_id\":\"" ID "0\"}"},
};

static void test_fields(void)
{
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        t_case = fields[i].claim;
        mdw_sentry_data *d = open_data();
        for (const char *const *at = fields[i].fields; *at; at += 2)
            CHECK(mdw_sentry_data_field(d, str_of(at[0]), str_of(at[1]),
                                        NULL) == MDW_OK);
        is(d, fields[i].want);
        is(d, fields[i].want); /* reading changes nothing */
        mdw_sentry_data_close(d);
    }
}

static const struct {
    const char *claim, *key, *value;
    mdw_status want;
} refused[] = {
    {"no JSON", "sentry", "{\"a\":1", MDW_E_FORMAT},
    {"JSON that is no object", "sentry", "[1]", MDW_E_FORMAT},
    {"eight keys deep", "sentry[a][b][c][d][e][f][g][h]", "1", MDW_E_FORMAT},
    {"a bracket that stays open", "sentry[a", "1", MDW_E_FORMAT},
    {"an empty bracket", "sentry[]", "1", MDW_E_FORMAT},
    {"text between brackets", "sentry[a]b[c]", "1", MDW_E_FORMAT},
    {"no key", "", "1", MDW_E_ARG},
};

static void test_refused(void)
{
    enum { NEST = 200 * 1024 };
    mdw_sentry_data *d = open_data();
    mdw_error err;
    char *nest = malloc(NEST);
    CHECK(mdw_sentry_data_field(d, STR("a"), STR("1"), NULL) == MDW_OK);
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        t_case = refused[i].claim;
        CHECK(mdw_sentry_data_field(d, str_of(refused[i].key),
                                    str_of(refused[i].value),
                                    &err) == refused[i].want);
        CHECK(!strcmp(err.what, "form field"));
        is(d, "{\"extra\":{\"a\":\"1\"}}");
    }
    t_case = "57 deep";
    char deep[2 * 57 + 8] = "{\"a\":";
    size_t len = strlen(deep);
    memset(deep + len, '[', 56);
    memset(deep + len + 56, ']', 56);
    deep[len + 112] = '}';
    CHECK(mdw_sentry_data_field(d, STR("sentry"), (mdw_str){deep, len + 113},
                                &err) == MDW_E_LIMIT);
    is(d, "{\"extra\":{\"a\":\"1\"}}");
    t_case = "56 deep";
    mdw_sentry_data *other = open_data();
    memset(deep + len + 55, ']', 55);
    deep[len + 110] = '}';
    CHECK(mdw_sentry_data_field(other, STR("sentry"),
                                (mdw_str){deep, len + 111}, &err) == MDW_OK);
    mdw_sentry_data_close(other);
    t_case = "a 200 KB nest of arrays";
    memset(nest, '[', NEST);
    CHECK(mdw_sentry_data_field(d, STR("sentry"), (mdw_str){nest, NEST},
                                &err) == MDW_E_FORMAT);
    memset(nest, 0x91, NEST);
    mdw_bytes bytes = {(uint8_t *)nest, NEST};
    CHECK(mdw_sentry_data_file(d, STR("__sentry-event"), bytes, &err) ==
          MDW_E_LIMIT);
    CHECK(!strcmp(err.what, "msgpack"));
    is(d, "{\"extra\":{\"a\":\"1\"}}");
    free(nest);
    mdw_sentry_data_close(d);
}

/* --- MessagePack -------------------------------------------------------- */

#define BYTES(literal)                                                         \
    {                                                                          \
        literal, sizeof literal - 1                                            \
    }

static const struct {
    const char *claim;
    mdw_str in;
    const char *want;
} events[] = {
    {"an empty map", BYTES("\x80"), "{}"},
    {"numbers of every width",
     BYTES("\x81\xa1"
           "a\x9c\x00\x7f\xe0\xff\xcc\xff\xcd\xff\xfe\xce\xff\xff\xff\xfe"
           "\xcf\xff\xff\xff\xff\xff\xff\xff\xfe\xd0\x80\xd1\x80\x00"
           "\xd2\x80\x00\x00\x00\xd3\x80\x00\x00\x00\x00\x00\x00\x00"),
     "{\"a\":[0,127,-32,-1,255,65534,4294967294,18446744073709551614,-128,"
     "-32768,-2147483648,-9223372036854775808]}"},
    {"floats, and those that are no numbers",
     BYTES("\x81\xa1"
           "a\x93\xca\x3f\xc0\x00\x00\xcb\xc0\x04\x00\x00\x00\x00\x00\x00"
           "\xca\x7f\xc0\x00\x00"),
     "{\"a\":[1.5,-2.5,null]}"},
    {"nil, truths, binary, extensions",
     BYTES("\x81\xa1"
           "a\x96\xc0\xc2\xc3\xc4\x01x\xd4\x05x\xc7\x02\x05xy"),
     "{\"a\":[null,false,true,null,null,null]}"},
    {"times in their three layouts",
     BYTES("\x81\xa1"
           "a\x93\xd6\xff\x00\x00\x00\x64\xd7\xff\x77\x35\x94\x00\x00\x00\x00"
           "\x64\xc7\x0c\xff\x1d\xcd\x65\x00\xff\xff\xff\xff\xff\xff\xff\xff"),
     "{\"a\":[100,100.5,-0.5]}"},
    {"long forms of strings, arrays and maps",
     BYTES("\xde\x00\x01\xd9\x01"
           "a\xdc\x00\x02\xda\x00\x01"
           "b\xdf\x00\x00\x00\x01\xdb\x00\x00\x00\x01"
           "c\xdd\x00\x00\x00\x00"),
     "{\"a\":[\"b\",{\"c\":[]}]}"},
    {"a key that comes twice",
     BYTES("\x82\xa1"
           "a\x01\xa1"
           "a\x02"),
     "{\"a\":2}"},
    {"its id",
     BYTES("\x81\xa8"
           "event_id\xd9\x20" ID),
     "{\"event_id\":\"" ID "\"} " ID},
};

static const struct {
    const char *claim;
    mdw_str in;
    mdw_status want;
} bad_events[] = {
    {"nothing", BYTES(""), MDW_E_TRUNCATED},
    {"no map", BYTES("\x90"), MDW_E_FORMAT},
    {"something behind it", BYTES("\x80\x80"), MDW_E_FORMAT},
    {"a map cut in two",
     BYTES("\x81\xa1"
           "a"),
     MDW_E_TRUNCATED},
    {"a string cut in two",
     BYTES("\x81\xa5"
           "ab"),
     MDW_E_TRUNCATED},
    {"a count of four billion", BYTES("\xdf\xff\xff\xff\xff"), MDW_E_TRUNCATED},
    {"a byte that means nothing",
     BYTES("\x81\xa1"
           "a\xc1"),
     MDW_E_FORMAT},
    {"a key that is no string", BYTES("\x81\x01\x01"), MDW_E_FORMAT},
};

static mdw_bytes bytes_from(mdw_str s)
{
    return (mdw_bytes){(const uint8_t *)s.data, s.len};
}

static void test_msgpack(void)
{
    for (size_t i = 0; i < sizeof events / sizeof *events; i++) {
        t_case = events[i].claim;
        mdw_sentry_data *d = open_data();
        CHECK(mdw_sentry_data_file(d, STR("__sentry-event"),
                                   bytes_from(events[i].in), NULL) == MDW_OK);
        t_case = "fields are ignored beside a file";
        CHECK(mdw_sentry_data_field(d, STR("a"), STR("1"), NULL) == MDW_OK);
        t_case = events[i].claim;
        is(d, events[i].want);
        mdw_sentry_data_close(d);
    }
    mdw_sentry_data *d = open_data();
    for (size_t i = 0; i < sizeof bad_events / sizeof *bad_events; i++) {
        t_case = bad_events[i].claim;
        CHECK(mdw_sentry_data_file(d, STR("__sentry-event"),
                                   bytes_from(bad_events[i].in),
                                   NULL) == bad_events[i].want);
        is(d, "{}");
    }
    t_case = "a file of another name";
    CHECK(mdw_sentry_data_file(d, STR("view-hierarchy.json"),
                               bytes_from(STR("{}")), NULL) == MDW_ABSENT);
    mdw_sentry_data_close(d);
}

/* --- breadcrumbs -------------------------------------------------------- */

/* {"m": letter} with a timestamp that is a number, a text, or not there. */
#define CRUMB(letter) "\x81\xa1m\xa1" letter
#define TIMED(letter, second) "\x82\xa1m\xa1" letter "\xa9timestamp" second
#define ZONED(letter, when) "\x82\xa1m\xa1" letter "\xa9timestamp\xb9" when
#define DATED(letter, when) "\x82\xa1m\xa1" letter "\xa9timestamp\xb4" when

static const struct {
    const char *claim;
    mdw_str files[2];
    const char *want; /* letters in their order */
} crumbs[] = {
    {"the second file is the newer, where neither is timed",
     {BYTES(CRUMB("a") CRUMB("b")), BYTES(CRUMB("c"))},
     "bc"},
    {"the first where its last timed crumb is later",
     {BYTES(TIMED("a", "\x09") CRUMB("b")), BYTES(TIMED("c", "\x08"))},
     "ab"},
    {"as many stay as the longer file has",
     {BYTES(TIMED("a", "\x09")),
      BYTES(TIMED("b", "\x01") TIMED("c", "\x02") TIMED("d", "\x03"))},
     "cda"},
    {"dates are times",
     {BYTES(DATED("a", "1970-01-01T00:00:10Z")), BYTES(TIMED("b", "\x09"))},
     "a"},
    {"east of Greenwich is earlier",
     {BYTES(ZONED("a", "1970-01-01T01:00:05+01:00")),
      BYTES(TIMED("b", "\x09"))},
     "b"},
    {"west is later",
     {BYTES(ZONED("a", "1970-01-01T00:00:05-01:00")),
      BYTES(TIMED("b", "\x09"))},
     "a"},
    {"a day after a leap day",
     {BYTES(DATED("a", "2000-03-01T00:00:00Z")),
      BYTES(TIMED("b", "\xce\x38\xbc\x5d\x7f"))},
     "a"},
    {"and no later",
     {BYTES(DATED("a", "2000-03-01T00:00:00Z")),
      BYTES(TIMED("b", "\xce\x38\xbc\x5d\x80"))},
     "b"},
    {"timed is newer than not timed",
     {BYTES(TIMED("a", "\x01")), BYTES(CRUMB("b"))},
     "a"},
    {"one file alone", {BYTES(CRUMB("a") CRUMB("b")), {NULL, 0}}, "ab"},
};

static void test_crumbs(void)
{
    for (size_t i = 0; i < sizeof crumbs / sizeof *crumbs; i++) {
        char letters[16] = "";
        size_t n = 0;
        t_case = crumbs[i].claim;
        mdw_sentry_data *d = open_data();
        CHECK(mdw_sentry_data_field(d, STR("a"), STR("1"), NULL) == MDW_OK);
        for (int f = 0; f < 2; f++)
            if (crumbs[i].files[f].data)
                CHECK(mdw_sentry_data_file(d,
                                           f ? STR("__sentry-breadcrumb2")
                                             : STR("__sentry-breadcrumb1"),
                                           bytes_from(crumbs[i].files[f]),
                                           NULL) == MDW_OK);
        const char *got = merged(d);
        CHECK(!strncmp(got, "{\"breadcrumbs\":{\"values\":[", 26));
        CHECK(!strstr(got, "extra"));
        for (const char *at = got; (at = strstr(at, "\"m\":\"")); at += 5)
            letters[n++] = at[5];
        CHECK(!strcmp(letters, crumbs[i].want));
        mdw_sentry_data_close(d);
    }
    t_case = "they replace the event's";
    mdw_sentry_data *d = open_data();
    CHECK(mdw_sentry_data_file(d, STR("__sentry-event"),
                               bytes_from(STR("\x82\xa1"
                                              "a\x01\xab"
                                              "breadcrumbs\x90")),
                               NULL) == MDW_OK);
    is(d, "{\"a\":1,\"breadcrumbs\":[]}");
    CHECK(mdw_sentry_data_file(d, STR("__sentry-breadcrumb1"),
                               bytes_from(STR(CRUMB("x"))), NULL) == MDW_OK);
    is(d, "{\"a\":1,\"breadcrumbs\":{\"values\":[{\"m\":\"x\"}]}}");
    t_case = "a crumb that is no map";
    CHECK(mdw_sentry_data_file(d, STR("__sentry-breadcrumb2"),
                               bytes_from(STR("\x01")), NULL) == MDW_E_FORMAT);
    mdw_sentry_data_close(d);
}

/* Every field costs its share, whatever stands in the others. */
static void test_many(void)
{
    t_case = "a hundred thousand fields are merged at once";
    enum { MANY = 100000 };
    mdw_sentry_data *d = open_data();
    for (unsigned i = 0; i < MANY; i++) {
        char key[16];
        (void)snprintf(key, sizeof key, "k%u", i % (MANY / 2));
        CHECK(mdw_sentry_data_field(d, str_of(key), STR("1"), NULL) == MDW_OK);
    }
    arena *store = arena_new(NULL, 0);
    mdw_value value;
    mdw_str id;
    CHECK(data_fold(d, store, &value, &id) == MDW_OK);
    CHECK_U64(value.count, 1);
    CHECK_U64(value.u.members[0].value.count, MANY / 2);
    arena_close(store);
    mdw_sentry_data_close(d);
    t_case = "the budget";
    mdw_budget budget = MDW_INIT(mdw_budget);
    budget.memory = 1 << 16;
    CHECK(mdw_sentry_data_new(&budget, NULL, &d, NULL) == MDW_OK);
    mdw_status status = MDW_OK;
    for (unsigned i = 0; i < MANY && status == MDW_OK; i++)
        status = mdw_sentry_data_field(d, STR("key"), STR("value"), NULL);
    CHECK(status == MDW_E_LIMIT);
    mdw_sentry_data_close(d);
}

int main(void)
{
    test_fields();
    test_refused();
    test_msgpack();
    test_crumbs();
    test_many();
    return t_done();
}
