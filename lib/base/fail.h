/* lib/base/fail.h - how a function says no: fill the error, return its code. */
#ifndef MDW_BASE_FAIL_H
#define MDW_BASE_FAIL_H

#include "mdwalk/base.h"

static inline mdw_status fail(mdw_error *err, mdw_status code, const char *what)
{
    if (err)
        *err = (mdw_error){.code = code, .what = what};
    return code;
}

/* At a place in the file, with the number that cannot be. */
static inline mdw_status fail_at(mdw_error *err, mdw_status code,
                                 uint32_t stream, uint64_t offset,
                                 uint64_t value, const char *what)
{
    if (err)
        *err = (mdw_error){code, stream, offset, value, what};
    return code;
}

#endif
