/* lib/process/session.h - what the files of a session share. */
#ifndef MDW_PROCESS_SESSION_H
#define MDW_PROCESS_SESSION_H

#include "lib/process/report.h"
#include "lib/unwind/arch.h"

enum { SLOTS = 64, ARCHES = 4, MAX_SYMBOLS = 256 };

typedef struct mdw_session session;

/* One need of one module. */
typedef struct need_state {
    mdw_status status;  /* MDW_END: never asked; MDW_AGAIN: awaited */
    mdw_symfile *file;  /* with MDW_OK */
    size_t provider;    /* whose answer it is, or is awaited */
    mdw_status refused; /* first negative answer of those before it */
    bool renewed;       /* a damaged file was let go, once */
} need_state;

typedef struct session_module {
    session *session;
    uint32_t index;
    mdw_module module;
    need_state need[MDW_NEED_COUNT];
    mdw_image rows;         /* of the file for ROWS */
    mdw_status rows_error;  /* least negative answer of its row function */
    mdw_status names_error; /* the same of reading units */
    uint32_t words;         /* on stacks: for wishes */
    uint32_t code_asked; /* the first in `order` whose walk asked for its code;
                            0 for the crash too; MDW_NONE: nobody */
    bool names_asked;    /* by the crash */
} session_module;

/* A walk for each architecture that occurs: WoW64 has two. */
typedef struct slot {
    uint32_t stack;    /* MDW_NONE: free */
    uint32_t position; /* in the order of stacks */
    mdw_walk *walks[ARCHES], *walk;
    uint64_t *landed; /* bits: modules that a frame of this walk was in */
    struct raw_frame *frames;
    size_t count, room;
} slot;

/* A frame before it has a name and a place in the report. */
typedef struct raw_frame {
    kept_frame frame;
    uint64_t work; /* of the walk, up to here */
} raw_frame;

enum stack_phase { STACK_TODO, STACK_WALKING, STACK_WALKED, STACK_DONE };

typedef struct stack_run {
    uint32_t phase; /* enum stack_phase */
    uint32_t stop;
    const raw_frame *frames; /* WALKED */
    size_t count;
    uint64_t work;
} stack_run;

/* Names at one address of one module. */
typedef struct symbol_group {
    uint64_t rva;
    uint32_t module; /* MDW_NONE: empty slot of the table */
    uint32_t count;
    const mdw_symbol *symbols; /* innermost first; the last is the function */
} symbol_group;

typedef struct symbol_table {
    symbol_group *groups;
    size_t group_count, group_room; /* a power of two */
    mdw_str *texts;
    size_t text_count, text_room;
    mdw_symbol found[MAX_SYMBOLS];
    uint32_t found_count;
    bool failed; /* no memory */
} symbol_table;

struct mdw_session {
    mdw_report *report;
    mdw_process_options options;
    mdw_walk_options walk_options;
    mdw_budget budget, walk_budget;
    mdw_system system;
    uint64_t entry; /* the program's first instruction; 0: unknown */
    arena *scratch;
    bool no_files; /* whatever no provider has is absent */
    bool started, waits;
    session_module *modules;
    size_t module_count;
    mdw_provider *providers;
    bool *awaited; /* by provider */
    const mdw_image **images;
    size_t image_count;
    const mdw_image *given; /* the options' images, ascending, apart */
    size_t given_count;
    struct {
        uint32_t arch;
        mdw_unwinder *unwinder;
    } unwinders[ARCHES];
    size_t unwinder_count;
    slot slots[SLOTS];
    size_t slot_count; /* that may be used */
    slot *current;     /* the one that is moving */
    stack_run *runs;
    uint32_t *order; /* of stacks: the main one first */
    size_t order_count, begun, committed;
    uint32_t first_cut;  /* in `order`, by a limit of all stacks together: what
                             later walks asked for depends on how fast files came
                             in; MDW_NONE: none */
    size_t crashes_done; /* of the report's */
    bool code_awaited;   /* an answer was left out that is on its way */
    uint32_t frames_left;
    uint64_t work_left;
    symbol_table symbols;
};

/* --- needs.c ------------------------------------------------------------ */

/* MDW_OK with the file in the state, MDW_ABSENT, MDW_AGAIN, or why refused. */
mdw_status need_ask(session_module *m, uint32_t need);
/* Lets a damaged file go. True: ask again; false: it was so before. */
bool need_renew(session_module *m, uint32_t need);
/* Sends for what the words on the stacks point into. */
void needs_guess(session *s);
/* Waits for providers. MDW_OK, MDW_AGAIN: somebody cannot be waited for,
 * MDW_E_CANCELLED. */
mdw_status needs_wait(session *s);
/* What was refused on the way, for the needs that the report rests on. */
void needs_tell(session *s);
void needs_drop(session *s);

/* --- images.c ----------------------------------------------------------- */

mdw_status given_images_take(session *s);
/* NULL: none. */
const mdw_image *given_image_at(const session *s, uint64_t addr);

/* --- code.c ------------------------------------------------------------- */

/* Whatever bytes of code there are at `addr` can be read: MDW_OK. MDW_AGAIN: a
 * file is on its way. */
mdw_status code_ready(session *s, uint64_t addr);
/* Reads instructions: the dump's bytes, and where it has none those of the file
 * for MDW_NEED_CODE, not relocated. While that is awaited there are none, which
 * sets code_awaited: ask code_ready for the first and the last byte before, or
 * begin anew. Reading within a session may ask providers. */
mdw_memory session_code(session *s);
/* An mdw_find_fn; `user` is the session, `out` an address. Asks the module's
 * executable, then its file of names. MDW_AGAIN also sets code_awaited. */
mdw_status session_find(void *user, uint32_t module, mdw_str name,
                        mdw_range *out);
/* Puts into the report what the functions above have asked for. */
void code_note_uses(session *s);

/* --- crashes.c ---------------------------------------------------------- */

/* What happened, for each exception. MDW_AGAIN: a file is awaited; with `now`
 * it is left out. Negative: MDW_E_MEMORY. */
mdw_status crashes_analyse(session *s, bool now);

/* --- symbolize.c -------------------------------------------------------- */

/* MDW_OK, with no names too; MDW_AGAIN; MDW_E_MEMORY. */
mdw_status symbols_at(session_module *m, uint64_t rva,
                      const symbol_group **out);
/* What is known of the function that covers `addr`: MDW_OK, ABSENT, AGAIN. */
mdw_status function_at(session_module *m, uint64_t addr, mdw_place *out);

/* --- stacks.c ----------------------------------------------------------- */

/* Moves the slot's walk on. MDW_OK: walked to its end; MDW_AGAIN. */
mdw_status stack_move(session *s, slot *at);
mdw_status stack_begin(session *s, slot *at, uint32_t stack);
/* Puts the slot's frames away, for the report to take. */
mdw_status stack_end(session *s, slot *at, uint32_t stop);
/* Names the frames and puts them into the report. MDW_AGAIN: names are awaited;
 * not with `now`. */
mdw_status stack_commit(session *s, uint32_t stack, bool now);

void session_issue(session *s, uint32_t area, uint32_t index, mdw_status code,
                   const char *what);

#endif
