/* lib/insn/x86.h - where an instruction of x86 ends, and its operands: tables
 * of encodings, no names. */
#ifndef MDW_INSN_X86_H
#define MDW_INSN_X86_H

#include "mdwalk/base.h"

enum { X86_NONE = 0xFF };

/* Which table the opcode is of. */
enum x86_map { X86_ONE, X86_0F, X86_0F38, X86_0F3A, X86_VECTOR };

/* Registers have the numbers of the instructions, with REX's bits. */
typedef struct x86_instruction {
    uint8_t size; /* bytes, all of them */
    uint8_t map, opcode;
    bool wide;     /* REX.W */
    bool extended; /* REX.B, of a register in the opcode */
    bool narrow;   /* operands of 16 bits */
    bool has_rm;   /* there is a ModR/M byte */
    bool memory;   /* and it names memory */
    uint8_t reg;   /* of ModR/M: a register, or a part of the opcode */
    uint8_t rm;    /* its register, or X86_NONE */
    uint8_t base; /* register of the address; X86_NONE: none, or an index too */
    int32_t disp;
    int64_t immediate;
} x86_instruction;

/* Segments, operand and address size, LOCK, REPNE and REP. */
static inline bool x86_is_prefix(uint8_t byte)
{
    switch (byte) {
    case 0x26:
    case 0x2E:
    case 0x36:
    case 0x3E:
    case 0x64:
    case 0x65:
    case 0x66:
    case 0x67:
    case 0xF0:
    case 0xF2:
    case 0xF3:
        return true;
    default:
        return false;
    }
}

/* False: no instruction, or not all of it. `wide`: 64-bit code. */
bool x86_read(mdw_bytes code, bool wide, x86_instruction *out);

#endif
