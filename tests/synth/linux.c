/* tests/synth/linux.c - Breakpad's streams. */
#include "streams.h"

void synth_breakpad(synth *s, uint32_t validity, uint32_t dump_thread,
                    uint32_t requesting_thread)
{
    synth_begin(s, 0x47670001);
    put32(s, validity);
    put32(s, dump_thread);
    put32(s, requesting_thread);
    synth_end(s);
}

void synth_assertion(synth *s, const char *expression, const char *function,
                     const char *file, uint32_t line, uint32_t type)
{
    synth_begin(s, 0x47670002);
    put_utf16(s, expression, 256);
    put_utf16(s, function, 256);
    put_utf16(s, file, 256);
    put32(s, line);
    put32(s, type);
    synth_end(s);
}

void synth_text(synth *s, uint32_t type, const void *text, size_t len)
{
    synth_begin(s, type);
    put_bytes(s, text, len);
    synth_end(s);
}

void synth_auxv(synth *s, size_t pointer, const uint64_t (*pairs)[2],
                size_t count)
{
    synth_begin(s, 0x47670008);
    for (size_t i = 0; i < count; i++) {
        put_uint(s, pairs[i][0], pointer);
        put_uint(s, pairs[i][1], pointer);
    }
    synth_end(s);
}

/* The record counts brk, load base, dynamic from 0x1000; behind it are 16 bytes
 * of dynamic section. */
void synth_dso_debug(synth *s, size_t pointer, bool dense,
                     const synth_map *rows, size_t count)
{
    synth_label maps = synth_label_new(s);
    bool gaps = pointer == 8 && !dense;
    synth_begin(s, 0x4767000A);
    put32(s, 1);
    put_offset(s, maps, 4);
    put32(s, count);
    if (gaps)
        put32(s, 0);
    for (uint64_t i = 0; i < 3; i++)
        put_uint(s, 0x1000 + i, pointer);
    put_fields(s, "44 44", 0xD0);
    synth_end(s);
    put_align(s, 8);
    synth_bind(s, maps);
    for (size_t i = 0; i < count; i++) {
        put_uint(s, rows[i].addr, pointer);
        put_string_ref(s, rows[i].name, 4);
        if (gaps)
            put32(s, 0);
        put_uint(s, rows[i].dynamic, pointer);
    }
    synth_flush(s);
}
