/* tests/test_state_modules.c - what identifies modules, and which addresses
 * they own. */
#include "state_of.h"

typedef struct id_row {
    const char *name;
    uint16_t processor;
    uint32_t platform;
    bool big_endian;
    synth_module module;
    uint32_t format;
    const char *debug_id, *code_id, *debug_file;
} id_row;

#define GUID                                                                   \
    {                                                                          \
        0x01, 0x23, 0x45, 0x67, 0x89, 0xAB, 0xCD, 0xEF, 0xFE, 0xDC, 0xBA,      \
            0x98, 0x76, 0x54, 0x32, 0x10                                       \
    }
#define BUILD_ID                                                               \
    {                                                                          \
        0x01, 0x23, 0x45, 0x67, 0x89, 0xAB, 0xCD, 0xEF, 0xFE, 0xDC, 0xBA,      \
            0x98, 0x76, 0x54, 0x32, 0x10, 0xAA, 0xBB, 0xCC, 0xDD               \
    }
#define AT(file)                                                               \
    .base = 0x1000, .size = 0x2D000, .timestamp = 0x45D35F6C, .name = (file)

static const id_row ids[] = {
    {"PDB 7.0",
     CPU_AMD64,
     OS_NT,
     false,
     {AT("C:\\a.exe"), .cv = {.signature = "RSDS",
                              .id = GUID,
                              .age = 0x1F,
                              .file = "c:\\a.pdb"}},
     MDW_FORMAT_PE,
     "0123456789ABCDEFFEDCBA98765432101f",
     "45D35F6C2d000",
     "c:\\a.pdb"},
    {"a PDB with no GUID has no debug id",
     CPU_AMD64,
     OS_NT,
     false,
     {AT("C:\\a.exe"), .cv = {.signature = "RSDS", .age = 1, .file = "a.pdb"}},
     MDW_FORMAT_PE,
     "",
     "45D35F6C2d000",
     "a.pdb"},
    {"PDB 2.0",
     CPU_X86,
     OS_NT,
     false,
     {AT("C:\\a.exe"), .cv = {.signature = "NB10",
                              .timestamp = 0x12345678,
                              .age = 0xA,
                              .file = "a.pdb"}},
     MDW_FORMAT_PE,
     "12345678a",
     "45D35F6C2d000",
     "a.pdb"},
    {"PE without CodeView",
     CPU_X86,
     OS_NT,
     false,
     {AT("C:\\a.dll")},
     MDW_FORMAT_PE,
     "",
     "45D35F6C2d000",
     ""},
    {"a PDB name that is no UTF-8",
     CPU_AMD64,
     OS_NT,
     false,
     {AT("C:\\a.exe"), .cv = {.signature = "RSDS",
                              .id = GUID,
                              .age = 1,
                              .file = "\xE9t\xE9.pdb"}},
     MDW_FORMAT_PE,
     "0123456789ABCDEFFEDCBA98765432101",
     "45D35F6C2d000",
     "\xEF\xBF\xBDt\xEF\xBF\xBD.pdb"},
    {"a build id of 20 bytes",
     CPU_AMD64,
     OS_LINUX,
     false,
     {AT("/bin/a"), .cv = {.signature = "BpEL", .id = BUILD_ID, .id_len = 20}},
     MDW_FORMAT_ELF,
     "67452301AB89EFCDFEDCBA98765432100",
     "0123456789abcdeffedcba9876543210aabbccdd",
     "/bin/a"},
    {"a build id of 8 bytes",
     CPU_AMD64,
     OS_LINUX,
     false,
     {AT("/bin/a"), .cv = {.signature = "BpEL", .id = BUILD_ID, .id_len = 8}},
     MDW_FORMAT_ELF,
     "67452301AB89EFCD00000000000000000",
     "0123456789abcdef",
     "/bin/a"},
    {"a build id of a big-endian target is not turned",
     3,
     OS_LINUX,
     true,
     {AT("/bin/a"), .cv = {.signature = "BpEL", .id = BUILD_ID, .id_len = 20}},
     MDW_FORMAT_ELF,
     "0123456789ABCDEFFEDCBA98765432100",
     "0123456789abcdeffedcba9876543210aabbccdd",
     "/bin/a"},
    {"a build id of zeros is none",
     CPU_AMD64,
     OS_LINUX,
     false,
     {AT("/bin/a"), .cv = {.signature = "BpEL", .id_len = 20}},
     MDW_FORMAT_ELF,
     "",
     "",
     "/bin/a"},
    {"an empty build id is none",
     CPU_AMD64,
     OS_LINUX,
     false,
     {AT("/bin/a"), .cv = {.signature = "BpEL"}},
     MDW_FORMAT_ELF,
     "",
     "",
     "/bin/a"},
    {"ELF without CodeView",
     CPU_AMD64,
     OS_LINUX,
     false,
     {AT("/bin/a")},
     MDW_FORMAT_ELF,
     "",
     "",
     ""},
    {"Wine's ELF modules",
     CPU_AMD64,
     OS_NT,
     false,
     {AT("/bin/wine"),
      .cv = {.signature = "BpEL", .id = BUILD_ID, .id_len = 20}},
     MDW_FORMAT_ELF,
     "67452301AB89EFCDFEDCBA98765432100",
     "0123456789abcdeffedcba9876543210aabbccdd",
     "/bin/wine"},
    {"Mach-O",
     CPU_ARM64,
     OS_MAC,
     false,
     {AT("/usr/lib/a.dylib"),
      .cv = {.signature = "RSDS", .id = GUID, .file = "a.dylib"}},
     MDW_FORMAT_MACHO,
     "0123456789ABCDEFFEDCBA98765432100",
     "0123456789ABCDEFFEDCBA9876543210",
     "a.dylib"},
    {"an unknown system: the ending tells",
     0xFFFF,
     0x7777,
     false,
     {AT("C:\\a.DLL")},
     MDW_FORMAT_PE,
     "",
     "45D35F6C2d000",
     ""},
    {"an unknown record",
     CPU_AMD64,
     OS_LINUX,
     false,
     {AT("/bin/a"), .cv = {.signature = "NB09", .id = GUID, .id_len = 16}},
     MDW_FORMAT_ELF,
     "",
     "",
     ""},
};

static void check_ids(void)
{
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
        const id_row *r = &ids[i];
        t_case = r->name;
        synth *s = synth_new(r->big_endian);
        put_system(s, r->processor, r->platform);
        synth_module_list(s, &r->module, 1);
        opened o = state_of(s);
        mdw_module m = MDW_INIT(mdw_module);
        CHECK(mdw_state_module(o.state, 0, &m) == MDW_OK);
        char text[MDW_ID_TEXT_MAX];
        mdw_debug_id_text(&m.debug_id, MDW_ID_BREAKPAD, text);
        CHECK(text_is((mdw_str){text, strlen(text)}, r->debug_id));
        CHECK(text_is(m.code_id, r->code_id));
        CHECK(text_is(m.debug_file, r->debug_file));
        CHECK(text_is(m.code_file, r->module.name));
        CHECK_U64(m.format, r->format);
        CHECK_U64(m.timestamp, 0x45D35F6C);
        CHECK(text_is(m.version, ""));
        state_done(&o);
    }
}

/* MINIDUMP_MODULE, 108 bytes, written out where the builder has no field. */
static void put_module(synth *s, uint32_t size, uint32_t name,
                       uint32_t struct_version, uint32_t cv_size, uint32_t cv)
{
    put64(s, 0x1000);
    put32(s, size);
    put32(s, 0);
    put32(s, 1);
    put32(s, name);
    put32(s, struct_version ? 0xFEEF04BD : 0);
    put32(s, struct_version);
    put32(s, 0x00020003);
    put32(s, 0x00040005);
    put32(s, 6);
    put32(s, 7);
    put_zeros(s, 28);
    put32(s, cv_size);
    put32(s, cv);
    put_zeros(s, 24);
}

static void check_version(void)
{
    static const struct {
        const char *name;
        uint32_t platform, struct_version;
        const char *want;
    } rows[] = {
        {"Windows packs two numbers in a word", OS_NT, 0x10000, "2.3.4.5"},
        {"macOS does too", OS_MAC, 0x10000, "2.3.4.5"},
        {"ELF has four words", OS_LINUX, 0x10000, "131075.262149.6.7"},
        {"another structure is not understood", OS_NT, 0x20000, ""},
        {"no structure", OS_NT, 0, ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        t_case = rows[i].name;
        synth *s = synth_new(false);
        put_system(s, CPU_AMD64, rows[i].platform);
        synth_begin(s, MDW_STREAM_MODULE_LIST);
        put32(s, 1);
        put_module(s, 0x1000, 0, rows[i].struct_version, 0, 0);
        synth_end(s);
        opened o = state_of(s);
        mdw_module m = MDW_INIT(mdw_module);
        CHECK(mdw_state_module(o.state, 0, &m) == MDW_OK);
        CHECK(text_is(m.version, rows[i].want));
        state_done(&o);
    }
}

static void check_damage(void)
{
    t_case = "a bad name, record or size costs only itself";
    synth *s = synth_new(false);
    put_system(s, CPU_AMD64, OS_NT);
    synth_begin(s, MDW_STREAM_MODULE_LIST);
    put32(s, 9);
    put_module(s, 0x1000, 0xFFFFFF00, 0, 0, 0);
    put_module(s, 0x1000, 0, 0, 0x20, 0xFFFFFF00);
    put_module(s, 0, 0, 0, 0, 0);
    synth_end(s);
    opened o = state_of(s);
    CHECK_U64(mdw_state_module_count(o.state), 3);
    mdw_module m = MDW_INIT(mdw_module);
    CHECK(mdw_state_module(o.state, 0, &m) == MDW_OK);
    CHECK(text_is(m.code_file, ""));
    CHECK_U64(m.owned.size, 0x1000);
    CHECK(mdw_state_module(o.state, 1, &m) == MDW_OK);
    CHECK(text_is(m.code_id, "000000011000"));
    CHECK(mdw_state_module(o.state, 2, &m) == MDW_OK);
    CHECK_U64(m.owned.size, 0);
    CHECK(mdw_state_module(o.state, 3, &m) == MDW_E_ARG);
    CHECK_U64(issues_of(o.state, MDW_E_TRUNCATED, "list is cut short"), 1);
    CHECK_U64(issues_of(o.state, MDW_E_RANGE, "MINIDUMP_MODULE.ModuleNameRva"),
              1);
    CHECK_U64(issues_of(o.state, MDW_E_RANGE, "MINIDUMP_MODULE.CvRecord"), 1);
    CHECK_U64(issues_of(o.state, MDW_E_RANGE, "MINIDUMP_MODULE.SizeOfImage"),
              1);
    CHECK_U64(
        issues_of(o.state, MDW_E_RANGE, "MINIDUMP_MODULE overlaps another"), 1);
    state_done(&o);
}

typedef struct owned_row {
    const char *name;
    uint32_t platform;
    synth_module modules[3];
    size_t count;
    const char *maps;
    mdw_range owned[3];
    uint64_t overlaps;
} owned_row;

static const owned_row owners[] = {
    {"modules apart own all of themselves",
     OS_NT,
     {{.base = 0x3000, .size = 0x1000}, {.base = 0x1000, .size = 0x2000}},
     2,
     NULL,
     {{0x3000, 0x1000}, {0x1000, 0x2000}},
     0},
    {"Windows: the lower start wins whole",
     OS_NT,
     {{.base = 0x2000, .size = 0x3000}, {.base = 0x1000, .size = 0x2000}},
     2,
     NULL,
     {{0x3000, 0x2000}, {0x1000, 0x2000}},
     1},
    {"Windows: what is inside another owns nothing",
     OS_NT,
     {{.base = 0x1000, .size = 0x5000},
      {.base = 0x2000, .size = 0x1000},
      {.base = 0x3000, .size = 0x4000}},
     3,
     NULL,
     {{0x1000, 0x5000}, {0x3000, 0}, {0x6000, 0x1000}},
     2},
    {"Windows: of two with one start the first has it",
     OS_NT,
     {{.base = 0x1000, .size = 0x1000}, {.base = 0x1000, .size = 0x3000}},
     2,
     NULL,
     {{0x1000, 0x1000}, {0x2000, 0x2000}},
     1},
    {"Linux: the lower one is cut",
     OS_LINUX,
     {{.base = 0x1000, .size = 0x5000}, {.base = 0x2000, .size = 0x1000}},
     2,
     NULL,
     {{0x1000, 0x1000}, {0x2000, 0x1000}},
     1},
    {"Android: so it is there",
     OS_ANDROID,
     {{.base = 0x1000, .size = 0x5000}, {.base = 0x2000, .size = 0x1000}},
     2,
     NULL,
     {{0x1000, 0x1000}, {0x2000, 0x1000}},
     1},
    {"Linux: of two with one start the first has it",
     OS_LINUX,
     {{.base = 0x1000, .size = 0x1000},
      {.base = 0x1000, .size = 0x3000},
      {.base = 0x1800, .size = 0x1000}},
     3,
     NULL,
     {{0x1000, 0x800}, {0x1000, 0}, {0x1800, 0x1000}},
     2},
    {"Linux: shared memory is no module",
     OS_LINUX,
     {{.base = 0x1000, .size = 0x5000, .name = "/SYSV00000000 (deleted)"},
      {.base = 0x2000, .size = 0x1000, .name = "/bin/a"},
      {.base = 0x7000, .size = 0x1000, .name = "/dev/ashmem/dalvik"}},
     3,
     NULL,
     {{0x1000, 0}, {0x2000, 0x1000}, {0x7000, 0}},
     0},
    {"Linux: a file in memory with a build id is one",
     OS_LINUX,
     {{.base = 0x1000,
       .size = 0x5000,
       .name = "/memfd:jit (deleted)",
       .cv = {.signature = "BpEL", .id = BUILD_ID, .id_len = 20}}},
     1,
     NULL,
     {{0x1000, 0x5000}},
     0},
    {"Windows knows no such names",
     OS_NT,
     {{.base = 0x1000, .size = 0x5000, .name = "/dev/zero"}},
     1,
     NULL,
     {{0x1000, 0x5000}},
     0},
    {"LLDB's sizes are those of headers, and maps tell",
     OS_LINUX,
     {{.base = 0x1000, .size = 0xD90, .name = "/lib/a.so"},
      {.base = 0x9000, .size = 0x800, .name = "/bin/b"}},
     2,
     "1000-2000 r--p 00000000 08:01 7 /usr/lib/a.so\n"
     "2000-5000 r-xp 00001000 08:01 7 /usr/lib/a.so\n"
     "6000-7000 rw-p 00004000 08:01 7 /usr/lib/a.so\n"
     "9000-a000 r-xp 00000000 08:01 8 /bin/c\n"
     "a000-b000 r-xp 00001000 08:01 8 /bin/c\n",
     {{0x1000, 0x4000}, {0x9000, 0x800}},
     0},
    {"a size past the first mapping is believed",
     OS_LINUX,
     {{.base = 0x1000, .size = 0x2000, .name = "/lib/a.so"}},
     1,
     "1000-2000 r--p 00000000 08:01 7 /lib/a.so\n"
     "2000-5000 r-xp 00001000 08:01 7 /lib/a.so\n",
     {{0x1000, 0x2000}},
     0},
    {"a size rounded up to a page is no other size",
     OS_LINUX,
     {{.base = 0x1000, .size = 0xC4C, .name = "/lib/a.so"}},
     1,
     "1000-2000 r-xp 00000000 08:01 7 /lib/a.so\n",
     {{0x1000, 0xC4C}},
     0},
    {"what is widened stops at the next module",
     OS_LINUX,
     {{.base = 0x1000, .size = 0x100, .name = "/lib/a.so"},
      {.base = 0x3000, .size = 0x1000, .name = "/lib/b.so"}},
     2,
     "1000-2000 r--p 00000000 08:01 7 /lib/a.so\n"
     "2000-5000 r-xp 00001000 08:01 7 /lib/a.so\n",
     {{0x1000, 0x2000}, {0x3000, 0x1000}},
     1},
};

static void check_owned(void)
{
    for (size_t i = 0; i < sizeof owners / sizeof *owners; i++) {
        const owned_row *r = &owners[i];
        t_case = r->name;
        synth *s = synth_new(false);
        put_system(s, CPU_AMD64, r->platform);
        synth_module_list(s, r->modules, r->count);
        if (r->maps)
            synth_text(s, MDW_STREAM_LINUX_MAPS, r->maps, strlen(r->maps));
        opened o = state_of(s);
        for (size_t k = 0; k < r->count; k++) {
            mdw_module m = MDW_INIT(mdw_module);
            CHECK(mdw_state_module(o.state, k, &m) == MDW_OK);
            CHECK_U64(m.owned.size, r->owned[k].size);
            CHECK(!m.owned.size || m.owned.start == r->owned[k].start);
            CHECK_U64(m.range.size, r->modules[k].size);
            if (!r->owned[k].size)
                continue;
            uint64_t last = r->owned[k].start + r->owned[k].size - 1;
            CHECK_U64(mdw_state_module_find(o.state, r->owned[k].start), k);
            CHECK_U64(mdw_state_module_find(o.state, last), k);
            CHECK(mdw_state_module_find(o.state, last + 1) != k);
        }
        CHECK_U64(
            issues_of(o.state, MDW_E_RANGE, "MINIDUMP_MODULE overlaps another"),
            r->overlaps);
        state_done(&o);
    }
}

static void check_unloaded(void)
{
    t_case = "unloaded modules keep their order and may be anywhere";
    static const synth_module rows[] = {
        {.base = 0x5000, .size = 0x1000, .timestamp = 0xAB, .name = "b.dll"},
        {.base = 0x1000, .size = 0x9000, .timestamp = 2, .name = "a.dll"}};
    synth *s = synth_new(false);
    put_system(s, CPU_AMD64, OS_NT);
    synth_unloaded_list(s, rows, 2);
    opened o = state_of(s);
    CHECK_U64(mdw_state_unloaded_count(o.state), 2);
    mdw_unloaded u = MDW_INIT(mdw_unloaded);
    CHECK(mdw_state_unloaded(o.state, 0, &u) == MDW_OK);
    CHECK(text_is(u.code_file, "b.dll"));
    CHECK(text_is(u.code_id, "000000AB1000"));
    CHECK_U64(u.range.start, 0x5000);
    CHECK(mdw_state_unloaded(o.state, 1, &u) == MDW_OK);
    CHECK(text_is(u.code_file, "a.dll"));
    CHECK_U64(mdw_state_module_find(o.state, 0x5000), MDW_NONE);
    state_done(&o);
}

int main(void)
{
    check_ids();
    check_version();
    check_damage();
    check_owned();
    check_unloaded();
    return t_done();
}
