/* lib/insn/decode.c - loading capstone, and what all architectures share. */
#include "lib/insn/decode.h"

#include <dlfcn.h>
#include <string.h>

#include "lib/base/arena.h"
#include "lib/base/once.h"
#include "lib/base/table.h"
#include "lib/insn/decode_parts.h"

typedef struct decode_library {
    cs_err (*open)(cs_arch arch, cs_mode mode, csh *handle);
    cs_err (*close)(csh *handle);
    cs_err (*option)(csh handle, cs_opt_type type, size_t value);
    size_t (*disasm)(csh handle, const uint8_t *code, size_t size,
                     uint64_t address, size_t count, cs_insn **insn);
    void (*release)(cs_insn *insn, size_t count);
    const char *(*insn_name)(csh handle, unsigned id);
    unsigned (*version)(int *major, int *minor);
} decode_library;

/* POSIX makes a function out of what dlsym returns; C has no cast for it. */
static bool symbol(void *library, const char *name, void *function)
{
    void *found = dlsym(library, name);
    memcpy(function, &found, sizeof found);
    return found != NULL;
}

static bool library_load(decode_library *l)
{
    void *library =
        dlopen("libcapstone.so.4", RTLD_LAZY | RTLD_LOCAL | RTLD_NODELETE);
    return library && symbol(library, "cs_open", &l->open) &&
           symbol(library, "cs_close", &l->close) &&
           symbol(library, "cs_option", &l->option) &&
           symbol(library, "cs_disasm", &l->disasm) &&
           symbol(library, "cs_free", &l->release) &&
           symbol(library, "cs_insn_name", &l->insn_name) &&
           symbol(library, "cs_version", &l->version);
}

static bool mode_of(uint32_t arch, bool thumb, cs_arch *a, int *mode)
{
    switch (arch) {
    case MDW_ARCH_X86:
        *a = CS_ARCH_X86;
        *mode = CS_MODE_32;
        return true;
    case MDW_ARCH_X86_64:
        *a = CS_ARCH_X86;
        *mode = CS_MODE_64;
        return true;
    case MDW_ARCH_ARM:
        *a = CS_ARCH_ARM;
        *mode = thumb ? CS_MODE_THUMB | CS_MODE_V8 : CS_MODE_ARM | CS_MODE_V8;
        return true;
    case MDW_ARCH_ARM64:
        *a = CS_ARCH_ARM64;
        *mode = CS_MODE_ARM;
        return true;
    default:
        return false;
    }
}

/* capstone 4 sorts a static table of its own when it first looks at `in al, dx`
 * on x86. That happens here, or two threads would sort it at once. */
static void warm_up(const decode_library *l, csh handle)
{
    static const uint8_t in_al_dx[] = {0xec};
    cs_insn *insn = NULL;
    once_lock();
    size_t count = l->disasm(handle, in_al_dx, 1, 0, 1, &insn);
    if (count)
        l->release(insn, count);
    once_unlock();
}

bool decoder_open(decoder *d, arena *store, uint32_t arch, bool thumb)
{
    cs_arch a;
    int mode;
    *d = (decoder){.arch = arch, .thumb = thumb};
    if (!mode_of(arch, thumb, &a, &mode))
        return false;
    decode_library *l = arena_take(store, 1, sizeof *l);
    csh handle = 0;
    if (!l || !library_load(l) || l->version(NULL, NULL) >> 8 != CS_API_MAJOR ||
        l->open(a, (cs_mode)mode, &handle) != CS_ERR_OK)
        return false;
    l->option(handle, CS_OPT_DETAIL, CS_OPT_ON);
    if (a == CS_ARCH_X86)
        warm_up(l, handle);
    d->library = l;
    d->handle = handle;
    return true;
}

void decoder_close(decoder *d)
{
    if (!d->library)
        return;
    csh handle = d->handle;
    d->library->close(&handle);
    d->library = NULL;
}

decode_access *add_access(decoded *out)
{
    if (out->access_count == DECODE_ACCESSES)
        return NULL;
    decode_access *a = &out->access[out->access_count++];
    *a = (decode_access){.scale = 1};
    return a;
}

void add_reg(decoded *out, const char *name)
{
    if (!name)
        return;
    for (size_t i = 0; i < out->reg_count; i++)
        if (!strcmp(out->regs[i], name))
            return;
    if (out->reg_count < DECODE_REGS)
        out->regs[out->reg_count++] = name;
}

bool read_reg(const decode_target *target, const char *name, uint64_t *value)
{
    return name && target->reg && target->reg(target->user, name, value);
}

bool read_memory(const decode_target *target, uint64_t addr, unsigned size,
                 uint64_t *value)
{
    return target->load && size && size <= 8 &&
           target->load(target->user, addr, size, value);
}

void set_text(decoded *out, const char *mnemonic, const char *operands)
{
    size_t len = 0;
    out->mnemonic = strlen(mnemonic);
    for (const char *p = mnemonic; *p && len < DECODE_TEXT - 1; p++)
        out->text[len++] = *p;
    if (*operands && len < DECODE_TEXT - 1)
        out->text[len++] = ' ';
    for (const char *p = operands; *p && len < DECODE_TEXT - 1; p++)
        out->text[len++] = *p;
    out->text[len] = '\0';
}

void set_target(decoded *out, uint64_t target, bool indirect)
{
    out->has_target = true;
    out->target = target;
    if (indirect)
        out->flags |= DECODE_INDIRECT;
}

static bool decode_unknown(const decoder *d, mdw_bytes bytes, uint64_t addr,
                           const decode_target *target, decoded *out)
{
    uint64_t word;
    return d->arch == MDW_ARCH_ARM64 && bytes_uint(bytes, 0, 4, false, &word) &&
           decode_arm64_word((uint32_t)word, addr, target, out);
}

bool decode(const decoder *d, mdw_bytes bytes, uint64_t addr,
            const decode_target *target, decoded *out)
{
    *out = (decoded){.addr = addr};
    if (!d->library)
        return false;
    cs_insn *insn = NULL;
    size_t size = bytes.len < DECODE_BYTES ? bytes.len : DECODE_BYTES;
    if (!d->library->disasm(d->handle, bytes.data, size, addr, 1, &insn))
        return decode_unknown(d, bytes, addr, target, out);
    const char *name = d->library->insn_name(d->handle, insn->id);
    decoding g = {d, insn, name ? name : insn->mnemonic, target, out};
    out->size = insn->size;
    set_text(out, insn->mnemonic, insn->op_str);
    if (d->arch == MDW_ARCH_ARM64)
        decode_arm64(&g);
    else if (d->arch == MDW_ARCH_ARM)
        decode_arm(&g);
    else
        decode_x86(&g);
    d->library->release(insn, 1);
    return true;
}
