/* fuzz/fuzz_walk.c - whatever registers, memory, images, rows and facts the
 * input says: a walk ends, and its frames keep what the header promises. */
#include <stdlib.h>
#include <string.h>

#include "mdwalk/unwind.h"

#define EXPECT(cond)                                                           \
    do                                                                         \
        if (!(cond))                                                           \
            abort();                                                           \
    while (0)

enum {
    FRAMES = 64,
    SCAN = 64,
    STACK = 0x7000,
    CODE = 0x1000, /* three images; the last overlaps the second */
    CODE_SIZE = 0x1000,
    OPERATORS = 1001,  /* the most that an expression runs */
    SEARCH = 2 * 2048, /* places of a signal frame, by two steps */
    JUMPS = 8          /* so often a walk may go to another stack */
};

typedef struct input {
    const uint8_t *data; /* what is not carved off the end yet */
    size_t size;
    uint64_t asked;
    uint64_t since, patience; /* questions answered since one came late */
    uint32_t arch;
    uint8_t kind;
    bool late; /* answers may be, for as long as the input has bits */
} input;

/* What a walk came to: the same, however late answers are. */
typedef struct outcome {
    mdw_frame frames[FRAMES];
    unsigned count;
    uint32_t stop;
    uint64_t work;
} outcome;

static uint64_t carve(input *in, size_t size)
{
    uint64_t value = 0;
    for (; size && in->size; size--)
        value = value << 8 | in->data[--in->size];
    return value;
}

/* Stack and code are the same bytes, each at its own place. Both ends may be
 * unreadable. */
static size_t read_bytes(void *user, uint64_t addr, void *dst, size_t len)
{
    const input *in = user;
    uint64_t at = addr >= STACK ? addr - STACK : addr - CODE;
    if (at >= in->size)
        return 0;
    size_t left = in->size - (size_t)at;
    len = len < left ? len : left;
    memcpy(dst, in->data + at, len);
    return len;
}

/* The same without the second half of the code. */
static size_t read_captured(void *user, uint64_t addr, void *dst, size_t len)
{
    const input *in = user;
    uint64_t half = CODE + in->size / 2;
    if (addr < STACK && addr >= half)
        return 0;
    if (addr < half && half - addr < len)
        len = (size_t)(half - addr);
    return read_bytes(user, addr, dst, len);
}

static mdw_window window(void *user, uint64_t addr)
{
    const input *in = user;
    bool stack = addr - STACK < in->size;
    return (mdw_window){STACK, {in->data, stack ? in->size : 0}};
}

/* The same question has the same answer: a hash of it chooses the bytes. */
static const uint8_t *answer(input *in, uint64_t a, uint64_t b, size_t need)
{
    static const uint8_t none[sizeof(mdw_rule) * 8] = {0};
    in->asked++;
    if (in->size <= need)
        return none;
    uint64_t hash = (a * 31 + b) * UINT64_C(0x9E3779B97F4A7C15);
    return in->data + (hash >> 32) % (in->size - need);
}

/* A frame is asked again from its start, so patience must grow. */
static bool is_late(input *in)
{
    if (!in->late || ++in->since <= in->patience)
        return false;
    in->since = 0;
    in->patience += in->patience / 2 + (in->kind >> 6) + 1u;
    return true;
}

static mdw_status place(void *user, uint64_t addr, uint32_t want,
                        mdw_place *out)
{
    input *in = user;
    const uint8_t *bytes = answer(in, addr >> 6, 1, 4);
    (void)want;
    if (is_late(in))
        return MDW_AGAIN;
    out->flags = bytes[0] | (uint32_t)(bytes[1] & 7) << 8;
    out->exec = bytes[2] % 5; /* one more than there are */
    out->function = (mdw_range){addr & ~UINT64_C(63), bytes[3]};
    return (bytes[1] >> 3) % 6 - 3; /* up to MDW_ABSENT */
}

/* Any bytes of the input are an expression. */
static mdw_rule expression(const input *in, const uint8_t *bytes, uint8_t kind)
{
    mdw_rule rule = {.kind = kind, .base = bytes[1]};
    size_t at = (size_t)(bytes[1] | bytes[2] << 8) % in->size;
    size_t left = in->size - at, len = bytes[3] % 32;
    rule.expr = in->data + at;
    rule.expr_len = (uint32_t)(len < left ? len : left);
    return rule;
}

static mdw_rule rule_at(const input *in, const uint8_t *bytes)
{
    mdw_rule rule = {.kind = bytes[0] % 7, .base = bytes[1]};
    if (bytes[0] == 255)
        rule.kind = 7; /* one more than there are */
    if (rule.kind == MDW_RULE_EXPR || rule.kind == MDW_RULE_EXPR_LOAD)
        return expression(in, bytes, rule.kind);
    rule.base = bytes[2] & 1 ? MDW_BASE_CFA : rule.base % 42;
    rule.offset = (int8_t)bytes[3];
    return rule;
}

static mdw_status rows(void *user, const mdw_image *image,
                       const mdw_row_query *query, mdw_row *row)
{
    input *in = user;
    EXPECT(query->size == sizeof *query && query->choice < 16);
    EXPECT(query->pc - image->range.start < image->range.size);
    EXPECT(!row->set);
    const uint8_t *bytes = answer(in, query->pc, query->choice, 64);
    if (is_late(in))
        return MDW_AGAIN;
    if (bytes[0] & 1)
        return bytes[0] & 2 ? MDW_ABSENT : bytes[0] & 4 ? MDW_E_FORMAT : 7;
    row->flags = bytes[1] & 31;
    row->source = bytes[2];
    row->args = bytes[3];
    row->cfa = rule_at(in, bytes + 4);
    for (size_t i = 8; i < 64; i += 4) {
        uint32_t reg = bytes[i + 2] % MDW_MAX_REGS;
        row->set |= UINT64_C(1) << reg;
        row->reg[reg] = rule_at(in, bytes + i);
    }
    if (bytes[0] & 8) /* else mostly refused */
        row->set &= (UINT64_C(1) << mdw_reg_count(in->arch)) - 1;
    return MDW_OK;
}

static void trace(void *user, const mdw_trace_event *e)
{
    (void)user;
    EXPECT(e->frame < FRAMES && e->verdict <= MDW_VERDICT_END && e->note);
    EXPECT(e->status != MDW_AGAIN);
    EXPECT(e->verdict != MDW_VERDICT_TAKEN || e->grade >= 80);
}

static void check_frame(const mdw_frame *f, const mdw_frame *before,
                        uint32_t arch)
{
    uint64_t known = (UINT64_C(1) << mdw_reg_count(arch)) - 1;
    bool signal = f->flags & MDW_FRAME_SIGNAL;
    EXPECT(f->size == sizeof *f && f->arch == arch);
    EXPECT(!(f->regs.valid & ~known) && !(f->regs.guessed & ~f->regs.valid));
    EXPECT(f->lookup <= f->pc && f->pc - f->lookup <= 4);
    EXPECT(f->image == MDW_NONE || f->image < 3);
    EXPECT(!before || f->trust < MDW_TRUST_CONTEXT);
    EXPECT(!before || f->pc >= 4096 || signal);
    EXPECT(!before ||
           MDW_CHECK(f->checks, MDW_CHECK_ADVANCE) == MDW_ANSWER_YES);
    EXPECT(!before || f->pc != before->pc || f->sp != before->sp);
}

static mdw_regs registers(input *in)
{
    mdw_regs regs = {.valid = carve(in, 5)};
    uint32_t count = mdw_reg_count(in->arch);
    for (uint32_t i = 0; i < count; i++)
        regs.value[i] = carve(in, 2) + STACK;
    uint32_t pc = count - (in->arch == MDW_ARCH_X86_64 ? 1 : 2);
    regs.value[pc] = CODE + carve(in, 1);
    regs.valid |= in->kind & 2 ? UINT64_MAX : 0;
    return regs;
}

static void walk_through(input *in, mdw_walk *walk, outcome *out)
{
    mdw_frame frame = MDW_INIT(mdw_frame), before;
    mdw_origins origins = MDW_INIT(mdw_origins);
    unsigned count = 0, jumps = 0, again = 0;
    mdw_status status;
    while ((status = mdw_walk_next(walk, &frame)) != MDW_END) {
        EXPECT(mdw_walk_stop(walk) == MDW_STOP_RUNNING);
        EXPECT(status == MDW_OK || (status == MDW_AGAIN && ++again < 1 << 20));
        if (status == MDW_AGAIN)
            continue;
        EXPECT(count < FRAMES);
        check_frame(&frame, count ? &before : NULL, in->arch);
        jumps += count && frame.sp < before.sp;
        mdw_walk_origins(walk, &origins);
        for (uint32_t i = 0; i < MDW_MAX_REGS; i++)
            EXPECT(!(frame.regs.valid >> i & 1) || origins.kind[i]);
        before = out->frames[count] = frame;
        EXPECT(++count <= FRAMES);
    }
    out->count = count;
    out->stop = mdw_walk_stop(walk);
    out->work = mdw_walk_work(walk);
    EXPECT(jumps <= JUMPS);
    EXPECT(mdw_walk_stop(walk) != MDW_STOP_RUNNING);
    EXPECT(mdw_walk_stop(walk) <= MDW_STOP_CANCELLED);
    EXPECT(mdw_walk_next(walk, &frame) == MDW_END);
    /* Each frame: a dozen answers of some forty questions, and the scan's
     * words: two about what is there, and two for each run of bytes. */
    uint64_t most = (uint64_t)FRAMES * (16 * 48 + 32 * 4 * SCAN + SEARCH);
    EXPECT(in->asked <= 4 * most);
    /* Four rows, each with as many expressions as rules. */
    uint64_t ops = 4 * (MDW_MAX_REGS + 1) * OPERATORS;
    EXPECT(mdw_walk_work(walk) <=
           (uint64_t)FRAMES * (16 * 8 + 4 * SCAN + 8 + SEARCH + ops));
}

/* At once, and once more with answers that come late. */
static void walk_twice(input *in, mdw_walk *walk, const mdw_walk_input *where)
{
    static outcome calm, late;
    if (mdw_walk_begin(walk, where) != MDW_OK)
        return;
    walk_through(in, walk, &calm);
    if (!(in->kind & 1))
        return;
    in->late = true;
    in->asked = 0;
    EXPECT(mdw_walk_begin(walk, where) == MDW_OK);
    walk_through(in, walk, &late);
    EXPECT(calm.count == late.count && calm.stop == late.stop);
    EXPECT(calm.work == late.work);
    for (unsigned i = 0; i < calm.count; i++)
        EXPECT(!memcmp(&calm.frames[i], &late.frames[i], sizeof(mdw_frame)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint32_t archs[] = {MDW_ARCH_X86, MDW_ARCH_X86_64,
                                     MDW_ARCH_ARM, MDW_ARCH_ARM64};
    input in = {.data = data, .size = size};
    in.kind = (uint8_t)carve(&in, 1);
    uint8_t more = (uint8_t)carve(&in, 1);
    in.arch = archs[more & 3];
    mdw_image images[3];
    const mdw_image *list[3];
    for (unsigned i = 0; i < 3; i++) {
        list[i] = &images[i];
        images[i] = MDW_INIT(mdw_image);
        images[i].range = (mdw_range){CODE + i * 0xC00u, CODE_SIZE};
        images[i].rows = more & 4 ? rows : NULL;
        images[i].user = &in;
    }
    mdw_unwinder_options options = MDW_INIT(mdw_unwinder_options);
    options.arch = in.arch;
    options.os = more >> 4 & 7;
    options.big_endian = more & 128;
    options.place = more & 8 ? place : NULL;
    options.place_user = &in;
    mdw_walk_options walk_options = MDW_INIT(mdw_walk_options);
    walk_options.max_frames = FRAMES;
    walk_options.scan_words = SCAN;
    walk_options.no_scan = in.kind & 4;
    walk_options.trace = trace;
    mdw_regs regs = registers(&in);
    mdw_walk_input walk_input = MDW_INIT(mdw_walk_input);
    walk_input.regs = &regs;
    walk_input.memory = (mdw_memory){in.kind & 128 ? read_captured : read_bytes,
                                     in.kind & 8 ? window : NULL, &in};
    if (in.kind & 16)
        walk_input.stack = (mdw_range){STACK, in.size};
    walk_input.start = in.kind & 32 ? CODE + 64 : 0;
    walk_input.shadow = in.kind & 64 ? STACK + 64 : 0;
    if (in.kind & 128) /* some code is in files alone */
        walk_input.code = (mdw_memory){read_bytes, NULL, &in};
    mdw_unwinder *unwinder = NULL;
    mdw_walk *walk = NULL;
    if (mdw_unwinder_new(&options, list, 3, &unwinder, NULL) == MDW_OK &&
        mdw_walk_new(unwinder, &walk_options, &walk, NULL) == MDW_OK)
        walk_twice(&in, walk, &walk_input);
    mdw_walk_close(walk);
    mdw_unwinder_close(unwinder);
    return 0;
}
