/* tests/count_allocs.h - counts calls of whatever takes memory. */
#ifndef COUNT_ALLOCS_H
#define COUNT_ALLOCS_H

/* malloc, calloc, realloc, aligned_alloc, memalign, posix_memalign, mmap, brk
 * and sbrk of this process since `count_allocs` was set to 0. */
extern int count_allocs;

#endif
