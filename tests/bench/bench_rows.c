/* tests/bench/bench_rows.c - the rows of an ELF file's unwind tables: how many
 * there are, how many say something different, what they take in an index; and
 * rows per second, every row once, in an order without pattern, each found and
 * decoded from the section's bytes. */
/* bench_rows FILE */
#define _DEFAULT_SOURCE /* clock_gettime */

#include <inttypes.h>
#include <time.h>

#include "cfi_file.h"
#include "lib/base/bytes.h"
#include "lib/symbol/index.h"
#include "lib/unwind/dwarf_cfi.h"
#include "mdwalk/source.h"

enum { ROUNDS = 5 };

/* Of this process alone: other work on the machine does not count. */
static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec; /* ns */
}

static size_t rows_of(const dwarf_cfi *cfi, const dwarf_fde *fde,
                      uint64_t *addrs, size_t room)
{
    size_t count = 0;
    mdw_row row;
    uint64_t at = fde->pc.start;
    while (count < room && mdw_range_has(fde->pc, at) &&
           dwarf_run(cfi, fde, at, &row) == MDW_OK && row.pc.size) {
        addrs[count++] = at;
        at = row.pc.start + row.pc.size;
    }
    return count;
}

/* The first address of every row. */
static size_t all_rows(const mdw_sections *s, uint64_t *addrs, size_t room)
{
    dwarf_cfi cfi = {.arch = arch_find(s->arch),
                     .eh = true,
                     .bytes = s->section[MDW_SECTION_EH_FRAME].data,
                     .addr = s->section[MDW_SECTION_EH_FRAME].addr};
    size_t count = 0;
    arena *store = arena_new(NULL, 0);
    (void)dwarf_index(&cfi, store);
    for (size_t i = 0; i < cfi.index_count; i++) {
        dwarf_fde fde;
        if (dwarf_fde_read(&cfi, cfi.index[i].offset, &fde) == MDW_OK)
            count += rows_of(&cfi, &fde, addrs + count, room - count);
    }
    arena_close(store);
    return count;
}

/* --- what they take in an index ----------------------------------------- */

typedef struct growing {
    uint8_t *bytes;
    size_t len;
} growing;

static bool grow(void *user, const void *data, size_t len)
{
    growing *g = user;
    uint8_t *more = realloc(g->bytes, g->len + len);
    if (!more)
        return false;
    memcpy(more + g->len, data, len);
    g->bytes = more;
    g->len += len;
    return true;
}

/* Bytes of a section of the index. */
static uint64_t section_bytes(const growing *g, uint32_t id)
{
    mdw_bytes all = {g->bytes, g->len};
    uint64_t count = 0, have = 0, bytes = 0;
    (void)bytes_uint(all, INDEX_AT_SECTIONS, 4, false, &count);
    for (uint64_t i = 0; i < count && have != id; i++) {
        uint64_t at = INDEX_HEADER_SIZE + i * INDEX_ENTRY_SIZE;
        (void)bytes_uint(all, at + INDEX_ENTRY_ID, 4, false, &have);
        (void)bytes_uint(all, at + INDEX_ENTRY_BYTES, 8, false, &bytes);
    }
    return have == id ? bytes : 0;
}

/* Rule sets one behind the other, from byte 1 on. */
static size_t count_sets(const growing *g)
{
    mdw_bytes all = {g->bytes, g->len};
    uint64_t count = 0, low = 0;
    size_t distinct = 0;
    size_t rows = section_bytes(g, INDEX_ROW) / INDEX_ROW_SIZE;
    uint64_t rules = section_bytes(g, INDEX_RULES);
    uint8_t *seen = calloc(rules + 1, 1);
    for (uint64_t i = 0; seen && !count; i++) {
        uint64_t at = INDEX_HEADER_SIZE + i * INDEX_ENTRY_SIZE, id = 0;
        (void)bytes_uint(all, at + INDEX_ENTRY_ID, 4, false, &id);
        if (id == INDEX_ROW &&
            bytes_uint(all, at + INDEX_ENTRY_OFFSET, 8, false, &low))
            count = rows;
    }
    for (uint64_t i = 0; seen && i < count; i++) {
        uint64_t set = 0;
        (void)bytes_uint(all, low + i * INDEX_ROW_SIZE + INDEX_ROW_RULES, 4,
                         false, &set);
        distinct += set && set <= rules && !seen[set];
        if (set <= rules)
            seen[set] = 1;
    }
    free(seen);
    return distinct;
}

static void tell_index(const char *path)
{
    mdw_index_options options = MDW_INIT(mdw_index_options);
    mdw_source *source = NULL;
    growing g = {NULL, 0};
    options.level = MDW_INDEX_FULL;
    if (mdw_source_open(path, NULL, &source, NULL) == MDW_OK &&
        mdw_index_build(mdw_source_bytes(source), &options,
                        (mdw_sink){grow, &g}, NULL) == MDW_OK)
        printf("in an index: %zu rule sets of %" PRIu64
               " bytes, rows of %" PRIu64 " bytes\n",
               count_sets(&g), section_bytes(&g, INDEX_RULES),
               section_bytes(&g, INDEX_ROW));
    free(g.bytes);
    mdw_source_close(source);
}

/* --- how fast they are -------------------------------------------------- */

static void shuffle(uint64_t *addrs, size_t count)
{
    uint64_t state = 1;
    for (size_t i = count; i > 1; i--) {
        state = state * UINT64_C(6364136223846793005) + 1442695040888963407;
        size_t j = (size_t)((state >> 33) % i);
        uint64_t swap = addrs[i - 1];
        addrs[i - 1] = addrs[j];
        addrs[j] = swap;
    }
}

static double read_all(mdw_unwind_info *info, const uint64_t *addrs,
                       size_t count)
{
    mdw_image image = MDW_INIT(mdw_image);
    mdw_row_query query = {.size = sizeof query};
    mdw_row row;
    double from = now();
    image.range = (mdw_range){0, UINT64_MAX};
    for (size_t i = 0; i < count; i++) {
        query.pc = addrs[i];
        row_clear(&row);
        if (mdw_unwind_info_rows(info, &image, &query, &row) != MDW_OK ||
            row.pc.start != addrs[i])
            printf("no row at %" PRIx64 "\n", addrs[i]);
    }
    return now() - from;
}

static void measure(const char *name, const mdw_sections *s,
                    const uint64_t *addrs, size_t count)
{
    mdw_unwind_info *info;
    double best = 0, first = 0, from = now();
    if (mdw_unwind_info_new(s, NULL, &info, NULL) != MDW_OK)
        return;
    double opened = now() - from;
    for (int i = 0; i < ROUNDS; i++) {
        double spent = read_all(info, addrs, count);
        if (!i)
            first = spent;
        best = i && best < spent ? best : spent;
    }
    printf("%-7s opened in %.3f ms; first touch %.0f ns a row, again %.0f ns "
           "(%.2f million rows/s)\n",
           name, opened / 1e6, first / (double)count, best / (double)count,
           1e3 * (double)count / best);
    mdw_unwind_info_close(info);
}

int main(int argc, char **argv)
{
    if (argc != 2)
        return 2;
    mdw_sections s = cfi_open(argv[1]);
    cfi_drop(&s, MDW_SECTION_DEBUG_FRAME);
    size_t room = s.section[MDW_SECTION_EH_FRAME].data.len;
    uint64_t *addrs = malloc((room + 1) * sizeof *addrs);
    size_t count = addrs ? all_rows(&s, addrs, room) : 0;
    shuffle(addrs, count);
    printf("%s: %zu rows\n", argv[1], count);
    tell_index(argv[1]);
    if (s.section[MDW_SECTION_EH_FRAME_HDR].data.len)
        measure("header", &s, addrs, count);
    cfi_drop(&s, MDW_SECTION_EH_FRAME_HDR);
    measure("index", &s, addrs, count);
    free(addrs);
    return 0;
}
