/* lib/sentry/pb_object.c - what a client said, an object of any shape, as the
 * message that has a place for it. */
#include <string.h>

#include "lib/base/str.h"
#include "lib/sentry/pb.h"

static bool is_value(const ProtobufCMessageDescriptor *type)
{
    return !strcmp(type->name, "google.protobuf.Value");
}

/* No message of Event but a map's entry begins with a `key`. */
static bool is_map(const ProtobufCFieldDescriptor *field)
{
    const ProtobufCMessageDescriptor *type = field->descriptor;
    return field->type == PROTOBUF_C_TYPE_MESSAGE &&
           !strcmp(type->fields[0].name, "key");
}

/* Whose only field are `values`: Sentry takes them as a list, too. */
static bool is_list(const ProtobufCMessageDescriptor *type)
{
    return type->n_fields == 1 && !strcmp(type->fields->name, "values");
}

/* Whether the value is of the field's kind; of a repeated one, of an item's. */
static bool fits(const ProtobufCFieldDescriptor *field, const mdw_value *v)
{
    char room[PB_TEXT];
    switch (field->type) {
    case PROTOBUF_C_TYPE_STRING:
        return pb_text_of(v, room).data;
    case PROTOBUF_C_TYPE_UINT64:
        return v->kind == MDW_VALUE_U64 ||
               (v->kind == MDW_VALUE_I64 && v->u.i64 >= 0);
    case PROTOBUF_C_TYPE_INT64:
        return v->kind == MDW_VALUE_I64 ||
               (v->kind == MDW_VALUE_U64 && v->u.u64 <= INT64_MAX);
    case PROTOBUF_C_TYPE_BOOL:
        return v->kind == MDW_VALUE_BOOL;
    case PROTOBUF_C_TYPE_MESSAGE:
        return is_value(field->descriptor) || v->kind == MDW_VALUE_OBJECT ||
               (v->kind == MDW_VALUE_ARRAY && is_list(field->descriptor));
    default:
        return false;
    }
}

/* A pb_put of mdw_value, an array. */
static void put_list(pb *w, const void *what)
{
    const mdw_member values = {STR("values"), *(const mdw_value *)what};
    pb_put_member(w, &values);
}

static void put_message(pb *w, const ProtobufCFieldDescriptor *field,
                        const mdw_value *v)
{
    if (is_value(field->descriptor))
        pb_message(w, field->name, pb_put_value, v);
    else if (v->kind == MDW_VALUE_ARRAY)
        pb_message(w, field->name, put_list, v);
    else
        pb_message(w, field->name, pb_put_object, v);
}

/* What fits: a whole number has the same bits with and without a sign. */
static void put_one(pb *w, const ProtobufCFieldDescriptor *field,
                    const mdw_value *v)
{
    char room[PB_TEXT];
    if (field->type == PROTOBUF_C_TYPE_STRING)
        pb_str(w, field->name, pb_text_of(v, room));
    else if (field->type == PROTOBUF_C_TYPE_UINT64)
        pb_uint(w, field->name, v->u.u64);
    else if (field->type == PROTOBUF_C_TYPE_INT64)
        pb_int(w, field->name, v->u.i64);
    else if (field->type == PROTOBUF_C_TYPE_BOOL)
        pb_bool(w, field->name, v->u.u64);
    else
        put_message(w, field, v);
}

static void put_items(pb *w, const ProtobufCFieldDescriptor *field,
                      const mdw_value *v)
{
    for (uint32_t i = 0; i < v->count; i++)
        if (fits(field, &v->u.items[i]))
            put_one(w, field, &v->u.items[i]);
}

/* --- maps ----------------------------------------------------------------- */

/* Of an entry, whose other field is the key. */
static const ProtobufCFieldDescriptor *value_field(
    const ProtobufCMessageDescriptor *entry)
{
    return &entry->fields[1];
}

/* A pb_put of mdw_member. */
static void put_entry(pb *w, const void *what)
{
    const mdw_member *m = what;
    pb_text(w, "key", m->key);
    put_one(w, value_field(w->type), &m->value);
}

static void put_map(pb *w, const ProtobufCFieldDescriptor *map,
                    const mdw_value *v)
{
    const ProtobufCFieldDescriptor *value = value_field(map->descriptor);
    for (uint32_t i = 0; i < v->count; i++) {
        char room[PB_TEXT];
        const mdw_member *m = &v->u.members[i];
        if (!fits(value, &m->value))
            continue;
        if (value->type == PROTOBUF_C_TYPE_STRING)
            pb_text_entry(w, map->name, m->key, pb_text_of(&m->value, room));
        else
            pb_message(w, map->name, put_entry, m);
    }
}

/* --- objects -------------------------------------------------------------- */

void pb_put_member(pb *w, const mdw_member *member)
{
    const ProtobufCFieldDescriptor *field = pb_find(w, member->key);
    const mdw_value *v = &member->value;
    if (!field)
        return;
    if (field->label != PROTOBUF_C_LABEL_REPEATED) {
        if (fits(field, v))
            put_one(w, field, v);
    } else if (is_map(field)) {
        if (v->kind == MDW_VALUE_OBJECT)
            put_map(w, field, v);
    } else if (v->kind == MDW_VALUE_ARRAY) {
        put_items(w, field, v);
    }
}

void pb_put_object(pb *w, const void *object)
{
    const mdw_value *v = object;
    for (uint32_t i = 0; i < v->count; i++)
        pb_put_member(w, &v->u.members[i]);
}
