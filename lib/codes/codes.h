/* lib/codes/codes.h - names of the codes that systems put into a crash: one
 * table per kind of code, all searched by one function. */
#ifndef MDW_CODES_CODES_H
#define MDW_CODES_CODES_H

#include "mdwalk/base.h"

/* The order of the .def files and of the rows in them. */
enum code_table {
    CODE_WINDOWS,       /* exception codes */
    CODE_WINDOWS_EXTRA, /* the same, of language runtimes and tools */
    CODE_ACCESS,        /* first parameter of an access violation */
    CODE_IN_PAGE,       /* first parameter of an in-page error */
    CODE_FAST_FAIL,
    CODE_FACILITY,
    CODE_NTSTATUS,
    CODE_WINERROR,
    CODE_SIGNAL, /* Linux, the numbers of most CPUs */
    CODE_SIGNAL_MIPS,
    CODE_SIGNAL_SPARC,
    CODE_SI_CODE,      /* what any signal may carry */
    CODE_SI_CODE_MIPS, /* where MIPS differs from it */
    CODE_SIGILL,       /* si_code by signal */
    CODE_SIGTRAP,
    CODE_SIGFPE,
    CODE_SIGSEGV,
    CODE_SIGBUS,
    CODE_SIGSYS,
    CODE_SIGEMT,
    CODE_MACH,        /* Mach exceptions */
    CODE_MACH_ACCESS, /* code[0] of EXC_BAD_ACCESS, then what a CPU adds */
    CODE_MACH_ACCESS_ARM,
    CODE_MACH_ACCESS_PPC,
    CODE_MACH_ACCESS_X86,
    CODE_MACH_INSTRUCTION_ARM, /* code[0] of EXC_BAD_INSTRUCTION */
    CODE_MACH_INSTRUCTION_PPC,
    CODE_MACH_INSTRUCTION_X86,
    CODE_MACH_ARITHMETIC_ARM, /* code[0] of EXC_ARITHMETIC */
    CODE_MACH_ARITHMETIC_PPC,
    CODE_MACH_ARITHMETIC_X86,
    CODE_MACH_BREAKPOINT_ARM, /* code[0] of EXC_BREAKPOINT */
    CODE_MACH_BREAKPOINT_PPC,
    CODE_MACH_BREAKPOINT_X86,
    CODE_MACH_SOFTWARE, /* code[0] of EXC_SOFTWARE */
    CODE_MACH_SIGNAL,   /* BSD numbers, in code[0] of EXC_CRASH */
    CODE_RESOURCE,      /* EXC_RESOURCE: types, then flavors by type */
    CODE_RESOURCE_CPU,
    CODE_RESOURCE_WAKEUPS,
    CODE_RESOURCE_MEMORY,
    CODE_RESOURCE_IO,
    CODE_RESOURCE_THREADS,
    CODE_GUARD, /* EXC_GUARD: types, then flavors by type */
    CODE_GUARD_MACH_PORT,
    CODE_GUARD_FD,
    CODE_GUARD_VN,
    CODE_GUARD_MEMORY,
    CODE_GUARD_SYSCALL,
    CODE_FUCHSIA,
    CODE_TABLE_COUNT
};

/* A static text, NUL-terminated; empty if `value` has no name in `table`. */
mdw_str code_name(uint32_t table, uint64_t value);

/* The rows of one table, ascending. An index past the end is false. */
size_t code_count(uint32_t table);
bool code_at(uint32_t table, size_t index, uint32_t *value, mdw_str *name);

#endif
