/* tests/walk_program.c - a stack of calls that really stand in an x86-64 ELF
 * file, each of a function whose caller's row lies somewhere else in the
 * table, and everything that can tell how to walk it. */
#include "walk_program.h"

#include <inttypes.h>
#include <stdarg.h>

#include "cfi_file.h"
#include "mdwalk/symbol.h"

enum { LARGEST = 1024 /* bytes of a frame */, TEXT_LINE = 1024 };
static const uint64_t loaded_at = 0x7F0000000000, stack_at = 0x7FFFFF000000;

static void *take(size_t count, size_t size)
{
    void *at = calloc(count ? count : 1, size);
    if (!at)
        exit(2);
    return at;
}

/* --- what is in the file ------------------------------------------------ */

/* MDW_NONE: nowhere. */
static size_t function_at(const program *p, uint64_t addr)
{
    size_t low = 0, high = p->function_count;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (p->functions[mid].pc.start <= addr)
            low = mid + 1;
        else
            high = mid;
    }
    return low && mdw_range_has(p->functions[low - 1].pc, addr) ? low - 1
                                                                : MDW_NONE;
}

static bool row_at(const program *p, size_t i, uint64_t addr, mdw_row *row)
{
    dwarf_fde fde;
    row_clear(row);
    return dwarf_fde_read(&p->cfi, p->cfi.index[p->functions[i].fde].offset,
                          &fde) == MDW_OK &&
           dwarf_run(&p->cfi, &fde, addr, row) == MDW_OK;
}

/* Bytes of the frame, where its CFA counts from rsp and everything that was
 * saved lies below that; 0: another kind. */
static uint64_t frame_of(const program *p, size_t i, uint64_t addr)
{
    mdw_row row;
    const arch *a = p->cfi.arch;
    if (!row_at(p, i, addr, &row) || row.cfa.kind != MDW_RULE_ADDR ||
        row.cfa.base != a->sp || row.cfa.offset < 8 || row.cfa.offset > LARGEST)
        return 0;
    for (uint8_t r = 0; r < a->reg_count; r++)
        if (row.set >> r & 1 &&
            (row.reg[r].kind != MDW_RULE_LOAD ||
             row.reg[r].base != MDW_BASE_CFA || row.reg[r].offset >= 0))
            return 0;
    return (uint64_t)row.cfa.offset;
}

static void read_functions(program *p)
{
    p->functions = take(p->cfi.index_count, sizeof *p->functions);
    for (size_t i = 0; i < p->cfi.index_count; i++) {
        dwarf_fde fde;
        if (dwarf_fde_read(&p->cfi, p->cfi.index[i].offset, &fde) == MDW_OK)
            p->functions[p->function_count++] = (function){fde.pc, i};
    }
}

static int by_callee(const void *left, const void *right)
{
    const site *a = left, *b = right;
    return (a->callee > b->callee) - (a->callee < b->callee);
}

/* E8 and a distance to the start of a function. What only looks like a call
 * serves as well. */
static void read_sites(program *p)
{
    mdw_bytes text = p->code.bytes;
    p->sites = take(text.len / 5, sizeof *p->sites);
    for (size_t i = 0; i + 5 <= text.len; i++) {
        int32_t distance;
        if (text.data[i] != 0xE8)
            continue;
        memcpy(&distance, text.data + i + 1, sizeof distance);
        uint64_t back = p->code.addr - loaded_at + i + 5;
        uint64_t to = back + (uint64_t)(int64_t)distance;
        size_t callee = function_at(p, to), caller = function_at(p, back - 1);
        if (callee == MDW_NONE || caller == MDW_NONE ||
            p->functions[callee].pc.start != to)
            continue;
        uint64_t frame = frame_of(p, caller, back - 1);
        if (frame)
            p->sites[p->site_count++] = (site){back, callee, frame, false};
        i += 4;
    }
    qsort(p->sites, p->site_count, sizeof *p->sites, by_callee);
}

static bool read_file(program *p, const char *path)
{
    *p = (program){.sections = cfi_open(path), .store = arena_new(NULL, 0)};
    mdw_section text = p->sections.section[MDW_SECTION_TEXT];
    size_t debug = p->sections.section[MDW_SECTION_DEBUG_FRAME].data.len;
    bool eh = p->sections.section[MDW_SECTION_EH_FRAME].data.len > debug;
    uint32_t id = eh ? MDW_SECTION_EH_FRAME : MDW_SECTION_DEBUG_FRAME;
    p->cfi = (dwarf_cfi){.arch = arch_find(p->sections.arch),
                         .eh = eh,
                         .bytes = p->sections.section[id].data,
                         .addr = p->sections.section[id].addr};
    p->code = (piece){loaded_at + text.addr, text.data};
    if (p->sections.arch != MDW_ARCH_X86_64 ||
        dwarf_index(&p->cfi, p->store) != MDW_OK)
        return false;
    read_functions(p);
    read_sites(p);
    return p->site_count > PROGRAM_FRAMES;
}

void program_close(program *p)
{
    arena_close(p->store);
    free(p->functions);
    free(p->sites);
    free((void *)(uintptr_t)p->stack.bytes.data);
    free(p->sym);
}

/* --- the stack ---------------------------------------------------------- */

static uint64_t random_next(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + 1442695040888963407;
    return *state >> 33;
}

/* A call of `callee` that wasn't used yet; of anything, where there is none. */
static site *caller_of(program *p, size_t callee, uint64_t *state)
{
    for (size_t i = 0; i < p->site_count; i++)
        if (p->sites[i].callee == callee && !p->sites[i].used)
            return &p->sites[i];
    for (;;) {
        site *s = &p->sites[random_next(state) % p->site_count];
        if (!s->used)
            return s;
    }
}

/* Innermost first: the return address of each frame lies at its top, under
 * what the function saved. */
static void make_stack(program *p)
{
    uint8_t *bytes = take(PROGRAM_FRAMES + 1, LARGEST);
    uint64_t state = 1, at = 8, frame = 0;
    size_t callee = p->sites[0].callee;
    p->pc = p->functions[callee].pc.start; /* rsp is at its return address */
    for (int i = 0; i < PROGRAM_FRAMES; i++) {
        site *s = caller_of(p, callee, &state);
        s->used = true;
        uint64_t back = i + 1 < PROGRAM_FRAMES ? loaded_at + s->back : 0;
        memcpy(bytes + at - 8, &back, 8);
        frame = s->frame;
        at += frame;
        callee = function_at(p, s->back - 1);
    }
    p->stack = (piece){stack_at, {bytes, (size_t)at}};
}

/* --- the same as a .sym ------------------------------------------------- */

static void say(program *p, const char *format, ...)
{
    va_list args;
    if (p->sym_room - p->sym_len < TEXT_LINE) {
        p->sym_room = p->sym_room * 2 + 2 * TEXT_LINE;
        p->sym = realloc(p->sym, p->sym_room);
        if (!p->sym)
            exit(2);
    }
    va_start(args, format);
    int len = vsnprintf(p->sym + p->sym_len, TEXT_LINE, format, args);
    va_end(args);
    p->sym_len += len > 0 && len < TEXT_LINE ? (size_t)len : 0;
}

static void say_row(program *p, const mdw_row *row)
{
    const arch *a = p->cfi.arch;
    say(p, " .cfa: $%s %" PRId64 " + .ra: .cfa -8 + ^",
        a->regs[row->cfa.base].name, row->cfa.offset);
    for (uint8_t r = 0; r < a->reg_count; r++)
        if (row->set >> r & 1 && r != a->pc &&
            row->reg[r].kind == MDW_RULE_LOAD)
            say(p, " $%s: .cfa %" PRId64 " + ^", a->regs[r].name,
                row->reg[r].offset);
    say(p, "\n");
}

static void say_function(program *p, size_t i)
{
    mdw_range pc = p->functions[i].pc;
    mdw_row row;
    uint64_t at = pc.start;
    say(p, "STACK CFI INIT %" PRIx64 " %" PRIx64, pc.start, pc.size);
    while (mdw_range_has(pc, at) && row_at(p, i, at, &row) && row.pc.size) {
        if (row.cfa.kind != MDW_RULE_ADDR)
            break;
        if (at != pc.start)
            say(p, "STACK CFI %" PRIx64, at);
        say_row(p, &row);
        at = row.pc.start + row.pc.size;
    }
    say(p, "\n");
}

static void make_sym(program *p)
{
    say(p, "MODULE Linux x86_64 000000000000000000000000000000000 bench\n");
    for (size_t i = 0; i < p->function_count; i++)
        say(p, "FUNC %" PRIx64 " %" PRIx64 " 0 f%zu\n",
            p->functions[i].pc.start, p->functions[i].pc.size, i);
    for (size_t i = 0; i < p->function_count; i++)
        say_function(p, i);
}

bool program_open(program *p, const char *path)
{
    if (!read_file(p, path))
        return false;
    make_stack(p);
    make_sym(p);
    return true;
}

/* --- walking ------------------------------------------------------------ */

mdw_window piece_window(void *user, uint64_t addr)
{
    const piece *p = user;
    if (addr - p->addr < p->bytes.len)
        return (mdw_window){p->addr, p->bytes};
    return (mdw_window){0};
}

size_t piece_read(void *user, uint64_t addr, void *dst, size_t len)
{
    mdw_window w = piece_window(user, addr);
    uint64_t at = addr - w.addr;
    if (at >= w.bytes.len)
        return 0;
    if (len > w.bytes.len - at)
        len = (size_t)(w.bytes.len - at);
    memcpy(dst, w.bytes.data + at, len);
    return len;
}

/* A dump that has the stack and the code: what ran is what unwind information
 * is judged by. */
static mdw_window program_window(void *user, uint64_t addr)
{
    program *p = user;
    mdw_window w = piece_window(&p->stack, addr);
    return w.bytes.len ? w : piece_window(&p->code, addr);
}

static size_t program_read(void *user, uint64_t addr, void *dst, size_t len)
{
    program *p = user;
    size_t n = piece_read(&p->stack, addr, dst, len);
    return n ? n : piece_read(&p->code, addr, dst, len);
}

static mdw_status place(void *user, uint64_t addr, uint32_t want,
                        mdw_place *out)
{
    const program *p = user;
    uint64_t linked = addr - loaded_at;
    size_t i = want & MDW_PLACE_FUNCTION ? function_at(p, linked) : MDW_NONE;
    out->flags = want;
    out->exec = addr - p->code.addr < p->code.bytes.len ? MDW_ANSWER_YES
                                                        : MDW_ANSWER_NO;
    if (i != MDW_NONE)
        out->function = (mdw_range){loaded_at + p->functions[i].pc.start,
                                    p->functions[i].pc.size};
    return MDW_OK;
}

void ready_make(program *p, const mdw_image *image,
                const mdw_walk_options *walk_options, ready *r)
{
    const arch *a = p->cfi.arch;
    mdw_image placed = *image;
    const mdw_image *images = &placed;
    mdw_unwinder_options options = MDW_INIT(mdw_unwinder_options);
    placed.range = (mdw_range){loaded_at, 0x10000000};
    options.arch = a->id;
    options.os = MDW_OS_LINUX;
    options.place = place;
    options.place_user = p;
    if (mdw_unwinder_new(&options, &images, 1, &r->unwinder, NULL) != MDW_OK ||
        mdw_walk_new(r->unwinder, walk_options, &r->walk, NULL) != MDW_OK)
        exit(2);
    r->regs = (mdw_regs){.valid = (UINT64_C(1) << a->reg_count) - 1};
    r->regs.value[a->pc] = loaded_at + p->pc;
    r->regs.value[a->sp] = stack_at;
    r->input = MDW_INIT(mdw_walk_input);
    r->input.regs = &r->regs;
    r->input.memory = (mdw_memory){program_read, program_window, p};
    r->input.stack = (mdw_range){stack_at, p->stack.bytes.len};
}

void ready_close(ready *r)
{
    mdw_walk_close(r->walk);
    mdw_unwinder_close(r->unwinder);
}

/* --- row sources -------------------------------------------------------- */

static bool open_info(const mdw_sections *s, mdw_image *image, void **held)
{
    mdw_unwind_info *info;
    if (mdw_unwind_info_new(s, NULL, &info, NULL) != MDW_OK)
        return false;
    image->rows = mdw_unwind_info_rows;
    image->user = *held = info;
    return true;
}

static void close_info(void *held)
{
    mdw_unwind_info_close(held);
}

static bool open_header(program *p, mdw_image *image, void **held)
{
    return p->cfi.eh &&
           p->sections.section[MDW_SECTION_EH_FRAME_HDR].data.len &&
           open_info(&p->sections, image, held);
}

static bool open_plain(program *p, mdw_image *image, void **held)
{
    mdw_sections s = p->sections;
    cfi_drop(&s, MDW_SECTION_EH_FRAME_HDR);
    return p->cfi.eh && open_info(&s, image, held);
}

static bool open_debug(program *p, mdw_image *image, void **held)
{
    mdw_sections s = p->sections;
    cfi_drop(&s, MDW_SECTION_EH_FRAME);
    cfi_drop(&s, MDW_SECTION_EH_FRAME_HDR);
    return !p->cfi.eh && open_info(&s, image, held);
}

/* --- symbol files ------------------------------------------------------- */

typedef struct growing {
    uint8_t *bytes;
    size_t len;
} growing;

static bool grow(void *user, const void *data, size_t len)
{
    growing *g = user;
    uint8_t *more = realloc(g->bytes, g->len + len);
    if (!more)
        return false;
    memcpy(more + g->len, data, len);
    g->bytes = more;
    g->len += len;
    return true;
}

static void give_back(void *user)
{
    growing *g = user;
    free(g->bytes);
    free(g);
}

static bool open_sym(program *p, uint32_t level, mdw_image *image, void **held)
{
    growing *g = take(1, sizeof *g);
    mdw_index_options index = MDW_INIT(mdw_index_options);
    mdw_symfile_options options = MDW_INIT(mdw_symfile_options);
    mdw_symfile *file;
    mdw_bytes text = {(const uint8_t *)p->sym, p->sym_len};
    index.level = level;
    options.release = give_back;
    options.release_user = g;
    if (mdw_index_build(text, &index, (mdw_sink){grow, g}, NULL) != MDW_OK)
        return false;
    options.index = (mdw_bytes){g->bytes, g->len};
    if (mdw_symfile_open(text, &options, &file, NULL) != MDW_OK)
        return false;
    mdw_symfile_image(file, image);
    *held = file;
    return true;
}

static bool open_full(program *p, mdw_image *image, void **held)
{
    return open_sym(p, MDW_INDEX_FULL, image, held);
}

static bool open_directory(program *p, mdw_image *image, void **held)
{
    return open_sym(p, MDW_INDEX_DIRECTORY, image, held);
}

static void close_sym(void *held)
{
    mdw_symfile_close(held);
}

static bool open_nothing(program *p, mdw_image *image, void **held)
{
    (void)p;
    image->rows = NULL;
    *held = NULL;
    return true;
}

static void close_nothing(void *held)
{
    (void)held;
}

const row_source row_sources[ROW_SOURCES] = {
    {".eh_frame, .eh_frame_hdr", open_header, close_info},
    {".eh_frame alone", open_plain, close_info},
    {".debug_frame", open_debug, close_info},
    {".sym, full index", open_full, close_sym},
    {".sym, directory", open_directory, close_sym},
    {"nothing", open_nothing, close_nothing},
};
