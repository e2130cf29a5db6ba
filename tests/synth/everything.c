/* tests/synth/everything.c - a dump with every stream there is. Tests know its
 * values. */
#include <string.h>

#include "streams.h"

#define TEXT(text) (text), sizeof(text) - 1
#define COUNT(rows) (sizeof(rows) / sizeof *(rows))

static const uint8_t stack[32] = "the stack of the first thread..";
/* AMD64's, little-endian: flags, rsp and rip for those who look. */
static const uint8_t context[1232] = {
    [48] = 0x0B,  [50] = 0x10,               /* ContextFlags */
    [153] = 0xF0, [155] = 0x70,              /* 0x7000F000 */
    [248] = 0x01, [249] = 0x10, [250] = 0x40 /* 0x401001 */
};

const uint8_t everything_guid[2][16] = {
    {0x10, 0x21, 0x32, 0x43, 0x54, 0x65, 0x76, 0x87, 0x98, 0xA9, 0xBA, 0xCB,
     0xDC, 0xED, 0xFE, 0x0F},
    {0xC1, 0xC2, 0xC3, 0xC4, 0xC5, 0xC6, 0xC7, 0xC8, 0xC9, 0xCA, 0xCB, 0xCC,
     0xCD, 0xCE, 0xCF, 0xD0},
};

const synth_thread everything_threads[2] = {
    {11, 1, 0x20, 8, 0x7FFDF000, 0x7000F000, stack, sizeof stack, context,
     sizeof context, 0x9000000000, stack, 8},
    {12, 2, 0x40, 9, 0x7FFDE000, 0x8000F000, NULL, 0x2000, NULL, 0, 0, NULL, 0},
};

const synth_module everything_modules[3] = {
    {0x400000,
     0x1000,
     0xAB12,
     0x5E000001,
     "C:\\a\\app.exe",
     true,
     {.signature = "RSDS",
      .id = {0x10, 0x21, 0x32, 0x43, 0x54, 0x65, 0x76, 0x87, 0x98, 0xA9, 0xBA,
             0xCB, 0xDC, 0xED, 0xFE, 0x0F},
      .age = 3,
      .file = "app.pdb"},
     TEXT("misc")},
    {0x7FF612340000,
     0x20000,
     0,
     0x5E000002,
     "/lib/libc.so.6",
     false,
     {.signature = "BpEL",
      .id = {1,  2,  3,  4,  5,  6,  7,  8,  9,  10,
             11, 12, 13, 14, 15, 16, 17, 18, 19, 20},
      .id_len = 20},
     NULL,
     0},
    {0x10000000,
     0x3000,
     7,
     0x5E000003,
     "old.dll",
     false,
     {.signature = "NB10",
      .timestamp = 0x3A000000,
      .age = 5,
      .file = "old.pdb"},
     NULL,
     0},
};

const synth_module everything_unloaded[2] = {
    {.base = 0x500000,
     .size = 0x8000,
     .checksum = 1,
     .timestamp = 2,
     .name = "gone.dll"},
    {.base = 0x500000,
     .size = 0x9000,
     .checksum = 3,
     .timestamp = 4,
     .name = "gone2.dll"},
};

const synth_memory everything_memory[2] = {
    {0x7000F000, TEXT("some memory")},
    {0x401000, TEXT("\x90\x90\xC3")},
};
const synth_memory everything_memory64[3] = {
    {0x10000, TEXT("first range")},
    {0x20000, TEXT("second")},
    {0xFFFFFFFFFFFFF000, TEXT("third, at the very top")},
};

const synth_memory_info everything_memory_info[2] = {
    {0x10000, 0x10000, 0x2000, 4, 0x1000, 0x104, 0x20000},
    {0x7FF612340000, 0x7FF612340000, 0x20000, 0x80, 0x1000, 0x20, 0x1000000},
};

const synth_exception everything_exceptions[2] = {
    {11,
     0xC0000005,
     1,
     0xDEAD0000,
     0x401001,
     2,
     {1, 0x1234567890, 3},
     context,
     sizeof context},
    {12, 5, 0, 0, 0x400000, 20, {9}, NULL, 0},
};

static void add_threads(synth *s, const synth_options *o)
{
    static const synth_name names[] = {{11, "main"}, {12, "worker"}};
    synth_thread_list(s, everything_threads, 2);
    synth_thread_ex_list(s, everything_threads, 2);
    synth_thread_names(s, names, 2);
    synth_thread_infos(s, 2, 64);
    if (o->once) {
        synth_exception signal = everything_exceptions[0];
        signal.code = 11; /* LLDB waits for ever for a signal over 64 */
        synth_exceptions(s, &signal);
        return;
    }
    synth_exceptions(s, &everything_exceptions[0]);
    synth_exceptions(s, &everything_exceptions[1]);
}

static void add_system(synth *s, const synth_options *o)
{
    const synth_system system = {
        .arch = o->pointer == 4 ? 0 : 9,
        .level = 6,
        .revision = 0x0A05,
        .cpu_count = 4,
        .product_type = 1,
        .major = 10,
        .minor = 1,
        .build = 19045,
        .platform = 0x8201,
        .csd = "Linux 6.1.0 x86_64",
        .suite_mask = 0x100,
        .cpu = {0x756E6547, 0x49656E69, 0x6C65746E, 0x000306A9, 0xBFEBFBFF, 7},
    };
    synth_system_info(s, &system);
    synth_misc_info(s, o->dense ? 3 : 5);
    synth_comment(s, false, "a comment");
    synth_comment(s, true, "a wide one");
    synth_system_memory(s);
    synth_vm_counters(s, o->dense ? 1 : 2);
}

static void add_handles(synth *s, const synth_options *o)
{
    static const synth_handle handles[] = {
        {0x44, "File", "\\Device\\x", {"one", "four"}, {3, 4}},
        {0x48, "Event", NULL, {NULL, NULL}, {0, 0}},
    };
    static const synth_table tables[] = {
        {0x1000, 0x2000, 0x800, 2},
        {0x3000, 0x4000, 0x2800, 3},
    };
    synth_handles(s, o->dense ? 1 : 2, handles, COUNT(handles));
    synth_function_tables(s, tables, COUNT(tables));
}

static void add_linux(synth *s, const synth_options *o)
{
    static const uint64_t auxv[][2] = {
        {3, 0x400040}, {9, 0x401000}, {33, 0x7FFF0000}, {0, 0}, {6, 4096}};
    static const synth_map maps[] = {
        {0, "", 0x600E28}, {0x7FF60000, "/lib/libc.so.6", 0x7FF70000}};
    synth_breakpad(s, 3, 12, 11);
    synth_assertion(s, "x > 0", "f", "a.c", 42, 1);
    synth_text(s, 0x47670003,
               TEXT("processor\t: 0\nmodel name\t: A CPU @ 2.0\n\nflags\t:\n"));
    synth_text(s, 0x47670004, TEXT("Name:\tcrash\nPid:\t77\nno separator"));
    synth_text(s, 0x47670005,
               TEXT("DISTRIB_ID=Debian\nPRETTY_NAME=\"Debian 12\"\nX='y'\n"));
    synth_text(s, 0x47670006, TEXT("./crash\0--now\0\0"));
    synth_text(s, 0x47670007, TEXT("A=1\0B=two\nlines\0C"));
    synth_auxv(s, o->pointer, auxv, COUNT(auxv));
    synth_text(s, 0x47670009,
               TEXT("00400000-00401000 r-xp 00001000 fd:01 77   /a b (deleted)"
                    "\nnonsense\n"
                    "7fff0000-7fff2000 rw-s 00000000 00:00 0\n"));
    synth_dso_debug(s, o->pointer, o->dense, maps, COUNT(maps));
}

static void add_vendors(synth *s, const synth_options *o)
{
    static const synth_annotation simple[] = {{"prod", "app", 0},
                                              {"ver", "1.0", 0}};
    static const synth_annotation list[] = {{NULL, "abort() called", 0}};
    static const synth_annotation objects[] = {{"note", "text", 1},
                                               {"own", "\x01\x02", 0x8001}};
    static const synth_annotations modules[] = {
        {0, list, simple, NULL, 1, 1, 0},
        {1, NULL, NULL, NULL, 0, 0, 0},
        {2, NULL, NULL, objects, 0, 0, 2},
    };
    static const synth_crash crashes[] = {
        {5, 1, 2, 3, {"/usr/lib/x.dylib", "message", "sig", "", "more"}},
        {5, 4, 5, 6, {"/usr/lib/y.dylib", "", "", "", ""}},
    };
    static const synth_frame frames[] = {
        {0x401001, "main"}, {0x401100, ""}, {0x7FF612340100, "start"}};
    static const synth_client_stack stacks[] = {{11, frames, 1},
                                                {12, frames + 1, 2}};
    synth_crashpad(s, everything_guid[0], everything_guid[1],
                   o->dense ? 0 : 0xFF00000000000000, simple, COUNT(simple),
                   modules, COUNT(modules));
    synth_mac_crash(s, crashes, COUNT(crashes));
    synth_mac_bootargs(s, "-v");
    synth_text(s, 0x4D7A0003,
               TEXT("Limit                     Soft Limit           Hard Limit"
                    "           Units     \n"
                    "Max cpu time              unlimited            unlimited "
                    "           seconds   \n"
                    "Max open files 1024 4096 files\n"
                    "Max realtime priority     0                    0         "
                    "                     \n"));
    synth_text(s, 0x4D7A0004, TEXT("[{\"a\":1}]"));
    synth_client_stacks(s, stacks, COUNT(stacks));
}

synth *synth_everything(const synth_options *options)
{
    synth *s = synth_new(options->big_endian);
    synth_pad_lists(s, options->padded);
    synth_flags(s, 0x1823);
    add_threads(s, options);
    synth_module_list(s, everything_modules, 3);
    synth_unloaded_list(s, everything_unloaded, 2);
    synth_memory_infos(s, everything_memory_info, 2, 2);
    add_system(s, options);
    add_handles(s, options);
    add_linux(s, options);
    add_vendors(s, options);
    synth_memory_list(s, everything_memory, 2);
    synth_memory64_list(s, everything_memory64, 3);
    return s;
}
