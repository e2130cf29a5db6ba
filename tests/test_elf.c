/* tests/test_elf.c - ELF files made here, in both widths and byte orders:
 * sections, identities, compressed contents, symbols. */
#include <elf.h>
#include <lzma.h>
#include <stdlib.h>
#include <zlib.h>
#include <zstd.h>

#include "lib/object/elf.h"
#include "lib/symbol/elf_symbols.h"
#include "lib/symbol/place.h"
#include "lib/symbol/symfile.h"
#include "lib/unwind/row.h"
#include "mdwalk/symbol.h"
#include "t.h"

/* --- a file ------------------------------------------------------------ */

typedef struct image {
    uint8_t data[16384];
    size_t len;
    bool is_64, big_endian;
} image;

static void put_at(image *m, size_t at, uint64_t value, size_t size)
{
    for (size_t i = 0; i < size; i++)
        m->data[at + (m->big_endian ? size - 1 - i : i)] =
            (uint8_t)(value >> 8 * i);
}

static void put(image *m, uint64_t value, size_t size)
{
    put_at(m, m->len, value, size);
    m->len += size;
}

static void put_word(image *m, uint64_t value)
{
    put(m, value, m->is_64 ? 8 : 4);
}

static size_t put_bytes(image *m, const void *from, size_t len)
{
    size_t at = m->len;
    memcpy(m->data + at, from, len);
    m->len += len;
    return at;
}

typedef struct part {
    const char *name;
    uint32_t type, link;
    uint64_t flags, addr, offset, size;
} part;

typedef struct parts {
    part at[16];
    size_t count;
} parts;

static void add(parts *p, const char *name, uint32_t type, uint64_t flags,
                uint64_t addr, size_t offset, size_t size)
{
    p->at[p->count++] = (part){name, type, 0, flags, addr, offset, size};
}

static void start(image *m, bool is_64, bool big_endian, uint16_t machine)
{
    *m = (image){.is_64 = is_64, .big_endian = big_endian};
    uint8_t ident[16] = {0x7f,
                         'E',
                         'L',
                         'F',
                         (uint8_t)(is_64 ? 2 : 1),
                         (uint8_t)(big_endian ? 2 : 1),
                         1};
    put_bytes(m, ident, sizeof ident);
    put(m, ET_DYN, 2);
    put(m, machine, 2);
    put(m, 1, 4);
    put_word(m, 0); /* entry */
    put_word(m, 0); /* program headers: set by finish */
    put_word(m, 0); /* section headers */
    put(m, 0, 4);
    put(m, is_64 ? 64 : 52, 2);
    put(m, is_64 ? 56 : 32, 2);
    put(m, 0, 2);
    put(m, is_64 ? 64 : 40, 2);
    put(m, 0, 2);
    put(m, 0, 2);
}

static void put_segment(image *m, uint32_t type, uint32_t flags,
                        uint64_t offset, uint64_t addr, uint64_t size)
{
    put(m, type, 4);
    if (m->is_64)
        put(m, flags, 4);
    put_word(m, offset);
    put_word(m, addr);
    put_word(m, addr);
    put_word(m, size);
    put_word(m, size);
    if (!m->is_64)
        put(m, flags, 4);
    put_word(m, 0x1000);
}

static void set_segments(image *m, size_t at, size_t count)
{
    put_at(m, m->is_64 ? 32 : 28, at, m->is_64 ? 8 : 4);
    put_at(m, m->is_64 ? 56 : 44, count, 2);
}

static void put_sections(image *m, parts *p)
{
    char names[512] = "";
    size_t len = 1;
    uint32_t name_at[16];
    add(p, ".shstrtab", SHT_STRTAB, 0, 0, 0, 0);
    for (size_t i = 0; i < p->count; i++) {
        name_at[i] = (uint32_t)len;
        memcpy(names + len, p->at[i].name, strlen(p->at[i].name) + 1);
        len += strlen(p->at[i].name) + 1;
    }
    p->at[p->count - 1].offset = put_bytes(m, names, len);
    p->at[p->count - 1].size = len;
    while (m->len % 8)
        m->len++;
    put_at(m, m->is_64 ? 40 : 32, m->len, m->is_64 ? 8 : 4);
    put_at(m, m->is_64 ? 60 : 48, p->count + 1, 2);
    put_at(m, m->is_64 ? 62 : 50, p->count, 2);
    m->len += m->is_64 ? 64 : 40;
    for (size_t i = 0; i < p->count; i++) {
        const part *s = &p->at[i];
        put(m, name_at[i], 4);
        put(m, s->type, 4);
        put_word(m, s->flags);
        put_word(m, s->addr);
        put_word(m, s->offset);
        put_word(m, s->size);
        put(m, s->link, 4);
        put(m, 0, 4);
        put_word(m, 1);
        put_word(m, 0);
    }
}

static void put_symbol(image *m, uint32_t name, uint64_t value, uint64_t size,
                       unsigned type, unsigned binding, uint16_t section)
{
    put(m, name, 4);
    if (!m->is_64) {
        put(m, value, 4);
        put(m, size, 4);
    }
    put(m, binding << 4 | type, 1);
    put(m, 0, 1);
    put(m, section, 2);
    if (m->is_64) {
        put(m, value, 8);
        put(m, size, 8);
    }
}

/* A copy that ends where its block ends, so that reading on is noticed. */
static mdw_bytes exact(const void *from, size_t len)
{
    uint8_t *copy = malloc(len ? len : 1);
    memcpy(copy, from, len);
    return (mdw_bytes){copy, len};
}

static void drop(mdw_bytes b)
{
    free((void *)(uintptr_t)b.data);
}

/* --- identity ---------------------------------------------------------- */

static const uint8_t id_bytes[20] = {1,  2,  3,  4,  5,  6,  7,  8,  9,  10,
                                     11, 12, 13, 14, 15, 16, 17, 18, 19, 20};

static size_t put_note(image *m)
{
    size_t at = m->len;
    put(m, 6, 4); /* another one before it, whose sizes need padding */
    put(m, 3, 4);
    put(m, 1, 4);
    put_bytes(m, "other\0\0\0abc\0", 12);
    put(m, 4, 4);
    put(m, sizeof id_bytes, 4);
    put(m, NT_GNU_BUILD_ID, 4);
    put_bytes(m, "GNU", 4);
    put_bytes(m, id_bytes, sizeof id_bytes);
    return at;
}

static void make_identity(image *m, bool is_64, bool big_endian, bool sections)
{
    parts p = {.count = 0};
    start(m, is_64, big_endian, is_64 ? EM_X86_64 : EM_386);
    size_t note = put_note(m), note_size = m->len - note;
    size_t link = put_bytes(m, "xy.debug\0\0\0", 12);
    put(m, 0xdeadbeef, 4);
    size_t code = put_bytes(m, id_bytes, 16);
    if (sections) {
        add(&p, ".note.gnu.build-id", SHT_NOTE, 0, 0, note, note_size);
        add(&p, ".gnu_debuglink", SHT_PROGBITS, 0, 0, link, 16);
        add(&p, ".text", SHT_PROGBITS, SHF_ALLOC | SHF_EXECINSTR, 0x5000, code,
            16);
        put_sections(m, &p);
    }
    size_t segments = m->len;
    put_segment(m, PT_NOTE, PF_R, note, 0x400, note_size);
    put_segment(m, PT_LOAD, PF_R | PF_X, code, 0x5010, 16);
    set_segments(m, segments, 2);
}

static void check_identity(void)
{
    for (int i = 0; i < 8; i++) {
        image m;
        bool sections = i & 4;
        make_identity(&m, i & 1, i & 2, sections);
        t_case = sections ? "the build id in a section"
                          : "the build id in a segment";
        mdw_bytes b = exact(m.data, m.len);
        arena *store = arena_new(NULL, 0);
        elf_file *f = NULL;
        CHECK(elf_open(b, store, &f, NULL) == MDW_OK);
        if (!f)
            return;
        mdw_bytes id = elf_build_id(f);
        CHECK_U64(id.len, 20);
        CHECK(id.len == 20 && !memcmp(id.data, id_bytes, 20));
        mdw_debug_id debug_id = elf_debug_id(f);
        char text[MDW_ID_TEXT_MAX];
        mdw_debug_id_text(&debug_id, MDW_ID_BREAKPAD, text);
        CHECK(!strcmp(text, i & 2 ? "0102030405060708090A0B0C0D0E0F100"
                                  : "0403020106050807090A0B0C0D0E0F100"));
        CHECK(f->is_64 == (bool)(i & 1) && f->big_endian == (bool)(i & 2));
        CHECK_U64(f->arch, i & 1 ? MDW_ARCH_X86_64 : MDW_ARCH_X86);
        t_case = "the image starts with the page of the first segment";
        CHECK_U64(f->image.start, 0x5000);
        CHECK_U64(f->image.size, 0x20);
        t_case = "code is what sections say, else segments";
        CHECK(!elf_code_at(f, 0x5000) == !sections);
        CHECK(!elf_code_at(f, 0x5010) == sections);
        t_case = "debug link";
        mdw_str name = {NULL, 0};
        uint32_t crc = 0;
        CHECK(elf_debuglink(f, &name, &crc) == sections);
        CHECK(!sections || (name.len == 8 && crc == 0xdeadbeef));
        arena_close(store);
        drop(b);
        t_case = "cut anywhere, nothing is read behind the end";
        for (size_t len = 0; len < m.len; len++) {
            b = exact(m.data, len);
            store = arena_new(NULL, 0);
            mdw_status status = elf_open(b, store, &f, NULL);
            CHECK(status == MDW_OK || status == MDW_E_FORMAT);
            if (status == MDW_OK)
                CHECK(elf_build_id(f).len <= 20);
            arena_close(store);
            drop(b);
        }
    }
    t_case = "without a build id the first page of .text stands for it";
    image m;
    parts p = {.count = 0};
    start(&m, true, false, EM_X86_64);
    size_t code = put_bytes(&m, id_bytes, 16);
    put_bytes(&m, id_bytes + 4, 16);
    add(&p, ".text", SHT_PROGBITS, SHF_ALLOC | SHF_EXECINSTR, 0x1000, code, 32);
    put_sections(&m, &p);
    arena *store = arena_new(NULL, 0);
    elf_file *f;
    CHECK(elf_open((mdw_bytes){m.data, m.len}, store, &f, NULL) == MDW_OK);
    mdw_debug_id id = elf_debug_id(f);
    CHECK_U64(id.guid[0], 4 ^ 8);
    CHECK_U64(id.guid[15], 16 ^ 20);
    arena_close(store);
}

/* --- contents ---------------------------------------------------------- */

enum { PLAIN = 5000 };
static uint8_t plain[PLAIN];

typedef struct packing {
    const char *name;
    uint32_t type;
    uint64_t promised;
    size_t cut;
    uint64_t limit;
    mdw_status want;
    bool old_form;
} packing;

static const packing packings[] = {
    {"zlib", 1, PLAIN, 0, PLAIN, MDW_OK, false},
    {"zstd", 2, PLAIN, 0, PLAIN, MDW_OK, false},
    {"the old form", 1, PLAIN, 0, PLAIN, MDW_OK, true},
    {"zlib: less than promised", 1, PLAIN + 1, 0, 1 << 20, MDW_E_DAMAGED,
     false},
    {"zlib: more than promised", 1, PLAIN - 1, 0, 1 << 20, MDW_E_DAMAGED,
     false},
    {"zstd: less than promised", 2, PLAIN + 1, 0, 1 << 20, MDW_E_DAMAGED,
     false},
    {"zstd: more than promised", 2, PLAIN - 1, 0, 1 << 20, MDW_E_DAMAGED,
     false},
    {"zlib: cut", 1, PLAIN, 5, PLAIN, MDW_E_DAMAGED, false},
    {"zstd: cut", 2, PLAIN, 5, PLAIN, MDW_E_DAMAGED, false},
    {"over the limit", 1, PLAIN, 0, PLAIN - 1, MDW_E_LIMIT, false},
    {"a size no zlib stream can have", 1, (uint64_t)1 << 31, 0,
     (uint64_t)1 << 40, MDW_E_DAMAGED, false},
    {"an unknown method", 7, PLAIN, 0, PLAIN, MDW_E_UNSUPPORTED, false},
};

static void make_packed(image *m, const packing *how)
{
    parts p = {.count = 0};
    uint8_t out[PLAIN + 256];
    uLongf zlib_len = sizeof out;
    size_t len = 0;
    if (how->type == 2) {
        len = ZSTD_compress(out, sizeof out, plain, PLAIN, 3);
    } else {
        compress(out, &zlib_len, plain, PLAIN);
        len = zlib_len;
    }
    size_t at = m->len;
    if (how->old_form) {
        put_bytes(m, "ZLIB", 4);
        for (int i = 8; i--;)
            m->data[m->len++] = (uint8_t)(how->promised >> 8 * i);
    } else {
        put(m, how->type, 4);
        if (m->is_64)
            put(m, 0, 4);
        put_word(m, how->promised);
        put_word(m, 1);
    }
    put_bytes(m, out, len - how->cut);
    add(&p, how->old_form ? ".zdebug_info" : ".debug_info", SHT_PROGBITS,
        how->old_form ? 0 : SHF_COMPRESSED, 0, at, m->len - at);
    put_sections(m, &p);
}

static void check_contents(void)
{
    for (size_t i = 0; i < PLAIN; i++)
        plain[i] = (uint8_t)(i * i % 251);
    for (size_t i = 0; i < sizeof packings / sizeof *packings; i++)
        for (int form = 0; form < 4; form++) {
            const packing *how = &packings[i];
            image m;
            t_case = how->name;
            start(&m, form & 1, form & 2, EM_386);
            make_packed(&m, how);
            mdw_bytes b = exact(m.data, m.len), out = {NULL, 0};
            arena *store = arena_new(NULL, 0);
            elf_file *f = NULL;
            CHECK(elf_open(b, store, &f, NULL) == MDW_OK);
            const elf_section *s = f ? elf_find(f, ".debug_info") : NULL;
            CHECK(s != NULL);
            mdw_status status =
                s ? elf_content(f, s, how->limit, 16, store, &out, NULL) : 0;
            CHECK_U64((uint64_t)status, (uint64_t)how->want);
            if (status == MDW_OK) {
                CHECK_U64(out.len, PLAIN);
                CHECK(!memcmp(out.data, plain, PLAIN));
                CHECK(out.data[PLAIN] == 0 && out.data[PLAIN + 15] == 0);
            }
            arena_close(store);
            drop(b);
        }
}

/* --- symbols ----------------------------------------------------------- */

typedef struct symbol_row {
    const char *name;
    uint64_t value, size;
    unsigned type, binding;
    bool undefined;
} symbol_row;

static const struct {
    const char *claim;
    uint16_t machine;
    symbol_row rows[6];
    const char *want; /* name@rva+size, '*' when shared */
} tables[] = {
    {"functions, not data",
     EM_X86_64,
     {{"f", 0x1000, 0x10, STT_FUNC, 1, false},
      {"v", 0x1020, 0x10, STT_OBJECT, 1, false},
      {"u", 0x1030, 0x10, STT_FUNC, 1, true},
      {"out", 0x9000, 0x10, STT_FUNC, 1, false}},
     "f@1000+10 "},
    {"a size of 0 reaches to the next, the last to the section's end",
     EM_X86_64,
     {{"a", 0x1000, 0, STT_FUNC, 1, false},
      {"b", 0x1040, 0, STT_FUNC, 0, false}},
     "a@1000+40 b@1040+fc0 "},
    {"a label inside a function is none",
     EM_X86_64,
     {{"f", 0x1000, 0x100, STT_FUNC, 1, false},
      {"label", 0x1010, 0, STT_NOTYPE, 0, false},
      {"entry", 0x1100, 0, STT_NOTYPE, 1, false},
      {".L5", 0x1180, 0, STT_NOTYPE, 0, false}},
     "f@1000+100 entry@1100+f00 "},
    {"of several names the function's own",
     EM_X86_64,
     {{"_f", 0x1000, 0x10, STT_FUNC, 1, false},
      {"func", 0x1000, 0x10, STT_FUNC, 1, false},
      {"f_local", 0x1000, 0x20, STT_FUNC, 0, false},
      {"f_weak", 0x1000, 0x10, STT_FUNC, 2, false}},
     "func@1000+20* "},
    {"one that overlaps ends where the next starts",
     EM_X86_64,
     {{"a", 0x1000, 0x100, STT_FUNC, 1, false},
      {"b", 0x1080, 0x100, STT_FUNC, 1, false},
      {"ifunc", 0x1f00, 0x1000, STT_GNU_IFUNC, 1, false}},
     "a@1000+80 b@1080+100 ifunc@1f00+100 "},
    {"ARM's mapping symbols are none, Thumb's bit is no address",
     EM_ARM,
     {{"$a", 0x1000, 0, STT_NOTYPE, 0, false},
      {"f", 0x1001, 0x10, STT_FUNC, 1, false},
      {"$t.5", 0x1004, 0, STT_NOTYPE, 0, false},
      {"$d", 0x1010, 0, STT_NOTYPE, 0, false}},
     "f@1000+10 "},
    {"elsewhere $d is a name",
     EM_X86_64,
     {{"$d", 0x1000, 4, STT_NOTYPE, 1, false}},
     "$d@1000+4 "},
};

/* Where the symbols come from. */
enum source { IN_SYMTAB, IN_DYNSYM, IN_DYNAMIC, IN_GNU_HASH, IN_XZ, SOURCES };

static size_t put_table(image *m, const symbol_row *rows, size_t *strings,
                        size_t *string_len)
{
    char names[256] = "";
    size_t len = 1;
    while (m->len % 8)
        m->len++;
    size_t at = m->len;
    put_symbol(m, 0, 0, 0, 0, 0, 0);
    for (size_t i = 0; i < 6 && rows[i].name; i++) {
        put_symbol(m, (uint32_t)len, rows[i].value, rows[i].size, rows[i].type,
                   rows[i].binding, rows[i].undefined ? 0 : 1);
        memcpy(names + len, rows[i].name, strlen(rows[i].name) + 1);
        len += strlen(rows[i].name) + 1;
    }
    size_t end = m->len;
    *strings = put_bytes(m, names, len);
    *string_len = len;
    return end - at;
}

static size_t row_count(const symbol_row *rows)
{
    size_t n = 0;
    while (n < 6 && rows[n].name)
        n++;
    return n;
}

/* PT_DYNAMIC; the first segment maps file offset 0 to address 0x8000. */
static void put_dynamic(image *m, size_t table, size_t strings, size_t count,
                        bool gnu)
{
    while (m->len % 8)
        m->len++;
    size_t hash = m->len;
    if (gnu) {
        put(m, 2, 4); /* two buckets, symbols from 1 on, one bloom word */
        put(m, 1, 4);
        put(m, 1, 4);
        put(m, 0, 4);
        put_word(m, 0x55aa55aa);
        put(m, count, 4); /* the last symbol is alone in its bucket */
        put(m, 1, 4);
        for (size_t i = 1; i <= count; i++)
            put(m, i == count || i + 1 == count, 4);
    } else {
        put(m, 1, 4);
        put(m, count + 1, 4);
    }
    while (m->len % 8)
        m->len++;
    size_t dynamic = m->len;
    put_word(m, DT_SYMTAB);
    put_word(m, 0x8000 + table);
    put_word(m, DT_STRTAB);
    put_word(m, 0x8000 + strings);
    put_word(m, gnu ? DT_GNU_HASH : DT_HASH);
    put_word(m, 0x8000 + hash);
    put_word(m, DT_NULL);
    put_word(m, 0);
    size_t dynamic_size = m->len - dynamic, segments = m->len;
    put_segment(m, PT_LOAD, PF_R | PF_X, 0, 0, 0); /* moved below */
    m->len = segments;
    size_t whole = segments + 3 * (m->is_64 ? 56u : 32u);
    put_segment(m, PT_LOAD, PF_R, 0, 0x8000, whole);
    put_segment(m, PT_DYNAMIC, PF_R, dynamic, 0x8000 + dynamic, dynamic_size);
    put_segment(m, PT_LOAD, PF_R | PF_X, 0, 0x1000, 0x1000);
    set_segments(m, segments, 3);
}

static void make_symbols(image *m, bool is_64, bool big_endian, size_t row,
                         enum source source)
{
    parts p = {.count = 0};
    start(m, is_64, big_endian, tables[row].machine);
    if (source == IN_XZ) {
        static image inner;
        uint8_t out[16384];
        size_t len = 0;
        make_symbols(&inner, is_64, big_endian, row, IN_SYMTAB);
        lzma_easy_buffer_encode(6, LZMA_CHECK_CRC32, NULL, inner.data,
                                inner.len, out, &len, sizeof out);
        size_t at = put_bytes(m, out, len);
        add(&p, ".text", SHT_NOBITS, SHF_ALLOC | SHF_EXECINSTR, 0x1000, 0,
            0x1000);
        add(&p, ".gnu_debugdata", SHT_PROGBITS, 0, 0, at, len);
        put_sections(m, &p);
        return;
    }
    size_t strings, string_len;
    while (m->len % 8)
        m->len++;
    size_t at = m->len;
    size_t size = put_table(m, tables[row].rows, &strings, &string_len);
    if (source == IN_DYNAMIC || source == IN_GNU_HASH) {
        put_dynamic(m, at, strings, row_count(tables[row].rows),
                    source == IN_GNU_HASH);
        return;
    }
    add(&p, ".text", SHT_NOBITS, SHF_ALLOC | SHF_EXECINSTR, 0x1000, 0, 0x1000);
    add(&p, ".strtab", SHT_STRTAB, 0, 0, strings, string_len);
    add(&p, source == IN_SYMTAB ? ".symtab" : ".dynsym",
        source == IN_SYMTAB ? SHT_SYMTAB : SHT_DYNSYM, 0, 0, at, size);
    p.at[p.count - 1].link = 2;
    put_sections(m, &p);
}

static void check_one(size_t row, bool is_64, bool big_endian,
                      enum source source)
{
    static image m;
    make_symbols(&m, is_64, big_endian, row, source);
    mdw_bytes b = exact(m.data, m.len);
    arena *store = arena_new(NULL, 0);
    elf_file *f = NULL;
    code_symbols symbols = {NULL, 0};
    CHECK(elf_open(b, store, &f, NULL) == MDW_OK);
    CHECK(f && code_symbols_read(f, NULL, store, &symbols, NULL) == MDW_OK);
    elf_symbols table;
    if (source != IN_XZ) {
        uint32_t type = source == IN_SYMTAB ? SHT_SYMTAB : SHT_DYNSYM;
        CHECK(f && elf_symbol_table(f, type, &table));
        CHECK_U64(table.count, row_count(tables[row].rows) + 1);
    }
    char said[512] = "";
    for (size_t i = 0; i < symbols.count; i++) {
        const code_symbol *s = &symbols.items[i];
        snprintf(said + strlen(said), sizeof said - strlen(said),
                 "%.*s@%x+%x%s ", (int)s->name.len, s->name.data,
                 (unsigned)(s->rva + (f ? f->image.start : 0)), s->size,
                 s->flags & MDW_SYMBOL_SHARED ? "*" : "");
    }
    CHECK(!strcmp(said, tables[row].want));
    if (strcmp(said, tables[row].want))
        fprintf(stderr, "  source %d: %s\n", (int)source, said);
    arena_close(store);
    drop(b);
}

static void check_symbols(void)
{
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
        for (int form = 0; form < 4; form++)
            for (int source = 0; source < SOURCES; source++) {
                t_case = tables[i].claim;
                check_one(i, form & 1, form & 2, (enum source)source);
            }
}

static void check_find(void)
{
    static image m;
    arena *store = arena_new(NULL, 0);
    elf_file *f = NULL;
    mdw_range r = {0, 0};
    make_symbols(&m, true, false, 0, IN_DYNSYM);
    t_case = "a symbol by name, data included";
    CHECK(elf_open((mdw_bytes){m.data, m.len}, store, &f, NULL) == MDW_OK);
    CHECK(elf_symbol_find(f, (mdw_str){"v", 1}, &r) == MDW_OK);
    CHECK_U64(r.start, 0x20);
    CHECK_U64(r.size, 0x10);
    t_case = "what another file has is not found";
    CHECK(elf_symbol_find(f, (mdw_str){"u", 1}, &r) == MDW_ABSENT);
    CHECK(elf_symbol_find(f, (mdw_str){"vv", 2}, &r) == MDW_ABSENT);
    t_case = "relocatable files are refused";
    put_at(&m, 16, ET_REL, 2);
    CHECK(elf_open((mdw_bytes){m.data, m.len}, store, &f, NULL) ==
          MDW_E_UNSUPPORTED);
    arena_close(store);
}

/* --- .ARM.exidx --------------------------------------------------------- */

enum { LINKED = 0x10000, ARM_CODE = 0x20000 };

/* Where the index is told of, if at all. */
typedef struct arm_row {
    const char *claim;
    uint32_t section; /* SHT_; 0: there are no sections */
    bool segment;
    int less; /* bytes of the index that are not there */
    bool found;
} arm_row;

static const arm_row arm_rows[] = {
    {"a section of that type, whatever its name", SHT_ARM_EXIDX, false, 0,
     true},
    {"without sections a segment", 0, true, 0, true},
    {"neither", SHT_PROGBITS, false, 0, false},
    {"nor of a file whose sections say that it was taken out", SHT_NOBITS, true,
     0, false},
    {"a section that is cut", SHT_ARM_EXIDX, false, 4, false},
    {"a segment that is cut", 0, true, 4, false},
};

static void put_prel31(image *m, uint64_t to)
{
    put(m, (to - (LINKED + m->len)) & 0x7FFFFFFF, 4);
}

/* ARM_CODE: vsp + 8. From 0x100 on vsp + 16, which .ARM.extab says. */
static void make_arm(image *m, const arm_row *row, bool big_endian)
{
    parts p = {.count = 0};
    start(m, false, big_endian, EM_ARM);
    size_t segments = m->len;
    m->len += UINT64_C(3) * 32;
    size_t extab = m->len;
    put(m, 0x8003B0B0, 4);
    size_t index = m->len;
    put_prel31(m, ARM_CODE);
    put(m, 0x8001B0B0, 4);
    put_prel31(m, ARM_CODE + 0x100);
    put_prel31(m, LINKED + extab);
    put_prel31(m, ARM_CODE + 0x200);
    put(m, 1, 4);
    size_t size = m->len - index, all = m->len;
    size_t beyond = row->less ? sizeof m->data : 0;
    add(&p, ".text", SHT_PROGBITS, SHF_ALLOC | SHF_EXECINSTR, LINKED, 0, all);
    add(&p, ".unwind", row->section, SHF_ALLOC, LINKED + index, index,
        size + beyond);
    if (row->section)
        put_sections(m, &p);
    size_t end = m->len;
    m->len = segments;
    put_segment(m, PT_LOAD, PF_R | PF_X, 0, LINKED, all);
    put_segment(m, PT_LOAD, PF_R | PF_X, 0, ARM_CODE, 4);
    if (row->segment)
        put_segment(m, PT_ARM_EXIDX, PF_R, index, LINKED + index,
                    size + beyond);
    set_segments(m, segments, row->segment ? 3 : 2);
    m->len = end;
}

/* The CFA's offset from sp; 0: there is no row. */
static int64_t arm_frame(const mdw_symfile *file, uint64_t into)
{
    mdw_image where = MDW_INIT(mdw_image);
    mdw_row_query query = {.size = sizeof query};
    mdw_row row;
    where.range = (mdw_range){0x400000, 0x20000};
    mdw_symfile_image(file, &where);
    query.pc = where.range.start + ARM_CODE - LINKED + into;
    row_clear(&row);
    if (!where.rows || where.rows(where.user, &where, &query, &row) != MDW_OK)
        return 0;
    CHECK_U64(row.source, MDW_SOURCE_EXIDX);
    CHECK_U64(row.pc.start, query.pc - into % 0x100);
    return row.cfa.offset;
}

static void check_arm(void)
{
    static image m;
    for (size_t i = 0; i < 2 * sizeof arm_rows / sizeof *arm_rows; i++) {
        const arm_row *row = &arm_rows[i / 2];
        mdw_symfile *file = NULL;
        t_case = row->claim;
        make_arm(&m, row, i % 2);
        mdw_bytes bytes = exact(m.data, m.len);
        CHECK(mdw_symfile_open(bytes, NULL, &file, NULL) == MDW_OK);
        CHECK(!(mdw_symfile_has(file) & MDW_HAS_ROWS) == !row->found);
        CHECK(arm_frame(file, 0) == (row->found ? 8 : 0));
        CHECK(arm_frame(file, 0x1FF) == (row->found ? 16 : 0));
        CHECK(arm_frame(file, 0x200) == 0);
        CHECK(symfile_second_best(file, MDW_NEED_ROWS) == row->found);
        CHECK(symfile_second_best(file, MDW_NEED_NAMES));
        CHECK(!symfile_second_best(file, MDW_NEED_CODE));
        mdw_symfile_close(file);
        drop(bytes);
    }
}

/* A debug file may have .debug_frame, which says more: it is looked for. */
static void check_arm_second(void)
{
    static image m;
    mdw_symfile *file = NULL, *found = NULL;
    better b = {MDW_NEED_ROWS, NULL};
    t_case = "rows that hold at calls alone are the second choice";
    make_arm(&m, &arm_rows[0], false);
    mdw_bytes bytes = exact(m.data, m.len);
    CHECK(mdw_symfile_open(bytes, NULL, &file, NULL) == MDW_OK);
    CHECK(!better_take(&b, file));
    CHECK(better_end(&b, &found, MDW_ABSENT) == MDW_OK && found == file);
    b = (better){MDW_NEED_CODE, NULL};
    CHECK(better_take(&b, file));
    mdw_symfile_close(file);
    drop(bytes);
}

int main(void)
{
    check_arm();
    check_arm_second();
    check_identity();
    check_contents();
    check_symbols();
    check_find();
    return t_done();
}
