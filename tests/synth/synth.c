/* tests/synth/synth.c - the bytes, labels and directory of a synthetic dump. */
#include "synth.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LABELS = 4096, QUEUE = 1024, HEADER = 32, ENTRY = 12 };
#define UNBOUND SIZE_MAX

struct fixup {
    size_t at, size;
    synth_label from, to; /* `from` UNBOUND: the offset of `to` */
};

struct queued {
    enum { STRING, COUNTED, BLOB } kind;
    synth_label from, to;
    const void *bytes;
    size_t len;
};

struct synth {
    bool big_endian, pad_lists;
    uint64_t flags;
    uint8_t *bytes;
    size_t len, room;
    size_t labels[LABELS], label_count;
    struct fixup fixups[LABELS];
    size_t fixup_count;
    struct queued queue[QUEUE];
    size_t queue_count;
    struct {
        uint32_t type, size, offset;
    } entries[SYNTH_STREAMS];
    size_t entry_count;
};

static void require(bool ok, const char *what)
{
    if (ok)
        return;
    fprintf(stderr, "synth: %s\n", what);
    abort();
}

synth *synth_new(bool big_endian)
{
    synth *s = calloc(1, sizeof *s);
    require(s != NULL, "out of memory");
    s->big_endian = big_endian;
    put_zeros(s, HEADER + SYNTH_STREAMS * ENTRY);
    return s;
}

void synth_free(synth *s)
{
    free(s->bytes);
    free(s);
}

void synth_pad_lists(synth *s, bool on)
{
    s->pad_lists = on;
}

bool synth_padded(const synth *s)
{
    return s->pad_lists;
}

bool synth_big_endian(const synth *s)
{
    return s->big_endian;
}

void synth_flags(synth *s, uint64_t flags)
{
    s->flags = flags;
}

size_t synth_here(const synth *s)
{
    return s->len;
}

void put_bytes(synth *s, const void *bytes, size_t len)
{
    if (len > s->room - s->len) {
        s->room = 2 * s->room + len + 4096;
        s->bytes = realloc(s->bytes, s->room);
        require(s->bytes != NULL, "out of memory");
    }
    if (len)
        memcpy(s->bytes + s->len, bytes, len);
    s->len += len;
}

static void store(const synth *s, uint8_t *at, uint64_t value, size_t size)
{
    for (size_t i = 0; i < size; i++)
        at[s->big_endian ? size - 1 - i : i] = (uint8_t)(value >> 8 * i);
}

void put_uint(synth *s, uint64_t value, size_t size)
{
    uint8_t bytes[8];
    store(s, bytes, value, size);
    put_bytes(s, bytes, size);
}

void put8(synth *s, uint64_t value)
{
    put_uint(s, value, 1);
}

void put16(synth *s, uint64_t value)
{
    put_uint(s, value, 2);
}

void put32(synth *s, uint64_t value)
{
    put_uint(s, value, 4);
}

void put64(synth *s, uint64_t value)
{
    put_uint(s, value, 8);
}

void put_zeros(synth *s, size_t len)
{
    while (len--)
        put8(s, 0);
}

void put_align(synth *s, size_t to)
{
    while (s->len % to)
        put8(s, 0);
}

/* Text of tests is ASCII. */
void put_utf16(synth *s, const char *text, size_t size)
{
    size_t start = s->len;
    for (const char *p = text; *p; p++)
        put16(s, (unsigned char)*p);
    if (size)
        put_zeros(s, size - (s->len - start));
}

void put_guid(synth *s, const uint8_t guid[16])
{
    static const uint8_t little[] = {3, 2, 1, 0, 5, 4, 7, 6};
    for (size_t i = 0; i < 16; i++)
        put8(s, guid[!s->big_endian && i < 8 ? little[i] : i]);
}

void put_fields(synth *s, const char *widths, uint64_t first)
{
    for (; *widths; widths++)
        if (*widths != ' ')
            put_uint(s, first++, (size_t)(*widths - '0'));
}

synth_label synth_label_new(synth *s)
{
    require(s->label_count < LABELS, "too many labels");
    s->labels[s->label_count] = UNBOUND;
    return s->label_count++;
}

void synth_bind(synth *s, synth_label label)
{
    s->labels[label] = s->len;
}

static void fix(synth *s, size_t size, synth_label from, synth_label to)
{
    require(s->fixup_count < LABELS, "too many references");
    s->fixups[s->fixup_count++] = (struct fixup){s->len, size, from, to};
    put_zeros(s, size);
}

void put_offset(synth *s, synth_label label, size_t size)
{
    fix(s, size, UNBOUND, label);
}

void put_location(synth *s, synth_label from, synth_label to)
{
    fix(s, 4, from, to);
    put_offset(s, from, 4);
}

static struct queued *enqueue(synth *s)
{
    require(s->queue_count < QUEUE, "the queue is full");
    struct queued *q = &s->queue[s->queue_count++];
    q->from = synth_label_new(s);
    q->to = synth_label_new(s);
    return q;
}

void put_string_ref(synth *s, const char *text, size_t size)
{
    if (!text) {
        put_zeros(s, size);
        return;
    }
    struct queued *q = enqueue(s);
    q->kind = STRING;
    q->bytes = text;
    put_offset(s, q->from, size);
}

void put_counted_ref(synth *s, const void *bytes, size_t len)
{
    if (!bytes) {
        put32(s, 0);
        return;
    }
    struct queued *q = enqueue(s);
    q->kind = COUNTED;
    q->bytes = bytes;
    q->len = len;
    put_offset(s, q->from, 4);
}

void put_blob_ref(synth *s, const void *bytes, size_t len)
{
    if (!bytes) {
        put64(s, 0);
        return;
    }
    struct queued *q = enqueue(s);
    q->kind = BLOB;
    q->bytes = bytes;
    q->len = len;
    put_location(s, q->from, q->to);
}

void synth_flush(synth *s)
{
    for (size_t i = 0; i < s->queue_count; i++) {
        struct queued *q = &s->queue[i];
        put_align(s, 4);
        synth_bind(s, q->from);
        if (q->kind == STRING) {
            put32(s, 2 * strlen(q->bytes));
            put_utf16(s, q->bytes, 0);
            put16(s, 0);
        } else {
            if (q->kind == COUNTED)
                put32(s, q->len);
            put_bytes(s, q->bytes, q->len);
        }
        synth_bind(s, q->to);
    }
    s->queue_count = 0;
}

void synth_entry(synth *s, uint32_t type, uint32_t size, uint32_t offset)
{
    require(s->entry_count < SYNTH_STREAMS, "too many streams");
    s->entries[s->entry_count].type = type;
    s->entries[s->entry_count].size = size;
    s->entries[s->entry_count++].offset = offset;
}

void synth_begin(synth *s, uint32_t type)
{
    put_align(s, 8);
    synth_entry(s, type, 0, (uint32_t)s->len);
}

void synth_end(synth *s)
{
    s->entries[s->entry_count - 1].size =
        (uint32_t)s->len - s->entries[s->entry_count - 1].offset;
    synth_flush(s);
}

static void resolve(synth *s)
{
    for (size_t i = 0; i < s->fixup_count; i++) {
        const struct fixup *f = &s->fixups[i];
        require(s->labels[f->to] != UNBOUND, "a label was never bound");
        size_t value = s->labels[f->to];
        if (f->from != UNBOUND)
            value -= s->labels[f->from];
        store(s, s->bytes + f->at, value, f->size);
    }
}

/* Signature, version with a half of the writer's own, count, directory,
 * checksum, time, flags. */
mdw_bytes synth_finish(synth *s)
{
    resolve(s);
    uint32_t head[] = {0x504D444D, 0x1234A793, (uint32_t)s->entry_count,
                       HEADER,     0xC5C5C5C5, 0x5F000000};
    for (size_t i = 0; i < 6; i++)
        store(s, s->bytes + 4 * i, head[i], 4);
    store(s, s->bytes + 24, s->flags, 8);
    for (size_t i = 0; i < s->entry_count; i++) {
        uint8_t *at = s->bytes + HEADER + i * ENTRY;
        store(s, at, s->entries[i].type, 4);
        store(s, at + 4, s->entries[i].size, 4);
        store(s, at + 8, s->entries[i].offset, 4);
    }
    return (mdw_bytes){s->bytes, s->len};
}
