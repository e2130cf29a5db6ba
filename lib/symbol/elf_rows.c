/* lib/symbol/elf_rows.c - the unwind tables of an ELF file. */
#include "lib/symbol/elf_rows.h"

#include <elf.h>

#include "lib/unwind/info.h"

#define UNPACKED_MAX (UINT64_C(256) << 20)

static const struct {
    const char *name;
    uint32_t id; /* enum mdw_section_id */
} wanted[] = {
    {".text", MDW_SECTION_TEXT},
    {".eh_frame", MDW_SECTION_EH_FRAME},
    {".eh_frame_hdr", MDW_SECTION_EH_FRAME_HDR},
    {".debug_frame", MDW_SECTION_DEBUG_FRAME},
    {".got", MDW_SECTION_GOT},
};

/* A table that does not unpack is as good as none: there may be another. */
static void take_sections(const elf_file *elf, arena *store, mdw_sections *out)
{
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        const elf_section *s = elf_find(elf, wanted[i].name);
        mdw_section *section = &out->section[wanted[i].id];
        if (!s)
            continue;
        section->addr = s->addr;
        if (elf_content(elf, s, UNPACKED_MAX, 0, store, &section->data, NULL) !=
            MDW_OK)
            section->data = (mdw_bytes){NULL, 0};
    }
}

/* By its type, whatever its name; of a file without sections by its segment.
 * Where sections say that its bytes were taken out, as debug files' do, the
 * segment's place holds others. */
static mdw_section arm_index(const elf_file *elf)
{
    const mdw_section none = {{NULL, 0}, 0};
    for (size_t i = 0; i < elf->section_count; i++) {
        const elf_section *s = &elf->sections[i];
        if (s->type == SHT_ARM_EXIDX && s->bytes.len == s->size)
            return (mdw_section){s->bytes, s->addr};
    }
    for (size_t i = 0; !elf->section_count && i < elf->segment_count; i++) {
        const elf_segment *s = &elf->segments[i];
        if (s->type == PT_ARM_EXIDX && s->bytes.len == s->size)
            return (mdw_section){s->bytes, s->addr};
    }
    return none;
}

/* What tables point to, by addresses as linked. */
typedef struct linked_code {
    elf_code *code;
    uint64_t base;
} linked_code;

static mdw_window linked_at(void *user, uint64_t addr)
{
    const linked_code *l = user;
    mdw_window w = elf_code_window(l->code, addr - l->base);
    w.addr += l->base;
    return w;
}

mdw_status elf_rows_open(const elf_file *elf, elf_code *code, arena *store,
                         const mdw_allocator *alloc, mdw_unwind_info **out)
{
    mdw_sections sections = MDW_INIT(mdw_sections);
    linked_code *linked = arena_take(store, 1, sizeof *linked);
    if (!linked)
        return MDW_E_MEMORY;
    *linked = (linked_code){code, elf->image.start};
    sections.arch = elf->arch;
    sections.big_endian = elf->big_endian;
    sections.at = code ? linked_at : NULL;
    sections.at_user = linked;
    take_sections(elf, store, &sections);
    if (elf->arch == MDW_ARCH_ARM)
        sections.section[MDW_SECTION_ARM_EXIDX] = arm_index(elf);
    mdw_status status = mdw_unwind_info_new(&sections, alloc, out, NULL);
    return status == MDW_OK || status == MDW_E_MEMORY ? status
                                                      : (mdw_status)MDW_ABSENT;
}

/* --- into an index ------------------------------------------------------ */

enum { CANCEL_EVERY = 1 << 12 }; /* rows */
_Static_assert((int)UNWIND_TABLES <= (int)INDEX_ROW_LAYERS,
               "a layer for each table");

typedef struct row_put {
    index_writer *w;
    uint32_t table, layer;
    uint64_t base; /* of the image, as linked */
    const mdw_budget *budget;
    uint64_t rows, above;
    sym_row row; /* what its mask does not name is never read */
} row_put;

static sym_rule rule_of(mdw_rule rule)
{
    sym_rule out = {.kind = rule.kind, .base = rule.base};
    if (rule.kind == MDW_RULE_EXPR || rule.kind == MDW_RULE_EXPR_LOAD)
        out.expr = (mdw_bytes){rule.expr, rule.expr_len};
    else
        out.offset = rule.offset;
    return out;
}

/* Expressions stay DWARF's bytes: what they add an image's place to is relative
 * to its link base, which an index has too. */
static mdw_status put_row(void *user, mdw_row *from)
{
    row_put *p = user;
    sym_row *to = &p->row;
    uint64_t rva = from->pc.start - p->base, room = UINT32_MAX - rva;
    const mdw_budget *b = p->budget;
    p->rows++;
    if (b->work && p->rows > b->work)
        return MDW_E_LIMIT;
    if (p->rows % CANCEL_EVERY == 0 && b->cancelled && b->cancelled(b->user))
        return MDW_E_CANCELLED;
    if (from->pc.start < p->base || rva > UINT32_MAX) {
        p->above++;
        return MDW_OK;
    }
    to->pc = (mdw_range){rva, from->pc.size < room ? from->pc.size : room};
    to->flags = from->flags;
    to->source = from->source;
    to->set = from->set;
    to->cfa = rule_of(from->cfa);
    for (uint32_t i = 0; i < MDW_MAX_REGS; i++)
        if (from->set >> i & 1)
            to->reg[i] = rule_of(from->reg[i]);
    index_put_row(p->w, p->layer, to);
    return MDW_OK;
}

/* A table whose entries go on for ever has told what it has to tell. */
static mdw_status put_table(const mdw_unwind_info *info, row_put *p)
{
    uint64_t broken = 0, limit = p->budget->work;
    mdw_status status = unwind_info_each(info, p->table, put_row, p, &broken);
    if (status == MDW_E_LIMIT && !(limit && p->rows > limit)) {
        broken++;
        status = MDW_OK;
    }
    index_put_counter(p->w, INDEX_TABLE, broken, UINT64_MAX);
    index_put_counter(p->w, INDEX_ABOVE, p->above, UINT64_MAX);
    p->above = 0;
    return status;
}

mdw_status elf_put_rows(const elf_file *elf, uint64_t base, uint32_t *layer,
                        const mdw_budget *budget, arena *store,
                        const mdw_allocator *alloc, index_writer *w)
{
    mdw_unwind_info *info;
    elf_code *code = NULL;
    row_put p = {.w = w, .layer = *layer, .base = base, .budget = budget};
    mdw_status status = elf_code_open(elf, store, &code);
    if (status != MDW_E_MEMORY)
        status = elf_rows_open(elf, status == MDW_OK ? code : NULL, store,
                               alloc, &info);
    if (status != MDW_OK)
        return status;
    uint32_t count = unwind_info_tables(info);
    for (; p.table < count && p.layer < INDEX_ROW_LAYERS && status == MDW_OK;
         p.table++, p.layer++)
        status = put_table(info, &p);
    *layer = p.layer;
    mdw_unwind_info_close(info);
    return status;
}
