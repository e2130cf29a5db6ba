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

static sym_rule index_rule(mdw_rule rule)
{
    bool expr = rule.kind == MDW_RULE_EXPR || rule.kind == MDW_RULE_EXPR_LOAD;
    sym_rule out = {.kind = rule.kind, .base = rule.base};
    if (expr)
        out.expr = (mdw_bytes){rule.expr, rule.expr_len};
    else
        out.offset = rule.offset;
    return out;
}

static void put_row(index_writer *w, const mdw_row *row)
{
    sym_row out = {.pc = row->pc,
                   .flags = row->flags,
                   .source = row->source,
                   .set = row->set,
                   .cfa = index_rule(row->cfa)};
    for (unsigned i = 0; i < MDW_MAX_REGS; i++)
        if (row->set >> i & 1)
            out.reg[i] = index_rule(row->reg[i]);
    index_put_row(w, &out);
}

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

/* As if the file's rows were indexed. */
static void tell_index(const mdw_sections *s)
{
    dwarf_cfi cfi = {.arch = arch_find(s->arch),
                     .eh = true,
                     .bytes = s->section[MDW_SECTION_EH_FRAME].data,
                     .addr = s->section[MDW_SECTION_EH_FRAME].addr};
    mdw_index_options options = MDW_INIT(mdw_index_options);
    index_writer *w;
    growing g = {NULL, 0};
    arena *store = arena_new(NULL, 0);
    (void)dwarf_index(&cfi, store);
    options.level = MDW_INDEX_FULL;
    if (index_writer_new(&options, &w, NULL) != MDW_OK)
        exit(2);
    for (size_t i = 0; i < cfi.index_count; i++) {
        dwarf_fde fde;
        mdw_row row;
        if (dwarf_fde_read(&cfi, cfi.index[i].offset, &fde) != MDW_OK)
            continue;
        for (uint64_t at = fde.pc.start; mdw_range_has(fde.pc, at);
             at = row.pc.start + row.pc.size) {
            if (dwarf_run(&cfi, &fde, at, &row) != MDW_OK || !row.pc.size)
                break;
            put_row(w, &row);
        }
    }
    if (index_finish(w, (mdw_sink){grow, &g}, NULL) == MDW_OK)
        printf("in an index: %zu rule sets of %" PRIu64
               " bytes, rows of %" PRIu64 " bytes\n",
               count_sets(&g), section_bytes(&g, INDEX_RULES),
               section_bytes(&g, INDEX_ROW));
    free(g.bytes);
    arena_close(store);
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
    tell_index(&s);
    if (s.section[MDW_SECTION_EH_FRAME_HDR].data.len)
        measure("header", &s, addrs, count);
    cfi_drop(&s, MDW_SECTION_EH_FRAME_HDR);
    measure("index", &s, addrs, count);
    free(addrs);
    return 0;
}
