/* lib/unwind/stack_win.c - STACK WIN records: what MSVC's PDBs say about frames
 * of 32-bit x86. */
#include "lib/unwind/stack_win.h"

#include "lib/base/str.h"
#include "lib/base/table.h"
#include "lib/unwind/postfix.h"

enum { VARIABLES = 32, SLACK_WORDS = 3, SCAN_WORDS = 40, WORD = 4 };

typedef struct variable {
    mdw_str name;
    uint64_t value;
} variable;

/* The caller as far as it is known. */
typedef struct caller {
    uint64_t value[MDW_MAX_REGS];
    uint64_t known;    /* bit i: value[i] */
    uint64_t assigned; /* bit i: not simply the callee's */
} caller;

typedef struct machine {
    const stack_win *win;
    const mdw_range *image;
    const mdw_row_query *query;
    const arch *arch;
    uint64_t search; /* .raSearch of this try */
    caller regs;
    variable vars[VARIABLES];
    size_t var_count;
} machine;

static uint64_t wrap(uint64_t v)
{
    return v & UINT32_MAX;
}

static bool load(void *user, uint64_t addr, unsigned size, uint64_t *value)
{
    const machine *m = user;
    const mdw_memory *memory = &m->query->memory;
    uint8_t raw[8];
    mdw_bytes bytes = {raw, size};
    return size <= sizeof raw && memory->read &&
           memory->read(memory->user, addr, raw, size) == size &&
           bytes_uint(bytes, 0, size, false, value);
}

static bool load_word(machine *m, uint64_t addr, uint64_t *value)
{
    return load(m, wrap(addr), WORD, value);
}

static bool known(const caller *c, uint8_t reg)
{
    return c->known >> reg & 1;
}

static void put(caller *c, uint8_t reg, uint64_t value)
{
    c->value[reg] = wrap(value);
    c->known |= UINT64_C(1) << reg;
    c->assigned |= UINT64_C(1) << reg;
}

static void lose(caller *c, uint8_t reg)
{
    c->known &= ~(UINT64_C(1) << reg);
    c->assigned |= UINT64_C(1) << reg;
}

static bool callee(const machine *m, uint8_t reg, uint64_t *value)
{
    *value = m->query->regs->value[reg];
    return m->query->regs->valid >> reg & 1;
}

/* --- variables --------------------------------------------------------- */

/* MSVC names registers by their CodeView numbers too: CV_HREG_e in cvconst.h,
 * 17 eax to 24 edi. */
static uint32_t reg_of(const machine *m, mdw_str name)
{
    const mdw_str by_number = STR("eaxecxedxebxespebpesiedi");
    uint64_t number;
    if (!str_starts(name, STR("$")))
        return MDW_NONE;
    name = str_slice(name, 1, name.len);
    if (str_decimal(name, &number) && number >= 17 && number <= 24)
        name = str_slice(by_number, 3 * (number - 17), 3 * (number - 17) + 3);
    return mdw_reg_find(m->arch->id, name);
}

/* The fixed names: sizes of the record, in bytes. */
static bool size_of(const machine *m, mdw_str name, uint64_t *value)
{
    const stack_win *w = m->win;
    if (str_is(name, ".cbParams"))
        *value = w->params;
    else if (str_is(name, ".cbCalleeParams"))
        *value = m->query->args;
    else if (str_is(name, ".cbSavedRegs"))
        *value = w->saved;
    else if (str_is(name, ".cbLocals"))
        *value = w->locals;
    else if (str_is(name, ".raSearch") || str_is(name, ".raSearchStart"))
        *value = m->search;
    else
        return false;
    return true;
}

static variable *find_variable(machine *m, mdw_str name)
{
    for (size_t i = 0; i < m->var_count; i++)
        if (str_equal(m->vars[i].name, name))
            return &m->vars[i];
    return NULL;
}

static bool get(void *user, mdw_str name, uint64_t *value)
{
    machine *m = user;
    uint32_t reg = reg_of(m, name);
    if (reg != MDW_NONE) {
        *value = m->regs.value[reg];
        return known(&m->regs, (uint8_t)reg);
    }
    const variable *v = find_variable(m, name);
    if (!v)
        return size_of(m, name, value);
    *value = v->value;
    return true;
}

static bool set(void *user, mdw_str name, const uint64_t *value)
{
    machine *m = user;
    uint32_t reg = reg_of(m, name);
    if (!str_starts(name, STR("$")))
        return false;
    if (reg != MDW_NONE && value)
        put(&m->regs, (uint8_t)reg, *value);
    else if (reg != MDW_NONE)
        lose(&m->regs, (uint8_t)reg);
    if (reg != MDW_NONE)
        return true;
    variable *v = find_variable(m, name);
    if (!value) { /* a variable without value is one that isn't there */
        if (v)
            *v = m->vars[--m->var_count];
        return true;
    }
    if (!v && m->var_count == VARIABLES)
        return false;
    if (!v)
        v = &m->vars[m->var_count++];
    *v = (variable){name, *value};
    return true;
}

/* --- the record -------------------------------------------------------- */

/* What the callee's frame leaves: esp and ebp, and ebx, which Breakpad takes
 * for preserved. The other registers may have been saved without a word. */
static void start(machine *m)
{
    uint64_t value;
    m->regs = (caller){.known = 0};
    m->var_count = 0;
    for (uint8_t i = 0; i < m->arch->reg_count; i++)
        if (callee(m, i, &value)) {
            m->regs.value[i] = wrap(value);
            m->regs.known |= UINT64_C(1) << i;
        }
}

/* Where the return address is looked for first. Frames that are realigned
 * ('@') can only be found from ebp. */
static bool search_start(const machine *m, uint64_t *out)
{
    const stack_win *w = m->win;
    uint64_t base;
    bool aligned = w->type == STACK_WIN_FRAME_DATA &&
                   str_find(w->program, '@') < w->program.len;
    if (!callee(m, aligned ? m->arch->fp : m->arch->sp, &base))
        return false;
    *out = wrap(aligned ? base + WORD
                        : base + m->query->args + w->locals + w->saved);
    return true;
}

static bool run_program(machine *m)
{
    const arch *a = m->arch;
    postfix_host host = {WORD, get, set, load, m};
    uint64_t both = UINT64_C(1) << a->pc | UINT64_C(1) << a->sp;
    return postfix_run(&host, m->win->program, NULL, NULL) &&
           (m->regs.assigned & m->regs.known & both) == both;
}

/* An FPO function that was interrupted right after a call of its own may have
 * that call's return address below its own. */
static bool run_fpo(machine *m)
{
    const arch *a = m->arch;
    uint64_t pc, sp, base, here;
    if (!load_word(m, m->search, &pc))
        return false;
    if (m->query->context && callee(m, a->pc, &here) && pc == here) {
        m->search = wrap(m->search + WORD);
        if (!load_word(m, m->search, &pc))
            return false;
    }
    put(&m->regs, a->pc, pc);
    put(&m->regs, a->sp, m->search + WORD);
    if (!m->win->allocates_base || !callee(m, a->sp, &sp))
        return true;
    if (load_word(m, sp + m->query->args + m->win->saved - UINT64_C(2) * WORD,
                  &base))
        put(&m->regs, a->fp, base);
    else
        lose(&m->regs, a->fp);
    return true;
}

static bool evaluate(machine *m, uint64_t search)
{
    start(m);
    m->search = search;
    switch (m->win->type) {
    case STACK_WIN_FRAME_DATA:
        return run_program(m);
    case STACK_WIN_FPO:
        return run_fpo(m);
    default:
        return false;
    }
}

/* --- recovery ---------------------------------------------------------- */

/* MDW_OK: may be a return address; MDW_ABSENT: none. */
static mdw_status plausible(const machine *m, uint64_t addr)
{
    const mdw_row_query *q = m->query;
    mdw_place place = MDW_INIT(mdw_place);
    if (!q->place)
        return mdw_range_has(*m->image, addr) ? MDW_OK : MDW_ABSENT;
    mdw_status status = q->place(q->place_user, addr, MDW_PLACE_EXEC, &place);
    if (status != MDW_OK)
        return status;
    bool is_no = place.flags & MDW_PLACE_EXEC && place.exec == MDW_ANSWER_NO;
    return is_no ? MDW_ABSENT : MDW_OK;
}

/* The first plausible word of `count` from `addr`. */
static mdw_status scan(machine *m, uint64_t addr, int count, uint64_t *at,
                       uint64_t *pc)
{
    for (int i = 0; i < count; i++) {
        *at = wrap(addr + (uint64_t)i * WORD);
        if (!load_word(m, *at, pc))
            return MDW_ABSENT;
        mdw_status status = plausible(m, *pc);
        if (status != MDW_ABSENT)
            return status;
    }
    return MDW_ABSENT;
}

/* An ebp that points nowhere may lie among the registers that were saved just
 * below the return address: the first word there that points up the stack. */
static void mend_base(machine *m, uint64_t search, bool moved)
{
    uint8_t fp = m->arch->fp;
    uint64_t word, ignored, base = m->regs.value[fp];
    if (known(&m->regs, fp) && load_word(m, base, &ignored) &&
        !(moved && base <= search))
        return;
    uint64_t most = m->win->saved / WORD;
    for (uint64_t i = 1; i <= most && i <= SCAN_WORDS; i++) {
        uint64_t addr = wrap(search - i * WORD);
        if (!load_word(m, addr, &word))
            return;
        if (word > addr && load_word(m, word, &ignored)) {
            put(&m->regs, fp, word);
            return;
        }
    }
}

static void take_scanned(machine *m, uint64_t at, uint64_t pc)
{
    put(&m->regs, m->arch->pc, pc);
    put(&m->regs, m->arch->sp, at + WORD);
}

/* Nothing can be evaluated: the first plausible word of the stack. */
static mdw_status from_stack(machine *m, uint32_t *source)
{
    uint64_t sp, at, pc;
    if (!callee(m, m->arch->sp, &sp))
        return MDW_ABSENT;
    mdw_status status = scan(m, sp, SCAN_WORDS, &at, &pc);
    if (status != MDW_OK)
        return status;
    start(m);
    take_scanned(m, at, pc);
    if (known(&m->regs, m->arch->fp) && m->regs.value[m->arch->fp] <= at)
        lose(&m->regs, m->arch->fp);
    *source = MDW_SOURCE_SCAN;
    return MDW_OK;
}

/* The record's return address can't be one: the frame may have been aligned,
 * by at most three words. */
static mdw_status with_slack(machine *m, uint64_t search)
{
    uint64_t at, pc;
    mdw_status status = scan(m, search + WORD, SLACK_WORDS, &at, &pc);
    if (status != MDW_OK)
        return status;
    if (!evaluate(m, at) || m->regs.value[m->arch->pc] != pc)
        return MDW_ABSENT;
    mend_base(m, at, true);
    return MDW_OK;
}

static mdw_status beyond(machine *m, uint64_t search, uint32_t *source)
{
    uint64_t at, pc;
    mdw_status status = scan(m, search + WORD, SCAN_WORDS, &at, &pc);
    if (status != MDW_OK)
        return status;
    if (!evaluate(m, search))
        return MDW_ABSENT;
    take_scanned(m, at, pc);
    mend_base(m, at, true);
    *source = MDW_SOURCE_SCAN;
    return MDW_OK;
}

/* The answers in their order, each only where the one before it failed. */
static mdw_status answer(machine *m, uint32_t *source)
{
    uint32_t choice = m->query->choice;
    uint64_t search = 0;
    *source = MDW_SOURCE_STACK_WIN;
    if (!search_start(m, &search) || !evaluate(m, search))
        return choice ? MDW_ABSENT : from_stack(m, source);
    if (!choice) {
        mend_base(m, m->search, false);
        return MDW_OK;
    }
    mdw_status status = plausible(m, m->regs.value[m->arch->pc]);
    if (status != MDW_ABSENT)
        return status == MDW_OK ? MDW_ABSENT : status;
    status = with_slack(m, search);
    if (choice == 1 && status != MDW_ABSENT)
        return status;
    if (status != MDW_OK && status != MDW_ABSENT)
        return status;
    if (choice == 1 + (status == MDW_OK))
        return beyond(m, search, source);
    return MDW_ABSENT;
}

/* --- the row ----------------------------------------------------------- */

/* esi and edi may have been saved where no program says so. */
static void fill(const machine *m, mdw_row *row)
{
    const arch *a = m->arch;
    const caller *c = &m->regs;
    uint32_t esi = mdw_reg_find(a->id, STR("esi"));
    uint32_t edi = mdw_reg_find(a->id, STR("edi"));
    row->cfa = rule_addr(MDW_BASE_ZERO, (int64_t)c->value[a->sp]);
    for (uint8_t i = 0; i < a->reg_count; i++) {
        bool assigned = c->assigned >> i & 1;
        if (assigned && known(c, i))
            row_set(row, i, rule_addr(MDW_BASE_ZERO, (int64_t)c->value[i]));
        else if (assigned || i == esi || i == edi)
            row_set(row, i, rule_kind(MDW_RULE_UNDEFINED));
    }
    if (!c->value[a->pc] && known(c, a->fp) && !c->value[a->fp])
        row->flags |= MDW_ROW_BOTTOM;
}

mdw_status stack_win_row(const stack_win *win, const mdw_range *image,
                         const mdw_row_query *query, mdw_row *row)
{
    machine m;
    uint32_t source;
    m.win = win;
    m.image = image;
    m.query = query;
    m.arch = arch_find(MDW_ARCH_X86);
    row->args = win->params;
    mdw_status status = answer(&m, &source);
    if (status != MDW_OK)
        return status;
    row->source = source;
    fill(&m, row);
    return MDW_OK;
}
