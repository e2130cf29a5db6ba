/* lib/base/names.c - names of the enumerations in base.h. */
#include "mdwalk/base.h"

static const struct {
    mdw_status status;
    const char *name;
} statuses[] = {
    {MDW_OK, "ok"},
    {MDW_END, "end"},
    {MDW_ABSENT, "absent"},
    {MDW_AGAIN, "again"},
    {MDW_E_ARG, "wrong argument"},
    {MDW_E_ABI, "wrong record size"},
    {MDW_E_MEMORY, "out of memory"},
    {MDW_E_LIMIT, "over a limit"},
    {MDW_E_IO, "cannot be read"},
    {MDW_E_FORMAT, "not the format asked for"},
    {MDW_E_TRUNCATED, "cut short"},
    {MDW_E_RANGE, "out of range"},
    {MDW_E_UNSUPPORTED, "not supported"},
    {MDW_E_CALLBACK, "a callback failed"},
    {MDW_E_CANCELLED, "cancelled"},
    {MDW_E_MISMATCH, "another identity"},
    {MDW_E_DAMAGED, "damaged"},
};

const char *mdw_status_name(mdw_status status)
{
    for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++)
        if (statuses[i].status == status)
            return statuses[i].name;
    return "unknown status";
}

static const char *const arches[] = {
    [MDW_ARCH_UNKNOWN] = "unknown", [MDW_ARCH_X86] = "x86",
    [MDW_ARCH_X86_64] = "x86_64",   [MDW_ARCH_ARM] = "arm",
    [MDW_ARCH_ARM64] = "arm64",     [MDW_ARCH_MIPS] = "mips",
    [MDW_ARCH_MIPS64] = "mips64",   [MDW_ARCH_PPC] = "ppc",
    [MDW_ARCH_PPC64] = "ppc64",     [MDW_ARCH_SPARC] = "sparc",
    [MDW_ARCH_RISCV32] = "riscv",   [MDW_ARCH_RISCV64] = "riscv64",
};

const char *mdw_arch_name(uint32_t arch)
{
    return arch < sizeof arches / sizeof *arches ? arches[arch] : "unknown";
}

static const char *const systems[] = {
    [MDW_OS_UNKNOWN] = "unknown", [MDW_OS_WINDOWS] = "windows",
    [MDW_OS_LINUX] = "linux",     [MDW_OS_ANDROID] = "android",
    [MDW_OS_MACOS] = "macos",     [MDW_OS_IOS] = "ios",
    [MDW_OS_FUCHSIA] = "fuchsia",
};

const char *mdw_os_name(uint32_t os)
{
    return os < sizeof systems / sizeof *systems ? systems[os] : "unknown";
}

uint32_t mdw_version(void)
{
    return MDW_VERSION;
}
