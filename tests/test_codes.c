/* tests/test_codes.c - the names of codes. With an argument it prints every
 * row instead, for check_codes.py. */
#include "lib/base/str.h"
#include "lib/codes/codes.h"
#include "t.h"

#define CODE(table, value, name) {CODE_##table, value, name, #table},
static const struct {
    uint32_t table;
    uint32_t value;
    const char *name;
    const char *table_name;
} rows[] = {
#include "lib/codes/all.def"
};
#undef CODE
enum { ROW_COUNT = sizeof rows / sizeof *rows };

static const struct {
    const char *claim;
    uint32_t table;
    uint64_t value;
    const char *name;
} spots[] = {
    {"first row of the first table", CODE_WINDOWS, 0x0517a7ed, "SIMULATED"},
    {"last row of a table", CODE_WINDOWS, 0xe06d7363,
     "UNHANDLED_CPP_EXCEPTION"},
    {"extra rows of Windows are apart", CODE_WINDOWS, 0x406d1388, ""},
    {"extra row", CODE_WINDOWS_EXTRA, 0x406d1388, "MS_VC_EXCEPTION"},
    {"access with a gap", CODE_ACCESS, 8, "EXEC"},
    {"inside the gap", CODE_ACCESS, 7, ""},
    {"in-page", CODE_IN_PAGE, 1, "WRITE"},
    {"fast fail of CFG", CODE_FAST_FAIL, 10,
     "FAST_FAIL_GUARD_ICALL_CHECK_FAILURE"},
    {"facility", CODE_FACILITY, 109, "FACILITY_VISUALCPP"},
    {"status 0", CODE_NTSTATUS, 0, "STATUS_SUCCESS"},
    {"status in the middle", CODE_NTSTATUS, 0xc000000d,
     "STATUS_INVALID_PARAMETER"},
    {"status as sign-extended", CODE_NTSTATUS, 0xffffffffc000000d, ""},
    {"small status of another table", CODE_NTSTATUS, 5, ""},
    {"Windows error", CODE_WINERROR, 5, "ERROR_ACCESS_DENIED"},
    {"signal", CODE_SIGNAL, 11, "SIGSEGV"},
    {"request", CODE_SIGNAL, 0xffffffff, "DUMP_REQUESTED"},
    {"signal of MIPS", CODE_SIGNAL_MIPS, 10, "SIGBUS"},
    {"signal of SPARC", CODE_SIGNAL_SPARC, 30, "SIGUSR1"},
    {"si_code of MIPS", CODE_SI_CODE_MIPS, 0xfffffffd, "SI_TIMER"},
    {"tag overflow", CODE_SIGEMT, 1, "EMT_TAGOVF"},
    {"no signal 0", CODE_SIGNAL, 0, ""},
    {"negative si_code", CODE_SI_CODE, 0xfffffffa, "SI_TKILL"},
    {"SIGILL", CODE_SIGILL, 2, "ILL_ILLOPN"},
    {"SIGTRAP", CODE_SIGTRAP, 6, "TRAP_PERF"},
    {"SIGFPE past its gap", CODE_SIGFPE, 15, "FPE_CONDTRAP"},
    {"SIGSEGV of shadow stacks", CODE_SIGSEGV, 10, "SEGV_CPERR"},
    {"SIGBUS", CODE_SIGBUS, 5, "BUS_MCEERR_AO"},
    {"SIGSYS", CODE_SIGSYS, 1, "SYS_SECCOMP"},
    {"Mach crash", CODE_MACH, 10, "EXC_CRASH"},
    {"kern_return", CODE_MACH_ACCESS, 50, "KERN_CODESIGN_ERROR"},
    {"pointer authentication", CODE_MACH_ACCESS_ARM, 0x105, "EXC_ARM_PAC_FAIL"},
    {"PowerPC", CODE_MACH_ACCESS_PPC, 0x103, "EXC_PPC_UNALIGNED"},
    {"general protection", CODE_MACH_ACCESS_X86, 13, "EXC_I386_GPFLT"},
    {"undefined", CODE_MACH_INSTRUCTION_ARM, 1, "EXC_ARM_UNDEFINED"},
    {"trace", CODE_MACH_INSTRUCTION_PPC, 5, "EXC_PPC_TRACE"},
    {"alignment", CODE_MACH_INSTRUCTION_X86, 17, "EXC_I386_ALIGNFLT"},
    {"denormal", CODE_MACH_ARITHMETIC_ARM, 6, "EXC_ARM_FP_ID"},
    {"altivec", CODE_MACH_ARITHMETIC_PPC, 9, "EXC_PPC_ALTIVECASSIST"},
    {"divide", CODE_MACH_ARITHMETIC_X86, 1, "EXC_I386_DIV"},
    {"breakpoint", CODE_MACH_BREAKPOINT_ARM, 1, "EXC_ARM_BREAKPOINT"},
    {"breakpoint", CODE_MACH_BREAKPOINT_PPC, 1, "EXC_PPC_BREAKPOINT"},
    {"breakpoint", CODE_MACH_BREAKPOINT_X86, 2, "EXC_I386_BPT"},
    {"soft signal", CODE_MACH_SOFTWARE, 0x10003, "EXC_SOFT_SIGNAL"},
    {"BSD signal", CODE_MACH_SIGNAL, 10, "SIGBUS"},
    {"resource", CODE_RESOURCE, 5, "RESOURCE_TYPE_THREADS"},
    {"fatal CPU", CODE_RESOURCE_CPU, 2, "FLAVOR_CPU_MONITOR_FATAL"},
    {"wakeups", CODE_RESOURCE_WAKEUPS, 1, "FLAVOR_WAKEUPS_MONITOR"},
    {"memory", CODE_RESOURCE_MEMORY, 1, "FLAVOR_HIGH_WATERMARK"},
    {"logical writes", CODE_RESOURCE_IO, 2, "FLAVOR_IO_LOGICAL_WRITES"},
    {"threads", CODE_RESOURCE_THREADS, 1, "FLAVOR_THREADS_HIGH_WATERMARK"},
    {"guard", CODE_GUARD, 6, "GUARD_TYPE_REJECTED_SC"},
    {"guarded port", CODE_GUARD_MACH_PORT, 0x1000000,
     "GUARD_EXC_EXCEPTION_BEHAVIOR_ENFORCE"},
    {"guarded descriptor", CODE_GUARD_FD, 64, "GUARD_EXC_WRITE"},
    {"guarded vnode", CODE_GUARD_VN, 4, "GUARD_EXC_UNLINK"},
    {"guarded memory", CODE_GUARD_MEMORY, 1, "GUARD_EXC_DEALLOC_GAP"},
    {"refused call", CODE_GUARD_SYSCALL, 0, "GUARD_EXC_MACH_TRAP"},
    {"last row of the last table", CODE_FUCHSIA, 0x8308,
     "ZX_EXCP_PROCESS_STARTING"},
    {"past the last row", CODE_FUCHSIA, 0xffffffff, ""},
    {"no such table", CODE_TABLE_COUNT, 0, ""},
};

static void check_spots(void)
{
    bool seen[CODE_TABLE_COUNT + 1] = {false};
    for (size_t i = 0; i < sizeof spots / sizeof *spots; i++) {
        t_case = spots[i].claim;
        seen[spots[i].table] = true;
        CHECK(str_is(code_name(spots[i].table, spots[i].value), spots[i].name));
    }
    t_case = "every table has a spot";
    for (uint32_t table = 0; table < CODE_TABLE_COUNT; table++)
        CHECK(seen[table]);
}

static void check_order(void)
{
    for (size_t i = 0; i < ROW_COUNT; i++) {
        t_case = rows[i].name;
        CHECK(rows[i].name[0] != '\0');
        CHECK(str_is(code_name(rows[i].table, rows[i].value), rows[i].name));
        if (i && rows[i - 1].table == rows[i].table)
            CHECK(rows[i - 1].value < rows[i].value);
        else if (i)
            CHECK(rows[i - 1].table < rows[i].table);
    }
}

static void check_iteration(void)
{
    size_t at = 0;
    for (uint32_t table = 0; table < CODE_TABLE_COUNT; table++) {
        uint32_t value = 0;
        mdw_str name;
        t_case = "a table has rows";
        CHECK(code_count(table) > 0);
        t_case = "iteration gives every row once, in order";
        for (size_t i = 0; i < code_count(table) && at < ROW_COUNT; i++, at++) {
            CHECK(code_at(table, i, &value, &name));
            CHECK_U64(value, rows[at].value);
            CHECK(str_is(name, rows[at].name));
        }
        t_case = "iteration ends";
        CHECK(!code_at(table, code_count(table), &value, &name));
    }
    t_case = "iteration misses none";
    CHECK_U64(at, ROW_COUNT);
    CHECK_U64(code_count(CODE_TABLE_COUNT), 0);
}

int main(int argc, char **argv)
{
    (void)argv;
    if (argc > 1) {
        for (size_t i = 0; i < ROW_COUNT; i++) {
            mdw_str name = code_name(rows[i].table, rows[i].value);
            printf("%s\t0x%08" PRIx32 "\t%.*s\n", rows[i].table_name,
                   rows[i].value, (int)name.len, name.data);
        }
        return 0;
    }
    check_spots();
    check_order();
    check_iteration();
    return t_done();
}
