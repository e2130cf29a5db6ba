/* lib/state/cpu_arm.c - a 32-bit ARM CPU in words: "ARMv7 Qualcomm Krait
 * features: swp,half,thumb". */
#include "lib/state/parts.h"

/* Main ID Register: implementer in bits 24-31, part in bits 4-15. */
typedef struct name {
    uint32_t id;
    const char *text;
} name;

static const name vendors[] = {
    {0x41, "ARM"},
    {0x51, "Qualcomm"},
    {0x56, "Marvell"},
    {0x69, "Intel/Marvell"},
};

static const name cores[] = {
    {0x4100c050, "Cortex-A5"}, {0x4100c080, "Cortex-A8"},
    {0x4100c090, "Cortex-A9"}, {0x4100c0f0, "Cortex-A15"},
    {0x4100c140, "Cortex-R4"}, {0x4100c150, "Cortex-R5"},
    {0x4100b360, "ARM1136"},   {0x4100b560, "ARM1156"},
    {0x4100b760, "ARM1176"},   {0x4100b020, "ARM11-MPCore"},
    {0x41009260, "ARM926"},    {0x41009460, "ARM946"},
    {0x41009660, "ARM966"},    {0x510006f0, "Krait"},
    {0x510000f0, "Scorpion"},
};

/* HWCAP bits of Linux on ARM, from bit 0: asm/hwcap.h. */
static const char *const features[] = {
    "swp",      "half", "thumb",  "26bit",  "fastmult", "fpa",  "vfpv2",
    "edsp",     "java", "iwmmxt", "crunch", "thumbee",  "neon", "vfpv3",
    "vfpv3d16", "tls",  "vfpv4",  "idiva",  "idivt",
};

static void add_name(phrase *out, const name *names, size_t count, uint32_t id,
                     const char *unknown)
{
    phrase_add(out, STR(" "));
    for (size_t i = 0; i < count; i++)
        if (names[i].id == id) {
            phrase_add(out, str_of(names[i].text));
            return;
        }
    phrase_add(out, str_of(unknown));
    phrase_hex(out, id, 1, false);
    phrase_add(out, STR(")"));
}

void describe_arm(const mdw_raw_system *raw, phrase *out)
{
    phrase_add(out, STR("ARMv"));
    phrase_decimal(out, raw->level);
    if (raw->arm_cpuid) {
        add_name(out, vendors, sizeof vendors / sizeof *vendors,
                 raw->arm_cpuid >> 24, "vendor(0x");
        add_name(out, cores, sizeof cores / sizeof *cores,
                 raw->arm_cpuid & 0xFF00FFF0, "part(0x");
    }
    const char *separator = " features: ";
    for (size_t i = 0; i < sizeof features / sizeof *features; i++)
        if (raw->arm_hwcaps >> i & 1) {
            phrase_add(out, str_of(separator));
            phrase_add(out, str_of(features[i]));
            separator = ",";
        }
}
