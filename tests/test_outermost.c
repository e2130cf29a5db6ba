/* tests/test_outermost.c - which names are the first code of a stack. */
#include "t.h"
#include "lib/process/outermost.h"

static const struct {
    const char *claim;
    uint32_t os;
    const char *path, *symbol;
    uint32_t want;
} rows[] = {
    {"the program's first code", MDW_OS_LINUX, "/bin/x", "_start",
     MDW_PLACE_BASE},
    {"a thread's", MDW_OS_LINUX, "/lib/libc.so.6", "clone3", MDW_PLACE_BASE},
    {"with a version", MDW_OS_LINUX, "/lib/libc-2.31.so", "__clone@@GLIBC_2.2",
     MDW_PLACE_BASE},
    {"a program's own clone is any function", MDW_OS_LINUX, "/bin/git", "clone",
     0},
    {"what calls start_thread is outermost", MDW_OS_LINUX,
     "/lib/libpthread.so.0", "start_thread", MDW_PLACE_BASE_CALLEE},
    {"and __libc_start_main, under both names", MDW_OS_LINUX, "libc.so.6",
     "__libc_start_main@@GLIBC_2.34", MDW_PLACE_BASE_CALLEE},
    {"of which this is one", MDW_OS_LINUX, "libc.so.6",
     "__libc_start_main_impl", MDW_PLACE_BASE_CALLEE},
    {"Android's threads", MDW_OS_ANDROID, "/apex/libc.so", "__start_thread",
     MDW_PLACE_BASE},
    {"Android's main", MDW_OS_ANDROID, "/apex/libc.so", "__libc_init",
     MDW_PLACE_BASE_CALLEE},
    {"Windows", MDW_OS_WINDOWS, "C:\\Windows\\System32\\NTDLL.DLL",
     "RtlUserThreadStart", MDW_PLACE_BASE},
    {"x86 has two: the inner", MDW_OS_WINDOWS, "ntdll.dll",
     "__RtlUserThreadStart", MDW_PLACE_BASE_CALLEE},
    {"and the outer", MDW_OS_WINDOWS, "ntdll.dll", "_RtlUserThreadStart",
     MDW_PLACE_BASE},
    {"decorated", MDW_OS_WINDOWS, "ntdll.dll", "___RtlUserThreadStart@8",
     MDW_PLACE_BASE_CALLEE},
    {"with one less", MDW_OS_WINDOWS, "ntdll.dll", "__RtlUserThreadStart@8",
     MDW_PLACE_BASE},
    {"__fastcall", MDW_OS_WINDOWS, "kernel32.dll", "@BaseThreadInitThunk@12",
     MDW_PLACE_BASE_CALLEE},
    {"Windows XP", MDW_OS_WINDOWS, "kernel32.dll", "_BaseProcessStart@4",
     MDW_PLACE_BASE},
    {"only in their own modules", MDW_OS_WINDOWS, "game.exe",
     "RtlUserThreadStart", 0},
    {"and systems", MDW_OS_WINDOWS, "msys.exe", "_start", 0},
    {"dyld", MDW_OS_MACOS, "/usr/lib/dyld", "start", MDW_PLACE_BASE},
    {"a program's own start is any function", MDW_OS_MACOS, "/bin/x", "start",
     0},
    {"a thread of macOS", MDW_OS_MACOS,
     "/usr/lib/system/libsystem_pthread.dylib", "thread_start", MDW_PLACE_BASE},
    {"what it calls", MDW_OS_IOS, "/usr/lib/system/libsystem_pthread.dylib",
     "_pthread_start", MDW_PLACE_BASE_CALLEE},
    {"no name", MDW_OS_LINUX, "", "", 0},
    {"an at sign alone", MDW_OS_WINDOWS, "ntdll.dll", "@", 0},
};

static mdw_str str(const char *text)
{
    return (mdw_str){text, strlen(text)};
}

int main(void)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        t_case = rows[i].claim;
        CHECK_U64(
            outermost_flag(rows[i].os, str(rows[i].path), str(rows[i].symbol)),
            rows[i].want);
    }
    return t_done();
}
