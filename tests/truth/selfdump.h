/* tests/truth/selfdump.h - a crash handler that writes its own minidump. */
#ifndef TRUTH_SELFDUMP_H
#define TRUTH_SELFDUMP_H

#include "context.h"

/* DATA: the stacks, and what small mappings without code hold. */
enum selfdump_memory { SELFDUMP_STACKS, SELFDUMP_FULL, SELFDUMP_DATA };

struct selfdump_options {
    const char *path;
    enum context_layout layout;
    enum selfdump_memory memory;
    int argument_count;
    char **arguments;
};

/* Reserves everything that the handler needs. */
void selfdump_begin(const struct selfdump_options *options);

/* Handles the fatal signals from now on (again, if something else did): the
   dump is written and the process ends with 0, or with 4 without a dump. */
void selfdump_arm(void);

#endif
