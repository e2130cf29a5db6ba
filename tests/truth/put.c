/* tests/truth/put.c - a growing file image written at fixed offsets. */
#include "put.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

void image_reserve(struct image *out, uint32_t room)
{
    void *p = mmap(NULL, room, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED)
        _exit(4);
    out->bytes = p;
    out->used = 0;
    out->room = room;
}

static uint32_t take(struct image *out, uint32_t size)
{
    if (size > out->room - out->used)
        _exit(4);
    uint32_t at = out->used;
    out->used += size;
    return at;
}

uint32_t put_space(struct image *out, uint32_t size)
{
    take(out, -out->used & 7u);
    return take(out, size);
}

uint32_t put_bytes(struct image *out, const void *bytes, uint32_t size)
{
    uint32_t at = put_space(out, size);
    set_bytes(out, at, bytes, size);
    return at;
}

void put_packed(struct image *out, const void *bytes, uint32_t size)
{
    set_bytes(out, take(out, size), bytes, size);
}

uint32_t put_string(struct image *out, const char *ascii)
{
    uint32_t units = (uint32_t)strlen(ascii);
    uint32_t at = put_space(out, 4 + 2 * units + 2);
    set32(out, at, 2 * units);
    for (uint32_t i = 0; i < units; i++)
        set16(out, at + 4 + 2 * i, (uint8_t)ascii[i]);
    return at;
}

/* Every target is little endian, and so are its dumps. */
static void set(struct image *out, uint32_t at, uint64_t value, uint32_t size)
{
    for (uint32_t i = 0; i < size; i++)
        out->bytes[at + i] = (uint8_t)(value >> (8 * i));
}

void set8(struct image *out, uint32_t at, uint64_t value)
{
    set(out, at, value, 1);
}

void set16(struct image *out, uint32_t at, uint64_t value)
{
    set(out, at, value, 2);
}

void set32(struct image *out, uint32_t at, uint64_t value)
{
    set(out, at, value, 4);
}

void set64(struct image *out, uint32_t at, uint64_t value)
{
    set(out, at, value, 8);
}

void set_bytes(struct image *out, uint32_t at, const void *bytes, size_t size)
{
    memcpy(out->bytes + at, bytes, size);
}

int image_save(const struct image *out, const char *path)
{
    int fd = open(path, O_CREAT | O_TRUNC | O_WRONLY, 0644);
    uint32_t done = 0;
    while (fd >= 0 && done < out->used) {
        ssize_t n = write(fd, out->bytes + done, out->used - done);
        if (n <= 0)
            break;
        done += (uint32_t)n;
    }
    return fd >= 0 && close(fd) == 0 && done == out->used ? 0 : -1;
}
