/* mdwalk/base.h - the few types every other header shares.
 *
 * Ownership: a pointer handed out by the library is borrowed from the object
 * it came from and lives exactly as long as that object. Objects the caller
 * owns come out through a final `T **out` and have one matching close.
 * Threads: a function taking `const T *` may run on many threads at once; one
 * taking `T *` needs that object to itself. There is no global state. */
#ifndef MDWALK_BASE_H
#define MDWALK_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#ifndef MDW_API
#if defined(_WIN32) && defined(MDW_BUILDING)
#define MDW_API __declspec(dllexport)
#elif defined(__GNUC__)
#define MDW_API __attribute__((visibility("default")))
#else
#define MDW_API
#endif
#endif

/* Zeroes a sized struct and fills its first field. Every caller-allocated
 * struct except the frozen ones below starts with `size_t size`; fields are
 * only ever appended. The library reads and writes no byte past `size`, and
 * refuses (MDW_E_ABI) a longer struct whose unknown tail is not zero. */
#ifdef __cplusplus
#define MDW_INIT(T)                                                            \
    ([] {                                                                      \
        T t = T();                                                             \
        t.size = sizeof(T);                                                    \
        return t;                                                              \
    }())
#else
#define MDW_INIT(T) ((T){.size = sizeof(T)})
#endif

#define MDW_NONE UINT32_MAX /* "no index" */

/* Frozen layouts: these never gain a field. */

typedef struct mdw_bytes {
    const uint8_t *data;
    size_t len;
} mdw_bytes;

/* UTF-8, not NUL-terminated, may be empty. */
typedef struct mdw_str {
    const char *data;
    size_t len;
} mdw_str;

/* UTF-16 as it lies in the file: `len` bytes, terminator excluded. */
typedef struct mdw_utf16 {
    const uint8_t *data;
    size_t len;
    bool big_endian;
} mdw_utf16;

/* `size` bytes from `start`. Never wraps: start + size <= 2^64. There is no
 * end field, so 2^64 needs no representation. */
typedef struct mdw_range {
    uint64_t start;
    uint64_t size;
} mdw_range;

static inline bool mdw_range_has(mdw_range r, uint64_t addr)
{
    return addr - r.start < r.size;
}

/* Zero is success. Positive values are answers, to be handled where they
 * arise. Negative values are failures, to be returned unchanged. */
typedef int32_t mdw_status;

enum mdw_status_code {
    MDW_OK = 0,
    MDW_END = 1,    /* an iteration is over */
    MDW_ABSENT = 2, /* well-formed input that does not have what was asked */
    MDW_AGAIN = 3,  /* not known yet: nothing has changed, ask again later */

    MDW_E_ARG = -1,
    MDW_E_ABI = -2,    /* a sized struct this library cannot serve */
    MDW_E_MEMORY = -3, /* the allocator returned NULL */
    MDW_E_LIMIT = -4,  /* a limit from the options was reached */
    MDW_E_IO = -5,
    MDW_E_FORMAT = -6,      /* not the format asked for */
    MDW_E_TRUNCATED = -7,   /* fewer bytes than the format says */
    MDW_E_RANGE = -8,       /* a count, offset or address that cannot be */
    MDW_E_UNSUPPORTED = -9, /* well-formed, but not implemented */
    MDW_E_CALLBACK = -10,   /* a caller's callback failed */
    MDW_E_CANCELLED = -11,  /* the caller's `cancelled` said so */
    MDW_E_MISMATCH = -12,   /* the right format with another identity */
    MDW_E_DAMAGED = -13     /* a checksum does not hold */
};

/* Frozen. Every fallible function takes one last, and it may be NULL. */
typedef struct mdw_error {
    mdw_status code;
    uint32_t stream;  /* MINIDUMP_STREAM_TYPE, 0 outside a stream */
    uint64_t offset;  /* of the offending byte, from the start of the file */
    uint64_t value;   /* errno for MDW_E_IO, the callback's own status for
                         MDW_E_CALLBACK, else the number that cannot be */
    const char *what; /* static text naming the structure; never freed */
} mdw_error;

MDW_API const char *mdw_status_name(mdw_status status); /* never NULL */

enum mdw_area_id {
    MDW_AREA_DUMP,
    MDW_AREA_SYMBOL,
    MDW_AREA_WALK,
    MDW_AREA_CRASH,
    MDW_AREA_OUTPUT
};

/* Something that was wrong and did not stop us. Equal issues are merged. */
typedef struct mdw_issue {
    size_t size;
    uint32_t area;  /* enum mdw_area_id */
    uint32_t index; /* module, stack or record it is about, or MDW_NONE */
    uint64_t count;
    mdw_error error;
    mdw_str subject; /* stream, file or module; may be empty */
    mdw_str detail;  /* "wants 5A98...1, has 1C22...1"; may be empty */
} mdw_issue;

/* Frozen. `free` gets the size passed to `alloc`; alignment is 16. A library
 * object takes whole blocks and returns them all when it is closed. */
typedef struct mdw_allocator {
    void *(*alloc)(void *user, size_t size);
    void (*free)(void *user, void *ptr, size_t size);
    void *user;
} mdw_allocator;

/* What an object or a call may cost. A field left 0 means its default. `work`
 * counts steps and not seconds, so that what is cut short is cut at the same
 * place on every machine; a unit is about 10 ns. */
typedef struct mdw_budget {
    size_t size;
    uint64_t memory; /* bytes; 0: 256 MiB */
    uint64_t work;   /* units; 0: 1 << 26 */
    /* NULL: never. Asked at least every 1 << 16 units and while waiting. */
    bool (*cancelled)(void *user);
    void *user;
} mdw_budget;

/* Frozen. Returns false to give up; the writer then stops with MDW_E_IO. */
typedef struct mdw_sink {
    bool (*write)(void *user, const void *data, size_t len);
    void *user;
} mdw_sink;

/* Here because every room names them. */
enum mdw_arch_id {
    MDW_ARCH_UNKNOWN,
    MDW_ARCH_X86,
    MDW_ARCH_X86_64,
    MDW_ARCH_ARM,
    MDW_ARCH_ARM64,
    /* recognised, not unwound */
    MDW_ARCH_MIPS,
    MDW_ARCH_MIPS64,
    MDW_ARCH_PPC,
    MDW_ARCH_PPC64,
    MDW_ARCH_SPARC,
    MDW_ARCH_RISCV32,
    MDW_ARCH_RISCV64
};

enum mdw_os_id {
    MDW_OS_UNKNOWN,
    MDW_OS_WINDOWS,
    MDW_OS_LINUX,
    MDW_OS_ANDROID,
    MDW_OS_MACOS,
    MDW_OS_IOS,
    MDW_OS_FUCHSIA
};

/* UTF-8 length in bytes; writes at most `cap` of them, whole characters only,
 * no terminator. Lone surrogates become U+FFFD, an odd last byte is left out.
 */
MDW_API size_t mdw_utf16_to_utf8(mdw_utf16 in, char *dst, size_t cap);

/* Names for people and for output: "x86_64", "linux". Never NULL. */
MDW_API const char *mdw_arch_name(uint32_t arch);
MDW_API const char *mdw_os_name(uint32_t os);

/* 0xMMmmpp of the library actually loaded; compare with MDW_VERSION. */
#define MDW_VERSION 0x000100u
MDW_API uint32_t mdw_version(void);

#ifdef __cplusplus
}
#endif
#endif
