/* tests/test_emit_alloc.c - every format of a long stack takes memory as often
 * as that of a short one, and says the same twice.
 *
 * test_emit_alloc DUMP */
#include <stdlib.h>
#include <string.h>

#include "count_allocs.h"
#include "mdwalk/dump.h"
#include "mdwalk/report.h"
#include "mdwalk/source.h"
#include "t.h"

enum { ROOM = 1 << 20, SHORT = 3, LONG = 40 };

typedef struct text {
    size_t len;
    char data[ROOM];
} text;

static bool gather(void *user, const void *data, size_t len)
{
    text *t = user;
    if (len > ROOM - t->len)
        return false;
    memcpy(t->data + t->len, data, len);
    t->len += len;
    return true;
}

/* How often memory was taken for `format`. */
static int emit(const mdw_report *report, const char *format, text *t)
{
    t->len = 0;
    count_allocs = 0;
    mdw_status status =
        mdw_emit(report, format, NULL, (mdw_sink){gather, t}, NULL);
    int taken = count_allocs;
    CHECK(status == MDW_OK || status == MDW_E_UNSUPPORTED);
    return taken;
}

static mdw_report *walk(const mdw_state *state, uint32_t frames)
{
    mdw_walk_options walk = MDW_INIT(mdw_walk_options);
    mdw_process_options options = MDW_INIT(mdw_process_options);
    mdw_report *report = NULL;
    walk.max_frames = frames;
    options.walk = &walk;
    CHECK(mdw_process(state, &options, &report, NULL) == MDW_OK);
    CHECK_U64(mdw_report_frame_count(report, mdw_state_main_stack(state)),
              frames);
    return report;
}

static bool counts(void)
{
    static void
        *volatile somewhere; /* so that the call is not optimised away */
    count_allocs = 0;
    somewhere = malloc(8);
    free(somewhere);
    return count_allocs == 1;
}

int main(int count, char **words)
{
    static text first, again;
    mdw_source *source = NULL;
    mdw_dump *dump = NULL;
    mdw_state *state = NULL;
    if (!counts())
        return 77;
    if (count != 2 || mdw_source_open(words[1], NULL, &source, NULL) ||
        mdw_dump_open(mdw_source_bytes(source), NULL, &dump, NULL) ||
        mdw_state_from_dump(dump, NULL, &state, NULL))
        return 2;
    mdw_report *few = walk(state, SHORT), *many = walk(state, LONG);
    for (size_t i = 0; mdw_format_name(i); i++) {
        t_case = mdw_format_name(i);
        int taken = emit(few, t_case, &first);
        size_t len = first.len;
        CHECK_U64((uint64_t)emit(many, t_case, &first), (uint64_t)taken);
        CHECK(first.len > len || !first.len);
        emit(many, t_case, &again);
        CHECK_U64(again.len, first.len);
        CHECK(!memcmp(again.data, first.data, first.len));
    }
    mdw_report_close(few);
    mdw_report_close(many);
    mdw_state_close(state);
    mdw_dump_close(dump);
    mdw_source_close(source);
    return t_done();
}
