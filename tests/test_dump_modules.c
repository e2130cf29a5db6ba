/* tests/test_dump_modules.c - modules, their versions and CodeView records,
 * unloaded modules. */
#include "dump_cases.h"

static void check_modules(const mdw_dump *dump, const synth_options *o)
{
    (void)o;
    CHECK_U64(mdw_dump_module_count(dump), 3);
    for (size_t i = 0; i < 3; i++) {
        const synth_module *want = &everything_modules[i];
        mdw_raw_module m = MDW_INIT(mdw_raw_module);
        CHECK(mdw_dump_module(dump, i, &m, NULL) == MDW_OK);
        CHECK_U64(m.range.start, want->base);
        CHECK_U64(m.range.size, want->size);
        CHECK_U64(m.checksum, want->checksum);
        CHECK_U64(m.timestamp, want->timestamp);
        CHECK(wide_is(m.name, want->name));
        CHECK_U64(m.version.len, 52);
        CHECK(bytes_eq(m.misc, want->misc, want->misc_len));
        CHECK_U64(m.damage, 0);
        CHECK(m.cv.len && m.cv.data == mdw_dump_bytes(dump).data + m.cv_offset);
        mdw_raw_version v = MDW_INIT(mdw_raw_version);
        CHECK(mdw_dump_version(dump, m.version, &v) ==
              (want->version ? MDW_OK : MDW_ABSENT));
        const uint32_t got[] = {v.struct_version, v.file_hi,    v.file_lo,
                                v.product_hi,     v.product_lo, v.flags_mask,
                                v.flags,          v.os,         v.type,
                                v.subtype,        v.date_hi,    v.date_lo};
        for (uint32_t j = 0; want->version && j < 12; j++)
            CHECK_U64(got[j], 0x50 + j);
    }
}

static void check_cv(const mdw_dump *dump, const synth_options *o)
{
    (void)o;
    mdw_raw_module m = MDW_INIT(mdw_raw_module);
    mdw_raw_cv cv = MDW_INIT(mdw_raw_cv);
    mdw_dump_module(dump, 0, &m, NULL);
    CHECK(mdw_dump_cv(dump, m.cv, &cv) == MDW_OK);
    CHECK(cv.kind == MDW_CV_PDB70 && str_eq(cv.file, "app.pdb"));
    CHECK(!memcmp(cv.guid, everything_modules[0].cv.id, 16));
    CHECK_U64(cv.age, 3);
    mdw_dump_module(dump, 1, &m, NULL);
    CHECK(mdw_dump_cv(dump, m.cv, &cv) == MDW_OK);
    CHECK(cv.kind == MDW_CV_ELF && !cv.file.len);
    CHECK(bytes_eq(cv.build_id, everything_modules[1].cv.id, 20));
    mdw_dump_module(dump, 2, &m, NULL);
    CHECK(mdw_dump_cv(dump, m.cv, &cv) == MDW_OK);
    CHECK(cv.kind == MDW_CV_PDB20 && str_eq(cv.file, "old.pdb"));
    CHECK_U64(cv.timestamp, 0x3A000000);
    CHECK_U64(cv.age, 5);
}

static void check_unloaded(const mdw_dump *dump, const synth_options *o)
{
    (void)o;
    CHECK_U64(mdw_dump_unloaded_count(dump), 2);
    for (size_t i = 0; i < 2; i++) {
        const synth_module *want = &everything_unloaded[i];
        mdw_raw_unloaded m = MDW_INIT(mdw_raw_unloaded);
        CHECK(mdw_dump_unloaded(dump, i, &m, NULL) == MDW_OK);
        CHECK_U64(m.range.start, want->base);
        CHECK_U64(m.range.size, want->size);
        CHECK_U64(m.checksum, want->checksum);
        CHECK_U64(m.timestamp, want->timestamp);
        CHECK(wide_is(m.name, want->name) && !m.damage);
    }
}

/* A module whose references are changed. */
static const struct {
    const char *name;
    size_t field; /* offset in MINIDUMP_MODULE */
    uint32_t value, damage;
    bool has_name, has_cv;
} damages[] = {
    {"as it is", 16, 0, 0, true, true},
    {"a name outside", 20, UINT32_MAX, MDW_DAMAGE_NAME, false, true},
    {"a name longer than the file", 20, 608, MDW_DAMAGE_NAME, false, true},
    {"no name", 20, 0, 0, false, true},
    {"a CodeView record outside", 80, UINT32_MAX, MDW_DAMAGE_CV, true, false},
    {"a CodeView record too long", 76, 0xFFFF, MDW_DAMAGE_CV, true, false},
    {"no CodeView record", 76, 0, 0, true, false},
    {"a misc record outside", 88, UINT32_MAX, MDW_DAMAGE_MISC, true, true},
};

static void check_damages(bool big_endian)
{
    for (size_t i = 0; i < sizeof damages / sizeof *damages; i++) {
        t_case = damages[i].name;
        synth *s = synth_new(big_endian);
        synth_module_list(s, everything_modules, 1);
        mdw_bytes b = synth_finish(s);
        uint8_t *file = malloc(b.len), value[4];
        memcpy(file, b.data, b.len);
        t_put(value, damages[i].value, 4);
        for (size_t j = 0; j < 4; j++)
            file[608 + 4 + damages[i].field + j] =
                value[big_endian ? 3 - j : j];
        /* the count, read as a string's length, reaches beyond the end */
        if (damages[i].value == 608)
            file[608 + 1] = file[608 + 2] = 0xFF;
        mdw_dump *dump = dump_of((mdw_bytes){file, b.len});
        mdw_raw_module m = MDW_INIT(mdw_raw_module);
        CHECK(mdw_dump_module(dump, 0, &m, NULL) == MDW_OK);
        CHECK_U64(m.range.start, 0x400000);
        CHECK_U64(m.damage, damages[i].damage);
        CHECK((m.name.len > 0) == damages[i].has_name);
        CHECK((m.cv.len > 0) == damages[i].has_cv);
        mdw_dump_close(dump);
        free(file);
        synth_free(s);
    }
}

/* CodeView records as bytes of a little-endian file. */
static const struct {
    const char *name, *bytes;
    size_t len;
    mdw_status status;
    uint32_t kind;
    const char *file;
} records[] = {
    {"nothing", "", 0, MDW_ABSENT, 0, ""},
    {"less than a signature", "RSD", 3, MDW_E_TRUNCATED, 0, ""},
    {"another signature", "XXXXyyyy", 8, MDW_OK, MDW_CV_UNKNOWN, ""},
    {"RSDS without a name", "RSDS0123456789abcdef\1\0\0\0", 24, MDW_OK,
     MDW_CV_PDB70, ""},
    {"RSDS with a name that has no NUL", "RSDS0123456789abcdef\1\0\0\0a.pdb",
     29, MDW_OK, MDW_CV_PDB70, "a.pdb"},
    {"RSDS with junk behind its NUL", "RSDS0123456789abcdef\1\0\0\0a\0bc", 28,
     MDW_OK, MDW_CV_PDB70, "a"},
    {"RSDS cut", "RSDS0123456789abcdef\1\0\0", 23, MDW_E_TRUNCATED, 0, ""},
    {"NB10", "NB10\0\0\0\0tttt\1\0\0\0b.pdb", 21, MDW_OK, MDW_CV_PDB20,
     "b.pdb"},
    {"NB10 cut", "NB10\0\0\0\0tttt\1\0\0", 15, MDW_E_TRUNCATED, 0, ""},
    {"NB09", "NB09....", 8, MDW_OK, MDW_CV_NB09, ""},
    {"NB11", "NB11", 4, MDW_OK, MDW_CV_NB11, ""},
    {"a build id of no bytes", "LEpB", 4, MDW_OK, MDW_CV_ELF, ""},
};

static void check_records(void)
{
    synth *s = synth_new(false);
    mdw_dump *dump = dump_of(synth_finish(s));
    for (size_t i = 0; i < sizeof records / sizeof *records; i++) {
        t_case = records[i].name;
        uint8_t bytes[64];
        memcpy(bytes, records[i].bytes, records[i].len);
        mdw_raw_cv cv = MDW_INIT(mdw_raw_cv);
        CHECK(mdw_dump_cv(dump, (mdw_bytes){bytes, records[i].len}, &cv) ==
              records[i].status);
        CHECK_U64(cv.kind, records[i].kind);
        CHECK(str_eq(cv.file, records[i].file));
    }
    t_case = "a version cut short";
    uint8_t version[51] = {0xBD, 0x04, 0xEF, 0xFE};
    mdw_raw_version v = MDW_INIT(mdw_raw_version);
    CHECK(mdw_dump_version(dump, (mdw_bytes){version, sizeof version}, &v) ==
          MDW_E_TRUNCATED);
    mdw_dump_close(dump);
    synth_free(s);
}

static void check_unloaded_name(bool big_endian)
{
    t_case = "an unloaded module's name outside the file";
    synth *s = synth_new(big_endian);
    synth_begin(s, 14);
    put32(s, 12);
    put32(s, 24);
    put32(s, 1);
    put64(s, 0x1000);
    put_zeros(s, 12);
    put32(s, UINT32_MAX);
    synth_end(s);
    mdw_dump *dump = dump_of(synth_finish(s));
    mdw_raw_unloaded m = MDW_INIT(mdw_raw_unloaded);
    CHECK(mdw_dump_unloaded(dump, 0, &m, NULL) == MDW_OK);
    CHECK(m.range.start == 0x1000 && !m.name.len);
    CHECK_U64(m.damage, MDW_DAMAGE_NAME);
    mdw_dump_close(dump);
    synth_free(s);
}

static void check_top(void)
{
    static const synth_module row = {.base = UINT64_MAX - 9, .size = 100};
    synth *s = synth_new(false);
    synth_module_list(s, &row, 1);
    synth_unloaded_list(s, &row, 1);
    mdw_dump *dump = dump_of(synth_finish(s));
    t_case = "a module is cut at 2^64";
    mdw_raw_module m = MDW_INIT(mdw_raw_module);
    CHECK(mdw_dump_module(dump, 0, &m, NULL) == MDW_OK);
    CHECK_U64(m.range.size, 10);
    mdw_raw_unloaded u = MDW_INIT(mdw_raw_unloaded);
    CHECK(mdw_dump_unloaded(dump, 0, &u, NULL) == MDW_OK);
    CHECK_U64(u.range.size, 10);
    mdw_dump_close(dump);
    synth_free(s);
}

int main(void)
{
    each_case(check_modules);
    each_case(check_cv);
    each_case(check_unloaded);
    check_damages(false);
    check_damages(true);
    check_records();
    check_unloaded_name(false);
    check_unloaded_name(true);
    check_top();
    return t_done();
}
