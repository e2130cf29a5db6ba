/* tests/truth/shadow.h - what each thread says about its own stack. */
#ifndef TRUTH_SHADOW_H
#define TRUTH_SHADOW_H

#include <signal.h>
#include <stdint.h>
#include <ucontext.h>

enum { SHADOW_END = 64, SHADOW_THREADS = 8, SHADOW_NAME = 16 };

struct shadow_frame {
    const char *function; /* the one that was entered */
    uintptr_t address;    /* where it returns to */
};

/* The outermost frames, and a ring of the innermost: an overflow has thousands
   in between. */
struct shadow {
    volatile uint32_t depth;
    struct shadow_frame outer[SHADOW_END];
    struct shadow_frame inner[SHADOW_END];
    long tid;
    char name[SHADOW_NAME]; /* empty: the thread has none of its own */
    uintptr_t stack_end;    /* of the ordinary stack */
    uintptr_t alt_start;    /* the crash handler's stack */
    uintptr_t alt_end;
    uintptr_t interrupted_sp; /* 0: no signal handler is on the stack */
    ucontext_t context;       /* filled when the thread is stopped */
    volatile int stopped;
};

extern struct shadow shadows[SHADOW_THREADS];
extern volatile int shadow_count;
extern __thread struct shadow *shadow_mine;

/* Makes the calling thread's shadow and gives it a stack for signals. */
void shadow_begin(const char *name);

/* The i-th frame, innermost first; NULL in the gap between the two parts. */
const struct shadow_frame *shadow_frame(const struct shadow *s, uint32_t i);

/* Inlined even at -O0: a leaf that records itself stays a leaf. */
static inline __attribute__((always_inline)) void shadow_push(
    struct shadow *s, const char *function, void *address)
{
    uint32_t n = s->depth;
    struct shadow_frame *f =
        n < SHADOW_END ? &s->outer[n] : &s->inner[n % SHADOW_END];
    f->function = function;
    f->address = (uintptr_t)address;
    s->depth = n + 1;
    /* Nothing in the program reads it: without this, a store before an endless
       loop is dead. */
    __asm__ volatile("" ::: "memory");
}

/* __builtin_frame_address would force a frame pointer on the function. */
#define ENTER() shadow_push(shadow_mine, __func__, __builtin_return_address(0))
#define LEAVE() (shadow_mine->depth--)

#endif
