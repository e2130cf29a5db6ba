/* lib/symbol/place.c - what places have in common, and one as a provider. */
#include "lib/symbol/place.h"

#include "lib/base/options.h"
#include "lib/base/str.h"
#include "lib/symbol/symfile.h"

place *place_new(place_home *home, const place_kind *kind, size_t size,
                 const char *root)
{
    size_t len = strlen(root);
    place *p = block_take(home->alloc, 1, size);
    char *copy = block_take(home->alloc, len + 1, 1);
    if (!p || !copy) {
        block_give(home->alloc, p);
        block_give(home->alloc, copy);
        return NULL;
    }
    memset(p, 0, size);
    memcpy(copy, root, len + 1);
    p->kind = kind;
    p->home = home;
    p->root = copy;
    return p;
}

void place_free(place *p)
{
    const mdw_allocator *alloc = p->home->alloc;
    block_give(alloc, p->root);
    block_give(alloc, p);
}

void place_close(place *p)
{
    if (p)
        p->kind->close(p);
}

static mdw_status locate(void *user, const mdw_module *module, uint32_t need,
                         mdw_symfile **out)
{
    place *p = user;
    mdw_module m;
    const notes nobody = {NULL, NULL};
    mdw_status status = options_read(&m, sizeof m, module);
    return status == MDW_OK ? p->kind->locate(p, &m, need, &nobody, out)
                            : status;
}

static mdw_status wait_for(void *user, uint32_t ms)
{
    place *p = user;
    return p->kind->wait(p, ms);
}

/* Looks again: what was opened, or failed to, is still known. */
static void refused(void *user, const mdw_module *module, uint32_t need,
                    mdw_issue_fn each, void *each_user)
{
    place *p = user;
    mdw_module m;
    mdw_symfile *file = NULL;
    const notes n = {each, each_user};
    if (options_read(&m, sizeof m, module) == MDW_OK &&
        p->kind->locate(p, &m, need, &n, &file) == MDW_OK)
        mdw_symfile_close(file);
}

void place_provider(const place *p, mdw_provider *out)
{
    mdw_provider provider = {.size = sizeof provider,
                             .name = p->kind->name,
                             .user = (void *)(uintptr_t)p,
                             .locate = locate,
                             .wait = p->kind->wait ? wait_for : NULL,
                             .refused = refused};
    (void)record_write(out, &provider, sizeof provider);
}

mdw_status place_get(place *p, const char *file, const mdw_module *module,
                     uint32_t need, const notes *n, mdw_symfile **out)
{
    file_want want = {
        .path = file, .place = str_of(file), .module = module, .need = need};
    return files_get(p->home->files, &want, n, out);
}

bool better_take(better *b, mdw_symfile *file)
{
    if (!symfile_second_best(file, b->need)) {
        mdw_symfile_close(b->second);
        b->second = NULL;
        return true;
    }
    if (b->second)
        mdw_symfile_close(file);
    else
        b->second = file;
    return false;
}

mdw_status better_end(better *b, mdw_symfile **out, mdw_status status)
{
    if (!b->second)
        return status;
    *out = b->second;
    return MDW_OK;
}

mdw_status worse(mdw_status before, mdw_status now)
{
    return before < 0 && now != MDW_OK ? before : now;
}
