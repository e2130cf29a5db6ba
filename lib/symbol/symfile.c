/* lib/symbol/symfile.c - a symbol file as embedders see it: bytes of some
 * kind, and the index through which they are read. */
#include <stdatomic.h>
#include <string.h>

#include "lib/base/arena.h"
#include "lib/base/buffer.h"
#include "lib/base/bytes.h"
#include "lib/base/fail.h"
#include "lib/base/options.h"
#include "lib/base/str.h"
#include "lib/base/text.h"
#include "lib/base/utf8.h"
#include "lib/symbol/demangle.h"
#include "lib/symbol/elf_build.h"
#include "lib/symbol/elf_code.h"
#include "lib/symbol/elf_rows.h"
#include "lib/symbol/elf_symbols.h"
#include "lib/symbol/elf_units.h"
#include "lib/symbol/sym.h"
#include "lib/symbol/symfile.h"
#include "lib/unwind/info.h"
#include "lib/unwind/row.h"
#include "lib/unwind/row_cache.h"
#include "lib/unwind/stack_win.h"

/* An index in memory: the header says how large it will be. */
typedef struct built {
    mdw_allocator alloc;
    uint8_t *bytes;
    size_t len, size;
} built;

struct mdw_symfile {
    arena *store;
    uint32_t kind; /* enum mdw_symfile_kind */
    mdw_str place;
    atomic_uint *references;
    built index;                 /* unless the caller has it */
    row_cache *cache;            /* STACK CFI, by rva */
    elf_file *elf;               /* NULL: another kind */
    index_info info;             /* of either of these two */
    const index_view *view;      /* NULL: by units */
    elf_units *units;            /* NULL: one index */
    mdw_unwind_info *unwind;     /* ELF: rows as they lie; NULL: none */
    elf_code *code;              /* ELF: its own bytes; NULL: none */
    bool partial;                /* its tables lie in target memory */
    void (*release)(void *user); /* when the bytes are needed no more */
    void *release_user;
};

/* --- building ---------------------------------------------------------- */

/* What is known by its first bytes and not read yet: the DOS header of PE, the
 * magics of Mach-O in both widths and orders and of universal files, MSF. */
static uint32_t foreign_kind(mdw_bytes bytes)
{
    static const struct {
        uint32_t kind;
        mdw_str magic;
    } known[] = {
        {MDW_SYMFILE_PE, {"MZ", 2}},
        {MDW_SYMFILE_MACHO, {"\xFE\xED\xFA\xCE", 4}},
        {MDW_SYMFILE_MACHO, {"\xFE\xED\xFA\xCF", 4}},
        {MDW_SYMFILE_MACHO, {"\xCE\xFA\xED\xFE", 4}},
        {MDW_SYMFILE_MACHO, {"\xCF\xFA\xED\xFE", 4}},
        {MDW_SYMFILE_MACHO, {"\xCA\xFE\xBA\xBE", 4}},
        {MDW_SYMFILE_PDB, {"Microsoft C/C++ MSF 7.00", 24}},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (str_starts(str_from(bytes), known[i].magic))
            return known[i].kind;
    return MDW_SYMFILE_ANY;
}

static uint32_t kind_of(mdw_bytes bytes)
{
    if (str_starts(str_from(bytes), STR(INDEX_MAGIC)))
        return MDW_SYMFILE_INDEX;
    if (str_starts(str_from(bytes), STR("\x7F"
                                        "ELF")))
        return MDW_SYMFILE_ELF;
    return sym_is(bytes) ? MDW_SYMFILE_BREAKPAD : foreign_kind(bytes);
}

/* All of a text is read: 64 bytes are a unit of work, and whether there are
 * enough of them is known before the first is spent. */
static mdw_status count_work(mdw_bytes source, const mdw_index_options *options,
                             mdw_error *err)
{
    enum { UNIT = 64 };
    mdw_budget budget;
    mdw_status status = options_read(&budget, sizeof budget, options->budget);
    if (status != MDW_OK)
        return fail(err, status, "mdw_budget");
    return !budget.work || source.len / UNIT <= budget.work
               ? (mdw_status)MDW_OK
               : fail(err, MDW_E_LIMIT, "budget.work");
}

static mdw_status build(uint32_t kind, mdw_bytes source,
                        const mdw_index_options *options, mdw_sink out,
                        mdw_error *err)
{
    index_writer *w;
    bool is_elf = kind == MDW_SYMFILE_ELF;
    if (kind != MDW_SYMFILE_BREAKPAD && !is_elf)
        return fail_at(
            err, kind == MDW_SYMFILE_ANY ? MDW_E_FORMAT : MDW_E_UNSUPPORTED, 0,
            0, kind, "symbol file");
    mdw_status status = is_elf ? MDW_OK : count_work(source, options, err);
    if (status == MDW_OK)
        status = index_writer_new(options, &w, err);
    if (status != MDW_OK)
        return status;
    status = is_elf ? elf_build(source, (mdw_bytes){0}, options, w, NULL, err)
                    : sym_build(source, options, w, err);
    if (status != MDW_OK) {
        index_writer_close(w);
        return status;
    }
    index_writer_info(w)->source_time = options->source_time;
    return index_finish(w, out, err);
}

mdw_status mdw_index_build(mdw_bytes source, const mdw_index_options *options,
                           mdw_sink out, mdw_error *err)
{
    mdw_index_options o;
    mdw_status status = options_read(&o, sizeof o, options);
    if (status != MDW_OK)
        return fail(err, status, "mdw_index_options");
    if (!out.write || o.level > MDW_INDEX_FULL)
        return fail(err, MDW_E_ARG, "mdw_index_options");
    return build(kind_of(source), source, &o, out, err);
}

static bool keep(void *user, const void *data, size_t len)
{
    built *b = user;
    uint64_t size = 0;
    mdw_bytes head = {data, len};
    if (!b->bytes) {
        if (!bytes_uint(head, INDEX_AT_SIZE, 8, false, &size) ||
            size > SIZE_MAX)
            return false;
        b->bytes = block_take(&b->alloc, (size_t)size, 1);
        b->size = b->bytes ? (size_t)size : 0;
    }
    if (!b->bytes || len > b->size - b->len)
        return false;
    memcpy(b->bytes + b->len, data, len);
    b->len += len;
    return true;
}

/* --- opening ----------------------------------------------------------- */

static mdw_status make_index(mdw_symfile *f, uint32_t kind, mdw_bytes bytes,
                             const mdw_symfile_options *o, mdw_error *err)
{
    mdw_index_options index = MDW_INIT(mdw_index_options);
    index.level = MDW_INDEX_DIRECTORY;
    index.budget = o->budget;
    index.alloc = o->alloc;
    f->index.alloc = allocator_or_default(o->alloc);
    mdw_sink sink = {keep, &f->index};
    mdw_status status = build(kind, bytes, &index, sink, err);
    if (status == MDW_E_IO && !f->index.bytes)
        return fail(err, MDW_E_MEMORY, "index");
    return status;
}

static mdw_status check_identity(const mdw_debug_id *has,
                                 const mdw_module *wants, mdw_error *err)
{
    const mdw_debug_id *id = wants ? &wants->debug_id : NULL;
    if (!id || id->form == MDW_DEBUG_ID_NONE)
        return MDW_OK;
    if (id->form == has->form && id->age == has->age &&
        !memcmp(id->guid, has->guid, sizeof id->guid))
        return MDW_OK;
    return fail(err, MDW_E_MISMATCH, "debug id");
}

static mdw_status open_index(mdw_symfile *f, uint32_t kind, mdw_bytes bytes,
                             const mdw_symfile_options *o, mdw_error *err)
{
    mdw_bytes index = kind == MDW_SYMFILE_INDEX ? bytes : o->index;
    index_view *view;
    if (!index.len) {
        mdw_status status = make_index(f, kind, bytes, o, err);
        if (status != MDW_OK)
            return status;
        index = (mdw_bytes){f->index.bytes, f->index.len};
    }
    mdw_status status = index_open(index, bytes, f->store, &view, err);
    if (status != MDW_OK)
        return status;
    f->view = view;
    f->info = *index_about(view);
    if (f->info.has & MDW_HAS_ROWS) {
        f->cache = row_cache_new(f->store);
        if (!f->cache)
            return fail(err, MDW_E_MEMORY, "rows");
    }
    return check_identity(&f->info.id, o->wants, err);
}

static mdw_status open_units(mdw_symfile *f, const mdw_symfile_options *o,
                             mdw_error *err)
{
    mdw_status status = elf_units_open(f->elf, o->by_unit, o->budget, o->alloc,
                                       &f->units, &f->info, err);
    return status == MDW_OK ? check_identity(&f->info.id, o->wants, err)
                            : status;
}

/* A table that is broken is as good as none. */
static mdw_status open_elf(mdw_symfile *f, mdw_bytes bytes,
                           const mdw_symfile_options *o, mdw_error *err)
{
    mdw_status status = elf_open(bytes, f->store, &f->elf, err);
    if (status == MDW_OK)
        status = o->index.len ? open_index(f, MDW_SYMFILE_ELF, bytes, o, err)
                              : open_units(f, o, err);
    if (status != MDW_OK)
        return status;
    status = elf_code_open(f->elf, f->store, &f->code);
    if (status == MDW_ABSENT)
        f->code = NULL;
    if (status != MDW_E_MEMORY)
        status = elf_rows_open(f->elf, f->code, f->store, o->alloc, &f->unwind);
    return status == MDW_E_MEMORY ? fail(err, status, "ELF file")
                                  : (mdw_status)MDW_OK;
}

mdw_status mdw_symfile_open(mdw_bytes bytes, const mdw_symfile_options *options,
                            mdw_symfile **out, mdw_error *err)
{
    mdw_symfile_options o;
    mdw_status status = options_read(&o, sizeof o, options);
    if (status != MDW_OK)
        return fail(err, status, "mdw_symfile_options");
    arena *store = arena_new(o.alloc, 0);
    mdw_symfile *f = store ? arena_take(store, 1, sizeof *f) : NULL;
    atomic_uint *references =
        f ? arena_take(store, 1, sizeof *references) : NULL;
    if (!references) {
        arena_close(store);
        return fail(err, MDW_E_MEMORY, "symbol file");
    }
    atomic_init(references, 1);
    f->store = store;
    f->references = references;
    f->kind = o.kind ? o.kind : kind_of(bytes);
    f->place = arena_str(store, o.place);
    if (o.place.len && !f->place.data)
        status = fail(err, MDW_E_MEMORY, "symbol file");
    else
        status = f->kind == MDW_SYMFILE_ELF
                     ? open_elf(f, bytes, &o, err)
                     : open_index(f, f->kind, bytes, &o, err);
    if (status != MDW_OK) {
        mdw_symfile_close(f);
        return status;
    }
    f->release = o.release;
    f->release_user = o.release_user;
    *out = f;
    return status;
}

mdw_status symfile_of_rows(arena *store, mdw_unwind_info *unwind,
                           uint64_t link_base, mdw_symfile **out)
{
    mdw_symfile *f = arena_take(store, 1, sizeof *f);
    atomic_uint *references =
        f ? arena_take(store, 1, sizeof *references) : NULL;
    if (!references)
        return MDW_E_MEMORY;
    atomic_init(references, 1);
    *f = (mdw_symfile){.store = store,
                       .references = references,
                       .unwind = unwind,
                       .partial = true};
    f->info.link_base = link_base;
    *out = f;
    return MDW_OK;
}

/* The object is const to all but its count. */
mdw_symfile *mdw_symfile_hold(const mdw_symfile *file)
{
    if (file)
        atomic_fetch_add_explicit(file->references, 1, memory_order_relaxed);
    return (mdw_symfile *)file;
}

void mdw_symfile_close(mdw_symfile *file)
{
    if (!file || atomic_fetch_sub_explicit(file->references, 1,
                                           memory_order_acq_rel) > 1)
        return;
    if (file->index.bytes)
        block_give(&file->index.alloc, file->index.bytes);
    mdw_unwind_info_close(file->unwind);
    elf_units_close(file->units);
    void (*release)(void *user) = file->release;
    void *user = file->release_user;
    arena_close(file->store);
    if (release)
        release(user);
}

uint32_t mdw_symfile_has(const mdw_symfile *file)
{
    uint32_t has = file->info.has;
    if (file->units && elf_units_split(file->units))
        has |= MDW_HAS_SPLIT;
    if (file->unwind)
        has |= MDW_HAS_ROWS;
    return file->code ? has | MDW_HAS_CODE : has;
}

bool symfile_second_best(const mdw_symfile *file, uint32_t need)
{
    if (need == MDW_NEED_ROWS)
        return file->elf && file->unwind && unwind_info_at_calls(file->unwind);
    return need == MDW_NEED_NAMES && file->elf &&
           !(file->info.has & MDW_HAS_LINES);
}

mdw_status mdw_symfile_about(const mdw_symfile *file, mdw_symfile_facts *out)
{
    mdw_symfile_facts f = MDW_INIT(mdw_symfile_facts);
    f.kind = file->kind;
    f.place = file->place;
    f.has_index = file->view;
    f.level = file->view ? file->info.level : (uint32_t)MDW_INDEX_FULL;
    f.arch = file->info.arch;
    f.debug_id = file->info.id;
    if (file->view)
        f.source_size = file->info.source_size;
    else if (file->elf)
        f.source_size = file->elf->bytes.len;
    f.source_time = file->info.source_time;
    f.has_hash = file->view && f.level == MDW_INDEX_FULL;
    memcpy(f.source_hash, file->info.source_hash, sizeof f.source_hash);
    return record_write(out, &f, sizeof f);
}

mdw_status mdw_symfile_verify(const mdw_symfile *file, mdw_bytes source,
                              mdw_error *err)
{
    return file->view ? index_verify(file->view, source, err)
                      : (mdw_status)MDW_ABSENT;
}

uint32_t symfile_references(const mdw_symfile *file)
{
    return atomic_load_explicit(file->references, memory_order_acquire);
}

const index_view *symfile_index(const mdw_symfile *file)
{
    return file->view;
}

/* --- answers ----------------------------------------------------------- */

enum { CLEAN_MAX = 4096 };

/* `name`, or a copy in `room` with U+FFFD for what is no UTF-8, cut there. */
static mdw_str clean(mdw_str name, char *room)
{
    static const char mark[] = "\xEF\xBF\xBD";
    size_t n = 0;
    if (utf8_span(name) == name.len)
        return name;
    while (name.len) {
        bool valid;
        mdw_str part = utf8_next(&name, &valid);
        if (!valid)
            part = (mdw_str){mark, sizeof mark - 1};
        if (part.len > CLEAN_MAX - n)
            break;
        memcpy(room + n, part.data, part.len);
        n += part.len;
    }
    return (mdw_str){room, n};
}

typedef struct lookup {
    const index_function *function;
    mdw_symbol_fn each;
    void *user;
} lookup;

static bool give(void *user, const index_place *place)
{
    const lookup *l = user;
    char name[CLEAN_MAX], file[CLEAN_MAX], plain[DEMANGLE_OUT_MAX];
    mdw_symbol s = MDW_INIT(mdw_symbol);
    s.function =
        text_ascii(place->name) ? place->name : clean(place->name, name);
    size_t len = demangle(s.function, plain, sizeof plain);
    if (len) {
        s.raw = s.function;
        s.function = (mdw_str){plain, len};
    }
    s.file = text_ascii(place->file) ? place->file : clean(place->file, file);
    s.line = place->line;
    s.line_start = place->start;
    s.flags = place->flags;
    if (!(place->flags & MDW_SYMBOL_INLINE)) {
        s.range = (mdw_range){l->function->start, l->function->bytes};
        s.args = l->function->args;
    }
    return l->each(l->user, &s);
}

mdw_status mdw_symfile_lookup(const mdw_symfile *file, uint64_t rva,
                              mdw_symbol_fn each, void *user)
{
    index_function f;
    const index_view *view = file->view;
    if (rva > UINT32_MAX || file->partial)
        return MDW_ABSENT;
    if (file->units)
        view = elf_units_at(file->units, (uint32_t)rva);
    if (!view)
        return MDW_AGAIN;
    mdw_status status = index_find(view, (uint32_t)rva, &f);
    if (status != MDW_OK)
        return status;
    lookup l = {&f, each, user};
    return index_detail(view, &f, (uint32_t)rva, give, &l);
}

mdw_status mdw_symfile_read(mdw_symfile *file, uint64_t rva, mdw_error *err)
{
    if (!file->units || rva > UINT32_MAX)
        return MDW_OK;
    return elf_units_read(file->units, (uint32_t)rva, err);
}

mdw_status mdw_symfile_find(const mdw_symfile *file, mdw_str name,
                            mdw_range *out)
{
    *out = (mdw_range){0, 0};
    if (file->partial)
        return MDW_ABSENT;
    return file->elf ? elf_symbol_find(file->elf, name, out)
                     : index_find_name(file->view, name, out);
}

/* STACK WIN, asked for its `choice`-th answer. */
static mdw_status win_rows(const index_view *view, const mdw_image *image,
                           const mdw_row_query *query, uint32_t choice,
                           mdw_row *row)
{
    index_win win;
    uint32_t rva = (uint32_t)(query->pc - image->range.start);
    mdw_status status = index_win_at(view, rva, &win);
    if (status != MDW_OK)
        return status;
    mdw_row_query q = *query;
    q.choice = choice;
    stack_win w = {.type = win.type,
                   .params = win.params,
                   .saved = win.saved,
                   .locals = win.locals,
                   .allocates_base = win.allocates_base,
                   .program = win.program};
    status = stack_win_row(&w, &image->range, &q, row);
    row->pc = (mdw_range){image->range.start + win.range.start, win.range.size};
    return status;
}

/* Once damaged, an index answers nothing any more. */
static mdw_status row_of(const mdw_symfile *file, uint32_t layer, uint32_t rva,
                         mdw_row *row)
{
    sym_row found;
    if (!layer && !index_damaged(file->view) &&
        row_cache_get(file->cache, rva, row))
        return MDW_OK;
    mdw_status status = index_row(file->view, layer, rva, &found);
    if (status != MDW_OK)
        return status;
    sym_row_fill(&found, row);
    if (!layer)
        row_cache_put(file->cache, rva, row);
    return MDW_OK;
}

/* STACK CFI or DWARF. MDW_ABSENT: `choice` is lowered by what answers there
 * are. */
static mdw_status layer_rows(const mdw_symfile *file, uint32_t rva,
                             uint32_t *choice, mdw_row *row)
{
    for (uint32_t layer = 0; layer < INDEX_ROW_LAYERS; layer++) {
        mdw_status status = row_of(file, layer, rva, row);
        if (status < 0 || (status == MDW_OK && !*choice))
            return status;
        *choice -= status == MDW_OK;
    }
    return MDW_ABSENT;
}

/* STACK CFI or DWARF first; what else there is comes from STACK WIN. */
static mdw_status rows(void *user, const mdw_image *image,
                       const mdw_row_query *query, mdw_row *row)
{
    const mdw_symfile *file = user;
    uint64_t rva = query->pc - image->range.start;
    index_function f;
    if (rva > UINT32_MAX)
        return MDW_ABSENT;
    bool x86 = file->info.arch == MDW_ARCH_X86;
    if (x86 && index_find(file->view, (uint32_t)rva, &f) == MDW_OK)
        row->args = f.args;
    uint32_t choice = query->choice;
    mdw_status status = layer_rows(file, (uint32_t)rva, &choice, row);
    if (status == MDW_OK) {
        row->pc.start += image->range.start;
        return MDW_OK;
    }
    uint32_t args = row->args;
    row_clear(row);
    row->args = args;
    if (status < 0 || !x86)
        return status;
    return win_rows(file->view, image, query, choice, row);
}

/* Tables of an image in target memory end where the captured pages do. */
static mdw_status partial_rows(void *user, const mdw_image *image,
                               const mdw_row_query *query, mdw_row *row)
{
    mdw_status status = mdw_unwind_info_rows(user, image, query, row);
    return status == MDW_E_TRUNCATED ? (mdw_status)MDW_ABSENT : status;
}

void mdw_symfile_image(const mdw_symfile *file, mdw_image *image)
{
    const index_info *info = &file->info;
    image->link_base = info->link_base;
    if (file->unwind) {
        image->rows = file->partial ? partial_rows : mdw_unwind_info_rows;
        image->user = file->unwind;
        return;
    }
    if (!file->view || !(index_about(file->view)->has & MDW_HAS_ROWS))
        return;
    image->rows = rows;
    image->user = (void *)file; /* rows takes it back as const */
}

mdw_memory mdw_symfile_code(const mdw_symfile *file)
{
    return file->code ? (mdw_memory){elf_code_read, elf_code_window, file->code}
                      : (mdw_memory){NULL, NULL, NULL};
}
