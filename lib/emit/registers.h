/* lib/emit/registers.h - what Breakpad's users read below a frame: its
 * registers and how it was found. */
#ifndef MDW_EMIT_REGISTERS_H
#define MDW_EMIT_REGISTERS_H

#include "lib/json/out.h"
#include "mdwalk/unwind.h"

/* "    eip = 0x0040429e   esp = ...", as many in a line as fit into 80
 * columns; only what is known, and no less than pc. */
void registers_say(out *o, const mdw_frame *frame, unsigned digits);
/* "stack scanning", by enum mdw_trust_id. */
const char *found_by(uint32_t trust);

#endif
