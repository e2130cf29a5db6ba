/* fuzz/fuzz_elf.c - whatever the bytes, what an ELF file is said to have lies
 * inside it, its symbols ascend inside the image's code, and its unwind tables
 * become rows of an index in bounded time. */
#include <stdlib.h>

#include "lib/symbol/elf_rows.h"
#include "lib/symbol/elf_symbols.h"

#define EXPECT(cond)                                                           \
    do                                                                         \
        if (!(cond))                                                           \
            abort();                                                           \
    while (0)

enum { LIMIT = 1 << 20 };

static unsigned sum; /* so that every byte handed out is really read */

static void look(const void *data, size_t len)
{
    const uint8_t *p = data;
    for (size_t i = 0; i < len; i++)
        sum += p[i];
}

static void check_inside(const elf_file *f, mdw_bytes part)
{
    if (!part.len)
        return;
    EXPECT(part.data >= f->bytes.data && part.len <= f->bytes.len);
    EXPECT((size_t)(part.data - f->bytes.data) <= f->bytes.len - part.len);
}

static void check_sections(const elf_file *f, arena *store)
{
    for (size_t i = 0; i < f->section_count; i++) {
        const elf_section *s = &f->sections[i];
        check_inside(f, s->bytes);
        look(s->name.data, s->name.len);
        mdw_bytes out = {NULL, 0};
        if (i < 64 && elf_content(f, s, LIMIT, 16, store, &out, NULL) == MDW_OK)
            look(out.data, out.len + 16);
    }
    for (size_t i = 0; i < f->segment_count; i++)
        check_inside(f, f->segments[i].bytes);
    for (size_t i = 1; i < f->code_count; i++)
        EXPECT(f->code[i].start - f->code[i - 1].start >= f->code[i - 1].size);
}

static void check_ids(const elf_file *f)
{
    mdw_str name;
    uint32_t crc;
    check_inside(f, elf_build_id(f));
    mdw_debug_id id = elf_debug_id(f);
    look(&id, sizeof id);
    if (elf_debuglink(f, &name, &crc))
        look(name.data, name.len);
    name = elf_altlink(f);
    look(name.data, name.len);
}

static void check_symbols(const elf_file *f, arena *store)
{
    code_symbols symbols;
    mdw_status status = code_symbols_read(f, NULL, store, &symbols, NULL);
    EXPECT(status == MDW_OK || status == MDW_E_MEMORY);
    for (size_t i = 0; i < symbols.count; i++) {
        const code_symbol *s = &symbols.items[i];
        look(s->name.data, s->name.len);
        EXPECT(s->size && s->size <= UINT32_MAX - s->rva);
        EXPECT(elf_code_at(f, f->image.start + s->rva));
        if (i)
            EXPECT(s->rva - s[-1].rva >= s[-1].size);
        EXPECT(code_symbols_from(&symbols, s->rva) == i);
    }
    mdw_range range;
    (void)elf_symbol_find(f, (mdw_str){"main", 4}, &range);
}

static bool drop(void *user, const void *data, size_t len)
{
    (void)user;
    look(data, len);
    return true;
}

static void check_rows(const elf_file *f, arena *store)
{
    mdw_index_options options = MDW_INIT(mdw_index_options);
    mdw_budget budget = MDW_INIT(mdw_budget);
    index_writer *w = NULL;
    options.level = MDW_INDEX_FULL;
    if (index_writer_new(&options, &w, NULL) != MDW_OK)
        abort();
    uint32_t layer = 0;
    mdw_status status =
        elf_put_rows(f, f->image.start, &layer, &budget, store, NULL, w);
    EXPECT(layer <= INDEX_ROW_LAYERS);
    EXPECT(status == MDW_OK || status == MDW_ABSENT || status == MDW_E_MEMORY);
    status = index_finish(w, (mdw_sink){drop, NULL}, NULL);
    EXPECT(status == MDW_OK || status == MDW_E_MEMORY);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    arena *store = arena_new(NULL, (uint64_t)64 << 20);
    mdw_error err = {.code = MDW_OK};
    elf_file *f = NULL;
    mdw_status status = elf_open((mdw_bytes){data, size}, store, &f, &err);
    EXPECT((status == MDW_OK) == (f != NULL) && err.code == status);
    if (f) {
        check_sections(f, store);
        check_ids(f);
        check_symbols(f, store);
        check_rows(f, store);
    }
    arena_close(store);
    volatile unsigned keep = sum;
    (void)keep;
    return 0;
}
