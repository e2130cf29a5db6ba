/* tests/test_dwarf_line.c - line programs and range lists, byte by byte. */
#include "lib/symbol/dwarf_parts.h"
#include "t.h"

#include <stdlib.h>

/* What a program says, as text: "addr:file:line" for a row, "end addr". */
static char said[4096];

static bool say_row(void *user, const line_row *row)
{
    (void)user;
    size_t len = strlen(said);
    snprintf(said + len, sizeof said - len,
             row->end ? "end %" PRIx64 ";" : "%" PRIx64 ":%u:%u;", row->addr,
             row->file, row->line);
    return true;
}

static bool say_range(void *user, mdw_range r)
{
    (void)user;
    size_t len = strlen(said);
    snprintf(said + len, sizeof said - len, "%" PRIx64 "+%" PRIx64 ";", r.start,
             r.size);
    return true;
}

/* --- headers ----------------------------------------------------------- */

typedef struct bytes_out {
    uint8_t data[512];
    size_t len;
    bool big_endian;
} bytes_out;

static void put(bytes_out *o, uint64_t value, size_t size)
{
    for (size_t i = 0; i < size; i++)
        o->data[o->len + (o->big_endian ? size - 1 - i : i)] =
            (uint8_t)(value >> 8 * i);
    o->len += size;
}

static void put_text(bytes_out *o, const char *text)
{
    memcpy(o->data + o->len, text, strlen(text) + 1);
    o->len += strlen(text) + 1;
}

typedef struct shape {
    uint16_t version;
    bool wide, big_endian;
    uint8_t step, ops;
} shape;

/* Two directories, three files; the rows' opcodes come behind. */
static void put_tables(bytes_out *o, uint16_t version)
{
    if (version < 5) {
        put_text(o, "inc");
        put_text(o, "/abs");
        put(o, 0, 1);
        const char *files[] = {"a.c", "b.h", "c.h"};
        for (uint8_t i = 0; i < 3; i++) {
            put_text(o, files[i]);
            put(o, i, 1); /* directory */
            put(o, 0, 2); /* time, length */
        }
        put(o, 0, 1);
        return;
    }
    put(o, 1, 1); /* directories: DW_LNCT_path, DW_FORM_string */
    put(o, 0x0801, 2);
    o->big_endian ? (o->data[o->len - 2] = 1, o->data[o->len - 1] = 8) : 0;
    put(o, 3, 1);
    put_text(o, "/tree");
    put_text(o, "inc");
    put_text(o, "/abs");
    put(o, 3, 1); /* files: path string, directory udata, MD5 data16 */
    static const uint8_t format[] = {1, 0x08, 2, 0x0f, 5, 0x1e};
    for (size_t i = 0; i < sizeof format; i++)
        put(o, format[i], 1);
    put(o, 4, 1);
    const char *files[] = {"a.c", "a.c", "b.h", "c.h"};
    for (uint8_t i = 0; i < 4; i++) {
        put_text(o, files[i]);
        put(o, i ? i - 1u : 0, 1);
        put(o, 0, 8);
        put(o, 0, 8);
    }
}

static bytes_out program(const shape *s, const uint8_t *code, size_t len)
{
    bytes_out tables = {.big_endian = s->big_endian};
    put(&tables, s->step, 1);
    if (s->version >= 4)
        put(&tables, s->ops, 1);
    put(&tables, 1, 1);    /* default_is_stmt */
    put(&tables, 0xfb, 1); /* line_base -5 */
    put(&tables, 14, 1);   /* line_range */
    put(&tables, 13, 1);   /* opcode_base */
    static const uint8_t lengths[12] = {0, 1, 1, 1, 1, 0, 0, 0, 1, 0, 0, 1};
    for (size_t i = 0; i < sizeof lengths; i++)
        put(&tables, lengths[i], 1);
    put_tables(&tables, s->version);

    bytes_out o = {.big_endian = s->big_endian};
    size_t offset = s->wide ? 8 : 4;
    size_t extra = s->version >= 5 ? 2 : 0;
    if (s->wide)
        put(&o, UINT32_MAX, 4);
    put(&o, 2 + extra + offset + tables.len + len, offset);
    put(&o, s->version, 2);
    if (s->version >= 5) {
        put(&o, 8, 1);
        put(&o, 0, 1);
    }
    put(&o, tables.len, offset);
    memcpy(o.data + o.len, tables.data, tables.len);
    o.len += tables.len;
    memcpy(o.data + o.len, code, len);
    o.len += len;
    return o;
}

/* A copy that ends where its block ends, so that reading on is noticed. */
static mdw_bytes exact(const bytes_out *o, size_t len)
{
    uint8_t *copy = malloc(len ? len : 1);
    memcpy(copy, o->data, len);
    return (mdw_bytes){copy, len};
}

static dwarf_work plenty(void)
{
    return (dwarf_work){.left = 1 << 20};
}

static mdw_status run(const bytes_out *o, size_t len, bool big_endian,
                      line_head *head, arena *store)
{
    static const dwarf_unit unit = {
        .version = 4, .address_size = 8, .offset_size = 4};
    static const unit_base base = {&unit, 0, 0, 0, 0};
    mdw_bytes line = exact(o, len);
    dwarf_sections s = {.line = line, .big_endian = big_endian};
    dwarf_work work = plenty();
    said[0] = 0;
    mdw_str dir = {"/tree", 5};
    mdw_status status = line_open(&s, &base, 0, dir, store, head);
    if (status == MDW_OK)
        status = line_run(head, &work, say_row, NULL);
    char paths[1024] = "";
    for (uint64_t i = 0; head->files && i < head->file_count; i++) {
        mdw_str path = line_path(head, i, store);
        strncat(paths, path.data ? path.data : "-", path.data ? path.len : 1);
        strcat(paths, " ");
    }
    strcat(said, paths);
    free((void *)(uintptr_t)line.data);
    return status;
}

#define SET(a) 0, 9, 2, (a), 0x10, 0, 0, 0, 0, 0, 0
#define END 0, 1, 1

static const struct {
    const char *name;
    uint8_t code[48], len;
    const char *want; /* rows */
} rows[] = {
    {"a copy and the end",
     {SET(0), 1, 2, 4, END},
     11 + 1 + 2 + 3,
     "1000:1:1;end 1004;"},
    {"special opcodes move address and line",
     {SET(0), 0x20, 0x83, END},
     11 + 2 + 3,
     "1001:1:1;1009:1:2;end 1009;"},
    {"lines and files are set",
     {SET(8), 3, 0x7f, 4, 2, 1, 3, 11, 1, END},
     11 + 8 + 3,
     "1008:2:0;1008:2:11;end 1008;"},
    {"const_add_pc and fixed_advance_pc",
     {SET(0), 8, 1, 9, 0, 1, 1, END},
     11 + 6 + 3,
     "1011:1:1;1111:1:1;end 1111;"},
    {"a second sequence starts afresh",
     {SET(0), 3, 9, 1, END, SET(0x40), 1, END},
     11 + 3 + 3 + 11 + 1 + 3,
     "1000:1:10;end 1000;1040:1:1;end 1040;"},
    {"vendors' extended opcodes are stepped over",
     {SET(0), 0, 3, 0x80, 9, 9, 1, END},
     11 + 5 + 1 + 3,
     "1000:1:1;end 1000;"},
    {"column, isa, statement, block and discriminator add nothing",
     {SET(0), 5, 3, 12, 2, 6, 7, 10, 11, 0, 2, 4, 1, 1, END},
     11 + 12 + 1 + 3,
     "1000:1:1;end 1000;"},
    {"the end of nothing is nothing", {END}, 3, ""},
};

static void check_rows(void)
{
    static const char tables_of_4[] = "- /tree/a.c /tree/inc/b.h /abs/c.h ";
    static const char tables_of_5[] =
        "/tree/a.c /tree/a.c /tree/inc/b.h /abs/c.h ";
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        for (uint16_t version = 2; version <= 5; version++)
            for (int wide = 0; wide < 2; wide++) {
                t_case = rows[i].name;
                shape s = {version, wide, false, 1, 1};
                bytes_out o = program(&s, rows[i].code, rows[i].len);
                arena *store = arena_new(NULL, 0);
                line_head head;
                CHECK(run(&o, o.len, false, &head, store) == MDW_OK);
                char want[1024];
                snprintf(want, sizeof want, "%s%s", rows[i].want,
                         version < 5 ? tables_of_4 : tables_of_5);
                CHECK(!strcmp(said, want));
                if (strcmp(said, want))
                    fprintf(stderr, "  %d: %s\n  want %s\n", version, said,
                            want);
                CHECK(run(&o, o.len - 1, false, &head, store) !=
                      (rows[i].want[0] ? MDW_OK : MDW_E_ARG));
                /* Cut anywhere, it says no more, and says that it is cut. */
                for (size_t len = 0; len < o.len; len++) {
                    mdw_status status = run(&o, len, false, &head, store);
                    size_t same = strlen(rows[i].want);
                    char *end = strrchr(said, ';');
                    size_t have = end ? (size_t)(end - said) + 1 : 0;
                    CHECK(have <= same && !memcmp(said, want, have));
                    CHECK(status == MDW_OK || status == MDW_E_DAMAGED ||
                          status == MDW_E_UNSUPPORTED);
                }
                arena_close(store);
            }
}

static void check_others(void)
{
    static const uint8_t vliw[] = {SET(0), 1, 0x20, 0x2e, 2, 5, 1, END};
    arena *store = arena_new(NULL, 0);
    line_head head;
    t_case = "VLIW: four operations to an instruction of 16 bytes";
    shape s = {4, false, false, 16, 4};
    bytes_out o = program(&s, vliw, sizeof vliw);
    CHECK(run(&o, o.len, false, &head, store) == MDW_OK);
    CHECK(!strncmp(said, "1000:1:1;1000:1:1;1000:1:1;1020:1:1;end 1020;", 45));

    t_case = "big-endian";
    static const uint8_t big[] = {0, 9,    2, 0, 0, 0, 0, 0,
                                  0, 0x10, 0, 1, 9, 0, 4, END};
    s = (shape){5, false, true, 1, 1};
    o = program(&s, big, sizeof big);
    CHECK(run(&o, o.len, true, &head, store) == MDW_OK);
    CHECK(!strncmp(said, "1000:1:1;end 1004;", 18));

    t_case = "version 1 and 6 are not read";
    for (uint16_t v = 1; v <= 6; v += 5) {
        s = (shape){v, false, false, 1, 1};
        o = program(&s, vliw, sizeof vliw);
        CHECK(run(&o, o.len, false, &head, store) == MDW_E_UNSUPPORTED);
    }

    t_case = "line_range 0 divides nothing";
    s = (shape){4, false, false, 1, 1};
    o = program(&s, vliw, sizeof vliw);
    o.data[14] = 0;
    CHECK(run(&o, o.len, false, &head, store) == MDW_OK);

    t_case = "version 5 without comp_dir: directory 0 stands for it";
    s = (shape){5, false, false, 1, 1};
    o = program(&s, vliw, sizeof vliw);
    static const dwarf_unit unit = {.version = 5, .address_size = 8};
    unit_base base = {&unit, 0, 0, 0, 0};
    dwarf_sections sections = {.line = {o.data, o.len}};
    mdw_str none = {NULL, 0};
    CHECK(line_open(&sections, &base, 0, none, store, &head) == MDW_OK);
    mdw_str path = line_path(&head, 2, store);
    CHECK(path.len == 13 && !memcmp(path.data, "/tree/inc/b.h", 13));
    CHECK(line_path(&head, 4, store).len == 0);

    t_case = "a count of files that cannot be costs nothing";
    s = (shape){5, false, false, 1, 1};
    o = program(&s, vliw, sizeof vliw);
    static const uint8_t count[] = {4, 'a', '.', 'c'};
    for (size_t i = 0; i + sizeof count < o.len; i++)
        if (!memcmp(o.data + i, count, sizeof count)) {
            memcpy(o.data + i, "\xff\xff\xff\x7f", 4);
            break;
        }
    CHECK(run(&o, o.len, false, &head, store) != MDW_E_MEMORY);
    CHECK(head.file_count <= o.len);

    t_case = "the same program over and over ends by the work it takes";
    dwarf_work work = {.left = 3};
    CHECK(line_run(&head, &work, say_row, NULL) == MDW_E_LIMIT);
    arena_close(store);
}

/* --- ranges ------------------------------------------------------------ */

static const struct {
    const char *name;
    uint8_t bytes[64], len;
    uint16_t version;
    uint32_t has;
    mdw_status status;
    const char *want;
} lists[] = {
    {"pairs are relative to the unit",
     {0x10, 0, 0, 0, 0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0},
     16,
     4,
     DIE_RANGES,
     MDW_OK,
     "1010+10;"},
    {"a base changes what follows",
     {0xff, 0xff, 0xff, 0xff, 0, 0x50, 0, 0, 1, 0, 0, 0,
      3,    0,    0,    0,    0, 0,    0, 0, 0, 0, 0, 0},
     24,
     4,
     DIE_RANGES,
     MDW_OK,
     "5001+2;"},
    {"empty and turned pairs are nothing",
     {5, 0, 0, 0, 5, 0, 0, 0, 9, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0},
     24,
     4,
     DIE_RANGES,
     MDW_ABSENT,
     ""},
    {"a list without an end breaks off",
     {0x10, 0, 0, 0, 0x20, 0, 0, 0, 1, 0},
     10,
     4,
     DIE_RANGES,
     MDW_E_DAMAGED,
     "1010+10;"},
    {"version 5, every kind",
     {4, 0x10, 0x20, 5, 0, 0x50, 0, 0, 4, 1, 3, 6, 0, 0x60, 0, 0, 2, 0x60, 0, 0,
      7, 0,    0x70, 0, 0, 0x81, 1, 3, 0, 5, 2, 0, 1, 1,    1, 4, 1, 2,    0},
     39,
     5,
     DIE_RANGES,
     MDW_OK,
     "1010+10;5001+2;6000+2;7000+81;8000+5;8000+1000;9001+1;"},
    {"version 5, an address that is not there",
     {4, 1, 2, 3, 9, 1, 0},
     7,
     5,
     DIE_RANGES,
     MDW_E_DAMAGED,
     "1001+1;"},
    {"version 5, an unknown kind",
     {4, 1, 2, 8, 0},
     5,
     5,
     DIE_RANGES,
     MDW_E_DAMAGED,
     "1001+1;"},
    {"version 5, by index, behind four other bytes",
     {9, 9, 9, 9, 8, 0, 0, 0, 11, 0, 0, 0, 4, 1, 2, 4, 3, 5, 0},
     19,
     5,
     DIE_RANGES | DIE_RANGES_IS_INDEX,
     MDW_OK,
     "1003+2;"},
    {"version 5, by an index past the table",
     {1, 0, 0},
     3,
     5,
     DIE_RANGES | DIE_RANGES_IS_INDEX,
     MDW_E_DAMAGED,
     ""},
    {"version 5, by an index that times its size is 0",
     {4, 0, 0, 0, 4, 1, 2, 0},
     8,
     5,
     DIE_RANGES | DIE_RANGES_IS_INDEX,
     MDW_E_DAMAGED,
     ""},
    {"low and high", {0}, 0, 4, DIE_LOW | DIE_HIGH, MDW_OK, "1000+500;"},
    {"low and a size",
     {0},
     0,
     4,
     DIE_LOW | DIE_HIGH | DIE_HIGH_IS_SIZE,
     MDW_OK,
     "1000+1500;"},
    {"low alone", {0}, 0, 4, DIE_LOW, MDW_ABSENT, ""},
};

static void check_lists(void)
{
    static const uint8_t addresses[] = {0, 0x80, 0, 0, 0, 0x90, 0, 0};
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        t_case = lists[i].name;
        bytes_out o = {.len = lists[i].len};
        memcpy(o.data, lists[i].bytes, o.len);
        mdw_bytes bytes = exact(&o, o.len);
        dwarf_sections s = {.ranges = bytes,
                            .rnglists = bytes,
                            .addr = {addresses, sizeof addresses}};
        dwarf_unit unit = {
            .version = lists[i].version, .address_size = 4, .offset_size = 4};
        unit_base base = {&unit, 0x1000, 0, lists[i].len == 19 ? 4 : 0, 0};
        die d = {.has = lists[i].has,
                 .low = 0x1000,
                 .high = 0x1500,
                 .ranges = lists[i].len == 8 ? (uint64_t)1 << 62
                           : lists[i].has & DIE_RANGES_IS_INDEX ? 1
                                                                : 0};
        dwarf_work work = plenty();
        said[0] = 0;
        CHECK_U64((uint64_t)die_ranges(&s, &base, &d, &work, say_range, NULL),
                  (uint64_t)lists[i].status);
        CHECK(!strcmp(said, lists[i].want));
        if (strcmp(said, lists[i].want))
            fprintf(stderr, "  %s\n", said);
        free((void *)(uintptr_t)bytes.data);
    }
}

static bool say_arange(void *user, mdw_range r, uint64_t unit)
{
    say_range(user, r);
    size_t len = strlen(said);
    snprintf(said + len, sizeof said - len, "@%" PRIx64 " ", unit);
    return true;
}

static void check_aranges(void)
{
    /* A set of version 9 between two good ones. */
    static const uint8_t sets[] = {
        28, 0,    0, 0, 2, 0, 0x40, 0, 0, 0, 4, 0, 0, 0, 0, 0,
        0,  0x10, 0, 0, 8, 0, 0,    0, 0, 0, 0, 0, 0, 0, 0, 0,
        28, 0,    0, 0, 9, 0, 0x50, 0, 0, 0, 4, 0, 0, 0, 0, 0,
        0,  0x20, 0, 0, 8, 0, 0,    0, 0, 0, 0, 0, 0, 0, 0, 0,
        44, 0,    0, 0, 2, 0, 0x60, 0, 0, 0, 8, 0, 0, 0, 0, 0,
        0,  0x30, 0, 0, 0, 0, 0,    0, 9, 0, 0, 0, 0, 0, 0, 0,
        0,  0,    0, 0, 0, 0, 0,    0, 0, 0, 0, 0, 0, 0, 0, 0};
    t_case = "sets of ranges, a broken one left out";
    dwarf_sections s = {.aranges = {sets, sizeof sets}};
    dwarf_work work = plenty();
    said[0] = 0;
    aranges_read(&s, &work, say_arange, NULL);
    CHECK(!strcmp(said, "1000+8;@40 3000+9;@60 "));
}

int main(void)
{
    check_rows();
    check_others();
    check_lists();
    check_aranges();
    return t_done();
}
