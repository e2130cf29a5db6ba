/* tests/test_code.c - bytes and symbols of module files: which of them a file
 * has, and how a session puts them beside what a dump has.
 * test_code FOLDER: of the dumps. */
#define _XOPEN_SOURCE 700

#include <elf.h>

#include "lib/process/session.h"
#include "mdwalk/dump.h"
#include "mdwalk/source.h"
#include "symbol_fixture.h"

/* --- a file: headers, code, data, symbols ------------------------------- */

enum {
    BASE = 0x400000,
    TEXT = 0x1000,
    DATA = 0x4000,
    SYMBOLS = 0x5000,
    STRINGS = 0x5100,
    NAMES = 0x5180,
    HEADERS = 0x5200,
    ELF_SIZE = HEADERS + 5 * 64
};

typedef struct elf_image {
    uint8_t at[ELF_SIZE];
} elf_image;

static uint8_t byte_at(uint64_t rva)
{
    return (uint8_t)(rva * 7 + (rva >> 8) + 1);
}

static void put_segment(uint8_t *p, uint32_t flags, uint64_t at, uint64_t size)
{
    t_put(p, PT_LOAD, 4);
    t_put(p + 4, flags, 4);
    t_put(p + 8, at, 8);
    t_put(p + 16, BASE + at, 8);
    t_put(p + 32, size, 8);
    t_put(p + 40, size, 8);
    t_put(p + 48, 0x1000, 8);
}

static void put_section(uint8_t *p, unsigned name, uint32_t type,
                        uint64_t flags, uint64_t at, uint64_t size)
{
    t_put(p, name, 4);
    t_put(p + 4, type, 4);
    t_put(p + 8, flags, 8);
    t_put(p + 16, flags ? BASE + at : 0, 8);
    t_put(p + 24, at, 8);
    t_put(p + 32, size, 8);
    t_put(p + 40, type == SHT_SYMTAB ? 3 : 0, 4); /* .strtab */
    t_put(p + 56, type == SHT_SYMTAB ? 24 : 0, 8);
}

static void put_symbol(uint8_t *p, unsigned name, unsigned type, uint64_t rva,
                       uint64_t size)
{
    t_put(p, name, 4);
    p[4] = (uint8_t)(STB_GLOBAL << 4 | type);
    t_put(p + 6, 1, 2);
    t_put(p + 8, BASE + rva, 8);
    t_put(p + 16, size, 8);
}

/* `text`: SHT_PROGBITS, or SHT_NOBITS as in a debug file. */
static void make_elf(elf_image *e, uint32_t text)
{
    const uint8_t head[] = {0x7f, 'E', 'L', 'F', 2, 1, 1};
    const char strings[] = "\0run\0words\0twice\0twice";
    const char names[] = "\0.text\0.symtab\0.strtab\0.shstrtab";
    memset(e->at, 0, ELF_SIZE);
    for (size_t i = TEXT; i < SYMBOLS; i++)
        e->at[i] = byte_at(i);
    memcpy(e->at, head, sizeof head);
    t_put(e->at + 16, ET_EXEC, 2);
    t_put(e->at + 18, EM_X86_64, 2);
    t_put(e->at + 20, 1, 4);
    t_put(e->at + 32, 64, 8);
    t_put(e->at + 40, HEADERS, 8);
    t_put(e->at + 52, 64, 2);
    t_put(e->at + 54, 56, 2);
    t_put(e->at + 56, 3, 2);
    t_put(e->at + 58, 64, 2);
    t_put(e->at + 60, 5, 2);
    t_put(e->at + 62, 4, 2);
    put_segment(e->at + 64, PF_R, 0, TEXT);
    put_segment(e->at + 120, PF_R | PF_X, TEXT, DATA - TEXT);
    put_segment(e->at + 176, PF_R | PF_W, DATA, SYMBOLS - DATA);
    put_symbol(e->at + SYMBOLS + 24, 1, STT_FUNC, TEXT + 0x10, 0x20);
    put_symbol(e->at + SYMBOLS + 48, 5, STT_OBJECT, DATA + 8, 16);
    put_symbol(e->at + SYMBOLS + 72, 11, STT_FUNC, TEXT + 0x80, 4);
    put_symbol(e->at + SYMBOLS + 96, 17, STT_FUNC, TEXT + 0x40, 4);
    memcpy(e->at + STRINGS, strings, sizeof strings);
    memcpy(e->at + NAMES, names, sizeof names);
    uint8_t *s = e->at + HEADERS;
    put_section(s + 64, 1, text, SHF_ALLOC | SHF_EXECINSTR, TEXT, DATA - TEXT);
    put_section(s + 128, 7, SHT_SYMTAB, 0, SYMBOLS, 5 * 24);
    put_section(s + 192, 15, SHT_STRTAB, 0, STRINGS, sizeof strings);
    put_section(s + 256, 23, SHT_STRTAB, 0, NAMES, sizeof names);
}

static mdw_symfile *open_bytes(const void *bytes, size_t len)
{
    mdw_symfile *file = NULL;
    mdw_error err = {0};
    CHECK(mdw_symfile_open((mdw_bytes){bytes, len}, NULL, &file, &err) ==
          MDW_OK);
    if (!file)
        abort();
    return file;
}

/* --- one file ----------------------------------------------------------- */

static size_t read_of(mdw_memory m, uint64_t rva, uint8_t *out, size_t len)
{
    memset(out, 0xEE, len);
    return m.read(m.user, rva, out, len);
}

static void test_code_of_file(void)
{
    static elf_image e;
    uint8_t got[64];
    make_elf(&e, SHT_PROGBITS);
    mdw_symfile *file = open_bytes(e.at, ELF_SIZE);
    mdw_memory code = mdw_symfile_code(file);
    t_case = "an executable has its code";
    CHECK(mdw_symfile_has(file) & MDW_HAS_CODE);
    CHECK_U64(read_of(code, TEXT + 5, got, 16), 16);
    for (unsigned i = 0; i < 16; i++)
        CHECK_U64(got[i], byte_at(TEXT + 5 + i));
    t_case = "headers are there, and reads end with the segment";
    CHECK_U64(read_of(code, 0, got, 4), 4);
    CHECK(!memcmp(got, "\177ELF", 4));
    CHECK_U64(read_of(code, TEXT - 4, got, 16), 4);
    t_case = "what is writable is not given";
    CHECK_U64(read_of(code, DATA - 3, got, 16), 3);
    CHECK_U64(read_of(code, DATA, got, 16), 0);
    CHECK_U64(read_of(code, UINT64_MAX - 2, got, 16), 0);
    t_case = "a window is the segment";
    mdw_window w = code.window(code.user, TEXT + 0x123);
    CHECK(w.addr == TEXT && w.bytes.len == DATA - TEXT);
    CHECK(!code.window(code.user, DATA).bytes.len);
    mdw_symfile_close(file);

    t_case = "a debug file has none";
    make_elf(&e, SHT_NOBITS);
    file = open_bytes(e.at, ELF_SIZE);
    CHECK(!(mdw_symfile_has(file) & MDW_HAS_CODE));
    CHECK(!mdw_symfile_code(file).read);
    mdw_symfile_close(file);

    t_case = "text has none";
    const char *text = sym_text(1, "f");
    file = open_bytes(text, strlen(text));
    CHECK(!(mdw_symfile_has(file) & MDW_HAS_CODE));
    CHECK(!mdw_symfile_code(file).read);
    mdw_symfile_close(file);
}

static void finds(const mdw_symfile *file, const char *name, uint64_t start,
                  uint64_t size)
{
    mdw_range r = {1, 1};
    t_case = name;
    mdw_status status = mdw_symfile_find(file, str(name), &r);
    CHECK(status == (start || size ? MDW_OK : (mdw_status)MDW_ABSENT));
    CHECK_U64(r.start, start);
    CHECK_U64(r.size, size);
}

static void test_find_in_elf(void)
{
    static elf_image e;
    for (int debug = 0; debug < 2; debug++) {
        make_elf(&e, debug ? SHT_NOBITS : SHT_PROGBITS);
        mdw_symfile *file = open_bytes(e.at, ELF_SIZE);
        finds(file, "run", TEXT + 0x10, 0x20);
        finds(file, "words", DATA + 8, 16);
        finds(file, "twice", TEXT + 0x80, 4);
        finds(file, "ru", 0, 0);
        finds(file, "runs", 0, 0);
        finds(file, "", 0, 0);
        mdw_symfile_close(file);
    }
}

static bool grow(void *user, const void *data, size_t len)
{
    mdw_bytes *b = user;
    uint8_t *more = realloc((void *)(uintptr_t)b->data, b->len + len);
    if (!more)
        return false;
    memcpy(more + b->len, data, len);
    *b = (mdw_bytes){more, b->len + len};
    return true;
}

static void test_find_in_text(void)
{
    const char text[] = "MODULE Linux x86_64 0 m\n"
                        "PUBLIC 500 0 both\nPUBLIC 40 0 far out\n"
                        "FUNC 300 10 0 both\nFUNC 100 20 0 with space\n"
                        "FUNC m 200 4 0 same\nFUNC 280 4 0 same\n";
    for (uint32_t level = 0; level <= MDW_INDEX_FULL; level++) {
        mdw_bytes source = {(const uint8_t *)text, sizeof text - 1};
        mdw_bytes index = {NULL, 0};
        mdw_index_options options = MDW_INIT(mdw_index_options);
        mdw_symfile_options o = MDW_INIT(mdw_symfile_options);
        mdw_symfile *file = NULL;
        options.level = level;
        CHECK(mdw_index_build(source, &options, (mdw_sink){grow, &index},
                              NULL) == MDW_OK);
        o.index = index;
        CHECK(mdw_symfile_open(source, &o, &file, NULL) == MDW_OK);
        finds(file, "both", 0x300, 0x10);
        finds(file, "with space", 0x100, 0x20);
        finds(file, "same", 0x200, 4);
        finds(file, "far out", 0x40, 0);
        finds(file, "with", 0, 0);
        finds(file, "", 0, 0);
        mdw_symfile_close(file);
        free((void *)(uintptr_t)index.data);
    }
}

/* --- by debug link ------------------------------------------------------ */

/* IEEE 802.3, bit by bit. */
static uint32_t crc_of(const uint8_t *bytes, size_t len)
{
    uint32_t crc = UINT32_MAX;
    for (size_t i = 0; i < len; i++) {
        crc ^= bytes[i];
        for (int k = 0; k < 8; k++)
            crc = crc >> 1 ^ (crc & 1 ? 0xEDB88320 : 0);
    }
    return ~crc;
}

/* An executable without a build id, known by the hash of its code. */
static mdw_debug_id put_executable(fixture *f, const char *name, uint32_t crc)
{
    size_t len;
    mdw_symfile_facts facts = MDW_INIT(mdw_symfile_facts);
    put_elf(f, name, 0xAB, "x.dbg", crc);
    char *bytes = text_of_file(in(f, name), &len);
    memset(bytes + 0x80, 0x5A, 15); /* some code */
    memset(bytes + 0x100, 0, 36);   /* no note */
    put_bytes(f, name, bytes, len);
    mdw_symfile *file = open_bytes(bytes, len);
    CHECK(mdw_symfile_about(file, &facts) == MDW_OK);
    CHECK_U64(facts.debug_id.form, MDW_DEBUG_ID_GUID);
    mdw_symfile_close(file);
    return facts.debug_id;
}

static void test_link(void)
{
    static elf_image e;
    make_elf(&e, SHT_NOBITS);
    for (int wrong = 0; wrong < 2; wrong++) {
        t_case = wrong ? "a linked file with another checksum is another file"
                       : "without an id a linked file is known by its checksum";
        fixture f = fixture_new();
        mdw_store *store = NULL;
        mdw_provider p = MDW_INIT(mdw_provider);
        mdw_module m = module_of("/usr/bin/x", 0);
        mdw_symfile *file = NULL;
        char name[256] = "";
        put_bytes(&f, "usr/bin/.debug/x.dbg", e.at, ELF_SIZE);
        m.debug_id = put_executable(&f, "usr/bin/x",
                                    crc_of(e.at, ELF_SIZE) + (uint32_t)wrong);
        m.format = MDW_FORMAT_ELF;
        CHECK(mdw_store_new(NULL, &store, NULL) == MDW_OK &&
              mdw_store_add(store, f.root, NULL) == MDW_OK);
        mdw_store_provider(store, &p);
        mdw_status status = ask(&p, &m, MDW_NEED_NAMES, &file);
        CHECK(status == (wrong ? (mdw_status)MDW_ABSENT : MDW_OK));
        if (file && mdw_symfile_read(file, TEXT + 0x18, NULL) == MDW_OK)
            mdw_symfile_lookup(file, TEXT + 0x18, take_name, name);
        text_is(name, wrong ? "" : "run");
        mdw_symfile_close(file);
        mdw_store_close(store);
        fixture_drop(&f);
    }
}

/* --- in a session ------------------------------------------------------- */

typedef struct supply {
    mdw_symfile *code, *names;
    unsigned late; /* how often MDW_AGAIN comes first, for each need */
    unsigned asked[MDW_NEED_COUNT], waits;
} supply;

static mdw_status locate(void *user, const mdw_module *module, uint32_t need,
                         mdw_symfile **out)
{
    supply *s = user;
    mdw_symfile *file = need == MDW_NEED_CODE ? s->code : s->names;
    (void)module;
    if (need == MDW_NEED_ROWS)
        return MDW_ABSENT;
    if (s->asked[need]++ < s->late)
        return MDW_AGAIN;
    if (!file)
        return MDW_ABSENT;
    *out = mdw_symfile_hold(file);
    return MDW_OK;
}

static mdw_status wait_for(void *user, uint32_t ms)
{
    supply *s = user;
    (void)ms;
    s->waits++;
    return MDW_OK;
}

static mdw_session *session_with(const mdw_state *state, supply *s,
                                 mdw_provider *p)
{
    const mdw_provider *list[] = {p};
    mdw_process_options options = MDW_INIT(mdw_process_options);
    mdw_session *run = NULL;
    *p = (mdw_provider){
        .size = sizeof *p, .user = s, .locate = locate, .wait = wait_for};
    options.providers = list;
    options.provider_count = 1;
    CHECK(mdw_session_new(state, &options, &run, NULL) == MDW_OK);
    if (!run)
        abort();
    return run;
}

/* Where the dump has the code of a module, and where it has none. */
typedef struct spots {
    uint32_t module;
    uint64_t base, with, without;
} spots;

static bool in_dump(const mdw_state *state, uint64_t addr)
{
    uint8_t byte;
    mdw_memory m = mdw_state_memory(state);
    return m.read(m.user, addr, &byte, 1);
}

static bool find_spots(const mdw_state *state, spots *out)
{
    for (uint32_t i = 0; i < mdw_state_module_count(state); i++) {
        mdw_module m = MDW_INIT(mdw_module);
        mdw_state_module(state, i, &m);
        *out = (spots){.module = i, .base = m.range.start};
        for (uint64_t rva = TEXT; rva + 1 < DATA && rva + 1 < m.range.size;
             rva++) {
            bool here = in_dump(state, out->base + rva);
            bool next = in_dump(state, out->base + rva + 1);
            if (!here && next)
                out->with = out->base + rva + 1;
            if (!here && !next)
                out->without = out->base + rva;
        }
        if (out->with && out->without)
            return true;
    }
    return false;
}

static void test_read(const mdw_state *state, const spots *at)
{
    static elf_image e;
    uint8_t got[8], want[8];
    mdw_provider p;
    supply s = {.late = 2};
    make_elf(&e, SHT_PROGBITS);
    s.code = open_bytes(e.at, ELF_SIZE);
    mdw_session *run = session_with(state, &s, &p);
    mdw_memory code = session_code(run), dump = mdw_state_memory(state);

    t_case = "what the dump has needs no file";
    CHECK(code_ready(run, at->with) == MDW_OK);
    CHECK_U64(code.read(code.user, at->with, got, 1), 1);
    CHECK_U64(dump.read(dump.user, at->with, want, 1), 1);
    CHECK_U64(got[0], want[0]);
    CHECK(!run->code_awaited && !s.asked[MDW_NEED_CODE]);

    t_case = "while the file is awaited there is nothing, and that is said";
    CHECK_U64(code.read(code.user, at->without, got, 2), 0);
    CHECK(run->code_awaited);
    CHECK(code_ready(run, at->without) == MDW_AGAIN);

    t_case = "the file has what the dump lacks";
    CHECK(code_ready(run, at->without) == MDW_OK);
    CHECK_U64(code.read(code.user, at->without, got, 1), 1);
    CHECK_U64(got[0], byte_at(at->without - at->base));

    t_case = "byte by byte, the dump before the file";
    CHECK_U64(code.read(code.user, at->with - 1, got, 2), 2);
    CHECK_U64(got[0], byte_at(at->with - 1 - at->base));
    CHECK_U64(got[1], want[0]);
    mdw_session_close(run);
    mdw_symfile_close(s.code);
}

static void test_find(const mdw_state *state, const spots *at)
{
    static elf_image e;
    mdw_provider p;
    mdw_range r;
    const char *text = sym_text(1, "in names");
    supply s = {.late = 1, .names = open_bytes(text, strlen(text))};
    make_elf(&e, SHT_PROGBITS);
    s.code = open_bytes(e.at, ELF_SIZE);
    mdw_session *run = session_with(state, &s, &p);
    t_case = "symbols of the executable, at their address";
    CHECK(session_find(run, at->module, str("words"), &r) == MDW_AGAIN);
    CHECK(run->code_awaited);
    CHECK(session_find(run, at->module, str("words"), &r) == MDW_OK);
    CHECK_U64(r.start, at->base + DATA + 8);
    CHECK_U64(r.size, 16);
    CHECK(!s.asked[MDW_NEED_NAMES]);
    t_case = "else of the file with names";
    CHECK(session_find(run, at->module, str("in names"), &r) == MDW_AGAIN);
    CHECK(session_find(run, at->module, str("in names"), &r) == MDW_OK);
    CHECK_U64(r.start, at->base + 0x100);
    t_case = "or nowhere";
    CHECK(session_find(run, at->module, str("x"), &r) == MDW_ABSENT);
    CHECK(session_find(run, MDW_NONE, str("words"), &r) == MDW_ABSENT);
    CHECK(!r.start && !r.size);
    mdw_session_close(run);
    mdw_symfile_close(s.code);
    mdw_symfile_close(s.names);
}

/* What was asked for is in the report, and nothing else is. */
static void test_uses(const mdw_state *state, const spots *at)
{
    static elf_image e;
    mdw_provider p;
    supply s = {.late = 0};
    mdw_report *report = NULL;
    make_elf(&e, SHT_PROGBITS);
    s.code = open_bytes(e.at, ELF_SIZE);
    mdw_session *run = session_with(state, &s, &p);
    uint8_t byte;
    mdw_memory code = session_code(run);
    CHECK(mdw_session_run(run, NULL) == MDW_OK);
    CHECK_U64(code.read(code.user, at->without, &byte, 1), 1);
    CHECK(mdw_session_finish(run, &report, NULL) == MDW_OK);
    t_case = "a module's use says what became of its code";
    mdw_module_use use = MDW_INIT(mdw_module_use);
    CHECK(mdw_report_module(report, at->module, &use) == MDW_OK);
    CHECK(use.status[MDW_NEED_CODE] == MDW_OK);
    mdw_report_close(report);
    mdw_symfile_close(s.code);
}

static void test_session(const char *folder)
{
    char path[FIXTURE_PATH];
    mdw_source *source = NULL;
    mdw_dump *dump = NULL;
    mdw_state *state = NULL;
    spots at;
    t_case = "x86_64-O2-threads.dmp";
    snprintf(path, sizeof path, "%s/x86_64-O2-threads.dmp", folder);
    CHECK(mdw_source_open(path, NULL, &source, NULL) == MDW_OK &&
          mdw_dump_open(mdw_source_bytes(source), NULL, &dump, NULL) ==
              MDW_OK &&
          mdw_state_from_dump(dump, NULL, &state, NULL) == MDW_OK);
    if (state && find_spots(state, &at)) {
        test_read(state, &at);
        test_find(state, &at);
        test_uses(state, &at);
    } else {
        t_check(0, "a module with and without code in the dump", __FILE__,
                __LINE__);
    }
    mdw_state_close(state);
    mdw_dump_close(dump);
    mdw_source_close(source);
}

int main(int argc, char **argv)
{
    test_code_of_file();
    test_find_in_elf();
    test_find_in_text();
    test_link();
    test_session(argc > 1 ? argv[1] : "testdata/dumps");
    return t_done();
}
