/* lib/symbol/place_breakpad.c - a folder in Breakpad's layout. */
#include "lib/base/str.h"
#include "lib/symbol/place.h"

static mdw_status locate(place *p, const mdw_module *module, uint32_t need,
                         const notes *n, mdw_symfile **out)
{
    char id[MDW_ID_TEXT_MAX];
    mdw_str name = debug_name(module);
    mdw_debug_id_text(&module->debug_id, MDW_ID_BREAKPAD, id);
    if (need == MDW_NEED_CODE || !name.len || !id[0])
        return MDW_ABSENT;
    path file;
    path_begin(&file, str_of(p->root));
    path_part(&file, name, "");
    path_part(&file, str_of(id), "");
    path_part(&file, symbol_stem(name), ".sym");
    return file.bad ? (mdw_status)MDW_ABSENT
                    : place_get(p, file.text, module, need, n, out);
}

static const place_kind kind = {"symbol folder", locate, NULL, place_free};

place *place_breakpad(place_home *home, const char *root)
{
    return place_new(home, &kind, sizeof(place), root);
}
