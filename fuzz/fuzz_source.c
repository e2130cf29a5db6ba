/* fuzz/fuzz_source.c - whatever the bytes, a source stays under its limit and
 * gives every block back. */
#include <stdlib.h>
#include <string.h>

#include "mdwalk/source.h"

#define LIMIT (UINT64_C(1) << 20)

#define EXPECT(cond)                                                           \
    do                                                                         \
        if (!(cond))                                                           \
            abort();                                                           \
    while (0)

static size_t live;

static void *counted_alloc(void *user, size_t size)
{
    (void)user;
    void *at = malloc(size);
    live += at ? size : 0;
    return at;
}

static void counted_free(void *user, void *at, size_t size)
{
    (void)user;
    live -= size;
    free(at);
}

static void check(const mdw_source *s, mdw_bytes in)
{
    mdw_bytes got = mdw_source_bytes(s);
    mdw_error damage;
    bool borrowed = got.data == in.data && got.len == in.len;
    EXPECT(borrowed || got.len <= LIMIT);
    unsigned char sum = 0;
    for (size_t i = 0; i < got.len; i++)
        sum = (unsigned char)(sum + got.data[i]); /* readable to the end */
    volatile unsigned char keep = sum;
    (void)keep;
    if (mdw_source_damage(s, &damage) != MDW_OK)
        return;
    EXPECT(!borrowed && got.len && damage.code < 0 && damage.what);
    EXPECT(damage.offset <= in.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    mdw_allocator alloc = {counted_alloc, counted_free, NULL};
    mdw_source_options o = MDW_INIT(mdw_source_options);
    o.max_bytes = LIMIT;
    o.alloc = &alloc;
    mdw_source *s = NULL;
    mdw_error err = {.code = MDW_OK};
    mdw_bytes in = {data, size};
    mdw_status status = mdw_source_from(in, &o, &s, &err);
    EXPECT((status == MDW_OK) == (s != NULL));
    EXPECT(status <= 0 && err.code == status);
    if (s)
        check(s, in);
    mdw_source_close(s);
    EXPECT(!live);
    return 0;
}
