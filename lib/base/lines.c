/* lib/base/lines.c - the newline scan: AVX2, SSE2, NEON, and memchr. */
#include "lib/base/lines.h"

#include <string.h>

#if defined(__x86_64__) || (defined(__i386__) && defined(__SSE2__))
#define HAVE_X86 1
#include <immintrin.h>
#elif defined(__aarch64__) && !defined(__AARCH64EB__)
#define HAVE_NEON 1
#include <arm_neon.h>
#endif

enum { BLOCK = 64 };

/* Of 64 bytes: bit i of `newline`, of `plain` says what byte i is; plain is a
 * hex digit as line records begin with, or a newline. */
typedef struct marks {
    uint64_t newline, plain;
} marks;

typedef marks (*block_fn)(const uint8_t *at);

static bool plain(uint8_t c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || c == '\n';
}

lines lines_of(mdw_bytes text)
{
    return (lines){text, 0, true};
}

#if defined(HAVE_X86) || defined(HAVE_NEON)
static inline __attribute__((always_inline)) size_t emit(uint64_t wanted,
                                                         uint64_t base,
                                                         uint64_t *starts)
{
    size_t n = 0;
    for (; wanted; wanted &= wanted - 1)
        starts[n++] = base + (uint64_t)__builtin_ctzll(wanted);
    return n;
}

/* The loop that all kernels share; `block` is a constant, so it is inlined. */
static inline __attribute__((always_inline)) size_t scan(lines *l,
                                                         uint64_t *starts,
                                                         size_t room,
                                                         block_fn block)
{
    const uint8_t *data = l->text.data;
    uint64_t at = l->at, carry = l->fresh;
    size_t n = 0;
    while (n + BLOCK <= room && l->text.len - at >= BLOCK) {
        marks m = block(data + at);
        uint64_t begin = m.newline << 1 | carry;
        carry = m.newline >> (BLOCK - 1);
        uint64_t wanted = begin & ~m.plain;
        if (wanted)
            n += emit(wanted, at, starts + n);
        at += BLOCK;
    }
    if (n + BLOCK <= room && at < l->text.len) {
        uint8_t last[BLOCK];
        size_t left = (size_t)(l->text.len - at);
        memset(last, '0', BLOCK); /* plain: never wanted */
        memcpy(last, data + at, left);
        marks m = block(last);
        n += emit((m.newline << 1 | carry) & ~m.plain, at, starts + n);
        at = l->text.len;
    }
    l->at = at;
    l->fresh = carry;
    return n;
}
#endif

#ifdef HAVE_X86
__attribute__((target("sse2"))) static inline marks block_sse2(const uint8_t *p)
{
    uint64_t newline = 0, other = 0;
    for (unsigned i = 0; i < BLOCK; i += 16) {
        __m128i v = _mm_loadu_si128((const __m128i *)(const void *)(p + i));
        __m128i n = _mm_cmpeq_epi8(v, _mm_set1_epi8('\n'));
        __m128i d = _mm_sub_epi8(v, _mm_set1_epi8('0'));
        __m128i a = _mm_sub_epi8(v, _mm_set1_epi8('a'));
        d = _mm_cmpeq_epi8(_mm_min_epu8(d, _mm_set1_epi8(9)), d);
        a = _mm_cmpeq_epi8(_mm_min_epu8(a, _mm_set1_epi8(5)), a);
        __m128i all = _mm_or_si128(n, _mm_or_si128(d, a));
        newline |= (uint64_t)(uint32_t)_mm_movemask_epi8(n) << i;
        other |= (uint64_t)(uint32_t)_mm_movemask_epi8(all) << i;
    }
    return (marks){newline, other};
}

/* Bit i: byte i is a newline; in the upper half, it is a newline or plain. */
__attribute__((target("avx2,bmi"))) static inline uint64_t half_avx2(
    const uint8_t *p)
{
    __m256i v = _mm256_loadu_si256((const __m256i *)(const void *)p);
    __m256i n = _mm256_cmpeq_epi8(v, _mm256_set1_epi8('\n'));
    __m256i d = _mm256_sub_epi8(v, _mm256_set1_epi8('0'));
    __m256i a = _mm256_sub_epi8(v, _mm256_set1_epi8('a'));
    d = _mm256_cmpeq_epi8(_mm256_min_epu8(d, _mm256_set1_epi8(9)), d);
    a = _mm256_cmpeq_epi8(_mm256_min_epu8(a, _mm256_set1_epi8(5)), a);
    __m256i all = _mm256_or_si256(n, _mm256_or_si256(d, a));
    return (uint32_t)_mm256_movemask_epi8(n) |
           (uint64_t)(uint32_t)_mm256_movemask_epi8(all) << 32;
}

/* Written out: GCC 12 leaves a loop of two steps a loop. */
__attribute__((target("avx2,bmi"))) static inline marks block_avx2(
    const uint8_t *p)
{
    uint64_t low = half_avx2(p), high = half_avx2(p + BLOCK / 2);
    return (marks){(uint32_t)low | high << 32,
                   low >> 32 | (high & ~(uint64_t)UINT32_MAX)};
}

__attribute__((target("sse2"))) static size_t scan_sse2(lines *l,
                                                        uint64_t *starts,
                                                        size_t room)
{
    return scan(l, starts, room, block_sse2);
}

__attribute__((target("avx2,bmi"))) static size_t scan_avx2(lines *l,
                                                            uint64_t *starts,
                                                            size_t room)
{
    return scan(l, starts, room, block_avx2);
}
#endif

#ifdef HAVE_NEON
/* 16 answers of 0 or 255 become 16 bits, four vectors at a time. */
static inline uint64_t bits(const uint8x16_t v[4])
{
    const uint8x16_t bit = {1, 2, 4, 8, 16, 32, 64, 128,
                            1, 2, 4, 8, 16, 32, 64, 128};
    uint8x16_t low = vpaddq_u8(vandq_u8(v[0], bit), vandq_u8(v[1], bit));
    uint8x16_t high = vpaddq_u8(vandq_u8(v[2], bit), vandq_u8(v[3], bit));
    uint8x16_t all = vpaddq_u8(low, high);
    all = vpaddq_u8(all, all);
    return vgetq_lane_u64(vreinterpretq_u64_u8(all), 0);
}

static inline marks block_neon(const uint8_t *p)
{
    uint8x16_t newline[4], other[4];
    for (unsigned i = 0; i < 4; i++) {
        uint8x16_t v = vld1q_u8(p + 16 * i);
        newline[i] = vceqq_u8(v, vdupq_n_u8('\n'));
        uint8x16_t d = vcleq_u8(vsubq_u8(v, vdupq_n_u8('0')), vdupq_n_u8(9));
        uint8x16_t a = vcleq_u8(vsubq_u8(v, vdupq_n_u8('a')), vdupq_n_u8(5));
        other[i] = vorrq_u8(newline[i], vorrq_u8(d, a));
    }
    return (marks){bits(newline), bits(other)};
}

static size_t scan_neon(lines *l, uint64_t *starts, size_t room)
{
    return scan(l, starts, room, block_neon);
}
#endif

static size_t scan_scalar(lines *l, uint64_t *starts, size_t room)
{
    size_t n = 0;
    const uint8_t *data = l->text.data;
    while (n < room && l->at < l->text.len) {
        if (l->fresh && !plain(data[l->at]))
            starts[n++] = l->at;
        size_t left = (size_t)(l->text.len - l->at);
        const uint8_t *end = memchr(data + l->at, '\n', left);
        l->fresh = end;
        l->at = end ? (uint64_t)(end - data) + 1 : l->text.len;
    }
    return n;
}

bool lines_can(uint32_t way)
{
#ifdef HAVE_X86
    if (way == LINES_SSE2)
        return true;
    if (way == LINES_AVX2)
        return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi");
#endif
#ifdef HAVE_NEON
    if (way == LINES_NEON)
        return true;
#endif
    return way == LINES_BEST || way == LINES_SCALAR;
}

static size_t scan_best(lines *l, uint64_t *starts, size_t room)
{
#ifdef HAVE_X86
    if (lines_can(LINES_AVX2))
        return scan_avx2(l, starts, room);
    return scan_sse2(l, starts, room);
#elif defined(HAVE_NEON)
    return scan_neon(l, starts, room);
#else
    return scan_scalar(l, starts, room);
#endif
}

static size_t scan_by(uint32_t way, lines *l, uint64_t *starts, size_t room)
{
#ifdef HAVE_X86
    if (way == LINES_SSE2)
        return scan_sse2(l, starts, room);
    if (way == LINES_AVX2 && lines_can(way))
        return scan_avx2(l, starts, room);
#endif
#ifdef HAVE_NEON
    if (way == LINES_NEON)
        return scan_neon(l, starts, room);
#endif
    return way == LINES_BEST ? scan_best(l, starts, room)
                             : scan_scalar(l, starts, room);
}

size_t lines_next_by(uint32_t way, lines *l, uint64_t *starts, size_t room)
{
    size_t n = 0;
    while (!n && l->at < l->text.len)
        n = scan_by(way, l, starts, room);
    return n;
}

size_t lines_next(lines *l, uint64_t *starts, size_t room)
{
    return lines_next_by(LINES_BEST, l, starts, room);
}

bool lines_take(mdw_bytes text, uint64_t *at, mdw_str *line)
{
    if (*at >= text.len)
        return false;
    size_t left = (size_t)(text.len - *at);
    const uint8_t *from = text.data + *at;
    const uint8_t *end = memchr(from, '\n', left);
    size_t len = end ? (size_t)(end - from) : left;
    *line = (mdw_str){(const char *)from, len};
    *at += len + (end != NULL);
    return true;
}

bool lines_begin(mdw_bytes text, uint64_t at)
{
    return at < text.len && (!at || text.data[at - 1] == '\n');
}

uint64_t lines_count(mdw_bytes text, uint64_t from, uint64_t to)
{
    uint64_t n = 0;
    if (to > text.len)
        to = text.len;
    for (uint64_t i = from; i < to; i++)
        n += text.data[i] == '\n';
    return n;
}
