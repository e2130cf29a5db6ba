/* lib/state/exceptions.c - exception streams and the records they point to. */
#include "lib/base/reader.h"
#include "lib/state/parts.h"

enum { MAX_NESTED = 16, MAX_INFO = 15 };

/* EXCEPTION_RECORD64 and EXCEPTION_RECORD32 of winnt.h, as far as the
 * parameters that it says it has: 32 and 20 bytes before them. */
static bool read_record(mdw_state *s, uint64_t addr, mdw_exception *e,
                        uint64_t *nested)
{
    unsigned pointer = s->system.pointer_size;
    size_t head = pointer == 8 ? 32 : 20;
    uint8_t raw[32 + MAX_INFO * 8];
    size_t len = memory_read(s, addr, raw, head + MAX_INFO * (size_t)pointer);
    reader r = reader_at((mdw_bytes){raw, len}, 0, 0, s->big_endian);
    e->code = reader_u32(&r);
    e->flags = reader_u32(&r);
    *nested = reader_uint(&r, pointer);
    e->address = reader_uint(&r, pointer);
    e->info_count = reader_u32(&r);
    if (pointer == 8)
        reader_skip(&r, 4);
    if (r.bad || e->info_count > MAX_INFO)
        return false;
    for (uint32_t i = 0; i < MAX_INFO; i++)
        e->info[i] = i < e->info_count ? reader_uint(&r, pointer) : 0;
    return !r.bad;
}

/* Follows ExceptionRecord through the target's memory. Most dumps have not
 * captured it, which is no damage. */
static void add_nested(mdw_state *s, uint64_t offset, uint32_t index,
                       uint64_t addr)
{
    uint64_t seen[MAX_NESTED];
    mdw_exception e = *((mdw_exception *)s->exceptions.items + index);
    for (uint32_t depth = 0; addr; depth++) {
        bool again = depth == MAX_NESTED;
        for (uint32_t i = 0; i < depth && !again; i++)
            again = seen[i] == addr;
        if (again) {
            issue_at(s, MDW_E_RANGE, MDW_STREAM_EXCEPTION, offset, addr,
                     "EXCEPTION_RECORD chain", index);
            return;
        }
        seen[depth] = addr;
        e.nested = depth + 1;
        if (!read_record(s, addr, &e, &addr))
            return;
        mdw_exception *out = array_add(s, &s->exceptions, sizeof *out);
        if (!out)
            return;
        *out = e;
    }
}

/* The context of an exception is where things went wrong, while the thread's
 * own may be that of the handler. Of several exceptions of one thread the
 * first that has a usable one counts. */
static uint32_t place(mdw_state *s, const mdw_raw_exception *raw,
                      uint32_t thread, bool *placed)
{
    mdw_stack mine = MDW_INIT(mdw_stack);
    context_read(s, raw->context, &mine);
    context_issue(s, &mine, MDW_STREAM_EXCEPTION, raw->context_offset,
                  MDW_NONE);
    mdw_stack *stack;
    uint32_t index = thread;
    if (thread == MDW_NONE) {
        issue_at(s, MDW_E_RANGE, MDW_STREAM_EXCEPTION, raw->offset,
                 raw->thread_id, "MINIDUMP_EXCEPTION_STREAM.ThreadId",
                 MDW_NONE);
        index = (uint32_t)s->stacks.count; /* threads and exceptions */
        stack = stack_add(s, MDW_STACK_EXCEPTION, MDW_NONE);
        if (!stack)
            return MDW_NONE;
    } else {
        stack = stack_at(s, thread);
        stack->skipped = false;
        if (!placed || placed[thread] || !mine.has_regs)
            return index;
        placed[thread] = true;
    }
    stack->arch = mine.arch;
    stack->has_regs = mine.has_regs;
    stack->context_status = mine.context_status;
    stack->context = mine.context;
    stack->regs = mine.regs;
    return index;
}

static bool add(mdw_state *s, const mdw_raw_exception *raw, bool *placed)
{
    uint32_t index = (uint32_t)s->exceptions.count; /* streams x 17 */
    mdw_exception *e = array_add(s, &s->exceptions, sizeof *e);
    if (!e)
        return false;
    *e = MDW_INIT(mdw_exception);
    e->thread_id = raw->thread_id;
    e->thread = thread_by_id(s, raw->thread_id);
    e->code = raw->code;
    e->flags = raw->flags;
    e->info_count = raw->info_count;
    memcpy(e->info, raw->info, sizeof e->info);
    e->address = raw->address;
    e->stack = place(s, raw, e->thread, placed);
    issue_damage(s, MDW_STREAM_EXCEPTION, raw->damage, raw->offset, index);
    if (s->system.os == MDW_OS_WINDOWS && raw->nested)
        add_nested(s, raw->offset, index, raw->nested);
    return true;
}

/* Writers that were asked for a dump rather than crashed put 0 or all ones
 * for a code, and LLDB has a stream for each thread. */
static void choose_main(mdw_state *s)
{
    const mdw_exception *e = s->exceptions.items;
    for (size_t i = 0; i < s->exceptions.count; i++)
        if (!e[i].nested && e[i].code && e[i].code != UINT32_MAX) {
            s->main_stack = e[i].stack;
            return;
        }
    if (s->exceptions.count)
        s->main_stack = e[0].stack;
}

void build_exceptions(mdw_state *s)
{
    size_t count = mdw_dump_exception_count(s->dump);
    if (!count)
        return;
    array_reserve(s, &s->exceptions, count, sizeof(mdw_exception));
    bool *placed = arena_take(s->store, s->threads.count + 1, sizeof *placed);
    mdw_raw_exception raw = MDW_INIT(mdw_raw_exception);
    for (size_t i = 0; i < count; i++) {
        mdw_error err = {0};
        mdw_status status = mdw_dump_exception(s->dump, i, &raw, &err);
        if (issue_ok(s, status, &err, MDW_NONE) && !add(s, &raw, placed))
            break;
    }
    choose_main(s);
}
