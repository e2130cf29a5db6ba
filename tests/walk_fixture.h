/* tests/walk_fixture.h - a target in a few words of text, and the walk through
 * it in one line. Numbers are hexadecimal; +N is STACK + N, ^N is OTHER + N. */
#ifndef WALK_FIXTURE_H
#define WALK_FIXTURE_H

#include <stdarg.h>
#include <stdlib.h>

#include "mdwalk/unwind.h"
#include "t.h"

enum {
    STACK = 0x700000,
    OTHER = 0x800000, /* a second stack */
    STACK_SIZE = 0x8000,
    CODE = 0x400000, /* an image whose bytes are known */
    CODE_SIZE = 0x10000,
    DARK = 0x500000, /* one whose bytes are not */
    TEXT = 4096,
    MAX_KEPT = 16,
    FAILS = 100 /* fact.exec: the place function answers with an error */
};

typedef struct fact {
    uint64_t start, size; /* 0, 0 ends a list */
    uint32_t exec;
    uint32_t flags; /* with MDW_PLACE_FUNCTION the range is one */
} fact;

typedef struct world {
    uint32_t arch, os;
    bool big_endian, windows;
    bool files; /* the bytes of code are in files alone */
    uint64_t code_mask;
    const char *regs;  /* "rip=400010 rsp=+0" */
    const char *stack; /* words from STACK; N*M is N, M times; ? is a hole */
    const char *other; /* the same from OTHER */
    const char *code;  /* 400100>400000 a call that ends there, 400100* an
                          indirect one, 400000=5548 bytes, 400000t> in Thumb */
    const char *rows;  /* "400000+100: cfa=rsp+10 rip=[cfa-8]; ..." */
    const char *show;  /* registers to print with each frame */
    const fact *facts; /* NULL: no place function */
    mdw_range bounds;
    uint64_t start;
    mdw_walk_options options;
    mdw_walk_input input; /* more of it; `regs` and `memory` are filled in */
} world;

typedef struct target {
    const world *w;
    mdw_regs regs;
    unsigned pointer;
    bool thumb;
    uint8_t stack[STACK_SIZE], other[STACK_SIZE], code[CODE_SIZE];
    bool known[STACK_SIZE + STACK_SIZE];
    uint32_t asked, late; /* questions; the one that is answered MDW_AGAIN */
    char text[TEXT], trace[4 * TEXT];
    mdw_frame frames[MAX_KEPT];
    size_t count;
    uint32_t stop;
    uint64_t work, reads;
} target;

static inline void say(char *text, size_t size, const char *format, ...)
{
    size_t used = strlen(text);
    va_list args;
    va_start(args, format);
    vsnprintf(text + used, size - used, format, args);
    va_end(args);
}

static inline void text_is(const char *got, const char *want)
{
    if (strcmp(got, want) && ++t_failed)
        fprintf(stderr, "[%s]\n  got  %s\n  want %s\n", t_case, got, want);
}

static inline void skip_spaces(const char **at)
{
    *at += strspn(*at, " ");
}

static inline uint64_t number(const char **at)
{
    uint64_t base = **at == '+' ? STACK : **at == '^' ? OTHER : 0;
    *at += base != 0;
    uint64_t value = strtoull(*at, NULL, 16);
    *at += strspn(*at, "-0123456789abcdefABCDEFx");
    return base + value;
}

static inline uint32_t reg_name(uint32_t cpu, const char **at)
{
    size_t len = strspn(*at, "abcdefghijklmnopqrstuvwxyz0123456789");
    uint32_t reg = mdw_reg_find(cpu, (mdw_str){*at, len});
    *at += len;
    return reg;
}

static inline mdw_regs regs_of(uint32_t cpu, const char *text)
{
    mdw_regs regs = {0};
    for (skip_spaces(&text); *text; skip_spaces(&text)) {
        uint32_t reg = reg_name(cpu, &text);
        text++; /* = */
        if (reg >= MDW_MAX_REGS)
            abort();
        regs.valid |= UINT64_C(1) << reg;
        regs.value[reg] = number(&text);
    }
    return regs;
}

static inline void put(const target *t, uint8_t *at, uint64_t v, size_t size)
{
    for (size_t i = 0; i < size; i++)
        at[t->w->big_endian ? size - 1 - i : i] = (uint8_t)(v >> 8 * i);
}

static inline void put_words(target *t, uint8_t *bytes, bool *known,
                             const char *text)
{
    size_t n = 0;
    memset(known, 1, STACK_SIZE);
    for (skip_spaces(&text); *text; skip_spaces(&text)) {
        bool hole = *text == '?';
        uint64_t word = 0, times = 1;
        if (hole)
            text++;
        else
            word = number(&text);
        if (*text == '*') {
            text++;
            times = number(&text);
        }
        for (; times; times--, n += t->pointer) {
            put(t, bytes + n, word, t->pointer);
            memset(known + n, !hole, t->pointer);
        }
    }
}

static inline void put_call(target *t, uint64_t ret, bool direct, uint64_t to)
{
    uint8_t *at = t->code + (ret - CODE);
    uint64_t d = to - ret;
    switch (t->w->arch) {
    case MDW_ARCH_ARM64:
        t_put(at - 4,
              direct ? 0x94000000 | ((d + 4) >> 2 & 0x3FFFFFF) : 0xD63F0100, 4);
        return;
    case MDW_ARCH_ARM:
        if (t->thumb && !direct) {
            t_put(at - 2, 0x4798, 2); /* blx r3 */
        } else if (t->thumb) {        /* J1 = J2 = 1 reaches 4 MiB */
            t_put(at - 4, 0xF000 | (d >> 12 & 0x7FF), 2);
            t_put(at - 2, 0xF800 | (d >> 1 & 0x7FF), 2);
        } else {
            t_put(at - 4,
                  direct ? 0xEB000000 | ((d - 4) >> 2 & 0xFFFFFF) : 0xE12FFF33,
                  4);
        }
        return;
    default:
        at[-5] = 0xE8;
        t_put(at - 4, d, 4);
        if (!direct)
            t_put(at - 2, 0xD0FF, 2);
    }
}

static inline void put_bytes(target *t, uint64_t addr, const char **text)
{
    for (; strspn(*text, "0123456789abcdef") >= 2; *text += 2, addr++) {
        char two[3] = {(*text)[0], (*text)[1], 0};
        t->code[addr - CODE] = (uint8_t)strtoul(two, NULL, 16);
    }
}

static inline void put_code(target *t, const char *text)
{
    for (skip_spaces(&text); *text; skip_spaces(&text)) {
        uint64_t addr = number(&text);
        t->thumb = *text == 't';
        text += t->thumb;
        char kind = *text++;
        if (kind == '=') {
            put_bytes(t, addr, &text);
            continue;
        }
        put_call(t, addr, kind == '>', kind == '>' ? number(&text) : 0);
    }
}

/* With what says nothing of a frame: INT3, UDF; NOP where code isn't followed.
 */
static inline void fill(target *t)
{
    static const struct {
        uint32_t arch, nop, size;
    } nops[] = {{MDW_ARCH_X86, 0xCC, 1},
                {MDW_ARCH_X86_64, 0xCC, 1},
                {MDW_ARCH_ARM, 0xE1A00000, 4},
                {MDW_ARCH_ARM64, 0, 4}};
    for (size_t i = 0; i < sizeof nops / sizeof *nops; i++)
        for (size_t n = 0; nops[i].arch == t->w->arch && n < CODE_SIZE;
             n += nops[i].size)
            t_put(t->code + n, nops[i].nop, nops[i].size);
}

/* Whole reads inside one piece; the one window is half of STACK, up to a hole.
 */
static inline size_t read_all(void *user, uint64_t addr, void *dst, size_t len)
{
    target *t = user;
    const struct {
        uint64_t start, size;
        const uint8_t *bytes;
        const bool *known;
    } parts[] = {{STACK, STACK_SIZE, t->stack, t->known},
                 {OTHER, STACK_SIZE, t->other, t->known + STACK_SIZE},
                 {CODE, CODE_SIZE, t->code, NULL}};
    t->reads++;
    for (size_t i = 0; i < 3; i++) {
        uint64_t at = addr - parts[i].start;
        if (at >= parts[i].size)
            continue;
        uint64_t left = parts[i].size - at;
        size_t n = len < left ? len : (size_t)left;
        for (size_t k = 0; parts[i].known && k < n; k++)
            if (!parts[i].known[at + k])
                n = k;
        memcpy(dst, parts[i].bytes + at, n);
        return n;
    }
    return 0;
}

static inline size_t read_target(void *user, uint64_t addr, void *dst,
                                 size_t len)
{
    target *t = user;
    bool code = addr - CODE < CODE_SIZE;
    return code && t->w->files ? 0 : read_all(user, addr, dst, len);
}

static inline mdw_window window_target(void *user, uint64_t addr)
{
    target *t = user;
    size_t known = 0;
    while (known < STACK_SIZE / 2 && t->known[known])
        known++;
    if (addr - STACK >= known)
        return (mdw_window){0, {NULL, 0}};
    return (mdw_window){STACK, {t->stack, known}};
}

/* Whether this question is the one whose answer comes late. */
static inline bool is_late(target *t)
{
    return ++t->asked == t->late;
}

static inline mdw_status place_target(void *user, uint64_t addr, uint32_t want,
                                      mdw_place *out)
{
    target *t = user;
    if (is_late(t))
        return MDW_AGAIN;
    for (const fact *f = t->w->facts; f->size; f++) {
        if (addr - f->start >= f->size)
            continue;
        if (f->exec == FAILS) {
            *out = (mdw_place){sizeof *out, UINT32_MAX, MDW_ANSWER_NO, {0, 1}};
            return MDW_E_IO;
        }
        if (want & MDW_PLACE_EXEC && f->exec) {
            out->exec = f->exec;
            out->flags |= MDW_PLACE_EXEC;
        }
        if (want & MDW_PLACE_FUNCTION && f->flags & MDW_PLACE_FUNCTION) {
            out->flags |= f->flags;
            out->function = (mdw_range){f->start, f->size};
        }
    }
    return MDW_OK;
}

static inline bool word_is(const char **at, const char *word)
{
    size_t len = strlen(word);
    if (strncmp(*at, word, len))
        return false;
    *at += len;
    return true;
}

static inline mdw_rule rule_of(uint32_t cpu, const char **at)
{
    mdw_rule rule = {0};
    if (word_is(at, "same") || word_is(at, "undef") || word_is(at, "default")) {
        rule.kind = (*at)[-1] == 'e'   ? MDW_RULE_SAME
                    : (*at)[-1] == 'f' ? MDW_RULE_UNDEFINED
                                       : MDW_RULE_DEFAULT;
        return rule;
    }
    bool loads = **at == '[';
    *at += loads;
    if (word_is(at, "{")) { /* an expression's bytes, but no ';' or '}' */
        rule.kind = loads ? MDW_RULE_EXPR_LOAD : MDW_RULE_EXPR;
        rule.expr = (const uint8_t *)*at;
        rule.expr_len = (uint32_t)strcspn(*at, "}");
        *at += rule.expr_len + 1u + loads;
        return rule;
    }
    rule.kind = loads ? MDW_RULE_LOAD : MDW_RULE_ADDR;
    rule.base = word_is(at, "cfa")    ? MDW_BASE_CFA
                : word_is(at, "zero") ? MDW_BASE_ZERO
                                      : (uint8_t)reg_name(cpu, at);
    int64_t sign = **at == '-' ? -1 : 1;
    if (**at == '+' || **at == '-') {
        ++*at;
        rule.offset = sign * (int64_t)number(at);
    }
    *at += **at == ']';
    return rule;
}

static inline mdw_status parse_row(uint32_t cpu, const char *at, mdw_row *row)
{
    static const struct {
        const char *word;
        uint32_t flag;
    } flags[] = {{"signal", MDW_ROW_SIGNAL},
                 {"bottom", MDW_ROW_BOTTOM},
                 {"bound", MDW_ROW_SP_BOUND},
                 {"whole", MDW_ROW_WHOLE},
                 {"postfix", MDW_ROW_POSTFIX}};
    mdw_status status = MDW_OK;
    for (skip_spaces(&at); *at && *at != ';'; skip_spaces(&at)) {
        size_t f = 0;
        while (f < 5 && !word_is(&at, flags[f].word))
            f++;
        if (f < 5) {
            row->flags |= flags[f].flag;
        } else if (word_is(&at, "cfa=")) {
            row->cfa = rule_of(cpu, &at);
        } else if (word_is(&at, "args=")) {
            row->args = (uint32_t)number(&at);
        } else if (word_is(&at, "source=")) {
            row->source = (uint32_t)number(&at);
        } else if (word_is(&at, "error")) {
            status = MDW_E_FORMAT;
        } else if (word_is(&at, "none")) {
            status = MDW_ABSENT;
        } else if (word_is(&at, "odd")) {
            status = MDW_END; /* no answer of a row function */
        } else if (word_is(&at, "alien")) {
            row->set |= UINT64_C(1) << 63;
        } else {
            uint32_t reg = reg_name(cpu, &at);
            if (reg >= MDW_MAX_REGS || *at++ != '=')
                abort();
            row->set |= UINT64_C(1) << reg;
            row->reg[reg] = rule_of(cpu, &at);
        }
    }
    return status;
}

/* The choice-th row of the list whose range holds pc. */
static inline mdw_status rows_target(void *user, const mdw_image *image,
                                     const mdw_row_query *query, mdw_row *row)
{
    target *t = user;
    uint32_t choice = query->choice;
    (void)image;
    if (is_late(t))
        return MDW_AGAIN;
    if (query->args)
        say(t->text, TEXT, "[args %x] ", query->args);
    const char *at = t->w->rows;
    while (at && *at) {
        skip_spaces(&at);
        uint64_t start = number(&at);
        at++; /* + */
        uint64_t size = strtoull(at, NULL, 16);
        at = strchr(at, ':') + 1;
        if (query->pc - start < size && !choice--) {
            row->pc = (mdw_range){start, size};
            return parse_row(t->w->arch, at, row);
        }
        at = strchr(at, ';');
        at = at ? at + 1 : NULL;
    }
    return MDW_ABSENT;
}

static inline const char *step_text(const mdw_frame *f)
{
    bool lr = f->source == MDW_SOURCE_LINK_REG;
    switch (f->trust) {
    case MDW_TRUST_CONTEXT:
        return "context";
    case MDW_TRUST_CFI:
        return "cfi";
    case MDW_TRUST_CFI_SCAN:
        return "cfi-scan";
    case MDW_TRUST_LEAF:
        return lr ? "lr" : "leaf";
    case MDW_TRUST_FP:
        return "fp";
    case MDW_TRUST_SCAN:
        return lr                                  ? "guess"
               : f->source == MDW_SOURCE_FRAME_PTR ? "doubt"
                                                   : "scan";
    default:
        return "?";
    }
}

static inline void say_address(target *t, uint64_t v)
{
    if (v - STACK <= STACK_SIZE)
        say(t->text, TEXT, "+%x", (unsigned)(v - STACK));
    else if (v - OTHER <= STACK_SIZE)
        say(t->text, TEXT, "^%x", (unsigned)(v - OTHER));
    else
        say(t->text, TEXT, "%" PRIx64, v);
}

static inline void say_regs(target *t, const mdw_frame *f, const mdw_walk *walk)
{
    static const char *const origins[] = {
        "none", "context", "kept", "same", "computed", "loaded", "guessed"};
    mdw_origins o = MDW_INIT(mdw_origins);
    mdw_walk_origins(walk, &o);
    const char *at = t->w->show;
    for (; at && *at; skip_spaces(&at)) {
        uint32_t reg = reg_name(t->w->arch, &at);
        say(t->text, TEXT, " %s=", mdw_reg_name(t->w->arch, reg));
        if (!(f->regs.valid >> reg & 1)) {
            say(t->text, TEXT, "?");
            continue;
        }
        say_address(t, f->regs.value[reg]);
        say(t->text, TEXT, "%s:%s%u", f->regs.guessed >> reg & 1 ? "~" : "",
            origins[o.kind[reg]], o.frame[reg]);
        if (o.kind[reg] == MDW_ORIGIN_LOADED) {
            say(t->text, TEXT, "@");
            say_address(t, o.addr[reg]);
        }
    }
}

/* "pc@sp step": t Thumb, s interrupted, e exact otherwise, ~ sp guessed; ! a
 * call ends there, !! to the callee, - none does. */
static inline void say_frame(target *t, const mdw_frame *f,
                             const mdw_walk *walk)
{
    static const char *const calls[] = {"", "", "-", "!"};
    uint64_t back = t->w->arch == MDW_ARCH_ARM64 ? 4
                    : t->w->arch != MDW_ARCH_ARM ? 1
                    : f->flags & MDW_FRAME_THUMB ? 2
                                                 : 4;
    bool exact = f->flags & MDW_FRAME_SIGNAL || f->trust == MDW_TRUST_CONTEXT;
    uint32_t sp = mdw_reg_find(t->w->arch, (mdw_str){"sp", 2});
    if (sp == MDW_NONE)
        sp = t->pointer == 4 ? 4 : 7; /* esp, rsp */
    bool entered = !exact && f->lookup == f->pc;
    CHECK_U64(f->lookup, exact || entered ? f->pc : f->pc - back);
    CHECK_U64(f->sp, f->regs.value[sp]);
    say_address(t, f->pc);
    say(t->text, TEXT, "%s%s%s@", f->flags & MDW_FRAME_THUMB ? "t" : "",
        f->flags & MDW_FRAME_SIGNAL ? "s" : "", entered ? "e" : "");
    say_address(t, f->sp);
    bool called = MDW_CHECK(f->checks, MDW_CHECK_TARGET) == MDW_ANSWER_YES;
    say(t->text, TEXT, "%s %s%s%s", f->regs.guessed >> sp & 1 ? "~" : "",
        step_text(f), calls[MDW_CHECK(f->checks, MDW_CHECK_CALL)],
        called ? "!" : "");
    say_regs(t, f, walk);
    say(t->text, TEXT, "; ");
}

static inline void trace_target(void *user, const mdw_trace_event *e)
{
    static const char *const verdicts[] = {"absent", "refused", "kept", "taken",
                                           "end"};
    target *t = user;
    CHECK((e->row != NULL) == (e->status <= 0));
    say(t->trace, sizeof t->trace, "%u %s/%u %s %u;", e->frame, e->note,
        e->choice, verdicts[e->verdict], e->grade);
}

static const char *const stop_names[] = {
    "running",    "bottom", "null pc",  "no caller", "no advance",
    "no context", "limit",  "base",     "start",     "stack end",
    "cycle",      "budget", "cancelled"};

static inline void target_init(target *t, const world *w)
{
    memset(t, 0, sizeof *t);
    t->w = w;
    t->pointer = w->arch == MDW_ARCH_X86 || w->arch == MDW_ARCH_ARM ? 4 : 8;
    t->regs = regs_of(w->arch, w->regs);
    put_words(t, t->stack, t->known, w->stack ? w->stack : "");
    put_words(t, t->other, t->known + STACK_SIZE, w->other ? w->other : "");
    fill(t);
    put_code(t, w->code ? w->code : "");
}

static inline mdw_unwinder *unwinder_for(target *t, const mdw_allocator *alloc)
{
    const world *w = t->w;
    mdw_image images[2] = {MDW_INIT(mdw_image), MDW_INIT(mdw_image)};
    const mdw_image *list[] = {&images[0], &images[1]};
    images[0].range = (mdw_range){CODE, CODE_SIZE};
    images[1].range = (mdw_range){DARK, CODE_SIZE};
    images[0].rows = images[1].rows = w->rows ? rows_target : NULL;
    images[0].user = images[1].user = t;
    mdw_unwinder_options o = MDW_INIT(mdw_unwinder_options);
    o.arch = w->arch;
    o.os = w->os;
    o.big_endian = w->big_endian;
    o.code_mask = w->code_mask;
    o.place = w->facts ? place_target : NULL;
    o.place_user = t;
    o.alloc = alloc;
    mdw_unwinder *unwinder = NULL;
    CHECK(mdw_unwinder_new(&o, list, 2, &unwinder, NULL) == MDW_OK);
    return unwinder;
}

static inline mdw_walk_input input_for(target *t)
{
    mdw_walk_input in = t->w->input;
    in.size = sizeof in;
    in.regs = &t->regs;
    in.memory =
        (mdw_memory){read_target, t->w->windows ? window_target : NULL, t};
    if (t->w->files)
        in.code = (mdw_memory){read_all, NULL, t};
    in.stack = t->w->bounds;
    in.start = t->w->start;
    return in;
}

static inline void step_through(target *t, mdw_walk *walk)
{
    mdw_frame frame = MDW_INIT(mdw_frame);
    mdw_status status;
    while ((status = mdw_walk_next(walk, &frame)) != MDW_END) {
        CHECK(status == MDW_OK || (status == MDW_AGAIN && t->late));
        if (status == MDW_AGAIN)
            continue;
        if (t->count < MAX_KEPT)
            t->frames[t->count] = frame;
        t->count++;
        say_frame(t, &frame, walk);
    }
    CHECK(mdw_walk_next(walk, &frame) == MDW_END);
    t->stop = mdw_walk_stop(walk);
    t->work = mdw_walk_work(walk);
    say(t->text, TEXT, "%s", stop_names[t->stop]);
}

/* Walks `w` from one end to the other. `late`: which question of a row or
 * place function is answered MDW_AGAIN the first time; 0: none. */
static inline void walk_late(target *t, const world *w, uint32_t late)
{
    target_init(t, w);
    t->late = late;
    mdw_unwinder *unwinder = unwinder_for(t, NULL);
    mdw_walk_options options = w->options;
    mdw_walk *walk = NULL;
    options.size = sizeof options;
    options.trace = trace_target;
    options.trace_user = t;
    CHECK(mdw_walk_new(unwinder, &options, &walk, NULL) == MDW_OK);
    mdw_walk_input in = input_for(t);
    CHECK(mdw_walk_begin(walk, &in) == MDW_OK);
    step_through(t, walk);
    mdw_walk_close(walk);
    mdw_unwinder_close(unwinder);
}

static inline void walk_through(target *t, const world *w)
{
    walk_late(t, w, 0);
}

/* One row of a table: the walk gives this text, whichever way memory is read
 * and however late any one question is answered. */
static inline void check_walk(const char *claim, const world *w,
                              const char *want)
{
    static target first, again;
    t_case = claim;
    walk_through(&first, w);
    text_is(first.text, want);
    world other = *w;
    other.windows = !w->windows;
    walk_through(&again, &other);
    text_is(again.text, first.text);
    text_is(again.trace, first.trace);
    for (uint32_t late = 1; late <= first.asked; late++) {
        walk_late(&again, w, late);
        CHECK(again.asked > first.asked);
        text_is(again.text, first.text);
        text_is(again.trace, first.trace);
        CHECK_U64(again.work, first.work);
    }
}

#endif
