/* lib/symbol/store.c - places in a row, one provider. */
#include "lib/base/arena.h"
#include "lib/base/fail.h"
#include "lib/base/once.h"
#include "lib/base/options.h"
#include "lib/base/str.h"
#include "lib/symbol/place.h"

enum {
    MAX_PLACES = 256,
    DEFAULT_FETCHES = 16,
    DEFAULT_TIMEOUT = 30000, /* ms */
    DEFAULT_ABSENT = 3600    /* seconds */
};
#define DEFAULT_IDLE (UINT64_C(8) << 30)
#define DEFAULT_FETCH (UINT64_C(8) << 30)

struct mdw_store {
    mdw_allocator alloc;
    mdw_store_options options;
    mdw_budget build;
    char *cache, *net_module; /* copies, or NULL */
    place_home home;
    place *places[MAX_PLACES];
    size_t count;
};

static char *copy_text(const mdw_allocator *alloc, const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = block_take(alloc, size, 1);
    return copy ? memcpy(copy, text, size) : NULL;
}

static void defaults(mdw_store_options *o)
{
    if (!o->max_idle)
        o->max_idle = DEFAULT_IDLE;
    if (!o->max_fetches)
        o->max_fetches = DEFAULT_FETCHES;
    if (!o->timeout_ms)
        o->timeout_ms = DEFAULT_TIMEOUT;
    if (!o->absent_seconds)
        o->absent_seconds = DEFAULT_ABSENT;
    if (!o->max_fetch)
        o->max_fetch = DEFAULT_FETCH;
}

static mdw_status set_up(mdw_store *s)
{
    const mdw_store_options *o = &s->options;
    if (o->cache && !(s->cache = copy_text(&s->alloc, o->cache)))
        return MDW_E_MEMORY;
    if (o->net_module && !(s->net_module = copy_text(&s->alloc, o->net_module)))
        return MDW_E_MEMORY;
    s->home = (place_home){.alloc = &s->alloc,
                           .cache = s->cache,
                           .absent_seconds = o->absent_seconds,
                           .timeout_ms = o->timeout_ms,
                           .max_fetch = o->max_fetch};
    files_options o_files = {.cache = s->cache,
                             .max_idle = o->max_idle,
                             .build = o->build ? &s->build : NULL,
                             .alloc = &s->alloc};
    return files_new(&o_files, &s->home.files);
}

mdw_status mdw_store_new(const mdw_store_options *options, mdw_store **out,
                         mdw_error *err)
{
    mdw_store_options o;
    mdw_budget build;
    if (!out)
        return fail(err, MDW_E_ARG, "mdw_store_new");
    mdw_status status = options_read(&o, sizeof o, options);
    if (status == MDW_OK)
        status = options_read(&build, sizeof build, o.build);
    if (status != MDW_OK)
        return fail(err, status, "mdw_store_options");
    mdw_allocator alloc = allocator_or_default(o.alloc);
    mdw_store *s = block_take(&alloc, 1, sizeof *s);
    if (!s)
        return fail(err, MDW_E_MEMORY, "store");
    memset(s, 0, sizeof *s);
    defaults(&o);
    build.size = sizeof build;
    s->alloc = alloc;
    s->options = o;
    s->build = build;
    status = set_up(s);
    if (status != MDW_OK) {
        mdw_store_close(s);
        return fail(err, status, "store");
    }
    *out = s;
    return MDW_OK;
}

static mdw_status keep(mdw_store *s, place *p, mdw_error *err)
{
    if (!p)
        return fail(err, MDW_E_MEMORY, "place");
    s->places[s->count++] = p;
    return MDW_OK;
}

static mdw_status load_net(mdw_store *s, mdw_error *err)
{
    place_home *home = &s->home;
    if (home->fetcher)
        return MDW_OK;
    mdw_status status = net_load(s->net_module, &home->net, err);
    if (status != MDW_OK)
        return status;
    net_options o = {.max_fetches = s->options.max_fetches,
                     .timeout_ms = s->options.timeout_ms,
                     .max_bytes = s->options.max_fetch,
                     .progress = s->options.progress,
                     .progress_user = s->options.progress_user,
                     .alloc = s->alloc};
    once_lock();
    status = home->net->open(&o, &home->fetcher);
    once_unlock();
    return status == MDW_OK ? status : fail(err, status, NET_MODULE);
}

static mdw_status add_server(mdw_store *s, const char *address, uint32_t layout,
                             mdw_error *err)
{
    mdw_status status = load_net(s, err);
    return status == MDW_OK
               ? keep(s, place_server(&s->home, address, layout), err)
               : status;
}

/* libdebuginfod writes to a cache of its own: only where writing is allowed. */
static mdw_status add_debuginfod(mdw_store *s, mdw_error *err)
{
    if (!s->cache)
        return fail(err, MDW_E_UNSUPPORTED, "debuginfod without a cache");
    mdw_status status = load_net(s, err);
    return status == MDW_OK ? keep(s, place_debuginfod(&s->home), err) : status;
}

static mdw_status add_folder(mdw_store *s, const char *folder, mdw_error *err)
{
    mdw_status status = keep(s, place_breakpad(&s->home, folder), err);
    if (status == MDW_OK)
        status = keep(s, place_buildid(&s->home, folder), err);
    if (status == MDW_OK)
        status = keep(s, place_flat(&s->home, folder), err);
    return status;
}

static bool is_address(mdw_str text)
{
    return str_starts(text, STR("http://")) ||
           str_starts(text, STR("https://"));
}

mdw_status mdw_store_add(mdw_store *s, const char *where, mdw_error *err)
{
    const char debuginfod[] = "debuginfod:";
    if (!s || !where)
        return fail(err, MDW_E_ARG, "mdw_store_add");
    if (s->count + 3 > MAX_PLACES)
        return fail(err, MDW_E_LIMIT, "places");
    mdw_str text = str_of(where);
    if (is_address(text))
        return add_server(s, where, SERVER_BREAKPAD, err);
    if (str_is(text, "debuginfod"))
        return add_debuginfod(s, err);
    if (str_starts(text, str_of(debuginfod)) &&
        is_address(str_slice(text, sizeof debuginfod - 1, text.len)))
        return add_server(s, where + sizeof debuginfod - 1, SERVER_DEBUGINFOD,
                          err);
    int error = 0;
    uint32_t kind = disk_look(where, &error).kind;
    if (kind == DISK_FOLDER)
        return add_folder(s, where, err);
    if (kind == DISK_FILE)
        return keep(s, place_flat(&s->home, where), err);
    return error ? fail_at(err, MDW_E_IO, 0, 0, (uint64_t)error, "place")
                 : fail(err, MDW_E_ARG, "place");
}

/* --- the provider ------------------------------------------------------- */

static mdw_status ask(const mdw_store *s, const mdw_module *module,
                      uint32_t need, const notes *n, mdw_symfile **out)
{
    mdw_module m;
    mdw_status status = options_read(&m, sizeof m, module);
    if (status != MDW_OK)
        return status;
    better b = {need, NULL};
    status = MDW_ABSENT;
    for (size_t i = 0; i < s->count; i++) {
        place *p = s->places[i];
        mdw_symfile *file = NULL;
        mdw_status now = p->kind->locate(p, &m, need, n, &file);
        if (now == MDW_OK && better_take(&b, file)) {
            *out = file;
            return now;
        }
        if (now == MDW_AGAIN) { /* nobody behind it is asked before */
            mdw_symfile_close(b.second);
            return now;
        }
        status = worse(status, now);
    }
    return better_end(&b, out, status);
}

static mdw_status locate(void *user, const mdw_module *module, uint32_t need,
                         mdw_symfile **out)
{
    const notes nobody = {NULL, NULL};
    return ask(user, module, need, &nobody, out);
}

static void refused(void *user, const mdw_module *module, uint32_t need,
                    mdw_issue_fn each, void *each_user)
{
    const notes n = {each, each_user};
    mdw_symfile *file = NULL;
    if (ask(user, module, need, &n, &file) == MDW_OK)
        mdw_symfile_close(file);
}

/* What libdebuginfod fetches, it fetches here and now; servers are moved on
 * by that and waited for only when there is nothing else to do. */
static mdw_status wait_for(void *user, uint32_t ms)
{
    const mdw_store *s = user;
    const place *server = NULL;
    mdw_status status = MDW_ABSENT;
    for (size_t i = 0; i < s->count; i++) {
        place *p = s->places[i];
        if (p->kind->wait && !p->root[0])
            status =
                p->kind->wait(p, ms) == MDW_OK ? (mdw_status)MDW_OK : status;
        else if (p->kind->wait)
            server = p;
    }
    if (!server)
        return status;
    mdw_status moved =
        s->home.net->turn(s->home.fetcher, status == MDW_OK ? 0 : ms);
    return status == MDW_OK ? status : moved;
}

void mdw_store_provider(const mdw_store *store, mdw_provider *out)
{
    mdw_provider provider = {.size = sizeof provider,
                             .name = "store",
                             .user = (void *)(uintptr_t)store,
                             .locate = locate,
                             .wait = wait_for,
                             .refused = refused};
    (void)record_write(out, &provider, sizeof provider);
}

mdw_status mdw_store_work(const mdw_store *store, mdw_error *err)
{
    return files_work(store->home.files, err);
}

void mdw_store_close(mdw_store *s)
{
    if (!s)
        return;
    if (s->home.fetcher) {
        once_lock();
        s->home.net->close(s->home.fetcher);
        once_unlock();
    }
    for (size_t i = 0; i < s->count; i++)
        place_close(s->places[i]);
    files_close(s->home.files);
    mdw_allocator alloc = s->alloc;
    block_give(&alloc, s->cache);
    block_give(&alloc, s->net_module);
    block_give(&alloc, s);
}
