/* tests/test_flow.c - the frames of functions by their code. Encodings are
 * those that objdump gives back for the text in the claims; flow_oracle.c asks
 * about whole libraries. */
#include "lib/insn/flow.h"

#include <stdlib.h>

#include "t.h"

enum { I386, X64, A64, WIN32, A32, T32 };

/* `at`: from the start to there; C: it is returned to; R: from there to the
 * return. "ret@8 sp=16 5@0": the return address lies at 8, the caller's sp is
 * 16, its register 5 lies at 0; lr: it is in the link register; fp: counted
 * from it; at: the caller's sp is stored there; plain: nothing else was done.
 */
typedef struct row {
    const char *claim;
    int machine;
    const char *code, *at, *want;
} row;

static const row starts[] = {
    {"at the entry", X64, "", "0", "ret@0 sp=8 plain"},
    {"endbr64", X64, "f30f1efa", "4", "ret@0 sp=8 plain"},
    {"push rbp", X64, "55", "1", "ret@8 sp=16 5@0 plain"},
    {"push rbp; mov rbp, rsp", X64, "554889e5", "4", "ret@8 sp=16 5@0 plain"},
    {"push ebp; mov ebp, esp, the other way; sub esp, 0x18", I386,
     "558bec83ec18", "6", "ret@28 sp=32 5@24 plain"},
    {"push r15; push rbx; sub rsp, 0x118", X64,
     "41575348"
     "81ec18010000",
     "a", "ret@296 sp=304 3@280 15@288 plain"},
    {"sub ebp, 8", I386, "83ed08", "3", "ret@0 sp=4"},
    {"push rbp; mov eax, 1", X64, "55b801000000", "6", "ret@8 sp=16 5@0"},
    {"half an instruction", X64, "4881ec18", "4", "?"},
    {"a frame of 256 MiB", X64, "4881ec00000010", "7",
     "ret@268435456 sp=268435464 plain"},
    {"no frame is larger", X64, "4881ec01000010", "7", "?"},
    {"no such place", X64, "5548", "3", "?"},
    {"sub rsp, 0x28; add rsp, 0x28", X64, "4883ec284883c428", "8",
     "ret@0 sp=8"},
    {"push rbx; pop rbx", X64, "535b", "2", "ret@0 sp=8"},
    {"push rbx; pop rcx, which isn't the register that was saved", X64, "5359",
     "2", "ret@0 sp=8"},
    {"mov [rsp-8], rbx; sub rsp, 0x18", X64, "48895c24f84883ec18", "9",
     "ret@24 sp=32 3@16"},
    {"sub rsp, rax: only a frame pointer knows", X64, "554889e54829c4", "7",
     "fp ret@8 sp=16 5@0"},
    {"sub rsp, rax without one", X64, "4829c4", "3", "?"},
    {"mov eax, 20000; sub rsp, rax", X64, "b8204e00004829c4", "8",
     "ret@20000 sp=20008"},
    {"push rbp; mov rbp, rsp; and rsp, -32", X64, "554889e54883e4e0", "8",
     "fp ret@8 sp=16 5@0"},
    {"leave", X64, "554889e54883ec10c9", "9", "ret@0 sp=8"},
    {"lea rsp, [rbp-8]", X64, "554889e553504829c4488d65f8", "d",
     "ret@16 sp=24 3@0 5@8"},
    {"lea r11, [rsp-0x4000]; sub rsp, 0x1000; or [rsp], 0; cmp rsp, r11; jne",
     X64, "4c8d9c2400c0ffff4881ec00100000830c24004c39dc75ef", "18",
     "ret@16384 sp=16392"},
    {"lea ecx, [esp+4]; and esp, -16; push [ecx-4]; push ebp; mov ebp, esp; "
     "push edi; push ecx; sub esp, 0x18",
     I386, "8d4c240483e4f0ff71fc5589e5575183ec18", "12",
     "at sp=24 1@24 5@32 7@28"},
    {"and before ecx is stored", I386, "8d4c240483e4f0ff71fc5589e557", "e",
     "?"},
    {"call next; pop ebx", I386, "e8000000005b", "6", "ret@0 sp=4"},
    {"je over a push: the other way meets it with less", X64,
     "740153"
     "90",
     "4", "ret@0 sp=8"},
    {"a return in between is passed by a branch", X64,
     "55740253"
     "c390",
     "5", "ret@8 sp=16 5@0"},
    {"behind a return nobody comes", X64, "55c390", "3", "?"},
    {"jmp over it", X64, "55eb01c390", "5", "ret@8 sp=16 5@0"},
    {"jmp back", X64, "eb0355eb0290ebfa9090", "a", "ret@8 sp=16 5@0"},
    {"a call that never returns in front of a branch's target", X64,
     "557403"
     "50"
     "50"
     "e800010000"
     "90",
     "b", "ret@24 sp=32 0@8 5@16"},
    {"the same, returned to", X64,
     "5574075050e800010000"
     "90",
     "a C", "ret@24 sp=32 0@8 5@16"},
    {"interrupted there", X64,
     "5574075050e800010000"
     "90",
     "a", "ret@8 sp=16 5@0"},
    {"jmp rax, and a case behind it", X64, "55ffe090", "4", "ret@8 sp=16 5@0"},
    {"zeros are no code", X64, "5500000000", "5", "?"},
    {"what is called may take its arguments with it", WIN32,
     "5589e550e800010000", "9", "fp ret@4 sp=8 0@-4 5@0"},
    {"without a frame pointer nobody knows", WIN32, "50e800010000", "6", "?"},
    {"enter", X64, "c8100000", "4", "?"},
    {"the least number, taken away", X64, "48b800000000000000804829c4", "d",
     "?"},
    {"at the entry", A64, "", "0", "lr sp=0 plain"},
    {"paciasp; stp x29, x30, [sp, -32]!; mov x29, sp", A64,
     "3f2303d5fd7bbea9fd030091", "c", "ret@8 sp=32 29@0 30@8 plain"},
    {"stp x19, x30, [sp, -48]!", A64, "f37bbda9", "4",
     "ret@8 sp=48 19@0 30@8 plain"},
    {"str x30, [sp, -16]!; bl", A64, "fe0f1ff8400000940000000000000000", "8 C",
     "ret@0 sp=16 30@0"},
    {"sub sp, sp, 48; stp x20, x19, [sp, 32]; stp x29, x30, [sp, 16]", A64,
     "ffc300d1f44f02a9fd7b01a9", "c",
     "ret@24 sp=48 19@40 20@32 29@16 30@24 plain"},
    {"sub sp, sp, 4, lsl 12; sub sp, sp, 0xe30", A64, "ff1340d1ffc338d1", "8",
     "lr sp=20016 plain"},
    {"mov x12, 0x4e30; sub sp, sp, x12", A64, "0cc689d2ff632ccb", "8",
     "lr sp=20016"},
    {"mov x12, 0x10000; movk x12, 0x4e30; sub sp, sp, x12", A64,
     "2c00a0d20cc689f2ff632ccb", "c", "lr sp=85552"},
    {"sub sp, sp, x13, which nobody knows", A64, "0cc689d2ff632dcb", "8", "?"},
    {"stp x29, x30, [sp, -32]!; mov x29, sp; sub sp, sp, x1", A64,
     "fd7bbea9fd030091ff6321cb", "c", "fp ret@8 sp=32 29@0 30@8"},
    {"str d8, [sp, -16]!: a vector moves sp, too", A64, "e80f1ffc", "4",
     "lr sp=16 plain"},
    {"stp q8, q9, [sp, -64]!", A64, "e827beAD", "4", "lr sp=64 plain"},
    {"ldp x19, x30, [sp], 48", A64, "f37bbda9f37bc3a8", "8", "lr sp=0"},
    {"bl without having saved x30", A64, "40000094", "4 C", "?"},
    {"str x30, [x0] saves it nowhere", A64, "1e0000f940000094", "8 C", "?"},
    {"mov x30, x1", A64, "fe0301aa", "4", "?"},
    {"cbz over the frame", A64,
     "60000034"
     "fd7bbea9"
     "c0035fd6"
     "1f2003d5",
     "10", "lr sp=0"},
    {"tbz, b.eq and b go where they say", A64,
     "40000036"
     "c0035fd6"
     "40000054"
     "c0035fd6"
     "02000014"
     "c0035fd6"
     "1f2003d5",
     "1c", "lr sp=0"},
    {"br x0, and a case behind it", A64, "fe0f1ff800001fd61f2003d5", "c",
     "ret@0 sp=16 30@0"},
    {"brk ends it", A64, "000020d41f2003d5", "8", "?"},
    {"at the entry", A32, "", "0", "lr sp=0 plain"},
    {"push {r4, r5, r11, lr}; add r11, sp, #12; sub sp, sp, #0x4e0", A32,
     "30482de90cb08de24ede4de2", "c",
     "ret@1260 sp=1264 4@1248 5@1252 11@1256 14@1260 plain"},
    {"str lr, [sp, #-4]!; sub sp, sp, #12", A32, "04e02de50cd04de2", "8",
     "ret@12 sp=16 14@12 plain"},
    {"push {r4, lr}; vpush {d8, d9}", A32, "10402de9048b2ded", "8",
     "ret@20 sp=24 4@16 14@20 plain"},
    {"sub sp, sp, #16; strd r4, r5, [sp]; str lr, [sp, #12]", A32,
     "10d04de2f040cde10ce08de5", "c", "ret@12 sp=16 4@0 5@4 14@12"},
    {"stmdb sp!, {r0, r1, r2, r3}; push {r4, lr}", A32, "0f002de910402de9", "8",
     "ret@4 sp=24 4@0 14@4 plain"},
    {"movw r12, #0x4e30; movt r12, #1; sub sp, sp, r12", A32,
     "30ce04e301c040e30cd04de0", "c", "lr sp=85552"},
    {"mov r12, #0x5000; add sp, sp, r12, lsl #1: only a frame pointer knows",
     A32, "05caa0e38cd08de0", "8", "?"},
    {"mvn r12, #0x4f; add sp, r12, sp", A32, "4fc0e0e30dd08ce0", "8",
     "lr sp=80"},
    {"push {r11, lr}; add r11, sp, #4; sub sp, sp, r0", A32,
     "00482de904b08de200d04de0", "c", "fp ret@0 sp=4 11@-4 14@0"},
    {"push {r11, lr}; mov r11, sp; bic sp, sp, #7", A32,
     "00482de90db0a0e107d0cde3", "c", "fp ret@4 sp=8 11@0 14@4"},
    {"push {r11, lr}; ldr r11, [r0]; mov sp, r11", A32,
     "00482de900b090e50bd0a0e1", "c", "?"},
    {"bl . + 8", A32, "000000eb", "4 C", "?"},
    {"push {r4, lr}; bl . + 8", A32, "10402de9000000eb", "8 C",
     "ret@4 sp=8 4@0 14@4"},
    {"push {r4, lr}; blx r3", A32, "10402de933ff2fe1", "8 C",
     "ret@4 sp=8 4@0 14@4"},
    {"push {r4, lr}; ldr r4, [sp], #4; ldr lr, [sp], #4", A32,
     "10402de904409de404e09de4", "c", "lr sp=0"},
    {"str lr, [r0]; bl . + 8", A32, "00e080e5000000eb", "8 C", "?"},
    {"mov lr, r1", A32, "01e0a0e1", "4", "?"},
    {"addne sp, sp, #8", A32, "08d08d12", "4", "?"},
    {"popne {r4, pc}; nop", A32, "1080bd1800f020e3", "8", "lr sp=0"},
    {"blne . + 8; nop", A32, "0000001b00f020e3", "8", "?"},
    {"bne . + 12; push {r4, lr}; pop {r4, pc}; nop", A32,
     "0100001a10402de91080bde800f020e3", "10", "lr sp=0"},
    {"b . + 8; udf #0; nop", A32, "000000eaf000f0e700f020e3", "c", "lr sp=0"},
    {"udf #0; nop", A32, "f000f0e700f020e3", "8", "?"},
    {"bx r3; nop, a case", A32, "13ff2fe100f020e3", "8", "lr sp=0"},
    {"ldmib sp!, {r4, r5}", A32, "3000bde9", "4", "?"},
    {"ldr r3, [sp, r1]!", A32, "0130bde7", "4", "?"},
    {"ldrd r4, r5, [sp, #-8]!; ldrh r3, [sp], #2; strh r3, [sp, #-2]!", A32,
     "d8406de1b230dde0b2306de1", "c", "lr sp=8"},
    {"push {r4, lr}; smull r0, r4, r1, r2; uxtb r3, r4; sdiv r0, r1, r2; clz "
     "r1, r2; mrs r3, apsr",
     A32, "10402de99102c4e07430efe611f210e7121f6fe100300fe1", "18",
     "ret@4 sp=8 4@0 14@4"},
    {"smull r1, lr, r1, r2", A32, "9112cee0", "4", "?"},
    {"mul lr, r1, r2", A32, "91020ee0", "4", "?"},
    {"vmov lr, s0", A32, "10ea10ee", "4", "?"},
    {"vld1.8 {d0}, [sp]!", A32, "0d072df4", "4", "?"},
    {"vldmia sp!, {d8}; vmov r4, r5, d0", A32, "028bbdec104b55ec", "8",
     "lr sp=-8"},
    {"half an instruction", A32, "1eff", "4", "?"},
    {"at the entry", T32, "", "0", "lr sp=0 plain"},
    {"push {r4, r7, lr}; sub sp, #12; add r7, sp, #8", T32, "90b583b002af", "6",
     "ret@20 sp=24 4@12 7@16 14@20 plain"},
    {"push.w {r4, r8, lr}; vpush {d8}; sub.w sp, sp, #0x4e00; subw sp, sp, "
     "#0x123",
     T32, "2de910412ded028badf59c4dadf2231d", "10",
     "ret@20275 sp=20279 4@20267 8@20271 14@20275 plain"},
    {"str lr, [sp, #-4]!; strd r4, r5, [sp, #-8]!", T32, "4df804ed6de90245",
     "8", "ret@8 sp=12 4@0 5@4 14@8"},
    {"sub sp, #8; str r4, [sp]; str.w lr, [sp, #4]", T32, "82b00094cdf804e0",
     "8", "ret@4 sp=8 4@0 14@4 plain"},
    {"push {r7, lr}; mov r3, sp; sub sp, #8; mov sp, r3", T32,
     "80b56b4682b09d46", "8", "ret@4 sp=8 7@0 14@4"},
    {"push {r4, lr}; mov r4, sp; sub sp, #8; blx r0; mov sp, r4", T32,
     "10b56c4682b08047a546", "a", "ret@4 sp=8 4@0 14@4"},
    {"push {r4, lr}; mov r3, sp; sub sp, #8; blx r0; mov sp, r3", T32,
     "10b56b4682b080479d46", "a", "?"},
    {"push {r7, lr}; adds r7, #8; subs r7, #8; mov sp, r7", T32,
     "80b50837083fbd46", "8", "?"},
    {"push {r7, lr}; sub sp, #16; add r7, sp, #8; subs r7, #4; adds r7, #12; "
     "mov sp, r7",
     T32, "80b584b002af043f0c37bd46", "c", "ret@4 sp=8 7@0 14@4"},
    {"movw r12, #0x4e30; movt r12, #1; sub.w sp, sp, r12", T32,
     "44f6306cc0f2010cadeb0c0d", "c", "lr sp=85552"},
    {"movs r3, #80; add sp, r3", T32, "50239d44", "4", "lr sp=-80"},
    {"mvn r3, #0x4f; add sp, r3", T32, "6ff04f039d44", "6", "lr sp=80"},
    {"sub.w sp, sp, #0x10001; sub.w sp, sp, #0x1000100; sub.w sp, sp, "
     "#0x1010101",
     T32, "adf1011dadf1012dadf1013d", "c", "lr sp=33686018 plain"},
    {"bl . + 8", T32, "00f002f8", "4 C", "?"},
    {"push {r4, lr}; bl . + 8", T32, "10b500f002f8", "6 C",
     "ret@4 sp=8 4@0 14@4"},
    {"push {r4, lr}; blx r3", T32, "10b59847", "4 C", "ret@4 sp=8 4@0 14@4"},
    {"mov lr, r1", T32, "8e46", "2", "?"},
    {"cbz r0, . + 6; push {r4, lr}; pop {r4, pc}; nop", T32, "08b110b510bd00bf",
     "8", "lr sp=0"},
    {"bne . + 6; push {r4, lr}; pop {r4, pc}; nop", T32, "01d110b510bd00bf",
     "8", "lr sp=0"},
    {"bne.w . + 8; push {r4, lr}; pop {r4, pc}; nop", T32,
     "40f0028010b510bd00bf", "a", "lr sp=0"},
    {"b . + 4; udf #0; nop", T32, "00e000de00bf", "6", "lr sp=0"},
    {"b.w . + 6; udf #0; nop", T32, "00f001b800de00bf", "8", "lr sp=0"},
    {"b . + 6; nop; b . + 6; b . - 2; udf #0; nop", T32,
     "01e000bf01e0fde700de00bf", "c", "lr sp=0"},
    {"it ne; popne {r4, pc}; nop", T32, "18bf10bd00bf", "6", "lr sp=0"},
    {"ite ne; movne r0, #1; moveq r0, #2; push {r4, lr}", T32,
     "14bf0120022010b5", "8", "ret@4 sp=8 4@0 14@4"},
    {"it ne; addne sp, #8", T32, "18bf02b0", "4", "?"},
    {"tbb [pc, r0]; .byte 1, 3; push {r4, lr}; pop {r4, pc}; nop, the second "
     "case",
     T32, "dfe800f0010310b510bd00bf", "a", "lr sp=0"},
    {"tbh [pc, r0, lsl #1]; .short 2, 3; nop; nop", T32,
     "dfe810f00200030000bf00bf", "c", "lr sp=0"},
    {"tbb [pc, r0]; .byte 1, 0; udf.w #0", T32, "dfe800f00100f0f700a0", "6",
     "?"},
    {"pop {r4, r5}", T32, "30bc", "2", "lr sp=-8"},
    {"ldr.w r3, [sp, #-8]!; str r3, [sp], #4; ldrb r3, [sp, #-1]!", T32,
     "5df8083d4df8043b1df8013d", "c", "lr sp=5"},
    {"push {r4, lr}; smull r0, r4, r1, r2; uxtb r3, r4; udiv r0, r1, r2; clz "
     "r1, r2; mrs r3, apsr; ldrex r0, [r1]; strex r2, r0, [r1]; dmb ish; ldr "
     "r3, [pc, #4]; adr r2, . + 8",
     T32,
     "10b581fb0204e3b2b1fbf2f0b2fa82f1eff3008351e8000f41e80002bff35b8f014b0ff20"
     "602",
     "26", "ret@4 sp=8 4@0 14@4"},
    {"smull r1, lr, r1, r2", T32, "81fb021e", "4", "?"},
    {"mul lr, r1, r2", T32, "01fb02fe", "4", "?"},
    {"orr lr, r1, #1", T32, "41f0010e", "4", "?"},
    {"ldrh lr, [r1, r2]", T32, "31f802e0", "4", "?"},
    {"vld1.8 {d0}, [sp]!", T32, "2df90d07", "4", "?"},
    {"ldr r0, [r7, r1]; str r4, [r0, r1]; ldrsh r3, [r0, #4]!", T32,
     "7858445030f9043f", "8", "lr sp=0"},
};

static const row returns[] = {
    {"ret", X64, "c3", "0 R", "ret@0 sp=8"},
    {"ret 0x14: tables don't count what it takes", I386, "c21400", "0 R",
     "ret@0 sp=4"},
    {"mov eax, 1; add rsp, 0x28; pop rbx; pop rbp; ret", X64,
     "b8010000004883c4285b5dc3", "0 R", "ret@56 sp=64 3@40 5@48"},
    {"leave; ret", X64, "c9c3", "0 R", "fp ret@8 sp=16 5@0"},
    {"lea rsp, [rbp-0x10]; pop rbx; pop r12; pop rbp; ret", X64,
     "488d65f05b415c5dc3", "0 R", "fp ret@8 sp=16 3@-16 5@0 12@-8"},
    {"lea esp, [ebp-0x8]; pop ecx; pop edi; pop ebp; lea esp, [ecx-4]; ret",
     I386, "8d65f8595f5d8d61fcc3", "0 R", "fp at sp=-8 1@-8 5@0 7@-4"},
    {"lea esp, [ecx-8]; ret", I386, "8d65f8595f5d8d61f8c3", "0 R", "?"},
    {"push rbx; pop rbx; ret: it is what it was", X64, "535bc3", "0 R",
     "ret@0 sp=8"},
    {"mov [rsp+8], rbx; mov rbx, [rsp+8]; ret", X64, "48895c2408488b5c2408c3",
     "0 R", "ret@0 sp=8"},
    {"mov rbx, [rsp+8]; pop rbx; ret: the last one counts", X64,
     "488b5c24085bc3", "0 R", "ret@8 sp=16 3@0"},
    {"jmp to the end", X64, "eb0190585bc3", "0 R", "ret@16 sp=24 0@0 3@8"},
    {"back to what lies before", X64, "5bc390ebfb", "2 R", "ret@8 sp=16 3@0"},
    {"a way without a call outweighs one with", X64,
     "7406e800010000"
     "c35bc3",
     "0 R", "ret@8 sp=16 3@0"},
    {"ways behind calls that differ", X64,
     "e8000100007401"
     "c35bc3",
     "0 R", "?"},
    {"ways behind calls that agree", X64,
     "e8000100007402"
     "5bc35bc3",
     "0 R", "ret@8 sp=16 3@0"},
    {"pop rbx; jmp rax leaves", X64, "5bffe0c3", "0 R", "?"},
    {"sub rsp, rax; ret", X64, "4829c4c3", "0 R", "?"},
    {"no return", X64, "9090", "0 R", "?"},
    {"ret", A64, "c0035fd6", "0 R", "lr sp=0"},
    {"ldp x29, x30, [sp], 32; autiasp; ret", A64, "fd7bc2a8bf2303d5c0035fd6",
     "0 R", "ret@8 sp=32 29@0 30@8"},
    {"mov sp, x29; ldp x29, x30, [sp], 32; retaa", A64,
     "bf030091fd7bc2a8ff0b5fd6", "0 R", "fp ret@8 sp=32 29@0 30@8"},
    {"bl; ldr x30, [sp], 16; ret", A64, "40000094fe0741f8c0035fd6", "0 R",
     "ret@0 sp=16 30@0"},
    {"bl; ret without x30", A64, "40000094c0035fd6", "0 R", "?"},
    {"str x30, [sp, 8]; bl; ldr x30, [sp, 8]; ret", A64,
     "fe0700f940000094fe0740f9c0035fd6", "0 R", "lr sp=0"},
    {"bx lr", A32, "1eff2fe1", "0 R", "lr sp=0"},
    {"mov pc, lr", A32, "0ef0a0e1", "0 R", "lr sp=0"},
    {"add sp, sp, #0x4e0; vpop {d8}; pop {r4, r5, pc}", A32,
     "4ede8de2028bbdec3080bde8", "0 R",
     "ret@1264 sp=1268 4@1256 5@1260 14@1264"},
    {"sub sp, r11, #8; pop {r4, r11, pc}", A32, "08d04be21088bde8", "0 R",
     "fp ret@0 sp=4 4@-8 11@-4 14@0"},
    {"mov sp, r11; ldr r11, [sp], #4; bx lr", A32, "0bd0a0e104b09de41eff2fe1",
     "0 R", "fp lr sp=4 11@0"},
    {"ldr lr, [sp], #4; bx lr", A32, "04e09de41eff2fe1", "0 R",
     "ret@0 sp=4 14@0"},
    {"ldr pc, [sp], #4", A32, "04f09de4", "0 R", "ret@0 sp=4 14@0"},
    {"push {r4, lr}; bl . + 8; pop {r4, pc}", A32, "10402de9000000eb1080bde8",
     "0 R", "lr sp=0"},
    {"bl . + 8; bx lr", A32, "000000eb1eff2fe1", "0 R", "?"},
    {"pop {r4, lr}; add sp, sp, #16; bx lr", A32, "1040bde810d08de21eff2fe1",
     "0 R", "ret@4 sp=24 4@0 14@4"},
    {"popeq {r4, pc}; add sp, sp, #8; pop {r4, pc}", A32,
     "1080bd0808d08de21080bde8", "0 R", "ret@12 sp=16 4@8 14@12"},
    {"ldrd r4, r5, [sp], #8; pop {pc}", A32, "d840cde004f09de4", "0 R",
     "ret@8 sp=12 4@0 5@4 14@8"},
    {"pop {r4, lr}; b . - 0x1000", A32, "1040bde8fefbffea", "0 R", "?"},
    {"bx lr", T32, "7047", "0 R", "lr sp=0"},
    {"add sp, #12; vpop {d8}; pop {r4, r5, pc}", T32, "03b0bdec028b30bd", "0 R",
     "ret@28 sp=32 4@20 5@24 14@28"},
    {"addw sp, sp, #0x123; pop.w {r4, r8, pc}", T32, "0df2231dbde81081", "0 R",
     "ret@299 sp=303 4@291 8@295 14@299"},
    {"adds r7, #8; mov sp, r7; pop {r7, pc}", T32, "0837bd4680bd", "0 R",
     "fp ret@12 sp=16 7@8 14@12"},
    {"sub.w r4, r7, #8; mov sp, r4; pop {r4, r5, r7, pc}", T32,
     "a7f10804a546b0bd", "0 R", "fp ret@4 sp=8 4@-8 5@-4 7@0 14@4"},
    {"ldr r7, [sp], #4; ldr pc, [sp], #4", T32, "5df8047b5df804fb", "0 R",
     "ret@4 sp=8 7@0 14@4"},
    {"ldrd r4, r5, [sp], #8; pop {pc}", T32, "fde8024500bd", "0 R",
     "ret@8 sp=12 4@0 5@4 14@8"},
    {"push {r4, lr}; bl . + 8; pop {r4, pc}", T32, "10b500f002f810bd", "0 R",
     "lr sp=0"},
    {"bl . + 8; bx lr", T32, "00f002f87047", "0 R", "?"},
    {"it eq; bxeq lr; add sp, #8; pop {r4, pc}", T32, "08bf704702b010bd", "0 R",
     "ret@12 sp=16 4@8 14@12"},
    {"pop {r4}; bx r3", T32, "10bc1847", "0 R", "?"},
    {"pop.w {r4, lr}; add sp, #16; bx lr", T32, "bde8104004b07047", "0 R",
     "ret@4 sp=24 4@0 14@4"},
};

static mdw_bytes bytes_from(const char *hex, uint8_t *out)
{
    size_t n = 0;
    for (; *hex; hex += 2) {
        char two[3] = {hex[0], hex[1], 0};
        out[n++] = (uint8_t)strtoul(two, NULL, 16);
    }
    return (mdw_bytes){out, n};
}

static void print_edge(const edge *e, char *out, size_t size)
{
    size_t n = (size_t)snprintf(out, size, "%s", e->by_fp ? "fp " : "");
    if (e->stored)
        n += (size_t)snprintf(out + n, size - n, "at");
    else if (e->in_link)
        n += (size_t)snprintf(out + n, size - n, "lr");
    else
        n += (size_t)snprintf(out + n, size - n, "ret@%d", (int)e->ret);
    n += (size_t)snprintf(out + n, size - n, " sp=%d", (int)e->caller_sp);
    for (uint8_t i = 0; i < e->count; i++)
        n += (size_t)snprintf(out + n, size - n, " %u@%d", e->save[i].reg,
                              (int)e->save[i].at);
    snprintf(out + n, size - n, "%s", e->plain ? " plain" : "");
}

static void check(const row *r)
{
    static const uint32_t archs[] = {MDW_ARCH_X86,   MDW_ARCH_X86_64,
                                     MDW_ARCH_ARM64, MDW_ARCH_X86,
                                     MDW_ARCH_ARM,   MDW_ARCH_ARM};
    uint8_t raw[64];
    char got[200] = "?", *rest;
    flow_code code = {archs[r->machine], r->machine == WIN32, r->machine == T32,
                      bytes_from(r->code, raw)};
    size_t at = strtoul(r->at, &rest, 16);
    char how = '\0';
    if (*rest)
        how = rest[1];
    edge e = how == 'R' ? flow_to_return(&code, at)
                        : flow_from_start(&code, at, how == 'C');
    t_case = r->claim;
    if (e.known)
        print_edge(&e, got, sizeof got);
    CHECK(strcmp(got, r->want) == 0);
    if (strcmp(got, r->want) != 0)
        fprintf(stderr, "  got  %s\n  want %s\n", got, r->want);
}

/* `count` branches, each to its own return, the last one to a nop. */
static bool finds_last(unsigned count)
{
    uint8_t bytes[256];
    memset(bytes, 0xC3, sizeof bytes);
    for (unsigned i = 0; i < count; i++) {
        bytes[2 * (size_t)i] = 0x74; /* je */
        bytes[2 * (size_t)i + 1] = (uint8_t)(2 * count + 1 + i - (2 * i + 2));
    }
    size_t last = 3 * (size_t)count;
    bytes[last] = 0x90;
    flow_code code = {MDW_ARCH_X86_64, false, false, {bytes, last + 1}};
    return flow_from_start(&code, last + 1, false).known;
}

static void test_many(void)
{
    t_case = "so many ways may wait";
    CHECK(finds_last(48));
    CHECK(!finds_last(49));
}

/* A function as long as is followed. */
static void test_long(void)
{
    enum { LONGEST = 8192 };
    static uint8_t bytes[LONGEST + 2];
    t_case = "so many bytes are followed";
    memset(bytes, 0x90, sizeof bytes);
    flow_code code = {MDW_ARCH_X86_64, false, false, {bytes, sizeof bytes}};
    edge e = flow_from_start(&code, LONGEST, false);
    CHECK(e.known);
    CHECK_U64(e.steps, LONGEST);
    CHECK(!flow_from_start(&code, LONGEST + 1, false).known);
    t_case = "each instruction once";
    for (size_t i = 0; i + 2 <= LONGEST; i += 2) {
        bytes[i] = 0x74;
        bytes[i + 1] = (uint8_t)(i & 0x7F);
    }
    e = flow_to_return(&code, 0);
    CHECK(!e.known && e.steps <= LONGEST);
    t_case = "no such machine";
    code.arch = MDW_ARCH_UNKNOWN;
    CHECK(!flow_from_start(&code, 4, false).known);
}

/* TBH, `count` entries that lead behind them, and one instruction there. */
static bool passes_table(size_t count)
{
    static uint8_t bytes[4 + 2 * 300 + 2];
    const uint8_t tbh[] = {0xDF, 0xE8, 0x10, 0xF0}, nop[] = {0x00, 0xBF};
    memcpy(bytes, tbh, sizeof tbh);
    for (size_t i = 0; i < count; i++) {
        bytes[4 + 2 * i] = (uint8_t)count;
        bytes[5 + 2 * i] = (uint8_t)(count >> 8);
    }
    memcpy(bytes + 4 + 2 * count, nop, sizeof nop);
    flow_code code = {MDW_ARCH_ARM, false, true, {bytes, 4 + 2 * count + 2}};
    return flow_from_start(&code, code.bytes.len, false).known;
}

static void test_table(void)
{
    t_case = "a table of a switch, as long as is read";
    CHECK(passes_table(256));
    CHECK(!passes_table(257));
}

int main(void)
{
    for (size_t i = 0; i < sizeof starts / sizeof *starts; i++)
        check(&starts[i]);
    for (size_t i = 0; i < sizeof returns / sizeof *returns; i++)
        check(&returns[i]);
    test_many();
    test_long();
    test_table();
    return t_done();
}
