/* lib/symbol/demangle.c - names as people write them, by libiberty. */
#include "lib/symbol/demangle.h"

#include <libiberty/demangle.h>
#include <setjmp.h>
#include <string.h>

#include "lib/base/str.h"

/* A name of 210 bytes can ask for 35 MB, 10 bytes more for twice as much, and
 * the printer has no way to be told to stop: it is left. It holds nothing but
 * its stack. */
typedef struct printed {
    jmp_buf full;
    char *out;
    size_t len, size;
} printed;

static void take(const char *text, size_t len, void *user)
{
    printed *p = user;
    if (len > p->size - p->len)
        longjmp(p->full, 1);
    memcpy(p->out + p->len, text, len);
    p->len += len;
}

/* Mach-O puts a '_' before every name. */
static bool is_mangled(mdw_str name)
{
    mdw_str plain =
        str_starts(name, STR("__")) ? str_slice(name, 1, SIZE_MAX) : name;
    return str_starts(plain, STR("_Z")) || str_starts(plain, STR("_R"));
}

size_t demangle(mdw_str name, char *out, size_t size)
{
    char text[DEMANGLE_NAME_MAX + 1];
    if (!name.len || *name.data != '_' || name.len > DEMANGLE_NAME_MAX ||
        !is_mangled(name))
        return 0;
    memcpy(text, name.data, name.len);
    text[name.len] = 0;
    const char *start = text[1] == '_' ? text + 1 : text;
    printed p;
    p.out = out;
    p.len = 0;
    p.size = size < DEMANGLE_OUT_MAX ? size : DEMANGLE_OUT_MAX;
    if (setjmp(p.full))
        return 0;
    /* Rust first: its old form is also a valid name of C++. */
    if (rust_demangle_callback(start, DMGL_PARAMS | DMGL_ANSI, take, &p))
        return p.len;
    p.len = 0;
    /* Its limit is one on the name: half its 2,048 bytes. Ours is four times
     * that; the printer's own, 1,024 levels, stays. */
    if (cplus_demangle_v3_callback(
            start, DMGL_PARAMS | DMGL_ANSI | DMGL_NO_RECURSE_LIMIT, take, &p))
        return p.len;
    return 0;
}
