/* lib/symbol/demangle_none.c - a build without libiberty leaves names. */
#include "lib/symbol/demangle.h"

size_t demangle(mdw_str name, char *out, size_t size)
{
    (void)name;
    (void)out;
    (void)size;
    return 0;
}
