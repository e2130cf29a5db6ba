/* lib/symbol/dwarf_die.c - DIEs, by libdwarf. The only file that calls it. It
 * gets copies of the sections it reads well, with zeros behind them, through
 * its object interface; line programs and ranges it never sees. What it
 * answers is checked here for form and place, by its users for sense. */
#include "lib/symbol/dwarf_parts.h"

#include <libdwarf/dwarf.h>
#include <libdwarf/libdwarf.h>

#include "lib/base/fail.h"
#include "lib/base/once.h"
#include "lib/base/str.h"

/* A string is scanned for its end each time. */
enum { WORK_DIE = 4, WORK_TEXT = 4, SECTIONS_MAX = 7 };

typedef struct object_section {
    const char *name;
    mdw_bytes bytes;
} object_section;

struct dies {
    object_section sections[SECTIONS_MAX]; /* the first one is no section */
    Dwarf_Half count;
    bool big_endian;
    uint8_t address_size;
    Dwarf_Obj_Access_Methods methods;
    Dwarf_Obj_Access_Interface object;
    Dwarf_Debug dbg;
    dwarf_work *work;
};

/* --- the object interface ---------------------------------------------- */

static int section_info(void *object, Dwarf_Half index,
                        Dwarf_Obj_Access_Section *out, int *error)
{
    const dies *d = object;
    (void)error;
    if (index >= d->count)
        return DW_DLV_NO_ENTRY;
    *out = (Dwarf_Obj_Access_Section){.name = d->sections[index].name,
                                      .size = d->sections[index].bytes.len};
    return DW_DLV_OK;
}

static Dwarf_Endianness byte_order(void *object)
{
    const dies *d = object;
    return d->big_endian ? DW_OBJECT_MSB : DW_OBJECT_LSB;
}

static Dwarf_Small word_size(void *object)
{
    const dies *d = object;
    return d->address_size;
}

static Dwarf_Unsigned section_count(void *object)
{
    const dies *d = object;
    return d->count;
}

static int load_section(void *object, Dwarf_Half index, Dwarf_Small **out,
                        int *error)
{
    const dies *d = object;
    (void)error;
    if (!index || index >= d->count)
        return DW_DLV_NO_ENTRY;
    /* libdwarf has no const; these are our own copies. A DW_FORM_strx near
     * 2^62 makes it read the 8 bytes before .debug_str_offsets: the arena's
     * header, or another copy, is there. */
    *out = (Dwarf_Small *)(uintptr_t)d->sections[index].bytes.data;
    return DW_DLV_OK;
}

/* A section of no bytes makes the start fail: it must not be listed. */
static void add_section(dies *d, const char *name, mdw_bytes bytes)
{
    if (bytes.len)
        d->sections[d->count++] = (object_section){name, bytes};
}

static void forget(const dies *d, Dwarf_Error *error)
{
    if (*error)
        dwarf_dealloc_error(d->dbg, *error);
    *error = NULL;
}

mdw_status dies_open(const dwarf_sections *s, dwarf_work *work, arena *store,
                     dies **out, mdw_error *err)
{
    dies *d = arena_take(store, 1, sizeof *d);
    if (!d)
        return fail(err, MDW_E_MEMORY, "DIEs");
    d->big_endian = s->big_endian;
    d->address_size = s->address_size;
    d->work = work;
    d->sections[d->count++] = (object_section){"", {NULL, 0}};
    add_section(d, ".debug_info", s->info);
    add_section(d, ".debug_abbrev", s->abbrev);
    add_section(d, ".debug_str", s->str);
    add_section(d, ".debug_line_str", s->line_str);
    add_section(d, ".debug_str_offsets", s->str_offsets);
    add_section(d, ".debug_addr", s->addr);
    d->methods = (Dwarf_Obj_Access_Methods){
        section_info,  byte_order,   word_size, word_size,
        section_count, load_section, NULL};
    d->object = (Dwarf_Obj_Access_Interface){d, &d->methods};

    Dwarf_Error error = NULL;
    once_lock();
    int result = dwarf_object_init_b(&d->object, NULL, NULL, DW_GROUPNUMBER_ANY,
                                     &d->dbg, &error);
    once_unlock();
    if (result == DW_DLV_OK) {
        *out = d;
        return MDW_OK;
    }
    if (error)
        dwarf_dealloc_error(NULL, error);
    d->dbg = NULL;
    return fail(err, MDW_E_DAMAGED, ".debug_info");
}

void dies_close(dies *d)
{
    if (!d || !d->dbg)
        return;
    Dwarf_Error error = NULL;
    dwarf_object_finish(d->dbg, &error);
    d->dbg = NULL;
}

/* --- attributes -------------------------------------------------------- */

static uint64_t number(const dies *d, Dwarf_Attribute a)
{
    Dwarf_Error error = NULL;
    Dwarf_Unsigned value = 0;
    Dwarf_Signed sign = 0;
    if (dwarf_formudata(a, &value, &error) == DW_DLV_OK)
        return value;
    forget(d, &error);
    if (dwarf_formsdata(a, &sign, &error) == DW_DLV_OK && sign >= 0)
        return (uint64_t)sign;
    forget(d, &error);
    return 0;
}

static bool is_address(Dwarf_Half form)
{
    switch (form) {
    case DW_FORM_addr:
    case DW_FORM_addrx:
    case DW_FORM_addrx1:
    case DW_FORM_addrx2:
    case DW_FORM_addrx3:
    case DW_FORM_addrx4:
        return true;
    default:
        return false;
    }
}

/* Asked for the wrong class libdwarf writes a sentence each time. */
static bool address(const dies *d, Dwarf_Attribute a, Dwarf_Half form,
                    uint64_t *out)
{
    Dwarf_Error error = NULL;
    Dwarf_Addr value = 0;
    bool ok =
        is_address(form) && dwarf_formaddr(a, &value, &error) == DW_DLV_OK;
    forget(d, &error);
    *out = ok ? value : 0;
    return ok;
}

/* An offset in another section. DWARF 2 and 3 have them as plain data. */
static bool offset_in(const dies *d, Dwarf_Attribute a, Dwarf_Half form,
                      uint64_t *out)
{
    Dwarf_Error error = NULL;
    Dwarf_Off value = 0;
    if (form == DW_FORM_data4 || form == DW_FORM_data8) {
        *out = number(d, a);
        return true;
    }
    bool ok = form == DW_FORM_sec_offset &&
              dwarf_global_formref(a, &value, &error) == DW_DLV_OK;
    forget(d, &error);
    *out = ok ? value : 0;
    return ok;
}

/* References to type units and to other files lead nowhere here. */
static uint64_t reference(const dies *d, Dwarf_Attribute a, Dwarf_Half form)
{
    Dwarf_Error error = NULL;
    Dwarf_Off value = 0;
    switch (form) {
    case DW_FORM_ref1:
    case DW_FORM_ref2:
    case DW_FORM_ref4:
    case DW_FORM_ref8:
    case DW_FORM_ref_udata:
    case DW_FORM_ref_addr:
        if (dwarf_global_formref(a, &value, &error) != DW_DLV_OK)
            value = 0;
        forget(d, &error);
        return value;
    default:
        return 0;
    }
}

static mdw_str text(const dies *d, Dwarf_Attribute a, Dwarf_Half form)
{
    Dwarf_Error error = NULL;
    char *value = NULL;
    switch (form) {
    case DW_FORM_string:
    case DW_FORM_strp:
    case DW_FORM_line_strp:
    case DW_FORM_strx:
    case DW_FORM_strx1:
    case DW_FORM_strx2:
    case DW_FORM_strx3:
    case DW_FORM_strx4:
        break;
    default:
        return (mdw_str){NULL, 0};
    }
    if (dwarf_formstring(a, &value, &error) != DW_DLV_OK)
        value = NULL;
    forget(d, &error);
    mdw_str s = str_of(value);
    dwarf_spend(d->work, s.len / WORK_TEXT);
    return str_slice(s, 0, DWARF_NAME_MAX);
}

static void take_ranges(const dies *d, Dwarf_Attribute a, Dwarf_Half form,
                        die *out)
{
    if (form == DW_FORM_rnglistx) {
        out->ranges = number(d, a);
        out->has |= DIE_RANGES | DIE_RANGES_IS_INDEX;
    } else if (offset_in(d, a, form, &out->ranges)) {
        out->has |= DIE_RANGES;
    }
}

static void take_high(const dies *d, Dwarf_Attribute a, Dwarf_Half form,
                      die *out)
{
    if (is_address(form)) {
        if (address(d, a, form, &out->high))
            out->has |= DIE_HIGH;
    } else {
        out->high = number(d, a);
        out->has |= DIE_HIGH | DIE_HIGH_IS_SIZE;
    }
}

static void take_unit(const dies *d, Dwarf_Attribute a, Dwarf_Half name,
                      Dwarf_Half form, die *out)
{
    switch (name) {
    case DW_AT_stmt_list:
        if (offset_in(d, a, form, &out->lines))
            out->has |= DIE_LINES;
        break;
    case DW_AT_comp_dir:
        out->comp_dir = text(d, a, form);
        break;
    case DW_AT_language:
        out->language = (uint32_t)number(d, a);
        break;
    case DW_AT_addr_base:
    case DW_AT_GNU_addr_base:
        (void)offset_in(d, a, form, &out->addr_base);
        break;
    case DW_AT_rnglists_base:
        (void)offset_in(d, a, form, &out->rnglists_base);
        break;
    case DW_AT_str_offsets_base:
        (void)offset_in(d, a, form, &out->str_offsets_base);
        break;
    case DW_AT_dwo_name:
    case DW_AT_GNU_dwo_name:
        out->has |= DIE_SPLIT;
        break;
    default:
        break;
    }
}

static void take(const dies *d, Dwarf_Attribute a, Dwarf_Half name,
                 Dwarf_Half form, die *out)
{
    switch (name) {
    case DW_AT_name:
        out->name = text(d, a, form);
        break;
    case DW_AT_linkage_name:
    case DW_AT_MIPS_linkage_name:
        out->linkage = text(d, a, form);
        break;
    case DW_AT_low_pc:
        if (address(d, a, form, &out->low))
            out->has |= DIE_LOW;
        break;
    case DW_AT_high_pc:
        take_high(d, a, form, out);
        break;
    case DW_AT_ranges:
        take_ranges(d, a, form, out);
        break;
    case DW_AT_abstract_origin:
        out->origin = reference(d, a, form);
        break;
    case DW_AT_specification:
        if (!out->origin)
            out->origin = reference(d, a, form);
        break;
    case DW_AT_declaration:
        out->has |= DIE_DECLARATION;
        break;
    case DW_AT_inline:
        if (number(d, a))
            out->has |= DIE_ABSTRACT;
        break;
    case DW_AT_call_file:
        out->call_file = number(d, a);
        break;
    case DW_AT_call_line:
        out->call_line = number(d, a);
        break;
    default:
        if (!out->depth)
            take_unit(d, a, name, form, out);
        break;
    }
}

static mdw_status read_die(const dies *d, Dwarf_Die at, uint32_t depth,
                           die *out)
{
    Dwarf_Error error = NULL;
    Dwarf_Half tag = 0;
    Dwarf_Off offset = 0;
    Dwarf_Attribute *attributes = NULL;
    Dwarf_Signed count = 0;
    *out = (die){.depth = depth};
    bool ok = dwarf_tag(at, &tag, &error) == DW_DLV_OK &&
              dwarf_dieoffset(at, &offset, &error) == DW_DLV_OK;
    int found =
        ok ? dwarf_attrlist(at, &attributes, &count, &error) : DW_DLV_ERROR;
    forget(d, &error);
    if (!ok || found == DW_DLV_ERROR)
        return MDW_E_DAMAGED;
    out->tag = tag;
    out->offset = offset;
    for (Dwarf_Signed i = 0; found == DW_DLV_OK && i < count; i++) {
        Dwarf_Half name = 0, form = 0;
        if (dwarf_whatattr(attributes[i], &name, &error) == DW_DLV_OK &&
            dwarf_whatform(attributes[i], &form, &error) == DW_DLV_OK)
            take(d, attributes[i], name, form, out);
        forget(d, &error);
        dwarf_dealloc_attribute(attributes[i]);
    }
    if (found == DW_DLV_OK)
        dwarf_dealloc(d->dbg, attributes, DW_DLA_LIST);
    return MDW_OK;
}

/* --- walking ----------------------------------------------------------- */

/* What functions and their scopes are made of; all else is stepped over with
 * its children. */
static bool matters(Dwarf_Half tag)
{
    switch (tag) {
    case DW_TAG_compile_unit:
    case DW_TAG_partial_unit:
    case DW_TAG_skeleton_unit:
    case DW_TAG_namespace:
    case DW_TAG_module:
    case DW_TAG_class_type:
    case DW_TAG_structure_type:
    case DW_TAG_union_type:
    case DW_TAG_enumeration_type:
    case DW_TAG_interface_type:
    case DW_TAG_subprogram:
    case DW_TAG_inlined_subroutine:
    case DW_TAG_lexical_block:
    case DW_TAG_try_block:
    case DW_TAG_catch_block:
        return true;
    default:
        return false;
    }
}

static bool inside(const dwarf_unit *unit, uint64_t offset)
{
    return offset >= unit->die && offset < unit->end;
}

static Dwarf_Die at_offset(const dies *d, const dwarf_unit *unit,
                           uint64_t offset)
{
    Dwarf_Error error = NULL;
    Dwarf_Die out = NULL;
    if (!inside(unit, offset))
        return NULL;
    int result = dwarf_offdie_b(d->dbg, offset, true, &out, &error);
    forget(d, &error);
    return result == DW_DLV_OK ? out : NULL;
}

mdw_status dies_get(dies *d, const dwarf_unit *unit, uint64_t offset, die *out)
{
    Dwarf_Die at = at_offset(d, unit, offset);
    if (!at)
        return MDW_E_DAMAGED;
    bool spent = dwarf_spend(d->work, WORK_DIE);
    mdw_status status = read_die(d, at, offset == unit->die ? 0 : 1, out);
    dwarf_dealloc_die(at);
    return spent ? status : d->work->stop;
}

typedef struct walk {
    dies *d;
    const dwarf_unit *unit;
    Dwarf_Die open[DWARF_DEPTH_MAX]; /* the DIE and those around it */
    uint32_t depth;
    mdw_status status;
} walk;

/* A step must lead onward in the same unit, whatever a DW_AT_sibling says. */
static bool onward(walk *w, Dwarf_Off from, Dwarf_Die to)
{
    Dwarf_Error error = NULL;
    Dwarf_Off offset = 0;
    bool ok = dwarf_dieoffset(to, &offset, &error) == DW_DLV_OK &&
              offset > from && inside(w->unit, offset);
    forget(w->d, &error);
    if (!ok) {
        dwarf_dealloc_die(to);
        w->status = MDW_E_DAMAGED;
    }
    return ok;
}

static Dwarf_Off offset_of(const walk *w, Dwarf_Die at)
{
    Dwarf_Error error = NULL;
    Dwarf_Off offset = UINT64_MAX;
    (void)dwarf_dieoffset(at, &offset, &error);
    forget(w->d, &error);
    return offset;
}

static bool to_child(walk *w)
{
    Dwarf_Error error = NULL;
    Dwarf_Die at = w->open[w->depth], child = NULL;
    if (w->depth + 1 >= DWARF_DEPTH_MAX)
        return false;
    int result = dwarf_child(at, &child, &error);
    forget(w->d, &error);
    if (result == DW_DLV_ERROR)
        w->status = MDW_E_DAMAGED;
    if (result != DW_DLV_OK || !onward(w, offset_of(w, at), child))
        return false;
    w->open[++w->depth] = child;
    return true;
}

/* The next one on this level or the levels around; false: that was all. */
static bool to_next(walk *w)
{
    for (; w->depth; w->depth--) {
        Dwarf_Error error = NULL;
        Dwarf_Die at = w->open[w->depth], next = NULL;
        Dwarf_Off from = offset_of(w, at);
        int result = dwarf_siblingof_b(w->d->dbg, at, true, &next, &error);
        forget(w->d, &error);
        dwarf_dealloc_die(at);
        if (result == DW_DLV_ERROR)
            w->status = MDW_E_DAMAGED;
        if (result != DW_DLV_OK || !onward(w, from, next))
            continue;
        w->open[w->depth] = next;
        return true;
    }
    return false;
}

/* MDW_OK: its children too. */
static mdw_status visit(walk *w, die_fn each, void *user)
{
    Dwarf_Error error = NULL;
    Dwarf_Half tag = 0;
    die d;
    if (!dwarf_spend(w->d->work, 1))
        return w->d->work->stop;
    int result = dwarf_tag(w->open[w->depth], &tag, &error);
    forget(w->d, &error);
    if (result != DW_DLV_OK || !matters(tag))
        return MDW_ABSENT;
    if (!dwarf_spend(w->d->work, WORK_DIE))
        return w->d->work->stop;
    if (read_die(w->d, w->open[w->depth], w->depth, &d) != MDW_OK) {
        w->status = MDW_E_DAMAGED;
        return MDW_ABSENT;
    }
    return each(user, &d);
}

mdw_status dies_walk(dies *d, const dwarf_unit *unit, die_fn each, void *user)
{
    walk w = {.d = d, .unit = unit, .status = MDW_OK};
    w.open[0] = at_offset(d, unit, unit->die);
    if (!w.open[0])
        return MDW_E_DAMAGED;
    mdw_status status = MDW_OK;
    for (bool more = true; more;) {
        status = visit(&w, each, user);
        if (status < 0)
            break;
        more = (status == MDW_OK && to_child(&w)) || to_next(&w);
    }
    if (status >= 0)
        status = w.status;
    while (w.depth)
        dwarf_dealloc_die(w.open[w.depth--]);
    dwarf_dealloc_die(w.open[0]);
    return status;
}
