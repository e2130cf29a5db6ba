/* lib/state/system.c - CPU and operating system. */
#include "lib/base/str.h"
#include "lib/state/parts.h"

/* PROCESSOR_ARCHITECTURE of winnt.h; 0x8001 and up: Breakpad's
 * MDCPUArchitecture. */
static const struct {
    uint16_t processor;
    uint8_t arch;
} processors[] = {
    {0, MDW_ARCH_X86},          {1, MDW_ARCH_MIPS},
    {3, MDW_ARCH_PPC},          {5, MDW_ARCH_ARM},
    {9, MDW_ARCH_X86_64},       {10, MDW_ARCH_X86},
    {12, MDW_ARCH_ARM64},       {13, MDW_ARCH_ARM},
    {14, MDW_ARCH_X86},         {0x8001, MDW_ARCH_SPARC},
    {0x8002, MDW_ARCH_PPC64},   {0x8003, MDW_ARCH_ARM64},
    {0x8004, MDW_ARCH_MIPS64},  {0x8005, MDW_ARCH_RISCV32},
    {0x8006, MDW_ARCH_RISCV64},
};

/* VER_PLATFORM of winnt.h; 0x8101 and up: Breakpad's MDOSPlatform. */
static const struct {
    uint16_t platform;
    uint8_t os;
} platforms[] = {
    {0, MDW_OS_WINDOWS},    {1, MDW_OS_WINDOWS},      {2, MDW_OS_WINDOWS},
    {3, MDW_OS_WINDOWS},    {0x8101, MDW_OS_MACOS},   {0x8102, MDW_OS_IOS},
    {0x8201, MDW_OS_LINUX}, {0x8203, MDW_OS_ANDROID}, {0x8206, MDW_OS_FUCHSIA},
};

uint32_t arch_of_processor(uint32_t processor)
{
    for (size_t i = 0; i < sizeof processors / sizeof *processors; i++)
        if (processors[i].processor == processor)
            return processors[i].arch;
    return MDW_ARCH_UNKNOWN;
}

static uint32_t os_of_platform(uint32_t platform)
{
    for (size_t i = 0; i < sizeof platforms / sizeof *platforms; i++)
        if (platforms[i].platform == platform)
            return platforms[i].os;
    return MDW_OS_UNKNOWN;
}

uint32_t pointer_of_arch(uint32_t arch)
{
    switch (arch) {
    case MDW_ARCH_X86:
    case MDW_ARCH_ARM:
    case MDW_ARCH_MIPS:
    case MDW_ARCH_PPC:
    case MDW_ARCH_SPARC:
    case MDW_ARCH_RISCV32:
        return 4;
    default:
        return 8;
    }
}

/* x86 has the vendor in SystemInfo. On x86-64 the same bytes may be feature
 * bits of Windows, so nothing is said of it. */
static mdw_str describe_x86(mdw_state *s, const mdw_raw_system *raw,
                            phrase *text)
{
    if (s->system.arch == MDW_ARCH_X86) {
        mdw_str vendor = str_slice((mdw_str){raw->vendor, sizeof raw->vendor},
                                   0, sizeof raw->vendor);
        vendor = str_slice(vendor, 0, str_find(vendor, 0));
        phrase_add(text, vendor);
        if (vendor.len)
            phrase_add(text, STR(" "));
    }
    phrase_add(text, STR("family "));
    phrase_decimal(text, raw->level);
    phrase_add(text, STR(" model "));
    phrase_decimal(text, raw->revision >> 8 & 0xFF);
    phrase_add(text, STR(" stepping "));
    phrase_decimal(text, raw->revision & 0xFF);
    return text_narrow(s, phrase_str(text));
}

static mdw_str describe_cpu(mdw_state *s, const mdw_raw_system *raw)
{
    phrase text = {.len = 0};
    switch (s->system.arch) {
    case MDW_ARCH_X86:
    case MDW_ARCH_X86_64:
        return describe_x86(s, raw, &text);
    case MDW_ARCH_ARM:
        describe_arm(raw, &text);
        return text_narrow(s, phrase_str(&text));
    default:
        return STR("");
    }
}

/* Breakpad and Crashpad put `uname -srvmo` into the service pack and leave the
 * version zero: "Linux <release> <version> <machine>[ GNU/Linux]". */
static bool split_uname(mdw_str csd, mdw_str *release, mdw_str *version)
{
    mdw_str rest = csd;
    if (!str_starts(rest, STR("Linux ")))
        return false;
    rest = str_slice(rest, 6, rest.len);
    if (!str_split(&rest, ' ', release))
        return false;
    if (str_ends(rest, STR(" GNU/Linux")))
        rest = str_slice(rest, 0, rest.len - 10);
    size_t machine = str_find_last(rest, ' ');
    *version = machine < rest.len ? str_slice(rest, 0, machine) : STR("");
    return true;
}

static void read_version(mdw_state *s, const mdw_raw_system *raw)
{
    mdw_system *y = &s->system;
    mdw_str csd = text_wide(s, raw->csd), release, version;
    bool linux = y->os == MDW_OS_LINUX || y->os == MDW_OS_ANDROID;
    bool zero = !raw->major && !raw->minor && !raw->build;
    phrase text = {.len = 0};
    phrase_decimal(&text, raw->major);
    phrase_add(&text, STR("."));
    phrase_decimal(&text, raw->minor);
    phrase_add(&text, STR("."));
    phrase_decimal(&text, raw->build);
    y->os_version = text_narrow(s, phrase_str(&text));
    y->os_build = csd;
    phrase_add(&text, STR(" "));
    phrase_add(&text, csd);
    y->os_recorded = text_narrow(s, phrase_str(&text));
    if (linux && zero && split_uname(csd, &release, &version)) {
        y->os_version = text_narrow(s, release);
        y->os_build = text_narrow(s, version);
        y->version_is_kernel = true;
    }
}

/* The CPU of the first context that can be of one only. */
static uint32_t guess_arch(mdw_state *s)
{
    enum { TRIES = 64 };
    mdw_raw_exception e = MDW_INIT(mdw_raw_exception);
    if (mdw_dump_exception(s->dump, 0, &e, NULL) == MDW_OK) {
        uint32_t arch = context_arch(e.context, s->big_endian);
        if (arch)
            return arch;
    }
    for (size_t i = 0; i < TRIES; i++) {
        mdw_raw_thread t = MDW_INIT(mdw_raw_thread);
        if (raw_thread(s, i, &t, NULL) != MDW_OK)
            break;
        uint32_t arch = context_arch(t.context, s->big_endian);
        if (arch)
            return arch;
    }
    return MDW_ARCH_UNKNOWN;
}

static uint32_t guess_os(const mdw_state *s)
{
    mdw_stream maps = MDW_INIT(mdw_stream);
    bool there =
        mdw_dump_stream(s->dump, MDW_STREAM_LINUX_MAPS, &maps, NULL) == MDW_OK;
    return there ? MDW_OS_LINUX : MDW_OS_UNKNOWN;
}

/* CrashpadInfo says which bits are no part of an address: pointer
 * authentication codes and tags of ARM64. */
static uint64_t read_code_mask(const mdw_state *s)
{
    mdw_raw_crashpad info = MDW_INIT(mdw_raw_crashpad);
    if (s->system.arch != MDW_ARCH_ARM64 ||
        mdw_dump_crashpad(s->dump, &info, NULL) != MDW_OK)
        return 0;
    return info.address_mask ? ~info.address_mask : 0;
}

void build_system(mdw_state *s)
{
    mdw_system *y = &s->system;
    *y = MDW_INIT(mdw_system);
    y->platform = y->processor = MDW_NONE;
    y->os_version = y->os_build = y->os_recorded = STR("");
    y->cpu_info = y->cpu_microcode = STR("");
    mdw_header header = MDW_INIT(mdw_header);
    mdw_dump_header(s->dump, &header); /* an open dump has one */
    y->big_endian = s->big_endian = header.big_endian;
    mdw_raw_system raw = MDW_INIT(mdw_raw_system);
    mdw_error err = {0};
    mdw_status status = mdw_dump_system(s->dump, &raw, &err);
    if (status == MDW_ABSENT)
        issue_at(s, MDW_E_TRUNCATED, MDW_STREAM_SYSTEM_INFO, 0, 0,
                 "no MINIDUMP_SYSTEM_INFO", MDW_NONE);
    if (issue_ok(s, status, &err, MDW_NONE)) {
        issue_damage(s, MDW_STREAM_SYSTEM_INFO, raw.damage, raw.offset,
                     MDW_NONE);
        y->platform = raw.platform;
        y->processor = raw.arch;
        y->cpu_count = raw.cpu_count;
        y->arch = arch_of_processor(raw.arch);
        y->os = os_of_platform(raw.platform);
        read_version(s, &raw);
        y->cpu_info = describe_cpu(s, &raw);
    }
    if (!y->arch)
        y->arch = guess_arch(s);
    if (!y->os)
        y->os = guess_os(s);
    y->pointer_size = pointer_of_arch(y->arch);
    y->code_mask = read_code_mask(s);
}
