/* tests/synth/vendor.c - streams of Crashpad, Mozilla and Sentry. */
#include <string.h>

#include "streams.h"

static void put_text_ref(synth *s, const char *text)
{
    put_counted_ref(s, text, text ? strlen(text) : 0);
}

/* The lists of annotations, each between its two labels. */
static void put_simple(synth *s, const synth_annotation *rows, size_t count,
                       const synth_label at[2])
{
    put_align(s, 4);
    synth_bind(s, at[0]);
    put32(s, count);
    for (size_t i = 0; i < count; i++) {
        put_text_ref(s, rows[i].key);
        put_text_ref(s, rows[i].value);
    }
    synth_bind(s, at[1]);
    synth_flush(s);
}

static void put_list(synth *s, const synth_annotation *rows, size_t count,
                     const synth_label at[2])
{
    put_align(s, 4);
    synth_bind(s, at[0]);
    put32(s, count);
    for (size_t i = 0; i < count; i++)
        put_text_ref(s, rows[i].value);
    synth_bind(s, at[1]);
    synth_flush(s);
}

static void put_objects(synth *s, const synth_annotation *rows, size_t count,
                        const synth_label at[2])
{
    put_align(s, 4);
    synth_bind(s, at[0]);
    put32(s, count);
    for (size_t i = 0; i < count; i++) {
        put_text_ref(s, rows[i].key);
        put16(s, rows[i].type);
        put16(s, 0);
        put_text_ref(s, rows[i].value);
    }
    synth_bind(s, at[1]);
    synth_flush(s);
}

static void new_labels(synth *s, synth_label at[2])
{
    at[0] = synth_label_new(s);
    at[1] = synth_label_new(s);
}

/* MinidumpModuleCrashpadInfo and what it refers to. */
static void put_module(synth *s, const synth_annotations *m,
                       const synth_label at[2])
{
    synth_label list[2], simple[2], objects[2];
    new_labels(s, list);
    new_labels(s, simple);
    new_labels(s, objects);
    put_align(s, 4);
    synth_bind(s, at[0]);
    put32(s, 1);
    put_location(s, list[0], list[1]);
    put_location(s, simple[0], simple[1]);
    put_location(s, objects[0], objects[1]);
    synth_bind(s, at[1]);
    put_list(s, m->list, m->list_count, list);
    put_simple(s, m->simple, m->simple_count, simple);
    put_objects(s, m->objects, m->object_count, objects);
}

static void put_modules(synth *s, const synth_annotations *modules,
                        size_t count, const synth_label at[2])
{
    synth_label info[16][2];
    put_align(s, 4);
    synth_bind(s, at[0]);
    put32(s, count);
    for (size_t i = 0; i < count && i < 16; i++) {
        put32(s, modules[i].module);
        new_labels(s, info[i]);
        put_location(s, info[i][0], info[i][1]);
    }
    synth_bind(s, at[1]);
    for (size_t i = 0; i < count && i < 16; i++)
        put_module(s, &modules[i], info[i]);
}

/* 64 bytes; 52 where there is no mask. */
void synth_crashpad(synth *s, const uint8_t report[16],
                    const uint8_t client[16], uint64_t mask,
                    const synth_annotation *simple, size_t simple_count,
                    const synth_annotations *modules, size_t module_count)
{
    synth_label own[2], list[2];
    new_labels(s, own);
    new_labels(s, list);
    synth_begin(s, 0x43500001);
    put32(s, 1);
    put_guid(s, report);
    put_guid(s, client);
    put_location(s, own[0], own[1]);
    put_location(s, list[0], list[1]);
    if (mask) {
        put32(s, 0);
        put64(s, mask);
    }
    synth_end(s);
    put_simple(s, simple, simple_count, own);
    put_modules(s, modules, module_count, list);
}

static size_t fixed_size(uint64_t version)
{
    return version >= 5 ? 40 : version >= 4 ? 32 : 16;
}

void synth_mac_crash(synth *s, const synth_crash *rows, size_t count)
{
    synth_label at[20][2];
    synth_begin(s, 0x4D7A0001);
    put32(s, 0x4D7A0001);
    put32(s, count);
    put32(s, fixed_size(rows[0].version));
    for (size_t i = 0; i < 20; i++) {
        if (i < count) {
            new_labels(s, at[i]);
            put_location(s, at[i][0], at[i][1]);
        } else {
            put64(s, 0);
        }
    }
    synth_end(s);
    for (size_t i = 0; i < count && i < 20; i++) {
        put_align(s, 8);
        synth_bind(s, at[i][0]);
        put64(s, 0x4D7A0001);
        put64(s, rows[i].version);
        if (rows[i].version >= 4) {
            put64(s, rows[i].thread);
            put64(s, rows[i].dialog_mode);
        }
        if (rows[i].version >= 5)
            put64(s, rows[i].abort_cause);
        for (size_t j = 0; j < 5; j++)
            put_bytes(s, rows[i].texts[j], strlen(rows[i].texts[j]) + 1);
        synth_bind(s, at[i][1]);
    }
}

void synth_mac_bootargs(synth *s, const char *text)
{
    synth_begin(s, 0x4D7A0002);
    put32(s, 0x4D7A0002);
    put_string_ref(s, text, 8);
    synth_end(s);
}

void synth_client_stacks(synth *s, const synth_client_stack *rows, size_t count)
{
    size_t frames = 0, bytes = 0;
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < rows[i].count; j++, frames++)
            bytes += strlen(rows[i].frames[j].symbol);
    synth_begin(s, 0x53790001);
    put32(s, 1);
    put32(s, count);
    put32(s, frames);
    put32(s, bytes);
    frames = bytes = 0;
    for (size_t i = 0; i < count; i++) {
        put32(s, rows[i].thread_id);
        put32(s, frames);
        put32(s, rows[i].count);
        frames += rows[i].count;
    }
    put_align(s, 8); /* streams begin at a multiple of 8 */
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < rows[i].count; j++) {
            put64(s, rows[i].frames[j].address);
            put32(s, bytes);
            put32(s, strlen(rows[i].frames[j].symbol));
            bytes += strlen(rows[i].frames[j].symbol);
        }
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < rows[i].count; j++)
            put_bytes(s, rows[i].frames[j].symbol,
                      strlen(rows[i].frames[j].symbol));
    synth_end(s);
}
