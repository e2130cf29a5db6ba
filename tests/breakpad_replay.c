/* tests/breakpad_replay.c - a report with frames that somebody else found, in
 * one of Breakpad's formats.
 *
 *   breakpad_replay FORMAT DUMP < FRAMES
 *
 * FRAMES: "T number" begins a thread, as Breakpad counts them; "W start" is a
 * module without symbols, "N" says that none were looked for; "F pc trust
 * inlined line offset" is a frame, "f text" and "s text" its function and
 * file, "r name value" one of its registers. Numbers are hex. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/str.h"
#include "lib/process/report.h"
#include "lib/unwind/arch.h"
#include "mdwalk/dump.h"
#include "mdwalk/source.h"

enum { MAX_FRAMES = 4096, LINE_SIZE = 65536 };

typedef struct replay {
    mdw_report *report;
    kept_frame *frames; /* of the current stack */
    mdw_symbol *symbol; /* of the current frame; NULL: none yet */
    kept_stack *stack;
    uint64_t values[MDW_MAX_REGS];
    bool no_symbols;
} replay;

static void *take(size_t size)
{
    void *p = calloc(1, size ? size : 1);
    if (!p)
        exit(2);
    return p;
}

static void begin_thread(replay *r, uint64_t number)
{
    const mdw_state *state = mdw_report_state(r->report);
    mdw_stack s = MDW_INIT(mdw_stack);
    size_t count = mdw_state_thread_count(state), i;
    for (i = 0; i < count; i++)
        if (mdw_state_stack(state, i, &s) == MDW_OK && !s.skipped && !number--)
            break;
    if (i == count)
        exit(2);
    r->stack = &r->report->stacks[i];
    r->frames = take(MAX_FRAMES * sizeof *r->frames);
    *r->stack = (kept_stack){.frames = r->frames};
}

/* Packs the registers of the frame before. */
static void end_frame(replay *r)
{
    if (!r->stack || !r->stack->count)
        return;
    kept_frame *f = &r->frames[r->stack->count - 1];
    uint64_t *values = take(MDW_MAX_REGS * sizeof *values);
    size_t n = 0;
    for (unsigned i = 0; i < MDW_MAX_REGS; i++)
        if (f->valid >> i & 1)
            values[n++] = r->values[i];
    f->values = values;
}

static void begin_frame(replay *r, char *words)
{
    uint64_t pc, trust, inlined, line, offset;
    const mdw_state *state = mdw_report_state(r->report);
    mdw_system system = MDW_INIT(mdw_system);
    (void)mdw_state_system(state, &system);
    if (!r->stack || r->stack->count == MAX_FRAMES ||
        sscanf(words,
               "%" SCNx64 " %" SCNx64 " %" SCNx64 " %" SCNx64 " %" SCNx64, &pc,
               &trust, &inlined, &line, &offset) != 5)
        exit(2);
    kept_frame *f = &r->frames[r->stack->count++];
    const arch *a = arch_find(system.arch);
    uint64_t back = trust == MDW_TRUST_CONTEXT ? 0 : a ? a->call_back : 0;
    *f = (kept_frame){.pc = pc,
                      .lookup = pc - back,
                      .image = mdw_state_module_find(state, pc - back),
                      .trust = (uint8_t)trust,
                      .flags = inlined ? MDW_FRAME_INLINE : 0,
                      .arch = (uint8_t)system.arch};
    r->symbol = take(sizeof *r->symbol);
    r->symbol->size = sizeof *r->symbol;
    r->symbol->line = (uint32_t)line;
    mdw_module m = MDW_INIT(mdw_module);
    if (mdw_state_module(state, f->image, &m) == MDW_OK)
        r->symbol->line_start =
            (inlined ? f->lookup : pc) - m.range.start - offset;
    if (f->image < r->report->module_count)
        r->report->uses[f->image].frames++;
}

static mdw_str keep(const char *text)
{
    size_t len = strlen(text);
    char *copy = take(len + 1);
    memcpy(copy, text, len);
    return (mdw_str){copy, len};
}

static void add_register(replay *r, const char *words)
{
    char name[16];
    uint64_t value;
    kept_frame *f = &r->frames[r->stack->count - 1];
    if (sscanf(words, "%15s %" SCNx64, name, &value) != 2)
        exit(2);
    uint32_t reg = mdw_reg_find(
        f->arch, str_of(strcmp(name, "efl") != 0 ? name : "eflags"));
    if (reg >= MDW_MAX_REGS)
        exit(2);
    f->valid |= UINT64_C(1) << reg;
    r->values[reg] = value;
}

static void without_symbols(replay *r, uint64_t start)
{
    const mdw_state *state = mdw_report_state(r->report);
    for (size_t i = 0; i < r->report->module_count; i++) {
        mdw_module m = MDW_INIT(mdw_module);
        if (mdw_state_module(state, i, &m) == MDW_OK && m.range.start == start)
            r->report->uses[i].status[MDW_NEED_NAMES] = MDW_ABSENT;
    }
}

static void read_line(replay *r, char *line)
{
    char *rest = line[0] && line[1] ? line + 2 : line + 1;
    uint64_t number = strtoull(rest, NULL, 16);
    if (line[0] == 'T' || line[0] == 'F')
        end_frame(r);
    switch (line[0]) {
    case 'T':
        begin_thread(r, number);
        break;
    case 'N':
        r->no_symbols = true;
        break;
    case 'W':
        without_symbols(r, number);
        break;
    case 'F':
        begin_frame(r, rest);
        break;
    case 'f':
        r->symbol->function = keep(rest);
        r->frames[r->stack->count - 1].symbol = r->symbol;
        break;
    case 's':
        r->symbol->file = keep(rest);
        break;
    case 'r':
        add_register(r, rest);
        break;
    default:
        exit(2);
    }
}

static bool to_stdout(void *user, const void *data, size_t len)
{
    (void)user;
    return fwrite(data, 1, len, stdout) == len;
}

int main(int count, char **words)
{
    static char line[LINE_SIZE];
    mdw_source *source = NULL;
    mdw_dump *dump = NULL;
    mdw_state *state = NULL;
    replay r = {.report = NULL};
    if (count != 3 || mdw_source_open(words[2], NULL, &source, NULL) ||
        mdw_dump_open(mdw_source_bytes(source), NULL, &dump, NULL) ||
        mdw_state_from_dump(dump, NULL, &state, NULL) ||
        mdw_process(state, NULL, &r.report, NULL))
        return 2;
    for (size_t i = 0; i < r.report->stack_count; i++)
        r.report->stacks[i] = (kept_stack){.count = 0};
    for (size_t i = 0; i < r.report->module_count; i++) {
        r.report->uses[i].frames = 0;
        r.report->uses[i].status[MDW_NEED_NAMES] = MDW_OK;
    }
    while (fgets(line, sizeof line, stdin)) {
        line[strcspn(line, "\n")] = '\0';
        read_line(&r, line);
    }
    end_frame(&r);
    mdw_emit_options options = MDW_INIT(mdw_emit_options);
    options.no_symbols = r.no_symbols;
    return mdw_emit(r.report, words[1], &options, (mdw_sink){to_stdout, NULL},
                    NULL)
               ? 2
               : 0;
}
