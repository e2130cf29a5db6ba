/* lib/symbol/place_server.c - an HTTP server with symbol files: what is in the
 * cache, what is on its way, what is known not to be there. */
#include <pthread.h>

#include "lib/base/str.h"
#include "lib/symbol/place.h"

enum fetch_state {
    FETCH_NEW,
    FETCH_RUNNING,
    FETCH_CAME,    /* in memory, to be opened by whoever asks next */
    FETCH_OPENING, /* that is happening */
    FETCH_DONE,    /* in the cache, or open in memory */
    FETCH_ABSENT,
    FETCH_FAILED
};

#define NS INT64_C(1000000000)

typedef struct server server;

enum { MAX_FETCHES = 4096 };

/* One address, and what is known of it. */
typedef struct fetch fetch;
struct fetch {
    fetch *next;
    server *server;
    uint32_t state; /* enum fetch_state */
    int64_t when;   /* of the answer */
    mdw_error error;
    char detail[MISMATCH_SIZE];
    uint32_t users;  /* threads that look at it without the lock */
    disk_file *file; /* on its way into the cache, or NULL */
    buffer bytes;    /* without one */
    const char *url;
    const char *kept, *miss; /* files in the cache; NULL: none */
    char text[];
};

struct server {
    place head;
    uint32_t layout; /* enum server_layout */
    pthread_mutex_t lock;
    fetch *fetches; /* the last one asked for first */
    size_t fetch_count;
    int64_t gone_since; /* it could not be reached; 0: it could */
    mdw_error gone;
};

/* --- fetches: with the lock -------------------------------------------- */

static void fetch_free(fetch *f)
{
    const mdw_allocator *alloc = f->server->head.home->alloc;
    if (f->file)
        disk_drop(f->file);
    block_give(alloc, f->file);
    buffer_close(&f->bytes);
    block_give(alloc, f);
}

/* Forgets the oldest that nobody waits for. */
static void prune(server *s)
{
    fetch **last = NULL;
    if (s->fetch_count < MAX_FETCHES)
        return;
    for (fetch **at = &s->fetches; *at; at = &(*at)->next)
        if (!(*at)->users && (*at)->state != FETCH_RUNNING &&
            (*at)->state != FETCH_CAME)
            last = at;
    if (!last)
        return;
    fetch *f = *last;
    *last = f->next;
    s->fetch_count--;
    fetch_free(f);
}

/* The address and the names in the cache, end to end. */
static fetch *fetch_new(server *s, const path *url, const path *kept,
                        const path *miss)
{
    const place_home *home = s->head.home;
    size_t size = sizeof(fetch) + url->len + kept->len + miss->len + 3;
    fetch *f = block_take(home->alloc, 1, size);
    if (!f)
        return NULL;
    memset(f, 0, size);
    f->server = s;
    f->bytes = buffer_new(home->alloc, home->max_fetch);
    char *at = f->text;
    f->url = memcpy(at, url->text, url->len);
    at += url->len + 1;
    if (kept->len)
        f->kept = memcpy(at, kept->text, kept->len);
    at += kept->len + 1;
    if (miss->len)
        f->miss = memcpy(at, miss->text, miss->len);
    return f;
}

static fetch *fetch_for(server *s, const mdw_module *module, const path *url)
{
    const char *cache = s->head.home->cache;
    mdw_str address = {url->text, url->len};
    path kept, miss;
    fetch *f = s->fetches;
    while (f && strcmp(f->url, url->text) != 0)
        f = f->next;
    if (f)
        return f;
    if (!cache || !cache_path(cache, CACHE_FILE, module, address, &kept) ||
        !cache_path(cache, CACHE_MISS, module, address, &miss))
        kept.len = miss.len = 0;
    prune(s);
    f = fetch_new(s, url, &kept, &miss);
    if (!f)
        return NULL;
    f->next = s->fetches;
    s->fetches = f;
    s->fetch_count++;
    return f;
}

static void fail_fetch(fetch *f, mdw_status code, uint64_t number,
                       const char *what)
{
    f->state = FETCH_FAILED;
    f->when = disk_now();
    f->error = (mdw_error){.code = code, .value = number, .what = what};
}

static bool recent(const server *s, int64_t when)
{
    int64_t age = disk_now() - when;
    return age >= 0 && age < (int64_t)s->head.home->absent_seconds * NS;
}

/* --- what the network module calls, without a lock ---------------------- */

static bool take_bytes(void *user, const void *data, size_t len)
{
    fetch *f = user;
    const unsigned char *from = data;
    if (f->file)
        return disk_write(f->file, data, len);
    while (len) {
        unsigned char *at;
        size_t room;
        if (buffer_room(&f->bytes, len, &at, &room) != MDW_OK)
            return false;
        memcpy(at, from, room);
        if (buffer_filled(&f->bytes, room) != MDW_OK)
            return false;
        from += room;
        len -= room;
    }
    return true;
}

static bool once_more(void *user)
{
    fetch *f = user;
    if (f->file)
        return disk_rewind(f->file);
    buffer_close(&f->bytes);
    return true;
}

static void drop_file(fetch *f)
{
    if (f->file)
        disk_drop(f->file);
    block_give(f->server->head.home->alloc, f->file);
    f->file = NULL;
}

static void came(fetch *f)
{
    mdw_error err = {.code = MDW_OK};
    f->when = disk_now();
    if (!f->file)
        f->state = FETCH_CAME;
    else if (disk_keep(f->file, f->kept, &err) == MDW_OK)
        f->state = FETCH_DONE;
    else
        fail_fetch(f, err.code, err.value, err.what);
}

static void done(void *user, mdw_status status, uint64_t number,
                 const char *what)
{
    fetch *f = user;
    server *s = f->server;
    pthread_mutex_lock(&s->lock);
    if (status == MDW_OK) {
        came(f);
    } else if (status == MDW_ABSENT) {
        f->state = FETCH_ABSENT;
        f->when = disk_now();
        if (f->miss)
            (void)cache_write(s->head.home->cache, f->miss,
                              (mdw_bytes){NULL, 0}, NULL);
    } else {
        fail_fetch(f, status, number, what);
        if (what && !strcmp(what, "connect")) {
            s->gone_since = f->when;
            s->gone = f->error;
        }
    }
    if (f->state != FETCH_CAME)
        buffer_close(&f->bytes);
    drop_file(f);
    pthread_mutex_unlock(&s->lock);
}

/* --- asking ------------------------------------------------------------- */

/* With the lock. Without a folder that can be written to, memory it is. */
static mdw_status start(fetch *f)
{
    const place_home *home = f->server->head.home;
    net_request request = {.url = f->url,
                           .into = {take_bytes, f},
                           .again = once_more,
                           .done = done,
                           .user = f};
    if (f->kept)
        f->file = block_take(home->alloc, 1, sizeof *f->file);
    if (f->file && disk_create(f->file, home->cache, NULL) != MDW_OK)
        drop_file(f);
    f->state = FETCH_RUNNING;
    mdw_status status = home->net->start(home->fetcher, &request);
    if (status == MDW_OK)
        return MDW_AGAIN;
    drop_file(f);
    fail_fetch(f, status, 0, "request");
    return status;
}

static mdw_status tell(const fetch *f, const notes *n)
{
    note(n, f->error.code, f->error.value, f->error.what, str_of(f->url),
         str_of(f->detail));
    return f->error.code;
}

/* Remembers why a file that came is of no use, and lets it go. */
static void keep_detail(void *user, const mdw_issue *issue)
{
    fetch *f = user;
    size_t len = issue->detail.len < sizeof f->detail - 1
                     ? issue->detail.len
                     : sizeof f->detail - 1;
    f->error = issue->error;
    if (len)
        memcpy(f->detail, issue->detail.data, len);
    f->detail[len] = '\0';
}

static file_want want_of(const fetch *f, const mdw_module *module,
                         uint32_t need)
{
    bool file = f->kept && disk_look(f->kept, NULL).kind == DISK_FILE;
    return (file_want){.path = file ? f->kept : NULL,
                       .place = str_of(f->url),
                       .module = module,
                       .need = need};
}

/* Without the lock. MDW_END: it has to be fetched. */
static mdw_status open_kept(fetch *f, const mdw_module *module, uint32_t need,
                            const notes *n, bool fresh, mdw_symfile **out)
{
    server *s = f->server;
    fetch *why = block_take(s->head.home->alloc, 1, sizeof *why);
    if (!why)
        return MDW_E_MEMORY;
    const notes hear = {keep_detail, why};
    file_want want = want_of(f, module, need);
    why->detail[0] = '\0';
    why->error = (mdw_error){.code = MDW_OK};
    mdw_status status = files_get(s->head.home->files, &want, &hear, out);
    if (status < 0 && status != MDW_E_MEMORY) {
        if (want.path)
            disk_remove(want.path);
        pthread_mutex_lock(&s->lock);
        if (fresh) {
            fail_fetch(f, status, why->error.value, why->error.what);
            memcpy(f->detail, why->detail, sizeof f->detail);
            (void)tell(f, n);
        } else {
            status = MDW_END;
        }
        pthread_mutex_unlock(&s->lock);
    } else if (why->error.code) {
        note(n, why->error.code, why->error.value, why->error.what, want.place,
             str_of(why->detail));
    }
    block_give(s->head.home->alloc, why);
    return status;
}

/* Without the lock: the bytes are this thread's. */
static mdw_status open_came(fetch *f, buffer *bytes, const mdw_module *module,
                            uint32_t need)
{
    file_want want = {.place = str_of(f->url), .module = module, .need = need};
    mdw_status status = files_put(f->server->head.home->files, &want, bytes);
    pthread_mutex_lock(&f->server->lock);
    f->state = FETCH_DONE;
    pthread_mutex_unlock(&f->server->lock);
    return status;
}

/* With the lock: what is known. MDW_END: look for the file. */
static mdw_status known(fetch *f, const notes *n)
{
    server *s = f->server;
    bool over = f->state == FETCH_ABSENT || f->state == FETCH_FAILED;
    if (over && !recent(s, f->when))
        f->state = FETCH_NEW;
    if (f->state == FETCH_RUNNING || f->state == FETCH_OPENING)
        return MDW_AGAIN;
    if (f->state == FETCH_ABSENT)
        return MDW_ABSENT;
    if (f->state == FETCH_FAILED)
        return tell(f, n);
    return MDW_END;
}

/* With the lock, when there is no file: a miss that was noted, or a server
 * that is known to be away, spare the question. */
static mdw_status ask(fetch *f, const notes *n)
{
    server *s = f->server;
    mdw_status status = known(f, n);
    if (status != MDW_END)
        return status;
    if (f->miss && cache_missed(f->miss, s->head.home->absent_seconds)) {
        f->state = FETCH_ABSENT;
        f->when = disk_look(f->miss, NULL).time;
        return MDW_ABSENT;
    }
    if (s->gone_since && recent(s, s->gone_since)) {
        fail_fetch(f, s->gone.code, s->gone.value, s->gone.what);
        return tell(f, n);
    }
    return start(f);
}

static bool breakpad_url(const mdw_module *module, path *url)
{
    char id[MDW_ID_TEXT_MAX];
    mdw_str name = debug_name(module);
    mdw_debug_id_text(&module->debug_id, MDW_ID_BREAKPAD, id);
    path_url_part(url, name, "");
    path_url_part(url, str_of(id), "");
    path_url_part(url, symbol_stem(name), ".sym");
    return !url->bad;
}

static bool debuginfod_url(const mdw_module *module, uint32_t need, path *url)
{
    char id[ID_HEX_MAX + 1];
    if (!build_id_text(module, id))
        return false;
    path_text(url, STR("/buildid"));
    path_url_part(url, str_of(id), "");
    path_text(url,
              need == MDW_NEED_NAMES ? STR("/debuginfo") : STR("/executable"));
    return !url->bad;
}

static bool make_url(const server *s, const mdw_module *module, uint32_t need,
                     path *url)
{
    path_begin(url, str_of(s->head.root));
    if (s->layout == SERVER_DEBUGINFOD)
        return debuginfod_url(module, need, url);
    return need != MDW_NEED_CODE && breakpad_url(module, url);
}

/* Looks for the file without the lock, and asks for it when there is none. */
static mdw_status look(fetch *f, const mdw_module *module, uint32_t need,
                       const notes *n, mdw_symfile **out)
{
    server *s = f->server;
    bool fresh = f->state == FETCH_DONE, came = f->state == FETCH_CAME;
    buffer bytes = f->bytes;
    if (came) {
        f->bytes = buffer_new(s->head.home->alloc, s->head.home->max_fetch);
        f->state = FETCH_OPENING;
    }
    pthread_mutex_unlock(&s->lock);
    if (came)
        (void)open_came(f, &bytes, module, need);
    mdw_status status = open_kept(f, module, need, n, fresh || came, out);
    pthread_mutex_lock(&s->lock);
    if (status != MDW_END)
        return status;
    if (f->state == FETCH_DONE)
        f->state = FETCH_NEW; /* dropped since, from the cache or from memory */
    return ask(f, n);
}

static mdw_status locate(place *p, const mdw_module *module, uint32_t need,
                         const notes *n, mdw_symfile **out)
{
    server *s = (server *)p;
    path url;
    if (!make_url(s, module, need, &url))
        return MDW_ABSENT;
    pthread_mutex_lock(&s->lock);
    fetch *f = fetch_for(s, module, &url);
    mdw_status status = f ? known(f, n) : MDW_E_MEMORY;
    if (status == MDW_END) {
        f->users++;
        status = look(f, module, need, n, out);
        f->users--;
    }
    pthread_mutex_unlock(&s->lock);
    return status;
}

static mdw_status wait_for(place *p, uint32_t ms)
{
    return p->home->net->turn(p->home->fetcher, ms);
}

static void server_close(place *p)
{
    server *s = (server *)p;
    while (s->fetches) {
        fetch *next = s->fetches->next;
        fetch_free(s->fetches);
        s->fetches = next;
    }
    pthread_mutex_destroy(&s->lock);
    place_free(p);
}

static const place_kind kind = {"symbol server", locate, wait_for,
                                server_close};

place *place_server(place_home *home, const char *address, uint32_t layout)
{
    server *s = (server *)place_new(home, &kind, sizeof *s, address);
    if (!s)
        return NULL;
    s->layout = layout;
    if (pthread_mutex_init(&s->lock, NULL) != 0) {
        place_free(&s->head);
        return NULL;
    }
    return &s->head;
}
