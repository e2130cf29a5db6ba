/* tests/test_symfile.c - what a symbol file says of itself, whether it is still
 * what it was made of, and what making one may cost. */
#define _XOPEN_SOURCE 700

#include <xxhash.h>

#include "lib/symbol/index.h"
#include "symbol_fixture.h"

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

static void drop(mdw_bytes b)
{
    free((void *)(uintptr_t)b.data);
}

static mdw_bytes text_bytes(const char *text)
{
    return (mdw_bytes){(const uint8_t *)text, strlen(text)};
}

static mdw_bytes index_of(mdw_bytes source, uint32_t level)
{
    mdw_bytes index = {NULL, 0};
    mdw_index_options options = MDW_INIT(mdw_index_options);
    options.level = level;
    options.source_time = 12345;
    CHECK(mdw_index_build(source, &options, (mdw_sink){grow, &index}, NULL) ==
          MDW_OK);
    return index;
}

static mdw_symfile *open_with(mdw_bytes source, mdw_bytes index)
{
    mdw_symfile *file = NULL;
    mdw_symfile_options o = MDW_INIT(mdw_symfile_options);
    char place[] = "https://example.org/x";
    o.index = index;
    o.place = str(place);
    CHECK(mdw_symfile_open(source, &o, &file, NULL) == MDW_OK);
    memset(place, 'x', sizeof place); /* it was copied */
    if (!file)
        abort();
    return file;
}

static void test_facts(void)
{
    char text[4096];
    snprintf(text, sizeof text, "%s", sym_text(0xAA, "f"));
    for (uint32_t level = 0; level <= MDW_INDEX_FULL; level++) {
        t_case = level ? "a full index" : "a directory";
        bool full = level == MDW_INDEX_FULL;
        mdw_bytes source = text_bytes(text), index = index_of(source, level);
        mdw_symfile *file = open_with(source, index);
        mdw_symfile_facts f = MDW_INIT(mdw_symfile_facts);
        CHECK(mdw_symfile_about(file, &f) == MDW_OK);
        CHECK_U64(f.kind, MDW_SYMFILE_BREAKPAD);
        CHECK_U64(f.level, level);
        CHECK_U64(f.arch, MDW_ARCH_X86_64);
        CHECK_U64(f.debug_id.guid[7], 0xAA);
        CHECK_U64(f.source_size, source.len);
        CHECK_U64((uint64_t)f.source_time, 12345);
        CHECK(f.has_index && f.has_hash == full);
        CHECK(f.place.len == 21 &&
              !memcmp(f.place.data, "https://example.org/x", 21));
        XXH128_canonical_t hash;
        XXH128_canonicalFromHash(&hash, XXH3_128bits(source.data, source.len));
        CHECK(!full || !memcmp(f.source_hash, hash.digest, 16));
        mdw_symfile_close(file);
        drop(index);
    }
}

/* Nothing but the index, and an executable that nobody indexed. */
static void test_facts_of_others(void)
{
    char text[4096];
    snprintf(text, sizeof text, "%s", sym_text(0xAA, "f"));
    mdw_symfile_facts f = MDW_INIT(mdw_symfile_facts);
    mdw_bytes index = index_of(text_bytes(text), MDW_INDEX_FULL);
    mdw_symfile *file = open_with(index, (mdw_bytes){NULL, 0});
    t_case = "an index alone";
    CHECK(mdw_symfile_about(file, &f) == MDW_OK);
    CHECK_U64(f.kind, MDW_SYMFILE_INDEX);
    CHECK(f.has_index && f.has_hash && f.source_size == strlen(text));
    text_is(name_in(file), "f");
    mdw_symfile_close(file);
    drop(index);

    fixture disk = fixture_new();
    size_t len;
    put_elf(&disk, "x", 0xAA, NULL, 0);
    char *bytes = text_of_file(in(&disk, "x"), &len);
    mdw_bytes elf = {(const uint8_t *)bytes, len};
    file = NULL;
    t_case = "an ELF file as it lies";
    mdw_status status = mdw_symfile_open(elf, NULL, &file, NULL);
    CHECK(status == MDW_OK || status == MDW_E_UNSUPPORTED);
    if (status == MDW_OK) {
        CHECK(mdw_symfile_about(file, &f) == MDW_OK);
        CHECK_U64(f.kind, MDW_SYMFILE_ELF);
        CHECK(!f.has_index && !f.has_hash && f.source_size == len);
        CHECK_U64(f.debug_id.guid[9], 0xAA);
        CHECK(mdw_symfile_verify(file, elf, NULL) == MDW_ABSENT);
    }
    mdw_symfile_close(file);
    fixture_drop(&disk);
}

static void test_verify(void)
{
    char text[4096];
    snprintf(text, sizeof text, "%s", sym_text(0xAA, "f"));
    mdw_bytes source = text_bytes(text);
    mdw_bytes full = index_of(source, MDW_INDEX_FULL);
    mdw_bytes directory = index_of(source, MDW_INDEX_DIRECTORY);
    mdw_symfile *file = open_with(source, full);
    mdw_error err = {0};
    t_case = "what it was made of";
    CHECK(mdw_symfile_verify(file, source, &err) == MDW_OK);
    CHECK(mdw_symfile_verify(file, (mdw_bytes){NULL, 0}, &err) == MDW_ABSENT);
    t_case = "one byte of the source is another";
    text[source.len - 3] ^= 1;
    CHECK(mdw_symfile_verify(file, source, &err) == MDW_E_MISMATCH);
    text[source.len - 3] ^= 1;
    t_case = "the source is longer";
    mdw_bytes longer = {source.data, source.len + 1};
    CHECK(mdw_symfile_verify(file, longer, &err) == MDW_E_MISMATCH);
    mdw_symfile_close(file);
    t_case = "a directory notes no hash";
    file = open_with(source, directory);
    CHECK(mdw_symfile_verify(file, source, &err) == MDW_ABSENT);
    mdw_symfile_close(file);
    t_case = "each block of an index is looked at";
    for (size_t at = INDEX_START; at < full.len; at += 13) {
        uint8_t *byte = (uint8_t *)(uintptr_t)full.data + at;
        mdw_symfile *damaged = NULL;
        mdw_symfile_options o = MDW_INIT(mdw_symfile_options);
        *byte ^= 0x10;
        mdw_status status = mdw_symfile_open(full, &o, &damaged, NULL);
        if (status == MDW_OK)
            status = mdw_symfile_verify(damaged, source, &err);
        CHECK(status == MDW_E_DAMAGED);
        mdw_symfile_close(damaged);
        *byte ^= 0x10;
    }
    drop(full);
    drop(directory);
}

static void test_budget(void)
{
    static char text[1 << 16];
    size_t len = (size_t)snprintf(text, sizeof text, "%s", sym_text(1, "f"));
    while (len + 64 < sizeof text)
        len += (size_t)snprintf(text + len, sizeof text - len,
                                "PUBLIC %zx 0 g%zu\n", len + 0x1000, len);
    mdw_bytes source = {(const uint8_t *)text, len};
    const uint64_t enough = len / 64;
    for (uint32_t level = 0; level <= MDW_INDEX_FULL; level++)
        for (int less = 0; less < 2; less++) {
            t_case = less ? "one unit too few" : "64 bytes are a unit of work";
            mdw_bytes index = {NULL, 0};
            mdw_budget budget = MDW_INIT(mdw_budget);
            mdw_index_options options = MDW_INIT(mdw_index_options);
            mdw_error err = {0};
            budget.work = enough - (uint64_t)less;
            options.budget = &budget;
            options.level = level;
            mdw_status status = mdw_index_build(source, &options,
                                                (mdw_sink){grow, &index}, &err);
            CHECK(status == (less ? MDW_E_LIMIT : MDW_OK));
            CHECK(!less || (err.what && !strcmp(err.what, "budget.work")));
            drop(index);
        }
}

static void test_foreign(void)
{
    static const struct {
        const char *name;
        uint8_t bytes[32];
        mdw_status want;
    } files[] = {
        {"PE", "MZ\x90", MDW_E_UNSUPPORTED},
        {"Mach-O", "\xCF\xFA\xED\xFE\x07", MDW_E_UNSUPPORTED},
        {"universal", "\xCA\xFE\xBA\xBE", MDW_E_UNSUPPORTED},
        {"PDB", "Microsoft C/C++ MSF 7.00\r\n\x1A", MDW_E_UNSUPPORTED},
        {"anything else", "M", MDW_E_FORMAT},
    };
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        mdw_symfile *file = NULL;
        mdw_error err = {0};
        t_case = files[i].name;
        mdw_bytes bytes = {files[i].bytes, sizeof files[i].bytes};
        CHECK(mdw_symfile_open(bytes, NULL, &file, &err) == files[i].want);
        CHECK(!file && err.code == files[i].want);
    }
}

int main(void)
{
    test_foreign();
    test_facts();
    test_facts_of_others();
    test_verify();
    test_budget();
    return t_done();
}
