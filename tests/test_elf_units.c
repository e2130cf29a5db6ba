/* tests/test_elf_units.c - an ELF file read unit by unit answers as its whole
 * index does, in any order and on many threads. The file is this program. */
#include <pthread.h>
#include <stdlib.h>

#include "lib/symbol/elf_units.h"
#include "mdwalk/source.h"
#include "mdwalk/symbol.h"
#include "t.h"

enum { THREADS = 8, ASKED = 4000 };

typedef struct asked {
    uint64_t rva;
    uint64_t hash; /* of the whole answer */
} asked;

static mdw_bytes bytes;
static asked want[ASKED];

/* --- answers ----------------------------------------------------------- */

static uint64_t mix(uint64_t hash, const void *data, size_t len)
{
    const unsigned char *at = data;
    for (size_t i = 0; i < len; i++)
        hash = (hash ^ at[i]) * UINT64_C(0x100000001B3);
    return hash * 31 + len;
}

static bool add(void *user, const mdw_symbol *s)
{
    uint64_t *hash = user;
    *hash = mix(*hash, s->function.data, s->function.len);
    *hash = mix(*hash, s->raw.data, s->raw.len);
    *hash = mix(*hash, s->file.data, s->file.len);
    *hash = mix(*hash, &s->range, sizeof s->range);
    *hash = mix(*hash, &s->line, sizeof s->line);
    *hash = mix(*hash, &s->flags, sizeof s->flags);
    return true;
}

static mdw_status look(const mdw_symfile *f, uint64_t rva, uint64_t *hash)
{
    *hash = 1;
    return mdw_symfile_lookup(f, rva, add, hash);
}

static bool take(void *user, const void *data, size_t len)
{
    mdw_bytes *b = user;
    uint8_t *grown = realloc((void *)(uintptr_t)b->data, b->len + len);
    if (!grown)
        return false;
    memcpy(grown + b->len, data, len);
    *b = (mdw_bytes){grown, b->len + len};
    return true;
}

/* Fixed pseudo-random numbers. */
static uint64_t next(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + 1442695040888963407;
    return *state >> 33;
}

/* Relative to the image, which sanitizers make a thousand times larger. */
static mdw_range largest_code(void)
{
    arena *store = arena_new(NULL, 0);
    elf_file *f = NULL;
    mdw_range out = {0, 1};
    CHECK(elf_open(bytes, store, &f, NULL) == MDW_OK);
    for (size_t i = 0; f && i < f->code_count; i++)
        if (f->code[i].size > out.size)
            out =
                (mdw_range){f->code[i].start - f->image.start, f->code[i].size};
    arena_close(store);
    return out;
}

/* --- tests ------------------------------------------------------------- */

static void answer_from_whole_index(void)
{
    mdw_bytes index = {NULL, 0};
    mdw_index_options o = MDW_INIT(mdw_index_options);
    mdw_symfile_options options = MDW_INIT(mdw_symfile_options);
    mdw_symfile *f = NULL;
    uint64_t state = 7, named = 0;
    o.level = MDW_INDEX_FULL;
    CHECK(mdw_index_build(bytes, &o, (mdw_sink){take, &index}, NULL) == MDW_OK);
    options.index = index;
    CHECK(mdw_symfile_open(bytes, &options, &f, NULL) == MDW_OK);
    CHECK(mdw_symfile_read(f, 0, NULL) == MDW_OK);
    mdw_range code = largest_code();
    for (size_t i = 0; i < ASKED; i++) {
        want[i].rva = code.start + next(&state) % code.size;
        named += look(f, want[i].rva, &want[i].hash) == MDW_OK;
    }
    CHECK(named > ASKED / 8);
    mdw_symfile_close(f);
    free((void *)(uintptr_t)index.data);
}

static mdw_symfile *open_by_unit(const mdw_budget *budget)
{
    mdw_symfile_options options = MDW_INIT(mdw_symfile_options);
    mdw_symfile *f = NULL;
    options.by_unit = 1;
    options.budget = budget;
    CHECK(mdw_symfile_open(bytes, &options, &f, NULL) == MDW_OK);
    CHECK(mdw_symfile_has(f) & MDW_HAS_FUNCTIONS);
    return f;
}

static void test_nothing_before_it_is_read(void)
{
    mdw_symfile *f = open_by_unit(NULL);
    uint64_t hash;
    CHECK(look(f, want[0].rva, &hash) == MDW_AGAIN);
    CHECK(mdw_symfile_read(f, want[0].rva, NULL) == MDW_OK);
    CHECK(look(f, want[0].rva, &hash) != MDW_AGAIN);
    CHECK_U64(hash, want[0].hash);
    CHECK(mdw_symfile_read(f, UINT64_MAX, NULL) == MDW_OK);
    CHECK(look(f, UINT64_MAX, &hash) == MDW_ABSENT);
    mdw_symfile_close(f);
}

typedef struct job {
    mdw_symfile *file;
    uint64_t seed;
    size_t wrong;
} job;

static void *ask(void *user)
{
    job *j = user;
    for (size_t i = 0; i < ASKED; i++) {
        const asked *a = &want[next(&j->seed) % ASKED];
        uint64_t hash;
        if (mdw_symfile_read(j->file, a->rva, NULL) != MDW_OK)
            j->wrong++;
        (void)look(j->file, a->rva, &hash);
        j->wrong += hash != a->hash;
    }
    return NULL;
}

static void test_any_order_on_many_threads(void)
{
    mdw_symfile *f = open_by_unit(NULL);
    pthread_t threads[THREADS];
    job jobs[THREADS];
    for (size_t i = 0; i < THREADS; i++) {
        jobs[i] = (job){f, i * 977, 0};
        CHECK(pthread_create(&threads[i], NULL, ask, &jobs[i]) == 0);
    }
    for (size_t i = 0; i < THREADS; i++) {
        CHECK(pthread_join(threads[i], NULL) == 0);
        CHECK_U64(jobs[i].wrong, 0);
    }
    mdw_symfile_close(f);
}

/* Without room for the DWARF symbols answer, and it is said each time. */
static void test_too_little_memory_leaves_symbols(void)
{
    mdw_budget budget = MDW_INIT(mdw_budget);
    mdw_error err = {.code = MDW_OK};
    uint64_t hash;
    budget.memory = 1 << 16;
    mdw_symfile *f = open_by_unit(&budget);
    for (size_t i = 0; i < 3; i++) {
        CHECK(mdw_symfile_read(f, want[i].rva, &err) == MDW_E_LIMIT);
        CHECK(err.code == MDW_E_LIMIT);
        CHECK(look(f, want[i].rva, &hash) != MDW_AGAIN);
    }
    mdw_symfile_close(f);
}

/* What is opened without asking for units never waits for any. */
static void test_symbols_alone(void)
{
    mdw_symfile *f = NULL;
    uint64_t hash, named = 0;
    CHECK(mdw_symfile_open(bytes, NULL, &f, NULL) == MDW_OK);
    CHECK(!(mdw_symfile_has(f) & (MDW_HAS_LINES | MDW_HAS_INLINES)));
    for (size_t i = 0; i < ASKED; i++) {
        mdw_status status = look(f, want[i].rva, &hash);
        CHECK(status == MDW_OK || status == MDW_ABSENT);
        named += status == MDW_OK;
    }
    CHECK(named > ASKED / 8);
    mdw_symfile_close(f);
}

int main(void)
{
    mdw_source *source = NULL;
    if (mdw_source_open("/proc/self/exe", NULL, &source, NULL) != MDW_OK)
        return 77;
    bytes = mdw_source_bytes(source);
    answer_from_whole_index();
    test_nothing_before_it_is_read();
    test_any_order_on_many_threads();
    test_too_little_memory_leaves_symbols();
    test_symbols_alone();
    mdw_source_close(source);
    return t_done();
}
