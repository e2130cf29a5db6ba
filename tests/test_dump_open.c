/* tests/test_dump_open.c - header, directory, primary streams. */
#include "dump_cases.h"

static void check_header(const mdw_dump *dump, const synth_options *o)
{
    mdw_header h = MDW_INIT(mdw_header);
    CHECK(mdw_dump_header(dump, &h) == MDW_OK);
    CHECK(h.big_endian == o->big_endian);
    CHECK_U64(h.version, 0x1234A793);
    CHECK_U64(h.directory_offset, 32);
    CHECK_U64(h.checksum, 0xC5C5C5C5);
    CHECK_U64(h.timestamp, 0x5F000000);
    CHECK_U64(h.flags, 0x1823);
    CHECK_U64(mdw_dump_stream_count(dump), h.stream_count);
}

/* Changes to the first bytes of an empty dump, and what open says to them. */
static const struct {
    const char *name;
    size_t at, size;
    uint64_t value;
    size_t len; /* of the file */
    mdw_status status;
    size_t streams;
} opens[] = {
    {"as it is", 0, 0, 0, 56, MDW_OK, 2},
    {"another signature", 0, 4, 0x12345678, 56, MDW_E_FORMAT, 0},
    {"another version", 4, 2, 0xA794, 56, MDW_E_FORMAT, 0},
    {"the version's high half is free", 6, 2, 0xFFFF, 56, MDW_OK, 2},
    {"a header cut short", 0, 0, 0, 31, MDW_E_TRUNCATED, 0},
    {"a signature alone", 0, 0, 0, 4, MDW_E_TRUNCATED, 0},
    {"nothing", 0, 0, 0, 0, MDW_E_TRUNCATED, 0},
    {"no directory entry", 0, 0, 0, 43, MDW_E_TRUNCATED, 0},
    {"the whole part of a cut directory", 0, 0, 0, 55, MDW_OK, 1},
    {"no streams", 8, 4, 0, 32, MDW_OK, 0},
    {"2^32 - 1 streams", 8, 4, UINT32_MAX, 56, MDW_OK, 2},
    {"a directory outside", 12, 4, UINT32_MAX, 56, MDW_E_TRUNCATED, 0},
};

static void check_opens(void)
{
    for (size_t i = 0; i < sizeof opens / sizeof *opens; i++) {
        t_case = opens[i].name;
        uint8_t file[56] = "MDMP\x93\xA7";
        t_put(file + 8, 2, 4);
        t_put(file + 12, 32, 4);
        t_put(file + opens[i].at, opens[i].value, opens[i].size);
        mdw_dump *dump = NULL;
        mdw_error err = {0};
        mdw_status s =
            mdw_dump_open((mdw_bytes){file, opens[i].len}, NULL, &dump, &err);
        CHECK_U64((uint64_t)s, (uint64_t)opens[i].status);
        CHECK(err.code == (s ? s : 0) && (!s || err.what));
        if (s)
            continue;
        CHECK_U64(mdw_dump_stream_count(dump), opens[i].streams);
        CHECK(mdw_dump_bytes(dump).data == file);
        mdw_dump_close(dump);
    }
}

static void *alloc(void *user, size_t size)
{
    int *left = user;
    return (*left)-- > 0 ? malloc(size) : NULL;
}

static void release(void *user, void *ptr, size_t size)
{
    (void)user;
    (void)size;
    free(ptr);
}

static void check_options(void)
{
    synth *s = synth_new(false);
    for (uint32_t i = 0; i < 20; i++)
        synth_entry(s, 0xFFF0, 0, 0);
    mdw_bytes file = synth_finish(s);
    mdw_dump *dump = NULL;

    t_case = "max_streams leaves the rest of a directory";
    mdw_dump_options o = MDW_INIT(mdw_dump_options);
    o.max_streams = 7;
    CHECK(mdw_dump_open(file, &o, &dump, NULL) == MDW_OK);
    CHECK_U64(mdw_dump_stream_count(dump), 7);
    mdw_stream out = MDW_INIT(mdw_stream);
    CHECK(mdw_dump_stream_at(dump, 7, &out, NULL) == MDW_E_ARG);
    mdw_dump_close(dump);

    t_case = "options from the future";
    struct {
        mdw_dump_options o;
        size_t more;
    } future = {o, 1};
    future.o.size = sizeof future;
    CHECK(mdw_dump_open(file, &future.o, &dump, NULL) == MDW_E_ABI);

    t_case = "out of memory at every allocation";
    int n = 0;
    for (mdw_status status = MDW_E_MEMORY; status == MDW_E_MEMORY; n++) {
        int left = n;
        const mdw_allocator a = {alloc, release, &left};
        o.alloc = &a;
        status = mdw_dump_open(file, &o, &dump, NULL);
        CHECK(status == MDW_OK || status == MDW_E_MEMORY);
        if (!status)
            mdw_dump_close(dump);
    }
    CHECK(n > 1);
    mdw_dump_close(NULL);
    synth_free(s);
}

/* Entries of one type, and which of them is the primary one. */
static const struct {
    const char *name;
    struct {
        uint32_t size, offset;
    } entries[3];
    mdw_status status;
    size_t primary, len; /* bytes inside the file */
} primaries[] = {
    {"one", {{8, 600}}, MDW_OK, 0, 8},
    {"the first of two", {{8, 600}, {9, 610}}, MDW_OK, 0, 8},
    {"size 0 is absent", {{0, 600}, {0, 0}}, MDW_ABSENT, 0, 0},
    {"the first that is not empty", {{0, 0}, {7, 610}}, MDW_OK, 1, 7},
    {"one outside the file yields", {{9, 5000}, {7, 610}}, MDW_OK, 1, 7},
    {"one that is cut does not", {{9, 616}, {7, 608}}, MDW_OK, 0, 8},
    {"all outside: the first", {{9, 5000}, {7, 6000}}, MDW_OK, 0, 0},
    {"up to the end of the file", {{UINT32_MAX, 600}}, MDW_OK, 0, 24},
};

static void check_primaries(uint32_t type)
{
    for (size_t i = 0; i < sizeof primaries / sizeof *primaries; i++) {
        t_case = primaries[i].name;
        synth *s = synth_new(type & 1);
        for (size_t j = 0; j < 3; j++)
            synth_entry(s, type, primaries[i].entries[j].size,
                        primaries[i].entries[j].offset);
        put_zeros(s, 624 - synth_here(s));
        mdw_bytes file = synth_finish(s);
        mdw_dump *dump = dump_of(file);
        mdw_stream out = MDW_INIT(mdw_stream);
        CHECK(mdw_dump_stream(dump, type, &out, NULL) == primaries[i].status);
        size_t at = primaries[i].primary;
        if (!primaries[i].status) {
            CHECK_U64(out.type, type);
            CHECK_U64(out.promised, primaries[i].entries[at].size);
            CHECK_U64(out.offset, primaries[i].entries[at].offset);
            CHECK_U64(out.data.len, primaries[i].len);
            if (out.data.len)
                CHECK(out.data.data == file.data + out.offset);
        }
        CHECK(mdw_dump_stream_at(dump, 0, &out, NULL) == MDW_OK);
        CHECK_U64(out.promised, primaries[i].entries[0].size);
        mdw_dump_close(dump);
        synth_free(s);
    }
}

int main(void)
{
    each_case(check_header);
    check_opens();
    check_options();
    check_primaries(MDW_STREAM_MISC_INFO); /* looked up at open */
    check_primaries(0x4B6B0002);           /* not decoded */
    return t_done();
}
