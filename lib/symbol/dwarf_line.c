/* lib/symbol/dwarf_line.c - line number programs of DWARF 2 to 5 (section 6.2
 * of each standard), bounded by the bytes of the program. */
#include "lib/symbol/dwarf_parts.h"

#include <libdwarf/dwarf.h>

#include "lib/base/leb.h"
#include "lib/base/str.h"

/* Directories and files are sane in number; a program has a row for a byte. */
enum { FORMATS_MAX = 32, WORK_BYTES = 4 };

/* --- header ------------------------------------------------------------ */

/* Up to the next NUL, which is taken too. Without one the reader is bad. */
static mdw_str reader_cstr(reader *r)
{
    reader rest = *r;
    mdw_str all = str_from(reader_bytes(&rest, reader_left(r)));
    mdw_str out = str_from(reader_bytes(r, str_find(all, 0)));
    reader_skip(r, 1);
    return r->bad ? (mdw_str){NULL, 0} : out;
}

typedef struct form_context {
    const dwarf_sections *sections;
    const unit_base *base;
    uint8_t offset_size;
} form_context;

static mdw_str string_at(const form_context *c, mdw_bytes strings,
                         uint64_t offset)
{
    reader r = reader_at(strings, 0, 0, c->sections->big_endian);
    reader_skip(&r, offset);
    return reader_cstr(&r);
}

static mdw_str indexed_string(const form_context *c, uint64_t index)
{
    reader r =
        reader_at(c->sections->str_offsets, 0, 0, c->sections->big_endian);
    reader_skip(&r, c->base->str_offsets_base);
    if (index > reader_left(&r) / c->offset_size)
        return (mdw_str){NULL, 0};
    reader_skip(&r, index * c->offset_size);
    uint64_t offset = reader_uint(&r, c->offset_size);
    return r.bad ? (mdw_str){NULL, 0} : string_at(c, c->sections->str, offset);
}

/* One value of a directory or file entry: text or a number. A form that is not
 * known here has no known length either: the reader is bad then. */
static mdw_str read_form(const form_context *c, reader *r, uint64_t form,
                         uint64_t *value)
{
    switch (form) {
    case DW_FORM_string:
        return reader_cstr(r);
    case DW_FORM_line_strp:
        return string_at(c, c->sections->line_str,
                         reader_uint(r, c->offset_size));
    case DW_FORM_strp:
        return string_at(c, c->sections->str, reader_uint(r, c->offset_size));
    case DW_FORM_strx:
        return indexed_string(c, reader_uleb(r));
    case DW_FORM_strx1:
        return indexed_string(c, reader_uint(r, 1));
    case DW_FORM_strx2:
        return indexed_string(c, reader_uint(r, 2));
    case DW_FORM_strx3:
        return indexed_string(c, reader_uint(r, 3));
    case DW_FORM_strx4:
        return indexed_string(c, reader_uint(r, 4));
    case DW_FORM_udata:
        *value = reader_uleb(r);
        break;
    case DW_FORM_data1:
        *value = reader_uint(r, 1);
        break;
    case DW_FORM_data2:
        *value = reader_uint(r, 2);
        break;
    case DW_FORM_data4:
        *value = reader_uint(r, 4);
        break;
    case DW_FORM_data8:
        *value = reader_uint(r, 8);
        break;
    case DW_FORM_data16: /* DW_LNCT_MD5 */
        reader_skip(r, 16);
        break;
    case DW_FORM_block:
        reader_skip(r, reader_uleb(r));
        break;
    case DW_FORM_block1:
        reader_skip(r, reader_uint(r, 1));
        break;
    default:
        r->bad = true;
        break;
    }
    return (mdw_str){NULL, 0};
}

typedef struct entry_format {
    uint64_t content[FORMATS_MAX], form[FORMATS_MAX];
    uint8_t count;
} entry_format;

static void read_format(reader *r, entry_format *out)
{
    out->count = reader_u8(r);
    if (out->count > FORMATS_MAX)
        r->bad = true;
    for (uint8_t i = 0; i < out->count && !r->bad; i++) {
        out->content[i] = reader_uleb(r);
        out->form[i] = reader_uleb(r);
    }
}

static line_file read_entry(const form_context *c, reader *r,
                            const entry_format *format)
{
    line_file file = {{NULL, 0}, 0};
    for (uint8_t i = 0; i < format->count && !r->bad; i++) {
        uint64_t value = 0;
        mdw_str text = read_form(c, r, format->form[i], &value);
        if (format->content[i] == DW_LNCT_path)
            file.name = text;
        if (format->content[i] == DW_LNCT_directory_index)
            file.dir = value;
    }
    return file;
}

/* Every form above takes a byte at least: so many entries can be there. */
static uint64_t entry_count(reader *r, const entry_format *format)
{
    uint64_t promised = reader_uleb(r);
    uint64_t present = format->count ? reader_left(r) / format->count : 0;
    return promised < present ? promised : present;
}

/* DWARF 5: both tables describe their own entries; index 0 is the unit's. */
static mdw_status read_tables_5(const form_context *c, reader *r, arena *store,
                                line_head *out)
{
    entry_format format;
    read_format(r, &format);
    uint64_t count = r->bad ? 0 : entry_count(r, &format);
    mdw_str *dirs = arena_take(store, (size_t)count, sizeof *dirs);
    for (; dirs && out->dir_count < count && !r->bad; out->dir_count++)
        dirs[out->dir_count] = read_entry(c, r, &format).name;
    read_format(r, &format);
    count = r->bad ? 0 : entry_count(r, &format);
    line_file *files = arena_take(store, (size_t)count, sizeof *files);
    for (; files && out->file_count < count && !r->bad; out->file_count++)
        files[out->file_count] = read_entry(c, r, &format);
    out->dirs = dirs;
    out->files = files;
    return dirs && files ? MDW_OK : MDW_E_MEMORY;
}

/* DWARF 2 to 4, include_directories: strings up to an empty one, counted from
 * 1; file_names: string, ULEB directory, time, length, up to an empty string,
 * counted from 1. `dirs` and `files` NULL: only counts. */
static void read_tables_2(reader *r, mdw_str *dirs, line_file *files,
                          line_head *out)
{
    out->dir_count = out->file_count = 1;
    for (;; out->dir_count++) {
        mdw_str dir = reader_cstr(r);
        if (!dir.len)
            break;
        if (dirs)
            dirs[out->dir_count] = dir;
    }
    for (;; out->file_count++) {
        line_file file = {reader_cstr(r), 0};
        if (!file.name.len)
            break;
        file.dir = reader_uleb(r);
        (void)reader_uleb(r); /* time */
        (void)reader_uleb(r); /* length */
        if (files)
            files[out->file_count] = file;
    }
}

static mdw_status read_tables(const form_context *c, reader *r, arena *store,
                              line_head *out)
{
    if (out->version >= 5)
        return read_tables_5(c, r, store, out);
    reader again = *r;
    read_tables_2(r, NULL, NULL, out);
    mdw_str *dirs = arena_take(store, out->dir_count, sizeof *dirs);
    line_file *files = arena_take(store, out->file_count, sizeof *files);
    if (!dirs || !files)
        return MDW_E_MEMORY;
    read_tables_2(&again, dirs, files, out);
    out->dirs = dirs;
    out->files = files;
    return MDW_OK;
}

/* unit_length, version, in 5 address and segment selector size, header_length;
 * then the state machine's parameters. */
static reader read_head(const dwarf_sections *s, const unit_base *base,
                        uint64_t offset, reader *tables, line_head *out)
{
    reader r = reader_at(s->line, 0, 0, s->big_endian);
    reader_skip(&r, offset);
    uint64_t length = reader_u32(&r);
    out->offset_size = 4;
    if (length == UINT32_MAX) {
        out->offset_size = 8;
        length = reader_u64(&r);
    }
    if (length > reader_left(&r))
        length = reader_left(&r); /* what is there is read */
    r = reader_sub(&r, r.pos, length);
    out->version = reader_u16(&r);
    out->address_size = base->unit->address_size;
    if (out->version >= 5) {
        out->address_size = reader_u8(&r);
        reader_skip(&r, 1); /* segment_selector_size */
    }
    uint64_t head = reader_uint(&r, out->offset_size);
    *tables = reader_sub(&r, r.pos, head);
    reader_skip(&r, head);
    return r;
}

mdw_status line_open(const dwarf_sections *sections, const unit_base *base,
                     uint64_t offset, mdw_str comp_dir, arena *store,
                     line_head *out)
{
    *out = (line_head){.comp_dir = comp_dir};
    reader r;
    out->code = read_head(sections, base, offset, &r, out);
    if (r.bad || out->code.bad)
        return MDW_E_DAMAGED;
    if (out->version < 2 || out->version > 5)
        return MDW_E_UNSUPPORTED;
    out->step = reader_u8(&r);
    out->ops = out->version >= 4 ? reader_u8(&r) : 1;
    reader_skip(&r, 1); /* default_is_stmt */
    out->line_base = (int8_t)reader_u8(&r);
    out->range = reader_u8(&r);
    out->opcode_base = reader_u8(&r);
    out->lengths =
        reader_bytes(&r, out->opcode_base ? out->opcode_base - 1u : 0u);
    if (!out->ops)
        out->ops = 1;
    if (r.bad || !out->opcode_base)
        return MDW_E_DAMAGED;
    form_context c = {sections, base, out->offset_size};
    return read_tables(&c, &r, store, out);
}

/* --- program ----------------------------------------------------------- */

typedef struct machine {
    const line_head *head;
    line_row row;
    uint32_t op;  /* in a VLIW instruction */
    bool started; /* a row since the sequence began */
} machine;

static void restart(machine *m)
{
    m->row = (line_row){.line = 1, .file = 1};
    m->op = 0;
    m->started = false;
}

static void advance(machine *m, uint64_t ops)
{
    const line_head *h = m->head;
    if (h->ops > 1) {
        uint64_t sum = m->op + ops; /* wraps on purpose, like addresses do */
        m->op = (uint32_t)(sum % h->ops);
        ops = sum / h->ops;
    }
    m->row.addr += ops * h->step;
    if (h->address_size < 8)
        m->row.addr &= ((uint64_t)1 << 8 * h->address_size) - 1;
}

/* From here an opcode's operation advance is counted. */
static void advance_special(machine *m, uint8_t opcode)
{
    uint8_t adjusted = (uint8_t)(opcode - m->head->opcode_base);
    if (!m->head->range)
        return;
    advance(m, adjusted / m->head->range);
}

static bool extended(machine *m, reader *r, line_fn each, void *user)
{
    uint64_t length = reader_uleb(r);
    if (!length)
        return true;
    reader in = reader_sub(r, r->pos, length);
    reader_skip(r, length);
    bool more = true;
    switch (reader_u8(&in)) {
    case DW_LNE_end_sequence:
        m->row.end = true;
        more = !m->started || each(user, &m->row);
        restart(m);
        break;
    case DW_LNE_set_address:
        if (length > 1 && length <= 9)
            m->row.addr = reader_uint(&in, (unsigned)(length - 1));
        m->op = 0;
        break;
    default: /* define_file names what no table has; the rest adds nothing */
        break;
    }
    return more;
}

/* The arguments of an opcode that a later standard or a vendor added. */
static void skip_unknown(machine *m, reader *r, uint8_t opcode)
{
    reader lengths = reader_at(m->head->lengths, 0, 0, false);
    reader_skip(&lengths, opcode - 1u);
    for (uint8_t n = reader_u8(&lengths); n && !r->bad; n--)
        (void)reader_uleb(r);
}

static bool emit(machine *m, line_fn each, void *user)
{
    m->started = true;
    return each(user, &m->row);
}

static bool standard(machine *m, reader *r, uint8_t opcode, line_fn each,
                     void *user)
{
    uint64_t file;
    switch (opcode) {
    case DW_LNS_copy:
        return emit(m, each, user);
    case DW_LNS_advance_pc:
        advance(m, reader_uleb(r));
        break;
    case DW_LNS_advance_line:
        m->row.line += (uint32_t)reader_sleb(r);
        break;
    case DW_LNS_set_file:
        file = reader_uleb(r);
        m->row.file = file < UINT32_MAX ? (uint32_t)file : UINT32_MAX;
        break;
    case DW_LNS_const_add_pc:
        advance_special(m, 255);
        break;
    case DW_LNS_fixed_advance_pc:
        m->row.addr += reader_u16(r);
        m->op = 0;
        break;
    case DW_LNS_set_column:
    case DW_LNS_set_isa:
        (void)reader_uleb(r);
        break;
    case DW_LNS_negate_stmt:
    case DW_LNS_set_basic_block:
    case DW_LNS_set_prologue_end:
    case DW_LNS_set_epilogue_begin:
        break;
    default:
        skip_unknown(m, r, opcode);
        break;
    }
    return true;
}

static bool special(machine *m, uint8_t opcode, line_fn each, void *user)
{
    uint8_t adjusted = (uint8_t)(opcode - m->head->opcode_base);
    advance_special(m, opcode);
    if (m->head->range)
        m->row.line +=
            (uint32_t)(m->head->line_base + adjusted % m->head->range);
    return emit(m, each, user);
}

mdw_status line_run(const line_head *head, dwarf_work *work, line_fn each,
                    void *user)
{
    machine m = {.head = head};
    reader r = head->code;
    if (!dwarf_spend(work, reader_left(&r) / WORK_BYTES))
        return work->stop;
    restart(&m);
    for (bool more = true; more && reader_left(&r);) {
        uint8_t opcode = reader_u8(&r);
        if (opcode >= head->opcode_base)
            more = special(&m, opcode, each, user);
        else if (opcode)
            more = standard(&m, &r, opcode, each, user);
        else
            more = extended(&m, &r, each, user);
    }
    return r.bad || m.started ? MDW_E_DAMAGED : MDW_OK;
}

/* --- names of files ---------------------------------------------------- */

static bool absolute(mdw_str path)
{
    mdw_str start = str_slice(path, 0, 1);
    return str_is(start, "/") || str_is(start, "\\") ||
           str_is(str_slice(path, 1, 2), ":");
}

static mdw_str dir_of(const line_head *head, uint64_t index)
{
    return index < head->dir_count ? head->dirs[index] : (mdw_str){NULL, 0};
}

static void append(mdw_str part, char *to, size_t *len)
{
    if (!part.len)
        return;
    memcpy(to + *len, part.data, part.len);
    *len += part.len;
    if (to[*len - 1] != '/')
        to[(*len)++] = '/';
}

/* Directories are relative to the one the compiler ran in: in DWARF 5 that is
 * directory 0, before that 0 has no entry and means comp_dir. */
mdw_str line_path(const line_head *head, uint64_t file, arena *store)
{
    mdw_str none = {NULL, 0};
    if (file >= head->file_count || !head->files[file].name.len)
        return none;
    const line_file *f = &head->files[file];
    mdw_str name = str_slice(f->name, 0, DWARF_NAME_MAX);
    mdw_str dir = absolute(name) ? none : dir_of(head, f->dir);
    mdw_str top = absolute(name) || absolute(dir) ? none : head->comp_dir;
    if (!absolute(name) && !top.len && !absolute(dir) && f->dir)
        top = dir_of(head, 0);
    dir = str_slice(dir, 0, DWARF_NAME_MAX);
    top = str_slice(top, 0, DWARF_NAME_MAX);
    char *out = arena_take(store, top.len + dir.len + name.len + 3, 1);
    if (!out)
        return none;
    size_t len = 0;
    append(top, out, &len);
    append(dir, out, &len);
    append(name, out, &len);
    return (mdw_str){out, len - (out[len - 1] == '/')};
}
