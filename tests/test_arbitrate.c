/* tests/test_arbitrate.c - whose answer is taken: unwind rows against frame
 * pointers and scans, and what a row may do. */
#include "walk_fixture.h"

#define X64 .arch = MDW_ARCH_X86_64, .os = MDW_OS_LINUX
#define A64 .arch = MDW_ARCH_ARM64, .os = MDW_OS_LINUX
#define ARM .arch = MDW_ARCH_ARM, .os = MDW_OS_LINUX
#define START .regs = "rip=400010 rsp=+0 rbp=+20"

typedef struct row {
    const char *claim;
    world w;
    const char *want;
    const char *trace; /* or NULL */
} row;

static const fact functions[] = {{CODE, CODE_SIZE, MDW_ANSWER_YES, 0},
                                 {DARK, CODE_SIZE, MDW_ANSWER_YES, 0},
                                 {0x400000, 0x80, 0, MDW_PLACE_FUNCTION},
                                 {0}};

/* +8 is what the rows of these say, +28 the frame pointer's. */
static const row grades[] = {
    {"unwind information that a call proves: nobody else is asked",
     {X64, START, .stack = "0 400100 0 0 0 400200", .code = "400100* 400200*",
      .rows = "400010+1: cfa=rsp+10 rip=[cfa-8]"},
     "400010@+0 context; 400100@+10 cfi!; 400200@+30 fp!; bottom",
     "0 code/0 absent 0;0 rows/0 taken 120;1 rows/0 absent 0;1 code?/0 absent "
     "0;1 fp/0 taken 88;2 rows/0 absent 0;2 code?/0 absent 0;2 fp/0 end 0;"},
    {"unwind information that nobody can check is enough",
     {X64, START, .stack = "0 500100 0 0 0 400200", .code = "400200*",
      .rows = "400010+1: cfa=rsp+10 rip=[cfa-8]", .options.max_frames = 2},
     "400010@+0 context; 500100@+10 cfi; limit",
     "0 code/0 absent 0;0 rows/0 taken 80;"},
    {"unwind information to where no call is loses to a proven frame pointer",
     {X64, START, .stack = "0 400100 0 0 0 400200", .code = "400200*",
      .rows = "400010+1: cfa=rsp+10 rip=[cfa-8]", .options.max_frames = 2},
     "400010@+0 context; 400200@+30 fp!; limit",
     "0 code/0 absent 0;0 rows/0 kept 64;0 rows/1 absent 0;0 code?/0 absent "
     "0;0 fp/0 taken 88;"},
    {"and not to an unproven one",
     {X64, START, .stack = "0 400100 0 0 0 500200",
      .rows = "400010+1: cfa=rsp+10 rip=[cfa-8]", .options.max_frames = 2},
     "400010@+0 context; 400100@+10 cfi-; limit",
     "0 code/0 absent 0;0 rows/0 kept 64;0 rows/1 absent 0;0 code?/0 absent "
     "0;0 fp/0 kept 48;0 scan/0 kept 16;0 scan/1 absent 0;"},
    {"nor to a proven scan",
     {X64, START, .stack = "0 400100 0 400300", .code = "400300*",
      .rows = "400010+1: cfa=rsp+10 rip=[cfa-8]", .options.max_frames = 2},
     "400010@+0 context; 400100@+10 cfi-; limit",
     "0 code/0 absent 0;0 rows/0 kept 64;0 rows/1 absent 0;0 code?/0 absent "
     "0;0 fp/0 refused 48;0 scan/0 kept 40;"},
    {"a row for a whole function is doubtful where pc is exact",
     {X64, START, .stack = "0 500100 0 0 0 400200", .code = "400200*",
      .rows = "400010+1: cfa=rsp+10 rip=[cfa-8] whole",
      .options.max_frames = 2},
     "400010@+0 context; 400200@+30 fp!; limit",
     "0 code/0 absent 0;0 rows/0 kept 68;0 rows/1 absent 0;0 code?/0 absent "
     "0;0 fp/0 taken 88;"},
    {"and still better than an unproven frame pointer",
     {X64, START, .stack = "0 500100 0 0 0 500200",
      .rows = "400010+1: cfa=rsp+10 rip=[cfa-8] whole",
      .options.max_frames = 2},
     "400010@+0 context; 500100@+10 cfi; limit",
     NULL},
    {"a call makes it good",
     {X64, START, .stack = "0 400100 0 0 0 400200", .code = "400100* 400200*",
      .rows = "400010+1: cfa=rsp+10 rip=[cfa-8] whole",
      .options.max_frames = 2},
     "400010@+0 context; 400100@+10 cfi!; limit",
     "0 code/0 absent 0;0 rows/0 taken 120;"},
    {"so does a pc that is not exact",
     {X64, START, .stack = "0 400100 500100 0 0 400200",
      .code = "400100* 400200*", .options.max_frames = 3,
      .rows = "400010+1: cfa=rsp+10 rip=[cfa-8] rbp=same;"
              "4000ff+1: cfa=rsp+8 rip=[cfa-8] whole"},
     "400010@+0 context; 400100@+10 cfi!; 500100@+18 cfi; limit",
     "0 code/0 absent 0;0 rows/0 taken 120;1 rows/0 taken 80;"},
    {"null out of a row is no end where the frame is a guess",
     {X64, .regs = "rip=400010 rsp=+0", .stack = "400100 0 0 400200",
      .code = "400100* 400200*", .rows = "4000ff+1: cfa=rsp+10 rip=[cfa-8]"},
     "400010@+0 context; 400100@+8 scan!; 400200@+20 scan!; no caller",
     NULL},
    {"a scanned call of the very callee beats an unproven frame pointer",
     {X64, START, .stack = "0 400100 0 0 0 500200", .code = "400100>400000",
      .facts = functions, .options.max_frames = 2},
     "400010@+0 context; 400100@+10 scan!!; limit",
     "0 code/0 absent 0;0 rows/0 absent 0;0 code?/0 absent 0;0 fp/0 kept 48;0 "
     "scan/0 taken 104;"},
    {"a scanned call of something else does not",
     {X64, START, .stack = "0 400100 0 0 0 500200", .code = "400100>400080",
      .facts = functions, .options.max_frames = 2},
     "400010@+0 context; 500200@+30 fp; limit",
     "0 code/0 absent 0;0 rows/0 absent 0;0 code?/0 absent 0;0 fp/0 kept 48;0 "
     "scan/0 kept 40;0 scan/1 kept 16;0 scan/2 absent 0;"},
    {"a scan passes calls of other functions for one of the callee",
     {X64, .regs = "rip=400010 rsp=+0", .stack = "400100 400200",
      .code = "400100>400080 400200>400000", .facts = functions,
      .options.max_frames = 2},
     "400010@+0 context; 400200@+10 scan!!; limit",
     "0 code/0 absent 0;0 rows/0 absent 0;0 code?/0 absent 0;0 fp/0 absent 0;"
     "0 scan/0 kept 40;0 scan/1 taken 104;"},
    {"and takes the nearest where there is none, after four",
     {X64, .regs = "rip=400010 rsp=+0",
      .stack = "400100 400110 400120 400130 400140",
      .code = "400100>400080 400110>400080 400120>400080 400130>400080 "
              "400140>400000",
      .facts = functions, .options.max_frames = 2},
     "400010@+0 context; 400100@+8 scan!; limit",
     "0 code/0 absent 0;0 rows/0 absent 0;0 code?/0 absent 0;0 fp/0 absent 0;"
     "0 scan/0 kept 40;0 scan/1 kept 40;0 scan/2 kept 40;0 scan/3 kept 40;"},
    {"a call of the callee is nearer than the frame pointer's, which stays",
     {X64, START, .stack = "+28 400100 0 0 0 400200", .show = "rbp",
      .code = "400100>400000 400200*", .facts = functions,
      .options.max_frames = 3},
     "400010@+0 context rbp=+20:context0; "
     "400100@+10 scan!! rbp=+20:same0; 400200@+30 fp! rbp=0:loaded1@+20; limit",
     NULL},
    {"other calls that are nearer are not",
     {X64, START, .stack = "0 400100 0 0 0 400200", .code = "400100* 400200*",
      .facts = functions, .options.max_frames = 2},
     "400010@+0 context; 400200@+30 fp!; limit",
     "0 code/0 absent 0;0 rows/0 absent 0;0 code?/0 absent 0;0 fp/0 kept 88;0 "
     "scan/0 kept 40;0 scan/1 kept 40;0 scan/2 absent 0;"},
    {"the frame pointer's own call of the callee is enough",
     {X64, START, .stack = "0 400100 0 0 0 400200",
      .code = "400100>400000 400200>400000", .facts = functions,
      .options.max_frames = 2},
     "400010@+0 context; 400200@+30 fp!!; limit",
     "0 code/0 absent 0;0 rows/0 absent 0;0 code?/0 absent 0;0 fp/0 taken "
     "128;"},
    {"a scan proposes one word that nobody can check, and ends at a call",
     {X64, .regs = "rip=400010 rsp=+0", .options.max_frames = 2,
      .stack = "500100 500200 400300 400100 400200", .code = "400100* 400200*"},
     "400010@+0 context; 400100@+20 scan!; limit",
     "0 code/0 absent 0;0 rows/0 absent 0;0 code?/0 absent 0;0 fp/0 absent 0;0 "
     "scan/0 kept 16;0 scan/1 kept 40;"},
    {"unwind information that searched, with a call",
     {X64, START, .stack = "0 400100 0 0 0 500200", .code = "400100*",
      .rows = "400010+1: cfa=rsp+10 rip=[cfa-8] source=a",
      .options.max_frames = 2},
     "400010@+0 context; 400100@+10 cfi-scan!; limit",
     "0 code/0 absent 0;0 rows/0 kept 72;0 rows/1 absent 0;0 code?/0 absent "
     "0;0 fp/0 kept 48;0 scan/0 kept 40;"},
    {"the way back of a signal handler is worth a call",
     {X64, .regs = "rip=400010 rsp=+0", .options.max_frames = 2,
      .stack = "400100 0*14 +100 400020", .code = "400100=48c7c00f0000000f05"},
     "400010@+0 context; 400100e@+8 scan; limit",
     "0 code/0 absent 0;0 rows/0 absent 0;0 code?/0 absent 0;0 fp/0 absent 0;0 "
     "scan/0 kept 40;"},
    {"a leaf's grade",
     {.arch = MDW_ARCH_X86_64,
      .os = MDW_OS_WINDOWS,
      .regs = "rip=400010 rsp=+0",
      .stack = "400100",
      .code = "400100>400000",
      .facts = functions,
      .options.max_frames = 2},
     "400010@+0 context; 400100@+8 leaf!!; limit",
     "0 code/0 absent 0;0 rows/0 absent 0;0 leaf/0 taken 144;"},
};

static const fact whole[] = {{CODE, CODE_SIZE, MDW_ANSWER_YES, 0},
                             {DARK, CODE_SIZE, MDW_ANSWER_YES, 0},
                             {0}};
#define FILES .files = true, .facts = whole

static const row files[] = {
    {"a frame pointer is proven by bytes of files",
     {X64, START, FILES, .stack = "0 0 0 0 0 400200", .code = "400200*",
      .options.max_frames = 2},
     "400010@+0 context; 400200@+30 fp!; limit",
     NULL},
    {"and refused by them",
     {X64, START, FILES, .stack = "0 0 0 0 0 400200", .options.no_scan = true},
     "400010@+0 context; no caller",
     NULL},
    {"a scanned word too",
     {X64, .regs = "rip=400010 rsp=+0", FILES, .stack = "400100 500100 400200",
      .code = "400200*", .options.max_frames = 2},
     "400010@+0 context; 400200@+18 scan!; limit",
     NULL},
    {"unwind information is not: files say nothing of what ran",
     {X64, START, FILES, .stack = "0 400100 0 0 0 400200", .code = "400200*",
      .rows = "400010+1: cfa=rsp+10 rip=[cfa-8]", .options.max_frames = 2},
     "400010@+0 context; 400100@+10 cfi; limit",
     NULL},
    {"the link register is",
     {A64, FILES, .regs = "pc=400010 sp=+0 lr=400100", .code = "400100>400000",
      .options.max_frames = 2},
     "400010@+0 context; 400100@+0 lr!; limit",
     NULL},
    {"so is the way back of a signal handler",
     {X64, START, FILES,
      .stack = "0 0 0 0 +30 400100 0*14 +100 400020 0*8 400200",
      .code = "400100=48c7c00f0000000f05 400200*"},
     "400010@+0 context; 400100e@+30 fp; 400020s@+100 cfi; 400200@+128 scan!; "
     "no caller",
     NULL},
};

#define ROWS(text)                                                             \
    .stack = "0 400100 0 0 0 400200", .code = "400100* 400200*", .rows = text
#define TO_ADVANCE(text) ROWS(text), .options.max_frames = 2

static const row answers[] = {
    {"the second choice, where the first cannot be carried out",
     {X64, START,
      TO_ADVANCE("400010+1: cfa=rsp+100000 rip=[cfa-8];"
                 "400010+1: cfa=rsp+10 rip=[cfa-8]")},
     "400010@+0 context; 400100@+10 cfi!; limit",
     "0 code/0 absent 0;0 rows/0 refused 0;0 rows/1 taken 120;"},
    {"four choices and no more",
     {X64, START,
      TO_ADVANCE("400010+1: error;400010+1: error;400010+1: error;"
                 "400010+1: error;400010+1: cfa=rsp+10 rip=[cfa-8]")},
     "400010@+0 context; 400200@+30 fp!; limit",
     "0 code/0 absent 0;0 rows/0 refused 0;0 rows/1 refused 0;0 rows/2 refused "
     "0;0 rows/3 refused 0;0 code?/0 absent 0;0 fp/0 taken 88;"},
    {"a failed row function stops nobody",
     {X64, START, TO_ADVANCE("400010+1: cfa=rsp+10 rip=[cfa-8] error")},
     "400010@+0 context; 400200@+30 fp!; limit",
     "0 code/0 absent 0;0 rows/0 refused 0;0 rows/1 absent 0;0 code?/0 absent "
     "0;0 fp/0 taken 88;"},
    {"a status that is no answer is none",
     {X64, START, TO_ADVANCE("400010+1: cfa=rsp+10 rip=[cfa-8] odd")},
     "400010@+0 context; 400200@+30 fp!; limit",
     "0 code/0 absent 0;0 rows/0 absent 0;0 code?/0 absent 0;0 fp/0 taken 88;"},
    {"a register that this CPU does not have is refused",
     {X64, START, TO_ADVANCE("400010+1: cfa=rsp+10 rip=[cfa-8] alien")},
     "400010@+0 context; 400200@+30 fp!; limit",
     NULL},
    {"a row without a CFA is refused",
     {X64, START, TO_ADVANCE("400010+1: rip=[rsp+8]")},
     "400010@+0 context; 400200@+30 fp!; limit",
     NULL},
    {"a row without a return address is refused",
     {X64, START, TO_ADVANCE("400010+1: cfa=rsp+10")},
     "400010@+0 context; 400200@+30 fp!; limit",
     NULL},
    {"a CFA that does not advance is refused",
     {X64, START, TO_ADVANCE("400010+1: cfa=rsp+0 rip=[cfa+8]")},
     "400010@+0 context; 400200@+30 fp!; limit",
     NULL},
    {"constants are answers of a function that looked at the stack itself",
     {X64, START, TO_ADVANCE("400010+1: cfa=zero+700010 rip=zero+400100")},
     "400010@+0 context; 400100@+10 cfi!; limit",
     NULL},
    {"an undefined return address is the outermost frame",
     {X64, START, TO_ADVANCE("400010+1: cfa=rsp+10 rip=undef")},
     "400010@+0 context; bottom",
     "0 code/0 absent 0;0 rows/0 end 0;"},
    {"so is a row that says so",
     {X64, START, TO_ADVANCE("400010+1: cfa=rsp+10 rip=[cfa-8] bottom")},
     "400010@+0 context; bottom",
     "0 code/0 absent 0;0 rows/0 end 0;"},
    {"a null return address of unwind information is an end",
     {X64, START, TO_ADVANCE("400010+1: cfa=rsp+18 rip=[cfa-8]")},
     "400010@+0 context; null pc",
     "0 code/0 absent 0;0 rows/0 end 80;"},
    {"sp outside the stack is refused",
     {X64, START, .bounds = {STACK, 0x30},
      TO_ADVANCE("400010+1: cfa=rsp+38 rip=zero+400100")},
     "400010@+0 context; 400200@+30 fp!; limit",
     NULL},
    {"registers are kept, loaded, computed, the same, or lost",
     {X64, .regs = "rip=400010 rsp=+0 rbp=+20 rbx=1 r12=2 r13=3 r14=4 rsi=5",
      .show = "rbp rbx r12 r13 r14 r15 rsi rsp", .stack = "7 400100 0 400200 0",
      .code = "400100* 400200*",
      .rows = "400010+1: cfa=rsp+10 rip=[cfa-8] rbp=[cfa-10] r12=rbx+10 "
              "r13=same r14=undef r15=[rsp+200000];"
              "4000ff+1: cfa=rsp+10 rip=[cfa-8]",
      .options.max_frames = 3},
     "400010@+0 context rbp=+20:context0 rbx=1:context0 r12=2:context0 "
     "r13=3:context0 r14=4:context0 r15=? rsi=5:context0 rsp=+0:context0; "
     "400100@+10 cfi! rbp=7:loaded0@+0 rbx=1:kept0 r12=11:computed0 "
     "r13=3:same0 r14=? r15=? rsi=? rsp=+10:computed0; "
     "400200@+20 cfi! rbp=7:kept0 rbx=1:kept0 r12=11:kept0 r13=3:kept0 r14=? "
     "r15=? rsi=? rsp=+20:computed1; limit",
     NULL},
    {"Windows keeps rsi and rdi",
     {.arch = MDW_ARCH_X86_64,
      .os = MDW_OS_WINDOWS,
      .regs = "rip=400010 rsp=+0 rsi=5 rdi=6 rcx=7",
      .show = "rsi rdi rcx",
      TO_ADVANCE("400010+1: cfa=rsp+10 rip=[cfa-8]")},
     "400010@+0 context rsi=5:context0 rdi=6:context0 rcx=7:context0; "
     "400100@+10 cfi! rsi=5:kept0 rdi=6:kept0 rcx=?; limit",
     NULL},
    {"arguments go to the row of the caller",
     {X64, START,
      ROWS("400010+1: cfa=rsp+10 rip=[cfa-8] args=8;"
           "4000ff+1: cfa=rsp+8 rip=zero+400200"),
      .options.max_frames = 3},
     "400010@+0 context; 400100@+10 cfi!; [args 8] 400200@+18 cfi!; limit",
     NULL},
    {"once",
     {X64, START,
      ROWS("400010+1: cfa=rsp+10 rip=[cfa-8] args=8;"
           "4000ff+1: cfa=rsp+8 rip=zero+400200;"
           "4001ff+1: cfa=rsp+8 rip=zero+400200"),
      .options.max_frames = 4},
     "400010@+0 context; 400100@+10 cfi!; [args 8] 400200@+18 cfi!; "
     "400200@+20 cfi!; limit",
     NULL},
    {"also beside no row",
     {X64, START, ROWS("400010+1: args=8 none"), .options.max_frames = 3},
     "400010@+0 context; 400200@+30 fp!; [args 8] bottom",
     NULL},
};

static const row links[] = {
    {"arm64: at the entry lr is the return address",
     {A64, .regs = "pc=400010 sp=+0 lr=400100", .show = "pc", .code = "400100*",
      .rows = "400010+1: cfa=sp+0"},
     "400010@+0 context pc=400010:context0; "
     "400100@+0 cfi! pc=400100:same0; no caller"},
    {"arm64: a saved lr is the return address",
     {A64, .regs = "pc=400010 sp=+0 lr=400300 x19=5", .show = "pc lr x19",
      .stack = "0 400100", .code = "400100* 400300*",
      .rows = "400010+1: cfa=sp+10 lr=[cfa-8]"},
     "400010@+0 context pc=400010:context0 lr=400300:context0 "
     "x19=5:context0; 400100@+10 cfi! pc=400100:loaded0@+8 "
     "lr=400100:loaded0@+8 x19=5:kept0; no caller"},
    {"arm64: an lr that is lost is the outermost frame",
     {A64, .regs = "pc=400010 sp=+0 lr=400300", .code = "400300*",
      .rows = "400010+1: cfa=sp+10 lr=undef"},
     "400010@+0 context; bottom"},
    {"arm64: sp may stay once, and not twice",
     {A64, .regs = "pc=400010 sp=+0 lr=400100", .code = "400100* 400200*",
      .rows = "400010+1: cfa=sp+0 lr=same; 4000fc+1: cfa=sp+0 pc=zero+400200"},
     "400010@+0 context; 400100@+0 cfi!; no advance"},
    {"arm64: it may again after it has moved",
     {A64, .regs = "pc=400010 sp=+0 lr=400100",
      .code = "400100* 400200* 400300*", .options.max_frames = 4,
      .rows = "400010+1: cfa=sp+0; 4000fc+1: cfa=sp+10 pc=zero+400200;"
              "4001fc+1: cfa=sp+0 pc=zero+400300"},
     "400010@+0 context; 400100@+0 cfi!; 400200@+10 cfi!; 400300@+10 cfi!; "
     "limit"},
    {"arm64: it may not where pc stays too",
     {A64, .regs = "pc=400010 sp=+0 lr=400010", .code = "400010*",
      .rows = "400010+1: cfa=sp+0"},
     "400010@+0 context; cycle"},
    {"arm: a frame pointer may not leave it where it was, but at an exact pc",
     {ARM, .regs = "pc=400010 sp=+0", .stack = "0 0 0 400200",
      .code = "400100* 400200*", .options.no_scan = true,
      .rows = "400010+1: cfa=sp+10 pc=zero+400100 fp=zero+70000c"},
     "400010@+0 context; 400100@+10 cfi!; no advance"},
    {"arm64: a CFA that rests on a bound is refused",
     {A64, .regs = "pc=400010 sp=+0 fp=+10", .code = "400100* 400200*",
      .stack = "0 0 +30 400100 0 0 0 400200",
      .rows = "4000fc+1: cfa=sp+10 pc=zero+400200"},
     "400010@+0 context; 400100@+20~ fp!; 400200@+40~ fp!; bottom"},
    {"arm64: one that rests on the frame pointer makes sp known again",
     {A64, .regs = "pc=400010 sp=+0 fp=+10", .code = "400100* 400200* 400300*",
      .stack = "0 0 +40 400100 0 0 0 0 0 400200",
      .rows = "4000fc+1: cfa=fp+20 pc=[fp+8] fp=[fp+0];"
              "4001fc+1: cfa=sp+10 pc=zero+400300 fp=zero+0"},
     "400010@+0 context; 400100@+20~ fp!; 400200@+60 cfi!; 400300@+70 cfi!; "
     "no caller"},
    {"arm64: a copy of a bound is a bound",
     {A64, .regs = "pc=400010 sp=+0 fp=+10", .show = "x19 x20 sp",
      .code = "400100* 400200*", .stack = "0 0 +40 400100",
      .rows = "4000fc+1: cfa=fp+20 pc=zero+400200 x19=sp+10 x20=fp+0 sp=same"},
     "400010@+0 context x19=? x20=? sp=+0:context0; "
     "400100@+20~ fp! x19=? x20=? sp=+20~:guessed0; "
     "400200@+20~ cfi! x19=+30~:computed1 x20=+40:computed1 sp=+20~:same1; "
     "no caller"},
    {"a CFA that rests on the frame pointer that a scan guessed is refused",
     {X64, .regs = "rip=400010 rsp=+0", .show = "rbp",
      .stack = "0 +30 400100 0 0 0 5 400200 0 400300",
      .code = "400100* 400200* 400300*",
      .rows = "4000ff+1: cfa=rbp+20 rip=[cfa-8]"},
     "400010@+0 context rbp=?; 400100@+18 scan! rbp=+30~:loaded0@+8; "
     "400200@+40 fp! rbp=5:loaded1@+30; 400300@+50 scan! rbp=?; no caller"},
    {"arm64: a row may give a bound itself",
     {A64, .regs = "pc=400010 sp=+0 lr=400100", .show = "sp", .code = "400100*",
      .rows = "400010+1: cfa=sp+10 bound"},
     "400010@+0 context sp=+0:context0; 400100@+10~ cfi! sp=+10~:guessed0; "
     "no caller"},
};

/* The shadow stack is ^0: 500100 is what the callee returns to. */
#define SHADOW .input.shadow = OTHER, .other

static const row shadows[] = {
    {"what the shadow stack has next needs no other proof",
     {X64, START, .stack = "0 500100 0 0 0 400200", .code = "400200*",
      SHADOW = "500100", .options.max_frames = 2},
     "400010@+0 context; 500100@+10 scan; limit",
     "0 code/0 absent 0;0 rows/0 absent 0;0 code?/0 absent 0;0 fp/0 kept 24;0 "
     "scan/0 taken 144;"},
    {"unwind information that it contradicts is not believed at once",
     {X64, START, .stack = "0 400100 0 0 0 400200", .code = "400100* 400200*",
      SHADOW = "400200", .rows = "400010+1: cfa=rsp+10 rip=[cfa-8]",
      .options.max_frames = 2},
     "400010@+0 context; 400200@+30 fp!; limit",
     "0 code/0 absent 0;0 rows/0 kept 56;0 rows/1 absent 0;0 code?/0 absent "
     "0;0 fp/0 taken 216;"},
    {"each return address is used once",
     {X64, START, .stack = "0 500100 0 500100 0 0 0 500200",
      SHADOW = "500100 500200", .options.max_frames = 3},
     "400010@+0 context; 500100@+10 scan; 500200@+40 scan; limit",
     "0 code/0 absent 0;0 rows/0 absent 0;0 code?/0 absent 0;0 fp/0 refused "
     "0;0 scan/0 taken 144;1 rows/0 absent 0;1 code?/0 absent 0;1 fp/0 refused "
     "0;1 scan/0 kept 0;1 scan/1 taken 144;"},
    {"a shadow stack that is not in the dump says nothing",
     {X64, START, .stack = "0 400100 0 0 0 400200", .code = "400100* 400200*",
      .input.shadow = 0x900000, .rows = "400010+1: cfa=rsp+10 rip=[cfa-8]",
      .options.max_frames = 2},
     "400010@+0 context; 400100@+10 cfi!; limit",
     "0 code/0 absent 0;0 rows/0 taken 120;"},
    {"it is looked through for what was jumped over",
     {X64, START, .stack = "0 400100 0 500200", .code = "400100*",
      SHADOW = "500300 400100 500200",
      .rows = "400010+1: cfa=rsp+10 rip=[cfa-8];"
              "4000ff+1: cfa=rsp+10 rip=[cfa-8]",
      .options.max_frames = 3},
     "400010@+0 context; 400100@+10 cfi!; 500200@+20 cfi; limit",
     "0 code/0 absent 0;0 rows/0 kept 56;0 rows/1 absent 0;0 code?/0 absent "
     "0;0 fp/0 refused 0;0 scan/0 kept 0;0 scan/1 kept 0;0 scan/2 absent 0;1 "
     "rows/0 taken 208;"},
    {"what was interrupted was not called",
     {X64, .regs = "rip=400010 rsp=+0", .stack = "400100 +20 0 0 500200",
      SHADOW = "500200",
      .rows = "400010+1: cfa=rsp+0 rip=[rsp+0] rsp=[rsp+8] signal;"
              "400100+1: cfa=rsp+8 rip=[cfa-8]",
      .options.max_frames = 3},
     "400010@+0 context; 400100s@+20 cfi; 500200@+28 cfi; limit",
     "0 code/0 absent 0;0 rows/0 taken 80;1 code/0 absent 0;"
     "1 rows/0 taken 208;"},
};

#define TABLE(rows)                                                            \
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {                  \
        check_walk(rows[i].claim, &rows[i].w, rows[i].want);                   \
        check_trace(&rows[i]);                                                 \
    }

static void check_trace(const row *r)
{
    static target t;
    if (!r->trace)
        return;
    walk_through(&t, &r->w);
    text_is(t.trace, r->trace);
}

int main(void)
{
    TABLE(grades);
    TABLE(files);
    TABLE(answers);
    TABLE(links);
    TABLE(shadows);
    return t_done();
}
