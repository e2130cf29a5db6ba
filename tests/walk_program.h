/* tests/walk_program.h - a stack of calls that stand in an ELF file, to be
 * walked by whatever tells how. */
#ifndef WALK_PROGRAM_H
#define WALK_PROGRAM_H

#include "lib/unwind/dwarf_cfi.h"
#include "mdwalk/unwind.h"

enum { PROGRAM_FRAMES = 200, ROW_SOURCES = 6 };

/* One piece of target memory as mdw_memory has it. */
typedef struct piece {
    uint64_t addr;
    mdw_bytes bytes;
} piece;
mdw_window piece_window(void *user, uint64_t addr);
size_t piece_read(void *user, uint64_t addr, void *dst, size_t len);

typedef struct function {
    mdw_range pc; /* as linked */
    size_t fde;
} function;

/* A direct call of one function by another. */
typedef struct site {
    uint64_t back; /* where it returns to, as linked */
    size_t callee;
    uint64_t frame; /* bytes of the caller's, at the call */
    bool used;
} site;

typedef struct program {
    mdw_sections sections;
    dwarf_cfi cfi;
    arena *store;
    function *functions;
    size_t function_count;
    site *sites; /* by callee */
    size_t site_count;
    piece code, stack;
    uint64_t pc; /* of the innermost frame, as linked */
    char *sym;
    size_t sym_len, sym_room;
} program;

/* False: no x86-64 file with tables and calls. By .eh_frame, or by .debug_frame
 * where that is larger. */
bool program_open(program *p, const char *path);
void program_close(program *p);

/* Whoever knows the rows of the program: `open` fills `image` with a source
 * that nobody has asked yet. False: this file has no such thing. */
typedef struct row_source {
    const char *name;
    bool (*open)(program *p, mdw_image *image, void **held);
    void (*close)(void *held);
} row_source;
extern const row_source row_sources[ROW_SOURCES];

/* A walk of the program's stack, with functions and executable memory known. */
typedef struct ready {
    mdw_unwinder *unwinder;
    mdw_walk *walk;
    mdw_regs regs;
    mdw_walk_input input;
} ready;
void ready_make(program *p, const mdw_image *image,
                const mdw_walk_options *walk_options, ready *r);
void ready_close(ready *r);

#endif
