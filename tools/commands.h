/* tools/commands.h - one function per command; each returns the exit status. */
#ifndef MDWALK_TOOLS_COMMANDS_H
#define MDWALK_TOOLS_COMMANDS_H

#include "mdwalk/report.h"
#include "mdwalk/sentry.h"
#include "tools/args.h"
#include "tools/input.h"
#include "tools/symbols.h"

int command_send(const args *a);
int command_report(const args *a);
int command_dump(const args *a);
int command_unwind(const args *a);
/* `words` are those behind "symbols". */
int command_symbols(int count, char **words);

/* A state and its report: what report and unwind share. */
typedef struct work {
    input in;
    mdw_state *state;
    mdw_report *report;
    symbols symbols;
    uint32_t thread; /* --thread, as the state counts them */
} work;

/* Opens and decodes, but does not walk. False after one sentence. */
bool work_open(work *w, const args *a);
/* Walks; `trace` may be NULL. False after one sentence. */
bool work_walk(work *w, const args *a, mdw_trace_fn trace, void *user);
/* STATUS_DONE, or STATUS_ISSUES where that was asked for. */
int work_status(const work *w, const args *a);
/* --attach and --dsn; `file` names the dump. */
void work_envelope(const work *w, const args *a, const char *file,
                   mdw_envelope_options *out);
void work_close(work *w);

#endif
