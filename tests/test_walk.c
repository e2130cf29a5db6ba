/* tests/test_walk.c - walks on both x86, and where walks end. */
#include "walk_fixture.h"

#define X64 .arch = MDW_ARCH_X86_64, .os = MDW_OS_LINUX
#define WIN .arch = MDW_ARCH_X86_64, .os = MDW_OS_WINDOWS
#define X86 .arch = MDW_ARCH_X86, .os = MDW_OS_LINUX

typedef struct row {
    const char *claim;
    world w;
    const char *want;
} row;

static const row chains[] = {
    {"x86_64: frame pointers lead to a zero",
     {X64, .regs = "rip=400010 rsp=+0 rbp=+8", .show = "rbp rbx",
      .stack = "0 +20 400100 0 0 400200", .code = "400100>400000 400200*"},
     "400010@+0 context rbp=+8:context0 rbx=?; "
     "400100@+18 fp! rbp=+20:loaded0@+8 rbx=?; "
     "400200@+30 fp! rbp=0:loaded1@+20 rbx=?; bottom"},
    {"x86: frame pointers lead to a zero",
     {X86, .regs = "eip=400010 esp=+0 ebp=+4",
      .stack = "0 +10 400100 0 0 400200", .code = "400100>400000 400200*"},
     "400010@+0 context; 400100@+c fp!; 400200@+18 fp!; bottom"},
    {"x86 on Windows has frame pointers too",
     {.arch = MDW_ARCH_X86,
      .os = MDW_OS_WINDOWS,
      .regs = "eip=400010 esp=+0 ebp=+4",
      .stack = "0 0 400100",
      .code = "400100*"},
     "400010@+0 context; 400100@+c fp!; bottom"},
    {"x86_64: frame pointers hold in code whose bytes nobody has",
     {X64, .regs = "rip=500010 rsp=+0 rbp=+8",
      .stack = "0 +20 500100 0 0 500200"},
     "500010@+0 context; 500100@+18 fp; 500200@+30 fp; bottom"},
    {"a frame pointer to a word that no call precedes is refused",
     {X64, .regs = "rip=400010 rsp=+0 rbp=+8", .stack = "0 +20 400100 0"},
     "400010@+0 context; no caller"},
    {"an unproven frame pointer beats a proven scan",
     {X64, .regs = "rip=400010 rsp=+0 rbp=+8", .stack = "400300 0 500100",
      .code = "400300*"},
     "400010@+0 context; 500100@+18 fp; bottom"},
    {"a frame pointer that leads inward is worth no more than a scanned word",
     {X64, .regs = "rip=400010 rsp=+0 rbp=+20",
      .stack = "0 400100 0 0 +20 500200", .code = "400100*",
      .options.max_frames = 2},
     "400010@+0 context; 400100@+10 scan!; limit"},
    {"one that leads out of the stack too",
     {X64, .regs = "rip=400010 rsp=+0 rbp=+20", .bounds = {STACK, 0x100},
      .stack = "0 400100 0 0 +101 500200", .code = "400100*",
      .options.max_frames = 2},
     "400010@+0 context; 400100@+10 scan!; limit"},
    {"unless a call proves it",
     {X64, .regs = "rip=400010 rsp=+0 rbp=+20",
      .stack = "0 400100 0 0 1 400200", .code = "400100* 400200*"},
     "400010@+0 context; 400200@+30 fp!; no caller"},
    {"it is taken where nothing better is",
     {X64, .regs = "rip=400010 rsp=+0 rbp=+20", .stack = "0*4 1 500200"},
     "400010@+0 context; 500200@+30 doubt; no caller"},
    {"a frame pointer loop does not loop",
     {X64, .regs = "rip=400010 rsp=+0 rbp=+0", .stack = "+0 400100",
      .code = "400100*"},
     "400010@+0 context; 400100@+10 fp!; cycle"},
    {"a frame pointer below sp is refused",
     {X64, .regs = "rip=400010 rsp=+20 rbp=+8", .stack = "0 +20 400100 0*5",
      .code = "400100*"},
     "400010@+20 context; no advance"},
    {"a zero frame pointer in the context is no end",
     {X64, .regs = "rip=400010 rsp=+0 rbp=0", .stack = "0 400100",
      .code = "400100*"},
     "400010@+0 context; 400100@+10 scan!; no caller"},
    {"a null return address in a frame that the chain reached is an end",
     {X64, .regs = "rip=400010 rsp=+0 rbp=+8",
      .stack = "0 +20 400100 0 +30 FFF 400100", .code = "400100*"},
     "400010@+0 context; 400100@+18 fp!; null pc"},
    {"one in the context's frame is none",
     {X64, .regs = "rip=400010 rsp=+0 rbp=+8", .stack = "0 +20 FFF 400100",
      .code = "400100*"},
     "400010@+0 context; 400100@+20 scan!; no caller"},
    {"the zero page ends at 1000",
     {X64, .regs = "rip=400010 rsp=+0 rbp=+8",
      .stack = "0 +20 400100 0 +30 1000 400100", .code = "400100*"},
     "400010@+0 context; 400100@+18 fp!; 400100@+38 scan!; no caller"},
    {"a return address outside all images is refused",
     {X64, .regs = "rip=400010 rsp=+0 rbp=+8", .stack = "0 +20 600100"},
     "400010@+0 context; no caller"},
    {"no pc", {X64, .regs = "rsp=+0"}, "no context"},
    {"no sp", {X64, .regs = "rip=400010"}, "no context"},
};

/* lea 4(%esp), %ecx; and $-16, %esp; push -4(%ecx): a copy of the return
 * address at +c, the original where the caller's sp was. */
static const row realigned[] = {
    {"x86: a copy of the return address is not where the caller's sp is",
     {X86, .regs = "eip=400010 esp=+0 ebp=+8", .show = "ebp",
      .stack = "0 0 +30 500100 0 0 0 500100 0 0 0 0 0 400200",
      .code = "400200*"},
     "400010@+0 context ebp=+8:context0; 500100@+20 fp ebp=+30:loaded0@+8; "
     "400200@+38 fp! ebp=0:loaded1@+30; bottom"},
    {"x86: nor of a scanned one",
     {X86, .regs = "eip=400010 esp=+0", .stack = "0 0 0 500100 500100",
      .options.max_frames = 2},
     "400010@+0 context; 500100@+14 scan; limit"},
    {"x86: what lies further than the alignment is none",
     {X86, .regs = "eip=400010 esp=+0 ebp=+8",
      .stack = "0 0 +30 500100 0 0 0 0 500100", .options.max_frames = 2},
     "400010@+0 context; 500100@+10 fp; limit"},
    {"x86: nor where nothing was aligned",
     {X86, .regs = "eip=400010 esp=+0 ebp=+4", .stack = "0 +30 500100 500100",
      .options.max_frames = 2},
     "400010@+0 context; 500100@+c fp; limit"},
    {"x86: a recursion of small frames has the same words in one image",
     {X86, .regs = "eip=400010 esp=+0 ebp=+8",
      .stack = "0 0 +18 400100 0 0 +28 400100 0 0 0 500100",
      .code = "400100>400000"},
     "400010@+0 context; 400100@+10 fp!; 400100@+20 fp!; 500100@+30 fp; "
     "bottom"},
    {"x86: vectors need more",
     {X86, .regs = "eip=400010 esp=+0 ebp=+18",
      .stack = "0*6 +60 500100 0 0 0 0 0 0 500100", .options.max_frames = 2},
     "400010@+0 context; 500100@+3c fp; limit"},
    {"x86-64: two words alone are no proof",
     {X64, .regs = "rip=400010 rsp=+0 rbp=+10",
      .stack = "0 0 +60 500100 0 500100", .options.max_frames = 2},
     "400010@+0 context; 500100@+20 fp; limit"},
    {"x86: nor on Windows, whose compilers do it differently",
     {.arch = MDW_ARCH_X86,
      .os = MDW_OS_WINDOWS,
      .regs = "eip=400010 esp=+0 ebp=+8",
      .stack = "0 0 +30 500100 500100",
      .options.max_frames = 2},
     "400010@+0 context; 500100@+10 fp; limit"},
};

static const row leaves[] = {
    {"x86_64 on Windows: a leaf that a call proves, then a scan",
     {WIN, .regs = "rip=400010 rsp=+0 rbp=+8 rbx=5 rsi=6 rdi=7 r8=8",
      .show = "rbx rsi rdi r8", .stack = "400100 1 2 400200",
      .code = "400100*  400200*"},
     "400010@+0 context rbx=5:context0 rsi=6:context0 rdi=7:context0 "
     "r8=8:context0; "
     "400100@+8 leaf! rbx=5:kept0 rsi=6:kept0 rdi=7:kept0 r8=?; "
     "400200@+20 scan! rbx=? rsi=? rdi=? r8=?; no caller"},
    {"x86_64 on Windows: no leaf without a known call",
     {WIN, .regs = "rip=400010 rsp=+0", .stack = "500100 1 400200",
      .code = "400200*"},
     "400010@+0 context; 400200@+18 scan!; no caller"},
    {"x86_64 on Windows: rbp is not followed",
     {WIN, .regs = "rip=400010 rsp=+0 rbp=+8", .stack = "0 +20 400100 0 0",
      .code = "400100*"},
     "400010@+0 context; 400100@+18 scan!; no caller"},
    {"elsewhere the word at sp is no leaf's",
     {X64, .regs = "rip=400010 rsp=+0", .stack = "400100", .code = "400100*"},
     "400010@+0 context; 400100@+8 scan!; no caller"},
    {"x86_64 on Windows: only an exact pc is a leaf's",
     {WIN, .regs = "rip=400010 rsp=+0", .stack = "400100 400200",
      .code = "400100* 400200*"},
     "400010@+0 context; 400100@+8 leaf!; 400200@+10 scan!; no caller"},
};

static const fact at_entry[] = {{CODE, CODE_SIZE, MDW_ANSWER_YES, 0},
                                {DARK, CODE_SIZE, MDW_ANSWER_YES, 0},
                                {0x400010, 0x40, 0, MDW_PLACE_FUNCTION},
                                {0}};

static const row edges[] = {
    {"the last instructions of a function say where its caller is",
     {X64, .regs = "rip=400010 rsp=+0 rbp=5 r12=6", .show = "rbx rbp r12",
      .stack = "7 8 400200", .code = "400010=5b5dc3 400200*"},
     "400010@+0 context rbx=? rbp=5:context0 r12=6:context0; "
     "400200@+18 leaf! rbx=7:loaded0@+0 rbp=8:loaded0@+8 r12=6:kept0; "
     "no caller"},
    {"they are asked before unwind information",
     {X64, .regs = "rip=400010 rsp=+0", .stack = "400200 400300",
      .code = "400010=c3 400200* 400300*", .options.max_frames = 2,
      .rows = "400010+1: cfa=rsp+10 rip=[cfa-8]"},
     "400010@+0 context; 400200@+8 leaf!; limit"},
    {"which wins where no call proves them",
     {X64, .regs = "rip=400010 rsp=+0", .stack = "500200 500300",
      .code = "400010=c3", .options.max_frames = 2,
      .rows = "400010+1: cfa=rsp+10 rip=[cfa-8]"},
     "400010@+0 context; 500300@+10 cfi; limit"},
    {"where no call is they are refused",
     {X64, .regs = "rip=400010 rsp=+0", .stack = "400200", .code = "400010=c3"},
     "400010@+0 context; no caller"},
    {"only at an exact pc",
     {X64, .regs = "rip=400010 rsp=+0", .stack = "400201 400300",
      .code = "400010=c3 4001fb=ff150000000058c3 400300*",
      .options.no_scan = true},
     "400010@+0 context; 400201@+8 leaf!; no caller"},
    {"at its first instruction a function has done nothing",
     {X64, .regs = "rip=400010 rsp=+0 rbp=+8 rbx=7", .show = "rbx rbp",
      .stack = "400200 0 400300", .code = "400200* 400300*", .facts = at_entry,
      .options.max_frames = 2},
     "400010@+0 context rbx=7:context0 rbp=+8:context0; "
     "400200@+8 leaf! rbx=7:kept0 rbp=+8:kept0; limit"},
    {"in its first instructions it has made a part of its frame",
     {X64, .regs = "rip=400014 rsp=+0 rbp=+0", .show = "rbp",
      .stack = "+18 400200 0 0 400300",
      .code = "400010=554889e5 400200* 400300*", .facts = at_entry,
      .options.max_frames = 2},
     "400014@+0 context rbp=+0:context0; 400200@+10 leaf! rbp=+18:loaded0@+0; "
     "limit"},
    {"arm64",
     {.arch = MDW_ARCH_ARM64,
      .os = MDW_OS_LINUX,
      .regs = "pc=400010 sp=+0 x19=1 x20=2",
      .show = "x19 x20 fp",
      .stack = "+30 400200 3 4 0 0 0 400300",
      .code = "400010=f35341a9fd7bc2a8c0035fd6 400200*",
      .options.max_frames = 2},
     "400010@+0 context x19=1:context0 x20=2:context0 fp=?; "
     "400200@+20 leaf! x19=3:loaded0@+10 x20=4:loaded0@+18 fp=+30:loaded0@+0; "
     "limit"},
};

static const fact code[] = {{CODE, CODE_SIZE, MDW_ANSWER_YES, 0}, {0}};

static const row scans[] = {
    {"a word that a call precedes beats nearer ones that nobody can check",
     {X64, .regs = "rip=400010 rsp=+0", .stack = "500100 500200 0 400100",
      .code = "400100*"},
     "400010@+0 context; 400100@+20 scan!; no caller"},
    {"without any call the nearest is taken",
     {X64, .regs = "rip=400010 rsp=+0", .stack = "0 500100 0 500200"},
     "400010@+0 context; 500100@+10 scan; 500200@+20 scan; no caller"},
    {"unless x86-64's ABI would not have put it there",
     {X64, .regs = "rip=400010 rsp=+0", .stack = "500100 500200 500300"},
     "400010@+0 context; 500200@+10 scan; no caller"},
    {"which a call that is known outweighs",
     {X64, .regs = "rip=400010 rsp=+0", .stack = "400100 0 500200",
      .code = "400100*"},
     "400010@+0 context; 400100@+8 scan!; no caller"},
    {"32-bit code has no such rule",
     {X86, .regs = "eip=400010 esp=+0", .stack = "500100 500200"},
     "400010@+0 context; 500100@+4 scan; 500200@+8 scan; no caller"},
    {"of two that calls precede the nearest is taken",
     {X64, .regs = "rip=400010 rsp=+0", .stack = "0 400100 400200",
      .code = "400100* 400200*"},
     "400010@+0 context; 400100@+10 scan!; 400200@+18 scan!; no caller"},
    {"words that no call precedes are refused",
     {X64, .regs = "rip=400010 rsp=+0", .stack = "400300 400301 40FFFF"},
     "400010@+0 context; no caller"},
    {"words lie at multiples of their size",
     {X64, .regs = "rip=400010 rsp=+4", .stack = "400100 400200",
      .code = "400100* 400200*"},
     "400010@+4 context; 400200@+10 scan!; no caller"},
    {"words outside images are refused",
     {X64, .regs = "rip=400010 rsp=+0", .stack = "300000 +10 410000 510001"},
     "400010@+0 context; no caller"},
    {"the address right after an image can be returned to",
     {X64, .regs = "rip=400010 rsp=+0", .stack = "410000", .code = "410000*"},
     "400010@+0 context; 410000@+8 scan!; no caller"},
    {"no_scan",
     {X64, .regs = "rip=400010 rsp=+0", .stack = "400100", .code = "400100*",
      .options.no_scan = true},
     "400010@+0 context; no caller"},
    {"160 words after the context",
     {X64, .regs = "rip=400010 rsp=+0", .stack = "0*9f 400100",
      .code = "400100*"},
     "400010@+0 context; 400100@+500 scan!; no caller"},
    {"and no more",
     {X64, .regs = "rip=400010 rsp=+0", .stack = "0*a0 400100",
      .code = "400100*"},
     "400010@+0 context; no caller"},
    {"40 words after a scanned frame that no call proves",
     {X86, .regs = "eip=400010 esp=+0", .stack = "500100 0*27 500200"},
     "400010@+0 context; 500100@+4 scan; 500200@+a4 scan; no caller"},
    {"and no more",
     {X86, .regs = "eip=400010 esp=+0", .stack = "500100 0*28 500200"},
     "400010@+0 context; 500100@+4 scan; no caller"},
    {"160 words after one that a call proves",
     {X64, .regs = "rip=400010 rsp=+0", .stack = "400100 0*9f 400200",
      .code = "400100* 400200*"},
     "400010@+0 context; 400100@+8 scan!; 400200@+508 scan!; no caller"},
    {"and no more",
     {X64, .regs = "rip=400010 rsp=+0", .stack = "400100 0*a0 400200",
      .code = "400100* 400200*"},
     "400010@+0 context; 400100@+8 scan!; no caller"},
    {"40 words after a frame pointer's frame that no call proves",
     {X64, .regs = "rip=400010 rsp=+0 rbp=+0",
      .stack = "7f0000 500100 0*27 400200", .code = "400200*"},
     "400010@+0 context; 500100@+10 fp; 400200@+150 scan!; no caller"},
    {"and no more",
     {X64, .regs = "rip=400010 rsp=+0 rbp=+0",
      .stack = "7f0000 500100 0*28 400200", .code = "400200*"},
     "400010@+0 context; 500100@+10 fp; no caller"},
    {"160 words after unwind information",
     {X64, .regs = "rip=400010 rsp=+0", .stack = "500100 0*9f 400200",
      .code = "400200*", .rows = "400010+1: cfa=rsp+8 rip=[cfa-8]"},
     "400010@+0 context; 500100@+8 cfi; 400200@+508 scan!; no caller"},
    {"as many words as the options say, and four times that",
     {X86, .regs = "eip=400010 esp=+0", .stack = "0*7 400100 500100 0 0 500200",
      .code = "400100*", .options.scan_words = 2},
     "400010@+0 context; 400100@+20 scan!; 500100@+24 scan; no caller"},
    {"no more in one walk than the options say",
     {X64, .regs = "rip=400010 rsp=+0", .stack = "0 400100 0 400200",
      .code = "400100* 400200*", .options.max_scan = 3},
     "400010@+0 context; 400100@+10 scan!; no caller"},
    {"however often it is asked",
     {X64, .regs = "rip=400010 rsp=+0", .stack = "0 400100 0 400200",
      .code = "400100* 400200*", .options.max_scan = 3, .facts = code},
     "400010@+0 context; 400100@+10 scan!; no caller"},
    {"a call at the start of what is known",
     {X64, .regs = "rip=400010 rsp=+0", .stack = "400005",
      .code = "400005>400100"},
     "400010@+0 context; 400005@+8 scan!; no caller"},
    {"six bytes are too few to say that there is none",
     {X64, .regs = "rip=400010 rsp=+0", .stack = "0 400006"},
     "400010@+0 context; 400006@+10 scan; no caller"},
    {"seven are enough",
     {X64, .regs = "rip=400010 rsp=+0", .stack = "0 400007"},
     "400010@+0 context; no caller"},
    {"a hole in the stack is passed over",
     {X64, .regs = "rip=400010 rsp=+0", .stack = "0 ? 400100",
      .code = "400100*"},
     "400010@+0 context; 400100@+18 scan!; no caller"},
    {"the word below is the saved frame pointer",
     {X64, .regs = "rip=400010 rsp=+0", .show = "rbp",
      .stack = "0 +30 400100 0 0 0 0 400200", .code = "400100* 400200*"},
     "400010@+0 context rbp=?; 400100@+18 scan! rbp=+30~:loaded0@+8; "
     "400200@+40 fp! rbp=0:loaded1@+30; bottom"},
    {"a frame of 128 KiB is the largest",
     {X64, .regs = "rip=400010 rsp=+0", .show = "rbp",
      .stack = "0 720010 400100", .code = "400100*"},
     "400010@+0 context rbp=?; 400100@+18 scan! rbp=720010~:loaded0@+8; no "
     "caller"},
    {"and more is none",
     {X64, .regs = "rip=400010 rsp=+0", .show = "rbp",
      .stack = "0 720011 400100", .code = "400100*"},
     "400010@+0 context rbp=?; 400100@+18 scan! rbp=?; no caller"},
    {"a frame pointer that already lies above the frame may be the caller's",
     {X64, .regs = "rip=400010 rsp=+0 rbp=+7000", .show = "rbp",
      .stack = "400100 5 400200", .code = "400100* 400200*"},
     "400010@+0 context rbp=+7000:context0; 400100@+8 scan! rbp=+7000~:same0; "
     "400200@+18 scan! rbp=+7000~:same1; no caller"},
    {"one that does not is lost",
     {X64, .regs = "rip=400010 rsp=+10 rbp=+0", .show = "rbp",
      .stack = "0 0 400100", .code = "400100*"},
     "400010@+10 context rbp=+0:context0; 400100@+18 scan! rbp=?; no caller"},
    {"x86: words have four bytes",
     {X86, .regs = "eip=400010 esp=+0", .show = "ebp",
      .stack = "0 +14 400100 0 0 0 400200", .code = "400100* 400200*"},
     "400010@+0 context ebp=?; 400100@+c scan! ebp=+14~:loaded0@+4; 400200@+1c "
     "fp! ebp=0:loaded1@+14; bottom"},
};

#define FUNCTION MDW_PLACE_FUNCTION
static const fact dark_data[] = {{CODE, CODE_SIZE, MDW_ANSWER_YES, 0},
                                 {DARK, CODE_SIZE, MDW_ANSWER_NO, 0},
                                 {0}};
static const fact jit[] = {{CODE, CODE_SIZE, MDW_ANSWER_YES, 0},
                           {0x600000, 0x1000, MDW_ANSWER_YES, 0},
                           {0}};
static const fact nothing[] = {{0}};
static const fact functions[] = {
    {0x400000, 0x80, 0, FUNCTION}, {0x400080, 0x80, 0, FUNCTION}, {0}};
static const fact broken[] = {{CODE, CODE_SIZE, FAILS, 0}, {0}};
static const fact base[] = {{0x400080, 0x80, 0, FUNCTION | MDW_PLACE_BASE},
                            {0}};

static const fact base_callee[] = {
    {CODE, CODE_SIZE, MDW_ANSWER_YES, 0},
    {0x400080, 0x40, 0, FUNCTION | MDW_PLACE_BASE_CALLEE},
    {0x4000c0, 0x40, 0, FUNCTION | MDW_PLACE_BASE_CALLEE},
    {0x500000, 0x1000, MDW_ANSWER_YES, 0},
    {0}};
static const fact pointed[] = {
    {DARK, CODE_SIZE, MDW_ANSWER_YES, 0}, {0x500100, 0x40, 0, FUNCTION}, {0}};

static const row places[] = {
    {"what calls a function that only an outermost one calls",
     {X64, .regs = "rip=400010 rsp=+0 rbp=+8",
      .stack = "0 +20 4000a0 0 1 4000d0 400200 400300",
      .code = "4000a0* 4000d0* 400200* 400300*", .facts = base_callee},
     "400010@+0 context; 4000a0@+18 fp!; 4000d0@+30 fp!; 400200@+38 scan!; "
     "base"},
    {"is a frame where a call proves it",
     {X64, .regs = "rip=4000a0 rsp=+0", .stack = "500200 500300",
      .facts = base_callee},
     "4000a0@+0 context; base"},
    {"or a frame pointer",
     {X64, .regs = "rip=4000a0 rsp=+0 rbp=+0", .stack = "0 500200 500300",
      .facts = base_callee},
     "4000a0@+0 context; 500200@+10 fp; base"},
    {"a pointer to a function is no return address",
     {X64, .regs = "rip=400010 rsp=+0", .stack = "500100 500101",
      .facts = pointed},
     "400010@+0 context; 500101@+10 scan; no caller"},
    {"code that is not executable is refused",
     {X64, .regs = "rip=400010 rsp=+0 rbp=+8", .stack = "0 +20 500100 500200",
      .facts = dark_data},
     "400010@+0 context; no caller"},
    {"code outside images that is executable is not",
     {X64, .regs = "rip=400010 rsp=+0", .stack = "0 600100", .facts = jit},
     "400010@+0 context; 600100@+10 scan; no caller"},
    {"a scan believes images alone where nobody knows",
     {X64, .regs = "rip=400010 rsp=+0", .stack = "0 600100 0 500100",
      .facts = nothing},
     "400010@+0 context; 500100@+20 scan; no caller"},
    {"a frame pointer is believed where nobody knows",
     {X64, .regs = "rip=400010 rsp=+0 rbp=+8", .stack = "0 0 600100",
      .facts = nothing},
     "400010@+0 context; 600100@+18 fp; bottom"},
    {"a place function that fails says nothing",
     {X64, .regs = "rip=400010 rsp=+0 rbp=+8", .stack = "0 0 400100",
      .code = "400100*", .facts = broken},
     "400010@+0 context; 400100@+18 fp!; bottom"},
    {"a direct call to the callee is seen",
     {X64, .regs = "rip=400010 rsp=+0 rbp=+8",
      .stack = "0 +20 4000a0 0 0 4000c0", .code = "4000a0>400000 4000c0>400081",
      .facts = functions},
     "400010@+0 context; 4000a0@+18 fp!!; 4000c0@+30 fp!; bottom"},
    {"a function that is outermost by nature",
     {X64, .regs = "rip=400010 rsp=+0 rbp=+8",
      .stack = "0 +20 400100 0 0 400200", .code = "400100* 400200*",
      .facts = base},
     "400010@+0 context; 400100@+18 fp!; base"},
    {"the thread's start routine",
     {X64, .regs = "rip=400010 rsp=+0 rbp=+8",
      .stack = "0 +20 4000a0 0 0 4000c0", .code = "4000a0* 4000c0*",
      .facts = functions, .start = 0x400080},
     "400010@+0 context; 4000a0@+18 fp!; start"},
};

#define BOUNDS(size) .bounds = {STACK, size}
static const row bounds[] = {
    {"sp at the end of the stack",
     {X64, .regs = "rip=400010 rsp=+0 rbp=+8", .stack = "0 +20 400100 400200",
      .code = "400100* 400200*", BOUNDS(0x18)},
     "400010@+0 context; 400100@+18 fp!; stack end"},
    {"a frame past the end of the stack is refused",
     {X64, .regs = "rip=400010 rsp=+0 rbp=+8", .stack = "0 +20 400100 400200",
      .code = "400100* 400200*", BOUNDS(0x10)},
     "400010@+0 context; no caller"},
    {"a context whose sp is there has no frame yet",
     {X64, .regs = "rip=400010 rsp=+18", .stack = "0 0 0 400100",
      .code = "400100*", BOUNDS(0x18)},
     "400010@+18 context; 400100@+20 scan!; no caller"},
    {"a callee outside the known stack has no bounds",
     {X64, .regs = "rip=400010 rsp=^0 rbp=^8", .other = "0 ^20 400100",
      .code = "400100*", BOUNDS(0x18)},
     "400010@^0 context; 400100@^18 fp!; null pc"},
    {"as many frames as the options say",
     {X64, .regs = "rip=400010 rsp=+0", .stack = "400100*9", .code = "400100*",
      .options.max_frames = 3},
     "400010@+0 context; 400100@+8 scan!; 400100@+10 scan!; limit"},
    {"recursion goes on",
     {X64, .regs = "rip=400100 rsp=+0", .stack = "400100*3", .code = "400100*"},
     "400100@+0 context; 400100@+8 scan!; 400100@+10 scan!; 400100@+18 scan!; "
     "no caller"},
};

static bool never(void *user)
{
    ++*(unsigned *)user;
    return false;
}

static bool at_once(void *user)
{
    ++*(unsigned *)user;
    return true;
}

static void test_budget(void)
{
    static target t;
    mdw_budget budget = MDW_INIT(mdw_budget);
    world w = {X64, .regs = "rip=400010 rsp=+0", .stack = "400100*9",
               .code = "400100*", .options.budget = &budget};
    t_case = "each answer of a step and each word costs";
    walk_through(&t, &w);
    /* Nine scans of one word and two answers; one of 160 and its end. */
    CHECK_U64(t.count, 10);
    CHECK(t.work > 10 * 16 + 9 && t.work < 10 * 48 + 160);
    uint64_t all = t.work;
    t_case = "a walk that may do as much ends by itself";
    budget.work = all;
    walk_through(&t, &w);
    CHECK_U64(t.stop, MDW_STOP_NO_CALLER);
    t_case = "one that may do less does not";
    budget.work = all - 1;
    walk_through(&t, &w);
    CHECK_U64(t.stop, MDW_STOP_BUDGET);
    CHECK_U64(t.count, 10);
    budget.work = 20;
    walk_through(&t, &w);
    text_is(t.text, "400010@+0 context; budget");
}

static void test_cancelled(void)
{
    static target t;
    unsigned asked = 0;
    mdw_budget budget = {sizeof budget, 0, 0, never, &asked};
    world w = {X64, .regs = "rip=400010 rsp=+0", .stack = "400100*1000",
               .code = "400100*",
               .options = {.max_frames = 100000, .budget = &budget}};
    t_case = "`cancelled` is asked every 65536 units";
    walk_through(&t, &w);
    uint64_t work = t.work;
    CHECK(work >= 1 << 16);
    CHECK_U64(asked, work >> 16);
    CHECK_U64(t.stop, MDW_STOP_NO_CALLER);
    t_case = "and ends the walk";
    budget.cancelled = at_once;
    asked = 0;
    walk_through(&t, &w);
    CHECK_U64(asked, 1);
    CHECK_U64(t.stop, MDW_STOP_CANCELLED);
    CHECK(t.count > 0 && t.count < 4096 && t.work < work);
}

/* A question that is repeated costs as if it had been asked once. */
static void test_cancelled_late(void)
{
    static target t;
    unsigned asked = 0;
    mdw_budget budget = {sizeof budget, 0, 0, never, &asked};
    world w = {X64,
               .regs = "rip=400010 rsp=677480",
               .stack = "400100",
               .code = "400100*",
               .facts = code,
               .options = {.max_frames = 2,
                           .scan_words = 20000,
                           .max_scan = 1 << 20,
                           .budget = &budget}};
    t_case = "an answer that comes late does not hurry `cancelled`";
    walk_through(&t, &w);
    text_is(t.text, "400010@677480 context; 400100@+8 scan!; limit");
    CHECK_U64(asked, 1);
    uint32_t questions = t.asked;
    unsigned before = 1; /* the words come after the first questions */
    for (uint32_t late = 1; late <= questions; late++) {
        asked = 0;
        walk_late(&t, &w, late);
        CHECK(asked == before || (asked == 2 && late < 8));
        before = asked;
    }
    CHECK_U64(before, 2);
}

static void test_defaults(void)
{
    static target t;
    world w = {X64, .regs = "rip=400010 rsp=+0", .stack = "400100*800",
               .code = "400100*"};
    t_case = "1024 frames";
    walk_through(&t, &w);
    CHECK_U64(t.stop, MDW_STOP_LIMIT);
    CHECK_U64(t.count, 1024);
    t_case = "16384 words in one walk: the last is at STACK";
    w = (world){X64, .regs = "rip=400010 rsp=6e0008", .stack = "400100",
                .code = "400100*", .options.scan_words = 20000};
    walk_through(&t, &w);
    CHECK_U64(t.count, 2);
    t_case = "and no more";
    w.regs = "rip=400010 rsp=6e0000";
    walk_through(&t, &w);
    CHECK_U64(t.count, 1);
}

#define TABLE(rows)                                                            \
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)                    \
    check_walk(rows[i].claim, &rows[i].w, rows[i].want)

int main(void)
{
    TABLE(chains);
    TABLE(realigned);
    TABLE(leaves);
    TABLE(edges);
    TABLE(scans);
    test_defaults();
    TABLE(places);
    TABLE(bounds);
    test_budget();
    test_cancelled();
    test_cancelled_late();
    return t_done();
}
