/* lib/unwind/step.h - one way of getting from a frame to its caller. */
#ifndef MDW_UNWIND_STEP_H
#define MDW_UNWIND_STEP_H

#include "mdwalk/unwind.h"

typedef struct step {
    const char *name;
    uint32_t trust;
    uint32_t source;   /* rows may name their own */
    uint32_t choices;  /* at most so many answers for one frame */
    uint32_t enough;   /* a grade that ends asking this step */
    bool context_only; /* makes sense from an exact pc alone */
    bool files;        /* bytes of code that the dump lacks may be files' */
    bool keeps;        /* what the ABI preserves survives this step */
    /* MDW_OK with the choice-th row, MDW_ABSENT to try the next step, MDW_END
     * when this is known to be the outermost frame, MDW_AGAIN. */
    mdw_status (*run)(mdw_walk *w, uint32_t choice, mdw_row *row);
} step;

extern const step step_code;       /* what the bytes at an exact pc say */
extern const step step_code_files; /* the same of bytes of files */
extern const step step_rows;       /* whatever the image's row function knows */
extern const step step_frame_ptr;  /* both x86 */
extern const step step_frame_ptr_arm;   /* clang's and GCC's layout, Thumb */
extern const step step_frame_ptr_arm64; /* sp is known as a bound alone */
extern const step step_link_reg;        /* a leaf on a link-register machine */
extern const step step_link_guess;      /* the same, unproven */
extern const step step_leaf;            /* a leaf that has pushed nothing */
extern const step step_scan;

#endif
