/* mdwalk/unwind.h - the stack walker. It knows registers, memory and images;
 * it has never heard of minidumps, files or symbols. */
#ifndef MDWALK_UNWIND_H
#define MDWALK_UNWIND_H

#include "mdwalk/base.h"

#ifdef __cplusplus
extern "C" {
#endif

/* --- registers --------------------------------------------------------- */

#define MDW_MAX_REGS 40

/* Frozen. Indexed by the architecture's own dense numbering. */
typedef struct mdw_regs {
    uint64_t valid;   /* bit i: value[i] is known */
    uint64_t guessed; /* bit i: by convention or heuristic, not by evidence */
    uint64_t value[MDW_MAX_REGS];
} mdw_regs;

MDW_API uint32_t mdw_reg_count(uint32_t arch);
MDW_API const char *mdw_reg_name(uint32_t arch, uint32_t reg); /* or NULL */
MDW_API uint32_t mdw_reg_find(uint32_t arch, mdw_str name);    /* or MDW_NONE */

/* --- memory ------------------------------------------------------------ */

/* Copies up to `len` bytes at target address `addr`; returns how many. Must
 * give the same answer to the same question during one walk. */
typedef size_t (*mdw_read_fn)(void *user, uint64_t addr, void *dst, size_t len);

/* Frozen. The bytes around an address that lie in one piece. */
typedef struct mdw_window {
    uint64_t addr; /* of bytes.data[0] */
    mdw_bytes bytes;
} mdw_window;

/* The largest window that holds `addr`; empty: none. It stays readable until
 * the walk ends, and agrees with mdw_read_fn. */
typedef mdw_window (*mdw_window_fn)(void *user, uint64_t addr);

/* Frozen. */
typedef struct mdw_memory {
    mdw_read_fn read;
    mdw_window_fn window; /* may be NULL */
    void *user;
} mdw_memory;

/* --- what is known about code ------------------------------------------ */

enum mdw_answer_id {
    MDW_ANSWER_NOT_ASKED,
    MDW_ANSWER_UNKNOWN,
    MDW_ANSWER_NO,
    MDW_ANSWER_YES
};

enum mdw_place_flag {
    MDW_PLACE_EXEC = 1 << 0,     /* wanted, or filled: exec */
    MDW_PLACE_FUNCTION = 1 << 1, /* wanted, or filled: function, flags below */
    MDW_PLACE_CODE = 1 << 2,   /* wanted: MDW_AGAIN while bytes of code at this
                                  address are on their way */
    MDW_PLACE_BASE = 1 << 8,   /* outermost by nature: _start, clone, ... */
    MDW_PLACE_SWITCH = 1 << 9, /* may return on another stack */
    MDW_PLACE_TRAMPOLINE = 1 << 10,  /* entered by the kernel, never called */
    MDW_PLACE_BASE_CALLEE = 1 << 11, /* what calls it is outermost by nature */
};

typedef struct mdw_place {
    size_t size;
    uint32_t flags;
    uint32_t exec;      /* enum mdw_answer_id */
    mdw_range function; /* size 0: unknown */
} mdw_place;

/* Answers what `want` names. MDW_AGAIN is allowed; an answer must depend on
 * the inputs alone, never on what happens to be loaded by now. */
typedef mdw_status (*mdw_place_fn)(void *user, uint64_t addr, uint32_t want,
                                   mdw_place *out);

/* --- unwind rows ------------------------------------------------------- */

/* How one register of the caller is found. `base` is a register, MDW_BASE_CFA
 * or MDW_BASE_ZERO. */
enum mdw_rule_kind {
    MDW_RULE_DEFAULT,   /* nothing said: the calling convention decides */
    MDW_RULE_UNDEFINED, /* said to be lost; for pc: the outermost frame */
    MDW_RULE_SAME,      /* unchanged by the callee */
    MDW_RULE_ADDR,      /* base + offset */
    MDW_RULE_LOAD,      /* pointer-sized load at base + offset */
    MDW_RULE_EXPR,      /* value of expr */
    MDW_RULE_EXPR_LOAD  /* pointer-sized load at that value */
};

#define MDW_BASE_CFA 0xFE
#define MDW_BASE_ZERO 0xFF

/* Frozen, 16 bytes. */
typedef struct mdw_rule {
    uint8_t kind;
    uint8_t base;
    uint16_t zero; /* must be 0 */
    uint32_t expr_len;
    union {
        int64_t offset;      /* ADDR, LOAD */
        const uint8_t *expr; /* EXPR, EXPR_LOAD: lives as long as the image */
    };
} mdw_rule;

enum mdw_row_flag {
    MDW_ROW_SIGNAL = 1 << 0,   /* the caller was interrupted, it did not call */
    MDW_ROW_BOTTOM = 1 << 1,   /* outermost frame: stop here, in good order */
    MDW_ROW_SP_BOUND = 1 << 2, /* the CFA is only known to be no less */
    MDW_ROW_WHOLE = 1 << 3,  /* one row for a whole function: doubtful where pc
                                is exact */
    MDW_ROW_POSTFIX = 1 << 4 /* every expr is Breakpad postfix, not DWARF */
};

typedef struct mdw_row {
    size_t size;
    mdw_range pc; /* the addresses this row speaks for */
    uint32_t flags;
    uint32_t source; /* enum mdw_source_id */
    uint32_t args;   /* bytes of stack arguments of the function at pc, also
                        filled beside MDW_ABSENT; 0: unknown */
    uint64_t set;    /* bit i: reg[i] says something; no other is ever read */
    mdw_rule cfa;
    mdw_rule reg[MDW_MAX_REGS];
} mdw_row;

enum mdw_source_id {
    MDW_SOURCE_NONE,
    MDW_SOURCE_CONTEXT,
    MDW_SOURCE_DWARF = 2,     /* .eh_frame, .debug_frame */
    MDW_SOURCE_STACK_CFI = 3, /* Breakpad STACK CFI */
    MDW_SOURCE_STACK_WIN = 4, /* Breakpad STACK WIN */
    MDW_SOURCE_EXIDX = 7,     /* .ARM.exidx */
    MDW_SOURCE_LINK_REG = 8,
    MDW_SOURCE_FRAME_PTR = 9,
    MDW_SOURCE_SCAN = 10,
    MDW_SOURCE_CALLER = 11, /* a row function of the embedder's own */
    MDW_SOURCE_LEAF = 12,
    MDW_SOURCE_CODE = 13,     /* epilogue or trampoline, by its bytes */
    MDW_SOURCE_PREWALKED = 16 /* by the client */
};

/* --- images ------------------------------------------------------------ */

typedef struct mdw_image mdw_image;

typedef struct mdw_row_query {
    size_t size;
    uint64_t pc;     /* already moved back into the call instruction */
    bool context;    /* pc is exact: the first frame, or below a signal */
    uint32_t choice; /* how many answers of this image were refused here */
    uint32_t args;   /* row.args of the frame that this one called */
    const mdw_regs *regs;
    mdw_memory memory; /* the target as captured */
    mdw_memory code;   /* the same plus bytes of files; see mdw_walk_input */
    mdw_place_fn place;
    void *place_user;
} mdw_row_query;

/* MDW_OK with a row, MDW_ABSENT (also: no more than `choice` answers), or
 * MDW_AGAIN. `pc` lies inside `image`; `row` comes with `set` 0. A function
 * that must look at the stack itself may answer with MDW_BASE_ZERO constants,
 * and says MDW_SOURCE_SCAN where it found the return address by searching.
 * Called from every thread that walks with the unwinder. */
typedef mdw_status (*mdw_row_fn)(void *user, const mdw_image *image,
                                 const mdw_row_query *query, mdw_row *row);

struct mdw_image {
    size_t size;
    mdw_range range;    /* where it is mapped in the target */
    uint64_t link_base; /* preferred base in its file; 0 for ELF */
    uint32_t arch;      /* 0: the unwinder's; another: ARM64EC, WoW64 */
    mdw_str name;       /* for traces */
    mdw_row_fn rows;    /* NULL: this image has no unwind information */
    void *user;
};

/* Ready-made row function over the unwind sections of one image. Immutable,
 * so one instance may serve many walkers on many threads. */
typedef struct mdw_unwind_info mdw_unwind_info;

enum mdw_section_id {
    MDW_SECTION_TEXT, /* only `addr` counts: what DW_EH_PE_textrel adds to */
    MDW_SECTION_EH_FRAME,
    MDW_SECTION_EH_FRAME_HDR,
    MDW_SECTION_DEBUG_FRAME,
    MDW_SECTION_GOT, /* only `addr` counts: what DW_EH_PE_datarel adds to */
    MDW_SECTION_ARM_EXIDX, /* whole: its last entry speaks for all that follows
                            */
    MDW_SECTION_COUNT
};

/* Frozen. `addr` is the address the file was linked for. */
typedef struct mdw_section {
    mdw_bytes data;
    uint64_t addr;
} mdw_section;

/* Tables that the file names as sections come as slices. What they point to
 * (indirect DWARF pointers, .ARM.extab) is reached through `at`, by linked
 * address: over a mapped file, or over target memory for images that exist only
 * in the dump. An .eh_frame that only .eh_frame_hdr names is found through `at`
 * too. */
typedef struct mdw_sections {
    size_t size;
    uint32_t arch;
    bool big_endian;
    mdw_window_fn at; /* NULL: only the slices */
    void *at_user;
    mdw_section section[MDW_SECTION_COUNT];
} mdw_sections;

/* All slices are borrowed. MDW_ABSENT: there is no table among them that can
 * be read. */
MDW_API mdw_status mdw_unwind_info_new(const mdw_sections *sections,
                                       const mdw_allocator *alloc,
                                       mdw_unwind_info **out, mdw_error *err);
MDW_API void mdw_unwind_info_close(mdw_unwind_info *info);
/* An mdw_row_fn: image.user is the mdw_unwind_info. */
MDW_API mdw_status mdw_unwind_info_rows(void *info, const mdw_image *image,
                                        const mdw_row_query *query,
                                        mdw_row *row);

/* --- walking ----------------------------------------------------------- */

/* How far to believe a frame, in rising order with room between. Emitters map
 * these to the words of their own format. */
enum mdw_trust_id {
    MDW_TRUST_NONE = 0,
    MDW_TRUST_SCAN = 16,
    MDW_TRUST_CFI_SCAN = 32, /* searched for by unwind information */
    MDW_TRUST_FP = 48,
    MDW_TRUST_LEAF = 64, /* a return out of a function that saved nothing */
    MDW_TRUST_CFI = 80,
    MDW_TRUST_PREWALKED = 112,
    MDW_TRUST_CONTEXT = 128
};

enum mdw_frame_flag {
    MDW_FRAME_SIGNAL = 1 << 0, /* interrupted rather than calling */
    MDW_FRAME_INLINE = 1 << 1, /* report only: an inlined call */
    MDW_FRAME_THUMB = 1 << 2
};

/* What was asked about a proposed caller: two bits each of mdw_frame.checks,
 * an enum mdw_answer_id. */
enum mdw_check_id {
    MDW_CHECK_ADVANCE,  /* sp moves outward, or may stay */
    MDW_CHECK_STACK,    /* sp lies inside the known stack */
    MDW_CHECK_EXEC,     /* pc lies in executable memory */
    MDW_CHECK_CALL,     /* a call instruction ends at pc */
    MDW_CHECK_TARGET,   /* that call goes to the callee's function */
    MDW_CHECK_FUNCTION, /* pc - 1 lies in a known function */
    MDW_CHECK_SHADOW    /* the shadow stack has pc next */
};
#define MDW_CHECK(checks, id) ((checks) >> 2 * (id)&3u)

typedef struct mdw_frame {
    size_t size;
    uint64_t pc;     /* where it will resume: the exact return address */
    uint64_t lookup; /* inside the call instruction: use it to symbolicate */
    uint64_t sp;
    uint32_t image;  /* index, or MDW_NONE */
    uint32_t trust;  /* enum mdw_trust_id */
    uint32_t source; /* enum mdw_source_id: what produced this frame */
    uint32_t flags;
    uint32_t arch;
    uint32_t checks; /* MDW_CHECK */
    mdw_regs regs;
} mdw_frame;

enum mdw_origin_id {
    MDW_ORIGIN_NONE,
    MDW_ORIGIN_CONTEXT,
    MDW_ORIGIN_KEPT,     /* callee-saved by convention */
    MDW_ORIGIN_SAME,     /* unchanged, the unwind information says */
    MDW_ORIGIN_COMPUTED, /* from the CFA or another register */
    MDW_ORIGIN_LOADED,   /* from memory at addr */
    MDW_ORIGIN_GUESSED   /* frame pointer or scan recovery */
};

/* Where each register of a frame came from. */
typedef struct mdw_origins {
    size_t size;
    uint8_t kind[MDW_MAX_REGS];   /* enum mdw_origin_id */
    uint16_t frame[MDW_MAX_REGS]; /* whose unwinding last set the value */
    uint64_t addr[MDW_MAX_REGS];  /* LOADED: where it lay */
} mdw_origins;

enum mdw_stop_id {
    MDW_STOP_RUNNING,
    MDW_STOP_BOTTOM,     /* the unwind information said so */
    MDW_STOP_NULL_PC,    /* return address in the zero page */
    MDW_STOP_NO_CALLER,  /* every step gave up */
    MDW_STOP_NO_ADVANCE, /* the stack pointer did not move outward */
    MDW_STOP_NO_CONTEXT, /* the first frame has no pc or no sp */
    MDW_STOP_LIMIT,
    MDW_STOP_BASE,      /* a function that is outermost by nature */
    MDW_STOP_START,     /* the thread's start routine */
    MDW_STOP_STACK_END, /* sp has reached the end of the stack */
    MDW_STOP_CYCLE,     /* pc and sp were there before */
    MDW_STOP_BUDGET,
    MDW_STOP_CANCELLED
};

typedef struct mdw_unwinder mdw_unwinder;
typedef struct mdw_walk mdw_walk;

enum mdw_verdict_id {
    MDW_VERDICT_ABSENT,  /* the step had nothing to propose */
    MDW_VERDICT_REFUSED, /* a check failed that no other can make good */
    MDW_VERDICT_KEPT,    /* possible: remembered, other steps are asked */
    MDW_VERDICT_TAKEN,
    MDW_VERDICT_END /* this is the outermost frame */
};

/* One per answer of a step, after it was judged. A step that ends in MDW_AGAIN
 * leaves no event, so that the trace is the same however symbols arrive. */
typedef struct mdw_trace_event {
    size_t size;
    uint32_t stack;   /* as the report counts; 0 outside one */
    uint32_t frame;   /* the callee's index */
    uint32_t source;  /* enum mdw_source_id */
    uint32_t choice;  /* which answer of that source */
    uint32_t verdict; /* enum mdw_verdict_id */
    uint32_t checks;  /* MDW_CHECK */
    uint32_t grade;
    mdw_status status;
    uint64_t pc, sp;    /* of the proposed caller */
    const mdw_row *row; /* during the call only, or NULL */
    const char *note;   /* static text */
} mdw_trace_event;
typedef void (*mdw_trace_fn)(void *user, const mdw_trace_event *event);

typedef struct mdw_unwinder_options {
    size_t size;
    uint32_t arch;
    uint32_t os;
    uint64_t code_mask; /* kept bits of a code pointer; 0: derive it */
    bool big_endian;    /* of the target's memory */
    mdw_place_fn place; /* NULL: any address inside an image is code */
    void *place_user;
    const mdw_allocator *alloc; /* NULL: malloc */
} mdw_unwinder_options;

/* Copies `images`, in any order; mdw_frame.image counts as they are given.
 * Where they overlap, the one with the lower start owns the addresses, and of
 * two with one start the first. Nothing is refused. */
MDW_API mdw_status mdw_unwinder_new(const mdw_unwinder_options *options,
                                    const mdw_image *const *images,
                                    size_t count, mdw_unwinder **out,
                                    mdw_error *err);
MDW_API void mdw_unwinder_close(mdw_unwinder *unwinder);

typedef struct mdw_walk_options {
    size_t size;
    uint32_t max_frames; /* 0: 1024 */
    uint32_t
        scan_words; /* 0: 40; four times that after a trusted or proven frame */
    uint32_t max_scan; /* words scanned in one walk; 0: 16384 */
    bool no_scan;
    const mdw_budget *budget;
    mdw_trace_fn trace;
    void *trace_user;
} mdw_walk_options;

/* What is known of the stack to walk. Only `regs` and `memory` must be there.
 */
typedef struct mdw_walk_input {
    size_t size;
    const mdw_regs *regs;
    mdw_memory memory;    /* the target as captured: every load goes here */
    mdw_memory code;      /* asked for instructions alone; may add the bytes of
                             files. read NULL: memory */
    mdw_range stack;      /* its bounds; size 0: unknown */
    uint64_t start;       /* the thread's start routine; 0: unknown */
    uint32_t arch;        /* 0: the unwinder's */
    uint32_t stack_index; /* for traces */
    uint64_t shadow;      /* shadow stack pointer: the return addresses lie
                             there one after the other; 0: none */
} mdw_walk_input;

/* One walk at a time; begin again as often as wanted. Nothing is allocated
 * after mdw_walk_new. */
MDW_API mdw_status mdw_walk_new(const mdw_unwinder *unwinder,
                                const mdw_walk_options *options, mdw_walk **out,
                                mdw_error *err);
MDW_API mdw_status mdw_walk_begin(mdw_walk *walk, const mdw_walk_input *input);
/* MDW_OK with a frame, innermost first, then MDW_END for ever. MDW_AGAIN: a
 * row or place function said so; nothing has moved. */
MDW_API mdw_status mdw_walk_next(mdw_walk *walk, mdw_frame *frame);
/* Of the frame last returned. */
MDW_API void mdw_walk_origins(const mdw_walk *walk, mdw_origins *out);
MDW_API uint32_t mdw_walk_stop(const mdw_walk *walk); /* enum mdw_stop_id */
/* Units of work spent since begin, as mdw_budget counts them. */
MDW_API uint64_t mdw_walk_work(const mdw_walk *walk);
MDW_API void mdw_walk_close(mdw_walk *walk);

#ifdef __cplusplus
}
#endif
#endif
