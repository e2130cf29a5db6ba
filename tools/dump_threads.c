/* tools/dump_threads.c - threads, exceptions, client stacks. */
#include "tools/dump.h"

static void show_thread(printer *p, const mdw_raw_thread *t, bool ex)
{
    show_unsigned(p, "id", t->id);
    show_unsigned(p, "suspend count", t->suspend_count);
    show_unsigned(p, "priority class", t->priority_class);
    show_unsigned(p, "priority", t->priority);
    show_hex(p, "teb", t->teb);
    show_range(p, "stack", (mdw_range){t->stack_addr, t->stack_size});
    show_place(p, "stack bytes", t->stack);
    show_bytes(p, "context", t->context);
    if (ex) {
        show_hex(p, "backing store", t->backing_addr);
        show_place(p, "backing store bytes", t->backing);
    }
    show_damage(p, t->damage);
}

void dump_threads(printer *p)
{
    show_list(p, MDW_STREAM_THREAD_LIST);
    size_t count = mdw_dump_thread_count(p->dump);
    for (size_t i = 0; i < count; i++) {
        mdw_raw_thread t = MDW_INIT(mdw_raw_thread);
        mdw_error err = {.code = MDW_OK};
        mdw_status status = mdw_dump_thread(p->dump, i, &t, &err);
        record(p, i, t.offset);
        if (readable(p, status, &err))
            show_thread(p, &t, false);
        leave(p);
    }
}

void dump_threads_ex(printer *p)
{
    show_list(p, MDW_STREAM_THREAD_EX_LIST);
    size_t count = mdw_dump_thread_ex_count(p->dump);
    for (size_t i = 0; i < count; i++) {
        mdw_raw_thread t = MDW_INIT(mdw_raw_thread);
        mdw_error err = {.code = MDW_OK};
        mdw_status status = mdw_dump_thread_ex(p->dump, i, &t, &err);
        record(p, i, t.offset);
        if (readable(p, status, &err))
            show_thread(p, &t, true);
        leave(p);
    }
}

void dump_thread_infos(printer *p)
{
    show_list(p, MDW_STREAM_THREAD_INFO_LIST);
    size_t count = mdw_dump_thread_info_count(p->dump);
    for (size_t i = 0; i < count; i++) {
        mdw_raw_thread_info t = MDW_INIT(mdw_raw_thread_info);
        mdw_error err = {.code = MDW_OK};
        mdw_status status = mdw_dump_thread_info(p->dump, i, &t, &err);
        record(p, i, t.offset);
        if (readable(p, status, &err)) {
            show_unsigned(p, "id", t.id);
            show_constant(p, "flags", MDW_CONSTANT_THREAD_INFO_FLAGS, t.flags);
            show_hex(p, "error", t.error);
            show_hex(p, "exit status", t.exit_status);
            show_filetime(p, "create time", t.create_time);
            show_filetime(p, "exit time", t.exit_time);
            show_duration(p, "kernel time", t.kernel_time);
            show_duration(p, "user time", t.user_time);
            show_hex(p, "start address", t.start_address);
            show_hex(p, "affinity", t.affinity);
        }
        leave(p);
    }
}

void dump_thread_names(printer *p)
{
    show_list(p, MDW_STREAM_THREAD_NAMES);
    size_t count = mdw_dump_thread_name_count(p->dump);
    for (size_t i = 0; i < count; i++) {
        mdw_raw_thread_name t = MDW_INIT(mdw_raw_thread_name);
        mdw_error err = {.code = MDW_OK};
        mdw_status status = mdw_dump_thread_name(p->dump, i, &t, &err);
        record(p, i, t.offset);
        if (readable(p, status, &err)) {
            show_unsigned(p, "id", t.id);
            show_wide(p, "name", t.name);
            show_damage(p, t.damage);
        }
        leave(p);
    }
}

static void show_exception(printer *p, const mdw_raw_exception *e)
{
    show_unsigned(p, "thread id", e->thread_id);
    show_hex(p, "code", e->code);
    show_hex(p, "flags", e->flags);
    show_hex(p, "nested record", e->nested);
    show_hex(p, "address", e->address);
    show_unsigned(p, "parameters", e->info_count);
    p->depth++;
    for (uint32_t i = 0; i < e->info_count && i < 15; i++)
        show_hex(p, "value", e->info[i]);
    p->depth--;
    show_bytes(p, "context", e->context);
    show_damage(p, e->damage);
}

/* LLDB writes one such stream for each thread; all are shown at the first. */
void dump_exceptions(printer *p)
{
    size_t count = mdw_dump_exception_count(p->dump);
    for (size_t i = 0; i < count; i++) {
        mdw_raw_exception e = MDW_INIT(mdw_raw_exception);
        mdw_error err = {.code = MDW_OK};
        mdw_status status = mdw_dump_exception(p->dump, i, &e, &err);
        record(p, i, e.offset);
        if (readable(p, status, &err))
            show_exception(p, &e);
        leave(p);
    }
}

static void show_client_frames(printer *p, const mdw_raw_client_stack *s)
{
    for (uint32_t i = 0; i < s->frame_count; i++) {
        mdw_raw_client_frame f = MDW_INIT(mdw_raw_client_frame);
        mdw_error err = {.code = MDW_OK};
        mdw_status status = mdw_dump_client_frame(
            p->dump, (size_t)s->first_frame + i, &f, &err);
        record(p, i, f.offset);
        if (readable(p, status, &err)) {
            show_hex(p, "address", f.address);
            show_text(p, "symbol", f.symbol);
            show_damage(p, f.damage);
        }
        leave(p);
    }
}

void dump_client_stacks(printer *p)
{
    size_t count = mdw_dump_client_stack_count(p->dump);
    for (size_t i = 0; i < count; i++) {
        mdw_raw_client_stack s = MDW_INIT(mdw_raw_client_stack);
        mdw_error err = {.code = MDW_OK};
        mdw_status status = mdw_dump_client_stack(p->dump, i, &s, &err);
        record(p, i, s.offset);
        if (readable(p, status, &err)) {
            show_unsigned(p, "thread id", s.thread_id);
            show_unsigned(p, "first frame", s.first_frame);
            show_unsigned(p, "frames", s.frame_count);
            show_client_frames(p, &s);
        }
        leave(p);
    }
}
