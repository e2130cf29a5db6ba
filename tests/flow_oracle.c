/* tests/flow_oracle.c - what the code of functions says of their frames,
 * against what the tables of the same file say. */
/* flow_oracle [--show] FILE...: each function that the symbols of an ELF file
 * name and its tables describe is asked at each instruction; prints how many
 * places agree, differ and are unknown. Exits 1 when more than one place in
 * WRONG_OF differs; in 32-bit code of x86 one in WRONG_OF_X86, for a function
 * that returns a structure takes an argument off the stack, which a call
 * doesn't say; in ARM's one in WRONG_OF_ARM, for where two additions take a
 * large frame down GCC's tables still have all of it between them. */
#include <inttypes.h>

#include "cfi_file.h"
#include "lib/insn/flow.h"
#include "lib/insn/x86.h"

enum {
    WRONG_OF = 1000,
    WRONG_OF_ARM = 500,
    WRONG_OF_X86 = 50,
    LONGEST = 4096,
    SHOWN = 20
};

typedef struct counts {
    uint64_t same, wrong, unknown;
} counts;

typedef struct file {
    const char *name;
    mdw_sections sections;
    const arch *arch;
    mdw_unwind_info *info;
    Elf *elf;
    bool show;
    counts start, end; /* from the start, to the return */
} file;

typedef struct function {
    uint64_t start;
    mdw_bytes code;
    bool thumb;
} function;

/* --- one place ----------------------------------------------------------- */

static uint8_t code_reg(const arch *a, uint8_t reg)
{
    return a->code_regs ? a->code_regs[reg] : reg;
}

static const mdw_rule *saved(const mdw_row *row, uint8_t reg)
{
    const mdw_rule *r = &row->reg[reg];
    bool is = row->set >> reg & 1 && r->kind == MDW_RULE_LOAD &&
              r->base == MDW_BASE_CFA;
    return is ? r : NULL;
}

static bool preserved(const arch *a, uint8_t reg)
{
    return a->regs[reg].saved & SAVED_SYSV;
}

/* Where a register lies from the caller's sp; 0: nothing is said. */
static int64_t place_in(const arch *a, const edge *e, uint8_t reg)
{
    for (uint8_t i = 0; i < e->count; i++)
        if (code_reg(a, e->save[i].reg) == reg)
            return e->save[i].at - e->caller_sp;
    return 0;
}

/* A table may look for what was brought back where it was saved: nothing but
 * the way out follows. */
static bool brought_back(const function *in, size_t at)
{
    for (; at + 4 <= in->code.len; at += 4) {
        const uint8_t *c = in->code.data + at;
        uint32_t word = c[0] | (uint32_t)c[1] << 8 | (uint32_t)c[2] << 16 |
                        (uint32_t)c[3] << 24;
        bool jumps = (word & 0xFC000000) == 0x14000000; /* B */
        if (jumps || (word & 0xFFFFFC1F) == 0xD65F0000 ||
            (word & 0xFFFFFC1F) == 0xD61F0000) /* RET, BR */
            return true;
        if ((word & 0xFC000000) == 0x94000000 ||
            (word & 0xFE000000) == 0x54000000)
            return false;
    }
    return false;
}

static bool same_saves(const file *f, const edge *e, const mdw_row *row,
                       const function *in, size_t at_code)
{
    const arch *a = f->arch;
    for (uint8_t reg = 0; reg < a->reg_count; reg++) {
        const mdw_rule *r = saved(row, reg);
        int64_t at = place_in(a, e, reg);
        if (preserved(a, reg) && at && r && at != r->offset)
            return false;
        /* What was popped lies below sp, where a table may still see it. */
        if (reg == a->fp && r && !at && !e->by_fp &&
            r->offset + e->caller_sp >= 0 && !brought_back(in, at_code))
            return false;
    }
    return true;
}

static bool same_link(const file *f, const edge *e, const mdw_row *row,
                      const function *in, size_t at)
{
    if (f->arch->lr == NO_REG)
        return e->caller_sp - e->ret == f->arch->pointer;
    const mdw_rule *r = saved(row, f->arch->lr);
    return e->in_link ? !r || brought_back(in, at)
                      : r && e->ret - e->caller_sp == r->offset;
}

/* Only where both count from the same register. */
static bool same_frame(const file *f, const edge *e, const mdw_row *row)
{
    uint8_t base = e->by_fp ? f->arch->fp : f->arch->sp;
    return row->cfa.base != base || e->caller_sp == row->cfa.offset;
}

static void count(file *f, counts *c, const edge *e, const mdw_row *row,
                  const function *in, size_t at, bool saves)
{
    static unsigned shown;
    if (!e->known) {
        c->unknown++;
        return;
    }
    bool same = row->cfa.kind != MDW_RULE_ADDR || e->stored ||
                (same_frame(f, e, row) && same_link(f, e, row, in, at) &&
                 (!saves || same_saves(f, e, row, in, at)));
    c->same += same;
    c->wrong += !same;
    if (!same && f->show && shown++ < SHOWN)
        printf("  %" PRIx64 "+%zx: %s%s sp %d ret %d; table cfa r%u%+d\n",
               in->start, at, c == &f->start ? "start" : "return",
               e->by_fp ? " by fp" : "", (int)e->caller_sp, (int)e->ret,
               row->cfa.base, (int)row->cfa.offset);
}

static bool row_at(file *f, uint64_t pc, mdw_row *row)
{
    mdw_image image = MDW_INIT(mdw_image);
    mdw_row_query query = {.size = sizeof query, .pc = pc};
    image.range = (mdw_range){0, UINT64_MAX};
    row_clear(row);
    return mdw_unwind_info_rows(f->info, &image, &query, row) == MDW_OK;
}

static void ask(file *f, const function *in, size_t at)
{
    mdw_row row;
    if (!row_at(f, in->start + at, &row))
        return;
    flow_code code = {f->sections.arch, false, in->thumb, in->code};
    edge e = flow_from_start(&code, at, false);
    count(f, &f->start, &e, &row, in, at, true);
    if (!e.known) /* padding */
        return;
    e = flow_to_return(&code, at);
    count(f, &f->end, &e, &row, in, at, false);
}

/* Nobody comes to what fills the gap behind a jump; tables are careless there.
 */
static bool is_padding(const x86_instruction *i)
{
    bool lea = i->map == X86_ONE && i->opcode == 0x8D && i->memory &&
               i->base == i->reg && !i->disp;
    return lea || (i->map == X86_ONE && i->opcode == 0x90) ||
           (i->map == X86_0F && i->opcode == 0x1F);
}

/* Arm ARM (DDI 0406C) A6.1. */
static uint8_t thumb_size(const function *in, size_t at)
{
    bool wide = at + 1 < in->code.len && in->code.data[at + 1] >= 0xE8;
    return wide ? 4 : 2;
}

/* --- a file -------------------------------------------------------------- */

static void ask_function(file *f, const function *in)
{
    bool wide = f->sections.arch == MDW_ARCH_X86_64;
    mdw_row row;
    for (size_t at = 0; at < in->code.len && row_at(f, in->start, &row);) {
        x86_instruction i = {.size = in->thumb ? thumb_size(in, at) : 4};
        mdw_bytes rest = {in->code.data + at, in->code.len - at};
        if (f->arch->lr == NO_REG && !x86_read(rest, wide, &i))
            return;
        if (!is_padding(&i))
            ask(f, in, at);
        at += i.size;
    }
}

static mdw_bytes code_at(const file *f, uint64_t addr, uint64_t size)
{
    GElf_Shdr head;
    for (Elf_Scn *scn = NULL; (scn = elf_nextscn(f->elf, scn));) {
        if (!gelf_getshdr(scn, &head) || head.sh_type != SHT_PROGBITS ||
            !(head.sh_flags & SHF_EXECINSTR) || addr < head.sh_addr ||
            addr - head.sh_addr > head.sh_size ||
            size > head.sh_size - (addr - head.sh_addr))
            continue;
        const Elf_Data *data = elf_rawdata(scn, NULL);
        return (mdw_bytes){(const uint8_t *)data->d_buf + (addr - head.sh_addr),
                           (size_t)size};
    }
    return (mdw_bytes){NULL, 0};
}

static void ask_symbols(file *f, Elf_Scn *scn, const GElf_Shdr *head)
{
    Elf_Data *data = elf_getdata(scn, NULL);
    GElf_Sym symbol;
    for (int i = 0; gelf_getsym(data, i, &symbol); i++) {
        if (GELF_ST_TYPE(symbol.st_info) != STT_FUNC || !symbol.st_size ||
            symbol.st_size > LONGEST)
            continue;
        const char *name = elf_strptr(f->elf, head->sh_link, symbol.st_name);
        if (name && strstr(name, ".cold"))
            continue; /* entered in the middle */
        bool thumb = f->sections.arch == MDW_ARCH_ARM && symbol.st_value & 1;
        uint64_t at = symbol.st_value - thumb;
        function in = {at, code_at(f, at, symbol.st_size), thumb};
        if (in.code.data)
            ask_function(f, &in);
    }
}

static bool say(const file *f, const char *what, const counts *c)
{
    uint32_t cpu = f->sections.arch;
    uint64_t of = cpu == MDW_ARCH_X86   ? WRONG_OF_X86
                  : cpu == MDW_ARCH_ARM ? WRONG_OF_ARM
                                        : WRONG_OF;
    bool bad = c->wrong * of > c->same + c->wrong || !c->same;
    printf("%s, %s: %" PRIu64 " agree, %" PRIu64 " differ, %" PRIu64
           " unknown%s\n",
           f->name, what, c->same, c->wrong, c->unknown,
           bad ? ": TOO MANY" : "");
    return !bad;
}

static bool ask_file(const char *name, bool show)
{
    file f = {.name = name, .show = show, .sections = cfi_open(name)};
    GElf_Shdr head;
    f.arch = arch_find(f.sections.arch);
    f.elf = cfi_elf(name);
    if (mdw_unwind_info_new(&f.sections, NULL, &f.info, NULL) != MDW_OK)
        return false;
    for (Elf_Scn *scn = NULL; (scn = elf_nextscn(f.elf, scn));)
        if (gelf_getshdr(scn, &head) && head.sh_type == SHT_SYMTAB)
            ask_symbols(&f, scn, &head);
    if (!f.start.same)
        for (Elf_Scn *scn = NULL; (scn = elf_nextscn(f.elf, scn));)
            if (gelf_getshdr(scn, &head) && head.sh_type == SHT_DYNSYM)
                ask_symbols(&f, scn, &head);
    mdw_unwind_info_close(f.info);
    elf_end(f.elf);
    elf_end(f.sections.at_user); /* cfi_open's */
    bool good = say(&f, "from the start", &f.start);
    return say(&f, "to the return", &f.end) && good;
}

int main(int argc, char **argv)
{
    bool show = argc > 1 && !strcmp(argv[1], "--show"), good = true;
    for (int i = 1 + show; i < argc; i++)
        good &= ask_file(argv[i], show);
    return !good;
}
