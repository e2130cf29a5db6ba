/* lib/state/thread_details.c - what other streams and the target's memory say
 * of the threads. */
#include "lib/state/parts.h"

static void add_id(mdw_state *s, array *ids, uint32_t id, size_t index)
{
    id_entry *e = array_add(s, ids, sizeof *e);
    if (e)
        *e = (id_entry){id, (uint32_t)index}; /* counts are 32-bit */
}

static array ids_of_names(mdw_state *s, size_t count)
{
    array ids = {0};
    array_reserve(s, &ids, count, sizeof(id_entry));
    mdw_raw_thread_name raw = MDW_INIT(mdw_raw_thread_name);
    for (size_t i = 0; i < count; i++) {
        mdw_error err = {0};
        mdw_status status = mdw_dump_thread_name(s->dump, i, &raw, &err);
        if (!issue_ok(s, status, &err, (uint32_t)i))
            continue;
        issue_damage(s, MDW_STREAM_THREAD_NAMES, raw.damage, raw.offset,
                     (uint32_t)i);
        if (!(raw.damage & MDW_DAMAGE_NAME))
            add_id(s, &ids, raw.id, i);
    }
    array_sort(&ids, sizeof(id_entry), id_order);
    return ids;
}

static void read_names(mdw_state *s)
{
    mdw_list names;
    if (!issue_list(s, MDW_STREAM_THREAD_NAMES, &names))
        return;
    array ids = ids_of_names(s, (size_t)names.present);
    mdw_raw_thread_name raw = MDW_INIT(mdw_raw_thread_name);
    for (size_t i = 0; i < s->threads.count; i++) {
        mdw_thread *t = thread_at(s, i);
        const id_entry *e = id_last(&ids, t->id);
        if (e &&
            mdw_dump_thread_name(s->dump, e->index, &raw, NULL) == MDW_OK) {
            t->name = text_wide(s, raw.name);
            t->has_name = true;
        }
    }
}

static void take_info(mdw_thread *t, const mdw_raw_thread_info *raw)
{
    t->has_info = true;
    t->info_flags = raw->flags;
    t->exit_status = raw->exit_status;
    t->create_time = raw->create_time;
    t->exit_time = raw->exit_time;
    t->kernel_time = raw->kernel_time;
    t->user_time = raw->user_time;
    t->affinity = raw->affinity;
    t->start = raw->start_address;
}

static void read_infos(mdw_state *s)
{
    mdw_list infos;
    if (!issue_list(s, MDW_STREAM_THREAD_INFO_LIST, &infos))
        return;
    array ids = {0};
    array_reserve(s, &ids, infos.present, sizeof(id_entry));
    mdw_raw_thread_info raw = MDW_INIT(mdw_raw_thread_info);
    for (size_t i = 0; i < infos.present; i++) {
        mdw_error err = {0};
        mdw_status status = mdw_dump_thread_info(s->dump, i, &raw, &err);
        if (issue_ok(s, status, &err, (uint32_t)i))
            add_id(s, &ids, raw.id, i);
    }
    array_sort(&ids, sizeof(id_entry), id_order);
    for (size_t i = 0; i < s->threads.count; i++) {
        const id_entry *e = id_last(&ids, thread_at(s, i)->id);
        if (e && mdw_dump_thread_info(s->dump, e->index, &raw, NULL) == MDW_OK)
            take_info(thread_at(s, i), &raw);
        stack_at(s, i)->start = thread_at(s, i)->start;
    }
}

/* TEB.LastErrorValue is behind 13 pointers. Elsewhere the field that Windows
 * calls TEB is something else. */
static void read_last_error(mdw_state *s, mdw_thread *t)
{
    uint64_t value;
    if (s->system.os != MDW_OS_WINDOWS || !t->teb ||
        !memory_uint(s, t->teb + 13 * (uint64_t)s->system.pointer_size, 4,
                     &value))
        return;
    t->last_error = (uint32_t)value; /* 4 bytes were read */
    t->has_last_error = true;
}

void build_thread_details(mdw_state *s)
{
    read_names(s);
    read_infos(s);
    for (size_t i = 0; i < s->threads.count; i++)
        read_last_error(s, thread_at(s, i));
}
