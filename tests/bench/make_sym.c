/* tests/bench/make_sym.c - writes a large .sym that looks like one of a
 * browser's main library, and a dump whose 8 threads have 200 frames in it: the
 * same bytes every time.
 *
 *   make_sym FILE DUMP [functions]     default 500,000: about 500 MB */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/synth/synth.h"

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
    if (random_to(8))
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

/* The rows of one function; returns how many registers it pushes, the last of
 * them before the ninth byte. */
static uint32_t rows(uint32_t rva, uint32_t size)
{
    printf("STACK CFI INIT %" PRIx32 " %" PRIx32 " .cfa: $rsp 8 + .ra: .cfa -8 "
           "+ ^\n",
           rva, size);
    uint32_t pushes = size < 32 ? 0 : random_to(5);
    for (uint32_t i = 0; i < pushes; i++)
        printf("STACK CFI %" PRIx32 " .cfa: $rsp %" PRIu32 " + $r%" PRIu32
               ": .cfa -%" PRIu32 " + ^\n",
               rva + 2 * i + 1, 16 + 8 * i, 12 + i % 4, 16 + 8 * i);
    return pushes;
}

/* What a 32-bit Windows file has beside its rows. */
static void win(uint32_t rva, uint32_t size)
{
    if (random_to(2))
        printf("STACK WIN 4 %" PRIx32 " %" PRIx32 " 6 0 8 4 2c 0 1 $T0 $ebp = "
               "$eip $T0 4 + ^ = $ebp $T0 ^ = $esp $T0 8 + =\n",
               rva, size);
    else
        printf("STACK WIN 0 %" PRIx32 " %" PRIx32 " 0 0 4 0 8 0 0 0\n", rva,
               size);
}

/* --- the dump ---------------------------------------------------------- */

enum { THREADS = 8, FRAMES = 25, STACK = 4096 };
#define BASE UINT64_C(0x7f0000000000)
#define STACKS UINT64_C(0x7ffc00000000)

typedef struct frame {
    uint64_t pc;
    uint32_t pushes;
} frame;

static frame frames[FRAMES][THREADS]; /* neighbours are on different threads */

static void put_word(uint8_t *at, uint64_t value)
{
    for (unsigned i = 0; i < 8; i++)
        at[i] = (uint8_t)(value >> 8 * i);
}

/* What the frames of one thread leave on its stack. */
static void fill_stack(uint8_t *stack, uint32_t thread)
{
    uint8_t *at = stack;
    for (uint32_t i = 0; i < FRAMES; i++) {
        at += 8 * (size_t)frames[i][thread].pushes;
        put_word(at, i + 1 < FRAMES ? frames[i + 1][thread].pc : 0);
        at += 8;
    }
}

static void put_system(synth *s)
{
    synth_begin(s, 7);
    put16(s, 9); /* AMD64 */
    put16(s, 6);
    put16(s, 0);
    put8(s, 1);
    put8(s, 0);
    put32(s, 6);
    put32(s, 1);
    put32(s, 0);
    put32(s, 0x8201); /* Linux */
    put_string_ref(s, "Linux 6.1", 4);
    put_zeros(s, 4 + 24);
    synth_end(s);
}

static void put_threads(synth *s)
{
    static uint8_t stacks[THREADS][STACK], contexts[THREADS][1232];
    synth_begin(s, 3);
    put32(s, THREADS);
    for (uint32_t i = 0; i < THREADS; i++) {
        uint64_t stack = STACKS + (uint64_t)i * 2 * STACK;
        fill_stack(stacks[i], i);
        put_word(contexts[i] + 48, 0x10000F); /* ContextFlags */
        put_word(contexts[i] + 152, stack);   /* Rsp */
        put_word(contexts[i] + 248, frames[0][i].pc);
        put32(s, 1000 + i);
        put_zeros(s, 12 + 8);
        put64(s, stack);
        put_blob_ref(s, stacks[i], STACK);
        put_blob_ref(s, contexts[i], sizeof contexts[i]);
    }
    synth_end(s);
}

static void put_modules(synth *s, uint32_t size)
{
    static const uint8_t id[] = "LEpB\xE5\x32\x98\x5A\x72\x28\xC1\x41\x83\x8E"
                                "\xD9\x89\x14\xE9\xB7\xFF\x00\x11\x22\x33";
    synth_begin(s, 4);
    put32(s, 1);
    put64(s, BASE);
    put32(s, size);
    put_zeros(s, 8);
    put_string_ref(s, "/usr/lib/libbig.so", 4);
    put_zeros(s, 52);
    put_blob_ref(s, id, sizeof id - 1);
    put_zeros(s, 8 + 16);
    synth_end(s);
}

static int write_dump(const char *path, uint32_t size)
{
    synth *s = synth_new(false);
    put_system(s);
    put_threads(s);
    put_modules(s, size);
    mdw_bytes bytes = synth_finish(s);
    FILE *f = fopen(path, "wb");
    if (!f || fwrite(bytes.data, 1, bytes.len, f) != bytes.len || fclose(f))
        return 1;
    synth_free(s);
    return 0;
}

/* --- all of it --------------------------------------------------------- */

static uint32_t after(uint32_t rva, uint32_t size)
{
    return rva + ((size + 31) & ~(uint32_t)15);
}

static void all_rows(const uint32_t *sizes, uint32_t functions)
{
    uint32_t rva = 0x10000, taken = 0;
    for (uint32_t i = 0; i < functions; i++) {
        uint32_t pushes = rows(rva, sizes[i]);
        uint64_t due = (uint64_t)taken * functions / (THREADS * FRAMES);
        if (taken < THREADS * FRAMES && i >= due) {
            uint32_t at = 10 + random_to(sizes[i] - 10);
            frames[taken / THREADS][taken % THREADS] =
                (frame){BASE + rva + at, pushes};
            taken++;
        }
        rva = after(rva, sizes[i]);
    }
}

int main(int argc, char **argv)
{
    uint32_t functions =
        argc > 3 ? (uint32_t)strtoul(argv[3], NULL, 10) : 500000;
    uint32_t *sizes = calloc(functions + 1, sizeof *sizes);
    if (argc < 3 || !sizes || !freopen(argv[1], "w", stdout))
        return 2;
    /* As cp and tar write: the page cache keeps large pieces in one. */
    setvbuf(stdout, NULL, _IOFBF, 1 << 22);
    head();
    uint32_t rva = 0x10000;
    for (uint32_t i = 0; i < functions; i++) {
        sizes[i] = 16 + random_to(40) * random_to(15) + random_to(30);
        function(i, (uint32_t)((uint64_t)i * FILES / functions), rva, sizes[i]);
        rva = after(rva, sizes[i]);
    }
    for (uint32_t i = 0; i < functions / 8; i++)
        printf("PUBLIC %s%" PRIx32 " 0 _plt_%s%" PRIu32 "\n",
               random_to(16) ? "" : "m ", rva + 16 * i, word(), i);
    all_rows(sizes, functions);
    uint32_t end = rva + 2 * functions, at = 0x10000;
    for (uint32_t i = 0; i < functions; i++) {
        if (i % 8 == 0)
            win(at, sizes[i]);
        at = after(at, sizes[i]);
    }
    free(sizes);
    return fclose(stdout) || write_dump(argv[2], end);
}
