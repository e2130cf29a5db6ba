/* lib/symbol/path.h - paths and addresses put together from a root that the
 * caller vouches for and parts that may come out of a dump. */
#ifndef MDW_SYMBOL_PATH_H
#define MDW_SYMBOL_PATH_H

#include "mdwalk/module.h"

enum { PATH_SIZE = 4096, PART_MAX = 255, ID_HEX_MAX = 128 };

typedef struct path {
    char text[PATH_SIZE]; /* NUL-terminated */
    size_t len;
    bool bad; /* did not fit, or had a part that may not be one */
} path;

/* Whether `name` may be the name of a file: not "." or "..", and without
 * slashes of either kind, NUL and control characters. */
bool part_is_safe(mdw_str name);

void path_begin(path *p, mdw_str root);
void path_text(path *p, mdw_str more); /* as it is */
/* A slash and one name, with what it ends in. */
void path_part(path *p, mdw_str name, const char *ending);
/* The same for an address: all but letters, digits and "-._~" as %XX. */
void path_url_part(path *p, mdw_str name, const char *ending);
/* Each part of a path of the target, in turn. */
void path_parts(path *p, mdw_str parts);

/* What modules are looked up by; empty: there is none. */
mdw_str debug_name(const mdw_module *module); /* the debug file's base name */
/* "x" of "x.pdb", in whatever case; else the whole name. */
mdw_str symbol_stem(mdw_str name);
/* The build id of an ELF module in lower case hex; false: it has none. */
bool build_id_text(const mdw_module *module, char out[ID_HEX_MAX + 1]);

#endif
