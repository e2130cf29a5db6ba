/* lib/unwind/target.c - the target's memory, and what is known of its code. */
#include "lib/base/table.h"
#include "lib/insn/call.h"
#include "lib/unwind/walk.h"

bool load_uint(mdw_walk *w, uint64_t addr, unsigned size, uint64_t *value)
{
    uint8_t raw[8] = {0};
    bool big = w->unwinder->options.big_endian;
    const mdw_memory *m = &w->input.memory;
    uint64_t at = addr - w->window.addr;
    if (m->window && at >= w->window.bytes.len) {
        w->window = m->window(m->user, addr);
        at = addr - w->window.addr;
    }
    if (bytes_uint(w->window.bytes, at, size, big, value))
        return true;
    if (!m->read || m->read(m->user, addr, raw, size) != size)
        return false;
    return bytes_uint((mdw_bytes){raw, size}, 0, size, big, value);
}

bool load_pointer(mdw_walk *w, uint64_t addr, uint64_t *value)
{
    return load_uint(w, addr, w->unwinder->arch->pointer, value);
}

/* Whoever asks for the first and the last byte has asked for all. */
static bool code_awaited(mdw_walk *w, uint64_t addr, size_t len)
{
    mdw_place place;
    return place_ask(w, addr, MDW_PLACE_CODE, &place) == MDW_AGAIN ||
           place_ask(w, addr + (len - 1), MDW_PLACE_CODE, &place) == MDW_AGAIN;
}

size_t load_code(mdw_walk *w, uint64_t addr, void *dst, size_t len)
{
    const mdw_memory *m = &w->input.memory;
    if (w->files && w->input.code.read) {
        m = &w->input.code;
        w->awaited |= len && code_awaited(w, addr, len);
        if (w->awaited)
            return 0;
    }
    return m->read ? m->read(m->user, addr, dst, len) : 0;
}

mdw_status place_ask(const mdw_walk *w, uint64_t addr, uint32_t want,
                     mdw_place *out)
{
    const mdw_unwinder *u = w->unwinder;
    const mdw_place unknown = {sizeof *out, 0, MDW_ANSWER_UNKNOWN, {0, 0}};
    *out = unknown;
    if (!u->options.place) {
        out->flags = MDW_PLACE_EXEC & want;
        out->exec =
            image_find(u, addr) == MDW_NONE ? MDW_ANSWER_NO : MDW_ANSWER_YES;
        return MDW_OK;
    }
    mdw_status status =
        u->options.place(u->options.place_user, addr, want, out);
    if (status != MDW_OK)
        *out = unknown;
    if (!(out->flags & MDW_PLACE_EXEC) || out->exec > MDW_ANSWER_YES)
        out->exec = MDW_ANSWER_UNKNOWN;
    if (!(out->flags & MDW_PLACE_FUNCTION)) {
        out->flags &= MDW_PLACE_EXEC;
        out->function = unknown.function;
    }
    return status == MDW_AGAIN ? MDW_AGAIN : MDW_OK;
}

/* The longest run of known bytes that ends at `addr`; regions may begin in the
 * middle of an instruction. */
static mdw_bytes bytes_before(mdw_walk *w, uint64_t addr, uint8_t *raw,
                              size_t size)
{
    for (size_t len = size; len; len--)
        if (addr >= len && load_code(w, addr - len, raw, len) == len)
            return (mdw_bytes){raw, len};
    return (mdw_bytes){NULL, 0};
}

link_use link_between(mdw_walk *w, uint64_t from, uint64_t to)
{
    enum { MAX_FUNCTION = 4096 };
    const link_use unknown = {.known = false};
    uint8_t code[MAX_FUNCTION];
    if (from > to || to - from > sizeof code)
        return unknown;
    size_t len = (size_t)(to - from);
    if (load_code(w, from, code, len) != len)
        return unknown;
    return link_trace(w->unwinder->arch->id, frame_thumb(w),
                      (mdw_bytes){code, len});
}

uint32_t call_ask(mdw_walk *w, uint64_t pc, bool thumb, uint64_t *target)
{
    uint8_t raw[CALL_BEFORE];
    call_site sites[CALL_SITES];
    uint32_t id = w->unwinder->arch->id;
    mdw_bytes before = bytes_before(w, pc, raw, sizeof raw);
    /* Instructions of both ARMs are little-endian in all systems that write
     * minidumps, whatever the data are. */
    size_t count = call_before(id, thumb, false, before, pc, sites);
    *target = 0;
    for (size_t i = 0; i < count; i++)
        if (sites[i].direct)
            *target = sites[i].target;
    if (count)
        return MDW_ANSWER_YES;
    return before.len >= call_need(id) ? MDW_ANSWER_NO : MDW_ANSWER_UNKNOWN;
}
