/* tests/truth/raw.c - a function in assembly that no table describes. */
#include "shadow.h"

/* Saves a register, makes room, and calls back with its argument and where it
   returns to. It keeps no frame pointer and has no CFI. */
void raw_call(int a, void (*callback)(int, void *));

__asm__(".text\n"
        ".globl raw_call\n"
#if defined __x86_64__
        ".type raw_call, @function\n"
        "raw_call:\n"
        "push %rbx\n"
        "sub $32, %rsp\n"
        "mov %rsi, %rax\n"
        "mov 40(%rsp), %rsi\n"
        "call *%rax\n"
        "add $32, %rsp\n"
        "pop %rbx\n"
        "ret\n"
#elif defined __i386__
        ".type raw_call, @function\n"
        "raw_call:\n"
        "push %ebx\n"
        "sub $24, %esp\n"
        "mov 28(%esp), %eax\n"
        "mov %eax, 4(%esp)\n"
        "mov 32(%esp), %eax\n"
        "mov %eax, (%esp)\n"
        "call *36(%esp)\n"
        "add $24, %esp\n"
        "pop %ebx\n"
        "ret\n"
#elif defined __arm__
        ".syntax unified\n"
#if defined __thumb__
        ".thumb\n"
        ".thumb_func\n"
#else
        ".arm\n"
#endif
        ".p2align 2\n"
        ".type raw_call, %function\n"
        "raw_call:\n"
        "push {r4, lr}\n"
        "sub sp, sp, #16\n"
        "mov r3, r1\n"
        "mov r1, lr\n"
        "blx r3\n"
        "add sp, sp, #16\n"
        "pop {r4, pc}\n"
#elif defined __aarch64__
        ".p2align 2\n"
        ".type raw_call, %function\n"
        "raw_call:\n"
        "stp x19, x30, [sp, #-48]!\n"
        "mov x9, x1\n"
        "mov x1, x30\n"
        "blr x9\n"
        "ldp x19, x30, [sp], #48\n"
        "ret\n"
#else
#error "no assembly for this CPU"
#endif
        ".size raw_call, . - raw_call\n");

static volatile int sink;
static void *volatile nowhere;

static void raw_callback(int a, void *to)
{
    shadow_push(shadow_mine, "raw_call", to);
    ENTER();
    *(volatile int *)nowhere = a;
    sink = a;
    LEAVE();
}

void raw_mode(int a)
{
    ENTER();
    raw_call(a, raw_callback);
    sink = a;
    LEAVE();
}
