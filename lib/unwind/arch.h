/* lib/unwind/arch.h - what an architecture tells the walker and the state:
 * tables, and code only where a table cannot say it. */
#ifndef MDW_UNWIND_ARCH_H
#define MDW_UNWIND_ARCH_H

#include "lib/unwind/step.h"
#include "mdwalk/unwind.h"

#define NO_REG 0xFD

/* Who must preserve a register, per calling convention. */
enum { SAVED_SYSV = 1 << 0, SAVED_WIN = 1 << 1, SAVED_ALL = 3 };

/* Where a register lies in a context; size 0: not there. */
typedef struct arch_place {
    uint16_t offset;
    uint8_t size; /* bytes */
} arch_place;

enum { ARCH_LAYOUTS = 2 };

typedef struct arch_reg {
    const char *name;
    int16_t dwarf;                  /* -1: DWARF cannot name it */
    uint8_t saved;                  /* SAVED_ */
    arch_place place[ARCH_LAYOUTS]; /* in each of the arch's contexts */
} arch_reg;

/* A CONTEXT structure of this CPU. Its flags word holds `flag` among bits that
 * mean something else. */
typedef struct arch_layout {
    uint32_t size; /* bytes; 0: no such layout */
    uint32_t flags_offset;
    uint32_t flags_size; /* bytes */
    uint64_t flag;
} arch_layout;

/* Another name for a register: x29 for fp. */
typedef struct arch_alias {
    const char *name;
    uint8_t reg;
} arch_alias;

/* Where a signal handler returns to on Linux, and where the kernel has put the
 * registers of what it interrupted, counted from sp at the first instruction.
 */
typedef struct arch_signal {
    uint8_t code[9]; /* the instructions */
    uint8_t size;    /* bytes of them */
    uint16_t any;    /* bit i: code[i] may be anything */
    bool thumb;
    uint8_t at;      /* of the ucontext, or of the pointer to it */
    uint8_t less;    /* what the registers lie nearer to it than in `saved` */
    uint16_t record; /* where the kernel has linked it into the chain of frame
                      * pointers; 0: it hasn't */
    bool pointer;    /* a pointer to the ucontext lies there */
    bool has_signo;  /* the signal's number is the word at sp */
} arch_signal;

typedef struct arch {
    uint32_t id;
    const char *name;
    uint8_t pointer;         /* bytes */
    uint8_t call_back;       /* from a return address into the call before it */
    uint8_t call_back_thumb; /* the same in Thumb code; 0: there is none */
    bool leaf_keeps_sp;      /* a leaf may return with sp where it was */
    bool return_inside;      /* other saves lie above the return address */
    uint8_t call_align;     /* sp is a multiple of it at calls; 0: of nothing */
    uint8_t pc, sp, fp, lr; /* NO_REG where there is none */
    uint8_t fp_thumb;       /* in Thumb code; NO_REG: the same as fp */
    uint8_t fp_ios;         /* on iOS; 0: the same as fp */
    uint8_t status;         /* register whose `thumb_bit` says Thumb */
    uint64_t thumb_bit;     /* 0: there is no Thumb state */
    uint8_t reg_count;
    const arch_reg *regs;
    const arch_alias *aliases; /* ends with name NULL */
    arch_layout layout[ARCH_LAYOUTS];
    const uint8_t *code_regs;   /* by instructions' numbers; NULL: the same */
    const arch_signal *signals; /* ends with size 0; NULL: none */
    const uint16_t *saved;      /* by register: its place in a ucontext, or 0 */
    /* Kept bits of a code pointer on `os` when nothing better is known; 0:
     * all. */
    uint64_t (*code_mask)(uint32_t os);
    const step *const *(*steps)(uint32_t os); /* NULL-terminated, in order */
} arch;

extern const arch *const arch_table[]; /* NULL-terminated */
const arch *arch_find(uint32_t id);

#endif
