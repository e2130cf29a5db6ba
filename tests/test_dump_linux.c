/* tests/test_dump_linux.c - Breakpad's streams: text, auxv, maps, loader. */
#include "dump_cases.h"

static void check_breakpad(const mdw_dump *dump, const synth_options *o)
{
    (void)o;
    mdw_raw_breakpad b = MDW_INIT(mdw_raw_breakpad);
    CHECK(mdw_dump_breakpad(dump, &b, NULL) == MDW_OK);
    CHECK(b.validity == 3 && b.dump_thread == 12 && b.requesting_thread == 11);
    mdw_raw_assertion a = MDW_INIT(mdw_raw_assertion);
    CHECK(mdw_dump_assertion(dump, &a, NULL) == MDW_OK);
    CHECK(wide_is(a.expression, "x > 0") && wide_is(a.function, "f"));
    CHECK(wide_is(a.file, "a.c") && a.line == 42 && a.type == 1);
}

static const struct {
    const char *name;
    uint32_t type;
    const char *text;
    size_t len; /* 0: strlen */
    const char *pairs[4][2];
} pairs[] = {
    {"cpuinfo",
     0x47670003,
     "processor\t: 0\nmodel name\t: A CPU @ 2.0\n\n"
     "flags\t:\n",
     0,
     {{"processor", "0"}, {"model name", "A CPU @ 2.0"}, {"flags", ""}}},
    {"status without a last newline",
     0x47670004,
     "Name:\tcrash\nPid:\t77",
     0,
     {{"Name", "crash"}, {"Pid", "77"}}},
    {"a line without separator",
     0x47670004,
     "no separator\nA:1\n",
     0,
     {{"", "no separator"}, {"A", "1"}}},
    {"the first separator counts", 0x47670004, "a:b:c", 0, {{"a", "b:c"}}},
    {"quotes of a release file",
     0x47670005,
     "A=\"x y\"\nB='z'\nC=\"\nD=",
     0,
     {{"A", "x y"}, {"B", "z"}, {"C", "\""}, {"D", ""}}},
    {"quotes of a status file stay",
     0x47670004,
     "A: \"x\"",
     0,
     {{"A", "\"x\""}}},
    {"CR LF", 0x47670004, "A: 1\r\nB: 2\r\n", 0, {{"A", "1"}, {"B", "2"}}},
    {"padding with NULs", 0x47670004, "A: 1\n\0\0\0\0", 9, {{"A", "1"}}},
    {"padding before", 0x47670004, "\0\0\0A: 1\n", 8, {{"A", "1"}}},
    {"nothing but newlines", 0x47670004, "\n\n \n", 0, {{NULL, NULL}}},
};

static void check_pairs(void)
{
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        t_case = pairs[i].name;
        synth *s = synth_new(false);
        synth_text(s, pairs[i].type, pairs[i].text,
                   pairs[i].len ? pairs[i].len : strlen(pairs[i].text));
        mdw_dump *dump = dump_of(synth_finish(s));
        mdw_cursor at = {0};
        mdw_raw_pair p = MDW_INIT(mdw_raw_pair);
        for (size_t j = 0; j < 4 && pairs[i].pairs[j][0]; j++) {
            CHECK(mdw_dump_pair_next(dump, pairs[i].type, &at, &p, NULL) ==
                  MDW_OK);
            CHECK(str_eq(p.key, pairs[i].pairs[j][0]));
            CHECK(str_eq(p.value, pairs[i].pairs[j][1]));
        }
        CHECK(mdw_dump_pair_next(dump, pairs[i].type, &at, &p, NULL) ==
              MDW_END);
        CHECK(mdw_dump_pair_next(dump, 3, &at, &p, NULL) == MDW_E_UNSUPPORTED);
        mdw_dump_close(dump);
        synth_free(s);
    }
}

static void check_texts(const mdw_dump *dump, const synth_options *o)
{
    (void)o;
    static const char *const arguments[] = {"./crash", "--now", ""};
    static const char *const variables[] = {"A=1", "B=two\nlines", "C"};
    mdw_cursor at = {0};
    mdw_str text;
    for (size_t i = 0; i < 3; i++) {
        CHECK(mdw_dump_text_next(dump, 0x47670006, &at, &text, NULL) == MDW_OK);
        CHECK(str_eq(text, arguments[i]));
    }
    CHECK(mdw_dump_text_next(dump, 0x47670006, &at, &text, NULL) == MDW_END);
    at = (mdw_cursor){0};
    for (size_t i = 0; i < 3; i++) {
        CHECK(mdw_dump_text_next(dump, 0x47670007, &at, &text, NULL) == MDW_OK);
        CHECK(str_eq(text, variables[i]));
    }
    CHECK(mdw_dump_text_next(dump, 0x47670007, &at, &text, NULL) == MDW_END);
    CHECK(mdw_dump_text_next(dump, 3, &at, &text, NULL) == MDW_E_UNSUPPORTED);
}

static void check_auxv(const mdw_dump *dump, const synth_options *o)
{
    static const uint64_t want[][2] = {
        {3, 0x400040}, {9, 0x401000}, {33, 0x7FFF0000}};
    const uint32_t widths[] = {0, (uint32_t)o->pointer};
    for (size_t i = 0; i < 2; i++) {
        mdw_cursor at = {0};
        mdw_raw_auxv a = MDW_INIT(mdw_raw_auxv);
        for (size_t j = 0; j < 3; j++) {
            CHECK(mdw_dump_auxv_next(dump, widths[i], &at, &a, NULL) == MDW_OK);
            CHECK_U64(a.type, want[j][0]);
            CHECK_U64(a.value, want[j][1]);
        }
        CHECK(mdw_dump_auxv_next(dump, widths[i], &at, &a, NULL) == MDW_END);
        CHECK(mdw_dump_auxv_next(dump, 5, &at, &a, NULL) == MDW_E_ARG);
    }
}

static const struct {
    const char *name, *line;
    mdw_status status;
    uint64_t start, size, offset, device, inode;
    uint32_t flags;
    const char *path;
} maps[] = {
    {"a file", "00400000-00401000 r-xp 00001000 fd:01 77   /bin/x", MDW_OK,
     0x400000, 0x1000, 0x1000, 0xFD00000001, 77, 5, "/bin/x"},
    {"no path", "1000-2000 rw-s 0 00:00 0", MDW_OK, 0x1000, 0x1000, 0, 0, 0, 11,
     ""},
    {"deleted", "1000-2000 ---p 0 00:00 9  /a b (deleted)", MDW_OK, 0x1000,
     0x1000, 0, 0, 9, 16, "/a b"},
    {"a kind of memory", "1000-2000 r--p 0 00:00 0  [anon:a b]", MDW_OK, 0x1000,
     0x1000, 0, 0, 0, 1, "[anon:a b]"},
    {"the end of the address space",
     "ffffffffff600000-ffffffffffffffff --xp 0 00:00 0 [vsyscall]", MDW_OK,
     0xFFFFFFFFFF600000, 0x9FFFFF, 0, 0, 0, 4, "[vsyscall]"},
    {"nothing of it", "1000-1000 r--p 0 00:00 0", MDW_OK, 0x1000, 0, 0, 0, 0, 1,
     ""},
    {"the largest device", "1000-2000 r--p 0 ffffffff:ffffffff 0", MDW_OK,
     0x1000, 0x1000, 0, UINT64_MAX, 0, 1, ""},
    {"a device that is too large", "1000-2000 r--p 0 00:100000000 0",
     MDW_E_FORMAT, 0, 0, 0, 0, 0, 0, ""},
    {"no range", "nonsense", MDW_E_FORMAT, 0, 0, 0, 0, 0, 0, ""},
    {"backwards", "2000-1000 r--p 0 00:00 0", MDW_E_FORMAT, 0, 0, 0, 0, 0, 0,
     ""},
    {"too long a number", "10000000000000000-20000000000000000 r--p 0 00:00 0",
     MDW_E_FORMAT, 0, 0, 0, 0, 0, 0, ""},
    {"other permissions", "1000-2000 abcd 0 00:00 0", MDW_E_FORMAT, 0, 0, 0, 0,
     0, 0, ""},
    {"cut in the permissions", "1000-2000 r-", MDW_E_FORMAT, 0, 0, 0, 0, 0, 0,
     ""},
    {"cut in the device", "1000-2000 r--p 0 00", MDW_E_FORMAT, 0, 0, 0, 0, 0, 0,
     ""},
};

/* Every line between two good ones: neither is lost. */
static void check_maps(void)
{
    for (size_t i = 0; i < sizeof maps / sizeof *maps; i++) {
        t_case = maps[i].name;
        char text[256];
        int len = snprintf(text, sizeof text,
                           "1-2 r--p 0 00:00 0\n%s\n\n3-4 r--p 0 00:00 0 z\n",
                           maps[i].line);
        synth *s = synth_new(false);
        synth_text(s, 0x47670009, text, (size_t)len);
        mdw_dump *dump = dump_of(synth_finish(s));
        mdw_cursor at = {0};
        mdw_raw_map m = MDW_INIT(mdw_raw_map);
        mdw_error err = {0};
        CHECK(mdw_dump_map_next(dump, &at, &m, NULL) == MDW_OK);
        CHECK(m.range.start == 1 && m.offset == 608);
        mdw_status status = mdw_dump_map_next(dump, &at, &m, &err);
        CHECK(status == maps[i].status);
        if (!status) {
            CHECK_U64(m.range.start, maps[i].start);
            CHECK_U64(m.range.size, maps[i].size);
            CHECK_U64(m.file_offset, maps[i].offset);
            CHECK_U64(m.device, maps[i].device);
            CHECK_U64(m.inode, maps[i].inode);
            CHECK_U64(m.flags, maps[i].flags);
            CHECK(str_eq(m.path, maps[i].path));
        } else {
            CHECK_U64(err.offset, 608 + 19);
        }
        CHECK(mdw_dump_map_next(dump, &at, &m, NULL) == MDW_OK);
        CHECK(m.range.start == 3 && str_eq(m.path, "z"));
        CHECK(mdw_dump_map_next(dump, &at, &m, NULL) == MDW_END);
        mdw_dump_close(dump);
        synth_free(s);
    }
}

static void check_loader(const mdw_dump *dump, const synth_options *o)
{
    mdw_raw_dso_debug d = MDW_INIT(mdw_raw_dso_debug);
    mdw_raw_link_map m = MDW_INIT(mdw_raw_link_map);
    CHECK(mdw_dump_dso_debug(dump, &d, NULL) == MDW_OK);
    CHECK(d.version == 1 && d.count == 2);
    CHECK_U64(d.pointer, o->pointer);
    CHECK(d.is_packed == (o->dense && o->pointer == 8));
    CHECK(d.brk == 0x1000 && d.load_base == 0x1001 && d.dynamic == 0x1002);
    CHECK_U64(d.dynamic_section.len, 16);
    CHECK(mdw_dump_link_map(dump, &d, 0, &m, NULL) == MDW_OK);
    CHECK(!m.addr && m.dynamic == 0x600E28 && !m.name.len && !m.damage);
    CHECK(mdw_dump_link_map(dump, &d, 1, &m, NULL) == MDW_OK);
    CHECK(m.addr == 0x7FF60000 && m.dynamic == 0x7FF70000);
    CHECK(wide_is(m.name, "/lib/libc.so.6"));
    CHECK(mdw_dump_link_map(dump, &d, 2, &m, NULL) == MDW_E_ARG);
    d.count = UINT32_MAX;
    CHECK(mdw_dump_link_map(dump, &d, UINT32_MAX - 1, &m, NULL) ==
          MDW_E_TRUNCATED);
    d.pointer = 7;
    CHECK(mdw_dump_link_map(dump, &d, 0, &m, NULL) == MDW_E_ARG);
}

/* Without SystemInfo the link maps alone say how wide they are. */
static void check_layouts(bool big_endian)
{
    static const synth_map rows[] = {{0x1000, "a", 0x2000},
                                     {0x3000, "b", 0x4000}};
    static const struct {
        const char *name;
        size_t pointer;
        bool dense;
    } layouts[] = {{"64 bits", 8, false},
                   {"64 bits, dense", 8, true},
                   {"32 bits", 4, false}};
    for (size_t i = 0; i < 3; i++) {
        t_case = layouts[i].name;
        synth *s = synth_new(big_endian);
        synth_dso_debug(s, layouts[i].pointer, layouts[i].dense, rows, 2);
        mdw_dump *dump = dump_of(synth_finish(s));
        mdw_raw_dso_debug d = MDW_INIT(mdw_raw_dso_debug);
        CHECK(mdw_dump_dso_debug(dump, &d, NULL) == MDW_OK);
        CHECK_U64(d.pointer, layouts[i].pointer);
        CHECK(d.is_packed == layouts[i].dense);
        CHECK_U64(d.dynamic, 0x1002);
        mdw_dump_close(dump);
        synth_free(s);
    }
}

/* Dense link maps whose natural reading finds as many names, but one without
 * its NUL. */
static void check_terminators(bool big_endian)
{
    t_case = "a name has its NUL behind it";
    synth *s = synth_new(big_endian);
    synth_label first = synth_label_new(s), text = synth_label_new(s);
    synth_label bait = synth_label_new(s);
    synth_begin(s, 0x4767000A);
    put32(s, 1);
    put_offset(s, first, 4);
    put32(s, 2);
    put_zeros(s, 28);
    synth_end(s);
    synth_bind(s, first);
    for (size_t i = 0; i < 2; i++) {
        put64(s, 0);
        put_offset(s, text, 4);
        put_offset(s, bait, 4); /* dynamic; or the second name, if natural */
        put32(s, 0);
    }
    put_zeros(s, 8);
    synth_bind(s, text);
    put32(s, 2);
    put_utf16(s, "x", 4);
    synth_bind(s, bait);
    put32(s, 2);
    put_utf16(s, "xy", 4);
    mdw_dump *dump = dump_of(synth_finish(s));
    mdw_raw_dso_debug d = MDW_INIT(mdw_raw_dso_debug);
    CHECK(mdw_dump_dso_debug(dump, &d, NULL) == MDW_OK);
    CHECK(d.pointer == 8 && d.is_packed);
    mdw_dump_close(dump);
    synth_free(s);
}

/* The CPU decides how wide a pair is. */
static const struct {
    const char *name;
    uint16_t arch;
    size_t pointer;
} cpus[] = {
    {"x86", 0, 4},
    {"MIPS", 1, 4},
    {"PPC", 3, 4},
    {"ARM", 5, 4},
    {"IA-64", 6, 8},
    {"AMD64", 9, 8},
    {"x86 on Win64", 10, 4},
    {"ARM64", 12, 8},
    {"ARM on Win64", 13, 4},
    {"x86 on ARM64", 14, 4},
    {"SPARC", 0x8001, 8},
    {"PPC64", 0x8002, 8},
    {"old ARM64", 0x8003, 8},
    {"MIPS64", 0x8004, 8},
    {"RISC-V", 0x8005, 4},
    {"RISC-V 64", 0x8006, 8},
    {"unknown", 0xFFFF, 8},
};

static void check_widths(void)
{
    static const uint64_t rows[][2] = {{0x100000003, 5}, {0, 0}};
    for (size_t i = 0; i < sizeof cpus / sizeof *cpus; i++) {
        t_case = cpus[i].name;
        synth *s = synth_new(false);
        synth_system_info(s, &(synth_system){.arch = cpus[i].arch});
        synth_auxv(s, 8, rows, 2);
        mdw_dump *dump = dump_of(synth_finish(s));
        mdw_cursor at = {0};
        mdw_raw_auxv a = MDW_INIT(mdw_raw_auxv);
        CHECK(mdw_dump_auxv_next(dump, 0, &at, &a, NULL) == MDW_OK);
        CHECK_U64(a.type, cpus[i].pointer == 8 ? 0x100000003 : 3);
        CHECK_U64(a.value, cpus[i].pointer == 8 ? 5 : 1);
        mdw_dump_close(dump);
        synth_free(s);
    }
}

static const struct {
    const char *name, *soft, *hard, *unit;
} limits[] = {
    {"Max cpu time", "unlimited", "unlimited", "seconds"},
    {"Max open files", "1024", "4096", "files"},
    {"Max realtime priority", "0", "0", ""},
};

static void check_limits(const mdw_dump *dump, const synth_options *o)
{
    (void)o;
    mdw_cursor at = {0};
    mdw_raw_limit l = MDW_INIT(mdw_raw_limit);
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
        CHECK(mdw_dump_limit_next(dump, &at, &l, NULL) == MDW_OK);
        CHECK(str_eq(l.name, limits[i].name));
        CHECK(str_eq(l.soft, limits[i].soft));
        CHECK(str_eq(l.hard, limits[i].hard));
        CHECK(str_eq(l.unit, limits[i].unit));
    }
    CHECK(mdw_dump_limit_next(dump, &at, &l, NULL) == MDW_END);
}

static void check_full_texts(bool big_endian)
{
    static const char text[] =
        "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
        "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    t_case = "a text that fills its field has no NUL";
    synth *s = synth_new(big_endian);
    synth_assertion(s, text, text, text, 1, 2);
    synth_begin(s, 11);
    put_utf16(s, "wide", 0);
    synth_end(s);
    mdw_dump *dump = dump_of(synth_finish(s));
    mdw_raw_assertion a = MDW_INIT(mdw_raw_assertion);
    CHECK(mdw_dump_assertion(dump, &a, NULL) == MDW_OK);
    CHECK(wide_is(a.expression, text) && wide_is(a.function, text));
    CHECK(wide_is(a.file, text) && a.line == 1 && a.type == 2);
    mdw_utf16 comment;
    CHECK(mdw_dump_comment_wide(dump, &comment, NULL) == MDW_OK);
    CHECK(wide_is(comment, "wide"));
    mdw_dump_close(dump);
    synth_free(s);
}

static void check_odd_limits(void)
{
    static const char text[] = "A 1 2\nLimit of b 3 4 x\nno number here\n";
    synth *s = synth_new(false);
    synth_text(s, 0x4D7A0003, text, sizeof text - 1);
    mdw_dump *dump = dump_of(synth_finish(s));
    mdw_cursor at = {0};
    mdw_raw_limit l = MDW_INIT(mdw_raw_limit);
    t_case = "limits without a heading";
    CHECK(mdw_dump_limit_next(dump, &at, &l, NULL) == MDW_OK);
    CHECK(str_eq(l.name, "A") && str_eq(l.soft, "1") && str_eq(l.hard, "2"));
    t_case = "the heading is the first line";
    CHECK(mdw_dump_limit_next(dump, &at, &l, NULL) == MDW_OK);
    CHECK(str_eq(l.name, "Limit of b") && str_eq(l.unit, "x"));
    t_case = "a line that is none is a name";
    CHECK(mdw_dump_limit_next(dump, &at, &l, NULL) == MDW_OK);
    CHECK(str_eq(l.name, "no number here") && !l.soft.len && !l.hard.len);
    CHECK(mdw_dump_limit_next(dump, &at, &l, NULL) == MDW_END);
    mdw_dump_close(dump);
    synth_free(s);
}

int main(void)
{
    check_widths();
    check_terminators(false);
    check_terminators(true);
    check_full_texts(false);
    check_full_texts(true);
    check_odd_limits();
    each_case(check_breakpad);
    check_pairs();
    each_case(check_texts);
    each_case(check_auxv);
    check_maps();
    each_case(check_loader);
    check_layouts(false);
    check_layouts(true);
    each_case(check_limits);
    return t_done();
}
