/* lib/dump/sentry_stacks.c - Sentry's client stack traces: threads, frames and
 * the text of their symbols. */
#include "lib/base/str.h"
#include "lib/dump/dump.h"

struct tables {
    reader at;
    uint64_t stacks, frames;        /* present */
    uint64_t frames_at, symbols_at; /* in the stream */
    uint64_t symbol_bytes;
};

static uint64_t fitting(const reader *at, uint64_t start, uint64_t promised,
                        uint32_t size)
{
    uint64_t len = at->bytes.len;
    uint64_t room = start < len ? (len - start) / size : 0;
    return promised < room ? promised : room;
}

/* Header: version 1, count of threads, count of frames, bytes of text. The
 * thread table is padded to 8 bytes. */
static mdw_status open_tables(const mdw_dump *dump, struct tables *t,
                              mdw_error *err)
{
    mdw_status s = stream_open(dump, MDW_STREAM_SENTRY_STACKS, &t->at, err);
    if (s)
        return s;
    reader r = t->at;
    uint32_t version = reader_u32(&r);
    uint64_t stacks = reader_u32(&r), frames = reader_u32(&r);
    t->symbol_bytes = reader_u32(&r);
    s = reader_status(&r, "Sentry's stack traces", err);
    if (s)
        return s;
    if (version != 1)
        return fail_at(err, MDW_E_UNSUPPORTED, t->at.stream, t->at.origin,
                       version, "Sentry's stack traces");
    uint64_t end = CLIENT_HEADER + stacks * CLIENT_STACK_SIZE; /* < 2^36 */
    t->frames_at = (end + 7) & ~(uint64_t)7;
    t->symbols_at = t->frames_at + frames * CLIENT_FRAME_SIZE; /* < 2^38 */
    t->stacks = fitting(&t->at, CLIENT_HEADER, stacks, CLIENT_STACK_SIZE);
    t->frames = fitting(&t->at, t->frames_at, frames, CLIENT_FRAME_SIZE);
    return MDW_OK;
}

size_t mdw_dump_client_stack_count(const mdw_dump *dump)
{
    struct tables t;
    return open_tables(dump, &t, NULL) ? 0 : (size_t)t.stacks;
}

mdw_status mdw_dump_client_stack(const mdw_dump *dump, size_t index,
                                 mdw_raw_client_stack *out, mdw_error *err)
{
    struct tables t;
    mdw_status s = open_tables(dump, &t, err);
    if (s)
        return s;
    if (index >= t.stacks)
        return fail_at(err, MDW_E_ARG, t.at.stream, t.at.origin, index,
                       "client stack");
    reader r = reader_sub(&t.at, CLIENT_HEADER + index * CLIENT_STACK_SIZE,
                          CLIENT_STACK_SIZE);
    mdw_raw_client_stack c = MDW_INIT(mdw_raw_client_stack);
    c.offset = r.origin;
    c.thread_id = reader_u32(&r);
    c.first_frame = reader_u32(&r);
    c.frame_count = reader_u32(&r);
    uint64_t left = c.first_frame < t.frames ? t.frames - c.first_frame : 0;
    if (c.frame_count > left)
        c.frame_count = (uint32_t)left; /* below a uint32 */
    return record_write(out, &c, sizeof c);
}

/* uint64 address, uint32 start and uint32 length of the symbol. */
mdw_status mdw_dump_client_frame(const mdw_dump *dump, size_t index,
                                 mdw_raw_client_frame *out, mdw_error *err)
{
    struct tables t;
    mdw_status s = open_tables(dump, &t, err);
    if (s)
        return s;
    if (index >= t.frames)
        return fail_at(err, MDW_E_ARG, t.at.stream, t.at.origin, index,
                       "client frame");
    reader r = reader_sub(&t.at, t.frames_at + index * CLIENT_FRAME_SIZE,
                          CLIENT_FRAME_SIZE);
    mdw_raw_client_frame f = MDW_INIT(mdw_raw_client_frame);
    f.offset = r.origin;
    f.address = reader_u64(&r);
    uint64_t start = reader_u32(&r), len = reader_u32(&r);
    if (start + len > t.symbol_bytes) {
        f.damage = MDW_DAMAGE_NAME;
        return record_write(out, &f, sizeof f);
    }
    reader text = reader_sub(&t.at, t.symbols_at + start, len);
    f.symbol = str_from(text.bytes);
    if (text.bad)
        f.damage = MDW_DAMAGE_NAME;
    return record_write(out, &f, sizeof f);
}
