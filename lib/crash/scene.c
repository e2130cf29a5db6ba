/* lib/crash/scene.c - registers, memory and reason of one exception, as the
 * analysis asks for them. */
#include "lib/crash/parts.h"

#include "lib/base/table.h"

bool is_windows(const scene *s)
{
    return s->system.os == MDW_OS_WINDOWS;
}

bool is_linux(const scene *s)
{
    return s->system.os == MDW_OS_LINUX || s->system.os == MDW_OS_ANDROID;
}

bool is_mac(const scene *s)
{
    return s->system.os == MDW_OS_MACOS || s->system.os == MDW_OS_IOS;
}

bool is_x86(const scene *s)
{
    return s->arch == MDW_ARCH_X86 || s->arch == MDW_ARCH_X86_64;
}

/* Windows keeps the TEB where FS (32 bits) or GS (64 bits) points; nobody
 * records the bases of other systems. */
static bool segment_base(const scene *s, const char *name, uint64_t *value)
{
    mdw_thread thread = MDW_INIT(mdw_thread);
    char letter = s->arch == MDW_ARCH_X86_64 ? 'g' : 'f';
    if (!is_windows(s) || name[0] != letter ||
        mdw_state_thread(s->state, s->stack.thread, &thread) != MDW_OK ||
        !thread.teb)
        return false;
    *value = thread.teb;
    return true;
}

bool scene_reg(void *user, const char *name, uint64_t *value)
{
    const scene *s = user;
    mdw_str text = str_of(name);
    if (str_ends(text, STR("s_base")))
        return segment_base(s, name, value);
    uint32_t reg = mdw_reg_find(s->arch, text);
    if (reg >= MDW_MAX_REGS || !(s->stack.regs.valid >> reg & 1))
        return false;
    *value = s->stack.regs.value[reg];
    return true;
}

bool scene_load(void *user, uint64_t addr, unsigned size, uint64_t *value)
{
    const scene *s = user;
    uint8_t bytes[8];
    addr = data_address(s, addr);
    if (size > sizeof bytes || !s->memory.read ||
        s->memory.read(s->memory.user, addr, bytes, size) != size)
        return false;
    return bytes_uint((mdw_bytes){bytes, size}, 0, size, s->system.big_endian,
                      value);
}

/* Top byte ignore: Arm ARM, D8.8. Android tags heap pointers with it. */
uint64_t data_address(const scene *s, uint64_t addr)
{
    return s->arch == MDW_ARCH_ARM64 && !is_windows(s)
               ? addr & (UINT64_MAX >> 8)
               : addr;
}

static const char *pc_name(uint32_t arch)
{
    return arch == MDW_ARCH_X86_64 ? "rip"
           : arch == MDW_ARCH_X86  ? "eip"
                                   : "pc";
}

static const char *sp_name(uint32_t arch)
{
    return arch == MDW_ARCH_X86_64 ? "rsp"
           : arch == MDW_ARCH_X86  ? "esp"
                                   : "sp";
}

void scene_open(scene *s)
{
    uint64_t status;
    s->memory = s->in->memory.read ? s->in->memory : mdw_state_memory(s->state);
    s->code = s->in->code.read ? s->in->code : s->memory;
    s->region_count = mdw_state_region_count(s->state);
    s->stack = MDW_INIT(mdw_stack);
    s->stack.thread = MDW_NONE;
    s->arch = s->system.arch;
    if (mdw_state_stack(s->state, s->crash->reason.stack, &s->stack) == MDW_OK)
        s->arch = s->stack.arch;
    s->pointer =
        s->arch == MDW_ARCH_X86_64 || s->arch == MDW_ARCH_ARM64 ? 8 : 4;
    if (!s->stack.has_regs)
        s->stack.regs.valid = 0;
    s->has_pc = scene_reg(s, pc_name(s->arch), &s->pc);
    s->has_sp = scene_reg(s, sp_name(s->arch), &s->sp);
    if (s->arch == MDW_ARCH_ARM) {
        s->thumb = (scene_reg(s, "cpsr", &status) && status & 0x20) ||
                   (s->has_pc && s->pc & 1);
        s->pc &= ~UINT64_C(1);
    }
}

/* Windows on ARM traps with UDF instead, which is another reason. */
bool is_int_divide(const scene *s)
{
    if (is_windows(s))
        return s->e.code == WIN_INT_DIVIDE;
    if (is_linux(s))
        return s->e.code == SIGNAL_FPE && s->e.flags == 1; /* FPE_INTDIV */
    /* EXC_I386_DIV */
    return is_mac(s) && is_x86(s) && s->e.code == MACH_ARITHMETIC &&
           s->e.flags == 1;
}

bool is_access_reason(const scene *s)
{
    if (is_windows(s))
        return s->e.code == WIN_ACCESS_VIOLATION;
    if (is_linux(s))
        return (s->e.code == SIGNAL_SEGV || s->e.code == SIGNAL_BUS) &&
               !(s->e.flags >> 31);
    return is_mac(s) && s->e.code == MACH_BAD_ACCESS;
}
