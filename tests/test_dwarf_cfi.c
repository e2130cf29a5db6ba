/* tests/test_dwarf_cfi.c - the way to an entry: pointers of every encoding,
 * .eh_frame_hdr, the index, several tables, and what is broken. */
#include "cfi_bytes.h"

enum { HEADER = 0x20000 };

/* --- pointers ---------------------------------------------------------- */

typedef struct pointer_row {
    const char *claim;
    uint8_t encoding;
    const char *bytes;
    uint64_t want; /* 0: has no meaning */
    uint32_t arch;
} pointer_row;

/* The pointer lies at 0x10001. Text is at 0x2000, data at 0x3000, the function
 * at 0x4000. */
static const pointer_row pointers[] = {
    {"absptr", 0x00, "8877665544332211", 0x1122334455667788, 0},
    {"absptr of 32 bits", 0x00, "44332211", 0x11223344, MDW_ARCH_X86},
    {"signed absptr", 0x08, "f0ffffffffffffff", (uint64_t)-16, 0},
    {"uleb128", 0x01, "8001", 0x80, 0},
    {"udata2", 0x02, "ff80", 0x80FF, 0},
    {"udata4", 0x03, "000000ff", 0xFF000000, 0},
    {"udata8", 0x04, "8877665544332211", 0x1122334455667788, 0},
    {"sleb128", 0x09, "8040", (uint64_t)-0x2000, 0},
    {"sdata2", 0x0A, "feff", (uint64_t)-2, 0},
    {"sdata4", 0x0B, "feffffff", (uint64_t)-2, 0},
    {"sdata8", 0x0C, "feffffffffffffff", (uint64_t)-2, 0},
    {"addresses wrap at 32 bits", 0x0B, "feffffff", 0xFFFFFFFE, MDW_ARCH_X86},
    {"pcrel", 0x1B, "feffffff", 0xFFFF, 0},
    {"textrel", 0x2B, "10000000", 0x2010, 0},
    {"datarel", 0x3B, "f0ffffff", 0x2FF0, 0},
    {"funcrel", 0x4B, "10000000", 0x4010, 0},
    {"aligned", 0x50, "aaaaaaaaaaaaaa 8877665544332211", 0x1122334455667788, 0},
    {"aligned to 4", 0x50, "aaaaaa 44332211", 0x11223344, MDW_ARCH_X86},
    {"indirect", 0x9B, "ff4f0100", 0xCAFE, 0},
    {"indirect to nowhere", 0x9B, "ff500100", 0, 0},
    {"omitted", 0xFF, "", 0, 0},
    {"a relation that does not exist", 0x6B, "10000000", 0, 0},
    {"a format that does not exist", 0x06, "1000000000000000", 0, 0},
    {"half a pointer", 0x1B, "feffff", 0, 0},
};

static mdw_window window_at(void *user, uint64_t addr)
{
    static const uint8_t there[8] = {0xFE, 0xCA};
    (void)user;
    return addr - 0x25000 < 8 ? (mdw_window){0x25000, {there, 8}}
                              : (mdw_window){0, {NULL, 0}};
}

static void test_pointers(void)
{
    for (size_t i = 0; i < sizeof pointers / sizeof *pointers; i++) {
        const pointer_row *p = &pointers[i];
        bytes b = {{0}, 0};
        uint64_t got = 0;
        dwarf_bases bases = {0x2000, 0x3000, 0x4000, true, true, true};
        t_case = p->claim;
        put_hex(&b, p->bytes);
        const arch *a = arch_find(p->arch ? p->arch : MDW_ARCH_X86_64);
        dwarf_cfi cfi = {.arch = a, .at = window_at};
        reader r = reader_at(exact(&b), FRAME + 1, 0, false);
        bool done =
            dwarf_pointer(&cfi, &r, p->encoding, a->pointer, &bases, &got);
        CHECK(done == (p->want != 0));
        if (done) {
            CHECK_U64(got, p->want);
            CHECK_U64(reader_left(&r), 0);
        }
        give(r.bytes);
    }
    t_case = "indirect without a way to memory";
    dwarf_cfi blind = {.arch = arch_find(MDW_ARCH_X86_64)};
    const uint8_t four[] = {0, 0, 0, 0};
    reader r = reader_at((mdw_bytes){four, 4}, FRAME, 0, false);
    uint64_t got;
    CHECK(!dwarf_pointer(&blind, &r, 0x83, 8, &blind.bases, &got));
}

/* --- ways to an FDE ---------------------------------------------------- */

enum { FUNCTIONS = 5 };
static const uint64_t starts[FUNCTIONS] = {0x1000, 0x1040, 0x1040, 0x1100,
                                           0x1F00};
static const uint64_t sizes[FUNCTIONS] = {0x40, 0, 0x20, 0x100, 0x100};

/* Backwards, with a zero word and an entry of nonsense in between. */
static void put_functions(bytes *b, size_t at[FUNCTIONS])
{
    size_t cie = put_entry(b, true, false, true, 0, CIE);
    for (size_t i = FUNCTIONS; i--;) {
        char body[64];
        bytes numbers = {{0}, 0};
        put(&numbers, starts[i], 8);
        put(&numbers, sizes[i], 8);
        body[0] = 0;
        for (size_t j = 0; j < numbers.len; j++)
            snprintf(body + 2 * j, 3, "%02x", numbers.data[j]);
        strcat(body, "00");
        at[i] = put_entry(b, true, false, false, cie, body);
        if (i == 3)
            put(b, 0, 4);
        if (i == 2)
            put_entry(b, true, false, false, b->len + 100, "abcd");
    }
    put(b, 0, 4);
}

static void check_functions(const dwarf_cfi *cfi)
{
    static const struct {
        uint64_t addr, start;
    } asked[] = {{0x0FFF, 0},      {0x1000, 0x1000},
                 {0x103F, 0x1000}, {0x1040, 0x1040},
                 {0x105F, 0x1040}, {0x1060, 0},
                 {0x10FF, 0},      {0x1100, 0x1100},
                 {0x11FF, 0x1100}, {0x1200, 0},
                 {0x1FFF, 0x1F00}, {0x2000, 0},
                 {UINT64_MAX, 0},  {0, 0}};
    for (size_t i = 0; i < sizeof asked / sizeof *asked; i++) {
        dwarf_fde fde;
        mdw_status status = dwarf_fde_find(cfi, asked[i].addr, &fde);
        CHECK(status == (asked[i].start ? MDW_OK : MDW_ABSENT));
        if (status == MDW_OK)
            CHECK_U64(fde.pc.start, asked[i].start);
    }
}

typedef struct header_row {
    const char *claim;
    uint8_t encoding; /* of the table */
    uint64_t base;
    int size;
    bool relative;
    bool useless;
} header_row;

static const header_row headers[] = {
    {"datarel sdata4", 0x3B, HEADER, 4, false, false},
    {"absolute udata4", 0x03, 0, 4, false, false},
    {"absptr", 0x00, 0, 8, false, false},
    {"datarel sdata8", 0x3C, HEADER, 8, false, false},
    {"pcrel sdata4", 0x1B, 0, 4, true, false},
    {"LEB128 can't be searched", 0x01, 0, 4, false, true},
    {"indirect can't either", 0x83, 0, 4, false, true},
    {"no table", 0xFF, 0, 4, false, true},
};

static void put_header(bytes *b, const header_row *h,
                       const size_t at[FUNCTIONS], uint64_t count)
{
    put(b, 1, 1);
    put(b, 0x1B, 1); /* pcrel sdata4 */
    put(b, 0x03, 1); /* udata4 */
    put(b, h->encoding, 1);
    put(b, (uint64_t)FRAME - HEADER - 4, 4);
    put(b, count, 4);
    for (size_t i = 0; i < FUNCTIONS; i++) {
        uint64_t base = h->relative ? HEADER + b->len : h->base;
        put(b, starts[i] - base, (size_t)h->size);
        base = h->relative ? HEADER + b->len : h->base;
        put(b, FRAME + at[i] - base, (size_t)h->size);
    }
}

static void test_headers(void)
{
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++) {
        const header_row *h = &headers[i];
        bytes frame = {{0}, 0}, head = {{0}, 0};
        size_t at[FUNCTIONS];
        t_case = h->claim;
        put_functions(&frame, at);
        put_header(&head, h, at, 1000); /* more than are there */
        mdw_section section = {exact(&head), HEADER};
        dwarf_cfi cfi = {.arch = arch_find(MDW_ARCH_X86_64),
                         .eh = true,
                         .addr = FRAME,
                         .bytes = exact(&frame)};
        bool useful = dwarf_take_header(&cfi, section);
        CHECK(useful == !h->useless);
        if (useful)
            check_functions(&cfi);
        give(section.data);
        give(cfi.bytes);
    }
}

static void test_index(void)
{
    bytes frame = {{0}, 0};
    size_t at[FUNCTIONS];
    t_case = "without a header every FDE is found once";
    put_functions(&frame, at);
    for (size_t cut = 0; cut <= frame.len; cut++) {
        dwarf_cfi cfi = {
            .arch = arch_find(MDW_ARCH_X86_64), .eh = true, .addr = FRAME};
        bytes part = frame;
        part.len = cut;
        cfi.bytes = exact(&part);
        arena *store = arena_new(NULL, 0);
        mdw_status status = dwarf_index(&cfi, store);
        CHECK(status == (cfi.index_count ? MDW_OK : MDW_ABSENT));
        for (size_t i = 0; i < cfi.index_count; i++)
            CHECK(cfi.index[i].offset < cut);
        if (cut == frame.len) {
            CHECK_U64(cfi.index_count, FUNCTIONS - 1); /* one is empty */
            check_functions(&cfi);
        }
        arena_close(store);
        give(cfi.bytes);
    }
}

/* --- the row function -------------------------------------------------- */

static mdw_bytes memory_bytes;

static mdw_window memory_at(void *user, uint64_t addr)
{
    (void)user;
    if (addr - FRAME >= memory_bytes.len)
        return (mdw_window){0, {NULL, 0}};
    return (mdw_window){FRAME, memory_bytes};
}

static void check_row(mdw_unwind_info *info, uint64_t pc, uint32_t choice,
                      mdw_status want, uint64_t start)
{
    mdw_image image = MDW_INIT(mdw_image);
    mdw_row_query query = {.size = sizeof query, .choice = choice};
    mdw_row got;
    image.range = (mdw_range){0x7F0000000000, 0x100000};
    image.link_base = 0x400;
    query.pc = pc - image.link_base + image.range.start;
    row_clear(&got);
    CHECK(mdw_unwind_info_rows(info, &image, &query, &got) == want);
    if (want != MDW_OK)
        return;
    CHECK_U64(got.source, MDW_SOURCE_DWARF);
    CHECK_U64(got.pc.start, start - image.link_base + image.range.start);
}

static void test_info(void)
{
    bytes frame = {{0}, 0}, head = {{0}, 0}, debug = {{0}, 0};
    size_t at[FUNCTIONS];
    mdw_sections s = MDW_INIT(mdw_sections);
    mdw_unwind_info *info = NULL;
    put_functions(&frame, at);
    put_header(&head, &headers[0], at, FUNCTIONS);
    size_t cie =
        put_entry(&debug, false, false, true, 0, "03 00 01 78 10 0c0710 9001");
    put_entry(&debug, false, false, false, cie,
              "0010000000000000 0002000000000000");
    mdw_bytes frame_bytes = exact(&frame);
    s.arch = MDW_ARCH_X86_64;
    t_case = "no tables";
    CHECK(mdw_unwind_info_new(&s, NULL, &info, NULL) == MDW_ABSENT);
    s.section[MDW_SECTION_EH_FRAME] = (mdw_section){frame_bytes, FRAME};
    s.section[MDW_SECTION_EH_FRAME_HDR] = (mdw_section){exact(&head), HEADER};
    s.section[MDW_SECTION_DEBUG_FRAME] = (mdw_section){exact(&debug), 0};

    t_case = ".eh_frame first, then .debug_frame, then no more";
    CHECK(mdw_unwind_info_new(&s, NULL, &info, NULL) == MDW_OK);
    check_row(info, 0x1040, 0, MDW_OK, 0x1040);
    check_row(info, 0x1040, 1, MDW_OK, 0x1000);
    check_row(info, 0x1040, 2, MDW_ABSENT, 0);
    check_row(info, 0x1060, 0, MDW_OK, 0x1000);
    check_row(info, 0x1060, 1, MDW_ABSENT, 0);
    check_row(info, 0x1F00, 0, MDW_OK, 0x1F00);
    check_row(info, 0x3000, 0, MDW_ABSENT, 0);
    mdw_unwind_info_close(info);

    t_case = "the header finds an .eh_frame that nobody gave";
    memory_bytes = frame_bytes;
    s.section[MDW_SECTION_EH_FRAME] = (mdw_section){{NULL, 0}, 0};
    s.at = memory_at;
    CHECK(mdw_unwind_info_new(&s, NULL, &info, NULL) == MDW_OK);
    check_row(info, 0x1040, 0, MDW_OK, 0x1040);
    check_row(info, 0x1F00, 0, MDW_OK, 0x1F00);
    mdw_unwind_info_close(info);

    t_case = "an architecture that nobody knows";
    s.arch = MDW_ARCH_SPARC;
    CHECK(mdw_unwind_info_new(&s, NULL, &info, NULL) == MDW_E_UNSUPPORTED);
    give(frame_bytes);
    give(s.section[MDW_SECTION_EH_FRAME_HDR].data);
    give(s.section[MDW_SECTION_DEBUG_FRAME].data);
    mdw_unwind_info_close(NULL);
}

/* Beside .ARM.exidx, whose rows hold at calls alone, CFI is asked first. */
static void test_arm(void)
{
    bytes debug = {{0}, 0}, index = {{0}, 0};
    mdw_sections s = MDW_INIT(mdw_sections);
    mdw_unwind_info *info = NULL;
    mdw_image image = MDW_INIT(mdw_image);
    static const struct {
        uint64_t pc;
        uint32_t choice;
        mdw_status status;
        uint32_t source;
    } cases[] = {{0x1010, 0, MDW_OK, MDW_SOURCE_DWARF},
                 {0x1010, 1, MDW_OK, MDW_SOURCE_EXIDX},
                 {0x1010, 2, MDW_ABSENT, 0},
                 {0x2010, 0, MDW_OK, MDW_SOURCE_EXIDX},
                 {0x2010, 0, MDW_OK, MDW_SOURCE_EXIDX}, /* as remembered */
                 {0x2010, 1, MDW_ABSENT, 0},
                 {0x4010, 0, MDW_ABSENT, 0}};
    size_t cie =
        put_entry(&debug, false, false, true, 0, "03 00 02 7c 0e 0c0d00");
    put_entry(&debug, false, false, false, cie, "00100000 00010000");
    for (uint64_t start = 0x1000; start <= 0x4000; start += 0x1000) {
        put(&index, (start - (HEADER + index.len)) & 0x7FFFFFFF, 4);
        put(&index, start < 0x4000 ? 0x80B0B0B0 : 1, 4);
    }
    image.range = (mdw_range){0, UINT32_MAX};
    s.arch = MDW_ARCH_ARM;
    s.section[MDW_SECTION_DEBUG_FRAME] = (mdw_section){exact(&debug), 0};
    s.section[MDW_SECTION_ARM_EXIDX] = (mdw_section){exact(&index), HEADER};
    CHECK(mdw_unwind_info_new(&s, NULL, &info, NULL) == MDW_OK);
    t_case = ".debug_frame first, then .ARM.exidx";
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        mdw_row_query query = {
            .size = sizeof query, .pc = cases[i].pc, .choice = cases[i].choice};
        mdw_row row;
        row_clear(&row);
        CHECK(mdw_unwind_info_rows(info, &image, &query, &row) ==
              cases[i].status);
        if (cases[i].status == MDW_OK)
            CHECK_U64(row.source, cases[i].source);
    }
    mdw_unwind_info_close(info);
    give(s.section[MDW_SECTION_DEBUG_FRAME].data);
    give(s.section[MDW_SECTION_ARM_EXIDX].data);
}

/* An .eh_frame without an end but its own: what follows is not part of it. */
static void test_endless(void)
{
    bytes frame = {{0}, 0}, head = {{0}, 0};
    const header_row no_table = {"", 0xFF, 0, 4, false, true};
    size_t at[FUNCTIONS] = {0};
    t_case = "a slice that goes on ends at the zero word";
    size_t cie = put_entry(&frame, true, false, true, 0, CIE);
    put_entry(&frame, true, false, false, cie, FDE);
    put(&frame, 0, 4);
    put_entry(&frame, true, false, false, cie,
              "0030000000000000 0001000000000000 00");
    put_header(&head, &no_table, at, 0);
    memory_bytes = (mdw_bytes){frame.data, frame.len};
    dwarf_cfi cfi = {
        .arch = arch_find(MDW_ARCH_X86_64), .eh = true, .at = memory_at};
    arena *store = arena_new(NULL, 0);
    mdw_section section = {{head.data, head.len}, HEADER};
    CHECK(!dwarf_take_header(&cfi, section));
    CHECK(dwarf_index(&cfi, store) == MDW_OK);
    CHECK_U64(cfi.index_count, 1);
    t_case = "a given slice stays, whatever the header names";
    dwarf_cfi given = {.arch = cfi.arch,
                       .eh = true,
                       .at = memory_at,
                       .addr = 0x5000,
                       .bytes = {frame.data, 20}};
    CHECK(!dwarf_take_header(&given, section));
    CHECK_U64(given.addr, 0x5000);
    CHECK_U64(given.bytes.len, 20);
    CHECK(dwarf_index(&given, store) == MDW_ABSENT);
    arena_close(store);
}

/* A broken FDE is what is said only where nobody speaks. */
static void test_broken(void)
{
    bytes frame = {{0}, 0}, debug = {{0}, 0};
    mdw_sections s = MDW_INIT(mdw_sections);
    mdw_unwind_info *info = NULL;
    size_t cie = put_entry(&frame, true, false, true, 0, CIE);
    put_entry(&frame, true, false, false, cie, FDE "3f");
    cie = put_entry(&debug, false, false, true, 0, "03 00 01 78 10 0c0710");
    put_entry(&debug, false, false, false, cie,
              "8010000000000000 0002000000000000");
    s.arch = MDW_ARCH_X86_64;
    s.section[MDW_SECTION_EH_FRAME] =
        (mdw_section){{frame.data, frame.len}, FRAME};
    s.section[MDW_SECTION_DEBUG_FRAME] =
        (mdw_section){{debug.data, debug.len}, 0};
    t_case = "a broken table does not hide the next";
    CHECK(mdw_unwind_info_new(&s, NULL, &info, NULL) == MDW_OK);
    check_row(info, 0x1080, 0, MDW_OK, 0x1080);
    check_row(info, 0x1080, 1, MDW_ABSENT, 0);
    t_case = "and is said where nobody speaks";
    check_row(info, 0x1000, 0, MDW_E_UNSUPPORTED, 0);
    mdw_unwind_info_close(info);
    CHECK(mdw_unwind_info_new(NULL, NULL, &info, NULL) == MDW_E_ARG);
    CHECK(mdw_unwind_info_new(&s, NULL, NULL, NULL) == MDW_E_ARG);
}

static void *failing(void *user, size_t size)
{
    int *left = user;
    return (*left)-- > 0 ? malloc(size) : NULL;
}

static void release(void *user, void *ptr, size_t size)
{
    (void)user;
    (void)size;
    free(ptr);
}

static void test_no_memory(void)
{
    bytes debug = {{0}, 0};
    mdw_sections s = MDW_INIT(mdw_sections);
    mdw_status status = MDW_E_MEMORY;
    size_t cie = put_entry(&debug, false, false, true, 0, "03 00 01 78 10");
    put_entry(&debug, false, false, false, cie,
              "0010000000000000 0002000000000000");
    s.arch = MDW_ARCH_X86_64;
    s.section[MDW_SECTION_DEBUG_FRAME] =
        (mdw_section){{debug.data, debug.len}, 0};
    t_case = "each allocation may fail";
    for (int n = 0; status == MDW_E_MEMORY; n++) {
        int left = n;
        mdw_allocator alloc = {failing, release, &left};
        mdw_unwind_info *info = NULL;
        status = mdw_unwind_info_new(&s, &alloc, &info, NULL);
        CHECK(status == MDW_OK || n < 2);
        if (status == MDW_OK)
            mdw_unwind_info_close(info);
    }
}

int main(void)
{
    test_pointers();
    test_headers();
    test_index();
    test_info();
    test_arm();
    test_endless();
    test_broken();
    test_no_memory();
    return t_done();
}
