/* fuzz/fuzz_report.c - a whole run over any file: state, walk, every emitter.
 * Frames stay within their limits and lead outward, every walk ends with a
 * reason, the json that comes out is json, and the event a message that
 * protobuf-c reads. */
#include <stdlib.h>
#include <string.h>

#include "event_message.h"
#include "lib/json/check.h"
#include "mdwalk/dump.h"
#include "mdwalk/report.h"

#define EXPECT(cond)                                                           \
    do                                                                         \
        if (!(cond))                                                           \
            abort();                                                           \
    while (0)

enum { MAX_FRAMES = 64, ROOM = 1 << 20 };

typedef struct text {
    char data[ROOM];
    size_t len;
} text;

/* Gives up when the room is used: an emitter must stop then. */
static bool keep(void *user, const void *data, size_t len)
{
    text *t = user;
    if (len > ROOM - t->len)
        return false;
    memcpy(t->data + t->len, data, len);
    t->len += len;
    return true;
}

static void check_stack(const mdw_report *report, size_t stack)
{
    size_t count = mdw_report_frame_count(report, stack);
    mdw_stack s = MDW_INIT(mdw_stack);
    EXPECT(mdw_state_stack(mdw_report_state(report), stack, &s) == MDW_OK);
    EXPECT(mdw_report_stop(report, stack) != MDW_STOP_RUNNING);
    EXPECT(s.kind == MDW_STACK_CLIENT || count <= MAX_FRAMES);
    EXPECT(!s.skipped || !count);
    uint64_t sp = 0;
    for (size_t i = 0; i < count; i++) {
        mdw_frame f = MDW_INIT(mdw_frame);
        EXPECT(mdw_report_frame(report, stack, i, &f) == MDW_OK);
        EXPECT(f.image == MDW_NONE ||
               f.image < mdw_state_module_count(mdw_report_state(report)));
        /* What a signal interrupted may run on any stack. */
        EXPECT(s.kind == MDW_STACK_CLIENT || f.sp >= sp ||
               f.flags & MDW_FRAME_SIGNAL);
        EXPECT(f.lookup <= f.pc && f.pc - f.lookup <= 4);
        sp = f.sp;
    }
}

static void check_output(const mdw_report *report)
{
    static text out; /* a target's own, not the library's */
    static const char *const json[] = {"json", "sentry", "sentry-rich"};
    for (size_t i = 0; mdw_format_name(i); i++) {
        const char *format = mdw_format_name(i);
        out.len = 0;
        mdw_sink sink = {keep, &out};
        mdw_status status = mdw_emit(report, format, NULL, sink, NULL);
        if (status == MDW_E_IO)
            continue;
        bool message = !strcmp(format, "sentry-pb");
        EXPECT(status == MDW_OK || (message && status == MDW_E_UNSUPPORTED));
        if (message)
            EXPECT(is_event(out.data, out.len));
        for (size_t k = 0; k < sizeof json / sizeof *json; k++)
            if (!strcmp(format, json[k]))
                EXPECT(json_check((mdw_str){out.data, out.len}));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    mdw_dump *dump = NULL;
    mdw_state *state = NULL;
    mdw_report *report = NULL;
    mdw_walk_options walk = MDW_INIT(mdw_walk_options);
    walk.max_frames = MAX_FRAMES;
    mdw_process_options options = MDW_INIT(mdw_process_options);
    options.walk = &walk;
    if (mdw_dump_open((mdw_bytes){data, size}, NULL, &dump, NULL))
        return 0;
    if (mdw_state_from_dump(dump, NULL, &state, NULL) == MDW_OK &&
        mdw_process(state, &options, &report, NULL) == MDW_OK) {
        for (size_t i = 0; i < mdw_state_stack_count(state); i++)
            check_stack(report, i);
        check_output(report);
    }
    mdw_report_close(report);
    mdw_state_close(state);
    mdw_dump_close(dump);
    return 0;
}
