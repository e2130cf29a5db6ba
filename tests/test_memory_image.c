/* tests/test_memory_image.c - unwind tables of images that lie in target
 * memory.
 *
 * test_memory_image FOLDER   made-up images, and the full dumps of FOLDER
 * test_memory_image          a dump with this process' own vDSO */
#define _GNU_SOURCE /* getauxval */

#include <elf.h>
#include <stdlib.h>
#include <sys/auxv.h>

#include "lib/base/str.h"
#include "lib/symbol/memory.h"
#include "lib/unwind/row.h"
#include "mdwalk/report.h"
#include "mdwalk/source.h"
#include "state_of.h"

/* --- a made-up image ---------------------------------------------------- */

enum {
    HEADER = 0x200, /* .eh_frame_hdr */
    FRAME = 0x300,  /* .eh_frame */
    CODE = 0x1000,
    DYNAMIC = 0x2000,
    SIZE = 0x3000
};
static const uint64_t loaded_at = 0x70000000;

typedef struct maker {
    const char *claim;
    uint16_t machine;
    bool is_64, big_endian;
    uint64_t link;
    bool datarel;   /* FDEs count from DT_PLTGOT */
    bool relocated; /* the dynamic linker wrote to that entry */
    bool no_table;  /* .eh_frame_hdr only names .eh_frame */
    bool exidx;     /* .ARM.exidx and .ARM.extab in their places */
    uint64_t skew;  /* of the first segment in its page */
} maker;

typedef struct target {
    const maker *m;
    uint8_t bytes[SIZE];
    uint64_t from, to; /* what of it was captured */
} target;

static void put(target *t, size_t at, uint64_t value, size_t size)
{
    for (size_t i = 0; i < size; i++)
        t->bytes[at + (t->m->big_endian ? size - 1 - i : i)] =
            (uint8_t)(value >> 8 * i);
}

static void put_segment(target *t, unsigned i, uint32_t type, uint64_t at,
                        uint64_t size)
{
    size_t word = t->m->is_64 ? 8 : 4, p = t->m->is_64 ? 64 : 52;
    p += i * (t->m->is_64 ? 56 : 32);
    put(t, p, type, 4);
    p += t->m->is_64 ? 8 : 4; /* p_flags */
    put(t, p, at, word);
    put(t, p + word, t->m->link + at, word);
    put(t, p + 3 * word, size, word);
    put(t, p + 4 * word, size, word);
}

static void put_elf(target *t)
{
    const maker *m = t->m;
    size_t word = m->is_64 ? 8 : 4, tail = m->is_64 ? 52 : 40;
    memcpy(t->bytes, "\177ELF", 4);
    t->bytes[4] = m->is_64 ? ELFCLASS64 : ELFCLASS32;
    t->bytes[5] = m->big_endian ? ELFDATA2MSB : ELFDATA2LSB;
    t->bytes[6] = EV_CURRENT;
    put(t, 16, ET_DYN, 2);
    put(t, 18, m->machine, 2);
    put(t, 24 + word, m->is_64 ? 64 : 52, word);
    put(t, tail, m->is_64 ? 64 : 52, 2);
    put(t, tail + 2, m->is_64 ? 56 : 32, 2);
    put(t, tail + 4, 4, 2);
    put_segment(t, 0, PT_LOAD, CODE, SIZE - CODE);
    put_segment(t, 1, PT_LOAD, m->skew, CODE - m->skew);
    if (m->exidx)
        put_segment(t, 2, PT_ARM_EXIDX, HEADER, 24);
    else
        put_segment(t, 2, PT_GNU_EH_FRAME, HEADER, 20);
    put_segment(t, 3, PT_DYNAMIC, DYNAMIC, 4 * word);
    put(t, DYNAMIC, DT_PLTGOT, word);
    put(t, DYNAMIC + word, (m->relocated ? loaded_at : m->link) + CODE + 64,
        word);
}

/* CFA sp + 8, from CODE + 1 sp + 16; the return address at CFA - 8. */
static void put_tables(target *t)
{
    bool arm = t->m->machine == EM_ARM;
    uint8_t sp = t->m->machine == EM_386 ? 4 : arm ? 13 : 7;
    uint8_t ra = t->m->machine == EM_386 ? 8 : arm ? 14 : 16;
    uint8_t encoding = t->m->datarel ? 0x3B : 0x1B; /* sdata4 */
    const uint8_t cie[] = {1,
                           'z',
                           'R',
                           0,
                           1,
                           0x78,
                           ra,
                           1,
                           encoding,
                           0x0C,
                           sp,
                           8,
                           (uint8_t)(0x80 | ra),
                           1,
                           0,
                           0};
    const uint8_t code[] = {0, 0x41, 0x0E, 16};
    put(t, FRAME, 4 + sizeof cie, 4);
    memcpy(t->bytes + FRAME + 8, cie, sizeof cie);
    size_t fde = FRAME + 8 + sizeof cie;
    put(t, fde, 16, 4);
    put(t, fde + 4, fde + 4 - FRAME, 4);
    put(t, fde + 8, CODE - (t->m->datarel ? CODE + 64 : fde + 8), 4);
    put(t, fde + 12, 0x100, 4);
    memcpy(t->bytes + fde + 16, code, sizeof code);
    const uint8_t head[] = {1, 0x1B, 0x03, t->m->no_table ? 0xFF : 0x3B};
    memcpy(t->bytes + HEADER, head, sizeof head);
    put(t, HEADER + 4, FRAME - (HEADER + 4), 4);
    put(t, HEADER + 8, 1, 4);
    put(t, HEADER + 12, CODE - HEADER, 4);
    put(t, HEADER + 16, fde - HEADER, 4);
}

static void put_prel31(target *t, size_t at, uint64_t to)
{
    put(t, at, (to - at) & 0x7FFFFFFF, 4);
}

/* The same frames: vsp + 8, and from CODE + 2 on vsp + 16. */
static void put_exidx(target *t)
{
    put_prel31(t, HEADER, CODE);
    put(t, HEADER + 4, 0x8001B0B0, 4);
    put_prel31(t, HEADER + 8, CODE + 2);
    put_prel31(t, HEADER + 12, FRAME);
    put_prel31(t, HEADER + 16, CODE + 0x100);
    put(t, HEADER + 20, 1, 4);
    put(t, FRAME, 0x8003B0B0, 4);
}

static void make(target *t, const maker *m)
{
    *t = (target){.m = m, .to = SIZE};
    put_elf(t);
    if (m->exidx)
        put_exidx(t);
    else
        put_tables(t);
}

static mdw_window window(void *user, uint64_t addr)
{
    const target *t = user;
    uint64_t rva = addr - loaded_at;
    if (rva < t->from || rva >= t->to)
        return (mdw_window){0, {NULL, 0}};
    return (mdw_window){loaded_at + t->from,
                        {t->bytes + t->from, t->to - t->from}};
}

static mdw_status open_image(target *t, mdw_symfile **out)
{
    mdw_memory memory = {NULL, window, t};
    return memory_symfile(&memory, (mdw_range){loaded_at, SIZE}, NULL, out);
}

/* The CFA's offset at CODE + `into`; 0: MDW_ABSENT. */
static int64_t cfa_at(const mdw_symfile *file, uint64_t into)
{
    mdw_image image = MDW_INIT(mdw_image);
    mdw_row_query query = {.size = sizeof query};
    mdw_row row;
    image.range = (mdw_range){loaded_at, SIZE};
    mdw_symfile_image(file, &image);
    query.pc = loaded_at + CODE + into;
    row_clear(&row);
    mdw_status status = image.rows(image.user, &image, &query, &row);
    CHECK(status == MDW_OK || status == MDW_ABSENT);
    if (status != MDW_OK)
        return 0;
    CHECK(row.cfa.kind == MDW_RULE_ADDR && mdw_range_has(row.pc, query.pc));
    return row.cfa.offset;
}

static const maker makers[] = {
    {.claim = "x86-64", .machine = EM_X86_64, .is_64 = true},
    {.claim = "linked for another address",
     .machine = EM_X86_64,
     .is_64 = true,
     .link = 0x400000},
    {.claim = "above where it is",
     .machine = EM_X86_64,
     .is_64 = true,
     .link = 0x7FFF00000000},
    {.claim = "a segment in the middle of its page",
     .machine = EM_X86_64,
     .is_64 = true,
     .link = 0x400000,
     .skew = 0x40},
    {.claim = "x86", .machine = EM_386, .link = 0x8048000},
    {.claim = "ARM, big-endian", .machine = EM_ARM, .big_endian = true},
    {.claim = ".ARM.exidx", .machine = EM_ARM, .exidx = true},
    {.claim = ".ARM.exidx, linked for another address",
     .machine = EM_ARM,
     .link = 0x10000,
     .exidx = true},
    {.claim = ".ARM.exidx, big-endian",
     .machine = EM_ARM,
     .exidx = true,
     .big_endian = true},
    {.claim = "no table to search",
     .machine = EM_X86_64,
     .is_64 = true,
     .no_table = true},
    {.claim = "pointers that count from DT_PLTGOT",
     .machine = EM_X86_64,
     .is_64 = true,
     .datarel = true},
    {.claim = "which the dynamic linker has relocated",
     .machine = EM_386,
     .link = 0x8048000,
     .datarel = true,
     .relocated = true},
};

static void test_made(void)
{
    static target t;
    for (size_t i = 0; i < sizeof makers / sizeof *makers; i++) {
        mdw_symfile *file = NULL;
        t_case = makers[i].claim;
        make(&t, &makers[i]);
        CHECK(open_image(&t, &file) == MDW_OK);
        if (!file)
            continue;
        CHECK_U64(mdw_symfile_has(file), MDW_HAS_ROWS);
        CHECK(cfa_at(file, 0) == 8);
        CHECK(cfa_at(file, 0x80) == 16);
        CHECK(cfa_at(file, 0x100) == 0);
        mdw_range found;
        CHECK(mdw_symfile_lookup(file, CODE, NULL, NULL) == MDW_ABSENT);
        CHECK(mdw_symfile_find(file, STR("f"), &found) == MDW_ABSENT);
        CHECK(!mdw_symfile_code(file).read);
        CHECK(mdw_symfile_hold(file) == file);
        mdw_symfile_close(file);
        mdw_symfile_close(file);
    }
}

/* Whatever of it was captured, an answer is right or there is none. */
static void test_parts_of(const maker *m)
{
    static target t;
    t_case = m->claim;
    make(&t, m);
    size_t useful = 0, answered = 0;
    for (t.to = 0; t.to < CODE; t.to++) {
        mdw_symfile *file = NULL;
        mdw_status status = open_image(&t, &file);
        CHECK(status == MDW_OK || status == MDW_ABSENT);
        if (status != MDW_OK)
            continue;
        useful++;
        int64_t cfa = cfa_at(file, 0x80);
        CHECK(cfa == 16 || !cfa);
        answered += cfa == 16;
        mdw_symfile_close(file);
    }
    CHECK(useful > answered && answered > CODE - FRAME - 100);
}

static void test_parts(void)
{
    static target t;
    test_parts_of(&makers[0]);
    static const maker arm = {
        .claim = "a part of .ARM.exidx", .machine = EM_ARM, .exidx = true};
    test_parts_of(&arm);
    t_case = "another machine's segment of that number";
    make(&t, &arm);
    put(&t, 18, EM_386, 2);
    mdw_symfile *file;
    CHECK(open_image(&t, &file) == MDW_ABSENT);
    make(&t, &makers[0]);
    t_case = "its header is missing";
    t.from = 1;
    t.to = SIZE;
    CHECK(open_image(&t, &file) == MDW_ABSENT);
    t_case = "another kind of file";
    t.from = 0;
    t.bytes[0] = 'M';
    CHECK(open_image(&t, &file) == MDW_ABSENT);
    t_case = "memory without windows";
    mdw_memory memory = {NULL, NULL, NULL};
    CHECK(memory_symfile(&memory, (mdw_range){loaded_at, SIZE}, NULL, &file) ==
          MDW_ABSENT);
}

/* The same bytes, and others that lie before them. */
static mdw_window wider_window(void *user, uint64_t addr)
{
    static uint8_t all[0x100 + SIZE];
    const target *t = user;
    memcpy(all + 0x100, t->bytes, SIZE);
    if (addr - (loaded_at - 0x100) >= sizeof all)
        return (mdw_window){0, {NULL, 0}};
    return (mdw_window){loaded_at - 0x100, {all, sizeof all}};
}

static void test_bounds(void)
{
    static target t;
    mdw_symfile *file = NULL;
    mdw_memory memory = {NULL, window, &t};
    make(&t, &makers[0]);
    t_case = "what lies behind the image is another's";
    CHECK(memory_symfile(&memory, (mdw_range){loaded_at, FRAME + 4}, NULL,
                         &file) == MDW_OK);
    CHECK(cfa_at(file, 0x80) == 0);
    mdw_symfile_close(file);
    t_case = "and what lies before it";
    memory.window = wider_window;
    CHECK(memory_symfile(&memory, (mdw_range){loaded_at, SIZE}, NULL, &file) ==
          MDW_OK);
    CHECK(cfa_at(file, 0x80) == 16);
    mdw_symfile_close(file);
    memory.window = window;
    t_case = "an image of nothing";
    CHECK(memory_symfile(&memory, (mdw_range){loaded_at, 0}, NULL, &file) ==
          MDW_ABSENT);
    t_case = "program headers that go on for ever";
    put(&t, 56, 0xFFFF, 2);
    CHECK(open_image(&t, &file) == MDW_OK);
    mdw_symfile_close(file);
    t_case = "no PT_LOAD, no bias";
    put(&t, 64, PT_NULL, 4);
    put(&t, 120, PT_NULL, 4);
    CHECK(open_image(&t, &file) == MDW_ABSENT);
}

/* --- dumps -------------------------------------------------------------- */

/* How many frames the tables in the dump have found, one behind the other. */
static size_t by_tables(const mdw_state *state)
{
    mdw_report *report = NULL;
    size_t count = 0;
    CHECK(mdw_process(state, NULL, &report, NULL) == MDW_OK);
    if (!report)
        return 0;
    uint32_t stack = mdw_state_main_stack(state);
    stack = stack == MDW_NONE ? 0 : stack;
    for (size_t i = 1; i < mdw_report_frame_count(report, stack); i++) {
        mdw_frame f = MDW_INIT(mdw_frame);
        if (mdw_report_frame(report, stack, i, &f) != MDW_OK ||
            f.source != MDW_SOURCE_DWARF || f.trust != MDW_TRUST_CFI)
            break;
        count++;
    }
    mdw_report_close(report);
    return count;
}

static void test_full_dump(const char *folder, const char *name, size_t want)
{
    char path[512];
    mdw_source *source = NULL;
    mdw_dump *dump = NULL;
    mdw_state *state = NULL;
    t_case = name;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    CHECK(mdw_source_open(path, NULL, &source, NULL) == MDW_OK);
    CHECK(source &&
          mdw_dump_open(mdw_source_bytes(source), NULL, &dump, NULL) == MDW_OK);
    CHECK(dump && mdw_state_from_dump(dump, NULL, &state, NULL) == MDW_OK);
    if (state)
        CHECK_U64(by_tables(state), want);
    mdw_state_close(state);
    mdw_dump_close(dump);
    mdw_source_close(source);
}

/* --- this process' vDSO ------------------------------------------------- */

#if defined(__x86_64__)

static mdw_bytes vdso(void)
{
    const Elf64_Ehdr *h = (const void *)getauxval(AT_SYSINFO_EHDR);
    if (!h)
        return (mdw_bytes){NULL, 0};
    return (mdw_bytes){(const uint8_t *)h,
                       h->e_shoff + (size_t)h->e_shnum * h->e_shentsize};
}

/* The first byte of some function, by section headers, which the library does
 * not look at. */
static uint64_t function_in(mdw_bytes image)
{
    const Elf64_Ehdr *h = (const void *)image.data;
    const Elf64_Shdr *s = (const void *)(image.data + h->e_shoff);
    for (unsigned i = 0; i < h->e_shnum; i++) {
        const Elf64_Sym *at = (const void *)(image.data + s[i].sh_offset);
        for (size_t k = 0;
             s[i].sh_type == SHT_DYNSYM && k < s[i].sh_size / sizeof *at; k++)
            if (ELF64_ST_TYPE(at[k].st_info) == STT_FUNC && at[k].st_size)
                return at[k].st_value;
    }
    return 0;
}

static int test_vdso(void)
{
    mdw_bytes image = vdso();
    uint64_t rva = image.len ? function_in(image) : 0;
    if (!rva)
        return 77;
    static const uint64_t base = 0x7FFF00100000, stack_at = 0x7FFF00000000;
    const uint64_t stack[] = {0x400105, 0, 0, 0};
    static const uint8_t code[] = {0xE8, 0, 0, 0, 0, 0x90, 0x90, 0x90};
    uint8_t context[1232] = {0}; /* CONTEXT of AMD64 */
    t_put(context + 0x30, 0x0010000B, 4);
    t_put(context + 0x98, stack_at, 8);
    t_put(context + 0xF8, base + rva, 8);
    const synth_system system = {.arch = 9, .platform = 0x8201};
    const synth_thread thread = {.id = 1,
                                 .stack_addr = stack_at,
                                 .stack = stack,
                                 .stack_len = sizeof stack,
                                 .context = context,
                                 .context_len = sizeof context};
    const synth_module modules[] = {
        {.base = 0x400000, .size = 0x1000, .name = "/app"},
        {.base = base, .size = 0x4000, .name = "linux-gate.so"}};
    const synth_memory memory[] = {{base, image.data, image.len},
                                   {0x400100, code, sizeof code}};
    t_case = "a frame in the vDSO";
    for (size_t pieces = 1; pieces <= 2; pieces++) { /* without it, with it */
        synth *s = synth_new(false);
        synth_system_info(s, &system);
        synth_thread_list(s, &thread, 1);
        synth_module_list(s, modules, 2);
        synth_memory_list(s, memory + 2 - pieces, pieces);
        opened o = state_of(s);
        CHECK_U64(by_tables(o.state), pieces - 1);
        state_done(&o);
    }
    return t_done();
}

#else

static int test_vdso(void)
{
    return 77;
}

#endif

int main(int argc, char **argv)
{
    if (argc < 2)
        return test_vdso();
    test_made();
    test_parts();
    test_bounds();
    test_full_dump(argv[1], "x86_64-O0-null-full.dmp", 5);
    test_full_dump(argv[1], "aarch64-O2-null-full.dmp", 5);
    return t_done();
}
