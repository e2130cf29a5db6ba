/* lib/state/threads.c - threads, and for each of them its stack. */
#include "lib/state/parts.h"

size_t raw_thread_count(const mdw_state *s)
{
    return s->threads_ex ? mdw_dump_thread_ex_count(s->dump)
                         : mdw_dump_thread_count(s->dump);
}

mdw_status raw_thread(const mdw_state *s, size_t index, mdw_raw_thread *out,
                      mdw_error *err)
{
    return s->threads_ex ? mdw_dump_thread_ex(s->dump, index, out, err)
                         : mdw_dump_thread(s->dump, index, out, err);
}

uint32_t thread_by_id(const mdw_state *s, uint32_t id)
{
    const id_entry *e = id_first(&s->thread_ids, id);
    return e ? e->index : MDW_NONE;
}

mdw_stack *stack_add(mdw_state *s, uint32_t kind, uint32_t thread)
{
    mdw_stack *stack = array_add(s, &s->stacks, sizeof *stack);
    if (!stack)
        return NULL;
    *stack = MDW_INIT(mdw_stack);
    stack->kind = kind;
    stack->thread = thread;
    stack->arch = s->system.arch;
    stack->context_status = MDW_ABSENT;
    stack->client = MDW_NONE;
    return stack;
}

/* All four lists or none, so that index i speaks of one thread in each. */
static bool add(mdw_state *s, const mdw_raw_thread *raw, uint32_t stream)
{
    uint32_t index = (uint32_t)s->threads.count; /* counts are 32-bit */
    mdw_stack *stack = stack_add(s, MDW_STACK_THREAD, index);
    mdw_range *descriptor =
        stack ? array_add(s, &s->descriptors, sizeof *descriptor) : NULL;
    id_entry *id = descriptor ? array_add(s, &s->thread_ids, sizeof *id) : NULL;
    mdw_thread *t = id ? array_add(s, &s->threads, sizeof *t) : NULL;
    if (!t) {
        s->stacks.count = s->descriptors.count = s->thread_ids.count = index;
        return false;
    }
    *t = MDW_INIT(mdw_thread);
    t->id = raw->id;
    t->name = STR("");
    t->teb = raw->teb;
    t->suspend_count = raw->suspend_count;
    t->priority_class = raw->priority_class;
    t->priority = raw->priority;
    *id = (id_entry){raw->id, index};
    *descriptor = (mdw_range){raw->stack_addr, raw->stack_size};
    context_read(s, raw->context, stack);
    context_issue(s, stack, stream, raw->context_offset, index);
    issue_damage(s, stream, raw->damage, raw->offset, index);
    return true;
}

/* The thread of the handler that wrote the dump is of no interest, unless it
 * is the one to look at. */
static void skip_writer(mdw_state *s)
{
    enum { DUMP_VALID = 1, REQUESTING_VALID = 2 }; /* MINIDUMP_BREAKPAD_INFO */
    mdw_raw_breakpad info = MDW_INIT(mdw_raw_breakpad);
    mdw_error err = {0};
    mdw_status status = mdw_dump_breakpad(s->dump, &info, &err);
    if (!issue_ok(s, status, &err, MDW_NONE))
        return;
    s->process.has_breakpad = true;
    uint32_t writer = thread_by_id(s, info.dump_thread);
    if (info.validity & DUMP_VALID && writer != MDW_NONE)
        stack_at(s, writer)->skipped = true;
    uint32_t requesting = thread_by_id(s, info.requesting_thread);
    if (info.validity & REQUESTING_VALID && requesting != MDW_NONE) {
        stack_at(s, requesting)->skipped = false;
        s->main_stack = requesting; /* exceptions come before it */
    }
}

void build_threads(mdw_state *s)
{
    uint32_t stream =
        s->threads_ex ? MDW_STREAM_THREAD_EX_LIST : MDW_STREAM_THREAD_LIST;
    mdw_list threads;
    if (!issue_list(s, MDW_STREAM_THREAD_LIST, &threads) &&
        !issue_list(s, MDW_STREAM_THREAD_EX_LIST, &threads)) {
        issue_at(s, MDW_E_TRUNCATED, MDW_STREAM_THREAD_LIST, 0, 0,
                 "no MINIDUMP_THREAD_LIST", MDW_NONE);
        return;
    }
    size_t count = raw_thread_count(s);
    array_reserve(s, &s->threads, count, sizeof(mdw_thread));
    array_reserve(s, &s->stacks, count, sizeof(mdw_stack));
    array_reserve(s, &s->thread_ids, count, sizeof(id_entry));
    array_reserve(s, &s->descriptors, count, sizeof(mdw_range));
    mdw_raw_thread raw = MDW_INIT(mdw_raw_thread);
    for (size_t i = 0; i < count; i++) {
        mdw_error err = {0};
        mdw_status status = raw_thread(s, i, &raw, &err);
        if (issue_ok(s, status, &err, (uint32_t)i) && !add(s, &raw, stream))
            break;
    }
    array_sort(&s->thread_ids, sizeof(id_entry), id_order);
    skip_writer(s);
    build_thread_details(s);
}
