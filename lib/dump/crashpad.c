/* lib/dump/crashpad.c - CrashpadInfo: ids, and the annotations of the process
 * and of its modules. */
#include "lib/base/str.h"
#include "lib/dump/dump.h"

/* The parts of MinidumpCrashpadInfo that have to be read again. */
struct info {
    mdw_bytes simple;  /* MinidumpSimpleStringDictionary */
    mdw_bytes modules; /* MinidumpModuleCrashpadInfoList */
};

static mdw_status read_info(const mdw_dump *dump, struct info *parts,
                            mdw_raw_crashpad *c, mdw_error *err)
{
    reader r;
    mdw_status s = stream_open(dump, MDW_STREAM_CRASHPAD_INFO, &r, err);
    if (s)
        return s;
    uint32_t damage = 0;
    c->offset = r.origin;
    c->version = reader_u32(&r);
    field_guid(&r, c->report_id);
    field_guid(&r, c->client_id);
    parts->simple = field_location(dump, &r, &damage, 1, NULL);
    parts->modules = field_location(dump, &r, &damage, 1, NULL);
    if (reader_left(&r) >= CRASHPAD_MASK_SIZE - CRASHPAD_SIZE) {
        reader_skip(&r, 4); /* reserved */
        c->address_mask = reader_u64(&r);
    }
    return reader_status(&r, "MinidumpCrashpadInfo", err);
}

/* Of the records behind a uint32 count, those that are there. */
static uint64_t counted(const mdw_dump *dump, mdw_bytes bytes, uint32_t stride)
{
    reader r = reader_at(bytes, 0, 0, dump->file.big_endian);
    uint64_t promised = reader_u32(&r);
    uint64_t present = reader_left(&r) / stride;
    return promised < present ? promised : present;
}

static reader counted_at(const mdw_dump *dump, mdw_bytes bytes, uint64_t index,
                         uint32_t stride)
{
    reader r =
        reader_at(bytes, 0, MDW_STREAM_CRASHPAD_INFO, dump->file.big_endian);
    return reader_sub(&r, 4 + index * stride, stride);
}

mdw_status mdw_dump_crashpad(const mdw_dump *dump, mdw_raw_crashpad *out,
                             mdw_error *err)
{
    struct info parts;
    mdw_raw_crashpad c = MDW_INIT(mdw_raw_crashpad);
    mdw_status s = read_info(dump, &parts, &c, err);
    if (s)
        return s;
    /* the promised count has 32 bits */
    c.module_count = (uint32_t)counted(dump, parts.modules, CRASHPAD_LINK_SIZE);
    return record_write(out, &c, sizeof c);
}

mdw_status mdw_dump_crashpad_module(const mdw_dump *dump, size_t index,
                                    uint32_t *out, mdw_error *err)
{
    struct info parts;
    mdw_raw_crashpad c = MDW_INIT(mdw_raw_crashpad);
    mdw_status s = read_info(dump, &parts, &c, err);
    if (s)
        return s;
    if (index >= counted(dump, parts.modules, CRASHPAD_LINK_SIZE))
        return MDW_E_ARG;
    reader link = counted_at(dump, parts.modules, index, CRASHPAD_LINK_SIZE);
    *out = reader_u32(&link);
    return MDW_OK;
}

/* A list of annotations: where it lies and what its records are. */
struct run {
    mdw_bytes bytes;
    uint32_t kind, stride, module;
};

/* MinidumpModuleCrashpadInfo, 28 bytes: version, then three locations. */
static struct run module_run(const mdw_dump *dump, const struct info *parts,
                             uint64_t index, uint64_t part)
{
    static const struct {
        uint32_t kind, stride;
    } runs[] = {
        {MDW_ANNOTATION_LIST, 4},
        {MDW_ANNOTATION_SIMPLE, PAIR_SIZE},
        {MDW_ANNOTATION_OBJECT, ANNOTATION_SIZE},
    };
    uint32_t damage = 0;
    reader link = counted_at(dump, parts->modules, index, CRASHPAD_LINK_SIZE);
    struct run out = {{NULL, 0}, runs[part].kind, runs[part].stride, 0};
    out.module = reader_u32(&link);
    mdw_bytes info = field_location(dump, &link, &damage, 1, NULL);
    reader r = reader_at(info, 0, 0, dump->file.big_endian);
    reader_skip(&r, 4); /* version */
    for (uint64_t i = 0; i <= part; i++)
        out.bytes = field_location(dump, &r, &damage, 1, NULL);
    return out;
}

/* Run 0 is the process'; then three for each module. False past the last. */
static bool run_at(const mdw_dump *dump, const struct info *parts, uint64_t n,
                   struct run *out)
{
    uint64_t modules = counted(dump, parts->modules, CRASHPAD_LINK_SIZE);
    if (n > 3 * modules) /* < 2^34 */
        return false;
    if (n)
        *out = module_run(dump, parts, (n - 1) / 3, (n - 1) % 3);
    else
        *out = (struct run){parts->simple, MDW_ANNOTATION_PROCESS, PAIR_SIZE,
                            MDW_NONE};
    return true;
}

static void read_annotation(const mdw_dump *dump, const struct run *run,
                            uint64_t index, mdw_raw_annotation *a)
{
    reader r = counted_at(dump, run->bytes, index, run->stride);
    a->kind = run->kind;
    a->module = run->module;
    uint64_t name = 0;
    if (run->kind != MDW_ANNOTATION_LIST)
        name = reader_u32(&r);
    if (run->kind == MDW_ANNOTATION_OBJECT) {
        a->type = reader_u16(&r);
        reader_skip(&r, 2); /* reserved */
    }
    a->offset = reader_u32(&r);
    a->key = str_from(field_counted(dump, name, &a->damage, MDW_DAMAGE_NAME));
    a->value = field_counted(dump, a->offset, &a->damage, MDW_DAMAGE_DATA);
}

/* The cursor counts records in index, runs in offset, and the records of this
 * run in data. Modules may share their lists, so that only a limit
 * keeps a small file from having endlessly many: no more than 4-byte
 * references fit into it. */
mdw_status mdw_dump_annotation_next(const mdw_dump *dump, mdw_cursor *at,
                                    mdw_raw_annotation *out, mdw_error *err)
{
    struct info parts;
    mdw_raw_crashpad c = {0};
    mdw_cursor next = *at;
    struct run run;
    if (read_info(dump, &parts, &c, NULL))
        return MDW_END;
    for (;; next.offset++, next.data = 0) {
        if (!run_at(dump, &parts, next.offset, &run))
            return MDW_END;
        if (next.data < counted(dump, run.bytes, run.stride))
            break;
    }
    *at = next;
    if (at->index++ >= dump->file.bytes.len / 4) {
        at->offset = UINT64_MAX;
        return fail_at(err, MDW_E_RANGE, MDW_STREAM_CRASHPAD_INFO, c.offset,
                       next.index, "MinidumpModuleCrashpadInfoList");
    }
    at->data = 1 + next.data;
    mdw_raw_annotation a = MDW_INIT(mdw_raw_annotation);
    read_annotation(dump, &run, next.data, &a);
    return record_write(out, &a, sizeof a);
}
