/* lib/sentry/pb.h - Protocol Buffers straight to a sink: no tree, no
 * allocation. Numbers and types of fields are those of the descriptors that
 * protoc-c makes of lib/sentry/proto/relay_event.proto.
 *
 * A message inside another one comes with its length before it, so whoever
 * writes one is a function that is called more than once, to measure and then
 * to write, and must say the same each time. */
#ifndef MDW_SENTRY_PB_H
#define MDW_SENTRY_PB_H

#include <protobuf-c/protobuf-c.h>

#include "lib/json/out.h"
#include "mdwalk/sentry.h"

enum {
    PB_DEPTH = 100, /* readers refuse messages that lie deeper */
    PB_SIZES = 1024 /* lengths kept, so that few are measured twice */
};

/* Owned by the caller, filled by pb_init. What the sink refuses is remembered
 * until pb_finish. */
typedef struct pb {
    out out;
    const ProtobufCMessageDescriptor *type; /* of the message that is written */
    unsigned at;    /* its field that came last: the next one is near */
    unsigned depth; /* messages around it */
    bool measuring;
    uint64_t len; /* bytes written or measured */
    /* Lengths of the messages to come, in the order in which they begin. */
    size_t known, next;
    uint64_t sizes[PB_SIZES];
} pb;

/* Writes the fields of a message. */
typedef void pb_put(pb *w, const void *what);

void pb_init(pb *w, mdw_sink sink, const ProtobufCMessageDescriptor *type);
mdw_status pb_finish(pb *w);

/* The field with that name of the message that is written; NULL: none. */
const ProtobufCFieldDescriptor *pb_find(pb *w, mdw_str name);

/* A field of the message that is written, which must have one of that name and
 * type. Quickest in the order of their numbers. A string that is absent is left
 * out, and one that is empty where the field cannot tell both apart; what is
 * not UTF-8 becomes U+FFFD. */
void pb_str(pb *w, const char *field, mdw_str text);
void pb_text(pb *w, const char *field, mdw_str text); /* an empty one, too */
void pb_uint(pb *w, const char *field, uint64_t value);
void pb_int(pb *w, const char *field, int64_t value);
void pb_bool(pb *w, const char *field, bool value);
void pb_null(pb *w, const char *field); /* of the type NullValue */
void pb_double(pb *w, const char *field, double value);
void pb_message(pb *w, const char *field, pb_put *put, const void *what);

/* pb_value.c: a value as google.protobuf.Value, a pb_put of mdw_value. Whole
 * numbers that a double cannot hold become text. What would lie deeper than
 * PB_DEPTH, and numbers that are none, become null. */
void pb_put_value(pb *w, const void *value);
/* One entry of a map from names to values. */
void pb_value_entry(pb *w, const char *field, mdw_str key,
                    const mdw_value *value);
/* One of a map from names to strings. */
void pb_text_entry(pb *w, const char *field, mdw_str key, mdw_str text);
/* A string, and a whole number or truth as text; {NULL, 0}: of another kind. */
enum { PB_TEXT = 20 };
mdw_str pb_text_of(const mdw_value *value, char room[PB_TEXT]);

/* pb_object.c: a member as the field with its name of the message that is
 * written. What the message has no field for, and a value of another kind than
 * the field, are left out. */
void pb_put_member(pb *w, const mdw_member *member);
/* Every member of an object; a pb_put of mdw_value. */
void pb_put_object(pb *w, const void *object);

#endif
