/* tests/test_protobuf.c - Protocol Buffers: bytes by hand, and the event as
 * protobuf-c's own reader has it. */
#include <math.h>
#include <relay_event.pb-c.h>
#include <stdlib.h>

#include "lib/base/str.h"
#include "lib/sentry/pb.h"
#include "sentry_of.h"

typedef SentryProtos__Relay__V1__Event event;
typedef Google__Protobuf__Value value;
typedef SentryProtos__Relay__V1__Event__EventException__EventExceptionValues
    exception;
typedef SentryProtos__Relay__V1__Event__EventException__EventExceptionValues__EventExceptionValuesStacktrace__EventExceptionValuesStacktraceFrames
    frame;
typedef SentryProtos__Relay__V1__Event__EventThreads__EventThreadsValues thread;

enum { ROOM = 1 << 20 };
typedef struct bytes {
    uint8_t data[ROOM];
    size_t len, limit;
} bytes;

static bool gather(void *user, const void *data, size_t len)
{
    bytes *b = user;
    if (len > b->limit - b->len)
        return false;
    memcpy(b->data + b->len, data, len);
    b->len += len;
    return true;
}

static bytes wire;

static mdw_sink to_wire(void)
{
    wire.len = 0;
    wire.limit = ROOM;
    return (mdw_sink){gather, &wire};
}

/* --- the wire ------------------------------------------------------------ */

static const ProtobufCMessageDescriptor *const mechanism_type =
    &sentry_protos__relay__v1__event__event_exception__event_exception_values__event_exception_values_mechanism__descriptor;

static void check_bytes(const char *claim, const char *hex)
{
    t_case = claim;
    CHECK_U64(wire.len, strlen(hex) / 2);
    for (size_t i = 0; i < wire.len && 2 * i < strlen(hex); i++) {
        const char pair[] = {hex[2 * i], hex[2 * i + 1], 0};
        CHECK_U64(wire.data[i], strtoul(pair, NULL, 16));
    }
}

/* Sentry's own mechanism of a minidump. */
static void test_mechanism(void)
{
    pb w;
    pb_init(&w, to_wire(), mechanism_type);
    pb_bool(&w, "handled", false);
    pb_bool(&w, "synthetic", true);
    pb_str(&w, "type", STR("minidump"));
    CHECK(pb_finish(&w) == MDW_OK);
    check_bytes("false is on the wire", "200050015a086d696e6964756d70");
    pb_init(&w, to_wire(), mechanism_type);
    pb_str(&w, "type", STR(""));
    pb_str(&w, "source", STR(""));
    pb_str(&w, "description", (mdw_str){NULL, 0});
    CHECK(pb_finish(&w) == MDW_OK);
    check_bytes("empty is there where the field can say so", "4a00");
    pb_init(&w, to_wire(), mechanism_type);
    CHECK(!pb_find(&w, STR("unheard_of")));
    CHECK_U64(pb_find(&w, STR("handled"))->id, 4);
    CHECK_U64(pb_find(&w, STR("data"))->id, 1);
}

static const struct {
    const char *claim;
    mdw_value value;
    const char *hex;
} values[] = {
    {"a thread's id", {MDW_VALUE_U64, 0, {.u64 = 1304}}, "110000000000609440"},
    {"a negative number",
     {MDW_VALUE_I64, 0, {.i64 = -1}},
     "11000000000000f0bf"},
    {"a fraction",
     {MDW_VALUE_DOUBLE, 0, {.number = 0.5}},
     "11000000000000e03f"},
    {"text", {MDW_VALUE_STRING, 0, {.string = {"0x45", 4}}}, "1a0430783435"},
    {"text that is empty",
     {MDW_VALUE_STRING, 0, {.string = {NULL, 0}}},
     "1a00"},
    {"text that is not UTF-8",
     {MDW_VALUE_STRING,
      0,
      {.string = {"a\xFF\xC3"
                  "b",
                  4}}},
     "1a0861efbfbdefbfbd62"},
    {"text with a NUL",
     {MDW_VALUE_STRING, 0, {.string = {"a\0b", 3}}},
     "1a03610062"},
    {"true", {MDW_VALUE_BOOL, 0, {.u64 = 1}}, "2001"},
    {"false", {MDW_VALUE_BOOL, 0, {.u64 = 0}}, "2000"},
    {"null", {MDW_VALUE_NULL, 0, {.u64 = 0}}, "0800"},
    {"no number", {MDW_VALUE_DOUBLE, 0, {.number = (double)NAN}}, "0800"},
    {"the last number before doubles leave some out",
     {MDW_VALUE_U64, 0, {.u64 = (UINT64_C(1) << 53) - 1}},
     "11ffffffffffff3f43"},
    {"a number that no double is",
     {MDW_VALUE_U64, 0, {.u64 = (UINT64_C(1) << 53) + 1}},
     "1a1039303037313939323534373430393933"},
    {"the largest",
     {MDW_VALUE_U64, 0, {.u64 = UINT64_MAX}},
     "1a143138343436373434303733373039353531363135"},
    {"the smallest, which a double is",
     {MDW_VALUE_I64, 0, {.i64 = INT64_MIN}},
     "11000000000000e0c3"},
    {"the next, which none is",
     {MDW_VALUE_I64, 0, {.i64 = INT64_MIN + 1}},
     "1a142d39323233333732303336383534373735383037"},
    {"an array of nothing", {MDW_VALUE_ARRAY, 0, {.items = NULL}}, "3200"},
    {"an object of nothing", {MDW_VALUE_OBJECT, 0, {.members = NULL}}, "2a00"},
};

static void test_values(void)
{
    pb w;
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        pb_init(&w, to_wire(), &google__protobuf__value__descriptor);
        pb_put_value(&w, &values[i].value);
        CHECK(pb_finish(&w) == MDW_OK);
        check_bytes(values[i].claim, values[i].hex);
    }
    const mdw_value one = {MDW_VALUE_BOOL, 0, {.u64 = 1}};
    const mdw_member member = {STR("k"), one};
    const mdw_value object = {MDW_VALUE_OBJECT, 1, {.members = &member}};
    const mdw_value array = {MDW_VALUE_ARRAY, 1, {.items = &object}};
    pb_init(&w, to_wire(), &google__protobuf__value__descriptor);
    pb_put_value(&w, &array);
    CHECK(pb_finish(&w) == MDW_OK);
    check_bytes("an object in an array", "320d0a0b2a090a070a016b12022001");
}

/* --- many and deep messages ---------------------------------------------- */

static value *read_value(void)
{
    value *v = google__protobuf__value__unpack(NULL, wire.len, wire.data);
    if (!v)
        exit(1);
    CHECK_U64(google__protobuf__value__get_packed_size(v), wire.len);
    return v;
}

/* More messages than there are lengths kept for. */
static void test_many(void)
{
    enum { OUTER = 5, INNER = PB_SIZES - 7 };
    static mdw_value inner[INNER], outer[OUTER];
    pb w;
    t_case = "lengths that are measured again";
    for (uint32_t i = 0; i < INNER; i++)
        inner[i] = (mdw_value){MDW_VALUE_U64, 0, {.u64 = i}};
    for (uint32_t i = 0; i < OUTER; i++)
        outer[i] = (mdw_value){MDW_VALUE_ARRAY, INNER - i, {.items = inner}};
    const mdw_value all = {MDW_VALUE_ARRAY, OUTER, {.items = outer}};
    pb_init(&w, to_wire(), &google__protobuf__value__descriptor);
    pb_put_value(&w, &all);
    CHECK(pb_finish(&w) == MDW_OK);
    value *v = read_value();
    CHECK_U64(v->list_value->n_values, OUTER);
    for (size_t i = 0; i < v->list_value->n_values; i++) {
        const Google__Protobuf__ListValue *list =
            v->list_value->values[i]->list_value;
        CHECK_U64(list->n_values, INNER - i);
        for (size_t k = 0; k < list->n_values; k++)
            CHECK(list->values[k]->number_value == (double)k);
    }
    google__protobuf__value__free_unpacked(v, NULL);
}

/* Objects and arrays inside one another, of the kinds whose turn it is. */
static const struct {
    const char *claim;
    const char *kinds; /* from outside; the last goes on */
    size_t levels;     /* that are left, of messages 100 deep */
} deep[] = {
    {"objects", "o", 33},
    {"objects in an array", "ao", 33},
    {"objects in an array of arrays", "aao", 34},
    {"arrays", "a", 50},
    {"arrays in an object", "oa", 49},
};

enum { DEEPEST = 60 };

static void put_deep(pb *w, const char *kinds)
{
    static mdw_value at[DEEPEST + 1];
    static mdw_member members[DEEPEST];
    size_t last = strlen(kinds) - 1;
    at[DEEPEST] = (mdw_value){MDW_VALUE_BOOL, 0, {.u64 = 1}};
    for (size_t i = DEEPEST; i--;) {
        members[i] = (mdw_member){STR("k"), at[i + 1]};
        if (kinds[i < last ? i : last] == 'o')
            at[i] = (mdw_value){MDW_VALUE_OBJECT, 1, {.members = &members[i]}};
        else
            at[i] = (mdw_value){MDW_VALUE_ARRAY, 1, {.items = &at[i + 1]}};
    }
    pb_put_value(w, &at[0]);
}

static void test_deep(void)
{
    pb w;
    for (size_t i = 0; i < sizeof deep / sizeof *deep; i++) {
        t_case = deep[i].claim;
        pb_init(&w, to_wire(), &google__protobuf__value__descriptor);
        put_deep(&w, deep[i].kinds);
        CHECK(pb_finish(&w) == MDW_OK);
        value *v = read_value();
        const value *at = v;
        size_t levels = 0;
        for (;; levels++) {
            if (at->kind_case == GOOGLE__PROTOBUF__VALUE__KIND_STRUCT_VALUE)
                at = at->struct_value->fields[0]->value;
            else if (at->kind_case == GOOGLE__PROTOBUF__VALUE__KIND_LIST_VALUE)
                at = at->list_value->values[0];
            else
                break;
        }
        CHECK_U64(levels, deep[i].levels);
        CHECK(at->kind_case == GOOGLE__PROTOBUF__VALUE__KIND_NULL_VALUE);
        google__protobuf__value__free_unpacked(v, NULL);
    }
}

/* --- events -------------------------------------------------------------- */

static event *read_event(const mdw_sentry *s)
{
    CHECK(mdw_sentry_protobuf(s, to_wire(), NULL) == MDW_OK);
    event *e =
        sentry_protos__relay__v1__event__unpack(NULL, wire.len, wire.data);
    if (!e)
        exit(1);
    CHECK_U64(sentry_protos__relay__v1__event__get_packed_size(e), wire.len);
    return e;
}

static void check_exception(const exception *x)
{
    t_case = "the exception";
    CHECK(x->mechanism->has_handled_case != 0 && !x->mechanism->handled);
    CHECK(x->mechanism->has_synthetic_case != 0 && x->mechanism->synthetic);
    CHECK(!strcmp(x->mechanism->type, "minidump"));
    CHECK(x->mechanism->meta->signal->number == 11);
    CHECK(x->mechanism->meta->has_mach_exception_case == 0);
    CHECK(!strcmp(x->type, "SIGSEGV / SEGV_MAPERR"));
    CHECK(x->thread_id->number_value == 100);
    CHECK(!strcmp(x->stacktrace->instruction_addr_adjustment, "all_but_first"));
    CHECK_U64(x->stacktrace->n_registers, 17);
    CHECK(!strcmp(x->stacktrace->registers[16]->key, "rip"));
    CHECK(!strcmp(x->stacktrace->registers[16]->value, "0x401150"));
    CHECK_U64(x->stacktrace->n_frames, 7);
    t_case = "a frame";
    bool seen = false;
    for (size_t i = 0; i < x->stacktrace->n_frames; i++) {
        const frame *f = x->stacktrace->frames[i];
        if (f->has_function_case == 0 || strcmp(f->function, "outer()") != 0)
            continue;
        seen = true;
        CHECK_U64(f->lineno, 9);
        CHECK_U64(f->colno, 4);
        CHECK(!strcmp(f->instruction_addr, "0x401150"));
        CHECK(!strcmp(f->symbol, "_Z5outerv"));
        CHECK(!strcmp(f->package, "/bin/app"));
        CHECK(f->has_in_app_case == 0);
    }
    CHECK(seen);
}

static void test_event(void)
{
    t_case = "an event";
    made m = sentry_make(&(process){.crashed = 100});
    mdw_sentry *s = event_of(&m, NULL);
    event *e = read_event(s);
    CHECK(!strcmp(e->platform, "native") && !strcmp(e->level, "fatal"));
    CHECK(strlen(e->event_id) == 32);
    CHECK(!strcmp(e->sdk->name, "minidump.unknown"));
    CHECK_U64(e->exception->n_values, 1);
    check_exception(e->exception->values[0]);
    t_case = "threads";
    CHECK_U64(e->threads->n_values, 4);
    const thread *first = e->threads->values[0],
                 *second = e->threads->values[1];
    CHECK(first->id->number_value == 200 && first->has_crashed_case == 0);
    CHECK(second->has_crashed_case != 0 && second->crashed);
    CHECK(second->has_stacktrace_case == 0);
    CHECK(!strcmp(second->name, "main"));
    t_case = "images";
    CHECK_U64(e->debug_meta->n_images, 2);
    CHECK(!strcmp(e->debug_meta->images[0]->struct_value->fields[0]->key,
                  "type"));
    CHECK(!strcmp(e->contexts[0]->key, "os"));
    CHECK(!strcmp(e->contexts[1]->key, "device"));
    sentry_protos__relay__v1__event__free_unpacked(e, NULL);
    t_case = "twice the same";
    static bytes first_time;
    memcpy(&first_time, &wire, sizeof wire);
    CHECK(mdw_sentry_protobuf(s, to_wire(), NULL) == MDW_OK);
    CHECK_U64(wire.len, first_time.len);
    CHECK(!memcmp(wire.data, first_time.data, wire.len));
    mdw_sentry_close(s);
    sentry_drop(&m);
}

static void test_errors(void)
{
    made m = sentry_make(&(process){.crashed = 100});
    mdw_sentry *s = event_of(&m, NULL);
    mdw_error err;
    t_case = "a sink that gives up";
    mdw_sink sink = to_wire();
    wire.limit = 100;
    CHECK(mdw_sentry_protobuf(s, sink, &err) == MDW_E_IO);
    CHECK(err.code == MDW_E_IO);
    t_case = "no event, no sink";
    CHECK(mdw_sentry_protobuf(NULL, to_wire(), &err) == MDW_E_ARG);
    CHECK(mdw_sentry_protobuf(s, (mdw_sink){NULL, NULL}, &err) == MDW_E_ARG);
    mdw_sentry_close(s);
    sentry_drop(&m);
}

int main(void)
{
    test_mechanism();
    test_values();
    test_many();
    test_deep();
    test_event();
    test_errors();
    return t_done();
}
