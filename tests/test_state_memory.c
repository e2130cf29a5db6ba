/* tests/test_state_memory.c - the captured memory as one address space, and
 * what the system says of it. */
#include "state_of.h"

typedef struct row {
    const char *name;
    synth_memory list[3];
    size_t count;
    synth_memory wide[2];
    size_t wide_count;
    synth_thread thread; /* only its stack */
    uint64_t addr;       /* read 8 bytes here */
    const char *want;
} row;

static const row rows[] = {
    {"a region is read",
     {{0x1000, "abcd", 4}},
     1,
     {{0}},
     0,
     {0},
     0x1001,
     "bcd"},
    {"nothing is read below a region",
     {{0x1000, "abcd", 4}},
     1,
     {{0}},
     0,
     {0},
     0xFFF,
     ""},
    {"nothing is read behind a region",
     {{0x1000, "abcd", 4}},
     1,
     {{0}},
     0,
     {0},
     0x1004,
     ""},
    {"a read crosses into the next region, whatever their order",
     {{0x1004, "efgh", 4}, {0x1000, "abcd", 4}},
     2,
     {{0}},
     0,
     {0},
     0x1002,
     "cdefgh"},
    {"a read stops at a hole",
     {{0x1000, "abcd", 4}, {0x1005, "fghi", 4}},
     2,
     {{0}},
     0,
     {0},
     0x1002,
     "cd"},
    {"of two that overlap the lower start wins",
     {{0x1002, "CDEF", 4}, {0x1000, "abcd", 4}},
     2,
     {{0}},
     0,
     {0},
     0x1000,
     "abcdEF"},
    {"of two with one start the earlier in the file wins",
     {{0x1000, "AB", 2}, {0x1000, "abcd", 4}},
     2,
     {{0}},
     0,
     {0},
     0x1000,
     "ABcd"},
    {"one inside another is hidden, and what follows is cut by the outer",
     {{0x1000, "abcdef", 6}, {0x1001, "BC", 2}, {0x1003, "DEFGH", 5}},
     3,
     {{0}},
     0,
     {0},
     0x1000,
     "abcdefGH"},
    {"a third behind a cut one loses what the first has",
     {{0x1000, "abcd", 4}, {0x1001, "BCDEF", 5}, {0x1002, "xyzuvw", 6}},
     3,
     {{0}},
     0,
     {0},
     0x1000,
     "abcdEFvw"},
    {"both lists are one space",
     {{0x1000, "abcd", 4}},
     1,
     {{0x1004, "efgh", 4}},
     1,
     {0},
     0x1001,
     "bcdefgh"},
    {"a stack that no list has is memory",
     {{0}},
     0,
     {{0}},
     0,
     {.id = 1, .stack_addr = 0x2000, .stack = "stack", .stack_len = 5},
     0x2001,
     "tack"},
    {"a stack recorded without bytes is none",
     {{0}},
     0,
     {{0}},
     0,
     {.id = 1, .stack_addr = 0x2000, .stack_len = 5},
     0x2000,
     ""},
    {"the last bytes of the space can be read",
     {{UINT64_MAX - 3, "abcd", 4}},
     1,
     {{0}},
     0,
     {0},
     UINT64_MAX - 1,
     "cd"},
    {"a region that would wrap is cut",
     {{UINT64_MAX - 1, "abcd", 4}},
     1,
     {{0}},
     0,
     {0},
     UINT64_MAX - 1,
     "ab"},
};

static void check_reads(void)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const row *r = &rows[i];
        t_case = r->name;
        synth *s = synth_new(false);
        put_system(s, CPU_AMD64, OS_LINUX);
        if (r->count)
            synth_memory_list(s, r->list, r->count);
        if (r->wide_count)
            synth_memory64_list(s, r->wide, r->wide_count);
        synth_thread_list(s, &r->thread, r->thread.id ? 1 : 0);
        opened o = state_of(s);
        mdw_memory m = mdw_state_memory(o.state);
        char have[9] = {0};
        size_t got = m.read(m.user, r->addr, have, 8);
        CHECK_U64(got, strlen(r->want));
        CHECK(!strcmp(have, r->want));
        mdw_window w = m.window(m.user, r->addr);
        CHECK(!w.bytes.len == !*r->want);
        state_done(&o);
    }
}

/* Ranges of a Memory64 list lie end to end in the file as well. */
static void check_window(void)
{
    t_case = "a window goes as far as the file has the bytes in one piece";
    static const synth_memory wide[] = {
        {0x1000, "abcd", 4}, {0x1004, "efgh", 4}, {0x2000, "ijkl", 4}};
    synth *s = synth_new(false);
    synth_memory64_list(s, wide, 3);
    opened o = state_of(s);
    mdw_memory m = mdw_state_memory(o.state);
    mdw_window w = m.window(m.user, 0x1006);
    CHECK_U64(w.addr, 0x1000);
    CHECK_U64(w.bytes.len, 8);
    CHECK(w.bytes.len == 8 && !memcmp(w.bytes.data, "abcdefgh", 8));
    CHECK_U64(m.window(m.user, 0x2003).bytes.len, 4);
    CHECK_U64(m.window(m.user, 0x1008).bytes.len, 0);
    state_done(&o);
}

static void check_no_offset(void)
{
    t_case = "what lies in the file's header is no memory";
    synth *s = synth_new(false);
    synth_begin(s, MDW_STREAM_MEMORY_LIST);
    put32(s, 1);
    put64(s, 0x1000);
    put32(s, 16);
    put32(s, 8);
    synth_end(s);
    opened o = state_of(s);
    mdw_memory m = mdw_state_memory(o.state);
    char byte;
    CHECK_U64(m.read(m.user, 0x1000, &byte, 1), 0);
    state_done(&o);
}

typedef struct region_row {
    const char *name;
    synth_memory_info infos[3];
    size_t count;
    const char *maps;
    uint64_t addr;
    mdw_status status;
    mdw_range range;
    uint32_t flags;
} region_row;

enum {
    R = MDW_REGION_READ,
    W = MDW_REGION_WRITE,
    X = MDW_REGION_EXEC,
    COMMIT = 0x1000,
    RESERVE = 0x2000,
    FREE = 0x10000
};

static const region_row regions[] = {
    {"execute-read is both",
     {{0x1000, 0, 0x1000, 0, COMMIT, 0x20, 0}},
     1,
     NULL,
     0x1FFF,
     MDW_OK,
     {0x1000, 0x1000},
     R | X},
    {"write-copy can be read and written",
     {{0x1000, 0, 0x1000, 0, COMMIT, 8, 0}},
     1,
     NULL,
     0x1000,
     MDW_OK,
     {0x1000, 0x1000},
     R | W},
    {"execute-write-copy is everything",
     {{0x1000, 0, 0x1000, 0, COMMIT, 0x80, 0}},
     1,
     NULL,
     0x1000,
     MDW_OK,
     {0x1000, 0x1000},
     R | W | X},
    {"a guard page can be nothing",
     {{0x1000, 0, 0x1000, 0, COMMIT, 0x104, 0}},
     1,
     NULL,
     0x1000,
     MDW_OK,
     {0x1000, 0x1000},
     MDW_REGION_GUARD},
    {"what is reserved says so",
     {{0x1000, 0, 0x1000, 0, RESERVE, 4, 0}},
     1,
     NULL,
     0x1000,
     MDW_OK,
     {0x1000, 0x1000},
     MDW_REGION_RESERVED},
    {"what is free says so",
     {{0x1000, 0, 0x1000, 0, FREE, 1, 0}},
     1,
     NULL,
     0x1000,
     MDW_OK,
     {0x1000, 0x1000},
     MDW_REGION_FREE},
    {"nothing is known behind the last",
     {{0x1000, 0, 0x1000, 0, COMMIT, 4, 0}},
     1,
     NULL,
     0x2000,
     MDW_ABSENT,
     {0, 0},
     0},
    {"of two that overlap the second is cut",
     {{0x2000, 0, 0x2000, 0, COMMIT, 2, 0},
      {0x1000, 0, 0x1800, 0, COMMIT, 4, 0}},
     2,
     NULL,
     0x2800,
     MDW_OK,
     {0x2800, 0x1800},
     R},
    {"one inside another is gone",
     {{0x1000, 0, 0x3000, 0, COMMIT, 4, 0},
      {0x2000, 0, 0x1000, 0, COMMIT, 2, 0}},
     2,
     NULL,
     0x5000,
     MDW_ABSENT,
     {0, 0},
     0},
    {"maps stand in",
     {{0}},
     0,
     "1000-3000 r-xp 00000000 08:01 7 /bin/a\n"
     "3000-4000 rw-p 00002000 08:01 7 /bin/a\n",
     0x3000,
     MDW_OK,
     {0x3000, 0x1000},
     R | W},
    {"a bad line of maps costs itself",
     {{0}},
     0,
     "1000-3000 r-xp 00000000 08:01 7 /bin/a\nnonsense\n"
     "3000-4000 rw-p 00002000 08:01 7 /bin/a\n",
     0x3000,
     MDW_OK,
     {0x3000, 0x1000},
     R | W},
    {"MemoryInfoList comes before maps",
     {{0x1000, 0, 0x1000, 0, COMMIT, 2, 0}},
     1,
     "1000-3000 r-xp 00000000 08:01 7 /bin/a\n",
     0x1000,
     MDW_OK,
     {0x1000, 0x1000},
     R},
};

static void check_regions(void)
{
    for (size_t i = 0; i < sizeof regions / sizeof *regions; i++) {
        const region_row *r = &regions[i];
        t_case = r->name;
        synth *s = synth_new(false);
        put_system(s, CPU_AMD64, OS_LINUX);
        if (r->count)
            synth_memory_infos(s, r->infos, r->count, r->count);
        if (r->maps)
            synth_text(s, MDW_STREAM_LINUX_MAPS, r->maps, strlen(r->maps));
        opened o = state_of(s);
        mdw_region have = MDW_INIT(mdw_region);
        CHECK_U64((uint64_t)mdw_state_region_find(o.state, r->addr, &have),
                  (uint64_t)r->status);
        CHECK_U64(have.range.start, r->range.start);
        CHECK_U64(have.range.size, r->range.size);
        CHECK_U64(have.flags, r->flags);
        mdw_process_info p = MDW_INIT(mdw_process_info);
        mdw_state_process(o.state, &p);
        CHECK(p.has_maps == !!r->maps);
        state_done(&o);
    }
}

static void check_names_of_maps(void)
{
    t_case = "maps have names, and every line counts";
    static const char maps[] = "1000-3000 r-xp 00000000 08:01 7 /bin/\xFFx\n"
                               "nonsense\n"
                               "5000-6000 rw-p 00000000 00:00 0\n";
    synth *s = synth_new(false);
    synth_text(s, MDW_STREAM_LINUX_MAPS, maps, sizeof maps - 1);
    opened o = state_of(s);
    mdw_region r = MDW_INIT(mdw_region);
    CHECK_U64(mdw_state_region_count(o.state), 2);
    CHECK(mdw_state_region(o.state, 0, &r) == MDW_OK);
    CHECK(text_is(r.name, "/bin/\xEF\xBF\xBDx"));
    CHECK(mdw_state_region(o.state, 1, &r) == MDW_OK);
    CHECK(text_is(r.name, ""));
    CHECK(mdw_state_region(o.state, 2, &r) == MDW_E_ARG);
    mdw_process_info p = MDW_INIT(mdw_process_info);
    mdw_state_process(o.state, &p);
    CHECK_U64(p.map_count, 3);
    state_done(&o);
}

static void check_cut_list(void)
{
    t_case = "a list that promises more than the file has is an issue";
    synth *s = synth_new(false);
    static const synth_memory_info infos[] = {
        {0x1000, 0, 0x1000, 0, COMMIT, 4, 0}};
    synth_memory_infos(s, infos, 1, 1000);
    opened o = state_of(s);
    CHECK_U64(mdw_state_region_count(o.state), 1);
    CHECK_U64(issues_of(o.state, MDW_E_TRUNCATED, "list is cut short"), 1);
    state_done(&o);
}

int main(void)
{
    check_reads();
    check_window();
    check_no_offset();
    check_regions();
    check_names_of_maps();
    check_cut_list();
    return t_done();
}
