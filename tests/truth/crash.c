/* tests/truth/crash.c - small crashes with known call chains. */
/* crash MODE DUMP [new|old|full]: every function records where it returns to
   (shadow.h), and the crash handler writes DUMP. */
#define _GNU_SOURCE
#include <alloca.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "selfdump.h"
#include "shadow.h"

#define NOINLINE __attribute__((noinline, noclone))
#if defined __clang__
#undef NOINLINE
#define NOINLINE __attribute__((noinline))
#endif
#define INLINE static inline __attribute__((always_inline))

/* What follows a call keeps it from becoming a jump. */
static volatile int sink;
static void *volatile nowhere;
/* Never reached, which the compiler can't know. */
static volatile int deepest = INT_MAX;

/* Linked in for some builds alone: throw.cc, raw.c. */
void throw_mode(int a) __attribute__((weak));
void noexcept_mode(int a) __attribute__((weak));
void raw_mode(int a) __attribute__((weak));

/* -- one crash each -- */

NOINLINE static void null(int a)
{
    ENTER();
    *(volatile int *)nowhere = a;
    sink = a;
    LEAVE();
}

/* Makes no call and sets up no frame; the thread's shadow comes as an argument
   because finding it may take a call. */
NOINLINE static int leaf_crash(volatile int *p, int a, struct shadow *s)
{
    shadow_push(s, __func__, __builtin_return_address(0));
    return p[a & 3] + a;
}

NOINLINE static void leaf(int a)
{
    ENTER();
    sink = leaf_crash(nowhere, a, shadow_mine) + 1;
    LEAVE();
}

NOINLINE static void jump0(int a)
{
    void (*f)(int);
    void *p = nowhere;
    ENTER();
    memcpy(&f, &p, sizeof f);
    f(a);
    sink = a;
    LEAVE();
}

/* An address that no process of these has anything at. */
NOINLINE static void wild(int a)
{
    void (*f)(int);
    uintptr_t p = (uintptr_t)nowhere + 0x5a5a40;
    ENTER();
    memcpy(&f, &p, sizeof f);
    f(a);
    sink = a;
    LEAVE();
}

/* The fault is inside libc. */
NOINLINE static void memcpy_mode(int a)
{
    char b[512];
    volatile size_t size = sizeof b;
    ENTER();
    memset(b, a, sizeof b);
    memcpy((char *)nowhere + 64, b, size);
    sink = b[a];
    LEAVE();
}

/* What ends in a jump has no frame any more: its entry is taken over. */
NOINLINE static void tail_end(int a)
{
    const void *to = __builtin_return_address(0);
    if (shadow_frame(shadow_mine, 0)->address == (uintptr_t)to)
        LEAVE();
    ENTER();
    null(a);
    sink = a;
    LEAVE();
}

NOINLINE static void tail_middle(int a)
{
    ENTER();
    sink = a;
    tail_end(a + 1);
}

NOINLINE static void tail(int a)
{
    ENTER();
    tail_middle(a);
    sink = a;
    LEAVE();
}

NOINLINE static void trap(int a)
{
    ENTER();
    sink = a;
    __builtin_trap();
}

NOINLINE static void abort_mode(int a)
{
    ENTER();
    sink = a;
    abort();
}

NOINLINE __attribute__((noreturn)) static void never(int a)
{
    ENTER();
    *(volatile int *)nowhere = a;
    for (;;)
        sink = a;
}

/* The call is the last instruction: the return address is the next
   function's. */
NOINLINE static void noret(int a)
{
    ENTER();
    sink = a;
    never(a);
}

NOINLINE static void alloca_mode(int a)
{
    size_t size = (size_t)a * 16 + 100;
    ENTER();
    volatile char *b = alloca(size);
    b[0] = 1;
    b[size - 1] = 2;
    null(b[0]);
    sink = b[size - 1];
    LEAVE();
}

NOINLINE static void vla(int a)
{
    ENTER();
    volatile char b[a * 16 + 100];
    b[0] = 1;
    null(b[0]);
    sink = b[0];
    LEAVE();
}

NOINLINE static void bigframe(int a)
{
    volatile char b[20000];
    ENTER();
    b[0] = (char)a;
    b[sizeof b - 1] = (char)a;
    null(b[0]);
    sink = b[1];
    LEAVE();
}

NOINLINE static int recurse(int a)
{
    volatile char b[256];
    ENTER();
    b[0] = (char)a;
    int r = a < deepest ? recurse(a + 1) + b[0] : 0;
    sink = r;
    LEAVE();
    return r;
}

NOINLINE static void overflow(int a)
{
    ENTER();
    sink = recurse(a);
    LEAVE();
}

NOINLINE static void descend(int n)
{
    ENTER();
    if (n == 0)
        null(n);
    else
        descend(n - 1);
    sink = n;
    LEAVE();
}

NOINLINE static void deep(int a)
{
    ENTER();
    descend(40);
    sink = a;
    LEAVE();
}

INLINE void inner(int a)
{
    *(volatile int *)nowhere = a;
    sink = a;
}

INLINE void middle(int a)
{
    sink += a;
    inner(a + 1);
    sink += 2;
}

NOINLINE static void inline_mode(int a)
{
    ENTER();
    middle(a);
    sink = 2;
    LEAVE();
}

/* -- signal handlers on the stack -- */

static void note_interrupted(const ucontext_t *uc)
{
    shadow_mine->interrupted_sp = (uintptr_t)context_sp(uc);
    shadow_push(shadow_mine, "interrupted", (void *)(uintptr_t)context_pc(uc));
}

NOINLINE static void handler_inner(int a)
{
    ENTER();
    *(volatile int *)nowhere = a;
    sink = a;
    LEAVE();
}

static void on_usr1(int sig, siginfo_t *info, void *uc)
{
    (void)info;
    note_interrupted(uc);
    ENTER();
    handler_inner(sig);
    sink = sig;
    LEAVE();
}

static void on_fault(int sig, siginfo_t *info, void *uc)
{
    (void)info;
    note_interrupted(uc);
    ENTER();
    selfdump_arm();
    handler_inner(sig);
    sink = sig;
    LEAVE();
}

static void handle(int sig, void (*handler)(int, siginfo_t *, void *),
                   int flags)
{
    struct sigaction action = {.sa_sigaction = handler};
    action.sa_flags = SA_SIGINFO | flags;
    sigaction(sig, &action, NULL);
}

NOINLINE static void sighandler(int a)
{
    ENTER();
    handle(SIGUSR1, on_usr1, 0);
    sink = a;
    raise(SIGUSR1);
    sink = 2;
    LEAVE();
}

NOINLINE static void sigalt(int a)
{
    ENTER();
    handle(SIGUSR1, on_usr1, SA_ONSTACK);
    sink = a;
    kill(getpid(), SIGUSR1);
    sink = 2;
    LEAVE();
}

/* The handler is entered from a fault in a leaf, not from a system call. */
NOINLINE static void faulthandler(int a)
{
    ENTER();
    handle(SIGSEGV, on_fault, SA_NODEFER);
    sink = leaf_crash(nowhere, a, shadow_mine) + 1;
    LEAVE();
}

static int compare(const void *x, const void *y)
{
    ENTER();
    *(volatile int *)nowhere = 1;
    LEAVE();
    return *(const int *)x - *(const int *)y;
}

NOINLINE static void qsort_mode(int a)
{
    int v[8] = {5, 4, 3, 2, 1, a, 9, 7};
    ENTER();
    qsort(v, 8, sizeof v[0], compare);
    sink = v[0];
    LEAVE();
}

/* -- threads -- */

static volatile int ready;
static volatile int go;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t never_signalled = PTHREAD_COND_INITIALIZER;

NOINLINE static void spin(int id)
{
    ENTER();
    while (!go)
        sink = id;
    LEAVE();
}

NOINLINE static void wait_signal(int id)
{
    ENTER();
    while (!go)
        pause();
    sink = id;
    LEAVE();
}

NOINLINE static void wait_condition(int id)
{
    ENTER();
    pthread_mutex_lock(&lock);
    while (!go)
        pthread_cond_wait(&never_signalled, &lock);
    pthread_mutex_unlock(&lock);
    sink = id;
    LEAVE();
}

static const struct {
    const char *name;
    void (*run)(int id);
} workers[] = {
    {"spinner", spin}, {"sleeper", wait_signal}, {"waiter", wait_condition}};

enum { WORKERS = sizeof workers / sizeof workers[0] };

static void *worker(void *which)
{
    const int id = *(const int *)which;
    shadow_begin(workers[id].name);
    ENTER();
    __sync_fetch_and_add(&ready, 1);
    workers[id].run(id);
    sink = 2;
    LEAVE();
    return NULL;
}

static void *crasher(void *unused)
{
    shadow_begin("crasher");
    ENTER();
    usleep(20000); /* the last worker is on its way into its wait */
    null(7);
    sink = 1;
    LEAVE();
    return unused;
}

static void start(pthread_t *t, void *(*run)(void *), void *argument)
{
    pthread_attr_t attr;
    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, 64 * 1024);
    if (pthread_create(t, &attr, run, argument) != 0)
        _exit(4);
    pthread_attr_destroy(&attr);
}

NOINLINE static void threads(int a)
{
    static int ids[WORKERS];
    pthread_t t;
    ENTER();
    for (int i = 0; i < WORKERS; i++) {
        ids[i] = i;
        start(&t, worker, &ids[i]);
        while (ready <= i) /* one after the other: the same order each time */
            usleep(1000);
    }
    start(&t, crasher, NULL);
    pthread_join(t, NULL);
    sink = a;
    LEAVE();
}

/* -- the way there -- */

static void (*which)(int);

NOINLINE static void three(int a)
{
    ENTER();
    sink = sink + a;
    which(a + 1);
    sink = 3;
    LEAVE();
}

/* More arguments than fit into registers. */
NOINLINE static void two(int a, int b, int c, int d, int e, int f, int g, int h,
                         int i)
{
    ENTER();
    three(a + b + c + d + e + f + g + h + i);
    sink = 2;
    LEAVE();
}

NOINLINE static void one(int a)
{
    volatile char b[40];
    ENTER();
    memset((void *)(uintptr_t)b, a, sizeof b);
    two(a, 1, 0, 0, 0, 0, 0, 0, 0);
    sink = b[3];
    LEAVE();
}

static const struct {
    const char *name;
    void (*crash)(int);
} modes[] = {{"null", null},
             {"leaf", leaf},
             {"jump0", jump0},
             {"trap", trap},
             {"abort", abort_mode},
             {"noret", noret},
             {"alloca", alloca_mode},
             {"vla", vla},
             {"bigframe", bigframe},
             {"overflow", overflow},
             {"deep", deep},
             {"inline", inline_mode},
             {"sighandler", sighandler},
             {"sigalt", sigalt},
             {"faulthandler", faulthandler},
             {"qsort", qsort_mode},
             {"wild", wild},
             {"memcpy", memcpy_mode},
             {"tail", tail},
             {"throw", throw_mode},
             {"noexcept", noexcept_mode},
             {"raw", raw_mode},
             {"threads", threads}};

int main(int argc, char **argv)
{
    shadow_begin(NULL);
    ENTER();
    struct selfdump_options o = {.argument_count = argc, .arguments = argv};
    for (size_t i = 0; argc > 1 && i < sizeof modes / sizeof modes[0]; i++)
        if (strcmp(argv[1], modes[i].name) == 0)
            which = modes[i].crash;
    if (which == NULL || argc < 3)
        return 2;
    o.path = argv[2];
    if (argc > 3 && strcmp(argv[3], "old") == 0)
        o.layout = CONTEXT_OLD;
    if (argc > 3 && strcmp(argv[3], "full") == 0)
        o.memory = SELFDUMP_FULL;
    selfdump_begin(&o);
    selfdump_arm();
    one(30);
    LEAVE();
    return 3;
}
