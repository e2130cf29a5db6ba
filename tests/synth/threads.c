/* tests/synth/threads.c - streams about threads and exceptions. */
#include "streams.h"

static void put_count(synth *s, size_t count)
{
    put32(s, count);
    if (synth_padded(s))
        put32(s, 0);
}

static void put_memory(synth *s, uint64_t addr, const void *bytes, size_t len)
{
    put64(s, addr);
    if (bytes) {
        put_blob_ref(s, bytes, len);
    } else {
        put32(s, len);
        put32(s, 0);
    }
}

static void put_thread(synth *s, const synth_thread *t)
{
    put32(s, t->id);
    put32(s, t->suspend_count);
    put32(s, t->priority_class);
    put32(s, t->priority);
    put64(s, t->teb);
    put_memory(s, t->stack_addr, t->stack, t->stack_len);
    put_blob_ref(s, t->context, t->context_len);
}

void synth_thread_list(synth *s, const synth_thread *rows, size_t count)
{
    synth_begin(s, 3);
    put_count(s, count);
    for (size_t i = 0; i < count; i++)
        put_thread(s, &rows[i]);
    synth_end(s);
}

void synth_thread_ex_list(synth *s, const synth_thread *rows, size_t count)
{
    synth_begin(s, 8);
    put_count(s, count);
    for (size_t i = 0; i < count; i++) {
        put_thread(s, &rows[i]);
        put_memory(s, rows[i].backing_addr, rows[i].backing,
                   rows[i].backing_len);
    }
    synth_end(s);
}

void synth_thread_names(synth *s, const synth_name *rows, size_t count)
{
    synth_begin(s, 24);
    put_count(s, count);
    for (size_t i = 0; i < count; i++) {
        put32(s, rows[i].id);
        put_string_ref(s, rows[i].name, 8);
    }
    synth_end(s);
}

void synth_thread_infos(synth *s, size_t count, size_t record_size)
{
    synth_begin(s, 17);
    put32(s, 12);
    put32(s, record_size);
    put32(s, count);
    for (size_t i = 0; i < count; i++) {
        put32(s, i + 1);
        put_fields(s, "444 8888 88", 100 * (i + 1));
        put_zeros(s, record_size - 64);
    }
    synth_end(s);
}

void synth_exceptions(synth *s, const synth_exception *row)
{
    synth_begin(s, 6);
    put32(s, row->thread_id);
    put32(s, 0);
    put32(s, row->code);
    put32(s, row->flags);
    put64(s, row->nested);
    put64(s, row->address);
    put32(s, row->info_count);
    put32(s, 0);
    for (size_t i = 0; i < 15; i++)
        put64(s, row->info[i]);
    put_blob_ref(s, row->context, row->context_len);
    synth_end(s);
}
