/* lib/process/outermost.h - is this function the first of its stack? */
#ifndef MDW_PROCESS_OUTERMOST_H
#define MDW_PROCESS_OUTERMOST_H

#include "mdwalk/unwind.h"

/* MDW_PLACE_BASE, MDW_PLACE_BASE_CALLEE, or 0. `symbol` as files name it. */
uint32_t outermost_flag(uint32_t os, mdw_str path, mdw_str symbol);

#endif
