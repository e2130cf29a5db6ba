/* tools/args.h - the command line, read. */
#ifndef MDWALK_TOOLS_ARGS_H
#define MDWALK_TOOLS_ARGS_H

#include <stdbool.h>
#include <stdint.h>

#include "mdwalk/sentry.h"
#include "tools/symbols.h"

enum command {
    COMMAND_REPORT = 1 << 0,
    COMMAND_DUMP = 1 << 1,
    COMMAND_UNWIND = 1 << 2,
    COMMAND_SEND = 1 << 3
};

enum colour_when { COLOUR_AUTO, COLOUR_ALWAYS, COLOUR_NEVER };

enum { MAX_DATA = 1024, MAX_DUMPS = 1024 };

typedef struct args {
    enum command command;
    const char *format; /* "human" unless given */
    enum colour_when colour;
    bool brief, explain, fail_on_issues, no_scan, pretty;
    bool help, version;
    bool one_thread;
    uint32_t thread;
    uint32_t max_frames; /* 0: not given */
    const char *file;    /* as given; "-" is standard input */
    const char *stream;  /* dump: or NULL */
    symbol_args symbols;
    const char *data[MAX_DATA]; /* --data KEY=VALUE */
    int data_count;
    uint32_t attach; /* enum mdw_attach_id */
    /* send: */
    const char *dsn; /* NULL: SENTRY_DSN */
    const char *dumps[MAX_DUMPS];
    int dump_count;
    uint32_t retries, max_wait; /* attempts after the first; seconds */
    /* Other commands' (tools/compat.h). */
    bool stack_contents, code_pointers;
    bool main_only;            /* the thread that crashed or asked */
    bool walked_thread;        /* `thread` counts the threads that are walked */
    const char *output;        /* instead of standard output; or NULL */
    const char *json_output;   /* json beside the report; or NULL */
    mdw_sentry_options sentry; /* texts are the command line's */
} args;

/* False after one sentence on standard error. */
bool args_read(int count, char *const *words, args *out);
void args_help(void);

#endif
