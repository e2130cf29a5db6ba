/* lib/symbol/index_body.c - finds the line and the inlined calls at an address
 * in a function's body. */
#include "lib/base/bytes.h"
#include "lib/symbol/body.h"

enum {
    NAME_SOON = 64, /* bytes: most names are shorter */
    NEAR = 4        /* lines: most guesses are nearer */
};

/* Whether `f` is so small that its body lies in one block or two, and those
 * are to be trusted: most are, and then no word has to be asked for again. */
static bool body_is_checked(const index_view *v, const index_function *f)
{
    enum { MOST = INDEX_BLOCK / INDEX_BODY_SIZE };
    if (f->lines >= MOST || f->calls >= MOST)
        return false;
    uint32_t words =
        f->lines * INDEX_LINE_WORDS + f->calls * INDEX_INLINE_WORDS;
    return words <= MOST && view_words(v, INDEX_BODY, f->body, words + !words);
}

/* Lines or calls of a body, as records. */
typedef struct run {
    table records;
    uint64_t at; /* offset in the file */
    bool checked;
} run;

/* `count` records of `words` words each, from word `at` on; none when they are
 * not all there. */
static run run_of(const index_view *v, const index_function *f, uint64_t at,
                  uint32_t count, uint32_t words)
{
    const view_section *s = &v->section[INDEX_BODY];
    uint64_t size = (uint64_t)count * words; /* < 2^35 */
    if (at + size > s->records.count)
        return (run){{{NULL, 0}, words * INDEX_BODY_SIZE, 0}, 0, false};
    mdw_bytes bytes =
        bytes_slice(s->bytes, at * INDEX_BODY_SIZE, size * INDEX_BODY_SIZE);
    return (run){{bytes, words * INDEX_BODY_SIZE, bytes.data ? count : 0},
                 s->offset + at * INDEX_BODY_SIZE,
                 f->checked};
}

static run lines_of_body(const index_view *v, const index_function *f)
{
    return run_of(v, f, f->body, f->lines, INDEX_LINE_WORDS);
}

static run calls_of_body(const index_view *v, const index_function *f)
{
    return run_of(v, f, f->body + (uint64_t)f->lines * INDEX_LINE_WORDS,
                  f->calls, INDEX_INLINE_WORDS);
}

/* Word `word` of record `n`; 0 when it is not there or not to be trusted. */
static inline uint32_t run_word(const index_view *v, const run *r, uint32_t n,
                                uint32_t word)
{
    uint32_t field = word * INDEX_BODY_SIZE;
    if (!r->checked &&
        (n >= r->records.count ||
         !view_trusts(v, r->at + (uint64_t)n * r->records.stride + field)))
        return 0;
    return table_u32(&r->records, n, field);
}

/* How many of the records [low, high) have a key <= `rva`, plus low. */
static inline uint32_t run_after(const index_view *v, const run *r,
                                 uint32_t low, uint32_t high, uint32_t rva)
{
    if (r->checked)
        return table_after_short(&r->records, low, high, rva);
    while (low < high) {
        uint32_t mid = low + (high - low) / 2;
        if (run_word(v, r, mid, 0) <= rva)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

/* Which of the lines it will be, by where in `f` it is: lines are spread evenly
 * enough for that to be near. */
static uint32_t guess(const index_function *f, uint32_t rva)
{
    return (uint32_t)((uint64_t)(rva - f->start) * f->lines / f->bytes);
}

/* run_after of the lines, first of those around the guess. */
static uint32_t line_after(const index_view *v, const index_function *f,
                           const run *r, uint32_t rva)
{
    uint32_t count = r->records.count, g = guess(f, rva);
    uint32_t from = g > NEAR ? g - NEAR : 0, to = g + NEAR;
    if (!r->checked || count <= 2 * NEAR || g >= count)
        return run_after(v, r, 0, count, rva);
    if (to > count)
        to = count;
    if (from && run_word(v, r, from, 0) > rva) {
        to = from;
        from = 0;
    } else if (to < count && run_word(v, r, to, 0) <= rva) {
        from = to;
        to = count;
    }
    return run_after(v, r, from, to, rva);
}

static void string_soon(const index_view *v, uint32_t place)
{
    bytes_soon(v->section[INDEX_BODY].bytes, (uint64_t)place * INDEX_BODY_SIZE,
               NAME_SOON);
}

/* What is searched next is asked for before the name is read: a processor that
 * waits for each in turn does little else. */
static void fetch(const index_view *v, const index_function *f, uint32_t rva,
                  uint32_t name)
{
    enum {
        WORD = INDEX_BODY_SIZE,
        LINE = INDEX_LINE_WORDS * WORD,
        CALL = INDEX_INLINE_WORDS * WORD
    };
    mdw_bytes body = v->section[INDEX_BODY].bytes;
    uint64_t first = (uint64_t)f->body * WORD, g = guess(f, rva);
    uint64_t near = g > NEAR ? g - NEAR : 0;
    bytes_soon(body, first + near * LINE, (uint64_t)2 * NEAR * LINE);
    bytes_soon(body, first + f->lines * (uint64_t)LINE,
               f->calls * (uint64_t)CALL);
    string_soon(v, name);
}

static uint32_t body_head(const table *head, uint32_t word)
{
    return table_u32(head, 0, word * INDEX_BODY_SIZE);
}

bool body_covers(const index_view *v, uint32_t at, uint32_t rva,
                 index_function *out)
{
    enum { HEAD = INDEX_BODY_HEAD * INDEX_BODY_SIZE };
    uint32_t word = view_u32(v, INDEX_FUNCTION, at, INDEX_FUNCTION_BODY);
    if (!view_words(v, INDEX_BODY, word, INDEX_BODY_HEAD))
        return false;
    const table head = {bytes_slice(v->section[INDEX_BODY].bytes,
                                    (uint64_t)word * INDEX_BODY_SIZE, HEAD),
                        HEAD, 1};
    if (!head.bytes.data)
        return false;
    out->start = body_head(&head, INDEX_BODY_START);
    out->bytes = body_head(&head, INDEX_BODY_BYTES);
    if (!lies_in(rva, out->start, out->bytes))
        return false;
    uint32_t name = body_head(&head, INDEX_BODY_NAME);
    out->body = word + INDEX_BODY_HEAD; /* view_words: it is there */
    out->lines = body_head(&head, INDEX_BODY_LINES);
    out->calls = body_head(&head, INDEX_BODY_INLINES);
    out->checked = body_is_checked(v, out);
    fetch(v, out, rva, name);
    out->args = body_head(&head, INDEX_BODY_ARGS);
    out->flags = body_head(&head, INDEX_BODY_FLAGS);
    out->name = view_string(v, name);
    return true;
}

static void calls_from_body(const index_view *v, const index_function *f,
                            uint32_t rva, detail *d)
{
    run r = calls_of_body(v, f);
    uint32_t at = run_after(v, &r, 0, r.records.count, rva) - 1;
    for (uint32_t i = 0; i < INDEX_DEPTH && at < r.records.count; i++) {
        if (lies_in(rva, run_word(v, &r, at, INDEX_INLINE_KEY),
                    run_word(v, &r, at, INDEX_INLINE_BYTES))) {
            call *c = &d->calls[d->count++];
            c->name = run_word(v, &r, at, INDEX_INLINE_NAME);
            c->file = run_word(v, &r, at, INDEX_INLINE_CALL_FILE);
            c->line = run_word(v, &r, at, INDEX_INLINE_CALL_LINE);
            string_soon(v, c->name);
            string_soon(v, c->file);
        }
        uint32_t parent = run_word(v, &r, at, INDEX_INLINE_PARENT);
        if (parent >= at) /* MDW_NONE too */
            break;
        at = parent;
    }
}

void body_detail(const index_view *v, const index_function *f, uint32_t rva,
                 detail *d)
{
    run r = lines_of_body(v, f);
    uint32_t n = line_after(v, f, &r, rva);
    if (n) {
        d->start = run_word(v, &r, n - 1, INDEX_LINE_KEY);
        d->line = run_word(v, &r, n - 1, INDEX_LINE_LINE);
        d->file = run_word(v, &r, n - 1, INDEX_LINE_FILE);
        string_soon(v, d->file);
    }
    if (f->calls)
        calls_from_body(v, f, rva, d);
}
