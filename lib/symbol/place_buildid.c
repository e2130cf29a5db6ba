/* lib/symbol/place_buildid.c - executables and debug files under one root, as
 * debuggers look for them:
 *
 *   .build-id/xx/rest.debug, .build-id/xx/rest, also below usr/lib/debug
 *   the module's path, and its name alone
 *   what its debug link names: beside it, in .debug, below usr/lib/debug */
#include "lib/base/str.h"
#include "lib/symbol/crc32.h"
#include "lib/symbol/place.h"

typedef struct search {
    place *place;
    const mdw_module *module;
    uint32_t need;
    const notes *notes;
    mdw_symfile **out;
    mdw_status status; /* MDW_OK: found */
} search;

/* Goes on until MDW_OK. */
static void ask(search *s, const path *file)
{
    if (s->status == MDW_OK || file->bad)
        return;
    s->status = worse(s->status, place_get(s->place, file->text, s->module,
                                           s->need, s->notes, s->out));
}

static void ask_by_id(search *s, const char *folder, const char *ending)
{
    char id[ID_HEX_MAX + 1];
    path file;
    if (!build_id_text(s->module, id))
        return;
    path_begin(&file, str_of(s->place->root));
    path_text(&file, str_of(folder));
    path_text(&file, STR("/.build-id"));
    path_part(&file, (mdw_str){id, 2}, "");
    path_part(&file, str_of(id + 2), ending);
    ask(s, &file);
}

/* The executable, where it should be. */
static void module_path(const search *s, bool whole, path *file)
{
    mdw_str name = s->module->code_file;
    path_begin(file, str_of(s->place->root));
    if (whole)
        path_parts(file, name);
    else
        path_part(file, str_base_name(name), "");
}

/* The folder of `file`, which is below the root. */
static mdw_str folder_of(const path *file)
{
    mdw_str whole = {file->text, file->len};
    return str_slice(whole, 0, str_find_last(whole, '/'));
}

/* Without an id of its own a debug file is known by its checksum. */
static bool vouch(const search *s, const path *file, uint32_t crc)
{
    mdw_source_options options = MDW_INIT(mdw_source_options);
    mdw_source *source;
    identity have;
    options.no_unpack = true;
    options.alloc = s->place->home->alloc;
    if (disk_look(file->text, NULL).kind != DISK_FILE ||
        mdw_source_open(file->text, &options, &source, NULL) != MDW_OK)
        return false;
    mdw_bytes bytes = mdw_source_bytes(source);
    bool is = identity_read(bytes, options.alloc, &have) == MDW_OK &&
              have.kind == MDW_SYMFILE_ELF && !have.build_id[0] &&
              crc32_of(bytes) == crc;
    mdw_source_close(source);
    return is;
}

static void ask_link(search *s, const path *file, uint32_t crc, bool has_id)
{
    file_want want = {.path = file->text,
                      .place = {file->text, file->len},
                      .module = s->module,
                      .need = s->need};
    if (s->status == MDW_OK || file->bad || (!has_id && !vouch(s, file, crc)))
        return;
    want.vouched = !has_id;
    s->status = worse(
        s->status, files_get(s->place->home->files, &want, s->notes, s->out));
}

static void ask_links(search *s, const path *executable, const identity *have)
{
    static const char *const between[] = {"", "/.debug", NULL};
    mdw_str link = str_of(have->link), root = str_of(s->place->root);
    mdw_str folder = folder_of(executable);
    path file;
    for (size_t i = 0; between[i]; i++) {
        path_begin(&file, folder);
        path_text(&file, str_of(between[i]));
        path_part(&file, link, "");
        /* a link to itself would be the executable once more */
        if (!str_equal((mdw_str){file.text, file.len},
                       (mdw_str){executable->text, executable->len}))
            ask_link(s, &file, have->link_crc, have->build_id[0]);
    }
    path_begin(&file, root);
    mdw_str below = str_slice(folder, file.len, folder.len);
    path_text(&file, STR("/usr/lib/debug"));
    path_parts(&file, below);
    path_part(&file, link, "");
    ask_link(s, &file, have->link_crc, have->build_id[0]);
}

/* Whether `file` is the module's executable, and what it links to. */
static bool is_executable(const search *s, const path *file, identity *have)
{
    mdw_source_options options = MDW_INIT(mdw_source_options);
    mdw_source *source;
    options.no_unpack = true;
    options.alloc = s->place->home->alloc;
    if (file->bad || disk_look(file->text, NULL).kind != DISK_FILE ||
        mdw_source_open(file->text, &options, &source, NULL) != MDW_OK)
        return false;
    bool is = identity_read(mdw_source_bytes(source), options.alloc, have) ==
                  MDW_OK &&
              have->kind == MDW_SYMFILE_ELF && identity_fits(have, s->module);
    mdw_source_close(source);
    return is;
}

/* Names are better in debug files, everything else is in the executable. */
static void ask_at(search *s, bool whole)
{
    path file;
    identity have;
    module_path(s, whole, &file);
    if (s->status == MDW_OK || file.bad)
        return;
    if (s->need == MDW_NEED_NAMES && is_executable(s, &file, &have) &&
        have.link[0])
        ask_links(s, &file, &have);
    ask(s, &file);
}

static mdw_status locate(place *p, const mdw_module *module, uint32_t need,
                         const notes *n, mdw_symfile **out)
{
    search s = {p, module, need, n, out, MDW_ABSENT};
    if (module->format != MDW_FORMAT_ELF)
        return MDW_ABSENT;
    if (need == MDW_NEED_NAMES) {
        ask_by_id(&s, "", ".debug");
        ask_by_id(&s, "/usr/lib/debug", ".debug");
    }
    ask_at(&s, true);
    ask_at(&s, false);
    ask_by_id(&s, "", "");
    if (need == MDW_NEED_ROWS) {
        ask_by_id(&s, "", ".debug");
        ask_by_id(&s, "/usr/lib/debug", ".debug");
    }
    return s.status;
}

static const place_kind kind = {"build id folder", locate, NULL, place_free};

place *place_buildid(place_home *home, const char *root)
{
    return place_new(home, &kind, sizeof(place), root);
}
