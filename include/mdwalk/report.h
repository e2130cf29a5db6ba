/* mdwalk/report.h - walk every thread, and write the result down. */
#ifndef MDWALK_REPORT_H
#define MDWALK_REPORT_H

#include "mdwalk/base.h"
#include "mdwalk/crash.h"
#include "mdwalk/state.h"
#include "mdwalk/symbol.h"
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
    const mdw_walk_options *walk; /* its trace gets every stack's events; with
                                     one, stacks are walked one by one */
    bool one_stack;               /* walk only `stack` */
    uint32_t stack;
    uint32_t max_frames; /* of all stacks together; 0: 1 << 18 */
    uint32_t keep;       /* enum mdw_keep_id */
    const mdw_budget *budget;
    const mdw_allocator *alloc;
    const mdw_provider *const *providers;
    size_t provider_count;
    const mdw_image *const *images; /* more code than the modules: JIT; they
                                       come before modules that overlap them */
    size_t image_count;
    bool no_crash;     /* leave crash analysis out */
    bool guess;        /* fill the wishes before the first run, which sends for
                          them at once: where asking takes long */
    bool no_demangle;  /* names as the files have them */
    bool keep_origins; /* for mdw_report_origins; with registers alone */
} mdw_process_options;

/* Walks the main stack first, then the others in order. The same state, options
 * and symbol files give the same report, bit for bit. `state` must outlive the
 * report. What a limit or a budget cuts is an issue of the report;
 * MDW_E_CANCELLED and MDW_E_MEMORY are the only failures beside wrong
 * arguments. */
MDW_API mdw_status mdw_process(const mdw_state *state,
                               const mdw_process_options *options,
                               mdw_report **out, mdw_error *err);

/* --- sessions that do not block ---------------------------------------- */

typedef struct mdw_session mdw_session;

/* The main stack first, then in order; side by side where symbols are awaited.
 * The same state, options and symbol files give the same report, bit for bit,
 * in whatever order the files arrive. Without providers whatever is needed is
 * awaited until mdw_session_supply answers. */
MDW_API mdw_status mdw_session_new(const mdw_state *state,
                                   const mdw_process_options *options,
                                   mdw_session **out, mdw_error *err);

/* A file that would help. Before the first run, with `guess`: the modules that
 * words on the stacks point into, most words first, for those who want to
 * fetch ahead. Later: what is awaited, in the order of the modules. */
typedef struct mdw_wish {
    size_t size;
    uint32_t module; /* index in the state */
    uint32_t need;   /* enum mdw_need_id */
    uint32_t words;  /* stack words that point into the module */
} mdw_wish;
MDW_API size_t mdw_session_wish_count(const mdw_session *session);
MDW_API mdw_status mdw_session_wish(const mdw_session *session, size_t index,
                                    mdw_wish *out);
/* An answer without a provider: a file, of which the session takes a reference
 * of its own, or NULL with the reason. MDW_E_ARG: that was answered already. */
MDW_API mdw_status mdw_session_supply(mdw_session *session, uint32_t module,
                                      uint32_t need, const mdw_symfile *file,
                                      mdw_status why);
/* MDW_OK: done. MDW_AGAIN: every unfinished stack awaits a file. */
MDW_API mdw_status mdw_session_run(mdw_session *session, mdw_error *err);
/* What there is so far, also after a failed or cancelled run. The report owns
 * its names and needs nothing but `state`; all files are let go. Closes the
 * session in every case. */
MDW_API mdw_status mdw_session_finish(mdw_session *session, mdw_report **out,
                                      mdw_error *err);
MDW_API void mdw_session_close(mdw_session *session); /* NULL is fine */

/* --- reading a report -------------------------------------------------- */

MDW_API void mdw_report_close(mdw_report *report); /* NULL is fine */

/* `stack` counts as in mdw_state_stack. */
MDW_API size_t mdw_report_frame_count(const mdw_report *report, size_t stack);
/* Innermost first. frame->image is a module of the state. */
MDW_API mdw_status mdw_report_frame(const mdw_report *report, size_t stack,
                                    size_t index, mdw_frame *frame);
/* Where the frame's registers came from. MDW_ABSENT: not kept, or the client's
 * frame. */
MDW_API mdw_status mdw_report_origins(const mdw_report *report, size_t stack,
                                      size_t index, mdw_origins *out);
/* The name of mdw_report_symbol alone; empty: none is known. */
MDW_API mdw_str mdw_report_function(const mdw_report *report, size_t stack,
                                    size_t index);
/* The name of a frame. Inlined calls are frames of their own, flagged
 * MDW_FRAME_INLINE, before the frame that holds them. MDW_ABSENT: none is
 * known. Strings live as long as the report. */
MDW_API mdw_status mdw_report_symbol(const mdw_report *report, size_t stack,
                                     size_t index, mdw_symbol *out);

/* What became of each module of the state: the source of DebugImage status. */
typedef struct mdw_module_use {
    size_t size;
    uint32_t frames;                   /* that landed in it, inlined ones not */
    mdw_status status[MDW_NEED_COUNT]; /* MDW_OK, MDW_ABSENT, why refused;
                                          MDW_END: never asked for */
    mdw_str place; /* of the file that gave names, as its provider says: an
                      address, a path; empty: not told */
} mdw_module_use;
MDW_API mdw_status mdw_report_module(const mdw_report *report, size_t module,
                                     mdw_module_use *out);
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

struct mdw_sentry_options; /* mdwalk/sentry.h */
struct mdw_envelope_options;

typedef struct mdw_emit_options {
    size_t size;
    bool pretty;    /* JSON of every kind: indented */
    bool brief;     /* human: the crash and its stack alone */
    bool colour;    /* human: with escape sequences of a terminal */
    bool one_stack; /* only `stack` */
    uint32_t stack;
    bool no_symbols;     /* breakpad-human: none were looked for, so that no
                            module is said to lack them */
    bool stack_contents; /* breakpad-human: the memory of each frame */
    bool code_pointers;  /* breakpad-human: words there that point to code */
    const struct mdw_sentry_options *sentry; /* sentry and its kin; or NULL */
    const struct mdw_envelope_options *envelope; /* envelope; or NULL */
} mdw_emit_options;

/* Formats by name: "human", "json", minidump_stackwalk's two, "breakpad" for
 * machines and "breakpad-human", and Sentry's, "sentry", "sentry-rich",
 * "envelope", whose event is rich, and "sentry-pb", Protocol Buffers. */
MDW_API const char *mdw_format_name(size_t index); /* NULL past the last */
/* MDW_E_ARG: no such format; MDW_E_IO: the sink gave up; MDW_E_UNSUPPORTED:
 * this build lacks what the error names. */
MDW_API mdw_status mdw_emit(const mdw_report *report, const char *format,
                            const mdw_emit_options *options, mdw_sink sink,
                            mdw_error *err);

#ifdef __cplusplus
}
#endif
#endif
