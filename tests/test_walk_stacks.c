/* tests/test_walk_stacks.c - signal frames, functions that switch stacks,
 * trampolines: walks that leave the stack they began on. */
#include "walk_fixture.h"

#define X64 .arch = MDW_ARCH_X86_64, .os = MDW_OS_LINUX
#define X86 .arch = MDW_ARCH_X86, .os = MDW_OS_LINUX
#define A64 .arch = MDW_ARCH_ARM64, .os = MDW_OS_LINUX
#define ARM .arch = MDW_ARCH_ARM, .os = MDW_OS_LINUX
#define FUNCTION MDW_PLACE_FUNCTION

typedef struct row {
    const char *claim;
    world w;
    const char *want;
} row;

static const fact some_code[] = {{CODE, CODE_SIZE, MDW_ANSWER_YES, 0},
                                 {DARK, CODE_SIZE, MDW_ANSWER_NO, 0},
                                 {0}};

static const fact odd[] = {{CODE, CODE_SIZE, 15, 0}, {0}};

/* The row of a signal frame: everything lies at sp. */
#define SIGNAL "400010+1: cfa=rsp+0 rip=[rsp+0] rsp=[rsp+8] rbp=[rsp+10] signal"
/* From OTHER, after a call, to STACK and wherever the last row says. */
#define LEAVES                                                                 \
    "400010+1: cfa=rsp+10 rip=zero+400020;"                                    \
    "40001f+1: cfa=rsp+0 rip=zero+400030 rsp=zero+700000 signal;"              \
    "400030+1: cfa=rsp+0 rip=zero+400040 "

static const row signals[] = {
    {"what a signal interrupted was not called, and its pc is exact",
     {X64, .regs = "rip=400010 rsp=+0", .stack = "400100 +20 +28 0 0 0 400200",
      .code = "400200*",
      .rows = SIGNAL ";400100+1: cfa=rsp+18 rip=[cfa-8] rbp=[cfa-10]"},
     "400010@+0 context; 400100s@+20 cfi; 400200@+38 cfi!; no caller"},
    {"it may lie on another stack",
     {X64, .regs = "rip=400010 rsp=+0", .stack = "400100 ^0 ^0",
      .other = "0 400200", .code = "400200*", .rows = SIGNAL},
     "400010@+0 context; 400100s@^0 cfi; 400200@^10 fp!; bottom"},
    {"below",
     {X64, .regs = "rip=400010 rsp=^0 rbp=0", .other = "400100 +0 +0",
      .stack = "0 400200", .code = "400200*", .rows = SIGNAL},
     "400010@^0 context; 400100s@+0 cfi; 400200@+10 fp!; bottom"},
    {"below on the same stack",
     {X64, .regs = "rip=400010 rsp=+100", .code = "400200*",
      .stack = "0 400200 0*1e 400100 +0 +0", .rows = SIGNAL},
     "400010@+100 context; 400100s@+0 cfi; 400200@+10 fp!; bottom"},
    {"a stack that was left is not entered again",
     {X64, .regs = "rip=400010 rsp=^0 rbp=0", .other = "400010 +0 0",
      .stack = "400010 ^0 0", .rows = SIGNAL, .options.no_scan = true},
     "400010@^0 context; 400010s@+0 cfi; no advance"},
    {"not up to where it was left",
     {X64, .regs = "rip=400010 rsp=^100", .code = "400020*",
      .rows = LEAVES "rsp=zero+800110 signal", .options.no_scan = true},
     "400010@^100 context; 400020@^110 cfi!; 400030s@+0 cfi; no advance"},
    {"above that it may be",
     {X64, .regs = "rip=400010 rsp=^100", .code = "400020*",
      .rows = LEAVES "rsp=zero+800111 signal", .options.no_scan = true},
     "400010@^100 context; 400020@^110 cfi!; 400030s@+0 cfi; "
     "400040s@^111 cfi; no caller"},
    {"a signal frame that leads to itself does not loop",
     {X64, .regs = "rip=400010 rsp=+0", .stack = "400010 +0 0", .rows = SIGNAL,
      .options.no_scan = true},
     "400010@+0 context; cycle"},
    {"eight jumps are enough for anybody",
     {X64, .regs = "rip=400010 rsp=+4000", .options.no_scan = true,
      .rows = "400010+1: cfa=rsp+0 rip=zero+400010 rsp=rsp-100 signal"},
     "400010@+4000 context; 400010s@+3f00 cfi; 400010s@+3e00 cfi; "
     "400010s@+3d00 cfi; 400010s@+3c00 cfi; 400010s@+3b00 cfi; "
     "400010s@+3a00 cfi; 400010s@+3900 cfi; 400010s@+3800 cfi; no advance"},
    {"a signal frame is asked nothing about bounds",
     {X64, .regs = "rip=400010 rsp=+0 rbp=0", .bounds = {STACK, 0x1000},
      .stack = "400100 ^0 ^0", .other = "0 400200", .code = "400200*",
      .rows = SIGNAL},
     "400010@+0 context; 400100s@^0 cfi; 400200@^10 fp!; bottom"},
    {"a jump to null that was interrupted is a frame",
     {X64, .regs = "rip=400010 rsp=+0 rbp=0", .stack = "0 +20 +28 0 0 0 400200",
      .code = "400200*", .rows = SIGNAL},
     "400010@+0 context; 0s@+20 cfi; 400200@+38 fp!; bottom"},
    {"so is a jump to data",
     {X64, .regs = "rip=400010 rsp=+0", .stack = "500100 +20 +28 0 0 0 400200",
      .code = "400200*", .rows = SIGNAL, .facts = some_code},
     "400010@+0 context; 500100s@+20 cfi; 400200@+38 fp!; bottom"},
    {"an answer that is none is unknown",
     {X64, .regs = "rip=400010 rsp=+0", .stack = "400100 +20 +28 0 0 0 400200",
      .code = "400200*", .rows = SIGNAL, .facts = odd},
     "400010@+0 context; 400100s@+20 cfi; 400200@+38 fp!; bottom"},
    {"thumb: the interrupted status says what code it was",
     {ARM, .regs = "pc=400010 sp=+0", .stack = "400100 +10 20 0 0 400201",
      .code = "400200t*",
      .rows = "400010+1: cfa=sp+0 pc=[sp+0] sp=[sp+4] cpsr=[sp+8] signal;"
              "400100+1: cfa=sp+8 pc=[cfa-4]"},
     "400010@+0 context; 400100ts@+10 cfi; 400200t@+18 cfi!; no caller"},
};

/* A handler at 400010 was returned to by 400100; what was interrupted at 400020
 * has its stack at ^100. */
#define INTERRUPTED .other = "0*20 400200", .code
#define INTERRUPTED_4 .other = "0*40 400200", .code

static const row trampolines[] = {
    {"x86_64: a signal frame by the bytes of the way back",
     {X64, .regs = "rip=400010 rsp=+0", .show = "rbx rip",
      .stack = "400100 0*10 7 0*3 ^100 400020",
      INTERRUPTED = "400100=48c7c00f0000000f05 400200*"},
     "400010@+0 context rbx=? rip=400010:context0; "
     "400100e@+8 scan rbx=? rip=400100:loaded0@+0; "
     "400020s@^100 cfi rbx=7:loaded1@+88 rip=400020:loaded1@+b0; "
     "400200@^108 scan! rbx=? rip=400200:loaded2@^100; no caller"},
    {"a pointer to it is on the stack of whoever installs a handler",
     {X64, .regs = "rip=400010 rsp=+0", .stack = "400100 0*14 1 400020 400200",
      INTERRUPTED = "400100=48c7c00f0000000f05 400200*"},
     "400010@+0 context; 400200@+c0 scan!; no caller"},
    {"what was interrupted was code",
     {X64, .regs = "rip=400010 rsp=+0", .stack = "400100 0*14 ^100 600020",
      INTERRUPTED = "400100=48c7c00f0000000f05 400200*"},
     "400010@+0 context; no caller"},
    {"or had jumped to null",
     {X64, .regs = "rip=400010 rsp=+0", .stack = "400100 0*14 ^100 0",
      INTERRUPTED = "400100=48c7c00f0000000f05 400200*"},
     "400010@+0 context; 400100e@+8 scan; 0s@^100 cfi; 400200@^108 leaf!; "
     "no caller"},
    {"Windows has no such thing",
     {.arch = MDW_ARCH_X86_64,
      .os = MDW_OS_WINDOWS,
      .regs = "rip=400010 rsp=+0",
      .stack = "400100 0*14 ^100 400020",
      INTERRUPTED = "400100=48c7c00f0000000f05 400200*"},
     "400010@+0 context; no caller"},
    {"one byte less is something else",
     {X64, .regs = "rip=400010 rsp=+0", .stack = "400100 0*14 ^100 400020",
      INTERRUPTED = "400100=48c7c00f0000000f06 400200*"},
     "400010@+0 context; no caller"},
    {"x86: with a siginfo",
     {X86, .regs = "eip=400010 esp=+0",
      .stack = "400100 a 0 +10 0*c ^100 0*6 400020",
      INTERRUPTED_4 = "400100=b8ad000000cd80 400200*"},
     "400010@+0 context; 400100e@+4 scan; 400020s@^100 cfi; "
     "400200@^104 scan!; no caller"},
    {"x86: without",
     {X86, .regs = "eip=400010 esp=+0", .stack = "400100 a 0*7 ^100 0*6 400020",
      INTERRUPTED_4 = "400100=58b877000000cd80 400200*"},
     "400010@+0 context; 400100e@+4 scan; 400020s@^100 cfi; "
     "400200@^104 scan!; no caller"},
    {"x86: signals have numbers up to 64",
     {X86, .regs = "eip=400010 esp=+0",
      .stack = "400100 41 0*7 ^100 0*6 400020",
      INTERRUPTED_4 = "400100=58b877000000cd80 400200*"},
     "400010@+0 context; no caller"},
    {"arm: with a siginfo, whatever the number of the svc",
     {ARM, .regs = "pc=400010 sp=+0", .stack = "400100 a 0*34 ^100 0 400020 20",
      INTERRUPTED_4 = "400100=ad70a0e3123456ef 400200*"},
     "400010@+0 context; 400100e@+4 scan; 400020ts@^100 cfi; "
     "400200@^104 scan!; no caller"},
    {"arm: without",
     {ARM, .regs = "pc=400010 sp=+0", .stack = "400100 0*15 ^100 0 400020 0",
      INTERRUPTED_4 = "400100=7770a0e3000000ef 400200*"},
     "400010@+0 context; 400100e@+4 scan; 400020s@^100 cfi; "
     "400200@^104 scan!; no caller"},
    {"thumb: with a siginfo",
     {ARM, .regs = "pc=400010 sp=+0", .stack = "400101 a 0*34 ^100 0 400020 0",
      INTERRUPTED_4 = "400100=ad2700df 400200*"},
     "400010@+0 context; 400100te@+4 scan; 400020s@^100 cfi; "
     "400200@^104 scan!; no caller"},
    {"thumb: without",
     {ARM, .regs = "pc=400010 sp=+0", .stack = "400101 0*15 ^100 0 400020 0",
      INTERRUPTED_4 = "400100=772700df 400200*"},
     "400010@+0 context; 400100te@+4 scan; 400020s@^100 cfi; "
     "400200@^104 scan!; no caller"},
    {"thumb: glibc's, with",
     {ARM, .regs = "pc=400010 sp=+0", .stack = "400101 a 0*34 ^100 0 400020 0",
      INTERRUPTED_4 = "400100=4ff0ad0700df 400200*"},
     "400010@+0 context; 400100te@+4 scan; 400020s@^100 cfi; "
     "400200@^104 scan!; no caller"},
    {"thumb: glibc's, without",
     {ARM, .regs = "pc=400010 sp=+0", .stack = "400101 0*15 ^100 0 400020 0",
      INTERRUPTED_4 = "400100=4ff0770700df 400200*"},
     "400010@+0 context; 400100te@+4 scan; 400020s@^100 cfi; "
     "400200@^104 scan!; no caller"},
    {"ARM code is not Thumb's",
     {ARM, .regs = "pc=400010 sp=+0", .stack = "400100 a 0*34 ^100 0 400020 0",
      INTERRUPTED_4 = "400100=ad2700df 400200*"},
     "400010@+0 context; no caller"},
    {"arm64: the frame pointer's record says where the signal frame is",
     {A64, .regs = "pc=400010 sp=+0 fp=+0",
      .stack = "+300 400100 0 0 b 0*43 ^110 400300 ^100 400020 0 0*13 ^110 "
               "400300",
      .other = "0*22 0 400200", .code = "400100=681180d2010000d4 400200*"},
     "400010@+0 context; 400100e@+10~ fp; 400020s@^100 cfi; "
     "400200@^120~ fp!; bottom"},
    {"arm64: it begins at a multiple of 16",
     {A64, .regs = "pc=400010 sp=+0 fp=+0",
      .stack = "+300 400100 b 0*43 ^110 400300 ^100 400020 0 0*15 ^110 400300",
      .other = "0*22 0 400200", .code = "400100=681180d2010000d4 400200*"},
     "400010@+0 context; 400100e@+10~ fp; 400020s@^100 cfi; "
     "400200@^120~ fp!; bottom"},
    {"arm64: one whose registers are not those of the record is none",
     {A64, .regs = "pc=400010 sp=+0 fp=+0",
      .stack = "+300 400100 0 0 b 0*43 ^110 400301 ^100 400020 0 0*13 ^110 "
               "400300",
      .other = "0*22 0 400200", .code = "400100=681180d2010000d4 400200*"},
     "400010@+0 context; 400100e@+10~ fp; no caller"},
};

static const fact ends_there[] = {{CODE, CODE_SIZE, MDW_ANSWER_YES, 0},
                                  {DARK, CODE_SIZE, MDW_ANSWER_YES, 0},
                                  {0x600000, 0x1000, MDW_ANSWER_NO, 0},
                                  {DARK, 0x100, 0, FUNCTION},
                                  {0}};

static const fact begins_there[] = {{CODE, CODE_SIZE, MDW_ANSWER_YES, 0},
                                    {DARK, CODE_SIZE, MDW_ANSWER_YES, 0},
                                    {0x600000, 0x1000, MDW_ANSWER_NO, 0},
                                    {DARK + 0x200, 0x100, 0, FUNCTION},
                                    {0}};

static const row nowhere[] = {
    {"a jump to null has done nothing yet",
     {X64, .regs = "rip=0 rsp=+0 rbp=+8 rbx=7 rax=8", .show = "rbp rbx rax",
      .stack = "500100 0 500200"},
     "0@+0 context rbp=+8:context0 rbx=7:context0 rax=8:context0; "
     "500100@+8 leaf rbp=+8:kept0 rbx=7:kept0 rax=?; "
     "500200@+18 fp rbp=0:loaded1@+8 rbx=? rax=?; bottom"},
    {"a return to null has: no call precedes the word at sp",
     {X64, .regs = "rip=0 rsp=+0 rbp=+8", .stack = "400100 0 400200",
      .code = "400200*"},
     "0@+0 context; 400200@+18 fp!; bottom"},
    {"a jump to where no code is must be proven",
     {X64, .regs = "rip=600000 rsp=+0 rbp=+8", .stack = "400100 0 400200",
      .code = "400100* 400200*"},
     "600000@+0 context; 400100@+8 leaf!; 400200@+18 fp!; bottom"},
    {"or it is worth no more than any word",
     {X64, .regs = "rip=600000 rsp=+0 rbp=+8", .stack = "400100 0 400200",
      .code = "400200*"},
     "600000@+0 context; 400200@+18 fp!; bottom"},
    {"where nobody has the bytes before it an image will do",
     {X64, .regs = "rip=600000 rsp=+0 rbp=+8", .stack = "500100 0 400200",
      .code = "400200*"},
     "600000@+0 context; 500100@+8 leaf; 400200@+18 fp!; bottom"},
    {"on Windows too",
     {.arch = MDW_ARCH_X86_64,
      .os = MDW_OS_WINDOWS,
      .regs = "rip=600000 rsp=+0",
      .stack = "500100"},
     "600000@+0 context; 500100@+8 leaf; no caller"},
    {"in none it is nothing",
     {X64, .regs = "rip=600000 rsp=+0 rbp=+8", .stack = "650100 0 400200",
      .code = "400200*"},
     "600000@+0 context; 400200@+18 fp!; bottom"},
    {"nor where a function begins, behind padding",
     {X64, .regs = "rip=600000 rsp=+0 rbp=+8", .stack = "500200 0 400200",
      .code = "400200*", .facts = begins_there},
     "600000@+0 context; 400200@+18 fp!; bottom"},
    {"nor where one that is known ends",
     {X64, .regs = "rip=600000 rsp=+0 rbp=+8", .stack = "500100 0 400200",
      .code = "400200*", .facts = ends_there},
     "600000@+0 context; 400200@+18 fp!; bottom"},
    {"within one it is",
     {X64, .regs = "rip=600000 rsp=+0 rbp=+8", .stack = "5000ff 0 400200",
      .code = "400200*", .facts = ends_there},
     "600000@+0 context; 5000ff@+8 leaf; 400200@+18 fp!; bottom"},
    {"arm64: and of lr",
     {A64, .regs = "pc=600000 sp=+0 lr=500100"},
     "600000@+0 context; 500100@+0 lr; no caller"},
    {"x86: words have four bytes",
     {X86, .regs = "eip=0 esp=+0", .stack = "400100", .code = "400100*"},
     "0@+0 context; 400100@+4 leaf!; no caller"},
    {"arm64: the caller of nowhere is in lr",
     {A64, .regs = "pc=600000 sp=+0 lr=400100", .code = "400100*"},
     "600000@+0 context; 400100@+0 lr!; no caller"},
    {"arm64: without lr nobody knows",
     {A64, .regs = "pc=600000 sp=+0"},
     "600000@+0 context; no caller"},
};

static const fact switches[] = {
    {0x400000, 0x80, 0, FUNCTION | MDW_PLACE_SWITCH}, {0}};
static const fact trampoline[] = {
    {0x400100, 0x10, 0, FUNCTION | MDW_PLACE_TRAMPOLINE}, {0}};

static const row places[] = {
    {"out of a function that switches stacks sp may go down",
     {X64, .regs = "rip=400010 rsp=^0", .other = "0 400100",
      .code = "400100* 400200*", .stack = "0 400200", .facts = switches,
      .rows = "400010+1: cfa=rsp+10 rip=[cfa-8] rsp=zero+700000"},
     "400010@^0 context; 400100@+0 cfi!; 400200@+10 scan!; no caller"},
    {"and up, past the bounds of the stack",
     {X64, .regs = "rip=400010 rsp=+0", .bounds = {STACK, 0x1000},
      .code = "400100*", .stack = "0 400100", .facts = switches,
      .rows = "400010+1: cfa=rsp+10 rip=[cfa-8] rsp=zero+800000"},
     "400010@+0 context; 400100@^0 cfi!; no caller"},
    {"out of others it may not",
     {X64, .regs = "rip=400090 rsp=^0", .other = "0 400100", .code = "400100*",
      .facts = switches, .options.no_scan = true,
      .rows = "400090+1: cfa=rsp+10 rip=[cfa-8] rsp=zero+700000"},
     "400090@^0 context; no advance"},
    {"a trampoline was never called: its first byte is returned to",
     {X64, .regs = "rip=400010 rsp=+0 rbp=+0", .stack = "+18 400100 0 0",
      .facts = trampoline,
      .rows = "400100+1: cfa=rsp+0 rip=zero+400200 rsp=rsp+100 signal"},
     "400010@+0 context; 400100e@+10 fp; 400200s@+110 cfi; no caller"},
    {"a trampoline that has run on",
     {X64, .regs = "rip=400010 rsp=+0 rbp=+0", .stack = "+18 400104 0 0",
      .facts = trampoline,
      .rows = "400103+1: cfa=rsp+0 rip=zero+400200 rsp=rsp+100 signal"},
     "400010@+0 context; 400104@+10 fp; 400200s@+110 cfi; no caller"},
};

#define TABLE(rows)                                                            \
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)                    \
    check_walk(rows[i].claim, &rows[i].w, rows[i].want)

int main(void)
{
    TABLE(signals);
    TABLE(trampolines);
    TABLE(nowhere);
    TABLE(places);
    return t_done();
}
