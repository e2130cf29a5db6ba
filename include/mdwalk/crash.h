/* mdwalk/crash.h - what happened: the reason and the address, from the facts
 * that state.h has. */
#ifndef MDWALK_CRASH_H
#define MDWALK_CRASH_H

#include "mdwalk/base.h"
#include "mdwalk/state.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct mdw_crash mdw_crash;

typedef struct mdw_crash_input {
    size_t size;
    uint32_t exception; /* index in the state; MDW_NONE: none, assertion only */
    const mdw_allocator *alloc;
} mdw_crash_input;

/* Fails for lack of memory or a wrong argument alone: what cannot be told is
 * absent. `state` must outlive the crash; nothing of `input` must. */
MDW_API mdw_status mdw_crash_new(const mdw_state *state,
                                 const mdw_crash_input *input, mdw_crash **out,
                                 mdw_error *err);
MDW_API void mdw_crash_close(mdw_crash *crash); /* NULL is fine */

enum mdw_crash_kind {
    MDW_CRASH_NONE,      /* neither exception nor assertion */
    MDW_CRASH_FAULT,     /* the program did something it may not */
    MDW_CRASH_ASSERTION, /* invalid parameter, pure virtual call */
    MDW_CRASH_REQUEST    /* a dump was asked for: no crash */
};

enum mdw_address_kind {
    MDW_ADDRESS_NONE,    /* the reason has no address */
    MDW_ADDRESS_RECORDED /* as the exception has it, cut to its width */
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
    uint32_t access;       /* enum mdw_access_kind, as the exception says */
    uint32_t address_kind; /* enum mdw_address_kind */
    uint64_t address;      /* to show */
    uint64_t recorded;     /* before any correction */
} mdw_reason;
MDW_API mdw_status mdw_crash_reason(const mdw_crash *crash, mdw_reason *out);

/* A Windows error as GetLastError has it: "ERROR_ACCESS_DENIED",
 * "STATUS_...", "unknown 0x...". Writes NUL-terminated text, returns its
 * length. */
#define MDW_WIN_ERROR_MAX 256
MDW_API size_t mdw_win_error_text(uint32_t code, char text[MDW_WIN_ERROR_MAX]);

#ifdef __cplusplus
}
#endif
#endif
