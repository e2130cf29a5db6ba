/* examples/memory_provider.c - symbols out of a program's own memory: any
 * number of .sym files, read at the start, served to the walk by id. */
#include <mdwalk/mdwalk.h>
#include <stdio.h>

enum { MAX_FILES = 64 };

typedef struct memory {
    mdw_source *source[MAX_FILES];
    size_t count;
} memory;

/* A file is the module's when it opens with the module's identity. */
static mdw_status locate(void *user, const mdw_module *module, uint32_t need,
                         mdw_symfile **out)
{
    const memory *m = user;
    if (need == MDW_NEED_CODE || !module->debug_id.form)
        return MDW_ABSENT;
    for (size_t i = 0; i < m->count; i++) {
        mdw_symfile_options options = MDW_INIT(mdw_symfile_options);
        options.wants = module;
        if (mdw_symfile_open(mdw_source_bytes(m->source[i]), &options, out,
                             NULL) == MDW_OK)
            return MDW_OK;
    }
    return MDW_ABSENT;
}

static void print(const mdw_report *report)
{
    size_t stacks = mdw_state_stack_count(mdw_report_state(report));
    for (size_t s = 0; s < stacks; s++)
        for (size_t f = 0; f < mdw_report_frame_count(report, s); f++) {
            mdw_symbol name = MDW_INIT(mdw_symbol);
            if (mdw_report_symbol(report, s, f, &name) == MDW_OK)
                printf("%zu.%zu %.*s %.*s:%u\n", s, f, (int)name.function.len,
                       name.function.data, (int)name.file.len, name.file.data,
                       (unsigned)name.line);
            else
                printf("%zu.%zu ?\n", s, f);
        }
}

int main(int argc, char **argv)
{
    mdw_error err = {0};
    mdw_source *source = NULL;
    mdw_dump *dump = NULL;
    mdw_state *state = NULL;
    mdw_report *report = NULL;
    memory m = {.count = 0};
    for (int i = 2; i < argc && m.count < MAX_FILES; i++)
        m.count += !mdw_source_open(argv[i], NULL, &m.source[m.count], &err);
    mdw_provider provider = MDW_INIT(mdw_provider);
    provider.name = "memory";
    provider.user = &m;
    provider.locate = locate;
    const mdw_provider *const providers[] = {&provider};
    mdw_process_options options = MDW_INIT(mdw_process_options);
    options.providers = providers;
    options.provider_count = 1;
    if (argc < 2 || mdw_source_open(argv[1], NULL, &source, &err) ||
        mdw_dump_open(mdw_source_bytes(source), NULL, &dump, &err) ||
        mdw_state_from_dump(dump, NULL, &state, &err) ||
        mdw_process(state, &options, &report, &err))
        fprintf(stderr, "%s: %s\n", err.what ? err.what : "usage: DUMP SYM...",
                mdw_status_name(err.code));
    if (report)
        print(report);
    bool done = report != NULL;
    mdw_report_close(report);
    mdw_state_close(state);
    mdw_dump_close(dump);
    mdw_source_close(source);
    for (size_t i = 0; i < m.count; i++)
        mdw_source_close(m.source[i]);
    return done ? 0 : 2;
}
