/* tests/sentry_of.h - a made-up Linux process whose crashed thread has five
 * frames with inlined calls, and the event made of it. */
#ifndef SENTRY_OF_H
#define SENTRY_OF_H

#include "mdwalk/report.h"
#include "mdwalk/sentry.h"
#include "state_of.h"

enum {
    SENTRY_STACK = 0x70000000,
    SENTRY_APP = 0x400000,
    SENTRY_LIB = 0x500000,
    SENTRY_LIMIT = 1 << 20
};

/* What differs between the cases. */
typedef struct process {
    uint32_t crashed;     /* thread id of the exception; 0: none */
    uint32_t code, flags; /* 0: SIGSEGV, SEGV_MAPERR */
    uint32_t info_count;
    uint64_t info[3];
    uint32_t requesting; /* of BreakpadInfo; 0: no such stream */
    uint32_t platform;   /* 0: Linux */
    const char *csd;     /* NULL: "Linux 5.10.0 #1 SMP x86_64" */
    uint32_t major;
    const synth_module *modules; /* NULL: the usual ones */
    size_t module_count;
    bool assertion, client, no_symbols;
    void (*more)(synth *s); /* other streams */
} process;

typedef struct made {
    opened o;
    mdw_report *report;
} made;

static const synth_module usual_modules[] = {
    {.base = SENTRY_LIB,
     .size = 0x2000,
     .name = "/lib/lib.so",
     .cv = {.signature = "BpEL", .id = {1, 2, 3, 4, 5, 6, 7, 8}, .id_len = 8}},
    {.base = SENTRY_APP,
     .size = 0x2000,
     .name = "/bin/app",
     .cv = {.signature = "BpEL",
            .id = {0xF1, 0xC3, 0xBC, 0xC0, 0x27, 0x98, 0x65, 0xFE, 0x30, 0x58,
                   0x40, 0x4B, 0x28, 0x31, 0xD9, 0xE6, 0x41, 0x35, 0x38, 0x6C},
            .id_len = 20}},
};

/* rbp's chain: four callers, one of them in the library. */
static inline void sentry_stack(uint8_t stack[256])
{
    static const uint32_t returns[] = {0x401250, 0x401350, 0x501010, 0x401450};
    memset(stack, 0, 256);
    for (size_t i = 0; i < 4; i++) {
        uint64_t next = i < 3 ? SENTRY_STACK + 16 + 32 * (i + 1) : 0;
        t_put(stack + 16 + 32 * i, next, 8);
        t_put(stack + 24 + 32 * i, returns[i], 8);
    }
}

static inline void sentry_threads(synth *s)
{
    static uint8_t context[1232], other[1232], stack[256];
    sentry_stack(stack);
    amd64_context(context, SENTRY_STACK, 0x401150);
    t_put(context + 0xA0, SENTRY_STACK + 16, 8); /* rbp */
    amd64_context(other, 0x90000000, 0x501700);
    const synth_thread threads[] = {
        {.id = 200, .context = other, .context_len = sizeof other},
        {.id = 100,
         .stack_addr = SENTRY_STACK,
         .stack = stack,
         .stack_len = sizeof stack,
         .context = context,
         .context_len = sizeof context},
        {.id = 300, .context = other, .context_len = sizeof other},
        {.id = 400},
    };
    static const synth_name names[] = {{100, "main"}, {200, ""}};
    synth_thread_list(s, threads, 4);
    synth_thread_names(s, names, 2);
}

static inline synth *sentry_process(const process *p)
{
    static uint8_t context[1232];
    synth *s = synth_new(false);
    const synth_system system = {
        .arch = CPU_AMD64,
        .platform = p->platform ? p->platform : (uint32_t)OS_LINUX,
        .cpu_count = 2,
        .major = p->major,
        .csd = p->csd ? p->csd : "Linux 5.10.0 #1 SMP x86_64"};
    synth_exception e = {.thread_id = p->crashed,
                         .code = p->code ? p->code : 11,
                         .flags = p->flags ? p->flags : 1,
                         .address = 0x45,
                         .info_count = p->info_count,
                         .context = context,
                         .context_len = sizeof context};
    memcpy(e.info, p->info, sizeof p->info);
    amd64_context(context, SENTRY_STACK, 0x401150);
    t_put(context + 0xA0, SENTRY_STACK + 16, 8);
    synth_system_info(s, &system);
    sentry_threads(s);
    if (p->requesting)
        synth_breakpad(s, 3, 300, p->requesting);
    if (p->crashed)
        synth_exceptions(s, &e);
    if (p->modules)
        synth_module_list(s, p->modules, p->module_count);
    else
        synth_module_list(s, usual_modules, 2);
    if (p->assertion)
        synth_assertion(s, "x > 0", "f", "a.c", 7, 1);
    static const synth_frame frames[] = {{0x401777, "client()"}, {0x10, ""}};
    static const synth_client_stack client[] = {{200, frames, 2}};
    if (p->client)
        synth_client_stacks(s, client, 1);
    if (p->more)
        p->more(s);
    return s;
}

static inline mdw_str sentry_str(const char *text)
{
    return (mdw_str){text, strlen(text)};
}

/* Two calls are inlined at 0x11xx of the program; 0x12xx has a name alone. */
static inline mdw_status sentry_lookup(void *user, const mdw_module *module,
                                       uint64_t rva, mdw_symbol_fn each,
                                       void *each_user)
{
    (void)user;
    mdw_symbol s = MDW_INIT(mdw_symbol);
    s.raw = s.file = sentry_str("");
    if (module->range.start != SENTRY_APP || rva < 0x1100 || rva >= 0x1300)
        return MDW_ABSENT;
    s.range = (mdw_range){rva & ~UINT64_C(0xFF), 0x100};
    if (rva >= 0x1200) {
        s.function = sentry_str("caller");
        return each(each_user, &s) ? MDW_OK : (mdw_status)MDW_OK;
    }
    s.flags = MDW_SYMBOL_INLINE;
    s.function = sentry_str("inner()");
    s.file = sentry_str("/src/inner.h");
    s.line = 3;
    if (!each(each_user, &s))
        return MDW_OK;
    s.function = sentry_str("middle()");
    s.file = sentry_str("C:\\src\\middle.h");
    s.line = 0;
    if (!each(each_user, &s))
        return MDW_OK;
    s.flags = 0;
    s.function = sentry_str("outer()");
    s.raw = sentry_str("_Z5outerv");
    s.file = sentry_str("/src/outer.c");
    s.line = 9;
    s.column = 4;
    (void)each(each_user, &s);
    return MDW_OK;
}

static inline made sentry_make(const process *p)
{
    made m = {.o = state_of(sentry_process(p))};
    mdw_provider provider = MDW_INIT(mdw_provider);
    const mdw_provider *list[] = {&provider};
    mdw_process_options options = MDW_INIT(mdw_process_options);
    provider.name = "made up";
    provider.lookup = sentry_lookup;
    options.providers = list;
    options.provider_count = p->no_symbols ? 0 : 1;
    CHECK(mdw_process(m.o.state, &options, &m.report, NULL) == MDW_OK);
    return m;
}

static inline void sentry_drop(made *m)
{
    mdw_report_close(m->report);
    state_done(&m->o);
}

static inline mdw_sentry *event_of(const made *m,
                                   const mdw_sentry_options *options)
{
    mdw_sentry *event = NULL;
    mdw_error err = {0};
    mdw_status status = mdw_sentry_new(m->report, options, &event, &err);
    if (status != MDW_OK) {
        fprintf(stderr, "[%s] no event: %s, %s\n", t_case,
                mdw_status_name(status), err.what ? err.what : "");
        exit(1);
    }
    return event;
}

/* NULL: absent. Unlike text_is: a slice need not end in a NUL. */
static inline bool says(mdw_str have, const char *want)
{
    bool same = want ? have.data && have.len == strlen(want) &&
                           !memcmp(have.data, want, have.len)
                     : !have.data;
    if (!same)
        fprintf(stderr, "[%s] text \"%.*s\", want \"%s\"\n", t_case,
                (int)have.len, have.data ? have.data : "(absent)",
                want ? want : "(absent)");
    return same;
}

#endif
