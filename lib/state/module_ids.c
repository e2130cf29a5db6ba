/* lib/state/module_ids.c - code id, debug id, debug file and version of a
 * module, each in its platform's own form. */
#include "lib/base/reader.h"
#include "lib/state/parts.h"

static bool is_apple(const mdw_state *s)
{
    return s->system.os == MDW_OS_MACOS || s->system.os == MDW_OS_IOS;
}

static bool all_zero(mdw_bytes bytes)
{
    reader r = reader_at(bytes, 0, 0, false);
    while (reader_left(&r))
        if (reader_u8(&r))
            return false;
    return true;
}

static mdw_str hex_text(mdw_state *s, mdw_bytes bytes, bool upper)
{
    enum { LONGEST = 512 }; /* build ids have 20 bytes as a rule */
    phrase text = {.len = 0};
    reader r = reader_at(bytes, 0, 0, false);
    for (size_t i = 0; i < LONGEST && reader_left(&r); i++)
        phrase_hex(&text, reader_u8(&r), 2, upper);
    return text_narrow(s, phrase_str(&text));
}

mdw_str module_pe_id(mdw_state *s, uint32_t timestamp, uint64_t size)
{
    phrase text = {.len = 0};
    phrase_hex(&text, timestamp, 8, true);
    phrase_hex(&text, size, 1, false);
    return text_narrow(s, phrase_str(&text));
}

/* An ELF debug id is the head of the build id read as a GUID in the target's
 * byte order: its first three groups change places where that is little. */
static mdw_debug_id id_of_build(mdw_bytes build, bool big_endian)
{
    static const uint8_t little[8] = {3, 2, 1, 0, 5, 4, 7, 6};
    mdw_debug_id id = {.form = MDW_DEBUG_ID_GUID};
    reader r = reader_at(build, 0, 0, false);
    for (size_t i = 0; i < sizeof id.guid && reader_left(&r); i++)
        id.guid[i < 8 && !big_endian ? little[i] : i] = reader_u8(&r);
    return id;
}

static mdw_bytes guid_bytes(const uint8_t guid[16])
{
    return (mdw_bytes){guid, 16};
}

static void identify_elf(mdw_state *s, const mdw_raw_cv *cv, mdw_module *m)
{
    m->format = MDW_FORMAT_ELF;
    m->debug_file = m->code_file;
    if (all_zero(cv->build_id))
        return; /* also an empty one: the file has no build id */
    m->code_id = hex_text(s, cv->build_id, false);
    m->debug_id = id_of_build(cv->build_id, s->big_endian);
}

/* PDB 7.0, also what macOS has and what Linux had before BpEL. */
static void identify_pdb70(mdw_state *s, const mdw_raw_cv *cv, mdw_module *m)
{
    m->debug_file = text_narrow(s, cv->file);
    if (!all_zero(guid_bytes(cv->guid))) {
        m->debug_id.form = MDW_DEBUG_ID_GUID;
        m->debug_id.age = cv->age;
        memcpy(m->debug_id.guid, cv->guid, sizeof cv->guid);
    }
    m->code_id = is_apple(s) ? hex_text(s, guid_bytes(cv->guid), true)
                             : module_pe_id(s, m->timestamp, m->range.size);
}

static void identify_pdb20(mdw_state *s, const mdw_raw_cv *cv, mdw_module *m)
{
    m->debug_file = text_narrow(s, cv->file);
    m->debug_id.form = MDW_DEBUG_ID_PDB20;
    m->debug_id.age = cv->age;
    for (unsigned i = 0; i < 4; i++)
        m->debug_id.guid[i] = (uint8_t)(cv->timestamp >> (24 - 8 * i));
    m->code_id = module_pe_id(s, m->timestamp, m->range.size);
}

static bool has_ending(mdw_str name, mdw_str ending)
{
    size_t from = name.len > ending.len ? name.len - ending.len : 0;
    return str_equal_nocase(str_slice(name, from, name.len), ending);
}

/* By the system, else by the name: Wine has ELF modules beside PE ones, which
 * their build ids tell. */
static uint32_t format_of(const mdw_state *s, const mdw_module *m)
{
    switch (s->system.os) {
    case MDW_OS_WINDOWS:
        return MDW_FORMAT_PE;
    case MDW_OS_MACOS:
    case MDW_OS_IOS:
        return MDW_FORMAT_MACHO;
    case MDW_OS_LINUX:
    case MDW_OS_ANDROID:
    case MDW_OS_FUCHSIA:
        return MDW_FORMAT_ELF;
    default:
        break;
    }
    if (has_ending(m->code_file, STR(".dll")) ||
        has_ending(m->code_file, STR(".exe")))
        return MDW_FORMAT_PE;
    return has_ending(m->code_file, STR(".dylib")) ? MDW_FORMAT_MACHO
                                                   : MDW_FORMAT_UNKNOWN;
}

/* Windows and macOS pack four numbers of 16 bits into two words; what writes
 * ELF versions fills four words. */
static mdw_str version_text(mdw_state *s, const mdw_raw_version *v)
{
    bool halves = s->system.os == MDW_OS_WINDOWS || is_apple(s);
    uint32_t part[4] = {v->file_hi, v->file_lo, v->product_hi, v->product_lo};
    if (halves) {
        part[3] = v->file_lo & 0xFFFF;
        part[2] = v->file_lo >> 16;
        part[1] = v->file_hi & 0xFFFF;
        part[0] = v->file_hi >> 16;
    }
    phrase text = {.len = 0};
    for (size_t i = 0; i < 4; i++) {
        phrase_add(&text, i ? STR(".") : STR(""));
        phrase_decimal(&text, part[i]);
    }
    return text_narrow(s, phrase_str(&text));
}

static void read_version(mdw_state *s, const mdw_raw_module *raw, mdw_module *m)
{
    enum { STRUCT_VERSION = 0x00010000 }; /* the only one there is */
    mdw_raw_version v = MDW_INIT(mdw_raw_version);
    if (mdw_dump_version(s->dump, raw->version, &v) == MDW_OK &&
        v.struct_version == STRUCT_VERSION)
        m->version = version_text(s, &v);
}

void module_identify(mdw_state *s, const mdw_raw_module *raw, mdw_module *m)
{
    m->format = format_of(s, m);
    read_version(s, raw, m);
    mdw_raw_cv cv = MDW_INIT(mdw_raw_cv);
    mdw_status status = MDW_ABSENT;
    if (raw->cv.len)
        status = mdw_dump_cv(s->dump, raw->cv, &cv);
    if (status < 0)
        issue_at(s, status, MDW_STREAM_MODULE_LIST, raw->cv_offset, raw->cv.len,
                 "CodeView record", m->raw);
    if (status == MDW_OK && cv.kind == MDW_CV_ELF)
        identify_elf(s, &cv, m);
    else if (status == MDW_OK && cv.kind == MDW_CV_PDB70)
        identify_pdb70(s, &cv, m);
    else if (status == MDW_OK && cv.kind == MDW_CV_PDB20)
        identify_pdb20(s, &cv, m);
    else if (m->format == MDW_FORMAT_PE)
        m->code_id = module_pe_id(s, m->timestamp, m->range.size);
}
