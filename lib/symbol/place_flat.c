/* lib/symbol/place_flat.c - files in no layout at all, found by what they say
 * they are. A folder is read once: the first line of each .sym, the notes of
 * each ELF file, the header of each index. */
#include <pthread.h>

#include "lib/base/str.h"
#include "lib/symbol/place.h"

enum { MAX_FILES = 1 << 16 };

/* A file that could be one. */
typedef struct candidate candidate;
struct candidate {
    candidate *next; /* by name */
    identity id;
    char path[];
};

typedef struct flat {
    place head;
    pthread_mutex_t lock;
    bool listed;
    candidate *first, **last;
} flat;

/* What is compressed is opened only where it was named. */
static void look_at(flat *f, const char *file, bool unpacks)
{
    const mdw_allocator *alloc = f->head.home->alloc;
    mdw_source_options options = MDW_INIT(mdw_source_options);
    mdw_source *source;
    identity id;
    options.no_unpack = !unpacks;
    options.alloc = alloc;
    if (disk_look(file, NULL).kind != DISK_FILE ||
        mdw_source_open(file, &options, &source, NULL) != MDW_OK)
        return;
    mdw_status status = identity_read(mdw_source_bytes(source), alloc, &id);
    mdw_source_close(source);
    size_t len = strlen(file) + 1;
    candidate *c =
        status == MDW_OK ? block_take(alloc, 1, sizeof *c + len) : NULL;
    if (!c)
        return;
    c->next = NULL;
    c->id = id;
    memcpy(c->path, file, len);
    *f->last = c;
    f->last = &c->next;
}

static bool each_name(void *user, const char *name)
{
    flat *f = user;
    path file;
    path_begin(&file, str_of(f->head.root));
    path_part(&file, str_of(name), "");
    if (!file.bad)
        look_at(f, file.text, false);
    return true;
}

/* With the lock. */
static void list(flat *f)
{
    if (f->listed)
        return;
    f->listed = true;
    if (disk_look(f->head.root, NULL).kind == DISK_FOLDER)
        (void)disk_list(f->head.root, MAX_FILES, f->head.home->alloc, each_name,
                        f);
    else
        look_at(f, f->head.root, true);
}

/* Whether the file is named as the module's would be; then another id is worth
 * a word. */
static bool is_namesake(const candidate *c, const mdw_module *module)
{
    mdw_str name = str_base_name(str_of(c->path)), debug = debug_name(module);
    mdw_str code = str_base_name(module->code_file);
    if (str_ends(name, STR(".sym")))
        return str_equal(str_slice(name, 0, name.len - 4), symbol_stem(debug));
    if (str_ends(name, STR(".debug")))
        name = str_slice(name, 0, name.len - 6);
    return name.len && (str_equal(name, debug) || str_equal(name, code));
}

static mdw_status locate(place *p, const mdw_module *module, uint32_t need,
                         const notes *n, mdw_symfile **out)
{
    flat *f = (flat *)p;
    pthread_mutex_lock(&f->lock);
    list(f);
    pthread_mutex_unlock(&f->lock);
    mdw_status status = MDW_ABSENT;
    better b = {need, NULL};
    for (const candidate *c = f->first; c; c = c->next) {
        mdw_symfile *file = NULL;
        if (!identity_fits(&c->id, module) && !is_namesake(c, module))
            continue;
        mdw_status now = place_get(p, c->path, module, need, n, &file);
        if (now == MDW_OK && better_take(&b, file)) {
            *out = file;
            return now;
        }
        status = worse(status, now);
    }
    return better_end(&b, out, status);
}

static void flat_close(place *p)
{
    flat *f = (flat *)p;
    while (f->first) {
        candidate *next = f->first->next;
        block_give(p->home->alloc, f->first);
        f->first = next;
    }
    pthread_mutex_destroy(&f->lock);
    place_free(p);
}

static const place_kind kind = {"symbol files", locate, NULL, flat_close};

place *place_flat(place_home *home, const char *file_or_folder)
{
    flat *f = (flat *)place_new(home, &kind, sizeof *f, file_or_folder);
    if (!f)
        return NULL;
    f->last = &f->first;
    if (pthread_mutex_init(&f->lock, NULL) != 0) {
        place_free(&f->head);
        return NULL;
    }
    return &f->head;
}
