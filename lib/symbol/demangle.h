/* lib/symbol/demangle.h - names as people write them. */
#ifndef MDW_SYMBOL_DEMANGLE_H
#define MDW_SYMBOL_DEMANGLE_H

#include "mdwalk/base.h"

enum {
    DEMANGLE_NAME_MAX = 4096, /* longer names stay as they are */
    DEMANGLE_OUT_MAX = 65536  /* a name that becomes longer does too */
};

/* C++ (Itanium) and Rust (legacy and v0) to `out`, as `c++filt -i` prints it,
 * without a NUL: its length. 0: not a mangled name, or over a limit, or longer
 * than `size`. Reaches no malloc and no writable data, and takes up to 1 MiB of
 * the stack (measured: 775 KB for a name of 4,004 bytes made for it). */
size_t demangle(mdw_str name, char *out, size_t size);

#endif
