/* lib/symbol/files.c - the table of open files: one builder for each, least
 * recently used dropped first. */
#include "lib/symbol/files.h"

#include <pthread.h>
#include <xxhash.h>

#include "lib/base/arena.h"
#include "lib/base/str.h"
#include "lib/symbol/file_open.h"

enum {
    BUCKETS = 1024,
    MAX_ENTRIES = 1 << 16,
    OFTEN = 16 /* uses of a directory that make a full index worth it */
};

enum job { JOB_NONE, JOB_WRITE, JOB_FULL };

typedef struct entry entry;
struct entry {
    entry *next;
    uint64_t hash;
    mdw_str key;
    bool building;
    bool indexed;     /* an ELF file may be open twice, also without names */
    disk_about about; /* of the file, when it was opened */
    opened_file opened;
    uint64_t used; /* by the clock of the table */
    uint32_t uses;
    uint32_t job; /* enum job */
    char text[];  /* the key */
};

struct files {
    files_options options;
    mdw_allocator alloc;
    pthread_mutex_t lock;
    pthread_cond_t built;
    uint64_t clock;
    bool wrote; /* into the cache, which has not been swept since */
    size_t count;
    entry *buckets[BUCKETS];
};

void note(const notes *n, mdw_status code, uint64_t number, const char *what,
          mdw_str subject, mdw_str detail)
{
    mdw_issue issue = MDW_INIT(mdw_issue);
    issue.area = MDW_AREA_SYMBOL;
    issue.index = MDW_NONE;
    issue.count = 1;
    issue.error = (mdw_error){.code = code, .value = number, .what = what};
    issue.subject = subject;
    issue.detail = detail;
    if (n && n->each)
        n->each(n->user, &issue);
}

mdw_status files_new(const files_options *options, files **out)
{
    mdw_allocator alloc = allocator_or_default(options->alloc);
    files *f = block_take(&alloc, 1, sizeof *f);
    if (!f)
        return MDW_E_MEMORY;
    memset(f, 0, sizeof *f);
    f->options = *options;
    f->alloc = alloc;
    if (pthread_mutex_init(&f->lock, NULL) != 0) {
        block_give(&alloc, f);
        return MDW_E_MEMORY;
    }
    if (pthread_cond_init(&f->built, NULL) != 0) {
        pthread_mutex_destroy(&f->lock);
        block_give(&alloc, f);
        return MDW_E_MEMORY;
    }
    *out = f;
    return MDW_OK;
}

/* --- entries: with the lock -------------------------------------------- */

/* What is opened once: a place, for one identity. */
typedef struct entry_key {
    char text[2 * PATH_SIZE];
    size_t len;
    bool bad;
} entry_key;

static void key_add(entry_key *k, const void *bytes, size_t len)
{
    k->bad = k->bad || len > sizeof k->text - k->len;
    if (k->bad)
        return;
    if (len)
        memcpy(k->text + k->len, bytes, len);
    k->len += len;
}

static bool key_of(const file_want *want, entry_key *k)
{
    const mdw_debug_id *id = &want->module->debug_id;
    k->len = 0;
    k->bad = false;
    key_add(k, id->guid, sizeof id->guid);
    key_add(k, &id->age, sizeof id->age);
    key_add(k, &id->form, sizeof id->form);
    key_add(k, &want->place.len, sizeof want->place.len);
    key_add(k, want->place.data, want->place.len);
    key_add(k, want->module->code_id.data, want->module->code_id.len);
    return !k->bad;
}

static entry **bucket_of(files *f, uint64_t hash)
{
    return &f->buckets[hash % BUCKETS];
}

static entry *entry_find(files *f, const entry_key *k, uint64_t hash,
                         bool names)
{
    entry *e = *bucket_of(f, hash);
    while (e && (e->hash != hash || (names && !e->indexed && !e->building) ||
                 !str_equal(e->key, (mdw_str){k->text, k->len})))
        e = e->next;
    return e;
}

static entry *entry_add(files *f, const entry_key *k, uint64_t hash)
{
    entry *e = block_take(&f->alloc, 1, sizeof *e + k->len);
    if (!e)
        return NULL;
    *e = (entry){.hash = hash, .building = true};
    memcpy(e->text, k->text, k->len);
    e->key = (mdw_str){e->text, k->len};
    entry **at = bucket_of(f, hash);
    e->next = *at;
    *at = e;
    f->count++;
    return e;
}

static void entry_remove(files *f, entry *e)
{
    entry **at = bucket_of(f, e->hash);
    while (*at != e)
        at = &(*at)->next;
    *at = e->next;
    f->count--;
    mdw_symfile_close(e->opened.file);
    block_give(&f->alloc, e);
}

static bool idle(const entry *e)
{
    return !e->building && e->job == JOB_NONE &&
           (!e->opened.file || symfile_references(e->opened.file) == 1);
}

/* Drops the idle, oldest first, until what is left is within the limits. */
static void evict(files *f)
{
    for (;;) {
        entry *oldest = NULL;
        uint64_t bytes = 0; /* of files that are mapped at once: < 2^64 */
        for (size_t i = 0; i < BUCKETS; i++)
            for (entry *e = f->buckets[i]; e; e = e->next) {
                if (!idle(e))
                    continue;
                bytes += e->opened.bytes;
                if (!oldest || e->used < oldest->used)
                    oldest = e;
            }
        if (!oldest ||
            (bytes <= f->options.max_idle && f->count <= MAX_ENTRIES))
            return;
        entry_remove(f, oldest);
    }
}

void files_close(files *f)
{
    if (!f)
        return;
    for (size_t i = 0; i < BUCKETS; i++)
        while (f->buckets[i])
            entry_remove(f, f->buckets[i]);
    pthread_cond_destroy(&f->built);
    pthread_mutex_destroy(&f->lock);
    mdw_allocator alloc = f->alloc;
    block_give(&alloc, f);
}

static bool same_file(const disk_about *a, const disk_about *b)
{
    return a->kind == b->kind && a->size == b->size && a->time == b->time &&
           a->device == b->device && a->inode == b->inode;
}

/* --- getting ----------------------------------------------------------- */

static open_options options_for(const files *f, bool no_cache)
{
    return (open_options){.cache = f->options.cache,
                          .no_cache = no_cache,
                          .build = f->options.build,
                          .alloc = &f->alloc};
}

/* An entry that is open for `want`, held against removal by the lock; NULL: no
 * memory. Builds it without the lock, others wait for that. */
static entry *entry_ready(files *f, const file_want *want, const entry_key *k,
                          const disk_about *about)
{
    uint64_t hash = XXH3_64bits(k->text, k->len);
    bool damaged = false, names = want->need == MDW_NEED_NAMES;
    entry *e;
    while ((e = entry_find(f, k, hash, names)) && e->building)
        pthread_cond_wait(&f->built, &f->lock);
    if (e && want->path) {
        damaged = e->opened.file && file_damaged(e->opened.file) &&
                  e->opened.kind != MDW_SYMFILE_INDEX;
        if (damaged || !same_file(&e->about, about)) {
            entry_remove(f, e);
            e = NULL;
        }
    }
    if (e || !want->path)
        return e;
    e = entry_add(f, k, hash);
    if (!e)
        return NULL;
    e->about = *about;
    open_options options = options_for(f, damaged);
    pthread_mutex_unlock(&f->lock);
    file_open(want, about->time, &options, &e->opened);
    pthread_mutex_lock(&f->lock);
    e->building = false;
    e->indexed = names || e->opened.kind != MDW_SYMFILE_ELF;
    if (e->opened.status == MDW_OK && e->opened.built.len && f->options.cache)
        e->job = JOB_WRITE;
    if (e->opened.by_unit && f->options.cache)
        e->job = JOB_FULL;
    e->used = ++f->clock;
    pthread_cond_broadcast(&f->built);
    return e;
}

static bool has_need(const mdw_symfile *file, uint32_t need)
{
    static const uint32_t wanted[MDW_NEED_COUNT] = {
        [MDW_NEED_ROWS] = MDW_HAS_ROWS,
        [MDW_NEED_NAMES] = MDW_HAS_FUNCTIONS,
        [MDW_NEED_CODE] = MDW_HAS_CODE};
    return mdw_symfile_has(file) & wanted[need];
}

static mdw_status answer(files *f, entry *e, const file_want *want,
                         const notes *n, mdw_symfile **out)
{
    e->used = ++f->clock;
    mdw_status status = e->opened.status;
    if (status < 0 || e->opened.trouble.code)
        note(n, status < 0 ? status : e->opened.trouble.code,
             e->opened.trouble.value, e->opened.trouble.what, want->place,
             str_of(e->opened.detail));
    if (status != MDW_OK)
        return status;
    if (file_damaged(e->opened.file))
        return MDW_E_DAMAGED;
    if (!has_need(e->opened.file, want->need))
        return MDW_ABSENT;
    if (!n->each && ++e->uses == OFTEN && e->job == JOB_NONE &&
        f->options.cache && e->opened.kind == MDW_SYMFILE_BREAKPAD &&
        file_level(e->opened.file) == MDW_INDEX_DIRECTORY)
        e->job = JOB_FULL;
    *out = mdw_symfile_hold(e->opened.file);
    return MDW_OK;
}

mdw_status files_get(files *f, const file_want *want, const notes *n,
                     mdw_symfile **out)
{
    entry_key k;
    disk_about about = {.kind = DISK_NONE};
    if (want->need >= MDW_NEED_COUNT)
        return MDW_E_ARG;
    if (!key_of(want, &k))
        return MDW_ABSENT;
    if (want->path) {
        about = disk_look(want->path, NULL);
        if (about.kind != DISK_FILE)
            return MDW_ABSENT;
    }
    pthread_mutex_lock(&f->lock);
    entry *e = entry_ready(f, want, &k, &about);
    mdw_status status = e            ? answer(f, e, want, n, out)
                        : want->path ? MDW_E_MEMORY
                                     : MDW_END;
    evict(f);
    pthread_mutex_unlock(&f->lock);
    return status;
}

mdw_status files_put(files *f, const file_want *want, buffer *bytes)
{
    entry_key k;
    opened_file opened;
    if (!key_of(want, &k)) {
        buffer_close(bytes);
        return MDW_E_LIMIT;
    }
    open_options options = options_for(f, true);
    file_take(want, bytes, &options, &opened);
    mdw_status status = opened.status;
    uint64_t hash = XXH3_64bits(k.text, k.len);
    pthread_mutex_lock(&f->lock);
    entry *e = entry_find(f, &k, hash, true);
    if (!e)
        e = entry_add(f, &k, hash);
    else
        mdw_symfile_close(e->opened.file);
    if (e) {
        e->opened = opened;
        e->building = false;
        e->indexed = true;
        e->used = ++f->clock;
    } else {
        mdw_symfile_close(opened.file);
        status = MDW_E_MEMORY;
    }
    pthread_mutex_unlock(&f->lock);
    return status;
}

/* --- work -------------------------------------------------------------- */

static entry *entry_with_job(files *f)
{
    for (size_t i = 0; i < BUCKETS; i++)
        for (entry *e = f->buckets[i]; e; e = e->next)
            if (!e->building && e->job != JOB_NONE)
                return e;
    return NULL;
}

mdw_status files_work(files *f, mdw_error *err)
{
    pthread_mutex_lock(&f->lock);
    entry *e = entry_with_job(f);
    uint32_t job = e ? e->job : (uint32_t)JOB_NONE;
    mdw_symfile *file = NULL;
    bool sweep = false; /* who wrote can wait for that, too */
    opened_file opened;
    if (e) {
        e->job = JOB_NONE;
        opened = e->opened;
        file = mdw_symfile_hold(e->opened.file); /* and so its bytes */
        f->wrote = true;
    } else {
        evict(f);
        sweep = f->wrote;
        f->wrote = false;
    }
    pthread_mutex_unlock(&f->lock);
    if (!e) {
        if (sweep)
            disk_sweep(f->options.cache);
        return MDW_ABSENT;
    }
    open_options options = options_for(f, false);
    mdw_status status = job == JOB_WRITE
                            ? file_write_index(&opened, &options, err)
                            : file_write_full(&opened, &options, err);
    mdw_symfile_close(file);
    return status;
}
