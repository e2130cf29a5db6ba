/* tests/synth/system.c - streams about the system, the process, its handles
 * and its function tables. */
#include <string.h>

#include "streams.h"

void synth_system_info(synth *s, const synth_system *row)
{
    synth_begin(s, 7);
    put16(s, row->arch);
    put16(s, row->level);
    put16(s, row->revision);
    put8(s, row->cpu_count);
    put8(s, row->product_type);
    put32(s, row->major);
    put32(s, row->minor);
    put32(s, row->build);
    put32(s, row->platform);
    put_string_ref(s, row->csd, 4);
    put16(s, row->suite_mask);
    put16(s, 0);
    for (size_t i = 0; i < 6; i++)
        put32(s, row->cpu[i]);
    synth_end(s);
}

void synth_misc_info(synth *s, unsigned version)
{
    static const uint32_t sizes[] = {0, 24, 44, 232, 832, 1364};
    synth_begin(s, 15);
    put32(s, sizes[version]);
    put_fields(s, "44444", 0x1000); /* flags, id, times */
    if (version >= 2)
        put_fields(s, "44444", 0x1005); /* megahertz, idle states */
    if (version >= 3) {
        put_fields(s, "4444 4", 0x100A); /* integrity .. zone id, bias */
        put_utf16(s, "STD", 64);
        put_fields(s, "22222222 4", 0x100F);
        put_utf16(s, "DST", 64);
        put_fields(s, "22222222 4", 0x1018);
    }
    if (version >= 4) {
        put_utf16(s, "build", 520);
        put_utf16(s, "debug", 80);
    }
    if (version >= 5) {
        put_fields(s, "44 8", 0x1021); /* sizes, features */
        for (unsigned i = 0; i < 64; i++)
            put_fields(s, "44", 0x1024 + 2 * i);
        put32(s, 0x10A4); /* cookie */
    }
    synth_end(s);
}

void synth_comment(synth *s, bool wide, const char *text)
{
    synth_begin(s, wide ? 11 : 10);
    if (wide)
        put_utf16(s, text, 2 * strlen(text) + 2);
    else
        put_bytes(s, text, strlen(text) + 1);
    synth_end(s);
}

void synth_system_memory(synth *s)
{
    synth_begin(s, 21);
    put_fields(s, "22 444444 888 4  88 4 8888 44  8888  8888", 0x100);
    put_fields(s, "4444444444 4444444444 4444444444 4444444444", 0x200);
    put_fields(s, "4444444444 4444444444 4444444444", 0x228);
    put_fields(s, "8888", 0x300);
    synth_end(s);
}

void synth_vm_counters(synth *s, unsigned revision)
{
    synth_begin(s, 22);
    put16(s, revision);
    put_fields(s, "2 4 8888 8888", 0x100);
    put_fields(s, revision > 1 ? "88 8888 8888" : "8", 0x10A);
    synth_end(s);
}

/* MINIDUMP_HANDLE_OBJECT_INFORMATION: next, type, size. */
static void put_chain(synth *s, const synth_handle *h, synth_label first)
{
    synth_label next = synth_label_new(s);
    synth_bind(s, first);
    put_offset(s, next, 4);
    put32(s, 1);
    put32(s, h->info_len[0]);
    put_bytes(s, h->info[0], h->info_len[0]);
    synth_bind(s, next);
    put32(s, 0);
    put32(s, 2);
    put32(s, h->info_len[1]);
    put_bytes(s, h->info[1], h->info_len[1]);
}

void synth_handles(synth *s, unsigned version, const synth_handle *rows,
                   size_t count)
{
    synth_label first[16];
    synth_begin(s, 12);
    put32(s, 16);
    put32(s, version > 1 ? 40 : 32);
    put32(s, count);
    put32(s, 0);
    for (size_t i = 0; i < count && i < 16; i++) {
        put64(s, rows[i].handle);
        put_string_ref(s, rows[i].type, 4);
        put_string_ref(s, rows[i].name, 4);
        put_fields(s, "4444", 10 * (i + 1));
        if (version < 2)
            continue;
        first[i] = synth_label_new(s);
        if (rows[i].info[0])
            put_offset(s, first[i], 4);
        else
            put32(s, 0);
        put32(s, 0);
    }
    synth_end(s);
    for (size_t i = 0; version > 1 && i < count && i < 16; i++)
        if (rows[i].info[0])
            put_chain(s, &rows[i], first[i]);
}

/* A header of 24 bytes and 8 of padding; native descriptors of 20 bytes; after
 * each table what aligns the next to 8. */
void synth_function_tables(synth *s, const synth_table *rows, size_t count)
{
    synth_begin(s, 13);
    put32(s, 24);
    put32(s, 32);
    put32(s, 20);
    put32(s, 12);
    put32(s, count);
    put32(s, 8);
    put_zeros(s, 8);
    for (size_t i = 0; i < count; i++) {
        size_t size = 20 + 12 * rows[i].entries;
        size_t pad = (8 - size % 8) % 8;
        put64(s, rows[i].min);
        put64(s, rows[i].max);
        put64(s, rows[i].base);
        put32(s, rows[i].entries);
        put32(s, pad);
        put_fields(s, "44444", 0x700);
        for (uint32_t j = 0; j < rows[i].entries; j++)
            put_fields(s, "444", 0x800 + 3 * j);
        put_zeros(s, pad);
    }
    synth_end(s);
}
