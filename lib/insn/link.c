#include "lib/insn/link.h"

#include "lib/base/reader.h"

enum effect {
    LR_LOST = 1 << 0,
    LR_SAVED = 1 << 1,
    SP_MOVED = 1 << 2,
    FP_MOVED = 1 << 3,
    RETURNS = 1 << 4,
    LR_LOADED = 1 << 5, /* back from where it was saved, if it was */
    FP_LOADED = 1 << 6,
    POPPED = 1 << 7, /* the whole frame: sp is the caller's again */
    JUMPS = 1 << 8
};

typedef struct pattern {
    uint32_t mask, value;
    uint32_t effect;
} pattern;

/* Arm Architecture Reference Manual for A-profile, C4.1 (A64 encodings). */
static const pattern a64[] = {
    {0xFC000000, 0x94000000, LR_LOST},   /* BL */
    {0xFEFFF000, 0xD63F0000, LR_LOST},   /* BLR, BLRAA, BLRAB */
    {0xFC000000, 0x14000000, JUMPS},     /* B */
    {0xFEFFF000, 0xD61F0000, JUMPS},     /* BR, BRAA, BRAB */
    {0xFFFFFC1F, 0xD65F0000, RETURNS},   /* RET */
    {0xFFFFFBFF, 0xD65F0BFF, RETURNS},   /* RETAA, RETAB */
    {0xFE407C00, 0xA8407800, LR_LOADED}, /* LDP x?, x30 */
    {0xFE40001F, 0xA840001E, LR_LOADED}, /* LDP x30, x? */
    {0xFFC0001F, 0xF940001E, LR_LOADED}, /* LDR x30, [x?, #] */
    {0xFFE0001F, 0xF840001E, LR_LOADED}, /* LDUR x30; LDR, pre and post */
    {0xFFC07FFF, 0xA8C07BFD, POPPED},    /* LDP x29, x30, [sp], # */
    {0xFFE007FF, 0xF84007FE, POPPED},    /* LDR x30, [sp], # */
    {0xFFE0FFFF, 0xAA0003FE, LR_LOST},   /* MOV x30, x? */
    {0xFE407C00, 0xA8007800, LR_SAVED},  /* STP x?, x30 */
    {0xFE40001F, 0xA800001E, LR_SAVED},  /* STP x30, x? */
    {0xFFC0001F, 0xF900001E, LR_SAVED},  /* STR x30, [x?, #] */
    {0xFFE0001F, 0xF800001E, LR_SAVED},  /* STUR x30; STR, pre and post */
    {0xFF80001F, 0x9100001F, SP_MOVED},  /* ADD sp, x?, # */
    {0xFF80001F, 0xD100001F, SP_MOVED},  /* SUB sp, x?, # */
    {0xBFE0001F, 0x8B20001F, SP_MOVED},  /* ADD, SUB sp, x?, x? */
    {0x3A8003E0, 0x288003E0, SP_MOVED},  /* pairs, pre and post, at sp */
    {0x3B2007E0, 0x380007E0, SP_MOVED},  /* singles, pre and post, at sp */
    {0xFF80001F, 0x9100001D, FP_MOVED},  /* ADD x29, x?, #; MOV x29, sp */
    {0xFF80001F, 0xD100001D, FP_MOVED},  /* SUB x29, x?, # */
    {0xFE40001F, 0xA840001D, FP_LOADED}, /* LDP x29, x? */
};

/* The same manual, F4.1 (A32 encodings); conditions are ignored. */
static const pattern a32[] = {
    {0x0F000000, 0x0B000000, LR_LOST},   /* BL */
    {0xFE000000, 0xFA000000, LR_LOST},   /* BLX, immediate */
    {0x0FFFFFF0, 0x012FFF30, LR_LOST},   /* BLX, register */
    {0xFF000000, 0xEA000000, JUMPS},     /* B */
    {0x0FFFFFF0, 0x012FFF10, JUMPS},     /* BX */
    {0x0FFFFFFF, 0x012FFF1E, RETURNS},   /* BX lr */
    {0x0FFFFFFF, 0x01A0F00E, RETURNS},   /* MOV pc, lr */
    {0x0E508000, 0x08108000, RETURNS},   /* LDM with pc */
    {0x0C50F000, 0x0410F000, RETURNS},   /* LDR pc */
    {0x0E504000, 0x08104000, LR_LOADED}, /* LDM with lr */
    {0x0FFF4000, 0x08BD4000, POPPED},    /* POP with lr */
    {0x0FFFFFFF, 0x049DE004, POPPED},    /* POP lr alone */
    {0x0E500800, 0x08100800, FP_LOADED}, /* LDM with r11 */
    {0x0C50F000, 0x0410E000, LR_LOADED}, /* LDR lr */
    {0x0C50F000, 0x0410B000, FP_LOADED}, /* LDR r11 */
    {0x0DE0F000, 0x01A0E000, LR_LOST},   /* MOV lr, r? */
    {0x0FFF4000, 0x092D4000, LR_SAVED},  /* PUSH with lr */
    {0x0C50F000, 0x0400E000, LR_SAVED},  /* STR lr */
    {0x0E2F0000, 0x082D0000, SP_MOVED},  /* STM, LDM sp! */
    {0x0F2F0000, 0x052D0000, SP_MOVED},  /* STR, LDR [sp, #]! */
    {0x0F2F0000, 0x040D0000, SP_MOVED},  /* STR, LDR [sp], # */
    {0x0F7F00D0, 0x016D00D0, SP_MOVED},  /* STRD, LDRD [sp, #]! */
    {0x0F7F00D0, 0x004D00D0, SP_MOVED},  /* STRD, LDRD [sp], # */
    {0x0F2F0E00, 0x0D2D0A00, SP_MOVED},  /* VPUSH */
    {0x0DE0F000, 0x01A0D000, SP_MOVED},  /* MOV sp, r? */
    {0x0DE0F000, 0x0040D000, SP_MOVED},  /* SUB sp, r? */
    {0x0DE0F000, 0x0080D000, SP_MOVED},  /* ADD sp, r? */
    {0x0DEFF000, 0x008DB000, FP_MOVED},  /* ADD r11, sp */
    {0x0DEFF000, 0x004CB000, FP_MOVED},  /* SUB r11, r12, which had sp */
    {0x0FEFFFFF, 0x01A0B00D, FP_MOVED},  /* MOV r11, sp */
};

/* The same manual, F3.1 (T32): 16-bit encodings in the low half, 32-bit ones
 * with their first halfword on top. */
static const pattern t16[] = {
    {0xFF80, 0x4780, LR_LOST},             /* BLX, register */
    {0xF800, 0xE000, JUMPS},               /* B */
    {0xFF87, 0x4700, JUMPS},               /* BX */
    {0xFFFF, 0x4770, RETURNS},             /* BX lr */
    {0xFF00, 0xBD00, RETURNS},             /* POP with pc */
    {0xFE00, 0xB400, SP_MOVED},            /* PUSH */
    {0xFF00, 0xB500, LR_SAVED | SP_MOVED}, /* PUSH with lr */
    {0xFE00, 0xBC00, SP_MOVED},            /* POP */
    {0xFF80, 0xBC80, FP_LOADED},           /* POP with r7 */
    {0xFF00, 0xB000, SP_MOVED},            /* ADD, SUB sp, # */
    {0xFF87, 0x4685, SP_MOVED},            /* MOV sp, r? */
    {0xFF00, 0xAF00, FP_MOVED},            /* ADD r7, sp, # */
    {0xFFFF, 0x466F, FP_MOVED},            /* MOV r7, sp */
    {0xFF87, 0x4686, LR_LOST},             /* MOV lr, r? */
};
static const pattern t32[] = {
    {0xF800C000, 0xF000C000, LR_LOST},             /* BL, BLX */
    {0xF800D000, 0xF0009000, JUMPS},               /* B.W */
    {0xFFFF8000, 0xE8BD8000, RETURNS},             /* POP.W with pc */
    {0xFFFFF000, 0xF85DF000, RETURNS},             /* LDR pc, [sp] */
    {0xFFFF4000, 0xE8BD4000, LR_LOADED | POPPED},  /* POP.W with lr */
    {0xFFFFFFFF, 0xF85DEB04, LR_LOADED | POPPED},  /* POP lr alone */
    {0xFF70F000, 0xF850E000, LR_LOADED},           /* LDR lr */
    {0xFFFF0080, 0xE8BD0080, FP_LOADED},           /* POP.W with r7 */
    {0xFF70F000, 0xF8507000, FP_LOADED},           /* LDR r7 */
    {0xFF70F000, 0xF840E000, LR_SAVED},            /* STR lr */
    {0xFFFF0000, 0xE92D0000, SP_MOVED},            /* PUSH.W */
    {0xFFFF4000, 0xE92D4000, LR_SAVED | SP_MOVED}, /* PUSH.W with lr */
    {0xFFFF0FFF, 0xF84D0D04, SP_MOVED},            /* STR [sp, #-4]! */
    {0xFF7F0000, 0xE96D0000, SP_MOVED},            /* STRD [sp, #]! */
    {0xFFBF0E00, 0xED2D0A00, SP_MOVED},            /* VPUSH */
    {0xFBEF8F00, 0xF1AD0D00, SP_MOVED},            /* SUB.W sp, sp, # */
    {0xFBFF8F00, 0xF2AD0D00, SP_MOVED},            /* SUBW sp, sp, # */
    {0xFFEF8F00, 0xEBAD0D00, SP_MOVED},            /* SUB.W sp, sp, r? */
};

static uint32_t effects(const pattern *table, size_t count, uint32_t code)
{
    uint32_t all = 0;
    for (size_t i = 0; i < count; i++)
        if ((code & table[i].mask) == table[i].value)
            all |= table[i].effect;
    return all;
}

#define EFFECTS(table, code)                                                   \
    effects(table, sizeof table / sizeof *table, (code))

static uint32_t next_thumb(reader *r)
{
    uint32_t half = reader_u16(r);
    if (half >> 11 < 0x1D)
        return EFFECTS(t16, half);
    uint32_t code = half << 16 | reader_u16(r);
    return EFFECTS(t32, code);
}

/* In the order of the instructions: an epilogue brings back what a prologue has
 * saved. A frame is popped once, so sp counts as the caller's from there on; a
 * jump after that leaves the function as a return does. */
static void carry_out(link_use *use, uint32_t effect)
{
    if (effect & LR_LOST)
        use->lr_lost = true;
    if (effect & LR_LOADED)
        use->lr_lost = !use->lr_saved;
    if (effect & LR_SAVED && !use->lr_lost) /* else it is something else */
        use->lr_saved = true;
    if (effect & SP_MOVED)
        use->sp_moved = true;
    if (effect & POPPED) {
        use->sp_moved = false;
        use->popped = true;
    }
    if (effect & FP_MOVED)
        use->fp_moved = true;
    if (effect & FP_LOADED)
        use->fp_moved = false;
    if (effect & RETURNS || (effect & JUMPS && use->popped))
        use->known = false;
}

static uint32_t next(uint32_t arch, bool thumb, reader *r)
{
    if (thumb)
        return next_thumb(r);
    uint32_t word = reader_u32(r);
    return arch == MDW_ARCH_ARM64 ? EFFECTS(a64, word) : EFFECTS(a32, word);
}

link_use link_trace(uint32_t arch, bool thumb, mdw_bytes code)
{
    reader r = reader_at(code, 0, 0, false);
    link_use use = {.known = arch == MDW_ARCH_ARM64 || arch == MDW_ARCH_ARM};
    while (use.known && reader_left(&r))
        carry_out(&use, next(arch, thumb, &r));
    use.known &= !r.bad;
    return use;
}

static bool has(uint32_t arch, bool thumb, mdw_bytes code, uint32_t effect)
{
    reader r = reader_at(code, 0, 0, false);
    bool known = arch == MDW_ARCH_ARM64 || arch == MDW_ARCH_ARM;
    bool found = false;
    while (known && !found && reader_left(&r))
        found = next(arch, thumb, &r) & effect && !r.bad;
    return found;
}

bool link_returns(uint32_t arch, bool thumb, mdw_bytes code)
{
    return has(arch, thumb, code, RETURNS);
}

bool link_sets_frame(uint32_t arch, bool thumb, mdw_bytes code)
{
    return has(arch, thumb, code, FP_MOVED);
}
