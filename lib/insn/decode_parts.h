/* lib/insn/decode_parts.h - what the files of the decoder share. */
#ifndef MDW_INSN_DECODE_PARTS_H
#define MDW_INSN_DECODE_PARTS_H

#include <capstone/capstone.h>

#include "lib/insn/decode.h"

/* An instruction on its way from capstone's records to ours. */
typedef struct decoding {
    const decoder *d;
    const cs_insn *insn;
    const char *name; /* without suffixes for conditions and widths */
    const decode_target *target;
    decoded *out;
} decoding;

void decode_x86(decoding *g);
void decode_arm(decoding *g);
void decode_arm64(decoding *g);
/* ARMv8.1 atomics and ARMv8.3 authentication, which capstone 4 does not know,
 * from the instruction word. */
bool decode_arm64_word(uint32_t word, uint64_t addr,
                       const decode_target *target, decoded *out);

/* The next free access, which counts from then on; NULL when there is none. */
decode_access *add_access(decoded *out);
void add_reg(decoded *out, const char *name);
bool read_reg(const decode_target *target, const char *name, uint64_t *value);
bool read_memory(const decode_target *target, uint64_t addr, unsigned size,
                 uint64_t *value);
void set_text(decoded *out, const char *mnemonic, const char *operands);
void set_target(decoded *out, uint64_t target, bool indirect);

static inline bool starts(const char *text, const char *prefix)
{
    while (*prefix)
        if (*text++ != *prefix++)
            return false;
    return true;
}

static inline uint64_t sign_extend(uint64_t value, unsigned bits)
{
    uint64_t sign = UINT64_C(1) << (bits - 1);
    value &= (sign << 1) - 1;
    return (value ^ sign) - sign;
}

#endif
