/* tests/test_walk_code.c - walks through functions that nothing describes but
 * their code. */
#include "walk_fixture.h"

#define X64 .arch = MDW_ARCH_X86_64, .os = MDW_OS_LINUX
#define X86 .arch = MDW_ARCH_X86, .os = MDW_OS_LINUX
#define ARM .arch = MDW_ARCH_ARM, .os = MDW_OS_LINUX
#define A64 .arch = MDW_ARCH_ARM64, .os = MDW_OS_LINUX

typedef struct row {
    const char *claim;
    world w;
    const char *want;
    const char *trace; /* NULL: it may be any */
} row;

/* A function whose start is too far away to be followed from. */
static const fact large[] = {
    {CODE, 0x3000, MDW_ANSWER_YES, MDW_PLACE_FUNCTION},
    {CODE + 0x3000, CODE_SIZE - 0x3000, MDW_ANSWER_YES, 0},
    {0, 0, 0, 0},
};

static const fact functions[] = {
    {CODE, 0x100, MDW_ANSWER_YES, MDW_PLACE_FUNCTION},
    {CODE + 0x100, 0x100, MDW_ANSWER_YES, MDW_PLACE_FUNCTION},
    {CODE + 0x200, CODE_SIZE - 0x200, MDW_ANSWER_YES, 0},
    {DARK, CODE_SIZE, MDW_ANSWER_YES, 0},
    {0, 0, 0, 0},
};

/* push rbx; sub rsp, 0x18; mov eax, 1 */
#define PROLOGUE "400000=534883ec18b801000000"
/* mov eax, 1; add rsp, 0x18; pop rbx; ret */
#define EPILOGUE "b8010000004883c4185bc3"
#define FRAME "0 0 0 7 400100"

static const row frames[] = {
    {"from the start of a function that is known",
     {X64, .regs = "rip=40000a rsp=+0 rbx=5", .stack = FRAME, .show = "rbx",
      .code = PROLOGUE " 400100*", .facts = functions},
     "40000a@+0 context rbx=5:context0; "
     "400100@+28 cfi! rbx=7:loaded0@+18; no caller",
     NULL},
    {"to the return of one that is not",
     {X64, .regs = "rip=400020 rsp=+0 rbx=5", .stack = FRAME, .show = "rbx",
      .code = "400020=" EPILOGUE " 400100*"},
     "400020@+0 context rbx=5:context0; "
     "400100@+28 cfi! rbx=7:loaded0@+18; no caller",
     NULL},
    {"by the code of files",
     {X64, .regs = "rip=400020 rsp=+0", .stack = FRAME, .files = true,
      .code = "400020=" EPILOGUE " 400100*"},
     "400020@+0 context; 400100@+28 cfi!; no caller",
     NULL},
    {"no further than the function's end",
     {X64, .regs = "rip=4000f8 rsp=+0", .stack = FRAME,
      .code = "4000f8=" EPILOGUE " 400300*", .facts = functions},
     "4000f8@+0 context; no caller",
     NULL},
    {"of one that is too long, neither",
     {X64, .regs = "rip=402ff8 rsp=+0", .stack = FRAME,
      .code = "402ff8=" EPILOGUE " 400100*", .facts = large,
      .options.max_frames = 2},
     "402ff8@+0 context; 400100@+28 scan!; limit",
     NULL},
    {"to its return, if that is near",
     {X64, .regs = "rip=402ff0 rsp=+0", .stack = FRAME,
      .code = "402ff0=" EPILOGUE " 400100*", .facts = large,
      .options.max_frames = 2},
     "402ff0@+0 context; 400100@+28 cfi!; limit",
     NULL},
    {"nor further than 1 KiB",
     {X64, .regs = "rip=400300 rsp=+0", .stack = "0 400100",
      /* push rbx; pop rbx; pop rbx; jmp 4006ff: ret */
      .code = "400300=535b5be9f7030000 4006ff=c3 400100*"},
     "400300@+0 context; 400100@+10 cfi!; no caller",
     NULL},
    {"not one byte",
     {X64, .regs = "rip=400300 rsp=+0", .stack = "0 400100",
      .code = "400300=535b5be9f8030000 400700=c3 400100*"},
     "400300@+0 context; 400100@+10 scan!; no caller",
     NULL},
    {"in the middle of a call that never returns",
     {X64, .regs = "rip=400300 rsp=+0", .stack = "400015 0 0 7 400200",
      /* push rbx; je 400015; sub rsp, 0x10; call; */
      .code = "400000=5374124883ec10 400015>400300 400200*",
      .facts = functions},
     "400300@+0 context; 400015@+8 scan!; 400200@+28 scan!; no caller",
     NULL},
    {"unwind information knows more",
     {X64, .regs = "rip=40000a rsp=+0", .stack = "400200 0 0 0 400100",
      .code = PROLOGUE " 400100* 400200*", .facts = functions,
      .rows = "400000+100: cfa=rsp+8 rip=[cfa-8]", .options.max_frames = 2},
     "40000a@+0 context; 400200@+8 cfi!; limit",
     NULL},
    {"where no call is, the way to the return is asked",
     {X86, .regs = "eip=400008 esp=+0", .stack = "0 0 400100 400300",
      /* sub esp, 12; call, which takes four bytes; mov eax, 1; add esp, 8 */
      .code = "400000=83ec0c 400008>400300 400008=b80100000083c408c3 400100*",
      .facts = functions, .options.max_frames = 2},
     "400008@+0 context; 400100@+c cfi!; limit",
     "0 code/0 absent 0;0 rows/0 absent 0;0 code?/0 refused 0;0 code?/1 taken "
     "120;"},
    {"where none is in either, neither is believed",
     {X86, .regs = "eip=400008 esp=+0", .stack = "0 0 400200 400300",
      .code = "400000=83ec0c 400008>400300 400008=b80100000083c408c3",
      .facts = functions, .options.max_frames = 2},
     "400008@+0 context; no caller",
     "0 code/0 absent 0;0 rows/0 absent 0;0 code?/0 refused 0;0 code?/1 "
     "refused "
     "0;0 fp/0 absent 0;0 scan/0 absent 0;"},
    {"where nobody can check it is a guess",
     {X64, .regs = "rip=40000a rsp=+0", .stack = "0 0 0 7 500100",
      .code = PROLOGUE, .facts = functions},
     "40000a@+0 context; 500100@+28 scan; no caller",
     NULL},
    {"a scanned frame's code is no better than the scan",
     {X64, .regs = "rip=400010 rsp=+0",
      .stack = "0 400300 0 0 0 0 400400 0 0 0 0 400500",
      .code =
          "400300=" EPILOGUE " 400300* 400400=" EPILOGUE " 400400* 400500*"},
     "400010@+0 context; 400300@+10 scan!; 400400@+38 scan!; 400500@+60 scan!; "
     "no caller",
     NULL},
    {"unless the very function is called",
     {X64, .regs = "rip=400010 rsp=+0",
      .stack = "0 400110 0 0 0 0 400210 0 0 0 0 400300",
      .code = "400110=" EPILOGUE " 400110* 400210=" EPILOGUE
              " 400210>400100 400300*",
      .facts = functions},
     "400010@+0 context; 400110@+10 scan!; 400210@+38 cfi!!; 400300@+60 cfi!; "
     "no caller",
     NULL},
    {"a caller's sp that was not stored yet",
     {X86, .regs = "eip=40000d esp=+0 ebp=+4", .show = "ebp",
      /* lea ecx, [esp+4]; and esp, -16; push [ecx-4]; push ebp;
       * mov ebp, esp; push ecx; here */
      .code = "400000=8d4c240483e4f0ff71fc5589e551 40000e=b8 400100*",
      .stack = "+18 +30 0 0 0 400100", .facts = functions},
     "40000d@+0 context ebp=+4:context0; 400100@+18 scan! ebp=?; no caller",
     NULL},
    {"and is in memory",
     {X86, .regs = "eip=40000e esp=+0 ebp=+4", .show = "ebp",
      .code = "400000=8d4c240483e4f0ff71fc5589e551 400100*",
      .stack = "+18 +30 0 0 0 400100", .facts = functions},
     "40000e@+0 context ebp=+4:context0; "
     "400100@+18 cfi! ebp=+30:loaded0@+4; no caller",
     NULL},
    {"arm64: x30 in a frame without x29",
     {A64, .regs = "pc=400008 sp=+0 fp=+40 lr=400008 x19=5", .show = "fp x19",
      /* stp x19, x30, [sp, -48]!; bl */
      .stack = "7 400100 0 0 0 0 0 0 0 400200",
      .code = "400000=f37bbda9 400008>400300 400100* 400200*",
      .facts = functions, .options.max_frames = 2},
     "400008@+0 context fp=+40:context0 x19=5:context0; "
     "400100@+30 cfi! fp=+40:kept0 x19=7:loaded0@+0; limit",
     NULL},
    {"arm: lr in a frame without r11",
     {ARM, .regs = "pc=400008 sp=+0 fp=+20 lr=400008 r4=5", .show = "fp r4",
      /* push {r4, lr}; bl */
      .stack = "7 400100", .code = "400000=10402de9 400008>400300 400100*",
      .facts = functions, .options.max_frames = 2},
     "400008@+0 context fp=+20:context0 r4=5:context0; "
     "400100@+8 cfi! fp=+20:kept0 r4=7:loaded0@+0; limit",
     NULL},
    {"thumb: counted from r7",
     {ARM, .regs = "pc=400008 cpsr=20 sp=+0 fp=+40 r7=+8", .show = "fp r7",
      /* push {r7, lr}; mov r7, sp; sub.w sp, sp, r0 */
      .stack = "0 0 +30 400101", .code = "400000t=80b56f46adeb000d 400100t*",
      .facts = functions, .options.max_frames = 2},
     "400008t@+0 context fp=+40:context0 r7=+8:context0; "
     "400100t@+10 cfi! fp=+40:kept0 r7=+30:loaded0@+8; limit",
     NULL},
    {"thumb: a handler's way back to its trampoline is as good as a call",
     {ARM, .regs = "pc=400004 cpsr=20 sp=+0 r7=+0", .show = "r7",
      /* push {r7, lr}; nothing; at 400200 movs r7, #119; svc 0 */
      .stack = "+20 400201 0 0 0 0 0 0 0 400101",
      .code = "400000t=80b50000 400200t=772700df 400100t*", .facts = functions,
      .options.max_frames = 2},
     "400004t@+0 context r7=+0:context0; "
     "400200te@+8 cfi r7=+20:loaded0@+0; limit",
     NULL},
};

/* Of code that isn't known lr or the word at sp is the caller, whatever a
 * frame pointer finds. */
static const row null[] = {
    {"a call to null",
     {X64, .regs = "rip=0 rsp=+0 rbp=+20", .stack = "500100 0 0 0 0 400200",
      .code = "400200*", .options.max_frames = 2},
     "0@+0 context; 500100@+8 leaf; limit",
     NULL},
    {"one that is known counts once",
     {X64, .regs = "rip=0 rsp=+0", .stack = "400100", .code = "400100*",
      .options.max_frames = 2},
     "0@+0 context; 400100@+8 leaf!; limit",
     "0 code/0 taken 104;"},
    {"arm64: a call to null",
     {A64, .regs = "pc=0 sp=+0 fp=+20 lr=500100", .stack = "0 0 0 0 0 400200",
      .code = "400200*", .options.max_frames = 2},
     "0@+0 context; 500100@+0 lr; limit",
     NULL},
    {"not where it is known that nobody called",
     {A64, .regs = "pc=0 sp=+0 fp=+20 lr=400100", .stack = "0 0 0 0 0 400200",
      .code = "400200*", .options.max_frames = 2},
     "0@+0 context; 400200@+30~ fp!; limit",
     NULL},
    {"a return needs no call to prove it: a frame pointer steps over its "
     "caller",
     {X64, .regs = "rip=400010 rsp=+0 rbp=+20", .show = "rbp",
      .stack = "+20 500100 0 0 0 400200", /* pop rbp; ret */
      .code = "400010=5dc3 400200*", .options.max_frames = 3},
     "400010@+0 context rbp=+20:context0; 500100@+10 leaf "
     "rbp=+20:loaded0@+0; 400200@+30 fp! rbp=0:loaded1@+20; limit",
     NULL},
    {"a call to nowhere that files prove",
     {A64, .regs = "pc=600000 sp=+0 fp=+20 lr=400100", .files = true,
      .stack = "0 0 0 0 0 400200", .code = "400100* 400200*",
      .options.max_frames = 2},
     "600000@+0 context; 400100@+0 lr!; limit",
     NULL},
};

/* struct rt_sigframe at +10, its ucontext at +90, and the record behind it. */
#define SIGNAL(lr)                                                             \
    "0 0 b 0*43 +1300 400300 +1280 400200 0*202 +1300 " lr " 0 0 0*10 0 "      \
    "400400"

static const row linked[] = {
    {"arm64: the kernel's record is of what was interrupted",
     {A64, .regs = "pc=400010 sp=+0 fp=+1260", .show = "lr",
      .stack = SIGNAL("400300"), .code = "400300* 400400*",
      .options.max_frames = 2},
     "400010@+0 context lr=?; "
     "400200s@+1280 fp lr=400300:loaded0@+238; limit",
     NULL},
    {"arm64: one that differs is a function's",
     {A64, .regs = "pc=400010 sp=+0 fp=+1260", .stack = SIGNAL("400304"),
      .code = "400304* 400400*", .options.max_frames = 2},
     "400010@+0 context; 400304@+1270~ fp!; limit",
     NULL},
    {"arm64: a signal frame lies further out than whoever has it called",
     {A64, .regs = "pc=400010 sp=+18 fp=+1260", .stack = SIGNAL("400300"),
      .code = "400300* 400400*", .options.max_frames = 2},
     "400010@+18 context; 400300@+1270~ fp!; limit",
     NULL},
};

static void check_rows(const row *rows, size_t count)
{
    static target t;
    for (size_t i = 0; i < count; i++) {
        check_walk(rows[i].claim, &rows[i].w, rows[i].want);
        if (!rows[i].trace)
            continue;
        walk_through(&t, &rows[i].w);
        text_is(t.trace, rows[i].trace);
    }
}

#define CHECK_ROWS(rows) check_rows(rows, sizeof rows / sizeof *rows)

int main(void)
{
    CHECK_ROWS(frames);
    CHECK_ROWS(null);
    CHECK_ROWS(linked);
    return t_done();
}
