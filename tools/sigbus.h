/* tools/sigbus.h - a mapped file that somebody cuts short. */
#ifndef MDWALK_TOOLS_SIGBUS_H
#define MDWALK_TOOLS_SIGBUS_H

/* From now on SIGBUS ends the program with a sentence about `name`, which must
 * stay. */
void sigbus_watch(const char *name);

#endif
