/* tests/cfi_cases.c - unwind tables of what compilers seldom write, in
 * .eh_frame and in .debug_frame, on ARM in .ARM.exidx too. Assembled, never
 * run. */
#if defined __x86_64__
#define SP "7"
#define FP "6"
#define RA "16"
#elif defined __i386__
#define SP "4"
#define FP "5"
#define RA "8"
#elif defined __arm__
#define SP "13"
#define FP "11"
#define RA "14"
#else
#define SP "31"
#define FP "29"
#define RA "30"
#endif

#if defined __arm__ /* .ARM.exidx: nothing saved, lr returns */
#define ALSO ".fnstart\n"
#define END ".fnend\n"
#else
#define ALSO ""
#define END ""
#endif

#define FUNCTION(name, rows)                                                   \
    __asm__(".text\n" name ":\n" ALSO ".cfi_startproc\n" rows                  \
            "nop\n.cfi_endproc\n" END)

__asm__(".cfi_sections .eh_frame, .debug_frame\n");

/* DW_CFA_def_cfa_expression breg(SP) 16, deref; DW_CFA_expression FP breg(SP)
 * 8; the same of the return address, its value. */
FUNCTION("signal_frame", ".cfi_signal_frame\n"
                         ".cfi_escape 0x0f, 3, 0x70 + " SP ", 16, 0x06\n"
                         "nop\n"
                         ".cfi_escape 0x10, " FP ", 2, 0x70 + " SP ", 8\n"
                         "nop\n"
                         ".cfi_escape 0x16, " RA ", 2, 0x70 + " FP ", 24\n");
FUNCTION("outermost", ".cfi_undefined " RA "\nnop\n");
/* As in a PLT: breg(SP) 8, breg(FP) 0, lit15, and, lit11, ge, lit3, shl, plus.
 */
FUNCTION("computed", ".cfi_escape 0x0f, 11, 0x70 + " SP ", 8, 0x70 + " FP
                     ", 0, 0x3f, 0x1a, 0x3b, 0x2a, 0x33, 0x24, 0x22\n"
                     "nop\n"
                     ".cfi_def_cfa " FP ", 16\n");
FUNCTION("copied", ".cfi_register " RA ", " FP "\nnop\n"
                   ".cfi_same_value " FP "\nnop\n"
                   ".cfi_remember_state\n.cfi_def_cfa_offset 64\nnop\n"
                   ".cfi_escape 0x14, " SP ", 4\nnop\n"
                   ".cfi_restore_state\n.cfi_escape 0x2e, 16\nnop\n");
#if defined __aarch64__
FUNCTION("signed", ".cfi_b_key_frame\n.cfi_negate_ra_state\nnop\n"
                   ".cfi_offset 30, -8\n.cfi_def_cfa_offset 16\nnop\n"
                   ".cfi_negate_ra_state\n");
#endif
