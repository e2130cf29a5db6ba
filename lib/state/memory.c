/* lib/state/memory.c - the captured memory as one address space. The index is
 * built from the lists alone: a dump of many gigabytes is not touched. */
#include "lib/base/bytes.h"
#include "lib/base/range.h"
#include "lib/base/table.h"
#include "lib/state/parts.h"

/* MINIDUMP_HEADER: no memory can lie at a smaller offset. */
enum { HEADER_SIZE = 32 };

static int by_addr(const void *a, const void *b)
{
    const piece *x = a, *y = b;
    if (x->addr != y->addr)
        return x->addr < y->addr ? -1 : 1;
    if (x->offset != y->offset)
        return x->offset < y->offset ? -1 : 1;
    return x->size > y->size ? -1 : x->size < y->size; /* the longer first */
}

static bool add(mdw_state *s, uint64_t addr, uint64_t offset, size_t len)
{
    if (!len || offset < HEADER_SIZE)
        return true;
    piece *p = array_add(s, &s->pieces, sizeof *p);
    if (p)
        *p = (piece){addr, range_make(addr, len).size, offset};
    return p;
}

static void add_lists(mdw_state *s, uint64_t count)
{
    mdw_cursor at = {0};
    mdw_raw_memory m = MDW_INIT(mdw_raw_memory);
    for (uint64_t i = 0; i < count; i++) {
        mdw_error err = {0};
        mdw_status status = mdw_dump_memory_next(s->dump, &at, &m, &err);
        if (!issue_ok(s, status, &err, MDW_NONE))
            return;
        issue_damage(s,
                     m.is_memory64 ? MDW_STREAM_MEMORY64_LIST
                                   : MDW_STREAM_MEMORY_LIST,
                     m.damage, m.offset, MDW_NONE);
        if (!add(s, m.addr, m.offset, m.data.len))
            return;
    }
}

/* Stacks that no list repeats. The file offset of a stack is not in its
 * record's public form, so it is found by where its bytes lie. */
static void add_stacks(mdw_state *s, size_t count)
{
    mdw_bytes file = mdw_dump_bytes(s->dump);
    mdw_raw_thread t = MDW_INIT(mdw_raw_thread);
    for (size_t i = 0; i < count; i++)
        if (raw_thread(s, i, &t, NULL) == MDW_OK && t.stack.len &&
            !add(s, t.stack_addr, (uint64_t)(t.stack.data - file.data),
                 t.stack.len))
            return;
}

static mdw_range range_of(const piece *p)
{
    return (mdw_range){p->addr, p->size};
}

static bool joins(const piece *before, const piece *q)
{
    return q->addr - before->addr == before->size &&
           q->offset - before->offset == before->size;
}

void build_memory(mdw_state *s)
{
    mdw_list classic, wide;
    uint64_t count = 0;
    if (issue_list(s, MDW_STREAM_MEMORY_LIST, &classic))
        count += classic.present;
    if (issue_list(s, MDW_STREAM_MEMORY64_LIST, &wide))
        count += wide.present; /* both lie in the file: no overflow */
    size_t threads = raw_thread_count(s);
    array_reserve(s, &s->pieces, count + threads, sizeof(piece));
    add_lists(s, count);
    add_stacks(s, threads);
    array_sort(&s->pieces, sizeof(piece), by_addr);
    piece *pieces = s->pieces.items;
    size_t kept = 0;
    for (size_t i = 0; i < s->pieces.count; i++) {
        piece q = pieces[i];
        uint64_t head =
            kept ? head_taken(range_of(&pieces[kept - 1]), range_of(&q)) : 0;
        if (head >= q.size)
            continue;
        q = (piece){q.addr + head, q.size - head, q.offset + head};
        if (kept && joins(&pieces[kept - 1], &q))
            pieces[kept - 1].size += q.size;
        else
            pieces[kept++] = q;
    }
    s->pieces.count = kept;
}

/* Index of the piece that holds `addr`, or the count. */
static size_t find(const mdw_state *s, uint64_t addr)
{
    const piece *pieces = s->pieces.items;
    size_t low = 0, high = s->pieces.count;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (pieces[mid].addr <= addr)
            low = mid + 1;
        else
            high = mid;
    }
    if (low && addr - pieces[low - 1].addr < pieces[low - 1].size)
        return low - 1;
    return s->pieces.count;
}

size_t memory_read(const mdw_state *s, uint64_t addr, void *dst, size_t len)
{
    mdw_bytes file = mdw_dump_bytes(s->dump);
    const piece *pieces = s->pieces.items;
    size_t done = 0;
    for (size_t i = find(s, addr); done < len && i < s->pieces.count; i++) {
        uint64_t at = addr + done - pieces[i].addr;
        if (at >= pieces[i].size)
            break;
        uint64_t left = pieces[i].size - at;
        size_t want = len - done < left ? len - done : (size_t)left;
        done +=
            bytes_copy((char *)dst + done, file, pieces[i].offset + at, want);
    }
    return done;
}

mdw_window memory_window(const mdw_state *s, uint64_t addr)
{
    size_t i = find(s, addr);
    if (i == s->pieces.count)
        return (mdw_window){0, {NULL, 0}};
    const piece *p = (const piece *)s->pieces.items + i;
    return (mdw_window){
        p->addr, bytes_slice(mdw_dump_bytes(s->dump), p->offset, p->size)};
}

bool memory_uint(const mdw_state *s, uint64_t addr, unsigned size,
                 uint64_t *out)
{
    uint8_t raw[8];
    if (size > sizeof raw || memory_read(s, addr, raw, size) != size)
        return false;
    return bytes_uint((mdw_bytes){raw, size}, 0, size, s->big_endian, out);
}

mdw_bytes memory_bytes(mdw_state *s, uint64_t addr, size_t len)
{
    mdw_window w = memory_window(s, addr);
    mdw_bytes part = bytes_slice(w.bytes, addr - w.addr, len);
    if (part.len == len || !part.len)
        return part;
    uint8_t *copy = arena_take(s->store, len, 1);
    if (!copy || memory_read(s, addr, copy, len) != len)
        return (mdw_bytes){NULL, 0};
    return (mdw_bytes){copy, len};
}

static size_t read_user(void *user, uint64_t addr, void *dst, size_t len)
{
    return memory_read(user, addr, dst, len);
}

static mdw_window window_user(void *user, uint64_t addr)
{
    return memory_window(user, addr);
}

mdw_memory mdw_state_memory(const mdw_state *state)
{
    /* The callbacks only read: the record has one kind of pointer for all. */
    return (mdw_memory){read_user, window_user, (void *)state};
}
