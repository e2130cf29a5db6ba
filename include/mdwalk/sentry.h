/* mdwalk/sentry.h - a report as Sentry's Event, Exception, Thread, Stacktrace,
 * Frame and DebugImage, to be read without any JSON, and its encodings.
 *
 * Room: sentry. The encoders read these records and nothing else, so that every
 * encoding and an embedder see the same event.
 *
 * Absence. A string with data NULL is absent; data not NULL and len 0 is an
 * empty string that is written. Numbers and truths that may be absent are
 * mdw_opt_u64 and mdw_opt_bool. Strings live as long as the mdw_sentry and the
 * report it was made of. */
#ifndef MDWALK_SENTRY_H
#define MDWALK_SENTRY_H

#include "mdwalk/base.h"
#include "mdwalk/report.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Frozen. */
typedef struct mdw_opt_u64 {
    uint64_t value;
    bool set;
} mdw_opt_u64;

typedef uint8_t mdw_opt_bool; /* enum mdw_truth */
enum mdw_truth { MDW_TRUTH_ABSENT, MDW_TRUTH_FALSE, MDW_TRUTH_TRUE };

/* --- dynamic values: contexts and other free objects ------------------- */

enum mdw_value_kind {
    MDW_VALUE_NULL,
    MDW_VALUE_BOOL, /* u.u64: 0 or 1 */
    MDW_VALUE_I64,
    MDW_VALUE_U64,
    MDW_VALUE_DOUBLE,
    MDW_VALUE_STRING,
    MDW_VALUE_ARRAY, /* count items of u.items */
    MDW_VALUE_OBJECT /* count members of u.members, no key twice */
};

typedef struct mdw_member mdw_member;

/* Frozen. What JSON can say, with whole numbers kept whole. */
typedef struct mdw_value {
    uint32_t kind; /* enum mdw_value_kind */
    uint32_t count;
    union {
        int64_t i64;
        uint64_t u64;
        double number;
        mdw_str string;
        const struct mdw_value *items;
        const mdw_member *members;
    } u;
} mdw_value;

/* Frozen. */
struct mdw_member {
    mdw_str key;
    mdw_value value;
};

/* --- additional data, as the minidump endpoint takes it ---------------- */

/* Collects form fields and attachments and merges them by the endpoint's rules.
 * Depth is limited to 56, one field or file to 1 MiB, all of them by the
 * budget; what breaks a limit or is not what it says is refused with a status
 * and leaves no trace. */
typedef struct mdw_sentry_data mdw_sentry_data;

MDW_API mdw_status mdw_sentry_data_new(const mdw_budget *budget,
                                       const mdw_allocator *alloc,
                                       mdw_sentry_data **out, mdw_error *err);
/* "sentry", "sentry___x", "sentry__1", "sentry[a][b]", or anything else for
 * `extra`. Copies both. */
MDW_API mdw_status mdw_sentry_data_field(mdw_sentry_data *data, mdw_str key,
                                         mdw_str value, mdw_error *err);
/* "__sentry-event", "__sentry-breadcrumb1" and 2 (MessagePack), which replace
 * what fields say. MDW_ABSENT: a file that says nothing about the event. */
MDW_API mdw_status mdw_sentry_data_file(mdw_sentry_data *data, mdw_str name,
                                        mdw_bytes bytes, mdw_error *err);
MDW_API void mdw_sentry_data_close(mdw_sentry_data *data); /* NULL is fine */

/* --- building ---------------------------------------------------------- */

/* How Sentry gets from addresses to call instructions. */
enum mdw_adjustment_id {
    MDW_ADJUSTMENT_AUTO, /* attribute left out: there are no frames */
    MDW_ADJUSTMENT_ALL_BUT_FIRST,
    MDW_ADJUSTMENT_ALL, /* the innermost frame is a caller, too */
    MDW_ADJUSTMENT_NONE /* addresses lie in the call already */
};

enum mdw_sentry_inline_id {
    MDW_SENTRY_INLINE_PLAIN, /* frames without instruction_addr */
    MDW_SENTRY_INLINE_FINAL, /* with it, and every frame of a stack is marked
                                as symbolicated: RICH alone can say so */
    MDW_SENTRY_INLINE_NONE   /* physical frames alone: Sentry expands */
};

/* None of them is the default. */
enum mdw_sentry_flag {
    /* As the servers have it: exception.type with the address, no meta of the
     * mechanism, nothing that they would not write themselves. */
    MDW_SENTRY_COMPAT = 1 << 0,
    /* trust, data.symbolicator_status and frames_omitted are written, which
     * the servers know and the schema does not */
    MDW_SENTRY_RICH = 1 << 1,
    /* addresses inside the call instruction, and adjustment NONE */
    MDW_SENTRY_ADJUSTED = 1 << 2,
    MDW_SENTRY_NO_FRAME_ADDRS = 1 << 3, /* no image_addr and symbol_addr */
    MDW_SENTRY_NO_META = 1 << 4,        /* no mechanism.meta */
    MDW_SENTRY_NO_FINDINGS = 1 << 5     /* no contexts.mdwalk */
};

typedef struct mdw_sentry_options {
    size_t size;
    uint32_t flags;      /* enum mdw_sentry_flag */
    uint32_t inlines;    /* enum mdw_sentry_inline_id */
    uint32_t max_frames; /* of a stack; 0: 250; the outermost are cut */
    uint32_t skip;       /* innermost frames of each stack to leave out, with
                            what is inlined into them; gives ALL */
    bool one_stack;      /* only `stack` of the state */
    uint32_t stack;
    mdw_str event_id; /* 32 hex digits; empty: of the dump's own records, so
                         that one dump has one id */
    mdw_str level;    /* "debug" to "fatal"; empty: "fatal" or "info" */
    const mdw_budget *budget;
    const mdw_allocator *alloc;
    const mdw_sentry_data *data; /* may be NULL; level and event_id of these
                                    options go before the data's */
} mdw_sentry_options;

typedef struct mdw_sentry mdw_sentry;

/* `report` and `options->data` must outlive the result, which is immutable:
 * every function but close may run on many threads at once. MDW_E_ARG: an id, a
 * level or a combination of options that cannot be. */
MDW_API mdw_status mdw_sentry_new(const mdw_report *report,
                                  const mdw_sentry_options *options,
                                  mdw_sentry **out, mdw_error *err);
MDW_API void mdw_sentry_close(mdw_sentry *sentry); /* NULL is fine */

/* --- reading: MDW_E_ARG where there is no such index -------------------- */

typedef struct mdw_sentry_event {
    size_t size;
    mdw_str event_id; /* 32 hex digits, no dashes */
    mdw_str platform; /* "native" */
    mdw_str level;
    mdw_opt_u64 timestamp; /* seconds since 1970, of the dump's header */
    mdw_str sdk_name;
    mdw_str sdk_version;
    uint32_t exception_count;
    uint32_t thread_count;
    uint32_t stack_count;
    uint32_t image_count;
    mdw_str release, environment, dist, transaction, server_name; /* the data's,
                                                     else absent */
} mdw_sentry_event;
MDW_API mdw_status mdw_sentry_event_get(const mdw_sentry *sentry,
                                        mdw_sentry_event *out);

typedef struct mdw_sentry_exception {
    size_t size;
    mdw_str type;
    mdw_str value;
    mdw_str module;
    mdw_opt_u64 thread_id;
    uint32_t stack; /* index, or MDW_NONE */
} mdw_sentry_exception;
MDW_API mdw_status mdw_sentry_exception_at(const mdw_sentry *sentry,
                                           size_t index,
                                           mdw_sentry_exception *out);

typedef struct mdw_sentry_mechanism {
    size_t size;
    mdw_str type; /* "minidump" */
    mdw_opt_bool handled;
    mdw_opt_bool synthetic;
    /* meta; numbers and names are those of the dump's system */
    bool has_signal, has_mach, has_errno;
    int64_t signal, signal_code;
    mdw_str signal_name, signal_code_name;
    int64_t mach_exception;
    mdw_opt_u64 mach_code, mach_subcode;
    mdw_str mach_name;
    int64_t errno_number; /* no dump has one: for the encodings */
    mdw_str errno_name;
} mdw_sentry_mechanism;
/* Of the exception with this index. */
MDW_API mdw_status mdw_sentry_mechanism_at(const mdw_sentry *sentry,
                                           size_t index,
                                           mdw_sentry_mechanism *out);

/* In the order of the dump. */
typedef struct mdw_sentry_thread {
    size_t size;
    uint64_t id;
    mdw_str name;
    mdw_opt_bool crashed; /* true or absent */
    mdw_opt_bool current; /* the same */
    mdw_opt_bool main;
    mdw_str state;
    uint32_t stack; /* index, or MDW_NONE: the exception has it */
} mdw_sentry_thread;
MDW_API mdw_status mdw_sentry_thread_at(const mdw_sentry *sentry, size_t index,
                                        mdw_sentry_thread *out);

typedef struct mdw_sentry_stack {
    size_t size;
    uint32_t report_stack; /* which stack of the report has the frames */
    uint32_t adjustment;   /* enum mdw_adjustment_id */
    mdw_str adjustment_text;
    uint32_t frame_count;
    uint32_t frames_cut;     /* outermost ones that were left out */
    uint32_t register_count; /* of the innermost frame */
} mdw_sentry_stack;
MDW_API mdw_status mdw_sentry_stack_at(const mdw_sentry *sentry, size_t index,
                                       mdw_sentry_stack *out);

typedef struct mdw_sentry_register {
    size_t size;
    mdw_str name; /* "rip"; Sentry's names */
    uint64_t value;
} mdw_sentry_register;
MDW_API mdw_status mdw_sentry_register_at(const mdw_sentry *sentry,
                                          size_t stack, size_t index,
                                          mdw_sentry_register *out);

/* Index 0 is the oldest frame, as Sentry wants it; within one address the
 * physical function comes before what was inlined into it. */
typedef struct mdw_sentry_frame {
    size_t size;
    mdw_opt_u64 instruction_addr; /* raw, unless ADJUSTED */
    mdw_opt_u64 image_addr;
    mdw_opt_u64 symbol_addr;
    uint32_t image;   /* index of its image, or MDW_NONE */
    mdw_str package;  /* the module's code file, whole path; of one longer than
                         1024 bytes the end, which goes for paths below, too */
    mdw_str function; /* for people; the first 256 characters */
    mdw_str raw_function;
    mdw_str symbol; /* linkage name, where it is another */
    mdw_str abs_path;
    mdw_str filename;
    mdw_opt_u64 lineno;
    mdw_opt_u64 colno;
    mdw_opt_bool in_app;
    mdw_str trust;  /* how the frame was found: "cfi"; for RICH */
    mdw_str status; /* data.symbolicator_status; for RICH */
    bool is_inline;
    uint32_t report_frame; /* index in the report's stack */
} mdw_sentry_frame;
MDW_API mdw_status mdw_sentry_frame_at(const mdw_sentry *sentry, size_t stack,
                                       size_t index, mdw_sentry_frame *out);

/* In order of address. */
typedef struct mdw_sentry_image {
    size_t size;
    mdw_str type; /* "pe", "elf", "macho"; absent: unknown */
    mdw_str code_file;
    mdw_str code_id; /* lower case */
    mdw_str debug_file;
    mdw_str debug_id; /* dashed, "-age" in hex unless 0 */
    mdw_str arch;
    uint64_t image_addr;
    mdw_opt_u64 image_size;
    mdw_opt_u64 image_vmaddr;
    uint32_t module; /* index in the state */
} mdw_sentry_image;
MDW_API mdw_status mdw_sentry_image_at(const mdw_sentry *sentry, size_t index,
                                       mdw_sentry_image *out);

typedef struct mdw_sentry_os {
    size_t size;
    mdw_str name, version, build, kernel_version, raw_description;
} mdw_sentry_os;
typedef struct mdw_sentry_device {
    size_t size;
    mdw_str arch, model, cpu_description;
    mdw_opt_u64 processor_count, memory_size, free_memory;
} mdw_sentry_device;
/* MDW_ABSENT: there is no such context. */
MDW_API mdw_status mdw_sentry_os_get(const mdw_sentry *sentry,
                                     mdw_sentry_os *out);
MDW_API mdw_status mdw_sentry_device_get(const mdw_sentry *sentry,
                                         mdw_sentry_device *out);

/* What of the event has no record above, as an object. "contexts" is one of
 * its members: Crashpad's annotations by "crashpad" and by module, and what
 * the crash analysis found by "mdwalk"; os and device are not among them. */
MDW_API const mdw_value *mdw_sentry_rest(const mdw_sentry *sentry);

/* --- encodings --------------------------------------------------------- */

/* Streaming: no tree, no allocation. Members in fixed order. */
MDW_API mdw_status mdw_sentry_json(const mdw_sentry *sentry, bool pretty,
                                   mdw_sink sink, mdw_error *err);
/* The same as sentry_protos.relay.v1.Event, the message of Protocol Buffers in
 * lib/sentry/proto/relay_event.proto: what of JSON it has no place for is in
 * doc/formats.md. Upstream froze the package in January 2026. Streaming, no
 * allocation. MDW_E_UNSUPPORTED: the library was built without protobuf-c. */
MDW_API mdw_status mdw_sentry_protobuf(const mdw_sentry *sentry, mdw_sink sink,
                                       mdw_error *err);

/* --- envelopes ---------------------------------------------------------- */

enum mdw_attach_id {
    MDW_ATTACH_NONE,
    MDW_ATTACH_FILE,    /* event.attachment: kept beside our event */
    MDW_ATTACH_MINIDUMP /* event.minidump: the server works it out anew, and
                           what this library found is not looked at */
};

typedef struct mdw_envelope_options {
    size_t size;
    uint32_t attach; /* enum mdw_attach_id */
    mdw_bytes dump;  /* what is attached */
    mdw_str filename;
    mdw_str dsn; /* empty: left out */
} mdw_envelope_options;

/* The event as an item, and with `attach` the dump as another. MDW_E_ARG,
 * MDW_E_IO: the sink gave up. */
MDW_API mdw_status mdw_sentry_envelope(const mdw_sentry *sentry,
                                       const mdw_envelope_options *options,
                                       mdw_sink sink, mdw_error *err);

typedef struct mdw_send_options {
    size_t size;
    mdw_str dsn;            /* https://KEY@HOST/PROJECT */
    uint32_t timeout_ms;    /* without a byte going anywhere; 0: 30000 */
    const char *net_module; /* as in mdw_store_options */
} mdw_send_options;

#define MDW_SEND_TEXT_MAX 1024
typedef struct mdw_send_answer {
    size_t size;
    uint32_t http_status; /* 0: no answer */
    bool again;           /* another attempt may end otherwise */
    uint32_t retry_after; /* seconds to wait before it; 0: not said */
    uint32_t limited;     /* seconds in which more events like this one are
                             refused; 0: none */
    size_t text_len;      /* what the server said, NUL-terminated */
    char text[MDW_SEND_TEXT_MAX];
} mdw_send_answer;

/* One attempt to send the envelope to the project of `dsn`; blocks. MDW_OK:
 * accepted. MDW_E_ARG: no DSN; MDW_E_UNSUPPORTED: the network module is not
 * there; MDW_E_IO: nobody answered, or the answer in `out`. */
MDW_API mdw_status mdw_sentry_send(const mdw_sentry *sentry,
                                   const mdw_envelope_options *envelope,
                                   const mdw_send_options *options,
                                   mdw_send_answer *out, mdw_error *err);

#ifdef __cplusplus
}
#endif
#endif
