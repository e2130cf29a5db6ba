/* lib/symbol/elf_units.c - parts: a few units and the symbols around them,
 * indexed and never changed again. Readers follow a chain of them without a
 * lock; whoever adds one holds it. */
#include "lib/symbol/elf_units.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "lib/base/buffer.h"
#include "lib/base/fail.h"
#include "lib/base/options.h"
#include "lib/symbol/dwarf.h"
#include "lib/symbol/elf_build.h"
#include "lib/symbol/elf_symbols.h"

typedef struct part part;
struct part {
    const part *next;
    unit_set units;
    const index_view *view;
    mdw_error failure; /* MDW_OK: the DWARF is in it */
    buffer bytes;
};

struct elf_units {
    mdw_allocator alloc;
    mdw_budget budget;
    const elf_file *image;
    bool with_dwarf;
    _Atomic(const part *) parts;
    atomic_bool open, split; /* `dwarf` is set; a map of units with it */
    pthread_mutex_t lock;    /* for all that follows */
    arena *store;
    code_symbols symbols;
    dwarf *dwarf;
    mdw_error failure; /* of opening it */
};

/* --- opening ----------------------------------------------------------- */

static mdw_status describe(elf_units *u, index_info *info, mdw_error *err)
{
    elf_describe(u->image, u->image->bytes.len, info);
    if (!u->with_dwarf) {
        if (!code_symbols_any(u->image))
            info->has &= ~(uint32_t)MDW_HAS_FUNCTIONS;
        return elf_units_read(u, 0, err);
    }
    if (elf_find(u->image, ".debug_info"))
        info->has |= MDW_HAS_INLINES |
                     (elf_find(u->image, ".debug_line") ? MDW_HAS_LINES : 0u);
    return MDW_OK;
}

mdw_status elf_units_open(const elf_file *image, bool with_dwarf,
                          const mdw_budget *budget, const mdw_allocator *alloc,
                          elf_units **out, index_info *info, mdw_error *err)
{
    mdw_allocator own = allocator_or_default(alloc);
    elf_units *u = block_take(&own, 1, sizeof *u);
    if (!u)
        return fail(err, MDW_E_MEMORY, "ELF file");
    *u = (elf_units){.alloc = own,
                     .image = image,
                     .with_dwarf = with_dwarf,
                     .failure = {.code = MDW_OK}};
    atomic_init(&u->parts, NULL);
    atomic_init(&u->open, false);
    atomic_init(&u->split, false);
    mdw_status status = options_read(&u->budget, sizeof u->budget, budget);
    u->budget.size = sizeof u->budget;
    if (status != MDW_OK || pthread_mutex_init(&u->lock, NULL) != 0) {
        block_give(&own, u);
        return fail(err, status == MDW_OK ? MDW_E_MEMORY : status,
                    "mdw_budget");
    }
    u->store = arena_new(&own, 0);
    status =
        u->store ? describe(u, info, err) : fail(err, MDW_E_MEMORY, "ELF file");
    if (status == MDW_OK)
        *out = u;
    else
        elf_units_close(u);
    return status;
}

void elf_units_close(elf_units *u)
{
    if (!u)
        return;
    const part *next;
    for (const part *p = atomic_load(&u->parts); p; p = next) {
        buffer bytes = p->bytes;
        next = p->next;
        buffer_close(&bytes); /* the part itself lies in the arena */
    }
    dwarf_close(u->dwarf);
    arena_close(u->store);
    pthread_mutex_destroy(&u->lock);
    mdw_allocator alloc = u->alloc;
    block_give(&alloc, u);
}

/* --- reading ----------------------------------------------------------- */

static unit_set units_at(const elf_units *u, uint32_t rva)
{
    return u->dwarf ? dwarf_units_at(u->dwarf, rva) : (unit_set){.count = 0};
}

static const part *part_at(const elf_units *u, uint32_t rva)
{
    if (!atomic_load_explicit(&u->open, memory_order_acquire))
        return NULL;
    unit_set wanted = units_at(u, rva);
    const part *p = atomic_load_explicit(&u->parts, memory_order_acquire);
    while (p && !unit_set_answers(p->units, wanted))
        p = p->next;
    return p;
}

const index_view *elf_units_at(const elf_units *u, uint32_t rva)
{
    const part *p = part_at(u, rva);
    return p ? p->view : NULL;
}

bool elf_units_split(const elf_units *u)
{
    return atomic_load_explicit(&u->split, memory_order_relaxed);
}

/* --- more of it: with the lock ----------------------------------------- */

/* As in a whole index, DWARF that is damaged from its start on is as none. */
static mdw_status open_dwarf(elf_units *u)
{
    mdw_error why = {.code = MDW_OK};
    dwarf *d = NULL;
    mdw_status status =
        code_symbols_read(u->image, NULL, u->store, &u->symbols, &why);
    if (status == MDW_OK)
        status = u->with_dwarf ? dwarf_open(u->image, NULL, &u->budget,
                                            &u->alloc, &d, &why)
                               : (mdw_status)MDW_ABSENT;
    if (status == MDW_OK)
        status = dwarf_map_read(d, &u->symbols, &why);
    if (status == MDW_E_MEMORY || status == MDW_E_CANCELLED) {
        dwarf_close(d);
        return status;
    }
    if (status == MDW_OK) {
        u->dwarf = d;
        atomic_store_explicit(&u->split, dwarf_has_split(d),
                              memory_order_relaxed);
    } else {
        dwarf_close(d);
        if (status != MDW_ABSENT && status != MDW_E_DAMAGED)
            u->failure = why;
    }
    atomic_store_explicit(&u->open, true, memory_order_release);
    return MDW_OK;
}

static mdw_status put_units(elf_units *u, const unit_set *units,
                            index_writer *w, mdw_error *err)
{
    dwarf_put *put;
    dwarf_refresh(u->dwarf);
    mdw_status status = dwarf_put_new(u->dwarf, w, &u->symbols, &put, err);
    if (status != MDW_OK)
        return status;
    if (units->all)
        status = dwarf_put_all(put, err);
    for (uint32_t i = 0; status == MDW_OK && i < units->count; i++)
        status = dwarf_put_unit(put, units->units[i], err);
    if (status == MDW_OK)
        status = dwarf_put_symbols(put, units, err);
    dwarf_put_close(put);
    return status;
}

/* Without `units` all symbols, and nothing else: these must fit, and are never
 * much larger than their tables. */
static mdw_status build(elf_units *u, const unit_set *units, buffer *out,
                        mdw_error *err)
{
    mdw_index_options options = MDW_INIT(mdw_index_options);
    index_writer *w;
    options.level = MDW_INDEX_FULL;
    options.budget = units ? &u->budget : NULL;
    options.alloc = &u->alloc;
    mdw_status status = index_writer_new(&options, &w, err);
    if (status != MDW_OK)
        return status;
    if (units)
        status = put_units(u, units, w, err);
    else
        elf_put_symbols(&u->symbols, w);
    if (status != MDW_OK) {
        index_writer_close(w);
        return status;
    }
    elf_describe(u->image, u->image->bytes.len, index_writer_info(w));
    status = index_finish(w, buffer_sink(out), err);
    return status == MDW_E_IO ? MDW_E_MEMORY : status;
}

static mdw_status add_part(elf_units *u, uint32_t rva, const part **out)
{
    part *p = arena_take(u->store, 1, sizeof *p);
    index_view *view = NULL;
    if (!p)
        return MDW_E_MEMORY;
    *p = (part){.next = atomic_load(&u->parts),
                .units = units_at(u, rva),
                .failure = u->failure,
                .bytes = buffer_new(&u->alloc, SIZE_MAX / 2)};
    mdw_status status =
        build(u, u->dwarf ? &p->units : NULL, &p->bytes, &p->failure);
    if (status < 0 && status != MDW_E_MEMORY && status != MDW_E_CANCELLED) {
        buffer_close(&p->bytes);
        p->failure.code = status;
        status = build(u, NULL, &p->bytes, NULL);
    }
    if (status == MDW_OK)
        status = index_open(buffer_bytes(&p->bytes), (mdw_bytes){NULL, 0},
                            u->store, &view, NULL);
    p->view = view;
    if (status != MDW_OK) {
        buffer_close(&p->bytes);
        return status;
    }
    atomic_store_explicit(&u->parts, p, memory_order_release);
    *out = p;
    return MDW_OK;
}

mdw_status elf_units_read(elf_units *u, uint32_t rva, mdw_error *err)
{
    const part *p = part_at(u, rva);
    mdw_status status = MDW_OK;
    if (!p) {
        pthread_mutex_lock(&u->lock);
        if (!atomic_load(&u->open))
            status = open_dwarf(u);
        p = part_at(u, rva);
        if (status == MDW_OK && !p)
            status = add_part(u, rva, &p);
        pthread_mutex_unlock(&u->lock);
    }
    if (!p)
        return fail(err, status, "DWARF units");
    if (p->failure.code != MDW_OK && err)
        *err = p->failure;
    return p->failure.code;
}
