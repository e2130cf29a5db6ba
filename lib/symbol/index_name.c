/* lib/symbol/index_name.c - the address of a name: the index is sorted by
 * address, so that all names are looked at in turn. */
#include "lib/base/str.h"
#include "lib/symbol/sym.h"
#include "lib/symbol/view.h"

static mdw_str public_name(const index_view *v, uint32_t at)
{
    uint32_t name = view_u32(v, INDEX_PUBLIC, at, INDEX_PUBLIC_NAME);
    uint64_t next;
    text t;
    sym_function f;
    if (v->info.level == MDW_INDEX_FULL)
        return view_string(v, name);
    if (sym_record_at(v->source, name, SYM_PUBLIC, &t, &next) &&
        sym_read_function(&t, true, &f))
        return f.name;
    view_damage(v);
    return (mdw_str){NULL, 0};
}

static bool find_function(const index_view *v, mdw_str name, mdw_range *out)
{
    uint32_t count = view_count(v, view_functions(v));
    for (uint32_t i = 0; i < count && !index_damaged(v); i++) {
        index_function f;
        uint32_t rva = view_u32(v, view_functions(v), i, 0);
        if (index_find(v, rva, &f) != MDW_OK || !str_equal(f.name, name))
            continue;
        *out = (mdw_range){f.start, f.bytes};
        return true;
    }
    return false;
}

static bool find_public(const index_view *v, mdw_str name, mdw_range *out)
{
    uint32_t count = view_count(v, INDEX_PUBLIC_RVA);
    for (uint32_t i = 0; i < count && !index_damaged(v); i++)
        if (str_equal(public_name(v, i), name)) {
            *out = (mdw_range){view_u32(v, INDEX_PUBLIC_RVA, i, 0), 0};
            return true;
        }
    return false;
}

mdw_status index_find_name(const index_view *v, mdw_str name, mdw_range *out)
{
    mdw_range found = {0, 0};
    bool is = name.len &&
              (find_function(v, name, &found) || find_public(v, name, &found));
    if (index_damaged(v))
        return MDW_E_DAMAGED;
    *out = is ? found : (mdw_range){0, 0};
    return is ? MDW_OK : MDW_ABSENT;
}
