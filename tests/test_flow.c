/* tests/test_flow.c - the frames of functions by their code. Encodings are
 * those that objdump gives back for the text in the claims; flow_oracle.c asks
 * about whole libraries. */
#include "lib/insn/flow.h"

#include <stdlib.h>

#include "t.h"

enum { I386, X64, A64, WIN32 };

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
    static const uint32_t archs[] = {MDW_ARCH_X86, MDW_ARCH_X86_64,
                                     MDW_ARCH_ARM64, MDW_ARCH_X86};
    uint8_t raw[64];
    char got[200] = "?", *rest;
    flow_code code = {archs[r->machine], r->machine == WIN32,
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
    flow_code code = {MDW_ARCH_X86_64, false, {bytes, last + 1}};
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
    flow_code code = {MDW_ARCH_X86_64, false, {bytes, sizeof bytes}};
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
    code.arch = MDW_ARCH_ARM;
    CHECK(!flow_from_start(&code, 4, false).known);
}

int main(void)
{
    for (size_t i = 0; i < sizeof starts / sizeof *starts; i++)
        check(&starts[i]);
    for (size_t i = 0; i < sizeof returns / sizeof *returns; i++)
        check(&returns[i]);
    test_many();
    test_long();
    return t_done();
}
