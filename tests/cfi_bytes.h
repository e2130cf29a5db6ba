/* tests/cfi_bytes.h - call frame information out of a few words of
 * hexadecimal. */
#ifndef CFI_BYTES_H
#define CFI_BYTES_H

#include <stdlib.h>

#include "lib/unwind/dwarf_cfi.h"
#include "t.h"

enum { FRAME = 0x10000, CODE = 0x1000, SIZE = 4096 };

typedef struct bytes {
    uint8_t data[SIZE];
    size_t len;
} bytes;

static inline void put(bytes *b, uint64_t value, size_t size)
{
    t_put(b->data + b->len, value, size);
    b->len += size;
}

static inline void put_hex(bytes *b, const char *text)
{
    for (; *text; text++) {
        char pair[3] = {text[0], text[1], 0};
        if (*text == ' ')
            continue;
        put(b, strtoul(pair, NULL, 16), 1);
        text++;
    }
}

/* Returns where the entry begins. `id_from`: for .eh_frame the CIE's place. */
static inline size_t put_entry(bytes *b, bool eh, bool wide, bool is_cie,
                               size_t cie, const char *body)
{
    size_t at = b->len, width = wide ? 8 : 4;
    bytes content = {{0}, 0};
    put_hex(&content, body);
    if (wide)
        put(b, UINT32_MAX, 4);
    put(b, width + content.len, width);
    uint64_t id = is_cie ? (eh ? 0 : UINT64_MAX) : (eh ? b->len - cie : cie);
    put(b, id, width);
    memcpy(b->data + b->len, content.data, content.len);
    b->len += content.len;
    return at;
}

/* Exactly as long as it claims, so that a sanitizer sees a byte too many. */
static inline mdw_bytes exact(const bytes *b)
{
    uint8_t *copy = malloc(b->len + 1);
    memcpy(copy, b->data, b->len);
    return (mdw_bytes){copy, b->len};
}

static inline void give(mdw_bytes b)
{
    free((void *)(uintptr_t)b.data);
}
/* A CIE for x86-64, addresses absolute: version, letters, code alignment 1,
 * data alignment -8, return column 16; CFA rsp+8, return address at CFA-8. */
#define CIE "01 7a5200 01 78 10 01 00 0c0708 9001"
#define CIE_A64 "01 7a5200 04 78 1e 01 00 0c1f00"
#define CIE_ARM "01 7a5200 02 7c 0e 01 00 0c0d00"
/* An FDE for 0x1000 to 0x10FF without augmentation data. */
#define FDE "0010000000000000 0001000000000000 00"
#define FDE_32 "00100000 00010000 00"
#endif
