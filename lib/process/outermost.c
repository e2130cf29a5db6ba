/* lib/process/outermost.c - functions that are outermost by nature: the first
 * code of a process or of a thread, by module and name. */
#include "lib/process/outermost.h"

#include "lib/base/str.h"

/* Where nothing is said of the module, any may hold it. */
typedef struct outermost {
    const char *module; /* how its file name begins; in lower case */
    const char *name;
    uint32_t flag;
} outermost;

/* Sources: glibc's csu/start.S, nptl/pthread_create.c and clone.S, musl's
 * crt/crt1.c, bionic's libc_init_dynamic.cpp and pthread_create.cpp. */
static const outermost elf[] = {
    {"", "_start", MDW_PLACE_BASE},
    {"", "_start_c", MDW_PLACE_BASE_CALLEE},
    {"", "_dl_start_user", MDW_PLACE_BASE},
    {"lib", "clone", MDW_PLACE_BASE},
    {"lib", "clone3", MDW_PLACE_BASE},
    {"", "__clone", MDW_PLACE_BASE},
    {"", "__clone3", MDW_PLACE_BASE},
    {"", "__bionic_clone", MDW_PLACE_BASE},
    {"", "__start_thread", MDW_PLACE_BASE},
    {"", "start_thread", MDW_PLACE_BASE_CALLEE},
    {"", "__libc_init", MDW_PLACE_BASE_CALLEE},
    {"", "__libc_start_main", MDW_PLACE_BASE_CALLEE},
    {"", "__libc_start_main_impl", MDW_PLACE_BASE_CALLEE},
};

/* x86 has two in a row that differ by an underscore. */
static const outermost pe[] = {
    {"ntdll", "RtlUserThreadStart", MDW_PLACE_BASE},
    {"ntdll", "_RtlUserThreadStart", MDW_PLACE_BASE},
    {"ntdll", "__RtlUserThreadStart", MDW_PLACE_BASE_CALLEE},
    {"kernel", "BaseThreadInitThunk", MDW_PLACE_BASE_CALLEE},
    {"kernel", "BaseThreadStart", MDW_PLACE_BASE},
    {"kernel", "BaseProcessStart", MDW_PLACE_BASE},
};

/* dyld's startup, libpthread's pthread_asm.s. */
static const outermost mach[] = {
    {"dyld", "start", MDW_PLACE_BASE},
    {"libdyld", "start", MDW_PLACE_BASE},
    {"dyld", "_dyld_start", MDW_PLACE_BASE},
    {"libsystem_pthread", "thread_start", MDW_PLACE_BASE},
    {"libsystem_pthread", "start_wqthread", MDW_PLACE_BASE},
    {"libsystem_pthread", "_pthread_start", MDW_PLACE_BASE_CALLEE},
    {"libsystem_pthread", "_pthread_wqthread", MDW_PLACE_BASE_CALLEE},
};

/* "___RtlUserThreadStart@8" and "@BaseThreadInitThunk@12" are what __stdcall
 * and __fastcall make of names. "__libc_start_main@@GLIBC_2.34" has a version.
 */
static mdw_str plain_name(mdw_str name)
{
    uint64_t bytes;
    bool fast = str_starts(name, STR("@"));
    name = str_slice(name, fast, name.len);
    size_t at = str_find(name, '@');
    bool decorated = str_decimal(str_slice(name, at + 1, name.len), &bytes);
    bool underscore = decorated && !fast && str_starts(name, STR("_"));
    return str_slice(name, underscore, at);
}

static bool begins(mdw_str file, const char *module)
{
    mdw_str want = str_of(module);
    return str_equal_nocase(str_slice(file, 0, want.len), want);
}

static uint32_t look_up(const outermost *rows, size_t count, mdw_str file,
                        mdw_str name)
{
    for (size_t i = 0; i < count; i++)
        if (str_is(name, rows[i].name) && begins(file, rows[i].module))
            return rows[i].flag;
    return 0;
}

#define LOOK_UP(rows) look_up(rows, sizeof rows / sizeof *rows, file, name)

uint32_t outermost_flag(uint32_t os, mdw_str path, mdw_str symbol)
{
    mdw_str file = str_base_name(path), name = plain_name(symbol);
    if (os == MDW_OS_WINDOWS)
        return LOOK_UP(pe);
    if (os == MDW_OS_MACOS || os == MDW_OS_IOS)
        return LOOK_UP(mach);
    return LOOK_UP(elf);
}
