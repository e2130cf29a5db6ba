/* lib/symbol/place_debuginfod.c - debuginfod, through its own library: servers
 * from DEBUGINFOD_URLS, downloads in its own cache. It knows no way to wait for
 * several files, so that they come one at a time, whenever somebody waits. */
#include <pthread.h>

#include "lib/base/str.h"
#include "lib/symbol/place.h"

enum { MAX_QUESTIONS = 4096 };
#define NS INT64_C(1000000000)

enum question_state { ASK_QUEUED, ASK_RUNNING, ASK_DONE };

typedef struct question question;
struct question {
    question *next; /* in the order of asking */
    uint32_t state; /* enum question_state */
    bool executable;
    mdw_status status;
    uint64_t number;
    int64_t when;
    char id[ID_HEX_MAX + 1];
    char path[NET_PATH_SIZE];
};

typedef struct debuginfod {
    place head;
    pthread_mutex_t lock;
    question *first, **last;
    size_t count;
} debuginfod;

/* With the lock. */
static question *question_for(debuginfod *d, const char *id, bool executable)
{
    question *q = d->first;
    while (q && (q->executable != executable || strcmp(q->id, id) != 0))
        q = q->next;
    if (q || d->count == MAX_QUESTIONS)
        return q;
    q = block_take(d->head.home->alloc, 1, sizeof *q);
    if (!q)
        return NULL;
    memset(q, 0, sizeof *q);
    memcpy(q->id, id, strlen(id) + 1);
    q->executable = executable;
    *d->last = q;
    d->last = &q->next;
    d->count++;
    return q;
}

static mdw_status locate(place *p, const mdw_module *module, uint32_t need,
                         const notes *n, mdw_symfile **out)
{
    debuginfod *d = (debuginfod *)p;
    const place_home *home = p->home;
    char id[ID_HEX_MAX + 1];
    if (!build_id_text(module, id))
        return MDW_ABSENT;
    pthread_mutex_lock(&d->lock);
    question *q = question_for(d, id, need != MDW_NEED_NAMES);
    mdw_status status = q ? q->status : (mdw_status)MDW_E_LIMIT;
    if (q && q->state == ASK_DONE && status != MDW_OK &&
        disk_now() - q->when > (int64_t)home->absent_seconds * NS)
        q->state = ASK_QUEUED;
    if (q && q->state != ASK_DONE)
        status = MDW_AGAIN;
    pthread_mutex_unlock(&d->lock);
    if (status == MDW_OK)
        return place_get(p, q->path, module, need, n, out);
    if (status < 0)
        note(n, status, q ? q->number : 0, "debuginfod", str_of(id),
             (mdw_str){"", 0});
    return status;
}

/* Answers the first question in the queue. */
static mdw_status wait_for(place *p, uint32_t ms)
{
    debuginfod *d = (debuginfod *)p;
    const place_home *home = p->home;
    (void)ms;
    pthread_mutex_lock(&d->lock);
    question *q = d->first;
    while (q && q->state != ASK_QUEUED)
        q = q->next;
    if (q)
        q->state = ASK_RUNNING;
    pthread_mutex_unlock(&d->lock);
    if (!q)
        return MDW_ABSENT;
    uint64_t number = 0;
    mdw_status status = home->net->debuginfod(home->fetcher, q->id,
                                              q->executable, q->path, &number);
    pthread_mutex_lock(&d->lock);
    q->status = status;
    q->number = number;
    q->when = disk_now();
    q->state = ASK_DONE;
    pthread_mutex_unlock(&d->lock);
    return MDW_OK;
}

static void debuginfod_close(place *p)
{
    debuginfod *d = (debuginfod *)p;
    while (d->first) {
        question *next = d->first->next;
        block_give(p->home->alloc, d->first);
        d->first = next;
    }
    pthread_mutex_destroy(&d->lock);
    place_free(p);
}

static const place_kind kind = {"debuginfod", locate, wait_for,
                                debuginfod_close};

place *place_debuginfod(place_home *home)
{
    debuginfod *d = (debuginfod *)place_new(home, &kind, sizeof *d, "");
    if (!d)
        return NULL;
    d->last = &d->first;
    if (pthread_mutex_init(&d->lock, NULL) != 0) {
        place_free(&d->head);
        return NULL;
    }
    return &d->head;
}
