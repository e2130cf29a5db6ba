/* examples/sentry_event.c - the crash as Sentry would show it, read from
 * records and without any JSON. */
#include <inttypes.h>
#include <mdwalk/mdwalk.h>
#include <stdio.h>

static void print_text(const char *before, mdw_str text)
{
    if (text.data)
        printf("%s%.*s", before, (int)text.len, text.data);
}

/* Sentry's frames are oldest first; people read the crash first. */
static void print_stack(const mdw_sentry *event, uint32_t stack)
{
    mdw_sentry_stack about = MDW_INIT(mdw_sentry_stack);
    if (stack == MDW_NONE || mdw_sentry_stack_at(event, stack, &about))
        return;
    for (uint32_t i = about.frame_count; i--;) {
        mdw_sentry_frame f = MDW_INIT(mdw_sentry_frame);
        mdw_sentry_frame_at(event, stack, i, &f);
        if (f.instruction_addr.set)
            printf("0x%" PRIx64, f.instruction_addr.value);
        else
            printf("inlined");
        print_text(" ", f.function);
        print_text(" in ", f.package);
        if (f.lineno.set)
            printf(":%" PRIu64, f.lineno.value);
        putchar('\n');
    }
}

int main(int argc, char **argv)
{
    mdw_error err = {0};
    mdw_source *source = NULL;
    mdw_dump *dump = NULL;
    mdw_state *state = NULL;
    mdw_report *report = NULL;
    mdw_sentry *event = NULL;
    if (argc != 2 || mdw_source_open(argv[1], NULL, &source, &err) ||
        mdw_dump_open(mdw_source_bytes(source), NULL, &dump, &err) ||
        mdw_state_from_dump(dump, NULL, &state, &err) ||
        mdw_process(state, NULL, &report, &err) ||
        mdw_sentry_new(report, NULL, &event, &err))
        fprintf(stderr, "%s: %s\n",
                err.what ? err.what : "usage: sentry_event DUMP",
                mdw_status_name(err.code));
    mdw_sentry_exception e = MDW_INIT(mdw_sentry_exception);
    if (event && mdw_sentry_exception_at(event, 0, &e) == MDW_OK) {
        print_text("", e.type);
        print_text("\n", e.value);
        printf("\nthread %" PRIu64 "\n", e.thread_id.value);
        print_stack(event, e.stack);
    }
    bool done = event != NULL;
    mdw_sentry_close(event);
    mdw_report_close(report);
    mdw_state_close(state);
    mdw_dump_close(dump);
    mdw_source_close(source);
    return done ? 0 : 2;
}
