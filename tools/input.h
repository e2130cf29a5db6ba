/* tools/input.h - the file to work on, and sentences about what went wrong. */
#ifndef MDWALK_TOOLS_INPUT_H
#define MDWALK_TOOLS_INPUT_H

#include "mdwalk/dump.h"
#include "mdwalk/source.h"

enum { STATUS_DONE = 0, STATUS_ISSUES = 1, STATUS_FAILED = 2 };

typedef struct input {
    const char *name; /* for people */
    mdw_source *source;
    mdw_dump *dump;
    bool damaged; /* the packing around the dump */
} input;

/* False after one sentence on standard error. */
bool input_open(input *in, const char *file);
void input_close(input *in);

/* One sentence: file, reason, structure, stream, offset. */
void complain(const char *name, const mdw_error *err);
/* Writes out what standard output still holds. `status`, or STATUS_FAILED. */
int finish(int status);

#endif
