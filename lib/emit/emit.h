/* lib/emit/emit.h - what the emitters share: one look at a report, and the
 * words that every format takes from the same place. */
#ifndef MDW_EMIT_EMIT_H
#define MDW_EMIT_EMIT_H

#include "lib/json/out.h"
#include "mdwalk/report.h"

/* A Windows process remembers its last 64 unloaded modules; more than this
 * many are listed, but not looked up for frames. */
enum { UNLOADED_MAX = 256, UNLOADED_HITS = 32 };

typedef struct view {
    const mdw_report *report;
    const mdw_state *state;
    mdw_emit_options options;
    mdw_system system;
    mdw_process_info process;
    uint32_t main_stack; /* or MDW_NONE */
    unsigned digits;     /* of a pointer in hex */
    size_t unloaded_count;
    mdw_range unloaded[UNLOADED_MAX];
} view;

void view_init(view *v, const mdw_report *report,
               const mdw_emit_options *options);
/* Whether `stack` is to be written at all. */
bool view_shows(const view *v, uint32_t stack);

/* Frames outside modules may lie in unloaded ones. */
typedef struct unloaded_hit {
    mdw_str name;
    uint64_t offset;
} unloaded_hit;
/* Sorted by name and offset, each once. */
size_t view_unloaded(const view *v, uint64_t addr,
                     unloaded_hit hits[UNLOADED_HITS]);
/* The module of a frame. False: none. */
bool view_module(const view *v, const mdw_frame *frame, mdw_module *module);

/* What is printed of a file name that comes again with every frame: its last
 * part, and of that the last bytes if it is longer than any file system has
 * them, so that no name makes a report grow with frames times name. */
mdw_str short_name(mdw_str path);

/* "Windows NT", as both tools of the field call it; NULL: not known. */
const char *os_word(const mdw_system *system);
/* "amd64" where base.h says x86_64. */
const char *cpu_word(uint32_t arch);
const char *stop_word(uint32_t stop);       /* "null_pc" */
const char *stop_sentence(uint32_t stop);   /* "the return address is null" */
const char *stack_word(uint32_t kind);      /* "thread" */
const char *annotation_word(uint32_t kind); /* "process" */
unsigned pointer_digits(const view *v, uint32_t arch);

/* Text out of the dump. What could move a terminal's cursor, and what is not
 * UTF-8, becomes U+FFFD. */
void out_printable(out *o, mdw_str text);

/* One per format. */
mdw_status emit_breakpad(const mdw_report *report,
                         const mdw_emit_options *options, mdw_sink sink);
mdw_status emit_breakpad_human(const mdw_report *report,
                               const mdw_emit_options *options, mdw_sink sink);
mdw_status emit_envelope(const mdw_report *report,
                         const mdw_emit_options *options, mdw_sink sink);
mdw_status emit_human(const mdw_report *report, const mdw_emit_options *options,
                      mdw_sink sink);
mdw_status emit_rust_json(const mdw_report *report,
                          const mdw_emit_options *options, mdw_sink sink);
mdw_status emit_sentry(const mdw_report *report,
                       const mdw_emit_options *options, mdw_sink sink);
mdw_status emit_sentry_pb(const mdw_report *report,
                          const mdw_emit_options *options, mdw_sink sink);
mdw_status emit_sentry_rich(const mdw_report *report,
                            const mdw_emit_options *options, mdw_sink sink);

#endif
