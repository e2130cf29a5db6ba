/* tools/mdwalk.c - the command line tool: which command, and its exit status.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tools/commands.h"
#include "tools/compat.h"

static void print_version(void)
{
    uint32_t version = mdw_version();
    (void)printf("mdwalk %u.%u.%u\n", (unsigned)(version >> 16 & 0xff),
                 (unsigned)(version >> 8 & 0xff), (unsigned)(version & 0xff));
}

static int run(const args *a)
{
    if (a->command == COMMAND_DUMP)
        return command_dump(a);
    if (a->command == COMMAND_UNWIND)
        return command_unwind(a);
    if (a->command == COMMAND_SEND)
        return command_send(a);
    return command_report(a);
}

/* The commands that this one stands in for know of 0 and 1 alone. */
static int run_compat(enum compat which, int count, char **words)
{
    args a;
    if (!compat_read(which, count, words, &a))
        return 1;
    if (a.help) {
        compat_help(which);
        return finish(STATUS_DONE) != STATUS_DONE;
    }
    if (a.version) {
        print_version();
        return finish(STATUS_DONE) != STATUS_DONE;
    }
    if (a.output && !freopen(a.output, "w", stdout)) {
        (void)fprintf(stderr, "mdwalk: %s: %s\n", a.output, strerror(errno));
        return 1;
    }
    return run(&a) != STATUS_DONE;
}

int main(int count, char **words)
{
    args a;
    enum compat which;
    int skip;
    if (!compat_choose(count, words, &which, &skip))
        return STATUS_FAILED;
    if (which != COMPAT_NONE)
        return run_compat(which, count - skip, words + skip);
    if (count > 1 && !strcmp(words[1], "symbols"))
        return finish(command_symbols(count - 2, words + 2));
    if (!args_read(count, words, &a))
        return STATUS_FAILED;
    if (a.help) {
        args_help();
        return finish(STATUS_DONE);
    }
    if (a.version) {
        print_version();
        return finish(STATUS_DONE);
    }
    return run(&a);
}
