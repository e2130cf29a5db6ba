/* tests/test_x86.c - where instructions of x86 end. The table says what we
 * mean; capstone, asked about every instruction of real libraries, says what we
 * forgot. */
#include "lib/insn/x86.h"

#include <capstone/capstone.h>
#include <stdlib.h>

#include "lib/base/bytes.h"
#include "t.h"

enum { I386, X64, MOST = 15 };

typedef struct row {
    const char *claim;
    int machine;
    const char *code;
    const char *want; /* size, then what is said of operands */
} row;

static const row rows[] = {
    {"nop", X64, "90", "1"},
    {"push r12", X64, "4154", "2 ext"},
    {"mov rbp, rsp", X64, "4889e5", "3 wide reg4 rm5"},
    {"mov r13, r12", X64, "4d89e5", "3 wide ext reg12 rm13"},
    {"mov [rsp+8], rbx", X64, "48895c2408", "5 wide reg3 base4 disp8"},
    {"mov [rbp-8], rbx", X64, "48895df8", "4 wide reg3 base5 disp-8"},
    {"mov [rsp+rax*2+8], rbx", X64, "48895c4408", "5 wide reg3 disp8"},
    {"mov [rip+1], rbx", X64, "48891d01000000", "7 wide reg3 disp1"},
    {"mov [0x10000], rbx", X64, "48891c2500000100", "8 wide reg3 disp65536"},
    {"mov [rbp+0x100], ax", X64, "66898500010000",
     "7 narrow reg0 base5 disp256"},
    {"sub rsp, -8", X64, "4883ecf8", "4 wide reg5 rm4 imm-8"},
    {"sub esp, 0x118", I386, "81ec18010000", "6 reg5 rm4 imm280"},
    {"sub sp, 0x118", I386, "6681ec1801", "5 narrow reg5 rm4 imm280"},
    {"mov rax, imm64", X64, "48b80807060504030201",
     "10 wide imm72623859790382856"},
    {"mov eax, imm32", X64, "b8ffffffff", "5 imm-1"},
    {"mov al, [moffs64]", X64, "a00807060504030201", "9"},
    {"mov al, [moffs32]", I386, "a004030201", "5"},
    {"test byte [rax], 1", X64, "f60001", "3 reg0 base0 imm1"},
    {"not byte [rax]", X64, "f610", "2 reg2 base0"},
    {"test dword [rax], 1", X64, "f70001000000", "6 reg0 base0 imm1"},
    {"ret 8", X64, "c20800", "3 imm8"},
    {"enter 16, 1", X64, "c8100001", "4 imm1"},
    {"call rel32", X64, "e8fcffffff", "5 imm-4"},
    {"call rel16 is one of 32 bits in 64-bit code", X64, "66e8fcffffff",
     "6 narrow imm-4"},
    {"jne rel8", X64, "75fe", "2 imm-2"},
    {"jne rel32", X64, "0f85fcffffff", "6 imm-4"},
    {"call far", I386, "9a785634123300", "7 imm51"},
    {"inc eax", I386, "40", "1"},
    {"bound", I386, "6208", "2 reg1 base0"},
    {"les", I386, "c408", "2 reg1 base0"},
    {"mov ax, [bx+si+1]", I386, "67668b4001", "5 narrow reg0 disp1"},
    {"mov eax, [0x1234]", I386, "678b063412", "5 reg0 disp4660"},
    {"pshufb", X64, "660f3800c1", "5 narrow reg0 rm1"},
    {"palignr", X64, "660f3a0fc104", "6 narrow reg0 rm1 imm4"},
    {"vzeroupper", X64, "c5f877", "3"},
    {"vmovdqa ymm0, [rsp+32]", X64, "c5fd6f442420", "6 reg0 base4 disp32"},
    {"vpalignr", X64, "c4e3710fc204", "6 reg0 rm2 imm4"},
    {"vmovdqu64 zmm0, [rsp+64]", X64, "62f1fe486f442401", "8 reg0 base4 disp1"},
    {"vaddps in 32-bit code", I386, "c5f058c2", "4 reg0 rm2"},
    {"no push es in 64-bit code", X64, "06", "?"},
    {"half of one", X64, "4881ec18", "?"},
    {"prefixes alone", X64, "6666", "?"},
    {"sixteen bytes", X64, "66666666666666666666666666666690", "?"},
    {"nothing", X64, "", "?"},
};

static size_t from_hex(const char *hex, uint8_t *out)
{
    size_t n = 0;
    for (unsigned byte; sscanf(hex, "%2x", &byte) == 1; hex += 2)
        out[n++] = (uint8_t)byte;
    return n;
}

static void print_insn(const x86_instruction *i, char *out, size_t size)
{
    size_t n =
        (size_t)snprintf(out, size, "%u%s%s%s", i->size, i->wide ? " wide" : "",
                         i->narrow ? " narrow" : "", i->extended ? " ext" : "");
    if (i->has_rm)
        n += (size_t)snprintf(out + n, size - n, " reg%u", i->reg);
    if (i->rm != X86_NONE)
        n += (size_t)snprintf(out + n, size - n, " rm%u", i->rm);
    if (i->base != X86_NONE)
        n += (size_t)snprintf(out + n, size - n, " base%u", i->base);
    if (i->disp)
        n += (size_t)snprintf(out + n, size - n, " disp%d", (int)i->disp);
    if (i->immediate)
        snprintf(out + n, size - n, " imm%lld", (long long)i->immediate);
}

static void check_row(const row *r)
{
    uint8_t code[32];
    char got[120] = "?";
    x86_instruction i;
    size_t len = from_hex(r->code, code);
    t_case = r->claim;
    if (x86_read((mdw_bytes){code, len}, r->machine == X64, &i))
        print_insn(&i, got, sizeof got);
    CHECK(strcmp(got, r->want) == 0);
    if (strcmp(got, r->want) != 0)
        fprintf(stderr, "  got  %s\n  want %s\n", got, r->want);
}

/* The oracle. */

typedef struct oracle {
    bool wide;
    csh handle;
    cs_insn *insn;
    uint64_t same, unread, wrong;
} oracle;

static void complain(const oracle *o, const uint8_t *code, size_t got)
{
    static int shown;
    if (shown++ > 20)
        return;
    fprintf(stderr, "%d bits: %zu, not %u:", o->wide ? 64 : 32, got,
            o->insn->size);
    for (size_t i = 0; i < MOST; i++)
        fprintf(stderr, " %02x", code[i]);
    fprintf(stderr, "  %s %s\n", o->insn->mnemonic, o->insn->op_str);
}

/* What capstone reads, we read as long; what we alone read is no error, for an
 * instruction may be newer than it. */
static size_t compare(oracle *o, mdw_bytes code)
{
    const uint8_t *at = code.data;
    size_t left = code.len;
    uint64_t addr = 0x1000;
    x86_instruction i;
    bool read = x86_read(code, o->wide, &i);
    if (!cs_disasm_iter(o->handle, &at, &left, &addr, o->insn))
        return read ? i.size : 1;
    if (!read)
        o->unread++;
    else if (i.size != o->insn->size)
        o->wrong++;
    else
        o->same++;
    if (!read || i.size != o->insn->size)
        complain(o, code.data, read ? i.size : 0);
    return o->insn->size;
}

static void open_oracle(oracle *o, bool wide)
{
    *o = (oracle){.wide = wide};
    if (cs_open(CS_ARCH_X86, wide ? CS_MODE_64 : CS_MODE_32, &o->handle))
        abort();
    o->insn = cs_malloc(o->handle);
}

static void close_oracle(oracle *o)
{
    cs_free(o->insn, 1);
    cs_close(&o->handle);
}

/* From the middle of its code on. */
static void test_library(bool wide, const char *path, size_t from, size_t to)
{
    FILE *f = fopen(path, "rb");
    if (!f)
        return;
    static uint8_t bytes[4 << 20];
    size_t len = fread(bytes, 1, sizeof bytes, f);
    fclose(f);
    oracle o;
    open_oracle(&o, wide);
    t_case = path;
    for (size_t at = from; at + MOST < len && at < to;)
        at += compare(&o, (mdw_bytes){bytes + at, MOST});
    CHECK(o.same > (to - from) / 8);
    CHECK_U64(o.wrong + o.unread, 0);
    close_oracle(&o);
}

int main(void)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        check_row(&rows[i]);
    test_library(true, "/usr/lib/x86_64-linux-gnu/libc.so.6", 0x30000,
                 0x130000);
    test_library(true, "/usr/lib/x86_64-linux-gnu/libm.so.6", 0x10000, 0x80000);
    test_library(false, "/usr/i686-linux-gnu/lib/libc.so.6", 0x30000, 0x130000);
    test_library(false, "/usr/i686-linux-gnu/lib/libm.so.6", 0x10000, 0x80000);
    return t_done();
}
