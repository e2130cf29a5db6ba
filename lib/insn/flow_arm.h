/* lib/insn/flow_arm.h - what instructions of ARM and Thumb have in common when
 * they are followed. */
#ifndef MDW_INSN_FLOW_ARM_H
#define MDW_INSN_FLOW_ARM_H

#include "lib/insn/flow_parts.h"

enum { ARM_SP = 13, ARM_LR = 14, ARM_PC = 15 };

/* An address counted from a register, which may move to it before or after. */
typedef struct arm_access {
    unsigned base;
    int64_t offset;
    bool before, after;
} arm_access;

void arm_set(flow_state *s, unsigned reg, flow_place to);
void arm_clobber(flow_state *s, unsigned reg);
void arm_set_number(flow_state *s, unsigned reg, uint32_t number);
/* To `reg`, from `from`; `by` is negative for a subtraction. */
void arm_add(flow_state *s, unsigned reg, unsigned from, int64_t by);
/* The same of a register whose number may be known. */
void arm_add_register(flow_state *s, unsigned reg, unsigned from, unsigned by,
                      bool minus);
void arm_move(flow_state *s, unsigned reg, unsigned from);
/* MOVT: the upper half of what is in `reg`. */
void arm_move_top(flow_state *s, unsigned reg, uint32_t half);
/* LDM, STM: `down` is DB. */
void arm_multiple(flow_state *s, flow_step *step, uint32_t word, bool down);
/* `count` registers from `reg` on, of a word each. */
void arm_transfer(flow_state *s, flow_step *step, bool load, unsigned reg,
                  unsigned count, const arm_access *a);
/* What writes its base alone. */
void arm_write_back(flow_state *s, const arm_access *a);
/* A32's encoding, and T32's where its condition is 14 or 15. */
void arm_coprocessor(flow_state *s, flow_step *step, uint32_t word);
/* BX, BLX, MOV to pc: to what is in `reg`. */
void arm_branch_to(flow_state *s, flow_step *step, unsigned reg, bool call);
void arm_called(flow_state *s, flow_step *step);
/* Makes of `after` what is known where the instruction may not have been
 * carried out. */
void arm_perhaps(const flow_state *before, flow_state *after, flow_step *step);

/* T32, under a condition or not. */
flow_step flow_thumb(flow_state *s, mdw_bytes bytes);

#endif
