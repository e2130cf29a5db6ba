/* fuzz/fuzz_stack_win.c - whatever the record, registers and stack, the answers
 * are few, have pc and sp, fit 32 bits and end. */
#include <stdlib.h>

#include "lib/base/reader.h"
#include "lib/base/str.h"
#include "lib/unwind/arch.h"
#include "lib/unwind/stack_win.h"

#define EXPECT(cond)                                                           \
    do                                                                         \
        if (!(cond))                                                           \
            abort();                                                           \
    while (0)

enum { TAIL = 32, STACK = 0x1000, STACK_SIZE = 512, CHOICES = 8 };

typedef struct target {
    uint8_t stack[STACK_SIZE];
    uint64_t reads, asked;
    uint64_t late; /* the question that is answered MDW_AGAIN */
} target;

static size_t read_stack(void *user, uint64_t addr, void *dst, size_t len)
{
    target *t = user;
    t->reads++;
    EXPECT(addr <= UINT32_MAX);
    uint64_t at = addr - STACK;
    if (at >= STACK_SIZE)
        return 0;
    if (len > STACK_SIZE - at)
        len = (size_t)(STACK_SIZE - at);
    memcpy(dst, t->stack + at, len);
    return len;
}

static mdw_status place(void *user, uint64_t addr, uint32_t want,
                        mdw_place *out)
{
    target *t = user;
    EXPECT(addr <= UINT32_MAX && want == MDW_PLACE_EXEC);
    if (++t->asked == t->late)
        return MDW_AGAIN;
    out->flags = want;
    out->exec = addr % 4 ? MDW_ANSWER_NO : MDW_ANSWER_YES;
    return MDW_OK;
}

static void check_row(const mdw_row *row, uint32_t params)
{
    const arch *a = arch_find(MDW_ARCH_X86);
    uint64_t both = UINT64_C(1) << a->pc | UINT64_C(1) << a->sp;
    EXPECT((row->set & both) == both && !(row->set >> a->reg_count));
    EXPECT(row->cfa.kind == MDW_RULE_ADDR && row->cfa.base == MDW_BASE_ZERO);
    EXPECT(row->cfa.offset == row->reg[a->sp].offset);
    EXPECT(row->args == params);
    EXPECT(!(row->flags & ~(uint32_t)MDW_ROW_BOTTOM));
    EXPECT(row->source == MDW_SOURCE_STACK_WIN ||
           row->source == MDW_SOURCE_SCAN);
    for (uint8_t i = 0; i < a->reg_count; i++) {
        mdw_rule rule = row->reg[i];
        if (!(row->set >> i & 1) || rule.kind == MDW_RULE_UNDEFINED)
            continue;
        EXPECT(rule.kind == MDW_RULE_ADDR && rule.base == MDW_BASE_ZERO);
        EXPECT(rule.offset >= 0 && rule.offset <= UINT32_MAX);
    }
    EXPECT(row->reg[a->pc].kind == MDW_RULE_ADDR);
    EXPECT(row->reg[a->sp].kind == MDW_RULE_ADDR);
}

static mdw_status ask(const stack_win *win, mdw_row_query *query, target *t,
                      mdw_row *row)
{
    const mdw_range image = {0x400000, 0x100000};
    t->reads = t->asked = 0;
    row_clear(row);
    mdw_status status = stack_win_row(win, &image, query, row);
    EXPECT(status == MDW_OK || status == MDW_ABSENT || status == MDW_AGAIN);
    EXPECT(t->reads < 4000 && t->asked < 100);
    if (status == MDW_OK)
        check_row(row, win->params);
    return status;
}

static void check_answers(const stack_win *win, mdw_row_query *query, target *t)
{
    mdw_status last = MDW_OK;
    mdw_row row;
    uint64_t late = t->late;
    for (query->choice = 0; query->choice < CHOICES; query->choice++) {
        t->late = late;
        if (late && ask(win, query, t, &row) == MDW_AGAIN)
            EXPECT(t->asked == late);
        t->late = 0;
        mdw_status status = ask(win, query, t, &row);
        EXPECT(status != MDW_AGAIN);
        EXPECT(last == MDW_OK || status == MDW_ABSENT);
        EXPECT(query->choice < 3 || status == MDW_ABSENT);
        last = status;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Carved off the end: the record and registers; before it up to 256 bytes of
 * stack; the rest is the program. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < TAIL)
        return 0;
    size -= TAIL;
    reader r = reader_at((mdw_bytes){data + size, TAIL}, 0, 0, false);
    target t = {{0}, 0, 0, 0};
    mdw_regs regs = {0};
    uint8_t flags = reader_u8(&r);
    t.late = reader_u8(&r) % 16;
    stack_win win = {.type = flags & 7,
                     .params = reader_u16(&r),
                     .saved = reader_u8(&r),
                     .locals = reader_u32(&r),
                     .allocates_base = flags & 8};
    if (!(flags & 16))
        win.locals &= 0xFC;
    regs.valid = reader_u16(&r) | (uint64_t)(flags >> 5 & 1) << 4;
    for (uint8_t i = 0; i < 8; i++)
        regs.value[i] = STACK + reader_u16(&r) % (STACK_SIZE + 16);
    mdw_row_query query = {.size = sizeof query,
                           .context = flags & 64,
                           .args = reader_u8(&r),
                           .regs = &regs,
                           .memory = {read_stack, NULL, &t},
                           .place = flags & 128 ? NULL : place,
                           .place_user = &t};
    size_t stack_len = size < 256 ? size / 2 : 256;
    size -= stack_len;
    for (size_t i = 0; i < STACK_SIZE && stack_len; i++)
        t.stack[i] = data[size + i % stack_len];
    win.program = (mdw_str){(const char *)data, size};
    check_answers(&win, &query, &t);
    return 0;
}
