/* fuzz/fuzz_memory_image.c - an image that lies in target memory, whole or in
 * part: rows speak for the address that was asked about, no window is read
 * outside of what was captured, and the same question has the same answer. */
#include <stdlib.h>
#include <string.h>

#include "lib/base/bytes.h"
#include "lib/base/reader.h"
#include "lib/symbol/memory.h"
#include "lib/unwind/row.h"

#define EXPECT(cond)                                                           \
    do                                                                         \
        if (!(cond))                                                           \
            abort();                                                           \
    while (0)

enum { TAIL = 8, ASKED = 16 };
static const uint64_t loaded_at = 0x70000000;

/* Captured in two pieces, with what lies between them missing. */
typedef struct target {
    mdw_bytes bytes;
    uint64_t gap, gap_end;
} target;

static mdw_window window(void *user, uint64_t addr)
{
    const target *t = user;
    uint64_t at = addr - loaded_at;
    if (addr < loaded_at || at >= t->bytes.len ||
        (at >= t->gap && at < t->gap_end))
        return (mdw_window){0, {NULL, 0}};
    uint64_t from = at < t->gap ? 0 : t->gap_end;
    uint64_t to = at < t->gap ? t->gap : t->bytes.len;
    return (mdw_window){loaded_at + from,
                        bytes_slice(t->bytes, from, to - from)};
}

static size_t read_some(void *user, uint64_t addr, void *dst, size_t len)
{
    mdw_window w = window(user, addr);
    return bytes_copy(dst, w.bytes, addr - w.addr, len);
}

static void ask(const mdw_image *image, uint64_t pc)
{
    mdw_row_query query = {.size = sizeof query, .pc = pc};
    mdw_row row, again;
    memset(&row, 0, sizeof row);
    memset(&again, 0, sizeof again);
    row_clear(&row);
    row_clear(&again);
    mdw_status status = image->rows(image->user, image, &query, &row);
    EXPECT(status == image->rows(image->user, image, &query, &again));
    EXPECT(status != MDW_AGAIN);
    if (status != MDW_OK)
        return;
    EXPECT(mdw_range_has(row.pc, pc));
    EXPECT(row.pc.start == again.pc.start && row.pc.size == again.pc.size &&
           row.set == again.set && row.flags == again.flags);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Carved off the end: where the gap begins and how long it is, the stride of
 * the addresses that are asked for. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < TAIL)
        return 0;
    reader tail = reader_at((mdw_bytes){data + size - TAIL, TAIL}, 0, 0, false);
    target t = {.bytes = {data, size - TAIL}};
    t.gap = reader_u16(&tail);
    t.gap_end = t.gap + reader_u16(&tail);
    uint64_t stride = 1 + reader_u32(&tail);
    if (t.gap > t.bytes.len)
        t.gap = t.bytes.len;
    if (t.gap_end > t.bytes.len)
        t.gap_end = t.bytes.len;
    mdw_memory memory = {read_some, window, &t};
    mdw_range range = {loaded_at, t.bytes.len};
    mdw_symfile *file = NULL;
    mdw_status status = memory_symfile(&memory, range, NULL, &file);
    EXPECT(status == MDW_OK || status == MDW_ABSENT);
    if (status != MDW_OK)
        return 0;
    mdw_image image = MDW_INIT(mdw_image);
    image.range = range;
    mdw_symfile_image(file, &image);
    EXPECT(image.rows);
    for (uint64_t i = 0; i < ASKED; i++)
        ask(&image, loaded_at + i * stride % (t.bytes.len + 1));
    mdw_symfile_close(file);
    return 0;
}
