/* tests/test_elf_rows.c - the rows in the full index of an ELF file are those
 * of its unwind tables, wherever one is asked, and stand alone.
 * test_elf_rows FILE... */
#include <stdlib.h>

#include "lib/base/bytes.h"
#include "lib/object/elf.h"
#include "lib/symbol/index.h"
#include "lib/symbol/view.h"
#include "lib/symbol/writer.h"
#include "lib/unwind/row.h"
#include "mdwalk/source.h"
#include "t.h"

enum { CHOICES = 4, PLACE = 0x40000000 };

typedef struct held {
    uint8_t *data;
    size_t len;
} held;

/* What must have been seen of all files together. */
typedef struct seen {
    size_t rows, signal, outermost, computed, second, third;
} seen;

static bool take(void *user, const void *data, size_t len)
{
    held *h = user;
    uint8_t *grown = realloc(h->data, h->len + len);
    if (!grown)
        return false;
    memcpy(grown + h->len, data, len);
    *h = (held){grown, h->len + len};
    return true;
}

static held index_of(mdw_bytes file)
{
    mdw_index_options o = MDW_INIT(mdw_index_options);
    held h = {NULL, 0};
    o.level = MDW_INDEX_FULL;
    CHECK(mdw_index_build(file, &o, (mdw_sink){take, &h}, NULL) == MDW_OK);
    return h;
}

static mdw_symfile *open_as_image(mdw_bytes bytes, mdw_image *image)
{
    mdw_symfile *f = NULL;
    if (mdw_symfile_open(bytes, NULL, &f, NULL) != MDW_OK)
        abort();
    mdw_symfile_image(f, image);
    CHECK(image->rows != NULL);
    return f;
}

/* --- one address -------------------------------------------------------- */

static mdw_status ask(const mdw_image *image, uint64_t rva, uint32_t choice,
                      mdw_row *row)
{
    mdw_row_query query = {.size = sizeof query, .choice = choice};
    query.pc = image->range.start + rva;
    row_clear(row);
    return image->rows(image->user, image, &query, row);
}

static bool same_rule(const mdw_rule *a, const mdw_rule *b)
{
    if (a->kind != b->kind)
        return false;
    if (a->kind == MDW_RULE_EXPR || a->kind == MDW_RULE_EXPR_LOAD)
        return a->expr_len == b->expr_len &&
               !memcmp(a->expr, b->expr, a->expr_len);
    return a->base == b->base && a->offset == b->offset;
}

static bool same_rules(const mdw_row *a, const mdw_row *b)
{
    if (a->flags != b->flags || a->source != b->source || a->args != b->args ||
        a->set != b->set || !same_rule(&a->cfa, &b->cfa))
        return false;
    for (uint32_t i = 0; i < MDW_MAX_REGS; i++)
        if (a->set >> i & 1 && !same_rule(&a->reg[i], &b->reg[i]))
            return false;
    return true;
}

static bool holds(mdw_range outer, mdw_range inner)
{
    return outer.start <= inner.start &&
           inner.start + inner.size <= outer.start + outer.size;
}

static void count_row(const mdw_row *row, uint32_t choice, seen *s)
{
    bool lost = false;
    for (uint32_t i = 0; i < MDW_MAX_REGS; i++)
        lost |= row->set >> i & 1 && row->reg[i].kind == MDW_RULE_UNDEFINED;
    s->rows++;
    s->signal += (row->flags & MDW_ROW_SIGNAL) != 0;
    s->outermost += lost;
    s->computed += row->cfa.kind == MDW_RULE_EXPR;
    s->second += choice == 1;
    s->third += choice == 2;
}

/* Rows side by side that say the same are one in an index. */
static mdw_range compare_at(const mdw_image *file, const mdw_image *index,
                            uint64_t rva, uint32_t choice, seen *s)
{
    mdw_row want, got;
    mdw_status status = ask(file, rva, choice, &want);
    CHECK_U64((uint64_t)ask(index, rva, choice, &got), (uint64_t)status);
    if (status != MDW_OK)
        return (mdw_range){0, 0};
    CHECK(same_rules(&want, &got));
    CHECK(holds(got.pc, want.pc));
    count_row(&want, choice, s);
    return want.pc;
}

/* --- one file ----------------------------------------------------------- */

/* Every row at both its ends, and every address that has none; of the second
 * answers, of which there are few, every third. */
static void compare(const mdw_image *file, const mdw_image *index,
                    mdw_range code, uint32_t choice, seen *s)
{
    uint64_t end = code.start + code.size, stride = choice ? 3 : 1;
    int failed = t_failed;
    for (uint64_t rva = code.start; rva < end && t_failed < failed + 5;) {
        mdw_range row = compare_at(file, index, rva, choice, s);
        if (row.size > 1)
            compare_at(file, index,
                       row.start - file->range.start + row.size - 1, choice, s);
        rva =
            row.size ? row.start - file->range.start + row.size : rva + stride;
    }
}

static void compare_code(const elf_file *elf, const mdw_image *file,
                         const mdw_image *index, seen *s)
{
    for (size_t i = 0; i < elf->code_count; i++) {
        mdw_range code = elf->code[i];
        code.start -= elf->image.start;
        for (uint32_t choice = 0; choice < CHOICES; choice++)
            compare(file, index, code, choice, s);
    }
}

static void test_rows_of(mdw_bytes bytes, const elf_file *elf, seen *s)
{
    held h = index_of(bytes);
    mdw_image file = MDW_INIT(mdw_image), index = MDW_INIT(mdw_image);
    file.range = index.range = (mdw_range){PLACE, elf->image.size};
    size_t before = s->rows;
    mdw_symfile *f = open_as_image(bytes, &file);
    mdw_symfile *i = open_as_image((mdw_bytes){h.data, h.len}, &index);
    mdw_symfile_facts facts = MDW_INIT(mdw_symfile_facts);
    mdw_debug_id id = elf_debug_id(elf);
    CHECK(mdw_symfile_has(i) & MDW_HAS_ROWS);
    CHECK(mdw_symfile_about(i, &facts) == MDW_OK);
    CHECK_U64(facts.arch, elf->arch);
    CHECK(!memcmp(&facts.debug_id, &id, sizeof id));
    CHECK_U64(index.link_base, file.link_base);
    compare_code(elf, &file, &index, s);
    CHECK(s->rows > before + 100);
    mdw_symfile_close(i);
    mdw_symfile_close(f);
    free(h.data);
}

/* --- what is stored ----------------------------------------------------- */

static index_view *view_of(const held *h, arena *store)
{
    index_view *v = NULL;
    if (index_open((mdw_bytes){h->data, h->len}, (mdw_bytes){NULL, 0}, store,
                   &v, NULL) != MDW_OK)
        abort();
    return v;
}

static int by_number(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static bool same_set(const index_view *v, uint32_t a, uint32_t b)
{
    static sym_row x, y;
    static uint8_t left[INDEX_RULES_MAX], right[INDEX_RULES_MAX];
    mdw_bytes all = v->section[INDEX_RULES].bytes;
    if (!rules_decode((mdw_bytes){all.data + a, all.len - a}, &x) ||
        !rules_decode((mdw_bytes){all.data + b, all.len - b}, &y))
        return true;
    size_t len = rules_encode(&x, left);
    return len == rules_encode(&y, right) && !memcmp(left, right, len);
}

static size_t take_sets(const index_view *v, uint32_t section, uint32_t *sets)
{
    uint32_t count = view_count(v, section);
    CHECK_U64(v->section[section].bytes.len, 8 * (uint64_t)count);
    for (uint32_t i = 0; i < count; i++)
        sets[i] = view_u32(v, section, i, INDEX_ROW_RULES);
    return count;
}

/* Rows of 8 bytes, and no rule set twice. */
static void test_sets_are_stored_once(mdw_bytes bytes)
{
    arena *store = arena_new(NULL, 0);
    held h = index_of(bytes);
    const index_view *v = view_of(&h, store);
    size_t twice = 0, distinct = 0;
    uint32_t *sets =
        calloc(view_count(v, INDEX_ROW) + view_count(v, INDEX_ROW_2) +
                   view_count(v, INDEX_ROW_3) + (size_t)1,
               sizeof *sets);
    size_t count = take_sets(v, INDEX_ROW, sets);
    count += take_sets(v, INDEX_ROW_2, sets + count);
    count += take_sets(v, INDEX_ROW_3, sets + count);
    qsort(sets, count, sizeof *sets, by_number);
    for (size_t i = 0; i < count; i++)
        if (sets[i] && (!distinct || sets[distinct - 1] != sets[i]))
            sets[distinct++] = sets[i];
    for (size_t i = 0; i < distinct; i++)
        for (size_t j = 0; j < i; j++)
            twice += same_set(v, sets[i], sets[j]);
    CHECK(count > 100 && distinct > 20);
    CHECK_U64(twice, 0);
    free(sets);
    arena_close(store);
    free(h.data);
}

/* --- damage ------------------------------------------------------------- */

enum { ASKED = 64 };

typedef struct answers {
    uint64_t rva[ASKED];
    size_t count;
    mdw_row row[INDEX_ROW_LAYERS][ASKED];
    mdw_status status[INDEX_ROW_LAYERS][ASKED];
} answers;

static mdw_status index_answer(const index_view *v, uint32_t layer,
                               uint64_t rva, mdw_row *row)
{
    sym_row found;
    row_clear(row);
    mdw_status status = index_row(v, layer, (uint32_t)rva, &found);
    if (status == MDW_OK)
        sym_row_fill(&found, row);
    return status;
}

static void learn(const index_view *v, const elf_file *elf, answers *a)
{
    mdw_range code = {0, 0};
    for (size_t i = 0; i < elf->code_count; i++)
        if (elf->code[i].size > code.size)
            code = elf->code[i];
    a->count = ASKED;
    for (size_t i = 0; i < ASKED; i++) {
        a->rva[i] = code.start - elf->image.start + i * (code.size / ASKED);
        for (uint32_t layer = 0; layer < INDEX_ROW_LAYERS; layer++)
            a->status[layer][i] =
                index_answer(v, layer, a->rva[i], &a->row[layer][i]);
    }
}

/* Once it says that it is damaged, it says nothing else. */
static bool as_learnt(const index_view *v, const answers *a)
{
    bool damaged = false;
    for (size_t i = 0; i < a->count; i++)
        for (uint32_t layer = 0; layer < INDEX_ROW_LAYERS; layer++) {
            mdw_row row;
            mdw_status status = index_answer(v, layer, a->rva[i], &row);
            damaged |= status == MDW_E_DAMAGED;
            if (damaged)
                CHECK(status == MDW_E_DAMAGED);
            else
                CHECK(
                    status == a->status[layer][i] &&
                    (status != MDW_OK || same_rules(&row, &a->row[layer][i])));
        }
    return !damaged;
}

/* Bytes of the sections that rows are read from, one after the other. */
static void test_damage_is_found(mdw_bytes bytes, const elf_file *elf)
{
    static const uint32_t sections[] = {
        INDEX_RULES,      INDEX_ROW,   INDEX_ROW_PAGE,  INDEX_ROW_2,
        INDEX_ROW_2_PAGE, INDEX_ROW_3, INDEX_ROW_3_PAGE};
    bool third = elf->arch == MDW_ARCH_ARM;
    static answers a;
    arena *store = arena_new(NULL, 0);
    held h = index_of(bytes);
    const index_view *v = view_of(&h, store);
    learn(v, elf, &a);
    CHECK(as_learnt(v, &a));
    for (size_t i = 0; i < sizeof sections / sizeof *sections; i++) {
        const view_section *s = &v->section[sections[i]];
        size_t found = 0;
        if (sections[i] >= INDEX_ROW_3 && !third)
            continue;
        CHECK(s->bytes.len > 0);
        for (size_t at = 0; at < s->bytes.len; at += 3) {
            arena *own = arena_new(NULL, 0);
            uint8_t *byte = h.data + s->offset + at;
            *byte ^= 0x10;
            found += !as_learnt(view_of(&h, own), &a);
            *byte ^= 0x10;
            arena_close(own);
        }
        CHECK(found > 0);
    }
    arena_close(store);
    free(h.data);
}

/* --- what is not true --------------------------------------------------- */

enum { PHOFF = 32, PHNUM = 56, PHENT = 56, PT_LOAD = 1, MEMSZ = 40 };

/* A segment of 2^60 bytes in memory, in an ELF file of 64 bits. */
static void test_a_huge_image(mdw_bytes bytes, const elf_file *elf)
{
    uint64_t at = 0, count = 0, type = 0, patched = 0;
    uint8_t *copy = malloc(bytes.len);
    if (!copy || !elf->is_64 ||
        !bytes_uint(bytes, PHOFF, 8, elf->big_endian, &at) ||
        !bytes_uint(bytes, PHNUM, 2, elf->big_endian, &count)) {
        free(copy);
        return;
    }
    memcpy(copy, bytes.data, bytes.len);
    for (uint64_t i = 0; i < count; i++, at += PHENT)
        if (bytes_uint(bytes, at, 4, false, &type) && type == PT_LOAD) {
            patched = at + MEMSZ;
            t_put(copy + patched, UINT64_C(1) << 60, 8);
        }
    CHECK(patched > 0);
    held h = index_of((mdw_bytes){copy, bytes.len});
    CHECK(h.len > 0 && h.len < 4 * bytes.len);
    free(h.data);
    free(copy);
}

int main(int argc, char **argv)
{
    seen s = {0};
    bool arm = false;
    for (int i = 1; i < argc; i++) {
        mdw_source *source = NULL;
        elf_file *elf = NULL;
        arena *store = arena_new(NULL, 0);
        t_case = argv[i];
        if (mdw_source_open(argv[i], NULL, &source, NULL) != MDW_OK)
            return 2;
        mdw_bytes bytes = mdw_source_bytes(source);
        if (elf_open(bytes, store, &elf, NULL) != MDW_OK)
            return 2;
        test_rows_of(bytes, elf, &s);
        test_sets_are_stored_once(bytes);
        test_a_huge_image(bytes, elf);
        bool ours = strstr(argv[i], "tables-") != NULL;
        arm |= ours && elf->arch == MDW_ARCH_ARM;
        if (ours)
            test_damage_is_found(bytes, elf);
        arena_close(store);
        mdw_source_close(source);
    }
    t_case = "all of it was met";
    CHECK(s.signal && s.outermost && s.computed && s.second);
    CHECK(s.third || !arm);
    return t_done();
}
