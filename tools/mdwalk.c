/* tools/mdwalk.c - the command line tool: which command, and its exit status.
 */
#include <stdio.h>
#include <string.h>

#include "tools/commands.h"

static void print_version(void)
{
    uint32_t version = mdw_version();
    (void)printf("mdwalk %u.%u.%u\n", (unsigned)(version >> 16 & 0xff),
                 (unsigned)(version >> 8 & 0xff), (unsigned)(version & 0xff));
}

int main(int count, char **words)
{
    args a;
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
    if (a.command == COMMAND_DUMP)
        return command_dump(&a);
    if (a.command == COMMAND_UNWIND)
        return command_unwind(&a);
    return command_report(&a);
}
