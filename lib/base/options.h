/* lib/base/options.h - sized records cross the boundary here and nowhere else,
 * so that a caller built against an older or newer header is served safely. */
#ifndef MDW_BASE_OPTIONS_H
#define MDW_BASE_OPTIONS_H

#include "mdwalk/base.h"

/* In: copies `src` (NULL: all defaults) into `dst`, whose unknown rest stays
 * zero. MDW_E_ABI when `src` is longer than `dst` and its tail is not zero, or
 * shorter than its own size field. */
mdw_status options_read(void *dst, size_t dst_size, const void *src);

/* Out: copies `src` into the caller's `dst`, as much as its size field holds,
 * and keeps that field. MDW_E_ABI when even the size field does not fit. */
mdw_status record_write(void *dst, const void *src, size_t src_size);

#endif
