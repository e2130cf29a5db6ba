/* fuzz/fuzz_dwarf.c - whatever the bytes, what DWARF puts into an index lies
 * inside the image, and the work is bounded. Link it to the libdwarf of
 * build_libdwarf.sh: in Debian's, which has no sanitizers, faults stay unseen.
 *
 * The input is an ELF file, or, if it begins with '\1', sections: each a byte
 * for its name, a uint16 length (little-endian), bytes. */
#include <stdlib.h>
#include <string.h>

#include "lib/symbol/dwarf.h"
#include "lib/symbol/dwarf_parts.h"
#include "tests/stand_in.h"

#define EXPECT(cond)                                                           \
    do                                                                         \
        if (!(cond))                                                           \
            abort();                                                           \
    while (0)

enum { NAMES = 10, SECTIONS = 32 };

static const char *const names_of[NAMES] = {
    ".debug_info",     ".debug_abbrev",      ".debug_str",  ".debug_line_str",
    ".debug_line",     ".debug_str_offsets", ".debug_addr", ".debug_ranges",
    ".debug_rnglists", ".debug_aranges"};

/* An image of 64 KiB, all code, around the sections. */
typedef struct bare {
    elf_file file;
    elf_section sections[SECTIONS];
    mdw_range code;
} bare;

static void make_bare(const uint8_t *data, size_t size, arena *store, bare *b)
{
    reader r = reader_at((mdw_bytes){data, size}, 0, 0, false);
    uint8_t flags = reader_u8(&r);
    b->code = (mdw_range){0x1000, 0xf000};
    b->file = (elf_file){.bytes = {data, size},
                         .store = store,
                         .sections = b->sections,
                         .code = &b->code,
                         .code_count = 1,
                         .image = {0, 0x10000},
                         .arch = MDW_ARCH_X86_64,
                         .big_endian = flags & 2,
                         .is_64 = !(flags & 4)};
    while (reader_left(&r) >= 3 && b->file.section_count < SECTIONS) {
        const char *name = names_of[reader_u8(&r) % NAMES];
        size_t len = reader_u16(&r), left = reader_left(&r);
        b->sections[b->file.section_count++] =
            (elf_section){.name = {name, strlen(name)},
                          .bytes = reader_bytes(&r, len < left ? len : left),
                          .type = 1};
    }
}

static void check_writer(const index_writer *w, const elf_file *f)
{
    EXPECT(!stand_in_checks);
    for (size_t i = 0; i < w->count; i++) {
        const kept_function *k = &w->functions[i];
        EXPECT(k->f.start < f->image.size && k->f.bytes);
        EXPECT(elf_code_at(f, f->image.start + k->f.start));
        mdw_str name = stand_in_string(w, k->name);
        EXPECT(name.len <= DWARF_NAME_MAX + 1024 + 2);
        for (size_t j = 0; j < k->line_count; j++)
            EXPECT(k->lines[j].line <= INT32_MAX);
        for (size_t j = 0; j < k->inline_count; j++)
            EXPECT(k->inlines[j].depth < DWARF_DEPTH_MAX);
    }
}

/* Of a bare one: inside code, across units, in no unit. */
static const code_symbol own_symbols[] = {{{"one", 3}, 0x1800, 0x900, 0},
                                          {{"two", 3}, 0x2100, 0x40, 0}};

/* Units that exist, each once. */
static void check_units(const dwarf *d, unit_set set)
{
    if (set.all)
        return;
    for (uint32_t i = 0; i < set.count; i++) {
        EXPECT(set.units[i] < dwarf_unit_count(d));
        EXPECT(!i || set.units[i] > set.units[i - 1]);
    }
    EXPECT(unit_set_answers(set, set));
}

static void put_some(dwarf *d, dwarf_put *p, const code_symbols *symbols)
{
    if (dwarf_map_read(d, symbols, NULL) != MDW_OK)
        return;
    for (uint32_t rva = 0; rva < 0x10000; rva += 0x80)
        check_units(d, dwarf_units_at(d, rva));
    unit_set set = dwarf_units_at(d, 0x2000);
    for (uint32_t i = 0; i < set.count; i++)
        EXPECT(dwarf_put_unit(p, set.units[i], NULL) != MDW_E_ARG);
    (void)dwarf_put_symbols(p, &set, NULL);
}

static void put(dwarf *d, const elf_file *f, const code_symbols *symbols,
                bool all)
{
    index_writer *w = stand_in_new();
    dwarf_put *p = NULL;
    dwarf_refresh(d);
    EXPECT(dwarf_put_new(d, w, symbols, &p, NULL) == MDW_OK);
    if (all) {
        (void)dwarf_put_all(p, NULL);
        (void)dwarf_put_symbols(p, NULL, NULL);
        (void)dwarf_has_split(d);
    } else {
        put_some(d, p, symbols);
    }
    check_writer(w, f);
    dwarf_put_close(p);
    stand_in_close(w);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    arena *store = arena_new(NULL, 0);
    static bare b;
    elf_file *f = NULL;
    code_symbols symbols = {own_symbols, 2};
    if (size && (data[0] & 0xf9) == 1) {
        b.file.section_count = 0;
        make_bare(data, size, store, &b);
        f = &b.file;
    } else if (elf_open((mdw_bytes){data, size}, store, &f, NULL) != MDW_OK ||
               code_symbols_read(f, NULL, store, &symbols, NULL) != MDW_OK) {
        f = NULL;
    }
    mdw_budget budget = {.size = sizeof budget, .memory = 64 << 20};
    dwarf *d = NULL;
    if (f && dwarf_open(f, NULL, &budget, NULL, &d, NULL) == MDW_OK) {
        put(d, f, &symbols, false);
        put(d, f, &symbols, true);
    }
    dwarf_close(d);
    arena_close(store);
    return 0;
}
