/* lib/sentry/images.c - the modules as debug images, with their ids in the
 * forms that Sentry knows. */
#include <stdlib.h>

#include "lib/base/options.h"
#include "lib/sentry/parts.h"

enum { PLATFORM_SOLARIS = 0x8202 };

static int by_address(const void *a, const void *b)
{
    const mdw_sentry_image *x = a, *y = b;
    if (x->image_addr != y->image_addr)
        return x->image_addr < y->image_addr ? -1 : 1;
    return x->module < y->module ? -1 : x->module > y->module;
}

static mdw_str type_of(const mdw_sentry *s, const mdw_module *m)
{
    switch (m->format) {
    case MDW_FORMAT_PE:
        return STR("pe");
    case MDW_FORMAT_ELF:
        return STR("elf");
    case MDW_FORMAT_MACHO:
        return STR("macho");
    default:
        return s->system.platform == PLATFORM_SOLARIS ? STR("elf")
                                                      : (mdw_str){NULL, 0};
    }
}

/* An id that is all zeros says that there is none. */
static bool is_zero(mdw_str id)
{
    const char *at = id.data;
    for (size_t i = 0; i < id.len; i++)
        if (at[i] != '0')
            return false;
    return true;
}

/* Linux modules with a PDB 7.0 record instead of a build id get the id that PE
 * files have, of their size: eight digits of a timestamp that nothing sets. */
static bool is_made_up(const mdw_module *m)
{
    uint64_t size;
    return m->format == MDW_FORMAT_ELF && m->code_id.len > 8 &&
           m->code_id.len <= 16 &&
           str_hex(str_slice(m->code_id, 8, m->code_id.len), &size) &&
           size == m->range.size;
}

static mdw_status fill_ids(mdw_sentry *s, const mdw_module *m,
                           mdw_sentry_image *out)
{
    char text[MDW_ID_TEXT_MAX];
    size_t len = mdw_debug_id_text(&m->debug_id, MDW_ID_DASHED, text);
    if (m->debug_id.form != MDW_DEBUG_ID_NONE)
        out->debug_id = arena_str(s->store, (mdw_str){text, len});
    if (m->debug_id.form != MDW_DEBUG_ID_NONE && !out->debug_id.data)
        return MDW_E_MEMORY;
    if (is_zero(m->code_id) || is_made_up(m))
        return MDW_OK;
    char *lower = arena_take(s->store, m->code_id.len, 1);
    if (!lower)
        return MDW_E_MEMORY;
    const char *at = m->code_id.data;
    for (size_t i = 0; i < m->code_id.len; i++)
        lower[i] = (char)(at[i] >= 'A' && at[i] <= 'F' ? at[i] | 32 : at[i]);
    out->code_id = (mdw_str){lower, m->code_id.len};
    return MDW_OK;
}

/* Both CPUs of a 64-bit dump of a 32-bit process have modules, and nothing in
 * the list tells which is whose. */
static bool is_mixed(const mdw_sentry *s)
{
    for (size_t i = 0; i < mdw_state_stack_count(s->state); i++) {
        mdw_stack stack = MDW_INIT(mdw_stack);
        if (mdw_state_stack(s->state, i, &stack) == MDW_OK &&
            stack.kind == MDW_STACK_WOW64)
            return true;
    }
    return false;
}

static mdw_str arch_of(const mdw_sentry *s)
{
    switch (s->system.arch) {
    case MDW_ARCH_X86:
    case MDW_ARCH_X86_64:
    case MDW_ARCH_ARM:
    case MDW_ARCH_ARM64:
        return is_compat(s) || is_mixed(s)
                   ? (mdw_str){NULL, 0}
                   : str_of(mdw_arch_name(s->system.arch));
    default:
        return (mdw_str){NULL, 0};
    }
}

/* What owns no address, or has no id and no frame, helps nobody. */
static bool is_wanted(const mdw_sentry *s, size_t index, const mdw_module *m,
                      const mdw_sentry_image *image)
{
    mdw_module_use use = MDW_INIT(mdw_module_use);
    if (!m->owned.size)
        return false;
    if (image->code_id.data || image->debug_id.data)
        return true;
    return mdw_report_module(s->report, index, &use) == MDW_OK && use.frames;
}

static mdw_status add(mdw_sentry *s, size_t index, mdw_str arch)
{
    mdw_module m = MDW_INIT(mdw_module);
    mdw_sentry_image image = MDW_INIT(mdw_sentry_image);
    if (mdw_state_module(s->state, index, &m) != MDW_OK)
        return MDW_OK;
    mdw_status status = fill_ids(s, &m, &image);
    if (status != MDW_OK || !is_wanted(s, index, &m, &image))
        return status;
    image.type = type_of(s, &m);
    image.code_file = m.code_file;
    image.debug_file = given(m.debug_file);
    image.arch = arch;
    image.image_addr = m.range.start;
    /* to the end of what it owns, so that the servers' lookups give the same
     * module as ours */
    image.image_size = number(m.owned.start + m.owned.size - m.range.start);
    image.module = (uint32_t)index;
    s->images[s->event.image_count++] = image;
    return MDW_OK;
}

mdw_status build_images(mdw_sentry *s)
{
    s->module_count = mdw_state_module_count(s->state);
    s->images = arena_take(s->store, s->module_count, sizeof *s->images);
    s->image_of = arena_take(s->store, s->module_count, sizeof *s->image_of);
    if (!s->images || !s->image_of)
        return MDW_E_MEMORY;
    mdw_str arch = arch_of(s);
    for (size_t i = 0; i < s->module_count; i++) {
        s->image_of[i] = MDW_NONE;
        mdw_status status = add(s, i, arch);
        if (status != MDW_OK)
            return status;
    }
    qsort(s->images, s->event.image_count, sizeof *s->images, by_address);
    for (uint32_t i = 0; i < s->event.image_count; i++)
        s->image_of[s->images[i].module] = i;
    return MDW_OK;
}

mdw_status mdw_sentry_image_at(const mdw_sentry *sentry, size_t index,
                               mdw_sentry_image *out)
{
    return index < sentry->event.image_count
               ? record_write(out, &sentry->images[index],
                              sizeof sentry->images[index])
               : (mdw_status)MDW_E_ARG;
}
