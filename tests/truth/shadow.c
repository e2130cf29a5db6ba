/* tests/truth/shadow.c - what each thread says about its own stack. */
#define _GNU_SOURCE
#include "shadow.h"

#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

struct shadow shadows[SHADOW_THREADS];
volatile int shadow_count;
__thread struct shadow *shadow_mine;

/* Room for a signal frame with every vector register, and for the writer. */
enum { ALT_STACK = 128 * 1024 };

static void find_stack_end(struct shadow *s)
{
    pthread_attr_t attr;
    void *start = NULL;
    size_t size = 0;
    if (pthread_getattr_np(pthread_self(), &attr) != 0)
        _exit(4);
    pthread_attr_getstack(&attr, &start, &size);
    pthread_attr_destroy(&attr);
    s->stack_end = (uintptr_t)start + size;
}

static void give_alt_stack(struct shadow *s)
{
    void *p = mmap(NULL, ALT_STACK, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    stack_t alt = {.ss_sp = p, .ss_size = ALT_STACK};
    if (p == MAP_FAILED || sigaltstack(&alt, NULL) != 0)
        _exit(4);
    s->alt_start = (uintptr_t)p;
    s->alt_end = (uintptr_t)p + ALT_STACK;
}

void shadow_begin(const char *name)
{
    struct shadow *s = &shadows[__sync_fetch_and_add(&shadow_count, 1)];
    s->tid = syscall(SYS_gettid);
    if (name != NULL) {
        strncpy(s->name, name, SHADOW_NAME - 1);
        prctl(PR_SET_NAME, name, 0, 0, 0);
    }
    find_stack_end(s);
    give_alt_stack(s);
    shadow_mine = s;
}

const struct shadow_frame *shadow_frame(const struct shadow *s, uint32_t i)
{
    uint32_t n = s->depth - 1 - i;
    if (n < SHADOW_END)
        return &s->outer[n];
    return i < SHADOW_END ? &s->inner[n % SHADOW_END] : NULL;
}
