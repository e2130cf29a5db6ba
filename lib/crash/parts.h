/* lib/crash/parts.h - what the files of the analysis share: the object, and
 * the scene that they look at. */
#ifndef MDW_CRASH_PARTS_H
#define MDW_CRASH_PARTS_H

#include "mdwalk/crash.h"

#include "lib/base/arena.h"
#include "lib/crash/reason.h"
#include "lib/insn/decode.h"

enum { MAX_FINDINGS = 16, MAX_MESSAGES = 8, MAX_CODES = 2 };

typedef struct kept_finding {
    mdw_finding finding;
    mdw_evidence *evidence;
    size_t count, room;
} kept_finding;

struct mdw_crash {
    arena *store;
    mdw_reason reason;
    mdw_system_code codes[MAX_CODES];
    size_t code_count;
    mdw_message messages[MAX_MESSAGES];
    size_t message_count;
    bool has_instruction;
    mdw_instruction instruction;
    uint8_t bytes[DECODE_BYTES];
    mdw_access accesses[DECODE_ACCESSES];
    size_t access_count;
    kept_finding findings[MAX_FINDINGS];
    size_t finding_count;
    bool starved; /* something could not be written down */
};

/* The moment of the crash. */
typedef struct scene {
    mdw_crash *crash;
    const mdw_state *state;
    const mdw_crash_input *in;
    mdw_system system;
    mdw_exception e;
    mdw_stack stack;
    uint32_t arch;
    unsigned pointer; /* bytes */
    bool thumb;
    bool has_pc, has_sp;
    uint64_t pc, sp;
    mdw_memory memory, code;
    size_t region_count;
    bool has_insn; /* insn stands at pc and was not finished */
    decoded insn;
    bool has_call; /* call led to pc, where no code is */
    decoded call;
} scene;

void scene_open(scene *s);
bool scene_reg(void *user, const char *name, uint64_t *value);
bool scene_load(void *user, uint64_t addr, unsigned size, uint64_t *value);
/* A data address without the byte that AArch64 ignores. */
uint64_t data_address(const scene *s, uint64_t addr);
bool is_windows(const scene *s);
bool is_linux(const scene *s);
bool is_mac(const scene *s);
bool is_x86(const scene *s);

/* --- regions.c --- */
/* The mapping that holds `addr`. False: none, or nothing is known. */
bool region_at(const scene *s, uint64_t addr, mdw_region *out);
/* The first that starts above `addr`, the last that ends at or below it. */
bool region_above(const scene *s, uint64_t addr, mdw_region *out);
bool region_below(const scene *s, uint64_t addr, mdw_region *out);
bool region_is_open(const mdw_region *r); /* readable, writable, executable */
/* `kind` 0: any access at all. */
bool region_allows(const mdw_region *r, uint32_t kind);
bool region_is_guard(const scene *s, const mdw_region *r);
/* How far `addr` is from the nearest mapping that can be accessed. */
uint64_t region_distance(const scene *s, uint64_t addr);

/* --- instruction.c, access.c, gp_fault.c --- */
void find_instruction(scene *s);
void find_accesses(scene *s);
bool is_non_canonical(const scene *s, uint64_t addr);
/* Whether the reason is a general-protection fault, which has no address. */
bool is_gp_fault(const scene *s);
void adjust_address(scene *s);
/* The data that the reason is about. False: it is about none. */
bool fault_address(const scene *s, uint64_t *addr);
/* Whether address and size of every access are known. */
bool accesses_known(const scene *s);
/* The access that the reason is about, or NULL. */
const mdw_access *fault_access(const scene *s);

/* --- patterns.c --- */
enum fill_kind { FILL_FREED, FILL_UNINITIALISED, FILL_GUARD, FILL_HIDDEN };
typedef struct fill {
    uint64_t pattern; /* repeated to 8 bytes */
    uint8_t kind;     /* enum fill_kind */
    const char *who;
} fill;
/* The pattern that `value` is made of, give or take an offset. */
const fill *fill_of(const scene *s, uint64_t value);
bool is_poison(uint64_t value, unsigned pointer);

/* --- findings.c --- */
/* NULL: no room. `sentence` is copied. */
kept_finding *finding_add(scene *s, uint32_t id, uint32_t confidence,
                          const reason *sentence);
void evidence_add(scene *s, kept_finding *f, const mdw_evidence *e);
void evidence_register(scene *s, kept_finding *f, const char *name);
void evidence_memory(scene *s, kept_finding *f, uint64_t addr, uint64_t value);
void evidence_access(scene *s, kept_finding *f, const mdw_access *a);
void evidence_region(scene *s, kept_finding *f, mdw_range range);
/* "writes 4 bytes"; `a` NULL: as the reason has it. */
void say_access(const scene *s, reason *r, const mdw_access *a);
void say_register(scene *s, reason *r, uint32_t reg);
void find_causes(scene *s);
void sort_findings(mdw_crash *crash);

/* --- one file each --- */
bool find_stack_overflow(scene *s);
void find_recursion(scene *s);
bool find_wild_jump(scene *s);
void find_bit_flips(scene *s);
void find_inconsistencies(scene *s);
void find_messages(scene *s);
void find_cxx_exception(scene *s);
void message_add(scene *s, uint32_t kind, uint32_t module, uint64_t addr,
                 mdw_str text);
/* NUL-terminated text at `addr`; empty when it is not there. */
mdw_str text_at(scene *s, const mdw_memory *memory, uint64_t addr);
void find_codes(scene *s);
/* Where a section lies of the Mach-O image whose header the target's memory
 * holds at `base`; 0: unknown. */
uint64_t macho_section(const scene *s, uint64_t base, mdw_str name);

/* Codes of more than one file. */
enum {
    SIGNAL_ILL = 4,
    SIGNAL_TRAP = 5,
    SIGNAL_ABORT = 6,
    SIGNAL_BUS = 7,
    SIGNAL_FPE = 8,
    SIGNAL_SEGV = 11,
    SI_KERNEL = 0x80,
    SI_TKILL = -6,
    MACH_BAD_ACCESS = 1,
    MACH_BAD_INSTRUCTION = 2,
    MACH_ARITHMETIC = 3,
    MACH_GPFLT = 13
};
#define WIN_ACCESS_VIOLATION UINT32_C(0xc0000005)
#define WIN_IN_PAGE_ERROR UINT32_C(0xc0000006)
#define WIN_ILLEGAL UINT32_C(0xc000001d)
#define WIN_INT_DIVIDE UINT32_C(0xc0000094)
#define WIN_PRIVILEGED UINT32_C(0xc0000096)
#define WIN_STACK_OVERFLOW UINT32_C(0xc00000fd)
#define WIN_FAST_FAIL UINT32_C(0xc0000409)
#define WIN_CXX_EXCEPTION UINT32_C(0xe06d7363)
bool is_int_divide(const scene *s);
/* Whether the reason says that memory could not be accessed. */
bool is_access_reason(const scene *s);

#endif
