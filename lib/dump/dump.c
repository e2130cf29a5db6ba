/* lib/dump/dump.c - opening: the header and the directory of streams. */
#include "lib/dump/dump.h"

enum {
    SIGNATURE = 0x504D444D, /* "MDMP" */
    VERSION = 0xA793,       /* low half; the high half is the writer's own */
    MAX_STREAMS = 4096
};

/* The decoded types, ascending: their streams are looked up at every record,
 * so open notes where they are. */
static const uint32_t known_types[] = {
    MDW_STREAM_THREAD_LIST,         MDW_STREAM_MODULE_LIST,
    MDW_STREAM_MEMORY_LIST,         MDW_STREAM_EXCEPTION,
    MDW_STREAM_SYSTEM_INFO,         MDW_STREAM_THREAD_EX_LIST,
    MDW_STREAM_MEMORY64_LIST,       MDW_STREAM_COMMENT_A,
    MDW_STREAM_COMMENT_W,           MDW_STREAM_HANDLE_DATA,
    MDW_STREAM_FUNCTION_TABLE,      MDW_STREAM_UNLOADED_MODULE_LIST,
    MDW_STREAM_MISC_INFO,           MDW_STREAM_MEMORY_INFO_LIST,
    MDW_STREAM_THREAD_INFO_LIST,    MDW_STREAM_SYSTEM_MEMORY_INFO,
    MDW_STREAM_PROCESS_VM_COUNTERS, MDW_STREAM_THREAD_NAMES,
    MDW_STREAM_CRASHPAD_INFO,       MDW_STREAM_BREAKPAD_INFO,
    MDW_STREAM_ASSERTION_INFO,      MDW_STREAM_LINUX_CPU_INFO,
    MDW_STREAM_LINUX_PROC_STATUS,   MDW_STREAM_LINUX_LSB_RELEASE,
    MDW_STREAM_LINUX_CMD_LINE,      MDW_STREAM_LINUX_ENVIRON,
    MDW_STREAM_LINUX_AUXV,          MDW_STREAM_LINUX_MAPS,
    MDW_STREAM_LINUX_DSO_DEBUG,     MDW_STREAM_MOZ_MACOS_CRASH_INFO,
    MDW_STREAM_MOZ_MACOS_BOOTARGS,  MDW_STREAM_MOZ_LINUX_LIMITS,
    MDW_STREAM_MOZ_SOFT_ERRORS,     MDW_STREAM_SENTRY_STACKS,
};
enum { KNOWN_COUNT = sizeof known_types / sizeof *known_types };

/* KNOWN_COUNT where it is none of them. */
static size_t known_index(uint32_t type)
{
    size_t low = 0, high = KNOWN_COUNT;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (known_types[mid] < type)
            low = mid + 1;
        else
            high = mid;
    }
    return low < KNOWN_COUNT && known_types[low] == type ? low : KNOWN_COUNT;
}

/* MINIDUMP_DIRECTORY, 12 bytes. `index` is below stream_count. */
static mdw_stream directory_at(const mdw_dump *dump, size_t index)
{
    uint64_t at = dump->header.directory_offset + index * DIRECTORY_SIZE;
    reader r = reader_sub(&dump->file, at, DIRECTORY_SIZE);
    mdw_stream s = MDW_INIT(mdw_stream);
    uint32_t damage = 0;
    s.type = reader_u32(&r);
    s.promised = reader_u32(&r);
    s.offset = reader_u32(&r);
    s.data = field_head(dump, s.offset, s.promised, &damage, 1);
    return s;
}

/* The first stream that has bytes, else the first that should have some. */
static bool prefer(const mdw_stream *have, const mdw_stream *next)
{
    if (!next->promised)
        return false;
    return !have->promised || (!have->data.len && next->data.len);
}

static mdw_status read_header(mdw_bytes bytes, reader *file, mdw_header *out,
                              mdw_error *err)
{
    reader r = reader_at(bytes, 0, 0, false);
    uint32_t signature = reader_u32(&r);
    if (!r.bad && signature != SIGNATURE) {
        r = reader_at(bytes, 0, 0, true);
        if (reader_u32(&r) != SIGNATURE)
            return fail_at(err, MDW_E_FORMAT, 0, 0, signature,
                           "MINIDUMP_HEADER.Signature");
    }
    *out = MDW_INIT(mdw_header);
    out->version = reader_u32(&r);
    if (!r.bad && (out->version & 0xFFFF) != VERSION)
        return fail_at(err, MDW_E_FORMAT, 0, 4, out->version,
                       "MINIDUMP_HEADER.Version");
    out->stream_count = reader_u32(&r);
    out->directory_offset = reader_u32(&r);
    out->checksum = reader_u32(&r);
    out->timestamp = reader_u32(&r);
    out->flags = reader_u64(&r);
    out->big_endian = r.big_endian;
    *file = reader_at(bytes, 0, 0, r.big_endian);
    return reader_status(&r, "MINIDUMP_HEADER", err);
}

static uint64_t directory_room(const mdw_dump *dump, uint64_t limit)
{
    uint64_t len = dump->file.bytes.len, at = dump->header.directory_offset;
    uint64_t room = at < len ? (len - at) / DIRECTORY_SIZE : 0;
    if (room > dump->header.stream_count)
        room = dump->header.stream_count;
    return room < limit ? room : limit;
}

static mdw_status read_directory(mdw_dump *dump, mdw_error *err)
{
    size_t exceptions = 0;
    for (size_t i = 0; i < dump->stream_count; i++) {
        mdw_stream s = directory_at(dump, i);
        size_t at = known_index(s.type);
        if (at < KNOWN_COUNT && prefer(&dump->known[at], &s))
            dump->known[at] = s;
        exceptions += s.type == MDW_STREAM_EXCEPTION && s.promised;
    }
    dump->exceptions =
        arena_take(dump->store, exceptions, sizeof *dump->exceptions);
    if (!dump->exceptions)
        return fail(err, MDW_E_MEMORY, "dump");
    for (size_t i = 0; exceptions && i < dump->stream_count; i++) {
        mdw_stream s = directory_at(dump, i);
        if (s.type == MDW_STREAM_EXCEPTION && s.promised)
            dump->exceptions[dump->exception_count++] = s;
    }
    return MDW_OK;
}

static mdw_status open_in(arena *store, mdw_bytes bytes, uint64_t limit,
                          mdw_dump **out, mdw_error *err)
{
    mdw_dump *dump = arena_take(store, 1, sizeof *dump);
    if (!dump)
        return fail(err, MDW_E_MEMORY, "dump");
    dump->store = store;
    mdw_status s = read_header(bytes, &dump->file, &dump->header, err);
    if (s)
        return s;
    dump->stream_count = (size_t)directory_room(dump, limit);
    if (!dump->stream_count && dump->header.stream_count)
        return fail_at(err, MDW_E_TRUNCATED, 0, dump->header.directory_offset,
                       dump->header.stream_count, "MINIDUMP_DIRECTORY");
    dump->known = arena_take(store, KNOWN_COUNT, sizeof *dump->known);
    if (!dump->known)
        return fail(err, MDW_E_MEMORY, "dump");
    s = read_directory(dump, err);
    if (!s)
        *out = dump;
    return s;
}

mdw_status mdw_dump_open(mdw_bytes bytes, const mdw_dump_options *options,
                         mdw_dump **out, mdw_error *err)
{
    mdw_dump_options o;
    if (options_read(&o, sizeof o, options))
        return fail(err, MDW_E_ABI, "mdw_dump_options");
    arena *store = arena_new(o.alloc, 0);
    if (!store)
        return fail(err, MDW_E_MEMORY, "dump");
    uint64_t limit = o.max_streams ? o.max_streams : MAX_STREAMS;
    mdw_status s = open_in(store, bytes, limit, out, err);
    if (s)
        arena_close(store);
    return s;
}

void mdw_dump_close(mdw_dump *dump)
{
    if (dump)
        arena_close(dump->store);
}

mdw_bytes mdw_dump_bytes(const mdw_dump *dump)
{
    return dump->file.bytes;
}

mdw_status mdw_dump_header(const mdw_dump *dump, mdw_header *out)
{
    return record_write(out, &dump->header, sizeof dump->header);
}

size_t mdw_dump_stream_count(const mdw_dump *dump)
{
    return dump->stream_count;
}

mdw_status mdw_dump_stream_at(const mdw_dump *dump, size_t index,
                              mdw_stream *out, mdw_error *err)
{
    if (index >= dump->stream_count)
        return fail_at(err, MDW_E_ARG, 0, dump->header.directory_offset, index,
                       "MINIDUMP_DIRECTORY");
    mdw_stream s = directory_at(dump, index);
    return record_write(out, &s, sizeof s);
}

static mdw_stream stream_find(const mdw_dump *dump, uint32_t type)
{
    size_t at = known_index(type);
    if (at < KNOWN_COUNT)
        return dump->known[at];
    mdw_stream found = {0};
    for (size_t i = 0; i < dump->stream_count; i++) {
        mdw_stream s = directory_at(dump, i);
        if (s.type == type && prefer(&found, &s))
            found = s;
    }
    return found;
}

mdw_status mdw_dump_stream(const mdw_dump *dump, uint32_t type, mdw_stream *out,
                           mdw_error *err)
{
    (void)err;
    mdw_stream s = stream_find(dump, type);
    return s.promised ? record_write(out, &s, sizeof s) : MDW_ABSENT;
}

reader stream_reader(const mdw_dump *dump, const mdw_stream *stream)
{
    return reader_at(stream->data, stream->offset, stream->type,
                     dump->file.big_endian);
}

mdw_status stream_open(const mdw_dump *dump, uint32_t type, reader *out,
                       mdw_error *err)
{
    (void)err;
    mdw_stream s = stream_find(dump, type);
    *out = stream_reader(dump, &s);
    return s.promised ? MDW_OK : MDW_ABSENT;
}
