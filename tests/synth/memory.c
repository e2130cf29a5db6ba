/* tests/synth/memory.c - the two lists of memory and the list of regions. */
#include "streams.h"

void synth_memory_list(synth *s, const synth_memory *rows, size_t count)
{
    synth_begin(s, 5);
    put32(s, count);
    if (synth_padded(s))
        put32(s, 0);
    for (size_t i = 0; i < count; i++) {
        put64(s, rows[i].addr);
        put_blob_ref(s, rows[i].bytes, rows[i].len);
    }
    synth_end(s);
}

void synth_memory64_list(synth *s, const synth_memory *rows, size_t count)
{
    synth_label data = synth_label_new(s);
    synth_begin(s, 9);
    put64(s, count);
    put_offset(s, data, 8);
    for (size_t i = 0; i < count; i++) {
        put64(s, rows[i].addr);
        put64(s, rows[i].len);
    }
    synth_end(s);
    synth_bind(s, data);
    for (size_t i = 0; i < count; i++)
        put_bytes(s, rows[i].bytes, rows[i].len);
}

void synth_memory_infos(synth *s, const synth_memory_info *rows, size_t count,
                        uint64_t promised)
{
    synth_begin(s, 16);
    put32(s, 16);
    put32(s, 48);
    put64(s, promised);
    for (size_t i = 0; i < count; i++) {
        put64(s, rows[i].base);
        put64(s, rows[i].allocation_base);
        put32(s, rows[i].allocation_protect);
        put32(s, 0);
        put64(s, rows[i].size);
        put32(s, rows[i].state);
        put32(s, rows[i].protect);
        put32(s, rows[i].type);
        put32(s, 0);
    }
    synth_end(s);
}
