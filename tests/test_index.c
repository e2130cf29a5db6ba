/* tests/test_index.c - an index is believed only as far as it was checked, and
 * it is the same however it was put together. */
#include <stdlib.h>

#include "lib/symbol/index.h"
#include "lib/symbol/writer.h"
#include "t.h"

enum { FUNCTIONS = 400, SOURCE_MAX = 256 * 1024, ANSWER_MAX = 4096 };

typedef struct bytes {
    uint8_t *data;
    size_t len;
} bytes;

static char source[SOURCE_MAX];

static bool append(void *user, const void *data, size_t len)
{
    bytes *b = user;
    uint8_t *all = realloc(b->data, b->len + len + 1);
    if (!all)
        return false;
    memcpy(all + b->len, data, len);
    b->data = all;
    b->len += len;
    return true;
}

/* Functions with lines, inlined calls and rows, on many blocks. */
static void make_source(void)
{
    char *at = source;
    at += sprintf(at, "MODULE Linux x86_64 %032d1 a.so\n", 5);
    for (int i = 0; i < 20; i++)
        at += sprintf(at, "FILE %d dir/file%d.c\nINLINE_ORIGIN %d in%d()\n", i,
                      i, i, i);
    for (int i = 0; i < FUNCTIONS; i++) {
        int rva = 0x1000 + 0x100 * i;
        at +=
            sprintf(at, "FUNC %x e0 0 function_number_%d(int, char)\n", rva, i);
        at += sprintf(at, "INLINE 0 %d %d %d %x 40\n", i, i % 20, (i + 1) % 20,
                      rva + 16);
        for (int k = 0; k < 0xe0; k += 16)
            at += sprintf(at, "%x 10 %d %d\n", rva + k, i + k, i % 20);
        at += sprintf(at, "PUBLIC %x 0 public_%d\n", rva + 0xf0, i);
    }
    for (int i = 0; i < FUNCTIONS; i++)
        at += sprintf(at,
                      "STACK CFI INIT %x e0 .cfa: $rsp %d + .ra: .cfa -8 + ^\n"
                      "STACK CFI %x .cfa: $rbp 16 +\n",
                      0x1000 + 0x100 * i, 8 + 8 * (i % 50),
                      0x1000 + 0x100 * i + 4);
    sprintf(at, "STACK WIN 4 5d00 e0 0 0 8 4 2c 0 1 $eip $esp ^ =\n");
}

static mdw_bytes source_bytes(void)
{
    return (mdw_bytes){(const uint8_t *)source, strlen(source)};
}

static mdw_status build(uint32_t level, const char *folder, uint64_t memory,
                        bytes *out)
{
    mdw_index_options o = MDW_INIT(mdw_index_options);
    mdw_budget budget = MDW_INIT(mdw_budget);
    *out = (bytes){NULL, 0};
    budget.memory = memory;
    o.level = level;
    o.temporary = folder;
    o.budget = &budget;
    return mdw_index_build(source_bytes(), &o, (mdw_sink){append, out}, NULL);
}

static bool print(void *user, const index_place *p)
{
    char *out = user;
    size_t len = strlen(out);
    snprintf(out + len, ANSWER_MAX - len, "%.*s|%.*s|%u;", (int)p->name.len,
             p->name.data, (int)p->file.len, p->file.data, (unsigned)p->line);
    return true;
}

/* Name, lines, row and STACK WIN at `rva`; the first failure ends it. */
static mdw_status answer(const index_view *v, uint32_t rva, char *out)
{
    index_function f;
    sym_row row;
    index_win win;
    *out = 0;
    mdw_status status = index_find(v, rva, &f);
    if (status == MDW_OK)
        status = index_detail(v, &f, rva, print, out);
    if (status < 0)
        return status;
    status = index_row(v, 0, rva, &row);
    if (status == MDW_OK)
        snprintf(out + strlen(out), 64, "cfa %d %+d", row.cfa.base,
                 (int)row.cfa.offset);
    if (status < 0)
        return status;
    status = index_win_at(v, rva, &win);
    if (status == MDW_OK)
        snprintf(out + strlen(out), 64, " win %.*s", (int)win.program.len,
                 win.program.data);
    return status < 0 ? status : MDW_OK;
}

static mdw_status open_index(const bytes *b, arena *store, index_view **v)
{
    mdw_error err = {.code = MDW_OK};
    mdw_status status = index_open((mdw_bytes){b->data, b->len}, source_bytes(),
                                   store, v, &err);
    CHECK(status == MDW_OK || (err.code == status && err.what));
    return status;
}

/* With byte `at` flipped, either nothing opens, or each answer is the true one
 * or MDW_E_DAMAGED. */
static bool flip(bytes *b, size_t at, uint32_t rva, const char *want)
{
    char got[ANSWER_MAX];
    index_view *v;
    arena *store = arena_new(NULL, 0);
    b->data[at] ^= 0x20;
    mdw_status status = open_index(b, store, &v);
    bool refused = status < 0;
    if (!refused) {
        status = answer(v, rva, got);
        CHECK(status == MDW_OK || status == MDW_E_DAMAGED);
        CHECK(index_damaged(v) == (status == MDW_E_DAMAGED));
        if (status == MDW_OK)
            CHECK(!strcmp(got, want));
        refused = status < 0;
        if (refused) /* for good */
            CHECK_U64((uint64_t)answer(v, rva, got), (uint64_t)MDW_E_DAMAGED);
    }
    b->data[at] ^= 0x20;
    arena_close(store);
    return refused;
}

static void test_flips(uint32_t level)
{
    enum { RVA = 0x1000 + 0x100 * 77 + 0x24 };
    char want[ANSWER_MAX];
    bytes b;
    index_view *v;
    arena *store = arena_new(NULL, 0);
    t_case = level ? "a flipped byte, full" : "a flipped byte, directory";
    CHECK_U64((uint64_t)build(level, NULL, 0, &b), MDW_OK);
    CHECK_U64((uint64_t)open_index(&b, store, &v), MDW_OK);
    CHECK_U64((uint64_t)answer(v, RVA, want), MDW_OK);
    CHECK(strstr(want, "in18()|dir/file17.c|109;function_number_77(int, char)|"
                       "dir/file17.c|77;cfa 6 +16") != NULL);
    arena_close(store);
    for (size_t i = 0; i < INDEX_START; i++)
        CHECK(flip(&b, i, RVA, want));
    size_t refused = 0;
    for (size_t i = INDEX_START; i < b.len; i += 61)
        refused += flip(&b, i, RVA, want);
    CHECK(refused > 20); /* blocks that this answer needs */
    free(b.data);
}

static void test_refusals(void)
{
    bytes b;
    index_view *v;
    arena *store = arena_new(NULL, 0);
    CHECK_U64((uint64_t)build(MDW_INDEX_FULL, NULL, 0, &b), MDW_OK);
    size_t len = b.len;
    t_case = "cut short";
    for (b.len = 8; b.len < len; b.len += 97)
        CHECK_U64((uint64_t)open_index(&b, store, &v), (uint64_t)MDW_E_DAMAGED);
    b.len = len;
    t_case = "another version";
    b.data[INDEX_AT_VERSION]++;
    CHECK_U64((uint64_t)open_index(&b, store, &v), (uint64_t)MDW_E_UNSUPPORTED);
    t_case = "version 2, whose ELF files have no rows";
    b.data[INDEX_AT_VERSION] = 2;
    CHECK_U64((uint64_t)open_index(&b, store, &v), (uint64_t)MDW_E_UNSUPPORTED);
    t_case = "no index";
    b.data[0]++;
    CHECK_U64((uint64_t)open_index(&b, store, &v), (uint64_t)MDW_E_FORMAT);
    free(b.data);
    t_case = "a directory of another source";
    CHECK_U64((uint64_t)build(MDW_INDEX_DIRECTORY, NULL, 0, &b), MDW_OK);
    mdw_bytes other = source_bytes();
    other.len--;
    CHECK_U64((uint64_t)index_open((mdw_bytes){b.data, b.len}, other, store, &v,
                                   NULL),
              (uint64_t)MDW_E_MISMATCH);
    free(b.data);
    arena_close(store);
}

/* The directory is right and its source is another of the same length: each
 * record that it points to is looked at before it is believed. */
static void test_other_text(void)
{
    static const struct {
        const char *record; /* its last digit becomes another */
        uint32_t rva;
    } rows[] = {{"FUNC 5d00", 0x5d00},
                {"FUNC 5d00 e", 0x5d00},
                {"FILE 17", 0x5d00},
                {"INLINE_ORIGIN 18", 0x5d14},
                {"PUBLIC 5df0", 0x5df4},
                {"STACK CFI INIT 5d00", 0x5d00},
                {"STACK CFI INIT 5d00 e", 0x5d00},
                {"STACK WIN 4 5d00", 0x5d00}};
    bytes b;
    CHECK_U64((uint64_t)build(MDW_INDEX_DIRECTORY, NULL, 0, &b), MDW_OK);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char got[ANSWER_MAX];
        index_view *v;
        arena *store = arena_new(NULL, 0);
        char *at = strstr(source, rows[i].record);
        t_case = rows[i].record;
        CHECK(at != NULL);
        CHECK_U64((uint64_t)open_index(&b, store, &v), MDW_OK);
        CHECK_U64((uint64_t)answer(v, rows[i].rva, got), MDW_OK);
        char *digit = at + strlen(rows[i].record) - 1;
        char was = *digit;
        *digit = '9';
        CHECK_U64((uint64_t)open_index(&b, store, &v), MDW_OK);
        CHECK_U64((uint64_t)answer(v, rows[i].rva, got),
                  (uint64_t)MDW_E_DAMAGED);
        *digit = was;
        arena_close(store);
    }
    free(b.data);
}

static void test_writing(void)
{
    bytes memory, file, small;
    t_case = "through files, the same bytes";
    CHECK_U64((uint64_t)build(MDW_INDEX_FULL, NULL, 0, &memory), MDW_OK);
    CHECK_U64((uint64_t)build(MDW_INDEX_FULL, "/tmp", 0, &file), MDW_OK);
    CHECK_U64(file.len, memory.len);
    CHECK(file.len == memory.len && !memcmp(file.data, memory.data, file.len));
    t_case = "every budget is kept";
    for (uint64_t limit = 1; limit < memory.len; limit = limit * 3 / 2 + 1) {
        mdw_status status = build(MDW_INDEX_FULL, NULL, limit, &small);
        CHECK_U64((uint64_t)status, (uint64_t)MDW_E_LIMIT);
        free(small.data);
    }
    t_case = "no such folder";
    pool p = {allocator_or_default(NULL), 1 << 20, MDW_OK};
    static const char part[4096];
    spool s = {0};
    for (int i = 0; i < 300 && p.status == MDW_OK; i++)
        spool_put(&s, &p, "/nonexistent", part, sizeof part);
    CHECK_U64((uint64_t)p.status, (uint64_t)MDW_E_IO);
    spool_drop(&s, &p);
    CHECK_U64(p.left, 1 << 20);
    free(memory.data);
    free(file.data);
}

static bool sum(void *user, const void *data, size_t len)
{
    uint64_t *n = user;
    for (size_t i = 0; i < len; i++)
        *n = *n * 31 + ((const uint8_t *)data)[i];
    return true;
}

/* Larger than its chunk, so that part of it really lies in the file. */
static void test_spool(void)
{
    uint64_t got[2] = {0, 0};
    pool p = {allocator_or_default(NULL), 8 << 20, MDW_OK};
    static const char *const folders[] = {NULL, "/tmp"};
    t_case = "a spool gives back what was put";
    for (int k = 0; k < 2; k++) {
        spool s = {0};
        for (uint32_t i = 0; i < 400000; i++)
            spool_put(&s, &p, folders[k], &i, 1 + i % 4);
        CHECK_U64(s.size, 1000000);
        CHECK((s.file != 0) == (folders[k] != NULL));
        CHECK(spool_each(&s, &p, sum, &got[k]));
        spool_drop(&s, &p);
    }
    CHECK_U64(got[0], got[1]);
    CHECK_U64(p.left, 8 << 20);
}

static void test_rules(void)
{
    static const uint8_t expr[] = "$rsp 16 @";
    uint8_t out[INDEX_RULES_MAX];
    sym_row row = {.flags = MDW_ROW_SIGNAL, .source = 3}, got = {.flags = 0};
    row.set = 1 | UINT64_C(1) << 39;
    row.cfa = (sym_rule){.kind = MDW_RULE_EXPR, .expr = {expr, 9}};
    row.reg[0] = (sym_rule){MDW_RULE_LOAD, MDW_BASE_CFA, INT64_MIN, {0}};
    row.reg[39] = (sym_rule){.kind = MDW_RULE_UNDEFINED};
    t_case = "a rule set comes back";
    size_t len = rules_encode(&row, out);
    CHECK(len && rules_decode((mdw_bytes){out, len}, &got));
    CHECK(got.set == row.set && got.flags == row.flags && got.source == 3);
    CHECK(got.cfa.kind == MDW_RULE_EXPR && got.cfa.expr.len == 9 &&
          !memcmp(got.cfa.expr.data, expr, 9));
    CHECK(got.reg[0].kind == MDW_RULE_LOAD && got.reg[0].offset == INT64_MIN &&
          got.reg[0].base == MDW_BASE_CFA);
    CHECK(got.reg[39].kind == MDW_RULE_UNDEFINED);
    t_case = "no part of it does";
    for (size_t cut = 0; cut < len; cut++)
        CHECK(!rules_decode((mdw_bytes){out, cut}, &got));
    t_case = "an expression that is too long";
    row.cfa.expr.len = INDEX_RULES_MAX;
    CHECK_U64(rules_encode(&row, out), 0);
}

int main(void)
{
    make_source();
    test_flips(MDW_INDEX_DIRECTORY);
    test_flips(MDW_INDEX_FULL);
    test_refusals();
    test_other_text();
    test_writing();
    test_spool();
    test_rules();
    return t_done();
}
