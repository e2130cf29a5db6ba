/* lib/sentry/objects.c - the records that every encoding writes as objects of
 * any shape: two contexts, and images. */
#include "lib/sentry/parts.h"

/* --- members that may be absent ------------------------------------------ */

static void add_text(mdw_value *object, mdw_member *room, const char *key,
                     mdw_str text)
{
    if (text.data)
        room[object->count++] = member(str_of(key), value_str(text));
}

static void add_number(mdw_value *object, mdw_member *room, const char *key,
                       mdw_opt_u64 number)
{
    if (number.set)
        room[object->count++] = member(str_of(key), value_u64(number.value));
}

/* --- contexts ------------------------------------------------------------- */

enum { CONTEXT_FIELDS = 7 };

/* Room for a context's fields and what else the data says of it. */
static mdw_member *begin(mdw_sentry *s, const mdw_value *more, mdw_value *out)
{
    mdw_member *room = arena_take(
        s->store, (size_t)more->count + CONTEXT_FIELDS, sizeof *room);
    *out = value_object(room, 0);
    return room;
}

static void add_all(mdw_value *object, mdw_member *room, const mdw_value *more)
{
    for (uint32_t i = 0; i < more->count; i++)
        room[object->count++] = more->u.members[i];
}

static bool build_os(mdw_sentry *s, const mdw_value *more)
{
    const mdw_sentry_os *o = &s->os;
    mdw_value *to = &s->os_object;
    mdw_member *room = begin(s, more, to);
    if (!room)
        return false;
    add_text(to, room, "type", STR("os"));
    add_text(to, room, "name", o->name);
    add_text(to, room, "version", o->version);
    add_text(to, room, "build", o->build);
    add_text(to, room, "kernel_version", o->kernel_version);
    add_text(to, room, "raw_description", o->raw_description);
    add_all(to, room, more);
    return true;
}

static bool build_device(mdw_sentry *s, const mdw_value *more)
{
    const mdw_sentry_device *d = &s->device;
    mdw_value *to = &s->device_object;
    mdw_member *room = begin(s, more, to);
    if (!room)
        return false;
    add_text(to, room, "type", STR("device"));
    add_text(to, room, "arch", d->arch);
    add_text(to, room, "model", d->model);
    add_text(to, room, "cpu_description", d->cpu_description);
    add_number(to, room, "processor_count", d->processor_count);
    add_number(to, room, "memory_size", d->memory_size);
    add_number(to, room, "free_memory", d->free_memory);
    add_all(to, room, more);
    return true;
}

mdw_status build_objects(mdw_sentry *s, const mdw_value *os_more,
                         const mdw_value *device_more)
{
    return build_os(s, os_more) && build_device(s, device_more)
               ? MDW_OK
               : (mdw_status)MDW_E_MEMORY;
}

/* --- images --------------------------------------------------------------- */

static void add_hex(mdw_value *object, image_room *room, unsigned text,
                    const char *key, mdw_opt_u64 number)
{
    if (number.set)
        add_text(object, room->members, key,
                 hex_spell(number.value, room->texts[text]));
}

mdw_value image_object(const mdw_sentry_image *i, image_room *room)
{
    mdw_member *m = room->members;
    mdw_value out = value_object(m, 0);
    add_text(&out, m, "type", i->type);
    add_text(&out, m, "code_file", i->code_file);
    add_text(&out, m, "code_id", i->code_id);
    add_text(&out, m, "debug_file", i->debug_file);
    add_text(&out, m, "debug_id", i->debug_id);
    add_text(&out, m, "arch", i->arch);
    add_hex(&out, room, 0, "image_addr", number(i->image_addr));
    add_number(&out, m, "image_size", i->image_size);
    add_hex(&out, room, 1, "image_vmaddr", i->image_vmaddr);
    return out;
}
