/* mdwalk/report.h - walk every thread, and write the result down. */
#ifndef MDWALK_REPORT_H
#define MDWALK_REPORT_H

#include "mdwalk/base.h"
#include "mdwalk/crash.h"
#include "mdwalk/state.h"
#include "mdwalk/unwind.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct mdw_report mdw_report;

enum mdw_keep_id {
    MDW_KEEP_ALL_REGS,   /* the known registers of every frame */
    MDW_KEEP_FIRST_REGS, /* of the innermost frame of each stack */
    MDW_KEEP_NO_REGS
};

typedef struct mdw_process_options {
    size_t size;
    const mdw_walk_options *walk; /* its trace gets every stack's events */
    bool one_stack;               /* walk only `stack` */
    uint32_t stack;
    uint32_t max_frames; /* of all stacks together; 0: 1 << 18 */
    uint32_t keep;       /* enum mdw_keep_id */
    const mdw_budget *budget;
    const mdw_allocator *alloc;
} mdw_process_options;

/* Walks the main stack first, then the others in order. The same state and
 * options give the same report, bit for bit. `state` must outlive the report.
 * What a limit or a budget cuts is an issue of the report; MDW_E_CANCELLED and
 * MDW_E_MEMORY are the only failures beside wrong arguments. */
MDW_API mdw_status mdw_process(const mdw_state *state,
                               const mdw_process_options *options,
                               mdw_report **out, mdw_error *err);
MDW_API void mdw_report_close(mdw_report *report); /* NULL is fine */

/* `stack` counts as in mdw_state_stack. */
MDW_API size_t mdw_report_frame_count(const mdw_report *report, size_t stack);
/* Innermost first. frame->image is a module of the state. */
MDW_API mdw_status mdw_report_frame(const mdw_report *report, size_t stack,
                                    size_t index, mdw_frame *frame);
/* The name that came with the frame; empty unless the client walked it. */
MDW_API mdw_str mdw_report_function(const mdw_report *report, size_t stack,
                                    size_t index);
/* Why the walk of `stack` ended: enum mdw_stop_id. */
MDW_API uint32_t mdw_report_stop(const mdw_report *report, size_t stack);
/* One for each exception of the state, or one for its assertion; NULL out of
 * range. */
MDW_API const mdw_crash *mdw_report_crash(const mdw_report *report,
                                          size_t exception);
/* The state's issues, then what walking added. */
MDW_API size_t mdw_report_issue_count(const mdw_report *report);
MDW_API mdw_status mdw_report_issue(const mdw_report *report, size_t index,
                                    mdw_issue *out);
MDW_API const mdw_state *mdw_report_state(const mdw_report *report);

/* --- writing ----------------------------------------------------------- */

typedef struct mdw_emit_options {
    size_t size;
    bool pretty;    /* json: indented */
    bool brief;     /* human: the crash and its stack alone */
    bool colour;    /* human: with escape sequences of a terminal */
    bool one_stack; /* only `stack` */
    uint32_t stack;
} mdw_emit_options;

/* Formats by name: "human", "json". */
MDW_API const char *mdw_format_name(size_t index); /* NULL past the last */
/* MDW_E_ARG: no such format; MDW_E_IO: the sink gave up. */
MDW_API mdw_status mdw_emit(const mdw_report *report, const char *format,
                            const mdw_emit_options *options, mdw_sink sink,
                            mdw_error *err);

#ifdef __cplusplus
}
#endif
#endif
