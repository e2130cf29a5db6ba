/* lib/unwind/info.c - the row function over the unwind sections of an image.
 */
#include "lib/unwind/info.h"

#include "lib/base/fail.h"
#include "lib/base/options.h"
#include "lib/unwind/exidx.h"
#include "lib/unwind/row_cache.h"

enum { DWARF_TABLES = 2 };

/* In the order in which they are asked. */
struct mdw_unwind_info {
    arena *store;
    const arch *arch;
    dwarf_cfi table[DWARF_TABLES];
    uint32_t count;
    exidx exidx; /* says less than the others: asked after them */
    bool has_exidx;
    row_cache *cache; /* first answers, by address as linked */
};

static dwarf_cfi table_of(const mdw_sections *s, const arch *a, uint32_t id)
{
    const mdw_section *text = &s->section[MDW_SECTION_TEXT];
    const mdw_section *got = &s->section[MDW_SECTION_GOT];
    return (dwarf_cfi){
        .arch = a,
        .big_endian = s->big_endian,
        .eh = id == MDW_SECTION_EH_FRAME,
        .bytes = s->section[id].data,
        .addr = s->section[id].addr,
        .bases = {.text = text->addr,
                  .has_text = text->addr,
                  .data = got->addr,
                  .has_data = got->addr},
        .at = s->at,
        .at_user = s->at_user,
    };
}

static mdw_status take_tables(mdw_unwind_info *info, const mdw_sections *s)
{
    static const uint8_t ids[DWARF_TABLES] = {MDW_SECTION_EH_FRAME,
                                              MDW_SECTION_DEBUG_FRAME};
    for (size_t i = 0; i < DWARF_TABLES; i++) {
        dwarf_cfi *t = &info->table[info->count];
        *t = table_of(s, info->arch, ids[i]);
        bool ready =
            t->eh && dwarf_take_header(t, s->section[MDW_SECTION_EH_FRAME_HDR]);
        mdw_status status = ready ? MDW_OK : dwarf_index(t, info->store);
        if (status == MDW_E_MEMORY)
            return status;
        info->count += status == MDW_OK;
    }
    info->has_exidx = exidx_take(&info->exidx, s);
    return info->count || info->has_exidx ? MDW_OK : MDW_ABSENT;
}

mdw_status mdw_unwind_info_new(const mdw_sections *sections,
                               const mdw_allocator *alloc,
                               mdw_unwind_info **out, mdw_error *err)
{
    mdw_sections use;
    if (!sections || !out)
        return fail(err, MDW_E_ARG, "mdw_unwind_info_new");
    mdw_status status = options_read(&use, sizeof use, sections);
    if (status != MDW_OK)
        return fail(err, status, "mdw_sections");
    const arch *a = arch_find(use.arch);
    if (!a)
        return fail(err, MDW_E_UNSUPPORTED, "architecture");
    arena *store = arena_new(alloc, 0);
    mdw_unwind_info *info = store ? arena_take(store, 1, sizeof *info) : NULL;
    if (!info) {
        arena_close(store);
        return fail(err, MDW_E_MEMORY, "mdw_unwind_info");
    }
    info->store = store;
    info->arch = a;
    info->cache = row_cache_new(store);
    status = info->cache ? take_tables(info, &use) : MDW_E_MEMORY;
    if (status != MDW_OK) {
        arena_close(store);
        return fail(err, status, "mdw_sections");
    }
    *out = info;
    return MDW_OK;
}

void mdw_unwind_info_close(mdw_unwind_info *info)
{
    if (info)
        arena_close(info->store);
}

uint32_t unwind_info_tables(const mdw_unwind_info *info)
{
    return info->count + info->has_exidx;
}

bool unwind_info_at_calls(const mdw_unwind_info *info)
{
    return !info->count;
}

/* A table that is broken at this place does not hide the next one. */
static mdw_status ask_tables(const mdw_unwind_info *info, uint64_t pc,
                             uint32_t choice, mdw_row *row)
{
    uint32_t answers = 0, count = unwind_info_tables(info);
    mdw_status problem = MDW_ABSENT;
    for (uint32_t i = 0; i < count; i++) {
        mdw_status status = i < info->count
                                ? dwarf_row(&info->table[i], pc, row)
                                : exidx_row(&info->exidx, pc, row);
        if (status < 0 && problem == MDW_ABSENT)
            problem = status;
        if (status == MDW_OK && answers++ == choice)
            return MDW_OK;
    }
    return answers ? MDW_ABSENT : problem;
}

mdw_status mdw_unwind_info_rows(void *user, const mdw_image *image,
                                const mdw_row_query *query, mdw_row *row)
{
    const mdw_unwind_info *info = user;
    uint64_t bias = image->range.start - image->link_base;
    uint64_t mask = info->arch->pointer == 4 ? UINT32_MAX : UINT64_MAX;
    uint64_t pc = (query->pc - bias) & mask;
    mdw_status status = MDW_OK;
    if (query->choice || !row_cache_get(info->cache, pc, row)) {
        status = ask_tables(info, pc, query->choice, row);
        if (status == MDW_OK && !query->choice)
            row_cache_put(info->cache, pc, row);
    }
    row->pc.start = (row->pc.start + bias) & mask;
    return status;
}

mdw_status unwind_info_each(const mdw_unwind_info *info, uint32_t table,
                            row_fn each, void *user, uint64_t *broken)
{
    if (table < info->count)
        return dwarf_each_row(&info->table[table], each, user, broken);
    return table < unwind_info_tables(info)
               ? exidx_each_row(&info->exidx, each, user, broken)
               : (mdw_status)MDW_ABSENT;
}
