/* lib/sentry/pb.c - tags, lengths and the two passes over messages. The wire
 * format: protobuf.dev, "Encoding". */
#include "lib/sentry/pb.h"

#include <assert.h>
#include <string.h>

#include "lib/base/str.h"
#include "lib/base/utf8.h"

enum wire { WIRE_VARINT, WIRE_64_BITS, WIRE_DELIMITED };

void pb_init(pb *w, mdw_sink sink, const ProtobufCMessageDescriptor *type)
{
    out_init(&w->out, sink);
    w->type = type;
    w->at = w->depth = 0;
    w->measuring = false;
    w->len = 0;
    w->known = w->next = 0;
}

mdw_status pb_finish(pb *w)
{
    return out_flush(&w->out);
}

static bool is_named(const ProtobufCFieldDescriptor *field, mdw_str name)
{
    const char *mine = field->name, *other = name.data;
    size_t at = 0;
    while (at < name.len && mine[at] && mine[at] == other[at])
        at++;
    return at == name.len && !mine[at];
}

const ProtobufCFieldDescriptor *pb_find(pb *w, mdw_str name)
{
    for (unsigned i = 0, at = w->at; i < w->type->n_fields; i++, at++) {
        if (at == w->type->n_fields)
            at = 0;
        if (is_named(&w->type->fields[at], name)) {
            w->at = at;
            return &w->type->fields[at];
        }
    }
    return NULL;
}

/* --- the wire ------------------------------------------------------------ */

static void put(pb *w, const void *data, size_t len)
{
    w->len += len;
    if (!w->measuring)
        out_str(&w->out, (mdw_str){data, len});
}

static void put_varint(pb *w, uint64_t value)
{
    enum { LONGEST = 10 };
    uint8_t bytes[LONGEST];
    size_t len = 0;
    for (; value >> 7; value >>= 7)
        bytes[len++] = (uint8_t)(value | 0x80);
    bytes[len++] = (uint8_t)value;
    put(w, bytes, len);
}

static const ProtobufCFieldDescriptor *typed(pb *w, const char *name,
                                             ProtobufCType type)
{
    const ProtobufCFieldDescriptor *field = pb_find(w, str_of(name));
    assert(field && field->type == type);
    (void)type;
    return field;
}

static void put_tag(pb *w, const ProtobufCFieldDescriptor *field,
                    enum wire wire)
{
    put_varint(w, (uint64_t)field->id << 3 | wire);
}

static void put_number(pb *w, const char *name, ProtobufCType type,
                       uint64_t value)
{
    put_tag(w, typed(w, name, type), WIRE_VARINT);
    put_varint(w, value);
}

/* How much `put_it` writes. */
static uint64_t measure(pb *w, pb_put *put_it, const void *what)
{
    uint64_t len = w->len;
    bool measuring = w->measuring;
    w->measuring = true;
    put_it(w, what);
    uint64_t size = w->len - len;
    w->len = len;
    w->measuring = measuring;
    return size;
}

static void put_delimited(pb *w, const ProtobufCFieldDescriptor *field,
                          uint64_t size, pb_put *put_it, const void *what)
{
    put_tag(w, field, WIRE_DELIMITED);
    put_varint(w, size);
    if (w->measuring) {
        w->len += size;
        return;
    }
    uint64_t end = w->len + size;
    put_it(w, what);
    assert(w->len == end);
    (void)end;
}

/* --- fields -------------------------------------------------------------- */

void pb_uint(pb *w, const char *field, uint64_t value)
{
    put_number(w, field, PROTOBUF_C_TYPE_UINT64, value);
}

void pb_int(pb *w, const char *field, int64_t value)
{
    put_number(w, field, PROTOBUF_C_TYPE_INT64, (uint64_t)value);
}

void pb_bool(pb *w, const char *field, bool value)
{
    put_number(w, field, PROTOBUF_C_TYPE_BOOL, value);
}

void pb_null(pb *w, const char *field)
{
    put_number(w, field, PROTOBUF_C_TYPE_ENUM, 0);
}

void pb_double(pb *w, const char *field, double value)
{
    uint64_t bits;
    uint8_t bytes[sizeof bits];
    memcpy(&bits, &value, sizeof bits);
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(bits >> 8 * i);
    put_tag(w, typed(w, field, PROTOBUF_C_TYPE_DOUBLE), WIRE_64_BITS);
    put(w, bytes, sizeof bytes);
}

/* A pb_put of mdw_str, of valid text. */
static void put_plain(pb *w, const void *what)
{
    const mdw_str *text = what;
    put(w, text->data, text->len);
}

/* A pb_put of mdw_str, of any. */
static void put_clean(pb *w, const void *what)
{
    mdw_str text = *(const mdw_str *)what;
    while (text.len) {
        bool valid;
        size_t good = utf8_span(text);
        put(w, text.data, good);
        text = str_slice(text, good, text.len);
        if (!text.len)
            break;
        (void)utf8_next(&text, &valid);
        put(w, "\xEF\xBF\xBD", 3);
    }
}

static void put_string(pb *w, const ProtobufCFieldDescriptor *field,
                       mdw_str text)
{
    bool valid = utf8_span(text) == text.len;
    put_delimited(w, field, valid ? text.len : measure(w, put_clean, &text),
                  valid ? put_plain : put_clean, &text);
}

/* Whether an empty string would look like one that is not there: every other
 * field is in a oneof. */
static bool is_implicit(const ProtobufCFieldDescriptor *field)
{
    return field->label == PROTOBUF_C_LABEL_NONE &&
           !(field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF);
}

void pb_str(pb *w, const char *field, mdw_str text)
{
    if (!text.data)
        return;
    const ProtobufCFieldDescriptor *f = typed(w, field, PROTOBUF_C_TYPE_STRING);
    if (text.len || !is_implicit(f))
        put_string(w, f, text);
}

void pb_text(pb *w, const char *field, mdw_str text)
{
    put_string(w, typed(w, field, PROTOBUF_C_TYPE_STRING), text);
}

/* Notes the lengths of all messages inside on the way, as many as there is room
 * for; whoever is not among them is measured when it is written. */
static uint64_t message_size(pb *w, pb_put *put_it, const void *what)
{
    bool outermost = !w->measuring;
    if (outermost && w->next < w->known)
        return w->sizes[w->next++];
    if (outermost)
        w->known = 0;
    size_t mine = w->known;
    if (mine < PB_SIZES)
        w->known++;
    uint64_t size = measure(w, put_it, what);
    if (mine < PB_SIZES)
        w->sizes[mine] = size;
    if (outermost)
        w->next = 1;
    return size;
}

void pb_message(pb *w, const char *field, pb_put *put_it, const void *what)
{
    const ProtobufCFieldDescriptor *f =
        typed(w, field, PROTOBUF_C_TYPE_MESSAGE);
    const ProtobufCMessageDescriptor *around = w->type;
    unsigned at = w->at;
    w->type = f->descriptor;
    w->at = 0;
    w->depth++;
    put_delimited(w, f, message_size(w, put_it, what), put_it, what);
    w->depth--;
    w->type = around;
    w->at = at;
}
