/* lib/symbol/sym_record.c - one line of a .sym file becomes one record. */
#include "lib/base/lines.h"
#include "lib/base/str.h"
#include "lib/symbol/sym.h"

static uint32_t stack_kind(text *t)
{
    if (TEXT_WORD(t, "CFI"))
        return TEXT_WORD(t, "INIT") ? SYM_INIT : SYM_DELTA;
    return TEXT_WORD(t, "WIN") ? SYM_WIN : SYM_BAD;
}

static uint32_t other_kind(const text *t)
{
    text rest = *t;
    text_blanks(&rest);
    char first = text_first(&rest);
    if (!first || first == '\n')
        return SYM_BLANK;
    return rest.at == t->at && text_digit(first) < 16 ? SYM_LINE : SYM_BAD;
}

uint32_t sym_kind(text *t)
{
    switch (text_first(t)) {
    case 'F':
        if (TEXT_WORD(t, "FUNC"))
            return SYM_FUNC;
        if (TEXT_WORD(t, "FILE"))
            return SYM_FILE;
        break;
    case 'I':
        if (TEXT_WORD(t, "INLINE"))
            return SYM_INLINE;
        if (TEXT_WORD(t, "INLINE_ORIGIN"))
            return SYM_ORIGIN;
        if (TEXT_WORD(t, "INFO"))
            return SYM_INFO;
        break;
    case 'M':
        if (TEXT_WORD(t, "MODULE"))
            return SYM_MODULE;
        break;
    case 'P':
        if (TEXT_WORD(t, "PUBLIC"))
            return SYM_PUBLIC;
        break;
    case 'S':
        if (TEXT_WORD(t, "STACK"))
            return stack_kind(t);
        break;
    default:
        break;
    }
    return other_kind(t);
}

static bool hex32(text *t, uint32_t *out)
{
    uint64_t v;
    bool ok = text_hex(t, UINT32_MAX, &v);
    *out = ok ? (uint32_t)v : 0;
    return ok;
}

static bool decimal32(text *t, uint32_t *out)
{
    uint64_t v;
    bool ok = text_decimal(t, SYM_NUMBER_MAX, &v);
    *out = ok ? (uint32_t)v : 0;
    return ok;
}

/* "-1" where a number is unknown. */
static bool decimal_or_none(text *t, uint32_t *out)
{
    if (!TEXT_WORD(t, "-1"))
        return decimal32(t, out);
    *out = MDW_NONE;
    return true;
}

bool sym_read_range(text *t, sym_range *out)
{
    return text_hex(t, UINT64_MAX, &out->rva) &&
           text_hex(t, UINT64_MAX, &out->bytes);
}

uint32_t sym_place(sym_range range, uint32_t *rva, uint32_t *bytes)
{
    if (!range.bytes)
        return INDEX_EMPTY;
    if (range.rva > UINT32_MAX)
        return INDEX_ABOVE;
    uint64_t room = (UINT64_C(1) << 32) - range.rva;
    uint64_t size = range.bytes < room ? range.bytes : room;
    *rva = (uint32_t)range.rva;
    *bytes = size > UINT32_MAX ? UINT32_MAX : (uint32_t)size;
    return 0;
}

bool sym_read_place(text *t, bool is_public, sym_function *out)
{
    *out = (sym_function){.shared = TEXT_WORD(t, "m")};
    if (!text_hex(t, UINT64_MAX, &out->range.rva))
        return false;
    if (!is_public && !text_hex(t, UINT64_MAX, &out->range.bytes))
        return false;
    return hex32(t, &out->args);
}

bool sym_read_function(text *t, bool is_public, sym_function *out)
{
    if (!sym_read_place(t, is_public, out))
        return false;
    out->name = text_rest(t);
    return true;
}

bool sym_read_file(text *t, uint32_t *number, mdw_str *name)
{
    if (!decimal32(t, number))
        return false;
    *name = text_rest(t);
    return true;
}

bool sym_read_origin(text *t, uint32_t *number, uint32_t *file, mdw_str *name)
{
    *file = MDW_NONE;
    if (!decimal32(t, number))
        return false;
    text old = *t; /* a name never begins with a number */
    if (decimal_or_none(&old, file) && old.at < old.end)
        *t = old;
    else
        *file = MDW_NONE;
    *name = text_rest(t);
    return true;
}

static size_t tokens(text t)
{
    size_t n = 0;
    while (text_token(&t).len)
        n++;
    return n;
}

bool sym_read_inline(text *t, sym_inline *out)
{
    if (!decimal32(t, &out->depth) || !decimal32(t, &out->call_line))
        return false;
    size_t count = tokens(*t);
    out->call_file = SYM_FILE_OLD;
    if (count < 3 || (!(count % 2) && !decimal_or_none(t, &out->call_file)) ||
        !decimal32(t, &out->origin))
        return false;
    out->ranges = *t;
    sym_range range;
    while (!text_done(t))
        if (!sym_read_range(t, &range))
            return false;
    return true;
}

bool sym_next_range(text *ranges, sym_range *out)
{
    return !text_done(ranges) && sym_read_range(ranges, out);
}

bool sym_read_line_rest(text *t, sym_line *out)
{
    return decimal32(t, &out->line) && decimal32(t, &out->file) && text_done(t);
}

/* STACK WIN type rva code_size prologue_size epilogue_size parameter_size
 * saved_register_size local_size max_stack_size has_program, then the program
 * or whether ebp is allocated; all in hex. */
bool sym_read_win(text *t, index_win *out)
{
    *out = (index_win){.type = 0};
    uint32_t has_program, allocates = 0;
    sym_range range;
    if (!hex32(t, &out->type) || !sym_read_range(t, &range) ||
        !hex32(t, &out->prologue) || !hex32(t, &out->epilogue) ||
        !hex32(t, &out->params) || !hex32(t, &out->saved) ||
        !hex32(t, &out->locals) || !hex32(t, &out->max_stack) ||
        !hex32(t, &has_program) || out->type > 7)
        return false;
    out->range = (mdw_range){range.rva, range.bytes};
    if (has_program)
        out->program = text_rest(t);
    else if (!text_done(t) && !hex32(t, &allocates))
        return false;
    out->allocates_base = allocates;
    return true;
}

typedef struct known_word {
    const char *name;
    uint32_t id;
} known_word;

static const known_word arches[] = {
    {"x86", MDW_ARCH_X86},       {"x86_64", MDW_ARCH_X86_64},
    {"arm", MDW_ARCH_ARM},       {"arm64", MDW_ARCH_ARM64},
    {"arm64e", MDW_ARCH_ARM64},  {"aarch64", MDW_ARCH_ARM64},
    {"ppc", MDW_ARCH_PPC},       {"ppc64", MDW_ARCH_PPC64},
    {"mips", MDW_ARCH_MIPS},     {"mips64", MDW_ARCH_MIPS64},
    {"riscv", MDW_ARCH_RISCV32}, {"riscv64", MDW_ARCH_RISCV64},
    {"sparc", MDW_ARCH_SPARC},   {NULL, MDW_ARCH_UNKNOWN},
};

static const known_word systems[] = {
    {"windows", MDW_OS_WINDOWS}, {"mac", MDW_OS_MACOS},
    {"macos", MDW_OS_MACOS},     {"ios", MDW_OS_IOS},
    {"linux", MDW_OS_LINUX},     {"android", MDW_OS_ANDROID},
    {"fuchsia", MDW_OS_FUCHSIA}, {NULL, MDW_OS_UNKNOWN},
};

/* Letters in either case: "Linux" and "linux" both occur. */
static bool same_word(mdw_str word, const char *name)
{
    for (text t = text_of(word); t.at < t.end; t.at++, name++) {
        char c = text_first(&t);
        if (c >= 'A' && c <= 'Z')
            c = (char)(c + 'a' - 'A');
        if (!*name || c != *name)
            return false;
    }
    return !*name;
}

static uint32_t word_id(const known_word *words, mdw_str word)
{
    for (; words->name; words++)
        if (same_word(word, words->name))
            break;
    return words->id;
}

/* 16 bytes and an age, or a PDB 2.0 timestamp of 4 bytes and an age. */
static bool read_id(mdw_str word, mdw_debug_id *out)
{
    size_t bytes = word.len > 32 ? 16 : 4;
    uint64_t v;
    *out = (mdw_debug_id){.form = bytes == 16 ? MDW_DEBUG_ID_GUID
                                              : MDW_DEBUG_ID_PDB20};
    for (size_t i = 0; i < bytes; i++) {
        if (!str_hex(str_slice(word, 2 * i, 2 * i + 2), &v))
            return false;
        out->guid[i] = (uint8_t)v;
    }
    if (!str_hex(str_slice(word, 2 * bytes, word.len), &v) || v > UINT32_MAX)
        return false;
    out->age = (uint32_t)v;
    return true;
}

bool sym_read_module(text *t, index_info *info)
{
    mdw_str os = text_token(t), cpu = text_token(t), id = text_token(t);
    if (!id.len)
        return false;
    info->os = word_id(systems, os);
    info->arch = word_id(arches, cpu);
    if (!read_id(id, &info->id))
        info->id = (mdw_debug_id){.form = MDW_DEBUG_ID_NONE};
    return true;
}

bool sym_record_at(mdw_bytes source, uint64_t at, uint32_t kind, text *t,
                   uint64_t *next)
{
    mdw_str line;
    uint64_t end = at;
    if (!lines_begin(source, at) || !lines_take(source, &end, &line))
        return false;
    *t = text_of(line);
    *next = end;
    return sym_kind(t) == kind;
}
