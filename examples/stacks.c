/* examples/stacks.c - the program of README.md: every thread's stack. */
#include <inttypes.h>
#include <mdwalk/mdwalk.h>
#include <stdio.h>

int main(int argc, char **argv)
{
    mdw_error err = {0};
    mdw_source *source = NULL;
    mdw_dump *dump = NULL;
    mdw_state *state = NULL;
    mdw_report *report = NULL;
    if (argc != 2 || mdw_source_open(argv[1], NULL, &source, &err) ||
        mdw_dump_open(mdw_source_bytes(source), NULL, &dump, &err) ||
        mdw_state_from_dump(dump, NULL, &state, &err) ||
        mdw_process(state, NULL, &report, &err))
        fprintf(stderr, "%s: %s\n", err.what ? err.what : "usage: stacks DUMP",
                mdw_status_name(err.code));
    size_t stacks = report ? mdw_state_stack_count(state) : 0;
    for (size_t s = 0; s < stacks; s++)
        for (size_t f = 0; f < mdw_report_frame_count(report, s); f++) {
            mdw_frame frame = MDW_INIT(mdw_frame);
            mdw_module module = MDW_INIT(mdw_module);
            mdw_report_frame(report, s, f, &frame);
            mdw_state_module(state, frame.image, &module);
            printf("%zu.%zu %.*s 0x%" PRIx64 "\n", s, f,
                   (int)module.code_file.len, module.code_file.data, frame.pc);
        }
    bool done = report != NULL;
    mdw_report_close(report);
    mdw_state_close(state);
    mdw_dump_close(dump);
    mdw_source_close(source);
    return done ? 0 : 2;
}
