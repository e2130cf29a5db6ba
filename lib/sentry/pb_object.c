/* lib/sentry/pb_object.c - what a client said, an object of any shape, as the
 * message that has a place for it. */
#include <string.h>

#include "lib/base/str.h"
#include "lib/sentry/pb.h"

static const ProtobufCMessageDescriptor *message_of(
    const ProtobufCFieldDescriptor *field)
{
    return field->type == PROTOBUF_C_TYPE_MESSAGE ? field->descriptor : NULL;
}

static bool is_value(const ProtobufCMessageDescriptor *type)
{
    return !strcmp(type->name, "google.protobuf.Value");
}

/* No message of Event but a map's entry begins with a `key`. */
static bool is_map(const ProtobufCFieldDescriptor *field)
{
    const ProtobufCMessageDescriptor *type = message_of(field);
    return type && !strcmp(type->fields[0].name, "key");
}

/* A pb_put of mdw_value, an array: the message whose only field are its items,
 * which Sentry takes as a list, too. */
static void put_values(pb *w, const void *what)
{
    const mdw_value *v = what;
    for (uint32_t i = 0; i < v->count; i++)
        if (v->u.items[i].kind == MDW_VALUE_OBJECT)
            pb_message(w, "values", pb_put_object, &v->u.items[i]);
}

static void put_message(pb *w, const ProtobufCFieldDescriptor *field,
                        const mdw_value *v)
{
    const ProtobufCMessageDescriptor *type = field->descriptor;
    bool is_list = type->n_fields == 1 && !strcmp(type->fields->name, "values");
    if (is_value(type))
        pb_message(w, field->name, pb_put_value, v);
    else if (v->kind == MDW_VALUE_OBJECT)
        pb_message(w, field->name, pb_put_object, v);
    else if (v->kind == MDW_VALUE_ARRAY && is_list)
        pb_message(w, field->name, put_values, v);
}

/* Where it is of the field's kind. */
static void put_one(pb *w, const ProtobufCFieldDescriptor *field,
                    const mdw_value *v)
{
    char room[PB_TEXT];
    if (field->type == PROTOBUF_C_TYPE_STRING)
        pb_str(w, field->name, pb_text_of(v, room));
    else if (field->type == PROTOBUF_C_TYPE_MESSAGE)
        put_message(w, field, v);
    else if (field->type == PROTOBUF_C_TYPE_UINT64 && v->kind == MDW_VALUE_U64)
        pb_uint(w, field->name, v->u.u64);
    else if (field->type == PROTOBUF_C_TYPE_UINT64 &&
             v->kind == MDW_VALUE_I64 && v->u.i64 >= 0)
        pb_uint(w, field->name, (uint64_t)v->u.i64);
    else if (field->type == PROTOBUF_C_TYPE_BOOL && v->kind == MDW_VALUE_BOOL)
        pb_bool(w, field->name, v->u.u64);
}

/* No object of a client has a map but from names to texts. */
static void put_map(pb *w, const ProtobufCFieldDescriptor *field,
                    const mdw_value *v)
{
    char room[PB_TEXT];
    for (uint32_t i = 0; i < v->count; i++) {
        mdw_str text = pb_text_of(&v->u.members[i].value, room);
        if (text.data)
            pb_text_entry(w, field->name, v->u.members[i].key, text);
    }
}

void pb_put_member(pb *w, const mdw_member *member)
{
    const ProtobufCFieldDescriptor *field = pb_find(w, member->key);
    const mdw_value *v = &member->value;
    if (!field)
        return;
    if (field->label != PROTOBUF_C_LABEL_REPEATED)
        put_one(w, field, v);
    else if (is_map(field) && v->kind == MDW_VALUE_OBJECT)
        put_map(w, field, v);
    else if (!is_map(field) && v->kind == MDW_VALUE_ARRAY)
        for (uint32_t i = 0; i < v->count; i++)
            put_one(w, field, &v->u.items[i]);
}

void pb_put_object(pb *w, const void *object)
{
    const mdw_value *v = object;
    for (uint32_t i = 0; i < v->count; i++)
        pb_put_member(w, &v->u.members[i]);
}
