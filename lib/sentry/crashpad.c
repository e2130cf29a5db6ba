/* lib/sentry/crashpad.c - what the program told Crashpad about itself, as
 * contexts: one for the process, one for each module. */
#include <stdlib.h>

#include "lib/sentry/parts.h"

/* An annotation of a module, in the order of arrival. */
typedef struct note {
    uint32_t module, index;
} note;

static int by_module(const void *a, const void *b)
{
    const note *x = a, *y = b;
    if (x->module != y->module)
        return x->module < y->module ? -1 : 1;
    return x->index < y->index ? -1 : x->index > y->index;
}

static bool is_ready(const mdw_sentry *s)
{
    return s->process.has_crashpad && s->process.crashpad_version;
}

/* What becomes of one: the kinds of dump.h, which is another room's. */
enum { KIND_PROCESS, KIND_SIMPLE, KIND_LIST, KIND_OBJECT };
enum { TYPE_STRING = 1 };

static mdw_annotation annotation_at(const mdw_sentry *s, size_t index)
{
    mdw_annotation a = MDW_INIT(mdw_annotation);
    (void)mdw_state_annotation(s->state, index, &a);
    return a;
}

size_t crashpad_room(const mdw_sentry *s)
{
    return is_ready(s) ? 1 + mdw_state_crashpad_count(s->state) : 0;
}

static mdw_status process_context(mdw_sentry *s, mdw_member *out,
                                  uint32_t *count)
{
    size_t all = mdw_state_annotation_count(s->state), used = 0, kept = 0;
    for (size_t i = 0; i < all; i++)
        used += annotation_at(s, i).kind == KIND_PROCESS;
    if (!used)
        return MDW_OK;
    mdw_member *members = arena_take(s->store, used, sizeof *members);
    if (!members)
        return MDW_E_MEMORY;
    for (size_t i = 0; i < all && kept < used; i++) {
        mdw_annotation a = annotation_at(s, i);
        if (a.kind == KIND_PROCESS)
            members[kept++] = member(a.key, value_str(a.text));
    }
    out[(*count)++] = member(
        STR("crashpad"), value_object(members, members_settle(members, kept)));
    return MDW_OK;
}

/* --- modules ------------------------------------------------------------ */

typedef struct notes {
    note *at;
    size_t count;
} notes;

static mdw_status collect(mdw_sentry *s, notes *out)
{
    size_t all = mdw_state_annotation_count(s->state);
    out->at = arena_take(s->store, all, sizeof *out->at);
    if (!out->at)
        return MDW_E_MEMORY;
    for (size_t i = 0; i < all; i++) {
        mdw_annotation a = annotation_at(s, i);
        if (a.kind != KIND_PROCESS && a.module != MDW_NONE)
            out->at[out->count++] = (note){a.module, (uint32_t)i};
    }
    qsort(out->at, out->count, sizeof *out->at, by_module);
    return MDW_OK;
}

/* Those of one module. */
static notes notes_of(const notes *all, uint32_t module)
{
    size_t low = 0, high = all->count, end;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (all->at[mid].module < module)
            low = mid + 1;
        else
            high = mid;
    }
    for (end = low; end < all->count && all->at[end].module == module; end++)
        ;
    return (notes){all->at + low, end - low};
}

/* The type says which context it is, and lists have one name for all. */
static bool is_taken(mdw_str key)
{
    return str_is(key, "type") || str_is(key, "annotations");
}

static mdw_status module_value(mdw_sentry *s, const notes *mine, mdw_value *out)
{
    mdw_member *members =
        arena_take(s->store, mine->count + 2, sizeof *members);
    mdw_value *list = arena_take(s->store, mine->count, sizeof *list);
    size_t count = 0, listed = 0;
    if (!members || !list)
        return MDW_E_MEMORY;
    members[count++] = member(STR("type"), value_str(STR("crashpad")));
    for (size_t i = 0; i < mine->count; i++) {
        mdw_annotation a = annotation_at(s, mine->at[i].index);
        if (a.kind == KIND_LIST)
            list[listed++] = value_str(a.text);
        else if (!is_taken(a.key) &&
                 (a.kind == KIND_SIMPLE || a.type == TYPE_STRING))
            members[count++] = member(a.key, value_str(a.text));
    }
    count = 1 + members_settle(members + 1, count - 1);
    if (listed)
        members[count++] =
            member(STR("annotations"), value_array(list, listed));
    *out = value_object(members, count);
    return MDW_OK;
}

/* Contexts of other meaning, which no module may take the place of. */
static bool is_reserved(mdw_str name)
{
    static const char *const names[] = {"os", "device", "crashpad", "mdwalk"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (str_is(name, names[i]))
            return true;
    return !name.len;
}

static mdw_str context_name(mdw_sentry *s, uint32_t module)
{
    mdw_module m = MDW_INIT(mdw_module);
    (void)mdw_state_module(s->state, module, &m);
    mdw_str name = str_base_name(m.code_file), head = STR("module ");
    if (!is_reserved(name))
        return name;
    char *text = arena_take(s->store, head.len + name.len, 1);
    if (!text)
        return (mdw_str){NULL, 0};
    memcpy(text, head.data, head.len);
    if (name.len)
        memcpy(text + head.len, name.data, name.len);
    return (mdw_str){text, head.len + name.len};
}

static int as_numbers(const void *a, const void *b)
{
    const uint32_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

/* The modules to write a context for, each once. */
static mdw_status listed_modules(mdw_sentry *s, uint32_t **out, size_t *count)
{
    size_t all = mdw_state_crashpad_count(s->state), kept = 0;
    uint32_t *modules = arena_take(s->store, all, sizeof *modules);
    if (!modules)
        return MDW_E_MEMORY;
    for (size_t i = 0; i < all; i++)
        modules[i] = mdw_state_crashpad_module(s->state, i);
    qsort(modules, all, sizeof *modules, as_numbers);
    for (size_t i = 0; i < all; i++)
        if (modules[i] != MDW_NONE &&
            (!kept || modules[kept - 1] != modules[i]))
            modules[kept++] = modules[i];
    *out = modules;
    *count = kept;
    return MDW_OK;
}

/* Names first: of two modules with one name the last is kept, and only what is
 * kept is built. */
static mdw_status module_contexts(mdw_sentry *s, mdw_member *out,
                                  uint32_t *count)
{
    notes all = {NULL, 0};
    uint32_t *modules;
    size_t module_count;
    mdw_status status = collect(s, &all);
    if (status == MDW_OK)
        status = listed_modules(s, &modules, &module_count);
    if (status != MDW_OK)
        return status;
    mdw_member *named = out + *count;
    for (size_t i = 0; i < module_count; i++) {
        mdw_str name = context_name(s, modules[i]);
        if (!name.data)
            return MDW_E_MEMORY;
        named[i] = member(name, value_u64(modules[i]));
    }
    size_t kept = members_settle(named, module_count);
    for (size_t i = 0; i < kept; i++) {
        notes mine = notes_of(&all, (uint32_t)named[i].value.u.u64);
        status = module_value(s, &mine, &named[i].value);
        if (status != MDW_OK)
            return status;
    }
    *count += (uint32_t)kept;
    return MDW_OK;
}

mdw_status crashpad_contexts(mdw_sentry *s, mdw_member *members,
                             uint32_t *count)
{
    if (!is_ready(s))
        return MDW_OK;
    mdw_status status = process_context(s, members, count);
    return status == MDW_OK ? module_contexts(s, members, count) : status;
}
