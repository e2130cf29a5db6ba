/* lib/insn/call.h - is there a call instruction that ends exactly here? By
 * encoding tables: no decoder, no allocation, the same answer everywhere. */
#ifndef MDW_INSN_CALL_H
#define MDW_INSN_CALL_H

#include "mdwalk/base.h"

enum {
    CALL_SITES = 4,
    CALL_BEFORE = 9, /* no more bytes than these are looked at */
};

typedef struct call_site {
    uint64_t target; /* of a direct call, no Thumb bit; else 0 */
    uint8_t size;    /* bytes from the start of the call to the address */
    bool direct;
    bool exchanges; /* a direct call into the other of ARM and Thumb */
} call_site;

/* How many bytes in front of an address must be known before it can be said
 * that no call ends there. 0: nothing is known of this architecture. */
size_t call_need(uint32_t arch);

/* The calls that can end at `addr`, the shortest CALL_SITES of them, ascending;
 * returns their number.
 * `before` is the code in front of `addr`, its last byte at addr - 1. Bytes of
 * x86 can be read from several starts, so there may be more than one. `addr`
 * has no Thumb bit. `big_endian` is the order of the instructions, which is not
 * that of the data on ARM (BE8) and has no say on the others. */
size_t call_before(uint32_t arch, bool thumb, bool big_endian, mdw_bytes before,
                   uint64_t addr, call_site out[CALL_SITES]);

#endif
