/* tools/input.c - opening a dump, and saying why it could not be. */
#include "tools/input.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "tools/sigbus.h"

static void say_reason(const mdw_error *err)
{
    if (err->code == MDW_E_IO && err->value)
        (void)fprintf(stderr, "%s", strerror((int)err->value));
    else if (err->code == MDW_E_FORMAT)
        (void)fputs("not a minidump", stderr);
    else
        (void)fputs(mdw_status_name(err->code), stderr);
}

void complain(const char *name, const mdw_error *err)
{
    (void)fprintf(stderr, "mdwalk: %s: ", name);
    say_reason(err);
    if (err->code == MDW_E_IO || err->code == MDW_E_MEMORY) {
        (void)fputs("\n", stderr);
        return;
    }
    const char *stream = mdw_stream_name(err->stream);
    (void)fprintf(stderr, " (%s, ", err->what ? err->what : "file");
    if (!err->stream)
        (void)fputs("outside the streams", stderr);
    else if (stream)
        (void)fprintf(stderr, "stream %s", stream);
    else
        (void)fprintf(stderr, "stream 0x%" PRIx32, err->stream);
    (void)fprintf(stderr, ", offset 0x%" PRIx64 ")\n", err->offset);
}

static void note_damage(input *in)
{
    mdw_error err = {.code = MDW_OK};
    if (mdw_source_damage(in->source, &err) != MDW_OK)
        return;
    in->damaged = true;
    (void)fprintf(stderr,
                  "mdwalk: %s: packed file %s at offset 0x%" PRIx64
                  "; what came out before is used\n",
                  in->name,
                  err.code == MDW_E_FORMAT ? "followed by something else"
                                           : mdw_status_name(err.code),
                  err.offset);
}

bool input_open(input *in, const char *file)
{
    bool standard = !strcmp(file, "-");
    *in = (input){.name = standard ? "standard input" : file};
    mdw_error err = {.code = MDW_OK};
    sigbus_watch(in->name);
    if (mdw_source_open(standard ? NULL : file, NULL, &in->source, &err) !=
        MDW_OK) {
        complain(in->name, &err);
        return false;
    }
    note_damage(in);
    mdw_bytes bytes = mdw_source_bytes(in->source);
    if (mdw_dump_open(bytes, NULL, &in->dump, &err) != MDW_OK) {
        complain(in->name, &err);
        input_close(in);
        return false;
    }
    return true;
}

void input_close(input *in)
{
    mdw_dump_close(in->dump);
    mdw_source_close(in->source);
    in->dump = NULL;
    in->source = NULL;
}

/* stdio forgets why an earlier write failed: one more byte asks again. A reader
 * that went away (EPIPE where SIGPIPE is ignored) is no news. */
int finish(int status)
{
    bool failed = ferror(stdout);
    errno = 0;
    failed = fflush(stdout) || failed;
    if (!failed)
        return status;
    if (!errno) {
        clearerr(stdout);
        (void)putchar('\n');
        (void)fflush(stdout);
    }
    if (errno != EPIPE)
        (void)fprintf(stderr, "mdwalk: standard output: %s\n",
                      errno ? strerror(errno) : "cannot be written");
    return STATUS_FAILED;
}
