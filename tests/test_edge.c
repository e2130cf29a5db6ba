/* tests/test_edge.c - the first and the last instructions of functions.
 * Encodings are those that objdump gives back for the text in the claims. */
#include "lib/insn/edge.h"

#include <stdlib.h>

#include "t.h"

enum { I386, X64, A64, A32, T32 };

/* "ret@8 sp=16 5@0": the return address lies at 8, the caller's sp is 16, its
 * register 5 lies at 0; lr: it is in the link register; fp: counted from it. */
typedef struct row {
    const char *claim;
    int state;
    const char *code, *want;
} row;

static const row ends[] = {
    {"ret", X64, "c3", "ret@0 sp=8"},
    {"ret 0x14", I386, "c21400", "ret@0 sp=24"},
    {"rep ret; bnd ret", X64, "f3c3", "ret@0 sp=8"},
    {"bnd ret", X64, "f2c3", "ret@0 sp=8"},
    {"rep movsb is no return", X64, "f3a4c3", "?"},
    {"pop rbx; pop r12; ret", X64, "5b415cc3", "ret@16 sp=24 3@0 12@8"},
    {"pop ebp; pop edx; pop ecx; ret", I386, "5d5a59c3",
     "ret@12 sp=16 5@0 2@4 1@8"},
    {"pop rsp", X64, "5cc3", "?"},
    {"add rsp, 0x28; pop rbp; ret", X64, "4883c4285dc3", "ret@48 sp=56 5@40"},
    {"add rsp, 0x128; ret", X64, "4881c428010000c3", "ret@296 sp=304"},
    {"add esp, 0xc; ret", I386, "83c40cc3", "ret@12 sp=16"},
    {"add esp, 0xc does not touch rsp", X64, "83c40cc3", "?"},
    {"add rax, 8; ret", X64, "4883c008c3", "?"},
    {"leave; ret", X64, "c9c3", "fp ret@8 sp=16 5@0"},
    {"pop rbx; leave; ret", X64, "5bc9c3", "?"},
    {"cmp rax, -4095; ja; ret", X64, "483d01f0ffff7701c3", "ret@0 sp=8"},
    {"cmp rax, -4095; ja, near; ret", X64, "483d01f0ffff0f8701000000c3",
     "ret@0 sp=8"},
    {"je; ret", X64, "7401c3", "?"},
    {"nop; ret", X64, "90c3", "ret@0 sp=8"},
    {"mov eax, ebx; ret", X64, "89d8c3", "?"},
    {"half a ret", X64, "c214", "?"},
    {"nothing", X64, "", "?"},
    {"ret", A64, "c0035fd6", "lr sp=0"},
    {"retaa", A64, "ff0b5fd6", "lr sp=0"},
    {"ldp x29, x30, [sp], 32; ret", A64, "fd7bc2a8c0035fd6",
     "ret@8 sp=32 29@0 30@8"},
    {"ldp x19, x20, [sp, 16]; ldp x29, x30, [sp], 32; autiasp; ret", A64,
     "f35341a9fd7bc2a8bf2303d5c0035fd6", "ret@8 sp=32 19@16 20@24 29@0 30@8"},
    {"ldr x30, [sp], 16; ret", A64, "fe0741f8c0035fd6", "ret@0 sp=16 30@0"},
    {"ldr x19, [sp, 16]; add sp, sp, 48; ret", A64, "f30b40f9ffc30091c0035fd6",
     "lr sp=48 19@16"},
    {"add sp, sp, 1, lsl 12; ret", A64, "ff074091c0035fd6", "lr sp=4096"},
    {"ldp x29, x30, [x1], 32", A64, "3d78c2a8c0035fd6", "?"},
    {"mov x0, x1; ret", A64, "e00301aac0035fd6", "?"},
    {"bx lr", A32, "1eff2fe1", "lr sp=0"},
    {"pop {r4, pc}", A32, "1080bde8", "ret@4 sp=8 4@0"},
    {"pop {pc}", A32, "04f09de4", "ret@0 sp=4"},
    {"pop {r4, lr}; bx lr", A32, "1040bde81eff2fe1", "ret@4 sp=8 4@0 14@4"},
    {"add sp, sp, 8; pop {fp, pc}", A32, "08d08de20088bde8",
     "ret@12 sp=16 11@8"},
    {"mov r0, r1; bx lr", A32, "0100a0e11eff2fe1", "?"},
    {"bx lr", T32, "7047", "lr sp=0"},
    {"pop {r7, pc}", T32, "80bd", "ret@4 sp=8 7@0"},
    {"add sp, 8; pop {r4, pc}", T32, "02b010bd", "ret@12 sp=16 4@8"},
    {"pop.w {r8, pc}", T32, "bde80081", "ret@4 sp=8 8@0"},
    {"nop; mov r0, r1", T32, "00bf0846", "?"},
};

static mdw_bytes bytes_of(const char *hex, uint8_t *out)
{
    size_t n = 0;
    for (; *hex; hex += 2) {
        char two[3] = {hex[0], hex[1], 0};
        out[n++] = (uint8_t)strtoul(two, NULL, 16);
    }
    return (mdw_bytes){out, n};
}

static void check(const row *r, edge e)
{
    char got[200] = "?";
    size_t n = 0;
    t_case = r->claim;
    if (e.known) {
        n += (size_t)snprintf(got, sizeof got, "%s", e.by_fp ? "fp " : "");
        if (e.in_link)
            n += (size_t)snprintf(got + n, sizeof got - n, "lr");
        else
            n +=
                (size_t)snprintf(got + n, sizeof got - n, "ret@%d", (int)e.ret);
        n += (size_t)snprintf(got + n, sizeof got - n, " sp=%d",
                              (int)e.caller_sp);
        for (uint8_t i = 0; i < e.count; i++)
            n += (size_t)snprintf(got + n, sizeof got - n, " %u@%d",
                                  e.save[i].reg, (int)e.save[i].at);
    }
    CHECK(strcmp(got, r->want) == 0);
    if (strcmp(got, r->want) != 0)
        fprintf(stderr, "  got  %s\n  want %s\n", got, r->want);
}

static uint32_t arch_of(int state)
{
    return state == I386  ? MDW_ARCH_X86
           : state == X64 ? MDW_ARCH_X86_64
           : state == A64 ? MDW_ARCH_ARM64
                          : MDW_ARCH_ARM;
}

int main(void)
{
    uint8_t raw[64];
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        check(&ends[i], edge_end(arch_of(ends[i].state), ends[i].state == T32,
                                 bytes_of(ends[i].code, raw)));
    uint8_t pops[40];
    memset(pops, 0x5B, sizeof pops);
    pops[39] = 0xC3;
    t_case = "no function pops so much";
    CHECK(!edge_end(MDW_ARCH_X86, false, (mdw_bytes){pops, 40}).known);
    return t_done();
}
