/* tests/test_decode.c - single instructions of four CPUs: text, accesses,
 * targets. The bytes are what clang 14 and GNU as make of the text. */
#include <stdlib.h>

#include "lib/base/arena.h"
#include "lib/insn/decode.h"
#include "t.h"

enum { X86 = MDW_ARCH_X86, X64 = MDW_ARCH_X86_64, A64 = MDW_ARCH_ARM64 };
enum { ARM = MDW_ARCH_ARM, THUMB = 100 };

/* All at 0x400000. `regs`: "rax=10 rcx=2"; `memory`: "10=123456". What comes
 * out: text; accesses (r, w, rw; ? for an address that is unknown; ' for an
 * implicit one; size@address; /alignment); flags; target. */
typedef struct row {
    const char *bytes, *regs, *memory, *want;
    uint32_t arch;
} row;

static const row rows[] = {
    /* clang-format off */
    /* x86-64 */
    {"8910", "rax=10", "", "mov dword ptr [rax], edx; w4@10", X64},
    {"8b042545000000", "", "", "mov eax, dword ptr [0x45]; r4@45", X64},
    {"488b442408", "rsp=7000", "", "mov rax, qword ptr [rsp + 8]; r8@7008", X64},
    {"488b04c8", "rax=1000 rcx=3", "", "mov rax, qword ptr [rax + rcx*8]; r8@1018", X64},
    {"488b04c8", "rax=1000", "", "mov rax, qword ptr [rax + rcx*8]; ?r8", X64},
    {"488b0510000000", "", "", "mov rax, qword ptr [rip + 0x10]; r8@400017", X64},
    {"678b00", "rax=123456789a", "", "mov eax, dword ptr [eax]; r4@3456789a", X64},
    {"803948", "rcx=6172747320746f6e", "", "cmp byte ptr [rcx], 0x48; r1@6172747320746f6e", X64},
    {"f60001", "rax=10", "", "test byte ptr [rax], 1; r1@10", X64},
    {"0000", "rax=10", "", "add byte ptr [rax], al; rw1@10", X64},
    {"f0480fb108", "rax=10", "", "lock cmpxchg qword ptr [rax], rcx; rw8@10", X64},
    {"488d4008", "rax=10", "", "lea rax, [rax + 8];", X64},
    {"0f1f00", "rax=10", "", "nop dword ptr [rax];", X64},
    {"0f2800", "rax=11", "", "movaps xmm0, xmmword ptr [rax]; r16@11/16", X64},
    {"0f1100", "rax=11", "", "movups xmmword ptr [rax], xmm0; w16@11", X64},
    {"660fe700", "rax=11", "", "movntdq xmmword ptr [rax], xmm0; w16@11/16", X64},
    {"0f5800", "rax=11", "", "addps xmm0, xmmword ptr [rax]; r16@11/16", X64},
    {"c5f45800", "rax=11", "", "vaddps ymm0, ymm1, ymmword ptr [rax]; r32@11", X64},
    {"c4e269920488", "rax=11", "", "vgatherdps xmm0, dword ptr [rax + xmm1*4], xmm2; ?r4", X64},
    {"0fae00", "rax=10", "", "fxsave [rax]; w512@10", X64},
    {"dd18", "rax=10", "", "fstp qword ptr [rax]; w8@10", X64},
    {"0fab08", "rax=1000 rcx=ffffffff", "", "bts dword ptr [rax], ecx; rw4@ffc", X64},
    {"0fab08", "rax=1000 rcx=41", "", "bts dword ptr [rax], ecx; rw4@1008", X64},
    {"64488b042528000000", "", "", "mov rax, qword ptr fs:[0x28]; ?r8", X64},
    {"65488b042530000000", "gs_base=7ff000", "", "mov rax, qword ptr gs:[0x30]; r8@7ff030", X64},
    {"f3a4", "rdi=20 rsi=10 rcx=5", "", "rep movsb byte ptr [rdi], byte ptr [rsi]; w1@20 r1@10", X64},
    {"f3a4", "rdi=20 rsi=10 rcx=0", "", "rep movsb byte ptr [rdi], byte ptr [rsi];", X64},
    {"a6", "rdi=20 rsi=10", "", "cmpsb byte ptr [rsi], byte ptr [rdi]; r1@10 r1@20", X64},
    {"50", "rsp=7000", "", "push rax; 'w8@6ff8", X64},
    {"ff30", "rsp=7000 rax=10", "", "push qword ptr [rax]; r8@10 'w8@6ff8", X64},
    {"666a01", "rsp=7000", "", "push 1; 'w2@6ffe", X64},
    {"58", "rsp=7000", "", "pop rax; 'r8@7000", X64},
    {"c9", "rbp=7100", "", "leave; 'r8@7100", X64},
    {"c3", "rsp=7000", "7000=401234", "ret; 'r8@7000; return indirect to 401234", X64},
    {"c3", "rsp=7000", "", "ret; 'r8@7000; return indirect", X64},
    {"ffd0", "rsp=7000 rax=0", "", "call rax; 'w8@6ff8; call indirect to 0", X64},
    {"ff5008", "rsp=7000 rax=10", "18=dead", "call qword ptr [rax + 8]; r8@18 'w8@6ff8; call indirect to dead", X64},
    {"e810000000", "rsp=7000", "", "call 0x400015; 'w8@6ff8; call to 400015", X64},
    {"ff2510000000", "", "400016=55", "jmp qword ptr [rip + 0x10]; r8@400016; jump indirect to 55", X64},
    {"7502", "", "", "jne 0x400004; jump conditional to 400004", X64},
    {"f77dfc", "rbp=104", "100=0", "idiv dword ptr [rbp - 4]; r4@100; divide by 0", X64},
    {"48f7f1", "rcx=7", "", "div rcx; divide by 7", X64},
    {"0f0b", "", "", "ud2; trap", X64},
    {"cc", "", "", "int3; trap", X64},
    {"f4", "", "", "hlt; privileged", X64},
    {"0f20c0", "", "", "mov rax, cr0; privileged", X64},
    {"0fff", "", "", "ud0; trap", X64},
    {"06", "", "", "?", X64},
    {"8b", "", "", "?", X64},
    /* x86 */
    {"8910", "eax=fffffffe", "", "mov dword ptr [eax], edx; w4@fffffffe", X86},
    {"894104", "ecx=fffffffe", "", "mov dword ptr [ecx + 4], eax; w4@2", X86},
    {"64a118000000", "fs_base=7ffde000", "", "mov eax, dword ptr fs:[0x18]; r4@7ffde018", X86},
    {"60", "esp=1000", "", "pushal; 'w32@fe0", X86},
    {"ff10", "eax=20 esp=1000", "20=44", "call dword ptr [eax]; r4@20 'w4@ffc; call indirect to 44", X86},
    {"c20800", "esp=1000", "1000=44", "ret 8; 'r4@1000; return indirect to 44", X86},
    /* ARM */
    {"000091e5", "r1=10", "", "ldr r0, [r1]; r4@10", ARM},
    {"040011e5", "r1=2", "", "ldr r0, [r1, #-4]; r4@fffffffe", ARM},
    {"040091e4", "r1=10", "", "ldr r0, [r1], #4; r4@10", ARM},
    {"0400b1e5", "r1=10", "", "ldr r0, [r1, #4]!; r4@14", ARM},
    {"020191e7", "r1=10 r2=3", "", "ldr r0, [r1, r2, lsl #2]; r4@1c", ARM},
    {"020011e7", "r1=10 r2=3", "", "ldr r0, [r1, -r2]; r4@d", ARM},
    {"b200c1e1", "r1=10", "", "strh r0, [r1, #2]; w2@12", ARM},
    {"f80042e1", "r2=10", "", "strd r0, r1, [r2, #-8]; w8@8/4", ARM},
    {"08009fe5", "", "", "ldr r0, [pc, #8]; r4@400010", ARM},
    {"0e0090e8", "r0=100", "", "ldm r0, {r1, r2, r3}; r12@100/4", ARM},
    {"0e0030e9", "r0=100", "", "ldmdb r0!, {r1, r2, r3}; r12@f4/4", ARM},
    {"060020e8", "r0=100", "", "stmda r0!, {r1, r2}; w8@fc/4", ARM},
    {"060080e9", "r0=100", "", "stmib r0, {r1, r2}; w8@104/4", ARM},
    {"30402de9", "sp=100", "", "push {r4, r5, lr}; 'w12@f4/4", ARM},
    {"3080bde8", "sp=100", "108=401235", "pop {r4, r5, pc}; 'r12@100/4; return indirect to 401234", ARM},
    {"04f09de4", "sp=100", "100=401234", "pop {pc}; 'r4@100/4; return indirect to 401234", ARM},
    {"000b91ed", "r1=10", "", "vldr d0, [r1]; r8@10/4", ARM},
    {"080bb0ec", "r0=100", "", "vldmia r0!, {d0, d1, d2, d3}; r32@100/4", ARM},
    {"048b2ded", "sp=100", "", "vpush {d8, d9}; 'w16@f0/4", ARM},
    {"0d0a20f4", "r0=100", "", "vld1.8 {d0, d1}, [r0]!; r16@100", ARM},
    {"910f82e1", "r2=102", "", "strex r0, r1, [r2]; w4@102/4", ARM},
    {"00f0d0f5", "r0=100", "", "pld [r0];", ARM},
    {"1eff2fe1", "lr=401234", "", "bx lr; return indirect to 401234", ARM},
    {"30ff2fe1", "r0=1", "", "blx r0; call indirect to 0", ARM},
    {"000000eb", "", "", "bl #0x400008; call to 400008", ARM},
    {"0000000a", "", "", "beq #0x400008; jump conditional to 400008", ARM},
    {"00f090e5", "r0=10", "10=401234", "ldr pc, [r0]; r4@10; jump indirect to 401234", ARM},
    {"0ef0a0e1", "lr=401234", "", "mov pc, lr; return indirect to 401234", ARM},
    {"00008115", "r1=10", "", "strne r0, [r1]; w4@10; conditional", ARM},
    {"f000f0e7", "", "", "udf #0; trap", ARM},
    {"11f210e7", "r2=0", "", "sdiv r0, r1, r2; divide by 0", ARM},
    /* Thumb */
    {"8858", "r1=10 r2=4", "", "ldr r0, [r1, r2]; r4@14", THUMB},
    {"0248", "", "", "ldr r0, [pc, #8]; r4@40000c", THUMB},
    {"10b5", "sp=100", "", "push {r4, lr}; 'w8@f8/4", THUMB},
    {"2de91041", "sp=100", "", "push.w {r4, r8, lr}; 'w12@f4/4", THUMB},
    {"10bd", "sp=100", "104=401235", "pop {r4, pc}; 'r8@100/4; return indirect to 401234", THUMB},
    {"06c0", "r0=100", "", "stm r0!, {r1, r2}; w8@100/4", THUMB},
    {"c2e90201", "r2=10", "", "strd r0, r1, [r2, #8]; w8@18/4", THUMB},
    {"d0e801f0", "r0=100 r1=2", "102=10", "tbb [r0, r1]; r1@102; jump indirect to 400024", THUMB},
    {"8047", "r0=0", "", "blx r0; call indirect to 0", THUMB},
    {"ffde", "", "", "udf #0xff; trap", THUMB},
    /* AArch64 */
    {"010000b9", "x0=0", "", "str w1, [x0]; w4@0", A64},
    {"200840b9", "x1=10", "", "ldr w0, [x1, #8]; r4@18", A64},
    {"208440f8", "x1=10", "", "ldr x0, [x1], #8; r8@10", A64},
    {"207862f8", "x1=10 x2=2", "", "ldr x0, [x1, x2, lsl #3]; r8@20", A64},
    {"20d862b8", "x1=10 x2=fffffffe", "", "ldr w0, [x1, w2, sxtw #2]; r4@8", A64},
    {"20f01f78", "x1=10", "", "sturh w0, [x1, #-1]; w2@f", A64},
    {"e007bfad", "sp=100", "", "stp q0, q1, [sp, #-0x20]!; w32@e0", A64},
    {"e007c1a8", "sp=100", "", "ldp x0, x1, [sp], #0x10; r16@100", A64},
    {"40044069", "x2=10", "", "ldpsw x0, x1, [x2]; r8@10", A64},
    {"200000bd", "x1=10", "", "str s0, [x1]; w4@10", A64},
    {"2000c039", "x1=10", "", "ldrsb w0, [x1]; r1@10", A64},
    {"417c00c8", "x2=10", "", "stxr w0, x1, [x2]; w8@10/8", A64},
    {"418c20c8", "x2=10", "", "stlxp w0, x1, x3, [x2]; w16@10/16", A64},
    {"20fcdf88", "x1=10", "", "ldar w0, [x1]; r4@10/4", A64},
    {"00a0404c", "x0=10", "", "ld1 {v0.16b, v1.16b}, [x0]; r32@10", A64},
    {"00909f0d", "x0=10", "", "st1 {v0.s}[1], [x0], #4; w4@10", A64},
    {"00cc404d", "x0=10", "", "ld1r {v0.2d}, [x0]; r8@10", A64},
    {"000080f9", "x0=10", "", "prfm pldl1keep, [x0];", A64},
    {"00020058", "", "", "ldr x0, #0x400040; r8@400040", A64},
    {"20740bd5", "x0=10", "", "dc zva, x0; w0@10", A64},
    {"20001fd6", "x1=44", "", "br x1; jump indirect to 44", A64},
    {"20003fd6", "x1=0", "", "blr x1; call indirect to 0", A64},
    {"c0035fd6", "lr=401234", "", "ret; return indirect to 401234", A64},
    {"02000094", "", "", "bl #0x400008; call to 400008", A64},
    {"40000054", "", "", "b.eq #0x400008; jump conditional to 400008", A64},
    {"200020d4", "", "", "brk #0x1; trap", A64},
    {"00000000", "", "", "udf #0x0000; trap", A64},
    {"20102138", "x1=10", "", "ldclr [x1]; rw1@10/1", A64},
    {"410020f8", "x2=10", "", "ldadd [x2]; rw8@10/8", A64},
    {"4180e0b8", "x2=10", "", "swp [x2]; rw4@10/4", A64},
    {"41fce088", "x2=10", "", "cas [x2]; rw4@10/4", A64},
    {"427c6048", "x2=10", "", "casp [x2]; rw16@10/16", A64},
    {"20c0bff8", "x1=10", "", "ldapr [x1]; r8@10/8", A64},
    {"2004f0f8", "x1=1000", "", "ldrab [x1]; r8@800", A64},
    {"ff0b5fd6", "lr=44", "", "retaa; return indirect to 44", A64},
    {"22083fd7", "x1=44", "", "blraa x1; call indirect to 44", A64},
    {"3f081fd6", "x1=44", "", "braaz x1; jump indirect to 44", A64},
    /* clang-format on */
};

/* The value that `list` ("rax=10 rcx=2") has for `name`. */
static bool lookup(const char *list, const char *name, uint64_t *value)
{
    size_t len = strlen(name);
    while (*list) {
        const char *equal = strchr(list, '=');
        char *end;
        uint64_t v = strtoull(equal + 1, &end, 16);
        if ((size_t)(equal - list) == len && !memcmp(list, name, len)) {
            *value = v;
            return true;
        }
        list = *end == ' ' ? end + 1 : end;
    }
    return false;
}

static bool reg(void *user, const char *name, uint64_t *value)
{
    return lookup(((const row *)user)->regs, name, value);
}

static bool load(void *user, uint64_t addr, unsigned size, uint64_t *value)
{
    char name[32];
    (void)size;
    snprintf(name, sizeof name, "%" PRIx64, addr);
    return lookup(((const row *)user)->memory, name, value);
}

static size_t from_hex(const char *text, uint8_t *bytes)
{
    size_t n = 0;
    for (unsigned v; sscanf(text + 2 * n, "%2x", &v) == 1; n++)
        bytes[n] = (uint8_t)v;
    return n;
}

static void put_accesses(const decoded *d, char *at, size_t room)
{
    for (size_t i = 0; i < d->access_count; i++) {
        const decode_access *a = &d->access[i];
        size_t n = strlen(at);
        snprintf(at + n, room - n, " %s%s%s%s%u", a->known ? "" : "?",
                 a->implicit ? "'" : "", a->kind & DECODE_READ ? "r" : "",
                 a->kind & DECODE_WRITE ? "w" : "", a->bytes);
        n = strlen(at);
        if (a->known)
            snprintf(at + n, room - n, "@%" PRIx64, a->addr);
        n = strlen(at);
        if (a->align)
            snprintf(at + n, room - n, "/%u", a->align);
    }
}

static void put_flags(const decoded *d, char *at, size_t room)
{
    static const char *const words[] = {"call",     "jump",       "return",
                                        "divide",   "privileged", "trap",
                                        "indirect", "conditional"};
    for (unsigned i = 0; i < 8; i++)
        if (d->flags >> i & 1)
            snprintf(at + strlen(at), room - strlen(at), " %s", words[i]);
    if (d->has_target)
        snprintf(at + strlen(at), room - strlen(at), " to %" PRIx64, d->target);
    if (d->has_divisor)
        snprintf(at + strlen(at), room - strlen(at), " by %" PRIx64,
                 d->divisor);
}

static void describe(const decoded *d, char *text, size_t room)
{
    snprintf(text, room, "%s;", d->text);
    put_accesses(d, text, room);
    char flags[128] = "";
    put_flags(d, flags, sizeof flags);
    size_t n = strlen(text);
    if (*flags)
        snprintf(text + n, room - n, "%s%s", text[n - 1] == ';' ? "" : ";",
                 flags);
}

static void check(arena *store, row r)
{
    uint8_t bytes[16];
    char text[512] = "?";
    decoded d;
    decoder dec;
    bool thumb = r.arch == THUMB;
    mdw_bytes code = {bytes, from_hex(r.bytes, bytes)};
    decode_target target = {reg, load, &r};
    t_case = r.want;
    CHECK(decoder_open(&dec, store, thumb ? MDW_ARCH_ARM : r.arch, thumb));
    if (decode(&dec, code, 0x400000, &target, &d)) {
        describe(&d, text, sizeof text);
        CHECK_U64(d.size, code.len);
        CHECK(d.mnemonic && strchr(" ", d.text[d.mnemonic]));
    }
    decoder_close(&dec);
    if (strcmp(text, r.want))
        fprintf(stderr, "%s %s\n  has  %s\n  want %s\n", r.bytes, r.regs, text,
                r.want);
    CHECK(!strcmp(text, r.want));
}

int main(void)
{
    arena *store = arena_new(NULL, 0);
    decoder none;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        check(store, rows[i]);
    t_case = "an architecture that nothing is known of";
    CHECK(!decoder_open(&none, store, MDW_ARCH_MIPS, false));
    decoder_close(&none);
    arena_close(store);
    return t_done();
}
