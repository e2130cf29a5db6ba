/* tests/bench/make_sym.c - writes a large .sym that looks like one of a
 * browser's main library: the same bytes every time.
 *
 *   make_sym [functions] > FILE     default 500,000: about 450 MB */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static uint64_t state = 88172645463325252u;

static uint32_t random_to(uint32_t n) /* [0, n) */
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (uint32_t)(state >> 33) % n;
}

static const char *const words[] = {
    "layout",  "Frame",    "Paint",  "Style",  "nsTArray",  "mozilla",
    "Context", "Document", "js",     "Script", "Compiler",  "Handle",
    "Rooted",  "dom",      "Buffer", "Stream", "Iterator",  "Runtime",
    "gfx",     "Surface",  "Thread", "Event",  "Callback",  "Promise",
    "Element", "Node",     "Value",  "String", "operator=", "detail"};
enum { WORDS = sizeof words / sizeof *words };

static const char *word(void)
{
    return words[random_to(WORDS)];
}

enum { FILES = 20000, ORIGINS = 150000 };

static void name(uint32_t number)
{
    printf("%s::%s::%s<%s::%s>::%s%" PRIu32 "(%s::%s*, %s const&)\n", word(),
           word(), word(), word(), word(), word(), number, word(), word(),
           word());
}

static void head(void)
{
    puts("MODULE Linux x86_64 5A9832E5287241C1838ED98914E9B7FF0 libbig.so");
    puts("INFO CODE_ID E532985A7228C141838ED98914E9B7FF00112233");
    for (uint32_t i = 0; i < FILES; i++)
        printf("FILE %" PRIu32
               " /builds/worker/checkouts/gecko/%s/%s/%s%" PRIu32 ".cpp\n",
               i, word(), word(), word(), i);
    for (uint32_t i = 0; i < ORIGINS; i++) {
        printf("INLINE_ORIGIN %" PRIu32 " ", i);
        name(i);
    }
}

/* Mostly the source file that a function lies in, else one of a few headers
 * that everybody includes. */
static uint32_t file_near(uint32_t own)
{
    return random_to(5) ? own : random_to(FILES / 40) * 40;
}

/* Small functions of the popular headers are inlined everywhere, most others
 * near the place where they are defined. */
static uint32_t origin_near(uint32_t own)
{
    uint32_t near = (uint32_t)((uint64_t)own * ORIGINS / FILES);
    if (random_to(2))
        return random_to(1 + random_to(1 + random_to(ORIGINS)));
    return (near + random_to(64)) % ORIGINS;
}

/* A tree of calls in [rva, rva + size), at most `depth` deep. */
static void inlines(uint32_t own, uint32_t depth, uint32_t rva, uint32_t size)
{
    if (depth == 6 || size < 24)
        return;
    uint32_t at = rva + random_to(size / 3);
    uint32_t part = 8 + random_to(size / 3);
    printf("INLINE %" PRIu32 " %" PRIu32 " %" PRIu32 " %" PRIu32 " %" PRIx32
           " %" PRIx32,
           depth, 1 + random_to(3000), file_near(own), origin_near(own), at,
           part);
    if (!random_to(8))
        printf(" %" PRIx32 " %" PRIx32, at + part, (uint32_t)4);
    putchar('\n');
    if (random_to(3))
        inlines(own, depth + 1, at, part);
}

static void function(uint32_t number, uint32_t own, uint32_t rva, uint32_t size)
{
    printf("FUNC %s%" PRIx32 " %" PRIx32 " 0 ", random_to(16) ? "" : "m ", rva,
           size);
    name(number);
    if (random_to(10) < 9)
        inlines(own, 0, rva, size);
    if (random_to(2))
        inlines(own, 0, rva + size / 2, size / 2);
    uint32_t line = 1 + random_to(3000);
    for (uint32_t at = rva; at < rva + size;) {
        uint32_t part = 1 + random_to(10);
        if (part > rva + size - at)
            part = rva + size - at;
        printf("%" PRIx32 " %" PRIx32 " %" PRIu32 " %" PRIu32 "\n", at, part,
               line, file_near(own));
        line = 1 + (line + random_to(7)) % 3000;
        at += part;
    }
}

static void rows(uint32_t rva, uint32_t size)
{
    printf("STACK CFI INIT %" PRIx32 " %" PRIx32 " .cfa: $rsp 8 + .ra: .cfa -8 "
           "+ ^\n",
           rva, size);
    uint32_t pushes = size < 32 ? 0 : random_to(5);
    for (uint32_t i = 0; i < pushes; i++)
        printf("STACK CFI %" PRIx32 " .cfa: $rsp %" PRIu32 " + $r%" PRIu32
               ": .cfa -%" PRIu32 " + ^\n",
               rva + 2 * i + 1, 16 + 8 * i, 12 + i % 4, 16 + 8 * i);
}

int main(int argc, char **argv)
{
    uint32_t functions =
        argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 500000;
    uint32_t *sizes = calloc(functions + 1, sizeof *sizes);
    if (!sizes)
        return 1;
    head();
    uint32_t rva = 0x10000;
    for (uint32_t i = 0; i < functions; i++) {
        sizes[i] = 16 + random_to(40) * random_to(15) + random_to(30);
        function(i, (uint32_t)((uint64_t)i * FILES / functions), rva, sizes[i]);
        rva += (sizes[i] + 31) & ~(uint32_t)15;
    }
    for (uint32_t i = 0; i < functions / 8; i++) {
        printf("PUBLIC %" PRIx32 " 0 _plt_%s%" PRIu32 "\n", rva + 16 * i,
               word(), i);
    }
    rva = 0x10000;
    for (uint32_t i = 0; i < functions; i++) {
        rows(rva, sizes[i]);
        rva += (sizes[i] + 31) & ~(uint32_t)15;
    }
    free(sizes);
    return 0;
}
