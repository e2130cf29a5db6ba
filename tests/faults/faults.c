/* tests/faults/faults.c - one crash of each kind that a CPU or a C library
 * makes. */
/* faults MODE DUMP [data]: says which address it will use, and the crash
   handler of tests/truth writes DUMP; with `data` it holds what small mappings
   hold too. */
#define _GNU_SOURCE
#include <assert.h>
#include <limits.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "selfdump.h"
#include "shadow.h"

#define NOINLINE __attribute__((noinline))

/* Linked in where there is a C++ compiler. */
void throw_error(void) __attribute__((weak));
void throw_own(void) __attribute__((weak));

struct node {
    struct node *next;
    long values[4];
};

static volatile int sink;
static struct node *volatile no_node;
static void *volatile nowhere;
static volatile int zero, minus_one = -1, deepest = INT_MAX;
static const int constant[64] = {1};
static volatile unsigned char data[64] __attribute__((aligned(64))) = {1};

static void tell(uintptr_t address)
{
    dprintf(1, "%jx\n", (uintmax_t)address);
}

/* -- bad pointers -- */

static void null_member(void)
{
    tell(offsetof(struct node, values[2]));
    no_node->values[2] = 7;
}

/* As an allocator that marks what it frees leaves it. */
static void freed(void)
{
    struct node *volatile n = malloc(sizeof *n);
    if (n == NULL)
        _exit(4);
    memset(n, 0x5a, sizeof *n);
    tell((uintptr_t)n->next + offsetof(struct node, values[1]));
    sink = (int)n->next->values[1];
}

static void write_constant(void)
{
    int *volatile p = (int *)(uintptr_t)constant;
    tell((uintptr_t)&constant[3]);
    p[3] = 7;
}

static char *pages(size_t count)
{
    size_t size = (size_t)sysconf(_SC_PAGESIZE);
    char *p = mmap(NULL, count * size, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED)
        _exit(4);
    return p;
}

/* A buffer with a page behind it that nobody may touch. */
static void guard(void)
{
    size_t size = (size_t)sysconf(_SC_PAGESIZE);
    volatile char *p = pages(3);
    if (mprotect((void *)(uintptr_t)(p + size), size, PROT_NONE) != 0)
        _exit(4);
    tell((uintptr_t)p + size);
    for (size_t i = 0;; i++)
        p[i] = 1;
}

static void past_end(void)
{
    size_t size = (size_t)sysconf(_SC_PAGESIZE);
    volatile char *p = pages(3);
    if (munmap((void *)(uintptr_t)(p + size), size) != 0)
        _exit(4);
    tell((uintptr_t)p + size);
    for (size_t i = 0;; i++)
        p[i] = 1;
}

/* A mapping of a file that became shorter. */
static void truncated(void)
{
    size_t size = (size_t)sysconf(_SC_PAGESIZE);
    FILE *file = tmpfile();
    if (file == NULL || ftruncate(fileno(file), (off_t)size) != 0)
        _exit(4);
    volatile char *p = mmap(NULL, size, PROT_READ, MAP_SHARED, fileno(file), 0);
    if (p == MAP_FAILED || ftruncate(fileno(file), 0) != 0)
        _exit(4);
    tell((uintptr_t)p + 5);
    sink = p[5];
}

static void misaligned(void)
{
    uintptr_t at = (uintptr_t)data + 1;
    tell(at);
#if defined __x86_64__ || defined __i386__
    __asm__ volatile("movaps (%0), %%xmm0" : : "r"(at));
#elif defined __aarch64__
    uint64_t value;
    __asm__ volatile("ldaxr %0, [%1]" : "=&r"(value) : "r"(at));
#else
    uint32_t value;
    __asm__ volatile("ldrex %0, [%1]" : "=&r"(value) : "r"(at));
#endif
}

/* -- bad places to go -- */

static void go(uintptr_t to)
{
    void (*f)(void);
    tell(to);
    memcpy(&f, &to, sizeof f);
    f();
    sink = 1;
}

static void call_null(void)
{
    go((uintptr_t)nowhere);
}

static void call_wild(void)
{
    go((uintptr_t)nowhere + 0x5a5a40);
}

static void call_data(void)
{
    go((uintptr_t)data);
}

/* What a smashed stack does. */
static void return_wild(void)
{
#if defined __x86_64__
    tell(0x4141414141414141);
    __asm__ volatile("movabs $0x4141414141414141, %%rax\n"
                     "push %%rax\n"
                     "ret"
                     :
                     :
                     : "rax");
#elif defined __i386__
    tell(0x414140);
    __asm__ volatile("push $0x414140\n"
                     "ret");
#elif defined __aarch64__
    tell(0x414140);
    __asm__ volatile("mov x30, #0x4140\n"
                     "movk x30, #0x41, lsl #16\n"
                     "ret"
                     :
                     :
                     : "x30");
#else
    tell(0x414140);
    __asm__ volatile("bx %0" : : "r"(0x414140));
#endif
}

/* -- what the CPU refuses, and what stops itself -- */

static void trap(void)
{
    __builtin_trap();
}

static void illegal(void)
{
#if defined __x86_64__ || defined __i386__
    __asm__ volatile(".byte 0xf0, 0x90"); /* lock nop */
#elif defined __aarch64__
    __asm__ volatile("mrs x0, s3_7_c15_c15_7" : : : "x0");
#else
    __asm__ volatile("mrc p15, 7, r0, c15, c15, 7" : : : "r0");
#endif
}

static void privileged(void)
{
#if defined __x86_64__ || defined __i386__
    __asm__ volatile("hlt");
#elif defined __aarch64__
    __asm__ volatile("tlbi vmalle1");
#else
    __asm__ volatile("mcr p15, 0, r0, c8, c7, 0");
#endif
}

static void divide(void)
{
    sink = 7 / zero;
}

static void divide_overflow(void)
{
    sink = INT_MIN / minus_one;
}

static void abort_mode(void)
{
    abort();
}

static void assert_mode(void)
{
    assert(zero == minus_one);
}

NOINLINE static int recurse(int a)
{
    volatile char b[256];
    b[0] = (char)a;
    return a < deepest ? recurse(a + 1) + b[0] : 0;
}

static void overflow(void)
{
    sink = recurse(1);
}

static const struct {
    const char *name;
    void (*crash)(void);
} modes[] = {{"null", null_member},        {"freed", freed},
             {"constant", write_constant}, {"guard", guard},
             {"past-end", past_end},       {"truncated", truncated},
             {"misaligned", misaligned},   {"call-null", call_null},
             {"call-wild", call_wild},     {"call-data", call_data},
             {"return-wild", return_wild}, {"trap", trap},
             {"illegal", illegal},         {"privileged", privileged},
             {"divide", divide},           {"divide-overflow", divide_overflow},
             {"abort", abort_mode},        {"assert", assert_mode},
             {"overflow", overflow},       {"throw", throw_error},
             {"throw-own", throw_own}};

int main(int argc, char **argv)
{
    shadow_begin(NULL);
    struct selfdump_options o = {.argument_count = argc, .arguments = argv};
    void (*crash)(void) = NULL;
    for (size_t i = 0; argc > 2 && i < sizeof modes / sizeof modes[0]; i++)
        if (strcmp(argv[1], modes[i].name) == 0)
            crash = modes[i].crash;
    if (crash == NULL)
        return 2;
    o.path = argv[2];
    if (argc > 3 && strcmp(argv[3], "data") == 0)
        o.memory = SELFDUMP_DATA;
    selfdump_begin(&o);
    selfdump_arm();
    crash();
    return 3;
}
