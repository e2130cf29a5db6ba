/* tests/synth/modules.c - ModuleListStream and UnloadedModuleListStream. */
#include <string.h>

#include "streams.h"

static void put_version(synth *s, bool there)
{
    if (!there) {
        put_zeros(s, 52);
        return;
    }
    put32(s, 0xFEEF04BD);
    put_fields(s, "444444444444", 0x50);
}

/* The signature is a number: its bytes turn with the byte order. */
static void put_signature(synth *s, const char *text)
{
    uint32_t value = 0;
    for (size_t i = 4; i--;)
        value = value << 8 | (unsigned char)text[i];
    /* Breakpad names its own the other way round */
    put32(s, strcmp(text, "BpEL") ? value : 0x4270454C);
}

static void put_cv(synth *s, const synth_cv *cv)
{
    put_signature(s, cv->signature);
    if (!strcmp(cv->signature, "RSDS")) {
        put_guid(s, cv->id);
        put32(s, cv->age);
    } else if (!strcmp(cv->signature, "NB10")) {
        put32(s, 0);
        put32(s, cv->timestamp);
        put32(s, cv->age);
    } else {
        put_bytes(s, cv->id, cv->id_len);
    }
    if (cv->file)
        put_bytes(s, cv->file, strlen(cv->file) + 1);
}

static void put_module(synth *s, const synth_module *m, synth_label cv[2])
{
    put64(s, m->base);
    put32(s, m->size);
    put32(s, m->checksum);
    put32(s, m->timestamp);
    put_string_ref(s, m->name, 4);
    put_version(s, m->version);
    cv[0] = synth_label_new(s);
    cv[1] = synth_label_new(s);
    if (m->cv.signature)
        put_location(s, cv[0], cv[1]);
    else
        put64(s, 0);
    put_blob_ref(s, m->misc, m->misc_len);
    put_zeros(s, 16);
}

void synth_module_list(synth *s, const synth_module *rows, size_t count)
{
    synth_label cv[16][2];
    synth_begin(s, 4);
    put32(s, count);
    if (synth_padded(s))
        put32(s, 0);
    for (size_t i = 0; i < count && i < 16; i++)
        put_module(s, &rows[i], cv[i]);
    synth_end(s);
    for (size_t i = 0; i < count && i < 16; i++) {
        if (!rows[i].cv.signature)
            continue;
        put_align(s, 4);
        synth_bind(s, cv[i][0]);
        put_cv(s, &rows[i].cv);
        synth_bind(s, cv[i][1]);
    }
}

void synth_unloaded_list(synth *s, const synth_module *rows, size_t count)
{
    synth_begin(s, 14);
    put32(s, 12);
    put32(s, 24);
    put32(s, count);
    for (size_t i = 0; i < count; i++) {
        put64(s, rows[i].base);
        put32(s, rows[i].size);
        put32(s, rows[i].checksum);
        put32(s, rows[i].timestamp);
        put_string_ref(s, rows[i].name, 4);
    }
    synth_end(s);
}
