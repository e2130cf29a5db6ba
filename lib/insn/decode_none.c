/* lib/insn/decode_none.c - the decoder of a build that has no capstone: it
 * knows no architecture. */
#include "lib/insn/decode.h"

bool decoder_open(decoder *d, arena *store, uint32_t arch, bool thumb)
{
    (void)store;
    *d = (decoder){.arch = arch, .thumb = thumb};
    return false;
}

void decoder_close(decoder *d)
{
    (void)d;
}

bool decode(const decoder *d, mdw_bytes bytes, uint64_t addr,
            const decode_target *target, decoded *out)
{
    (void)d, (void)bytes, (void)target;
    *out = (decoded){.addr = addr};
    return false;
}
