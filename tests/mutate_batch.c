/* tests/mutate_batch.c - one dump, many damaged copies of it, one process: what
 * tests/mutate.py would otherwise start the command for, ten thousand times.
 *
 * usage: mutate_batch DUMP FIRST < JOBS > RESULTS
 * A job is a line: "cut LENGTH" or "flip OFFSET VALUE OFFSET VALUE ...", each
 * byte being exclusive-ored with its value. Jobs before FIRST are passed over.
 * A result is a line, "INDEX MICROSECONDS report LENGTH" and that many bytes of
 * JSON, or "INDEX MICROSECONDS error SENTENCE". Time is the processor's. A
 * report that takes more than a second ends the process, as a finding of a
 * sanitizer does. */
#define _XOPEN_SOURCE 700 /* setitimer, clock_gettime */

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "mdwalk/mdwalk.h"
#include "visit.h"

enum { TOO_SLOW = 97, WRONG = 98 };

typedef struct text {
    char *data;
    size_t len, cap;
} text;

static bool append(void *user, const void *data, size_t len)
{
    text *t = user;
    if (len > t->cap - t->len) {
        size_t cap = (t->len + len) * 2;
        char *more = realloc(t->data, cap);
        if (!more)
            return false;
        t->data = more;
        t->cap = cap;
    }
    if (len)
        memcpy(t->data + t->len, data, len);
    t->len += len;
    return true;
}

static bool swallow(void *user, const void *data, size_t len)
{
    (void)user;
    (void)data;
    (void)len;
    return true;
}

static void on_alarm(int sig)
{
    static const char said[] = "out of time\n";
    (void)sig;
    (void)!write(2, said, sizeof said - 1);
    _exit(TOO_SLOW);
}

static void arm(long seconds)
{
    struct itimerval timer = {.it_value = {.tv_sec = seconds}};
    setitimer(ITIMER_PROF, &timer, NULL);
    alarm(seconds ? 20u : 0u); /* of real time: nothing may wait for ever */
}

static long microseconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return t.tv_sec * 1000000L + t.tv_nsec / 1000;
}

static void wrong(const char *what, const mdw_error *err)
{
    fprintf(stderr, "%s: %s: %s\n", what, mdw_status_name(err->code),
            err->what ? err->what : "no reason");
    exit(WRONG);
}

/* Every record of every stream. Not in the time of a report: it asks for each
 * stream by its type, and there may be thousands. */
static void visit(mdw_bytes bytes)
{
    mdw_dump *dump = NULL;
    if (mdw_dump_open(bytes, NULL, &dump, NULL))
        return;
    const char *bad = visit_dump(dump);
    if (bad)
        wrong(bad, &(mdw_error){0});
    mdw_dump_close(dump);
}

/* Whatever opened is reported; the error is why it did not open. */
static mdw_status report(mdw_bytes bytes, text *json, mdw_error *err)
{
    mdw_source *source = NULL;
    mdw_dump *dump = NULL;
    mdw_state *state = NULL;
    mdw_report *report = NULL;
    mdw_status s = mdw_source_from(bytes, NULL, &source, err);
    if (!s)
        s = mdw_dump_open(mdw_source_bytes(source), NULL, &dump, err);
    if (!s) {
        if (mdw_state_from_dump(dump, NULL, &state, err))
            wrong("mdw_state_from_dump", err);
        if (mdw_process(state, NULL, &report, err))
            wrong("mdw_process", err);
        if (mdw_emit(report, "json", NULL, (mdw_sink){append, json}, err) ||
            mdw_emit(report, "human", NULL, (mdw_sink){swallow, NULL}, err))
            wrong("mdw_emit", err);
    }
    mdw_report_close(report);
    mdw_state_close(state);
    mdw_dump_close(dump);
    mdw_source_close(source);
    return s;
}

static size_t number(char **at)
{
    char *end;
    uintmax_t value = strtoumax(*at, &end, 10);
    if (end == *at) {
        fprintf(stderr, "not a job: %s\n", *at);
        exit(WRONG);
    }
    *at = end;
    return (size_t)value;
}

/* An allocation of exactly the length: its end is where the sanitizer looks. */
static mdw_bytes damaged(const text *dump, char *job)
{
    bool cut = strncmp(job, "cut ", 4) == 0;
    char *at = job + (cut ? 4 : 5);
    size_t len = cut ? number(&at) : dump->len;
    uint8_t *copy = malloc(len ? len : 1);
    if (!copy || len > dump->len)
        abort();
    memcpy(copy, dump->data, len);
    while (!cut && *at && *at != '\n') {
        size_t offset = number(&at);
        copy[offset] ^= (uint8_t)number(&at);
    }
    return (mdw_bytes){copy, len};
}

static void run(const text *dump, char *job, size_t index)
{
    mdw_bytes bytes = damaged(dump, job);
    mdw_error err = {0};
    text json = {0};
    arm(10);
    visit(bytes);
    arm(1);
    long start = microseconds();
    mdw_status s = report(bytes, &json, &err);
    arm(0);
    printf("%zu %ld ", index, microseconds() - start);
    if (s)
        printf("error %s at %" PRIu64 ": %s\n", mdw_status_name(s), err.offset,
               err.what ? err.what : "");
    else
        printf("report %zu\n", json.len);
    if (json.len)
        fwrite(json.data, 1, json.len, stdout);
    fflush(stdout);
    free(json.data);
    free((void *)(uintptr_t)bytes.data);
}

static text whole_file(const char *path)
{
    text t = {0};
    char part[65536];
    size_t n;
    FILE *f = fopen(path, "rb");
    if (!f) {
        fprintf(stderr, "%s: %s\n", path, strerror(errno));
        exit(WRONG);
    }
    while ((n = fread(part, 1, sizeof part, f)) > 0)
        append(&t, part, n);
    fclose(f);
    return t;
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        fprintf(stderr, "usage: mutate_batch DUMP FIRST < JOBS\n");
        return WRONG;
    }
    signal(SIGPROF, on_alarm);
    signal(SIGALRM, on_alarm);
    text dump = whole_file(argv[1]);
    size_t first = (size_t)strtoul(argv[2], NULL, 10);
    char job[512];
    for (size_t i = 0; fgets(job, sizeof job, stdin); i++)
        if (i >= first)
            run(&dump, job, i);
    free(dump.data);
    return 0;
}
