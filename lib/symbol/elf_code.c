/* lib/symbol/elf_code.c - the segments of an ELF file that nobody writes to. */
#include "lib/symbol/elf_code.h"

#include <elf.h>

#include "lib/base/bytes.h"

/* Relative to the image, ascending, without overlaps. */
typedef struct piece {
    uint64_t rva;
    mdw_bytes bytes;
} piece;

struct elf_code {
    const piece *pieces;
    size_t count;
};

/* A debug file keeps the headers of what was taken out of it, and its segments
 * may then lie over other bytes: its sections tell. */
static bool has_code(const elf_file *f)
{
    const uint64_t code = SHF_ALLOC | SHF_EXECINSTR;
    for (size_t i = 0; i < f->section_count; i++)
        if ((f->sections[i].flags & code) == code && f->sections[i].bytes.len)
            return true;
    for (size_t i = 0; !f->section_count && i < f->segment_count; i++)
        if (f->segments[i].flags & PF_X && f->segments[i].bytes.len)
            return true;
    return false;
}

mdw_status elf_code_open(const elf_file *f, arena *store, elf_code **out)
{
    if (!has_code(f))
        return MDW_ABSENT;
    elf_code *code = arena_take(store, 1, sizeof *code);
    piece *pieces = arena_take(store, f->segment_count, sizeof *pieces);
    if (!code || !pieces)
        return MDW_E_MEMORY;
    code->pieces = pieces;
    uint64_t end = 0;
    for (size_t i = 0; i < f->segment_count; i++) {
        const elf_segment *s = &f->segments[i];
        uint64_t rva = s->addr - f->image.start;
        /* PT_LOAD ascend by address (gabi, "Program Header"): what does not is
         * no loader's. */
        if (s->type != PT_LOAD || s->flags & PF_W || !s->bytes.len ||
            s->addr < f->image.start || rva < end ||
            s->bytes.len > UINT64_MAX - rva)
            continue;
        pieces[code->count++] = (piece){rva, s->bytes};
        end = rva + s->bytes.len;
    }
    *out = code;
    return code->count ? MDW_OK : MDW_ABSENT;
}

static const piece *piece_at(const elf_code *code, uint64_t rva)
{
    size_t low = 0, high = code->count;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (code->pieces[mid].rva <= rva)
            low = mid + 1;
        else
            high = mid;
    }
    const piece *p = low ? &code->pieces[low - 1] : NULL;
    return p && rva - p->rva < p->bytes.len ? p : NULL;
}

size_t elf_code_read(void *user, uint64_t rva, void *dst, size_t len)
{
    const piece *p = piece_at(user, rva);
    return p ? bytes_copy(dst, p->bytes, rva - p->rva, len) : 0;
}

mdw_window elf_code_window(void *user, uint64_t rva)
{
    const piece *p = piece_at(user, rva);
    return p ? (mdw_window){p->rva, p->bytes}
             : (mdw_window){0, (mdw_bytes){NULL, 0}};
}
