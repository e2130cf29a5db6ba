/* tests/test_link.c - what code has done to the way back, up to some place in
 * functions that GCC 12 and clang 14 have made. */
#include <stdlib.h>

#include "lib/insn/link.h"
#include "t.h"

enum { A64, A32, T32 };

typedef struct row {
    const char *claim;
    int state;
    const char *code; /* hex, as it lies in memory */
    const char *want; /* l lr lost, s lr saved, p sp moved, f fp moved, g popped
                         and gone; ? unknown */
} row;

static const row rows[] = {
    {"at the entry", A64, "", ""},
    {"bti c; mov w2, #0", A64, "5f2403d5 02008052", ""},
    {"a leaf: sub sp, sp, #0x20; str x0, [sp, #8]", A64, "ff8300d1 e00700f9",
     "p"},
    {"and back: add sp, sp, #0x20", A64, "ff8300d1 ff830091", "p"},
    {"stp x29, x30, [sp, #-48]!", A64, "fd7bbda9", "sp"},
    {"paciasp; stp; mov x29, sp", A64, "3f2303d5 fd7bbfa9 fd030091", "spf"},
    {"and bl", A64, "fd7bbfa9 fd030091 00000094", "lspf"},
    {"and ldp x29, x30, [sp], #16", A64, "fd7bbfa9 fd030091 00000094 fd7bc1a8",
     "sg"},
    {"and autiasp", A64, "fd7bbfa9 fd030091 00000094 fd7bc1a8 bf2303d5", "sg"},
    {"and a return", A64, "fd7bbfa9 fd030091 00000094 fd7bc1a8 c0035fd6", "?"},
    {"and a tail call", A64, "fd7bbfa9 fd030091 00000094 fd7bc1a8 00000014",
     "?"},
    {"and one through a register", A64, "fd7bbfa9 fd7bc1a8 00021fd6", "?"},
    {"a jump in the body", A64, "fd7bbfa9 fd030091 00000014", "spf"},
    {"clang: stp; str x21; mov x29; stp x20, x19, [sp, #32]", A64,
     "fd7bbda9 f50b00f9 fd030091 f44f02a9", "spf"},
    {"clang: sub sp, sp, #320; str x29, [sp, #304]", A64, "ff0305d1 fd9b00f9",
     "p"},
    {"stp x30, x19, [sp, #16]", A64, "fe4f01a9", "s"},
    {"ldp x20, x30, [sp, #16] of nothing", A64, "f47b41a9", "l"},
    {"str x30, [sp, #-16]!", A64, "fe0f1ff8", "sp"},
    {"str x30; blr x8; ldr x30, [sp], #16", A64, "fe0f1ff8 00013fd6 fe0741f8",
     "sg"},
    {"stur x30, [sp, #8]", A64, "fe8300f8", "s"},
    {"ldur x30, [x29, #-8] of nothing", A64, "be835ff8", "l"},
    {"blr x8", A64, "00013fd6", "l"},
    {"blraa x8, x9", A64, "09093fd7", "l"},
    {"blraaz x8", A64, "1f093fd6", "l"},
    {"blrabz x8", A64, "1f0d3fd6", "l"},
    {"mov x30, x5", A64, "fe0305aa", "l"},
    {"ret", A64, "c0035fd6", "?"},
    {"retaa", A64, "ff0b5fd6", "?"},
    {"retab", A64, "ff0f5fd6", "?"},
    {"mov sp, x29", A64, "bf030091", "p"},
    {"sub sp, sp, x1", A64, "ff6321cb", "p"},
    {"add sp, sp, x1", A64, "ff63218b", "p"},
    {"str x19, [sp, #-32]!", A64, "f30f1ef8", "p"},
    {"str d8, [sp, #-32]!", A64, "e80f1efc", "p"},
    {"stp d8, d9, [sp, #-32]!", A64, "e827be6d", "p"},
    {"ldp x19, x20, [sp], #32", A64, "f353c2a8", "p"},
    {"ldr x9, [sp, #8]; str x0, [sp, #8]", A64, "e90740f9 e00700f9", ""},
    {"half an instruction", A64, "ff83", "?"},

    {"GCC's leaf: push {fp}; add fp, sp, #0; sub sp, sp, #20", A32,
     "04b02de5 00b08de2 14d04de2", "pf"},
    {"and back: add sp, fp, #0; pop {fp}", A32,
     "04b02de5 00b08de2 14d04de2 00d08be2 04b09de4", "p"},
    {"GCC: push {fp, lr}; add fp, sp, #4", A32, "00482de9 04b08de2", "spf"},
    {"and bl", A32, "00482de9 04b08de2 feffffeb", "lspf"},
    {"and pop {fp, pc}", A32, "00482de9 0088bde8", "?"},
    {"clang: push {r11, lr}; mov r11, sp", A32, "00482de9 0db0a0e1", "spf"},
    {"clang: push {r4, r5, r11, lr}; add r11, sp, #8; sub sp", A32,
     "30482de9 08b08de2 13de4de2", "spf"},
    {"GCC -O2: push {r4, lr}; bl; pop {r4, lr}", A32,
     "10402de9 feffffeb 1040bde8", "sg"},
    {"and a tail call", A32, "10402de9 feffffeb 1040bde8 feffffea", "?"},
    {"and one through a register", A32, "10402de9 1040bde8 13ff2fe1", "?"},
    {"push {lr}; pop {lr}", A32, "04e02de5 04e09de4", "sg"},
    {"sub sp, sp, #304", A32, "13de4de2", "p"},
    {"sub sp, sp, r3", A32, "03d04de0", "p"},
    {"mov sp, fp", A32, "0bd0a0e1", "p"},
    {"strd r4, r5, [sp, #-24]!; str lr, [sp, #20]", A32, "f8416de1 14e08de5",
     "sp"},
    {"ldrd r4, r5, [sp], #24", A32, "d841cde0", "p"},
    {"ldr lr, [sp, #20] of nothing", A32, "14e09de5", "l"},
    {"vpush {d8, d9}", A32, "048b2ded", "p"},
    {"ldr r4, [sp], #8", A32, "08409de4", "p"},
    {"mov ip, sp; push {fp, ip, lr, pc}; sub fp, ip, #4", A32,
     "0dc0a0e1 00d82de9 04b04ce2", "spf"},
    {"add fp, r0, r1; mov fp, r3: no frame pointer", A32, "01b080e0 03b0a0e1",
     ""},
    {"blx r3", A32, "33ff2fe1", "l"},
    {"blx to Thumb", A32, "050000fa", "l"},
    {"blx; str lr: it is of the call's", A32, "050000fa 00e080e5", "l"},
    {"mov lr, pc", A32, "0fe0a0e1", "l"},
    {"mov pc, lr", A32, "0ef0a0e1", "?"},
    {"bx lr", A32, "1eff2fe1", "?"},
    {"bxeq lr", A32, "1eff2f01", "?"},
    {"ldr pc, [r3, r2, lsl #2]", A32, "02f193e7", "?"},
    {"str fp, [sp, #8]; ldr r0, [sp]", A32, "08b08de5 00009de5", ""},

    {"GCC's leaf: push {r7}; sub sp, #20; add r7, sp, #0", T32,
     "80b4 85b0 00af", "pf"},
    {"and back: adds r7, #20; mov sp, r7; ldr.w r7, [sp], #4", T32,
     "80b4 85b0 00af 1437 bd46 5df8047b", "p"},
    {"GCC: push {r7, lr}; sub sp, #16; add r7, sp, #0; bl", T32,
     "80b5 84b0 00af fff7feff", "lspf"},
    {"and pop {r7, pc}", T32, "80b5 84b0 00af 80bd", "?"},
    {"clang: push {r7, lr}; mov r7, sp", T32, "80b5 6f46", "spf"},
    {"clang: push {r4-r7, lr}; add r7, sp, #12; str r11, [sp, #-4]!", T32,
     "f0b5 03af 4df804bd", "spf"},
    {"push {r4, r5}; pop {r4, r5}", T32, "30b4 30bc", "p"},
    {"push {r7}; mov r7, sp; pop {r7}", T32, "80b4 6f46 80bc", "p"},
    {"push.w {r4, r8, lr}; bl; pop.w {r4, r8, lr}", T32,
     "2de91041 fff7feff bde81041", "sg"},
    {"and b.n", T32, "2de91041 bde81041 fee7", "?"},
    {"and b.w", T32, "2de91041 bde81041 fff7febf", "?"},
    {"and bx r3", T32, "2de91041 bde81041 1847", "?"},
    {"pop.w {r4, r8, pc}", T32, "bde81081", "?"},
    {"str.w lr, [sp, #-4]!; ldr.w lr, [sp], #4", T32, "4df804ed 5df804eb",
     "sg"},
    {"str.w lr, [sp, #20]", T32, "cdf814e0", "s"},
    {"ldr.w lr, [sp, #20] of nothing", T32, "ddf814e0", "l"},
    {"ldr pc, [sp], #4", T32, "5df804fb", "?"},
    {"vpush {d8}", T32, "2ded028b", "p"},
    {"sub.w sp, sp, #4800", T32, "adf5965d", "p"},
    {"subw sp, sp, #301", T32, "adf22d1d", "p"},
    {"sub.w sp, sp, r3", T32, "adeb030d", "p"},
    {"strd r4, r5, [sp, #-16]!", T32, "6de90445", "p"},
    {"blx r3", T32, "9847", "l"},
    {"mov lr, r3", T32, "9e46", "l"},
    {"bx lr", T32, "7047", "?"},
    {"half an instruction", T32, "fff7", "?"},
};

static mdw_bytes bytes_of(const char *hex, uint8_t *out)
{
    size_t n = 0;
    for (; *hex; hex += 2) {
        if (*hex == ' ')
            hex++;
        char two[3] = {hex[0], hex[1], 0};
        out[n++] = (uint8_t)strtoul(two, NULL, 16);
    }
    return (mdw_bytes){out, n};
}

static void run(const row *r)
{
    uint8_t raw[64];
    char got[8] = "?";
    t_case = r->claim;
    uint32_t arch = r->state == A64 ? MDW_ARCH_ARM64 : MDW_ARCH_ARM;
    link_use u = link_trace(arch, r->state == T32, bytes_of(r->code, raw));
    if (u.known)
        snprintf(got, sizeof got, "%s%s%s%s%s", u.lr_lost ? "l" : "",
                 u.lr_saved ? "s" : "", u.sp_moved ? "p" : "",
                 u.fp_moved ? "f" : "", u.popped ? "g" : "");
    CHECK(!strcmp(got, r->want));
    if (strcmp(got, r->want))
        fprintf(stderr, "  got \"%s\", want \"%s\"\n", got, r->want);
}

int main(void)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        run(&rows[i]);
    static const struct {
        const char *claim;
        int state;
        const char *code;
        bool want;
    } returns[] = {
        {"ret", A64, "1f2003d5 c0035fd6", true},
        {"nop", A64, "1f2003d5 1f2003d5", false},
        {"half a ret", A64, "1f2003d5 c003", false},
        {"bx lr", A32, "0000a0e1 1eff2fe1", true},
        {"bx lr", T32, "00bf 7047", true},
        {"ARM's in Thumb", T32, "1eff2fe1", false},
    };
    for (size_t i = 0; i < sizeof returns / sizeof *returns; i++) {
        uint8_t raw[64];
        t_case = returns[i].claim;
        uint32_t arch = returns[i].state == A64 ? MDW_ARCH_ARM64 : MDW_ARCH_ARM;
        CHECK(link_returns(arch, returns[i].state == T32,
                           bytes_of(returns[i].code, raw)) == returns[i].want);
    }
    static const struct {
        const char *claim;
        int state;
        const char *code;
        bool want;
    } frames[] = {
        {"mov x29, sp", A64, "1f2003d5 fd030091", true},
        {"mov x28, sp", A64, "1f2003d5 fc030091", false},
        {"behind a return", A64, "c0035fd6 fd030091", true},
        {"add fp, sp, #4", A32, "04b08de2", true},
        {"add r7, sp, #0", T32, "00af", true},
        {"nop", T32, "00bf", false},
    };
    for (size_t i = 0; i < sizeof frames / sizeof *frames; i++) {
        uint8_t raw[64];
        t_case = frames[i].claim;
        uint32_t arch = frames[i].state == A64 ? MDW_ARCH_ARM64 : MDW_ARCH_ARM;
        CHECK(link_sets_frame(arch, frames[i].state == T32,
                              bytes_of(frames[i].code, raw)) == frames[i].want);
    }
    t_case = "machines without a link register";
    CHECK(!link_returns(MDW_ARCH_X86, false, (mdw_bytes){NULL, 0}));
    CHECK(!link_trace(MDW_ARCH_X86_64, false, (mdw_bytes){NULL, 0}).known);
    CHECK(!link_trace(MDW_ARCH_UNKNOWN, false, (mdw_bytes){NULL, 0}).known);
    return t_done();
}
