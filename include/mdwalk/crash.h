/* mdwalk/crash.h - what happened: the reason, the address, the instruction at
 * fault, and findings with their evidence.
 *
 * Room: crash. It sees state and unwind, never symbols or files: whatever it
 * asks of them comes in through mdw_crash_input. */
#ifndef MDWALK_CRASH_H
#define MDWALK_CRASH_H

#include "mdwalk/base.h"
#include "mdwalk/state.h"
#include "mdwalk/unwind.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct mdw_crash mdw_crash;

/* Where the symbol `name` of a module lies, for texts that programs leave
 * behind (__abort_msg, __crash_info). MDW_ABSENT if unknown. */
typedef mdw_status (*mdw_find_fn)(void *user, uint32_t module, mdw_str name,
                                  mdw_range *out);

typedef struct mdw_crash_input {
    size_t size;
    uint32_t exception; /* index in the state; MDW_NONE: none, assertion only */
    mdw_memory memory;  /* the target as captured; read NULL: the state's */
    mdw_memory code;    /* plus the bytes of files; read NULL: memory */
    mdw_find_fn find;   /* NULL: unknown everywhere */
    void *find_user;
    const uint64_t *pcs; /* the walked stack, innermost first; for recursion */
    const uint64_t *sps;
    size_t frame_count;
    const mdw_allocator *alloc;
} mdw_crash_input;

/* Fails for lack of memory or a wrong argument alone: what cannot be told is
 * absent. `state` must outlive the crash; nothing of `input` must. */
MDW_API mdw_status mdw_crash_new(const mdw_state *state,
                                 const mdw_crash_input *input, mdw_crash **out,
                                 mdw_error *err);
MDW_API void mdw_crash_close(mdw_crash *crash); /* NULL is fine */

/* --- reason and address ------------------------------------------------ */

enum mdw_crash_kind {
    MDW_CRASH_NONE,      /* neither exception nor assertion */
    MDW_CRASH_FAULT,     /* the program did something it may not */
    MDW_CRASH_ASSERTION, /* invalid parameter, pure virtual call, abort */
    MDW_CRASH_REQUEST    /* a dump was asked for: no crash */
};

enum mdw_address_kind {
    MDW_ADDRESS_NONE,          /* the reason has no address */
    MDW_ADDRESS_RECORDED,      /* as the exception has it, cut to its width */
    MDW_ADDRESS_NON_CANONICAL, /* a useless one, replaced by the operand's */
    MDW_ADDRESS_NULL_OFFSET    /* a null base: `offset` is what was added */
};

enum mdw_access_kind {
    MDW_ACCESS_UNKNOWN = 0,
    MDW_ACCESS_READ = 1 << 0,
    MDW_ACCESS_WRITE = 1 << 1,
    MDW_ACCESS_EXEC = 1 << 2
};

/* Texts are rust-minidump's where it has one; numbers stay beside them. */
typedef struct mdw_reason {
    size_t size;
    uint32_t kind;  /* enum mdw_crash_kind */
    uint32_t stack; /* index in the state, or MDW_NONE */
    mdw_str text;   /* "SIGSEGV / SEGV_MAPERR", "0x..." where unknown */
    mdw_str name;   /* its first half: "SIGSEGV" */
    mdw_str detail; /* its second half: "SEGV_MAPERR"; may be empty */
    uint32_t code;
    uint32_t flags;
    uint32_t access; /* enum mdw_access_kind, as the exception says */
    uint32_t address_kind;
    uint64_t address;  /* to show; see address_kind */
    uint64_t recorded; /* before any correction */
    uint64_t offset;   /* NULL_OFFSET: what was added to the null pointer */
} mdw_reason;
MDW_API mdw_status mdw_crash_reason(const mdw_crash *crash, mdw_reason *out);

/* A Windows error as GetLastError has it: "ERROR_ACCESS_DENIED",
 * "STATUS_...", "unknown 0x...". Writes NUL-terminated text, returns its
 * length. */
#define MDW_WIN_ERROR_MAX 256
MDW_API size_t mdw_win_error_text(uint32_t code, char text[MDW_WIN_ERROR_MAX]);

/* What the exception is in the terms of its own system. Numbers are the
 * dump's, never the host's. */
enum mdw_system_code_kind {
    MDW_SYSTEM_CODE_NONE,
    MDW_SYSTEM_CODE_SIGNAL, /* number = signal, code = si_code */
    MDW_SYSTEM_CODE_MACH,   /* number = exception, code, subcode */
    MDW_SYSTEM_CODE_WINDOWS /* number = code; code = NTSTATUS, fast fail */
};
typedef struct mdw_system_code {
    size_t size;
    uint32_t kind;
    uint64_t number;
    uint64_t code; /* a signal's is an int32_t, sign-extended */
    uint64_t subcode;
    mdw_str number_name;
    mdw_str code_name;
} mdw_system_code;
/* By index: Mach exceptions may carry the signal they became. */
MDW_API size_t mdw_crash_code_count(const mdw_crash *crash);
MDW_API mdw_status mdw_crash_code(const mdw_crash *crash, size_t index,
                                  mdw_system_code *out);

/* --- texts the program left behind ------------------------------------- */

enum mdw_message_kind {
    MDW_MESSAGE_ASSERTION,
    MDW_MESSAGE_ABORT,      /* __abort_msg, Android's abort message */
    MDW_MESSAGE_CRASH_INFO, /* __crash_info, Mozilla's records */
    MDW_MESSAGE_CXX_TYPE,   /* of the uncaught C++ exception */
    MDW_MESSAGE_CXX_WHAT,
    MDW_MESSAGE_NS_EXCEPTION
};
typedef struct mdw_message {
    size_t size;
    uint32_t kind;
    uint32_t module; /* index, or MDW_NONE */
    uint64_t addr;   /* where it lay in the target; 0: in a stream */
    mdw_str text;    /* UTF-8, replaced where it was not */
} mdw_message;
MDW_API size_t mdw_crash_message_count(const mdw_crash *crash);
MDW_API mdw_status mdw_crash_message(const mdw_crash *crash, size_t index,
                                     mdw_message *out);

/* --- the instruction --------------------------------------------------- */

enum mdw_instruction_flag {
    MDW_INSTRUCTION_CALL = 1 << 0,
    MDW_INSTRUCTION_JUMP = 1 << 1,
    MDW_INSTRUCTION_RETURN = 1 << 2,
    MDW_INSTRUCTION_DIVIDE = 1 << 3,
    MDW_INSTRUCTION_PRIVILEGED = 1 << 4,
    MDW_INSTRUCTION_TRAP = 1 << 5,
    MDW_INSTRUCTION_GUESSED = 1 << 6,  /* pc holds no code; this is the call
                                          that led there */
    MDW_INSTRUCTION_INDIRECT = 1 << 7, /* to where a register or memory says */
    MDW_INSTRUCTION_CONDITIONAL = 1 << 8 /* may have done nothing */
};
typedef struct mdw_instruction {
    size_t size;
    uint64_t addr;
    mdw_bytes bytes; /* copied; at most 16 */
    mdw_str text;    /* "mov qword ptr [rdi + 8], rax" */
    uint32_t flags;
    bool has_target; /* call, jump, return: where it went */
    uint64_t target;
} mdw_instruction;
/* MDW_ABSENT: no bytes, or none that capstone can decode. */
MDW_API mdw_status mdw_crash_instruction(const mdw_crash *crash,
                                         mdw_instruction *out);

enum mdw_access_flag {
    MDW_ACCESS_IS_IMPLICIT = 1 << 0, /* push, ret, string instructions */
    MDW_ACCESS_IS_NULL_BASE = 1 << 1,
    MDW_ACCESS_IS_NON_CANONICAL = 1 << 2,
    MDW_ACCESS_IS_UNMAPPED = 1 << 3,
    MDW_ACCESS_IS_FORBIDDEN = 1 << 4, /* mapped without this permission */
    MDW_ACCESS_IS_GUARD = 1 << 5,     /* probably a guard page */
    MDW_ACCESS_IS_PAST_END = 1 << 6,  /* just behind a mapping */
    MDW_ACCESS_IS_STACK = 1 << 7,     /* in the stack or its guard */
    MDW_ACCESS_IS_MISALIGNED = 1 << 8,
    MDW_ACCESS_IS_FILL = 1 << 9,     /* made of a freed-memory pattern */
    MDW_ACCESS_IS_UNKNOWN = 1 << 10, /* addr could not be computed */
    MDW_ACCESS_IS_FAULT = 1 << 11    /* the one that the reason is about */
};
typedef struct mdw_access {
    size_t size;
    uint64_t addr;
    uint32_t bytes; /* 0: unknown */
    uint32_t kind;  /* enum mdw_access_kind */
    uint32_t flags; /* enum mdw_access_flag */
    uint32_t base;  /* registers of the operand, or MDW_NONE */
    uint32_t index;
    uint32_t scale;
    int64_t displacement;
    mdw_range region; /* the mapping it lies in; size 0: none known */
} mdw_access;
MDW_API size_t mdw_crash_access_count(const mdw_crash *crash);
MDW_API mdw_status mdw_crash_access(const mdw_crash *crash, size_t index,
                                    mdw_access *out);

/* --- findings ---------------------------------------------------------- */

enum mdw_finding_id {
    MDW_FINDING_NULL, /* null pointer, with an offset */
    MDW_FINDING_STACK_OVERFLOW,
    MDW_FINDING_RECURSION,
    MDW_FINDING_GUARD_PAGE,
    MDW_FINDING_USE_AFTER_FREE,
    MDW_FINDING_WILD_JUMP, /* pc where no code is */
    MDW_FINDING_NOT_EXECUTABLE,
    MDW_FINDING_BIT_FLIP,
    MDW_FINDING_DIVIDE_BY_ZERO,
    MDW_FINDING_ILLEGAL,
    MDW_FINDING_STACK_SMASHED, /* a canary said so */
    MDW_FINDING_INCONSISTENT,  /* reason, address, instruction disagree */
    MDW_FINDING_UNINITIALISED, /* memory used before anything was written */
    MDW_FINDING_NON_CANONICAL, /* no pointer at all */
    MDW_FINDING_MISALIGNED,
    MDW_FINDING_HEAP_OVERRUN, /* a pointer out of the fill around a block */
    MDW_FINDING_TRAP,         /* the program stopped itself: assertion, abort */
    MDW_FINDING_FORBIDDEN,    /* mapped, but not for this */
    MDW_FINDING_WILD_POINTER, /* nothing is mapped there, no other reason */
    MDW_FINDING_HIDDEN        /* a value that the dump's writer took out */
};

/* Sorted: what explains most stands first. */
typedef struct mdw_finding {
    size_t size;
    uint32_t id;         /* enum mdw_finding_id */
    uint32_t confidence; /* parts per million, integer arithmetic */
    mdw_str name;        /* "null-dereference": stable, for machines */
    mdw_str sentence;    /* English, for people */
    uint32_t detail;     /* enum mdw_inconsistency_id for INCONSISTENT */
    uint32_t evidence_count;
} mdw_finding;
MDW_API size_t mdw_crash_finding_count(const mdw_crash *crash);
MDW_API mdw_status mdw_crash_finding(const mdw_crash *crash, size_t index,
                                     mdw_finding *out);

enum mdw_inconsistency_id {
    MDW_INCONSISTENCY_NONE,
    MDW_INCONSISTENCY_INT_DIVIDE,
    MDW_INCONSISTENCY_PRIVILEGED,
    MDW_INCONSISTENCY_NON_CANONICAL,
    MDW_INCONSISTENCY_ACCESS_NOT_FOUND,
    MDW_INCONSISTENCY_ACCESS_ALLOWED
};

enum mdw_evidence_kind {
    MDW_EVIDENCE_REGISTER, /* index; value */
    MDW_EVIDENCE_MEMORY,   /* addr; value */
    MDW_EVIDENCE_ACCESS,   /* index of an access */
    MDW_EVIDENCE_REGION,   /* range */
    MDW_EVIDENCE_FRAME,    /* index of a frame */
    MDW_EVIDENCE_FILL,     /* value: the pattern; index: its register */
    MDW_EVIDENCE_FLIP      /* addr -> value by one bit; index: register */
};
typedef struct mdw_evidence {
    size_t size;
    uint32_t kind;
    uint32_t index; /* or MDW_NONE */
    uint64_t addr;
    uint64_t value;
    mdw_range range;
    uint32_t flags;            /* enum mdw_flip_flag for FLIP */
    uint32_t confidence;       /* FLIP: parts per million */
    uint32_t nearby_registers; /* FLIP: registers within 4 KiB of the result */
    uint32_t poison_registers; /* FLIP: registers full of one poison byte */
} mdw_evidence;
MDW_API mdw_status mdw_crash_evidence(const mdw_crash *crash, size_t finding,
                                      size_t index, mdw_evidence *out);

enum mdw_flip_flag {
    MDW_FLIP_WAS_NON_CANONICAL = 1 << 0,
    MDW_FLIP_IS_NULL = 1 << 1,
    MDW_FLIP_WAS_LOW = 1 << 2
};

#ifdef __cplusplus
}
#endif
#endif
