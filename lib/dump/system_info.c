/* lib/dump/system_info.c - SystemInfoStream, and the pointer width it implies.
 */
#include "lib/dump/dump.h"

/* X86CpuInfo: CPUID 0 in EBX, EDX, ECX, whose bytes are text; CPUID 1 EAX and
 * EDX; CPUID 0x80000001 EDX. */
static void read_x86(reader r, mdw_raw_system *s)
{
    for (size_t i = 0; i < 3; i++) {
        uint32_t part = reader_u32(&r);
        for (size_t j = 0; j < 4; j++)
            s->vendor[4 * i + j] = (char)(part >> 8 * j);
    }
    s->x86_version = reader_u32(&r);
    s->x86_features = reader_u32(&r);
    s->amd_features = reader_u32(&r);
}

/* Breakpad's arm_cpu_info: MIDR, AT_HWCAP. */
static void read_arm(reader r, mdw_raw_system *s)
{
    s->arm_cpuid = reader_u32(&r);
    s->arm_hwcaps = reader_u32(&r);
}

static void read_other(reader r, mdw_raw_system *s)
{
    s->features[0] = reader_u64(&r);
    s->features[1] = reader_u64(&r);
}

mdw_status mdw_dump_system(const mdw_dump *dump, mdw_raw_system *out,
                           mdw_error *err)
{
    reader r;
    mdw_status status = stream_open(dump, MDW_STREAM_SYSTEM_INFO, &r, err);
    if (status)
        return status;
    mdw_raw_system s = MDW_INIT(mdw_raw_system);
    s.offset = r.origin;
    s.arch = reader_u16(&r);
    s.level = reader_u16(&r);
    s.revision = reader_u16(&r);
    s.cpu_count = reader_u8(&r);
    s.product_type = reader_u8(&r);
    s.major = reader_u32(&r);
    s.minor = reader_u32(&r);
    s.build = reader_u32(&r);
    s.platform = reader_u32(&r);
    s.csd = field_string(dump, reader_u32(&r), &s.damage, MDW_DAMAGE_NAME);
    s.suite_mask = reader_u16(&r);
    reader_skip(&r, 2); /* Reserved2 */
    reader cpu = r;
    s.cpu = reader_bytes(&r, CPU_SIZE);
    read_x86(cpu, &s);
    read_arm(cpu, &s);
    read_other(cpu, &s);
    status = reader_status(&r, "MINIDUMP_SYSTEM_INFO", err);
    return status ? status : record_write(out, &s, sizeof s);
}

static const struct {
    uint16_t arch;
    uint8_t pointer;
} widths[] = {
    {0, 4},      /* x86 */
    {1, 4},      /* MIPS */
    {3, 4},      /* PPC */
    {5, 4},      /* ARM */
    {6, 8},      /* IA-64 */
    {9, 8},      /* AMD64 */
    {10, 4},     /* x86 on Win64 */
    {12, 8},     /* ARM64 */
    {13, 4},     /* ARM on Win64 */
    {14, 4},     /* x86 on ARM64 */
    {0x8001, 8}, /* SPARC */
    {0x8002, 8}, /* PPC64 */
    {0x8003, 8}, /* ARM64, Breakpad's first number */
    {0x8004, 8}, /* MIPS64 */
    {0x8005, 4}, /* RISC-V */
    {0x8006, 8}, /* RISC-V 64 */
};

uint32_t pointer_size(const mdw_dump *dump)
{
    reader r;
    if (stream_open(dump, MDW_STREAM_SYSTEM_INFO, &r, NULL))
        return 0;
    uint32_t arch = reader_u16(&r);
    if (r.bad)
        return 0;
    for (size_t i = 0; i < sizeof widths / sizeof *widths; i++)
        if (widths[i].arch == arch)
            return widths[i].pointer;
    return 0;
}
