/* lib/emit/human_crash.h - the crash explained to people. */
#ifndef MDW_EMIT_HUMAN_CRASH_H
#define MDW_EMIT_HUMAN_CRASH_H

#include "lib/emit/human.h"

void human_findings(human *h); /* behind the reason and its parameters */

#endif
