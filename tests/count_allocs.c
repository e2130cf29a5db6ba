/* tests/count_allocs.c - stands before libc in the order of libraries, so that
 * everybody's calls come here first. */
#define _GNU_SOURCE
#include "count_allocs.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int count_allocs;

/* glibc's own names for what is replaced here. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);
void *__libc_memalign(size_t align, size_t size);
void *memalign(size_t align, size_t size);

void *malloc(size_t size)
{
    count_allocs++;
    return __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    count_allocs++;
    return __libc_calloc(count, size);
}

void *realloc(void *old, size_t size)
{
    count_allocs++;
    return __libc_realloc(old, size);
}

void *memalign(size_t align, size_t size)
{
    count_allocs++;
    return __libc_memalign(align, size);
}

void *aligned_alloc(size_t align, size_t size)
{
    count_allocs++;
    return __libc_memalign(align, size);
}

int posix_memalign(void **out, size_t align, size_t size)
{
    count_allocs++;
    *out = __libc_memalign(align, size);
    return *out ? 0 : ENOMEM;
}

/* A function of libc, whose type the caller knows. */
static void next(const char *name, void *function, size_t size)
{
    void *found = dlsym(RTLD_NEXT, name);
    memcpy(function, &found, size);
}

void *mmap(void *addr, size_t len, int prot, int flags, int file, off_t at)
{
    void *(*real)(void *, size_t, int, int, int, off_t);
    count_allocs++;
    next("mmap", &real, sizeof real);
    return real(addr, len, prot, flags, file, at);
}

int brk(void *addr)
{
    int (*real)(void *);
    count_allocs++;
    next("brk", &real, sizeof real);
    return real(addr);
}

void *sbrk(intptr_t by)
{
    void *(*real)(intptr_t);
    count_allocs++;
    next("sbrk", &real, sizeof real);
    return real(by);
}
