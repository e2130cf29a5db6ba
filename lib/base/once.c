/* lib/base/once.c - the one lock and the only writable byte of the library. */
#include "lib/base/once.h"

#include <sched.h>
#include <stdatomic.h>

static atomic_flag taken = ATOMIC_FLAG_INIT;

void once_lock(void)
{
    while (atomic_flag_test_and_set_explicit(&taken, memory_order_acquire))
        sched_yield();
}

void once_unlock(void)
{
    atomic_flag_clear_explicit(&taken, memory_order_release);
}
