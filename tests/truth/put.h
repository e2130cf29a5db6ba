/* tests/truth/put.h - a growing file image written at fixed offsets. */
#ifndef TRUTH_PUT_H
#define TRUTH_PUT_H

#include <stddef.h>
#include <stdint.h>

/* Offsets into the image are the minidump's rvas. The image is mapped once at
   start: a crash handler can't allocate. */
struct image {
    uint8_t *bytes;
    uint32_t used;
    uint32_t room;
};

void image_reserve(struct image *out, uint32_t room);

/* Zeroed space, 8-aligned. An image that is full ends the program: a short
   dump must not pass for a real one. */
uint32_t put_space(struct image *out, uint32_t size);
uint32_t put_bytes(struct image *out, const void *bytes, uint32_t size);
/* The bytes follow the last ones without padding (Memory64). */
void put_packed(struct image *out, const void *bytes, uint32_t size);
/* MINIDUMP_STRING: u32 byte length, UTF-16 units, a zero unit. */
uint32_t put_string(struct image *out, const char *ascii);

void set8(struct image *out, uint32_t at, uint64_t value);
void set16(struct image *out, uint32_t at, uint64_t value);
void set32(struct image *out, uint32_t at, uint64_t value);
void set64(struct image *out, uint32_t at, uint64_t value);
void set_bytes(struct image *out, uint32_t at, const void *bytes, size_t size);

int image_save(const struct image *out, const char *path);

#endif
