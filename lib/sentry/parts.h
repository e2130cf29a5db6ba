/* lib/sentry/parts.h - the room's own: what an event consists of, and how its
 * files build it. */
#ifndef MDW_SENTRY_PARTS_H
#define MDW_SENTRY_PARTS_H

#include "lib/base/arena.h"
#include "lib/base/str.h"
#include "mdwalk/sentry.h"

/* A stack of the event: which frames of which stack of the report. */
typedef struct kept_stack {
    uint32_t report_stack;
    uint32_t register_stack; /* of the report; its first frame has them */
    uint32_t first, count;   /* frames, innermost first */
    uint32_t cut;
    uint32_t adjustment;
    const uint32_t *physical; /* report frames; NULL: all from `first` on */
} kept_stack;

typedef struct kept_thread {
    uint32_t thread; /* index in the state */
    uint32_t stack;  /* index in `stacks`, or MDW_NONE */
    bool crashed, current;
} kept_thread;

struct mdw_sentry {
    arena *store;
    const mdw_report *report;
    const mdw_state *state;
    mdw_sentry_options options;
    mdw_system system;
    mdw_process_info process;
    /* The exception that the event is about, or MDW_NONE; its analysis. */
    uint32_t exception_index;
    const mdw_crash *crash; /* NULL: neither exception nor assertion */
    bool has_os, has_device;
    mdw_sentry_event event;
    mdw_sentry_exception exception;
    mdw_sentry_mechanism mechanism;
    mdw_sentry_os os;
    mdw_sentry_device device;
    kept_thread *threads;
    kept_stack *stacks;
    mdw_sentry_image *images;
    uint32_t *image_of; /* by module: index of its image, or MDW_NONE */
    size_t module_count;
    mdw_value rest;
    mdw_value data; /* what clients said, folded; an object */
    mdw_str data_id;
    mdw_value sdk;                      /* the data's, if it has one */
    mdw_value debug_meta;               /* the data's, but for images */
    mdw_value os_object, device_object; /* the records, and what the data says
                                           that has no field */
};

static inline bool has_flag(const mdw_sentry *s, enum mdw_sentry_flag flag)
{
    return s->options.flags & (uint32_t)flag;
}

static inline bool is_compat(const mdw_sentry *s)
{
    return has_flag(s, MDW_SENTRY_COMPAT);
}

/* The servers leave out what they take for granted. */
static inline bool says_adjustment(const mdw_sentry *s,
                                   const mdw_sentry_stack *stack)
{
    return !is_compat(s) || stack->adjustment != MDW_ADJUSTMENT_ALL_BUT_FIRST;
}

/* Empty becomes absent. */
static inline mdw_str given(mdw_str text)
{
    return text.len ? text : (mdw_str){NULL, 0};
}

static inline mdw_opt_u64 number(uint64_t value)
{
    return (mdw_opt_u64){value, true};
}

/* The one member of `rest` that the emitters write together with os and device;
 * NULL: another. */
static inline const mdw_value *contexts_of(const mdw_member *m)
{
    return str_is(m->key, "contexts") && m->value.kind == MDW_VALUE_OBJECT
               ? &m->value
               : NULL;
}

/* Each fills its part of `s`; MDW_E_MEMORY is the only failure. In this order:
 * later parts look into earlier ones. */
mdw_status build_data(mdw_sentry *s);
mdw_status build_images(mdw_sentry *s);
mdw_status build_stacks(mdw_sentry *s);
mdw_status build_exception(mdw_sentry *s);
mdw_status build_contexts(mdw_sentry *s);
mdw_status build_rest(mdw_sentry *s);
mdw_status build_event_id(mdw_sentry *s);

/* exception.c: the exception that the event is about. */
void choose_exception(mdw_sentry *s);
/* stacks.c: the frame of the report with this index of the event. */
bool stack_frame(const mdw_sentry *s, const kept_stack *stack, size_t index,
                 mdw_frame *frame, uint32_t *report_frame);
/* crashpad.c: appends to `members`, which has room for
 * crashpad_room() of them, and moves `count`. */
size_t crashpad_room(const mdw_sentry *s);
mdw_status crashpad_contexts(mdw_sentry *s, mdw_member *members,
                             uint32_t *count);
/* findings.c: contexts.mdwalk; MDW_ABSENT where there is nothing to say. */
mdw_status findings_context(mdw_sentry *s, mdw_value *out);

/* data_apply.c: what clients said goes into the records that are there. */
mdw_str data_level(const mdw_sentry *s); /* {NULL, 0}: none */
void data_event(mdw_sentry *s);
mdw_status data_contexts(mdw_sentry *s);
/* Fills `rest`; `own` are our contexts beside os and device. */
mdw_status data_rest(mdw_sentry *s, const mdw_member *own, uint32_t count);

/* envelope.c: options checked, and everything before the dump's bytes. */
mdw_status envelope_read(const mdw_envelope_options *options,
                         mdw_envelope_options *own);
mdw_status envelope_head(const mdw_sentry *s, const mdw_envelope_options *o,
                         mdw_sink sink);

/* objects.c: os and device of `s`, with members that have no field; and an
 * image, which lives as long as its room. */
mdw_status build_objects(mdw_sentry *s, const mdw_value *os_more,
                         const mdw_value *device_more);
enum { IMAGE_FIELDS = 9, HEX_ROOM = 2 + 16 };
typedef struct image_room {
    mdw_member members[IMAGE_FIELDS];
    char texts[2][HEX_ROOM];
} image_room;
mdw_value image_object(const mdw_sentry_image *image, image_room *room);

/* value.c */
mdw_value value_str(mdw_str text);
mdw_value value_u64(uint64_t value);
mdw_value value_array(const mdw_value *items, size_t count);
mdw_value value_object(const mdw_member *members, size_t count);
mdw_member member(mdw_str key, mdw_value value);
/* "0x...", without padding. */
mdw_str hex_spell(uint64_t value, char room[HEX_ROOM]);
/* The same in the store; {NULL, 0}: out of memory. */
mdw_str hex_text(mdw_sentry *s, uint64_t value);
/* Sorts by key; of equal keys the one that came last stays. Returns how many
 * are left. */
size_t members_settle(mdw_member *members, size_t count);

#endif
