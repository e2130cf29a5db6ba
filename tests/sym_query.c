/* tests/sym_query.c - answers for addresses on stdin, as sym_reference.py
 * prints its own: names as in the file, and the row.
 *
 *   sym_query directory|full FILE < ADDRESSES */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/str.h"
#include "lib/symbol/index.h"
#include "lib/unwind/arch.h"

typedef struct bytes {
    uint8_t *data;
    size_t len, size;
} bytes;

static bool append(void *user, const void *data, size_t len)
{
    bytes *b = user;
    while (b->size - b->len < len) {
        b->size = b->size ? 2 * b->size : 65536;
        b->data = realloc(b->data, b->size);
        if (!b->data)
            return false;
    }
    memcpy(b->data + b->len, data, len);
    b->len += len;
    return true;
}

static bytes read_all(const char *path)
{
    bytes b = {NULL, 0, 0};
    char part[65536];
    FILE *f = fopen(path, "rb");
    for (size_t n; f && (n = fread(part, 1, sizeof part, f));)
        if (!append(&b, part, n))
            exit(2);
    if (!f)
        exit(2);
    fclose(f);
    return b;
}

static bool place(void *user, const index_place *p)
{
    (void)user;
    printf("%.*s|%.*s|%" PRIu32 "|%" PRIx32 "\n", (int)p->name.len,
           p->name.data, (int)p->file.len, p->file.data, p->line, p->start);
    return true;
}

static void print_names(const index_view *v, uint32_t rva)
{
    index_function f;
    mdw_status status = index_find(v, rva, &f);
    if (status == MDW_OK) {
        printf("%s %" PRIx32 " %" PRIx32 " %" PRIx32 "\n",
               f.flags & MDW_SYMBOL_NEAREST  ? "nearest"
               : f.flags & MDW_SYMBOL_SHARED ? "shared"
                                             : "function",
               f.start, f.bytes, f.args);
        status = index_detail(v, &f, rva, place, NULL);
    }
    if (status < 0)
        printf("%s\n", mdw_status_name(status));
}

static void print_rule(const char *before, const char *name, const sym_rule *r,
                       uint32_t arch_id)
{
    printf("%s%s: ", before, name);
    if (r->kind == MDW_RULE_UNDEFINED) {
        printf("undefined");
    } else if (r->kind == MDW_RULE_EXPR) {
        mdw_str rest = str_from(r->expr), word;
        for (const char *blank = ""; str_word(&rest, &word); blank = " ")
            printf("%s%.*s", blank, (int)word.len, word.data);
    } else {
        bool load = r->kind == MDW_RULE_LOAD;
        const char *base = r->base == MDW_BASE_CFA ? ".cfa"
                           : r->base == MDW_BASE_ZERO
                               ? "zero"
                               : mdw_reg_name(arch_id, r->base);
        printf("%s%s%+" PRId64 "%s", load ? "[" : "", base, r->offset,
               load ? "]" : "");
    }
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void print_row(const index_view *v, uint32_t rva)
{
    uint32_t id = index_about(v)->arch;
    sym_row row;
    mdw_status status = index_row(v, 0, rva, &row);
    if (status != MDW_OK) {
        if (status < 0)
            printf("%s\n", mdw_status_name(status));
        return;
    }
    if (!mdw_range_has(row.pc, rva))
        printf("row elsewhere\n");
    const char *names[MDW_MAX_REGS];
    size_t n = 0;
    for (uint32_t i = 0; i < MDW_MAX_REGS; i++)
        if (row.set >> i & 1)
            names[n++] = mdw_reg_name(id, i);
    qsort(names, n, sizeof *names, by_name);
    print_rule("= ", ".cfa", &row.cfa, id);
    for (size_t i = 0; i < n; i++)
        print_rule("; ", names[i], &row.reg[mdw_reg_find(id, str_of(names[i]))],
                   id);
    putchar('\n');
}

int main(int argc, char **argv)
{
    if (argc != 3)
        return 2;
    bytes source = read_all(argv[2]), index = {NULL, 0, 0};
    mdw_index_options o = MDW_INIT(mdw_index_options);
    mdw_budget budget = MDW_INIT(mdw_budget);
    bool full = !strcmp(argv[1], "full");
    budget.memory = UINT64_C(1) << 40;
    o.level = full ? MDW_INDEX_FULL : MDW_INDEX_DIRECTORY;
    o.budget = &budget;
    mdw_bytes in = {source.data, source.len};
    mdw_error err = {.what = NULL};
    index_view *v = NULL;
    arena *store = arena_new(NULL, 0);
    mdw_status status =
        mdw_index_build(in, &o, (mdw_sink){append, &index}, &err);
    if (full)
        in = (mdw_bytes){NULL, 0}; /* stands alone */
    if (status == MDW_OK)
        status =
            index_open((mdw_bytes){index.data, index.len}, in, store, &v, &err);
    if (status != MDW_OK) {
        fprintf(stderr, "%s: %s\n", mdw_status_name(status), err.what);
        return 1;
    }
    uint32_t rva;
    while (scanf("%" SCNx32, &rva) == 1) {
        printf("@%" PRIx32 "\n", rva);
        print_names(v, rva);
        print_row(v, rva);
    }
    arena_close(store);
    free(index.data);
    free(source.data);
    return 0;
}
