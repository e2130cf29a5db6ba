/* tools/compat.h - the command lines of minidump_stackwalk (Breakpad) and
 * minidump-stackwalk (rust-minidump), for scripts that were written for them.
 */
#ifndef MDWALK_TOOLS_COMPAT_H
#define MDWALK_TOOLS_COMPAT_H

#include "tools/args.h"

enum compat { COMPAT_NONE, COMPAT_BREAKPAD, COMPAT_RUST };

/* By the name the command was called by, or by "--compat NAME" as its first
 * word; `*skip` words are then taken. False after one sentence. */
bool compat_choose(int count, char *const *words, enum compat *which,
                   int *skip);
/* As args_read: `words` are those behind what compat_choose took. */
bool compat_read(enum compat which, int count, char *const *words, args *out);
void compat_help(enum compat which);

#endif
