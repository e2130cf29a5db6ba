/* tests/test_source.c - a source gives the bytes of a file, however they are
 * stored, and never more of them than was allowed. */
#define _POSIX_C_SOURCE 200809L

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/buffer.h"
#include "mdwalk/source.h"
#include "packing.h"
#include "t.h"

enum { DATA_SIZE = 600 * 1000, CAP = 2 * DATA_SIZE, BOMB_SIZE = 64 << 20 };

typedef struct format {
    const char *name;
    size_t (*pack)(uint8_t *out, size_t cap, const uint8_t *in, size_t len);
    bool built; /* into the library */
    uint8_t magic[6];
    size_t magic_size;
} format;

#ifdef HAVE_ZLIB
enum { WITH_GZIP = 1 };
#else
enum { WITH_GZIP = 0 };
#endif
#ifdef HAVE_LZMA
enum { WITH_XZ = 1 };
#else
enum { WITH_XZ = 0 };
#endif
#ifdef HAVE_BZIP2
enum { WITH_BZIP2 = 1 };
#else
enum { WITH_BZIP2 = 0 };
#endif
#ifdef HAVE_ZSTD
enum { WITH_ZSTD = 1 };
#else
enum { WITH_ZSTD = 0 };
#endif

static const format formats[] = {
    {"gzip", pack_gzip, WITH_GZIP, {0x1F, 0x8B, 8}, 3},
    {"xz", pack_xz, WITH_XZ, {0xFD, '7', 'z', 'X', 'Z', 0}, 6},
    {"bzip2", pack_bzip2, WITH_BZIP2, {'B', 'Z', 'h', '9'}, 4},
    {"zstd", pack_zstd, WITH_ZSTD, {0x28, 0xB5, 0x2F, 0xFD}, 4},
};
enum { FORMATS = sizeof formats / sizeof *formats };

static uint8_t *data;   /* DATA_SIZE, of 6 bits a byte */
static uint8_t *packed; /* CAP bytes */
static char dir[64], path[96];

static mdw_bytes bytes(const void *at, size_t len)
{
    return (mdw_bytes){at, len};
}

static bool same(mdw_bytes got, const void *want, size_t len)
{
    return got.len == len && (!len || !memcmp(got.data, want, len));
}

static void write_file(const void *at, size_t len)
{
    FILE *f = fopen(path, "wb");
    CHECK(f && fwrite(at, 1, len, f) == len);
    if (f)
        fclose(f);
}

/* Opens bytes with a limit; closes unless `out` is wanted. */
static mdw_status from(const uint8_t *at, size_t len, uint64_t max,
                       mdw_source **out, mdw_error *err)
{
    mdw_source_options o = MDW_INIT(mdw_source_options);
    o.max_bytes = max;
    mdw_source *s = NULL;
    mdw_status status = mdw_source_from(bytes(at, len), &o, &s, err);
    CHECK((status == MDW_OK) == (s != NULL));
    if (out)
        *out = s;
    else
        mdw_source_close(s);
    return status;
}

/* `len` packed bytes give at least `sure` bytes of the data, and this is said
 * about them. A codec may notice damage late: only the first are compared. */
static void expect_damage(const char *claim, const format *f, size_t len,
                          mdw_status code, size_t sure)
{
    char name[80];
    snprintf(name, sizeof name, "%s: %s", f->name, claim);
    t_case = name;
    mdw_source *s;
    mdw_error damage = {.code = MDW_OK};
    CHECK_U64((uint64_t)from(packed, len, 0, &s, NULL), MDW_OK);
    if (!s)
        return;
    mdw_bytes got = mdw_source_bytes(s);
    CHECK(got.len >= sure && got.len <= DATA_SIZE);
    got.len = got.len < sure ? got.len : sure;
    CHECK(same(got, data, sure));
    CHECK_U64((uint64_t)mdw_source_damage(s, &damage),
              code == MDW_OK ? MDW_ABSENT : MDW_OK);
    CHECK_U64((uint64_t)damage.code, (uint64_t)code);
    if (code != MDW_OK)
        CHECK(!strcmp(damage.what, f->name) && damage.offset <= len);
    mdw_source_close(s);
    t_case = f->name;
}

static void test_damage(const format *f)
{
    size_t len = f->pack(packed, CAP, data, DATA_SIZE);
    CHECK(len > DATA_SIZE / 2);
    expect_damage("whole", f, len, MDW_OK, DATA_SIZE);
    memset(packed + len, 0, 512);
    expect_damage("zeros after the end are padding", f, len + 512, MDW_OK,
                  DATA_SIZE);
    expect_damage("even few of them", f, len + 3, MDW_OK, DATA_SIZE);
    memcpy(packed + len, "trailer", 7);
    expect_damage("what else follows is not lost silently", f, len + 7,
                  MDW_E_FORMAT, DATA_SIZE);
    mdw_source *s;
    mdw_error damage = {.code = MDW_OK};
    from(packed, len + 7, 0, &s, NULL);
    mdw_source_damage(s, &damage);
    CHECK_U64(damage.offset, len);
    mdw_source_close(s);

    expect_damage("cut in the middle", f, len / 2, MDW_E_TRUNCATED,
                  DATA_SIZE / 3);
    expect_damage("cut before its last byte", f, len - 1, MDW_E_TRUNCATED,
                  DATA_SIZE);
    packed[len - 2] ^= 0x55;
    expect_damage("a wrong end does not cost the data", f, len, MDW_E_DAMAGED,
                  DATA_SIZE);
    packed[len - 2] ^= 0x55;
    memset(packed + len / 2, 0xFF, 64);
    expect_damage("damage in the middle", f, len, MDW_E_DAMAGED, DATA_SIZE / 3);
}

static void test_nothing_out(const format *f)
{
    t_case = f->name;
    size_t len = f->pack(packed, CAP, data, DATA_SIZE);
    mdw_error err = {.code = MDW_OK};
    for (size_t n = f->magic_size; n < 12; n++)
        CHECK_U64((uint64_t)from(packed, n, 0, NULL, &err),
                  (uint64_t)MDW_E_TRUNCATED);
    CHECK(err.what && !strcmp(err.what, f->name));
    memset(packed + f->magic_size, 0xFF, len - f->magic_size);
    mdw_status status = from(packed, len, 0, NULL, &err);
    CHECK(status == MDW_E_DAMAGED || status == MDW_E_UNSUPPORTED);
    CHECK_U64((uint64_t)err.code, (uint64_t)status);
}

static void test_members(const format *f)
{
    t_case = f->name;
    size_t half = DATA_SIZE / 2, len = f->pack(packed, CAP, data, half);
    len += f->pack(packed + len, CAP - len, data, 0);
    len += f->pack(packed + len, CAP - len, data + half, DATA_SIZE - half);
    expect_damage("members follow each other", f, len, MDW_OK, DATA_SIZE);
    len = f->pack(packed, CAP, data, 0);
    mdw_source *s;
    CHECK_U64((uint64_t)from(packed, len, 0, &s, NULL), MDW_OK);
    CHECK_U64(mdw_source_bytes(s).len, 0);
    mdw_source_close(s);
}

static void test_limits(const format *f)
{
    t_case = f->name;
    size_t len = f->pack(packed, CAP, data, DATA_SIZE);
    CHECK_U64((uint64_t)from(packed, len, DATA_SIZE, NULL, NULL), MDW_OK);
    CHECK_U64((uint64_t)from(packed, len, DATA_SIZE - 1, NULL, NULL),
              (uint64_t)MDW_E_LIMIT);
    CHECK_U64((uint64_t)from(packed, len, 1, NULL, NULL),
              (uint64_t)MDW_E_LIMIT);
    uint8_t *zeros = calloc(1, BOMB_SIZE);
    mdw_error err = {.code = MDW_OK};
    len = f->pack(packed, CAP, zeros, BOMB_SIZE);
    CHECK(len && len < BOMB_SIZE / 100);
    CHECK_U64((uint64_t)from(packed, len, 1 << 20, NULL, &err),
              (uint64_t)MDW_E_LIMIT);
    CHECK(err.what && !strcmp(err.what, f->name));
    free(zeros);
}

/* RFC 8878 3.1.1.2: a block header is 3 bytes, its size from bit 3, the type
 * in bits 1 and 2; 3 is reserved. */
static void test_block(void)
{
    t_case = "zstd: a damaged block costs none of the others before it";
    size_t len = pack_zstd(packed, CAP, data, DATA_SIZE);
    CHECK_U64(packed[4] & 0xE0, 0x80); /* a window, 4 bytes of size */
    size_t at = 10;
    for (int i = 0; i < 3; i++)
        at += 3 + (size_t)(packed[at] >> 3 | packed[at + 1] << 5 |
                           packed[at + 2] << 13);
    packed[at] |= 6;
    mdw_source *s;
    mdw_error damage = {.code = MDW_OK};
    CHECK_U64((uint64_t)from(packed, len, 0, &s, NULL), MDW_OK);
    CHECK_U64(mdw_source_bytes(s).len, 3 * 128 * 1024);
    CHECK(same(mdw_source_bytes(s), data, 3 * 128 * 1024));
    mdw_source_damage(s, &damage);
    CHECK_U64((uint64_t)damage.code, (uint64_t)MDW_E_DAMAGED);
    mdw_source_close(s);
}

/* A stated size costs nothing until the bytes come. */
static void test_windows(void)
{
    static const uint8_t frame[] = {
        0x28, 0xB5, 0x2F, 0xFD, 0, 21 << 3, 1, 0, 0}; /* window of 2 GiB */
    t_case = "zstd: a window over 256 MiB";
    if (WITH_ZSTD)
        CHECK_U64((uint64_t)from(frame, sizeof frame, 0, NULL, NULL),
                  (uint64_t)MDW_E_LIMIT);
#ifdef HAVE_LZMA
    t_case = "xz: a dictionary over 256 MiB";
    size_t len = pack_xz(packed, CAP, data, 1000);
    CHECK_U64(packed[14], 0x21); /* block header: LZMA2, 1 byte, size code */
    packed[16] = 34;             /* 512 MiB */
    t_put(packed + 20, lzma_crc32(packed + 12, 8, 0), 4);
    CHECK_U64((uint64_t)from(packed, len, 0, NULL, NULL),
              (uint64_t)MDW_E_LIMIT);
#endif
}

static void test_layers(void)
{
    static const char text[] = "MDMP and so on";
    uint8_t inner[200], outer[400];
    const format *f = formats;
    while (f < formats + FORMATS && !f->built)
        f++;
    if (f == formats + FORMATS)
        return;
    t_case = "one layer is unpacked, not two";
    size_t in = f->pack(inner, sizeof inner, (const uint8_t *)text, 14);
    size_t out = f->pack(outer, sizeof outer, inner, in);
    mdw_source *s;
    CHECK_U64((uint64_t)from(outer, out, 0, &s, NULL), MDW_OK);
    CHECK(same(mdw_source_bytes(s), inner, in));
    mdw_source_close(s);

    t_case = "no_unpack";
    mdw_source_options o = MDW_INIT(mdw_source_options);
    o.no_unpack = true;
    CHECK_U64((uint64_t)mdw_source_from(bytes(outer, out), &o, &s, NULL),
              MDW_OK);
    CHECK(mdw_source_bytes(s).data == outer && mdw_source_bytes(s).len == out);
    mdw_source_close(s);
}

static void test_absent(const format *f)
{
    t_case = f->name;
    mdw_error err = {.code = MDW_OK};
    CHECK_U64((uint64_t)from(f->magic, sizeof f->magic, 0, NULL, &err),
              (uint64_t)MDW_E_UNSUPPORTED);
    CHECK(err.what && !strcmp(err.what, f->name));
}

static void test_plain(void)
{
    static const uint8_t plain[][8] = {
        "MDMPxxx", {0x1F, 0x8B, 7}, "BZhx", "BZh/", {0xFD, '7', 'z', 'X'},
    };
    mdw_source *s;
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++) {
        t_case = (const char *)plain[i];
        CHECK_U64((uint64_t)from(plain[i], 8, 1, &s, NULL), MDW_OK);
        CHECK(mdw_source_bytes(s).data == plain[i]);
        CHECK_U64((uint64_t)mdw_source_damage(s, NULL), MDW_ABSENT);
        mdw_source_close(s);
    }
    t_case = "no bytes at all";
    CHECK_U64((uint64_t)from(NULL, 0, 0, &s, NULL), MDW_OK);
    CHECK_U64(mdw_source_bytes(s).len, 0);
    mdw_source_close(s);
    mdw_source_close(NULL);
}

static void expect_file(const char *claim, const char *name, bool copy,
                        uint64_t max, const void *want, size_t len)
{
    t_case = claim;
    mdw_source_options o = MDW_INIT(mdw_source_options);
    o.copy = copy;
    o.max_bytes = max;
    mdw_source *s = NULL;
    mdw_error err = {.code = MDW_OK};
    CHECK_U64((uint64_t)mdw_source_open(name, &o, &s, &err), MDW_OK);
    if (s)
        CHECK(same(mdw_source_bytes(s), want, len));
    mdw_source_close(s);
}

static void expect_failure(const char *claim, const char *name, bool copy,
                           mdw_status status, uint64_t value)
{
    t_case = claim;
    mdw_source_options o = MDW_INIT(mdw_source_options);
    o.copy = copy;
    o.max_bytes = DATA_SIZE - 1;
    mdw_source *s = NULL;
    mdw_error err = {.code = MDW_OK};
    CHECK_U64((uint64_t)mdw_source_open(name, &o, &s, &err), (uint64_t)status);
    CHECK_U64((uint64_t)err.code, (uint64_t)status);
    CHECK_U64(err.value, value);
    CHECK(!s);
}

static void test_files(void)
{
    write_file(data, DATA_SIZE);
    expect_file("mapped", path, false, 0, data, DATA_SIZE);
    expect_file("mapping costs no memory", path, false, 1, data, DATA_SIZE);
    expect_file("copied", path, true, DATA_SIZE, data, DATA_SIZE);
    expect_failure("a copy is limited", path, true, MDW_E_LIMIT, 0);
    expect_failure("a directory", dir, false, MDW_E_IO, EISDIR);
    expect_failure("a missing file", "/nonexistent/file", false, MDW_E_IO,
                   ENOENT);
    for (size_t i = 0; i < FORMATS; i++) {
        size_t len = formats[i].pack(packed, CAP, data, DATA_SIZE);
        if (!formats[i].built)
            continue;
        write_file(packed, len);
        expect_file(formats[i].name, path, false, 0, data, DATA_SIZE);
        expect_file(formats[i].name, path, true, 0, data, DATA_SIZE);
    }
    write_file(data, 0);
    expect_file("an empty file", path, false, 0, "", 0);
    expect_file("/dev/null", "/dev/null", false, 0, "", 0);
}

static void test_copy_is_a_copy(void)
{
    t_case = "a copy survives the file being cut";
    mdw_source_options o = MDW_INIT(mdw_source_options);
    o.copy = true;
    mdw_source *s = NULL;
    write_file(data, 10000);
    CHECK_U64((uint64_t)mdw_source_open(path, &o, &s, NULL), MDW_OK);
    CHECK(truncate(path, 0) == 0);
    CHECK(s && same(mdw_source_bytes(s), data, 10000));
    mdw_source_close(s);
}

static void test_sparse(void)
{
    t_case = "opening a file of 64 GiB reads one page";
    write_file("MDMP", 4);
    if (truncate(path, (off_t)1 << 36) != 0) {
        fprintf(stderr, "SKIPPED: %s: no sparse files here\n", t_case);
        return;
    }
    mdw_source *s = NULL;
    CHECK_U64((uint64_t)mdw_source_open(path, NULL, &s, NULL), MDW_OK);
    CHECK(s && mdw_source_bytes(s).len == (size_t)1 << 36);
    mdw_source_close(s);
    truncate(path, 0);
}

/* A child writes `len` bytes slowly enough that reads come up short. */
static void feed(int fd, const uint8_t *at, size_t len)
{
    if (fork() != 0)
        return;
    for (size_t done = 0; done < len;) {
        size_t n = len - done < 50000 ? len - done : 50000;
        ssize_t got = write(fd, at + done, n);
        if (got <= 0)
            break;
        done += (size_t)got;
        nanosleep(&(struct timespec){.tv_nsec = 100000}, NULL);
    }
    _exit(0);
}

static void on_stdin(int fd)
{
    dup2(fd, STDIN_FILENO);
    close(fd);
}

static void test_stdin(void)
{
    int ends[2];
    for (int blocking = 0; blocking < 2; blocking++) {
        CHECK(pipe(ends) == 0);
        feed(ends[1], data, DATA_SIZE);
        close(ends[1]);
        if (!blocking)
            fcntl(ends[0], F_SETFL, O_NONBLOCK);
        on_stdin(ends[0]);
        expect_file("standard input is a pipe", NULL, false, DATA_SIZE, data,
                    DATA_SIZE);
    }
    CHECK(pipe(ends) == 0);
    feed(ends[1], data, DATA_SIZE);
    close(ends[1]);
    on_stdin(ends[0]);
    expect_failure("a pipe is limited", NULL, false, MDW_E_LIMIT, 0);

    write_file(data, DATA_SIZE);
    on_stdin(open(path, O_RDONLY));
    expect_file("standard input is a file", NULL, false, 1, data, DATA_SIZE);
    CHECK(lseek(STDIN_FILENO, 1000, SEEK_SET) == 1000);
    expect_file("of which something was already read", NULL, false, 0,
                data + 1000, DATA_SIZE - 1000);
    close(STDIN_FILENO);
    expect_failure("standard input is closed", NULL, false, MDW_E_IO, EBADF);
    on_stdin(open("/dev/null", O_RDONLY));
}

static void test_fifo(void)
{
    unlink(path);
    CHECK(mkfifo(path, 0600) == 0);
    if (fork() == 0) {
        nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
        int fd = open(path, O_WRONLY);
        CHECK(write(fd, data, 1000) == 1000);
        _exit(t_failed);
    }
    expect_file("a fifo waits for its writer", path, false, 0, data, 1000);
    unlink(path);
}

typedef struct counted {
    size_t calls, fail_at, live;
} counted;

static void *counted_alloc(void *user, size_t size)
{
    counted *c = user;
    if (++c->calls == c->fail_at)
        return NULL;
    c->live += size;
    return malloc(size);
}

static void counted_free(void *user, void *at, size_t size)
{
    ((counted *)user)->live -= size;
    free(at);
}

/* Fails at the n-th allocation for every n, until none is left to fail. */
static void expect_clean(const char *claim, const uint8_t *at, size_t len)
{
    t_case = claim;
    bool done = false;
    for (size_t n = 1; !done && n < 1000; n++) {
        counted c = {0, n, 0};
        mdw_allocator alloc = {counted_alloc, counted_free, &c};
        mdw_source_options o = MDW_INIT(mdw_source_options);
        o.alloc = &alloc;
        o.copy = true;
        mdw_source *s = NULL;
        mdw_error err = {.code = MDW_OK};
        mdw_status status = at ? mdw_source_from(bytes(at, len), &o, &s, &err)
                               : mdw_source_open(path, &o, &s, &err);
        done = c.calls < n;
        CHECK_U64((uint64_t)status, done ? MDW_OK : (uint64_t)MDW_E_MEMORY);
        CHECK_U64((uint64_t)err.code, (uint64_t)status);
        if (s)
            CHECK_U64(mdw_source_bytes(s).len, DATA_SIZE);
        mdw_source_close(s);
        CHECK_U64(c.live, 0);
    }
    CHECK(done);
}

static void test_memory(void)
{
    for (size_t i = 0; i < FORMATS; i++)
        if (formats[i].built)
            expect_clean(formats[i].name, packed,
                         formats[i].pack(packed, CAP, data, DATA_SIZE));
    write_file(data, DATA_SIZE);
    expect_clean("a file", NULL, 0);
}

static void test_abi(void)
{
    t_case = "a longer options record with something in its tail";
    struct {
        mdw_source_options known;
        uint64_t more;
    } o = {MDW_INIT(mdw_source_options), 1};
    o.known.size = sizeof o;
    mdw_source *s = NULL;
    CHECK_U64((uint64_t)mdw_source_from(bytes("x", 1), &o.known, &s, NULL),
              (uint64_t)MDW_E_ABI);
    o.more = 0;
    CHECK_U64((uint64_t)mdw_source_from(bytes("x", 1), &o.known, &s, NULL),
              MDW_OK);
    mdw_source_close(s);
}

static void test_buffer(void)
{
    t_case = "a buffer without a limit still has one";
    buffer b = buffer_new(NULL, UINT64_MAX);
    unsigned char *at;
    size_t room;
    CHECK_U64((uint64_t)buffer_room(&b, 10, &at, &room), MDW_OK);
    CHECK_U64(room, 10);
    CHECK_U64((uint64_t)buffer_filled(&b, 10), MDW_OK);
    CHECK_U64(buffer_bytes(&b).len, 10);
    buffer_close(&b);
    t_case = "a block whose size overflows";
    CHECK(!block_take(&b.alloc, SIZE_MAX / 2, 4));
    CHECK(!block_take(&b.alloc, SIZE_MAX - 8, 1));
    block_give(&b.alloc, NULL);
}

int main(void)
{
    data = malloc(DATA_SIZE);
    packed = malloc(CAP);
    uint64_t x = 1;
    for (size_t i = 0; i < DATA_SIZE; i++) {
        x = x * UINT64_C(6364136223846793005) + 1442695040888963407;
        data[i] = (uint8_t)(x >> 58);
    }
    snprintf(dir, sizeof dir, "/tmp/mdwalk-source-XXXXXX");
    CHECK(mkdtemp(dir) != NULL);
    snprintf(path, sizeof path, "%s/file", dir);

    for (size_t i = 0; i < FORMATS; i++) {
        if (!formats[i].built) {
            test_absent(&formats[i]);
            continue;
        }
        test_damage(&formats[i]);
        test_nothing_out(&formats[i]);
        test_members(&formats[i]);
        test_limits(&formats[i]);
    }
    if (WITH_ZSTD)
        test_block();
    test_windows();
    test_layers();
    test_plain();
    test_files();
    test_copy_is_a_copy();
    test_sparse();
    test_stdin();
    test_memory();
    test_fifo();
    test_abi();
    test_buffer();
    rmdir(dir);
    free(data);
    free(packed);
    return t_done();
}
