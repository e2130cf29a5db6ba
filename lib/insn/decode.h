/* lib/insn/decode.h - one instruction in full: its text, what memory it reads
 * and writes, where it goes. One layer for x86, x86-64, ARM, Thumb and AArch64.
 *
 * The decoder is capstone, whose tables take 1.6 ms to relocate: it is loaded
 * when the first instruction is looked at, never at start-up. It calls malloc.
 */
#ifndef MDW_INSN_DECODE_H
#define MDW_INSN_DECODE_H

#include "lib/base/arena.h"
#include "mdwalk/base.h"

enum {
    DECODE_BYTES = 16, /* no instruction is longer than 15 */
    DECODE_TEXT = 224, /* capstone: 32 for the mnemonic, 160 for operands */
    DECODE_ACCESSES = 4,
    DECODE_REGS = 6
};

/* What is known of the registers and the memory that the instruction met.
 * Registers have the names of mdw_reg_name, "rax" also for al, and "fs_base",
 * "gs_base". False: unknown. */
typedef struct decode_target {
    bool (*reg)(void *user, const char *name, uint64_t *value);
    bool (*load)(void *user, uint64_t addr, unsigned size, uint64_t *value);
    void *user;
} decode_target;

enum { DECODE_READ = 1 << 0, DECODE_WRITE = 1 << 1 };

typedef struct decode_access {
    bool known;        /* addr could be computed */
    bool implicit;     /* no operand names it: push, ret, leave */
    bool base_known;   /* of `base` */
    uint32_t kind;     /* DECODE_READ, DECODE_WRITE; 0: unknown */
    uint32_t bytes;    /* 0: unknown */
    uint32_t align;    /* bytes that the instruction demands; 0: none */
    const char *base;  /* registers, or NULL */
    const char *index; /* the same; NULL also for vector registers */
    uint32_t scale;    /* of the index */
    int64_t displacement;
    uint64_t base_value;
    uint64_t addr;
} decode_access;

enum decode_flag {
    DECODE_CALL = 1 << 0,
    DECODE_JUMP = 1 << 1,
    DECODE_RETURN = 1 << 2,
    DECODE_DIVIDE = 1 << 3,
    DECODE_PRIVILEGED = 1 << 4,
    DECODE_TRAP = 1 << 5,
    DECODE_INDIRECT = 1 << 6,   /* target from a register or from memory */
    DECODE_CONDITIONAL = 1 << 7 /* may do nothing */
};

typedef struct decoded {
    uint64_t addr;
    uint32_t size; /* bytes */
    uint32_t flags;
    char text[DECODE_TEXT]; /* NUL-terminated: "mov eax, dword ptr [rax]" */
    size_t mnemonic;        /* its length, prefixes included */
    decode_access access[DECODE_ACCESSES];
    size_t access_count;
    /* Registers that addresses and the target are made of. */
    const char *regs[DECODE_REGS];
    size_t reg_count;
    bool has_target; /* call, jump, return */
    uint64_t target; /* without a Thumb bit */
    bool has_divisor;
    uint64_t divisor; /* cut to its width */
} decoded;

typedef struct decoder {
    const struct decode_library *library; /* NULL: not loaded */
    uint32_t arch;
    bool thumb;
    size_t handle;
} decoder;

/* False: no capstone, or nothing is known of this architecture. */
bool decoder_open(decoder *d, arena *store, uint32_t arch, bool thumb);
/* Before `store` is closed; also of one that did not open. */
void decoder_close(decoder *d);

/* The first instruction of `bytes`, which lies at `addr`. False: there is none
 * that can be decoded. */
bool decode(const decoder *d, mdw_bytes bytes, uint64_t addr,
            const decode_target *target, decoded *out);

#endif
