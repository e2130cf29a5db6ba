/* lib/base/ckd.h - checked arithmetic with C23's meaning: true if the result
 * does not fit. */
#ifndef MDW_BASE_CKD_H
#define MDW_BASE_CKD_H

#define ckd_add(out, a, b) __builtin_add_overflow((a), (b), (out))
#define ckd_sub(out, a, b) __builtin_sub_overflow((a), (b), (out))
#define ckd_mul(out, a, b) __builtin_mul_overflow((a), (b), (out))

#endif
