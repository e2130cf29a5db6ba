/* tests/test_walk_arm.c - walks on ARM, Thumb and AArch64. Prologues are what
 * GCC 12 and clang 14 make. */
#include "walk_fixture.h"

#define A64 .arch = MDW_ARCH_ARM64, .os = MDW_OS_LINUX
#define ARM .arch = MDW_ARCH_ARM, .os = MDW_OS_LINUX

typedef struct row {
    const char *claim;
    world w;
    const char *want;
} row;

static const row arm64[] = {
    {"arm64: frame pointers know sp as a bound alone",
     {A64, .regs = "pc=400010 sp=+0 fp=+10 x19=5", .show = "fp lr x19",
      .stack = "0 0 +30 400100 0 0 0 400200", .code = "400100* 400200*"},
     "400010@+0 context fp=+10:context0 lr=? x19=5:context0; "
     "400100@+20~ fp! fp=+30:loaded0@+10 lr=? x19=?; "
     "400200@+40~ fp! fp=0:loaded1@+30 lr=? x19=?; bottom"},
    {"arm64: a leaf that a call proves",
     {A64, .regs = "pc=400010 sp=+0 fp=+10 lr=400100 x19=5 x18=4 x9=3",
      .show = "fp lr x19 x18 x9", .stack = "0 0 0 400200",
      .code = "400100>400000 400200*"},
     "400010@+0 context fp=+10:context0 lr=400100:context0 x19=5:context0 "
     "x18=4:context0 x9=3:context0; "
     "400100@+0 lr! fp=+10:kept0 lr=? x19=5:kept0 x18=? x9=?; "
     "400200@+20~ fp! fp=0:loaded1@+10 lr=? x19=? x18=? x9=?; bottom"},
    {"arm64: a leaf that has moved sp knows it as a bound, and may have saved "
     "what it had to preserve",
     {A64, .regs = "pc=400008 sp=+0 fp=+50 lr=400100 x19=5", .show = "fp x19",
      .code = "400100>400000 400000=ff8300d1"}, /* sub sp, sp, #0x20 */
     "400008@+0 context fp=+50:context0 x19=5:context0; "
     "400100@+0~ lr! fp=+50:kept0 x19=?; no caller"},
    {"arm64: a leaf that uses x29 for something else",
     {A64, .regs = "pc=400004 sp=+0 fp=+10 lr=400100", .show = "fp",
      /* add x29, sp, #0x10 */
      .code = "400100>400000 400000=fd430091", .stack = "0 0 0 400200"},
     "400004@+0 context fp=+10:context0; 400100@+0 lr! fp=?; no caller"},
    {"arm64: a record that is stored but not linked yet",
     {A64, .regs = "pc=400004 sp=+0 fp=+20 lr=400100", .show = "fp",
      .stack = "+20 400100 0 0 0 400200", /* stp x29, x30, [sp, #-16]! */
      .code = "400100>400000 400000=fd7bbfa9 400200*"},
     "400004@+0 context fp=+20:context0; 400100@+0~ lr! fp=+20:kept0; "
     "400200@+30~ fp! fp=0:loaded1@+20; bottom"},
    {"arm64: once it is linked the chain is asked",
     {A64, .regs = "pc=400008 sp=+0 fp=+0 lr=400100",
      .stack = "+20 400100 0 0 0 400200",
      .code = "400100>400000 400000=fd7bbfa9fd030091 400200*"},
     "400008@+0 context; 400100@+10~ fp!; 400200@+30~ fp!; bottom"},
    {"arm64: lr of an earlier call is not the caller",
     {A64, .regs = "pc=400014 sp=+0 fp=+0 lr=40000c",
      .stack = "+20 400100 0 0 0 400200",
      .code = "400100>400000 40000c>400800 400000=fd7bbfa9fd030091 400200*"},
     "400014@+0 context; 400100@+10~ fp!; 400200@+30~ fp!; bottom"},
    {"arm64: nor of a recursive one",
     {A64, .regs = "pc=400014 sp=+0 fp=+0 lr=40000c",
      .stack = "+20 400100 0 0 0 400200",
      .code = "400100>400000 40000c>400000 400000=fd7bbfa9fd030091 400200*"},
     "400014@+0 context; 400100@+10~ fp!; 400200@+30~ fp!; bottom"},
    {"arm64: lr in the same straight code is not even a guess",
     {A64, .regs = "pc=400014 sp=+0 lr=40000c", .stack = "0 400100",
      .code = "40000c* 400100*"},
     "400014@+0 context; 400100@+10~ scan!; no caller"},
    {"arm64: nor in the same function",
     {A64, .regs = "pc=500010 sp=+0 lr=500020", .stack = "0 500100",
      .facts = (const fact[]){{CODE, CODE_SIZE, MDW_ANSWER_YES, 0},
                              {DARK, CODE_SIZE, MDW_ANSWER_YES, 0},
                              {DARK, 0x80, 0, MDW_PLACE_FUNCTION},
                              {0}}},
     "500010@+0 context; 500100@+10~ scan; no caller"},
    {"arm64: lr in another function was set by the call to this one",
     {A64, .regs = "pc=400114 sp=+0 lr=400040 x19=5", .show = "x19",
      .stack = "0 400200", .code = "400040* 400100=c0035fd6 400200*"},
     "400114@+0 context x19=5:context0; 400040@+0~ lr! x19=?; 400200@+10~ "
     "scan! x19=?; no caller"},
    {"arm64: so it beats a frame pointer that nobody can check",
     {A64, .regs = "pc=400114 sp=+0 lr=400040 fp=+10", .stack = "0 0 0 500200",
      .code = "400040* 400100=c0035fd6"},
     "400114@+0 context; 400040@+0~ lr!; 500200@+20~ fp; bottom"},
    {"arm64: where its record holds lr the frame pointer knows more",
     {A64, .regs = "pc=400114 sp=+0 lr=400040 fp=+10", .show = "fp",
      .stack = "0 0 +20 400040 0 500200", .code = "400040* 400100=c0035fd6"},
     "400114@+0 context fp=+10:context0; 400040@+20~ fp! fp=+20:loaded0@+10; "
     "500200@+30~ fp fp=0:loaded1@+20; bottom"},
    {"arm64: a function that sets no frame pointer up leaves the chain alone",
     {A64, .regs = "pc=400010 sp=+0 fp=+20", .show = "fp",
      .stack = "0 400100 0 0 0 400200", .code = "400100* 400200*",
      .facts = (const fact[]){{CODE, CODE_SIZE, MDW_ANSWER_YES, 0},
                              {0x400000, 0x80, 0, MDW_PLACE_FUNCTION},
                              {0}}},
     "400010@+0 context fp=+20:context0; "
     "400100@+10~ scan! fp=+20:same0; 400200@+30~ fp! fp=0:loaded1@+20; "
     "bottom"},
    {"arm64: one that sets it up follows it",
     {A64, .regs = "pc=400010 sp=+0 fp=+20", .stack = "0 400100 0 0 0 400200",
      .code = "400000=fd030091 400100* 400200*",
      .facts = (const fact[]){{CODE, CODE_SIZE, MDW_ANSWER_YES, 0},
                              {0x400000, 0x80, 0, MDW_PLACE_FUNCTION},
                              {0}}},
     "400010@+0 context; 400200@+30~ fp!; bottom"},
    {"arm64: functions are known, and lr is in another",
     {A64, .regs = "pc=400114 sp=+0 lr=400040 x19=5", .show = "x19",
      .code = "400040*",
      .facts = (const fact[]){{CODE, CODE_SIZE, MDW_ANSWER_YES, 0},
                              {0x400100, 0x80, 0, MDW_PLACE_FUNCTION},
                              {0}}},
     "400114@+0 context x19=5:context0; 400040@+0 lr! x19=5:kept0; no caller"},
    {"arm64: lr in unknown code is a guess that a proven scan beats",
     {A64, .regs = "pc=500010 sp=+0 lr=500100", .stack = "0 400200",
      .code = "400200*"},
     "500010@+0 context; 400200@+10~ scan!; no caller"},
    {"arm64: and is taken where nothing else is left",
     {A64, .regs = "pc=500010 sp=+0 lr=500100"},
     "500010@+0 context; 500100@+0 guess; no caller"},
    {"arm64: nothing is guessed without a scan",
     {A64, .regs = "pc=500010 sp=+0 lr=500100", .options.no_scan = true},
     "500010@+0 context; no caller"},
    {"arm64: lr that no call precedes is refused",
     {A64, .regs = "pc=500010 sp=+0 lr=400100"},
     "500010@+0 context; no caller"},
    {"arm64: a link register that points at itself does not loop",
     {A64, .regs = "pc=500010 sp=+0 lr=500010"},
     "500010@+0 context; no caller"},
    {"arm64: a jump to null is the callee of lr",
     {A64, .regs = "pc=0 sp=+0 lr=400100", .code = "400100*"},
     "0@+0 context; 400100@+0 lr!; no caller"},
    {"arm64: a call at the start of what is known",
     {A64, .regs = "pc=400010 sp=+0", .stack = "400004", .code = "400004*"},
     "400010@+0 context; 400004@+8~ scan!; no caller"},
    {"arm64: the word below a return address is no frame pointer",
     {A64, .regs = "pc=400010 sp=+0 fp=+100", .show = "fp",
      .stack = "0 +40 400100", .code = "400100*"},
     "400010@+0 context fp=+100:context0; 400100@+18~ scan! fp=?; no caller"},
};

static const row signed_pointers[] = {
    {"arm64: signatures are cut off",
     {A64, .regs = "pc=400010 sp=+0 fp=+10 lr=5500000000400100", .show = "pc",
      .stack = "0 0 +30 aa13000000400200 0 0 1 8001000000400300",
      .code = "400100>400000 400200* 400300*"},
     "400010@+0 context pc=400010:context0; "
     "400100@+0 lr! pc=400100:computed0; "
     "400200@+20~ fp! pc=400200:loaded1@+18; "
     "400300@+40~ fp! pc=400300:loaded2@+38; no caller"},
    {"arm64: and in a scan",
     {A64, .regs = "pc=400010 sp=+0", .stack = "0 aa13000000400200",
      .code = "400200*"},
     "400010@+0 context; 400200@+10~ scan!; no caller"},
    {"arm64: Linux has 48 bits",
     {A64, .regs = "pc=400010 sp=+0 lr=800000400100", .stack = "0 0",
      .code = "400100>400000"},
     "400010@+0 context; no caller"},
    {"arm64: macOS 47",
     {.arch = MDW_ARCH_ARM64,
      .os = MDW_OS_MACOS,
      .regs = "pc=400010 sp=+0 lr=800000400100",
      .code = "400100>400000"},
     "400010@+0 context; 400100@+0 lr!; no caller"},
    {"arm64: Android 39",
     {.arch = MDW_ARCH_ARM64,
      .os = MDW_OS_ANDROID,
      .regs = "pc=400010 sp=+0 lr=8000400100",
      .code = "400100>400000"},
     "400010@+0 context; 400100@+0 lr!; no caller"},
    {"arm64: iOS 39",
     {.arch = MDW_ARCH_ARM64,
      .os = MDW_OS_IOS,
      .regs = "pc=400010 sp=+0 lr=8000400100",
      .code = "400100>400000"},
     "400010@+0 context; 400100@+0 lr!; no caller"},
    {"arm64: Windows signs nothing",
     {.arch = MDW_ARCH_ARM64,
      .os = MDW_OS_WINDOWS,
      .regs = "pc=400010 sp=+0 lr=8000000000400100",
      .code = "400100>400000"},
     "400010@+0 context; no caller"},
    {"arm64: a mask that is given counts",
     {A64, .code_mask = 0xFFFFFF, .regs = "pc=400010 sp=+0 lr=1000400100",
      .code = "400100>400000"},
     "400010@+0 context; 400100@+0 lr!; no caller"},
};

/* What a function has lost that never returns, and what its row says. */
static const fact one[] = {{CODE, CODE_SIZE, MDW_ANSWER_YES, 0},
                           {DARK, CODE_SIZE, MDW_ANSWER_YES, 0},
                           {CODE, 0x40, 0, MDW_PLACE_FUNCTION},
                           {0}};
static const fact long_one[] = {{CODE, CODE_SIZE, MDW_ANSWER_YES, 0},
                                {CODE, 0x3000, 0, MDW_PLACE_FUNCTION},
                                {0}};
#define LEAF_ROW .facts = one, .rows = "400000+40: cfa=sp"

static const row stale[] = {
    {"arm: lr of a call of its own is not the caller, whatever the row says",
     {ARM, LEAF_ROW, .regs = "pc=400010 sp=+0 fp=+8 lr=40000c",
      .stack = "0 0 +18 400100 0 0 0 400200",
      .code = "40000c>400800 400100* 400200*"},
     "400010@+0 context; 400100@+10 fp!; 400200@+20 fp!; bottom"},
    {"arm: nor is what was loaded behind one",
     {ARM, LEAF_ROW, .regs = "pc=400010 sp=+0 fp=+8 lr=400300",
      .stack = "0 0 +18 400100 0 0 0 400200", /* ldr lr, [pc, #52] */
      .code = "400000=00000000000000eb34e09fe5 400100* 400200* 400300*"},
     "400010@+0 context; 400100@+10 fp!; 400200@+20 fp!; bottom"},
    {"arm: at the entry it is, of a recursion too",
     {ARM, LEAF_ROW, .regs = "pc=400004 sp=+0 fp=+8 lr=40000c",
      .code = "40000c>400000", .options.max_frames = 2},
     "400004@+0 context; 40000c@+0 leaf!!; limit"},
    {"arm: nor one that such a call has left far from where it begins",
     {ARM, .regs = "pc=402410 sp=+0 lr=40240c", .facts = long_one,
      .rows = "400000+3000: cfa=sp", .code = "40240c>400800",
      .options.no_scan = true},
     "402410@+0 context; no caller"},
    {"arm: where that is a call of the function itself it may be",
     {ARM, .regs = "pc=402400 sp=+0 lr=40240c", .facts = long_one,
      .rows = "400000+3000: cfa=sp", .code = "40240c>400000",
      .options.max_frames = 2},
     "402400@+0 context; 40240c@+0 cfi!!; limit"},
    {"arm: bytes of files tell, too",
     {ARM, LEAF_ROW, .regs = "pc=400010 sp=+0 fp=+8 lr=400300", .files = true,
      .stack = "0 0 +18 400100 0 0 0 400200", /* ldr lr, [pc, #52] */
      .code = "400000=00000000000000eb34e09fe5 400100* 400200* 400300*"},
     "400010@+0 context; 400100@+10 fp!; 400200@+20 fp!; bottom"},
    {"arm: one that was stored first is no business of this",
     {ARM, .facts = one, .regs = "pc=400010 sp=+0 lr=400100",
      .rows = "400000+40: cfa=sp+8 lr=[cfa-4]", .stack = "0 400200",
      .code = "400000=04e02de5 40000c>400800 400100* 400200*",
      .options.max_frames = 2},
     "400010@+0 context; 400200@+8 cfi!; limit"},
    {"arm64: as on ARM, where the row names lr",
     {A64, .facts = one, .regs = "pc=400010 sp=+0 fp=+10 lr=40000c",
      .rows = "400000+40: cfa=sp pc=lr", .stack = "0 0 +30 400100 0 0 0 400200",
      .code = "40000c>400800 400100* 400200*"},
     "400010@+0 context; 400100@+20~ fp!; 400200@+40~ fp!; bottom"},
};

static const row arm[] = {
    {"arm: clang's frame pointers",
     {ARM, .regs = "pc=400010 sp=+0 fp=+8 r4=5", .show = "fp r4",
      .stack = "0 0 +18 400100 0 0 0 400200", .code = "400100* 400200*"},
     "400010@+0 context fp=+8:context0 r4=5:context0; "
     "400100@+10 fp! fp=+18:loaded0@+8 r4=?; "
     "400200@+20 fp! fp=0:loaded1@+18 r4=?; bottom"},
    {"arm: GCC's frame pointers, with a zero above the return address",
     {ARM, .regs = "pc=400010 sp=+0 fp=+c", .show = "fp",
      .stack = "0 0 +1c 400100 0 0 0 400200", .code = "400100* 400200*"},
     "400010@+0 context fp=+c:context0; "
     "400100@+10 fp! fp=+1c:loaded0@+8; "
     "400200@+20 fp! fp=0:loaded1@+18; bottom"},
    {"arm: a null return address in clang's layout",
     {ARM, .regs = "pc=400010 sp=+0 fp=+8",
      .stack = "0 0 +18 400100 0 0 +28 0 400200", .code = "400100* 400200*"},
     "400010@+0 context; 400100@+10 fp!; null pc"},
    {"arm: a null return address in GCC's layout",
     {ARM, .regs = "pc=400010 sp=+0 fp=+c",
      .stack = "0 0 +1c 400100 0 0 0 0 400300 400200",
      .code = "400100* 400200*"},
     "400010@+0 context; 400100@+10 fp!; null pc"},
    {"arm: GCC's layout in code that nobody has",
     {ARM, .regs = "pc=500010 sp=+0 fp=+c",
      .stack = "0 0 +1c 500100 500300 0 0 500200"},
     "500010@+0 context; 500100@+10 fp; 500200@+20 fp; bottom"},
    {"arm: clang's layout in code that nobody has",
     {ARM, .regs = "pc=500010 sp=+0 fp=+8",
      .stack = "0 500300 +18 500100 500300 0 0 500200"},
     "500010@+0 context; 500100@+10 fp; 500200@+20 fp; bottom"},
    {"arm: a leaf that a call proves",
     {ARM, .regs = "pc=400010 sp=+0 fp=+8 lr=400100 r4=5 r9=6 r12=7",
      .show = "r4 r9 r12", .stack = "0 0 0 400200",
      .code = "400100>400000 400200*"},
     "400010@+0 context r4=5:context0 r9=6:context0 r12=7:context0; "
     "400100@+0 lr! r4=5:kept0 r9=6:kept0 r12=?; "
     "400200@+10 fp! r4=? r9=? r12=?; bottom"},
    {"arm: GCC's leaf keeps the caller's r11 at r11",
     {ARM, .regs = "pc=400014 sp=+0 fp=+14 lr=400100 r4=5", .show = "fp r4",
      .stack = "0 0 0 0 0 +2c 0 0 0 0 0 400200 0",
      /* push {fp}; add fp, sp, #0; sub sp, sp, #20 */
      .code = "400100>400000 400000=04b02de500b08de214d04de2 400200*"},
     "400014@+0 context fp=+14:context0 r4=5:context0; "
     "400100@+18 lr! fp=+2c:loaded0@+14 r4=?; "
     "400200@+30 fp! fp=0:loaded1@+28 r4=?; bottom"},
    {"arm: and has given it back when it returns",
     {ARM, .regs = "pc=400014 sp=+18 fp=+2c lr=400100", .show = "fp",
      .stack = "0 0 0 0 0 +2c 0 0 0 0 0 400200 0",
      /* ...; add sp, fp, #0; pop {fp} */
      .code = "400100>400000 "
              "400000=04b02de500b08de214d04de200d08be204b09de41eff2fe1 "
              "400200*"},
     "400014@+18 context fp=+2c:context0; 400100@+18 leaf! fp=+2c:kept0; "
     "400200@+30 fp! fp=0:loaded1@+28; bottom"},
    {"arm: lr of an earlier call is not the caller",
     {ARM, .regs = "pc=400014 sp=+0 fp=+c lr=400010",
      .stack = "0 0 +1c 400100 0 0 0 400200 0",
      /* push {fp, lr}; add fp, sp, #4; sub sp, sp, #8; bl */
      .code = "400000=00482de904b08de208d04de2 400010>400800 400100>400000 "
              "400200*"},
     "400014@+0 context; 400100@+10 fp!; 400200@+20 fp!; bottom"},
    {"arm: r7 on iOS",
     {.arch = MDW_ARCH_ARM,
      .os = MDW_OS_IOS,
      .regs = "pc=400010 sp=+0 fp=+c r7=+8",
      .stack = "0 0 +18 400100 0 0 0 400200",
      .code = "400100* 400200*"},
     "400010@+0 context; 400100@+10 fp!; 400200@+20 fp!; bottom"},
    {"arm: a null return address on iOS",
     {.arch = MDW_ARCH_ARM,
      .os = MDW_OS_IOS,
      .regs = "pc=400010 sp=+0 r7=+8",
      .stack = "0 0 +18 400100 0 0 +28 0 400200",
      .code = "400100* 400200*"},
     "400010@+0 context; 400100@+10 fp!; null pc"},
    {"arm: big-endian data",
     {ARM, .big_endian = true, .regs = "pc=400010 sp=+0 fp=+8",
      .stack = "0 0 +18 400100 0 0 0 400200", .code = "400100* 400200*"},
     "400010@+0 context; 400100@+10 fp!; 400200@+20 fp!; bottom"},
    {"arm64: big-endian data",
     {A64, .big_endian = true, .regs = "pc=400010 sp=+0 fp=+10",
      .stack = "0 0 0 400100", .code = "400100*"},
     "400010@+0 context; 400100@+20~ fp!; bottom"},
    {"arm: a scan finds both kinds of code",
     {ARM, .regs = "pc=400010 sp=+0", .stack = "400102 400101 400200",
      .code = "400200* 400100t*"},
     "400010@+0 context; 400100t@+8 scan!; 400200@+c scan!; no caller"},
};

static const row thumb[] = {
    {"thumb: clang's frame pointers",
     {ARM, .regs = "pc=400010 cpsr=20 sp=+0 r7=+8 fp=+c",
      .stack = "0 0 +18 400101 0 0 0 400201",
      .code = "400100t* 400200t>400000"},
     "400010t@+0 context; 400100t@+10 fp!; 400200t@+20 fp!; bottom"},
    {"thumb: bit 0 of the context's pc says it too",
     {ARM, .regs = "pc=400011 sp=+0 r7=+8", .show = "pc",
      .stack = "0 0 0 400101", .code = "400100t*"},
     "400010t@+0 context pc=400010:context0; "
     "400100t@+10 fp! pc=400100:loaded0@+c; bottom"},
    {"thumb: the chain goes from r7 to r7, not to r11",
     {ARM, .regs = "pc=400010 cpsr=20 sp=+0 r7=+8 fp=+18",
      .stack = "0 0 +18 400200 0 0 0 400300", .code = "400200* 400300*"},
     "400010t@+0 context; 400200@+10 fp!; 400300@+20 scan!; no caller"},
    {"thumb: without one r11's leads on, in clang's layout",
     {ARM, .regs = "pc=400010 cpsr=20 sp=+0 fp=+8", .show = "fp",
      .stack = "0 400281 +18 400100 0 0 0 400200",
      .code = "400100* 400200* 400280t*"},
     "400010t@+0 context fp=+8:context0; 400100@+10 fp! fp=+18:loaded0@+8; "
     "400200@+20 fp! fp=0:loaded1@+18; bottom"},
    {"thumb: and in GCC's, behind one that leads nowhere",
     {ARM, .regs = "pc=400010 cpsr=20 sp=+0 r7=+4 fp=+c",
      .stack = "0 400281 +1c 400100 0 0 0 400200",
      .code = "400100* 400200* 400280t*"},
     "400010t@+0 context; 400100@+10 fp!; 400200@+20 fp!; bottom"},
    {"thumb: not where no call proves it",
     {ARM, .regs = "pc=400010 cpsr=20 sp=+0 fp=+8",
      .stack = "0 400201 +18 400100", .code = "400200t*"},
     "400010t@+0 context; 400200t@+8 scan!; no caller"},
    {"thumb: a row knows better, even one that nothing proves",
     {ARM, .regs = "pc=400010 cpsr=20 sp=+0 fp=+8",
      .stack = "0 500201 +18 400100", .code = "400100*",
      .rows = "400000+40: cfa=sp+8 pc=[cfa-4] whole", .options.max_frames = 2},
     "400010t@+0 context; 500200t@+8 cfi; limit"},
    {"thumb: and better than what is left of a return",
     {ARM, .regs = "pc=400010 cpsr=20 sp=+0", .show = "r6",
      .stack = "0 500201", /* pop {r3, pc} */
      .code = "400010t=08bd", .options.max_frames = 2,
      .rows = "400000+40: cfa=sp+8 pc=[cfa-4] r6=zero+6 whole"},
     "400010t@+0 context r6=?; 500200t@+8 cfi r6=6:computed0; limit"},
    {"thumb: on iOS r11 is none",
     {.arch = MDW_ARCH_ARM,
      .os = MDW_OS_IOS,
      .regs = "pc=400010 cpsr=20 sp=+0 fp=+8",
      .stack = "0 400201 +18 400100",
      .code = "400100* 400200t*"},
     "400010t@+0 context; 400200t@+8 scan!; 400100@+10 scan!; no caller"},
    {"thumb: a leaf that a call proves",
     {ARM, .regs = "pc=400010 cpsr=20 sp=+0 lr=400101",
      .code = "400100t>400000 400000t=08200068"},
     "400010t@+0 context; 400100t@+0 lr!; no caller"},
    {"thumb: a leaf of GCC's has no record, but lr",
     {ARM, .regs = "pc=400010 cpsr=20 sp=+0 r7=+0 lr=400101 r4=5",
      .show = "r7 r4", .stack = "0 0 0 0 0 +20 0 0 0 0 400201",
      /* push {r7}; sub sp, #20; add r7, sp, #0; str r0, [r7, #4] */
      .code = "400000t=80b485b000af7860 400100t>400000 400200t*"},
     "400010t@+0 context r7=+0:context0 r4=5:context0; "
     "400100t@+0~ lr! r7=? r4=?; 400200t@+2c scan! r7=? r4=?; no caller"},
    {"thumb: lr of an earlier call in GCC's code, which has no chain",
     {ARM, .regs = "pc=400010 cpsr=20 sp=+0 r7=+0 lr=40000f",
      .stack = "0 0 0 0 +30 400101 0",
      /* push {r7, lr}; sub sp, #16; add r7, sp, #0; ...; bl */
      .code = "400000t=80b584b000af7860 40000et>400800 400100t>400000"},
     "400010t@+0 context; 400100t@+18 scan!; no caller"},
    {"thumb: r7 has one layout",
     {ARM, .regs = "pc=400010 cpsr=20 sp=+0 r7=+c", .stack = "0 0 +1c 400101",
      .code = "400100t*", .show = "r7"},
     "400010t@+0 context r7=+c:context0; 400100t@+10 scan! r7=?; no caller"},
    {"thumb: code of the other kind nearby is another function",
     {ARM, .regs = "pc=400010 sp=+0 lr=400021", .code = "400020t*"},
     "400010@+0 context; 400020t@+0 guess!; no caller"},
    {"thumb: ARM code called by blx",
     {ARM, .regs = "pc=400010 sp=+0 lr=400101", .code = "4000fc=fff780ef"},
     "400010@+0 context; 400100t@+0 lr!; no caller"},
};

static const fact made[] = {{CODE, CODE_SIZE, MDW_ANSWER_YES, 0},
                            {CODE, 0x40, 0, MDW_PLACE_FUNCTION},
                            {CODE + 0x200, 0x40, 0, MDW_PLACE_FUNCTION},
                            {CODE + 0x300, 0x40, 0, MDW_PLACE_FUNCTION},
                            {0}};

/* One row speaks for 400000 to 40003f, whose frame is made by push {r4, lr};
 * sub sp, #8 behind movs r0, r0, for the first instructions of a function are
 * followed without asking for its row. */
#define MADE "400000t=000010b582b0 "
#define WHOLE                                                                  \
    .show = "r4 r6", .options.max_frames = 2, .facts = made,                   \
    .rows = "400000+40: cfa=sp+10 r4=[cfa-8] lr=[cfa-4] pc=[cfa-4] r6=zero+6 " \
            "whole"

/* Where that row is not believed, the code says what was done; r6 is what the
 * row alone says. */
static const row whole[] = {
    {"whole: where the frame is made",
     {ARM, WHOLE, .regs = "pc=400006 cpsr=20 sp=+0 lr=400201 r4=5",
      .stack = "0 0 7 400201", .code = MADE "400200t>400000"},
     "400006t@+0 context r4=5:context0 r6=?; 400200t@+10 cfi!! r4=7:loaded0@+8 "
     "r6=6:computed0; "
     "limit"},
    {"whole: not at the first instruction, whatever lies there",
     {ARM, WHOLE, .regs = "pc=400002 cpsr=20 sp=+0 lr=400201 r4=5",
      .stack = "0 0 7 400301", .code = MADE "400200t>400000 400300t*"},
     "400002t@+0 context r4=5:context0 r6=?; 400200t@+0 cfi!! r4=5:kept0 r6=?; "
     "limit"},
    {"whole: nor where lr is saved and not all of the frame is made",
     {ARM, WHOLE, .regs = "pc=400004 cpsr=20 sp=+0 lr=400201 r4=5",
      .stack = "0 400201 7 400301", .code = MADE "400200t>400000 400300t*"},
     "400004t@+0 context r4=5:context0 r6=?; 400200t@+8 cfi!! r4=0:loaded0@+0 "
     "r6=?; "
     "limit"},
    {"whole: lr is left from a call of the function's own",
     {ARM, WHOLE, .regs = "pc=40000c cpsr=20 sp=+0 lr=40000b r4=5",
      .stack = "0 0 7 400201", .code = MADE "40000at>400800 400200t>400000"},
     "40000ct@+0 context r4=5:context0 r6=?; 400200t@+10 cfi!! r4=7:loaded0@+8 "
     "r6=6:computed0; "
     "limit"},
    {"whole: also of one that comes later, in a loop",
     {ARM, WHOLE, .regs = "pc=400006 cpsr=20 sp=+0 lr=400021 r4=5",
      .stack = "0 0 7 400201", .code = MADE "400020t>400800 400200t>400000"},
     "400006t@+0 context r4=5:context0 r6=?; 400200t@+10 cfi!! r4=7:loaded0@+8 "
     "r6=6:computed0; "
     "limit"},
    {"whole: or it is used for something else",
     {ARM, WHOLE, .regs = "pc=400006 cpsr=20 sp=+0 lr=400301 r4=5",
      .stack = "0 0 7 400201", .code = MADE "400200t>400000"},
     "400006t@+0 context r4=5:context0 r6=?; 400200t@+10 cfi!! r4=7:loaded0@+8 "
     "r6=6:computed0; "
     "limit"},
    {"whole: not where the frame is gone again",
     {ARM, WHOLE, .regs = "pc=400008 sp=+0 lr=400200 r4=5",
      /* push {r4, lr}; pop {r4, lr} */
      .stack = "0 0 7 400300",
      .code = "400000=10402de91040bde8 400200>400000 400300*"},
     "400008@+0 context r4=5:context0 r6=?; 400200@+0 cfi!! r4=5:kept0 r6=?; "
     "limit"},
    {"whole: lr is not saved yet, wherever it points: that is no row's word",
     {ARM, WHOLE, .regs = "pc=400002 cpsr=20 sp=+0 lr=500101 r4=5",
      .stack = "0 0 7 400301", .code = MADE "400300t*"},
     "400002t@+0 context r4=5:context0 r6=?; 400300t@+10 scan! r4=? r6=?; "
     "limit"},
    {"whole: nor any more",
     {ARM, WHOLE, .regs = "pc=400008 sp=+0 lr=500100 r4=5",
      .stack = "0 0 7 400300", .code = "400000=10402de91040bde8 400300*"},
     "400008@+0 context r4=5:context0 r6=?; 400300@+10 scan! r4=? r6=?; limit"},
    {"whole: lr is left from a call in what the function called",
     {ARM, WHOLE, .regs = "pc=40000c cpsr=20 sp=+0 lr=400301 r4=5",
      .stack = "0 0 7 400201",
      .code = MADE "40000at>400800 400200t>400000 400300t*"},
     "40000ct@+0 context r4=5:context0 r6=?; 400200t@+10 cfi!! r4=7:loaded0@+8 "
     "r6=6:computed0; "
     "limit"},
    {"whole: a call that files prove makes it good",
     {ARM, WHOLE, .files = true,
      .regs = "pc=400006 cpsr=20 sp=+0 lr=400021 r7=+20 r4=5",
      .stack = "0 0 7 400201 0 0 0 0 0 400301",
      .code = MADE "400200t>400000 400300t*"},
     "400006t@+0 context r4=5:context0 r6=?; 400200t@+10 cfi!! r4=7:loaded0@+8 "
     "r6=6:computed0; "
     "limit"},
    {"whole: a frame that isn't the first is at a call",
     {ARM, .regs = "pc=500000 sp=+0 lr=400005", .stack = "0 0 7 400201",
      .code = MADE "400004t* 400200t>400000",
      .rows = "400000+40: cfa=sp+10 lr=[cfa-4] pc=[cfa-4] whole",
      .options.max_frames = 3},
     "500000@+0 context; 400004t@+0 guess!; 400200t@+10 cfi!; limit"},
    {"whole: bytes of files tell, too",
     {ARM, WHOLE, .files = true,
      .regs = "pc=400004 cpsr=20 sp=+0 lr=400201 r4=5",
      .stack = "0 400201 7 400301", .code = MADE "400200t>400000 400300t*"},
     "400004t@+0 context r4=5:context0 r6=?; 400200t@+8 cfi!! r4=0:loaded0@+0 "
     "r6=?; "
     "limit"},
};

#define TABLE(rows)                                                            \
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)                    \
    check_walk(rows[i].claim, &rows[i].w, rows[i].want)

int main(void)
{
    TABLE(arm64);
    TABLE(signed_pointers);
    TABLE(stale);
    TABLE(arm);
    TABLE(thumb);
    TABLE(whole);
    return t_done();
}
