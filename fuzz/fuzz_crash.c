/* fuzz/fuzz_crash.c - a crash of any of four CPUs with any context, code,
 * memory map and stack: what is said stays within bounds, every index leads
 * somewhere, and the same question has the same answer.
 *
 * The input: CPU, system, code, flags, address, two parameters, code bytes,
 * then the context. Regions, the stack and the module are read from where the
 * context begins, too. It is dressed as a dump here, so that state and memory
 * are the real ones. */
#include "mdwalk/crash.h"

#include <stdlib.h>
#include <string.h>

#include "mdwalk/dump.h"
#include "tests/synth/streams.h"

#define EXPECT(cond)                                                           \
    do                                                                         \
        if (!(cond))                                                           \
            abort();                                                           \
    while (0)

enum { CODE = 24, STACK = 256, REGIONS = 6, FRAMES = 40 };

typedef struct input {
    const uint8_t *data;
    size_t len;
} input;

static uint64_t take(input *in, size_t size)
{
    uint64_t value = 0;
    for (size_t i = 0; i < size; i++) {
        value = value << 8 | (in->len ? *in->data : 0);
        if (in->len) {
            in->data++;
            in->len--;
        }
    }
    return value;
}

static const struct {
    uint16_t cpu;
    uint32_t flags;
    size_t flags_at, size, pc, sp, width;
} cpus[] = {{0, 0x1003F, 0, 716, 184, 196, 4},
            {9, 0x10001F, 48, 1232, 0xF8, 0x98, 8},
            {5, 0x40000006, 0, 368, 64, 56, 4},
            {12, 0x400007, 0, 912, 264, 256, 8}};

static const uint32_t systems[] = {2, 0x8201, 0x8203, 0x8101, 0x8102, 0x8205};

/* Codes that mean something, and any other. */
static uint32_t crash_code(input *in)
{
    static const uint32_t codes[] = {
        0xc0000005, 0xc0000006, 0xc0000094, 0xc0000096, 0xc00000fd,
        0xc0000409, 0xe06d7363, 0xc000001d, 1,          2,
        3,          4,          5,          6,          7,
        8,          10,         11,         0xffffffff, 0};
    size_t i = (size_t)take(in, 1);
    return i < sizeof codes / sizeof *codes ? codes[i] : (uint32_t)take(in, 4);
}

static void put(uint8_t *at, uint64_t value, size_t size)
{
    for (size_t i = 0; i < size; i++)
        at[i] = (uint8_t)(value >> 8 * i);
}

static uint64_t get(const uint8_t *at, size_t size)
{
    uint64_t value = 0;
    for (size_t i = 0; i < size; i++)
        value |= (uint64_t)at[i] << 8 * i;
    return value;
}

static void put_regions(synth *s, input *in, uint64_t pc, uint64_t sp)
{
    static const uint32_t protects[] = {1, 2, 4, 0x10, 0x20, 0x40, 0x104, 0};
    synth_memory_info list[REGIONS];
    size_t count = (size_t)take(in, 1) % (REGIONS + 1);
    uint64_t anchors[] = {pc, sp, 0, take(in, 8)};
    for (size_t i = 0; i < count; i++) {
        uint8_t kind = (uint8_t)take(in, 1);
        uint64_t base = anchors[kind & 3] & ~UINT64_C(0xFFF);
        base += (take(in, 1) - 128) << 12;
        list[i] = (synth_memory_info){base,
                                      base,
                                      (take(in, 1) + 1) << 12,
                                      4,
                                      kind & 0x40 ? 0x10000 : 0x1000,
                                      protects[kind >> 2 & 7],
                                      0};
    }
    if (count)
        synth_memory_infos(s, list, count, count);
}

/* One module, whose header may be what the stack holds. */
static void put_module(synth *s, input *in, uint64_t pc, uint64_t sp)
{
    static const char *const names[] = {"/lib/libc.so.6", "program"};
    uint8_t kind = (uint8_t)take(in, 1);
    synth_module module = {.base = kind & 1 ? sp : pc & ~UINT64_C(0xFFF),
                           .size = 0x10000,
                           .name = names[kind >> 1 & 1]};
    if (kind & 4)
        synth_module_list(s, &module, 1);
}

/* Everything else that the input has goes into the context. */
static synth *make_dump(input *in, uint8_t *context, uint8_t *code,
                        uint8_t *stack, uint64_t *stack_at)
{
    size_t cpu = (size_t)take(in, 1) & 3;
    size_t os = (size_t)take(in, 1) % (sizeof systems / sizeof *systems);
    synth_system system = {.arch = cpus[cpu].cpu, .platform = systems[os]};
    synth_exception e = {.thread_id = 1, .code = crash_code(in)};
    e.flags = (uint32_t)take(in, 1);
    e.address = take(in, 8);
    e.info_count = (uint32_t)take(in, 1) & 3;
    e.info[0] = take(in, 1);
    e.info[1] = take(in, 8);
    for (size_t i = 0; i < CODE; i++)
        code[i] = (uint8_t)take(in, 1);
    size_t code_len = (size_t)take(in, 1) % (CODE + 1);
    memset(context, 0, 1232);
    synth *s = synth_new(false);
    input rest = *in;
    for (size_t i = 0; i < STACK; i++)
        stack[i] = (uint8_t)take(&rest, 1);
    for (size_t i = 0; i < cpus[cpu].size && in->len; i++)
        context[i] = (uint8_t)take(in, 1);
    put(context + cpus[cpu].flags_at, cpus[cpu].flags, 4);
    uint64_t pc = get(context + cpus[cpu].pc, cpus[cpu].width);
    uint64_t sp = get(context + cpus[cpu].sp, cpus[cpu].width);
    e.context = context;
    e.context_len = cpus[cpu].size;
    synth_thread thread = {.id = 1,
                           .teb = 0x7ff000,
                           .context = context,
                           .context_len = cpus[cpu].size};
    synth_memory memory[] = {{pc, code, code_len}, {sp, stack, STACK}};
    synth_system_info(s, &system);
    synth_thread_list(s, &thread, 1);
    synth_exceptions(s, &e);
    synth_memory_list(s, memory, 2);
    put_regions(s, &rest, pc, sp);
    put_module(s, &rest, pc, sp);
    *stack_at = sp;
    return s;
}

static void check_text(mdw_str text)
{
    EXPECT(text.data && !text.data[text.len] && text.len < 8192);
}

static void check_findings(const mdw_crash *c)
{
    uint32_t last = 1000000;
    for (size_t i = 0; i < mdw_crash_finding_count(c); i++) {
        mdw_finding f = MDW_INIT(mdw_finding);
        mdw_evidence e = MDW_INIT(mdw_evidence);
        EXPECT(mdw_crash_finding(c, i, &f) == MDW_OK);
        EXPECT(f.confidence <= last && f.name.len && f.sentence.len);
        check_text(f.sentence);
        last = f.confidence;
        EXPECT(f.evidence_count < 1000);
        for (size_t n = 0; n < f.evidence_count; n++)
            EXPECT(mdw_crash_evidence(c, i, n, &e) == MDW_OK &&
                   e.confidence <= 1000000);
        EXPECT(mdw_crash_evidence(c, i, f.evidence_count, &e) == MDW_E_ARG);
    }
}

static void check_messages(const mdw_crash *c)
{
    EXPECT(mdw_crash_message_count(c) <= 8);
    for (size_t n = 0; n < mdw_crash_message_count(c); n++) {
        mdw_message m = MDW_INIT(mdw_message);
        EXPECT(mdw_crash_message(c, n, &m) == MDW_OK && m.text.len);
        EXPECT(m.text.data && m.text.len <= 3 * 4096);
    }
}

static void check_crash(const mdw_crash *c)
{
    mdw_instruction i = MDW_INIT(mdw_instruction);
    EXPECT(mdw_crash_access_count(c) <= 4);
    for (size_t n = 0; n < mdw_crash_access_count(c); n++) {
        mdw_access a = MDW_INIT(mdw_access);
        EXPECT(mdw_crash_access(c, n, &a) == MDW_OK);
        EXPECT(a.bytes <= 1024 && a.kind <= 3);
        EXPECT(a.base == MDW_NONE || a.base < MDW_MAX_REGS);
        EXPECT(a.index == MDW_NONE || a.index < MDW_MAX_REGS);
    }
    if (mdw_crash_instruction(c, &i) == MDW_OK) {
        EXPECT(i.bytes.len && i.bytes.len <= 16);
        check_text(i.text);
    }
    check_findings(c);
    check_messages(c);
}

static bool same(const mdw_crash *a, const mdw_crash *b)
{
    mdw_finding f = MDW_INIT(mdw_finding), g = MDW_INIT(mdw_finding);
    size_t count = mdw_crash_finding_count(a);
    if (count != mdw_crash_finding_count(b))
        return false;
    for (size_t i = 0; i < count; i++) {
        mdw_crash_finding(a, i, &f);
        mdw_crash_finding(b, i, &g);
        if (f.id != g.id || f.confidence != g.confidence ||
            f.sentence.len != g.sentence.len ||
            memcmp(f.sentence.data, g.sentence.data, f.sentence.len))
            return false;
    }
    return true;
}

static mdw_status find(void *user, uint32_t module, mdw_str name,
                       mdw_range *out)
{
    (void)module;
    *out = (mdw_range){*(uint64_t *)user + name.len, 8}; /* on the stack */
    return MDW_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t context[1232], code[CODE], stack[STACK];
    uint64_t frames[FRAMES], where;
    input in = {data, size};
    synth *s = make_dump(&in, context, code, stack, &where);
    mdw_dump *dump = NULL;
    mdw_state *state = NULL;
    mdw_crash *one = NULL, *two = NULL;
    mdw_crash_input question = MDW_INIT(mdw_crash_input);
    for (size_t i = 0; i < FRAMES; i++)
        frames[i] = stack[i] & 1;
    question.pcs = question.sps = frames;
    question.frame_count = FRAMES;
    question.find = find;
    question.find_user = &where;
    if (mdw_dump_open(synth_finish(s), NULL, &dump, NULL) == MDW_OK &&
        mdw_state_from_dump(dump, NULL, &state, NULL) == MDW_OK &&
        mdw_state_exception_count(state)) {
        EXPECT(mdw_crash_new(state, &question, &one, NULL) == MDW_OK);
        EXPECT(mdw_crash_new(state, &question, &two, NULL) == MDW_OK);
        check_crash(one);
        EXPECT(same(one, two));
    }
    mdw_crash_close(one);
    mdw_crash_close(two);
    mdw_state_close(state);
    mdw_dump_close(dump);
    synth_free(s);
    return 0;
}
