/* lib/symbol/sym.h - Breakpad's .sym text: its records, one at a time, and
 * what is made of them. Grammar and leniencies: doc/formats.md, "Breakpad
 * symbol files". */
#ifndef MDW_SYMBOL_SYM_H
#define MDW_SYMBOL_SYM_H

#include "lib/base/text.h"
#include "lib/symbol/index.h"
#include "lib/symbol/list.h"

/* --- records ----------------------------------------------------------- */

enum sym_kind {
    SYM_LINE, /* also whatever else begins with a hex digit */
    SYM_BLANK,
    SYM_MODULE,
    SYM_INFO,
    SYM_FILE,
    SYM_FUNC,
    SYM_PUBLIC,
    SYM_INLINE,
    SYM_ORIGIN,
    SYM_WIN,
    SYM_INIT,
    SYM_DELTA,
    SYM_BAD
};

/* Goes over the words that name the record, and the blanks behind them. */
uint32_t sym_kind(text *t);

/* {rva, size} as a record says it; false: not two hex numbers. */
typedef struct sym_range {
    uint64_t rva, bytes;
} sym_range;
bool sym_read_range(text *t, sym_range *out);
/* 0, and what is left of it below 4 GiB; or an enum index_counter_kind. */
uint32_t sym_place(sym_range range, uint32_t *rva, uint32_t *bytes);

/* FUNC and PUBLIC, whose range has size 0. */
typedef struct sym_function {
    sym_range range;
    uint32_t args;
    bool shared; /* m: other symbols have this address too */
    mdw_str name;
} sym_function;
bool sym_read_function(text *t, bool is_public, sym_function *out);
/* The same without the name: all of it that is numbers. */
bool sym_read_place(text *t, bool is_public, sym_function *out);

/* FILE. */
bool sym_read_file(text *t, uint32_t *number, mdw_str *name);
/* INLINE_ORIGIN; `file` is MDW_NONE in the new form. */
bool sym_read_origin(text *t, uint32_t *number, uint32_t *file, mdw_str *name);

#define SYM_NUMBER_MAX (UINT32_MAX - 2)
/* The call site's file of an INLINE in the old form, which doesn't say. */
#define SYM_FILE_OLD (UINT32_MAX - 1)

typedef struct sym_inline {
    uint32_t depth, call_line, call_file, origin;
    text ranges; /* of well-formed hex numbers, in pairs */
} sym_inline;
bool sym_read_inline(text *t, sym_inline *out);
/* The next of its ranges; false: there are no more. */
bool sym_next_range(text *ranges, sym_range *out);

/* A line record; size 0 is for the caller to see. */
typedef struct sym_line {
    sym_range range;
    uint32_t line, file;
} sym_line;
/* What stands behind the range, which was read. */
bool sym_read_line_rest(text *t, sym_line *out);

bool sym_read_win(text *t, index_win *out);
bool sym_read_module(text *t, index_info *info);

/* --- a function's text ------------------------------------------------- */

typedef struct sym_counts {
    uint64_t count[INDEX_COUNTER_KINDS];
    uint64_t first[INDEX_COUNTER_KINDS]; /* offsets */
} sym_counts;
void sym_count(sym_counts *c, uint32_t kind, uint64_t n, uint64_t offset);

/* What knows the origins' files, for INLINE records in the old form. */
typedef uint32_t (*sym_origin_file_fn)(const void *user, uint32_t origin);

/* Goes over what follows a FUNC line. */
typedef struct sym_cursor {
    mdw_bytes source;
    uint64_t at, line;  /* offsets of the next line, and of the last */
    sym_counts *counts; /* or NULL */
    sym_origin_file_fn origin_file;
    const void *user;
    uint32_t depth_file[INDEX_DEPTH]; /* of the last origin, one deeper */
    uint32_t first_file;              /* of the first line record */
    bool has_first;
    bool only_at; /* of lines that do not cover `rva` the range will do */
    uint32_t rva;
} sym_cursor;

typedef struct sym_item {
    bool is_inline;
    sym_line line;
    sym_inline call;
} sym_item;

void sym_cursor_at(sym_cursor *c, mdw_bytes source, uint64_t at,
                   sym_origin_file_fn origin_file, const void *user);
/* False at the end of the function: the next FUNC, PUBLIC or STACK. */
bool sym_next(sym_cursor *c, sym_item *out);

/* --- STACK CFI --------------------------------------------------------- */

enum { SYM_FOLD_CFA = MDW_MAX_REGS, SYM_FOLD_RA, SYM_FOLD_SLOTS };

/* The rules in force at one address, put together from the records at and
 * before it in any order. */
typedef struct sym_fold {
    sym_row row;
    sym_rule ra;
    uint32_t arch, pc; /* register */
    uint64_t bad;      /* rules that say nothing usable */
    uint64_t now;      /* address of the record that comes next */
    uint64_t when[SYM_FOLD_SLOTS];
} sym_fold;

void sym_fold_begin(sym_fold *f, uint32_t id);
/* Overrides with the rules in `t`. */
void sym_fold_rules(sym_fold *f, text t);
/* MDW_ABSENT without a rule for .cfa and one for .ra. */
mdw_status sym_fold_end(const sym_fold *f, sym_row *out);
/* "8 +" of "$rsp 8 +", and the like; else an expression. */
sym_rule sym_rule_of(uint32_t id, mdw_str expr);

typedef struct sym_delta {
    uint64_t line; /* offset */
    uint64_t rva;
    text rules;
} sym_delta;
/* The next delta of the STACK CFI INIT whose line ends at `*at`. False: that
 * was the last. */
bool sym_next_delta(mdw_bytes source, uint64_t *at, sym_delta *out,
                    sym_counts *counts);
/* The row at `rva`, which lies in `range` of the INIT whose line is at `at`;
 * `owned` is its piece. MDW_E_DAMAGED: no such INIT is there. */
mdw_status sym_row_at(mdw_bytes source, uint64_t at, mdw_range owned,
                      uint32_t rva, uint32_t id, sym_row *out);

/* --- the whole file ---------------------------------------------------- */

/* What one pass over the text finds: where each record lies. */
typedef struct sym_directory {
    pool *pool;
    mdw_bytes source;
    index_info info;
    list functions, inits; /* piece: number is the offset */
    list publics;          /* the same; bytes are args */
    list orphans;          /* the same: deltas that follow no INIT */
    list wins;             /* uint64_t: offset */
    list files, origins;   /* uint64_t by number: offset + 1, or 0 */
    sym_counts counts;
} sym_directory;

/* Fails as pool->status says. */
mdw_status sym_scan(mdw_bytes source, pool *p, const mdw_budget *budget,
                    sym_directory *out);
void sym_directory_drop(sym_directory *d);
/* Puts the directory, or everything, into `w`. */
void sym_put_directory(sym_directory *d, index_writer *w);
void sym_put_full(sym_directory *d, const mdw_budget *budget, index_writer *w);
/* Whether `source` begins as such a file does. */
bool sym_is(mdw_bytes source);
/* Scans and puts; the level is raised where a directory would not do. */
mdw_status sym_build(mdw_bytes source, const mdw_index_options *options,
                     index_writer *w, mdw_error *err);

/* --- a directory's reader ---------------------------------------------- */

/* The FUNC, PUBLIC, FILE or INLINE_ORIGIN record that begins at `at`; false
 * when it does not. */
bool sym_record_at(mdw_bytes source, uint64_t at, uint32_t kind, text *t,
                   uint64_t *next);

#endif
