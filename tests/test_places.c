/* tests/test_places.c - where symbol files are looked for, and what keeps a
 * name out of a dump from being a path. */
#define _XOPEN_SOURCE 700

#include "symbol_fixture.h"

static mdw_store *store_at(const char *where, mdw_provider *provider)
{
    mdw_store *store = NULL;
    mdw_error err = {0};
    CHECK(mdw_store_new(NULL, &store, &err) == MDW_OK);
    CHECK(mdw_store_add(store, where, &err) == MDW_OK);
    *provider = MDW_INIT(mdw_provider);
    mdw_store_provider(store, provider);
    return store;
}

/* --- Breakpad's layout and files in no layout --------------------------- */

typedef struct row {
    const char *name;
    const char *file; /* in the folder */
    uint8_t id;       /* of the file */
    const char *debug_file;
    uint8_t wants;
    const char *found;
} row;

#define A "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA0"

static const row rows[] = {
    {"Breakpad's layout", "x.so/" A "/x.so.sym", 0xAA, "/lib/x.so", 0xAA, "f"},
    {"a Windows path counts by its last part", "x.pdb/" A "/x.sym", 0xAA,
     "c:\\build\\x.pdb", 0xAA, "f"},
    {".pdb in any case", "X.PDB/" A "/X.sym", 0xAA, "X.PDB", 0xAA, "f"},
    {"another id in the path is another file", "x.so/" A "/x.so.sym", 0xBB,
     "x.so", 0xBB, "(absent)"},
    {"another id in the file is refused", "x.so/" A "/x.so.sym", 0xBB, "x.so",
     0xAA, "(another identity)"},
    {"any file of the folder with the id", "whatever.sym", 0xAA, "x.so", 0xAA,
     "f"},
    {"its ending does not matter", "whatever", 0xAA, "x.so", 0xAA, "f"},
    {"a namesake with another id is refused", "x.so.sym", 0xBB, "x.so", 0xAA,
     "(another identity)"},
    {"a stranger is not", "y.so.sym", 0xBB, "x.so", 0xAA, "(absent)"},
    {"hidden files are not looked at", ".x.so.sym", 0xAA, "x.so", 0xAA,
     "(absent)"},
    {"blanks in names", "a b/" A "/a b.sym", 0xAA, "a b", 0xAA, "f"},
};

static void test_rows(void)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const row *r = &rows[i];
        t_case = r->name;
        fixture f = fixture_new();
        mdw_provider p;
        put_text(&f, r->file, sym_text(r->id, "f"));
        mdw_store *store = store_at(f.root, &p);
        mdw_module m = module_of(r->debug_file, r->wants);
        text_is(found(&p, &m), r->found);
        mdw_store_close(store);
        fixture_drop(&f);
    }
}

static void test_mismatch_says_both(void)
{
    t_case = "a refused file is named with both ids";
    fixture f = fixture_new();
    mdw_provider p;
    char want[512];
    put_text(&f, "x.so/" A "/x.so.sym", sym_text(0xBB, "f"));
    mdw_store *store = store_at(f.root, &p);
    mdw_module m = module_of("x.so", 0xAA);
    said s = {.text = ""};
    text_is(found(&p, &m), "(another identity)");
    p.refused(p.user, &m, MDW_NEED_NAMES, hear, &s);
    snprintf(want, sizeof want,
             "%s/x.so/" A "/x.so.sym: another identity wants %s, has %s\n",
             f.root, id_text(0xAA, 0), id_text(0xBB, 0));
    text_is(s.text, want);
    mdw_store_close(store);
    fixture_drop(&f);
}

/* --- names out of a dump ------------------------------------------------ */

/* There is a file with the right id wherever each of these would lead. */
static const struct {
    const char *name, *debug_file;
} hostile[] = {
    {"a parent", ".."},    {"the folder itself", "."}, {"nothing", ""},
    {"only a slash", "/"}, {"a newline", "x\n"},       {"an escape", "\033[2J"},
    {"a delete", "x\177"},
};

static void test_hostile(void)
{
    for (size_t i = 0; i < sizeof hostile / sizeof *hostile; i++) {
        t_case = hostile[i].name;
        fixture f = fixture_new();
        mdw_provider p;
        put_text(&f, "root/inside", "");
        put_text(&f, A "/...sym", sym_text(0xAA, "f"));
        put_text(&f, A "/.sym", sym_text(0xAA, "f"));
        put_text(&f, "root/" A "/..sym", sym_text(0xAA, "f"));
        put_text(&f, "root/x\n/" A "/x\n.sym", sym_text(0xAA, "f"));
        put_text(&f, "root/x\177/" A "/x\177.sym", sym_text(0xAA, "f"));
        put_text(&f, "root/\033[2J/" A "/\033[2J.sym", sym_text(0xAA, "f"));
        mdw_store *store = store_at(in(&f, "root"), &p);
        mdw_module m = module_of(hostile[i].debug_file, 0xAA);
        text_is(found(&p, &m), "(absent)");
        mdw_store_close(store);
        fixture_drop(&f);
    }
}

/* --- build ids ---------------------------------------------------------- */

#define B "abababababababababababababababababababab"
#define B_REST "ababababababababababababababababababab"

static const struct {
    const char *name, *file;
    uint8_t id;
    const char *link, *linked; /* a second file, with the id */
    const char *code_file;
    const char *subject; /* what is then spoken of; NULL: nothing */
} elves[] = {
    {"by build id", ".build-id/ab/" B_REST ".debug", 1, NULL, NULL, "/x",
     ".build-id/ab/" B_REST ".debug"},
    {"below usr/lib/debug", "usr/lib/debug/.build-id/ab/" B_REST ".debug", 1,
     NULL, NULL, "/x", "usr/lib/debug/.build-id/ab/" B_REST ".debug"},
    {"an executable by build id", ".build-id/ab/" B_REST, 1, NULL, NULL, "/x",
     ".build-id/ab/" B_REST},
    {"where the module was", "usr/bin/x", 1, NULL, NULL, "/usr/bin/x",
     "usr/bin/x"},
    {"the module's name alone", "x", 1, NULL, NULL, "/usr/bin/x", "x"},
    {"beside it, by its link", "usr/bin/x", 0xAB, "x.dbg", "usr/bin/x.dbg",
     "/usr/bin/x", "usr/bin/x.dbg"},
    {"in .debug, by its link", "usr/bin/x", 0xAB, "x.dbg",
     "usr/bin/.debug/x.dbg", "/usr/bin/x", "usr/bin/.debug/x.dbg"},
    {"below usr/lib/debug, by its link", "usr/bin/x", 0xAB, "x.dbg",
     "usr/lib/debug/usr/bin/x.dbg", "/usr/bin/x",
     "usr/lib/debug/usr/bin/x.dbg"},
    {"a link that climbs is none", "root/usr/bin/x", 0xAB, "../x.dbg",
     "usr/x.dbg", "/usr/bin/x", NULL},
    {"a module's path does not climb", "x", 1, NULL, NULL, "/../../x", "x"},
};

/* The files are of another id, so that each one that is looked at says so. */
static void test_elf(void)
{
    for (size_t i = 0; i < sizeof elves / sizeof *elves; i++) {
        t_case = elves[i].name;
        fixture f = fixture_new();
        mdw_provider p;
        put_elf(&f, elves[i].file, elves[i].id, elves[i].link, 0);
        if (elves[i].linked)
            put_elf(&f, elves[i].linked, 2, NULL, 0);
        mdw_store *store = store_at(f.root, &p);
        mdw_module m = module_of(elves[i].code_file, 0xAB);
        m.format = MDW_FORMAT_ELF;
        m.code_id = str(B);
        m.debug_file = str("other");
        said s = {.text = ""};
        mdw_symfile *file = NULL;
        ask(&p, &m, MDW_NEED_NAMES, &file);
        mdw_symfile_close(file);
        p.refused(p.user, &m, MDW_NEED_NAMES, hear, &s);
        if (elves[i].subject)
            CHECK(strstr(s.text, in(&f, elves[i].subject)) != NULL);
        else
            CHECK(!strstr(s.text, "dbg"));
        mdw_store_close(store);
        fixture_drop(&f);
    }
}

static mdw_module elf_module(void)
{
    mdw_module m = module_of("/usr/bin/x", 0xAB);
    m.format = MDW_FORMAT_ELF;
    m.code_id = str(B);
    m.debug_file = str("other");
    m.debug_id = (mdw_debug_id){.form = MDW_DEBUG_ID_NONE};
    return m;
}

static const struct {
    const char *name, *file;
    uint8_t id;
    mdw_status want;
} codes[] = {
    {"code by build id", ".build-id/ab/" B_REST, 0xAB, MDW_OK},
    {"code where the module was", "usr/bin/x", 0xAB, MDW_OK},
    {"code by the module's name", "x", 0xAB, MDW_OK},
    {"code in any file of the folder", "what.ever", 0xAB, MDW_OK},
    {"code of another build", "usr/bin/x", 2, MDW_E_MISMATCH},
    {"no code at all", "usr/bin/y.txt", 0xAB, MDW_ABSENT},
};

static void test_code(void)
{
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        t_case = codes[i].name;
        fixture f = fixture_new();
        mdw_provider p;
        mdw_module m = elf_module();
        mdw_symfile *file = NULL;
        uint8_t got[4] = {0};
        put_elf(&f, codes[i].file, codes[i].id, NULL, 0);
        mdw_store *store = store_at(f.root, &p);
        CHECK(ask(&p, &m, MDW_NEED_CODE, &file) == codes[i].want);
        CHECK((file != NULL) == (codes[i].want == MDW_OK));
        if (file) {
            mdw_memory code = mdw_symfile_code(file);
            CHECK(code.read && code.read(code.user, 0, got, 4) == 4);
            CHECK(!memcmp(got, "\177ELF", 4));
        }
        mdw_symfile_close(file);
        mdw_store_close(store);
        fixture_drop(&f);
    }
}

/* --- places ------------------------------------------------------------- */

static void test_order(void)
{
    t_case = "places are asked in the order of adding";
    fixture f = fixture_new();
    mdw_provider p;
    put_text(&f, "b/x.so/" A "/x.so.sym", sym_text(0xAA, "second"));
    put_text(&f, "a/x.so/" A "/x.so.sym", sym_text(0xAA, "first"));
    mdw_store *store = store_at(in(&f, "a"), &p);
    CHECK(mdw_store_add(store, in(&f, "b"), NULL) == MDW_OK);
    mdw_module m = module_of("x.so", 0xAA);
    text_is(found(&p, &m), "first");
    mdw_store_close(store);
    t_case = "a refused file does not hide a good one behind it";
    put_text(&f, "a/x.so/" A "/x.so.sym", sym_text(0xBB, "first"));
    store = store_at(in(&f, "a"), &p);
    CHECK(mdw_store_add(store, in(&f, "b"), NULL) == MDW_OK);
    said s = {.text = ""};
    text_is(found(&p, &m), "second");
    p.refused(p.user, &m, MDW_NEED_NAMES, hear, &s);
    CHECK_U64(s.count, 1);
    mdw_store_close(store);
    fixture_drop(&f);
}

static void test_one_file(void)
{
    t_case = "one file as a place";
    fixture f = fixture_new();
    mdw_provider p;
    put_text(&f, "file", sym_text(0xAA, "f"));
    mdw_store *store = store_at(in(&f, "file"), &p);
    mdw_module m = module_of("x.so", 0xAA), other = module_of("x.so", 0xBB);
    text_is(found(&p, &m), "f");
    text_is(found(&p, &other), "(absent)");
    mdw_symfile *file = NULL;
    CHECK(ask(&p, &m, MDW_NEED_ROWS, &file) == MDW_OK);
    mdw_symfile_close(file);
    CHECK(ask(&p, &m, MDW_NEED_CODE, &file) == MDW_ABSENT);
    mdw_store_close(store);
    fixture_drop(&f);
}

static void test_no_place(void)
{
    t_case = "what is no place is said at once";
    fixture f = fixture_new();
    mdw_store *store = NULL;
    mdw_error err = {0};
    CHECK(mdw_store_new(NULL, &store, &err) == MDW_OK);
    CHECK(mdw_store_add(store, in(&f, "nothing"), &err) == MDW_E_IO);
    CHECK_U64(err.value, 2); /* ENOENT */
    CHECK(mkfifo(in(&f, "fifo"), 0600) == 0);
    CHECK(mdw_store_add(store, f.path, &err) == MDW_E_ARG);
    CHECK(mdw_store_add(store, "debuginfod", &err) == MDW_E_UNSUPPORTED);
    mdw_store_close(store);
    t_case = "a fifo in a folder does not block";
    mdw_provider p;
    store = store_at(f.root, &p);
    mdw_module m = module_of("fifo", 0xAA);
    text_is(found(&p, &m), "(absent)");
    mdw_store_close(store);
    fixture_drop(&f);
}

int main(void)
{
    test_rows();
    test_mismatch_says_both();
    test_hostile();
    test_elf();
    test_code();
    test_order();
    test_one_file();
    test_no_place();
    return t_done();
}
