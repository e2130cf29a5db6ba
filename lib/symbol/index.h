/* lib/symbol/index.h - the index file: what one symbol source (.sym, ELF, PE,
 * Mach-O, PDB) says, sorted, little-endian, used from the mapping.
 *
 *   0      header, 128 bytes
 *   128    section table, n x 24 bytes; zero up to 4096
 *   4096   sections, each at a multiple of 64
 *   last   CHECKS, one uint64 per block of 4 KiB
 *
 * Trust. index_open checks the first 4096 bytes (one XXH3), and CHECKS
 * (another): 2 KiB per MiB of index. Every other block is hashed
 * when it is first touched and then remembered in a bit; a block that fails
 * marks the index damaged for good, and whoever asked gets MDW_E_DAMAGED. No
 * name, line or row of an unchecked block ever leaves this room. The hashes
 * find damage, not malice: every number is checked as if it were hostile.
 *
 * Identity. The file's name in the cache is XXH3-128 of (INDEX_VERSION, module
 * identity, place of the source) in hex: nothing from a dump enters a path. It
 * is valid while size and mtime of the source are those in the header; the
 * source's own XXH3 is for `mdwalk symbols info --verify`.
 *
 * Levels. DIRECTORY knows where in the source's text each function and each
 * STACK CFI INIT begins, and needs the source mapped: it is what one pass over
 * a cold .sym yields. FULL has everything and stands alone. One reader serves
 * both: what DIRECTORY lacks is read from the source's text (sym.h).
 *
 * Overlaps. Functions, lines, rows and the inlined calls of one depth follow
 * one rule: an address belongs to the one that starts first, of two with one
 * start to the shorter, of two equal ones to the first in the file. So each of
 * them owns one piece: [the end of those before it, its own end). */
#ifndef MDW_SYMBOL_INDEX_H
#define MDW_SYMBOL_INDEX_H

#include "lib/base/arena.h"
#include "lib/base/table.h"
#include "mdwalk/symbol.h"
#include "mdwalk/unwind.h"

enum {
    INDEX_VERSION = 4, /* grows when a meaning changes, also of a register */
    INDEX_HEADER_SIZE = 128,
    INDEX_ENTRY_SIZE = 24,
    INDEX_START = 4096,
    INDEX_ALIGN = 64,
    INDEX_BLOCK = 4096,
    INDEX_DEPTH = 128,   /* inlined calls around one address; deeper are left
                            out when the index is built */
    INDEX_NEST = 64,     /* STACK WIN records around one address */
    INDEX_ROW_LAYERS = 3 /* asked one after the other: an ELF file may have
                            .eh_frame, .debug_frame and .ARM.exidx */
};
#define INDEX_MAGIC "MDWINDEX"

/* Header: offsets. Fields not named are zero. */
enum {
    INDEX_AT_MAGIC = 0,         /* 8 bytes */
    INDEX_AT_VERSION = 8,       /* uint32: another one is rebuilt */
    INDEX_AT_SECTIONS = 12,     /* uint32: entries of the section table */
    INDEX_AT_SIZE = 16,         /* uint64: of this file, exactly */
    INDEX_AT_LEVEL = 24,        /* uint32: enum mdw_index_level */
    INDEX_AT_HAS = 28,          /* uint32: enum mdw_symfile_has */
    INDEX_AT_GUID = 32,         /* 16 bytes, mdw_debug_id.guid */
    INDEX_AT_AGE = 48,          /* uint32 */
    INDEX_AT_FORM = 52,         /* uint32 */
    INDEX_AT_ARCH = 56,         /* uint32: enum mdw_arch_id */
    INDEX_AT_OS = 60,           /* uint32: enum mdw_os_id */
    INDEX_AT_SOURCE_SIZE = 64,  /* uint64 */
    INDEX_AT_SOURCE_TIME = 72,  /* int64: mtime in ns since 1970 */
    INDEX_AT_SOURCE_HASH = 80,  /* 16 bytes: XXH3-128; zero in DIRECTORY */
    INDEX_AT_LINK_BASE = 96,    /* uint64 */
    INDEX_AT_IMAGE_SIZE = 104,  /* uint64: highest rva + 1 */
    INDEX_AT_CHECKS_HASH = 112, /* uint64: XXH3-64 of CHECKS */
    INDEX_AT_HASH = 120         /* uint64: XXH3-64 of bytes 128..4095, seeded
                                with that of bytes 0..119 */
};

/* Section table: offsets. A reader skips ids it does not know, accepts a
 * stride above the one it knows, and refuses one below. */
enum {
    INDEX_ENTRY_ID = 0,
    INDEX_ENTRY_STRIDE = 4,
    INDEX_ENTRY_OFFSET = 8, /* uint64, in this file */
    INDEX_ENTRY_BYTES = 16  /* uint64; the last record is whole */
};

/* id, name, stride. D: DIRECTORY, F: FULL. Every rva is a uint32, because the
 * module's size in a dump is one; what lies above is counted as skipped. A text
 * is an offset in the source. */
#define INDEX_SECTIONS(X)                                                      \
    X(2, FUNCTION_TEXT, 12) /* D  rva, ascending, no two equal, and size */    \
                            /*    of the piece; text of its FUNC line */       \
    X(3, FUNCTION, 8)       /* F  the same rva, and where in BODY it is */     \
    X(4, FUNCTION_PAGE, 4)  /* DF see INDEX_PAGE */                            \
    X(5, PUBLIC_RVA, 4)     /* DF ascending */                                 \
    X(6, PUBLIC, 8)         /* DF name or text, args */                        \
    X(7, BODY, 4)           /* F  words: functions, and strings among them */  \
    X(9, FILE_NAME, 4)      /* D  by file number: text; NONE */                \
    X(10, ORIGIN, 4)        /* D  by INLINE_ORIGIN number: text; NONE */       \
    X(12, ROW, 8)           /* F  rva, ascending, no two equal; offset in */   \
                            /*    RULES, 0: no information */                  \
    X(13, ROW_PAGE, 4)      /* F  see INDEX_PAGE */                            \
    X(14, RULES, 1)         /* F  rule sets, each once; byte 0 is unused */    \
    X(15, CFI, 12)          /* D  as FUNCTION_TEXT: of STACK CFI INIT */       \
    X(17, WIN_RVA, 4)    /* DF STACK WIN of type 4, preorder: outer first */   \
    X(18, WIN, 44)       /* DF evaluated on the spot, never as rows */         \
    X(19, COUNTER, 24)   /* DF what was skipped while building */              \
    X(21, FPO_RVA, 4)    /* DF the other STACK WIN */                          \
    X(22, FPO, 44)       /* DF as WIN */                                       \
    X(23, CFI_PAGE, 4)   /* D  see INDEX_PAGE */                               \
    X(24, ROW_2, 8)      /* F  as ROW: the second layer */                     \
    X(25, ROW_2_PAGE, 4) /* F  see INDEX_PAGE */                               \
    X(26, ROW_3, 8)      /* F  as ROW: the third layer */                      \
    X(27, ROW_3_PAGE, 4) /* F  see INDEX_PAGE */                               \
    X(63, CHECKS, 8)     /* DF XXH3-64 of each block from INDEX_START on */

#define X(id, name, stride) INDEX_##name = (id),
enum { INDEX_SECTIONS(X) INDEX_SECTION_COUNT = 64 };
#undef X
#define X(id, name, stride) INDEX_##name##_SIZE = (stride),
enum { INDEX_SECTIONS(X) INDEX_NO_SIZE };
#undef X

/* A page table: entry 0 is a shift (12 to 31), entry n + 1 says how many
 * records start below n << shift. The shift is the least that makes no more
 * pages than twice the records, so that a table never outgrows what it speeds
 * up. */
enum { INDEX_PAGE_SHIFT = 12, INDEX_PAGE_SHIFT_MAX = 31 };

/* FUNCTION, 8 bytes. */
enum { INDEX_FUNCTION_KEY = 0, INDEX_FUNCTION_BODY = 4 };

/* BODY, words: the head, each line, each inlined call. A string is a ULEB128
 * length and bytes, from a word on, which is its place; word 0 is unused. A
 * function's name lies right before it, unless it is an equal one's: what a
 * lookup needs is on one page or two, for it is as slow as it waits often. */
enum {
    INDEX_BODY_START = 0, /* where it really begins, at or before its piece */
    INDEX_BODY_BYTES,     /* from there */
    INDEX_BODY_ARGS,
    INDEX_BODY_FLAGS, /* enum mdw_symbol_flag */
    INDEX_BODY_NAME,  /* string */
    INDEX_BODY_LINES,
    INDEX_BODY_INLINES,
    INDEX_BODY_HEAD
};

/* PUBLIC, ROW: 8 bytes; CFI, FUNCTION_TEXT: 12. */
enum { INDEX_ROW_KEY = 0, INDEX_ROW_RULES = 4 };
enum { INDEX_PUBLIC_NAME = 0, INDEX_PUBLIC_ARGS = 4 };
enum { INDEX_PIECE_KEY = 0, INDEX_PIECE_BYTES = 4, INDEX_PIECE_TEXT = 8 };

/* A line in BODY, whose rvas ascend. A gap is one with line 0 and file
 * MDW_NONE. */
enum {
    INDEX_LINE_KEY = 0,
    INDEX_LINE_LINE,
    INDEX_LINE_FILE, /* string */
    INDEX_LINE_WORDS
};

/* An inlined call in BODY, in preorder. Children lie inside their parent
 * (clipped when built), so the innermost call at an address is the last at or
 * before it, or one of that one's parents. A parent is counted from the
 * function's first call and is below its child, which every reader checks: no
 * file can make a loop. */
enum {
    INDEX_INLINE_KEY = 0,
    INDEX_INLINE_BYTES,
    INDEX_INLINE_NAME,
    INDEX_INLINE_CALL_FILE, /* string */
    INDEX_INLINE_CALL_LINE,
    INDEX_INLINE_PARENT, /* MDW_NONE: the function itself */
    INDEX_INLINE_WORDS
};

/* WIN and FPO, 44 bytes. Of two that overlap without one holding the other,
 * the first ends where the second begins. A parent's index is below its
 * child's. */
enum {
    INDEX_WIN_BYTES = 0,
    INDEX_WIN_PROLOGUE = 4,
    INDEX_WIN_EPILOGUE = 8,
    INDEX_WIN_PARAMS = 12,
    INDEX_WIN_SAVED = 16,
    INDEX_WIN_LOCALS = 20,
    INDEX_WIN_MAX_STACK = 24,
    INDEX_WIN_PROGRAM = 28, /* F: string; D: text; MDW_NONE: none */
    INDEX_WIN_FLAGS = 32,   /* bits 0-2 type, bit 3 allocates ebp */
    INDEX_WIN_PARENT = 36,  /* MDW_NONE: none */
    INDEX_WIN_START = 40    /* as the file says; a program's text has it */
};

/* COUNTER, 24 bytes: uint32 kind, uint32 zero, uint64 offset of the first in
 * the source, uint64 count. */
enum { INDEX_COUNTER_KIND = 0, INDEX_COUNTER_FIRST = 8, INDEX_COUNTER_N = 16 };
enum index_counter_kind {
    INDEX_BAD_LINE = 1, /* no record, or one with a field that cannot be */
    INDEX_EMPTY,        /* size 0, or a public symbol at 0 */
    INDEX_COVERED,      /* others own every address of it */
    INDEX_ABOVE,        /* beyond 4 GiB */
    INDEX_ORPHAN,       /* belongs to a record that is not there */
    INDEX_NUMBER,       /* a file or origin number beyond all reason */
    INDEX_DEEP,         /* nested too deep, or into too many pieces */
    INDEX_RULE,         /* a register rule that says nothing usable */
    INDEX_TABLE,        /* a part of an unwind table that can't be read */
    INDEX_COUNTER_KINDS
};

/* A rule set in RULES:
 *
 *   uint8 flags (MDW_ROW_), uint8 source (MDW_SOURCE_), uint8 n
 *   the CFA's rule, then n times: uint8 register, rule
 *
 *   rule: uint8 kind, then for
 *     ADDR, LOAD        uint8 base, SLEB128 offset
 *     EXPR, EXPR_LOAD   ULEB128 length, bytes
 *     UNDEFINED, SAME   nothing
 *
 * n <= MDW_MAX_REGS, registers ascend, a set ends inside RULES: the decoder
 * checks all three and otherwise says MDW_E_DAMAGED. */
enum { INDEX_RULES_HEAD = 3, INDEX_RULES_MAX = 4096 };

/* --- rows -------------------------------------------------------------- */

typedef struct sym_rule {
    uint8_t kind, base; /* enum mdw_rule_kind; MDW_BASE_ */
    int64_t offset;     /* ADDR, LOAD */
    mdw_bytes expr;     /* EXPR: in the source, or in RULES */
} sym_rule;

/* An mdw_row relative to the image, whose expressions know their bounds. */
typedef struct sym_row {
    mdw_range pc;
    uint32_t flags;  /* MDW_ROW_ */
    uint32_t source; /* MDW_SOURCE_ */
    uint64_t set;    /* bit i: reg[i] says something */
    sym_rule cfa;
    sym_rule reg[MDW_MAX_REGS];
} sym_row;

void sym_row_fill(const sym_row *from, mdw_row *row);

/* --- reading ----------------------------------------------------------- */

typedef struct index_view index_view;

typedef struct index_function {
    uint32_t at;           /* its place in FUNCTION or PUBLIC */
    uint32_t start, bytes; /* of the whole function; bytes 0: PUBLIC */
    uint32_t args, flags;  /* enum mdw_symbol_flag */
    mdw_str name;          /* as in the file: not demangled */
    uint64_t text;         /* DIRECTORY: behind its FUNC line */
    uint32_t body;         /* FULL: where its lines begin in BODY */
    uint32_t lines, calls; /* FULL */
    bool checked;          /* FULL: every block of its body was */
} index_function;

/* One place in the source: innermost first, as mdw_symfile_lookup gives them.
 */
typedef struct index_place {
    mdw_str name; /* as in the file: not demangled */
    mdw_str file;
    uint32_t line;
    uint32_t flags; /* enum mdw_symbol_flag */
    uint32_t start; /* rva at which the code of the line begins, which belongs
                       to the innermost place */
} index_place;
typedef bool (*index_place_fn)(void *user, const index_place *place);

/* STACK WIN. */
typedef struct index_win {
    mdw_range range;
    uint32_t prologue, epilogue, params, saved, locals, max_stack;
    uint32_t type; /* 0 FPO, 4 frame data */
    bool allocates_base;
    mdw_str program; /* empty: none */
} index_win;

typedef struct index_counter {
    uint32_t kind;  /* enum index_counter_kind */
    uint64_t first; /* offset of the first in the source */
    uint64_t count;
} index_counter;

typedef struct index_info {
    uint32_t level, has, arch, os;
    mdw_debug_id id;
    uint64_t link_base, image_size, source_size;
    int64_t source_time; /* ns since 1970; 0: not told */
    uint8_t source_hash[16];
} index_info;

/* `source` is needed for DIRECTORY. O(sections + CHECKS). MDW_E_FORMAT: not an
 * index. MDW_E_UNSUPPORTED: another version. MDW_E_MISMATCH: of another
 * source. MDW_E_DAMAGED: the header, the table or CHECKS. */
mdw_status index_open(mdw_bytes bytes, mdw_bytes source, arena *store,
                      index_view **out, mdw_error *err);
bool index_damaged(const index_view *view);
const index_info *index_about(const index_view *view);

/* The function that covers `rva`, else the public symbol below it with no
 * function starting between (flag NEAREST), else MDW_ABSENT. */
mdw_status index_find(const index_view *view, uint32_t rva,
                      index_function *out);
/* The first function called `name`, as the file has it, else the first public
 * symbol, whose range has size 0. O(names). MDW_ABSENT. */
mdw_status index_find_name(const index_view *view, mdw_str name,
                           mdw_range *out);
/* Reads the function's body, or its own text. Allocates nothing. */
mdw_status index_detail(const index_view *view, const index_function *function,
                        uint32_t rva, index_place_fn each, void *user);
/* Fills `row` from the layer's ROW and RULES; DIRECTORY: from the text of CFI,
 * its only layer. */
mdw_status index_row(const index_view *view, uint32_t layer, uint32_t rva,
                     sym_row *row);
/* The innermost STACK WIN of type 4 at `rva`, else of another type. */
mdw_status index_win_at(const index_view *view, uint32_t rva, index_win *out);
/* MDW_END when there is no n-th. */
mdw_status index_counter_at(const index_view *view, uint32_t n,
                            index_counter *out);

/* Hashes every block, and then the source. MDW_E_DAMAGED; MDW_E_MISMATCH;
 * MDW_ABSENT: no source was given, or its hash not noted. */
mdw_status index_verify(const index_view *view, mdw_bytes source,
                        mdw_error *err);

/* Of an open symbol file. */
const index_view *symfile_index(const mdw_symfile *file);

/* --- writing ----------------------------------------------------------- */

/* BODY and RULES grow side by side: each in pieces of 256 KiB
 * that go to an unlinked file of its own in options->temporary, or, without
 * one, stay in memory up to the budget (then MDW_E_LIMIT). Functions, public
 * symbols, rows and STACK WIN are kept, 12 to 56 bytes each, and sorted at the
 * end; a function's body never moves, since FUNCTION says where it is. */
typedef struct index_writer index_writer;

typedef struct index_line {
    uint32_t rva, bytes, line, file;
} index_line;

typedef struct index_inline {
    uint32_t rva, bytes, name, call_file, call_line, depth;
} index_inline;

/* `options` were read by options_read. */
mdw_status index_writer_new(const mdw_index_options *options,
                            index_writer **out, mdw_error *err);
index_info *index_writer_info(index_writer *w); /* to fill; all zero */
/* Its budget, for what the builder itself must hold, and its failure. */
struct pool *index_writer_pool(index_writer *w);
/* Equal strings near each other are shared. Cleaned to UTF-8. */
uint32_t index_put_string(index_writer *w, mdw_str text);
void index_put_file(index_writer *w, uint32_t number, uint32_t string);
/* Lines and inlines in any order, and sorted where they are; overlaps, gaps
 * and nesting are put right here, once, so that no reader has to. */
void index_put_function(index_writer *w, const index_function *function,
                        uint32_t name, const index_line *lines,
                        size_t line_count, const index_inline *inlines,
                        size_t inline_count);
void index_put_public(index_writer *w, uint32_t rva, uint32_t name,
                      uint32_t args);
/* `layer` is below INDEX_ROW_LAYERS. Equal rule sets are stored once: a table
 * of 2^14 sets, so that memory stays bounded and a miss costs bytes only. */
void index_put_row(index_writer *w, uint32_t layer, const sym_row *row);
/* Of WIN and FPO: by win->type, with a range below 4 GiB. `program` is what
 * INDEX_WIN_PROGRAM says. */
void index_put_win(index_writer *w, const index_win *win, uint32_t program);
/* Adds to what was put of this kind; the lowest offset stays. */
void index_put_counter(index_writer *w, uint32_t kind, uint64_t count,
                       uint64_t first);
/* Raw words of a section, for DIRECTORY. */
void index_put_words(index_writer *w, uint32_t section, const uint32_t *words,
                     size_t count);
/* For DIRECTORY: pieces as they are found in CFI and FUNCTION_TEXT. They are
 * taken over, not copied: the list is empty afterwards. */
struct list;
void index_put_pieces(index_writer *w, uint32_t section, struct list *pieces);
/* The page table of `count` pieces in order, which end before `end`. */
struct piece;
void index_put_pages(index_writer *w, uint32_t section,
                     const struct piece *pieces, size_t count, uint64_t end);
/* Sticky like reader: the first failure is the answer here. Writes front to
 * back, so `out` may be a file, a pipe or memory. Closes the writer. */
mdw_status index_finish(index_writer *w, mdw_sink out, mdw_error *err);
void index_writer_close(index_writer *w); /* without finishing; NULL is fine */

#endif
