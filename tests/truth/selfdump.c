/* tests/truth/selfdump.c - a crash handler that writes its own minidump. */
#define _GNU_SOURCE
#include "selfdump.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "memory.h"
#include "modules.h"
#include "put.h"
#include "shadow.h"

enum {
    STREAMS = 16,
    RED_ZONE = 128,         /* x86_64: below sp and still in use */
    STACK_MAX = 256 * 1024, /* of a larger one only its two ends are kept */
    STACK_END = 64 * 1024,
    CODE_HALF = 32,   /* on each side of a return address */
    PC_HALF = 128,    /* on each side of a pc */
    TIME = 1700000000 /* fixed: the same dump can be made again */
};

/* MINIDUMP_STREAM_TYPE. */
enum {
    THREAD_LIST = 3,
    MODULE_LIST = 4,
    MEMORY_LIST = 5,
    EXCEPTION = 6,
    SYSTEM_INFO = 7,
    MEMORY64_LIST = 9,
    COMMENT_A = 10,
    MISC_INFO = 15,
    THREAD_NAMES = 24,
    LINUX_CMD_LINE = 0x47670006,
    LINUX_AUXV = 0x47670008,
    LINUX_MAPS = 0x47670009
};

struct crash {
    int signal;
    const siginfo_t *info;
    struct shadow *thread;
};

static struct selfdump_options options;
static struct image dump;
static struct image truth;
static struct memory memory;
static struct memory_range stacks[SHADOW_THREADS];
static struct context contexts[SHADOW_THREADS];
static uint32_t directory;
static uint32_t stream_count;

static void stream(uint32_t type, uint32_t rva, uint32_t size)
{
    uint32_t at = directory + 12 * stream_count++;
    if (stream_count > STREAMS)
        _exit(4);
    set32(&dump, at, type);
    set32(&dump, at + 4, size);
    set32(&dump, at + 8, rva);
}

/* -- the truth -- */

static void say(const char *format, ...)
{
    char line[160];
    va_list arguments;
    va_start(arguments, format);
    int n = vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    put_packed(&truth, line, (uint32_t)n);
}

static void say_thread(const struct shadow *s)
{
    say("thread %ld%s%s\n", s->tid, s->name[0] ? " " : "", s->name);
    say("pc 0x%llx sp 0x%llx\n", (unsigned long long)context_pc(&s->context),
        (unsigned long long)context_sp(&s->context));
    for (uint32_t i = 0; i < s->depth; i++) {
        const struct shadow_frame *f = shadow_frame(s, i);
        if (f != NULL) {
            say("frame 0x%llx %s\n",
                (unsigned long long)context_code(f->address), f->function);
            continue;
        }
        uint32_t gap = s->depth - SHADOW_END - i;
        say("gap %u\n", gap);
        i += gap - 1;
    }
}

static void say_all(const struct crash *c)
{
    say("crash %ld\n", c->thread->tid);
    say_thread(c->thread);
    for (int i = 0; i < shadow_count; i++)
        if (&shadows[i] != c->thread)
            say_thread(&shadows[i]);
}

/* -- stopping the other threads -- */

static void on_stop(int sig, siginfo_t *info, void *context)
{
    (void)sig;
    (void)info;
    shadow_mine->context = *(ucontext_t *)context;
    __sync_synchronize();
    shadow_mine->stopped = 1;
    for (;;)
        pause();
}

static void stop_others(const struct shadow *mine)
{
    struct timespec ms = {.tv_nsec = 1000000};
    for (int i = 0; i < shadow_count; i++)
        if (&shadows[i] != mine)
            syscall(SYS_tgkill, getpid(), shadows[i].tid, SIGUSR2);
    for (int i = 0; i < shadow_count; i++)
        while (&shadows[i] != mine && !shadows[i].stopped)
            nanosleep(&ms, NULL);
}

/* -- which memory -- */

static uintptr_t at_least(uintptr_t value, uintptr_t bound)
{
    return value > bound ? value : bound;
}

/* An overflow's sp may lie in the guard gap, below the mapping. */
static struct memory_range ordinary_stack(const struct shadow *s, uintptr_t sp)
{
    struct memory_range map;
    if (!memory_mapping(&memory, s->stack_end - 1, &map))
        _exit(4);
    return (struct memory_range){.start = at_least(sp - RED_ZONE, map.start),
                                 .end = s->stack_end};
}

static struct memory_range choose_stack(const struct shadow *s)
{
    uintptr_t sp = (uintptr_t)context_sp(&s->context);
    struct memory_range r = ordinary_stack(s, sp);
    if (sp >= s->alt_start && sp < s->alt_end) {
        r = ordinary_stack(s, s->interrupted_sp);
        memory_add(&memory, r.start, r.end);
        r.start = at_least(sp - RED_ZONE, s->alt_start);
        r.end = s->alt_end;
    }
    if (r.end - r.start > STACK_MAX) {
        memory_add(&memory, r.end - STACK_END, r.end);
        r.end = r.start + STACK_END;
    }
    memory_add(&memory, r.start, r.end);
    return r;
}

static void choose_code(const struct shadow *s)
{
    uint64_t pc = context_code(context_pc(&s->context));
    memory_add_around(&memory, (uintptr_t)pc, PC_HALF, PC_HALF);
    for (uint32_t i = 0; i < s->depth; i++) {
        const struct shadow_frame *f = shadow_frame(s, i);
        if (f != NULL)
            memory_add_around(&memory, (uintptr_t)context_code(f->address),
                              CODE_HALF, CODE_HALF);
    }
}

static void choose_memory(void)
{
    memory_read_maps(&memory);
    for (int i = 0; i < shadow_count; i++) {
        stacks[i] = choose_stack(&shadows[i]);
        choose_code(&shadows[i]);
    }
    if (options.memory == SELFDUMP_FULL) {
        uint64_t start, end;
        modules_program(&start, &end);
        memory_add_program(&memory, (uintptr_t)start, (uintptr_t)end);
    }
    if (options.memory == SELFDUMP_DATA)
        memory_add_data(&memory);
    memory_merge(&memory);
}

/* -- streams -- */

static void put_header(void)
{
    put_space(&dump, 32);
    directory = put_space(&dump, 12 * STREAMS);
    set32(&dump, 0, 0x504d444d);
    set32(&dump, 4, 0xa793);
    set32(&dump, 12, directory);
    set32(&dump, 20, TIME);
    set64(&dump, 24, options.memory == SELFDUMP_FULL ? 2 : 0);
}

/* The kernel's release is fixed, its node name left out: nothing of the
   machine that made the dump. */
static void put_system_info(void)
{
    static const char csd[] =
#if defined __x86_64__
        "Linux 6.1.0 #1 SMP x86_64 GNU/Linux";
#elif defined __i386__
        "Linux 6.1.0 #1 SMP i686 GNU/Linux";
#elif defined __arm__
        "Linux 6.1.0 #1 SMP armv7l GNU/Linux";
#else
        "Linux 6.1.0 #1 SMP aarch64 GNU/Linux";
#endif
    uint32_t at = put_space(&dump, 56);
    set16(&dump, at, context_architecture(options.layout));
    set8(&dump, at + 6, 1);
    set32(&dump, at + 20, 0x8201);
    set32(&dump, at + 24, put_string(&dump, csd));
    stream(SYSTEM_INFO, at, 56);
}

static void put_misc_info(void)
{
    uint32_t at = put_space(&dump, 24);
    set32(&dump, at, 24);
    set32(&dump, at + 4, 1); /* the process id is valid */
    set32(&dump, at + 8, (uint64_t)getpid());
    stream(MISC_INFO, at, 24);
}

static void put_thread(uint32_t at, int i)
{
    const struct memory_range *in = memory_find(&memory, stacks[i].start);
    uint32_t size = (uint32_t)(stacks[i].end - stacks[i].start);
    uint32_t rva = (uint32_t)(stacks[i].start - in->start) + in->rva;
    set32(&dump, at, (uint64_t)shadows[i].tid);
    set64(&dump, at + 24, stacks[i].start);
    set32(&dump, at + 32, size);
    /* In a full dump Memory64List has the bytes, as Windows writes it. */
    set32(&dump, at + 36, options.memory == SELFDUMP_FULL ? 0 : rva);
    set32(&dump, at + 40, contexts[i].size);
    set32(&dump, at + 44, contexts[i].rva);
}

static void put_threads(void)
{
    uint32_t n = (uint32_t)shadow_count, size = 4 + 48 * n;
    for (uint32_t i = 0; i < n; i++)
        contexts[i] = context_put(&dump, &shadows[i].context, options.layout);
    uint32_t at = put_space(&dump, size);
    set32(&dump, at, n);
    for (uint32_t i = 0; i < n; i++)
        put_thread(at + 4 + 48 * i, (int)i);
    stream(THREAD_LIST, at, size);
}

static void put_thread_names(void)
{
    uint32_t n = 0, at = put_space(&dump, 4 + 12 * SHADOW_THREADS);
    for (int i = 0; i < shadow_count; i++) {
        if (shadows[i].name[0] == '\0')
            continue;
        uint32_t entry = at + 4 + 12 * n++;
        set32(&dump, entry, (uint64_t)shadows[i].tid);
        set64(&dump, entry + 4, put_string(&dump, shadows[i].name));
    }
    set32(&dump, at, n);
    if (n > 0)
        stream(THREAD_NAMES, at, 4 + 12 * n);
}

static void put_modules(void)
{
    uint32_t n, size, at = modules_put(&dump, &n);
    size = 4 + 108 * n;
    stream(MODULE_LIST, at, size);
}

static void put_memory(void)
{
    uint32_t n = memory.count, at = put_space(&dump, 4 + 16 * n);
    set32(&dump, at, n);
    for (uint32_t i = 0; i < n; i++) {
        struct memory_range *r = &memory.ranges[i];
        uint32_t size = (uint32_t)(r->end - r->start);
        r->rva = put_bytes(&dump, (const void *)r->start, size);
        set64(&dump, at + 4 + 16 * i, r->start);
        set32(&dump, at + 4 + 16 * i + 8, size);
        set32(&dump, at + 4 + 16 * i + 12, r->rva);
    }
    stream(MEMORY_LIST, at, 4 + 16 * n);
}

/* The bytes of all ranges back to back, at the end of the file. */
static void put_memory64(void)
{
    uint32_t n = memory.count, at = put_space(&dump, 16 + 16 * n);
    stream(MEMORY64_LIST, at, 16 + 16 * n);
    set64(&dump, at, n);
    set64(&dump, at + 8, put_space(&dump, 0));
    for (uint32_t i = 0; i < n; i++) {
        const struct memory_range *r = &memory.ranges[i];
        set64(&dump, at + 16 + 16 * i, r->start);
        set64(&dump, at + 16 + 16 * i + 8, r->end - r->start);
        put_packed(&dump, (const void *)r->start,
                   (uint32_t)(r->end - r->start));
    }
}

static void put_exception(const struct crash *c)
{
    struct context context = contexts[c->thread - shadows];
    uint32_t at = put_space(&dump, 168);
    set32(&dump, at, (uint64_t)c->thread->tid);
    set32(&dump, at + 8, (uint64_t)c->signal);
    set32(&dump, at + 12, (uint64_t)c->info->si_code);
    /* A signal that a process sent (code <= 0) has a sender there instead. */
    if (c->info->si_code > 0)
        set64(&dump, at + 24, (uintptr_t)c->info->si_addr);
    set32(&dump, at + 160, context.size);
    set32(&dump, at + 164, context.rva);
    stream(EXCEPTION, at, 168);
}

static void put_file(uint32_t type, const char *path)
{
    char part[512];
    ssize_t n;
    int fd = open(path, O_RDONLY);
    uint32_t at = put_space(&dump, 0);
    while (fd >= 0 && (n = read(fd, part, sizeof part)) > 0)
        put_packed(&dump, part, (uint32_t)n);
    close(fd);
    stream(type, at, dump.used - at);
}

static void put_texts(void)
{
    uint32_t at = put_space(&dump, 0);
    for (int i = 0; i < options.argument_count; i++)
        put_packed(&dump, options.arguments[i],
                   (uint32_t)strlen(options.arguments[i]) + 1);
    stream(LINUX_CMD_LINE, at, dump.used - at);
    put_file(LINUX_AUXV, "/proc/self/auxv");
    at = put_bytes(&dump, memory.maps, memory.maps_size);
    stream(LINUX_MAPS, at, memory.maps_size);
    put_packed(&truth, "", 1);
    at = put_bytes(&dump, truth.bytes, truth.used);
    stream(COMMENT_A, at, truth.used);
}

static void put_all(const struct crash *c)
{
    put_header();
    put_system_info();
    put_misc_info();
    if (options.memory != SELFDUMP_FULL)
        put_memory();
    put_threads();
    put_thread_names();
    put_modules();
    put_exception(c);
    put_texts();
    if (options.memory == SELFDUMP_FULL)
        put_memory64();
    set32(&dump, 8, stream_count);
}

/* -- the handler -- */

static void on_crash(int sig, siginfo_t *info, void *context)
{
    struct crash c = {sig, info, shadow_mine};
    c.thread->context = *(ucontext_t *)context;
    stop_others(c.thread);
    choose_memory();
    say_all(&c);
    put_all(&c);
    _exit(image_save(&dump, options.path) == 0 ? 0 : 4);
}

static void handle(int sig, void (*handler)(int, siginfo_t *, void *))
{
    struct sigaction action = {.sa_sigaction = handler};
    action.sa_flags = SA_SIGINFO | SA_ONSTACK;
    sigaction(sig, &action, NULL);
}

void selfdump_begin(const struct selfdump_options *o)
{
    options = *o;
    image_reserve(&dump, 4u << 20);
    image_reserve(&truth, 256u << 10);
    memory_reserve(&memory);
    modules_find();
}

void selfdump_arm(void)
{
    static const int fatal[] = {SIGSEGV, SIGBUS,  SIGILL,
                                SIGFPE,  SIGABRT, SIGTRAP};
    for (size_t i = 0; i < sizeof fatal / sizeof fatal[0]; i++)
        handle(fatal[i], on_crash);
    handle(SIGUSR2, on_stop);
}
