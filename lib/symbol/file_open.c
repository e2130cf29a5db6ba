/* lib/symbol/file_open.c - opening, identifying and indexing one file. */
#include "lib/symbol/file_open.h"

#include "lib/base/arena.h"
#include "lib/base/str.h"
#include "lib/base/table.h"
#include "lib/symbol/index.h"

/* The bytes that a file answers from. */
typedef struct holder {
    mdw_allocator alloc;
    mdw_source *source, *index;
    buffer bytes, built;
} holder;

static void holder_close(void *user)
{
    holder *h = user;
    mdw_allocator alloc = h->alloc;
    mdw_source_close(h->source);
    mdw_source_close(h->index);
    buffer_close(&h->bytes);
    buffer_close(&h->built);
    block_give(&alloc, h);
}

static holder *holder_new(const mdw_allocator *alloc)
{
    holder *h = block_take(alloc, 1, sizeof *h);
    if (h)
        *h = (holder){.alloc = *alloc,
                      .bytes = buffer_new(alloc, 0),
                      .built = buffer_new(alloc, SIZE_MAX / 2)};
    return h;
}

bool file_damaged(const mdw_symfile *file)
{
    const index_view *view = symfile_index(file);
    return view && index_damaged(view);
}

uint32_t file_level(const mdw_symfile *file)
{
    const index_view *view = symfile_index(file);
    return view ? index_about(view)->level : (uint32_t)MDW_INDEX_FULL;
}

/* The header says how large it will be. */
static bool grow(void *user, const void *data, size_t len)
{
    buffer *b = user;
    mdw_bytes head = {data, len};
    uint64_t size;
    if (!b->len && bytes_uint(head, INDEX_AT_SIZE, 8, false, &size) &&
        size <= SIZE_MAX && buffer_reserve(b, (size_t)size) != MDW_OK)
        return false;
    mdw_sink to = buffer_sink(b);
    return to.write(to.user, data, len);
}

/* --- indexing ---------------------------------------------------------- */

static mdw_status build(mdw_bytes source, uint32_t level, int64_t time,
                        const open_options *options, mdw_sink sink,
                        mdw_error *err)
{
    mdw_index_options index = MDW_INIT(mdw_index_options);
    index.level = level;
    /* What a directory holds while it is built is not much more than itself. */
    index.temporary = level == MDW_INDEX_FULL ? options->cache : NULL;
    index.budget = options->build;
    index.alloc = options->alloc;
    index.source_time = time;
    return mdw_index_build(source, &index, sink, err);
}

/* In a folder that cannot be written to there is no room to build: again, in
 * memory alone. */
static mdw_status build_new(holder *h, mdw_bytes source, uint32_t level,
                            int64_t time, const open_options *options,
                            mdw_error *err)
{
    mdw_sink sink = {grow, &h->built};
    mdw_status status = build(source, level, time, options, sink, err);
    if (status != MDW_E_IO || !options->cache)
        return status;
    open_options memory = *options;
    memory.cache = NULL;
    buffer_close(&h->built);
    return build(source, level, time, &memory, sink, err);
}

static mdw_status open_with(holder *h, mdw_bytes index, const file_want *want,
                            const open_options *options, opened_file *out)
{
    mdw_symfile_options o = MDW_INIT(mdw_symfile_options);
    o.kind = out->kind;
    o.wants = want->vouched ? NULL : want->module;
    o.index = index;
    o.budget = options->build;
    o.alloc = options->alloc;
    o.by_unit = 1;
    o.release = holder_close;
    o.release_user = h;
    o.place = want->place;
    return mdw_symfile_open(out->source, &o, &out->file, &out->trouble);
}

/* MDW_ABSENT: there is none, or it is not to be trusted. */
static mdw_status open_cached(holder *h, const file_want *want,
                              const open_options *options, opened_file *out)
{
    cache_source made_of = {out->source.len, out->time};
    if (!out->index_path[0] || options->no_cache ||
        cache_open(out->index_path, made_of, options->alloc, &h->index) !=
            MDW_OK)
        return MDW_ABSENT;
    mdw_bytes index = mdw_source_bytes(h->index);
    mdw_status status = open_with(h, index, want, options, out);
    if (status == MDW_OK) {
        out->bytes += index.len;
        return status;
    }
    out->trouble = (mdw_error){.code = MDW_OK};
    mdw_source_close(h->index);
    h->index = NULL;
    return status == MDW_E_MEMORY ? status : MDW_ABSENT;
}

/* A .sym is answered from its directory, DWARF unit by unit. */
static mdw_status open_indexed(holder *h, const file_want *want,
                               const open_options *options, opened_file *out)
{
    mdw_status status = open_cached(h, want, options, out);
    if (status != MDW_ABSENT)
        return status;
    if (out->kind == MDW_SYMFILE_ELF) {
        status = open_with(h, (mdw_bytes){NULL, 0}, want, options, out);
        out->by_unit = status == MDW_OK;
        return status;
    }
    status = build_new(h, out->source, MDW_INDEX_DIRECTORY, out->time, options,
                       &out->trouble);
    if (status != MDW_OK)
        return status;
    mdw_bytes index = buffer_bytes(&h->built);
    out->built = index;
    out->bytes += index.len;
    return open_with(h, index, want, options, out);
}

/* --- opening ----------------------------------------------------------- */

static bool set_index_path(const file_want *want, const open_options *options,
                           opened_file *out)
{
    path p;
    if (!options->cache ||
        !cache_path(options->cache, CACHE_INDEX, want->module, want->place, &p))
        return false;
    memcpy(out->index_path, p.text, p.len + 1);
    return true;
}

static mdw_status identify(const file_want *want, const open_options *options,
                           opened_file *out)
{
    identity id;
    mdw_status status = identity_read(out->source, options->alloc, &id);
    if (status == MDW_ABSENT) {
        out->trouble = (mdw_error){.code = MDW_E_FORMAT, .what = "symbol file"};
        return MDW_E_FORMAT;
    }
    if (status != MDW_OK) {
        out->trouble = (mdw_error){.code = status, .what = "symbol file"};
        return status;
    }
    out->kind = id.kind;
    if (want->vouched || identity_fits(&id, want->module))
        return MDW_OK;
    mismatch_text(&id, want->module, out->detail);
    out->trouble = (mdw_error){.code = MDW_E_MISMATCH, .what = "id"};
    return MDW_E_MISMATCH;
}

static void open_bytes(holder *h, const file_want *want,
                       const open_options *options, opened_file *out)
{
    out->bytes += out->source.len;
    mdw_status status = identify(want, options, out);
    bool names = want->need == MDW_NEED_NAMES;
    if (status == MDW_OK && (out->kind == MDW_SYMFILE_BREAKPAD ||
                             (out->kind == MDW_SYMFILE_ELF && names))) {
        (void)set_index_path(want, options, out);
        status = open_indexed(h, want, options, out);
    } else if (status == MDW_OK) {
        status = open_with(h, (mdw_bytes){NULL, 0}, want, options, out);
    }
    out->status = status;
    if (status != MDW_OK) {
        out->source = out->built = (mdw_bytes){NULL, 0};
        out->bytes = 0;
        holder_close(h);
    }
}

void file_open(const file_want *want, int64_t time, const open_options *options,
               opened_file *out)
{
    mdw_source_options source = MDW_INIT(mdw_source_options);
    source.alloc = options->alloc;
    *out = (opened_file){.status = MDW_E_MEMORY, .time = time};
    holder *h = holder_new(options->alloc);
    if (!h)
        return;
    out->status =
        mdw_source_open(want->path, &source, &h->source, &out->trouble);
    if (out->status != MDW_OK) {
        holder_close(h);
        return;
    }
    out->source = mdw_source_bytes(h->source);
    open_bytes(h, want, options, out);
}

void file_take(const file_want *want, buffer *bytes,
               const open_options *options, opened_file *out)
{
    *out = (opened_file){.status = MDW_E_MEMORY};
    holder *h = holder_new(options->alloc);
    if (!h) {
        buffer_close(bytes);
        return;
    }
    h->bytes = *bytes;
    *bytes = buffer_new(options->alloc, 0);
    mdw_source_options source = MDW_INIT(mdw_source_options);
    source.alloc = options->alloc;
    out->status = mdw_source_from(buffer_bytes(&h->bytes), &source, &h->source,
                                  &out->trouble);
    if (out->status != MDW_OK) {
        holder_close(h);
        return;
    }
    out->source = mdw_source_bytes(h->source);
    open_options memory = *options;
    memory.cache = NULL;
    open_bytes(h, want, &memory, out);
}

/* --- writing down ------------------------------------------------------ */

mdw_status file_write_index(const opened_file *opened,
                            const open_options *options, mdw_error *err)
{
    return opened->index_path[0]
               ? cache_write(options->cache, opened->index_path, opened->built,
                             err)
               : MDW_OK;
}

mdw_status file_write_full(const opened_file *opened,
                           const open_options *options, mdw_error *err)
{
    disk_file f;
    if (!opened->index_path[0])
        return MDW_OK;
    mdw_status status = disk_create(&f, options->cache, err);
    if (status != MDW_OK)
        return status;
    status = build(opened->source, MDW_INDEX_FULL, opened->time, options,
                   (mdw_sink){disk_write, &f}, err);
    if (status == MDW_OK)
        return disk_keep(&f, opened->index_path, err);
    disk_drop(&f);
    return status;
}
