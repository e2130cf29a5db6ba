/* fuzz/event_message.h - what protobuf-c says of an event's bytes. */
#ifndef FUZZ_EVENT_MESSAGE_H
#define FUZZ_EVENT_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef HAVE_PROTOBUF
#include <relay_event.pb-c.h>

/* It can be read, and written again it is no longer; shorter where a NUL ends a
 * text for C. */
static inline bool is_event(const void *bytes, size_t len)
{
    SentryProtos__Relay__V1__Event *event =
        sentry_protos__relay__v1__event__unpack(NULL, len, bytes);
    bool good =
        event && sentry_protos__relay__v1__event__get_packed_size(event) <= len;
    if (event)
        sentry_protos__relay__v1__event__free_unpacked(event, NULL);
    return good;
}
#else
static inline bool is_event(const void *bytes, size_t len)
{
    (void)bytes;
    return !len;
}
#endif

#endif
