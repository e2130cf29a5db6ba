/* tests/test_dump_vendor.c - the streams of Crashpad, Mozilla and Sentry. */
#include "dump_cases.h"

static void check_crashpad(const mdw_dump *dump, const synth_options *o)
{
    mdw_raw_crashpad c = MDW_INIT(mdw_raw_crashpad);
    CHECK(mdw_dump_crashpad(dump, &c, NULL) == MDW_OK);
    CHECK_U64(c.version, 1);
    CHECK(!memcmp(c.report_id, everything_guid[0], 16));
    CHECK(!memcmp(c.client_id, everything_guid[1], 16));
    CHECK_U64(c.address_mask, o->dense ? 0 : 0xFF00000000000000);
    CHECK_U64(c.module_count, 3);
}

static const struct {
    uint32_t kind, module, type;
    const char *key, *value;
} annotations[] = {
    {MDW_ANNOTATION_PROCESS, MDW_NONE, 0, "prod", "app"},
    {MDW_ANNOTATION_PROCESS, MDW_NONE, 0, "ver", "1.0"},
    {MDW_ANNOTATION_LIST, 0, 0, "", "abort() called"},
    {MDW_ANNOTATION_SIMPLE, 0, 0, "prod", "app"},
    {MDW_ANNOTATION_OBJECT, 2, 1, "note", "text"},
    {MDW_ANNOTATION_OBJECT, 2, 0x8001, "own", "\x01\x02"},
};

static void check_annotations(const mdw_dump *dump, const synth_options *o)
{
    (void)o;
    mdw_cursor at = {0};
    mdw_raw_annotation a = MDW_INIT(mdw_raw_annotation);
    for (size_t i = 0; i < sizeof annotations / sizeof *annotations; i++) {
        CHECK(mdw_dump_annotation_next(dump, &at, &a, NULL) == MDW_OK);
        CHECK_U64(a.kind, annotations[i].kind);
        CHECK_U64(a.module, annotations[i].module);
        CHECK_U64(a.type, annotations[i].type);
        CHECK(str_eq(a.key, annotations[i].key));
        CHECK(bytes_eq(a.value, annotations[i].value,
                       strlen(annotations[i].value)));
        CHECK_U64(a.damage, 0);
    }
    CHECK(mdw_dump_annotation_next(dump, &at, &a, NULL) == MDW_END);
    CHECK(mdw_dump_annotation_next(dump, &at, &a, NULL) == MDW_END);
}

/* A dictionary whose second key and third value lie outside. */
static void check_bad_annotations(bool big_endian)
{
    synth *s = synth_new(big_endian);
    synth_label from = synth_label_new(s), to = synth_label_new(s);
    synth_begin(s, 0x43500001);
    put32(s, 1);
    put_zeros(s, 32);
    put_location(s, from, to);
    put64(s, 0);
    synth_end(s);
    synth_bind(s, from);
    put32(s, 1000); /* more than there are */
    put_counted_ref(s, "a", 1);
    put_counted_ref(s, "b", 1);
    put32(s, UINT32_MAX);
    put_counted_ref(s, "c", 1);
    put_counted_ref(s, "d", 1);
    put32(s, UINT32_MAX - 4);
    synth_bind(s, to);
    synth_flush(s);
    mdw_dump *dump = dump_of(synth_finish(s));
    mdw_cursor at = {0};
    mdw_raw_annotation a = MDW_INIT(mdw_raw_annotation);
    t_case = "a bad string costs itself alone";
    CHECK(mdw_dump_annotation_next(dump, &at, &a, NULL) == MDW_OK);
    CHECK(str_eq(a.key, "a") && bytes_eq(a.value, "b", 1) && !a.damage);
    CHECK(mdw_dump_annotation_next(dump, &at, &a, NULL) == MDW_OK);
    CHECK(!a.key.len && bytes_eq(a.value, "c", 1));
    CHECK_U64(a.damage, MDW_DAMAGE_NAME);
    CHECK(mdw_dump_annotation_next(dump, &at, &a, NULL) == MDW_OK);
    CHECK(str_eq(a.key, "d") && !a.value.len);
    CHECK_U64(a.damage, MDW_DAMAGE_DATA);
    CHECK(mdw_dump_annotation_next(dump, &at, &a, NULL) == MDW_END);
    mdw_dump_close(dump);
    synth_free(s);
}

/* Many modules that all refer to one long list. */
static void check_endless(void)
{
    enum { MODULES = 1000, VALUES = 1000 };
    synth *s = synth_new(false);
    synth_label list = synth_label_new(s), end = synth_label_new(s);
    synth_label info = synth_label_new(s), info_end = synth_label_new(s);
    synth_label values = synth_label_new(s), values_end = synth_label_new(s);
    synth_begin(s, 0x43500001);
    put32(s, 1);
    put_zeros(s, 40);
    put_location(s, list, end);
    synth_end(s);
    synth_bind(s, list);
    put32(s, MODULES);
    for (size_t i = 0; i < MODULES; i++) {
        put32(s, i);
        put_location(s, info, info_end);
    }
    synth_bind(s, end);
    synth_bind(s, info);
    put32(s, 1);
    put_location(s, values, values_end);
    put_zeros(s, 16);
    synth_bind(s, info_end);
    synth_bind(s, values);
    put32(s, VALUES);
    put_zeros(s, 4 * VALUES);
    synth_bind(s, values_end);
    mdw_bytes file = synth_finish(s);
    mdw_dump *dump = dump_of(file);
    mdw_cursor at = {0};
    mdw_raw_annotation a = MDW_INIT(mdw_raw_annotation);
    t_case = "modules that share a list do not multiply it";
    mdw_status status;
    size_t count = 0;
    while (!(status = mdw_dump_annotation_next(dump, &at, &a, NULL)))
        count++;
    CHECK(status == MDW_E_RANGE);
    CHECK(count > VALUES && count <= file.len / 4);
    CHECK(mdw_dump_annotation_next(dump, &at, &a, NULL) == MDW_END);
    mdw_dump_close(dump);
    synth_free(s);
}

static void check_mac(const mdw_dump *dump, const synth_options *o)
{
    (void)o;
    mdw_raw_mac_crash m = MDW_INIT(mdw_raw_mac_crash);
    CHECK_U64(mdw_dump_mac_crash_count(dump), 2);
    CHECK(mdw_dump_mac_crash(dump, 0, &m, NULL) == MDW_OK);
    CHECK(m.version == 5 && m.thread == 1);
    CHECK(m.dialog_mode == 2 && m.abort_cause == 3);
    CHECK(str_eq(m.module, "/usr/lib/x.dylib") && str_eq(m.message, "message"));
    CHECK(str_eq(m.signature, "sig") && str_eq(m.backtrace, ""));
    CHECK(str_eq(m.message2, "more"));
    CHECK(mdw_dump_mac_crash(dump, 1, &m, NULL) == MDW_OK);
    CHECK(m.thread == 4 && str_eq(m.module, "/usr/lib/y.dylib"));
    CHECK(str_eq(m.message2, ""));
    CHECK(mdw_dump_mac_crash(dump, 2, &m, NULL) == MDW_E_ARG);
    mdw_utf16 args;
    CHECK(mdw_dump_mac_bootargs(dump, &args, NULL) == MDW_OK);
    CHECK(wide_is(args, "-v"));
    mdw_str errors;
    CHECK(mdw_dump_soft_errors(dump, &errors, NULL) == MDW_OK);
    CHECK(str_eq(errors, "[{\"a\":1}]"));
}

static void check_old_mac(bool big_endian)
{
    static const synth_crash rows[2][1] = {
        {{.version = 1, .texts = {"m", "", "", "", ""}}},
        {{.version = 4,
          .thread = 7,
          .dialog_mode = 8,
          .texts = {"m", "", "", "", ""}}},
    };
    for (size_t i = 0; i < 2; i++) {
        t_case = i ? "version 4" : "version 1";
        synth *s = synth_new(big_endian);
        synth_mac_crash(s, rows[i], 1);
        mdw_dump *dump = dump_of(synth_finish(s));
        mdw_raw_mac_crash m = MDW_INIT(mdw_raw_mac_crash);
        CHECK(mdw_dump_mac_crash(dump, 0, &m, NULL) == MDW_OK);
        CHECK_U64(m.version, rows[i][0].version);
        CHECK_U64(m.thread, rows[i][0].thread);
        CHECK_U64(m.dialog_mode, rows[i][0].dialog_mode);
        CHECK(!m.abort_cause && str_eq(m.module, "m"));
        mdw_dump_close(dump);
        synth_free(s);
    }
}

static const struct {
    uint64_t address;
    const char *symbol;
} frames[] = {{0x401001, "main"}, {0x401100, ""}, {0x7FF612340100, "start"}};

static void check_client(const mdw_dump *dump, const synth_options *o)
{
    (void)o;
    mdw_raw_client_stack c = MDW_INIT(mdw_raw_client_stack);
    mdw_raw_client_frame f = MDW_INIT(mdw_raw_client_frame);
    CHECK_U64(mdw_dump_client_stack_count(dump), 2);
    CHECK(mdw_dump_client_stack(dump, 0, &c, NULL) == MDW_OK);
    CHECK(c.thread_id == 11 && c.first_frame == 0 && c.frame_count == 1);
    CHECK(mdw_dump_client_stack(dump, 1, &c, NULL) == MDW_OK);
    CHECK(c.thread_id == 12 && c.first_frame == 1 && c.frame_count == 2);
    for (size_t i = 0; i < 3; i++) {
        CHECK(mdw_dump_client_frame(dump, i, &f, NULL) == MDW_OK);
        CHECK_U64(f.address, frames[i].address);
        CHECK(str_eq(f.symbol, frames[i].symbol) && !f.damage);
    }
    CHECK(mdw_dump_client_frame(dump, 3, &f, NULL) == MDW_E_ARG);
    CHECK(mdw_dump_client_stack(dump, 2, &c, NULL) == MDW_E_ARG);
}

static void check_bad_client(bool big_endian)
{
    synth *s = synth_new(big_endian);
    synth_begin(s, 0x53790001);
    put32(s, 1);
    put32(s, 1);          /* threads, 12 bytes and 4 of padding */
    put32(s, UINT32_MAX); /* frames */
    put32(s, 4);          /* bytes of text */
    put32(s, 9);
    put32(s, 1);
    put32(s, UINT32_MAX);
    put32(s, 0);
    for (size_t i = 0; i < 3; i++) {
        put64(s, i);
        put32(s, UINT32_MAX);
        put32(s, UINT32_MAX);
    }
    synth_end(s);
    mdw_dump *dump = dump_of(synth_finish(s));
    mdw_raw_client_stack c = MDW_INIT(mdw_raw_client_stack);
    mdw_raw_client_frame f = MDW_INIT(mdw_raw_client_frame);
    t_case = "frames that are not there are not counted";
    CHECK(mdw_dump_client_stack(dump, 0, &c, NULL) == MDW_OK);
    CHECK(c.thread_id == 9 && c.first_frame == 1 && c.frame_count == 2);
    CHECK(mdw_dump_client_frame(dump, 2, &f, NULL) == MDW_OK);
    CHECK(f.address == 2 && !f.symbol.len && f.damage == MDW_DAMAGE_NAME);
    CHECK(mdw_dump_client_frame(dump, 3, &f, NULL) == MDW_E_ARG);
    mdw_dump_close(dump);
    synth_free(s);

    t_case = "a symbol cut by the end of the file";
    s = synth_new(big_endian);
    synth_begin(s, 0x53790001);
    put32(s, 1);
    put32(s, 0);
    put32(s, 1);
    put32(s, 9);
    put64(s, 5);
    put32(s, 0);
    put32(s, 9);
    put_bytes(s, "12345678", 8);
    synth_end(s);
    dump = dump_of(synth_finish(s));
    CHECK(mdw_dump_client_frame(dump, 0, &f, NULL) == MDW_OK);
    CHECK(f.address == 5 && !f.symbol.len && f.damage == MDW_DAMAGE_NAME);
    mdw_dump_close(dump);
    synth_free(s);

    t_case = "another version";
    s = synth_new(big_endian);
    synth_begin(s, 0x53790001);
    put_fields(s, "4444", 2);
    put_zeros(s, 100);
    synth_end(s);
    dump = dump_of(synth_finish(s));
    CHECK_U64(mdw_dump_client_stack_count(dump), 0);
    CHECK(mdw_dump_client_stack(dump, 0, &c, NULL) == MDW_E_UNSUPPORTED);
    mdw_dump_close(dump);
    synth_free(s);
}

int main(void)
{
    each_case(check_crashpad);
    each_case(check_annotations);
    check_bad_annotations(false);
    check_bad_annotations(true);
    check_endless();
    each_case(check_mac);
    check_old_mac(false);
    check_old_mac(true);
    each_case(check_client);
    check_bad_client(false);
    check_bad_client(true);
    return t_done();
}
