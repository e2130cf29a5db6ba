/* lib/symbol/elf_build.c - an ELF file, and its debug file, as an index. */
#include "lib/symbol/elf_build.h"

#include <string.h>
#include <xxhash.h>

#include "lib/base/fail.h"
#include "lib/base/options.h"
#include "lib/symbol/elf_rows.h"

typedef struct elf_job {
    arena *store;
    elf_file *image, *debug; /* debug NULL: none */
    code_symbols symbols;
    mdw_budget budget;
    const mdw_allocator *alloc;
    index_writer *w;
    dwarf_counts counts;
    bool split;
} elf_job;

void elf_describe(const elf_file *image, uint64_t size, index_info *info)
{
    info->level = MDW_INDEX_FULL;
    info->arch = image->arch;
    info->id = elf_debug_id(image);
    info->link_base = image->image.start;
    info->image_size = image->image.size;
    info->source_size = size;
    if (code_symbols_any(image) || elf_find(image, ".debug_info"))
        info->has |= MDW_HAS_FUNCTIONS;
}

static void describe(const elf_job *j, mdw_bytes source)
{
    index_info *info = index_writer_info(j->w);
    XXH128_canonical_t hash;
    XXH128_canonicalFromHash(&hash, XXH3_128bits(source.data, source.len));
    memcpy(info->source_hash, hash.digest, sizeof info->source_hash);
    elf_describe(j->image, source.len, info);
    if (j->symbols.count || j->counts.functions)
        info->has |= MDW_HAS_FUNCTIONS;
    if (j->counts.lines)
        info->has |= MDW_HAS_LINES;
    if (j->counts.inlines)
        info->has |= MDW_HAS_INLINES;
    if (j->split)
        info->has |= MDW_HAS_SPLIT;
}

void elf_put_symbols(const code_symbols *symbols, index_writer *w)
{
    for (size_t i = 0; i < symbols->count; i++) {
        const code_symbol *s = &symbols->items[i];
        index_function f = {
            .start = s->rva, .bytes = s->size, .flags = s->flags};
        index_put_function(w, &f, index_put_string(w, s->name), NULL, 0, NULL,
                           0);
    }
}

static mdw_status put_dwarf(elf_job *j, dwarf *d, mdw_error *err)
{
    dwarf_put *put;
    mdw_status status = dwarf_put_new(d, j->w, &j->symbols, &put, err);
    if (status != MDW_OK)
        return status;
    status = dwarf_put_all(put, err);
    if (status == MDW_OK)
        status = dwarf_put_symbols(put, NULL, err);
    dwarf_put_close(put);
    j->counts = *dwarf_count(d);
    j->split = dwarf_has_split(d);
    return status;
}

/* DWARF that cannot be opened at all leaves the symbols. */
static mdw_status put_all(elf_job *j, mdw_error *err)
{
    dwarf *d = NULL;
    mdw_error why = {.code = MDW_OK};
    mdw_status status = MDW_ABSENT;
    if (j->debug)
        status = dwarf_open(j->debug, j->image, &j->budget, j->alloc, &d, &why);
    if (status == MDW_ABSENT)
        status = dwarf_open(j->image, NULL, &j->budget, j->alloc, &d, &why);
    if (status == MDW_OK) {
        status = put_dwarf(j, d, err);
        dwarf_close(d);
        return status;
    }
    if (status == MDW_ABSENT || status == MDW_E_DAMAGED) {
        j->counts.first = why;
        elf_put_symbols(&j->symbols, j->w);
        return MDW_OK;
    }
    if (err)
        *err = why;
    return status;
}

static mdw_status put_rows_of(elf_job *j, const elf_file *elf, uint32_t *layer)
{
    return elf_put_rows(elf, j->image->image.start, layer, &j->budget, j->store,
                        j->alloc, j->w);
}

/* A debug file has no .eh_frame; its .debug_frame is asked where the image has
 * no table at all, and on ARM before the image's, which are as a rule
 * .ARM.exidx alone. */
static mdw_status put_rows(elf_job *j, mdw_error *err)
{
    uint32_t layer = 0;
    bool first = j->debug && j->image->arch == MDW_ARCH_ARM;
    mdw_status status = first ? put_rows_of(j, j->debug, &layer) : MDW_OK;
    if (status >= 0)
        status = put_rows_of(j, j->image, &layer);
    if (status == MDW_ABSENT && j->debug && !first)
        status = put_rows_of(j, j->debug, &layer);
    return status >= 0 ? MDW_OK : fail(err, status, "unwind tables");
}

static mdw_status open_files(elf_job *j, mdw_bytes image, mdw_bytes debug,
                             mdw_error *err)
{
    mdw_status status = elf_open(image, j->store, &j->image, err);
    if (status == MDW_OK && debug.len)
        status = elf_open(debug, j->store, &j->debug, err);
    if (status != MDW_OK)
        return status;
    return code_symbols_read(j->image, j->debug, j->store, &j->symbols, err);
}

mdw_status elf_build(mdw_bytes image, mdw_bytes debug,
                     const mdw_index_options *options, index_writer *w,
                     dwarf_counts *counts, mdw_error *err)
{
    elf_job j = {.alloc = options->alloc, .w = w};
    mdw_status status =
        options_read(&j.budget, sizeof j.budget, options->budget);
    if (status != MDW_OK)
        return fail(err, status, "mdw_budget");
    j.store = arena_new(options->alloc, j.budget.memory);
    if (!j.store)
        return fail(err, MDW_E_MEMORY, "ELF file");
    status = open_files(&j, image, debug, err);
    if (status == MDW_OK)
        status = put_all(&j, err);
    if (status == MDW_OK)
        status = put_rows(&j, err);
    if (status == MDW_OK)
        describe(&j, image);
    if (counts)
        *counts = j.counts;
    arena_close(j.store);
    return status;
}
